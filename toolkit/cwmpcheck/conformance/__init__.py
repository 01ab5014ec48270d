"""A trace against the model and against the properties: followed, monitored, and judged for form."""

from cwmpcheck.conformance.diffing import diff_trace
from cwmpcheck.conformance.findings import At, Because, DeviceSummary, Divergence, Finding, Severity, TraceVerdict

__all__ = ["At", "Because", "DeviceSummary", "Divergence", "Finding", "Severity", "TraceVerdict", "diff_trace"]

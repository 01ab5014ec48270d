"""Captures and logs as one neutral stream of events."""

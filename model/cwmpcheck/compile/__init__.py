"""A system as Python, NumPy, C and z3."""

from cwmpcheck.compile.backend import Backend, State
from cwmpcheck.compile.python import compile_python, compile_term, evaluator
from cwmpcheck.compile.valuation import valuation

__all__ = ["Backend", "State", "compile_python", "compile_term", "evaluator", "valuation"]

"""A system as Python, NumPy, C and z3."""

from cwmpcheck.compile.backend import Backend, State
from cwmpcheck.compile.python import compile_python, compile_term, evaluator
from cwmpcheck.compile.smt import Relation, relation
from cwmpcheck.compile.valuation import valuation

__all__ = ["Backend", "Relation", "State", "compile_python", "compile_term", "evaluator", "relation", "valuation"]

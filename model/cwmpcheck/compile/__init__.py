"""A system as Python, NumPy, C and z3."""

from cwmpcheck.compile.backend import Backend, State
from cwmpcheck.compile.native import compile_native
from cwmpcheck.compile.numpy import compile_numpy
from cwmpcheck.compile.python import compile_python, compile_term, evaluator
from cwmpcheck.compile.smt import Relation, relation
from cwmpcheck.compile.toolchain import NoCompiler, compiler
from cwmpcheck.compile.valuation import valuation

__all__ = [
    "Backend",
    "NoCompiler",
    "Relation",
    "State",
    "compile_native",
    "compile_numpy",
    "compile_python",
    "compile_term",
    "compiler",
    "evaluator",
    "relation",
    "valuation",
]

"""A system as Python, NumPy, C and z3; and as TLA+, Promela, SMT-LIB2 and JSON for other tools."""

from cwmpcheck.compile.backend import Backend, State
from cwmpcheck.compile.components import NoTables
from cwmpcheck.compile.description import description
from cwmpcheck.compile.native import compile_native
from cwmpcheck.compile.numpy import compile_numpy
from cwmpcheck.compile.promela import promela
from cwmpcheck.compile.python import compile_python, compile_term, evaluator
from cwmpcheck.compile.smt import Relation, relation
from cwmpcheck.compile.smt2 import horn, unrolled
from cwmpcheck.compile.tla import TlaModule, tla
from cwmpcheck.compile.toolchain import NoCompiler, compiler
from cwmpcheck.compile.valuation import valuation

__all__ = [
    "Backend",
    "NoCompiler",
    "NoTables",
    "Relation",
    "State",
    "TlaModule",
    "compile_native",
    "compile_numpy",
    "compile_python",
    "compile_term",
    "compiler",
    "description",
    "evaluator",
    "horn",
    "promela",
    "relation",
    "tla",
    "unrolled",
    "valuation",
]

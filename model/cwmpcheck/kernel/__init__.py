"""The modelling language: variables, timers, actions, systems, temporal operators.

Everything that changes state is declared once with these names, and left behind as plain data (``System``)
that every back end and every engine reads. The term language is z3's own.
"""

from cwmpcheck.kernel.actions import Action, Guard, Party, Shown, require, shows
from cwmpcheck.kernel.domains import BOOLEAN, Boolean, Domain, OneOf, Range, Value
from cwmpcheck.kernel.errors import DeclarationError, DomainOverflow, ModelError
from cwmpcheck.kernel.shape import Record, Variable, flag, part, parts, timer, var
from cwmpcheck.kernel.system import TIME, Parameter, System, Watch, compose, parameter, state_of
from cwmpcheck.kernel.terms import Operand, Term, both, choose, either

__all__ = [
    "BOOLEAN",
    "TIME",
    "Action",
    "Boolean",
    "DeclarationError",
    "Domain",
    "DomainOverflow",
    "Guard",
    "ModelError",
    "OneOf",
    "Operand",
    "Parameter",
    "Party",
    "Range",
    "Record",
    "Shown",
    "System",
    "Term",
    "Value",
    "Variable",
    "Watch",
    "both",
    "choose",
    "compose",
    "either",
    "flag",
    "parameter",
    "part",
    "parts",
    "require",
    "shows",
    "state_of",
    "timer",
    "var",
]

"""A system as plain data that can be written as JSON: for tools that want to read it rather than run it."""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Action, Boolean, OneOf, Shown, System, Value
from cwmpcheck.kernel.domains import Domain

Json = dict[str, object]


def description(system: System, parameters: Mapping[str, Value] | None = None) -> Json:
    """Everything that a system declares; conditions and values are terms of SMT-LIB over its own names.

    Args:
        system: what to describe.
        parameters: chosen values of parameters; the others have their defaults.
    """
    chosen = zip(system.parameters, valuation(system, parameters), strict=True)
    return {
        "system": system.name,
        "parameters": [
            {"name": p.name, **_domain(p.domain), "value": p.domain.show(n), "unbounded": p.unbounded}
            for p, n in chosen
        ],
        "variables": [
            {"name": v.name, **_domain(v.domain), "initial": v.domain.show(v.initial), "timer": v.timer}
            for v in system.variables
        ],
        "actions": [_action(action) for action in system.actions],
        "watches": [
            {
                "name": watch.name,
                "state": None if watch.state is None else watch.state.sexpr(),
                "step": {name: term.sexpr() for name, term in watch.step.items()},
            }
            for watch in system.watches
        ],
    }


def _domain(domain: Domain) -> Json:
    if isinstance(domain, Boolean):
        return {"domain": "truth value"}
    if isinstance(domain, OneOf):
        return {"domain": "enumeration", "members": [domain.show(n) for n in range(domain.high + 1)]}
    return {"domain": "integer", "low": domain.low, "high": domain.high}


def _action(action: Action) -> Json:
    return {
        "name": action.name,
        "party": action.party,
        "summary": action.summary,
        "rules": list(action.cites),
        "guards": [{"condition": g.term.sexpr(), "reason": g.reason, "rule": g.rule} for g in action.guards],
        "updates": {name: term.expr.sexpr() for name, term in action.updates.items()},
        "shows": [_shown(shown) for shown in action.shown],
    }


def _shown(shown: Shown) -> Json:
    fields = {name: term.expr.sexpr() for name, term in shown.fields.items()}
    return {"vantage": shown.vantage, "kind": str(getattr(shown.kind, "name", shown.kind)), "fields": fields}

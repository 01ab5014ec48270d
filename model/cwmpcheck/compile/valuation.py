"""The numbers of a system's parameters, as a back end executes them."""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.kernel import Range, System, Value


def valuation(system: System, chosen: Mapping[str, Value] | None = None) -> tuple[int, ...]:
    """The parameters' numbers, with ``chosen`` values in place of defaults.

    An unbounded parameter may be chosen above its domain, since that domain only says what explicit engines try.
    Raises DeclarationError for a name that the system does not have or a value outside its domain.
    """
    given = dict(chosen or {})
    above: dict[int, int] = {}
    for place, parameter in enumerate(system.parameters):
        value = given.get(parameter.name)
        if not (parameter.unbounded and isinstance(parameter.domain, Range)) or not isinstance(value, int):
            continue
        if not isinstance(value, bool) and value > parameter.domain.high:
            above[place] = given.pop(parameter.name)  # type: ignore[assignment]  # an int, as just checked
    numbers = system.valuation(given)
    return tuple(above.get(place, number) for place, number in enumerate(numbers))

"""Values as people and other tools write them, as the numbers that engines store."""

from __future__ import annotations

import enum

from cwmpcheck.kernel import Boolean, OneOf
from cwmpcheck.kernel.domains import Domain
from cwmpcheck.vocabulary.errors import UsageError

TRUE, FALSE = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def number_of(domain: Domain, text: str, *, above: bool = False) -> int:
    """The number of a value that is written as text.

    Args:
        domain: where it must lie.
        text: an integer, ``yes``/``no`` or ``true``/``false``, or a member of an enumeration by its name, its value or its
            number.
        above: let an integer lie above the domain, as that of an unbounded parameter may.

    Raises:
        UsageError: when it is none of the domain's values; it lists what there is.

    >>> from cwmpcheck.kernel import BOOLEAN, Range
    >>> number_of(BOOLEAN, "yes"), number_of(Range(1, 2), "7", above=True)
    (1, 7)
    """
    word = text.strip()
    if isinstance(domain, Boolean):
        if word.lower() in TRUE | FALSE:
            return int(word.lower() in TRUE)
        raise UsageError(f"{word!r} is no truth value; write yes or no")
    if isinstance(domain, OneOf):
        return _member(domain, word)
    try:
        number = int(word)
    except ValueError:
        number = None
    if number is None or number < domain.low or (number > domain.high and not above):
        raise UsageError(
            f"{word!r} is no integer {f'from {domain.low} up' if above else f'of {domain.low}..{domain.high}'}"
        )
    return number


def _member(domain: OneOf, word: str) -> int:
    members: list[enum.Enum] = list(domain.members)
    for number, member in enumerate(members):
        if word.lower() in (member.name.lower(), str(member.value).lower()):
            return number
    if word.isdigit() and int(word) < len(members):
        return int(word)
    raise UsageError(f"{word!r} is no {domain.members.__name__}; there are {', '.join(m.name for m in members)}")

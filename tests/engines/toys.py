"""Toys with counts that can be worked out by hand."""

from __future__ import annotations

from cwmpcheck.kernel import Party, Range, Record, System, Watch, both, choose, compose, parts, require, state_of, var


class Jugs(Record):
    """Two jugs and a tap."""

    small = var(Range(0, 3), 0)
    big = var(Range(0, 5), 0)


def jugs() -> System:
    """The water-jug puzzle, known as the TLA+ example DieHard: measure four gallons with jugs of three and five."""
    hero: Party[Jugs] = Party("hero")

    @hero.action()
    def fill_small(s: Jugs) -> None:
        """From the tap."""
        s.small = 3

    @hero.action()
    def fill_big(s: Jugs) -> None:
        """From the tap."""
        s.big = 5

    @hero.action()
    def empty_small(s: Jugs) -> None:
        """Onto the ground."""
        s.small = 0

    @hero.action()
    def empty_big(s: Jugs) -> None:
        """Onto the ground."""
        s.big = 0

    @hero.action()
    def small_to_big(s: Jugs) -> None:
        """As much as fits."""
        fits = s.small + s.big <= 5
        s.big = choose(fits, s.small + s.big, 5)
        s.small = choose(fits, 0, s.small + s.big - 5)

    @hero.action()
    def big_to_small(s: Jugs) -> None:
        """As much as fits."""
        fits = s.small + s.big <= 3
        s.small = choose(fits, s.small + s.big, 3)
        s.big = choose(fits, 0, s.small + s.big - 3)

    s = state_of(Jugs)
    return compose("jugs", Jugs, [hero]).with_watches(
        [
            Watch("four", state=(s.big == 4).expr),
            Watch("pour four away", step={"empty_big": (s.big == 4).expr}),
            Watch("start", state=both(s.big == 0, s.small == 0).expr),
            Watch("never", state=(s.small + s.big > 8).expr),
        ]
    )


def ladders(count: int, height: int) -> System:
    """``count`` counters that each climb from 0 to ``height``, independent of each other.

    (height + 1) ** count states, count * height * (height + 1) ** (count - 1) transitions, depth count * height,
    and one deadlock, at the top of all.
    """

    class Ladder(Record):
        rung = var(Range(0, height), 0)

    class Yard(Record):
        ladder = parts(Ladder, count)

    party: Party[Yard] = Party("party")

    @party.action(i=range(count))
    def climb(s: Yard, i: int) -> None:
        """One rung up."""
        require(s.ladder[i].rung < height, "not at the top")
        s.ladder[i].rung = s.ladder[i].rung + 1

    top = both(*(ladder.rung == height for ladder in state_of(Yard).ladder))
    return compose("ladders", Yard, [party]).with_watches([Watch("top", state=top.expr)])

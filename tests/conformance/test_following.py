"""Following equals its definition, and alignments mend what they say they mend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.compile.python import compile_python, evaluator
from cwmpcheck.conformance.alignment import HORIZON, MOST_COST, align, window
from cwmpcheck.conformance.following import COMPARED, Follower
from cwmpcheck.conformance.letters import Letter, letter
from cwmpcheck.conformance.tracking import Team, admits, follow
from cwmpcheck.kernel import Value, compose
from cwmpcheck.protocol import Kind, Upgrade
from cwmpcheck.protocol.observation import FIRST_KEY, INTERNAL
from cwmpcheck.protocol.scenarios import PARAMETERS, PARTIES

CHOSEN: dict[str, Value] = {"needs_reboot": False, "free_acs": True}


def one(kind: Kind, **fields: int) -> Letter:
    """A letter."""
    return letter((("kind", kind), *fields.items()), frozenset({"updated"}))


LETTERS = (
    one(Kind.INFORM),
    one(Kind.INFORM, boot=1),
    one(Kind.INFORM, retry=1),
    one(Kind.INFORM, transfer_complete=1, m_download=1, key=FIRST_KEY),
    one(Kind.INFORM_RESPONSE),
    one(Kind.INFORM_RESPONSE, hold=1),
    one(Kind.EMPTY_POST),
    one(Kind.EMPTY_REPLY),
    one(Kind.DOWNLOAD, key=FIRST_KEY),
    one(Kind.DOWNLOAD_RESPONSE, status=1),
    one(Kind.DOWNLOAD_RESPONSE, status=0),
    one(Kind.DOWNLOAD_FAULT),
    one(Kind.FETCH_BEGINS),
    one(Kind.FETCH_ENDS, success=1),
    one(Kind.FETCH_ENDS, success=0),
    one(Kind.TRANSFER_COMPLETE, key=FIRST_KEY, success=1),
    one(Kind.TRANSFER_COMPLETE, key=FIRST_KEY, success=0),
    one(Kind.TRANSFER_COMPLETE_RESPONSE),
    one(Kind.SESSION_FAILED),
    one(Kind.CPE_REQUEST),
    one(Kind.ACS_RESPONSE),
)


NO_GET = ("begin_fetch", "fetch_within_call", "fail_to_deliver")
"""Steps that also happen unseen: where the file server cannot be reached no GET tells of them."""


class Oracle:
    """Plain breadth-first search of the model beside the word: no sets kept, nothing determinised, nothing shared."""

    def __init__(self) -> None:
        self.system = compose("oracle", Upgrade, PARTIES, parameters=PARAMETERS)
        self.backend = compile_python(self.system, CHOSEN)
        self.shown = [action.shown_at("cpe") for action in self.system.actions]

    def starts(self) -> set[tuple[int, ...]]:
        """No session and no transfer; retries, boot event and image as they may be."""
        at = self.system.index
        found = set()
        for retry in range(4):
            for boot in (0, 1):
                for updated in (0, 1):
                    state = list(self.backend.initial())
                    state[at["cpe.retry"]], state[at["cpe.boot_event"]], state[at["cpe.updated"]] = retry, boot, updated
                    found.add(tuple(state))
        return found

    def longest(self, word: Sequence[Letter]) -> int:
        """How many letters of the word the model can show."""
        seen = {(0, state) for state in self.starts()}
        todo = list(seen)
        for position, state in todo:
            for action in self.backend.enabled(state):
                for reached in self._positions(word, position, state, action):
                    place = (reached, self.backend.successor(state, action))
                    if place not in seen:
                        seen.add(place)
                        todo.append(place)
        return max(position for position, _ in seen)

    def _positions(self, word: Sequence[Letter], position: int, state: tuple[int, ...], action: int) -> Iterator[int]:
        if self.system.actions[action].name in NO_GET:
            yield position
        reached = self._position(word, position, state, action)
        if reached is not None:
            yield reached

    def _position(self, word: Sequence[Letter], position: int, state: tuple[int, ...], action: int) -> int | None:
        shown = self.shown[action]
        if shown is None or shown.kind in INTERNAL:
            return position
        if position == len(word) or shown.kind is not word[position].kind:
            return None
        for name in COMPARED.get(word[position].kind, ()):
            if name in word[position].open_ended or name not in shown.fields:
                continue
            told = evaluator(self.system, shown.fields[name], CHOSEN)(state)
            wanted = word[position].fields.get(name, 0)
            if bool(told) != bool(wanted) if name == "key" else told != wanted:
                return None
        return position + 1


@cache
def oracle() -> Oracle:
    """The one oracle."""
    return Oracle()


@cache
def team() -> Team:
    """The follower, kept over all examples: what it remembers must not change what it says."""
    return Team([Follower({"needs_reboot": False}, fetches_seen=True)])


def upgraded(**last: int) -> list[Letter]:
    """A whole upgrade."""
    return [
        *LETTERS[1:2], LETTERS[4], LETTERS[6], LETTERS[8], LETTERS[9], LETTERS[7], LETTERS[12], LETTERS[13],
        LETTERS[3], LETTERS[4], one(Kind.TRANSFER_COMPLETE, key=FIRST_KEY, **{"success": 1, **last}), LETTERS[17],
        LETTERS[6], LETTERS[7],
    ]  # fmt: skip


@st.composite
def words(draw: st.DrawFn) -> list[Letter]:
    """Words that go a good way: an upgrade with letters put in, left out and exchanged; or any letters at all."""
    if draw(st.booleans()):
        return draw(st.lists(st.sampled_from(LETTERS), max_size=6))
    word = upgraded()
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(word) - 1))
        word[place : place + draw(st.integers(0, 1))] = draw(st.lists(st.sampled_from(LETTERS), max_size=1))
    return word[: draw(st.integers(1, len(word)))] if word else word


@given(words())
@settings(max_examples=25, deadline=None)
def test_following_is_search_without_the_machinery(word: list[Letter]) -> None:
    """The determinised follower gets exactly as far as a plain search of the model, whatever it has cached before."""
    followed, _ = team().run(team().start(), word, 0)
    assert followed == oracle().longest(word)


def test_a_whole_upgrade_is_followed() -> None:
    """The good run has no divergence, and every observation is counted as followed."""
    result = follow(upgraded(), team())
    assert (result.followed, result.divergences) == (14, ())


def test_the_report_names_guard_rule_and_values() -> None:
    """A TransferComplete in a session that did not announce it: the false guard, its rule, and what the variables were."""
    word = upgraded()
    word[8] = LETTERS[0]
    (diverged,) = follow(word, team()).divergences
    assert diverged.index == 10
    assert diverged.because is not None
    assert diverged.because.rule == "P-31"
    assert diverged.because.guard == "Inform listed 7 TRANSFER COMPLETE, or the Download came in this session"
    assert diverged.because.values == {"session.announced": "no", "session.requested": "no"}


def edits(word: list[Letter], at: int) -> list[str]:
    """The words of the cheapest alignment at the first divergence, which must be at that index."""
    position, row = team().run(team().start(), word, 0)
    assert position == at
    way = align(team().followers[0], row.nodes[0], window(word, at))
    assert way.whole
    return [edit.words for edit in way.edits]


def test_a_lost_observation_is_mended_by_putting_it_in() -> None:
    """Where one message is missing from a good run, the cheapest alignment has cost 1 and names it."""
    word = upgraded()
    del word[4]
    assert edits(word, 4) == ["with DownloadResponse before it, which was not seen"]


def test_an_observation_too_many_is_mended_by_leaving_it_out() -> None:
    """A message that does not belong there is left out, or taken for a step that a guard forbids: cost 1 either way."""
    word = upgraded()
    word.insert(6, LETTERS[19])
    assert len(edits(word, 6)) == 1


def test_following_goes_on_behind_a_divergence() -> None:
    """One wrong message is one divergence: the rest of the run is followed."""
    word = upgraded()
    word[8] = one(Kind.INFORM, transfer_complete=1, m_download=1, key=0)
    result = follow(word, team())
    assert [d.index for d in result.divergences] == [8]
    assert result.followed == len(word) - 1


@given(words())
@settings(max_examples=25, deadline=None)
def test_following_never_gives_up(word: list[Letter]) -> None:
    """Whatever is seen, every letter is either followed or a divergence with a mend, and alignments stay within bounds."""
    result = follow(word, team())
    assert result.followed + len(result.divergences) == len(word)
    assert [d.index for d in result.divergences] == sorted({d.index for d in result.divergences})
    assert all(d.mend for d in result.divergences)
    assert admits(word, team()) == (not result.divergences)


@given(words())
@settings(max_examples=15, deadline=None)
def test_an_alignment_costs_what_it_says(word: list[Letter]) -> None:
    """A whole alignment has between 1 and the greatest cost of edits, all within the horizon, and leads somewhere."""
    position, row = team().run(team().start(), word, 0)
    if position == len(word):
        return
    way = align(team().followers[0], row.nodes[0], window(word, position))
    assert 1 <= way.cost <= MOST_COST
    assert all(0 <= edit.offset <= HORIZON for edit in way.edits)
    assert way.after.states or not way.whole


def test_a_capture_that_begins_midway_may_show_a_report_at_once() -> None:
    """From the middle of things a report without its Download can be followed; from a beginning it cannot."""
    word = [LETTERS[3], LETTERS[4], LETTERS[15], LETTERS[17]]
    assert admits(word, team(), midway=True)
    assert not admits(word, team())


def test_at_the_acs_end_a_lost_post_leaves_no_trace() -> None:
    """RetryCount 1 out of nothing: the first attempt was lost before the ACS. The CPE's end would have shown it."""
    word = [LETTERS[1], LETTERS[4], LETTERS[6], LETTERS[7], LETTERS[2], LETTERS[4]]
    at_acs = Team([Follower({"needs_reboot": False}, fetches_seen=True, vantage="acs")])
    assert admits(word, at_acs)
    assert not admits(word, team())


def test_at_the_acs_end_a_reply_needs_its_post() -> None:
    """What the ACS answers has arrived: an InformResponse without an Inform is no run at either end."""
    at_acs = Team([Follower({"needs_reboot": False}, fetches_seen=True, vantage="acs")])
    assert not admits([LETTERS[4]], at_acs)
    assert admits([LETTERS[1], LETTERS[4]], at_acs)


def test_an_unknown_field_is_refused() -> None:
    """A letter with a field that no observation has is a mistake of ours, told at once."""
    with pytest.raises(ValueError, match="nonsense"):
        letter((("kind", Kind.INFORM), ("nonsense", 1)))

"""A run of the model as an exchange between CPE and ACS."""

from __future__ import annotations

import pytest

from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import System
from cwmpcheck.protocol import scenario
from cwmpcheck.render.chart import Chart, chart_of_path
from cwmpcheck.render.exchange_text import exchange
from cwmpcheck.render.mermaid import chart_mermaid

RUN = ("open_session", "answer_inform(hold=False)", "lose_reply", "session_fails", "open_session")


def path(system: System, *names: str, loop_from: int | None = None) -> Path:
    """The run that takes actions by their names."""
    places = [next(i for i, a in enumerate(system.actions) if a.name == name) for name in names]
    return path_of_actions(system, places, scenario("unicast").fixed, loop_from=loop_from)


def chart(*, loop_from: int | None = None) -> Chart:
    """A session that fails and is tried again."""
    system = scenario("unicast").system
    return chart_of_path(system, path(system, *RUN, loop_from=loop_from), title="A run", remarks=["Broken: nothing."])


def test_an_exchange_reads_like_this() -> None:
    """Numbered steps, arrows between the columns of the parties, changed variables, the broken rule last."""
    assert exchange(chart(), width=72) == """\
A run
     CPE                                                             ACS
   1  |---- Inform (1 BOOT) ----------------------------------------->|
      |     open_session; session.turn CLOSED -> WAIT;                |
      |     session.awaits NOTHING -> INFORM_RESPONSE                 |
   2  |<------------------------------------------ InformResponse ----|
      |     answer_inform(hold=False)                                 |
   3  |            ~ What the ACS replied does not arrive             |
      |     lose_reply                                                |
   4  * the session fails                                             |
      |     session_fails; cpe.retry 0 -> 1;                          |
      |     session.turn WAIT -> CLOSED;                              |
      |     session.awaits INFORM_RESPONSE -> NOTHING                 |
>  5  |---- Inform (1 BOOT, RetryCount 1) --------------------------->|
      |     open_session; session.turn CLOSED -> WAIT;                |
      |     session.awaits NOTHING -> INFORM_RESPONSE                 |
  Broken: nothing."""


@pytest.mark.parametrize("width", [50, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Every line fits into the columns that are there."""
    assert max(map(len, exchange(chart(), width=width).splitlines())) <= width


def test_a_loop_is_announced() -> None:
    """In a lasso no single step breaks the rule; the reader is told where it begins to repeat."""
    text = exchange(chart(loop_from=4))
    assert text.index("again and again for ever") < text.index("   5  |")
    assert ">  5" not in text


def test_mermaid_tells_the_same_steps() -> None:
    """The sequence diagram has an arrow for each message and a note for everything else."""
    text = chart_mermaid(chart())
    assert "  cpe->>acs: 1 Inform (1 BOOT)\n  acs->>cpe: 2 InformResponse\n" in text
    assert "Note over cpe,acs: 3 What the ACS replied does not arrive" in text
    assert "Note left of cpe: 4 the session fails" in text

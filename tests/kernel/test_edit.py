"""Changes to a system that name something it does not have, or that are none, are refused with what there is."""

from __future__ import annotations

from typing import Any

import pytest

from cwmpcheck.kernel.edit import assigning, changed, dropping, forgetting, guarded_by, showing, then
from cwmpcheck.kernel.errors import DeclarationError, NotInSystem
from cwmpcheck.protocol import scenario

SYSTEM = scenario("same-session").system


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (forgetting("nothing.here"), "nothing.here"),
        (forgetting("transfer.keys"), "did you mean transfer.key"),
        (assigning({"transfer.phases": 0}), "did you mean transfer.phase"),
        (showing({"retri": 0}), "shows no field retri"),
        (dropping("P-999"), "P-999"),
    ],
)
def test_a_name_that_the_system_does_not_have_is_named(change: Any, says: str) -> None:
    """Nothing is changed silently, and the nearest names are told."""
    with pytest.raises(NotInSystem, match=says):
        changed(SYSTEM, "receive_acknowledgement", change)
    with pytest.raises(NotInSystem, match="no action reprot"):
        changed(SYSTEM, "reprot", change)


def test_what_is_no_change_is_refused() -> None:
    """A string in place of a change or of a guard is an error of its own."""
    wrong: Any = "P-31"
    with pytest.raises(DeclarationError, match="'P-31' is no change"):
        changed(SYSTEM, "report", wrong)
    with pytest.raises(DeclarationError, match="'P-31' is no change"):
        then(wrong)
    with pytest.raises(DeclarationError, match="'P-31' is no guard"):
        guarded_by(wrong)


def test_what_is_there_is_forgotten() -> None:
    """The assignment is gone from the action, and only that one."""
    before = SYSTEM.action("receive_acknowledgement").updates
    name = next(iter(before))
    after = changed(SYSTEM, "receive_acknowledgement", forgetting(name)).action("receive_acknowledgement").updates
    assert set(before) - set(after) == {name}

"""What the CPE has committed survives the end of its process at any instant."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cwmpcheck.cpe import CpeStore, Ledger, Phase, Transfer
from cwmpcheck.cpe.effects import AddEvent, Change, DropEvent, DropTransfer, InstallFile, SaveTransfer, SetFact
from cwmpcheck.cpe.store import StoreUnreadable

TRANSFER = Transfer(1, "key", "1 Firmware Upgrade Image", "http://127.0.0.1/f", "", "", 0, "", 5.0, True)

BATCHES: list[tuple[Change, ...]] = [
    (AddEvent("0 BOOTSTRAP"), AddEvent("1 BOOT"), SetFact("retry_count", 1)),
    (DropEvent("0 BOOTSTRAP"), DropEvent("1 BOOT"), SetFact("contacted", "http://127.0.0.1/")),
    (SetFact("next_transfer", 1), SaveTransfer(TRANSFER)),
    (AddEvent("M Reboot", "a"), AddEvent("M Reboot", "b"), AddEvent("2 PERIODIC"), AddEvent("2 PERIODIC")),
    (DropEvent("M Reboot", "a"), InstallFile("3 Vendor Configuration File", "ab" * 32, "../../etc/passwd")),
    (DropTransfer(1), SetFact("retry_count", 0)),
]

WRITER = """
import sys
from pathlib import Path
from test_store import BATCHES
from cwmpcheck.cpe import CpeStore
store = CpeStore(Path(sys.argv[1]))
for number, batch in enumerate(BATCHES):
    store.commit(batch)
    print(number, flush=True)
    sys.stdin.readline()
"""


def after(count: int) -> Ledger:
    """The ledger after the first ``count`` batches."""
    ledger = Ledger()
    for batch in BATCHES[:count]:
        ledger.apply(batch)
    return ledger


@pytest.mark.parametrize("count", range(len(BATCHES) + 1))
def test_what_is_read_back_is_what_the_core_had(tmp_path: Path, count: int) -> None:
    """The store, read anew, gives the same ledger as the changes applied in memory, after each commit."""
    store = CpeStore(tmp_path / "cpe.db")
    for batch in BATCHES[:count]:
        store.commit(batch)
    store.close()
    again = CpeStore(tmp_path / "cpe.db")
    assert again.load() == after(count)
    again.close()


@pytest.mark.parametrize("committed", [1, 3, 5])
def test_sigkill_after_a_commit_loses_nothing(tmp_path: Path, committed: int) -> None:
    """A process killed with SIGKILL right after a commit has lost none of it, and nothing is halved."""
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "cpe.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        for number in range(committed):
            assert process.stdout.readline().strip() == str(number).encode()
            if number + 1 < committed:
                process.stdin.write(b"\n")
                process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    store = CpeStore(tmp_path / "cpe.db")
    assert store.load() == after(committed)
    store.close()


def test_a_failing_commit_leaves_nothing(tmp_path: Path) -> None:
    """If one change of a commit cannot be written, none of them is."""
    store = CpeStore(tmp_path / "cpe.db")
    with pytest.raises(TypeError):
        store.commit((AddEvent("1 BOOT"), SetFact("x", object())))  # type: ignore[arg-type]  # what cannot be written
    assert store.load() == Ledger()
    store.close()


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    """A state file of noise is refused with a line for people, and left as it is."""
    path = tmp_path / "cpe.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnreadable, match="not a state file of the CPE"):
        CpeStore(path)
    assert path.read_bytes().startswith(b"no database")


def test_a_waiting_outcome_is_kept_as_it_is(tmp_path: Path) -> None:
    """A failed outcome that waits for delivery reads back as that failure (E-08)."""
    from cwmpcheck.cpe.transfers import RunningImage, after_boot, failed

    store = CpeStore(tmp_path / "cpe.db")
    outcome = failed(TRANSFER, 9016, "not there", 10.0)
    store.commit((SaveTransfer(outcome),))
    read = store.load().transfers[1]
    assert read == outcome
    assert after_boot(read, RunningImage("b", "2.0", "cd"), 99.0) == outcome
    assert read.phase is Phase.REPORTABLE
    store.close()

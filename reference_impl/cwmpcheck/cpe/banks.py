"""Two banks for firmware images as files, and a pointer file that says which one boots.

The pointer is replaced in one step, after the bank it points to is whole on the disk: at any instant one bank can boot.
If the bank that the pointer names cannot boot, the other one does, and the pointer stays as it is (T-21, P-70).
A bank that was just installed or activated is on trial: until the CPE in it confirms that it came up, each start counts,
and after three the other bank boots. Everything that the boot loader goes by lies in these files, not in the database.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec

from cwmpcheck.cpe.image import BadImage, digest_of, verify_image
from cwmpcheck.cpe.slots import BANKS, Slot, Slots
from cwmpcheck.cpe.transfers import RunningImage

__all__ = ["Banks"]

_NAMES = BANKS
_TRIAL_BOOTS = 3


class Trial(msgspec.Struct, frozen=True):
    """A bank that has yet to come up, and how often it was started."""

    bank: str
    boots: int = 0


class Banks:
    """The banks in one folder.

    Args:
        folder: where ``bank-a.img``, ``bank-b.img`` and ``active`` lie; made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def factory(self, image: bytes) -> None:
        """Put an image into bank ``a``, if there is none in any bank yet."""
        if any(self.path(name).exists() for name in _NAMES):
            return
        staged = self.folder / "factory.new"
        staged.write_bytes(image)
        _sync(staged)
        staged.replace(self.path("a"))
        self._write("active", "a")

    def path(self, name: str) -> Path:
        """The image file of a bank, ``a`` or ``b``."""
        if name not in _NAMES:
            raise ValueError(f"there is no bank {name!r}; the banks are a and b")
        return self.folder / f"bank-{name}.img"

    def boot(self) -> RunningImage:
        """Start the image of the active bank, or that of the other one if it cannot boot; counts as a start.

        Raises:
            BadImage: neither bank can boot.
        """
        first = self._read("active") or "a"
        for name in (first, *(other for other in _NAMES if other != first)):
            trial = self._trial()
            failure = self._failure(name, trial)
            if failure:
                self._write(f"failure-{name}", failure)
                continue
            if trial is not None and trial.bank == name:
                self._put_on_trial(name, trial.boots + 1)
            return RunningImage(name, verify_image(self.path(name)).version, digest_of(self.path(name)))
        raise BadImage(f"no bank in {self.folder} holds an image that can boot; install one from the factory")

    def comes_up(self, name: str) -> bool:
        """Whether the software of a bank that `boot` chose starts; if not, the device resets and boots again."""
        return verify_image(self.path(name)).boots

    def confirm(self, name: str) -> None:
        """The CPE has come up from this bank: its trial, if it was on one, is over."""
        trial = self._trial()
        if trial is not None and trial.bank == name:
            (self.folder / "trial").unlink()
            _sync(self.folder)

    def install(self, image: Path, name: str, *, activate: bool = True) -> None:
        """Write an image to a bank, and make it the one that boots, unless it is only to be stored.

        Raises:
            BadImage: what arrived in the bank is not a whole image; the pointer is untouched.
        """
        staged = self.folder / f"bank-{name}.new"
        shutil.copyfile(image, staged)
        _sync(staged)
        verify_image(staged)
        staged.replace(self.path(name))
        for mark in (f"failure-{name}", f"unavailable-{name}"):
            (self.folder / mark).unlink(missing_ok=True)
        _sync(self.folder)
        if activate:
            self.activate(name, fresh=True)

    def activate(self, name: str, *, fresh: bool = False) -> None:
        """Point to a bank, in one step that a power cut cannot halve; it is on trial from now on.

        Args:
            name: of the bank.
            fresh: whether its image is new, so that it is tried even if the bank was the active one before.
        """
        self.path(name)  # refuses a name that is none
        if fresh or name != self._read("active") or self._failed(name):
            (self.folder / f"failure-{name}").unlink(missing_ok=True)
            self._put_on_trial(name, 0)
        self._write("active", name)

    def set_available(self, name: str, available: bool) -> None:
        """Say whether a bank may boot."""
        self.path(name)
        if available:
            for mark in (f"failure-{name}", f"unavailable-{name}"):
                (self.folder / mark).unlink(missing_ok=True)
            _sync(self.folder)
        else:
            self._write(f"unavailable-{name}", "")

    def survey(self) -> Slots:
        """What lies in the banks."""
        return Slots(self._read("active") or "a", {name: self._slot(name) for name in _NAMES})

    def _slot(self, name: str) -> Slot:
        try:
            version, digest = verify_image(self.path(name)).version, digest_of(self.path(name))
        except (BadImage, FileNotFoundError):
            return Slot(failure=self._failed(name))
        available = not (self.folder / f"unavailable-{name}").exists()
        return Slot(version, digest, available, self._failed(name))

    def _failure(self, name: str, trial: Trial | None) -> str:
        """Why a bank cannot boot; empty if it can."""
        if (self.folder / f"unavailable-{name}").exists():
            return "the image is not available"
        if trial is not None and (trial.bank, trial.boots) == (name, _TRIAL_BOOTS):
            return f"the image did not come up in {_TRIAL_BOOTS} starts"
        try:
            header = verify_image(self.path(name))
        except FileNotFoundError:
            return "there is no image"
        except BadImage as error:
            return str(error)
        return "" if header.boots or (trial is not None and trial.bank == name) else "the image does not come up"

    def _failed(self, name: str) -> str:
        try:
            return (self.folder / f"failure-{name}").read_text()[:256]
        except FileNotFoundError:
            return ""

    def _trial(self) -> Trial | None:
        try:
            return msgspec.json.decode((self.folder / "trial").read_bytes(), type=Trial)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def _put_on_trial(self, name: str, boots: int) -> None:
        self._write("trial", msgspec.json.encode(Trial(name, boots)).decode())

    def _read(self, mark: str) -> str:
        try:
            name = (self.folder / mark).read_text().strip()
        except FileNotFoundError:
            return ""
        return name if name in _NAMES else ""

    def _write(self, mark: str, text: str) -> None:
        staged = self.folder / f"{mark}.new"
        staged.write_text(text)
        _sync(staged)
        staged.replace(self.folder / mark)
        _sync(self.folder)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

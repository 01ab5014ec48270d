"""Two banks for firmware images as files, and a pointer file that says which one boots.

The pointer is replaced in one step, after the bank it points to is whole on the disk: at any instant one bank can boot.
If the bank that the pointer names cannot boot, the other one does, and the pointer stays as it is (T-21, P-70).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from cwmpcheck.cpe.image import BadImage, digest_of, verify_image
from cwmpcheck.cpe.transfers import RunningImage

__all__ = ["Banks"]

_NAMES = ("a", "b")


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
        self.activate("a")

    def path(self, name: str) -> Path:
        """The image file of a bank, ``a`` or ``b``."""
        if name not in _NAMES:
            raise ValueError(f"there is no bank {name!r}; the banks are a and b")
        return self.folder / f"bank-{name}.img"

    def boot(self) -> RunningImage:
        """The image that boots: that of the active bank, or the other one if that is not whole.

        Raises:
            BadImage: neither bank can boot.
        """
        first = self._pointer()
        for name in (first, *(other for other in _NAMES if other != first)):
            try:
                header = verify_image(self.path(name))
            except (BadImage, FileNotFoundError):
                continue
            return RunningImage(name, header.version, digest_of(self.path(name)))
        raise BadImage(f"no bank in {self.folder} holds an image that can boot; install one from the factory")

    def install(self, image: Path, name: str) -> None:
        """Write an image to a bank, and make it the one that boots.

        Raises:
            BadImage: what arrived in the bank is not a whole image; the pointer is untouched.
        """
        staged = self.folder / f"bank-{name}.new"
        shutil.copyfile(image, staged)
        _sync(staged)
        verify_image(staged)
        staged.replace(self.path(name))
        self.activate(name)

    def activate(self, name: str) -> None:
        """Point to a bank, in one step that a power cut cannot halve."""
        pointer = self.folder / "active.new"
        pointer.write_text(name)
        _sync(pointer)
        pointer.replace(self.folder / "active")
        _sync(self.folder)

    def _pointer(self) -> str:
        try:
            name = (self.folder / "active").read_text().strip()
        except FileNotFoundError:
            return "a"
        return name if name in _NAMES else "a"


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

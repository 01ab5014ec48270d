"""What the parts of the core know in common: who the device is, what it runs, what its banks hold, what it was told."""

from __future__ import annotations

from cwmpcheck.cpe.ledger import Ledger
from cwmpcheck.cpe.parameters import MANAGEMENT, Facts, Leaf, effective, tree
from cwmpcheck.cpe.settings import Access, Profile, Settings
from cwmpcheck.cpe.slots import Slot, Slots
from cwmpcheck.cpe.transfers import RunningImage

__all__ = ["Device"]


class Device:
    """One device.

    Args:
        profile: who it is.
        settings: how it behaves out of the box.
        ledger: what it remembers.
        running: the image that was booted.
        slots: its banks; only the running image if ``None``.
        access: names and passwords out of the box.
    """

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        ledger: Ledger,
        running: RunningImage,
        slots: Slots | None = None,
        access: Access | None = None,
    ) -> None:
        self.profile = profile
        self.ledger = ledger
        self.running = running
        self.slots = slots or Slots(running.bank, {running.bank: Slot(running.version, running.digest, True)})
        self._settings = settings
        self._access = access or Access()

    @property
    def settings(self) -> Settings:
        """How it behaves, with what the ACS has set."""
        return effective(self._settings, self.ledger.parameters)

    def credentials(self, prefix: str = "") -> tuple[str, str]:
        """A user name and its password that are in force: of the ACS, or of ``ConnectionRequest``."""
        leaves = self.leaves()
        name, password = (leaves[f"{MANAGEMENT}{prefix}{part}"].value for part in ("Username", "Password"))
        return name, password

    def leaves(self, *, downloading: bool = False) -> dict[str, Leaf]:
        """Its parameters by full name.

        Args:
            downloading: whether an image is on its way to the other bank.
        """
        facts = Facts(self.profile, self._settings, self.running, self.slots, downloading, self._access)
        return tree(facts, self.ledger.parameters)

"""A reference CPE: a core without input or output, and a thin shell of HTTP, SQLite and two firmware banks around it."""

from __future__ import annotations

from cwmpcheck.cpe.core import CpeCore
from cwmpcheck.cpe.image import build_image, verify_image
from cwmpcheck.cpe.ledger import Ledger
from cwmpcheck.cpe.run import REBOOT_EXIT_CODE, CpeOptions, run_cpe
from cwmpcheck.cpe.settings import FIRMWARE, STORED_FIRMWARE, VENDOR_CONFIGURATION, Access, Profile, Settings
from cwmpcheck.cpe.slots import Slot, Slots
from cwmpcheck.cpe.store import CpeStore
from cwmpcheck.cpe.transfers import Kind, Phase, RunningImage, Transfer

__all__ = [
    "FIRMWARE",
    "REBOOT_EXIT_CODE",
    "STORED_FIRMWARE",
    "VENDOR_CONFIGURATION",
    "Access",
    "CpeCore",
    "CpeOptions",
    "CpeStore",
    "Kind",
    "Ledger",
    "Phase",
    "Profile",
    "RunningImage",
    "Settings",
    "Slot",
    "Slots",
    "Transfer",
    "build_image",
    "run_cpe",
    "verify_image",
]

"""What if a CPE calls TransferComplete in a session whose Inform did not announce it?

Run with: cwmpcheck verify --model examples/careless_cpe.py --scenario unicast --property P-31
"""

from cwmpcheck.kernel import System
from cwmpcheck.kernel.edit import changed, dropping


def change(system: System) -> System:
    """The same protocol, except that ``report`` does not heed the guard that rests on P-31."""
    return changed(system, "report", dropping("P-31"))

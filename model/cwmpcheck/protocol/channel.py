"""The channel: one HTTP exchange, at most one post up and one reply down, each emptied as a whole.

An empty side keeps no field of what it carried last: what nobody can see must not tell two states apart.
"""

from __future__ import annotations

from cwmpcheck.protocol.observation import NO_KEY, Kind
from cwmpcheck.protocol.state import Upgrade


def clear_post(s: Upgrade) -> None:
    """Nothing is on its way up any more."""
    s.channel.up = Kind.NOTHING
    s.channel.up_key = NO_KEY
    s.channel.up_success = False
    s.channel.up_updated = False


def clear_reply(s: Upgrade) -> None:
    """Nothing is on its way down any more."""
    s.channel.down = Kind.NOTHING
    s.channel.down_hold = False
    s.channel.down_key = NO_KEY
    s.channel.down_delayed = False

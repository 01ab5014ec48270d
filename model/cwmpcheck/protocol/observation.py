"""What a watcher at one end of the wire can see: kinds of messages and events, and the fields that rules speak of.

This is the alphabet that the model, the properties and the traces share. A key is a symbol, not a text: 0 is the
empty CommandKey, 1 and 2 are keys of requests, 3 is a key that no request carried.
"""

from __future__ import annotations

import enum

from cwmpcheck.kernel import OneOf, Range, Record, flag, var

MOST_RETRIES = 3
"""RetryCount is counted exactly below this number, and as "this or more" from it on."""

NO_KEY, FIRST_KEY, SECOND_KEY, STRANGE_KEY = 0, 1, 2, 3


class Kind(enum.Enum):
    """Everything that can be seen to happen, named as the standard names it where it has a name."""

    NOTHING = "nothing is seen"
    INFORM = "Inform"
    INFORM_RESPONSE = "InformResponse"
    EMPTY_POST = "empty POST"
    EMPTY_REPLY = "empty reply"
    DOWNLOAD = "Download"
    DOWNLOAD_RESPONSE = "DownloadResponse"
    DOWNLOAD_FAULT = "Fault answering Download"
    TRANSFER_COMPLETE = "TransferComplete"
    TRANSFER_COMPLETE_RESPONSE = "TransferCompleteResponse"
    ACS_FAULT = "Fault from the ACS"
    CPE_REQUEST = "another request of the CPE"
    ACS_RESPONSE = "the response to it"
    ACS_REQUEST = "another request of the ACS"
    CPE_RESPONSE = "the response or Fault to it"
    SESSION_FAILED = "the session fails"
    FETCH_BEGINS = "the file is asked for"
    FETCH_ENDS = "the file has come, or failed to"
    REBOOTS = "the CPE reboots of its own accord"
    OVERTAKEN = "the file of a transfer that was due later is asked for first"


INTERNAL = (Kind.NOTHING, Kind.REBOOTS, Kind.OVERTAKEN)
"""Kinds that are no step of this transfer on the wire: following a trace takes such steps in between."""


CPE_REQUESTS = (Kind.INFORM, Kind.TRANSFER_COMPLETE, Kind.CPE_REQUEST)
CPE_POSTS = (*CPE_REQUESTS, Kind.EMPTY_POST, Kind.DOWNLOAD_RESPONSE, Kind.DOWNLOAD_FAULT, Kind.CPE_RESPONSE)
CPE_ANSWERS = (Kind.DOWNLOAD_RESPONSE, Kind.DOWNLOAD_FAULT, Kind.CPE_RESPONSE)
ACS_REQUESTS = (Kind.DOWNLOAD, Kind.ACS_REQUEST)
ACS_ANSWERS = (Kind.INFORM_RESPONSE, Kind.TRANSFER_COMPLETE_RESPONSE, Kind.ACS_RESPONSE, Kind.ACS_FAULT)
ACS_REPLIES = (*ACS_ANSWERS, *ACS_REQUESTS, Kind.EMPTY_REPLY)


class Observation(Record):
    """One thing seen at one end; fields that a kind does not have keep their defaults."""

    kind = var(OneOf(Kind), Kind.NOTHING)
    hold = flag()
    """The ACS's message carries HoldRequests = true."""
    transfer_complete = flag()
    """The Inform lists ``7 TRANSFER COMPLETE``."""
    other_complete = flag()
    """The Inform lists ``7 TRANSFER COMPLETE`` on behalf of another transfer."""
    m_download = flag()
    """The Inform lists ``M Download``; its CommandKey is in ``key``."""
    boot = flag()
    """The Inform lists ``1 BOOT``."""
    other_event = flag()
    """The Inform lists some other event."""
    bootstrap = flag()
    """The Inform lists ``0 BOOTSTRAP``."""
    m_reboot = flag()
    """The Inform lists ``M Reboot``."""
    retry = var(Range(0, MOST_RETRIES), 0)
    """RetryCount of the Inform, counted up to ``MOST_RETRIES``."""
    updated = flag()
    """The Inform's SoftwareVersion is that of the requested image."""
    key = var(Range(NO_KEY, STRANGE_KEY), NO_KEY)
    """CommandKey of Download, of TransferComplete, of ``M Download``."""
    delayed = flag()
    """The Download's DelaySeconds is not 0."""
    status = var(Range(0, 1), 1)
    """Status of the DownloadResponse."""
    success = flag()
    """TransferComplete has FaultCode 0; the fetch brought the whole file."""
    foreign_id = flag()
    """A response whose cwmp:ID is not that of the request."""
    other_namespace = flag()
    """A message in another CWMP namespace than the session's Inform."""
    cookie_missing = flag()
    """A post that does not return the cookie which the ACS set in this session."""

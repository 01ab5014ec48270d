"""Whom the CPE believes over HTTPS."""

from __future__ import annotations

import ssl
from pathlib import Path

from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["trust"]


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """A client's TLS settings: the certificate authorities of a file, or those of this machine.

    Raises:
        UnreadableInput: the file cannot be read, or holds no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise UnreadableInput(f"{ca_file} holds no certificates that can be read ({error})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

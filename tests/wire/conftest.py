"""The published schemas as validators."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from cwmpcheck.vocabulary.namespaces import SOAP_ENCODING, SOAP_ENVELOPE

Validate = Callable[[bytes, str], str]

SOAP_SCHEMAS = {SOAP_ENVELOPE: "soap-envelope.xsd", SOAP_ENCODING: "soap-encoding.xsd"}


@pytest.fixture(scope="session")
def validate(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Validate:
    """A function of an envelope and its namespace: what the published schema finds wrong, empty if nothing.

    The schemas import the two of SOAP by network address; copies that import the local files are what is compiled.
    """
    folder, copies = shared_dir / "xsd", tmp_path_factory.mktemp("xsd")

    @cache
    def schema(namespace: str) -> etree.XMLSchema:
        name = f"{namespace.rpartition(':')[2]}.xsd"
        text = (folder / name).read_text()
        for address, file in SOAP_SCHEMAS.items():
            text = text.replace(f'schemaLocation="{address}"', f'schemaLocation="{(folder / file).as_uri()}"')
        (copies / name).write_text(text)
        return etree.XMLSchema(etree.parse(copies / name, etree.XMLParser(no_network=True)))

    def check(envelope: bytes, namespace: str) -> str:
        judge = schema(namespace)
        return "" if judge.validate(etree.fromstring(envelope)) else str(judge.error_log)

    return check

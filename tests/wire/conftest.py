"""The published schemas as validators."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from cwmpcheck.vocabulary.namespaces import CWMP_NAMESPACES, SOAP_ENCODING, SOAP_ENVELOPE

Validate = Callable[[bytes, str], list[str]]


class _Local(etree.Resolver):
    """Serves the two SOAP schemas from the folder of schemas, by their namespace."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._files = {SOAP_ENVELOPE: folder / "soap-envelope.xsd", SOAP_ENCODING: folder / "soap-encoding.xsd"}

    def resolve(self, system_url: str, public_id: str, context: object) -> object:
        """The local copy of a schema, or nothing."""
        file = self._files.get(system_url)
        # lxml-stubs has no type for the context that resolve_string wants.
        return None if file is None else self.resolve_string(file.read_text(), context)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def validate(shared_dir: Path) -> Validate:
    """A function of an envelope and its namespace: what the published schema finds wrong with it."""
    folder = shared_dir / "xsd"
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local(folder))

    @cache
    def schema(namespace: str) -> etree.XMLSchema:
        assert namespace in CWMP_NAMESPACES
        file = folder / f"{namespace.rpartition(':')[2]}.xsd"
        driver = (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
            f'<xs:import namespace="{SOAP_ENVELOPE}" schemaLocation="{SOAP_ENVELOPE}"/>'
            f'<xs:import namespace="{namespace}" schemaLocation="{file.as_uri()}"/></xs:schema>'
        )
        return etree.XMLSchema(etree.fromstring(driver, parser))

    def check(envelope: bytes, namespace: str) -> list[str]:
        judge = schema(namespace)
        judge.validate(etree.fromstring(envelope))
        return [f"{entry.line}: {entry.message}" for entry in judge.error_log]

    return check

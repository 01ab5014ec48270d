"""Random walks of the model, written down as the dialogue that a capture at the CPE's end would show."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache

import msgspec
from tests.conformance.dialogues import Script, download, inform, other

from cwmpcheck.compile.python import compile_python, evaluator
from cwmpcheck.conformance.letters import Letter, letter
from cwmpcheck.kernel import System
from cwmpcheck.protocol import Kind, scenario
from cwmpcheck.protocol.mutants import mutant
from cwmpcheck.traces import Device
from cwmpcheck.wire import (
    Body,
    DownloadResponse,
    Fault,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
)

VERSIONS = ("1.0", "2.0")
RARE = {"lose_power": 0.06, "lose_post": 0.12, "lose_reply": 0.12, "answer_with_fault": 0.2, "send_request": 0.3}
"""Weights of what would otherwise happen all the time; 1 for the others."""


@cache
def system_of(name: str, mutated: str | None = None) -> System:
    """A scenario's system, or a mutant of it."""
    system = scenario(name).system
    return system if mutated is None else mutant(mutated).apply(system)


class Walk:
    """One random walk.

    Args:
        name: the scenario.
        seed: of the choices.
        steps: how many.
        mutated: name of a mutant, or none.
    """

    def __init__(self, name: str, seed: int, steps: int, mutated: str | None = None) -> None:
        self.script = Script()
        self.letters: list[Letter] = []
        self.texts: dict[int, str] = {}
        self.downloads = 0
        self._walk(name, random.Random(seed), steps, mutated)

    def _walk(self, name: str, choices: random.Random, steps: int, mutated: str | None) -> None:
        system = system_of(name, mutated)
        fixed = scenario(name).fixed
        backend = compile_python(system, fixed)
        shown = [action.shown_at("cpe") for action in system.actions]
        fields = [
            {n: evaluator(system, t, fixed) for n, t in each.fields.items()} if each is not None else {} for each in shown
        ]
        weights = [RARE.get(action.name.partition("(")[0], 1.0) for action in system.actions]
        state, slot, turn = backend.initial(), system.index["transfer.key"], system.index["session.turn"]
        for _ in range(steps):
            enabled = backend.enabled(state)
            if not enabled:
                break
            number = choices.choices(enabled, [weights[n] for n in enabled])[0]
            each = shown[number]
            after = backend.successor(state, number)
            if each is not None and isinstance(each.kind, Kind) and each.kind is not Kind.REBOOTS:
                self._show(each.kind, {n: value(state) for n, value in fields[number].items()}, after[slot])
            state = after
        if system.variables[turn].domain.show(state[turn]) != "CLOSED":
            self.script.fails("capture_ends", None)

    def _show(self, kind: Kind, told: Mapping[str, int], slot: int) -> None:
        self.letters.append(letter((("kind", kind), *told.items())))
        script = self.script
        if kind is Kind.SESSION_FAILED:
            script.fails("no_reply", None)
        elif kind is Kind.FETCH_BEGINS:
            script.time += 10.0
            script.get(self._key(slot), ends=False)
        elif kind is Kind.FETCH_ENDS:
            self._fetched(bool(told["success"]))
        elif kind in (Kind.INFORM, Kind.EMPTY_POST, Kind.DOWNLOAD_RESPONSE, Kind.DOWNLOAD_FAULT, Kind.TRANSFER_COMPLETE,
                      Kind.CPE_REQUEST, Kind.CPE_RESPONSE):  # fmt: skip
            script.cpe(self._body(kind, told))
        else:
            # The model has two keys; one that is asked for again while the slot still bears it is the same text again.
            if kind is Kind.DOWNLOAD and (told["key"] != slot or told["key"] not in self.texts):
                self.downloads += 1
                self.texts[told["key"]] = f"K{self.downloads}"
            script.acs(self._body(kind, told), hold=bool(told.get("hold")) or None)

    def _key(self, number: int) -> str:
        return self.texts.get(number, "")

    def _fetched(self, whole: bool) -> None:
        begun, script = self.script.fetches.pop(), self.script
        script.time += 0.5
        status = 200 if whole else 404
        script.fetches.append(msgspec.structs.replace(begun, end=script.time, status=status, complete=True, broken=None))

    def _body(self, kind: Kind, told: Mapping[str, int]) -> Body | None:
        if kind is Kind.INFORM:
            return inform(*self._events(told), retry=told["retry"], version=VERSIONS[told["updated"]])
        if kind is Kind.TRANSFER_COMPLETE:
            return TransferComplete(self._key(told["key"]), 0 if told["success"] else 9010)
        simple: Mapping[Kind, Body | None] = {
            Kind.INFORM_RESPONSE: InformResponse(),
            Kind.DOWNLOAD: download(self._key(told.get("key", 0)), delay=5 * told.get("delayed", 0)),
            Kind.DOWNLOAD_RESPONSE: DownloadResponse(told.get("status", 1)),
            Kind.DOWNLOAD_FAULT: Fault(9001),
            Kind.TRANSFER_COMPLETE_RESPONSE: TransferCompleteResponse(),
            Kind.ACS_FAULT: Fault(8002),
            Kind.CPE_REQUEST: other("GetRPCMethods"),
            Kind.ACS_RESPONSE: other("GetRPCMethodsResponse"),
            Kind.ACS_REQUEST: other("GetParameterValues"),
            Kind.CPE_RESPONSE: other("GetParameterValuesResponse"),
        }
        return simple.get(kind)

    def _events(self, told: Mapping[str, int]) -> list[str]:
        codes = ["1 BOOT"] if told["boot"] else []
        codes += ["2 PERIODIC"] if told["other_event"] else []
        codes += ["7 TRANSFER COMPLETE"] if told["transfer_complete"] else []
        codes += [f"M Download|{self._key(told['key'])}"] if told["m_download"] else []
        return codes

    def device(self) -> Device:
        """The dialogue as a device."""
        return self.script.device()

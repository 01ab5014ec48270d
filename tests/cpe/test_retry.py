"""The retry policy: rows, limits, and no synchronised fleet."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.cpe import FIRMWARE, Settings
from cwmpcheck.cpe.retry import retry_range, retry_wait


def test_the_default_rows_are_those_of_the_table() -> None:
    """With the default parameters the rows are 5-10, 10-20, ..., 2560-5120 s, and stay there (rules.md 2.4)."""
    rows = [retry_range(retry, 5, 2000) for retry in range(1, 13)]
    assert rows[:3] == [(5.0, 10.0), (10.0, 20.0), (20.0, 40.0)]
    assert rows[9:] == [(2560.0, 5120.0)] * 3


@given(retry=st.integers(1, 30), minimum=st.integers(1, 65535), multiplier=st.integers(1000, 65535), seed=st.integers())
def test_every_wait_lies_in_its_row(retry: int, minimum: int, multiplier: int, seed: int) -> None:
    """A wait never leaves its row, also with the smallest multiplier, where the row is one point (E-28)."""
    shortest, longest = retry_range(retry, minimum, multiplier)
    wait = retry_wait(retry, minimum, multiplier, random.Random(seed))
    assert shortest <= wait <= longest * (1 + 1e-12)


def test_two_devices_do_not_wait_alike() -> None:
    """Waits differ between devices and between attempts (P-88)."""
    waits = {retry_wait(3, 5, 2000, random.Random(seed)) for seed in range(50)}
    assert len(waits) == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("retry_minimum_wait", 0),
        ("retry_multiplier", 999),
        ("periodic_interval", 0.0),
        ("queue_capacity", 2),
        ("synchronous_types", (FIRMWARE,)),
    ],
)
def test_settings_outside_the_standard_are_refused(name: str, value: object) -> None:
    """A setting that the data model does not allow is refused when it is made."""
    with pytest.raises(ValueError, match=r"choose|at least|cannot"):
        Settings(**{name: value})  # type: ignore[arg-type]  # a wrong value on purpose

"""Images and banks: what is whole boots, what is not does not, and one bank can always boot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.cpe import build_image, verify_image
from cwmpcheck.cpe.banks import Banks
from cwmpcheck.cpe.image import BadImage, digest_of


@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_flipped_bit_of_an_image_is_found(
    tmp_path_factory: pytest.TempPathFactory, position: int, bit: int
) -> None:
    """An image with one bit changed is refused, or says nothing but another version or spelling of its header."""
    data = bytearray(build_image("2.0", b"payload" * 20))
    payload = len(data) - 140
    position %= len(data)
    data[position] ^= 1 << bit
    path = tmp_path_factory.mktemp("image") / "image"
    path.write_bytes(data)
    try:
        header = verify_image(path)
    except BadImage:
        return
    assert position < payload
    assert header.size == 140


@pytest.mark.parametrize("keep", [0, 5, 30, 100, -1])
def test_a_cut_image_is_refused(tmp_path: Path, keep: int) -> None:
    """An image that ends too early is refused, wherever it ends."""
    path = tmp_path / "image"
    path.write_bytes(build_image("2.0", b"payload" * 20)[:keep])
    with pytest.raises(BadImage):
        verify_image(path)


def test_installing_switches_the_bank(tmp_path: Path) -> None:
    """After an installation the other bank boots, with the new version and the digest of the very file."""
    banks = Banks(tmp_path / "banks")
    banks.factory(build_image("1.0", b"old"))
    assert (banks.boot().bank, banks.boot().version) == ("a", "1.0")
    image = tmp_path / "new"
    image.write_bytes(build_image("2.0", b"new"))
    banks.install(image, "b")
    running = banks.boot()
    assert (running.bank, running.version, running.digest) == ("b", "2.0", digest_of(image))


def test_a_bad_image_leaves_the_pointer(tmp_path: Path) -> None:
    """What is no image is not installed, and the former bank still boots."""
    banks = Banks(tmp_path / "banks")
    banks.factory(build_image("1.0", b"old"))
    (tmp_path / "bad").write_bytes(build_image("2.0", b"new")[:-1])
    with pytest.raises(BadImage):
        banks.install(tmp_path / "bad", "b")
    assert banks.boot().bank == "a"


def test_a_bank_that_cannot_boot_is_passed_over_and_the_pointer_stays(tmp_path: Path) -> None:
    """If the active bank is damaged the other one boots, and the pointer is not rewritten (T-21, P-70)."""
    banks = Banks(tmp_path / "banks")
    banks.factory(build_image("1.0", b"old"))
    (tmp_path / "new").write_bytes(build_image("2.0", b"new"))
    banks.install(tmp_path / "new", "b")
    banks.path("b").write_bytes(b"damaged")
    assert banks.boot().version == "1.0"
    assert (banks.folder / "active").read_text() == "b"


def test_no_bank_that_boots_is_said_in_words(tmp_path: Path) -> None:
    """A device without any image ends with a line for people."""
    with pytest.raises(BadImage, match="install one from the factory"):
        Banks(tmp_path / "banks").boot()

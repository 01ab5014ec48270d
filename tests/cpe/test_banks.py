"""Images and banks: what is whole boots, what is not does not, and one bank can always boot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.cpe import build_image, verify_image
from cwmpcheck.cpe.banks import Banks
from cwmpcheck.cpe.image import BadImage, BadSignature, digest_of


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


def installed(tmp_path: Path, image: bytes, *, activate: bool = True) -> Banks:
    """Banks that run 1.0 from a, with an image in b."""
    banks = Banks(tmp_path / "banks")
    banks.factory(build_image("1.0", b"old"))
    (tmp_path / "new").write_bytes(image)
    banks.install(tmp_path / "new", "b", activate=activate)
    return banks


def test_an_image_that_does_not_come_up_is_given_up_after_three_starts(tmp_path: Path) -> None:
    """Three starts of the new image, then the old one for good; the pointer stays, and the log says why."""
    banks = installed(tmp_path, build_image("2.0", b"new", boots=False))
    assert [banks.boot().bank for _ in range(5)] == ["b", "b", "b", "a", "a"]
    assert not banks.comes_up("b")
    slots = banks.survey()
    assert slots.boot == "b"
    assert slots.slot("b").failure == "the image did not come up in 3 starts"


def test_a_confirmed_image_may_restart_as_often_as_it_likes(tmp_path: Path) -> None:
    """Once the CPE has come up the starts are not counted any more."""
    banks = installed(tmp_path, build_image("2.0", b"new"))
    banks.boot()
    banks.confirm("b")
    assert {banks.boot().bank for _ in range(10)} == {"b"}


def test_a_new_image_in_the_failed_bank_is_tried_again(tmp_path: Path) -> None:
    """After a fall-back another image may be installed in the same bank, and gets starts of its own."""
    banks = installed(tmp_path, build_image("2.0", b"new", boots=False))
    for _ in range(4):
        banks.boot()
    (tmp_path / "new").write_bytes(build_image("2.1", b"better"))
    banks.install(tmp_path / "new", "b")
    assert (banks.boot().version, banks.survey().slot("b").failure) == ("2.1", "")


def test_a_stored_image_boots_only_when_told_to(tmp_path: Path) -> None:
    """Stored: the old bank still boots; activated: the new one does."""
    banks = installed(tmp_path, build_image("2.0", b"new"), activate=False)
    assert (banks.boot().bank, banks.survey().slot("b").version) == ("a", "2.0")
    banks.activate("b")
    assert banks.boot().bank == "b"


def test_a_bank_that_is_not_available_does_not_boot(tmp_path: Path) -> None:
    """Not even as the last resort: with the other bank damaged, nothing boots; made available again, it does."""
    banks = installed(tmp_path, build_image("2.0", b"new"), activate=False)
    banks.set_available("b", False)
    assert not banks.survey().slot("b").available
    banks.path("a").write_bytes(b"damaged")
    with pytest.raises(BadImage):
        banks.boot()
    banks.set_available("b", True)
    assert banks.boot().bank == "b"


def test_no_field_of_a_signed_header_can_be_changed(tmp_path: Path) -> None:
    """Another version in the header of a signed image is found."""
    path = tmp_path / "image"
    path.write_bytes(build_image("2.0", b"new", key=b"key").replace(b'"2.0"', b'"3.0"'))
    assert verify_image(path).version == "3.0"
    with pytest.raises(BadSignature):
        verify_image(path, b"key")

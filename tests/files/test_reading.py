"""Text and JSON in every encoding that editors write."""

import math

import pytest

from vidgan.files import read_json, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text(tmp_path, encoding, newline):
    text = "Straße\n道路\n"
    (tmp_path / "a.txt").write_bytes(text.replace("\n", newline).encode(encoding))
    assert read_text(tmp_path / "a.txt") == text


@pytest.mark.parametrize("content", [b"stra\xdfe", b"\xff\xfea"])
def test_other_encodings_are_refused(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ValueError, match=r"read_text: .*a\.txt must be text in UTF-8 .*; save it"):
        read_text(tmp_path / "a.txt")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"[1, ", b"[" * 100_000])
def test_no_json(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"read_json: .*a\.json is no JSON: "):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize("read", [read_text, read_json])
def test_no_file(tmp_path, read):
    with pytest.raises(FileNotFoundError, match=r"no such file: .*none\.json"):
        read(tmp_path / "none.json")


def test_nan_is_no_json_unless_it_is_allowed(tmp_path):
    (tmp_path / "a.json").write_text("[NaN, 1e400]")
    for options in ({}, {"allow_nan": True}):  # infinity never is
        with pytest.raises(ValueError, match=r"f: .*a\.json is no JSON: numbers must be finite"):
            read_json(tmp_path / "a.json", function="f", **options)
    (tmp_path / "a.json").write_text("[NaN, -9223372036854775807, 1e300]")
    nan, whole, large = read_json(tmp_path / "a.json", allow_nan=True)
    assert (math.isnan(nan), whole, large) == (True, -(2**63) + 1, 1e300)


def test_nesting_up_to_64(tmp_path):
    (tmp_path / "a.json").write_text("[" * 64 + "]" * 64)
    value = read_json(tmp_path / "a.json")
    for _ in range(63):
        (value,) = value
    assert value == []

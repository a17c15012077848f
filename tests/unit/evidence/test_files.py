import hashlib
import io
import os
import sys

import pytest

from plangate.errors import InputError
from plangate.evidence import files
from plangate.model.input import RawInput


@pytest.mark.parametrize("size", [0, 10, 3 * 1024 * 1024])
def test_a_file_is_read_whole_with_its_digest(tmp_path, size):
    data = os.urandom(size)
    path = tmp_path / "plan.json"
    path.write_bytes(data)
    given = files.read(str(path))
    assert (given.path, given.data, given.sha256) == (str(path), data, hashlib.sha256(data).hexdigest())


def test_standard_input_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert files.read("-").data == b"{}"


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("missing.json", "not found", "terraform show -json tfplan > plan.json"),
        (".", "is a folder", "name the plan file inside it"),
        ("a\0b", "cannot be read: not a path", None),
    ],
)
def test_what_cannot_be_read_is_said_with_the_way_out(tmp_path, name, message, hint):
    path = f"{tmp_path}/{name}"
    with pytest.raises(InputError) as caught:
        files.read(path)
    assert (caught.value.where, caught.value.message, caught.value.hint) == (path, message, hint)


def test_an_endless_input_stops_being_read(monkeypatch):
    monkeypatch.setattr(files, "MOST_BYTES", 1024**3 // 1024)
    with pytest.raises(InputError, match="is larger than"):
        files.read("/dev/zero")


def test_what_was_given_never_shows_its_content():
    assert repr(RawInput("plan.json", b"invented-secret")) == "RawInput('plan.json', 15 bytes)"


# --- ahead -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
def test_a_file_that_is_read_ahead_is_the_same(tmp_path, size):
    data, other = os.urandom(size), os.urandom(size)
    (tmp_path / "plan.json").write_bytes(data)
    (tmp_path / "other.json").write_bytes(other)
    ahead = files.ReadAhead(str(tmp_path / "plan.json"))
    given = [ahead.read(str(tmp_path / name)) for name in ("other.json", "plan.json", "plan.json")]
    assert [(one.path, one.data) for one in given] == [
        (str(tmp_path / "other.json"), other),
        (str(tmp_path / "plan.json"), data),
        (str(tmp_path / "plan.json"), data),
    ]


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b", "x" * 300])
def test_what_cannot_be_read_ahead_is_said_when_it_is_asked_for(tmp_path, name):
    path = f"{tmp_path}/{name}"
    ahead = files.ReadAhead(path)
    with pytest.raises(InputError) as caught:
        ahead.read(path)
    assert caught.value.where == path


def test_a_large_file_that_turns_out_to_be_too_large_is_refused_when_it_is_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_bytes(bytes(2 * 1024 * 1024))
    monkeypatch.setattr(files, "MOST_BYTES", 1024)
    ahead = files.ReadAhead(str(path))
    with pytest.raises(InputError, match="is larger than"):
        ahead.read(str(path))


def test_standard_input_and_pipes_are_not_read_before_they_are_asked_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    files.ReadAhead(str(tmp_path / "pipe"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    assert files.ReadAhead("-").read("-").data == b"{}"

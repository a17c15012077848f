"""State files: what they are, single objects out of them, and every stranger refused by name."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from plangate.errors import InputError
from plangate.ingest.terraform import state as terraform_state
from plangate.ingest.terraform.state import Instance, State
from plangate.model.input import RawInput

LINEAGE = "11111111-2222-3333-4444-555555555555"


def resource(type_: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type_, "name": name, "provider": "p", "instances": list(instances), **more}


def state(*resources: dict[str, Any], serial: int = 3, **more: Any) -> bytes:
    top = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": LINEAGE, "outputs": {}}
    return json.dumps({**top, "resources": list(resources), **more}, indent=2).encode()


def read(data: bytes) -> State:
    found = terraform_state.read(RawInput("s.tfstate", data))
    assert found is not None
    return found


def instances(data: bytes, *addresses: str) -> list[Instance]:
    return list(read(data).instances(frozenset(addresses) if addresses else None))


def test_serial_lineage_and_version() -> None:
    found = read(state())
    assert (found.serial, found.lineage, found.terraform_version) == (3, LINEAGE, "1.11.4")


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_an_empty_object_is_no_state(data: bytes) -> None:
    assert terraform_state.read(RawInput("s", data)) is None


ADDRESSES = {
    "a.b": resource("a", "b", {"attributes": {}}),
    "a.b[0]": resource("a", "b", {"index_key": 0, "attributes": {}}),
    'a.b["x.y"]': resource("a", "b", {"index_key": "x.y", "attributes": {}}),
    'a.b["q\\"]"]': resource("a", "b", {"index_key": 'q"]', "attributes": {}}),
    "data.a.b": resource("a", "b", {"attributes": {}}, mode="data"),
    'module.m["k"].module.n[1].a.b': resource("a", "b", {"attributes": {}}, module='module.m["k"].module.n[1]'),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_object_is_found_by_its_address(address: str) -> None:
    others = [one for key, one in ADDRESSES.items() if key != address]
    assert [one.address for one in instances(state(ADDRESSES[address], *others), address)] == [address]


def test_marks_of_what_is_sensitive() -> None:
    paths = [
        [{"type": "get_attr", "value": "password"}],
        [{"type": "get_attr", "value": "data"}, {"type": "index", "value": {"value": "k", "type": "string"}}],
        [{"type": "get_attr", "value": "list"}, {"type": "index", "value": {"value": 1, "type": "number"}}],
    ]
    (one,) = instances(state(resource("a", "b", {"attributes": {}, "sensitive_attributes": paths})))
    assert one.marks == {"password": True, "data": {"k": True}, "list": [False, True]}


def test_a_path_of_another_shape_marks_everything() -> None:
    (one,) = instances(state(resource("a", "b", {"attributes": {}, "sensitive_attributes": ["password"]})))
    assert one.marks is True


def test_tainted_and_deposed_objects() -> None:
    found = instances(
        state(resource("a", "b", {"attributes": {}, "status": "tainted"}, {"attributes": {}, "deposed": "00ff"}))
    )
    assert [(one.tainted, one.deposed) for one in found] == [(True, ""), (False, "00ff")]


REFUSED = {
    "version 3": (json.dumps({"version": 3, "serial": 1, "lineage": "x", "modules": []}).encode(), "version 3, older"),
    "version 1": (b'{"version": 1, "modules": []}', "version 1, older"),
    "version 5": (b'{"version": 5, "serial": 1, "lineage": "x"}', "newer than this plangate"),
    "encrypted": (b'{"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "AAAA"}', "OpenTofu encrypted"),
    "cut": (state(resource("a", "b", {"attributes": {"x": "y" * 50}}))[:-60], "cut"),
    "a plan": (b'{"format_version": "1.2", "resource_changes": []}', "is a plan"),
    "shown": (b'{"format_version": "1.0", "terraform_version": "1", "values": {}}', "terraform show -json"),
    "a zip": (b"PK\x03\x04....", "saved plan"),
    "text": (b"hello", "is not a state"),
    "a list": (b"[]", "is not a state"),
    "no lineage": (b'{"version": 4, "serial": 1}', "without serial or lineage"),
    "not UTF-8": (b'{"version": 4, "lineage": "\xff"', "cut"),
}


@pytest.mark.parametrize("stranger", REFUSED)
def test_a_stranger_is_refused_by_its_name(stranger: str) -> None:
    data, words = REFUSED[stranger]
    with pytest.raises(InputError, match=words):
        terraform_state.read(RawInput("s.tfstate", data))


def test_every_cut_is_an_error() -> None:
    whole = state(resource("a", "b", {"attributes": {"x": "y"}}))
    for length in range(1, len(whole) - 1):
        with pytest.raises(InputError):
            terraform_state.read(RawInput("s.tfstate", whole[:length]))


def test_what_moved_between_two_states_names_attributes_and_no_value() -> None:
    old = read(
        state(
            resource("a", "b", {"attributes": {"x": "secret-one", "y": 1}}), resource("a", "gone", {"attributes": {}})
        )
    )
    new = read(
        state(resource("a", "b", {"attributes": {"x": "secret-two", "y": 1}}), resource("a", "new", {"attributes": {}}))
    )
    wanted = frozenset({"a.b", "a.gone", "a.new", "a.other"})
    assert terraform_state.changed_since(old, new, wanted) == {
        "a.b": ("x",),
        "a.gone": ("is gone",),
        "a.new": ("is there now",),
    }
    assert terraform_state.changed_since(old, old, wanted) == {}


def test_a_large_state_costs_a_scan() -> None:
    """Linear in size, and nothing but what is asked for is decoded: much faster than a parser of everything."""
    many = [
        resource("aws_instance", f"i{n}", {"attributes": {"tags": {f"k{k}": "v" * 40 for k in range(60)}}})
        for n in range(2000)
    ]
    data = state(*many, resource("helm_release", "web", {"attributes": {"name": "web"}}))

    def seconds(work: Any) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def one() -> None:
        assert [i.address for i in read(data).instances(types=frozenset({"helm_release"}))] == ["helm_release.web"]

    ours = min(seconds(one) for _ in range(3))
    assert ours < min(seconds(lambda: json.loads(data)) for _ in range(3))

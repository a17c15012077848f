"""The document of a verdict, and its signature: what is signed is what is read back."""

import pytest
from msgspec import UNSET, structs

from plangate.errors import InputError
from plangate.model.input import InputRecord, Kind
from plangate.model.verdict import Binding
from plangate.pipeline import saved, signature
from plangate.report import json_v1
from tests.support.verdicts import HOSTILE, change, everything, verdict

KEY = b"the gate's own"


def bound(given, **fields):
    digests = ("",) * len(given.changes)
    binding = Binding(**{"expires_at": "2026-02-01T12:00:00Z", "sensitive": "none", "digests": digests, **fields})
    return structs.replace(given, binding=binding)


CASES = {
    "one of everything": bound(everything()),
    "hostile": bound(everything(HOSTILE)),
    "not bound": everything(),
    "a path that is not UTF-8": bound(
        verdict(inputs=(InputRecord(Kind.TERRAFORM_PLAN, "plan-\udcff.json", "0" * 64),))
    ),
}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("PLANGATE_KEY", KEY.decode())
    monkeypatch.delenv("PLANGATE_KEY_FILE", raising=False)


@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_what_is_signed_is_what_is_read_back(given):
    document = saved.signed(saved.document(given))
    again = json_v1.parse(json_v1.encode(document))
    assert again == document
    assert signature.is_signed(again, KEY) is (None if given.binding is None else True)
    assert not signature.is_signed(again, b"another")


def test_without_a_key_nothing_is_signed(monkeypatch):
    monkeypatch.delenv("PLANGATE_KEY")
    document = saved.document(CASES["one of everything"])
    assert saved.signed(document) == document
    assert signature.is_signed(document, KEY) is None


def test_a_digest_stands_beside_its_change_and_counts():
    changes = (change("a.b"), change("c.d"))
    one, other = (saved.document(bound(verdict(changes=changes), digests=("", it))) for it in ("01", "02"))
    assert [found.digest for found in one.changes] == [UNSET, "01"]
    assert one.binding.fingerprint != other.binding.fingerprint


def test_the_order_of_changes_does_not_count():
    one, other = change("a.b"), change("c.d")
    assert (
        saved.document(bound(verdict(changes=(one, other)))).binding.fingerprint
        == saved.document(bound(verdict(changes=(other, one)))).binding.fingerprint
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not JSON"),
        (b"{}", "is not a verdict of plangate (plangate/verdict/v1)"),
        (
            json_v1.render(verdict(changes=(change("a.b"),))).replace(
                b'"changes":[{"input":0', b'"changes":[{"input":7'
            ),
            "contradicts itself: a change belongs to an input that is not there",
        ),
        (
            json_v1.render(verdict()).replace(b'"kind":"terraform-plan"', b'"kind":"pulumi-plan"'),
            "is of a newer plangate: this one does not know the input pulumi-plan",
        ),
    ],
    ids=["empty", "other JSON", "contradicting", "newer"],
)
def test_what_is_no_verdict_is_refused_and_never_quoted(tmp_path, data, message):
    path = tmp_path / "verdict.json"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        saved.load(str(path))
    assert caught.value.message == message

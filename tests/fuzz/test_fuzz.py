"""Whatever bytes come in: each reader reads or refuses them in plain words, in time, and shows no secret.

`corpus/` keeps inputs that fell once, and others that are worth beginning with: each is tried as it is, and in pieces.
"""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.errors import InputError, PolicyLoadError
from plangate.ingest.redact import encoded, formats
from plangate.ingest.redact.redactor import Redactor
from plangate.lang import glob
from plangate.pipeline.inputs import classified
from plangate.policy import file as policy_file
from tests.support.command import FIXTURES, run_here
from tests.support.secret_forms import FORMS

HERE = Path(__file__).parent / "corpus"
SECONDS = 5.0
"""For inputs of some kilobytes: nothing in them may take long."""
PIECES = [
    *('"', "'", "{", "}", "[", "]", ":", ",", "\n", "\n---\n", "  ", "- ", "&a ", "*a", "<<: ", "!!binary ", "|\n", "#", "\0", "\ud83d", "\\u0000"),
    *("null", "true", "-1", "1e999", "9" * 400, "[" * 500, "{}" * 200, "a" * 2000, "=" * 500, "password=", "-p ", "echo ", "<a ", "${", "\\"),
    *("no-op", "delete", "create", "before", "after_sensitive", "kind: List\nitems:\n", "kind: Secret\n", "(sensitive)", "(hmac:"),
]  # fmt: skip


def kept(target: str) -> list[str]:
    """The inputs of one folder of the corpus."""
    return [path.read_bytes().decode("utf-8", "surrogatepass") for path in sorted((HERE / target).iterdir())]


def changed(texts: list[str]) -> st.SearchStrategy[str]:
    """Texts with pieces put in, taken out, repeated, or moved."""
    return st.builds(_change, st.sampled_from(texts), st.randoms(use_true_random=False), st.integers(0, 6))


def _change(text: str, rand: random.Random, times: int) -> str:
    for _ in range(times):
        start = rand.randrange(len(text) + 1)
        end = min(len(text), start + rand.choice((0, 1, 8, 64, 512)))
        piece = rand.choice((rand.choice(PIECES), text[start:end] * rand.randrange(3), ""))
        text = text[:start] + piece + text[end if rand.random() < 0.7 else start :]
    return text[:200_000]


def in_time(call: Callable[[], Any]) -> Any:
    """What a call returns; it may take no long time."""
    start = time.process_time()
    try:
        return call()
    finally:
        assert time.process_time() - start < SECONDS


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


PLANS = [
    *kept("plans"),
    *((FIXTURES / name / "plan.json").read_text("utf-8") for name in ("sensitive", "json-strings", "moved")),
]
MANIFESTS = kept("manifests")
POLICIES = kept("policies")
TEXTS = [*kept("texts"), *(str(form("Zk8notreal41qWx7")) for form in FORMS.values())]


@given(changed(PLANS) | changed(MANIFESTS))
def test_an_input_is_read_or_refused(text: str) -> None:
    def read() -> None:
        with contextlib.suppress(InputError):
            classified(encode(text), {})

    in_time(read)


@given(changed(MANIFESTS), changed(MANIFESTS))
def test_an_upgrade_is_read_or_refused(new: str, old: str) -> None:
    def read() -> None:
        with contextlib.suppress(InputError):
            classified(encode(new), {"manifest": encode(old), "live_objects": encode(old)})

    in_time(read)


@given(changed(TEXTS) | st.text(max_size=300))
def test_a_text_is_masked_in_time_and_the_same_way_twice(text: str) -> None:
    def mask() -> None:
        redactor = Redactor()
        redactor.learn({"a": text, "list": text.split(" ")}, False, "")
        redactor.freeze()
        masked = redactor.mask({"a": text}, path=("a",))
        assert repr(redactor.mask({"a": text}, path=("a",))) == repr(masked)
        once = redactor.text(text)
        for secret in formats.secrets_of(text):
            assert len(secret) < 8 or secret not in once
        list(encoded.runs(text))

    in_time(mask)


@given(
    st.sampled_from(sorted(FORMS)),
    st.text(st.sampled_from("abcdefghkmnpqrstABCDEFGHKMNPQRST23456789"), min_size=20, max_size=30),
)
def test_a_secret_in_any_form_is_hidden_everywhere(name: str, random_part: str) -> None:
    secret = f"{random_part}9aZ"
    value = {"form": FORMS[name](secret)}
    redactor = Redactor()
    redactor.learn(value, False, "")
    redactor.freeze()
    assert secret not in repr(redactor.mask(value))
    assert secret not in redactor.text(f"job {secret} runs")


@given(changed(POLICIES))
def test_a_policy_is_read_or_refused(text: str) -> None:
    def read() -> None:
        with contextlib.suppress(PolicyLoadError):
            policy_file.parse("policy.yaml", text)

    in_time(read)


def verdicts() -> Iterator[str]:
    """Verdicts of recorded plans, as `review` writes them."""
    for name in ("sensitive", "destroy", "drift", "release"):
        yield run_here("review", FIXTURES / name / "plan.json", "--format", "json", "--all").stdout.decode()


@pytest.fixture(scope="module")
def saved() -> list[str]:
    return [*kept("verdicts"), *verdicts()]


@given(st.data())
def test_a_verdict_file_is_read_or_refused(saved: list[str], data: st.DataObject) -> None:
    text = data.draw(changed(saved))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "verdict.json")
        path.write_bytes(encode(text))
        for arguments in (("merge", path), ("explain", path, "1"), ("merge", path, path, "--format", "markdown")):
            done = in_time(lambda arguments=arguments: run_here(*arguments))
            assert b"internal error" not in done.stderr
            assert done.code != 1


@given(
    st.lists(st.sampled_from(["*", "**", "*/", "?", "a", "b", "/", "[", "]", "!", "-"]), max_size=400),
    st.text("ab/[]-", max_size=2000),
)
def test_a_pattern_is_held_in_time(parts: list[str], text: str) -> None:
    pattern = "".join(parts)
    for fits in (glob.fits, glob.fits_address, glob.fits_shell, glob.fits_path):
        assert in_time(lambda fits=fits: fits(pattern, text)) in (True, False)


@pytest.mark.parametrize(
    "pattern", ["*a" * 25 + "b", "**/" * 500 + "b", "*?" * 300 + "b", "[!b]*" * 200 + "b", "*" * 3000]
)
def test_patterns_that_make_matchers_backtrack_are_held_in_time(pattern: str) -> None:
    for fits in (glob.fits, glob.fits_address, glob.fits_shell, glob.fits_path):
        in_time(lambda fits=fits: fits(pattern, "a" * 3000))


@pytest.mark.parametrize("piece", ["# a\n", "#\n", "---\n", "- ", "a: &a b\n", "\n", "{", "# Source: a\n", "\t", "a\n"])
def test_long_manifests_are_read_or_refused_in_time(piece: str) -> None:
    def read() -> None:
        with contextlib.suppress(InputError):
            classified(encode(f"{piece * (300_000 // len(piece))}\n{MANIFESTS[0]}"), {"manifest": encode(MANIFESTS[0])})

    in_time(read)


def test_a_verdict_is_json() -> None:
    assert all(json.loads(one)["schema"] == "plangate/verdict/v1" for one in verdicts())

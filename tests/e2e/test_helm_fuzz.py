"""Whatever is done to a dry run or to its evidence, it is read or refused in plain words: nothing else is raised."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.classify.terraform.helm_release.strvals import StrvalsError, parse
from plangate.errors import InputError
from plangate.ingest.helm import output, splitting
from plangate.pipeline.inputs import classified
from tests.support.command import CORPUS

TEXT = """\
Release "web" has been upgraded. Happy Helming!
NAME: web
LAST DEPLOYED: Mon Nov 23 13:18:46 2026
NAMESPACE: prod
STATUS: pending-upgrade
REVISION: 8
DESCRIPTION: Dry run complete
TEST SUITE: None
USER-SUPPLIED VALUES:
replicas: 2

COMPUTED VALUES:
replicas: 2

HOOKS:
---
# Source: web/templates/hook.yaml
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: pre-upgrade}}
MANIFEST:
---
# Source: web/templates/all.yaml
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: web}
  stringData: {password: invented-one}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: web}
  spec:
    replicas: 2
    selector: {matchLabels: {app: web}}
    template:
      metadata: {labels: {app: web}}
      spec:
        containers:
        - name: app
          image: example/app:1.0.0
          resources: {limits: {cpu: 1000m}}
          ports: [{containerPort: 8080}]

NOTES:
open it
"""
OLD = TEXT[TEXT.index("MANIFEST:\n") + 10 : TEXT.index("NOTES:")].replace("1.0.0", "0.9.0")
PIECES = [
    "\n---\n", "null", "[", "{", "}", "- ", ": ", "\n", "  ", "-1", '"', "&a ", "*a", "!!binary ", "<<: ", "[]", "{}", "~",
    "1e999", "\0", "\r", "|\n", "#", "true", "[" * 2_000, "kind: List\nitems:\n", "HOOKS:\n", "MANIFEST:\n", "NOTES:\n", "9" * 500,
    "1000000000000000Ei", ".inf", "2026-01-31", "0o17", "12:30", "\ud83d",
]  # fmt: skip


def mutated(text: str, rand: random.Random) -> str:
    """The text with a few pieces put in, taken out or in another place."""
    for _ in range(rand.choice((1, 1, 2, 4))):
        start = rand.randrange(len(text) + 1)
        end = min(len(text), start + rand.randrange(40))
        lines = text.split("\n")
        one, other = rand.randrange(len(lines)), rand.randrange(len(lines))
        kind = rand.randrange(4)
        if kind == 0:
            text = text[:start] + rand.choice(PIECES) + text[end if rand.random() < 0.5 else start :]
        elif kind == 1:
            text = text[:start] + text[end:]
        else:
            key, colon, _ = lines[one].partition(":")
            lines[one] = f"{key}: {rand.choice(PIECES)}" if kind == 2 and colon else lines[other]
            text = "\n".join(lines)
    return text


def read_or_refused(data: str, **evidence: str) -> None:
    def encoded(text: str) -> bytes:
        return text.encode("utf-8", "surrogatepass")

    try:
        classified(encoded(data), {kind: encoded(text) for kind, text in evidence.items()})
    except InputError:
        return


@pytest.mark.parametrize("seed", range(8))
def test_a_broken_dry_run_is_read_or_refused(seed: int) -> None:
    rand = random.Random(seed)
    for _ in range(40):
        read_or_refused(mutated(TEXT, rand), manifest=OLD)
        read_or_refused(TEXT, manifest=mutated(OLD, rand), live_objects=mutated(OLD, rand))


@pytest.mark.skipif(not (CORPUS / "helm-upgrades").exists(), reason="needs the recorded upgrades")
def test_broken_recordings_are_read_or_refused() -> None:
    rand = random.Random(1)
    runs = sorted((CORPUS / "helm-upgrades").glob("*/helm*/dry-run.json"))
    for run in rand.sample([run for run in runs if run.stat().st_size], 30):
        evidence = {
            kind: (run.parent / name).read_text("utf-8")
            for kind, name in (
                ("manifest", "manifest-deployed.yaml"),
                ("values", "values.json"),
                ("history", "history.json"),
                ("metadata", "metadata.json"),
                ("live_objects", "live-objects.json"),
            )
            if (run.parent / name).exists()
        }
        broken = rand.choice(sorted(evidence)) if evidence else ""
        if broken and rand.random() < 0.5:
            evidence[broken] = mutated(evidence[broken], rand)
            read_or_refused(run.read_text("utf-8"), **evidence)
        else:
            read_or_refused(mutated(run.with_suffix(".txt").read_text("utf-8"), rand), **evidence)


@pytest.mark.parametrize("value", ["[" * 30_000, "{a: " * 30_000, "- " * 30_000, "&a [*a]", "!<x> 1", "? [a]\n: b"])
def test_what_no_parser_should_recurse_into_crashes_nothing(value: str) -> None:
    text = TEXT.replace("replicas: 2\n    selector", f"replicas: {value}\n    selector")
    assert text != TEXT
    read_or_refused(text, manifest=OLD)


def test_many_small_documents_of_aliases_are_refused_at_once() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 6)]
    bomb = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  " + "\n".join(rows) + "\n"
    with pytest.raises(InputError, match="holds too many values"):
        classified(TEXT.replace("NOTES:", f"---\n{bomb}\nNOTES:").encode(), {"manifest": OLD.encode()})


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading_of_a_printout(data: bytes) -> None:
    printed = output.read(b"NAME: web\n" + data)
    assert printed.name in ("web", *re.findall(r"(?m)^NAME:[ \t]*(.*)$", output.clean(data)))


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\r\n\x85\u2028\u2029", exclude_categories=["Cs"]), min_size=1),
        max_size=8,
    )
)
def test_documents_come_back_as_they_were_put_together(lines: list[str]) -> None:
    wanted = [f"key: {line!r}".strip() for line in lines]
    text = "".join(f"---\n# Source: web/templates/{i}.yaml\n{one}\n" for i, one in enumerate(wanted))
    documents, hidden = splitting.split(text)
    assert [one.text for one in documents] == wanted
    assert hidden == []


@given(st.text(alphabet="ab01.,=[]{}\\ -n", max_size=40))
def test_no_text_breaks_the_reading_of_set(text: str) -> None:
    try:
        found = parse(text)
    except StrvalsError:
        return
    assert all(path for path, _ in found) or not text

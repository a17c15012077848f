"""Manifests are read as Helm and the Kubernetes libraries read them, and what is not parsed is safe to leave unparsed."""

import base64
import json
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plangate.errors import InputError
from plangate.ingest.helm import manifests, splitting
from plangate.ingest.redact.redactor import Redactor
from tests.lab import yaml_differential
from tests.support import manifest_reading, manifest_texts

ROOT = Path(__file__).parents[4]
READER = Path(os.environ.get("PLANGATE_LAB", ROOT / ".lab")) / "bin" / "yaml-reader"
RECORDED = [json.loads(line) for line in Path(__file__).with_name("go_readings.jsonl").read_text().splitlines()]


def read(text, *, hooks=False, lazily=False):
    documents, _ = splitting.split(text, "text", hooks=hooks)
    return list(manifests.objects(documents, manifests.ManifestReader(Redactor(), "text"), lazily=lazily))


def named(text, **how):
    return [(one.kind, one.name) for one in read(text, **how)]


def test_what_go_read_is_read_alike():
    assert len(RECORDED) > 500
    assert sum("error" not in one for one in RECORDED) > 200
    assert [
        found for one in RECORDED if (found := manifest_reading.difference(one["text"], one, hook=one["hook"]))
    ] == []


@pytest.mark.skipif(not READER.is_file(), reason="needs yaml-reader, which `make lab` builds")
@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_go_reads_is_read_alike(source):
    texts = [manifest_texts.text(random.Random(source.random())) for _ in range(50)]
    assert yaml_differential.differences(texts, READER) == []


@pytest.mark.parametrize("line_end", ["\r", "\x85", "\u2028", "\u2029"])
def test_an_object_behind_a_comment_is_an_object(line_end):
    text = f"---\n# Source: web/templates/a.yaml\n# a comment{line_end}kind: Secret\nmetadata: {{name: db}}\n"
    assert named(text) == named(text, lazily=True) == [("Secret", "db")]


def test_comments_and_empty_documents_are_none():
    assert named("# one\n\n  # two\n---\n---\n# Source: a.yaml\n---\nnull\n") == []


def test_the_last_of_two_keys_counts_and_a_merge_overwrites_what_stands_before_it():
    (one,) = read("kind: A\nkind: B\nmetadata: {name: a}\ndata:\n  a: 1\n  <<: {a: 2, y: 2}\n  y: 3\n")
    assert (one.kind, one.raw["data"]) == ("B", {"a": 2, "true": 3})


def test_whatever_has_items_is_a_list_whose_items_take_its_kind():
    text = "apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n- {apiVersion: v1, kind: Pod, metadata: {name: b}}\n"
    assert named(text) == named(text, lazily=True) == [("Secret", "a"), ("Pod", "b")]
    assert named("kind: ConfigMap\nitems: null\n") == []


@pytest.mark.parametrize(
    "text",
    [
        "kind: ''\n",
        "kind: 1\n",
        "replicas: 3\n",
        "{}\n",
        "text\n",
        "- kind: Pod\n",
        "kind: List\nitems: {}\n",
        "kind: List\nitems: [1]\n",
        "kind: List\nitems: [{kind: List, items: []}]\n",
        "%YAML 1.1\n---\nkind: Pod\n",
        "kind: Pod\n--- and more\nkind: Pod\n",
        "kind: *none\n",
        "kind: Pod\na: &a [*a]\n",
        "kind: Pod\na: .inf\n",
        "kind: Pod\n~: 1\n",
        "kind: Pod\na: !!int 1.5\n",
        "kind: Pod\na: !!binary '?'\n",
        "kind: Pod\na: [why?]\n",
    ],
)
def test_what_the_resource_builder_refuses_is_refused(text):
    with pytest.raises(InputError):
        read(text)


def test_hooks_are_streams_of_json_and_manifests_are_not():
    both = '{"kind": "Job", "metadata": {"name": "a"}}\n{"kind": "Pod", "metadata": {"name": "\\ud83d\\ude00"}}\n'
    assert named(f"---\n# Source: a.yaml\n{both}", hooks=True) == named(both) == [("Job", "a"), ("Pod", "\U0001f600")]
    assert named(f"---\n# Source: a.yaml\n{both.splitlines()[0]}\n{{}}") == [("Job", "a")]


@pytest.mark.parametrize(
    "spelled",
    [
        'kind: "Secret"',
        "kind:   Secret",
        '"kind": Secret',
        "? kind\n: Secret",
        "kind: !!str Secret",
        'kind: "\\x53ecret"',
        "kind: SECRET",
        f"kind: !!binary {base64.b64encode(b'Secret').decode()}",
        "kind: &k Secret",
        "kind: |-\n  Secret",
        "kind:\n  Secret",
    ],
)
def test_a_secret_is_one_however_its_kind_is_spelled(spelled):
    documents, _ = splitting.split(
        f"---\napiVersion: v1\n{spelled}\nmetadata: {{name: db}}\nstringData: {{note: notreal-notreal}}\n"
    )
    redactor = Redactor()
    (one,) = manifests.objects(documents, manifests.ManifestReader(redactor, "text"), lazily=True)
    redactor.freeze()
    assert "notreal-notreal" not in str(one.body)
    assert redactor.text("has notreal-notreal in it") == "has (sensitive) in it"


def test_what_is_plainly_one_object_is_told_without_parsing():
    text = "# of the chart\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n- kind: x\n"
    (document,), _ = splitting.split(text)
    assert splitting.plain_kind(document) == "ConfigMap"


@pytest.mark.parametrize(
    "text",
    [
        'a: "x\nkind: Pod\n"\n"kind": Secret',
        '  a: "x\nkind: Pod\nz: "\n  kind: Secret',
        "kind: Pod\n? kind\n: Secret",
        "kind: Pod\n<<: {kind: Secret}",
        "kind: Pod\nkind: Secret",
        "kind: Pod\nitems: []",
        "kind: Pod\n  Template\nmetadata: {name: a}",
        "kind: Pod\n\n  Template\nmetadata: {name: a}",
        "kind: Pod # no comment",
        "{kind: Pod}",
        "kind: Pod\n# a\u2028kind: Secret",
        "kind: Pod\n...\nkind: Secret",
    ],
)
def test_what_is_not_plain_is_parsed(text):
    (document,), _ = splitting.split(text)
    assert splitting.plain_kind(document) is None


def test_only_the_line_that_helm_wrote_names_the_template():
    (document,), hidden = splitting.split(
        "---\n# Source: web/templates/a.yaml\n# Source: https://example.org\n# HIDDEN: x\nkind: Pod\n"
    )
    assert (document.template, document.line, hidden) == ("web/templates/a.yaml", 2, [])
    text = f"---\n# Source: web/templates/s.yaml\n{splitting.HIDDEN}\n---\nkind: Pod\n"
    assert splitting.split(text)[1] == ["web/templates/s.yaml"]


def test_line_breaks_at_the_end_of_a_block_are_kept():
    first, last = read("---\nkind: A\na: |+\n  x\n\n\n---\nkind: B\na: |+\n  x\n")
    assert (first.raw["a"], last.raw["a"]) == ("x\n\n\n", "x\n")

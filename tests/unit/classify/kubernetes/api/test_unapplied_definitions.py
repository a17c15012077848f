"""Custom resources beside definitions in `crds/`, which Helm applies at an install only (recorded for both majors of Helm)."""

import base64
import json

import pytest

from plangate.classify import kubernetes
from plangate.ingest.document import Document
from plangate.ingest.helm import release
from plangate.model.input import Kind, RawInput


def definition(*fields):
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.acme.example.com"},
        "spec": {
            "group": "acme.example.com",
            "names": {"kind": "Widget", "plural": "widgets"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "schema": {
                        "openAPIV3Schema": {
                            "properties": {"spec": {"properties": {name: {"type": "string"} for name in fields}}}
                        }
                    },
                }
            ],
        },
    }


def widget(name="w", **spec):
    return {"apiVersion": "acme.example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def classified(
    new, old, crds, *, live=None, version="1.1.0", old_version="1.0.0", status="pending-upgrade", deleted=None
):
    run = {
        "name": "web",
        "namespace": "prod",
        "version": 2,
        "info": {"status": status, **({} if deleted is None else {"deleted": deleted})},
        "chart": {
            "metadata": {"name": "web", "version": version},
            "files": [
                {"name": "crds/all.yaml", "data": base64.b64encode(json.dumps(one).encode()).decode()} for one in crds
            ],
        },
        "manifest": "".join(f"---\n{json.dumps(one)}\n" for one in new),
    }
    history = [{"revision": 1, "status": "deployed", "chart": f"web-{old_version}"}]
    given = {"manifest": "".join(f"---\n{json.dumps(one)}\n" for one in old), "history": json.dumps(history)}
    if status == "pending-install":
        given = {}
    if live is not None:
        given["live_objects"] = json.dumps(live)
    found = release.changeset(
        release.read(Document(Kind.HELM_DRY_RUN, "dry-run.json", "", json.dumps(run).encode())),
        {kind: RawInput(kind, text.encode()) for kind, text in given.items()},
    )
    return kubernetes.classify(found)


def told(*args, **how):
    changes = classified(*args, **how).changes
    return [(str(e.name), e.kind, e.paths) for one in changes if "Widget" in one.type for e in one.effects]


NEW, OLD = [widget(size="1", colour="red")], [widget(size="1")]


def test_a_field_that_only_the_unapplied_definition_is_sure_to_know_may_fail():
    assert told(NEW, OLD, [definition("size", "colour")]) == [("may-fail", "unapplied-definition", ("spec.colour",))]


@pytest.mark.parametrize(
    "how",
    [
        {"version": "1.0.0"},
        {"live": [definition("size", "colour"), *OLD]},
    ],
    ids=["same chart", "known to the cluster"],
)
def test_a_field_that_the_cluster_knows_is_none(how):
    assert told(NEW, OLD, [definition("size", "colour")], **how) == []


def test_what_no_definition_tells_and_what_stays_are_none():
    assert told(NEW, OLD, []) == []
    assert told([widget(size="2")], OLD, [definition("size")]) == []
    assert told([*OLD, widget("v", size="1")], OLD, [definition("size")]) == []


def test_a_field_that_the_cluster_does_not_know_is_refused_by_helm_4_and_dropped_by_helm_3():
    live = [definition("size"), *OLD]
    crds = [definition("size", "colour")]
    assert told(NEW, OLD, crds, live=live) == [("fails", "unapplied-definition", ("spec.colour",))]
    assert told(NEW, OLD, crds, live=live, deleted="") == [("not-applied", "unknown-field", ("spec.colour",))]


def test_definitions_of_a_chart_that_moves_are_said():
    named = "the definitions in crds/ of web 1.1.0: widgets.acme.example.com"
    assert [one.what for one in classified(OLD, OLD, [definition("size")]).skipped if "crds/" in one.what] == [named]
    assert [
        one for one in classified(OLD, OLD, [definition("size")], version="1.0.0").skipped if "crds/" in one.what
    ] == []


def test_an_install_creates_what_stands_in_crds():
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
    found = classified(OLD, [], [definition("size"), account], status="pending-install")
    assert [(one.address.text.rpartition("/")[2], str(one.action)) for one in found.changes] == [
        ("w", "create"),
        ("widgets.acme.example.com", "create"),
        ("a", "create"),
    ]

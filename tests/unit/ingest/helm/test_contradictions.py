"""Evidence that is empty or foreign is missing evidence, and the command that gives the right one is named."""

import json

import pytest

from plangate.errors import InputError
from plangate.ingest.document import Document
from plangate.ingest.helm import release
from plangate.model.input import Gathered, Kind, RawInput

OBJECT = "---\n# Source: web/templates/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  labels: {{app.kubernetes.io/instance: {instance}, helm.sh/chart: {chart}}}\ndata: {{a: {value}}}\n"
DEPLOYED = {"revision": 2, "status": "deployed", "chart": "web-1.0.0"}
FAILED = {"revision": 3, "status": "failed", "chart": "web-1.1.0"}
METADATA = {"name": "web", "namespace": "prod", "chart": "web", "version": "1.0.0", "revision": 2}


def one(name="a", instance="web", chart="web-1.0.0", value="x"):
    return OBJECT.format(name=name, instance=instance, chart=chart, value=value)


def told(new=None, *, version=3, status="pending-upgrade", from_cluster=(), **evidence):
    """The gaps that make the verdict inconclusive, each by file, reason and command."""
    run = {
        "name": "web",
        "namespace": "prod",
        "version": version,
        "info": {"status": status},
        "manifest": one(chart="web-1.1.0", value="y") if new is None else new,
    }
    given = {
        "manifest": one(),
        "history": [DEPLOYED],
        "hooks": "",
        **evidence,
    }
    raw = {
        kind: text if isinstance(text, str) else json.dumps(text) for kind, text in given.items() if text is not None
    }
    found = release.changeset(
        release.read(Document(Kind.HELM_DRY_RUN, "dry-run.json", "", json.dumps(run).encode())),
        Gathered({kind: RawInput(kind, text.encode()) for kind, text in raw.items()}, from_cluster=from_cluster),
    )
    return [(gap.what, gap.why, gap.how_to_fix) for gap in found.skipped if gap.inconclusive]


MANIFEST = "helm get manifest web -n prod --revision 2 > manifest.yaml, then --manifest manifest.yaml"
HISTORY = "helm history web -n prod -o json > history.json, then --history history.json"


def test_whole_evidence_has_no_gap():
    live = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}]
    values = {"a": 1}
    assert told(live_objects=live, metadata=METADATA, values=values) == []
    assert told(values="null\n") == []


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "null\n", "---\n"])
def test_an_empty_manifest_is_none(text):
    assert told(manifest=text) == [
        ("manifest", "names no object, and an upgrade starts from a deployed revision", MANIFEST)
    ]


def test_the_manifest_of_a_failed_revision_is_not_what_helm_compares_with():
    why = "is what the dry run makes, and may be of revision 3, which failed: Helm compares with revision 2"
    same = one(chart="web-1.1.0", value="y")
    assert told(version=4, history=[DEPLOYED, FAILED], manifest=same) == [("manifest", why, MANIFEST)]
    assert told(version=4, history=[DEPLOYED, FAILED], manifest=same, from_cluster=("manifest",)) == []
    other = "is of the chart web-1.1.0, and revision 2 is deployed from web-1.0.0"
    assert told(version=4, history=[DEPLOYED, FAILED], manifest=one(chart="web-1.1.0")) == [
        ("manifest", other, MANIFEST)
    ]
    assert told(version=4, history=[DEPLOYED, FAILED]) == []


def test_a_manifest_of_another_release_or_of_a_cluster_is_told():
    why = "is of another release than web: its objects name api"
    assert told(manifest=one(instance="api")) == [("manifest", why, MANIFEST)]
    why = "is what kubectl shows of a cluster, and no manifest of a release"
    assert told(manifest=one().replace("metadata:", "metadata:\n  uid: 0-0")) == [("manifest", why, MANIFEST)]


@pytest.mark.parametrize(
    ("history", "why"),
    [
        ([], "lists no revision of a release that is upgraded"),
        ("null", "lists no revision of a release that is upgraded"),
        (
            [{**DEPLOYED, "revision": 7}],
            "ends with revision 7, and the dry run makes revision 3: one of them is of another release or time",
        ),
    ],
)
def test_a_history_of_something_else_is_told(history, why):
    assert [gap for gap in told(history=history) if gap[0] == "history"] == [("history", why, HISTORY)]


def test_an_install_of_what_is_deployed_is_told():
    why = "tells of a deployed revision, and the dry run installs the release for the first time"
    assert told(version=1, status="pending-install", manifest=None) == [("history", why, HISTORY)]
    assert told(version=1, status="pending-install", manifest=None, history=[]) == []


@pytest.mark.parametrize(
    ("metadata", "what", "why"),
    [
        ({}, "metadata", "names no release"),
        ({**METADATA, "name": "api"}, "metadata", "is about another release than prod/web"),
        ({**METADATA, "revision": 5}, "history", "ends with revision 2, and the metadata tells of revision 5"),
    ],
)
def test_metadata_of_something_else_are_told(metadata, what, why):
    assert [gap[:2] for gap in told(metadata=metadata)] == [(what, why)]


@pytest.mark.parametrize(
    "live",
    ["", "null", {"kind": "List", "items": []}, [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}]],
)
def test_live_objects_of_another_place_are_told(live):
    why = "holds none of the deployed objects: it is of another namespace or another cluster"
    assert [gap[:2] for gap in told(live_objects=live)] == [("live_objects", why)]
    assert told(live_objects=live, from_cluster=("live_objects",)) == []


@pytest.mark.parametrize("text", ["", "# none\n", "[]", json.dumps(METADATA), "apiVersion: v1\nkind: ConfigMap\n"])
def test_values_of_something_else_are_refused(text):
    with pytest.raises(InputError) as caught:
        told(values=text)
    assert caught.value.hint == "helm get values NAME -n NS -o json > values.json"


@pytest.mark.parametrize("text", ["replicas: 3\n", "{}", "[]", "NAME: web\n", "a: [\n"])
def test_a_manifest_that_is_something_else_is_refused(text):
    with pytest.raises(InputError) as caught:
        told(manifest=text)
    assert caught.value.hint == "helm get manifest web -n prod --revision 2 > manifest.yaml"

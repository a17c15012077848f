"""Evidence about one release: what files give, what is asked of the cluster and in which order, and what becomes of faults."""

import json

import pytest

from plangate.errors import EvidenceError, InputError, UsageError
from plangate.evidence import helm, kubectl
from plangate.evidence.command import NotThereError
from plangate.evidence.kubectl import ObjectName
from plangate.model.input import EvidenceSources, RawInput
from plangate.pipeline import ask_cluster, gather

LIVE = EvidenceSources(live=True, seconds=7)
HISTORY = json.dumps([{"revision": 1, "status": "superseded"}, {"revision": 2, "status": "deployed"},
                      {"revision": 3, "status": "failed"}]).encode()  # fmt: skip
MANIFEST = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
SERVICE = "---\napiVersion: v1\nkind: Service\nmetadata: {name: svc, namespace: edge}\n"
OBJECT = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}'


class Cluster:
    """A cluster that gives an answer, or raises it, for each kind of evidence."""

    def __init__(self, monkeypatch, **answers):
        self.answers = {
            "history": HISTORY,
            "values": b"{}",
            "metadata": b'{"name":"web"}',
            "manifest": MANIFEST.encode(),
            "hooks": b"",
            "objects": [OBJECT],
            **answers,
        }
        self.asked = []
        monkeypatch.setattr(helm, "ask", self.helm)
        monkeypatch.setattr(kubectl, "objects", self.objects)

    def helm(self, kind, namespace, name, *, seconds, revision=None):
        self.asked.append((kind, f"{namespace}/{name}", revision))
        assert seconds == LIVE.seconds
        return self._answer(kind)

    def objects(self, named, namespace, *, seconds):
        self.asked.append(("objects", namespace, list(named)))
        return self._answer("objects")

    def _answer(self, kind):
        answer = self.answers[kind]
        if isinstance(answer, Exception):
            raise answer
        return answer


def everything(asked=LIVE, new=(), kinds=gather.EVERYTHING):
    return gather.gather(asked, "prod", "web", kinds=kinds, new=new)


def texts(found):
    return {kind: given.data for kind, given in found.items()}


def failed(found):
    return [(error.where, error.message) for error in found.failed]


WEB = ObjectName("apps", "Deployment", "", "web")


def test_the_history_is_asked_first_and_the_manifest_of_the_revision_that_it_says_is_deployed(monkeypatch):
    cluster = Cluster(monkeypatch)
    found = everything()
    assert cluster.asked[0] == ("history", "prod/web", None)
    assert sorted(cluster.asked[1:-1]) == [
        (kind, "prod/web", 2) for kind in ("hooks", "manifest", "metadata", "values")
    ]
    assert cluster.asked[-1] == ("objects", "prod", [WEB])
    assert (set(found), set(found.from_cluster), found.failed) == (set(gather.EVERYTHING), set(gather.EVERYTHING), ())
    assert found["values"].path == "prod/web (values)"
    assert json.loads(found["live_objects"].data) == {"apiVersion": "v1", "kind": "List", "items": [json.loads(OBJECT)]}


def test_without_more_only_what_tells_of_the_release_itself_is_asked(monkeypatch):
    cluster = Cluster(monkeypatch)
    assert set(gather.gather(LIVE, "", "web")) == {"history", "values", "metadata"}
    assert sorted(one[:2] for one in cluster.asked) == [
        (kind, "default/web") for kind in ("history", "metadata", "values")
    ]


def test_the_history_is_asked_even_where_only_something_else_is_wanted(monkeypatch):
    cluster = Cluster(monkeypatch)
    found = everything(kinds=("manifest",))
    assert [one[0] for one in cluster.asked] == ["history", "manifest"]
    assert set(found.from_cluster) == {"history", "manifest"}


def test_where_no_revision_is_deployed_helm_takes_the_newest(monkeypatch):
    cluster = Cluster(monkeypatch, history=b'[{"revision": 1, "status": "failed"}]')
    everything(kinds=("manifest",))
    assert cluster.asked[-1] == ("manifest", "prod/web", None)


def test_where_the_history_cannot_be_read_helm_takes_the_newest(monkeypatch):
    cluster = Cluster(monkeypatch, history=b"[{]")
    found = everything(kinds=("manifest",))
    assert cluster.asked[-1] == ("manifest", "prod/web", None)
    assert found["history"].data == b"[{]"


# --- files ------------------------------------------------------------------------------------------------------------


def in_folder(tmp_path, **given):
    folder = tmp_path / "prod" / "web"
    folder.mkdir(parents=True)
    for kind, text in given.items():
        (folder / gather.release_files.FILES[kind][0]).write_text(text)
    return EvidenceSources(folder=tmp_path, live=True, seconds=7)


def test_what_files_give_is_not_asked(monkeypatch, tmp_path):
    cluster = Cluster(monkeypatch)
    asked = in_folder(tmp_path, history=HISTORY.decode(), values='{"a": 1}', manifest=MANIFEST)
    found = everything(asked)
    assert sorted(one[0] for one in cluster.asked) == ["hooks", "metadata", "objects"]
    assert found["values"].data == b'{"a": 1}'
    assert set(found.from_cluster) == {"hooks", "metadata", "live_objects"}
    assert cluster.asked[-1] == ("objects", "prod", [WEB])


def test_what_a_flag_gives_goes_before_the_folder(monkeypatch, tmp_path):
    Cluster(monkeypatch)
    asked = in_folder(tmp_path, values='{"a": 1}')
    (tmp_path / "other.json").write_text('{"a": 2}')
    found = gather.gather(
        EvidenceSources(folder=asked.folder, values=str(tmp_path / "other.json")), "prod", "web", kinds=("values",)
    )
    assert texts(found) == {"values": b'{"a": 2}'}


def test_nothing_is_asked_unless_the_cluster_is(monkeypatch, tmp_path):
    cluster = Cluster(monkeypatch)
    offline = EvidenceSources(folder=in_folder(tmp_path, values="{}").folder)
    assert texts(everything(offline)) == {"values": b"{}"}
    assert (set(everything(offline).from_cluster), cluster.asked) == (set(), [])


def test_nothing_is_asked_where_everything_is_given_or_nothing_has_a_name(monkeypatch, tmp_path):
    cluster = Cluster(monkeypatch)
    asked = in_folder(tmp_path, values="{}")
    assert texts(everything(asked, kinds=("values",))) == {"values": b"{}"}
    assert gather.gather(LIVE, "prod", "", kinds=gather.EVERYTHING) == {}
    assert cluster.asked == []


def test_a_file_that_is_named_and_cannot_be_read_is_an_error(monkeypatch, tmp_path):
    Cluster(monkeypatch)
    with pytest.raises(InputError, match=r"values\.json: not found"):
        everything(EvidenceSources(values=str(tmp_path / "values.json"), live=True, seconds=7))


# --- what cannot be had -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (EvidenceError("the cluster cannot be reached", where="x", hint="check"), "the cluster cannot be reached"),
        (UsageError("is not the name of a namespace or a release"), "is not the name of a namespace or a release"),
    ],
)
def test_what_keeps_the_history_from_being_told_keeps_the_rest(monkeypatch, error, words):
    cluster = Cluster(monkeypatch, history=error)
    found = everything(new=(SERVICE,))
    assert (dict(found), set(found.from_cluster)) == ({}, set())
    assert failed(found) == [("prod/web", f"history could not be asked: {words}")]
    assert (found.failed[0].hint, found.failed[0].exit_code) == (error.hint, 4)
    assert [one[0] for one in cluster.asked] == ["history"]


def test_a_release_that_is_not_there_has_an_empty_history_and_nothing_else(monkeypatch):
    cluster = Cluster(monkeypatch, history=NotThereError("there is no such release"))
    found = everything()
    assert (texts(found), found.failed, set(found.from_cluster)) == ({"history": b"[]"}, (), {"history"})
    assert [one[0] for one in cluster.asked] == ["history"]


def test_of_a_release_that_is_not_there_the_objects_that_an_upgrade_names_are_asked(monkeypatch):
    cluster = Cluster(monkeypatch, history=NotThereError("there is no such release"))
    assert set(everything(new=(SERVICE,))) == {"history", "live_objects"}
    assert cluster.asked[-1] == ("objects", "prod", [ObjectName("", "Service", "edge", "svc")])


def test_a_kind_that_fails_leaves_the_others(monkeypatch):
    Cluster(monkeypatch, values=EvidenceError("the cluster forbids it", hint="ask"), hooks=NotThereError("gone"))
    found = everything()
    assert set(found) == {"history", "metadata", "manifest", "live_objects"}
    assert failed(found) == [
        ("prod/web", "values could not be asked: the cluster forbids it"),
        ("prod/web", "hooks could not be asked: gone"),
    ]


def test_without_the_manifest_it_is_not_known_which_objects_to_ask_for(monkeypatch):
    cluster = Cluster(monkeypatch, manifest=EvidenceError("the cluster forbids it"))
    assert failed(everything(new=(SERVICE,))) == [
        ("prod/web", "manifest could not be asked: the cluster forbids it"),
        ("prod/web", "live objects could not be asked: the manifest, which names them, is not known"),
    ]
    assert "objects" not in [one[0] for one in cluster.asked]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (EvidenceError("the cluster does not answer"), "the cluster does not answer"),
        ([b"{"], "kubectl printed something that is not whole JSON"),
        ([b"\xff"], "kubectl printed something that is not whole JSON"),
        ([b"[]"], "kubectl printed something that is not whole JSON"),
    ],
)
def test_objects_that_cannot_be_had_are_told(monkeypatch, answer, words):
    Cluster(monkeypatch, objects=answer)
    found = everything()
    assert "live_objects" not in found
    assert failed(found) == [("prod/web", f"live objects could not be asked: {words}")]


def test_a_manifest_that_cannot_be_read_names_no_objects(monkeypatch):
    Cluster(monkeypatch, manifest=b"---\nkind: [")
    found = everything()
    assert "manifest" in found
    ((where, words),) = failed(found)
    assert where == "prod/web"
    assert words.startswith("live objects could not be asked: ")


# --- the parts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "gone"),
    [(b"[]", True), (b" null\n", True), (b"[]\n", True), (b"", False), (b"{}", False), (HISTORY, False)],
)
def test_a_release_is_gone_where_its_history_is_empty(data, gone):
    assert gather.is_gone(RawInput("h", data)) is gone


@pytest.mark.parametrize(
    ("data", "number"), [(HISTORY, 2), (b"[]", None), (b'[{"revision":1,"status":"failed"}]', None), (b"no", None)]
)
def test_the_deployed_revision_is_the_newest_one_that_is_deployed(data, number):
    assert ask_cluster.deployed(RawInput("h", data)) == number


def test_a_manifest_names_its_objects():
    text = MANIFEST + SERVICE + "---\nkind: Thing\n---\nkind: T\nmetadata: {name: 3}\n---\n"
    assert list(ask_cluster.named_in(text)) == [WEB, ObjectName("", "Service", "edge", "svc")]


CUSTOM = "---\napiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshot\nmetadata: {name: s}\n"
CLAIM = "---\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {storageClassName: fast}\n"
STATEFUL = (
    "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\n"
    "spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {}}]}\n"
)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        (MANIFEST + SERVICE, (set(), None)),
        (CUSTOM + CLAIM, ({"snapshot.storage.k8s.io"}, {"fast"})),
        (CLAIM + STATEFUL, (set(), set())),
    ],
)
def test_a_manifest_needs_the_definitions_and_the_storage_classes_of_its_objects(text, needed):
    assert ask_cluster.needed_by([text]) == needed


def test_what_objects_need_of_the_cluster_is_asked_for_and_left_out_where_it_is_forbidden(monkeypatch):
    cluster = Cluster(monkeypatch, manifest=(CUSTOM + STATEFUL).encode())
    asked = []

    def definitions(groups, *, seconds):
        raise EvidenceError("forbidden")

    def storage_classes(names, *, seconds):
        asked.append((set(names), seconds))
        return [b'{"kind": "List", "items": [{"kind": "StorageClass"}]}']

    monkeypatch.setattr(kubectl, "definitions", definitions)
    monkeypatch.setattr(kubectl, "storage_classes", storage_classes)
    found = everything()
    assert cluster.asked
    assert asked == [(set(), LIVE.seconds)]
    assert json.loads(found["live_objects"].data)["items"] == [json.loads(OBJECT), {"kind": "StorageClass"}]
    assert found.failed == ()


def test_what_kubectl_printed_in_several_calls_is_one_list():
    both = [b'{"kind": "List", "items": [{"kind": "A"}, {"kind": "B"}]}', b'{"kind": "C"}', b'{"x": 1}']
    assert json.loads(ask_cluster.listed(both))["items"] == [{"kind": "A"}, {"kind": "B"}, {"kind": "C"}, {"x": 1}]
    assert json.loads(ask_cluster.listed([]))["items"] == []

"""What is written of releases and states: without secrets, whole or not at all, and nothing of an earlier run."""

import json
import os
from pathlib import Path

import pytest

from plangate.errors import EvidenceError
from plangate.evidence import state as states
from plangate.ingest.redact.pseudonyms import pseudonym
from plangate.ingest.terraform.state import digest
from plangate.model.change import Lock
from plangate.model.input import RawInput, StateSource
from plangate.pipeline import collect
from tests.support import stand_ins
from tests.support.command import AS_OF
from tests.support.stand_ins import HELM, KUBECTL, SECRET

KEY = b"a key of ours"
WEB = ("prod", "web")
EVERY = ("values.json", "manifest.yaml", "hooks.yaml", "live-objects.json", "history.json", "metadata.json")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Collects releases into `evidence` with stand-ins for helm and kubectl."""

    def run(*releases, key=KEY, **tools):
        monkeypatch.setenv("PATH", stand_ins.cluster(tmp_path, **tools)["PATH"])
        return collect.collect(releases, tmp_path / "evidence", key, now=AS_OF, seconds=20)

    return run


@pytest.fixture
def evidence(tmp_path):
    return tmp_path / "evidence"


def read(path):
    return json.loads(path.read_text())


def everything(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_release_is_written_kind_by_kind_and_its_cluster_beside_it(run, evidence):
    assert run(WEB) == [collect.CollectResult("prod/web", EVERY, ())]
    assert sorted(path.name for path in (evidence / "prod" / "web").iterdir()) == sorted(EVERY)
    assert read(evidence / "cluster.json") == {
        "server": "https://prod.example:6443",
        "kube_system_uid": "11111111-2222-3333-4444-555555555555",
        "collected_at": AS_OF,
    }


def test_without_releases_nothing_is_asked_and_the_folder_is_there(evidence):
    assert collect.collect([], evidence, KEY, now=AS_OF, seconds=1) == []
    assert list(evidence.iterdir()) == []


# --- secrets ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, KEY])
def test_no_secret_is_written_into_any_file(run, evidence, key):
    run(WEB, key=key)
    written = everything(evidence)
    assert SECRET.encode() not in written
    assert b"aW52ZW50ZWQtaHVudGVyLTIy" not in written
    assert b"last-applied-configuration" not in written


def test_with_the_key_a_secret_can_be_compared_and_without_it_only_its_place_is_kept(run, evidence):
    folder = evidence / "prod" / "web"
    for key, left in ((KEY, pseudonym(SECRET, KEY)), (None, "(sensitive)")):
        run(WEB, key=key)
        assert read(folder / "values.json") == {"replicaCount": 6, "masterPassword": left, "image": {"tag": "v1"}}
        config, secret = read(folder / "live-objects.json")["items"]
        assert config["data"]["a"] == "2"
        assert set(secret["data"]) == {"password"}
        assert (secret["data"]["password"].startswith("(hmac:"), secret["metadata"]["annotations"]) == (bool(key), {})


def test_an_object_without_a_secret_is_written_as_helm_printed_it(run, evidence):
    run(WEB)
    manifest = (evidence / "prod" / "web" / "manifest.yaml").read_text()
    assert "---\n# Source: web/templates/w.yaml\napiVersion: acme.example/v1\nkind: Widget\n" in manifest
    assert [line for line in manifest.splitlines() if line.startswith("# Source")] == [
        f"# Source: web/templates/{name}.yaml" for name in "scw"
    ]


def test_what_one_file_calls_secret_is_secret_in_all(run, evidence):
    """The password stands in a text of the history too, where nothing marks it."""
    run(WEB, helm=HELM.replace('"updated":"2026-01-31', f'"description":"set {SECRET}","updated":"2026-01-31'))
    (newest,) = [one for one in read(evidence / "prod" / "web" / "history.json") if one["revision"] == 2]
    assert newest["description"].startswith("set ")
    assert SECRET not in newest["description"]


# --- faults -----------------------------------------------------------------------------------------------------------


def test_a_release_that_is_not_there_hides_none(run, evidence):
    gone, web = run(("prod", "gone"), WEB)
    assert gone == collect.CollectResult(
        "prod/gone", ("history.json",), ("there is no such release; its history says so",)
    )
    assert (web.written, web.failed) == (EVERY, ())
    assert read(evidence / "prod" / "gone" / "history.json") == []


def test_what_the_cluster_does_not_tell_is_said_and_the_rest_is_written(run):
    broken = HELM.replace('"get values web"*)', '"get values web"*) echo "Error: forbidden" >&2; exit 1;; "never"*)')
    (found,) = run(WEB, helm=broken)
    assert found.failed == ("values could not be asked: the cluster forbids it",)
    assert found.written == EVERY[1:]


def test_what_cannot_be_read_is_said_and_nothing_of_it_is_written(run, evidence):
    """Which values are secret is not known then, so no other file may be written either."""
    broken = HELM.replace('"get values web"*)', '"get values web"*) echo \'[1]\';; "never"*)')
    (found,) = run(WEB, helm=broken)
    assert (found.written, found.failed) == ((), ("prod/web (values): is not `helm get values`",))
    assert list((evidence / "prod" / "web").iterdir()) == []


def test_what_an_earlier_run_left_is_removed_and_what_others_put_there_is_not(run, evidence):
    run(WEB)
    (evidence / "prod" / "web" / "notes.txt").write_text("mine")
    (found,) = run(WEB, helm="#!/bin/sh\necho 'Error: Kubernetes cluster unreachable' >&2; exit 1\n")
    assert found == collect.CollectResult(
        "prod/web", (), ("history could not be asked: the cluster cannot be reached",)
    )
    assert [path.name for path in (evidence / "prod" / "web").iterdir()] == ["notes.txt"]


def test_a_cluster_that_does_not_say_who_it_is_is_written_as_such(run, evidence):
    quiet = KUBECTL.replace('case "$*" in', 'case "$*" in\n*kube-system*|"config view"*) exit 1;;')
    run(WEB, kubectl=quiet)
    assert read(evidence / "cluster.json") == {"server": None, "kube_system_uid": None, "collected_at": AS_OF}


def test_a_file_that_could_not_be_written_whole_leaves_the_earlier_one(run, evidence, monkeypatch):
    run(WEB)
    before = (evidence / "cluster.json").read_bytes()

    def full(self, data):
        with self.open("wb") as file:
            file.write(data[:5])
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        run(WEB)
    assert (evidence / "cluster.json").read_bytes() == before


# --- states -----------------------------------------------------------------------------------------------------------

STATE = {
    "version": 4,
    "terraform_version": "1.15.9",
    "serial": 7,
    "lineage": "abc",
    "outputs": {"password": {"value": SECRET}},
    "resources": [
        {
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "instances": [{"attributes": {"password": SECRET, "size": 5}, "private": SECRET}],
        }
    ],
}


def of_state(tmp_path, text, key=KEY):
    (tmp_path / "prod.tfstate").write_text(text if isinstance(text, str) else json.dumps(text))
    source = StateSource(location=str(tmp_path / "prod.tfstate"))
    return collect.collect_state(source, tmp_path / "evidence", key, now=AS_OF)


def bucket(monkeypatch, **given):
    """A state in S3 as it was read there."""
    data = json.dumps(STATE).encode()
    answer = states.StateRead(
        **{"given": RawInput("s3://b/prod/db.tfstate", data), "place": "s3://b/prod/db.tfstate", **given}
    )
    monkeypatch.setattr(states, "read", lambda asked: answer)
    return StateSource(location="s3://b/prod/db.tfstate")


@pytest.mark.parametrize("key", [None, KEY])
def test_a_state_is_written_without_secrets_under_the_name_of_its_key(tmp_path, monkeypatch, evidence, key):
    lock = Lock("ada", AS_OF, "apply")
    source = bucket(monkeypatch, lock=lock)
    found = collect.collect_state(source, evidence, key, now=AS_OF)
    assert found == collect.CollectResult(str(source.location), ("state/prod.db.json",), ())
    assert SECRET.encode() not in everything(evidence)
    written = read(evidence / "state" / "prod.db.json")
    assert next(iter(written)) == "plangate"
    assert written.pop("plangate") == {
        "location": "s3://b/prod/db.tfstate",
        "collected_at": AS_OF,
        "lock": {"who": "ada", "since": AS_OF, "operation": "apply"},
        "unsure": "",
        "absent": False,
    }
    attributes = {"password": "(sensitive)" if key is None else pseudonym(SECRET, KEY), "size": 5}
    assert written == {
        "version": 4,
        "terraform_version": "1.15.9",
        "serial": 7,
        "lineage": "abc",
        "outputs": {},
        "resources": [
            {
                "module": "",
                "mode": "managed",
                "type": "aws_db_instance",
                "name": "main",
                "instances": [{"attributes": attributes}],
            }
        ],
    }


def test_that_there_is_no_state_is_written_too(evidence, monkeypatch):
    found = collect.collect_state(bucket(monkeypatch, given=None), evidence, KEY, now=AS_OF)
    assert found.written == ("state/prod.db.json",)
    assert read(evidence / "state" / "prod.db.json") == {
        "plangate": {
            "location": "s3://b/prod/db.tfstate",
            "collected_at": AS_OF,
            "lock": None,
            "unsure": "",
            "absent": True,
        }
    }


def test_a_state_whose_lock_cannot_be_told_is_written_and_that_is_said(evidence, monkeypatch):
    found = collect.collect_state(bucket(monkeypatch, unsure="no access"), evidence, KEY, now=AS_OF)
    assert (found.written, found.failed) == (("state/prod.db.json",), ("no access",))
    assert read(evidence / "state" / "prod.db.json")["plangate"]["unsure"] == "no access"


def test_a_state_that_is_not_what_its_digest_says_is_not_written(evidence, monkeypatch):
    found = collect.collect_state(bucket(monkeypatch, digest="0" * 32), evidence, KEY, now=AS_OF)
    assert found == collect.CollectResult(
        "s3://b/prod/db.tfstate",
        (),
        ("is not what its digest in DynamoDB says: a write is under way, or one failed half way",),
    )
    assert not evidence.exists()


def test_a_state_that_is_what_its_digest_says_is_written(evidence, monkeypatch):
    good = digest(json.dumps(STATE).encode())
    assert collect.collect_state(bucket(monkeypatch, digest=good), evidence, KEY, now=AS_OF).failed == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is cut: its end is missing"),
        ({**STATE, "version": 3}, "is a state of version 3, older than Terraform 0.12"),
        ({**STATE, "resources": [{"instances": 3}]}, "holds a resource that cannot be read"),
    ],
)
def test_what_is_no_state_is_said_and_nothing_is_written(tmp_path, evidence, text, words):
    found = of_state(tmp_path, text)
    assert (found.release, found.written, found.failed) == (str(tmp_path / "prod.tfstate"), (), (words,))
    assert not evidence.exists()


def test_a_state_that_cannot_be_asked_is_said(evidence, monkeypatch):
    def refused(asked):
        raise EvidenceError("access denied", where="s3://b/k")

    monkeypatch.setattr(states, "read", refused)
    assert collect.collect_state(StateSource(backend_config=("x",)), evidence, KEY, now=AS_OF) == collect.CollectResult(
        "the state", (), ("access denied",)
    )


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("s3://bucket/prod/db/terraform.tfstate", "prod.db.terraform"),
        ("s3://bucket/env:/dev/a.tfstate", "env.dev.a"),
        ("s3://bucket/tfstate", "tfstate"),
        ("/x/../prod.tfstate", "x.prod"),
        ("state.json", "state"),
        ("../..", "state"),
        ("", "state"),
    ],
)
def test_the_file_of_a_state_is_named_after_its_key_and_stays_in_the_folder(location, name):
    assert collect._file_name(location) == name


def test_states_of_the_same_key_in_two_buckets_are_two_files(tmp_path):
    def path(location):
        return collect._state_path(tmp_path, location)

    first = path("s3://one/prod/db.tfstate")
    assert first == tmp_path / "prod.db.json"
    first.write_text(json.dumps({states.HEAD: {"location": "s3://one/prod/db.tfstate"}}))
    assert path("s3://one/prod/db.tfstate") == first
    second = path("s3://two/prod/db.tfstate")
    assert second != first
    assert second.name.startswith("prod.db-")
    first.write_text("[]")
    assert path("s3://one/prod/db.tfstate") != first

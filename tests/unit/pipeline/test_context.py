"""What is given besides the inputs: which state is taken, and what is said of everything that cannot be read."""

import pytest
from msgspec import structs

from plangate.drift.values import Owned
from plangate.errors import EvidenceError, InputError, UsageError
from plangate.evidence import cluster
from plangate.evidence import state as states
from plangate.gate.config import Cluster, Config, Drifting, Environment
from plangate.gate.config import Owned as Configured
from plangate.ingest.terraform.state import digest
from plangate.model.change import Gap, HelmChangeSet, Lock
from plangate.model.input import EvidenceSources, InputRecord, Kind, RawInput, StateSource
from plangate.model.release import ClusterIdentity, Upgrade
from plangate.pipeline import context
from plangate.pipeline.context import PlanContext
from tests.support.command import AS_OF
from tests.support.states import saved_plan, state

NOWHERE = EvidenceSources()


def read(tmp_path, *, asked=NOWHERE, source=None, saved=None):
    return context.read(tmp_path, asked, source or StateSource(), saved)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def folder(tmp_path, **given):
    """A folder of evidence with states, by the names of their files."""
    for name, text in given.items():
        write(tmp_path / "evidence" / "state" / f"{name}.json", text)
    (tmp_path / "evidence").mkdir(exist_ok=True)
    return EvidenceSources(folder=tmp_path / "evidence")


def in_s3(monkeypatch, asked=None, **given):
    """What reading a state gives, and a list of what was asked."""
    answer = states.StateRead(**{"given": RawInput("s3://b/k", state().encode()), "place": "s3://b/k", **given})
    seen = []
    monkeypatch.setattr(states, "read", lambda source: seen.append(source) or answer)
    return seen


def test_without_anything_nothing_is_known_and_nothing_is_said(tmp_path):
    found, gaps = read(tmp_path)
    assert (found, gaps) == (PlanContext(tf_dir=tmp_path), [])


# --- which state ------------------------------------------------------------------------------------------------------


def test_a_state_that_is_named_is_taken(tmp_path):
    path = write(tmp_path / "s.json", state("named", 3))
    found, gaps = read(tmp_path, asked=folder(tmp_path, other=state("other")), source=StateSource(location=path))
    assert (found.state.lineage, found.state.serial, found.state_read, found.place, gaps) == ("named", 3, True, "", [])
    assert found.releases.state is found.state


def test_the_only_state_of_a_folder_is_taken(tmp_path):
    found, gaps = read(tmp_path, asked=folder(tmp_path, db=state("db")))
    assert (found.state.lineage, found.state_read, gaps) == ("db", True, [])


def test_a_folder_without_states_gives_none(tmp_path):
    found, gaps = read(tmp_path, asked=folder(tmp_path))
    assert (found.state, found.state_read, gaps) == (None, False, [])


def test_of_several_states_that_of_the_saved_plan_is_taken(tmp_path):
    asked = folder(tmp_path, a=state("a"), b=state("b", 9), c=state("c"))
    path = write(tmp_path / "tfplan", saved_plan(state("b", 8)))
    found, gaps = read(tmp_path, asked=asked, saved=path)
    assert (found.state.lineage, found.state.serial, found.saved.serial, gaps) == ("b", 9, 8, [])


@pytest.mark.parametrize(
    ("saved", "why"),
    [
        (None, "holds 4 states, and nothing tells which of them this is about"),
        (saved_plan("{}"), "holds 4 states, and nothing tells which of them this is about"),
        (
            saved_plan(state("x")),
            "none of the states in it has the lineage of the saved plan: they are of other places",
        ),
    ],
    ids=["no saved plan", "a first plan", "another lineage"],
)
def test_of_several_states_none_is_taken_where_nothing_tells_which(tmp_path, saved, why):
    asked = folder(tmp_path, a=state("a"), b=state("b"), c=state("c"), d=state("d"))
    found, gaps = read(tmp_path, asked=asked, saved=saved and write(tmp_path / "tfplan", saved))
    assert (found.state, found.state_read) == (None, False)
    assert gaps == [
        Gap(str(asked.folder), why, "name it with --state; there are a.json, b.json, c.json", inconclusive=True)
    ]


def test_a_state_of_several_that_cannot_be_read_is_told(tmp_path):
    asked = folder(tmp_path, a="{", b=state("b"))
    found, gaps = read(tmp_path, asked=asked, saved=write(tmp_path / "tfplan", saved_plan(state("b"))))
    assert (found.state, found.state_read) == (None, False)
    assert [(gap.what, gap.why) for gap in gaps] == [
        (str(asked.folder / "state" / "a.json"), "is cut: its end is missing")
    ]


BACKEND = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "k"\n  }\n}\n'


@pytest.mark.parametrize(
    ("text", "live", "asked"),
    [(BACKEND, True, True), (BACKEND, False, False), ('terraform {\n  backend "gcs" {}\n}\n', True, False)],
)
def test_the_state_of_the_backend_block_is_read_only_where_the_cloud_may_be_asked(
    tmp_path, monkeypatch, text, live, asked
):
    write(tmp_path / "main.tf", text)
    seen = in_s3(monkeypatch)
    source = StateSource(tf_dir=tmp_path, live=live)
    found, gaps = read(tmp_path, source=source)
    assert seen == ([structs.replace(source, location="s3://")] if asked else [])
    assert (found.state_read, found.place, gaps) == (asked, "s3://b/k" if asked else "", [])


def test_what_a_folder_holds_goes_before_the_backend_block(tmp_path, monkeypatch):
    write(tmp_path / "main.tf", BACKEND)
    asked = folder(tmp_path, db=state("db"))
    found, _ = read(tmp_path, asked=asked, source=StateSource(tf_dir=tmp_path, live=True))
    assert found.state.lineage == "db"


# --- what a state is --------------------------------------------------------------------------------------------------


def test_who_holds_the_lock_and_where_the_state_is_kept_are_known(tmp_path, monkeypatch):
    lock = Lock("ada", AS_OF)
    in_s3(monkeypatch, lock=lock)
    found, gaps = read(tmp_path, source=StateSource(location="s3://b/k"))
    assert (found.lock, found.place, found.state.lineage, gaps) == (lock, "s3://b/k", "abc", [])


def test_that_there_is_no_state_is_known(tmp_path, monkeypatch):
    in_s3(monkeypatch, given=None, digest="0" * 32)
    found, gaps = read(tmp_path, source=StateSource(location="s3://b/k"))
    assert (found.state, found.state_read, found.place, gaps) == (None, True, "s3://b/k", [])


def test_an_empty_file_is_no_state(tmp_path):
    found, gaps = read(tmp_path, source=StateSource(location=write(tmp_path / "s.json", "\n")))
    assert (found.state, found.state_read, gaps) == (None, True, [])


def test_a_state_that_is_not_what_its_digest_says_decides_nothing(tmp_path, monkeypatch):
    in_s3(monkeypatch, digest="0" * 32)
    found, gaps = read(tmp_path, source=StateSource(location="s3://b/k"))
    assert found.state_read
    assert gaps == [
        Gap(
            "s3://b/k",
            "is not what its digest in DynamoDB says: a write is under way, or one failed half way",
            "wait and review again; if it stays, see `terraform plan`, which reports the same",
            inconclusive=True,
        )
    ]


def test_a_state_that_is_what_its_digest_says_is_not_spoken_of(tmp_path, monkeypatch):
    in_s3(monkeypatch, digest=digest(state().encode()))
    assert read(tmp_path, source=StateSource(location="s3://b/k"))[1] == []


def test_a_lock_that_cannot_be_told_is_said_and_decides_nothing(tmp_path, monkeypatch):
    in_s3(monkeypatch, unsure="the table is forbidden")
    _, gaps = read(tmp_path, source=StateSource(location="s3://b/k"))
    assert gaps == [
        Gap(
            "the lock of the state",
            "the table is forbidden",
            "allow reading it: plangate collect --print-permissions",
        )
    ]


def test_a_state_that_was_collected_says_where_it_is_kept(tmp_path):
    head = '{"plangate": {"location": "s3://b/k", "collected_at": "2026-01-31T12:00:00Z", "absent": %s}, %s'
    found, _ = read(tmp_path, asked=folder(tmp_path, db=head % ("false", state()[1:])))
    assert (found.place, found.state.lineage) == ("s3://b/k", "abc")
    found, _ = read(tmp_path, asked=folder(tmp_path, db=head % ("true", '"version": 4}')))
    assert (found.place, found.state, found.state_read) == ("s3://b/k", None, True)


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_a_state_that_is_not_there_is_told_and_the_review_goes_on(tmp_path):
    path = str(tmp_path / "s.json")
    found, gaps = read(tmp_path, source=StateSource(location=path))
    assert (found.state, found.state_read) == (None, False)
    assert [(gap.what, gap.why, gap.inconclusive, gap.input_failed) for gap in gaps] == [
        (path, "not found", True, True)
    ]


def test_a_state_that_could_not_be_asked_is_no_input_that_failed(tmp_path, monkeypatch):
    def refused(source):
        raise EvidenceError("access denied")

    monkeypatch.setattr(states, "read", refused)
    found, gaps = read(tmp_path, source=StateSource(location="s3://b/k"))
    assert not found.state_read
    assert gaps == [Gap("state", "access denied", "see the reason, and review again", inconclusive=True)]


def test_a_saved_plan_that_cannot_be_read_is_told_and_the_state_is_read_all_the_same(tmp_path):
    path = write(tmp_path / "tfplan", b"PK\x03\x04 and nothing more")
    source = StateSource(location=write(tmp_path / "s.json", state()))
    found, gaps = read(tmp_path, source=source, saved=path)
    assert (found.saved, found.state.lineage) == (None, "abc")
    assert [(gap.what, gap.why, gap.inconclusive, gap.input_failed) for gap in gaps] == [
        (path, "is a damaged zip file: it was cut or changed", True, True)
    ]


def test_both_can_be_unreadable(tmp_path):
    paths = [str(tmp_path / name) for name in ("tfplan", "s.json")]
    _, gaps = read(tmp_path, source=StateSource(location=paths[1]), saved=paths[0])
    assert [gap.what for gap in gaps] == paths


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (
            InputError("is cut", where="f", place="3:4", hint="again"),
            Gap("f", "3:4: is cut", "again", inconclusive=True, input_failed=True),
        ),
        (InputError("is cut"), Gap("what", "is cut", "see the reason, and review again", True, True)),
        (EvidenceError("no answer", where="f"), Gap("f", "no answer", "see the reason, and review again", True)),
    ],
)
def test_evidence_that_failed_makes_the_verdict_inconclusive(error, gap):
    assert context.failed(error, "what") == gap


def test_an_input_that_failed_says_what_to_give_instead():
    assert context.unreadable(InputError("is cut", where="f", place="3:4", hint="again")) == Gap(
        "f", "3:4: is cut", "again", input_failed=True
    )
    assert context.unreadable(InputError("is cut")) == Gap(
        "input", "is cut", "give the output of `terraform show -json tfplan`", input_failed=True
    )


# --- what is known of releases ----------------------------------------------------------------------------------------


def test_evidence_of_releases_is_gathered_only_where_there_is_some(tmp_path):
    assert read(tmp_path)[0].releases.gather is None
    write(tmp_path / "evidence" / "prod" / "web" / "values.json", "{}")
    found, _ = read(tmp_path, asked=folder(tmp_path))
    assert {kind: given.data for kind, given in found.releases.gather("prod", "web").items()} == {"values": b"{}"}
    assert not found.releases.one
    named, _ = read(tmp_path, asked=EvidenceSources(values=str(tmp_path / "evidence/prod/web/values.json")))
    assert named.releases.one
    assert set(named.releases.gather("any", "other")) == {"values"}


def test_the_key_enters_here_and_a_gate_whose_key_is_missing_does_not_go_on(tmp_path, monkeypatch):
    assert read(tmp_path)[0].releases.key is None
    monkeypatch.setenv("PLANGATE_KEY", "ours")
    assert read(tmp_path)[0].releases.key == b"ours"
    monkeypatch.setenv("PLANGATE_KEY", "")
    monkeypatch.setenv("PLANGATE_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


def test_what_the_configuration_leaves_to_others_is_known():
    assert context.with_owners(PlanContext(), Config()) == PlanContext()
    config = Config(drift=Drifting(owned=(Configured(path="image.tag", by="the updater"),)))
    assert context.with_owners(PlanContext(), config).owned == (Owned("image.tag", "the updater"),)


# --- whose evidence it is ---------------------------------------------------------------------------------------------

USED = (
    HelmChangeSet(input=InputRecord(Kind.HELM_DRY_RUN, "x", ""), upgrade=Upgrade(), evidence={"manifest": "given"}),
)
PROD = Config(environments={"prod": Environment(cluster=Cluster(kube_system_uid="u"), state="s3://states/prod/**")})


def scope(asked, given=PlanContext(), config=PROD):  # noqa: B008 - frozen
    return [(gap.what, gap.why) for gap in context.check_scope(config, "prod", USED, asked, given)]


def cluster_file(tmp_path, text):
    write(tmp_path / "evidence" / cluster.FILE, text)
    return EvidenceSources(folder=tmp_path / "evidence")


def test_the_cluster_of_a_folder_is_held_against_the_environment(tmp_path):
    where = str(tmp_path / "evidence")
    assert scope(cluster_file(tmp_path, '{"kube_system_uid": "u"}')) == []
    assert scope(cluster_file(tmp_path, '{"kube_system_uid": "x"}')) == [
        (where, "is from another cluster (x), not from prod")
    ]
    damaged = scope(cluster_file(tmp_path, "{"))
    assert damaged == [(f"{where}/{cluster.FILE}", "is not what plangate collect writes")]


UNSAID = "does not say which cluster it is from, and prod has clusters of its own"


def test_evidence_that_does_not_say_its_cluster_is_told(tmp_path):
    (tmp_path / "evidence").mkdir()
    assert scope(EvidenceSources(folder=tmp_path / "evidence")) == [(str(tmp_path / "evidence"), UNSAID)]
    assert scope(EvidenceSources(manifest="m.yaml")) == [("the evidence", UNSAID)]


def test_a_file_that_a_flag_names_does_not_take_its_cluster_from_the_folder_beside_it(tmp_path):
    sources = cluster_file(tmp_path, '{"kube_system_uid": "u"}')
    assert scope(structs.replace(sources, manifest="m.yaml")) == [("the evidence", UNSAID)]


def test_the_cluster_that_was_asked_is_held_against_the_environment_too(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "ask", lambda seconds: ClusterIdentity(server="https://x", kube_system_uid="x"))
    asked = structs.replace(cluster_file(tmp_path, '{"kube_system_uid": "u"}'), live=True)
    assert scope(asked) == [("the cluster that was asked", "is from another cluster (https://x), not from prod")]


def test_the_place_of_the_state_is_held_against_the_environment(tmp_path):
    asked = cluster_file(tmp_path, '{"kube_system_uid": "u"}')
    found, _ = read(tmp_path, source=StateSource(location=write(tmp_path / "s.json", state())))
    assert [why for _, why in scope(asked, found)] == [
        "does not say where it is kept, and prod keeps its states in places of its own"
    ]
    assert scope(asked, structs.replace(found, place="s3://states/prod/db")) == []
    assert scope(asked, structs.replace(found, place="s3://other", state=None)) == [
        ("s3://other", "is none of the places where prod keeps its states")
    ]
    assert scope(asked, PlanContext()) == []


def test_nothing_is_held_against_a_configuration_without_environments(tmp_path):
    assert scope(cluster_file(tmp_path, "{"), config=Config()) == []


def age(asked):
    return [gap.why for gap in context.check_age(USED, asked, AS_OF)]


def test_a_folder_says_when_it_was_collected(tmp_path):
    old = "was collected 1 day ago, and what is live may have changed since"
    assert age(cluster_file(tmp_path, '{"collected_at": "2026-01-30T11:00:00Z"}')) == [old]
    assert age(cluster_file(tmp_path, '{"collected_at": "2026-01-31T11:00:00Z"}')) == []
    assert age(cluster_file(tmp_path, "{}")) == []
    assert age(cluster_file(tmp_path, "{")) == []
    assert age(EvidenceSources(folder=tmp_path / "none")) == []
    assert age(EvidenceSources(live=True)) == []

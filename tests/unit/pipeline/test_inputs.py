"""Inputs into change sets: every kind has its parser, and what could not be had beside an input is told with it."""

import json

import pytest

from plangate.errors import EvidenceError, InputError
from plangate.evidence import terraform
from plangate.ingest import detect
from plangate.ingest.terraform import state as terraform_state
from plangate.ingest.terraform.releases import ReleaseSources
from plangate.model.change import Action, DriftStatus, Freshness, Gap, HelmChangeSet, RefusedUpgrade, TerraformChangeSet
from plangate.model.input import EvidenceSources, Gathered, Kind, RawInput
from plangate.pipeline import gather, inputs
from plangate.pipeline.context import PlanContext
from plangate.pipeline.inputs import Reading
from plangate.policy.helm_cases import upgrade
from tests.support.command import FIXTURES
from tests.support.states import saved_plan, state
from tests.support.upgrades import plain

PLAN = (FIXTURES / "update-in-place" / "plan.json").read_bytes()
CASE = {"before": plain("ConfigMap", data={"a": "1"}), "after": plain("ConfigMap", data={"a": "2"})}
UPGRADE = upgrade(CASE)
STREAM = (
    b'{"@level":"info","@message":"x","type":"version","terraform":"1.15.9","ui":"1.2"}\n'
    b'{"@level":"info","@message":"x","type":"planned_change","change":{"resource":{"addr":"a_b.c","resource_type":"a_b",'
    b'"resource_name":"c"},"action":"create"}}\n'
    b'{"@level":"info","@message":"x","type":"change_summary","changes":{"add":1,"change":0,"remove":0,"operation":"plan"}}\n'
)
MANIFEST = b"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: '2'}\n"
REFUSED = b'Error: UPGRADE FAILED: "web" has no deployed releases\n'


def read(data, reading=None, path="input"):
    documents = list(detect.documents(RawInput(path, data)))
    return inputs.change_sets(documents, reading or Reading())


def one(data, reading=None):
    (found,) = read(data, reading)
    return found


def test_every_kind_of_input_that_detection_finds_has_its_parser():
    assert set(inputs._PARSERS) == set(Kind) - {Kind.HELM_VALUES}


@pytest.mark.parametrize(
    ("data", "kind", "shape"),
    [
        (PLAN, Kind.TERRAFORM_PLAN, TerraformChangeSet),
        (STREAM, Kind.TERRAFORM_STREAM, TerraformChangeSet),
        (UPGRADE.dry_run, Kind.HELM_DRY_RUN, HelmChangeSet),
        (MANIFEST, Kind.HELM_MANIFEST, HelmChangeSet),
        (REFUSED, Kind.HELM_DRY_RUN, RefusedUpgrade),
    ],
    ids=["plan", "stream", "dry run", "manifest", "refusal"],
)
def test_a_change_set_is_of_the_kind_of_its_input(data, kind, shape):
    found = one(data)
    assert (found.input.kind, type(found)) == (kind, shape)


def test_the_change_sets_of_one_input_are_numbered_from_those_before_and_its_documents_are_let_go():
    documents = [*detect.documents(RawInput("a", PLAN)), *detect.documents(RawInput("b", PLAN))]
    found = inputs.change_sets(documents, Reading(), 3)
    assert documents == []
    assert [(c.input.path, {change.origin for change in c.changes}) for c in found] == [("a", {3}), ("b", {4})]


# --- saved plans ------------------------------------------------------------------------------------------------------


def shown(monkeypatch, answer):
    """What the tool shows of a saved plan, and what it was asked with."""
    seen = []

    def show(path, data, tf_dir, tools):
        seen.append((path, tf_dir, tools))
        if isinstance(answer, Exception):
            raise answer
        return RawInput("shown", answer)

    monkeypatch.setattr(terraform, "show", show)
    return seen


def test_a_saved_plan_is_what_its_tool_shows_and_says_itself_which_state_it_is_of(monkeypatch, tmp_path):
    seen = shown(monkeypatch, PLAN)
    data = saved_plan(state("abc", 7), "registry.opentofu.org/")
    (found,) = read(data, Reading(context=PlanContext(tf_dir=tmp_path)), path="tfplan")
    plan = one(PLAN)
    assert seen == [("tfplan", tmp_path, ("tofu",))]
    assert found.freshness == Freshness(lineage="abc", serial_plan=7)
    assert [change.address for change in found.changes] == [change.address for change in plan.changes]
    assert (found.input.kind, found.input.path) == (Kind.TERRAFORM_PLANFILE, "tfplan")
    assert found.input.sha256 == RawInput("", data).sha256
    assert (found.input.tool_version, found.input.facts) == (plan.input.tool_version, plan.input.facts)


@pytest.mark.parametrize("error", [InputError("terraform is not installed", where="tfplan"), EvidenceError("no")])
def test_a_saved_plan_that_cannot_be_shown_is_held_against_the_state_all_the_same(monkeypatch, error):
    shown(monkeypatch, error)
    there = terraform_state.read(RawInput("s", state("abc", 8).encode()))
    found = one(saved_plan(state("abc", 7)), Reading(context=PlanContext(state=there, state_read=True)))
    assert (found.freshness.serial_plan, found.freshness.serial_state, found.freshness.moved) == (7, 8, None)
    assert found.skipped == (
        Gap(
            error.where or "input",
            error.message,
            "give the output of `terraform show -json tfplan`",
            input_failed=True,
        ),
    )
    assert (found.changes, found.input.tool, found.input.tool_version) == ((), "terraform", "1.15.9")


def test_a_zip_that_is_no_saved_plan_is_refused(monkeypatch):
    shown(monkeypatch, PLAN)
    with pytest.raises(InputError, match="is a damaged zip file"):
        read(b"PK\x03\x04 and nothing more")


# --- plans ------------------------------------------------------------------------------------------------------------


def plan_of_release(action="update"):
    def values(value):
        return {"name": "web", "namespace": "prod", "values": [json.dumps({"a": value})]}

    change = {"actions": [action], "before": values(1), "after": values(2 if action == "update" else 1)}
    resource = {"address": "helm_release.web", "mode": "managed", "type": "helm_release", "name": "web"}
    top = {
        "format_version": "1.2",
        "terraform_version": "1.15.9",
        "complete": True,
        "applyable": True,
        "errored": False,
    }
    return json.dumps({**top, "resource_changes": [{**resource, "change": change}]}).encode()


def live(tmp_path, **given):
    """Evidence of `prod/web` in a folder, as the context of a plan."""
    folder = tmp_path / "prod" / "web"
    folder.mkdir(parents=True)
    for kind, text in given.items():
        (folder / f"{kind}.json").write_text(text)
    asked = EvidenceSources(folder=tmp_path)
    return PlanContext(releases=ReleaseSources(gather=lambda namespace, name: gather.gather(asked, namespace, name)))


@pytest.mark.parametrize(("action", "status"), [("update", DriftStatus.CONFLICT), ("no-op", DriftStatus.STAYS)])
def test_the_drift_of_releases_is_told_also_of_those_that_the_plan_leaves_alone(tmp_path, action, status):
    found = one(plan_of_release(action), Reading(context=live(tmp_path, values='{"a": 5}')))
    assert [(entry.path, entry.live, entry.status) for entry in found.drift] == [("a", 5, status)]
    assert found.evidence["values"] == "given"


def test_a_plan_without_releases_has_no_evidence_unless_a_state_was_read():
    assert one(PLAN).evidence == {}
    assert one(PLAN, Reading(context=PlanContext(state_read=True))).evidence == {"state": "given"}


# --- upgrades ---------------------------------------------------------------------------------------------------------


def given(monkeypatch, found=(), failed=(), told=()):
    evidence = {kind: RawInput(kind, UPGRADE.evidence.get(kind, b"[]")) for kind in found}
    seen = []

    def gathered(asked, namespace, name, *, kinds, new):
        seen.append((namespace, name, kinds, len(new)))
        return Gathered(evidence, failed, told)

    monkeypatch.setattr(gather, "gather", gathered)
    return seen


def test_everything_about_the_release_of_a_dry_run_is_gathered_with_its_own_manifest(monkeypatch):
    seen = given(monkeypatch, found=("manifest",))
    found = one(UPGRADE.dry_run)
    assert seen == [("prod", "web", gather.EVERYTHING, 1)]
    assert [(str(change.address), change.action) for change in found.changes] == [
        ("core/ConfigMap/prod/web", Action.UPDATE)
    ]


def test_what_could_not_be_gathered_is_told_with_the_upgrade(monkeypatch):
    errors = (EvidenceError("values could not be asked: no", where="prod/web", hint="ask"), InputError("is cut"))
    given(monkeypatch, found=("manifest",), failed=errors)
    said = one(UPGRADE.dry_run).skipped
    given(monkeypatch, found=("manifest",))
    assert [gap for gap in said if gap not in one(UPGRADE.dry_run).skipped] == [
        Gap("prod/web", "values could not be asked: no", "ask", inconclusive=True),
        Gap("input", "is cut", "see the reason, and review again", inconclusive=True, input_failed=True),
    ]


@pytest.mark.parametrize(
    ("told", "install", "gone"),
    [(("history",), False, True), ((), False, False), (("history",), True, False)],
    ids=["asked", "a file", "an install"],
)
def test_an_upgrade_of_a_release_that_the_cluster_does_not_know_is_inconclusive(monkeypatch, told, install, gone):
    given(monkeypatch, found=("manifest", "history"), told=told)
    data = UPGRADE.dry_run.replace(b"pending-upgrade", b"pending-install").replace(b'"version":2', b'"version":1')
    found = one(data if install else UPGRADE.dry_run)
    assert isinstance(found, HelmChangeSet)
    assert found.upgrade.install is install
    said = [gap for gap in found.skipped if "has no such release" in gap.why]
    assert [(gap.what, gap.inconclusive) for gap in said] == ([("prod/web", True)] if gone else [])


def test_a_refused_upgrade_has_what_could_not_be_gathered_too(monkeypatch):
    given(monkeypatch, failed=(EvidenceError("no answer"),))
    found = one(REFUSED)
    assert isinstance(found, RefusedUpgrade)
    assert [gap.why for gap in found.skipped] == ["no answer"]


@pytest.mark.parametrize("data", [UPGRADE.dry_run, MANIFEST])
def test_only_drift_of_plans_can_be_asked_of_inputs(data):
    with pytest.raises(InputError, match="is of Helm; drift is asked of a Terraform plan or of values files"):
        read(data, Reading(drift_only=True))
    assert one(PLAN, Reading(drift_only=True)).changes


# --- the cases of policies --------------------------------------------------------------------------------------------


def test_a_case_of_a_policy_goes_the_same_way_with_its_evidence():
    found = inputs.classified(UPGRADE.dry_run, UPGRADE.evidence)
    assert [(str(change.address), [leaf.path for leaf in change.attributes]) for change in found.changes] == [
        ("core/ConfigMap/prod/web", ["data.a"])
    ]
    assert found.upgrade.kube_version == (1, 34)
    case, plan = inputs.classified(PLAN, {}), one(PLAN)
    assert [(c.address, c.attributes, c.effects) for c in case.changes] == [
        (c.address, c.attributes, c.effects) for c in plan.changes
    ]

"""Drift on recorded hand changes and on lists of targets: `review` with evidence, and `plangate drift`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CORPUS
from tests.support.command import AS_OF, Done, run, run_here
from tests.support.stand_ins import HELM, cluster

RECORDED = CORPUS / "helm-release-plans"
HAND = {"replicaCount": 6, "envVars.LITELLM_LOG": "DEBUG"}
EXPECTED = {
    "02-no-change": {},
    "03-image-tag": {"image.tag": "intended"},
    "04-comment-only": {},
    "06-set-added": {"replicaCount": "intended"},
    "22-out-of-band-no-config-change": {"replicaCount": "stays", "envVars.LITELLM_LOG": "stays"},
    "23-out-of-band-then-change": {
        "replicaCount": "will-be-reverted",
        "envVars.LITELLM_LOG": "dropped",
        "image.tag": "intended",
    },
    "27-refresh-off": {"replicaCount": "will-be-reverted", "envVars.LITELLM_LOG": "dropped", "image.tag": "intended"},
}
"""Per recorded step, what becomes of each path."""


def asked(folder: Path) -> list[str | Path]:
    return [
        *("--live-values", folder / "live-values.json"),
        *("--history", folder / "live-history.json"),
        *("--metadata", folder / "live-metadata.json"),
    ]


def done(*arguments: str | Path) -> tuple[Done, Any]:
    finished = run_here(*arguments, "--format", "json", "--as-of", AS_OF)
    return finished, json.loads(finished.stdout) if finished.stdout else None


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("step", EXPECTED)
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_recorded_hand_changes(major: int, step: str) -> None:
    folder = RECORDED / f"provider{major}-{step}"
    finished, verdict = done("review", folder / "plan.json", "--state", folder / "state.tfstate", *asked(folder))
    assert finished.code == 0, finished.everything
    assert {one["path"]: one["status"] for one in verdict["drift"] if one["release"]} == EXPECTED[step]
    hand = "LITELLM_LOG" in json.dumps(EXPECTED[step])
    assert (verdict["freshness"]["revision_recorded"], verdict["freshness"]["revision_live"]) == (1, 2 if hand else 1)
    assert verdict["coverage"]["evidence"]["state"] == "given"
    assert verdict["coverage"]["evidence"]["values"] == "given"


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_the_refresh_of_a_plan_tells_the_same_without_evidence(major: int) -> None:
    folder = RECORDED / f"provider{major}-23-out-of-band-then-change"
    _, verdict = done("review", folder / "plan.json")
    assert {one["path"]: one["status"] for one in verdict["drift"] if one["release"]} == {
        "replicaCount": "will-be-reverted",
        "envVars.LITELLM_LOG": "dropped",
        "image.tag": "intended",
    }
    assert verdict["decision"] == "review"


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_a_stale_plan_is_blocked_and_what_moved_is_named(major: int) -> None:
    folder = RECORDED / f"provider{major}-29-stale-plan"
    finished, verdict = done(
        "review", folder / "plan.json", "--state", folder / "state.tfstate", "--saved-plan", folder / "saved.tfplan"
    )
    assert (finished.code, verdict["decision"]) == (10, "block")
    (finding,) = [one for one in verdict["findings"] if one["policy"] == "plan-stale"]
    assert finding["message"] == (
        "the saved plan is stale: it was made from state serial 3, and the state is at 4 now; "
        "changed in between: helm_release.litellm"
    )


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_evidence_of_another_release_is_inconclusive(tmp_path: Path) -> None:
    folder = RECORDED / "provider3-02-no-change"
    metadata = tmp_path / "metadata.json"
    metadata.write_text('{"name":"other","namespace":"dev","revision":1,"status":"deployed"}')
    finished, verdict = done(
        "review", folder / "plan.json", "--live-values", folder / "live-values.json", "--metadata", metadata
    )
    assert finished.code == 4
    assert "is about the release dev/other" in json.dumps(verdict["coverage"]["skipped"])


# --- plangate drift ---------------------------------------------------------------------------------------------------


@pytest.fixture
def release(tmp_path: Path) -> Path:
    (tmp_path / "values.yaml").write_text("replicaCount: 3\nimage:\n  tag: v1\n")
    (tmp_path / "same.json").write_text('{"replicaCount":3,"image":{"tag":"v1"}}')
    (tmp_path / "live.json").write_text('{"replicaCount":6,"image":{"tag":"v1"},"dbPassword":"invented-hunter-22"}')
    (tmp_path / "history.json").write_text(
        '[{"revision":1,"status":"superseded","description":"Install complete","updated":"2026-01-30T10:00:00Z"},'
        '{"revision":2,"status":"deployed","description":"Upgrade complete","updated":"2026-01-31T10:00:00Z"}]'
    )
    return tmp_path


def test_one_release_by_its_values(release: Path) -> None:
    given = ["drift", "--release", "prod/web", "--values", release / "values.yaml", "--live-values"]
    finished, verdict = done(*given, release / "live.json", "--history", release / "history.json")
    assert finished.code == 11
    assert [(one["path"], one["status"]) for one in verdict["drift"]] == [
        ("dbPassword", "dropped"),
        ("replicaCount", "will-be-reverted"),
    ]
    assert b"hunter" not in finished.everything
    finished, verdict = done(*given, release / "same.json", "--history", release / "history.json")
    assert (finished.code, verdict["decision"]) == (0, "pass")


def test_set_is_laid_over_the_files(release: Path) -> None:
    given = ["drift", "--release", "prod/web", "--values", release / "values.yaml", "--set", "replicaCount=6"]
    finished, verdict = done(*given, "--set-string", "image.tag=v1", "--live-values", release / "live.json")
    assert [one["path"] for one in verdict["drift"]] == ["dbPassword"]
    assert finished.code == 11


def test_without_the_live_side_nobody_can_tell(release: Path) -> None:
    finished, verdict = done("drift", "--release", "prod/web", "--values", release / "values.yaml")
    assert (finished.code, verdict["decision"]) == (4, "inconclusive")


def test_a_file_that_is_not_there_is_told(release: Path) -> None:
    finished, verdict = done("drift", "--release", "prod/web", "--values", release / "nope.yaml")
    assert (finished.code, verdict["decision"]) == (3, "inconclusive")


def test_many_targets_and_a_broken_one_hides_none(release: Path) -> None:
    (release / "targets.yaml").write_text(
        "targets:\n"
        "- {name: a, release: prod/web, values: [values.yaml], live_values: live.json, history: history.json}\n"
        "- {name: b, release: prod/web, values: [values.yaml], live_values: same.json, history: history.json}\n"
        "- {name: c, release: prod/web, values: [nope.yaml], live_values: same.json}\n"
    )
    finished, verdict = done("drift", release / "targets.yaml")
    assert finished.code == 3
    assert verdict["decision"] == "review"
    assert [target["decision"] for target in verdict["targets"]] != []
    assert {one["target"] for one in verdict["drift"]} == {"a"}


@pytest.mark.parametrize(
    "text", ["targets: []", "targets: [{name: a}]", "nonsense", "targets: [{plan: p, relaese: x}]"]
)
def test_a_list_that_is_none_is_a_usage_error(release: Path, text: str) -> None:
    (release / "targets.yaml").write_text(text)
    finished = run_here("drift", release / "targets.yaml")
    assert (finished.code, finished.stdout) == (2, b"")


def test_nothing_to_check_is_a_usage_error() -> None:
    assert run_here("drift").code == 2


def test_a_slow_target_hides_none(release: Path) -> None:
    """A helm that hangs for one release: that one is inconclusive, the other is judged, and nobody waits for the hanging one."""
    helm = HELM.replace('case "$*" in', 'case "$*" in\n*" slow "*) sleep 60;;')
    env = cluster(release, helm=helm)
    (release / "targets.yaml").write_text(
        "targets:\n"
        + "".join(f"- {{name: slow{i}, release: prod/slow, values: [values.yaml]}}\n" for i in range(10))
        + "- {name: web, release: prod/web, values: [values.yaml]}\n"
    )
    began = time.monotonic()
    finished = run("drift", release / "targets.yaml", "--live", "--timeout", "3", "--format", "json", env=env)
    assert time.monotonic() - began < 55
    verdict = json.loads(finished.stdout)
    assert finished.code == 4, finished.everything
    decisions = {target["name"]: target["decision"] for target in verdict["targets"]}
    assert decisions.pop("web") == "review"
    assert set(decisions.values()) == {"inconclusive"}
    assert "took longer than 3 seconds" in finished.stdout.decode()


def test_owned_paths_are_named_and_not_alarmed(release: Path) -> None:
    (release / ".plangate.yaml").write_text("drift:\n  owned:\n  - {path: replicaCount, by: the autoscaler}\n")
    (release / "live.json").write_text('{"replicaCount":6,"image":{"tag":"v1"}}')
    given = ("--values", "values.yaml", "--live-values", "live.json", "--history", "history.json", "--format", "json")
    finished = run("drift", "--release", "prod/web", *given, cwd=release)
    verdict = json.loads(finished.stdout)
    assert (finished.code, verdict["decision"]) == (0, "pass"), finished.everything
    assert [one["note"] for one in verdict["drift"]] == ["scaled to 6 by the autoscaler; this apply sets it back to 3"]


def test_a_value_below_an_owned_path_is_owned(release: Path) -> None:
    (release / "gate.yaml").write_text("drift:\n  owned:\n  - {path: image, by: image-updater}\n")
    (release / "live.json").write_text('{"replicaCount":3,"image":{"tag":"v2"}}')
    given = ("--values", "values.yaml", "--live-values", "live.json", "--history", "history.json", "--format", "json")
    finished = run("drift", "--release", "prod/web", *given, "--config", "gate.yaml", cwd=release)
    assert finished.code == 0, finished.everything


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_the_table_of_four_columns(release: Path, format_: str) -> None:
    (release / "live.json").write_text('{"replicaCount":6,"image":{"tag":"v1"},"extra":true}')
    given = ("--values", release / "values.yaml", "--live-values", release / "live.json")
    finished = run_here(
        *("drift", "--release", "prod/web", *given, "--history", release / "history.json"),
        *("--format", format_, "--as-of", AS_OF),
    )
    text = finished.stdout.decode()
    if format_ == "text":
        assert [line.split() for line in text.splitlines() if line.lstrip().startswith(("drift ", "prod/web "))][
            :1
        ] == [["drift", "changed", "by", "hand", "git", "state", "live", "after", "apply"]]
        assert [
            line.split() for line in text.splitlines() if " prod/web " in f" {line.strip()} " and "differs" not in line
        ][-2:] == [
            ["prod/web", "extra", "(absent)", "(absent)", "true", "(absent)"],
            ["prod/web", "replicaCount", "3", "3", "6", "3"],
        ]
    else:
        assert "- `prod/web` `replicaCount`: git `3`, state `3`, live **`6`**; after the apply `3`" in text


# --- every row of the line-up, on a recorded plan -----------------------------------------------------------------------

ROWS: dict[str, tuple[Any, Any, dict[str, str]]] = {
    "nobody touched it": (None, None, {}),
    "changed by hand, set back": ({"replicaCount": 6}, None, {"replicaCount": "will-be-reverted"}),
    "three different values": ({"replicaCount": 6}, {"replicaCount": 4}, {"replicaCount": "conflict"}),
    "somebody did it by hand already": ({"replicaCount": 4}, {"replicaCount": 4}, {"replicaCount": "converged"}),
    "only the cluster has it": ({"extra": {"a": 1}}, None, {"extra.a": "dropped"}),
    "taken out of the configuration only": (None, {"replicaCount": None}, {"replicaCount": "intended"}),
    "removed by hand": ({"replicaCount": None}, None, {"replicaCount": "will-be-reverted"}),
    "removed on both sides": ({"replicaCount": None}, {"replicaCount": None}, {"replicaCount": "converged"}),
    "only the type": ({"replicaCount": "3"}, None, {"replicaCount": "will-be-reverted"}),
    "a list is one leaf": ({"args": ["a", "b"]}, None, {"args": "dropped"}),
    "changed by hand and taken out": ({"replicaCount": 6}, {"replicaCount": None}, {"replicaCount": "conflict"}),
}
"""What was done by hand, what the change does to the configuration, and what becomes of each path. None takes a key away."""


def overlaid(base: dict[str, Any], over: dict[str, Any] | None) -> dict[str, Any]:
    found = {**base, **(over or {})}
    return {key: value for key, value in found.items() if value is not None}


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("flags", [{}, {"reuse_values": True}, {"reuse_values": True, "reset_values": True}])
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_each_row_of_the_line_up(major: int, row: str, flags: dict[str, bool], tmp_path: Path) -> None:
    by_hand, configured, expected = ROWS[row]
    folder = RECORDED / f"provider{major}-03-image-tag"
    plan = json.loads((folder / "plan.json").read_text())
    (release,) = [one for one in plan["resource_changes"] if one["type"] == "helm_release"]
    base = {"replicaCount": 3, "image": {"tag": "v1"}}
    change = release["change"]
    change["before"].update(values=[json.dumps(base)], set=[])
    change["after"].update(values=[json.dumps({**overlaid(base, configured), "image": {"tag": "v2"}})], set=[], **flags)
    for side in ("before", "after"):
        change[side]["set_sensitive"] = []
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "live.json").write_text(json.dumps(overlaid(base, by_hand)))
    finished, verdict = done(
        "review",
        tmp_path / "plan.json",
        "--live-values",
        tmp_path / "live.json",
        "--history",
        folder / "live-history.json",
    )
    found = {one["path"]: one["status"] for one in verdict["drift"] if one["release"]}
    assert found.pop("image.tag") == "intended", finished.everything
    if flags == {"reuse_values": True}:
        # The old values are kept under the new ones: what only the cluster has stays, and what is taken out stays too.
        kept = {"only the cluster has it": {"extra.a": "stays"}, "a list is one leaf": {"args": "stays"}}
        kept |= {
            "taken out of the configuration only": {},
            "changed by hand and taken out": {"replicaCount": "stays"},
            "removed on both sides": {"replicaCount": "converged"},
        }
        expected = kept.get(row, expected)
    assert found == expected


@pytest.mark.parametrize(("reset", "status"), [(False, "stays"), (True, "conflict")])
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_emptied_values_are_reused_by_helm(tmp_path: Path, reset: bool, status: str) -> None:
    folder = RECORDED / "provider3-03-image-tag"
    plan = json.loads((folder / "plan.json").read_text())
    (release,) = [one for one in plan["resource_changes"] if one["type"] == "helm_release"]
    release["change"]["before"].update(values=['{"replicaCount": 3}'], set=[], set_sensitive=[])
    release["change"]["after"].update(values=[], set=[], set_sensitive=[], reset_values=reset)
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "live.json").write_text('{"replicaCount": 6}')
    _, verdict = done("review", tmp_path / "plan.json", "--live-values", tmp_path / "live.json")
    assert {one["path"]: one["status"] for one in verdict["drift"] if one["release"]} == {"replicaCount": status}


# --- releases that are not what the plan thinks, and imports ------------------------------------------------------------


def release_plan(tmp_path: Path, before: Any, after: Any, actions: list[str], **more: Any) -> Path:
    """A recorded plan with another change of its release."""
    plan = json.loads((RECORDED / "provider3-03-image-tag" / "plan.json").read_text())
    (release,) = [one for one in plan["resource_changes"] if one["type"] == "helm_release"]
    known = release["change"]["before"]
    release["change"].update(
        actions=actions,
        before=None if before is None else {**known, "set": [], "set_sensitive": [], **before},
        after=None if after is None else {**known, "metadata": None, "set": [], "set_sensitive": [], **after},
        **more,
    )
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan))
    return path


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_an_import_is_compared_with_what_runs(tmp_path: Path) -> None:
    read = {"values": None, "metadata": {"revision": 4, "values": '{"replicaCount": 6, "image": {"tag": "v1"}}'}}
    values = {"values": ['{"replicaCount": 3, "image": {"tag": "v1"}}']}
    path = release_plan(tmp_path, read, values, ["update"], importing={"id": "prod/litellm"})
    _, verdict = done("review", path)
    assert {one["path"]: one["status"] for one in verdict["drift"]} == {"replicaCount": "intended"}
    assert [(one["policy"], one["message"]) for one in verdict["findings"]] == [
        (
            "import-changes-object",
            "helm_release.litellm is imported and changed at once: 1 value of what runs (replicaCount)",
        )
    ]
    minimal = {"values": ['{"replicaCount": 6, "image": {"tag": "v1"}}']}
    _, verdict = done("review", release_plan(tmp_path, read, minimal, ["update"], importing={"id": "prod/litellm"}))
    assert (verdict["decision"], verdict["drift"]) == ("pass", [])


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_an_install_over_a_release_that_is_there_fails(tmp_path: Path) -> None:
    path = release_plan(tmp_path, None, {"values": ["a: 1"]}, ["create"])
    folder = RECORDED / "provider3-03-image-tag"
    given = ("--history", folder / "live-history.json", "--live-values", folder / "live-values.json")
    finished, verdict = done("review", path, *given)
    assert finished.code == 10
    (finding,) = [one for one in verdict["findings"] if one["policy"] == "change-refused"]
    assert "exists already at revision 1 (deployed)" in finding["message"]
    assert verdict["drift"] == []


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_a_release_that_the_cluster_does_not_have(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    folder = RECORDED / "provider3-03-image-tag"
    given = ("--state", folder / "state.tfstate", "--live", "--format", "json")
    finished = run("review", folder / "plan.json", *given, env=env, cwd=tmp_path)
    verdict = json.loads(finished.stdout)
    assert verdict["decision"] == "review", finished.everything
    (finding,) = [one for one in verdict["findings"] if one["policy"] == "change-may-be-refused"]
    assert "the cluster has no such release: there is nothing to upgrade" in finding["message"]


def test_another_manager_of_the_same_object_is_named(release: Path) -> None:
    """`managedFields` as a real API server writes them, and Helm's own annotation."""
    folder = release / "evidence" / "prod" / "web"
    folder.mkdir(parents=True)
    for name, text in (("values.json", "same.json"), ("history.json", "history.json")):
        (folder / name).write_text((release / text).read_text())
    items = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "web",
                "annotations": {
                    "meta.helm.sh/release-name": "web",
                    "meta.helm.sh/release-namespace": "prod",
                },
                "managedFields": [
                    {"manager": "helm", "operation": "Update"},
                    {"manager": "kustomize-controller", "operation": "Apply"},
                    {"manager": "kube-controller-manager", "operation": "Update", "subresource": "status"},
                ],
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {
                "name": "web",
                "annotations": {
                    "meta.helm.sh/release-name": "other",
                    "meta.helm.sh/release-namespace": "prod",
                },
            },
        },
    ]
    (folder / "live-objects.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    given = ("--values", release / "values.yaml", "--evidence", release / "evidence")
    finished, verdict = done("drift", "--release", "prod/web", *given)
    assert finished.code == 11, finished.everything
    assert [one["message"] for one in verdict["findings"]] == [
        "prod/web has objects that Flux manages too, and the two undo each other: Deployment/web",
        "prod/web has objects that release prod/other manages too, and the two undo each other: Service/web",
    ]


OLD, NEW, HAND = "sk-invented-old-1", "sk-invented-new-2", "sk-invented-hand-3"
SECRETS = {
    "nobody touched it": (OLD, OLD, OLD, None),
    "rotated by the change": (OLD, NEW, OLD, "intended"),
    "rotated by hand": (OLD, OLD, HAND, "will-be-reverted"),
    "rotated on both sides": (OLD, NEW, HAND, "conflict"),
    "rotated alike on both sides": (OLD, NEW, NEW, "converged"),
    "a number that Helm typed": ("123456789012", "123456789012", 123456789012, None),
}
"""`set_sensitive` at the last apply, in the change, and what runs."""


@pytest.mark.parametrize("major", [2, 3])
@pytest.mark.parametrize("case", SECRETS)
@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded plans are not here")
def test_secrets_are_compared_and_never_shown(major: int, case: str, tmp_path: Path) -> None:
    """Version 2 of the provider keeps them in a set, and Terraform marks a set whole: the names in it are no secret."""
    was, becomes, live, status = SECRETS[case]
    folder = RECORDED / f"provider{major}-03-image-tag"
    plan = json.loads((folder / "plan.json").read_text())
    (release,) = [one for one in plan["resource_changes"] if one["type"] == "helm_release"]
    change = release["change"]
    for side, key, more in (("before", was, {}), ("after", becomes, {"t": 1})):
        values = [json.dumps({"replicaCount": 3, **more})]
        change[side].update(values=values, set=[], set_sensitive=[{"name": "masterkey", "value": key, "type": ""}])
        change[f"{side}_sensitive"]["set_sensitive"] = True if major == 2 else [{"value": True}]
    metadata = change["before"]["metadata"]
    (metadata[0] if major == 2 else metadata)["values"] = '{"replicaCount":3,"masterkey":"(sensitive value)"}'
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "live.json").write_text(json.dumps({"replicaCount": 3, "masterkey": live}))
    given = ("--live-values", tmp_path / "live.json", "--history", folder / "live-history.json")
    finished, verdict = done("review", tmp_path / "plan.json", *given)
    assert b"sk-invented" not in finished.everything
    found = {one["path"]: (one["status"], one["live"]) for one in verdict["drift"] if one["release"]}
    assert found.pop("t") == ("intended", None)
    assert found == ({} if status is None else {"masterkey": (status, "(sensitive)")})

"""Drift on recorded hand changes and on lists of targets: `review` with evidence, and `plangate drift`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import CORPUS
from tests.support import AS_OF, Done, run_here

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

"""`--live`: exactly what is asked of helm and kubectl, and that every fault of theirs is a reason and never a pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import AS_OF, Done, run
from tests.support.stand_ins import DRY_RUN, HELM, KUBECTL, SECRET, asked, cluster

CONFIGURATION = """environments:
  prod:
    cluster: {{kube_system_uid: "{uid}"}}
  dev:
    cluster: {{kube_system_uid: 11111111-2222-3333-4444-555555555555}}
"""


def review(folder: Path, env: dict[str, str], *more: str | Path) -> tuple[Done, Any]:
    (folder / "dry-run.txt").write_text(DRY_RUN)
    done = run(
        "review", folder / "dry-run.txt", "--live", *more, "--format", "json", "--as-of", AS_OF, env=env, cwd=folder
    )
    assert SECRET.encode() not in done.everything
    return done, json.loads(done.stdout) if done.stdout else None


def reasons(verdict: Any) -> list[str]:
    return [f"{one['what']}: {one['why']}" for one in verdict["coverage"]["skipped"]]


def test_exactly_this_is_asked(tmp_path: Path) -> None:
    done, verdict = review(tmp_path, cluster(tmp_path))
    assert (done.code, verdict["decision"]) == (0, "review")
    assert set(verdict["coverage"]["evidence"].values()) == {"given", "not-needed"} | {
        verdict["coverage"]["evidence"]["state"]
    }
    flags = "--namespace prod --ignore-not-found --output json --show-managed-fields"
    assert asked(tmp_path) == [
        "helm get hooks web --namespace prod --revision 1",
        "helm get manifest web --namespace prod --revision 1",
        "helm get metadata web --namespace prod -o json",
        "helm get values web --namespace prod -o json",
        "helm history web --namespace prod -o json",
        "kubectl api-resources --api-group=acme.example --output name",
        # The cluster knows no Widget, and kubectl would then answer nothing at all.
        f"kubectl get ConfigMap/c {flags}",
        f"kubectl get Secret/s {flags}",
        f"kubectl get Secret/s ConfigMap/c Widget.acme.example/w {flags}",
        f"kubectl get Widget.acme.example/w {flags}",
    ]


def test_what_a_flag_gives_is_not_asked(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    (tmp_path / "history.json").write_text('[{"revision":1,"status":"deployed","chart":"web-1.0.0"}]')
    (tmp_path / "values.json").write_text("{}")
    review(tmp_path, env, "--history", "history.json", "--live-values", "values.json")
    assert not [line for line in asked(tmp_path) if "history" in line or "values" in line]


def test_nothing_is_asked_without_it(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    (tmp_path / "dry-run.txt").write_text(DRY_RUN)
    run("review", tmp_path / "dry-run.txt", env=env, cwd=tmp_path)
    assert not (tmp_path / "bin" / "asked").exists()


FAULTS = {
    "unreachable": (
        "#!/bin/sh\necho 'Error: Kubernetes cluster unreachable: Get \"https://k\": x509' >&2; exit 1\n",
        "history could not be asked: the cluster cannot be reached",
    ),
    "forbidden": (
        "#!/bin/sh\necho 'Error: query: failed: secrets is forbidden: User \"x\" cannot list' >&2; exit 1\n",
        "history could not be asked: the cluster forbids it",
    ),
    "expired": (
        "#!/bin/sh\necho 'error: You must be logged in to the server (Unauthorized)' >&2; exit 1\n",
        "history could not be asked: the cluster does not know these credentials",
    ),
    "throttled": (
        "#!/bin/sh\necho 'Error: the server has received too many requests (Too Many Requests)' >&2; exit 1\n",
        "history could not be asked: the cluster asks to slow down, also after trying again",
    ),
    "unknown": (
        f"#!/bin/sh\necho 'Error: boom {SECRET}' >&2; exit 7\n",
        "history could not be asked: helm failed with exit code 7",
    ),
    "cut": (
        HELM.replace('echo \'[{"revision":1', "echo '[{\"revision\":1,'; exit 0; echo '"),
        "is not `helm history -o json`",
    ),
    "gone": (
        f"#!/bin/sh\necho 'Error: release: not found {SECRET}' >&2; exit 1\n",
        "the dry run upgrades it, and the cluster that was asked has no such release",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_helm_is_a_reason(tmp_path: Path, fault: str) -> None:
    text, expected = FAULTS[fault]
    done, verdict = review(tmp_path, cluster(tmp_path, helm=text))
    assert verdict["decision"] == "inconclusive", done.everything
    assert done.code == (3 if fault == "cut" else 4)
    assert [one for one in reasons(verdict) if expected in one], reasons(verdict)


OF_KUBECTL = {
    "unreachable": (
        "echo 'The connection to the server was refused: connection refused' >&2; exit 1",
        "the cluster cannot be reached",
    ),
    "forbidden": ("echo 'Error from server (Forbidden): secrets is forbidden' >&2; exit 1", "the cluster forbids it"),
    "cut": ('echo \'{"kind":"List","items":[{\'', "kubectl printed something that is not whole JSON"),
    "partial discovery": (
        "echo 'unable to retrieve the complete list of server APIs' >&2; "
        'echo "error: the server doesn\'t have a resource type" >&2; exit 1',
        "the cluster does not tell all of its kinds",
    ),
}


@pytest.mark.parametrize("fault", OF_KUBECTL)
def test_every_fault_of_kubectl_is_a_reason(tmp_path: Path, fault: str) -> None:
    text, expected = OF_KUBECTL[fault]
    done, verdict = review(tmp_path, cluster(tmp_path, kubectl=f"#!/bin/sh\n{text}\n"))
    assert done.code == 4
    assert [one for one in reasons(verdict) if f"live objects could not be asked: {expected}" in one], reasons(verdict)


def test_a_connection_that_broke_is_tried_once_more(tmp_path: Path) -> None:
    flaky = HELM.replace(
        "case ",
        'test -e "$here/tried" || { touch "$here/tried"; echo "read: connection reset by peer" >&2; exit 1; }\ncase ',
        1,
    )
    done, _ = review(tmp_path, cluster(tmp_path, helm=flaky))
    assert done.code == 0, done.everything


def test_a_tool_that_hangs_is_ended_with_everything_that_it_started(tmp_path: Path) -> None:
    env = cluster(tmp_path, helm='#!/bin/sh\nsleep 60 &\necho $! > "$(dirname "$0")/child"\nwait\n')
    done = run(
        *("drift", "--release", "prod/web", "--values", "/dev/null", "--live", "--timeout", "1", "--format", "json"),
        env=env,
        cwd=tmp_path,
    )
    assert done.code == 4, done.everything
    assert "helm took longer than 1 seconds" in done.stdout.decode()
    child = int((tmp_path / "bin" / "child").read_text())
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text().split()[2]


def test_a_missing_tool_is_a_reason(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    (tmp_path / "bin" / "helm").unlink()
    done, verdict = review(tmp_path, env)
    assert done.code == 4
    assert any("helm is not installed here" in one for one in reasons(verdict))


@pytest.mark.parametrize("live", [True, False])
def test_evidence_of_the_cluster_of_another_environment_is_inconclusive(tmp_path: Path, live: bool) -> None:
    env = cluster(tmp_path)
    (tmp_path / "dry-run.txt").write_text(DRY_RUN)
    (tmp_path / ".plangate.yaml").write_text(CONFIGURATION.format(uid="99999999-2222-3333-4444-555555555555"))
    run("collect", "prod/web", "--out", "evidence", env=env, cwd=tmp_path)
    given = ("--live",) if live else ("--evidence", "evidence")
    done = run("review", "dry-run.txt", *given, "--env", "prod", "--format", "json", env=env, cwd=tmp_path)
    assert done.code == 4, done.everything
    assert any("is from the cluster of dev, not from prod" in one for one in reasons(json.loads(done.stdout)))
    done = run("review", "dry-run.txt", *given, "--env", "dev", "--format", "json", env=env, cwd=tmp_path)
    assert done.code == 0, done.everything


def test_evidence_that_does_not_say_whose_it_is_is_inconclusive(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    (tmp_path / "dry-run.txt").write_text(DRY_RUN)
    (tmp_path / ".plangate.yaml").write_text(CONFIGURATION.format(uid="99999999-2222-3333-4444-555555555555"))
    manifest = ("--manifest", tmp_path / "bin" / "manifest.yaml")
    done = run("review", "dry-run.txt", *manifest, "--env", "dev", "--format", "json", env=env, cwd=tmp_path)
    assert done.code == 4
    assert any("does not say which cluster it is from" in one for one in reasons(json.loads(done.stdout)))


def test_kubectl_is_asked_for_no_kind_that_is_a_flag(tmp_path: Path) -> None:
    env = cluster(tmp_path)
    hostile = DRY_RUN.replace("kind: Widget", "kind: --kubeconfig=x")
    (tmp_path / "dry-run.txt").write_text(hostile)
    done = run("review", "dry-run.txt", "--live", "--format", "json", env=env, cwd=tmp_path)
    assert done.code == 4
    assert not [line for line in asked(tmp_path) if "kubeconfig" in line]
    assert KUBECTL

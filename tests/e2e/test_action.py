"""The action's own steps, in bash, with the environment files of a runner; and what may not be in any workflow."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.support.command import FIXTURES, ROOT, environment
from tests.support.git import git
from tests.support.github_server import HEAD, TOKEN, FakeGitHub, serving

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
WORKFLOWS = sorted((ROOT / ".github" / "workflows").rglob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{ *([^}]+?) *\}\}")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on PATH")


class Job:
    """As much of a runner as the action needs: inputs, environment files, and steps one after the other."""

    def __init__(self, folder: Path, server: FakeGitHub | None = None, **inputs: str):
        self.folder = folder
        self.inputs = {name: str(given.get("default", "")) for name, given in ACTION["inputs"].items()}
        self.inputs |= {"token": TOKEN, "plangate-path": str(plangate(folder)), "github-host": "127.0.0.1"}
        self.inputs |= {name.replace("_", "-"): value for name, value in inputs.items()}
        self.action = ROOT
        self.outputs: dict[str, dict[str, str]] = {}
        self.log = b""
        event = {
            "pull_request": {
                "number": 7,
                "head": {"sha": HEAD, "repo": {"full_name": "octo/infra"}},
                "base": {"repo": {"full_name": "octo/infra"}},
            }
        }
        (folder / "event.json").write_text(json.dumps(event))
        kept = {name: value for name, value in environment().items() if name not in ("PYTHONPATH", "GITHUB_TOKEN")}
        self.env = {
            **kept,
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": server.url if server else "http://127.0.0.1:9",
            "GITHUB_REPOSITORY": "octo/infra",
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_RUN_ID": "55",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "RUNNER_TEMP": str(folder / "temp"),
        }
        (folder / "temp").mkdir()
        (folder / "work").mkdir(exist_ok=True)

    def step(self, name: str, **env: str) -> int:
        """Run one step as the runner does, and read what it wrote."""
        (step,) = (one for one in ACTION["runs"]["steps"] if one.get("id") == name)
        assert step["shell"] == "bash"
        path = self.folder / f"{name}.output"
        path.write_text("")
        given = {key: EXPRESSION.sub(self.value, str(value)) for key, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
            cwd=self.folder / "work",
            env={**self.env, "GITHUB_ACTION_PATH": str(self.action), "GITHUB_OUTPUT": str(path), **given, **env},
            capture_output=True,
            check=False,
            timeout=120,
        )
        self.log += done.stdout + done.stderr
        self.outputs[name] = read_outputs(path.read_text())
        return done.returncode

    def value(self, found: re.Match[str]) -> str:
        kind, _, rest = found[1].partition(".")
        if kind == "inputs":
            return self.inputs[rest]
        step, _, name = rest.partition(".outputs.")
        return self.outputs.get(step, {}).get(name, "")


def read_outputs(text: str) -> dict[str, str]:
    """Both forms that a runner reads."""
    found = {m[1]: m[3] for m in re.finditer(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)}
    rest = re.sub(r"^([\w-]+)<<(\S+)\n(.*?)\n\2$", "", text, flags=re.MULTILINE | re.DOTALL)
    return found | dict(line.split("=", 1) for line in rest.splitlines() if "=" in line)


def plangate(folder: Path) -> Path:
    """A plangate that is already installed."""
    path = folder / "plangate"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m plangate "$@"\n')
    path.chmod(0o755)
    return path


def plan(name: str) -> str:
    return str(FIXTURES / name / "plan.json")


def test_a_block_fails_the_step_and_is_published(tmp_path):
    with serving() as server:
        job = Job(tmp_path, server, plan=plan("errored"), environment="prod", sarif="out.sarif", check_name="plangate")
        assert job.step("run") == 10
        outputs = job.outputs["run"]
        assert (outputs["decision"], outputs["exit-code"], outputs["published"]) == ("block", "10", "true")
        assert json.loads(Path(outputs["verdict"]).read_bytes())["environment"] == "prod"
        assert json.loads((tmp_path / "work" / "out.sarif").read_bytes())["version"] == "2.1.0"
        assert [check["name"] for check in server.checks] == ["plangate"]
        assert len(server.comments) == 1
        assert "## BLOCK" in (tmp_path / "summary").read_text()
        assert TOKEN.encode() not in job.log


def test_a_pass_passes_and_says_nothing(tmp_path):
    with serving() as server:
        job = Job(tmp_path, server, plan=plan("no-changes"))
        assert job.step("run") == 0
        assert server.comments == []
        assert server.checks[0]["conclusion"] == "success"


def test_without_comment_and_check_github_is_not_asked(tmp_path):
    with serving() as server:
        job = Job(tmp_path, server, plan=plan("errored"), comment="false", check="false")
        assert job.step("run") == 10
        assert server.requests == []
        assert job.outputs["run"]["decision"] == "block"


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, 2),
        ({"plan": "no-such-plan.json"}, 3),
        ({"plan": plan("target")}, 0),
        ({"plan": plan("target"), "fail_on": "review"}, 11),
        ({"plan": plan("target"), "require_publish": "true"}, 20),
        ({"plan": plan("errored"), "require_publish": "true"}, 10),
        ({"plan": plan("target"), "fail_on": "nothing"}, 2),
        ({"plan": f"{plan('no-changes')}\n{plan('errored')}\n"}, 10),
        ({"plan": plan("no-changes")}, 0),
    ],
)
def test_the_step_exits_with(tmp_path, inputs, code):
    job = Job(tmp_path, plan=inputs.pop("plan", ""), token="", **inputs)
    assert job.step("run") == code
    assert job.outputs["run"]["exit-code"] == str(code)


@pytest.mark.parametrize(("word", "comments"), [("yes", 1), ("TRUE", 1), ("On", 1), ("1", 1), ("no", 0), ("False", 0)])
def test_an_input_is_true_in_any_way_that_people_write_it(tmp_path, word, comments):
    with serving() as server:
        job = Job(tmp_path, server, plan=plan("errored"), comment=word, require_publish="NO")
        assert job.step("run") == 10
        assert (len(server.comments), len(server.checks)) == (comments, 1)


@pytest.mark.parametrize("name", ["comment", "check", "require-publish", "drift"])
def test_an_input_that_is_neither_true_nor_false_is_refused(tmp_path, name):
    job = Job(tmp_path, plan=plan("errored"))
    job.inputs[name] = "maybe"
    assert job.step("run") == 2
    assert f"The input `{name}` is neither true nor false".encode() in job.log
    assert job.outputs["run"] == {"exit-code": "2"}


def test_a_block_stays_one_whatever_becomes_of_its_publication(tmp_path):
    for number, change in enumerate(
        (
            {"GITHUB_API_URL": "https://evil.example"},
            {"HTTPS_PROXY": "socks5://127.0.0.1:1", "GITHUB_API_URL": ""},
            {"GITHUB_SHA": "", "GITHUB_EVENT_PATH": "/nowhere/event.json"},
            {"GITHUB_REPOSITORY": "odd"},
        )
    ):
        for name, code in (("errored", 10), ("target", 2)):
            job = Job(make(tmp_path / f"{number}-{name}"), plan=plan(name))
            assert job.step("run", **change) == code, job.log


def test_the_pages_that_it_wrote_are_outputs(tmp_path):
    with serving() as server:
        job = Job(tmp_path, server, plan=plan("errored"))
        job.step("run")
        for name in ("comment-url", "check-url"):
            assert job.outputs["run"][name].startswith("https://github.com/octo/infra/")
            assert ACTION["outputs"][name]["value"] == f"${{{{ steps.run.outputs.{name} }}}}"


EVIL = "$(touch pwned) `touch pwned` '; touch pwned; ' \" && touch pwned || \\"


@pytest.mark.parametrize(
    "name", ["plan", "target", "environment", "check-name", "policies", "verdict", "sarif", "expect"]
)
def test_no_input_is_run(tmp_path, name):
    job = Job(tmp_path, plan=plan("errored"), comment="false", check="false")
    job.inputs[name] = str(tmp_path / "work" / EVIL.replace("/", "")) if name == "verdict" else EVIL
    if name == "expect":
        job.inputs["verdicts"] = "verdicts"
    job.step("run")
    assert not list(tmp_path.rglob("pwned"))


def test_an_option_in_an_input_is_a_name_and_not_an_option(tmp_path):
    job = Job(tmp_path, plan="--help", comment="false", check="false")
    assert job.step("run") == 3


def test_verdicts_of_other_jobs_are_merged(tmp_path):
    with serving() as server:
        verdicts = tmp_path / "work" / "verdicts"
        for name, scenario in (("a", "no-changes"), ("b", "errored")):
            (verdicts / name).mkdir(parents=True)
            one = Job(make(tmp_path / name), server, plan=plan(scenario), target=name, comment="false", check="false")
            one.step("run")
            shutil.copy(one.outputs["run"]["verdict"], verdicts / name)
        job = Job(tmp_path, server, verdicts="verdicts", expect='["a", "b", "c"]', check_name="plangate")
        assert job.step("run") == 10
        assert [(c["name"], c["conclusion"]) for c in server.checks] == [("plangate", "failure")]
        assert "is expected and has no verdict" in server.comments[0].body


def make(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize(("expect", "code", "conclusion"), [("[]", 0, "success"), ("", 3, "failure")])
def test_no_target_passes_only_where_none_was_expected(tmp_path, expect, code, conclusion):
    with serving() as server:
        job = Job(tmp_path, server, verdicts="verdicts", expect=expect, check_name="plangate")
        assert job.step("run") == code
        assert [(c["name"], c["conclusion"]) for c in server.checks] == [("plangate", conclusion)]


# --- the trusted ref --------------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    """What actions/checkout leaves: one commit of the pull request, and no base. The pull request waives what it does."""
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    origin = make(tmp_path / "origin")
    git(origin, "init", "--quiet")
    (origin / ".plangate.yaml").write_text("fail_on: review\n")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "--message=base")
    git(origin, "checkout", "--quiet", "-b", "change")
    (origin / ".plangate.yaml").write_text("fail_on: block\n")
    git(origin, "commit", "--quiet", "--all", "--message=looser")
    work = f"file://{origin}"
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=change", work, "work")
    return tmp_path


def test_the_base_is_fetched_for_the_gate(checkout):
    job = Job(checkout, plan=plan("no-changes"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE="main") in (0, 4, 10, 11), job.log
    assert git(checkout / "work", "rev-parse", "origin/main") == git(checkout / "origin", "rev-parse", "main")


@pytest.mark.parametrize("said", ["main", ""], ids=["the event says it", "the remote says it"])
def test_an_event_without_a_base_has_the_gate_of_the_default_branch(checkout, said):
    git(checkout / "origin", "checkout", "--quiet", "main")
    job = Job(checkout, plan=plan("target"), comment="false", check="false")
    assert job.step("run", PLANGATE_DEFAULT_BRANCH=said) == 11, job.log
    (note,) = json.loads(Path(job.outputs["run"]["verdict"]).read_bytes())["notes"][:1]
    assert note.startswith("policies, waivers and configuration are those of refs/remotes/origin/main (")


def test_what_is_checked_out_is_the_gate_only_where_it_is_asked_for(checkout):
    job = Job(checkout, plan=plan("target"), comment="false", check="false", policy_ref="none")
    assert job.step("run", PLANGATE_BASE="main") == 0, job.log


def test_where_no_branch_is_the_default_one_nothing_is_reviewed(checkout):
    git(checkout / "origin", "symbolic-ref", "HEAD", "refs/heads/gone")
    job = Job(checkout, plan=plan("target"), comment="false", check="false")
    assert job.step("run") == 2
    assert b"the default branch is not known" in job.log


@pytest.mark.parametrize("depth", ["--depth=1", "--no-single-branch"])
def test_a_workspace_that_is_kept_fetches_the_base_again(checkout, depth):
    """The branch that it holds is one of before the gate became strict."""
    work = checkout / "work"
    shutil.rmtree(work)
    git(checkout, "clone", "--quiet", depth, "--branch=change", f"file://{checkout / 'origin'}", "work")
    before = git(work, "rev-list", "--count", "HEAD")
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    job = Job(checkout, plan=plan("target"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE="main") == 11, job.log
    assert git(work, "rev-list", "--count", "HEAD") == before, "no history is cut"


def test_a_tag_or_a_branch_with_the_name_of_the_base_does_not_stand_for_it(checkout):
    for kind in ("heads", "tags"):
        for name in ("origin/main", "refs/remotes/origin/main"):
            git(checkout / "work", "update-ref", f"refs/{kind}/{name}", "HEAD")
    job = Job(checkout, plan=plan("no-changes"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE="main") in (0, 4, 10, 11), job.log
    base = git(checkout / "origin", "rev-parse", "main")
    assert git(checkout / "work", "rev-parse", "refs/remotes/origin/main") == base
    assert f"({base[:7]})".encode() in job.log


def test_a_commit_of_the_merge_queue_is_fetched_too(checkout):
    base = git(checkout / "origin", "rev-parse", "main")
    git(checkout / "origin", "config", "uploadpack.allowAnySHA1InWant", "true")
    job = Job(checkout, plan=plan("no-changes"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE=base) in (0, 4, 10, 11), job.log
    assert git(checkout / "work", "cat-file", "-t", base) == "commit"


@pytest.mark.parametrize("base", ["gone", "1" * 40, "--upload-pack=touch pwned"])
def test_a_base_that_cannot_be_fetched_is_an_error(checkout, base):
    job = Job(checkout, plan=plan("no-changes"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE=base) == 2
    assert b"could not be fetched" in job.log
    assert not list(checkout.rglob("pwned"))


def test_without_a_checkout_only_a_gate_of_its_own_is_an_error(tmp_path):
    job = Job(tmp_path, plan=plan("no-changes"), comment="false", check="false")
    assert job.step("run", PLANGATE_BASE="main") == 0
    (tmp_path / "work" / ".plangate.yaml").write_text("{}\n")
    assert job.step("run", PLANGATE_BASE="main") == 2


# --- installation -----------------------------------------------------------------------------------------------------


def a_wheel(folder: Path) -> str:
    """The smallest wheel there is, and its line of a lock."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "ANSWER = 42\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("tiny-1.0.dist-info/WHEEL", wheel)
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    return f"tiny==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def installing(tmp_path):
    """The action at a commit whose lock has one package, with a cache that holds it."""
    if subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("this Python has no pip")
    job = Job(tmp_path)
    job.action = tmp_path / "action"
    shutil.copytree(ROOT / ".github" / "action", job.action / ".github" / "action")
    (job.action / "plangate").mkdir()
    (job.action / "plangate" / "__init__.py").write_text("HERE = True\n")
    wheels = make(tmp_path / "temp" / "plangate-wheels")
    (job.action / "requirements.lock").write_text(a_wheel(wheels))
    # There is a Python before any other on PATH, and no index to fall back to.
    tools = make(tmp_path / "bin")
    (tools / "python3").symlink_to(sys.executable)
    job.env |= {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PIP_INDEX_URL": "http://127.0.0.1:9",
        "PIP_RETRIES": "0",
    }
    return job


def test_the_cache_is_installed_and_the_package_runs_from_the_commit(installing):
    assert installing.step("prepare") == 0, installing.log
    prepared = installing.outputs["prepare"]
    assert re.fullmatch(r"cp3\d+-[0-9a-f]{16}", prepared["key"])
    assert installing.step("install") == 0, installing.log
    python = installing.outputs["install"]["python"]
    program = "import tiny, plangate, sys; print(tiny.ANSWER, plangate.__file__)"
    done = subprocess.run([python, "-I", "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().split() == ["42", str(installing.action / "plangate" / "__init__.py")]


def test_a_poisoned_cache_is_not_installed(installing):
    (wheel,) = (installing.folder / "temp" / "plangate-wheels").iterdir()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("evil.py", "")
    installing.step("prepare")
    assert installing.step("install") != 0
    assert b"fetched again" in installing.log


# --- what is written --------------------------------------------------------------------------------------------------


def steps(document: dict) -> list[dict]:
    jobs = document.get("jobs", {"": document.get("runs", {})})
    return [step for job in jobs.values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", [ROOT / "action.yml", *WORKFLOWS], ids=lambda path: path.name)
def test_no_expression_is_part_of_a_script_and_every_action_is_pinned(path):
    for step in steps(yaml.safe_load(path.read_text())):
        assert "${{" not in step.get("run", ""), step
        uses = step.get("uses", "./")
        assert uses == "./" or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses), uses


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_no_job_has_more_permissions_than_it_says(path):
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] in ({}, {"contents": "read"})


def test_what_the_examples_give_and_take_exists():
    for path in WORKFLOWS:
        text = path.read_text()
        for step in steps(yaml.safe_load(text)):
            if step.get("uses", "").startswith(("plangate/plangate@", "./")):
                assert set(step.get("with", {})) <= set(ACTION["inputs"]), path
        for name in re.findall(r"steps\.(?:plangate|passes|blocks)\.outputs\.([\w-]+)", text):
            assert name in ACTION["outputs"], path


def test_the_root_modules_of_a_change_are_listed(checkout):
    work = checkout / "work"
    git(work, "fetch", "--quiet", "--unshallow", "origin", "main:main")
    (work / "live" / "a b").mkdir(parents=True)
    (work / "live" / "a b" / "main.tf").write_text("")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=x")
    job = Job(checkout, roots="live", changed_since="main")
    assert job.step("run") == 0, job.log
    assert job.outputs["run"] == {"roots": '["live/a b"]', "exit-code": "0"}
    shutil.rmtree(work / "live")
    git(work, "commit", "--quiet", "--all", "--message=y")
    git(work, "branch", "--force", "main", "HEAD~1")
    assert job.step("run") == 4
    assert job.outputs["run"] == {"exit-code": "4"}, "an empty list would say that nothing has to be planned"


def test_the_plan_is_verified_before_the_apply(tmp_path):
    state = str(FIXTURES / "update-in-place" / "state.tfstate")
    given = {"plan": plan("update-in-place"), "state": state, "check": "false", "comment": "false", "key": "k1"}
    first = Job(tmp_path, **given)
    assert first.step("run") == 0, first.log
    assert len(first.outputs["run"]["fingerprint"]) == 64
    (tmp_path / "two").mkdir()
    second = Job(tmp_path / "two", **given, verify=first.outputs["run"]["verdict"])
    assert second.step("run") == 0, second.log
    assert second.outputs["run"] == {"exit-code": "0"}
    (tmp_path / "three").mkdir()
    third = Job(tmp_path / "three", **{**given, "plan": plan("release")}, verify=first.outputs["run"]["verdict"])
    assert third.step("run") == 10, third.log
    assert b"DIFFERENT" in third.log


def test_a_saved_verdict_that_is_not_there_is_said(tmp_path):
    with serving() as server:
        job = Job(tmp_path, server, published_verdict=str(tmp_path / "verdict.json"))
        assert job.step("run") == 3
        assert b"is not there" in job.log


def test_a_saved_verdict_is_published_again_and_only_the_gates_own(tmp_path):
    with serving() as server:
        first = Job(tmp_path, server, plan=plan("errored"), check="false", comment="false", key="k1")
        assert first.step("run") == 10
        (tmp_path / "two").mkdir()
        saved = first.outputs["run"]["verdict"]
        second = Job(tmp_path / "two", server, published_verdict=saved, key="k1")
        assert second.step("run") == 10, second.log
        assert [run["conclusion"] for run in server.checks] == ["failure"]
        (tmp_path / "three").mkdir()
        third = Job(tmp_path / "three", server, published_verdict=saved, key="k2")
        assert third.step("run") == 3, third.log
        assert len(server.checks) == 1


def test_drift_of_the_night(tmp_path):
    job = Job(tmp_path, plan=plan("update-in-place"), drift="true", check="false", comment="false")
    assert job.step("run") in (0, 11), job.log
    assert job.outputs["run"]["decision"] in ("pass", "review")


@pytest.mark.parametrize("tool", ["actionlint", "zizmor"])
def test_the_linters_of_workflows_find_nothing(tool):
    found = shutil.which(tool) or shutil.which(str(Path(sys.executable).parent / tool))
    if found is None:
        pytest.skip(f"{tool} is not on PATH")
    files = WORKFLOWS if tool == "actionlint" else [ROOT / "action.yml", *WORKFLOWS]
    options = [] if tool == "actionlint" else ["--offline", "--no-progress"]
    done = subprocess.run([found, *options, *map(str, files)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

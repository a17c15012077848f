"""A repository that does its worst to the gate that is read from it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from tests.e2e.test_waivers import PLAN, POLICY
from tests.support.command import AS_OF, run
from tests.support.git import commit, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not on PATH")


@pytest.fixture
def repo(tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "no-main.yaml").write_text(POLICY.replace("[other]", "[main]"))
    (tmp_path / ".plangate.yaml").write_text("policy_paths: rules\n")
    return tmp_path


def review(repo, ref="main", *more):
    done = run("review", "plan.json", f"--policy-ref={ref}", "--format", "json", "--as-of", AS_OF, *more, cwd=repo)
    policies = [f["policy"] for f in json.loads(done.stdout)["findings"]] if done.stdout else []
    return done.code, policies, done.stderr.decode()


def test_filters_attributes_hooks_and_aliases_of_the_repository_do_not_run(repo):
    told = repo / "told"
    (repo / ".gitattributes").write_text("* filter=evil diff=evil\n")
    commit(repo)
    for key in (
        "filter.evil.smudge",
        "filter.evil.process",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.pager",
        "alias.cat-file",
    ):
        git(repo, "config", key, f"touch {told}; cat")
    hooks = repo / ".git" / "hooks"
    for name in ("post-checkout", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {told}\n")
        (hooks / name).chmod(0o755)
    assert review(repo)[:2] == (10, ["stateful-resource-destroyed", "no-main"])
    assert not told.exists()


def test_a_replaced_object_is_not_read(repo):
    commit(repo)
    good = subprocess.check_output(["git", "rev-parse", "main:rules/no-main.yaml"], cwd=repo).decode().strip()
    (repo / "other").write_text(POLICY)
    bad = subprocess.check_output(["git", "hash-object", "-w", "other"], cwd=repo).decode().strip()
    git(repo, "replace", good, bad)
    assert review(repo)[:2] == (10, ["stateful-resource-destroyed", "no-main"])


def test_another_repository_in_the_environment_is_not_read(repo, tmp_path_factory):
    commit(repo)
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "--quiet", "--initial-branch=main")
    commit(other)
    env = {"GIT_DIR": str(other / ".git"), "GIT_WORK_TREE": str(other)}
    done = run("review", "plan.json", "--policy-ref=main", "--format", "json", "--as-of", AS_OF, cwd=repo, env=env)
    assert "no-main" in [f["policy"] for f in json.loads(done.stdout)["findings"]]


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("--output=x", "is not a ref"),
        ("-h", "is not a ref"),
        ("main:rules", "is not a ref"),
        ("main\nmain", "is not a ref"),
        ("", "is not a ref"),
        ("nowhere", "is not here"),
        ("main^{tree}", "is not a ref"),
        ("main@{1}", "is not here"),
        ("main..main", "is not here"),
        ("refs/heads/nowhere", "is not here"),
        ("0" * 40, "is not here"),
    ],
)
def test_a_ref_that_is_none_stops_everything(repo, ref, words):
    commit(repo)
    code, policies, said = review(repo, ref)
    assert (code, policies) == (2, [])
    assert words in said


@pytest.fixture
def loosened(repo):
    """A repository whose remote branch is strict, and whose checkout has switched its gate to observing."""
    commit(repo)
    git(repo, "update-ref", "refs/remotes/origin/main", "HEAD")
    (repo / ".plangate.yaml").write_text("mode: observe\n")
    commit(repo)
    return repo


@pytest.mark.parametrize("kind", ["tags", "heads"])
def test_a_branch_of_the_remote_comes_before_a_tag_and_a_branch_of_its_name(loosened, kind):
    for name in ("origin/main", "refs/remotes/origin/main"):
        git(loosened, "update-ref", f"refs/{kind}/{name}", "HEAD")
    for ref in ("origin/main", "refs/remotes/origin/main", git(loosened, "rev-parse", "refs/remotes/origin/main")):
        code, policies, _ = review(loosened, ref)
        assert (code, "no-main" in policies, "gate-loosened" in policies) == (10, True, True), ref


def test_a_whole_ref_that_is_not_there_is_no_tag_of_that_name(loosened):
    git(loosened, "update-ref", "refs/tags/refs/remotes/origin/other", "HEAD")
    git(loosened, "update-ref", "refs/heads/refs/remotes/origin/other", "HEAD")
    code, _, said = review(loosened, "refs/remotes/origin/other")
    assert (code, "is not here" in said) == (2, True)


@pytest.mark.parametrize(
    ("name", "refs", "words"),
    [
        ("v1", {"refs/tags/v1": "HEAD", "refs/heads/v1": "HEAD"}, "is ambiguous: refs/heads/v1, refs/tags/v1"),
        ("main", {}, "is ambiguous: refs/heads/main, refs/remotes/origin/main"),
        (
            "other",
            {"refs/remotes/a/other": "HEAD", "refs/remotes/b/other": "HEAD~1"},
            "is ambiguous: refs/remotes/a/other",
        ),
    ],
)
def test_a_name_that_means_several_things_stops_everything(loosened, name, refs, words):
    for ref, to in refs.items():
        git(loosened, "update-ref", ref, to)
    code, policies, said = review(loosened, name)
    assert (code, policies, words in said) == (2, [], True)


def test_a_name_that_means_one_thing_is_read(loosened):
    git(loosened, "branch", "--quiet", "old", "HEAD~1")
    git(loosened, "update-ref", "refs/remotes/upstream/only", "HEAD~1")
    git(loosened, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    short = git(loosened, "rev-parse", "--short=12", "HEAD~1")
    for ref in ("old", "only", "origin", "HEAD~1", "origin/main", "refs/heads/old", short, "old~0"):
        code, policies, _ = review(loosened, ref)
        assert (code, "no-main" in policies) == (10, True), ref


def linked_folder(repo):
    (repo / "real").mkdir()
    (repo / "rules" / "no-main.yaml").rename(repo / "real" / "no-main.yaml")
    (repo / "rules").rmdir()
    (repo / "rules").symlink_to("real")


def linked_file(repo):
    (repo / "rules" / "no-main.yaml").rename(repo / "hidden")
    (repo / "rules" / "no-main.yaml").symlink_to("../hidden")


def linked_out(repo):
    (repo / "rules" / "secrets.yaml").symlink_to("/etc/passwd")


def linked_configuration(repo):
    (repo / ".plangate.yaml").rename(repo / "hidden")
    (repo / ".plangate.yaml").symlink_to("hidden")


def huge(repo):
    (repo / "rules" / "huge.yaml").write_text("#" * ((1 << 20) + 1))


def not_text(repo):
    (repo / "rules" / "odd.yaml").write_bytes(b"\xff\xfe\x00")


def submodule(repo):
    inner = repo / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet", "--initial-branch=main")
    commit(inner)
    shutil.rmtree(repo / "rules")
    git(repo, "submodule", "--quiet", "add", "./inner", "rules")


@pytest.mark.parametrize(
    ("do", "words"),
    [
        (linked_folder, "links are not followed"),
        (linked_file, "links are not followed"),
        (linked_out, "links are not followed"),
        (linked_configuration, "links are not followed"),
        (huge, "is larger than 1 MiB"),
        (not_text, "is not UTF-8"),
        (submodule, "links are not followed"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_what_is_no_plain_file_stops_everything(repo, do, words):
    do(repo)
    commit(repo)
    code, policies, said = review(repo)
    assert (code, policies) == (2, [])
    assert words in said
    assert "root:" not in said


@pytest.mark.parametrize("path", ["../rules", "/etc", "rules/../../x", "~/rules", "C:/rules"])
def test_a_path_that_leads_out_is_refused(repo, path):
    (repo / ".plangate.yaml").write_text(f"policy_paths: {path}\n")
    commit(repo)
    code, policies, said = review(repo)
    assert (code, policies) == (2, [])
    assert "does not lead into this repository" in said


def test_a_name_with_a_line_break_is_a_name(repo):
    (repo / "rules" / "a\nb.yaml").write_text("id: x\n")
    commit(repo)
    code, _, said = review(repo)
    assert code == 2
    assert "\nb.yaml" not in said

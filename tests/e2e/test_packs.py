"""Packs of policies from another repository: fetched by `plangate policy vendor`, read as a copy by a review."""

import json

import pytest

from tests.e2e.test_policies import DELETE, OURS
from tests.support.git import commit as commit_all
from tests.support.git import git


@pytest.fixture
def pack(tmp_path):
    """A repository with a pack, its commit, and a folder whose configuration names it."""
    theirs, here = tmp_path / "theirs", tmp_path / "here"
    (theirs / "policies" / "messaging").mkdir(parents=True)
    here.mkdir()
    family = "title: Messaging\nsummary: What a change means for queues\nsource: terraform\n"
    (theirs / "policies" / "messaging" / "family.yaml").write_text(family)
    (theirs / "policies" / "messaging" / "queue-gone.yaml").write_text(
        OURS.replace("family: terraform", "family: messaging")
    )
    git(theirs, "init", "-q")
    commit_all(theirs)
    commit = git(theirs, "rev-parse", "HEAD")
    (here / "plan.json").write_text(json.dumps(DELETE))
    (here / ".plangate.yaml").write_text(f"policy_paths: ['git+file://{theirs}@{commit}#policies/messaging']\n")
    return here, theirs, commit


def test_a_pack_is_fetched_once_tested_and_named_in_the_verdict(plangate, pack):
    here, theirs, commit = pack
    before = plangate("review", "plan.json", cwd=here)
    assert (before.code, before.stdout) == (2, b"")
    assert "is not here" in before.stderr.decode()
    assert "plangate policy vendor" in before.stderr.decode()
    folder = f".plangate/packs/theirs-{commit[:12]}/policies/messaging"
    done = plangate("policy", "vendor", cwd=here)
    assert (done.code, done.stdout.decode()) == (0, f"wrote {folder}\n"), done.stderr
    theirs.rename(theirs.with_name("gone"))
    assert plangate("policy", "test", ".plangate/packs", cwd=here).stdout == b"2 cases of 1 policies, 0 failed\n"
    verdict = plangate("review", "plan.json", "--format", "json", cwd=here)
    assert "queue-gone" in {one["policy"] for one in json.loads(verdict.stdout)["findings"]}
    assert f"at {commit[:12]} (sha256:" in verdict.stdout.decode()


def test_a_copy_that_was_edited_is_refused(plangate, pack):
    here, _, _ = pack
    plangate("policy", "vendor", cwd=here)
    (file,) = here.rglob("queue-gone.yaml")
    file.write_text(file.read_text().replace("severity: high", "severity: info"))
    done = plangate("review", "plan.json", cwd=here)
    assert (done.code, done.stdout) == (2, b"")
    assert "differs from what was fetched" in done.stderr.decode()


def test_what_is_not_fetched_is_told(plangate, pack):
    here, theirs, _ = pack
    (here / ".plangate.yaml").write_text(f"policy_paths: ['git+file://{theirs}@{'0' * 40}']\n")
    done = plangate("policy", "vendor", cwd=here)
    assert done.code == 2
    assert "cannot be fetched" in done.stderr.decode()


@pytest.mark.parametrize(
    "reference", ["git+https://example.org/a@main", "git+https://example.org/a@" + "0" * 40 + "#../x"]
)
def test_a_pack_without_a_commit_is_refused(plangate, pack, reference):
    here, _, _ = pack
    (here / ".plangate.yaml").write_text(f"policy_paths: ['{reference}']\n")
    done = plangate("review", "plan.json", cwd=here)
    assert done.code == 2
    assert "with all digits of the commit" in done.stderr.decode()

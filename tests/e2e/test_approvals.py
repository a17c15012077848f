"""A review is answered by those who may, for the plan that they saw, and by nobody else."""

from __future__ import annotations

import json

import pytest
from msgspec import structs

from plangate.report import json_v1, wire
from tests.e2e.test_publish import Runner, runner  # noqa: F401 - the fixture
from tests.support.command import AS_OF, run_here
from tests.support.github_server import HEAD, NEW, Fault

REPLACED = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "complete": True,
    "applyable": True,
    "errored": False,
}


def bucket(name: str, description: str = "old") -> dict:
    """A bucket that goes, and would refuse while it is not empty: a review."""
    before = {"bucket": name, "force_destroy": False, "tags": {"about": description}}
    return {
        "address": f"aws_s3_bucket.{name}",
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": name,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["delete"],
            "before": before,
            "after": None,
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": False,
        },
    }


def resized(type_: str) -> dict:
    """A virtual machine whose type changes: a review, with a value that decides."""
    sides = [{"ami": "ami-1", "instance_type": size} for size in ("m5.large", type_)]
    return {
        **bucket("x"),
        "address": "aws_instance.main",
        "type": "aws_instance",
        "name": "main",
        "change": {
            "actions": ["update"],
            "before": sides[0],
            "after": sides[1],
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": {},
        },
    }


@pytest.fixture
def repo(runner: Runner, monkeypatch):  # noqa: F811
    monkeypatch.chdir(runner.folder)
    for name in ("PLANGATE_KEY", "PLANGATE_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    runner.configure = (runner.folder / ".plangate.yaml").write_text  # type: ignore[attr-defined]
    runner.configure("approvals: {users: [bob, cy]}\n")  # type: ignore[attr-defined]
    return runner


def go(repo: Runner, *changes: dict, run: int = 55, fail_on: str = "block") -> int:
    """Review these changes and publish the verdict, as one run of the workflow."""
    (repo.folder / "plan.json").write_text(json.dumps({**REPLACED, "resource_changes": list(changes)}))
    path = repo.folder / "verdict.json"
    done = run_here("review", "plan.json", "--as-of", AS_OF, "--fail-on", fail_on, "-o", f"json={path}")
    assert json.loads(path.read_bytes())["decision"] == "review", done.stdout
    return again(repo, run=run)


def again(repo: Runner, run: int = 60) -> int:
    """Publish the same verdict again, as a later run does when somebody has approved."""
    import os

    os.environ["GITHUB_RUN_ID"] = str(run)
    done = run_here("publish", repo.folder / "verdict.json", "--github-host", "127.0.0.1", "--check-name", "plangate")
    repo.said = done.stderr.decode()  # type: ignore[attr-defined]
    return done.code


def conclusion(repo: Runner) -> str:
    """What GitHub shows: the latest check of that name on the head."""
    return [run for run in repo.server.checks if run["head_sha"] == repo.server.head][-1]["conclusion"]


def push(repo: Runner, sha: str = NEW) -> None:
    repo.server.push(sha, "ann")
    repo.event(sha=sha)


def test_the_check_waits_until_somebody_who_may_has_approved(repo):
    assert go(repo, bucket("logs"), fail_on="review") == 11
    assert conclusion(repo) == "action_required"
    assert (
        "needs an approval: 1 approval of bob or cy, who did not open this pull request" in repo.server.comments[0].body
    )
    repo.server.review("bob")
    assert again(repo) == 0
    assert conclusion(repo) == "success"
    assert repo.server.checks[-1]["output"]["title"].startswith("REVIEW, approved by bob: ")
    assert "approved by bob, for what this plan asks about" in repo.server.comments[0].body
    assert repo.outputs["approved"] == "true"


@pytest.mark.parametrize("who", ["ann", "mallory", "github-actions[bot]"])
def test_neither_the_author_nor_somebody_else_answers(repo, who):
    repo.configure("approvals: {users: [ann, bob]}\n")
    go(repo, bucket("logs"))
    repo.server.review(who)
    again(repo)
    assert conclusion(repo) == "action_required"
    assert "approved" not in repo.server.comments[0].body


def test_teams_and_numbers(repo):
    repo.configure("approvals: {teams: [platform], users: [cy], count: 2}\n")
    repo.server.teams["platform"] = {"bob", "ann"}
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo, 60)
    assert conclusion(repo) == "action_required"
    assert "1 approval of the team platform or cy" in repo.server.comments[0].body
    repo.server.review("cy")
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_without_names_whoever_may_write_answers(repo):
    repo.configure("approvals: {}\n")
    repo.server.writers = {"dee", "ann"}
    go(repo, bucket("logs"))
    repo.server.review("reader")
    again(repo, 60)
    assert conclusion(repo) == "action_required"
    repo.server.review("dee")
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_an_approval_from_before_the_plan_was_shown_is_not_one_of_it(repo):
    repo.server.review("bob")
    go(repo, bucket("logs"))
    assert conclusion(repo) == "action_required"
    again(repo)
    assert conclusion(repo) == "action_required"


def test_an_approval_is_carried_over_to_a_plan_that_asks_for_no_more(repo):
    go(repo, bucket("logs"), bucket("media"))
    repo.server.review("bob")
    push(repo)
    go(repo, bucket("logs"), run=56)
    assert conclusion(repo) == "success"


@pytest.mark.parametrize(
    "changes",
    [
        [bucket("logs"), bucket("media")],
        [bucket("media")],
        [{**bucket("logs"), "address": "aws_s3_bucket.other"}],
    ],
)
def test_and_not_to_one_that_asks_for_more_or_something_else(repo, changes):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    push(repo)
    go(repo, *changes, run=56)
    assert conclusion(repo) == "action_required"
    repo.server.review("bob")
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_the_same_finding_of_a_change_that_does_something_else_is_another_one(repo):
    go(repo, resized("m5.xlarge"))
    repo.server.review("bob")
    again(repo, 60)
    assert conclusion(repo) == "success"
    push(repo)
    go(repo, resized("t3.micro"), run=61)
    assert conclusion(repo) == "action_required"


def test_another_plan_on_the_same_commit_needs_another_approval(repo):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    go(repo, bucket("media"), run=56)
    assert conclusion(repo) == "action_required"


@pytest.mark.parametrize("state", ["CHANGES_REQUESTED", "DISMISSED"])
def test_an_approval_can_be_taken_back(repo, state):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    repo.server.review("bob", state)
    again(repo)
    assert conclusion(repo) == "action_required"


def test_one_who_asks_for_changes_holds_it_back_and_a_remark_does_not(repo):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    repo.server.review("cy", "CHANGES_REQUESTED")
    again(repo, 60)
    assert conclusion(repo) == "action_required"
    assert "cy asked for changes" in repo.server.comments[0].body
    repo.server.review("cy")
    repo.server.review("bob", "COMMENTED")
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_what_cannot_be_asked_approves_nothing(repo):
    repo.configure("approvals: {teams: [platform]}\n")
    repo.server.teams_allowed = False
    go(repo, bucket("logs"))
    repo.server.review("bob")
    assert again(repo) == 0
    assert conclusion(repo) == "action_required"
    assert "who may approve cannot be asked" in repo.said


def test_every_request_that_fails_leaves_it_unapproved_or_approved_by_right(repo):
    go(repo, bucket("logs"))
    for k in range(12):
        repo.server.script = {len(repo.server.requests) + k: Fault("403")}
        again(repo, 60 + k)
        assert conclusion(repo) == "action_required"
    repo.server.script = {}
    repo.server.review("bob")
    again(repo, 99)
    assert conclusion(repo) == "success"


def test_a_comment_that_says_it_was_approved_approves_nothing(repo):
    go(repo, bucket("logs"))
    repo.server.comments[0].body = repo.server.comments[0].body.replace("needs an approval", "approved by bob")
    check = repo.server.checks[-1]["output"]["summary"].partition("\n")[0]
    repo.server.add_comment(check, "mallory")
    again(repo)
    assert conclusion(repo) == "action_required"


def test_with_a_key_only_what_the_gate_itself_told_was_seen(repo, monkeypatch):
    monkeypatch.setenv("PLANGATE_KEY", "k1")
    go(repo, bucket("logs"))
    told = repo.server.checks[-1]
    genuine = told["output"]["summary"]
    told["output"]["summary"] = genuine.replace("seal=", "seal=0", 1)[: len(genuine)]
    repo.server.review("bob")
    again(repo, 60)
    assert conclusion(repo) == "action_required"
    repo.server.checks[:] = [told]
    told["output"]["summary"] = genuine
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_the_merge_queue_asks_about_its_pull_request(repo):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    group = {"head_sha": NEW, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{HEAD}"}
    (repo.folder / "event.json").write_text(json.dumps({"merge_group": group}))
    again(repo)
    assert repo.server.checks[-1]["head_sha"] == NEW
    assert repo.server.checks[-1]["conclusion"] == "success"
    assert len(repo.server.comments) == 1


# --- what was seen ------------------------------------------------------------------------------------------------------


def secret(value: str) -> dict:
    """A virtual machine whose type and tags change; the tags are hidden."""
    change = resized("m5.xlarge")
    for side, text in (("before", "old"), ("after", value)):
        change["change"][side]["tags"] = {"about": text}
        change["change"][f"{side}_sensitive"] = {"tags": True}
    return change


def unknown() -> dict:
    """A virtual machine whose type changes, with an image that is only known after the apply."""
    change = resized("m5.xlarge")
    del change["change"]["after"]["ami"]
    change["change"]["after_unknown"] = {"ami": True}
    return change


@pytest.mark.parametrize("key", [None, "k1"])
@pytest.mark.parametrize("change", [secret("new"), unknown()], ids=["hidden", "unknown"])
def test_what_nobody_can_see_is_approved_for_one_commit_only(repo, monkeypatch, key, change):
    if key is not None:
        monkeypatch.setenv("PLANGATE_KEY", key)
    go(repo, change)
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "success"
    push(repo)
    go(repo, change, run=61)
    assert conclusion(repo) == "action_required"


def test_what_is_left_out_is_approved_for_one_commit_only(repo):
    repo.configure("approvals: {users: [bob]}\nverify: {volatile: [aws_instance.ami]}\n")
    change = resized("m5.xlarge")
    change["change"]["after"]["ami"] = "ami-2"
    go(repo, change)
    repo.server.review("bob")
    push(repo)
    go(repo, change, run=61)
    assert conclusion(repo) == "action_required"


def test_only_checks_of_the_app_that_publishes_say_what_was_seen(repo):
    go(repo, bucket("logs"))
    repo.server.checks[-1]["app"] = {"id": 99}
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "action_required"
    repo.server.review("bob")
    again(repo, 61)
    assert conclusion(repo) == "success"


@pytest.mark.parametrize("pusher", ["", None], ids=["told", "named by the commit alone"])
def test_whoever_pushed_the_last_commit_does_not_answer(repo, pusher):
    repo.server.push(NEW, "bob", pusher=pusher)
    repo.event(sha=NEW)
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "action_required"
    assert "bob pushed what was approved, or pushed since, and does not count" in repo.server.comments[0].body
    repo.server.review("cy")
    again(repo, 61)
    assert conclusion(repo) == "success"


def test_a_commit_in_the_name_of_another_one_hides_nobody(repo):
    repo.server.push(NEW, "ann", pusher="bob")
    repo.event(sha=NEW)
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "action_required"


@pytest.mark.parametrize("forced", [False, True])
def test_whoever_pushed_since_the_review_does_not_answer(repo, forced):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    repo.server.push("c" * 40, "bob", forced=forced)
    push(repo)
    go(repo, bucket("logs"), run=56)
    assert conclusion(repo) == "action_required"


def test_whoever_pushed_before_others_did_answers(repo):
    repo.server.push("c" * 40, "bob")
    push(repo)
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "success"


def test_where_nobody_says_who_pushed_nobody_answers(repo):
    repo.server.push(NEW, None, pusher=None)
    repo.event(sha=NEW)
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo)
    assert conclusion(repo) == "action_required"
    assert "plangate: who has approved cannot be told, so nobody counts: GitHub does not say who pushed" in repo.said


def test_an_enterprise_managed_user_answers(repo):
    repo.configure("approvals: {users: [bob_acme]}\n")
    go(repo, bucket("logs"))
    repo.server.review("bob_acme")
    again(repo)
    assert conclusion(repo) == "success"


def test_a_token_that_may_not_make_checks_has_no_approvals(repo):
    repo.server.checks_allowed = False
    go(repo, bucket("logs"))
    repo.server.review("bob")
    assert again(repo) == 0
    assert [status["state"] for status in repo.server.statuses] == ["pending", "pending"]
    assert "nobody counts: only checks say what was seen" in repo.said


# --- one commit, two branches -------------------------------------------------------------------------------------------


def target_branch(repo: Runner, base: str) -> None:
    event = json.loads((repo.folder / "event.json").read_text())
    event["pull_request"]["base"]["ref"] = base
    (repo.folder / "event.json").write_text(json.dumps(event))


def test_a_second_pull_request_into_another_branch_does_not_answer_for_the_first(repo):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    target_branch(repo, "dev")
    go(repo, bucket("logs"), run=60)
    assert [(check["name"], check["conclusion"]) for check in repo.server.checks] == [
        ("plangate", "action_required"),
        ("plangate into dev", "action_required"),
    ]


def test_a_verdict_of_the_gate_of_another_branch_is_not_published_here(repo):
    go(repo, bucket("logs"))
    path = repo.folder / "verdict.json"
    saved = json_v1.parse(path.read_bytes())
    for branch, checks in (("dev", 1), ("main", 2)):
        milder = structs.replace(
            saved,
            provenance=wire.Provenance(run=60, attempt=1, policy_ref=f"refs/remotes/origin/{branch}"),
        )
        path.write_bytes(json_v1.ENCODER.encode(milder))
        again(repo, 60)
        assert len(repo.server.checks) == checks, repo.said
    path.write_bytes(json_v1.ENCODER.encode(structs.replace(milder, provenance=wire.Provenance(policy_ref="v1"))))
    assert "the check was not published" not in repo.said


# --- who is later -------------------------------------------------------------------------------------------------------


def test_runs_are_in_the_order_of_github_and_not_of_their_clocks(repo, monkeypatch):
    """The first run publishes again after the second one, and its clock is a year ahead."""
    monkeypatch.setenv("GITHUB_RUN_ID", "56")
    go(repo, bucket("logs"), run=56)
    path = repo.folder / "verdict.json"
    saved = json_v1.parse(path.read_bytes())
    assert (saved.provenance.run, saved.provenance.attempt) == (56, 1)
    monkeypatch.setenv("GITHUB_RUN_ID", "55")
    older = structs.replace(
        saved,
        decision="pass",
        exit_code=0,
        risk=None,
        findings=[],
        changes=[structs.replace(one, findings=[]) for one in saved.changes],
        created_at="2027-01-31T12:00:00Z",
        provenance=wire.Provenance(run=55, attempt=1),
    )
    path.write_bytes(json_v1.ENCODER.encode(older))
    assert again(repo, 55) == 0
    assert conclusion(repo) == "action_required"
    assert again(repo, 60) == 0, "published again, it is not newer than what it says"
    assert conclusion(repo) == "action_required"
    path.write_bytes(json_v1.ENCODER.encode(structs.replace(older, provenance=wire.Provenance(run=56, attempt=2))))
    assert again(repo, 56) == 0
    assert conclusion(repo) == "success"


def made_blocking(saved):
    findings = [structs.replace(one, severity="critical", decision="block") for one in saved.findings]
    return structs.replace(saved, findings=findings, risk="critical", decision="block", exit_code=10)


def test_a_block_cannot_be_approved(repo):
    go(repo, bucket("logs"))
    saved = json_v1.parse((repo.folder / "verdict.json").read_bytes())
    (repo.folder / "verdict.json").write_bytes(json_v1.ENCODER.encode(made_blocking(saved)))
    repo.server.review("bob")
    assert again(repo) == 10
    assert conclusion(repo) == "failure"


def test_a_later_verdict_wins_over_an_earlier_one_that_was_published_again(repo):
    go(repo, bucket("logs"))
    repo.server.review("bob")
    again(repo, 60)
    assert conclusion(repo) == "success"
    path = repo.folder / "verdict.json"
    saved = json_v1.parse(path.read_bytes())
    later = structs.replace(made_blocking(saved), created_at="2026-01-31T12:30:00Z")
    path.write_bytes(json_v1.ENCODER.encode(later))
    assert again(repo, 55) == 10
    assert conclusion(repo) == "failure"

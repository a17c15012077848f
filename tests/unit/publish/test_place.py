import json

import pytest

from plangate.errors import PublishError, UsageError
from plangate.publish.place import find, resolved
from tests.support.github_actors import client
from tests.support.github_server import HEAD, NEW, OLD, serving

RUNNER = {
    "GITHUB_REPOSITORY": "octo/infra",
    "GITHUB_SHA": OLD,
    "GITHUB_RUN_ID": "55",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SERVER_URL": "https://github.com",
}


def pull(head="octo/infra", sha=HEAD):
    repo = {"full_name": head} if head else None
    return {"number": 7, "head": {"sha": sha, "repo": repo}, "base": {"repo": {"full_name": "octo/infra"}}}


def found(event, payload, **options):
    return find({**RUNNER, "GITHUB_EVENT_NAME": event}, json.dumps(payload).encode(), **options)


def test_a_pull_request_is_about_its_head_and_not_the_merge_commit():
    place = found("pull_request", {"pull_request": pull()})
    assert (place.sha, place.number, place.fork) == (HEAD, 7, False)
    assert (place.run, place.attempt) == (55, 2)
    assert place.url == "https://github.com/octo/infra/actions/runs/55"


@pytest.mark.parametrize("head", ["stranger/infra", None])
def test_a_fork_is_told_from_the_repository_of_the_head(head):
    assert found("pull_request", {"pull_request": pull(head)}).fork


def test_a_merge_queue_has_a_commit_and_no_pull_request():
    place = found("merge_group", {"merge_group": {"head_sha": NEW}})
    assert (place.sha, place.number) == (NEW, None)


def test_a_push_is_about_its_commit():
    assert found("push", {}).sha == OLD


def test_the_command_line_wins():
    place = found("pull_request", {"pull_request": pull()}, repository="a/b", sha=NEW, number=9)
    assert (place.repository, place.sha, place.number) == ("a/b", NEW, 9)


def run_of(head="stranger/infra"):
    return {
        "workflow_run": {
            "head_sha": NEW,
            "pull_requests": [{"number": 666}],
            "head_repository": {"full_name": head},
            "repository": {"full_name": "octo/infra"},
        }
    }


def test_the_pull_request_of_another_run_is_asked_for_by_its_commit():
    place = found("workflow_run", run_of())
    assert (place.sha, place.number, place.fork, place.by_commit) == (NEW, None, True, True)
    base = {"repo": {"full_name": "octo/infra"}}
    pulls = [
        {"number": 1, "state": "closed", "head": {"sha": NEW}, "base": base},
        {"number": 2, "state": "open", "head": {"sha": OLD}, "base": base},
        {"number": 3, "state": "open", "head": {"sha": NEW}, "base": {"repo": {"full_name": "else/where"}}},
        {"number": 4, "state": "open", "head": {"sha": NEW}, "base": base},
    ]
    with serving() as github:
        github.pulls_of[NEW] = pulls
        assert resolved(place, client(github)).number == 4
        github.pulls_of[NEW] = pulls[:3]
        with pytest.raises(PublishError, match="no open pull request has the commit"):
            resolved(place, client(github))


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"GITHUB_REPOSITORY": "octo"}, b"{}"),
        ({"GITHUB_REPOSITORY": "octo/../x"}, b"{}"),
        ({"GITHUB_SHA": "main"}, b"{}"),
        ({"GITHUB_SHA": ""}, b""),
        ({}, b"<html>"),
        ({}, b"[1]"),
    ],
)
def test_what_makes_no_sense_is_an_error(change, event):
    with pytest.raises(UsageError):
        find({**RUNNER, **change}, event)


@pytest.mark.parametrize("payload", [{"pull_request": 1}, {"pull_request": {"head": []}}, {"merge_group": "x"}])
def test_an_odd_payload_names_no_pull_request(payload):
    assert found("push", payload).number is None


# --- which branch, and which pull request -----------------------------------------------------------------------------


def into(base, default="main"):
    return {"pull_request": {**pull(), "base": {"ref": base}}, "repository": {"default_branch": default}}


@pytest.mark.parametrize(
    ("event", "payload", "base", "stricter"),
    [
        ("pull_request", into("main"), "main", ""),
        ("pull_request_review", into("release/1"), "release/1", "release/1"),
        ("pull_request", into("main", "trunk"), "main", "main"),
        ("merge_group", {"merge_group": {"head_sha": NEW, "base_ref": "refs/heads/dev"}}, "dev", "dev"),
        ("push", {"ref": "refs/heads/dev", "repository": {"default_branch": "main"}}, "", ""),
        ("schedule", {}, "", ""),
        ("pull_request", into("a b"), "", ""),
    ],
)
def test_the_branch_whose_gate_it_is(event, payload, base, stricter):
    place = found(event, payload)
    assert (place.base, place.stricter) == (base, stricter)


def test_the_branch_is_asked_for_where_only_the_number_is_known():
    place = found("workflow_dispatch", {"repository": {}}, number=7, sha=HEAD)
    with serving() as github:
        place = resolved(place, client(github))
    assert (place.number, place.base, place.default, place.stricter) == (7, "main", "main", "")


def test_a_pull_request_of_a_fork_is_found_by_its_branch_and_not_by_commits_that_are_not_listed():
    payload = run_of()
    payload["workflow_run"] |= {"head_branch": "fix", "event": "pull_request"}
    payload["workflow_run"]["head_repository"]["owner"] = {"login": "stranger"}
    place = found("workflow_run", payload)
    base = {"ref": "main", "repo": {"full_name": "octo/infra", "default_branch": "main"}}
    with serving() as github:
        github.pulls_by_head["stranger:fix"] = [{"number": 9, "state": "open", "head": {"sha": NEW}, "base": base}]
        done = resolved(place, client(github))
        assert (done.number, done.base) == (9, "main")
        assert [request.path for request in github.requests] == [
            "/repos/octo/infra/pulls?state=open&head=stranger:fix&per_page=100"
        ]
        github.pulls_by_head["stranger:fix"] *= 2
        github.pulls_by_head["stranger:fix"][1] = {**github.pulls_by_head["stranger:fix"][0], "number": 10}
        with pytest.raises(PublishError, match="several open pull requests have the commit"):
            resolved(place, client(github))


@pytest.mark.parametrize(("event", "wanted"), [("push", False), ("schedule", False), ("pull_request_target", True)])
def test_only_a_run_of_a_pull_request_has_to_find_one(event, wanted):
    payload = run_of()
    payload["workflow_run"]["event"] = event
    assert found("workflow_run", payload).by_commit is wanted


COMMENT = {"issue": {"number": 7, "pull_request": {}}, "comment": {"body": "/plangate re-review"}}


def test_a_comment_is_about_a_commit_that_has_to_be_given():
    with pytest.raises(UsageError, match="is not said for this pull request"):
        found("issue_comment", COMMENT)
    place = found("issue_comment", COMMENT, sha=NEW)
    assert (place.number, place.sha) == (7, NEW)
    assert found("issue_comment", {"issue": {"number": 7}}, sha=NEW).number is None


def test_the_commit_of_an_event_is_not_that_of_another_pull_request():
    with pytest.raises(UsageError, match="is not said for this pull request"):
        found("pull_request", into("main"), number=8)
    assert found("pull_request", into("main"), number=7).sha == HEAD
    other = found("pull_request", into("dev"), number=8, sha=NEW)
    assert (other.number, other.sha, other.base) == (8, NEW, "")


@pytest.mark.parametrize(
    ("server", "page"),
    [
        ({"GITHUB_RUN_ID": ""}, f"https://github.com/octo/infra/commit/{OLD}"),
        ({}, "https://github.com/octo/infra/actions/runs/55"),
        ({"GITHUB_SERVER_URL": "http://x"}, ""),
    ],
)
def test_the_page_that_a_status_leads_to(server, page):
    assert find({**RUNNER, **server}, b"").page == page

import json

import pytest

from plangate.errors import UsageError
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
        assert resolved(place, client(github)).number is None


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

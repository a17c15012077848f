"""The repository, commit and pull request that a verdict is published to, from the runner's environment.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables and the payloads of
https://docs.github.com/en/webhooks/webhook-events-and-payloads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from plangate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plangate.publish.github import GitHub

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,18})-[0-9a-f]{40,64}")
_SERVER = re.compile(r"https://[A-Za-z0-9.-]+")


class Place(Struct, frozen=True, kw_only=True):
    """The place that a verdict is published to."""

    repository: str
    sha: str
    """The head of the pull request. `GITHUB_SHA` is a merge commit there, and a check on it shows nowhere."""
    number: int | None = None
    """The pull request, where the payload names one."""
    event: str = ""
    run: int = 0
    attempt: int = 0
    url: str = ""
    """The page of the run, https only."""
    source: str = ""
    """The address of the commit's files, ending in a slash; https only."""
    fork: bool = False
    queued: int | None = None
    """The pull request that a merge queue is about to merge last. It gets no comment, and its approvals count."""
    by_commit: bool = False
    """Whether the pull request must be looked up by the commit: the payload does not name it."""


def find(
    environment: Mapping[str, str], event: bytes, *, repository: str = "", sha: str = "", number: int | None = None
) -> Place:
    """Read the runner's environment and its event. The command line wins. Raises `UsageError` for what is missing."""
    payload = _payload(event)
    name = environment.get("GITHUB_EVENT_NAME", "")
    repository = repository or environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise UsageError("is not OWNER/NAME", where="GITHUB_REPOSITORY", hint="--repo OWNER/NAME")
    pull = _inner(payload, "pull_request")
    head = _inner(pull, "head").get("sha") or _inner(payload, "merge_group").get("head_sha")
    run = _inner(payload, "workflow_run")
    by_commit = name == "workflow_run"
    found = sha or head or (run.get("head_sha") if by_commit else None) or environment.get("GITHUB_SHA", "")
    if not isinstance(found, str) or not _COMMIT.fullmatch(found):
        raise UsageError("is not a commit", where="GITHUB_SHA", hint="--sha COMMIT")
    given = pull.get("number")
    return Place(
        repository=repository,
        sha=found,
        number=number or (given if isinstance(given, int) else None),
        event=name,
        run=_number(environment.get("GITHUB_RUN_ID", "")),
        attempt=_number(environment.get("GITHUB_RUN_ATTEMPT", "")),
        url=_run_page(environment, repository),
        source=_source(environment, repository, found),
        fork=_from_fork(pull) if pull else _from_fork_run(run),
        queued=_queued(_inner(payload, "merge_group").get("head_ref")),
        by_commit=by_commit and number is None,
    )


def resolved(place: Place, github: GitHub) -> Place:
    """The place with the number of the open pull request whose head this commit is.

    For a run from a fork the payload's own list of pull requests is empty, and a number inside an artifact could be any.
    """
    if not place.by_commit:
        return place
    for page in github.pages(f"/repos/{place.repository}/commits/{place.sha}/pulls?per_page=100"):
        for pull in page if isinstance(page, list) else ():
            if (
                isinstance(pull, dict)
                and pull.get("state") == "open"
                and _inner(pull, "head").get("sha") == place.sha
                and isinstance(pull.get("number"), int)
                and str(_inner(_inner(pull, "base"), "repo").get("full_name", "")).lower() == place.repository.lower()
            ):
                return msgspec.structs.replace(place, number=pull["number"], by_commit=False)
    return msgspec.structs.replace(place, by_commit=False)


def _payload(event: bytes) -> dict[str, Any]:
    if not event:
        return {}
    try:
        return msgspec.json.decode(event, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError("is not JSON", where="GITHUB_EVENT_PATH") from None


def _inner(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    inner = payload.get(key)
    return inner if isinstance(inner, dict) else {}


def _from_fork(pull: dict[str, Any]) -> bool:
    """Whether the head is in another repository; a deleted fork has none."""
    head, base = (_inner(_inner(pull, side), "repo").get("full_name") for side in ("head", "base"))
    return head != base


def _from_fork_run(run: dict[str, Any]) -> bool:
    head, base = (_inner(run, key).get("full_name") for key in ("head_repository", "repository"))
    return bool(run) and head != base


def _queued(head_ref: object) -> int | None:
    """`refs/heads/gh-readonly-queue/main/pr-7-<commit>`."""
    found = _QUEUE.fullmatch(head_ref) if isinstance(head_ref, str) else None
    return int(found[1]) if found is not None else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _source(environment: Mapping[str, str], repository: str, sha: str) -> str:
    server = environment.get("GITHUB_SERVER_URL", "")
    return f"{server}/{repository}/blob/{sha}/" if _SERVER.fullmatch(server) else ""


def _run_page(environment: Mapping[str, str], repository: str) -> str:
    server, run = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_RUN_ID", "")
    return f"{server}/{repository}/actions/runs/{run}" if _SERVER.fullmatch(server) and _number(run) else ""

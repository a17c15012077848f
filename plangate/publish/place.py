"""The repository, commit and pull request that a verdict is published to, from the runner's environment.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables and the payloads of
https://docs.github.com/en/webhooks/webhook-events-and-payloads.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from plangate.errors import PublishError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plangate.publish.github import GitHub

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-(\d{1,18})-[0-9a-f]{40,64}")
_BRANCH = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,500}")
_SERVER = re.compile(r"https://[A-Za-z0-9.-]+")


class Place(Struct, frozen=True, kw_only=True):
    """The place that a verdict is published to."""

    repository: str
    sha: str
    """The head of the pull request. `GITHUB_SHA` is a merge commit there, and a check on it shows nowhere."""
    number: int | None = None
    """The pull request, where the payload names one."""
    base: str = ""
    """The branch that the pull request goes to; empty where the event has none: then the gate is that of the default branch."""
    default: str = ""
    """The default branch of the repository; empty where it is not known."""
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
    branch: str = ""
    """For that look-up, the branch of the head as OWNER:BRANCH."""

    page: str = ""
    """The page of the run, else that of the commit; https only."""

    @property
    def stricter(self) -> str:
        """The branch that the gate belongs to, where it is not the default one; empty for the default branch."""
        return "" if self.base == self.default else self.base


def find(
    environment: Mapping[str, str], event: bytes, *, repository: str = "", sha: str = "", number: int | None = None
) -> Place:
    """Read the runner's environment and its event. The command line wins. Raises `UsageError` for what is missing."""
    payload = _payload(event)
    name = environment.get("GITHUB_EVENT_NAME", "")
    repository = repository or environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise UsageError("is not OWNER/NAME", where="GITHUB_REPOSITORY", hint="--repo OWNER/NAME")
    pull, queue, run = (_inner(payload, key) for key in ("pull_request", "merge_group", "workflow_run"))
    issue = _inner(payload, "issue")
    named = pull.get("number") if pull else issue.get("number") if "pull_request" in issue else None
    head = _inner(pull, "head").get("sha") or queue.get("head_sha")
    # A run for a pull request has to find it; one for a push has none.
    by_commit = name == "workflow_run" and str(run.get("event", "pull_request")).startswith("pull_request")
    if not sha and payload and (issue or number not in (None, named)):
        # The commit of the event is another one than that of the pull request.
        raise UsageError("is not said for this pull request", where="the commit", hint="--sha COMMIT")
    found = sha or head or (run.get("head_sha") if run else None) or environment.get("GITHUB_SHA", "")
    if not isinstance(found, str) or not _COMMIT.fullmatch(found):
        raise UsageError("is not a commit", where="GITHUB_SHA", hint="--sha COMMIT")
    mine = number in (None, named)
    return Place(
        repository=repository,
        sha=found,
        number=number or (named if isinstance(named, int) else None),
        base=_branch(_inner(pull, "base").get("ref") if pull and mine else queue.get("base_ref")),
        default=_branch(_inner(payload, "repository").get("default_branch")),
        event=name,
        run=_number(environment.get("GITHUB_RUN_ID", "")),
        attempt=_number(environment.get("GITHUB_RUN_ATTEMPT", "")),
        url=_run_page(environment, repository),
        page=_run_page(environment, repository) or _commit_page(environment, repository, found),
        source=_source(environment, repository, found),
        fork=_from_fork(pull) if pull else _from_fork_run(run),
        queued=_queued(queue.get("head_ref")),
        by_commit=by_commit and number is None,
        branch=_head_branch(run),
    )


def resolved(place: Place, github: GitHub) -> Place:
    """The place with the open pull request whose head this commit is, and the branch that it goes to.

    For a run from a fork the payload's own list of pull requests is empty, and a number inside an artifact could be any. The
    commits of a fork are not listed under the base repository's, so it is asked for by its branch. Raises `PublishError` where
    there is none, or more than one.
    """
    if place.by_commit:
        pulls = {pull["number"]: pull for pull in _candidates(place, github) if _is_of(pull, place)}
        if len(pulls) != 1:
            words = "several open pull requests have" if pulls else "no open pull request has"
            raise PublishError(f"{words} the commit {place.sha[:7]} as its head", hint="--pr N")
        (number, pull), *_ = pulls.items()
        place = msgspec.structs.replace(place, number=number, by_commit=False)
    elif place.number is not None and not place.base:
        pull = github.get(f"/repos/{place.repository}/pulls/{place.number}")
    else:
        return place
    base = _inner(pull if isinstance(pull, dict) else {}, "base")
    default = place.default or _branch(_inner(base, "repo").get("default_branch"))
    return msgspec.structs.replace(place, base=_branch(base.get("ref")), default=default)


def _candidates(place: Place, github: GitHub) -> Iterator[Any]:
    """Pull requests that may be the one of this commit."""
    paths = [f"/repos/{place.repository}/commits/{place.sha}/pulls?per_page=100"]
    if place.branch:
        head = quote(place.branch, safe=":/")
        paths.insert(0, f"/repos/{place.repository}/pulls?state=open&head={head}&per_page=100")
    for path in paths if not place.fork else paths[:1]:
        for page in github.pages(path):
            yield from page if isinstance(page, list) else ()


def _is_of(pull: Any, place: Place) -> bool:
    return (
        isinstance(pull, dict)
        and pull.get("state") == "open"
        and _inner(pull, "head").get("sha") == place.sha
        and isinstance(pull.get("number"), int)
        and str(_inner(_inner(pull, "base"), "repo").get("full_name", "")).lower() == place.repository.lower()
    )


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


def _branch(ref: object) -> str:
    """The name of a branch, from itself or from `refs/heads/NAME`; empty for anything else."""
    return ref.removeprefix("refs/heads/") if isinstance(ref, str) and _BRANCH.fullmatch(ref) else ""


def _head_branch(run: dict[str, Any]) -> str:
    """`OWNER:BRANCH` of the run's head; empty where it does not say."""
    owner = _inner(_inner(run, "head_repository"), "owner").get("login")
    if not isinstance(owner, str):
        owner = str(_inner(run, "head_repository").get("full_name", "")).partition("/")[0]
    branch = _branch(run.get("head_branch"))
    return f"{owner}:{branch}" if owner and branch else ""


def _queued(head_ref: object) -> int | None:
    """`refs/heads/gh-readonly-queue/main/pr-7-<commit>`."""
    found = _QUEUE.fullmatch(head_ref) if isinstance(head_ref, str) else None
    return int(found[1]) if found is not None else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _source(environment: Mapping[str, str], repository: str, sha: str) -> str:
    server = environment.get("GITHUB_SERVER_URL", "")
    return f"{server}/{repository}/blob/{sha}/" if _SERVER.fullmatch(server) else ""


def _commit_page(environment: Mapping[str, str], repository: str, sha: str) -> str:
    server = environment.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{repository}/commit/{sha}" if _SERVER.fullmatch(server) else ""


def _run_page(environment: Mapping[str, str], repository: str) -> str:
    server, run = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_RUN_ID", "")
    return f"{server}/{repository}/actions/runs/{run}" if _SERVER.fullmatch(server) and _number(run) else ""

"""Publishes a verdict: the step summary, the check, the comment and the outputs, in this order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, UnsetType, structs

from plangate.errors import PublishError, RefusedError, UsageError
from plangate.publish import check, comment, github, hosts
from plangate.publish import place as places

if TYPE_CHECKING:
    from plangate.pipeline.publication import Pages
    from plangate.publish.check import Checked
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place
    from plangate.report import wire

_FORK: Final = (
    "this pull request comes from a fork, so its token may not write: a maintainer has to run plangate for it"
    " (docs/github.md tells how); the verdict stands"
)


_BRANCHES: Final = "refs/remotes/origin/"
"""How the action names the branch that a pull request goes to."""


class Delivered(Struct, frozen=True):
    """A published part: what it is, the outcome, its URL, and warnings about what was left out."""

    what: str
    outcome: str
    url: str
    warnings: tuple[str, ...]


class Annotations(Struct, frozen=True):
    """Workflow commands for stdout, for annotations that no check carries."""

    commands: bytes


Event: TypeAlias = Delivered | Annotations | PublishError


class DeliveryRequest(Struct, frozen=True, kw_only=True):
    """What to publish, and where."""

    verdict: str
    """The file of the verdict, which the outputs name for later steps."""
    repository: str = ""
    number: int | None = None
    """The pull request's number. Without it, and without repository and commit, those of the runner's environment are used."""
    sha: str = ""
    comment: bool = True
    check: bool = True
    check_name: str | None = None
    longest_comment: int = 60_000
    hosts: tuple[str, ...] = ()
    """GitHub Enterprise Servers that requests may go to."""
    ca_bundle: str = ""
    seconds: int = 120


class Delivery:
    """Publishes one verdict. A part that fails does not stop the others."""

    def __init__(self, pages: Pages, request: DeliveryRequest):
        self.failed = False
        """Whether a part could not be published."""
        self.lost = False
        """Whether the pull request that it belongs to was not found: that is an error also where publishing is not required."""
        self._pages = pages
        self._request = request
        self._comment_url = ""
        self._check_url = ""

    def run(self) -> Iterator[Event]:
        """Publish, and yield the outcome of each part. Raises `UsageError` where the place cannot be determined."""
        pages, request = self._pages, self._request
        yield from self._attempt("the summary", pages.write_summary)
        pages.place = place = _with_order(_place(request), pages.saved.provenance)
        if request.comment or request.check:
            yield from self._publish(place)
        yield from self._attempt("the outputs", lambda: pages.write_outputs(request.verdict, self._facts()))

    def _facts(self) -> dict[str, str]:
        """The outputs about the publication itself."""
        published = "false" if self.failed else "true"
        return {"published": published, "comment-url": self._comment_url, "check-url": self._check_url}

    def _attempt(self, what: str, do: Callable[[], None]) -> Iterator[Event]:
        try:
            do()
        except PublishError as error:
            yield self._failure(what, error)

    def _publish(self, place: Place) -> Iterator[Event]:
        """Publish the check, which is what blocks, and then the comment."""
        request, pages = self._request, self._pages
        try:
            github_ = self._connect()
        except PublishError as error:
            yield self._failure("the verdict", error, fork=place.fork)
            yield Annotations(pages.annotations())
            return
        try:
            pages.place = place = places.resolved(place, github_)
        except PublishError as error:
            self.lost = place.by_commit
            yield self._failure("the verdict", error, fork=place.fork and not place.by_commit)
            yield Annotations(pages.annotations())
            return
        annotated = False
        forbidden = False
        checked: Checked | None = None
        if request.check:
            try:
                _refuse_other_branch(place, pages.saved.provenance)
                checked = check.publish(github_, place, pages.check(request.check_name))
                self._check_url, annotated = checked.url, checked.annotated
                yield Delivered("the check", checked.outcome, checked.url, checked.warnings)
            except PublishError as error:
                forbidden = _is_forbidden(error, fork=place.fork)
                yield self._failure("the check", error, fork=place.fork)
        if pages.wants_approval and checked is not None and checked.outcome != "superseded":
            yield from self._approve(github_, place, checked)
        if not annotated:
            yield Annotations(pages.annotations())
        if request.comment and not forbidden:
            try:
                published = comment.publish(github_, place, pages.desired_comment(request.longest_comment))
                self._comment_url = published.url
                yield Delivered("the comment", published.outcome, published.url, published.warnings)
            except PublishError as error:
                yield self._failure("the comment", error)

    def _connect(self) -> GitHub:
        token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
        if not token:
            raise PublishError("there is no token", hint="set GITHUB_TOKEN")
        rest, graphql = os.environ.get("GITHUB_API_URL", ""), os.environ.get("GITHUB_GRAPHQL_URL", "")
        endpoints = hosts.endpoints(rest, graphql, self._request.hosts)
        return github.GitHub(endpoints, token, seconds=self._request.seconds, ca_bundle=self._request.ca_bundle)

    def _approve(self, github_: GitHub, place: Place, checked: Checked) -> Iterator[Event]:
        """Read who has approved, for a merge queue of the pull request that is about to be merged, and say so on the check.

        The check is there before that: GitHub's answer names the app of this token, and only its checks say what was seen.
        """
        number = place.number or place.queued
        pages, request = self._pages, self._request
        if number is None:
            return
        try:
            reader = pages.reader(github_, place, request.check_name, checked.app)
            answer = reader.answer(number, pages.rules, pages.plan())
        except PublishError as error:
            self.failed = True
            where = f"{error.where}: " if error.where else ""
            words = f"who has approved cannot be told, so nobody counts: {where}{error.message}"
            yield PublishError(words, hint=error.hint)
            return
        pages.answer = answer
        try:
            check.publish(github_, place, pages.check(request.check_name), number=checked.number)
        except PublishError as error:
            # What the check says is not more than what is known.
            pages.answer = None
            yield self._failure("who has approved", error)

    def _failure(self, what: str, error: PublishError, *, fork: bool = False) -> PublishError:
        """The error for a part that was not published; records that something failed."""
        self.failed = True
        if _is_forbidden(error, fork=fork):
            return PublishError(_FORK)
        where = f"{error.where}: " if error.where else ""
        return PublishError(f"{what} was not published: {where}{error.message}; the verdict stands", hint=error.hint)


def _is_forbidden(error: PublishError, *, fork: bool) -> bool:
    """Whether this token may not write, so that trying the other parts is useless."""
    return fork and (not isinstance(error, RefusedError) or error.status in (401, 403, 404))


def _place(request: DeliveryRequest) -> Place:
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = Path(path).read_bytes() if path else b""
    except OSError:
        raise UsageError("cannot be read", where="GITHUB_EVENT_PATH") from None
    return places.find(os.environ, event, repository=request.repository, sha=request.sha, number=request.number)


def _refuse_other_branch(place: Place, provenance: wire.Provenance | UnsetType) -> None:
    """Raise `PublishError` for a verdict of the gate of another branch, such as that of a second pull request of the commit."""
    ref = provenance.policy_ref if provenance else None
    if ref is None or not ref.startswith(_BRANCHES) or not place.base:
        return
    branch = ref.removeprefix(_BRANCHES)
    if branch != place.base:
        raise PublishError(
            f"the verdict has the policies of {branch}, and the pull request goes into {place.base}",
            hint="review the plan again, for this pull request",
        )


def _with_order(place: Place, provenance: wire.Provenance | UnsetType) -> Place:
    """The place with `run` and `attempt` such that a later verdict wins, and of one verdict the later run.

    The runs are in the order of GitHub, which counts them. First comes the one that reached the verdict: a later run may publish
    that verdict again, and then the earlier one may be repeated and reach another.
    """
    reached = (place.run, place.attempt)
    if provenance and provenance.run is not None and provenance.attempt is not None:
        reached = (provenance.run, provenance.attempt)
    return structs.replace(place, run=_counted(*reached), attempt=_counted(place.run, place.attempt))


def _counted(run: int, attempt: int) -> int:
    return run * 1_000 + min(attempt, 999)

"""Publishes a verdict: the step summary, the check, the comment and the outputs, in this order."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, structs

from plangate.errors import InputError, PublishError, RefusedError, UsageError
from plangate.publish import check, comment, github, hosts
from plangate.publish import place as places

if TYPE_CHECKING:
    from plangate.pipeline.publication import Pages
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place

_FORK: Final = (
    "this pull request comes from a fork, so its token may not write: a maintainer has to run plangate for it"
    " (docs/github.md tells how); the verdict stands"
)


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
        self._pages = pages
        self._request = request
        self._comment_url = ""
        self._check_url = ""

    def run(self) -> Iterator[Event]:
        """Publish, and yield the outcome of each part. Raises `UsageError` or `InputError` where the place cannot be determined."""
        pages, request = self._pages, self._request
        yield from self._attempt("the summary", pages.write_summary)
        pages.place = place = _with_order(_place(request), pages.saved.created_at)
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
            pages.place = place = places.resolved(place, github_)
        except PublishError as error:
            yield self._failure("the verdict", error, fork=place.fork)
            yield Annotations(pages.annotations())
            return
        annotated = False
        forbidden = False
        if pages.wants_approval:
            try:
                self._read_approvals(github_, place)
            except PublishError as error:
                what = "who has approved was not read, so nobody counts; the rest of"
                yield self._failure(what, error, fork=place.fork)
        if request.check:
            try:
                checked = check.publish(github_, place, pages.check(request.check_name))
                self._check_url, annotated = checked.url, checked.annotated
                yield Delivered("the check", checked.outcome, checked.url, checked.warnings)
            except PublishError as error:
                forbidden = _is_forbidden(error, fork=place.fork)
                yield self._failure("the check", error, fork=place.fork)
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

    def _read_approvals(self, github_: GitHub, place: Place) -> None:
        """Read who has approved: for a merge queue, of the pull request that is about to be merged."""
        number = place.number or place.queued
        pages = self._pages
        if number is not None:
            reader = pages.reader(github_, place, self._request.check_name)
            pages.answer = reader.answer(number, pages.rules, pages.plan())

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


def _with_order(place: Place, created_at: str) -> Place:
    """The place with `run` and `attempt` such that a later verdict wins, and of one verdict the later run.

    The runner's own numbers are not enough: a later run may publish the verdict again, and then the earlier run may be repeated.
    Raises `InputError` for a verdict without a valid time.
    """
    try:
        moment = int(datetime.datetime.fromisoformat(created_at).timestamp())
    except (ValueError, OverflowError):
        raise InputError("does not say when it was made", hint="review the plan again") from None
    return structs.replace(place, run=max(0, moment), attempt=place.run * 100 + min(place.attempt, 99))

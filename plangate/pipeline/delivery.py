"""Brings a verdict to a pull request: what is tried, in which order, and how it went."""

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
    """Something that was published: what, how it went, where it is now, and what was left out of it."""

    what: str
    outcome: str
    url: str
    warnings: tuple[str, ...]


class Annotations(Struct, frozen=True):
    """What the runner shows where no check carries it, for stdout."""

    commands: bytes


Event: TypeAlias = Delivered | Annotations | PublishError


class DeliveryRequest(Struct, frozen=True, kw_only=True):
    """What is published, and where."""

    verdict: str
    """The file of the verdict: what later steps are told of it."""
    repository: str = ""
    number: int | None = None
    """Of the pull request. This, the repository and the commit are the runner's unless somebody says otherwise."""
    sha: str = ""
    comment: bool = True
    check: bool = True
    check_name: str | None = None
    longest_comment: int = 60_000
    hosts: tuple[str, ...] = ()
    """GitHub Enterprise Servers that may be spoken to."""
    ca_bundle: str = ""
    seconds: int = 120


class Delivery:
    """One verdict on its way. One thing that fails never stops the next."""

    def __init__(self, pages: Pages, request: DeliveryRequest):
        self.failed = False
        """Whether something could not be published."""
        self._pages = pages
        self._request = request
        self._comment_url = ""
        self._check_url = ""

    def run(self) -> Iterator[Event]:
        """Publish, and say of each thing how it went. Raises `UsageError` and `InputError` where there is no place for it."""
        pages, request = self._pages, self._request
        yield from self._attempt("the summary", pages.write_summary)
        pages.place = place = _in_order(_place(request), pages.saved.created_at)
        if request.comment or request.check:
            yield from self._publish(place)
        yield from self._attempt("the outputs", lambda: pages.write_outputs(request.verdict, self._facts()))

    def _facts(self) -> dict[str, str]:
        """What the outputs say of it."""
        published = "false" if self.failed else "true"
        return {"published": published, "comment-url": self._comment_url, "check-url": self._check_url}

    def _attempt(self, what: str, do: Callable[[], None]) -> Iterator[Event]:
        try:
            do()
        except PublishError as error:
            yield self._failure(what, error)

    def _publish(self, place: Place) -> Iterator[Event]:
        """The check first: it is what blocks. Then the comment."""
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
                self._answer(github_, place)
            except PublishError as error:
                what = "who has approved was not read, so nobody counts; the rest of"
                yield self._failure(what, error, fork=place.fork)
        if request.check:
            try:
                done = check.publish(github_, place, pages.check(request.check_name))
                self._check_url, annotated = done.url, done.annotated
                yield Delivered("the check", done.outcome, done.url, done.warnings)
            except PublishError as error:
                forbidden = _is_forbidden(error, fork=place.fork)
                yield self._failure("the check", error, fork=place.fork)
        if not annotated:
            yield Annotations(pages.annotations())
        if request.comment and not forbidden:
            try:
                said = comment.publish(github_, place, pages.wish(request.longest_comment))
                self._comment_url = said.url
                yield Delivered("the comment", said.outcome, said.url, said.warnings)
            except PublishError as error:
                yield self._failure("the comment", error)

    def _connect(self) -> GitHub:
        token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
        if not token:
            raise PublishError("there is no token", hint="set GITHUB_TOKEN")
        rest, graphql = os.environ.get("GITHUB_API_URL", ""), os.environ.get("GITHUB_GRAPHQL_URL", "")
        endpoints = hosts.endpoints(rest, graphql, self._request.hosts)
        return github.GitHub(endpoints, token, seconds=self._request.seconds, ca_bundle=self._request.ca_bundle)

    def _answer(self, github_: GitHub, place: Place) -> None:
        """Ask who has approved. A merge queue asks about the pull request that it is about to merge."""
        number = place.number or place.queued
        pages = self._pages
        if number is not None:
            reader = pages.reader(github_, place, self._request.check_name)
            pages.answer = reader.answer(number, pages.rules, pages.plan())

    def _failure(self, what: str, error: PublishError, *, fork: bool = False) -> PublishError:
        """What did not work, in one line."""
        self.failed = True
        if _is_forbidden(error, fork=fork):
            return PublishError(_FORK)
        where = f"{error.where}: " if error.where else ""
        return PublishError(f"{what} was not published: {where}{error.message}; the verdict stands", hint=error.hint)


def _is_forbidden(error: PublishError, *, fork: bool) -> bool:
    """Whether there is no use in trying anything else with this token."""
    return fork and (not isinstance(error, RefusedError) or error.status in (401, 403, 404))


def _place(request: DeliveryRequest) -> Place:
    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = Path(path).read_bytes() if path else b""
    except OSError:
        raise UsageError("cannot be read", where="GITHUB_EVENT_PATH") from None
    return places.find(os.environ, event, repository=request.repository, sha=request.sha, number=request.number)


def _in_order(place: Place, created_at: str) -> Place:
    """The place with an order in which the later verdict is right, and of one verdict the later run.

    Runs alone would not do: a verdict may be published again by a later run, and the earlier one may then be run again.
    """
    try:
        moment = int(datetime.datetime.fromisoformat(created_at).timestamp())
    except (ValueError, OverflowError):
        raise InputError("does not say when it was made", hint="review the plan again") from None
    return structs.replace(place, run=max(0, moment), attempt=place.run * 100 + min(place.attempt, 99))

"""`plangate publish`: a saved verdict as a comment, a check and the summary of a step."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangate.cli import output
from plangate.errors import ExitCode, InputError, PublishError, RefusedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.pipeline.publication import Pages
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place

_FORK = (
    "this pull request comes from a fork, so its token may not write: a maintainer has to run plangate for it"
    " (docs/github.md tells how); the verdict stands"
)


@click.command()
@click.argument("verdict", metavar="VERDICT")
@click.option("--require", is_flag=True, help="Exit with 20 where something could not be published.")
@click.option("--comment/--no-comment", default=True, help="Whether to comment on the pull request.  [default: yes]")
@click.option("--check/--no-check", default=True, help="Whether to set a check on the commit.  [default: yes]")
@click.option("--check-name", metavar="NAME", help="The name of the check.  [default: plangate, and the target]")
@click.option("--comment-max-bytes", type=click.IntRange(10_000, 250_000), default=60_000, help="The longest comment.")
@click.option("--repo", "repository", default="", metavar="OWNER/NAME", help="The repository.  [default: the runner's]")
@click.option("--pr", "number", type=click.IntRange(1), metavar="N", help="The pull request.  [default: the event's]")
@click.option("--sha", default="", metavar="COMMIT", help="The commit.  [default: the event's]")
@click.option("--github-host", "hosts", multiple=True, metavar="HOST", help="A GitHub Enterprise Server. Repeatable.")
@click.option("--ca-bundle", default="", type=click.Path(dir_okay=False), help="Certificates to trust, PEM.")
@click.option("--timeout", type=click.IntRange(1, 3_600), default=120, show_default=True, help="Seconds for all of it.")
def publish(
    *,
    verdict: str,
    require: bool,
    comment: bool,
    check: bool,
    check_name: str | None,
    comment_max_bytes: int,
    repository: str,
    number: int | None,
    sha: str,
    hosts: tuple[str, ...],
    ca_bundle: str,
    timeout: int,
) -> int:
    """Bring a saved verdict to a pull request: one comment, one check, the summary of the step.

    VERDICT is what `plangate review -o json=FILE` or `plangate merge -o json=FILE` wrote. The token is taken from
    GITHUB_TOKEN, the rest from the runner's environment. Exits with the verdict's own code: what cannot be published is
    told in one line, and changes the code (to 20) only with --require.
    """
    from plangate.cli.saved import load
    from plangate.evidence.key import gate_key
    from plangate.pipeline.merge import code_of
    from plangate.pipeline.publication import Pages
    from plangate.report import binding

    saved, _ = load(verdict)
    key = gate_key()
    if key is not None and binding.is_signed(saved, key) is not True:
        raise InputError(
            "is not signed by this gate, which has a key", where=verdict, hint="review it with PLANGATE_KEY"
        )
    pages = Pages(saved)
    pages.gate_key = key
    code = code_of(saved)
    delivery = _Delivery(pages)
    delivery.attempt("the summary", pages.write_summary)
    pages.place = place = _in_order(_place(repository, sha, number), saved.created_at)

    def connect() -> GitHub:
        from plangate.publish import github
        from plangate.publish import hosts as allowed

        token = os.environ.get("GITHUB_TOKEN") or os.environ.get("GH_TOKEN") or ""
        if not token:
            raise PublishError("there is no token", hint="set GITHUB_TOKEN")
        rest, graphql = os.environ.get("GITHUB_API_URL", ""), os.environ.get("GITHUB_GRAPHQL_URL", "")
        endpoints = allowed.endpoints(rest, graphql, hosts)
        return github.GitHub(endpoints, token, seconds=timeout, ca_bundle=ca_bundle)

    if comment or check:
        delivery.publish(connect, place, check_name, comment_max_bytes, comment=comment, check=check)
    delivery.attempt("the outputs", lambda: pages.write_outputs(verdict, delivery.facts()))
    if code == ExitCode.REVIEW and pages.wants_approval and pages.answer is not None and pages.answer.approved:
        # Somebody has looked, which is all that it asked for.
        code = ExitCode.OK
    return ExitCode.worst(code, ExitCode.NOT_PUBLISHED) if delivery.failed and require else code


def _in_order(place: Place, created_at: str) -> Place:
    """The place with an order in which the later verdict is right, and of one verdict the later run.

    Runs alone would not do: a verdict may be published again by a later run, and the earlier one may then be run again.
    """
    from msgspec import structs

    try:
        moment = int(datetime.datetime.fromisoformat(created_at).timestamp())
    except (ValueError, OverflowError):
        raise InputError("does not say when it was made", hint="review the plan again") from None
    return structs.replace(place, run=max(0, moment), attempt=place.run * 100 + min(place.attempt, 99))


def _place(repository: str, sha: str, number: int | None) -> Place:
    from plangate.publish import place

    path = os.environ.get("GITHUB_EVENT_PATH", "")
    try:
        event = Path(path).read_bytes() if path else b""
    except OSError:
        raise UsageError("cannot be read", where="GITHUB_EVENT_PATH") from None
    return place.find(os.environ, event, repository=repository, sha=sha, number=number)


class _Delivery:
    """What was tried and how it went. One thing that fails never stops the next."""

    def __init__(self, pages: Pages):
        self.pages = pages
        self.failed = False
        self.comment_url = ""
        self.check_url = ""

    def facts(self) -> dict[str, str]:
        """What the outputs say of it."""
        published = "false" if self.failed else "true"
        return {"published": published, "comment-url": self.comment_url, "check-url": self.check_url}

    def attempt(self, what: str, do: Callable[[], None]) -> None:
        """Do one thing; say in one line when it does not work."""
        try:
            do()
        except PublishError as error:
            self._say(what, error)

    def publish(
        self,
        connect: Callable[[], GitHub],
        place: Place,
        check_name: str | None,
        longest: int,
        *,
        comment: bool,
        check: bool,
    ) -> None:
        """The check first: it is what blocks. Then the comment."""
        from plangate.publish.place import resolved

        try:
            github = connect()
            self.pages.place = place = resolved(place, github)
        except PublishError as error:
            self._say("the verdict", error, fork=place.fork)
            output.write(self.pages.annotations())
            return
        annotated = False
        forbidden = False
        if self.pages.wants_approval:
            try:
                self._answer(github, place, check_name)
            except PublishError as error:
                self._say("who has approved was not read, so nobody counts; the rest of", error, fork=place.fork)
        if check:
            try:
                annotated = self._check(github, place, check_name)
            except PublishError as error:
                forbidden = self._say("the check", error, fork=place.fork)
        if not annotated:
            output.write(self.pages.annotations())
        if comment and not forbidden:
            self.attempt("the comment", lambda: self._comment(github, place, longest))

    def _answer(self, github: GitHub, place: Place, name: str | None) -> None:
        """Ask who has approved. A merge queue asks about the pull request that it is about to merge."""
        number = place.number or place.queued
        if number is not None:
            self.pages.answer = self.pages.reader(github, place, name).answer(
                number, self.pages.rules, self.pages.plan()
            )

    def _check(self, github: GitHub, place: Place, name: str | None) -> bool:
        from plangate.publish import check

        done = check.publish(github, place, self.pages.check(name))
        self.check_url = done.url
        _tell("the check", done.outcome, done.url, done.warnings)
        return done.annotated

    def _comment(self, github: GitHub, place: Place, longest: int) -> None:
        from plangate.publish import comment

        done = comment.publish(github, place, self.pages.wish(longest))
        self.comment_url = done.url
        _tell("the comment", done.outcome, done.url, done.warnings)

    def _say(self, what: str, error: PublishError, *, fork: bool = False) -> bool:
        """One line. Returns whether there is no use in trying anything else with this token."""
        self.failed = True
        forbidden = fork and (not isinstance(error, RefusedError) or error.status in (401, 403, 404))
        if forbidden:
            output.say(PublishError(_FORK))
            return True
        where = f"{error.where}: " if error.where else ""
        output.say(
            PublishError(f"{what} was not published: {where}{error.message}; the verdict stands", hint=error.hint)
        )
        return False


def _tell(what: str, outcome: str, url: str, warnings: tuple[str, ...]) -> None:
    """How it went, on stderr."""
    from plangate.report.escape import terminal

    output.note(terminal(f"plangate: {what}: {outcome}{f' {url}' if url else ''}"))
    for warning in warnings:
        output.note(terminal(f"  {warning}"))

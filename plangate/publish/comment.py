"""One comment for each target, found by its marker and author, also when several runs publish concurrently.

GitHub has no compare-and-swap for comments, so every write is read back: the oldest comment wins, the latest run on the
current head of the pull request writes it, and what came into being beside it is taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plangate.errors import PublishError, RefusedError, UnclearError
from plangate.publish import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.publish.github import GitHub
    from plangate.publish.place import Place
    from plangate.publish.state import State

_ROUNDS: Final = 6
_SETTLE_SECONDS: Final = 0.5
_GONE: Final = (404, 410)
_BOT: Final = "github-actions[bot]"
"""The author for a token that may not read its own user: a GITHUB_TOKEN."""

_LIST = """query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { fullDatabaseId id body isMinimized viewerDidAuthor url }
    } } } }"""

_MINIMIZE = """mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"""


class Comment(Struct, frozen=True):
    """A comment of this author about the target."""

    number: int
    node: str
    body: str
    url: str

    @property
    def state(self) -> State | None:
        """The state in its hidden first line."""
        return state.parse(self.body)


class DesiredComment(Struct, frozen=True, kw_only=True):
    """The comment to publish: the target's key, and a function of the previous state and the byte limit to the body."""

    key: str
    body: Callable[[State | None, int], str]
    only_if_there: bool = False
    """Only update an existing comment: a plan without changes needs no new one."""
    longest: int = 60_000


class Published(Struct, frozen=True):
    """The outcome: `created`, `updated`, `unchanged`, `superseded` or `not needed`. Warnings are for the log."""

    outcome: str
    url: str = ""
    warnings: tuple[str, ...] = ()


def publish(github: GitHub, place: Place, wish: DesiredComment) -> Published:
    """Create or update the comment. Raises `PublishError` unless it is certainly up to date."""
    if place.number is None:
        return Published("not needed")
    return _Sticky(github, place, place.number, wish).run()


class _Sticky:
    """Publishes one comment, in several rounds if other runs interfere."""

    def __init__(self, github: GitHub, place: Place, number: int, wish: DesiredComment):
        self.github = github
        self.place = place
        self.number = number
        self.wish = wish
        self.created_ids: set[int] = set()
        """The ids of comments that this run created, which may be deleted."""
        self.outcome = "unchanged"
        self.contended = False
        self.warnings: list[str] = []

    def run(self) -> Published:
        """Write and read back until the published comment is right. Raises `PublishError`."""
        settled = False
        for _ in range(_ROUNDS):
            if not self._is_head():
                return self._done("superseded", "")
            comments = self._comments()
            if not comments and self.created_ids:
                # It was accepted and is not listed yet. Creating it again would make a duplicate.
                self.warnings = ["the comment was created and could not be read back yet"]
                self.github.clock.sleep(_SETTLE_SECONDS)
                continue
            if not comments:
                if self.wish.only_if_there:
                    return self._done("not needed", "")
                self._create()
                continue
            self.warnings = []
            oldest = comments[0]
            self.contended |= len(comments) > 1
            if self._is_newer(oldest.state):
                self._tidy(comments)
                return self._done("superseded", oldest.url)
            if not self._is_current(oldest):
                self._update(oldest)
                continue
            self._tidy(comments)
            if self.contended and not settled:
                # Another run is publishing: its write, based on what it read before ours, may still arrive.
                settled = True
                self.github.clock.sleep(_SETTLE_SECONDS)
                continue
            return self._done(self.outcome, oldest.url)
        if self.created_ids and self.warnings:
            return self._done(self.outcome, "")
        raise PublishError("others keep changing the comment", hint="let one job publish each target")

    def _done(self, outcome: str, url: str) -> Published:
        return Published(outcome, url, tuple(self.warnings))

    # --- who is right -------------------------------------------------------------------------------------------------

    def _is_head(self) -> bool:
        """Whether the reviewed commit is still the head of the pull request."""
        pull = self.github.get(f"/repos/{self.place.repository}/pulls/{self.number}")
        head = pull.get("head") if isinstance(pull, dict) else None
        if not isinstance(head, dict) or not isinstance(head.get("sha"), str):
            raise PublishError("GitHub does not say where the pull request is")
        return bool(head["sha"] == self.place.sha)

    def _is_newer(self, other: State | None) -> bool:
        """Whether a comment is of a later run on this commit. Comments of other commits are older, as this one is the head."""
        if other is None or other.sha != self.place.sha:
            return False
        self.contended |= other.order != (self.place.run, self.place.attempt) and bool(self.created_ids)
        return other.order > (self.place.run, self.place.attempt)

    def _is_current(self, comment: Comment) -> bool:
        """Whether a comment is as desired. This run's own is recognised by its first line: GitHub may normalise the rest."""
        wanted = self._body(comment.state)
        if self.outcome in ("created", "updated"):
            return comment.body.partition("\n")[0] == wanted.partition("\n")[0]
        return comment.body.strip() == wanted.strip()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _comments(self) -> list[Comment]:
        """The author's own comments about the target, oldest first, without hidden ones."""
        found: dict[int, Comment] = {}
        try:
            listed = list(self._by_graphql())
        except RefusedError:
            # A fine-grained personal token may have no GraphQL.
            listed = list(self._by_rest())
        for comment in listed:
            if state.is_ours(comment.body, self.wish.key):
                found[comment.number] = comment
        return [found[number] for number in sorted(found)]

    def _by_graphql(self) -> Iterator[Comment]:
        """The comments with their authorship, which `viewerDidAuthor` gives for every kind of token."""
        owner, _, name = self.place.repository.partition("/")
        after: str | None = None
        seen: set[str | None] = set()
        while after not in seen:
            seen.add(after)
            data = self.github.graphql(_LIST, {"owner": owner, "name": name, "number": self.number, "after": after})
            try:
                page = data["repository"]["pullRequest"]["comments"]
                for node in page["nodes"]:
                    if node["viewerDidAuthor"] is True and node["isMinimized"] is False:
                        yield Comment(
                            int(node["fullDatabaseId"]), str(node["id"]), _text(node["body"]), str(node["url"])
                        )
                if not page["pageInfo"]["hasNextPage"]:
                    return
                after = str(page["pageInfo"]["endCursor"])
            except (KeyError, TypeError, ValueError):
                raise PublishError("GitHub's list of comments is not understood") from None
        raise PublishError("GitHub's list of comments does not end")

    def _by_rest(self) -> Iterator[Comment]:
        login = self._login()
        path = f"/repos/{self.place.repository}/issues/{self.number}/comments?per_page=100"
        for page in self.github.pages(path):
            if not isinstance(page, list):
                raise PublishError("GitHub's list of comments is not understood")
            for one in page:
                user = one.get("user") if isinstance(one, dict) else None
                if isinstance(user, dict) and user.get("login") == login and isinstance(one.get("id"), int):
                    yield Comment(
                        one["id"], str(one.get("node_id", "")), _text(one.get("body")), str(one.get("html_url", ""))
                    )

    def _login(self) -> str:
        try:
            user = self.github.get("/user")
        except RefusedError:
            return _BOT
        return str(user.get("login", _BOT)) if isinstance(user, dict) else _BOT

    # --- writing ------------------------------------------------------------------------------------------------------

    def _body(self, before: State | None) -> str:
        return self.wish.body(before, self.wish.longest)

    def _create(self) -> None:
        """Post the comment, at most twice, the second time only if the first is not found."""
        path = f"/repos/{self.place.repository}/issues/{self.number}/comments"
        for attempt in (1, 2):
            try:
                answer = self._sized(lambda body: self.github.post(path, {"body": body}), None)
            except UnclearError as error:
                self.contended = True
                self.github.clock.sleep(_SETTLE_SECONDS * 2)
                if self._comments():
                    self.outcome = "created"
                    return
                if attempt == 2:
                    raise PublishError(f"the comment may not have been created ({error.message})") from None
                continue
            if isinstance(answer, dict) and isinstance(answer.get("id"), int):
                self.created_ids.add(answer["id"])
            self.outcome = "created"
            return

    def _update(self, comment: Comment) -> None:
        path = f"/repos/{self.place.repository}/issues/comments/{comment.number}"
        # What somebody else read before this write may still be written over it.
        self.contended = True
        try:
            self._sized(lambda body: self.github.patch(path, {"body": body}), comment.state)
        except RefusedError as error:
            # Deleted since it was read: the next round finds that out.
            if error.status not in _GONE:
                raise
            return
        if self.outcome != "created":
            self.outcome = "updated"

    def _sized(self, send: Callable[[str], Any], before: State | None) -> Any:
        """Send the body; if GitHub refuses it as too long, once more with a minimal one."""
        try:
            return send(self._body(before))
        except RefusedError as error:
            if error.status != 422 or "long" not in error.message or self.wish.longest <= 10_000:
                raise
        self.wish = DesiredComment(
            key=self.wish.key, body=self.wish.body, only_if_there=self.wish.only_if_there, longest=10_000
        )
        return send(self._body(before))

    def _tidy(self, comments: list[Comment]) -> None:
        """Remove duplicates of the oldest comment: those of this run are deleted, others minimised."""
        for extra in comments[1:]:
            try:
                if extra.number in self.created_ids:
                    self.github.delete(f"/repos/{self.place.repository}/issues/comments/{extra.number}")
                else:
                    self.github.graphql(_MINIMIZE, {"id": extra.node})
            except PublishError as error:
                if not (isinstance(error, RefusedError) and error.status in _GONE):
                    self.warnings.append(f"a second comment could not be hidden: {error.message}")


def _text(body: object) -> str:
    """A body with the line ends that were sent: GitHub may return CRLF."""
    return body.replace("\r\n", "\n") if isinstance(body, str) else ""

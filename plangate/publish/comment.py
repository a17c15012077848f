"""One comment for each target, found by its marker and its author, and kept to one whatever happens at the same time.

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
"""Whose token it is where nobody may ask: a GITHUB_TOKEN."""

_LIST = """query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    comments(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { databaseId id body isMinimized viewerDidAuthor url }
    } } } }"""

_MINIMIZE = """mutation($id: ID!) {
  minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) { minimizedComment { isMinimized } } }"""


class Comment(Struct, frozen=True):
    """One comment of ours about the target."""

    number: int
    node: str
    body: str
    url: str

    @property
    def state(self) -> State | None:
        """What its hidden line says."""
        return state.parse(self.body)


class DesiredComment(Struct, frozen=True, kw_only=True):
    """What to publish: the target's key, and the body, given the comment before and the most bytes it may have."""

    key: str
    body: Callable[[State | None, int], str]
    only_if_there: bool = False
    """Write nothing where there is no comment yet: nothing happens, and nobody has to know."""
    longest: int = 60_000


class Published(Struct, frozen=True):
    """How it went: `created`, `updated`, `unchanged`, `superseded` or `not needed`. Warnings are for the log."""

    outcome: str
    url: str = ""
    warnings: tuple[str, ...] = ()


def publish(github: GitHub, place: Place, wish: DesiredComment) -> Published:
    """Bring the comment up to date. Raises `PublishError` where nobody can say that it is."""
    if place.number is None:
        return Published("not needed")
    return _Sticky(github, place, place.number, wish).run()


class _Sticky:
    """One publication, over as many rounds as others interfere."""

    def __init__(self, github: GitHub, place: Place, number: int, wish: DesiredComment):
        self.github = github
        self.place = place
        self.number = number
        self.wish = wish
        self.mine: set[int] = set()
        """Comments that this run created: nobody has answered them yet, so they may be deleted."""
        self.outcome = "unchanged"
        self.contended = False
        self.warnings: list[str] = []

    def run(self) -> Published:
        """Write, read back, and again until what is there is right."""
        settled = False
        for _ in range(_ROUNDS):
            if not self._is_head():
                return self._done("superseded", "")
            comments = self._comments()
            if not comments and self.mine:
                # It was accepted, and the list does not know it yet. Creating it again would make two.
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
                # Somebody else is at it: what they read before our write may still be on its way.
                settled = True
                self.github.clock.sleep(_SETTLE_SECONDS)
                continue
            return self._done(self.outcome, oldest.url)
        if self.mine and self.warnings:
            return self._done(self.outcome, "")
        raise PublishError("others keep changing the comment", hint="let one job publish each target")

    def _done(self, outcome: str, url: str) -> Published:
        return Published(outcome, url, tuple(self.warnings))

    # --- who is right -------------------------------------------------------------------------------------------------

    def _is_head(self) -> bool:
        """Whether the pull request still is where the review was."""
        pull = self.github.get(f"/repos/{self.place.repository}/pulls/{self.number}")
        head = pull.get("head") if isinstance(pull, dict) else None
        if not isinstance(head, dict) or not isinstance(head.get("sha"), str):
            raise PublishError("GitHub does not say where the pull request is")
        return bool(head["sha"] == self.place.sha)

    def _is_newer(self, other: State | None) -> bool:
        """Whether a comment is of a later run on the same commit. One of another commit is older: this one is the head."""
        if other is None or other.sha != self.place.sha:
            return False
        self.contended |= other.order != (self.place.run, self.place.attempt) and bool(self.mine)
        return other.order > (self.place.run, self.place.attempt)

    def _is_current(self, comment: Comment) -> bool:
        """Whether a comment says what it should. What this run wrote is told by its first line: GitHub may tidy the rest."""
        wanted = self._body(comment.state)
        if self.outcome in ("created", "updated"):
            return comment.body.partition("\n")[0] == wanted.partition("\n")[0]
        return comment.body.strip() == wanted.strip()

    # --- reading ------------------------------------------------------------------------------------------------------

    def _comments(self) -> list[Comment]:
        """Our comments about the target, the oldest first, without those that somebody has hidden."""
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
        """`viewerDidAuthor` tells the author for every kind of token, without asking who we are."""
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
                        yield Comment(int(node["databaseId"]), str(node["id"]), _text(node["body"]), str(node["url"]))
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
        """Post the comment, at most twice, and the second time only when the first cannot be found."""
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
                self.mine.add(answer["id"])
            self.outcome = "created"
            return

    def _update(self, comment: Comment) -> None:
        path = f"/repos/{self.place.repository}/issues/comments/{comment.number}"
        try:
            self._sized(lambda body: self.github.patch(path, {"body": body}), comment.state)
        except RefusedError as error:
            # Deleted since it was read: the next round finds that out.
            if error.status not in _GONE:
                raise
            self.contended = True
            return
        if self.outcome != "created":
            self.outcome = "updated"

    def _sized(self, send: Callable[[str], Any], before: State | None) -> Any:
        """Send the body; where GitHub says that it is too long after all, once more with the least that is worth saying."""
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
        """Take away what came into being beside the oldest: ours of this run is deleted, any other is folded."""
        for extra in comments[1:]:
            try:
                if extra.number in self.mine:
                    self.github.delete(f"/repos/{self.place.repository}/issues/comments/{extra.number}")
                else:
                    self.github.graphql(_MINIMIZE, {"id": extra.node})
            except PublishError as error:
                if not (isinstance(error, RefusedError) and error.status in _GONE):
                    self.warnings.append(f"a second comment could not be hidden: {error.message}")


def _text(body: object) -> str:
    """A body as it was sent: GitHub may hand line ends back as a browser would write them."""
    return body.replace("\r\n", "\n") if isinstance(body, str) else ""

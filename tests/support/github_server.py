"""GitHub's REST and GraphQL as far as plangate uses them, on a socket of this machine, misbehaving on a script.

Written from GitHub's documented behaviour (https://docs.github.com/en/rest, https://docs.github.com/en/graphql). A script says
what goes wrong with which request: `Fault("500")` for the next one, `{3: Fault("cut")}` for the fourth.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "invented-token-0123456789"
REPOSITORY = "octo/infra"
OLD, HEAD, NEW = "0" * 40, "a" * 40, "b" * 40
BOT = "github-actions[bot]"
LONGEST = 262_144


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `kind` is a name of `_FAULTS`, or a status."""

    kind: str
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "it did not work"
    body: Any = None


@dataclass
class Comment:
    id: int
    body: str
    author: str = BOT
    minimized: bool = False
    edits: int = 0


@dataclass
class Request:
    method: str
    path: str
    body: Any
    token: str


class FakeGitHub:
    """The state of one repository, and what was asked of it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.head = HEAD
        self.viewer = BOT
        self.comments: list[Comment] = []
        self.checks: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.script: dict[int, Fault] = {}
        self.always: Callable[[Request], Fault | None] = lambda request: None
        self.checks_allowed = True
        self.graphql_allowed = True
        self.pulls_by_head: dict[str, list[dict[str, Any]]] = {}
        self.pulls_of: dict[str, list[dict[str, Any]]] = {}
        self.page_size = 100
        self.after: Callable[[], object] | None = None
        """What happens once the request that is answered now is done."""
        self.repeat_first_page = False
        self.longest = LONGEST
        self.next_id = 1000
        self.delay = 0.0
        self.url = ""
        self.tags: dict[str, str] = {}
        self.author = "ann"
        self.reviews: list[dict[str, Any]] = []
        self.teams: dict[str, set[str]] = {}
        self.writers: set[str] = set()
        self.teams_allowed = True
        self.minutes = 0
        self.app = 15_368
        self.commits: list[dict[str, Any]] = []
        self.pushes: list[dict[str, Any]] = []
        self.push(HEAD, "ann")

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def now(self) -> str:
        """The time, a minute later than when it was asked before."""
        self.minutes += 1
        return f"2026-01-31T{12 + self.minutes // 60:02}:{self.minutes % 60:02}:00Z"

    def review(self, login: str, state: str = "APPROVED", sha: str = "") -> None:
        """Somebody reviews the pull request as it is."""
        self.reviews.append(
            {"user": {"login": login}, "state": state, "commit_id": sha or self.head, "submitted_at": self.now()}
        )

    def push(self, sha: str, login: str | None, *, pusher: str | None = "", forced: bool = False) -> None:
        """Somebody pushes a commit to the branch of the pull request; `pusher` where it is not the one whom the commit names."""
        before = self.head
        self.head = sha
        if forced:
            self.commits.clear()
        user = None if login is None else {"login": login}
        self.commits.append({"sha": sha, "author": user, "committer": user})
        actor = login if pusher == "" else pusher
        if actor is not None:
            self.pushes.append(
                {
                    "before": before,
                    "after": sha,
                    "ref": "refs/heads/change",
                    "timestamp": self.now(),
                    "activity_type": "force_push" if forced else "push",
                    "actor": {"login": actor},
                }
            )

    def shown(self) -> list[Comment]:
        """The comments that people see unfolded."""
        return [comment for comment in self.comments if not comment.minimized]

    def add_comment(self, body: str, author: str = BOT) -> Comment:
        comment = Comment(self.new_id(), body, author)
        self.comments.append(comment)
        return comment

    def writes(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.requests if r.method != "GET" and r.path != "/graphql"]


class _RefusedError(Exception):
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    github: FakeGitHub

    def log_message(self, *_: object) -> None:
        return

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        raw = self.rfile.read(length)
        token = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        request = Request(self.command, self.path, json.loads(raw) if raw else None, token)
        github = self.github
        with github.lock:
            number = len(github.requests)
            github.requests.append(request)
            fault = github.script.pop(number, None) or github.always(request)
        if github.delay:
            time.sleep(github.delay)
        if fault is not None and not self._before(fault):
            return
        try:
            with github.lock:
                status, body, headers = _ROUTER.answer(github, request, dict(self.headers))
        except _RefusedError as refused:
            status, body, headers = refused.status, {"message": refused.message}, refused.headers
        if github.after is not None:
            beside, github.after = github.after, None
            beside()
        if fault is not None and self._after(fault):
            return
        self._answer(status, body, headers)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that the server calls

    def _before(self, fault: Fault) -> bool:
        """What goes wrong instead of the work. True where the work is done all the same."""
        if fault.kind.endswith("-after") or fault.kind in ("cut", "html", "not-json"):
            return True
        if fault.kind == "drop":
            self._drop()
        elif fault.kind == "elsewhere":
            self._answer(302, {}, {"Location": "http://localhost:9/elsewhere"})
        else:
            self._answer(int(fault.kind), fault.body or {"message": fault.message}, fault.headers)
        return False

    def _after(self, fault: Fault) -> bool:
        """What goes wrong once the work is done."""
        if fault.kind == "drop-after":
            self._drop()
        elif fault.kind == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"id": 1')
            self._drop()
        elif fault.kind in ("html", "not-json"):
            self._raw(200, b"<html>Unicorn!</html>", {"Content-Type": "text/html"})
        else:
            self._answer(int(fault.kind.removesuffix("-after")), {"message": fault.message}, fault.headers)
        return True

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.shutdown(2)

    def _answer(self, status: int, body: Any, headers: dict[str, str]) -> None:
        self._raw(status, b"" if body is None else json.dumps(body).encode(), headers)

    def _raw(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        with contextlib.suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)


Route = Callable[[FakeGitHub, Request, "re.Match[str]"], tuple[int, Any, dict[str, str]]]


class _Router:
    def __init__(self) -> None:
        self.routes: list[tuple[str, re.Pattern[str], Route]] = []

    def on(self, method: str, pattern: str) -> Callable[[Route], Route]:
        def add(route: Route) -> Route:
            self.routes.append((method, re.compile(pattern), route))
            return route

        return add

    def answer(self, github: FakeGitHub, request: Request, headers: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        if request.token != TOKEN:
            raise _RefusedError(401, "Bad credentials")
        path = urlsplit(request.path).path
        for method, pattern, route in self.routes:
            match = pattern.fullmatch(path)
            if method == request.method and match is not None:
                status, body, extra = route(github, request, match)
                if method == "GET" and status == 200:
                    tag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]}"'
                    if headers.get("if-none-match") == tag:
                        return 304, None, {"ETag": tag}
                    extra = {**extra, "ETag": tag}
                return status, body, extra
        raise _RefusedError(404, "Not Found")


_ROUTER = _Router()
_REPO = r"/repos/octo/infra"


def _paged(github: FakeGitHub, request: Request, items: list[Any]) -> tuple[list[Any], dict[str, str]]:
    query = parse_qs(urlsplit(request.path).query)
    page = int(query.get("page", ["1"])[0])
    size = min(github.page_size, int(query.get("per_page", ["30"])[0]))
    start = (page - 1) * size
    if github.repeat_first_page and page > 1:
        start = max(0, start - size // 2)
    part = items[start : start + size]
    headers = {}
    if start + size < len(items):
        base = request.path.split("&page=")[0]
        headers["Link"] = f'<{github.url}{base}&page={page + 1}>; rel="next"'
    return part, headers


def _comment(github: FakeGitHub, comment: Comment) -> dict[str, Any]:
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "body": comment.body,
        "html_url": f"https://github.com/octo/infra/pull/7#issuecomment-{comment.id}",
        "user": {"login": comment.author},
    }


@_ROUTER.on("GET", rf"{_REPO}/pulls/7")
def _pull(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    repository = {"full_name": "octo/infra", "default_branch": "main"}
    head = {"sha": github.head, "ref": "change", "repo": repository}
    base = {"ref": "main", "repo": repository}
    user = {"login": github.author}
    return 200, {"number": 7, "state": "open", "head": head, "base": base, "user": user}, {}


@_ROUTER.on("GET", rf"{_REPO}/pulls/7/commits")
def _commits(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    part, headers = _paged(github, request, github.commits)
    return 200, part, headers


@_ROUTER.on("GET", rf"{_REPO}/activity")
def _activity(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    part, headers = _paged(github, request, list(reversed(github.pushes)))
    return 200, part, headers


@_ROUTER.on("GET", rf"{_REPO}/pulls/7/reviews")
def _reviews(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    part, headers = _paged(github, request, github.reviews)
    return 200, part, headers


@_ROUTER.on("GET", r"/orgs/octo/teams/([\w-]+)/memberships/([\w-]+)")
def _membership(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if not github.teams_allowed:
        raise _RefusedError(403, "Resource not accessible by integration")
    if match[2] not in github.teams.get(match[1], ()):
        raise _RefusedError(404, "Not Found")
    return 200, {"state": "active", "role": "member"}, {}


@_ROUTER.on("GET", rf"{_REPO}/collaborators/([\w-]+)/permission")
def _permission(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    return 200, {"permission": "write" if match[1] in github.writers else "read"}, {}


@_ROUTER.on("GET", r"/user")
def _user(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if github.viewer == BOT:
        raise _RefusedError(403, "Resource not accessible by integration")
    return 200, {"login": github.viewer}, {}


@_ROUTER.on("GET", rf"{_REPO}/issues/7/comments")
def _list_comments(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    part, headers = _paged(github, request, [_comment(github, c) for c in github.comments])
    return 200, part, headers


@_ROUTER.on("POST", rf"{_REPO}/issues/7/comments")
def _create_comment(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    _checked_body(github, request)
    comment = github.add_comment(request.body["body"], github.viewer)
    return 201, _comment(github, comment), {}


@_ROUTER.on("PATCH", rf"{_REPO}/issues/comments/(\d+)")
def _edit_comment(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    comment = _found(github, int(match[1]))
    if comment.author != github.viewer:
        raise _RefusedError(403, "Must have admin rights to Repository.")
    _checked_body(github, request)
    comment.body = request.body["body"]
    comment.edits += 1
    return 200, _comment(github, comment), {}


@_ROUTER.on("DELETE", rf"{_REPO}/issues/comments/(\d+)")
def _delete_comment(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    github.comments.remove(_found(github, int(match[1])))
    return 204, None, {}


def _found(github: FakeGitHub, number: int) -> Comment:
    for comment in github.comments:
        if comment.id == number:
            return comment
    raise _RefusedError(404, "Not Found")


def _checked_body(github: FakeGitHub, request: Request) -> None:
    if len(request.body["body"].encode()) > github.longest:
        raise _RefusedError(422, "Validation Failed: Body is too long (maximum is 65536 characters)")


@_ROUTER.on("GET", rf"{_REPO}/commits/([0-9a-f]+)/check-runs")
def _list_checks(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if not github.checks_allowed:
        raise _RefusedError(403, "Resource not accessible by personal access token")
    name = parse_qs(urlsplit(request.path).query)["check_name"][0]
    runs = [run for run in github.checks if run["head_sha"] == match[1] and run["name"] == name]
    part, headers = _paged(github, request, runs)
    return 200, {"total_count": len(runs), "check_runs": part}, headers


@_ROUTER.on("POST", rf"{_REPO}/check-runs")
def _create_check(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if not github.checks_allowed:
        raise _RefusedError(403, "Resource not accessible by personal access token")
    run = {
        "id": github.new_id(),
        "conclusion": None,
        "annotations": [],
        "html_url": "https://github.com/octo/infra/runs/1",
        "app": {"id": github.app},
    }
    _into(run, request.body, github.now())
    github.checks.append(run)
    return 201, run, {}


@_ROUTER.on("PATCH", rf"{_REPO}/check-runs/(\d+)")
def _edit_check(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    for run in github.checks:
        if run["id"] == int(match[1]):
            _into(run, request.body, github.now())
            return 200, run, {}
    raise _RefusedError(404, "Not Found")


def _into(run: dict[str, Any], body: dict[str, Any], moment: str) -> None:
    output = body.get("output", {})
    annotations = output.get("annotations", [])
    if len(annotations) > 50:
        raise _RefusedError(422, "Invalid request. No more than 50 items are allowed")
    for annotation in annotations:
        if set(annotation) != {"path", "start_line", "end_line", "annotation_level", "title", "message"}:
            raise _RefusedError(422, "Invalid annotation")
        if annotation["path"].startswith("/") or ".." in annotation["path"] or annotation["start_line"] < 1:
            raise _RefusedError(422, "Invalid annotation path")
        if len(annotation["title"]) > 255 or len(annotation["message"].encode()) > 65_536:
            raise _RefusedError(422, "Invalid annotation size")
    if len(output.get("summary", "")) > 65_535 or any(ord(c) > 0xFFFF for c in json.dumps(output, ensure_ascii=False)):
        raise _RefusedError(422, "Invalid output")
    conclusion = body.get("conclusion")
    if conclusion == "action_required" and not (body.get("details_url") or run.get("details_url")):
        run["details_url"] = None
    if body.get("status") == "completed":
        run["completed_at"] = moment
    run["annotations"] += annotations
    run.update({name: value for name, value in body.items() if name != "output"})
    run["output"] = {"title": output.get("title"), "summary": output.get("summary")}


@_ROUTER.on("GET", rf"{_REPO}/commits/([0-9a-f]+)/statuses")
def _list_statuses(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    return 200, list(reversed(github.statuses)), {}


@_ROUTER.on("POST", rf"{_REPO}/statuses/([0-9a-f]+)")
def _create_status(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if len(request.body["description"]) > 140:
        raise _RefusedError(422, "Validation Failed: description is too long (maximum is 140 characters)")
    github.statuses.append({**request.body, "sha": match[1], "id": github.new_id()})
    return 201, github.statuses[-1], {}


@_ROUTER.on("GET", rf"{_REPO}/commits/([0-9a-f]+)/pulls")
def _pulls(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    return 200, github.pulls_of.get(match[1], []), {}


@_ROUTER.on("GET", rf"{_REPO}/pulls")
def _pulls_by_head(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    head = parse_qs(urlsplit(request.path).query)["head"][0]
    return 200, github.pulls_by_head.get(head, []), {}


@_ROUTER.on("POST", r"/graphql")
def _graphql(github: FakeGitHub, request: Request, match: re.Match[str]) -> Any:
    if not github.graphql_allowed:
        message = "Personal access tokens with fine grained access do not support the GraphQL API"
        raise _RefusedError(403, message)
    variables = request.body["variables"]
    if "minimizeComment" in request.body["query"]:
        number = int(str(variables["id"]).removeprefix("IC_"))
        for comment in github.comments:
            if comment.id == number:
                comment.minimized = True
                return 200, {"data": {"minimizeComment": {"minimizedComment": {"isMinimized": True}}}}, {}
        return (
            200,
            {"data": {"minimizeComment": None}, "errors": [{"type": "NOT_FOUND", "message": "no such node"}]},
            {},
        )
    start = int(variables["after"] or 0)
    if github.repeat_first_page and start:
        start -= github.page_size // 2
    part = github.comments[start : start + github.page_size]
    end = start + len(part)
    page = {
        "pageInfo": {"hasNextPage": end < len(github.comments), "endCursor": str(end)},
        "nodes": [
            {
                "fullDatabaseId": str(comment.id),
                "id": f"IC_{comment.id}",
                "body": comment.body,
                "isMinimized": comment.minimized,
                "viewerDidAuthor": comment.author == github.viewer,
                "url": f"https://github.com/octo/infra/pull/7#issuecomment-{comment.id}",
            }
            for comment in part
        ],
    }
    return 200, {"data": {"repository": {"pullRequest": {"comments": page}}}}, {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is part of the game."""


@contextlib.contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[FakeGitHub]:
    """A GitHub of its own, as long as the block lasts; over TLS with a certificate and its key."""
    github = FakeGitHub()
    handler = type("Handler", (_Handler,), {"github": github})
    server = _Server(("127.0.0.1", 0), handler)
    github.url = f"http://127.0.0.1:{server.server_address[1]}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        github.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()

"""A small client for GitHub with one host, a time budget, and no repetition of requests that may have been done.

Retries: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api. A request that was refused
for its rate was not done and is repeated. One that may have been done is repeated only where doing it twice is the same.
"""

from __future__ import annotations

import queue
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
import urllib3
from msgspec import Struct

from plangate import __version__
from plangate.errors import PublishError, RefusedError, UnclearError, UsageError
from plangate.publish import proxy
from plangate.publish.hosts import Endpoints, origin_of

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

_ATTEMPTS: Final = 4
_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 20.0
_REQUEST_SECONDS: Final = 60.0
"""The most for one request with its answer, however slowly its bytes come."""

_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_PAGES: Final = 50
_UNKNOWN_WAIT: Final = 60.0
"""Seconds to wait after a secondary limit that does not say how long."""

_TOKEN = re.compile(r"[\x21-\x7e]+")
_SECONDARY = re.compile(r"secondary rate|abuse detection", re.IGNORECASE)
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


class Clock(Struct, frozen=True):
    """The clock, which tests replace."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time


class Response(Struct, frozen=True):
    """A response: the status, the headers with names in lower case, and the decoded JSON body."""

    status: int
    headers: dict[str, str]
    body: Any


class GitHub:
    """A client for one GitHub with one token and one time budget."""

    def __init__(
        self,
        endpoints: Endpoints,
        token: str,
        *,
        seconds: float = 120.0,
        clock: Clock | None = None,
        ca_bundle: str = "",
    ):
        if not _TOKEN.fullmatch(token):
            raise UsageError("is not a token", where="GITHUB_TOKEN")
        self._endpoints = endpoints
        self._token = token
        self.clock = clock or Clock()
        self._deadline = self.clock.now() + seconds
        self._pool = _pool(endpoints, ca_bundle)
        self._unreachable = False
        """Whether GitHub could not be reached after all retries, so that later requests fail at once."""
        self._tags: dict[str, tuple[str, Response]] = {}

    def __repr__(self) -> str:
        return f"GitHub({self._endpoints.rest})"

    def get(self, path: str) -> Any:
        """The JSON of one resource. Repeated requests are conditional on its ETag."""
        return self._get(self._endpoints.rest + path).body

    def pages(self, path: str) -> Iterator[Any]:
        """Every page of a list, one after the other."""
        url: str | None = self._endpoints.rest + path
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) == _MOST_PAGES:
                raise PublishError("the list of GitHub does not end")
            seen.add(url)
            answer = self._get(url)
            yield answer.body
            following = _NEXT.search(answer.headers.get("link", ""))
            url = following[1] if following else None
            if url is not None and origin_of(url) != self._endpoints.origin:
                raise PublishError("GitHub names a next page on another host")

    def post(self, path: str, body: Any) -> Any:
        """Create a resource, once. Raises `UnclearError` if it is unknown whether it was created."""
        return self._send("POST", self._endpoints.rest + path, body, again=False).body

    def patch(self, path: str, body: Any) -> Any:
        """Change a resource. The request must be idempotent."""
        return self._send("PATCH", self._endpoints.rest + path, body, again=True).body

    def delete(self, path: str) -> None:
        """Delete a resource, which is idempotent."""
        self._send("DELETE", self._endpoints.rest + path, None, again=True)

    def graphql(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of a query or an idempotent mutation. Raises `RefusedError` for an answer with errors."""
        answer = self._send("POST", self._endpoints.graphql, {"query": query, "variables": variables}, again=True)
        body = answer.body if isinstance(answer.body, dict) else {}
        errors = body.get("errors")
        data = body.get("data")
        if errors or not isinstance(data, dict):
            first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
            raise RefusedError(f"GraphQL: {self._quoted(first.get('message'))}", status=200)
        return data

    # --- one request --------------------------------------------------------------------------------------------------

    def _get(self, url: str) -> Response:
        tag, before = self._tags.get(url, ("", None))
        answer = self._send("GET", url, None, again=True, headers={"if-none-match": tag} if tag else None)
        if answer.status == 304 and before is not None:
            return before
        if "etag" in answer.headers:
            self._tags[url] = (answer.headers["etag"], answer)
        return answer

    def _send(
        self, method: str, url: str, body: Any, *, again: bool, headers: dict[str, str] | None = None
    ) -> Response:
        """Send a request, with retries until an answer, a final error, or the end of the time budget."""
        if self._unreachable:
            raise PublishError("GitHub does not answer")
        data = msgspec.json.encode(body) if body is not None else None
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._once(method, url, data, headers or {})
            except urllib3.exceptions.HTTPError as error:
                final = _final(error)
                if final is not None:
                    self._unreachable = True
                    raise final from None
                if _may_have_arrived(error) and not again:
                    raise UnclearError(f"{method}: {type(error).__name__}") from None
                if attempt == _ATTEMPTS:
                    self._unreachable = not _may_have_arrived(error)
                    raise PublishError(f"GitHub does not answer: {type(error).__name__}") from None
                self._wait(2.0 ** (attempt - 1))
                continue
            wait = self._limited(answer)
            if wait is not None:
                self._wait(wait)
                continue
            if answer.status >= 500:
                if not again:
                    raise UnclearError(f"{method}: GitHub answers {answer.status}")
                if attempt == _ATTEMPTS:
                    raise PublishError(f"GitHub answers {answer.status}")
                self._wait(2.0 ** (attempt - 1))
                continue
            if method == "GET" and answer.status in _REDIRECTS and attempt < _ATTEMPTS:
                # A renamed repository. Redirects to other hosts are not followed.
                url = answer.headers.get("location", "")
                if origin_of(url) != self._endpoints.origin:
                    raise PublishError("GitHub sends us to another host")
                continue
            return self._accepted(method, answer, again=again)

    def _accepted(self, method: str, answer: Response, *, again: bool) -> Response:
        if answer.status == 304 or (200 <= answer.status < 300 and (answer.body is not None or answer.status == 204)):
            return answer
        if 200 <= answer.status < 300:
            if not again:
                raise UnclearError(f"{method}: the answer is cut or not JSON")
            raise PublishError("the answer of GitHub is cut or not JSON")
        needed = answer.headers.get("x-accepted-github-permissions")
        raise RefusedError(
            f"GitHub answers {answer.status}: {self._quoted(_reason(answer.body))}",
            status=answer.status,
            hint=f"the token needs: {self._quoted(needed)}" if needed and answer.status == 403 else None,
        )

    def _once(self, method: str, url: str, data: bytes | None, headers: dict[str, str]) -> Response:
        """One request, in a thread that is left alone when time is over: no timeout of a socket bounds headers that drip."""
        left = min(self._left(), _REQUEST_SECONDS)
        answers: queue.SimpleQueue[Response | BaseException] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._exchange(method, url, data, headers, left))
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits
                answers.put(error)

        threading.Thread(target=ask, daemon=True).start()
        try:
            answer = answers.get(timeout=left)
        except queue.Empty:
            raise urllib3.exceptions.ProtocolError("the answer is too slow") from None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _exchange(self, method: str, url: str, data: bytes | None, headers: dict[str, str], left: float) -> Response:
        response = self._pool.request(
            method,
            url,
            body=data,
            headers={
                "accept": "application/vnd.github+json",
                "authorization": f"Bearer {self._token}",
                "user-agent": f"plangate/{__version__}",
                "x-github-api-version": "2022-11-28",
                **({"content-type": "application/json"} if data is not None else {}),
                **headers,
            },
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, left), read=min(_READ_SECONDS, left)),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            raw = self._body(response)
        finally:
            response.release_conn()
        try:
            body = msgspec.json.decode(raw) if raw else None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            body = None
        return Response(response.status, {name.lower(): value for name, value in response.headers.items()}, body)

    def _body(self, response: BaseHTTPResponse) -> bytes:
        """The whole body. Raises for one that is too slow or too large."""
        parts: list[bytes] = []
        size = 0
        for part in response.stream(65_536, decode_content=True):
            size += len(part)
            parts.append(part)
            if size > _MOST_BYTES:
                raise urllib3.exceptions.ProtocolError("the answer is too long")
            if self.clock.now() > self._deadline:
                raise urllib3.exceptions.ProtocolError("no time left")
        return b"".join(parts)

    # --- time ---------------------------------------------------------------------------------------------------------

    def _left(self) -> float:
        left = self._deadline - self.clock.now()
        if left <= 0:
            raise PublishError("there was not enough time to publish", hint="--timeout")
        return left

    def _wait(self, seconds: float) -> None:
        if seconds >= self._left():
            raise PublishError(f"GitHub asks to wait {seconds:.0f} s, and there is not so much time", hint="--timeout")
        self.clock.sleep(seconds)

    def _limited(self, answer: Response) -> float | None:
        """The seconds to wait if the request was refused by a rate limit; None if it was not."""
        if answer.status not in (403, 429):
            return None
        message = str(answer.body.get("message", "")) if isinstance(answer.body, dict) else ""
        after = answer.headers.get("retry-after")
        if after is not None:
            return _seconds(after, self.clock.wall())
        if answer.headers.get("x-ratelimit-remaining") == "0":
            reset = answer.headers.get("x-ratelimit-reset", "")
            return max(1.0, float(reset) - self.clock.wall()) if reset.isdecimal() else _UNKNOWN_WAIT
        return _UNKNOWN_WAIT if answer.status == 429 or _SECONDARY.search(message) else None

    def _quoted(self, text: object) -> str:
        """GitHub's message with the token removed."""
        message = text if isinstance(text, str) and text else "no reason given"
        return message.replace(self._token, "***")[:300]


def _reason(body: Any) -> str | None:
    """GitHub's message, and those of its `errors`: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api."""
    if not isinstance(body, dict):
        return None
    parts = [body.get("message")]
    errors = body.get("errors")
    for one in errors[:5] if isinstance(errors, list) else ():
        if isinstance(one, dict):
            parts.append(one.get("message") or " ".join(str(one.get(name, "")) for name in ("field", "code")).strip())
        else:
            parts.append(one)
    return ": ".join(dict.fromkeys(part for part in parts if isinstance(part, str) and part))


def _final(error: urllib3.exceptions.HTTPError) -> PublishError | None:
    """The error for what asking again does not change; None for what may go away."""
    if isinstance(error, urllib3.exceptions.ProxyError):
        status = re.search(r"\b[45]\d\d\b", str(error.original_error))
        said = f"it answers {status[0]}" if status else type(error.original_error).__name__
        return PublishError(f"the proxy of the environment cannot be used: {said}", hint="HTTPS_PROXY, NO_PROXY")
    if isinstance(error, urllib3.exceptions.SSLError) and isinstance(error.args[0], ssl.SSLCertVerificationError):
        return PublishError("GitHub's certificate is not trusted", hint="--ca-bundle FILE, or SSL_CERT_FILE")
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return PublishError("the address of GitHub cannot be used", where="GITHUB_API_URL")
    return None


def _may_have_arrived(error: urllib3.exceptions.HTTPError) -> bool:
    """Whether a request that failed with this error may have been done."""
    never = (
        urllib3.exceptions.NewConnectionError,
        urllib3.exceptions.ConnectTimeoutError,
        urllib3.exceptions.ProxyError,
    )
    return not isinstance(error, never)


def _seconds(after: str, now: float) -> float:
    """`Retry-After`, in seconds or as a date (RFC 9110, 10.2.3)."""
    if after.strip().isdecimal():
        return max(1.0, float(after))
    try:
        return max(1.0, parsedate_to_datetime(after).timestamp() - now)
    except ValueError:
        return _UNKNOWN_WAIT


def _pool(endpoints: Endpoints, ca_bundle: str) -> urllib3.PoolManager:
    """Connections, through the proxy of the environment where there is one. `SSL_CERT_FILE` is OpenSSL's own and counts."""
    trust: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED"}
    if ca_bundle:
        try:
            ssl.create_default_context(cafile=ca_bundle)
        except ssl.SSLError:
            raise UsageError("holds no certificates in PEM", where=f"--ca-bundle {ca_bundle}") from None
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=f"--ca-bundle {ca_bundle}") from None
        trust["ca_certs"] = ca_bundle
    through = proxy.find(*endpoints.origin)
    if through is not None:
        return urllib3.ProxyManager(through.url, proxy_headers=through.headers, **trust)
    return urllib3.PoolManager(**trust)

"""Checks the hosts that the token is sent to: another step of the workflow may have set the environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct

from plangate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT: Final = "https://api.github.com"

_GITHUB = re.compile(r"api\.(?:github\.com|[a-z0-9][a-z0-9-]*\.ghe\.com)")
"""github.com and GitHub Enterprise Cloud with data residency. A GitHub Enterprise Server has to be named."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Endpoints(Struct, frozen=True):
    """The addresses of one GitHub: REST without a slash at its end, and GraphQL."""

    rest: str
    graphql: str
    origin: tuple[str, str, int]
    """Scheme, host and port: the only origin that the token is sent to."""


def endpoints(rest: str, graphql: str, named: Sequence[str]) -> Endpoints:
    """The endpoints, checked against the allowed hosts. `named` are those that the command line allows."""
    rest = (rest or DEFAULT).rstrip("/")
    origin = _allowed(rest, named)
    # A GitHub Enterprise Server has REST at /api/v3 and GraphQL at /api/graphql.
    graphql = graphql or (rest.removesuffix("/v3") if rest.endswith("/api/v3") else rest) + "/graphql"
    if origin_of(graphql) != origin:
        raise UsageError("is another host than the one of GITHUB_API_URL", where="GITHUB_GRAPHQL_URL")
    return Endpoints(rest, graphql, origin)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address, or None where it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.password is not None or not port:
        return None
    return parts.scheme, parts.hostname, port


def _allowed(url: str, named: Sequence[str]) -> tuple[str, str, int]:
    origin = origin_of(url)
    if origin is None or urlsplit(url).query or urlsplit(url).fragment:
        raise UsageError("is not an address", where="GITHUB_API_URL")
    scheme, host, _ = origin
    if host not in {name.lower() for name in named} and not _GITHUB.fullmatch(host):
        raise UsageError(
            f"{host} is not a host that the token may be sent to", where="GITHUB_API_URL", hint=f"--github-host {host}"
        )
    if scheme != "https" and not (scheme == "http" and host in _LOOPBACK):
        raise UsageError("is not https", where="GITHUB_API_URL")
    return origin

"""The proxy of the environment for one host, or none: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`."""

from __future__ import annotations

import base64
import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from msgspec import Struct

from plangate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORTS: Final = {"http": 80, "https": 443}


class Proxy(Struct, frozen=True):
    """The address of a proxy without its user, and the headers that go to the proxy alone."""

    url: str
    headers: dict[str, str]


def find(scheme: str, host: str, port: int) -> Proxy | None:
    """The proxy for a host; None where there is none. Raises `UsageError` for one that cannot be used, and never quotes it."""
    proxies = getproxies()
    given = proxies.get(scheme) or proxies.get("all")
    if not given or _is_exempt(host, port, re.split(r"[\s,]+", proxies.get("no", ""))):
        return None
    where = "HTTPS_PROXY" if scheme == "https" else "HTTP_PROXY"
    return _parse(given, where if proxies.get(scheme) else "ALL_PROXY")


def _parse(given: str, where: str) -> Proxy:
    # `host:port` alone is common, and every other program takes it for http.
    address = given if "://" in given else f"http://{given}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise UsageError("is not the address of a proxy", where=where) from None
    if parts.scheme.startswith("socks"):
        raise UsageError("names a socks proxy, and only http and https proxies are supported", where=where)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise UsageError("is not the address of a proxy", where=where)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    headers = {}
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["proxy-authorization"] = f"Basic {base64.b64encode(user.encode()).decode()}"
    return Proxy(f"{parts.scheme}://{host}:{port or _PORTS[parts.scheme]}", headers)


def _is_exempt(host: str, port: int, names: Iterable[str]) -> bool:
    """Whether `NO_PROXY` holds a host: by name, by a domain it is in, by address or network, each also with a port."""
    return any(name and _holds(name.lower(), host.lower(), port) for name in names) or bool(proxy_bypass(host))


def _holds(name: str, host: str, port: int) -> bool:
    if name == "*":
        return True
    network = _network(name)
    if network is not None:
        try:
            return ipaddress.ip_address(host) in network
        except ValueError:
            return False
    found = re.fullmatch(r"(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?", name)
    if found is None or (found[2] is not None and int(found[2]) != port):
        return False
    domain = found[1].strip("[]").removeprefix("*").lstrip(".")
    return host == domain or host.endswith(f".{domain}")


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return None

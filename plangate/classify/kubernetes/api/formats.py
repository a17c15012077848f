"""The syntax of names, addresses, amounts: what apimachinery's pkg/util/validation checks. Each says what is wrong, or nothing."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LABEL_1035: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_LABEL_VALUE: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_NAME_PART: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_PORT_NAME: Final = re.compile(r"(?=[a-z0-9-]*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?")
_VARIABLE: Final = re.compile(r"[\x20-\x3c\x3e-\x7e]+")
_DATA_KEY: Final = re.compile(r"(?!\.\.(?:$|[^.]|\.))(?!\.$)[-._a-zA-Z0-9]{1,253}")
_SYSCTL: Final = re.compile(r"[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:[./][a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*")
_POD_FIELD: Final = re.compile(
    r"metadata\.(?:name|namespace|uid|labels|annotations)|metadata\.(?:labels|annotations)\['[^']+'\]"
    r"|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIPs?|podIPs?)"
)
_OF_CONTAINER: Final = frozenset({"cpu", "memory", "ephemeral-storage", "storage"})
_MODES: Final = frozenset({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})


class Problem(Struct, frozen=True):
    """One reason to refuse an object."""

    path: str
    says: str
    certain: bool = True
    """False where a newer server, or one set up otherwise, may take it."""


def is_label(text: str) -> bool:
    """Whether it is an RFC 1123 label."""
    return bool(_LABEL.fullmatch(text))


def is_service_name(text: str) -> bool:
    """Whether it is an RFC 1035 label, which names of Services are."""
    return bool(_LABEL_1035.fullmatch(text))


def is_subdomain(text: str) -> bool:
    """Whether it is an RFC 1123 subdomain."""
    return len(text) <= 253 and bool(_SUBDOMAIN.fullmatch(text))


def is_qualified(text: str) -> bool:
    """Whether it is a name with an optional domain before a slash."""
    domain, slash, name = text.rpartition("/")
    return bool(_NAME_PART.fullmatch(name)) and (not slash or is_subdomain(domain))


def is_data_key(text: str) -> bool:
    """Whether it can be a key of a ConfigMap or Secret."""
    return bool(_DATA_KEY.fullmatch(text))


def is_port_name(text: str) -> bool:
    """Whether it is a name that IANA would register for a service."""
    return bool(_PORT_NAME.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether it is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Whether it is an IP network in CIDR words; bits behind the mask may be set."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _plain(check: Callable[[str], bool], says: str) -> Callable[[Value], Iterator[tuple[str, str]]]:
    def look(value: Value) -> Iterator[tuple[str, str]]:
        if isinstance(value, str) and value and not check(value):
            yield "", f"{value!r} {says}"

    return look


def _every(check: Callable[[str], bool], says: str) -> Callable[[Value], Iterator[tuple[str, str]]]:
    def look(value: Value) -> Iterator[tuple[str, str]]:
        for i, one in enumerate(value if isinstance(value, list) else ()):
            if isinstance(one, str) and not check(one):
                yield f"[{i}]", f"{one!r} {says}"

    return look


def _labels(value: Value) -> Iterator[tuple[str, str]]:
    yield from _keys(value)
    for key, one in value.items() if isinstance(value, dict) else ():
        if isinstance(one, str) and not _LABEL_VALUE.fullmatch(one):
            yield key, "is not a valid label value"


def _keys(value: Value) -> Iterator[tuple[str, str]]:
    for key in value if isinstance(value, dict) else ():
        if not is_qualified(key):
            yield key, "is not a qualified name (at most one slash, at most 63 characters behind it)"


def _annotation_keys(value: Value) -> Iterator[tuple[str, str]]:
    for key in value if isinstance(value, dict) else ():
        if not is_qualified(key.lower()):
            yield key, "is not a qualified name (at most one slash, at most 63 characters behind it)"


def _amounts(value: Value) -> Iterator[tuple[str, str]]:
    for key, one in value.items() if isinstance(value, dict) else ():
        number = quantity.read(one)
        if number is not None and number < 0:
            yield key, "must be greater than or equal to 0"


def container_resources(value: Value) -> Iterator[tuple[str, str]]:
    """The names of resources that a container may ask for."""
    for key in value if isinstance(value, dict) else ():
        if key not in _OF_CONTAINER and not key.startswith("hugepages-") and ("/" not in key or not is_qualified(key)):
            yield key, "must be a standard resource for containers, or a name with a domain"


def _inner_path(text: str) -> bool:
    return not text.startswith("/") and ".." not in text.split("/")


def _ingress_host(text: str) -> bool:
    return not is_address(text) and is_subdomain(text.removeprefix("*."))


def _host(text: str) -> bool:
    return is_subdomain(text.removesuffix("."))


def _domain_path(text: str) -> bool:
    domain, slash, path = text.partition("/")
    return bool(slash) and is_subdomain(domain) and bool(path)


def _port(value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value and not is_port_name(value):
        yield "", f"{value!r} is not a valid port name (at most 15 characters, lower case, one letter at least)"


def _share(value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and not re.fullmatch(r"\d+%", value):
        yield "", f"{value!r} must be an integer or a percentage"


def _share_of_all(value: Value) -> Iterator[tuple[str, str]]:
    yield from _share(value)
    if isinstance(value, str) and re.fullmatch(r"\d{3,9}%", value) and int(value[:-1]) > 100:
        yield "", "must not be greater than 100%"


FORMATS: Final[dict[str, Callable[[Value], Iterator[tuple[str, str]]]]] = {
    "labels": _labels,
    "annotation keys": _annotation_keys,
    "amounts": _amounts,
    "qualified name": _plain(is_qualified, "is not a qualified name"),
    "label": _plain(is_label, "is not a valid name (RFC 1123 label: lower case, digits, dashes, at most 63)"),
    "subdomain": _plain(is_subdomain, "is not a valid name (RFC 1123 subdomain: lower case, digits, dashes, dots)"),
    "subdomains": _every(is_subdomain, "is not a valid host name"),
    "service name": _plain(is_service_name, "is not the name of a Service (RFC 1035 label)"),
    "port name": _plain(is_port_name, "is not a valid port name (at most 15 characters, lower case)"),
    "port": _port,
    "variable": _plain(lambda text: bool(_VARIABLE.fullmatch(text)), "is not a valid name of an environment variable"),
    "data key": _plain(is_data_key, "is not a valid key"),
    "inner path": _plain(_inner_path, "must be a relative path without '..'"),
    "pod field": _plain(lambda text: bool(_POD_FIELD.fullmatch(text)), "is not a field that a pod gives"),
    "sysctl": _plain(lambda text: len(text) <= 253 and bool(_SYSCTL.fullmatch(text)), "is not the name of a sysctl"),
    "address": _plain(is_address, "is not an IP address"),
    "addresses": _every(is_address, "is not an IP address"),
    "cluster address": _plain(lambda text: text == "None" or is_address(text), "is not an IP address"),
    "network": _plain(is_network, "is not an IP network"),
    "networks": _every(lambda text: is_network(text.strip()), "is not an IP network"),
    "host": _plain(_host, "is not a host name"),
    "ingress host": _plain(_ingress_host, "is not a host name, nor '*.' and one"),
    "ingress hosts": _every(_ingress_host, "is not a host name, nor '*.' and one"),
    "domain path": _plain(_domain_path, "must be a domain, a slash and a path"),
    "access modes": _every(_MODES.__contains__, "is not an access mode"),
    "share": _share,
    "share of all": _share_of_all,
}
"""Checks of single values by the name that `kubernetes-validation.yaml` gives them: (where below it, what is wrong)."""

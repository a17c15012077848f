"""The syntax of single values (names, addresses, quantities), after pkg/util/validation of k8s.io/apimachinery."""

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
_CONTAINER_RESOURCES: Final = frozenset({"cpu", "memory", "ephemeral-storage", "storage"})
_ACCESS_MODES: Final = frozenset({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})


class Problem(Struct, frozen=True):
    """One reason why the server refuses an object: the path of a field, and what is wrong with it."""

    path: str
    says: str
    certain: bool = True
    """False where a newer server, or one with another configuration, may accept the object."""


def is_label(text: str) -> bool:
    """Whether a text is an RFC 1123 label."""
    return bool(_LABEL.fullmatch(text))


def is_service_name(text: str) -> bool:
    """Whether a text is an RFC 1035 label, as names of Services have to be."""
    return bool(_LABEL_1035.fullmatch(text))


def is_subdomain(text: str) -> bool:
    """Whether a text is an RFC 1123 subdomain."""
    return len(text) <= 253 and bool(_SUBDOMAIN.fullmatch(text))


def is_qualified(text: str) -> bool:
    """Whether a text is a qualified name: a name with an optional domain before a slash."""
    domain, slash, name = text.rpartition("/")
    return bool(_NAME_PART.fullmatch(name)) and (not slash or is_subdomain(domain))


def is_data_key(text: str) -> bool:
    """Whether a text can be a key of a ConfigMap or Secret."""
    return bool(_DATA_KEY.fullmatch(text))


def is_port_name(text: str) -> bool:
    """Whether a text is a port name (an IANA service name)."""
    return bool(_PORT_NAME.fullmatch(text))


def is_address(text: str) -> bool:
    """Whether a text is an IP address, version 4 or 6."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_network(text: str) -> bool:
    """Whether a text is an IP network in CIDR notation. Host bits may be set."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return "/" in text


def _text(check: Callable[[str], bool], says: str) -> Callable[[Value], Iterator[tuple[str, str]]]:
    def check_value(value: Value) -> Iterator[tuple[str, str]]:
        if isinstance(value, str) and value and not check(value):
            yield "", f"{value!r} {says}"

    return check_value


def _each_text(check: Callable[[str], bool], says: str) -> Callable[[Value], Iterator[tuple[str, str]]]:
    def check_value(value: Value) -> Iterator[tuple[str, str]]:
        for i, one in enumerate(value if isinstance(value, list) else ()):
            if isinstance(one, str) and not check(one):
                yield f"[{i}]", f"{one!r} {says}"

    return check_value


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


def _quantities(value: Value) -> Iterator[tuple[str, str]]:
    for key, one in value.items() if isinstance(value, dict) else ():
        number = quantity.read(one)
        if number is not None and number < 0:
            yield key, "must be greater than or equal to 0"


def container_resources(value: Value) -> Iterator[tuple[str, str]]:
    """The names in a map of resource quantities that a container may not use: (name, what is wrong)."""
    for key in value if isinstance(value, dict) else ():
        if (
            key not in _CONTAINER_RESOURCES
            and not key.startswith("hugepages-")
            and ("/" not in key or not is_qualified(key))
        ):
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


def _integer_or_percentage(value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and not re.fullmatch(r"\d+%", value):
        yield "", f"{value!r} must be an integer or a percentage"


def _percentage_up_to_100(value: Value) -> Iterator[tuple[str, str]]:
    yield from _integer_or_percentage(value)
    if isinstance(value, str) and re.fullmatch(r"\d{3,9}%", value) and int(value[:-1]) > 100:
        yield "", "must not be greater than 100%"


FORMATS: Final[dict[str, Callable[[Value], Iterator[tuple[str, str]]]]] = {
    "labels": _labels,
    "annotation keys": _annotation_keys,
    "amounts": _quantities,
    "qualified name": _text(is_qualified, "is not a qualified name"),
    "label": _text(is_label, "is not a valid name (RFC 1123 label: lower case, digits, dashes, at most 63)"),
    "subdomain": _text(is_subdomain, "is not a valid name (RFC 1123 subdomain: lower case, digits, dashes, dots)"),
    "subdomains": _each_text(is_subdomain, "is not a valid host name"),
    "service name": _text(is_service_name, "is not the name of a Service (RFC 1035 label)"),
    "port name": _text(is_port_name, "is not a valid port name (at most 15 characters, lower case)"),
    "port": _port,
    "variable": _text(lambda text: bool(_VARIABLE.fullmatch(text)), "is not a valid name of an environment variable"),
    "data key": _text(is_data_key, "is not a valid key"),
    "inner path": _text(_inner_path, "must be a relative path without '..'"),
    "pod field": _text(lambda text: bool(_POD_FIELD.fullmatch(text)), "is not a field that a pod gives"),
    "sysctl": _text(lambda text: len(text) <= 253 and bool(_SYSCTL.fullmatch(text)), "is not the name of a sysctl"),
    "address": _text(is_address, "is not an IP address"),
    "addresses": _each_text(is_address, "is not an IP address"),
    "cluster address": _text(lambda text: text == "None" or is_address(text), "is not an IP address"),
    "network": _text(is_network, "is not an IP network"),
    "networks": _each_text(lambda text: is_network(text.strip()), "is not an IP network"),
    "host": _text(_host, "is not a host name"),
    "ingress host": _text(_ingress_host, "is not a host name, nor '*.' and one"),
    "ingress hosts": _each_text(_ingress_host, "is not a host name, nor '*.' and one"),
    "domain path": _text(_domain_path, "must be a domain, a slash and a path"),
    "access modes": _each_text(_ACCESS_MODES.__contains__, "is not an access mode"),
    "share": _integer_or_percentage,
    "share of all": _percentage_up_to_100,
}
"""By its name in `kubernetes-validation.yaml`: a check of one value that yields (path below the value, what is wrong)."""

"""The fingerprint of what a verdict is about, and the signature of the verdict itself.

The fingerprint is of what will happen, not of bytes: order, time stamps, warnings, names of files and what configuration calls
volatile are not in it. It can be made again from a saved verdict.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, structs

from plangate.lang.glob import fits_shell
from plangate.report import wire
from plangate.report.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

_SORTED: Final = msgspec.json.Encoder(enc_hook=plain, decimal_format="number", order="sorted")
_TIME: Final = b'"(the time of the plan)"'


def timeless(encoded: bytes, made_at: Iterable[str]) -> bytes:
    """JSON in which the time of the plan itself (`plantimestamp()`) is always the same."""
    for moment in made_at:
        encoded = encoded.replace(msgspec.json.encode(moment), _TIME)
    return encoded


def is_volatile(name: str, patterns: Iterable[str]) -> bool:
    """Whether an attribute, as TYPE.PATH, is one of those that do not matter."""
    return any(fits_shell(pattern, name) for pattern in patterns)


def fingerprint(document: wire.Verdict, volatile: tuple[str, ...], hooks: str, made_at: tuple[str, ...]) -> str:
    """What the plans of a verdict will do, in 64 hex digits."""
    rows = [_encoded(described(change, volatile), made_at) for change in document.changes]
    rows += [_encoded(("output", o.name, o.action, o.before, o.after), made_at) for o in document.outputs]
    rows += [_encoded(("hook", h.release, h.address, h.events, h.weight), made_at) for h in document.hooks]
    rows += [_encoded(("runs", i.address, i.trigger), made_at) for i in document.invocations or ()]
    rows.append(_encoded(("facts", hooks, sorted(facts(document))), made_at))
    whole = hashlib.sha256()
    for row in sorted(rows):
        whole.update(row + b"\n")
    return whole.hexdigest()


def facts(document: wire.Verdict) -> list[tuple[str, bool, bool]]:
    """What the tool says of each plan: one that is errored or partial is another one."""
    return [(i.kind.split("-")[0], bool(i.facts.errored), i.facts.complete is False) for i in document.inputs]


def described(change: wire.Change, volatile: tuple[str, ...]) -> tuple[Any, ...]:
    """One change as far as it matters."""
    attributes = [
        (a.path, a.kind, a.before, a.after)
        for a in change.attributes
        if not is_volatile(f"{change.type}.{a.path}", volatile)
    ]
    return (
        "change",
        change.source,
        change.release or "",
        change.address,
        change.deposed or "",
        change.type,
        change.action,
        change.replace_order or "",
        sorted(change.replace_paths),
        change.moved_from or "",
        change.import_id or "",
        sorted(attributes, key=lambda one: one[:2]),
        "" if change.digest is UNSET else change.digest,
    )


def same(one: wire.Change, other: wire.Change, volatile: tuple[str, ...], made_at: tuple[str, ...]) -> bool:
    """Whether two changes are the same as far as it matters."""
    return _encoded(described(one, volatile), made_at) == _encoded(described(other, volatile), made_at)


def _encoded(row: Any, made_at: Iterable[str]) -> bytes:
    try:
        return timeless(_SORTED.encode(row), made_at)
    except ValueError:
        # Half characters, or a number of thousands of digits.
        return repr(row).encode("utf-8", "backslashreplace")


def of_parts(fingerprints: Iterable[str]) -> str:
    """The fingerprint of several verdicts together."""
    return hashlib.sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()


# --- signature --------------------------------------------------------------------------------------------------------


def signed(document: wire.Verdict, key: bytes) -> wire.Verdict:
    """A verdict that was read back, with its signature: an HMAC under the gate's key over all of it."""
    if document.binding is UNSET:
        return document
    bound = structs.replace(document.binding, signature=_signature(document, key))
    return structs.replace(document, binding=bound)


def is_signed(document: wire.Verdict, key: bytes) -> bool | None:
    """Whether the gate wrote all of this verdict; None where it is not signed."""
    if document.binding is UNSET or document.binding.signature is UNSET:
        return None
    return hmac.compare_digest(_signature(document, key), document.binding.signature)


def _signature(document: wire.Verdict, key: bytes) -> str:
    binding: Any = document.binding
    bare = structs.replace(document, binding=structs.replace(binding, signature=UNSET))
    return hmac.new(key, b"plangate/verdict/v1\0" + _SORTED.encode(bare), hashlib.sha256).hexdigest()

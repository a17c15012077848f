"""Converts a verdict to its saved document, and loads saved verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from plangate.errors import InputError
from plangate.evidence import files
from plangate.model.input import Kind
from plangate.pipeline import consistency, plan_fingerprint, signature
from plangate.pipeline import key as keys
from plangate.report import json_v1, wire

if TYPE_CHECKING:
    from plangate.gate.config import Config
    from plangate.model.verdict import Binding, Verdict

_HINT = "plangate review plan.json -o json=verdict.json"


def document(verdict: Verdict) -> wire.Verdict:
    """The wire document of a verdict, with its binding where it has one."""
    unbound = json_v1.wire_verdict(verdict)
    return unbound if verdict.binding is None else _bound(unbound, verdict.binding)


def _bound(unbound: wire.Verdict, bound: Binding) -> wire.Verdict:
    changes = [
        structs.replace(change, digest=digest) if digest else change
        for change, digest in zip(unbound.changes, bound.digests, strict=True)
    ]
    unbound = structs.replace(unbound, changes=changes)
    return structs.replace(
        unbound,
        binding=wire.Binding(
            fingerprint=plan_fingerprint.fingerprint(unbound, bound.volatile, bound.hooks, bound.made_at),
            sensitive=bound.sensitive,
            expires_at=bound.expires_at,
            volatile=bound.volatile,
            hooks=bound.hooks,
            revision=bound.revision,
            revision_live=bound.revision_live,
            made_at=bound.made_at,
        ),
    )


def signed(given: wire.Verdict) -> wire.Verdict:
    """The document with the gate's signature, where the gate has a key. Raises `UsageError` for a key that cannot be read."""
    key = keys.gate_key()
    if key is None:
        return given
    try:
        return signature.signed(given, key)
    except UnicodeEncodeError:
        # Sign what a reader will decode.
        return signature.signed(json_v1.without_halves(given), key)


def load(path: str) -> tuple[wire.Verdict, str]:
    """A saved verdict, and the SHA-256 of its bytes. Raises `InputError` for everything else, and never quotes it."""
    try:
        given = files.read(path)
    except InputError as error:
        raise InputError(error.message, where=path, hint=f"save one first: {_HINT}") from None
    try:
        verdict = json_v1.parse(given.data)
    except msgspec.ValidationError:
        message = f"is not a verdict of plangate ({wire.SCHEMA})"
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        message = "is not JSON"
    else:
        twice = consistency.has_key_twice(given.data)
        kinds = {one.kind for one in verdict.inputs} - set(Kind)
        if kinds:
            message = f"is of a newer plangate: this one does not know the input {min(kinds)}"
        elif twice:
            message = "has a key twice: it was edited"
        elif all(0 <= change.input < len(verdict.inputs) for change in verdict.changes):
            return verdict, given.sha256
        else:
            message = "contradicts itself: a change belongs to an input that is not there"
    raise InputError(message, where=path, hint=f"save a verdict with: {_HINT}")


def check(path: str, verdict: wire.Verdict, key: bytes | None, config: Config) -> None:
    """Refuse a verdict that this gate cannot have written. Raises `InputError`.

    With the gate's key its signature tells; without one it has to agree with its own findings, and observe only where the
    configuration does.
    """
    if key is not None:
        if signature.is_signed(verdict, key) is not True:
            message = "is not signed by this gate, which has a key"
            raise InputError(message, where=path, hint="review it with the same PLANGATE_KEY")
        return
    against = consistency.contradiction(verdict)
    if against:
        raise InputError(f"contradicts itself: {against}", where=path, hint="review it again")
    if verdict.mode == "observe" and not consistency.is_observed(verdict, config):
        raise InputError(
            "is only observed, and the configuration does not say so",
            where=path,
            hint="run it where the configuration is: check the repository out, or --config FILE",
        )

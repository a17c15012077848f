"""What ties a verdict to exactly this plan: what its own list of changes does not tell is told by digests.

A verdict lists the attributes that change. What is created lists none, the content of hooks is not in it, and hidden values
are all alike there: these three are digested here, so that `plangate verify` can tell them again right before the apply.
Digests are of masked values. A hidden one enters as its HMAC under the gate's key, or not at all.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import Struct, structs

from plangate.lang import fingerprint
from plangate.model.change import Action, EffectName, HelmChangeSet
from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Sensitive, spell
from plangate.model.verdict import Binding
from plangate.pipeline import plan_fingerprint
from plangate.pipeline.key import gate_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.gate.settings import Gate
    from plangate.model.change import Change, ChangeSet
    from plangate.model.release import Upgrade
    from plangate.model.values import Path, Side, Value
    from plangate.model.verdict import Verdict

_HIDDEN: Final = "(sensitive)"
_WHOLE: Final = (Action.CREATE, Action.READ)
"""Actions whose changes list no attributes."""


class BindingOptions(Struct, frozen=True, kw_only=True):
    """How a verdict is bound: the gate's key, for how long, and what does not matter."""

    key: bytes | None = None
    valid_hours: int = 24
    volatile: tuple[str, ...] = ()
    asked: bool = True
    """Whether somebody surely wants it. Otherwise a plan that creates very much is not bound: that would take as long as
    half of its review."""

    @classmethod
    def of(cls, gate: Gate | None) -> BindingOptions:
        """What the environment and the configuration say of it. Raises `UsageError` for a key that cannot be read."""
        key = gate_key()
        if gate is None:
            return cls(key=key, asked=key is not None)
        verify = gate.config.verify
        asked = key is not None or verify != type(verify)() or gate.config.asks_somebody
        return cls(key=key, valid_hours=verify.valid_hours, volatile=verify.volatile, asked=asked)


_MOST_UNASKED: Final = 500
"""Created objects of a plan that is bound without being asked."""
UNBOUND: Final = (
    f"not bound to its plan, as more than {_MOST_UNASKED} objects are created and neither a key nor `verify:` in the "
    "configuration asks for it; plangate verify needs that"
)


def bind(verdict: Verdict, changesets: Sequence[ChangeSet], options: BindingOptions) -> Verdict:
    """The verdict with what `plangate verify` will need."""
    created = sum(change.action in _WHOLE for changeset in changesets for change in changeset.changes)
    if created > _MOST_UNASKED and not options.asked:
        return structs.replace(verdict, notes=(*verdict.notes, UNBOUND))
    digests: list[str] = []
    hooks = []
    hidden = False
    for changeset in changesets:
        digest = _Digest(changeset, options)
        digests += [digest.of(change) for change in changeset.changes]
        if isinstance(changeset, HelmChangeSet) and changeset.upgrade.new_hooks:
            hooks.append(digest.hooks(changeset.upgrade))
        hidden |= digest.hidden
    sensitive: Literal["hmac", "left-out", "none"] = "none"
    if hidden:
        sensitive = "left-out" if options.key is None else "hmac"
    upgrades = [c.upgrade for c in changesets if isinstance(c, HelmChangeSet)]
    revisions = [upgrade.revision for upgrade in upgrades]
    newest = [upgrade.history[-1].number for upgrade in upgrades if upgrade.history]
    bound = Binding(
        expires_at=_later(verdict.created_at, options.valid_hours),
        sensitive=sensitive,
        volatile=options.volatile,
        digests=tuple(digests),
        hooks=fingerprint.of_bytes("".join(hooks).encode()) if hooks else "",
        revision=revisions[0] if len(revisions) == 1 else None,
        revision_live=newest[0] if len(newest) == 1 else None,
        made_at=tuple(dict.fromkeys(c.made_at for c in changesets if c.made_at)),
    )
    return structs.replace(verdict, binding=bound)


def _later(moment: str, hours: int) -> str:
    try:
        when = datetime.datetime.fromisoformat(moment) + datetime.timedelta(hours=hours)
    except OverflowError:
        return "9999-12-31T23:59:59Z"
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


class _Digest:
    """The digests of one input."""

    def __init__(self, changeset: ChangeSet, options: BindingOptions):
        self.hidden = False
        """Whether anything hidden was met."""
        self._changeset = changeset
        self._options = options
        # Asked of the redactor at the end, when everything has been masked that anybody wants.
        self._pseudonyms: dict[Sensitive, str] | None = None
        self._encoder = msgspec.json.Encoder(enc_hook=self._hook, decimal_format="number", order="sorted")

    def of(self, change: Change) -> str:
        """What the attributes of a change do not tell; nothing where they tell all of it."""
        if change.action in _WHOLE and change.after is not None:
            return self._short(_without(self._whole(change.after), change.type, self._options.volatile))
        random_paths = {path for e in change.effects if e.name is EffectName.RANDOM_RENDER for path in e.paths}
        sides = [
            (one.path, one.before, one.after)
            for one in change.attributes
            if not (_holds_hidden(one.before) or _holds_hidden(one.after)) or one.path not in random_paths
        ]
        hidden = [
            (path, before, after)
            for path, before, after in sides
            if (_holds_hidden(before) or _holds_hidden(after))
            and not plan_fingerprint.is_volatile(f"{change.type}.{path}", self._options.volatile)
        ]
        self.hidden |= bool(hidden)
        return self._short(hidden) if hidden and self._options.key is not None else ""

    def hooks(self, upgrade: Upgrade) -> str:
        """The digest of what the hooks of an upgrade hold."""
        named = {f"{hook.kind}/{hook.namespace}/{hook.name}": hook.body for hook in upgrade.new_hooks}
        return self._short(named)

    def _whole(self, side: Side) -> dict[str, Value]:
        found = {key: side.get(key) for key in sorted(side.keys())}
        return {key: value for key, value in found.items() if value is not None and not isinstance(value, Absent)}

    def _short(self, value: Any) -> str:
        try:
            encoded = self._encoder.encode(value)
        except ValueError:
            # Half characters, or a number of thousands of digits: told by what Python calls it.
            encoded = repr(value).encode("utf-8", "surrogatepass")
        made_at = self._changeset.made_at
        return fingerprint.of_bytes(plan_fingerprint.timeless(encoded, (made_at,) if made_at else ()))

    def _hook(self, value: Any) -> Any:
        if isinstance(value, Sensitive):
            self.hidden = True
            return self._pseudonym(value)
        if value is UNKNOWN:
            return repr(UNKNOWN)
        if isinstance(value, Embedded):
            return value.value
        if value is ABSENT:
            return None
        raise NotImplementedError(type(value).__name__)

    def _pseudonym(self, value: Sensitive) -> str:
        if self._options.key is None or self._changeset.pseudonyms is None:
            return _HIDDEN
        if self._pseudonyms is None or value not in self._pseudonyms:
            self._pseudonyms = self._changeset.pseudonyms(self._options.key)
        return self._pseudonyms.get(value, _HIDDEN)


def _holds_hidden(value: Any) -> bool:
    if isinstance(value, Embedded):
        return _holds_hidden(value.value)
    if isinstance(value, dict):
        return any(map(_holds_hidden, value.values()))
    return any(map(_holds_hidden, value)) if isinstance(value, list) else isinstance(value, Sensitive)


def _without(value: Any, type_: str, patterns: tuple[str, ...], path: Path = ()) -> Any:
    """A value without what does not matter in it."""
    if not patterns:
        return value
    if isinstance(value, Embedded):
        value = value.value
    if isinstance(value, dict):
        return {
            key: _without(below, type_, patterns, (*path, key))
            for key, below in value.items()
            if not plan_fingerprint.is_volatile(f"{type_}.{spell((*path, key))}", patterns)
        }
    if isinstance(value, list):
        return [_without(below, type_, patterns, (*path, i)) for i, below in enumerate(value)]
    return value

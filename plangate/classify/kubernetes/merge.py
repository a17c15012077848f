"""What a patch leaves in the cluster, for the three ways in which Helm sends one.

client-side: a three-way strategic merge of the old manifest, the new one, and the live object (createPatch in pkg/kube/client.go);
custom resources get a two-way JSON merge patch from old to new, which does not look at the live object. server-side: the
server merges field by field, and refuses to change what another manager owns
(https://kubernetes.io/docs/reference/using-api/server-side-apply/).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.schema import ANY, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plangate.model.values import Value

Key: TypeAlias = "str | tuple[Any, ...]"
Place: TypeAlias = "tuple[Key, ...]"
_NOTHING: Final = object()


class Merge:
    """One way to merge. `owners` are the fields of other managers, for the server-side one."""

    def __init__(self, *, server_side: bool, owners: Mapping[Place, str] | None = None):
        self.server_side = server_side
        self.owners = owners or {}
        self.conflicts: list[tuple[Place, str]] = []
        self._below = {place[:i] for place in self.owners for i in range(1, len(place) + 1)}

    def __call__(self, old: Value, new: Value, live: Value, field: Field, place: Place = ()) -> Value:
        """What stands there afterwards."""
        if self._whole(field) or type(new) is not type(live):
            return self._taken(new, live, place)
        if isinstance(new, dict) and isinstance(live, dict):
            return self._dict(old if isinstance(old, dict) else {}, new, live, field, place)
        if isinstance(new, list) and isinstance(live, list):
            keys = self._keys(field)
            if keys:
                return self._keyed(old if isinstance(old, list) else [], new, live, field, keys, place)
            if field.patch or (field.is_set and self.server_side):
                gone = [x for x in old if x not in new] if isinstance(old, list) else []
                return [*new, *(item for item in live if item not in new and item not in gone)]
        return self._taken(new, live, place)

    def _whole(self, field: Field) -> bool:
        """Whether a value is always replaced as one. A strategic merge knows nothing of atomic maps."""
        return self.server_side and field.atomic

    def _keys(self, field: Field) -> tuple[str, ...]:
        return field.keys if self.server_side else (field.merge,) if field.merge else ()

    def _taken(self, new: Value, live: Value, place: Place) -> Value:
        if self.server_side and new != live:
            owner = self.owners.get(place) or next(
                (who for owned, who in self.owners.items() if owned[: len(place)] == place and place), None
            )
            if owner is not None:
                self.conflicts.append((place, owner))
        return new

    def _dict(
        self, old: dict[str, Value], new: dict[str, Value], live: dict[str, Value], field: Field, place: Place
    ) -> dict[str, Value]:
        fields = schema.fields(field.type) if field.form == "one" else {}
        of_map = field.item if field.form == "map" else ANY
        merged: dict[str, Value] = {}
        for key, value in live.items():
            here = (*place, key)
            if key in new and new[key] is not None:
                merged[key] = self(old.get(key), new[key], value, fields.get(key, of_map), here)
            elif key in old or (not self.server_side and (key in new or field.retain)):
                # Server-side, null says no more than silence: what Helm never applied, a default say, stays.
                if self.server_side and (here in self._below):
                    merged[key] = value
            else:
                merged[key] = value
        for key, value in new.items():
            if key not in live and value is not None:
                merged[key] = _without_nulls(value)
        return merged

    def _keyed(  # noqa: PLR0917 - the three sides, and where they stand
        self, old: list[Value], new: list[Value], live: list[Value], field: Field, keys: tuple[str, ...], place: Place
    ) -> list[Value]:
        item = field.item
        # A strategic merge replaces what is marked so as a whole; items carry the marks of their list.
        one = Field(item.type, retain=field.retain)
        lives = {schema.key_of(below, keys, item.type): below for below in live}
        olds = {schema.key_of(below, keys, item.type): below for below in old}
        if None in lives or any(schema.key_of(below, keys, item.type) is None for below in new):
            return self._taken(new, live, place)  # type: ignore[return-value]
        merged: list[Value] = []
        taken = set()
        twice = {} if self.server_side else _told_more_often(old, new, live, keys, item.type)
        for below in new:
            key = schema.key_of(below, keys, item.type)
            if key in twice and (twice[key] or key in taken):
                continue
            taken.add(key)
            here = (*place, key or ())
            merged.append(self(olds.get(key), below, lives[key], one, here) if key in lives else _without_nulls(below))
        for key, below in lives.items():
            if key not in taken and (key not in olds or (self.server_side and (*place, key or ()) in self._below)):
                merged.append(below)
        return merged


def _told_more_often(
    old: list[Value], new: list[Value], live: list[Value], keys: tuple[str, ...], type_: str
) -> dict[tuple[Any, ...] | None, bool]:
    """Items that share their key, which a strategic merge cannot tell apart (two protocols of one port, a variable twice).

    True where fewer are left than the old manifest had: the patch deletes by the key, and all of them go. False where there
    are more than the cluster holds: those that come on top are ignored. Both were seen on a real server.
    """
    if len(old) < 2 and len(new) < 2:
        return {}
    olds, news, lives = (Counter(schema.key_of(below, keys, type_) for below in side) for side in (old, new, live))
    fewer = {key: True for key, count in news.items() if count < olds[key]}
    return {**{key: False for key, count in news.items() if 0 < lives[key] < count}, **fewer}


def json_merge(old: Value, new: Value, live: Value) -> Value:
    """The live object after a JSON merge patch that was made from old and new alone."""
    if not (isinstance(old, dict) and isinstance(new, dict) and isinstance(live, dict)):
        return live if old == new and live is not None else _without_nulls(new)
    merged = dict(live)
    for key in {*old, *new}:
        before, after = old.get(key), new.get(key)
        if before == after and type(before) is type(after):
            continue
        if after is None:
            merged.pop(key, None)
        else:
            merged[key] = json_merge(before, after, live.get(key)) if key in live else _without_nulls(after)
    return merged


def _without_nulls(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _without_nulls(below) for key, below in value.items() if below is not None}
    return value


def owners(managed: Value) -> dict[Place, str]:
    """The fields that managers other than Helm own, from `metadata.managedFields` (FieldsV1)."""
    found: dict[Place, str] = {}
    for entry in managed if isinstance(managed, list) else ():
        if not isinstance(entry, dict) or entry.get("manager") == "helm" or entry.get("subresource") == "status":
            continue
        who = str(entry.get("manager"))
        fields = entry.get("fieldsV1")
        _owned(fields, (), who, found)
    return found


def _owned(fields: Value, place: Place, who: str, found: dict[Place, str]) -> None:
    if not isinstance(fields, dict):
        return
    below = [name for name in fields if name != "."]
    if not below and place:
        found[place] = who
    for name in below:
        part = _part(name)
        if part is not None:
            _owned(fields[name], (*place, part), who, found)


def _part(name: str) -> Key | None:
    if name.startswith("f:"):
        return name[2:]
    if name.startswith("k:"):
        try:
            keys = msgspec.json.decode(name[2:], type=dict[str, Any])
        except msgspec.DecodeError:
            return None
        return tuple(keys[key] for key in sorted(keys))
    return None

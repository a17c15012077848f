"""What a patch leaves in the cluster, for the three ways in which Helm sends one.

client-side: a three-way strategic merge of the old manifest, the new one, and the live object (createPatch in pkg/kube/client.go);
custom resources get a two-way JSON merge patch from old to new, which does not look at the live object. server-side: the
server merges field by field, and refuses to change what another manager owns
(https://kubernetes.io/docs/reference/using-api/server-side-apply/).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.schema import ANY, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plangate.model.values import Value

Key: TypeAlias = "str | tuple[Any, ...]"
FieldPath: TypeAlias = "tuple[Key, ...]"


class Merge:
    """A three-way merge, client-side (strategic merge patch) or server-side. `owners`: the fields of other managers, for the latter.

    `conflicts` are the fields that another manager owns and that the merge changes, once it was called.
    """

    def __init__(self, *, server_side: bool, owners: Mapping[FieldPath, str] | None = None):
        self.server_side = server_side
        self.owners = owners or {}
        self.conflicts: list[tuple[FieldPath, str]] = []
        self._owned_parents = {path[:i] for path in self.owners for i in range(1, len(path) + 1)}

    def __call__(self, old: Value, new: Value, live: Value, field: Field, path: FieldPath = ()) -> Value:
        """The live value after the merge of `old` (last manifest) and `new` (next manifest) into it."""
        if self._is_atomic(field) or type(new) is not type(live):
            return self._replaced(new, live, path)
        if isinstance(new, dict) and isinstance(live, dict):
            return self._dict(old if isinstance(old, dict) else {}, new, live, field, path)
        if isinstance(new, list) and isinstance(live, list):
            keys = self._merge_keys(field)
            if keys:
                return self._keyed(old if isinstance(old, list) else [], new, live, field, keys, path)
            if field.patch or (field.is_set and self.server_side):
                gone = [x for x in old if x not in new] if isinstance(old, list) else []
                return [*new, *(item for item in live if item not in new and item not in gone)]
        return self._replaced(new, live, path)

    def _is_atomic(self, field: Field) -> bool:
        """Whether a value is replaced as a whole. A strategic merge does not know atomic maps."""
        return self.server_side and field.atomic

    def _merge_keys(self, field: Field) -> tuple[str, ...]:
        return field.keys if self.server_side else (field.merge,) if field.merge else ()

    def _replaced(self, new: Value, live: Value, path: FieldPath) -> Value:
        if self.server_side and new != live:
            owner = self.owners.get(path) or next(
                (manager for owned, manager in self.owners.items() if owned[: len(path)] == path and path), None
            )
            if owner is not None:
                self.conflicts.append((path, owner))
        return new

    def _dict(
        self, old: dict[str, Value], new: dict[str, Value], live: dict[str, Value], field: Field, path: FieldPath
    ) -> dict[str, Value]:
        fields = schema.fields(field.type) if field.form == "one" else {}
        of_map = field.item if field.form == "map" else ANY
        merged: dict[str, Value] = {}
        for key, value in live.items():
            here = (*path, key)
            if key in new and new[key] is not None:
                merged[key] = self(old.get(key), new[key], value, fields.get(key, of_map), here)
            elif key in old or (not self.server_side and (key in new or field.retain)):
                # Server-side, null is the same as no value: what Helm never applied, such as a default, stays.
                if self.server_side and (here in self._owned_parents):
                    merged[key] = value
            else:
                merged[key] = value
        for key, value in new.items():
            if key not in live and value is not None:
                merged[key] = _without_nulls(value)
        return merged

    def _keyed(  # noqa: PLR0917 - the three sides, and their path
        self,
        old: list[Value],
        new: list[Value],
        live: list[Value],
        field: Field,
        keys: tuple[str, ...],
        path: FieldPath,
    ) -> list[Value]:
        item = field.item
        # The patch strategy `retainKeys` of a list of mappings holds for its items.
        one = Field(item.type, retain=field.retain)
        lives = {schema.key_of(nested, keys, item.type): nested for nested in live}
        olds = {schema.key_of(nested, keys, item.type): nested for nested in old}
        if None in lives or any(schema.key_of(nested, keys, item.type) is None for nested in new):
            return self._replaced(new, live, path)  # type: ignore[return-value]
        merged: list[Value] = []
        taken = set()
        ambiguous = {} if self.server_side else _ambiguous_keys(old, new, live, keys, item.type)
        for nested in new:
            key = schema.key_of(nested, keys, item.type)
            if key in ambiguous and (ambiguous[key] or key in taken):
                continue
            taken.add(key)
            here = (*path, key or ())
            merged.append(
                self(olds.get(key), nested, lives[key], one, here) if key in lives else _without_nulls(nested)
            )
        for key, nested in lives.items():
            if key not in taken and (
                key not in olds or (self.server_side and (*path, key or ()) in self._owned_parents)
            ):
                merged.append(nested)
        return merged


def _ambiguous_keys(
    old: list[Value], new: list[Value], live: list[Value], keys: tuple[str, ...], type_: str
) -> dict[tuple[Any, ...] | None, bool]:
    """Items that share their key, which a strategic merge cannot tell apart (two protocols of one port, a variable twice).

    True where fewer are left than the old manifest had: the patch deletes by the key, and all of them go. False where there
    are more than the cluster holds: those that come on top are ignored. Both were seen on a real server.
    """
    if len(old) < 2 and len(new) < 2:
        return {}
    olds, news, lives = (Counter(schema.key_of(nested, keys, type_) for nested in side) for side in (old, new, live))
    fewer = {key: True for key, count in news.items() if count < olds[key]}
    return {**{key: False for key, count in news.items() if 0 < lives[key] < count}, **fewer}


def json_merge(old: Value, new: Value, live: Value) -> Value:
    """The live value after a JSON merge patch from `old` to `new`."""
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
        return {key: _without_nulls(nested) for key, nested in value.items() if nested is not None}
    return value


def owners(managed: Value) -> dict[FieldPath, str]:
    """The manager of every field that another manager than Helm owns. `managed` is `metadata.managedFields` (FieldsV1)."""
    found: dict[FieldPath, str] = {}
    for entry in managed if isinstance(managed, list) else ():
        if not isinstance(entry, dict) or entry.get("manager") == "helm" or entry.get("subresource") == "status":
            continue
        manager = str(entry.get("manager"))
        fields = entry.get("fieldsV1")
        _owned(fields, (), manager, found)
    return found


def _owned(fields: Value, path: FieldPath, manager: str, found: dict[FieldPath, str]) -> None:
    if not isinstance(fields, dict):
        return
    nested = [name for name in fields if name != "."]
    if not nested and path:
        found[path] = manager
    for name in nested:
        part = _part(name)
        if part is not None:
            _owned(fields[name], (*path, part), manager, found)


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

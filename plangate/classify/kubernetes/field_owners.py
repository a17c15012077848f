"""Who besides Helm owns which field of a live object, by the paths that reports spell. From `metadata.managedFields` (FieldsV1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes import merge, schema
from plangate.classify.kubernetes.compare import child_path, item_path
from plangate.classify.kubernetes.objects import section
from plangate.classify.kubernetes.schema import ANY, Field

if TYPE_CHECKING:
    from plangate.model.values import Value


def field_owners(body: dict[str, Value], root: Field) -> list[tuple[str, str]] | None:
    """Each field that another manager than Helm owns, with the manager; None where the object came without managed fields."""
    managed = section(body, "metadata").get("managedFields")
    if not isinstance(managed, list) or not managed:
        return None
    return [(_spelled(path, root), manager) for path, manager in merge.owners(managed).items()]


def _spelled(path: merge.FieldPath, root: Field) -> str:
    """A path of managed fields as `compare` spells it. An item of a list without known keys ends it."""
    text, field = "", root
    for part in path:
        if isinstance(part, str):
            fields = schema.fields(field.type) if field.form == "one" else {}
            text = child_path(text, part)
            field = fields.get(part, field.item if field.form == "map" else ANY)
            continue
        if len(part) != len(field.keys):
            return text
        of = dict(zip(sorted(field.keys), part, strict=True))
        text = item_path(text, field.keys, tuple(of[key] for key in field.keys), field.item.type)
        field = field.item
    return text

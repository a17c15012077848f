"""How many ordinary values are hidden: the leaves of found plans and rendered charts that nothing marks as secret.

    python tests/bench/masked.py [--show] FOLDER

Counts the texts of every plan (`**/plan.json`, `plans/*.json`) and of every manifest (`**/manifest-deployed.yaml`) below
FOLDER that neither Terraform nor the resource's type nor the kind Secret calls secret, and how many of them are hidden by
a name, a form, or because they are known. `--show` lists those, with the place and the value: to be read, not kept.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from plangate.errors import InputError
from plangate.ingest import detect
from plangate.ingest.helm import manifests, splitting
from plangate.ingest.redact import secrets
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.redact.sensitivity import mark_of, marks_whole
from plangate.ingest.terraform import plan, wire
from plangate.ingest.terraform.sides import marks
from plangate.model.input import RawInput
from plangate.model.values import Embedded, Sensitive, Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class Leaf(NamedTuple):
    """A text that nothing marks as secret: where it stands, its value, and whether it is hidden."""

    where: str
    value: str
    hidden: bool


def leaves(folder: Path) -> Iterator[Leaf]:
    """Every unmarked text of the plans and manifests below a folder, equal ones of one file once."""
    found = {*folder.glob("**/plan.json"), *folder.glob("plans/*.json")}
    for path in sorted(found):
        yield from dict.fromkeys(_of_plan(path))
    for path in sorted(folder.glob("**/manifest-deployed.yaml")):
        yield from dict.fromkeys(_of_manifest(path))


def _of_plan(path: Path) -> Iterator[Leaf]:
    try:
        (document, *_) = detect.documents(RawInput(path.stem, path.read_bytes()))
        if document.top is None:
            return
        redactor = plan.redactor(document)
        resources = wire.resources.read(document.top) or []
    except (InputError, wire.ShapeError):
        return
    for resource in resources:
        change = resource.change or wire.WireChange()
        rules = secrets.attributes(resource.type or "")
        for side, sensitive in ((change.before, change.before_sensitive), (change.after, change.after_sensitive)):
            values = wire.exact.decode(side)
            for name, value in (values if isinstance(values, dict) else {}).items():
                told = mark_of(marks(sensitive), name)
                if marks_whole(value, told) or secrets.rule_for(rules, name):
                    continue
                masked = redactor.mask(value, sensitive=told, path=(name,))
                yield from _beside(f"{path.parent.name}/{path.stem} {resource.address}.{name}", value, masked)


def _of_manifest(path: Path) -> Iterator[Leaf]:
    redactor = Redactor()
    documents, _ = splitting.split(path.read_text("utf-8"))
    try:
        objects = list(manifests.objects(documents, manifests.ManifestReader(redactor, path.name)))
        redactor.freeze()
        for one in objects:
            if not manifests.marks(one.raw):
                yield from _beside(f"{path.parent.parent.name} {one.kind} {one.name}", one.raw, dict(one.body))
    except InputError:
        return


def _beside(where: str, raw: Any, masked: Value) -> Iterator[Leaf]:
    """The texts of a value beside what is shown of them. A text with structure is what is in it."""
    if isinstance(masked, Embedded):
        yield from _shown(where, masked.value)
    elif isinstance(raw, dict):
        shown = list(masked.values()) if isinstance(masked, dict) else [masked] * len(raw)
        for (name, value), below in zip(raw.items(), shown, strict=False):
            yield from _beside(f"{where}.{name}", value, below)
    elif isinstance(raw, list):
        shown = masked if isinstance(masked, list) else [masked] * len(raw)
        for value, below in zip(raw, shown, strict=False):
            yield from _beside(f"{where}[]", value, below)
    elif isinstance(raw, str) and raw and isinstance(masked, (str, Sensitive)):
        yield Leaf(where, raw, isinstance(masked, Sensitive) and not masked.marked)


def _shown(where: str, masked: Value) -> Iterator[Leaf]:
    """The texts of a masked structure inside a text."""
    if isinstance(masked, Embedded):
        yield from _shown(where, masked.value)
    elif isinstance(masked, dict):
        for name, below in masked.items():
            yield from _shown(f"{where}.{name}", below)
    elif isinstance(masked, list):
        for below in masked:
            yield from _shown(f"{where}[]", below)
    elif isinstance(masked, (str, Sensitive)) and masked != "":
        yield Leaf(where, masked if isinstance(masked, str) else "", isinstance(masked, Sensitive))


def main() -> int:
    """Count, and print."""
    parser = argparse.ArgumentParser(description="Count the ordinary values that are hidden.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", action="store_true", help="list what is hidden: to be read, not kept")
    options = parser.parse_args()
    counts: Counter[bool] = Counter()
    for leaf in leaves(options.folder):
        counts[leaf.hidden] += 1
        if options.show and leaf.hidden:
            sys.stdout.write(f"{leaf.where}\t{leaf.value[:300]!r}\n")
    every = counts.total()
    sys.stdout.write(f"{every} texts that nothing marks, {counts[True]} hidden ({counts[True] / max(every, 1):.2%})\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Files that list targets of `plangate drift`: YAML or JSON, paths relative to the file."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, structs

from plangate.errors import UsageError
from plangate.ingest import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.pipeline.drift_check import Target

_MOST: Final = 10_000


class Listed(Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of a list of targets."""

    name: str = ""
    environment: str | None = None
    plan: str | None = None
    release: str | None = None
    values: tuple[str, ...] = ()
    set: tuple[str, ...] = ()
    set_string: tuple[str, ...] = ()
    evidence: str | None = None
    live_values: str | None = None
    history: str | None = None
    metadata: str | None = None
    state: str | None = None
    backend_config: tuple[str, ...] = ()
    role_arn: str | None = None
    tf_dir: str | None = None


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    targets: tuple[Listed, ...]


def read(given: tuple[str, ...], defaults: Target) -> list[Target]:
    """Every target of every file; fields that an entry leaves out come from the command line. Raises `UsageError`."""
    found = [target for path in _paths(given) for target in _targets(path, defaults)]
    if not found:
        raise UsageError("hold no targets", where=", ".join(given))
    if len(found) > _MOST:
        raise UsageError(f"hold more than {_MOST} targets", where=", ".join(given))
    return found


def _paths(given: tuple[str, ...]) -> Iterator[Path]:
    for one in given:
        if any(mark in one for mark in "*?["):
            matching = sorted(glob.glob(one, recursive=True))  # noqa: PTH207 - a pattern may be absolute
            if not matching:
                raise UsageError("matches no file", where=one)
            yield from map(Path, matching)
        else:
            yield Path(one)


def _targets(path: Path, defaults: Target) -> Iterator[Target]:
    try:
        data: Any = yaml.load(path.read_text("utf-8-sig"), unique=True)
        entries = msgspec.convert({"targets": data} if isinstance(data, list) else data, _File).targets
    except OSError as error:
        raise UsageError(f"cannot be read: {(error.strerror or 'no reason').lower()}", where=str(path)) from None
    except yaml.YamlError as error:
        raise UsageError(error.message, where=str(path)) from None
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        hint = "targets: [{name: ..., release: ns/name, values: [FILE], evidence: DIR}]"
        words = str(error) if isinstance(error, msgspec.ValidationError) else "is not UTF-8"
        raise UsageError(f"is not a list of targets: {words}", where=str(path), hint=hint) from None
    for number, entry in enumerate(entries, 1):
        if (entry.plan is None) == (entry.release is None):
            raise UsageError(f"target {number} needs either a plan or a release", where=str(path))
        yield _target(entry, path.parent, defaults)


def _target(entry: Listed, folder: Path, defaults: Target) -> Target:
    def at(text: str | None) -> str | None:
        return text if text is None or text.startswith("s3://") else str(folder / text)

    tf_dir = folder / entry.tf_dir if entry.tf_dir is not None else defaults.tf_dir
    evidence, state = defaults.evidence, defaults.state
    return structs.replace(
        defaults,
        name=entry.name or entry.release or entry.plan,
        environment=entry.environment,
        plan=at(entry.plan),
        release=entry.release,
        values=tuple(str(folder / one) for one in entry.values),
        sets=entry.set,
        set_strings=entry.set_string,
        tf_dir=tf_dir,
        evidence=structs.replace(
            evidence,
            folder=folder / entry.evidence if entry.evidence is not None else evidence.folder,
            values=at(entry.live_values),
            history=at(entry.history),
            metadata=at(entry.metadata),
        ),
        state=structs.replace(
            state,
            location=at(entry.state) or state.location,
            backend_config=tuple(str(folder / one) for one in entry.backend_config) or state.backend_config,
            role_arn=entry.role_arn or state.role_arn,
            tf_dir=tf_dir,
        ),
    )

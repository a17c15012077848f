"""Policies and their parts: the shipped ones come from the index, others from YAML files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.model.policy import BuiltinPolicy, Family, Policy

_MOST_SEEN: Final = 20_000
"""Files and folders below a folder of policies."""


class Loaded(Struct, frozen=True):
    """Every policy by id, the built-in ones among them, and every family by name."""

    policies: tuple[Policy | BuiltinPolicy, ...]
    families: Mapping[str, Family]


def load(
    paths: Iterable[Path] = (), texts: Iterable[tuple[str, str]] = (), families: Mapping[str, Family] | None = None
) -> tuple[Policy, ...]:
    """The policies that are held against changes, by id: the shipped ones, those in `paths`, and those of `texts`.

    A path is a file or a folder of `*.yaml`, a text a name and what stands there. Their families are the shipped ones, those that `paths` and `texts` bring, and `families`. Raises `PolicyLoadError` for a
    file that does not load, and `UsageError` for a path without policies.
    """
    policies = {
        policy.id: policy for policy in msgspec.json.decode(knowledge.index().policies, type=tuple[Policy, ...])
    }
    given = [*(one for path in paths for one in read_files(path)), *texts]
    if not given:
        return tuple(policies.values())
    known, others = split_families(given)
    for name, policy in _parsed(others, {**known, **(families or {})}):
        if policy.id in policies or policy.id in knowledge.index().builtin:
            raise PolicyLoadError(f"there is a policy {policy.id} already", where=name, place="1:1")
        policies[policy.id] = policy
    return tuple(policies[id_] for id_ in sorted(policies))


def load_all(paths: Iterable[Path] = ()) -> Loaded:
    """Everything there is to list and to document, with what is in `paths`. Raises as `load` does."""
    texts = [one for path in paths for one in read_files(path)]
    policies: list[Policy | BuiltinPolicy] = [*load(texts=texts), *knowledge.builtins()]
    return Loaded(tuple(sorted(policies, key=lambda one: one.id)), split_families(texts)[0])


def read_paths(paths: Iterable[Path]) -> dict[str, Policy]:
    """The policies in `paths` alone, by the name of their file, shipped ones too. Raises as `load` does."""
    known, others = split_families(one for path in paths for one in read_files(path))
    return dict(_parsed(others, known))


def split_families(texts: Iterable[tuple[str, str]]) -> tuple[dict[str, Family], list[tuple[str, str]]]:
    """The shipped families and those that `texts` (name, text) bring, and the other texts: the policies, each once.

    Raises `PolicyLoadError`.
    """
    from plangate.policy import families

    known, policies = dict(knowledge.families()), []
    for name, text in dict.fromkeys(texts):
        if not families.is_family(name):
            policies.append((name, text))
            continue
        family = families.parse(name, text)
        if known.get(family.name, family) != family:
            raise PolicyLoadError(f"there is a family {family.name} already", where=name, place="1:1")
        if family.builtin and family.name not in known:
            raise PolicyLoadError("only plangate itself has families that are built in", where=name, place="1:1")
        known[family.name] = family
    return known, policies


def _parsed(texts: Sequence[tuple[str, str]], families: Mapping[str, Family]) -> Iterator[tuple[str, Policy]]:
    from plangate.policy import file

    return ((name, file.parse(name, text, families)) for name, text in texts)


def read_files(path: Path) -> list[tuple[str, str]]:
    """The YAML files at a path, as (name, text). Raises `UsageError`."""
    from plangate.policy import families, file

    found = policy_files(path)
    if all(families.is_family(one.name) for one in found):
        raise UsageError("holds no policy files", where=str(path))
    beside = path.parent / families.FILE
    if path.is_file() and beside.is_file():
        found.append(beside)
    # A family is named by its folder, also where that is the working folder.
    names = [one.absolute() if families.is_family(one.name) else one for one in found]
    return [(str(name), file.text(one)) for name, one in zip(names, found, strict=True)]


def policy_files(path: Path) -> list[Path]:
    """The YAML files at a path, policies and families. Raises `UsageError` when there is none, or too many to look at."""
    files = [path] if path.is_file() else sorted(_below(path))
    if not files:
        raise UsageError("holds no policy files" if path.exists() else "does not exist", where=str(path))
    return files


def _below(folder: Path) -> Iterator[Path]:
    try:
        for seen, path in enumerate(folder.rglob("*")):
            if seen >= _MOST_SEEN:
                raise UsageError(f"holds more than {_MOST_SEEN} files: it is no folder of policies", where=str(folder))
            if path.suffix in (".yaml", ".yml"):
                yield path
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(error.filename)) from None


def shipped_files() -> list[Path]:
    """The YAML files of the shipped policies that are held against changes, by family and id. Raises `PolicyLoadError`."""
    return _shipped(builtin=False)


def builtin_files() -> list[Path]:
    """The YAML files of the built-in policies, by id. Raises `PolicyLoadError`."""
    return _shipped(builtin=True)


def _shipped(*, builtin: bool) -> list[Path]:
    from plangate.policy import families

    return [
        file
        for folder in families.read(knowledge.folder())
        if folder.family.builtin is builtin
        for file in folder.files
    ]

"""Policies and their parts: the shipped ones come from the index, others from YAML files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.model.policy import Policy


def load(paths: Iterable[Path] = (), texts: Iterable[tuple[str, str]] = ()) -> tuple[Policy, ...]:
    """The shipped policies, those in `paths` (files, or folders of `*.yaml`), and those of `texts` (name, text), by id.

    Raises `PolicyLoadError` for a file that does not load, and `UsageError` for a path without policies.
    """
    policies = {
        policy.id: policy for policy in msgspec.json.decode(knowledge.index().policies, type=tuple[Policy, ...])
    }
    given = [file for path in paths for file in policy_files(path)]
    every: list[Path | tuple[str, str]] = [*given, *texts]
    for one in every:
        from plangate.policy import file

        policy = file.read(one) if isinstance(one, Path) else file.parse(*one)
        if policy.id in policies:
            where = str(one) if isinstance(one, Path) else one[0]
            raise PolicyLoadError(f"there is a policy {policy.id} already", where=where, place="1:1")
        policies[policy.id] = policy
    return tuple(policies[id_] for id_ in sorted(policies))


def policy_files(path: Path) -> list[Path]:
    """The policy files at a path. Raises `UsageError` when there is none."""
    files = [path] if path.is_file() else sorted(p for end in ("*.yaml", "*.yml") for p in path.rglob(end))
    if not files:
        raise UsageError("holds no policy files" if path.exists() else "does not exist", where=str(path))
    return files


def shipped_files() -> Iterator[Path]:
    """The YAML files of the shipped policies, in order."""
    for family in ("terraform", "helm", "drift", "litellm"):
        folder = knowledge.folder() / family
        if folder.is_dir():
            yield from sorted(folder.glob("*.yaml"))

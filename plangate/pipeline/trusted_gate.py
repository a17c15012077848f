"""The gate of a review: configuration, waivers and policies, from the working tree or from a trusted ref."""

from __future__ import annotations

import datetime
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.evidence.git import Commit
    from plangate.evidence.rego import RegoRules
    from plangate.evidence.working_tree import Folder
    from plangate.gate.config import Config, ConfigFile
    from plangate.gate.environment import EnvironmentHint
    from plangate.gate.settings import Gate
    from plangate.gate.tighten import Weakening
    from plangate.gate.waivers import Waiver
    from plangate.model.policy import Family, Policy
    from plangate.model.verdict import Options

_CONFIG = ".plangate.yaml"


class GateFlags(Struct, frozen=True, kw_only=True):
    """What the command line says of the gate."""

    config: str | None = None
    waivers: tuple[str, ...] = ()
    policies: tuple[Path, ...] = ()
    ref: str | None = None
    conftest: str | None = None
    state: str = ""
    """Where the state is, as --state says."""
    beside: bool = False
    """Whether waivers beside the code are looked for: the folder of the configuration was named."""


def prepare(
    asked: GateFlags, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> tuple[tuple[Policy, ...], Gate | None]:
    """The policies, and the gate where there is any. Raises `UsageError`: then nothing is reviewed."""
    from plangate import knowledge
    from plangate.policy.load import load

    named = asked.config is not None or asked.ref is not None or asked.waivers or asked.beside
    if not named and not os.path.lexists(_CONFIG):
        return load(asked.policies), None
    from plangate.evidence.git import Commit
    from plangate.evidence.working_tree import Folder
    from plangate.gate import config as configuration
    from plangate.gate import tighten
    from plangate.gate.settings import Gate

    here = Folder(Path())
    commit = Commit(asked.ref, Path()) if asked.ref is not None else None
    read = _config(here, asked, needed=commit is None)
    trusted = _config(commit, asked, needed=False) if commit is not None else read
    if asked.config is not None and read is None and trusted is None:
        raise UsageError("does not exist", where=asked.config)
    none = configuration.ConfigFile(configuration.Config(), asked.config or _CONFIG)
    read, trusted = read or none, trusted or none
    if commit is None:
        paths, files = _paths(asked, read)
        policies = load(texts=_policies(here, paths))
        gate = Gate(read=read, waivers=_waivers(here, files), latest=_latest(review, read.config))
    else:
        policies, loose = _trusted_policies(commit, here, asked, trusted, read)
        severities = {policy.id: policy.severity for policy in policies}
        severities.update({one.id: one.severity for one in knowledge.builtins()})
        families = {policy.id: policy.family for policy in policies}
        tightening = tighten.StricterOf(trusted.config, read.config, severities, families)
        config = tightening.config()
        waivers, more = tighten.waivers(
            _waivers(commit, _paths(asked, trusted)[1], needed=False),
            _waivers(here, _paths(asked, read)[1], needed=False),
        )
        gate = Gate(
            read=configuration.ConfigFile(config, trusted.file, trusted.newer, {**trusted.lines, **read.lines}),
            waivers=waivers,
            loosened=(*loose, *tightening.loose, *more, *_loose_rego(commit, here, asked)),
            latest=_latest(review, config),
            notes=(f"policies, waivers and configuration are those of {commit.ref} ({commit.sha[:7]})",),
        )
    gate.check(policies)
    from msgspec import structs

    inline = None
    if asked.beside:
        from plangate.evidence.inline_comments import CommentFiles

        inline = CommentFiles(tf_dir, commit)
    return policies, structs.replace(gate, signals=tuple(_signals(asked, gate, review, inputs, tf_dir)), inline=inline)


def rego(asked: GateFlags) -> RegoRules | None:
    """The user's own Rego, of the trusted ref where there is one. Raises `UsageError`."""
    if asked.conftest is None:
        return None
    from plangate.evidence.git import Commit
    from plangate.evidence.rego import ENDS, RegoRules
    from plangate.evidence.working_tree import Folder

    tree: Commit | Folder = Folder(Path())
    if asked.ref is not None:
        commit = Commit(asked.ref, Path())
        # What the command line names outside of the repository is not a part of the change.
        tree = commit if commit.holds(asked.conftest) else tree
    return RegoRules(asked.conftest, tuple(_below(tree, asked.conftest, ENDS).items()))


def _below(tree: Commit | Folder, path: str, ends: tuple[str, ...]) -> dict[str, str]:
    """The files below a folder, by their paths from there; a file that is named itself is its own name."""
    top = tree.top(path)
    return {
        name.removeprefix(top) if name.startswith(top) else name.rpartition("/")[2]: text
        for name, text in tree.policies(path, ends)
    }


def _loose_rego(commit: Commit, here: Folder, asked: GateFlags) -> list[Weakening]:
    """Rego cannot be held against Rego: any change of it is one that somebody has to look at."""
    if asked.conftest is None or not commit.holds(asked.conftest):
        return []
    from plangate.evidence.rego import ENDS
    from plangate.gate.tighten import Weakening

    path = asked.conftest
    theirs, ours = _below(commit, path, ENDS), _below(here, path, ENDS)
    changed = sorted(name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name))
    words = "this change would loosen the gate: the Rego in {} changes"
    return [Weakening(words.format(name), file=f"{path.rstrip('/')}/{name}", line=1) for name in changed]


def configuration(path: str | None) -> Config:
    """The configuration of a command that judges no change, as it is checked out. Raises `UsageError`."""
    from plangate.evidence.working_tree import Folder
    from plangate.gate.config import Config

    read = _config(Folder(Path()), GateFlags(config=path), needed=path is not None)
    return Config() if read is None else read.config


def _config(tree: Commit | Folder, asked: GateFlags, *, needed: bool) -> ConfigFile | None:
    from plangate.gate.config import parse

    path = asked.config or _CONFIG
    text = tree.read(path)
    if text is None and needed and asked.config is not None:
        raise UsageError("does not exist", where=path)
    return None if text is None else parse(tree.name(path), text)


def _paths(asked: GateFlags, read: ConfigFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where policies and waivers stand: what the command line names, then what the configuration names."""
    from plangate.gate.config import listed

    policies = (*map(str, asked.policies), *listed(read.config.policy_paths))
    return policies, (*asked.waivers, *listed(read.config.waivers.files))


def _policies(tree: Commit | Folder, paths: Iterable[str]) -> list[tuple[str, str]]:
    found = []
    for path in dict.fromkeys(paths):
        texts = _texts(tree, path)
        if not texts:
            raise UsageError("holds no policy files", where=tree.name(path))
        found += texts
    return found


def _texts(tree: Commit | Folder, path: str) -> list[tuple[str, str]]:
    """The policies and families at a path, as (name, text). The family of a single file stands beside it."""
    texts = tree.policies(path)
    if [name for name, _ in texts] == [tree.name(path)]:
        beside = PurePosixPath(path).with_name("family.yaml").as_posix()
        text = tree.read(beside)
        texts += [] if text is None else [(tree.name(beside), text)]
    return texts


def _trusted_policies(
    commit: Commit, here: Folder, asked: GateFlags, trusted: ConfigFile, read: ConfigFile
) -> tuple[tuple[Policy, ...], list[Weakening]]:
    """The policies of both versions: the trusted text of each, and the new ones."""
    from plangate.gate import tighten
    from plangate.policy.file import parse
    from plangate.policy.load import load, split_families

    wanted = _paths(asked, trusted)[0]
    outside = [path for path in wanted if not commit.holds(path)]
    inside = [path for path in wanted if commit.holds(path)]
    theirs = [one for path in dict.fromkeys(inside) for one in _texts(commit, path)]
    ours = [one for path in dict.fromkeys(_paths(asked, read)[0]) if commit.holds(path) for one in _texts(here, path)]
    versions: list[list[tuple[str, str, str]]] = []
    brought: dict[str, Family] = {}
    for version in (ours, theirs):
        known, policies = split_families(version)
        versions.append([(parse(name, text, known).id, name, text) for name, text in policies])
        # A family decides nothing: the trusted text of each counts, and new ones do.
        brought |= known
    texts, loose = tighten.policies(*reversed(versions))
    # What the command line names outside of the repository is not a part of the change.
    return load(texts=[*texts, *_policies(here, outside)], families=brought), loose


def _waivers(tree: Commit | Folder, files: Iterable[str], *, needed: bool = True) -> tuple[Waiver, ...]:
    from plangate.gate.waivers import parse

    found: list[Waiver] = []
    for file in dict.fromkeys(files):
        text = tree.read(file)
        if text is not None:
            found += parse(tree.name(file), text)
        elif needed:
            raise UsageError("does not exist", where=file)
    return tuple(found)


def _latest(review: Options, config: Config) -> str:
    """The last day until which a waiver may run."""
    days = config.waivers.longest_days
    today = datetime.date.fromisoformat(review.created_at[:10])
    return (today + datetime.timedelta(days=min(days, (datetime.date.max - today).days))).isoformat()


def _signals(
    asked: GateFlags, gate: Gate, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> Iterable[EnvironmentHint]:
    """What is known of the environment. Files are only read where an environment asks for what is in them."""
    from plangate.gate.config import listed
    from plangate.gate.environment import EnvironmentHint

    wanted = {kind for e in gate.config.environments.values() for kind in e.match.__struct_fields__}
    wanted = {k for k in wanted if any(listed(getattr(e.match, k)) for e in gate.config.environments.values())}
    folders = [tf_dir, *(Path(path).parent for path in inputs if path != "-")]
    if "paths" in wanted:
        for path in (*inputs, *([str(tf_dir)] if str(tf_dir) != "." else [])):
            if path != "-":
                yield EnvironmentHint("paths", os.path.relpath(path).replace(os.sep, "/"))
    if "targets" in wanted and review.target:
        yield EnvironmentHint("targets", review.target)
    if "workspaces" in wanted:
        from plangate.evidence.workspace import workspace

        name = workspace(folders)
        if name is not None:
            yield EnvironmentHint("workspaces", name)
    if "backend_keys" in wanted:
        from plangate.evidence.workspace import backend_key

        key = backend_key(folders)
        if key is not None:
            yield EnvironmentHint("backend_keys", key)
    if "backend_keys" in wanted and asked.state.startswith("s3://"):
        yield EnvironmentHint("backend_keys", asked.state.removeprefix("s3://").partition("/")[2])

"""The gate of a review: configuration, waivers and policies, from the working tree or from a trusted ref."""

from __future__ import annotations

import datetime
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from msgspec import structs

from plangate import knowledge
from plangate.errors import UsageError
from plangate.evidence.git import Commit
from plangate.evidence.inline_comments import CommentFiles
from plangate.evidence.rego import ENDS, RegoRules
from plangate.evidence.working_tree import Folder
from plangate.evidence.workspace import backend_key, workspace
from plangate.gate import config as configurations
from plangate.gate import tighten
from plangate.gate import waivers as waiver_files
from plangate.gate.config import Config, ConfigFile, listed
from plangate.gate.environment import EnvironmentHint
from plangate.gate.settings import Gate
from plangate.gate.tighten import Weakening
from plangate.pipeline.gate_flags import CONFIG, GateFlags
from plangate.policy import file as policy_files
from plangate.policy.load import load, split_families

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.gate.waivers import Waiver
    from plangate.model.policy import Family, Policy
    from plangate.model.verdict import Options


def prepare(
    flags: GateFlags, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> tuple[tuple[Policy, ...], Gate]:
    """The policies and the gate. Raises `UsageError`: then nothing is reviewed."""
    here = Folder(Path())
    commit = Commit(flags.ref, Path()) if flags.ref is not None else None
    read = _config(here, flags, needed=commit is None)
    trusted = _config(commit, flags, needed=False) if commit is not None else read
    if flags.config is not None and read is None and trusted is None:
        raise UsageError("does not exist", where=flags.config)
    none = ConfigFile(Config(), flags.config or CONFIG)
    read, trusted = read or none, trusted or none
    if commit is None:
        paths, files = _paths(flags, read)
        policies = load(texts=_policies(here, paths))
        gate = Gate(read=read, waivers=_waivers(here, files), latest=_latest_waiver_end(review, read.config))
    else:
        policies, weakenings = _trusted_policies(commit, here, flags, trusted, read)
        severities = {policy.id: policy.severity for policy in policies}
        severities.update({one.id: one.severity for one in knowledge.builtins()})
        families = {policy.id: policy.family for policy in policies}
        tightening = tighten.StricterOf(trusted.config, read.config, severities, families)
        config = tightening.config()
        waivers, waiver_weakenings = tighten.waivers(
            _waivers(commit, _paths(flags, trusted)[1], needed=False),
            _waivers(here, _paths(flags, read)[1], needed=False),
        )
        gate = Gate(
            read=ConfigFile(config, trusted.file, trusted.newer, {**trusted.lines, **read.lines}),
            waivers=waivers,
            weakenings=(
                *weakenings,
                *tightening.weakenings,
                *waiver_weakenings,
                *_rego_weakenings(commit, here, flags),
            ),
            latest=_latest_waiver_end(review, config),
            notes=(f"policies, waivers and configuration are those of {commit.ref} ({commit.sha[:7]})",),
            trusted=(commit.ref, commit.sha),
        )
    gate.check(policies)
    inline = None
    if flags.inline:
        inline = CommentFiles(tf_dir, commit)
    return policies, structs.replace(
        gate, hints=tuple(_environment_hints(flags, gate, review, inputs, tf_dir)), inline=inline
    )


def rego(path: str, ref: str | None) -> RegoRules:
    """The user's own Rego at a path, of the trusted ref where there is one. Raises `UsageError`."""
    tree: Commit | Folder = Folder(Path())
    if ref is not None:
        commit = Commit(ref, Path())
        # What the command line names outside of the repository is not a part of the change.
        tree = commit if commit.holds(path) else tree
    return RegoRules(path, tuple(_below(tree, path, ENDS).items()))


def _below(tree: Commit | Folder, path: str, ends: tuple[str, ...]) -> dict[str, str]:
    """The texts of the files below a folder by relative path; of a single file, by its name."""
    top = tree.top(path)
    return {
        name.removeprefix(top) if name.startswith(top) else name.rpartition("/")[2]: text
        for name, text in tree.policies(path, ends)
    }


def _rego_weakenings(commit: Commit, here: Folder, flags: GateFlags) -> list[Weakening]:
    """A weakening for each Rego file that the change touches: two versions of Rego cannot be compared for strictness."""
    if flags.conftest is None or not commit.holds(flags.conftest):
        return []
    path = flags.conftest
    trusted_texts, new_texts = _below(commit, path, ENDS), _below(here, path, ENDS)
    changed = sorted(name for name in {*trusted_texts, *new_texts} if trusted_texts.get(name) != new_texts.get(name))
    words = "this change would loosen the gate: the Rego in {} changes"
    return [Weakening(words.format(name), file=f"{path.rstrip('/')}/{name}", line=1) for name in changed]


def configuration(path: str | None) -> Config:
    """The configuration of a command that judges no change, as it is checked out. Raises `UsageError`."""
    read = _config(Folder(Path()), GateFlags(config=path), needed=path is not None)
    return Config() if read is None else read.config


def _config(tree: Commit | Folder, flags: GateFlags, *, needed: bool) -> ConfigFile | None:
    path = flags.config or CONFIG
    text = tree.read(path)
    if text is None and needed and flags.config is not None:
        raise UsageError("does not exist", where=path)
    return None if text is None else configurations.parse(tree.name(path), text)


def _paths(flags: GateFlags, read: ConfigFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where policies and waivers stand: what the command line names, then what the configuration names."""
    policies = (*map(str, flags.policies), *listed(read.config.policy_paths))
    return policies, (*flags.waivers, *listed(read.config.waivers.files))


def _policies(tree: Commit | Folder, paths: Iterable[str]) -> list[tuple[str, str]]:
    found = []
    for path in dict.fromkeys(paths):
        texts = _texts(tree, path)
        if not texts:
            raise UsageError("holds no policy files", where=tree.name(path))
        found += texts
    return found


def _texts(tree: Commit | Folder, path: str) -> list[tuple[str, str]]:
    """The policies and families at a path, as (name, text). For a single file, with the `family.yaml` in its folder."""
    texts = tree.policies(path)
    if [name for name, _ in texts] == [tree.name(path)]:
        family = PurePosixPath(path).with_name("family.yaml").as_posix()
        text = tree.read(family)
        texts += [] if text is None else [(tree.name(family), text)]
    return texts


def _trusted_policies(
    commit: Commit, here: Folder, flags: GateFlags, trusted: ConfigFile, read: ConfigFile
) -> tuple[tuple[Policy, ...], list[Weakening]]:
    """The policies of both versions: the trusted text of each, and the new ones."""
    wanted = _paths(flags, trusted)[0]
    outside = [path for path in wanted if not commit.holds(path)]
    inside = [path for path in wanted if commit.holds(path)]
    trusted_texts = [one for path in dict.fromkeys(inside) for one in _texts(commit, path)]
    new_texts = [
        one for path in dict.fromkeys(_paths(flags, read)[0]) if commit.holds(path) for one in _texts(here, path)
    ]
    versions: list[list[tuple[str, str, str]]] = []
    families: dict[str, Family] = {}
    for version in (new_texts, trusted_texts):
        known, policies = split_families(version)
        versions.append([(policy_files.parse(name, text, known).id, name, text) for name, text in policies])
        # A family decides nothing: the trusted text of each counts, and new ones do.
        families |= known
    texts, weakenings = tighten.policies(*reversed(versions))
    # A path outside of the repository is not part of the change.
    return load(texts=[*texts, *_policies(here, outside)], families=families), weakenings


def _waivers(tree: Commit | Folder, files: Iterable[str], *, needed: bool = True) -> tuple[Waiver, ...]:
    found: list[Waiver] = []
    for file in dict.fromkeys(files):
        text = tree.read(file)
        if text is not None:
            found += waiver_files.parse(tree.name(file), text)
        elif needed:
            raise UsageError("does not exist", where=file)
    return tuple(found)


def _latest_waiver_end(review: Options, config: Config) -> str:
    """The last day until which a waiver may run."""
    days = config.waivers.longest_days
    today = datetime.date.fromisoformat(review.created_at[:10])
    return (today + datetime.timedelta(days=min(days, (datetime.date.max - today).days))).isoformat()


def _environment_hints(
    flags: GateFlags, gate: Gate, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> Iterable[EnvironmentHint]:
    """What is known of the environment. Files are only read where an environment asks for what is in them."""
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
        name = workspace(folders)
        if name is not None:
            yield EnvironmentHint("workspaces", name)
    if "backend_keys" in wanted:
        key = backend_key(folders)
        if key is not None:
            yield EnvironmentHint("backend_keys", key)
    if "backend_keys" in wanted and flags.state.startswith("s3://"):
        yield EnvironmentHint("backend_keys", flags.state.removeprefix("s3://").partition("/")[2])

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
    """The flags about the gate."""

    config: str | None = None
    waivers: tuple[str, ...] = ()
    policies: tuple[Path, ...] = ()
    ref: str | None = None
    conftest: str | None = None
    state: str = ""
    """The value of --state; empty without it."""
    inline: bool = False
    """Whether inline waivers are read: --tf-dir was given."""


def prepare(
    flags: GateFlags, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> tuple[tuple[Policy, ...], Gate | None]:
    """The policies, and the gate; None where neither a flag nor a `.plangate.yaml` asks for one. Raises `UsageError`."""
    from plangate import knowledge
    from plangate.policy.load import load

    named = flags.config is not None or flags.ref is not None or flags.waivers or flags.inline
    if not named and not os.path.lexists(_CONFIG):
        return load(flags.policies), None
    from plangate.evidence.git import Commit
    from plangate.evidence.working_tree import Folder
    from plangate.gate import config as configuration
    from plangate.gate import tighten
    from plangate.gate.settings import Gate

    here = Folder(Path())
    commit = Commit(flags.ref, Path()) if flags.ref is not None else None
    read = _config(here, flags, needed=commit is None)
    trusted = _config(commit, flags, needed=False) if commit is not None else read
    if flags.config is not None and read is None and trusted is None:
        raise UsageError("does not exist", where=flags.config)
    empty = configuration.ConfigFile(configuration.Config(), flags.config or _CONFIG)
    read, trusted = read or empty, trusted or empty
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
            read=configuration.ConfigFile(config, trusted.file, trusted.newer, {**trusted.lines, **read.lines}),
            waivers=waivers,
            weakenings=(
                *weakenings,
                *tightening.weakenings,
                *waiver_weakenings,
                *_rego_weakenings(commit, here, flags),
            ),
            latest=_latest_waiver_end(review, config),
            notes=(f"policies, waivers and configuration are those of {commit.ref} ({commit.sha[:7]})",),
        )
    gate.check(policies)
    from msgspec import structs

    inline = None
    if flags.inline:
        from plangate.evidence.inline_comments import CommentFiles

        inline = CommentFiles(tf_dir, commit)
    return policies, structs.replace(
        gate, hints=tuple(_environment_hints(flags, gate, review, inputs, tf_dir)), inline=inline
    )


def rego(flags: GateFlags) -> RegoRules | None:
    """The user's own Rego, of the trusted ref where one is given; None without --conftest. Raises `UsageError`."""
    if flags.conftest is None:
        return None
    from plangate.evidence.git import Commit
    from plangate.evidence.rego import ENDS, RegoRules
    from plangate.evidence.working_tree import Folder

    tree: Commit | Folder = Folder(Path())
    if flags.ref is not None:
        commit = Commit(flags.ref, Path())
        # A path outside of the repository is not part of the change.
        tree = commit if commit.holds(flags.conftest) else tree
    return RegoRules(flags.conftest, tuple(_below(tree, flags.conftest, ENDS).items()))


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
    from plangate.evidence.rego import ENDS
    from plangate.gate.tighten import Weakening

    path = flags.conftest
    trusted_texts, new_texts = _below(commit, path, ENDS), _below(here, path, ENDS)
    changed = sorted(name for name in {*trusted_texts, *new_texts} if trusted_texts.get(name) != new_texts.get(name))
    words = "this change would loosen the gate: the Rego in {} changes"
    return [Weakening(words.format(name), file=f"{path.rstrip('/')}/{name}", line=1) for name in changed]


def configuration(path: str | None) -> Config:
    """The configuration in the working tree, for commands without a trusted ref. Raises `UsageError`."""
    from plangate.evidence.working_tree import Folder
    from plangate.gate.config import Config

    read = _config(Folder(Path()), GateFlags(config=path), needed=path is not None)
    return Config() if read is None else read.config


def _config(tree: Commit | Folder, flags: GateFlags, *, needed: bool) -> ConfigFile | None:
    from plangate.gate.config import parse

    path = flags.config or _CONFIG
    text = tree.read(path)
    if text is None and needed and flags.config is not None:
        raise UsageError("does not exist", where=path)
    return None if text is None else parse(tree.name(path), text)


def _paths(flags: GateFlags, read: ConfigFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The paths of policies and of waivers: those of the command line, then those of the configuration."""
    from plangate.gate.config import listed

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
    """The policies that count, the trusted text of each and new ones, and a weakening for each change or removal."""
    from plangate.gate import tighten
    from plangate.policy.file import parse
    from plangate.policy.load import load, split_families

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
        versions.append([(parse(name, text, known).id, name, text) for name, text in policies])
        # A family decides nothing: the trusted text of each counts, and new ones do.
        families |= known
    texts, weakenings = tighten.policies(*reversed(versions))
    # A path outside of the repository is not part of the change.
    return load(texts=[*texts, *_policies(here, outside)], families=families), weakenings


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


def _latest_waiver_end(review: Options, config: Config) -> str:
    """The last day until which a waiver may run."""
    days = config.waivers.longest_days
    today = datetime.date.fromisoformat(review.created_at[:10])
    return (today + datetime.timedelta(days=min(days, (datetime.date.max - today).days))).isoformat()


def _environment_hints(
    flags: GateFlags, gate: Gate, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> Iterable[EnvironmentHint]:
    """Hints about the environment. Files are read only where an environment's `match` needs them."""
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
    if "backend_keys" in wanted and flags.state.startswith("s3://"):
        yield EnvironmentHint("backend_keys", flags.state.removeprefix("s3://").partition("/")[2])

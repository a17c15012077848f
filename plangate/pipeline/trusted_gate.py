"""The gate of a review: configuration, waivers and policies, from the working tree or from a trusted ref."""

from __future__ import annotations

import datetime
import os
import posixpath
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, structs

from plangate import knowledge
from plangate.errors import InputError, UsageError
from plangate.evidence import git_pack
from plangate.evidence.git import Commit
from plangate.evidence.inline_comments import CommentFiles
from plangate.evidence.rego import ENDS, RegoRules
from plangate.evidence.working_tree import Folder
from plangate.evidence.workspace import backend_key, workspace
from plangate.gate import config as configurations
from plangate.gate import packs, tighten
from plangate.gate import waivers as waiver_files
from plangate.gate.config import Config, ConfigFile, listed
from plangate.gate.environment import EnvironmentHint
from plangate.gate.environment import folders as of_path
from plangate.gate.settings import Gate
from plangate.gate.tighten import Weakening
from plangate.pipeline.gate_flags import CONFIG, GateFlags, upwards
from plangate.policy import file as policy_files
from plangate.policy.load import load, split_families

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.gate.waivers import Waiver
    from plangate.model.input import StateSource
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
    none = _Configuration(ConfigFile(Config(), flags.config or CONFIG))
    read, trusted = read or none, trusted or none
    above = (f"the configuration is {trusted.file.file}",) if ".." in trusted.folder else ()
    of_packs = _checked_packs(commit or here, trusted)
    if commit is None:
        paths, files = _paths(flags, read)
        policies = load(texts=_policies(here, paths))
        gate = Gate(
            read=read.file,
            waivers=_waivers(here, files),
            latest=_latest_waiver_end(review, read.config),
            notes=(*above, *of_packs),
        )
    else:
        _checked_packs(here, read)
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
            read=structs.replace(trusted.file, config=config, lines={**trusted.file.lines, **read.file.lines}),
            waivers=waivers,
            weakenings=(
                *weakenings,
                *tightening.weakenings,
                *waiver_weakenings,
                *_rego_weakenings(commit, here, flags),
            ),
            latest=_latest_waiver_end(review, config),
            notes=(
                f"policies, waivers and configuration are those of {commit.ref} ({commit.sha[:7]})",
                *above,
                *of_packs,
            ),
            trusted=(commit.ref, commit.sha),
        )
    gate.check(policies)
    inline = None
    if flags.inline:
        inline = CommentFiles(tf_dir, commit)
    hints = _Hints(gate.config, trusted.bases).of(flags, review, inputs, tf_dir)
    return policies, structs.replace(gate, hints=tuple(hints), inline=inline)


class _Configuration(Struct, frozen=True):
    """A configuration and where it is."""

    file: ConfigFile
    path: str = ""
    """Its path from the working folder; empty where there is none."""
    named: bool = False
    """Whether the command line names it."""

    @property
    def config(self) -> Config:
        """What it says."""
        return self.file.config

    @property
    def folder(self) -> str:
        """The folder that the files which it names are relative to: its own one, or the working folder where it was named."""
        return "" if self.named else PurePosixPath(self.path).parent.as_posix()

    @property
    def bases(self) -> tuple[str, ...]:
        """The folders that `paths` of environments are relative to."""
        return tuple(dict.fromkeys((self.folder or ".", PurePosixPath(self.path).parent.as_posix())))

    def inside(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Paths that it names, as seen from the working folder."""
        return tuple(posixpath.normpath(posixpath.join(self.folder, path)) for path in paths)


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


def configuration(path: str | None, ref: str | None = None) -> Config:
    """The configuration of a command that judges no change, of the trusted ref or as it is checked out. Raises `UsageError`."""
    tree = Folder(Path()) if ref is None else Commit(ref, Path())
    read = _config(tree, GateFlags(config=path), needed=path is not None and ref is None)
    return Config() if read is None else read.config


def policy_paths(path: str | None, given: Iterable[Path]) -> tuple[Config, tuple[Path, ...]]:
    """The configuration as it is checked out, and where policies stand: what the command line names, then what it names.

    Raises `UsageError`.
    """
    flags = GateFlags(config=path, policies=tuple(given))
    read = _config(Folder(Path()), flags, needed=path is not None)
    if read is None:
        return Config(), flags.policies
    return read.config, tuple(dict.fromkeys(map(Path, _paths(flags, read)[0])))


def _config(tree: Commit | Folder, flags: GateFlags, *, needed: bool) -> _Configuration | None:
    """The configuration that the command line names, or the nearest one upwards."""
    named = flags.config is not None
    for path in (flags.config,) if flags.config is not None else upwards(CONFIG):
        text = tree.read(path) if named or tree.holds(path) else None
        if text is not None:
            return _Configuration(configurations.parse(tree.name(path), text), path, named=named)
    if needed and named:
        raise UsageError("does not exist", where=flags.config)
    return None


def _paths(flags: GateFlags, read: _Configuration) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where policies and waivers stand: what the command line names, then what the configuration names."""
    of_config = (packs.parse(one).folder if packs.is_pack(one) else one for one in listed(read.config.policy_paths))
    policies = (*map(str, flags.policies), *read.inside(of_config))
    return policies, (*flags.waivers, *read.inside(listed(read.config.waivers.files)))


def _packs(read: _Configuration) -> list[packs.Pack]:
    return [packs.parse(one) for one in listed(read.config.policy_paths) if packs.is_pack(one)]


def _checked_packs(tree: Commit | Folder, read: _Configuration) -> tuple[str, ...]:
    """What the verdict says of each pack of a configuration. Raises `UsageError` for one that is not what was fetched."""
    notes = []
    for pack in _packs(read):
        folder, record = read.inside((pack.folder, pack.record))
        files = _below(tree, folder, (".yaml", ".yml"))
        notes.append(packs.check(pack, tree.read(record), files.items()))
    return tuple(notes)


def vendor(path: str | None) -> list[str]:
    """Fetch the packs of the configuration and write their copies; the folders that were written. Raises `UsageError`.

    Copies that the configuration no longer names are removed.
    """
    read = _config(Folder(Path()), GateFlags(config=path), needed=True)
    found = [] if read is None else _packs(read)
    if read is None or not found:
        raise UsageError("names no pack", where=CONFIG, hint="policy_paths: [git+https://HOST/REPOSITORY@COMMIT#PATH]")
    fetched = [(pack, git_pack.files(pack.url, pack.commit, pack.path)) for pack in found]
    (top,) = read.inside((packs.FOLDER,))
    shutil.rmtree(top, ignore_errors=True)
    written = []
    for pack, files in fetched:
        folder, record = map(Path, read.inside((pack.folder, pack.record)))
        for name, text in files:
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        record.write_bytes(msgspec.json.encode(packs.Record(pack.reference, packs.digest(files))) + b"\n")
        written.append(str(folder))
    return written


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
    commit: Commit, here: Folder, flags: GateFlags, trusted: _Configuration, read: _Configuration
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


class _Hints:
    """Finds what is known of the environment. Files are only read where an environment asks for what is in them."""

    def __init__(self, config: Config, bases: tuple[str, ...]):
        matches = [environment.match for environment in config.environments.values()]
        self._wanted = {kind for match in matches for kind in match.__struct_fields__ if listed(getattr(match, kind))}
        self._bases = bases

    def of(self, flags: GateFlags, review: Options, inputs: tuple[str, ...], tf_dir: Path) -> Iterator[EnvironmentHint]:
        """The hints that the command line gives."""
        files = [path for path in (*inputs, flags.saved_plan) if path not in (None, "-")]
        folders = [tf_dir, *(Path(path).parent for path in files)]
        if "paths" in self._wanted:
            yield from self._paths(files, tf_dir, review.target)
        if "targets" in self._wanted and review.target:
            yield EnvironmentHint("targets", review.target, (f"{review.target}/",))
        if "workspaces" in self._wanted:
            name = workspace(folders)
            if name is not None:
                yield EnvironmentHint("workspaces", name)
        if "backend_keys" in self._wanted:
            for key in (backend_key(folders), _state_key(flags.state)):
                if key is not None:
                    yield EnvironmentHint("backend_keys", key)

    def _paths(self, files: Iterable[str], tf_dir: Path, target: str | None) -> Iterator[EnvironmentHint]:
        """The inputs; `--tf-dir`, or the working folder below the configuration; and a target that is a folder."""
        for file in files:
            yield self._path(self._names(file))
        named = [tf_dir, *(Path(base, target) for base in self._bases if target)]
        for folder in named:
            if folder.is_dir() and (names := [name for name in self._names(str(folder)) if name != "."]):
                inside = [entry.name for entry in os.scandir(folder) if entry.is_file()]
                below = [f"{name}/{one}" for name in names for one in ("", *sorted(inside))]
                yield self._path([*names, *below])

    @staticmethod
    def _path(names: list[str]) -> EnvironmentHint:
        """A path by its name from the first base, and everything else that it fits by."""
        above = [folder for name in names for folder in of_path(name)]
        return EnvironmentHint("paths", names[0], tuple(dict.fromkeys((*names[1:], *above))))

    def _names(self, path: str) -> list[str]:
        """A path as it is given and as links lead to it, from each base."""
        pairs = [
            pair for base in self._bases for pair in ((path, base), (os.path.realpath(path), os.path.realpath(base)))
        ]
        return list(dict.fromkeys(os.path.relpath(one, base).replace(os.sep, "/") for one, base in pairs))


def _state_key(state: StateSource) -> str | None:
    """The key of the state in S3 that the command line names."""
    if state.location is not None:
        return state.location.removeprefix("s3://").partition("/")[2] if state.location.startswith("s3://") else None
    if not state.backend_config:
        return None
    from plangate.evidence.s3 import location  # noqa: PLC0415 - the parser of HCL, for backend settings alone

    try:
        return location.find(state).key
    except InputError:
        # The review itself says what is wrong with it.
        return None

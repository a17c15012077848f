"""`.plangate.yaml` as typed structs. An unknown key is refused with its line and column.

`docs/config.schema.json` is made from these structs: `python -m plangate.gate.config` writes it, `--check` says whether it is current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from plangate import __version__, knowledge
from plangate.errors import UsageError
from plangate.gate import packs as vendored
from plangate.lang import semver
from plangate.lang.day import is_day
from plangate.lang.located_yaml import LocatedYaml, UnknownKeyError
from plangate.model.verdict import Severity

FILE: Final = ".plangate.yaml"
"""Where the configuration is looked for."""

Several: TypeAlias = str | tuple[str, ...]
"""One text, or a list."""
Mode: TypeAlias = Literal["enforce", "observe"]
FailOn: TypeAlias = Literal["block", "review"]
Evidence: TypeAlias = Literal["state", "values", "history", "manifest", "live-objects"]


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Globs that identify an environment. `*` matches anything but `/`, `**` anything."""

    paths: Several = ()
    """The input's path, or the folder of --tf-dir, from where the command runs."""
    targets: Several = ()
    """What --target says."""
    workspaces: Several = ()
    """Terraform's workspace."""
    backend_keys: Several = ()
    """The `key` of the backend in .terraform/terraform.tfstate."""
    values_files: Several = ()
    """Files of Helm values that a `helm_release` names with file() or templatefile(), where --tf-dir is given."""
    releases: Several = ()
    """Helm releases, as namespace/name."""


class Approvals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who has to approve a verdict of `review` before its check is green. The author of the pull request never counts."""

    count: int = 1
    """How many different people."""
    teams: tuple[str, ...] = ()
    """Teams of the organisation, by their slug. With neither teams nor users, whoever may write to the repository counts."""
    users: tuple[str, ...] = ()


class Verify(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How `plangate verify` compares a plan with its verdict."""

    valid_hours: int = 24
    """How long a verdict may be relied on."""
    volatile: tuple[str, ...] = ()
    """Attributes that differ from plan to plan and mean nothing, as TYPE.PATH; `*` stands for anything: `*.tags.built_at`."""


class Cluster(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clusters of an environment. Evidence from other clusters is not accepted."""

    server: Several = ()
    """The address of the API server, as `kubectl config view --minify` shows it."""
    kube_system_uid: Several = ()
    """`kubectl get namespace kube-system -o jsonpath={.metadata.uid}`: the same for every way to reach the cluster."""


class Environment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One environment. It is protected unless it says otherwise."""

    protected: bool = True
    match: Match = Match()
    cluster: Cluster = Cluster()
    state: Several = ()
    """Where its states are, such as `s3://states/prod/**`. A state from elsewhere tells nothing about it."""
    mode: Mode | None = None
    fail_on: FailOn | None = None
    require: tuple[Evidence, ...] = ()
    params: dict[str, Any] = {}
    approvals: Approvals | None = None
    """Instead of those of the whole configuration."""


class Pack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pack of policies: on or off, and from which day its findings decide."""

    enabled: bool = True
    enforce_from: str = ""


class Setting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Overrides for one policy, and their reason."""

    reason: str = ""
    severity: Severity | None = None
    enabled: bool = True
    enforce_from: str = ""


class Forbidden(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Severities and policies that cannot be waived."""

    severities: tuple[Severity, ...] = ()
    policies: tuple[str, ...] = ()


class Waivers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The files of waivers, and limits on them."""

    files: Several = ()
    longest_days: int = 366
    forbid: Forbidden = Forbidden()


class Owned(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value of Helm releases that something other than the configuration is meant to change."""

    path: str
    """Relative to the values, such as `image.tag`."""
    by: str


class Drifting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of drift detection."""

    owned: tuple[Owned, ...] = ()


class Config(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The configuration of a repository's gate."""

    requires: str = ""
    """Versions of plangate that understand this file, such as `>=0.2`."""
    mode: Mode = "enforce"
    """With `observe` the command exits 0 for pass, review, block and inconclusive."""
    fail_on: FailOn = "block"
    require: tuple[Evidence, ...] = ()
    """Evidence without which nothing can be told."""
    environments: dict[str, Environment] = {}
    packs: dict[str, bool | Pack] = {}
    """Each pack by its name: a shipped family of policies."""
    policies: dict[str, Setting] = {}
    params: dict[str, Any] = {}
    """Values of the parameters of policies."""
    policy_paths: Several = ()
    """More policies: files or folders of this repository, or packs as git+https://HOST/REPOSITORY@COMMIT#PATH."""
    waivers: Waivers = Waivers()
    drift: Drifting = Drifting()
    """Values that others own, so that their changes are named and not alarmed."""
    approvals: Approvals | None = None
    """Who may answer a review. Without it nobody is asked, and its check stays as it is until the finding is gone."""
    verify: Verify = Verify()

    @property
    def requires_approvals(self) -> bool:
        """Whether any environment, or the default, requires approvals."""
        return self.approvals is not None or any(one.approvals is not None for one in self.environments.values())

    def pack(self, family: str) -> Pack:
        """The settings of one pack; the defaults where it has none."""
        pack = self.packs.get(family, True)
        return Pack(enabled=pack) if isinstance(pack, bool) else pack


class ConfigFile(Struct, frozen=True):
    """A parsed configuration, its file, and the keys that only a newer plangate knows."""

    config: Config
    file: str
    newer: tuple[str, ...] = ()
    lines: dict[str, int] = {}
    """The line of each top-level key."""

    @property
    def too_new(self) -> bool:
        """Whether `requires` asks for another version of plangate."""
        return not semver.is_met(self.config.requires, __version__)


def packs() -> tuple[str, ...]:
    """The names of the packs that can be switched off: the shipped families without plangate's own findings."""
    return tuple(name for name, family in knowledge.families().items() if not family.builtin)


def listed(several: Several) -> tuple[str, ...]:
    """One text or a list, as a tuple."""
    return (several,) if isinstance(several, str) else several


def parse(name: str, text: str) -> ConfigFile:
    """Read the text of a configuration. Raises `UsageError` with line and column.

    Where `requires` asks for another version, unknown keys are left out and listed in `newer`.
    """
    located = LocatedYaml(name, text, UsageError)
    data = {} if located.data is None else located.data
    if not isinstance(data, dict):
        raise UsageError("is not a configuration: a mapping", where=name, place="1:1")
    requires = data.get("requires", "")
    if not isinstance(requires, str) or not semver.is_requirement(requires):
        located.fail('requires is a version, such as ">=0.2"', ("requires",))
    newer: list[str] = []
    too_new = not semver.is_met(requires, __version__)
    while True:
        try:
            config = located.attempt(data, Config)
            break
        except UnknownKeyError as unknown:
            if not too_new:
                located.convert(data, Config, _STRUCTS)
            newer.append(".".join(str(part) for part in unknown.place))
            data = _without(data, unknown.place)
    _check(config, located)
    lines = {str(key): located.line((str(key),)) for key in data}
    return ConfigFile(config, name, tuple(newer), lines)


_STRUCTS: Final[dict[tuple[str | int, ...], type[Struct]]] = {
    (): Config,
    ("environments", "*"): Environment,
    ("environments", "*", "match"): Match,
    ("environments", "*", "cluster"): Cluster,
    ("packs", "*"): Pack,
    ("policies", "*"): Setting,
    ("waivers",): Waivers,
    ("waivers", "forbid"): Forbidden,
    ("approvals",): Approvals,
    ("environments", "*", "approvals"): Approvals,
    ("verify",): Verify,
}


def _without(data: Any, place: tuple[str | int, ...]) -> Any:
    """The data without one key."""
    if len(place) == 1:
        return {key: value for key, value in data.items() if key != place[0]}
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[place[0]] = _without(data[place[0]], place[1:])
    return copy


def _check(config: Config, located: Any) -> None:
    """Check what types cannot express. Raises `UsageError`."""
    for name, setting in config.policies.items():
        place = ("policies", name)
        if (setting.severity is not None or not setting.enabled) and not setting.reason.strip():
            located.fail(f"{name} is changed without a reason", (*place, "reason"))
        _day(setting.enforce_from, located, (*place, "enforce_from"))
    for family, pack in config.packs.items():
        if family not in packs():
            located.unknown_key(family, ("packs",), list(packs()))
        if isinstance(pack, Pack):
            _day(pack.enforce_from, located, ("packs", family, "enforce_from"))
    if config.waivers.longest_days < 1:
        located.fail("longest_days is a number of days", ("waivers", "longest_days"))
    approvals: dict[tuple[str, ...], Approvals | None] = {("approvals",): config.approvals}
    approvals |= {("environments", name, "approvals"): one.approvals for name, one in config.environments.items()}
    for where, rule in approvals.items():
        _check_approvals(rule, located, where)
    if config.verify.valid_hours < 1:
        located.fail("valid_hours is a number of hours", ("verify", "valid_hours"))
    for pattern in config.verify.volatile:
        if pattern.partition(".")[2].strip(".*") == "":
            located.fail(f"{pattern} has to name an attribute, as TYPE.PATH", ("verify", "volatile"))
    files: dict[tuple[str, ...], Several] = {
        ("policy_paths",): config.policy_paths,
        ("waivers", "files"): config.waivers.files,
    }
    for where, paths in files.items():
        for path in listed(paths):
            if where == ("policy_paths",) and vendored.is_pack(path):
                try:
                    vendored.parse(path)
                except ValueError as error:
                    located.fail(f"{path}: {error}", where)
            elif not is_inside(path):
                located.fail(f"{path} does not lead into this repository: a relative path without ..", where)


_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98})(?:\[bot\])?|[a-z0-9][a-z0-9_-]{0,98}")
"""What GitHub takes as a login or as the slug of a team. It goes into addresses, so nothing else may."""


def _check_approvals(rule: Approvals | None, located: Any, where: tuple[str, ...]) -> None:
    if rule is None:
        return
    if not 1 <= rule.count <= 20:
        located.fail("count is a number of people, from 1 to 20", (*where, "count"))
    for key, names in (("teams", rule.teams), ("users", rule.users)):
        for name in names:
            if not _LOGIN.fullmatch(name):
                located.fail(
                    f"{name} is no name of GitHub's: of a team the slug, without the organisation", (*where, key)
                )


def is_inside(path: str) -> bool:
    """Whether a path stays below the folder that it is relative to, symbolic links aside."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and not path.startswith(("/", "~")) and ".." not in parts and ":" not in parts[0]


def _day(text: str, located: Any, place: tuple[str, ...]) -> None:
    if text and not is_day(text):
        located.fail("is a day, such as 2026-03-31", place)


# --- the schema -------------------------------------------------------------------------------------------------------

PATH = Path(__file__).parents[2] / "docs" / "config.schema.json"


def schema() -> bytes:
    """The JSON Schema of the configuration, for editors."""
    (entry,), components = msgspec.json.schema_components([Config], ref_template="#/$defs/{name}")
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plangate configuration",
        **entry,
        "$defs": components,
    }
    components["Config"]["properties"]["packs"]["propertyNames"] = {"enum": list(packs())}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` say whether the file is what would be written."""
    if not arguments:
        PATH.write_bytes(schema())
        return 0
    if PATH.is_file() and PATH.read_bytes() == schema():
        return 0
    sys.stderr.write(f"{PATH.name} is not current: run `python -m plangate.gate.config`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Applies a repository's configuration and waivers to a review: its environment, policies and findings.

Imported only where there is a configuration or a waiver.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from plangate import knowledge
from plangate.errors import UsageError
from plangate.findings import make
from plangate.gate import environment, inline_waivers, reach, waivers
from plangate.gate.config import Config, ConfigFile, Environment
from plangate.gate.config import listed as several
from plangate.gate.environment import EnvironmentHint, Resolution, resolve
from plangate.gate.inline_waivers import InlineComments
from plangate.gate.tighten import Weakening
from plangate.gate.waivers import Waiver
from plangate.lang.typo import did_you_mean
from plangate.lang.wording import listed
from plangate.model.change import ChangeSet, Gap, HelmChangeSet, Location
from plangate.model.policy import Policy
from plangate.model.verdict import NO_ENVIRONMENT, Approvals, Finding, Options, Provenance, WaiverTerms

_FOUND_BY: Final = ("verdict", "pipeline")
"""The stages whose findings the gate judges."""


class ResolvedSettings(Struct, frozen=True):
    """The options and policies of a review in its environment."""

    options: Options
    policies: tuple[Policy, ...]
    resolution: Resolution
    gaps: tuple[Gap, ...] = ()
    """That no environment of the configuration fits."""


class Gate(Struct, frozen=True, kw_only=True):
    """The configuration and waivers of one review."""

    read: ConfigFile
    waivers: tuple[Waiver, ...] = ()
    weakenings: tuple[Weakening, ...] = ()
    """How the change itself would weaken the gate. These parts of it do not count."""
    hints: tuple[EnvironmentHint, ...] = ()
    """Hints about the environment that are known before inputs are read."""
    latest: str = "9999-12-31"
    """The last day until which a waiver may run."""
    notes: tuple[str, ...] = ()
    trusted: tuple[str, str] | None = None
    """The trusted ref that the gate was read from, and its commit; None for the working tree."""
    inline: InlineComments | None = None
    """The source of inline waivers; None where they are not read."""

    @property
    def config(self) -> Config:
        """The configuration that counts."""
        return self.read.config

    def resolve_settings(
        self, options: Options, policies: Sequence[Policy], changesets: Sequence[ChangeSet]
    ) -> ResolvedSettings:
        """The environment, from the options, hints and change sets, with the options and policies that apply in it."""
        known = [*self.hints, *(EnvironmentHint("releases", release) for release in _releases(changesets))]
        known += [EnvironmentHint("values_files", name) for name in self._values_files(changesets)]
        resolution = reach.reached(self.config, resolve(self.config, options.environment, known), changesets)
        return ResolvedSettings(
            self._options(options, resolution),
            self._policies(policies, resolution.name),
            resolution,
            tuple(self._unmatched(resolution)),
        )

    def _unmatched(self, resolution: Resolution) -> Iterator[Gap]:
        """A gap where environments are configured and this is none of them."""
        names = list(self.config.environments)
        if not names or resolution.name in names or (resolution.name is None and resolution.conflicts):
            return
        if resolution.name is None:
            why = f"nothing known of this review fits {listed(names, 3)}; it counts as protected"
        else:
            why = f"the configuration has no environment {resolution.name}: it is protected"
        yield Gap(NO_ENVIRONMENT, f"{why}, and what one of them requires is not required", "--env NAME")

    def _values_files(self, changesets: Sequence[ChangeSet]) -> list[str]:
        """The values files of changed releases; empty where no environment matches by them."""
        if self.inline is None or not any(e.match.values_files for e in self.config.environments.values()):
            return []
        changes = (change for changeset in changesets for change in changeset.changes if change.type == "helm_release")
        return sorted({name for change in changes for name in self.inline.values_files(change)})

    def _options(self, options: Options, resolution: Resolution) -> Options:
        """The options with the settings of the environment."""
        here = environment.settings(self.config, resolution)
        notes = [*self.notes, *_several(resolution)]
        provenance = options.provenance
        if self.trusted is not None:
            ref, commit = self.trusted
            provenance = structs.replace(provenance or Provenance(), policy_ref=ref, policy_commit=commit)
        approvals = here.approvals or self.config.approvals
        review = "review" in (options.fail_on, here.fail_on or self.config.fail_on)
        return structs.replace(
            options,
            environment=resolution.name,
            protected=options.protected and here.protected,
            mode=here.mode or self.config.mode,
            fail_on="review" if review else "block",
            required=tuple(
                name.replace("-", "_")
                for name in dict.fromkeys((*options.required, *self.config.require, *here.require))
            ),
            notes=(*options.notes, *notes, *self._switched_off()),
            provenance=provenance,
            waiving=self._waiving(),
            approvals=None if approvals is None else Approvals(approvals.count, approvals.teams, approvals.users),
        )

    def _waiving(self) -> WaiverTerms:
        """What the configuration says of waivers."""
        rules = self.config.waivers
        severities = tuple(one.value for one in rules.forbid.severities)
        ref = self.trusted[0] if self.trusted is not None else ""
        return WaiverTerms(several(rules.files), self.latest, severities, rules.forbid.policies, ref)

    def _policies(self, policies: Sequence[Policy], environment: str | None) -> tuple[Policy, ...]:
        """The enabled policies, with the parameters of this environment."""
        config = self.config
        given = {**config.params, **self._environment(environment).params}
        on = [p for p in policies if config.pack(p.family).enabled and self._setting_is_on(p.id)]
        return tuple(_with_params(policy, given) for policy in on)

    def check(self, policies: Sequence[Policy]) -> None:
        """Refuse what names a policy or a parameter that is not there. Raises `UsageError`."""
        file, ids = self.read.file, sorted({policy.id for policy in policies} | _builtin())
        unwaivable = _unwaivable()
        for name in self.config.policies:
            if name in unwaivable:
                self._refuse(f"{name} cannot be changed", "policies")
            if name in _builtin() and not self.config.policies[name].enabled:
                self._refuse(
                    f"{name} cannot be switched off: give it another severity, or waive what it finds", "policies"
                )
            if name not in ids and not self.read.too_new:
                self._refuse(f"there is no policy {name}{did_you_mean(name, ids)}", "policies")
        defaults = {name: value for policy in policies for name, value in policy.params.items()}
        for where, params in (("params", self.config.params), *self._params()):
            for name, value in params.items():
                if name not in defaults:
                    self._refuse(f"no policy has a parameter {name}{did_you_mean(name, sorted(defaults))}", where)
                if not _has_type_of(value, defaults[name]):
                    wanted = type(defaults[name]).__name__
                    raise UsageError(f"{where}: the parameter {name} has to be a {wanted}", where=file)

    def judge(
        self,
        findings: Sequence[Finding],
        resolved: ResolvedSettings,
        changesets: Sequence[ChangeSet],
        every: Sequence[Policy],
    ) -> tuple[Finding, ...]:
        """The findings with configured severities and waivers applied, and the gate's own findings."""
        options, families = resolved.options, {policy.id: policy.family for policy in every}
        today = options.created_at[:10]
        given = {*self.config.params, *self._environment(options.environment).params}
        judged = [self._judged(finding, families.get(finding.policy, ""), today, given) for finding in findings]
        rules = waivers.WaiverRules(
            today=today,
            latest=self.latest,
            severities=self.config.waivers.forbid.severities,
            policies=frozenset((*self.config.waivers.forbid.policies, *_unwaivable())),
            known=frozenset((*families, *_builtin())),
            environment=options.environment or "",
            target=options.target or "",
            any_change=any(changeset.judged for changeset in changesets),
            moved={str(one.address): one.moved_from for each in changesets for one in each.judged if one.moved_from},
        )
        inline, weakenings = ((), ()) if self.inline is None else inline_waivers.read(self.inline, changesets)
        findings = waivers.apply(judged, (*self.waivers, *inline), rules)
        return (*findings, *self._own_findings(resolved.resolution, weakenings))

    def _judged(self, finding: Finding, family: str, today: str, given: Collection[str]) -> Finding:
        setting = self.config.policies.get(finding.policy)
        start = (setting.enforce_from if setting else "") or (self.config.pack(family).enforce_from if family else "")
        notes = []
        if setting is not None and setting.severity not in (None, finding.severity):
            notes.append(f"{setting.severity} here instead of {finding.severity.value}: {setting.reason}")
            finding = structs.replace(finding, severity=setting.severity)
        notes += [f"{one.what} is what the configuration says" for one in finding.seen if _param(one.what) in given]
        if start > today:
            notes.append(f"does not decide before {start}")
        if not notes:
            return finding
        return structs.replace(finding, enforced=start <= today, note="; ".join(notes))

    def _own_findings(self, resolution: Resolution, weakenings: Sequence[Weakening]) -> list[Finding]:
        read = self.read
        found: list[Finding] = []

        def find(policy: str, file: str, line: int, **fields: str) -> None:
            found.append(make(policy, fields=fields, location=Location(file, line)))

        if resolution.conflicts:
            aim = f"{resolution.name}, but" if resolution.name else "several environments at once:"
            line = read.lines.get("environments", 1)
            find("wrong-environment", read.file, line, aim=aim, conflicts="; ".join(resolution.conflicts))
        if read.too_new:
            unknown = f"; it does not know {', '.join(read.newer)}" if read.newer else ""
            line = read.lines.get("requires", 1)
            find("configuration-too-new", read.file, line, requires=self.config.requires, unknown=unknown)
        for one in (*self.weakenings, *weakenings):
            line = one.line or read.lines.get(one.key, 1)
            find("gate-loosened", one.file or read.file, line, what=one.what)
        return found

    def _environment(self, name: str | None) -> Environment:
        return self.config.environments.get(name or "", Environment())

    def _setting_is_on(self, id_: str) -> bool:
        setting = self.config.policies.get(id_)
        return setting is None or setting.enabled

    def _switched_off(self) -> list[str]:
        """A note that lists the policies and packs that are off, if any."""
        off = [f"{name} ({setting.reason})" for name, setting in self.config.policies.items() if not setting.enabled]
        packs = [f"the pack {name}" for name in self.config.packs if not self.config.pack(name).enabled]
        both = [*packs, *off]
        return [f"switched off by the configuration: {', '.join(both)}"] if both else []

    def _params(self) -> list[tuple[str, dict[str, Any]]]:
        return [(f"environments.{name}.params", e.params) for name, e in self.config.environments.items()]

    def _refuse(self, message: str, key: str) -> None:
        line = self.read.lines.get(key.partition(".")[0])
        raise UsageError(f"{key}: {message}", where=self.read.file, place=str(line) if line else None)


def _several(resolution: Resolution) -> list[str]:
    """Notes where several environments fit, or something is enforced that would only be observed."""
    notes = []
    if resolution.enforced:
        notes.append(f"enforced, though {resolution.name} is only observed: {resolution.enforced}")
    elif resolution.others:
        notes.append(f"{', '.join(resolution.others)} fits too: of each setting the stricter one holds")
    return notes


def _builtin() -> set[str]:
    """The built-in policies whose findings the gate judges."""
    return {one.id for one in knowledge.builtins() if one.found_by in _FOUND_BY}


def _unwaivable() -> set[str]:
    """The built-in policies that can be neither waived nor changed."""
    return {one.id for one in knowledge.builtins() if not one.waivable}


def _param(call: str) -> str:
    """The name of the parameter that a `param('...')` call reads; empty for any other call."""
    return call.removeprefix("param('").removesuffix("')") if call.startswith("param(") else ""


def _releases(changesets: Sequence[ChangeSet]) -> list[str]:
    found = [one.upgrade.release for one in changesets if isinstance(one, HelmChangeSet)]
    found += [change.release for changeset in changesets for change in changeset.changes]
    return sorted({release for release in found if release})


def _with_params(policy: Policy, given: dict[str, Any]) -> Policy:
    changed = {name: given[name] for name in policy.params if name in given}
    return structs.replace(policy, params={**policy.params, **changed}) if changed else policy


def _has_type_of(value: Any, default: Any) -> bool:
    """Whether a value has the type of the default, items of lists included."""
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float))
    if isinstance(default, list):
        return isinstance(value, list) and (not default or all(_has_type_of(one, default[0]) for one in value))
    return isinstance(value, type(default))

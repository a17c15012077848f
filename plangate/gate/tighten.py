"""Two versions of a gate: the trusted one, and the one that a change brings. The change may only tighten.

What counts is the stricter of both, piece by piece. What would loosen the gate, or where nobody can tell, is listed and does
not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from plangate.gate.config import (
    Approvals,
    Config,
    Drifting,
    Environment,
    Forbidden,
    Mode,
    Pack,
    Setting,
    Verify,
    Waivers,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plangate.gate.waivers import Waiver
    from plangate.model.verdict import Severity


class Weakening(Struct, frozen=True):
    """One thing that a change would loosen: the words, and the top-level key of the configuration that it stands under."""

    what: str
    key: str = ""
    file: str = ""
    line: int = 0


_STRICTER: Final = {"enforce": 0, "observe": 1, "review": 0, "block": 1}


class StricterOf:
    """Holds one version of a configuration against the other, and keeps what would be loosened."""

    def __init__(self, trusted: Config, here: Config, severities: Mapping[str, Severity], families: Mapping[str, str]):
        """`severities` and `families` are what the policies say of themselves, by their ids."""
        self.trusted = trusted
        self.here = here
        self.loose: list[Weakening] = []
        self._severities = severities
        self._families = families

    def config(self) -> Config:
        """The configuration that counts."""
        trusted, here = self.trusted, self.here
        return structs.replace(
            trusted,
            mode=self._word(trusted.mode, here.mode, "mode", "mode"),
            fail_on=self._word(trusted.fail_on, here.fail_on, "fail_on", "fail_on"),
            require=self._all(trusted.require, here.require, "required evidence", "require"),
            environments=self._environments(),
            packs={name: self._pack(name) for name in dict.fromkeys((*trusted.packs, *here.packs))},
            policies={name: self._setting(name) for name in dict.fromkeys((*trusted.policies, *here.policies))},
            params=self._same(trusted.params, here.params, "parameters of policies", "params"),
            waivers=self._waivers(),
            drift=self._drift(),
            approvals=self._approvals(trusted.approvals, here.approvals, "", "approvals"),
            verify=self._verify(),
        )

    def _word(self, trusted: Any, here: Any, what: str, key: str) -> Any:
        if _STRICTER[here] > _STRICTER[trusted]:
            self._loosens(f"{what} becomes {here} instead of {trusted}", key)
        return min(trusted, here, key=_STRICTER.__getitem__)

    def _all(self, trusted: tuple[Any, ...], here: tuple[Any, ...], what: str, key: str) -> tuple[Any, ...]:
        missing = [str(one) for one in trusted if one not in here]
        if missing:
            self._loosens(f"{what} loses {', '.join(missing)}", key)
        return tuple(dict.fromkeys((*trusted, *here)))

    def _same(self, trusted: Any, here: Any, what: str, key: str) -> Any:
        if trusted != here:
            self._loosens(f"{what} change", key)
        return trusted

    def _environments(self) -> dict[str, Environment]:
        trusted, here = self.trusted.environments, self.here.environments
        for name in here:
            if name not in trusted:
                self._loosens(f"the environment {name} is new", "environments")
        for name in trusted:
            if name not in here:
                self._loosens(f"the environment {name} is removed", "environments")
        return {name: self._environment(name, e, here.get(name, e)) for name, e in trusted.items()}

    def _environment(self, name: str, trusted: Environment, here: Environment) -> Environment:
        key, what = "environments", f"of the environment {name}"
        if trusted.protected and not here.protected:
            self._loosens(f"the environment {name} is no longer protected", key)
        mode: Mode | None = trusted.mode
        if trusted.mode != here.mode:
            mode = self._word(trusted.mode or self.trusted.mode, here.mode or self.here.mode, f"mode {what}", key)
        fail_on = trusted.fail_on
        if trusted.fail_on != here.fail_on:
            was, now = trusted.fail_on or self.trusted.fail_on, here.fail_on or self.here.fail_on
            fail_on = self._word(was, now, f"fail_on {what}", key)
        return Environment(
            protected=trusted.protected or here.protected,
            match=self._same(trusted.match, here.match, f"the marks {what}", key),
            cluster=self._same(trusted.cluster, here.cluster, f"the clusters {what}", key),
            state=self._same(trusted.state, here.state, f"the states {what}", key),
            mode=mode,
            fail_on=fail_on,
            require=self._all(trusted.require, here.require, f"required evidence {what}", key),
            params=self._same(trusted.params, here.params, f"parameters {what}", key),
            approvals=self._approvals(trusted.approvals, here.approvals, f" {what}", key),
        )

    def _approvals(self, trusted: Approvals | None, here: Approvals | None, what: str, key: str) -> Approvals | None:
        """More approvals tighten; other people may be anybody."""
        if trusted == here:
            return trusted
        if trusted is None or here is None:
            # Asking for approvals lets a review be answered, and not asking lets nobody: neither is for the change to say.
            self._loosens(f"approvals{what} {'are new' if trusted is None else 'are removed'}", key)
            return trusted
        if here.count < trusted.count or (here.teams, here.users) != (trusted.teams, trusted.users):
            self._loosens(f"approvals{what} change", key)
        return structs.replace(trusted, count=max(trusted.count, here.count))

    def _drift(self) -> Drifting:
        """What others own does not alarm: a path that is new loosens, one that is gone tightens."""
        trusted, here = self.trusted.drift.owned, self.here.drift.owned
        paths = self._fewer([one.path for one in trusted], [one.path for one in here], "drift.owned", "drift")
        return Drifting(owned=tuple(one for one in trusted if one.path in paths))

    def _fewer(self, trusted: Sequence[str], here: Sequence[str], what: str, key: str) -> tuple[str, ...]:
        added = [one for one in here if one not in trusted]
        if added:
            self._loosens(f"{what} gains {', '.join(added)}", key)
        return tuple(one for one in trusted if one in here)

    def _verify(self) -> Verify:
        trusted, here = self.trusted.verify, self.here.verify
        if here.valid_hours > trusted.valid_hours:
            self._loosens(f"a verdict is valid for {here.valid_hours} hours", "verify")
        return Verify(
            valid_hours=min(trusted.valid_hours, here.valid_hours),
            volatile=self._fewer(trusted.volatile, here.volatile, "verify.volatile", "verify"),
        )

    def _pack(self, name: str) -> Pack:
        trusted, here = self.trusted.pack(name), self.here.pack(name)
        if trusted.enabled and not here.enabled:
            self._loosens(f"the pack {name} is switched off", "packs")
        start = self._start(trusted.enforce_from, here.enforce_from, f"the pack {name}", "packs")
        return Pack(enabled=trusted.enabled or here.enabled, enforce_from=start)

    def _setting(self, name: str) -> Setting:
        trusted = self.trusted.policies.get(name, Setting())
        here = self.here.policies.get(name, Setting())
        if trusted.enabled and not here.enabled:
            self._loosens(f"the policy {name} is switched off", "policies")
        start = self._start_of(name, trusted.enforce_from, here.enforce_from)
        enabled = trusted.enabled or here.enabled
        was, now = (one.severity or self._severities.get(name) for one in (trusted, here))
        if was is None or now is None:
            # A policy that neither version ships: nothing to hold against each other.
            return structs.replace(trusted, enabled=enabled, enforce_from=start)
        if now.rank > was.rank:
            self._loosens(f"the policy {name} becomes {now.value} instead of {was.value}", "policies")
        stricter = here if now.rank < was.rank else trusted
        return Setting(reason=stricter.reason, severity=stricter.severity, enabled=enabled, enforce_from=start)

    def _start_of(self, name: str, trusted: str, here: str) -> str:
        """From which day a policy decides. One that says no day has that of its pack."""
        if not trusted and not here:
            return ""
        family = self._families.get(name)
        if family is not None:
            trusted = trusted or self.trusted.pack(family).enforce_from
            here = here or self.here.pack(family).enforce_from
        return self._start(trusted, here, f"the policy {name}", "policies")

    def _start(self, trusted: str, here: str, what: str, key: str) -> str:
        if here > trusted:
            self._loosens(f"{what} does not decide before {here}", key)
        return min(trusted, here)

    def _waivers(self) -> Waivers:
        trusted, here = self.trusted.waivers, self.here.waivers
        if here.longest_days > trusted.longest_days:
            self._loosens(f"waivers may run for {here.longest_days} days", "waivers")
        return structs.replace(
            trusted,
            longest_days=min(trusted.longest_days, here.longest_days),
            forbid=Forbidden(
                severities=self._all(trusted.forbid.severities, here.forbid.severities, "waivers.forbid", "waivers"),
                policies=self._all(trusted.forbid.policies, here.forbid.policies, "waivers.forbid", "waivers"),
            ),
        )

    def _loosens(self, what: str, key: str) -> None:
        self.loose.append(Weakening(f"this change would loosen the gate: {what}", key))


def waivers(trusted: Sequence[Waiver], here: Sequence[Waiver]) -> tuple[tuple[Waiver, ...], list[Weakening]]:
    """The waivers that both versions have, with the earlier end, and what the change would add."""
    kept: list[Waiver] = []
    loose: list[Weakening] = []
    known = {_identity(one): one for one in trusted}
    for one in here:
        same = known.get(_identity(one))
        if same is None:
            words = f"a waiver of {one.policy} for {', '.join(one.addresses)}"
            loose.append(Weakening(f"this change would loosen the gate: {words}", file=one.file, line=one.line))
            continue
        if one.expires > same.expires:
            words = f"the waiver of {one.policy} for {', '.join(one.addresses)} runs until {one.expires}"
            loose.append(Weakening(f"this change would loosen the gate: {words}", file=one.file, line=one.line))
        kept.append(min(same, one, key=lambda waiver: waiver.expires))
    return tuple(kept), loose


def _identity(waiver: Waiver) -> tuple[Any, ...]:
    return (waiver.policy, waiver.addresses, waiver.fingerprint, waiver.environment, waiver.target)


def policies(
    trusted: Iterable[tuple[str, str, str]], here: Iterable[tuple[str, str, str]]
) -> tuple[list[tuple[str, str]], list[Weakening]]:
    """The policy files that count, as (name, text), of both versions, each as (id, name, text)."""
    known = {id_: (name, text) for id_, name, text in trusted}
    loose: list[Weakening] = []
    new = []
    seen = set()
    for id_, name, text in here:
        seen.add(id_)
        if id_ not in known:
            new.append((name, text))
        elif known[id_][1] != text:
            loose.append(Weakening(f"this change would loosen the gate: the policy {id_} changes", file=name, line=1))
    for id_, (name, _) in known.items():
        if id_ not in seen:
            loose.append(
                Weakening(f"this change would loosen the gate: the policy {id_} is removed", file=name, line=1)
            )
    return [*known.values(), *new], loose

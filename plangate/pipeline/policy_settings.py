"""What a configuration makes of policies: whether each is on, how bad its findings are, from when on, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.model.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.gate.config import Config
    from plangate.model.policy import BuiltinPolicy
    from plangate.model.verdict import Severity


class PolicySetting(Struct, frozen=True):
    """One policy as it stands in a configuration."""

    policy: Policy | BuiltinPolicy
    on: bool
    severity: Severity
    why: tuple[str, ...]
    """Why it is off, milder or later than it is by itself; empty where nothing changes it."""


def of(policies: Sequence[Policy | BuiltinPolicy], config: Config, today: str) -> list[PolicySetting]:
    """Every policy as it stands on a day, `YYYY-MM-DD`."""
    return [_setting(policy, config, today) for policy in policies]


def _setting(policy: Policy | BuiltinPolicy, config: Config, today: str) -> PolicySetting:
    pack, own = config.pack(policy.family), config.policies.get(policy.id)
    why: list[str] = []
    on = pack.enabled and (own is None or own.enabled)
    if not pack.enabled:
        why.append(f"the pack {policy.family} is switched off by the configuration")
    if own is not None and not own.enabled:
        why.append(f"switched off by the configuration: {own.reason}")
    severity = policy.severity
    if own is not None and own.severity not in (None, severity):
        why.append(f"{own.severity} instead of {severity.value} by the configuration: {own.reason}")
        severity = own.severity or severity
    start = own.enforce_from if own is not None and own.enforce_from else pack.enforce_from
    if start > today:
        of_pack = "" if own is not None and own.enforce_from else f", as its pack {policy.family}"
        why.append(f"does not decide before {start}{of_pack}")
    for name, default in policy.params.items() if isinstance(policy, Policy) else ():
        value = config.params.get(name, default)
        if value == []:
            on = False
            why.append(f"waits for the configuration: its parameter {name} is empty")
        elif value != default:
            why.append(f"the parameter {name} is {value} by the configuration")
    return PolicySetting(policy, on, severity, tuple(why))

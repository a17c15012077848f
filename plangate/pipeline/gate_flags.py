"""What the command line says of the gate. A repository without any pays for none: the gate is loaded where it is asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge
from plangate.errors import UsageError
from plangate.model.input import StateSource
from plangate.policy.load import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.evidence.rego import RegoRules
    from plangate.gate.settings import Gate
    from plangate.model.policy import Policy
    from plangate.model.verdict import Options

CONFIG: Final = ".plangate.yaml"
"""The name of the configuration, unless somebody names another one."""


class GateFlags(Struct, frozen=True, kw_only=True):
    """What the command line says of the gate."""

    config: str | None = None
    waivers: tuple[str, ...] = ()
    policies: tuple[Path, ...] = ()
    ref: str | None = None
    conftest: str | None = None
    state: StateSource = StateSource()
    """Where the state is."""
    saved_plan: str | None = None
    """The saved plan that a plan JSON was made from."""
    inline: bool = False
    """Whether waivers beside the code are looked for: the folder of the configuration was named."""

    @property
    def given(self) -> bool:
        """Whether there is any gate: one is named, or there is a configuration."""
        named = self.config is not None or self.ref is not None or self.waivers or self.inline
        return bool(named) or any(map(os.path.lexists, upwards(CONFIG)))


def upwards(name: str) -> list[str]:
    """The paths of a file in the working folder and in each folder above it, up to the top of the repository.

    Outside of a repository the working folder alone: what stands above it may be anybody's.
    """
    here = Path.cwd()
    depth = next((i for i, folder in enumerate((here, *here.parents)) if os.path.lexists(folder / ".git")), 0)
    return ["../" * i + name for i in range(depth + 1)]


def prepare(
    asked: GateFlags, review: Options, inputs: tuple[str, ...], tf_dir: Path
) -> tuple[tuple[Policy, ...], Gate | None]:
    """The policies, and the gate where there is any. Raises `UsageError`: then nothing is reviewed."""
    if not asked.given:
        return load(asked.policies), None
    from plangate.pipeline import trusted_gate

    return trusted_gate.prepare(asked, review, inputs, tf_dir)


def choose(policies: Sequence[Policy], only: Sequence[str], skip: Sequence[str], ref: str | None) -> tuple[Policy, ...]:
    """The policies of one run: those that `only` names, without those of `skip`.

    Raises `UsageError` for an id that is none, and where a trusted ref decides: leaving a policy out loosens the gate.
    """
    known = [policy.id for policy in policies]
    for flag, ids in (("--only", only), ("--skip", skip)):
        if ids and ref is not None:
            raise UsageError("leaves policies out, and policies are those of --policy-ref", where=flag)
        for id_ in ids:
            if id_ not in known:
                from plangate.lang.typo import did_you_mean

                own = id_ in knowledge.index().builtin
                words = "is found by plangate itself, and always looked for" if own else "there is no such policy"
                raise UsageError(f"{words}{'' if own else did_you_mean(id_, known)}", where=f"{flag} {id_}")
    return tuple(policy for policy in policies if (not only or policy.id in only) and policy.id not in skip)


def chosen_note(only: Sequence[str], skip: Sequence[str]) -> tuple[str, ...]:
    """What a verdict says of a run with `--only` or `--skip`."""
    parts = [f"only {', '.join(only)} asked (--only)"] if only else []
    parts += [f"{', '.join(skip)} not asked (--skip)"] if skip else []
    return (f"not every policy: {'; '.join(parts)}",) if parts else ()


def rego(asked: GateFlags) -> RegoRules | None:
    """The user's own Rego, where there is any. Raises `UsageError`."""
    if asked.conftest is None:
        return None
    from plangate.pipeline import trusted_gate

    return trusted_gate.rego(asked.conftest, asked.ref)

"""What the command line says of the gate. A repository without any pays for none: the gate is loaded where it is asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.model.input import StateSource
from plangate.policy.load import load

if TYPE_CHECKING:
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


def rego(asked: GateFlags) -> RegoRules | None:
    """The user's own Rego, where there is any. Raises `UsageError`."""
    if asked.conftest is None:
        return None
    from plangate.pipeline import trusted_gate

    return trusted_gate.rego(asked.conftest, asked.ref)

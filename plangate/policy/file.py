"""One policy file: YAML in, a checked policy out, every error at its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.lang.located_yaml import LocatedYaml, Place, did_you_mean, read_text
from plangate.model.change import EffectName
from plangate.model.policy import BuiltinPolicy, Cases, CommandCase, CommandCases, Description, Family, Match, Policy
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.facts import FACTS

FIELDS: Final = frozenset({*FACTS, "because", "paths"})
"""What a message can name in braces: every fact of the change, why the effect is there, and the paths it was read from."""

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_FIELD = r"\{([^{}]*)\}"
_STRUCTS: Final[dict[Place, type[Struct]]] = {(): Policy, ("match",): Match, ("tests",): Cases}
_BUILTIN: Final[dict[Place, type[Struct]]] = {
    (): BuiltinPolicy,
    ("tests",): CommandCases,
    ("tests", "*", "*"): CommandCase,
}


def read(file: Path, families: Mapping[str, Family] | None = None) -> Policy:
    """Read and check one policy file. Raises `PolicyLoadError`."""
    return parse(str(file), text(file), families)


def parse(name: str, text: str, families: Mapping[str, Family] | None = None) -> Policy:
    """Check the text of a policy file, which is of one of the families: of the shipped ones unless others are given.

    Raises `PolicyLoadError`, which names the file `name`.
    """
    return _File(name, text, knowledge.families() if families is None else families).policy()


def read_builtin(file: Path, families: Mapping[str, Family] | None = None) -> BuiltinPolicy:
    """Read and check the file of one built-in policy. Raises `PolicyLoadError`."""
    return _File(str(file), text(file), knowledge.families() if families is None else families).builtin()


def text(file: Path) -> str:
    """The text of a file. Raises `PolicyLoadError`."""
    try:
        return read_text(file)
    except UsageError as error:
        raise PolicyLoadError(error.message, where=str(file)) from None


class _File:
    """One file on its way to a policy."""

    def __init__(self, name: str, text: str, families: Mapping[str, Family]):
        self.marked = LocatedYaml(name, text)
        self._families = families

    def policy(self) -> Policy:
        """The policy. Raises `PolicyLoadError`."""
        data = self._data()
        self._listed(data)
        policy = self.marked.convert(data, Policy, _STRUCTS)
        self._describe(policy, builtin=False)
        self._check(policy)
        self._compile(policy)
        return policy

    def builtin(self) -> BuiltinPolicy:
        """The built-in policy. Raises `PolicyLoadError`."""
        policy = self.marked.convert(self._data(), BuiltinPolicy, _BUILTIN)
        self._describe(policy, builtin=True)
        return policy

    def _data(self) -> dict[str, Any]:
        data = self.marked.data
        if not isinstance(data, dict):
            raise PolicyLoadError(
                "is not a policy: a mapping with id, severity, match, ...", where=self.marked.name, place="1:1"
            )
        return dict(data)

    def _listed(self, data: dict[str, Any]) -> None:
        """A single item may stand without its list inside `match`."""
        match = data.get("match")
        if isinstance(match, dict):
            data["match"] = {
                k: [v] if k not in ("source", "view") and isinstance(v, str) else v for k, v in match.items()
            }

    def _describe(self, policy: Description, *, builtin: bool) -> None:
        """Check what every policy says of itself."""
        fail = self.marked.fail
        if not re.fullmatch(_ID, policy.id):
            fail("an id is kebab-case, such as bucket-made-public", ("id",))
        names = sorted(name for name, family in self._families.items() if family.builtin is builtin)
        if policy.family not in names:
            fail(f"no family {policy.family}{did_you_mean(policy.family, names)}", ("family",))
        for i, reference in enumerate(policy.references):
            if not reference.startswith("https://"):
                fail("a reference is an https:// address", ("references", i))

    def _check(self, policy: Policy) -> None:
        fail = self.marked.fail
        if policy.match.source is None and not policy.match.view:
            fail("needs a source or a view", ("match",))
        if policy.match.notices and not policy.match.view:
            fail("notices belong to a view", ("match", "notices"))
        for key in ("effects", "without"):
            for i, effect in enumerate(getattr(policy.match, key)):
                name = effect.partition(":")[0]
                if name not in set(EffectName):
                    fail(f"no effect {name}{did_you_mean(name, list(EffectName))}", ("match", key, i))
        for name in re.findall(_FIELD, policy.message):
            if name not in FIELDS:
                fail(f"no field {{{name}}}{did_you_mean(name, sorted(FIELDS))}", ("message",))

    def _compile(self, policy: Policy) -> None:
        if policy.when is None:
            return
        try:
            Expressions().compile(policy.when, policy.params)
        except ExpressionError as error:
            message = str(error)
            unknown = re.search(r"undeclared reference to '(\w+)'", message)
            hint = did_you_mean(unknown.group(1), list(FACTS)) if unknown else ""
            place = self.marked.inside(("when",), error.line, error.column)
            raise PolicyLoadError(f"when: {message}{hint}", where=self.marked.name, place=place) from None

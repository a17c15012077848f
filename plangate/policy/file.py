"""One policy file: YAML in, a checked policy out, every error at its line and column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from plangate.errors import PolicyLoadError, UsageError
from plangate.lang.located_yaml import LocatedYaml, Place, did_you_mean, read_text
from plangate.model.change import EffectName
from plangate.model.policy import Cases, Match, Policy
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.facts import FACTS

FIELDS: Final = frozenset({*FACTS, "because", "paths"})
"""What a message can name in braces: every fact of the change, why the effect is there, and the paths it was read from."""

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_FIELD = r"\{([^{}]*)\}"
_STRUCTS: Final[dict[Place, type[Struct]]] = {(): Policy, ("match",): Match, ("tests",): Cases}


def read(file: Path) -> Policy:
    """Read and check one policy file. Raises `PolicyLoadError`."""
    try:
        text = read_text(file)
    except UsageError as error:
        raise PolicyLoadError(error.message, where=str(file)) from None
    return parse(str(file), text)


def parse(name: str, text: str) -> Policy:
    """Check the text of a policy file. Raises `PolicyLoadError`, which names the file `name`."""
    return _File(name, text).policy()


class _File:
    """One file on its way to a policy."""

    def __init__(self, name: str, text: str):
        self.marked = LocatedYaml(name, text)

    def policy(self) -> Policy:
        """The policy. Raises `PolicyLoadError`."""
        data = self.marked.data
        if not isinstance(data, dict):
            raise PolicyLoadError(
                "is not a policy: a mapping with id, severity, match, ...", where=self.marked.name, place="1:1"
            )
        data = dict(data)
        self._listed(data)
        policy = self.marked.convert(data, Policy, _STRUCTS)
        self._check(policy)
        self._compile(policy)
        return policy

    def _listed(self, data: dict[str, Any]) -> None:
        """A single item may stand without its list inside `match`."""
        match = data.get("match")
        if isinstance(match, dict):
            data["match"] = {
                k: [v] if k not in ("source", "view") and isinstance(v, str) else v for k, v in match.items()
            }

    def _check(self, policy: Policy) -> None:
        fail = self.marked.fail
        if not re.fullmatch(_ID, policy.id):
            fail("an id is kebab-case, such as bucket-made-public", ("id",))
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
        for i, reference in enumerate(policy.references):
            if not reference.startswith("https://"):
                fail("a reference is an https:// address", ("references", i))

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

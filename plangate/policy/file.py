"""One policy file: YAML in, a checked policy out, every error at its line and column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct, structs

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.lang.located_yaml import LocatedYaml, Place, read_text
from plangate.lang.typo import did_you_mean
from plangate.model.change import ACTION_REASONS, Action
from plangate.model.input import Source
from plangate.model.policy import BuiltinPolicy, Cases, CommandCase, CommandCases, Description, Family, Match, Policy
from plangate.policy import message, operands, words
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.facts import FACTS
from plangate.policy.operands import tokens
from plangate.policy.paths import parse_path
from plangate.policy.type_names import UnknownTypeError, resolve
from plangate.policy.vocabulary import vocabulary
from plangate.policy.whole_plan import action

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_IN_LIST = re.compile(r"\s+in\s+(effects|traits)\b(?!\s*[.(\[+])")
_What: TypeAlias = Literal["effect", "trait", "reason", "view", "notice"]
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
        policy = structs.replace(policy, match=self._with_types(policy.match))
        if policy.when is None:
            return policy
        when = words.corrected(policy.when)
        self._compile(policy, when)
        return structs.replace(policy, when=when)

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
        """A single item may stand without its list inside `match`, and Terraform's words for an action are ours."""
        match = data.get("match")
        if isinstance(match, dict):
            listed = {k: [v] if k not in ("source", "view") and isinstance(v, str) else v for k, v in match.items()}
            actions = listed.get("actions")
            if isinstance(actions, list):
                listed["actions"] = [action(one) if isinstance(one, str) else one for one in actions]
            data["match"] = listed
        if isinstance(data.get("each"), str):
            data["each"] = [data["each"]]

    def _with_types(self, match: Match) -> Match:
        """The match with its types as changes have them. One that no change can have is refused."""
        if Action.READ in match.actions:
            return match
        found: list[str] = []
        for i, wanted in enumerate(match.types):
            try:
                found += resolve(wanted, match.source)
            except UnknownTypeError as error:
                self.marked.fail(str(error), ("match", "types", i))
        return structs.replace(match, types=tuple(dict.fromkeys((*found, *match.unlisted_types))))

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
        if policy.match.effects and policy.match.view:
            fail(
                "a view has notices and no effects: look for them in when, as 'fails' in effects", ("match", "effects")
            )
        if policy.match.reasons and policy.match.source is Source.HELM:
            fail("reasons are Terraform's", ("match", "reasons"))
        for what, word, path in _asked(policy.match):
            problem = _unknown(what, word, policy.match)
            if problem:
                fail(problem, path)
        problem = message.problem(policy)
        if problem:
            fail(problem, ("message",))
        self._check_each(policy)

    def _check_each(self, policy: Policy) -> None:
        """Check what goes with `each` and `introduced`: a condition that asks what they are about."""
        fail, asked = self.marked.fail, operands.names(policy.when or "")
        for i, path in enumerate(policy.each):
            try:
                selection = parse_path(path)
            except ValueError:
                fail(f"'{path}' is not a path", ("each", i))
            if not selection or any(not isinstance(part, (str, int)) for part in selection):
                fail(f"'{path}' has to lead to one list", ("each", i))
        if policy.each and "item" not in asked:
            fail("each judges items, and when asks nothing of an item: item('path')", ("each",))
        if "item" in asked and not policy.each:
            fail("item() is for a policy with each: the path of a list", ("when",))
        if policy.introduced and policy.when is None:
            fail("introduced holds when against both sides, and there is no when", ("introduced",))
        if policy.introduced and not asked.isdisjoint({"before", "changed"}):
            fail("introduced holds when against both sides: ask for after('path') alone", ("when",))

    def _compile(self, policy: Policy, when: str) -> None:
        try:
            Expressions().compile(when, policy.params)
        except ExpressionError as error:
            message = str(error)
            unknown = re.search(r"undeclared reference to '(\w+)'", message)
            hint = did_you_mean(unknown.group(1), list(FACTS)) if unknown else ""
            place = self.marked.inside(("when",), error.line, error.column)
            raise PolicyLoadError(f"when: {message}{hint}", where=self.marked.name, place=place) from None
        for what, word, at in _literals(when):
            self._refuse(_unknown(what, word, policy.match), when, at)
        for fact, word, at in words.of(when):
            self._refuse(words.problem(fact, word, policy.match.actions), when, at)

    def _refuse(self, problem: str, when: str, at: int) -> None:
        """Refuse a condition for a word at this position, if there is a problem with it."""
        if problem:
            line, column = when.count("\n", 0, at) + 1, at - when.rfind("\n", 0, at)
            place = self.marked.inside(("when",), line, column)
            raise PolicyLoadError(f"when: {problem}", where=self.marked.name, place=place)


def _asked(match: Match) -> Iterator[tuple[_What, str, Place]]:
    """Every word that a match asks for: what it is, the word, and where it stands."""
    for key in ("effects", "without"):
        yield from (("effect", word, ("match", key, i)) for i, word in enumerate(getattr(match, key)))
    yield from (("trait", type_[1:], ("match", "types", i)) for i, type_ in enumerate(match.types) if type_[:1] == "@")
    yield from (("trait", trait, ("match", "traits", i)) for i, trait in enumerate(match.traits))
    yield from (("reason", reason, ("match", "reasons", i)) for i, reason in enumerate(match.reasons))
    if match.view:
        yield "view", match.view, ("match", "view")
    yield from (("notice", notice, ("match", "notices", i)) for i, notice in enumerate(match.notices))


def _literals(condition: str) -> Iterator[tuple[_What, str, int]]:
    """The plain texts that a condition looks for in `effects` or `traits`, and their positions. Other shapes are not seen."""
    for token, at, _ in tokens(condition):
        text = token[1:-1]
        if (
            token[0] not in "'\""
            or not text
            or "\\" in text
            or text[0] == token[0]
            or condition[:at].rstrip()[-1:] == "+"
        ):
            continue
        found = _IN_LIST.match(condition, at + len(token))
        if found is not None:
            yield "effect" if found[1] == "effects" else "trait", text, at


def _unknown(what: _What, word: str, match: Match) -> str:
    """What is wrong with a word that no change of that source has, or nothing."""
    known = _words(what, match.source, match.view)
    if word in known:
        return ""
    if word in _words(what, None, match.view):
        return f"no {what} {word} where the source is {match.source}"
    alike = sorted(one for one in known if (":" in one) is (":" in word))
    return f"no {what} {word}{did_you_mean(word, alike)}"


def _words(what: _What, source: Source | None, view: str) -> Collection[str]:
    known = vocabulary()
    if what == "effect":
        return known.effects_of(source)
    if what == "trait":
        return known.traits_of(source)
    if what == "reason":
        return ACTION_REASONS
    return known.views if what == "view" else known.views[view]

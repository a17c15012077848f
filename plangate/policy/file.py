"""One policy file: YAML in, a checked policy out, every error at its line and column."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, Final, NoReturn

import msgspec
import yaml
from msgspec import Struct

from plangate.errors import PolicyLoadError
from plangate.model import EffectName
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.facts import FACTS
from plangate.policy.load import Cases, Match, Policy

FIELDS: Final = frozenset({*FACTS, "because", "paths"})
"""What a message can name in braces: every fact of the change, why the effect is there, and the paths it was read from."""

_ID = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
_FIELD = r"\{([^{}]*)\}"
_UNKNOWN_FIELD = r"unknown field `(.*?)`"
_LARGEST_FILE = 1 << 20


def read(file: Path) -> Policy:
    """Read and check one policy file. Raises `PolicyLoadError`."""
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise PolicyLoadError("is larger than 1 MiB", where=str(file))
        text = file.read_text("utf-8")
    except OSError as error:
        raise PolicyLoadError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except UnicodeDecodeError:
        raise PolicyLoadError("is not UTF-8", where=str(file)) from None
    return _File(str(file), text).policy()


class _File:
    """One file on its way to a policy: its YAML nodes, which know their places."""

    def __init__(self, name: str, text: str):
        self.name = name
        try:
            self.root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
            self.data = yaml.load(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = f"{mark.line + 1}:{mark.column + 1}" if mark else None
            raise PolicyLoadError(f"is not YAML: {error.problem}", where=name, place=place) from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise PolicyLoadError("is not YAML", where=name) from None

    def policy(self) -> Policy:
        """The policy. Raises `PolicyLoadError`."""
        if not isinstance(self.data, dict):
            raise PolicyLoadError(
                "is not a policy: a mapping with id, severity, match, ...", where=self.name, place="1:1"
            )
        data = dict(self.data)
        self._listed(data)
        try:
            policy = msgspec.convert(data, Policy)
        except msgspec.ValidationError as error:
            self._invalid(str(error))
        self._check(policy)
        self._compile(policy.when)
        return policy

    def _listed(self, data: dict[str, Any]) -> None:
        """A single item may stand without its list inside `match`."""
        match = data.get("match")
        if isinstance(match, dict):
            data["match"] = {k: [v] if k != "source" and isinstance(v, str) else v for k, v in match.items()}

    def _invalid(self, message: str) -> NoReturn:
        problem, _, at = message.partition(" - at `$")
        path = tuple(int(i) if i else name for i, name in re.findall(r"\[(\d+)\]|\.(\w+)", at))
        unknown = re.search(_UNKNOWN_FIELD, problem)
        if unknown is None:
            plain = problem.replace("Object missing required field", "needs the key").replace("`", "")
            self._fail(plain[:1].lower() + plain[1:], path)
        key = unknown.group(1)
        known: dict[tuple[str | int, ...], type[Struct]] = {(): Policy, ("match",): Match, ("tests",): Cases}
        names = list(known[path].__struct_fields__) if path in known else []
        self._fail(f"unknown key {key}{_did_you_mean(key, names)}", (*path, key), of_key=True)

    def _check(self, policy: Policy) -> None:
        if not re.fullmatch(_ID, policy.id):
            self._fail("an id is kebab-case, such as bucket-made-public", ("id",))
        for key in ("effects", "without"):
            for i, effect in enumerate(getattr(policy.match, key)):
                name = effect.partition(":")[0]
                if name not in set(EffectName):
                    self._fail(f"no effect {name}{_did_you_mean(name, list(EffectName))}", ("match", key, i))
        for name in re.findall(_FIELD, policy.message):
            if name not in FIELDS:
                self._fail(f"no field {{{name}}}{_did_you_mean(name, sorted(FIELDS))}", ("message",))
        for i, reference in enumerate(policy.references):
            if not reference.startswith("https://"):
                self._fail("a reference is an https:// address", ("references", i))

    def _compile(self, when: str | None) -> None:
        if when is None:
            return
        try:
            Expressions().compile(when)
        except ExpressionError as error:
            message = str(error)
            unknown = re.search(r"undeclared reference to '(\w+)'", message)
            hint = _did_you_mean(unknown.group(1), list(FACTS)) if unknown else ""
            raise PolicyLoadError(
                f"when: {message}{hint}", where=self.name, place=self._inside(("when",), error.line, error.column)
            ) from None

    def _fail(self, message: str, path: tuple[str | int, ...], *, of_key: bool = False) -> NoReturn:
        raise PolicyLoadError(message, where=self.name, place=self._place(path, of_key=of_key))

    def _place(self, path: tuple[str | int, ...], *, of_key: bool = False) -> str:
        """`line:column` of the node at a path, or of the nearest one above it that there is."""
        mark = self._node(path, of_key=of_key).start_mark
        return f"{mark.line + 1}:{mark.column + 1}"

    def _node(self, path: tuple[str | int, ...], *, of_key: bool = False) -> yaml.Node:
        node = self.root
        assert node is not None  # noqa: S101 - there is data, so there is a node
        for depth, part in enumerate(path):
            if isinstance(node, yaml.MappingNode):
                pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
                if pair is None:
                    break
                last = depth == len(path) - 1
                node = pair[0] if of_key and last else pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
        return node

    def _inside(self, path: tuple[str | int, ...], line: int, column: int) -> str:
        """The place of a line and column inside a scalar. In a folded one only the scalar's own place is sure."""
        node = self._node(path)
        mark = node.start_mark
        style = getattr(node, "style", None)
        if style == "|":
            source = mark.buffer.split("\n")[mark.line + line] if mark.buffer else ""
            return f"{mark.line + line + 1}:{len(source) - len(source.lstrip()) + column}"
        if style is None or style in "'\"":
            return f"{mark.line + line}:{mark.column + column + (1 if style else 0)}"
        return f"{mark.line + 1}:{mark.column + 1}"


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""

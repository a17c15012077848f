"""CEL with three values: a condition is true, false, or cannot be told.

Facts of a change are typed variables, so that a typo is an error when a policy is loaded. Attribute values are reached only
through functions, which raise where a value is unknown or redacted; CEL's `&&` and `||` absorb an error that does not matter
(https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators), and what remains is the third value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final

from cel_expr_python import cel
from msgspec import Struct

from plangate.model.change import Change
from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Path, Sensitive, Unknown, Value
from plangate.model.verdict import Outcome
from plangate.policy.facts import FACTS
from plangate.policy.functions import OVERLOADS, Unclear

_CANNOT_TELL: Final = "plangate cannot tell"
_LARGEST = 2**63 - 1
_NONE: Final[Mapping[str, Any]] = {}
_PARAM = re.compile(r"\bparam\(\s*(['\"])(.*?)\1")
_CALL = re.compile(r"\b(?:before|after|changed|path)\(\s*(['\"])(.*?)\1")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")

FUNCTIONS: Final = {
    "before(path)": "the value at a path before the apply; null when there is none",
    "after(path)": "the value at a path after the apply; null when there is none",
    "path(path)": "the value after the apply, or before it where the object goes",
    "changed(path)": "whether anything at or below a path changes",
    "param(name)": "a parameter of the policy: its default under `params`, or what the configuration says",
    "semver(text)": "a version, to be compared with another: `semver(after('v')) < semver('1.82.3')`",
    "number(text, n)": "one of the numbers in a text, from 0: `number('POSTGRES_14', 0)` is 14",
    "cidr(network, other)": "whether all of a network, or an address, lies in a network",
    "cidr(network)": "the length of its prefix: 0 is the whole internet",
    "quantity(value)": "the number of a Kubernetes quantity: `quantity('500m') < 1.0`",
    "json(text)": "what a JSON text holds",
}
"""The functions of expressions. A path is spelled as reports spell it, such as `root_block_device[0].encrypted`."""


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column of a position."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


class ExpressionError(Exception):
    """An expression does not compile. `line` and `column` count from 1, inside the expression."""

    def __init__(self, message: str, line: int, column: int):
        super().__init__(message)
        self.line = line
        self.column = column


class EvaluationResult(Struct, frozen=True):
    """What an expression said of one change: its outcome, the paths it read, and why it cannot tell or went wrong."""

    outcome: Outcome
    paths: tuple[str, ...] = ()
    because: str = ""
    seen: tuple[tuple[str, Any], ...] = ()
    """The calls for values, and the masked values that they gave."""


class _CannotTellError(Exception):
    """A value is known only after apply, or redacted, or was never given."""


class Expressions:
    """The environment in which every expression is compiled and evaluated."""

    def __init__(self) -> None:
        self._change: Change | None = None
        self._read: list[str] = []
        self._seen: list[tuple[str, str, Any]] = []
        self._hidden: list[str] = []
        self._params: Mapping[str, Any] = _NONE
        types = {"text": cel.Type.STRING, "list": cel.Type.List(cel.Type.STRING), "bool": cel.Type.BOOL}
        self._env = cel.NewEnv(
            variables={name: types[fact.kind] for name, fact in FACTS.items()},
            functions=[
                _function("before", self._before, cel.Type.DYN),
                _function("after", self._after, cel.Type.DYN),
                _function("changed", self._changed, cel.Type.BOOL),
                _function("path", self._path, cel.Type.DYN),
                _function("param", self._param, cel.Type.DYN),
                *self._of_texts(),
            ],
        )

    def _of_texts(self) -> list[cel.FunctionDecl]:
        """The functions that know nothing of the change."""
        declared: dict[str, list[cel.Overload]] = {}
        for (name, overload, takes, gives), work in OVERLOADS.items():
            parameters = [getattr(cel.Type, kind) for kind in takes]
            made = cel.Overload(
                overload, return_type=getattr(cel.Type, gives), parameters=parameters, impl=self._told(work)
            )
            declared.setdefault(name, []).append(made)
        return [cel.FunctionDecl(name, overloads) for name, overloads in declared.items()]

    def _told(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose third answer is ours."""

        def told(*arguments: Any) -> Any:
            try:
                return work(*(one.plain_value() if hasattr(one, "plain_value") else one for one in arguments))
            except Unclear as unclear:
                self._hide(str(unclear))

        return told

    def compile(self, text: str, params: Collection[str] = ()) -> cel.Expression:
        """Compile and check an expression that yields a bool, with the parameters it can ask for. Raises `ExpressionError`."""
        try:
            expression = self._env.compile(text)
        except RuntimeError as error:
            found = _PLACE.search(str(error))
            line, column, message = found.groups() if found else ("1", "1", "is not an expression")
            raise ExpressionError(
                message.split("\n")[0].removesuffix(" (in container '')"), int(line), int(column)
            ) from None
        for call in _CALL.finditer(text):
            try:
                parse_path(call.group(2))
            except ValueError:
                raise ExpressionError(f"'{call.group(2)}' is not a path", *_place(text, call.start())) from None
        for call in _PARAM.finditer(text):
            if call.group(2) not in params:
                message = f"there is no parameter '{call.group(2)}'"
                raise ExpressionError(f"{message}: give it with its default under params", *_place(text, call.start()))
        returned = expression.return_type().name()
        if returned not in ("BOOL", "DYN"):
            raise ExpressionError(f"yields {returned}, and a condition has to yield BOOL", 1, 1)
        return expression

    def activate(self, facts: Mapping[str, Any]) -> cel.Activation:
        """The variables of one change, for any number of expressions."""
        return self._env.Activation(facts)

    def evaluate(
        self, expression: cel.Expression, activation: cel.Activation, change: Change, params: Mapping[str, Any] = _NONE
    ) -> EvaluationResult:
        """Evaluate one condition on one change: `VIOLATED` when it holds. Nothing is raised: that is an outcome too."""
        self._change, self._read, self._hidden, self._params = change, [], [], params
        self._seen = []
        try:
            value = expression.eval(activation=activation)
        except RuntimeError as error:
            return EvaluationResult(Outcome.ERROR, tuple(self._read), str(error).split("\n")[0], self._calls())
        told, paths = value.plain_value(), tuple(dict.fromkeys(self._read))
        if told is False:
            return EvaluationResult(Outcome.SATISFIED, paths)
        if told is True:
            return EvaluationResult(Outcome.VIOLATED, paths, seen=self._calls())
        if _CANNOT_TELL in str(told):
            because = self._hidden[-1] if self._hidden else "a value is not known"
            return EvaluationResult(Outcome.UNKNOWN, paths, because, self._calls())
        return EvaluationResult(Outcome.ERROR, paths, _plain(value), self._calls())

    def _calls(self) -> tuple[tuple[str, Any], ...]:
        return tuple((f"{name}('{argument}')", value) for name, argument, value in self._seen)

    def _before(self, path: str) -> Any:
        assert self._change is not None  # noqa: S101 - only called inside evaluate
        return self._value(self._change.before, path, "before")

    def _after(self, path: str) -> Any:
        assert self._change is not None  # noqa: S101 - only called inside evaluate
        return self._value(self._change.after, path, "after")

    def _path(self, path: str) -> Any:
        assert self._change is not None  # noqa: S101 - only called inside evaluate
        return self._before(path) if self._change.after is None else self._after(path)

    def _param(self, name: str) -> Any:
        value = self._params[name]
        self._seen.append(("param", name, value))
        return [*value] if isinstance(value, tuple) else value

    def _value(self, side: Any, path: str, name: str) -> Any:
        self._read.append(path)
        assert self._change is not None  # noqa: S101 - only called inside evaluate
        if not self._change.values_known:
            self._hide(f"{path} is not in a plan stream")
        value = ABSENT if side is None else side.at(parse_path(path))
        self._seen.append((name, path, value))
        return self._plain(value, path)

    def _plain(self, value: Value | Absent, path: str) -> Any:
        """A value for CEL. One that is hidden anywhere inside is hidden as a whole: it must not read as absent."""
        if isinstance(value, Embedded):
            value = value.value
        if isinstance(value, Unknown):
            self._hide(f"{path} is known only after apply")
        if isinstance(value, Sensitive):
            self._hide(f"{path} is sensitive")
        if value is None or value is ABSENT:
            return None
        if isinstance(value, dict):
            return {key: self._plain(below, path) for key, below in value.items()}
        if isinstance(value, list):
            return [self._plain(below, path) for below in value]
        if isinstance(value, Decimal) or (
            isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST
        ):
            return float(value)
        return value

    def _changed(self, path: str) -> bool:
        self._read.append(path)
        change = self._change
        assert change is not None  # noqa: S101 - only called inside evaluate
        if not change.values_known:
            self._hide(f"{path} is not in a plan stream")
        if change.before is None or change.after is None:
            side = change.after if change.before is None else change.before
            value = ABSENT if side is None else side.at(parse_path(path))
            return value is not None and value is not ABSENT
        unsure = False
        for leaf in change.attributes:
            if leaf.path == path or leaf.path.startswith((f"{path}.", f"{path}[")):
                if leaf.after is not UNKNOWN:
                    return True
                unsure = True
        if unsure:
            self._hide(f"{path} is known only after apply")
        return False

    def _hide(self, because: str) -> None:
        self._hidden.append(because)
        raise _CannotTellError(_CANNOT_TELL)


def _function(name: str, implementation: Any, returns: cel.Type) -> cel.FunctionDecl:
    overload = cel.Overload(f"{name}_path", return_type=returns, parameters=[cel.Type.STRING], impl=implementation)
    return cel.FunctionDecl(name, [overload])


def _plain(value: Any) -> str:
    """What went wrong in an evaluation, without a value: CEL's messages name types and keys."""
    text = str(value.plain_value())
    kind = value.type().name()
    return f"yields {kind}, not BOOL" if kind != "ERROR" else re.sub(r'"[^"]*"', "...", text).split("\n")[0]


_PART = re.compile(r"""\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]""")


def parse_path(text: str) -> Path:
    """A path from its spelling, the inverse of `model.spell`. Raises `ValueError` for anything else."""
    parts: list[str | int] = []
    position = 0
    if text.startswith("."):
        raise ValueError("not a path")
    while position < len(text):
        found = _PART.match(text, position)
        if found is None or found.end() == position:
            raise ValueError("not a path")
        plain, index, quoted = found.groups()
        parts.append(plain if plain is not None else int(index) if index is not None else _unquote(quoted))
        position = found.end()
    return tuple(parts)


def _unquote(text: str) -> str:
    unquoted: str = json.loads(f'"{text}"', strict=False)
    return unquoted

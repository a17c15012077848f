"""CEL with three values: a condition is true, false, or cannot be told.

Facts of a change are typed variables, so that a typo is an error when a policy is loaded. Attribute values are reached only
through functions, which raise where a value is unknown or redacted; CEL's `&&` and `||` absorb an error that does not matter
(https://github.com/google/cel-spec/blob/master/doc/langdef.md#logical-operators), and what remains is the third value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from cel_expr_python import cel

from plangate.model.change import Change
from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Sensitive, Unknown, Value
from plangate.model.verdict import Outcome
from plangate.policy import null_safe
from plangate.policy.facts import FACTS
from plangate.policy.functions import OVERLOADS, Unclear
from plangate.policy.paths import is_hidden, of_side, parse_path, select
from plangate.policy.subject import EvaluationResult, Subject
from plangate.policy.whole_plan import WholePlan

_CANNOT_TELL: Final = "plangate cannot tell"
_LARGEST = 2**63 - 1
_NONE: Final[Mapping[str, Any]] = {}
_PARAM = re.compile(r"\bparam\(\s*(['\"])(.*?)\1")
_CALL = re.compile(r"\b(?:before|after|changed|path|known|present|item)\(\s*(['\"])(.*?)\1")
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")

FUNCTIONS: Final = {
    "before(path)": "the value at a path before the apply; null when there is none",
    "after(path)": "the value at a path after the apply; null when there is none",
    "path(path)": "the value after the apply, or before it where the object goes",
    "after(path, default)": "the same, and the default where it is null; so for `before`, `path` and `item`",
    "changed(path)": "whether anything at or below a path changes",
    "known(path)": "whether nothing at a path is known only after apply, or sensitive",
    "present(path)": "whether there is a value that is not null; a sensitive one is present",
    "item()": "with `each`: the item that is judged",
    "item(path)": "with `each`: the value at a path inside of it",
    "param(name)": "a parameter of the policy: its default under `params`, or what the configuration says",
    "plan.count(action)": "how many changes of the plan have an action, or one of a list of actions",
    "plan.count(action, type)": "the same, of the types that fit; `aws_*` fits many",
    "plan.count(action, type, module)": "the same, in a module and in those inside of it",
    "plan.share(action)": "which part of everything that there is has an action, or one of a list: 0.5 is half",
    "related(type, attribute)": "the addresses of the resources of a type whose attribute names this one; empty when there is none",
    "module_source()": "where the module of the resource comes from, such as `terraform-aws-modules/vpc/aws`; empty in the root module and in folders of the configuration",
    "module_version()": "which versions of it the configuration asks for, such as `~> 5.0`; empty when it does not say",
    "semver(text)": "a version, to be compared with another: `semver(after('v')) < semver('1.82.3')`",
    "number(text, n)": "one of the numbers in a text, from 0: `number('POSTGRES_14', 0)` is 14",
    "cidr(network, other)": "whether all of a network, or an address, lies in a network, or in one of a list of networks",
    "cidr(network)": "the length of its prefix: 0 is the whole internet",
    "overlaps(network, other)": "whether two networks have an address in common",
    "addresses(network)": "how many addresses a network has",
    "subnet(network, bits, n)": "one of the networks that a network is cut into, as Terraform's `cidrsubnet` does",
    "date(text)": "a day such as `2026-01-31`, or a moment, to be compared with another: `date(after('expires')) < date(as_of)`",
    "days(n)": "a duration, to be added to a date: `date(as_of) + days(30)`",
    "quantity(value)": "the number of a Kubernetes quantity: `quantity('500m') < 1.0`",
    "json(text)": "what a JSON text holds",
}
"""The functions of expressions. A path is spelled as reports spell it, such as `root_block_device[0].encrypted`."""

Signature = tuple[str, str, tuple[str, ...], str]
"""The name of a function, its overload, what it takes, and what it gives."""


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column of a position."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1


class ExpressionError(Exception):
    """An expression does not compile. `line` and `column` count from 1, inside the expression."""

    def __init__(self, message: str, line: int, column: int):
        super().__init__(message)
        self.line = line
        self.column = column


class _CannotTellError(Exception):
    """A value is known only after apply, or redacted, or was never given."""


class Expressions:
    """The environment in which every expression is compiled and evaluated."""

    def __init__(self) -> None:
        self._subject: Subject | None = None
        self._read: list[str] = []
        self._seen: list[tuple[str, Any]] = []
        self._hidden: list[str] = []
        self._params: Mapping[str, Any] = _NONE
        types = {"text": cel.Type.STRING, "list": cel.Type.List(cel.Type.STRING), "bool": cel.Type.BOOL}
        told = {signature: self._told(work) for signature, work in OVERLOADS.items()}
        self._env = cel.NewEnv(
            variables={name: types[fact.kind] for name, fact in FACTS.items()},
            functions=_declared({**null_safe.OVERLOADS, **told, **self._of_change()}),
        )

    def _of_change(self) -> dict[Signature, Callable[..., Any]]:
        """The functions that read the change, its item and its plan."""
        found: dict[Signature, Callable[..., Any]] = {
            ("changed", "changed_path", ("STRING",), "BOOL"): self._changed,
            ("known", "known_path", ("STRING",), "BOOL"): self._known,
            ("present", "present_path", ("STRING",), "BOOL"): self._present,
            ("param", "param_name", ("STRING",), "DYN"): self._param,
            ("item", "item", (), "DYN"): self._item,
            ("plan.share", "share_text", ("STRING",), "DOUBLE"): self._share,
            ("plan.share", "share_list", ("LIST",), "DOUBLE"): self._share,
            ("module_source", "module_source", (), "STRING"): lambda: self._module_call(0),
            ("module_version", "module_version", (), "STRING"): lambda: self._module_call(1),
            ("related", "related", ("STRING", "STRING"), "LIST"): self._related,
        }
        for more in range(3):
            for kind in ("STRING", "LIST"):
                overload = f"count_{kind.lower()}_{more}"
                found["plan.count", overload, (kind, *["STRING"] * more), "INT"] = self._count
        for name, read in (
            ("before", self._before),
            ("after", self._after),
            ("path", self._path),
            ("item", self._item),
        ):
            found[name, f"{name}_path", ("STRING",), "DYN"] = read
            for kind in _DEFAULTS:
                found[name, f"{name}_path_{kind.lower()}", ("STRING", kind), "DYN"] = _or_default(read)
        return found

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
        expression = self._checked(text)
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
        # Compiled as it stands first: errors name the places of the text that the policy has.
        rewritten = null_safe.rewrite(text)
        return expression if rewritten == text else self._checked(rewritten)

    def _checked(self, text: str) -> cel.Expression:
        try:
            return self._env.compile(text)
        except RuntimeError as error:
            found = _PLACE.search(str(error))
            line, column, message = found.groups() if found else ("1", "1", "is not an expression")
            words = message.split("\n")[0].removesuffix(" (in container '')")
            raise ExpressionError(words, int(line), int(column)) from None

    def activate(self, facts: Mapping[str, Any]) -> cel.Activation:
        """The variables of one change, for any number of expressions."""
        return self._env.Activation(facts)

    def evaluate(
        self,
        expression: cel.Expression,
        activation: cel.Activation,
        subject: Subject,
        params: Mapping[str, Any] = _NONE,
    ) -> EvaluationResult:
        """Evaluate one condition on one subject: `VIOLATED` when it holds. Nothing is raised: that is an outcome too."""
        self._subject, self._read, self._hidden, self._params = subject, [], [], params
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
        return tuple(self._seen)

    @property
    def _change(self) -> Change:
        assert self._subject is not None  # noqa: S101 - only called inside evaluate
        return self._subject.change

    @property
    def _plan(self) -> WholePlan:
        if self._subject is None or self._subject.plan is None:
            self._hide("the plan as a whole is not given")
        return self._subject.plan

    def _before(self, path: str) -> Any:
        return self._value(self._change.before, path, "before")

    def _after(self, path: str) -> Any:
        return self._value(self._change.after, path, "after")

    def _path(self, path: str) -> Any:
        return self._before(path) if self._change.after is None else self._after(path)

    def _item(self, path: str = "") -> Any:
        item = self._subject.item if self._subject is not None else None
        if item is None:
            self._hide("there is no item: the policy has no each")
        whole = f"{item.path}.{path}" if path else item.path
        self._read.append(whole)
        value = select(item.after, parse_path(path))
        self._seen.append((f"item('{path}')" if path else "item()", value))
        return self._plain(value, whole)

    def _known(self, path: str) -> bool:
        found = self._change.values_known and not is_hidden(self._side_value(path))
        self._seen.append((f"known('{path}')", found))
        return found

    def _present(self, path: str) -> bool:
        value = self._side_value(path)
        if isinstance(value, Unknown) or not self._change.values_known:
            self._hide(f"{path} is known only after apply")
        found = value is not None and value is not ABSENT
        self._seen.append((f"present('{path}')", found))
        return found

    def _side_value(self, path: str) -> Value | Absent:
        self._read.append(path)
        change = self._change
        return of_side(change.before if change.after is None else change.after, parse_path(path))

    def _param(self, name: str) -> Any:
        value = self._params[name]
        self._seen.append((f"param('{name}')", value))
        return [*value] if isinstance(value, tuple) else value

    def _count(self, actions: Any, *more: str) -> int:
        words = _listed(actions)
        found = self._plan.count(words, *more)
        self._seen.append((f"plan.count({', '.join(map(repr, (*words, *more)))})", found))
        return found

    def _share(self, actions: Any) -> float:
        words = _listed(actions)
        found = self._plan.share(words)
        self._seen.append((f"plan.share({', '.join(map(repr, words))})", f"{found:.3f}"))
        return found

    def _module_call(self, which: int) -> str:
        found = self._plan.module_call(self._change)
        name = ("module_source()", "module_version()")[which]
        if found is None:
            self._hide(f"the plan does not say where {self._change.module} comes from")
        self._seen.append((name, found[which]))
        return found[which]

    def _related(self, type_: str, attribute: str) -> list[str]:
        found = self._plan.related(self._change, type_, attribute)
        self._seen.append((f"related('{type_}', '{attribute}')", list(found.addresses)))
        if found.because and not found.addresses:
            self._hide(found.because)
        return list(found.addresses)

    def _value(self, side: Any, path: str, name: str) -> Any:
        self._read.append(path)
        if not self._change.values_known:
            self._hide(f"{path} is not in a plan stream")
        value = of_side(side, parse_path(path))
        self._seen.append((f"{name}('{path}')", value))
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
        if not change.values_known:
            self._hide(f"{path} is not in a plan stream")
        if change.before is None or change.after is None:
            side = change.after if change.before is None else change.before
            value = of_side(side, parse_path(path))
            return value is not None and value is not ABSENT
        unsure = False
        fits = _below(path)
        for leaf in change.attributes:
            if fits(leaf.path):
                if leaf.after is not UNKNOWN:
                    return True
                unsure = True
        if unsure:
            self._hide(f"{path} is known only after apply")
        return False

    def _hide(self, because: str) -> NoReturn:
        self._hidden.append(because)
        raise _CannotTellError(_CANNOT_TELL)


_DEFAULTS: Final = ("STRING", "INT", "DOUBLE", "BOOL", "LIST", "MAP")
"""The types of CEL that a default can have."""


def _or_default(read: Callable[[str], Any]) -> Callable[[str, Any], Any]:
    def told(path: str, default: Any) -> Any:
        value = read(path)
        if value is not None:
            return value
        return default.plain_value() if hasattr(default, "plain_value") else default

    return told


def _below(path: str) -> Callable[[str], bool]:
    """Whether a spelled path is another one, or lies below it; `[*]` in it is any item."""
    if "[*]" not in path:
        return lambda leaf: leaf == path or leaf.startswith((f"{path}.", f"{path}["))
    items = r"\[[^\]]*\]".join(map(re.escape, path.split("[*]")))
    pattern = re.compile(rf"{items}(?:$|[.\[])")
    return lambda leaf: pattern.match(leaf) is not None


def _listed(words: Any) -> list[str]:
    """One text or a list of them, as CEL gives it."""
    plain = words.plain_value() if hasattr(words, "plain_value") else words
    return [plain] if isinstance(plain, str) else [str(one) for one in plain]


def _declared(overloads: Mapping[Signature, Callable[..., Any]]) -> list[cel.FunctionDecl]:
    declared: dict[str, list[cel.Overload]] = {}
    for (name, overload, takes, gives), work in overloads.items():
        parameters = [getattr(cel.Type, kind) for kind in takes]
        made = cel.Overload(overload, return_type=getattr(cel.Type, gives), parameters=parameters, impl=work)
        declared.setdefault(name, []).append(made)
    return [cel.FunctionDecl(name, overloads) for name, overloads in declared.items()]


def _plain(value: Any) -> str:
    """What went wrong in an evaluation, without a value: CEL's messages name types and keys."""
    text = str(value.plain_value())
    kind = value.type().name()
    return f"yields {kind}, not BOOL" if kind != "ERROR" else re.sub(r'"[^"]*"', "...", text).split("\n")[0]

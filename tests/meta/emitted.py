"""What classification can say of a change, read from its code: effects by source, traits by source, notices by view.

Every `Effect(...)`, `Notice(...)` and application's `Problem(...)` is looked at. A kind is followed through local names, constants,
arguments and what functions of its module return. One that comes from elsewhere stands in `COMPUTED`; any other raises `Unread`.
"""

from __future__ import annotations

import ast
import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from plangate.classify.terraform.impact import exposure, protection, removal, risk, takeovers, traits
from plangate.classify.terraform.impact.rights import knowledge as rights
from plangate.classify.terraform.impact.rights import right
from plangate.model.change import EffectName

PACKAGE: Final = Path(__file__).parents[2] / "plangate"
SOURCES: Final = {"classify/terraform/": "terraform", "drift/": "terraform", "classify/kubernetes/": "helm"}
"""The packages that give changes their effects, and the source of those changes."""
REBUILT: Final = "report/"
"""Reports rebuild effects from a verdict, and find none."""

_RELEASE: Final = ("classify/release_view", "classify/terraform/helm_release/", "classify/kubernetes/effects/")
_IMPACT: Final = "classify/terraform/impact/"
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)

Emitted = dict[str, set[str]]


class Unread(Exception):  # noqa: N818 - says what it is
    """A kind whose possible values cannot be read from the code: `COMPUTED` has to say them."""


def effects() -> Emitted:
    """By source: every effect as `name:kind`, or `name` for one without a kind."""
    found: Emitted = defaultdict(set)
    for reader in modules():
        for call in reader.calls("replace"):
            if reader.path.startswith(tuple(SOURCES)) and any(keyword.arg == "kind" for keyword in call.keywords):
                raise Unread(f"{reader.path}:{call.lineno}: gives something another kind")
        for call in reader.calls("Effect"):
            if reader.path.startswith(REBUILT):
                continue
            source = next((source for start, source in SOURCES.items() if reader.path.startswith(start)), None)
            if source is None:
                raise Unread(f"{reader.path} has effects: SOURCES has to say of which changes")
            names = reader.strings(call.args[0], call)
            kinds = reader.argument(call, 2, "kind") or {""}
            found[source] |= {f"{name}:{kind}" if kind else name for name in names for kind in kinds}
    return dict(found)


def notices() -> Emitted:
    """By view: the kinds of its notices."""
    found: Emitted = defaultdict(set)
    for reader in modules():
        if reader.path.startswith(_RELEASE):
            for call in reader.calls("Notice"):
                found["release"] |= reader.strings(call.args[0], call)
        elif reader.path.startswith("applications/"):
            for call in (*reader.calls("Notice"), *reader.calls("Problem")):
                found[reader.path.split("/")[1]] |= reader.strings(call.args[0], call)
        elif any(reader.calls("Notice")):
            raise Unread(f"{reader.path} has notices: of which view?")
    return dict(found)


def all_traits() -> Emitted:
    """By source: the traits of its changes. The places that write `traits` are known; another one raises `Unread`."""
    writers = {
        reader.path
        for reader in modules()
        for name in ("replace", "Change")
        for call in reader.calls(name)
        if any(keyword.arg == "traits" for keyword in call.keywords)
    }
    known = {_IMPACT + "assess", "classify/kubernetes/effects/assess", "classify/kubernetes/hooks"}
    if writers != known:
        raise Unread(f"{sorted(writers ^ known)}: where do its traits come from?")
    told = module(_IMPACT + "correlations")
    of_plan = {
        word
        for call in told.calls("append")
        for pair in call.args
        if isinstance(pair, ast.Tuple)
        for word in told.strings(pair.elts[0], call)
    }
    of_state = {
        word.value
        for node in ast.walk(module(_IMPACT + "traits").function("of"))
        if isinstance(node, ast.Set)
        for word in node.elts
        if isinstance(word, ast.Constant)
    }
    listed = {name.replace("_", "-") for name in traits._LISTS}
    of_class = {"foundation", "harmless"}.union(*traits._OF_CLASS.values())
    of_type = {*listed, *of_class, traits.STATEFUL, traits.UNFAMILIAR, traits.REFUSES}
    return {
        "terraform": (of_plan | of_state | of_type) - {""},
        "helm": module("classify/kubernetes/effects/images").yielded("_image_traits")
        | module("classify/kubernetes/effects/custom_kinds").yielded("traits"),
    }


class Reader:
    """One module: what its expressions can be."""

    def __init__(self, path: str):
        self.path = path
        self.tree = ast.parse((PACKAGE / f"{path}.py").read_text("utf-8"))
        for alias in (node for node in ast.walk(self.tree) if isinstance(node, ast.alias)):
            if alias.name in ("Effect", "EffectName", "Notice", "Problem") and alias.asname:
                raise Unread(f"{path}:{alias.lineno}: {alias.name} has another name here")
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def calls(self, name: str) -> Iterator[ast.Call]:
        """The calls of a function or class of that name, also as an attribute."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                called = node.func
                if (called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")) == name:
                    yield node

    def argument(self, call: ast.Call, position: int, name: str) -> set[str]:
        """What an argument can be; nothing when it is not given."""
        spread = [one for one in call.args if isinstance(one, ast.Starred)]
        if spread or any(keyword.arg is None for keyword in call.keywords):
            raise Unread(f"{self.path}:{call.lineno}: {ast.unparse(call)}")
        given = call.args[position : position + 1] or [one.value for one in call.keywords if one.arg == name]
        return self.strings(given[0], call) if given else set()

    def strings(self, node: ast.expr, at: ast.AST) -> set[str]:
        """What an expression can be, at a place in the module. Raises `Unread`."""
        try:
            return self._follow(node, at)
        except Unread:
            computed = COMPUTED.get((self.path, ast.unparse(node)))
            if computed is None:
                raise
            return computed()

    def function(self, name: str) -> ast.FunctionDef:
        """A function of the module."""
        return next(n for n in ast.walk(self.tree) if isinstance(n, ast.FunctionDef) and n.name == name)

    def returned(self, name: str) -> set[str]:
        """What a function can return."""
        returns = [n for n in ast.walk(self.function(name)) if isinstance(n, ast.Return)]
        return set().union(*(self.strings(one.value, one) for one in returns if one.value is not None))

    def yielded(self, *names: str) -> set[str]:
        """What functions can yield, or the first part of that where it is a tuple."""
        yields = [n.value for name in names for n in ast.walk(self.function(name)) if isinstance(n, ast.Yield)]
        firsts = [value.elts[0] if isinstance(value, ast.Tuple) else value for value in yields if value is not None]
        return set().union(*(self.strings(first, first) for first in firsts))

    def _follow(self, node: ast.expr, at: ast.AST) -> set[str]:
        match node:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.Attribute(value=ast.Name(id="EffectName"), attr=name):
                return {EffectName[name].value}
            case ast.IfExp(body=one, orelse=other):
                return self.strings(one, at) | self.strings(other, at)
            case ast.Call(func=ast.Name(id=name)) if self._has(name):
                return self.returned(name)
            case ast.Name(id=name):
                return self._named(name, at)
        raise Unread(f"{self.path}:{node.lineno}: {ast.unparse(node)}")

    def _named(self, name: str, at: ast.AST) -> set[str]:
        """What a local name, a parameter or a constant can be."""
        scope = self._scope(at)
        bound = [*self._bound(name, scope)]
        if bound:
            return set().union(*bound)
        if isinstance(scope, ast.FunctionDef) and scope.name.startswith("_"):
            parameters = [one.arg for one in scope.args.args]
            given = [
                self.argument(call, parameters.index(name), name)
                for call in self.calls(scope.name)
                if name in parameters
            ]
            if given and all(given):
                return set().union(*given)
        raise Unread(f"{self.path}:{at.lineno}: {name}")

    def _bound(self, name: str, scope: ast.AST) -> Iterator[set[str]]:
        for node in ast.walk(scope):
            match node:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                    yield self.strings(value, node)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value):
                    for i, target in enumerate(targets):
                        if isinstance(target, ast.Name) and target.id == name:
                            yield self._part(value, i, node)
                case ast.For(target=target, iter=several):
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    for i, one in enumerate(names):
                        if isinstance(one, ast.Name) and one.id == name:
                            if not isinstance(several, ast.Tuple):
                                raise Unread(f"{self.path}:{node.lineno}: {name}")
                            for item in several.elts:
                                yield self._part(item, i, node) if len(names) > 1 else self.strings(item, node)

    def _part(self, node: ast.expr, i: int, at: ast.AST) -> set[str]:
        """What one part of a tuple can be."""
        match node:
            case ast.Tuple(elts=parts):
                return self.strings(parts[i], at)
            case ast.IfExp(body=one, orelse=other):
                return self._part(one, i, at) | self._part(other, i, at)
            case ast.Call(func=ast.Name(id=name)) if self._has(name):
                returns = [n for n in ast.walk(self.function(name)) if isinstance(n, ast.Return)]
                return set().union(*(self._part(one.value, i, one) for one in returns if one.value is not None))
        raise Unread(f"{self.path}:{node.lineno}: {ast.unparse(node)}")

    def _has(self, name: str) -> bool:
        return any(isinstance(node, ast.FunctionDef) and node.name == name for node in self.tree.body)

    def _scope(self, at: ast.AST) -> ast.AST:
        while at in self.parents:
            at = self.parents[at]
            if isinstance(at, _FUNCTIONS):
                break
        return at


@functools.cache
def module(path: str) -> Reader:
    """A module by its path in the package, without the suffix."""
    return Reader(path)


def modules() -> list[Reader]:
    """Every module of the package."""
    return [module(str(file.relative_to(PACKAGE).with_suffix(""))) for file in sorted(PACKAGE.rglob("*.py"))]


def _of_rights() -> set[str]:
    known = rights.knowledge()
    opened = {document.kind for document in known.documents if document.language == "aws-resource"}
    return (
        opened
        | {rule.kind for rule in (*known.rules, *known.kubernetes_rules)}
        | {right.EVERYTHING, right.WIDE, right.ANYONE}
    )


COMPUTED: Final[dict[tuple[str, str], Callable[[], set[str]]]] = {
    # The kind of a Problem, which is read where that is made.
    ("applications/litellm/view", "problem.kind"): set,
    ("classify/kubernetes/effects/exposure", "kind"): lambda: module("classify/kubernetes/effects/exposure").yielded(
        "_service", "_pods", "_role", "_binding"
    ),
    (_IMPACT + "rights/given", "right.kind"): _of_rights,
    (_IMPACT + "rights/roles", "kind"): lambda: set(rights.knowledge().aws.managed_policies),
    (_IMPACT + "rights/roles", "EVERYTHING"): lambda: {right.EVERYTHING},
    (_IMPACT + "rights/roles", "WIDE"): lambda: {right.WIDE},
    (_IMPACT + "takeovers", "entry.kind"): lambda: {entry.kind for entry in takeovers.knowledge().takeovers},
    (_IMPACT + "switches", "guard.kind"): lambda: {guard.kind for guard in exposure.knowledge().weak_guards},
    (_IMPACT + "guards", "guard.kind"): lambda: {
        guard.kind for guard in (*protection.knowledge().guards, *protection.knowledge().guard_resources)
    },
    (_IMPACT + "network", "rules.kind or kind"): lambda: (
        (module(_IMPACT + "ports").returned("kind_of") | {rules.kind for rules in exposure.knowledge().network_rules})
        - {""}
    ),
    (_IMPACT + "removal", "class_.value"): lambda: {class_.value for class_ in removal._REMOVED},
    (_IMPACT + "switches", "switch.kind"): lambda: {
        switch.kind for switch in (*exposure.knowledge().switches, *exposure.knowledge().grants)
    },
    (_IMPACT + "updates", "entry.kind"): lambda: {entry.kind for entry in risk.knowledge().restarts},
}
"""By module and expression: what it can be, where that hangs on the knowledge or on what another function yields."""

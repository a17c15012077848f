"""The `configuration` of a plan: secrets in constants, sensitive variables, and references between resources.

It is the configuration as written, before expressions are evaluated:
https://developer.hashicorp.com/terraform/internals/json-format#configuration-representation
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from plangate.ingest.document import Top
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.redact.sensitivity import of_rights
from plangate.ingest.terraform import wire
from plangate.model.change import References


class WireVariable(Struct):
    """A declared variable."""

    default: Any = None
    sensitive: bool = False


class WireOutput(Struct):
    """A declared output."""

    expression: Any = None
    sensitive: bool = False


class WireProvisioner(Struct):
    """A provisioner block."""

    expressions: Any = None


class WireResource(Struct):
    """A resource block."""

    address: str = ""
    mode: str = "managed"
    type: str = ""
    name: str = ""
    expressions: Any = None
    count_expression: Any = None
    for_each_expression: Any = None
    depends_on: list[str] | None = None
    provisioners: list[WireProvisioner] | None = None


class WireModuleCall(Struct):
    """A module block and the module it calls."""

    source: str | None = None
    version_constraint: str | None = None
    expressions: Any = None
    module: "WireModule | None" = None


class WireModule(Struct):
    """One module's configuration."""

    variables: dict[str, WireVariable] | None = None
    outputs: dict[str, WireOutput] | None = None
    resources: list[WireResource] | None = None
    module_calls: dict[str, WireModuleCall] | None = None


class WireProvider(Struct):
    """A provider block."""

    expressions: Any = None


class Configuration(Struct):
    """The whole `configuration` section."""

    provider_config: dict[str, WireProvider] | None = None
    root_module: WireModule | None = None

    @classmethod
    def of(cls, top: Top) -> "Configuration":
        """The configuration of a plan; an absent one is empty. Raises `ShapeError`."""
        return _section.read(top) or cls()

    @property
    def sensitive_variables(self) -> frozenset[str]:
        """The names of the root module's sensitive variables."""
        variables = (self.root_module.variables if self.root_module else None) or {}
        return frozenset(name for name, variable in variables.items() if variable.sensitive)


_section = wire.Section("configuration", Configuration)


def learn_configuration(configuration: Configuration, redactor: Redactor) -> None:
    """Add the secrets among the constants of the configuration to the redactor: provider blocks, defaults, arguments."""
    for provider in (configuration.provider_config or {}).values():
        redactor.learn(_constants(provider.expressions), False, "provider")
    for _, module in _modules(configuration):
        for name, variable in (module.variables or {}).items():
            redactor.learn({name: variable.default}, {name: variable.sensitive}, "variable")
        for name, output in (module.outputs or {}).items():
            redactor.learn({name: _constants(output.expression)}, {name: output.sensitive}, "output")
        for resource in module.resources or ():
            given = _constants(resource.expressions)
            _, type_ = of_rights(False, resource.type, given.get("kind") if isinstance(given, dict) else None)
            redactor.learn(given, False, type_)
        for call in (module.module_calls or {}).values():
            redactor.learn(_constants(call.expressions), False, "module")


def _constants(expression: Any) -> Any:
    """The constants of an expression tree, in the tree's shape."""
    if isinstance(expression, list):
        return [_constants(below) for below in expression]
    if not isinstance(expression, dict):
        return None
    if "constant_value" in expression:
        return expression["constant_value"]
    return {key: _constants(below) for key, below in expression.items() if key != "references"}


def _modules(configuration: Configuration) -> Iterator[tuple[str, WireModule]]:
    """Every module with its path (`""`, `module.a`, `module.a.module.b`)."""
    waiting = [("", configuration.root_module)]
    while waiting:
        path, module = waiting.pop()
        if module is None:
            continue
        yield path, module
        for name, call in (module.module_calls or {}).items():
            waiting.append((_join(path, f"module.{name}"), call.module))


def references(configuration: Configuration, *, follow: bool) -> References:
    """The resources with provisioners, and with `follow` the users of each resource: only replacements need those.

    A reference goes through variables of called modules and outputs of child modules to the resource it means.
    """
    modules = dict(_modules(configuration))
    provisioned = [
        (_join(path, r.address), r) for path, m in modules.items() for r in m.resources or () if r.provisioners
    ]
    provisioners = tuple(sorted(address for address, _ in provisioned))
    unseen = tuple(sorted(address for address, r in provisioned if any(map(_is_unseen, r.provisioners or ()))))
    if not follow:
        return References(provisioners=provisioners, unseen=unseen)
    users: dict[str, set[str]] = {}
    for path, module in modules.items():
        for resource in module.resources or ():
            user = _join(path, resource.address)
            parts = (resource.expressions, resource.count_expression, resource.for_each_expression)
            names = {*(name for part in parts for name in _names(part)), *(resource.depends_on or ())}
            for used in _resolve(names, path, modules):
                if used != user:
                    users.setdefault(used, set()).add(user)
    return References(
        users={used: tuple(sorted(by)) for used, by in users.items()}, provisioners=provisioners, unseen=unseen
    )


_COMMANDS = ("command", "inline", "script", "scripts")
"""What provisioners run: https://developer.hashicorp.com/terraform/language/provisioners."""


def _is_unseen(provisioner: WireProvisioner) -> bool:
    """Whether a command is no constant: of an expression a plan shows only what it refers to."""
    given = provisioner.expressions if isinstance(provisioner.expressions, dict) else {}
    return any(name in given and "constant_value" not in (given[name] or {}) for name in _COMMANDS)


def written(
    configuration: Configuration, unknown: Mapping[str, Collection[str]]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The expressions of attributes that are known only after apply, by resource address without instance keys.

    What blocks name counts too, by its path: `vpc_config.0.subnet_ids`. A resource that the configuration does not have is
    left out.
    """
    modules = dict(_modules(configuration))
    return {
        address: {
            name: tuple(sorted(_resolve({*_names(expression)}, path, modules, lost="?")))
            for head in unknown[address]
            if head in given
            for name, expression in _paths(head, given[head])
        }
        for path, address, _, given in _given(modules)
        if address in unknown
    }


def _paths(name: str, expression: Any) -> Iterator[tuple[str, Any]]:
    """An argument, and where it is a list of blocks the arguments of those, by their paths."""
    yield name, expression
    for position, block in enumerate(expression if isinstance(expression, list) else ()):
        if isinstance(block, dict):
            for below, inner in block.items():
                yield from _paths(f"{name}.{position}.{below}", inner)


def arguments(configuration: Configuration, types: frozenset[str] | None) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the arguments of resources of these types (None: of all) refer to: resources, data sources and local values."""
    modules = dict(_modules(configuration))
    return {
        address: {
            name: tuple(sorted(_resolve({*_names(below)}, path, modules, local=True))) for name, below in given.items()
        }
        for path, address, type_, given in _given(modules)
        if types is None or type_ in types
    }


def module_calls(configuration: Configuration) -> dict[str, tuple[str, str]]:
    """The source and the version constraint of every module block, empty where there is none, by address without keys."""
    return {
        _join(path, f"module.{name}"): (call.source or "", call.version_constraint or "")
        for path, module in _modules(configuration)
        for name, call in (module.module_calls or {}).items()
    }


def sibling_arguments(configuration: Configuration, types: frozenset[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the arguments of resources of these types refer to: resources, `?` for what cannot be resolved.

    `each.value` and `each.key` stand for what `for_each` refers to.
    """
    modules = dict(_modules(configuration))
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path, module in modules.items():
        for resource in module.resources or ():
            if resource.type in types and isinstance(resource.expressions, dict):
                repeated = {*_names(resource.for_each_expression)}
                found[_join(path, resource.address)] = {
                    name: tuple(sorted(_resolve(_written(below, repeated), path, modules, lost="?", local=True)))
                    for name, below in resource.expressions.items()
                }
    return found


def _written(expression: Any, repeated: set[str]) -> set[str]:
    """The references of an expression, those of `for_each` in place of its iterator."""
    names = {*_names(expression)}
    own = {name for name in names if name.split(".")[0] == "each"}
    return names - own | repeated if own else names


def _given(modules: Mapping[str, WireModule]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """The resources with arguments: the path of the module, the address, the type and the arguments."""
    for path, module in modules.items():
        for resource in module.resources or ():
            if isinstance(resource.expressions, dict):
                yield path, _join(path, resource.address), resource.type, resource.expressions


def _names(expression: Any) -> Iterator[str]:
    """The references inside an expression tree."""
    if isinstance(expression, list):
        for below in expression:
            yield from _names(below)
    elif isinstance(expression, dict):
        for key, below in expression.items():
            if key == "references" and isinstance(below, list):
                yield from (name for name in below if isinstance(name, str))
            else:
                yield from _names(below)


def _resolve(
    names: set[str], path: str, modules: dict[str, WireModule], *, lost: str = "", local: bool = False
) -> set[str]:
    """The resource addresses (without instance keys) that references inside the module at `path` mean.

    `lost` stands for what leads nowhere: a plan does not show what local values hang on, nor what an iterator stands for.
    With `local` the name of a local value stands for it.
    """
    found: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(path, name) for name in names]
    while waiting:
        step = waiting.pop()
        if step in seen:
            continue
        seen.add(step)
        where, name = step
        parts = [part.split("[")[0] for part in name.split(".")]
        if parts[0] == "module" and len(parts) >= 3:
            child = _join(where, f"module.{parts[1]}")
            output = ((modules[child].outputs or {}) if child in modules else {}).get(parts[2])
            waiting.extend((child, below) for below in _names(output.expression if output else None))
            if output is None:
                found.add(lost)
        elif parts[0] == "var" and where and len(parts) >= 2:
            parent, _, call_name = where.rpartition("module.")
            parent = parent.rstrip(".")
            call = ((modules[parent].module_calls or {}) if parent in modules else {}).get(call_name)
            argument = call.expressions.get(parts[1]) if call and isinstance(call.expressions, dict) else None
            waiting.extend((parent, below) for below in _names(argument))
            if argument is None:
                found.add(lost)
        elif parts[0] == "data" and len(parts) >= 3:
            found.add(_join(where, ".".join(parts[:3])))
        elif len(parts) >= 2 and (parts[0] not in _NOT_RESOURCES or (local and parts[0] == "local")):
            found.add(_join(where, ".".join(parts[:2])))
        elif parts[0] in _ITERATORS:
            found.add(lost)
    return found - {""}


_NOT_RESOURCES = frozenset({"var", "local", "module", "each", "count", "self", "path", "terraform"})
_ITERATORS = frozenset({"local", "each", "count", "self"})


def _join(module: str, address: str) -> str:
    return f"{module}.{address}" if module else address

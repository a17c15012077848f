"""YAML with the position of every node, so that errors name line and column."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn, TypeVar

import msgspec
import yaml
from msgspec import Struct, inspect

from plangate.errors import PolicyLoadError, UsageError
from plangate.lang.typo import did_you_mean

T = TypeVar("T")
Place = tuple[str | int, ...]
"""Keys and list positions from the top of a document."""

_UNKNOWN_FIELD = r"unknown field `(.*?)`"
_LARGEST_FILE: Final = 1 << 20
_MOST_NODES: Final = 200_000


class _Loader(yaml.SafeLoader):
    """The safe loader, which reads dates as text."""

    yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class UnknownKeyError(Exception):
    """A key that the document's shape does not have."""

    def __init__(self, place: Place):
        super().__init__(place)
        self.place = place


def read_text(file: Path) -> str:
    """The text of a configuration or policy file. Raises `UsageError`."""
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise UsageError("is larger than 1 MiB", where=str(file))
        return file.read_text("utf-8")
    except FileNotFoundError:
        raise UsageError("does not exist", where=str(file)) from None
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8", where=str(file)) from None


class LocatedYaml:
    """One document: its data, and its YAML nodes with their positions. `error` is the type to raise for an invalid one."""

    def __init__(self, name: str, text: str, error: type[UsageError] = PolicyLoadError):
        self.name = name
        self.error = error
        try:
            self.root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
            self._once_each()
            self.data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader that knows fewer types
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark
            place = f"{mark.line + 1}:{mark.column + 1}" if mark else None
            raise error(f"is not YAML: {problem.problem}", where=name, place=place) from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise error("is not YAML", where=name) from None

    def convert(self, data: Any, shape: type[T], structs: dict[Place, type[Struct]]) -> T:
        """The data as `shape`. `structs` maps paths to structs, for suggestions; `*` is any key. Raises `error`."""
        try:
            return self.attempt(data, shape)
        except UnknownKeyError as unknown:
            *above, key = unknown.place
            self.unknown_key(str(key), tuple(above), _names(tuple(above), structs))

    def attempt(self, data: Any, shape: type[T]) -> T:
        """As `convert`, but an unknown key raises `UnknownKeyError`."""
        try:
            return msgspec.convert(data, shape)
        except msgspec.ValidationError as error:
            problem = str(error).partition(" - at `$")[0]
            path = _path(data, shape, str(error))
            unknown = re.search(_UNKNOWN_FIELD, problem)
            if unknown is not None:
                raise UnknownKeyError((*path, unknown.group(1))) from None
            value = re.fullmatch(r"Invalid enum value '(.*)'", problem)
            if value is not None:
                self.fail(f"invalid enum value '{value[1]}'{did_you_mean(value[1], sorted(_words(shape)))}", path)
            plain = problem.replace("Object missing required field", "needs the key").replace("`", "")
            self.fail(plain[:1].lower() + plain[1:], path)

    def unknown_key(self, key: str, above: Place, known: list[str]) -> NoReturn:
        """Raise `error` for an unknown key, with the closest known one."""
        self.fail(f"unknown key {key}{did_you_mean(key, known)}", (*above, key), of_key=True)

    def fail(self, message: str, path: Place, *, of_key: bool = False) -> NoReturn:
        """Raise `error` with the position of a path."""
        raise self.error(message, where=self.name, place=self.place(path, of_key=of_key))

    def place(self, path: Place, *, of_key: bool = False) -> str:
        """`line:column` of the node at a path, or of the nearest one above it that there is."""
        node = self._node(path, of_key=of_key)
        if node is None:
            return "1:1"
        mark = node.start_mark
        return f"{mark.line + 1}:{mark.column + 1}"

    def line(self, path: Place) -> int:
        """The line of the node at a path, from 1."""
        return int(self.place(path).partition(":")[0])

    def inside(self, path: Place, line: int, column: int) -> str:
        """The position of a line and column inside a scalar; for a folded scalar, the scalar's own position."""
        node = self._node(path)
        if node is None:
            return "1:1"
        mark = node.start_mark
        style = getattr(node, "style", None)
        if style == "|":
            source = mark.buffer.split("\n")[mark.line + line] if mark.buffer else ""
            return f"{mark.line + line + 1}:{len(source) - len(source.lstrip()) + column}"
        if style is None or style in "'\"":
            return f"{mark.line + line}:{mark.column + column + (1 if style else 0)}"
        return f"{mark.line + 1}:{mark.column + 1}"

    def _once_each(self) -> None:
        """Refuse duplicate keys, of which the last would silently win, and aliases that expand without limit."""
        stack = [self.root] if self.root is not None else []
        nodes = 0
        while stack:
            node = stack.pop()
            nodes += 1
            if nodes > _MOST_NODES:
                raise self.error("holds too many values", where=self.name)
            if isinstance(node, yaml.SequenceNode):
                stack += node.value
            elif isinstance(node, yaml.MappingNode):
                seen: set[str] = set()
                for key, value in node.value:
                    stack.append(value)
                    if isinstance(key, yaml.ScalarNode) and key.value in seen and key.value != "<<":
                        place = f"{key.start_mark.line + 1}:{key.start_mark.column + 1}"
                        raise self.error(f"the key {key.value} stands twice", where=self.name, place=place)
                    seen.add(str(key.value))

    def _node(self, path: Place, *, of_key: bool = False) -> yaml.Node | None:
        """The node at a path, or the innermost one above it; None for a text that holds nothing."""
        node = self.root
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


def _path(data: Any, shape: Any, error: str) -> Place:
    """The path of a msgspec error. msgspec writes `[...]` for any key of a mapping; the key with this error is searched."""
    parts = re.findall(r"\[(\d+)\]|\.([\w-]+)|\[(\.\.\.)\]", error.partition(" - at `$")[2])
    path: list[str | int] = []
    here = data
    for index, name, _ in parts:
        key: str | int = int(index) if index else name
        if key == "":
            found = next((k for k in here if _error(_only(data, tuple(path), k), shape) == error), None)
            if found is None:
                break
            key = found
        path.append(key)
        try:
            here = here[key]
        except (KeyError, IndexError, TypeError):
            here = None
    return tuple(path)


def _only(data: Any, path: Place, key: Any) -> Any:
    """The data with only one key left in the mapping at a path."""
    if not path:
        return {key: data[key]}
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _only(data[path[0]], path[1:], key)
    return copy


def _error(data: Any, shape: Any) -> str:
    try:
        msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _names(place: Place, structs: dict[Place, type[Struct]]) -> list[str]:
    for pattern, struct in structs.items():
        if len(pattern) == len(place) and all(p in ("*", part) for p, part in zip(pattern, place, strict=True)):
            return [field.encode_name for field in msgspec.structs.fields(struct)]
    return []


def _words(shape: Any) -> set[str]:
    """Every word that a field of the shape, or of what it holds, can be."""
    words: set[str] = set()
    seen: set[int] = set()
    waiting: list[Any] = [inspect.type_info(shape)]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, inspect.EnumType):
            words.update(str(member.value) for member in one.cls)
        elif isinstance(one, inspect.LiteralType):
            words.update(map(str, one.values))
        elif isinstance(one, inspect.StructType):
            waiting += [field.type for field in one.fields]
        elif isinstance(one, inspect.UnionType):
            waiting += one.types
        elif isinstance(one, inspect.DictType):
            waiting.append(one.value_type)
        elif isinstance(one, (inspect.ListType, inspect.VarTupleType)):
            waiting.append(one.item_type)
    return words

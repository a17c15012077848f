"""The lines of a values file: where each key and list item starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

from plangate.model.values import spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.values import Path, PathPart


_DEEPEST: Final = 100


def keys(text: str) -> dict[int, str]:
    """The path of the outermost key or item that starts on a line, as reports spell it (`values.image.tag`).

    Empty for what is no YAML, such as a template. What an alias repeats stands only where its anchor is.
    """
    found: dict[int, str] = {}
    try:
        # Events, and not nodes: composing those descends, and text of a thousand brackets would end the process.
        for path, line in _places(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            found.setdefault(line, spell(path))
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found


class _Open:
    """A mapping or a list that is being read. `part` is the key or the position of what comes next; None asks for a key."""

    def __init__(self, path: Path, part: PathPart | None):
        self.path = path
        self.part = part
        self.is_list = part is not None

    def next(self) -> None:
        self.part = int(self.part or 0) + 1 if self.is_list else None


def _places(events: Iterator[yaml.Event]) -> Iterator[tuple[Path, int]]:
    """Each key and item with its line, from the outermost in. Raises `YAMLError` for what is no file of values."""
    stack: list[_Open] = []
    for event in events:
        here = stack[-1] if stack else None
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            if stack:
                stack[-1].next()
        elif not isinstance(event, yaml.NodeEvent):
            continue
        elif here is not None and here.part is None:
            if not isinstance(event, yaml.ScalarEvent):
                raise yaml.YAMLError("a key is no text")
            here.part = event.value
            yield (*here.path, here.part), _line(event)
        else:
            path: Path = ("values",) if here is None else (*here.path, here.part)  # type: ignore[arg-type]
            if here is not None and here.is_list:
                yield path, _line(event)
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) == _DEEPEST:
                    raise yaml.YAMLError("is nested too deeply")
                stack.append(_Open(path, 0 if isinstance(event, yaml.SequenceStartEvent) else None))
            elif here is not None:
                here.next()


def _line(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.line + 1

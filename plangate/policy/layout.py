"""The one layout of a policy file: its keys in the order in which people read them, comments where they stood."""

from __future__ import annotations

import re
from typing import Final

import yaml

from plangate.errors import PolicyLoadError

ORDER: Final = (
    *("id", "family", "severity", "follows_consequence", "summary", "why", "match", "params", "each", "when"),
    *("introduced", "message", "remediation", "references", "since", "tests"),
)
"""The keys of a policy in their order. Another key comes before `tests`."""
_KEY: Final = re.compile(r"([A-Za-z_][\w-]*)\s*:")


def is_policy(text: str) -> bool:
    """Whether a text is a policy with a condition of its own, and no family, knowledge or anything else."""
    return {"id", "match"} <= {key for key, _ in _blocks(text)[1]}


def laid_out(name: str, text: str) -> str:
    """The same policy with its keys in order. Comments above a key go with it; a text that is no mapping is refused.

    Raises `PolicyLoadError`, which names the file `name`.
    """
    head, blocks = _blocks(text)
    last = len(ORDER) - 1
    blocks.sort(key=lambda block: ORDER.index(block[0]) if block[0] in ORDER else last - 0.5)
    made = "\n".join(line.rstrip() for _, lines in [("", head), *blocks] for line in lines).strip("\n") + "\n"
    if _data(name, made) != _data(name, text):
        raise PolicyLoadError("cannot be laid out: its keys do not stand on lines of their own", where=name)
    return made


def _data(name: str, text: str) -> object:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise PolicyLoadError("is not YAML", where=name) from None


def _blocks(text: str) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The lines before everything, and each key of the top level with its lines and the comments above it."""
    head: list[str] = []
    blocks: list[tuple[str, list[str]]] = []
    waiting: list[str] = []
    for line in text.splitlines():
        found = _KEY.match(line)
        if found is not None:
            first = not blocks
            modeline = [one for one in waiting if first and one.startswith("# yaml-language-server")]
            head += modeline
            blocks.append((found[1], [*(one for one in waiting if one.strip() and one not in modeline), line]))
            waiting = []
        elif line.startswith("#") or not line.strip():
            waiting.append(line)
        else:
            (blocks[-1][1] if blocks else head).extend([*waiting, line])
            waiting = []
    if blocks:
        blocks[-1][1].extend(line for line in waiting if line.strip())
    return head, blocks

"""Checks `policies/knowledge/kubernetes-immutable.yaml` when the index is built, so that no rule of it is silently without effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from msgspec import Struct

from plangate.lang.located_yaml import LocatedYaml
from plangate.lang.typo import did_you_mean
from plangate.policy.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Condition: TypeAlias = Literal["", "immutable", "was-set", "job", "completions"]
"""The conditions that a rule can name with `when`; `plangate/classify/kubernetes/api/immutable.py` has them."""
CONDITIONS: Final[tuple[str, ...]] = get_args(Condition)


class _Rule(Struct, frozen=True, forbid_unknown_fields=True, rename={"except_": "except"}):
    kinds: list[str]
    paths: list[str]
    says: str
    out: str
    except_: list[str] = []
    when: Condition = ""
    since: dict[str, str] = {}
    out_of: dict[str, str] = {}


class _Rules(Struct, frozen=True, forbid_unknown_fields=True):
    rules: list[_Rule]


def check(file: Path, kinds: Collection[str]) -> None:
    """Refuse a rule of another shape, about a kind that there is not, or with a path that is none.

    `kinds` are the built-in ones as `group/Kind`. Raises `PolicyLoadError` with line and column.
    """
    marked = LocatedYaml(str(file), file.read_text("utf-8"))
    read = marked.convert(marked.data, _Rules, {(): _Rules, ("rules", "*"): _Rule})
    for i, rule in enumerate(read.rules):
        for j, kind in enumerate(rule.kinds):
            group, slash, name = kind.partition("/")
            own = "." in group and not any(one.partition("/")[0] == group for one in kinds)
            if kind not in kinds and not (own and slash and name[:1].isupper()):
                marked.fail(f"no kind {kind}{did_you_mean(kind, sorted(kinds))}", ("rules", i, "kinds", j))
        for key, paths in (("paths", rule.paths), ("except", rule.except_)):
            for j, path in enumerate(paths):
                try:
                    parse_path(path)
                except ValueError:
                    marked.fail(f"'{path}' is not a path", ("rules", i, key, j))

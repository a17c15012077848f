"""Writes `policies/index.json`, every shipped family, policy and knowledge document, one a line; and `policies/types.tsv`.

python -m plangate.policy.index           write them
python -m plangate.policy.index --check   exit 1 when one is not current
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import yaml

from plangate import knowledge as shipped
from plangate.errors import PolicyLoadError
from plangate.lang.literals import Requirement, requirements
from plangate.policy import families, immutable_rules, type_index
from plangate.policy.file import read, read_builtin
from plangate.policy.type_names import kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from plangate.model.policy import BuiltinPolicy, Policy

    T = TypeVar("T", Policy, BuiltinPolicy)

_SHORT = 3
_BEHIND_NAMES = "=:\"'] \t\\%<1234567890_"


def build(folder: Path) -> bytes:
    """The index of a folder of policies. Raises `PolicyLoadError`.

    Each record stands on a line of its own, in order, so that changes of two policies do not meet.
    """
    folders = families.read(folder)
    known = {one.family.name: one.family for one in folders}
    policies: list[Policy] = []
    builtin: list[BuiltinPolicy] = []
    for of in folders:
        for file in of.files:
            if of.family.builtin:
                builtin.append(_placed(read_builtin(file, known), file))
            else:
                policies.append(_placed(read(file, known), file))
                _check_view(policies[-1], of.family.view, file)
    knowledge = {
        file.stem: yaml.load(file.read_text("utf-8"), Loader=yaml.SafeLoader)
        for file in sorted((folder / "knowledge").glob("*.yaml"))
    }
    immutable_rules.check(
        folder / "knowledge" / "kubernetes-immutable.yaml", kinds(knowledge["kubernetes-schema"]["kinds"])
    )
    _prepare(knowledge["secret-formats"], knowledge["secret-names"]["strong"])
    sections = (
        f'"builtin":{{{_lines(_pairs({one.id: _without_cases(one) for one in builtin}))}}}',
        f'"families":[{_lines(_json(_without_defaults(one.family)) for one in folders)}]',
        f'"knowledge":{{{_lines(_pairs(knowledge))}}}',
        f'"policies":[{_lines(_json(_without_cases(one)) for one in sorted(policies, key=lambda one: one.id))}]',
    )
    return f"{{{','.join(sections)}}}\n".encode()


def _prepare(formats: dict[str, Any], names: dict[str, list[str]]) -> None:
    """Complete the forms of secrets: their pieces put in, and the literals that each requires.

    Found here, because reading an expression takes longer than a small review may.
    """
    parts = formats.pop("parts", {})
    of_names = _requirement_of(names)
    numbers: dict[Requirement, int] = {}
    for format_ in formats["formats"]:
        for name, piece in parts.items():
            format_["regex"] = format_["regex"].replace(f"%{{{name}}}", piece)
        required = requirements(format_["regex"], ignore_case=format_.get("ignore_case", False))
        if "(?P<name>" in format_["regex"]:
            required.append(of_names)
        format_["requires"] = [numbers.setdefault(one, len(numbers)) for one in required]
    formats["requirements"] = msgspec.to_builtins(list(numbers))


def _requirement_of(names: dict[str, list[str]]) -> Requirement:
    """What a text holds in which a name hides any text: a word of such names, or a pair of words, as names join them.

    Short words, and those that count as the last ones only, stand before what may follow a name: they are in many others.
    """
    words = [*names["words"], *names.get("parts", ())]
    ends = [*(word for word in words if len(word) <= _SHORT and word.isascii()), *names.get("last", ())]
    literals = {word for word in words if word not in ends}
    literals |= {word + behind for word in ends for behind in _BEHIND_NAMES}
    literals |= {between.join(pair.split()) for pair in names.get("pairs", ()) for between in ("", "_", "-", ".")}
    return Requirement(tuple(sorted(literals)), folded=True)


def _placed(policy: T, file: Path) -> T:
    """The policy, which stands where its id and family say. Raises `PolicyLoadError`."""
    if (policy.id, policy.family) != (file.stem, file.parent.name):
        raise PolicyLoadError("the id is the file's name and the family its folder's", where=str(file), place="1:1")
    return policy


def _check_view(policy: Policy, view: str, file: Path) -> None:
    if policy.match.view not in ("", view):
        raise PolicyLoadError(f"the view {policy.match.view} belongs to another family", where=str(file), place="1:1")


def _pairs(records: Mapping[str, Any]) -> Iterable[str]:
    return (f"{_json(name)}:{_json(record)}" for name, record in sorted(records.items()))


def _lines(records: Iterable[str]) -> str:
    return "\n" + ",\n".join(records) + "\n"


def _json(record: Any) -> str:
    # Ports are keys in the knowledge, and JSON has only strings there.
    return json.dumps(record, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _without_cases(policy: Policy | BuiltinPolicy) -> dict[str, object]:
    """A policy as the index holds it: a review needs no test cases."""
    return {key: value for key, value in _without_defaults(policy).items() if key != "tests"}


def _without_defaults(record: msgspec.Struct) -> dict[str, object]:
    return {key: value for key, value in msgspec.to_builtins(record).items() if value not in (None, "", [], {})}


def main(arguments: list[str]) -> int:
    """Write or check the index."""
    folder = shipped.folder()
    try:
        files = {folder / "index.json": build(folder), folder / "types.tsv": type_index.build(folder)}
    except PolicyLoadError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if arguments == ["--check"]:
        stale = [path for path, built in files.items() if not path.is_file() or path.read_bytes() != built]
        for path in stale:
            sys.stderr.write(f"{path} is not current: run python -m plangate.policy.index\n")
        return 1 if stale else 0
    for path, built in files.items():
        path.write_bytes(built)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

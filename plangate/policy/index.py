"""Writes `policies/index.json`: every shipped policy, checked, and every knowledge document.

python -m plangate.policy.index           write it
python -m plangate.policy.index --check   exit 1 when it is not current
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec

from plangate import knowledge as shipped
from plangate.errors import PolicyLoadError
from plangate.lang.literals import requirements
from plangate.model.policy import Policy
from plangate.policy.file import read
from plangate.policy.load import shipped_files

if TYPE_CHECKING:
    from pathlib import Path


def build(folder: Path) -> bytes:
    """The index of a folder of policies. Raises `PolicyLoadError`."""
    import yaml

    policies: list[Policy] = []
    for file in shipped_files():
        policy = read(file)
        if (policy.id, policy.family) != (file.stem, file.parent.name):
            raise PolicyLoadError("the id is the file's name and the family its folder's", where=str(file), place="1:1")
        policies.append(policy)
    knowledge = {
        file.stem: yaml.load(file.read_text("utf-8"), Loader=yaml.SafeLoader)
        for file in sorted((folder / "knowledge").glob("*.yaml"))
    }
    for format_ in knowledge["secret-formats"]["formats"]:
        # Found here, because reading an expression takes longer than a small review may.
        required = requirements(format_["regex"], ignore_case=format_.get("ignore_case", False))
        format_["requires"] = msgspec.to_builtins(required)
    index = {"policies": [_without_cases(policy) for policy in policies], "knowledge": knowledge}
    # Ports are keys in the knowledge, and JSON has only strings there.
    return json.dumps(index, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _without_cases(policy: Policy) -> dict[str, object]:
    """A policy as the index holds it: a review needs no test cases."""
    fields = msgspec.to_builtins(policy)
    del fields["tests"]
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}


def main(arguments: list[str]) -> int:
    """Write or check the index."""
    path = shipped.folder() / "index.json"
    built = build(shipped.folder())
    if arguments == ["--check"]:
        current = path.is_file() and path.read_bytes() == built
        sys.stderr.write("" if current else f"{path} is not current: run python -m plangate.policy.index\n")
        return 0 if current else 1
    path.write_bytes(built)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""Writes `policies/index.json`, every shipped policy, checked, and every knowledge document; and `policies/types.tsv`.

python -m plangate.policy.index           write them
python -m plangate.policy.index --check   exit 1 when one is not current
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec

from plangate import knowledge as shipped
from plangate.errors import PolicyLoadError
from plangate.model.policy import Policy
from plangate.policy import type_index
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
    folder = shipped.folder()
    files = {folder / "index.json": build(folder), folder / "types.tsv": type_index.build(folder)}
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

"""`plangate init`: a commented configuration, a file of waivers and a workflow for the repository it finds."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from plangate import __version__
from plangate.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator

_SKIPPED: Final = frozenset({".git", ".terraform", "node_modules", ".venv", "modules"})
_MOST_FOLDERS: Final = 5_000
_PROTECTED: Final = {"prod": True, "production": True, "staging": False, "stage": False, "test": False, "dev": False}
"""Names of folders that are environments, and whether one of that name is protected unless somebody says otherwise."""

_ROOT = re.compile(rb'^[ \t]*(?:backend\s+"|provider\s+"|cloud\s*\{)', re.MULTILINE)

_CONFIG = """\
# yaml-language-server: $schema=https://raw.githubusercontent.com/plangate/plangate/main/docs/config.schema.json
# What this repository asks of its gate. docs/configuration.md explains every key; one that is not known is refused.
requires: ">={version}"

# observe: the command exits 0 and says what enforcing would give. Change it to enforce after two quiet weeks.
mode: observe

# Each environment is known by what fits it. One that does not say `protected: false` is protected: there, high blocks.
environments:{environments}

# Findings that somebody accepted, with an owner and a last day.
waivers:
  files: [{waivers}]
  longest_days: 90
  forbid: {{severities: [critical]}}

# Policies of your own: plangate policy new ID --folder policies/plangate
# policy_paths: [policies/plangate]

# policies:
#   interruption-scheduled: {{severity: medium, reason: nobody is awake at night}}
"""

_WAIVERS = """\
# Each waiver accepts one finding: for these addresses (* and ? are wild), for a reason, until the end of a day.
# waivers:
#   - policy: deletion-guard-removed
#     address: module.sandbox.aws_db_instance.*
#     reason: the sandbox is removed next week
#     owner: platform@example.org
#     expires: 2030-01-31
waivers: []
"""

_WORKFLOW = """\
# Reviews every plan and says so on the pull request. Policies, waivers and configuration come from the base branch.
name: plangate

on:
  pull_request:

permissions:
  contents: read

jobs:
  review:
    runs-on: ubuntu-24.04
    timeout-minutes: 20
    permissions:
      contents: read
      pull-requests: write
      checks: write
    strategy:
      fail-fast: false
      matrix:
        folder: [{folders}]
    steps:
      - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          persist-credentials: false
      - uses: hashicorp/setup-terraform@b9cd54a3c349d3f38e8881555d616ced269862dd # v3.1.2
        with:
          terraform_wrapper: false
      # Give this job credentials that may read the state and the cloud, and nothing else.
      - run: terraform init -input=false
        working-directory: ${{{{ matrix.folder }}}}
      - run: terraform plan -input=false -out=tfplan
        working-directory: ${{{{ matrix.folder }}}}
      - run: terraform show -json tfplan > plan.json
        working-directory: ${{{{ matrix.folder }}}}
      - uses: plangate/plangate@0000000000000000000000000000000000000000 # the commit of a release
        with:
          plan: ${{{{ matrix.folder }}}}/plan.json
          tf-dir: ${{{{ matrix.folder }}}}
          target: ${{{{ matrix.folder }}}}
"""


@click.command()
@click.option("--no-workflow", is_flag=True, help="Write no workflow.")
def init(*, no_workflow: bool) -> None:
    """Write a configuration, a file of waivers and a workflow for the repository in this folder.

    Nothing that is there already is changed.
    """
    roots = sorted(_roots(Path()))
    files = {".plangate.yaml": config(roots), ".plangate-waivers.yaml": _WAIVERS}
    if not no_workflow:
        files[".github/workflows/plangate.yml"] = _WORKFLOW.format(
            folders=", ".join(_quoted(one) for one in roots or ["."])
        )
    for name, text in files.items():
        path = Path(name)
        if os.path.lexists(path):
            output.note(f"{name} is there already, and stays as it is")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        output.line(f"wrote {name}")


def config(roots: list[str]) -> str:
    """The configuration for root modules in these folders."""
    found: dict[str, list[str]] = {}
    for root in roots:
        for part in root.split("/"):
            name = next((word for word in _PROTECTED if word in re.split(r"[-_.]", part.lower())), None)
            if name is not None:
                found.setdefault(name, []).append(root)
                break
    lines = [
        f"  {name}:\n"
        + (f"    protected: {str(_PROTECTED[name]).lower()}\n" if not _PROTECTED[name] else "")
        + f"    match: {{paths: [{', '.join(_quoted(f'{root}/**') for root in of_it)}]}}"
        for name, of_it in sorted(found.items())
    ]
    environments = "\n" + "\n".join(lines) if lines else " {}"
    minor = ".".join(__version__.split(".")[:2])
    return _CONFIG.format(version=minor, environments=environments, waivers=".plangate-waivers.yaml")


def _roots(top: Path) -> Iterator[str]:
    """The root modules: folders that configure a backend or a provider. Links are not followed."""
    for seen, (folder, below, files) in enumerate(os.walk(top)):
        below[:] = sorted(name for name in below if name not in _SKIPPED and not name.startswith("."))
        if seen > _MOST_FOLDERS:
            return
        configurations = [Path(folder, name) for name in sorted(files) if name.endswith(".tf")]
        if any(_ROOT.search(_start(file)) for file in configurations):
            yield Path(folder).as_posix()


def _start(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(1 << 20)
    except OSError:
        return b""


def _quoted(text: str) -> str:
    """A text for a list of YAML, in JSON's quotes."""
    return msgspec.json.encode(text).decode()

"""Fills the generated blocks of the documentation: `<!-- name -->` to `<!-- end -->`, and writes the schema of policy files.

`--check` only says what is stale.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from plangate.policy.expressions import FUNCTIONS
from plangate.policy.facts import FACTS
from plangate.policy.schema import schema
from plangate.policy.vocabulary import vocabulary
from plangate.report.formats import Format

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "ci.md", ROOT / "docs" / "writing-policies.md")
SCHEMA = ROOT / "docs" / "policy.schema.json"
_BLOCK = re.compile(r"(<!-- (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


_DRIFT = (
    "drift",
    "--values=fixtures/drift/values.yaml",
    "--release=gateway/litellm",
    "--live-values=fixtures/drift/live-values.json",
    "--history=fixtures/drift/history.json",
    "--metadata=fixtures/drift/metadata.json",
)


def command(*arguments: str) -> str:
    """What the command prints on a page of 80 columns, as a block."""
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    environment.pop("FORCE_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-m", "plangate", *arguments], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    return f"```text\n{done.stdout.decode().rstrip()}\n```\n"


def table(rows: dict[str, str], heads: tuple[str, str]) -> str:
    """A table of names and meanings."""
    lines = [
        f"| {heads[0]} | {heads[1]} |",
        "| --- | --- |",
        *(f"| `{name}` | {text} |" for name, text in rows.items()),
    ]
    return "\n".join(lines) + "\n"


def _recorded(folder: str) -> str:
    """How predictions fared on the recorded upgrades of a folder of fixtures."""
    return (ROOT / "fixtures" / folder / "PREDICTIONS.md").read_text("utf-8")


def _variables() -> str:
    kinds = {"text": "", "list": "list: ", "bool": "true or false: "}
    return table({name: kinds[fact.kind] + fact.meaning for name, fact in FACTS.items()}, ("variable", "is"))


def _effects() -> str:
    rows = ["| effect | is | of | kinds |", "| --- | --- | --- | --- |"]
    for name, effect in vocabulary().effects.items():
        for source, kinds in effect.kinds.items():
            listed = "<br>".join(f"`{name}:{kind}`: {meaning}" for kind, meaning in kinds.items())
            rows.append(f"| `{name}` | {effect.meaning} | {source} | {listed} |")
    return "\n".join(rows) + "\n"


def _traits() -> str:
    rows = ["| trait | is | of |", "| --- | --- | --- |"]
    rows += [
        f"| `{name}` | {meaning} | {source} |"
        for source, traits in vocabulary().traits.items()
        for name, meaning in traits.items()
    ]
    return "\n".join(rows) + "\n"


def _notices() -> str:
    return table(
        {view: ", ".join(f"`{kind}`" for kind in kinds) for view, kinds in vocabulary().views.items()},
        ("view", "notices"),
    )


def formats() -> str:
    """The table of output formats."""
    rows = [f"| `{name}` | {name.renderer.read_by} | {name.renderer.notes} |" for name in Format]
    return "\n".join(("| format | read by | notes |", "| --- | --- | --- |", *rows)) + "\n"


def _examples() -> str:
    """Each worked example without its cases."""
    parts = []
    for file in sorted((ROOT / "docs" / "examples").glob("*.yaml")):
        text = file.read_text("utf-8").partition("tests:\n")[0].rstrip()
        summary = re.search(r"^summary: (.*)$", text, re.MULTILINE)
        parts.append(
            f"**{summary[1] if summary else file.stem}**: [{file.name}](examples/{file.name})\n\n```yaml\n{text}\n```\n"
        )
    return "\n".join(parts)


BLOCKS = {
    "examples": _examples,
    "formats": formats,
    "predictions": lambda: _recorded("helm-upgrades") + "\n" + _recorded("public-charts"),
    "example": lambda: command("review", "fixtures/release/plan.json"),
    "drift": lambda: command(*_DRIFT),
    "help": lambda: command("review", "--help"),
    "variables": _variables,
    "effects": _effects,
    "traits": _traits,
    "notices": _notices,
    "functions": lambda: table(FUNCTIONS, ("function", "gives")),
}


def _filled(block: re.Match[str]) -> str:
    return block[1] + BLOCKS[block[2]]() + block[3]


def main(arguments: list[str]) -> int:
    """Fill or check every page."""
    stale = 0
    filled_pages = {page: _BLOCK.sub(_filled, page.read_text("utf-8")) for page in PAGES}
    for page, filled in {**filled_pages, SCHEMA: schema().decode()}.items():
        if not page.is_file() or filled != page.read_text("utf-8"):
            stale += 1
            if arguments == ["--check"]:
                sys.stderr.write(f"{page.relative_to(ROOT)} is stale: make docs\n")
            else:
                page.write_text(filled, "utf-8")
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

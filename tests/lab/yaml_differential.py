"""Whether plangate reads manifests as the libraries of Helm and Kubernetes do.

    python tests/lab/yaml_differential.py READER [--count N] [--seed N] [FILE...]     compares N texts made at random, and files
    python tests/lab/yaml_differential.py READER --record PATH                        records READER's answers for a test without it

READER is `.lab/bin/yaml-reader`, which `make lab` builds from `tests/lab/yaml_reader`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.support import manifest_reading, manifest_texts

RECORDED = 350
SEED = 1


def answers(reader: Path, requests: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What the program in Go answers, in order."""
    asked = "".join(json.dumps(one) + "\n" for one in requests)
    done = subprocess.run([str(reader)], input=asked.encode(), capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def asked(texts: list[str], reader: Path) -> list[dict[str, Any]]:
    """The texts as manifests, and what both majors of Helm make of them as templates, each with the answer."""
    made = answers(reader, [{"read": "template", "text": text} for text in texts])
    charts = [one[major] for one in made for major in ("helm3", "helm4")]
    every = [(text, False) for text in (*texts, *filter(None, dict.fromkeys(one["manifest"] for one in charts)))]
    every += [(hook, True) for one in charts for hook in one["hooks"]]
    # How many line breaks end a manifest depends on what printed it: plangate takes one.
    every = [(text.rstrip("\n") + "\n", hook) for text, hook in every]
    told = answers(reader, [{"read": "manifest", "text": text} for text, _ in every])
    return [{"text": text, "hook": hook, **one} for (text, hook), one in zip(every, told, strict=True)]


def differences(texts: list[str], reader: Path) -> list[str]:
    """How the readings of some texts differ, in words."""
    return _differences(asked(texts, reader))


def _differences(told: list[dict[str, Any]]) -> list[str]:
    found = ((one["text"], manifest_reading.difference(one["text"], one, hook=one["hook"])) for one in told)
    return [f"{text!r}\n    {difference}" for text, difference in found if difference]


def held(file: Path) -> list[str]:
    """The manifests in a file: those of a release as JSON, or the text itself."""
    text = file.read_text("utf-8-sig")
    if file.suffix != ".json":
        return [text]
    try:
        release = json.loads(text)
    except ValueError:
        return []
    if not isinstance(release, dict) or "manifest" not in release:
        return [text] if isinstance(release, dict) and "kind" in release else []
    return [release["manifest"] or "", *(one["manifest"] for one in release.get("hooks") or ())]


def main() -> int:
    """Compare, print every difference; 1 where there is one."""
    parser = argparse.ArgumentParser(description="Compare how manifests are read.")
    parser.add_argument("reader", type=Path)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--record", type=Path)
    options = parser.parse_intermixed_args()
    count = RECORDED if options.record else options.count
    texts = [manifest_texts.text(Random(f"{options.seed}/{number}")) for number in range(count)]
    texts += [text for file in options.files for text in held(file)]
    told = asked(texts, options.reader)
    if options.record:
        options.record.write_text("\n".join(map(json.dumps, told)) + "\n")
    found = _differences(told)
    refused = sum("error" in one for one in told)
    sys.stdout.write("".join(f"{one}\n" for one in found))
    sys.stdout.write(f"{len(told)} texts of {len(texts)}, {refused} refused by Go, {len(found)} differences\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

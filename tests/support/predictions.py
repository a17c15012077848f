"""Predictions of `plangate review` held against what a real API server did, for recorded upgrades in folders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.command import run_here

RECORDED = ("helm3", "helm4", "helm3then4")
_EVIDENCE = {
    "--manifest": "manifest-deployed.yaml",
    "--hooks": "hooks-deployed.yaml",
    "--history": "history.json",
    "--live-values": "values.json",
    "--metadata": "metadata.json",
}


@dataclass
class Tally:
    """How predictions fared: right, wrong, and what was said to be unknown; by way of recording and evidence."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """The counts as a table for people."""
        lines = ["| recorded with | evidence | right | said unknown | wrong |", "| --- | --- | --- | --- | --- |"]
        names = {"helm3": "Helm 3", "helm4": "Helm 4", "helm3then4": "Helm 3, then 4"}
        for way in RECORDED:
            for mode in ("offline", "live objects"):
                cells = " | ".join(str(self.counts[way, mode, how]) for how in ("right", "said", "wrong"))
                lines.append(f"| {names[way]} | {mode} | {cells} |")
        return "\n".join(lines) + "\n"


def recordings(folder: Path) -> list[Path]:
    """Every recording below a folder of scenarios."""
    return sorted(path.parent for way in RECORDED for path in folder.glob(f"*/{way}/truth.json"))


def judge(recording: Path, tally: Tally, *, needs_live: bool, formats: tuple[str, ...] = ("txt", "json")) -> None:
    """Review one recording offline and with live objects, and count what was predicted."""
    truth = json.loads((recording / "truth.json").read_text("utf-8"))
    refused = not (recording / "dry-run.txt").read_text("utf-8").strip()
    for mode in ("offline", "live objects"):
        for kind in ("stderr",) if refused else formats:
            for how, why in _judged(recording, truth, mode, kind, lenient=needs_live and mode == "offline"):
                tally.counts[recording.name, mode, how] += 1
                if how == "wrong":
                    tally.wrong.append(f"{recording.parent.name}/{recording.name} {kind} {mode}: {why}")


def _judged(
    recording: Path, truth: dict[str, Any], mode: str, kind: str, *, lenient: bool
) -> Iterator[tuple[str, str]]:
    arguments: list[str | Path] = [recording / f"dry-run.{kind}", "--kube-version", "1.34", "--format", "json"]
    for flag, name in _EVIDENCE.items():
        arguments += [flag, recording / name]
    if mode != "offline":
        arguments += ["--live-objects", recording / "live-objects.json"]
    done = run_here("review", *arguments)
    if kind == "stderr":
        yield ("right", "") if done.code in (3, 4, 10) else ("wrong", f"passes, {done.code}, what Helm refused")
        return
    if done.code not in (0, 3, 4, 10, 11):
        yield "wrong", f"exit code {done.code}: {done.stderr.decode()[-300:]}"
        return
    verdict = json.loads(done.stdout)
    changes = verdict["changes"]
    fails = [one["address"] for one in changes if "fails" in one["effects"]]
    may = [one["address"] for one in changes if "may-fail" in one["effects"]]
    if not truth["upgrade_ok"]:
        if fails and verdict["decision"] == "block":
            yield "right", ""
        elif may or (lenient and verdict["coverage"]["skipped"]):
            yield "said", ""
        else:
            yield "wrong", f"misses that it fails: {truth['error'][-250:]}"
        return
    yield ("wrong", f"says that these fail: {fails}") if fails else ("right", "")
    if not lenient:
        yield from _sets(recording, truth, changes)


def _sets(recording: Path, truth: dict[str, Any], changes: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Created, deleted, rolled and changed objects, of those that a manifest declares."""
    namespace = json.loads((recording / "metadata.json").read_text("utf-8"))["namespace"]
    dry = yaml.safe_load((recording / "dry-run.json").read_text("utf-8"))["manifest"]
    declared = _declared((recording / "manifest-deployed.yaml").read_text("utf-8"), dry)
    known = {(kind, name.replace(namespace, "NS")) for kind, name in declared}

    def told(keep: Any) -> list[tuple[str, str]]:
        parts = (one["address"].split("/") for one in changes if one["source"] == "helm" and keep(one))
        return sorted((kind, name.replace(namespace, "NS")) for _, kind, _, name in parts)

    questions = {
        "created": lambda one: one["action"] == "create",
        "deleted": lambda one: one["action"] == "destroy",
        "rollout": lambda one: "rolls-pods" in one["effects"] and one["action"] == "update",
        "changed": lambda one: one["action"] == "update" and one["noise"] is None,
    }
    for name, keep in questions.items():
        real = sorted({(key.split("/")[0], key.split("/")[-1]) for key in truth[name]} & known)
        found = told(keep)
        yield ("right", "") if real == found else ("wrong", f"{name}: really {real}, told {found}")


def _declared(*texts: str) -> set[tuple[str, str]]:
    found = set()
    for text in texts:
        for document in yaml.safe_load_all(text):
            if not isinstance(document, dict):
                continue
            listed = document.get("kind", "").endswith("List")
            for one in document.get("items") or () if listed else (document,):
                found.add((one["kind"], one["metadata"].get("name", "")))
    return found

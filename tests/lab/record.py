"""Records upgrades with the real Helm 3 and 4 and what the API server then did: tests/lab/record.py [SCENARIO...]

Needs the lab: `tests/lab/install.sh`, `tests/lab/up.sh`, and its folder in PLANGATE_LAB (default `.lab`). What is recorded is
told in `fixtures/helm-upgrades/scenarios/*.yaml` (see scenarios.py); what comes out is described in the SOURCE.md that
this writes. Ids, times, addresses and ports that the cluster draws are replaced by fixed ones, so that recording twice
gives the same files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml
from cluster import Cluster, Object
from normal import Normal
from scenarios import TARGET, Scenario, read
from truth import Snapshot, truth

LAB = Path(os.environ.get("PLANGATE_LAB", ".lab")).resolve()
RELEASE = "web"
SOURCE = """\
# Recorded upgrades

Made by `tests/lab/record.py` with {helm3}, {helm4} and Kubernetes {kube} (its API server and controllers, no nodes: pods never
run). Charts, objects and values are our own; every secret is invented. Nothing here is edited by hand.

A folder per scenario; in it `helm3/` (installed and upgraded with Helm 3), `helm4/` (with Helm 4, which applies server-side) and for
some `helm3then4/` (born under Helm 3 and upgraded with Helm 4, which keeps client-side apply). Each holds the dry run
(`dry-run.txt`, `dry-run.json`; empty where Helm refused, with its words in `dry-run.stderr`), the evidence from right before
the upgrade (`manifest-deployed.yaml`, `hooks-deployed.yaml`, `values.json`, `history.json`, `metadata.json`, and
`live-objects.json`, Secret data taken out), what the real upgrade said (`upgrade.stderr`; run with `--no-hooks`), and `truth.json`:
what was created, deleted, recreated, changed and left unchanged (`Kind/namespace/name`), whose pod template changed
(`rollout`), whose replicas (`scaled`), or the error. `needs-live.txt` names the scenarios in which a fact decides that only
the cluster knows.

| scenario | what happens |
| --- | --- |
{rows}
"""


@dataclass
class Tools:
    """The tools of the lab, in an environment of their own."""

    home: Path

    def environment(self, major: int) -> dict[str, str]:
        return {
            "PATH": f"{LAB / f'helm{major}'}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "KUBECONFIG": str(LAB / "run" / "kubeconfig"),
            "TZ": "UTC",
        }

    def run(self, major: int, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            arguments,
            env={**self.environment(major), **extra},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def helm(self, major: int, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(major, str(LAB / f"helm{major}" / "helm"), *arguments)


class Recording:
    """One scenario under one major."""

    def __init__(self, scenario: Scenario, way: str, cluster: Cluster, folder: Path, again: str = ""):
        self.scenario = scenario
        self.born, self.major = {"3": (3, 3), "4": (4, 4), "34": (3, 4)}[way]
        self.namespace = "-".join(filter(None, (scenario.name, way, again)))
        self.cluster = cluster
        self.tools = Tools(folder)
        self.folder = folder
        self.out = TARGET / scenario.name / {"3": "helm3", "4": "helm4", "34": "helm3then4"}[way]
        self.normal = Normal(scenario.text)

    def __call__(self) -> None:
        """Record it."""
        self.out.mkdir(parents=True, exist_ok=True)
        for old in self.out.iterdir():
            old.unlink()
        with self.prepared():
            kinds = self._evidence()
            before = Snapshot(self._settled(kinds), self.namespace)
            done = self.tools.helm(self.major, *self.upgrade("--no-hooks"))
            self._write("upgrade.stderr", done.stderr)
            after = Snapshot(self._settled(kinds), self.namespace)
            told = truth(before, after, done.stderr if done.returncode else None, self.namespace)
            self._write("truth.json", json.dumps(told, indent=1) + "\n")

    @contextlib.contextmanager
    def prepared(self) -> Iterator[None]:
        """The cluster as it is before the upgrade: whatever was there, the installed release, what was done by hand."""
        self.cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})
        while self.cluster.ask("GET", f"/api/v1/namespaces/{self.namespace}/serviceaccounts/default")[0] == 404:
            time.sleep(0.05)
        try:
            self._install()
            yield
        finally:
            self._clean()

    def _install(self) -> None:
        self.old = self.scenario.chart(self.folder / "old", new=False)
        self.new = self.scenario.chart(self.folder / "new", new=True)
        for line in self.scenario.before:
            self._shell(line)
        done = self.tools.helm(
            self.born, "install", RELEASE, str(self.old), "-n", self.namespace, "--no-hooks", *self._values(new=False)
        )
        if done.returncode:
            raise SystemExit(f"{self.namespace}: {done.stderr}")
        self._settled(self._kinds(self.tools.helm(3, "get", "manifest", RELEASE, "-n", self.namespace).stdout))
        for line in self.scenario.live:
            self._shell(line)

    def _shell(self, line: str) -> None:
        done = self.tools.run(
            self.born, "bash", "-c", line, NS=self.namespace, OLD=str(self.old), NEW=str(self.new), RELEASE=RELEASE
        )
        if done.returncode and not line.startswith("!"):
            raise SystemExit(f"{self.namespace}: {line}: {done.stderr}")

    def _values(self, *, new: bool) -> list[str]:
        values = self.scenario.new_values if new else self.scenario.old_values
        if values is None:
            return []
        path = self.folder / ("values-new.yaml" if new else "values-old.yaml")
        path.write_text(yaml.safe_dump(values, sort_keys=False), "utf-8")
        return ["-f", str(path)]

    def upgrade(self, *extra: str) -> list[str]:
        """The arguments of the upgrade."""
        return [
            "upgrade", RELEASE, str(self.new), "-n", self.namespace, *self._values(new=True), *self.scenario.arguments, *extra,
        ]  # fmt: skip

    def _evidence(self) -> set[tuple[str, str]]:
        tools, major = self.tools, self.major
        dry = "--dry-run=server"
        text = tools.helm(major, *self.upgrade(dry))
        failed = text.returncode != 0
        self._write("dry-run.txt", "" if failed else text.stdout)
        self._write("dry-run.stderr", text.stderr)
        if not failed:
            self._write("dry-run.json", tools.helm(major, *self.upgrade(dry, "-o", "json")).stdout)
        history = tools.helm(major, "history", RELEASE, "-n", self.namespace, "-o", "json").stdout
        deployed = [one["revision"] for one in json.loads(history) if one["status"] == "deployed"]
        at = ["--revision", str(deployed[-1])] if deployed else []
        self._write("history.json", history)
        for name, words in {
            "manifest-deployed.yaml": ["manifest", *at],
            "hooks-deployed.yaml": ["hooks", *at],
            "values.json": ["values", "-o", "json"],
            "metadata.json": ["metadata", "-o", "json"],
        }.items():
            self._write(
                name, tools.helm(major, "get", words[0], RELEASE, "-n", self.namespace, *words[1:]).stdout, keep=True
            )
        manifests = (self.out / "manifest-deployed.yaml").read_text("utf-8"), "" if failed else text.stdout
        kinds = self._kinds(*manifests)
        live = self._settled(kinds)
        for one in live:
            if one["kind"] == "Secret":
                one.pop("data", None)
        listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": live}, separators=(",", ":"))
        self._write("live-objects.json", listed.replace('{"apiVersion"', '\n{"apiVersion"') + "\n")
        return kinds

    def _kinds(self, *texts: str) -> set[tuple[str, str]]:
        """The kinds that manifests name, as (group, kind)."""
        found = {
            ("", "ServiceAccount"),
            *((group, kind) for kind, _, group in (one.partition(".") for one in self.scenario.watch)),
        }
        for text in texts:
            version = ""
            for line in text.splitlines():
                word = line.strip().removeprefix("- ")
                if word.startswith("apiVersion: "):
                    version = word.removeprefix("apiVersion: ").strip("\"'")
                elif word.startswith("kind: ") and version:
                    kind = word.removeprefix("kind: ").strip("\"'")
                    found.add((version.rpartition("/")[0], kind))
                elif word.startswith("{apiVersion: "):
                    version, kind = (part.partition(": ")[2] for part in word[1:].split(", ")[:2])
                    found.add((version.rpartition("/")[0], kind))
        return found

    def _settled(self, kinds: set[tuple[str, str]]) -> list[Object]:
        """What is there once the controllers have seen it."""
        for _ in range(60):
            live = self.cluster.objects(kinds, self.namespace)
            if all(
                one.get("status", {}).get("observedGeneration", 0) >= one["metadata"].get("generation", 0)
                for one in live
                if one["kind"] in ("Deployment", "StatefulSet")
            ):
                return live
            time.sleep(0.1)
        return live

    def _write(self, name: str, text: str, *, keep: bool = False) -> None:
        text = self.normal(text.replace(str(self.folder), "/charts").replace(str(LAB), "/lab"))
        if text or keep or name.startswith("dry-run.txt"):
            (self.out / name).write_text(text, "utf-8")

    def _clean(self) -> None:
        kinds = self._kinds(
            *(path.read_text("utf-8") for path in self.folder.glob("*/templates/*.yaml")), self.scenario.text
        )
        for one in self.cluster.objects(kinds, self.namespace):
            if "namespace" not in one["metadata"]:
                group = one["apiVersion"].rpartition("/")[0]
                self.cluster.ask("DELETE", f"{self.cluster.path(group, one['kind'], '')}/{one['metadata']['name']}")
        self.cluster.ask("DELETE", f"/api/v1/namespaces/{self.namespace}")


def _record(scenario: Scenario, way: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        try:
            Recording(scenario, way, Cluster(LAB / "run" / "kubeconfig"), Path(folder))()
        except (SystemExit, subprocess.SubprocessError, OSError, ValueError) as error:
            return f"FAILED {scenario.name}-{way}: {error}"
    return f"{scenario.name}-{way}"


def _about(scenarios: list[Scenario]) -> None:
    tools = Tools(LAB)
    helm3, helm4 = (tools.helm(major, "version", "--template", "Helm {{.Version}}").stdout for major in (3, 4))
    kube = Cluster(LAB / "run" / "kubeconfig").ask("GET", "/version")[1]["gitVersion"]
    rows = "\n".join(f"| `{one.name}` | {one.what} |" for one in scenarios)
    about = SOURCE.format(helm3=helm3, helm4=helm4, kube=kube.removeprefix("v"), rows=rows)
    (TARGET / "SOURCE.md").write_text(about, "utf-8")
    unseen = "".join(f"{one.name}\n" for one in scenarios if one.unseen)
    (TARGET / "needs-live.txt").write_text(unseen, "utf-8")


def main(names: list[str]) -> int:
    """Record the scenarios that are named, else those that are recorded already: not everything is worth its size here."""
    scenarios = read()
    known = {one.name for one in scenarios}
    if not known.issuperset(names):
        sys.stderr.write(f"no such scenario: {', '.join(sorted(set(names) - known))}\n")
        return 2
    chosen = [one for one in scenarios if one.name in names or (not names and (TARGET / one.name).is_dir())]
    jobs = [(one, way) for one in chosen for way in one.ways]
    failed = 0
    with ThreadPoolExecutor(3) as pool:
        for line in pool.map(lambda job: _record(*job), jobs):
            failed += line.startswith("FAILED")
            print(line, flush=True)  # noqa: T201 - says how far it is
    for stale in TARGET.iterdir():
        if stale.is_dir() and stale.name not in {*known, "scenarios", "charts"}:
            shutil.rmtree(stale)
    _about([one for one in scenarios if (TARGET / one.name).is_dir()])
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

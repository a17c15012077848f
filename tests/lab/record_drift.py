"""Records a release that was changed by hand, with the real Helm: tests/lab/record_drift.py

Needs the lab, as record.py does. Writes fixtures/drift/: the values that the release is meant to have, and what Helm says of it
after somebody has upgraded it by hand. Times are replaced by fixed ones, so that recording twice gives the same files.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAB = Path(os.environ.get("PLANGATE_LAB", ".lab")).resolve()
INTO = ROOT / "fixtures" / "drift"
CHART = ROOT / "fixtures" / "helm-upgrades" / "charts" / "litellm"
NAMESPACE, RELEASE = "gateway", "litellm"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)"
SOURCE = """\
# A release that was changed by hand

Made by `tests/lab/record_drift.py` with {helm}: installed with `values.yaml`, then upgraded by hand with
`--set replicaCount=6 --set logLevel=DEBUG`. `live-values.json`, `history.json` and `metadata.json` are what Helm said then, with
fixed times.
"""


def helm(*arguments: str) -> str:
    """What the lab's Helm 4 prints."""
    environment = {**os.environ, "KUBECONFIG": str(LAB / "run" / "kubeconfig")}
    command = [str(LAB / "helm4" / "helm"), *arguments, "--namespace", NAMESPACE]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def main() -> None:
    """Install, change by hand, record, and take it away again."""
    values = str(INTO / "values.yaml")
    once = ("--wait=false", "--no-hooks")
    helm("install", RELEASE, str(CHART), "--create-namespace", "-f", values, *once)
    try:
        helm("upgrade", RELEASE, str(CHART), "-f", values, "--set", "replicaCount=6", "--set", "logLevel=DEBUG", *once)
        for name, command in {
            "live-values": ("get", "values"),
            "history": ("history",),
            "metadata": ("get", "metadata"),
        }.items():
            said = re.sub(TIME, "2026-01-30T22:14:00Z", helm(*command, RELEASE, "-o", "json"))
            said = re.sub(r'"modifiedAt":"\d+"', '"modifiedAt":"1769811240"', said)
            (INTO / f"{name}.json").write_text(said.rstrip() + "\n", "utf-8")
    finally:
        helm("uninstall", RELEASE, "--no-hooks")
    (INTO / "SOURCE.md").write_text(
        SOURCE.format(helm=f"Helm {helm('version', '--short').strip().split('+')[0]}"), "utf-8"
    )


if __name__ == "__main__":
    main()

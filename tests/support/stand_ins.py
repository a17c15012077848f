"""Stand-ins for `helm` and `kubectl` that know one release, `prod/web`, whose newest revision failed. For faults and argument lists."""

from __future__ import annotations

import json
import os
from pathlib import Path

SECRET = "invented-hunter-22"
HELM = f"""#!/bin/sh
here=$(dirname "$0")
echo "helm $*" >> "$here/asked"
case "$*" in
"get values web"*) echo '{{"replicaCount":6,"masterPassword":"{SECRET}","image":{{"tag":"v1"}}}}';;
"history web"*) echo '[{{"revision":1,"status":"deployed","chart":"web-1.0.0","updated":"2026-01-30T10:00:00Z"}},{{"revision":2,"status":"failed","chart":"web-1.0.0","updated":"2026-01-31T10:00:00Z"}}]';;
"get metadata web"*) echo '{{"name":"web","namespace":"prod","revision":2,"status":"failed","version":"1.0.0"}}';;
"get manifest web --namespace prod --revision 1") cat "$here/manifest.yaml";;
"get hooks web --namespace prod --revision 1") ;;
*) echo "Error: release: not found {SECRET}" >&2; exit 1;;
esac
"""
KUBECTL = f"""#!/bin/sh
here=$(dirname "$0")
echo "kubectl $*" >> "$here/asked"
case "$*" in
"get namespace kube-system"*) echo 11111111-2222-3333-4444-555555555555;;
"config view"*) echo https://prod.example:6443;;
*Widget*) echo "error: the server doesn't have a resource type \\"Widget\\" {SECRET}" >&2; exit 1;;
*"Secret/s"*) cat "$here/secret.json";;
*"ConfigMap/c"*) cat "$here/config.json";;
*) exit 1;;
esac
"""
MANIFEST = f"""---
# Source: web/templates/s.yaml
apiVersion: v1
kind: Secret
metadata: {{name: s}}
stringData: {{password: {SECRET}}}
---
# Source: web/templates/c.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: c}}
data: {{a: "1", url: "x://u:{SECRET}@h/"}}
---
# Source: web/templates/w.yaml
apiVersion: acme.example/v1
kind: Widget
metadata: {{name: w}}
"""
DRY_RUN = f"""Release "web" has been upgraded. Happy Helming!
NAME: web
LAST DEPLOYED: Mon Nov 23 13:18:46 2026
NAMESPACE: prod
STATUS: pending-upgrade
REVISION: 3
TEST SUITE: None
HOOKS:
MANIFEST:
{MANIFEST}
"""
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "s",
        "namespace": "prod",
        "annotations": {_APPLIED: json.dumps({"stringData": {"password": SECRET}})},
    },
    "data": {"password": "aW52ZW50ZWQtaHVudGVyLTIy"},
}
_CONFIG = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "c", "namespace": "prod"},
    "data": {"a": "2", "url": f"x://u:{SECRET}@h/"},
}


def cluster(folder: Path, *, helm: str = HELM, kubectl: str = KUBECTL) -> dict[str, str]:
    """Write both tools into a folder; the environment in which plangate finds them and nothing else."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name, text in (("helm", helm), ("kubectl", kubectl)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (tools / "manifest.yaml").write_text(MANIFEST)
    (tools / "secret.json").write_text(json.dumps(_SECRET))
    (tools / "config.json").write_text(json.dumps(_CONFIG))
    return {"PATH": f"{tools}{os.pathsep}/usr/bin{os.pathsep}/bin", "PLANGATE_KEY": ""}


def asked(folder: Path) -> list[str]:
    """Every question that the stand-ins were asked, sorted."""
    return sorted((folder / "bin" / "asked").read_text().splitlines())

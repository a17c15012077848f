"""Writes `policies/knowledge/kubernetes-schema.yaml` from a running API server: python tests/lab/kubernetes_schema.py 1.34

Needs `kubectl` and a KUBECONFIG. What is taken: the types that a manifest of a built-in kind can reach, with the marks that
decide how lists and maps are merged.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "policies" / "knowledge" / "kubernetes-schema.yaml"
HEAD = """\
# The built-in kinds of Kubernetes {version} and the types they are made of. Written by tests/lab/kubernetes_schema.py from
# the API server's own /openapi/v2 (https://github.com/kubernetes/kubernetes/tree/master/api/openapi-spec); not edited by hand.
#
# kinds: group/version/Kind -> [type, namespaced]. types: name -> field -> what it holds. A field starts with `!` when it is
# required; `[]` is a list, `{{}}` a map; then the type, and marks: `keys=a,b` (x-kubernetes-list-map-keys), `merge=a`
# (x-kubernetes-patch-merge-key), `set`, `atomic`, `retain` (retainKeys), `patch` (a plain list that is merged).
"""
SCALARS = {"integer": "int", "boolean": "bool", "number": "number", "string": "string", "object": "any"}
SPECIAL = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intstr",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
}


def raw(path: str) -> Any:
    return json.loads(subprocess.run(["kubectl", "get", "--raw", path], check=True, capture_output=True).stdout)


def namespaced() -> dict[str, bool]:
    found = {}
    groups = ["/api/v1"] + [
        f"/apis/{version['groupVersion']}" for group in raw("/apis")["groups"] for version in group["versions"]
    ]
    for path in groups:
        for resource in raw(path)["resources"]:
            if "/" not in resource["name"]:
                found[f"{path.removeprefix('/apis/').removeprefix('/api/')}/{resource['kind']}"] = resource[
                    "namespaced"
                ]
    return found


def short(name: str) -> str:
    for start in (
        "io.k8s.api.",
        "io.k8s.apimachinery.pkg.apis.",
        "io.k8s.apiextensions-apiserver.pkg.apis.",
        "io.k8s.",
    ):
        if name.startswith(start):
            return name.removeprefix(start)
    return name


class Schema:
    def __init__(self, definitions: dict[str, Any]):
        self.definitions = definitions
        self.types: dict[str, dict[str, str]] = {}

    def held(self, field: dict[str, Any]) -> str:
        if "$ref" in field:
            target = field["$ref"].rpartition("/")[2]
            if target in SPECIAL:
                return SPECIAL[target]
            if "properties" not in self.definitions[target]:
                return SCALARS.get(self.definitions[target].get("type", "object"), "any")
            self.reach(target)
            return short(target)
        if field.get("type") == "array":
            return "[]" + self.held(field["items"])
        if "additionalProperties" in field:
            return "{}" + self.held(field["additionalProperties"])
        return SCALARS[field.get("type", "object")]

    def reach(self, name: str) -> None:
        own = short(name)
        if own in self.types:
            return
        definition = self.definitions[name]
        self.types[own] = fields = {}
        required = definition.get("required", ())
        for key, field in definition.get("properties", {}).items():
            if key in ("status", "managedFields"):
                fields[key] = "any"
                continue
            marks = []
            if field.get("x-kubernetes-list-map-keys"):
                marks.append("keys=" + ",".join(field["x-kubernetes-list-map-keys"]))
            if field.get("x-kubernetes-patch-merge-key"):
                marks.append("merge=" + field["x-kubernetes-patch-merge-key"])
            strategy = field.get("x-kubernetes-patch-strategy", "")
            if "retainKeys" in strategy:
                marks.append("retain")
            if "merge" in strategy and not field.get("x-kubernetes-patch-merge-key") and field.get("type") == "array":
                marks.append("patch")
            if field.get("x-kubernetes-list-type") == "set":
                marks.append("set")
            target = self.definitions.get(field.get("$ref", "").rpartition("/")[2], {})
            if "atomic" in (field.get("x-kubernetes-map-type"), target.get("x-kubernetes-map-type")):
                marks.append("atomic")
            fields[key] = " ".join((("!" if key in required else "") + self.held(field), *marks))


def main(version: str) -> None:
    definitions = raw("/openapi/v2")["definitions"]
    scopes = namespaced()
    schema = Schema(definitions)
    kinds = {}
    for name, definition in sorted(definitions.items()):
        for of in definition.get("x-kubernetes-group-version-kind", ()):
            key = "/".join(part for part in (of["group"], of["version"], of["kind"]) if part)
            if key in scopes and "metadata" in definition.get("properties", {}):
                schema.reach(name)
                kinds[key] = (short(name), scopes[key])
    lines = [HEAD.format(version=version), "kinds:"]
    lines += [f"  {key}: [{type_}, {str(scope).lower()}]" for key, (type_, scope) in sorted(kinds.items())]
    lines.append("types:")
    for name, fields in sorted(schema.types.items()):
        lines.append(f"  {name}:" + ("" if fields else " {}"))
        lines += [f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(fields.items())]
    TARGET.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

"""The lab's API server, asked without a process per question."""

from __future__ import annotations

import functools
import json
import ssl
import threading
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]


class Cluster:
    """A server on loopback, with the token and address of a kubeconfig."""

    def __init__(self, kubeconfig: Path):
        told = yaml.safe_load(kubeconfig.read_text("utf-8"))
        self._host = told["clusters"][0]["cluster"]["server"].removeprefix("https://")
        self._token = told["users"][0]["user"]["token"]
        self._own = threading.local()

    def ask(
        self, method: str, path: str, body: Object | None = None, *, kind: str = "application/json"
    ) -> tuple[int, Object]:
        """Status and answer of one request."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = self._own.connection = HTTPSConnection(self._host, timeout=60, context=context)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        # A kind that is just coming or going answers in plain words.
        return answer.status, json.loads(text) if text.startswith(b"{") else {}

    @functools.cached_property
    def resources(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """(group, kind) to the path of its preferred version, and whether it lives in namespaces."""
        found: dict[tuple[str, str], tuple[str, bool]] = {}
        roots = [("", "/api/v1")]
        for group in self.ask("GET", "/apis")[1]["groups"]:
            roots += [(group["name"], f"/apis/{one['groupVersion']}") for one in group["versions"]]
        for group, root in roots:
            for one in self.ask("GET", root)[1].get("resources", ()):
                if "/" not in one["name"]:
                    found.setdefault((group, one["kind"]), (f"{root}/{one['name']}", one["namespaced"]))
        return found

    def path(self, group: str, kind: str, namespace: str) -> str | None:
        """Where objects of a kind are listed; None for a kind that the server does not have."""
        if (group, kind) not in self.resources:
            self.__dict__.pop("resources")
        if (group, kind) not in self.resources:
            return None
        path, namespaced = self.resources[group, kind]
        root, _, name = path.rpartition("/")
        return f"{root}/namespaces/{namespace}/{name}" if namespaced else path

    def objects(self, kinds: set[tuple[str, str]], namespace: str) -> list[Object]:
        """The objects of some kinds in a namespace, and those outside of namespaces that carry its name."""
        found: list[Object] = []
        for group, kind in sorted(kinds):
            path = self.path(group, kind, namespace)
            if path is None:
                continue
            status, listed = self.ask("GET", path)
            for one in listed.get("items", ()) if status == 200 else ():
                version = listed["apiVersion"]
                whole = {"apiVersion": version, "kind": kind, **one}
                if _belongs(whole, namespace):
                    found.append(whole)
        return found


def _belongs(one: Object, namespace: str) -> bool:
    metadata = one["metadata"]
    if (
        one.get("type") == "helm.sh/release.v1"
        or metadata["name"] == "kube-root-ca.crt"
        or metadata.get("ownerReferences")
    ):
        return False
    return metadata.get("namespace") == namespace or ("namespace" not in metadata and namespace in metadata["name"])

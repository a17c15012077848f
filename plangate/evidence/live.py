"""Asks `helm` and `kubectl` what is there. Reads only: get, history, list. Every fault is one line without a value in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final

from plangate.errors import EvidenceError, UsageError

_NAME: Final = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_MOST_BYTES: Final = 256 * 1024**2

HELM: Final = {
    "manifest": ("get", "manifest"),
    "hooks": ("get", "hooks"),
    "values": ("get", "values", "-o", "json"),
    "history": ("history", "-o", "json"),
    "metadata": ("get", "metadata", "-o", "json"),
}
"""What is asked of Helm for each kind of evidence."""

_REASONS: Final = {
    "release: not found": ("there is no such release", "check namespace and name"),
    "Unauthorized": ("the cluster does not know these credentials", "log in again"),
    "forbidden": ("the cluster forbids it", "plangate collect --print-permissions"),
    "cluster unreachable": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "connection refused": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "no such host": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "i/o timeout": ("the cluster does not answer", "check the network"),
}
"""What stands in the error of either tool, in words. The error itself is not shown: it may hold objects."""


def check_release(namespace: str, name: str) -> None:
    """Refuse what is no name, so that none is taken for a flag. Raises `UsageError`."""
    for word in (namespace, name):
        if not re.fullmatch(_NAME, word):
            raise UsageError("is not the name of a namespace or a release", where=f"{namespace}/{name}")


def helm(kind: str, namespace: str, name: str, *, seconds: float, revision: int | None = None) -> bytes:
    """One kind of evidence of one release. Raises `EvidenceError`."""
    check_release(namespace, name)
    command, *flags = HELM[kind]
    more = ("--revision", str(revision)) if revision is not None and kind in ("manifest", "hooks") else ()
    sub = (flags.pop(0),) if command == "get" else ()
    return _run(["helm", command, *sub, name, "--namespace", namespace, *flags, *more], f"{namespace}/{name}", seconds)


def kubectl(kinds: tuple[str, ...], namespace: str, *, seconds: float) -> bytes:
    """Objects of some kinds in a namespace, with who manages their fields. Raises `EvidenceError`."""
    listed = ",".join(kinds)
    if not re.fullmatch(r"[A-Za-z0-9.,]+", listed):
        raise EvidenceError("holds a kind that is no name", where=namespace)
    command = ["kubectl", "get", listed, "--namespace", namespace, "-o", "json", "--show-managed-fields"]
    return _run(command, namespace, seconds)


def cluster(*, seconds: float) -> bytes:
    """Which cluster this is: the uid of its `kube-system` namespace. Raises `EvidenceError`."""
    return _run(["kubectl", "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "cluster", seconds)


def server(*, seconds: float) -> bytes:
    """The API server of the kubeconfig in use. Raises `EvidenceError`."""
    command = ["kubectl", "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]
    return _run(command, "cluster", seconds)


def _run(command: list[str], what: str, seconds: float) -> bytes:
    tool = shutil.which(command[0])
    if tool is None:
        raise EvidenceError(f"{command[0]} is not installed here", where=what, hint=f"install {command[0]}")
    try:
        done = subprocess.run([tool, *command[1:]], capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise EvidenceError(f"{command[0]} took longer than {seconds:g} seconds", where=what) from None
    except OSError as error:
        raise EvidenceError(f"{command[0]} cannot be run: {(error.strerror or '').lower()}", where=what) from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")
        words = next((words for mark, words in _REASONS.items() if mark in said), None)
        reason, hint = words or (f"{command[0]} failed with exit code {done.returncode}", "run it by hand to see why")
        raise EvidenceError(reason, where=what, hint=hint)
    if len(done.stdout) > _MOST_BYTES:
        raise EvidenceError("is larger than 256 MiB", where=what)
    return done.stdout

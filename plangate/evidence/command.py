"""Runs `helm` and `kubectl` and returns their output. Errors are one line without any value."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

from plangate.errors import EvidenceError
from plangate.evidence import bounded_output, child_environment

_MOST_BYTES: Final = 256 * 1024**2

_NOT_THERE: Final = ("release: not found", "the server doesn't have a resource type", "no matches for kind")
"""Error texts of either tool for an object that does not exist."""

_PARTLY: Final = ("unable to retrieve", "couldn't get")
"""Error texts of an incomplete discovery of kinds: then an object is not known to be missing."""

_PASSING: Final = (
    "connection reset by peer",
    "TLS handshake timeout",
    "unexpected EOF",
    "etcdserver",
    "Too Many Requests",
)
"""Transient errors, which are retried once."""

_REASONS: Final = {
    "Unauthorized": ("the cluster does not know these credentials", "log in again"),
    "forbidden": ("the cluster forbids it", "plangate collect --print-permissions"),
    "cluster unreachable": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "connection refused": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "no such host": ("the cluster cannot be reached", "check the kubeconfig and the network"),
    "i/o timeout": ("the cluster does not answer", "check the network"),
    "context deadline exceeded": ("the cluster does not answer", "check the network"),
    "Client.Timeout exceeded": ("the cluster does not answer", "check the network"),
    "unable to retrieve": ("the cluster does not tell all of its kinds", "see kubectl api-resources"),
    "connection reset by peer": ("the connection to the cluster broke, also after trying again", "try again"),
    "unexpected EOF": ("the connection to the cluster broke, also after trying again", "try again"),
    "TLS handshake timeout": ("the cluster does not answer, also after trying again", "check the network"),
    "Too Many Requests": ("the cluster asks to slow down, also after trying again", "try again later"),
    "etcdserver": ("the cluster's store does not answer, also after trying again", "try again later"),
    "certificate": ("the certificate of the cluster is not trusted", "check the kubeconfig"),
    "InternalError": ("the cluster has an internal error", "try again later"),
    "executable": ("the plugin for the credentials cannot be run", "install it, or log in in another way"),
    "must be logged in": ("the cluster does not know these credentials", "log in again"),
    "no configuration has been provided": ("there is no kubeconfig", "set KUBECONFIG"),
    "context was not found": ("the kubeconfig has no such context", "check the kubeconfig"),
}
"""Reasons by a part of either tool's error. The error itself is not shown: it may contain objects."""


class NotThereError(EvidenceError):
    """The cluster answered that the object does not exist."""


def run(command: list[str], what: str, seconds: float) -> bytes:
    """The stdout of a tool. Queries change nothing, so a broken connection is retried once. Raises `EvidenceError`."""
    tool = _on_path(command[0])
    if tool is None:
        raise EvidenceError(f"{command[0]} is not installed here", where=what, hint=f"install {command[0]}")
    code, stdout, stderr = _once([tool, *command[1:]], command[0], what, seconds)
    if code != 0 and any(mark in stderr for mark in _PASSING):
        code, stdout, stderr = _once([tool, *command[1:]], command[0], what, seconds)
    if code != 0:
        if any(mark in stderr for mark in _NOT_THERE) and not any(mark in stderr for mark in _PARTLY):
            raise NotThereError(
                "there is no such release, or no such kind", where=what, hint="check namespace and name"
            )
        words = next((words for mark, words in _REASONS.items() if mark in stderr), None)
        reason, hint = words or (f"{command[0]} failed with exit code {code}", "run it by hand to see why")
        raise EvidenceError(reason, where=what, hint=hint)
    return stdout


def _once(command: list[str], name: str, what: str, seconds: float) -> tuple[int, bytes, str]:
    try:
        done = bounded_output.run(command, most=_MOST_BYTES, seconds=seconds, env=child_environment.of(name))
    except subprocess.TimeoutExpired:
        raise EvidenceError(
            f"{name} took longer than {seconds:g} seconds", where=what, hint="check the network, and try again"
        ) from None
    except bounded_output.TooMuchOutputError:
        raise EvidenceError(f"is larger than {_MOST_BYTES // 1024**2} MiB", where=what) from None
    except OSError as error:
        raise EvidenceError(f"{name} cannot be run: {(error.strerror or '').lower()}", where=what) from None
    return done.code, done.stdout, done.stderr.decode("utf-8", "replace")


def _on_path(tool: str) -> str | None:
    """The tool's absolute path. A relative entry of PATH is not followed: it would be the reviewed repository's own."""
    found = shutil.which(tool)
    return found if found and os.path.isabs(found) else None  # noqa: PTH117 - shutil gives a text

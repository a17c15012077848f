"""What `helm upgrade --dry-run` prints for people, cut into its parts.

The layouts of both majors are those of `WriteTable` in cmd/helm/status.go (v3) and pkg/cmd/status.go (v4) of
https://github.com/helm/helm. A marker counts only as a whole line, and only with what Helm puts behind it, so that values,
hooks and notes which hold the same words do not fool anybody.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from msgspec import Struct

from plangate.ingest.helm import notes

_ANSI: Final = rb"\x1b\[[0-9;?]*[ -/]*[@-~]"
_STAMP: Final = (
    rb"(?m)^(?:[^\t\n]{1,200}\t[^\t\n]{1,200}\t)?(?:\xef\xbb\xbf)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
    rb"(?: \d\d[OE][ +]| )?"
)
"""A time stamp before each line: GitHub's, the same with job and step as `gh run view --log` prints it, and GitLab's with its stream."""
_LOG: Final = (
    r"(?m)^(?:[WIEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.]+:\d+\] .*"
    r"|level=(?:DEBUG|INFO|WARN|ERROR) msg=.*|(?:time=\S+ )level=.*|[\w/]+\.go:\d+: .*|WARNING: .*|Flag --\S+ has been deprecated.*"
    r"|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d .*)\n?"
)
_SIGNS: Final = (".go:", "level=", "WARNING: ", "Flag --", "warnings.go")
_FIELD: Final = r"(?m)^(NAME|LAST DEPLOYED|NAMESPACE|STATUS|REVISION|DESCRIPTION|CHART|VERSION|TEST SUITE):[ \t]*(.*)$"
_FAILED: Final = r"(?m)^Error: (?:UPGRADE|INSTALLATION) FAILED: (.*(?:\n(?!Error:|NAME:).+)*)"


class Printed(Struct, frozen=True):
    """The parts of one printout. A part that is not there is None."""

    name: str = ""
    namespace: str = ""
    status: str = ""
    revision: int | None = None
    description: str | None = None
    """Printed by Helm 4 always, by Helm 3 never."""
    values: str | None = None
    """What a user gave, as --debug prints it."""
    hooks: str | None = None
    manifest: str | None = None
    installing: bool = False
    failed: str | None = None
    """What Helm said when it refused."""
    cut: bool = False
    """Whether the text ends early."""
    doubt: Literal["", "between", "within"] = ""
    """Where it could have been cut, between two documents or within one: only what was there before tells."""
    breaks: int = 0
    """How many line breaks stand at its end."""
    notes: str = ""
    """What stands behind `NOTES:`."""


def looks_printed(start: bytes) -> bool:
    """Whether a text starts as Helm's printouts do, perhaps behind lines of its log."""
    shown = re.sub(_STAMP, b"", re.sub(_ANSI, b"", start))
    return (
        re.search(rb"(?m)^(?:NAME: |LAST DEPLOYED: |Error: (?:UPGRADE|INSTALLATION) FAILED)", shown) is not None
        or re.search(rb'(?m)^Release "[^"\n]*" (?:has been upgraded|does not exist)', shown) is not None
    )


def clean(data: bytes) -> str:
    """The text without colours, carriage returns, and time stamps of a CI log."""
    if b"\x1b" in data:
        data = re.sub(_ANSI, b"", data)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if re.match(_STAMP, data.lstrip()):
        data = re.sub(_STAMP, b"", data)
    return data.decode("utf-8", "replace")


def read(data: bytes) -> Printed:
    """Cut a printout into its parts. Nothing is raised: what is not there is None."""
    text = clean(data)
    if any(sign in text for sign in _SIGNS):
        text = re.sub(_LOG, "", text)
    hooks_at = _hooks(text)
    manifest_at = None if hooks_at is None else _marker(text, "MANIFEST:", hooks_at, ("---", "NOTES:", None))
    head_end = next((at for at in (hooks_at, manifest_at) if at is not None), len(text))
    head = text[: min(head_end, 256 * 1024)]
    fields = _fields(head)
    manifest, cut, doubt = _manifest(text, manifest_at, several="DESCRIPTION" in fields)
    failed = re.search(_FAILED, text if manifest is None else head)
    return Printed(
        name=fields.get("NAME", ""),
        namespace=fields.get("NAMESPACE", ""),
        status=fields.get("STATUS", ""),
        revision=int(fields["REVISION"]) if fields.get("REVISION", "").isdecimal() else None,
        description=fields.get("DESCRIPTION"),
        values=_values(head) if manifest_at is not None else None,
        hooks=None if hooks_at is None else text[hooks_at : manifest_at and text.rfind("MANIFEST:", 0, manifest_at)],
        manifest=manifest,
        installing=re.search(r'(?m)^Release "[^"\n]*" does not exist\. Installing it now\.', head) is not None,
        failed=failed.group(1).strip() if failed else None,
        cut=cut or (hooks_at is not None and manifest_at is None),
        doubt=doubt,
        breaks=len(text) - len(text.rstrip("\n")),
        notes="" if manifest_at is None else text[manifest_at + len(manifest or "") :],
    )


def _values(head: str) -> str | None:
    """What stands between the two markers that --debug prints."""
    found = re.search(r"(?ms)^USER-SUPPLIED VALUES:\n(.*?)^COMPUTED VALUES:$", head)
    return found.group(1) if found else None


def _fields(head: str) -> dict[str, str]:
    """The lines of the header: the first of each name behind the first `NAME:`."""
    start = re.search(r"(?m)^NAME: ", head)
    fields: dict[str, str] = {}
    for name, value in re.findall(_FIELD, head[start.start() :]) if start else ():
        fields.setdefault(name, value.strip())
    return fields


def _marker(text: str, marker: str, start: int, followers: tuple[str | None, ...]) -> int | None:
    """Where the part behind a marker begins: the first whole line that is the marker and followed by what Helm puts there."""
    at = start
    while (at := text.find(marker, at)) >= 0:
        end = at + len(marker)
        if (at == 0 or text[at - 1] == "\n") and (end == len(text) or text[end] == "\n"):
            following = _next_line(text, end)
            if following in followers or ("---" in followers and (following or "").startswith("--- ")):
                return min(end + 1, len(text))
        at = end
    return None


def _hooks(text: str) -> int | None:
    """Where the hooks begin. Helm prints the marker of hooks before that of the manifest, and both before the notes."""
    at = _marker(text, "HOOKS:", 0, ("---", "MANIFEST:"))
    if at is None:
        return None
    before = text[:at]
    values = re.search(r"(?m)^USER-SUPPLIED VALUES:$", before)
    return None if values is None and re.search(r"(?m)^NOTES:$", before) else at


def _next_line(text: str, at: int) -> str | None:
    """The next line that is not blank; None at the end."""
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].rstrip()
        if line:
            return line
        at = end + 1
    return None


def _manifest(text: str, at: int | None, *, several: bool) -> tuple[str | None, bool, Literal["", "between", "within"]]:
    """The manifest, whether it is cut, and where it could be.

    Helm ends a manifest with a line break of its own; then come the notes, or nothing. Helm 3 ends each document with one line
    break, Helm 4 (`several`) with those of its template and one: where the template ends with a line break, three are the end,
    where it does not, two, which are the end of any document of the first sort.
    """
    if at is None:
        return None, False, ""
    end = notes.start(text, at)
    if end is not None:
        return text[at:end], False, ""
    rest = text[at:]
    body = rest.rstrip("\n")
    breaks = len(rest) - len(body)
    if not body or breaks < 2:
        return rest, breaks < (2 if body else 1), ""
    between = [len(one) for one in re.findall(r"\n+(?=---)", body)]
    if breaks <= max(between, default=2 if several else 0):
        return rest, not several, "between" if several else ""
    return rest, False, "within" if re.search(r"\n" * breaks + r"(?!\n*---)", body) else ""

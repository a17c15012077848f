"""A saved plan file: the lineage and serial it was made from, and which tool made it.

It is a zip with the members `tfplan`, `tfstate`, `tfstate-prev`, `tfconfig/...` and `.terraform.lock.hcl`. HashiCorp calls
the layout an implementation detail, so a surprise in it is an error and never a guess. The values in it stay unread: the
tool that made the file turns it into plan JSON.
"""

from __future__ import annotations

import io
import zipfile
import zlib

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest.document import Document
from plangate.ingest.envelope import most_unpacked

_MOST_BYTES = 1024**3
_AGAIN = "terraform plan -out=tfplan"


class PlanFile(Struct, frozen=True):
    """What a saved plan says of its origin. `lineage` and `serial` are those of the state it was made from."""

    lineage: str | None
    serial: int | None
    terraform_version: str | None
    tools: tuple[str, ...]
    """`terraform`, `tofu`, or both in the order to try them, where its providers do not tell which one made it."""
    state: bytes = b""
    """The state it was made from, before anything was refreshed."""


class _State(Struct):
    version: int | None = None
    terraform_version: str | None = None
    serial: int | None = None
    lineage: str | None = None


def read(document: Document) -> PlanFile:
    """Read a saved plan's own facts. Raises `InputError` for a zip that is no plan, or a damaged one."""
    where = document.path
    try:
        with zipfile.ZipFile(io.BytesIO(document.data)) as archive:
            names = archive.namelist()
            if "tfplan" not in names or "tfstate" not in names:
                raise InputError("is a zip file, but not a saved plan", where=where, hint=_AGAIN)
            if len(set(names)) != len(names):
                raise InputError("is a zip file with one member twice", where=where, hint=_AGAIN)
            state = _member(archive, "tfstate", where)
            lock = _member(archive, ".terraform.lock.hcl", where) if ".terraform.lock.hcl" in names else b""
            plan = _member(archive, "tfplan", where)
            prior = _member(archive, "tfstate-prev", where) if "tfstate-prev" in names else state
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, ValueError):
        # RuntimeError is zipfile's word for an encrypted member, NotImplementedError for a compression nobody uses.
        raise InputError("is a damaged zip file: it was cut or changed", where=where, hint=_AGAIN) from None
    try:
        facts = msgspec.json.decode(state, type=_State)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError("holds a state that cannot be read", where=where, hint=_AGAIN) from None
    first = not facts.lineage and not facts.serial
    return PlanFile(
        lineage=None if first else facts.lineage,
        serial=facts.serial,
        terraform_version=facts.terraform_version,
        tools=_tools(lock + plan),
        state=prior,
    )


def _tools(text: bytes) -> tuple[str, ...]:
    """Which tool made it, by the registry that its providers are addressed by."""
    for mark, tools in ((b"registry.opentofu.org/", ("tofu",)), (b"registry.terraform.io/", ("terraform",))):
        if mark in text:
            return tools
    return "terraform", "tofu"


def _member(archive: zipfile.ZipFile, name: str, where: str) -> bytes:
    info = archive.getinfo(name)
    most = min(_MOST_BYTES, most_unpacked(info.compress_size))
    with archive.open(info) as member:
        data = member.read(most + 1)
    if len(data) > most:
        raise InputError(f"has a member that unpacks to more than {most // 1024**2} MiB", where=where)
    return data

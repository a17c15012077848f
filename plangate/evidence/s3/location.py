"""The location of a state in S3, from sources of different trust.

`s3://bucket/key` and `--backend-config` come from whoever runs plangate and may say everything. The `backend "s3"` block in `--tf-dir`
comes from the change under review: it may say which object, and nothing about where it is asked for or as whom. An endpoint there
would send credentials to a stranger, so it is refused before anything is asked.
"""

from __future__ import annotations

import json
import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plangate.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.input import StateSource

UNTRUSTED: Final = frozenset(
    {"bucket", "key", "region", "workspace_key_prefix", "use_lockfile", "dynamodb_table", "encrypt"}
)
"""What a backend block of a change under review may say. (`encrypt` is about writing.)"""

KNOWN: Final = UNTRUSTED | frozenset(
    {
        "profile",
        "role_arn",
        "assume_role",
        "endpoint",
        "endpoints",
        "dynamodb_endpoint",
        "sts_endpoint",
        "use_path_style",
        "force_path_style",
    }
)
"""What is read of a trusted file; the rest of the backend's settings say nothing about reading."""

_DEFAULT_PREFIX: Final = "env:"
_MOST_BYTES: Final = 1024**2


class Location(Struct, frozen=True, kw_only=True):
    """One state in S3, and how to ask for it."""

    bucket: str
    key: str
    region: str | None = None
    endpoint: str | None = None
    dynamodb_endpoint: str | None = None
    sts_endpoint: str | None = None
    path_style: bool = False
    profile: str | None = None
    role_arn: str | None = None
    table: str | None = None
    lockfile: bool = True

    @property
    def path(self) -> str:
        """How DynamoDB items name it."""
        return f"{self.bucket}/{self.key}"

    @property
    def url(self) -> str:
        """How people name it."""
        return f"s3://{self.path}"


def find(source: StateSource) -> Location:
    """The location of the state. Raises `InputError` if it is incomplete, `EvidenceError` if it is refused."""
    settings: dict[str, Any] = {}
    bucket, key = _named(source.location)
    if source.tf_dir is not None and not (bucket and key):
        settings.update(_untrusted(source.tf_dir))
    for file in source.backend_config:
        settings.update(_file(Path(file)))
    if source.role_arn is not None:
        settings["role_arn"] = source.role_arn
    bucket = bucket or _text(settings, "bucket") or ""
    key = key or _in_workspace(settings, source.tf_dir)
    missing = [name for name, value in (("bucket", bucket), ("key", key)) if not value]
    if missing:
        raise InputError(
            f"the place of the state is not complete: no {' and no '.join(missing)}",
            where=source.location or "--backend-config",
            hint="--state s3://BUCKET/KEY, or --backend-config FILE",
        )
    return _location(settings, bucket, key)


def is_named_in(folder: Path) -> bool:
    """Whether the configuration in a folder keeps its state in S3. Raises `InputError` where that cannot be read."""
    return any(next(_backends(_parsed(path)), None) is not None for path in _naming_backends(folder))


def _naming_backends(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.tf")) if "backend" in _read(path)]


def _location(settings: dict[str, Any], bucket: str, key: str) -> Location:
    endpoints, assume = _map(settings, "endpoints"), _map(settings, "assume_role")
    endpoint = _text(endpoints, "s3") or _text(settings, "endpoint")
    table = _text(settings, "dynamodb_table")
    return Location(
        bucket=bucket,
        key=key,
        region=_text(settings, "region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
        endpoint=endpoint,
        dynamodb_endpoint=_text(endpoints, "dynamodb") or _text(settings, "dynamodb_endpoint"),
        sts_endpoint=_text(endpoints, "sts") or _text(settings, "sts_endpoint"),
        path_style=settings.get("use_path_style") is True or settings.get("force_path_style") is True or bool(endpoint),
        profile=_text(settings, "profile"),
        role_arn=_text(settings, "role_arn") or _text(assume, "role_arn"),
        table=table,
        lockfile=settings.get("use_lockfile") is not False and (table is None or settings.get("use_lockfile") is True),
    )


def _named(location: str | None) -> tuple[str, str]:
    """Bucket and key of `s3://bucket/key`; nothing for `s3://`, which means what the backend says."""
    if location is None:
        return "", ""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _in_workspace(settings: dict[str, Any], tf_dir: Path | None) -> str:
    """The key in the workspace that is selected: `path.Join(prefix, name, key)`, the key itself in the default one."""
    key = _text(settings, "key")
    name = os.environ.get("TF_WORKSPACE") or _selected(tf_dir)
    if not key or name in ("", "default"):
        return key or ""
    return posixpath.normpath(posixpath.join(_text(settings, "workspace_key_prefix") or _DEFAULT_PREFIX, name, key))


def _selected(tf_dir: Path | None) -> str:
    """The workspace that `terraform workspace select` chose in this folder."""
    if tf_dir is None:
        return ""
    try:
        return (tf_dir / ".terraform" / "environment").read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _map(settings: dict[str, Any], key: str) -> dict[str, Any]:
    value = settings.get(key)
    return value if isinstance(value, dict) else {}


def _text(settings: dict[str, Any], key: str) -> str | None:
    value = settings.get(key)
    return value if isinstance(value, str) and value else None


# --- files ------------------------------------------------------------------------------------------------------------


def _file(path: Path) -> dict[str, Any]:
    """A file of `key = value`. It is trusted."""
    return {key: value for key, value in _attributes(_parsed(path), path) if key in KNOWN}


def _untrusted(folder: Path) -> dict[str, Any]:
    """The settings of the `backend "s3"` block of a folder. Raises `EvidenceError` for one that is not allowed there."""
    found: dict[str, Any] = {}
    for path in _naming_backends(folder):
        for block in _backends(_parsed(path)):
            settings = dict(_attributes(block, path))
            refused = sorted(settings.keys() - UNTRUSTED)
            if refused:
                raise EvidenceError(
                    f"its backend block sets {', '.join(refused)}, which a change under review may not say; nothing was asked",
                    where=str(path),
                    hint="give it in a file of your own: --backend-config FILE",
                )
            found.update(settings)
    return found


def _backends(parsed: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for terraform in parsed.get("terraform", ()):
        for backend in terraform.get("backend", ()) if isinstance(terraform, dict) else ():
            for kind, block in backend.items() if isinstance(backend, dict) else ():
                if kind.strip('"') == "s3" and isinstance(block, dict):
                    yield block


def _attributes(block: dict[str, Any], path: Path) -> Iterator[tuple[str, Any]]:
    """The attributes of a block, without the parser's own."""
    for key, value in block.items():
        if not key.startswith("__"):
            yield key, _plain(value, path)


def _plain(value: Any, path: Path) -> Any:
    """The value of a literal: the parser keeps the quotes of strings, so a text without them is an expression."""
    if isinstance(value, dict):
        return {key.strip('"'): _plain(below, path) for key, below in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_plain(below, path) for below in value]
    if not isinstance(value, str):
        return value
    if value.startswith('"') and value.endswith('"') and "${" not in value:
        try:
            return json.loads(value)
        except ValueError:
            return value[1:-1]
    raise InputError("holds an expression where a plain value has to stand", where=str(path))


def _parsed(path: Path) -> dict[str, Any]:
    import hcl2  # noqa: PLC0415 - only a backend block is HCL
    from lark.exceptions import LarkError  # noqa: PLC0415 - what hcl2 raises

    text = _read(path)
    try:
        parsed: dict[str, Any] = hcl2.loads(text if text.endswith("\n") else f"{text}\n")
    except (LarkError, ValueError, RecursionError, KeyError, TypeError):
        raise InputError("is not HCL that can be read", where=str(path)) from None
    return parsed


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {(error.strerror or 'no reason').lower()}", where=str(path)) from None
    if len(data) > _MOST_BYTES:
        raise InputError("is larger than 1 MiB", where=str(path))
    return data.decode("utf-8", "replace")

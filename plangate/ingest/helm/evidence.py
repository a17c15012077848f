"""The evidence of a release besides the dry run: output of `helm get ...`, `helm history` and `kubectl get`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest import yaml
from plangate.ingest.envelope import unwrap
from plangate.ingest.helm import manifests, output, splitting
from plangate.model.release import Revision

if TYPE_CHECKING:
    from plangate.ingest.helm.manifests import ManifestReader
    from plangate.model.input import RawInput

COMMANDS: Final = {
    "manifest": "helm get manifest {name} -n {namespace}{revision} > manifest.yaml",
    "hooks": "helm get hooks {name} -n {namespace}{revision} > hooks.yaml",
    "values": "helm get values {name} -n {namespace} -o json > values.json",
    "history": "helm history {name} -n {namespace} -o json > history.json",
    "metadata": "helm get metadata {name} -n {namespace} -o json > metadata.json",
    "live_objects": "kubectl get $KINDS -n {namespace} -o json --show-managed-fields > live-objects.json",
}
"""The command that gives each kind of evidence."""
FLAGS: Final = {
    "manifest": "--manifest",
    "hooks": "--hooks",
    "values": "--live-values",
    "history": "--history",
    "metadata": "--metadata",
    "live_objects": "--live-objects",
}
"""The flag that takes it."""
GLUED: Final = r"(.+?)-(v?\d+\.\d+\.\d+(?:[-+].*)?)"
"""Name and version of a chart, as `helm history` puts them together."""
_OTHER_KINDS: Final = (
    ({"apiVersion", "kind"}, "is a Kubernetes object"),
    ({"name", "namespace", "revision", "chart"}, "is `helm get metadata`"),
    ({"name", "info", "chart"}, "is a release of Helm"),
    ({"lineage", "serial"}, "is a Terraform state"),
)
"""What is taken for values by mistake, by keys that all have to be there."""


class Metadata(Struct):
    """`helm get metadata -o json`: camelCase here, snake_case in history and list."""

    name: str = ""
    namespace: str = ""
    chart: str = ""
    version: str = ""
    app_version: str = msgspec.field(name="appVersion", default="")
    revision: int = 0
    status: str = ""
    apply_method: str | None = msgspec.field(name="applyMethod", default=None)
    """`ssa` or `csa`, from Helm 4; absent for a release born under Helm 3."""


class _Revision(Struct):
    revision: int = 0
    status: str = ""
    chart: str = ""
    app_version: str = ""
    description: str = ""
    updated: str = ""


_metadata = msgspec.json.Decoder(Metadata)
_history = msgspec.json.Decoder(list[_Revision] | None)


def text_of(given: RawInput) -> str:
    """The text of a file as manifests are read: no colours, no log time stamps, plain line ends."""
    return output.clean(unwrap(given.data, given.path).data)


def metadata(given: RawInput) -> Metadata:
    """The metadata of a release. Raises `InputError`."""
    try:
        return _metadata.decode(_from_json(given))
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _wrong(given, "is not `helm get metadata -o json`", "metadata") from None


def history(given: RawInput) -> tuple[Revision, ...]:
    """The revisions, oldest first. Raises `InputError`."""
    try:
        found = _history.decode(_from_json(given)) or []
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _wrong(given, "is not `helm history -o json`", "history") from None
    revisions = (Revision(r.revision, r.status, r.chart, r.app_version, r.description, r.updated) for r in found)
    return tuple(sorted(revisions, key=lambda revision: revision.number))


def deployed(revisions: tuple[Revision, ...]) -> Revision | None:
    """The newest deployed revision: what an upgrade starts from, also after a failed one."""
    return next((one for one in reversed(revisions) if one.status == "deployed"), None)


def values(given: RawInput) -> dict[str, Any]:
    """The values that a user gave, as Helm tells them: JSON, YAML or the table. Raises `InputError`."""
    if re.fullmatch(r"(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:#.*)?", text_of(given)):
        # Helm prints `null` where there are no values.
        raise _wrong(given, "is empty", "values")
    return file_of_values(given)


def file_of_values(given: RawInput) -> dict[str, Any]:
    """A mapping of values; `null` and nothing are no values. Raises `InputError`."""
    text = text_of(given)
    text = re.sub(r"\A\s*(?:USER-SUPPLIED|COMPUTED) VALUES:\n", "", text)
    try:
        found = yaml.load(text)
    except yaml.YamlError as error:
        raise _wrong(given, error.message, "values") from None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong(given, "is not `helm get values`", "values")
    for keys, what in _OTHER_KINDS:
        if keys <= found.keys():
            raise _wrong(given, f"{what}, not `helm get values`", "values")
    return found


def live(given: RawInput, reader: ManifestReader) -> tuple[manifests.ManifestObject, ...]:
    """The objects of the cluster: a `List` in JSON or YAML, or several documents. Raises `InputError`."""
    text = text_of(given)
    if text.lstrip()[:1] in ("{", "["):
        try:
            whole = manifests.json_value(text)
        except (msgspec.DecodeError, RecursionError):
            raise _wrong(given, "is not JSON: it was perhaps cut", "live_objects") from None
        items = whole.get("items") if isinstance(whole, dict) and "items" in whole else whole
        listed = items if isinstance(items, list) else [items]
    else:
        documents, _ = splitting.split(text)
        listed = [one.raw for one in manifests.objects(documents, reader)]
    found = []
    for item in listed:
        if not isinstance(item, dict) or "kind" not in item:
            raise _wrong(given, "holds something that is no Kubernetes object", "live_objects")
        if item.get("type") == "helm.sh/release.v1":
            # Helm's own record of a revision: no object of the release, and every word of it is in there.
            continue
        manifests.learn(item, reader.redactor)
        found.append(manifests.ManifestObject(splitting.Document(""), reader, item))
    return tuple(found)


def _from_json(given: RawInput) -> bytes:
    """The JSON in a file, without the lines that Helm 4 prints before it."""
    data = text_of(given).lstrip()
    start = re.search(r"(?m)^[\[{n]", data)
    return data[start.start() :].encode() if start else data.encode()


def _wrong(given: RawInput, message: str, kind: str) -> InputError:
    return InputError(message, where=given.path, hint=COMMANDS[kind].format(name="NAME", namespace="NS", revision=""))

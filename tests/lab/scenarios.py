"""Scenarios as data. A file of `fixtures/helm-upgrades/scenarios/` maps names to what follows; `_` holds objects to begin with.

    service-to-external-name:
      what: A ClusterIP Service becomes ExternalName          one line for SOURCE.md
      old: [service, {config: {data.LEVEL: debug}}]           objects of `_`, each with changes by dotted path (null takes away)
      change: {service: {spec.type: ExternalName}}            what is another in the new chart; or `new`, like `old`
      old_text, new_text                                      more of the manifest, as it stands in a template
      chart, old_values, new_values, old_version, new_version a chart of `charts/` instead of objects
      before, live                                            shell lines before the installation, and before the upgrade
      arguments                                               more for `helm upgrade`
      ways: ["3", "4", "34"]                                  default: one of 3 and 4, drawn by the name
      unseen: true                                            decided by a fact that only the cluster knows
      watch                                                   more kinds to look at

`NS` stands for the namespace; objects outside of namespaces carry it in their names.
"""

from __future__ import annotations

import copy
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

TARGET = Path(__file__).parents[2] / "fixtures" / "helm-upgrades"


@dataclass
class Scenario:
    """One upgrade."""

    name: str
    what: str
    old: list[dict[str, Any]] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)
    old_text: str = ""
    new_text: str = ""
    base: str = ""
    old_values: dict[str, Any] | None = None
    new_values: dict[str, Any] | None = None
    old_version: str = "1.0.0"
    new_version: str = "1.1.0"
    crds: tuple[str, str] = ("", "")
    before: list[str] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    ways: list[str] = field(default_factory=list)
    unseen: bool = False
    watch: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything it says of itself."""
        return yaml.safe_dump(
            [
                *self.old,
                *self.new,
                self.old_text,
                self.new_text,
                self.old_values,
                self.new_values,
                self.live,
                self.before,
            ]
        )

    def chart(self, folder: Path, *, new: bool) -> Path:
        """Write one of its two charts."""
        version = self.new_version if new else self.old_version
        if self.base:
            shutil.copytree(TARGET / "charts" / self.base, folder)
            about = yaml.safe_load((folder / "Chart.yaml").read_text("utf-8"))
        else:
            (folder / "templates").mkdir(parents=True)
            about = {"apiVersion": "v2", "name": "app"}
        about |= {"version": version, "appVersion": version}
        (folder / "Chart.yaml").write_text(yaml.safe_dump(about, sort_keys=False), "utf-8")
        for i, one in enumerate(self.new if new else self.old):
            name = f"{i}-{one.get('kind', 'object')}.yaml".lower()
            text = yaml.safe_dump(one, sort_keys=False)
            (folder / "templates" / name).write_text(_templated(text), "utf-8")
        text = self.new_text if new else self.old_text
        if text:
            (folder / "templates" / "more.yaml").write_text(_templated(text), "utf-8")
        if self.crds[new]:
            (folder / "crds").mkdir()
            (folder / "crds" / "crd.yaml").write_text(self.crds[new], "utf-8")
        return folder


def _templated(text: str) -> str:
    return text.replace("'NULL'", "null").replace("NS", "{{ .Release.Namespace }}")


def read() -> list[Scenario]:
    """Every scenario, by name."""
    objects: dict[str, Any] = {}
    told: dict[str, dict[str, Any]] = {}
    for path in sorted((TARGET / "scenarios").glob("*.yaml")):
        data = yaml.safe_load(path.read_text("utf-8"))
        objects |= data.pop("_", {})
        twice = told.keys() & data.keys()
        if twice:
            raise ValueError(f"{path}: told twice: {twice}")
        told |= data
    return [_scenario(name, data, objects) for name, data in sorted(told.items())]


def _scenario(name: str, data: dict[str, Any], objects: dict[str, Any]) -> Scenario:
    data = dict(data)
    old = [(base, _patched(objects[base], patch)) for base, patch in map(_named, data.pop("old", []))]
    change = data.pop("change", {})
    if "new" in data:
        new = [_patched(objects[base], patch) for base, patch in map(_named, data.pop("new"))]
    else:
        new = [_patched(one, change.get(base, {})) for base, one in old]
    if not {base for base, _ in old}.issuperset(change):
        raise ValueError(f"{name}: changes what it does not have")
    data["crds"] = (data.pop("old_crds", ""), data.pop("new_crds", ""))
    data["base"] = data.pop("chart", "")
    data.setdefault("ways", ["34"[zlib.crc32(name.encode()) % 2]])
    return Scenario(name=name, old=[one for _, one in old], new=new, **data)


def _named(one: str | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if isinstance(one, str):
        return one, {}
    ((base, patch),) = one.items()
    return base, patch


def _patched(one: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    body = copy.deepcopy(one)
    for path, value in patch.items():
        at: Any = body
        *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
        for part in parents:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
        if isinstance(at, dict):
            _merge(at, {last: value})
        elif value is None:
            del at[last]
        else:
            at[last:last] = [] if last < len(at) else [None]
            at[last] = copy.deepcopy(value)
    return body


def _merge(into: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = copy.deepcopy(value)

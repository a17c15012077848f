"""Database servers among containers, by the names of their images, and what a new version makes of the data of the old one.

The data is `database-images.yaml`.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from plangate import knowledge
from plangate.classify.kubernetes.effects.images import parse
from plangate.classify.kubernetes.mounts import Mount, mounts
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.release_index import pod_template
from plangate.lang.semver import in_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.model.values import Value

    Body = dict[str, Value]

Series: TypeAlias = "tuple[int, ...]"


class Engine(Struct, frozen=True, forbid_unknown_fields=True):
    """One database server. The keys are described in `database-images.yaml`."""

    name: str
    images: tuple[str, ...]
    says: str
    instead: str
    source: str
    parts: int = 1
    refuses: bool = False
    tag: str = ""
    stops: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()


class _Engines(Struct, frozen=True):
    engines: tuple[Engine, ...]


class Server(Struct, frozen=True):
    """A database server with data that outlives its pods."""

    engine: Engine
    series: Series | None
    """The numbers of its version that tell data of one kind from data of another; None where its tag does not say."""
    mounts: tuple[Mount, ...]


class Step(Struct, frozen=True):
    """What a new version makes of the data: refuses it, or converts it. `because` finishes "`address` ..."."""

    refused: bool
    because: str


@functools.cache
def _by_image() -> dict[str, Engine]:
    engines = knowledge.knowledge("database-images", _Engines).engines
    return {image: engine for engine in engines for image in engine.images}


def name_of(image: str) -> str:
    """The last part of the name of an image, without registry, tag and digest."""
    return parse(image).repository.rpartition("/")[2]


def server(identity: Identity, body: Body) -> Server | None:
    """The database server that a workload runs on a volume that outlives its pods; None where it runs none."""
    lasting = [one for one in mounts(identity, body) if one.lasting]
    for container, engine, tag in _engines(identity, body):
        own = tuple(one for one in lasting if one.container == container)
        if own:
            return Server(engine, _series(engine, tag), own)
    return None


def _engines(identity: Identity, body: Body) -> Iterator[tuple[str, Engine, str]]:
    for container in items(section(pod_template(identity, body), "spec"), "containers"):
        image = container.get("image")
        if isinstance(image, str):
            engine = _by_image().get(name_of(image))
            if engine is not None:
                yield str(scalar(container.get("name"))), engine, parse(image).tag


def _series(engine: Engine, tag: str) -> Series | None:
    if engine.tag:
        found = re.search(engine.tag, tag)
        number = next((group for group in found.groups() if group), None) if found else None
        return (int(number),) if number else None
    version = in_tag(tag)
    return None if version is None else version.numbers[: engine.parts]


def step(before: Server, after: Server) -> Step | None:
    """What happens to the data between two servers of one workload; None where nothing does, or the tags do not tell."""
    old, new = before.engine, after.engine
    if old.name != new.name:
        read = old.name in new.reads
        what = f"runs {new.name} on the data of {old.name}"
        return Step(not read, f"{what}: {new.says if read else 'it does not read it'}; {new.instead}")
    if before.series is None or after.series is None or before.series == after.series:
        return None
    versions = _spelled(before.series), _spelled(after.series)
    if after.series < before.series:
        back = f"takes {new.name} back from {versions[0]} to {versions[1]} on the data that is there"
        return Step(True, f"{back}: the older version does not read it; restore a backup that the older version made")
    of = f"moves {new.name} from {versions[0]} to {versions[1]} on the data that is there"
    between = [stop for stop in new.stops if before.series < _numbers(stop, new.parts) < after.series]
    if between:
        return Step(
            True, f"{of}, over {' and '.join(between)}: it has to be upgraded to each of them first; {new.instead}"
        )
    return Step(new.refuses, f"{of}: {new.says}; {new.instead}")


def _numbers(text: str, parts: int) -> Series:
    numbers = [int(part) for part in text.split(".")]
    return tuple([*numbers, 0, 0][:parts])


def _spelled(series: Series) -> str:
    return ".".join(map(str, series))

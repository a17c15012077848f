"""The view `litellm` of changes: the problems that a change introduces, each on the object that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.applications.litellm import (
    access,
    budgets,
    keys,
    models,
    pods,
    router,
    running,
    services,
    settings,
    transitions,
)
from plangate.applications.litellm.images import read
from plangate.applications.litellm.proxy import Problem, leaves, said, tree
from plangate.classify.diff import diff
from plangate.classify.kubernetes.object_side import ObjectSide
from plangate.lang.wording import listed
from plangate.model.change import Notice, View
from plangate.model.values import ABSENT, UNKNOWN, Absent, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plangate.applications.litellm.proxy import Component, Proxy, Tree
    from plangate.model.change import Change
    from plangate.model.values import Path, Value

NAME: Final = "litellm"
_RULES: Final = (
    settings.problems,
    models.problems,
    router.problems,
    keys.problems,
    services.problems,
    running.problems,
    budgets.problems,
    pods.problems,
    access.problems,
)
_ORDER: Final[tuple[Component, ...]] = (
    "config",
    "workload",
    "ingress",
    "secret",
    "service",
    "job",
    "database",
    "autoscaler",
    "budget",
    "release",
)


class PictureSide:
    """A `model.values.Side` over the picture of a proxy."""

    __slots__ = ("partial", "tree")

    def __init__(self, picture: Tree, *, partial: bool = False):
        self.tree = picture
        self.partial = partial
        """Whether part of the picture cannot be seen: what is absent is then unknown."""

    def keys(self) -> tuple[str, ...]:
        """The keys of the picture."""
        return tuple(self.tree)

    def get(self, key: str) -> Value | Absent:
        """The value of a key; ABSENT, or UNKNOWN in a partial picture, where there is none."""
        return self.at((key,))

    def at(self, path: Path) -> Value | Absent:
        """The value at a path; ABSENT, or UNKNOWN in a partial picture, where there is none. Below a hidden value, that value itself."""
        value = ObjectSide(self.tree).at(path)
        return UNKNOWN if value is ABSENT and self.partial else value


def picture(proxy: Proxy) -> Tree:
    """What conditions of policies read: the sections of the configuration, and how the proxy runs."""
    image = read(proxy.image) if isinstance(proxy.image, str) else None
    found: dict[str, Value | Absent] = {
        **(proxy.config or {}),
        "image": proxy.image
        if image is None
        else {"repository": image.repository, "tag": image.tag, "version": image.version},
        "replicas": proxy.replicas,
        "most_replicas": proxy.most_replicas,
        "workers": proxy.workers,
        "environment": proxy.env,
        "ingress": proxy.ingress,
        "service": proxy.service,
        "pod": proxy.pod,
        "connections": running.connections(proxy),
        "chart": proxy.chart or None,
    }
    return {key: value for key, value in found.items() if not isinstance(value, Absent)}


def introduced(before: Proxy | None, after: Proxy) -> list[Problem]:
    """The problems of `after` that `before` does not have, and those of the step from one to the other."""
    old: dict[tuple[str, str], bool] = {}
    for problem in _all(before) if before is not None else ():
        key = problem.kind, problem.subject
        old[key] = old.get(key, False) or problem.certain
    found: dict[tuple[str, str], Problem] = {}
    for problem in _all(after):
        key = problem.kind, problem.subject
        if key in old and (old[key] or not problem.certain):
            continue
        if key not in found or (problem.certain and not found[key].certain):
            found[key] = problem
    return [*found.values(), *(transitions.problems(before, after) if before is not None else keys.on_install(after))]


def _all(proxy: Proxy) -> Iterator[Problem]:
    found = [problem for ask in _RULES for problem in ask(proxy)]
    yield from found
    if proxy.partial:
        because = "takes part of its values from what is known only after apply or is hidden: no rule can be held against that part"
        yield Problem("configuration-unseen", "", because, "release")
    doubted = {problem.path for problem in found if not problem.certain}
    unknown = [path for path, value in leaves(proxy.config) if value is UNKNOWN and not _elsewhere(path)]
    unknown += [(name,) for name in ("replicas", "workers") if getattr(proxy, name) is UNKNOWN and not proxy.partial]
    names = [said(path) for path in unknown if path not in doubted]
    if names:
        many = listed(names, 3)
        because = f"takes {many} from what is known only after apply: no rule can be held against that"
        yield Problem("configuration-unseen", many, because)


def _elsewhere(path: Path) -> bool:
    """Whether a setting names what runs elsewhere, and is known once that does: that it is there is all that rules ask."""
    return (
        bool(path)
        and str(path[-1]).rpartition("_")[2] in ("host", "port", "bucket", "name")
        and path[0] != "model_list"
    )


def attach(
    before: Proxy | None,
    after: Proxy,
    objects: dict[Component, int],
    changes: list[Change],
    spelled: Callable[[Problem], str],
    *,
    more: Iterable[Problem] = (),
) -> None:
    """Put the view on the changes of one proxy, in place. `objects`: the position in `changes` of each component."""
    if not objects:
        return
    leading = next(objects[component] for component in _ORDER if component in objects)
    notices: dict[int, list[Notice]] = {position: [] for position in objects.values()}
    for problem in (*introduced(before, after), *more):
        notice = Notice(problem.kind, problem.because, (spelled(problem),) if problem.path else (), problem.certain)
        notices[objects.get(problem.component, leading)].append(notice)
    pictures = [None if side is None else picture(side) for side in (before, after)]
    sides = [
        None if one is None else PictureSide(one, partial=side is after and (side.partial or side.config is None))
        for side, one in zip((before, after), pictures, strict=True)
    ]
    attributes = tuple(diff(pictures[0], pictures[1], ())) if None not in pictures else ()
    for position, found in notices.items():
        view = View(sides[0], sides[1], attributes, tuple(found), position == leading)
        change = changes[position]
        changes[position] = structs.replace(change, views={**change.views, NAME: view})


def spell_in(prefixes: dict[str, Path], problem: Problem) -> str:
    """The path of a problem as reports spell it; `prefixes` are the paths of components in this kind of input."""
    first, *rest = problem.path
    prefix = prefixes.get(f"{problem.component}:{first}")
    if prefix is not None:
        return spell((*prefix, *rest))
    return spell((*prefixes.get(problem.component, ()), *problem.path))


def looks_like_configuration(value: Value | Absent) -> bool:
    """Whether a document is a configuration of LiteLLM: it has a model list and a section of settings."""
    found = tree(value)
    return "model_list" in found and any(section in found for section in settings.SECTIONS)

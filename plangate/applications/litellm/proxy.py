"""One side of a LiteLLM deployment, whatever it was read from: its configuration, and how it is run."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Path, Sensitive, Unknown, Value, spell

Tree: TypeAlias = "dict[str, Value]"
Home: TypeAlias = Literal[
    "config", "workload", "ingress", "job", "service", "secret", "autoscaler", "budget", "database", "release"
]
"""What kind of object a problem stands in."""

REFERENCE = "os.environ/"
"""How the configuration names a variable of the environment."""


class Problem(Struct, frozen=True):
    """Something that does not hold on one side. Two sides have the same one when `kind` and `subject` are the same.

    `because` finishes "`address` ...". One that is not `certain` hangs on a value that cannot be seen.
    """

    kind: str
    subject: str
    because: str
    home: Home = "config"
    path: Path = ()
    certain: bool = True


class Job(Struct, frozen=True, kw_only=True):
    """The Job that migrates the database."""

    image: str = ""
    hooks: tuple[str, ...] = ()
    """Helm's hook events."""
    argocd: bool = False
    env: Tree = {}
    ttl: Value | Absent = ABSENT
    deadline: Value | Absent = ABSENT


class Proxy(Struct, frozen=True, kw_only=True):
    """A proxy as one side has it."""

    origin: Literal["helm", "values", "configmap"] = "helm"
    config: Tree | None = None
    """`config.yaml`; None when it was not seen."""
    config_created: bool = True
    """Whether the release makes the ConfigMap that the pods read."""
    image: Value | Absent = ABSENT
    app_version: str = ""
    chart: str = ""
    replicas: Value | Absent = ABSENT
    """How many pods there are at least."""
    most_replicas: Value | Absent = ABSENT
    workers: Value | Absent = ABSENT
    env: Tree = {}
    """Variables by name: their text, or a map that says where it comes from."""
    opaque: tuple[str, ...] = ()
    """Secrets and ConfigMaps whose keys become variables and were not seen."""
    provided: frozenset[str] = frozenset()
    """Keys of those that were seen."""
    environment_known: bool = True
    """False where nothing tells of the environment at all."""
    ingress: Tree | None = None
    service: Tree | None = None
    pod: Tree = {}
    """Resources, probes, grace period, strategy, names of containers."""
    budget: bool | None = None
    budget_keeps: Value | Absent = ABSENT
    """How many pods a drain has to leave."""
    job: Job | None = None
    schema_update: Value | Absent = ABSENT
    """DISABLE_SCHEMA_UPDATE of the pods."""
    database: Tree | None = None
    """The Postgres that comes with the chart: its image."""
    redis: bool = False
    """Whether a Redis comes with the chart."""
    identity: Tree = {}
    """Annotations of its ServiceAccount, where a cloud's roles are named."""
    names: Tree = {}
    master_key: Value | Absent = ABSENT
    """What the chart's own Secret holds, masked."""
    master_key_drawn: bool = False
    veiled: tuple[Value, ...] = ()
    """Values that Terraform hides by itself: they may be references as well as secrets."""
    partial: bool = False
    """Part of it cannot be seen, and differs from the other side."""

    def section(self, name: str) -> Tree:
        """A section of the configuration; an empty one where there is none."""
        return tree((self.config or {}).get(name))

    def setting(self, section: str, key: str) -> Value | Absent:
        """One setting; null is absent."""
        value = self.section(section).get(key)
        return ABSENT if value is None else value

    def either(self, key: str) -> Value | Absent:
        """A setting that both the router and LiteLLM read; the router's wins."""
        value = self.setting("router_settings", key)
        return self.setting("litellm_settings", key) if value is ABSENT else value

    @property
    def models(self) -> list[Tree]:
        """The entries of `model_list` that are objects."""
        value = (self.config or {}).get("model_list")
        return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

    @property
    def named(self) -> dict[str, list[Tree]]:
        """Deployments by the name that clients ask for."""
        found: dict[str, list[Tree]] = {}
        for one in self.models:
            name = one.get("model_name")
            if isinstance(name, str):
                found.setdefault(name, []).append(one)
        return found

    def provides(self, name: str) -> bool | None:
        """Whether the environment has a variable; None where that cannot be seen."""
        if name in self.env or name in self.provided or name in self.section("environment_variables"):
            return True
        return False if self.environment_known and not self.opaque else None

    @property
    def pods(self) -> int | None:
        """The most pods that run, where it is known."""
        numbers = [n for n in (self.replicas, self.most_replicas) if is_number(n)]
        return max(int(n) for n in numbers) if numbers else None  # type: ignore[arg-type]

    @property
    def processes(self) -> int | None:
        """Pods times workers."""
        pods = self.pods
        return None if pods is None else pods * max(1, whole(self.workers) or 1)


def tree(value: Value | Absent) -> Tree:
    """A map, also inside a string; an empty one for anything else."""
    if isinstance(value, Embedded):
        value = value.value
    return value if isinstance(value, dict) else {}


def hidden(value: Value | Absent) -> bool:
    """Whether a value cannot be seen."""
    return isinstance(value, (Unknown, Sensitive))


def is_number(value: Value | Absent) -> bool:
    """Whether it is a number, as YAML has them."""
    return (
        not isinstance(value, (bool, str, list, dict, Embedded))
        and value not in (None, ABSENT, UNKNOWN)
        and not hidden(value)
    )


def whole(value: Value | Absent) -> int | None:
    """A whole number, also one that is written as text."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if is_number(value) else None  # type: ignore[arg-type]


def is_reference(value: Value | Absent) -> bool:
    """Whether a setting is taken from the environment."""
    return isinstance(value, str) and value.startswith(REFERENCE)


def texts(value: Value | Absent) -> list[str]:
    """The texts of a list, or one text alone."""
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def leaves(value: Value | Absent, path: Path = ()) -> list[tuple[Path, Value | Absent]]:
    """Every leaf below a value with its path."""
    if isinstance(value, Embedded):
        value = value.value
    if isinstance(value, dict):
        return [leaf for key, below in value.items() for leaf in leaves(below, (*path, key))]
    if isinstance(value, list):
        return [leaf for i, below in enumerate(value) for leaf in leaves(below, (*path, i))]
    return [(path, value)]


def said(path: Path) -> str:
    """A path in words of a message."""
    return spell(path)

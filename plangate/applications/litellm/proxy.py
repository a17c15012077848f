"""One side of a LiteLLM deployment, from any source: its configuration and how it runs."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Path, Sensitive, Unknown, Value, spell

Tree: TypeAlias = "dict[str, Value]"
Component: TypeAlias = Literal[
    "config", "workload", "ingress", "job", "service", "secret", "autoscaler", "budget", "database", "release"
]
"""The part of a deployment that a problem is in."""

REFERENCE = "os.environ/"
"""How the configuration names a variable of the environment."""


class Problem(Struct, frozen=True):
    """A fault of one side, or of the step between two. The same `kind` and `subject` on both sides mean the same problem.

    `because` finishes "`address` ...". One that is not `certain` depends on a value that cannot be seen.
    """

    kind: str
    subject: str
    because: str
    component: Component = "config"
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
    """A LiteLLM proxy before or after a change. ABSENT and None: not set, or not seen."""

    origin: Literal["helm", "values", "configmap"] = "helm"
    config: Tree | None = None
    """`config.yaml`; None when it was not seen."""
    config_created: bool = True
    """Whether the release makes the ConfigMap that the pods read."""
    image: Value | Absent = ABSENT
    app_version: str = ""
    chart: str = ""
    replicas: Value | Absent = ABSENT
    """The number of pods, with an autoscaler the least."""
    most_replicas: Value | Absent = ABSENT
    workers: Value | Absent = ABSENT
    env: Tree = {}
    """Environment variables by name: their text, or the `valueFrom` mapping."""
    opaque: tuple[str, ...] = ()
    """Secrets and ConfigMaps of `envFrom` whose keys were not seen."""
    provided: frozenset[str] = frozenset()
    """The keys of the Secrets and ConfigMaps of `envFrom` that were seen."""
    environment_known: bool = True
    """False where the source does not contain the environment."""
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
    master_key_generated: bool = False
    hidden_by_terraform: tuple[Value, ...] = ()
    """Values that Terraform marks as sensitive: references to variables as well as secrets."""
    partial: bool = False
    """Whether part of the values cannot be seen and may differ from the other side."""

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
        """The most pods that run; None where that is not known."""
        numbers = [n for n in (self.replicas, self.most_replicas) if is_number(n)]
        return max(int(n) for n in numbers) if numbers else None  # type: ignore[arg-type]

    @property
    def processes(self) -> int | None:
        """The most worker processes over all pods; None where that is not known."""
        pods = self.pods
        return None if pods is None else pods * max(1, whole(self.workers) or 1)


def tree(value: Value | Absent) -> Tree:
    """A mapping, also one embedded in a string; an empty one for anything else."""
    if isinstance(value, Embedded):
        value = value.value
    return value if isinstance(value, dict) else {}


def hidden(value: Value | Absent) -> bool:
    """Whether a value is masked or unknown."""
    return isinstance(value, (Unknown, Sensitive))


def is_number(value: Value | Absent) -> bool:
    """Whether a value is a number, booleans excluded."""
    return (
        not isinstance(value, (bool, str, list, dict, Embedded))
        and value not in (None, ABSENT, UNKNOWN)
        and not hidden(value)
    )


def whole(value: Value | Absent) -> int | None:
    """The value as an integer, also one written as text; None for anything else."""
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    return int(value) if is_number(value) else None  # type: ignore[arg-type]


def is_reference(value: Value | Absent) -> bool:
    """Whether a setting refers to an environment variable (`os.environ/NAME`)."""
    return isinstance(value, str) and value.startswith(REFERENCE)


def texts(value: Value | Absent) -> list[str]:
    """The strings of a list, or of a single string."""
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
    """A path as messages spell it."""
    return spell(path)

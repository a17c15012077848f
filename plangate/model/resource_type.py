"""What a Terraform resource type is: what goes when an object of it is destroyed and nothing takes its place."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Class(StrEnum):
    """What kind of thing goes."""

    DATA = "data"
    """Content that nobody can make again from the configuration."""
    FOUNDATION = "foundation"
    """What other things stand on."""
    SERVES = "serves"
    """What answers requests, or computes."""
    GRANTS = "grants"
    """Rights that somebody has."""
    GUARDS = "guards"
    """Protection: more is allowed without it, or less is kept."""
    WATCHES = "watches"
    """What tells somebody, or writes down."""
    IDENTITY = "identity"
    """Who somebody is, or a secret that opens something."""
    DELIVERS = "delivers"
    """What starts or brings something."""
    CONFIGURES = "configures"
    """Settings of something else."""
    ATTACHES = "attaches"
    """A tie between two objects that both stay."""
    VERSION = "version"
    """One of a row that is made again at every deploy; which one runs is chosen elsewhere."""
    LOCAL = "local"
    """Nothing outside of the state and of the machine that runs Terraform."""


class Consequence(StrEnum):
    """How bad that is in production."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    NONE = "none"
    """Nobody has to look."""


class TypeClass(Struct, frozen=True):
    """What is known of a type."""

    class_: Class
    consequence: Consequence
    what: str = ""
    """What goes, as a clause: `every object in it goes`; of grants `authoritative` or `additive`; may be empty."""

"""A container that stops asking for a password."""

import pytest

from tests.support.upgrades import changes, workload


def told(before, after):
    sides = (workload("StatefulSet", replicas=3, container={"env": env}) for env in (before, after))
    (found,) = changes(**dict(zip(("before", "after"), sides, strict=True))).values()
    return [effect.because for effect in found.effects if effect.kind == "authentication"]


def variable(name, value):
    return [{"name": name, "value": value}, {"name": "LEVEL", "value": value}]


@pytest.mark.parametrize(
    ("name", "was", "value", "expected"),
    [
        (
            "ALLOW_EMPTY_PASSWORD",
            "no",
            "yes",
            ["no longer asks its callers for a password (ALLOW_EMPTY_PASSWORD is yes)"],
        ),
        ("ALLOW_EMPTY_PASSWORD", "yes", "no", []),
        (
            "GF_AUTH_ANONYMOUS_ENABLED",
            "false",
            "true",
            ["no longer asks its callers for a password (GF_AUTH_ANONYMOUS_ENABLED is true)"],
        ),
        (
            "xpack.security.enabled",
            "true",
            "false",
            ["no longer asks its callers for a password (xpack.security.enabled is false)"],
        ),
        ("xpack.security.enabled", "false", "true", []),
        ("CACHE_ENABLED", "true", "false", []),
    ],
)
def test_switches_of_authentication(name, was, value, expected):
    assert told(variable(name, was), variable(name, value)) == expected

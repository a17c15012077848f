import pytest

from plangate.classify.kubernetes.effects.images import parse, traits
from plangate.model.change import Action, Address, AttributeChange, Change

DIGEST = "@sha256:" + "a" * 64


def told(before, after):
    leaf = AttributeChange('spec.template.spec.containers[name="app"].image', "changed", before, after)
    return traits(
        Change(
            address=Address("apps/Deployment/prod/web"),
            type="apps/Deployment",
            action=Action.UPDATE,
            attributes=(leaf,),
        )
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("app:1.2.3", "app:1.2.4", set()),
        ("app:1.2.3", "app:1.2.2", {"image-downgraded"}),
        ("app:1.9.0", "app:2.0.0", {"image-major"}),
        ("app:v1.9.0", "registry.example.com:5000/team/app:1.10.0-rc.1", {"image-prerelease"}),
        ("app:main-v1.77.3-stable", "app:main-v1.77.5-stable", set()),
        ("app:main-v1.77.5-stable", "app:main-v1.77.3-stable", {"image-downgraded"}),
        ("postgres:15", "postgres:16", {"image-major"}),
        ("postgres:16-alpine", "postgres:15-alpine", {"image-downgraded"}),
        ("postgres:15.4", "postgres:16", {"image-major"}),
        ("app:1841", "app:1840", set()),
        ("app:20260131", "app:20260130", set()),
        ("app:4f2a9c1", "app:77b03de", set()),
        ("app:1.2.3", "app:latest", {"image-moving"}),
        ("app:1.2.3", "app", {"image-moving"}),
        ("app:latest", "app:stable", set()),
        (f"app:1.2.3{DIGEST}", "app:1.2.3", {"image-unpinned"}),
        ("app:1.2.3", f"app:latest{DIGEST}", set()),
        ("mysql:9.0", "postgres:8.0", set()),
    ],
)
def test_how_far_a_tag_moves(before, after, expected):
    assert told(before, after) == expected


def test_a_port_of_a_registry_is_no_tag():
    image = parse("registry.example.com:5000/team/app")
    assert (image.repository, image.tag, image.digest) == ("registry.example.com:5000/team/app", "", "")

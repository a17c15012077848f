import pytest

from plangate.classify.noise import noise, read_back
from plangate.model.change import Action, Address, AttributeChange, Change, Noise
from plangate.model.values import ABSENT, UNKNOWN


def leaf(path, before=1, after=2):
    return AttributeChange(path, "changed", before, after)


def update(type_="aws_instance", action=Action.UPDATE, **more):
    return Change(address=Address(f"{type_}.a"), type=type_, action=action, **more)


@pytest.mark.parametrize(
    ("change", "leaves", "kind"),
    [
        (update(), [], Noise.FORMAT),
        (update(), [leaf("tags.a")], Noise.TAGS),
        (update(), [leaf('tags["a.b"]'), leaf("tags_all.a")], Noise.TAGS),
        (update("google_compute_instance"), [leaf("labels.a"), leaf("effective_labels.a")], Noise.TAGS),
        (update(), [leaf("tags.a"), leaf("ami")], None),
        (update(), [leaf("tagsoup.a")], None),
        (update(), [leaf("arn", "x", UNKNOWN)], Noise.UNKNOWN_ONLY),
        (update(), [leaf("arn", "x", UNKNOWN), leaf("ami")], None),
        (update(), [leaf("tags", {}, UNKNOWN)], Noise.UNKNOWN_ONLY),
        (update(), [leaf("x", "", ABSENT)], Noise.READ_BACK),
        (update(), [leaf("x", [], {}), leaf("y", None, "")], Noise.READ_BACK),
        (update(), [leaf("x", "", "a")], None),
        (update(), [leaf("x", 0, ABSENT)], None),
        (update(), [leaf("x", False, ABSENT)], None),
        (update("kubernetes_deployment"), [leaf("metadata[0].labels.a")], None),
        (update("kubernetes_labels"), [leaf("labels.app")], None),
        (update(action=Action.REPLACE), [leaf("tags.a")], None),
        (update(action=Action.CREATE), [], None),
        (update(values_known=False), [], None),
    ],
)
def test_only_an_update_that_means_little_is_noise(change, leaves, kind):
    assert noise(change, leaves) is kind


@pytest.mark.parametrize(
    ("path", "before", "after", "expected"),
    [
        ("etag", "a", "b", True),
        ("metadata[0].resource_version", "1", "2", True),
        ("x", "", ABSENT, True),
        ("instance_type", "a", "b", False),
        ("x", False, ABSENT, False),
    ],
)
def test_what_providers_compute_or_empty_in_another_way_is_read_back(path, before, after, expected):
    assert read_back(leaf(path, before, after)) is expected

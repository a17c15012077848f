"""Tags as LiteLLM publishes them."""

from __future__ import annotations

import pytest

from plangate.applications.litellm.images import read

REPOSITORY = "ghcr.io/berriai/litellm-database"


@pytest.mark.parametrize("tag", ["v1.85.1", "1.85.1", "main-v1.81.9-stable", "v1.81.9-stable.patch.1"])
def test_a_release_is_pinned_and_stable(tag: str) -> None:
    image = read(f"{REPOSITORY}:{tag}")

    assert (image.repository, image.moving, image.prerelease, image.unpublished) == (REPOSITORY, False, False, False)


@pytest.mark.parametrize("tag", ["latest", "main-latest", "main-stable", "v1", "1.85", "lts"])
def test_a_word_or_half_a_version_moves(tag: str) -> None:
    assert read(f"{REPOSITORY}:{tag}").moving


def test_no_tag_moves_and_a_digest_does_not() -> None:
    assert read(REPOSITORY).moving
    assert not read(f"{REPOSITORY}@sha256:{'0' * 64}").moving


def test_the_port_of_a_registry_is_no_tag() -> None:
    image = read("registry.example.com:5000/litellm")

    assert (image.repository, image.tag) == ("registry.example.com:5000/litellm", "")


@pytest.mark.parametrize("tag", ["v1.86.0-nightly", "v1.86.0.rc.1", "main-v1.86.0-dev", "nightly-2026"])
def test_builds_for_trying_out_are_told(tag: str) -> None:
    assert read(f"{REPOSITORY}:{tag}").prerelease


def test_main_tags_that_were_never_pushed_are_told() -> None:
    assert read(f"{REPOSITORY}:main-v1.81.13").unpublished
    assert read(f"{REPOSITORY}:main-v1.85.1").unpublished
    assert not read(f"{REPOSITORY}:main-v1.81.9-stable").unpublished

"""The applications that are known: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.applications.litellm import LiteLLM

if TYPE_CHECKING:
    from plangate.applications.protocol import Application

_ALL: Final[tuple[Application, ...]] = (LiteLLM(),)

APPLICATIONS: Final[dict[str, Application]] = {application.name: application for application in _ALL}
"""Every application by its name, in the order in which they look at a change set."""


def release_words(chart: str) -> frozenset[str]:
    """The words that mean a release in the versions of a chart, as the applications know them."""
    return frozenset().union(*(application.release_words(chart) for application in _ALL))

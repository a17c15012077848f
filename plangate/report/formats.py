"""The registry of output formats: each is a module of this package with a `render`, and one line here."""

from __future__ import annotations

import enum
import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plangate.model.verdict import Verdict


class Renderer(NamedTuple):
    """The module that renders a format, what it takes, and what documentation says of it."""

    module: str
    """Its name in this package. `render(verdict, **taken)` returns text or bytes."""
    read_by: str
    notes: str
    takes: tuple[str, ...] = ()
    """What `render` takes besides the verdict, by name."""
    whole: bool = False
    """Whether it shows all of a verdict, drift too, and not only a list of findings."""


class Format(enum.StrEnum):
    """Every output format, by the name that `--format` and `-o` take. Its module is imported when it renders."""

    renderer: Renderer

    TEXT = (
        "text",
        Renderer(
            "text",
            "people, in a terminal",
            "the decision in the first line, at most three findings before the fold",
            takes=("width", "colour", "all_changes"),
            whole=True,
        ),
    )
    JSON = (
        "json",
        Renderer(
            "json_v1",
            "programs",
            "the contract: [verdict.schema.json](verdict.schema.json)",
            takes=("document",),
            whole=True,
        ),
    )
    MARKDOWN = (
        "markdown",
        Renderer("markdown", "any comment", "never longer than 60,000 bytes", takes=("extras",), whole=True),
    )
    SARIF = (
        "sarif",
        Renderer(
            "sarif",
            "GitHub code scanning, IDEs, most scanners' dashboards",
            "SARIF 2.1.0; one category for each target; fingerprints that stay from push to push; at most 5,000 results",
        ),
    )
    JUNIT = (
        "junit",
        Renderer(
            "junit",
            "Jenkins, GitLab, Azure, CircleCI, Buildkite, TeamCity",
            "what decides is a failed test, what could not be seen an error, what was looked at a passed one",
        ),
    )
    GITHUB = (
        "github",
        Renderer("github", "GitHub Actions", "workflow commands, for stdout; ten of each kind, the worst first"),
    )
    GITLAB = (
        "gitlab",
        Renderer("gitlab", "GitLab's merge request widget (code quality)", "block is `blocker`, review is `major`"),
    )
    AZURE = (
        "azure",
        Renderer(
            "azure",
            "Azure Pipelines",
            "logging commands, for stdout; a review marks the task as succeeded with issues",
        ),
    )

    def __new__(cls, name: str, renderer: Renderer) -> Format:
        """A member that is its name."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.renderer = renderer
        return member

    def render(self, verdict: Verdict, given: Mapping[str, Callable[[], Any]]) -> bytes:
        """The report. `given` makes each thing that a format may take; only what this one takes is made."""
        module = importlib.import_module(f"plangate.report.{self.renderer.module}")
        arguments = {name: given[name]() for name in self.renderer.takes}
        rendered: str | bytes = module.render(verdict, **arguments)
        return rendered.encode() if isinstance(rendered, str) else rendered

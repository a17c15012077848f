"""One registry of formats: the command, its help and the documentation are made of it."""

import inspect
import re

import pytest
from msgspec import structs

from plangate.cli.main import COMMANDS
from plangate.model.verdict import Decision, Verdict
from plangate.report.formats import Format
from tests.support.command import GOLDEN, ROOT, run_here
from tests.support.verdicts import SHAPES, everything

GIVEN = {
    "width": lambda: 100,
    "colour": lambda: False,
    "all_changes": lambda: True,
    "document": lambda: None,
    "extras": lambda: None,
}


def refuse():
    raise AssertionError("nobody takes it")


@pytest.mark.parametrize("format_", Format)
def test_a_format_is_rendered_with_what_it_takes_and_nothing_else_is_made(format_):
    given = {name: make if name in format_.renderer.takes else refuse for name, make in GIVEN.items()}
    assert format_.render(everything(), given).endswith(b"\n")


@pytest.mark.parametrize("format_", Format)
def test_what_a_format_takes_are_arguments_of_its_module(format_):
    module = __import__(f"plangate.report.{format_.renderer.module}", fromlist=["render"])
    assert ["verdict", *format_.renderer.takes] == list(inspect.signature(module.render).parameters)


@pytest.mark.parametrize(
    ("command", "formats"),
    [("review", list(Format)), ("merge", list(Format)), ("drift", [f for f in Format if f.renderer.whole])],
)
def test_help_offers_the_formats(command, formats):
    assert command in COMMANDS
    shown = re.search(r"--format \[([^]]*)\]", run_here(command, "--help").stdout.decode())
    assert shown is not None
    assert re.sub(r"\s", "", shown[1]) == "|".join(formats)


def test_a_format_that_is_none_is_refused_with_those_that_are(tmp_path):
    done = run_here("review", "plan.json", "-o", f"pdf={tmp_path / 'x'}")
    assert done.code == 2
    assert f"with one of: {', '.join(Format)}\n".encode() in done.stderr


def test_every_module_that_renders_a_verdict_is_registered():
    names = {path.stem for path in (ROOT / "plangate" / "report").glob("*.py")} - {"__init__"}
    modules = {name: __import__(f"plangate.report.{name}", fromlist=["render"]) for name in names}
    renderers = {name: inspect.signature(found.render) for name, found in modules.items() if hasattr(found, "render")}
    of_verdicts = {
        name
        for name, signature in renderers.items()
        if next(iter(signature.parameters.values())).annotation in ("Verdict", Verdict)
    }
    assert of_verdicts == {format_.renderer.module for format_ in Format}


FOR_TOOLS = tuple(format_ for format_ in Format if not format_.renderer.whole)


def rendered(format_, given):
    return format_.render(given, {}).decode()


@pytest.mark.parametrize("format_", FOR_TOOLS)
def test_the_report_is_as_recorded(format_, golden):
    golden(GOLDEN / "report" / f"block.{format_}", rendered(format_, everything()).encode())


@pytest.mark.parametrize("format_", FOR_TOOLS)
@pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)
def test_no_report_holds_what_cannot_be_seen(format_, given):
    made = rendered(format_, given)
    made.encode()
    assert all(c.isprintable() or c in "\n\u200b" for c in made)
    assert made.endswith("\n")


@pytest.mark.parametrize(("format_", "most"), [("junit", 2_000), ("azure", 100)])
def test_findings_that_have_no_place_are_counted(format_, most):
    given = everything()
    first = next(one for one in given.findings if one.decision is not Decision.PASS)
    for count, hidden in ((most, 0), (most + 7, 7)):
        found = tuple(structs.replace(first, fingerprint=f"{i}") for i in range(count))
        skipped = structs.replace(given.coverage, skipped=())
        page = rendered(Format(format_), structs.replace(given, findings=found, coverage=skipped))
        assert ("7 more" in page) is bool(hidden)

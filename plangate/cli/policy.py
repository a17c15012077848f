"""`plangate policy`: list, show, test and document policies."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from plangate.cli import clock, output
from plangate.errors import ExitCode, UsageError
from plangate.model.input import Source
from plangate.model.verdict import Severity
from plangate.pipeline import policies
from plangate.report.escape import terminal

_PATHS = click.option(
    "--policies",
    "policy_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="More policies: a file or a folder. Repeatable.",
)


@click.group()
def policy() -> None:
    """List, show, test and document policies."""


_CONFIG = click.option(
    "--config", metavar="FILE", help="The configuration.  [default: .plangate.yaml where there is one]"
)


@policy.command("list")
@_PATHS
@_CONFIG
@click.option("--family", metavar="NAME", help="Only those of this family.")
@click.option(
    "--severity", type=click.Choice([one.value for one in Severity]), help="Only those that are this bad here."
)
@click.option("--source", type=click.Choice([one.value for one in Source]), help="Only those about this tool.")
@click.option("--type", "type_", metavar="TYPE", help="Only those that can concern this type, such as aws_s3_bucket.")
@click.option("--on/--off", "on", default=None, help="Only those that are on, or off.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="What to print.")
def list_(
    *,
    policy_paths: tuple[Path, ...],
    config: str | None,
    family: str | None,
    severity: str | None,
    source: str | None,
    type_: str | None,
    on: bool | None,
    format_: str,
) -> None:
    """List every policy, the shipped ones and yours, with what the configuration makes of each."""
    wanted = policies.Wanted(family=family, severity=severity, source=source, type=type_, on=on)
    every = [one for one in policies.settings(policy_paths, config, clock.moment(None)[:10]) if wanted.fits(one)]
    if format_ == "json":
        keys = ("id", "family", "severity", "summary", "since")
        rows = [
            {
                **{key: getattr(one.policy, key) for key in keys},
                "severity": one.severity,
                "on": one.on,
                "why": list(one.why),
            }
            for one in every
        ]
        output.line(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
        return
    width = max((len(one.policy.id) for one in every), default=0)
    for one in sorted(every, key=lambda one: (one.policy.family, one.severity.rank, one.policy.id)):
        state = one.severity.value if one.on else "off"
        why = f" ({'; '.join(one.why)})" if one.why else ""
        output.line(f"{state:<9} {one.policy.id:<{width}}  {terminal(one.policy.summary + why)}")


@policy.command()
@click.argument("id_", metavar="ID")
@_PATHS
@_CONFIG
def show(*, id_: str, policy_paths: tuple[Path, ...], config: str | None) -> None:
    """Show one policy: what it finds, why, when, the way out, and what the configuration makes of it."""
    text = policies.page(id_, policy_paths, config, clock.moment(None)[:10]).partition("\n\n")[2]
    for line in text.splitlines():
        output.line(terminal(line))


@policy.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option(
    "--plans",
    type=click.Path(path_type=Path, exists=True),
    help="Also say what the policies find in real plans: a plan, or a folder of them.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="What to print.")
@click.option("--watch", is_flag=True, help="Test again whenever a file below PATH changes; Ctrl-C ends it.")
def test(*, paths: tuple[Path, ...], plans: Path | None, format_: str, watch: bool) -> int:
    """Hold the cases in policy files against their policies.

    PATH is a file or a folder; without one, the shipped policies are tested. Exits with 10 when a case fails, and with 2
    when a policy does not load.
    """
    if not watch:
        return _test(paths, plans, format_)
    from plangate.cli import watching  # noqa: PLC0415 - few tests watch

    return watching.repeat(paths, lambda: _test(paths, plans, format_))


def _test(paths: tuple[Path, ...], plans: Path | None, format_: str) -> int:
    tested = policies.test(paths)
    on_plans: list[policies.PlanResult] = []
    if plans is not None:
        on_plans, tested = policies.on_plans(tested, sorted(plans.rglob("*.json")) if plans.is_dir() else [plans])
    results = [(one.file, result) for one in tested for result in one.results]
    failed = [(file, result) for file, result in results if not result.passed]
    code = ExitCode.BLOCK if failed else ExitCode.OK
    if format_ == "json":
        output.line(_as_json(tested, on_plans, code))
        return code
    for file, result in failed:
        problem = f": {result.problem}" if result.problem else ""
        message = f"{file}: {result.expected.value} case {result.number}: the policy says {result.got.value}{problem}"
        output.note(terminal(message))
    for one in tested:
        for hint in one.hints:
            output.note(terminal(f"{one.file}: {hint}"))
    for plan in on_plans:
        if plan.problem:
            output.note(terminal(f"{plan.plan}: {plan.problem}"))
        for finding in plan.findings:
            output.line(terminal(f"{plan.plan}: {finding.outcome.value}: {finding.policy}: {finding.message}"))
    output.line(f"{len(results)} cases of {len(tested)} policies, {len(failed)} failed")
    return code


def _as_json(tested: list[policies.Tested], plans: list[policies.PlanResult], code: int) -> str:
    """Everything that a test says, for pipelines."""
    of_case = ("expected", "number", "got", "passed", "problem")
    of_finding = ("policy", "outcome", "severity", "address", "message")
    document = {
        "exit_code": int(code),
        "policies": [
            {
                "id": one.policy.id,
                "file": one.file,
                "hints": one.hints,
                "cases": [{key: getattr(result, key) for key in of_case} for result in one.results],
            }
            for one in tested
        ],
        "plans": [
            {
                "plan": str(plan.plan),
                "problem": plan.problem,
                "findings": [{key: getattr(finding, key) for key in of_finding} for finding in plan.findings],
            }
            for plan in plans
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


@policy.command()
@_CONFIG
def vendor(*, config: str | None) -> None:
    """Fetch the packs that policy_paths names by commit, and write copies of them below .plangate/packs."""
    for folder in policies.vendor(config):
        output.line(terminal(f"wrote {folder}"))
    output.note("next: plangate policy test .plangate/packs, then commit them")


@policy.command()
def schema() -> None:
    """Print the JSON Schema of policy files, with which editors complete and check them."""
    output.write(policies.schema())


@policy.command("format")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--check", is_flag=True, help="Write nothing; exit with 10 when a file is laid out otherwise.")
def format_(*, paths: tuple[Path, ...], check: bool) -> int:
    """Put the keys of policy files into their order. Values and comments stay as they are written."""
    changed = [(path, made) for path, text, made in policies.format_(paths) if made != text]
    for path, made in changed:
        if not check:
            path.write_text(made, "utf-8")
        output.note(terminal(f"{path} {'is laid out otherwise' if check else 'is laid out'}"))
    return ExitCode.BLOCK if changed and check else ExitCode.OK


@policy.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--type",
    "type_",
    default="aws_s3_bucket",
    show_default=True,
    help="The type that it is about: of Terraform, or a kind of Kubernetes such as Deployment.",
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where to write it.  [default: here]")
def new(*, id_: str, type_: str, folder: Path) -> None:
    """Write a first policy ID.yaml that loads and whose cases pass."""
    file = folder / f"{id_}.yaml"
    made = policies.first(id_, type_, folder)
    if file.exists():
        raise UsageError("is there already", where=str(file))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(made, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file)) from None
    output.line(terminal(f"wrote {file}"))
    if policies.is_shipped(folder):
        output.note("next: python -m plangate.policy.index, which shipped policies are read from")
    output.note(terminal(f"next: plangate policy test {file}"))


@policy.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_PATHS
@click.option("--check", is_flag=True, help="Write nothing; exit with 10 when a page is not current.")
def docs(*, folder: Path, policy_paths: tuple[Path, ...], check: bool) -> int:
    """Write a Markdown page for every policy into FOLDER."""
    made = policies.pages(policy_paths)
    stale = [name for name, text in made.items() if not _is(folder / name, text)]
    stale += [
        str(p.relative_to(folder)) for p in sorted(folder.glob("*/*.md")) if str(p.relative_to(folder)) not in made
    ]
    if check:
        for name in stale:
            output.note(terminal(f"{folder / name} is not current"))
        return ExitCode.BLOCK if stale else ExitCode.OK
    for name in stale:
        path = folder / name
        if name not in made:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[name], "utf-8")
    return ExitCode.OK


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text

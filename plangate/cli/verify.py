"""`plangate verify`: right before the apply, whether this is the plan that was reviewed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangate.cli import clock, output
from plangate.cli import evidence as evidence_flags
from plangate.errors import ExitCode
from plangate.pipeline import verify as verifying
from plangate.report.escape import terminal

if TYPE_CHECKING:
    from plangate.model.input import EvidenceSources, StateSource
    from plangate.pipeline.verify import VerifyResult
    from plangate.report import wire


@click.command()
@click.argument("verdict", metavar="VERDICT")
@click.option(
    "--plan", "plans", multiple=True, required=True, metavar="FILE", help="What is about to be applied. Repeatable."
)
@click.option(
    "--tf-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Where `terraform show` runs for a saved plan.",
)
@evidence_flags.of_release()
@evidence_flags.of_state
@click.option("--saved-plan", metavar="FILE", help="The plan file that the JSON was made from: its lineage and serial.")
@click.option(
    "--replanned",
    is_flag=True,
    help="The plan was made again after the review: the state may have moved on, what the plan does may not.",
)
@click.option("--as-of", metavar="TIME", help="The time of the question, ISO 8601.  [default: now]")
def verify(
    *,
    verdict: str,
    plans: tuple[str, ...],
    tf_dir: Path,
    evidence: EvidenceSources,
    state: StateSource,
    saved_plan: str | None,
    replanned: bool,
    as_of: str | None,
) -> int:
    """Say, right before the apply, whether FILE is the plan that VERDICT was reached on.

    VERDICT is what `plangate review -o json=FILE` wrote; FILE is what review takes. Exits with 0 only where the plan does the
    same, from the same serial of the same state or the same revision of the release, the verdict lets it go on, has not expired,
    and is signed by the gate's key where there is one (PLANGATE_KEY, or the file PLANGATE_KEY_FILE). Exits with 10 where
    anything differs, and shows what; with 3 where FILE cannot be read, and with 4 where nobody can tell otherwise, and says why.
    """
    answer = verifying.verify(
        verifying.VerifyRequest(
            verdict=verdict,
            plans=plans,
            now=clock.moment(as_of),
            tf_dir=tf_dir,
            evidence=evidence,
            state=state,
            saved_plan=saved_plan,
            replanned=replanned,
        )
    )
    for failure in answer.failures:
        output.internal_error(failure)
    _print_result(answer.result, answer.saved)
    return answer.exit_code


_WORDS = {
    ExitCode.OK: "SAME",
    ExitCode.BLOCK: "DIFFERENT",
    ExitCode.INCONCLUSIVE: "CANNOT TELL",
    ExitCode.INPUT: "CANNOT TELL",
}
_MOST = 50


def _print_result(answer: VerifyResult, saved: wire.Verdict) -> None:
    """The answer on stdout; notes on stderr."""
    lines = []
    for problem in answer.problems:
        # The prefix matters: a runner takes a line that starts with `::` for a command.
        lines.append(f"  - {problem.text}")
        lines += [f"    {line}" for line in problem.lines[:_MOST]]
        if len(problem.lines) > _MOST:
            lines.append(f"    and {len(problem.lines) - _MOST} more")
        if problem.hint:
            lines.append(f"    next: {problem.hint}")
    fingerprint = saved.binding.fingerprint[:12] if saved.binding else "unknown"
    about = f"plan {fingerprint}, reviewed {saved.created_at}: {saved.decision}"
    output.line(terminal(f" {_WORDS[answer.code]}   {about}"))
    for line in lines:
        output.line(terminal(line))
    for note in answer.notes:
        output.note(terminal(f"plangate: {note}"))

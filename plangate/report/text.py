"""The verdict for a terminal: the consequence in line 1, at most three findings before the fold, and what to do at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.model import Decision
from plangate.report import rows, story, words
from plangate.report.screen import Screen
from plangate.report.values import pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.model import Verdict
    from plangate.report.rows import Delta, Row
    from plangate.report.story import Told

_BEFORE_THE_FOLD: Final = 3
_ONE_LINERS: Final = 12
_MOST_ROWS: Final = 40
_MOST_LINES: Final = 8
"""Of drift, outputs, invocations, checks and notes each."""


def render(verdict: Verdict, *, width: int, colour: bool, all_changes: bool) -> str:
    """The whole page, with a newline at its end. `all_changes` unfolds everything."""
    page = _Page(verdict, Screen(width, colour=colour), everything=all_changes)
    page.headline()
    if story.quiet(verdict) and not all_changes:
        return page.screen.text()
    page.findings()
    page.changes()
    page.drift()
    page.outputs()
    page.runs()
    page.folded()
    page.unseen()
    page.end()
    return page.screen.text()


class _Page:
    """One page being written: each method adds one part, or nothing."""

    def __init__(self, verdict: Verdict, screen: Screen, *, everything: bool):
        self.verdict = verdict
        self.screen = screen
        self.everything = everything
        self.told = story.told(verdict)
        self.deciding = story.deciding(self.told)
        shown = self.told if everything else self.deciding
        full = len(shown) if everything else _BEFORE_THE_FOLD
        self.full, self.brief = shown[:full], shown[full:]
        named = {one.finding.change for one in self.full}
        kept = [c for i, c in enumerate(verdict.changes) if everything or i not in named]
        self.left_out = len(verdict.changes) - len(kept)
        self.rows = rows.group(kept, everything=everything)

    def headline(self) -> None:
        """The decision and the consequence; then what the tools count."""
        verdict = self.verdict
        decision = verdict.decision.value
        self.screen.headline(decision, verdict.headline, story.where(verdict))
        counts = "    ".join(f"{one.tool}  {one.counts}" for one in story.counted(verdict))
        if counts and not (story.quiet(verdict) and not self.everything):
            only = verdict.sources[0].path if len(verdict.sources) == 1 else f"{len(verdict.sources)} inputs"
            self.screen.entry("", counts, edge=only)

    def findings(self) -> None:
        """The worst in full, the others in a line each."""
        for one in self.full:
            self.screen.blank()
            self._finding(one)
        if self.brief:
            self.screen.blank()
        for one in self.brief[:_ONE_LINERS]:
            self.screen.entry(
                f"{one.number:>2} {one.decision.value}",
                f"{one.subject}  {one.what}" if one.subject else one.what,
                style=one.decision.value,
                edge=one.finding.policy,
                most=1,
            )
        if len(self.brief) > _ONE_LINERS:
            rest = self.brief[_ONE_LINERS:]
            self.screen.entry("", f"and {words.several(len(rest), 'more finding')}", edge="--all")

    def _finding(self, one: Told) -> None:
        screen, finding = self.screen, one.finding
        label = f"{one.number:>2} {_SHORT.get(one.decision, one.decision.value)}"
        screen.entry(label, one.subject or one.what, style=one.decision.value, edge=finding.policy, bold=True)
        if one.subject:
            screen.entry("", one.what)
        for i, cause in enumerate(one.causes):
            screen.entry("" if i else "why", f"{_delta(cause)}  {cause.remark}".rstrip())
        if one.cause:
            screen.entry("" if one.causes else "why", one.cause)
        for lost in one.lost:
            screen.entry("lost", lost)
        screen.entry("instead", one.instead)
        if finding.location is not None:
            screen.entry("at", f"{finding.location.file}:{finding.location.line}")
        if self.everything and finding.url:
            screen.entry("see", finding.url)

    def changes(self) -> None:
        """What else changes, grouped, worst first."""
        found = self.rows.rows
        if not found:
            return
        self.screen.blank()
        most = len(found) if self.everything else _MOST_ROWS
        for i, row in enumerate(found[:most]):
            label = ("also" if self.left_out else "changes") if i == 0 else ""
            self.screen.entry(label, f"{row.action:<8} {_row(row)}", most=0 if self.everything else 2)
        if len(found) > most:
            hidden = sum(row.count for row in found[most:])
            self.screen.entry("", f"and {words.several(hidden, 'more change')}", edge="--all")

    def drift(self) -> None:
        """Values changed by hand that this apply does something to."""
        found = story.by_hand(self.verdict)
        if not found:
            return
        self.screen.blank()
        most = len(found) if self.everything else _MOST_LINES
        table = [(f"{one.subject} {one.path}".strip(), one.git, one.state, one.live, one.then) for one in found[:most]]
        self.screen.table("drift", ("changed by hand", "git", "state", "live", "then"), table)
        if len(found) > most:
            self.screen.entry("", f"and {words.several(len(found) - most, 'more value')} changed by hand", edge="--all")

    def outputs(self) -> None:
        """Root module outputs that change."""
        found = []
        for output in self.verdict.outputs:
            before, after = pair(output.before, output.after)
            sides = f"{before} → {after}" if output.action.value == "update" else ""
            found.append(f"{output.action.value:<8} {output.name}  {sides}".rstrip())
        self._several("outputs", found, "more output")

    def runs(self) -> None:
        """Actions that the apply invokes, checks that did not pass, and what was recognised of the run."""
        verdict = self.verdict
        self._several("runs", [f"{one.address}  {one.trigger}" for one in verdict.invocations], "more action")
        told = {one.finding.address for one in self.full}
        checks = [
            ": ".join((f"{one.address}  {_CHECKS.get(one.status, one.status)}", *one.messages))
            for one in verdict.checks
            if (one.status != "unknown" and one.address not in told) or self.everything
        ]
        self._several("checks", checks, "more check")
        self._several("notes", list(verdict.notes), "more note")

    def folded(self) -> None:
        """What means little, in numbers."""
        if self.everything:
            return
        parts = [words.several(count, words.NOISE[kind]) for kind, count in self.rows.noise.items()]
        if self.rows.reads:
            parts.append(f"{words.several(self.rows.reads, 'data source')} read during the apply")
        minor = len(self.told) - len(self.deciding)
        if minor:
            parts.append(words.several(minor, "finding of low severity").replace("low severitys", "low severity"))
        unknown = sum(1 for check in self.verdict.checks if check.status == "unknown")
        if unknown:
            parts.append(f"{words.several(unknown, 'check')} known only after apply")
        for status, count in story.other_drift(self.verdict).items():
            parts.append(f"{words.several(count, 'value')} changed by hand: {words.DRIFT[status]}")
        if parts:
            self.screen.blank()
            self.screen.entry("folded", ", ".join(parts), edge="--all")

    def unseen(self) -> None:
        """What cannot be told and what ends that; what was not looked at."""
        reasons = story.cannot_tell(self.verdict)
        if reasons:
            self.screen.blank()
        for reason in reasons if self.everything else reasons[:_MOST_LINES]:
            self.screen.entry("unclear", f"{reason.what}: {reason.why}", style="inconclusive")
            self.screen.entry("", f"→ {reason.how_to_fix}")
        if len(reasons) > _MOST_LINES and not self.everything:
            self.screen.entry("", f"and {words.several(len(reasons) - _MOST_LINES, 'more reason')}", edge="--all")
        undecided = self.verdict.coverage.outcomes.get("unknown", 0)
        if undecided:
            self.screen.entry("unseen", f"{_policies(undecided)} on values known only after apply")
        if self.everything:
            for skipped in story.not_examined(self.verdict):
                self.screen.entry("unseen", f"{skipped.what}: {skipped.why} → {skipped.how_to_fix}")

    def end(self) -> None:
        """Freshness, the runbook, and who must do what."""
        fresh = story.fresh(self.verdict)
        if fresh:
            self.screen.entry("fresh", fresh)
        self.screen.blank()
        for step in self.verdict.runbook:
            self.screen.entry(step.when, step.text)
            if step.command is not None:
                self.screen.entry("", f"$ {step.command}")
        first = self.deciding[0].number if self.deciding else None
        edge = f"plangate explain verdict.json {first}" if first else ""
        self.screen.entry("next", story.next_step(self.verdict, self.deciding), edge=edge, bold=True)

    def _several(self, label: str, lines: Sequence[str], more: str) -> None:
        most = len(lines) if self.everything else _MOST_LINES
        for i, line in enumerate(lines[:most]):
            self.screen.entry("" if i else label, line, most=0 if self.everything else 2)
        if len(lines) > most:
            self.screen.entry("", f"and {words.several(len(lines) - most, more)}", edge="--all")


_SHORT: Final = {Decision.INCONCLUSIVE: "unclear", Decision.PASS: "note"}
"""Decision words that fit beside a number."""

_CHECKS: Final = {"fail": "fails", "error": "cannot be evaluated", "unknown": "known only after apply"}


def _policies(count: int) -> str:
    return "1 policy cannot decide" if count == 1 else f"{count} policies cannot decide"


def _delta(delta: Delta) -> str:
    before, after = delta.before, delta.after
    if delta.kind == "added":
        return f"{delta.path} added" + (f" {after}" if after is not None else "")
    if delta.kind == "removed":
        return f"{delta.path} removed" + (f", was {before}" if before is not None else "")
    return f"{delta.path}  {before} → {after}" if before is not None else f"{delta.path} changes"


def _row(row: Row) -> str:
    """One row of changes."""
    subject = row.subject if row.count == 1 else f"{row.count} × {row.subject}"
    parts = [subject]
    if row.deltas:
        only = "only " if row.only and row.count > 1 else ""
        changed = ", ".join(_delta(delta) for delta in row.deltas)
        parts.append(f"{only}{changed}" + (f" and {row.more} more" if row.more else ""))
    if row.effects:
        parts.append(f"[{', '.join(row.effects)}]")
    if row.remark:
        parts.append(f"({row.remark})")
    return "  ".join(parts)

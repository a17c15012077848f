"""The verdict for a terminal: the headline in line 1, at most three findings in full, and the next step at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.lang.wording import and_more, listed, several
from plangate.model.verdict import Decision, Outcome
from plangate.report import diffs, rows, story, wording
from plangate.report.screen import Screen
from plangate.report.values import pair, tail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.model.change import AttributeChange
    from plangate.model.verdict import Verdict
    from plangate.report.rows import Delta, Row
    from plangate.report.story import FindingGroup, FindingView

_BEFORE_THE_FOLD: Final = 3
_ONE_LINERS: Final = 12
_MOST_OTHERS: Final = 6
_SHORTEST_PATH: Final = 9
_LONGEST_PATH: Final = 40
_MOST_ROWS: Final = 40
_FEW_ROWS: Final = 15
"""So many rows may take two lines each."""
_MOST_DIFFERING: Final = 12
"""Lines that differ in one long value."""
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
    page.waived()
    page.folded()
    page.unseen()
    page.end()
    return page.screen.text()


class _Page:
    """Writes the page. Each method adds one part, or nothing."""

    def __init__(self, verdict: Verdict, screen: Screen, *, everything: bool):
        self.verdict = verdict
        self.screen = screen
        self.everything = everything
        self.views = story.views(verdict)
        self.deciding = story.deciding(self.views)
        groups = story.grouped(self.views if everything else self.deciding)
        full = len(groups) if everything else _BEFORE_THE_FOLD
        self.full, self.brief = groups[:full], groups[full:]
        named = {
            one.finding.change
            for group in (*self.full, *self.brief[:_ONE_LINERS])
            for one in (group.first, *group.others)
        }
        kept = [c for i, c in enumerate(verdict.changes) if everything or i not in named]
        self.left_out = len(verdict.changes) - len(kept)
        self.rows = rows.group(kept, everything=everything)

    def headline(self) -> None:
        """The decision and the consequence; then what the tools count."""
        verdict = self.verdict
        decision = verdict.decision.value
        self.screen.headline(decision, verdict.headline, story.where(verdict))
        missing = story.no_environment(verdict)
        if missing:
            self.screen.entry("", missing)
        counts = "    ".join(f"{one.tool}  {one.counts}" for one in story.counted(verdict))
        if counts and not (story.quiet(verdict) and not self.everything):
            room = self.screen.room_beside(counts)
            only = verdict.inputs[0].path if len(verdict.inputs) == 1 else f"{len(verdict.inputs)} inputs"
            self.screen.entry(
                "", counts, edge=tail(only, min(room, self.screen.width // 3)) if room >= _SHORTEST_PATH else ""
            )

    def findings(self) -> None:
        """The worst findings in full, the others in one line each."""
        for group in self.full:
            self.screen.blank()
            self._finding(group)
        if self.brief:
            self.screen.blank()
        for group in self.brief[:_ONE_LINERS]:
            one = group.first
            others = f"  (and {len(group.others)} more)" if group.others else ""
            self.screen.entry(
                _label(one),
                f"{one.subject}{others}  {one.what}" if one.subject else one.what,
                style=one.decision.value,
                edge=one.finding.policy,
                most=1,
            )
        if len(self.brief) > _ONE_LINERS:
            rest = sum(group.count for group in self.brief[_ONE_LINERS:])
            self.screen.entry("", f"and {several(rest, 'more finding')}", edge="--all")

    def _finding(self, group: FindingGroup) -> None:
        screen, one = self.screen, group.first
        finding, label = one.finding, _label(one)
        line = f"{one.subject}   {one.what}" if one.subject else one.what
        if not one.subject or screen.fits(line, finding.policy):
            screen.entry(label, line, style=one.decision.value, edge=finding.policy, bold=True)
        else:
            on_one_line = screen.fits(one.subject, finding.policy)
            edges = (finding.policy, "") if on_one_line else ("", finding.policy)
            screen.entry(label, one.subject, style=one.decision.value, edge=edges[0], bold=True)
            screen.entry("", one.what, edge=edges[1])
        if group.others:
            most = len(group.others) if self.everything else _MOST_OTHERS
            screen.detail("also", listed([f"{other.number} {other.subject}" for other in group.others], most))
        for i, cause in enumerate(one.causes):
            screen.detail("" if i else "why", f"{_delta(cause)}  {cause.remark}".rstrip())
        self._differences(one.long)
        if one.cause:
            screen.detail("" if one.causes else "why", one.cause)
        for lost in one.lost:
            screen.detail("lost", lost)
        if finding.note is not None:
            screen.detail("here", finding.note)
        screen.detail("instead", one.instead)
        for line in finding.paste.splitlines():
            screen.verbatim(line)
        if finding.location is not None:
            screen.detail("at", f"{finding.location.file}:{finding.location.line}")
        if self.everything and finding.url:
            screen.detail("see", finding.url)

    def changes(self) -> None:
        """What else changes, grouped, worst first."""
        found = self.rows.rows
        if not found:
            return
        self.screen.blank()
        most = len(found) if self.everything else _MOST_ROWS
        lines = 0 if self.everything else 1 if len(found) > _FEW_ROWS else 2
        for i, row in enumerate(found[:most]):
            label = ("also" if self.left_out else "changes") if i == 0 else ""
            self.screen.entry(label, f"{row.action:<8} {_row(row)}", most=lines)
            if self.everything:
                self._differences(row.long)
        if len(found) > most:
            hidden = sum(row.count for row in found[most:])
            self.screen.entry("", f"and {several(hidden, 'more change')}", edge="--all")

    def _differences(self, attributes: Sequence[AttributeChange]) -> None:
        """The lines that differ in long values, all of them or the first few."""
        for attribute in attributes if self.everything else attributes[:1]:
            found = diffs.of(attribute)
            if found is None:
                continue
            self.screen.detail("", f"{found.path}: lines that differ ({found.counts})")
            shown = found.lines if self.everything else found.lines[:_MOST_DIFFERING]
            for line in shown:
                self.screen.difference(line.sign, line.text)
            left = len(found.lines) - len(shown) + found.hidden
            if left:
                self.screen.entry("", f"and {several(left, 'more line')}", edge="" if self.everything else "--all")

    def drift(self) -> None:
        """Values changed by hand that this apply does something to."""
        found = story.by_hand(self.verdict)
        if not found:
            return
        self.screen.blank()
        most = len(found) if self.everything else _MOST_LINES
        table = [(f"{one.subject} {one.path}".strip(), one.git, one.state, one.live, one.after) for one in found[:most]]
        made = story.made(found)
        title = f"changed by hand ({made})" if made else "changed by hand"
        self.screen.table("drift", (title, "git", "state", "live", "after apply"), table)
        if len(found) > most:
            self.screen.entry("", f"and {several(len(found) - most, 'more value')} changed by hand", edge="--all")

    def outputs(self) -> None:
        """Root module outputs that change."""
        found = []
        names: dict[str, list[str]] = {}
        for output in self.verdict.outputs:
            before, after = pair(output.before, output.after)
            if output.action.value == "update":
                found.append(f"update   {output.name}  {before} → {after}")
            elif self.everything and output.action.value == "create":
                found.append(f"create   {output.name}  {after}")
            else:
                names.setdefault(output.action.value, []).append(output.name)
        found += [f"{action:<8} {', '.join(of_it)}" for action, of_it in names.items()]
        self._several("outputs", found, "more output")

    def runs(self) -> None:
        """Actions that the apply invokes, checks that did not pass, and what was recognised of the run."""
        verdict = self.verdict
        self._several("runs", [f"{one.address}  {one.trigger}" for one in verdict.invocations], "more action")
        hooks = [
            f"{hook.address}  {', '.join(hook.events)}" + ("  [changed]" if hook.changed else "")
            for hook in verdict.hooks
            if hook.effects or self.everything
        ]
        self._several("hooks", hooks, "more hook")
        addresses = {one.finding.address for one in self.views}
        checks = [
            ": ".join((f"{one.address}  {_CHECKS.get(one.status, one.status)}", *one.messages))
            for one in verdict.checks
            if (one.status != "unknown" and one.address not in addresses) or self.everything
        ]
        self._several("checks", checks, "more check")
        self._several("notes", list(verdict.notes), "more note")

    def waived(self) -> None:
        """What somebody accepted, who, why, and until when."""
        if self.verdict.waived:
            self.screen.blank()
        self._several("waived", [story.accepted(finding) for finding in self.verdict.waived], "more waived finding")

    def folded(self) -> None:
        """The counts of what the page leaves out."""
        if self.everything:
            return
        parts = rows.folded(self.rows)
        minor = len(self.views) - len(self.deciding)
        if minor:
            parts.append(several(minor, "minor finding"))
        unknown = sum(1 for check in self.verdict.checks if check.status == "unknown")
        if unknown:
            parts.append(f"{several(unknown, 'check')} known only after apply")
        for status, count in story.other_drift(self.verdict).items():
            parts.append(f"{several(count, 'value')} changed by hand: {wording.DRIFT[status]}")
        if parts:
            self.screen.blank()
            self.screen.entry("folded", ", ".join(parts), edge="--all")

    def unseen(self) -> None:
        """Gaps with their remediation, and what was not examined."""
        reasons = story.cannot_tell(self.verdict)
        if reasons:
            self.screen.blank()
        for reason in reasons if self.everything else reasons[:_MOST_LINES]:
            self.screen.entry("unclear", f"{reason.what}: {reason.why}", style="inconclusive")
            self.screen.entry("", f"→ {reason.how_to_fix}")
        if len(reasons) > _MOST_LINES and not self.everything:
            self.screen.entry("", f"and {several(len(reasons) - _MOST_LINES, 'more reason')}", edge="--all")
        policies = {one.finding.policy for one in self.views if one.finding.outcome is Outcome.UNKNOWN}
        undecided = self.verdict.coverage.outcomes.get("unknown", 0) - len(policies)
        if undecided > 0:
            self.screen.entry("unseen", f"{_policies(undecided)} on values known only after apply")
        if self.everything:
            for skipped in story.not_examined(self.verdict):
                self.screen.entry("unseen", f"{skipped.what}: {skipped.why} → {skipped.how_to_fix}")

    def end(self) -> None:
        """Freshness, the runbook, and who must do what."""
        judged = story.judged(self.verdict)
        if judged:
            self.screen.entry("judged", judged)
        fresh = story.fresh(self.verdict)
        if fresh:
            self.screen.entry("fresh", fresh)
        self.screen.blank()
        for step in self.verdict.runbook:
            self.screen.entry(step.when, step.text)
            if step.command is not None:
                self.screen.entry("", f"$ {step.command}")
        observed = story.observed(self.verdict)
        if observed:
            self.screen.entry("observe", observed)
        must = story.next_step(self.verdict, self.deciding)
        more = f"plangate explain verdict.json {self.deciding[0].number}" if self.deciding else ""
        on_one_line = self.screen.fits(must, more)
        self.screen.entry("next", must, edge=more if on_one_line else "", bold=True)
        if more and not on_one_line:
            self.screen.entry("more", more)

    def _several(self, label: str, lines: Sequence[str], more: str) -> None:
        most = len(lines) if self.everything else _MOST_LINES
        for i, line in enumerate(lines[:most]):
            self.screen.entry("" if i else label, line, most=0 if self.everything else 2)
        if len(lines) > most:
            self.screen.entry("", f"and {several(len(lines) - most, more)}", edge="--all")


_SHORT: Final = {Decision.INCONCLUSIVE: "unsure", Decision.PASS: "note"}
"""Decision words that fit beside a number."""

_CHECKS: Final = {"fail": "fails", "error": "cannot be evaluated", "unknown": "known only after apply"}


def _label(one: FindingView) -> str:
    return f"{one.number} {_SHORT.get(one.decision, one.decision.value)}"


def _policies(count: int) -> str:
    return f"{several(count, 'policy')} cannot decide"


def _delta(delta: Delta) -> str:
    before, after = delta.before, delta.after
    path = tail(delta.path, _LONGEST_PATH)
    if delta.kind == "added":
        return f"{path} added" + (f" {after}" if after is not None else "")
    if delta.kind == "removed":
        return f"{path} removed" + (f", was {before}" if before is not None else "")
    return f"{path}  {before} → {after}" if before is not None else f"{path} changes"


def _row(row: Row) -> str:
    """One row of changes."""
    subject = row.subject if row.count == 1 else f"{row.count} × {row.subject}"  # noqa: RUF001 - times
    parts = [subject]
    if row.deltas:
        only = "only " if row.only and row.count > 1 else ""
        changed = ", ".join(_delta(delta) for delta in row.deltas)
        parts.append(and_more(f"{only}{changed}", row.more))
    if row.effects:
        parts.append(f"[{', '.join(row.effects)}]")
    if row.remark:
        parts.append(f"({row.remark})")
    return "  ".join(parts)

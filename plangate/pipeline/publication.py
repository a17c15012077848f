"""Renders a saved verdict for the comment, check, step summary and outputs. The only code that uses both reports and publishing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from plangate.errors import ExitCode
from plangate.lang.wording import sentences
from plangate.model.verdict import Approvals, Decision
from plangate.pipeline import plan_fingerprint, saved
from plangate.pipeline.key import gate_key
from plangate.pipeline.merge import code_of
from plangate.publish import approvals, runner, state
from plangate.publish.approvals import ApprovalsReader, Plan, needed
from plangate.publish.check import Annotation, Report
from plangate.publish.comment import DesiredComment
from plangate.report import github as workflow_commands
from plangate.report import markdown, places, story
from plangate.report.escape import plain, visible
from plangate.report.markdown import Extras
from plangate.report.restore import restore
from plangate.report.values import clip

if TYPE_CHECKING:
    from plangate.gate.config import Config
    from plangate.model.verdict import Finding, Verdict
    from plangate.publish.approvals import ApprovalState
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place
    from plangate.publish.state import State
    from plangate.report import wire

_MOST_TITLE: Final = 200
_MOST_NAME: Final = 100
_MOST_ANNOTATIONS: Final = 200
_MOST_MESSAGE: Final = 2_000
_LEVELS: Final = {
    Decision.BLOCK: "failure",
    Decision.REVIEW: "warning",
    Decision.INCONCLUSIVE: "warning",
    Decision.PASS: "notice",
}


class Pages:
    """One saved verdict, and what is published of it in each place."""

    def __init__(self, saved: wire.Verdict):
        self.saved = saved
        self.verdict: Verdict = restore(saved)
        self.place: Place | None = None
        self.answer: ApprovalState | None = None
        """Who has approved, if the reviews were read."""
        self.gate_key: bytes | None = None

    @classmethod
    def load(cls, path: str, config: Config) -> Pages:
        """Those of a saved verdict. Raises `InputError` for what is none, and for one that this gate cannot have written."""
        document, _ = saved.load(path)
        key = gate_key()
        saved.check(path, document, key, config)
        pages = cls(document)
        pages.gate_key = key
        return pages

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the verdict. A review that somebody has answered asks for nothing more."""
        code = code_of(self.saved)
        answered = self.wants_approval and self.answer is not None and self.answer.approved
        return ExitCode.OK if code is ExitCode.REVIEW and answered else code

    # --- comment ------------------------------------------------------------------------------------------------------

    def desired_comment(self, longest: int) -> DesiredComment:
        """The comment to be."""
        return DesiredComment(
            key=self._key(), body=self._comment, only_if_there=story.quiet(self.verdict), longest=longest
        )

    def _key(self) -> str:
        return state.key_of(self.saved.target, self.saved.environment)

    def _comment(self, before: State | None, longest: int) -> str:
        place = self.place
        if place is None:
            raise ValueError("a comment needs a place")
        now = state.short_digests(f.fingerprint for f in self.saved.findings if f.decision != "pass")
        earlier = state.previous_findings(before, place.sha)
        about = state.State(
            key=self._key(), sha=place.sha, run=place.run, attempt=place.attempt, now=now, before=earlier
        )
        room = longest - len(state.marker(about, "")) - 1
        text = markdown.render(self.verdict, self._extras(room, state.since(now, earlier)))
        # The report's own first line is the marker of an unpublished one.
        text = text.partition("\n")[2]
        return f"{state.marker(about, text)}\n{text}"

    def _extras(self, longest: int, since: str = "") -> Extras:
        place = self.place
        return Extras(
            commit=place.sha[:7] if place is not None else "",
            since=since,
            approval=self._approval(),
            source=place.source if place is not None else "",
            links=(("full report", place.url),) if place is not None and place.url else (),
            targets=tuple(self.saved.targets or ()),
            longest=longest,
        )

    # --- approvals ----------------------------------------------------------------------------------------------------

    @property
    def wants_approval(self) -> bool:
        """Whether the decision is an enforced, bound review for which the configuration names approvers."""
        return (
            self.verdict.decision is Decision.REVIEW
            and self.verdict.mode == "enforce"
            and bool(self.saved.approvals)
            and bool(self.saved.binding)
        )

    @property
    def rules(self) -> tuple[Approvals, ...]:
        """Who has to answer: every rule counts."""
        return tuple(Approvals(one.count, one.teams, one.users) for one in self.saved.approvals or ())

    def plan(self) -> Plan:
        """What an approver sees: each finding that decides, with all that its change does."""
        sha = self.place.sha if self.place is not None else ""
        volatile = self.saved.binding.volatile if self.saved.binding else ()
        fingerprint = self.saved.binding.fingerprint if self.saved.binding else "0" * 64
        changes: dict[tuple[str, str | None], list[str]] = {}
        unseen: set[tuple[str, str | None]] = set()
        for change in self.saved.changes:
            if change.findings:
                key = (change.address, change.release)
                changes.setdefault(key, []).append(repr(plan_fingerprint.described(change, volatile)))
                if not plan_fingerprint.is_seen(change, volatile):
                    unseen.add(key)
        questions = (
            # Of what nobody can see, nobody can say that it is the same at another commit.
            repr(
                (f.policy, f.severity, f.outcome, f.target, f.message, f.address, f.release, changes.get(key, []))
                + ((sha,) if key in unseen or f.outcome != "violated" or _is_uncertain(f) else ())
            )
            for f in self.saved.findings
            if f.decision != "pass"
            for key in [(f.address or "", f.release)]
        )
        return Plan(fingerprint, approvals.digests(questions), sha)

    def name(self, given: str | None) -> str:
        """The name of the check, letter for letter, since a required check is found by it.

        A commit may be the head of two pull requests, into branches with different gates. So the name says the branch, unless
        that is the default one: what passes there must not answer here.
        """
        where = ", ".join(part for part in (self.saved.target, self.saved.environment) if part)
        name = given or (f"plangate ({where})" if where else "plangate")
        if self.place is not None and self.place.default and self.place.stricter:
            name = f"{name} into {self.place.stricter}"
        return _within_the_plane(clip(visible(name), _MOST_NAME)) or "-"

    def _identity(self) -> str:
        """The key of the check: the target, and the branch whose gate it is of."""
        branch = self.place.stricter if self.place is not None else ""
        return state.key_of(self.saved.target, self.saved.environment, *([branch] if branch else []))

    def reader(self, github: GitHub, place: Place, name: str | None, app: int | None) -> ApprovalsReader:
        """What reads the reviews of the pull request. `app` is the one whose checks say what approvers saw."""
        return ApprovalsReader(
            github, place, name=self.name(name), key=self._identity(), gate_key=self.gate_key, app=app
        )

    def _approval(self) -> str:
        """Who has approved or still has to, in words; empty where no approval is needed."""
        if not self.wants_approval:
            return ""
        if self.answer is None:
            return "; ".join(needed(rule, rule.count) for rule in self.rules)
        return self.answer.missing or f"approved by {' and '.join(self.answer.by)}, for what this plan asks about"

    # --- check --------------------------------------------------------------------------------------------------------

    def check(self, name: str | None) -> Report:
        """The check to be. Its title is the headline."""
        observed = "" if self.verdict.mode == "enforce" else "only observed: "
        approved = self.answer is not None and self.answer.approved and self.wants_approval
        answered = f", approved by {' and '.join(self.answer.by)}" if approved and self.answer is not None else ""
        title = f"{observed}{self.verdict.decision.value.upper()}{answered}: {self.verdict.headline}"
        hidden = ""
        if self.wants_approval and self.place is not None:
            hidden = f"{approvals.line(self.plan(), self.gate_key)}\n\n"
        summary = hidden + markdown.render(self.verdict, self._extras(60_000 - len(hidden))).partition("\n")[2]
        deciding = story.deciding(story.views(self.verdict))[:_MOST_ANNOTATIONS]
        return Report(
            name=self.name(name),
            key=self._identity(),
            decision=self.verdict.decision,
            title=_basic(title, _MOST_TITLE),
            summary=_within_the_plane(summary),
            enforced=self.verdict.mode == "enforce",
            approved=approved,
            annotations=tuple(self._annotation(one.decision, one.finding) for one in deciding),
        )

    def _annotation(self, decision: Decision, finding: Finding) -> Annotation:
        where = places.place(self.verdict, finding)
        return Annotation(
            path=_within_the_plane(where.file),
            start_line=where.line,
            end_line=where.line,
            annotation_level=_LEVELS[decision],
            title=_basic(f"{decision.value}: {finding.policy}", _MOST_TITLE),
            message=_basic(sentences(finding.message, finding.remediation), _MOST_MESSAGE),
        )

    def annotations(self) -> bytes:
        """Workflow commands for stdout that annotate lines without a check; empty outside of a GitHub runner."""
        if os.environ.get("GITHUB_ACTIONS") != "true":
            return b""
        return workflow_commands.render(self.verdict).encode()

    # --- runner -------------------------------------------------------------------------------------------------------

    def write_summary(self) -> None:
        """The whole report into the summary of the step."""
        runner.write_summary(
            os.environ, lambda room: markdown.render(self.verdict, self._extras(room)).partition("\n")[2]
        )

    def write_outputs(self, path: str, facts: dict[str, str]) -> None:
        """What later steps may decide by. No text of the plan is among it."""
        findings = [finding for finding in self.saved.findings if finding.decision != "pass"]
        runner.write_outputs(
            os.environ,
            {
                "decision": self.saved.decision,
                "risk": self.saved.risk or "none",
                "findings": str(len(findings)),
                **{name: str(count) for name, count in self.verdict.summary.items()},
                "approved": str(self.answer is not None and self.answer.approved).lower()
                if self.wants_approval
                else "",
                "verdict": path,
                "fingerprint": self.saved.binding.fingerprint if self.saved.binding else "",
                **facts,
            },
        )


def _is_uncertain(finding: wire.Finding) -> bool:
    """Whether a part of what decided could not be told."""
    operands = finding.operands or ()
    return any(one.result not in {"true", "false"} for one in operands) or any(
        hidden in one.value for one in finding.seen or () for hidden in plan_fingerprint.NOT_SHOWN
    )


def _basic(text: str, most: int) -> str:
    """Plain text for a page of GitHub: one line, no links and no mentions, cut."""
    return _within_the_plane(clip(plain(text), most)) or "-"


def _within_the_plane(text: str) -> str:
    """The text with characters above U+FFFF replaced, which the checks API does not take."""
    return "".join(c if ord(c) <= 0xFFFF else "\ufffd" for c in text)

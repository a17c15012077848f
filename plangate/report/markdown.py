"""The verdict as a pull request comment: deciding findings first, the rest folded, within GitHub's size limit."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import jinja2
from msgspec import Struct

from plangate.lang.wording import ranges, several
from plangate.model.values import ABSENT
from plangate.model.verdict import Decision
from plangate.report import diffs, escape, rows, story
from plangate.report.places import inside
from plangate.report.values import clip, pair, tail
from plangate.report.waiving import Waivable, propose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.change import AttributeChange, Location, OutputChange
    from plangate.model.verdict import Finding, Verdict
    from plangate.report import wire
    from plangate.report.diffs import Diff
    from plangate.report.rows import Delta
    from plangate.report.story import FindingGroup, FindingView

LONGEST: Final = 60_000
"""Bytes of UTF-8. GitHub takes 65,536 characters by its own words; this is safe however they are counted."""

_LINK = re.compile(r"https://[A-Za-z0-9.-]+(?:/[A-Za-z0-9._~/#%&=?+-]*)?")
"""A reference that can be a link: it has no character that could end the link."""

_SHOWN: Final = 3
"""Findings outside of the fold."""

_MOST_DIFFS: Final = 3
"""Long values of one change of which the lines that differ are shown."""

_MOST_LINES: Final = 40
"""Lines of such a value."""

_MOST_INPUTS: Final = 5
"""Inputs that are named."""

_OVERHEAD: Final = 3_000
"""Bytes for the headings and frames of all sections together."""


_MARKER = re.compile(r"<!-- [A-Za-z0-9 .:=/,%_~]*(?:-[A-Za-z0-9 .:=/,%_~]+)*-->")
"""A hidden line without another comment end in it."""


class Extras(Struct, frozen=True, kw_only=True):
    """What a published comment contains besides the verdict, known only when it is published."""

    marker: str | None = None
    """The hidden first line, in place of the usual one."""
    commit: str = ""
    since: str = ""
    """What is new and what is resolved since the last push."""
    approval: str = ""
    """Who has approved, or who has to."""
    note: str = ""
    source: str = ""
    """The address of the commit's files, ending in a slash: places in them become links."""
    links: tuple[tuple[str, str], ...] = ()
    """Texts and addresses of our own, such as the run."""
    targets: tuple[wire.Target, ...] = ()
    """The targets of a merged verdict, worst first."""
    longest: int = 60_000


class _Escaped(str):
    """Text that is safe in a comment: escaped, or plangate's own."""

    __slots__ = ()


class _Item(Struct, frozen=True):
    """A line to write: the macro for it, its subject, and how many entries it counts for."""

    macro: str
    value: Any
    weight: int = 1


class _Waiver(Struct, frozen=True):
    """The waiver of a finding by its number: why there is none, or where it goes and its lines."""

    number: int
    refused: str
    where: str
    lines: tuple[str, ...]


class _Row(Struct, frozen=True):
    """A group of findings, and the number of an earlier one with the same remediation; 0 for none."""

    group: FindingGroup
    same_as: int
    told: bool = False
    """Whether an earlier block says why the policy asks."""


class _Plan(Struct, frozen=True, kw_only=True):
    """A section to write. Sections are filled by importance, each up to `upto` bytes of the comment."""

    upto: int
    noun: str
    items: list[_Item]
    title: str = ""
    remark: str = ""
    count: int | None = None


class _Section(Struct, frozen=True, kw_only=True):
    """A section: its lines, how many entries it is about, and how many of them were left out."""

    title: str
    remark: str
    items: tuple[_Escaped, ...]
    count: int
    hidden: str


def render(verdict: Verdict, extras: Extras | None = None) -> str:
    """The comment, with its hidden marker in the first line and a newline at its end."""
    extras = extras or Extras()
    views = story.views(verdict)
    more = len(verdict.inputs) - _MOST_INPUTS
    body = functools.partial(
        _template("comment.md.j2").render,
        decision=verdict.decision.value.upper(),
        headline=verdict.headline,
        marker=_marker(verdict, extras.marker),
        badges=story.badges(verdict, views),
        facts=_facts(verdict),
        commit=extras.commit,
        since=extras.since,
        note=extras.note,
        approval=extras.approval,
        links=[_Escaped(f"[{_md(text)}]({url})") for text, url in extras.links if _LINK.fullmatch(url)],
        inputs=[(source.path, source.sha256) for source in verdict.inputs[:_MOST_INPUTS]],
        more_inputs=several(more, "more input") if more > 0 else "",
        created_at=verdict.created_at,
        shown=_SHOWN,
        quiet=story.quiet(verdict),
        observed=story.observed(verdict),
        next=story.next_step(verdict, story.deciding(views)),
    )
    empty = _Section(title="", remark="", items=(), count=0, hidden="")
    used = _size(body(left_out="", targets=empty, findings=empty, unclear=empty, sections=())) + _OVERHEAD
    filled, left_out = [], []
    source = extras.source if _LINK.fullmatch(extras.source) else ""
    for plan in (_targets(extras.targets), *_plans(verdict, views, merged=bool(extras.targets))):
        section, used, hidden = _fill(plan, used, plan.upto * extras.longest // LONGEST, source)
        filled.append(section)
        if hidden:
            left_out.append(hidden)
    targets, findings, unclear, *sections = filled
    parts = {"targets": targets, "findings": findings, "unclear": unclear, "sections": sections}
    return body(left_out=", ".join(left_out), **parts).strip() + "\n"


def _marker(verdict: Verdict, given: str | None) -> _Escaped:
    """The hidden first line, which identifies the comment."""
    if given is None:
        return _Escaped(f"<!-- plangate:verdict/v1 target={_comment(verdict.target or '')} -->")
    if not _MARKER.fullmatch(given):
        raise ValueError("a marker may hold plain characters only")
    return _Escaped(given)


def _targets(targets: tuple[wire.Target, ...]) -> _Plan:
    """A line for each target that does not pass or has changes, and one for all others."""
    shown = [one for one in targets if one.decision != "pass" or _does_anything(one)]
    quiet = [one for one in targets if one not in shown]
    items = [_Item("target", one) for one in shown]
    remark = f"no changes in {', '.join(one.name for one in quiet)}" if quiet else ""
    return _Plan(upto=10_000, noun="target", items=items, remark=remark)


def _does_anything(target: wire.Target) -> bool:
    counts = target.summary
    return any(getattr(counts, name) for name in counts.__struct_fields__ if name not in ("no_op", "read"))


def _plans(verdict: Verdict, views: tuple[FindingView, ...], *, merged: bool) -> Iterator[_Plan]:
    grouped = rows.group(verdict.changes)
    minor = [one for one in views if one.decision is Decision.PASS]
    findings = [_Item("finding", row, row.group.count) for row in _finding_rows(views)]
    yield _Plan(upto=34_000, noun="finding", items=findings)
    reasons = [_Item("unclear", skipped) for skipped in story.cannot_tell(verdict)]
    yield _Plan(upto=38_000, noun="reason", items=reasons)
    by_hand = story.by_hand(verdict)
    drift, made = [_Item("drift", one) for one in by_hand], story.made(by_hand)
    yield _Plan(
        upto=42_000,
        noun="value",
        items=drift,
        title=f"Changed by hand: {made}" if made else "Changed by hand",
    )
    if not merged:
        waivers = [_Item("waiver", _proposal(verdict, one)) for one in story.deciding(views)[:_SHOWN]]
        yield _Plan(upto=46_000, noun="waiver", items=waivers, title="Waivers for what is meant")
    yield _Plan(
        upto=52_000,
        noun="change",
        items=[_Item("change", row, row.count) for row in grouped.rows],
        title="All changes",
        remark=", ".join(rows.folded(grouped)),
        count=len(verdict.changes),
    )
    also = [_Item("output", output) for output in verdict.outputs]
    also += [_Item("invocation", invocation) for invocation in verdict.invocations]
    also += [_Item("check", check) for check in verdict.checks]
    also += [_Item("note", note) for note in verdict.notes]
    yield _Plan(upto=54_000, noun="entry", items=also, title="Outputs, actions, checks and notes")
    accepted = [_Item("accepted", finding) for finding in verdict.waived]
    yield _Plan(upto=55_000, noun="waived finding", items=accepted, title="Waived")
    yield _Plan(upto=56_000, noun="minor finding", items=[_Item("minor", one) for one in minor], title="Minor findings")
    unseen = [_Item("unclear", skipped) for skipped in story.not_examined(verdict)]
    yield _Plan(upto=57_500, noun="gap", items=unseen, title="Not examined")
    steps = [_Item("step", step) for step in verdict.runbook]
    yield _Plan(upto=59_000, noun="step", items=steps, title="Before, after, rollback")


def _proposal(verdict: Verdict, one: FindingView) -> _Waiver:
    """The waiver of a finding."""
    finding = one.finding
    named = Waivable(
        policy=finding.policy,
        severity=finding.severity.value,
        outcome=finding.outcome.value,
        address=finding.address,
        fingerprint=finding.fingerprint,
    )
    made = propose(named, verdict.waiving, verdict.created_at)
    return _Waiver(one.number, made.refused, made.where, made.lines)


def _finding_rows(views: tuple[FindingView, ...]) -> Iterator[_Row]:
    """The deciding findings. Equal remediations and the reasons of a policy are written once."""
    first: dict[str, int] = {}
    told: set[str] = set()
    for group in story.grouped(story.deciding(views)):
        number = group.numbers[0]
        same_as = first.setdefault(group.first.instead, number)
        why = group.first.finding.why
        yield _Row(group, same_as if same_as != number else 0, told=why in told)
        told.add(why)


def _fill(plan: _Plan, used: int, upto: int, source: str) -> tuple[_Section, int, str]:
    """Write as many whole lines as fit: a cut line could cut an escape."""
    items: list[_Escaped] = []
    for item in plan.items:
        macro = getattr(_template("items.md.j2").module, item.macro)
        line = _Escaped(macro(item.value, source) if item.macro == "finding" else macro(item.value))
        if used + _size(line) + 1 > upto:
            break
        used += _size(line) + 1
        items.append(line)
    rest = sum(item.weight for item in plan.items[len(items) :])
    hidden = several(rest, plan.noun) if rest else ""
    count = sum(item.weight for item in plan.items) if plan.count is None else plan.count
    section = _Section(
        title=plan.title,
        remark=plan.remark,
        items=tuple(items),
        count=count,
        hidden=hidden,
    )
    return section, used, hidden


def _facts(verdict: Verdict) -> list[str]:
    """The parts of the line of facts: target, counts and inputs."""
    counts = (f"{one.tool}: {one.counts}" for one in story.counted(verdict))
    facts = (story.where(verdict), story.no_environment(verdict), *counts, story.fresh(verdict))
    return [fact for fact in facts if fact]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


# --- the template and its filters -------------------------------------------------------------------------------------


@functools.cache
def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - HTML's escapes are not Markdown's; `_only_escaped` sees that nothing goes without
        finalize=_only_escaped,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters = {
        "md": _md,
        "tail": _tail,
        "length": len,
        "numbers": _numbers,
        "prose": _prose,
        "code": _code,
        "fenced": _fenced,
        "comment": _comment,
        "delta": _delta,
        "diffs": _diffs,
        "block": _block,
        "difference": _difference,
        "sides": _sides,
        "rule": _rule,
        "place": _place,
    }
    return environment


def _only_escaped(value: object) -> object:
    """Fail for template output that went through no escaping filter, so that a missing one cannot inject markup."""
    if isinstance(value, (_Escaped, int)):
        return value
    raise TypeError("a value was about to be printed without an escape")


def _md(text: str, most: int = 200) -> _Escaped:
    return _Escaped(escape.markdown(clip(text, most)))


def _fenced(line: str) -> _Escaped:
    return _Escaped(escape.fenced(line))


def _tail(path: str) -> str:
    """The end of a path, its most specific part."""
    return tail(path, 60)


def _numbers(numbers: list[int]) -> _Escaped:
    return _md(ranges(numbers))


def _prose(text: str, most: int = 200) -> _Escaped:
    return _Escaped(escape.prose(clip(" ".join(text.split()), most)))


def _code(text: str, most: int = 200) -> _Escaped:
    return _Escaped(escape.code(clip(text, most)))


def _comment(text: str) -> _Escaped:
    return _Escaped(escape.comment(clip(text, 200)))


def _delta(delta: Delta) -> _Escaped:
    """One changed attribute: `path` `before` → `after`."""
    path, before, after = (
        _code(part, 120) if part is not None else "" for part in (delta.path, delta.before, delta.after)
    )
    if delta.kind == "changed":
        text = f"{path} {before} → {after}" if before else f"{path} changes"
    else:
        text = f"{path} {delta.kind} {before}{after}".rstrip()
    return _Escaped(f"{text} {_md(delta.remark)}".rstrip())


def _diffs(attributes: tuple[AttributeChange, ...]) -> list[Diff]:
    """What differs in long values, of the first few of them."""
    return [diff for one in attributes[:_MOST_DIFFS] if (diff := diffs.of(one)) is not None]


def _difference(diff: Diff) -> _Escaped:
    """Lines that differ, folded, as a block of code that no text in it can close."""
    lines = [f"{line.sign}{escape.diff_line(clip(line.text, 300))}" for line in diff.lines]
    shown = lines[:_MOST_LINES]
    left = len(lines) - len(shown) + diff.hidden
    if left:
        shown.append(f"… {several(left, 'more line')}")
    title = f"Lines that differ in {escape.html_on_github(clip(diff.path, 120))} ({diff.counts})"
    return _Escaped(f"<details><summary>{title}</summary>\n\n{_in_fence('diff', shown)}\n\n</details>")


def _block(text: str) -> _Escaped:
    """Lines of configuration to copy."""
    return _Escaped(_in_fence("hcl", [escape.diff_line(clip(line, 400)) for line in text.splitlines()[:_MOST_LINES]]))


def _in_fence(language: str, lines: list[str]) -> str:
    """Escaped lines in a block of code that none of them can close."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "".join(lines))), default=0))
    return "\n".join((f"{fence}{language}", *lines, fence))


def _sides(output: OutputChange) -> _Escaped:
    before, after = (_code(side, 120) for side in pair(output.before, output.after))
    return after if output.before is ABSENT or output.before is None else _Escaped(f"{before} → {after}")


def _rule(finding: Finding) -> _Escaped:
    """The policy's id, linked to its reference where that is a plain URL."""
    if finding.url is None or not _LINK.fullmatch(finding.url):
        return _code(finding.policy)
    return _Escaped(f"[{_code(finding.policy)}]({finding.url})")


def _place(location: Location, source: str) -> _Escaped:
    """A place in a file, linked where the commit's files have a URL."""
    place = _code(f"{location.file}:{location.line}")
    url = f"{source}{quote(inside(location.file), errors='replace')}#L{location.line}"
    return _Escaped(f"[{place}]({url})") if source and _LINK.fullmatch(url) else place

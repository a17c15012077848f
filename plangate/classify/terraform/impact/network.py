"""Ports that a change opens to everybody. Reachability counts, not the value of an attribute.

Only ways in are read: a rule that denies, and a rule for traffic out, opens nothing. What was open before is no finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.terraform.impact import exposure
from plangate.classify.terraform.impact.cidr import is_world, together_world
from plangate.classify.terraform.impact.exposure import NetworkRules
from plangate.classify.terraform.impact.ports import ALL, Range, describe, kind_of, ranges
from plangate.classify.terraform.impact.values import (
    UNSURE,
    Readable,
    all_hold,
    empty,
    fields,
    head,
    items,
    leaves,
    number,
    plain,
    text,
)
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

_ALL_PROTOCOLS: Final = frozenset({"-1", "all", "*", "any", "none", ""})
_NO_PORTS: Final = frozenset(
    {"icmp", "icmpv4", "icmp_v4", "icmpv6", "icmp6", "icmp_v6", "ipv6-icmp", "1", "58"}
    | {"esp", "ah", "50", "51", "gre", "47", "ipip", "ipencap", "ip-in-ip", "4", "vrrp", "112"}
)


class Opening(Struct, frozen=True):
    """A range of ports that everybody reaches; not `certain`: if a value that is hidden turns out to be everybody."""

    ports: Range
    certain: bool = True


def opened(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """The ports that are open to everybody after, and were not before."""
    if subject.change.action is Action.DESTROY or subject.after is None:
        return
    for rules in exposure.network_rules(subject.type):
        if not any(subject.touched(head(path)) for path in _paths(rules)):
            continue
        if rules.open_at_first and subject.creates and scene.makes(subject, rules.open_at_first):
            continue
        before = [opening.ports for opening in _openings(rules, subject.old) if opening.certain]
        fresh = [
            o for o in _openings(rules, subject.after, subject.old) if not any(o.ports.within(old) for old in before)
        ]
        yield from _effects(rules, fresh)


def _effects(rules: NetworkRules, openings: list[Opening]) -> Iterator[Effect]:
    """One effect for each kind of port."""
    paths = (head(rules.list or rules.sources[0]),)
    for certain in (True, False):
        by_kind: dict[str, list[Range]] = {}
        for opening in openings:
            kind = kind_of(opening.ports)
            if opening.certain is certain and kind:
                by_kind.setdefault(kind, []).append(opening.ports)
        for kind, opened_ports in by_kind.items():
            who = "to everybody" if certain else "to sources that cannot be seen"
            because = f"opens {describe(kind, opened_ports)} {who}"
            yield Effect(EffectName.EXPOSES, because, rules.kind or kind, paths, certain=certain)


def _paths(rules: NetworkRules) -> tuple[str, ...]:
    if rules.list:
        return (rules.list,)
    tests = (test.path for test in rules.when)
    named = (*rules.sources, *rules.ports, *tests, rules.from_, rules.to, rules.protocol, rules.parts)
    return tuple(path for path in named if path)


def _openings(rules: NetworkRules, side: Readable | None, old: Readable | None = None) -> Iterator[Opening]:
    """What the rules of a side open. A rule that `old` has too opens nothing that hangs on what is hidden in it."""
    if side is None:
        return
    if not rules.list:
        yield from _of_rule(rules, side)
        return
    kept = [plain(rule) for value in leaves(old, rules.list) for rule in items(value)]
    parts: dict[Range, list[str]] = {}
    for value in leaves(side, rules.list):
        if isinstance(value, UNSURE):
            if value not in kept and not (rules.computed and value is UNKNOWN and not kept):
                yield Opening(ALL, certain=False)
            continue
        for item in items(value):
            rule = plain(item)
            if isinstance(rule, dict):
                known = rule in kept if old is not None else False
                yield from (opening for opening in _of_rule(rules, rule) if opening.certain or not known)
                _gather(rules, rule, parts)
            elif isinstance(rule, UNSURE) and rule not in kept:
                yield Opening(ALL, certain=False)
    yield from (Opening(ports) for ports, sources in parts.items() if together_world(sources))


def _gather(rules: NetworkRules, rule: Readable, parts: dict[Range, list[str]]) -> None:
    """Add the sources of a rule to those of the other rules for the same ports."""
    named = [source for path in rules.sources for value in leaves(rule, path) for source in items(value)]
    wide = [source for source in named if isinstance(source, str) and "/" in source]
    if wide and all_hold(rules.when, rule) is True:
        for part in [fields(part) for part in leaves(rule, rules.parts + ".*")] if rules.parts else [rule]:
            for ports, known in _ports(rules, part):
                if known:
                    parts.setdefault(ports, []).extend(wide)


def _of_rule(rules: NetworkRules, rule: Readable) -> Iterator[Opening]:
    applies = all_hold(rules.when, rule)
    everybody = _from_everybody(rules, rule)
    if applies is False or everybody is False:
        return
    certain = applies is True and everybody is True
    parts = [fields(part) for part in leaves(rule, rules.parts + ".*")] if rules.parts else [rule]
    for part in parts:
        yield from (Opening(ports, certain and known) for ports, known in _ports(rules, part))


def _from_everybody(rules: NetworkRules, rule: Readable) -> bool | None:
    """Whether a rule lets everybody in; None when a source is hidden."""
    unsure = False
    named: list[str] = []
    for path in rules.sources:
        for value in leaves(rule, path):
            for source in items(value):
                if isinstance(source, UNSURE):
                    unsure = True
                elif isinstance(source, str) and source:
                    named += source.split(",")
                    if any(map(is_world, source.split(","))):
                        return True
    if together_world(named):
        return True
    others = [not empty(value) for path in rules.world_without or () for value in leaves(rule, path)]
    if named or any(others):
        # Where other sources are named, ranges that are unknown are ranges that nobody configured.
        return None if unsure and not any(others) else False
    return None if unsure else rules.world_without is not None


def _ports(rules: NetworkRules, part: Readable) -> Iterator[tuple[Range, bool]]:
    """The ports of a rule, and whether they are known."""
    named = leaves(part, rules.protocol) if rules.protocol else []
    protocols = [text(value) or "" for value in named]
    if any(protocol in _NO_PORTS for protocol in protocols):
        return
    if rules.from_:
        if any(isinstance(value, UNSURE) for value in named):
            # It may be every protocol, and then no port limits it.
            yield ALL, False
            return
        if rules.protocol and (not protocols or protocols[0] in _ALL_PROTOCOLS):
            yield ALL, True
            return
        bounds = _bounds(rules, part)
        if bounds is not None or not rules.ports:
            yield bounds or (ALL, True)
            return
    found = [port for path in rules.ports for value in leaves(part, path) for port in items(value) if port != ""]
    if not found:
        yield ALL, True
    for port in found:
        if isinstance(port, UNSURE):
            yield ALL, False
        else:
            yield from ((one, True) for one in ranges(text(port) or ""))


def _bounds(rules: NetworkRules, part: Readable) -> tuple[Range, bool] | None:
    """A range that is written as its two ends; None when it is not."""
    low, high = leaves(part, rules.from_), leaves(part, rules.to)
    if any(isinstance(value, UNSURE) for value in (*low, *high)):
        return ALL, False
    first = number(low[0]) if low else None
    if first is None or (rules.ports and low[0] in (-1, "-1")):
        return None
    last = number(high[0]) if high else None
    return Range(int(first), int(first if last is None else last)), True

"""Changes every policy in small ways and sees whether a case of it notices: `make mutate`.

An operator of a condition is turned into its opposite, an operand is dropped, a part of `match` or one item of it is left out.
A change that no case notices is a survivor. `tests/meta/mutate.yaml` gives the reason of each that is meant to be there; the run
fails for one without a reason, and for a reason without a survivor.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from msgspec import structs

from plangate.pipeline import policy_cases
from plangate.pipeline.inputs import classified
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.file import read
from plangate.policy.load import shipped_files
from plangate.policy.operands import tokens

if TYPE_CHECKING:
    from plangate.model.change import ChangeSet
    from plangate.model.policy import Policy

REASONS = Path(__file__).with_suffix(".yaml")
OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "&&": "||",
    "||": "&&",
}
EDGES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


def mutants(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Each changed policy, and the words for what was changed."""
    for part in ("source", "actions", "types", "effects", "without", "reasons", "traits", "notices"):
        items = getattr(policy.match, part)
        if not items or part == "source":
            continue
        empty = structs.replace(policy.match, **{part: ()})
        yield f"match without {part}", structs.replace(policy, match=empty)
        for i, item in enumerate(
            items if len(items) > 1 and part in ("effects", "without", "notices", "actions") else ()
        ):
            fewer = structs.replace(policy.match, **{part: (*items[:i], *items[i + 1 :])})
            yield f"match.{part} without {item}", structs.replace(policy, match=fewer)
    if policy.when is None:
        return
    yield "no condition", structs.replace(policy, when=None)
    for words, when in conditions(policy.when):
        yield words, structs.replace(policy, when=when)


def conditions(text: str) -> Iterator[tuple[str, str]]:
    """Each changed condition."""
    found = tokens(text)
    for i, (token, at, _) in enumerate(found):
        after = text[at + len(token) :]
        for other in dict.fromkeys(o for o in (OPPOSITE.get(token), EDGES.get(token)) if o):
            yield f"{token} is {other} at {place(text, at)}", text[:at] + other + after
        if token == "!" and not after.startswith("="):
            yield f"no ! at {place(text, at)}", text[:at] + after
        if token in ("&&", "||"):
            left, right = extent(found, i, -1), extent(found, i, 1)
            start = found[left][1]
            end = found[right][1] + len(found[right][0])
            yield f"left of {token} dropped at {place(text, at)}", text[:start] + after
            yield f"right of {token} dropped at {place(text, at)}", text[:at] + text[end:]


def extent(found: list[tuple[str, int, int]], at: int, step: int) -> int:
    """The last token of the operand on one side of an operator. A bracket around both stands less deep."""
    operator, _, depth = found[at]
    ends = {"||", ",", "?", ":"} | ({"&&"} if operator == "&&" else set())
    last = at + step
    for position in range(last, len(found) if step > 0 else -1, step):
        token, _, here = found[position]
        if here < depth or (here == depth and token in ends):
            break
        last = position
    return last


def place(text: str, at: int) -> str:
    """Where in a condition, by what stands there."""
    start = max(0, at - 24)
    return " ".join(text[start : at + 24].split())


@cache
def _once(data: bytes, evidence: tuple[tuple[str, bytes], ...]) -> ChangeSet:
    return classified(data, dict(evidence))


def classify(data: bytes, evidence: Mapping[str, bytes]) -> ChangeSet:
    """What a case does does not depend on the policy: it is worked out once."""
    return _once(data, tuple(sorted(evidence.items())))


def survives(policy: Policy) -> bool:
    """Whether no case notices. A condition that does not compile would not load."""
    if policy.when is not None:
        try:
            Expressions().compile(policy.when, policy.params)
        except ExpressionError:
            return False
    return all(result.passed for result in policy_cases.run(policy, classify))


def main() -> int:
    """Run over the policies of a family, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", help="families of policies; without one, all")
    run = Run(parser.parse_args().families)
    sys.stdout.write("".join(f"{line}\n" for line in (*run.wrong, run.summary)))
    return 1 if run.wrong else 0


class Run:
    """One run over the policies of some families, or of all. `wrong` is empty, or what to do about each survivor."""

    def __init__(self, families: Collection[str] = ()):
        reasons: dict[str, dict[str, str]] = yaml.safe_load(REASONS.read_text("utf-8"))
        given = {(id_, words) for id_, of in reasons.items() for words in of}
        made, found, asked = 0, set(), set()
        for file in shipped_files():
            if families and file.parent.name not in families:
                continue
            policy = read(file)
            asked.add(policy.id)
            for words, mutant in mutants(policy):
                made += 1
                if survives(mutant):
                    found.add((policy.id, words))
            _once.cache_clear()
        stale = {(id_, words) for id_, words in given - found if id_ in asked}
        self.wrong = [f"{id_} survives without a reason: {words}" for id_, words in sorted(found - given)]
        self.wrong += [f"{id_} has a reason and does not survive: {words}" for id_, words in sorted(stale)]
        self.summary = f"{made} mutants, {made - len(found)} noticed, {len(found & given)} survive for a reason"


if __name__ == "__main__":
    sys.exit(main())

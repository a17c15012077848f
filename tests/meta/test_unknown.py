"""What decides and cannot be seen makes a policy unsure, or another one says it, or the reason why nothing is missed is written down."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases
from plangate.policy import testing
from plangate.policy.file import read
from plangate.policy.load import shipped_files
from tests.meta.hidden import hidden, outcome

if TYPE_CHECKING:
    from plangate.model.policy import Policy

POLICIES = {file.stem: file for file in shipped_files()}
REASONS = yaml.safe_load(Path(__file__).with_name("hidden.yaml").read_text("utf-8"))
UNSEEN = (
    "litellm-configuration-unseen",
    "litellm-secret-in-configuration",
    "litellm-master-key-literal",
    "litellm-parallel-limit-blocks",
)
"""What speaks for every policy of LiteLLM whose setting cannot be seen, each of its own settings."""
HEARD = (Outcome.VIOLATED, Outcome.UNKNOWN)


@cache
def policy(id_: str) -> Policy:
    return read(POLICIES[id_])


@cache
def told(id_: str) -> tuple[tuple[str, Outcome, bool], ...]:
    """Each hidden value: what the policy says, and whether another one speaks for it."""
    proxy = policy(id_).match.view == "litellm"
    return tuple(
        (path, got, proxy and any(outcome(policy(other), case) in HEARD for other in UNSEEN))
        for path, got, case in hidden(policy(id_))
    )


@pytest.mark.parametrize("id_", POLICIES)
def test_a_value_that_cannot_be_seen_never_satisfies_a_policy_in_silence(id_):
    quiet = {path for path, got, elsewhere in told(id_) if got not in HEARD and not elsewhere}
    assert quiet == set(REASONS.get(id_, {}))


@pytest.mark.parametrize("id_", POLICIES)
def test_a_policy_has_a_case_of_every_outcome_that_it_can_have(id_):
    cases = policy(id_).tests
    assert cases.violated
    assert cases.satisfied
    assert cases.unknown or all(got is not Outcome.UNKNOWN for _, got, _ in told(id_))


def test_what_a_case_shows_as_uncertain_has_a_case_in_every_policy_that_asks_for_it():
    uncertain = set().union(*(_uncertain(policy(id_)) for id_ in POLICIES))
    lacking = {}
    for id_ in POLICIES:
        match = policy(id_).match
        asked = {(match.source or match.view, name) for name in (*match.effects, *match.notices)}
        if asked & uncertain and not policy(id_).tests.unknown:
            lacking[id_] = asked & uncertain
    assert lacking == {}


def test_the_reasons_are_about_policies_that_there_are():
    assert REASONS.keys() <= POLICIES.keys()


def _uncertain(of: Policy) -> set[tuple[str, str]]:
    """The effects by tool, and the notices by view, that a case shows as uncertain."""
    found = set()
    for expected in testing.EXPECTED:
        for given in getattr(of.tests, expected.value):
            changeset, _ = policy_cases.change_set(of, given)
            for change in changeset.judged:
                for effect in change.effects:
                    if not effect.certain:
                        found |= {(change.source, effect.name.value), (change.source, f"{effect.name}:{effect.kind}")}
                for view, seen in change.views.items():
                    found |= {(view, notice.kind) for notice in seen.notices if not notice.certain}
    return found

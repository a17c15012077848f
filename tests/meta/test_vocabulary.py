"""Nothing that classification says goes unheard, and nothing that a policy can ask for is impossible."""

import ast

import pytest

from plangate.applications.registry import APPLICATIONS
from plangate.classify.release_view import VIEW
from plangate.model.change import ACTION_REASONS, EffectName
from plangate.policy.load import load
from plangate.policy.vocabulary import vocabulary
from plangate.report.wording import REASONS
from tests.meta import emitted

UNHEARD_EFFECTS = {
    ("helm", "not-applied"): "it only informs: Helm leaves what stands in crds/ alone",
    (
        "helm",
        "rolls-pods",
    ): "it only informs: an upgrade is there to restart pods, and what that interrupts is downtime",
    ("helm", "rolls-pods:chance"): "the same change has random-render, which is matched",
    ("terraform", "forgets:routine"): "it only informs: nothing is left behind that anybody pays for",
    ("terraform", "rolls-pods"): "it only informs, as with Helm",
}
"""Effects that no policy matches, and why not."""

UNHEARD_TRAITS = {
    "attaches": "it decides that removes:attaches is there",
    "blast-radius": "it only informs: a note names the others, whose own changes are judged",
    "compute": "it decides which effect a delete has",
    "configures": "it decides that removes:configures is there",
    "credential": "it decides whether rotates-secret is there",
    "data": "it decides whether data-loss is there",
    "foundation": "it decides that removes:foundation is there",
    "grants": "it decides that removes:grants is there",
    "guards": "it decides that removes:guards is there",
    "harmless": "it only informs: nobody has to look",
    "identity": "it decides that removes:identity is there",
    "probable-move": "it only informs: a note names the other address, and the effects of the delete are matched",
    "recreatable": "it takes foundation away from what is created again under the same name",
    "refuses-when-not-empty": "it decides that the kind of data-loss is if-empty-only",
    "replica": "it decides that the kind of downtime is replica",
    "routine": "it takes traits and effects away",
    "runs-code": "it decides whether runs-code is there",
    "serves": "it decides whether traffic-cut or downtime is there",
    "stateful": "it decides whether data-loss is there, and that it is bad",
    "triggers": "it decides that the kind of downtime is trigger",
    "vanished-with-others": "it decides that environment-vanished is there",
    "version": "it decides that removes:version is there",
    "watches": "it decides that removes:watches is there",
}
"""Traits that no policy matches, and what they are for."""


@pytest.fixture(scope="module")
def policies():
    return load()


def test_effects_are_those_of_the_code():
    told = {source: words | {word.partition(":")[0] for word in words} for source, words in emitted.effects().items()}
    assert told == {source: vocabulary().effects_of(source) for source in vocabulary().traits}
    assert list(vocabulary().effects) == list(EffectName)


def test_traits_are_those_of_the_code():
    assert emitted.all_traits() == {source: set(traits) for source, traits in vocabulary().traits.items()}


def test_notices_are_those_of_the_code():
    assert emitted.notices() == {view: set(kinds) for view, kinds in vocabulary().views.items()}
    assert set(vocabulary().views) == {VIEW, *APPLICATIONS}


def test_every_effect_is_heard_by_a_policy_of_its_source(policies):
    unheard = {
        (source, word)
        for source, words in emitted.effects().items()
        for word in words
        if not any(_hears(policy.match, source, word) for policy in policies)
    }
    assert unheard == UNHEARD_EFFECTS.keys()


def test_every_trait_is_heard_by_a_policy_of_its_source(policies):
    unheard = {
        trait
        for source, traits in emitted.all_traits().items()
        for trait in traits
        if not any(
            policy.match.source == source and (trait in policy.match.traits or f"@{trait}" in policy.match.types)
            for policy in policies
        )
    }
    assert unheard == UNHEARD_TRAITS.keys()


def test_every_notice_is_heard_by_a_policy_of_its_view(policies):
    heard = {(policy.match.view, notice) for policy in policies for notice in policy.match.notices}
    assert heard == {(view, notice) for view, notices in emitted.notices().items() for notice in notices}


def test_every_reason_has_words():
    assert REASONS.keys() == ACTION_REASONS


def test_what_is_computed_stands_in_the_code():
    """An entry that is out of date would hide the next place that is written so."""
    written = {
        (path, ast.unparse(argument))
        for path in {path for path, _ in emitted.COMPUTED}
        for name in ("Effect", "Notice", "Weakness")
        for call in emitted.module(path).calls(name)
        for argument in call.args
    }
    assert written >= emitted.COMPUTED.keys()


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ("def f(a):\n    k = 'one' if a else 'two'\n    yield Effect(N, '', k)\n", {"one", "two"}),
        ("def f(a):\n    k, b = ('one', 1) if a else ('', 2)\n    yield Effect(N, '', k)\n", {"one", ""}),
        ("def f(a):\n    for k, b in (('one', 1), ('two', 2)):\n        yield Effect(N, '', k)\n", {"one", "two"}),
        ("def _f(k):\n    return Effect(N, '', kind=k)\n_f('one')\n_f(k='two')\n", {"one", "two"}),
        ("def f():\n    return Effect(N, '', g())\ndef g():\n    return 'one'\n", {"one"}),
        ("def f():\n    return Effect(N, '')\n", set()),
    ],
)
def test_a_kind_is_followed_to_where_it_is_written(tmp_path, monkeypatch, code, kinds):
    assert _kinds(tmp_path, monkeypatch, code) == kinds


@pytest.mark.parametrize(
    "code",
    [
        "def f(a):\n    return Effect(N, '', a.kind)\n",
        "def f(a):\n    for k in a:\n        yield Effect(N, '', k)\n",
        "def f(a):\n    return Effect(N, '', f'{a}-port')\n",
        "def f(a):\n    return Effect(N, *a)\n",
        "def f(k):\n    return Effect(N, '', k)\nf('one')\n",
        "def _f(k):\n    return Effect(N, '', k)\n",
        "def _f(k='one'):\n    return Effect(N, '', k)\n_f()\n",
        "def f(a):\n    return Effect(N, '', **a)\n",
    ],
)
def test_a_kind_that_cannot_be_followed_is_an_error(tmp_path, monkeypatch, code):
    with pytest.raises(emitted.Unread):
        _kinds(tmp_path, monkeypatch, code)


def _kinds(tmp_path, monkeypatch, code):
    (tmp_path / "module.py").write_text(code)
    monkeypatch.setattr(emitted, "PACKAGE", tmp_path)
    reader = emitted.Reader("module")
    return set().union(*(reader.argument(call, 2, "kind") for call in reader.calls("Effect")))


def _hears(match, source, word):
    names = {word, word.partition(":")[0]}
    return match.source == source and not names.isdisjoint(match.effects) and names.isdisjoint(match.without)

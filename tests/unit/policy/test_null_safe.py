import pytest

from plangate.model.change import Action, Address, Change
from plangate.model.values import UNKNOWN, Sensitive
from plangate.model.verdict import Outcome
from plangate.policy import facts
from plangate.policy.expressions import Expressions
from plangate.policy.null_safe import rewrite
from plangate.policy.subject import Subject
from tests.support.sides import FakeSide

EXPRESSIONS = Expressions()


@pytest.mark.parametrize(
    ("condition", "rewritten"),
    [
        (
            "after('a').exists(x, x.y == 1 && x.z[0].w in ['b'])",
            "items(after('a')).exists(x, field(x, 'y') == 1 && field(field(field(x, 'z'), 0), 'w') in ['b'])",
        ),
        ("size(after('a')) == after('b').size()", "size(items(after('a'))) == size(items(after('b')))"),
        (
            "has(json(after('p')).Statement)",
            "(field(json(after('p')), 'Statement') != null)",
        ),
        ("'data-loss' in effects && 'a' in after('l')", "'data-loss' in effects && 'a' in items(after('l'))"),
        ("after('n').startsWith('x.y[0]')", "text(after('n')).startsWith('x.y[0]')"),
        ("timestamp(as_of).getHours('Europe/Berlin') < 6", "timestamp(as_of).getHours('Europe/Berlin') < 6"),
        ("plan.count('destroy', 'aws_*') > 20", "plan.count('destroy', 'aws_*') > 20"),
        ("(after('x')).z == {'a': 1}.a", "field((after('x')), 'z') == field({'a': 1}, 'a')"),
        ("1.5 < after('x') // size(a.b)\n && true", "1.5 < after('x') // size(a.b)\n && true"),
    ],
)
def test_what_may_be_null_is_wrapped_and_nothing_else(condition, rewritten):
    assert rewrite(condition) == rewritten


VALUES = {
    "none": None,
    "list": ["a", "b"],
    "map": {"k": [{"v": 1}], "null": None},
    "objects": [{"name": "app", "ports": None}, {"name": "side", "ports": [80]}],
    "unknown": UNKNOWN,
    "hidden": Sensitive(1),
    "partly": [{"name": "a", "value": UNKNOWN}],
}
HOLDS, NOT, UNTOLD, FAILS = Outcome.VIOLATED, Outcome.SATISFIED, Outcome.UNKNOWN, Outcome.ERROR


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        *((f"after('{path}').exists(x, x == 'a')", NOT) for path in ("none", "missing", "map.null", "map.gone.deeper")),
        *((f"after('{path}').all(x, x == 'a')", HOLDS) for path in ("none", "missing")),
        ("after('none').filter(x, true).map(x, x.y) == []", HOLDS),
        ("after('none').exists_one(x, true)", NOT),
        ("size(after('none')) == 0 && after('missing').size() == 0", HOLDS),
        ("'a' in after('none')", NOT),
        ("'a' in after('list')", HOLDS),
        ("after('none').startsWith('a') || after('none').contains('a') || after('none').matches('a')", NOT),
        ("!after('none').endsWith('a')", HOLDS),
        ("after('map').k[0].v == 1", HOLDS),
        ("after('map').k[1].v == null && after('map').q.r[0] == null", HOLDS),
        ("has(after('map').k) && !has(after('map').q)", HOLDS),
        ("after('objects').exists(o, o.ports.exists(p, p == 80))", HOLDS),
        ("after('objects').exists(o, o.name == 'app' && o.ports.exists(p, p == 80))", NOT),
        ("after('objects').all(o, o.nothing == null)", HOLDS),
        ("after('objects').exists(o, o.name.field == 'x') || after('list')[0].field != null", NOT),
        *((f"after('{path}').exists(x, true)", UNTOLD) for path in ("unknown", "hidden", "partly")),
        *((f"size(after('{path}')) == 0", UNTOLD) for path in ("unknown", "hidden", "partly")),
        *((f"'a' in after('{path}')", UNTOLD) for path in ("unknown", "hidden")),
        *((f"after('{path}').startsWith('a')", UNTOLD) for path in ("unknown", "hidden")),
        ("after('unknown').field == null", UNTOLD),
        ("after('none') > 5", FAILS),
        ("after('list').startsWith('a')", FAILS),
        ("after('none', 5) == 5 && after('none', []).size() == 0", HOLDS),
        ("after('list[0]', 'z') == 'a'", HOLDS),
        ("after('unknown', 5) == 5", UNTOLD),
        ("known('list') && !known('unknown') && !known('hidden') && !known('partly')", HOLDS),
        ("present('list') && !present('none') && !present('missing') && present('hidden')", HOLDS),
        ("present('unknown')", UNTOLD),
    ],
)
def test_null_is_empty_and_unknown_stays_unknown(condition, outcome):
    change = Change(address=Address("aws_thing.a"), type="aws_thing", action=Action.UPDATE, after=FakeSide(**VALUES))
    activation = EXPRESSIONS.activate(facts.of(change, facts.EvaluationContext()))
    assert EXPRESSIONS.evaluate(EXPRESSIONS.compile(condition), activation, Subject(change)).outcome is outcome

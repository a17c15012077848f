"""The run that changes policies changes what it says it does."""

import pytest

from plangate.policy.file import parse
from tests.meta import mutate

TEXT = "a == 1 && (b || !c) || d < 2"


def test_every_operator_and_operand_is_changed():
    found = [(words.partition(" at ")[0], " ".join(when.split())) for words, when in mutate.conditions(TEXT)]
    assert found == [
        ("== is !=", "a != 1 && (b || !c) || d < 2"),
        ("&& is ||", "a == 1 || (b || !c) || d < 2"),
        ("left of && dropped", "(b || !c) || d < 2"),
        ("right of && dropped", "a == 1 || d < 2"),
        ("|| is &&", "a == 1 && (b && !c) || d < 2"),
        ("left of || dropped", "a == 1 && ( !c) || d < 2"),
        ("right of || dropped", "a == 1 && (b ) || d < 2"),
        ("no !", "a == 1 && (b || c) || d < 2"),
        ("|| is &&", "a == 1 && (b || !c) && d < 2"),
        ("left of || dropped", "d < 2"),
        ("right of || dropped", "a == 1 && (b || !c)"),
        ("< is >=", "a == 1 && (b || !c) || d >= 2"),
        ("< is <=", "a == 1 && (b || !c) || d <= 2"),
    ]


POLICY = """\
id: a-thing
family: terraform
severity: low
summary: A thing
why: x
match: {source: terraform, actions: [create], types: aws_instance}
when: after('size') > 5
message: x
remediation: x
tests:
  violated: [{type: aws_instance, after: {size: 6}}]
  satisfied: [{type: aws_instance, after: {size: %s}}]
"""


@pytest.mark.parametrize(("size", "alive"), [(5, {"match without actions", "match without types"}), (1, {"> is >="})])
def test_a_change_that_no_case_notices_survives(size, alive):
    policy = parse("p", POLICY % size)
    survivors = {words.partition(" at ")[0] for words, mutant in mutate.mutants(policy) if mutate.survives(mutant)}
    assert survivors == alive | {"match without actions", "match without types"}


def test_the_reasons_name_policies_that_are_there():
    import yaml

    from plangate.policy.load import shipped_files

    reasons = yaml.safe_load(mutate.REASONS.read_text("utf-8"))
    assert set(reasons) <= {file.stem for file in shipped_files()}
    assert all(isinstance(why, str) and why for of in reasons.values() for why in of.values())

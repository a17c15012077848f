import pytest

from plangate import knowledge
from plangate.classify.kubernetes.api import immutable
from plangate.errors import PolicyLoadError
from plangate.policy.immutable_rules import CONDITIONS, check
from plangate.policy.type_names import builtin_kinds

GOOD = """\
rules:
  - kinds: [acme.example.org/Database, apps/Deployment]
    paths: [spec.engine]
    when: job
    says: field is immutable
    out: create another one
"""


def test_the_conditions_are_those_that_there_are():
    assert set(CONDITIONS) - {""} == set(immutable._CONDITIONS)


def test_the_shipped_rules_are_whole():
    check(knowledge.folder() / "knowledge" / "kubernetes-immutable.yaml", builtin_kinds())


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("apps/Deployment", "apps/Deploymnt", "2:40", "no kind apps/Deploymnt; did you mean apps/Deployment?"),
        ("apps/Deployment", "Deployment", "2:40", "no kind Deployment"),
        ("paths: [spec.engine]", "path: [spec.engine]", "3:5", "unknown key path; did you mean paths?"),
        ("spec.engine", "spec..engine", "3:13", "'spec..engine' is not a path"),
        ("when: job", "when: jobs", "4:11", "invalid enum value 'jobs'; did you mean job?"),
        ("    out: create another one\n", "", "2:5", "needs the key out"),
    ],
)
def test_a_rule_that_would_do_nothing_is_refused_at_its_place(tmp_path, old, new, place, problem):
    file = tmp_path / "rules.yaml"
    file.write_text(GOOD)
    check(file, builtin_kinds())
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(PolicyLoadError) as raised:
        check(file, builtin_kinds())
    assert raised.value.place == place
    assert problem in raised.value.message

"""No shape of a value and no missing side stops the assessment."""

from hypothesis import given, settings
from hypothesis import strategies as st

from plangate.classify.terraform.impact import exposure, names, protection, risk, traits
from plangate.classify.terraform.impact.rights import knowledge as rights
from plangate.model.change import ReplaceOrder
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from tests.support.plan_changes import change, plan


def known_types():
    exposed, guarded, risky = exposure.knowledge(), protection.knowledge(), risk.knowledge()
    lists = [
        entry.types
        for entry in (
            *exposed.network_rules,
            *exposed.switches,
            *exposed.weak_guards,
            *rights.knowledge().documents,
            *exposed.grants,
        )
    ]
    lists += [entry.types for entry in (*guarded.refuses, *guarded.guards, *guarded.guard_resources)]
    lists += [entry.types for entry in (*risky.restarts, *risky.stops)]
    lists += [traits.knowledge().compute, list(traits.knowledge().final_copy), list(names.knowledge().refused)]
    lists += [
        ["google_project_iam_binding", "google_folder_iam_policy", "azurerm_role_assignment", "kubernetes_manifest"]
    ]
    return sorted({type_.replace("*", "x") for types in lists for type_ in types})


def known_names():
    exposed, guarded, risky = exposure.knowledge(), protection.knowledge(), risk.knowledge()
    paths = [test.path for entry in (*exposed.switches, *exposed.weak_guards, *exposed.grants) for test in entry.when]
    paths += [guard.while_.path for guard in guarded.guards] + [entry.when.path for entry in guarded.refuses]
    paths += [path for entry in risky.restarts for path in entry.paths] + [
        document.path for document in rights.knowledge().documents
    ]
    paths += [path for entry in names.knowledge().refused.values() for path in entry]
    paths += [
        "type",
        "direction",
        "ingress",
        "cidr_blocks",
        "allow",
        "security_rule",
        "source_ranges",
        "role",
        "members",
        "policy_data",
        "scope",
    ]
    return sorted({part for path in paths for part in path.split(".") if not part.isdecimal() and part != "*"})


NAMES = st.sampled_from(known_names())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 70000),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "*", "0.0.0.0/0", "ingress", "Inbound", "Allow", "22-x", "9" * 40, "a/b/c", "é\n"]),
    st.just(UNKNOWN),
    st.builds(Sensitive, st.integers(0, 3)),
)
VALUES = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.lists(below, max_size=3),
        st.dictionaries(
            st.one_of(NAMES, st.sampled_from(["Statement", "Effect", "Action", "bindings", "kind"])), below, max_size=4
        ),
        st.builds(lambda value: Embedded("json", value), below),
    ),
    max_leaves=8,
)
SIDES = st.dictionaries(NAMES, VALUES, max_size=6)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(known_types()),
    st.one_of(st.none(), SIDES),
    st.one_of(st.none(), SIDES),
    st.sampled_from([None, *ReplaceOrder]),
)
def test_every_shape_is_assessed(type_, before, after, order):
    ours = change(type_, before, after, order=order if before is not None and after is not None else None)
    other = change(type_, after, before, address=f"{type_}.y", index=1)
    assert len(plan(ours, other)) == 2


@given(st.text())
def test_every_type_is_assessed(type_):
    (found,) = plan(change(type_, {"a": 1}))
    assert found.type == type_

"""What ties a verdict to exactly this plan: what its own list of changes does not tell is in a digest."""

from decimal import Decimal

import pytest
from msgspec import structs

from plangate.errors import UsageError
from plangate.gate.config import Config, ConfigFile
from plangate.gate.settings import Gate
from plangate.model.change import Action, Effect, EffectName, HelmChangeSet, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.release import Revision, Upgrade
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from plangate.pipeline.binding import UNBOUND, BindingOptions, bind
from tests.support.sides import FakeSide
from tests.support.verdicts import change, changed, verdict

PLAN = InputRecord(Kind.TERRAFORM_PLAN, "plan.json", "ab" * 32)
DRY_RUN = InputRecord(Kind.HELM_DRY_RUN, "upgrade.txt", "cd" * 32)
KEY = b"the gate's own"
SECRET, OTHER_SECRET = Sensitive(1), Sensitive(2)


class Body:
    """A hook that holds this."""

    kind, namespace, name = "Job", "prod", "migrate"

    def __init__(self, **body):
        self.body = body


def pseudonyms(key):
    return {SECRET: f"hmac-1-{key.decode()}", OTHER_SECRET: f"hmac-2-{key.decode()}"}


def bound(*changes, options=None, **fields):
    plan = TerraformChangeSet(input=PLAN, changes=changes, pseudonyms=pseudonyms, **fields)
    return bind(verdict(changes=changes), [plan], options or BindingOptions()).binding


def created(type_="a.b", action=Action.CREATE, **values):
    return structs.replace(change(type_, action), after=FakeSide(values))


def digest(one, **options):
    (found,) = bound(one, options=BindingOptions(**options)).digests
    return found


# --- what is in a digest ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [Action.CREATE, Action.READ])
def test_what_is_created_or_read_has_a_digest_of_all_of_it(action):
    first = digest(created(action=action, x=1, y=[1, {"k": "v"}]))
    assert len(first) == 16
    assert first == digest(created(action=action, y=[1, {"k": "v"}], x=1, z=None))
    assert first != digest(created(action=action, x=1, y=[1, {"k": "w"}]))
    assert first != digest(created(action=action, x=True, y=[1, {"k": "v"}]))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (UNKNOWN, UNKNOWN, True),
        (UNKNOWN, "a", False),
        (Embedded("json", {"a": 1}), {"a": 1}, True),
        (Embedded("json", {"a": 1}), Embedded("json", {"a": 2}), False),
        ("\ud800", "\ud800", True),
        ("\ud800", "\ud801", False),
        (Decimal("9" * 5000), Decimal("9" * 5000), True),
    ],
)
def test_every_value_has_a_place_in_a_digest(one, other, alike):
    assert (digest(created(x=one)) == digest(created(x=other))) is alike


@pytest.mark.parametrize("action", [Action.UPDATE, Action.DESTROY, Action.REPLACE])
def test_attributes_that_are_listed_need_no_digest(action):
    given = structs.replace(change("a.b", action, attributes=(changed("x", 1, 2),)), after=FakeSide({"x": 2}))
    assert digest(given, key=KEY) == ""


def test_what_is_volatile_is_in_no_digest():
    options = {"volatile": ("a.tags.*", "a.list[[]0[]]")}
    first = digest(created(tags={"at": "1", "by": "a"}, list=["1", "b"]), **options)
    assert first == digest(created(tags={"at": "2", "by": "c"}, list=["1", "b"]), **options)
    assert first != digest(created(tags={"at": "1", "by": "a"}, list=["1", "c"]), **options)


def test_the_time_of_the_plan_is_in_no_digest():
    early, late = "2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z"
    one, other = (bound(created(x=moment), made_at=moment) for moment in (early, late))
    assert one.digests == other.digests
    assert (one.made_at, other.made_at) == ((early,), (late,))
    assert bound(created(x=late), made_at=early).digests != one.digests


# --- hidden values ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "key", "said"),
    [
        (created(x=1), None, "none"),
        (created(x=1), KEY, "none"),
        (created(x=SECRET), None, "left-out"),
        (created(x=SECRET), KEY, "hmac"),
        (change("a.b", attributes=(changed("x", SECRET, OTHER_SECRET),)), None, "left-out"),
        (change("a.b", attributes=(changed("x", 1, {"deep": [Embedded("json", {"a": SECRET})]}),)), KEY, "hmac"),
    ],
)
def test_it_says_how_hidden_values_are_compared(given, key, said):
    assert bound(given, options=BindingOptions(key=key)).sensitive == said


def test_hidden_values_are_told_apart_under_the_key_only():
    assert digest(created(x=SECRET)) == digest(created(x=OTHER_SECRET))
    assert digest(created(x=SECRET), key=KEY) != digest(created(x=OTHER_SECRET), key=KEY)
    assert digest(created(x=SECRET), key=KEY) != digest(created(x=SECRET), key=b"another")


def test_a_hidden_value_that_changes_has_a_digest_under_the_key_only():
    one, other = (change("a.b", attributes=(changed("x", SECRET, to),)) for to in (SECRET, OTHER_SECRET))
    assert (digest(one), digest(other)) == ("", "")
    assert digest(one, key=KEY) != digest(other, key=KEY)


def test_a_hidden_value_that_is_volatile_is_none():
    given = change("a.b", attributes=(changed("x", SECRET, OTHER_SECRET),))
    found = bound(given, options=BindingOptions(key=KEY, volatile=("a.x",)))
    assert (found.digests, found.sensitive) == (("",), "none")


def test_a_hidden_value_that_is_random_at_every_render_is_none():
    random = Effect(EffectName.RANDOM_RENDER, "it is made anew", paths=("x",))
    given = change("a.b", attributes=(changed("x", SECRET, OTHER_SECRET),), effects=(random,))
    found = bound(given, options=BindingOptions(key=KEY))
    assert (found.digests, found.sensitive) == (("",), "none")


# --- upgrades ---------------------------------------------------------------------------------------------------------


def of_upgrade(**fields):
    changeset = HelmChangeSet(input=DRY_RUN, upgrade=Upgrade(**fields))
    return bind(verdict(), [changeset], BindingOptions()).binding


def test_what_hooks_hold_is_digested():
    one, same, other = (of_upgrade(new_hooks=(Body(image=image),)) for image in ("a:1", "a:1", "a:2"))
    assert one.hooks == same.hooks != other.hooks
    assert of_upgrade().hooks == ""


def test_the_revisions_of_the_release_are_kept():
    history = (Revision(5, "superseded"), Revision(6, "deployed"))
    found = of_upgrade(revision=7, history=history)
    assert (found.revision, found.revision_live) == (7, 6)


def test_of_several_releases_no_revision_is_the_one():
    changesets = [HelmChangeSet(input=DRY_RUN, upgrade=Upgrade(revision=n)) for n in (7, 8)]
    assert bind(verdict(), changesets, BindingOptions()).binding.revision is None


# --- terms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "until"), [(24, "2026-02-01T12:00:00Z"), (1, "2026-01-31T13:00:00Z"), (10**8, "9999-12-31T23:59:59Z")]
)
def test_it_holds_for_so_many_hours(hours, until):
    assert bound(options=BindingOptions(valid_hours=hours)).expires_at == until


@pytest.mark.parametrize(
    ("count", "required", "is_bound"), [(500, False, True), (501, False, False), (501, True, True)]
)
def test_a_plan_that_creates_very_much_is_bound_where_somebody_asks(count, required, is_bound):
    changes = tuple(created(f"a.b{i}", x=i) for i in range(count))
    plan = TerraformChangeSet(input=PLAN, changes=changes)
    found = bind(verdict(changes=changes), [plan], BindingOptions(required=required))
    assert (found.binding is not None, UNBOUND in found.notes) == (is_bound, not is_bound)


def gate(**config):
    return Gate(read=ConfigFile(Config(**config), ".plangate.yaml"))


def test_nobody_asks_without_a_key_and_a_word_in_the_configuration():
    assert BindingOptions.of(None) == BindingOptions(required=False)
    assert BindingOptions.of(gate()) == BindingOptions(required=False)


def test_a_key_asks(monkeypatch):
    monkeypatch.setenv("PLANGATE_KEY", "k")
    assert BindingOptions.of(None) == BindingOptions(key=b"k")
    assert BindingOptions.of(gate()) == BindingOptions(key=b"k")


def test_the_configuration_asks_and_says_how():
    verify = structs.replace(Config().verify, valid_hours=2, volatile=("a.b",))
    assert BindingOptions.of(gate(verify=verify)) == BindingOptions(valid_hours=2, volatile=("a.b",))


def test_a_key_that_cannot_be_read_stops_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PLANGATE_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(UsageError):
        BindingOptions.of(None)

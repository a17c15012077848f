"""What one process learns and what two learn is the same; and what goes wrong in one of them is said all the same."""

import json
import os
import signal

import pytest

from plangate.errors import InputError
from plangate.ingest.detect import documents
from plangate.ingest.terraform import first_pass
from plangate.ingest.terraform.plan import parse
from plangate.model.input import RawInput
from plangate.pipeline import fork
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("two_processors")

SECRETS = {place: f"zQ7-{place}-kX91vT" for place in ("first", "last", "before", "drift", "planned", "prior", "output")}
"""A secret for each place that it can be learned from, by the name it stands under."""


def ways():
    """Ways to fork: none, a copy, copies that fail, and one that is asked late."""
    return {
        "alone": None,
        "aside": fork.run_in_fork,
        "no room": lambda _: None,
        "failing": lambda _: lambda: None,
        "killed": lambda _: fork.run_in_fork(lambda: os.kill(os.getpid(), signal.SIGKILL)),
    }


def resource(name, actions, before=None, after=None):
    change = {"actions": actions, "before": before, "after": after}
    return {"address": f"x_y.{name}", "mode": "managed", "type": "x_y", "name": name, "change": change}


def plan(**sections):
    """A plan of so many resources that it is worth a copy. The one in the middle shows every secret in the clear."""
    quiet = [resource(f"r{i}", ["no-op"], {"id": i}, {"id": i}) for i in range(1200)]
    quiet[0] = resource("first", ["no-op"], *[{"password": SECRETS["first"]}] * 2)
    quiet[-1] = resource("last", ["no-op"], *[{"password": SECRETS["last"]}] * 2)
    quiet[900] = resource("gone", ["delete"], {"password": SECRETS["before"]})
    quiet[600] = resource("shown", ["update"], {"note": "-"}, {"note": f"it is {' and '.join(SECRETS.values())}"})

    def state(name):
        value = {"address": f"data.x_y.{name}", "type": "x_y", "values": {"password": SECRETS[name]}}
        return {"root_module": {"resources": [value]}}

    return {
        "format_version": "1.2",
        "planned_values": {**state("planned"), "outputs": {"o": {"value": SECRETS["output"], "sensitive": True}}},
        "prior_state": {"values": state("prior")},
        "resource_changes": quiet,
        "resource_drift": [resource("drift", ["update"], {"token": "old"}, {"token": SECRETS["drift"]})],
        "configuration": {"root_module": {}},
        **sections,
    }


def read(plan, fork_):
    (document,) = documents(RawInput("plan.json", json.dumps(plan).encode()))
    return parse(document, fork=fork_)


@pytest.mark.parametrize("way", ways())
def test_every_secret_is_hidden_however_the_work_is_shared(way):
    changeset = read(plan(), ways()[way])
    shown = {change.name: change.after.get("note") for change in changeset.changes if change.name == "shown"}
    assert repr(shown) == "{'shown': (sensitive)}"
    assert changeset.no_ops == 1198


@pytest.mark.parametrize("place", SECRETS)
def test_a_secret_that_one_place_alone_tells_is_hidden(place):
    changed = plan()
    changed["resource_changes"][600] = resource("shown", ["update"], {"note": "-"}, {"note": f"it is {SECRETS[place]}"})
    changeset = read(changed, fork.run_in_fork)
    assert [repr(c.after.get("note")) for c in changeset.changes if c.name == "shown"] == ["(sensitive)"]


@pytest.mark.parametrize("way", ways())
@pytest.mark.parametrize(
    ("section", "place"),
    [("planned_values", "planned_values.root_module.resources"), ("prior_state", "prior_state.values")],
)
def test_a_state_of_another_shape_is_refused_however_the_work_is_shared(way, section, place):
    odd = {"planned_values": {"root_module": {"resources": 7}}, "prior_state": {"values": []}}[section]
    with pytest.raises(InputError) as caught:
        read(plan(**{section: odd}), ways()[way])
    assert caught.value.place == place


@pytest.mark.parametrize("path", sorted(ROOT.glob("fixtures/*/plan.json")), ids=lambda path: path.parent.name)
def test_recorded_plans_read_the_same_alone_and_aside(path, monkeypatch):
    (document,) = documents(RawInput("plan.json", path.read_bytes()))
    alone = parse(document)
    monkeypatch.setattr(first_pass, "_WORTH_A_FORK", 1)
    both = parse(document, fork=fork.run_in_fork)

    def told(changeset):
        sides = [
            {key: repr(side.get(key)) for key in side.keys()}  # noqa: SIM118 - a Side is no mapping
            for change in changeset.changes
            for side in (change.before, change.after)
            if side is not None
        ]
        return sides, [change.address for change in changeset.changes], changeset.outputs, changeset.notes

    assert told(both) == told(alone)

"""Which environment a review is for: what was asked, what is known, and where the two contradict each other."""

import pytest

from plangate.gate.config import Config, Environment, Match
from plangate.gate.environment import EnvironmentHint, Resolution, folders, resolve, settings
from plangate.lang.glob import fits_path


def config(**environments):
    return Config(environments=environments)


def known(**match):
    return Environment(match=Match(**match))


TWO = config(
    prod=known(paths="live/prod/**", workspaces="prod", backend_keys="prod/*.tfstate", releases=("prod/*", "ops/web")),
    dev=Environment(protected=False, match=Match(paths="live/dev/**", workspaces=("dev", "dev2"), releases="dev/*")),
)

PATH = EnvironmentHint("paths", "live/prod/db/plan.json")
WORKSPACE = EnvironmentHint("workspaces", "prod")
RELEASE = EnvironmentHint("releases", "ops/web")
DEV = EnvironmentHint("releases", "dev/web")
NOBODY = EnvironmentHint("workspaces", "default")


@pytest.mark.parametrize(
    ("signals", "found"),
    [
        ([], Resolution(None)),
        ([NOBODY], Resolution(None)),
        ([PATH], Resolution("prod")),
        ([PATH, NOBODY], Resolution("prod")),
        ([PATH, WORKSPACE, RELEASE], Resolution("prod")),
        ([DEV], Resolution("dev")),
        ([EnvironmentHint("workspaces", "dev2"), DEV], Resolution("dev")),
        (
            [PATH, DEV],
            Resolution(None, ("the path live/prod/db/plan.json belongs to prod", "the release dev/web belongs to dev")),
        ),
        (
            [DEV, RELEASE, NOBODY, DEV],
            Resolution(None, ("the release dev/web belongs to dev", "the release ops/web belongs to prod")),
        ),
    ],
)
def test_without_a_name_it_is_the_one_that_everything_known_fits(signals, found):
    assert resolve(TWO, None, signals) == found


@pytest.mark.parametrize(
    ("asked", "signals", "conflicts"),
    [
        ("prod", [], ()),
        ("prod", [PATH, WORKSPACE, RELEASE], ()),
        ("prod", [DEV], ("the release dev/web belongs to dev",)),
        ("prod", [EnvironmentHint("workspaces", "dev")], ("the workspace dev belongs to dev",)),
        ("prod", [NOBODY], ("the workspace default is none of prod's",)),
        ("prod", [EnvironmentHint("backend_keys", "x")], ("the state x is none of prod's",)),
        ("dev", [EnvironmentHint("backend_keys", "x")], ()),
        ("dev", [EnvironmentHint("backend_keys", "prod/a.tfstate")], ("the state prod/a.tfstate belongs to prod",)),
        ("prod", [EnvironmentHint("paths", "plan.json"), EnvironmentHint("releases", "kube-system/x")], ()),
        ("elsewhere", [NOBODY], ()),
        ("elsewhere", [PATH], ("the path live/prod/db/plan.json belongs to prod",)),
    ],
)
def test_the_one_that_was_asked_for_stays_and_what_contradicts_it_is_said(asked, signals, conflicts):
    assert resolve(TWO, asked, signals) == Resolution(asked, conflicts)


def test_of_several_that_fit_the_strictest_is_taken_and_the_others_are_told():
    open_, safe = Environment(protected=False, match=Match(targets="*")), known(targets="*")
    signal = [EnvironmentHint("targets", "db")]
    assert resolve(config(a=open_, b=safe, c=safe), None, signal) == Resolution("b", others=("a", "c"))
    assert resolve(config(a=open_, b=open_), None, signal) == Resolution("a", others=("b",))
    watched = Environment(mode="observe", match=Match(targets="*"))
    asking = Environment(match=Match(targets="*"), require=("state",))
    assert resolve(config(a=watched, b=safe, c=asking), None, signal) == Resolution("c", others=("a", "b"))


def test_where_several_fit_the_stricter_of_each_setting_holds():
    a = Environment(protected=False, fail_on="review", require=("values",), params={"x": 1})
    b = Environment(mode="observe", require=("state",), params={"x": 2})
    both = settings(config(a=a, b=b), Resolution("b", others=("a",)))
    assert both == Environment(
        protected=True, mode="enforce", fail_on="review", require=("state", "values"), params={"x": 2}
    )
    assert settings(config(a=a, b=b), Resolution("a")) == a
    assert settings(config(a=a), Resolution(None)) == settings(config(a=a), Resolution("other")) == Environment()


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("live/prod/**", "live/prod", True),
        ("live/prod/**", "live/prod/db", True),
        ("live/prod/", "live/prod", True),
        ("./live/prod/**", "live/prod", True),
        ("live/prod", "live/prod/db", True),
        ("live/*", "live/prod/db", True),
        ("live/prod/**", "live/production", False),
        ("live/prod/**", "live", False),
        ("live/prod/**", "../live/prod/db", False),
        ("live", "/live/prod", False),
    ],
)
def test_a_folder_fits_by_itself_and_by_every_folder_on_the_way_down(glob, path, fits):
    hint = EnvironmentHint("paths", path, (f"{path}/", *folders(path)))
    assert resolve(config(prod=known(paths=glob)), None, [hint]).name == ("prod" if fits else None)


def test_several_that_one_thing_fits_are_all_named_where_something_else_speaks_against_them():
    three = config(a=known(targets="db"), b=known(targets="d*"), c=known(values_files="c.yaml"))
    signals = [EnvironmentHint("targets", "db"), EnvironmentHint("values_files", "c.yaml")]
    assert resolve(three, None, signals) == Resolution(
        None, ("the target db belongs to a or b", "the values file c.yaml belongs to c")
    )
    assert resolve(three, "b", signals) == Resolution("b", ("the values file c.yaml belongs to c",))
    assert resolve(three, "c", signals) == Resolution("c", ("the target db belongs to a or b",))


def test_a_thing_that_fits_several_is_settled_by_one_that_fits_fewer():
    two = config(a=known(targets="*"), b=known(targets="*", workspaces="b"))
    signals = [EnvironmentHint("targets", "db"), EnvironmentHint("workspaces", "b")]
    assert resolve(two, None, signals) == Resolution("b", others=())


@pytest.mark.parametrize(
    ("glob", "text", "does"),
    [
        ("live/*", "live/db", True),
        ("live/*", "live/db/a", False),
        ("live/**", "live/db/a", True),
        ("live/**", "live", False),
        ("**/values.yaml", "values.yaml", True),
        ("**/values.yaml", "a/b/values.yaml", True),
        ("**/values.yaml", "other-values.yaml", False),
        ("**", "", True),
        ("db?", "db1", True),
        ("db?", "db/", False),
        ("db?", "db", False),
        ("a.b", "axb", False),
        ("a[0]", "a[0]", True),
        ("a[0]", "a0", False),
        ("*", "a\nb", True),
        ("prod", "prod\n", False),
        ("", "", True),
    ],
)
def test_a_glob_fits(glob, text, does):
    assert fits_path(glob, text) is does

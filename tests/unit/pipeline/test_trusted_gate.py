"""The gate of a review: what of the working tree counts, and what of it only the trusted ref says."""

from pathlib import Path

import pytest

from plangate.errors import UsageError
from plangate.gate.config import Config
from plangate.gate.environment import EnvironmentHint
from plangate.model.input import StateSource
from plangate.model.verdict import Options
from plangate.pipeline import gate_flags, trusted_gate
from plangate.pipeline.gate_flags import GateFlags
from plangate.policy.load import load
from tests.support import git as repositories
from tests.support.command import AS_OF
from tests.support.git import git

POLICY = """\
id: own-policy
family: terraform
severity: high
summary: A bucket changes
why: It was whole.
match: {source: terraform, types: [aws_s3_bucket]}
message: "{address} changes"
remediation: Mend it.
references: [https://example.org/things]
"""
WAIVER = "waivers: [{policy: own-policy, address: a.b, reason: r, owner: o, expires: 2026-03-31}]\n"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name, text):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)


@pytest.fixture
def commit(here):
    """Commits the working tree to `main`, which is the trusted ref then."""

    def commit():
        git(here, "init", "--quiet")
        repositories.commit(here)

    return commit


def prepare(*, inputs=("plan.json",), tf_dir=Path(), target=None, **flags):
    return gate_flags.prepare(GateFlags(**flags), Options(created_at=AS_OF, target=target), inputs, tf_dir)


def ids(policies):
    return {policy.id for policy in policies} - {policy.id for policy in load()}


def loosened(gate):
    return [
        (one.what.removeprefix("this change would loosen the gate: "), one.file, one.line) for one in gate.weakenings
    ]


# --- the working tree -------------------------------------------------------------------------------------------------


def test_without_a_configuration_there_is_no_gate_and_every_policy():
    policies, gate = prepare()
    assert (gate, ids(policies), bool(policies)) == (None, set(), True)


def test_policies_of_the_command_line_need_no_configuration():
    write("rules/own.yaml", POLICY)
    policies, gate = prepare(policies=(Path("rules"),))
    assert (gate, ids(policies)) == (None, {"own-policy"})


def test_the_configuration_that_stands_here_counts_with_its_policies_and_waivers():
    write(".plangate.yaml", "mode: observe\npolicy_paths: rules\nwaivers: {files: w.yaml, longest_days: 30}\n")
    write("rules/own.yaml", POLICY)
    write("w.yaml", WAIVER)
    write("more.yaml", WAIVER.replace("a.b", "c.d"))
    policies, gate = prepare(waivers=("more.yaml",))
    assert ids(policies) == {"own-policy"}
    assert gate.config.mode == "observe"
    assert [(one.file, one.address) for one in gate.waivers] == [("more.yaml", "c.d"), ("w.yaml", "a.b")]
    assert (gate.latest, gate.weakenings, gate.notes, gate.inline) == ("2026-03-02", (), (), None)


def test_a_waiver_may_run_to_the_end_of_time_and_no_further():
    write(".plangate.yaml", "waivers: {longest_days: 99999999}\n")
    assert prepare()[1].latest == "9999-12-31"


def test_waivers_of_the_command_line_need_no_configuration():
    write("w.yaml", WAIVER.replace("own-policy", "guard-removed"))
    _, gate = prepare(waivers=("w.yaml",))
    assert (gate.config, len(gate.waivers), gate.latest) == (Config(), 1, "2027-02-01")


@pytest.mark.parametrize(
    ("flags", "text", "said"),
    [
        ({"config": "other.yaml"}, None, "other.yaml: does not exist"),
        ({"waivers": ("w.yaml",)}, None, "w.yaml: does not exist"),
        ({}, "waivers: {files: w.yaml}", "w.yaml: does not exist"),
        ({}, "policy_paths: rules", "rules: holds no policy files"),
        (
            {},
            "policies: {no-such-thing-here: {}}",
            ".plangate.yaml: 1: policies: there is no policy no-such-thing-here",
        ),
        ({}, "shiny: 1", ".plangate.yaml: 1:1: unknown key shiny"),
    ],
)
def test_what_is_not_there_stops_everything(flags, text, said):
    if text is not None:
        write(".plangate.yaml", text)
    with pytest.raises(UsageError) as raised:
        prepare(**flags)
    assert str(raised.value) == said


def test_a_configuration_that_is_a_link_stops_everything():
    write("real.yaml", "mode: observe")
    Path(".plangate.yaml").symlink_to("real.yaml")
    with pytest.raises(UsageError, match="links are not followed"):
        prepare()


def test_a_link_to_nothing_is_not_taken_for_no_configuration():
    Path(".plangate.yaml").symlink_to("nowhere")
    with pytest.raises(UsageError, match="links are not followed"):
        prepare()


def test_waivers_beside_the_code_are_looked_for_where_that_is_asked():
    _, gate = prepare(inline=True)
    assert gate.inline is not None
    write(".plangate.yaml", "")
    assert prepare()[1].inline is None


def test_a_command_that_judges_no_change_takes_the_configuration_that_is_here():
    assert trusted_gate.configuration(None) == Config()
    write(".plangate.yaml", "mode: observe")
    assert trusted_gate.configuration(None) == Config(mode="observe")
    write("other.yaml", "fail_on: review")
    assert trusted_gate.configuration("other.yaml") == Config(fail_on="review")
    with pytest.raises(UsageError, match="does not exist"):
        trusted_gate.configuration("none.yaml")


# --- a trusted ref ----------------------------------------------------------------------------------------------------

CONFIG = "mode: enforce\npolicy_paths: rules\nwaivers: {files: w.yaml}\n"


@pytest.fixture
def trusted(commit):
    """A repository whose `main` has a configuration, a policy and a waiver."""
    write(".plangate.yaml", CONFIG)
    write("rules/own.yaml", POLICY)
    write("w.yaml", WAIVER)
    commit()


@pytest.mark.usefixtures("trusted")
def test_a_change_that_leaves_the_gate_alone_is_judged_by_it():
    policies, gate = prepare(ref="main")
    assert (ids(policies), gate.config.mode, len(gate.waivers), gate.weakenings) == ({"own-policy"}, "enforce", 1, ())
    (note,) = gate.notes
    assert note.startswith("policies, waivers and configuration are those of main (")
    assert gate.read.file == "main:.plangate.yaml"


@pytest.mark.usefixtures("trusted")
def test_what_the_change_loosens_does_not_count_and_is_said():
    write(
        ".plangate.yaml", CONFIG.replace("enforce", "observe") + "policies: {own-policy: {severity: low, reason: r}}\n"
    )
    write("rules/own.yaml", POLICY.replace("severity: high", "severity: info"))
    write("w.yaml", WAIVER.replace("a.b", "'*.b'"))
    policies, gate = prepare(ref="main")
    assert [policy.severity for policy in policies if policy.id == "own-policy"] == ["high"]
    assert (gate.config.mode, gate.config.policies["own-policy"].severity, gate.waivers) == ("enforce", None, ())
    assert loosened(gate) == [
        ("the policy own-policy changes", "rules/own.yaml", 1),
        ("mode becomes observe instead of enforce", "", 0),
        ("the policy own-policy becomes low instead of high", "", 0),
        ("a waiver of own-policy for *.b", "w.yaml", 1),
    ]
    assert gate.read.lines["policies"] == 4


@pytest.mark.usefixtures("trusted")
def test_what_the_change_removes_is_still_there():
    for name in (".plangate.yaml", "rules/own.yaml", "w.yaml"):
        Path(name).unlink()
    policies, gate = prepare(ref="main")
    assert (ids(policies), gate.waivers) == ({"own-policy"}, ())
    assert gate.config.policy_paths == "rules"


@pytest.mark.usefixtures("trusted")
def test_what_the_change_tightens_counts():
    write(".plangate.yaml", CONFIG + "fail_on: review\n")
    write("rules/more.yaml", POLICY.replace("own-policy", "more-policy"))
    write("w.yaml", WAIVER.replace("03-31", "02-28"))
    policies, gate = prepare(ref="main")
    assert (ids(policies), gate.config.fail_on) == ({"own-policy", "more-policy"}, "review")
    assert ([one.expires for one in gate.waivers], gate.weakenings) == (["2026-02-28"], ())


@pytest.mark.usefixtures("trusted")
def test_a_policy_cannot_be_put_off_by_removing_its_day(here):
    later = "packs: {terraform: {enforce_from: 2099-01-01}}\n"
    write(".plangate.yaml", CONFIG + later + "policies: {own-policy: {enforce_from: 2026-01-01}}\n")
    git(here, "commit", "--quiet", "--all", "--message", "x")
    write(".plangate.yaml", CONFIG + later)
    _, gate = prepare(ref="main")
    assert gate.config.policies["own-policy"].enforce_from == "2026-01-01"
    assert loosened(gate) == [("the policy own-policy does not decide before 2099-01-01", "", 0)]


def test_where_the_trusted_ref_has_no_configuration_the_strict_one_is_held_against(commit):
    commit()
    write(".plangate.yaml", "mode: observe\nfail_on: review\n")
    _, gate = prepare(ref="main")
    assert (gate.config.mode, gate.config.fail_on) == ("enforce", "review")
    assert loosened(gate) == [("mode becomes observe instead of enforce", "", 0)]


@pytest.mark.usefixtures("trusted")
def test_policies_from_outside_of_the_repository_are_no_part_of_the_change(tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "out.yaml").write_text(POLICY.replace("own-policy", "out-policy"))
    policies, gate = prepare(ref="main", policies=(outside,))
    assert (ids(policies), gate.weakenings) == ({"own-policy", "out-policy"}, ())


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("config", ["none.yaml", "rules/none.yaml"])
def test_a_configuration_that_neither_version_has_stops_everything(config):
    with pytest.raises(UsageError, match="does not exist"):
        prepare(ref="main", config=config)


@pytest.mark.parametrize(("ref", "words"), [("nowhere", "is not here"), ("--x", "is not a ref")])
def test_a_ref_that_is_none_stops_everything(commit, ref, words):
    commit()
    with pytest.raises(UsageError, match=words):
        prepare(ref=ref)


# --- Rego -------------------------------------------------------------------------------------------------------------


def test_without_a_folder_there_is_no_rego():
    assert gate_flags.rego(GateFlags()) is None


def test_rego_is_that_of_the_trusted_ref_and_any_change_of_it_is_said(commit):
    for name in ("a", "b", "sub/c"):
        write(f"rego/{name}.rego", "package main\n")
    commit()
    write("rego/a.rego", "package main\n# changed\n")
    Path("rego/b.rego").unlink()
    write("rego/d.rego", "package main\n")
    asked = {"conftest": "rego", "ref": "main"}
    assert [name for name, _ in gate_flags.rego(GateFlags(**asked)).files] == ["a.rego", "b.rego", "sub/c.rego"]
    _, gate = prepare(**asked)
    assert loosened(gate) == [
        (f"the Rego in {name} changes", f"rego/{name}", 1) for name in ("a.rego", "b.rego", "d.rego")
    ]
    here = gate_flags.rego(GateFlags(conftest="rego"))
    assert dict(here.files)["a.rego"].endswith("# changed\n")


def test_rego_from_outside_of_the_repository_is_no_part_of_the_change(commit, tmp_path_factory):
    commit()
    outside = tmp_path_factory.mktemp("outside")
    (outside / "a.rego").write_text("package main\n")
    asked = {"conftest": str(outside), "ref": "main"}
    assert [text for _, text in gate_flags.rego(GateFlags(**asked)).files] == ["package main\n"]
    assert prepare(**asked)[1].weakenings == ()


# --- what is known of the environment ---------------------------------------------------------------------------------


def hints(match, *, state="", **fields):
    fields["state"] = StateSource(location=state or None)
    write(".plangate.yaml", f"environments: {{prod: {{match: {{{match}}}}}}}\n")
    return [(one.kind, one.value) for one in prepare(**fields)[1].hints]


def test_nothing_is_read_that_no_environment_asks_for(monkeypatch):
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    assert hints("", target="db", inputs=("live/plan.json",), state="s3://b/k") == []


def test_the_paths_of_inputs_and_of_the_configuration_are_known():
    (Path("live") / "prod").mkdir(parents=True)
    assert hints("paths: x", inputs=("live/prod/plan.json", "-", "./a.json")) == [
        ("paths", "live/prod/plan.json"),
        ("paths", "a.json"),
    ]
    absolute = Path.cwd() / "live" / "prod"
    assert hints("paths: x", inputs=(str(absolute / "plan.json"),), tf_dir=absolute) == [
        ("paths", "live/prod/plan.json"),
        ("paths", "live/prod"),
    ]


def test_the_target_is_known_where_it_was_said():
    assert hints("targets: x", target="db") == [("targets", "db")]
    assert hints("targets: x") == []


def test_the_workspace_is_that_of_the_folder_that_was_initialised(monkeypatch):
    assert hints("workspaces: x") == []
    write("live/.terraform/environment", "dev\n")
    assert hints("workspaces: x", inputs=("live/plan.json",)) == [("workspaces", "dev")]
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    assert hints("workspaces: x") == [("workspaces", "prod")]


def test_the_key_of_the_state_is_that_of_the_backend_and_of_the_state_that_was_named():
    assert hints("backend_keys: x") == []
    write("live/.terraform/terraform.tfstate", '{"backend": {"config": {"key": "prod/db"}}}')
    assert hints("backend_keys: x", tf_dir=Path("live"), state="s3://b/dev/db") == [
        ("backend_keys", "prod/db"),
        ("backend_keys", "dev/db"),
    ]
    assert hints("backend_keys: x", state="dev.tfstate") == []


def test_hints_are_kept_with_the_gate():
    write(".plangate.yaml", "environments: {prod: {match: {targets: db}}}\n")
    assert prepare(target="db")[1].hints == (EnvironmentHint("targets", "db", ("db/",)),)


PROD = (
    "environments: {prod: {match: {paths: 'live/prod/**'}, require: [state]}, dev: {match: {paths: 'live/dev/**'}}}\n"
)


def environment(**fields):
    gate = prepare(**fields)[1]
    return gate.resolve_settings(Options(created_at=AS_OF, environment=fields.get("env")), (), ()).resolution.name


@pytest.fixture
def repository(here):
    write(".git/HEAD", "ref: refs/heads/main\n")
    write(".plangate.yaml", PROD)
    write("live/prod/db/main.tf", "")
    write("live/dev/main.tf", "")
    (here / "current").symlink_to("live/prod")
    return here


@pytest.mark.parametrize(
    ("inside", "fields"),
    [
        ("", {"inputs": ("live/prod/plan.json",)}),
        ("", {"inputs": ("./live/../live/prod/db/plan.json",)}),
        ("", {"inputs": ("current/plan.json",)}),
        ("", {"tf_dir": Path("live/prod")}),
        ("", {"tf_dir": Path("live/prod/")}),
        ("", {"tf_dir": Path("live/prod/db")}),
        ("", {"tf_dir": Path("current")}),
        ("", {"inputs": ("-",), "tf_dir": Path("live/prod")}),
        ("", {"saved_plan": "live/prod/tfplan"}),
        ("", {"target": "live/prod"}),
        ("live/prod", {"inputs": ("-",)}),
        ("live/prod", {"inputs": ("/nowhere/plan.json",)}),
        ("live/prod/db", {}),
        ("live", {"tf_dir": Path("prod")}),
        ("live/dev", {"inputs": ("-",), "tf_dir": Path("../prod")}),
    ],
)
def test_an_environment_is_found_however_its_folder_is_named(repository, monkeypatch, inside, fields):
    monkeypatch.chdir(repository / inside)
    assert environment(**fields) == "prod"


@pytest.mark.parametrize("fields", [{}, {"inputs": ("live/plan.json",)}, {"tf_dir": Path("live")}, {"target": "prod"}])
def test_what_is_in_no_folder_of_an_environment_has_none(repository, fields):
    assert environment(**fields) is None


def test_the_configuration_is_the_nearest_one_up_to_the_top_of_the_repository(repository, monkeypatch):
    write("rules/own.yaml", POLICY)
    write("waivers.yaml", WAIVER)
    write(".plangate.yaml", PROD + "policy_paths: rules\nwaivers: {files: waivers.yaml}\n")
    monkeypatch.chdir(repository / "live" / "prod")
    policies, gate = prepare()
    assert ids(policies) == {"own-policy"}
    assert [waiver.file for waiver in gate.waivers] == ["../../waivers.yaml"]
    assert gate.notes == ("the configuration is ../../.plangate.yaml",)
    write(".plangate.yaml", "mode: observe\n")
    policies, gate = prepare()
    assert (ids(policies), gate.config.mode, gate.notes) == (set(), "observe", ())


def test_a_configuration_above_the_repository_and_without_one_is_not_read(here, monkeypatch):
    write(".plangate.yaml", "mode: observe\n")
    (here / "inner").mkdir()
    monkeypatch.chdir(here / "inner")
    assert prepare()[1] is None
    write(".git", "gitdir: elsewhere\n")
    assert prepare()[1] is None


def test_a_nearer_configuration_of_the_change_does_not_hide_the_trusted_one(here, commit, monkeypatch):
    write(".plangate.yaml", PROD)
    write("live/prod/main.tf", "")
    commit()
    write("live/prod/.plangate.yaml", "mode: observe\n")
    monkeypatch.chdir(here / "live" / "prod")
    gate = prepare(ref="main")[1]
    assert (gate.config.mode, gate.read.file) == ("enforce", "main:../../.plangate.yaml")
    assert [one.what.partition(": ")[2] for one in gate.weakenings] == [
        "mode becomes observe instead of enforce",
        "the environment prod is removed",
        "the environment dev is removed",
    ]
    assert environment(ref="main") == "prod"


def test_the_paths_of_a_configuration_that_is_named_hold_from_its_folder_and_from_the_working_folder(repository):
    write("ci/gate.yaml", "environments: {a: {match: {paths: 'live/prod/**'}}}\n")
    write("live/gate.yaml", "environments: {b: {match: {paths: 'prod/**'}}}\n")
    assert environment(config="ci/gate.yaml", tf_dir=Path("live/prod")) == "a"
    assert environment(config="live/gate.yaml", tf_dir=Path("live/prod")) == "b"


def test_the_key_of_the_state_is_that_of_the_backend_configuration_that_was_named():
    write("prod.tfbackend", 'bucket = "states"\nkey = "prod/db.tfstate"\n')
    write("broken.tfbackend", "key = var.x\n")
    write(".plangate.yaml", "environments: {prod: {match: {backend_keys: 'prod/**'}}}\n")
    assert environment(state=StateSource(backend_config=("prod.tfbackend",))) == "prod"
    assert environment(state=StateSource(backend_config=("broken.tfbackend",))) is None

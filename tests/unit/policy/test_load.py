import re
from pathlib import Path

import msgspec
import pytest

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.model.verdict import Severity
from plangate.policy.file import read
from plangate.policy.load import load, load_all, read_paths

GOOD = """\
id: bucket-without-owner
family: terraform
severity: medium
summary: A bucket has no owner
why: Nobody answers for it.
match: {source: terraform, actions: create, types: aws_s3_bucket}
when: after('tags.owner') == null
message: "{address} has no owner"
remediation: Add an owner tag.
"""


def write(tmp_path, text):
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    return file


def test_a_policy_file_is_read(tmp_path):
    policy = read(write(tmp_path, GOOD))
    assert (policy.id, policy.severity, policy.match.actions, policy.match.types) == (
        "bucket-without-owner",
        Severity.MEDIUM,
        ("create",),
        ("aws_s3_bucket",),
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("severity: medium", "severty: medium", "3:1", "unknown key severty; did you mean severity?"),
        ("severity: medium", "severity: terrible", "3:11", "invalid enum value 'terrible'"),
        ("actions: create", "action: create", "6:28", "unknown key action; did you mean actions?"),
        ("actions: create", "actions: [create, destry]", "6:46", "invalid enum value 'destry'; did you mean destroy?"),
        ("after('tags.owner') == null", "after('tags.owner') == nul", "7:30", "when: undeclared reference to 'nul'"),
        (
            "after('tags.owner') == null",
            "acton == 'x'",
            "7:7",
            "when: undeclared reference to 'acton'; did you mean action?",
        ),
        (
            "when: after('tags.owner') == null",
            "when: |\n  action == 'x' &&\n  actin == 'y'",
            "9:3",
            "when: undeclared reference to 'actin'; did you mean action?",
        ),
        (
            "when: after('tags.owner') == null",
            "when: \"actin == 'y'\"",
            "7:8",
            "when: undeclared reference to 'actin'; did you mean action?",
        ),
        ("{address} has", "{adress} has", "8:10", "no field {adress}; did you mean address?"),
        ("id: bucket-without-owner", "id: Bucket", "1:5", "an id is kebab-case, such as bucket-made-public"),
        ("types: aws_s3_bucket", "effects: [expose]", "6:55", "no effect expose; did you mean exposes?"),
        (
            "types: aws_s3_bucket",
            "effects: [fails, 'exposes:admin-prt']",
            "6:62",
            "no effect exposes:admin-prt; did you mean exposes:admin-port?",
        ),
        (
            "types: aws_s3_bucket",
            "effects: 'expose:world-port'",
            "6:54",
            "no effect expose:world-port; did you mean exposes:world-port?",
        ),
        (
            "types: aws_s3_bucket",
            "effects: fails, without: ['data-loss:gone']",
            "6:71",
            "no effect data-loss:gone; did you mean data-loss:shortened?",
        ),
        (
            "types: aws_s3_bucket",
            "effects: ['exposes:host-path']",
            "6:55",
            "no effect exposes:host-path where the source is terraform",
        ),
        ("types: aws_s3_bucket", "effects: kept", "6:54", "no effect kept where the source is terraform"),
        (
            "types: aws_s3_bucket",
            'types: ["aws_*", "@statefull"]',
            "6:62",
            "no trait statefull; did you mean stateful?",
        ),
        ("types: aws_s3_bucket", 'types: "@"', "6:52", "no trait "),
        ("types: aws_s3_bucket", "traits: image-major", "6:53", "no trait image-major where the source is terraform"),
        (
            "types: aws_s3_bucket",
            "reasons: [replace_because_tained]",
            "6:55",
            "no reason replace_because_tained; did you mean replace_because_tainted?",
        ),
        (
            "{source: terraform, actions",
            "{source: helm, reasons: replace_by_request, actions",
            "6:32",
            "reasons are Terraform's",
        ),
        ("{source: terraform, actions", "{view: lightllm, actions", "6:15", "no view lightllm; did you mean litellm?"),
        (
            "{source: terraform, actions",
            "{view: release, effects: fails, actions",
            "6:33",
            "a view has notices and no effects: look for them in when, as 'fails' in effects",
        ),
        (
            "{source: terraform, actions",
            "{view: release, notices: [chart-mayor], actions",
            "6:34",
            "no notice chart-mayor; did you mean chart-major?",
        ),
        (
            "{source: terraform, actions",
            "{view: release, notices: replicas-zero, actions",
            "6:33",
            "no notice replicas-zero",
        ),
        (
            "after('tags.owner') == null",
            "protected && 'dataloss' in effects",
            "7:20",
            "when: no effect dataloss; did you mean data-loss?",
        ),
        (
            "when: after('tags.owner') == null",
            "when: |\n  'data-loss' in effects &&\n  !(\"fundation\" in traits)",
            "9:5",
            "when: no trait fundation; did you mean foundation?",
        ),
        ("why: Nobody answers for it.\n", "", "1:1", "needs the key why"),
        ("family: terraform", "family: terrafrom", "2:9", "no family terrafrom; did you mean terraform?"),
        ("family: terraform", "family: gate", "2:9", "no family gate"),
        ("family: terraform", "family: terraform\nfound_by: gate", "3:1", "unknown key found_by"),
        ("why: Nobody", "why: [Nobody", "6:6", "is not YAML: expected ',' or ']', but got ':'"),
    ],
)
def test_a_wrong_policy_is_refused_at_its_place(tmp_path, old, new, place, message):
    file = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(PolicyLoadError) as caught:
        read(file)
    assert (caught.value.where, caught.value.place, caught.value.message) == (str(file), place, message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "types: aws_s3_bucket",
            "types: ['@stateful', 'azurerm_*'], traits: crowd, effects: [forgets, 'data-loss:destroyed']",
        ),
        (
            "{source: terraform, actions",
            "{source: terraform, reasons: forgot_because_lifecycle_destroy_in_config, actions",
        ),
        ("{source: terraform, actions", "{view: litellm, notices: [model-gone, replicas-zero], actions"),
        ("{source: terraform, actions", "{view: release, without: kept, traits: [image-major, stateful], actions"),
        (
            "when: after('tags.owner') == null",
            "when: |\n  'tags' in after('tags') && after('note') == \"'gone' in effects\" // 'x' in traits",
        ),
    ],
)
def test_every_word_of_the_vocabulary_can_be_asked_for(tmp_path, old, new):
    assert read(write(tmp_path, GOOD.replace(old, new))).id == "bucket-without-owner"


def test_shipped_and_given_policies_come_together_sorted(tmp_path):
    ids = [policy.id for policy in load([write(tmp_path, GOOD)])]
    assert ids == sorted([*(policy.id for policy in load()), "bucket-without-owner"])


def test_an_id_that_is_taken_is_refused(tmp_path):
    file = write(tmp_path, GOOD.replace("bucket-without-owner", "change-refused"))
    with pytest.raises(PolicyLoadError, match="there is a policy change-refused already"):
        load([file])


def test_the_id_of_a_built_in_policy_is_taken(tmp_path):
    file = write(tmp_path, GOOD.replace("bucket-without-owner", "plan-stale"))
    with pytest.raises(PolicyLoadError, match="there is a policy plan-stale already"):
        load([file])


@pytest.fixture
def ours(tmp_path):
    """A folder of policies that has a family of its own inside."""
    (tmp_path / "general.yaml").write_text(GOOD)
    (tmp_path / "keycloak").mkdir()
    (tmp_path / "keycloak" / "family.yaml").write_text("title: Keycloak\nsummary: What a change means for Keycloak\n")
    text = GOOD.replace("bucket-without-owner", "realm-gone").replace("family: terraform", "family: keycloak")
    (tmp_path / "keycloak" / "realm-gone.yaml").write_text(text)
    return tmp_path


def families_of(policies):
    return {policy.id: policy.family for policy in policies if policy.id in ("bucket-without-owner", "realm-gone")}


def test_a_folder_can_bring_a_family_of_its_own(ours, monkeypatch):
    assert families_of(load([ours])) == {"bucket-without-owner": "terraform", "realm-gone": "keycloak"}
    assert families_of(load([ours / "keycloak" / "realm-gone.yaml"])) == {"realm-gone": "keycloak"}
    assert {*load_all([ours]).families} == {*knowledge.families(), "keycloak"}
    monkeypatch.chdir(ours / "keycloak")
    assert families_of(load([Path()])) == {"realm-gone": "keycloak"}


def test_a_folder_of_policies_without_a_family_file_is_no_family(ours):
    (ours / "keycloak" / "family.yaml").unlink()
    with pytest.raises(PolicyLoadError, match="no family keycloak") as caught:
        load([ours])
    assert (caught.value.where, caught.value.place) == (str(ours / "keycloak" / "realm-gone.yaml"), "2:9")


@pytest.mark.parametrize(
    ("folder", "text", "place", "message"),
    [
        ("terraform", "title: Ours\nsummary: Ours\n", "1:1", "there is a family terraform already"),
        ("ours", "title: Ours\nsummary: Ours\nbuiltin: true\n", "1:1", "only plangate itself has families"),
        ("ours", "title: Ours\nsumary: Ours\n", "2:1", "unknown key sumary; did you mean summary?"),
        ("ours", "title: Ours\n", "1:1", "needs the key summary"),
        ("ours", "name: theirs\ntitle: Ours\nsummary: Ours\n", "1:1", "the name of a family is its folder's, ours"),
        ("ours", "title: Ours\nsummary: Ours\nsource: pulumi\n", "3:9", "invalid enum value 'pulumi'"),
        ("ours", "- title\n", "1:1", "is not a family: a mapping with title and summary"),
    ],
)
def test_a_wrong_family_file_is_refused_at_its_place(tmp_path, folder, text, place, message):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "family.yaml").write_text(text)
    (tmp_path / "general.yaml").write_text(GOOD)
    with pytest.raises(PolicyLoadError, match=re.escape(message)) as caught:
        load([tmp_path])
    assert (caught.value.where, caught.value.place) == (str(tmp_path / folder / "family.yaml"), place)


def test_a_family_without_policies_is_no_folder_of_policies(ours):
    (ours / "keycloak" / "realm-gone.yaml").unlink()
    with pytest.raises(UsageError, match="holds no policy files"):
        load([ours / "keycloak"])


def test_a_shipped_folder_can_be_read_by_itself():
    folder = knowledge.folder() / "drift"
    assert {policy.family for policy in read_paths([folder]).values()} == {"drift"}
    assert [*read_paths([folder / "image-set-back.yaml"])] == [str(folder / "image-set-back.yaml")]


def test_a_folder_without_policies_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no policy files"):
        load([tmp_path])
    with pytest.raises(UsageError, match="does not exist"):
        load([tmp_path / "missing"])


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "just text\n", "\x00", "a: &a [*a]\n", "!!python/object:os.system {}\n"]
)
def test_what_is_no_policy_is_refused(tmp_path, text):
    with pytest.raises(PolicyLoadError):
        read(write(tmp_path, text))


def test_the_index_holds_every_knowledge_document():
    assert set(knowledge.index().knowledge) == {file.stem for file in (knowledge.folder() / "knowledge").glob("*.yaml")}
    assert all(isinstance(msgspec.json.decode(raw), dict) for raw in knowledge.index().knowledge.values())


def test_a_folder_that_holds_too_much_is_no_folder_of_policies(tmp_path, monkeypatch):
    monkeypatch.setattr("plangate.policy.load._MOST_SEEN", 3)
    for name in ("a.yaml", "b", "c", "d"):
        (tmp_path / name).write_text("")
    with pytest.raises(UsageError, match="holds more than 3 files: it is no folder of policies"):
        read_paths([tmp_path])


def test_a_folder_that_cannot_be_read_is_refused(tmp_path, monkeypatch):
    def rglob(folder, _):
        raise FileNotFoundError(2, "No such file or directory", f"{folder}/gone")

    monkeypatch.setattr(Path, "rglob", rglob)
    with pytest.raises(UsageError, match="gone: cannot be read: No such file or directory"):
        read_paths([tmp_path])

"""The index of a folder of policies: what it holds, what it refuses, and that two changes of it merge."""

from __future__ import annotations

import shutil
import subprocess

import msgspec
import pytest

from plangate import knowledge
from plangate.errors import PolicyLoadError
from plangate.policy.index import build
from tests.support.command import copy_tree
from tests.support.policies import FAMILY, POLICY


@pytest.fixture
def policies(tmp_path):
    """A copy of the shipped folder."""
    copy_tree(knowledge.folder(), tmp_path / "policies")
    return tmp_path / "policies"


@pytest.fixture
def keycloak(policies):
    """A folder of policies more in it, without its family."""
    (policies / "keycloak").mkdir()
    (policies / "keycloak" / "realm-gone.yaml").write_text(POLICY)
    return policies / "keycloak"


def held(index: bytes) -> tuple[set[str], set[str]]:
    """The families and the policies in an index."""
    found = msgspec.json.decode(index)
    return {one["name"] for one in found["families"]}, {one["id"] for one in found["policies"]}


def test_the_index_is_built_from_the_folder_alone(policies):
    (policies / "index.json").unlink()
    assert build(policies) == (knowledge.folder() / "index.json").read_bytes()


def test_a_folder_with_a_family_file_is_a_family(policies, keycloak):
    families, ids = held(build_without(policies, keycloak))
    (keycloak / "family.yaml").write_text(FAMILY)
    assert held(build(policies)) == (families | {"keycloak"}, ids | {"realm-gone"})


def build_without(policies, folder):
    aside = policies.parent / folder.name
    shutil.move(folder, aside)
    built = build(policies)
    shutil.move(aside, folder)
    return built


def test_a_folder_without_a_family_file_is_refused(policies, keycloak):
    with pytest.raises(PolicyLoadError, match=r"belongs to no family .*family\.yaml") as caught:
        build(policies)
    assert caught.value.where == str(keycloak / "realm-gone.yaml")


@pytest.mark.parametrize("name", ["helm/deeper/one.yaml", "helm/one.yml", "one.yaml", "a/b/family.yaml"])
def test_a_file_that_would_not_be_read_is_refused(policies, name):
    (policies / name).parent.mkdir(parents=True, exist_ok=True)
    (policies / name).write_text(POLICY)
    with pytest.raises(PolicyLoadError, match="belongs to no family") as caught:
        build(policies)
    assert caught.value.where == str(policies / name)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("family: keycloak", "family: terraform", "the id is the file's name and the family its folder's"),
        ("id: realm-gone", "id: realm-lost", "the id is the file's name and the family its folder's"),
        ("family: keycloak", "family: keycloack", "no family keycloack; did you mean keycloak?"),
        ("{source: terraform,", "{view: litellm,", "the view litellm belongs to another family"),
    ],
)
def test_a_policy_in_the_wrong_place_is_refused(policies, keycloak, old, new, message):
    (keycloak / "family.yaml").write_text(FAMILY)
    (keycloak / "realm-gone.yaml").write_text(POLICY.replace(old, new))
    with pytest.raises(PolicyLoadError) as caught:
        build(policies)
    assert caught.value.message == message


def test_each_record_stands_on_a_line_of_its_own():
    lines = (knowledge.folder() / "index.json").read_text("utf-8").removesuffix("\n").split("\n")
    index = msgspec.json.decode((knowledge.folder() / "index.json").read_bytes())
    records = sum(len(section) for section in index.values())
    assert len(lines) == records + len(index) + 1
    for line in lines:
        record = line.removesuffix(",")
        if record.startswith("{") and record.endswith("}"):
            msgspec.json.decode(record)


def test_changes_of_two_policies_merge(policies):
    """One branch adds a policy and the other changes another one: both indexes merge into the index of both."""
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")

    def add():
        text = POLICY.replace("family: keycloak", "family: terraform")
        (policies / "terraform" / "realm-gone.yaml").write_text(text)

    def change():
        file = policies / "terraform" / "change-refused.yaml"
        file.write_text(file.read_text().replace("severity: ", "severity: info #", 1))

    base = build(policies)
    add()
    ours = build(policies)
    (policies / "terraform" / "realm-gone.yaml").unlink()
    change()
    theirs = build(policies)
    add()
    for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
        (policies.parent / name).write_bytes(content)
    merged = subprocess.run(
        ["git", "merge-file", "--stdout", "ours", "base", "theirs"],
        cwd=policies.parent,
        capture_output=True,
        check=False,
    )
    assert len({base, ours, theirs}) == 3
    assert (merged.returncode, merged.stdout) == (0, build(policies))

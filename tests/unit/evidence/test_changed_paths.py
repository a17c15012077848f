import pytest

from plangate.errors import InputError, UsageError
from plangate.evidence import changed_paths
from tests.support.git import commit, git

ODD = 'o"d d\n\té\\'


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "--quiet")
    (tmp_path / "kept").write_text("x\n" * 50)
    (tmp_path / "moved").write_text("y\n" * 50)
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "change")
    return tmp_path


def test_both_sides_of_a_rename_and_names_as_they_are(repository):
    git(repository, "mv", "moved", "there")
    (repository / ODD).write_text("")
    commit(repository)
    assert changed_paths.since("main", repository) == {"moved", "there", ODD}


def test_what_changed_on_the_other_side_is_no_part_of_it(repository):
    git(repository, "checkout", "--quiet", "main")
    (repository / "kept").write_text("other")
    commit(repository)
    git(repository, "checkout", "--quiet", "change")
    assert changed_paths.since("main", repository) == set()


def test_a_folder_that_the_command_runs_in_narrows_nothing(repository):
    git(repository, "config", "diff.relative", "true")
    (repository / "below").mkdir()
    (repository / "below" / "a").write_text("")
    (repository / "b").write_text("")
    commit(repository)
    assert changed_paths.since("main", repository / "below") == {"below/a", "b"}
    assert changed_paths.top(repository / "below").samefile(repository)


@pytest.mark.parametrize("ref", ["", "--output=pwned", "a b", "a..b", "HEAD:x"])
def test_what_is_no_ref_is_not_given_to_git(repository, ref):
    with pytest.raises(UsageError, match="is not a ref"):
        changed_paths.since(ref, repository)


def test_what_git_cannot_tell_is_an_error(repository, tmp_path_factory):
    with pytest.raises(InputError, match="what changed is not known"):
        changed_paths.since("gone", repository)
    git(repository, "checkout", "--quiet", "--orphan", "alone")
    (repository / "kept").unlink()
    commit(repository)
    with pytest.raises(InputError, match="what changed is not known"):
        changed_paths.since("main", repository)
    with pytest.raises(InputError):
        changed_paths.top(tmp_path_factory.mktemp("none"))

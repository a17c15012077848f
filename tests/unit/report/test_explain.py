import pytest
from click.testing import CliRunner

from plangate.cli.explain import explain
from plangate.errors import ExitCode, InputError, UsageError
from plangate.report import json_v1
from tests.support.verdicts import HOSTILE, change, changed, everything, verdict


@pytest.fixture(autouse=True)
def _page(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "verdict.json"
    path.write_bytes(json_v1.render(everything()))
    return str(path)


def run(*arguments, stdin=None):
    return CliRunner().invoke(explain, arguments, input=stdin, standalone_mode=False)


def failure(*arguments):
    result = run(*arguments)
    assert result.output == ""
    return result.exception


def test_a_finding_is_explained_with_the_values_that_were_seen(saved):
    result = run(saved, "1")
    assert result.exception is None
    assert result.output == (
        " BLOCK   aws_db_instance.main holds data and is deleted, then created EMPTY                   1 of 7\n"
        "\n"
        " rule      stateful-resource-destroyed                                  fingerprint abababababababab\n"
        " severity  critical; it holds\n"
        " decision  block: this must not be applied\n"
        "\n"
        " object    aws_db_instance.main\n"
        " at        modules/db/main.tf:12\n"
        " action    replace (destroy-first) of aws_db_instance [data-loss, unprotects]\n"
        " reason    the provider cannot change it in place\n"
        " why       It cannot be brought back.\n"
        " seen      storage_encrypted  false → true  forces replacement\n"
        "           size  1.50 → (known after apply)\n"
        "           gone  (not among the changed values)\n"
        "\n"
        " instead   Take a backup first, with `make backup`.\n"
        " see       https://docs.example/databases\n"
        "\n"
        " waiver    if it is meant, below `waivers:` in a file that --waivers names:\n"
        '           - policy: "stateful-resource-destroyed"\n'
        '             address: "aws_db_instance.main"\n'
        '             fingerprint: "abababababababab"\n'
        '             reason: "WHY"\n'
        '             owner: "WHO"\n'
        '             expires: "2026-03-02"\n'
    )


def test_a_high_finding_says_why_it_blocks(saved):
    assert "a high finding blocks here, as the environment is" in run(saved, "2").output


@pytest.mark.parametrize(("number", "word"), [("3", "REVIEW"), ("5", "PASS"), ("6", "REVIEW"), ("7", "INCONCLUSIVE")])
def test_each_finding_has_its_own_decision(saved, number, word):
    assert run(saved, number).output.startswith(f" {word} ")


def test_standard_input_is_read():
    assert "1 of 7" in run("-", "1", stdin=json_v1.render(everything())).output


def test_hostile_text_stays_text(tmp_path):
    path = tmp_path / "v.json"
    path.write_bytes(json_v1.render(everything(HOSTILE)))
    for number in range(1, 8):
        shown = run(str(path), str(number)).output
        assert all(line.isprintable() for line in shown.splitlines())
        assert "##[" not in shown


@pytest.mark.parametrize("number", ["0", "8", "1000000"])
def test_a_number_beyond_the_findings_is_a_usage_error(saved, number):
    error = failure(saved, number)
    assert isinstance(error, UsageError)
    assert str(error) == f"{saved}: there is no finding {number}: its findings are 1 to 7"
    assert error.exit_code == ExitCode.USAGE


def test_a_verdict_without_findings_says_so(tmp_path):
    path = tmp_path / "v.json"
    path.write_bytes(json_v1.render(verdict()))
    assert str(failure(str(path), "1")) == f"{path}: there is no finding 1: it has no findings"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"hello", "is not JSON"),
        (b'{"schema": "plangate/verd', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not a verdict of plangate (plangate/verdict/v1)"),
        (b"[]", "is not a verdict of plangate (plangate/verdict/v1)"),
        (b'{"format_version": "1.2"}', "is not a verdict of plangate (plangate/verdict/v1)"),
        (b'{"schema": "plangate/verdict/v2"}', "is not a verdict of plangate (plangate/verdict/v1)"),
    ],
)
def test_another_file_is_an_input_error(tmp_path, content, said):
    path = tmp_path / "v.json"
    path.write_bytes(content)
    error = failure(str(path), "1")
    assert isinstance(error, InputError)
    assert str(error) == f"{path}: {said}"
    assert error.hint == "save a verdict with: plangate review plan.json -o json=verdict.json"
    assert error.exit_code == ExitCode.INPUT


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path):
    assert str(failure(str(tmp_path / "none.json"), "1")) == f"{tmp_path / 'none.json'}: not found"
    assert str(failure(str(tmp_path), "1")) == f"{tmp_path}: is a folder"


ASSESSED = change("aws_ecs_service.web", attributes=(changed("desired_count", 2, 4),), assessed="desired_count grows")
OPEN = change("aws_lb_listener.web", attributes=(changed("port", 80, 81),))


@pytest.fixture
def passed(tmp_path):
    path = tmp_path / "passed.json"
    path.write_bytes(json_v1.render(verdict(changes=(ASSESSED, OPEN))))
    return str(path)


def test_a_change_that_passes_is_explained_by_its_address(passed):
    page = run(passed, "aws_ecs_service.web").output
    assert "desired_count grows" in page
    assert "aws_lb_listener" not in page


def test_a_change_that_nobody_has_judged_says_so(passed):
    page = run(passed, "aws_lb_listener.web").output
    assert "nobody" in page
    assert "grows" not in page


def test_an_address_that_is_not_there_is_a_usage_error(passed):
    error = failure(passed, "aws_ecs_service.other")
    assert isinstance(error, UsageError)
    assert "aws_ecs_service.other" in str(error)

import pytest

from plangate.cli.watching import repeat
from plangate.errors import UsageError


def test_work_is_done_again_after_each_change_until_it_is_interrupted(tmp_path, capsys):
    file = tmp_path / "a.yaml"
    file.write_text("1")
    done = []

    def work():
        done.append(file.read_text())
        if file.read_text() == "broken":
            raise UsageError("does not load", where="a.yaml")
        return 10

    steps = iter(["22", "22", "broken", "333"])

    def wait(_):
        text = next(steps, None)
        if text is None:
            raise KeyboardInterrupt
        if file.read_text() != text:
            file.write_text(text)

    assert repeat([tmp_path], work, wait) == 10
    assert done == ["1", "22", "broken", "333"]
    assert "does not load" in capsys.readouterr().err


def test_another_fault_is_not_hidden(tmp_path):
    def work():
        raise RuntimeError

    with pytest.raises(RuntimeError):
        repeat([tmp_path], work, lambda _: None)

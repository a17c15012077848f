import pytest
from msgspec import structs

from plangate.report import json_v1, markdown, restore, text, wire
from tests.support.verdicts import HOSTILE, everything, verdict


def back(given):
    return restore.restore(json_v1.parse(json_v1.render(given)))


@pytest.mark.parametrize("given", [verdict(), everything(), everything(HOSTILE)], ids=["pass", "block", "hostile"])
def test_a_restored_verdict_is_saved_as_the_same_bytes(given):
    saved = json_v1.parse(json_v1.render(given))
    again = json_v1.parse(json_v1.render(restore.restore(saved)))
    lose = {name: [] for name in ("changes",)}
    assert structs.replace(again, **lose) == structs.replace(saved, **lose)


def test_a_restored_verdict_reads_the_same():
    given = everything()
    here, there = (markdown.render(v).splitlines() for v in (given, back(given)))
    # Names inside of addresses, and the raw actions of what nobody knows, are not saved.
    assert [line for line in here if line not in there] == [
        "- **unknown** `odd.x` (actions: delete, update)",
        '- **update** 5 \u00d7 `aws_s3_bucket.b[…]`: only `region` added `"eu-west-1"`',
    ]
    page = text.render(back(given), width=100, colour=False, all_changes=False)
    assert page.splitlines()[0] == text.render(given, width=100, colour=False, all_changes=False).splitlines()[0]


def test_an_action_of_a_newer_version_is_unknown():
    saved = json_v1.parse(json_v1.render(everything()).replace(b'"action":"move"', b'"action":"teleport"'))
    assert isinstance(saved, wire.Verdict)
    assert "unknown" in {
        change.action.value for change in restore.restore(saved).changes if "new" in change.address.text
    }

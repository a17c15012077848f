import re

import jinja2
import pytest
import yaml

from plangate.lang.glob import of_address
from plangate.model.change import Action, Gap, OutputChange
from plangate.model.values import ABSENT
from plangate.model.verdict import Coverage, Decision, Severity
from plangate.report import markdown
from tests.support.command import GOLDEN
from tests.support.rendering import GITHUB, tokens
from tests.support.verdicts import HOSTILE, NONE, change, changed, everything, finding, many, verdict

OURS = re.compile(
    r"<!-- plangate:verdict/v1 target=[A-Za-z0-9%._~/:-]* -->|</?details>|<details><summary>(?:[\w, ]+ \(\d+\)|\d+ more that decide"
    r"|Lines that differ in [^<>\"'@]*(?:@\u200b[^<>\"'@]*)* \(-\d+ \+\d+\))</summary>|</details>"
)
IN_LINE = {"<code>", "</code>", "<sub>", "</sub>"}
MENTION = re.compile(r"@[\w\[]")
REFERENCE = re.compile(r"(?:#|GH-)\d|://|www\.|\b[0-9a-f]{7,40}\b", re.IGNORECASE)


def a_review():
    return verdict(
        Decision.REVIEW,
        "aws_iam_role.r keeps its sessions open for longer",
        environment="prod",
        summary={**NONE, "update": 1},
        changes=(change("aws_iam_role.r", attributes=(changed("max_session", 3600, 7200),)),),
        findings=(
            finding(
                "session-longer",
                Severity.MEDIUM,
                message="aws_iam_role.r keeps its sessions open for longer",
                address="aws_iam_role.r",
                evidence=("max_session",),
                change=0,
            ),
        ),
    )


CASES = {
    "pass": verdict(environment="prod"),
    "review": a_review(),
    "block": everything(),
    "hostile": everything(HOSTILE),
}


@pytest.mark.parametrize("name", CASES)
def test_the_comment_is_as_recorded(name, golden):
    golden(GOLDEN / "report" / f"{name}.md", markdown.render(CASES[name]).encode())


def test_hostile_text_makes_no_element_of_any_kind():
    found = list(tokens(markdown.render(everything(HOSTILE))))
    assert not [t for t in found if t.type in ("image", "code_block", "blockquote_open", "hr", "em_open", "s_open")]
    fences = [yaml.safe_load(t.content) for t in found if t.type == "fence" and t.info != "diff"]
    assert [one["address"] for (one,) in fences] == [
        of_address(one.address) for one in everything(HOSTILE).findings[:3]
    ]
    blocks = [line for t in found if t.type == "html_block" for line in t.content.strip().splitlines()]
    assert blocks
    assert all(OURS.fullmatch(line) for line in blocks)
    assert {t.content for t in found if t.type == "html_inline"} == IN_LINE
    assert [t.attrGet("href") for t in found if t.type == "link_open"] == ["https://docs.example/databases"]
    assert sum(t.type == "heading_open" for t in found) == 7
    text = "\n".join(t.content for t in found if t.type == "text")
    assert not MENTION.search(text)
    assert not REFERENCE.search(text)
    assert not MENTION.search(markdown.render(everything(HOSTILE)))


def test_hostile_text_moves_nothing():
    evils = ("x" * len(HOSTILE), HOSTILE)
    calm, hostile = ([t.type for t in GITHUB.parse(markdown.render(everything(evil)))] for evil in evils)
    assert hostile == calm


def test_details_are_closed():
    for given in (everything(), everything(HOSTILE), many()):
        comment = markdown.render(given)
        assert comment.count("<details>") == comment.count("\n</details>\n") > 0


def test_the_marker_is_the_first_line():
    first, second = markdown.render(verdict(target="live/db -->")).splitlines()[:2]
    assert first == "<!-- plangate:verdict/v1 target=live/db%20%2D%2D%3E -->"
    assert second == "## PASS: no changes"


def test_a_plan_with_nothing_to_do_is_a_few_short_lines():
    assert markdown.render(verdict(environment="prod")).splitlines()[1:] == [
        "## PASS: no changes",
        "",
        "prod · reviewed 2026-01-31T12:00:00Z",
        "",
        "<sub>`plan.json` `abababababab`</sub>",
    ]


def long_findings(count):
    return tuple(
        finding(f"policy-{i}", Severity.MEDIUM, message=f"thing {i} happens to " + "something " * 20)
        for i in range(count)
    )


TOO_LONG = {
    "changes": many(3_000),
    "different changes": verdict(
        changes=tuple(change(f"a.b{i}", attributes=(changed(f"p{i}", "x" * 90, "y" * 90),)) for i in range(3_000))
    ),
    "findings": verdict(Decision.REVIEW, "m", findings=long_findings(2_000)),
    "outputs": verdict(
        outputs=tuple(OutputChange(f"o{i}" * 20, Action.CREATE, ABSENT, "v" * 200) for i in range(3_000))
    ),
    "gaps": verdict(coverage=Coverage(skipped=tuple(Gap(f"w{i}", "y" * 300, "f" * 300) for i in range(500)))),
    "reasons": verdict(
        Decision.INCONCLUSIVE,
        "m",
        coverage=Coverage(skipped=tuple(Gap(f"w{i}", "y" * 300, "f" * 300, inconclusive=True) for i in range(500))),
    ),
    "names": everything("\U000e0041" * 5_000),
    "escapes": everything("|" * 5_000),
    "inputs": verdict(inputs=everything("&" * 5_000).inputs * 400),
}


@pytest.mark.parametrize("name", TOO_LONG)
def test_no_comment_is_longer_than_github_takes(name):
    assert len(markdown.render(TOO_LONG[name]).encode()) <= markdown.LONGEST


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("different changes", r"Left out, .*: \d{4} changes\."),
        ("findings", r"Left out, .*: \d{4} findings\."),
        ("outputs", r"Left out, .*: \d{4} entries\."),
        ("gaps", r"Left out, .*: \d+ gaps\."),
        ("reasons", r"Left out, .*: \d+ reasons\."),
    ],
)
def test_a_shortened_comment_says_what_it_left_out(name, said):
    assert re.search(said, markdown.render(TOO_LONG[name]))


def test_shown_and_left_out_findings_add_up():
    comment = markdown.render(TOO_LONG["findings"])
    hidden = int(re.search(r"(\d+) findings", comment)[1])
    assert len(re.findall(r"^### \d", comment, re.MULTILINE)) + hidden == 2_000
    assert "### 1 review" in comment


def test_a_value_without_an_escape_is_an_error():
    template = markdown._environment().from_string("{{ value }}")
    with pytest.raises(TypeError):
        template.render(value="<b>")
    with pytest.raises(jinja2.UndefinedError):
        markdown._environment().from_string("{{ value|md }}").render()


def test_long_values_are_shown_as_the_lines_that_differ():
    script = "#!/bin/sh\n" + "".join(f"step {i}\n" for i in range(20))
    one = change(
        "aws_instance.a", attributes=(changed("user_data", script, script.replace("step 7", "```step seven @x")),)
    )
    found = finding("p", Severity.MEDIUM, address="aws_instance.a", evidence=("user_data",), change=0)
    comment = markdown.render(verdict(Decision.REVIEW, "m", changes=(one,), findings=(found,)))
    lines = comment.split("<details><summary>Lines that differ in user_data (-1 +1)</summary>\n\n")[1].splitlines()
    assert lines[:10] == [
        "````diff",
        "@",
        " step 5",
        " step 6",
        "-step 7",
        "+```step seven @\u200bx",
        " step 8",
        " step 9",
        "@",
        "````",
    ]


def test_no_table_can_run_out_of_the_page():
    assert not [t for t in tokens(markdown.render(everything())) if t.type == "table_open"]


def test_lines_to_paste_stand_in_a_block_that_they_cannot_close():
    block = 'moved {\n  from = a.b\n  to   = a.c["```@x"]\n}'
    found = finding("p", Severity.MEDIUM, address="a.b", paste=block)
    comment = markdown.render(verdict(Decision.REVIEW, "m", findings=(found,)))
    assert '\n````hcl\nmoved {\n  from = a.b\n  to   = a.c["```@\u200bx"]\n}\n````\n' in comment

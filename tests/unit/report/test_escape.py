import html
import re

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plangate.report import escape
from plangate.report.escape import code, comment, markdown, prose, terminal, visible, xml
from tests.support.rendering import GITHUB, tokens
from tests.support.verdicts import HOSTILE

ACTIVE = {
    "link_open",
    "image",
    "html_inline",
    "html_block",
    "heading_open",
    "fence",
    "code_block",
    "hr",
    "blockquote_open",
}
ACTIVE |= {"bullet_list_open", "ordered_list_open", "em_open", "strong_open", "s_open", "softbreak", "hardbreak"}
FOUND_IN_TEXT = re.compile(r"@[\w\[]|(?:#|GH-)\d|://|\bwww\.|\b[0-9a-fA-F]{7,40}\b", re.IGNORECASE)
"""What GitHub turns into mentions, references and links after Markdown is done."""

PIECES = ["`", "|", "\\", "@team", "#1", "<b>", "&lt;", "[x](y)", "![", "](", "http://a.example", "www.a.example", "\n"]
PIECES += [
    "**",
    "__",
    "~~",
    "1.",
    "- ",
    "# ",
    "> ",
    "    ",
    "</details>",
    "-->",
    "::set-output::",
    "\u202e",
    "\x1b[31m",
    "é",
]
PIECES += ["<code>", "$", "GH-7", "0123456789abcdef", ":tada:", "==="]
texts = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)


def shown(source):
    """The text that is seen, and the text outside of code."""
    everything = [token for token in tokens(source) if token.type in ("text", "code_inline")]
    return "".join(t.content for t in everything), " ".join(t.content for t in everything if t.type == "text")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_db_instance.a", "aws_db_instance.a"),
        ("größe 測試", "größe 測試"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b31m\x7f\x00", r"\x9b31m\x7f\x00"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("a\u200bb\u200d\ufeff\u00ad", r"a\u200bb\u200d\ufeff\xad"),
        ("a\u2028b\u2029c\u00a0d", r"a\u2028b\u2029c\xa0d"),
        ("\u3164\u2800\ufe0f\U000e0041", r"\u3164\u2800\ufe0f\U000e0041"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text, expected):
    assert visible(text) == expected
    assert terminal(text) == expected


@pytest.mark.parametrize("text", ["##[add-mask]x", "a ##[group]", "##vso[task.setvariable]x"])
def test_a_command_to_a_ci_runner_is_broken(text):
    assert not re.search(r"##\w*\[", terminal(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws_db.a holds data", r"aws\_db.a holds data"),
        ("a | b", "a &#124; b"),
        ("<img src=x>", "&lt;img src=x&gt;"),
        ("[x](y)", r"\[x\](y)"),
        ("&amp;", "&amp;amp;"),
        ("1. first", r"1\. first"),
        ("- a", r"\- a"),
        ("===", r"\==="),
        ("a - b", "a - b"),
        ("@team", "@\u200bteam"),
        ("see #12", "see \\#\u200b12"),
        ("https://a.example", "https:\u200b//a.example"),
        ("at 12:00:00", "at 12:00:00"),
    ],
)
def test_markdown_escapes_what_is_active_and_little_else(text, expected):
    assert markdown(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", "`a.b`"),
        ("", '`""`'),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        (" a", "`  a `"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a@b", "`a@\u200bb`"),
        ("a\nb", r"`a\nb`"),
    ],
)
def test_a_code_span_has_a_fence_that_its_text_does_not_have(text, expected):
    assert code(text) == expected


def test_prose_keeps_its_own_code_and_nothing_else():
    assert prose("run `terraform plan` *now*") == r"run `terraform plan` \*now\*"
    assert prose("one ` only") == r"one \` only"
    assert prose("`a` and `b|c`") == "`a` and <code>b&#124;c</code>"


@pytest.mark.parametrize("escape", [markdown, prose])
@given(text=texts)
def test_escaped_text_is_nothing_but_text(escape, text):
    for source in (f"before {escape(text)} after", escape(text)):
        kinds = {token.type for token in tokens(source)}
        assert not kinds & ACTIVE - {"html_inline"}
        assert all(t.content in ("<code>", "</code>") for t in tokens(source) if t.type == "html_inline")
        assert "html_inline" not in kinds or escape is prose
        assert not FOUND_IN_TEXT.search(shown(source)[1])


@given(text=texts)
def test_escaped_text_shows_every_character(text):
    assert shown(markdown(f"a{text}b"))[0].replace("\u200b", "") == visible(f"a{text}b")


@given(text=texts)
def test_a_code_span_shows_its_text_and_cannot_be_left(text):
    source = f"before {code(text)} after"
    found = [t for t in tokens(source) if t.type not in ("paragraph_open", "paragraph_close", "inline")]
    if "|" in text:
        assert [t.content for t in found if t.type == "html_inline"] == ["<code>", "</code>"]
        assert {t.type for t in found} == {"text", "html_inline"} or {t.type for t in found} == {
            "text",
            "html_inline",
            "text_special",
        }
    else:
        assert [t.type for t in found] == ["text", "code_inline", "text"]
        assert found[1].content.replace("\u200b", "") == (visible(text) or '""')


@given(first=texts, second=texts)
def test_cells_of_a_table_stay_apart(first, second):
    source = f"| a | b |\n|---|---|\n| {markdown(first)} x | {code(second)} |\n| {code(first)} | {prose(second)} y |"
    kinds = [token.type for token in GITHUB.parse(source)]
    assert kinds.count("td_open") == 4
    assert kinds.count("table_open") == 1


@given(text=texts)
def test_a_comment_cannot_be_closed(text):
    assert re.fullmatch(r"[A-Za-z0-9%._~/:-]*", comment(text))
    assert "--" not in comment(text)


COMMAND = re.compile(r"##\w*\[")
"""What a runner of Azure or GitHub obeys anywhere in a line."""


@given(text=texts)
@example(text="##vso[task.setvariable]x ##[add-mask]y ###[z] \x1b \x9b[31m \x7f \x85")
def test_json_decodes_to_the_same_and_holds_no_command_and_no_control_character(text):
    encoded = escape.json(msgspec.json.encode({"k": text}))
    assert msgspec.json.decode(encoded) == {"k": text}
    assert not COMMAND.search(encoded.decode())
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", encoded.decode())


@given(text=texts)
@example(text="##vso[task.setvariable]x ##[add-mask]y ###[z]")
def test_no_escape_leaves_a_command_for_a_runner(text):
    for escaped in (terminal(text), markdown(text), code(text), prose(text), xml(text), xml(f"{text}|")):
        assert not COMMAND.search(escaped)
    assert html.unescape(xml(text)) == visible(text)


def test_hostile_text_is_inert_everywhere():
    assert "\x1b" not in terminal(HOSTILE)
    for source in (markdown(HOSTILE), code(HOSTILE), prose(HOSTILE)):
        kinds = {token.type for token in tokens(source)}
        assert not kinds & ACTIVE - {"html_inline"}
        assert not FOUND_IN_TEXT.search(shown(source)[1])

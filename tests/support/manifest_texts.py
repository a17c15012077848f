"""Manifests in every spelling of YAML, made at random: what Helm and the Kubernetes libraries read is compared with what plangate reads."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

BREAKS = ("\n",) * 12 + ("\r\n", "\r", "\u2028", "\u2029", "\x85")
PLAIN = (
    *(
        "web",
        "ConfigMap",
        "Secret",
        "v1",
        "apps/v1",
        "a b",
        "café",
        "x:y",
        "a#b",
        "-a",
        "?a",
        "=",
        "<<",
        "a\u00a0b",
        "ü\U0001f600",
    ),
    *("on", "Off", "y", "N", "yes", "NO", "true", "False", "TRUE", "tRue", "~", "null", "Null", "nULL", ""),
    *(
        "0",
        "1",
        "-7",
        "+7",
        "010",
        "08",
        "0o17",
        "0O17",
        "0x1F",
        "0b101",
        "-0b11",
        "0b-1",
        "0b+1",
        "1_000",
        "_1",
        "1__0",
        "0x",
        "0_7",
    ),
    *(
        "1.5",
        "1.",
        ".5",
        "-.5",
        ".",
        "1e3",
        "1E-7",
        "1e21",
        "1e400",
        "1e-400",
        "6.02e+23",
        "0.1000000000000000055",
        "1.0",
        "-0.0",
        "-0",
    ),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
    ),
    *(
        "18446744073709551616",
        "99999999999999999999",
        "0xffffffffffffffff",
        "+9223372036854775808",
        "0777777777777777777777777",
    ),
    *(
        "12:30",
        "1:2:3",
        "2026-01-31",
        "2026-01-31T10:00:00Z",
        ".inf",
        "-.INF",
        ".NaN",
        "1,000",
        "0.0.1",
        "1e",
        "e1",
        "+",
        "-",
        "..",
        "0.1e1",
    ),
)
KEYS = (
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "data",
    "items",
    "spec",
    "a",
    "b",
    "1",
    "on",
    "1.5",
    "010",
    "k v",
    "~",
    "1e6",
    "0.0001",
)
TAGS = (
    "!!str",
    "!!int",
    "!!float",
    "!!bool",
    "!!null",
    "!!binary",
    "!!map",
    "!!seq",
    "!",
    "!own",
    "!<tag:yaml.org,2002:str>",
    "!!set",
    "!!merge",
)
SOUP = (
    *(
        "kind",
        ": ",
        ":",
        " ",
        "  ",
        "\n",
        "\n  ",
        "\n- ",
        "? ",
        "&a ",
        "*a",
        "!!binary ",
        "U2VjcmV0",
        "!!str ",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
    ),
    *(
        ", ",
        "'",
        '"',
        "|\n",
        ">-\n",
        "|+\n",
        "|2\n",
        "# c",
        " # c",
        "\r",
        "\u2028",
        "\x85",
        "\t",
        "on",
        "010",
        "---",
        "\n---\n",
        "\n...\n",
    ),
    *(
        "%YAML 1.1\n",
        "%TAG ! tag:yaml.org,2002:\n",
        "\\",
        "\\n",
        "\\u0041",
        "\ufeff",
        "\x07",
        "@",
        "`",
        "Secret",
        "a",
        "items",
        "-",
        "\n--- x",
    ),
)


def text(random: Random) -> str:
    """The text of a manifest: documents one behind the other."""
    made = "".join(_document(random) + _separator(random) for _ in range(random.choice((0, 0, 0, 0, 1, 2))))
    made += _document(random)
    if random.random() < 0.3:
        made = (
            random.choice(
                ("---\n", "--- # c\n", "\n", "---\n# Source: chart/templates/one.yaml\n", "\r\n", "# c\u2028")
            )
            + made
        )
    return made.rstrip("\n") + "\n"


def _separator(random: Random) -> str:
    usual = ("\n---\n",) * 8
    return random.choice(
        (
            *usual,
            "\n--- \n",
            "\n--- # c\n",
            "\n---\n---\n",
            "\r\n---\r\n",
            "\u2028---\u2028",
            "\r---\r",
            "\n...\n",
            "\n---x\n",
            "\n",
        )
    )


def _document(random: Random) -> str:
    kinds: tuple[tuple[int, Callable[[Random], str]], ...] = (
        (30, _object),
        (2, _json),
        (2, _json_stream),
        (2, _list),
        (1, _comment),
        (1, lambda r: "".join(r.choice(SOUP) for _ in range(r.randint(1, 12)))),
        (2, lambda r: _damaged(r, _object(r))),
        (1, lambda r: r.choice(("", "null", "~", "{}", "[]", "1", "text", "''", "a: 1", "kind: ''", "kind: 1", "---"))),
    )
    return random.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0](random)


def _comment(random: Random) -> str:
    hidden = random.choice(("", "", "kind: ConfigMap"))
    return f"# {random.choice(PLAIN)}{random.choice(BREAKS)}{hidden}"


def _damaged(random: Random, made: str) -> str:
    """A text in which a piece was put in, taken out, or put elsewhere."""
    at = random.randint(0, len(made))
    cut = made[at : at + random.randint(0, 4)]
    return made[:at] + random.choice((random.choice(SOUP), "", cut + cut)) + made[at + len(cut) :]


def _object(random: Random) -> str:
    entries = [
        (_key(random, "apiVersion"), _spelled(random, "v1", 0.2)),
        (
            _key(random, "kind"),
            _spelled(random, random.choice(("ConfigMap", "Secret", "Deployment", "ConfigMapList")), 0.3),
        ),
        (_key(random, "metadata"), f"{{name: {_spelled(random, random.choice(('web', 'db')), 0.2)}}}"),
    ]
    entries += [(_key(random, random.choice(KEYS)), _value(random, 2, "  ")) for _ in range(random.randint(0, 3))]
    if random.random() < 0.15:
        random.shuffle(entries)
    head = random.choice(("", "", "", "", "# c\n", "# c\u2028", "!!map\n", "&top\n"))
    indent = random.choice(("", "", "", "", "  "))
    if random.random() < 0.1:
        return head + "{" + ", ".join(f"{key}: {value}" for key, value in entries if "\n" not in value) + "}"
    return head + "".join(
        f"{indent}{key}: {value}{_end(random)}"
        if not key.startswith("? ")
        else f"{indent}{key}\n{indent}: {value}{_end(random)}"
        for key, value in entries
    )


def _end(random: Random) -> str:
    return random.choice(("", "", "", "", " # c")) + random.choice(BREAKS)


def _key(random: Random, key: str) -> str:
    roll = random.random()
    if roll < 0.75:
        return key
    if roll < 0.8:
        return "<<"
    return random.choice(
        (f'"{key}"', f"'{key}'", f"? {key}", f"!!str {key}", f"&k {key}", _escaped(random, key), f"{key} ")
    )


def _escaped(random: Random, word: str) -> str:
    """A word in double quotes, some of it in escapes."""
    ways: tuple[Callable[[str], str], ...] = (
        lambda c: f"\\x{ord(c):02x}" if ord(c) < 256 else c,
        lambda c: f"\\u{ord(c):04x}" if ord(c) < 65536 else c,
        lambda c: c,
        lambda c: c,
    )
    return '"' + "".join(random.choice(ways)(c) for c in word if c not in '"\\') + '"'


def _spelled(random: Random, word: str, strange: float) -> str:
    """A word as a scalar, with this chance in another way than plainly."""
    if random.random() >= strange:
        return word
    binary = base64.b64encode(word.encode()).decode()
    folded = f'"{word[:2]}\\\n    {word[2:]}"'
    return random.choice(
        (f'"{word}"', f"'{word}'", f"!!str {word}", f"!!binary {binary}", _escaped(random, word), f"|-\n    {word}", f">-\n    {word}",
         f"&w {word}", f"! {word}", f"!own {word}", folded, f"\n    {word}", f"{word} # c", f"!!binary |\n    {binary}", f"'{word[:2]}\n    {word[2:]}'")
    )  # fmt: skip


def _scalar(random: Random) -> str:
    word = random.choice(PLAIN)
    roll = random.random()
    if roll < 0.6:
        return word
    if roll < 0.75:
        return f"{random.choice(TAGS)} {word}"
    return _spelled(random, word, 0.8)


def _value(random: Random, depth: int, indent: str) -> str:
    roll = random.random()
    if depth == 0 or roll < 0.5:
        anchor = random.choice(("", "", "", "&a ", "&b "))
        return anchor + _scalar(random)
    below = [_value(random, depth - 1, indent + "  ") for _ in range(random.randint(0, 3))]
    anchor = random.choice(("", "", "&a ", "&b "))
    flow = [one for one in below if "\n" not in one and "\r" not in one]
    if roll < 0.58:
        return random.choice(("*a", "*b", "*a ", "*k"))
    if roll < 0.66:
        return (
            anchor
            + "["
            + ", ".join(flow)
            + random.choice(("", "", ",", ", k: v", ", a:", ", 'k':v", ", ? k", ":", ", a?b", ", [a? ]"))
            + "]"
        )
    if roll < 0.76:
        return (
            anchor
            + "{"
            + ", ".join(f"{_key(random, random.choice(KEYS))}: {one}" for one in flow)
            + random.choice(("", "", ",", ", k:v", ", 'k':v", ", k:", ",", ", ? k", ":", ", a?b", ", [a? ]"))
            + "}"
        )
    if roll < 0.84:
        return anchor + "".join(f"\n{indent}- {one}" for one in below)
    if roll < 0.9:
        style = random.choice(("|", ">", "|-", ">-", "|+", "|2", ">1"))
        lines = random.choice(BREAKS).join(
            f"{indent}{random.choice(('text', '# no comment', ' more', 'a: 1', '%YAML 1.1', '--- x', ''))}"
            for _ in range(3)
        )
        return f"{style}\n{lines}\n{indent}end"
    return anchor + "".join(f"\n{indent}{_key(random, random.choice(KEYS))}: {one}" for one in below)


def _list(random: Random) -> str:
    kind = random.choice(("List", "ConfigMapList", "ConfigMap", "ClusterRole", "SecretList"))
    items = random.choice(
        ("null", "[]", "{}", "text", "[null]", "[1]", "[{kind: Secret, apiVersion: v1}]", "[{metadata: {name: web}}]",
         "\n- {kind: ConfigMap, metadata: {name: web}}\n- {apiVersion: v1, kind: List, items: [{kind: Secret}, {a: 1}]}",
         "\n- kind: Secret\n  metadata: {name: db}", "[{kind: List, items: null}]", "[{kind: List, items: []}]", "[[{kind: Secret}]]")
    )  # fmt: skip
    return f"apiVersion: v1\nkind: {kind}\n{_key(random, 'items')}: {items}\n"


def _json_value(random: Random) -> object:
    return random.choice(
        ({"kind": "ConfigMap", "metadata": {"name": "web"}}, {"kind": "Secret", "apiVersion": "v1", "data": {"a": "bm90cmVhbA=="}},
         {"kind": "List", "items": [{"kind": "Secret"}]}, {"kind": "ConfigMap", "n": [1, -1.5, 1e30, 10**18, True, None, 'a\u2028b\n"\\']},
         {"kind": ""}, {}, [], 1, "text", None, {"items": []}, {"kind": "ConfigMap", "kind ": "Secret"})
    )  # fmt: skip


def _json(random: Random) -> str:
    return json.dumps(_json_value(random), ensure_ascii=random.random() < 0.5, indent=random.choice((None, None, 2)))


def _json_stream(random: Random) -> str:
    between = random.choice(("", "\n", " ", "\n\n", "\n# c\n", ",", "\r\n", "\u00a0", " x", "\n---\n", "\n--- \n"))
    return between.join(_json(random) for _ in range(random.randint(1, 3)))

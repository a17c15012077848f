"""Text inside texts: found however it is encoded, and never unpacked to much more than it is."""

from __future__ import annotations

import base64
import gzip
import random
import string
import textwrap
import time

import pytest

from plangate.ingest.redact import encoded
from plangate.ingest.redact.redactor import Redactor

SECRET = "Zq7-inv-K4x9"
SCRIPT = f"#!/bin/bash\nexport DB_PASSWORD={SECRET}\n/opt/start --with everything --in place\n"
PLAIN = "#!/bin/bash\nset -euo pipefail\nsystemctl restart app\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


SPELLINGS = {
    "base64": lambda text: b64(text.encode()),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "wrapped": lambda text: "\n".join(textwrap.wrap(b64(text.encode()), 76)) + "\n",
    "wrapped in YAML": lambda text: "content: |\n    " + "\n    ".join(textwrap.wrap(b64(text.encode()), 60)),
    "in a script": lambda text: f"echo {b64(text.encode())} | base64 -d > /etc/app.env",
    "behind an escape": lambda text: f"a\\n{b64(text.encode())}",
    "of UTF-16": lambda text: f"powershell.exe -EncodedCommand {b64(text.encode('utf-16-le'))}",
    "of UTF-16 with a mark": lambda text: b64(text.encode("utf-16")),
    "of gzip": lambda text: b64(gzip.compress(text.encode())),
    "of base64": lambda text: b64(b64(text.encode()).encode()),
    "hexadecimal": lambda text: f"xxd -r -p <<< {text.encode().hex()}",
    "MIME": lambda text: (
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        f"Content-Transfer-Encoding: base64\n\n{chr(10).join(textwrap.wrap(b64(text.encode()), 76))}\n--x--\n"
    ),
    "quoted-printable": lambda text: "Content-Transfer-Encoding: Quoted-Printable\n\n" + text.replace("=", "=3D"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_in_an_encoded_script_is_hidden_there_and_elsewhere(spelling: str) -> None:
    redactor = Redactor()
    value = {"user_data": SPELLINGS[spelling](SCRIPT)}
    redactor.learn(value, False, "")
    redactor.freeze()
    assert repr(redactor.mask(value["user_data"], path=("user_data",))) in (
        "(sensitive)",
        "Embedded(yaml, {'content': (sensitive)})",
    )
    assert redactor.text(f"job {SECRET}") == "job (sensitive)"


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_encoded_script_without_a_secret_is_shown(spelling: str) -> None:
    redactor = Redactor()
    value = SPELLINGS[spelling](PLAIN)
    redactor.learn({"user_data": value}, False, "")
    redactor.freeze()
    assert redactor.text(value) == value
    assert redactor.mask(value, path=("user_data",)) != "(sensitive)"
    assert "(sensitive)" not in repr(redactor.mask(value, path=("user_data",)))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_known_secret_is_found_inside(spelling: str) -> None:
    redactor = Redactor()
    redactor.learn({"x": SECRET}, {"x": True}, "")
    redactor.freeze()
    value = SPELLINGS[spelling](PLAIN + f"# {SECRET} is here, and some more words of no interest\n")
    assert "(sensitive)" in repr(redactor.mask(value, path=("user_data",)))


def test_what_cannot_be_looked_into_is_hidden() -> None:
    packed = b64(gzip.compress(b"\0" * 1_000_000))
    assert [run.text for run in encoded.runs(packed)] == [None]
    redactor = Redactor()
    redactor.freeze()
    assert repr(redactor.mask(packed, path=("user_data",))) == "(sensitive)"


def test_much_gzip_takes_no_long_time() -> None:
    packed = [b64(gzip.compress(bytes([65 + i % 26]) * (1_000_000 + i))) for i in range(600)]
    start = time.process_time()
    redactor = Redactor()
    redactor.learn({"x": packed}, False, "")
    redactor.freeze()
    redactor.mask(packed, path=("x",))
    assert time.process_time() - start < 10


def test_what_may_be_found_in_a_text_may_be_found_in_many() -> None:
    rand = random.Random(1)
    for make in SPELLINGS.values():
        text = make(SCRIPT)
        noise = "".join(rand.choices(string.printable, k=200))
        assert encoded.may_be_in(f"{noise}\0{text}\0{noise}")


@pytest.mark.parametrize(
    "text", ["arn:aws:iam::111122223333:role/orders", "my-production-cluster-role-of-orders", "m6i.large", "a" * 64, ""]
)
def test_names_hold_nothing(text: str) -> None:
    assert list(encoded.runs(text)) == []

"""The classes of resource types, from YAML to the lines that a review reads."""

from pathlib import Path

import pytest

from plangate.errors import PolicyLoadError
from plangate.policy import type_index


def written(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "knowledge" / "types"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return tmp_path


def test_patterns_stand_before_names(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        any='data:\n  critical:\n    "*_database": its data goes\n',
        acme='serves:\n  medium:\n    acme_web: requests fail\nlocal:\n  none:\n    acme_*: ""\n',
    )
    assert type_index.build(folder).decode().splitlines() == [
        "*_database\tdata\tcritical\tits data goes",
        "acme_*\tlocal\tnone\t",
        "acme_web\tserves\tmedium\trequests fail",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date:\n  critical:\n    acme_web: x\n", "acme.yaml: 1:1: date is no class"),
        ("data:\n  dire:\n    acme_web: x\n", "acme.yaml: 2:3: dire is no consequence"),
        ("data:\n  high:\n    acme_web: x\n    acme_web: y\n", "acme.yaml: 4:5: acme_web has a class already"),
        (
            "data:\n  high:\n    acme_web: x\n  medium:\n    acme_web: x\n",
            "acme.yaml: 5:5: acme_web has a class already",
        ),
        ("data:\n  high:\n    other_web: x\n", "acme.yaml: 3:5: other_web belongs to another provider"),
        ('data:\n  high:\n    acme_web: "x\\ty"\n', "acme.yaml: 3:15: what goes is one line of text"),
        ("data:\n  high: [acme_web]\n", "acme.yaml: 2:9: is no mapping"),
        ("", "acme.yaml: 1:1: is no mapping"),
    ],
)
def test_a_wrong_file_is_refused_at_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(PolicyLoadError) as raised:
        type_index.build(written(tmp_path, acme=text))
    assert says in str(raised.value)

import pytest

from plangate.ingest.helm.splitting import split
from plangate.ingest.helm.truncation import looks_truncated

MAP = "---\n# Source: web/templates/map.yaml\nkind: ConfigMap\ndata:\n  a: x\n\n  b: y\n"
CUT = "---\n# Source: web/templates/map.yaml\nkind: ConfigMap\ndata:\n  a: x\n"
SERVICE = "---\n# Source: web/templates/service.yaml\nkind: Service\n"
INGRESS = "---\n# Source: web/templates/ingress.yaml\nkind: Ingress\n"


@pytest.mark.parametrize(
    ("new", "old", "doubt", "expected"),
    [
        (CUT, MAP + SERVICE, "", False),
        (CUT, MAP + SERVICE, "within", True),
        (CUT, MAP, "within", True),
        (CUT, MAP, "anywhere", False),
        (CUT, MAP + SERVICE, "anywhere", True),
        (MAP, MAP + SERVICE, "within", False),
        (MAP, MAP + SERVICE, "between", True),
        (MAP + SERVICE, MAP + SERVICE, "between", False),
        (MAP + INGRESS, MAP + SERVICE, "within", True),
        (MAP + INGRESS, MAP, "within", False),
        ("", MAP, "within", False),
    ],
)
def test_the_old_side_tells_whether_the_new_one_was_cut(new, old, doubt, expected):
    assert looks_truncated(split(new)[0], split(old)[0], doubt) is expected


A = "---\n# Source: web/templates/a.yaml\nkind: ConfigMap\nmetadata:\n  name: a\n"
B = "---\n# Source: web/templates/b.yaml\nkind: ConfigMap\nmetadata:\n  name: b\n"
C = "---\n# Source: web/templates/c.yaml\nkind: Service\nmetadata:\n  name: c\n"


@pytest.mark.parametrize(
    ("new", "breaks", "before", "expected"),
    [
        (f"{A}\n{B}\n", 2, f"{A}\n{B}\n", False),
        (f"{A}\n{B}\n", 2, f"{A}\n{B}\n\n", True),
        (f"{A}\n{B}\n", 2, f"{A}\n{B}{C}\n", True),
        (f"{A}\n{B}\n", 2, f"{C}\n{A}\n{B}\n", False),
        (f"{A}\n{B}\n\n", 3, f"{A}\n\n\n{B}\n\n", False),
        (f"{A}\n{B}\n", 2, f"{A}{B}\n", False),
        (f"{A}\n{C}\n", 2, f"{A}\n\n", True),
        (f"{A}\n{C}\n", 2, f"{A}\n", False),
        (f"{A}\n{B}\n", 2, "", False),
    ],
    ids=[
        "its template has no last line break",
        "its template has one",
        "what stood behind it is gone",
        "what stood in front of it is gone",
        "others have more",
        "released with Helm 3",
        "new, where every template has one",
        "new, where one has none",
        "nothing given",
    ],
)
def test_the_line_breaks_of_the_old_side_tell_the_end_from_a_gap(new, breaks, before, expected):
    assert looks_truncated(split(new)[0], split(before)[0], "between", breaks=breaks, before=before) is expected

import pytest

from plangate.ingest.ending import early
from plangate.ingest.manifests import split

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
    assert early(split(new)[0], split(old)[0], doubt) is expected

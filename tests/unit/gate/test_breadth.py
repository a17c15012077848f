"""Which addresses of waivers fit nearly everything, and which name something."""

import pytest

from plangate.gate.breadth import is_too_broad

BROAD = """
* ** ?* ??* *.* *[*] */*/* *.*[?] *["*"] *_* *a* a* *x *s*.* *.*_* aws_* aws_?*.* *.main *.this data.* module.* module.*.*
*.module.* module.d* *["a"] *.aws_* module.*.aws_* */*/prod/* core/* core/*/*/* */default/* */*/*/*a* */-/*
"""
NAMING = r"""
aws_db_instance.main aws_db_instance.* module.sandbox.* module.db* *.aws_db_instance.* aws_db_*.main *.orders aws_x_y.z[*]
module.db["a"].aws_db_instance.main[?] module.*.aws_db_instance.replica aws_s3_bucket.logs-* aws_x_y.z["a\*"]
apps/Deployment/prod/* */Secret/*/* */web core/ConfigMap/-/web-*
"""


@pytest.mark.parametrize("address", BROAD.split())
def test_an_address_that_names_nothing_is_too_broad(address):
    assert is_too_broad(address)


@pytest.mark.parametrize("address", NAMING.split())
def test_an_address_that_names_something_is_not(address):
    assert not is_too_broad(address)

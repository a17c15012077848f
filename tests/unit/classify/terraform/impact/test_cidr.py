import pytest

from plangate.classify.terraform.impact import cidr


@pytest.mark.parametrize(
    ("source", "world"),
    [
        ("0.0.0.0/0", True),
        ("0/0", True),
        (" 000.000.000.000/1 ", True),
        ("0x0.0.0.0/0", True),
        ("128.0.0.0/4", True),
        ("10.0.0.0/8", False),
        ("::/0", True),
        ("2000::/3", True),
        ("::ffff:0:0/96", True),
        ("::ffff:0.0.0.0/97", True),
        ("::ffff:128.0.0.0/100", True),
        ("::ffff:10.0.0.0/104", False),
        ("fe80::/64", False),
        ("2001:db8::/32", False),
        ("projects/p/global/networks/0", False),
        ("sg-0123/1", False),
        ("*", True),
    ],
)
def test_everybody_is_known_however_the_range_is_spelled(source, world):
    assert cidr.is_world(source) is world

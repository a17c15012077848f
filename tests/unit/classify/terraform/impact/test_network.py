import pytest

from plangate.classify.terraform.impact.cidr import is_world
from plangate.classify.terraform.impact.ports import ALL, Range, ranges
from plangate.model.values import UNKNOWN
from tests.support.plan_changes import change, effects, plan, said

WORLD = ["0.0.0.0/0"]


def sg(*rules):
    return {"ingress": [{"protocol": "tcp", "cidr_blocks": [], "ipv6_cidr_blocks": []} | rule for rule in rules]}


def port(low, high=None, sources=WORLD):
    return {"from_port": low, "to_port": low if high is None else high, "cidr_blocks": sources}


def nsg_rule(**fields):
    return {
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "source_address_prefix": "*",
        "destination_port_range": "22",
    } | fields


OPENED = {
    "SSH for everybody": (
        ("aws_security_group", None, sg(port(22))),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "a database and an admin port": (
        ("aws_security_group", None, sg(port(5432), port(3389), port(6379))),
        [
            ("exposes:data-port", "opens ports 5432 (PostgreSQL) and 6379 (Redis) to everybody"),
            ("exposes:admin-port", "opens port 3389 (RDP) to everybody"),
        ],
    ),
    "everybody of IPv6": (
        ("aws_security_group", None, sg(port(22, sources=[]) | {"ipv6_cidr_blocks": ["::/0"]})),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "web ports are meant for everybody": (("aws_security_group", None, sg(port(80), port(443))), []),
    "one network": (("aws_security_group", None, sg(port(22, sources=["10.0.0.0/8"]))), []),
    "all protocols": (
        ("aws_security_group", None, sg(port(0) | {"protocol": "-1"})),
        [("exposes:all-ports", "opens all ports to everybody")],
    ),
    "ping": (
        ("aws_security_group", None, sg({"from_port": -1, "to_port": -1, "cidr_blocks": WORLD, "protocol": "icmp"})),
        [],
    ),
    "another port": (
        ("aws_security_group", None, sg(port(8080))),
        [("exposes:world-port", "opens port 8080 to everybody")],
    ),
    "no rules of its own yet": (("aws_security_group", None, {"ingress": UNKNOWN}), []),
    "a source that is not known yet": (
        ("aws_security_group", None, sg(port(22, sources=[UNKNOWN]))),
        [
            (
                "?exposes:admin-port",
                "opens port 22 (SSH) to sources that cannot be seen; ingress is known only after the apply",
            )
        ],
    ),
    "what was open before is an old sin": (("aws_security_group", sg(port(22)), sg(port(22), port(443))), []),
    "a wider range than before": (
        ("aws_security_group", sg(port(22)), sg(port(20, 25))),
        [("exposes:admin-port", "opens ports 20 to 25 (FTP, SSH, Telnet) to everybody")],
    ),
    "a narrower range than before": (("aws_security_group", sg(port(20, 25)), sg(port(22))), []),
    "egress": (
        (
            "aws_security_group_rule",
            None,
            {"type": "egress", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": WORLD},
        ),
        [],
    ),
    "a rule of its own": (
        (
            "aws_security_group_rule",
            None,
            {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": WORLD},
        ),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "a rule of the newer kind": (
        ("aws_vpc_security_group_ingress_rule", None, {"cidr_ipv4": "0.0.0.0/0", "ip_protocol": "-1"}),
        [("exposes:all-ports", "opens all ports to everybody")],
    ),
    "half of the world": (
        ("aws_security_group", None, sg(port(22, sources=["0.0.0.0/1", "128.0.0.0/1"]))),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "an access list": (
        (
            "aws_network_acl_rule",
            None,
            {
                "egress": False,
                "rule_action": "allow",
                "protocol": "6",
                "cidr_block": "0.0.0.0/0",
                "from_port": 22,
                "to_port": 22,
            },
        ),
        [("exposes:network-acl", "opens port 22 (SSH) to everybody")],
    ),
    "Azure by star": (
        ("azurerm_network_security_rule", None, nsg_rule()),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "Azure by name, with lists": (
        (
            "azurerm_network_security_rule",
            None,
            nsg_rule(
                source_address_prefix="",
                source_address_prefixes=["Internet"],
                destination_port_range="",
                destination_port_ranges=["3306", "443"],
            ),
        ),
        [("exposes:data-port", "opens port 3306 (MySQL) to everybody")],
    ),
    "Azure denies": (("azurerm_network_security_rule", None, nsg_rule(access="Deny")), []),
    "Azure, out": (("azurerm_network_security_rule", None, nsg_rule(direction="Outbound")), []),
    "Azure, a gateway's health ports": (
        ("azurerm_network_security_rule", None, nsg_rule(destination_port_range="65200-65535")),
        [],
    ),
    "Azure inside a group": (
        ("azurerm_network_security_group", None, {"security_rule": [nsg_rule(destination_port_range="*")]}),
        [("exposes:all-ports", "opens all ports to everybody")],
    ),
    "Google without any source": (
        ("google_compute_firewall", None, {"allow": [{"protocol": "tcp", "ports": ["22"]}]}),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "Google by tags": (
        (
            "google_compute_firewall",
            None,
            {"allow": [{"protocol": "tcp", "ports": ["22"]}], "source_tags": ["web"], "source_ranges": UNKNOWN},
        ),
        [],
    ),
    "Google, each protocol has ports of its own": (
        (
            "google_compute_firewall",
            None,
            {
                "source_ranges": WORLD,
                "allow": [{"protocol": "icmp"}, {"protocol": "tcp", "ports": ["80", "9200-9300"]}],
            },
        ),
        [("exposes:data-port", "opens ports 9200 to 9300 (Elasticsearch) to everybody")],
    ),
    "Google, out": (
        (
            "google_compute_firewall",
            None,
            {"direction": "EGRESS", "source_ranges": WORLD, "allow": [{"protocol": "all"}]},
        ),
        [],
    ),
    "Google denies": (("google_compute_firewall", None, {"source_ranges": WORLD, "deny": [{"protocol": "all"}]}), []),
    "Hetzner": (
        (
            "hcloud_firewall",
            None,
            {"rule": [{"direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0", "::/0"]}]},
        ),
        [("exposes:admin-port", "opens port 22 (SSH) to everybody")],
    ),
    "DigitalOcean": (
        (
            "digitalocean_firewall",
            None,
            {"inbound_rule": [{"protocol": "tcp", "port_range": "1-65535", "source_addresses": ["::/0"]}]},
        ),
        [("exposes:all-ports", "opens all ports to everybody")],
    ),
    "Alibaba": (
        (
            "alicloud_security_group_rule",
            None,
            {"type": "ingress", "ip_protocol": "tcp", "port_range": "3306/3306", "cidr_ip": "0.0.0.0/0"},
        ),
        [("exposes:data-port", "opens port 3306 (MySQL) to everybody")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), OPENED.values(), ids=OPENED)
def test_opened(given, expected):
    assert effects(*given) == expected


def test_the_same_rule_under_another_address_opens_nothing():
    rule = {"type": "ingress", "protocol": "tcp", "from_port": 22, "to_port": 22, "cidr_blocks": WORLD}
    _, new = plan(
        change("aws_security_group_rule", rule, address="aws_security_group_rule.a"),
        change("aws_security_group_rule", None, rule, address="aws_security_group_rule.b"),
    )
    assert said(new) == []


@pytest.mark.parametrize(
    "source", ["0.0.0.0/0", "::/0", "*", "Internet", "any", "0.0.0.0/1", "128.0.0.0/1", "2000::/3", "0::/0"]
)
def test_everybody(source):
    assert is_world(source)


@pytest.mark.parametrize(
    "source", ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8", "sg-123", "VirtualNetwork", "", "/", "1.2.3.4", "x/0"]
)
def test_somebody(source):
    assert not is_world(source)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22", [Range(22, 22)]),
        ("80-90, 443", [Range(80, 90), Range(443, 443)]),
        ("1/65535", [Range(1, 65535)]),
        ("*", [ALL]),
        ("-1/-1", [ALL]),
        ("ssh", [ALL]),
        ("0", [ALL]),
    ],
)
def test_port_ranges(text, expected):
    assert list(ranges(text)) == expected

"""Makes the plan of a large estate: mostly unchanged, every section that a real plan copies its values to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

UNCHANGED, CREATED, UPDATED, DESTROYED, REPLACED = "unchanged", "created", "updated", "destroyed", "replaced"
PATTERN = [UNCHANGED] * 70 + [CREATED] * 10 + [UPDATED] * 12 + [DESTROYED] * 4 + [REPLACED] * 4
"""What happens to each of a hundred resources: three in ten change."""

ACTIONS = {
    UNCHANGED: ["no-op"],
    CREATED: ["create"],
    UPDATED: ["update"],
    DESTROYED: ["delete"],
    REPLACED: ["delete", "create"],
}
TYPES = (
    "aws_instance",
    "aws_db_instance",
    "aws_security_group",
    "aws_iam_role",
    "aws_lambda_function",
    "aws_s3_bucket",
)
PROVIDER = "registry.terraform.io/hashicorp/aws"


def write(resources: int, path: Path) -> None:
    """Write a plan of so many resources, about 5 KB each in all."""
    changes, planned, prior = [], [], []
    for address, type_, fate, before, after in _resources(resources):
        resource = {"address": address, "mode": "managed", "type": type_, "name": "this", "provider_name": PROVIDER}
        change: dict[str, Any] = {
            "actions": ACTIONS[fate],
            "before": before,
            "after": after,
            "after_unknown": {"id": True, "arn": True} if fate == CREATED else {},
            "before_sensitive": {} if before else False,
            "after_sensitive": {} if after else False,
        }
        if fate == REPLACED:
            change["replace_paths"] = [["image"]]
        changes.append({**resource, "change": change})
        planned += [{**resource, "schema_version": 1, "values": after, "sensitive_values": {}}] if after else []
        prior += [{**resource, "schema_version": 1, "values": before, "sensitive_values": {}}] if before else []
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": "1.11.4",
            "values": {"root_module": {"resources": prior}},
        },
        "configuration": {"provider_config": {"aws": {"name": "aws", "full_name": PROVIDER}}, "root_module": {}},
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }
    path.write_text(json.dumps(plan, separators=(",", ":")))


def _resources(count: int) -> Iterator[tuple[str, str, str, dict[str, Any] | None, dict[str, Any] | None]]:
    for number in range(count):
        fate = PATTERN[number * 37 % 100]
        type_ = TYPES[number % len(TYPES)]
        before = None if fate == CREATED else _values(number, 1)
        after = None if fate == DESTROYED else _values(number, 1 if fate == UNCHANGED else 2)
        yield f'module.team["{number % 60}"].{type_}.this[{number}]', type_, fate, before, after


def _values(number: int, version: int) -> dict[str, Any]:
    return {
        "id": f"id-{number:017x}",
        "arn": f"arn:aws:service:eu-central-1:000000000000:thing/id-{number:017x}",
        "name": f"thing-{number}",
        "image": f"image-{version:08d}",
        "instance_type": "m7i.large",
        "monitoring": True,
        "tags": {f"tag-{i}": f"team {number % 60} cost centre {i * 7:04d} managed" for i in range(12)},
        "user_data": "#!/bin/sh\n" + "systemctl enable --now agent.service\n" * 6,
        "subnet_id": f"subnet-{number % 97:08x}",
        "security_group_ids": [f"sg-{i:017x}" for i in range(6)],
        "volumes": [{"size": 100 * version, "type": "gp3", "encrypted": True, "iops": 3000 + i} for i in range(2)],
        "metadata_options": [{"http_tokens": "required", "http_endpoint": "enabled"}],
        "policy": json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": f"s3:Get{version}"}]}
        ),
    }

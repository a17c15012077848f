"""The flags for evidence and state, shared by the commands that take them."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plangate.model.input import EvidenceSources, StateSource

if TYPE_CHECKING:
    from collections.abc import Callable

_RELEASE = {
    "manifest": ("--manifest", "`helm get manifest` of the newest deployed revision: the old side."),
    "hooks": ("--hooks", "`helm get hooks` of the same revision."),
    "values": ("--live-values", "`helm get values -o json`."),
    "history": ("--history", "`helm history -o json`."),
    "metadata": ("--metadata", "`helm get metadata -o json`."),
    "live_objects": ("--live-objects", "`kubectl get ... -o json --show-managed-fields`."),
}
"""The flag for each kind of evidence about one release."""


def of_release(*kinds: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Flags for these kinds, or for all; the command takes `evidence`, a `plangate.model.input.EvidenceSources`."""
    wanted = kinds or tuple(_RELEASE)

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def gathered(*, evidence_folder: Path | None, live: bool, **given: Any) -> int:
            files = {kind: given.pop(f"evidence_{kind}") for kind in wanted}
            return command(evidence=EvidenceSources(folder=evidence_folder, live=live, **files), **given)

        for kind in reversed(wanted):
            flag, text = _RELEASE[kind]
            gathered = click.option(flag, f"evidence_{kind}", metavar="FILE", help=text)(gathered)
        gathered = click.option(
            "--live", is_flag=True, help="Ask helm, kubectl and S3 now for what neither a flag nor the folder gives."
        )(gathered)
        return click.option(
            "--evidence",
            "evidence_folder",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="DIR",
            help="What is known of Helm releases: DIR/NAMESPACE/RELEASE/{manifest.yaml,hooks.yaml,values.json,...}.",
        )(gathered)

    return decorate


def of_state(command: Callable[..., int]) -> Callable[..., int]:
    """Flags for the Terraform state; the command takes `state`, a `plangate.model.input.StateSource`, and `tf_dir`."""

    @functools.wraps(command)
    def gathered(
        *,
        state_location: str | None,
        backend_config: tuple[str, ...],
        role_arn: str | None,
        tf_dir: Path,
        **given: Any,
    ) -> int:
        evidence = given.get("evidence")
        state = StateSource(
            location=state_location,
            backend_config=backend_config,
            role_arn=role_arn,
            tf_dir=tf_dir,
            live=evidence is not None and evidence.live,
        )
        return command(state=state, tf_dir=tf_dir, **given)

    for option in (
        click.option("--role-arn", metavar="ARN", help="The role to read the state with."),
        click.option(
            "--backend-config",
            multiple=True,
            metavar="FILE",
            help="Where the state is, as `terraform init -backend-config` takes it. Repeatable.",
        ),
        click.option(
            "--state",
            "state_location",
            metavar="FILE|s3://BUCKET/KEY",
            help="The Terraform state as it is now: the recorded side.",
        ),
    ):
        gathered = option(gathered)
    return gathered

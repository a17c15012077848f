"""The flags for configuration, waivers and the trusted ref."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def options(command: Callable[..., int]) -> Callable[..., int]:
    """--config, --waivers and --policy-ref; the command takes `config`, `waiver_files` and `policy_ref`."""
    waivers = click.option("--waivers", "waiver_files", multiple=True, metavar="FILE", help="Waivers. Repeatable.")
    return of_configuration(waivers(command))


def of_configuration(command: Callable[..., int]) -> Callable[..., int]:
    """--config and --policy-ref; the command takes `config` and `policy_ref`."""
    for option in (
        click.option(
            "--policy-ref",
            metavar="REF",
            help="Read policies, waivers and configuration from this git ref, such as origin/main; "
            "what is checked out may only tighten them.",
        ),
        click.option(
            "--config", metavar="FILE", help="The configuration.  [default: the .plangate.yaml nearest upwards]"
        ),
    ):
        command = option(command)
    return command

"""The `plangate` command: finds the subcommand, catches every error, and returns the exit code."""

from __future__ import annotations

import errno
import importlib
import os
from typing import Final, NoReturn

import click

from plangate import __version__
from plangate.cli import output
from plangate.errors import ExitCode, PlangateError

COMMANDS = {
    "review": ("plangate.cli.review:review", "Say whether it is safe to apply exactly this."),
    "collect": ("plangate.cli.collect:collect", "Gather what is live into a folder, secrets removed."),
    "drift": ("plangate.cli.drift:drift", "Say what is live and differs from what is configured."),
    "explain": ("plangate.cli.explain:explain", "Explain one finding of a saved verdict."),
    "roots": ("plangate.cli.roots:roots", "List the root modules that a change reaches."),
    "merge": ("plangate.cli.merge:merge", "Make one verdict of the verdicts of many targets."),
    "publish": ("plangate.cli.publish:publish", "Bring a saved verdict to a pull request."),
    "verify": ("plangate.cli.verify:verify", "Say, right before the apply, whether it is what was reviewed."),
    "policy": ("plangate.cli.policy:policy", "List, show, test, document and begin policies."),
    "init": ("plangate.cli.init:init", "Write a configuration and a workflow for this repository."),
}
"""Each subcommand, where it lives, and its one line of help. Nothing is imported before it is called."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that `--help` and `--version` cost nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The command names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plangate")
def plangate() -> None:
    """Say whether it is safe to apply exactly this Terraform plan or Helm upgrade.

    \b
    Exit codes: 0 pass (or review, unless --fail-on review)   10 block   11 review
                3 an input cannot be read   4 inconclusive   2 usage   1 internal error
                20 publishing was required and failed
    """  # noqa: D301 - click's own mark against rewrapping


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code. Raises nothing: a traceback could contain a secret."""
    output.open_missing()
    return output.close(_run(argv))


def _run(argv: list[str] | None) -> int:
    try:
        code = plangate.main(args=argv, prog_name="plangate", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        output.usage_error(error)
        return ExitCode.USAGE
    except PlangateError as error:
        output.print_error(error)
        return error.exit_code
    except OSError as error:
        (output.not_written if error.errno in _FULL else output.internal_error)(error)
        return ExitCode.INTERNAL
    except Exception as error:  # noqa: BLE001 - the last resort, which must not print the message: it may hold a secret
        output.internal_error(error)
        return ExitCode.INTERNAL
    return code if isinstance(code, int) else ExitCode.OK


_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""A disk that is full or broken: nothing is wrong with plangate."""


def run() -> NoReturn:
    """The entry point. Exits without freeing memory, which would take a tenth of a review's time."""
    os._exit(main())

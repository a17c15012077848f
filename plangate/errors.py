"""The exceptions of plangate and their exit codes.

PlangateError
├── UsageError          2   flags, configuration, a policy file that does not load: nothing was reviewed
│   └── PolicyLoadError 2   a policy file, with file, line and column
├── InputError          3   an input is missing, unreadable, unsupported or cut
│   └── EvidenceError   4   what is really there could not be asked: nobody can tell
└── PublishError        20  a verdict could not be brought to where people read it
    ├── RefusedError        the other side said no: asking again changes nothing
    └── UnclearError        nobody knows whether the request was done
ExitCode                    the published table of exit codes

`str(error)` is one line that starts with the file; `hint` says what to do next. No message ever quotes an input's
content, because an input may hold secrets anywhere. Only `cli.main` catches these for good.
"""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """The published exit codes: the same for every output format. Every other code is reserved."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    INPUT = 3
    INCONCLUSIVE = 4
    BLOCK = 10
    REVIEW = 11
    NOT_PUBLISHED = 20

    @staticmethod
    def worst(*codes: int) -> int:
        """The code with the highest precedence; 0 without any. A code that is not in the table has the highest."""
        return min(codes, key=lambda code: _PRECEDENCE.get(code, -1), default=ExitCode.OK)


_PRECEDENCE: dict[int, int] = {
    code: rank
    for rank, code in enumerate(
        (
            ExitCode.USAGE,
            ExitCode.BLOCK,
            ExitCode.INTERNAL,
            ExitCode.INPUT,
            ExitCode.INCONCLUSIVE,
            ExitCode.NOT_PUBLISHED,
            ExitCode.REVIEW,
            ExitCode.OK,
        )
    )
}
"""Usage errors come before any review; then a block, which no later error replaces."""


class PlangateError(Exception):
    """Base of every error that plangate raises on purpose.

    `where` is the file (or `-` for standard input), `place` a line, column, byte or path inside it.
    """

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, where: str | None = None, place: str | None = None, hint: str | None = None):
        self.message = message
        self.where = where
        self.place = place
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        prefix = ": ".join(part for part in (self.where, self.place) if part)
        return f"{prefix}: {self.message}" if prefix else self.message


class UsageError(PlangateError):
    """The command line or the configuration cannot be used. Nothing was reviewed."""

    exit_code = ExitCode.USAGE


class PolicyLoadError(UsageError):
    """A policy file does not load. `place` is `line:column`."""


class InputError(PlangateError):
    """An input cannot be reviewed: missing, unreadable, unsupported, or cut. `hint` gives the command for the right one."""

    exit_code = ExitCode.INPUT


class EvidenceError(InputError):
    """Evidence could not be fetched: no access, no answer, or another one than expected. Never read as "nothing is there"."""

    exit_code = ExitCode.INCONCLUSIVE


class PublishError(PlangateError):
    """A verdict could not be published. It stands all the same: this is an exit code of its own only where publishing is required."""

    exit_code = ExitCode.NOT_PUBLISHED


class RefusedError(PublishError):
    """The other side said no, with an HTTP status: asking again changes nothing."""

    def __init__(self, message: str, *, status: int, where: str | None = None, hint: str | None = None):
        self.status = status
        super().__init__(message, where=where, hint=hint)


class UnclearError(PublishError):
    """A request that must not be repeated was sent, and nobody knows whether it was done."""

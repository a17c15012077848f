"""What can go wrong, and the exit code of each.

PlangateError
├── UsageError          2   flags, configuration, a policy file that does not load: nothing was reviewed
│   └── PolicyLoadError 2   a policy file, with file, line and column
└── InputError          3   an input is missing, unreadable, unsupported or cut
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

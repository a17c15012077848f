"""Files of the gate in the working tree."""

from __future__ import annotations

from pathlib import Path

from plangate.errors import UsageError

_LARGEST = 1 << 20


class Folder:
    """The files of the working tree. Links are refused, as in a commit."""

    def __init__(self, folder: Path):
        self._folder = folder

    def name(self, path: str) -> str:
        """How a message names a file."""
        return path

    def top(self, path: str) -> str:
        """The prefix of the names of the files below a folder."""
        return "" if Path(path) == Path() else f"{Path(path).as_posix().rstrip('/')}/"

    def holds(self, path: str) -> bool:
        """Whether a path is inside of what is checked out: the command line may name any."""
        return True

    def read(self, path: str) -> str | None:
        """The text of a file; None when there is none."""
        self._refuse_links(path)
        file = self._folder / path
        return _text(file) if file.exists() else None

    def policies(self, path: str, ends: tuple[str, ...] = (".yaml", ".yml")) -> list[tuple[str, str]]:
        """The YAML files at a path, or those of other `ends`, as (name, text). Links inside of a folder are refused."""
        self._refuse_links(path)
        top = self._folder / path
        files = [top] if top.is_file() else sorted(f for end in ends for f in top.rglob(f"*{end}"))
        for file in files:
            if file != top and file.is_symlink():
                raise UsageError("is a link, and links are not followed", where=str(file.relative_to(self._folder)))
        return [(str(Path(path) / file.relative_to(top)) if file != top else path, _text(file)) for file in files]

    def _refuse_links(self, path: str) -> None:
        """Refuse a relative path that goes over a link. Raises `UsageError`."""
        if Path(path).is_absolute():
            return
        here = self._folder
        for part in Path(path).parts:
            here = here / part
            if here.is_symlink():
                raise UsageError("goes over a link, and links are not followed", where=path)


def _text(file: Path) -> str:
    """The text of a file. Raises `UsageError`."""
    try:
        if file.stat().st_size > _LARGEST:
            raise UsageError("is larger than 1 MiB", where=str(file))
        return file.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", where=str(file)) from None
    except UnicodeDecodeError:
        raise UsageError("is not UTF-8", where=str(file)) from None

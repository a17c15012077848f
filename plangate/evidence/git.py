"""Files of a trusted commit, read as git objects: no checkout, no hooks, no filters, nothing fetched.

`ls-tree` names the objects and `cat-file blob` prints one as it is stored; neither runs what a repository can configure
(https://git-scm.com/docs/git-cat-file: filters run only with --filters or --textconv). Links are refused, not followed.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from msgspec import Struct

from plangate.errors import UsageError
from plangate.evidence import child_environment
from plangate.lang.wording import listed

_SECONDS = 60
_LARGEST = 1 << 20
_MOST_FILES = 2_000
_LINK: Final = "120000"
_FILES: Final = ("100644", "100755")
_NAME = re.compile(r"(?P<name>(?!-)[^\s~^:?*\[\\\x00-\x20\x7f]+)(?P<ancestor>(?:[~^][0-9]{0,9})*)")
"""A ref or a commit, and steps to an ancestor (https://git-scm.com/docs/git-check-ref-format has what a name may hold)."""
_ENVIRONMENT: Final = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}


class NoAnswerError(UsageError):
    """git has no such object, or failed."""


class Entry(Struct, frozen=True):
    """One file of a commit."""

    mode: str
    kind: str
    oid: str
    size: int
    path: str


class Commit:
    """The files of one commit, by paths as they are given to the command that runs in `folder`."""

    def __init__(self, ref: str, folder: Path):
        self.ref = ref
        self._folder = folder
        git = shutil.which("git")
        if git is None or not Path(git).is_absolute():
            raise UsageError("git is not on PATH", where="--policy-ref")
        self._git = git
        name = _NAME.fullmatch(ref)
        if name is None:
            raise UsageError("is not a ref", where=f"--policy-ref {ref}", hint="for example origin/main")
        self._prefix = self._run("rev-parse", "--show-prefix").decode("utf-8", "surrogateescape").rstrip("\n")
        self.sha = self._resolve(name["name"], name["ancestor"])

    def name(self, path: str) -> str:
        """How a message names a file of this commit."""
        return f"{self.ref}:{path}"

    def top(self, path: str) -> str:
        """The prefix of the names of the files below a folder."""
        inside = self._inside(path)
        return self.name(f"{inside}/" if inside else "")

    def holds(self, path: str) -> bool:
        """Whether a path is inside the repository."""
        return self._inside(path) is not None

    def read(self, path: str) -> str | None:
        """The text of a file; None when there is none. Raises `UsageError` for a link, a folder, or what is no text."""
        inside = self._inside(path)
        if inside is None:
            raise UsageError("leads out of the repository", where=path)
        entry = self._entry(inside, path)
        if entry is None:
            return None
        if entry.mode not in _FILES:
            raise UsageError("is not a file", where=self.name(path))
        return self._text(entry, path)

    def policies(self, path: str, ends: tuple[str, ...] = (".yaml", ".yml")) -> list[tuple[str, str]]:
        """The YAML files at a path, or those of other `ends`, as (name, text). Raises `UsageError`."""
        inside = self._inside(path)
        if inside is None:
            raise UsageError("leads out of the repository", where=path)
        entry = self._entry(inside, path) if inside else Entry("040000", "tree", "", 0, "")
        if entry is None:
            return []
        if entry.mode in _FILES:
            return [(self.name(path), self._text(entry, path))]
        below = self._list("-r", inside + "/" if inside else "")
        wanted = [one for one in below if one.path.endswith(ends)]
        if len(wanted) > _MOST_FILES:
            raise UsageError(f"holds more than {_MOST_FILES} files", where=self.name(path))
        for one in wanted:
            if one.mode not in _FILES:
                raise UsageError("is a link, and links are not followed", where=self.name(one.path))
        return [(self.name(one.path), self._text(one, one.path)) for one in wanted]

    def _resolve(self, name: str, ancestor: str) -> str:
        """The commit of a name, and of `~` or `^` behind it. Raises `UsageError` for none, or one that is ambiguous."""
        base = self._named(name)
        sha = self._commit(f"{base}{ancestor}") if base is not None else None
        if sha is None:
            branch = name.removeprefix("refs/remotes/").removeprefix("origin/")
            hint = f"fetch it first: git fetch --depth=1 origin {branch}:refs/remotes/origin/{branch}"
            raise UsageError("is not here", where=f"--policy-ref {self.ref}", hint=hint)
        return sha

    def _named(self, name: str) -> str | None:
        """What a name stands for, as the id of an object: a branch of a remote before anything else.

        In git's own order tags and local branches come first (https://git-scm.com/docs/gitrevisions), and the author of a
        change may have made those.
        """
        if name == "HEAD" or re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", name):
            return name
        if name.startswith("refs/"):
            return self._ref(name)
        remote = self._ref(f"refs/remotes/{name}") or self._ref(f"refs/remotes/{name}/HEAD")
        if remote is not None:
            return remote
        places = (f"refs/heads/{name}", f"refs/tags/{name}", *self._of_remotes(name))
        found = {place: oid for place in places if (oid := self._ref(place)) is not None}
        if re.fullmatch(r"[0-9a-f]{4,39}", name) and (commit := self._commit(name)) is not None:
            found[f"the commit {commit[:12]}"] = commit
        local = [place for place in found if not place.startswith("refs/remotes/")]
        if len(local) > 1 or len(set(found.values())) > 1:
            raise UsageError(
                f"is ambiguous: {listed(list(found), 3)}",
                where=f"--policy-ref {self.ref}",
                hint="name the branch of the remote, such as origin/main, or a whole ref",
            )
        return next(iter(found.values()), None)

    def _of_remotes(self, branch: str) -> list[str]:
        """The refs of a branch in every remote."""
        remotes = self._run("for-each-ref", "--format=%(refname)", "refs/remotes").decode("utf-8", "surrogateescape")
        return [ref for ref in remotes.splitlines() if ref.split("/", 3)[3:] == [branch]]

    def _ref(self, name: str) -> str | None:
        """The object of exactly this ref; None where there is none."""
        try:
            return self._run("show-ref", "--verify", "--hash", "--", name).decode().strip()
        except NoAnswerError:
            return None

    def _commit(self, revision: str) -> str | None:
        try:
            out = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        except NoAnswerError:
            return None
        return out.decode().strip()

    def _inside(self, path: str) -> str | None:
        """The path relative to the top of the repository; None outside of it."""
        relative = os.path.relpath(self._folder / path, self._folder).replace(os.sep, "/")
        whole = posixpath.normpath(posixpath.join(self._prefix, relative))
        if whole == ".." or whole.startswith(("../", "/")):
            return None
        return "" if whole == "." else whole

    def _entry(self, inside: str, path: str) -> Entry | None:
        """The entry at a path, or None. Raises `UsageError` for a symbolic link anywhere in the path."""
        parts = inside.split("/")
        found = None
        for depth in range(1, len(parts) + 1):
            (found,) = self._list(posixpath.join(*parts[:depth])) or (None,)
            if found is None:
                return None
            if found.mode == _LINK or found.kind == "commit":
                raise UsageError("is a link, and links are not followed", where=self.name(path))
        return found

    def _list(self, *arguments: str) -> list[Entry]:
        options, path = arguments[:-1], arguments[-1]
        out = self._run("ls-tree", "-z", "-l", "--full-tree", *options, self.sha, *(["--", path] if path else []))
        found = []
        for record in out.split(b"\0"):
            if record:
                head, _, name = record.decode("utf-8", "surrogateescape").partition("\t")
                mode, kind, oid, size = head.split()
                found.append(Entry(mode, kind, oid, int(size) if size.isdecimal() else 0, name))
        return found

    def _text(self, entry: Entry, path: str) -> str:
        if entry.size > _LARGEST:
            raise UsageError("is larger than 1 MiB", where=self.name(path))
        try:
            return self._run("cat-file", "blob", entry.oid).decode("utf-8")
        except UnicodeDecodeError:
            raise UsageError("is not UTF-8", where=self.name(path)) from None

    def _run(self, *arguments: str) -> bytes:
        """What git prints. Raises `UsageError`, which does not repeat what git says."""
        try:
            done = subprocess.run(
                [self._git, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", *arguments],
                cwd=self._folder,
                env={**child_environment.of("git"), **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise UsageError("git could not be run", where="--policy-ref") from None
        if done.returncode != 0:
            known = {
                b"not a git repository": ("is read from a git repository, and this is none", None),
                b"dubious ownership": (
                    "git does not trust this folder",
                    "git config --global --add safe.directory ...",
                ),
            }
            why = next((words for piece, words in known.items() if piece in done.stderr), None)
            message, hint = why or (f"git {arguments[0]} failed", "fetch the ref with its objects, without --filter")
            raise (UsageError if why else NoAnswerError)(message, where="--policy-ref", hint=hint)
        return done.stdout

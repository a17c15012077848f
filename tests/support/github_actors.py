"""A client with a clock of its own, and what publishers say, for the tests of publishing."""

from plangate.model.verdict import Decision
from plangate.publish import hosts, state
from plangate.publish.check import Annotation, Report
from plangate.publish.comment import DesiredComment
from plangate.publish.github import Clock, GitHub
from plangate.publish.place import Place
from tests.support.github_server import HEAD, REPOSITORY, TOKEN

KEY = state.key_of("live/db", "prod")


class Watch:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.time = 0.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    @property
    def clock(self):
        return Clock(now=lambda: self.time, sleep=self.sleep, wall=lambda: 1_000_000.0 + self.time)


def client(server, watch=None, **options):
    endpoints = hosts.endpoints(server.url, "", ["127.0.0.1"])
    options.setdefault("clock", (watch or Watch()).clock)
    return GitHub(endpoints, options.pop("token", TOKEN), **options)


def place(run=5, attempt=1, sha=HEAD, **fields):
    fields.setdefault("number", 7)
    fields.setdefault("page", "https://github.com/octo/infra/commit/1")
    return Place(repository=REPOSITORY, sha=sha, run=run, attempt=attempt, **fields)


def wish(where, text="the verdict", found=("f1", "f2"), **fields):
    """A comment as `plangate publish` makes it: the marker first, then what changed, then the text."""

    def body(before, longest):
        now = state.short_digests(found)
        earlier = state.previous_findings(before, where.sha)
        about = state.State(key=KEY, sha=where.sha, run=where.run, attempt=where.attempt, now=now, before=earlier)
        page = f"{text}\n{state.since(now, earlier)}"[:longest]
        return f"{state.marker(about, page)}\n{page}"

    return DesiredComment(key=KEY, body=body, **fields)


def report(decision=Decision.BLOCK, annotations=1, name="plangate", key=KEY):
    notes = tuple(
        Annotation(path="main.tf", start_line=i + 1, end_line=i + 1, annotation_level="failure", title="t", message="m")
        for i in range(annotations)
    )
    return Report(
        name=name, key=key, decision=decision, title="BLOCK: it is gone", summary="It is gone.", annotations=notes
    )

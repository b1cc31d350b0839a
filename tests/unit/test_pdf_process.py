"""The confined process of the PDF inspection: what it cannot do, and whose word is believed."""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib import pdf
from chalicelib.pdf import process
from tests.support.canonical import document, scanned
from tests.support.pdf_hostile import HOSTILE
from tests.support.pdf_samples import FRIENDLY

CODE = Path(pdf.__file__).parents[2]


def says(condition: str) -> str:
    """Return a program that calls the document canonical if so: our way to ask a confined process."""
    return f"import sys; print('canonical' if {condition} else 'no')"


def confined(attempt: str) -> str:
    """Return a program that gives up its rights as the worker does, then says yes when ``attempt`` raises."""
    return "\n".join(
        (
            "from chalicelib.pdf import worker as pdf; import os, socket; pdf.confine()",
            "try:",
            f"    {attempt}; failed = False",
            "except (OSError, MemoryError):",
            "    failed = True",
            says("failed"),
        )
    )


def ask(program: str, *, seconds: float = 10) -> bool:
    """Return whether a confined process that runs this program calls a document canonical."""
    with process.start_process(program, seconds=seconds) as is_canonical:
        return is_canonical(b"%PDF-")


def test_a_canonical_document_is_accepted_and_nothing_else_is() -> None:
    assert process.inspect(document())
    assert process.inspect(document(pages=30))
    for sample in (FRIENDLY["as_libreoffice_writes"], HOSTILE["password"]):
        assert not process.inspect(sample())


def test_ten_million_bytes_pass_through_the_pipe() -> None:
    assert process.inspect(document(resources={"XObject": {"X": scanned(b"1%" * 4_990_000 + b" obj")}}))


@pytest.mark.parametrize(
    "program",
    [
        "raise ValueError",
        "import os; os.abort()",
        "pass",
        "print('null')",
        "print('x' * 10_000_000)",
        "print('Canonical')",
        "print('canonical ')",
        "print('canonical', end='')",
        "print('not canonical')",
        says("False"),
        says("True") + "; sys.exit(3)",
        says("True") + "; print('more')",
        "print(); " + says("True"),
    ],
)
def test_nonsense_or_a_crash_is_a_refusal(program: str) -> None:
    assert not ask(program)


def test_a_process_that_talks_without_end_is_not_listened_to() -> None:
    started = time.monotonic()

    assert not ask("while True: print('x' * 1000)", seconds=30)
    assert time.monotonic() - started < 15


def test_a_program_that_says_so_is_believed() -> None:
    assert ask(says("True"))


def living(group: str) -> list[str]:
    """Return the processes of a group that still run; a dead one may wait a while for init to bury it."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            states.append(stat.read_text().rpartition(")")[2].split())
    return [state for state, _parent, of, *_ in states if of == group and state != "Z"]


@pytest.mark.parametrize(
    "last", ["time.sleep(60)", "os.close(1); time.sleep(60)", "os.fork(); time.sleep(60)"]
)
def test_a_process_that_does_not_end_is_killed_with_all_it_started(last: str, tmp_path: Path) -> None:
    group = tmp_path / "group"
    started = time.monotonic()

    accepted = ask(f"import os, time; open({str(group)!r}, 'w').write(str(os.getpgid(0))); {last}", seconds=5)

    assert not accepted
    assert time.monotonic() - started < 30
    assert int(group.read_text()) != os.getpgid(0)
    while (
        living(group.read_text()) and time.monotonic() - started < 60
    ):  # the system ends them when it gets to it
        time.sleep(0.05)
    assert not living(group.read_text())


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname')",
        "open('/dev/null', 'w')",
        "socket.socket()",
        "os.pipe()",
        "bytearray(800_000_000)",
    ],
)
def test_a_confined_process_opens_nothing_and_stays_small(attempt: str) -> None:
    assert ask(confined(attempt))


def test_a_confined_process_still_computes() -> None:
    assert not ask(confined("bytearray(200_000_000)"))
    assert ask(confined("bytearray(200_000_000); raise OSError"))


def test_the_limits_are_those_announced() -> None:
    asked = "import resource as r; from chalicelib.pdf import worker as pdf_worker; pdf_worker.confine(); wanted = {wanted}\n"
    wanted = (
        "{r.RLIMIT_CPU: 10, r.RLIMIT_AS: 700_000_000, r.RLIMIT_FSIZE: 0, r.RLIMIT_NPROC: 0, r.RLIMIT_CORE: 0}"
    )
    kept = "all(r.getrlimit(limit) == (most, most) for limit, most in wanted.items())"

    assert ask(asked.format(wanted=wanted) + says(kept))


def test_a_confined_process_gains_no_right_and_shows_no_memory() -> None:
    prctl = "ctypes.CDLL(None).prctl"

    assert ask("import ctypes; from chalicelib.pdf import worker as pdf_worker; pdf_worker.confine()\n"
               + says(f"{prctl}(39, 0, 0, 0, 0) == 1 and {prctl}(3) == 0"))  # fmt: skip


def test_it_inherits_no_variable_no_descriptor_and_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/var/lang/lib")
    own = "{'LD_LIBRARY_PATH', 'LC_CTYPE'}"
    with open(__file__) as inherited:
        os.set_inheritable(inherited.fileno(), True)
        assert ask("import os\n" + says(f"not os.environ.keys() - {own}"))
        assert ask("import os\n" + says("os.environ['LD_LIBRARY_PATH'] == '/var/lang/lib'"))
        three_streams_and_the_one_that_lists_them = "len(os.listdir('/proc/self/fd')) == 4"
        assert ask("import os\n" + says(three_streams_and_the_one_that_lists_them))
        assert ask("import os\n" + says("os.getcwd() == '/'"))
        assert ask(says("sys.flags.isolated and sys.flags.no_site and sys.flags.dont_write_bytecode"))


def as_nobody(script: str) -> str:
    """Run a script as a user without privileges (who may read Python's files), since root is above the limits."""
    privileges = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    privileges += ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    privileges += ["--bounding-set=-all,+dac_read_search"]
    head = f"import sys; sys.path += [{str(CODE)!r}]; from chalicelib.pdf import process\n"
    head += "def ask(program):\n    with process.start_process(program, seconds=10) as judge:\n        return judge(b'x')\n"
    return subprocess.run(
        [*(privileges if os.getuid() == 0 else []), sys.executable, "-I", "-S", "-B", "-c", head + script],
        capture_output=True,
        check=True,
        text=True,
        cwd="/",
        env={"AWS_SECRET_ACCESS_KEY": "secret"},
    ).stdout


PARENT = "open(f'/proc/{os.getppid()}/environ').read()"


def test_the_child_cannot_read_its_parents_credentials() -> None:
    attempt = (
        "import os\ntry: hidden = not "
        + PARENT
        + "\nexcept PermissionError: hidden = True\n"
        + says("hidden")
    )
    child = f"[sys.executable, '-I', '-S', '-c', {'import os; print(' + PARENT + ')'!r}]"

    openly = as_nobody(
        f"import subprocess; print(subprocess.run({child}, capture_output=True, text=True).stdout)"
    )
    closed = as_nobody(f"print(ask({attempt!r}))")

    assert "AWS_SECRET_ACCESS_KEY=secret" in openly, "this very reading must work where nothing forbids it"
    assert closed == "True\n"


def test_a_confined_process_starts_no_other() -> None:
    attempt = "import os; from chalicelib.pdf import worker\n{confine}\ntry: alone = False; os.fork() or os._exit(0)\n"
    attempt += "except BlockingIOError: alone = True\n" + says("alone")
    free, bound = attempt.format(confine=""), attempt.format(confine="worker.confine()")

    answers = as_nobody(f"print([ask(p) for p in ({free!r}, {bound!r})])")

    assert answers == "[False, True]\n"


def test_the_calling_process_is_not_dumpable_afterwards() -> None:
    ctypes.CDLL(None).prctl(pdf.PR_SET_DUMPABLE, 1, 0, 0, 0)

    process.inspect(document())

    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0


def test_a_process_that_cannot_be_started_is_a_fault_not_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(FileNotFoundError):
        process.inspect(document())


def test_it_works_with_nothing_but_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "chalicelib").mkdir()
    shutil.copy(CODE / "chalicelib" / "__init__.py", tmp_path / "chalicelib")
    shutil.copytree(CODE / "chalicelib" / "pdf", tmp_path / "chalicelib" / "pdf")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from chalicelib.pdf import process; import pathlib; "
    script += "print(process.inspect(pathlib.Path(sys.argv[1]).read_bytes()), 'chalicelib.pdf.rules' in sys.modules)"
    (tmp_path / "cv.pdf").write_bytes(document())

    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, tmp_path / "cv.pdf"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout

    assert told == "True False\n"


HEAVY = (
    "argparse",
    "asyncio",
    "cryptography",
    "dataclasses",
    "inspect",
    "logging",
    "pathlib",
    "pypdf",
    "subprocess",
)


def test_the_child_loads_little_before_it_reads() -> None:
    program = "from chalicelib.pdf import worker; import sys\n"

    assert ask(program + says(f"not {set(HEAVY)!r} & sys.modules.keys()"))


def test_the_process_is_started_ahead_and_ends_unasked(tmp_path: Path) -> None:
    mark = tmp_path / "started"
    with process.start_process(
        f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    ):
        while not mark.exists() or not mark.read_text():
            time.sleep(0.01)
        assert living(mark.read_text())

    assert not living(mark.read_text())

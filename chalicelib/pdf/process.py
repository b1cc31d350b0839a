"""The confined process that reads one document, from outside: started ahead, fed, timed, ended, and believed when it is clear."""

import fcntl
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from chalicelib.pdf import CANONICAL, PR_SET_DUMPABLE, WALL_SECONDS, set_process

_PIPE_BYTES: Final = 1_048_576
"""Most that Linux gives a pipe of ours: a document goes over in a few strokes, not in turns of 64 kB."""
_WORKER: Final = "from chalicelib.pdf.worker import main; main()"


@contextmanager
def start_process(
    program: str = _WORKER, *, seconds: float = WALL_SECONDS
) -> Iterator[Callable[[bytes], bool]]:
    """Start the confined process while the document is still fetched; yields the function that says whether one is canonical.

    An honest CV takes 0.05 s, and any document ``seconds`` + 1 at most. Whatever happens to the process (crash, limit, nonsense,
    silence for ``seconds``), it is a refusal: a document is canonical only when the process says so clearly.
    The calling process is not dumpable any more afterwards. The process ends with the context, whether it was asked or not.
    Raises:
        OSError: it could not be started: a fault to retry, which says nothing of the document.
    """
    # From here on, no process of our user can read our memory or /proc/<pid>/environ, which hold credentials.
    set_process(PR_SET_DUMPABLE, 0)
    child = _start(program)
    try:
        yield partial(_is_canonical, child, seconds)
    finally:
        _stop(child)


def inspect(document: bytes) -> bool:
    """Whether a document is canonical, judged by a process started for it. Raises OSError when none can be started."""
    with start_process() as is_canonical:
        return is_canonical(document)


def ask(program: str, document: bytes, *folders: str, most_bytes: int) -> bytes:
    """Return what a confined process that runs this program says of a document, as long as PDFs have; empty: it is refused.

    ``folders``: of the packages that the program imports. Raises OSError as ``start_process``, whose caution is taken here too.
    """
    set_process(PR_SET_DUMPABLE, 0)
    child = _start(program, *folders)
    try:
        return _hear(child, WALL_SECONDS, most_bytes, document)
    finally:
        _stop(child)


def _is_canonical(child: "subprocess.Popen[bytes]", seconds: float, document: bytes) -> bool:
    """Whether the process says so clearly: any other answer, exit code or silence is a refusal."""
    return _hear(child, seconds, len(CANONICAL), document) == CANONICAL


def _hear(child: "subprocess.Popen[bytes]", seconds: float, most_bytes: int, document: bytes) -> bytes:
    """Return what the process says of a document; empty unless it then ends by itself and well."""
    answer = _exchange(child, document, seconds, most_bytes)
    with suppress(subprocess.TimeoutExpired):
        child.wait(timeout=1)
    return answer if _stop(child) == 0 else b""


def _start(program: str, *folders: str) -> "subprocess.Popen[bytes]":
    """Start Python without packages or variables (``-I -S``), which is why the folder of our code is an argument."""
    alone = [sys.executable, "-I", "-S", "-B", "-c", f"import sys; sys.path += sys.argv[1:]\n{program}"]
    needed = {"LD_LIBRARY_PATH"}  # Lambda's Python finds its own library by it
    return subprocess.Popen(
        [*alone, str(Path(__file__).parents[2]), *folders],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what is raised may quote the document
        env={name: value for name, value in os.environ.items() if name in needed},
        cwd="/",
        close_fds=True,
        start_new_session=True,
        bufsize=0,
    )


def _exchange(child: subprocess.Popen[bytes], document: bytes, seconds: float, most_bytes: int) -> bytes:
    """Feed the document and read the answer at once, in bounded time and memory; empty when it is not to be believed."""
    deadline = time.monotonic() + seconds
    unsent, answer = memoryview(document), b""
    assert child.stdin is not None and child.stdout is not None  # both are pipes
    os.set_blocking(child.stdin.fileno(), False)
    with suppress(OSError):  # the kernel may have none to spare: then it is slower
        fcntl.fcntl(child.stdin, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdin, selectors.EVENT_WRITE)
        ready.register(child.stdout, selectors.EVENT_READ)
        while len(answer) <= most_bytes and (left := deadline - time.monotonic()) > 0:
            for pipe, _ in ready.select(left):
                if pipe.fileobj is child.stdout:
                    heard = os.read(pipe.fd, _PIPE_BYTES)
                    if not heard:
                        return answer
                    answer += heard
                else:
                    unsent = _send(pipe.fd, unsent)
                    if not unsent:
                        ready.unregister(child.stdin)
                        child.stdin.close()
    return b""


def _send(pipe: int, unsent: memoryview) -> memoryview:
    """Write what the pipe takes now and return the rest; nothing once the child reads no more."""
    try:
        return unsent[os.write(pipe, unsent[:_PIPE_BYTES]) :]
    except BrokenPipeError:
        return unsent[:0]


def _stop(child: subprocess.Popen[bytes]) -> int:
    """End the child and whatever it may have started; return its exit code (negative: the signal)."""
    with child:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)  # its own session, hence its own group
    return child.returncode

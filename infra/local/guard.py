"""Runs the emulator and ends it: a process of its own, which outlives neither its parent nor its purpose.

The emulator starts one process per function at work and leaves gigabytes in its temporary folder; killing it alone leaves
both. This guard owns the folder and the process group. It waits on its standard input, a pipe whose other end the parent
holds: whatever ends the parent, a SIGKILL included, closes the pipe, and the guard then kills the group and removes the folder.

    python guard.py COMMAND...

Only the standard library, and as little of it as can be: this file is run by path.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

END_SECONDS = 5.0
"""How long killed processes may take to go."""
LOG_TAIL_BYTES = 2_000
ROOM_BYTES = 4 * 1024**3
"""Free memory below which the disk is taken: a dozen workers need about one gigabyte."""


def main(command: list[str]) -> int:
    """Run ``command`` in a folder of its own until it ends or the parent does; leave neither process nor folder."""
    # Ctrl-C reaches every process of the terminal: only the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    folder = tempfile.mkdtemp(prefix="passe-plat-", dir=_quick_place())
    try:
        return _run(command, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quick_place() -> str | None:
    """Return the folder for temporary files: memory where there is room, else None, which means the usual one.

    Each worker of the emulator unpacks the whole zip, which is faster in memory.
    """
    memory = "/dev/shm"  # noqa: S108 - only as the parent of a folder of our own
    if not os.access(memory, os.W_OK):
        return None
    return memory if shutil.disk_usage(memory).free > ROOM_BYTES else None


def _run(command: list[str], folder: str) -> int:
    """Run the emulator until it ends or standard input is closed; kill its processes and return the exit status.

    The status is 0 when the parent ended it. When the emulator ended by itself, the end of its log is printed.
    """
    environment = os.environ | {
        "TMPDIR": folder,
        "HOME": folder,
        "S3_DATA_DIR": os.path.join(folder, "s3"),
        "STATE_DIR": os.path.join(folder, "state"),
    }
    path = os.path.join(folder, "emulator.log")
    with open(path, "wb") as log:
        emulator = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=folder,
            env=environment,
        )
    try:
        while emulator.poll() is None:
            if select.select([sys.stdin], [], [], 0.2)[0] and not os.read(sys.stdin.fileno(), 1):
                return 0
        with open(path, "rb") as log:
            sys.stderr.write(log.read()[-LOG_TAIL_BYTES:].decode(errors="replace"))
        return emulator.returncode or 1
    finally:
        emulator.kill()
        emulator.wait()
        _end(emulator.pid)


def _end(group: int) -> None:
    """Kill all processes of this group and wait until none is left, ``END_SECONDS`` at most. They have nothing to save."""
    deadline = time.monotonic() + END_SECONDS
    try:
        os.killpg(group, signal.SIGKILL)
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.01)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

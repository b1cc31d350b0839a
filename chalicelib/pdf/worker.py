"""The confined half of ``pdf``: reads one PDF on standard input, says one line, and can do nothing else.

It is loaded while the document is still on its way, so that it loads little: each import here is waited for by everybody whose
documents are sent.
"""

import os
import resource
import signal
import sys
from typing import Final

from chalicelib import pdf
from chalicelib.pdf import grammar, rules

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_STANDARD_STREAMS: Final = 3
_LIMITS: Final = (
    (resource.RLIMIT_CPU, pdf.CPU_SECONDS),
    (resource.RLIMIT_AS, pdf.MEMORY_BYTES),
    (resource.RLIMIT_FSIZE, 0),
    (resource.RLIMIT_NPROC, 0),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_NOFILE, _STANDARD_STREAMS),
)


def confine() -> None:
    """Give up what this process could do, before the first byte of the document is read: it opens neither file nor socket."""
    pdf.set_process(_PR_SET_PDEATHSIG, signal.SIGKILL)
    pdf.set_process(_PR_SET_NO_NEW_PRIVS, 1)
    pdf.set_process(pdf.PR_SET_DUMPABLE, 0)
    for limit, most in _LIMITS:
        resource.setrlimit(limit, (most, most))


def main() -> None:
    """Standard input: the document. Standard output: ``CANONICAL``, or nothing, since whatever is raised is a refusal."""
    confine()
    rules.check(grammar.parse(sys.stdin.buffer.read()))
    os.write(sys.stdout.fileno(), pdf.CANONICAL)
    os._exit(0)  # nothing of this process needs tidying, which takes longer than the system's own end of it

"""Inspection of PDFs: ``grammar`` reads the one form that leaves, ``rules`` and ``contents`` say what it holds and draws.

A viewer acts by what it reads, and no two read alike. So nothing is passed on that somebody else wrote: the sealer's browser
writes each document anew in a canonical form, without what acts or tells, and inspection accepts that form and nothing else.
``worker`` reads in a process of its own, because hostile bytes are best read where no credential can be read, no file or
socket opened, and no time wasted.

Not promised: this is no antivirus. What is inside a stream is not judged, and may harm a viewer that is old or careless: font
programs (TrueType, Type 1, CFF), pictures (JBIG2, JPEG 2000, JPEG, which scanners write) and PostScript calculators. What is
drawn can hide or be copied as other than what shows; how long drawing takes is bounded roughly.
"""

import ctypes
from typing import Final

CANONICAL: Final = b"canonical\n"
"""What the confined process says of a document that may be passed on."""
CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 15
MEMORY_BYTES: Final = 700_000_000
"""The confined process's whole address space; an honest CV takes 20 million bytes of it, a scan of 10 MB 50 million."""

PR_SET_DUMPABLE: Final = 4


def set_process(option: int, value: int) -> None:
    """Call Linux's ``prctl``. Raises OSError when the kernel refuses."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
    if prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value}) was refused")

"""Reading of ``.xlsx`` workbooks, in a process that is confined as the one that reads PDFs is (``pdf``).

``worker`` reads with python-calamine, which takes the values that a workbook holds and computes no formula; ``process`` asks it.
What comes out is each visible sheet as CSV, so that an import knows one kind of file.
"""

from typing import Final

UNPACKED_BYTES: Final = 40_000_000
"""Most that a workbook says it unpacks to; one of 500 lines takes 2 million bytes. Lies meet the process's limits."""
SEPARATOR: Final = ";"
MOST_CHARACTERS: Final = 1_000_000
"""Of one sheet as CSV: a longer one is cut after them, and is then too large for an import."""
MOST_ANSWER_BYTES: Final = 16_000_000

"""Read stored items and write them as this version of the code does: how another version's checkout is asked.

    python -m tests.frozen.reader < items.json

Takes and gives a list of pairs of a table's name and an item (``unit/test_frozen``). What the pairs are, and this command, stay
from one version to the next.
"""

import json
import sys

from tests.frozen import shapes

if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump([[table, shapes.rewritten(table, item)] for table, item in request], sys.stdout)

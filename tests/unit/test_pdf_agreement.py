"""What inspection accepts, three other readers read as we do; a few mutants of it, of which the long suite makes millions."""

import pytest

from tests.support.pdf_agreement import judge
from tests.support.pdf_mutants import without_streams
from tests.unit.test_pdf_honest import read_rewritten

MUTANTS = 500


@pytest.mark.parametrize("name", ["ghostscript-colours.pdf", "shape-layers.pdf", "shape-word.pdf"])
def test_what_is_accepted_of_a_changed_document_is_read_alike_by_all(name: str) -> None:
    judged = judge(without_streams(read_rewritten(name)), "passe-plat", MUTANTS)

    assert judged.accepted > 5
    assert judged.disputed == ()

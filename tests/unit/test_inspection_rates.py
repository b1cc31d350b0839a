"""Both error rates of the inspection, printed with the size of each corpus: honest files refused, hostile files passed on."""

import pytest

from chalicelib import pdf
from chalicelib.pdf import PdfRefusal, worker
from tests.pdf_hostile import HOSTILE, PLACES
from tests.pdf_samples import FRIENDLY, REFUSED_ACTIONS, Sample

BAD: dict[str, Sample] = {
    **{
        f"{reason}: {name}": sample for reason, samples in HOSTILE.items() for name, sample in samples.items()
    },
    **{
        f"{action} {place}": lambda place=place, action=action: PLACES[place](REFUSED_ACTIONS[action])
        for place in PLACES
        for action in REFUSED_ACTIONS
    },
}
"""Every hostile sample, and every refused action at every place where one can hang."""


def _examined(sample: Sample) -> PdfRefusal | None:
    """As inspection sees it. The confined process says the same (``test_pdf_process``), and takes minutes for hundreds."""
    plain = sample()
    if not plain.startswith(pdf.HEADER):
        return PdfRefusal.NOT_A_PDF
    return worker.examine(plain).refusal


def _rate(wrong: list[str], corpus: int) -> str:
    return f"{len(wrong)} of {corpus} ({len(wrong) / corpus:.1%})"


def test_no_honest_file_is_refused_and_no_hostile_one_passes(capsys: pytest.CaptureFixture[str]) -> None:
    refused = [name for name, sample in FRIENDLY.items() if _examined(sample) is not None]
    passed = [name for name, sample in BAD.items() if _examined(sample) is None]

    with capsys.disabled():
        print(f"\ninspection: honest files refused {_rate(refused, len(FRIENDLY))},", end=" ")
        print(f"hostile files passed {_rate(passed, len(BAD))}")

    assert refused == []
    assert passed == []

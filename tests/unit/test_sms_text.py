"""What an SMS says fits two segments of the GSM alphabet, whatever names are long."""

from datetime import UTC, datetime

import pytest

from chalicelib.domain.parcours import texting
from chalicelib.mails import sms
from chalicelib.mails.views import Agent, Exact

AT = datetime(2026, 9, 30, 9, tzinfo=UTC)


def write(name: str, function: str, phone: str) -> str:
    """Return the SMS of this sender."""
    sender = Agent(name=name, function=function, address=Exact("m@academie.example"), phone=phone)
    return sms.write(sender, sent_at=AT, recipient="rh@entreprise.example")


@pytest.mark.parametrize(
    ("name", "function"),
    [("Zoë Lefèvre-Œuvray", "tutrice « MLDS » – lycée"), ("Œ" * 200, "ê" * 200), ("Łukasz Ǆ", "教師")],
)
def test_an_sms_is_written_in_the_gsm_alphabet_and_fits_two_segments(name: str, function: str) -> None:
    text = write(name, function, "+33 (0)6 12 34 56 78 90")

    assert set(text) <= sms.ALPHABET
    assert len(text) <= sms.MOST_SEGMENTS * sms.SEGMENT_CHARACTERS
    assert text.endswith("Répondez STOP pour ne plus recevoir.")


def test_an_sms_says_the_first_letter_of_the_mailbox_and_nothing_that_a_telephone_makes_a_link_of() -> None:
    text = write("Zoé", "", "")

    assert text.startswith("Zoé vous a écrit")
    assert " à r***@... " in text and "entreprise" not in text and "Son numéro" not in text


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("07.12.34.56.78", "+33712345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("06 39 98 12 34", "+33639981234"),
        ("05 12 34 56 78", None),
        ("06 92 12 34 56", None),
        ("+33 6 93 12 34 56", None),
        ("06 39 12 34 56", None),
        ("07 09 00 12 34", None),
        ("08 99 12 34 56", None),
        ("+32 470 12 34 56", None),
        ("06 12 34 56 7", None),
        ("06 12 34 56 789", None),
        ("٠٦ ١٢ ٣٤ ٥٦ ٧٨", None),
        (None, None),
    ],
)
def test_a_mobile_number_is_metropolitan_and_whole(written: str | None, number: str | None) -> None:
    assert texting.read_mobile(written) == number

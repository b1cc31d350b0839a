"""The mail service's rate: mailers book what they send, and the more urgent a mail, the further ahead it may be booked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.documents import mailing
from chalicelib.domain.kernel.delivery import BookedRate
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.parcours import assigning
from chalicelib.stores import functions
from infra.alarms import PLACES
from tests.support import factories
from tests.support.factories import NOON

SECOND = timedelta(seconds=1)
LETTER, NOTICE = MailKind.DIGEST, MailKind.SENDING_NOTICE
MORE_URGENT_FIRST = (MailKind.SIGN_IN_CODE, MailKind.LINK, NOTICE, LETTER)


def test_what_is_booked_leaves_one_after_the_other() -> None:
    first = mailing.book_sendings(None, LETTER, 5, NOON, 10)
    assert first is not None and first.starts_at == NOON
    second = mailing.book_sendings(first.booked, LETTER, 5, NOON, 10)
    assert second is not None and second.starts_at == NOON + SECOND / 2


@pytest.mark.parametrize("place", range(1, len(MORE_URGENT_FIRST)))
def test_a_more_urgent_mail_is_booked_where_a_less_urgent_one_finds_too_much_before_it(place: int) -> None:
    urgent, other = MORE_URGENT_FIRST[place - 1], MORE_URGENT_FIRST[place]
    booked = BookedRate(until=NOON + mailing._may_book_ahead(urgent))

    booking = mailing.book_sendings(booked, urgent, 1, NOON, 14)
    assert booking is not None and booking.starts_at == booked.until
    assert mailing.book_sendings(booked, other, 1, NOON, 14) is None
    opens_at = mailing.opens_at(booked, other)
    assert opens_at > NOON and mailing.book_sendings(booked, other, 1, opens_at, 14) is not None


def _make_link() -> Link:
    """Return the link of a sending."""
    return Link(
        id="1" * 32,
        deposit="d",
        parcours="p",
        attempt=1,
        sender="tutor",
        recipient=factories.COMPANY_ADDRESS,
        created_at=NOON,
        closes_at=NOON + timedelta(days=60),
    )


def test_letters_leave_after_codes_links_and_notices() -> None:
    inputs = factories.decision_inputs(NOON)
    keys = [inputs.build_mail(kind).key for kind in (LETTER, MailKind.REMINDER, NOTICE)]

    code = inputs.build_mail(MailKind.SIGN_IN_CODE).key
    link = _make_link().mail(inputs).key

    assert mailing.sort_urgent_first([*keys, link, code]) == [code, link, keys[2], *keys[:2]]


def test_a_mail_that_gathers_several_parcours_is_as_urgent_as_a_notice() -> None:
    """Its key is derived from what it is about."""
    inputs = factories.decision_inputs(NOON)
    link = _make_link().mail(inputs).key
    gathered = assigning.build_assigned_mail(
        factories.offer(), factories.account(), "coordinator", inputs
    ).key

    assert mailing.sort_urgent_first([gathered, link]) == [link, gathered]


def test_no_wake_takes_the_places_of_codes_and_links() -> None:
    assert PLACES["Mailer"] * 2 // 3 >= functions.MOST_MAILERS


@pytest.mark.parametrize(("mails_per_second", "at_once"), [(1, 1), (3, 3), (14, 5), (100, 5)])
def test_a_mailer_books_together_what_a_second_takes_at_most(mails_per_second: int, at_once: int) -> None:
    assert mailing.count_at_once(mails_per_second) == at_once


def test_a_booking_under_a_wrong_clock_keeps_nothing_back() -> None:
    booked = BookedRate(until=NOON + timedelta(hours=1))

    booking = mailing.book_sendings(booked, LETTER, 1, NOON, 14)
    assert booking is not None and booking.starts_at == NOON


def test_a_mail_above_the_rate_waits_a_second_and_was_not_tried() -> None:
    mail = OutboxMail(key="k", kind=LETTER, created_at=NOON)
    for _ in range(20):
        mail = mailing.count_slow_down(mailing.lease(mail, NOON), NOON)

    assert mail.lease_until == NOON + SECOND
    assert (mail.tries, mail.outages, mailing.may_have_left(mail)) == (0, 0, False)
    assert mailing.is_given_up(mail, NOON + mailing.LIFE)
    assert not mailing.is_given_up(replace(mail, tried_at=None), NOON + mailing.LIFE)

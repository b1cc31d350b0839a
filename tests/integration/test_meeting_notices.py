"""What each side of a meeting is told and shown when it changes: the buyer who leaves, dates that lapse, a public holiday."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from chalicelib import clock
from chalicelib.clock import iso
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.values import Role, Step
from chalicelib.domain.meetings.slots import Slot
from chalicelib.errors import HolidayUnseen
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories.meetings import Move
from tests.conftest import Clock
from tests.support import calendar_readers, factories, http, mail_rules, meetings
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import (
    BUYER_ADDRESS,
    Page,
    accepts,
    calendar_of,
    mails_leaving,
    slot_in_days,
    text_of,
)
from tests.support.writing import add_records

STANDS_IN = factories.account(Role.COORDINATOR, name="Claire Roux")
CHRISTMAS = {"geste": "deplacer", "jour": "2026-12-25", "heure": "10:00", "minutes": "45"}


def test_a_buyer_who_is_no_longer_invited_gets_a_cancellation(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot, buyer_invited=True)
    mails_leaving(page)
    [other] = page.proposes_in_days(15)
    mails_leaving(page)

    accepts(page, other)

    mails = {str(mail["To"]): mail for mail in mails_leaving(page)}
    methods = {to: calendar_of(mail).method.value for to, mail in mails.items()}
    assert methods == {
        page.relay.tutor.address: "REQUEST",
        COMPANY_ADDRESS: "REQUEST",
        BUYER_ADDRESS: "CANCEL",
    }
    invitation = calendar_of(mails[BUYER_ADDRESS]).vevent
    assert invitation.uid.value == calendar_of(mails[COMPANY_ADDRESS]).vevent.uid.value
    assert invitation.sequence.value == "1"
    assert "status" not in invitation.contents, "the meeting itself is not cancelled"
    assert [attendee.value for attendee in invitation.attendee_list] == [f"mailto:{BUYER_ADDRESS}"]
    assert "Votre invitation est retirée" in str(mails[BUYER_ADDRESS]["Subject"])
    assert "date annulée" not in text_of(mails[BUYER_ADDRESS])


@pytest.mark.parametrize("then", ["nothing", "moved", "cancelled"])
def test_a_cancellation_tells_a_former_guest_no_new_date_and_no_place(page: Page, then: str) -> None:
    [known] = page.proposes_in_days(10)
    accepts(page, known, buyer_invited=True)
    [first] = [mail for mail in mails_leaving(page) if mail["To"] == BUYER_ADDRESS]
    [other] = page.proposes_in_days(15, place="https://visio.example/salle-fermee")
    accepts(page, other)
    now, seen, relay = clock.utc_now(), meetings.agreed_start(page.relay), page.relay
    if then == "moved":
        meetings_stories.move(
            relay.tutor, relay.parcours_id, Move(slot_in_days(18), seen=seen, holidays_seen=True), now
        )
    elif then == "cancelled":
        meetings_stories.cancel(relay.tutor, relay.parcours_id, Reason.PUT_OFF, now, seen=seen)

    [cancellation] = [mail for mail in mails_leaving(page) if mail["To"] == BUYER_ADDRESS]

    assert "salle-fermee" not in cancellation.as_string() + text_of(cancellation)
    text, before = (calendar_readers.invitation_in(mail) for mail in (cancellation, first))
    assert text is not None
    assert before is not None
    said, knew = calendar_readers.assert_read_alike([text, before])
    assert (said.method, said.status, said.sequence) == ("CANCEL", None, 1)
    assert (said.uid, said.start, said.end) == (knew.uid, known.start, known.end)
    assert (said.location, said.url) == (None, None)
    assert said.addresses == {BUYER_ADDRESS}
    assert "déplacée" not in said.description
    assert page.relay.tutor.address in said.description
    assert "Votre invitation est retirée" in str(cancellation["Subject"])


def test_a_meeting_at_a_distance_that_is_cancelled_gives_each_reader_the_page_again_and_not_its_room(
    page: Page,
) -> None:
    [slot] = page.proposes_in_days(10, place="https://visio.example/salle-fermee")
    accepts(page, slot)
    mails_leaving(page)
    seen, relay = meetings.agreed_start(page.relay), page.relay

    meetings_stories.cancel(relay.tutor, relay.parcours_id, Reason.PUT_OFF, clock.utc_now(), seen=seen)

    pages = {COMPANY_ADDRESS: page.token, relay.tutor.address: f"/parcours/{relay.parcours_id}"}
    cancellations = {str(mail["To"]): text_of(mail) for mail in mails_leaving(page)}
    assert cancellations.keys() == pages.keys()
    for reader, text in cancellations.items():
        assert pages[reader] in text and "salle-fermee" not in text, reader


def test_a_buyer_who_was_never_invited_is_told_nothing(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    [other] = page.proposes_in_days(15)
    accepts(page, other)

    assert BUYER_ADDRESS not in {str(mail["To"]) for mail in mails_leaving(page)}


def test_the_eve_reminds_an_invited_buyer_too(page: Page, time: Clock) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot, buyer_invited=True)
    mails_leaving(page)

    time.now = slot.start - timedelta(hours=23)
    page.relay.purges()

    recipients = {str(mail["To"]) for mail in mails_leaving(page) if "demain" in str(mail["Subject"])}
    assert recipients == {page.relay.tutor.address, COMPANY_ADDRESS, BUYER_ADDRESS}


def test_an_invited_buyer_stays_ticked_whatever_other_form_is_refused(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot, buyer_invited=True)
    [other] = page.proposes_in_days(15)
    client, here = http.signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}"
    ticked = 'name="acheteuse" value="oui" checked'

    assert ticked in client.get(here).text
    assert ticked in client.post_form(f"{here}/rendez-vous", {"geste": "autres", "motif": "x"}).text
    unticked = client.post_form(f"{here}/rendez-vous", {"geste": "accepter", "date": ""}).text
    assert 'name="acheteuse"' in unticked and ticked not in unticked
    client.post_form(
        f"{here}/rendez-vous",
        {
            "geste": "accepter",
            "vu": meetings.shown_dates(page.relay),
            "date": iso(other.start),
            "acheteuse": "oui",
        },
    )
    appointment = meetings_stories.load_appointment(page.relay.head())
    assert appointment is not None and appointment.buyer_invited


def test_dates_that_nobody_chose_in_time_are_asked_for_again(page: Page, time: Clock) -> None:
    last = page.proposes_in_days(3, 5)[-1]
    mails_leaving(page)

    time.now = last.start
    for _ in range(2):
        page.relay.purges()

    assert page.relay.head().step is Step.LINK_SENT
    assert page.relay.event_kinds().count(EventKind.OTHER_SLOTS_ASKED) == 1
    [mail] = [mail for mail in mails_leaving(page) if "autres dates" in str(mail["Subject"])]
    assert mail["To"] == COMPANY_ADDRESS
    assert "Elles sont passées" in text_of(mail)
    page.browser.proves(page.token)
    page.proposes_in_days(7)
    assert page.relay.head().step is Step.SLOTS_PROPOSED


def test_dates_proposed_beside_a_meeting_outlive_its_cancellation(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    [other] = page.proposes_in_days(15)
    mails_leaving(page)

    page.says(meetings_stories.CANCELS, Reason.COMPANY_ABSENT)

    assert (page.relay.head().step, page.relay.head().meeting_at) == (Step.SLOTS_PROPOSED, None)
    assert [str(calendar_of(mail).method.value) for mail in mails_leaving(page)] == ["CANCEL", "CANCEL"]
    accepts(page, other)
    assert page.relay.head().meeting_at == other.start


def test_a_meeting_moves_to_a_public_holiday_only_once_it_is_seen(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    client, here = http.signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}"
    before = page.relay.world.everything()

    refused = client.post_form(f"{here}/rendez-vous", CHRISTMAS | {"vu": iso(slot.start)})

    assert refused.status == 409
    assert page.relay.world.everything() == before
    text = unescape(refused.text)
    assert "jour férié" in text and 'name="feries_vus" value="oui"' in text
    assert 'value="2026-12-25"' in text
    done = client.post_form(f"{here}/rendez-vous", CHRISTMAS | {"vu": iso(slot.start), "feries_vus": "oui"})
    assert done.status == 303
    meeting_at = page.relay.head().meeting_at
    assert meeting_at is not None and iso(meeting_at) == "2026-12-25T09:00:00.000Z"
    assert client.post_form(f"{here}/rendez-vous", CHRISTMAS).status == 303, "what stands already is no news"


def test_moving_to_a_public_holiday_needs_a_confirmation_and_another_day_none(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    holiday = Slot(start=slot_in_days(0).start.replace(year=2026, month=12, day=25), minutes=45)

    with pytest.raises(HolidayUnseen):
        meetings_stories.move(
            page.relay.tutor,
            page.relay.parcours_id,
            Move(holiday, seen=meetings.agreed_start(page.relay)),
            clock.utc_now(),
        )
    meetings_stories.move(
        page.relay.tutor,
        page.relay.parcours_id,
        Move(slot_in_days(16), seen=meetings.agreed_start(page.relay)),
        clock.utc_now(),
    )


def test_a_link_of_the_product_is_refused_as_the_place_of_a_meeting(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    ours = f"https://visio.exemple.fr/retrait/#{page.token}"
    form = CHRISTMAS | {"jour": "2026-12-28", "lieu": ours}

    answer = http.signed_in(page.relay.tutor).post_form(
        f"/parcours/{page.relay.parcours_id}/rendez-vous", form
    )

    assert answer.status == 422
    assert "n’est pas celle d’une visio" in unescape(answer.text)


@pytest.mark.parametrize("person", [None, STANDS_IN], ids=["the tutor", "a coordinator"])
def test_who_agrees_on_a_date_signs_the_invitations(page: Page, person: Account | None) -> None:
    """And gets the answers; so it is of a meeting that is moved."""
    tutor = page.relay.tutor
    if person is not None:
        add_records(person)
    page.relay.tutor = person or tutor
    (slot,) = page.proposes_in_days(3)
    mails_leaving(page)

    accepts(page, slot)
    agreed = mails_leaving(page)
    other = replace(slot, start=slot.start + timedelta(hours=1))
    meetings_stories.move(
        page.relay.tutor, page.relay.parcours_id, Move(other, slot.start, True), clock.utc_now()
    )

    for mails in (agreed, mails_leaving(page)):
        (mail,) = [mail for mail in mails if mail["To"] == COMPANY_ADDRESS]
        text = mail_rules.one_line(mail)
        assert mail["Reply-To"] == (person or tutor).address and (person or tutor).name in str(mail["From"])
        assert (f"Je l’ai noté à la place de {tutor.name}" in text) is (person is STANDS_IN)

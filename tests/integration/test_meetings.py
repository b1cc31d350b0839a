"""A meeting that is agreed: moved, cancelled, fixed by telephone, held or missed; what calendars get, what stays of it."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from chalicelib import clock, french
from chalicelib.clock import iso
from chalicelib.domain.documents.mailing import MOST_REFUSALS
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Outcome, Reason
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role, Setback, Step
from chalicelib.domain.meetings.appointment import AppointmentState
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import FieldInvalid, WrongStep
from chalicelib.french import heure, jour
from chalicelib.stores import parcours_table, relay_table, transactions
from chalicelib.stories import meetings as meetings_stories
from chalicelib.stories import outcomes
from chalicelib.stories.documents import sending
from chalicelib.stories.meetings import Move
from tests.conftest import Clock
from tests.support import factories
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import hidden_fields, signed_in
from tests.support.meetings import (
    Page,
    accepts,
    calendar_of,
    invitations,
    mails_leaving,
    shown_dates,
    slot_in_days,
    text_of,
)
from tests.support.worlds import World
from tests.support.writing import add_records


def test_the_tutor_moves_what_was_agreed_by_telephone(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)
    other = slot_in_days(16, place="https://exemple.fr/salle-42", minutes=30)

    for _ in range(2):
        meetings_stories.move(
            page.relay.tutor, page.relay.parcours_id, Move(other, seen=slot.start), clock.utc_now()
        )

    assert page.relay.event_kinds().count(EventKind.MEETING_MOVED) == 1
    history = unescape(signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text)
    mails, moved = mails_leaving(page), french.du_au(slot.start, other.start)
    assert f"Déplacé {moved}." in history
    assert all(f"Rendez-vous déplacé {moved}" in text_of(mail) for mail in mails)
    event = calendar_of(mails[0]).vevent
    assert (event.sequence.value, event.dtstart.value) == ("1", other.start)
    assert event.url.value == "https://exemple.fr/salle-42"
    for mail in mails:
        assert text_of(mail).count("http") == 1
    assert "salle-42" not in str(parcours_table.read_page(page.relay.parcours_id)), (
        "the timeline keeps instants only"
    )


@pytest.mark.parametrize("by", ["tutor", "company"])
def test_either_side_cancels_once_and_every_calendar_is_told(page: Page, by: str) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot, buyer_invited=True)
    uid = calendar_of(invitations(page)[-1]).vevent.uid.value

    for _ in range(2):
        if by == "company":
            page.says(meetings_stories.CANCELS, Reason.COMPANY_ABSENT)
        else:
            meetings_stories.cancel(
                page.relay.tutor,
                page.relay.parcours_id,
                Reason.YOUNG_PERSON_ABSENT,
                clock.utc_now(),
                seen=slot.start,
            )

    head = page.relay.head()
    assert (head.step, head.meeting_at) == (Step.LINK_SENT, None), "nobody has opened the link yet"
    assert page.relay.event_kinds().count(EventKind.MEETING_CANCELLED) == 1
    mails = mails_leaving(page)
    assert len(mails) == 3
    for mail in mails:
        calendar = calendar_of(mail)
        assert (calendar.method.value, calendar.vevent.sequence.value) == ("CANCEL", "1")
        assert (calendar.vevent.uid.value, calendar.vevent.status.value) == (uid, "CANCELLED")


@pytest.mark.parametrize(
    ("by", "reason", "to_company", "to_tutor"),
    [
        (
            Role.COMPANY,
            Reason.COMPANY_ABSENT,
            "Vous avez annulé ce rendez-vous. Motif : l’entreprise ne peut pas venir.",
            "Nadia Bellanger (l’entreprise) a annulé ce rendez-vous. Motif : l’entreprise ne peut pas venir.",
        ),
        (
            Role.TUTOR,
            Reason.YOUNG_PERSON_ABSENT,
            "Marie-Laure Estève (tutrice MLDS) a annulé ce rendez-vous. Motif : le jeune ne peut pas venir.",
            "Vous avez annulé ce rendez-vous. Motif : le jeune ne peut pas venir.",
        ),
    ],
)
def test_a_cancellation_says_who_cancelled_and_why_and_what_is_awaited_of_whom(
    page: Page, by: Role, reason: Reason, to_company: str, to_tutor: str
) -> None:
    page.browser.opens(page.token)
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)

    if by is Role.COMPANY:
        page.says(meetings_stories.CANCELS, reason)
    else:
        tutor, now = page.relay.tutor, clock.utc_now()
        meetings_stories.cancel(tutor, page.relay.parcours_id, reason, now, seen=slot.start)

    texts = {str(mail["To"]): " ".join(text_of(mail).split()) for mail in mails_leaving(page)}
    company, tutor_text = texts[COMPANY_ADDRESS], texts[page.relay.tutor.address]
    assert to_company in company and "À vous : proposez des dates." in company
    assert to_tutor in tutor_text and "À l’entreprise : proposer des dates." in tutor_text
    assert "n’est pas venu" not in company + tutor_text
    history = signed_in(page.relay.tutor).get(f"/parcours/{page.relay.parcours_id}").text
    was_planned = f"Il était prévu le {french.jour_court(slot.start)} à {french.heure(slot.start)}."
    assert was_planned in unescape(history)
    assert ("je le reçois directement" in company) is (by is Role.TUTOR), "nobody writes what they did not do"


def test_who_did_not_cancel_reads_who_did(page: Page) -> None:
    named = factories.account(Role.COORDINATOR, name="Claire Dumas")
    coordinator = replace(named, function="coordinatrice MLDS")
    add_records(coordinator)
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)
    now, here = clock.utc_now(), page.relay.parcours_id
    meetings_stories.cancel(coordinator, here, Reason.PUT_OFF, now, seen=slot.start)

    texts = {str(mail["To"]): " ".join(text_of(mail).split()) for mail in mails_leaving(page)}
    assert texts.keys() == {page.relay.tutor.address, COMPANY_ADDRESS}
    for text in texts.values():
        assert "Claire Dumas (coordinatrice MLDS) a annulé ce rendez-vous." in text
        assert "je le reçois directement" not in text, "the tutor has not written this"


def test_dates_proposed_right_after_a_cancellation_do_not_keep_it_from_leaving(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)
    page.says(meetings_stories.CANCELS, Reason.DATES_UNSUITABLE)
    [other] = page.proposes_in_days(15)

    mails = [mail for mail in mails_leaving(page) if "annulé" in str(mail["Subject"])]
    assert len(mails) == 2

    accepts(page, other)
    assert {calendar_of(mail).vevent.sequence.value for mail in mails_leaving(page)} == {"2"}


def test_a_meeting_fixed_by_telephone_invites_and_its_correction_withdraws(page: Page) -> None:
    tutor, at = page.relay.tutor, slot_in_days(9).start
    outcome = Outcome(
        kind=EventKind.MEETING_FIXED,
        contact=Interlocutor.WELCOMES,
        occurred_at=clock.utc_now(),
        planned_at=at,
    )

    fact = outcomes.note(tutor, page.relay.parcours_id, outcome, now=clock.utc_now())

    mails = mails_leaving(page)
    assert {str(mail["To"]) for mail in mails} == {tutor.address, COMPANY_ADDRESS}
    assert calendar_of(mails[0]).vevent.dtstart.value == at
    outcomes.correct(tutor, page.relay.parcours_id, fact, guests_seen=True, now=clock.utc_now())
    cancellations = mails_leaving(page)
    assert [calendar_of(mail).method.value for mail in cancellations] == ["CANCEL", "CANCEL"]
    assert all("Ce rendez-vous avait été noté par erreur" in text_of(mail) for mail in cancellations)
    assert page.relay.head().meeting_at is None


def test_correcting_a_meeting_to_come_asks_first_and_says_who_is_mailed(page: Page, world: World) -> None:
    """The date that it moved comes back, or none; without a press of that button, nobody is mailed and nothing changes."""
    tutor, here = signed_in(page.relay.tutor), f"/parcours/{page.relay.parcours_id}"
    first, second = (slot_in_days(days).start for days in (9, 12))
    facts = [
        page.relay.notes(EventKind.MEETING_FIXED, contact=Interlocutor.WELCOMES, planned_at=at)
        for at in (first, second)
    ]
    says = [" ".join(f"{jour(at)} à {heure(at)}".split()) for at in (first, second)]
    mails_leaving(page)
    before = world.everything()

    door, body = f"{here}/faits/{facts[1]}/correction", {"suite": "", "invites_vus": "1"}
    question = tutor.post_form(door, body | {"invites_vus": ""})

    assert question.status == 409
    assert f"Le rendez-vous du {says[1]} revient au {says[0]}." in question.words
    assert f"Un message le dit à {page.relay.tutor.name} et {factories.ANSWERING.name}." in question.words
    assert world.everything() == before and mails_leaving(page) == []
    assert hidden_fields(question.text, door) == body
    assert tutor.post_form(door, body).headers["location"] == f"{here}?fait=corrige"
    assert {calendar_of(mail).vevent.dtstart.value for mail in mails_leaving(page)} == {first}
    last = f"{here}/faits/{facts[0]}/correction"
    assert f"Le rendez-vous du {says[0]} est annulé." in tutor.post_form(last, {"suite": ""}).words
    assert tutor.post_form(last, body).status == 303
    assert page.relay.head().meeting_at is None


def test_a_correction_brings_back_the_dates_that_were_proposed(page: Page) -> None:
    dates = page.proposes_in_days(10, 12)
    fact = page.relay.notes(EventKind.MEETING_FIXED, contact=Interlocutor.WELCOMES, planned_at=dates[0].start)
    outcomes.correct(page.relay.tutor, page.relay.parcours_id, fact, guests_seen=True, now=clock.utc_now())

    accepts(page, dates[1])

    assert page.relay.head().meeting_at == dates[1].start


def test_the_end_of_a_passage_cancels_what_was_to_come(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
    reference = page.relay.head().reference

    outcomes.finish_passage(page.relay.tutor, page.relay.parcours_id, end, now=clock.utc_now())

    mails = [mail for mail in mails_leaving(page) if "annulé" in str(mail["Subject"])]
    assert {str(mail["To"]) for mail in mails} == {page.relay.tutor.address, COMPANY_ADDRESS}
    assert str(reference) in calendar_of(mails[0]).vevent.summary.value
    texts = {str(mail["To"]): " ".join(text_of(mail).split()) for mail in mails}
    assert "Le parcours s’est arrêté. Motif : autre motif." in texts[page.relay.tutor.address]
    assert "Le parcours s’est arrêté." in texts[COMPANY_ADDRESS]
    assert "Motif" not in texts[COMPANY_ADDRESS], "the end is mailed to the company without its reason"


def test_a_meeting_that_falls_with_a_refusal_says_who_declined(page: Page) -> None:
    [slot] = page.proposes_in_days(10, place="https://visio.example/salle")
    accepts(page, slot)
    [invitation] = [mail for mail in mails_leaving(page) if mail["To"] == page.relay.tutor.address]
    company = page.relay.head().company.name.split()[0]
    assert str(invitation["Subject"]).startswith(company), "a tutor knows a parcours by its company"

    page.relay.notes(
        EventKind.COMPANY_DECLINED, reason=Reason.NO_HOST_AVAILABLE, contact=Interlocutor.WELCOMES
    )

    cancelled = [mail for mail in mails_leaving(page) if "annulé" in str(mail["Subject"])]
    texts = {str(mail["To"]): " ".join(text_of(mail).split()) for mail in cancelled}
    why = "Motif : personne pour accueillir."
    assert f"Votre entreprise a refusé. {why}" in texts[COMPANY_ADDRESS]
    assert f"L’entreprise a refusé. {why}" in texts[page.relay.tutor.address]


def test_on_the_eve_both_are_reminded_once_and_after_two_days_nothing_stays(page: Page, time: Clock) -> None:
    [slot] = page.proposes_in_days(10, place="https://exemple.fr/salle-42")
    accepts(page, slot)
    mails_leaving(page)
    page.relay.purges()
    assert mails_leaving(page) == []

    time.now = slot.start - timedelta(hours=23)
    for _ in range(2):
        page.relay.purges()
    mails = [mail for mail in mails_leaving(page) if "demain" in str(mail["Subject"])]
    assert {str(mail["To"]) for mail in mails} == {page.relay.tutor.address, COMPANY_ADDRESS}

    time.now = slot.start + timedelta(days=1)
    page.relay.purges()
    assert "salle-42" in page.relay.world.everything()
    time.now = slot.end + timedelta(days=2, minutes=1)
    page.relay.purges()
    assert "salle-42" not in page.relay.world.everything()
    assert meetings_stories.load_appointment(page.relay.head()) is None
    assert page.relay.head().meeting_at == slot.start


def test_dates_that_nobody_accepted_go_two_days_after_the_last(page: Page, time: Clock) -> None:
    last = page.proposes_in_days(3, 5, place="https://exemple.fr/salle-42")[-1]

    time.now = last.end + timedelta(days=2, minutes=1)
    page.relay.purges()

    assert "salle-42" not in page.relay.world.everything()


@pytest.mark.parametrize(
    ("gesture", "reason", "step", "setback"),
    [
        (meetings_stories.HELD, None, Step.MEETING_HELD, None),
        (meetings_stories.MISSED, Reason.YOUNG_PERSON_ABSENT, Step.LINK_SENT, Setback.MEETING_MISSED),
    ],
)
def test_the_company_says_what_became_of_it_once_its_hour_is_past(
    page: Page, time: Clock, gesture: str, reason: Reason | None, step: Step, setback: Setback | None
) -> None:
    [slot] = page.proposes_in_days(2)
    accepts(page, slot)
    mails_leaving(page)
    with pytest.raises(WrongStep):
        page.says(gesture, reason)

    time.now = slot.start + timedelta(hours=2)
    for _ in range(2):
        page.says(gesture, reason)

    head = page.relay.head()
    assert (head.step, head.setback, head.meeting_at) == (step, setback, None)
    appointment = meetings_stories.load_appointment(head)
    assert appointment is not None
    assert appointment.state is AppointmentState.OVER
    assert [str(mail["To"]) for mail in mails_leaving(page)] == [page.relay.tutor.address]


def test_after_a_missed_meeting_the_next_one_is_another_in_every_calendar(page: Page, time: Clock) -> None:
    [slot] = page.proposes_in_days(2)
    accepts(page, slot)
    first = calendar_of(invitations(page)[-1]).vevent.uid.value
    time.now = slot.start + timedelta(hours=2)
    page.says(meetings_stories.MISSED, Reason.PUT_OFF)

    [other] = page.proposes_in_days(4)
    accepts(page, other)

    event = calendar_of(invitations(page)[-1]).vevent
    assert event.uid.value != first
    assert event.sequence.value == "0"
    assert page.relay.event_kinds()[-1] is EventKind.SLOT_ACCEPTED


@pytest.mark.parametrize(
    ("gesture", "reason"),
    [
        ("autre", None),
        (meetings_stories.CANCELS, None),
        (meetings_stories.HELD, Reason.OTHER),
        (meetings_stories.CANCELS, Reason.NO_ANSWER),
    ],
)
def test_an_unknown_meeting_gesture_or_one_without_a_reason_is_refused(
    page: Page, gesture: str, reason: Reason | None
) -> None:
    [slot] = page.proposes_in_days(3)
    accepts(page, slot)

    with pytest.raises(FieldInvalid):
        page.says(gesture, reason)


def test_a_stored_appointment_has_an_expiry_of_its_own(page: Page) -> None:
    [slot] = page.proposes_in_days(10)

    [item] = [
        item for item in page.relay.world.table("RELAY_TABLE") if str(item["pk"]).startswith("appointment#")
    ]

    assert item["due_at"] == iso(slot.start)
    assert int(item["ttl"]) == int((slot.end + timedelta(days=9)).timestamp())
    assert relay_table.read_appointment(page.relay.parcours_id, 1) is not None


@pytest.mark.parametrize("moved", [False, True])
def test_an_invitation_that_never_left_is_missed_only_while_no_later_one_says_otherwise(
    page: Page, moved: bool
) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    spent = [
        mail
        for mail in map(relay_table.read_mail, page.relay.outbox())
        if mail is not None and mail.sequence == 0
    ]
    given_up = tuple(
        Change(mail, replace(mail, tries=MOST_REFUSALS, refusals=MOST_REFUSALS)) for mail in spent
    )
    transactions.commit(Transition(changes=given_up))
    if moved:
        tutor, here = page.relay.tutor, page.relay.parcours_id
        meetings_stories.move(tutor, here, Move(slot_in_days(12), seen=slot.start), clock.utc_now())

    left = [str(invitation["To"]) for invitation in invitations(page)]

    assert len(spent) == 2
    assert (EventKind.COMPANY_MAIL_LOST in page.relay.event_kinds()) is not moved
    assert (COMPANY_ADDRESS in left) is moved


@pytest.mark.parametrize("act", ["cancels", "asks for other dates", "misses it"])
def test_documents_that_were_withdrawn_unopened_are_to_be_sent_whatever_was_agreed_since(
    page: Page, time: Clock, act: str
) -> None:
    [slot] = page.proposes_in_days(10)
    if act != "asks for other dates":
        accepts(page, slot)
    sending.revoke(page.relay.tutor, page.relay.deposit().id, seen_opened=False, now=clock.utc_now())

    tutor, now = page.relay.tutor, clock.utc_now()
    if act == "cancels":
        meetings_stories.cancel(tutor, page.relay.parcours_id, Reason.OTHER, now, seen=slot.start)
    elif act == "misses it":
        time.now = slot.start + timedelta(hours=1)
        page.relay.notes(EventKind.MEETING_MISSED, reason=Reason.COMPANY_ABSENT)
    else:
        dates_seen = shown_dates(page.relay)
        meetings_stories.ask_others(tutor, page.relay.parcours_id, Reason.OTHER, now, seen=dates_seen)

    assert page.relay.head().step is Step.DOCUMENTS_TO_SEND

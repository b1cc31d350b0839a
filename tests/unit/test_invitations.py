"""What calendars are told, read back by three libraries that are not the one that writes it."""

import hashlib
from datetime import UTC, datetime, timedelta

import vobject

from chalicelib.domain.meetings.slots import Slot
from chalicelib.mails import invitations
from chalicelib.mails.invitations import Attendee, Invitation, Method, Status
from tests.support import calendar_readers

NOW = datetime(2026, 9, 1, 8, 30, 5, tzinfo=UTC)
TUTOR = Attendee("m.esteve@academie.example", 'Marie-Laure Estève; dite, « M"L »')
COMPANY = Attendee("rh@jardins.example", "Jardins Morvenne")
BUYER = Attendee("achats@ministere.example", "Paule Achat", optional=True)


def invitation(start: datetime, method: Method = Method.REQUEST, **more: object) -> Invitation:
    """Return an invitation or a cancellation of a meeting of 45 minutes, with some fields changed."""
    fields: dict[str, object] = {
        "method": method,
        "status": Status.CONFIRMED if method is Method.REQUEST else Status.CANCELLED,
        "uid": "ab" * 16 + "@passe-plat.example",
        "sequence": 2,
        "slot": Slot(start=start, minutes=45),
        "summary": "Rendez-vous, clause sociale de formation, CSF-7K3Q-92",
        "place": "4 rue des Peupliers, bâtiment « B »; porte 3, Brévannes-le-Lac",
        "description": "Répondre dans l’agenda ne prévient personne.\nÉcrivez à M. Estève ; voici : m@a.example",
        "organizer": Attendee("ne-pas-repondre@passe-plat.example", TUTOR.name),
        "attendees": (TUTOR, COMPANY, BUYER),
    }
    return Invitation(**fields | more)  # type: ignore[arg-type]


def read_invitation(text: bytes) -> vobject.base.Component:
    """Return what the reader that shows most finds in an invitation; the others must read the same."""
    calendar_readers.assert_read_alike([text])
    return vobject.readOne(text.decode())


HOURS = {
    datetime(2027, 3, 27, 13, tzinfo=UTC): 1,
    datetime(2027, 3, 28, 0, 30, tzinfo=UTC): 1,
    datetime(2027, 3, 28, 1, tzinfo=UTC): 2,
    datetime(2026, 10, 24, 12, tzinfo=UTC): 2,
    datetime(2026, 10, 24, 23, 30, tzinfo=UTC): 2,
    datetime(2026, 10, 25, 2, tzinfo=UTC): 1,
    datetime(2027, 10, 30, 23, tzinfo=UTC): 2,
    datetime(2026, 12, 2, 13, 30, tzinfo=UTC): 1,
}
"""When a meeting begins, and by how many hours clocks in Paris are ahead of UTC then."""
TWICE = [datetime(2026, 10, 25, hour, 15, tzinfo=UTC) for hour in (0, 1)]
"""In the hour that comes twice, and then once more."""


def test_the_hour_is_the_same_instant_in_every_calendar_over_both_nights() -> None:
    """Every reader finds the same instant by the VTIMEZONE in the file, on both sides of the nights on which clocks change."""
    starts = [*HOURS, *TWICE]
    texts = [invitations.write_calendar(invitation(start), NOW) for start in starts]

    events = calendar_readers.assert_read_alike(texts)

    lasts = timedelta(minutes=45)
    assert [(event.start, event.end) for event in events] == [(start, start + lasts) for start in starts]
    for (start, offset), text in zip(HOURS.items(), texts, strict=False):
        event = vobject.readOne(text.decode()).vevent
        assert event.dtstart.value.astimezone(UTC) == start
        assert event.dtstart.value.utcoffset() == timedelta(hours=offset), start
        assert event.dtend.value.astimezone(UTC) == start + lasts
        assert b"DTSTART;TZID=Europe/Paris:" in text
        assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" in text


def test_an_invitation_says_who_what_where_and_which_version() -> None:
    calendar = read_invitation(
        invitations.write_calendar(invitation(datetime(2026, 12, 2, 13, 30, tzinfo=UTC)), NOW)
    )
    event = calendar.vevent

    assert (calendar.version.value, calendar.method.value) == ("2.0", "REQUEST")
    assert (event.uid.value, event.sequence.value) == ("ab" * 16 + "@passe-plat.example", "2")
    assert (event.status.value, event.dtstamp.value) == ("CONFIRMED", NOW)
    assert event.summary.value == "Rendez-vous, clause sociale de formation, CSF-7K3Q-92"
    assert event.location.value == "4 rue des Peupliers, bâtiment « B »; porte 3, Brévannes-le-Lac"
    assert event.description.value == (
        "Répondre dans l’agenda ne prévient personne.\nÉcrivez à M. Estève ; voici : m@a.example"
    )
    assert event.organizer.value == "mailto:ne-pas-repondre@passe-plat.example"
    assert [attendee.value for attendee in event.attendee_list] == [
        f"mailto:{person.address}" for person in (TUTOR, COMPANY, BUYER)
    ]
    assert [attendee.params["ROLE"] for attendee in event.attendee_list] == [
        ["REQ-PARTICIPANT"], ["REQ-PARTICIPANT"], ["OPT-PARTICIPANT"],
    ]  # fmt: skip
    assert "url" not in event.contents


def test_no_calendar_offers_to_answer_or_to_propose_another_time() -> None:
    for method in Method:
        text = invitations.write_calendar(invitation(datetime(2026, 12, 2, 13, 30, tzinfo=UTC), method), NOW)
        [event_read] = calendar_readers.assert_read_alike([text])

        assert event_read.counter == "TRUE"
        people = vobject.readOne(text.decode()).vevent.attendee_list
        assert {person.params["RSVP"][0] for person in people} == {"FALSE"}


def test_calendars_get_accented_domains_in_punycode_and_names_as_they_are() -> None:
    person = Attendee("n.bellanger@jardinière.example", "Zoé Jardinière")
    text = invitations.write_calendar(
        invitation(datetime(2026, 12, 2, 13, 30, tzinfo=UTC), organizer=person, attendees=(person,)), NOW
    )

    [event_read] = calendar_readers.assert_read_alike([text])

    assert event_read.people == (("mailto:n.bellanger@xn--jardinire-63a.example", "Zoé Jardinière"),)
    assert event_read.organizer == "mailto:n.bellanger@xn--jardinire-63a.example"


def test_a_cancellation_bears_the_same_name_and_a_later_number() -> None:
    start = datetime(2026, 12, 2, 13, 30, tzinfo=UTC)
    calendar = read_invitation(invitations.write_calendar(invitation(start, Method.CANCEL, sequence=3), NOW))

    assert calendar.method.value == "CANCEL"
    assert calendar.vevent.status.value == "CANCELLED"
    assert (calendar.vevent.uid.value, calendar.vevent.sequence.value) == (
        "ab" * 16 + "@passe-plat.example",
        "3",
    )


def test_whoever_alone_is_invited_no_more_is_told_of_no_status() -> None:
    """A mail that uninvites one person bears no STATUS (RFC 5546, 3.2.5): with one, every client would take the meeting itself
    for cancelled.
    """
    start = datetime(2026, 12, 2, 13, 30, tzinfo=UTC)
    leaves = invitation(start, Method.CANCEL, sequence=3, status=None, attendees=(BUYER,))

    calendar = read_invitation(invitations.write_calendar(leaves, NOW))

    assert calendar.method.value == "CANCEL"
    assert "status" not in calendar.vevent.contents
    assert [attendee.value for attendee in calendar.vevent.attendee_list] == [f"mailto:{BUYER.address}"]


def test_a_meeting_at_a_distance_has_the_address_that_the_company_chose() -> None:
    slot = Slot(
        start=datetime(2026, 12, 2, 13, 30, tzinfo=UTC), minutes=30, place="https://visio.exemple.fr/a;b,c"
    )
    event = read_invitation(
        invitations.write_calendar(invitation(slot.start, slot=slot, place="En visio"), NOW)
    ).vevent

    assert event.url.value == "https://visio.exemple.fr/a;b,c"


def test_lines_end_and_fold_as_the_standard_wants_and_nobody_adds_one() -> None:
    sly = Attendee("a@b.example", "Zoé\r\nATTENDEE:mailto:x@y.example")
    text = invitations.write_calendar(
        invitation(datetime(2026, 12, 2, 13, tzinfo=UTC), organizer=sly, place="a\r\nX-B:c"), NOW
    )

    lines = text.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert len(read_invitation(text).vevent.attendee_list) == 3
    assert b"X-B" not in [line.split(b":")[0] for line in lines]


def test_ical_js_is_the_one_that_npm_gives() -> None:
    """The stored ical.js is version 2.2.1, ``dist/ical.min.js`` of its npm package, unchanged: the tests need no npm."""
    kept = calendar_readers.SCRIPT.with_name("ical-2.2.1.min.mjs").read_bytes()

    assert hashlib.sha256(kept).hexdigest() == (
        "6643f20634241dc040e02c2f10e3c48cf9bcda4b3180f4321a3d05a3a83dfe52"
    )

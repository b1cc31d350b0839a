"""What calendars are told, read back by another library than the one that writes it."""

from datetime import UTC, datetime, timedelta

import pytest
import vobject

from chalicelib import invitations
from chalicelib.domain.slots import Slot
from chalicelib.invitations import Attendee, Invitation, Method

NOW = datetime(2026, 9, 1, 8, 30, 5, tzinfo=UTC)
TUTOR = Attendee("m.esteve@academie.example", 'Marie-Laure Estève; dite, « M"L »')
COMPANY = Attendee("rh@jardins.example", "Jardins Morvenne")
BUYER = Attendee("achats@ministere.example", "Paule Achat", optional=True)


def invitation(start: datetime, method: Method = Method.REQUEST, **more: object) -> Invitation:
    fields: dict[str, object] = {
        "method": method,
        "uid": "ab" * 16 + "@passe-plat.example",
        "sequence": 2,
        "slot": Slot(start=start, minutes=45),
        "summary": "Rencontre, clause sociale de formation, CSF-7K3Q-92",
        "place": "4 rue des Peupliers, bâtiment « B »; porte 3, Brévannes-le-Lac",
        "organizer": Attendee("ne-pas-repondre@passe-plat.example", TUTOR.name),
        "attendees": (TUTOR, COMPANY, BUYER),
    }
    return Invitation(**fields | more)  # type: ignore[arg-type]


def read(text: bytes) -> vobject.base.Component:
    return vobject.readOne(text.decode())


@pytest.mark.parametrize(
    ("start", "offset"),
    [
        (datetime(2027, 3, 27, 13, tzinfo=UTC), 1),
        (datetime(2027, 3, 28, 0, 30, tzinfo=UTC), 1),
        (datetime(2027, 3, 28, 1, tzinfo=UTC), 2),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), 2),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), 2),
        (datetime(2026, 10, 25, 2, tzinfo=UTC), 1),
        (datetime(2026, 12, 2, 13, 30, tzinfo=UTC), 1),
    ],
)
def test_the_hour_is_the_same_instant_in_every_calendar_over_both_nights(
    start: datetime, offset: int
) -> None:
    """By its own VTIMEZONE: another library knows no zone but what stands in the file."""
    text = invitations.text_of(invitation(start), NOW)

    event = read(text).vevent

    assert event.dtstart.value.astimezone(UTC) == start
    assert event.dtstart.value.utcoffset() == timedelta(hours=offset)
    assert event.dtend.value.astimezone(UTC) == start + timedelta(minutes=45)
    assert b"DTSTART;TZID=Europe/Paris:" in text
    assert b"BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n" in text


def test_an_invitation_says_who_what_where_and_which_version() -> None:
    calendar = read(invitations.text_of(invitation(datetime(2026, 12, 2, 13, 30, tzinfo=UTC)), NOW))
    event = calendar.vevent

    assert (calendar.version.value, calendar.method.value) == ("2.0", "REQUEST")
    assert (event.uid.value, event.sequence.value) == ("ab" * 16 + "@passe-plat.example", "2")
    assert (event.status.value, event.dtstamp.value) == ("CONFIRMED", NOW)
    assert event.summary.value == "Rencontre, clause sociale de formation, CSF-7K3Q-92"
    assert event.location.value == "4 rue des Peupliers, bâtiment « B »; porte 3, Brévannes-le-Lac"
    assert event.organizer.value == "mailto:ne-pas-repondre@passe-plat.example"
    assert [one.value for one in event.attendee_list] == [
        f"mailto:{one.address}" for one in (TUTOR, COMPANY, BUYER)
    ]
    assert [one.params["ROLE"] for one in event.attendee_list] == [
        ["REQ-PARTICIPANT"], ["REQ-PARTICIPANT"], ["OPT-PARTICIPANT"],
    ]  # fmt: skip
    assert "url" not in event.contents


def test_a_cancellation_bears_the_same_name_and_a_later_number() -> None:
    start = datetime(2026, 12, 2, 13, 30, tzinfo=UTC)
    calendar = read(invitations.text_of(invitation(start, Method.CANCEL, sequence=3), NOW))

    assert calendar.method.value == "CANCEL"
    assert calendar.vevent.status.value == "CANCELLED"
    assert (calendar.vevent.uid.value, calendar.vevent.sequence.value) == (
        "ab" * 16 + "@passe-plat.example",
        "3",
    )


def test_a_meeting_at_a_distance_has_the_address_that_the_company_chose() -> None:
    slot = Slot(
        start=datetime(2026, 12, 2, 13, 30, tzinfo=UTC), minutes=30, place="https://visio.exemple.fr/a;b,c"
    )
    event = read(invitations.text_of(invitation(slot.start, slot=slot, place="À distance"), NOW)).vevent

    assert event.url.value == "https://visio.exemple.fr/a;b,c"


def test_lines_end_and_fold_as_the_standard_wants_and_nobody_adds_one() -> None:
    sly = Attendee("a@b.example", "Zoé\r\nATTENDEE:mailto:x@y.example")
    text = invitations.text_of(
        invitation(datetime(2026, 12, 2, 13, tzinfo=UTC), organizer=sly, place="a\r\nX-B:c"), NOW
    )

    lines = text.split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert len(read(text).vevent.attendee_list) == 3
    assert b"X-B" not in [line.split(b":")[0] for line in lines]

"""A company's page and a tutor who agree on a meeting, story by story, and the mails that tell of it."""

from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage

import vobject

from chalicelib import clock
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.meetings.slots import Slot
from chalicelib.stories import meetings
from chalicelib.stories.meetings import CompanyGesture, Proposal
from tests.support import calendar_readers, factories, relays
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

BUYER_ADDRESS = "achats@ministere.example"


class Page:
    """A company's browser that has answered the question."""

    def __init__(self, sent: Relay) -> None:
        self.relay, self.token, self.browser = sent, sent.sends(), Browser()
        self.browser.proves(self.token)

    def proposes_in_days(self, *days: int, **more: object) -> tuple[Slot, ...]:
        """Propose one date in so many days for each number; return the dates."""
        dates = tuple(slot_in_days(day, **more) for day in days)
        self.gives(dates)
        return dates

    def gives(self, dates: tuple[Slot, ...], *, holidays_seen: bool = True) -> None:
        """Propose these dates on the company's page."""
        meetings.propose(
            self.token, Proposal(dates, holidays_seen=holidays_seen), self.browser.digest, clock.utc_now()
        )

    def says(self, gesture: str, reason: Reason | None = None) -> None:
        """Say on the company's page what became of the meeting (« tenu »…)."""
        meetings.note_gesture(
            self.token,
            CompanyGesture(gesture, reason, seen=agreed_start(self.relay)),
            self.browser.digest,
            clock.utc_now(),
        )


def slot_in_days(days: int, **more: object) -> Slot:
    """Return a date of 45 minutes at nine o'clock UTC in so many days; ``more`` replaces its fields."""
    start = datetime.combine(day_of(clock.utc_now()) + timedelta(days=days), time(9), UTC)
    return Slot(start=start, **{"minutes": 45, **more})  # type: ignore[arg-type]


def shown_dates(relay: Relay) -> str:
    """Return the version of the proposed dates, which a page shown now sends back with its form."""
    stands = meetings.load_appointment(relay.head())
    return stands.page_version if stands else ""


def agreed_start(relay: Relay) -> datetime | None:
    """Return the start of the meeting that a page shows; once it is cancelled, that of the last one agreed."""
    head = relay.head()
    stands = meetings.load_appointment(head)
    return head.meeting_at or (stands.slot.start if stands and stands.slot else None)


def accepts(page: Page, slot: Slot, *, buyer_invited: bool = False) -> None:
    """Accept this date as the tutor, from a page that shows the present dates."""
    meetings.accept(
        page.relay.tutor,
        page.relay.parcours_id,
        Acceptance(
            slot.start,
            seen=shown_dates(page.relay),
            buyer_invited=buyer_invited,
            host_seen=slot.video.host if slot.video else "",
        ),
        clock.utc_now(),
    )


def mails_leaving(page: Page) -> list[EmailMessage]:
    """Send the waiting mails; return them."""
    before = len(page.relay.world.mails())
    page.relay.mailer_runs()
    return page.relay.world.mails()[before:]


def invitations(page: Page) -> list[EmailMessage]:
    """Send the waiting mails; return those that have a calendar in them."""
    return [
        mail
        for mail in mails_leaving(page)
        if any(part.get_content_type() == "text/calendar" for part in mail.walk())
    ]


def calendars_mailed(relay: Relay) -> dict[str, str]:
    """Send the waiting mails; return the recipients of invitations and withdrawals, each of whom gets one at most."""
    before = len(relay.world.mails())
    relay.mailer_runs()
    mails = [
        mail
        for mail in relay.world.mails()[before:]
        if any(part.get_content_type() == "text/calendar" for part in mail.walk())
    ]
    told = {str(mail["To"]): str(calendar_of(mail).method.value) for mail in mails}
    assert len(told) == len(mails)
    return told


def text_of(mail: EmailMessage) -> str:
    """Return the plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def calendar_of(mail: EmailMessage) -> vobject.base.Component:
    """The invitation that stands in a mail."""
    text = calendar_readers.invitation_in(mail)
    assert text is not None
    return vobject.readOne(text.decode())


def start_proposing(world: World) -> Page:
    """Return a page on which no date is proposed yet, of a parcours whose buyer has an account."""
    buyer = factories.account(Role.BUYER, address=BUYER_ADDRESS)
    return Page(relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,)))

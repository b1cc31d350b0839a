"""The mail page shows what left as mail programs read it: headers, the invitation, the parts."""

from datetime import UTC, datetime

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from infra.local.mailbox import Mail, mail_page
from tests import meetings, relays
from tests.conftest import Clock
from tests.factories import COMPANY_ADDRESS
from tests.meetings import Page, accepts, mailed
from tests.worlds import World


@pytest.fixture
def page(world: World, time: Clock) -> Page:
    return meetings.proposed(world)


def as_shown(place: int) -> str:
    """The page of the mail that left at this place, as its bytes were."""
    raw = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"].sent_messages[place].raw_data.encode()
    return mail_page(Mail(1, datetime.now(UTC), (COMPANY_ADDRESS,), raw))


def test_the_mail_page_shows_headers_parts_and_what_the_calendar_is_asked(page: Page) -> None:
    [slot] = page.proposes(10)
    accepts(page, slot)
    mailed(page)
    place = next(
        i for i, one in reversed(list(enumerate(page.relay.world.mails()))) if one["To"] == COMPANY_ADDRESS
    )

    shown = as_shown(place)

    assert ", par Passe-plat &lt;" in shown
    for one in (
        "References",
        "Message-ID",
        "Auto-Submitted",
        "invitation (REQUEST)",
        "rendez-vous.ics",
        "quoted-printable",
    ):
        assert one in shown, one
    assert "BEGIN:VCALENDAR" in shown and "Europe/Paris" in shown
    assert f"&lt;{COMPANY_ADDRESS}&gt;" in shown, "who is invited"


def test_a_mail_without_an_invitation_shows_none(world: World, time: Clock) -> None:
    relay = relays.started(world)
    relay.sends()

    shown = as_shown(0)

    assert "Pour l’agenda" not in shown and "text/html" in shown

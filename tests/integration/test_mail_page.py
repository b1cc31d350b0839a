"""The mail page shows what left as mail programs read it: headers, the invitation, the parts."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import urllib3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from infra.local import reports
from infra.local.cloud import free_port
from infra.local.mailbox import Mail, Mailbox, Sms, mail_page
from infra.local.reports import Event
from infra.local.server import serving
from tests.support import worlds
from tests.support.factories import COMPANY_ADDRESS
from tests.support.meetings import Page, accepts, mails_leaving
from tests.support.relays import Relay


def read_mail_page(place: int) -> str:
    """The page that shows the mail at this place of the mailbox."""
    raw = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-3"].sent_messages[place].raw_data.encode()
    return mail_page(Mail(1, datetime.now(UTC), (COMPANY_ADDRESS,), raw))


def test_the_mail_page_shows_headers_parts_and_what_the_calendar_is_asked(page: Page) -> None:
    [slot] = page.proposes_in_days(10)
    accepts(page, slot)
    mails_leaving(page)
    place = next(
        i for i, mail in reversed(list(enumerate(page.relay.world.mails()))) if mail["To"] == COMPANY_ADDRESS
    )

    shown = read_mail_page(place)

    assert ", par Passe-plat &lt;" in shown
    for name in (
        "References",
        "Message-ID",
        "Auto-Submitted",
        "invitation (REQUEST)",
        "rendez-vous.ics",
        "quoted-printable",
    ):
        assert name in shown, name
    assert "BEGIN:VCALENDAR" in shown and "Europe/Paris" in shown
    assert f"&lt;{COMPANY_ADDRESS}&gt;" in shown, "who is invited"


def test_a_mail_without_an_invitation_shows_none(relay: Relay) -> None:
    relay.sends()

    shown = read_mail_page(0)

    assert "Pour l’agenda" not in shown and "text/html" in shown


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_boxes: dict[str, Mailbox] = {}
"""By its address, the server of each mail page."""


@pytest.fixture
def pretending() -> Iterator[tuple[str, list[Event]]]:
    """A mail page with one mail, and the list of what its buttons report."""
    said: list[Event] = []
    box = Mailbox(free_port(), aws_port=0)
    box.report, box.account, box.configuration_set = said.append, worlds.ACCOUNT, worlds.MAIL_SET
    asked = {
        "Destination": {"ToAddresses": [COMPANY_ADDRESS]},
        "EmailTags": [{"Name": "mail", "Value": "0" * 32}],
        "Content": {"Raw": {"Data": base64.b64encode(b"From: a@b.example\r\nSubject: x\r\n\r\nx").decode()}},
    }
    assert box.take(json.dumps(asked).encode()) is None
    with serving(box):
        site = f"http://127.0.0.1:{box.server_port}"
        _boxes[site] = box
        yield site, said


def _presses(site: str, slug: str, origin: str | None, number: int = 1) -> int:
    """Press a button of the mail page that reports on a mail; return the status."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"Origin": origin} if origin else {})
    path, body = f"{site}/mail/{number}/avis", f"avis={slug}"
    return urllib3.request("POST", path, body=body, headers=headers, redirect=False, retries=False).status


def test_each_button_of_the_mail_page_reports_as_the_mail_service_would(
    pretending: tuple[str, list[Event]],
) -> None:
    site, said = pretending

    for slug in reports.REPORTS:
        assert _presses(site, slug, site) == 303

    assert [event["detail-type"] for event in said] == [
        "Email Delivered",
        "Email Delivery Delayed",
        "Email Bounced",
        "Email Bounced",
        "Email Complaint Received",
    ]
    assert all(event["detail"]["mail"]["tags"]["mail"] == ["0" * 32] for event in said)
    shown = urllib3.request("GET", f"{site}/mail/1", retries=False).data.decode()
    assert "Remis, puis En retard, puis Refusé, définitif" in shown


def test_the_mail_page_refuses_other_origins_and_unknown_reports(
    pretending: tuple[str, list[Event]],
) -> None:
    site, said = pretending

    for origin in (None, "null", "http://localhost:8000", "https://ailleurs.example"):
        assert _presses(site, "refuse", origin) == 403
    assert _presses(site, "ouvert", site) == _presses(site, "refuse", site, number=2) == 404

    assert not said


def test_the_sms_page_shows_what_left_and_lets_its_reader_answer_stop(
    pretending: tuple[str, list[Event]],
) -> None:
    site, _ = pretending
    box = _boxes[site]
    box.texts.append(Sms(datetime.now(UTC), "+33612345678", "Bonjour"))

    def is_stopped() -> bool:
        asked = "Action=CheckIfPhoneNumberIsOptedOut&phoneNumber=%2B33612345678"
        return b"<isOptedOut>true" in urllib3.request("POST", f"{site}/", body=asked, headers=FORM).data

    def answer_stop(origin: str) -> int:
        headers = FORM | {"Origin": origin}
        return urllib3.request(
            "POST", f"{site}/sms/stop", body="numero=%2B33612345678", headers=headers, redirect=False
        ).status

    assert "Bonjour" in urllib3.request("GET", f"{site}/sms").data.decode()
    assert (answer_stop("https://ailleurs.example"), is_stopped()) == (403, False)
    assert (answer_stop(site), is_stopped()) == (303, True)
    assert "a répondu STOP" in urllib3.request("GET", f"{site}/sms").data.decode()

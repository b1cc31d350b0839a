"""The recipient's page in each state of its link: what it is for, what may be done, what is said; on another device as well."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import clock, terms
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.domain.parcours.holder import HolderState
from chalicelib.domain.parcours.turns import whose_turn
from chalicelib.stories import meetings, young_acts
from chalicelib.stories.mails import feedback
from chalicelib.stories.meetings import CompanyGesture, Proposal
from chalicelib.web.kit.http import NONCE_COOKIE
from chalicelib.words import codes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import meetings as agreed
from tests.support import relays, ses_events
from tests.support.http import Client
from tests.support.passings import COLLEAGUE, OTHER, adds, colleague_named, passes
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record

pytestmark = pytest.mark.usefixtures("answering")


@dataclass
class Company:
    """The browser that opens, and the link that was mailed to it; each method brings the link into the state of its name."""

    relay: Relay
    time: Clock
    token: str = ""
    here: Browser = field(default_factory=Browser)

    def sent(self) -> None:
        self.token = self.relay.sends()

    def opened(self) -> None:
        self.sent()
        self.here.proves(self.token)
        self.here.opens(self.token)

    def unreadable(self) -> None:
        self.opened()
        self.here.confirms(self.token, readable=False)

    def read(self) -> None:
        self.opened()
        self.here.confirms(self.token)
        self.relay.purges()

    def read_before_a_colleague(self) -> None:
        self.opened()
        adds(self.here, self.token)
        self.here.confirms(self.token)
        self.relay.purges()

    def promised(self) -> None:
        self.read()
        now = clock.utc_now()
        self.relay.notes(
            EventKind.DATES_PROMISED, contact=Interlocutor.WELCOMES, planned_at=now + timedelta(days=3)
        )

    def never_confirmed(self) -> None:
        self.opened()
        self.time.passes(hours=73)
        self.relay.purges()

    def expired(self) -> None:
        self.sent()
        self.time.passes(days=16)
        self.relay.purges()

    def asked(self) -> None:
        self.expired()
        self.here.proves(self.token)
        self._posts("demande")

    def proposed(self) -> None:
        self.read()
        self.proposes()

    def proposes(self) -> None:
        days, now = (agreed.slot_in_days(5), agreed.slot_in_days(6)), clock.utc_now()
        meetings.propose(self.token, Proposal(days, holidays_seen=True), self.here.digest, now)

    def asked_others(self) -> None:
        self.proposed()
        self.asks_others()

    def asks_others(self) -> None:
        parcours, shown, why = self.relay.parcours_id, agreed.shown_dates(self.relay), Reason.DATES_UNSUITABLE
        meetings.ask_others(self.relay.tutor, parcours, why, clock.utc_now(), seen=shown)

    def fixed(self) -> None:
        self.proposed()
        current = meetings.load_appointment(self.relay.head())
        assert current is not None
        start, parcours = current.slots[0].start, self.relay.parcours_id
        meetings.accept(
            self.relay.tutor, parcours, Acceptance(start, seen=current.page_version), clock.utc_now()
        )

    def cancelled(self) -> None:
        self.fixed()
        self._gives("annule", Reason.PUT_OFF)

    def past(self) -> None:
        self.fixed()
        self.time.passes(days=6)
        self.here.proves(self.token)

    def missed(self) -> None:
        self.past()
        self._gives("manque", Reason.PUT_OFF)

    def held(self) -> None:
        self.past()
        self._gives("tenu", None)

    def signed(self) -> None:
        self.held()
        now = clock.utc_now()
        self.relay.notes(EventKind.CONVENTION_SIGNED, planned_at=now + timedelta(days=90))

    def declined(self) -> None:
        self.opened()
        self.here.declines(self.token, Reason.NO_HOST_AVAILABLE)

    def declined_after_dates(self) -> None:
        self.proposed()
        self.here.declines(self.token, Reason.NO_HOST_AVAILABLE)

    def undone(self) -> None:
        self.declined()
        self.here.withdraws_refusal(self.token)

    def declined_for_good(self) -> None:
        self.declined()
        self.time.passes(hours=25)
        self.relay.purges()

    def declined_by_telephone(self) -> None:
        self.read()
        self.relay.notes(EventKind.COMPANY_DECLINED, reason=Reason.OTHER, contact=Interlocutor.WELCOMES)

    def revoked(self) -> None:
        self.sent()
        sending_changes.revokes(self.relay)

    def returned(self) -> None:
        self.sent()
        tag = delivery.derive_tag(self.relay.link().mail_key)
        feedback.receive(ses_events.EVENTS["refused"](tag), now=clock.utc_now())

    def replaced(self) -> None:
        self.sent()
        sending_changes.resends(self.relay)

    def passed_on(self) -> None:
        self.sent()
        self.here.proves(self.token)
        passes(self.here, self.token, colleague_named(COLLEAGUE))

    def asked_consent(self) -> None:
        self.sent()
        self.here.proves(self.token)
        passes(self.here, self.token, colleague_named(OTHER))

    def closed(self) -> None:
        self.sent()
        link = self.relay.link()
        change_record(link, replace(link, closed_at=clock.utc_now()))

    def stopped(self) -> None:
        self.fixed()
        young_acts.stop(self.relay.parcours_id, 1, now=clock.utc_now())

    def over(self) -> None:
        self.read()
        sending_changes.ends(self.relay)

    def _gives(self, gesture: str, reason: Reason | None) -> None:
        """Say on the company's page what became of the meeting."""
        seen = self.relay.head().meeting_at
        meetings.note_gesture(
            self.token, CompanyGesture(gesture, reason, seen=seen), self.here.digest, clock.utc_now()
        )

    def _posts(self, path: str) -> None:
        """Post to the recipient's page from the browser that opened."""
        client = Client({NONCE_COOKIE: self.here.nonce})
        assert client.post_json(f"/retrait/{path}", {"token": self.token}).status == 204


DATES = {"creneaux", "refus"}
FIXED = DATES | {"rendez_vous"}
NONE: set[str] = set()
STATES: dict[str, tuple[str, str, str, set[str]]] = {
    "sent": ("ouvrir", "ouvrir", "a_ouvrir", DATES | {"remplace", "aussi"}),
    "opened": ("lire", "dates", "deja_ouvert", DATES),
    "unreadable": ("envoi", "envoi", "deja_ouvert", DATES),
    "read": ("dates", "dates", "deja_ouvert", DATES),
    "read_before_a_colleague": ("dates", "dates", "deja_ouvert", DATES),
    "promised": ("dates", "dates", "deja_ouvert", DATES),
    "never_confirmed": ("dates", "dates", "deja_ouvert", DATES),
    "expired": ("documents_partis", "documents_partis", "expire", {"refus"}),
    "asked": ("envoi", "envoi", "expire", {"refus"}),
    "proposed": ("choix", "choix", "deja_ouvert", DATES),
    "asked_others": ("autres_dates", "autres_dates", "deja_ouvert", DATES),
    "fixed": ("rendez_vous", "rendez_vous", "deja_ouvert", FIXED),
    "cancelled": ("autres_dates", "autres_dates", "deja_ouvert", DATES),
    "past": ("apres_rendez_vous", "apres_rendez_vous", "deja_ouvert", FIXED),
    "missed": ("manque", "manque", "deja_ouvert", DATES),
    "held": ("convention", "convention", "deja_ouvert", NONE),
    "signed": ("stage", "stage", "deja_ouvert", NONE),
    "declined": ("refuse", "refuse", "deja_ouvert", {"copies"}),
    "declined_after_dates": ("refuse", "refuse", "deja_ouvert", {"copies"}),
    "undone": ("lire", "dates", "deja_ouvert", DATES),
    "declined_for_good": ("refuse", "refuse", "deja_ouvert", {"copies"}),
    "declined_by_telephone": ("refuse_ailleurs", "refuse_ailleurs", "deja_ouvert", {"copies"}),
    "revoked": ("rien", "rien", "revoque", NONE),
    "returned": ("rien", "rien", "revoque", NONE),
    "replaced": ("rien", "rien", "revoque", NONE),
    "passed_on": ("rien", "rien", "revoque", NONE),
    "asked_consent": ("accord", "accord", "a_ouvrir", DATES),
    "closed": ("rien", "rien", "ferme", NONE),
    "stopped": ("arrete", "arrete", "revoque", {"copies"}),
    "over": ("termine", "termine", "revoque", {"copies"}),
}
"""Of each state: what the page is for where the link was opened, what on another device, and there the state of the documents and
what may be done."""


def looked(token: str, browser: Browser) -> dict[str, Any]:
    """Return what the glimpse tells this browser."""
    answer = Client({NONCE_COOKIE: browser.nonce}).post_json("/retrait/apercu", {"token": token})
    assert answer.status == 200
    return dict(answer.json)


@pytest.mark.parametrize("state", STATES)
def test_the_recipients_page_fits_the_state_of_its_link_on_any_device(
    world: World, time: Clock, state: str
) -> None:
    company = Company(relays.started(world), time)
    getattr(company, state)()
    here, elsewhere, documents, acts = STATES[state]
    other = Browser()

    unproven = looked(company.token, other)

    assert (unproven["attendu"], unproven["actions"]) == ("", [])
    assert unproven["etat"] == documents
    if state == "closed":
        return  # nobody is asked anything any more
    for browser in (company.here, other):
        browser.proves(company.token)
    page, first = looked(company.token, other), looked(company.token, company.here)
    assert (first["attendu"], page["attendu"]) == (here, elsewhere)
    assert set(page["actions"]) == acts
    hers = {codes.HOLDER_SLUG[her] for her in codes.DEMAND.keys() - PASSED}
    turn = whose_turn(company.relay.head(), clock.utc_now(), terms.calendar(), terms.turns())
    if acts & DATES:
        assert (here in hers) is (turn is not None and turn.role in PASSES_ON), (
            "the card and the turn say the same"
        )
    assert bool(page["creneaux"]) is (state == "proposed")
    assert bool(page["rendez_vous"]) is (state in {"fixed", "past"})
    assert page.get("remplace", False) is (state == "replaced")


def test_a_colleague_is_named_after_dates_while_the_documents_live(world: World, time: Clock) -> None:
    company = Company(relays.started(world), time)
    company.opened()
    company.proposes()

    assert "aussi" in looked(company.token, company.here)["actions"]


PASSED = {HolderState.CHOICE, HolderState.MEETING}
PASSES_ON = {Role.COMPANY, Role.BUYER, Role.TEAM}
"""Whose turn it is while the company is awaited: hers, then theirs who remind her."""

"""The right colleague, as its people make her: what a holder names, what a tutor answers, in the order a test wants."""

from dataclasses import asdict, replace

from chalicelib import clock
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import CompanyContact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.stores import parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories.documents import opening, passing, sending
from chalicelib.stories.documents.passing import ALSO, REPLACES, Named
from tests.support import factories
from tests.support.factories import Sealed
from tests.support.relays import Browser, Relay

COLLEAGUE = "j.roy@jardins.entreprise.example"
"""A colleague at the first recipient's own domain, to whom who sealed agrees as soon as she is asked (``passes``)."""
OTHER = "j.roy@chantier.example"
"""A colleague at another domain, to whom she does not."""


def colleague_named(address: str = COLLEAGUE, mode: str = REPLACES, *, name: str = "Jeanne Roy") -> Named:
    """Return a colleague as her name and address are typed."""
    return Named(mode, name, address)


def names(browser: Browser, token: str, whom: Named | None = None) -> str:
    """Ask that the link pass to a colleague; the request goes through the event by which ``web`` calls ``unseal``."""
    given = passing.parse_named(asdict(whom or colleague_named()))
    pointer = opening.find_pointer(token)
    return passing.pass_on_in_unseal(token, pointer, given, browser=browser.digest, now=clock.utc_now())[0]


def passes(browser: Browser, token: str, whom: Named | None = None) -> str:
    """Ask that the link pass to a colleague; who sealed agrees to one at the company's own domain."""
    whom = whom or colleague_named()
    went = names(browser, token, whom)
    if went == passing.GONE or not whom.address.endswith("@jardins.entreprise.example"):
        return went
    link = stored.read_link(opening.find_pointer(token).link)
    deposit = stored.read_deposit(link.deposit) if link is not None else None
    assert link is not None and link.asked_link is not None and deposit is not None and deposit.contents
    sealer = parcours_table.read_account(deposit.contents.sealed_by)
    assert sealer is not None
    passing.answer(sealer, link.parcours, link.asked_link, agrees=True, now=clock.utc_now())
    return passing.GONE


def adds(browser: Browser, token: str, address: str = COLLEAGUE) -> str:
    """Ask for a second link beside the holder's."""
    return passes(browser, token, colleague_named(address, ALSO))


def agrees(relay: Relay, *, yes: bool = True, by: Account | None = None) -> None:
    """Answer, as the tutor or whoever sealed, for the address that waits for consent."""
    asked = relay.link().asked_link
    assert asked is not None
    passing.answer(by or relay.tutor, relay.parcours_id, asked, agrees=yes, now=clock.utc_now())


def answers_question(token: str, address: str = factories.COMPANY_ADDRESS) -> Browser:
    """Return a browser that has answered the question of this link."""
    browser = Browser(address)
    browser.proves(token)
    return browser


def offer_with_colleague(address: str = COLLEAGUE) -> Parcours:
    """Return an offer that was declared with a colleague, to whom a link passes at once."""
    offer = factories.offer()
    colleague = replace(offer.company.contacts[0], role=ContactRole.WELCOMES, address=address)
    return replace(offer, company=replace(offer.company, contacts=(*offer.company.contacts, colleague)))


def as_declared(contact: CompanyContact) -> CompanyContact:
    """Return a contact without what was learnt of its address since it was declared."""
    return replace(contact, written_at=None, answered_at=None)


def list_links(relay: Relay) -> tuple[Link, ...]:
    """Return every link to the last documents."""
    return stored.list_links(relay.deposit())


def announces_with_code(relay: Relay, document: Sealed | None = None) -> Sealed:
    """Announce a document whose link asks for a code that the tutor gives by telephone; the upload form is kept."""
    document = document or factories.sealed()
    asked = sending.Announcement(
        document.deposit, factories.COMPANY_ADDRESS, (document.declared,), notice=True, code=True
    )
    signed = sending.open_deposit(relay.tutor, relay.parcours_id, asked, now=clock.utc_now())
    relay.sent.append(document)
    relay.forms.append(signed[0]["form"])
    return document


def sends_announced(relay: Relay) -> str:
    """Upload what was announced, let it be accepted and mailed; return the token."""
    relay.uploads()
    assert relay.is_inspected() == "verified"
    relay.mailer_runs()
    return relay.tokens()[-1]

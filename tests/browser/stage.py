"""Where one browser test plays: a parcours, a tutor and a company of its own, so that no test meets another."""

import hashlib
import secrets
from dataclasses import replace
from datetime import date
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from chalicelib import clock
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import DecisionInputs
from chalicelib.stores import parcours_table, transactions
from chalicelib.stories.kit.deciding import draw_session_cookie
from chalicelib.web.kit.http import SESSION_COOKIE
from infra.local import LocalCloud, Mail
from infra.local.demo import send_for_real
from infra.local.reports import Posted
from tests.browser.people import Agent, Recipient, wait_for_mail
from tests.support import factories
from tests.support.writing import add_records

LINK_MAIL = "Un jeune attend votre réponse"
PHONE = {"width": 390, "height": 844}


class Stage:
    """One parcours on the deployed tables; its people come and go in browsers of their own."""

    def __init__(self, cloud: LocalCloud, chromium: Browser) -> None:
        self.cloud = cloud
        self._chromium = chromium
        self._contexts: list[BrowserContext] = []
        mark = "".join(
            secrets.choice("bcdfghjk") for _ in range(8)
        )  # digits may look like a telephone number
        self.tutor_account = factories.account()
        self.company_name = f"Atelier {mark}"
        self.domain = f"atelier-{mark}.entreprise.example"
        self.recipient = f"nadia.bellanger@{self.domain}"
        self.parcours_id = self._take_an_offer()

    @property
    def address(self) -> str:
        """The address of the parcours' page."""
        return f"{self.cloud.base_url}/parcours/{self.parcours_id}"

    def browser(self, **options: Any) -> BrowserContext:
        """Return a browser without cookies; ``options`` are Playwright's."""
        chosen = {"locale": "fr-FR", "timezone_id": "Europe/Paris", **options}
        context = self._chromium.new_context(**chosen)
        context.set_default_timeout(60_000)
        self._contexts.append(context)
        return context

    def tutor(self, **options: Any) -> Agent:
        """Return the tutor, who signed in a minute ago, on the page of her parcours."""
        context = self.signed_in(self.tutor_account, **options)
        agent = Agent(context, self.cloud, self.tutor_account.address)
        agent.page.goto(self.address)
        return agent

    def signed_in(self, account: Account, **options: Any) -> BrowserContext:
        """Return a browser in which this agent, whose account is stored, signed in a minute ago."""
        context, token = self.browser(**options), draw_session_cookie(account.id)
        now = clock.utc_now()
        identifier = hashlib.sha256(token.encode()).hexdigest()
        session = Session(id=identifier, account=account.id, created_at=now, seen_at=now)
        add_records(session)
        host = self.cloud.base_url.replace("http:", "https:")  # only there may a cookie of this name be set
        context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": host, "secure": True}])
        return context

    def company(self, **options: Any) -> Recipient:
        """Return somebody of the company."""
        return Recipient(self.browser(**options), self.cloud)

    def sends(self, to: str = "", *, code: bool = False) -> Mail:
        """Send a small CV without the page; return the mail that ``to`` (by default the company) gets.

        ``code``: see ``send_for_real``.
        """
        before, to = len(self.cloud.mails()), to or self.recipient
        now = clock.utc_now()
        send_for_real(self.cloud.base_url, self.parcours_id, self.tutor_account, to, now, code=code)
        return wait_for_mail(self.cloud, to, LINK_MAIL, after=before)

    def posted(self, mail: Mail) -> Posted:
        """Return this mail as the mail service reports on it."""
        given = self.cloud.environment
        return Posted(given["ACCOUNT"], given["MAIL_CONFIGURATION_SET"], mail.tag, mail.recipients[0])

    def link_mail(self, *, after: int = 0) -> Mail:
        """Return the newest mail to the company that holds a link."""
        return wait_for_mail(self.cloud, self.recipient, LINK_MAIL, after=after)

    def ends(self) -> None:
        """Close every browser."""
        for context in self._contexts:
            context.close()

    def _take_an_offer(self) -> str:
        """Store an offer with two contacts and let the tutor take it; return its id."""
        offer = factories.offer(company=make_company(self.company_name, self.domain))
        long_ago = replace(offer.contract, notified_on=date(2025, 5, 12))
        offer = replace(offer, contract=long_ago)  # so that a history of a year ago can be its own
        add_records(self.tutor_account)
        transactions.commit(attempt.declare(offer, secrets.token_hex(16)))
        step = attempt.take(
            parcours_table.read_parcours(offer.id),
            self.tutor_account,
            DecisionInputs(clock.utc_now(), secrets.token_bytes(256)),
        )
        transactions.commit(replace(step, mails=()))
        return offer.id


def make_company(name: str, domain: str) -> Company:
    """Return a company that two people answer for."""
    contacts = (
        _contact(ContactRole.ANSWERS_TENDER, "Nadia Bellanger", f"nadia.bellanger@{domain}"),
        _contact(ContactRole.WELCOMES, "Hugo Tissier", f"hugo.tissier@{domain}"),
    )
    return Company(name=name, contacts=contacts)


def _contact(role: ContactRole, name: str, address: str) -> CompanyContact:
    """Return a contact of this role, name and address."""
    return CompanyContact(
        role=role, name=name, function="gérance", address=address, phone="01 99 00 41 27", verified_on=None
    )

"""One function per mail: who it comes from, who answers, what it says. Text and HTML, one link at most, no image.

Headers are built from addresses that were checked and from templates; ``EmailMessage`` refuses a line break in any of them.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from chalicelib import clock, config, french, words
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.signing_in import CODE_LIFE
from chalicelib.domain.timeline import Reason
from chalicelib.domain.turns import COMPANY_ANSWER
from chalicelib.domain.values import Kind
from chalicelib.templating import render

SERVICE_NAME = "Passe-plat"


def link(
    sender: Account, parcours: Parcours, sent: Link, deposit: Deposit, token: str, policy: RetentionPolicy
) -> EmailMessage:
    """« Un jeune est prêt à commencer ! »: to the recipient, in the tutor's name; answers go to her alone."""
    shown = f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name
    return _message(
        "lien",
        to=sent.recipient,
        from_name=shown,
        reply_to=sender.address,
        sender={"name": sender.name, "function": sender.function, "academie": sender.academie or ""},
        parcours=words.market_facts(parcours),
        kinds=[kind.value for kind in deposit.kinds],
        url=f"{config.public_base_url()}/retrait/#{token}",
        token=token,
        site=config.public_base_url(),
        valid_until=deposit.erase_at,
        answer_by=sent.created_at + COMPANY_ANSWER,
        opened_hours=policy.opened_hours,
    )


def code(account: Account, digits: str) -> EmailMessage:
    """The sign-in code, to the agent."""
    minutes = int(CODE_LIFE.total_seconds() // 60)
    return _message("code", to=account.address, code=digits, minutes=minutes)


def sending_notice(owner: Account, parcours: Parcours, sent: Link, deposit: Deposit) -> EmailMessage:
    """To the depositor, for each sending: the address that was used. A thief of her session cannot hold it back."""
    return _message(
        "avis-envoi",
        to=owner.address,
        recipient=sent.recipient,
        parcours=words.market_facts(parcours),
        kinds=[kind.value for kind in deposit.kinds],
        at=deposit.left_at or deposit.created_at,
        valid_until=deposit.erase_at,
        parcours_url=_page_of(parcours),
    )


def refusal_notice(owner: Account, parcours: Parcours, kind: Kind, reason: Reason) -> EmailMessage:
    """To the depositor: inspection refused a document, why, and what to do."""
    sentence, advice = words.REFUSED_DOCUMENT[reason]
    return _message(
        "avis-refus",
        to=owner.address,
        parcours=words.market_facts(parcours),
        kind_label=words.KIND[kind],
        reason=sentence,
        advice=advice,
        parcours_url=_page_of(parcours),
    )


def failure_notice(owner: Account, parcours: Parcours, sent: Link, deposit: Deposit) -> EmailMessage:
    """To the depositor: the mail could not leave, after five tries."""
    return _message(
        "avis-echec",
        to=owner.address,
        recipient=sent.recipient,
        parcours=words.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def _page_of(parcours: Parcours) -> str:
    return f"{config.public_base_url()}/parcours/{parcours.id}"


def _message(
    name: str, *, to: str, from_name: str = SERVICE_NAME, reply_to: str | None = None, **context: object
) -> EmailMessage:
    """Render ``emails/<name>`` into a message with both bodies."""
    message = EmailMessage()
    message["From"] = Address(from_name, addr_spec=config.resource("MAIL_FROM"))
    message["To"] = to
    if reply_to:
        message["Reply-To"] = reply_to
    message["Subject"] = render(f"emails/{name}/subject.txt", **context).strip()
    message["Date"] = format_datetime(clock.utc_now())
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render(f"emails/{name}/body.txt", **context).strip() + "\n")
    message.add_alternative(render(f"emails/{name}/body.html", **context), subtype="html")
    return message

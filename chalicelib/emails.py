"""One function per mail: who it comes from, who answers, what it says. Text and HTML, one link at most, no image.

Headers are built from addresses that were checked and from templates; ``EmailMessage`` refuses a line break in any of them.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from chalicelib import clock, config, french, timeline_words, words
from chalicelib.domain.deposit import Deposit
from chalicelib.domain.link import Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.retention import RetentionPolicy
from chalicelib.domain.signing_in import CODE_LIFE
from chalicelib.domain.timeline import Reason
from chalicelib.domain.transition import MailKind
from chalicelib.domain.turns import COMPANY_ANSWER
from chalicelib.domain.values import Kind
from chalicelib.templating import render

SERVICE_NAME = "Passe-plat"


def link(
    sender: Account, parcours: Parcours, sent: Link, deposit: Deposit, token: str, policy: RetentionPolicy
) -> EmailMessage:
    """« Un jeune est prêt à commencer ! »: to the recipient, in the tutor's name; answers go to her alone."""
    return _message(
        "lien",
        to=sent.recipient,
        from_name=_shown(sender),
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
        again=sent.version > 1,
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
    sentence, advice = timeline_words.REFUSED_DOCUMENT[reason]
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


def follow_up(kind: MailKind, owner: Account, parcours: Parcours) -> EmailMessage:
    """To the person in whose name the link went: what just happened to it, and whose turn it is."""
    title, lines, act = words.FOLLOW_UPS[kind]
    return _message(
        "avis-suite",
        to=owner.address,
        title=title,
        lines=lines,
        act_label=act,
        parcours=words.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def end_to_company(sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...]) -> EmailMessage:
    """To the recipient: the young person does not go on; please delete your copies. Answers go to the tutor."""
    return _message(
        "fin-entreprise",
        to=sent.recipient,
        from_name=_shown(sender),
        reply_to=sender.address,
        sender={"name": sender.name, "function": sender.function, "academie": sender.academie or ""},
        parcours=words.market_facts(parcours),
        kinds=[kind.value for kind in kinds],
    )


def end_to_buyer(buyer: Account, parcours: Parcours) -> EmailMessage:
    """To the buyer: the passage is over, the offer is free again."""
    return _message(
        "fin-acheteur",
        to=buyer.address,
        parcours=words.market_facts(parcours),
        parcours_url=_page_of(parcours),
    )


def _shown(sender: Account) -> str:
    return f"{sender.name} ({french.academie(sender.academie)})" if sender.academie else sender.name


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

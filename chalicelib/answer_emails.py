"""The mails about what a company answers: it declines, takes it back, names a colleague. No document travels with them."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage

from chalicelib import answer_words, letters, timeline_words, words
from chalicelib.domain.link import Colleague, Link
from chalicelib.domain.parcours import Parcours
from chalicelib.domain.people import Account
from chalicelib.domain.timeline import Reason
from chalicelib.domain.values import Kind, Role


@dataclass(frozen=True)
class Told:
    """Whom a notice goes to: an agent, or a buyer without an account, who has no page to open."""

    address: str
    reply_to: str | None = None
    has_page: bool = True


def declined(told: Told, parcours: Parcours, reason: Reason, to: Role) -> EmailMessage:
    """To the tutor or the buyer: the company declined, why, and what is possible now."""
    return _told(told, parcours, *answer_words.DECLINED[to], reason=timeline_words.DETAILS[reason])


def undone(told: Told, parcours: Parcours, to: Role) -> EmailMessage:
    """To the tutor or the buyer: the refusal was taken back."""
    return _told(told, parcours, *answer_words.UNDONE[to])


def colleague_question(agent: Account, parcours: Parcours, asked: Colleague, *, sealed: bool) -> EmailMessage:
    """To who sealed: an address of another domain, to which she agrees or not on a page of its own.

    Args:
        sealed: False: she is gone, and who accompanies learns that nobody can agree.
    """
    words = answer_words.QUESTION if sealed else answer_words.NOBODY_AGREES
    page = f"{letters.page_of(parcours)}/collegue" if sealed else None
    return _told(Told(agent.address), parcours, *words, page=page, name=asked.name, address=asked.address)


def to_colleague(sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...]) -> EmailMessage:
    """To whoever else of the company opened the documents: it declined, please delete your copies."""
    return _to_holder("refus-collegue", sender, parcours, sent, kinds)


def to_company(
    sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...], until: datetime | None
) -> EmailMessage:
    """To the company that declined: please delete your copies, you may come back until then; None: it was taken back."""
    return _to_holder("refus", sender, parcours, sent, kinds, until=until)


def _to_holder(
    name: str, sender: Account, parcours: Parcours, sent: Link, kinds: tuple[Kind, ...], **more: object
) -> EmailMessage:
    return letters.message(
        name,
        to=sent.recipient,
        from_name=letters.shown(sender),
        reply_to=sender.address,
        sender=letters.presented(sender),
        parcours=words.market_facts(parcours),
        kinds=[kind.value for kind in kinds],
        **more,
    )


def _told(
    told: Told,
    parcours: Parcours,
    title: str,
    lines: list[str],
    act: str,
    *,
    page: str | None = None,
    **facts: str,
) -> EmailMessage:
    return letters.message(
        "avis-suite",
        to=told.address,
        reply_to=told.reply_to,
        title=title,
        lines=[letters.Exact(line.format(**letters.unlinked(facts))) for line in lines],
        act_label=act,
        parcours=words.market_facts(parcours),
        parcours_url=page or (letters.page_of(parcours) if told.has_page else None),
    )

"""One function per mail that differs in more than words. No image, one link at most; beside it, the one that stops a letter."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import EmailMessage
from enum import Enum, StrEnum
from typing import Any
from urllib.parse import urlsplit

from chalicelib import clock, config, french, terms
from chalicelib.domain.accounts.signing_in import CODE_LIFE, in_pairs
from chalicelib.domain.documents.passing import MOST_MOVES
from chalicelib.domain.kernel import address, calendar
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Contact, ContactRole, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import Appointment, Seat
from chalicelib.domain.meetings.slots import Slot
from chalicelib.domain.parcours.reminding import Asked
from chalicelib.domain.parcours.turns import Turn, buyer_passes_by, company_answer_by
from chalicelib.domain.retention import RightsRequest
from chalicelib.domain.weekly import Letter
from chalicelib.mails import invitations, letters
from chalicelib.mails.invitations import Attendee, Invitation, Method, Status
from chalicelib.mails.letters import Exact
from chalicelib.words import codes, weekly
from chalicelib.words import mails as words
from chalicelib.words import turns as turn_words
from chalicelib.words.mails import NOTICES, SENDER_TOO


def link(
    sender: Account,
    parcours: Parcours,
    sent: Link,
    deposit: Deposit,
    token: str,
    policy: RetentionPolicy,
    *,
    owner: Account | None,
    by: dict[str, object] | None,
) -> EmailMessage:
    """« Un jeune est prêt à commencer ! »: to the recipient (``owner``: the account of this address), in the tutor's name.

    ``by``: who passed the link on to this recipient, if somebody did (``notices.passer``).
    """
    answer_by = buyer_passes_by if sent.to is Role.BUYER else company_answer_by
    return letters.signed(
        "lien",
        sender,
        parcours,
        to=sent.recipient,
        greeted=owner.name if owner else letters.greeted(parcours, sent.recipient),
        kinds=deposit.kinds,
        by=by,
        **held(sent, token),
        valid_until=deposit.erase_at,
        answer_by=answer_by(sent.created_at, parcours.placement.departement, terms.calendar(), terms.turns()),
        opened_hours=policy.opened_hours,
        again=sent.version > 1,
    )


def reminder(
    sender: Account, parcours: Parcours, sent: Link, deposit: Deposit, token: str, *, wrote: str
) -> EmailMessage:
    """« Rappel » with the same link, to its own recipient. ``wrote``: name of who wrote to her first, if not ``sender``."""
    return letters.signed(
        "rappel",
        sender,
        parcours,
        to=sent.recipient,
        greeted=letters.greeted(parcours, sent.recipient),
        **held(sent, token),
        opened=bool(sent.opened_at),
        wrote=wrote,
        valid_until=deposit.erase_at,
        asked=None,
    )


NO_LINK: dict[str, object] = {"url": None, "token": None, "site": None, "held": None}
"""What ``held`` says, in a mail to somebody who holds no link that answers."""


def held(sent: Link, token: str) -> dict[str, object]:
    """The link itself, and what its holder can do and needs on its page."""
    return {
        "url": f"{config.public_base_url()}/retrait/#{token}",
        "token": token,
        "site": config.public_base_url(),
        "held": {
            "buys": sent.to is Role.BUYER,
            "passes": not sent.beside and (sent.to is Role.BUYER or sent.moves < MOST_MOVES),
            "code": sent.code_wanted,
        },
    }


def dates_asked(
    sender: Account, parcours: Parcours, asked: Asked, page: dict[str, object], *, wrote: str
) -> EmailMessage:
    """« Rappel » for dates; to somebody who got no link, it says what it is about. ``page``: ``held``, or ``NO_LINK``."""
    return letters.signed(
        "rappel",
        sender,
        parcours,
        to=asked.address,
        greeted=letters.greeted(parcours, asked.address),
        asked={
            "buys": asked.buys,
            "written": asked.written,
            "call": _to_call(parcours) if asked.buys else "",
        },
        wrote=wrote,
        **page,
    )


def _to_call(parcours: Parcours) -> str:
    """« Nadia Bellanger, 03 80 11 22 33 »: whom of the company a buyer calls; empty when no number is known."""
    known = [one for one in parcours.company.contacts if one.phone]
    last = max((one.written_at for one in known if one.written_at is not None), default=None)
    # She to whom the link went, else who welcomes.
    known.sort(
        key=lambda one: (
            one.written_at is None or one.written_at != last,
            one.role is not ContactRole.WELCOMES,
        )
    )
    return next((f"{one.name}, {one.phone}" for one in known), "")


def code(account: Account, digits: str) -> EmailMessage:
    """The sign-in code, to the agent."""
    minutes = int(CODE_LIFE.total_seconds() // 60)
    return letters.message("code", to=account.address, code=in_pairs(digits), minutes=minutes)


def refused_document(owner: Account, parcours: Parcours, kind: Kind, reason: Reason) -> EmailMessage:
    """To the depositor: inspection refused a document, why, and what to do."""
    sentence, advice = codes.REFUSED_DOCUMENT[reason]
    return letters.about(
        "avis-refus",
        parcours,
        to=owner.address,
        kind_label=codes.KIND[kind],
        reason=sentence,
        advice=advice,
    )


def returned(
    parcours: Parcours,
    *,
    to: str,
    recipient: str,
    missed: dict[str, str] | None,
    other: dict[str, str] | None,
    reason: Reason,
    dead: bool,
) -> EmailMessage:
    """To who accompanies: what became of a link's mail and why; ``other``: whom else the record names, ``dead``: the link is."""
    said: dict[str, Any] = {**words.returned(reason, other=other is not None)}
    return letters.about(
        "avis-retour", parcours, to=to, recipient=recipient, missed=missed, other=other, dead=dead, **said
    )


def notice(
    occasion: StrEnum,
    parcours: Parcours,
    *,
    to: str,
    who: dict[str, str] | None = None,
    page: str | None = "",
    sender_too: bool = False,
    reason: Reason | None = None,
    **facts: str,
) -> EmailMessage:
    """A short notice about a parcours: the row of ``NOTICES`` for this occasion.

    Args:
        who: the person to whom answers go.
        page: address of its button; empty: the parcours' page; None: no button, for a buyer without an account.
        sender_too: whether it goes to the person who sent the link without accompanying.
        reason: shown as its sentence, where the row has ``{reason}``.
    """
    words = NOTICES[occasion]
    lines = [*words.lines[:-1], SENDER_TOO] if sender_too else words.lines
    shown = letters.unlinked(facts | ({"reason": codes.REASONS[reason].sentence} if reason else {}))
    return letters.about(
        "avis-suite",
        parcours,
        to=to,
        who=who,
        title=words.title,
        lines=[Exact(line.format(**shown)) for line in lines],
        act_label=words.act,
        parcours_url=letters.page_of(parcours) if page == "" else page,
    )


def contact_check(tutor: Account, parcours: Parcours, to: str, *, with_link: bool) -> EmailMessage:
    """To the buyer or the company: a passage begins, are the contacts still right? Answers go to the tutor."""
    contacts = [
        {"name": one.name, "function": one.function, "role_label": codes.CONTACT_ROLE[one.role].lower()}
        for one in parcours.company.contacts
        if one not in parcours.company.further
    ]
    return letters.signed(
        "contacts",
        tutor,
        parcours,
        to=to,
        greeted=letters.greeted(parcours, to),
        contacts=contacts,
        url=f"{letters.page_of(parcours)}/contacts" if with_link else None,
    )


def invitation(invited: Account, inviter: Account | None) -> EmailMessage:
    """To the person of a new account: who opened it, what it is for, where to sign in. It holds no token."""
    return letters.message(
        "invitation",
        to=invited.address,
        reply_to=inviter.address if inviter else None,
        inviter=letters.introduced(inviter) | {"address": inviter.address} if inviter else None,
        roles=codes.roles(invited.roles),
        place=invited.organisation or (french.academie(invited.academie) if invited.academie else ""),
        address=invited.address,
        sign_in_url=f"{config.public_base_url()}/connexion",
    )


def rights_request(asked: RightsRequest) -> EmailMessage:
    """To the data protection officer: what somebody asks about their data. Answers go to that person."""
    who_label = codes.ASKER[asked.asker]
    officer = config.settings().dpo_address
    return _about_rights("droits", asked, to=officer, reply_to=asked.reply_to, who_label=who_label)


def rights_receipt(asked: RightsRequest) -> EmailMessage:
    """To whoever asked, at the address that was typed: what left, and when. Answers go to the data protection officer."""
    officer = config.settings().dpo_address
    return _about_rights("droits-recu", asked, to=asked.reply_to, reply_to=officer, address=officer)


def _about_rights(name: str, asked: RightsRequest, **context: Any) -> EmailMessage:
    return letters.message(
        name,
        kind_label=codes.RIGHT[asked.right],
        number=asked.number,
        reference=asked.reference,
        reply_address=asked.reply_to,
        at=asked.at,
        **context,
    )


def rights_warning(head: Parcours, person: Account, at: datetime) -> EmailMessage:
    """To the tutor or a coordinator of a passage: a request about its data was made, nothing is to be sent meanwhile."""
    officer = config.settings().dpo_address
    about: dict[str, Any] = {
        "at": at,
        "yours": head.tutor == person.id,
        "address": officer,
    }
    return letters.about("droits-alerte", head, to=person.address, reply_to=officer, **about)


class Ask(Enum):
    """What an agent may do about a parcours of her list."""

    ACT = "act"
    CALL = "call"
    EXPIRING = "expiring"


Line = dict[str, object]
"""One parcours of a list: market facts, what is awaited, lateness, whom to call, until when."""


def line(parcours: Parcours, turn: Turn, now: datetime, *, until: datetime | None = None) -> Line:
    """One parcours of an agent's list of reminders."""
    return codes.market_facts(parcours) | {
        "act": turn_words.act(turn, parcours, yours=True),
        "late": turn_words.late(turn, calendar.day_of(now)),
        "since": parcours.last_sent_at or parcours.outside_at or turn.since,
        "call": Exact(_to_call(parcours)),
        "ask": turn_words.question(turn, parcours),
        "calls": turn_words.CardAct.CALL in turn_words.AWAITED[turn.state].acts,
        "until": until,
        "url": letters.page_of(parcours),
    }


def digest(account: Account, found: dict[Ask, list[Line]]) -> EmailMessage:
    """« Rappel » to an agent: all that waits for her, in one mail that leads to one list, or to the only parcours."""
    lines = {str(one["url"]): one for some in found.values() for one in some}
    everything = f"{config.public_base_url()}/parcours"
    return letters.message(
        "rappels",
        to=account.address,
        yours=found[Ask.ACT],
        calls=found[Ask.CALL],
        expiring=found[Ask.EXPIRING],
        parcours=list(lines.values()),
        url=next(iter(lines))
        if len(lines) == 1
        else f"{everything}?tour=moi"
        if found[Ask.ACT]
        else everything,
    )


WHO = {
    "answers_tender": "le contact « répond au marché »",
    "welcomes": "le contact « accueille »",
    "buyer": "le contact chez l’acheteur",
}
WHAT = {
    "address": "a changé d’adresse",
    "phone": "a changé de téléphone",
    "added": "est nouveau",
    "removed": "a été retiré",
}
SHOWN = frozenset({"address", "added"})
"""Changes of which the new address is shown."""
Changes = Sequence[tuple[str, Contact | None]]
"""What changed about a parcours' contacts: codes of ``contact_changes``, each with the contact as it is now."""


def _change(code: str, contact: Contact | None) -> str:
    """In role terms, with a hint of the new address."""
    about, _, what = code.partition(".")
    new = f" : {address.hint(contact.address)}" if contact and what in SHOWN else ""
    return f"{WHO[about]} {WHAT[what]}{new}"


def contacts_changed(
    tutor: Account, person: Account | None, changed: Sequence[tuple[Parcours, Changes]]
) -> EmailMessage:
    """To the tutor: which contacts lead elsewhere now, who changed them, and what to do if it was not expected."""
    several = len(changed) > 1
    return letters.message(
        "contacts-changes",
        to=tutor.address,
        by=letters.introduced(person) if person and person.id != tutor.id else None,
        parcours=[
            codes.market_facts(head) | {"changes": [_change(*one) for one in changes]}
            for head, changes in changed
        ],
        url=f"{config.public_base_url()}/parcours" if several else letters.page_of(changed[0][0]),
    )


def weekly_letter(agent: Account, letter: Letter, signature: str, today: date) -> EmailMessage:
    """To an agent: what is hers to do, and what is about to be lost; her mail program, too, can stop it (RFC 8058)."""
    path, label = weekly.way(letter, agent)
    stop_url = f"{config.public_base_url()}/lettre/{agent.id}/{signature}"
    message = letters.message(
        "semaine",
        to=agent.address,
        greeted=agent.name,
        title=weekly.title(letter),
        todo=weekly.todo(letter, today),
        endings=weekly.endings(letter, config.settings().closing_months),
        confirming=weekly.confirming(letter),
        url=f"{config.public_base_url()}{path}",
        label=label,
        stop_url=stop_url,
    )
    message["List-Unsubscribe"] = f"<{stop_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


FILE_NAME = "rendez-vous.ics"


@dataclass(frozen=True)
class Meeting:
    """One agreed meeting, who is notified of it, and who else is invited."""

    parcours: Parcours
    reference: str
    """Of its passage, which may be over."""
    appointment: Appointment
    slot: Slot
    """To somebody who is invited no more, the one of her invitation."""
    tutor: Account
    seat: Seat
    to: Attendee
    attendees: tuple[Attendee, ...]
    page: dict[str, object]
    """Her link, where she holds one that answers: ``held``, or ``NO_LINK``."""
    goes_on: bool
    """Whether another date may still be proposed."""
    who: dict[str, str] | None
    """Of the company, for the tutor: who gets her answers."""

    @property
    def leaves(self) -> bool:
        """Whether she alone is invited no more."""
        return self.appointment.leaves_alone(self.seat)

    @property
    def is_first(self) -> bool:
        """Whether it may be the first mail that she ever gets: she wonders why."""
        return self.occasion == words.FIXED

    @property
    def occasion(self) -> str:
        """The row of ``MEETINGS``; an earlier mail may not have arrived, so this one says all."""
        if self.seat.left:
            return words.LEFT if self.leaves else words.CANCELLED
        if self.seat.since == self.seat.sequence:
            return words.FIXED
        return words.MOVED if self.appointment.agreed == self.seat.sequence else words.PEOPLE


def slots_notice(
    tutor: Account, parcours: Parcours, appointment: Appointment, who: dict[str, str] | None
) -> EmailMessage:
    """To the tutor: the dates that the company proposes, and the page where she chooses. ``who``: proposed them."""
    places = [{"said": _place(parcours, one, short=True), "video": _video(one)} for one in appointment.slots]
    alike = all(one == places[0] for one in places)
    dates = [
        {"when": _when(one), "place": None if alike else place}
        for one, place in zip(appointment.slots, places, strict=True)
    ]
    return letters.about(
        "dates",
        parcours,
        to=tutor.address,
        who=who,
        dates=dates,
        place=places[0] if alike else None,
    )


def other_slots(
    tutor: Account, parcours: Parcours, to: str, reason: Reason, page: dict[str, object]
) -> EmailMessage:
    """To the company: please propose other dates, on which page, and why. Answers go to the tutor."""
    return letters.signed(
        "autres-dates",
        tutor,
        parcours,
        to=to,
        why=codes.REASONS[reason].to_company,
        greeted=letters.greeted(parcours, to),
        **page,
    )


def meeting(kind: MailKind, agreed: Meeting) -> EmailMessage:
    """To one person: the meeting is fixed, moved, cancelled, or tomorrow; with what her calendar needs, but on the eve."""
    eve, left = kind is MailKind.EVE_REMINDER, agreed.leaves
    title, lead = words.MEETINGS[words.TOMORROW if eve else agreed.occasion]
    to_tutor = agreed.seat.to is Role.TUTOR
    message = letters.message(
        "rendez-vous",
        to=agreed.to.address,
        from_name=letters.SERVICE_NAME if to_tutor else letters.shown(agreed.tutor),
        reply_to=(agreed.who["address"] if agreed.who else None) if to_tutor else agreed.tutor.address,
        who=agreed.who if to_tutor else None,
        sender=None if to_tutor else letters.presented(agreed.tutor),
        greeted=_greeted(agreed),
        title=title,
        lead=lead,
        first={"buys": agreed.seat.to is Role.BUYER}
        if agreed.is_first and not eve and not to_tutor
        else None,
        when=None if left else _when(agreed.slot),
        place=_place(agreed.parcours, agreed.slot, short=True),
        video=_video(agreed.slot, letters.Exact),
        cancelled=agreed.seat.left,
        goes_on=agreed.goes_on,
        **agreed.page,
        parcours=codes.market_facts(agreed.parcours) | {"reference": agreed.reference},
        parcours_url=letters.page_of(agreed.parcours)
        if to_tutor and not left and agreed.slot.place is None
        else None,
    )
    if not eve:
        _invite(message, agreed)
    return message


def _invite(message: EmailMessage, agreed: Meeting) -> None:
    """As a further way to read the mail, which calendars act on, and as a file for those that do not.

    The file bears no calendar's type: some would read it as a second invitation.
    """
    host = urlsplit(config.public_base_url()).hostname
    organizer = Attendee(config.resource("MAIL_FROM"), agreed.tutor.name)
    method = Method.CANCEL if agreed.seat.left else Method.REQUEST
    status = Status.CANCELLED if agreed.seat.left else Status.CONFIRMED
    place = letters.unlinked(_place(agreed.parcours, agreed.slot, short=False))
    text = invitations.text_of(
        Invitation(
            method=method,
            status=None if agreed.leaves else status,
            uid=f"{agreed.appointment.uid}@{host}",
            sequence=agreed.seat.sequence,
            slot=agreed.slot,
            summary=words.SUMMARY.format(reference=agreed.reference),
            place=None if agreed.leaves else place,
            description=(words.LEFT_DESCRIPTION if agreed.leaves else words.DESCRIPTION).format(
                name=letters.unlinked(agreed.tutor.name), address=agreed.tutor.address
            ),
            organizer=_plain(organizer),
            attendees=tuple(_plain(one) for one in agreed.attendees),
        ),
        clock.utc_now(),
    )
    params = {"method": method.value, "charset": "utf-8"}
    message.add_alternative(text, maintype="text", subtype="calendar", params=params)
    message.add_attachment(
        text, maintype="application", subtype="ics", params={"name": FILE_NAME}, filename=FILE_NAME
    )


def _greeted(agreed: Meeting) -> str:
    """By the name of her account or of the record, never by one that a recipient typed."""
    account = agreed.seat.to is not Role.COMPANY and not agreed.seat.address
    return agreed.to.name if account else letters.greeted(agreed.parcours, agreed.to.address)


def _plain(person: Attendee) -> Attendee:
    return replace(person, name=letters.unlinked(person.name))


def _when(slot: Slot) -> str:
    return f"{french.moment(slot.start)}, {french.duree(slot.minutes)}"


def _video(slot: Slot, exact: type[str] = str) -> dict[str, str] | None:
    """Where a meeting at a distance is, as text in parts. ``exact``: ``letters.Exact`` once who accompanies has accepted it."""
    video = slot.video
    if video is None:
        return None
    return {"scheme": exact(video.scheme), "host": exact(video.host), "rest": exact(video.rest)}


def _place(parcours: Parcours, slot: Slot, *, short: bool) -> str:
    if slot.place is not None:
        at = words.AT_A_DISTANCE
        return at if short else letters.Exact(f"{at}\u00a0: {slot.place}")
    return french.une_ligne(f"{parcours.placement.place}, {parcours.placement.town}")

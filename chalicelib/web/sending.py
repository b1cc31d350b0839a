"""The pages of a sending: its form and its deposit, links sent again or withdrawn, the buyer's ready text, the young person's
notice, and the question whether a colleague may get the link.

``sheet``: what the story has read of a parcours for this reader; ``person`` or ``reader``: who is signed in.
"""

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, NamedTuple
from urllib.parse import quote, urlencode

from chalice.app import Response
from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from chalicelib import config, terms
from chalicelib.domain import contacts
from chalicelib.domain.contacts import Offered
from chalicelib.domain.documents import passing, recipients
from chalicelib.domain.documents.erasure import Erasure
from chalicelib.domain.documents.recipients import Known
from chalicelib.domain.documents.sending import OPENED, LinkOnPage
from chalicelib.domain.kernel.attempt import has_accompanied
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import CompanyContact, Contact
from chalicelib.domain.kernel.people import Account, Act, may
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Step
from chalicelib.domain.parcours.turns import STAND_INS, State
from chalicelib.errors import FieldInvalid
from chalicelib.french import avec_lot
from chalicelib.stories import parcours as parcours_stories
from chalicelib.stories import record as record_stories
from chalicelib.stories import young_acts
from chalicelib.stories.documents import opening
from chalicelib.stories.documents import passing as passing_stories
from chalicelib.stories.documents import sending as sending_stories
from chalicelib.stories.documents.sending import Announcement, SealedDocument
from chalicelib.stories.kit import accompanying
from chalicelib.stories.parcours import Sheet
from chalicelib.templating import render
from chalicelib.web import rights
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.forms import JsonForm, PageForm
from chalicelib.web.kit.http import answer_json, check_identifier, read_number, redirect
from chalicelib.web.kit.page import (
    AgentCall,
    Heading,
    Offer,
    Person,
    build_heading,
    build_offer,
    build_person,
    find_current_attempt,
    find_last_ended,
    find_notice,
    list_contacts_to_call,
)
from chalicelib.web.kit.page_view import Notice, PageView
from chalicelib.web.rights import NoticeFacts
from chalicelib.words import codes

UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
ANSWERS = {"accorder": True, "refuser": False}
"""What may be answered about a colleague's address."""


def _check_base64(text: str) -> str:
    """Check that a text is base64 and return it."""
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return text


Base64 = Annotated[StrictStr, Field(max_length=64), AfterValidator(_check_base64)]


class DocumentForm(JsonForm):
    """One sealed document: ``bytes`` and ``sha256`` are the blob's, ``key`` its data key."""

    kind: Kind
    bytes: StrictInt
    sha256: Base64
    key: Base64


class DepositForm(JsonForm):
    """``POST /parcours/{id}/depots``; ``deposit``: id drawn by the page; ``destinataire``: the recipient's address.

    ``confirme``: the doubts about the address were confirmed; ``notice``: the young person has the notice; ``code``: the
    recipient is asked for a code by telephone.
    """

    deposit: Annotated[StrictStr, Field(pattern=UUID4)]
    destinataire: StrictStr
    documents: Annotated[list[DocumentForm], Field(min_length=1, max_length=len(Kind))]
    confirme: StrictBool = False
    vus: Annotated[StrictStr, Field(max_length=64)] = ""
    """Of the 409 that is confirmed: which doubts were shown."""
    notice: StrictBool = False
    code: StrictBool = False

    def build_announcement(self) -> Announcement:
        """Return the announcement that the story takes. Raises FieldInvalid: a kind of document comes twice."""
        if len({document.kind for document in self.documents}) != len(self.documents):
            raise FieldInvalid("documents", "kinds")
        documents = tuple(
            SealedDocument(document.kind, document.bytes, document.sha256, base64.b64decode(document.key))
            for document in self.documents
        )
        return Announcement(
            self.deposit,
            self.destinataire,
            documents,
            confirmed=self.confirme,
            shown=self.vus,
            notice=self.notice,
            code=self.code,
        )


class ResendForm(PageForm):
    """``POST /depots/{id}/renvoi``: the link, its version and whether it was opened (``vu``), as the page showed them."""

    lien: str = ""
    version: str = ""
    vu: str = ""


class RevokeForm(PageForm):
    """``POST /depots/{id}/revocation``; ``vu``: « ouvert » when the page showed that the link was opened.

    ``suite``: « envoi » goes on to another sending; « entreprise » as well, after the buyer did not pass the link on; « abandon
    »: no link had left.
    """

    vu: str = ""
    suite: str = ""


class ColleagueForm(PageForm):
    """``POST /parcours/{id}/collegue``; ``geste``: a key of ``ANSWERS``; ``lien``: id of the link that the page showed."""

    geste: str = ""
    lien: str = ""


SPOKEN, KEPT = "parle", "tient"


class WordForm(PageForm):
    """``POST /parcours/{id}/notice``.

    ``geste``: « parle » when a request was talked over, « tient » when the young person comes to the meeting after all; ``vu``:
    what the page showed that the young person said.
    """

    geste: str = ""
    vu: str = ""


@dataclass(frozen=True, slots=True)
class ErasurePage(PageView):
    """The statement that the documents of a sending are erased, and why."""

    template = "effacement"

    parcours: Heading
    facts: NoticeFacts
    reference: str
    documents: list[str]
    gone: Erasure
    cause: str
    today: datetime


class AskedColleague(NamedTuple):
    """A colleague to whom the holder wants to pass the link, at an address that waits for a yes; ``also``: as a second holder.

    ``link``: id of the link that the colleague would get; ``first_address``: the one to which the link went.
    """

    link: str | None
    name: str
    function: str | None
    address: str
    also: bool
    first_address: str
    may_consent: bool
    """Whether this person may accept the address; else ``sealer`` is who may, if the account is open."""
    sealer: str | None
    is_too_late: bool
    """Whether the holder has opened the link since, so that it can go to nobody in their place."""


@dataclass(frozen=True, slots=True)
class ColleaguePage(PageView):
    """The question to the person who sealed the documents: may this colleague get the link?"""

    template = "collegue"

    parcours: Offer
    colleague: AskedColleague | None
    notice: Notice | None
    is_held: bool
    """Whether the question waits until a request about personal data was talked over."""


class ReadyText(NamedTuple):
    """The text by which a buyer announces a sending to the company; ``holds``: the link is in the buyer's own mailbox.

    ``to``: name of the contact; ``href``: a mailto: address with the text.
    """

    text: str
    to: str | None
    href: str | None
    holds: bool


class Withdrawable(NamedTuple):
    """A sending that may be withdrawn; ``vu``: « ouvert » or « ferme », as the page shows it."""

    id: str
    vu: str


class YoungNotice(NamedTuple):
    """The notice of a passage; ``handed_at``: when the young person got it.

    ``key_version``: of the key that stands on it; ``looked_on``: the last day on which somebody looked with that key.
    """

    url: str
    passage: int
    """Its number."""
    is_over: bool
    handed_at: datetime | None
    key_version: int
    looked_on: date | None
    key_url: str
    """Where another key is made."""


class Callee(NamedTuple):
    """Somebody to call; ``doubt``: what speaks against it, in words, or empty."""

    name: str
    phone: str | None
    doubt: str = ""


class PhoneCode(NamedTuple):
    """The code of a sending, and who is to be told it by telephone.

    ``numbers``: where to ask for somebody whose own number is unknown.
    """

    digits: str
    people: list[Callee]
    numbers: list[Callee]


@dataclass(frozen=True, slots=True)
class SendPage(PageView):
    """The form of a sending: to whom, which documents, a last look."""

    template = "envoi"

    parcours: Offer
    contacts: list[Person]
    instead: str | None
    passable: tuple[str, ...]
    """To whom the link may be passed without asking the sender."""
    buyer: Person | None
    chosen: str | None
    """The one address that is checked."""
    notice_url: str | None
    notice: Notice | None
    number_to_call: str | None
    """The sender's, where the recipient calls for the code."""
    valid_until: datetime
    max_bytes: int
    deposits_url: str
    parcours_url: str


def show_send_page(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show the page of a sending: to whom, which document, a last look. While one lives, it leads to the parcours."""
    sheet = parcours_stories.read_to_send(call.agent, parcours_id, now=call.now)
    if not sheet.may_send:
        return redirect(f"/parcours/{parcours_id}")
    return call.show(_build_send_page(call, sheet), "parcours")


def open_deposit(call: AgentCall[DepositForm], parcours_id: str) -> Response:
    """Announce sealed documents; answer the signed forms with which the page uploads them, and the code to tell by telephone.

    Sending the same announcement again gives the same answer.
    """
    signed = sending_stories.open_deposit(
        call.signed_in.work, call.agent, parcours_id, call.form.build_announcement(), now=call.now
    )
    code = opening.read_shown_code(call.form.deposit) if call.form.code else None
    with_code = {"code": code} if code else {}
    return answer_json(201, {"deposit": call.form.deposit, **with_code, "documents": signed})


def show_progress(call: AgentCall[NoForm], deposit_id: str) -> Response:
    """Answer how far the documents of a deposit are; ``parcours``: the revision, which changes with whatever happens there."""
    deposit, parcours = sending_stories.read_progress(call.signed_in.work, call.agent, deposit_id)
    return answer_json(200, {**codes.build_progress(deposit, call.now), "parcours": parcours.revision})


def resend(call: AgentCall[ResendForm], deposit_id: str) -> Response:
    """Send a new link to the recipient of the last one, which stops working."""
    form = call.form
    seen = LinkOnPage(form.lien, read_number(form.version), form.vu == "ouvert")
    parcours = sending_stories.resend(call.signed_in.work, call.agent, deposit_id, seen, now=call.now)
    return redirect(f"/parcours/{parcours}?fait=renvoye")


def revoke(call: AgentCall[RevokeForm], deposit_id: str) -> Response:
    """Withdraw a sending: its link stops working and its documents are erased. ``suite`` says which page follows."""
    seen = call.form.vu == "ouvert"
    parcours = sending_stories.revoke(
        call.signed_in.work, call.agent, deposit_id, seen_opened=seen, now=call.now
    )
    after = {
        "envoi": "/envoi?fait=retire",
        "entreprise": f"/envoi?fait={STRAIGHT}",
        "abandon": "?fait=abandonne",
    }
    return redirect(f"/parcours/{parcours}{after.get(call.form.suite, '?fait=retire')}")


def erase(call: AgentCall[NoForm], deposit_id: str) -> Response:
    """Erase everything that is kept about a sending."""
    parcours = sending_stories.erase_on_request(call.signed_in.work, call.agent, deposit_id, now=call.now)
    return redirect(f"/parcours/{parcours}?fait=efface")


def show_erasure(call: AgentCall[NoForm], parcours_id: str, event_id: str) -> Response:
    """Show the statement that the documents of a sending are erased, to be printed for the young person's file."""
    sheet, passage, gone = parcours_stories.read_erasure(call.agent, parcours_id, event_id, now=call.now)
    parcours = sheet.page.parcours
    view = ErasurePage(
        parcours=build_heading(parcours),
        facts=rights.read_notice_facts(),
        reference=passage.reference,
        documents=[codes.KIND[kind] for kind in gone.documents],
        gone=gone,
        cause=codes.CAUSE[gone.cause],
        today=call.now,
    )
    return call.show(view, "parcours")


def note_word(call: AgentCall[WordForm], parcours_id: str) -> Response:
    """Note what came of a word with the young person. Raises FieldInvalid: ``geste`` says nothing of it."""
    if call.form.geste not in {SPOKEN, KEPT}:
        raise FieldInvalid("geste", "value")
    if call.form.geste == SPOKEN:
        sending_stories.note_data_request_discussed(call.agent, parcours_id, seen=call.form.vu, now=call.now)
    else:
        young_acts.keep_meeting(call.agent, parcours_id, seen=call.form.vu, now=call.now)
    return redirect(f"/parcours/{parcours_id}?fait={call.form.geste}")


def show_colleague_question(call: AgentCall[NoForm], parcours_id: str) -> Response:
    """Show who sealed the documents the question whether a colleague may get the link; lead others to the parcours.

    When no answer is awaited any more, the page says so.
    """
    question = passing_stories.read_question(call.agent, parcours_id, now=call.now)
    if question is None:
        return redirect(f"/parcours/{parcours_id}")
    parcours = question.parcours
    colleague = _build_asked_colleague(question.link, may_consent=True) if question.link.asked else None
    notice = find_notice(call.query("fait"))
    return call.show(
        ColleaguePage(build_offer(parcours), colleague, notice, is_held=parcours.is_held), "parcours"
    )


def answer_colleague(call: AgentCall[ColleagueForm], parcours_id: str) -> Response:
    """Accept or refuse the colleague's address that the company named."""
    form = call.form
    if form.geste not in ANSWERS:
        raise FieldInvalid("geste", "value")
    agrees = ANSWERS[form.geste]
    passing_stories.answer(call.agent, parcours_id, check_identifier(form.lien), agrees=agrees, now=call.now)
    page = "" if record_stories.may_see(call.agent, parcours_id) else "/collegue"
    return redirect(f"/parcours/{parcours_id}{page}?fait={'collegue' if agrees else 'collegue-refuse'}")


def build_colleague_question(person: Account, sheet: Sheet, now: datetime) -> AskedColleague | None:
    """Build what the page asks: may the link go to the colleague whom its holder named? None when nobody asked, or not here.

    Only the sealer may consent: somebody else reads the sealer's name instead of the buttons.
    """
    deposit, link = sheet.deposit, sheet.links[0] if sheet.links else None
    if not may(person, Act.SEND, sheet.page.parcours) or link is None or link.asked is None:
        return None
    if deposit is None or deposit.contents is None or not deposit.is_live(now):
        return None
    may_consent = passing.may_consent(person, deposit.contents)
    sealer = sheet.sealer.name if sheet.sealer is not None and not may_consent else None
    return _build_asked_colleague(link, may_consent=may_consent, sealer=sealer)


def _build_asked_colleague(link: Link, *, may_consent: bool, sealer: str | None = None) -> AskedColleague:
    """Build the colleague about whom a link asks.

    ``may_consent``: this person may accept the address; ``sealer``: name of who may, where this person may not.
    """
    assert link.asked is not None
    return AskedColleague(
        link=link.asked_link,
        name=link.asked.name,
        function=link.asked.function,
        address=link.asked.address,
        also=link.asked.also,
        first_address=link.recipient,
        may_consent=may_consent,
        sealer=sealer,
        is_too_late=link.opened_by is not None and not link.asked.also,
    )


ANNOUNCED_AT = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT})
FOLLOWS = frozenset({Role.BUYER, Role.PRESCRIBER})


class AnnouncementText(NamedTuple):
    """What ``texts/annonce.txt`` says of a sending that is about to leave."""

    hours: int
    town: str
    market: str
    site: str


def build_announcement(sheet: Sheet) -> ReadyText | None:
    """Build the text by which the reader, a buyer or prescriber, announces a sending to the company.

    None for other roles, and once the link was opened.
    """
    parcours = sheet.page.parcours
    if sheet.role not in FOLLOWS or parcours.status is not ParcoursStatus.IN_PREPARATION:
        return None
    if parcours.step not in ANNOUNCED_AT:
        return None
    announced = AnnouncementText(
        hours=parcours.placement.hours,
        town=parcours.placement.town,
        market=avec_lot(parcours.contract.object, parcours.contract.lot),
        site=config.public_base_url(),
    )
    text = render("texts/annonce.txt", announced)
    contact = next(iter(list_contacts_to_call(sheet)), None)
    subject = f"À venir : un message au sujet du marché « {parcours.contract.object} »"
    fields = urlencode({"subject": subject, "body": text}, quote_via=quote)
    return ReadyText(
        text=text,
        to=contact.name if contact else None,
        href=f"mailto:{quote(contact.address, safe='@')}?{fields}" if contact else None,
        holds=parcours.sent_to is Role.BUYER and parcours.step is Step.LINK_SENT,
    )


def find_withdrawable(sheet: Sheet) -> Withdrawable | None:
    """Return the sending that a tutor or coordinator may take back from a buyer who did not pass it on; None otherwise."""
    parcours, deposit, turn = sheet.page.parcours, sheet.deposit, sheet.turn
    is_kept = turn is not None and turn.state is State.NOT_PASSED_ON
    if not (is_kept and sheet.role in STAND_INS) or deposit is None or deposit.erasing_at is not None:
        return None
    if parcours.live_deposit != deposit.id or deposit.state is DepositState.CONFIRMED:
        return None
    return Withdrawable(deposit.id, "ouvert" if deposit.state in OPENED else "ferme")


def build_young_notice(person: Account, sheet: Sheet) -> YoungNotice | None:
    """Return where the notice of the current passage is, or of the last one; None for readers who may not hand it over."""
    passage, parcours = find_current_attempt(sheet) or find_last_ended(sheet), sheet.page.parcours
    if passage is None or not (has_accompanied(person, passage) or may(person, Act.HAND_KEY, parcours)):
        return None
    return YoungNotice(
        url=f"/parcours/{passage.parcours}/notice",
        passage=passage.number,
        is_over=passage.ended_at is not None,
        handed_at=passage.notice_at,
        key_version=passage.follow_key,
        looked_on=passage.followed_on,
        key_url=f"/parcours/{passage.parcours}/cle",
    )


def build_phone_code(person: Account, sheet: Sheet, now: datetime) -> PhoneCode | None:
    """Return the code of a sending and who is to be told it, while a link asks for it or will ask for it; else None.

    Only who may send on this passage sees it: neither the team nor a buyer does.
    """
    parcours, deposit = sheet.page.parcours, sheet.deposit
    if deposit is None or not may(person, Act.SEND, parcours):
        return None
    people = _list_asked_for_code(sheet, deposit, now)
    if not people:
        return None
    digits = opening.derive_code(deposit.id)
    numbers = [
        _build_contact_to_call(sheet, contact) for contact in parcours.company.contacts if contact.phone
    ]
    if all(person.phone for person in people):
        numbers = []
    return PhoneCode(f"{digits[:3]}\u00a0{digits[3:]}", people, numbers)


def _list_asked_for_code(sheet: Sheet, deposit: Deposit, now: datetime) -> list[Callee]:
    """Return who is asked for the code: the holders of working links or, before a link exists, the recipient.

    Nobody while a request of the young person suspends the links.
    """
    if sheet.page.parcours.suspends(deposit.attempt):
        return []
    if sheet.links:
        asked = [link for link in sheet.links if link.code_wanted and link.is_living(now)]
        return [_build_callee(sheet, link.recipient, link.holder) for link in asked]
    contents = deposit.contents if deposit.is_live(now) else None
    return [_build_callee(sheet, contents.recipient)] if contents and contents.code_check is not None else []


def _build_callee(sheet: Sheet, recipient: str, holder: str = "") -> Callee:
    """Return the name and telephone number of the person at an address, as the buyer's account or the record has them.

    ``holder``: name to use when the address is unknown there.
    """
    buyer = sheet.buyer if sheet.buyer and recipients.is_same(sheet.buyer.address, recipient) else None
    contact = recipients.find_contact(sheet.page.parcours, recipient)
    if buyer is not None:
        return Callee(buyer.name, buyer.phone)
    return _build_contact_to_call(sheet, contact) if contact else Callee(holder or recipient, None)


def _build_contact_to_call(sheet: Sheet, contact: Contact) -> Callee:
    """Return a contact of the record as somebody to call, with what speaks against it."""
    return Callee(contact.name, contact.phone, codes.format_health(sheet.health(contact)).before_call)


STRAIGHT = "direct"
"""Slug of: the buyer's link was just taken back, so that the company gets its own."""


def _build_send_page(call: AgentCall[NoForm], sheet: Sheet) -> SendPage:
    """Build the form of a sending for this reader."""
    parcours, slug = sheet.page.parcours, call.query("fait")
    passes_on = sheet.buyer or parcours.buyer_contact
    young = build_young_notice(call.agent, sheet)
    offered = contacts.offer_recipients(
        parcours,
        sheet.deposit,
        sheet.health,
        habit=lambda: _find_usual_buyer(sheet),
        straight=slug == STRAIGHT,
    )
    return SendPage(
        parcours=build_offer(parcours),
        contacts=[_build_company_recipient(call.agent, sheet, contact) for contact in offered.contacts],
        instead=_explain_instead(offered, sheet),
        passable=recipients.list_passable(parcours),
        buyer=_build_recipient(call.agent, sheet, passes_on) if passes_on else None,
        chosen=offered.chosen,
        notice_url=young.url if young and young.handed_at is None else None,
        notice=find_notice(slug),
        number_to_call=call.agent.phone,
        valid_until=terms.retention().unopened_until(call.now),
        max_bytes=config.DOCUMENT_MAX_BYTES,
        deposits_url=f"/parcours/{parcours.id}/depots",
        parcours_url=f"/parcours/{parcours.id}",
    )


def _find_usual_buyer(sheet: Sheet) -> str | None:
    """Return the address of the buyer by whom the organisation sends; None: it sends straight, or nobody is there."""
    parcours = sheet.page.parcours
    buyer = sheet.buyer or parcours.present_buyer_contact
    sends = buyer is not None and accompanying.sends_by_buyer(parcours.contract)
    return buyer.address if buyer is not None and sends else None


def _build_recipient(reader: Account, sheet: Sheet, person: Contact | Account) -> Person:
    """Build a possible recipient, with where the address comes from and whether it is trusted."""
    known = recipients.list_known_addresses(sheet.page.parcours, sheet.buyer)
    return replace(
        build_person(person, sheet.health),
        origin=_describe_origin(reader, person.address, known),
        trusted=recipients.is_trusted(person.address, known),
    )


def _build_company_recipient(reader: Account, sheet: Sheet, contact: CompanyContact) -> Person:
    """Build a contact of the company as a possible recipient, with what the person does there."""
    role = codes.format_contact_role(sheet.page.parcours.company, contact)
    return replace(_build_recipient(reader, sheet, contact), label=role)


def _describe_origin(reader: Account, address: str, known: tuple[Known, ...]) -> str:
    """Say where an address comes from; what the reader typed reads differently from what others typed."""
    return codes.format_origin(recipients.find_known_address(address, known), reader.id)


def _explain_instead(proposed: Offered, sheet: Sheet) -> str | None:
    """Say who is proposed in place of the usual contact, and why; None when the usual one is proposed."""
    usual = proposed.instead_of
    if usual is None or proposed.why is None:
        return None
    return codes.format_other_contact_first(
        usual.name, proposed.why, sheet.health(usual), proposed.contacts[0].name
    )

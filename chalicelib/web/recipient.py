"""What the script of a recipient's page asks for. A recipient has no account, but holds a link.

The link acts once its browser has answered the link's question: to which address it was mailed, or which code was given by
telephone. Answers are JSON; their keys are French, as the script reads them.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal, NotRequired, Self, TypedDict

from chalice.app import Request, Response
from pydantic import Field, StrictBool, StrictInt, StrictStr

from chalicelib import clock, config, french, terms
from chalicelib.clock import iso, parse_iso
from chalicelib.domain.case import Case
from chalicelib.domain.documents import passing
from chalicelib.domain.documents.opening import LinkState, is_suspended, may_ask_again
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.calendar import day_of, find_zone, last_day
from chalicelib.domain.kernel.link import Link, check_acts
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.meetings import appointment
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.meetings.slots import (
    FARTHEST,
    MOST_SLOTS,
    RECORD_PLACE,
    Slot,
    find_answer_by,
    read_slot,
)
from chalicelib.domain.meetings.welcome import read_welcome
from chalicelib.domain.parcours import declining
from chalicelib.domain.parcours.holder import HolderState, find_state
from chalicelib.domain.parcours.turns import whose_turn
from chalicelib.errors import CookiesBlocked, FieldInvalid, RelayError, TooMany
from chalicelib.stories import meetings, outcomes
from chalicelib.stories.documents import losing, opening
from chalicelib.stories.documents import passing as passing_stories
from chalicelib.stories.documents.opening import Demand, Glimpse
from chalicelib.stories.documents.passing import Named
from chalicelib.stories.meetings import CompanyGesture, Proposal
from chalicelib.web import public
from chalicelib.web.kit.calls import AnyForm, Call, parse_form
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.forms import JsonForm, PageForm, Token, read_reason
from chalicelib.web.kit.http import (
    answer_json,
    answer_no_content,
    read_browser,
    read_source_address,
    redirect,
    set_nonce_cookie,
)
from chalicelib.words import codes
from chalicelib.words.codes import Labelled, format_contact_role
from chalicelib.words.welcome import describe_welcome, list_welcome_fields

MOST_CHARACTERS = 1_000
"""Of one field: what is longer is no name, function, hour or address."""
Line = Annotated[StrictStr, Field(max_length=MOST_CHARACTERS)]


@dataclass(frozen=True)
class RecipientCall(Call[AnyForm]):
    """A request from a recipient's browser, which is known by the nonce in its cookie."""

    browser: str
    """SHA-256 of its nonce."""

    @classmethod
    def from_request(cls, request: Request, form: type[AnyForm]) -> Self:
        """Make the call of a view from a request.

        Raises:
            CookiesBlocked: the browser sent no nonce, although the page had set one.
        """
        typed, nonce_digest = parse_form(request, form), read_browser(request)
        if nonce_digest is None:
            raise CookiesBlocked
        return cls(request, clock.utc_now(), typed, nonce_digest)


class TokenForm(JsonForm):
    """A request with nothing but the link's token."""

    token: Token


class LostMessageForm(PageForm):
    """``POST /retrait``; ``adresse``: to which the message went that its reader does not find."""

    adresse: str = ""


class ReceptionForm(TokenForm):
    """``POST /retrait/reception``; ``lisible``: the documents could be read; ``outils``: the holder's assistive tools cannot."""

    lisible: StrictBool
    outils: StrictBool = False


class ProofForm(TokenForm):
    """``POST /retrait/preuve``: the address, or the code given by telephone."""

    adresse: StrictStr | None = None
    code: Line | None = None

    def answer(self) -> str:
        """Return the address or the code, whichever was given.

        Raises:
            FieldInvalid: none or both were given.
        """
        if (self.adresse is None) == (self.code is None):
            raise FieldInvalid("adresse", "missing" if self.adresse is None else "value")
        return self.adresse if self.adresse is not None else self.code or ""


class SlotForm(JsonForm):
    """A proposed date: an hour of Paris (« 2027-03-09T14:00 »), its length in minutes, and « fiche » or an https address."""

    debut: Line
    minutes: StrictInt
    lieu: Line = RECORD_PLACE


class WelcomeForm(JsonForm):
    """What there is to know for the day, by the names of ``read_welcome``."""

    entree: Line = ""
    demander: Line = ""
    repas: Line = ""
    tenue: Line = ""
    chaussures: Line = ""
    plain_pied: Line = ""
    arret: Line = ""


class SlotsForm(TokenForm):
    """``POST /retrait/creneaux``."""

    creneaux: Annotated[list[SlotForm], Field(max_length=4 * MOST_SLOTS)]
    feries_vus: StrictBool = False
    vues: Annotated[list[Line], Field(max_length=4 * MOST_SLOTS)] | None = None
    """When the dates begin that the page showed as proposed; None: not said."""
    accueil: WelcomeForm = WelcomeForm()

    def slots(self, now: datetime) -> tuple[Slot, ...]:
        """Return the proposed dates in the page's order.

        Raises:
            FieldInvalid: there are none or too many, or one cannot be taken; its fact ``rank`` is its place in the list, from 0.
        """
        if not 1 <= len(self.creneaux) <= MOST_SLOTS:
            raise FieldInvalid("creneaux", "slots")
        slots = [_parse_slot(slot, rank, now) for rank, slot in enumerate(self.creneaux)]
        welcome = read_welcome(self.accueil.model_dump())
        return tuple(slot.with_welcome(welcome) for slot in slots)


class MeetingForm(TokenForm):
    """``POST /retrait/rendez-vous``."""

    geste: Literal["annule", "tenu", "manque"]
    motif: Line | None = None
    vu: Line = ""
    """When the meeting is, as the page shows it; for anything else, no meeting is the one that was shown."""

    def reason(self) -> Reason | None:
        """Return why the meeting is cancelled; None when no reason was given."""
        return None if self.motif is None else read_reason(self.motif)


class DeclineForm(TokenForm):
    """``POST /retrait/refus``; ``motif``: code of the reason."""

    motif: Line
    confirme: Literal[True]


class ColleagueForm(TokenForm):
    """``POST /retrait/transmission``; ``mode``: the colleague replaces the holder, or also gets the link.

    On the buyer's link, ``contact`` may be the place of a contact that was shown and ``indice`` the hint of its address; they
    take the place of name and address.
    """

    nom: Line = ""
    fonction: Line = ""
    """Of pages that were left open since an earlier version; not read."""
    adresse: Line = ""
    mode: Literal["remplace", "aussi"]
    contact: StrictInt | None = None
    indice: Line = ""


class Sender(TypedDict):
    """Who sent the documents."""

    nom: str
    fonction: str
    academie: str


class GlimpseShown(TypedDict):
    """What a link is for this browser, before anything is asked; ``etat``: slug of its state; ``indice``: of the address."""

    etat: str
    prouve: bool
    indice: str
    expire_le: str | None
    efface_le: str | None
    restent: bool
    """Whether the documents may still be read."""
    depuis: str | None
    documents: list[str]
    demande: bool
    appeler: str
    """Whose number gives the code that the link asks for; empty where it asks for none."""
    expediteur: Sender
    auteur: Sender | None
    parcours: dict[str, object]
    peut_demander: NotRequired[bool]
    remplace: NotRequired[bool]
    message_refuse: NotRequired[bool]
    confirme: NotRequired[bool]


class SlotShown(TypedDict):
    """A date that the company has proposed."""

    debut: str
    minutes: int
    lieu: str
    accueil: str
    """What is said of the day, in one line; empty: nothing."""


class MeetingShown(SlotShown):
    """The agreed date of the meeting; ``passe``: it is past."""

    passe: bool


class RefusalShown(TypedDict):
    """The company's refusal, and until when it may be taken back (None: no longer)."""

    le: str
    annulable: bool
    motif: str | None


class ColleagueShown(TypedDict):
    """The colleague to whom the link was passed on, or will be once it is accepted."""

    mode: str
    etat: str
    nom: str
    indice: str


class Holidays(TypedDict):
    """School holidays, from one day to another."""

    du: str
    au: str


class WelcomeFieldShown(TypedDict):
    """A field of what there is to know for the day; ``choix``: codes and labels, none of a line of text."""

    nom: str
    titre: str
    choix: list[Labelled]
    valeur: str


class ContactHint(TypedDict):
    """To whom a buyer may pass the link on."""

    role_label: str
    nom: str
    indice: str


RecordPlace = TypedDict("RecordPlace", {"adresse_fiche": str})  # noqa: UP013 - a French key, no identifier
"""Where the record says that they meet."""


class Answers(RecordPlace):
    """What the holder of a link may answer, and what was answered; ``actions``: names of what may be done now."""

    acheteuse: bool
    preuve: str
    repond: bool
    attendu: str
    actions: list[str]
    creneaux: list[SlotShown]
    rendez_vous: MeetingShown | None
    refus: RefusalShown | None
    copies: str | None
    collegue: ColleagueShown | None
    vacances: list[Holidays]
    feries: list[str]
    reponse_avant: str | None
    promis: str | None
    accueil: list[WelcomeFieldShown]
    contacts: list[ContactHint]
    demandes: list[str]


def show_glimpse(call: Call[TokenForm]) -> Response:
    """Answer what this link is for this browser, and what may be answered with it. Nothing is changed."""
    glimpse = opening.read_glimpse(call.form.token, browser=read_browser(call.request), now=call.now)
    return answer_json(200, {**_build_glimpse(glimpse, call.now), **build_answers(glimpse, call.now)})


def prove(call: RecipientCall[ProofForm]) -> Response:
    """Check the address or the telephoned code; if it is right, this browser may act with the link."""
    form = call.form
    by_code = form.code is not None
    opening.prove(form.token, form.answer(), browser=call.browser, now=call.now, code=by_code)
    return answer_no_content()


def open_documents(call: RecipientCall[TokenForm]) -> Response:
    """Give the documents to this browser; a link gives them to one browser only.

    The function ``unseal`` decides and decrypts. The browser keeps its nonce for 72 hours, the longest that it may read again.
    """
    given = opening.claim(call.form.token, browser=call.browser)
    return answer_json(200, given, cookies=(set_nonce_cookie(call.request),))


def answer_reception(call: RecipientCall[ReceptionForm]) -> Response:
    """Note whether the documents could be read; only the browser that opened them may say it."""
    why_not = Reason.ASSISTIVE_TOOLS if call.form.outils else None
    opening.answer(
        call.form.token, readable=call.form.lisible, browser=call.browser, now=call.now, why_not=why_not
    )
    return answer_no_content()


def ask_again(call: RecipientCall[TokenForm]) -> Response:
    """Ask the tutor for a new sending, with a link that gives no documents any more."""
    opening.ask_again(call.form.token, browser=call.browser, now=call.now)
    return answer_no_content()


def propose_dates(call: RecipientCall[SlotsForm]) -> Response:
    """Propose one to five dates for the meeting; it is then the tutor's turn."""
    form = call.form
    seen = None if form.vues is None else frozenset(clock.parse_iso(begins_at) for begins_at in form.vues)
    proposal = Proposal(form.slots(call.now), form.feries_vus, seen)
    meetings.propose(form.token, proposal, call.browser, call.now)
    return answer_no_content()


def answer_meeting(call: RecipientCall[MeetingForm]) -> Response:
    """Cancel the meeting for the company or, afterwards, note whether it took place."""
    form = call.form
    gesture = CompanyGesture(form.geste, form.reason(), seen=parse_iso(form.vu))
    meetings.note_gesture(form.token, gesture, call.browser, call.now)
    return answer_no_content()


def decline(call: RecipientCall[DeclineForm]) -> Response:
    """Decline for the company, which may take it back within a day."""
    outcomes.decline(call.form.token, read_reason(call.form.motif), browser=call.browser, now=call.now)
    return answer_no_content()


def undo_decline(call: RecipientCall[TokenForm]) -> Response:
    """Take back the company's refusal, within a day."""
    outcomes.undo_decline(call.form.token, browser=call.browser, now=call.now)
    return answer_no_content()


def delete_copies(call: RecipientCall[TokenForm]) -> Response:
    """Note that the company deleted its copies."""
    outcomes.confirm_copies_deleted(call.form.token, browser=call.browser, now=call.now)
    return answer_no_content()


def pass_on(call: RecipientCall[ColleagueForm]) -> Response:
    """Pass the link on to a colleague, who replaces the holder or also gets the link.

    The function ``unseal`` decides and encrypts the keys anew.
    """
    form = call.form
    colleague = Named(form.mode, form.nom, form.adresse, form.contact, form.indice)
    outcome = passing_stories.pass_on(form.token, colleague, browser=call.browser)
    return answer_json(200, {"etat": outcome})


def _build_glimpse(glimpse: Glimpse, now: datetime) -> GlimpseShown:
    """Build what the page shows of a link before anything is answered; the reference, once its question is."""
    deposit, state = glimpse.visit.deposit, glimpse.sight.state
    facts = codes.build_market_facts(glimpse.parcours)
    view: GlimpseShown = {
        "etat": codes.LINK_SLUG[state],
        "prouve": glimpse.is_proven,
        "indice": address.mask(glimpse.visit.link.recipient),
        "expire_le": iso(deposit.erase_at) if deposit else None,
        "efface_le": iso(deposit.erased_at) if deposit and deposit.erased_at else None,
        "restent": deposit is not None and deposit.is_openable(now),
        "depuis": iso(glimpse.sight.since) if glimpse.sight.since else None,
        "documents": [kind.value for kind in deposit.kinds] if deposit else [],
        "demande": glimpse.visit.link.requested_at is not None,
        "appeler": _find_number_to_call(glimpse),
        "expediteur": _build_sender(glimpse.sender),
        "auteur": _build_former_writer(glimpse),
        "parcours": asdict(facts if glimpse.is_proven else replace(facts, reference=None)),
    }
    if state is not LinkState.TO_OPEN:
        view["peut_demander"] = may_ask_again(glimpse.visit.link, glimpse.parcours)
        view["remplace"] = _is_replaced(glimpse)
        view["message_refuse"] = glimpse.visit.link.mail_refused_at is not None
    opened = glimpse.visit.link.opened_by is not None
    if opened and state in {LinkState.OPENED_HERE, LinkState.ERASED}:
        view["confirme"] = glimpse.confirmed
    return view


def _build_sender(account: Account | None) -> Sender:
    """Return who sent the documents; empty texts when the account is gone."""
    if account is None:
        return {"nom": "", "fonction": "", "academie": ""}
    return {"nom": account.name, "fonction": account.function, "academie": account.academie or ""}


def _find_number_to_call(glimpse: Glimpse) -> str:
    """Return the number that gives the telephoned code; nothing where the link wants none."""
    sender = glimpse.sender
    return sender.phone or "" if glimpse.visit.link.code_wanted and sender is not None else ""


def _build_former_writer(glimpse: Glimpse) -> Sender | None:
    """Return who wrote the message with this link, where somebody else follows the young person since; else None."""
    writer, sender = glimpse.writer, glimpse.sender
    if writer is None or sender is None or writer.id == sender.id:
        return None
    return _build_sender(writer)


def _is_replaced(glimpse: Glimpse) -> bool:
    """Return whether a newer link or a newer version of this one has replaced it."""
    link, parcours = glimpse.visit.link, glimpse.parcours
    newer = parcours.prepares(link.attempt) and parcours.live_link not in {None, link.id, link.added}
    return glimpse.visit.version != link.version or (newer and link.moved_to is None and not link.beside)


def _parse_slot(form: SlotForm, rank: int, now: datetime) -> Slot:
    """Read a proposed date; ``rank``: its place in the list, from 0. Raises FieldInvalid with ``rank`` as a fact."""
    try:
        return read_slot(form.debut, form.minutes, form.lieu.strip(), now, config.public_host())
    except FieldInvalid as refusal:
        refusal.facts["rank"] = rank
        raise


HERE = frozenset({LinkState.TO_OPEN, LinkState.OPENED_HERE})
"""What a link still says to the browser that may have its documents."""
REFUSED = frozenset({HolderState.DECLINED, HolderState.DECLINED_ELSEWHERE})
"""While the company declines, nothing is said of dates: those that it proposed wait until it takes the refusal back."""
MOST_DEMANDS = 20
"""Other links of one address of which its page tells."""
SCHOOL_HOLIDAYS_AHEAD = timedelta(days=120)


def build_answers(glimpse: Glimpse, now: datetime) -> Answers:
    """Build what the answer of ``POST /retrait/apercu`` says of what may be answered, and of what was.

    A browser that has not answered the link's question learns no more than which question that is.
    """
    link, parcours = glimpse.visit.link, glimpse.parcours
    if is_suspended(link, parcours):
        return _build_no_answers(link, responds=False)
    # A link that was withdrawn, passed on or replaced, or that is of an earlier passage, says neither when nor where they meet.
    may_act = link.attempt == parcours.attempt and not _is_refused_by(
        lambda: check_acts(link, glimpse.visit.version)
    )
    actions = _list_actions(glimpse, now, may_act=may_act)
    no_answers = _build_no_answers(link, responds=may_act or bool(actions))
    if not glimpse.is_proven:
        return no_answers
    state = find_state(link, parcours, glimpse.sight.state, now, acts=may_act)
    answers: Answers = {
        **no_answers,
        "attendu": codes.HOLDER_SLUG[state],
        "actions": actions,
        "refus": _build_refusal(link, parcours, now, may_act=may_act),
        "copies": _format_copies_deleted(link, parcours),
        "collegue": _build_colleague(link),
        "demandes": _format_demands(glimpse.demands),
    }
    return _add_dates(answers, glimpse, now) if may_act and state not in REFUSED else answers


def _build_no_answers(link: Link, *, responds: bool) -> Answers:
    """Build the answers for a browser that has not answered the link's question: every key that the page's script reads, empty.

    ``responds``: whether the link still serves for anything.
    """
    return {
        "acheteuse": link.to is Role.BUYER,
        "preuve": "code" if link.code_wanted else "adresse",
        "repond": responds,
        "attendu": "",
        "actions": [],
        "creneaux": [],
        "rendez_vous": None,
        "refus": None,
        "copies": None,
        "collegue": None,
        "adresse_fiche": "",
        "vacances": [],
        "feries": [],
        "reponse_avant": None,
        "promis": None,
        "accueil": [],
        "contacts": [],
        "demandes": [],
    }


def _format_demands(demands: Sequence[Demand]) -> list[str]:
    """Write a line for each other link that waits for something, the newest first, and how many more there are."""
    waiting = [demand for demand in demands if demand.state in codes.DEMAND]
    lines = [_format_demand(demand) for demand in waiting[:MOST_DEMANDS]]
    more = len(waiting) - len(lines)
    return [*lines, f"Et {more} de plus."] if more else lines


def _format_demand(demand: Demand) -> str:
    """Write the line of another link to the same address: no reference, nothing of the young person, no link."""
    facts = codes.build_market_facts(demand.parcours)
    whose = facts.entreprise if demand.state is HolderState.HAND_ON else facts.acheteur
    by = f", suivie par {demand.sender.name}" if demand.sender is not None else ""
    sent = f"Envoyée le {french.jour_court(demand.sent_at)}{by}."
    return f"{french.avec_lot(facts.marche, facts.lot)}, {whose}. {codes.DEMAND[demand.state]}. {sent}"


def _add_dates(answers: Answers, glimpse: Glimpse, now: datetime) -> Answers:
    """Add when and where they meet, and what helps to choose a date. Only a working link of the current passage says this."""
    parcours, current = glimpse.parcours, glimpse.appointment
    slots = current.slots if current else ()
    return {
        **answers,
        "creneaux": [_build_slot(parcours, slot) for slot in slots],
        "rendez_vous": _build_meeting(parcours, current, now),
        "adresse_fiche": f"{parcours.placement.place}, {parcours.placement.town}",
        "vacances": _list_school_holidays(parcours, now),
        "feries": _list_public_holidays(parcours, now),
        "reponse_avant": _format_answer_by(parcours, slots, now) if slots else None,
        "promis": parcours.promised_on.isoformat() if parcours.promised_on else None,
        "accueil": _list_welcome_fields(parcours, current) if "creneaux" in answers["actions"] else [],
        "contacts": _list_contact_hints(glimpse) if glimpse.visit.link.to is Role.BUYER else [],
    }


def _list_actions(glimpse: Glimpse, now: datetime, *, may_act: bool) -> list[str]:
    """Return the names of what the link's holder may do now, for the page's buttons; the stories check again.

    ``may_act``: the link works, and is of the current passage.
    """
    link, parcours = glimpse.visit.link, glimpse.parcours
    company = may_act and link.to is Role.COMPANY
    offered = {
        "creneaux": company and appointment.is_open(parcours),
        "refus": may_act and declining.may_decline(link, parcours),
        "remplace": may_act and _may_pass_on(glimpse, also=False, now=now),
        "aussi": company and _may_pass_on(glimpse, also=True, now=now),
        "rendez_vous": company and appointment.is_open(parcours) and parcours.meeting_at is not None,
        "copies": bool(link.recipient) and declining.may_delete_copies(link, parcours),
    }
    return [name for name, is_open in offered.items() if is_open]


def _may_pass_on(glimpse: Glimpse, *, also: bool, now: datetime) -> bool:
    """Return whether this browser may pass the link on; ``also``: to a second holder, rather than in the holder's place."""
    visit = glimpse.visit
    # For this browser: another one learns that the link was opened.
    browser = visit.link.opened_by if glimpse.sight.state in HERE else None
    return not _is_refused_by(
        lambda: passing.check_may_pass(
            Case(glimpse.parcours, deposit=visit.deposit),
            visit.link,
            visit.version,
            also=also,
            browser=browser or "",
            now=now,
        )
    )


def _is_refused_by(check: Callable[[], None]) -> bool:
    """Return whether this check raises a refusal."""
    try:
        check()
    except RelayError:
        return True
    return False


def _build_slot(parcours: Parcours, slot: Slot) -> SlotShown:
    """Build a date for the page; a date without a place of its own is at the record's place."""
    return {
        "debut": iso(slot.start),
        "minutes": slot.minutes,
        "lieu": slot.place or RECORD_PLACE,
        "accueil": " ".join(f"{line.label}\u00a0: {line.text}." for line in describe_welcome(parcours, slot)),
    }


def _list_welcome_fields(parcours: Parcours, current: Appointment | None) -> list[WelcomeFieldShown]:
    """Return the fields of what there is to know for the day, with what was said with the last dates."""
    said = next(iter(current.offered), current.slot) if current else None
    return [
        {"nom": field.name, "titre": field.label, "choix": field.choices, "valeur": field.value}
        for field in list_welcome_fields(parcours, said)
    ]


def _build_meeting(parcours: Parcours, current: Appointment | None, now: datetime) -> MeetingShown | None:
    """Build the agreed date; None when there is none. One that is not of the appointment has the usual length."""
    if parcours.meeting_at is None:
        return None
    slot = current.slot if current is not None else None
    if slot is None or slot.start != parcours.meeting_at:
        slot = Slot(start=parcours.meeting_at, minutes=appointment.MINUTES)
    return {**_build_slot(parcours, slot), "passe": now >= parcours.meeting_at}


def _build_refusal(link: Link, parcours: Parcours, now: datetime, *, may_act: bool) -> RefusalShown | None:
    """Build the company's refusal, with whether this link may take it back; None when the company has not declined."""
    if link.declined_at is None:
        return None
    return {
        "le": iso(link.declined_at),
        "annulable": may_act and declining.may_undo(link, parcours, now),
        "motif": link.declined_for.value if link.declined_for else None,
    }


def _format_copies_deleted(link: Link, parcours: Parcours) -> str | None:
    """Return when the holder said that the copies are deleted; None where that was not said, or nobody asks for it any more."""
    at = link.copies_deleted_at
    return iso(at) if at is not None and declining.is_asked_for_copies(link, parcours) else None


def _build_colleague(link: Link) -> ColleagueShown | None:
    """Build the colleague to whom the link was or may be passed on, with a hint of the address; None when there is none."""
    if link.asked is None and link.moved_to is None and link.added is None:
        return None
    also = link.asked.also if link.asked is not None else link.moved_to is None
    named = passing_stories.find_colleague(link)
    return {
        "mode": "aussi" if also else "remplace",
        "etat": "a_accorder" if link.asked is not None else "parti",
        "nom": named.name if named else "",
        "indice": address.mask(named.address) if named else "",
    }


def _list_school_holidays(parcours: Parcours, now: datetime) -> list[Holidays]:
    """Return the school holidays of the place's zone in the next ``SCHOOL_HOLIDAYS_AHEAD``."""
    first, last = day_of(now), day_of(now + SCHOOL_HOLIDAYS_AHEAD)
    spans = terms.calendar().school_holidays.get(find_zone(parcours.placement.academie) or "", ())
    return [
        {"du": start.isoformat(), "au": end.isoformat()}
        for start, end in spans
        if end >= first and start <= last
    ]


def _list_public_holidays(parcours: Parcours, now: datetime) -> list[str]:
    """Return the public holidays, as 2026-12-25, among the days for which a date may be proposed."""
    calendar, first = terms.calendar(), day_of(now)
    days = (first + timedelta(days=n) for n in range(FARTHEST.days + 1))
    return [
        day.isoformat() for day in days if calendar.is_public_holiday(day, parcours.placement.departement)
    ]


def _format_answer_by(parcours: Parcours, slots: tuple[Slot, ...], now: datetime) -> str | None:
    """Return before which day the tutor is to choose among these dates; None when that is today, past, or not awaited."""
    turn = whose_turn(parcours, now, terms.calendar(), terms.turns())
    if turn is None or turn.due_at is None or turn.role is not Role.TUTOR:
        return None
    answer_by = find_answer_by(turn.due_at, slots, now)
    return iso(answer_by) if last_day(answer_by) > day_of(now) else None


def _list_contact_hints(glimpse: Glimpse) -> list[ContactHint]:
    """Return the contacts among whom a buyer chooses, each with a hint of the address."""
    parcours, deposit = glimpse.parcours, glimpse.visit.deposit
    choices = passing.list_choices(parcours, deposit.contents if deposit is not None else None)
    return [
        {
            "role_label": format_contact_role(parcours.company, contact),
            "nom": contact.name,
            "indice": address.mask(contact.address),
        }
        for contact in choices
    ]


def ask_for_message(call: Call[LostMessageForm]) -> Response:
    """Have the links of this address mailed there again. The answer never tells whether there are any."""
    typed = call.form.adresse
    try:
        losing.ask_for_message(typed, source=read_source_address(call.request), now=call.now)
    except FieldInvalid as refusal:
        row, sentence = describe(refusal)
        lost = public.LostMessage(typed[:MOST_CHARACTERS], error=sentence)
        return public.show_retrieval(call.request, lost, row.status)
    except TooMany as refusal:
        row, _ = describe(refusal)
        lost = public.LostMessage(typed[:MOST_CHARACTERS], stopped=True)
        response = public.show_retrieval(call.request, lost, row.status)
        response.headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
        return response
    return redirect("/retrait?fait=demande")

"""What each mail shows: one view for each template of ``templates/emails``, which reads ``view.<field>``.

A text is shown so that no mail program makes a link of it, unless it is ``Exact`` (``letters.break_links``).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from chalicelib.domain.kernel.values import Kind
from chalicelib.words.codes import MarketFacts
from chalicelib.words.weekly import TodoLine
from chalicelib.words.welcome import WelcomeLine


class Exact(str):
    """A text whose links and addresses are meant to be followed: the code that makes it checks its parts."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a mail names, and how to reach that person."""

    name: str
    address: Exact
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Agent(Person):
    """The same of the holder of an account."""

    function: str = ""
    academie: str = ""


@dataclass(frozen=True, slots=True)
class Passer(Person):
    """Who passed a link on."""

    buys: bool = False
    beside: bool = False
    is_reader: bool = False
    """Whether that is the reader, who named another address of hers."""


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """The link itself, and what its holder can do and needs on its page."""

    url: Exact
    token: Exact
    site: Exact
    buys: bool
    passes: bool
    """Whether the page takes the name of the right person, with nothing that is given by telephone."""
    code: bool
    decline_url: Exact | None
    """The page, opened on the company's refusal; None: it asks for a telephoned code first."""


@dataclass(frozen=True, slots=True)
class VideoAddress:
    """At which people meet at a distance: ``Exact`` once who accompanies has accepted it."""

    host: str
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a meeting is."""

    said: str
    video: VideoAddress | None


OF_ACCOUNT = "Votre adresse est celle de votre compte\u00a0: elle nous vient de la personne qui l’a ouvert."


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a mail shows."""

    template: ClassVar[str]
    source: str = OF_ACCOUNT
    """Where the address of its reader comes from; empty: it is a setting."""

    @property
    def passage(self) -> str | None:
        """The reference of the one passage that it is about, whose mails are one conversation."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcoursView(View):
    """A mail about one parcours."""

    parcours: MarketFacts

    @property
    def passage(self) -> str | None:
        """The reference of its passage."""
        return self.parcours.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralView(View):
    """A mail about a list of parcours."""

    parcours: tuple[MarketFacts, ...]

    @property
    def passage(self) -> str | None:
        """The reference of its passage, where it is one."""
        return self.parcours[0].reference if len(self.parcours) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedView(ParcoursView):
    """A mail in somebody's name."""

    sender: Agent
    """Who gets the answers, and signs unless ``done_by`` says who else acted."""
    done_by: str = ""
    """Who did what the mail says, without getting the answers: « L’équipe », « Claire Roux (coordinatrice) »."""
    in_place_of: str = ""
    """Name of who follows the young person, where ``sender`` is somebody else, who did it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView(ParcoursView):
    """A mail of the service, with a button to the page of the parcours."""

    parcours_url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView(SignedView):
    """« Un jeune attend votre réponse »."""

    template = "lien"
    greeted: str
    kinds: tuple[Kind, ...]
    by: Passer | None
    page: RecipientPage
    valid_until: datetime
    answer_by: datetime
    again: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesAsked:
    """What a reminder for dates says to whom."""

    buys: bool
    written: bool
    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderView(SignedView):
    """The same link again, or a word that asks for dates."""

    template = "rappel"
    greeted: str
    wrote: str
    page: RecipientPage | None
    opened: bool = False
    sent_at: datetime | None = None
    valid_until: datetime | None = None
    asked: DatesAsked | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeveralRemindersView(View):
    """Several links that wait at one address, a line each."""

    template = "rappel-plusieurs"
    greeted: str
    reminders: tuple[ReminderView, ...]
    sender: Agent | None
    """Who signs and gets the answers; None: several people do, and each line says who."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostMessageView(SignedView):
    """The same link again, to who does not find the message."""

    template = "message-perdu"
    greeted: str
    wrote: str
    mailed_on: date
    page: RecipientPage
    opened: bool
    may_ask: bool
    """Whether the page offers to ask for a new sending."""
    valid_until: datetime | None
    """Until when the link opens the documents; None: it opens nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDatesView(SignedView):
    """The company is asked for other dates."""

    template = "autres-dates"
    greeted: str
    why: str
    page: RecipientPage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToCompanyView(SignedView):
    """The passage goes no further, copies are to be deleted."""

    template = "fin-entreprise"
    kinds: tuple[Kind, ...]
    """Of which its reader may have copies; none: the link was not opened."""
    buys: bool
    free: bool
    """Whether the offer is free again: its contract still runs."""
    page: RecipientPage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalView(SignedView):
    """The company declined, or takes it back."""

    template = "refus"
    kinds: tuple[Kind, ...]
    """Of which its reader may have copies; none: the link was not opened."""
    page: RecipientPage | None
    is_declined: bool
    """False: that was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleagueRefusalView(SignedView):
    """The company declined otherwise than on the reader's page, or everything is stopped for now: the link opens nothing."""

    template = "refus-collegue"
    is_stopped: bool = False
    """Whether it is stopped, of which nobody outside reads why."""
    kinds: tuple[Kind, ...]
    """Of which its reader may have copies; none: the link was not opened."""
    page: RecipientPage | None


@dataclass(frozen=True, slots=True)
class ListedContact:
    """A contact of the record, as a mail that asks about it shows it."""

    name: str
    function: str
    role_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCheckView(SignedView):
    """A passage begins, are the contacts still right? ``sender``: who accompanies; ``done_by``: who gave it to her, if she did
    not take it.
    """

    template = "contacts"
    greeted: str
    contacts: tuple[ListedContact, ...]
    url: Exact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChecksView(View):
    """Passages that begin together, given by one person to one tutor: are the contacts of each still right?"""

    template = "contacts-plusieurs"
    greeted: str
    checks: tuple[ContactCheckView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingView(ParcoursView):
    """The meeting is fixed, moved, cancelled or tomorrow."""

    template = "rendez-vous"
    subject: str
    title: str
    lead: str
    greeted: str
    buys: bool
    accompanies: bool
    """Whether its reader is the person who accompanies."""
    when: str | None
    place: Place
    welcome: tuple[WelcomeLine, ...]
    """What there is to know for the day; empty: nothing is said."""
    cancelled: bool
    why: str
    """Who cancelled it and why, or with what it fell; empty: it is not known any more."""
    awaited: str
    """Of a cancelled one: what is awaited of whom now; empty: nothing."""
    goes_on: bool
    page: RecipientPage | None
    first: bool = False
    """Whether it may be the first mail that its reader ever gets."""
    sender: Agent | None = None
    done_by: str = ""
    in_place_of: str = ""
    """Both as in ``SignedView``."""
    who: Person | None = None
    parcours_url: Exact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingView(NoticeView):
    """A link left, to which address."""

    template = "avis-envoi"
    who: Person | None
    by: Passer | None
    holder: str
    holder_function: str
    alarm: bool
    recipient: Exact
    kinds: tuple[Kind, ...]
    at: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnView(NoticeView):
    """A link's mail did not leave, or came back."""

    template = "avis-retour"
    recipient: Exact
    missed: Person | None
    other: Person | None = None
    title: str
    opening: str
    why: str = ""
    todo: str
    dead: bool | None = None
    """Whether the link stopped working; None: of a mail that did not come back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedDocumentView(NoticeView):
    """Inspection refused a document."""

    template = "avis-refus"
    kind_label: str
    reason: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortNoticeView(ParcoursView):
    """A short notice about a parcours."""

    template = "avis-suite"
    title: str
    lines: tuple[str, ...]
    act_label: str
    who: Person | None
    parcours_url: Exact | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """What stands in the braces of a short notice (``words.mails.NOTICES``)."""

    reason: str = ""
    until: str = ""
    also: str = ""
    name: str = ""
    address: Exact | None = None


NO_FACTS = NoticeFacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedView(SeveralView):
    """Parcours are entrusted to its reader."""

    template = "confie"
    assigner: Agent | None
    url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToBuyerView(ParcoursView):
    """The passage goes no further."""

    template = "fin-acheteur"
    greeted: str
    sent: bool
    free: bool
    parcours_url: Exact | None


@dataclass(frozen=True, slots=True)
class ErasedDocuments:
    """What became of the documents of one parcours."""

    parcours: MarketFacts
    what: str
    todo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedView(View):
    """Documents of several parcours were erased on one day before somebody said that they could be read."""

    template = "effaces"
    erased: tuple[ErasedDocuments, ...]
    url: Exact


@dataclass(frozen=True, slots=True)
class ProposedDate:
    """One date that a company proposes; its place, where places differ."""

    when: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesView(NoticeView):
    """The company proposes dates."""

    template = "dates"
    who: Person | None
    dates: tuple[ProposedDate, ...]
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeView(View):
    """A sign-in code."""

    template = "code"
    code: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView(View):
    """An account is open."""

    template = "invitation"
    inviter: Agent | None
    roles: str
    place: str
    address: Exact
    sign_in_url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCodeView(View):
    """A sign-in code was asked for, of an account that signs in with ProConnect alone."""

    template = "code-proconnect"
    sign_in_url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusedAccountView(View):
    """An account that nobody uses is erased soon."""

    template = "compte-inutilise"
    address: Exact
    erased_on: date
    sign_in_url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceView(SeveralView):
    """A tutor is away, and the reader stands in, or is away: ``own``."""

    template = "absence"
    away: Agent
    own: bool
    first: date
    last: date | None
    """None: the account was closed."""
    url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceEndedView(View):
    """An announced absence ends before its last day: a tutor's, or the reader's: ``own``."""

    template = "absence-finie"
    away: Agent
    own: bool
    url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedAwayView(SeveralView):
    """The listed parcours are somebody else's."""

    template = "passe-a"
    successor: Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class EntranceView(View):
    """What became of that by which somebody enters an account: its reader's, or another's whose passkeys the reader removed."""

    template = "entree-du-compte"
    title: str
    lines: tuple[str, ...]
    own: bool
    """Whether the reader holds that account."""
    url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingsStoppedView(View):
    """A tutor was kept from taking more offers."""

    template = "prises"
    tutor: Agent
    parcours_url: Exact


@dataclass(frozen=True, slots=True)
class ChangedContacts:
    """What changed about the contacts of one parcours."""

    parcours: MarketFacts
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsChangedView(View):
    """Contacts lead elsewhere now."""

    template = "contacts-changes"
    by: Agent | None
    """None: the tutor's own account, or nobody's."""
    is_on_request: bool
    """Whether a contact was removed because that person asked for it."""
    changed: tuple[ChangedContacts, ...]
    url: Exact

    @property
    def passage(self) -> str | None:
        """The reference of the passage, where it is one."""
        return self.changed[0].parcours.reference if len(self.changed) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One parcours of an agent's reminders."""

    parcours: MarketFacts
    act: str
    late: str
    call: Exact
    """Whom to call: name and number."""
    calls: bool
    ask: str
    """What to say and ask by telephone."""
    until: datetime | None
    url: Exact


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView(View):
    """All that waits for an agent."""

    template = "rappels"
    yours: tuple[DigestLine, ...]
    calls: tuple[DigestLine, ...]
    expiring: tuple[DigestLine, ...]
    several: int
    """How many parcours they are about."""
    url: Exact
    todo: tuple[TodoLine, ...] = ()
    """On the first working morning of a week: what else is the agent's to do,"""
    endings: tuple[str, ...] = ()
    """what is about to be lost,"""
    confirming: str = ""
    """and which contacts are to be confirmed."""

    @property
    def passage(self) -> str | None:
        """The reference of the passage, where it is one."""
        lines = (*self.yours, *self.calls, *self.expiring)
        return lines[0].parcours.reference if self.several == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRequestView(View):
    """What somebody asks about their data."""

    template = "droits"
    number: str
    kind_label: str
    reference: str | None
    correction: str | None
    who_label: str
    reply_address: Exact
    at: datetime
    due_on: date
    again: bool
    """Whether an earlier message said the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSettledView(View):
    """What came of a request of a young person, to the data protection officer."""

    template = "droits-suite"
    reference: str
    at: datetime
    goes_on: bool

    @property
    def passage(self) -> str | None:
        """The reference of its passage."""
        return self.reference

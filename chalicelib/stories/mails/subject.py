"""What a waiting mail is about, and whom it names: read from the stores as its function asks for it."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property

from chalicelib import clock, config
from chalicelib.domain import record
from chalicelib.domain.documents import mailing, recipients
from chalicelib.domain.documents.passing import MOST_MOVES
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link, Pointer
from chalicelib.domain.kernel.parcours import BuyerContact, Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import OutboxMail
from chalicelib.domain.kernel.values import Kind, Role
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.rights import RightsRequest
from chalicelib.mails import letters
from chalicelib.mails.views import OF_ACCOUNT, Agent, Exact, Person, RecipientPage
from chalicelib.stores import keys
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import accompanying
from chalicelib.words import mails as words

TO_DECLINE = ".non"
"""After the token in a link: the page opens on the company's refusal (``decline.js``)."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs a mail about what somebody did; see ``SignedView``."""

    sender: Agent
    done_by: str = ""
    in_place_of: str = ""


@dataclass(frozen=True)
class Subject:
    """One waiting mail and what it is about, each part read when it is first asked for."""

    mail: OutboxMail
    work: UnitOfWork
    """What was read for it (``cases.load_people_of_mail``)."""

    @cached_property
    def deposit(self) -> Deposit | None:
        """The deposit that the mail names; None: it names none, or it is gone."""
        return self.work.get(Deposit, self.mail.deposit)

    @cached_property
    def link(self) -> Link | None:
        """The link that the mail names; None: it names none, or it is gone."""
        return self.work.get(Link, self.mail.link)

    @cached_property
    def parcours(self) -> Parcours:
        """The parcours; raises NotFound when the mail is about none."""
        if self.mail.parcours:
            return self.work.get_one(Parcours, self.mail.parcours)
        about = self.link or self.deposit
        return self.work.get_one(Parcours, about.parcours if about else None)

    @cached_property
    def request(self) -> RightsRequest | None:
        """The request about personal data that the mail names; None: it names none, or it is gone."""
        return self.work.get(RightsRequest, self.mail.request)

    def list_several(self) -> list[Parcours]:
        """List the parcours that the mail lists; the one that it is about, if an older version made it."""
        about_one_parcours = (self.mail.parcours,) if self.mail.parcours else ()
        return self.work.get_all(Parcours, self.mail.several or about_one_parcours)

    @property
    def recipient(self) -> str:
        """The address of the link; empty: there is none, or it was erased."""
        return self.link.recipient if self.link is not None else ""

    def list_reminders(self) -> list["Subject"]:
        """List the lines of one reminder of several links, each as if it were a mail; none of a link that is gone."""
        links = self.work.get_all(Link, self.mail.links)
        return [Subject(line, self.work) for line in mailing.split_reminder(self.mail, links)]

    @cached_property
    def appointment(self) -> Appointment | None:
        """The appointment of the mail's passage; None: there is none."""
        return self.work.get(Appointment, self.mail.parcours, self.mail.attempt)

    @cached_property
    def account(self) -> Account | None:
        """The open account that the mail goes to; None: it goes to none, or it is closed."""
        return self.open_account(self.mail.account)

    @cached_property
    def about(self) -> Account | None:
        """The colleague whom the mail is about, even if that account is closed."""
        return self.work.get(Account, self.mail.about)

    @cached_property
    def accompanies(self) -> Account | None:
        """The account that accompanies the passage of the link; None: nobody is left."""
        return accompanying.find_accompanying(self.work, self.parcours, self.link)

    @cached_property
    def tutor(self) -> Account | None:
        """The account that gets the answers: the tutor, else the one of the moment when the mail was decided, or who is left."""
        return accompanying.find_accompanying(self.work, self.parcours, self.link, self.mail.account)

    @cached_property
    def stand_in(self) -> Account | None:
        """The coordinator who has the tutor's turns today; None: the tutor is there, or nobody coordinates."""
        return accompanying.find_stand_in(self.work, self.parcours, clock.utc_now())

    @property
    def awaited(self) -> Account | None:
        """The account that has the tutor's turns today: who stands in, else the tutor."""
        return self.stand_in or self.tutor

    @cached_property
    def notified(self) -> Account | None:
        """The account that a mail about the link is for: see ``find_notified``."""
        return (
            accompanying.find_notified(self.work, self.mail, self.parcours, self.link) if self.link else None
        )

    @cached_property
    def sent(self) -> Deposit | None:
        """The deposit of the link."""
        return self.work.get(Deposit, self.link.deposit) if self.link else None

    @cached_property
    def writer(self) -> Account | None:
        """The account that signed the mail with the present version of the link; None: no such mail left."""
        if self.link is None:
            return None
        token = keys.compute_link_token(self.link.build_token_message(self.link.version))
        pointer = self.work.get(Pointer, hash_text(token))
        return self.work.get(Account, pointer.sender) if pointer is not None else None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of the documents of the link."""
        return self.sent.kinds if self.sent else ()

    @property
    def agent(self) -> Agent | None:
        """The agent in whose name a mail about the link goes."""
        return letters.build_agent(self.accompanies) if self.accompanies else None

    @property
    def holder(self) -> Person | None:
        """The person who holds the link; None: there is none, or it was erased."""
        return self.build_holder(self.link)

    def open_account(self, identifier: str | None) -> Account | None:
        """Return the account with this id if it is open."""
        return accompanying.find_open_account(self.work, identifier)

    def build_signature(self, tutor: Account) -> Signature:
        """Return who signs this mail: who decided it, else ``tutor``, who accompanies.

        The team, and an account that is closed, get no answers: they are named, and answers go to the tutor.
        """
        actor = self.work.get(Account, self.mail.person)
        if actor is None or actor.id == tutor.id:
            return Signature(letters.build_agent(tutor))
        if actor.is_team or actor.closed_at is not None:
            return Signature(letters.build_agent(tutor), done_by=letters.describe_actor(actor))
        return Signature(letters.build_agent(actor), in_place_of=tutor.name)

    def describe_source(self, recipient: str) -> str:
        """Return where the address of the mail's reader comes from."""
        return describe_source(self.work, self.parcours, recipient, self.link)

    def find_sealer(self, deposit: Deposit) -> Account | None:
        """Return the open account of the person who sealed a deposit."""
        return accompanying.find_sealer(self.work, deposit)

    @cached_property
    def buyer(self) -> Account | BuyerContact | None:
        """The buyer whom the mail is for: an account, else the contact of the record, who has no pages."""
        account = self.account or accompanying.find_buyer_account(self.work, self.parcours)
        return account or self.parcours.present_buyer_contact

    @property
    def is_free_again(self) -> bool:
        """Whether the offer could be taken again when its parcours ended: its contract still ran on the day of the mail."""
        return day_of(self.mail.created_at) <= self.parcours.over_on

    def is_said_anew(self, last_at: datetime | None) -> bool:
        """Whether the same was said again (``last_at``) after this notice was decided, so that a later notice says it."""
        return last_at is not None and last_at > self.mail.created_at

    def is_unwanted(self, message: EmailMessage) -> bool:
        """Whether a message about a parcours goes to a contact who is noted to have left, or to a stranger who wants no mail.

        Who has an account works with us: of her address, only what can wait is held back (``build_digest``).
        """
        if not self.mail.parcours and self.link is None and self.deposit is None:
            return False
        reader = str(message["To"])
        if self.tutor is not None and reader == self.tutor.address:
            return False
        return self.parcours.has_left(reader) or accompanying.objects(self.work, reader)

    def find_missed(self, side: Role) -> Person | None:
        """Return the person of this side whom the tutor is to call; None: nobody is known."""
        if side is Role.BUYER:
            return letters.build_person(self.buyer) if self.buyer else None
        if side is not Role.COMPANY:
            return None
        contact = record.find_present_contact(self.parcours.company)
        return self.holder or (letters.build_person(contact) if contact else None)

    def build_holder(self, link: Link | None) -> Person | None:
        """Return the person who holds a link, named by an account or the record, else as typed; None without a recipient."""
        if link is None or not link.recipient:
            return None
        owner = accompanying.find_owner(self.work, link.recipient) if link.to is Role.BUYER else None
        known = owner or recipients.find_contact(self.parcours, link.recipient)
        if known is None:
            return Person(link.holder or self.parcours.company.name, Exact(link.recipient))
        return letters.build_person(known, link.recipient)

    def build_page_again(
        self, link: Link | None, recipient: str, *, dead: bool = False
    ) -> RecipientPage | None:
        """Return the page of a link, to be mailed again to its holder; None where it is not for ``recipient`` or no longer works.

        None also before the link was mailed at all: a new version waits while a refusal holds it back. ``dead``: a link that
        opens nothing any more may still serve to say that copies were deleted.
        """
        if link is None or not recipients.is_same(link.recipient, recipient):
            return None
        if accompanying.is_team_address(self.work, recipient):
            return None
        now = clock.utc_now()
        answers = link.closed_at is None and now < link.closes_at if dead else link.is_living(now)
        token = keys.compute_link_token(link.build_token_message(link.version)) if answers else ""
        mailed = answers and self.work.get(Pointer, hash_text(token)) is not None
        return build_recipient_page(link, token) if mailed else None

    def build_page_of_either_link(self, link: Link | None, recipient: str) -> RecipientPage | None:
        """Return the page of the link or of the second one for a colleague: whichever is this recipient’s."""
        beside = self.work.get(Link, link.added) if link is not None else None
        return self.build_page_again(link, recipient) or self.build_page_again(beside, recipient)


def describe_source(work: UnitOfWork, parcours: Parcours, recipient: str, link: Link | None) -> str:
    """Return where the address of a mail's reader comes from: the record, an account, or who sent or passed ``link``."""
    record = recipients.list_known_addresses(parcours, None)
    known = recipients.find_known_address(recipient, record)
    if (known is None or known.side is Role.BUYER) and accompanying.find_owner(work, recipient) is not None:
        return OF_ACCOUNT
    if known is not None:
        return words.format_source(known.origin)
    return words.SOURCE_PASSED if link is not None and link.holder else words.SOURCE_SENT


def build_recipient_page(link: Link, token: str) -> RecipientPage:
    """Build what a mail shows its reader of the page of a link."""
    buys = link.to is Role.BUYER
    url = letters.build_url(f"/retrait/#{token}")
    return RecipientPage(
        url=url,
        token=Exact(token),
        site=Exact(config.public_base_url()),
        buys=buys,
        passes=not link.beside and not link.code_wanted and (buys or link.moves < MOST_MOVES),
        code=link.code_wanted,
        decline_url=None if link.code_wanted else Exact(url + TO_DECLINE),
    )

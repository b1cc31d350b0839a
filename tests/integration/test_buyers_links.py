"""The buyer passes her link on to the company, and nobody steers where it goes."""

from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import BuyerContact, Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import (
    ChangedMeanwhile,
    FieldInvalid,
    LinkSpent,
    ProofNeeded,
    RelayError,
    WrongStep,
)
from chalicelib.stores import parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories import record
from chalicelib.stories.documents.passing import ALSO, GONE, REPLACES, TO_AGREE, Named
from chalicelib.stories.kit import accompanying
from chalicelib.stories.mails.subject import TO_DECLINE
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client
from tests.support.passings import (
    COLLEAGUE,
    OTHER,
    agrees,
    answers_question,
    colleague_named,
    offer_with_colleague,
    passes,
)
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

BUYER = "a.acheteuse@ministere.example"


def contact_chosen(place: int = 0, shown: str = COMPANY_ADDRESS, mode: str = REPLACES) -> Named:
    """The form by which a buyer passes the link to a contact that her page showed."""
    return Named(mode=mode, contact=place, hint=address.mask(shown))


def send_to_buyer(world: World) -> tuple[Relay, str, Browser]:
    """Send a link to the buyer; return the parcours, her token and her browser."""
    buyer = factories.account(Role.BUYER, address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token = relay.sends(recipient=BUYER)
    assert relay.link().to is Role.BUYER and relay.head().sent_to is Role.BUYER
    return relay, token, answers_question(token, BUYER)


def test_the_company_can_say_no_from_its_mail_and_the_buyer_cannot_say_it_for_the_company(
    world: World, time: Clock
) -> None:
    relay, token, buyer = send_to_buyer(world)

    passes(buyer, token, contact_chosen())
    relay.mailer_runs()

    for held, says_no in ((token, False), (relay.tokens()[-1], True)):
        (mail,) = (mail for mail in world.mails() if held in mail_rules.read_body(mail, "plain"))
        for body in (mail_rules.read_body(mail, kind) for kind in ("plain", "html")):
            assert (held + TO_DECLINE in body, "Nous ne pouvons pas accueillir" in body) == (says_no, says_no)


def test_a_buyer_passes_the_link_on_without_opening_it(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)

    assert passes(buyer, token, contact_chosen()) == GONE
    relay.mailer_runs()

    new = relay.tokens()[-1]
    theirs, notice = (mail_rules.read_body(mail, "plain") for mail in world.mails()[-2:])
    who = accompanying.find_owner(UnitOfWork(), BUYER)
    assert who is not None and f"{who.name} suit ce marché chez l’acheteur" in theirs
    assert f"{who.name} a passé le lien à" in notice and "Ce n’est pas vous" not in notice
    company = answers_question(new)
    assert company.reads(company.opens(new), world) == relay.sent[0].plain
    assert relay.head().sent_to is Role.COMPANY
    events = parcours_table.read_page(relay.parcours_id).events
    assert [event.actor for event in events if event.kind is EventKind.LINK_PASSED_ON] == [Role.BUYER]
    assert [event.actor for event in events if event.kind is EventKind.LINK_OPENED] == [Role.COMPANY]


def test_a_buyer_passes_no_link_to_a_contact_who_has_left(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)
    relay.notes(EventKind.CALL_NOTED, reason=Reason.CONTACT_GONE, contact=Interlocutor.ANSWERS_TENDER)

    assert list_offered(buyer, token) == []
    with pytest.raises(FieldInvalid):
        passes(buyer, token, contact_chosen())


def test_a_buyer_who_opens_is_told_as_the_buyer(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)
    buyer.opens(token)

    events = parcours_table.read_page(relay.parcours_id).events
    assert [event.actor for event in events if event.kind is EventKind.LINK_OPENED] == [Role.BUYER]


def test_a_buyer_chooses_among_the_contacts_of_the_record_alone(world: World, time: Clock) -> None:
    _, token, buyer = send_to_buyer(world)

    for wrong in (contact_chosen(1), contact_chosen(-1)):
        with pytest.raises(FieldInvalid):
            passes(buyer, token, wrong)
    with pytest.raises(FieldInvalid):
        company = relays.started(world)
        colleague_token = company.sends()
        passes(answers_question(colleague_token), colleague_token, contact_chosen())


def records(relay: Relay, *contacts: CompanyContact, editor: str) -> None:
    """Edit the contacts of the record as this account."""
    head = relay.head()
    company = replace(head.company, contacts=contacts)
    given = replace(factories.record(head), company=company)
    editing = parcours_table.read_account(editor)
    assert editing is not None
    record.edit(editing, head.id, given, seen=head.edited, now=clock.utc_now())


THIEF = "t@voleur.example"


def steers(relay: Relay, team: Account, *, in_two_steps: bool) -> None:
    """The buyer puts an address of her own into the record."""
    changed = replace(relay.head().company.contacts[0], address=THIEF)
    if in_two_steps:
        records(relay, editor=team.id)
    records(relay, changed, editor=team.id)


@pytest.mark.parametrize("in_two_steps", [True, False])
def test_a_contact_that_the_team_changed_is_not_offered_to_the_buyer(
    world: World, time: Clock, in_two_steps: bool
) -> None:
    buyer, team = factories.account(Role.BUYER, address=BUYER), factories.account(Role.TEAM)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer, team))
    token = relay.sends(recipient=BUYER)
    honest = relay.head().company.contacts[0]
    steers(relay, team, in_two_steps=in_two_steps)

    with pytest.raises(FieldInvalid):
        passes(answers_question(token, BUYER), token, contact_chosen(shown=THIEF))
    relay.mailer_runs()
    assert relay.link().moved_to is None and relay.link().asked is None
    assert THIEF not in relay.mailed_to()
    records(relay, honest, editor=team.id)
    assert passes(answers_question(token, BUYER), token, contact_chosen()) == GONE, (
        "the address of the sealing is known again"
    )


def test_who_was_noted_to_have_left_at_the_sealing_is_offered_to_nobody_afterwards(
    world: World, time: Clock
) -> None:
    """The team adds a mailbox of its own, notes that its person has left, and takes that back once documents are sealed."""
    buyer, team = factories.account(Role.BUYER, address=BUYER), factories.account(Role.TEAM)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer, team))
    honest = relay.head().company.contacts[0]
    added = replace(honest, role=ContactRole.WELCOMES, address=THIEF)
    records(relay, honest, added, editor=team.id)
    relay.notes(EventKind.CALL_NOTED, reason=Reason.CONTACT_GONE, contact=Interlocutor.WELCOMES)
    token = relay.sends(recipient=BUYER)
    records(relay, honest, replace(added, name="Une Autre"), editor=team.id)

    assert list_offered(answers_question(token, BUYER), token) == [honest.name]
    with pytest.raises(FieldInvalid):
        passes(answers_question(token, BUYER), token, contact_chosen(1, shown=THIEF))


def list_offered(browser: Browser, token: str) -> list[str]:
    """Return the names that the buyer's page offers."""
    client = Client({NONCE_COOKIE: browser.nonce})
    return [hint["nom"] for hint in client.post_json("/retrait/apercu", {"token": token}).json["contacts"]]


def test_a_buyer_names_somebody_else_and_who_sealed_agrees(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)

    assert passes(buyer, token, colleague_named(OTHER)) == TO_AGREE
    assert EventKind.LINK_PASSED_ON not in relay.event_kinds()
    agrees(relay)
    relay.mailer_runs()

    company = answers_question(relay.tokens()[-1], OTHER)
    assert company.reads(company.opens(relay.tokens()[-1]), world) == relay.sent[0].plain
    assert relay.head().sent_to is Role.COMPANY


def test_a_straight_sending_makes_no_other_contact_known_that_its_sealer_was_not_shown(
    world: World, time: Clock
) -> None:
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(team,))
    added = replace(relay.head().company.contacts[0], role=ContactRole.WELCOMES, address=THIEF)
    records(relay, relay.head().company.contacts[0], added, editor=team.id)
    token = relay.sends()

    assert passes(answers_question(token), token, colleague_named(THIEF)) == TO_AGREE


@pytest.mark.parametrize("declared", ["accueil@chantier.example", "accueil@gmail.com"])
def test_the_other_declared_contact_is_a_colleague_whatever_her_domain(
    world: World, time: Clock, declared: str
) -> None:
    relay = relays.started(world, offer=offer_with_colleague(declared))
    token = relay.sends()

    assert passes(answers_question(token), token, colleague_named(declared)) == GONE


def test_known_addresses_are_salted_hashes_that_go_with_the_documents(world: World, time: Clock) -> None:
    relay, _, _ = send_to_buyer(world)
    contents = relay.deposit().contents
    assert contents is not None

    assert contents.known == tuple(
        address.bind_recipient(contents.salt, shown) for shown in (BUYER, COMPANY_ADDRESS)
    )
    sending_changes.revokes(relay)
    relay.purges()
    assert relay.deposit().contents is None
    assert contents.known[0] not in world.everything()


def test_a_contact_whose_hint_is_not_the_one_that_was_shown_is_refused(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)

    for wrong in (contact_chosen(shown=THIEF), Named(mode="remplace", contact=0)):
        with pytest.raises(ChangedMeanwhile):
            passes(buyer, token, wrong)
    assert relay.link().moved_to is None and relay.link().asked is None


def test_a_buyer_opens_or_passes_on_never_both(world: World, time: Clock) -> None:
    relay, token, buyer = send_to_buyer(world)

    with pytest.raises(WrongStep):
        passes(buyer, token, contact_chosen(mode=ALSO))
    buyer.opens(token)
    with pytest.raises(WrongStep):
        passes(buyer, token, contact_chosen(mode=ALSO))
    with pytest.raises(LinkSpent):
        passes(buyer, token, contact_chosen())
    assert relay.deposit().other_links == ()


def test_colleagues_are_those_of_the_company_that_a_buyer_passed_to_never_her_own(
    world: World, time: Clock
) -> None:
    relay, token, buyer = send_to_buyer(world)
    passes(buyer, token, contact_chosen())
    relay.mailer_runs()
    new = relay.tokens()[-1]
    holder = answers_question(new)

    assert passes(holder, new, colleague_named("x@ministere.example")) == TO_AGREE
    agrees(relay, yes=False)
    assert passes(holder, new) == GONE
    relay.mailer_runs()
    last = relay.tokens()[-1]
    assert (
        passes(answers_question(last, COLLEAGUE), last, colleague_named("z@ministere.example", ALSO))
        == TO_AGREE
    )


@pytest.mark.parametrize("role", [Role.BUYER, Role.PRESCRIBER])
def test_nobody_who_buys_is_a_colleague(world: World, time: Clock, role: Role) -> None:
    buys = factories.account(role, address="achats@jardins.entreprise.example")
    named_buyer = BuyerContact(name="Odile Ramain", address="o.ramain@jardins.entreprise.example")
    relay = relays.started(world, offer=factories.offer(buyer_contact=named_buyer), also=(buys,))
    token = relay.sends()
    holder = answers_question(token)

    for whom in (buys.address, "O.Ramain@jardins.entreprise.example"):
        for mode in (REPLACES, ALSO):
            with pytest.raises(FieldInvalid) as refused:
                passes(holder, token, colleague_named(whom, mode))
            assert refused.value.facts == {"field": "adresse", "reason": "buyer_address"}
    assert relay.link().moved_to is None and relay.link().added is None


def test_a_buyer_who_stands_in_the_record_as_the_company_is_not_passed_to(world: World, time: Clock) -> None:
    account = factories.account(Role.BUYER, address=BUYER)
    offer = factories.offer(buyer=account.id)
    buyer_as_contact = replace(offer.company.contacts[0], address=BUYER)
    company = Company(name=offer.company.name, contacts=(buyer_as_contact,))
    relay = relays.started(world, offer=replace(offer, company=company), also=(account,))
    token = relay.sends(recipient=BUYER)

    with pytest.raises(FieldInvalid) as refused:
        passes(answers_question(token, BUYER), token, contact_chosen(shown=BUYER))
    assert refused.value.facts["reason"] == "buyer_address"


def test_a_buyer_who_follows_holds_no_link_and_opens_nothing(world: World, time: Clock) -> None:
    """A buyer who follows the parcours never sees the token, and cannot answer the company's question."""
    buyer = factories.account(Role.BUYER, address=BUYER)
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(buyer,))
    token = relay.sends()
    follower = Browser(BUYER)

    with pytest.raises(RelayError):
        follower.proves(token)
    with pytest.raises(ProofNeeded):
        follower.opens(token)
    assert BUYER not in relay.mailed_to()

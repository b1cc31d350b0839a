"""The right colleague: she opens what was sealed for somebody else, and nobody chooses her but the holder of the link."""

from dataclasses import replace

import pytest

from chalicelib import clock, french, terms
from chalicelib.domain.fields import list_typed_values, read_record
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import DepositState
from chalicelib.domain.kernel.parcours import Company, ContactRole, How, Parcours
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.record import OfferKeys, RecordAnswer, edit
from chalicelib.errors import LinkRevoked, LinkUnknown, ProofNeeded, TryAgain
from chalicelib.stores import transactions
from chalicelib.stories.documents.passing import ALSO, GONE, REPLACES, TO_AGREE
from chalicelib.words import codes
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import factories, mail_rules, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.passings import (
    COLLEAGUE,
    OTHER,
    adds,
    agrees,
    answers_question,
    as_declared,
    colleague_named,
    list_links,
    passes,
)
from tests.support.relays import Browser, Relay
from tests.support.worlds import World
from tests.support.writing import change_record


def pass_to(relay: Relay, address: str = COLLEAGUE) -> tuple[str, str]:
    """Pass the link on to a colleague; return the old token and the colleague's."""
    old = relay.sends()
    assert passes(answers_question(old), old, colleague_named(address)) == GONE
    relay.mailer_runs()
    return old, relay.tokens()[-1]


def test_a_colleague_of_the_same_domain_opens_what_was_sealed_for_the_first_recipient(
    relay: Relay, world: World
) -> None:
    old, new = pass_to(relay)

    assert new != old
    browser = answers_question(new, COLLEAGUE)
    assert browser.reads(browser.opens(new), world) == relay.sent[0].plain
    browser.confirms(new)
    relay.mailer_runs()
    assert relay.deposit().state is DepositState.CONFIRMED
    assert relay.event_kinds().count(EventKind.COLLEAGUE_NAMED) == 1
    assert relay.event_kinds().count(EventKind.LINK_SENT) == 2
    assert relay.mailed_to().count(relay.tutor.address) == 3  # two sendings and a confirmation


def test_the_old_link_dies_as_the_new_one_is_made_and_says_where_it_went(relay: Relay) -> None:
    old, _ = pass_to(relay)

    first = answers_question(old)
    with pytest.raises(LinkRevoked):
        first.opens(old)
    gone = first.looks(old).visit.link
    assert gone.moved_to == relay.deposit().link == relay.head().live_link


def test_keys_wrapped_for_one_recipient_are_useless_to_every_other(relay: Relay) -> None:
    """Somebody who can write the tables and gets a genuine token for her own address still opens nothing."""
    _, new = pass_to(relay)
    link = relay.link()
    thief = "t@voleur.example"
    change_record(link, replace(link, recipient=thief))
    with pytest.raises(LinkUnknown):
        answers_question(new, thief).opens(new)

    sending_changes.resends(relay)
    relay.mailer_runs()
    stolen = relay.tokens()[-1]
    browser = answers_question(stolen, thief)

    for act in (browser.opens, lambda token: passes(browser, token, colleague_named("x@voleur.example"))):
        with pytest.raises(TryAgain):
            act(stolen)
    assert relay.deposit().opened_at is None


def test_a_link_written_into_the_table_by_hand_opens_nothing(relay: Relay) -> None:
    """A link that is written into the table with somebody else's wrapped keys opens nothing: keys are bound to the address."""
    pass_to(relay)
    link = relay.link()
    planted = replace(link, revision=0, id="f" * 32, recipient="t@voleur.example")
    deposit = relay.deposit()
    transactions.commit(
        Transition(changes=(Change(None, planted), Change(deposit, replace(deposit, link=planted.id))))
    )
    sending_changes.resends(relay)
    relay.mailer_runs()
    token = relay.tokens()[-1]

    with pytest.raises(TryAgain):
        answers_question(token, "t@voleur.example").opens(token)


def test_passing_on_needs_a_proof_and_a_genuine_token(relay: Relay) -> None:
    token = relay.sends()

    with pytest.raises(ProofNeeded):
        passes(Browser(), token)
    with pytest.raises(LinkUnknown):
        passes(answers_question(token), "A" * 43)
    assert list_links(relay) == (relay.link(),)


def test_sending_again_goes_to_the_colleague_who_holds_the_link(relay: Relay, world: World) -> None:
    _, second = pass_to(relay)

    sending_changes.resends(relay)
    relay.mailer_runs()

    new = relay.tokens()[-1]
    assert relay.mailed_to().count(COLLEAGUE) == 2 and new != second
    browser = answers_question(new, COLLEAGUE)
    assert browser.reads(browser.opens(new), world) == relay.sent[0].plain


def test_naming_a_colleague_adds_a_contact_and_keeps_the_former_one(relay: Relay) -> None:
    """With her telephone number, verified or not; her colleague welcomes, and nobody has verified that yet."""
    before = relay.head().company.contacts[0]
    pass_to(relay)

    answers, welcomes = relay.head().company.contacts
    assert as_declared(answers) == before and before.phone is not None
    assert (welcomes.role, welcomes.name, welcomes.address) == (
        ContactRole.WELCOMES,
        "Jeanne Roy",
        COLLEAGUE,
    )
    assert (welcomes.verified_on, welcomes.phone) == (None, None)
    assert welcomes.origin is not None
    assert (welcomes.origin.how, welcomes.origin.person) == (How.NAMED, None)


def test_the_welcoming_contact_stays_after_the_colleague_whom_she_names(world: World, time: Clock) -> None:
    host = replace(factories.offer().company.contacts[0], role=ContactRole.WELCOMES)
    relay = relays.started(
        world, offer=factories.offer(company=Company(name="Jardins Morvenne", contacts=(host,)))
    )
    _, token = pass_to(relay)

    first, second = relay.head().company.contacts
    assert (first.address, as_declared(second)) == (COLLEAGUE, host)
    labels = [codes.format_contact_role(relay.head().company, contact) for contact in (first, second)]
    assert labels == ["Accueille", "Accueillait avant"]

    # The colleague names her back: she is the first again, as the record knew her.
    assert (
        passes(
            answers_question(token, COLLEAGUE), token, colleague_named(COMPANY_ADDRESS, name="Un Autre Nom")
        )
        == GONE
    )
    assert [contact.address for contact in relay.head().company.contacts] == [COMPANY_ADDRESS, COLLEAGUE]
    assert as_declared(relay.head().company.contacts[0]) == host


def test_an_edit_of_the_record_keeps_who_stays_behind_a_colleague(world: World, time: Clock) -> None:
    host = replace(factories.offer().company.contacts[0], role=ContactRole.WELCOMES)
    relay = relays.started(
        world, offer=factories.offer(company=Company(name="Jardins Morvenne", contacts=(host,)))
    )
    pass_to(relay)
    head, editor = relay.head(), factories.account(Role.TEAM)

    typed = list_typed_values(head) | {"accueille_tel": "03 80 11 22 33"}
    record, wrong = read_record(typed, None, head, day_of(time.now), terms.retention())
    assert record is not None and not wrong
    step = edit(
        head,
        RecordAnswer(record, seen=head.edited),
        OfferKeys(current=None, edited=None),
        person=editor.id,
        by=Role.TEAM,
        inputs=factories.decision_inputs(),
    )

    after = next(change.after for change in step.changes if isinstance(change.after, Parcours))
    first, second = after.company.contacts
    assert (first.address, first.phone) == (COLLEAGUE, "03 80 11 22 33")
    assert as_declared(second) == host


def test_a_colleague_beside_welcomes_with_the_first_recipient_in_the_record(relay: Relay) -> None:
    token = relay.sends()

    adds(answers_question(token), token)

    roles = {contact.role: contact.address for contact in relay.head().company.contacts}
    assert roles == {ContactRole.ANSWERS_TENDER: COMPANY_ADDRESS, ContactRole.WELCOMES: COLLEAGUE}


ALARM = "Ce n’est pas vous qui avez"


def read_last_mail(world: World, address: str) -> tuple[str, str]:
    """The subject and text of the last mail to this address."""
    mail = [mail for mail in world.mails() if mail["To"] == address][-1]
    return str(mail["Subject"]), mail_rules.read_body(mail, "plain")


@pytest.mark.parametrize("mode", [REPLACES, ALSO])
def test_who_names_another_address_of_her_own_is_not_told_of_herself(
    relay: Relay, world: World, mode: str
) -> None:
    token, herself = relay.sends(), relay.head().company.contacts[0].name
    passes(answers_question(token), token, colleague_named(COLLEAGUE, mode, name=herself))
    relay.mailer_runs()

    text = read_last_mail(world, COLLEAGUE)[1]

    assert "Vous avez demandé ce lien à cette adresse" in text and f"{herself} a reçu" not in text


@pytest.mark.parametrize(
    ("to", "mode", "words"),
    [
        (COLLEAGUE, REPLACES, ("vous a indiqué comme la bonne personne", "a passé le lien à", "Lien passé")),
        (COLLEAGUE, ALSO, ("vous envoie aussi un lien", "a aussi envoyé le lien à", "Lien envoyé")),
        (OTHER, REPLACES, ("vous a indiqué comme la bonne personne", "Vous avez accepté", "Lien passé")),
    ],
)
def test_the_colleague_and_the_tutor_read_who_passed_the_link_to_whom(
    relay: Relay, world: World, to: str, mode: str, words: tuple[str, str, str]
) -> None:
    """The alarm is for what was done in the tutor's name: a sending, an address that she accepted, a link sent again."""
    in_mail, in_notice, title = words
    old = relay.sends()
    passer = relay.head().company.contacts[0].name
    assert ALARM in read_last_mail(world, relay.tutor.address)[1]
    if passes(answers_question(old), old, colleague_named(to, mode)) == TO_AGREE:
        agrees(relay)
    relay.mailer_runs()

    text = read_last_mail(world, to)[1]
    assert f"{passer} a reçu" in text and in_mail in text
    subject, notice = read_last_mail(world, relay.tutor.address)
    assert in_notice in notice and "Jeanne Roy." in notice and notice.count(passer) == 1
    assert title in subject
    assert ALARM in notice

    if mode == REPLACES:
        sending_changes.resends(relay)
        relay.mailer_runs()
        notice = read_last_mail(world, relay.tutor.address)[1]
        assert ALARM in notice and "a passé le lien" not in notice


def test_the_notice_of_a_second_link_says_when_that_one_left(relay: Relay, world: World, time: Clock) -> None:
    token = relay.sends()
    browser = answers_question(token)
    browser.opens(token)
    time.passes(days=1)
    adds(browser, token)
    relay.mailer_runs()

    assert french.moment(clock.utc_now()) in read_last_mail(world, relay.tutor.address)[1]


def test_a_holder_whose_name_was_only_typed_passes_the_link_on_under_her_address(
    relay: Relay, world: World
) -> None:
    """A mail carries no words of a stranger: the first recipient may have typed anything as her colleague's name."""
    _, second = pass_to(relay)
    third = "p.paul@jardins.entreprise.example"
    passes(answers_question(second, COLLEAGUE), second, colleague_named(third, name="Paul Petit"))
    relay.mailer_runs()

    assert f"{COLLEAGUE} a reçu ce message" in read_last_mail(world, third)[1]
    assert "Jeanne Roy" not in read_last_mail(world, third)[1]
    assert f"{COLLEAGUE} a passé le lien à Paul Petit" in read_last_mail(world, relay.tutor.address)[1]

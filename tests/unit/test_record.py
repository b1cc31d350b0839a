"""The record as pure decisions: what a form tells, what an edit keeps, what makes an offer one, what a reservation waits for."""

from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial

import pytest

from chalicelib.domain import record as decisions
from chalicelib.domain.case import Case
from chalicelib.domain.fields import CONTACT_FIELDS, FIELDS, IN_FORM, Record, list_typed_values, read_record
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, offer_key, take
from chalicelib.domain.kernel.parcours import (
    BuyerContact,
    Company,
    Contact,
    Contract,
    How,
    Origin,
    Parcours,
    Placement,
)
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import MailKind, Transition
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Step, Stored
from chalicelib.domain.parcours import assigning, ending, reminding
from chalicelib.domain.record import ContactAnswer, OfferKeys, RecordAnswer
from chalicelib.errors import ChangedMeanwhile, FieldInvalid, NotFound, NothingSent, OfferExists, WrongStep
from tests.support import factories
from tests.support.factories import NOON

TODAY = date(2026, 12, 1)


def edit(head: Parcours, record: Record, *, seen: int = 0, taken: OfferKey | None = None) -> Transition:
    """Edit the record as a person of the team, from a page that showed revision ``seen``; ``taken``: an offer that has the new
    key already.
    """
    return decisions.edit(
        head,
        RecordAnswer(record, seen),
        OfferKeys(OfferKey(key=offer_key(head), parcours=head.id), taken),
        person="me",
        by=Role.TEAM,
        inputs=factories.decision_inputs(),
    )


def head_of(step: Transition) -> Parcours:
    """Return the parcours as a transition leaves it."""
    return next(change.after for change in step.changes if isinstance(change.after, Parcours))


def attempt_of(step: Transition) -> Attempt:
    """Return the passage as a transition leaves it."""
    return next(change.after for change in step.changes if isinstance(change.after, Attempt))


def test_what_a_form_shows_is_what_it_reads_back() -> None:
    contact = BuyerContact(name="Odile Ramain", function="achats", address="o@ouvrages.example")
    head = factories.offer(buyer_contact=contact)

    read, wrong = read_record(list_typed_values(head), head.contract, head, TODAY, RetentionPolicy())

    assert wrong == {}
    company, buyer = head.company, head.buyer_contact
    typed = replace(company.contacts[0], origin=None, phone_untouched=False)  # which no form shows
    assert buyer is not None
    assert read == replace(
        factories.record(head),
        company=replace(company, contacts=(typed,)),
        buyer_contact=replace(buyer, origin=None, phone_untouched=False),
    )


def test_everything_that_is_wrong_is_said_at_once() -> None:
    typed = dict.fromkeys(IN_FORM, "")

    read, wrong = read_record(typed, None, None, TODAY, RetentionPolicy())

    needed = "entreprise organisme organisme_siret objet notifie_le fin_le heures adresse commune departement domaine"
    assert read is None and wrong.keys() == {*needed.split(), "repond_nom"}


@pytest.mark.parametrize(("typed", "then"), [
    ({"adresse": "4 rue des Peupliers, 21000 Dijon"}, ("Dijon", "21")),
    ({"adresse": "4 rue des Peupliers\u00a021000 Dijon (bâtiment B)"}, ("Dijon", "21")),
    ({"adresse": "Le port, 97400 Saint-Denis"}, ("Saint-Denis", "974")),
    ({"adresse": "4 rue des Peupliers, 21000 Dijon", "commune": "Chenôve"}, ("Chenôve", "21")),
    ({"adresse": "4 rue des Peupliers, 21000 Dijon", "departement": "69"}, ("Dijon", "69")),
])  # fmt: skip
def test_town_and_departement_follow_from_an_address_with_a_postal_code(
    typed: dict[str, str], then: tuple[str, str]
) -> None:
    head = factories.offer()
    blank = {"commune": "", "departement": ""}

    read, wrong = read_record(
        list_typed_values(head) | blank | typed, head.contract, None, TODAY, RetentionPolicy()
    )

    assert read is not None and wrong == {}
    assert (read.placement.town, read.placement.departement) == then
    assert read.placement.place == " ".join(typed["adresse"].split())


@pytest.mark.parametrize(("pasted", "name", "then"), [
    ("Nadia Bellanger <n.bellanger@jardins.example>", "", ("Nadia Bellanger", "n.bellanger@jardins.example")),
    (' "Nadia Bellanger" <n.bellanger@jardins.example>; ', "", ("Nadia Bellanger", "n.bellanger@jardins.example")),
    ("Service RH <n.bellanger@jardins.example>", "Nadia", ("Nadia", "n.bellanger@jardins.example")),
    ("<n.bellanger@jardins.example>", "Nadia", ("Nadia", "n.bellanger@jardins.example")),
    ("n.bellanger@jardins.example", "Nadia", ("Nadia", "n.bellanger@jardins.example")),
    ("Nadia <n.bellanger@jardins.example", "", "repond_courriel"),
    ("Nadia <a@b.example> <n.bellanger@jardins.example>", "", "repond_courriel"),
    ("n.bellanger@jardins.example", "", "repond_nom"),
])  # fmt: skip
def test_a_contact_is_pasted_as_a_mail_program_copies_it(
    pasted: str, name: str, then: tuple[str, str] | str
) -> None:
    head = factories.offer()
    contact = {"repond_nom": name, "repond_courriel": pasted}

    read, wrong = read_record(
        list_typed_values(head) | contact, head.contract, None, TODAY, RetentionPolicy()
    )

    if read is None:
        assert then in wrong
    else:
        assert (read.company.contacts[0].name, read.company.contacts[0].address) == then


@pytest.mark.parametrize(("ends", "renewal", "wrong"), [
    ("2025-11-30", "", {"fin_le": "contract_not_kept"}),
    ("2025-06-01", "2025-11-30", {"reconduction_le": "contract_not_kept"}),
    ("2025-06-01", "2025-12-02", {}),
    ("2025-12-02", "", {}),
])  # fmt: skip
def test_a_contract_that_would_be_erased_at_once_is_refused_rather_than_lost(
    ends: str, renewal: str, wrong: dict[str, str]
) -> None:
    head = factories.offer()
    days = {"notifie_le": "2024-01-01", "fin_le": ends, "reconduction_le": renewal}
    typed = list_typed_values(head) | days

    read = read_record(typed, head.contract, None, TODAY, RetentionPolicy())

    assert read[1] == wrong


def names_of(model: type[Stored]) -> set[str]:
    """Return the names of a class's stored fields."""
    return {field.name for field in fields(model)} - {"unknown"}


def test_each_stored_field_of_the_record_has_its_row() -> None:
    parts = {"company": Company, "contract": Contract, "placement": Placement}
    stored = {(part, name) for part, model in parts.items() for name in names_of(model)}
    of_address = {"written_at", "answered_at", "noted", "origin", "phone_untouched"}
    follow = {("company", "contacts"), ("placement", "region")}

    assert {(field.part, field.attribute) for field in FIELDS} == stored - follow
    assert {field.attribute for field in CONTACT_FIELDS} == names_of(Contact) - of_address


def test_no_field_is_about_a_young_person() -> None:
    about = {"prenom", "naissance", "age", "jeune", "commentaire", "remarque", "note", "situation"}

    assert not {part for field in IN_FORM for part in field.split("_")} & about


def test_an_edit_of_an_older_record_is_refused() -> None:
    head = replace(factories.offer(), edited=3)

    with pytest.raises(ChangedMeanwhile):
        edit(head, replace(factories.record(head), placement=replace(head.placement, hours=450)), seen=2)
    assert not edit(head, factories.record(head), seen=2), "it stands as she says"


def test_an_edit_without_a_difference_writes_nothing() -> None:
    head = factories.offer()

    assert not edit(head, factories.record(head))


def test_an_edit_moves_the_key_only_when_a_part_of_it_changes() -> None:
    head = factories.offer()
    other_lot = replace(factories.record(head), contract=replace(head.contract, lot="9"))
    other_town = replace(factories.record(head), placement=replace(head.placement, town="Autun"))

    moved, kept = edit(head, other_lot), edit(head, other_town)

    keys = [
        (change.before, change.after)
        for change in moved.changes
        if OfferKey in {type(change.before), type(change.after)}
    ]
    assert [type(before) for before, _ in keys] == [OfferKey, type(None)]
    assert [change for change in kept.changes if isinstance(change.after or change.before, OfferKey)] == []
    assert head_of(moved).edited == 1


def test_the_name_of_another_offer_is_not_taken() -> None:
    head = factories.offer()

    with pytest.raises(OfferExists):
        edit(head, replace(factories.record(head), company=replace(head.company, name="Autre")),
             taken=OfferKey(key="k", parcours="other"))  # fmt: skip


def test_another_organisation_loses_the_former_buyer() -> None:
    head = factories.offer(buyer="b")
    record = replace(factories.record(head), contract=factories.bought_by("Autre", head.contract))

    assert head_of(edit(head, record)).buyer is None


def test_a_changed_address_is_unchecked_unless_a_day_was_typed_anew() -> None:
    head = factories.offer()
    contact = head.company.contacts[0]
    moved = replace(contact, address="new@jardins.entreprise.example")
    checked = replace(moved, verified_on=TODAY)

    for given, expected in ((moved, None), (checked, TODAY)):
        company = replace(head.company, contacts=(given,))
        after = head_of(edit(head, replace(factories.record(head), company=company))).company.contacts[0]
        origin = Origin(how=How.CORRECTED, at=NOON, by=Role.TEAM, person="me")
        assert (after.verified_on, after.origin) == (expected, origin)


def test_confirming_nobody_is_refused() -> None:
    head = factories.offer()

    for about in (Interlocutor.BUYER, Interlocutor.WELCOMES):
        with pytest.raises(ChangedMeanwhile):
            decisions.set_contact(
                head,
                ContactAnswer(about, None, seen=0, reached=True),
                person="me",
                by=Role.TEAM,
                inputs=factories.decision_inputs(),
            )


@pytest.mark.parametrize("role", list(Role))
def test_who_declares_offers(role: Role) -> None:
    if role in {Role.COMPANY, Role.SYSTEM}:
        return
    account = factories.account(role)

    if role in {Role.BUYER, Role.PRESCRIBER, Role.TEAM}:
        assert decisions.find_declaring_role(account) is role
        with pytest.raises(NotFound):
            decisions.find_declaring_role(replace(account, closed_at=NOON))
    else:
        with pytest.raises(NotFound):
            decisions.find_declaring_role(account)


def test_only_a_free_offer_is_withdrawn_and_only_a_running_contract_offered_again() -> None:
    head = factories.offer()
    step = decisions.withdraw(head, Reason.OTHER, (), by=Role.BUYER, inputs=factories.decision_inputs())
    withdrawn = head_of(step)

    assert withdrawn.status is ParcoursStatus.WITHDRAWN
    said = partial(decisions.withdraw, withdrawn, events=step.events, by=Role.TEAM)
    assert said(reason=Reason.OTHER, inputs=factories.decision_inputs()) == Transition.nothing()
    with pytest.raises(WrongStep):
        said(reason=Reason.COMPANY_CHOICE, inputs=factories.decision_inputs())
    with pytest.raises(FieldInvalid):
        decisions.withdraw(head, Reason.NEVER_OPENED, (), by=Role.BUYER, inputs=factories.decision_inputs())
    assert decisions.can_offer_again(withdrawn, head.over_on)
    assert not decisions.can_offer_again(withdrawn, head.over_on + timedelta(days=1))
    assert (
        decisions.offer_again(head, TODAY, by=Role.BUYER, inputs=factories.decision_inputs())
        == Transition.nothing()
    )


def test_once_its_contract_is_over_an_offer_is_taken_for_a_history_only() -> None:
    over, tutor = factories.offer(status=ParcoursStatus.LAPSED), factories.account()

    with pytest.raises(WrongStep):
        take(over, tutor, factories.decision_inputs())
    head = head_of(take(over, tutor, factories.decision_inputs(), occurred_at=NOON - timedelta(days=90)))

    assert (head.status, head.reservation_until) == (ParcoursStatus.IN_PREPARATION, None)
    assert ending.find_lapse_at(head) is None
    for gone in (ParcoursStatus.WITHDRAWN, ParcoursStatus.COMPLETED):
        with pytest.raises(WrongStep):
            take(
                replace(over, status=gone),
                tutor,
                factories.decision_inputs(),
                occurred_at=NOON - timedelta(days=90),
            )


def test_a_passage_under_way_is_handed_over_once() -> None:
    first, second = factories.account(), factories.account(name="Samuel Aubry")
    taken = take(factories.offer(), first, factories.decision_inputs())
    head, passage = head_of(taken), attempt_of(taken)
    hand_over = partial(assigning.hand_over, by=Role.TEAM, assigner="x", inputs=factories.decision_inputs())

    step = hand_over(Case(head, passage), second)

    assert (head_of(step).tutor, attempt_of(step).tutor) == (second.id, second.id)
    assert [event.kind for event in step.events] == [EventKind.TUTOR_ASSIGNED]
    assert not hand_over(Case(head_of(step), passage), second)
    with pytest.raises(FieldInvalid):
        hand_over(Case(head, passage), factories.account(Role.BUYER))
    with pytest.raises(WrongStep):
        hand_over(Case(factories.offer(), passage), second)


@pytest.mark.parametrize(
    ("step", "setback", "hers"),
    [
        (Step.DOCUMENTS_TO_SEND, None, True),
        (Step.OPENED, None, False),
        (Step.OPENED, Setback.UNREADABLE, True),
        (Step.MEETING_HELD, None, True),
        (Step.CONVENTION_SIGNED, None, False),
    ],
)
def test_whoever_takes_over_gets_the_turn_with_its_whole_time(
    step: Step, setback: Setback | None, hers: bool
) -> None:
    taken = take(factories.offer(), factories.account(), factories.decision_inputs())
    head = replace(head_of(taken), step=step, setback=setback, warned_at=NOON)
    later = factories.decision_inputs(NOON + timedelta(days=30))

    after = head_of(
        assigning.hand_over(
            Case(head, attempt_of(taken)), factories.account(), by=Role.TEAM, assigner="x", inputs=later
        )
    )

    assert after.since == (later.now if hers else head.since)
    assert after.warned_at is None, "she is warned of the reservation herself"


def test_a_reservation_waits_for_a_sending_and_for_nothing_else() -> None:
    head = head_of(take(factories.offer(), factories.account(), factories.decision_inputs()))
    until = head.reservation_until
    assert until is not None

    assert ending.find_lapse_at(head) == until - ending.WARNING
    assert ending.find_lapse_at(replace(head, warned_at=NOON)) == until
    assert ending.find_lapse_at(replace(head, step=Step.MEETING_FIXED)) is None
    assert ending.find_lapse_at(replace(head, status=ParcoursStatus.IN_PROGRESS, step=None)) is None
    with pytest.raises(WrongStep):
        ending.lapse(Case(head, Attempt(parcours=head.id, number=1, reference="r", tutor="t", opened_at=NOON)),
                     factories.decision_inputs(until - timedelta(seconds=1)))  # fmt: skip


@pytest.mark.parametrize(
    ("step", "awaited"),
    [(step, step in {Step.LINK_SENT, Step.OPENED, Step.RECEIVED}) for step in Step],
)
def test_only_somebody_outside_who_is_awaited_is_reminded(step: Step, awaited: bool) -> None:
    head = head_of(take(factories.offer(), factories.account(), factories.decision_inputs()))
    with pytest.raises(NothingSent):
        reminding.remind(Case(head), by=Role.TUTOR, inputs=factories.decision_inputs())
    sent = replace(head, step=step, sent_to=Role.COMPANY)

    assert reminding.is_outsider_awaited(sent) is awaited
    if awaited:
        step_taken = reminding.remind(Case(sent), by=Role.BUYER, inputs=factories.decision_inputs())
        assert [mail.kind for mail in step_taken.mails] == [MailKind.REMINDER]
        assert step_taken.mails[0].link is None
    else:
        with pytest.raises(WrongStep):
            reminding.remind(Case(sent), by=Role.BUYER, inputs=factories.decision_inputs())

"""An upheld erasure is one act: nothing of the passage is left, and the offer goes on."""

import html
import itertools
import re
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib import clock, config, french
from chalicelib.audit import Audited
from chalicelib.domain.kernel.people import Account, Passkey, ProviderIdentity, SavedView
from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.domain.kernel.transition import Change
from chalicelib.domain.kernel.values import ParcoursStatus, Role, Step
from chalicelib.domain.parcours.ending import End
from chalicelib.errors import LinkErased, LinkRevoked, NotFound, RecipientRefused
from chalicelib.stores import audit_table, items
from chalicelib.stores.audit_table import AUDIT
from chalicelib.stories import outcomes, rights, subjects
from chalicelib.stories.mails import feedback
from infra import CommandFailed
from infra import subjects as command
from infra.deploy.stack import Deployed
from tests.conftest import Clock, on_moto
from tests.faults import sending_changes
from tests.faults.wire import Call, Crash, Tap
from tests.support import factories, mail_rules, meetings, mornings, people, ses_events
from tests.support.factories import COMPANY_ADDRESS, NOON
from tests.support.http import signed_in
from tests.support.meetings import BUYER_ADDRESS, Page
from tests.support.relays import Browser, Relay, asks_code
from tests.support.worlds import World


class Here(Deployed):
    """The stack as an operator's command sees it, in this process."""

    def environment(self, functions: object) -> dict[str, str]:
        """Return nothing more than what is set already."""
        return {}

    def physical_id(self, logical_id: str) -> str:
        """Return the name of a table of this process."""
        names = {"ParcoursTable": items.PARCOURS, "RelayTable": items.RELAY, "AuditTable": AUDIT}
        return config.resource(names[logical_id])


def end_passage(relay: Relay, time: Clock) -> None:
    """Let the young person withdraw; the mails leave, the documents go."""
    end = End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=clock.utc_now())
    outcomes.finish_passage(relay.tutor, relay.parcours_id, end, now=clock.utc_now())
    relay.mailer_runs()
    time.now += timedelta(minutes=2)
    relay.purges()
    relay.mailer_runs()


@pytest.fixture
def page(world: World, time: Clock) -> Page:
    """The page of a company that has read the documents and proposed dates."""
    page = meetings.start_proposing(world)
    page.proposes_in_days(20, 21)
    page.relay.mailer_runs()
    return page


def let_minutes_pass(relay: Relay, time: Clock) -> None:
    """Let the minute function and the mailer run, as they do within a quarter of an hour."""
    for _ in range(3):
        time.passes(minutes=2)
        relay.purges()
        relay.mailer_runs()


@pytest.mark.parametrize("is_over", [False, True], ids=["under way", "over"])
def test_an_erasure_leaves_nothing_of_a_passage_and_the_offer_goes_on(
    page: Page, world: World, time: Clock, is_over: bool
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    if is_over:
        end_passage(relay, time)
    held = subjects.read_held(reference)
    assert held.events and held.deposits and held.links and held.beside_links

    subjects.begin_erasure(reference, now=clock.utc_now())
    let_minutes_pass(relay, time)

    assert not list_left_of(held, world)
    head = relay.head()
    assert head.status is ParcoursStatus.AVAILABLE
    assert (head.last_deposit, head.passage_at, head.last_kind) == (None, None, EventKind.OFFER_DECLARED)
    assert signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").status == 200
    with pytest.raises(NotFound):
        subjects.read_held(reference)


def test_the_first_write_kills_the_links_and_hides_the_passage(page: Page, world: World, time: Clock) -> None:
    relay = page.relay
    reference = str(relay.head().reference)

    subjects.begin_erasure(reference, now=clock.utc_now())

    held = subjects.read_held(reference)
    assert all(link.revoked_at for link in held.links)
    assert reference not in signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text
    with pytest.raises(NotFound):
        outcomes.correct(relay.tutor, relay.parcours_id, held.events[-1].id, now=clock.utc_now())
    again = world.everything()
    subjects.begin_erasure(reference, now=clock.utc_now())
    assert world.everything() == again


def test_company_buyer_and_tutor_are_mailed_before_what_their_mails_name_goes(
    page: Page, world: World, time: Clock
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    before = len(world.mails())

    subjects.begin_erasure(reference, now=clock.utc_now())
    time.passes(minutes=2)
    relay.purges()
    assert subjects.read_held(reference).links
    let_minutes_pass(relay, time)

    told = {str(mail["To"]): str(mail["Subject"]) for mail in world.mails()[before:]}
    assert {COMPANY_ADDRESS, BUYER_ADDRESS, relay.tutor.address} <= set(told)
    assert "effacé sur demande" in told[relay.tutor.address]


def test_a_company_that_read_is_asked_to_delete_and_offered_no_link_that_goes_within_minutes(
    relay: Relay, world: World
) -> None:
    token, browser = relay.sends(), Browser()
    browser.proves(token)
    browser.opens(token)
    before = len(world.mails())

    subjects.begin_erasure(str(relay.head().reference), now=clock.utc_now())
    relay.mailer_runs()

    (told,) = [meetings.text_of(mail) for mail in world.mails()[before:] if mail["To"] == COMPANY_ADDRESS]
    assert "supprimez maintenant toutes les copies" in told and "/retrait" not in told


def _without_deliveries(world: World) -> str:
    """Return both tables as text, without what became of mails, which ends after thirty days, and without counters."""
    stored = [*world.table("PARCOURS_TABLE"), *world.table("RELAY_TABLE")]
    return repr([item for item in stored if not str(item["pk"]).startswith(("delivery#", "count#"))])


def test_the_next_passage_and_its_history_stay_when_a_former_one_is_erased(
    page: Page, world: World, time: Clock
) -> None:
    relay = page.relay
    former = str(relay.head().reference)
    end_passage(relay, time)
    outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    following = str(relay.head().reference)

    subjects.begin_erasure(former, now=clock.utc_now())
    let_minutes_pass(relay, time)

    assert relay.head().reference == following and subjects.read_held(following).events
    assert EventKind.LINK_SENT not in relay.event_kinds()


@pytest.mark.parametrize("is_taken_anew", [True, False], ids=["taken anew", "free"])
def test_erasing_a_passage_that_its_offer_has_left_behind_changes_no_other(
    page: Page, world: World, time: Clock, is_taken_anew: bool
) -> None:
    """As a restore may leave it: still under way by its own record, while its offer is free or with the next young person."""
    relay = page.relay
    former = subjects.read_held(str(relay.head().reference)).attempt
    end_passage(relay, time)
    ended = subjects.read_held(former.reference).attempt
    sending_changes.commit(Change(ended, replace(ended, ended_at=None, end=None, stood=None)))
    if is_taken_anew:
        outcomes.take_offer(relay.tutor, relay.parcours_id, now=clock.utc_now())
    status, following = relay.head().status, relay.head().reference

    subjects.begin_erasure(former.reference, now=clock.utc_now())
    let_minutes_pass(relay, time)

    assert (relay.head().status, relay.head().reference) == (status, following)
    with pytest.raises(NotFound):
        subjects.read_held(former.reference)


def test_an_erasure_that_is_cut_at_any_write_is_finished_by_the_next_minutes(time: Clock) -> None:
    """The first write is whole or nothing; whichever later write is the last one of a process, the next process goes on."""
    places = itertools.takewhile(lambda place: is_finished_after_a_cut(place, time), itertools.count())

    assert len([*places]) > 7


def is_finished_after_a_cut(place: int, time: Clock) -> bool:
    """Check that a run which dies before its write at ``place`` is finished by the next ones; False: it makes fewer."""
    with on_moto() as world:
        page = meetings.start_proposing(world)
        page.proposes_in_days(20, 21)
        relay = page.relay
        relay.mailer_runs()
        reference = str(relay.head().reference)
        subjects.begin_erasure(reference, now=clock.utc_now())
        relay.mailer_runs()
        held = subjects.read_held(reference)
        assert held.deposits and held.links and held.appointment and not held.mails
        time.passes(minutes=2)
        with Tap(operation="TransactWriteItems", act=_build_cut(place)).open(), suppress(Crash):
            relay.purges()
            return False
        let_minutes_pass(relay, time)

        assert not list_left_of(held, world), f"cut before write {place}"
        return True


def list_left_of(held: subjects.Held, world: World) -> list[str]:
    """Return what of a passage stands in a table yet: its reference, ids of its documents, links and facts."""
    deposits, links = (deposit.id for deposit in held.deposits), (link.id for link in held.links)
    facts, left = (event.id for event in held.events), _without_deliveries(world)
    return [name for name in (held.attempt.reference, *deposits, *links, *facts) if name in left]


def _build_cut(writes: int) -> Callable[[Call, str, object], None]:
    """Build the act that ends the process before its next write after so many."""
    done: list[Call] = []

    def act(call: Call, event_name: str, request: object) -> None:
        if len(done) == writes:
            raise Crash
        done.append(call)

    return act


def test_the_command_shows_what_is_held_without_an_address_and_says_what_stays(
    page: Page, world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = page.relay
    reference = str(relay.head().reference)
    asked = rights.parse_request(
        "jeune", reference, "effacement", "j@messagerie.example", now=clock.utc_now()
    )
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())

    typed = f" {reference.lower().replace('-', ' ')}"
    assert (
        command.show_subject(
            Here("x"), Namespace(address=None, reference=typed, stop=False, erase=False, to=None)
        )
        == 0
    )
    shown = capsys.readouterr().out
    assert (
        command.show_subject(
            Here("x"), Namespace(address=None, reference=reference, stop=False, erase=True, to=None)
        )
        == 0
    )
    erased = capsys.readouterr().out

    assert asked.number in shown and "link_sent" in shown and "@" not in shown
    assert "being erased since" in erased and "7 days" in erased
    assert f"{asked.number} keeps reference and address" in erased
    let_minutes_pass(relay, time)
    assert (
        command.show_subject(
            Here("x"), Namespace(address=None, reference=reference, stop=False, erase=True, to=None)
        )
        == 0
    )
    assert "Nothing is held" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="no reference"):
        command.show_subject(
            Here("x"), Namespace(address=None, reference="CSF-7K3Q", stop=False, erase=False, to=None)
        )


def test_the_copy_says_everything_of_the_passage_in_french_and_only_its_reader_may_open_it(
    page: Page, time: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = page.relay
    reference, file = str(relay.head().reference), tmp_path / "copie.txt"
    asked = Namespace(address=None, reference=reference, stop=False, erase=False, to=str(file))

    assert command.show_subject(Here("x"), asked) == 0

    copied, held = file.read_text(), subjects.read_held(reference)
    assert file.stat().st_mode & 0o077 == 0 and "@" not in capsys.readouterr().out
    assert copied.count("\n- ") >= len(held.events) + len(held.deposits) + len(held.links)
    for wanted in (reference, COMPANY_ADDRESS, "Qui reçoit", "12\u00a0mois", "proposé 2"):
        assert wanted in copied, wanted
    ids = (link.id for link in held.links)
    assert not [secret for secret in (*ids, relay.tutor.id, relay.tutor.address) if secret in copied]


def copy_of(address: str, file: Path) -> str:
    """Return the copy of what is held under an address."""
    assert run_on_address(address, to=str(file)) == 0
    return file.read_text()


def test_an_agent_reads_each_date_key_and_act_of_the_account_and_no_address_of_another(
    page: Page, tmp_path: Path
) -> None:
    tutor, days = page.relay.tutor, itertools.count(9)
    times: dict[str, Any] = {
        field.name: NOON - timedelta(days=next(days))
        for field in fields(Account)
        if field.name.endswith("_at") and field.name != "closed_at"
    }
    linked = ProviderIdentity(
        id="i" * 32,
        linked_at=NOON,
        said_at=NOON,
        address="m.esteve@proconnect.example",
        name="Marie Estève",
        siret="99900001100017",
    )
    key = Passkey(id="k", public_key="p", name="Téléphone bleu", created_at=NOON, counter=7)
    lists = (SavedView(name="Mes retards", query="retard=2"),)
    signed_in(tutor).get(f"/parcours/{page.relay.parcours_id}")
    for act in ("meeting_fixed corrected", "refused GET /run"):
        audit_table.put_row(Audited(route="", parcours=None, account=tutor.id), act)
    before = people.read_account(tutor)
    sending_changes.commit(
        Change(before, replace(before, identity=linked, passkeys=(key,), views=lists, **times))
    )

    copied = copy_of(tutor.address, tmp_path / "copie.txt")

    wanted = (
        linked.address,
        linked.siret,
        key.name,
        "7 fois",
        "Mes retards",
        *map(french.moment, times.values()),
    )
    assert not [text for text in wanted if text not in copied]
    acts = (
        f"page consultée : /parcours/{page.relay.parcours_id}",
        "Rendez-vous fixé, Ligne corrigée",
        "accès refusé : /run",
    )
    assert not [act for act in acts if act not in copied]
    ours = {linked.address, tutor.address, config.settings().dpo_address}
    assert set(re.findall(r"[\w.+-]+@[\w.-]+\w", copied)) == ours


@pytest.mark.parametrize("who", ["agent", "contact", "young person"])
def test_each_copy_says_its_elements_rights_complaint_source_and_transfers(
    page: Page, tmp_path: Path, who: str
) -> None:
    relay, file = page.relay, tmp_path / "copie.txt"
    if who == "young person":
        asked = Namespace(
            address=None, reference=str(relay.head().reference), stop=False, erase=False, to=str(file)
        )
        assert command.show_subject(Here("x"), asked) == 0
    else:
        copy_of(relay.tutor.address if who == "agent" else COMPANY_ADDRESS, file)

    copied = file.read_text()
    for wanted in (
        "faire corriger",
        "effacer",
        "limiter",
        "vous opposer",
        "cnil.fr/plaintes",
        "D’où",
        "restent dans l’Union",
    ):
        assert wanted in copied, wanted
    assert not re.search(r"\d éléments?\b", copied)
    assert ("déclarée avec l’offre par l’acheteur" in copied) is (who == "contact")


def run_on_address(address: str, *, stop: bool = False, erase: bool = False, to: str | None = None) -> int:
    """Run the command on what is held under an address."""
    asked = Namespace(address=address, reference=None, stop=stop, erase=erase, to=to)
    return command.show_subject(Here("x"), asked)


@pytest.mark.parametrize("act", ["stop", "erase"])
def test_nothing_leaves_for_who_objected_and_their_link_is_closed(
    relay: Relay, time: Clock, capsys: pytest.CaptureFixture[str], act: str
) -> None:
    token = mornings.send_on(relay, time, date(2026, 12, 1))
    assert COMPANY_ADDRESS in mornings.remind_on(relay, time, date(2026, 12, 4))
    browser = Browser()
    browser.proves(token)

    assert run_on_address(COMPANY_ADDRESS, stop=act == "stop", erase=act == "erase") == 0

    said = capsys.readouterr().out
    assert "mailbox: 1" in said and ("link: 1" in said) is (act == "stop")
    with pytest.raises(LinkRevoked if act == "stop" else LinkErased):
        browser.opens(token)
    mailed = [mornings.remind_on(relay, time, date(2026, 12, day)) for day in (7, 9, 11)]
    assert COMPANY_ADDRESS not in itertools.chain(*mailed)
    assert relay.head().step is Step.DOCUMENTS_TO_SEND
    with pytest.raises(RecipientRefused):
        relay.announces()


def test_an_agent_who_asked_for_it_gets_no_list_though_later_mails_arrive(
    relay: Relay, world: World, time: Clock
) -> None:
    tutor = relay.tutor
    mornings.send_on(relay, time, date(2026, 12, 1))

    assert run_on_address(tutor.address, stop=True) == 0
    time.passes(minutes=1)
    asks_code(tutor.address)
    relay.mailer_runs()
    tags = [str(item["pk"]).removeprefix("delivery#") for item in world.table("RELAY_TABLE")]
    for tag in tags:
        feedback.receive(ses_events.EVENTS["delivered"](tag), now=clock.utc_now())

    assert people.read_account(tutor).mail_refused_at is not None
    mailed = [mornings.remind_on(relay, time, date(2026, 12, day)) for day in (4, 7, 9)]
    assert tutor.address not in itertools.chain(*mailed)


def test_a_contact_is_shown_copied_and_removed_from_records_and_what_stays_is_said(
    page: Page, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    relay, file = page.relay, tmp_path / "copie.txt"
    named = [contact.name for contact in relay.head().company.contacts if contact.address == COMPANY_ADDRESS]

    assert run_on_address(COMPANY_ADDRESS.upper(), to=str(file)) == 0
    shown = capsys.readouterr().out
    assert "parcours: 1\n" in shown and "link: 1\n" in shown and "@" not in shown
    copied = file.read_text()
    assert named and named[0] in copied and COMPANY_ADDRESS in copied and "Qui reçoit" in copied
    assert file.stat().st_mode & 0o077 == 0

    assert run_on_address(COMPANY_ADDRESS, erase=True) == 0
    left = capsys.readouterr().out
    record = relay.head()
    assert COMPANY_ADDRESS not in {contact.address for contact in record.named_contacts}
    assert relay.link().recipient == "" and "link:" not in left and "parcours:" not in left
    relay.mailer_runs()
    (told,) = (mail for mail in world.mails() if "contact" in str(mail["Subject"]).lower())
    assert "a demandé que ses données soient effacées" in html.unescape(mail_rules.read_body(told, "plain"))
    before = world.everything()
    assert run_on_address(COMPANY_ADDRESS, erase=True) == 0
    assert world.everything() == before


def test_an_agent_is_closed_once_another_of_the_team_is_there(
    relay: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    tutor = relay.tutor
    with pytest.raises(CommandFailed, match="Nobody else is of the team"):
        run_on_address(tutor.address, erase=True)
    people.stand(factories.account(Role.TEAM))

    assert run_on_address(tutor.address, erase=True) == 0

    left = capsys.readouterr().out
    assert people.read_account(tutor).closed_at is not None and "account: 1, stays." in left
    assert "@" not in left
    assert run_on_address("personne@ailleurs.example") == 0
    assert "Nothing is held" in capsys.readouterr().out
    with pytest.raises(CommandFailed, match="no address"):
        run_on_address("personne")


def test_the_requests_are_listed_sent_again_and_noted_without_an_address(
    world: World, time: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = rights.parse_request("agent", "", "acces", "a@academie.example", now=clock.utc_now())
    rights.ask_rights(asked, source_ip="203.0.113.7", now=clock.utc_now())

    def run(**given: str) -> str:
        nothing = {"again": None, "answered": None}
        assert command.show_requests(Here("x"), Namespace(**(nothing | given))) == 0
        return capsys.readouterr().out

    assert f"due {asked.due_at:%Y-%m-%d}" in run() and "mail waiting" in run(again=asked.number)
    answered = run(answered=asked.number)
    assert "0 open requests, 1 answered" in answered and "@" not in answered
    with pytest.raises(CommandFailed, match="noted as answered"):
        run(again=asked.number)
    with pytest.raises(CommandFailed, match="No request has this number"):
        command.show_requests(Here("x"), Namespace(again="DP-1", answered=None))

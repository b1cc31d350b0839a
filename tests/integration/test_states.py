"""Each state of a parcours, walked to as people do: its page, its row in lists and README say one thing, the last mail
that asks for something went to whose turn it is, and the act is in the card.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import clock, french, terms
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.calendar import days_between, end_of
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.outcomes import MOVES
from chalicelib.domain.parcours.turns import State, Turn, whose_turn
from chalicelib.stories import rights, young_acts
from chalicelib.stories.mails import feedback
from chalicelib.words import codes, turns
from chalicelib.words.help import list_owners
from chalicelib.words.timeline import FACTS
from tests.conftest import Clock
from tests.integration.test_sheet import sheet, title
from tests.support import factories, mail_rules, relays, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client, signed_in
from tests.support.meetings import Page, accepts
from tests.support.pages import visible_words
from tests.support.passings import colleague_named, passes
from tests.support.relays import Relay
from tests.support.waiting import paris
from tests.support.worlds import World
from tests.support.writing import add_records

BUYER = "a.acheteuse@ministere.example"
FAR = "jeanne.roy@ailleurs.example"


@dataclass
class Walk:
    """One parcours on its way, with everybody who acts on it; each method goes one stage further, and begins with the ones
    before.
    """

    world: World
    time: Clock
    relay: Relay
    buyer: Account
    team: Account
    page: Page | None = None

    def sends(self) -> Page:
        """Send the link; return its recipient's page."""
        self.page = Page(self.relay)
        return self.page

    def opens(self) -> Page:
        """Send the link and open it."""
        page = self.sends()
        page.browser.opens(page.token)
        return page

    def reads(self) -> Page:
        """Let the documents be opened and read."""
        page = self.opens()
        page.browser.confirms(page.token)
        return page

    def meets(self) -> Page:
        """Let a date in three days be proposed and accepted after the reading."""
        page = self.reads()
        (slot,) = page.proposes_in_days(3)
        accepts(page, slot)
        return page

    def notes(self, kind: EventKind, *, planned_at: datetime | None = None) -> None:
        """Note an outcome with everything that its row of MOVES asks for."""
        move = MOVES[kind]
        self.relay.notes(
            kind,
            reason=move.reasons[0] if move.reasons else None,
            contact=Interlocutor.WELCOMES if move.contact else None,
            planned_at=planned_at,
        )

    def signs(self) -> None:
        """Let the meeting be held and the convention be signed, for an internship that ends in 14 days."""
        self.meets()
        self.time.passes(days=4)
        self.notes(EventKind.MEETING_HELD)
        self.notes(EventKind.CONVENTION_SIGNED, planned_at=clock.utc_now() + timedelta(days=14))


def _asks_about_data(walk: Walk) -> None:
    """Let the young person object once the link has left."""
    walk.sends()
    rights.warn_of_rights_request(walk.relay.head().reference or "", now=clock.utc_now())


def _to_the_buyer(walk: Walk, days: int = 0) -> None:
    """Send the link to the buyer, and let so many days pass."""
    walk.relay.sends(recipient=BUYER)
    walk.time.passes(days=days)


def _asks_for_another_address(walk: Walk) -> None:
    """Let the company name a colleague at another domain, for whom the tutor must agree."""
    page = walk.sends()
    passes(page.browser, page.token, colleague_named(FAR))


def _silent(walk: Walk) -> None:
    """Let the company read, and then be silent for 18 days."""
    walk.reads()
    walk.time.passes(days=18)


def _declines(walk: Walk) -> None:
    page = walk.opens()
    page.browser.declines(page.token, Reason.PROFILE_MISMATCH)


def _cannot_read(walk: Walk) -> None:
    page = walk.opens()
    page.browser.confirms(page.token, readable=False)


def _is_reported(event: str) -> Callable[[Walk], None]:
    """Deliver a report of the mail service on the link's mail."""

    def walks(walk: Walk) -> None:
        walk.sends()
        walk.time.passes(minutes=3)
        tag = delivery.derive_tag(walk.relay.link().mail_key)
        feedback.receive(ses_events.EVENTS[event](tag), now=clock.utc_now())
        walk.relay.mailer_runs()

    return walks


def _pauses(walk: Walk) -> None:
    """Pause the parcours for five days."""
    walk.sends()
    walk.notes(EventKind.PAUSED, planned_at=clock.utc_now() + timedelta(days=5))


def _cannot_come(walk: Walk) -> None:
    """Let the young person say that they cannot come to the meeting that was agreed."""
    walk.meets()
    young_acts.say_cannot_come(walk.relay.parcours_id, 1, now=clock.utc_now())


def _misses(walk: Walk) -> None:
    """Note that the meeting was missed."""
    walk.meets()
    walk.time.passes(days=4)
    walk.notes(EventKind.MEETING_MISSED)


def _met(walk: Walk) -> None:
    """Note that the meeting was held."""
    walk.meets()
    walk.time.passes(days=4)
    walk.notes(EventKind.MEETING_HELD)


def _meeting_is_past(walk: Walk) -> None:
    """Let the agreed meeting be over without anybody noting what became of it."""
    walk.meets()
    walk.time.passes(days=4)


def _internship_is_over(walk: Walk) -> None:
    """Let the internship come to its end."""
    walk.signs()
    walk.time.passes(days=16)


T, E, B = Role.TUTOR, Role.COMPANY, Role.BUYER
"""Short names for the table below: E is the company (*entreprise*)."""
WALKS: dict[State, tuple[Callable[[Walk], object], Role | None, str]] = {
    State.TO_TALK: (_asks_about_data, T, "tutor"),
    State.TO_SEND: (lambda walk: None, T, ""),
    State.UPLOADING: (lambda walk: walk.relay.announces(), None, ""),
    State.TO_OPEN: (Walk.sends, E, COMPANY_ADDRESS),
    State.TO_PASS_ON: (_to_the_buyer, B, BUYER),
    State.NOT_PASSED_ON: (lambda walk: _to_the_buyer(walk, days=8), T, ""),
    State.TO_CONFIRM: (Walk.opens, E, COMPANY_ADDRESS),
    State.TO_PROPOSE: (Walk.reads, E, ""),
    State.COMPANY_SILENT: (_silent, B, ""),
    State.TO_ACCEPT_COLLEAGUE: (_asks_for_another_address, T, "tutor"),
    State.TO_CHOOSE: (lambda walk: walk.reads().proposes_in_days(3), T, "tutor"),
    State.PAUSED: (_pauses, None, ""),
    State.MEETING_AHEAD: (Walk.meets, None, ""),
    State.CANNOT_COME: (_cannot_come, T, "tutor"),
    State.MEETING_TO_NOTE: (_meeting_is_past, T, ""),
    State.MEETING_HELD: (_met, T, ""),
    State.MAIL_FAILED: (_is_reported("refused"), T, "tutor"),
    State.MAIL_IN_DOUBT: (_is_reported("returned"), T, "tutor"),
    State.SENDING_REQUESTED: (_cannot_read, T, "tutor"),
    State.DECLINED: (_declines, T, "tutor"),
    State.MEETING_MISSED: (_misses, T, ""),
    State.IN_INTERNSHIP: (Walk.signs, None, ""),
    State.INTERNSHIP_OVER: (_internship_is_over, T, ""),
}
"""State → a walk that leads there, whose turn it is, and who got the last mail that asks for something: an address, « tutor »,
or nobody (empty)."""


def _readme() -> dict[State, list[str]]:
    """Return the rows of README's table of states, by state."""
    text = (Path(__file__).parents[2] / "chalicelib/domain/parcours/README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|(.+)\|$", text, flags=re.MULTILINE)
    return {
        State(code): [cell.strip() for cell in rest.split("|")] for code, rest in rows if code in set(State)
    }


README = _readme()
NOBODY = "—"


def works(day: date) -> bool:
    """Return whether this day is a working day in the département of the parcours."""
    return terms.calendar().is_working(day, "21")


def cells(row: list[str], head: Parcours, turn: Turn) -> list[str]:
    """What README says of a state, from the state itself; the beginning and the end of a turn are compared with its words."""
    said = turns.AWAITED[turn.state]
    whose = codes.ROLE[turn.role] if turn.role else "Personne"
    begins = {
        "the last event": head.since,
        "the announcement": head.arriving and head.arriving.since,
        "the question": head.consent and head.consent.since,
        "the request": head.data_request and head.data_request.since,
        "the hour of the meeting": head.meeting_at,
        "the press": head.in_doubt_since,
        "the pause": head.paused_since,
        "the end of the internship": end_of(head.internship_until),
        "the end of the turn before": turn.late_since,
    }
    since = row[1] if begins[row[1]] == turn.since or _is_later(row[1], turn) else f"{turn.since}"
    sentence = (said.alone or said.theirs).replace("{le}", "…")
    first, *others = [act.value for act in said.acts] or [NOBODY]
    return [whose, since, _due(turn), sentence, first, " · ".join(others) or NOBODY]


def _is_later(words_of: str, turn: Turn) -> bool:
    """Return whether the row says « the end of the turn before », and the turn indeed began at or after that."""
    return (
        words_of == "the end of the turn before"
        and turn.late_since is not None
        and turn.late_since <= turn.since
    )


def _due(turn: Turn) -> str:
    """Return the time until the turn passes on, in the words of README's table."""
    if turn.due_at is None:
        return NOBODY
    if turn.role is None:
        return {
            State.MEETING_AHEAD: "the hour of the meeting",
            State.PAUSED: "the end of its last day",
            State.IN_INTERNSHIP: "the end of the internship",
        }.get(turn.state, "10 minutes after the last form")
    if turn.state in {State.TO_SEND, State.CANNOT_COME}:
        is_unsent = turn.state is State.TO_SEND
        return "the end of the reservation" if is_unsent else "the hour of the meeting"
    if turn.role is Role.COMPANY:
        return "15 days after the sending"
    return f"{days_between(turn.since, turn.due_at, works)} working days"


def card_of(page: str) -> str:
    """Return the section of a page that holds the card of the turn."""
    match = re.search(r'<section class="tour.*?</section>', page, flags=re.DOTALL)
    assert match
    return match[0]


@pytest.fixture
def walk(world: World, time: Clock) -> Walk:
    """A parcours at its start, on 15 September 2026, with a buyer and a team account."""
    team, buyer = factories.account(Role.TEAM), factories.account(Role.BUYER, address=BUYER)
    time.now = paris("2026-09-15 09:00")  # no holiday for a while: an absence of act is somebody's
    relay = relays.started(world, offer=factories.offer(buyer=buyer.id), also=(team, buyer))
    return Walk(world, time, relay, buyer, team)


def said_in_lists(client: Client, relay: Relay) -> str:
    """Return the words of the parcours' row in the list that this person sees."""
    page = client.get("/parcours?q=" + (relay.head().reference or "")).text
    match = re.search(
        rf'<tr role="row"[^>]*>(?:(?!</tr>).)*{relay.parcours_id}.*?</tr>', page, flags=re.DOTALL
    )
    assert match
    return visible_words(match[0])


def test_every_state_is_walked_to() -> None:
    """WALKS has a way into every state of the turn."""
    assert WALKS.keys() == set(State)


@pytest.mark.parametrize("state", WALKS, ids=lambda state: state.value)
def test_page_list_run_company_and_mail_say_one_thing(walk: Walk, state: State) -> None:
    """In each state, the page and the list name the same awaited person and act, the last mail went to her, and
    README's row says the same.
    """
    go, role, mailed_to = WALKS[state]

    go(walk)
    walk.relay.mailer_runs()

    head, now = walk.relay.head(), clock.utc_now()
    turn = whose_turn(head, now, terms.calendar(), terms.turns())
    assert turn is not None and (turn.state, turn.role) == (state, role)
    assert list_owners(state)[:1] == ([role] if role else []), "the help page says the same"
    yours, theirs = (
        visible_words(turns.format_act(turn, head, yours=is_reader)) for is_reader in (True, False)
    )
    people = {Role.TUTOR: walk.relay.tutor, Role.BUYER: walk.buyer, Role.TEAM: walk.team}
    for who, account in people.items():
        _assert_page_and_list_say(walk, account, yours if who is role else theirs, is_awaited=who is role)
    assert turns.format_question(turn, head).endswith("\u202f?"), "the caller asks something in every state"
    read = [str(signed_in(account).get(f"/parcours/{head.id}").text) for account in people.values()]
    read += [mail_rules.read_body(mail, kind) for mail in walk.world.mails() for kind in ("plain", "html")]
    assert not [text for text in map(visible_words, read) if " 0 h 00" in text], "an end of day is its day"
    if mailed_to:
        last = [str(mail["To"]) for mail in walk.world.mails()]
        assert (walk.relay.tutor.address if mailed_to == "tutor" else mailed_to) in last[-3:]
    assert cells(README[state], head, turn) == README[state]
    if role in people:
        _assert_card_offers_an_act(state, card_of(sheet(signed_in(people[role]), walk.relay)))


def _assert_page_and_list_say(walk: Walk, account: Account, act: str, *, is_awaited: bool) -> None:
    """Check that page and list tell this account what is awaited, and « À vous » only when it is hers to do."""
    client = signed_in(account)
    card, line = title(sheet(client, walk.relay)), said_in_lists(client, walk.relay)
    assert card.endswith(act), card
    assert card.startswith("À vous") is is_awaited
    assert ("À vous" in line) is is_awaited
    assert french.majuscule(act) in line


def _assert_card_offers_an_act(state: State, card: str) -> None:
    """Check that the card of whoever is awaited offers what she may do."""
    row = turns.AWAITED[state]
    offers = [FACTS[note].label for note in row.notes] or [
        row.acts[0].value.partition(",")[0].replace("Passer", "Passez")
    ]
    assert any(visible_words(offer) in visible_words(card) for offer in offers), (offers, visible_words(card))


def test_a_prescriber_is_not_asked_to_pass_on_a_link_that_is_in_the_buyers_mailbox(walk: Walk) -> None:
    organisation = walk.relay.head().contract.organisation
    prescriber = factories.account(Role.PRESCRIBER, organisation=organisation)
    add_records(prescriber)
    _to_the_buyer(walk)

    assert not title(sheet(signed_in(prescriber), walk.relay)).startswith("À vous")
    assert title(sheet(signed_in(walk.buyer), walk.relay)).startswith("À vous")


def test_the_questions_of_a_call_differ() -> None:
    """Most states have a question of their own for a telephone call."""
    assert len({row.ask for row in turns.AWAITED.values()}) > len(turns.AWAITED) // 2

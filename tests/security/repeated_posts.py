"""Every POST of the site as it succeeds: the rows of the matrix, and what these show refused alone."""

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib import clock
from chalicelib.domain.kernel.values import ParcoursStatus
from chalicelib.domain.meetings.appointment import Acceptance
from chalicelib.stores import items, parcours_table
from chalicelib.stores import relay_table as stored
from chalicelib.stories import meetings as meeting_stories
from chalicelib.stories.documents import sending
from tests.faults.wire import Tap
from tests.security import passkeys
from tests.security.matrix import Ask, Asker, Row, Scene, in_a_month
from tests.security.matrix_public import follows
from tests.security.matrix_table import TABLE
from tests.support import csv_samples, meetings, sign_in
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.offers import today
from tests.support.passings import OTHER
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import change_record

WRITES = "TransactWriteItems"


@dataclass
class Repeating(Client):
    """A browser whose last POST can be sent once more as it was, its answer never having come."""

    posts: int = 0
    last: tuple[dict[str, str], str, str | bytes | None, dict[str, Any]] = field(default=({}, "", None, {}))
    twin_at: int = 0
    """Which of its POSTs is sent twice at once,"""
    before: int = 0
    """the other one whole before which of its writes,"""
    twin: Answer | None = None
    """and what that one was answered; None: there is no such write."""

    def send(self, method: str, path: str, body: str | bytes | None = None, **asked: Any) -> Answer:
        """Send a request as a browser does, and keep it if it is a POST."""
        if method != "POST":
            return super().send(method, path, body, **asked)
        self.posts += 1
        self.last = (dict(self.cookies), path, body, asked)
        if self.posts != self.twin_at:
            return super().send(method, path, body, **asked)
        places = iter(range(self.before + 1))

        def act(*_: Any) -> None:
            if next(places, None) == self.before:
                tap.asleep = True
                self.twin = self.again()
                tap.asleep = False

        with Tap(act=act, operation=WRITES).open() as tap:
            return super().send(method, path, body, **asked)

    def again(self) -> Answer:
        """Send the last POST again from the same browser with the cookies it had."""
        cookies, path, body, asked = self.last
        return Client(dict(cookies), self.source).send("POST", path, body, **asked)


def company(asker: Asker, path: str, body: dict[str, object] | None = None) -> Answer:
    """Post this from the recipient's browser, which has answered the question."""
    return asker.client.post_json(path, {"token": asker.scene.token, **(body or {})})


def proves(asker: Asker) -> Answer:
    """Answer the link's question."""
    asker.get("/retrait")
    return company(asker, "/retrait/preuve", {"adresse": COMPANY_ADDRESS})


def opens(asker: Asker) -> Answer:
    """Answer the question and open."""
    proves(asker)
    return company(asker, "/retrait/ouverture")


def reads(asker: Asker) -> Answer:
    """Open, and confirm that the documents could be read."""
    opens(asker)
    return company(asker, "/retrait/reception", {"lisible": True})


def proposes(asker: Asker) -> Answer:
    """Propose a date after the reading."""
    reads(asker)
    return company(
        asker, "/retrait/creneaux", {"creneaux": [{"debut": in_a_month(), "minutes": 45}], "feries_vus": True}
    )


def declines(asker: Asker) -> Answer:
    """Refuse after the reading."""
    reads(asker)
    return company(asker, "/retrait/refus", {"motif": "other", "confirme": True})


def passes_on(asker: Asker) -> Answer:
    """Pass the link on to a colleague of another domain."""
    proves(asker)
    return company(
        asker, "/retrait/transmission", {"nom": "Jeanne Roy", "adresse": OTHER, "mode": "remplace"}
    )


def relay_of(scene: Scene) -> Relay:
    """Return the scene's sent parcours."""
    return Relay(scene.world, scene.accounts["tutor"], scene.sent)


def elsewhere(asker: Asker, ask: Ask) -> None:
    """Do this act first in somebody else's browser."""
    ask(dataclasses.replace(asker, client=Client()))


def asks_again(asker: Asker) -> Answer:
    """Withdraw the link, answer its question, and ask for a new link."""
    sending.revoke(asker.scene.accounts["tutor"], asker.scene.deposit, seen_opened=False, now=clock.utc_now())
    proves(asker)
    return company(asker, "/retrait/demande")


def agreed(asker: Asker) -> None:
    """Let a date be proposed and accepted."""
    elsewhere(asker, proposes)
    relay = relay_of(asker.scene)
    appointment = meeting_stories.load_appointment(relay.head())
    assert appointment is not None
    (slot,) = appointment.slots
    now = clock.utc_now()
    meeting_stories.accept(
        relay.tutor,
        relay.parcours_id,
        Acceptance(slot.start, seen=meetings.shown_dates(relay), buyer_invited=False),
        now,
    )


def cancels(asker: Asker) -> Answer:
    """Cancel the agreed meeting on the company's page."""
    agreed(asker)
    proves(asker)
    fixed = meetings.agreed_start(relay_of(asker.scene))
    assert fixed is not None
    return company(
        asker, "/retrait/rendez-vous", {"geste": "annule", "vu": clock.iso(fixed), "motif": "other"}
    )


def gets_calendar(asker: Asker) -> Answer:
    """Take the file of the agreed meeting from the young person's page."""
    agreed(asker)
    return follows(asker, path="/suivi/agenda")


def answers_dates(asker: Asker, **gesture: str) -> Answer:
    """Answer the proposed dates on the tutor's page."""
    elsewhere(asker, proposes)
    shown = meetings.shown_dates(relay_of(asker.scene))
    return asker.form(f"/parcours/{asker.scene.sent}/rendez-vous", vu=shown, **gesture)


def undoes(asker: Asker) -> Answer:
    """Take the company's refusal back on the tutor's page."""
    elsewhere(asker, declines)
    return asker.form(f"/parcours/{asker.scene.sent}/refus/annulation")


def consents(asker: Asker, gesture: str) -> Answer:
    """Answer for the colleague whose address waits."""
    elsewhere(asker, passes_on)
    deposit = stored.read_deposit(asker.scene.deposit)
    asked = stored.read_link(str(deposit and deposit.link))
    assert asked is not None and asked.asked_link is not None
    return asker.form(f"/parcours/{asker.scene.sent}/collegue", geste=gesture, lien=asked.asked_link)


def signs_in(asker: Asker) -> Answer:
    """Sign in with a code."""
    sign_in.asks_for_code(asker.client, asker.scene.accounts["tutor"].address)
    return sign_in.types_code(asker.client, sign_in.derive_code(asker.client))


def imports(asker: Asker) -> Answer:
    """Import three lines."""
    return asker.client.post_form("/import", csv_samples.confirmed(csv_samples.text(csv_samples.rows(3))))


def puts_back(asker: Asker) -> Answer:
    """Offer a withdrawn offer again."""
    free = parcours_table.read_parcours(asker.scene.free)
    gone = replace(free, status=ParcoursStatus.WITHDRAWN)
    change_record(free, gone)
    return asker.form(f"/parcours/{free.id}/retrait", geste="remettre", motif="")


def gives_back(asker: Asker) -> Answer:
    """Take an offer and give it back."""
    asker.form(f"/parcours/{asker.scene.free}/passage")
    return asker.form(
        f"/parcours/{asker.scene.free}/fin", fin="offer_given_back", motif="", survenu_le=today(), jours=""
    )


def designates(asker: Asker) -> Answer:
    """Give an offer to a tutor."""
    return asker.form(
        f"/parcours/{asker.scene.free}/tutrice", qui=asker.scene.accounts["colleague"].id, depuis=""
    )


def asks_for_sms(asker: Asker) -> Answer:
    """Ask for an SMS to the contact, whose number is a mobile one."""
    parcours = parcours_table.read_parcours(asker.scene.sent)
    reached, *others = parcours.company.contacts
    company = replace(parcours.company, contacts=(replace(reached, phone="06 39 98 00 11"), *others))
    change_record(parcours, replace(parcours, company=company))
    tutor = parcours_table.read_account(asker.scene.accounts["tutor"].id)
    assert tutor is not None
    change_record(tutor, replace(tutor, phone="03 80 00 00 00"))
    return asker.form(f"/parcours/{asker.scene.sent}/sms")


@dataclass(frozen=True)
class Act:
    """A POST that succeeds, and what it needs beforehand."""

    route: str
    ask: Ask
    who: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.route} {self.about} {self.who}".replace("  ", " ")


ANYBODY, TEAM = "nobody", "team"
FURTHER = [
    Act("POST /connexion/code", signs_in, ANYBODY),
    Act("POST /connexion/proconnect", lambda a: a.form("/connexion/proconnect"), ANYBODY),
    Act("POST /connexion/cle", passkeys.signs_in, ANYBODY),
    Act("POST /comptes/{account_id}/cles", lambda a: passkeys.removes_all(a, "tutor"), TEAM),
    Act("POST /import", imports, TEAM),
    Act("POST /parcours/{parcours_id}/retrait", puts_back, "buyer", "put back"),
    Act("POST /parcours/{parcours_id}/fin", gives_back, "tutor", "given back"),
    Act("POST /parcours/{parcours_id}/tutrice", designates, "coordinator", "free"),
    Act("POST /parcours/{parcours_id}/tutrice", designates, TEAM, "free"),
    Act(
        "POST /parcours/{parcours_id}/rendez-vous",
        lambda a: answers_dates(a, geste="autres", motif="other"),
        "tutor",
    ),
    Act("POST /parcours/{parcours_id}/refus/annulation", undoes, "tutor"),
    Act("POST /parcours/{parcours_id}/collegue", lambda a: consents(a, "accorder"), "tutor"),
    Act("POST /parcours/{parcours_id}/collegue", lambda a: consents(a, "refuser"), "tutor", "no"),
    Act("POST /parcours/{parcours_id}/sms", asks_for_sms, "tutor"),
    Act("POST /suivi/agenda", gets_calendar, ANYBODY),
    Act("POST /retrait/apercu", lambda a: (proves(a), company(a, "/retrait/apercu"))[1], ANYBODY),
    Act("POST /retrait/preuve", proves, ANYBODY),
    Act("POST /retrait/ouverture", opens, ANYBODY),
    Act("POST /retrait/reception", reads, ANYBODY),
    Act("POST /retrait/demande", asks_again, ANYBODY),
    Act("POST /retrait/creneaux", proposes, ANYBODY),
    Act("POST /retrait/rendez-vous", cancels, ANYBODY),
    Act("POST /retrait/refus", declines, ANYBODY),
    Act(
        "POST /retrait/refus/annulation",
        lambda a: (declines(a), company(a, "/retrait/refus/annulation"))[1],
        ANYBODY,
    ),
    Act("POST /retrait/copies", lambda a: (declines(a), company(a, "/retrait/copies"))[1], ANYBODY),
    Act("POST /retrait/transmission", passes_on, ANYBODY),
]


def _succeeding(row: Row) -> list[Act]:
    """Give a row of the matrix for each person of the parcours whom it serves."""
    from tests.security.matrix import OWN

    served = [who for who, status in zip(OWN, row.own, strict=True) if status < 400]
    if served == list(OWN) and row.outside < 400:
        served = [ANYBODY]
    return [Act(row.route, row.ask, who, row.about) for who in served]


OF_ROWS = [_succeeding(row) for row in TABLE if row.route.startswith("POST")]
ACTS = [*FURTHER, *(acts[0] for acts in OF_ROWS if acts)]
"""Each by one person;"""
BY_OTHERS = [act for acts in OF_ROWS for act in acts[1:]]
"""and by everybody else who may."""

DRAWN = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,64}|\b[0-9a-f]{8}\b|[A-Za-z0-9+/_-]{43,}=*|CSF-[0-9A-Z]{4}-\d\d"
    r"|DP-\d{8}-\d{4}-[\w-]+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{8}T\d{6}Z|(?<=#)\d(?=')"
    r"|(?<=(?:word|name)#)\w{3}(?=')|\b[2-9a-z]{4}\d\d(?=#)"  # of an index of words: drawn names, references
    r"|[?&][^\"]*X-Amz[^\"]*|\"fields\": ?\{[^}]*\}"
)
"""What two runs of the same story draw, or read from the clock."""


BESIDE = {"ttl", "mark", "due_at", "due", "words_written"}
"""Attributes that follow from the instant, or from what is drawn."""


def alike(answer: Answer) -> tuple[int, str, str]:
    """Return an answer without its random values."""
    title = re.search(r"<title>.*?</title>", answer.text) if answer.is_page else None
    text = title[0] if title else answer.text
    return answer.status, DRAWN.sub("*", answer.headers.get("location", "")), DRAWN.sub("*", text)


OTHERWISE = {
    # Her session is over, as she asked: the page says so.
    "POST /compte/deconnexion": (401, "", "<title>Connectez-vous de nouveau · Passe-plat</title>"),
    # A passkey opens one session: its person makes the gesture again.
    "POST /connexion/cle": passkeys.REFUSED,
    "POST /compte/cles": passkeys.ENDED,
}
"""What a repeat is answered that cannot be answered as the first."""
ANEW = frozenset(
    {
        "POST /connexion",
        "POST /donnees-personnelles/demande",
        "POST /connexion/cle/defi",
        "POST /compte/cles/defi",
    }
)
"""What is asked for anew: a code or a challenge, of which the last serves, or a request for the officer, within the quotas."""
COUNTED_AGAIN = {
    "POST /connexion/code": frozenset({"revision", "tries"}),
    "POST /parcours/{parcours_id}/depots": frozenset({"revision"}),
}
"""Where each counts as one more try, or gets forms of its own: what is written again."""


def unsent(world: World) -> set[str]:
    """Return the mails that wait to be sent."""
    return {str(item["key"]) for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")}


def shape(world: World, act: Act) -> Counter[str]:
    """Return the content of a world without random values and counters."""
    kept: Counter[str] = Counter()
    beside = BESIDE | COUNTED_AGAIN.get(act.route, frozenset())
    for name in (items.PARCOURS, items.RELAY):
        for item in world.table(name):
            told = {key: value for key, value in item.items() if key not in beside}
            if not str(item["pk"]).startswith("count#"):
                kept[DRAWN.sub("*", repr(sorted(told.items(), key=lambda pair: pair[0])))] += 1
    return kept

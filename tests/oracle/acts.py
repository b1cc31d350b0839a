"""Everything that people, days and the mail service do in a life: one name each, and how likely it is.

An act that is not offered where its person looks is not done: it returns False, and nothing has happened.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.domain.documents.mailing import LEASE, LONGEST_DOUBLING, MOST_REFUSALS
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import Reason
from chalicelib.errors import RecipientRefused, RelayError
from chalicelib.stores import parcours_table
from chalicelib.stories.young import spell_follow_key
from tests.faults.wire import Tap, reject
from tests.oracle import shown
from tests.oracle.life import COLLEAGUE, COMPANY, ELSEWHERE, FIRST, SECOND, YOUNG_ADDRESS, Life
from tests.oracle.shown import Place, Screen
from tests.support.authenticator import Authenticator, adds_passkey
from tests.support.http import Client
from tests.support.provider import sign_in
from tests.support.relays import Relay
from tests.support.sign_in import asks_for_code, derive_code, types_code

Act = Callable[[Life], bool]
MOST_KEYS = 3
TYPED = {"prevu_a": "10:00", "heure": "10:00", "jours": "3"}
"""What is typed where a form asks for it."""
DAYS = {"prevu_le": 9, "du": 0, "au": 6}
"""How many days ahead each date is that a form asks for."""


def presses(name: str, ending: str, at: str = "", **chosen: str) -> Act:
    """Return the act of sending the form that leads to an address ending so, with these values chosen in it."""

    def act(life: Life) -> bool:
        form = life.find_form(
            name, ending, at if at.startswith("/compte") or not at else life.path + at, **chosen
        )
        if form is None or not (form.xpath(".//button") or form.get("id")):  # nothing there sends it
            return False
        life.press(name, form, _fill(form, life) | chosen)
        return True

    return act


def corrects(name: str) -> Act:
    """Return the act of correcting the last fact, once the guests of a meeting that it fixed were seen."""

    def act(life: Life) -> bool:
        form = life.find_form(name, "/correction")
        if form is None:
            return False
        life.press(name, form, {"invites_vus": "1"})
        return True

    return act


def _fill(form: Any, life: Life) -> dict[str, str]:
    """Return an answer for each blank of a form: the first button, date, person or reason that may be chosen, a day ahead."""
    filled = {button.get("name"): button.get("value") for button in form.xpath(".//button[@name]")[:1]}
    for blank in form.xpath(".//select[@name] | .//input[@name and not(@disabled)]"):
        kind, name = blank.get("type", blank.tag), blank.get("name")
        if kind == "select" and not blank.value:
            options = [option.get("value") for option in blank.iter("option") if option.get("value")]
            filled[name] = options[0] if options else ""
        elif (
            kind == "radio"
            and name not in filled
            and not form.xpath(f".//input[@name='{name}' and @checked]")
        ):
            filled[name] = blank.get("value")
        elif kind == "date" and blank.get("required") is not None and not blank.get("value"):
            filled[name] = (day_of(life.time.now) + timedelta(days=DAYS.get(name, 9))).isoformat()
        elif name in TYPED:
            filled[name] = TYPED[name]
    return filled


def notes(name: str, fait: str, days: int = 9, **chosen: str) -> Act:
    """Return the act of noting an outcome on the page of the parcours, by its button or its small form."""

    def act(life: Life) -> bool:
        form = life.find_form(name, "/faits", fait=fait, **chosen)
        if form is None:
            return False
        ahead = {"prevu_le": (day_of(life.time.now) + timedelta(days=days)).isoformat()}
        asked = _fill(form, life)
        life.press(
            name, form, asked | {key: ahead[key] for key in ahead if key in asked} | {"fait": fait} | chosen
        )
        return True

    return act


def sends(name: str, to: str, *, arrives: bool = True, refused: bool = False) -> Act:
    """Return the act of sending a CV to an address, or to the buyer's account, where the page of the parcours offers it.

    ``arrives``: the upload comes; ``refused``: the mail service refuses the mail until it is given up.
    """

    def act(life: Life) -> bool:
        if f"{life.path}/envoi" not in life.list_links(name):
            return False
        recipient = life.find_buyer() if to == "buyer" else to
        if recipient is None:
            return False
        life.relay = Relay(life.world, life.account(name), life.offer.id)
        try:
            life.relay.announces(recipient=recipient)
        except RecipientRefused:  # the page of the sending says of this address that it refuses mails
            return False
        except RelayError as refusal:
            life.refused = f"{refusal.code}: {refusal}"
            return True
        if arrives:
            life.arrives()
        if refused:
            _refuse_mails(life)
        return True

    return act


def _refuse_mails(life: Life) -> None:
    """Let the mail service refuse whatever waits until it is given up."""
    with Tap(act=reject, operation="SendEmail").open():
        for _ in range(MOST_REFUSALS):
            life.mailer_runs()
            life.time.now += LEASE * 2**LONGEST_DOUBLING


def arrives_late(life: Life) -> bool:
    """Let the upload that was announced and did not come arrive after all."""
    if life.relay is None or not any(act.endswith("connection fails") for _, act in life.acts[-1:]):
        return False
    life.arrives()
    return True


def answers(
    path: str, action: str, body: dict[str, Any] | None = None, whose: tuple[str, ...] = COMPANY
) -> Act:
    """Return the act of the newest holder of a link on its page; ``action``: what its page must offer."""

    def act(life: Life) -> bool:
        mailbox = next((box for box in reversed(life.tokens) if box in whose), None)
        if whose == ("buyer",):
            mailbox = next((box for box in reversed(life.tokens) if box not in COMPANY), None)
        view = prove(life, mailbox) if mailbox else None
        if mailbox is None or view is None or action not in shown.read_link_page(mailbox, view).acts:
            return False
        more = body or {}
        if path == "creneaux":
            more = {"creneaux": [_slot(life, day) for day in more["days"]], "feries_vus": True}
        if path == "rendez-vous":
            past = view["rendez_vous"]["passe"]
            if past is (more["geste"] == "annule"):
                return False
            more = {**more, "vu": view["rendez_vous"]["debut"]}
        if more.get("adresse") == mailbox:
            return False  # nobody names the address to which this link went
        if path == "transmission" and "contact" in more:
            if not view["contacts"]:
                return False
            more = {**more, "indice": view["contacts"][0]["indice"]}
        life.answered(
            mailbox,
            life.client(mailbox).post_json(f"/retrait/{path}", {"token": life.tokens[mailbox], **more}),
        )
        return True

    return act


def prove(life: Life, mailbox: str) -> dict[str, Any] | None:
    """Answer the question of the last link in a mailbox, unless that is done; return what its page is told then."""
    view = life.glimpse(mailbox)
    if view is None or view["prouve"]:
        return view
    life.client(mailbox).post_json("/retrait/preuve", {"token": life.tokens[mailbox], "adresse": mailbox})
    life.views.clear()
    return life.glimpse(mailbox)


def _slot(life: Life, days: int) -> dict[str, Any]:
    """Return a date in so many days as the page of the link sends it."""
    return {"debut": f"{day_of(life.time.now) + timedelta(days=days)}T10:00", "minutes": 45, "lieu": "fiche"}


def asks_again(life: Life) -> bool:
    """Ask for a new sending, where the page of the newest link offers it."""
    mailbox = next(reversed(life.tokens), None)
    view = prove(life, mailbox) if mailbox else None
    if mailbox is None or view is None or not view.get("peut_demander") or view.get("demande"):
        return False
    life.answered(
        mailbox, life.client(mailbox).post_json("/retrait/demande", {"token": life.tokens[mailbox]})
    )
    return True


def loses_message(life: Life) -> bool:
    """Let the newest holder of a link who is of the company lose the message, and type the address of her mailbox."""
    mailbox = next((box for box in reversed(life.tokens) if box in COMPANY), None)
    if mailbox is None:
        return False
    life.answered(mailbox, life.client(mailbox).post_form("/retrait", {"adresse": mailbox}))
    return True


def asks_rights(right: str) -> Act:
    """Return the act of the young person who asks for something about her data by the public form."""

    def act(life: Life) -> bool:
        reference = parcours_table.read_parcours(life.offer.id).reference
        if reference is None:
            return False
        asked = {
            "reference": reference,
            "demande": right,
            "qui": "jeune",
            "adresse": YOUNG_ADDRESS,
        }
        life.answered(
            "young person", life.client("young person").post_form("/donnees-personnelles/demande", asked)
        )
        return True

    return act


def presses_own_page(geste: str) -> Act:
    """Return the act of the young person who presses this on the page that the key of the notice opens."""

    def act(life: Life) -> bool:
        parcours = parcours_table.read_parcours(life.offer.id)
        if parcours.attempt is None:
            return False
        passage = parcours_table.read_attempt(parcours.id, parcours.attempt)
        key = {"reference": passage.reference, "cle": spell_follow_key(passage).secret}
        client = life.client("young person")
        if f'value="{geste}"' not in client.post_form("/suivi", key).text:
            return False
        answer = client.post_form("/suivi", key | {"geste": geste})
        life.answered("young person", answer)
        if answer.status == 200:
            receipt = shown.read_notice(shown.parse(answer.text))
            life.notice = Screen("young person", Place.NOTICE, receipt)
        return True

    return act


def ends(fin: str, motif: str = "") -> Act:
    """Return the act of the tutor who ends the parcours so, for this reason."""
    return presses("tutor", "/fin", "/fin", fin=fin, **({"motif": motif} if motif else {}))


def hands_over(name: str, to: str) -> Act:
    """Return the act of giving the parcours, or the free offer, to a tutor."""

    def act(life: Life) -> bool:
        return presses(name, "/tutrice", "/tutrice", qui=life.cast[to])(life)

    return act


def closes(name: str) -> Act:
    """Return the act of the team that closes an account."""

    def act(life: Life) -> bool:
        path = f"/comptes/{life.cast[name]}/fermeture"
        return presses("team", path, path)(life)

    return act


def reports(event: str) -> Act:
    """Return the act of the mail service that reports on the mail of the last link."""
    return lambda life: life.report(event)


def passes(*mornings: int) -> Act:
    """Return the act of days that pass, with what is done on these mornings, each so many days from now."""

    def act(life: Life) -> bool:
        life.days_pass(*mornings)
        return True

    return act


def an_hour_passes(life: Life) -> bool:
    """Let an hour pass, and do what is due then."""
    life.time.passes(hours=1)
    life.works()
    return True


def enters_by_code(name: str) -> Act:
    """Return the act of asking for a code by mail, and typing it."""

    def act(life: Life) -> bool:
        if life.account(name).closed_at is not None:
            return False
        client = Client(source=f"192.0.2.{len(life.acts)}")
        asks_for_code(client, life.account(name).address)
        answer = types_code(client, derive_code(client))
        page = shown.parse(client.get(answer.headers["location"]).text)
        if answer.headers["location"] == "/parcours":
            life.clients[name] = client
            entrance = life.entrance(name)
            entered = replace(entrance, code_at=entrance.code_at or life.time.now)
            life.note_entrance(name, entered, began_at=life.time.now)
        life.notice = Screen(name, Place.ENTRANCE, shown.read_words(page.body))
        return True

    return act


def enters_by_proconnect(name: str) -> Act:
    """Return the act of signing in with ProConnect, of who has no passkey."""

    def act(life: Life) -> bool:
        entrance = life.entrance(name)
        if entrance.passkeys or life.account(name).closed_at is not None:
            return False
        life.provider.said |= {"sub": name, "email": life.account(name).address}
        client = Client()
        assert sign_in(client, life.provider).headers["location"] == "/parcours"
        life.clients[name] = client
        linked = replace(entrance, linked_at=entrance.linked_at or life.time.now)
        life.note_entrance(name, linked, began_at=life.time.now)
        return True

    return act


def unlinks(life: Life) -> bool:
    """Let the team unlink the tutor's account from ProConnect."""
    path = f"/comptes/{life.cast['tutor']}"
    if not presses("team", f"{path}/proconnect", path)(life):
        return False
    life.clients.pop("tutor", None)
    life.entrances["tutor"] = replace(life.entrance("tutor"), linked_at=None)
    return True


def adds_key(name: str) -> Act:
    """Return the act of adding a passkey, where its page offers that."""

    def act(life: Life) -> bool:
        passkeys = life.entrance(name).passkeys
        if not life.is_looking(name) or life.read(name, "/compte") is None or len(passkeys) == MOST_KEYS:
            return False
        life.confirm(name, life.client(name).get("/parcours/export"))  # adding asks for a fresh sign-in
        device, called = Authenticator(life.cast[name]), f"Clé numéro {len(life.acts)}"
        answer = adds_passkey(life.client(name), device, called)
        if answer.status != 200:
            life.refused = f"{answer.status} {answer.text}"
            return True
        added = (
            Client().get(answer.json["vers"]) if not passkeys else life.client(name).get(answer.json["vers"])
        )
        life.notice = Screen(name, Place.NOTICE, shown.read_notice(shown.parse(added.text)))
        life.entrances[name] = replace(life.entrance(name), passkeys=(*passkeys, (called, device)))
        if not passkeys:
            life.clients.pop(name)
        return True

    return act


def removes_key(name: str) -> Act:
    """Return the act of removing one's oldest passkey, where its page offers that."""

    def act(life: Life) -> bool:
        if not presses(name, "/compte/cles/retrait", "/compte")(life):
            return False
        life.entrances[name] = replace(life.entrance(name), passkeys=life.entrance(name).passkeys[1:])
        life.clients.pop(name)
        return True

    return act


def renames_key(name: str) -> Act:
    """Return the act of giving one's oldest passkey another name."""

    def act(life: Life) -> bool:
        form, called = life.find_form(name, "/compte/cles/nom", "/compte"), f"Clé numéro {len(life.acts)}"
        if form is None:
            return False
        life.press(name, form, {"nom": called})
        (_, device), *others = life.entrance(name).passkeys
        life.entrances[name] = replace(life.entrance(name), passkeys=((called, device), *others))
        return True

    return act


def removes_passkeys(life: Life) -> bool:
    """Let the team remove the passkeys that the tutor has lost."""
    path = f"/comptes/{life.cast['tutor']}"
    return presses("team", f"{path}/cles", path)(life)


def a_while_passes(life: Life) -> bool:
    """Let twenty minutes pass, in which everybody stays signed in, and do what is due then."""
    life.time.passes(minutes=20)
    clients = life.clients
    life.works()
    life.clients = clients
    return True


def walks(name: str) -> Act:
    """Return the act of opening one's parcours one by one."""

    def act(life: Life) -> bool:
        form = life.find_form(name, "/charge", "/parcours")
        if form is None:
            return False
        life.answered(name, life.client(name).post_form(form.action, {}))
        return True

    return act


def decline(reason: Reason) -> dict[str, Any]:
    """Return what the page of a link sends when the company declines."""
    return {"motif": reason.value, "confirme": True}


NAMED = {"nom": "Jeanne Roy"}
TUTORS = ("tutor", "other tutor")
CALLERS = ("tutor", "buyer", "team")
ACTS: dict[str, tuple[Act, int]] = {
    "tutor takes the offer": (presses("tutor", "/passage"), 30),
    "other tutor takes the offer": (presses("other tutor", "/passage"), 3),
    "team designates the tutor": (hands_over("team", "tutor"), 3),
    "team hands over to the other tutor": (hands_over("team", "other tutor"), 3),
    "coordinator hands over to the other tutor": (hands_over("coordinator", "other tutor"), 2),
    "tutor gives the offer back": (ends("offer_given_back"), 2),
    "tutor notes that the young person withdrew": (ends("young_person_withdrew", "other"), 1),
    "tutor stops": (ends("attempt_stopped", "company_choice"), 1),
    **{f"{name} sends to the first contact": (sends(name, FIRST), 25) for name in TUTORS},
    **{f"{name} sends to the second contact": (sends(name, SECOND), 6) for name in TUTORS},
    **{f"{name} sends to the buyer": (sends(name, "buyer"), 5) for name in TUTORS},
    "coordinator sends to the first contact": (sends("coordinator", FIRST), 2),
    "tutor’s connection fails": (sends("tutor", FIRST, arrives=False), 2),
    "tutor sends, and the mail service refuses": (sends("tutor", FIRST, refused=True), 2),
    "the documents arrive after all": (arrives_late, 2),
    **{f"{name} sends the link again": (presses(name, "/renvoi"), 4) for name in TUTORS},
    **{f"{name} withdraws the sending": (presses(name, "/revocation"), 4) for name in TUTORS},
    "tutor erases the sending": (presses("tutor", "/effacement"), 1),
    **{f"{name} reminds": (presses(name, "/relance"), 4) for name in CALLERS},
    **{f"{name} reports the offer": (presses(name, "/signalement", motif="offer_inexact"), 2) for name in TUTORS},
    "tutor asks for an SMS": (presses("tutor", "/sms"), 4),
    **{f"{name} notes: reached": (notes(name, "call_noted.reached"), 3) for name in CALLERS},
    **{f"{name} notes: no answer": (notes(name, "call_noted.no_answer"), 1) for name in CALLERS},
    **{f"{name} notes: message left": (notes(name, "call_noted.message_left"), 1) for name in CALLERS},
    **{f"{name} notes: wrong number": (notes(name, "call_noted.wrong_number"), 1) for name in CALLERS},
    **{f"{name} notes: contact gone": (notes(name, "call_noted.contact_gone"), 2) for name in CALLERS},
    **{f"{name} notes: clause explained": (notes(name, "clause_explained"), 1) for name in CALLERS},
    **{f"{name} notes: dates promised": (notes(name, "dates_promised", days=4), 3) for name in CALLERS},
    "tutor plans a call": (notes("tutor", "call_back_planned", days=3), 1),
    "tutor pauses": (notes("tutor", "paused", days=8), 2),
    "tutor ends the pause": (notes("tutor", "pause_ended"), 2),
    "tutor fixes a meeting": (notes("tutor", "meeting_fixed", days=4), 3),
    "tutor notes: meeting held": (notes("tutor", "meeting_held"), 4),
    "tutor notes: meeting missed": (notes("tutor", "meeting_missed", motif="company_absent"), 2),
    "team notes: young person absent": (notes("team", "meeting_missed", motif="young_person_absent"), 1),
    "buyer notes: company declined": (notes("buyer", "company_declined"), 1),
    "tutor notes: convention sent": (notes("tutor", "convention_sent"), 3),
    **{f"{name} notes: signed by company": (notes(name, "signed_by_company"), 3) for name in ("tutor", "buyer")},
    "tutor notes: signed by family": (notes("tutor", "signed_by_family"), 3),
    "tutor notes: signed by school": (notes("tutor", "signed_by_school"), 3),
    "tutor notes: convention signed": (notes("tutor", "convention_signed", days=30), 5),
    "tutor notes: placement ended": (notes("tutor", "placement_ended"), 2),
    "tutor notes: review done": (notes("tutor", "review_done"), 2),
    "tutor corrects the last fact": (corrects("tutor"), 2),
    "tutor accepts a date": (presses("tutor", "/rendez-vous", geste="accepter"), 12),
    "tutor asks for other dates": (presses("tutor", "/rendez-vous", geste="autres"), 3),
    "tutor moves the meeting": (presses("tutor", "/rendez-vous", geste="deplacer"), 3),
    "tutor cancels the meeting": (presses("tutor", "/rendez-vous", geste="annuler"), 3),
    "tutor agrees to the address": (presses("tutor", "/collegue", geste="accorder"), 3),
    "tutor refuses the address": (presses("tutor", "/collegue", geste="refuser"), 2),
    "tutor undoes the refusal": (presses("tutor", "/refus/annulation"), 3),
    "tutor has spoken with the young person": (presses("tutor", "/notice", geste="parle"), 4),
    "tutor keeps the meeting": (presses("tutor", "/notice", geste="tient"), 4),
    "young person stops": (presses_own_page("arret"), 2),
    "the meeting is put in doubt": (presses_own_page("empechement"), 3),
    "the doubt is taken back": (presses_own_page("venue"), 3),
    "tutor announces an absence": (presses("tutor", "/compte/absence", "/compte"), 2),
    "tutor is back": (presses("tutor", "/compte/retour", "/compte"), 2),
    "team closes the tutor’s account": (closes("tutor"), 1),
    "team closes the coordinator’s account": (closes("coordinator"), 2),
    "team closes the buyer’s account": (closes("buyer"), 1),
    "buyer confirms the first contact": (presses("buyer", "/contacts", "/contacts", geste="bon"), 2),
    "team takes care of its turn": (presses("team", "/charge"), 2),
    "team opens one by one": (walks("team"), 3),
    "company opens": (answers("ouverture", "ouverture"), 25),
    "company says that it could read": (answers("reception", "reception", {"lisible": True}), 25),
    "company cannot read": (answers("reception", "reception", {"lisible": False}), 3),
    "company proposes dates": (answers("creneaux", "creneaux", {"days": [3, 5]}), 20),
    "company proposes another date": (answers("creneaux", "creneaux", {"days": [7]}), 3),
    "company cancels the meeting": (answers("rendez-vous", "rendez_vous", {"geste": "annule", "motif": "company_absent"}), 4),
    "company says that the meeting was held": (answers("rendez-vous", "rendez_vous", {"geste": "tenu"}), 5),
    "company says that it was missed": (
        answers("rendez-vous", "rendez_vous", {"geste": "manque", "motif": "young_person_absent"}), 3
    ),
    "company declines": (answers("refus", "refus", decline(Reason.NO_HOST_AVAILABLE)), 4),
    "company undoes its refusal": (answers("refus/annulation", "refus_annulable"), 3),
    "company says that its copies are deleted": (answers("copies", "copies"), 4),
    "company names a colleague": (answers("transmission", "remplace", {**NAMED, "mode": "remplace", "adresse": COLLEAGUE}), 3),
    "company names somebody elsewhere": (
        answers("transmission", "remplace", {**NAMED, "mode": "remplace", "adresse": ELSEWHERE}), 3
    ),
    "company adds a colleague": (answers("transmission", "aussi", {**NAMED, "mode": "aussi", "adresse": COLLEAGUE}), 2),
    "a new sending is asked for": (asks_again, 4),
    "company loses the message": (loses_message, 4),
    "buyer passes the link on": (answers("transmission", "remplace", {"mode": "remplace", "contact": 0}, whose=("buyer",)), 8),
    "buyer opens the link": (answers("ouverture", "ouverture", whose=("buyer",)), 2),
    "buyer says that she could read": (answers("reception", "reception", {"lisible": True}, whose=("buyer",)), 2),
    "young person objects": (asks_rights("opposition"), 2),
    "young person asks for access": (asks_rights("acces"), 2),
    "the mailbox refuses the mail": (reports("refused"), 3),
    "the mail is returned": (reports("returned"), 2),
    "the mail is reported as unwanted": (reports("complained"), 1),
    "the mail arrives": (reports("delivered"), 2),
    **{f"{name} signs in with a code": (enters_by_code(name), 2) for name in ("tutor", "team", "coordinator")},
    **{f"{name} adds a passkey": (adds_key(name), 2) for name in ("tutor", "team", "coordinator")},
    **{f"{name} removes a passkey": (removes_key(name), 2) for name in ("tutor", "team")},
    "tutor renames a passkey": (renames_key("tutor"), 3),
    "team removes the tutor's passkeys": (removes_passkeys, 3),
    "tutor signs in with ProConnect": (enters_by_proconnect("tutor"), 2),
    "team unlinks the tutor from ProConnect": (unlinks, 4),
    "twenty minutes pass": (a_while_passes, 3),
    "an hour passes": (an_hour_passes, 3),
    "a day passes": (passes(1), 6),
    "three days pass": (passes(1, 3), 6),
    "a week passes": (passes(1, 4, 7), 4),
    "sixteen days pass": (passes(1, 5, 10, 16), 2),
}  # fmt: skip
"""Name → the act, and how often it is drawn beside the others."""


def do(life: Life, name: str) -> bool:
    """Let what is due leave; do an act, let its mails leave, and look at what is shown; return whether the act was offered."""
    act, _ = ACTS[name]
    life.time.passes(seconds=30)
    life.mailer_runs()
    life.time.passes(milliseconds=1)
    life.notice, life.refused, kept = None, "", life.acts
    life.acts = (*kept, (life.time.now, name))
    if not act(life):
        life.acts = kept
        return False
    life.mailer_runs()
    life.look()
    return True

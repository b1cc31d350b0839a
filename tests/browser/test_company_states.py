"""What the company's page says in each state of its link, on another device than the one that opened it."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from chalicelib import clock
from chalicelib.domain.kernel.texts import ONCE_READ as SENTENCE
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours.holder import HolderState
from chalicelib.stories import meetings
from chalicelib.stories.parcours import Assignment, assign
from chalicelib.web.kit.http import NONCE_COOKIE
from chalicelib.words import codes
from tests.browser.inside import Inside
from tests.browser.looks import look
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.sending_changes import erases
from tests.integration.test_recipient_page_states import STATES, Company
from tests.support import factories, http, relays
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client
from tests.support.passings import adds
from tests.support.worlds import World
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.proof]

PARIS = ZoneInfo("Europe/Paris")
COMES_BACK = "document.dispatchEvent(new Event('visibilitychange'))"
SPENT = "Ce lien a déjà servi"
SAYS: dict[str, tuple[str, ...]] = {
    "sent": ("Un jeune attend votre réponse", "Ouvrez quand vous pouvez lire"),
    "opened": ("Quand pouvez-vous rencontrer le jeune", SPENT, "autour de vous"),
    "unreadable": ("Un nouvel envoi est attendu", "Proposer des dates", SPENT),
    "read": ("Quand pouvez-vous rencontrer le jeune", SPENT, "Le CV est effacé de notre côté"),
    "read_before_a_colleague": ("Quand pouvez-vous rencontrer le jeune", SPENT, "Un second lien est parti"),
    "promised": ("Quand pouvez-vous rencontrer le jeune", "Des dates ont été promises d’ici au"),
    "never_confirmed": ("Quand pouvez-vous rencontrer le jeune", SPENT, "Le CV est effacé de notre côté"),
    "expired": ("Demandez un nouvel envoi", "Ce lien n’a pas été ouvert à temps"),
    "asked": ("La demande est partie", "Ce lien n’a pas été ouvert à temps"),
    "proposed": ("Vos dates sont parties", "en choisit une, d’ici au", "Proposer d’autres dates"),
    "asked_others": ("Proposez d’autres dates", "Les dates d’avant ne tiennent plus"),
    "fixed": ("Rendez-vous le", "Proposer d’autres dates", "Annuler le rendez-vous"),
    "cancelled": ("Proposez d’autres dates", "Les dates d’avant ne tiennent plus"),
    "past": ("Le rendez-vous a-t-il eu lieu", "Il était prévu le", "Il n’a pas eu lieu"),
    "missed": ("Le rendez-vous n’a pas eu lieu", "Proposer des dates"),
    "held": ("Le rendez-vous a eu lieu", "convention de stage"),
    "signed": ("La convention est signée", "Vous n’avez rien à faire"),
    "declined": (
        "Votre réponse est partie",
        "revenir sur votre réponse pendant 24 heures",
        "Supprimez vos copies",
    ),
    "declined_after_dates": ("Votre réponse est partie", "Supprimez vos copies"),
    "undone": ("Quand pouvez-vous rencontrer le jeune", SPENT),
    "declined_for_good": ("Votre réponse est partie", "Le délai pour revenir sur votre réponse est passé"),
    "declined_by_telephone": ("Votre entreprise a refusé", "Supprimez vos copies"),
    "revoked": ("Cet envoi a été retiré", "Demandez un nouvel envoi"),
    "returned": (
        "Ce lien ne marche plus",
        "Le message qui le portait n’a pas été accepté",
        "Demandez un nouvel envoi",
    ),
    "replaced": ("Ce lien a été remplacé", "Regardez si un autre message"),
    "passed_on": ("Le lien est passé à une autre personne", "Vous l’avez passé à Jeanne Roy"),
    "asked_consent": ("Votre demande est partie", "Ou bien ouvrez vous-même"),
    "stopped": ("L’accueil est arrêté pour l’instant", "S’il y avait un rendez-vous", "Supprimez vos copies"),
    "over": ("Le suivi de cet accueil est terminé", "Supprimez vos copies"),
}
ONCE_READ = f"Les documents sont effacés de notre côté {SENTENCE}."
OTHER_PERSON = "Une autre personne doit recevoir le CV ? Répondez au message reçu, et dites qui à Marie-Laure"
HERE: dict[str, tuple[str, ...]] = {
    "opened": ("Avez-vous pu lire le document", "Rouvrir le CV", "Ensuite : proposez des dates"),
    "unreadable": ("Avez-vous pu lire le document", "Rouvrir le CV", "Un nouvel envoi est attendu"),
    "undone": ("Avez-vous pu lire le document", "Rouvrir le CV"),
    "read": ("Quand pouvez-vous rencontrer le jeune", "Il a été effacé de notre côté le", OTHER_PERSON),
    "proposed": ("Vos dates sont parties", OTHER_PERSON),
    "fixed": ("Rendez-vous le", OTHER_PERSON),
    "read_before_a_colleague": (f"Vous avez dit avoir pu lire. {ONCE_READ}",),
    "never_confirmed": ("Quand pouvez-vous rencontrer le jeune", "Il a été effacé de notre côté le"),
    "asked_consent": ("Votre demande est partie", "Ou bien ouvrez vous-même"),
}
"""Where the link was opened, as far as that is another page."""
ERASING = "Nous effaçons le CV de notre côté, dans les 15 minutes au plus."
PASSED = {HolderState.CHOICE, HolderState.MEETING}
AWAITED = ("confirmed", "asked_to_erase", "out_of_time", "never_opened")
ALONE = {
    "closed": ("Ce lien est fermé", "Plusieurs réponses n’étaient pas les bonnes", "Répondez au message reçu")
}
"""Where no question is asked any more."""


@pytest.fixture(autouse=True)
def answering(world: World) -> Iterator[None]:
    """Let the functions that the pages invoke answer in this process."""
    with http.functions_answer():
        yield


def test_every_state_is_walked() -> None:
    """Every state of STATES has the sentences that its page must say."""
    assert (SAYS | ALONE).keys() == STATES.keys()


@pytest.mark.parametrize("state", STATES)
def test_the_page_says_what_is_so_and_one_yellow_card_what_is_awaited(
    world: World, time: Clock, chromium: Browser, state: str
) -> None:
    """In another browser than the one that opened, the page says the sentences of the state, and has a yellow card exactly if
    something is awaited of the company.
    """
    company = Company(relays.started(world), time)
    getattr(company, state)()
    context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    inside = Inside(context, time)
    page = inside.page
    yellow = page.locator(".tour:not(.autre):visible")

    inside.follows(company.token)

    expect(page.get_by_role("heading", level=1)).not_to_contain_text(SPENT)
    if page.locator("#preuve-form").count():
        assert yellow.count() == 1, "the question"
        page.locator("#adresse").fill(COMPANY_ADDRESS)
    going_on = page.get_by_role("button", name="Continuer")
    if going_on.count():
        going_on.click()
        expect(page.locator("#preuve-form")).to_have_count(0)
    elif state not in ALONE:  # nothing can come of the question there but a new sending
        inside.client.post_json("/retrait/preuve", {"token": company.token, "adresse": COMPANY_ADDRESS})
        page.goto("about:blank")  # or the same address, with the same fragment, would not load anew
        inside.follows(company.token)
    inside.settles()
    said = " ".join(page.locator("main").inner_text().split())
    assert [sentence for sentence in (SAYS | ALONE)[state] if sentence not in said] == [], said
    expect(page.get_by_role("heading", level=1)).not_to_contain_text(SPENT)
    assert page.locator("#suite .tour").count() <= 1, "one card for the state"
    hers = {codes.HOLDER_SLUG[state] for state in codes.DEMAND.keys() - PASSED}
    assert yellow.count() == (STATES[state][1] in hers)
    look(page, f"retrait-etat-{state}")
    context.close()


def follow(company: Company, chromium: Browser) -> Inside:
    """Follow the link in a browser that holds the cookie of the one that opened it."""
    client = Client({NONCE_COOKIE: company.here.nonce})
    inside = Inside(chromium.new_context(), company.time, client)
    inside.follows(company.token)
    return inside


@pytest.mark.parametrize("state", HERE)
def test_the_browser_that_opened_reads_what_is_so(
    world: World, time: Clock, chromium: Browser, state: str
) -> None:
    """In the browser that opened, the page says the sentences of HERE, and has a yellow card exactly if something is awaited of
    the company.
    """
    company = Company(relays.started(world), time)
    getattr(company, state)()
    company.here.proves(company.token)
    inside = follow(company, chromium)

    said = " ".join(inside.page.locator("main").inner_text().split())
    assert [sentence for sentence in HERE[state] if sentence not in said] == [], said
    assert SPENT not in said
    hers = {codes.HOLDER_SLUG[state] for state in codes.DEMAND.keys() - PASSED}
    assert inside.page.locator(".tour:not(.autre):visible").count() == (STATES[state][0] in hers)
    look(inside.page, f"retrait-ici-{state}")
    inside.page.context.close()


def test_a_reload_keeps_the_page_until_its_reader_answers(
    world: World, time: Clock, chromium: Browser
) -> None:
    company = Company(relays.started(world), time)
    company.opened()
    inside = follow(company, chromium)
    title = inside.page.get_by_role("heading", level=1)

    inside.page.reload()

    expect(title).to_have_text("Ouvert dans ce navigateur")
    inside.page.get_by_role("button", name="J’ai bien pu lire").click()
    expect(title).to_have_text("C’est noté")
    assert inside.page.evaluate("sessionStorage.length") == 0
    inside.page.reload()
    expect(title).to_have_text("Rouvrez le lien du message")
    inside.page.context.close()


def test_other_dates_start_from_those_that_were_sent_and_a_mended_field_is_red_no_more(
    world: World, time: Clock, chromium: Browser
) -> None:
    company = Company(relays.started(world), time)
    company.proposed()
    page = follow(company, chromium).page

    page.get_by_role("button", name="Proposer d’autres dates").click()

    current = meetings.load_appointment(company.relay.head())
    assert current is not None
    sent = [slot.start.astimezone(PARIS).isoformat() for slot in current.slots]
    assert [page.locator(f"#jour-{n}").input_value() for n in (1, 2)] == [at[:10] for at in sent]
    assert page.locator("#heure-1").input_value() == sent[0][11:16]
    expect(page.locator("#creneaux")).to_contain_text("remplaceront celles d’avant")
    page.locator("#jour-1").fill("2020-01-06")
    page.locator("#envoyer-dates").click()
    expect(page.locator("#jour-1-erreur")).to_be_visible()
    page.locator("#jour-1").fill(sent[0][:10])
    expect(page.locator("#jour-1-erreur")).to_be_hidden()
    page.route("**/retrait/creneaux", lambda route: route.abort())
    page.locator("#envoyer-dates").click()
    expect(page.locator("#creneaux-refus")).to_be_visible()
    page.locator("#jour-1").fill(sent[1][:10])
    expect(page.locator("#creneaux-refus")).to_be_hidden()
    look(page, "retrait-autres-dates")
    page.context.close()


def test_what_becomes_of_documents_is_one_sentence_with_a_colleague_or_without(
    world: World, time: Clock, chromium: Browser
) -> None:
    company = Company(relays.started(world), time)
    company.opened()
    inside = follow(company, chromium)
    question, note = inside.page.locator("#lu").locator(".."), inside.page.locator("#note")
    expect(question).to_contain_text(ONCE_READ.rstrip("."), use_inner_text=True)
    adds(company.here, company.token)
    inside.page.goto("about:blank")  # or the same address would not load anew

    inside.follows(company.token)

    expect(question).to_contain_text(ONCE_READ.rstrip("."), use_inner_text=True)
    with inside.page.expect_response("**/retrait/reception"):
        inside.page.route("**/retrait/apercu", lambda route: route.abort())
        inside.page.get_by_role("button", name="J’ai bien pu lire").click()
    expect(note).to_contain_text(ONCE_READ)
    inside.page.context.close()


def test_who_declines_after_the_documents_are_gone_is_promised_none(
    world: World, time: Clock, chromium: Browser
) -> None:
    company = Company(relays.started(world), time)
    company.expired()
    inside = Inside(chromium.new_context(), time)

    inside.follows(f"{company.token}.non")

    said = " ".join(inside.page.locator("main").inner_text().split())
    assert "revenir sur votre réponse pendant 24 heures." in said
    assert "sont effacés" not in said and "documents, dates" not in said, said
    inside.page.context.close()


@pytest.mark.parametrize("here", [True, False], ids=["here", "elsewhere"])
@pytest.mark.parametrize("ended", AWAITED)
def test_a_page_says_erased_once_they_are_erased_and_no_sooner(
    world: World, time: Clock, chromium: Browser, ended: str, here: bool
) -> None:
    """The company's page says that documents are being erased until the purge has run, and only then that they are erased.

    ``ended``: why their time is over; ``here``: the browser that opened the link.
    """
    company = Company(relays.started(world), time)
    _ends(company, ended)
    browser = company.here if here else relays.Browser()
    inside = Inside(chromium.new_context(), time, Client({NONCE_COOKIE: browser.nonce}))

    inside.follows(company.token)
    before = " ".join(inside.page.locator("main").inner_text().split())
    company.relay.purges()
    inside.page.goto("about:blank")  # or the same address would not load anew
    inside.follows(company.token)
    after = " ".join(inside.page.locator("main").inner_text().split())

    assert ERASING in before and "effacé" not in before, before
    assert "effacé de notre côté" in after and ERASING not in after, after
    inside.page.context.close()


def _ends(company: Company, ended: str) -> None:
    """Let the documents' time end in this way; the purge has not run yet."""
    if ended == "never_opened":
        company.sent()
        company.time.passes(days=16)
        return
    company.opened()
    if ended == "confirmed":
        company.here.confirms(company.token)
    elif ended == "asked_to_erase":
        erases(company.relay)
    else:
        company.time.passes(hours=73)


def test_a_page_that_was_left_open_says_what_is_so_when_its_reader_comes_back(
    world: World, time: Clock, chromium: Browser
) -> None:
    """A page in a tab that its reader comes back to is brought up to date, but not while something is typed in it."""
    company = Company(relays.started(world), time)
    company.proposed()
    inside = follow(company, chromium)
    expect(inside.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    company.asks_others()

    inside.page.evaluate(COMES_BACK)

    expect(inside.page.get_by_role("heading", name="Proposez d’autres dates")).to_be_visible()
    inside.page.locator("#jour-1").fill("2027-03-09")
    company.proposes()
    inside.page.evaluate(COMES_BACK)
    inside.settles()
    expect(inside.page.locator("#jour-1")).to_have_value("2027-03-09")  # what is typed stays
    inside.page.context.close()


@pytest.mark.parametrize("buys", [True, False])
def test_the_page_speaks_to_who_holds_the_link_and_says_who_wrote_and_who_follows(
    world: World, time: Clock, chromium: Browser, buys: bool
) -> None:
    """The buyer, who passes the link on, is not spoken to as the company; after a handover both tutors are named."""
    relay, buyer = sending_changes.with_buyer(world)
    recipient = buyer if buys else COMPANY_ADDRESS
    token = relay.sends(recipient=recipient)
    successor, team = factories.account(name="Samuel Aubry"), factories.account(Role.TEAM)
    add_records(successor, team)
    assign(team, relay.parcours_id, Assignment(successor.id), now=clock.utc_now())
    inside = Inside(chromium.new_context(), time)

    inside.follows(token)
    inside.page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")

    said = " ".join(inside.page.locator("main").inner_text().split())
    assert f"{relay.tutor.name}, {relay.tutor.function}" in said and "vous a écrit" in said
    assert "Samuel Aubry suit maintenant ce jeune, et vous répond." in said
    assert ("votre organisme en devient responsable" in said) is buys
    assert ("votre entreprise en devient responsable" in said) is not buys
    assert ("Vous ouvrez les documents, et vous dites" in said) is not buys

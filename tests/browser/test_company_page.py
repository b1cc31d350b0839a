"""The company answers where it reads: dates, a refusal, the right colleague. On a phone, by keyboard, in few gestures."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from chalicelib import clock, terms
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.stories.mails.subject import TO_DECLINE
from tests.browser.keyboard import Keyboard
from tests.browser.looks import look
from tests.browser.people import Recipient, wait_for_mail
from tests.browser.stage import PHONE, Stage
from tests.browser.test_recipients import token_of
from tests.support.offers import event_kinds

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

MOST_GESTURES = 9
TOUCH: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def in_days(days: int, hour: str = "10:00") -> str:
    """Return a date as the form wants it, on no public holiday."""
    day = day_of(clock.utc_now()) + timedelta(days=days)
    while terms.calendar().is_public_holiday(day, "21"):
        day += timedelta(days=1)
    return f"{day.isoformat()}T{hour}"


def opens_the_link(stage: Stage, **options: Any) -> Recipient:
    """Send documents; return the company on the page of its link."""
    company = stage.company(**options)
    company.clicks_the_link_in(stage.sends())
    company.sees_title("Un jeune attend votre réponse")
    return company


def answers_the_question(stage: Stage, **options: Any) -> Recipient:
    """Return the company once it has answered the link's question."""
    company = opens_the_link(stage, **options)
    company.answers(stage.recipient)
    expect(company.page.locator("#ouvrir")).to_be_visible()
    return company


@dataclass
class Fingers:
    """Counts what a person does: each tap, and each field that is filled."""

    done: list[str] = field(default_factory=list)

    def tap(self, what: Locator, name: str) -> None:
        what.tap()
        self.done.append(f"touche « {name} »")

    def fill(self, what: Locator, text: str, name: str) -> None:
        what.fill(text)
        self.done.append(f"remplit « {name} »")


def test_from_the_mail_to_two_dates_on_a_phone_in_under_ten_gestures(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = stage.sends()
    company = stage.company(**TOUCH)
    company.page.goto(f"{stage.cloud.mail_url}/mail/{mail.number}")
    fingers = Fingers()
    with company.context.expect_page() as opened:
        fingers.tap(company.page.locator('a[href*="/retrait/#"]').first, "le lien du message")
    page = opened.value
    company.page = page
    fingers.fill(page.locator("#adresse"), stage.recipient, "adresse")
    fingers.tap(page.get_by_role("button", name="Continuer"), "Continuer")
    fingers.tap(page.locator("#ouvrir"), "Ouvrir le CV")
    expect(page.locator("#lu")).to_be_visible()
    with company.context.expect_page() as reading:
        fingers.tap(page.get_by_role("link", name="Lire le CV"), "Lire le CV")
    reading.value.close()
    fingers.tap(page.locator("#lisible"), "J’ai bien pu lire")
    first, second = in_days(12), in_days(14)
    fingers.fill(page.locator("#jour-1"), first[:10], "jour de la date 1")
    fingers.fill(page.locator("#jour-2"), second[:10], "jour de la date 2")
    fingers.tap(page.get_by_role("button", name="Envoyer mes 2 dates"), "Envoyer mes 2 dates")
    expect(page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
    with capsys.disabled():
        print(f"\n{len(fingers.done)} gestes : " + ", ".join(fingers.done))
    assert len(fingers.done) <= MOST_GESTURES
    assert EventKind.SLOTS_PROPOSED in event_kinds(stage.parcours_id)


@pytest.mark.proof
def test_before_the_proof_the_page_holds_no_action(stage: Stage) -> None:
    company = opens_the_link(stage)
    assert not company.page.locator("#suite *").count()
    assert not company.page.locator("form:not(#preuve-form)").count()
    company.answers(stage.recipient)
    expect(company.page.locator("#collegue-form")).to_be_attached()
    expect(company.page.locator("#refus-form")).to_be_attached()


def test_opening_is_said_within_the_press(stage: Stage) -> None:
    company = answers_the_question(stage)
    asked: list[Route] = []
    company.page.route("**/retrait/ouverture", lambda route: asked.append(route))
    company.opens()
    expect(company.page.locator("#ouvrir")).to_have_text("Nous ouvrons le CV…")
    expect(company.page.locator("#annonce")).to_have_text("Nous ouvrons le CV…")
    asked[0].abort()
    expect(company.page.locator("#ouvrir-erreur")).to_contain_text("La connexion s’est coupée")
    expect(company.page.locator("#ouvrir")).to_have_text("Ouvrir le CV")


def test_a_connection_lost_after_the_documents_came_costs_no_reload(stage: Stage) -> None:
    company = answers_the_question(stage)
    company.page.route("**/retrait/apercu", lambda route: route.abort())
    company.opens()
    expect(company.page.locator("#lecture-erreur")).to_contain_text("La connexion s’est coupée")
    expect(company.page.get_by_role("link", name="Lire le CV")).to_be_visible()
    expect(company.page.locator("#abandon")).to_be_hidden()  # what came can be read
    company.page.unroute("**/retrait/apercu")
    company.page.get_by_role("button", name="Réessayer").click()
    expect(company.page.get_by_role("button", name="Passer aux dates")).to_be_visible()
    expect(company.page.locator("#lecture-erreur")).to_be_hidden()


@pytest.mark.proof
def test_dates_are_checked_beside_their_field_and_stay_as_typed(stage: Stage) -> None:
    company = answers_the_question(stage)
    company.opens()
    company.says_she_could_read()
    page = company.page
    page.locator("#envoyer-dates").click()
    assert company.error_beside("jour-1") == "Donnez le jour du rendez-vous."
    expect(page.locator("#jour-1")).to_be_focused()
    company.proposes("2026-01-05T10:00")
    assert "passé" in company.error_beside("jour-1")
    expect(page.locator("#jour-1")).to_have_value("2026-01-05")
    for n in range(3, 6):
        page.locator("#ajouter-date").click()
        expect(page.locator(f"#jour-{n}")).to_be_focused()
    expect(page.locator("#ajouter-date")).to_be_hidden()
    page.get_by_role("button", name="Retirer la date 3").click()
    expect(page.locator("#annonce")).to_have_text("Date 3 retirée")
    expect(page.locator(".creneau")).to_have_count(4)
    expect(page.get_by_role("button", name="Retirer la date 1")).to_have_count(0)
    holiday = min(day for day in terms.calendar().common_holidays if day > day_of(clock.utc_now()))
    page.locator("#jour-2").fill(holiday.isoformat())
    expect(page.locator("#jour-2-note")).to_contain_text("est un jour férié")
    page.locator("#heure-2").fill("10:00")
    look(page, "retrait-dates-erreurs")
    for n in (4, 3):
        page.get_by_role("button", name=f"Retirer la date {n}").click()
    page.locator("#jour-1").fill(in_days(10)[:10])
    page.locator("#envoyer-dates").click()
    assert "jour férié" in company.error_beside("jour-2")
    page.get_by_role("group", name="Date 2").get_by_label("Oui, ce jour férié nous convient").check()
    page.get_by_role("radio", name="En visio").check()
    page.locator("#envoyer-dates").click()
    assert "https://" in company.error_beside("visio-lien")
    page.locator("#visio-lien").fill("https://visio.entreprise.example/salle")
    page.locator("#envoyer-dates").click()
    expect(page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    expect(page.locator("#suite")).to_contain_text("en visio")
    look(page, "retrait-dates-parties")


@pytest.mark.proof
def test_after_a_reload_everything_is_as_it_stands(stage: Stage) -> None:
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.reads_and_says_so(stage.recipient)
    look(company.page, "retrait-dates")
    company.proposes(in_days(9), in_days(11))
    expect(company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    again = Recipient(company.context, stage.cloud)
    again.clicks_the_link_in(mail)
    again.sees_title("Où en est le stage")
    expect(again.page.get_by_role("heading", name="Vos dates sont parties")).to_be_visible()
    again.page.get_by_role("button", name="Proposer d’autres dates").click()
    expect(again.page.locator("#creneaux-form h2")).to_be_focused()
    again.page.get_by_role("button", name="Revenir").click()
    expect(again.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()


@pytest.mark.proof
def test_another_browser_answers_too_once_it_has_passed_the_proof(stage: Stage) -> None:
    mail = stage.sends()
    first = stage.company()
    first.clicks_the_link_in(mail)
    first.answers_and_opens(stage.recipient)
    other = stage.company()
    other.clicks_the_link_in(mail)
    other.sees_title("Où en est le stage")
    assert not other.page.locator("#suite *").count()
    other.answers(stage.recipient)
    other.proposes(in_days(8))
    expect(other.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
    assert EventKind.SENDING_REQUESTED not in event_kinds(stage.parcours_id)


def test_a_refusal_takes_a_reason_and_a_press_and_can_be_taken_back(stage: Stage) -> None:
    company = answers_the_question(stage)
    page = company.page
    page.get_by_text("Nous ne pouvons pas accueillir").click()
    expect(page.locator("#refus-form")).to_contain_text("un engagement de votre marché")
    page.get_by_role("button", name="Confirmer").click()
    assert company.error_beside("motif") == "Choisissez un motif dans la liste."
    look(page, "retrait-refus")
    page.get_by_role("radio", name="Personne n’est disponible").check()
    assert EventKind.COMPANY_DECLINED not in event_kinds(stage.parcours_id)
    page.get_by_role("button", name="Confirmer").click()
    expect(page.get_by_role("heading", name="Votre réponse est partie")).to_be_visible()
    expect(page.locator("#suite")).to_contain_text("Personne n’est disponible")
    look(page, "retrait-decline")
    expect(page.get_by_role("heading", name="Supprimez vos copies")).to_have_count(0)  # nothing was opened
    page.get_by_role("button", name="Annuler ma réponse").click()
    company.sees_title("Un jeune attend votre réponse")
    assert event_kinds(stage.parcours_id)[-2:] == [EventKind.COMPANY_DECLINED, EventKind.DECLINE_UNDONE]
    company.opens()
    expect(page.locator("#lu")).to_be_visible()


def test_the_second_link_of_the_mail_opens_on_the_refusal_which_waits_for_a_reason_and_the_answer(
    stage: Stage,
) -> None:
    company = stage.company(viewport=PHONE)
    company.clicks_the_link_in(stage.sends(), TO_DECLINE)
    page = company.page
    company.sees_title("Nous ne pouvons pas accueillir")
    assert page.url.endswith("/retrait")  # neither token nor intent stays in sight
    page.get_by_role("button", name="Confirmer").click()
    assert company.error_beside("motif") == "Choisissez un motif dans la liste."
    expect(page.locator("#adresse-erreur")).to_be_hidden()  # nothing is answered before there is a reason
    page.get_by_role("radio", name="Personne n’est disponible").check()
    page.get_by_role("button", name="Confirmer").click()
    assert "avant « @ »" in company.error_beside("adresse")
    page.locator("#adresse").fill("personne")
    page.get_by_role("button", name="Confirmer").click()
    expect(page.locator("#adresse-erreur")).to_contain_text("n’est pas l’adresse")
    assert EventKind.COMPANY_DECLINED not in event_kinds(stage.parcours_id)
    expect(page.get_by_role("radio", name="Personne n’est disponible")).to_be_checked()
    look(page, "retrait-non")
    page.get_by_role("button", name="Voir plutôt la page").click()
    company.sees_title("Un jeune attend votre réponse")


@pytest.mark.proof
def test_an_intent_that_the_page_does_not_know_is_ignored(stage: Stage) -> None:
    company = stage.company()
    company.page.goto(f"{stage.cloud.base_url}/retrait/#{token_of(stage.sends())}.oui")
    company.sees_title("Un jeune attend votre réponse")


def test_who_answered_already_comes_to_the_same_refusal_unfolded(stage: Stage) -> None:
    mail = stage.sends()
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers(stage.recipient)
    expect(company.page.locator("#ouvrir")).to_be_visible()
    again = Recipient(company.context, stage.cloud)
    again.clicks_the_link_in(mail, TO_DECLINE)
    expect(again.page.get_by_text("Nous ne pouvons pas accueillir")).to_be_focused()
    again.page.get_by_role("radio", name="Personne n’est disponible").check()
    again.page.get_by_role("button", name="Confirmer").click()
    expect(again.page.get_by_role("heading", name="Votre réponse est partie")).to_be_focused()
    later = Recipient(company.context, stage.cloud)
    later.clicks_the_link_in(mail, TO_DECLINE)  # what may not be pressed any more is not shown
    expect(later.page.get_by_role("heading", name="Votre réponse est partie")).to_be_visible()


@pytest.mark.proof
def test_the_link_goes_to_the_right_colleague_before_it_is_opened(stage: Stage) -> None:
    company = answers_the_question(stage)
    company.names("", "hugo")
    assert "prénom" in company.error_beside("collegue-nom")
    assert "nom@entreprise.fr" in company.error_beside("collegue-adresse")
    look(company.page, "retrait-collegue-erreurs")
    hugo = f"hugo.tissier@{stage.domain}"
    before = len(stage.cloud.mails())
    company.page.locator("#collegue-nom").fill("Hugo Tissier")
    company.page.locator("#collegue-adresse").fill(hugo)
    company.page.get_by_role("button", name="Passer le lien à cette personne").click()
    company.sees_title("Le lien est passé à une autre personne")
    look(company.page, "retrait-passe")
    assert not company.page.locator("#ouvrir, #creneaux-form").count()
    stage.cloud.purge()  # who may decrypt may wake nobody: the minute function sends what waits
    colleague = stage.company()
    colleague.clicks_the_link_in(
        wait_for_mail(stage.cloud, hugo, "Un jeune attend votre réponse", after=before)
    )
    colleague.answers_and_opens(hugo)


@pytest.mark.proof
def test_a_second_link_leaves_once_while_the_documents_live(stage: Stage) -> None:
    company = answers_the_question(stage)
    company.opens()
    expect(company.page.locator("#lu")).to_be_visible()
    expect(company.page.get_by_role("button", name="Passer aux dates")).to_be_visible()
    company.names("Zoé Marchand", f"zoe@autre-{stage.domain}")
    expect(company.page.get_by_role("heading", name="Votre demande est partie")).to_be_focused()
    look(company.page, "retrait-aussi")
    expect(company.page.get_by_role("link", name="Lire le CV")).to_be_visible()  # what was open stays open
    assert not company.page.locator("#collegue-form").count()


@pytest.mark.proof
def test_dates_and_a_refusal_by_keyboard_alone(stage: Stage) -> None:
    company = stage.company(viewport=PHONE)
    company.clicks_the_link_in(stage.sends())
    company.reads_and_says_so(stage.recipient)
    keys = Keyboard(company.page)
    day = in_days(7)
    keys.goes_to("Jour")
    keys.page.keyboard.type(f"{day[5:7]}{day[8:10]}{day[:4]}")  # Debian's Chromium draws the field in English
    keys.goes_to("Heure")
    keys.page.keyboard.type("1430")
    keys.presses("Envoyer ma date")
    expect(company.page.get_by_role("heading", name="Vos dates sont parties")).to_be_focused()
    keys.presses("Nous ne pouvons pas accueillir")
    keys.presses("Le profil ne correspond pas", "Space")
    keys.presses("Confirmer")
    expect(company.page.get_by_role("heading", name="Votre réponse est partie")).to_be_visible()


@pytest.mark.proof
@pytest.mark.parametrize("width", [320, 640])
def test_nothing_sticks_out_on_a_narrow_screen_or_when_everything_is_twice_as_large(
    stage: Stage, width: int
) -> None:
    zoom = 2 if width == 640 else 1  # 200 % of a window of 640 leaves 320 for the page
    company = stage.company(viewport={"width": width // zoom, "height": 700}, device_scale_factor=zoom)
    company.clicks_the_link_in(stage.sends())
    company.reads_and_says_so(stage.recipient)
    page = company.page
    page.locator("#ajouter-date").click()
    for line in page.locator("main details > summary").all():
        line.click()
    small = """() => [...document.querySelectorAll("main button, main summary, main select, main .champ input:not([type=radio])")]
      .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
    for where in ("Sur place", "En visio"):  # each shows fields that the other hides
        page.get_by_role("radio", name=where).check()
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate(small) == []

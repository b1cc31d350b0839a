"""The tutor's side of real days: doubts about an address, live following, another address, what was asked, photos, Word."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from chalicelib.domain.kernel.values import Role
from tests.browser import samples
from tests.browser.connections import announced, loads
from tests.browser.people import unfold, wait_for_mail
from tests.browser.stage import Stage
from tests.browser.test_company_page import in_days
from tests.support import factories
from tests.support.writing import add_records

pytestmark = [pytest.mark.browser, pytest.mark.cloud]


def test_the_parcours_follows_the_company_without_reloading(stage: Stage) -> None:
    mail = stage.sends()
    tutor = stage.tutor()
    state = tutor.page.locator("#etat")
    before = state.inner_text()
    seen = loads(tutor.page)
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)
    expect(state).not_to_have_text(before)
    expect(tutor.page.locator(".fil").first).to_contain_text("a ouvert le lien")
    said = tutor.page.get_by_role("status").filter(has_text="Nouveau")
    expect(said).to_contain_text("a ouvert le lien")
    company.says_she_could_read()
    expect(said).to_contain_text("J’ai bien pu lire")
    company.proposes(in_days(9))
    expect(tutor.page.locator("#tour-titre")).to_contain_text("choisissez une date")
    expect(said).to_contain_text("a proposé")
    assert seen == []


def test_who_stops_the_page_reads_what_happened_when_she_wants_it(stage: Stage) -> None:
    mail = stage.sends()
    tutor = stage.tutor()
    said = tutor.page.locator("#suivi-dit")
    tutor.page.get_by_role("button", name="Ne plus mettre à jour").click()
    expect(said).to_have_text("Cette page ne se met plus à jour.")
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)
    assert "a ouvert le lien" not in tutor.page.locator(".fil").first.inner_text()

    tutor.page.get_by_role("button", name="Mettre à jour de nouveau").click()

    expect(said).to_contain_text("a ouvert le lien")


def test_the_team_follows_too_and_nobody_loses_what_is_being_typed(stage: Stage) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)
    mail = stage.sends()
    page = stage.signed_in(team).new_page()
    page.goto(f"{stage.address}?fait=note")
    expect(page.get_by_text("C’est noté")).to_be_visible()
    assert page.url == stage.address, "said once: a reload does not say it again"
    said, state = page.locator("#suivi-dit"), page.locator("#etat")
    before = state.inner_text()
    unfold(page, "Noter un appel")
    page.get_by_text("Rappeler le…").click()
    day = page.locator("#call-back-planned-le")
    day.fill("2027-03-09")
    page.locator("h1").click()

    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)

    expect(said).to_contain_text("Il y a du nouveau")
    expect(day).to_have_value("2027-03-09")
    assert state.inner_text() == before
    day.fill("")
    day.evaluate("(field) => field.blur()")
    expect(state).not_to_have_text(before)
    expect(page.get_by_text("C’est noté")).to_have_count(0)
    page.context.clear_cookies()
    expect(said).to_contain_text("Votre session a expiré")


@pytest.mark.parametrize(
    ("line", "press"),
    [
        pytest.param("Renvoyer le lien", "Renvoyer le lien à la même adresse", marks=pytest.mark.proof),
        ("Retirer l’envoi", "Rien, l’envoi s’arrête"),
    ],
)
def test_who_presses_too_late_sees_that_it_was_opened_and_nothing_is_taken_back(
    stage: Stage, line: str, press: str
) -> None:
    mail = stage.sends()
    tutor = stage.tutor()
    tutor.page.route(
        "**/depots/*", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )
    company = stage.company()
    company.clicks_the_link_in(mail)
    company.answers_and_opens(stage.recipient)
    unfold(tutor.page, "L’envoi")
    unfold(tutor.page, line)
    tutor.page.get_by_role("button", name=press).click()
    expect(tutor.page.get_by_role("heading", name="Le lien vient d’être ouvert")).to_be_visible()
    tutor.page.goto(stage.address)
    expect(tutor.page.locator("#etat")).to_contain_text("uvert")
    company.page.get_by_role("button", name="J’ai bien pu lire").click()
    company.sees_title("C’est noté")  # her link still lives


def test_a_doubtful_address_is_shown_large_and_goes_once_confirmed(stage: Stage, tmp_path: Path) -> None:
    near = stage.recipient.replace("entreprise", "entreprlse")
    tutor = stage.tutor()
    tutor.starts_sending()
    tutor.chooses_other_address(near)
    tutor.chooses_file(samples.pdf(tmp_path))
    tutor.sends()
    tutor.sees_title("Vérifiez l’adresse")
    expect(tutor.page.locator("#doute-carte-titre")).to_have_text(near.partition("@")[2])
    expect(tutor.page.locator("#doutes")).to_contain_text("à quelques lettres près")
    tutor.page.get_by_role("button", name="C’est la bonne adresse, envoyer").click()
    tutor.sees_link_left()
    wait_for_mail(stage.cloud, near, "Un jeune attend votre réponse")


@pytest.mark.proof
def test_a_doubtful_address_is_corrected_and_the_file_kept(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    deposits = announced(tutor.page)
    tutor.starts_sending()
    tutor.chooses_other_address("nadia.bellanger@gmail.com")
    tutor.chooses_file(samples.pdf(tmp_path))
    tutor.sends()
    expect(tutor.page.locator("#doutes")).to_contain_text("Aucune adresse connue")
    tutor.page.get_by_role("button", name="Corriger l’adresse").click()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.sends()
    tutor.sees_link_left()
    stage.link_mail()
    assert len(deposits) == 2
    assert not any("nadia.bellanger@gmail.com" in mail.recipients for mail in stage.cloud.mails())


@pytest.mark.proof
def test_to_another_address_the_old_link_dies_and_the_new_one_opens(stage: Stage, tmp_path: Path) -> None:
    old = stage.sends()
    tutor = stage.tutor()
    unfold(tutor.page, "L’envoi")
    unfold(tutor.page, "Retirer l’envoi")
    with tutor.page.expect_navigation(
        url="**/envoi?fait=retire"
    ):  # the page takes it from its address at once
        tutor.page.get_by_role("button", name="Choisir une autre adresse, ou un autre fichier").click()
    expect(tutor.page.locator("#choix")).to_be_visible()
    expect(tutor.page.get_by_role("radio", name="Nadia Bellanger")).not_to_be_checked()
    tutor.chooses_contact("Hugo Tissier")
    tutor.chooses_file(samples.pdf(tmp_path))
    tutor.sends()
    tutor.sees_link_left()

    former = stage.company()
    former.clicks_the_link_in(old)
    former.sees_title("Ce lien a été remplacé")
    other = f"hugo.tissier@{stage.domain}"
    company = stage.company()
    company.clicks_the_link_in(wait_for_mail(stage.cloud, other, "Un jeune attend votre réponse"))
    company.answers_and_opens(other)


@pytest.mark.proof
def test_a_new_sending_asked_from_a_dead_link_turns_the_turn_to_the_tutor(stage: Stage) -> None:
    old = stage.sends()
    tutor = stage.tutor()
    unfold(tutor.page, "L’envoi")
    unfold(tutor.page, "Retirer l’envoi")
    with tutor.page.expect_navigation(url="**?fait=retire"):  # the page takes it from its address at once
        tutor.page.get_by_role("button", name="Rien, l’envoi s’arrête").click()

    company = stage.company()
    company.clicks_the_link_in(old)
    company.sees_title("Ce lien ne marche plus")
    company.page.locator("#adresse").fill(stage.recipient)
    company.page.get_by_role("button", name="Demander un nouvel envoi").click()
    expect(company.page.get_by_role("heading", name="La demande est partie")).to_be_visible()

    wait_for_mail(stage.cloud, tutor.address, "")
    facts = tutor.timeline()
    assert any("nouvel envoi" in fact for fact in facts)
    expect(tutor.page.locator("#tour:not(.autre)")).to_contain_text("nvo")  # her turn


@pytest.mark.parametrize("kind", ["jpeg", pytest.param("png", marks=pytest.mark.proof)])
def test_a_photo_becomes_a_pdf_that_passes(stage: Stage, tmp_path: Path, kind: str) -> None:
    tutor = stage.tutor()
    picture = samples.photo(tmp_path, tutor.page.context, kind)
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(picture)
    expect(tutor.page.locator("#cv-ligne")).to_contain_text("Photo devenue un PDF")
    tutor.sends()
    tutor.sees_link_left()

    company = stage.company()
    company.clicks_the_link_in(stage.link_mail())
    company.answers_and_opens(stage.recipient)
    with company.page.expect_download() as saving:
        company.page.locator("[data-enregistrer]").click()
    assert Path(saving.value.path()).read_bytes().startswith(b"%PDF-")


@pytest.mark.proof
def test_a_word_file_is_answered_with_what_to_do_and_nothing_leaves(stage: Stage, tmp_path: Path) -> None:
    tutor = stage.tutor()
    deposits = announced(tutor.page)
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(samples.word_file(tmp_path))
    assert "n’est pas un PDF" in tutor.error_beside("cv")
    expect(tutor.page.get_by_text("Dans LibreOffice", exact=True)).to_be_visible()
    tutor.page.locator("#envoyer").click(force=True)
    expect(tutor.page.locator("#choix")).to_be_visible()
    assert deposits == []

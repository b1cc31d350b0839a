"""The whole journey on the deployed product, as people make it."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from infra.local import LocalCloud
from infra.local.demo import one_page
from tests.browser import samples
from tests.browser.people import Agent, Recipient, wait_for_mail

pytestmark = [pytest.mark.browser, pytest.mark.cloud]

TUTOR = "tutrice@academie.example"
RECIPIENT = "n.bellanger@jardins-morvenne.entreprise.example"


def test_a_document_goes_from_a_tutor_to_a_company_once_and_leaves_nothing(
    cloud: LocalCloud, person: BrowserContext, chromium: Browser, tmp_path: Path
) -> None:
    cv = tmp_path / "Zoé CANARI cv.pdf"
    cv.write_bytes(one_page(["Curriculum vitae", "Zoé CANARI, 17 ans"]))

    tutor = Agent(person, cloud, TUTOR)
    tutor.signs_in()
    tutor.opens_parcours("Jardins Morvenne")
    tutor.starts_sending()
    tutor.chooses_contact("Nadia Bellanger")
    tutor.chooses_file(cv)
    tutor.sends()
    tutor.sees_link_left()

    mail = wait_for_mail(cloud, RECIPIENT, "Un jeune attend votre réponse")
    company = Recipient(chromium.new_context(locale="fr-FR", accept_downloads=True), cloud)
    company.clicks_the_link_in(mail)
    assert company.page.url == f"{cloud.base_url}/retrait"  # the token left the address bar
    company.answers(RECIPIENT.upper())
    company.opens()
    name, saved = company.saves()
    assert saved == samples.sha256_as_it_leaves(cv)
    assert name.startswith("CV-CSF-") and name.endswith(".pdf")

    colleague = Recipient(chromium.new_context(locale="fr-FR"), cloud)
    colleague.clicks_the_link_in(mail)
    expect(colleague.page.get_by_role("heading", level=1)).to_have_text("Où en est le stage")

    company.says_she_could_read()
    expect(company.page.get_by_role("heading", level=1)).to_contain_text("C’est noté")

    wait_until_storage_is_empty_of(cloud, "Jardins Morvenne", tutor)
    told = " | ".join(tutor.timeline())
    for fact in (
        "Vous avez envoyé le CV",
        "Passe-plat a vérifié le CV",
        "Passe-plat a envoyé le lien",
        "L’entreprise a ouvert le lien",
        "J’ai bien pu lire",
        "Passe-plat a effacé le CV",
    ):
        assert fact in told
    assert "CANARI" not in told and "Zoé" not in told
    assert not re.search(r"\d h \d\d\w", told)  # an hour and its sentence are words apart


def wait_until_storage_is_empty_of(cloud: LocalCloud, company: str, tutor: Agent) -> None:
    """Check that nothing of this deposit is left in the bucket within the minute that the purge takes at most."""
    tutor.opens_parcours(company)
    end = time.monotonic() + 90
    while time.monotonic() < end:
        if any("a effacé le CV" in fact for fact in tutor.timeline()):
            return
        time.sleep(2)
    raise AssertionError("the document was not erased within 90 seconds")

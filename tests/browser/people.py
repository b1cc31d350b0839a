"""The people of a journey, in their own verbs: what they see and press, not what the page is made of."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from infra.local import LocalCloud, Mail
from tests.support.relays import CODE


def wait_for_mail(cloud: LocalCloud, to: str, subject: str, *, after: int = 0) -> Mail:
    """Return the newest mail to this address whose subject holds this text; wait up to 90 seconds."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        for mail in reversed(cloud.mails()[after:]):
            if to in mail.recipients and subject in str(mail.message["Subject"]):
                return mail
        time.sleep(0.1)
    raise AssertionError(f"no mail {subject!r} to {to}")


def unfold(page: Page, line: str) -> None:
    """Press the line of a folded part of the page."""
    page.locator("main summary", has_text=line).first.click()


class Agent:
    """Somebody with an account, before a browser."""

    def __init__(self, context: BrowserContext, cloud: LocalCloud, address: str) -> None:
        self.page: Page = context.new_page()
        self.cloud = cloud
        self.address = address

    def signs_in(self) -> None:
        """Sign in with a mailed code."""
        self.enters_code()
        self.page.wait_for_url("**/parcours")

    def enters_code(self) -> None:
        """Ask for a code and type the one that arrives."""
        before = len(self.cloud.mails())
        self.page.goto(f"{self.cloud.base_url}/connexion")
        self.page.get_by_label("Adresse").fill(self.address)
        self.page.locator("main form button").click()
        self.page.wait_for_url("**/connexion/code")
        mail = wait_for_mail(self.cloud, self.address, "code", after=before)
        digits = CODE.search(mail.body("plain"))
        assert digits
        self.page.get_by_label("Code").fill(digits[1])
        self.page.locator("main form button").click()

    def opens_parcours(self, company: str) -> None:
        """Open a parcours from the list, by the name of its company."""
        self.page.goto(f"{self.cloud.base_url}/parcours")
        self.page.get_by_role("link", name=company).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(company)

    def starts_sending(self) -> None:
        """Go from the parcours to the page that sends documents."""
        self.page.get_by_role("link", name="Envoyer les documents").click()
        expect(self.page.locator("#choix")).to_be_visible()

    def chooses_contact(self, name: str) -> None:
        """Choose a contact of the record as the recipient."""
        self.page.get_by_role("radio", name=name).check()

    def chooses_file(self, path: Path, kind: str = "cv") -> None:
        """Choose a file as this kind of document."""
        self.page.locator(f"#{kind}").set_input_files(path)

    def sends(self) -> None:
        """Tick, if it is asked, that the notice was handed over, and press the button once documents are prepared."""
        notice, send = self.page.locator("#notice"), self.page.locator("#envoyer")
        if notice.count() and not notice.is_checked():
            notice.click()
        expect(send).not_to_have_attribute("aria-disabled", "true", timeout=60_000)  # documents are prepared
        send.click()

    def sees_link_left(self) -> None:
        """Check that the page says in the end that the link has left."""
        heading = self.page.get_by_role("heading", name="Le lien est parti").first
        expect(heading).to_be_visible(timeout=90_000)
        expect(self.page).to_have_title("C’est parti · Passe-plat")

    def error_beside(self, field: str) -> str:
        """Return what the page says is wrong at this field, with plain spaces."""
        error = self.page.locator(f"#{field}-erreur")
        expect(error).to_be_visible()
        return " ".join(error.inner_text().split())

    def chooses_other_address(self, address: str) -> None:
        """Choose an address that is not in the record."""
        self.page.get_by_role("radio", name="Une autre adresse").check()
        self.page.locator("#adresse").fill(address)

    def sees_title(self, text: str) -> None:
        """Check that the page's title holds this text."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def timeline(self) -> list[str]:
        """Return the lines of the timeline as shown, newest first."""
        self.page.reload()
        return [" ".join(text.split()) for text in self.page.locator(".fil ol li").all_inner_texts()]


class Recipient:
    """Whoever holds the mail, without an account, before a browser."""

    def __init__(self, context: BrowserContext, cloud: LocalCloud) -> None:
        self.context = context
        self.cloud = cloud
        self.page: Page = context.new_page()

    def clicks_the_link_in(self, mail: Mail, intent: str = "") -> None:
        """Follow the link from the mail page, which is another site for the browser; ``intent``: what follows its token."""
        self.page.goto(f"{self.cloud.mail_url}/mail/{mail.number}")
        with self.context.expect_page() as opened:
            self.page.locator(f'a[href*="/retrait/#"][href*="{intent or "#"}"]').first.click()
        self.page.close()
        self.page = opened.value
        self.page.wait_for_load_state()

    def answers(self, address: str) -> None:
        """Answer the question with this address."""
        self.page.locator("#adresse").fill(address)
        self.page.get_by_role("button", name="Continuer").click()

    def opens(self) -> None:
        """Press the button that opens the documents."""
        self.page.locator("#ouvrir").click()

    def answers_and_opens(self, address: str) -> None:
        """Answer the question and open, and wait until all documents are here."""
        self.answers(address)
        self.opens()
        expect(self.page.locator("#lu")).to_be_visible(timeout=90_000)

    def sees_title(self, text: str) -> None:
        """Check that the page's title holds this text."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(text)

    def pastes(self, text: str) -> None:
        """Paste into the field that asks for the link or the letters of the message."""
        self.page.locator("#lien").fill(text)
        self.page.get_by_role("button", name="Continuer").click()

    def holds(self, address: str) -> bool:
        """Return whether this browser still has what stood at a ``blob:`` address; the page may ask only with ``bypass_csp``."""
        script = "(address) => fetch(address).then((found) => found.ok, () => false)"
        return bool(self.page.evaluate(script, address))

    def keeps(self) -> list[str]:
        """Return the names of what the page left in the browser's storage."""
        script = "async () => [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...(await caches.keys())]"
        return list(self.page.evaluate(script))

    def saves_all(self, count: int) -> list[str]:
        """Save every document once so many are open; return the SHA-256 of each, in the page's order."""
        links = self.page.locator("[data-enregistrer][href]")
        expect(links).to_have_count(count, timeout=90_000)
        return [self._saved(link.click)[1] for link in links.all()]

    def saves(self) -> tuple[str, str]:
        """Save one document; return name and SHA-256 of the file."""
        return self._saved(lambda: self.page.locator("[data-enregistrer]").first.click())

    def _saved(self, press: Callable[[], None]) -> tuple[str, str]:
        """Return name and SHA-256 of the file that a press saves."""
        with self.page.expect_download() as saving:
            press()
        path = saving.value.path()
        return saving.value.suggested_filename, hashlib.sha256(Path(path).read_bytes()).hexdigest()

    def says_she_could_read(self) -> None:
        """Confirm that the documents could be read."""
        self.page.get_by_role("button", name="J’ai bien pu lire").click()

    def proposes(self, *dates: str) -> None:
        """Propose one or several dates, « 2027-03-09T14:00 », in hours of Paris."""
        for n, date in enumerate(dates, 1):
            if not self.page.locator(f"#jour-{n}").count():
                self.page.locator("#ajouter-date").click()
            day, hour = date.split("T")
            self.page.locator(f"#jour-{n}").fill(day)
            self.page.locator(f"#heure-{n}").fill(hour)
        self.page.locator("#envoyer-dates").click()

    def asks_for_a_new_sending(self) -> None:
        """Ask for a new sending on a page whose first act is another one."""
        self.page.locator("summary", has_text="Demander un nouvel envoi").click()
        self.page.get_by_role("button", name="Demander un nouvel envoi").click()

    def names(self, name: str, address: str) -> None:
        """Name a colleague: in this one's place, or beside once the link is opened."""
        form = self.page.locator("#collegue-form")
        self.page.locator("details", has=form).locator("summary").click()
        self.page.locator("#collegue-nom").fill(name)
        self.page.locator("#collegue-adresse").fill(address)
        form.get_by_role("button").click()

    def reads_and_says_so(self, address: str) -> None:
        """Answer, open and confirm, up to the form for dates."""
        self.answers_and_opens(address)
        self.says_she_could_read()
        expect(self.page.locator("#creneaux-form")).to_be_visible()
        expect(self.page).to_have_title("C’est noté · Passe-plat")

    def error_beside(self, field: str) -> str:
        """Return what the page says is wrong at this field, with plain spaces."""
        error = self.page.locator(f"#{field}-erreur")
        expect(error).to_be_visible()
        return " ".join(error.inner_text().split())

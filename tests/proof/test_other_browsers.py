"""The main journeys in Firefox and in WebKit, on the deployed product: sign in, send, open, agree on a date, two one by one.

One journey for both: what differs is how a browser is spoken to (``tests/support/webdriver.py``), and that WebKit needs TLS.
"""

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.stores import aws
from infra.local import LocalCloud, running
from infra.local.demo import one_page
from tests.browser.people import wait_for_mail
from tests.browser.test_company_page import in_days
from tests.support import readable
from tests.support.relays import CODE
from tests.support.webdriver import ELEMENT, Speaks, WebDriverError, firefox, waited, webkit

pytestmark = pytest.mark.cloud

TUTOR, COMPANY = "tutrice@academie.example", "Jardins Morvenne"
RECIPIENT = "n.bellanger@jardins-morvenne.entreprise.example"
PICTURES = Path(__file__).parents[2] / "build" / "pictures"
PRESSED = '//*[self::button or self::a or self::summary][contains(normalize-space(.), "{}")]'
WRITES = """const field = document.querySelector(arguments[0]);
field.value = arguments[1];
for (const kind of ["input", "change"]) field.dispatchEvent(new Event(kind, { bubbles: true }));"""
"""A day or an hour: how it is typed depends on the language that a browser draws its field in."""


@dataclass
class Person:
    """Somebody before a browser, each of whose acts is a method."""

    speaks: Speaks
    cloud: LocalCloud

    def goes(self, path: str) -> None:
        """Go to a path of the product, or to a whole address."""
        self.speaks("Navigate", url=path if "://" in path else self.cloud.base_url + path)

    def says(self, script: str, *arguments: str) -> object:
        """Run a script in the page; return its result."""
        return self.speaks("ExecuteScript", script=script, args=list(arguments))

    def sees(self, text: str, seconds: float = 40) -> None:
        """Wait for this text anywhere on the page, whatever its spaces; check that nothing that nobody may read stands there."""
        page = "return document.body ? document.body.innerText.replace(/\\u00a0|\\u202f/g, ' ') : ''"
        try:
            waited(lambda: text in str(self.says(page)), f"« {text} »", seconds)
        except TimeoutError as error:
            raise AssertionError(
                f"{error} is not on {self.says('return location.pathname')}:\n{self.says(page)}"
            ) from None
        assert readable.faults(readable.lines(str(self.says(page)))) == []

    def presses(self, what: str) -> None:
        """Press a button, a link or a line that unfolds, by its words; anything else by its selector."""
        by = ("css selector", what) if what[0] in "#.[" else ("xpath", PRESSED.format(what))
        waited(lambda: any(self._clicks(element) for element in self._finds(*by)), f"press {what}")

    def fills(self, selector: str, text: str) -> None:
        """Type into the field of this selector."""
        element = waited(lambda: self._finds("css selector", selector), selector)[0]
        waited(lambda: self.speaks("ElementSendKeys", id=element, text=text) is None, f"fill {selector}")

    def writes(self, selector: str, value: str) -> None:
        """Set the value of the field of this selector by script."""
        waited(lambda: self._finds("css selector", selector), selector)
        self.says(WRITES, selector, value)

    def shows(self, name: str) -> None:
        """Keep a picture in ``build/pictures``, when asked for."""
        if os.environ.get("PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            (PICTURES / f"{name}.png").write_bytes(base64.b64decode(str(self.speaks("TakeScreenshot"))))

    def _finds(self, using: str, value: str) -> list[str]:
        """Return the ids of the elements found."""
        return [str(element[ELEMENT]) for element in self.speaks("FindElements", using=using, value=value)]

    def _clicks(self, element: str) -> bool:
        """Click an element; return whether it could be clicked."""
        try:
            self.speaks("ElementClick", id=element)
        except WebDriverError as refused:  # not in sight: another one of these words may be
            if "interactable" in str(refused) or "intercepted" in str(refused):
                return False
            raise
        return True


@contextmanager
def over_tls() -> Iterator[LocalCloud]:
    """Start the product on a local cloud of its own, over TLS."""
    before = dict(os.environ)
    aws.forget_clients()
    with running(demo=True, https=True) as local:
        os.environ.clear()
        os.environ.update(before)
        aws.forget_clients()
        yield local


@pytest.fixture(scope="module")
def tls_cloud() -> Iterator[LocalCloud]:
    """The local cloud that both tests over TLS share."""
    with over_tls() as local:
        yield local


BROWSERS = {"firefox": (firefox, "cloud"), "webkit": (webkit, "tls_cloud")}
"""How each is begun, and where: Firefox on http, as ``make run`` serves; WebKit over TLS, its storage included."""


@pytest.mark.parametrize("name", BROWSERS)
def test_a_document_is_sent_opened_and_answered_and_two_parcours_are_treated(
    request: pytest.FixtureRequest, name: str, tmp_path: Path
) -> None:
    opens, where = BROWSERS[name]
    cloud: LocalCloud = request.getfixturevalue(where)
    cv = tmp_path / "cv.pdf"
    cv.write_bytes(one_page(["Curriculum vitae"]))
    with opens() as hers, opens() as theirs:
        tutor, company = Person(hers, cloud), Person(theirs, cloud)
        signs_in(tutor)
        sends(tutor, cv)
        opens_and_proposes(company, name)
        agrees(tutor, name)
        treats_two(tutor, name)


def test_webkit_is_told_why_it_cannot_sign_in_without_tls(cloud: LocalCloud) -> None:
    with webkit() as browser:
        person = Person(browser, cloud)
        asks_code(person)
        person.sees("Ce navigateur n’a gardé aucune demande de code")
        person.sees("« https » manque")
        person.shows("webkit-sans-cookie")


def asks_code(person: Person) -> None:
    """Ask for a sign-in code as the tutor."""
    person.goes("/connexion")
    person.fills("#adresse", TUTOR)
    person.presses("Recevoir le code")


def signs_in(tutor: Person) -> None:
    """Sign in as the tutor with the mailed code."""
    before = len(tutor.cloud.mails())
    asks_code(tutor)
    tutor.sees("Écrivez le code de connexion")
    digits = CODE.search(wait_for_mail(tutor.cloud, TUTOR, "code", after=before).body("plain"))
    assert digits
    tutor.fills("#code", digits[1])
    tutor.presses("Se connecter")
    tutor.sees(COMPANY)


def sends(tutor: Person, cv: Path) -> None:
    """Send a CV to the company."""
    tutor.presses(COMPANY)
    tutor.presses("Envoyer les documents")
    tutor.presses(f'[value="{RECIPIENT}"]')
    tutor.fills("#cv", str(cv))
    tutor.sees("cv.pdf")
    tutor.presses("#notice")
    tutor.presses("#envoyer")
    tutor.sees("Le lien est parti")


def opens_and_proposes(company: Person, name: str) -> None:
    """Follow the link of the mail, open the CV and propose a date."""
    mail = wait_for_mail(company.cloud, RECIPIENT, "Un jeune attend votre réponse")
    link = next(word for word in mail.body("plain").split() if "/retrait/#" in word)
    company.goes(link)
    company.fills("#adresse", RECIPIENT)
    company.presses("Continuer")
    company.presses("#ouvrir")
    company.sees("Lire le CV")
    assert str(company.says("return document.querySelector('[data-lire]').href")).startswith("blob:")
    company.shows(f"{name}-ouvert")
    company.presses("J’ai bien pu lire")
    company.sees("C’est noté")
    day, hour = in_days(9, "14:00").split("T")
    company.writes("#jour-1", day)
    company.writes("#heure-1", hour)
    company.presses("#envoyer-dates")
    company.sees("Vos dates sont parties")
    company.shows(f"{name}-dates")


def agrees(tutor: Person, name: str) -> None:
    """Accept the proposed date."""
    tutor.presses("Revenir au parcours")
    tutor.sees("Les dates que l’entreprise propose")
    tutor.presses("Accepter cette date")
    tutor.sees("Le rendez-vous est fixé")
    tutor.shows(f"{name}-rendez-vous")


def treats_two(tutor: Person, name: str) -> None:
    """Open two parcours one by one, noting a message left on each."""
    tutor.goes("/parcours?statut=en-preparation")
    tutor.presses("Traiter un par un")
    for onward in ("Suivant", "Voir ce que vous avez traité"):
        tutor.presses("Message laissé")
        tutor.sees("C’est noté")
        tutor.shows(f"{name}-run")
        tutor.presses(onward)
    tutor.sees("2 parcours")

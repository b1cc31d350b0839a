"""Nobody leads a live document elsewhere: the three known attacks on the deployed product, over HTTP and by the mails alone."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.parcours import BuyerContact
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table
from infra.local import LocalCloud
from tests.security import deployed as on_cloud
from tests.security.visitor import Answer, Visitor, post_form
from tests.support import factories, http, relays
from tests.support.relays import Relay
from tests.support.worlds import World

pytestmark = pytest.mark.cloud


@dataclass(frozen=True)
class Scene:
    """A passage whose buyer has an account, and a browser of each."""

    cloud: LocalCloud
    relay: Relay
    people: dict[str, Account]
    mark: str

    @property
    def path(self) -> str:
        return f"/parcours/{self.relay.parcours_id}"

    @property
    def thief(self) -> str:
        return f"voleur.{self.mark}@jardlns.entreprise.example"

    def browser(self, who: str) -> Visitor:
        """The browser of somebody signed in, which a thief of the session holds too."""
        return Visitor(self.cloud.base_url, http.signed_in(self.people[who]).cookies)

    def announces(self, recipient: str) -> Answer:
        """Ask for upload forms as the tutor's page does, without confirming any doubt."""
        document = factories.sealed()
        self.relay.sent.append(document)
        return self.browser("tutor").posts(f"{self.path}/depots", document.as_json(recipient))

    def sends_by_the_buyer(self) -> tuple[str, Visitor]:
        """Send a document to the buyer; return her token, and her browser that has answered the question."""
        buyer = self.people["buyer"].address
        answer = self.announces(buyer)
        assert answer.status == 201, answer.body
        assert post_form(answer.json()["documents"][0]["form"], self.relay.sent[-1].blob) == 204
        token = on_cloud.token_of(on_cloud.mail_to(self.cloud, buyer))
        browser = Visitor(self.cloud.base_url)
        browser.gets("/retrait")
        assert browser.posts("/retrait/preuve", {"token": token, "adresse": buyer}).status == 204
        return token, browser

    def corrects(self, who: str, about: str, to: str) -> None:
        """Change a contact on the page of contacts, declaring that it was reached by telephone."""
        done = self.browser(who).submits(
            f"{self.path}/contacts",
            contact=about,
            geste="corrige",
            version=str(self.relay.head().edited),
            joint="oui",
            contact_nom="Nadia Bellanger",
            contact_fonction="",
            contact_courriel=to,
            contact_tel="",
            voulues=to,  # thieves take addresses that look alike, and say so
        )
        assert done.status == 303, done.body

    def passes_on(self, token: str, browser: Visitor) -> Answer:
        """The buyer passes the link on to the changed contact, which her page does not show."""
        assert browser.posts("/retrait/apercu", {"token": token}).json()["contacts"] == []
        body = {"token": token, "mode": "remplace", "contact": 0, "indice": address.mask(self.thief)}
        return browser.posts("/retrait/transmission", body)

    def got_mail(self, mailbox: str) -> list[str]:
        return [str(mail.message["Subject"]) for mail in self.cloud.mails() if mailbox in mail.recipients]


@pytest.fixture
def scene(cloud: LocalCloud, deployed: World) -> Iterator[Scene]:
    mark = secrets.token_hex(4)
    people = {
        "tutor": factories.account(),
        "team": factories.account(Role.TEAM),
        "buyer": factories.account(
            Role.BUYER,
            address=f"achats.{mark}@ministere.example",
            organisation=f"Ministère {mark}",
        ),
    }
    offer = factories.offer(buyer=people["buyer"].id)
    contract = factories.bought_by(f"Ministère {mark}", offer.contract)
    offer = replace(
        offer,
        contract=contract,
        buyer_contact=BuyerContact(name="Odile Ramain", address=people["buyer"].address),
    )
    relay = relays.started(deployed, people["tutor"], offer, (people["team"], people["buyer"]))
    yield Scene(cloud, relay, people, mark)


def test_the_thief_of_a_tutors_session_corrects_a_contact_and_the_buyers_press_is_refused(
    scene: Scene,
) -> None:
    token, buyer = scene.sends_by_the_buyer()

    scene.corrects("tutor", "repond", scene.thief)
    answer = scene.passes_on(token, buyer)

    assert (answer.status, answer.code) == (422, "field_invalid")
    on_cloud.mail_to(scene.cloud, scene.people["tutor"].address)
    assert scene.got_mail(scene.thief) == []


def test_a_tutor_whom_the_team_invents_gets_a_parcours_and_leads_nothing_elsewhere(scene: Scene) -> None:
    token, buyer = scene.sends_by_the_buyer()
    team, fake = scene.browser("team"), f"fausse.{scene.mark}@voleur.example"

    invited = team.submits(
        "/comptes/nouveau",
        cle=secrets.token_hex(16),
        adresse=fake,
        nom="Claude Faux",
        fonction="tutrice MLDS",
        telephone="",
        departement="",
        tutrice="oui",
        academie="Dijon",
        siren="",
        organisation="",
        rouvrir="",
    )
    assert invited.status == 303, invited.body
    account = parcours_table.find_account(address.fold(fake))
    assert account is not None
    handed = team.submits(f"{scene.path}/tutrice", qui=account.id, coordination="", depuis="")
    assert handed.status == 303, handed.body
    false = replace(scene, people={**scene.people, "fake": account})
    false.corrects("fake", "repond", scene.thief)
    answer = scene.passes_on(token, buyer)

    assert (answer.status, answer.code) == (422, "field_invalid")
    waiting = f"{MailKind.HANDED_AWAY}#{scene.people['tutor'].id}#"
    assert any(key.startswith(waiting) for key in scene.relay.outbox()), "the tutor is told within minutes"
    assert scene.got_mail(scene.thief) == []
    assert not any(
        "/retrait/#" in mail.body("plain") for mail in scene.cloud.mails() if fake in mail.recipients
    )


def test_a_buyer_whom_the_team_changes_before_the_sealing_is_shown_to_the_tutor_first(scene: Scene) -> None:
    scene.corrects("team", "acheteur", scene.thief)

    page = scene.browser("tutor").gets(f"{scene.path}/envoi").body.decode()
    answer = scene.announces(scene.thief)

    assert (answer.status, answer.code) == (409, "recipient_doubtful")
    assert "undeclared" in answer.json()["doutes"]
    assert scene.people["buyer"].address in page, "her account still follows it"
    mail = on_cloud.mail_to(scene.cloud, scene.people["tutor"].address)
    assert "Un contact a changé" in str(mail.message["Subject"])
    assert scene.got_mail(scene.thief) == []

"""What a refused mail means to people: the page of the parcours, what may be sent where, who manages accounts."""

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.deposit import Mailing
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import RecipientRefused
from chalicelib.stores import parcours_table
from chalicelib.stories import subjects
from chalicelib.stories.mails import feedback
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.integration.test_delivery_reports import OTHER, relay, report_delivery, sends_again
from tests.integration.test_sheet import sheet
from tests.integration.test_states import card_of
from tests.support import factories, http, mail_rules, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import signed_in
from tests.support.pages import visible_words
from tests.support.passings import colleague_named, passes
from tests.support.relays import Browser, Relay, asks_code
from tests.support.worlds import World
from tests.support.writing import add_records

__all__ = ["relay"]
SAID = {
    "delayed": "En retard depuis le",
    "delivered": "Arrivé au serveur de l’entreprise, le",
    "returned": "Message revenu le",
    "refused": "Adresse refusée le",
    "complained": "Signalé comme indésirable le",
    "rejected": "Arrêté avant son départ, le",
}


@pytest.mark.parametrize("event", SAID)
def test_the_page_shows_the_delivery_state_of_the_mail(relay: Relay, event: str) -> None:
    relay.sends()
    report_delivery(relay, event)

    assert SAID[event] in visible_words(sheet(signed_in(relay.tutor), relay))


@pytest.mark.parametrize(
    ("event", "subject", "fact"),
    [
        ("refused", "Message revenu, à vous", "a reçu le message en retour"),
        (
            "complained",
            "Message signalé comme indésirable, à vous",
            "a appris que le message est signalé comme indésirable",
        ),
        ("rejected", "Message non envoyé, à vous", "n’a pas pu faire partir le message"),
        ("uncertain", "Une réponse automatique, peut-être", "a reçu une réponse du serveur de cette adresse"),
    ],
)
def test_mail_and_timeline_say_what_is_so_of_this_report(
    relay: Relay, world: World, event: str, subject: str, fact: str
) -> None:
    relay.sends()
    report_delivery(relay, event)
    relay.mailer_runs()

    mail = world.mails()[-1]
    assert f" – {subject}, " in str(mail["Subject"])
    text = visible_words(sheet(signed_in(relay.tutor), relay))
    assert fact in text
    if event != "refused":
        text = text + mail_rules.read_body(mail, "plain")
        assert (
            "nous est revenu" not in text
            and "en retour" not in text
            and "Aucun message n’y arrivera" not in text
        )


def test_a_delivery_that_nobody_confirms_is_to_be_checked_after_a_day(relay: Relay, time: Clock) -> None:
    def shown() -> str:
        return visible_words(sheet(signed_in(relay.tutor), relay))

    relay.sends()
    time.passes(hours=23)
    assert "À vérifier" not in shown()

    time.passes(hours=1)

    assert "À vérifier : nous ne savons pas s’il est arrivé, depuis 1 jour" in shown()
    assert "courrier indésirable" in shown()
    time.passes(hours=26)
    assert "depuis 2 jours" in shown()
    report_delivery(relay, "delivered")
    assert "À vérifier" not in shown()


@pytest.mark.parametrize("is_reached", [False, True])
def test_nothing_is_to_be_checked_once_the_link_was_used_or_somebody_reached(
    relay: Relay, time: Clock, is_reached: bool
) -> None:
    token, browser = relay.sends(), Browser()
    time.passes(hours=25)
    assert "À vérifier" in visible_words(sheet(signed_in(relay.tutor), relay))
    if is_reached:
        relay.notes(EventKind.CALL_NOTED, reason=Reason.REACHED, contact=Interlocutor.WELCOMES)
    else:
        browser.proves(token)
        browser.opens(token)

    assert "À vérifier" not in visible_words(sheet(signed_in(relay.tutor), relay))


@pytest.mark.parametrize("is_reported_first", [True, False])
def test_a_doubtful_mail_asks_nothing_once_somebody_was_reached(
    relay: Relay, time: Clock, is_reported_first: bool
) -> None:
    relay.sends()
    time.passes(hours=1)
    for is_report in (is_reported_first, not is_reported_first):
        if is_report:
            report_delivery(relay, "uncertain")
        else:
            relay.notes(EventKind.CALL_NOTED, reason=Reason.REACHED, contact=Interlocutor.WELCOMES)

    assert relay.head().setback is None
    text = visible_words(card_of(sheet(signed_in(relay.tutor), relay)))
    assert "L’entreprise" in text and "s’il est arrivé" not in text and "si le lien est arrivé" not in text


def test_one_press_leads_from_a_refused_address_to_the_other_contact(relay: Relay) -> None:
    relay.sends()
    report_delivery(relay, "refused")
    client = signed_in(relay.tutor)

    page = card_of(sheet(client, relay))
    assert "Envoyer à Hugo Tissier" in visible_words(page)
    assert page.index("Envoyer à Hugo Tissier") < page.index("Appeler")
    assert "Renvoyer le lien à la même adresse" not in visible_words(page)
    answered = client.post_form(f"/depots/{relay.deposit().id}/revocation", {"vu": "ferme", "suite": "envoi"})

    assert answered.status == 303
    form = client.get(answered.headers["location"]).text
    (chosen,) = [
        choice for choice in form.split("<input") if 'name="destinataire"' in choice and " checked" in choice
    ]
    assert OTHER in chosen


@pytest.mark.parametrize("event", ["refused", "rejected"])
@pytest.mark.parametrize(
    ("recipient", "name"), [(COMPANY_ADDRESS, "Hugo Tissier"), (OTHER, "Nadia Bellanger")]
)
def test_mail_card_and_form_name_the_same_other_contact(
    relay: Relay, world: World, event: str, recipient: str, name: str
) -> None:
    relay.sends(recipient=recipient)
    report_delivery(relay, event)
    relay.mailer_runs()
    client = signed_in(relay.tutor)

    assert f"Autre contact de la fiche : {name}" in mail_rules.one_line(world.mails()[-1])
    assert f"Envoyer à {name}" in visible_words(card_of(sheet(client, relay)))
    answered = client.post_form(f"/depots/{relay.deposit().id}/revocation", {"vu": "ferme", "suite": "envoi"})
    form = client.get(answered.headers["location"]).text
    (chosen,) = [
        choice for choice in form.split("<input") if 'name="destinataire"' in choice and " checked" in choice
    ]
    assert {"Hugo Tissier": OTHER, "Nadia Bellanger": COMPANY_ADDRESS}[name] in chosen


def test_an_address_that_refused_gets_nothing_until_a_mail_is_delivered_there(
    relay: Relay, time: Clock
) -> None:
    relay.sends()
    time.passes(minutes=1)
    report_delivery(relay, "refused")
    with pytest.raises(RecipientRefused):
        sends_again(relay)
    sending_changes.revokes(relay)

    with pytest.raises(RecipientRefused):
        relay.announces()

    assert relay.head().live_deposit is None


def test_the_same_address_gets_a_new_link_once_it_takes_mails_again(relay: Relay, time: Clock) -> None:
    """A mail that the mail service rejected says nothing against the address: the link lives again, in a new version."""
    token = relay.sends()
    report_delivery(relay, "rejected")
    assert "Renvoyer le lien à la même adresse" in visible_words(sheet(signed_in(relay.tutor), relay))

    sends_again(relay)

    assert relay.link().mail_refused_at is None
    assert relay.deposit().mailing is Mailing.ACCEPTED
    assert relay.head().setback is None
    browser = Browser()
    newer = relay.tokens()[-1]
    assert newer != token
    browser.proves(newer)
    browser.opens(newer)


def test_the_refusal_of_a_bounced_address_says_what_to_do(relay: Relay) -> None:
    relay.sends()
    report_delivery(relay, "refused")
    sending_changes.revokes(relay)
    client, document = signed_in(relay.tutor), factories.sealed()

    answered = client.post_json(f"/parcours/{relay.parcours_id}/depots", document.as_json(COMPANY_ADDRESS))

    assert answered.status == 409
    assert answered.json["code"] == "recipient_refused"
    message = answered.json["message"]
    assert "Choisissez-en une autre" in message
    assert "demandez de la débloquer" in message and "mentions légales" in message


def test_no_link_is_passed_on_to_an_address_that_refused(relay: Relay, time: Clock) -> None:
    """The address of the other contact refused the mail of an earlier sending."""
    relay.sends(recipient=OTHER)
    report_delivery(relay, "refused")
    sending_changes.revokes(relay)
    token, browser = relay.sends(), Browser()
    browser.proves(token)

    with pytest.raises(RecipientRefused) as refused:
        passes(browser, token, colleague_named(OTHER))

    assert refused.value.facts == {"field": "adresse"}


def test_who_manages_accounts_sees_that_one_refuses_mails(relay: Relay, time: Clock, world: World) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)
    _code(relay)
    key = _code_mail(world)
    time.passes(minutes=1)
    report_delivery(relay, "refused", key=key)

    client = signed_in(team)
    assert "refuse nos messages" in visible_words(client.get("/comptes").text)
    text = visible_words(client.get(f"/comptes/{relay.tutor.id}").text)
    assert "Cette adresse refuse nos messages" in text and "disparaît" not in text
    assert f"écrivez à {config.settings().support_address}" in text

    time.passes(hours=2)
    _code(relay)
    report_delivery(relay, "delivered", key=_code_mail(world))
    assert _account(relay).mail_refused_at is None
    assert "refuse nos messages" not in visible_words(client.get("/comptes").text)


def test_who_gets_no_code_learns_whom_to_write_to(relay: Relay) -> None:
    browser = http.Client()
    browser.post_form("/connexion", {"adresse": relay.tutor.address})

    text = visible_words(browser.get("/connexion/code").text)

    assert (
        f"ou à {config.settings().support_address}" in text
        and "Une adresse qui a refusé un de nos messages" in text
    )


def _account(relay: Relay) -> Account:
    """Return the tutor's account as it is stored."""
    account = parcours_table.read_account(relay.tutor.id)
    assert account is not None
    return account


def _code(relay: Relay) -> None:
    """Mail a sign-in code to the tutor."""
    asks_code(relay.tutor.address)
    relay.mailer_runs()


def _code_mail(world: World) -> str:
    """Return the key of the newest mail of a sign-in code."""
    mails = [item["mail"] for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("delivery#")]
    codes = sorted(
        (mail for mail in mails if mail["kind"] == "sign_in_code"), key=lambda mail: str(mail["created_at"])
    )
    return str(codes[-1]["key"])


def test_delivery_records_and_refused_addresses_expire(relay: Relay, time: Clock, world: World) -> None:
    relay.sends()
    report_delivery(relay, "refused")
    (strange, *_) = ses_events.unknown(delivery.derive_tag(relay.link().mail_key))
    feedback.receive(strange, now=clock.utc_now())

    def kept() -> set[str]:
        names = {str(item["pk"]).partition("#")[0] for item in world.table("RELAY_TABLE")}
        return names & {"delivery", "aside", "mailbox"}

    assert kept() == {"delivery", "aside", "mailbox"}
    relay.mailer_runs()
    time.passes(days=31)
    relay.purges()
    assert kept() == {"mailbox"}
    time.passes(days=340)
    relay.purges()
    assert kept() == set()


def test_an_objection_does_not_expire(relay: Relay, time: Clock, world: World) -> None:
    subjects.stop_mails(COMPANY_ADDRESS, now=clock.utc_now())
    time.passes(days=800)
    relay.purges()

    assert [item for item in world.table("RELAY_TABLE") if str(item["pk"]).startswith("mailbox#")]

"""No mail that carries a link ever has a team address in a header, nor more than one link, nor anything to load.

``integration/test_every_mail.py`` asks the same of every kind of mail; here the rules themselves are tried.
"""

import email.policy
import time
from email.message import EmailMessage

import pytest

from chalicelib.domain.kernel.values import Role
from chalicelib.mails.letters import render_part
from infra.local import LocalCloud
from infra.local.demo import OTHER_TEAM
from infra.local.demo import TEAM as TEAM_ACCOUNT
from infra.local.mail_samples import every_message, text_of
from tests.support import factories, mail_rules, relays
from tests.support.worlds import World

TEAM = "equipe@agents.example"


def honest(**changes: str) -> EmailMessage:
    """Return a mail with a link as the relay sends it; ``changes``: its parts, ``text`` and ``html``, or headers."""
    mail = EmailMessage(policy=email.policy.default)
    headers = {
        "From": "Marie-Laure <ne-pas-repondre@passe-plat.example>",
        "To": "n.bellanger@jardins.example",
        "Reply-To": "tutrice@agents.example",
        "Subject": "Un jeune attend votre réponse",
        "Auto-Submitted": "auto-generated",
    }
    for name, value in (
        headers | {key: change for key, change in changes.items() if key[0].isupper()}
    ).items():
        mail[name] = value
    link = "https://passe-plat.example/retrait/#abc"
    mail.set_content(changes.get("text", f"Ouvrez {link}"))
    mail.add_alternative(changes.get("html", f'<p><a href="{link}">Ouvrir</a></p>'), subtype="html")
    return mail


def test_an_honest_mail_breaks_no_rule() -> None:
    assert mail_rules.list_broken_rules(honest(), {TEAM}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Reply-To": TEAM},
        {"Reply-To": f"L’équipe <{TEAM.upper()}>"},
        {"Cc": TEAM},
        {"Bcc": TEAM},
        {"Sender": TEAM},
        {"X-Contact": f"écrire à {TEAM}"},
        {"To": TEAM},
        {"Return-Path": f"<{TEAM}>"},
        {"html": '<a href="https://a.example/retrait/#a">a</a><a href="https://b.example">b</a>'},
        {"text": "https://a.example/retrait/#a https://b.example"},
        {"html": '<a href="https://a.example/retrait/#a">a</a><img src="https://b.example/pixel.gif">'},
        {"text": " "},
        {"Auto-Submitted": "no"},
        {"text": "Bonjour None, https://a.example/retrait/#a"},
        {"Reply-To": "ne-pas-repondre@passe-plat.example"},
        {"text": "autre@agents.example\nRépondez à ce message : je le reçois directement."},
        {"text": "Référence : CSF-7K3Q-92"},
    ],
    ids=lambda changes: " ".join(changes),
)
def test_a_dishonest_mail_is_seen(changes: dict[str, str]) -> None:
    assert mail_rules.list_broken_rules(honest(**changes), {TEAM})


def test_what_is_for_the_team_without_a_link_may_go_to_it() -> None:
    code = honest(To=TEAM, text="123456", html="<p>123456</p>")

    assert mail_rules.list_broken_rules(code, {TEAM}) == []


def test_the_mail_of_a_link_is_answered_to_the_tutor_alone(world: World) -> None:
    team = factories.account(Role.TEAM)
    relay = relays.started(world, also=(team,))
    relay.sends()

    assert mail_rules.team_addresses(world) == {team.address}
    mail = next(mail for mail in world.mails() if mail_rules.RETRIEVAL in mail_rules.read_body(mail, "plain"))
    assert str(mail["Reply-To"]) == relay.tutor.address
    assert mail_rules.list_broken_rules(mail, {team.address}) == []
    assert mail_rules.list_broken_rules(mail, {relay.tutor.address}), "it is read for what it is"


@pytest.mark.parametrize("name", sorted(every_message()))
def test_every_message_keeps_the_rules_with_its_sample(name: str) -> None:
    message = every_message()[name]
    subject, html = (render_part(message, part) for part in ("subject.txt", "body.html"))
    text = text_of(message)
    person = getattr(message, "sender", None) or getattr(message, "who", None)
    headers = {
        "Subject": subject,
        "Reply-To": person.address if person else "aide@passe-plat.example",
        "References": "<passage@passe-plat.example>",
    }

    assert mail_rules.list_broken_rules(honest(text=text, html=html, **headers), {TEAM}) == []


@pytest.mark.cloud
@pytest.mark.browser
def test_the_deployed_functions_send_such_mails_only(cloud: LocalCloud) -> None:
    """Every mail of the deployed functions keeps the rules: those of the invented data, and of the browser tests before."""
    deadline = time.monotonic() + 90
    while not cloud.mails() and time.monotonic() < deadline:  # that of the invented data leaves by itself
        time.sleep(0.2)
    mails = cloud.mails()
    mail_rules.assert_honest([mail.message for mail in mails], {TEAM_ACCOUNT.address, OTHER_TEAM.address})
    mail_rules.assert_readable([mail.raw for mail in mails])
    assert mails

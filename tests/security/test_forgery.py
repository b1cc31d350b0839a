"""Promise 1 against somebody who holds the web function's own credentials: what she writes into the tables opens nothing.

She may read and write every item of both tables, wake the mailer and call unseal. She cannot make a token, and a token that the
mailer makes for her does not unwrap a key that was wrapped for somebody else.
"""

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.deposit import Contents, Deposit, DepositState
from chalicelib.domain.kernel.link import Link, Pointer
from chalicelib.domain.kernel.transition import Change, MailKind, OutboxMail, Transition
from chalicelib.stores import aws, functions, relay_table, transactions
from chalicelib.stores.unit_of_work import story
from infra.local import LocalCloud
from tests.security import deployed as deployed_relay
from tests.support.relays import Browser, Relay
from tests.support.worlds import World

pytestmark = pytest.mark.cloud


@dataclass
class Thief:
    """Somebody who holds the web role, a browser, and a mailbox of her own."""

    cloud: LocalCloud
    victim: Relay
    token: str
    """The victim's; she does not know it."""
    recipient: str
    browser: Browser
    mailbox: str

    def link(self) -> Link:
        """The victim's link as it is stored now."""
        return self.victim.link()

    def deposit(self) -> Deposit:
        """The victim's deposit as it is stored now."""
        return self.victim.deposit()

    def writes(self, *changes: Change, mails: tuple[OutboxMail, ...] = ()) -> None:
        """Write to the tables with the web role's rights, by the product's own commit."""
        transactions.commit(Transition(changes=changes, mails=mails))

    def forges_pointer(self, token: str, link: Link) -> None:
        """Write an index entry that leads from this token to this link."""
        self.writes(Change(None, link.pointer(_sha256(token))))

    def forges_proof(self, link: Link) -> None:
        """Write that the thief's browser has answered the question of this link."""
        self.writes(Change(None, links.prove(link, link.version, self.browser.digest, clock.utc_now())))

    def has_it_mailed(self, link: Link) -> str:
        """Put the link's mail back into the outbox and wake the mailer; return the token that reaches the thief."""
        before = len(self.cloud.mails())
        mail = OutboxMail(
            key=link.mail_key,
            kind=MailKind.LINK,
            created_at=clock.utc_now(),
            link=link.id,
            version=link.version,
            deposit=link.deposit,
        )
        self.writes(mails=(mail,))
        functions.wake_mailer([mail.key])
        return deployed_relay.token_of(deployed_relay.mail_to(self.cloud, link.recipient, after=before))

    def opens(self, token: str, pointer: Pointer | None = None) -> str:
        """Return what the deployed ``unseal`` answers her: the code of its refusal, or « opened ».

        ``pointer``: what she says of the index, if that is not what is stored in it.
        """
        answer = functions.unseal(token, self.browser.digest, pointer or _pointer(token))
        return str(answer["refusal"]["code"]) if "refusal" in answer else "opened"

    def passes_on(self, token: str) -> str:
        """Return the answer when the thief passes the link on to another mailbox of hers."""
        colleague = {"mode": "remplace", "name": "Une Autre", "function": "", "address": f"x{self.mailbox}"}
        answer = functions.unseal_pass(token, self.browser.digest, _pointer(token), colleague)
        return str(answer["refusal"]["code"]) if "refusal" in answer else str(answer["etat"])


@pytest.fixture
def thief(cloud: LocalCloud, deployed: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Thief]:
    """A link has reached its recipient, unopened. From here on this process holds the web role's rights, no more.

    Whatever was tried, the victim's link must still be hers to open at the end: by her browser, with her token.
    """
    victim, token, recipient = deployed_relay.sent(deployed, cloud)
    stood = victim.link(), victim.deposit()
    _take_role(cloud, monkeypatch)
    yield Thief(cloud, victim, token, recipient, Browser(), deployed_relay.fresh_address())

    assert victim.deposit().opened_at is None
    assert victim.deposit().state is DepositState.LEFT
    assert victim.link().opened_by is None
    _put_back(victim, *stood)
    owner = Browser(recipient)
    owner.proves(token)
    assert "refusal" not in functions.unseal(token, owner.digest, _pointer(token))


def _sha256(token: str) -> str:
    """Return the hash under which the index knows a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _pointer(token: str) -> Pointer:
    """Return the index's item for a token."""
    pointer = relay_table.read_pointer(_sha256(token))
    assert pointer is not None
    return pointer


def _take_role(cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process hold the credentials of the web role."""
    for name, value in cloud.as_role("Web").items():
        monkeypatch.setenv(name.upper(), value)
    aws.forget_clients()


def _put_back(victim: Relay, link: Link, deposit: Deposit) -> None:
    """Restore link and deposit, also against the mailer, which notes what it sent after the mail has arrived."""

    def decided() -> Transition:
        there = victim.link(), victim.deposit()
        return Transition(
            changes=(
                Change(there[0], replace(link, revision=there[0].revision)),
                Change(there[1], replace(deposit, revision=there[1].revision)),
            )
        )

    story(lambda work: work.commit(decided()))()


def test_a_forged_pointer_opens_nothing(thief: Thief) -> None:
    token = secrets.token_urlsafe(32)
    thief.forges_pointer(token, thief.link())
    thief.forges_proof(thief.link())

    assert thief.opens(token) == "link_unknown"


def test_a_forged_link_to_the_deposit_opens_nothing(thief: Thief) -> None:
    link, token = _own_link(thief, thief.mailbox), secrets.token_urlsafe(32)
    thief.writes(Change(None, link))
    thief.forges_pointer(token, link)
    thief.forges_proof(link)

    assert thief.opens(token) == "link_unknown"


def test_a_forged_link_mailed_to_the_thief_opens_nothing(thief: Thief) -> None:
    link = _own_link(thief, thief.mailbox)
    thief.writes(Change(None, link))
    token = thief.has_it_mailed(link)
    thief.forges_proof(link)

    assert thief.opens(token) == "try_again"


def test_a_forged_link_mailed_to_the_thief_is_not_passed_on_either(thief: Thief) -> None:
    """A forged link is not passed on: neither with an invented token nor with a genuine one for an address that no key was
    wrapped for.
    """
    link, forged = _own_link(thief, thief.mailbox), secrets.token_urlsafe(32)
    thief.writes(Change(None, link))
    thief.forges_pointer(forged, link)
    token = thief.has_it_mailed(link)
    thief.forges_proof(link)

    assert thief.passes_on(forged) == "link_unknown"
    assert thief.passes_on(token) == "try_again"


def test_a_token_of_hers_whose_pointer_is_turned_to_the_link_opens_nothing(thief: Thief) -> None:
    own = _own_link(thief, thief.mailbox)
    thief.writes(Change(None, own))
    token = thief.has_it_mailed(own)
    pointer = _pointer(token)
    turned = replace(pointer, link=thief.link().id)
    thief.forges_proof(thief.link())

    assert thief.opens(token, turned) == "link_unknown"
    thief.writes(Change(pointer, turned))
    assert thief.opens(token) == "link_unknown"


def test_a_link_whose_address_is_rewritten_and_mailed_again_opens_nothing(thief: Thief) -> None:
    rewritten = _rewrite(thief, recipient=thief.mailbox)
    token = thief.has_it_mailed(rewritten)
    thief.forges_proof(rewritten)

    assert token != thief.token
    assert thief.opens(token) == "try_again"
    _rewrite(thief, recipient=thief.recipient)  # and back, so that the key would unwrap again
    assert thief.opens(token) == "link_unknown"


@pytest.mark.parametrize("salt", ["kept", "drawn anew", "emptied"])
def test_a_deposit_whose_recipient_and_salt_are_rewritten_too_opens_nothing(thief: Thief, salt: str) -> None:
    chosen = {"kept": _contents(thief).salt, "drawn anew": secrets.token_hex(16), "emptied": ""}[salt]
    rewritten = _rewrite(thief, recipient=thief.mailbox, salt=chosen)
    token = thief.has_it_mailed(rewritten)
    thief.forges_proof(rewritten)

    assert thief.opens(token) == "try_again"


@pytest.mark.parametrize("characters", [-1, 1])
def test_no_character_can_move_between_salt_and_address(thief: Thief, characters: int) -> None:
    """Salt and address are hashed apart: if merely joined, « ab » and « c » would hash as « a » and « bc » do, and a
    neighbour's mailbox would open.
    """
    salt, recipient = _contents(thief).salt, thief.recipient
    if characters < 0:
        salt, neighbour = salt[:-1], salt[-1] + recipient
    else:
        salt, neighbour = salt + recipient[:2], recipient[2:]  # no address begins with a dot
    rewritten = _rewrite(thief, recipient=neighbour, salt=salt)
    token = thief.has_it_mailed(rewritten)
    thief.forges_proof(rewritten)

    assert thief.opens(token) == "try_again"


def test_two_spellings_that_are_read_alike_are_not_one_address(thief: Thief) -> None:
    """A key that is wrapped for « grosse » does not open for « große »: these domains have two owners."""
    original, recipient = thief.link(), thief.recipient
    assert address.fold(recipient) != address.fold(recipient.replace("ss", "ß"))
    rewritten = _rewrite(thief, recipient=recipient.replace("ss", "ß"), salt=_contents(thief).salt)
    token = thief.has_it_mailed(rewritten)
    thief.forges_proof(rewritten)

    assert thief.opens(token) == "try_again"
    _rewrite(
        thief, recipient=original.recipient, salt=_contents(thief).salt
    )  # and back, so that keys unwrap again
    assert thief.opens(token) == "link_unknown"


def _contents(thief: Thief) -> Contents:
    """Return the contents of the victim's deposit."""
    contents = thief.deposit().contents
    assert contents is not None
    return contents


def _own_link(thief: Thief, recipient: str) -> Link:
    """Return a link of the thief's own to the victim's deposit."""
    return replace(thief.link(), id=secrets.token_hex(16), recipient=recipient, revision=0)


def _rewrite(thief: Thief, *, recipient: str, salt: str | None = None) -> Link:
    """Change the link's address and, with ``salt``, the deposit's recipient and salt as well."""

    def decided() -> Transition:
        link, deposit = thief.link(), thief.deposit()
        changes = [Change(link, replace(link, recipient=recipient))]
        if salt is not None:
            contents = replace(_contents(thief), recipient=recipient, salt=salt)
            changes.append(Change(deposit, replace(deposit, contents=contents)))
        return Transition(changes=tuple(changes))

    story(lambda work: work.commit(decided()))()
    return thief.link()

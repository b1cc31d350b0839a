"""A role in other hands than its function's: what its rights amount to, and that they serve nowhere but there.

``lent`` credentials are taken by somebody; the others are those that the role's own function holds. The emulator tells them apart
by the name of the session, AWS by ``lambda:SourceFunctionArn`` (``tests/architecture/test_rights.py`` reads the template for it).
"""

import base64
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import pytest
from botocore.exceptions import ClientError

from chalicelib import clock, config, seal
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel import link as links
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.stores import aws, functions, keys, objects, parcours_table, sms
from chalicelib.stores.keys import KeyContext
from infra.local import LocalCloud
from tests.conftest import on_deployed
from tests.reach import table
from tests.security import deployed as on_cloud
from tests.security.visitor import Visitor
from tests.support import relays
from tests.support.relays import Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

pytestmark = pytest.mark.cloud

DENIED = {"AccessDenied", "AccessDeniedException"}


def hold(cloud: LocalCloud, patch: pytest.MonkeyPatch, role: str, *, lent: bool) -> None:
    """Give this process the rights of this role alone; ``lent``: with credentials taken by somebody else than its function."""
    for name, value in cloud.as_role(role, lent=lent).items():
        patch.setenv(name.upper(), value)
    aws.forget_clients()


def test_the_mailers_rights_read_a_live_document(
    cloud: LocalCloud, deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mailer's function could read a live document (README, « What it cannot promise »): it makes the token, knows the
    answer, and may open.
    """
    sent, _, _ = on_cloud.sent(deployed, cloud)
    hold(cloud, monkeypatch, "Mailer", lent=False)

    assert opens_in_a_browser(cloud, sent.link()) == sent.sent[-1].plain


def test_the_mailers_role_lent_to_somebody_reads_nothing(
    cloud: LocalCloud, deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside its own function, the mailer's role is denied what reading a live document takes."""
    sent, _, _ = on_cloud.sent(deployed, cloud)
    link = sent.link()
    hold(cloud, monkeypatch, "Mailer", lent=True)

    with pytest.raises(ClientError) as refused:
        opens_in_a_browser(cloud, link)

    assert refused.value.response["Error"]["Code"] in DENIED


def test_the_mailers_role_sends_an_sms_in_its_function_alone_and_publishes_to_no_topic(
    cloud: LocalCloud, deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(cloud, monkeypatch, "Mailer", lent=False)
    sms.send("+33639980011", "essai")
    assert (cloud.texts()[-1].number, sms.has_opted_out("+33639980011")) == ("+33639980011", False)
    with pytest.raises(ClientError, match="AuthorizationError"):
        aws.sns().publish(TopicArn=cloud.stack.physical_id("Alerts"), Message="essai")

    for role, lent in (("Mailer", True), ("Web", False), ("Remind", False)):
        hold(cloud, monkeypatch, role, lent=lent)
        with pytest.raises(ClientError, match="AuthorizationError"):
            sms.send("+33639980012", "essai")
    assert "+33639980012" not in {text.number for text in cloud.texts()}


def opens_in_a_browser(cloud: LocalCloud, link: Link) -> bytes:
    """Make the token of a link, answer its question on the page, open, and read the document."""
    token = keys.compute_link_token(link.build_token_message(link.version))
    browser = Visitor(cloud.base_url)
    browser.gets("/retrait")
    assert browser.posts("/retrait/preuve", {"token": token, "adresse": link.recipient}).status == 204
    opened = browser.posts("/retrait/ouverture", {"token": token})
    assert opened.status == 200, opened.body
    document = opened.json()["documents"][0]
    with urllib.request.urlopen(document["url"]) as answer:
        blob = answer.read()
    return seal.open_sealed(blob, key=base64.b64decode(document["key"]), aad=document["aad"])


# ---- Each cell of the table « Who can make a document reach whom » -------------------------------------------------


@dataclass(frozen=True)
class Held:
    """A passage at one moment, and all that there is to know of it: nobody is refused for not knowing something."""

    head: Parcours
    deposit: Deposit | None = None
    link: Link | None = None
    wrapped_key: str = ""

    @classmethod
    def of(cls, sent: Relay) -> Self:
        deposit = sent.deposit()
        stored = objects.read_metadata(objects.object_key(deposit.id, "cv"))
        assert stored is not None
        return cls(sent.head(), deposit, sent.link(), stored.wrapped_key)


@pytest.fixture(scope="module")
def held(cloud: LocalCloud) -> dict[str, Held]:
    """One passage for each moment of the table."""
    with on_deployed(cloud) as world:
        before = Held(relays.started(world).head())
        sealed, _, _ = on_cloud.sent(world, cloud)
        opened, token, recipient = on_cloud.sent(world, cloud)
        reader = Visitor(cloud.base_url)
        reader.gets("/retrait")
        reader.posts("/retrait/preuve", {"token": token, "adresse": recipient})
        assert reader.posts("/retrait/ouverture", {"token": token}).status == 200
        return dict(zip(table.MOMENTS, (before, Held.of(sealed), Held.of(opened)), strict=True))


HER_MAILBOX = "voleur@jardlns.entreprise.example"
HER_BROWSER = "0" * 64


def reads_the_record(held: Held) -> None:
    parcours_table.read_parcours(held.head.id)


def puts_her_mailbox_into_the_record(held: Held) -> None:
    contact = replace(held.head.company.contacts[0], address=HER_MAILBOX)
    company = held.head.company.with_contacts(contact)
    change_record(held.head, replace(held.head, company=company))


def answers_the_question_in_the_tables(held: Held) -> None:
    assert held.link is not None
    proof = links.prove(held.link, held.link.version, HER_BROWSER, clock.utc_now())
    add_records(proof)


def takes_the_opening_back(held: Held) -> None:
    assert held.link is not None
    change_record(held.link, replace(held.link, opened_by=None, opened_at=None))


def makes_the_token(held: Held) -> None:
    assert held.link is not None
    keys.compute_link_token(held.link.build_token_message(held.link.version))


def makes_the_telephoned_code(held: Held) -> None:
    assert held.link is not None
    keys.compute_code_mac(held.link.id)


def unwraps_the_key(held: Held) -> None:
    assert held.link is not None
    keys.unwrap(held.wrapped_key, wrapped_for(held, held.link.recipient))


def wraps_a_key_for_herself(held: Held) -> None:
    keys.wrap(b"k" * 32, wrapped_for(held, HER_MAILBOX))


def wrapped_for(held: Held, recipient: str) -> KeyContext:
    assert held.deposit is not None and held.deposit.contents is not None
    to = address.bind_recipient(held.deposit.contents.salt, recipient)
    return KeyContext(held.deposit.id, "cv", to)


def asks_unseal(held: Held) -> None:
    assert held.link is not None
    functions.unseal("a" * 43, HER_BROWSER, held.link.pointer("0" * 64))


def has_it_mailed(held: Held) -> None:
    assert held.link is not None
    aws.lambda_().invoke(FunctionName=config.resource("MAILER_FUNCTION"), Payload=b'{"mails": []}')


BOTH = (reads_the_record, answers_the_question_in_the_tables, makes_the_token, makes_the_telephoned_code)
WAYS: dict[str, tuple[Callable[[Held], None], ...]] = {
    "before the sealing": (reads_the_record, puts_her_mailbox_into_the_record),
    "sealed": (*BOTH, unwraps_the_key, wraps_a_key_for_herself, asks_unseal, has_it_mailed),
    "opened": (*BOTH, takes_the_opening_back, unwraps_the_key, asks_unseal),
}


@pytest.mark.parametrize("moment", table.MOMENTS)
@pytest.mark.parametrize("who", table.LENT)
def test_a_role_lent_to_somebody_leads_a_document_to_nobody(
    who: str, moment: str, cloud: LocalCloud, held: dict[str, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_deployed(cloud):
        hold(cloud, monkeypatch, table.LENT[who], lent=True)
        for way in WAYS[moment]:
            with pytest.raises(ClientError) as refused:
                way(held[moment])
            assert refused.value.response["Error"]["Code"] in DENIED, way.__name__

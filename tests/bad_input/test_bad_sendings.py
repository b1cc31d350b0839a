"""B04 to B61: the rest of the relay's bad inputs, which meet a story under way rather than one door."""

from collections.abc import Callable

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.deposit import SEALING_BYTES
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.stores import aws, objects
from chalicelib.stories.documents import inspecting
from chalicelib.stories.kit import quotas
from chalicelib.stories.mails import feedback
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.bad_input.cases import CANARY, Case, Scene, assert_refusal, check, each
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Call, Tap
from tests.support import factories, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Answer, Client
from tests.support.relays import Browser

GB = 10**9


def announced(
    scene: Scene, recipient: str = COMPANY_ADDRESS, *, confirme: object = None, vus: object = None
) -> Answer:
    """Announce a document for this address.

    ``confirme``, ``vus``: the form's answer to the question about a doubtful address, as it goes; None leaves the field out.
    """
    confirmation = {"confirme": confirme, "vus": vus}
    body = factories.sealed().as_json(recipient)
    body |= {name: value for name, value in confirmation.items() if value is not None}
    return scene.agent.post_json(scene.deposits, body)


def announces_to(address: str) -> Callable[[Scene], Answer]:
    """Return the request that announces a document for this address."""
    return lambda scene: announced(scene, address)


def several(scene: Scene, *kinds: str) -> Answer:
    """Announce one document of each of these kinds in one request."""
    sealed = factories.sealed()
    documents = [{**sealed.document_json(), "kind": kind} for kind in kinds]
    return scene.agent.post_json(scene.deposits, {**sealed.as_json(), "documents": documents})


def sized(scene: Scene, size: int) -> Answer:
    """Announce one document of this many bytes."""
    sealed = factories.sealed()
    document = {**sealed.document_json(), "bytes": size}
    return scene.agent.post_json(scene.deposits, {**sealed.as_json(), "documents": [document]})


def doubtful(name: str, domain: str, says: str) -> Case:
    """Return the case of an address of this domain that is doubted with this sentence."""
    return Case(name, announces_to(f"{CANARY}@{domain}"), 409, "recipient_doubtful", says)


ADDRESSES = {
    "no dot": f"{CANARY}@localhost", "line feed": f"a@a.fr\nBcc: {CANARY}@a.fr", "comma": f"{CANARY}@a.fr,b@a.fr",
    "semicolon": f"{CANARY}@a.fr; b@a.fr", "quoted": f'"{CANARY} x"@a.fr', "255": "a" * 64 + "@" + "b" * 186 + ".fr",
    "two at": f"{CANARY}@a@a.fr", "an address of numbers": f"{CANARY}@[127.0.0.1]", "remark": f"{CANARY}(x)@a.fr",
    "null": f"{CANARY}\0@a.fr", "dots": f"{CANARY}..x@a.fr", "nothing": "", "percent": f"{CANARY}%0a@-a.fr",
}  # fmt: skip
CASES = [
    Case("B04 5 GB", lambda s: sized(s, 5 * GB), 422, "field_invalid", "Le fichier dépasse 10 Mo"),
    Case("B09 a second CV", lambda s: several(s, "cv", "cv"), 422, "field_invalid", "une seule fois chacun"),
    Case("B09 a third", lambda s: several(s, "cv", "lettre", "cv"), 422, "field_invalid", "n’est pas valable"),
    *(
        Case(f"B55 {why}", announces_to(address), 422, "field_invalid", "Cette adresse n’est pas valable")
        for why, address in ADDRESSES.items()
    ),
    Case("B56 « yes » is no truth", lambda s: announced(s, "a@gmail.com", confirme="oui"), 422, "field_invalid", "champ"),
]  # fmt: skip


@each(CASES)
def test_what_cannot_be_announced_is_refused(
    case: Case, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    check(case, scene, capsys)


@pytest.mark.parametrize(
    ("domain", "doubt"),
    [("gmail.com", "other_domain"), ("jardin.entreprise.example", "look_alike"), ("jаrdins.entreprise.example", "look_alike")],
)  # fmt: skip
def test_a_doubtful_address_is_shown_by_its_domain_and_taken_when_confirmed(
    afresh: Scene, domain: str, doubt: str
) -> None:
    """B56: the question about a doubtful address shows its domain alone, as text; confirmed, the address is accepted."""
    before = afresh.world.everything()
    answer = announced(afresh, f"{CANARY}@{domain}")

    assert (answer.status, answer.json["code"]) == (409, "recipient_doubtful")
    assert f"elle est chez {domain}" in answer.json["message"] and "Confirmez-la" in answer.json["message"]
    assert doubt in answer.json["doutes"] and answer.json["domaine"] == domain
    assert CANARY not in answer.text
    assert afresh.world.everything() == before
    assert announced(afresh, f"{CANARY}@{domain}", confirme=True, vus=answer.json["vus"]).status == 201


@pytest.mark.parametrize("below", ["General", "Suppressed", "OnAccountSuppressionList"])
def test_an_address_that_refused_our_mails_is_refused(afresh: Scene, below: str) -> None:
    """B57: an address whose mailbox bounced one of our mails for good gets no new sending, even when it is confirmed."""
    tag = delivery.derive_tag(afresh.sent.link().mail_key)
    feedback.receive(ses_events.bounce(tag, "Permanent", below), now=clock.utc_now())
    sending_changes.revokes(afresh.sent)
    before = afresh.world.everything()

    answer = announced(afresh, confirme=True)

    assert_refusal(answer, 409, "recipient_refused", "Choisissez-en une autre")
    assert afresh.world.everything() == before


def test_a_second_sending_while_one_lives_is_refused(afresh: Scene) -> None:
    """B09: a second sending is refused while one is under way, which must be withdrawn first."""
    assert announced(afresh).status == 201
    answer = announced(afresh)
    assert_refusal(answer, 409, "deposit_conflict", "Un envoi est déjà en cours")


def test_the_day_has_its_limit_which_a_refusal_does_not_use_up(afresh: Scene, time: Clock) -> None:
    """B10: sendings of one tutor in one day are limited; the one beyond the limit is refused and changes nothing stored."""
    most = quotas.SENDING.most
    deposit, link = afresh.sent.sent[-1].deposit, afresh.sent.link().id
    for version in range(1, most):  # the scene's own sending was the first one
        again = {"vu": "ferme", "lien": link, "version": str(version)}
        assert afresh.agent.post_form(f"/depots/{deposit}/renvoi", again).status == 303
    before = afresh.world.everything()

    assert_refusal(
        afresh.agent.post_form(
            f"/depots/{deposit}/renvoi", {"vu": "ferme", "lien": link, "version": str(most)}
        ),
        429,
        None,
        "Vous avez atteint la limite du jour",
    )
    answer = announced(afresh)

    assert_refusal(answer, 429, "too_many", "Recommencez demain")
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert afresh.world.everything() == before


@pytest.mark.parametrize("forged", ["another key's wrapping", "no base64", "none"])
def test_forged_metadata_is_refused_by_inspection_and_gives_nothing_when_opened(
    afresh: Scene, forged: str
) -> None:
    """B22: an object whose wrapped key was replaced does not pass inspection; replaced later, it cannot be opened and the link
    is not used up.
    """
    relay = afresh.empty
    other = afresh.sent.forms[-1]["fields"][objects.KEY_FIELD]
    metadata = {"another key's wrapping": {"key": other}, "no base64": {"key": "!"}, "none": {}}[forged]

    def forges() -> None:
        aws.s3().put_object(
            Bucket=afresh.world.environment["DOCUMENT_BUCKET"], Key=key, Body=relay.sent[-1].blob, Metadata=metadata
        )  # fmt: skip

    token = relay.sends()
    key = objects.object_key(relay.sent[-1].deposit, relay.sent[-1].kind)
    forges()
    client = Client()
    client.get("/retrait")
    Browser(nonce=client.cookies[NONCE_COOKIE]).proves(token)
    answer = client.post_json("/retrait/ouverture", {"token": token})
    assert_refusal(answer, 503, "try_again", "Le service ne répond pas pour l’instant")
    assert EventKind.LINK_OPENED not in relay.event_kinds(), "nobody lost her turn"

    afresh.agent.post_form(f"/depots/{relay.sent[-1].deposit}/revocation", {"vu": "ferme", "suite": ""})
    relay.announces()
    key = str(relay.forms[-1]["fields"]["key"])
    forges()
    assert relay.is_inspected() == "refused"


def fails(call: Call, event: str, request: object) -> None:
    """Make the tapped AWS call fail as a bug would: inspection dies by an error that nothing catches."""
    raise ZeroDivisionError


def test_an_inspection_that_does_not_come_is_said_and_nothing_leaves_before_it(
    afresh: Scene, time: Clock
) -> None:
    """B23: while inspection fails (here with any error), the page says that it is late and no link leaves; once it works, it
    passes.
    """
    relay = afresh.empty
    cv = relay.announces()
    key = relay.uploads()
    with pytest.raises(ZeroDivisionError), Tap(act=fails, operation="GetObject").open():
        inspecting.inspect(key, now=time.read())
    for _ in range(3):
        time.passes(minutes=5)
        relay.purges()
        relay.mailer_runs()
    shown = afresh.agent.get(f"/depots/{cv.deposit}").json

    assert shown["etat"] == "recu" and "La vérification tarde" in shown["documents"][0]["message"]
    assert EventKind.LINK_SENT not in relay.event_kinds()
    assert relay.is_inspected() == "verified", "and it goes on when it is back"


def test_a_double_click_makes_one_sending(afresh: Scene) -> None:
    """B61: the same id with the same content again is the same deposit; the same id with another content is refused."""
    sealed = factories.sealed()
    body = sealed.as_json()
    first, second = (afresh.agent.post_json(afresh.deposits, body) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.json["deposit"] == second.json["deposit"]
    assert afresh.empty.event_kinds().count(EventKind.DEPOSIT_OPENED) == 1

    changed = {**body, "documents": [{**sealed.document_json(), "bytes": 5_000 + SEALING_BYTES}]}
    refused = afresh.agent.post_json(afresh.deposits, changed)
    assert_refusal(refused, 409, "deposit_conflict", "La page du parcours permet de le suivre")


def test_a_page_that_is_behind_is_told_so(afresh: Scene) -> None:
    """B61: a repeated revocation changes nothing more, and a re-send from a page older than it is refused."""
    deposit = f"/depots/{afresh.sent.sent[-1].deposit}"
    assert afresh.agent.post_form(f"{deposit}/revocation", {"vu": "ferme", "suite": ""}).status == 303
    revoked = afresh.world.everything()
    assert afresh.agent.post_form(f"{deposit}/revocation", {"vu": "ferme", "suite": ""}).status == 303
    again = afresh.agent.post_form(
        f"{deposit}/renvoi", {"vu": "ferme", "lien": afresh.sent.link().id, "version": "1"}
    )
    assert_refusal(again, 409, None, "Sa page dit où il en est")
    assert afresh.world.everything() == revoked

"""Bad input of the record's forms: each is said beside its field, what was typed stays, nothing is written."""

import html
import re
import secrets
from dataclasses import replace

import pytest

from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import parcours_table, transactions
from chalicelib.web.record import OF_BUYING
from tests.bad_input.cases import Scene, assert_refusal
from tests.support import factories, http
from tests.support.http import Answer, Client
from tests.support.writing import add_records

ZERO_WIDTH = "\u200b\u200d\ufeff"
DAYS = {
    "30 February": "2026-02-30", "month 13": "2026-13-01", "year 0001": "0001-01-01", "year 9999": "9999-12-31",
    "one digit": "2026-1-5", "a week": "2026-W01-1", "French": "05/01/2026", "an instant": "2026-01-05T10:00:00",
    "with a zone": "2026-01-05Z", "Arabic-Indic": "٢٠٢٦-٠١-٠٥", "full-width": "２０２６-０１-０５", "null": "2026-01-05\0",
    "endless": "2" * 9_000,
}  # fmt: skip
HOURS = {
    "none": "", "zero": "0", "negative": "-1", "2 001": "2001", "huge": "9" * 4_000, "decimal": "150.5", "comma": "150,5",
    "exponent": "1e3", "Arabic-Indic": "٣٠٠", "superscript": "³", "full-width": "３００", "text": "trois cents",
    "hexadecimal": "0x96", "underscore": "1_50", "plus": "+150", "blank": " 150",
}  # fmt: skip
NAMES = {
    "nothing": "", "blanks": " \u00a0 ", "control": "Nadia\x07", "bidi override": "Nadia \u202eregnalleB",
    "zero-width only": ZERO_WIDTH, "emoji only": "🌿🌿", "81 characters": "x" * 81, "line break": "Nadia\r\nBcc: x@y.example",
    "null": "Nadia\0", "digits only": "12345", "private use": "Nadia\ue000",
}  # fmt: skip
GOOD_NAMES = (
    "O'Brien",
    "Nguyễn",
    "d’Été",
    "李",
    "Jean-Noël",
    "عائشة",
    "X Æ A-12",
    "x" * 60,
    "e\u0301te\u0301",
)
ADDRESSES = {
    "display name": "Nadia <n@entreprise.example> <b@c.example>", "two": "a@b.example,c@d.example",
    "line break": "a@b.example\r\nBcc: x",
    "no dot": "a@localhost", "quoted": '"a b"@c.example', "long": "a" * 250 + "@b.example", "nothing": "",
}  # fmt: skip
PHONES = {
    "letters": "appeler Nadia",
    "short": "12",
    "long": "0" * 29,
    "Arabic-Indic": "٠١٩٩٠٠٤١٢٧",
    "script": "<b>0199004127",
}
SIRETS = {
    "a digit wrong": "73282932000075",
    "13 digits": "7328293200007",
    "letters": "siret",
    "full-width": "７３２８２９３２００００７４",
}
SITES = {
    "a script": "javascript:alert(1)",
    "blanks": "www.a .example",
    "no dot": "entreprise",
    "data": "data:text/html,x",
}

CASES: list[tuple[str, str, str, str]] = [
    *((f"B58 {why}", "notifie_le", typed, "Cette date n’existe pas") for why, typed in DAYS.items()),
    ("B58 no day", "notifie_le", "", "Il manque quelque chose ici"),
    ("B58 end before start", "fin_le", "2020-01-01", "La fin du marché tombe avant sa notification"),
    ("B58 renewal before end", "reconduction_le", "2026-06-01", "La fin avec reconductions tombe avant"),
    ("B58 checked tomorrow", "repond_verifie", "2099-01-01", "Ce jour n’est pas encore arrivé"),
    *((f"B62 {why}", "heures", typed, "Donnez un nombre d’heures entier") for why, typed in HOURS.items()),
    *((f"B79 {why}", "repond_nom", typed, "e") for why, typed in NAMES.items()),
    *((f"B79 company {why}", "entreprise", typed, "e") for why, typed in NAMES.items()),
    *((f"B55 {why}", "repond_courriel", typed, "Cette adresse n’est pas valable") for why, typed in ADDRESSES.items()),
    *((f"phone {why}", "repond_tel", typed, "Ce numéro n’est pas valable") for why, typed in PHONES.items()),
    *((f"SIRET {why}", "siret", typed, "un SIREN a 9 chiffres, un SIRET en a 14") for why, typed in SIRETS.items()),
    *((f"site {why}", "site", typed, "Cette adresse de site") for why, typed in SITES.items()),
    ("unknown département", "departement", "975", "Choisissez un département"),
    ("unknown domaine", "domaine", "Espionnage", "Choisissez un domaine"),
    ("long object", "objet", "x" * 201, "Ce texte est trop long : 200 signes au plus."),
    ("long tasks", "taches", "x" * 501, "Ce texte est trop long : 500 signes au plus."),
    ("an object of nothing", "objet", "\u200b\ufeff", "Il manque quelque chose"),
]  # fmt: skip


def offer_of(scene: Scene) -> Parcours:
    """Return the offer whose record is edited."""
    return parcours_table.read_parcours(scene.empty.parcours_id)


def typed(head: Parcours, **changes: str) -> dict[str, str]:
    """Return what the form of the record sends, with some fields changed."""
    from chalicelib.domain.fields import list_typed_values

    fields = {name: value for name, value in list_typed_values(head).items() if name not in OF_BUYING}
    return {**fields, "version": str(head.edited), **changes}


@pytest.fixture(scope="module")
def buyer(scene: Scene) -> Client:
    """Return a browser signed in as a buyer with a new account."""
    account = factories.account(Role.BUYER)
    add_records(account)
    return http.signed_in(account)


def field_of(page: str, name: str) -> str:
    """Return the part of the page around one field."""
    match = re.search(rf'id="{name}-champ">(.*?)</div>', page, flags=re.DOTALL)
    assert match, name
    return html.unescape(match[1])


@pytest.mark.parametrize(("name", "field", "value", "says"), CASES, ids=[case[0] for case in CASES])
def test_a_field_that_cannot_be_taken_is_said_beside_it_and_everything_typed_stays(
    name: str, field: str, value: str, says: str, scene: Scene, buyer: Client, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    before = scene.world.everything()
    capsys.readouterr()

    body = typed(offer_of(scene), commune="Ville gardée", **{field: value})
    answer = buyer.post_form(f"/parcours/{scene.empty.parcours_id}/fiche", body)

    assert_refusal(answer, 422, None, "Ce que vous avez tapé est gardé")
    beside = field_of(answer.text, field)
    assert "octagon" in beside and says in beside.replace("\u00a0", " ")
    assert 'aria-invalid="true"' in beside
    assert 'value="Ville gardée"' in answer.text
    assert "Nadia\x07" not in capsys.readouterr().out
    assert scene.world.everything() == before


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_names_of_everywhere_are_taken(name: str, afresh: Scene) -> None:
    account = factories.account(Role.BUYER)
    add_records(account)
    head = offer_of(afresh)

    answer = http.signed_in(account).post_form(f"/parcours/{head.id}/fiche", typed(head, repond_nom=name))

    assert answer.status == 303
    kept = offer_of(afresh).company.contacts[0].name
    assert kept == name.replace("e\u0301", "é")


ODD = (
    "<script>alert(1)</script>",
    "Tonte {{7*7}}",
    "${jndi:x}",
    "a%0d%0aBcc: x",
    "<img src=x onerror=alert(1)>",
)


@pytest.mark.parametrize("text", ODD)
def test_markup_is_kept_as_text_and_shown_as_text(text: str, afresh: Scene) -> None:
    """B80: markup that is typed into the record is stored as typed and shown as text."""
    account = factories.account(Role.BUYER)
    add_records(account)
    head, client = offer_of(afresh), http.signed_in(account)

    body = typed(head, taches=text, objet=text, commune=text)
    answer = client.post_form(f"/parcours/{head.id}/fiche", body)

    kept = offer_of(afresh)
    assert answer.status == 303
    assert kept.placement.tasks == kept.contract.object == text
    for page in ("", "/fiche"):
        shown = client.get(f"/parcours/{head.id}{page}").text
        assert html.escape(text, quote=False) in shown
        assert "<script>alert" not in shown and "<img src=x" not in shown


@pytest.mark.parametrize("field", ["role", "statut", "tutor", "status", "edited", "jeune", "cle"])
def test_a_field_that_the_form_does_not_have_is_refused(field: str, scene: Scene, buyer: Client) -> None:
    head = offer_of(scene)

    answer = buyer.post_form(f"/parcours/{head.id}/fiche", typed(head, **{field: "x"}))

    assert_refusal(answer, 400, None, "un champ que cette page n’a pas")


@pytest.mark.parametrize("version", ["", "-1", "x", "1e3", "٠", "9" * 4_000, "0 "])
def test_a_version_that_no_page_wrote_is_refused(version: str, scene: Scene, buyer: Client) -> None:
    head = offer_of(scene)

    answer = buyer.post_form(f"/parcours/{head.id}/fiche", typed(head, version=version))

    assert_refusal(answer, 400, None, "Rouvrez la page")


@pytest.mark.parametrize("key", ["", "x" * 32, "A" * 32, "0" * 31, "0" * 33, "../x", "0" * 9_000])
def test_an_id_that_no_page_drew_is_refused(key: str, scene: Scene, buyer: Client) -> None:
    body = typed(offer_of(scene), cle=key, lot="nouveau")
    body.pop("version")

    assert_refusal(buyer.post_form("/offres/nouvelle", body), 400, None, "Rouvrez la page")


GESTURES = {
    "contacts": {"contact": "repond", "geste": "bon", "version": "0"},
    "tutrice": {"qui": "x", "depuis": "", "vu": ""},
    "retrait": {"geste": "retirer", "motif": "other"},
    "relance": {},
    "charge": {},
    "fiche": {},
}


@pytest.mark.parametrize("door", GESTURES)
def test_a_strangers_parcours_and_a_random_id_look_the_same(door: str, scene: Scene) -> None:
    account = factories.account(Role.BUYER, organisation="Région des Lacs")
    add_records(account)
    stranger = http.signed_in(account)
    body = GESTURES[door] or (typed(offer_of(scene)) if door == "fiche" else {})

    answers = [
        stranger.post_form(f"/parcours/{identifier}/{door}", body)
        for identifier in (scene.empty.parcours_id, secrets.token_hex(16), "x" * 200, "%2e%2e")
    ]

    assert {answer.status for answer in answers} == {404}
    assert len({re.sub(r"\s+", " ", answer.unnumbered.text) for answer in answers}) == 1


@pytest.mark.parametrize("door", GESTURES)
def test_a_form_of_another_site_is_refused(door: str, scene: Scene, buyer: Client) -> None:
    for origin in (None, "null", "https://evil.example"):
        answer = buyer.post_form(f"/parcours/{scene.empty.parcours_id}/{door}", GESTURES[door], origin=origin)
        assert_refusal(answer, 403, None, "elle ne vient pas de ce service")


@pytest.mark.parametrize(
    ("door", "body", "status"),
    [
        ("contacts", {"contact": "jeune", "geste": "bon", "version": "0"}, 400),
        ("contacts", {"contact": "repond", "geste": "efface", "version": "0"}, 400),
        ("contacts", {"contact": "repond", "geste": "corrige", "version": "0"}, 422),
        (
            "contacts",
            {"contact": "repond", "geste": "corrige", "version": "0", "contact_nom": "🌿", "contact_courriel": "x"},
            422,
        ),
        ("contacts", {"contact": "accueille", "geste": "bon", "version": "0"}, 409),
        ("retrait", {"geste": "retirer", "motif": "other"}, 409),
        ("retrait", {"geste": "retirer", "motif": "<script>"}, 409),
        ("retrait", {"geste": "remettre"}, 409),
    ],
)  # fmt: skip
def test_a_gesture_that_cannot_be_is_refused_and_nothing_changes(
    door: str, body: dict[str, str], status: int, scene: Scene, buyer: Client
) -> None:
    before = scene.world.everything()

    answer: Answer = buyer.post_form(f"/parcours/{scene.empty.parcours_id}/{door}", body)

    assert answer.status == status
    assert "<script>" not in answer.text
    assert scene.world.everything() == before


def test_nobody_can_be_assigned_who_is_no_tutor_or_on_no_day(afresh: Scene) -> None:
    free = factories.offer()
    coordinator, buyer = factories.account(Role.COORDINATOR), factories.account(Role.BUYER)
    closed = replace(factories.account(), closed_at=factories.NOON)
    changes = tuple(Change(None, account) for account in (coordinator, buyer, closed))
    transactions.commit(replace(attempt.declare(free, secrets.token_hex(16))))
    transactions.commit(Transition(changes=changes))
    client = http.signed_in(coordinator)

    for who in ("", "x", "x" * 5_000, coordinator.id, buyer.id, closed.id, "<script>"):
        answer = client.post_form(f"/parcours/{free.id}/tutrice", {"qui": who, "depuis": ""})
        assert_refusal(answer, 422, None, "Choisissez dans la liste")
    for day in ("2099-01-01", "2001-01-01", "2026-02-30", "hier"):
        answer = client.post_form(f"/parcours/{free.id}/tutrice", {"qui": afresh.tutor.id, "depuis": day})
        assert answer.status == 422
    assert parcours_table.read_parcours(free.id).tutor is None

"""Our mails carry nobody's message: a name is a name, an invitation says who invites, strangers are not invited by the dozen."""

import pytest

from chalicelib import config, letters
from chalicelib.domain import texts
from chalicelib.errors import FieldInvalid
from chalicelib.stores import parcours
from tests import factories, http, people, relays
from tests.conftest import Clock
from tests.http import Answer
from tests.people import NEW, Cast, fresh, invited, mails_leave, said
from tests.worlds import World

LURE = "Votre compte expire : https://compte.exemple.fr"
LURES = [
    LURE,
    "Cliquez sur www.exemple.fr",
    "WWW.exemple.fr",
    "aide@exemple.fr",
    "\uff48ttps\uff1a//exemple.fr",
    "hxxp:\u200d//exemple.fr",
    "exemple.fr/compte",
    "Allez sur exemple.com",
    "Compte expire, exemple\u3002fr",
    "exemple\uff0efr",
    "Appelez le 08 99 12 34 56",
    "Appelez le 0899123456",
    "Compte expiré : répondez vite",
    "Compte expiré !",
    "Gagnez 100 €",
    "<b>Urgent</b>",
    "🎁 Cadeau",
]
HONEST = [
    "Marie-Laure Estève",
    "Éléonore d’Aubigné",
    "Sinéad O'Brien",
    "J.-P. Martin",
    "M. Dupont",
    "M.Dupont",
    "Dr.Martin",
    "Mme.Le Goff",
    "Zoé Anne Nguyễn Thị Hồng",
    "María José Núñez Ibáñez (remplaçante)",
    "محمد علي",
    "李小龙",
]

FUNCTIONS = [
    "conseillère n° 2",
    "RH / accueil",
    "chargée d’insertion (MLDS), référente",
    "bac +2",
    "dir. achats & marchés",
]
FIRMS = [
    "S.A.R.L. Dupont & Fils",
    "Ets.Durand",
    "3M",
    "EDF R&D",
    "L’Oréal",
    "Lycée n° 12 – annexe 2",
    "Préfecture de région / SGAR",
    "Ministère de l’Intérieur, direction des achats",
    "Métropole Aix-Marseille·Provence",
    "U.G.A.P.",
    "Mairie du 13e",
    "Booking.com",
    "Région : lycées",
]


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    return people.cast()


@pytest.mark.parametrize("lure", LURES)
def test_a_name_that_is_no_name_is_refused(lure: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        texts.name(lure, "nom")
    assert refused.value.facts["reason"] in {"link_text", "name_text", "odd_text"}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_passes(name: str) -> None:
    assert texts.name(name, "nom") == name


@pytest.mark.parametrize("text", FUNCTIONS)
def test_an_honest_function_passes(text: str) -> None:
    assert texts.function(text, "fonction") == text


@pytest.mark.parametrize("text", FIRMS)
def test_the_name_of_a_firm_or_a_ministry_passes(text: str) -> None:
    assert texts.trade_name(text, "entreprise") == text


@pytest.mark.parametrize("text", LURES[:7])
def test_a_line_of_a_record_holds_no_link(text: str) -> None:
    with pytest.raises(FieldInvalid):
        texts.one_line(text, "objet", most=200)


@pytest.mark.parametrize(
    "text",
    ["Entretien : lot 2, 50 % (cf. CCTP art. 4.2)", "Maintenance data.gouv.fr", "Tri 24h/24, quai n°3 !"],
)
def test_a_line_of_a_record_says_what_it_must(text: str) -> None:
    assert texts.one_line(text, "objet", most=200)


def _renames(account: object, **typed: str) -> Answer:
    client = http.signed_in(account)  # type: ignore[arg-type]
    stands = fresh(account)  # type: ignore[arg-type]
    own = {"nom": stands.name, "fonction": stands.function, "telephone": "", "departement": ""}
    return client.post_form("/compte", {**own, "revision": str(stands.revision), **typed})


@pytest.mark.parametrize("field", ["nom", "fonction"])
def test_a_buyer_who_renames_herself_makes_no_mail_say_it(world: World, cast: Cast, field: str) -> None:
    answer = _renames(cast.buyer, **{field: LURE})

    assert answer.status == 422 and LURE in said(answer)  # what was typed stays
    assert "compte.exemple.fr" not in world.everything()
    invited(http.signed_in(cast.buyer), adresse="inconnue@ailleurs.example")
    mails_leave(world)
    assert [mail for mail in world.mails() if "expire" in mail.as_string()] == []


@pytest.mark.parametrize("field", ["nom", "fonction", "organisation"])
def test_an_invited_person_is_called_by_a_name_only(world: World, cast: Cast, field: str) -> None:
    typed = {"achat": "1", "organisation": "Un ministère", field: LURE}
    answer = invited(http.signed_in(cast.team), **typed)

    assert answer.status == 422
    assert "Retirez-la" in said(answer) and NEW["adresse"] in said(answer)
    assert mails_leave(world) == []


def test_what_a_record_says_is_no_link_in_a_mail() -> None:
    """« Booking.com » is a company; a mail program would make a link of it."""
    said = letters.unlinked({"entreprise": "Booking.com", "marche": "Lot 2, art. 4.2", "heures": 300})

    assert said == {"entreprise": "Booking.\u2060com", "marche": "Lot 2, art. 4.2", "heures": 300}


def test_a_mail_makes_no_link_of_what_a_record_says(world: World, time: Clock) -> None:
    offer = factories.offer()
    named = offer.contract.model_copy(update={"object": "Compte expire, compte.exemple.fr"})
    relays.started(world, offer=offer.but(contract=named)).sends()

    assert world.mails()
    for mail in world.mails():
        bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
        said = [str(mail["Subject"]), *(str(body.get_content()) for body in bodies if body)]
        assert not [text for text in said if "exemple.fr" in text]
        assert any("exemple.\u2060fr" in text for text in said)


def test_an_invitation_says_at_which_address_its_inviter_signs_in(world: World, cast: Cast) -> None:
    invited(http.signed_in(cast.buyer))
    mails_leave(world)

    (mail,) = world.mails()
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None and cast.buyer.address in body.get_content()


def test_one_account_invites_so_many_strangers_a_day_and_no_more(
    world: World, cast: Cast, time: Clock
) -> None:
    client, most = http.signed_in(cast.buyer), config.settings().invitations_per_day
    for place in range(most):
        assert invited(client, cle=f"{place:032x}", adresse=f"x{place}@ailleurs.example").status == 303

    refused = invited(client, cle="f" * 32, adresse="encore@ailleurs.example")

    assert refused.status == 429
    assert "encore@ailleurs.example" in said(refused) and "Limite du jour" in said(refused)
    assert parcours.account_of("encore@ailleurs.example") is None
    time.passes(minutes=61)
    first = parcours.account_of("x0@ailleurs.example")
    assert first is not None
    assert http.signed_in(cast.buyer).post_form(f"/comptes/{first.id}/invitation", {}).status == 429
    time.passes(days=1)
    again = http.signed_in(cast.buyer)
    assert invited(again, cle="f" * 32, adresse="encore@ailleurs.example").status == 303


def test_a_form_sent_twice_counts_once(world: World, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVITATIONS_PER_DAY", "1")
    config.settings.cache_clear()
    client = http.signed_in(cast.buyer)

    assert [invited(client).status for _ in range(3)] == [303, 303, 303]
    monkeypatch.undo()
    config.settings.cache_clear()

"""Our mails carry nobody's message: a name is a name, an invitation says who invites, strangers are not invited by the dozen."""

import re
from dataclasses import replace
from email.message import EmailMessage

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.managing import hash_profile
from chalicelib.domain.kernel import texts
from chalicelib.domain.kernel.transition import MailKind, OutboxMail
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid
from chalicelib.mails import letters
from chalicelib.mails.views import Exact, Person
from chalicelib.stores import parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork
from chalicelib.stories.kit import quotas
from chalicelib.stories.mails import notices
from infra.local.mail_samples import MARKET, SHORT
from tests.conftest import Clock
from tests.support import factories, http, meetings, people, relays
from tests.support.http import Answer
from tests.support.people import NEW, Cast, invite, page_text, read_account, send_waiting_mails
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

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
    "Exemple.Fr",
    "x.caf.exemple.FR",
    "a.fr",
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
    "Ph.Martin",
    "Ph.Le Goff",
    "Ph.Li",
    "J.P.Li",
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
    "Resp.achats",
    "Resp.RH",
    "Dir.SI",
    "Conseiller.es",
    "Acheteur.euse",
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
    """One account of each kind."""
    return people.cast()


def test_a_name_with_a_message_in_it_is_refused() -> None:
    for lure in LURES:
        with pytest.raises(FieldInvalid) as refused:
            texts.read_name(lure, "nom")
            pytest.fail(lure)
        assert refused.value.facts["reason"] in {"link_text", "name_text", "odd_text"}, lure


def test_ordinary_names_are_accepted() -> None:
    for name in HONEST:
        assert texts.read_name(name, "nom") == name


def test_ordinary_functions_are_accepted() -> None:
    for text in FUNCTIONS:
        assert texts.read_function(text, "fonction") == text


def test_names_of_companies_and_ministries_are_accepted() -> None:
    for text in FIRMS:
        assert texts.read_trade_name(text, "entreprise") == text


def test_names_of_buying_organisations_are_accepted() -> None:
    for text in [company for company in FIRMS if company != "Booking.com"]:
        assert texts.read_organisation(text, "organisation") == text


@pytest.mark.parametrize(
    "lure",
    [
        "compte-expire.fr",
        "Booking.com",
        "Votre compte expire sur compte.exemple.fr",
        "Votre compte expire ! Appelez le 08 99 12 34 56",
        "Appelez le 08 99 12 34 56",
        "Votre compte expire, répondez ?",
    ],
)
def test_an_organisation_that_is_a_message_is_refused(world: World, cast: Cast, lure: str) -> None:
    answer = invite(http.signed_in(cast.team), achat="1", organisation=lure)

    assert answer.status == 422 and NEW["adresse"] in page_text(answer)
    assert send_waiting_mails(world) == []


@pytest.mark.parametrize("lure", ["Compte expiré !", "Appelez le 0899123456", "Compte expire, répondez ?"])
def test_a_company_name_that_is_a_sentence_is_refused(lure: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        texts.read_trade_name(lure, "entreprise")
    assert refused.value.facts["reason"] == "name_text"


@pytest.mark.parametrize("text", LURES[:7])
def test_a_record_field_with_a_link_is_refused(text: str) -> None:
    with pytest.raises(FieldInvalid):
        texts.read_line(text, "objet", most=200)


@pytest.mark.parametrize(
    "text",
    [
        "Entretien : lot 2, 50 % (cf. CCTP art. 4.2)",
        "Maintenance data.gouv.fr",
        "Tri 24h/24, quai n°3 !",
        "Lot 2.Peinture/façade",
        "J.Ferry/lot 3",
        "Voir la fiche (cf.INRS/doc)",
        "Rdv à 9h@accueil",
    ],
)
def test_ordinary_record_fields_are_accepted(text: str) -> None:
    assert texts.read_line(text, "objet", most=200)


def _renames(account: object, **typed: str) -> Answer:
    """Send the form of one's own account with these fields changed."""
    client = http.signed_in(account)  # type: ignore[arg-type]
    stored_account = read_account(account)  # type: ignore[arg-type]
    own = {
        "nom": stored_account.name,
        "fonction": stored_account.function,
        "telephone": "",
        "departement": "",
    }
    return client.post_form("/compte", {**own, "revision": hash_profile(stored_account), **typed})


@pytest.mark.parametrize("field", ["nom", "fonction"])
def test_a_buyer_who_renames_herself_makes_no_mail_say_it(world: World, cast: Cast, field: str) -> None:
    answer = _renames(cast.buyer, **{field: LURE})

    assert answer.status == 422 and LURE in page_text(answer)  # what was typed stays
    assert "compte.exemple.fr" not in world.everything()
    invite(http.signed_in(cast.buyer), adresse="inconnue@ailleurs.example")
    send_waiting_mails(world)
    assert [mail for mail in world.mails() if "expire" in mail.as_string()] == []


@pytest.mark.parametrize("field", ["nom", "fonction", "organisation"])
def test_an_invited_person_is_called_by_a_name_only(world: World, cast: Cast, field: str) -> None:
    typed = {"achat": "1", "organisation": "Un ministère", field: LURE}
    answer = invite(http.signed_in(cast.team), **typed)

    assert answer.status == 422
    assert "Enlevez-la" in page_text(answer) and NEW["adresse"] in page_text(answer)
    assert send_waiting_mails(world) == []


def test_what_people_typed_is_no_link_in_a_mail_however_deep_it_stands() -> None:
    """« Booking.com » is a company; a mail program would make a link of it. Our own links stay as they are."""
    url, address = Exact("https://passe-plat.example/parcours/1"), Exact("a@ministere.example")
    market = replace(MARKET, entreprise="Booking.com", marche="Lot 2, art. 4.2")
    lines = ("www.1.fr", Exact(f"Elle écrit à {address}."))
    view = replace(
        SHORT, parcours=market, who=Person("http://1.2.3.4", address), lines=lines, parcours_url=url
    )

    said = letters.break_links(view)

    assert said == replace(
        view,
        parcours=replace(market, entreprise="Booking.\u2060com"),
        who=Person("http:\u2060//1.2.3.4", address),
        lines=("www.\u20601.\u2060fr", f"Elle écrit à {address}."),
    )


def _texts_of(mail: EmailMessage) -> list[str]:
    """Return every text of a mail: sender, subject, plain text and HTML."""
    bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
    texts = [str(mail["From"]), str(mail["Subject"])]
    return texts + [str(body.get_content()) for body in bodies if body]


def test_a_name_of_former_rules_is_no_link_in_a_mail(world: World, cast: Cast) -> None:
    """A name that was stored before this rule, or written straight into the table, is made no link in a mail either."""
    former = replace(
        factories.account(Role.BUYER, name="compte-expire.fr", organisation="x.exemple.fr"),
        function="www.exemple.fr",
    )
    people.stand(former)
    invite(http.signed_in(former))
    send_waiting_mails(world)

    (mail,) = world.mails()
    assert not [text for text in _texts_of(mail) if re.search(r"expire\.fr|exemple\.fr|www\.e", text)]
    assert former.address in _texts_of(mail)[2] and "/connexion" in _texts_of(mail)[2]


def test_a_mail_about_changed_contacts_makes_no_link_of_a_record(world: World, time: Clock) -> None:
    offer = factories.offer()
    named = replace(offer.contract, object="Compte expire, compte.exemple.fr")
    head = replace(factories.offer(), contract=named)
    agent = factories.account(name="compte.exemple.fr")
    tutor = factories.account()
    add_records(head, agent, tutor)
    waiting = OutboxMail(
        key="c" * 32,
        kind=MailKind.CONTACTS_CHANGED,
        created_at=time.now,
        account=tutor.id,
        about=agent.id,
        contacts={head.id: ("buyer.removed",)},
    )

    mail = notices.write(UnitOfWork(), waiting)

    assert mail is not None
    assert not [text for text in _texts_of(mail) if "exemple.fr" in text]
    assert f"/parcours/{head.id}" in _texts_of(mail)[2]


def test_no_calendar_makes_a_link_of_where_a_meeting_is(world: World, time: Clock) -> None:
    offer = factories.offer()
    place = replace(offer.placement, place="compte.exemple.fr")
    relay = relays.started(world, offer=replace(offer, placement=place))
    account = read_account(relay.tutor)
    former = replace(account, name="nom.exemple.fr")  # older than the rule of names
    change_record(account, former)
    page = meetings.Page(relay)
    meetings.accepts(page, page.proposes_in_days(20)[0])

    invitations = meetings.invitations(page)
    assert invitations
    for mail in invitations:
        parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        texts = [part.decode() for part in parts if isinstance(part, bytes)]
        assert len(texts) == len(parts)
        assert not [text for text in texts if "exemple.fr" in text.replace("\r\n ", "")]


def test_reopening_an_account_counts_as_an_invitation(world: World, cast: Cast) -> None:
    for _ in range(quotas.INVITATION.most - 2):
        quotas.count(quotas.INVITATION, cast.team.id, clock.utc_now())
    target, answers = cast.colleague, []
    for _ in range(3):
        account = read_account(target)
        change_record(account, replace(account, closed_at=clock.utc_now()))
        client = http.signed_in(cast.team)
        answers += [client.post_form(f"/comptes/{target.id}/reouverture", {}).status for _ in range(2)]

    assert answers == [303, 303, 303, 303, 429, 429]  # pressed twice, it counts once
    assert read_account(target).closed_at is not None


def test_a_mail_makes_no_link_of_what_a_record_says(world: World, time: Clock) -> None:
    offer = factories.offer()
    named = replace(offer.contract, object="Compte expire, compte.exemple.fr")
    relays.started(world, offer=replace(offer, contract=named)).sends()

    assert world.mails()
    for mail in world.mails():
        texts = _texts_of(mail)
        assert not [text for text in texts if "exemple.fr" in text]
        assert any("exemple.\u2060fr" in text for text in texts)


def test_an_invitation_says_at_which_address_its_inviter_signs_in(world: World, cast: Cast) -> None:
    invite(http.signed_in(cast.buyer))
    send_waiting_mails(world)

    (mail,) = world.mails()
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None and cast.buyer.address in body.get_content()


def test_one_account_invites_so_many_strangers_a_day_and_no_more(
    world: World, cast: Cast, time: Clock
) -> None:
    if time.now.hour == 23:  # all of it happens within one day
        time.passes(hours=1)
    client, most = http.signed_in(cast.buyer), quotas.INVITATION.most
    for place in range(most):
        assert invite(client, cle=f"{place:032x}", adresse=f"x{place}@ailleurs.example").status == 303

    refused = invite(client, cle="f" * 32, adresse="encore@ailleurs.example")

    assert refused.status == 429
    assert "encore@ailleurs.example" in page_text(
        refused
    ) and "Vous avez atteint la limite du jour" in page_text(refused)
    assert parcours_table.find_account("encore@ailleurs.example") is None
    time.passes(minutes=61)
    first = parcours_table.find_account("x0@ailleurs.example")
    assert first is not None
    assert http.signed_in(cast.buyer).post_form(f"/comptes/{first.id}/invitation", {}).status == 429
    time.passes(days=1)
    again = http.signed_in(cast.buyer)
    assert invite(again, cle="f" * 32, adresse="encore@ailleurs.example").status == 303


def test_a_form_sent_twice_counts_once(world: World, cast: Cast) -> None:
    for _ in range(quotas.INVITATION.most - 1):
        quotas.count(quotas.INVITATION, cast.buyer.id, clock.utc_now())
    client = http.signed_in(cast.buyer)

    assert [invite(client).status for _ in range(3)] == [303, 303, 303]

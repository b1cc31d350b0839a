"""People, through the pages: inviting, correcting, closing and handing over, being away, the first account."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

from chalicelib import clock
from chalicelib.domain.accounts import managing
from chalicelib.domain.accounts.managing import Invitation, Profile, hash_profile
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.people import CallHours, SavedView
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import SignedOut
from chalicelib.stores import aws, items, parcours_table, rows, transactions
from chalicelib.stores import parcours_table as store
from chalicelib.stories.accounts import closing
from chalicelib.stories.accounts import managing as stories
from chalicelib.stories.kit import quotas
from tests.conftest import Clock
from tests.faults.wire import Tap
from tests.support import factories, http, mail_rules, people, relays
from tests.support.people import (
    KEY,
    NEW,
    Cast,
    find_account,
    invite,
    page_text,
    read_account,
    send_waiting_mails,
    stand,
)
from tests.support.worlds import World
from tests.support.writing import change_record


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


def test_a_coordinator_invites_a_tutor_of_her_academie_and_the_mail_says_who(
    world: World, cast: Cast
) -> None:
    answer = invite(http.signed_in(cast.coordinator), departement="21", telephone="01 99 00 00 01")

    made = find_account(NEW["adresse"])
    assert (answer.status, answer.headers["location"]) == (303, "/comptes?fait=demande")
    assert (made.roles, made.academie, made.departement) == (frozenset({Role.TUTOR}), "Dijon", "21")
    assert send_waiting_mails(world) == [f"{NEW['adresse']}: Votre compte Passe-plat est ouvert"]
    (mail,) = world.mails()
    text = mail_rules.read_body(mail, "plain")
    assert "Hélène Vautrin" in text
    assert "/connexion" in text and "/retrait" not in text
    assert str(mail["Reply-To"]) == cast.coordinator.address


def test_the_team_invites_any_role_and_a_buyer_her_prescriber(cast: Cast) -> None:
    team, buyer = http.signed_in(cast.team), http.signed_in(cast.buyer)

    assert invite(team, tutrice="1", coordination="1", academie="Lyon").status == 303
    assert invite(buyer, cle="d" * 32, adresse="p@ministere.example").status == 303
    assert invite(team, cle="e" * 32, adresse="e@csf.example", equipe="1").status == 303

    assert find_account(NEW["adresse"]).roles == {Role.TUTOR, Role.COORDINATOR}
    prescriber = find_account("p@ministere.example")
    assert (prescriber.roles, prescriber.organisation) == (
        frozenset({Role.PRESCRIBER}),
        "Ministère des Ouvrages",
    )
    assert find_account("e@csf.example").is_team


def test_team_and_field_together_are_refused_and_what_was_typed_stays(world: World, cast: Cast) -> None:
    before = world.everything()
    answer = invite(http.signed_in(cast.team), equipe="1", tutrice="1", academie="Lyon")

    assert answer.status == 422
    assert "Un compte est de l’équipe, ou a d’autres rôles, jamais les deux." in page_text(answer)
    assert NEW["adresse"] in page_text(answer) and 'name="tutrice" value="1" checked' in answer.text
    assert world.everything().count(NEW["adresse"]) == before.count(NEW["adresse"]) == 0


def test_a_form_sent_twice_makes_one_account_and_one_mail(world: World, cast: Cast) -> None:
    client = http.signed_in(cast.coordinator)

    assert [invite(client).status for _ in range(2)] == [303, 303]
    assert len(send_waiting_mails(world)) == 1


def test_of_two_invitations_of_one_address_one_wins(world: World, cast: Cast) -> None:
    """Two invitations of one address are decided before either is written: only the first one is written."""
    profile = managing.check_profile(
        Profile(name="A B", function="MLDS", roles=frozenset({Role.TUTOR}), academie="Dijon")
    )
    steps = [
        managing.invite(
            cast.team,
            Invitation(profile, "x@academie.example", key * 32),
            same_key=None,
            address_owner=None,
            inputs=factories.decision_inputs(clock.utc_now()),
        )
        for key in "ab"
    ]
    transactions.commit(steps[0])
    with pytest.raises(transactions.LostRace):
        transactions.commit(steps[1])

    assert find_account("x@academie.example").id == "a" * 32
    again = invite(http.signed_in(cast.team), adresse="X@academie.example", equipe="1")
    assert again.status == 409
    assert "Un compte existe déjà à cette adresse" in page_text(again)


def test_an_invitation_says_of_no_stranger_whether_she_has_an_account(world: World, cast: Cast) -> None:
    """Whether the address has an open account, a closed one or none, the answer is the same and the attempt is counted."""
    most, client = quotas.INVITATION.most, http.signed_in(cast.buyer)
    gone = replace(factories.account(), closed_at=clock.utc_now())
    stand(gone)
    addresses = [cast.tutor.address, gone.address, *(f"a{number}@x.example" for number in range(most))]

    answers = [_asks(client, address, f"{number:032x}") for number, address in enumerate(addresses)]

    assert {(answer.status, answer.headers["location"]) for answer in answers[:most]} == {
        (303, "/comptes?fait=demande")
    }
    assert [answer.status for answer in answers[most:]] == [429, 429]
    assert _asks(client, cast.tutor.address, "f" * 32).status == 429, "nor does the quota"
    assert (read_account(gone).closed_at, read_account(cast.tutor).name) == (gone.closed_at, cast.tutor.name)
    assert len(send_waiting_mails(world)) == most - 2
    assert "S’il n’y paraît pas" in page_text(client.get("/comptes?fait=demande"))


@pytest.mark.parametrize("place", range(10))
def test_an_invitation_that_is_sent_twice_at_once_passes_no_quota(
    world: World, cast: Cast, place: int
) -> None:
    """A whole second invitation runs before a call of the first: both together stay within the quota."""
    client = http.signed_in(cast.buyer)
    for number in range(quotas.INVITATION.most):
        _asks(client, f"a{number}@x.example", f"{number:032x}")
    twins: list[int] = []

    def act(*_: object) -> None:
        tap.asleep = True
        twins.append(_asks(http.Client(dict(client.cookies)), "b@x.example", KEY).status)
        tap.asleep = False

    with Tap(act=act, place=place).open() as tap:
        answer = _asks(client, "b@x.example", KEY)

    assert {answer.status, *twins} == {429}
    assert store.find_account("b@x.example") is None


def _asks(client: http.Client, address: str, key: str) -> http.Answer:
    """Invite somebody by this address, with this key of the form."""
    return invite(client, adresse=address, cle=key)


def test_the_address_of_a_closed_account_asks_before_it_reopens(world: World, cast: Cast) -> None:
    gone = replace(factories.account(name="Ancienne"), closed_at=clock.utc_now())
    stand(gone)
    client = http.signed_in(cast.coordinator)

    first = invite(client, adresse=gone.address)
    second = invite(client, adresse=gone.address, rouvrir="1")

    assert (first.status, second.status) == (422, 303)
    assert "Rouvrir ce compte" in page_text(first)
    assert (read_account(gone).closed_at, read_account(gone).name) == (None, NEW["nom"])
    assert len(send_waiting_mails(world)) == 1


def test_past_the_days_quota_the_page_of_an_account_says_why_no_invitation_leaves(cast: Cast) -> None:
    for _ in range(quotas.INVITATION.most):
        quotas.count(quotas.INVITATION, cast.coordinator.id, clock.utc_now())

    answer = http.signed_in(cast.coordinator).post_form(f"/comptes/{cast.tutor.id}/invitation", {})

    assert answer.status == 429 and "limite du jour" in page_text(answer)


def test_an_invitation_leaves_again_after_an_hour(world: World, cast: Cast, time: Clock) -> None:
    client = http.signed_in(cast.coordinator)
    invite(client)

    assert client.post_form(f"/comptes/{KEY}/invitation", {}).status == 303, "it has just left"
    time.passes(minutes=5)
    early = client.post_form(f"/comptes/{KEY}/invitation", {})
    time.passes(hours=1)
    later = http.signed_in(cast.coordinator).post_form(f"/comptes/{KEY}/invitation", {})

    assert (early.status, later.status) == (422, 303)
    assert "il y a moins d’une heure" in page_text(early)
    assert len(send_waiting_mails(world)) == 2


def test_the_list_shows_each_her_people_and_finds_them(cast: Cast) -> None:
    far = factories.account(academie="Lille", name="Loin D’ici")
    gone = replace(factories.account(name="Partie Hier"), closed_at=clock.utc_now())
    stand(far, gone)
    coordinator, team = http.signed_in(cast.coordinator), http.signed_in(cast.team)

    listed = page_text(coordinator.get("/comptes"))
    assert cast.tutor.name in listed and cast.colleague.name in listed
    assert not [person for person in (far, gone, cast.buyer, cast.team) if person.address in listed]
    assert gone.name in page_text(coordinator.get("/comptes?etat=fermes"))
    assert far.name in page_text(team.get("/comptes"))
    assert cast.tutor.name not in page_text(team.get("/comptes?academie=Lille"))
    matching = page_text(team.get("/comptes?q=WASSILA%20ferr"))
    assert cast.colleague.name in matching and far.name not in matching
    assert "Aucun compte avec ces filtres" in page_text(team.get("/comptes?q=%3Cscript%3E&page=99999&etat=x"))


def test_more_than_400_people_are_said_and_an_address_is_found_all_the_same(world: World, cast: Cast) -> None:
    crowd = [factories.account(name=f"Aa {place:03}") for place in range(store.MOST_PEOPLE)]
    written: list[WriteRequestTypeDef] = [
        {"PutRequest": {"Item": items.encode_item(rows.build_rows(account)[1])}} for account in crowd
    ]
    for start in range(0, len(written), 25):
        aws.dynamodb().batch_write_item(
            RequestItems={world.environment["PARCOURS_TABLE"]: written[start : start + 25]}
        )
    team = http.signed_in(cast.team)

    assert "Plus de 400 comptes, affinez" in page_text(team.get("/comptes"))
    assert cast.colleague.name not in page_text(team.get("/comptes?q=Wassila"))
    assert cast.colleague.name in page_text(team.get(f"/comptes?q={cast.colleague.address}"))


def test_an_edit_of_an_older_version_keeps_what_was_typed(cast: Cast) -> None:
    client, path = http.signed_in(cast.coordinator), f"/comptes/{cast.tutor.id}"
    form = {
        "nom": "M.-L. Estève",
        "fonction": "tutrice MLDS",
        "telephone": "",
        "departement": "71",
        "revision": hash_profile(read_account(cast.tutor)),
    }

    first = client.post_form(path, form)
    again = client.post_form(path, form)
    late = client.post_form(path, form | {"nom": "Une autre idée"})
    now = hash_profile(read_account(cast.tutor))
    over = client.post_form(path, form | {"nom": "Une autre idée", "revision": now})

    assert [answer.status for answer in (first, again, late, over)] == [303, 303, 409, 303]
    assert "Modifié entre-temps" in page_text(late) and 'value="Une autre idée"' in page_text(late)
    assert f'name="revision" value="{now}"' in late.text
    assert (read_account(cast.tutor).name, read_account(cast.tutor).departement) == ("Une autre idée", "71")


def test_one_corrects_one_s_own_name_and_no_right_though_a_view_was_kept_meanwhile(cast: Cast) -> None:
    client = http.signed_in(cast.tutor)
    form = {"nom": "Nguyễn O’Brien", "fonction": "MLDS", "telephone": "", "departement": ""}
    form["revision"] = hash_profile(read_account(cast.tutor))
    stored = read_account(cast.tutor)
    change_record(stored, replace(stored, views=(SavedView(name="Ma liste", query="academie=Dijon"),)))

    assert client.post_form("/compte", form).status == 303
    assert client.post_form("/compte", form | {"equipe": "1"}).status == 400
    assert (read_account(cast.tutor).name, read_account(cast.tutor).roles) == (
        "Nguyễn O’Brien",
        frozenset({Role.TUTOR}),
    )


def test_a_tutor_says_when_to_be_called_and_who_manages_the_account_keeps_it(cast: Cast) -> None:
    tutor, boss = http.signed_in(cast.tutor), http.signed_in(cast.coordinator)
    form = {"nom": "Marie-Laure Estève", "fonction": "MLDS", "telephone": "", "departement": ""}
    own = form | {"joindre": "morning", "revision": hash_profile(read_account(cast.tutor))}

    assert tutor.post_form("/compte", own).status == 303
    shown = tutor.get("/compte").text
    managed = form | {"revision": hash_profile(read_account(cast.tutor))}
    assert boss.post_form(f"/comptes/{cast.tutor.id}", managed | {"fonction": "tutrice"}).status == 303

    assert '<option value="morning" selected>' in shown
    assert read_account(cast.tutor).call_hours is CallHours.MORNING


def days(time: Clock, first: int, last: int) -> dict[str, str]:
    """Return the fields of an absence that begins and ends so many days from now."""
    day = day_of(time.now)
    return {"du": (day + timedelta(first)).isoformat(), "au": (day + timedelta(last)).isoformat()}


def test_an_absence_reaches_each_parcours_in_preparation_once_and_gives_the_turn(
    world: World, cast: Cast, time: Clock
) -> None:
    taken, boss = relays.takes(world, cast.tutor), http.signed_in(cast.coordinator)
    client = http.signed_in(cast.tutor)

    assert [client.post_form("/compte/absence", days(time, -1, 10)).status for _ in range(2)] == [303, 303]
    assert taken.event_kinds().count(EventKind.ABSENCE_ANNOUNCED) == 1
    assert "À vous" in page_text(boss.get("/parcours"))
    assert client.post_form("/compte/retour", {}).status == 303
    assert taken.head().tutor_absence is None
    assert read_account(cast.tutor).absence is None
    assert boss.post_form(f"/comptes/{cast.tutor.id}/absence", days(time, 0, 3)).status == 303
    assert parcours_table.read_page(taken.parcours_id).events[-1].actor is Role.COORDINATOR


def test_an_absence_says_by_name_who_takes_over(world: World, cast: Cast, time: Clock) -> None:
    tutor, boss = http.signed_in(cast.tutor), http.signed_in(cast.coordinator)
    of_hers = f"/comptes/{cast.tutor.id}"
    assert "Hélène Vautrin prend le relais si un parcours commence d’ici là." in page_text(
        tutor.get("/compte")
    )
    relays.takes(world, cast.tutor)
    relays.takes(world, cast.tutor)

    assert "Hélène Vautrin prend le relais sur vos 2 parcours en cours." in page_text(tutor.get("/compte"))
    tutor.post_form("/compte/absence", days(time, 0, 3))
    assert "Hélène Vautrin prend le relais sur vos 2" in page_text(tutor.get("/compte"))
    assert "Hélène Vautrin prend le relais sur ses 2" in page_text(boss.get(of_hers))
    stand(factories.account(Role.COORDINATOR, name="Émile Alix"))
    assert "Émile Alix et Hélène Vautrin prennent le relais" in page_text(tutor.get("/compte"))

    alone = factories.account(academie="Amiens")
    stand(alone)
    text = page_text(http.signed_in(alone).get("/compte"))
    assert "Personne ne coordonne encore l’académie d’Amiens : l’équipe prend le relais" in text


def test_the_coordinator_of_a_passage_stands_in_alone_and_all_of_them_once_she_has_left(
    world: World, cast: Cast, time: Clock
) -> None:
    other = factories.account(Role.COORDINATOR, name="Émile Alix")
    stand(other)
    relays.takes(world, cast.tutor, replace(factories.offer(), coordinator=other.id))

    assert stories.read_cover(cast.tutor, None, now=time.now).stand_ins == ("Émile Alix",)
    stored = read_account(other)
    change_record(stored, replace(stored, closed_at=time.now))
    assert stories.read_cover(cast.tutor, None, now=time.now).stand_ins == ("Hélène Vautrin",)


def test_who_acts_while_the_account_is_closed_reads_that_the_session_is_over(cast: Cast) -> None:
    closing.close(cast.team, cast.tutor.id, now=clock.utc_now())

    with pytest.raises(SignedOut) as refused:
        stories.forget_view(cast.tutor, "Les miens")

    assert refused.value.facts == {"expired": True}


def test_an_account_of_another_is_one_that_never_was(world: World, cast: Cast) -> None:
    prescriber = factories.account(Role.PRESCRIBER)
    stand(prescriber)
    before = world.everything()
    for person in (cast.tutor, cast.buyer, prescriber):
        client = http.signed_in(person)
        for path in (
            f"/comptes/{cast.colleague.id}",
            f"/comptes/{'0' * 32}",
            f"/comptes/{cast.team.id}/fermeture",
        ):
            assert client.get(path).status == 404
    for person in (cast.tutor, prescriber):
        for path in ("/comptes", "/comptes/nouveau"):
            assert http.signed_in(person).get(path).status == 404
        assert invite(http.signed_in(person)).status == 404
    assert NEW["adresse"] not in world.everything()
    assert before.count("account#") == world.everything().count("account#")

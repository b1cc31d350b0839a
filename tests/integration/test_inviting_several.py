"""Several people invited at once: what is read of a pasted list, what is done once, and what stays to be done."""

import html
import re
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.accounts.invitees import MOST_LINES, parse_invitees
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid
from chalicelib.stores import parcours_table
from chalicelib.stories.kit import quotas, several
from chalicelib.stories.kit.several import act_on_each
from tests.conftest import Clock
from tests.support import http, people
from tests.support.http import Answer, Client
from tests.support.people import KEY, Cast, find_account, page_text, send_waiting_mails
from tests.support.worlds import World

EIGHT = """Anaïs Roumégas, a.roumegas@academie.example
Bruno Sarrazin <bruno.sarrazin@academie.example>;
c.tallec@academie.example\tClaire Tallec
"Denis Urvoy" d.urvoy@academie.example
elise.vasseur@academie.example
Farid Zerrouki;f.zerrouki@academie.example
[Gaëlle Abgrall](mailto:g.abgrall@academie.example)

Hugo Bélanger h.belanger@academie.example"""
PASTED = EIGHT.replace("](mailto:", " ").replace("[Gaëlle", "Gaëlle").replace("example)", "example")


@pytest.fixture
def cast(world: World, time: Clock) -> Cast:
    """One account of each kind."""
    return people.cast()


def post(client: Client, pasted: str, **changes: str) -> Answer:
    """Send the form of the list, with some of its fields changed."""
    return client.post_form(
        "/comptes/plusieurs", {"personnes": pasted, "fonction": "MLDS", "cle": KEY} | changes
    )


def confirm(client: Client, shown: Answer) -> Answer:
    """Press the button that the page shows under the list."""
    form = re.search(r'<form method="post" action="/comptes/plusieurs">(.*?)</form>', shown.text, re.S)
    assert form is not None, page_text(shown)
    fields = re.findall(r'name="([^"]*)" value="([^"]*)"', form[1])
    return client.post_form("/comptes/plusieurs", {name: html.unescape(value) for name, value in fields})


def test_names_are_read_beside_addresses_in_any_order_or_from_them() -> None:
    read = parse_invitees(PASTED)

    assert [person.name for person in read] == [
        "Anaïs Roumégas", "Bruno Sarrazin", "Claire Tallec", "Denis Urvoy", "Elise Vasseur", "Farid Zerrouki",
        "Gaëlle Abgrall", "Hugo Bélanger",
    ]  # fmt: skip
    assert all(person.refusal is None for person in read)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Karim Belaïd tuteur MLDS k.belaid@academie.example", "Karim Belaïd"),
        ("Ali Haddad - ali.h@academie.example", "Ali Haddad"),
        ("Ali Haddad, Référent MLDS, ali.h@academie.example", "Ali Haddad"),
        ("Tutrice MLDS : Inès Roy <i.roy@academie.example>", "Inès Roy"),
        ("Inès Roy (chargée de mission insertion) i.roy@academie.example", "Inès Roy"),
        ("tutrice ines.roy@academie.example", "Ines Roy"),
    ],
)
def test_what_a_person_does_is_no_part_of_the_name(line: str, name: str) -> None:
    (person,) = parse_invitees(line)

    assert (person.name, person.refusal) == (name, None)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Claire Tallec", "line_address"),
        ("rh@academie.example", "line_name"),
        ("a@b.example c@d.example", "address"),
        ("Claire @", "address"),
        ("=1+1 c@academie.example", "odd_text"),
    ],
)
def test_a_line_without_one_address_or_a_name_says_what_is_missing(line: str, code: str) -> None:
    (person,) = parse_invitees(line)

    assert person.refusal is not None and person.line == line
    assert person.refusal.facts["reason"] == code


def test_a_line_of_any_length_is_refused_in_a_time_that_grows_no_faster_than_it() -> None:
    long_lines = (
        "a" * 500_000,
        "a-" * 100_000 + "@a.example",
        "A. " * 100_000 + "c@a.example",
        "@" * 300_000,
    )

    assert all(parse_invitees(line)[0].refusal for line in long_lines)


def test_a_list_holds_as_many_people_as_a_day_and_at_least_one() -> None:
    assert quotas.INVITATION.most == MOST_LINES
    for pasted in (" \n\n", "\n".join(f"Paul Roy p{number}@x.example" for number in range(MOST_LINES + 1))):
        with pytest.raises(FieldInvalid):
            parse_invitees(pasted)
    assert len(parse_invitees("A B a@x.example\nA B A@x.example")) == 1


def test_eight_tutors_are_invited_in_four_gestures_and_one_mail_each(world: World, cast: Cast) -> None:
    """Open the page, paste, have it read, confirm."""
    client = http.signed_in(cast.coordinator)
    assert "/comptes/plusieurs" in client.get("/comptes").text
    assert 'value="MLDS"' in client.get("/comptes/plusieurs").text

    shown = post(client, PASTED)
    before = world.everything()
    done = confirm(client, shown)

    assert "Inviter ces 8 personnes" in page_text(shown) and "a.roumegas" not in before
    assert "8 invitations sont enregistrées" in page_text(done)
    assert len(send_waiting_mails(world)) == 8
    made = find_account("elise.vasseur@academie.example")
    assert (made.name, made.academie) == ("Elise Vasseur", cast.coordinator.academie)
    assert made.roles == {Role.TUTOR}


def test_a_list_that_is_sent_again_invites_nobody_twice(world: World, cast: Cast) -> None:
    client = http.signed_in(cast.coordinator)
    shown = post(client, PASTED)
    first, second = confirm(client, shown), confirm(client, shown)

    assert (
        page_text(first).count("invitation enregistrée")
        == page_text(second).count("invitation enregistrée")
        == 8
    )
    assert len(send_waiting_mails(world)) == 8
    assert page_text(post(client, PASTED, cle="d" * 32)).count("a déjà un compte") == 8


def test_good_lines_go_and_the_others_stay_in_the_form(cast: Cast) -> None:
    client = http.signed_in(cast.coordinator)
    closed = replace(cast.colleague, closed_at=clock.utc_now())
    people.stand(replace(closed, id="e" * 32, address="ferme@academie.example"))
    pasted = (
        f"Paul Roy p.roy@academie.example\nSans adresse\nX Y ferme@academie.example\n{cast.tutor.address}\n"
        f"Moi {cast.coordinator.address}"
    )

    shown = post(client, pasted)
    done = confirm(client, shown)

    assert page_text(shown).count("à inviter") == 1
    text = page_text(done)
    assert "Une invitation est enregistrée" in text
    assert "a un compte fermé" in text and text.count("aucun message ne part") == 2
    assert "Il manque l’adresse" in text
    (left,) = re.findall(r"<textarea[^>]*>([^<]*)</textarea>", done.text)
    assert left == "Sans adresse"


def test_the_list_says_of_no_stranger_whether_they_have_an_account(world: World, cast: Cast) -> None:
    client = http.signed_in(cast.buyer)
    pasted = f"Paul Roy {cast.tutor.address}\nPaul Roy nobody@x.example"

    shown = post(client, pasted)
    done = confirm(client, shown)

    assert page_text(shown).count("à inviter") == 2
    assert page_text(done).count("invitation enregistrée") == 2
    assert find_account(cast.tutor.address).id == cast.tutor.id


def test_past_the_days_quota_the_rest_stays_in_the_form(world: World, cast: Cast) -> None:
    client = http.signed_in(cast.coordinator)
    for _ in range(quotas.INVITATION.most - 1):
        quotas.count(quotas.INVITATION, cast.coordinator.id, clock.utc_now())

    done = confirm(client, post(client, "A B a@x.example\nC D c@x.example"))

    assert "Une invitation est enregistrée" in page_text(done) and "Tout n’est pas parti" in page_text(done)
    assert re.findall(r"<textarea[^>]*>([^<]*)</textarea>", done.text) == ["C D c@x.example"]
    assert parcours_table.find_account("c@x.example") is None


def test_what_is_not_begun_in_time_is_left_and_a_refusal_hinders_nobody_else(time: Clock) -> None:
    begun = []

    def act(subject: int) -> None:
        begun.append(subject)
        if subject == 0:
            raise FieldInvalid("qui", "tutor")
        if subject == 1:
            time.now += several.TIME

    refusals = act_on_each(range(3), act)

    assert begun == [0, 1]
    assert [type(refusal).__name__ for refusal in refusals.values()] == [
        "FieldInvalid",
        "NoneType",
        "TryAgain",
    ]

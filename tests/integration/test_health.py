"""What machines and the team's list learn of the last proof of erasure."""

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain import proving
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.proving import Night, PurgeProof, Stop, Swept
from chalicelib.stores import transactions
from tests import instants
from tests.conftest import Clock
from tests.support import factories
from tests.support.http import Client, signed_in
from tests.support.pages import visible_words
from tests.support.worlds import World
from tests.support.writing import add_records

NOW = instants.instant()
HOUR = timedelta(hours=1)
WELL = PurgeProof(proved_at=NOW - 3 * HOUR, swept_at=NOW - 3 * HOUR, took_seconds=40)
SAID = {
    "proved": (WELL, "Dernière preuve d’effacement : il y a 3 heures."),
    "proved a moment ago": (
        replace(WELL, proved_at=NOW),
        "Dernière preuve d’effacement : il y a moins d’une heure.",
    ),
    "never": (None, "L’effacement n’a pas encore été prouvé. La première preuve a lieu dans la nuit."),
    "failed": (
        replace(WELL, failed_at=NOW - HOUR),
        "La preuve d’effacement a échoué il y a 1 heure. Dernière preuve réussie : il y a 3 heures.",
    ),
    "failed from the first": (
        PurgeProof(failed_at=NOW - HOUR),
        "La preuve d’effacement a échoué il y a 1 heure. Dernière preuve réussie : aucune.",
    ),
    "late": (
        replace(WELL, proved_at=NOW - 73 * HOUR),
        "La preuve d’effacement est en retard. Dernière preuve : il y a 3 jours.",
    ),
    "too much and too little": (
        replace(WELL, strays=1, missing=2),
        "Le stockage et les fiches des envois ne s’accordent pas : 1 fichier en trop et 2 fichiers en moins. "
        "Dernière preuve d’effacement : il y a 3 heures.",
    ),
}


@pytest.fixture(autouse=True)
def now(time: Clock) -> None:
    """It is the moment at which the proofs above were given, however long ago this file was read."""
    time.now = NOW


def keep(proof: PurgeProof | None) -> None:
    """Store this proof; None: no proof was ever run."""
    if proof is not None:
        add_records(proof)


@pytest.mark.parametrize("case", SAID)
def test_the_health_endpoint_says_when_erasure_was_last_proved_and_whether_it_was(
    world: World, case: str
) -> None:
    proof, _ = SAID[case]
    keep(proof)

    answer = Client().get("/sante")

    proved_at = clock.iso(proof.proved_at) if proof and proof.proved_at else None
    assert answer.status == 200
    assert answer.json == {"etat": "ok" if case.startswith("proved") else "degraded", "preuve": proved_at}


def test_the_health_endpoint_answers_without_the_tables(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(WELL)
    monkeypatch.setenv("RELAY_TABLE", "gone")

    answer = Client().get("/sante")

    assert (answer.status, answer.json) == (200, {"etat": "degraded", "preuve": None})
    assert '"event": "fault"' in capsys.readouterr().out


@pytest.mark.parametrize("case", SAID)
def test_the_teams_list_shows_the_last_proof_of_erasure_and_whom_to_call(world: World, case: str) -> None:
    proof, said = SAID[case]
    keep(proof)
    team = factories.account(Role.TEAM)
    keep_account = Transition(changes=(Change(None, team),))
    transactions.commit(keep_account)

    text = html.unescape(signed_in(team).get("/parcours").text)

    assert said in text.replace("\u00a0", " ")
    calm = case.startswith("proved") or case == "never"
    assert (config.settings().support_address in text) is not calm


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER])
def test_only_the_team_sees_the_last_proof_of_erasure(world: World, role: Role) -> None:
    keep(WELL)
    person = factories.account(role)
    add_records(person)

    assert "preuve" not in signed_in(person).get("/parcours").text.lower()


def test_a_proof_of_erasure_is_late_after_more_than_a_day() -> None:
    """A proof is late only after a day and the time that the next night's proof may take."""
    assert timedelta(days=1) + proving.LIFE < proving.LATE


def test_the_page_of_proofs_says_of_each_night_what_was_proved_compared_and_found(world: World) -> None:
    agreed = Swept(objects=12, documents=1, strays=0, missing=0)
    nights = (
        Night(at=NOW - HOUR, stopped=Stop.NOT_ERASED, swept=replace(agreed, strays=1)),
        Night(at=NOW - 25 * HOUR, took_seconds=40, swept=agreed),
        Night(at=NOW - 49 * HOUR, stopped=Stop.FAULT),
    )
    keep(replace(WELL, failed_at=NOW - HOUR, nights=nights))
    team = factories.account(Role.TEAM)
    add_records(team)

    answer = signed_in(team).get("/preuves")

    rows = [visible_words(row) for row in re.findall(r'<tr role="row".*?</tr>', answer.text, re.DOTALL)[1:]]
    assert (
        "Échec : le document d’essai n’a pas été effacé à temps" in rows[0] and "1 fichier en trop" in rows[0]
    )
    assert "Effacé en 40 s 12 fichiers stockés, 1 document attendu Aucun écart" in rows[1]
    assert "la preuve elle-même s’est interrompue Comparaison non terminée —" in rows[2]
    assert "La preuve d’effacement a échoué il y a 1 heure." in answer.words
    assert config.settings().support_address in answer.words
    assert [' class="tarde"' in row for row in re.findall(r"<tr role=\"row\"[^>]*>", answer.text)[1:]] == [
        True,
        False,
        True,
    ]


def test_the_page_of_proofs_is_the_teams_and_asks_for_nothing_where_all_is_proved(world: World) -> None:
    keep(replace(WELL, nights=(Night(at=NOW, took_seconds=4),)))
    team, coordinator = factories.account(Role.TEAM), factories.account(Role.COORDINATOR)
    add_records(team, coordinator)

    assert "Prévenez" not in signed_in(team).get("/preuves").words
    assert signed_in(coordinator).get("/preuves").status == 404

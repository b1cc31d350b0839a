"""What machines and the team's list learn of the last proof of erasure."""

import html
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain import proving
from chalicelib.domain.kernel.transition import Change, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.proving import PurgeProof
from chalicelib.stores import transactions
from tests.support import factories
from tests.support.http import Client, signed_in
from tests.support.worlds import World
from tests.support.writing import add_records

NOW = clock.utc_now()
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

"""What machines and the team's list learn of the last proof of erasure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import clock, config
from chalicelib.domain import proving
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.proving import PurgeProof
from tests import instants
from tests.conftest import Clock
from tests.support import factories
from tests.support.http import Client, signed_in
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
def test_a_page_behind_the_data_page_says_the_last_proof_of_erasure(world: World, case: str) -> None:
    proof, said = SAID[case]
    keep(proof)

    assert 'href="/preuves"' in Client().get("/donnees-personnelles").text
    assert said in Client().get("/preuves").words


@pytest.mark.parametrize("case", SAID)
@pytest.mark.parametrize("role", [Role.TEAM, Role.COORDINATOR])
def test_only_the_team_is_told_of_a_fault_of_erasing_and_whom_to_call(
    world: World, case: str, role: Role
) -> None:
    proof, said = SAID[case]
    keep(proof)
    person = factories.account(role)
    add_records(person)

    words = signed_in(person).get("/parcours").words

    fails = case.startswith(("failed", "late", "too much"))
    assert (said in words) is (config.settings().support_address in words) is (fails and role is Role.TEAM)


def test_a_proof_of_erasure_is_late_after_more_than_a_day() -> None:
    """A proof is late only after a day and the time that the next night's proof may take."""
    assert timedelta(days=1) + proving.LIFE < proving.LATE

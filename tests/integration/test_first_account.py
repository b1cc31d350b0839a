"""The command of a deployment that makes its first account."""

import pytest

from infra import first_account
from infra.local import LocalCloud
from infra.local.demo import TEAM
from tests.support.people import find_account
from tests.support.worlds import World


def test_the_first_account_is_made_by_the_command_once(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*more: str, address: str = "equipe@csf.example") -> tuple[int, str]:
        given = [
            "--table",
            world.environment["PARCOURS_TABLE"],
            "--adresse",
            address,
            "--nom",
            "Karim Solenne",
        ]
        code = first_account.main([*given, *more])
        out = capsys.readouterr()
        return code, (out.out + out.err).replace("\u00a0", " ")

    assert run() == (0, "Le compte de l’équipe est créé pour Karim Solenne, à l’adresse equipe@csf.example. "
                        "Connectez-vous à /connexion avec cette adresse.\n")  # fmt: skip
    assert find_account("equipe@csf.example").is_team
    code, text = run()
    assert (code, "rien n’a changé" in text) == (0, True)
    code, text = run(address="autre@csf.example")
    assert (code, "invite depuis la page « Comptes »" in text) == (1, True)
    assert run("--encore", address="autre@csf.example")[0] == 0
    assert run(address="pas une adresse")[0] == 1


@pytest.mark.cloud
@pytest.mark.proof
def test_the_command_finds_the_table_of_a_stack(
    cloud: LocalCloud, deployed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--adresse", TEAM.address, "--nom", TEAM.name]

    assert first_account.table_of("passe-plat") == cloud.environment["PARCOURS_TABLE"]
    assert first_account.main(["--stack", "passe-plat", *given]) == 0
    assert "existe déjà" in capsys.readouterr().out
    assert first_account.main(["--stack", "rien", *given]) == 1
    assert "ne peut pas être lue" in capsys.readouterr().err

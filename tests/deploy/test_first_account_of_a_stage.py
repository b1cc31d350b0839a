"""The first account of a stage, made with nothing but its file."""

import pytest

from chalicelib.stores import aws
from infra import first_account
from tests.deploy.conftest import Deployed

pytestmark = pytest.mark.cloud


def test_the_first_account_is_made_by_the_name_of_a_stage(
    deployed_place: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    place = deployed_place.place
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        for name, value in (place.stands().environment | place.environment).items():
            patch.setenv(name, value)
        aws.forget_clients()
        folder = ["--stages", str(place.folder), "--adresse", "equipe@csf.example", "--nom", "Karim Solenne"]

        assert first_account.main(["--stage", "essai", *folder]) == 0
        assert "Le compte de l’équipe est créé" in capsys.readouterr().out
        assert first_account.main(["--stage", "autre", *folder]) == 1
        assert "copy example.toml beside it" in capsys.readouterr().err
    aws.forget_clients()

"""The first account of a stage, made with nothing but its file."""

from pathlib import Path

import boto3
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
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in (place.product().environment | place.environment).items():
            patch.setenv(name, value)
        aws.forget_clients()
        folder = ["--stages", str(place.folder), "--adresse", "equipe@csf.example", "--nom", "Karim Solenne"]

        assert first_account.main(["--stage", "essai", *folder]) == 0
        assert "Le compte de l’équipe est créé" in capsys.readouterr().out
        assert first_account.main(["--stage", "autre", *folder]) == 1
        assert "copy example.toml beside it" in capsys.readouterr().err
    aws.forget_clients()


def test_the_first_account_is_made_where_the_stages_profile_leads_whatever_the_environment_holds(
    deployed_place: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An access key of the emulator that is twelve digits is of the account of that number."""
    place = deployed_place.place
    stage = (place.folder / "essai.toml").read_text()
    (tmp_path / "essai.toml").write_text('profile = "essai"\n' + stage)
    (tmp_path / "ailleurs.toml").write_text(
        'profile = "essai"\n' + stage.replace("000000000000", "111111111111")
    )
    (tmp_path / "credentials").write_text("[essai]\naws_access_key_id = test\naws_secret_access_key = test\n")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "")  # remembered: the command sets it
            patch.delenv(name)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        of_another = {
            "AWS_ACCESS_KEY_ID": "111111111111",
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        }
        for name, value in (place.product().environment | place.environment | of_another).items():
            patch.setenv(name, value)
        aws.forget_clients()
        who = [
            "--stages",
            str(tmp_path),
            "--adresse",
            "autre@csf.example",
            "--nom",
            "Karim Solenne",
            "--encore",
        ]

        assert first_account.main(["--stage", "essai", *who]) == 0
        assert "Le compte de l’équipe est créé" in capsys.readouterr().out
        assert first_account.main(["--stage", "ailleurs", *who]) == 1
        assert "are of the account 000000000000, the stage is of 111111111111" in capsys.readouterr().err
    aws.forget_clients()

"""Make the first account of a deployment, of the team: people are then invited from the pages.

``python -m infra.first_account --stage prod --adresse prenom.nom@organisme.example --nom "Prénom Nom"``
"""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock
from chalicelib.domain.accounts import managing
from chalicelib.domain.kernel import address, texts
from chalicelib.errors import AddressTaken, FieldInvalid, RelayError
from chalicelib.stores import items, parcours_table
from chalicelib.stores.unit_of_work import UnitOfWork, story
from infra import CommandFailed, status_of
from infra.deploy.stage import FOLDER, connect, read_stage

TABLE = "ParcoursTable"
"""Its logical id in the template."""


def make(typed_address: str, typed_name: str, *, another: bool = False) -> str:
    """Create one account of the team in the table of ``PARCOURS_TABLE``; a second call with the same address changes nothing.

    Args:
        another: create it even if the team has an open account already.
    Returns:
        What was done, in French, as are the messages of refusals.
    Raises:
        CommandFailed: the address or name is not valid, the team has an account already, or another account has this address.
    """
    try:
        checked = address.normalise(typed_address, "adresse")
        name = texts.read_name(typed_name, "nom")
    except FieldInvalid as refusal:
        raise CommandFailed(
            f"Le champ « {refusal.facts['field']} » n’est pas valable : rien n’a été créé."
        ) from None
    there = parcours_table.find_account(checked)
    exists = there is not None and there.is_team and there.closed_at is None
    if not exists and not another and parcours_table.list_open_team_accounts():
        raise CommandFailed(
            "L’équipe a déjà un compte ouvert : elle invite depuis la page « Comptes ». Sinon, ajoutez --encore."
        )
    key, now = secrets.token_hex(16), clock.utc_now()
    try:
        made = _create(checked, name, key, now)
    except AddressTaken:
        raise CommandFailed(
            "Un compte d’un autre rôle, ou fermé, existe à cette adresse. Donnez-en une autre."
        ) from None
    if not made:
        return f"Le compte de l’équipe existe déjà à l’adresse {checked} : rien n’a changé."
    return f"Le compte de l’équipe est créé pour {name}, à l’adresse {checked}. Connectez-vous à /connexion avec cette adresse."


@story
def _create(work: UnitOfWork, address: str, name: str, key: str, now: datetime) -> bool:
    """Create the account; return False when this address has an open account of the team already.

    ``key``: the new account's id. Raises AddressTaken: another account has the address.
    """
    there = parcours_table.find_account(address)
    return bool(work.commit(managing.create_first(address, name, key=key, address_owner=there, now=now)))


def table_of(stack: str) -> str:
    """Return the deployed name of the table of parcours of a stack. Raises CommandFailed: the stack cannot be read."""
    try:
        described = boto3.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=TABLE
        )
    except (BotoCoreError, ClientError) as error:
        raise CommandFailed(f"La pile « {stack} » ne peut pas être lue : {error}") from None
    return str(described["StackResourceDetail"]["PhysicalResourceId"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 when the account exists at the end."""
    parser = argparse.ArgumentParser(prog="python -m infra.first_account", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--stage", help="le nom d’un fichier de infra/stages, sans .toml")
    where.add_argument("--stack", help="la pile CloudFormation déployée")
    where.add_argument("--table", help="le nom de la table Parcours, s’il est connu")
    parser.add_argument("--stages", type=Path, default=FOLDER, help="un autre dossier que infra/stages")
    parser.add_argument("--adresse", required=True, help="adresse professionnelle de la personne")
    parser.add_argument("--nom", required=True, help="prénom et nom")
    parser.add_argument("--encore", action="store_true", help="même si l’équipe a déjà un compte")
    asked = parser.parse_args(arguments)
    return status_of(lambda: _run(asked))


def _run(asked: argparse.Namespace) -> None:
    """Find the table by stage, stack or name, create the account, and print what was done. Raises CommandFailed."""
    if asked.stage:
        stage = read_stage(asked.stage, asked.stages)
        connect(stage)
        # All that follows goes where the stage leads, whatever the environment holds.
        led = stage.environment_for(os.environ)
        os.environ.clear()
        os.environ.update(led)
        asked.stack = stage.stack
    try:
        os.environ[items.PARCOURS] = asked.table or table_of(asked.stack)
        print(make(asked.adresse, asked.nom, another=asked.encore))
    except (RelayError, BotoCoreError, ClientError) as error:
        raise CommandFailed(
            f"La table ne répond pas : {type(error).__name__}. Rien n’a été perdu, recommencez."
        ) from None


if __name__ == "__main__":
    sys.exit(main())

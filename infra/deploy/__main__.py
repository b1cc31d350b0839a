"""``python -m infra.deploy deploy|rollback|destroy --stage <name>``: what ``make`` runs for the operator."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra import CommandFailed, say, status_of
from infra.deploy.commands import Command, package_for
from infra.deploy.stage import FOLDER, connect, read_stage


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name (by default the process's own); return its exit status: 0 when it succeeded."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.deploy", description="Deploy, roll back or destroy one stage."
    )
    parser.add_argument("command", choices=("deploy", "rollback", "destroy"))
    parser.add_argument("--stage", required=True, help="the name of a file of infra/stages, without .toml")
    parser.add_argument("--yes", action="store_true", help="confirm what would be asked")
    parser.add_argument("--stages", type=Path, default=FOLDER, help="another folder of stages")
    parser.add_argument(
        "--package", type=Path, help="deploy what « make package » made there, not these sources"
    )
    parser.add_argument(
        "--quick", action="store_true", help="see only that it answers, without the smoke test"
    )
    asked = parser.parse_args(arguments)
    return status_of(lambda: _run(asked))


def _run(asked: argparse.Namespace) -> None:
    """Read the stage, connect to its account and run the command on it.

    Raises CommandFailed: the stage or the credentials cannot be used, a step of the command fails, AWS refuses, or Ctrl-C is
    pressed.
    """
    try:
        stage = read_stage(asked.stage, asked.stages)
        target = connect(stage)
        command = Command(
            target, say, lambda question: asked.yes or _types_name(question, stage.name), asked.quick
        )
        if asked.command == "deploy":
            command.deploy(package_for(target, asked.package))
        elif asked.command == "rollback":
            command.roll_back()
        else:
            command.destroy()
    except (BotoCoreError, ClientError) as error:
        raise CommandFailed(
            f"AWS refused or did not answer: {error}\nWhat was done until then stands."
        ) from None
    except KeyboardInterrupt:
        raise CommandFailed("\nStopped. What CloudFormation has begun goes on by itself.") from None


def _types_name(question: str, name: str) -> bool:
    """Ask a question in the terminal; return whether the operator answered by typing the stage's name. Ctrl-C means no."""
    print(f"{question} Type the stage's name, « {name} », to go on: ", end="", flush=True)
    try:
        return sys.stdin.readline().strip() == name
    except KeyboardInterrupt:  # what was planned is dropped, as after any other answer
        print()
        return False


if __name__ == "__main__":
    sys.exit(main())

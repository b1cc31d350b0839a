"""``python -m infra.deploy deploy|rollback|destroy --stage <name>``: what ``make`` runs for the operator."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy import DeployFailed
from infra.deploy.commands import Command, made
from infra.deploy.stage import FOLDER, connect, read


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all of it is done."""
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
    try:
        stage = read(asked.stage, asked.stages)
        target = connect(stage)
        command = Command(target, _say, lambda asks: asked.yes or _typed(asks, stage.name), asked.quick)
        if asked.command == "deploy":
            command.deploy(made(target, asked.package))
        elif asked.command == "rollback":
            command.roll_back()
        else:
            command.destroy()
    except DeployFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"AWS refused or did not answer: {error}\nWhat was done until then stands.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What CloudFormation has begun goes on by itself.", file=sys.stderr)
        return 1
    return 0


def _typed(question: str, name: str) -> bool:
    print(f"{question} Type the stage's name, « {name} », to go on: ", end="", flush=True)
    try:
        return sys.stdin.readline().strip() == name
    except KeyboardInterrupt:  # what was planned is dropped, as after any other answer
        print()
        return False


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())

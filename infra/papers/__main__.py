"""``python -m infra.papers --stage <name>``: what ``make papers`` runs. HTML and PDF, in build/papers/<stage>."""

import argparse
import sys
from pathlib import Path

from infra import say, status_of
from infra.deploy.stage import FOLDER, read_stage
from infra.package import BUILD, ROOT
from infra.papers import printing
from infra.papers.making import write_papers


def main() -> int:
    """Make the papers of the stage that the arguments name; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.papers", description="Make the papers of a stage.")
    parser.add_argument("--stage", required=True, help="the name of a file of infra/stages, without .toml")
    parser.add_argument("--stages", type=Path, default=FOLDER, help="another folder of stages")
    parser.add_argument("--out", type=Path, default=BUILD / "papers", help="another folder for the papers")
    asked = parser.parse_args()
    return status_of(lambda: _make(asked))


def _make(asked: argparse.Namespace) -> None:
    """Write the papers, print them where there is a Chromium, and say what each still lacks."""
    stage = read_stage(asked.stage, asked.stages)
    made = write_papers(stage, asked.out)
    folder = asked.out / stage.name
    browser = printing.find_browser()
    if browser is None:
        say("No PDF: Chromium was not found (Debian: apt-get install chromium). The HTML files are whole.")
    else:
        printing.print_papers(folder, browser)
    for name, paper in made.items():
        say(f"{name:<18} {len(paper.missing) or 'nothing'} missing")
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    say(f"{shown}/sommaire.html lists them; infra/stages/{stage.name}.toml answers under [papers].")


if __name__ == "__main__":
    sys.exit(main())

"""Make every paper of a stage, and say what is missing in each."""

import shutil
from pathlib import Path

from chalicelib import clock
from infra.deploy.stage import Stage
from infra.papers import facts, rendering, sbom
from infra.papers.owner import check_answers
from infra.papers.papers import PAPERS
from infra.papers.rendering import Edition, Made


def make_papers(stage: Stage) -> dict[str, Made]:
    """Make the papers of a stage, by name. Raises CommandFailed: its file answers what nobody asks."""
    check_answers(stage.papers)
    with facts.settings_of(stage):
        edition = Edition(stage, clock.utc_now(), sbom.read_version())
        made = {
            paper.name: rendering.render_paper(paper.name, paper.title, edition, paper.build(edition))
            for paper in PAPERS
        }
        made["sommaire"] = rendering.render_paper(
            "sommaire", "Sommaire", edition, [(paper, made[paper.name]) for paper in PAPERS]
        )
    return made


def write_papers(stage: Stage, out: Path) -> dict[str, Made]:
    """Write the HTML of each paper of a stage below ``out``, in an emptied folder of the stage's name; return the papers."""
    made = make_papers(stage)
    folder = out / stage.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, paper in made.items():
        (folder / f"{name}.html").write_text(paper.html, "utf-8")
    sbom.write_inventory(folder)
    return made

"""The papers of a stage say what its settings, register, templates and code say, and what is still missing."""

import base64
import hashlib
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from playwright.sync_api import sync_playwright

from chalicelib import clock, config, terms
from chalicelib.domain.kernel.calendar import day_of, end_of_days, months_later, start_of
from chalicelib.domain.retention import ROWS, Place
from chalicelib.web import public, rights
from chalicelib.web.urls import ROUTES
from infra import CommandFailed, models, package
from infra.alarms import FUNCTIONS
from infra.deploy.stage import FOLDER, Stage, read_stage
from infra.package import Package
from infra.papers import (
    accessibility,
    approval,
    facts,
    figures,
    flows,
    hosting,
    hygiene,
    impact,
    making,
    pages,
    printing,
    sbom,
    sources,
)
from infra.papers.measures import MEASURES, is_a_test
from infra.papers.owner import ASKED
from infra.papers.papers import PAPERS
from infra.papers.rendering import Edition, Made
from tests.architecture.sources import ROOT, strings
from tests.architecture.test_words import FORBIDDEN, MISSET, readable
from tests.architecture.test_written_delays import WRITTEN

OTHER_DELAYS = {
    "AnswerDays": "9",
    "OpenedHours": "48",
    "LinkDays": "90",
    "RetentionMonths": "6",
    "IdleMonths": "18",
}
DELAY = re.compile(r"(?<![\w,.])(\d+)[\s\u00a0]+(jours? ouvrés?|jours?|heures?|mois|minutes?)\b")
SHOWN = re.compile(r'<span data-figure="(\w+)">([^<]*)</span>')
MODULES = sorted((ROOT / "infra" / "papers").glob("*.py"))
TEMPLATES = sorted((ROOT / "infra" / "papers" / "templates").glob("*.html"))


def fill(stage: Stage) -> Stage:
    """Return a stage whose owner has said everything, with other delays."""
    legal = {config.name_parameter(name): f"Fait {name}" for name in facts.LEGAL}
    said = {
        "PublicBaseUrl": "https://relais.region.test",
        "AlertAddress": "astreinte@region.test",
        "SmsNumber": "+33700000000",
        "ApprovalDecision": "Décision 2026-31",
        "AccessibilityPlan": "https://region.test/schema",
    }
    answers = {name: f"Réponse à {name}" for name in ASKED}
    return replace(
        stage,
        name="rempli",
        account="210987654321",
        region="eu-central-1",
        parameters={**stage.parameters, **legal, **said, **OTHER_DELAYS},
        papers=answers,
    )


STAGES = {"example": read_stage("example"), "rempli": fill(read_stage("example"))}


@pytest.fixture(scope="module")
def editions() -> dict[str, dict[str, Made]]:
    """Return the papers of the example and of a stage whose owner has said everything."""
    return {name: making.make_papers(stage) for name, stage in STAGES.items()}


def each(editions: dict[str, dict[str, Made]]) -> Iterator[tuple[Stage, str, str]]:
    """Yield each paper of each stage: the stage, the paper's name, its HTML."""
    for stage, papers in editions.items():
        for name, paper in papers.items():
            yield STAGES[stage], name, paper.html


def text_of(html: str) -> str:
    """Return what people read of a paper."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)))


# ---- What is missing ----------------------------------------------------------------------------------------------
def test_a_stage_whose_owner_has_said_everything_lacks_nothing(editions: dict[str, dict[str, Made]]) -> None:
    for name, paper in editions["rempli"].items():
        assert paper.missing == (), name
        assert (
            "À COMPLÉTER" not in text_of(paper.html).replace("« À COMPLÉTER »", "") and "⟦" not in paper.html
        ), name


def test_each_paper_counts_at_its_head_what_is_missing_in_it(editions: dict[str, dict[str, Made]]) -> None:
    for name, paper in editions["example"].items():
        marked = set(re.findall(r'<mark class="manque">À COMPLÉTER.: ([^<]+)</mark>', paper.html))
        assert {str(lacking.words) for lacking in paper.missing} == {text_of(words) for words in marked}, name
        assert name == "sommaire" or f"À compléter : {len(paper.missing)}" in text_of(paper.html), name


def test_each_question_to_the_owner_is_asked_by_a_paper_and_answered_there(
    editions: dict[str, dict[str, Made]],
) -> None:
    lacking = {missing.name for paper in editions["example"].values() for missing in paper.missing}
    told = " ".join(paper.html for paper in editions["rempli"].values())
    legal = {config.name_parameter(name) for name in facts.LEGAL}

    assert lacking == ASKED.keys() | facts.OF_THE_STAGE.keys() | legal
    assert [name for name in ASKED if f"Réponse à {name}" not in told] == []
    assert [name for name in facts.LEGAL if f"Fait {name}" not in told] == []


def test_each_legal_fact_of_the_settings_has_its_words() -> None:
    assert facts.LEGAL.keys() == {
        name for name, setting in config.Settings.__dataclass_fields__.items() if "legal" in setting.metadata
    }


def test_the_example_of_a_stage_lists_every_question_with_its_words() -> None:
    text = (FOLDER / "example.toml").read_text().partition("[papers]")[2]
    listed = re.findall(r'^# (.+)\.\n(\w+) = ""$', text, re.MULTILINE)

    assert {name: words[:1].lower() + words[1:] for words, name in listed} == ASKED


def test_an_answer_to_no_question_is_refused() -> None:
    with pytest.raises(CommandFailed, match="unknown dpo_nom"):
        making.make_papers(replace(STAGES["example"], papers={"dpo_nom": "X"}))


def test_the_settings_of_this_process_are_as_before() -> None:
    before = config.settings()
    with facts.settings_of(STAGES["rempli"]):
        assert config.settings().answer_days == 9

    assert config.settings() == before


# ---- Figures ------------------------------------------------------------------------------------------------------
def test_each_delay_in_a_paper_is_one_that_is_set(editions: dict[str, dict[str, Made]]) -> None:
    """Whatever reads « 15 jours » is a figure of the settings, of the rules, of the template or of the law, in this unit."""
    for stage, name, html in each(editions):
        with facts.settings_of(stage):
            known = figures.read_all_figures()
        delays = {
            (known[figure], unit)
            for figure in known
            if figures.is_delay(figure)
            for unit in figures.find_unit(figure)
        }
        found = {(int(number), unit) for number, unit in DELAY.findall(text_of(html))}

        assert found - delays == set(), (stage.name, name)
        for figure, words in SHOWN.findall(html):
            assert words.replace("\u00a0", " ").split()[0] == str(known[figure]), figure


def test_the_figures_follow_the_settings(editions: dict[str, dict[str, Made]]) -> None:
    told = {
        name: text_of(" ".join(paper.html for paper in papers.values())).replace("\u00a0", " ")
        for name, papers in editions.items()
    }

    for delay in ("9 jours", "90 jours", "92 jours", "18 mois"):
        assert delay in told["rempli"] and delay not in told["example"], delay
    for delay in ("15 jours", "60 jours", "62 jours", "24 mois"):
        assert delay in told["example"] and delay not in told["rempli"], delay


def test_the_figures_are_those_by_which_things_are_erased() -> None:
    """What papers read of the settings is what the purge computes its ends with, and what the template asks of AWS."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for stage in STAGES.values():
        with facts.settings_of(stage):
            known, policy = figures.read_all_figures(), terms.retention()
        days = {
            name: timedelta(days=known[name])
            for name in ("answer_days", "longest_days", "kept_days", "link_days", "reduced_days")
        }

        assert policy.unopened_until(at) == start_of(day_of(at)) + days["answer_days"]
        assert policy.unopened_until(at + days["longest_days"], at) == end_of_days(at, known["longest_days"])
        assert policy.unconfirmed_until(at) == at + timedelta(hours=known["opened_hours"])
        opened_last = policy.unopened_until(at + days["longest_days"], at)
        assert policy.unconfirmed_until(opened_last) <= at + days["kept_days"]
        assert policy.link_until(at) == at + days["link_days"]
        assert policy.reduced_until(at) == at + days["reduced_days"]
        assert policy.history_until(at) == months_later(at, known["retention_months"])
        assert policy.closed_until(at) == months_later(at, known["retention_months"])
        assert policy.unused_until(at, at) == months_later(at, known["idle_months"])
        assert policy.warned_from(at) == months_later(at, known["idle_months"] - known["warned_months"])


def test_the_delays_of_the_law_are_those_of_its_articles() -> None:
    assert figures.LAW == {"law_breach_hours": 72, "law_answer_months": 1, "law_extension_months": 2}


def test_no_delay_of_a_paper_is_typed() -> None:
    typed = {
        f"{path.name}: {match[0]}"
        for path in [*TEMPLATES, *MODULES]
        for text in ([readable(path.read_text())] if path.suffix == ".html" else strings(path))
        if (match := WRITTEN.search(text))
    }

    assert typed == set()


# ---- Links and tests that are named -------------------------------------------------------------------------------
def test_each_link_of_a_paper_leads_somewhere(editions: dict[str, dict[str, Made]]) -> None:
    known = {address for _, address in sources.SOURCES.values()}
    pages = {route.path for route in ROUTES if route.method == "GET"}
    anchors = {
        f"{name}.html": set(re.findall(r'\bid="([^"]+)"', paper.html))
        for name, paper in editions["rempli"].items()
    }
    files = {*anchors, *(f"{name}.pdf" for name in editions["rempli"]), sbom.FILE}
    of_pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))

    for stage, name, html in each(editions):
        base = stage.parameters["PublicBaseUrl"]
        for href in map(unescape, re.findall(r'href="([^"]*)"', html)):
            file, _, anchor = href.partition("#")
            if href.startswith(base):
                assert urlsplit(href).path in pages, href
            elif href == stage.parameters.get("AccessibilityPlan"):
                assert name == "accessibilite"
            elif href.startswith(("https:", "mailto:", "tel:")):
                assert (
                    href in known or f'href="{href}"' in of_pages or href.startswith(("mailto:", "tel:"))
                ), href
            else:
                target = file or f"{name}.html"
                assert target in files, (name, href)
                assert not anchor or anchor in anchors[target], (name, href)


def test_each_source_has_a_whole_address_over_tls() -> None:
    for words, address in sources.SOURCES.values():
        parts = urlsplit(address)
        assert (parts.scheme, bool(parts.hostname), parts.query) == ("https", True, ""), words
    assert len({address for _, address in sources.SOURCES.values()}) == len(sources.SOURCES)


def test_each_test_that_a_paper_names_exists(editions: dict[str, dict[str, Made]]) -> None:
    named = {
        test
        for _, _, html in each(editions)
        for test in re.findall(r"<code>tests/([^<]+::[^<]+)</code>", html)
    }

    assert len(named) > 150
    assert {test for measure in MEASURES.values() for test in measure.tests} <= named
    assert [test for test in sorted(named) if not is_a_test(test)] == []


def test_every_measure_has_tests_and_every_risk_measures() -> None:
    assert [measure.title for measure in MEASURES.values() if len(measure.tests) < 2] == []
    assert {name for risk in impact.RISKS for name in risk.held_by} <= MEASURES.keys()


# ---- What each paper is made of -----------------------------------------------------------------------------------
def test_the_register_sheet_and_the_archives_sheet_have_every_row(
    editions: dict[str, dict[str, Made]],
) -> None:
    for stage, papers in ((STAGES[name], papers) for name, papers in editions.items()):
        with facts.settings_of(stage):
            rows = [row for section in rights.list_register_sections() for row in section.rows]
        assert len(rows) == len(ROWS)
        for name in ("registre", "archives"):
            told = text_of(papers[name].html)
            for row in rows:
                assert text_of(row.holds) in told and all(text_of(delay) in told for delay in row.kept), (
                    name,
                    row.holds,
                )


def test_each_place_of_the_register_has_its_words() -> None:
    assert impact.PLACES.keys() == set(Place)


def test_the_legal_notice_says_what_the_page_says(editions: dict[str, dict[str, Made]]) -> None:
    told = text_of(editions["rempli"]["mentions-legales"].html)
    with facts.settings_of(STAGES["rempli"]):
        shown = public.read_site_facts()

    for fact in (
        shown.publisher,
        shown.publisher_postal_address,
        shown.publisher_phone,
        shown.director,
        shown.host,
        shown.support,
    ):
        assert fact in told, fact


def test_the_accessibility_statement_counts_what_the_audit_and_the_page_say(
    editions: dict[str, dict[str, Made]],
) -> None:
    with facts.settings_of(STAGES["rempli"]):
        statement = accessibility.build(Edition(STAGES["rempli"], clock.utc_now(), ""))
    told = text_of(editions["rempli"]["accessibilite"].html)
    met, not_met = statement.counts["respecté"], statement.counts["non respecté"]

    assert sum(statement.counts.values()) == 106
    assert (
        f"Sur les {met + not_met} critères qui s’appliquent, {met} sont respectés, soit {statement.percent} %"
        in told.replace("\u00a0", " ")
    )


def test_the_hygiene_guide_is_answered_measure_by_measure() -> None:
    assert [line.number for line in hygiene.HYGIENE] == list(range(1, 43))
    for line in hygiene.HYGIENE:
        assert line.why and (line.state is not hygiene.State.MET or line.measures), line.number
        assert set(line.held_by) <= MEASURES.keys() and (not line.asked or line.asked in ASKED), line.number
        assert line.state is not hygiene.State.OWNER or line.asked, f"{line.number}: nobody is asked"


def test_each_requirement_of_asvs_that_is_not_met_says_why_in_french() -> None:
    requirements = list(approval.read_asvs())

    assert approval.NOT_MET.keys() == {row.number for row in requirements if row.state == "non tenue"}
    assert all(row.why for row in requirements if row.state == "hors de propos")


def test_the_approval_file_names_the_chapters_of_asvs_that_nobody_compared_and_a_level_1_that_is_not_met(
    editions: dict[str, dict[str, Made]],
) -> None:
    told = text_of(editions["example"]["homologation"].html)
    compared = set(re.findall(r"^## V(\d+) ", approval.ASVS.read_text(), re.MULTILINE))
    requirements = list(approval.read_asvs())

    assert {row.chapter for row in requirements} == compared <= approval.CHAPTERS.keys()
    assert f"{len(compared)} chapitres sur 17 ont été comparés" in told
    for chapter in approval.CHAPTERS.keys() - compared:
        assert (f"V{chapter} {approval.CHAPTERS[chapter]}" in told) == (chapter not in approval.NO_OBJECT)
    lacking = [row.number for row in requirements if (row.level, row.state) == ("1", "non tenue")]
    assert f"Le niveau 1 n’est pas atteint, dans ces chapitres mêmes ({', '.join(lacking)})" in told


def test_the_processors_clauses_name_what_a_destroyed_stack_leaves(
    editions: dict[str, dict[str, Made]],
) -> None:
    told = text_of(editions["example"]["sous-traitance"].html)
    resources = figures.template()["Resources"].values()
    kept = {
        resource["Type"] for resource in resources if resource.get("DeletionPolicy", "Delete") != "Delete"
    }

    assert kept == pages.LEFT_BEHIND.keys()
    assert [words for words in pages.LEFT_BEHIND.values() if words not in told] == []
    for resource in resources:
        if resource.get("Type") == "AWS::Logs::LogGroup":
            assert resource["DeletionPolicy"] == "Delete"


def test_the_approval_file_counts_the_measures_of_which_a_protection_is_taken_away(
    editions: dict[str, dict[str, Made]],
) -> None:
    teeth = approval.count_teeth()
    told = text_of(editions["example"]["homologation"].html)

    assert 0 < teeth.measures <= len(MEASURES) and teeth.patches > len(MEASURES)
    assert (
        f"{teeth.patches} protections" in told
        and f"Sur {len(MEASURES)} mesures, {teeth.measures} nomment" in told
    )


def test_the_approval_file_says_what_a_stage_chooses_of_its_protections() -> None:
    stage = STAGES["rempli"]
    loose = replace(stage, protect=False, accept=frozenset({"trail", "sandbox"}))
    told = [text_of(making.make_papers(each_stage)["homologation"].html) for each_stage in (stage, loose)]

    assert "suppression oui Contrôles de la mise en service dont ce déploiement se passe aucun" in told[0]
    assert (
        "suppression non Contrôles de la mise en service dont ce déploiement se passe sandbox, trail"
        in told[1]
    )
    assert "Numéro des SMS +33700000000" in told[0]


@pytest.mark.parametrize(("until", "has_expired"), [("2020-01-31", True), ("2999-01-31", False)])
def test_an_approval_that_is_over_is_said_to_be(until: str, has_expired: bool) -> None:
    stage = STAGES["rempli"]
    papers = making.make_papers(replace(stage, papers={**stage.papers, "approval_until": until}))

    assert (f"{until} (expirée)" in text_of(papers["homologation"].html)) == has_expired


@pytest.mark.parametrize(
    ("asked", "action"), [(task.asked, task.action) for task in impact.TASKS if task.asked]
)
def test_what_is_left_to_do_leaves_the_assessment_once_its_answer_gives_a_day_that_is_past(
    asked: str, action: str
) -> None:
    stage, today = STAGES["rempli"], clock.utc_now().date()

    def is_left(answer: str) -> bool:
        answered = replace(stage, papers={**stage.papers, asked: answer})
        with facts.settings_of(answered):
            left = impact.list_remaining(Edition(answered, clock.utc_now(), ""))
        return action in {task.action for task in left}

    assert is_left("Aucun") and is_left(f"Prévu le {today + timedelta(days=1)}") and is_left("2026-02-31")
    assert not is_left(f"Fait le {today}, par un tiers")
    assert is_left("Fait le 2020-01-31") == (asked == "restoration_exercise")


def test_each_paper_has_a_place_to_sign_and_says_that_a_whole_file_is_no_signature(
    editions: dict[str, dict[str, Made]],
) -> None:
    for name, paper in editions["rempli"].items():
        told = text_of(paper.html)
        assert ("Signature Nom Fonction Date" in told) == (name != "sommaire"), name
        assert ("ce n’est pas une signature" in told) == (name != "sommaire"), name


def test_what_allows_data_outside_the_union_is_said_in_each_paper_about_transfers() -> None:
    stage = STAGES["rempli"]
    abroad = replace(
        stage, region="eu-west-2", parameters={**stage.parameters, "TransferGrounds": "Adéquation dite"}
    )
    papers = making.make_papers(abroad)

    for name in ("registre", "analyse-impact", "hebergement"):
        assert "Adéquation dite" in text_of(papers[name].html), name


def test_each_function_is_described_with_what_its_role_may_do(editions: dict[str, dict[str, Made]]) -> None:
    assert approval.WORK.keys() == FUNCTIONS.keys()
    rows = re.findall(
        r'<tr><th scope="row"><code>(\w+)</code></th>', editions["example"]["homologation"].html
    )
    assert set(FUNCTIONS) <= set(rows)
    assert "kms:Decrypt" in str(approval._list_rights("Unseal")) and "kms:Decrypt" not in str(
        approval._list_rights("Web")
    )


def test_the_picture_of_flows_has_each_right_of_each_role_and_no_other(
    editions: dict[str, dict[str, Made]],
) -> None:
    with facts.settings_of(STAGES["rempli"]):
        drawn = {(row.name, cell.holder): cell.verbs for row in flows.draw().rows for cell in row.cells}
    policies = [
        resource["Properties"]
        for resource in figures.template()["Resources"].values()
        if resource.get("Type") == "AWS::IAM::Policy"
    ]
    for name in FUNCTIONS:
        allowed = json.dumps(
            [
                statement
                for policy in policies
                if {"Ref": f"{name}Role"} in policy["Roles"]
                for statement in policy["PolicyDocument"]["Statement"]
                if statement.get("Effect") != "Deny"
            ]
        )
        for holder in flows.HOLDERS:
            is_named = f'"{holder}:' in allowed or f'"{holder}"' in allowed or f"{{{holder}." in allowed
            assert ((name, holder) in drawn) == is_named, (name, holder)

    assert drawn["Web", "DocumentKey"] == ["enveloppe"] and drawn["Inspect", "DocumentKey"] == ["ouvre"]
    assert drawn[flows.BROWSERS, "DocumentBucket"] == ["lit", "dépose"]
    for name in ("analyse-impact", "homologation"):
        assert "SMS aux<" in editions["rempli"][name].html
        assert "SMS aux<" not in editions["example"][name].html


def test_the_approval_file_lists_each_key_with_its_mechanism(editions: dict[str, dict[str, Made]]) -> None:
    resources = figures.template()["Resources"].items()
    asked = {name for name, resource in resources if resource.get("Type") == "AWS::KMS::Key"}
    told = text_of(editions["example"]["homologation"].html)

    assert asked == approval.KEYS.keys()
    assert [key.use for key in approval.list_keys() if f"{key.use} {key.mechanism}" not in told] == []


def test_each_service_of_aws_that_is_used_has_its_equivalent_and_its_files() -> None:
    types, called = hosting.list_used()

    assert types <= {prefix for service in hosting.DEPENDENCES for prefix in service.prefixes}
    assert called | set(models.OPERATIONS) <= {
        name for service in hosting.DEPENDENCES for name in service.clients
    }
    with facts.settings_of(STAGES["example"]):
        note = hosting.build(Edition(STAGES["example"], clock.utc_now(), ""))
    assert [leaving.service.name for leaving in note.leaving if not leaving.files] == []
    assert {"chalicelib/jobs.py", "chalicelib/web/urls.py"} <= set(
        next(leaving.files for leaving in note.leaving if leaving.service.name == "Chalice")
    )
    assert "chalicelib/stores/keys.py" in next(
        leaving.files for leaving in note.leaving if leaving.service.name == "KMS"
    )


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-west-3", "aws (commerciale) Région eu-west-3, Paris (France)"),
        (
            "eusc-de-east-1",
            "aws-eusc (AWS European Sovereign Cloud) Région eusc-de-east-1, Brandebourg (Allemagne)",
        ),
        ("eu-west-2", "aws (commerciale) Région eu-west-2, hors de l’Union européenne"),
    ],
)
def test_the_hosting_note_says_partition_and_region(region: str, said: str) -> None:
    papers = making.make_papers(replace(STAGES["rempli"], region=region))

    assert said in text_of(papers["hebergement"].html)


# ---- The inventory ------------------------------------------------------------------------------------------------
def test_the_inventory_names_what_the_zip_holds(built: Package) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        distributions = {
            re.sub(r"[-_.]+", "-", name.partition("-")[0]).lower()
            for name in archive.namelist()
            if name.partition("/")[0].endswith(".dist-info")
        }
    maps = "".join(path.read_text() for path in (package.BUILD / "maps").glob("*.map"))
    parts = {(part.kind, part.name) for part in sbom.list_parts()}

    assert {name for kind, name in parts if kind == "pypi"} == distributions - set(sbom.LEFT_OUT) | {
        sbom.CHALICE
    }
    assert set(re.findall(r"/npm/\w+/((?:@[\w-]+/)?[\w.-]+)/", maps)) == {
        name for kind, name in parts if kind == "npm"
    }


def test_the_inventory_gives_each_part_its_version_and_licence_and_is_the_same_each_time() -> None:
    inventory, licensing = json.loads(sbom.build_inventory()), get_spdx_licensing()

    assert sbom.build_inventory() == sbom.build_inventory()
    assert (inventory["bomFormat"], inventory["specVersion"]) == ("CycloneDX", "1.6")
    assert len(inventory["components"]) == len(sbom.list_parts())
    for part in sbom.list_parts():
        assert part.version or part.kind == "data", part.name
        assert part.licence and licensing.validate(part.licence).errors == [], part
    assert [component["name"] for component in inventory["components"] if not component.get("licenses")] == []


def test_the_inventory_is_valid_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom.build_inventory()) is None


def test_the_inventory_gives_each_part_the_hashes_that_its_lock_accepts() -> None:
    locks = [(ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock")]
    npm = json.loads((ROOT / "infra" / "npm" / "package-lock.json").read_text())["packages"]
    for component in json.loads(sbom.build_inventory())["components"]:
        name, version = component["name"], component.get("version", "")
        given = [
            digest["content"]
            for holder in [component, *component.get("externalReferences", [])]
            for digest in holder.get("hashes", [])
        ]
        if component.get("purl", "").startswith("pkg:pypi"):
            entry = next(
                text
                for lock in locks
                for text in re.split(r"\n(?=\w)", lock)
                if text.startswith(f"{name}=={version}")
            )
            assert given and set(given) == set(re.findall(r"sha256:(\w+)", entry)), name
        elif "purl" in component:
            (digest,) = given
            assert (
                npm[f"node_modules/{name}"]["integrity"]
                == "sha512-" + base64.b64encode(bytes.fromhex(digest)).decode()
            )
        else:
            assert given == [hashlib.sha256((ROOT / "chalicelib" / name).read_bytes()).hexdigest()]


def test_the_version_is_the_commit_and_says_when_the_sources_differ_from_it(
    tmp_path: Path,
) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@b.test")
        return subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout

    assert sbom.read_version(tmp_path) == "inconnue"
    git("init", "-q")
    (tmp_path / "app.py").write_text("")
    git("add", ".")
    git("commit", "-qm", "First")
    commit = git("rev-parse", "HEAD")[:12]
    assert sbom.read_version(tmp_path) == commit

    (tmp_path / "infra" / "stages").mkdir(parents=True)
    (tmp_path / "infra" / "stages" / "prod.toml").write_text("")
    assert sbom.read_version(tmp_path) == commit
    (tmp_path / "new.py").write_text("")
    assert sbom.read_version(tmp_path) == f"{commit} (modifié)"


# ---- How they read ------------------------------------------------------------------------------------------------
def test_papers_speak_as_the_house_does(editions: dict[str, dict[str, Made]]) -> None:
    for _, name, html in each(editions):
        told = unescape(
            re.sub(
                r"<style>.*?</style>|<code>.*?</code>|<(tspan|text)[^>]* class=.code.*?</\1>|<[^>]+>",
                "",
                html,
                flags=re.DOTALL,
            )
        )
        assert not (match := FORBIDDEN.search(told)), (name, match)
        assert not (match := MISSET.search(told)), (name, told[match.start() - 30 : match.end() + 9])
        assert "'" not in told, name


@pytest.mark.proof
def test_a_paper_is_read_and_printed_without_a_fault_of_accessibility(tmp_path: Path) -> None:
    making.write_papers(STAGES["example"], tmp_path)
    browser = printing.find_browser()
    assert browser is not None
    printed = printing.print_papers(tmp_path / "example", browser)
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        for path in printed:
            page.goto(path.with_suffix(".html").as_uri())
            assert Axe().run(page).violations_count == 0, path.stem

    assert len(printed) == len(PAPERS) + 1
    for path in printed:
        with pikepdf.open(path) as document:
            assert document.Root.MarkInfo.Marked and document.Root.Lang == "fr", path.name

"""The import through its page: a table is read, what it does not say is asked once, good lines enter, the others come back."""

import csv
import html
import io
import re
import time as clocks
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from chalicelib.domain import importing as importing_rules
from chalicelib.domain.importing import NO_ANSWERS
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import ParcoursStatus, Role
from chalicelib.stores import aws, items, parcours_table, transactions
from chalicelib.stories import importing
from chalicelib.web.importing import list_columns
from tests.conftest import Clock
from tests.support import csv_samples, factories, http
from tests.support.csv_samples import SECRET, confirmed, form, page_form
from tests.support.factories import NOON
from tests.support.http import Answer, Client
from tests.support.workbooks import Cell, Formula, workbook
from tests.support.worlds import World
from tests.support.writing import add_records

TEN = csv_samples.text(csv_samples.rows(10))
JEANNE, NOBODY = "jeanne.albrecht@academie.example", "sans.compte@academie.example"


def add_account(account: Account) -> Account:
    """Store an account."""
    add_records(account)
    return account


@pytest.fixture
def team(world: World) -> Client:
    """The browser of an agent of the team."""
    return http.signed_in(add_account(factories.account(Role.TEAM)))


def page_words(answer: Answer) -> str:
    """The text of the page without its tags, with plain spaces."""
    bare = html.unescape(re.sub(r"<[^>]*>", "", answer.text)).replace("\u00a0", " ")
    return " ".join(bare.split())


def list_heads(world: World) -> list[items.Plain]:
    """The stored head item of every parcours and offer."""
    return [item for item in world.table(items.PARCOURS) if item["sk"] == "head"]


def count_facts(world: World, kind: EventKind) -> int:
    """Return how many events of this kind are stored."""
    return sum(item.get("kind") == kind.value for item in world.table(items.PARCOURS))


def write_page(team: Client, content: str | bytes) -> Answer:
    """Read a file, and let its good lines enter with what the page proposes."""
    answer = team.post_form("/import", page_form(team.post_form("/import", form(content)), "import"))
    while answer.status == 202:  # a slow machine
        answer = team.post_form("/import", page_form(answer, "import"))
    return answer


def download(team: Client, answer: Answer) -> list[dict[str, str]]:
    """Return the lines of the file that gives back those that wait."""
    waiting = team.post_form("/import", page_form(answer, "reste"))
    assert waiting.status == 200 and waiting.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(waiting.text.removeprefix("\ufeff"), newline=""), delimiter=";"))


def write_lines(lines: list[dict[str, str]]) -> str:
    """Return these lines as the file that a spreadsheet saves."""
    return csv_samples.text(lines, titles=tuple(lines[0]))


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER])
def test_only_the_team_imports(world: World, role: Role) -> None:
    other = http.signed_in(add_account(factories.account(role)))

    assert other.get("/import").status == 404
    assert other.post_form("/import", form(TEN)).status == 404
    assert other.post_form("/import", confirmed(TEN)).status == 404
    assert list_heads(world) == []


def test_nobody_imports_signed_out_or_from_elsewhere(world: World, team: Client) -> None:
    assert Client().get("/import").status == 401
    assert Client().post_form("/import", form(TEN)).status == 401
    assert team.post_form("/import", confirmed(TEN), origin="https://elsewhere.example").status == 403
    assert list_heads(world) == []


def test_the_page_names_each_column_that_is_read(team: Client) -> None:
    section = team.get("/import").text.partition('id="colonnes"')[2].partition("</section>")[0]
    named = re.split(r"[,.:] (?:et )?| ou ", " ".join(html.unescape(re.sub(r"<[^>]*>", "", section)).split()))

    assert [words for _, words in list_columns() if words not in named] == []


def test_without_scripts_the_page_says_what_to_do(world: World, team: Client) -> None:
    page_text = team.get("/import").text.partition("<noscript>")[2].partition("</noscript>")[0]

    assert "JavaScript est désactivé" in page_text and "/offres/nouvelle" in page_text


def test_reading_a_file_says_everything_and_writes_nothing(world: World, team: Client) -> None:
    before = world.everything()
    lines = csv_samples.rows(11, {4: {"Commentaires": SECRET}, 12: {"Disponibilité": "abandonné"}})

    answer = team.post_form("/import", form(csv_samples.text(lines)))

    assert answer.status == 200
    assert "10 offres à créer, 1 terminée." in page_words(answer)
    assert "Lignes terminées dans le tableau, qui restent dehors : 12." in page_words(answer)
    assert "« Commentaires » : texte libre" in page_words(answer)
    assert "Barnabé" not in html.unescape(answer.text)
    assert world.everything() == before


@pytest.mark.parametrize(
    "content", [csv_samples.messy(), csv_samples.as_workbook(csv_samples.messy())], ids=["csv", "xlsx"]
)
def test_a_messy_table_of_sixty_lines_is_in_after_two_tries(
    world: World, team: Client, content: bytes
) -> None:
    """Whatever it comes in: at most ten cells are corrected; the same table again changes nothing and asks nothing."""
    first = write_page(team, content)
    assert "51 offres créées, 6 à corriger, 2 terminées" in page_words(first)
    assert "Ligne laissée de côté, car elle répète une offre de plus haut : ligne 61." in page_words(first)
    lines, corrected = download(team, first), 0
    right = {"domaine": "Autre", "heures": "300", "e-mail du référent": "h.tissier@brevent.example"}
    for line in lines:
        for column in re.findall(r"colonne ([^:]+?)\s:", line["à corriger"]):
            line[column], corrected = right[column], corrected + 1

    second = write_page(team, write_lines(lines))

    assert "6 offres créées" in page_words(second) and "à corriger" not in page_words(second)
    assert (len(list_heads(world)), corrected) == (57, 6) and corrected <= 10
    everything_before = world.everything()
    again = team.post_form("/import", form(content))
    assert "0 offre à créer, 58 déjà là, 2 terminées" in page_words(again)
    assert "<select" not in again.text and "Télécharger" not in again.text
    team.post_form("/import", confirmed(content))
    assert world.everything() == everything_before


def test_a_word_of_a_status_is_asked_once_for_all_its_lines(world: World, team: Client) -> None:
    words = {3: "Vendredi", 5: "vendredi", 6: "Plus tard", 7: "non"}
    lines = csv_samples.rows(9, {line: {"Disponibilité": word} for line, word in words.items()})
    asked = team.post_form("/import", form(csv_samples.text(lines)))
    questions = re.findall(r"« ([^»]+) », dans « disponibilité »", page_words(asked))
    assert questions == ["vendredi", "plus tard", "non"]
    assert "5 offres à créer, 4 à corriger" in page_words(asked)

    fields = page_form(asked, "import")
    over, free = ("over|disponibilite|non", "free|disponibilite|vendredi")
    answered = team.post_form("/import", {**fields, "statut-0": free, "statut-2": over})

    assert "7 offres créées, 1 à corriger, 1 terminée" in page_words(answered)
    (waiting,) = download(team, answered)
    assert waiting["entreprise"] == "Ateliers Brévent 5" and "mot inconnu" in waiting["à corriger"]
    assert "7 offres créées" not in page_words(team.post_form("/import", form(write_lines([waiting]))))


@pytest.mark.parametrize("title", ["Volume", "Heures à faire"])
def test_an_unknown_title_is_read_once_somebody_says_what_it_is(
    world: World, team: Client, title: str
) -> None:
    """Asked once: the file that comes back has our titles."""
    lines = csv_samples.rows(3, {3: {"Domaine": "BTP"}})
    content = csv_samples.text(lines).replace(";Heures;", f";{title};", 1)
    asked = team.post_form("/import", form(content))
    said = html.unescape(asked.text).replace("\u00a0", " ")
    (field,) = re.findall(rf'<label for="(titre-[0-9]+)">La colonne « {title} »', said)

    again = team.post_form("/import", form(content, **{field: "heures"}))
    done = team.post_form("/import", page_form(again, "import"))

    assert "2 offres créées, 1 à corriger" in page_words(done)
    (waiting,) = download(team, done)
    waiting["domaine"] = "Accueil"
    whole = team.post_form("/import", form(write_lines([waiting])))
    assert "1 offre à créer." in page_words(whole) and "<select" not in whole.text


def test_a_missing_column_keeps_everything_out_and_is_named(world: World, team: Client) -> None:
    content = csv_samples.text(csv_samples.rows(2)).replace(";Heures;", ";Volume;", 1)

    answer = team.post_form("/import", confirmed(content))

    assert answer.status == 422 and "Il manque la colonne « heures »." in page_words(answer)
    assert list_heads(world) == []


@pytest.mark.parametrize("cell", ["=1+1", "+33 établissements", "-2+3 places", "@somme"])
def test_a_formula_of_a_waiting_line_comes_back_as_text(world: World, team: Client, cell: str) -> None:
    lines = csv_samples.rows(1, {2: {"Domaine": "BTP", "Objet": cell}})

    (waiting,) = download(team, team.post_form("/import", form(csv_samples.text(lines))))

    assert waiting["objet"] == f"'{cell}"
    write_page(team, write_lines([{**waiting, "domaine": "Autre"}]))
    (head,) = list_heads(world)
    assert head["contract"]["object"] == cell, "as it was in the table"


def test_nothing_that_does_not_enter_comes_back(world: World, team: Client) -> None:
    lines = csv_samples.rows(1, {2: {"Domaine": "BTP"}})
    content = csv_samples.text(lines).replace("Secteur", "Nom du jeune", 1).replace("Menuiserie", SECRET)

    waiting = team.post_form("/import", page_form(team.post_form("/import", form(content)), "reste"))

    assert "Brévent" in waiting.text and SECRET not in waiting.text


def test_the_sheet_of_a_workbook_that_is_read_is_the_first_visible_one_with_our_titles(
    world: World, team: Client
) -> None:
    rows = [list(csv_samples.TITLES), list(csv_samples.row(1, Objet="Mobilier caché").values())]
    other = [list(csv_samples.TITLES), list(csv_samples.row(1, Objet="Mobilier lu").values())]
    sheets = {"Brouillon": rows, "Notes": [["Bonjour"]], "Marchés 2026": other, "Archives": rows}
    content = workbook(sheets, hidden=("Brouillon",))

    assert "Feuille lue : « Marchés 2026 »." in page_words(team.post_form("/import", form(content)))
    write_page(team, content)

    assert [head["contract"]["object"] for head in list_heads(world)] == ["Mobilier lu"]
    assert "Feuille lue" not in page_words(team.post_form("/import", form(TEN)))


def test_a_formula_in_a_workbook_is_never_computed_and_its_last_value_is_text(
    world: World, team: Client
) -> None:
    row = {
        **csv_samples.row(1),
        "Objet": Formula('HYPERLINK("https://x.example","x")'),
        "Objet détaillé": "=1+1",
    }
    content = workbook({"Tableau": [list(csv_samples.TITLES), list(row.values())]})

    write_page(team, content)

    (head,) = list_heads(world)
    assert (head["contract"]["object"], head["contract"]["detail"]) == ("42", "=1+1")


def test_a_number_of_a_telephone_gets_its_first_zero_back(world: World, team: Client) -> None:
    row = [*csv_samples.row(1).items()]
    cells: list[Cell] = [199004127 if title == "Téléphone du référent" else value for title, value in row]

    write_page(team, workbook({"Tableau": [list(csv_samples.TITLES), cells]}))

    assert "0199004127" in str(world.table(items.PARCOURS))


def test_an_import_writes_offers_that_stand_in_lists_once(world: World, time: Clock, team: Client) -> None:
    answer = write_page(team, TEN)

    assert answer.status == 200 and "10 offres créées" in page_words(answer)
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10
    made = parcours_table.read_page(list_heads(world)[0]["id"])
    assert [event.actor for event in made.events] == [Role.TEAM]
    assert team.get(f"/parcours/{made.parcours.id}").status == 200


def test_an_offer_that_is_here_is_left_alone_whatever_its_line_says(
    world: World, time: Clock, team: Client
) -> None:
    add_account(factories.account(Role.TUTOR, address=JEANNE))
    write_page(team, TEN)
    before = world.everything()
    prepared = {"Disponibilité": "En préparation", "E-mail_du_référent_MLDS": JEANNE}
    changes = {2: {"Heures": "900"}, 3: {"Heures": "trop"}, 4: prepared, 5: {"Disponibilité": "Vendredi"}}

    answer = team.post_form("/import", confirmed(csv_samples.text(csv_samples.rows(10, changes))))

    assert "0 offre créée, 10 déjà là" in page_words(answer) and "<select" not in answer.text
    assert world.everything() == before


def test_the_comments_of_lines_are_left_to_enter_and_stand_nowhere(
    world: World, time: Clock, team: Client
) -> None:
    answer = write_page(team, csv_samples.text(csv_samples.rows(3, {3: {"Commentaires": SECRET}})))

    (link,) = re.findall(r'href="/parcours/([0-9a-f]{32})/histoire"', answer.text)
    assert parcours_table.read_parcours(link).company.name == "Ateliers Brévent 2"
    assert "Barnabé" not in world.everything() + html.unescape(answer.text)


def test_a_known_fact_of_a_comment_enters_at_its_date(world: World, time: Clock, team: Client) -> None:
    """Those of a passage only where the line has its tutor; nobody is mailed, and nothing else of the comment enters."""
    add_account(factories.account(Role.TUTOR, address=JEANNE))
    comments = f"Message laissé le 12/01/2026 ; CV et LM envoyés le 2 février 2026. {SECRET}\nEntretien passé le 20/02/2026"
    prepared = {"Disponibilité": "En préparation", "E-mail_du_référent_MLDS": JEANNE}
    lines = csv_samples.rows(2, {2: {"Commentaires": comments, **prepared}, 3: {"Commentaires": comments}})

    answer = write_page(team, csv_samples.text(lines))

    given, free = sorted(list_heads(world), key=lambda head: str(head["company"]["name"]))
    facts = {
        head["id"]: [
            (event.kind, event.reason, event.contact, f"{event.happened_at:%d/%m/%Y}")
            for event in parcours_table.read_page(head["id"]).events
            if event.occurred_at is not None
        ]
        for head in (given, free)
    }
    message = (EventKind.CALL_NOTED, Reason.MESSAGE_LEFT, Interlocutor.WELCOMES, "12/01/2026")
    assert facts[free["id"]] == [message]
    assert sorted(facts[given["id"]], key=lambda fact: fact[3][3:] + fact[3][:2] + fact[0]) == [
        (EventKind.ATTEMPT_OPENED, None, None, "12/01/2026"),
        message,
        (EventKind.DOCUMENTS_SENT_OUTSIDE, None, Interlocutor.WELCOMES, "02/02/2026"),
        (EventKind.MEETING_HELD, None, None, "20/02/2026"),
    ]
    assert "3 faits repris, noter le reste" in page_words(answer)
    assert not [item for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")]
    assert "Barnabé" not in world.everything()


def write_table(state: dict[str, str]) -> str:
    """Return four offers: two in this state, of tutors of whom one has an account, and two free ones."""
    lines = csv_samples.rows(4, {2: state, 3: state})
    for line, mailbox in zip(lines, (JEANNE, NOBODY, JEANNE, ""), strict=True):
        line |= {"E-mail du référent MLDS": mailbox, "Département": "21", "Académie": ""}
        line["Référent MLDS"] = "Sabine Courtois" if mailbox == NOBODY else "Jeanne Albrecht"
    return csv_samples.text(lines)


STATES = pytest.mark.parametrize(
    "state",
    [{"Disponibilité": "En préparation"}, {"Convention_signée": "oui"}, {"Suivis_parcours": "réservé"}],
)


@STATES
def test_what_somebody_prepares_is_given_to_the_tutor_of_its_line(
    world: World, time: Clock, team: Client, state: dict[str, str]
) -> None:
    """One whose tutor has no account waits; nothing that is prepared or signed comes in as free; nobody is mailed."""
    jeanne = add_account(factories.account(Role.TUTOR, address=JEANNE, name="Jeanne Albrecht"))
    read = team.post_form("/import", form(write_table(state)))
    assert "confiés sans message à qui les suit : Jeanne Albrecht (1)" in page_words(read)

    done = team.post_form("/import", page_form(read, "import"))

    assert "3 offres créées, 1 à corriger" in page_words(done)
    assert "Ligne 3, colonne e-mail du référent MLDS : pas de compte à cette adresse" in page_words(done)
    statuses = {head["company"]["name"]: (head["status"], head.get("tutor")) for head in list_heads(world)}
    assert statuses == {
        "Ateliers Brévent 1": (ParcoursStatus.IN_PREPARATION, jeanne.id),
        "Ateliers Brévent 3": (ParcoursStatus.AVAILABLE, None),
        "Ateliers Brévent 4": (ParcoursStatus.AVAILABLE, None),
    }
    (given,) = [head for head in list_heads(world) if head.get("tutor")]
    assert given["since"] and not given.get("reservation_until")
    assert not [item for item in world.table(items.RELAY) if str(item["pk"]).startswith("mail#")]


@STATES
def test_what_nobody_is_named_to_follow_waits_outside(
    world: World, team: Client, state: dict[str, str]
) -> None:
    lines = csv_samples.rows(2, {3: state})

    done = write_page(team, csv_samples.text(lines))

    (waiting,) = download(team, done)
    assert "colonne e-mail du référent MLDS : vide" in waiting["à corriger"].replace("\u00a0", " ")
    assert [head["company"]["name"] for head in list_heads(world)] == ["Ateliers Brévent 1"]


def test_people_without_an_account_are_invited_together_on_the_page_that_shows_them(
    world: World, time: Clock, team: Client
) -> None:
    table = write_table({"Disponibilité": "En préparation"})
    read = team.post_form("/import", form(table))
    section = page_words(read).split("Personnes sans compte ici")[1]
    for named in (f"Jeanne Albrecht {JEANNE}", f"Sabine Courtois {NOBODY}", "Inviter ces 2 personnes"):
        assert named in section
    assert "Achats, Ministère des ouvrages" in section and "odile.ramain@ouvrages.example" in section

    shown = [team.post_form("/comptes/plusieurs", fields) for fields in list_invitations(read)]
    for page in shown:
        assert page.status == 200 and "Ce qui sera fait" in page_words(page)
        team.post_form("/comptes/plusieurs", {**list_invitations(page)[0]})

    again = page_words(team.post_form("/import", page_form(read, "lire")))
    assert "Personnes sans compte ici" not in again and "4 offres à créer." in again


def list_invitations(answer: Answer) -> list[dict[str, str]]:
    """Return the fields of each form of the page that invites several people."""
    forms = re.findall(r'<form[^>]*action="/comptes/plusieurs".*?</form>', answer.text, re.DOTALL)
    fields = [
        dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html.unescape(text))) for text in forms
    ]
    return [held for held in fields if "personnes" in held]


WITHOUT_SIREN = csv_samples.text(
    [csv_samples.row(1, **{"SIRET_de_l’acheteur": "", "Organisme_acheteur": "MINISTERE OUVRAGES"})]
)


def test_an_offer_without_siren_is_of_the_organisation_of_its_buyers_account(
    world: World, time: Clock, team: Client
) -> None:
    contact = add_account(factories.account(Role.BUYER, address="odile.ramain@ouvrages.example"))
    buyer = http.signed_in(contact)

    write_page(team, WITHOUT_SIREN)

    (head,) = list_heads(world)
    assert (head["contract"]["siren"], head["buyer"]) == (contact.siren, contact.id)
    assert buyer.get(f"/parcours/{head['id']}").status == 200


def test_an_offer_of_before_is_known_by_its_name_without_a_siren(world: World, team: Client) -> None:
    (line,) = csv_samples.reading(csv_samples.text(csv_samples.rows(1))).lines
    former = importing_rules.build_offer(line, "team", NOON)
    former = replace(former, id="e" * 32, contract=replace(former.contract, siren=None))
    transactions.commit(attempt.declare(former, "0" * 32, by=Role.TEAM))

    answer = team.post_form("/import", confirmed(csv_samples.text(csv_samples.rows(1))))

    assert "0 offre créée, 1 déjà là" in page_words(answer)
    assert [head["id"] for head in list_heads(world)] == [former.id]


def test_an_offer_without_siren_waits_where_its_buyer_has_no_account(world: World, team: Client) -> None:
    answer = team.post_form("/import", confirmed(WITHOUT_SIREN))

    assert "colonne SIREN/SIRET de l’acheteur" in page_words(answer)
    assert list_heads(world) == []


def test_an_address_that_looks_mistyped_is_taken_and_left_to_check(world: World, team: Client) -> None:
    file = csv_samples.text(csv_samples.rows(3, {3: {"E-mail_du_référent": "hugo.tissier@gmial.com"}}))

    done = page_words(write_page(team, file))

    by_hand = done.split("À reprendre à la main")[1].split("Offres créées")[0]
    assert "Ligne 3" in by_hand and "une adresse ressemble à une autre" in by_hand
    assert "hugo.tissier@gmial.com" in str(list_heads(world))


def test_a_new_offer_that_names_nobody_is_left_to_complete(world: World, team: Client) -> None:
    nobody = dict.fromkeys(
        ("Nom_du_référent", "E-mail_du_référent", "Téléphone_du_référent", "Fonction_du_référent"), ""
    )

    done = page_words(write_page(team, csv_samples.text(csv_samples.rows(3, {2: nobody}))))

    assert "aucune personne de l’entreprise : personne ne peut prendre cette offre" in done


@pytest.mark.parametrize(
    "cell", ['=HYPERLINK("x","x")', "=SUM(A1:A9)", "+33 1 99 00 41 27", "\t=1+1", "-2+3 places"]
)
def test_formulas_are_kept_as_the_text_they_are(world: World, time: Clock, team: Client, cell: str) -> None:
    """A cell that looks like a formula is stored as written; the export, not the import, makes it harmless."""
    content = csv_samples.text([csv_samples.row(1, Objet=cell, Tâches=cell)])

    assert team.post_form("/import", confirmed(content)).status == 200

    (made,) = list_heads(world)
    assert made["contract"]["object"] == made["placement"]["tasks"] == cell.strip()


def test_a_cut_in_the_middle_says_how_many_are_in_and_the_same_again_completes_it(
    world: World, time: Clock, team: Client
) -> None:
    """Every transaction after the first one fails before it reaches the table."""
    calls = []

    def fail_after_the_first(**_: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise ConnectionClosedError(endpoint_url="https://tables.example")

    read = team.post_form("/import", form(TEN))
    events = aws.dynamodb().meta.events
    events.register("before-send.dynamodb.TransactWriteItems", fail_after_the_first)
    try:
        stopped = team.post_form("/import", page_form(read, "import"))
    finally:
        events.unregister("before-send.dynamodb.TransactWriteItems", fail_after_the_first)

    assert stopped.status == 503
    assert f"{importing.AT_ONCE} lignes sur 10" in page_words(stopped)
    assert len(list_heads(world)) == importing.AT_ONCE
    finished = team.post_form("/import", page_form(stopped, "import"))
    assert finished.status == 200 and "10 offres créées" in page_words(finished)
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10


def test_an_import_whose_answer_is_lost_is_not_doubled(world: World, time: Clock, team: Client) -> None:
    """The transaction is written, but its answer never arrives: the same import again writes nothing twice."""

    def lose_answer(**_: object) -> None:
        raise ConnectionClosedError(endpoint_url="https://tables.example")

    pressed = page_form(team.post_form("/import", form(TEN)), "import")
    events = aws.dynamodb().meta.events
    events.register("after-call.dynamodb.TransactWriteItems", lose_answer)
    try:
        assert team.post_form("/import", pressed).status == 503
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", lose_answer)
    done = team.post_form("/import", pressed)

    assert "10 offres créées" in page_words(done), "those of the first request too"
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10


def test_of_two_imports_at_once_each_offer_is_made_once(world: World, time: Clock, team: Client) -> None:
    """A colleague imports the same table between the reading of this one and its first transaction."""
    colleague = add_account(factories.account(Role.TEAM, address="autre@equipe.example"))
    events = aws.dynamodb().meta.events

    def cross(**_: object) -> None:
        events.unregister("before-send.dynamodb.TransactWriteItems", cross)
        importing.write(colleague, TEN.encode(), NO_ANSWERS, now=time.now)

    pressed = page_form(team.post_form("/import", form(TEN)), "import")
    events.register("before-send.dynamodb.TransactWriteItems", cross)
    answer = team.post_form("/import", pressed)
    if answer.status != 200:
        answer = team.post_form("/import", page_form(answer, "import"))

    assert answer.status == 200 and "10 offres créées" in page_words(answer)
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10


def test_keys_that_a_busy_table_left_are_asked_for_again(world: World, time: Clock, team: Client) -> None:
    team.post_form("/import", confirmed(TEN))
    requests: list[Any] = []

    def note_request(params: dict[str, Any], **_: object) -> None:
        requests.append(params["RequestItems"])

    def leave_keys_unread(parsed: dict[str, Any], **_: object) -> None:
        if len(requests) == 2:  # the first request reads the session
            parsed |= {"UnprocessedKeys": requests[1], "Responses": {}}

    events = aws.dynamodb().meta.events
    events.register("provide-client-params.dynamodb.BatchGetItem", note_request)
    events.register("after-call.dynamodb.BatchGetItem", leave_keys_unread)
    try:
        again = team.post_form("/import", form(TEN))
    finally:
        events.unregister("provide-client-params.dynamodb.BatchGetItem", note_request)
        events.unregister("after-call.dynamodb.BatchGetItem", leave_keys_unread)

    session, first, repeated, *_ = requests
    assert first == repeated != session
    assert "0 offre à créer, 10 déjà là" in page_words(again)


def test_an_import_whose_time_is_up_says_how_far_it_is_and_goes_on_by_itself(
    world: World, time: Clock, team: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = page_form(team.post_form("/import", form(TEN)), "import")
    with monkeypatch.context() as short:
        short.setattr(importing, "SECONDS", 0.0)
        part = team.post_form("/import", pressed)

    assert part.status == 202 and f"{importing.AT_ONCE} lignes sur 10" in page_words(part)
    assert '<form method="post" action="/import" data-suite>' in part.text and "Continuer" in part.text
    done = team.post_form("/import", page_form(part, "import"))
    assert done.status == 200 and "10 offres créées" in page_words(done)


@pytest.mark.cloud
@pytest.mark.proof
def test_500_lines_on_the_local_cloud(cloud_world: World) -> None:
    browser = http.signed_in(add_account(factories.account(Role.TEAM)))
    content = csv_samples.text(csv_samples.rows(500))

    started = clocks.monotonic()
    read = browser.post_form("/import", form(content))
    read_at = clocks.monotonic()
    answer, requests = browser.post_form("/import", page_form(read, "import")), 1
    longest = clocks.monotonic() - read_at
    while answer.status in {202, 503} and requests < 30:
        answer, requests = browser.post_form("/import", page_form(answer, "import")), requests + 1
    done = clocks.monotonic()

    print(
        f"500 lines: read in {read_at - started:.1f} s, written in {done - read_at:.1f} s by {requests} requests,"
    )
    print(f"the first of {longest:.1f} s")
    assert answer.status == 200, page_words(answer)
    assert len(list_heads(cloud_world)) == 500


def test_everybody_with_an_account_reads_what_to_do_with_a_mailed_cv(world: World) -> None:
    for role in (Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER, Role.TEAM):
        answer = http.signed_in(add_account(factories.account(role))).get("/aide/cv-par-mail")

        assert answer.status == 200
        assert "mailto:?subject=" in answer.text and "/connexion" in answer.text
    assert Client().get("/aide/cv-par-mail").status == 401

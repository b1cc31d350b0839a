"""The import through the pages: a rehearsal that writes nothing, then the same again; a cut in the middle doubles nothing."""

import hashlib
import html
import re
import time as clocks
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from chalicelib.domain import importing as importing_rules
from chalicelib.domain.import_report import Fate
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.domain.kernel.values import Role
from chalicelib.stores import aws, items, parcours_table, transactions
from chalicelib.stories import importing, retention
from chalicelib.web.importing import list_columns
from tests.conftest import Clock
from tests.support import csv_samples, factories, http
from tests.support.csv_samples import FAULTS, SECRET, confirmed, form, report_form
from tests.support.factories import NOON
from tests.support.http import Answer, Client
from tests.support.workbooks import Cell, Formula, workbook
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

TEN = csv_samples.text(csv_samples.rows(10))


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


def test_a_rehearsal_says_everything_and_writes_nothing(world: World, team: Client) -> None:
    before = world.everything()
    commented = csv_samples.text(
        csv_samples.rows(11, {4: {"Commentaires": SECRET}, 12: {"Convention_signée": "oui"}})
    )

    answer = team.post_form("/import", form(commented))

    assert answer.status == 200
    assert "10 offres à créer, 0 à mettre à jour, 0 sans changement" in page_words(answer)
    assert (
        "Ligne 4 : Ateliers Brévent 3" in page_words(answer).split("Lignes qui avaient des commentaires")[1]
    )
    assert "Ligne 12 : Ateliers Brévent 11, « oui »" in page_words(answer).split("Lignes laissées dehors")[1]
    assert "« Commentaires » : texte libre" in page_words(answer)
    assert "Barnabé" not in html.unescape(answer.text)
    assert world.everything() == before


def test_the_report_questions_a_mistyped_address_and_takes_it_as_it_is(world: World, team: Client) -> None:
    """A warning beside its line: nothing is refused, and a second import of the same file says nothing more."""
    changed = {3: {"E-mail_du_référent": "hugo.tissier@gmial.com"}}
    file = csv_samples.text(csv_samples.rows(3, changed))
    rehearsed = team.post_form("/import", form(file))
    questioned = "une adresse ressemble à une autre, à un signe près"
    said = "Ligne 3, colonne e-mail du référent : hugo.tissier@gmial.com. Vouliez-vous écrire hugo.tissier@gmail.com"

    assert said in page_words(rehearsed)
    assert questioned in page_words(team.post_form("/import", confirmed(file)))
    assert "hugo.tissier@gmial.com" in str(list_heads(world))
    assert "Vouliez-vous" not in team.post_form("/import", form(file)).text


def test_three_faults_are_shown_and_the_other_lines_go_in(world: World, team: Client) -> None:
    answer = team.post_form("/import", form(csv_samples.three_faults()))

    assert answer.status == 200
    kinds = re.findall(r"<legend>(.*?)</legend>", answer.text)
    assert [html.unescape(kind).replace("\u00a0", " ") for kind in kinds] == list(FAULTS)
    assert "« hugo.tissier(at)brevent » : ligne 37" in page_words(answer)
    assert "3 lignes attendent une correction." in page_words(answer)
    assert list_heads(world) == []

    done = team.post_form("/import", report_form(answer))
    while done.status == 202:  # a slow machine
        done = team.post_form("/import", report_form(done))

    assert "Les lignes prêtes sont reprises" in page_words(done)
    assert len(list_heads(world)) == 137
    assert read_stored_report(world)["waiting"] == [
        {"column": "accueille_courriel", "problem": "address", "numbers": [37]},
        {"column": "notifie_le", "problem": "date", "numbers": [90]},
        {"column": "heures", "problem": "hours", "numbers": [121]},
    ]


def test_values_are_corrected_on_the_report_once_for_all_their_lines(world: World, team: Client) -> None:
    content = csv_samples.text(csv_samples.rows(4, {3: {"Domaine": "BTP"}, 5: {"Domaine": "BTP"}}))
    first = team.post_form("/import", form(content))
    assert "« BTP » : lignes 3 et 5" in page_words(first)

    again = team.post_form("/import", form(content, **{"valeur-0": "Logistique"}))

    assert "4 offres à créer" in page_words(again) and "BTP" not in page_words(again)
    team.post_form("/import", report_form(again))
    assert [head["placement"]["domain"] for head in list_heads(world)].count("Logistique") >= 2


@pytest.mark.parametrize(
    "content", [csv_samples.messy(), csv_samples.as_workbook(csv_samples.messy())], ids=["csv", "xlsx"]
)
def test_a_messy_export_is_in_after_one_file_and_whole_after_two_in_nine_gestures(
    world: World, team: Client, content: bytes
) -> None:
    """Whatever it comes in: 51 lines are in after three gestures, and all but the double of another after six more."""
    first = team.post_form("/import", form(content))
    gestures = 2  # a file chosen, and tried
    words = page_words(first)
    assert "51 offres à créer" in words and "7 lignes attendent une correction" in words
    assert "« BTP » : lignes 3, 17 et 44" in words
    kept_out = words.split("Lignes laissées dehors")[1]
    assert re.search(r"Ligne 9 : Ateliers Brévent 8, « [^»]+ »", kept_out)
    done = team.post_form("/import", report_form(first))
    gestures += 1
    assert "Les lignes prêtes sont reprises" in page_words(done) and gestures == 3
    choices = {
        "« BTP »": "Autre",
        "« trois cents »": "300",
        "Case vide": "300",
        "« h.tissier »": "h.tissier@brevent.example",
    }
    labels = re.findall(
        r'<label for="(valeur-[0-9]+)">(.*?) : ', html.unescape(done.text).replace("\u00a0", " ")
    )
    corrections = {field: choices[value] for field, value in labels}
    kept = {"etape": "essai", "fichier": report_form(done)["fichier"]}

    second = team.post_form("/import", {**kept, **corrections})

    gestures += len(corrections) + 1
    assert "6 offres à créer, 0 à mettre à jour, 51 sans changement" in page_words(second)
    assert "même offre que la ligne 2" in page_words(second)
    team.post_form("/import", report_form(second))
    gestures += 1
    assert len(list_heads(world)) == 57
    assert gestures == 9


def test_the_sheet_of_a_workbook_that_is_read_is_the_first_visible_one_with_our_titles(
    world: World, team: Client
) -> None:
    rows = [list(csv_samples.TITLES), list(csv_samples.row(1, Objet="Mobilier caché").values())]
    other = [list(csv_samples.TITLES), list(csv_samples.row(1, Objet="Mobilier lu").values())]
    sheets = {"Brouillon": rows, "Notes": [["Bonjour"]], "Marchés 2026": other, "Archives": rows}
    content = workbook(sheets, hidden=("Brouillon",))

    answer = team.post_form("/import", form(content))

    assert "Feuille lue : « Marchés 2026 »." in page_words(answer)
    assert "Mobilier lu" in page_words(answer) and "Mobilier caché" not in page_words(answer)
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

    team.post_form("/import", report_form(team.post_form("/import", form(content))))

    (head,) = list_heads(world)
    assert (head["contract"]["object"], head["contract"]["detail"]) == ("42", "=1+1")


def test_a_number_of_a_telephone_gets_its_first_zero_back(world: World, team: Client) -> None:
    row = [*csv_samples.row(1).items()]
    cells: list[Cell] = [199004127 if title == "Téléphone du référent" else value for title, value in row]
    content = workbook({"Tableau": [list(csv_samples.TITLES), cells]})

    team.post_form("/import", report_form(team.post_form("/import", form(content))))

    assert "0199004127" in str(world.table(items.PARCOURS))


def test_lines_that_wait_are_downloaded_with_what_to_correct_and_come_back_as_they_are(
    world: World, team: Client
) -> None:
    content = csv_samples.text(csv_samples.rows(4, {3: {"Domaine": "BTP"}}))

    waiting = team.post_form("/import", form(content, etape="reste"))

    assert waiting.status == 200 and waiting.headers["content-type"].startswith("text/csv")
    assert "colonne domaine : domaine inconnu" in waiting.text and waiting.text.count("Ateliers Brévent") == 1
    again = team.post_form("/import", form(waiting.text.replace("BTP", "Accueil")))
    assert (
        "1 offre à créer" in page_words(again)
        and "attend" not in page_words(again).split("sans changement")[1][:9]
    )


def test_a_title_that_is_unknown_is_read_once_somebody_says_what_it_is(world: World, team: Client) -> None:
    content = csv_samples.text(csv_samples.rows(2)).replace(";Heures;", ";Volume;", 1)
    first = team.post_form("/import", form(content))
    assert first.status == 422 and "Il manque la colonne « heures »." in page_words(first)
    (field,) = re.findall(
        r'<label for="(titre-[0-9]+)">« Volume »', html.unescape(first.text).replace("\u00a0", " ")
    )

    again = team.post_form("/import", form(content, **{field: "heures"}))

    assert again.status == 200 and "2 offres à créer" in page_words(again)


def test_what_a_title_stands_for_is_said_once_for_the_next_file_too(
    world: World, time: Clock, team: Client
) -> None:
    """What the page sends beside it as it was proposed, read or not, is no choice."""
    titled = csv_samples.text(csv_samples.rows(3)).replace(";Heures;", ";Volume;", 1)
    content = titled.replace("Domaine", "Métier visé", 1)
    first = team.post_form("/import", form(content))
    titles = re.findall(
        r'<label for="(titre-[0-9]+)">« (Volume|Métier visé) »',
        html.unescape(first.text).replace("\u00a0", " "),
    )
    field, unread = (
        next(field for field, title in titles if title == said) for said in ("Volume", "Métier visé")
    )
    team.post_form("/import", form(content, **{field: "heures", unread: "aucune"}))

    later = team.post_form("/import", form(content.replace(";Volume;", ";VOLUME;", 1)))

    assert "3 offres à créer" in page_words(later)
    assert "« VOLUME », comme la dernière fois" in page_words(later)
    assert "« Métier visé »" in page_words(later) and "« Métier visé », comme" not in page_words(later)
    assert "volume" not in str(world.table(items.RELAY)).casefold(), "of a title, its hash"
    other = http.signed_in(add_account(factories.account(Role.TEAM, address="autre@equipe.example")))
    assert other.post_form("/import", form(content)).status == 422, "each their own"
    back = team.post_form("/import", form(content, **{field: "aucune"}))
    assert back.status == 422 and "Il manque la colonne « heures »." in page_words(back)


def test_an_import_writes_offers_that_stand_in_lists_once(world: World, time: Clock, team: Client) -> None:
    answer = team.post_form("/import", confirmed(TEN))

    assert answer.status == 200 and "Toutes les lignes sont reprises" in page_words(answer)
    assert "10 offres créées" in page_words(answer)
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10
    made = parcours_table.read_page(list_heads(world)[0]["id"])
    assert [event.actor for event in made.events] == [Role.TEAM]
    assert team.get(f"/parcours/{made.parcours.id}").status == 200

    everything_before = world.everything()
    again = team.post_form("/import", confirmed(TEN))
    assert "10 offres créées, 0 mise à jour, 0 sans changement" in page_words(again), (
        "the same file, as shown"
    )
    assert "0 offre à créer, 0 à mettre à jour, 10 sans changement" in page_words(
        team.post_form("/import", form(TEN))
    )
    assert "Il n’y a rien à importer" in page_words(team.post_form("/import", form(TEN)))
    assert world.everything() == everything_before


def test_one_line_that_changed_is_updated_alone(world: World, time: Clock, team: Client) -> None:
    team.post_form("/import", confirmed(TEN))
    changed = csv_samples.text(csv_samples.rows(10, {5: {"Heures": "900", "Fin_clause": "2028-01-31"}}))

    rehearsed = team.post_form("/import", form(changed))
    assert "0 offre à créer, 1 à mettre à jour, 9 sans changement" in page_words(rehearsed)
    assert "fin clause : 31 décembre 2027 → 31 janvier 2028" in page_words(rehearsed)
    done = team.post_form("/import", report_form(rehearsed))

    assert "1 mise à jour, 9 sans changement" in page_words(done)
    assert count_facts(world, EventKind.OFFER_EDITED) == 1
    (edited,) = [
        head for head in list_heads(world) if head["placement"]["hours"] == 900 and head["edited"] == 1
    ]
    assert edited["contract"]["ends_on"] == "2028-01-31"


def test_the_comments_of_lines_are_left_to_enter_and_stand_nowhere(
    world: World, time: Clock, team: Client
) -> None:
    commented = csv_samples.text(csv_samples.rows(3, {3: {"Commentaires": SECRET}}))

    answer = team.post_form("/import", confirmed(commented))

    (link,) = re.findall(r'href="/parcours/([0-9a-f]{32})/histoire"', answer.text)
    assert parcours_table.read_parcours(link).company.name == "Ateliers Brévent 2"
    assert "Barnabé" not in world.everything() + html.unescape(answer.text)


WITHOUT_SIREN = csv_samples.text(
    [csv_samples.row(1, **{"SIRET_de_l’acheteur": "", "Organisme_acheteur": "MINISTERE OUVRAGES"})]
)


def test_an_offer_without_siren_is_of_the_organisation_of_its_buyers_account(
    world: World, time: Clock, team: Client
) -> None:
    contact = add_account(factories.account(Role.BUYER, address="odile.ramain@ouvrages.example"))
    buyer = http.signed_in(contact)

    rehearsal = team.post_form("/import", form(WITHOUT_SIREN))
    team.post_form("/import", report_form(rehearsal) | {"etape": "import"})

    (head,) = list_heads(world)
    assert (head["contract"]["siren"], head["buyer"]) == (contact.siren, contact.id)
    assert buyer.get(f"/parcours/{head['id']}").status == 200


def test_an_offer_of_before_gets_the_siren_of_its_line_and_stays_one(world: World, team: Client) -> None:
    add_account(factories.account(Role.BUYER, address="odile.ramain@ouvrages.example"))
    (line,) = csv_samples.reading(csv_samples.text(csv_samples.rows(1))).lines
    former = importing_rules.build_offer(line, "team", NOON)
    former = replace(former, id="e" * 32, contract=replace(former.contract, siren=None))
    transactions.commit(attempt.declare(former, "0" * 32, by=Role.TEAM))

    rehearsal = team.post_form("/import", form(csv_samples.text(csv_samples.rows(1))))
    team.post_form("/import", report_form(rehearsal) | {"etape": "import"})

    (head,) = list_heads(world)
    assert (head["id"], head["contract"]["siren"]) == (former.id, line.record.contract.siren)


def test_an_offer_without_siren_waits_where_its_buyer_has_no_account(world: World, team: Client) -> None:
    rehearsal = team.post_form("/import", form(WITHOUT_SIREN))

    assert "Colonne SIREN/SIRET de l’acheteur" in page_words(rehearsal)
    team.post_form("/import", confirmed(WITHOUT_SIREN))
    assert list_heads(world) == []


@pytest.mark.parametrize(
    "cell",
    ['=HYPERLINK("x","x")', "=SUM(A1:A9)", "+33 1 99 00 41 27", "\t=1+1", "-2+3 places"],
)
def test_formulas_are_kept_as_the_text_they_are(world: World, time: Clock, team: Client, cell: str) -> None:
    """A cell that looks like a formula is stored as written; the export, not the import, makes it harmless."""
    content = csv_samples.text([csv_samples.row(1, Objet=cell, Tâches=cell)])

    assert team.post_form("/import", confirmed(content)).status == 200

    (made,) = list_heads(world)
    assert made["contract"]["object"] == made["placement"]["tasks"] == cell.strip()


def test_other_bytes_than_those_rehearsed_are_not_written(world: World, team: Client) -> None:
    answer = team.post_form("/import", confirmed(TEN, empreinte="0" * 64))

    assert answer.status == 422 and "Le contenu n’est plus celui de l’essai" in page_words(answer)
    assert list_heads(world) == []


def test_a_cut_in_the_middle_says_how_many_are_in_and_the_same_again_completes_it(
    world: World, time: Clock, team: Client
) -> None:
    """Every transaction after the first one fails before it reaches the table."""
    calls = []

    def fail_after_the_first(**_: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise ConnectionClosedError(endpoint_url="https://tables.example")

    events = aws.dynamodb().meta.events
    events.register("before-send.dynamodb.TransactWriteItems", fail_after_the_first)
    try:
        stopped = team.post_form("/import", confirmed(TEN))
    finally:
        events.unregister("before-send.dynamodb.TransactWriteItems", fail_after_the_first)

    assert stopped.status == 503
    assert f"{importing.AT_ONCE} lignes sur 10 sont reprises" in page_words(stopped)
    assert len(list_heads(world)) == importing.AT_ONCE
    finished = team.post_form("/import", report_form(stopped))
    assert finished.status == 200 and "Toutes les lignes sont reprises" in page_words(finished)
    assert len(list_heads(world)) == count_facts(world, EventKind.OFFER_IMPORTED) == 10


def test_an_import_whose_answer_is_lost_is_not_doubled(world: World, time: Clock, team: Client) -> None:
    """The transaction is written, but its answer never arrives: the same import again writes nothing twice."""

    def lose_answer(**_: object) -> None:
        raise ConnectionClosedError(endpoint_url="https://tables.example")

    events = aws.dynamodb().meta.events
    events.register("after-call.dynamodb.TransactWriteItems", lose_answer)
    try:
        assert team.post_form("/import", confirmed(TEN)).status == 503
    finally:
        events.unregister("after-call.dynamodb.TransactWriteItems", lose_answer)
    team.post_form("/import", confirmed(TEN))

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
    assert "0 offre à créer, 0 à mettre à jour, 10 sans changement" in page_words(again)


def test_writing_stops_in_time_and_goes_on_when_asked_again(
    world: World, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = add_account(factories.account(Role.TEAM))
    sha256 = hashlib.sha256(TEN.encode()).hexdigest()

    marks = csv_samples.marks(TEN.encode())
    with monkeypatch.context() as short:
        short.setattr(importing, "SECONDS", 0.0)
        first = importing.write(agent, TEN.encode(), sha256, marks, now=time.now)
    assert first.stays is not None
    assert (first.is_paused, len(first.stays.lines)) == (True, importing.AT_ONCE)
    second = importing.write(agent, TEN.encode(), sha256, marks, now=time.now)

    assert second.stays is not None and second.stays.is_complete and not second.is_paused
    assert {line.fate for line in second.stays.lines} == {Fate.CREATED}, "those of the first part too"
    assert len(list_heads(world)) == 10


def test_an_import_whose_time_is_up_says_how_far_it_is_and_goes_on_by_itself(
    world: World, time: Clock, team: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr(importing, "SECONDS", 0.0)
        part = team.post_form("/import", confirmed(TEN))

    assert part.status == 202 and f"{importing.AT_ONCE} lignes sur 10 sont reprises" in page_words(part)
    assert '<form method="post" action="/import" data-suite>' in part.text and "Continuer" in part.text
    done = team.post_form("/import", report_form(part))
    assert done.status == 200 and "10 offres créées, 0 mise à jour, 0 sans changement" in page_words(done)


def read_stored_report(world: World) -> items.Plain:
    """The one stored report."""
    (report,) = [item for item in world.table(items.RELAY) if item["pk"].startswith(items.IMPORTED)]
    return report


def find_report_path(answer: Answer) -> str:
    """The address of the report that stays, as the page says it."""
    paths: set[str] = set(re.findall(r'href="(/import/[0-9a-f]{32})"', answer.text))
    (path,) = paths
    return path


def test_the_report_stays_for_its_owner_with_a_link_to_each_parcours(
    world: World, time: Clock, team: Client
) -> None:
    lines = csv_samples.rows(
        5, {3: {"Commentaires": SECRET}, 4: {"Convention_signée": "oui"}, 5: {"Domaine": "BTP"}}
    )
    answer = team.post_form("/import", confirmed(csv_samples.text(lines)))
    path = find_report_path(answer)

    page = team.get(path)

    assert page.status == 200 and "3 offres créées" in page_words(page)
    for head in list_heads(world):
        assert f'href="/parcours/{head["id"]}"' in page.text
    assert "Ligne 4." in page_words(page).split("Lignes laissées dehors")[1]
    assert "Ligne 5, colonne domaine : domaine inconnu" in page_words(page) and "BTP" not in page.text
    assert "noter ce qui s’est passé (ligne 3)" in page_words(page)
    assert path in team.get("/import").text, "the page of the import leads to it"
    colleague = http.signed_in(add_account(factories.account(Role.TEAM, address="autre@equipe.example")))
    assert colleague.get(path).status == 404 and path not in colleague.get("/import").text


def test_an_import_has_one_report_with_what_was_corrected_of_it_and_imported_again(
    world: World, time: Clock, team: Client
) -> None:
    content = csv_samples.text(
        csv_samples.rows(3, {2: {"Tâches": ""}, 3: {"Heures": "600"}, 4: {"Domaine": "BTP"}})
    )
    part = team.post_form("/import", confirmed(content))
    path = find_report_path(part)
    assert "2 offres créées" in page_words(part) and "Ligne 2 : Ateliers Brévent 1" in page_words(part)

    corrected = team.post_form("/import", {**list_hidden_fields(part), "etape": "essai", "valeur-0": "Autre"})
    done = team.post_form("/import", report_form(corrected))

    assert find_report_path(done) == path and "3 offres créées" in page_words(done)
    by_hand = page_words(done).split("À reprendre à la main")[1].split("Ligne par ligne")[0]
    assert "Ligne 2 : Ateliers Brévent 1" in by_hand and "tâches à écrire" in by_hand
    assert "attend" not in page_words(team.get(path)).split("Import du")[0]

    (head,) = [head for head in list_heads(world) if head["company"]["name"] == "Ateliers Brévent 2"]
    offer = parcours_table.read_parcours(head["id"])
    change_record(
        offer, replace(offer, placement=replace(offer.placement, hours=700), edited=offer.edited + 1)
    )
    again = team.post_form("/import", report_form(team.post_form("/import", form(content))))
    assert find_report_path(again) == path and "2 offres créées, 0 mise à jour" in page_words(again)
    assert len(team.get("/import").text.split('href="/import/')) == 2, "one report of one import"


def list_hidden_fields(answer: Answer) -> dict[str, str]:
    """The file as the form that corrects it carries it."""
    (mend,) = [part for part in re.findall(r"<form.*?</form>", answer.text, re.DOTALL) if "valeur-0" in part]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', mend))


def test_the_report_is_read_no_longer_by_who_has_left_the_team(world: World, time: Clock) -> None:
    agent = add_account(factories.account(Role.TEAM))
    path = find_report_path(http.signed_in(agent).post_form("/import", confirmed(TEN)))
    (stored,) = parcours_table.list_accounts({agent.id})
    now_tutor = replace(stored, roles=frozenset({Role.TUTOR}), academie="Dijon")
    change_record(stored, now_tutor)

    answer = http.signed_in(now_tutor).get(path)

    assert answer.status == 404 and "Brévent" not in answer.text


def test_the_report_holds_numbers_and_codes_and_no_value_of_the_file(
    world: World, time: Clock, team: Client
) -> None:
    team.post_form(
        "/import", confirmed(csv_samples.text(csv_samples.rows(3, {3: {"Heures": "trois cents"}})))
    )

    stored = str(read_stored_report(world))

    assert "trois cents" not in stored and "Brévent" not in stored and "@" not in stored


def purge_whole_round(time: Clock) -> None:
    """Run the minute function until it has looked at everything."""
    for _ in range(10):
        retention.purge(now=time.passes(minutes=1))


def test_the_report_is_erased_after_thirty_days(world: World, time: Clock, team: Client) -> None:
    path = find_report_path(team.post_form("/import", confirmed(TEN)))

    time.passes(days=29)
    purge_whole_round(time)
    assert read_stored_report(world)
    time.passes(days=1, minutes=1)
    assert team.get(path).status in {401, 404}
    purge_whole_round(time)
    assert not [item for item in world.table(items.RELAY) if item["pk"].startswith(items.IMPORTED)]


@pytest.mark.cloud
@pytest.mark.proof
def test_500_lines_on_the_local_cloud(cloud_world: World) -> None:
    agent = add_account(factories.account(Role.TEAM))
    data = csv_samples.text(csv_samples.rows(500)).encode()
    browser = http.signed_in(agent)

    started = clocks.monotonic()
    assert browser.post_form("/import", form(data)).status == 200
    rehearsed = clocks.monotonic()
    answer, requests = browser.post_form("/import", confirmed(data)), 1
    longest = clocks.monotonic() - rehearsed
    while answer.status in {202, 503} and requests < 30:
        answer, requests = browser.post_form("/import", confirmed(data)), requests + 1
    done = clocks.monotonic()

    print(
        f"500 lines: rehearsed in {rehearsed - started:.1f} s, written in {done - rehearsed:.1f} s by {requests} requests,"
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


def test_the_rehearsal_says_which_new_offers_name_nobody(team: Client) -> None:
    nobody = {
        "Nom_du_référent": "",
        "E-mail_du_référent": "",
        "Téléphone_du_référent": "",
        "Fonction_du_référent": "",
    }
    lines = csv_samples.rows(3, {2: nobody})

    rehearsal = page_words(team.post_form("/import", form(csv_samples.text(lines))))

    lacks = "aucune personne de l’entreprise : personne ne peut prendre cette offre"
    assert lacks in rehearsal
    team.post_form("/import", confirmed(csv_samples.text(lines)))
    again = page_words(team.post_form("/import", form(csv_samples.text(lines))))
    assert lacks not in again, "an offer that is there may have been completed since"

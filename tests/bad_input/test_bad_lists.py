"""Strange addresses of lists: what says nothing is left aside and that is said, on a whole page (B53, B62, B66, B79, B80)."""

from dataclasses import replace
from urllib.parse import quote

import pytest

from chalicelib import clock
from chalicelib.domain.kernel.parcours import Company
from tests.bad_input.cases import CANARY, Scene, assert_discreet, held, read_message
from tests.support import factories
from tests.support.http import signed_in
from tests.support.writing import add_records

PAGES = ("/parcours", "/parcours/export")
STRANGE = [
    *(
        f"statut={value}"
        for value in (CANARY, "IN_PREPARATION", "in_preparation", "%00", "toutes", "en-preparation,echu")
    ),
    *(f"academie={value}" for value in (CANARY, "a" * 5_000, "view%23all", "%E2%80%AEnojiD")),
    *(f"page={value}" for value in ("0", "-1", "1.5", "%D9%A1", "1" * 400, CANARY)),
    *(f"tour={value}" for value in (CANARY, "company", "system")),
    *(
        f"{name}={value}"
        for name in ("retard", "echeance")
        for value in ("oui", "0", "true", "%D9%A1", CANARY)
    ),
    *(f"q={value}" for value in ("%F0%9F%99%82", CANARY * 20, "%00%01", "%E2%80%8B", "!!")),
    f"tri={CANARY}",
]
ASIDE = "n’est pas connu, il est laissé de côté"


@pytest.mark.parametrize("query", STRANGE, ids=lambda query: query[:40])
def test_a_value_that_says_nothing_is_left_aside_and_said(
    scene: Scene, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    """B53, B62, B79: a value that means nothing gives the list without that filter, and is neither echoed nor logged."""
    before = held(scene.world)
    for path in PAGES:
        capsys.readouterr()
        answer = scene.agent.get(f"{path}?{query}")

        assert answer.status == 200
        assert answer.is_page is (path != "/parcours/export")
        if answer.is_page:
            assert ASIDE in read_message(answer)
        assert_discreet(answer, capsys.readouterr().out)
    assert held(scene.world) == before


def test_several_strange_values_are_named_by_their_fields(scene: Scene) -> None:
    text = read_message(scene.agent.get("/parcours?retard=x&statut=y&academie=Dijon"))

    assert "Ces filtres ne sont pas connus, ils sont laissés de côté" in text
    assert "Statut, En retard de plus de." in text


@pytest.mark.parametrize(
    "query",
    [
        "role=team",
        "autre=1",
        "statut=en-preparation&statut=echu",
        "q=a&q=b",
        "",
        "&&&",
        "=",
        "fait=rien",
        "etape=opened&region=Bretagne&heures=x&depuis=hier&imprimer=1",
    ],
)
def test_what_is_no_filter_changes_nothing(scene: Scene, query: str) -> None:
    for path in PAGES:
        answer = scene.agent.get(f"{path}?{query}")
        assert answer.status == 200
        assert "laissé" not in answer.text


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "a%0d%0ab",
        '"><img src=x>',
        "O'Brien",
        "Nguyễn",
        "李",
    ],
)
def test_words_are_shown_as_they_were_typed_and_as_text(scene: Scene, typed: str) -> None:
    """B80: what is typed stays in its field and in its chip, and does nothing."""
    answer = scene.agent.get(f"/parcours?q={quote(typed)}")

    assert answer.status == 200 and typed in read_message(answer)
    assert (
        "<script>alert" not in answer.text and "<img src=x" not in answer.text and ">49<" not in answer.text
    )


def test_a_hostile_name_stays_a_text_in_the_list_and_in_the_export(afresh: Scene) -> None:
    """B66, B80: a name that holds markup or a formula is shown as text in the list, and runs nothing from the export."""
    name = '=1+1<script>\t{{7*7}};"x"'
    now = clock.utc_now()
    offer = replace(factories.offer(company=Company(name=name)), since=now, last_at=now)
    add_records(offer)
    team = signed_in(afresh.team)

    page = team.get("/parcours?statut=disponible").text
    assert "=1+1&lt;script&gt;" in page and "<script>\t" not in page
    export = team.get("/parcours/export?statut=disponible").text
    assert '"\'=1+1<script> {{7*7}};""x"""' in export


def test_no_address_shows_anothers_parcours(scene: Scene) -> None:
    """B53: a tutor who writes the address of another's view gets her own rows only."""
    theirs, hers = scene.others.parcours_id, scene.empty.parcours_id
    for query in (
        "",
        "statut=en-preparation&tri=retard",
        "academie=Dijon",
        "tour=tutorat",
        "q=jardins",
    ):
        for path in PAGES:
            assert theirs not in scene.agent.get(f"{path}?{query}").text
    assert hers in scene.agent.get("/parcours").text

"""The page of delays: who reads which group, what is hidden, and at what cost."""

import html
import re
import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock, config
from chalicelib.domain.kernel import attempt
from chalicelib.domain.kernel.calendar import PARIS
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import delays
from chalicelib.domain.parcours.delays import Fate, Phase
from chalicelib.stores import aws, items, transactions
from chalicelib.stores import rows as stored
from tests.support import factories, http, relays
from tests.support.worlds import World
from tests.support.writing import add_records

FEW = "{} trop peu pour conclure"


def count_attempts(
    phase: Phase, counted: int | Fate, count: int, *, scope: str = "all", month: str | None = None
) -> None:
    """Add attempts to the stored counts as if each of them had taken so many days."""
    month = month or f"{clock.utc_now().astimezone(PARIS):%Y-%m}"
    aws.dynamodb().update_item(
        TableName=config.resource(items.PARCOURS),
        Key=items.encode_key(stored.delays_key(scope, month, phase, "")),
        UpdateExpression="ADD #days :count",
        ExpressionAttributeNames={"#days": stored.count_name(counted)},
        ExpressionAttributeValues=items.encode_item({":count": count}),
    )


def signed_in(account: Account) -> http.Client:
    """Store an account and return its signed-in browser."""
    add_records(account)
    return http.signed_in(account)


def read_page(client: http.Client, query: str = "") -> str:
    """The text of the page, with plain spaces."""
    answer = client.get(f"/delais{query}")
    assert answer.status == 200
    text = html.unescape(re.sub(r"<(script|svg).*?</\1>|<[^>]*>", " ", answer.text, flags=re.DOTALL))
    return " ".join(text.split())


def read_table(client: http.Client, query: str = "") -> dict[str, list[str]]:
    """The rows of the page's table: label → other cells."""
    answer = client.get(f"/delais{query}")
    matches = re.findall(r"<th[^>]*><b>(.*?)</b>.*?</th>(.*?)</tr>", answer.text, flags=re.DOTALL)
    return {
        html.unescape(label): [
            " ".join(html.unescape(re.sub("<[^>]*>", " ", cell)).split())
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", rest)
        ]
        for label, rest in matches
    }


def test_the_page_says_median_worst_and_cases_and_hides_small_groups(world: World) -> None:
    for days in (20, 30, 38, 41, 90):
        count_attempts(Phase.WHOLE, days, 1)
    count_attempts(Phase.OPEN, 3, 4)
    count_attempts(Phase.SIGN, 10, 3)
    count_attempts(Phase.SIGN, 13, 3)
    team = signed_in(factories.account(Role.TEAM))

    table = read_table(team)
    assert table["De l’envoi à la première rencontre"] == ["38 jours", "90 jours", FEW.format(5)]
    assert table["Signer"] == ["11,5 jours", "13 jours", FEW.format(6)]
    assert table["Ouvrir"] == ["moins de 5 cas : non montré"]
    text = read_page(team)
    assert "5 premières rencontres : trop peu pour conclure" in text and "2020 en a vu" not in text
    assert "4 cas" not in text


def test_the_longest_delay_is_shown_against_the_reference_study(world: World) -> None:
    said = "L’observation de 2020 en a vu prendre six semaines, soit 42 jours : "
    count_attempts(Phase.WHOLE, 20, delays.CONCLUSIVE - 1)
    team = signed_in(factories.account(Role.TEAM))
    assert "29 premières rencontres : trop peu pour conclure" in read_page(team)

    count_attempts(Phase.WHOLE, 40, 1)
    assert "La plus longue a pris 40 jours. " + said + "2 jours de moins." in read_page(team)
    assert read_table(team)["De l’envoi à la première rencontre"] == ["20 jours", "40 jours", "30"]
    count_attempts(Phase.WHOLE, 42, 1)
    assert said + "autant." in read_page(team)
    count_attempts(Phase.WHOLE, 90, 1)
    assert said + "48 jours de plus." in read_page(team)


def test_bars_are_hidden_from_screen_readers_and_need_no_inline_style(world: World) -> None:
    count_attempts(Phase.WHOLE, 21, 5)
    page = signed_in(factories.account(Role.TEAM)).get("/delais").text
    drawn = re.findall(r'<svg class="barre".*?</svg>', page, re.DOTALL)

    assert len(drawn) == 1
    assert 'aria-hidden="true"' in drawn[0]
    assert 'class="mediane" x="0" y="4" width="50.0"' in drawn[0]
    assert 'x1="100.0"' in drawn[0]
    assert "style=" not in page


def test_nobody_is_named_on_the_page(world: World) -> None:
    relay = relays.started(world)
    relay.sends()
    count_attempts(Phase.OPEN, 3, 9)
    text = signed_in(factories.account(Role.TEAM, name="Karim Solenne")).get("/delais").text

    assert "Ouvrir" in text
    for secret in (relay.tutor.name, "Bellanger", factories.COMPANY_ADDRESS, str(relay.head().reference)):
        assert secret not in text


def test_each_sees_her_own_group_and_the_team_any(world: World) -> None:
    groups = {
        "all": 1, "academie#Dijon": 2, "academie#Lille": 3, "region#Bourgogne-Franche-Comté": 4,
        "organisation#ministere des ouvrages": 5, "domain#Autre": 6, "hours#300": 7, "hours#320": 8,
    }  # fmt: skip
    for scope, days in groups.items():
        count_attempts(Phase.OPEN, days, 5, scope=scope)

    def median(client: http.Client, query: str = "") -> str:
        return read_table(client, query)["Ouvrir"][0].split()[0]

    team = signed_in(factories.account(Role.TEAM))
    seen_by_team = {
        "": "1",
        "?academie=Lille": "3",
        "?region=Bourgogne-Franche-Comt%C3%A9": "4",
        "?acheteur=MINISTERE+des+ouvrages": "5",
        "?domaine=Autre": "6",
        "?heures=300": "7",
        "?heures=320": "8",
    }
    assert {query: median(team, query) for query in seen_by_team} == seen_by_team
    assert median(signed_in(factories.account(Role.COORDINATOR))) == "2"
    assert median(signed_in(factories.account(Role.TUTOR, academie="Lille"))) == "3"
    assert median(signed_in(factories.account(Role.BUYER))) == "5"
    assert median(signed_in(factories.account(Role.PRESCRIBER))) == "5"
    roles = frozenset({Role.TUTOR, Role.BUYER})
    both = signed_in(replace(factories.account(organisation="Ministère des Ouvrages"), roles=roles))
    assert median(both) == "2"
    assert median(both, "?acheteur=Minist%C3%A8re%20des%20Ouvrages") == "5"


@pytest.mark.parametrize("role", [Role.TUTOR, Role.COORDINATOR, Role.BUYER, Role.PRESCRIBER])
@pytest.mark.parametrize(
    "query", ["?academie=Lille", "?region=Corse", "?acheteur=Autrui", "?domaine=Autre", "?heures=300"]
)
def test_a_filter_outside_her_rights_is_as_if_not_given(world: World, role: Role, query: str) -> None:
    for scope in (
        "academie#Lille",
        "region#Corse",
        "organisation#autrui",
        "domain#Autre",
        "hours#300",
        "all",
    ):
        count_attempts(Phase.OPEN, 99, 5, scope=scope)
    client = signed_in(factories.account(role))
    text = read_page(client, query)

    assert "Ce filtre n’est pas ouvert à votre compte" in text
    assert "99 jours" not in text
    assert "Région académique" not in text, "the form offers no filter that is not hers"


def test_her_own_group_may_be_asked_for_by_name(world: World) -> None:
    assert "pas ouvert" not in read_page(signed_in(factories.account(Role.COORDINATOR)), "?academie=Dijon")


def test_an_agent_without_academie_is_told_why_nothing_is_shown(world: World) -> None:
    count_attempts(Phase.OPEN, 3, 9)

    text = read_page(signed_in(replace(factories.account(Role.TUTOR), academie=None)))

    assert "Votre compte n’est rattaché à aucune académie" in text
    assert "3 jours" not in text


def test_only_the_months_of_the_period_are_read(world: World) -> None:
    for month, days in (("2025-12", 2), ("2026-01", 3), ("2026-03", 4), ("2026-04", 5)):
        count_attempts(Phase.OPEN, days, 5, month=month)
    table = read_table(signed_in(factories.account(Role.TEAM)), "?du=2026-01&au=2026-03")

    assert table["Ouvrir"] == ["3,5 jours", "4 jours", FEW.format(10)]


def test_negative_counts_are_shown_as_no_case(world: World) -> None:
    count_attempts(Phase.OPEN, 3, 6)
    count_attempts(Phase.OPEN, 8, -4)

    assert read_table(signed_in(factories.account(Role.TEAM)))["Ouvrir"] == [
        "3 jours",
        "3 jours",
        FEW.format(6),
    ]


def test_a_page_without_any_count_says_so(world: World) -> None:
    text = read_page(signed_in(factories.account(Role.TEAM)))

    assert "Pas encore assez de parcours" in text


def calls_of(ask: Callable[[], object]) -> list[str]:
    """Return the names of DynamoDB's operations that this makes the product call."""
    operations: list[str] = []

    def listen(model: object, **_: object) -> None:
        operations.append(model.name)  # type: ignore[attr-defined]

    events = aws.dynamodb().meta.events
    events.register("before-call.dynamodb", listen)
    try:
        ask()
    finally:
        events.unregister("before-call.dynamodb", listen)
    return operations


def test_the_page_reads_as_much_however_many_parcours_there_are(world: World) -> None:
    """The page reads the session, the account and one Query of the counts, whose items grow with months and not with parcours."""
    team = signed_in(factories.account(Role.TEAM))
    count_attempts(Phase.OPEN, 3, 5)
    team.get("/delais")  # the first visit of a session notes that it was seen
    few = calls_of(lambda: team.get("/delais?academie=Dijon"))
    for _ in range(25):
        transactions.commit(attempt.declare(factories.offer(), secrets.token_hex(16)))
    count_attempts(Phase.OPEN, 3, 10_000)

    assert calls_of(lambda: team.get("/delais?academie=Dijon")) == few
    assert few.count("Query") == 1
    assert "Scan" not in few
    kept = [item for item in world.table(items.PARCOURS) if str(item["pk"]).startswith("delays#")]
    assert len(kept) == 1


def test_the_page_says_of_how_many_sendings_came_what_and_the_numbers_sum(world: World) -> None:
    for fate, count in ((Fate.MET, 4), (Fate.DECLINED, 2), (Fate.UNREAD, 1), (Fate.OPEN, 3)):
        count_attempts(Phase.SEND, fate, count)
    team = signed_in(factories.account(Role.TEAM))

    text = read_page(team)

    assert "Sur 10 parcours dont les documents sont partis" in text
    shown = [
        int(number) for number in re.findall(r"(?:Rencontre|Refus|Documents|Pas encore)[^:.]*: (\d+)", text)
    ]
    assert shown == [4, 2, 1, 3] and sum(shown) == 10


def test_a_month_of_which_some_sendings_were_counted_without_fates_is_left_out(world: World) -> None:
    """Documents that left before fates were counted: a later meeting moves such a passage from a fate where it never counted."""
    count_attempts(Phase.SEND, 2, 8, month="2026-01")
    for fate, count in ((Fate.MET, 6), (Fate.OPEN, -1)):
        count_attempts(Phase.SEND, fate, count, month="2026-01")
    count_attempts(Phase.SEND, 2, 7, month="2026-02")
    for fate, count in ((Fate.MET, 5), (Fate.OPEN, 2)):
        count_attempts(Phase.SEND, fate, count, month="2026-02")
    team = signed_in(factories.account(Role.TEAM))

    text = read_page(team, "?du=2026-01&au=2026-02")

    assert "Sur 7 parcours dont les documents sont partis" in text and "D’autres sont partis" in text
    assert "D’autres sont partis" not in read_page(team, "?du=2026-02&au=2026-02")
    assert "Ce que sont devenus" not in read_page(team, "?du=2026-01&au=2026-01")


def test_sendings_of_too_small_a_group_are_not_told_apart(world: World) -> None:
    count_attempts(Phase.SEND, Fate.MET, delays.FEWEST - 1)

    assert "Sur 4 parcours" not in read_page(signed_in(factories.account(Role.TEAM)))


def test_of_several_filters_the_form_shows_the_one_that_counts(world: World) -> None:
    team = factories.account(Role.TEAM)
    add_records(team)

    text = http.signed_in(team).get("/delais?academie=Dijon&heures=300").text

    assert "Un seul filtre à la fois" in text
    assert re.findall(r'value="(Dijon|300)" selected', text) == ["Dijon"]

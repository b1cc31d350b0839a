"""A link that gives no action any more tells neither when nor where people meet, to whoever has proven it before."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib import clock
from chalicelib.domain.kernel import address
from chalicelib.web.kit.http import NONCE_COOKIE
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.support import meetings
from tests.support.http import Client
from tests.support.meetings import Page
from tests.support.passings import COLLEAGUE, colleague_named, passes
from tests.support.worlds import World
from tests.support.writing import change_record

pytestmark = pytest.mark.usefixtures("answering")


def glimpse(page: Page) -> dict[str, Any]:
    """The answer of the link's page to the browser that holds it."""
    client = Client({NONCE_COOKIE: page.browser.nonce})
    answer = client.post_json("/retrait/apercu", {"token": page.token})
    assert answer.status == 200
    return dict(answer.json)


def test_a_link_tells_the_reference_to_nobody_who_has_not_answered_its_question(
    world: World, time: Clock
) -> None:
    page = meetings.start_proposing(world)
    stranger = Client({NONCE_COOKIE: "stranger"}).post_json("/retrait/apercu", {"token": page.token})

    assert stranger.json["parcours"]["reference"] is None and stranger.json["parcours"]["entreprise"]
    assert glimpse(page)["parcours"]["reference"] == page.relay.head().reference


def test_a_living_link_tells_when_and_where(world: World, time: Clock) -> None:
    page = meetings.start_proposing(world)
    page.proposes_in_days(20, 21)

    answer = glimpse(page)

    assert answer["creneaux"] and answer["adresse_fiche"] and "creneaux" in answer["actions"]


@pytest.mark.parametrize("ending", ["revoked", "passed on", "sent again", "closed", "former passage"])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_dead_link_tells_neither_when_nor_where(
    world: World, time: Clock, ending: str, fixed: bool
) -> None:
    page = meetings.start_proposing(world)
    dates = page.proposes_in_days(20, 21)
    relay = page.relay
    if fixed:
        meetings.accepts(page, dates[0])
    link = relay.link()
    match ending:
        case "revoked":
            revoked = replace(link, revoked_at=clock.utc_now())
            change_record(link, revoked)
        case "closed":
            closed = replace(link, closed_at=clock.utc_now())
            change_record(link, closed)
        case "passed on":
            passes(page.browser, page.token, colleague_named(COLLEAGUE))
        case "sent again":
            sending_changes.resends(relay)
        case _:
            change_record(link, replace(link, attempt=link.attempt + 1))

    answer = glimpse(page)

    told = {name: answer[name] for name in ("creneaux", "rendez_vous", "adresse_fiche", "reponse_avant")}
    assert told == {"creneaux": [], "rendez_vous": None, "adresse_fiche": "", "reponse_avant": None}
    assert not {"creneaux", "rendez_vous", "refus"} & set(answer["actions"])
    if ending == "passed on":
        assert not answer["peut_demander"], "her colleague has a link of her own"
        told = {"nom": "Jeanne Roy", "indice": address.mask(COLLEAGUE)}
        assert answer["collegue"] == {"mode": "remplace", "etat": "parti"} | told


def test_a_dead_link_still_tells_what_was_said_on_it(world: World, time: Clock) -> None:
    page = meetings.start_proposing(world)
    page.browser.opens(page.token)
    page.browser.declines(page.token)
    assert glimpse(page)["refus"]["annulable"]
    link = page.relay.link()
    change_record(link, replace(link, revoked_at=clock.utc_now()))

    answer = glimpse(page)

    assert answer["refus"]["motif"] == "other" and not answer["refus"]["annulable"]
    assert answer["actions"] == ["copies"]

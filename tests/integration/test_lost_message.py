"""A lost message: its link is mailed again to the address that it went to, and the form tells nobody anything."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib import clock
from chalicelib.domain.documents.mailing import MOST_LOST_LINKS
from chalicelib.domain.kernel.parcours import DataRequest
from chalicelib.domain.kernel.timeline import EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.transition import MailKind
from chalicelib.domain.kernel.values import Role, Setback
from chalicelib.errors import FieldInvalid, TooMany
from chalicelib.stores import keys
from chalicelib.stories.documents import losing, opening
from chalicelib.stories.kit.quotas import MOST_LOST_MESSAGES_OF_ONE_SOURCE
from chalicelib.stories.mails import feedback
from tests.conftest import Clock
from tests.faults import sending_changes
from tests.faults.wire import Tap
from tests.support import factories, mail_rules, relays, ses_events
from tests.support.factories import COMPANY_ADDRESS
from tests.support.http import Client
from tests.support.passings import COLLEAGUE, answers_question, passes
from tests.support.relays import TOKEN, Browser, Relay
from tests.support.worlds import World
from tests.support.writing import add_records, change_record

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
NOBODY = "inconnue@entreprise.example"


def asks(address: str, source: str = HERE) -> None:
    """Somebody types an address on the page of lost messages."""
    losing.ask_for_message(address, source=source, now=clock.utc_now())


def mails_after(relay: Relay, *asked: str) -> list[tuple[str, str]]:
    """Ask for these addresses and let the mailer run; return recipient and text of each mail that left then."""
    before = len(relay.world.mails())
    for address in asked:
        asks(address)
    relay.mailer_runs()
    return [(str(mail["To"]), mail_rules.read_body(mail, "plain")) for mail in relay.world.mails()[before:]]


def test_the_same_link_is_mailed_again_to_its_own_address(relay: Relay) -> None:
    token = relay.sends()
    ((to, text),) = mails_after(relay, COMPANY_ADDRESS)

    assert to == COMPANY_ADDRESS
    assert TOKEN.findall(text)[0] == token
    assert answers_question(token).opens(token)["documents"]


@pytest.mark.parametrize("typed", [COMPANY_ADDRESS.upper(), f"  {COMPANY_ADDRESS} "])
def test_another_spelling_leads_to_the_address_that_the_link_went_to(relay: Relay, typed: str) -> None:
    relay.sends()

    assert [to for to, _ in mails_after(relay, typed)] == [COMPANY_ADDRESS]


def test_a_tag_or_another_domain_is_another_address(relay: Relay) -> None:
    relay.sends()
    local, _, domain = COMPANY_ADDRESS.partition("@")

    assert mails_after(relay, f"{local}+x@{domain}", f"{local}@ailleurs.example") == []


def test_an_address_gets_its_own_links_alone(relay: Relay) -> None:
    token = relay.sends()
    passes(answers_question(token), token)
    relay.mailer_runs()

    assert [to for to, _ in mails_after(relay, COLLEAGUE)] == [COLLEAGUE]
    assert mails_after(relay, COMPANY_ADDRESS) == [], "its link went on to the colleague"


def test_each_link_of_an_address_comes_in_a_mail_of_its_own_the_newest_first(
    world: World, time: Clock
) -> None:
    first = relays.started(world)
    second = relays.started(world, factories.account(Role.TUTOR))
    older = first.sends()
    time.passes(days=1)
    newer = second.sends()
    texts = [text for _, text in mails_after(second, COMPANY_ADDRESS)]

    assert [TOKEN.findall(text)[0] for text in texts] == [newer, older]


def test_of_several_sendings_on_one_parcours_the_last_alone_is_given(relay: Relay, time: Clock) -> None:
    token = relay.sends()
    holder = answers_question(token)
    holder.opens(token)
    holder.confirms(token)
    time.passes(hours=1)
    relay.purges()
    last = relay.sends()
    ((_, text),) = mails_after(relay, COMPANY_ADDRESS)

    assert TOKEN.findall(text)[0] == last != token


def test_an_address_with_many_links_gets_the_newest_five(world: World, time: Clock) -> None:
    tokens = []
    for _ in range(MOST_LOST_LINKS + 1):
        relay = relays.started(world, factories.account(Role.TUTOR))
        tokens.append(relay.sends())
        time.passes(minutes=1)

    assert [TOKEN.findall(text)[0] for _, text in mails_after(relay, COMPANY_ADDRESS)] == tokens[:0:-1]


def test_an_address_is_written_to_once_a_day(relay: Relay, time: Clock) -> None:
    relay.sends()

    assert len(mails_after(relay, COMPANY_ADDRESS, COMPANY_ADDRESS.title())) == 1
    asks(COMPANY_ADDRESS, ELSEWHERE)
    assert mails_after(relay) == []
    time.passes(days=1)
    assert len(mails_after(relay, COMPANY_ADDRESS)) == 1


def test_a_source_asks_for_twenty_addresses_a_day(relay: Relay) -> None:
    for number in range(MOST_LOST_MESSAGES_OF_ONE_SOURCE):
        asks(f"a{number}@entreprise.example")
    with pytest.raises(TooMany):
        asks(COMPANY_ADDRESS)

    asks(COMPANY_ADDRESS, ELSEWHERE)
    relay.mailer_runs()


def test_what_is_asked_for_costs_the_same_calls_whether_there_is_a_link_or_not(relay: Relay) -> None:
    """Once a link, once nothing, once again the same: none is looked up before the mailer runs."""
    relay.sends()
    asks("chauffe@entreprise.example")

    def list_calls(address: str) -> list[str]:
        tap = Tap()
        with tap.open():
            asks(address)
        return [call.operation for call in tap.calls]

    assert list_calls(COMPANY_ADDRESS) == list_calls(NOBODY) == list_calls(COMPANY_ADDRESS)


def test_what_is_typed_is_stored_nowhere(relay: Relay, world: World) -> None:
    asks(NOBODY)

    assert NOBODY.partition("@")[0] not in str(world.table("RELAY_TABLE")) + str(
        world.table("PARCOURS_TABLE")
    )
    relay.mailer_runs()
    assert relay.outbox() == []
    assert keys.compute_address_mac(NOBODY) not in str(world.table("RELAY_TABLE")), "nor who asked"


def test_what_became_of_the_mail_does_not_say_for_which_address_it_was_asked(
    relay: Relay, world: World
) -> None:
    relay.sends()
    mails_after(relay, COMPANY_ADDRESS)
    deliveries = [item for item in world.table("RELAY_TABLE") if item["pk"].startswith("delivery#")]

    assert [item["mail"] for item in deliveries if item["mail"]["kind"] == MailKind.LOST_MESSAGE]
    assert keys.compute_address_mac(COMPANY_ADDRESS) not in str(deliveries)


def test_a_withdrawn_link_is_not_given_again(relay: Relay) -> None:
    relay.sends()
    sending_changes.revokes(relay)

    assert mails_after(relay, COMPANY_ADDRESS) == []


def test_a_suspended_link_is_not_given_until_somebody_has_spoken_with_the_young_person(relay: Relay) -> None:
    relay.sends()
    request = DataRequest(since=clock.utc_now())
    change_record(relay.head(), replace(relay.head(), data_request=request))

    assert mails_after(relay, COMPANY_ADDRESS) == []


def test_an_index_entry_that_names_anothers_link_gives_it_to_nobody(relay: Relay, world: World) -> None:
    """The index is not believed: who writes into it sends no link, neither to himself nor to its recipient."""
    relay.sends()
    link = relay.link()
    add_records(link.build_addressee(keys.compute_address_mac("thief@ailleurs.example")))

    assert mails_after(relay, "thief@ailleurs.example") == []


def test_where_the_documents_are_gone_the_mail_says_so_and_the_page_asks_for_a_new_sending(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends()
    time.passes(days=16)
    relay.purges()
    relay.mailer_runs()
    ((_, text),) = mails_after(relay, COMPANY_ADDRESS)

    assert "Ce lien n’ouvre plus les documents. Sur la page, vous pouvez demander un nouvel envoi." in text
    assert TOKEN.findall(text)[0] == token


def declines_on_the_page(relay: Relay, token: str) -> None:
    answers_question(token).declines(token)


def refusal_is_noted_by_the_tutor(relay: Relay, _: str) -> None:
    relay.notes(EventKind.COMPANY_DECLINED, reason=Reason.OTHER, contact=Interlocutor.WELCOMES)


@pytest.mark.parametrize("declines", [declines_on_the_page, refusal_is_noted_by_the_tutor])
def test_once_the_company_declined_the_mail_promises_neither_the_documents_nor_a_new_sending(
    relay: Relay, time: Clock, declines: Callable[[Relay, str], None]
) -> None:
    token = relay.sends()
    declines(relay, token)
    relay.mailer_runs()
    ((_, held_back),) = mails_after(relay, COMPANY_ADDRESS)
    time.passes(days=2)
    relay.purges()
    relay.mailer_runs()
    ((_, erased),) = mails_after(relay, COMPANY_ADDRESS)

    for text in (held_back, erased):
        assert "Ce lien n’ouvre plus les documents. La page dit où en est cette demande." in text
        assert "valable jusqu’au" not in text and "Voir les documents" not in text
        assert "nouvel envoi" not in text


def test_where_a_new_sending_was_asked_for_the_mail_does_not_offer_it_again(
    relay: Relay, time: Clock
) -> None:
    token = relay.sends()
    time.passes(days=16)
    relay.purges()
    opening.ask_again(token, browser=answers_question(token).digest, now=clock.utc_now())
    relay.mailer_runs()
    ((_, text),) = mails_after(relay, COMPANY_ADDRESS)

    assert "vous pouvez demander un nouvel envoi" not in text


def test_what_was_opened_elsewhere_is_said_to_be_so(relay: Relay) -> None:
    token = relay.sends()
    answers_question(token).opens(token)
    ((_, text),) = mails_after(relay, COMPANY_ADDRESS)

    assert "Les documents ont déjà été ouverts, dans un seul navigateur." in text
    assert not Browser().looks(token).is_proven


def test_where_the_mail_comes_back_the_tutor_hears_of_it_as_of_any_mail_with_the_link(
    relay: Relay, world: World, time: Clock
) -> None:
    relay.sends()
    time.passes(hours=1)
    mails_after(relay, COMPANY_ADDRESS)
    (lost,) = [
        item for item in world.table("RELAY_TABLE") if item.get("mail", {}).get("kind") == "lost_message"
    ]
    tag = str(lost["pk"]).removeprefix("delivery#")

    feedback.receive(ses_events.bounce(tag, "Permanent", "NoEmail"), now=clock.utc_now())
    relay.mailer_runs()

    assert relay.head().setback is Setback.MAIL_BOUNCED
    assert relay.link().mail_refused_at is not None
    assert world.mails()[-1]["To"] == relay.tutor.address


def test_the_form_answers_alike_for_every_address(relay: Relay) -> None:
    relay.sends()
    page = Client()
    answers = [page.post_form("/retrait", {"adresse": typed}) for typed in (COMPANY_ADDRESS, NOBODY)]

    assert [(answer.status, answer.headers["location"]) for answer in answers] == [
        (303, "/retrait?fait=demande")
    ] * 2
    assert "Si un envoi vous attend à cette adresse" in page.get("/retrait?fait=demande").text


def test_reading_the_page_asks_for_nothing(relay: Relay) -> None:
    relay.sends()
    page = Client()
    for path in (
        "/message-perdu",
        f"/retrait?perdu=1&adresse={COMPANY_ADDRESS}",
        "/retrait?fait=demande",
    ):
        page.get(path)

    assert relay.outbox() == []


def test_a_typing_error_is_said_at_the_field_and_nothing_typed_is_lost(world: World) -> None:
    answer = Client().post_form("/retrait", {"adresse": "n.bellanger@"})

    assert answer.status == 422
    assert 'value="n.bellanger@"' in answer.text
    assert "Cette adresse n’est pas valable" in re.sub("\\s", " ", answer.text)
    with pytest.raises(FieldInvalid):
        asks("n.bellanger@")


def test_past_the_quota_the_page_says_what_to_do_and_gives_back_what_was_typed(world: World) -> None:
    page = Client()
    for number in range(MOST_LOST_MESSAGES_OF_ONE_SOURCE):
        page.post_form("/retrait", {"adresse": f"a{number}@entreprise.example"})
    answer = page.post_form("/retrait", {"adresse": NOBODY})

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Recommencez demain, ou écrivez dès maintenant" in answer.text
    assert f'value="{NOBODY}"' in answer.text

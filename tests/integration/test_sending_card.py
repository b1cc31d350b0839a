"""The card « L’envoi » of a parcours says what was opened and confirmed of a sending, however often its link was sent again."""

import pytest

from chalicelib.stories.documents import sending
from tests.conftest import Clock
from tests.faults.sending_changes import erases, resends
from tests.support import http
from tests.support.passings import adds, answers_question
from tests.support.relays import Relay

NOBODY = "Personne ne l’a ouvert."
THEIRS = "Ce que l’entreprise a déjà enregistré reste chez elle."


pytestmark = pytest.mark.usefixtures("answering")


def read_page(relay: Relay) -> str:
    """The page of the parcours, as its tutor reads it."""
    return http.signed_in(relay.tutor).get(f"/parcours/{relay.parcours_id}").text


def test_who_opened_an_earlier_link_to_the_same_documents_is_not_forgotten(relay: Relay, time: Clock) -> None:
    holder = answers_question(token := relay.sends())
    assert read_page(relay).count(NOBODY) == 1

    holder.opens(token)
    assert read_page(relay).count(THEIRS) == 1
    holder.confirms(token, readable=False)
    time.passes(minutes=1)
    resends(relay, seen_opened=True)

    text = read_page(relay)
    assert (text.count(THEIRS), NOBODY in text) == (1, False)


def test_an_earlier_opening_is_not_shown_for_a_new_sending(relay: Relay, time: Clock) -> None:
    answers_question(token := relay.sends()).opens(token)
    sending.revoke(relay.tutor, relay.deposit().id, seen_opened=True, now=time.now)
    relay.purges()
    time.passes(minutes=1)
    relay.sends()

    assert read_page(relay).count(NOBODY) == 1


def test_read_by_one_of_two_is_shown_as_confirmed(relay: Relay, time: Clock) -> None:
    holder = answers_question(token := relay.sends())
    holder.opens(token)
    adds(holder, token)
    assert "Ouvert, pas encore confirmé" in read_page(relay)

    holder.confirms(token)

    text = read_page(relay)
    assert "Lu, pas encore par l’autre personne" in text
    assert "Ouvert, pas encore confirmé" not in text


def test_an_erasure_on_request_is_shown_once_done(relay: Relay, time: Clock) -> None:
    relay.sends()
    erases(relay)
    assert "Effacé à la demande" not in read_page(relay)

    relay.purges()

    assert "Effacé à la demande" in read_page(relay)

"""Sign-in by ProConnect, as ``web`` does it: it leads there, and opens a session for whom ``identify`` names on the way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib import config
from chalicelib.domain.accounts import identities, passkeys
from chalicelib.domain.accounts.identities import Begun, Proven
from chalicelib.domain.accounts.signing_in import KnownBrowsers, derive_value
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.people import Account, AddressKey, IdentityKey
from chalicelib.errors import IdentityInvalid, NotFound, ProviderDown, RelayError, TryAgain
from chalicelib.stores import functions, values
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts.managing import load_managed
from chalicelib.stories.accounts.signing_in import Entered, build_session, open_session, sign_out
from chalicelib.stories.kit import quotas
from chalicelib.stories.kit.deciding import decision_inputs, draw_cookie, draw_session_cookie


def begin(path: str, *, source: str, now: datetime) -> tuple[str, str]:
    """Begin a sign-in; return the cookie that holds all of it, and the address of ProConnect to go to.

    Args:
        path: our page that opens afterwards, empty for the list; ``source``: the IP address of the request.
    Raises:
        NotFound: this stage has no ProConnect. ProviderDown: it does not answer. TooManyIdentifications: asked for too often.
    """
    if not config.settings().proconnect_client_id:
        raise NotFound
    quotas.count_identification(source, now)
    begun = Begun.draw(draw_cookie(), path)
    with _asking():
        answer = functions.begin_identification(begun.state, begun.nonce, begun.challenge)
    return begun.cookie, str(_check_answer(answer)["address"])


def enter(
    begun: Begun, code: str, *, browser: str | None, former: str | None, source: str, now: datetime
) -> Entered | None:
    """Ask ProConnect who came back with this code, and open a session of the account that the identity enters.

    It counts as a mailed code does: None where a passkey is wanted too.
    Args:
        browser: the long-lived cookie, if any; ``source``: the IP address of the request.
        former: the session cookie that the browser sent, if any; that session ends, against session fixation.
    Raises:
        IdentityInvalid, ProviderDown: see ``identifying.identify``. NoAccount, IdentityOther: see ``check_entrance``.
        TooManyIdentifications: asked for too often.
    """
    quotas.count_identification(source, now)
    leave_state = derive_value(begun.cookie.encode(), "leave")
    with _asking():
        answer = functions.identify(code, begun.nonce, begun.verifier, leave_state)
    proven = values.read_value(Proven, _check_answer(answer))
    entered = _enter(proven, browser, now)
    if entered is not None:
        sign_out(former)
    return entered


@contextmanager
def _asking() -> Iterator[None]:
    """Refuse as ProviderDown what comes of an ``identify`` that does not answer: nothing was done."""
    try:
        yield
    except TryAgain:
        raise ProviderDown from None


def _check_answer(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what ``identify`` answers. Raises the refusal that it names."""
    refusal = answer.get("refusal")
    if refusal is None:
        return answer
    known: dict[str, RelayError] = {ProviderDown.code: ProviderDown()}
    raise known.get(str(refusal["code"]), IdentityInvalid(str(refusal["facts"].get("check", ""))))


@story
def _enter(work: UnitOfWork, proven: Proven, browser: str | None, now: datetime) -> Entered | None:
    """Open a session of the account that this identity enters; first link the two, or note what ProConnect says anew.

    None where a passkey alone opens the account.
    """
    account = _load_entrance(work, proven)
    if passkeys.needs_passkey(account, config.settings().passkey_grace_days, now):
        return None
    linked = identities.note_identity(account, proven, decision_inputs(now))
    drawn = Entered(draw_session_cookie(account.id), draw_cookie())
    session = replace(build_session(drawn, now), exit=proven.exit)
    entered, opened = open_session(work, linked.result_for(account), session, drawn, browser)
    work.commit_and_wake(linked.then(opened))
    return entered


def _load_entrance(work: UnitOfWork, proven: Proven) -> Account:
    """Load the account that this identity enters, and the browsers that it knows; two calls."""
    spelling = address.fold(proven.address)
    work.load((IdentityKey, proven.id), (AddressKey, spelling))
    linked, invited = work.get(IdentityKey, proven.id), work.get(AddressKey, spelling)
    owner = linked or invited
    account = owner.account if owner is not None else "none"
    work.load((Account, account), (KnownBrowsers, account))
    return identities.check_entrance(proven, work.get(Account, account))


@story
def unlink(work: UnitOfWork, agent: Account, identifier: str, *, now: datetime) -> None:
    """Forget the identity at ProConnect with which an account that this agent manages is linked."""
    work.commit_and_wake(identities.unlink(load_managed(work, agent, identifier), decision_inputs(now)))

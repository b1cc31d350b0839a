"""Ask ProConnect who somebody is: what ``identify`` does, the only function that holds the client's secret."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from chalicelib import config
from chalicelib.domain.accounts.identities import (
    Expected,
    Proven,
    check_id_token,
    check_userinfo,
    read_proven,
)
from chalicelib.stores import values
from chalicelib.stores.provider import Endpoints, Provider

SCOPES = "openid given_name usual_name email siret"
RETURN_PATH = "/connexion/proconnect/retour"
LEFT_PATH = "/connexion"
"""Where the provider leads back once it has ended its session; nothing is done there."""


def build_entrance(state: str, nonce: str, challenge: str, *, now: datetime) -> str:
    """Return the address of the provider's sign-in for one browser. Raises ProviderDown: it does not say where that is."""
    chosen = config.settings()
    endpoints = Provider.at(chosen.proconnect_discovery).read_endpoints(now)
    asked = {
        "response_type": "code",
        "client_id": chosen.proconnect_client_id,
        "redirect_uri": _build_own_address(RETURN_PATH),
        "scope": SCOPES,
        "acr_values": chosen.proconnect_levels,
        "state": state,
        "nonce": nonce,
    }
    if endpoints.takes_pkce:  # ProConnect refuses what it does not know
        asked |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return _add_query(endpoints.authorization, asked)


def identify(code: str, nonce: str, verifier: str, leave_state: str, *, now: datetime) -> Proven:
    """Exchange the code that a browser brought back; return who its person is.

    Args:
        leave_state: ``state`` of the sign-out, which the provider wants and nobody reads.
    Raises:
        IdentityInvalid: the code, a signature or a claim does not hold. ProviderDown: the provider does not answer.
        ClientRefused: it does not take our secret, or our question.
    """
    chosen = config.settings()
    provider = Provider.at(chosen.proconnect_discovery)
    endpoints = provider.read_endpoints(now)
    expected = Expected(
        issuer=endpoints.issuer,
        client_id=chosen.proconnect_client_id,
        levels=frozenset(chosen.proconnect_levels.split()),
    )
    id_token, access_token = provider.exchange_code(endpoints, _build_exchange(endpoints, code, verifier))
    id_claims = provider.read_claims(id_token, endpoints, now)
    subject = check_id_token(id_claims, expected, nonce, now)
    said = provider.read_claims(provider.read_userinfo(endpoints, access_token), endpoints, now)
    check_userinfo(said, expected, subject, now)
    return read_proven(said, expected, _build_exit(endpoints, id_token, leave_state))


def _build_exchange(endpoints: Endpoints, code: str, verifier: str) -> dict[str, str]:
    """Build the form by which a code is exchanged."""
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _build_own_address(RETURN_PATH),
        "client_id": config.settings().proconnect_client_id,
        "client_secret": config.resource("PROCONNECT_SECRET"),
    }
    return fields | ({"code_verifier": verifier} if endpoints.takes_pkce else {})


def _build_exit(endpoints: Endpoints, id_token: str, state: str) -> str:
    """Build the address at which the provider ends its own session of this person."""
    back = _build_own_address(LEFT_PATH)
    asked = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "state": state}
    return _add_query(endpoints.end_session, asked)


def _build_own_address(path: str) -> str:
    """Build one of our addresses, exactly as it is registered with the provider."""
    return f"{config.public_base_url()}{path}"


def _add_query(address: str, asked: dict[str, str]) -> str:
    """Add a query to an address of the provider."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def write_proven(proven: Proven) -> dict[str, Any]:
    """Write who somebody is as ``identify`` answers it."""
    return values.write(proven)

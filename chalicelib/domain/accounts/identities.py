"""Sign-in by ProConnect (OpenID Connect): what a browser keeps meanwhile, what tokens must say, whose account it is."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.accounts.passkeys import build_entrance_mail
from chalicelib.domain.accounts.signing_in import VALUE_CHARACTERS, derive_value
from chalicelib.domain.kernel.address import normalise
from chalicelib.domain.kernel.people import Account, ProviderIdentity
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Entrance, Transition
from chalicelib.domain.kernel.values import Value
from chalicelib.errors import FieldInvalid, IdentityElsewhere, IdentityInvalid, IdentityOther, NoAccount

BEGUN_LIFE = timedelta(minutes=10)
"""How long a browser may stay at the provider before it comes back."""
LEEWAY = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
LONGEST_TEXT = 254
"""Characters kept of what the provider says of a person."""
LONGEST_PATH = 117
"""Characters of the page that opens after a sign-in: with them, a cookie of ours is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven(Value):
    """Who somebody is, as the provider's signed tokens say."""

    id: str
    """Of the identity: a hash of the issuer and the subject."""
    address: str
    name: str
    siret: str
    """Of the organisation; empty when the provider does not say."""
    exit: str
    """Address at which the browser ends the provider's own session: it holds the id token."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that left for the provider, all of it in one cookie: nothing is stored on our side."""

    cookie: str
    """256 drawn bits, then the page that opens afterwards, base64url."""

    @classmethod
    def draw(cls, drawn: str, path: str) -> "Begun":
        """Begin a sign-in; ``drawn``: 256 bits in base64url; ``path``: the page that opens afterwards, empty for the list.

        One that is longer than a cookie of ours may hold is left out: the list opens.
        """
        kept = path if len(path) <= LONGEST_PATH else ""
        return cls(drawn + base64.urlsafe_b64encode(kept.encode()).decode().rstrip("="))

    @property
    def path(self) -> str:
        """The page that opens afterwards, as the browser says it: to be checked like anything that comes from there."""
        encoded = self.cookie[VALUE_CHARACTERS:]
        try:
            return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
        except ValueError:
            return ""

    @property
    def state(self) -> str:
        """What the provider gives back with the code."""
        return derive_value(self.cookie.encode(), "state")

    @property
    def nonce(self) -> str:
        """What the id token must hold."""
        return derive_value(self.cookie.encode(), "nonce")

    @property
    def verifier(self) -> str:
        """What the code is exchanged with (PKCE)."""
        return derive_value(self.cookie.encode(), "verifier")

    @property
    def challenge(self) -> str:
        """The hash of the verifier, which the provider is given first."""
        return hash_verifier(self.verifier)


def hash_verifier(verifier: str) -> str:
    """Hash a PKCE verifier as the method S256 does: SHA-256 in base64url."""
    return base64.urlsafe_b64encode(bytes.fromhex(hash_text(verifier))).decode().rstrip("=")


def check_return(cookie: str | None, state: str) -> Begun:
    """Return the sign-in that this browser began, which comes back with ``state``.

    Raises:
        IdentityElsewhere: it began none, or another one.
    """
    if not cookie or len(cookie) < VALUE_CHARACTERS:
        raise IdentityElsewhere
    begun = Begun(cookie)
    if not hmac.compare_digest(begun.state.encode(), state.encode()):
        raise IdentityElsewhere
    return begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the tokens of one sign-in must say."""

    issuer: str
    client_id: str
    levels: frozenset[str]
    """Levels of assurance (``acr``) of which the provider must state one."""


def check_id_token(claims: Mapping[str, Any], expected: Expected, nonce: str, now: datetime) -> str:
    """Check the claims of an id token whose signature is right; return its subject.

    Raises:
        IdentityInvalid: it is another issuer's, for another client or sign-in, too old, of the future, or of too low a level.
    """
    subject = _check_parties(claims, expected, now)
    issued_at = _read_instant(claims, "iat")
    if _read_instant(claims, "exp") <= now - LEEWAY:
        raise IdentityInvalid(check="exp")
    if not now - BEGUN_LIFE <= issued_at <= now + LEEWAY:
        raise IdentityInvalid(check="iat")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise IdentityInvalid(check="nonce")
    if claims.get("acr") not in expected.levels:
        raise IdentityInvalid(check="acr")
    return subject


def check_userinfo(claims: Mapping[str, Any], expected: Expected, subject: str, now: datetime) -> None:
    """Check the claims of a signed userinfo. Raises IdentityInvalid: it is not about the subject of the id token, for us, now."""
    if _check_parties(claims, expected, now) != subject:
        raise IdentityInvalid(check="sub")
    if "exp" in claims and _read_instant(claims, "exp") <= now - LEEWAY:
        raise IdentityInvalid(check="exp")


def _check_parties(claims: Mapping[str, Any], expected: Expected, now: datetime) -> str:
    """Return the subject of a token that this very issuer made for us alone, and that is valid by now."""
    if claims.get("iss") != expected.issuer:
        raise IdentityInvalid(check="iss")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise IdentityInvalid(check="aud")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise IdentityInvalid(check="azp")
    if "nbf" in claims and _read_instant(claims, "nbf") > now + LEEWAY:
        raise IdentityInvalid(check="nbf")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_TEXT:
        raise IdentityInvalid(check="sub")
    return subject


def _read_instant(claims: Mapping[str, Any], name: str) -> datetime:
    """Return a claim that is a number of seconds. Raises IdentityInvalid: it is none."""
    seconds = claims.get(name)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise IdentityInvalid(check=name)
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise IdentityInvalid(check=name) from None


def read_proven(said: Mapping[str, Any], expected: Expected, leave: str) -> Proven:
    """Return who somebody is, from the claims of a userinfo that was checked; ``leave``: see ``Proven.exit``.

    Raises:
        IdentityInvalid: no usable e-mail address is among them, or the provider says that it has not verified it.
    """
    if said.get("email_verified", True) is not True:
        raise IdentityInvalid(check="email_verified")
    try:
        address = normalise(_read_text(said, "email"), "email")
    except FieldInvalid:
        raise IdentityInvalid(check="email") from None
    return Proven(
        id=hash_text(json.dumps([expected.issuer, said["sub"]])),
        address=address,
        name=" ".join(f"{_read_text(said, 'given_name')} {_read_text(said, 'usual_name')}".split()),
        siret=_read_text(said, "siret"),
        exit=leave,
    )


def _read_text(said: Mapping[str, Any], name: str) -> str:
    """Return a text that the provider says, shortened; empty when it says none."""
    text = said.get(name)
    return text.strip()[:LONGEST_TEXT] if isinstance(text, str) else ""


def check_entrance(proven: Proven, account: Account | None) -> Account:
    """Return the account that this identity may enter.

    ``account``: the one that it is linked with, else the one invited at the address that the provider says.
    Raises:
        NoAccount: there is no open one. IdentityOther: that account is linked with another identity.
    """
    if account is None or account.closed_at is not None:
        raise NoAccount
    if account.identity is not None and account.identity.id != proven.id:
        raise IdentityOther
    return account


def note_identity(account: Account, proven: Proven, inputs: DecisionInputs) -> Transition:
    """Link the account with this identity and mail its address, or note what the provider says now where that is new.

    What it says is kept beside what the account says, and changes nothing of it.
    """
    before = account.identity
    if before is None:
        begun = ProviderIdentity(
            id=proven.id, linked_at=inputs.now, said_at=inputs.now, address="", name="", siret=""
        )
        mail = build_entrance_mail(Entrance.IDENTITY_LINKED, account, inputs)
        linked = replace(account, identity=_note_said(begun, proven))
        return Transition(changes=(Change(account, linked),), mails=(mail,))
    after = _note_said(before, proven)
    if after == before:
        return Transition.nothing()
    noted = replace(account, identity=replace(after, said_at=inputs.now))
    return Transition(changes=(Change(account, noted),))


def _note_said(identity: ProviderIdentity, proven: Proven) -> ProviderIdentity:
    """Return the identity with what the provider says now."""
    return replace(identity, address=proven.address, name=proven.name, siret=proven.siret)


def unlink(account: Account, inputs: DecisionInputs) -> Transition:
    """Forget the identity that an account is linked with, end every session, which it may have opened, and mail the account."""
    if account.identity is None:
        return Transition.nothing()
    unlinked = replace(account, identity=None, signed_out_at=inputs.now)
    mail = build_entrance_mail(Entrance.IDENTITY_UNLINKED, account, inputs)
    return Transition(changes=(Change(account, unlinked),), mails=(mail,))

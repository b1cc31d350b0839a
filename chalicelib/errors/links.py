"""Refusals of a link, of the question before it, and of passing it on."""

from datetime import datetime

from chalicelib.errors.base import RelayError


class DeadLink(RelayError):
    """A link that gives no document. Fact: ``since``, when that became true (ISO 8601), for those that were right."""

    def __init__(self, since: datetime | str | None = None) -> None:
        super().__init__(since=since.isoformat() if isinstance(since, datetime) else since)


class LinkUnknown(DeadLink):
    """Malformed or unknown: one anonymous answer for both."""

    code = "link_unknown"


class LinkSpent(DeadLink):
    """Opened by another browser, or by this one more than 15 minutes ago."""

    code = "link_spent"


class LinkExpired(DeadLink):
    """Past the time given to the recipient."""

    code = "link_expired"


class LinkRevoked(DeadLink):
    """Withdrawn by the tutor, or replaced by a newer sending."""

    code = "link_revoked"


class LinkErased(DeadLink):
    """Its documents are erased: confirmed, or erased on request."""

    code = "link_erased"


class LinkClosed(DeadLink):
    """Closed by twenty wrong answers."""

    code = "link_closed"


class CookiesBlocked(RelayError):
    """The browser keeps no cookie, so it could never be recognised as the one that opened."""

    code = "cookies_blocked"


class ProofNeeded(RelayError):
    """This browser has not answered the question of this link."""

    code = "proof_needed"


class ProofWrong(RelayError):
    """The typed address is not the one. Fact: ``remaining``, tries left before the question closes."""

    code = "proof_wrong"

    def __init__(self, remaining: int) -> None:
        super().__init__(remaining=remaining)


class CodeWrong(ProofWrong):
    """The link asks for the code that was given by telephone, and this is not it."""

    code = "code_wrong"


class ProofLocked(RelayError):
    """Five wrong answers: the question is closed for a while. Fact: ``retry_after_seconds``."""

    code = "proof_locked"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)


class ContactChanged(RelayError):
    """The record named another address when these documents were sealed: only a new sending goes to this one."""

    code = "contact_changed"


class SealerAlone(RelayError):
    """Only the person who sealed the documents agrees to a further recipient, whoever follows the parcours now."""

    code = "sealer_alone"

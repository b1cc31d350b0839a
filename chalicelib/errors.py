"""Every refusal of the product, as one tree that knows neither HTTP nor French.

RelayError
├── Unreadable, UnknownField, FieldInvalid, TooLarge          what was sent cannot be taken
├── SignedOut, CodeDead, CodeElsewhere, OriginRefused         who is asking is not established
├── NotFound, NotYours,
│   WrongStep (NotNow, NothingSent, NotLast),
│   KeyUsed, DepositConflict, OfferExists,
│   ChangedMeanwhile (OpenedMeanwhile), RemindedToday,
│   LeaseLost                                                 the parcours does not allow it (now)
├── SlotTaken, HolidayUnseen, ColleagueLimit, NoticeNeeded      the meeting, the colleague, the sending do not allow it (now)
├── AddressTaken, AccountBusy                                 the account does not allow it (now)
├── RecipientDoubtful                                         the address is to be looked at again
├── MethodRefused, MediaTypeRefused                           the door does not know this gesture
├── ContactChanged, SealerAlone                               the link goes to nobody else (now)
├── LinkUnknown, LinkSpent, LinkExpired, LinkRevoked,
│   LinkErased, LinkClosed                                    the link gives nothing (any more)
├── CookiesBlocked, ProofNeeded, ProofWrong (CodeWrong),
│   ProofLocked, TooMany                                      the question before the link
├── NotAuthentic                                              a sealed blob is not what was sealed
└── TryAgain                                                  an AWS service did not answer: nothing was lost

A refusal carries facts (instants, counts, names of fields), never prose: ``web/errors.py`` turns each into one French sentence.
"""

from datetime import datetime
from typing import ClassVar


class RelayError(Exception):
    """An expected refusal. ``code`` is what programs read; ``facts`` are JSON scalars, without personal data."""

    code: ClassVar[str] = "refused"

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts


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


class Unreadable(RelayError):
    """The body is not the JSON object or the form that the call expects."""

    code = "unreadable"


class UnknownField(RelayError):
    """The body holds a field that the call does not know."""

    code = "unknown_field"


class FieldInvalid(RelayError):
    """One field has a value that cannot be taken. Facts: ``field``, and ``reason``, a code that has its sentence."""

    code = "field_invalid"

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field=field, reason=reason)


class TooLarge(RelayError):
    """The body is longer than any honest one."""

    code = "too_large"


class SignedOut(RelayError):
    """No live session stands behind this cookie. Fact: ``expired`` (it was live once)."""

    code = "signed_out"

    def __init__(self, *, expired: bool) -> None:
        super().__init__(expired=expired)


class CodeDead(RelayError):
    """The sign-in code is wrong, used, or past its ten minutes, its five tries or a quota: one refusal for all of them."""

    code = "code_dead"


class CodeElsewhere(RelayError):
    """A code is typed in a browser that did not ask for it."""

    code = "code_elsewhere"


class OriginRefused(RelayError):
    """The request does not come from one of our own pages."""

    code = "origin"


class NotFound(RelayError):
    """It does not exist, or this person may not know whether it does."""

    code = "not_found"


class NotYours(RelayError):
    """This person sees the parcours, and doing this is for others. Facts: ``whose`` (codes of their roles)."""

    code = "not_yours"

    def __init__(self, whose: frozenset[str]) -> None:
        super().__init__(whose=whose)


class WrongStep(RelayError):
    """The parcours or the deposit is not at a step that allows this."""

    code = "wrong_step"


class NotNow(WrongStep):
    """The table of moves does not allow this outcome here. Facts: ``kind``, ``status``, ``step`` (codes)."""

    code = "wrong_step"

    def __init__(self, kind: str, status: str, step: str | None) -> None:
        super().__init__(kind=kind, status=status, step=step)


class NothingSent(WrongStep):
    """Nothing ever left on this passage, so that nobody can be reminded of it."""

    code = "nothing_sent"


class NotLast(WrongStep):
    """A fact cannot be corrected before what was noted after it and builds on it."""

    code = "wrong_step"


class KeyUsed(RelayError):
    """The form was used already, for something else."""

    code = "key_used"


class AddressTaken(RelayError):
    """Another open account has this address."""

    code = "address_taken"


class OfferExists(RelayError):
    """An offer of the same company, buyer, object and lot stands already. Fact: ``parcours``, its id."""

    code = "offer_exists"


class AccountBusy(RelayError):
    """The account follows parcours: somebody must take them over first. Fact: ``count``."""

    code = "account_busy"


class RemindedToday(RelayError):
    """A reminder left less than a day ago. Fact: ``since``."""

    code = "reminded_today"

    def __init__(self, since: datetime) -> None:
        super().__init__(since=since.isoformat())


class LeaseLost(RelayError):
    """Somebody else treats this parcours in her RUN, or this RUN is over."""

    code = "lease_lost"


class DepositConflict(RelayError):
    """Another deposit lives on this attempt, or this id was used for something else."""

    code = "deposit_conflict"


class ChangedMeanwhile(RelayError):
    """Somebody changed it between reading and writing, again and again."""

    code = "changed_meanwhile"


class OpenedMeanwhile(ChangedMeanwhile):
    """The link was opened while somebody wanted to replace or withdraw it. Fact: ``since``."""

    code = "opened_meanwhile"

    def __init__(self, since: datetime | None) -> None:
        super().__init__(since=since.isoformat() if since else None)


class RecipientDoubtful(RelayError):
    """The address looks like a mistake; it is taken when the sender confirms it.

    Facts: ``domain``, ``doubts`` (codes), ``contacts``: changed addresses to which the buyer may pass the link on,
    ``shown``: what a confirmation repeats.
    """

    code = "recipient_doubtful"

    def __init__(
        self, domain: str, doubts: tuple[str, ...], contacts: tuple[str, ...] = (), shown: str = ""
    ) -> None:
        super().__init__(domain=domain, doubts=doubts, contacts=contacts, shown=shown)


class MethodRefused(RelayError):
    """The path exists, not with this method."""

    code = "method"


class MediaTypeRefused(RelayError):
    """The content type is not the one the call takes."""

    code = "media_type"


class TooMany(RelayError):
    """A quota is used up. Fact: ``retry_after_seconds``."""

    code = "too_many"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)


class NotAuthentic(RelayError):
    """A sealed blob does not open: another key, another place, or changed bytes."""

    code = "not_authentic"


class TryAgain(RelayError):
    """A service did not answer or refused for the moment. Nothing changed, or the same call tells what did."""

    code = "try_again"


class SlotTaken(RelayError):
    """Somebody else has just agreed on a date, or these dates are no longer proposed."""

    code = "slot_taken"


class HolidayUnseen(RelayError):
    """A proposed date is a public holiday, and who proposes it has not said that she knows. Fact: ``since``, its day."""

    code = "holiday_unseen"

    def __init__(self, day: datetime) -> None:
        super().__init__(since=day.isoformat())


class ColleagueLimit(RelayError):
    """This link was passed on or added to already, or too often today."""

    code = "colleague_limit"


class NoticeNeeded(RelayError):
    """The young person has not been handed the notice yet: nothing is sent before."""

    code = "notice_needed"

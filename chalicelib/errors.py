"""Every refusal of the product, as one tree that knows neither HTTP nor French.

RelayError
├── Unreadable, UnknownField, FieldInvalid, FieldsInvalid, TooLarge  what was sent cannot be taken
├── SignedOut, CodeDead, CodeElsewhere, OriginRefused,
│   IdentityElsewhere, IdentityInvalid, IdentityOther,
│   NoAccount, ProviderDown,
│   SignInStale, PasskeyRefused, PasskeyCloned                who is asking is not established
├── NotFound, NotYours,
│   WrongStep (NotNow, NoContact, NothingSent, NotLast, TooManyHeld), TalkNeeded,
│   KeyUsed, DepositConflict, OfferExists,
│   ChangedMeanwhile (OpenedMeanwhile), RemindedToday,
│   PersonRemindedToday, TextedThisWeek                       the parcours does not allow it (now)
├── SlotTaken, HolidayUnseen, HostUnseen, GuestsUnseen,
│   ColleagueLimit, NoticeNeeded                              the meeting, the colleague or the sending does not allow it (now)
├── AddressTaken, AccountBusy                                 the account does not allow it (now)
├── FeedUnknown                                               no calendar feed is open at the address
├── FollowKeyUnknown                                          the key opens no young person's page
├── RecipientDoubtful                                         the sender must confirm the address
├── RecipientRefused                                          the address does not take our mails
├── ContactGone                                               the person who holds the link has left
├── MethodRefused, MediaTypeRefused                           the path does not take this method or content type
├── SealerAlone                                               only who sealed agrees to a further recipient
├── LinkUnknown, LinkSpent, LinkExpired, LinkErased,
│   LinkRevoked (LinkReplaced, LinkRefused), LinkClosed,
│   LinkSuspended                                            the link gives no document (any more, or for now)
├── CookiesBlocked, ProofNeeded, ProofWrong (CodeWrong),
│   ProofLocked, TooMany (TooManyOnLink, TooManyTakings, TooManyOfReference,
│   TooManyYoungActs, TooManyFollowKeys,
│   TooManyIdentifications)                                  the question before the link, or a quota
├── NotAuthentic                                              a sealed blob was altered or moved
└── TryAgain                                                  an AWS service did not answer; repeating the call is safe

A refusal carries facts (instants, counts, names of fields), never prose: ``web/kit/errors.py`` has the French sentence of each.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

Fact = str | int | datetime | tuple[object, ...] | frozenset[str] | None
"""What a refusal carries; an instant becomes ISO 8601."""


class RelayError(Exception):
    """An expected refusal, without personal data.

    ``code`` is what clients read: the class name in snake case unless the class statement gives another. ``facts`` are JSON
    scalars; instants become ISO 8601.
    """

    code: ClassVar[str] = "refused"

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        super().__init_subclass__()
        cls.code = code or "_".join(re.findall("[A-Z][a-z]+", cls.__name__)).lower()

    def __init__(self, **facts: Fact) -> None:
        super().__init__(self.code)
        self.facts = {
            name: fact.isoformat() if isinstance(fact, datetime) else fact for name, fact in facts.items()
        }


class DeadLink(RelayError):
    """A link that gives no document. Fact: ``since``, when it stopped working, for links that once worked."""

    def __init__(self, since: datetime | str | None = None) -> None:
        super().__init__(since=since)


class LinkUnknown(DeadLink):
    """The token is malformed or unknown; both get the same answer."""


class LinkSpent(DeadLink):
    """Opened by another browser, or by this one, whose reader said that she could read."""


class LinkExpired(DeadLink):
    """The answer period of the recipient is over."""


class LinkRevoked(DeadLink):
    """Withdrawn by the tutor, or by a newer sending."""


class LinkReplaced(LinkRevoked):
    """Its recipient was sent a newer link to the same documents."""


class LinkRefused(LinkRevoked):
    """The mail that carried it was refused: by its mailbox, by the mail service, or by its reader."""


class LinkErased(DeadLink):
    """Its documents are erased, after the confirmation or on request."""


class LinkSuspended(DeadLink):
    """The young person made a request about their data: it gives nothing until somebody has spoken with them."""


class LinkClosed(DeadLink):
    """Twenty wrong answers closed it."""


class CookiesBlocked(RelayError):
    """The browser keeps no cookie, so it could never be recognised as the one that opened."""


class ProofNeeded(RelayError):
    """This browser has not answered the question of this link."""


class ProofWrong(RelayError):
    """The typed address is not the recipient's. Fact: ``remaining``, tries left before the question closes."""

    def __init__(self, remaining: int) -> None:
        super().__init__(remaining=remaining)


class CodeWrong(ProofWrong):
    """The typed code is not the one that was given by telephone."""


class ProofLocked(RelayError):
    """Five wrong answers: the question is closed for a while. Fact: ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)


class SealerAlone(RelayError):
    """Only the person who sealed the documents may agree to a further recipient, even after a handover."""


class Unreadable(RelayError):
    """The body is not the JSON object or the form that the call expects."""


class UnknownField(RelayError):
    """The body holds a field that the call does not know."""


class FieldInvalid(RelayError):
    """One field has a value that cannot be taken. Facts: ``field``, and ``reason``, a code that has its sentence.

    ``most``: the limit that a « too long » exceeds, which ends its code: « long_text_80 ».
    """

    def __init__(self, field: str, reason: str, most: int | None = None) -> None:
        super().__init__(field=field, reason=f"{reason}_{most}" if most else reason)


class FieldsInvalid(RelayError):
    """At least one field of a form cannot be taken; ``refusals``: one for each of them, in the order of the form."""

    def __init__(self, refusals: Sequence[FieldInvalid]) -> None:
        super().__init__()
        self.refusals = tuple(refusals)


class TooLarge(RelayError):
    """The body exceeds the size limit."""


class SignedOut(RelayError):
    """The cookie belongs to no live session, or to one of passkeys alone. Fact: ``expired`` (it was live once, and is over)."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__(expired=expired)


class SignInStale(RelayError):
    """The act reaches far, and its person signed in too long ago."""


class PasskeyRefused(RelayError):
    """The passkey's answer proves nothing: unknown, of another site, browser or account, without its person, or used before."""


class PasskeyCloned(RelayError):
    """The passkey's counter went back: another device answers with the same key."""


class CodeDead(RelayError):
    """The sign-in code is wrong, used, or past its ten minutes, its five tries or a quota: one refusal for all of them."""


class CodeElsewhere(RelayError):
    """The code was typed in a browser that did not ask for it."""


class IdentityElsewhere(RelayError):
    """What comes back from ProConnect was not begun in this browser, or has been used."""


class IdentityInvalid(RelayError):
    """ProConnect did not confirm who somebody is, or its answer does not hold. Fact: ``check``, what failed."""

    def __init__(self, check: str = "") -> None:
        super().__init__(check=check)


class IdentityOther(RelayError):
    """The account is linked with another identity at ProConnect."""


class NoAccount(RelayError):
    """No open account has the address that ProConnect says."""


class ProviderDown(RelayError):
    """ProConnect does not answer, or not in an understandable way."""


class OriginRefused(RelayError, code="origin"):
    """The request does not come from one of our own pages."""


class NotFound(RelayError):
    """It does not exist, or this person may not know whether it does."""


class NotYours(RelayError):
    """This person may see the parcours but not do this. Fact: ``whose``, codes of the roles that may."""

    def __init__(self, whose: frozenset[str]) -> None:
        super().__init__(whose=whose)


class WrongStep(RelayError):
    """The parcours or the deposit is not at a step that allows this."""


class NotNow(WrongStep, code="wrong_step"):
    """The table of moves does not allow this outcome here. Facts: ``kind``, ``status``, ``step`` (codes)."""

    def __init__(self, kind: str, status: str, step: str | None) -> None:
        super().__init__(kind=kind, status=status, step=step)


class NoContact(WrongStep):
    """The record names nobody of the company to whom documents could be sent, so the offer cannot be taken yet."""


class NothingSent(WrongStep):
    """Nothing was sent on this passage, so there is nothing to remind anybody of."""


class NotLast(WrongStep, code="wrong_step"):
    """A later fact builds on this one and must be corrected first."""


class KeyUsed(RelayError):
    """The form's key was already used for something else."""


class AddressTaken(RelayError):
    """Another open account has this address. Fact: ``field``, in which it was typed."""

    def __init__(self) -> None:
        super().__init__(field="adresse")


class OfferExists(RelayError):
    """There is already an offer of the same company, buyer, object and lot. Fact: ``parcours``, its id."""


class AccountBusy(RelayError):
    """The account follows parcours, which must be handed over first. Fact: ``count``."""


class FeedUnknown(RelayError):
    """No calendar feed is open at this address: never, no longer, or of an account that is closed; all get the same answer."""


class FollowKeyUnknown(RelayError):
    """Reference and key open no page: mistyped, replaced, or of a passage that is erased; all get the same answer."""


class RemindedToday(RelayError):
    """A reminder left less than a day ago. Fact: ``since``."""

    def __init__(self, since: datetime) -> None:
        super().__init__(since=since)


class PersonRemindedToday(RelayError):
    """The person who would be reminded had a reminder today, about another parcours."""


class TextedThisWeek(RelayError):
    """An SMS left, or was asked for, to this number less than a week ago."""


class DepositConflict(RelayError):
    """The attempt has another live deposit, or this id was used for something else."""


class ChangedMeanwhile(RelayError):
    """The record was changed between reading and writing, again at each retry."""


class OpenedMeanwhile(ChangedMeanwhile):
    """The link was opened while it was being replaced or withdrawn. Fact: ``since``."""

    def __init__(self, since: datetime | None) -> None:
        super().__init__(since=since)


class RecipientRefused(RelayError):
    """This address refused our mails, and nothing was delivered there since. ``field``: what it was typed in."""

    def __init__(self, field: str = "destinataire") -> None:
        super().__init__(field=field)


class ContactGone(RelayError):
    """The person who holds the link is noted to have left: nothing is sent there again without a new sending."""


class RecipientDoubtful(RelayError):
    """The address is not trusted: the sender must confirm it.

    Facts: ``domain``; ``doubts`` (codes); ``entries``: of the record (``recipients.Known``), empty where it has none;
    ``sealer``: the sender's account id; ``shown``: what the confirmation must repeat.
    """

    def __init__(
        self, *, domain: str, doubts: tuple[str, ...], entries: tuple[object, ...], sealer: str, shown: str
    ) -> None:
        super().__init__(domain=domain, doubts=doubts, entries=entries, sealer=sealer, shown=shown)


class MethodRefused(RelayError, code="method"):
    """The path does not take this method."""


class MediaTypeRefused(RelayError, code="media_type"):
    """The path does not take this content type."""


class TooMany(RelayError):
    """A quota is used up. Fact: ``retry_after_seconds``."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(retry_after_seconds=retry_after_seconds)


class TooManyIdentifications(TooMany, code="too_many"):
    """ProConnect was asked so often from one network that others are to have their turn."""


class TooManyOnLink(TooMany, code="too_many"):
    """The holder of a link, or its thief, did so much on its page today that people had better speak to each other."""


class TooManyTakings(TooMany, code="too_many"):
    """A tutor took as many offers today as one may."""


class TooManyOfReference(TooMany, code="too_many"):
    """So many requests about personal data named this reference today that the officer had better be written to."""


class TooManyYoungActs(TooMany, code="too_many"):
    """So much was pressed on a young person's page today that they had better call."""


class TooManyFollowKeys(TooMany, code="too_many"):
    """So many keys were typed for one reference, or from one network, today that they might be guessed."""


class TooManyHeld(WrongStep):
    """A tutor holds as many offers without a sending as one may. Fact: ``most``."""

    def __init__(self, most: int) -> None:
        super().__init__(most=most)


class NotAuthentic(RelayError):
    """A sealed blob does not open: wrong key, wrong context, or altered bytes."""


class TryAgain(RelayError):
    """An AWS service is unavailable. Nothing changed, or repeating the call is safe."""


class SlotTaken(RelayError):
    """Another date was agreed on meanwhile, or these dates are no longer proposed."""


class HolidayUnseen(RelayError):
    """A proposed date is a public holiday, and the proposer has not confirmed it. Fact: ``since``, its day."""

    def __init__(self, day: datetime) -> None:
        super().__init__(since=day)


class HostUnseen(RelayError):
    """A date is proposed at a host that is neither the company's nor a known service, and who accepts has not confirmed it.

    Fact: ``host``.
    """

    def __init__(self, host: str) -> None:
        super().__init__(host=host)


class GuestsUnseen(RelayError):
    """A correction cancels or moves a meeting to come, of which guests are mailed, and who corrects has not confirmed it."""


class ColleagueLimit(RelayError):
    """This link was already passed on or got a further recipient, or too often today."""


class TalkNeeded(RelayError):
    """The young person asked something: nothing goes on before somebody has spoken with them.

    Fact: ``asked``, what they asked (a key of ``web.kit.errors.ASKED``); empty for who does not accompany them.
    """

    def __init__(self, asked: str) -> None:
        super().__init__(asked=asked)


class NoticeNeeded(RelayError):
    """The young person has not been given the notice, which must precede any sending."""

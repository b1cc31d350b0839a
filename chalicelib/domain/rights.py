"""Requests of people about their personal data: what may be asked, by when it is answered, what became of its message."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import REFERENCE_LETTERS, parse_reference
from chalicelib.domain.kernel.calendar import PARIS, months_later
from chalicelib.domain.kernel.delivery import DeliveryState
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, Code, Instant
from chalicelib.errors import FieldInvalid, FieldsInvalid, WrongStep

MONTHS_TO_ANSWER = 1
"""Source: RGPD, article 12.3."""
REMINDED_AFTER = timedelta(days=20)
"""When the officer is written to once more, while ten days are left."""
MAX_CORRECTION_CHARACTERS = 300


class Right(Code):
    """What may be asked."""

    ACCESS = "acces"
    RECTIFICATION = "rectification"
    ERASURE = "effacement"
    OBJECTION = "opposition"
    RESTRICTION = "limitation"


class Asker(Code):
    """Who asks."""

    YOUNG_PERSON = "jeune"
    PARENT = "parent"
    CONTACT = "contact"
    AGENT = "agent"


FOR_A_YOUNG_PERSON = frozenset({Asker.YOUNG_PERSON, Asker.PARENT})
"""Who is found by a reference alone; the others are found by their address."""


class RequestState(Code):
    """What became of the last message about a request to the data protection officer."""

    WAITING = "waiting"
    LEFT = "left"
    DELIVERED = "delivered"
    RETURNED = "returned"
    GIVEN_UP = "given_up"


STATES: dict[DeliveryState, RequestState] = {
    DeliveryState.SENT: RequestState.LEFT,
    DeliveryState.DELAYED: RequestState.LEFT,
    DeliveryState.DELIVERED: RequestState.DELIVERED,
    DeliveryState.UNCERTAIN: RequestState.RETURNED,
    DeliveryState.RETURNED: RequestState.RETURNED,
    DeliveryState.REJECTED: RequestState.RETURNED,
    DeliveryState.REFUSED: RequestState.RETURNED,
    DeliveryState.COMPLAINED: RequestState.RETURNED,
}
"""What a report of the mail service makes of a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RightsRequest(Aggregate):
    """A request about personal data. What it holds of a person goes when it is noted as answered."""

    number: str
    at: Instant
    right: Right
    asker: Asker
    reference: str | None = None
    reply_to: str | None = None
    correction: str | None = None
    """What is wrong and what it should be, as typed. The officer may need a second message, so this, the address and the
    reference stay until the request is answered."""
    state: RequestState = RequestState.WAITING
    sending: int = 1
    """Which message to the officer ``state`` is about: reports of earlier ones change nothing."""
    reminded_at: Instant | None = None
    answered_at: Instant | None = None

    @property
    def due_at(self) -> datetime:
        """Return by when the law wants an answer."""
        return months_later(self.at, MONTHS_TO_ANSWER)

    @property
    def has_come_back(self) -> bool:
        """Whether the officer did not get the last message about it, as far as the mail service says."""
        return self.state is RequestState.RETURNED


NUMBER = re.compile(f"DP-[0-9]{{8}}-[0-9]{{4}}-[{REFERENCE_LETTERS}]{{4}}-[{REFERENCE_LETTERS}]{{6}}")
NUMBER_BYTES = 10


def build_request_number(now: datetime, drawn: bytes) -> str:
    """Make the number of a request, « DP-20261202-1412-7K3Q-M4XT2P », from ``NUMBER_BYTES`` random bytes.

    It opens the receipt, so it cannot be guessed: 50 bits beside its minute (in Paris).
    """
    letters = "".join(REFERENCE_LETTERS[byte % len(REFERENCE_LETTERS)] for byte in drawn[:NUMBER_BYTES])
    return f"DP-{now.astimezone(PARIS):%Y%m%d-%H%M}-{letters[:4]}-{letters[4:]}"


def read_rights_request(
    asker: str, reference: str, right: str, reply_to: str, *, correction: str = "", number: str, now: datetime
) -> RightsRequest:
    """Read a request about personal data. Only what concerns a young person needs a reference, only a rectification its
    ``correction``.

    Whether the reference exists is not looked up: the answer would tell anybody.
    Raises:
        FieldsInvalid: with every field that is wrong, so that all of them are mended in one go.
    """
    refusals = []
    if asker not in set(Asker):
        refusals.append(FieldInvalid("qui", "which_asker"))
    parsed_reference = parse_reference(reference)
    is_left_out = not reference.strip() and asker not in FOR_A_YOUNG_PERSON
    if parsed_reference is None and not is_left_out:
        refusals.append(FieldInvalid("reference", "reference"))
    if right not in set(Right):
        refusals.append(FieldInvalid("demande", "which_right"))
    correction = " ".join(correction.split()) if right == Right.RECTIFICATION else ""
    if right == Right.RECTIFICATION and not 0 < len(correction) <= MAX_CORRECTION_CHARACTERS:
        refusals.append(FieldInvalid("correction", "which_correction"))
    reply_address = ""
    try:
        reply_address = address.normalise(reply_to, "adresse")
    except FieldInvalid as refusal:
        refusals.append(refusal)
    if refusals:
        raise FieldsInvalid(refusals)
    return RightsRequest(
        number=number,
        at=now,
        right=Right(right),
        asker=Asker(asker),
        reference=parsed_reference,
        correction=correction or None,
        reply_to=reply_address,
    )


def ask(request: RightsRequest, inputs: DecisionInputs) -> Transition:
    """Keep a request, and queue its message to the data protection officer."""
    return Transition(changes=(Change(None, request),), mails=(_build_message(request, inputs),))


def send_again(request: RightsRequest, inputs: DecisionInputs) -> Transition:
    """Queue the message to the officer once more, at the address that is set now. Raises WrongStep: it is answered."""
    if request.answered_at is not None:
        raise WrongStep
    return _send(request, request, inputs)


def note_report(request: RightsRequest, mail: OutboxMail, reported: DeliveryState) -> Transition:
    """Note what became of the last message to the officer."""
    if mail.version != request.sending:
        return Transition.nothing()
    after = replace(request, state=STATES.get(reported, request.state))
    return Transition(changes=(Change(request, after),)) if after != request else Transition.nothing()


def note_given_up(request: RightsRequest, mail: OutboxMail) -> Transition:
    """Note that the message to the officer was given up."""
    if mail.version != request.sending:
        return Transition.nothing()
    return Transition(changes=(Change(request, replace(request, state=RequestState.GIVEN_UP)),))


def mark_answered(request: RightsRequest, now: datetime) -> Transition:
    """Note that the request was answered: what is left of it says nothing of a person."""
    if request.answered_at is not None:
        return Transition.nothing()
    after = replace(request, answered_at=now, reference=None, correction=None, reply_to=None)
    return Transition(changes=(Change(request, after),))


def find_next_look(request: RightsRequest, policy: RetentionPolicy) -> datetime:
    """Return when the minute function looks at a request: to remind the officer once, then to erase it."""
    if request.answered_at is None and request.reminded_at is None:
        return request.at + REMINDED_AFTER
    return find_end(request, policy)


def find_end(request: RightsRequest, policy: RetentionPolicy) -> datetime:
    """Return when a request is erased."""
    return policy.history_until(request.due_at)


def remind_or_erase(request: RightsRequest, policy: RetentionPolicy, inputs: DecisionInputs) -> Transition:
    """Write to the officer once more of a request that nobody noted as answered, or erase one whose time is over."""
    if inputs.now < find_next_look(request, policy):
        return Transition.nothing()
    if inputs.now >= find_end(request, policy):
        return Transition(changes=(Change(request, None),))
    return _send(request, replace(request, reminded_at=inputs.now), inputs)


def _send(before: RightsRequest, after: RightsRequest, inputs: DecisionInputs) -> Transition:
    """Queue one more message to the officer, and count it."""
    after = replace(after, state=RequestState.WAITING, sending=before.sending + 1)
    return Transition(changes=(Change(before, after),), mails=(_build_message(after, inputs),))


def _build_message(request: RightsRequest, inputs: DecisionInputs) -> OutboxMail:
    """Build the message to the officer that waits."""
    mail = inputs.build_mail(MailKind.RIGHTS_REQUEST)
    return replace(mail, request=request.number, version=request.sending)

"""Send documents: announce, upload, inspect, link; send the link again, revoke it, erase."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.case import Case
from chalicelib.domain.documents.recipients import list_passable
from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.attempt import check_notice, note_notice_handed
from chalicelib.domain.kernel.calendar import day_of, end_of
from chalicelib.domain.kernel.deposit import (
    ARRIVING,
    UNOPENED,
    Contents,
    Deposit,
    DepositState,
    DocumentState,
    Mailing,
    build_deposit_event,
)
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.parcours import Arriving, Parcours
from chalicelib.domain.kernel.retention import RetentionPolicy
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Kind, ParcoursStatus, Role, Setback, Step
from chalicelib.domain.record import note_withdrawal
from chalicelib.errors import ChangedMeanwhile, DepositConflict, OpenedMeanwhile, WrongStep

SENDING_STEPS = frozenset({Step.DOCUMENTS_TO_SEND, Step.LINK_SENT, Step.OPENED, Step.RECEIVED})
"""Steps at which documents may be sent; later ones have dates to lose."""


def announce(
    case: Case,
    deposit_id: str,
    contents: Contents,
    *,
    notice: bool = False,
    policy: RetentionPolicy,
    inputs: DecisionInputs,
) -> Transition:
    """Open a deposit for the passage under way, before anything is uploaded. An upload that has stopped is revoked for it.

    ``notice``: whether the sender says that the young person has the notice, which is noted then.
    Raises:
        WrongStep: documents are not to be sent now. DepositConflict: a sending lives already.
        NoticeNeeded: see ``check_notice``.
    """
    parcours, passage = case.parcours, case.attempt
    preparing = parcours.status is ParcoursStatus.IN_PREPARATION and parcours.step in SENDING_STEPS
    if passage is None or not preparing:
        raise WrongStep
    stopped_deposit = case.live if parcours.has_stopped(inputs.now) else None
    if parcours.live_deposit is not None and stopped_deposit is None:
        raise DepositConflict
    check_notice(passage, notice=notice)
    deposit = Deposit(
        id=deposit_id,
        parcours=parcours.id,
        attempt=passage.number,
        kinds=tuple(document.kind for document in contents.documents),
        created_at=inputs.now,
        form_signed_at=inputs.now,
        erase_at=policy.awaited_until(inputs.now),
        contents=replace(
            contents,
            known=tuple(
                address.bind_recipient(contents.salt, passable)
                for passable in (contents.recipient, *list_passable(parcours))
            ),
        ),
    )
    # Facts of one instant are shown in the order of their ids.
    first_id, second_id = sorted((inputs.draw_id(), inputs.draw_id()))
    event = build_deposit_event(deposit, EventKind.DEPOSIT_OPENED, contents.sender, inputs, key=second_id)
    parcours_after = replace(
        parcours.with_event(event).without_pause(),
        live_deposit=deposit.id,
        last_deposit=deposit.id,
        arriving=Arriving(since=inputs.now, form_signed_at=inputs.now),
        consent=None,
    )
    parcours_change = Change(parcours, parcours_after)
    stopped_changes = (_withdraw(stopped_deposit, inputs.now),) if stopped_deposit is not None else ()
    if passage.notice_at is not None:
        return Transition.noting(event, Change(None, deposit), parcours_change, *stopped_changes)
    passage_change, notice_event = note_notice_handed(
        passage, by=contents.sender, inputs=inputs, key=first_id
    )
    return Transition(
        changes=(Change(None, deposit), parcours_change, passage_change, *stopped_changes),
        events=(notice_event, event),
    )


def renew(
    deposit: Deposit, contents: Contents, parcours: Parcours, *, policy: RetentionPolicy, now: datetime
) -> Transition:
    """Announce the same deposit again: its forms may be signed anew, and it is awaited for longer.

    Nothing once everything has arrived.
    Raises:
        DepositConflict: another announcement has this id. WrongStep: it is awaited no more.
    """
    if deposit.contents is None or not _is_same_announcement(deposit, contents, parcours.id):
        raise DepositConflict
    if deposit.state not in ARRIVING or not deposit.is_live(now):
        raise WrongStep
    if deposit.state is DepositState.RECEIVED:
        return Transition.nothing()
    renewed = replace(deposit, form_signed_at=now, erase_at=policy.awaited_until(now))
    changes: tuple[Change, ...] = (Change(deposit, renewed),)
    if parcours.arriving is not None and parcours.live_deposit == deposit.id:
        arriving = replace(parcours.arriving, form_signed_at=now)
        changes += (Change(parcours, replace(parcours, arriving=arriving)),)
    return Transition(changes=changes)


def receive(
    deposit: Deposit, parcours: Parcours, kind: Kind, *, policy: RetentionPolicy, inputs: DecisionInputs
) -> Transition:
    """Note that an object of this deposit has arrived; with the last one, the fact that all have. Nothing if that is known.

    From then on the documents live as long as unopened ones.
    """
    document = deposit.document(kind)
    if document is None or document.state is not DocumentState.EXPECTED or not deposit.is_live(inputs.now):
        return Transition.nothing()
    after = deposit.with_document(document.with_state(DocumentState.RECEIVED))
    if any(awaited.state is DocumentState.EXPECTED for awaited in _get_contents(after).documents):
        return Transition(changes=(Change(deposit, after),))
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_RECEIVED, _get_contents(deposit).sender, inputs)
    until = policy.unopened_until(inputs.now, deposit.created_at)
    after = replace(after, state=DepositState.RECEIVED, received_at=inputs.now, erase_at=until)
    complete = Arriving(since=inputs.now, form_signed_at=deposit.form_signed_at, is_complete=True)
    parcours_after = parcours.with_event(event)
    if parcours.live_deposit == deposit.id:
        parcours_after = replace(parcours_after, arriving=complete)
    return Transition.noting(event, Change(deposit, after), Change(parcours, parcours_after))


def note_inspection(
    arrival: tuple[Deposit, Parcours],
    kind: Kind,
    reason: Reason | None,
    *,
    policy: RetentionPolicy,
    arrived: DecisionInputs,
    inputs: DecisionInputs,
) -> Transition:
    """Note the result of an inspection (``reason``: why it is refused; None: accepted), and first the arrival if it was not.

    ``arrived``, ``inputs``: instant and random bytes of each of the two; one write holds both.
    """
    first = receive(*arrival, kind, policy=policy, inputs=arrived)
    deposit, parcours = first.result_for(arrival[0]), first.result_for(arrival[1])
    if reason is not None:
        return first.then(refuse(deposit, parcours, kind, reason, inputs))
    return first.then(verify(deposit, parcours, kind, policy=policy, inputs=inputs))


def verify(
    deposit: Deposit,
    parcours: Parcours,
    kind: Kind,
    *,
    policy: RetentionPolicy,
    inputs: DecisionInputs,
) -> Transition:
    """Note that a document was accepted. With the last one, the link is made and its mail queued.

    Nothing unless the document has arrived and awaits its judgement, and the deposit still lives.
    """
    document = deposit.document(kind)
    if document is None or document.state is not DocumentState.RECEIVED or not deposit.is_live(inputs.now):
        return Transition.nothing()
    after = deposit.with_document(document.with_state(DocumentState.VERIFIED))
    if any(other.state is not DocumentState.VERIFIED for other in _get_contents(after).documents):
        return Transition(changes=(Change(deposit, after),))
    contents = _get_contents(deposit)
    link = Link(
        id=inputs.draw_id(),
        deposit=deposit.id,
        parcours=deposit.parcours,
        attempt=deposit.attempt,
        sender=contents.owner,
        recipient=contents.recipient,
        created_at=inputs.now,
        closes_at=policy.link_until(inputs.now),
        to=contents.to,
        code_wanted=contents.code_check is not None,
    )
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_VERIFIED, Role.SYSTEM, inputs)
    after = replace(
        after,
        state=DepositState.VERIFIED,
        verified_at=inputs.now,
        link=link.id,
        mailing=Mailing.UNDER_WAY,
        erase_at=policy.unopened_until(inputs.now),
    )
    parcours_change = Change(parcours, replace(parcours.with_event(event), live_link=link.id))
    mails = (link.mail(inputs),)
    return Transition.noting(event, Change(deposit, after), Change(None, link), parcours_change, mails=mails)


def refuse(
    deposit: Deposit, parcours: Parcours, kind: Kind, reason: Reason, inputs: DecisionInputs
) -> Transition:
    """Note that a document was refused: nothing is sent, everything is to be erased, and the sender is notified.

    Nothing where the document was judged already, or the deposit no longer lives.
    """
    document = deposit.document(kind)
    waiting = {DocumentState.EXPECTED, DocumentState.RECEIVED}
    if document is None or document.state not in waiting or not deposit.is_live(inputs.now):
        return Transition.nothing()
    refused = document.with_state(DocumentState.REFUSED, reason)
    after = replace(deposit.with_document(refused), state=DepositState.REFUSED, erase_at=inputs.now)
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_REFUSED, Role.SYSTEM, inputs, reason=reason)
    event = replace(event, documents=(kind,))
    # The mail itself holds whom it concerns: the next purge may be faster than the mailer.
    mail = inputs.build_mail(MailKind.REFUSAL_NOTICE, account=_get_contents(deposit).owner)
    mail = replace(mail, deposit=deposit.id, document=kind, reason=reason)
    parcours_after = replace(parcours.with_event(event).without_documents(), since=inputs.now, moved=())
    return Transition.noting(event, Change(deposit, after), Change(parcours, parcours_after), mails=(mail,))


def _is_same_announcement(deposit: Deposit, contents: Contents, parcours_id: str) -> bool:
    """Whether this announces the same documents to the same recipient, by the same person, on the same parcours."""
    current = _get_contents(deposit)
    return (
        deposit.parcours == parcours_id
        and (current.sealed_by, current.recipient) == (contents.sealed_by, contents.recipient)
        and (current.code_check is None) == (contents.code_check is None)
        and [document.declared for document in current.documents]
        == [document.declared for document in contents.documents]
    )


def _get_contents(deposit: Deposit) -> Contents:
    """Return the contents of a deposit that has them still."""
    assert deposit.contents is not None
    return deposit.contents


OPENED = frozenset({DepositState.OPENED, DepositState.UNREADABLE, DepositState.CONFIRMED})
SENT_AGAIN = UNOPENED | {DepositState.OPENED, DepositState.UNREADABLE}


@dataclass(frozen=True)
class LinkOnPage:
    """What the page showed of the link to the person who asks for a new one."""

    link: str
    """Its id: each of the links to the same documents counts its versions from one,"""
    version: int
    """its version,"""
    opened: bool
    """and whether it was opened."""


def resend(
    case: Case, *, by: Role, shown: LinkOnPage, policy: RetentionPolicy, inputs: DecisionInputs
) -> Transition:
    """Send a new version of the link to the deposit's own recipient; the old one dies in this very write.

    Documents that nobody opened get the whole answer time again, within 30 days of the first sending; what was opened goes when
    it would have gone. When a later version than the one ``shown`` is there already, this is the same re-send once more, and
    writes nothing.
    Raises:
        ChangedMeanwhile, OpenedMeanwhile: the page showed another link, or none that was opened.
        WrongStep: the documents do not live any more, no link was made yet, or the company declined: its refusal is to be taken
            back first, which it and the buyer are mailed.
    """
    deposit, link = case.deposit, case.link
    if deposit is None or link is None:
        raise WrongStep
    if shown.link != link.id:
        raise ChangedMeanwhile
    if shown.version < link.version:
        return Transition.nothing()
    if shown.version > link.version:
        raise ChangedMeanwhile
    _check_seen(deposit, shown.opened)
    is_declined = case.parcours.setback is Setback.DECLINED
    if deposit.state not in SENT_AGAIN or not deposit.is_live(inputs.now) or is_declined:
        raise WrongStep
    event = build_deposit_event(deposit, EventKind.LINK_RESENT, by, inputs)
    version = replace(
        link,
        opened_by=None,
        opened_at=None,
        closed_at=None,
        mail_refused_at=None,
        requested_at=None,
        confirmed_at=None,
        declined_at=None,
        declined_for=None,
        version=link.version + 1,
        version_at=inputs.now,
        used_versions=(*link.used_versions, link.version) if link.opened_at else link.used_versions,
    )
    again = replace(
        deposit,
        state=DepositState.VERIFIED,
        mailing=Mailing.UNDER_WAY,
        mailing_at=None,
        confirmed_at=None,
        erase_before=None,
        warned_at=None,
        erase_at=deposit.erase_at
        if deposit.opened_at
        else policy.unopened_until(inputs.now, deposit.verified_at),
    )
    sent = case.parcours.with_event(event).without_pause()
    parcours_change = Change(case.parcours, replace(sent, setback=None, since=inputs.now, moved=()))
    mails = (version.mail(inputs),)
    return Transition.noting(
        event, Change(deposit, again), Change(link, version), parcours_change, mails=mails
    )


def revoke(case: Case, *, by: Role, seen_opened: bool, inputs: DecisionInputs) -> Transition:
    """Withdraw the documents: every link to them dies in this write, the objects are erased at the next purge. Twice is once.

    ``seen_opened``: whether the page showed that they were opened.
    Raises:
        OpenedMeanwhile: they were, and the page did not show it. WrongStep: there is nothing to withdraw.
    """
    deposit = case.deposit
    if deposit is None:
        raise WrongStep
    if deposit.state is DepositState.REVOKED:
        return Transition.nothing()  # pressed twice, or again after an answer that was lost
    _check_seen(deposit, seen_opened)
    if not deposit.is_openable(inputs.now):
        raise WrongStep
    withdrawn = note_withdrawal(case.parcours, _get_contents(deposit).recipient, inputs.now)
    if deposit.state in ARRIVING:
        event = build_deposit_event(deposit, EventKind.DEPOSIT_ABANDONED, by, inputs)
        parcours_after = withdrawn.with_event(event).without_documents()
        return Transition.noting(event, _withdraw(deposit, inputs.now), Change(case.parcours, parcours_after))
    event = build_deposit_event(deposit, EventKind.LINK_REVOKED, by, inputs)
    after = _await_documents(withdrawn, event)
    step = Transition.noting(event, _withdraw(deposit, inputs.now), Change(case.parcours, after))
    return step + case.move_links(_revoke(case.links, inputs.now), after, inputs.now)


def _await_documents(parcours: Parcours, event: Event) -> Parcours:
    """Return the parcours with its documents and link withdrawn, and others to be sent."""
    return replace(parcours.at_step(Step.DOCUMENTS_TO_SEND, event).without_documents(), live_link=None)


def end_sending(deposit: Deposit, links: tuple[Link, ...], now: datetime) -> tuple[Change, ...]:
    """Return the changes that revoke a deposit and its links as its passage ends."""
    return (_withdraw(deposit, now), *revoke_links(links, now))


def _withdraw(deposit: Deposit, now: datetime) -> Change:
    """Return the change that revokes a deposit and ends it now."""
    return Change(deposit, replace(deposit, state=DepositState.REVOKED, erase_at=now))


def revoke_links(links: tuple[Link, ...], now: datetime) -> tuple[Change, ...]:
    """Revoke these links, those that wait for the tutor among them."""
    return tuple(Change(before, after) for before, after in _revoke(links, now))


def _revoke(links: tuple[Link, ...], now: datetime) -> tuple[tuple[Link, Link], ...]:
    """Return the links that live yet, before and after they are revoked."""
    living = (link for link in links if link.revoked_at is None)
    return tuple((link, replace(link.without_question(), revoked_at=now)) for link in living)


def erase_on_request(case: Case, *, by: Role, inputs: DecisionInputs) -> Transition:
    """Erase everything about a sending at once: documents, keys, and the addresses they were sent to.

    What stays is pseudonymous: id, state, times, and the fact that it was asked. Of the last sending no link is left with which
    the company could answer, even where it has read: other documents are to be sent.
    """
    deposit, parcours = case.deposit, case.parcours
    if deposit is None or deposit.state is DepositState.ERASED:
        return Transition.nothing()
    event = build_deposit_event(deposit, EventKind.ERASURE_REQUESTED, by, inputs)
    asked = replace(deposit, state=DepositState.ERASED, erase_at=min(inputs.now, deposit.erase_at))
    forgotten = tuple((link, _forget(link, inputs.now)) for link in case.links)
    is_last = parcours.last_deposit == deposit.id
    after = _await_documents(parcours, event) if is_last else parcours.with_event(event)
    step = Transition.noting(event, Change(deposit, asked), Change(parcours, after))
    return step + case.move_links(forgotten, after, inputs.now)


def close_links(case: Case, recipient: str, *, forgets: bool, inputs: DecisionInputs) -> Transition:
    """Close the links of these documents that went to an address: its reader objected. Twice is once.

    The documents go with the link of their present recipient, and others are to be sent; a second link goes alone.
    ``forgets``: whether the links lose the address too, those that are closed already as well.
    """
    theirs = tuple(link for link in case.links if address.fold(link.recipient) == address.fold(recipient))
    closed = (
        tuple((link, _forget(link, inputs.now)) for link in theirs)
        if forgets
        else _revoke(theirs, inputs.now)
    )
    deposit, parcours = case.deposit, case.parcours
    if deposit is None or case.link not in theirs or case.link.revoked_at is not None:
        return case.move_links(closed, parcours, inputs.now) if closed else Transition.nothing()
    others = _revoke(tuple(link for link in case.links if link not in theirs), inputs.now)
    event = build_deposit_event(deposit, EventKind.LINK_REVOKED, Role.SYSTEM, inputs)
    is_last = parcours.last_deposit == deposit.id
    after = _await_documents(parcours, event) if is_last else parcours.with_event(event)
    withdrawn = (_withdraw(deposit, inputs.now),) if deposit.is_openable(inputs.now) else ()
    step = Transition.noting(event, *withdrawn, Change(parcours, after))
    return step + case.move_links((*closed, *others), after, inputs.now)


def _forget(link: Link, now: datetime) -> Link:
    """Return the link revoked, without recipient, names and wrapped keys."""
    return replace(
        link.without_question(),
        recipient="",
        domain="",
        holder="",
        function="",
        wrapped_keys={},
        revoked_at=link.revoked_at or now,
    )


def _check_seen(deposit: Deposit, seen_opened: bool) -> None:
    """Raise OpenedMeanwhile if the documents were opened and the page did not show it."""
    if deposit.state in OPENED and not seen_opened:
        raise OpenedMeanwhile(deposit.opened_at)


UNDO = timedelta(hours=24)
"""For how long a refusal may be taken back: documents that still live stay so long, and no longer."""


def follow_refusal(case: Case, after: Parcours, now: datetime) -> tuple[Change, ...]:
    """Return the changes of parcours, documents and links when an agent notes that the company declined, or takes that back.

    Once a refusal is taken back, no page says that it stands, and the company may decline again.
    """
    before = case.parcours
    was_declined, is_declined = before.setback is Setback.DECLINED, after.setback is Setback.DECLINED
    if was_declined is is_declined:
        return (Change(before, after),)
    if not is_declined:
        was_sent, is_openable = before.last_deposit is not None, case.live and case.live.is_openable(now)
        if after.step is Step.LINK_SENT and was_sent and not is_openable:
            # They were erased while the refusal stood: the company can open nothing any more.
            after = after.with_board(replace(after.board, step=Step.DOCUMENTS_TO_SEND))
        return (Change(before, after), *restore_life(case.live, now), *withdraw_refusals(case.links, now))
    deposit_changes = shorten_life(case.live, now)
    return (Change(before, without_revoked(after, deposit_changes)), *deposit_changes)


def withdraw_refusals(links: tuple[Link, ...], now: datetime) -> tuple[Change, ...]:
    """Return the changes that take back the refusals said on the pages of these links, and that copies were deleted for them."""
    said = (link for link in links if link.declined_at is not None or link.copies_deleted_at is not None)
    return tuple(Change(link, _without_refusal(link, now)) for link in said)


def _without_refusal(link: Link, now: datetime) -> Link:
    """Return the link as if nothing had been declined on its page, nor copies deleted for it."""
    undone_at = now if link.declined_at is not None else link.undone_at
    return replace(link, declined_at=None, declined_for=None, copies_deleted_at=None, undone_at=undone_at)


def without_revoked(parcours: Parcours, deposit_changes: tuple[Change, ...]) -> Parcours:
    """Return the parcours without its live documents if ``deposit_changes`` revokes them: they were still arriving."""
    deposits = (change.after for change in deposit_changes if isinstance(change.after, Deposit))
    revoked = {deposit.id for deposit in deposits if deposit.state is DepositState.REVOKED}
    return parcours.without_documents() if parcours.live_deposit in revoked else parcours


def shorten_life(deposit: Deposit | None, now: datetime) -> tuple[Change, ...]:
    """Return the change that lets live documents live for a day at most, and keeps until when they would have lived.

    Documents to which nobody holds a link yet are revoked now: their late arrival or inspection gives them no more time.
    """
    if deposit is None or not deposit.is_openable(now) or deposit.erase_before is not None:
        return ()
    if deposit.state in ARRIVING:
        return (_withdraw(deposit, now),)
    sooner = replace(deposit, erase_at=min(deposit.erase_at, now + UNDO), erase_before=deposit.erase_at)
    return (Change(deposit, sooner),)


def restore_life(deposit: Deposit | None, now: datetime) -> tuple[Change, ...]:
    """Return the change that undoes ``shorten_life``; none for documents that are gone."""
    if deposit is None or deposit.erase_before is None or not deposit.is_live(now):
        return ()
    return (Change(deposit, replace(deposit, erase_at=deposit.erase_before, erase_before=None)),)


def mark_erasing(deposit: Deposit, parcours: Parcours, inputs: DecisionInputs) -> Transition:
    """Mark documents whose time is over as being erased: from this write on, no claim succeeds. Nothing before their time.

    Where they were still arriving, or nobody had opened them, this also ends the sending on the timeline.
    """
    if deposit.erasing_at is not None or deposit.erased_at is not None or inputs.now < deposit.erase_at:
        return Transition.nothing()
    marked = replace(deposit, erasing_at=inputs.now)
    # A passage that ended meanwhile, or another sending, is not this deposit's to move.
    is_live = parcours.live_deposit == deposit.id
    if deposit.state in ARRIVING:
        event = build_deposit_event(deposit, EventKind.DEPOSIT_ABANDONED, Role.SYSTEM, inputs)
        after = parcours.with_event(event)
    elif deposit.state in UNOPENED and deposit.erase_before is None:
        event = build_deposit_event(
            deposit, EventKind.LINK_EXPIRED, Role.SYSTEM, inputs, reason=Reason.NEVER_OPENED
        )
        to_send = Step.DOCUMENTS_TO_SEND
        after = parcours.at_step(to_send, event) if is_live else parcours.with_event(event)
    else:
        return Transition(changes=(Change(deposit, marked),))
    parcours_change = Change(parcours, after.without_documents() if is_live else after)
    mails = _build_expiry_notices(deposit, parcours, inputs) if deposit.state in UNOPENED else ()
    expired = Change(deposit, replace(marked, state=DepositState.EXPIRED))
    return Transition.noting(event, expired, parcours_change, mails=mails)


def _build_expiry_notices(
    deposit: Deposit, parcours: Parcours, inputs: DecisionInputs
) -> tuple[OutboxMail, ...]:
    """Build the mail that documents went unread, to the person who accompanies; none when nobody waits for an answer.

    It waits until the day is over, so that it says all that went that day.
    """
    if parcours.live_deposit != deposit.id or deposit.link is None or not expires_unread(parcours):
        return ()
    mail = replace(
        inputs.build_mail(MailKind.EXPIRY_NOTICE, account=parcours.tutor),
        about=parcours.coordinator,
        to=Role.TUTOR,
    )
    today = day_of(inputs.now)
    return (
        replace(
            mail,
            key=f"{mail.kind}#{parcours.tutor}#{parcours.coordinator}#{today.toordinal()}",
            several=(parcours.id,),
            lease_until=end_of(today),
            awaited_since=end_of(today),
        ),
    )


def expires_unread(parcours: Parcours) -> bool:
    """Whether an answer is still awaited when the documents end: the company has not declined, nor proposed dates anyway."""
    unread = parcours.step in {Step.LINK_SENT, Step.OPENED}
    preparing = parcours.status is ParcoursStatus.IN_PREPARATION
    return preparing and unread and parcours.setback is not Setback.DECLINED


def reduce(
    deposit: Deposit, parcours: Parcours, inputs: DecisionInputs, links: tuple[Link, ...] = ()
) -> Transition:
    """Reduce a deposit whose objects are gone to id, state and times, and remove the keys from its links.

    A colleague who waits for consent is forgotten too. The deposit must be closed or marked before, since somebody could still be
    opening it (WrongStep). ``links``: every link that was made for its documents.
    """
    if deposit.erased_at is not None:
        return Transition.nothing()
    if not deposit.is_closed:
        raise WrongStep
    waiting = {link.id for link in links if link.waiting}
    others = tuple(link for link in deposit.other_links if link not in waiting)
    reduced = replace(deposit, contents=None, erased_at=inputs.now, other_links=others)
    changes = (Change(deposit, reduced), *_without_keys(links))
    if deposit.received_at is None and deposit.state is DepositState.EXPIRED:
        return Transition(changes=changes)  # nothing ever arrived: there is no erasure to note
    opened = deposit.state in {DepositState.OPENED, DepositState.UNREADABLE}
    never_confirmed = opened and deposit.confirmed_at is None
    reason = Reason.NEVER_CONFIRMED if never_confirmed else None
    event = build_deposit_event(deposit, EventKind.DOCUMENTS_ERASED, Role.SYSTEM, inputs, reason=reason)
    event = replace(event, sent_at=deposit.created_at)
    parcours_change = Change(parcours, _without_erased_documents(parcours, deposit, event))
    mails = _build_expiry_notices(deposit, parcours, inputs) if never_confirmed else ()
    return Transition.noting(event, *changes, parcours_change, mails=mails)


def _without_erased_documents(parcours: Parcours, deposit: Deposit, event: Event) -> Parcours:
    """Return the parcours without these documents, if they were the live ones.

    If nobody could read them, others are to be sent.
    """
    if parcours.live_deposit != deposit.id:
        return parcours.with_event(event)
    # Read by one holder, they waited for the other: nothing is missing, and nothing goes back.
    unread = deposit.confirmed_at is None and deposit.erase_before is None
    if deposit.state is DepositState.UNREADABLE and unread:
        return parcours.at_step(Step.DOCUMENTS_TO_SEND, event).without_documents()
    return parcours.with_event(event).without_documents()


def _without_keys(links: tuple[Link, ...]) -> tuple[Change, ...]:
    """Return the changes that remove the keys from links, and delete those that still wait for the tutor."""
    holding = (link for link in links if link.wrapped_keys or link.asked or link.waiting)
    return tuple(
        Change(link, None if link.waiting else replace(link.without_question(), wrapped_keys={}))
        for link in holding
    )

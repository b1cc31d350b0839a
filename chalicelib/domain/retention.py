"""Retention: the register of everything stored (one row per type), and erasing what has served.

Deadlines of the purge, the data page, the notice and the register sheet are made from the rows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain import rights
from chalicelib.domain.accounts import identities, signing_in
from chalicelib.domain.accounts.managing import Organisation
from chalicelib.domain.accounts.signing_in import Challenge, KnownBrowsers, Session
from chalicelib.domain.case import Case
from chalicelib.domain.documents import mailing
from chalicelib.domain.documents.sending import UNDO
from chalicelib.domain.kernel.attempt import Attempt, OfferKey, ReferenceKey, offer_key
from chalicelib.domain.kernel.calendar import end_of, months_later
from chalicelib.domain.kernel.delivery import BookedRate, Delivery, Mailbox, SetAside
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import PROOF_LIFE, Addressee, Link, Pointer, Proof, Tries
from chalicelib.domain.kernel.parcours import UNDER_WAY, Parcours
from chalicelib.domain.kernel.people import Account, AddressKey, IdentityKey
from chalicelib.domain.kernel.retention import LONGEST, RetentionPolicy
from chalicelib.domain.kernel.texts import ONCE_READ
from chalicelib.domain.kernel.timeline import Event, EventKind, Reason
from chalicelib.domain.kernel.transition import Change, DecisionInputs, MailKind, OutboxMail, Transition
from chalicelib.domain.kernel.values import Aggregate, ParcoursStatus, Role
from chalicelib.domain.meetings import appointment
from chalicelib.domain.meetings.appointment import Appointment
from chalicelib.domain.parcours import ending
from chalicelib.domain.parcours.delays import FEWEST
from chalicelib.domain.proving import PurgeProof
from chalicelib.domain.rights import RightsRequest
from chalicelib.errors import WrongStep

LOG_DAYS = 180
"""As the log groups of ``infra`` keep them,"""
BACKUP_DAYS = 7
"""as the recovery of the ``Parcours`` table reaches back,"""
QUEUE_DAYS = 14
"""as the queue of failed events holds them,"""
TRAIL_DAYS = 365
"""and as the files of the trail do (tests compare)."""
AUDIT_MONTHS = 12
"""Who did what: six months to a year, says the CNIL (délibération n° 2021-122, of 14 October 2021)."""
SES_HOURS = 14
"""How long SES tries to deliver a mail (its ``MaxDeliverySeconds``, of which ours are the default)."""
COUNTER_DAYS = 7
"""The longest window of a quota."""
DELIVERY_DAYS = 30
"""How long what became of a mail is known: complaints come weeks later."""


Ends = Callable[[Any, RetentionPolicy], datetime | None]


class Place(StrEnum):
    """Where it is stored."""

    PARCOURS = "parcours"
    RELAY = "relay"
    BUCKET = "bucket"
    AUDIT = "audit"
    """The table to which web may only add (``stores/audit_table.py``)."""
    LOGS = "logs"
    BACKUP = "backup"
    QUEUE = "queue"
    MAIL_SERVICE = "mail_service"
    """What the host's mail and SMS services keep by themselves."""
    MAILBOX = "mailbox"
    """Mailboxes of people, ours or not."""
    HANDS = "hands"
    """Files and papers in somebody's hands."""
    COPY = "copy"
    """What an operator's command copies (``infra/restore.py``)."""
    BROWSER = "browser"
    """Cookies, and what scripts of ours keep in a browser."""


class Pace(StrEnum):
    """How soon what is due is looked at."""

    URGENT = "urgent"
    """Every minute: documents, whose end is promised within minutes."""
    MAIL = "mail"
    """Every minute, apart: however many wait while nothing can leave, they hide no document that is to be erased."""
    MORNING = "morning"
    """By the reminders, each working morning."""
    ROUND = "round"
    """By the minute function too, a part of it each minute: within a quarter of an hour."""
    TRACE = "trace"
    """In the same round, apart: what anybody can make without end hides nothing that was promised."""


class About(StrEnum):
    """Whom it is about; the headings of the data page, in order."""

    YOUNG = "Le jeune"
    AGENTS = "Les agents : tutrices et tuteurs, coordination, achat, équipe"
    COMPANY = "Les personnes de l’entreprise"
    EVERYBODY = "Tout le monde"


@dataclass(frozen=True)
class Row:
    """One type of item: where, what of whom, why, how long, what erases it. What people read is French."""

    name: str
    place: Place
    pk: str
    """How its partition key begins (``BUCKET``: its object key),"""
    sk: str
    """and its sort key."""
    about: About
    holds: str
    why: str
    kept: tuple[str, ...]
    """How long; ``{figures}`` are those of ``read_figures``."""
    record: type[Aggregate] | None = None
    """Its class, when it has one."""
    pace: Pace = Pace.ROUND
    """How soon it is looked at once it is due, if it ever is."""
    ends: Ends | None = None
    """When the minute function looks at it: its own life is over, or its person is to be warned. None: it is in use."""
    follows: str | None = None
    """Name of the row that it is erased with."""
    called: str = ""
    """What those that follow it call it."""
    for_ever: bool = False
    """Nothing erases it: it says nothing of anybody."""
    on_page: bool = False
    """Whether the data page lists it by itself; the sheet lists every one."""
    notice: str = ""
    """What the notice says of it."""
    read_by: str = ""
    """Who reads it, beside whoever keeps it by its place; empty: programs alone."""
    held_by: frozenset[str] = frozenset()
    """Outside the tables: resources of the template, cookies, keys of a browser's storage. A test finds each that is there."""


def read_figures(policy: RetentionPolicy, erased_minutes: int) -> dict[str, int]:
    """Return the delays that texts name, from the settings and the constants of the rules.

    ``erased_minutes``: within which what is over is erased (``config.ERASED_MINUTES``).
    """
    hour, day = timedelta(hours=1), timedelta(days=1)
    reduced = policy.reduced_until(_ORIGIN) - _ORIGIN
    return {
        "erased_minutes": erased_minutes,
        "answer_days": policy.answer_days,
        "longest_days": LONGEST.days,
        "undo_hours": UNDO // hour,
        "link_days": policy.link_days,
        "reduced_days": reduced // day,
        "retention_months": policy.retention_months,
        "idle_months": policy.idle_months,
        "meeting_days": appointment.AFTER // day,
        "cancelled_days": appointment.CANCELLED_KEPT // day,
        "session_idle_hours": signing_in.IDLE // hour,
        "session_hours": signing_in.WHOLE // hour,
        "browser_days": signing_in.BROWSER_LIFE // day,
        "code_minutes": signing_in.CODE_LIFE // timedelta(minutes=1),
        "begun_minutes": identities.BEGUN_LIFE // timedelta(minutes=1),
        "proof_hours": PROOF_LIFE // hour,
        "mail_hours": mailing.LIFE // hour,
        "counter_days": COUNTER_DAYS,
        "delivery_days": DELIVERY_DAYS,
        "fewest": FEWEST,
        "log_days": LOG_DAYS,
        "queue_days": QUEUE_DAYS,
        "trail_days": TRAIL_DAYS,
        "audit_months": AUDIT_MONTHS,
        "ses_hours": SES_HOURS,
        "backup_days": BACKUP_DAYS,
    }


_ORIGIN = datetime(2026, 1, 1, tzinfo=UTC)


def fill_in_figures(text: str, figures: Mapping[str, int]) -> str:
    """Fill the figures into a text of the register, none of them at the end of a line."""
    return re.sub(r"(?<=\d) ", "\u00a0", text.format(**figures))


AT_ONCE = 40
"""Facts erased in one transaction, which holds 100 writes: those of a parcours' list rows and words beside them."""


def find_parcours_due_at(parcours: Parcours, policy: RetentionPolicy) -> datetime | None:
    """Return when a silent passage is ended, or when the contacts of an ended contract are erased.

    None for a free offer, which its contract's end makes lapse first, and for a synthetic one, which the daily proof erases.
    """
    if parcours.synthetic:
        return None
    if parcours.status in UNDER_WAY:
        return policy.history_until(_find_last_planned(parcours))
    if parcours.status is ParcoursStatus.AVAILABLE:
        return None
    contacts, ended_at = policy.contacts_until(parcours.over_on), parcours.last_ended_at
    return max(contacts, policy.history_until(ended_at)) if ended_at else contacts


def find_next_look(parcours: Parcours, policy: RetentionPolicy) -> datetime | None:
    """Return when the minute function looks at a parcours next, to let something lapse or to erase it; None: never."""
    times = (ending.find_lapse_at(parcours), find_parcours_due_at(parcours, policy))
    return min((time for time in times if time), default=None)


def _find_last_planned(parcours: Parcours) -> datetime:
    """Return the last fact of the passage, or the last day agreed on it if that is later. Edits of the offer do not count."""
    agreed = (parcours.promised_on, parcours.call_back_on, parcours.paused_until)
    planned = [end_of(day) for day in agreed if day]
    planned += [parcours.meeting_at] if parcours.meeting_at else []
    return max([parcours.passage_at or parcours.since, *planned])


def forget_parcours(
    parcours: Parcours,
    attempts: tuple[Attempt, ...],
    events: tuple[Event, ...],
    key: OfferKey | None,
    policy: RetentionPolicy,
    now: datetime,
) -> Transition:
    """Erase the contacts of a contract that is over, and the contract itself once no passage is left; nothing before its time.

    ``attempts``: those that are left; ``events``: every fact; ``key``: the stored offer key. Facts go ``AT_ONCE`` in each call.
    """
    at = find_parcours_due_at(parcours, policy)
    if parcours.status in UNDER_WAY or at is None or now < at:
        return Transition.nothing()
    if attempts:
        ended_at = max((attempt.ended_at for attempt in attempts if attempt.ended_at), default=None)
        after = replace(
            parcours,
            company=replace(parcours.company, contacts=()),
            last_ended_at=ended_at,
            buyer_contact=None,
            buyer=None,
            buyer_origin=None,
            coordinator=None,
        )
        return Transition(changes=(Change(parcours, after),)) if after != parcours else Transition.nothing()
    if len(events) > AT_ONCE:
        return Transition(changes=(Change(parcours, parcours),), erased=events[:AT_ONCE])
    unique = (Change(key, None),) if key and key.key == offer_key(parcours) else ()
    return Transition(changes=(Change(parcours, None), *unique), erased=events)


def find_attempt_due_at(attempt: Attempt, policy: RetentionPolicy) -> datetime | None:
    """Return when the minute function looks at a passage: once it is marked, else when its time is over; None: under way."""
    if attempt.erasing_at is not None:
        return attempt.erasing_at
    return policy.history_until(attempt.ended_at) if attempt.ended_at else None


def mark_attempt(attempt: Attempt, policy: RetentionPolicy, now: datetime) -> Transition:
    """Mark a passage that ended long enough ago: from then on no page shows it, and it cannot be resumed."""
    if attempt.erasing_at is not None or not is_over(attempt, policy, now):
        return Transition.nothing()
    return Transition(changes=(_mark(attempt, now),))


def mark_on_request(case: Case, inputs: DecisionInputs) -> Transition:
    """End the passage of a case if it is under way, and mark it before its time: somebody asked for its erasure.

    Links die with it and documents are to be erased; company, buyer and tutor are mailed that it ended. A passage that its offer
    has left behind is marked alone. Raises WrongStep: the case has no passage.
    """
    attempt = case.attempt
    if attempt is None:
        raise WrongStep
    if attempt.erasing_at is not None:
        return Transition.nothing()
    step = Transition.nothing()
    is_present = case.parcours.attempt == attempt.number and case.parcours.status in UNDER_WAY
    if attempt.ended_at is None and is_present:
        end = ending.End(kind=EventKind.YOUNG_PERSON_WITHDREW, reason=Reason.OTHER, occurred_at=inputs.now)
        step = ending.finish(case, end, by=Role.SYSTEM, inputs=inputs)
    return step.then(Transition(changes=(_mark(step.result_for(attempt), inputs.now),)))


def _mark(attempt: Attempt, now: datetime) -> Change:
    """Return the change that marks a passage as being erased."""
    return Change(attempt, replace(attempt, erasing_at=now, stood=None))


def is_marked_early(attempt: Attempt, policy: RetentionPolicy) -> bool:
    """Whether a passage is erased before its time, on request: what ends earlier by itself may be stored yet."""
    marked_at, ended_at = attempt.erasing_at, attempt.ended_at
    return marked_at is not None and (ended_at is None or marked_at < policy.history_until(ended_at))


def without_attempt(parcours: Parcours, attempt: Attempt, others: tuple[Event, ...]) -> Parcours:
    """Return the parcours without anything that it holds of this passage, which is over.

    ``others``: the facts of its parcours that belong to no or another passage, in order.
    """
    after = _without_last_passage(parcours) if parcours.attempt == attempt.number else parcours
    if others and parcours.last_at > others[-1].at:  # the last fact is one of those that go
        after = replace(after, last_kind=others[-1].kind, last_at=others[-1].at)
    return after


def _without_last_passage(parcours: Parcours) -> Parcours:
    """Return the parcours without anything that it holds of its last passage."""
    return replace(
        parcours,
        reference=None,
        last_deposit=None,
        live_link=None,
        last_sent_at=None,
        sent_to=None,
        outside_at=None,
        reminded_at=None,
        reached={},
        moved=(),
        passage_at=None,
    )


def erase_attempt(
    parcours: Parcours, attempt: Attempt, key: ReferenceKey | None, events: tuple[Event, ...]
) -> Transition:
    """Erase the next facts of a marked passage, ``AT_ONCE`` in each call, and the passage with the last of them.

    ``key``: the stored key of its reference; ``events``: every fact of its parcours.
    """
    if attempt.erasing_at is None:
        return Transition.nothing()
    own = tuple(event for event in events if event.attempt == attempt.number)
    if len(own) > AT_ONCE:
        return Transition(erased=own[:AT_ONCE])
    others = tuple(event for event in events if event.attempt != attempt.number)
    after = without_attempt(parcours, attempt, others)
    changes = [Change(attempt, None)]
    changes += [Change(key, None)] if key else []
    changes += [Change(parcours, after)] if after != parcours else []
    return Transition(changes=tuple(changes), erased=own)


def find_account_due_at(account: Account, policy: RetentionPolicy) -> datetime | None:
    """Return when the minute function looks at an account, to warn its person or to erase it; None: never."""
    if account.closed_at is not None:
        return policy.closed_until(account.closed_at)
    if account.used_at is None:
        return None
    warned_at = _find_warned_at(account)
    return (
        policy.unused_until(account.used_at, warned_at) if warned_at else policy.warned_from(account.used_at)
    )


def _find_warned_at(account: Account) -> datetime | None:
    """Return when the person of an account was warned; None: never, or the account was used since."""
    unused = account.warned_at and account.used_at and account.used_at <= account.warned_at
    return account.warned_at if unused else None


def is_warned(account: Account) -> bool:
    """Whether the person of an open account was warned, and the account was not used since."""
    return account.closed_at is None and _find_warned_at(account) is not None


def forget_account(
    account: Account,
    team: tuple[Account, ...],
    policy: RetentionPolicy,
    inputs: DecisionInputs,
    *,
    accompanies: bool,
) -> Transition:
    """Warn the person of an unused account, then erase it a month later; erase a closed one. Nothing before its time.

    The last open account of the team stays.

    Args:
        accompanies: whether this person accompanies a passage under way: the account waits a month more, without another mail.
        team: open accounts of the team. One that stays is written unchanged, so that two of them cannot be erased at once.
    """
    if not is_over(account, policy, inputs.now):
        return Transition.nothing()
    if account.closed_at is not None:
        return Transition(changes=(Change(account, None),))
    warned = Change(account, replace(account, warned_at=inputs.now))
    if _find_warned_at(account) is None:
        mail = inputs.build_mail(MailKind.ACCOUNT_UNUSED, account=account.id)
        return Transition(changes=(warned,), mails=(mail,))
    if accompanies:
        return Transition(changes=(warned,))
    if not account.is_team:
        return Transition(changes=(Change(account, None),))
    other = next((member for member in team if member.id != account.id), None)
    if other is None:
        return Transition(changes=(warned,))
    return Transition(changes=(Change(account, None), Change(other, other)))


def forget_organisation(
    organisation: Organisation, policy: RetentionPolicy, now: datetime, *, in_use: bool
) -> Transition:
    """Erase the preference of an organisation that is not in use; while it is, look again after the same time."""
    if not is_over(organisation, policy, now):
        return Transition.nothing()
    return Transition(
        changes=(Change(organisation, replace(organisation, checked_at=now) if in_use else None),)
    )


_UNUSED = (
    "{idle_months} mois sans connexion, après un message un mois avant ; s’il suit encore un parcours, un mois au plus "
    "après la fin de ce parcours. Le dernier compte ouvert de l’équipe reste."
)
_PEOPLE = "Les agents du parcours, et l’équipe"
_AND_YOUNG = _PEOPLE + " ; le jeune, sur sa page"
_AND_COMPANY = (
    "Les agents des mêmes parcours, et l’équipe ; le nom et les coordonnées de la personne qui suit le jeune : l’entreprise et "
    "le jeune aussi"
)
_MARKET = "Les agents de ses marchés et de ses parcours, et l’équipe"
_OPERATORS = "L’exploitant"
_AS_LINK = ("Autant que le lien, {link_days} jours.",)

ROWS: tuple[Row, ...] = (
    Row(
        "object", Place.BUCKET, "sealed/", "", About.YOUNG,
        "Son CV ou sa lettre, chiffrés, avec leur clé elle-même chiffrée",
        "Les remettre à l’entreprise qui peut l’accueillir",
        (
            f"{ONCE_READ} ;",
            "{erased_minutes} minutes au plus après un refus à la vérification ou un retrait ;",
            "{answer_days} jours après l’envoi, si personne n’a ouvert ; renvoyés, {longest_days} jours au plus après le "
            "premier envoi ;",
            "{undo_hours} heures après un refus de l’entreprise, si rien de ce qui précède ne vient avant.",
        ),
        on_page=True, held_by=frozenset({"DocumentBucket"}),
        notice=(
            f"Tes documents sont effacés {ONCE_READ}. "
            "Si personne ne les ouvre : {answer_days} jours après l’envoi, {longest_days} s’ils sont renvoyés. "
            "Il n’y a pas de sauvegarde."
        ),
        called="les documents",
        read_by="La personne qui a reçu le lien",
    ),
    Row(
        "deposit", Place.RELAY, "deposit#", "0", About.YOUNG,
        "La fiche de l’envoi : à qui, quand, taille et empreinte des documents",
        "Savoir où en est l’envoi, et vérifier que ce qui arrive est ce qui a été envoyé",
        (
            "L’adresse et les empreintes partent avec les documents. Un numéro, un état et des dates restent "
            "{reduced_days} jours de plus.",
        ),
        record=Deposit, ends=lambda record, policy: policy.reduced_until(record.erased_at) if record.erased_at else None,
        called="la fiche de l’envoi", pace=Pace.URGENT,
        read_by=_PEOPLE,
    ),
    Row(
        "event", Place.PARCOURS, "parcours#", "event#", About.YOUNG,
        "L’historique de son parcours, sous une référence tirée au hasard (par exemple CSF-7K3Q-92)",
        "Savoir où en est le parcours et qui doit agir",
        (
            "{retention_months} mois après que la fin du parcours a été notée. Il dit ce qui s’est passé et quand, sans nom, "
            "sans date de naissance, sans école et sans nom de fichier. La personne qui suit le jeune et "
            "l’entreprise qui lit ses documents savent à qui va la référence.",
            "Un parcours dont rien n’est noté pendant {retention_months} mois est considéré comme terminé.",
        ),
        follows="attempt", on_page=True,
        notice=(
            "Il reste une liste de dates, sous ta référence, "
            "{retention_months} mois après la fin. Ton nom n’y est pas."
        ),
        read_by=_AND_YOUNG,
    ),
    Row(
        "attempt", Place.PARCOURS, "parcours#", "attempt#", About.YOUNG,
        "La fiche du parcours : sa référence, ses dates, qui le suit, la version de la clé qui ouvre la page du jeune et le "
        "dernier jour où elle a servi (la clé elle-même n’est gardée nulle part)",
        "Rattacher l’historique à un parcours, ouvrir au jeune la page qui dit où il en est, savoir si sa notice lui sert",
        ("{retention_months} mois après la fin du parcours.",),
        record=Attempt, ends=find_attempt_due_at,
        called="la fiche du parcours",
        read_by=_AND_YOUNG,
    ),
    Row(
        "reference", Place.PARCOURS, "ref#", "0", About.YOUNG,
        "La référence du parcours", "Qu’elle ne serve qu’une fois, et mène à son parcours",
        ("Autant que la fiche du parcours.",), record=ReferenceKey, follows="attempt",
        read_by=_AND_YOUNG,
    ),
    Row(
        "appointment", Place.RELAY, "appointment#", "0", About.YOUNG,
        "Les dates proposées, le lieu ou l’adresse de visio d’un rendez-vous, comment on y est accueilli, et qui y est invité",
        "Fixer le rendez-vous, et en avertir la veille",
        ("{meeting_days} jours après le rendez-vous ou la dernière date proposée ; {cancelled_days} jour après une annulation.",),
        record=Appointment, ends=lambda record, policy: record.erase_at, on_page=True,
        read_by="Les agents du parcours, l’équipe, les personnes invitées ; le jeune, sur sa page",
    ),
    Row(
        "account", Place.PARCOURS, "account#", "0", About.AGENTS,
        "Nom, fonction, académie ou organisme et son SIREN, adresse et téléphone professionnels, quand appeler, absence "
        "annoncée, listes gardées sous un nom, empreinte de l’adresse de son agenda ; "
        "s’il est lié à ProConnect, le nom, l’adresse et le SIRET que ProConnect donne, et depuis quand ; "
        "de ses clés d’accès, la partie publique, le nom, le nombre d’usages et les dates",
        "Ouvrir un compte, et savoir qui suit chaque parcours",
        ("{retention_months} mois après la fermeture du compte ;", _UNUSED),
        record=Account, ends=find_account_due_at, on_page=True, called="le compte",
        read_by=_AND_COMPANY,
    ),
    Row(
        "address", Place.PARCOURS, "address#", "0", About.AGENTS,
        "L’adresse d’un compte", "Trouver le compte à la connexion", ("Autant que le compte.",),
        record=AddressKey, follows="account",
    ),
    Row(
        "identity", Place.PARCOURS, "identity#", "0", About.AGENTS,
        "L’empreinte du numéro par lequel ProConnect désigne une personne", "Trouver le compte à la connexion",
        ("Jusqu’à ce que le compte soit fermé, effacé, ou délié de ProConnect.",),
        record=IdentityKey, follows="account",
    ),
    Row(
        "people", Place.PARCOURS, "people#", "", About.AGENTS,
        "Nom, fonction, adresse, organisme et son SIREN, d’un compte, dans les listes de comptes",
        "Gérer les comptes, et ne rien attendre d’un rôle que personne ne tient",
        ("Autant que le compte.",), follows="account",
        read_by=_AND_COMPANY,
    ),
    Row(
        "name", Place.PARCOURS, "name#", "", About.AGENTS,
        "Le nom d’une tutrice ou d’un tuteur et les mots qui y mènent, son téléphone, son adresse",
        "Trouver un parcours par la personne qui le suit",
        ("Autant que le compte.",), follows="account",
        read_by=_AND_COMPANY,
    ),
    Row(
        "organisation", Place.PARCOURS, "organisation#", "0", About.AGENTS,
        "Le chemin d’envoi choisi par l’acheteur", "Proposer ce chemin à chaque envoi",
        ("Jusqu’à ce que l’acheteur n’ait plus ni compte ni marché : vérifié tous les {retention_months} mois.",),
        record=Organisation,
        ends=lambda record, policy: months_later(record.checked_at, policy.retention_months) if record.checked_at else None,
        read_by="Les agents de cet organisme, et l’équipe",
    ),
    Row(
        "session", Place.RELAY, "session#", "0", About.AGENTS,
        "Session ouverte sur un navigateur ; si elle vient de ProConnect, l’adresse qui y termine la connexion, avec le jeton "
        "que ProConnect a donné",
        "Garder la connexion d’une page à l’autre, et la terminer aussi chez ProConnect",
        ("{session_idle_hours} heures sans rien faire, {session_hours} heures en tout.",),
        record=Session, ends=lambda record, policy: record.ends_at, on_page=True, pace=Pace.TRACE,
    ),
    Row(
        "browsers", Place.RELAY, "browsers#", "0", About.AGENTS,
        "L’empreinte d’un cookie que garde chaque navigateur où un compte s’est connecté",
        "Que personne d’autre n’épuise ses codes de connexion",
        ("{browser_days} jours après la dernière connexion.",),
        record=KnownBrowsers, ends=lambda record, policy: min(browser.ends_at for browser in record.browsers), on_page=True,
    ),
    Row(
        "challenge", Place.RELAY, "signin#", "0", About.AGENTS,
        "L’adresse tapée pour se connecter, ou la demande faite à une clé d’accès",
        "Vérifier le code, ou la clé", ("{code_minutes} minutes.",),
        record=Challenge, ends=lambda record, policy: record.expires_at, pace=Pace.TRACE,
    ),
    Row(
        "parcours", Place.PARCOURS, "parcours#", "head", About.COMPANY,
        (
            "Nom, fonction, adresse et téléphone professionnels des contacts, avec les dates de vérification, d’envoi d’un lien "
            "et de réponse, ce qui a été noté d’un échange et quand (joint, message laissé, parti…), "
            "par qui et quand chaque adresse est entrée dans la fiche, et si le numéro est celui donné avec l’offre ; "
            "contact chez l’acheteur ; entreprise, marché et stage ; qui l’a traité en dernier, un par un, et quand"
        ), "Joindre les personnes qui accueillent, et suivre les engagements du marché",
        (
            "{retention_months} mois après la fin du marché, reconductions comprises ; jamais pendant un parcours en cours.",
            "Si l’historique d’un parcours est gardé plus longtemps, les contacts partent à cette date. L’entreprise, le "
            "marché, le stage et les contacts ajoutés ensuite partent avec le dernier historique.",
        ),
        record=Parcours, ends=find_next_look, on_page=True, called="le marché",
        read_by=_MARKET,
    ),
    Row(
        "fact", Place.PARCOURS, "parcours#", "event#", About.COMPANY,
        "L’historique de l’offre hors de tout parcours : déclarée, modifiée, retirée",
        "Suivre les engagements du marché", ("Autant que le marché.",), follows="parcours",
        read_by=_MARKET,
    ),
    Row(
        "view", Place.PARCOURS, "view#", "", About.COMPANY,
        "Entreprise, marché, étape et référence d’un parcours, noms, téléphones et adresses de ses contacts, dans les listes",
        "Lister, filtrer et trouver les parcours, par une personne aussi",
        ("Autant que le marché ; la référence, autant que le parcours ; le reste sur les contacts, autant qu’eux.",),
        follows="parcours",
        read_by=_MARKET,
    ),
    Row(
        "word", Place.PARCOURS, "word#", "", About.COMPANY,
        "Les mots qui mènent à un parcours : noms, téléphones et adresses de ses contacts, entreprise, marché, commune, "
        "acheteur, référence",
        "Trouver un parcours par une personne, une entreprise ou un marché",
        ("Autant que le marché ; la référence, autant que le parcours ; le reste sur les contacts, autant qu’eux.",),
        follows="parcours",
        read_by=_MARKET,
    ),
    Row(
        "reminder", Place.PARCOURS, "reminder#", "0", About.EVERYBODY,
        "Quand relancer la personne attendue sur un parcours : un numéro et une date", "Que personne n’attende sans être relancé",
        ("Autant que le marché, tant que quelqu’un est attendu.",), pace=Pace.MORNING,
    ),
    Row(
        "warning", Place.RELAY, "warning#", "0", About.EVERYBODY,
        "Quand prévenir que des documents vont être effacés : un numéro d’envoi et une date",
        "Prévenir la personne qui suit le jeune", ("Autant que les documents.",), pace=Pace.MORNING,
    ),
    Row(
        "offer", Place.PARCOURS, "key#", "0", About.COMPANY,
        "L’empreinte d’une offre", "Qu’une offre ne soit pas déclarée deux fois", ("Autant que le marché.",),
        record=OfferKey, follows="parcours",
    ),
    Row(
        "link", Place.RELAY, "link#", "0", About.COMPANY,
        "Adresse à laquelle le lien est parti, nom et fonction de la personne à qui il a été passé ou envoyé aussi",
        "Vérifier qui ouvre, et recevoir sa réponse",
        ("{link_days} jours après le premier envoi. Rien n’en apparaît dans l’historique.",),
        record=Link, ends=lambda record, policy: record.closes_at, on_page=True,
        read_by=_PEOPLE,
    ),
    Row(
        "pointer", Place.RELAY, "token#", "0", About.COMPANY,
        "L’empreinte d’un lien, et à quel envoi elle mène", "Reconnaître le lien",
        _AS_LINK, record=Pointer, ends=lambda record, policy: record.expires_at,
    ),
    Row(
        "addressee", Place.RELAY, "addressee#", "", About.COMPANY,
        "L’empreinte d’une adresse, et à quel lien elle mène", "Renvoyer le lien à qui ne retrouve plus le message",
        _AS_LINK, record=Addressee, ends=lambda record, policy: record.expires_at,
    ),
    Row(
        "proof", Place.RELAY, "link#", "proof#", About.COMPANY,
        "L’empreinte du navigateur qui a répondu à la question", "Que lui seul agisse sur le lien",
        ("{proof_hours} heures.",), record=Proof, ends=lambda record, policy: record.expires_at, pace=Pace.TRACE,
    ),
    Row(
        "tries", Place.RELAY, "link#", "tries", About.COMPANY,
        "Le nombre de mauvaises réponses données sur un lien", "Arrêter qui devine",
        _AS_LINK, record=Tries, ends=lambda record, policy: record.closes_at, pace=Pace.TRACE,
    ),
    Row(
        "mail", Place.RELAY, "mail#", "0", About.EVERYBODY,
        "Un message à envoyer : des numéros, ni adresse ni texte", "Qu’aucun message ne se perde",
        (
            "Jusqu’à son départ, {mail_hours} heures au plus. Plus longtemps s’il attend qu’une demande sur les données du jeune "
            "soit vue avec lui.",
        ),
        record=OutboxMail, pace=Pace.MAIL,
    ),
    Row(
        "delivery", Place.RELAY, "delivery#", "0", About.EVERYBODY,
        "Ce qu’est devenu un message : parti, arrivé, en retard, refusé ; des numéros et l’empreinte d’une adresse",
        "Dire si le lien est arrivé", ("{delivery_days} jours après le départ du message.",),
        record=Delivery, ends=lambda record, policy: record.sent_at + timedelta(days=DELIVERY_DAYS),
    ),
    Row(
        "mailbox", Place.RELAY, "mailbox#", "0", About.EVERYBODY,
        "L’empreinte d’une adresse qui a refusé un message, ou dont la personne n’en veut plus, quand et pourquoi",
        "Ne plus y envoyer de lien ni de relance, et prévenir qui voudrait y envoyer des documents",
        (
            "Si la personne n’en veut plus, jusqu’à ce qu’elle en veuille de nouveau. Sinon {retention_months} mois après le "
            "refus, ou jusqu’à ce que l’adresse soit débloquée, sur demande à l’aide.",
        ),
        record=Mailbox, on_page=True,
        ends=lambda record, policy: None if record.is_unwanted else policy.history_until(record.refused_at),
        read_by="Les agents qui voudraient y envoyer des documents, et l’équipe",
    ),
    Row(
        "aside", Place.RELAY, "aside#", "0", About.EVERYBODY,
        "Le nom d’un avis du service de messagerie que cette version ne connaît pas, et le numéro du message",
        "Que personne n’en perde un sans le savoir", ("{delivery_days} jours.",),
        record=SetAside, ends=lambda record, policy: record.at + timedelta(days=DELIVERY_DAYS),
    ),
    Row(
        "count", Place.RELAY, "count#", "0", About.EVERYBODY,
        "Un compteur d’usages, sous une empreinte", "Limiter les abus", ("{counter_days} jours au plus.",), pace=Pace.TRACE,
    ),
    Row(
        "request", Place.RELAY, "request#", "0", About.EVERYBODY,
        "Une demande sur des données : son numéro, ce qui est demandé et quand, qui demande (jeune, parent, contact ou agent), "
        "ce qu’est devenu le message à la déléguée à la protection des données ; jusqu’à ce qu’elle soit notée "
        "comme traitée, l’adresse de réponse, la référence et ce qui est à corriger, s’ils ont été donnés",
        "Qu’aucune demande ne se perde, et qu’elle ait sa réponse à temps",
        (
            "L’adresse, la référence et ce qui est à corriger, jusqu’à ce que la demande soit notée comme traitée ;",
            "le reste, ou ce qui n’a pas été traité, {retention_months} mois après la date à laquelle la réponse est due.",
        ),
        record=RightsRequest, ends=rights.find_next_look, on_page=True, pace=Pace.TRACE,
        read_by="La déléguée à la protection des données ; d’un jeune ou d’un parent, qu’il y en a une, sans l’adresse : les "
        "agents du parcours, acheteur compris, et l’équipe",
    ),
    Row(
        "cursor", Place.RELAY, "sweep", "0", About.EVERYBODY,
        "L’endroit où en est la recherche de fichiers à effacer : un numéro d’envoi",
        "La reprendre une minute après", ("Jusqu’à la fin de la recherche.",), follows="object",
    ),
    Row(
        "purge_proof", Place.RELAY, "erasure", "0", About.EVERYBODY,
        "Quand l’effacement a été prouvé, les quatorze dernières fois, avec des documents inventés, et ce qui a manqué",
        "Savoir que l’effacement marche", ("Sans limite : une seule ligne, qui ne parle de personne.",),
        record=PurgeProof, for_ever=True,
        read_by=_OPERATORS,
    ),
    Row(
        "booked_rate", Place.RELAY, "rate", "0", About.EVERYBODY,
        "L’instant jusqu’auquel des messages attendent leur tour de partir",
        "Ne pas dépasser ce que le service de messagerie prend par seconde, les codes d’abord",
        ("Sans limite : une seule ligne, qui ne parle de personne.",),
        record=BookedRate, for_ever=True,
    ),
    Row(
        "delays", Place.PARCOURS, "delays#", "", About.EVERYBODY,
        "Des nombres de parcours par durée : chaque mois, par académie et par organisme",
        "Dire combien de temps les jeunes attendent",
        ("Sans limite : ce sont des nombres, montrés à partir de {fewest} parcours.",), for_ever=True,
        read_by="Les agents, et l’équipe",
    ),
    Row(
        "logs", Place.LOGS, "", "", About.EVERYBODY,
        "Journaux techniques : l’heure, la page, le résultat", "Comprendre les pannes et les attaques",
        ("{log_days} jours. Ils ne contiennent ni nom, ni adresse, ni code, ni lien, ni contenu de document.",), on_page=True,
        held_by=frozenset(
            {
                "AccessLogs", "FeedbackLogs", "IdentifyLogs", "InspectLogs", "MailerLogs", "ProveLogs", "PurgeLogs",
                "RemindLogs", "UnsealLogs", "WebLogs",
            }
        ),
        read_by=_OPERATORS,
    ),
    Row(
        "audit", Place.AUDIT, "", "", About.EVERYBODY,
        "Qui a fait quoi : le numéro d’un compte, le geste (un fait noté, une page ou un fichier avec des contacts, une "
        "connexion), le numéro du parcours, l’heure, l’empreinte de la session. Ni nom, ni adresse, ni adresse IP",
        "Dire, après un vol de session ou une erreur, ce qui a été fait et consulté (CNIL, délibération n° 2021-122)",
        (
            "{audit_months} mois, et quelques jours que l’hébergeur met à effacer ; aussi après l’effacement du compte, "
            "dont il reste alors un numéro.",
        ),
        on_page=True, held_by=frozenset({"AuditTable"}),
    ),
    Row(
        "trail", Place.LOGS, "", "", About.EVERYBODY,
        (
            "Le relevé des gestes d’administration chez l’hébergeur : quel compte, quand, de quelle adresse IP. Ce que nos "
            "programmes font des documents n’y est pas"
        ),
        "Voir qui change un programme, un droit ou une clé",
        (
            "{trail_days} jours dans ses fichiers, {log_days} jours dans le journal que lisent les alarmes ; ou ce que règle "
            "l’organisme, si un relevé à lui sert à la place.",
        ),
        held_by=frozenset({"Trail", "TrailBucket", "TrailLogs"}),
        read_by=_OPERATORS,
    ),
    Row(
        "queue", Place.QUEUE, "", "", About.EVERYBODY,
        "Les événements qui ont échoué : des numéros d’envoi, de message et de demande, la référence d’un parcours",
        "Les reprendre", ("{queue_days} jours.",), held_by=frozenset({"DeadLetters"}),
        read_by=_OPERATORS,
    ),
    Row(
        "backup", Place.BACKUP, "", "", About.EVERYBODY,
        "Sauvegarde de l’historique, des comptes, des contacts et de qui a fait quoi (jamais des documents ni des liens)",
        "Réparer une erreur ou une panne",
        ("{backup_days} jours : ce qui est effacé y reste encore ce temps-là.",), on_page=True,
        read_by=_OPERATORS,
    ),
    Row(
        "copy", Place.COPY, "", "", About.EVERYBODY,
        "Une copie de cette sauvegarde, remise à côté pour réparer ; dans une autre région de l’Union, "
        "si l’exploitant en fait faire une",
        "Retrouver ce qui a été perdu, sans les parcours effacés depuis",
        ("Le temps de la réparation. Celle d’une autre région, un jour : la suivante la remplace.",),
        read_by=_OPERATORS,
    ),
    Row(
        "in_transit", Place.MAIL_SERVICE, "", "", About.EVERYBODY,
        "Un message et l’adresse à laquelle il part, chez le service de messagerie de l’hébergeur", "Le remettre",
        ("{ses_hours} heures au plus.",), held_by=frozenset({"MailSet"}),
        read_by="La personne à qui il est adressé, et le fournisseur de sa messagerie",
    ),
    Row(
        "sms", Place.MAIL_SERVICE, "", "", About.COMPANY,
        "Si le service envoie des SMS : un SMS et le numéro de mobile auquel il part, qui a écrit, quand "
        "et à quelle boîte ; ni lien, ni rien du jeune",
        "Relancer la personne qui n’a pas ouvert le lien",
        ("Le temps de le remettre. L’opérateur garde ce que lui demande la loi sur les communications électroniques.",),
        read_by="La personne dont c’est le numéro, et les opérateurs de téléphonie",
    ),
    Row(
        "stop", Place.MAIL_SERVICE, "", "", About.COMPANY,
        "Si le service envoie des SMS : le numéro de mobile de qui y a répondu STOP", "Ne plus lui en envoyer",
        ("Jusqu’à ce que cette personne demande à en recevoir de nouveau.",),
        read_by=_OPERATORS,
    ),
    Row(
        "received", Place.MAILBOX, "", "", About.EVERYBODY,
        (
            "Nos messages, dans la boîte de qui les reçoit, et ses réponses : noms, adresses, entreprise, marché, référence, "
            "lien, rendez-vous ; aucun document"
        ),
        "Prévenir, relancer, répondre",
        ("Autant que cette personne garde ses messages. Un lien n’y sert plus après {link_days} jours.",),
    ),
    Row(
        "officer", Place.MAILBOX, "", "", About.EVERYBODY,
        "Les demandes sur les données et leurs réponses, dans la boîte de la déléguée à la protection des données",
        "Répondre, et pouvoir le montrer",
        ("À supprimer par cette personne, {retention_months} mois au plus après la réponse.",),
    ),
    Row(
        "alerts", Place.MAILBOX, "", "", About.EVERYBODY,
        (
            "Les alertes, dans la boîte de qui est d’astreinte : ce qui ne va pas, et pour un geste d’administration, quel "
            "compte, de quelle adresse IP"
        ),
        "Réagir à une panne ou à une attaque",
        ("À supprimer par cette personne, {log_days} jours au plus après l’alerte.",), held_by=frozenset({"Alerts"}),
    ),
    Row(
        "paper", Place.HANDS, "", "", About.YOUNG,
        "La notice sur papier, et la convocation imprimée : la référence et la clé de la page du jeune, à côté "
        "de son nom écrit à la main ; sur la convocation, son rendez-vous aussi",
        "Savoir de qui est un parcours, et pouvoir répondre au jeune",
        ("Autant que le dossier du jeune chez la personne qui le suit, ou dans son établissement.",),
        read_by="Le jeune, ses parents, et la personne qui le suit",
    ),
    Row(
        "files", Place.HANDS, "", "", About.EVERYBODY,
        (
            "Les tableaux qu’un agent télécharge ou importe, les pages qu’il imprime : entreprises, marchés, étapes, références, "
            "contacts"
        ),
        "Travailler hors du service, ou y faire entrer des marchés",
        ("À supprimer par cet agent dès qu’ils ont servi.",),
    ),
    Row(
        "agendas", Place.HANDS, "", "", About.EVERYBODY,
        "Les rendez-vous, dans l’agenda de qui y est invité ou s’y est abonné : quand, où, avec quelle entreprise",
        "Y être",
        ("Autant que cette personne garde son agenda.",),
        read_by="La personne dont c’est l’agenda, et le fournisseur de cet agenda",
    ),
    Row(
        "session_cookie", Place.BROWSER, "", "", About.AGENTS,
        "Un cookie : un numéro tiré au hasard, celui de la session", "Garder la connexion d’une page à l’autre",
        ("Jusqu’à la fermeture du navigateur. La session, elle, dure {session_hours} heures au plus.",),
        held_by=frozenset({"__Host-session"}),
    ),
    Row(
        "code_cookie", Place.BROWSER, "", "", About.AGENTS,
        "Un cookie : un numéro tiré au hasard, celui du code demandé", "Que le code ne serve que dans ce navigateur",
        ("{code_minutes} minutes.",), held_by=frozenset({"__Host-cle", "__Host-connexion"}),
    ),
    Row(
        "identity_cookie", Place.BROWSER, "", "", About.AGENTS,
        "Un cookie : un numéro tiré au hasard, et la page à ouvrir ensuite",
        "Que le retour de ProConnect ne serve que dans ce navigateur",
        ("{begun_minutes} minutes, ou jusqu’au retour.",), held_by=frozenset({"__Host-proconnect"}),
    ),
    Row(
        "browser_cookie", Place.BROWSER, "", "", About.AGENTS,
        "Un cookie : un numéro tiré au hasard, celui de ce navigateur. Il n’ouvre rien à lui seul",
        "Que personne d’autre n’épuise ses codes de connexion",
        ("{browser_days} jours après chaque connexion, même après une déconnexion.",), held_by=frozenset({"__Host-navigateur"}),
    ),
    Row(
        "link_cookie", Place.BROWSER, "", "", About.COMPANY,
        "Un cookie : un numéro tiré au hasard, celui du navigateur où un lien s’ouvre", "Qu’aucun autre ne puisse l’ouvrir",
        ("{proof_hours} heures après la dernière visite.",), held_by=frozenset({"__Host-lien"}),
    ),
    Row(
        "kept_link", Place.BROWSER, "", "", About.COMPANY,
        "Sans cookie : le lien, dans l’onglet qui l’a ouvert", "Recharger la page sans la perdre",
        ("Jusqu’à la réponse (lu, ou refus), ou à la fermeture de l’onglet.",), held_by=frozenset({"lien-ouvert"}),
    ),
    Row(
        "confirmed", Place.BROWSER, "", "", About.AGENTS,
        "Sans cookie : à quelles questions sur une adresse la personne qui envoie a répondu ; l’adresse n’y est pas",
        "Ne pas les poser deux fois", ("Jusqu’à la déconnexion.",), held_by=frozenset({"adresses-confirmees"}),
    ),
    Row(
        "keyboard", Place.BROWSER, "", "", About.AGENTS,
        "Sans cookie : si les touches du un par un sont montrées", "Ne pas le demander à chaque page",
        ("Jusqu’à la déconnexion.",), held_by=frozenset({"touches-du-run"}),
    ),
)  # fmt: skip
BY_NAME: Mapping[str, Row] = {row.name: row for row in ROWS}
OF: Mapping[type[Aggregate], Row] = {row.record: row for row in ROWS if row.record is not None}
"""The row of each class of records."""


def is_over(record: Aggregate, policy: RetentionPolicy, now: datetime) -> bool:
    """Whether a record is due at ``now``, as its row of the register says."""
    ends = OF[type(record)].ends
    at = ends(record, policy) if ends else None
    return at is not None and now >= at

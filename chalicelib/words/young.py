"""What a young person's page says, in the words of a 16-year-old: twelve groups of states, « tu » throughout.

Nobody's reasons, notes or numbers are in it. ``tests/unit/test_young_words.py`` reads every sentence: none is hard, none hurts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from chalicelib import config, french
from chalicelib.domain.kernel.calendar import last_day
from chalicelib.domain.kernel.timeline import Event, EventKind
from chalicelib.domain.kernel.values import Role, Words
from chalicelib.domain.parcours.delays import Phase
from chalicelib.domain.parcours.turns import State, Turn
from chalicelib.domain.parcours.young import YoungView

FOLLOWER = "la personne qui te suit"
ANOTHER = "une autre personne qui suit ton stage"


@dataclass(frozen=True)
class Said:
    """What is said of one state. ``{qui}``: who accompanies; ``{le}``: the day that it is about."""

    must: str = ""
    """What is awaited of somebody, after « doit », without a text."""
    title: str = ""
    """The whole title, where it does not say who is awaited."""
    text: str = ""
    """What follows below the title. ``{attendu}``: who is awaited."""


GROUPS = (
    (Said("parler avec toi avant la suite"), (State.TO_TALK, State.CANNOT_COME)),
    (
        Said("s’occuper de l’envoi de tes documents"),
        (
            State.TO_SEND,
            State.NOT_PASSED_ON,
            State.MAIL_FAILED,
            State.MAIL_IN_DOUBT,
            State.SENDING_REQUESTED,
        ),
    ),
    (
        Said(title="On vérifie l’envoi de tes documents", text="Si tout va bien, un lien part ensuite."),
        (State.UPLOADING, State.TO_ACCEPT_COLLEAGUE),  # of which nobody is named: who sealed is asked
    ),
    (Said("lire tes documents, et dire s’ils se lisent bien"), (State.TO_OPEN, State.TO_CONFIRM)),
    (Said("proposer des dates de rendez-vous"), (State.TO_PROPOSE,)),
    (Said("trouver une date de rendez-vous"), (State.TO_CHOOSE, State.MEETING_MISSED)),
    (Said(title="Tu as un rendez-vous"), (State.MEETING_AHEAD,)),
    (Said("faire signer la convention de stage"), (State.MEETING_HELD,)),
    (
        Said("s’occuper de la suite"),
        (State.TO_PASS_ON, State.COMPANY_SILENT, State.MEETING_TO_NOTE, State.INTERNSHIP_OVER),
    ),
    (Said(title="C’est en pause", text="La suite reprend après le {le}."), (State.PAUSED,)),
    (Said(title="C’est le temps du stage", text="Il dure jusqu’au {le}."), (State.IN_INTERNSHIP,)),
    (
        Said(
            title="Cette entreprise ne peut pas t’accueillir",
            text="On attend {attendu} pour la suite. "
            "Parles-en avec {qui}\u00a0: vous pouvez chercher une autre entreprise ensemble.",
        ),
        (State.DECLINED,),
    ),
)
"""One sentence for what a young person sees as one thing."""
SAID = Words(
    {state: said for said, states in GROUPS for state in states}, stranger=Said("s’occuper de la suite")
)
FIRST_SAID = Said(
    title="{Qui} va te donner des nouvelles",
    text="Dans un jour au plus, elles seront aussi ici. Tu n’as rien à faire.",
)
STOPPED = Said(title="C’est arrêté", text="{Qui} va t’en parler. Tu n’as rien à faire.")
ERASED = "Tes documents sont effacés de ce service."
BEING_ERASED = (
    f"Tes documents seront effacés de ce service dans {config.ERASED_MINUTES}\u00a0minutes au plus."
)
COMPLETED = Said(title="Ton stage est fini", text="C’est noté le {le}. Il n’y a plus rien à faire ici.")
ENDED = Said(
    title="Ce parcours est terminé",
    text="C’est noté le {le}. Parles-en avec {qui}\u00a0: vous pouvez chercher une autre entreprise ensemble.",
)
LATE = "C’est plus long que prévu. Tu peux demander pourquoi à {qui}."
NOTHING = Said(title="Rien à faire pour le moment", text="{Qui} peut te dire la suite.")

THEN = {
    Phase.PREPARE: "Ensuite, l’entreprise reçoit un lien pour les ouvrir.",
    Phase.OPEN: "Ensuite, l’entreprise peut proposer des dates de rendez-vous.",
    Phase.ANSWER: "Ensuite, un rendez-vous est fixé.",
    Phase.MEET: "Après le rendez-vous, si tout va bien, un papier est signé\u00a0: la convention de stage.",
    Phase.SIGN: "Ensuite, le stage peut commencer.",
}
"""What follows each phase."""
USUAL = "Souvent, cette étape prend moins de {days}\u00a0jours."
USUAL_DAY = "Souvent, cette étape prend moins d’un jour."

HAPPENED = Words(
    {
        EventKind.OFFER_TAKEN: "On prépare ton stage.",
        EventKind.ATTEMPT_OPENED: "On prépare ton stage.",
        EventKind.NOTICE_HANDED_OVER: "Tu as reçu ta notice.",
        EventKind.LINK_SENT: "Un lien vers tes documents est parti.",
        EventKind.LINK_RESENT: "Le lien est parti une nouvelle fois.",
        EventKind.DOCUMENTS_SENT_OUTSIDE: "Tes documents sont partis, sans passer par ce service.",
        EventKind.LINK_OPENED: "Quelqu’un a ouvert tes documents.",
        EventKind.LINK_PASSED_ON: "Le lien est passé à une autre personne.",
        EventKind.DOCUMENTS_CONFIRMED: "Quelqu’un a dit avoir lu tes documents.",
        EventKind.DOCUMENTS_ERASED: "Tes documents ont été effacés de ce service.",
        EventKind.SLOTS_PROPOSED: "L’entreprise a proposé des dates.",
        EventKind.SLOT_ACCEPTED: "Une date a été choisie.",
        EventKind.MEETING_FIXED: "Un rendez-vous a été fixé.",
        EventKind.MEETING_MOVED: "Le rendez-vous a changé de date.",
        EventKind.MEETING_CANCELLED: "Le rendez-vous a été annulé.",
        EventKind.COMPANY_DECLINED: "Cette entreprise ne peut pas t’accueillir.",
        EventKind.MEETING_HELD: "Le rendez-vous a eu lieu.",
        EventKind.CONVENTION_SENT: "La convention attend les signatures.",
        EventKind.SIGNED_BY_COMPANY: "L’entreprise a signé la convention.",
        EventKind.SIGNED_BY_FAMILY: "Toi ou ta famille, vous avez signé la convention.",
        EventKind.SIGNED_BY_SCHOOL: "Ton établissement a signé la convention.",
        EventKind.CONVENTION_SIGNED: "La convention est signée par tous.",
        EventKind.PLACEMENT_STARTED: "Le stage a commencé.",
        EventKind.PLACEMENT_ENDED: "Le stage est fini.",
        EventKind.REVIEW_DONE: "Le bilan du stage est fait.",
        EventKind.PAUSED: "Le parcours a été mis en pause.",
        EventKind.PAUSE_ENDED: "La pause est finie.",
        EventKind.SENDING_STOPPED: "Quelqu’un a arrêté avec ta notice.",
        EventKind.DATA_REQUEST_DISCUSSED: "Quelqu’un dit t’avoir parlé.",
        EventKind.CANNOT_COME: "«\u00a0Je ne peux pas venir\u00a0» a été dit avec ta notice.",
        EventKind.MEETING_KEPT: "Le rendez-vous tient.",
        EventKind.TUTOR_ASSIGNED: "Une autre personne te suit.",
    },
    stranger="",
)
"""Facts that the page tells; what is not here is an adults' matter, or is said by the state alone."""
ANOTHER_LINK = "Un autre lien est parti."
"""The second link and those after it."""


RECEIPTS = {
    EventKind.SENDING_STOPPED: "Un lien déjà parti ne marche plus. {Qui} reçoit un message pour t’en parler. "
    "Si tu changes d’avis, dis-le-lui.",
    EventKind.CANNOT_COME: "{Qui} reçoit un message pour t’en parler. L’entreprise ne le sait pas encore.",
    EventKind.MEETING_KEPT: "Le rendez-vous tient. {Qui} reçoit un message.",
}
"""What follows from what is pressed on the page, after when it was noted."""
COPY = "L’entreprise peut avoir une copie de tes documents."
COPIED = frozenset({EventKind.LINK_OPENED, EventKind.DOCUMENTS_SENT_OUTSIDE})
"""Facts after which it may."""
LINK_ENDS = "Le lien déjà parti ne marche plus."
MEETING_ENDS = "Le rendez-vous du {le} est annulé."
SEEN = "L’entreprise apprend que c’est arrêté, pas pourquoi."
NOTHING_LEAVES = "Tes documents ne partent pas."
FALLEN = "Le rendez-vous du {le} n’a pas lieu"
NOT_NOW = "Ce n’est plus possible maintenant. Voici où ça en est."


class TurnSaid(NamedTuple):
    """What the card of the page says."""

    title: str
    text: str


class HappenedOn(NamedTuple):
    """A fact that the page tells."""

    at: datetime
    sentence: str


def say_turn(view: YoungView, follower: str, *, is_stand_in: bool = False) -> TurnSaid:
    """Say what is awaited now. ``follower``: the name of who accompanies, or stands in for them these days; or empty."""
    name = follower or FOLLOWER
    if view.is_first_said:
        return _fill_in(FIRST_SAID, name, None)
    if view.ended_at is not None:
        return _fill_in(COMPLETED if view.is_completed else ENDED, name, view.ended_at)
    if view.turn is None:
        return _fill_in(NOTHING, name, None)
    if view.is_stopped:
        stopped = _fill_in(STOPPED, name, None)
        was_erased = any(event.kind is EventKind.DOCUMENTS_ERASED for event in view.events)
        erased = BEING_ERASED if view.has_documents else ERASED if was_erased else ""
        copy = COPY if any(event.kind in COPIED for event in view.events) else ""
        return stopped._replace(text=" ".join(filter(None, (erased, copy, stopped.text))))
    said, who = SAID[view.turn.state], _name_awaited(view.turn, name, is_stand_in)
    if said.title:
        return _fill_in(said, name, view.about, who)
    if who == ANOTHER:  # one of several people: what is asked of them, and until when, is theirs to know
        late = f" {LATE.format(qui=name)}" if view.turn.late_since is not None else ""
        return TurnSaid(f"On attend {who}", f"{french.majuscule(who)} s’occupe de la suite.{late}")
    sentences = [f"{french.majuscule(who)} doit {said.must}."]
    if view.turn.late_since is not None:
        sentences.append(LATE.format(qui=name))
    elif view.turn.due_at is not None:
        sentences.append(f"C’est prévu au plus tard le {french.jour(last_day(view.turn.due_at))}.")
    return TurnSaid(f"On attend {who}", " ".join(sentences))


def say_receipt(act: EventKind, view: YoungView, follower: str, now: datetime, *, noted: bool) -> str:
    """Say when a press was noted, and what follows. ``noted``: it was just now, and is no repetition."""
    at = max((event.at for event in view.events if event.kind is act), default=now)
    when = f"{'C’est' if noted else 'C’était déjà'} noté, {french.moment(at)}."
    return f"{when} {RECEIPTS[act].format(Qui=french.majuscule(follower or FOLLOWER))}"


def say_fallen(view: YoungView) -> str:
    """Say that a meeting does not take place, without why; empty where there is none of which to say it."""
    return FALLEN.format(le=french.jour(view.fallen_at)) if view.fallen_at is not None else ""


def say_hours(view: YoungView) -> str:
    """Say when on its day the meeting is: « de 10 h à 10 h 45 », « à 10 h » where nobody said how long; empty without one."""
    meeting = view.meeting
    if meeting is None:
        return ""
    return french.horaire(meeting.start, meeting.minutes if view.is_length_known else None)


def list_stopped(view: YoungView) -> list[str]:
    """List what « Je ne veux plus » does: what exists ends, and what did not leave does not leave."""
    ends = [LINK_ENDS] if view.has_link else []
    if view.has_documents:
        ends.append(ERASED)
    if view.meeting is not None:
        ends.append(MEETING_ENDS.format(le=french.jour(view.meeting.start)))
    if view.has_link or view.meeting is not None:
        ends.append(SEEN)
    return ends or [NOTHING_LEAVES]


def _name_awaited(turn: Turn, follower: str, is_stand_in: bool) -> str:
    """Name who is awaited. A turn that passed on may be one of several people: none is named but who stands in."""
    if turn.role is Role.TUTOR or (turn.role is Role.COORDINATOR and is_stand_in):
        return follower
    if turn.role is Role.COMPANY:
        return "l’entreprise"
    return ANOTHER


def _fill_in(said: Said, follower: str, day: date | None, awaited: str = "") -> TurnSaid:
    """Fill in the sentences of a state whose title says no one's turn."""
    text = said.text.format(
        qui=follower,
        Qui=french.majuscule(follower),
        attendu=awaited,
        le=french.jour(day) if day is not None else "",
    )
    return TurnSaid(said.title.format(Qui=french.majuscule(follower)), text)


def say_next(phase: Phase | None, usual_days: int | None) -> str:
    """Say what follows, and how long the present phase takes; empty where neither is known."""
    if phase is None:
        return ""
    usual = USUAL_DAY if usual_days == 1 else USUAL.format(days=usual_days)
    return f"{THEN[phase]} {usual}" if usual_days is not None else THEN[phase]


def list_happened(events: Iterable[Event]) -> list[HappenedOn]:
    """List what the page tells of these facts."""
    told = [event for event in events if event.kind in HAPPENED]
    links = [event for event in told if event.kind is EventKind.LINK_SENT]
    return [
        HappenedOn(event.happened_at, ANOTHER_LINK if event in links[1:] else HAPPENED[event.kind])
        for event in told
    ]

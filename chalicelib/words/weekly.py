"""The French of the week in Monday's digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib import french
from chalicelib.domain.lists import Line
from chalicelib.domain.weekly import Ending, Todo, Week
from chalicelib.words import turns


@dataclass(frozen=True, slots=True)
class TodoLine:
    """An act that is awaited, and on which parcours first."""

    act: str
    of: str


def todo(week: Week, today: date) -> tuple[TodoLine, ...]:
    """Return one line for each act that is awaited of the agent."""
    return tuple(_todo(awaited, today) for awaited in week.todo)


def _todo(awaited: Todo, today: date) -> TodoLine:
    """Return the act with the number of its parcours, and the most pressing one by name."""
    first = awaited.lines[0]
    assert first.turn is not None
    late = turns.format_late(first.turn, today)
    company = f"{first.company} ({french.minuscule(late)})" if late else first.company
    several = f"{len(awaited.lines)}\u00a0parcours, d’abord {company}"
    act = french.majuscule(turns.format_act(first.turn, first, yours=True))
    return TodoLine(act, several if len(awaited.lines) > 1 else company)


def endings(week: Week, months: int) -> tuple[str, ...]:
    """Return a sentence for each thing that is about to be lost. ``months``: see ``ends_soon``."""
    chosen = (_reserved(week.reserved), _unopened(week.unopened), _closing(week, months))
    return tuple(one for one in chosen if one)


def confirming(week: Week) -> str:
    """Return the sentence about contacts to confirm; empty: there are none."""
    if not week.to_confirm:
        return ""
    first = week.to_confirm[0].company
    if len(week.to_confirm) == 1:
        return f"Les contacts de {first} sont à vérifier. Un appel suffit."
    return (
        f"Les contacts de {len(week.to_confirm)}\u00a0entreprises sont à vérifier, d’abord ceux de "
        f"{first}. Un appel suffit."
    )


def _reserved(ends: Sequence[Ending]) -> str:
    """Return the sentence about reservations that end soon; empty: there are none."""
    if not ends:
        return ""
    first = f"{french.jour(ends[0].at)}"
    if len(ends) == 1:
        return (
            f"Votre réservation chez {ends[0].line.company} se termine le {first}. "
            "Sans envoi d’ici là, l’offre redevient libre."
        )
    return (
        f"{len(ends)}\u00a0réservations se terminent bientôt, la première le {first} ({ends[0].line.company}). "
        "Sans envoi d’ici là, les offres redeviennent libres."
    )


def _unopened(ends: Sequence[Ending]) -> str:
    """Return the sentence about documents that are erased soon, and that nobody opened; empty: there are none."""
    if not ends:
        return ""
    first = french.jour(ends[0].at)
    if len(ends) == 1:
        return f"Les documents envoyés pour {ends[0].line.company} s’effacent le {first}, et le lien n’est pas encore ouvert."
    return (
        f"Les documents de {len(ends)}\u00a0envois s’effacent bientôt, les premiers le {first} ({ends[0].line.company}), "
        "et leurs liens ne sont pas encore ouverts."
    )


def _closing(week: Week, months: int) -> str:
    """Return the sentence about free offers whose contract ends soon; empty: there are none."""
    if not week.closing:
        return ""
    first = week.closing[0]
    ends = f"{french.jour_court(first.ends_on)} ({_of(first)})"
    if len(week.closing) == 1:
        return f"Une offre encore libre sera perdue à la fin de son marché, le {ends}."
    return (
        f"Des offres encore libres seront perdues à la fin de leur marché d’ici {months}\u00a0mois, "
        f"la première le {ends}."
    )


def _of(line: Line) -> str:
    """Name the company of an offer with its town."""
    return f"{line.company}, {french.en_ville(line.town)}"

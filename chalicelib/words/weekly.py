"""The French of the weekly letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib import french
from chalicelib.domain.kernel.people import ACCOMPANYING, Account
from chalicelib.domain.lists import Line
from chalicelib.domain.weekly import Ending, Letter, Todo
from chalicelib.words import turns

MINE = ("/parcours?tour=moi&tri=a-faire", "Voir ce qui vous attend")
FOLLOWED = ("/parcours?tri=a-faire", "Voir les parcours")
OFFERS = ("/offres?echeance=1", "Voir ces offres")
CONTACTS = ("/parcours?statut=tous&tri=a-faire", "Voir les parcours")
FREE = ("/parcours?statut=disponible&echeance=1", "Voir ces offres")


def title(letter: Letter) -> str:
    """Return the subject of the letter: « 5 parcours vous attendent », else what is lost soon, else contacts to confirm."""
    if not letter.todo:
        lost = letter.reserved or letter.unopened or letter.closing
        return "Ce qui prend fin bientôt" if lost else "Des contacts à vérifier"
    if letter.awaited == 1 and not letter.is_cut:
        return "1\u00a0parcours vous attend"
    return f"{'Au moins ' if letter.is_cut else ''}{letter.awaited}\u00a0parcours vous attendent"


@dataclass(frozen=True, slots=True)
class TodoLine:
    """An act that is awaited, and on which parcours first."""

    act: str
    of: str


def todo(letter: Letter, today: date) -> tuple[TodoLine, ...]:
    """Return one line for each act that is awaited of the agent."""
    return tuple(_todo(one, today) for one in letter.todo)


def _todo(one: Todo, today: date) -> TodoLine:
    """Return the act with the number of its parcours, and the most pressing one by name."""
    first = one.lines[0]
    assert first.turn is not None
    late = turns.format_late(first.turn, today)
    company = f"{first.company} ({french.minuscule(late)})" if late else first.company
    several = f"{len(one.lines)}\u00a0parcours, d’abord {company}"
    act = french.majuscule(turns.format_act(first.turn, first, yours=True))
    return TodoLine(act, several if len(one.lines) > 1 else company)


def endings(letter: Letter, months: int) -> tuple[str, ...]:
    """Return a sentence for each thing that is about to be lost. ``months``: see ``ends_soon``."""
    chosen = (_reserved(letter.reserved), _unopened(letter.unopened), _closing(letter, months))
    return tuple(one for one in chosen if one)


def confirming(letter: Letter) -> str:
    """Return the sentence about contacts to confirm; empty: there are none."""
    if not letter.to_confirm:
        return ""
    first = letter.to_confirm[0].company
    if len(letter.to_confirm) == 1:
        return f"Les contacts de {first} sont à vérifier. Un appel suffit."
    return (
        f"Les contacts de {len(letter.to_confirm)}\u00a0entreprises sont à vérifier, d’abord ceux de "
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


def _closing(letter: Letter, months: int) -> str:
    """Return the sentence about free offers whose contract ends soon; empty: there are none."""
    if not letter.closing:
        return ""
    first = letter.closing[0]
    ends = f"{french.jour_court(first.ends_on)} ({_of(first)})"
    if len(letter.closing) == 1:
        return f"Une offre encore libre sera perdue à la fin de son marché, le {ends}."
    return (
        f"{'Au moins ' if letter.is_cut else ''}{len(letter.closing)}\u00a0offres encore libres seront perdues à la fin de "
        f"leur marché d’ici {months}\u00a0mois, la première le {ends}."
    )


def _of(line: Line) -> str:
    """Name the company of an offer with its town."""
    return f"{line.company}, {french.en_ville(line.town)}"


def way(letter: Letter, agent: Account) -> tuple[str, str]:
    """Return address and label of the letter's one button: the list that matters most in it."""
    if letter.todo:
        return MINE
    if letter.reserved or letter.unopened:
        return FOLLOWED
    if not letter.closing:
        return CONTACTS
    return OFFERS if agent.roles & ACCOMPANYING else FREE

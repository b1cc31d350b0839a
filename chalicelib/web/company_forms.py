"""What a company posts from its page, checked field by field. Imported inside views: the page itself does without pydantic."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from chalicelib import config
from chalicelib.clock import instant
from chalicelib.domain.slots import MOST_SLOTS, RECORD_PLACE, Slot, slot_of
from chalicelib.domain.timeline import Reason
from chalicelib.errors import FieldInvalid
from chalicelib.stories.passing import Named
from chalicelib.web.forms import Form, TokenForm

MOST_CHARACTERS = 1_000
"""Of one field: what is longer is no name, function, hour or address."""
Line = Annotated[StrictStr, Field(max_length=MOST_CHARACTERS)]


class ProofForm(TokenForm):
    """``POST /retrait/preuve``: the address, or the code given by telephone."""

    adresse: StrictStr | None = None
    code: Line | None = None

    def answer(self) -> str:
        """Whichever was given.

        Raises:
            FieldInvalid: none, or both.
        """
        if (self.adresse is None) == (self.code is None):
            raise FieldInvalid("adresse", "missing" if self.adresse is None else "value")
        return self.adresse if self.adresse is not None else self.code or ""


class SlotForm(Form):
    """One date: an hour of Paris, « 2027-03-09T14:00 », its length in minutes, and ``fiche`` or an https address."""

    debut: Line
    minutes: StrictInt
    lieu: Line = RECORD_PLACE


class SlotsForm(TokenForm):
    """``POST /retrait/creneaux``."""

    creneaux: Annotated[list[SlotForm], Field(max_length=4 * MOST_SLOTS)]
    feries_vus: StrictBool = False

    def slots(self, now: datetime) -> tuple[Slot, ...]:
        """As the story wants them, in the order of the page.

        Raises:
            FieldInvalid: the first date that cannot be taken; fact ``rank``: its place in the list, from 0.
        """
        if not 1 <= len(self.creneaux) <= MOST_SLOTS:
            raise FieldInvalid("creneaux", "slots")
        return tuple(_slot(one, rank, now) for rank, one in enumerate(self.creneaux))


class MeetingForm(TokenForm):
    """``POST /retrait/rendez-vous``."""

    geste: Literal["annule", "tenu", "manque"]
    motif: Line | None = None
    vu: Line = ""
    """When the meeting is, as the page shows it."""

    def seen(self) -> datetime | None:
        """None for what no page of ours wrote: then no meeting is the one that was shown."""
        return instant(self.vu)

    def reason(self) -> Reason | None:
        """Read why a meeting is cancelled; None where nothing is said.

        Raises:
            FieldInvalid: no reason of ours.
        """
        return None if self.motif is None else _reason(self.motif)


class DeclineForm(TokenForm):
    """``POST /retrait/refus``."""

    motif: Line
    confirme: Literal[True]

    def reason(self) -> Reason:
        """Read why the company declines.

        Raises:
            FieldInvalid: no reason of ours.
        """
        return _reason(self.motif)


class ColleagueForm(TokenForm):
    """``POST /retrait/transmission``; on the buyer's link, ``contact`` instead of who it is, and ``indice`` as it was shown."""

    nom: Line = ""
    fonction: Line = ""
    adresse: Line = ""
    mode: Literal["remplace", "aussi"]
    contact: StrictInt | None = None
    indice: Line = ""

    def named(self) -> Named:
        """As the story wants it."""
        return Named(self.mode, self.nom, self.fonction, self.adresse, self.contact, self.indice)


def _slot(form: SlotForm, rank: int, now: datetime) -> Slot:
    try:
        return slot_of(form.debut, form.minutes, form.lieu.strip(), now, config.public_host())
    except FieldInvalid as refusal:
        refusal.facts["rank"] = rank
        raise


def _reason(code: str) -> Reason:
    try:
        return Reason(code)
    except ValueError:
        raise FieldInvalid("motif", "reason") from None

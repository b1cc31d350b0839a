"""The team's page of the proofs of erasure: the last nights, what was compared, what to do when one fails."""

from dataclasses import dataclass
from datetime import datetime

from chalice.app import Response

from chalicelib import config
from chalicelib.domain.kernel.people import check_team
from chalicelib.domain.proving import Night, Verdict
from chalicelib.stories import health
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.page import AgentCall
from chalicelib.web.kit.page_view import PageView
from chalicelib.words import codes


@dataclass(frozen=True, slots=True)
class NightRow:
    """One night, in words. ``fails``: the proof stopped, or storage and tables differ."""

    at: datetime
    proof: str
    compared: str
    differences: str
    fails: bool


@dataclass(frozen=True, slots=True)
class ProofsPage(PageView):
    """The proofs of erasure."""

    template = "preuves"

    words: str
    """What the last proof and the last comparison say."""
    calm: bool
    """Whether there is nothing to do."""
    nights: list[NightRow]
    support: str


def show_proofs(call: AgentCall[NoForm]) -> Response:
    """Show the proofs of erasure. Raises NotFound: the agent is not of the team."""
    check_team(call.agent)
    state, proof = health.check_health(call.now)
    page = ProofsPage(
        words=codes.format_erasing_proof(state, proof, call.now),
        calm=state in {Verdict.PROVED, Verdict.NEVER},  # a new service has its first proof before it
        nights=[_build_row(night) for night in proof.nights] if proof else [],
        support=config.settings().support_address,
    )
    return call.show(page, "parcours")


def _build_row(night: Night) -> NightRow:
    """Build the row of one night."""
    compared, differences, swept = "Comparaison non terminée", "", night.swept
    if swept is not None:
        compared = f"{_count(swept.objects, 'fichier stocké')}, {_count(swept.documents, 'document attendu')}"
        differences = codes.format_differences(swept.strays, swept.missing) or "Aucun écart"
    stopped = night.stopped
    proof = (
        f"Effacé en {night.took_seconds}\u00a0s"
        if stopped is None
        else f"Échec\u00a0: {codes.STOPPED[stopped]}"
    )
    fails = stopped is not None or swept is None or bool(swept.strays or swept.missing)
    return NightRow(night.at, proof, compared, differences, fails)


def _count(number: int, what: str) -> str:
    """Return « 12 fichiers stockés »."""
    words = " ".join(f"{word}s" for word in what.split()) if number > 1 else what
    return f"{number}\u00a0{words}"

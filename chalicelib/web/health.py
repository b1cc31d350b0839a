"""Whether the service is well, for machines: it renders nothing."""

from chalice.app import Response

from chalicelib import log
from chalicelib.clock import iso
from chalicelib.domain.proving import Verdict
from chalicelib.stories import proof
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import json_answer


def health(call: Call[NoForm]) -> Response:
    """Whether the site answers, and when erasing was last proved; nothing else to anybody, and never a failure of its own."""
    try:
        state, known = proof.health(call.now)
    except Exception as error:
        log.fault(error)
        state, known = Verdict.LATE, None
    proved_at = iso(known.proved_at) if known and known.proved_at else None
    return json_answer(200, {"etat": "ok" if state is Verdict.PROVED else "degraded", "preuve": proved_at})

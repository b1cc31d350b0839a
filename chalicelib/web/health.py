"""Whether the service is well, for machines: it renders nothing."""

from chalice.app import Response

from chalicelib import log
from chalicelib.clock import iso
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import JSON, answer, answer_json


def answer_health(call: Call[NoForm]) -> Response:
    """Whether the site answers, and when erasing was last proved; nothing else to anybody, and never a failure of its own.

    HEAD asks the first alone, as what distributes requests does: nothing is read for it, and no client is made.
    """
    if call.request.method == "HEAD":
        return answer(200, content_type=JSON)
    from chalicelib.domain.proving import Verdict
    from chalicelib.stories import health as story

    try:
        state, known = story.check_health(call.now)
    except Exception as error:
        log.fault(error)
        state, known = Verdict.LATE, None
    proved_at = iso(known.proved_at) if known and known.proved_at else None
    return answer_json(200, {"etat": "ok" if state is Verdict.PROVED else "degraded", "preuve": proved_at})

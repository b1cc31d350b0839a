"""The address at which machines ask whether the service is well. It loads no templates."""

from chalice.app import Response

from chalicelib import log
from chalicelib.clock import iso
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.http import JSON, answer, answer_json


def answer_health(call: Call[NoForm]) -> Response:
    """Answer whether erasing was proved in time (« ok » or « degraded »), and when it last was. It never fails itself.

    HEAD only asks whether the site answers, as load balancers do: nothing is read for it, and no client of AWS is made.
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

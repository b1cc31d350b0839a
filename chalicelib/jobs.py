"""The Lambda entry points other than HTTP. Each prints one line and is safe to run twice."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from chalice.app import Blueprint, CloudWatchEvent, Cron, Rate

from chalicelib import clock, config, log
from chalicelib.errors import RelayError

config.settings()  # a wrong setting stops the start here, with its message

jobs = Blueprint(__name__)

Given = ParamSpec("Given")
Result = TypeVar("Result")


COUNTS = ("erased", "orphans", "removed", "woken", "mails", "failed", "late", "left")


class JobFailed(Exception):
    """Something failed: the event is given again. Its text is the number under which the log says what."""


class PurgeIncomplete(Exception):
    """Some pieces of a run failed; raising moves the function's error metric, hence the alarm."""


def _begin_request(event: dict[str, Any] | CloudWatchEvent, context: Any = None) -> None:
    """Print the lines of this run under the id of the request that started it; without one, under Lambda's id of the run."""
    event_data = event if isinstance(event, dict) else event.to_dict()
    context = context if isinstance(event, dict) else event.context
    log.begin_request(event_data.get("request") or getattr(context, "aws_request_id", ""))


def _discreet(job: Callable[Given, Result]) -> Callable[Given, Result]:
    """Begin a request for the log, and let a job fail without the text of its failure, which may hold anything."""

    @wraps(job)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Run the job; log a failure by its type and places, and raise in its stead JobFailed with the number of the log line."""
        _begin_request(*args, **kwargs)  # type: ignore[arg-type]
        try:
            return job(*args, **kwargs)
        except PurgeIncomplete:
            raise
        except Exception as fault:
            raise JobFailed(log.fault(fault)) from None

    return guarded


@jobs.on_cw_event({"source": ["aws.s3"], "detail-type": ["Object Created"]}, name="inspect")
@_discreet
def inspect(event: CloudWatchEvent) -> None:
    """Inspect an object that arrived (S3 by EventBridge, or ``purge`` when that event was lost). Believes only its key."""
    from chalicelib.stories.documents import inspecting

    detail = event.detail
    if detail["bucket"]["name"] != config.resource("DOCUMENT_BUCKET"):
        log.line("inspect", outcome="foreign")
        return
    key, reason = str(detail["object"]["key"]), str(detail.get("reason"))
    log.line("inspect", outcome=inspecting.inspect(key, now=clock.utc_now(), reason=reason))


@jobs.lambda_function(name="mailer")
@_discreet
def mailer(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Send what waits in the outbox, ``{"mails": [key, …]}``.

    The version before this one asks for ``{"rights_warning": {…}}`` too: hold the passage of a request, and warn who follows it.
    """
    from chalicelib.stories import rights
    from chalicelib.stories.mails import mailing

    if "rights_warning" in event:
        waiting = rights.warn_of_rights_request(event["rights_warning"]["reference"], now=clock.utc_now())
        handled = mailing.send_all(waiting, now=clock.utc_now())
        log.line("mailer", kind="rights_warning", mails=handled)
        return {"handled": handled}
    handled = mailing.send_all([str(key) for key in event["mails"]], now=clock.utc_now())
    log.line("mailer", mails=handled)
    return {"handled": handled}


@jobs.lambda_function(name="unseal")
@_discreet
def unseal(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Open a link for one browser, ``{"token", "browser", "pointer"}`` → its documents; or pass it on, with
    ``{"action": "pass", "colleague"}`` → ``{"etat"}``. A refusal is ``{"refusal": {"code", "facts"}}``. ``{"action": "load"}``
    opens nothing: it keeps the function warm.
    """
    if event.get("action") == "load":
        return _load()
    try:
        if event.get("action") == "pass":
            return _pass_on(event)
        return _open(event)
    except RelayError as refusal:
        log.line("unseal", refusal=refusal.code)
        return {"refusal": {"code": refusal.code, "facts": refusal.facts}}


def _load() -> dict[str, Any]:
    """Load what an opening needs, once in a process, so that nobody waits for it."""
    from chalicelib.stories.documents import unsealing

    unsealing.make_clients()
    log.line("unseal", outcome="loaded")
    return {}


def _open(event: dict[str, Any]) -> dict[str, Any]:
    """Open a link for the browser that the event names; return its documents."""
    from chalicelib.stories.documents import unsealing

    token, pointer = str(event["token"]), unsealing.parse_pointer(event["pointer"])
    opened = unsealing.open_documents(token, pointer, browser=str(event["browser"]), now=clock.utc_now())
    log.line("unseal", outcome="opened")
    return opened


def _pass_on(event: dict[str, Any]) -> dict[str, Any]:
    """Pass a link on to the colleague that the event names; return its state and the keys of the mails to be woken."""
    from chalicelib.stories.documents import passing, unsealing

    named, pointer = passing.parse_named(event["colleague"]), unsealing.parse_pointer(event["pointer"])
    token, browser = str(event["token"]), str(event["browser"])
    state, mails = passing.pass_on_in_unseal(token, pointer, named, browser=browser, now=clock.utc_now())
    log.line("unseal", outcome=f"passed_{state}")
    return {"etat": state, "mails": mails}


@jobs.lambda_function(name="identify")
@_discreet
def identify(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Say where ProConnect signs in, ``{"action": "begin", …}`` → ``{"address"}``; or who came back from there with a code,
    ``{"action": "identify", …}`` → the fields of ``Proven``. A refusal is ``{"refusal": {"code", "facts"}}``.
    """
    from chalicelib.stories.accounts import identifying

    now = clock.utc_now()
    try:
        if event["action"] == "begin":
            asked = (str(event[name]) for name in ("state", "nonce", "challenge"))
            answer = {"address": identifying.build_entrance(*asked, now=now)}
        else:
            brought = (str(event[name]) for name in ("code", "nonce", "verifier", "leave_state"))
            answer = identifying.write_proven(identifying.identify(*brought, now=now))
    except RelayError as refusal:
        log.line("identify", refusal=refusal.code, outcome=str(refusal.facts.get("check", "")))
        return {"refusal": {"code": refusal.code, "facts": refusal.facts}}
    log.line("identify", outcome=str(event["action"]))
    return answer


@jobs.schedule(Rate(1, unit=Rate.MINUTES), name="purge")
@_discreet
def purge(event: CloudWatchEvent) -> dict[str, int]:
    """Every minute, erase what is past its time and start again what was interrupted."""
    from chalicelib.stories import retention

    now = clock.utc_now()
    report = retention.purge(now=now, turn=retention.choose_turn(now))
    counts = {name: getattr(report, name) for name in COUNTS}
    log.line("purge", **counts)
    if report.failed:
        raise PurgeIncomplete
    return counts


@jobs.on_cw_event({"source": ["aws.ses"]}, name="feedback")
@_discreet
def feedback(event: CloudWatchEvent) -> None:
    """Note what the mail service reports of a mail. Believes only our own tag, in events of our own account and mails."""
    from chalicelib.stories.mails import feedback as story

    log.line("feedback", outcome=story.receive(event.to_dict(), now=clock.utc_now()))


# 08:30 in Paris is the first or the second, by the season; the next ones do what is left.
@jobs.schedule(Cron("30", "6,7,8", "*", "*", "?", "*"), name="remind")
@_discreet
def remind(event: CloudWatchEvent) -> dict[str, int]:
    """Each working morning, remind those who are awaited; or do one page of that work."""
    from chalicelib.stories import reminding

    now = clock.utc_now()
    if "work" in event.detail:  # by ``functions.start_page``
        report = reminding.run_page(str(event.detail["work"]), list(event.detail["keys"]), now=now)
    else:
        report = reminding.run(now=now)
    counts = {"mails": report.mails, "failed": report.failed, "left": report.left}
    log.line("remind", **counts)
    if report.failed:
        raise JobFailed
    return counts


@jobs.schedule(Cron("10", "2", "*", "*", "?", "*"), name="prove")
@_discreet
def prove(event: CloudWatchEvent) -> dict[str, int]:
    """Each night, prove that purging works: an invented deposit goes the whole way, and storage is compared with the tables."""
    from chalicelib.stories import proof

    report = proof.run(now=clock.utc_now())
    log.line("prove", outcome=report.outcome, **report.counts)
    return report.counts

"""Errors to answers: a refusal becomes a page or JSON here and nowhere else; a fault is logged by a number."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec

from chalice.app import Response

from chalicelib import errors, log
from chalicelib.web.answers import ANSWERS, FAULT, Answer
from chalicelib.web.field_words import DOUBTS, FIELDS, TO_ROLE
from chalicelib.web.http import CLEARED, HTML, JSON, answer

Path = ParamSpec("Path")


FEW_LEFT = 2
"""From how many tries left on a person is told how many."""


def describe(refusal: errors.RelayError) -> tuple[Answer, str]:
    """The answer of a refusal and its sentence, facts filled in."""
    row = ANSWERS[type(refusal)]
    facts = refusal.facts
    sentence = row.message.format(
        when=_when(facts.get("since")),
        field=FIELDS.get(str(facts.get("reason")), ""),
        session="Votre session a expiré." if facts.get("expired") else "Personne n’est connecté ici.",
        domain=facts.get("domain", ""),
        doubts=_doubts(facts.get("doubts")),
        not_now=_not_now(facts) if isinstance(refusal, errors.NotNow) else "",
        whose=_whose(facts.get("whose")),
    )
    remaining = facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        sentence += (
            f" Il reste {remaining} essai{'s' if remaining > 1 else ''} avant une pause de 15 minutes."
        )
    return row, sentence


def _not_now(facts: dict[str, object]) -> str:
    from chalicelib import outcome_words

    return outcome_words.not_now(str(facts["kind"]), str(facts["status"]), facts["step"])


def _whose(roles: object) -> str:
    """« à l’acheteuse ou à l’acheteur, ou à l’équipe »."""
    named = [phrase for role, phrase in TO_ROLE.items() if isinstance(roles, frozenset) and role in roles]
    return ", ou ".join(filter(None, [", ".join(named[:-1]), *named[-1:]]))


def _doubts(codes: object) -> str:
    return " ".join(DOUBTS[code] for code in codes) if isinstance(codes, tuple) else ""


def _when(since: object) -> str:
    if not isinstance(since, str):
        return ""
    from chalicelib import french

    return f" le {french.moment(datetime.fromisoformat(since))}"


def _headers(refusal: errors.RelayError) -> dict[str, str]:
    headers: dict[str, str] = {}
    if "retry_after_seconds" in refusal.facts:
        headers["Retry-After"] = str(refusal.facts["retry_after_seconds"])
    if isinstance(refusal, errors.SignedOut):
        headers |= CLEARED
    if isinstance(refusal, errors.TryAgain):
        headers["Retry-After"] = "60"
    return headers


def json_refusal(refusal: errors.RelayError) -> Response:
    """``{"code", "message"}``, with ``field`` where one is to be corrected, and ``rang``, from 0, of several alike."""
    row, sentence = describe(refusal)
    body: dict[str, object] = {"code": refusal.code, "message": sentence}
    if "field" in refusal.facts:
        body["field"] = refusal.facts["field"]
    if isinstance(refusal, errors.RecipientDoubtful):
        body |= {"domaine": refusal.facts["domain"], "doutes": refusal.facts["doubts"]}
        body |= {"vus": refusal.facts["shown"]}
        body |= {"contacts": refusal.facts["contacts"]} if refusal.facts["contacts"] else {}
    if "rank" in refusal.facts:
        body["rang"] = refusal.facts["rank"]
    remaining = refusal.facts.get("remaining")
    if isinstance(remaining, int) and remaining <= FEW_LEFT:
        body["restants"] = remaining
    return answer(row.status, body, JSON, headers=_headers(refusal))


def json_fault(fault: BaseException) -> Response:
    """« La panne vient de nous », with the number under which it is logged."""
    message = FAULT.message.format(number=log.fault(fault))
    return answer(FAULT.status, {"code": "fault", "message": message}, JSON)


def page(
    status: int, title: str, message: str, act: tuple[str, str], number: str | None = None, **headers: str
) -> Response:
    """A page that says what happened, what was not lost, and one thing to do."""
    from chalicelib.templating import render

    shown = {"label": act[0], "href": act[1]}
    html = render(
        "pages/erreur.html", agent=None, nav="", title=title, message=message, act=shown, number=number
    )
    return answer(status, html, HTML, headers=headers)


def answers_json(view: Callable[Path, Response]) -> Callable[Path, Response]:
    """Turn a view's refusal or fault into JSON. Chalice's middleware cannot: it sees no exception."""

    @wraps(view)
    def guarded(*args: Path.args, **kwargs: Path.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except errors.RelayError as refusal:
            return json_refusal(refusal)
        except Exception as fault:
            return json_fault(fault)

    return guarded


def answers_html(view: Callable[Path, Response]) -> Callable[Path, Response]:
    """Turn a view's refusal or fault into a page."""

    @wraps(view)
    def guarded(*args: Path.args, **kwargs: Path.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except errors.RelayError as refusal:
            row, sentence = describe(refusal)
            return page(row.status, row.title, sentence, row.act, **_headers(refusal))
        except Exception as fault:
            number = log.fault(fault)
            return page(FAULT.status, FAULT.title, FAULT.message.format(number=number), FAULT.act, number)

    return guarded

"""What surrounds every view: the call that it is given, read from the request, and what its result or failure becomes.

A view is a plain function, named in ``web/urls.py``. The type of its first argument says who it is for and which form it takes::

    def end(call: AgentCall[EndForm], parcours_id: str) -> Response: ...

``Call`` is for anybody, ``AgentCall`` (``kit/page.py``) for signed-in agents, ``RecipientCall`` (``recipient.py``) for a
recipient's browser. The session, the origin of the request, the form and the ids in the path are checked before the view runs.
Every refusal and every fault becomes a page or a JSON answer.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl, quote

from chalice.app import Chalice, Request, Response

from chalicelib import audit, clock, errors, log, statics
from chalicelib.errors import RelayError
from chalicelib.web.kit import http
from chalicelib.web.kit.errors import (
    FAULT,
    answer_fault_as_json,
    answer_fault_as_page,
    answer_refusal_as_json,
    answer_refusal_as_page,
    describe,
    render_held_back,
    render_sign_in,
)

if TYPE_CHECKING:
    from chalicelib.domain.kernel.people import Account

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OWN_REFUSALS: dict[int, RelayError] = {405: errors.MethodRefused(), 415: errors.MediaTypeRefused()}
"""Statuses that Chalice answers before a view is called, in English."""
ABOUT_THE_BODY = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
"""Refusals of what was sent: who may not see what the path names gets 404 in their place."""
MOST_TYPED = 100
"""Fields of a form that is handed back once its session has ended."""

View = Callable[..., Response]


class Form(Protocol):
    """A form: it is read from a request, and refuses what it does not know."""

    @classmethod
    def parse(cls, request: Request, agent: "Account | None") -> Self:
        """Read the form from a request; ``agent``: who is signed in, for forms whose fields depend on it."""


class NoForm:
    """The form of a view that takes no field: a page that is read, or a button that says everything."""

    @classmethod
    def parse(cls, request: Request, agent: "Account | None") -> Self:
        """Read a form without fields. Raises UnknownField: something was posted."""
        if request.method == "POST":
            http.read_form(request, frozenset())
        return cls()


class Unread:
    """The form of a view that reads the body itself; the request's origin is checked all the same."""

    @classmethod
    def parse(cls, request: Request, agent: "Account | None") -> Self:
        """Return without reading the body."""
        return cls()


AnyForm = TypeVar("AnyForm", bound=Form)


@dataclass(frozen=True)
class Call(Generic[AnyForm]):
    """A request from anybody, its time, and its form."""

    request: Request
    now: datetime
    form: AnyForm

    @classmethod
    def from_request(cls, request: Request, form: type[AnyForm]) -> Self:
        """Make the call of a view from a request; ``form``: class of the form that the view takes."""
        return cls(request, clock.utc_now(), parse_form(request, form))

    @classmethod
    def check_sight(cls, request: Request, path: Mapping[str, str]) -> None:
        """Check that who asks may see what the path names, before a body is refused; of a call from anybody it names nothing."""

    @staticmethod
    def note_read() -> None:
        """Tell the audit trail that the answer shows contacts; it is told nothing of a call from anybody."""

    @staticmethod
    def note_refused() -> None:
        """Tell the audit trail that what is asked for is refused; it is told nothing of a call from anybody."""

    def query(self, name: str) -> str:
        """Return one parameter of the address, empty when absent."""
        parameters: Mapping[str, str] = self.request.query_params or {}
        return str(parameters.get(name, ""))


def parse_form(request: Request, form: type[AnyForm], agent: "Account | None" = None) -> AnyForm:
    """Read the form of a request; a POST must come from one of our own pages.

    Raises:
        OriginRefused: it was not posted by one of our own pages.
        MediaTypeRefused, TooLarge, Unreadable, UnknownField, FieldInvalid: see ``kit/http.py`` and ``kit/forms.py``.
    """
    if request.method == "POST":
        http.check_origin(request)
    return form.parse(request, agent)


@dataclass(frozen=True, slots=True)
class Viewed:
    """A view as the site map names it, and what the audit trail is told of its requests."""

    load: Callable[[], View]
    """Imports it."""
    act: str
    """Method and path of its route."""
    shows_contacts: bool
    """Whether its answer shows people of the record: then a row of the trail is written before it."""


def answer_with_page(app: Chalice, viewed: Viewed) -> View:
    """Make the function that Chalice calls for a page.

    It answers with the view's response, or with a page that explains the refusal or the fault. To somebody who is not signed in
    it shows the sign-in, which then leads to the page; a POST whose session has ended gets its form handed back, and so does
    what needs a fresh sign-in.
    """

    def answer_page(**path: str) -> Response:
        """Call the view for the request at work; turn what it raises into a page."""
        request = app.current_request
        assert request is not None
        try:
            return _call_view(viewed, request, path)
        except errors.SignedOut as refusal:
            response, path_asked = answer_refusal_as_page(refusal), _build_path(request)
            if request.method == "POST":
                response.body = render_held_back(refusal, "POST", path_asked, _read_typed_fields(request))
            else:
                response.body = render_sign_in(refusal, path_asked)
            return response
        except errors.SignInStale as refusal:
            response = answer_refusal_as_page(refusal)
            typed = (
                _read_typed_fields(request)
                if request.method == "POST"
                else list((request.query_params or {}).items())
            )
            response.body = render_held_back(
                refusal, "POST" if request.method == "POST" else "GET", _build_path(request), typed
            )
            return response
        except RelayError as refusal:
            return answer_refusal_as_page(refusal)
        except Exception as fault:
            return answer_fault_as_page(fault)

    return answer_page


def answer_with_json(app: Chalice, viewed: Viewed) -> View:
    """Make the function that Chalice calls for a script.

    It answers with the view's response, or with a code and a sentence that explain the refusal or the fault.
    """

    def answer_script(**path: str) -> Response:
        """Call the view for the request at work; turn what it raises into JSON."""
        assert app.current_request is not None
        try:
            return _call_view(viewed, app.current_request, path)
        except RelayError as refusal:
            return answer_refusal_as_json(refusal)
        except Exception as fault:
            return answer_fault_as_json(fault)

    return answer_script


def _call_view(viewed: Viewed, request: Request, path: dict[str, str]) -> Response:
    """Build the view's call, check the ids in the path, and call the view; ``path``: the variable parts of the path by name.

    Raises NotFound for a malformed id.
    """
    view = viewed.load()
    call_class, form_class = read_signature(view)
    with audit.follow_request(_name_act(viewed.act, path), parcours=path.get("parcours_id")):
        try:
            call = call_class.from_request(
                request, form_class
            )  # first: whoever is not signed in learns nothing of an id
            parts = {
                name: http.check_identifier(part) if name.endswith("_id") else part
                for name, part in path.items()
            }
            response = view(call, **parts)
        except RelayError as refusal:
            status = describe(refusal)[0].status
            if status is HTTPStatus.FORBIDDEN:
                call_class.note_refused()
            if status in ABOUT_THE_BODY:
                call_class.check_sight(request, path)
            raise
        http.stay_in_run(request, response)
        # A form that is refused is shown again, with what its page shows.
        shows_contacts = viewed.shows_contacts or request.method == "POST"
        if shows_contacts and response.status_code != HTTPStatus.SEE_OTHER:
            call_class.note_read()
        return response


@cache
def read_signature(view: View) -> tuple[type[Call[Any]], type[Form]]:
    """Return the class of the call that a view takes and that of its form, from the annotation of its first argument."""
    annotation = next(iter(get_type_hints(view).values()))
    call, (form,) = get_origin(annotation), get_args(annotation)
    assert call is not None and issubclass(call, Call)
    return call, form


def _name_act(route: str, path: dict[str, str]) -> str:
    """Return a route with the ids of its path filled in: on whom somebody acts is told by nothing else."""
    for name, part in path.items():
        if name.endswith("_id") and http.IDENTIFIER.fullmatch(part):
            route = route.replace(f"{{{name}}}", part)
    return route


def _read_typed_fields(request: Request) -> list[tuple[str, str]] | None:
    """Return the fields of a posted form in order, as (name, value), to hand them back after signing in.

    None when they cannot be handed back: they are too long, as a file may be, they come from another site, or they are malformed.
    """
    try:
        http.check_origin(request)  # else a stranger's fields would wait here for the press of a button
        http.check_media_type(request, http.FORM)
        return parse_qsl(
            http.read_text(request), keep_blank_values=True, max_num_fields=MOST_TYPED, errors="strict"
        )
    except (RelayError, ValueError):
        return None


def _build_path(request: Request) -> str:
    """Return the path that was asked for, with its variable parts filled in, without the stage's name."""
    parts = {name: quote(value, safe="") for name, value in (request.uri_params or {}).items()}
    return request.path.format(**parts)


class Unguarded(Exception):
    """Chalice itself answered a failure that no view had turned into an answer."""


def install(app: Chalice) -> None:
    """Wrap every HTTP function of the app in our middleware, and make each path refuse the methods that it does not take."""
    app.log.disabled = True  # Chalice logs a failure with its text, which may hold anything
    for path, known in list(app.routes.items()):
        others = [method for method in METHODS if method not in known]
        app.route(path, methods=others, name="refuse_method")(_build_method_refusal(", ".join(known)))
    app.register_middleware(_add_headers_and_log, "http")


def _build_method_refusal(allow: str) -> View:
    """Make the view that answers 405; ``allow``: the methods that the path takes.

    Without such a view, the gateway would answer that the page does not exist.
    """

    def refuse_method(**_: str) -> Response:
        return Response("", {"Allow": allow}, 405)

    return refuse_method


def _add_headers_and_log(request: Request, get_response: Callable[[Request], Any]) -> Response:
    """Add the security headers to an answer, translate Chalice's own refusals, and write one log line."""
    started = time.monotonic()
    log.begin_request(getattr(request.lambda_context, "aws_request_id", ""))
    try:
        response = _translate_refusal(request, get_response(request))
    except Exception as fault:
        response = answer_fault_as_json(fault)  # not a page: rendering may be what fails
    inline_hashes = (
        statics.find_hashes(str(response.body))
        if response.headers.get("Content-Type") == http.HTML
        else ((), ())
    )
    response.headers = {**http.build_security_headers(*inline_hashes), **response.headers}
    context = request.context or {}
    log.line(
        "web",
        method=str(context.get("httpMethod", "")),
        route=str(context.get("resourcePath", "")),
        status=int(response.status_code),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    return response


def _translate_refusal(request: Request, response: Response) -> Response:
    """Turn a refusal that Chalice made into ours, in French; other answers are returned as they are.

    Chalice's refusals are known by their lack of a content type. Raises Unguarded: Chalice answered a failure of ours.
    """
    if "Content-Type" in response.headers:
        return response
    if response.status_code == FAULT.status:
        raise Unguarded
    refusal = OWN_REFUSALS[response.status_code]
    kept_headers = {name: str(value) for name, value in response.headers.items() if name.lower() == "allow"}
    by_script = any("json" in http.read_header(request, name) for name in ("accept", "content-type"))
    translated = answer_refusal_as_json(refusal) if by_script else answer_refusal_as_page(refusal)
    translated.headers = {**translated.headers, **kept_headers}
    return translated

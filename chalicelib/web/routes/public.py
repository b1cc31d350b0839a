"""Pages for everybody: what Passe-plat is, signing in, the legal pages, static files."""

from chalice.app import Blueprint, Response

from chalicelib import clock, config
from chalicelib.errors import CodeDead, CodeElsewhere, FieldInvalid, NotFound
from chalicelib.web.kit import bodies
from chalicelib.web.kit.errors import answers_html, answers_json, describe
from chalicelib.web.kit.http import (
    BROWSER_COOKIE,
    CHALLENGE_COOKIE,
    SESSION_COOKIE,
    answer,
    cookie,
    json_answer,
    leave,
    query,
    read_cookie,
    redirect,
    source,
)

routes = Blueprint(__name__)

CODE_SECONDS = 600
BROWSER_SECONDS = 180 * 24 * 3600
"""As long as ``domain.signing_in.BROWSER_LIFE`` (a test compares)."""
LEFT = {
    "partout": ("Tous vos navigateurs sont déconnectés", "Pour entrer de nouveau, demandez un code ici."),
    "navigateur": ("Ce navigateur est déconnecté", "Votre compte ne le reconnaît plus."),
}
"""What is said after « see other », by its slug in the address."""
FOREVER = "public, max-age=31536000, immutable"


def _page(name: str, status: int = 200, cookies: tuple[str, ...] = (), **context: object) -> Response:
    from chalicelib.templating import render

    return answer(status, render(f"pages/{name}.html", agent=None, nav="", **context), cookies=cookies)


@routes.route("/", methods=["GET", "HEAD"])
@answers_html
def home() -> Response:
    """What Passe-plat does, and its two doors."""
    return _page("accueil")


@routes.route("/sante", methods=["GET", "HEAD"])
@answers_json
def health() -> Response:
    """Whether the function answers; says nothing else to anybody."""
    return json_answer(200, {"etat": "ok"})


def _facts() -> dict[str, object]:
    chosen = config.settings()
    return {
        "publisher": chosen.publisher_name,
        "director": chosen.publisher_director,
        "host": chosen.host_name,
        "dpo": chosen.dpo_address,
        "support": chosen.support_address,
    }


@routes.route("/mentions-legales", methods=["GET", "HEAD"])
@answers_html
def legal_notice() -> Response:
    """Who publishes and who hosts."""
    return _page("mentions-legales", facts=_facts())


@routes.route("/donnees-personnelles", methods=["GET", "HEAD"])
@answers_html
def personal_data() -> Response:
    """What is kept, how long, what cannot be promised."""
    from chalicelib.web import rights

    return _page(
        "donnees-personnelles",
        facts=_facts(),
        kept=rights.listed(),
        cookie_lives=rights.cookie_lives(),
    )


@routes.route("/donnees-personnelles/registre", methods=["GET", "HEAD"])
@answers_html
def register() -> Response:
    """The sheet of the register: everything that is stored, row by row, to be read or printed."""
    from chalicelib.web import rights

    return _page("registre", facts=_facts(), kept=rights.sheet())


@routes.route("/accessibilite", methods=["GET", "HEAD"])
@answers_html
def accessibility() -> Response:
    """The accessibility declaration."""
    return _page("accessibilite", facts=_facts())


@routes.route("/static/{digest}/{name}", methods=["GET", "HEAD"])
@answers_html
def static(digest: str, name: str) -> Response:
    """A style sheet, a script, a drawing: text only."""
    from chalicelib.templating import static_file

    found = static_file(digest, name)
    if found is None:
        raise NotFound
    text, content_type, current = found
    # A page older than the last deployment gets the present file, but must not keep it under the old address.
    return answer(200, text, content_type, headers={"Cache-Control": FOREVER if current else "no-cache"})


@routes.route("/connexion", methods=["GET", "HEAD"])
@answers_html
def sign_in() -> Response:
    """Asks for a professional address."""
    return _page("connexion", error=None, adresse="", notice=LEFT.get(query(routes.current_request, "fait")))


@routes.route("/connexion", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def ask_code() -> Response:
    """Mails a code if an account stands behind the address; the answer never says whether."""
    from chalicelib.stories.accounts import signing_in

    request = routes.current_request
    bodies.check_origin(request)
    typed = bodies.form_of(request, frozenset({"adresse"}))["adresse"]
    try:
        challenge = signing_in.ask_code(
            typed, browser=read_cookie(request, BROWSER_COOKIE), source=source(request), now=clock.utc_now()
        )
    except FieldInvalid as refusal:
        row, sentence = describe(refusal)
        return _page("connexion", row.status, error=sentence, adresse=typed[:254], notice=None)
    return redirect("/connexion/code", (cookie(CHALLENGE_COOKIE, challenge, seconds=CODE_SECONDS),))


def _code_page(status: int = 200, error: str | None = None) -> Response:
    # Without the cookie of the demand no digits are right: asking for them again would hide why.
    kept = read_cookie(routes.current_request, CHALLENGE_COOKIE) is not None
    _, elsewhere = describe(CodeElsewhere())
    over_tls = config.public_base_url().startswith("https:")
    return _page("code", status, error=error, asked_here=kept, elsewhere=elsewhere, over_tls=over_tls)


@routes.route("/connexion/code", methods=["GET", "HEAD"])
@answers_html
def code_page() -> Response:
    """Asks for the digits, in the browser that kept the demand for them."""
    return _code_page()


@routes.route("/connexion/code", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def enter_code() -> Response:
    """Turns the right digits into a session."""
    from chalicelib.stories.accounts import signing_in

    request = routes.current_request
    bodies.check_origin(request)
    typed = bodies.form_of(request, frozenset({"code"}))["code"]
    try:
        entered = signing_in.enter_code(
            read_cookie(request, CHALLENGE_COOKIE),
            typed,
            browser=read_cookie(request, BROWSER_COOKIE),
            former=read_cookie(request, SESSION_COOKIE),
            now=clock.utc_now(),
        )
    except (CodeDead, CodeElsewhere) as refusal:
        row, sentence = describe(refusal)
        return _code_page(row.status, sentence)
    return redirect(
        "/parcours",
        (
            cookie(SESSION_COOKIE, entered.session, seconds=None),
            cookie(BROWSER_COOKIE, entered.browser, seconds=BROWSER_SECONDS),
            cookie(CHALLENGE_COOKIE, "", seconds=0),
        ),
    )


@routes.route("/deconnexion", methods=["POST"], content_types=[bodies.FORM])
@answers_html
def sign_out() -> Response:
    """Ends the session on our side, then in the browser, which stays known."""
    from chalicelib.stories.accounts import signing_in

    request = routes.current_request
    bodies.check_origin(request)
    signing_in.sign_out(read_cookie(request, SESSION_COOKIE))
    return leave("/")

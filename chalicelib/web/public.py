"""Pages for everybody that load no model library and no AWS client: home, signing in, the page behind a link, static files."""

from chalice.app import Request, Response

from chalicelib import config
from chalicelib.errors import CodeElsewhere, NotFound
from chalicelib.statics import script
from chalicelib.templating import render
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import describe
from chalicelib.web.kit.http import CHALLENGE_COOKIE, answer, nonce_cookie, own_path, read_cookie

LEFT = {
    "partout": ("Tous vos navigateurs sont déconnectés", "Pour entrer de nouveau, demandez un code ici."),
    "navigateur": ("Ce navigateur est déconnecté", "Votre compte ne le reconnaît plus."),
}
"""What was just done, by its slug in the address."""
FOREVER = "public, max-age=31536000, immutable"
SCRIPT = "text/javascript; charset=utf-8"

# The closed lists that a company chooses from, as codes and words.
DECLINES = (
    ("profile_mismatch", "Le profil ne correspond pas aux tâches prévues"),
    ("no_host_available", "Personne n’est disponible pour accueillir"),
    ("activity_stopped", "L’activité prévue s’est arrêtée"),
    ("dates_unsuitable", "Les dates du stage ne conviennent pas"),
    ("other", "Autre motif"),
)
"""Why a young person is not welcomed."""
CANCELS = (
    ("dates_unsuitable", "La date ne convient plus"),
    ("put_off", "La rencontre est reportée"),
    ("company_absent", "L’entreprise ne peut pas venir"),
    ("young_person_absent", "Le jeune ne peut pas venir"),
    ("other", "Autre motif"),
)
"""Why a meeting is cancelled."""
MISSES = (
    ("young_person_absent", "Le jeune n’est pas venu"),
    ("company_absent", "Nous n’avons pas pu être là"),
    ("put_off", "La rencontre est reportée"),
    ("other", "Autre motif"),
)
"""Why a meeting did not take place."""


def page(name: str, status: int = 200, cookies: tuple[str, ...] = (), **context: object) -> Response:
    """Render a page for somebody who is not signed in."""
    return answer(status, render(f"pages/{name}.html", agent=None, nav="", **context), cookies=cookies)


def facts() -> dict[str, object]:
    """Who publishes and hosts, and whom to write to."""
    chosen = config.settings()
    return {
        "publisher": chosen.publisher_name,
        "director": chosen.publisher_director,
        "host": chosen.host_name,
        "dpo": chosen.dpo_address,
        "support": chosen.support_address,
    }


def home(call: Call[NoForm]) -> Response:
    """What Passe-plat does, and its two doors."""
    return page("accueil")


def legal_notice(call: Call[NoForm]) -> Response:
    """Who publishes and who hosts."""
    return page("mentions-legales", facts=facts())


def accessibility(call: Call[NoForm]) -> Response:
    """The accessibility declaration."""
    return page("accessibilite", facts=facts())


def static(call: Call[NoForm], digest: str, name: str) -> Response:
    """A page's script."""
    found = script(digest, name)
    if found is None:
        raise NotFound
    text, current = found
    # A page older than the last deployment gets the present script, but must not keep it under the old address.
    kept = {"Cache-Control": FOREVER if current else "no-cache", "Vary": "Accept-Encoding"}
    return answer(200, text, SCRIPT, headers=kept)


def sign_in(call: Call[NoForm]) -> Response:
    """Asks for a professional address."""
    notice, vers = LEFT.get(call.query("fait")), own_path(call.query("vers"))
    return page("connexion", error=None, adresse="", notice=notice, vers=vers, ended=False)


def code_page(call: Call[NoForm]) -> Response:
    """Asks for the digits, in the browser that kept the demand for them."""
    return digits(call.request, own_path(call.query("vers")))


def digits(request: Request, vers: str, status: int = 200, error: str | None = None) -> Response:
    """The page that asks for the digits.

    Args:
        vers: the page that opens then, an ``own_path``; ``error``: why the digits that were typed are refused.
    """
    # Without the cookie of the demand no digits are right: asking for them again would hide why.
    kept = read_cookie(request, CHALLENGE_COOKIE) is not None
    _, elsewhere = describe(CodeElsewhere())
    over_tls = config.public_base_url().startswith("https:")
    return page(
        "code", status, error=error, vers=vers, asked_here=kept, elsewhere=elsewhere, over_tls=over_tls
    )


def recipient_page(call: Call[NoForm], rest: str = "") -> Response:
    """The page of every link: it reads nothing, changes nothing, and sets the browser's nonce if absent.

    Args:
        rest: what a gateway made of ``#…``, where the page's script finds the token and drops it. Neither used nor logged.
    """
    lists = {"refus": DECLINES, "annule": CANCELS, "manque": MISSES}
    return page("retrait", cookies=(nonce_cookie(call.request),), motifs=lists)

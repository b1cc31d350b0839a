"""Pages for everybody that load no model library and no AWS client: home, signing in, the page behind a link, static files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from chalice.app import Request, Response

from chalicelib import config
from chalicelib.errors import CodeElsewhere, NotFound
from chalicelib.statics import read_script
from chalicelib.web.kit.calls import Call, NoForm
from chalicelib.web.kit.errors import SignInPage, describe
from chalicelib.web.kit.http import (
    CHALLENGE_COOKIE,
    answer,
    read_cookie,
    read_own_path,
    redirect,
    set_nonce_cookie,
)
from chalicelib.web.kit.page_view import Notice, PageView, render_page

LEFT = {
    "partout": Notice("Tous vos navigateurs sont déconnectés", "Pour entrer de nouveau, connectez-vous ici."),
    "cle": Notice(
        "La clé d’accès est ajoutée",
        "Connectez-vous avec elle\u00a0: un code par message ne suffit plus, et vos connexions sont terminées. Un message le "
        "confirme à votre adresse.",
    ),
    "cle-retiree": Notice(
        "La clé d’accès est retirée",
        "Elle n’ouvre plus votre compte, et vos connexions sont terminées\u00a0: connectez-vous de nouveau. Un message le "
        "confirme à votre adresse. Supprimez la clé aussi de l’appareil qui la garde.",
    ),
}
"""What was just done, by its slug in the address."""
FOREVER = "public, max-age=31536000, immutable"
SCRIPT = "text/javascript; charset=utf-8"
NO_ROBOTS = {"X-Robots-Tag": "noindex, nofollow"}

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
    ("put_off", "Le rendez-vous est reporté"),
    ("company_absent", "L’entreprise ne peut pas venir"),
    ("young_person_absent", "Le jeune ne peut pas venir"),
    ("other", "Autre motif"),
)
"""Why a meeting is cancelled."""
MISSES = (
    ("young_person_absent", "Le jeune n’est pas venu"),
    ("company_absent", "Nous n’avons pas pu être là"),
    ("put_off", "Le rendez-vous est reporté"),
    ("other", "Autre motif"),
)
"""Why a meeting did not take place."""


class SiteFacts(NamedTuple):
    """Who publishes, decides and hosts, where, and whom to write to: the legal facts of the stage, which every page shares."""

    publisher: str
    publisher_postal_address: str
    publisher_phone: str
    director: str
    joint_controllers: str
    host: str
    host_postal_address: str
    host_phone: str
    host_parent: str
    """To whom the host belongs, after « appartient à »."""
    region: str
    is_in_union: bool
    """Whether the host keeps the data in the European Union;"""
    transfer_grounds: str
    """if not, what allows that, as the stage says it."""
    approval: str
    """The decision of security approval; empty when none is published."""
    accessibility_plan: str
    """Address of the multi-year accessibility scheme and of its plan; empty when they are not published."""
    dpo: str
    dpo_postal_address: str
    support: str
    are_examples: bool
    """Whether one of them at least is no true one, as in a trial."""


@dataclass(frozen=True, slots=True)
class HomePage(PageView):
    """The home page: what Passe-plat does, and the ways in."""

    template = "accueil"


@dataclass(frozen=True, slots=True)
class LegalNotice(PageView):
    """Who publishes and who hosts the site."""

    template = "mentions-legales"

    facts: SiteFacts


@dataclass(frozen=True, slots=True)
class AccessibilityPage(PageView):
    """The accessibility declaration."""

    template = "accessibilite"

    facts: SiteFacts


@dataclass(frozen=True, slots=True)
class SiteMap(PageView):
    """The plan of the site: every page that has an address of its own, and for whom it is."""

    template = "plan"


@dataclass(frozen=True, slots=True)
class LostMessage:
    """The form for who does not find the message with the link, or what was done with it."""

    adresse: str = ""
    """As it was typed."""
    error: str = ""
    """Why it cannot be taken."""
    stopped: bool = False
    """Whether too much was asked for from there."""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class FollowPage(PageView):
    """The form that opens a young person's page, the same for everybody."""

    template = "suivi"

    reference: str = ""
    """As it was typed."""
    error: str = ""
    """Why no page opens."""


@dataclass(frozen=True, slots=True)
class CodePage(PageView):
    """The form that asks for the sign-in code."""

    template = "code"

    vers: str
    """The page that opens then, an ``read_own_path``."""
    error: str | None
    """Why the code that was typed is refused."""
    asked_here: bool
    """Whether this browser asked for the code; if not, ``elsewhere`` says why no code is right here."""
    elsewhere: str
    over_tls: bool


@dataclass(frozen=True, slots=True)
class WayOut(PageView):
    """A page that goes on to ProConnect by itself, or by its link. A form may not: our pages allow them no other site."""

    template = "vers-proconnect"

    address: str
    ended: bool
    """Whether our session has just ended; else one is about to begin."""


@dataclass(frozen=True, slots=True)
class RecipientPage(PageView):
    """The page behind every link. The three lists are what a company may choose from, as (code, words)."""

    template = "retrait"

    lost: LostMessage | None
    """None: who comes has not said that the message is lost."""
    declines: tuple[tuple[str, str], ...]
    cancels: tuple[tuple[str, str], ...]
    misses: tuple[tuple[str, str], ...]


def show_page(
    view: PageView,
    status: int = 200,
    cookies: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render a page for somebody who is not signed in."""
    return answer(status, render_page(view), cookies=cookies, headers=headers)


def show_way_out(
    address: str, *, ended: bool, cookies: tuple[str, ...] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Lead to an address of ProConnect, to sign in there or to end its session."""
    return show_page(WayOut(address, ended), cookies=cookies, headers=headers)


def read_site_facts() -> SiteFacts:
    """Return who publishes and hosts the site, and whom to write to, from the settings."""
    chosen = config.settings()
    return SiteFacts(
        publisher=chosen.publisher_name,
        publisher_postal_address=chosen.publisher_postal_address,
        publisher_phone=chosen.publisher_phone,
        director=chosen.publisher_director,
        joint_controllers=chosen.joint_controllers,
        host=chosen.host_name,
        host_postal_address=chosen.host_postal_address,
        host_phone=chosen.host_phone,
        host_parent=chosen.host_parent,
        region=config.name_region(),
        is_in_union=config.is_in_union(),
        transfer_grounds=chosen.transfer_grounds,
        approval=chosen.approval_decision,
        accessibility_plan=chosen.accessibility_plan,
        dpo=chosen.dpo_address,
        dpo_postal_address=chosen.dpo_postal_address,
        support=chosen.support_address,
        are_examples=bool(config.list_missing_facts(chosen)),
    )


def show_home(call: Call[NoForm]) -> Response:
    """Show the home page."""
    return show_page(HomePage())


def show_legal_notice(call: Call[NoForm]) -> Response:
    """Show who publishes and who hosts the site."""
    return show_page(LegalNotice(read_site_facts()))


def show_accessibility(call: Call[NoForm]) -> Response:
    """Show the accessibility declaration."""
    return show_page(AccessibilityPage(read_site_facts()))


def show_site_map(call: Call[NoForm]) -> Response:
    """Show the plan of the site."""
    return show_page(SiteMap())


def send_script(call: Call[NoForm], digest: str, name: str) -> Response:
    """Send a script of the pages; ``digest``: of the content that the page was made for.

    Raises:
        NotFound: there is no such script.
    """
    script_found = read_script(digest, name)
    if script_found is None:
        raise NotFound
    text, current = script_found
    # A page older than the last deployment gets the present script, but must not keep it under the old address.
    caching_headers = {"Cache-Control": FOREVER if current else "no-cache", "Vary": "Accept-Encoding"}
    return answer(200, text, SCRIPT, headers=caching_headers)


def show_sign_in(call: Call[NoForm]) -> Response:
    """Show the form that asks for a professional address."""
    vers, done = read_own_path(call.query("vers")), call.query("fait")
    return show_page(SignInPage(vers, notice=LEFT.get(done), added_passkey=done == "cle"))


def show_code_page(call: Call[NoForm]) -> Response:
    """Show the form that asks for the sign-in code."""
    return show_sign_in_code(call.request, read_own_path(call.query("vers")))


def show_sign_in_code(request: Request, vers: str, status: int = 200, error: str | None = None) -> Response:
    """Show the form that asks for the sign-in code; in a browser that did not ask for one, say why none is right there.

    Args:
        vers: the page that opens then, as ``read_own_path`` returns it.
        error: why the code that was typed is refused.
    """
    # Without the cookie of its challenge no code is right: asking for it again would hide why.
    has_challenge = read_cookie(request, CHALLENGE_COOKIE) is not None
    _, elsewhere = describe(CodeElsewhere())
    over_tls = config.public_base_url().startswith("https:")
    view = CodePage(vers=vers, error=error, asked_here=has_challenge, elsewhere=elsewhere, over_tls=over_tls)
    return show_page(view, status)


def lead_to_lost_message(call: Call[NoForm]) -> Response:
    """Lead from the former page of lost messages to that of links."""
    return redirect("/retrait?perdu=1")


def show_follow_page(call: Call[NoForm]) -> Response:
    """Show the form that opens a young person's page: it reads nothing and notes nothing, whoever or whatever asks for it."""
    return show_page(FollowPage(), headers=NO_ROBOTS)


def show_recipient_page(call: Call[NoForm], rest: str = "") -> Response:
    """Show the page of every link: it reads nothing, changes nothing, and sets the browser's nonce if there is none.

    Args:
        rest: what follows the path when a mail gateway rewrote ``#…`` of the link. It is neither used nor logged: the page's
            script finds the token there and removes it.
    """
    asked = call.query("fait") == "demande"
    return show_retrieval(call.request, LostMessage(asked=asked) if asked or call.query("perdu") else None)


def show_retrieval(request: Request, lost: LostMessage | None, status: int = 200) -> Response:
    """Show the page of every link, the same for everybody; ``lost``: how the search for a lost message stands."""
    page = RecipientPage(lost, DECLINES, CANCELS, MISSES)
    return show_page(page, status, cookies=(set_nonce_cookie(request),))

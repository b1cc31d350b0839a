"""The map of the site: a row for each route, and the view that answers it, loaded when one of its pages is first asked for."""

from functools import partial
from importlib import import_module
from typing import NamedTuple

from chalice.app import Chalice, Response

from chalicelib.web.kit import calls, http

PAGE, SCRIPT = "page", "script"


class Route(NamedTuple):
    """One row. A page is answered, and refused, in HTML and takes a form; what scripts call gives and takes JSON."""

    method: str
    path: str
    view: str
    """Module below ``chalicelib.web``, and function."""
    made_for: str = PAGE
    takes: tuple[str, ...] = ()
    """Content types of its body, where others are taken than what it is made for says."""
    head: bool = True
    """Whether a GET answers HEAD too."""


ROUTES = (
    Route("GET", "/", "public.home"),
    Route("GET", "/sante", "health.health", SCRIPT),
    Route("GET", "/mentions-legales", "public.legal_notice"),
    Route("GET", "/donnees-personnelles", "rights.personal_data"),
    Route("GET", "/donnees-personnelles/registre", "rights.register"),
    Route("GET", "/accessibilite", "public.accessibility"),
    Route("GET", "/static/{digest}/{name}", "public.static"),
    Route("GET", "/connexion", "public.sign_in"),
    Route("POST", "/connexion", "signing_in.ask_code"),
    Route("GET", "/connexion/code", "public.code_page"),
    Route("POST", "/connexion/code", "signing_in.enter_code"),
    Route("POST", "/deconnexion", "signing_in.sign_out"),
    Route("GET", "/notice", "sending.blank_notice"),
    Route("GET", "/donnees-personnelles/demande", "rights.form"),
    Route("POST", "/donnees-personnelles/demande", "rights.ask"),
    Route("GET", "/parcours", "lists.parcours"),
    Route("GET", "/parcours/export", "lists.export"),
    Route("GET", "/offres", "lists.offers"),
    Route("GET", "/parcours/{parcours_id}", "sheet.sheet"),
    Route("POST", "/parcours/{parcours_id}/faits", "outcomes.note"),
    Route("GET", "/parcours/{parcours_id}/histoire", "outcomes.history"),
    Route("POST", "/parcours/{parcours_id}/faits/{event_id}/correction", "outcomes.correct"),
    Route("POST", "/parcours/{parcours_id}/rendez-vous", "sheet.answer_dates"),
    Route("POST", "/parcours/{parcours_id}/refus/annulation", "outcomes.undo_decline"),
    Route("GET", "/parcours/{parcours_id}/collegue", "sending.colleague_page"),
    Route("POST", "/parcours/{parcours_id}/collegue", "sending.answer_colleague"),
    Route("GET", "/run", "runs.entrance"),
    Route("POST", "/run", "runs.start"),
    Route("GET", "/run/{run_id}", "runs.current"),
    Route("POST", "/run/{run_id}/suivant", "runs.go_on"),
    Route("POST", "/run/{run_id}/fin", "runs.finish"),
    Route("GET", "/run/{run_id}/resume", "runs.summary"),
    Route("GET", "/offres/nouvelle", "record.new_page"),
    Route("POST", "/offres/nouvelle", "record.declare"),
    Route("GET", "/parcours/{parcours_id}/fiche", "record.edit_page"),
    Route("POST", "/parcours/{parcours_id}/fiche", "record.edit"),
    Route("GET", "/parcours/{parcours_id}/contacts", "record.contacts_page"),
    Route("POST", "/parcours/{parcours_id}/contacts", "record.set_contact"),
    Route("GET", "/parcours/{parcours_id}/tutrice", "record.assign_page"),
    Route("POST", "/parcours/{parcours_id}/tutrice", "record.assign"),
    Route("GET", "/parcours/{parcours_id}/retrait", "record.withdraw_page"),
    Route("POST", "/parcours/{parcours_id}/retrait", "record.withdraw"),
    Route("POST", "/parcours/{parcours_id}/relance", "record.remind"),
    Route("GET", "/parcours/{parcours_id}/envoi", "sending.send_page"),
    Route("GET", "/parcours/{parcours_id}/notice", "sending.notice_page"),
    Route("POST", "/parcours/{parcours_id}/notice", "sending.hand_notice"),
    Route("GET", "/parcours/{parcours_id}/effacements/{event_id}", "sending.statement"),
    Route("POST", "/parcours/{parcours_id}/depots", "sending.open_deposit", SCRIPT),
    Route("GET", "/depots/{deposit_id}", "sending.progress", SCRIPT, head=False),
    Route("POST", "/depots/{deposit_id}/renvoi", "sending.resend"),
    Route("POST", "/depots/{deposit_id}/revocation", "sending.revoke"),
    Route("POST", "/depots/{deposit_id}/effacement", "sending.erase"),
    Route("GET", "/parcours/{parcours_id}/fin", "outcomes.end_page"),
    Route("POST", "/parcours/{parcours_id}/fin", "outcomes.end"),
    Route("POST", "/parcours/{parcours_id}/passage", "outcomes.take"),
    Route("GET", "/retrait", "public.recipient_page"),
    Route("GET", "/retrait/{rest}", "public.recipient_page"),
    Route("POST", "/retrait/apercu", "recipient.glimpse", SCRIPT),
    Route("POST", "/retrait/preuve", "recipient.prove", SCRIPT),
    Route("POST", "/retrait/ouverture", "recipient.open_documents", SCRIPT),
    Route("POST", "/retrait/reception", "recipient.answer_reception", SCRIPT),
    Route("POST", "/retrait/demande", "recipient.ask_again", SCRIPT),
    Route("POST", "/retrait/creneaux", "recipient.propose_dates", SCRIPT),
    Route("POST", "/retrait/rendez-vous", "recipient.answer_meeting", SCRIPT),
    Route("POST", "/retrait/refus", "recipient.decline", SCRIPT),
    Route("POST", "/retrait/refus/annulation", "recipient.undo_decline", SCRIPT),
    Route("POST", "/retrait/copies", "recipient.delete_copies", SCRIPT),
    Route("POST", "/retrait/transmission", "recipient.pass_on", SCRIPT),
    Route("GET", "/comptes", "accounts.listing"),
    Route("GET", "/comptes/nouveau", "accounts.new_page"),
    Route("POST", "/comptes/nouveau", "accounts.invite"),
    Route("GET", "/comptes/{account_id}", "accounts.account_page"),
    Route("POST", "/comptes/{account_id}", "accounts.edit"),
    Route("POST", "/comptes/{account_id}/invitation", "accounts.invite_again"),
    Route("POST", "/comptes/{account_id}/reouverture", "accounts.reopen"),
    Route("GET", "/comptes/{account_id}/fermeture", "accounts.closing_page"),
    Route("POST", "/comptes/{account_id}/fermeture", "accounts.close"),
    Route("GET", "/comptes/{account_id}/parcours", "accounts.handing_page"),
    Route("POST", "/comptes/{account_id}/parcours", "accounts.hand_over"),
    Route("POST", "/comptes/{account_id}/absence", "accounts.away"),
    Route("POST", "/comptes/{account_id}/retour", "accounts.back"),
    Route("GET", "/compte", "accounts.own_page"),
    Route("POST", "/compte", "accounts.edit_own"),
    Route("POST", "/compte/absence", "accounts.own_absence"),
    Route("POST", "/compte/retour", "accounts.own_return"),
    Route("POST", "/compte/envois", "accounts.choose_way"),
    Route("POST", "/compte/navigateurs", "signing_in.forget_browser"),
    Route("POST", "/compte/deconnexion", "signing_in.sign_out_everywhere"),
    Route("POST", "/compte/lettre", "accounts.choose_letter"),
    Route("GET", "/lettre/{account}/{signature}", "weekly.stop_page"),
    Route("POST", "/lettre/{account}/{signature}", "weekly.stop", takes=(http.FORM, http.MULTIPART)),
    Route("GET", "/import", "importing.choose_file"),
    Route("POST", "/import", "importing.take_file"),
    Route("GET", "/aide/cv-par-mail", "importing.mailed_cv"),
    Route("GET", "/delais", "delays.delays"),
)


def register(app: Chalice) -> None:
    """Declare every row to Chalice."""
    for route in ROUTES:
        usual = http.FORM if route.made_for == PAGE and route.method == "POST" else http.JSON
        app.route(
            route.path,
            methods=["GET", "HEAD"] if route.method == "GET" and route.head else [route.method],
            name=route.view.rpartition(".")[2],
            content_types=list(route.takes) or [usual],
        )(_answering(app, route))


def _answering(app: Chalice, route: Route) -> calls.View:
    answer = calls.html if route.made_for == PAGE else calls.json

    def view(**path: str) -> Response:
        assert app.current_request is not None
        return answer(partial(load, route), app.current_request, path)

    return view


def load(route: Route) -> calls.View:
    """Import the view of a row."""
    module, _, name = route.view.rpartition(".")
    view: calls.View = getattr(import_module(f"chalicelib.web.{module}"), name)
    return view

"""The site map: one row for each route, with the view that answers it, whose module is imported at its first use."""

from collections.abc import Callable
from typing import NamedTuple

from chalice.app import Chalice

from chalicelib import web
from chalicelib.web.kit import calls, http

PAGE, SCRIPT = "page", "script"


class Route(NamedTuple):
    """One route. A page is answered in HTML and takes a form; what scripts call is answered in JSON and takes JSON."""

    method: str
    path: str
    view: Callable[[], calls.View]
    """Names it; called, it imports its module."""
    made_for: str = PAGE
    takes: tuple[str, ...] = ()
    """Content types of its body, where others are taken than what it is made for says."""
    head: bool = True
    """Whether a GET answers HEAD too."""
    shows_contacts: bool = False
    """Whether an agent sees people of the record there: a row of the audit trail says so."""


ROUTES = (
    Route("GET", "/", lambda: web.public.show_home),
    Route("GET", "/sante", lambda: web.health.answer_health, SCRIPT),
    Route("GET", "/mentions-legales", lambda: web.public.show_legal_notice),
    Route("GET", "/donnees-personnelles", lambda: web.rights.show_personal_data),
    Route("GET", "/donnees-personnelles/registre", lambda: web.rights.show_register),
    Route("GET", "/accessibilite", lambda: web.public.show_accessibility),
    Route("GET", "/plan", lambda: web.public.show_site_map),
    Route("GET", "/static/{digest}/{name}", lambda: web.public.send_script),
    Route("GET", "/connexion", lambda: web.public.show_sign_in),
    Route("POST", "/connexion", lambda: web.signing_in.ask_code),
    Route("GET", "/connexion/code", lambda: web.public.show_code_page),
    Route("POST", "/connexion/code", lambda: web.signing_in.enter_code),
    Route("POST", "/connexion/proconnect", lambda: web.identities.leave),
    Route("GET", "/connexion/proconnect/retour", lambda: web.identities.come_back, head=False),
    Route("GET", "/connexion/cle", lambda: web.passkeys.show_sign_in),
    Route("POST", "/connexion/cle", lambda: web.passkeys.sign_in, SCRIPT),
    Route("POST", "/connexion/cle/defi", lambda: web.passkeys.begin_sign_in, SCRIPT),
    Route("POST", "/deconnexion", lambda: web.signing_in.sign_out),
    Route("GET", "/notice", lambda: web.notice.show_blank_notice),
    Route("GET", "/donnees-personnelles/demande", lambda: web.rights.show_form),
    Route("POST", "/donnees-personnelles/demande", lambda: web.rights.send_request),
    Route("GET", "/parcours", lambda: web.lists.list_parcours),
    Route("GET", "/parcours/export", lambda: web.lists.export_parcours, shows_contacts=True),
    Route("GET", "/parcours/ensemble", lambda: web.together.show_choice),
    Route("POST", "/parcours/ensemble", lambda: web.together.act_together),
    Route("GET", "/offres", lambda: web.lists.lead_to_offers),
    Route("GET", "/parcours/{parcours_id}", lambda: web.sheet.show_sheet, shows_contacts=True),
    Route("POST", "/parcours/{parcours_id}/faits", lambda: web.outcomes.note_fact),
    Route("GET", "/parcours/{parcours_id}/histoire", lambda: web.outcomes.show_history, shows_contacts=True),
    Route("POST", "/parcours/{parcours_id}/faits/{event_id}/correction", lambda: web.outcomes.correct),
    Route("POST", "/parcours/{parcours_id}/rendez-vous", lambda: web.sheet.answer_dates),
    Route("POST", "/parcours/{parcours_id}/refus/annulation", lambda: web.outcomes.undo_decline),
    Route(
        "GET",
        "/parcours/{parcours_id}/collegue",
        lambda: web.sending.show_colleague_question,
        shows_contacts=True,
    ),
    Route("POST", "/parcours/{parcours_id}/collegue", lambda: web.sending.answer_colleague),
    Route("GET", "/run", lambda: web.lists.lead_to_list),
    Route("GET", "/run/{run_id}", lambda: web.lists.lead_to_list),
    Route("GET", "/offres/nouvelle", lambda: web.record.show_new_page),
    Route("POST", "/offres/nouvelle", lambda: web.record.declare),
    Route("GET", "/parcours/{parcours_id}/fiche", lambda: web.record.show_edit_page, shows_contacts=True),
    Route("POST", "/parcours/{parcours_id}/fiche", lambda: web.record.edit),
    Route(
        "GET", "/parcours/{parcours_id}/contacts", lambda: web.record.show_contacts_page, shows_contacts=True
    ),
    Route("POST", "/parcours/{parcours_id}/contacts", lambda: web.record.set_contact),
    Route("GET", "/parcours/{parcours_id}/tutrice", lambda: web.record.show_assign_page),
    Route("POST", "/parcours/{parcours_id}/tutrice", lambda: web.record.assign),
    Route("GET", "/parcours/{parcours_id}/retrait", lambda: web.record.show_withdraw_page),
    Route("POST", "/parcours/{parcours_id}/retrait", lambda: web.record.withdraw),
    Route("POST", "/parcours/{parcours_id}/signalement", lambda: web.record.report),
    Route("POST", "/parcours/{parcours_id}/relance", lambda: web.record.remind),
    Route("POST", "/parcours/{parcours_id}/charge", lambda: web.lists.take_up),
    Route("POST", "/parcours/{parcours_id}/sms", lambda: web.record.remind_by_sms),
    Route("GET", "/parcours/{parcours_id}/envoi", lambda: web.sending.show_send_page, shows_contacts=True),
    Route("GET", "/parcours/{parcours_id}/notice", lambda: web.notice.show_notice),
    Route("POST", "/parcours/{parcours_id}/notice", lambda: web.sending.note_word),
    Route("POST", "/parcours/{parcours_id}/cle", lambda: web.notice.renew_key),
    Route(
        "GET",
        "/parcours/{parcours_id}/convocation",
        lambda: web.convocation.show_convocation,
        shows_contacts=True,
    ),
    Route("GET", "/parcours/{parcours_id}/effacements/{event_id}", lambda: web.sending.show_erasure),
    Route("POST", "/parcours/{parcours_id}/depots", lambda: web.sending.open_deposit, SCRIPT),
    Route("GET", "/depots/{deposit_id}", lambda: web.sending.show_progress, SCRIPT, head=False),
    Route("POST", "/depots/{deposit_id}/renvoi", lambda: web.sending.resend),
    Route("POST", "/depots/{deposit_id}/revocation", lambda: web.sending.revoke),
    Route("POST", "/depots/{deposit_id}/effacement", lambda: web.sending.erase),
    Route("GET", "/parcours/{parcours_id}/fin", lambda: web.outcomes.show_end_page),
    Route("POST", "/parcours/{parcours_id}/fin", lambda: web.outcomes.end),
    Route("POST", "/parcours/{parcours_id}/passage", lambda: web.outcomes.take),
    Route("GET", "/message-perdu", lambda: web.public.lead_to_lost_message),
    Route("GET", "/suivi", lambda: web.public.show_follow_page),
    Route("POST", "/suivi", lambda: web.young.follow),
    Route("POST", "/suivi/agenda", lambda: web.feeds.send_own_meeting),
    Route("GET", "/retrait", lambda: web.public.show_recipient_page),
    Route("POST", "/retrait", lambda: web.recipient.ask_for_message),
    Route("GET", "/retrait/{rest}", lambda: web.public.show_recipient_page),
    Route("POST", "/retrait/apercu", lambda: web.recipient.show_glimpse, SCRIPT),
    Route("POST", "/retrait/preuve", lambda: web.recipient.prove, SCRIPT),
    Route("POST", "/retrait/ouverture", lambda: web.recipient.open_documents, SCRIPT),
    Route("POST", "/retrait/reception", lambda: web.recipient.answer_reception, SCRIPT),
    Route("POST", "/retrait/demande", lambda: web.recipient.ask_again, SCRIPT),
    Route("POST", "/retrait/creneaux", lambda: web.recipient.propose_dates, SCRIPT),
    Route("POST", "/retrait/rendez-vous", lambda: web.recipient.answer_meeting, SCRIPT),
    Route("POST", "/retrait/refus", lambda: web.recipient.decline, SCRIPT),
    Route("POST", "/retrait/refus/annulation", lambda: web.recipient.undo_decline, SCRIPT),
    Route("POST", "/retrait/copies", lambda: web.recipient.delete_copies, SCRIPT),
    Route("POST", "/retrait/transmission", lambda: web.recipient.pass_on, SCRIPT),
    Route("GET", "/comptes", lambda: web.accounts.list_accounts),
    Route("GET", "/comptes/nouveau", lambda: web.accounts.show_new_page),
    Route("POST", "/comptes/nouveau", lambda: web.accounts.invite),
    Route("GET", "/comptes/plusieurs", lambda: web.inviting.show_page),
    Route("POST", "/comptes/plusieurs", lambda: web.inviting.invite),
    Route("GET", "/comptes/{account_id}", lambda: web.accounts.show_account_page),
    Route("POST", "/comptes/{account_id}", lambda: web.accounts.edit),
    Route("POST", "/comptes/{account_id}/invitation", lambda: web.accounts.invite_again),
    Route("POST", "/comptes/{account_id}/reouverture", lambda: web.accounts.reopen),
    Route("GET", "/comptes/{account_id}/fermeture", lambda: web.accounts.show_closing_page),
    Route("POST", "/comptes/{account_id}/fermeture", lambda: web.accounts.close),
    Route("POST", "/comptes/{account_id}/proconnect", lambda: web.identities.unlink),
    Route("POST", "/comptes/{account_id}/cles", lambda: web.passkeys.remove_all),
    Route("POST", "/comptes/{account_id}/absence", lambda: web.accounts.announce_absence),
    Route("POST", "/comptes/{account_id}/retour", lambda: web.accounts.end_absence),
    Route("GET", "/compte", lambda: web.accounts.show_own_page),
    Route("POST", "/compte", lambda: web.accounts.edit_own),
    Route("GET", "/compte/plan", lambda: web.accounts.show_own_site_map),
    Route("POST", "/compte/absence", lambda: web.accounts.announce_own_absence),
    Route("POST", "/compte/retour", lambda: web.accounts.end_own_absence),
    Route("POST", "/compte/vues", lambda: web.lists.keep_view),
    Route("POST", "/compte/envois", lambda: web.accounts.set_default_sending_route),
    Route("GET", "/compte/cles", lambda: web.accounts.lead_to_own_page),
    Route("POST", "/compte/cles", lambda: web.passkeys.add, SCRIPT),
    Route("POST", "/compte/cles/defi", lambda: web.passkeys.begin_registration, SCRIPT),
    Route("POST", "/compte/cles/nom", lambda: web.passkeys.rename),
    Route("POST", "/compte/cles/retrait", lambda: web.passkeys.remove),
    Route("POST", "/compte/deconnexion", lambda: web.signing_in.sign_out_everywhere),
    Route("POST", "/compte/agenda", lambda: web.accounts.set_feed),
    Route("GET", "/agenda/{account}/{secret}", lambda: web.feeds.send_feed, head=False),
    Route("GET", "/import", lambda: web.importing.show_file_page),
    Route("POST", "/import", lambda: web.importing.import_file),
    Route("GET", "/aide", lambda: web.help.show_help),
    Route("GET", "/aide/entreprise", lambda: web.help.show_recipients_help),
    Route("GET", "/aide/cv-par-mail", lambda: web.importing.show_mailed_cv),
    Route("GET", "/delais", lambda: web.help.lead_to_delays),
    Route("GET", "/preuves", lambda: web.rights.show_erasing),
)


def register(app: Chalice) -> None:
    """Declare every route to Chalice."""
    for route in ROUTES:
        usual = http.FORM if route.made_for == PAGE and route.method == "POST" else http.JSON
        answering = calls.answer_with_page if route.made_for == PAGE else calls.answer_with_json
        name = f"{route.method} {route.path}"
        app.route(
            route.path,
            methods=["GET", "HEAD"] if route.method == "GET" and route.head else [route.method],
            name=name,
            content_types=list(route.takes) or [usual],
        )(answering(app, calls.Viewed(route.view, name, route.shows_contacts)))

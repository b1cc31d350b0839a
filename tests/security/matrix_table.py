"""Every route and what each kind of person gets from it, on her own parcours and on another's: the one table."""

import secrets
from functools import partial

from tests.security import passkeys
from tests.security.matrix import (
    Row,
    account_page,
    account_path,
    agents,
    closing_page,
    declare,
    edit_account,
    edit_own,
    edit_record,
    invite,
    invite_again,
    invite_several,
    withdraw_together,
)
from tests.security.matrix_public import PUBLIC
from tests.support import factories
from tests.support.offers import today

SENDERS = {
    "page": (200, 200, 403, 403, 403),
    "json": (201, 201, 403, 403, 403),
    "form": (303, 303, 403, 403, 403),
}
"""403: they see the parcours, and sending on it is for others. Strangers get 404, as if there were none."""
ENDS = {"page": (200, 200, 403, 403, 200), "form": (303, 303, 403, 403, 303)}
ALL, DONE = (200,) * 5, (303,) * 5
DECLARE = {"page": (404, 404, 200, 200, 200), "form": (404, 404, 303, 303, 303)}
RECORD = {"page": (403, 403, 200, 200, 200), "form": (403, 403, 303, 303, 303)}
ASSIGN = {"page": (403, 200, 403, 403, 200), "form": (403, 303, 403, 403, 303)}
MANAGES = {"tutor": (404, 200, 404, 404, 200), "tutor form": (404, 303, 404, 404, 303)}
MANAGES |= {"prescriber": (404, 404, 200, 404, 200), "prescriber form": (404, 404, 303, 404, 303)}
TEAM_ONLY = (404, 404, 404, 404, 200)

LISTS = [
    agents("GET /parcours", lambda a: a.get("/parcours")),
    agents(
        "GET /parcours",
        lambda a: a.get("/parcours?academie=Dijon&q=Ouvrages"),
        about="filtered",
    ),
    agents("GET /parcours/export", lambda a: a.get("/parcours/export")),
    Row(
        "GET /parcours/ensemble", lambda a: a.get("/parcours/ensemble"), (404, 200, 200, 200, 200), alike=True
    ),
    Row("POST /parcours/ensemble", withdraw_together, (404, 422, 200, 200, 200)),
    agents("GET /offres", lambda a: a.get("/offres"), 303),
    agents("GET /parcours", lambda a: a.get("/parcours?statut=disponible"), about="free offers"),
    agents("GET /delais", lambda a: a.get("/delais"), 303),
    agents("GET /compte", lambda a: a.get("/compte")),
    agents("GET /compte/plan", lambda a: a.get("/compte/plan")),
    agents("POST /compte", edit_own, 303),
    agents("GET /compte/cles", lambda a: a.get("/compte/cles"), 303),
    agents("POST /compte/cles/defi", lambda a: a.client.post_json("/compte/cles/defi", {})),
    agents("POST /compte/cles", passkeys.adds),
    agents("POST /compte/cles/nom", lambda a: a.form("/compte/cles/nom", cle="AAAA", nom="Bureau"), 303),
    agents("POST /compte/cles/retrait", lambda a: a.form("/compte/cles/retrait", cle="AAAA"), 303),
    agents("POST /compte/deconnexion", lambda a: a.form("/compte/deconnexion"), 303),
    agents(
        "POST /compte/vues",
        lambda a: a.form("/compte/vues", academie="Dijon", nom="Dijon", geste="garder"),
        303,
    ),
    agents("POST /compte/agenda", lambda a: a.form("/compte/agenda", geste="ouvrir", cle="5e" * 16)),
    Row(
        "POST /compte/envois",
        lambda a: a.form("/compte/envois", par="acheteur"),
        (404, 404, 303, 303, 404),
        alike=True,
    ),
]
PARCOURS = [
    Row("GET /parcours/{parcours_id}", lambda a: a.get(f"/parcours/{a.scene.sent}"), ALL),
    Row(
        "GET /parcours/{parcours_id}",
        lambda a: a.get(f"/parcours/{a.scene.free}"),
        ALL,
        strange_tutor=200,
        about="free",
    ),
    Row(
        "GET /parcours/{parcours_id}/envoi",
        lambda a: a.get(f"/parcours/{a.scene.idle}/envoi"),
        SENDERS["page"],
    ),
    Row(
        "POST /parcours/{parcours_id}/depots",
        lambda a: a.client.post_json(f"/parcours/{a.scene.idle}/depots", factories.sealed().as_json()),
        SENDERS["json"],
    ),
    Row("GET /parcours/{parcours_id}/notice", lambda a: a.get(f"/parcours/{a.scene.idle}/notice"), ALL),
    Row(
        "POST /parcours/{parcours_id}/notice",
        lambda a: a.form(f"/parcours/{a.scene.idle}/notice", geste="parle"),
        (303, 303, 403, 403, 303),
    ),
    Row(
        "POST /parcours/{parcours_id}/cle",
        lambda a: a.form(f"/parcours/{a.scene.idle}/cle", passage="1", vu="1"),
        SENDERS["form"],
    ),
    Row(
        "GET /parcours/{parcours_id}/convocation",
        lambda a: a.get(f"/parcours/{a.scene.sent}/convocation"),
        (409, 409, 403, 403, 403),
        about="no meeting is fixed",
    ),
    Row(
        "GET /parcours/{parcours_id}/effacements/{event_id}",
        lambda a: a.get(f"/parcours/{a.scene.idle}/effacements/{a.scene.erasure}"),
        SENDERS["page"],
    ),
    Row("GET /depots/{deposit_id}", lambda a: a.get(f"/depots/{a.scene.deposit}"), ALL),
    Row(
        "POST /depots/{deposit_id}/renvoi",
        lambda a: a.form(f"/depots/{a.scene.deposit}/renvoi", vu="ferme", lien=a.scene.link, version="1"),
        SENDERS["form"],
    ),
    Row(
        "POST /depots/{deposit_id}/revocation",
        lambda a: a.form(f"/depots/{a.scene.deposit}/revocation", vu="ferme", suite=""),
        SENDERS["form"],
    ),
    Row(
        "POST /depots/{deposit_id}/effacement",
        lambda a: a.form(f"/depots/{a.scene.deposit}/effacement"),
        SENDERS["form"],
    ),
    Row("GET /parcours/{parcours_id}/fin", lambda a: a.get(f"/parcours/{a.scene.sent}/fin"), ENDS["page"]),
    Row(
        "POST /parcours/{parcours_id}/fin",
        lambda a: a.form(
            f"/parcours/{a.scene.sent}/fin",
            fin="young_person_withdrew",
            motif="other",
            survenu_le=today(),
            jours="",
        ),
        ENDS["form"],
    ),
    Row(
        "POST /parcours/{parcours_id}/passage",
        lambda a: a.form(f"/parcours/{a.scene.free}/passage"),
        (303, 403, 403, 403, 403),
        strange_tutor=303,
    ),
    Row(
        "POST /parcours/{parcours_id}/faits",
        lambda a: a.form(
            f"/parcours/{a.scene.sent}/faits",
            fait="call_noted.reached",
            contact="welcomes",
            survenu_le="",
            cle=secrets.token_hex(16),
            suite="",
        ),
        DONE,
    ),
    Row(
        "POST /parcours/{parcours_id}/rendez-vous",
        lambda a: a.form(f"/parcours/{a.scene.sent}/rendez-vous", geste="autres", vu="", motif="other"),
        (409, 409, 403, 403, 403),
        about="without a date proposed",
    ),
    Row(
        "POST /parcours/{parcours_id}/refus/annulation",
        lambda a: a.form(f"/parcours/{a.scene.sent}/refus/annulation"),
        (409, 409, 403, 403, 403),
        about="without a refusal",
    ),
    Row(
        "POST /parcours/{parcours_id}/collegue",
        lambda a: a.form(f"/parcours/{a.scene.sent}/collegue", geste="accorder", lien="0" * 32),
        (409, 403, 403, 403, 403),
        about="who was not named",
    ),
    Row(
        "GET /parcours/{parcours_id}/collegue",
        lambda a: a.get(f"/parcours/{a.scene.sent}/collegue"),
        (200, 303, 303, 303, 303),
    ),
    Row("GET /parcours/{parcours_id}/histoire", lambda a: a.get(f"/parcours/{a.scene.sent}/histoire"), ALL),
    Row(
        "POST /parcours/{parcours_id}/faits/{event_id}/correction",
        lambda a: a.form(f"/parcours/{a.scene.sent}/faits/{a.scene.event}/correction", suite=""),
        DONE,
    ),
    Row("GET /parcours/{parcours_id}/contacts", lambda a: a.get(f"/parcours/{a.scene.sent}/contacts"), ALL),
    Row(
        "GET /parcours/{parcours_id}/contacts",
        lambda a: a.get(f"/parcours/{a.scene.free}/contacts"),
        (403, 200, 200, 200, 200),
        strange_tutor=403,
        about="free",
    ),
    Row(
        "POST /parcours/{parcours_id}/contacts",
        lambda a: a.form(
            f"/parcours/{a.scene.sent}/contacts", contact="repond", geste="bon", version="0", joint="1"
        ),
        DONE,
    ),
    Row("POST /parcours/{parcours_id}/relance", lambda a: a.form(f"/parcours/{a.scene.sent}/relance"), DONE),
    Row(
        "POST /parcours/{parcours_id}/charge",
        lambda a: a.form(f"/parcours/{a.scene.sent}/charge"),
        DONE,
    ),
    Row(
        "POST /parcours/{parcours_id}/sms",
        lambda a: a.form(f"/parcours/{a.scene.sent}/sms"),
        (409, 409, 403, 403, 403),
        about="whose number is no mobile one",
    ),
]
RECORDS = [
    Row("GET /offres/nouvelle", lambda a: a.get("/offres/nouvelle"), DECLARE["page"], alike=True),
    Row("POST /offres/nouvelle", declare, DECLARE["form"], alike=True),
    Row(
        "GET /parcours/{parcours_id}/fiche",
        lambda a: a.get(f"/parcours/{a.scene.idle}/fiche"),
        RECORD["page"],
    ),
    Row("POST /parcours/{parcours_id}/fiche", edit_record, RECORD["form"]),
    Row(
        "GET /parcours/{parcours_id}/retrait",
        lambda a: a.get(f"/parcours/{a.scene.free}/retrait"),
        RECORD["page"],
        strange_tutor=403,
        about="free",
    ),
    Row(
        "POST /parcours/{parcours_id}/retrait",
        lambda a: a.form(f"/parcours/{a.scene.free}/retrait", geste="retirer", motif="other"),
        RECORD["form"],
        strange_tutor=403,
        about="free",
    ),
    Row(
        "POST /parcours/{parcours_id}/signalement",
        lambda a: a.form(f"/parcours/{a.scene.idle}/signalement", motif="offer_inexact"),
        (303, 303, 403, 403, 403),
    ),
    Row(
        "GET /parcours/{parcours_id}/tutrice",
        lambda a: a.get(f"/parcours/{a.scene.idle}/tutrice"),
        ASSIGN["page"],
    ),
    Row(
        "POST /parcours/{parcours_id}/tutrice",
        lambda a: a.form(
            f"/parcours/{a.scene.idle}/tutrice", qui=a.scene.accounts["colleague"].id, depuis=""
        ),
        ASSIGN["form"],
    ),
]

RUNS = [
    agents("GET /run", lambda a: a.get("/run"), 303),
    agents("GET /run/{run_id}", lambda a: a.get(f"/run/{'0' * 32}"), 303),
]

ABSENT = (303, 409, 409, 409, 409)
"""Only a tutor has turns to hand over."""
PEOPLE = [
    Row("GET /comptes", lambda a: a.get("/comptes"), (404, 200, 200, 404, 200), alike=True),
    Row("GET /comptes/nouveau", lambda a: a.get("/comptes/nouveau"), (404, 200, 200, 404, 200), alike=True),
    Row("POST /comptes/nouveau", invite, (404, 303, 303, 404, 303), alike=True),
    Row(
        "GET /comptes/plusieurs", lambda a: a.get("/comptes/plusieurs"), (404, 200, 200, 404, 200), alike=True
    ),
    Row("POST /comptes/plusieurs", invite_several, (404, 200, 200, 404, 200), alike=True),
    Row(
        "POST /compte/absence",
        lambda a: a.form("/compte/absence", du=today(), au=today()),
        ABSENT,
        alike=True,
    ),
    Row("POST /compte/retour", lambda a: a.form("/compte/retour"), ABSENT, alike=True),
    *(
        row
        for who in ("tutor", "prescriber")
        for row in (
            Row(
                "GET /comptes/{account_id}",
                partial(account_page, name=who),
                MANAGES[who],
                about=who,
            ),
            Row(
                "POST /comptes/{account_id}",
                partial(edit_account, name=who),
                MANAGES[f"{who} form"],
                about=who,
            ),
            Row(
                "POST /comptes/{account_id}/invitation",
                partial(invite_again, name=who),
                MANAGES[f"{who} form"],
                about=who,
            ),
            Row(
                "GET /comptes/{account_id}/fermeture",
                partial(closing_page, name=who),
                MANAGES[who],
                about=who,
            ),
        )
    ),
    Row(
        "POST /comptes/{account_id}/fermeture",
        lambda a: a.form(f"{account_path(a, 'tutor')}/fermeture"),
        MANAGES["tutor form"],
    ),
    Row(
        "POST /comptes/{account_id}/absence",
        lambda a: a.form(f"{account_path(a, 'tutor')}/absence", du=today(), au=today()),
        MANAGES["tutor form"],
    ),
    Row(
        "POST /comptes/{account_id}/retour",
        lambda a: a.form(f"{account_path(a, 'tutor')}/retour"),
        MANAGES["tutor form"],
    ),
    Row(
        "POST /comptes/{account_id}/proconnect",
        lambda a: a.form(f"{account_path(a, 'tutor')}/proconnect"),
        MANAGES["tutor form"],
    ),
    Row(
        "POST /comptes/{account_id}/cles",
        lambda a: a.form(f"{account_path(a, 'tutor')}/cles"),
        MANAGES["tutor form"],
    ),
    Row(
        "POST /comptes/{account_id}/reouverture",
        lambda a: a.form(f"{account_path(a, 'closed account')}/reouverture"),
        (404, 404, 404, 404, 303),
    ),
]
TEAM = [
    Row("GET /import", lambda a: a.get("/import"), TEAM_ONLY),
    Row(
        "POST /import",
        lambda a: a.form("/import", fichier="", etape=""),
        (404, 404, 404, 404, 422),
    ),
    agents("GET /aide", lambda a: a.get("/aide")),
    agents("GET /aide/cv-par-mail", lambda a: a.get("/aide/cv-par-mail")),
]
TABLE = [*PUBLIC, *LISTS, *PARCOURS, *RECORDS, *RUNS, *PEOPLE, *TEAM]

FAR = frozenset(
    {
        "/parcours/ensemble",
        "/comptes/nouveau",
        "/comptes/plusieurs",
        "/comptes/{account_id}",
        "/comptes/{account_id}/reouverture",
        "/comptes/{account_id}/fermeture",
        "/comptes/{account_id}/cles",
        "/comptes/{account_id}/proconnect",
        "/compte/agenda",
        "/compte/cles",
        "/compte/cles/defi",
        "/compte/cles/nom",
        "/compte/cles/retrait",
        "/import",
    }
)
"""The posts of agents that reach far: a proof of the last quarter of an hour is asked for."""
NEAR = frozenset(
    {
        "/parcours/{parcours_id}/faits",
        "/parcours/{parcours_id}/faits/{event_id}/correction",
        "/parcours/{parcours_id}/rendez-vous",
        "/parcours/{parcours_id}/refus/annulation",
        "/parcours/{parcours_id}/collegue",
        "/parcours/{parcours_id}/fiche",
        "/parcours/{parcours_id}/contacts",
        "/parcours/{parcours_id}/tutrice",
        "/parcours/{parcours_id}/retrait",
        "/parcours/{parcours_id}/signalement",
        "/parcours/{parcours_id}/relance",
        "/parcours/{parcours_id}/charge",
        "/parcours/{parcours_id}/sms",
        "/parcours/{parcours_id}/notice",
        "/parcours/{parcours_id}/cle",
        "/parcours/{parcours_id}/depots",
        "/parcours/{parcours_id}/fin",
        "/parcours/{parcours_id}/passage",
        "/depots/{deposit_id}/renvoi",
        "/depots/{deposit_id}/revocation",
        "/depots/{deposit_id}/effacement",
        "/offres/nouvelle",
        "/comptes/{account_id}/invitation",
        "/comptes/{account_id}/absence",
        "/comptes/{account_id}/retour",
        "/compte",
        "/compte/absence",
        "/compte/retour",
        "/compte/vues",
        "/compte/envois",
        "/compte/deconnexion",
    }
)
"""Those that do not: one parcours, or the agent's own account. A new route stands in one of the two."""

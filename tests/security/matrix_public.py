"""The rows of ``matrix_table`` that do not depend on who asks: public pages, and the recipient's, which asks for no account."""

from functools import partial

from chalicelib.stores import parcours_table
from chalicelib.stories import young
from tests.security import passkeys
from tests.security.matrix import Asker, everybody, in_a_month, of_link
from tests.support.http import Answer


def follows(asker: Asker, path: str = "/suivi") -> Answer:
    """Look at a young person's page with the key of the notice."""
    attempt = parcours_table.read_attempt(asker.scene.sent, 1)
    return asker.form(path, reference=attempt.reference, cle=young.spell_follow_key(attempt).secret)


PUBLIC = [
    everybody("GET /", lambda a: a.get("/"), 200),
    everybody("GET /sante", lambda a: a.get("/sante"), 200),
    everybody("GET /mentions-legales", lambda a: a.get("/mentions-legales"), 200),
    everybody("GET /donnees-personnelles", lambda a: a.get("/donnees-personnelles"), 200),
    everybody("GET /preuves", lambda a: a.get("/preuves"), 200),
    everybody("GET /donnees-personnelles/registre", lambda a: a.get("/donnees-personnelles/registre"), 200),
    everybody("GET /accessibilite", lambda a: a.get("/accessibilite"), 200),
    everybody("GET /plan", lambda a: a.get("/plan"), 200),
    everybody("GET /notice", lambda a: a.get("/notice"), 200),
    everybody("GET /donnees-personnelles/demande", lambda a: a.get("/donnees-personnelles/demande"), 200),
    everybody(
        "POST /donnees-personnelles/demande",
        lambda a: a.form(
            "/donnees-personnelles/demande",
            reference="CSF-7K3Q-92",
            demande="acces",
            qui="jeune",
            adresse="j@messagerie.example",
        ),
        303,
    ),
    everybody("GET /static/{digest}/{name}", lambda a: a.get("/static/000000000000/retrieve.js"), 200),
    everybody("GET /message-perdu", lambda a: a.get("/message-perdu"), 303),
    everybody("POST /retrait", lambda a: a.form("/retrait", adresse="inconnue@entreprise.example"), 303),
    everybody("GET /connexion", lambda a: a.get("/connexion"), 200),
    everybody("POST /connexion", lambda a: a.form("/connexion", adresse="inconnue@agents.example"), 303),
    everybody("GET /connexion/code", lambda a: a.get("/connexion/code"), 200),
    everybody("POST /connexion/code", lambda a: a.form("/connexion/code", code="0000000000"), 403),
    everybody("POST /connexion/proconnect", lambda a: a.form("/connexion/proconnect"), 404),
    everybody("GET /connexion/proconnect/retour", lambda a: a.get("/connexion/proconnect/retour"), 403),
    everybody("GET /connexion/cle", lambda a: a.get("/connexion/cle"), 200),
    everybody("POST /connexion/cle/defi", lambda a: a.client.post_json("/connexion/cle/defi", {}), 200),
    everybody("POST /connexion/cle", passkeys.answers_unknown, 403),
    everybody("POST /deconnexion", lambda a: a.form("/deconnexion"), 303),
    everybody("GET /aide/entreprise", lambda a: a.get("/aide/entreprise"), 200),
    everybody("GET /agenda/{account}/{secret}", lambda a: a.get(f"/agenda/{'0' * 32}/{'0' * 32}"), 410),
    everybody("GET /suivi", lambda a: a.get("/suivi"), 200),
    everybody("POST /suivi", follows, 200),
    everybody("POST /suivi/agenda", partial(follows, path="/suivi/agenda"), 404),
    everybody("GET /retrait", lambda a: a.get("/retrait"), 200),
    everybody("GET /retrait/{rest}", lambda a: a.get("/retrait/%23rien"), 200),
    everybody("POST /retrait/apercu", of_link("/retrait/apercu"), 200),
    everybody("POST /retrait/preuve", of_link("/retrait/preuve", {"adresse": "z@autre.example"}), 403),
    everybody("POST /retrait/ouverture", of_link("/retrait/ouverture"), 403),
    everybody("POST /retrait/reception", of_link("/retrait/reception", {"lisible": True}), 403),
    everybody("POST /retrait/demande", of_link("/retrait/demande"), 403),
    everybody(
        "POST /retrait/creneaux",
        lambda a: of_link(
            "/retrait/creneaux", {"creneaux": [{"debut": in_a_month(), "minutes": 45}], "feries_vus": True}
        )(a),
        403,
    ),
    everybody("POST /retrait/rendez-vous", of_link("/retrait/rendez-vous", {"geste": "tenu", "vu": ""}), 403),
    everybody("POST /retrait/refus", of_link("/retrait/refus", {"motif": "other", "confirme": True}), 403),
    everybody("POST /retrait/refus/annulation", of_link("/retrait/refus/annulation"), 403),
    everybody("POST /retrait/copies", of_link("/retrait/copies"), 403),
    everybody(
        "POST /retrait/transmission",
        of_link("/retrait/transmission", {"nom": "Zoé", "adresse": "z@autre.example", "mode": "aussi"}),
        403,
    ),
]

"""What the page « Un CV est arrivé par mail » shows: the text to answer with, ready to copy or to send."""

from typing import Any
from urllib.parse import quote

from chalicelib.domain.people import Account
from chalicelib.web.agent_page import who

SUBJECT = "Votre envoi par mail : passez par Passe-plat"
TEXT = """Bonjour,

J’ai reçu un CV ou une lettre par mail. Je ne les transmets pas, et j’efface votre message avec ses pièces jointes.

Pour que l’entreprise les reçoive, envoyez-les vous-même :
1. Connectez-vous avec votre adresse professionnelle : {address}
2. Ouvrez votre parcours. Si l’offre est encore libre, prenez-la.
3. Choisissez « Envoyer un document », puis la personne de l’entreprise.

L’entreprise reçoit un lien qui sert une fois. Vous voyez quand elle l’ouvre. L’équipe n’a pas accès aux documents.

Effacez aussi ce message de vos messages envoyés.

Bonne journée"""


def page(person: Account, base_url: str) -> dict[str, Any]:
    """``pages/cv-par-mail.html``.

    Args:
        base_url: address of the product, for the mail.
    """
    text = TEXT.format(address=f"{base_url}/connexion").replace(" :", "\u00a0:").replace("« ", "«\u00a0")
    text = text.replace(" »", "\u00a0»")
    subject = SUBJECT.replace(" :", "\u00a0:")
    mail = f"mailto:?subject={quote(subject)}&body={quote(text.replace(chr(10), chr(13) + chr(10)))}"
    return {"agent": who(person), "nav": "aide", "text": text, "mailto": mail, "lines": text.count("\n") + 6}

"""The French of lists: titles, filters, orders, and their slugs in addresses."""

from chalicelib.domain.kernel.values import ParcoursStatus, Role, Setback, Words
from chalicelib.domain.lists import Distance, Sort
from chalicelib.words.codes import ROLES, STATUSES, STEPS
from chalicelib.words.timeline import FACTS

STATUS_SLUG = {code: slug for code, (_, slug, _) in STATUSES.items()}
STEP_SLUG = {code: slug for code, (_, slug) in STEPS.items()}
TURNS = (Role.COMPANY, Role.BUYER, Role.TUTOR, Role.COORDINATOR, Role.TEAM)
TURN_SLUG = {role: ROLES[role][2] for role in TURNS}
TITLE = {code: title for code, (_, _, title) in STATUSES.items()}
MINE_SLUG = "moi"
SORTS = {
    Sort.NOTIFIED: ("notification", "Notification", "notification la plus ancienne en premier"),
    Sort.LATE: ("retard", "Retard", "retard le plus long en premier"),
    Sort.LAST_FACT: ("dernier-fait", "Dernier fait", "dernier fait le plus récent en premier"),
}
"""Slug, label, order in full."""
SORT_SLUG = {code: slug for code, (slug, _, _) in SORTS.items()}
SORT = {code: label for code, (_, label, _) in SORTS.items()}
ORDER = {code: order for code, (_, _, order) in SORTS.items()}
DISTANCES = {
    Distance.DEPARTEMENT: ("departement", "Votre département", "Dans votre département"),
    Distance.ACADEMIE: ("academie", "Votre académie", "Dans votre académie"),
    Distance.REGION: ("region", "Votre région académique", "Dans votre région académique"),
    Distance.ANYWHERE: ("partout", "Partout", "Plus loin"),
}
"""Slug, how far one looks, where one offer is."""
DISTANCE_SLUG = {code: slug for code, (slug, _, _) in DISTANCES.items()}
DISTANCE = {code: far for code, (_, far, _) in DISTANCES.items()}
WHERE = {code: where for code, (_, _, where) in DISTANCES.items()}
TITLE_OF_SEVERAL, SLUG_OF_SEVERAL = "Parcours, tous les statuts", "tous-statuts"
FORMERLY = "la référence cherchée est celle d’un passage terminé"
FILTER = {
    "statut": "Statut",
    "etape": "Étape",
    "academie": "Académie",
    "region": "Région académique",
    "acheteur": "Acheteur",
    "domaine": "Domaine",
    "heures": "Heures",
    "depuis": "Notifié à partir du",
    "tour": "À qui de jouer",
    "retard": "En retard",
    "echeance": "Échéance proche",
    "q": "Entreprise, marché ou référence",
    "tri": "Ordre",
    "page": "Page",
    "ou": "Où",
}
"""Each parameter of an address, as its field is called."""
MINE = "À vous"
SETBACK = Words(
    {
        Setback.MAIL_FAILED: "Message non parti",
        Setback.MAIL_IN_DOUBT: "Lien peut-être parti",
        Setback.MAIL_BOUNCED: "Message revenu",
        Setback.UNREADABLE: "Documents illisibles",
        Setback.LINK_CLOSED: "Lien fermé",
        Setback.SENDING_REQUESTED: "Nouvel envoi demandé",
        Setback.DECLINED: "Refus de l’entreprise",
        Setback.MEETING_MISSED: "Rendez-vous manqué",
    },
    stranger="À revoir",
)
"""What went wrong, said in place of the step."""
LAST = Words({kind: row.last for kind, row in FACTS.items()}, stranger=FACTS.stranger.last)
"""The last fact of a parcours, in a word or two."""


def title(statuses: tuple[ParcoursStatus, ...]) -> str:
    """The heading of a list that looks through these."""
    return TITLE[statuses[0]] if len(statuses) == 1 else TITLE_OF_SEVERAL


def slug(statuses: tuple[ParcoursStatus, ...]) -> str:
    """How the name of an export says them."""
    return STATUS_SLUG[statuses[0]] if len(statuses) == 1 else SLUG_OF_SEVERAL

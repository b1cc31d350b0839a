"""The impact assessment (GDPR, article 35), in the order of the CNIL's method: context, principles, risks, decision."""

from typing import NamedTuple

from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.retention import ROWS, Place
from chalicelib.web import rights
from chalicelib.web.rights import Section
from infra.papers import flows, hosting
from infra.papers.measures import MEASURES, Measure
from infra.papers.owner import read_days
from infra.papers.rendering import Edition

DAYS_OF_A_YEAR = 366
PLACES = {
    Place.PARCOURS: "la table des parcours (sauvegardée)",
    Place.RELAY: "la table des envois (sans sauvegarde)",
    Place.BUCKET: "le stockage des documents scellés (sans versions)",
    Place.AUDIT: "la table du relevé des gestes (ajout seul, sauvegardée)",
    Place.LOGS: "les journaux techniques",
    Place.BACKUP: "la sauvegarde continue des tables des parcours et des gestes",
    Place.QUEUE: "la file des événements qui ont échoué",
    Place.MAIL_SERVICE: "les services de messagerie et de SMS de l’hébergeur",
    Place.MAILBOX: "des boîtes de messagerie",
    Place.HANDS: "des fichiers et des papiers, chez une personne",
    Place.COPY: "une copie faite par une commande de l’exploitant",
    Place.BROWSER: "les navigateurs des personnes",
}
"""Where things are stored, in French."""


class Risk(NamedTuple):
    """One of the three feared events of the method."""

    anchor: str
    title: str
    harm: tuple[str, ...]
    """What it would do to people."""
    causes: tuple[str, ...]
    """Who or what could bring it about, and how."""
    held_by: tuple[str, ...]
    """Names of measures."""
    remaining: tuple[str, ...]
    """What they leave possible."""
    severity: str
    likelihood: str
    reason: str
    """Of both levels."""

    @property
    def measures(self) -> list[Measure]:
        """The measures that reduce it."""
        return [MEASURES[name] for name in self.held_by]


RISKS = (
    Risk(
        "acces",
        "Accès illégitime à des données",
        (
            "Le CV d’un jeune, souvent mineur, lu par une personne à qui il n’était pas destiné : démarchage, moquerie, "
            "discrimination, contact non voulu.",
            "Savoir qu’un jeune est accompagné après avoir quitté l’école, si sa référence est rapprochée de son nom.",
            "Coordonnées professionnelles de contacts et d’agents, utilisées pour les tromper.",
        ),
        (
            "Une personne qui lit la boîte de messagerie du destinataire avant lui : elle ouvre le lien à sa place.",
            "Une personne qui tient la session d’un agent, ou sa boîte : elle voit l’historique et les contacts.",
            "Une personne qui trouve la notice d’un jeune : sa clé montre où en est le parcours, et peut l’arrêter.",
            "Une erreur d’adresse à l’envoi, ou une offre déclarée avec un faux contact.",
            "Un administrateur du compte d’hébergement qui change le programme, les rôles ou les règles des clés.",
            "Un ordre d’une autorité d’un pays tiers adressé au groupe de l’hébergeur.",
            "Une entreprise qui garde ou repasse sa copie.",
        ),
        (
            "scelle", "cles", "lien", "destinataire", "roles", "droits", "connexion", "pseudonyme", "journaux", "releve", "pages",
            "messages", "pdf", "alarmes", "trace", "effacement", "suivi", "arret",
        ),
        (
            "La question posée avant l’ouverture arrête un robot, pas une personne qui lit la boîte.",
            "Sans clé d’accès ni ProConnect, un seul facteur à la connexion : la boîte de messagerie de l’agent.",
            "Le programme qui sert les pages voit la clé en clair à l’envoi et à l’ouverture ; un changement de ce programme est "
            "signalé, pas empêché.",
            "Le chiffrement ne protège pas d’un hébergeur contraint : les clés sont dans le même service que les documents.",
            "La notice en papier porte la référence et la clé, souvent à côté du nom du jeune ; la perdre demande une clé nouvelle.",
            "La copie de l’entreprise ne dépend plus du service.",
        ),
        "Importante",
        "Limitée",
        "Le contenu d’un CV de mineur peut nuire durablement ; peu de documents existent à un instant donné, et chacun vit peu.",
    ),
    Risk(
        "modification",
        "Modification non désirée de données",
        (
            "Un historique faux : un jeune relancé à tort, une offre tenue pour refusée, une attente plus longue.",
            "Une adresse changée dans une fiche : des documents partent à une autre personne.",
        ),
        (
            "Un agent qui se trompe, ou dont la session est prise.",
            "Deux gestes au même instant, ou une panne au milieu d’un geste.",
            "Une personne qui écrit à la main dans les tables avec les droits d’administration.",
        ),
        ("transactions", "destinataire", "cles", "droits", "entrees", "pages", "roles", "alarmes", "trace", "sauvegarde"),
        (
            "Un administrateur qui écrit dans les tables peut mettre une adresse à lui dans une fiche avant un envoi ; aucune "
            "alarme ne lit le contenu des tables.",
            "Une fiche déclarée avec un faux contact part sans question ; la page d’envoi dit qui l’a déclarée et quand.",
        ),
        "Importante",
        "Limitée",
        "Une adresse fausse revient à un accès illégitime ; elle suppose des droits d’administration ou la session d’un agent.",
    ),
    Risk(
        "disparition",
        "Disparition de données",
        (
            "Un CV qui n’arrive pas : le jeune attend, et peut abandonner.",
            "Un historique perdu : des semaines de suivi à reprendre.",
        ),
        (
            "Une panne de l’hébergeur ou de la messagerie, une clé supprimée, une table effacée.",
            "Une mise à jour défectueuse.",
            "Un afflux de demandes, voulu ou non.",
        ),
        ("sauvegarde", "transactions", "retour", "afflux", "alarmes", "effacement"),
        (
            "Les documents et les liens ne sont pas sauvegardés, exprès : après une perte, la personne qui suit le jeune renvoie.",
            "L’exercice de restauration sur le vrai hébergeur n’est pas automatique : l’exploitant le fait.",
            "Une seule région : tant qu’elle est arrêtée, le service l’est.",
        ),
        "Limitée",
        "Limitée",
        "Le document existe encore chez la personne qui l’a envoyé ; l’historique revient de la sauvegarde.",
    ),
)  # fmt: skip
"""The three feared events; levels are those of the method: négligeable, limitée, importante, maximale."""


class Task(NamedTuple):
    """Something that is to be done beside the product."""

    action: str
    who: str
    asked: str = ""
    """The question to the owner whose answer says when it was done; empty: none does."""
    is_yearly: bool = False


TASKS = (
    Task("Clé d’accès ou ProConnect pour chaque agent", "éditeur et responsable"),
    Task("Test d’intrusion par un tiers, et ce qu’il a trouvé", "responsable", "penetration_test"),
    Task(
        "Accord avec le service d’archives sur les effacements automatiques",
        "responsable",
        "archives_agreement",
    ),
    Task(
        "Analyse de sensibilité des données avant l’hébergement en nuage", "responsable", "hosting_analysis"
    ),
    Task("Audit d’accessibilité par un tiers", "responsable", "accessibility_audit"),
    Task("Essai des pages avec des lecteurs d’écran et des personnes qui s’en servent", "éditeur"),
    Task(
        "Exercice de restauration sur le compte de production, chaque année",
        "exploitant",
        "restoration_exercise",
        is_yearly=True,
    ),
)


def list_remaining(edition: Edition) -> tuple[Task, ...]:
    """Return what is left to do: an answer that gives a day that is past, within the year if it is yearly, ends a task."""
    today = day_of(edition.at)

    def is_done(task: Task) -> bool:
        done = [day for day in read_days(edition.stage.papers.get(task.asked, "")) if day <= today]
        return bool(done) and (not task.is_yearly or (today - done[-1]).days <= DAYS_OF_A_YEAR)

    return tuple(task for task in TASKS if not is_done(task))


class Assessment(NamedTuple):
    """What the impact assessment reads."""

    kept: list[Section]
    places: dict[str, int]
    """Where things are stored, and how many types of them."""
    risks: tuple[Risk, ...]
    remaining: tuple[Task, ...]
    place: hosting.Hosted
    flows: flows.Picture


def build(edition: Edition) -> Assessment:
    """Build what the impact assessment reads."""
    places: dict[str, int] = {}
    for row in ROWS:
        words = PLACES[row.place]
        places[words] = places.get(words, 0) + 1
    return Assessment(
        rights.list_register_sections(),
        places,
        RISKS,
        list_remaining(edition),
        hosting.read_place(edition.stage),
        flows.draw(),
    )

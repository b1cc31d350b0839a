"""The homologation file: what is to be approved, against which risks, by what it is held, and what remains."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from chalicelib.domain.kernel.calendar import day_of
from infra.alarms import FUNCTIONS
from infra.deploy.commands import default_parameters
from infra.deploy.stage import Stage
from infra.papers import figures, flows, hosting
from infra.papers.hygiene import HYGIENE, Line
from infra.papers.impact import RISKS, Risk
from infra.papers.measures import MEASURES, TESTS, Measure
from infra.papers.owner import read_days
from infra.papers.rendering import Edition

ASVS = TESTS / "security" / "asvs.md"
CHAPTERS = {
    "1": "Encodage et assainissement",
    "2": "Validation et logique métier",
    "3": "Navigateurs",
    "4": "Interfaces et services web",
    "5": "Fichiers",
    "6": "Authentification",
    "7": "Sessions",
    "8": "Autorisations",
    "9": "Jetons autonomes",
    "10": "OAuth et OIDC",
    "11": "Cryptographie",
    "12": "Communications",
    "13": "Configuration",
    "14": "Protection des données",
    "15": "Code et architecture",
    "16": "Journaux et erreurs",
    "17": "WebRTC",
}
"""Every chapter of ASVS 5.0.0; those that were compared are in its table."""
NO_OBJECT = {"17"}
"""Chapters about what this product does not have."""
NOT_OURS = {
    "the operator gives the product a host of its own (README, « How to deploy »)": "L’exploitant donne au service un nom d’hôte à lui.",
    "no page listens to messages": "Aucune page n’écoute de message d’une autre.",
    "no password": "Pas de mot de passe.",
    "no password; codes and links may be pasted": "Pas de mot de passe ; un code ou un lien se colle.",
    "no lookup secret is kept; of a code the tables hold a MAC at most, which KMS made": "Aucune liste de codes. D’un code, les "
    "tables gardent au plus une empreinte que KMS a faite de sa clé.",
    "the service sends no code by telephone: an SMS holds neither code nor link, and a telephoned code is said by one person to "
    "another": "Le service n’envoie pas de code par téléphone : ses SMS n’ont ni code ni lien, et une personne dit le sien à l’autre.",
    "no SAML": "Pas de SAML.",
    "no page or program takes an access token": "Aucune page ni aucun programme ne prend de jeton d’accès.",
    "the product gives no token to another service": "Le service ne donne de jeton à aucun autre.",
    "one provider alone": "Un seul fournisseur d’identité.",
    "ProConnect has no back-channel logout": "ProConnect ne signale pas les déconnexions.",
    "the factor is the mailbox, which is not changed here": "Le facteur est la boîte de messagerie, qui ne se change pas ici.",
    "the functions call AWS alone": "Les programmes n’appellent qu’AWS.",
}
"""Why a requirement has no object, in French, by what its table says in English."""
STATES = {"met": "tenue", "not met": "non tenue", "not ours": "hors de propos"}
WORK = {
    "Web": ("Les pages : seul à répondre à Internet", "la passerelle ; toutes les quelques minutes, pour rester prêt"),
    "Inspect": ("Ouvre chaque document reçu en mémoire et vérifie sa forme", "l’arrivée d’un document"),
    "Mailer": ("Fait le secret des liens, envoie les messages et les SMS", "les autres programmes"),
    "Identify": ("Demande à ProConnect qui s’identifie, et vérifie sa réponse", "le programme des pages"),
    "Unseal": ("Vérifie un lien et déchiffre les clés de ses documents", "le programme des pages"),
    "Purge": ("Efface ce qui est à son terme, réveille les autres", "l’horloge, chaque minute"),
    "Feedback": ("Note ce que la messagerie dit de nos messages", "la messagerie"),
    "Remind": ("Relance le matin les personnes attendues", "l’horloge, les matins ouvrés"),
    "Prove": ("Prouve chaque nuit que l’effacement marche, avec des documents inventés", "l’horloge, chaque nuit"),
}  # fmt: skip
"""What each function does, and what starts it."""
NOT_MET = {
    "2.1.2": "Ce qui doit aller ensemble (un jour et son marché, un rôle et sa place) est dans les règles et leurs tests, dans aucun document.",
    "2.1.3": "Les limites réglables sont documentées ; celles qui sont des constantes ne sont que dans le code.",
    "6.3.3": "Quatorze jours après leur première connexion, la clé d’accès est la seule entrée de l’équipe et de la coordination. Les "
    "autres peuvent en ajouter une : sans elle, qui lit la boîte de messagerie entre. Un compte n’ouvre pas de document.",
    "6.5.1": "Le code donné par téléphone sert dans les navigateurs qui ont le lien, jusqu’à l’ouverture, qui a lieu une fois ; les autres "
    "codes servent une fois.",
    "6.5.5": "Le code donné par téléphone vit autant que les documents non ouverts ; ses essais sont comptés.",
    "6.6.2": "Le code donné par téléphone est d’un envoi, sans être lié au navigateur qui le demande. Le code envoyé l’est.",
    "7.5.1": "Changer ses clés d’accès demande une connexion récente ; sans clé encore, ProConnect a pu ouvrir "
    "celle-ci sans redemander qui est là.",
    "7.5.2": "« Mon compte » montre les connexions ouvertes et les ferme sans redemander de code, exprès : qui craint un vol n’attend pas "
    "un message.",
    "7.6.1": "Se déconnecter mène à la déconnexion de ProConnect ; mais tant que sa session dure, il identifie de nouveau sans redemander qui "
    "est là, et ne prend pas de demande contraire.",
    "14.1.1": "Le registre a une ligne pour ce qui est gardé ; il ne nomme pas de niveaux de sensibilité.",
    "14.1.2": "Même raison.",
    "15.1.1": "L’éditeur ne promet pas de délai pour remplacer une bibliothèque défectueuse ; l’exploitant dit le sien (« Exploitation »).",
    "15.2.1": "Suit 15.1.1.",
}  # fmt: skip
"""Why each requirement of ASVS is not met that is not, in French; its table says so in English."""


class Requirement(NamedTuple):
    """One line of the ASVS table."""

    number: str
    level: str
    state: str
    tests: tuple[str, ...]
    why: str
    """Why it is not met or has no object, in French; empty otherwise."""

    @property
    def chapter(self) -> str:
        """Number of its chapter."""
        return self.number.partition(".")[0]


class Function(NamedTuple):
    """One function of the stack, and what its role may do."""

    name: str
    work: str
    started_by: str
    rights: tuple[str, ...]


class Teeth(NamedTuple):
    """How far protections are taken away one by one, to see a test fail."""

    patches: int
    measures: int
    """Measures of which a test is named by a patch."""


CHOSEN: Mapping[str, str] = MappingProxyType(
    {
        "WebAclArn": "Pare-feu par source, d’un autre que la pile",
        "RateLimitPerSource": "Pare-feu par source, de la pile : requêtes permises",
        "ReserveConcurrency": "Places réservées par programme",
        "TrailLogGroup": "Relevé d’administration (« own » : celui de la pile)",
        "SmsNumber": "Numéro des SMS",
        "KeepWarm": "Programmes tenus prêts",
        "MonthlyBudget": "Plafond de dépense suivi, en dollars par mois",
        "TransferGrounds": "Ce qui permet de garder les données hors de l’Union européenne",
    }
)
"""Parameters of a stage that change what protects it, in French."""


def has_expired(edition: Edition) -> bool:
    """Whether the approval of a stage is over; an end that gives no day says nothing."""
    days = read_days(edition.stage.papers.get("approval_until", ""))
    return bool(days) and days[-1] < day_of(edition.at)


def list_choices(stage: Stage) -> dict[str, str]:
    """Return what a stage chooses of its protections, by the words of each choice."""
    given = default_parameters() | stage.parameters
    words = {"true": "oui", "false": "non", "": "rien"}
    return {
        "Pile et tables protégées contre leur suppression": "oui" if stage.protect else "non",
        "Contrôles de la mise en service dont ce déploiement se passe": ", ".join(sorted(stage.accept))
        or "aucun",
        **{said: words.get(given[name], given[name]) for name, said in CHOSEN.items()},
    }


KEYS = {
    "DocumentKey": "Enveloppe la clé de chaque document",
    "LinkKey": "Fait le secret des liens",
    "CodeKey": "Fait les codes que des personnes tapent, et la clé de la page de chaque jeune",
}
MECHANISMS = {"SYMMETRIC_DEFAULT": "AES-256-GCM", "HMAC_256": "HMAC-SHA-256"}
"""Of a key of KMS, by its specification."""


class Key(NamedTuple):
    """A key that the host keeps."""

    use: str
    mechanism: str
    is_rotated: bool


def list_keys() -> tuple[Key, ...]:
    """Return the keys that the template asks for."""
    described = {name: figures.template()["Resources"][name]["Properties"] for name in KEYS}
    return tuple(
        Key(KEYS[name], MECHANISMS[asked["KeySpec"]], asked.get("EnableKeyRotation", False))
        for name, asked in described.items()
    )


class File(NamedTuple):
    """What the homologation file reads."""

    place: hosting.Hosted
    flows: flows.Picture
    keys: tuple[Key, ...]
    functions: tuple[Function, ...]
    risks: tuple[Risk, ...]
    measures: tuple[Measure, ...]
    has_expired: bool
    """Whether the day that the owner gives as the end of the approval is over."""
    choices: dict[str, str]
    """What this stage chooses of its protections."""
    teeth: Teeth
    hygiene: tuple[Line, ...]
    hygiene_counts: dict[str, int]
    chapters: dict[str, list[Requirement]]
    """Requirements of ASVS by the title of their chapter."""
    counts: dict[str, dict[str, int]]
    """By chapter, how many are in each state."""
    all_chapters: int
    """How many ASVS has."""
    not_compared: list[str]
    """Chapters of ASVS that concern this product and were not compared, as « V1 Encodage et assainissement »."""
    lacking_level_1: list[str]
    """Requirements of level 1 that are not met."""
    resources: int
    """How many resources the templates describe."""
    made: Counter[str]
    """How many of each type."""


def build(edition: Edition) -> File:
    """Build what the homologation file reads."""
    chapters: dict[str, list[Requirement]] = {}
    requirements = list(read_asvs())
    for requirement in requirements:
        chapters.setdefault(CHAPTERS[requirement.chapter], []).append(requirement)
    compared = {requirement.chapter for requirement in requirements}
    resources = figures.template()["Resources"].values()
    return File(
        hosting.read_place(edition.stage),
        flows.draw(),
        list_keys(),
        tuple(Function(name, *WORK[name], _list_rights(name)) for name in FUNCTIONS),
        RISKS,
        tuple(MEASURES.values()),
        has_expired(edition),
        list_choices(edition.stage),
        count_teeth(),
        HYGIENE,
        _count([line.state for line in HYGIENE]),
        chapters,
        {title: _count([row.state for row in rows]) for title, rows in chapters.items()},
        len(CHAPTERS),
        [
            f"V{number} {title}"
            for number, title in CHAPTERS.items()
            if number not in compared and number not in NO_OBJECT
        ],
        [row.number for row in requirements if row.level == "1" and row.state == "non tenue"],
        len(resources),
        Counter(str(resource.get("Type")) for resource in resources),
    )


def count_teeth() -> Teeth:
    """Count the patches of ``tests/teeth``, and the measures of which they name a test."""
    texts = [path.read_text() for path in (TESTS / "teeth").glob("*.patch")]
    named = {test for text in texts for test in re.findall(r"^Test: tests/(\S+)", text, re.MULTILINE)}
    return Teeth(len(texts), sum(not named.isdisjoint(measure.tests) for measure in MEASURES.values()))


def read_asvs() -> Iterator[Requirement]:
    """Yield each line of the ASVS table."""
    for line in ASVS.read_text().splitlines():
        if re.match(r"\| \d", line):
            number, level, state, reason, tests = (cell.strip() for cell in line.strip("|").split("|"))
            why = NOT_OURS[reason] if state == "not ours" else NOT_MET.get(number, "")
            yield Requirement(number, level, STATES[state], tuple(re.findall(r"`([^`]+)`", tests)), why)


def _count(states: list[str]) -> dict[str, int]:
    return {str(state): states.count(state) for state in dict.fromkeys(states)}


def _list_rights(function: str) -> tuple[str, ...]:
    """Return the actions that the role of a function is allowed, beside its own log and the tables, sorted."""
    granted = {
        f"{grant.service}:{grant.operation}"
        for grant in flows.list_grants(function)
        if grant.service != "dynamodb"
    }
    return tuple(sorted(granted))

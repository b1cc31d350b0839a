"""The hosting note: where a stage lies, under which law, and what leaving each service of AWS would take."""

import re
from functools import cache
from typing import NamedTuple

import boto3

from chalicelib import config
from infra.deploy.stage import Stage
from infra.package import ROOT
from infra.papers import figures
from infra.papers.rendering import Edition

PARTITIONS = {"aws": "aws (commerciale)", "aws-eusc": "aws-eusc (AWS European Sovereign Cloud)"}
CLIENT = re.compile(r"""client\(\s*"([a-z0-9]+)\"|\baws\.(dynamodb|kms|lambda|s3|ses|sns)_?\(\)""")
"""A client of boto3 that is made, or one of ``stores.aws`` that is used."""
IMPORT = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
TYPE = re.compile(r"AWS::(\w+)::")
SPREAD = ("chalicelib", "infra")
NOT_MOVED = {"local", "papers"}
"""Folders of ``infra`` that no move touches: the emulator, and this one."""
BOUND = re.compile(r"arn:aws:|\.amazonaws\.com|\bus-east-1\b")
"""What is written for the commercial partition, or for its one region of global services."""


class Dependence(NamedTuple):
    """One service of AWS: what it does here, and by what else that is done."""

    name: str
    use: str
    prefixes: tuple[str, ...]
    """Of its types in templates, between « AWS:: » and « :: »."""
    clients: tuple[str, ...]
    """Its names in boto3."""
    instead: str
    """What does the same on a qualified or a private cloud."""
    effort: str
    package: str = ""
    """Of Python, which the files that depend on it import."""


DEPENDENCES = (
    Dependence(
        "Lambda", "Fait tourner les programmes", ("Lambda", "Serverless"), ("lambda",),
        "Conteneurs lancés à la demande (Knative, Kubernetes), un processus par programme",
        "Les programmes sont appelés par leur nom en un seul endroit ; les règles d’exécution et la mise en service sont à réécrire.",
    ),
    Dependence(
        "Chalice", "Cadre des programmes : lit les requêtes, fait les réponses et les horaires, écrit le modèle de base", (), (),
        "Un cadre WSGI ou ASGI (Flask, Starlette) et un planificateur",
        "Les routes sont une table et les pages sont nos fonctions ; ce qui lit une requête, rend une réponse et règle un horaire est à "
        "reprendre. Chalice est libre (Apache-2.0) et fait pour Lambda.", "chalice",
    ),
    Dependence(
        "API Gateway", "Reçoit les requêtes, limite leur nombre", ("ApiGateway",), ("apigateway",),
        "Mandataire inverse (HAProxy, NGINX) avec limites par source",
        "Les limites et les réponses de la passerelle sont calculées dans un seul fichier ; leur forme change.",
    ),
    Dependence(
        "DynamoDB", "Garde parcours, comptes, contacts, envois", ("DynamoDB",), ("dynamodb",),
        "PostgreSQL : transactions sérialisables, table clé-valeur avec conditions sur les révisions",
        "C’est le plus gros : clés, transactions, listes et file des échéances sont à réécrire dans les magasins ; les décisions "
        "n’en savent rien.",
    ),
    Dependence(
        "S3", "Garde les documents scellés, les versions mises en service, la trace", ("S3",), ("s3",),
        "Stockage objet compatible S3 (MinIO, Ceph, ou celui d’un nuage qualifié), s’il signe des formulaires d’envoi",
        "Peu de code ; les règles qui refusent les copies et les lectures sont à retrouver chez le nouvel hébergeur.",
    ),
    Dependence(
        "KMS", "Enveloppe les clés des documents, fait les secrets des liens et des codes", ("KMS",), ("kms",),
        "Module matériel (HSM) ou service de clés (OpenBao, Vault) avec contexte lié à la clé enveloppée",
        "Peu d’opérations ; ce qui compte est la règle « un rôle, une opération », à retrouver.",
    ),
    Dependence(
        "Secrets Manager", "Garde le secret par lequel ProConnect connaît le service", (), ("secretsmanager",),
        "Coffre de secrets (OpenBao, Vault)", "Un paramètre du modèle.",
    ),
    Dependence(
        "SES", "Envoie les messages, dit ce qu’ils sont devenus", ("SES",), ("sesv2", "ses"),
        "Service d’envoi de l’État ou relais SMTP, avec avis de remise",
        "Un appel pour envoyer ; les avis de remise ont une autre forme.",
    ),
    Dependence(
        "SNS", "Envoie les SMS de relance et les alarmes", ("SNS",), ("sns",),
        "Passerelle SMS d’un opérateur ; alarmes par messagerie",
        "Un magasin pour les SMS ; les SMS peuvent rester éteints.",
    ),
    Dependence(
        "EventBridge", "Réveille les programmes, reçoit les avis", ("Events",), ("events",),
        "Tâches planifiées (cron) et file de messages",
        "Les horaires sont dans le code des tâches ; le signal « un document est arrivé » est à remplacer.",
    ),
    Dependence(
        "SQS", "Garde les événements qui ont échoué", ("SQS",), ("sqs",), "File de messages (RabbitMQ, NATS)", "Peu.",
    ),
    Dependence(
        "CloudWatch et Logs", "Journaux, mesures, alarmes, tableau de bord", ("CloudWatch", "Logs"), ("cloudwatch", "logs"),
        "Prometheus, Alertmanager, Loki ou équivalent",
        "Les alarmes sont une table : ce qu’elles mesurent se retrouve, leur forme change.",
    ),
    Dependence(
        "IAM et STS", "Un rôle par programme, et ce qu’il a le droit de faire", ("IAM",), ("iam", "sts"),
        "Comptes de service et règles du nouvel hébergeur",
        "À reprendre droit par droit : c’est la première protection des documents.",
    ),
    Dependence(
        "CloudTrail", "Trace de ce qui est fait dans le compte", ("CloudTrail",), ("cloudtrail",),
        "Journal d’audit du nouvel hébergeur, envoyé hors de portée de ses administrateurs",
        "Les règles qui écoutent la trace sont à réécrire.",
    ),
    Dependence(
        "CloudFormation", "Fabrique et met à jour l’ensemble", (), ("cloudformation",),
        "OpenTofu, Ansible", "Les modèles sont à réécrire ; la mise en service réversible aussi.",
    ),
    Dependence(
        "ACM, Route 53, WAF, Budgets", "Certificat, sonde extérieure, pare-feu par source, plafond de dépense",
        ("Route53", "WAFv2", "Budgets"), ("acm", "wafv2", "budgets"),
        "Autorité de certification, sonde et pare-feu applicatif du nouvel hébergeur", "Peu de code, de l’exploitation.",
    ),
)  # fmt: skip
"""The services of AWS that the product uses, the code's and the operator's, and the framework that is made for them."""


class Hosted(NamedTuple):
    """Where a stage lies."""

    partition: str
    region: str
    country: str
    """Empty when the region is not known to be in the Union."""


class Touch(NamedTuple):
    """What a source touches: prefixes of types that it makes, services whose clients it makes or uses, packages that it imports."""

    types: frozenset[str]
    clients: frozenset[str]
    packages: frozenset[str]


class Leaving(NamedTuple):
    """What leaving one service would take."""

    service: Dependence
    files: tuple[str, ...]
    """That call it or make it."""
    lines: int
    """Of these files."""


class Note(NamedTuple):
    """What the hosting note reads."""

    place: Hosted
    leaving: tuple[Leaving, ...]
    stores: int
    """Lines of code below ``chalicelib/stores``, the only code of the product that speaks to AWS."""
    product: int
    """Lines of all the product's code."""
    bound: dict[str, int]
    """Files with lines that hold in the commercial partition alone, and how many."""


def read_place(stage: Stage) -> Hosted:
    """Return where a stage lies, by its region."""
    partition = _find_partition(stage.region)
    return Hosted(PARTITIONS.get(partition, partition), stage.region, config.UNION.get(stage.region, ""))


@cache
def _find_partition(region: str) -> str:
    return boto3.session.Session(region_name=region).get_partition_for_region(region)


def build(edition: Edition) -> Note:
    """Build what the hosting note reads."""
    texts = _read_sources()
    bound = {
        name: sum(bool(BOUND.search(line)) for line in text.splitlines()) for name, text in texts.items()
    }
    stores = {name: text for name, text in texts.items() if name.startswith("chalicelib/stores/")}
    product = {name: text for name, text in texts.items() if name.startswith("chalicelib/")}
    return Note(
        read_place(edition.stage),
        tuple(_leave(service, texts) for service in DEPENDENCES),
        _count_lines(stores),
        _count_lines(product),
        {name: lines for name, lines in bound.items() if lines},
    )


def list_used() -> tuple[set[str], set[str]]:
    """Return the prefixes of types that templates make, and the names of services that code calls."""
    resources = figures.template()["Resources"].values()
    types = {resource["Type"].split("::")[1] for resource in resources if "Type" in resource}
    return types, {name for text in _read_sources().values() for name in _touch(text).clients}


@cache
def _touch(text: str) -> Touch:
    """Return what a source touches."""
    return Touch(
        frozenset(TYPE.findall(text)),
        frozenset(made or used for made, used in CLIENT.findall(text)),
        frozenset(IMPORT.findall(text)),
    )


def _leave(service: Dependence, texts: dict[str, str]) -> Leaving:
    """Find the files that call or make a service, among these."""
    touching = {}
    for name, text in texts.items():
        touched = _touch(text)
        if (
            touched.types & set(service.prefixes)
            or touched.clients & set(service.clients)
            or service.package in touched.packages
        ):
            touching[name] = text
    return Leaving(service, tuple(touching), _count_lines(touching))


def _read_sources() -> dict[str, str]:
    """Return the code and the templates that a move may touch, by path."""
    paths = [
        path
        for folder in SPREAD
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".yaml"}
    ]
    return {
        str(path.relative_to(ROOT)): path.read_text()
        for path in paths
        if path.relative_to(ROOT).parts[1] not in NOT_MOVED
    }


def _count_lines(texts: dict[str, str]) -> int:
    return sum(len(text.splitlines()) for text in texts.values())

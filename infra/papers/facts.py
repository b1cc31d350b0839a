"""What a stage says of itself: its settings while papers are made of them, and which of its facts are still examples."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from types import MappingProxyType

from chalicelib import config, terms
from infra.deploy.stage import Stage

LEGAL: Mapping[str, str] = MappingProxyType(
    {
        "publisher_name": "le nom du responsable du traitement, qui publie le service",
        "publisher_postal_address": "l’adresse postale du responsable du traitement",
        "publisher_phone": "le téléphone du responsable du traitement",
        "publisher_director": "le nom et la fonction de qui dirige la publication",
        "joint_controllers": "les responsables conjoints, les grandes lignes de leur accord et leur point de contact, ou « aucun »",
        "host_name": "le nom de l’hébergeur",
        "host_postal_address": "l’adresse postale de l’hébergeur",
        "host_parent": "à qui appartient l’hébergeur, et de quel pays",
        "host_phone": "le téléphone de l’hébergeur",
        "dpo_address": "l’adresse électronique de la déléguée à la protection des données",
        "dpo_postal_address": "l’adresse postale de la déléguée à la protection des données",
        "support_address": "l’adresse de l’aide",
    }
)
"""The legal facts among the settings, in words that complete « À COMPLÉTER : »."""
OF_THE_STAGE: Mapping[str, str] = MappingProxyType(
    {
        "account": "le numéro du compte d’hébergement",
        "PublicBaseUrl": "l’adresse du service",
        "ApprovalDecision": "la décision d’homologation : référence, date, réserves",
        "AlertAddress": "l’adresse qui reçoit les alarmes",
    }
)
"""What else papers show of a stage's file."""
EXAMPLE_ACCOUNT = "123456789012"
UNSAID = re.compile(r"⟦(\w+)⟧")
"""What stands for a legal fact that nobody has said, until the paper is made."""


@contextmanager
def settings_of(stage: Stage) -> Iterator[None]:
    """Give this process the settings of a stage while the context lasts: papers then say what its pages say.

    A legal fact that is an example is replaced by what ``UNSAID`` finds.
    """
    before, known = dict(os.environ), (config.settings, terms.retention, terms.turns, terms.reminders)
    texts = {
        setting.name.upper(): stage.parameters.get(config.name_parameter(setting.name), "")
        for setting in fields(config.Settings)
    }
    unsaid = {name.upper(): f"⟦{name}⟧" for name in config.list_missing_facts(config.read_settings(texts))}
    place = {
        "AWS_REGION": stage.region,
        "PUBLIC_BASE_URL": stage.parameters.get("PublicBaseUrl", "https://passe-plat.example"),
        "STORAGE_ORIGIN": f"https://documents.s3.{stage.region}.amazonaws.com",
    }
    try:
        os.environ.update(texts | unsaid | place)
        for cached in known:
            cached.cache_clear()
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        for cached in known:
            cached.cache_clear()


def read_fact(stage: Stage, name: str) -> str:
    """Return a fact of a stage's file, of ``OF_THE_STAGE``; empty when it is missing or an example."""
    value = stage.account if name == "account" else stage.parameters.get(name, "")
    return "" if config.is_example(value) or value == EXAMPLE_ACCOUNT else value

"""What no code knows and the owner of a stage says, by name, in the table ``[papers]`` of its file."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from types import MappingProxyType

from infra import CommandFailed

ASKED: Mapping[str, str] = MappingProxyType(
    {
        "controller_representative": "qui représente le responsable du traitement (nom et fonction)",
        "mission": "le texte qui confie la mission d’intérêt public (décision, convention, date)",
        "dpo_name": "le nom de la déléguée à la protection des données",
        "dpo_designation": "le numéro de sa désignation auprès de la CNIL",
        "register_number": "le numéro de cette fiche dans le registre de l’organisme",
        "operator": "qui déploie et exploite le service (service, ou prestataire)",
        "administrators": "qui détient les droits d’administration du compte d’hébergement, avec quel second facteur",
        "on_call": "qui répond aux alarmes, et à quelles heures",
        "impact_author": "qui a relu et complété l’analyse d’impact",
        "impact_dpo_opinion": "l’avis de la déléguée à la protection des données, et sa date",
        "impact_people_opinion": "ce que des jeunes ou leurs représentants en ont dit, ou pourquoi on ne leur a pas demandé",
        "impact_levels": "la gravité et la vraisemblance retenues pour chaque risque après les mesures, ou « ceux de l’éditeur »",
        "impact_plan": "les échéances du plan d’action, et qui les suit",
        "impact_decision": "la décision du responsable sur les risques qui restent : nom, fonction, date",
        "security_officer": "le nom de la personne responsable de la sécurité (RSSI)",
        "approval_authority": "l’autorité d’homologation (ou autorité qualifiée), nom et fonction",
        "approval_needs": "les besoins de sécurité retenus (disponibilité, intégrité, confidentialité, preuve), ou « ceux de l’éditeur »",
        "approval_until": "la date de fin de l’homologation (année-mois-jour)",
        "approval_plan": "le plan d’action de l’homologation : actions, responsables, dates",
        "updates": "en combien de temps une faille connue d’une bibliothèque est corrigée et mise en service, selon sa gravité, et qui suit les avis",
        "penetration_test": "le dernier test d’intrusion : qui, quand (année-mois-jour), ce qui en reste",
        "restoration_exercise": "le dernier exercice de restauration sur AWS : date (année-mois-jour) et résultat",
        "continuity": "l’interruption et la perte de données que l’organisme admet, et comment il travaille pendant une panne",
        "incident_contacts": "qui déclare un incident, à qui (chaîne de l’organisme, CNIL, ANSSI), par quels numéros",
        "workstations": "la politique des postes et des messageries des agents (référence)",
        "training": "la sensibilisation des agents : date et contenu",
        "processor_contract": "l’accord de traitement conclu avec l’hébergeur : référence et date",
        "processor_review": "la dernière lecture de la liste des sous-traitants de l’hébergeur : date, par qui",
        "operator_contract": "l’acte qui lie l’exploitant au responsable, ou « le responsable exploite lui-même »",
        "operator_breach_delay": "le délai, en heures, dans lequel l’exploitant dit une violation au responsable",
        "transfer_assessment": "l’analyse des accès depuis un pays tiers : date et conclusion",
        "hosting_analysis": "l’analyse de sensibilité au sens de l’article 31 de la loi SREN : date (année-mois-jour) et conclusion",
        "hosting_waiver": "la dérogation demandée ou obtenue, ou « sans objet »",
        "archives_service": "le service d’archives qui exerce le contrôle scientifique et technique",
        "archives_agreement": "l’accord sur le tableau de gestion : référence et date (année-mois-jour)",
        "accessibility_scheme": "le schéma pluriannuel d’accessibilité : années couvertes, date de publication, ou quand il est prévu et par qui",
        "accessibility_plan": "le plan d’action d’accessibilité de l’année : date de publication, ou quand il est prévu et par qui",
        "accessibility_audit": "l’audit d’accessibilité indépendant : fait ou prévu quand (année-mois-jour), par qui, ou « aucun »",
    }
)
"""What is asked, by its name in the stage's file; each in words that complete « À COMPLÉTER : »."""


DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def read_days(answer: str) -> list[date]:
    """Return the days that an answer gives, as year-month-day, sorted."""
    days = []
    for written in DAY.findall(answer):
        with suppress(ValueError):  # no day of the calendar
            days.append(date.fromisoformat(written))
    return sorted(days)


def check_answers(answers: Mapping[str, str]) -> None:
    """Raises CommandFailed: the stage's file answers a question that no paper asks."""
    if unknown := sorted(answers.keys() - ASKED.keys()):
        raise CommandFailed(
            f"[papers]: unknown {', '.join(unknown)}. infra/stages/example.toml has every name that is asked."
        )

"""The texts that papers rest on, each with its address; papers name them, and copy none."""

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

LEGIFRANCE = "https://www.legifrance.gouv.fr"
SOURCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rgpd": ("RGPD", "https://eur-lex.europa.eu/eli/reg/2016/679/oj"),
        "lil": ("loi n° 78-17 du 6 janvier 1978", f"{LEGIFRANCE}/loda/id/JORFTEXT000000886460"),
        "education": ("code de l’éducation", f"{LEGIFRANCE}/codes/texte_lc/LEGITEXT000006071191"),
        "patrimoine": ("code du patrimoine", f"{LEGIFRANCE}/codes/texte_lc/LEGITEXT000006074236"),
        "ordonnance": ("ordonnance n° 2005-1516 du 8 décembre 2005", f"{LEGIFRANCE}/loda/id/JORFTEXT000000636232"),
        "rgs": ("décret n° 2010-112 du 2 février 2010 (RGS)", f"{LEGIFRANCE}/loda/id/JORFTEXT000021779444"),
        "decret_2022": (
            "décret n° 2022-513 du 8 avril 2022",
            f"{LEGIFRANCE}/eli/decret/2022/4/8/2022-513/jo/texte",
        ),
        "decret_2019": ("décret n° 2019-1088 du 25 octobre 2019", f"{LEGIFRANCE}/loda/id/JORFTEXT000039281619"),
        "sren": ("loi n° 2024-449 du 21 mai 2024 (SREN)", f"{LEGIFRANCE}/eli/loi/2024/5/21/2024-449/jo/texte"),
        "vademecum": (
            "vade-mecum de la DINUM sur la sensibilité des données",
            "https://numerique.gouv.fr/offre-accompagnement/reference-vade-mecum-sensibilite-donnees",
        ),
        "cloud": ("circulaire n° 6404/SG du 31 mai 2023, « cloud au centre »", f"{LEGIFRANCE}/circulaire/id/45446"),
        "pia": ("méthode d’analyse d’impact de la CNIL", "https://www.cnil.fr/fr/RGPD-analyse-impact-protection-des-donnees-aipd"),
        "violation": ("CNIL : notifier une violation", "https://www.cnil.fr/fr/notifier-une-violation-de-donnees-personnelles"),
        "hygiene": ("guide d’hygiène informatique de l’ANSSI", "https://cyber.gouv.fr/publications/guide-dhygiene-informatique"),
        "neuf_etapes": (
            "guide d’homologation de l’ANSSI",
            "https://cyber.gouv.fr/publications/lhomologation-de-securite-en-neuf-etapes-simples",
        ),
        "secnumcloud": ("SecNumCloud", "https://cyber.gouv.fr/secnumcloud-pour-les-fournisseurs-de-services-cloud"),
        "asvs": ("ASVS 5.0.0", "https://owasp.org/www-project-application-security-verification-standard/"),
        "rgaa": ("RGAA 4.1", "https://accessibilite.numerique.gouv.fr/"),
        "aws_dpa": ("accord de traitement d’AWS", "https://aws.amazon.com/compliance/gdpr-center/"),
        "aws_processors": ("sous-traitants d’AWS", "https://aws.amazon.com/compliance/sub-processors/"),
        "aws_esc": ("AWS European Sovereign Cloud", "https://aws.amazon.com/compliance/europe-digital-sovereignty/"),
        "eupl": ("EUPL 1.2", "https://eupl.eu/1.2/fr/"),
        "cyclonedx": ("CycloneDX", "https://cyclonedx.org/"),
    }
)  # fmt: skip
"""Name: how it is called in French, and where it is read."""


def cite(name: str) -> Markup:
    """Write a source as a link to where it is read."""
    words, address = SOURCES[name]
    return Markup('<a href="{}">{}</a>').format(address, words)

"""The papers: what each is called, and what its template reads."""

from collections.abc import Callable
from typing import NamedTuple

from infra.papers import accessibility, approval, hosting, impact, licences, pages
from infra.papers.rendering import Edition


class Paper(NamedTuple):
    """One paper that ``make papers`` writes."""

    name: str
    """Of its file and of its template."""
    title: str
    build: Callable[[Edition], object]
    """What its template reads, made with the settings of the stage."""


PAPERS = (
    Paper("registre", "Registre des activités de traitement", pages.build_register),
    Paper("analyse-impact", "Analyse d’impact relative à la protection des données", impact.build),
    Paper("homologation", "Dossier d’homologation de sécurité", approval.build),
    Paper("hebergement", "Note d’hébergement", hosting.build),
    Paper("sous-traitance", "Clauses de sous-traitance", pages.build_processing),
    Paper("archives", "Fiche d’archivage", pages.build_register),
    Paper("mentions-legales", "Mentions légales", pages.build_legal_notice),
    Paper("accessibilite", "Déclaration d’accessibilité", accessibility.build),
    Paper("licences", "Licences et composants", licences.build),
)

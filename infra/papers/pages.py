"""Papers that say what a page of the product says: the register sheet and the legal notice."""

from typing import NamedTuple

from chalicelib.web import public, rights
from chalicelib.web.rights import Section
from infra.papers import figures
from infra.papers.rendering import Edition, render_page_content

LEFT_BEHIND = {
    "AWS::DynamoDB::Table": "la table des parcours",
    "AWS::KMS::Key": "les clés",
    "AWS::S3::Bucket": "le stockage de la trace, si la pile l’a fait",
    "AWS::SES::EmailIdentity": "l’identité de messagerie",
    "AWS::IAM::Role": "le rôle des journaux de la passerelle",
    "AWS::ApiGateway::Account": "le réglage de ces journaux",
}
"""What a destroyed stack leaves, by type."""


class OfPage(NamedTuple):
    """A paper around the content of a page."""

    content: str
    """HTML."""
    kept: list[Section]
    """The rows of the register."""


def build_register(edition: Edition) -> OfPage:
    """Build what the register sheet reads: the page of the register, and its rows."""
    page = rights.RegisterPage(public.read_site_facts(), rights.list_register_sections(), edition.at)
    return OfPage(render_page_content(page), page.kept)


def build_legal_notice(edition: Edition) -> OfPage:
    """Build what the legal notice reads: the page of the same name."""
    return OfPage(render_page_content(public.LegalNotice(public.read_site_facts())), [])


def build_processing(edition: Edition) -> tuple[str, ...]:
    """Build what the processor's clauses read: what a destroyed stack leaves, as its template says."""
    kept = {
        resource["Type"]
        for resource in figures.template()["Resources"].values()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
    }
    return tuple(words for kind, words in LEFT_BEHIND.items() if kind in kept)

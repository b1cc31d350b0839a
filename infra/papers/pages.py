"""Papers that say what a page of the product says: the register sheet and the legal notice."""

from typing import NamedTuple

from chalicelib.web import public, rights
from chalicelib.web.rights import Section
from infra.papers.rendering import Edition, render_page_content


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


def build_nothing(edition: Edition) -> None:
    """Build nothing: this paper reads what every paper is given."""

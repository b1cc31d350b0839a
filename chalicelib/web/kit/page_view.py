"""What pages show: the type of every page's view, the head above it, and what pages of several subjects have in common.

A page's view is a frozen dataclass that names its template, which reads ``view.<field>``. What a page lists are rows of their
own types: named tuples where nothing is inherited, since these cost a cold start a tenth of a dataclass.
"""

from typing import ClassVar, NamedTuple


class PageView:
    """What one page shows; each page has a frozen dataclass of its own."""

    __slots__ = ()
    template: ClassVar[str]
    """Its name below ``templates/pages/``, without its suffix."""


class NavigationLink(NamedTuple):
    """A page in the navigation; ``nav``: what the pages there call themselves in ``Head.nav``."""

    nav: str
    href: str
    label: str


class SignedInAs(NamedTuple):
    """The signed-in agent, and where this person may go."""

    name: str
    role: str
    links: tuple[NavigationLink, ...]


class Head(NamedTuple):
    """The head of every page: who is signed in (None: nobody), and which link of the navigation leads here."""

    agent: SignedInAs | None = None
    nav: str = ""


class Notice(NamedTuple):
    """What was just done, or what is to be known first; ``kind``: see ``macros/blocks.html``."""

    title: str
    text: str
    kind: str = "fait"


class FieldError(NamedTuple):
    """What is wrong with what was typed; ``field``: the field beside which it is said, empty for none."""

    field: str
    message: str


NOBODY = Head()


def render_page(view: PageView, head: Head = NOBODY) -> str:
    """Render the template of a view below the head that all pages share."""
    from chalicelib.templating import render  # the health call loads no templates

    return render(f"pages/{view.template}.html", view, head)

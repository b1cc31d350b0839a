"""What pages show: the base of every page's view, the head of the page, and what pages of several subjects share.

A page's view is a frozen dataclass that names its template; the template reads ``view.<field>``. Rows that a page lists have
types of their own: named tuples where nothing is inherited, since defining one takes a tenth of a dataclass's time at a cold
start.
"""

from typing import ClassVar, NamedTuple


class PageView:
    """What one page shows; each page has a frozen dataclass of its own."""

    __slots__ = ()
    template: ClassVar[str]
    """Its name below ``templates/pages/``, without its suffix."""


class NavigationLink(NamedTuple):
    """A link of the navigation; ``nav``: the name by which pages say that it leads to them (``Head.nav``)."""

    nav: str
    href: str
    label: str


class SignedInAs(NamedTuple):
    """The signed-in agent, as the head of the page shows them, and the links of the navigation."""

    name: str
    role: str
    is_team: bool
    links: tuple[NavigationLink, ...]


class Head(NamedTuple):
    """The head of a page: who is signed in (None: nobody), which link of the navigation leads here."""

    agent: SignedInAs | None = None
    nav: str = ""


class Notice(NamedTuple):
    """A message at the top of a page: what was just done, or what to know first; ``kind``: see ``macros/blocks.html``."""

    title: str
    text: str
    kind: str = "fait"


class FieldError(NamedTuple):
    """What is wrong with a form; ``field``: at which field it is shown, empty for none."""

    field: str
    message: str


NOBODY = Head()


def render_page(view: PageView, head: Head = NOBODY) -> str:
    """Render the template of a view below the head that all pages share."""
    from chalicelib.templating import render  # the health call loads no templates

    return render(f"pages/{view.template}.html", view, head)

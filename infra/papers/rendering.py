"""How a paper becomes HTML: its template, what is missing in it, and the page around both."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from chalicelib import config, french, templating
from chalicelib.domain.kernel.texts import ONCE_READ
from chalicelib.french import NARROW, NO_BREAK
from chalicelib.web import public
from chalicelib.web.kit.page_view import NOBODY, PageView
from infra.deploy.stage import Stage
from infra.papers import facts, figures, sources
from infra.papers.measures import MEASURES
from infra.papers.owner import ASKED

TEMPLATES = Path(__file__).resolve().parent / "templates"
MARK = Markup('<mark class="manque">À COMPLÉTER : {}</mark>')
IN_TEXT = re.compile(r"(?<=>)[^<]+")
"""Text between two tags."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that the owner of a stage has not said yet."""

    name: str
    """In the stage's file."""
    words: str
    """In words that complete « À COMPLÉTER : »."""


@dataclass(frozen=True, slots=True)
class Made:
    """One paper: its HTML, and what its owner has not said yet."""

    html: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Edition:
    """What every paper of one run shares."""

    stage: Stage
    at: datetime
    version: str
    """Of the sources (``sbom.read_version``)."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(french.FILTERS)
    environment.globals |= {
        "delay": figures.write_delay,
        "number": figures.write_number,
        "source": sources.cite,
        "measures": MEASURES,
        "filled": fill_in,
        "once_read": ONCE_READ,
    }
    return environment


def fill_in(text: str) -> Markup:
    """Return a text with the delays that it names, as « {answer_days} »."""
    names = re.findall(r"\{(\w+)\}", text)
    return escape(text).format(**{name: figures.write_delay(name) for name in names})


def render_paper(name: str, title: str, edition: Edition, view: object) -> Made:
    """Render ``templates/<name>.html`` within the page of every paper. To be called with the stage's settings.

    ``view``: what the template of this paper reads.
    """
    missing: dict[Missing, None] = {}

    def mark(name: str, words: str) -> Markup:
        missing[Missing(name, words)] = None
        return MARK.format(words)

    def ask(asked: str) -> Markup:
        answer = edition.stage.papers.get(asked, "").strip()
        return escape(answer) if answer else mark(asked, ASKED[asked])

    def fact(named: str) -> Markup:
        value = facts.read_fact(edition.stage, named)
        return escape(value) if value else mark(named, facts.OF_THE_STAGE[named])

    def mark_legal(setting: str) -> Markup:
        return mark(config.name_parameter(setting), facts.LEGAL[setting])

    given = {
        "stage": edition.stage,
        "edition": edition,
        "settings": config.settings(),
        "ask": ask,
        "fact": fact,
    }
    given |= {"title": title, "site": public.read_site_facts()}
    body = _environment().get_template(f"{name}.html").render(view=view, **given)
    body = IN_TEXT.sub(lambda text: facts.UNSAID.sub(lambda unsaid: mark_legal(unsaid[1]), text[0]), body)
    body = facts.UNSAID.sub("", body)  # of attributes
    framed = (
        _environment()
        .get_template("papier.html")
        .render(body=body, missing=tuple(missing), name=name, **given)
    )
    head, _, rest = framed.partition("<body>")
    return Made(f"{head}<body>{IN_TEXT.sub(lambda text: set_marks(text[0]), rest)}", tuple(missing))


def set_marks(text: str) -> str:
    """Set the spaces of a text as French print does: none breaks before a mark, or within quotes."""
    return re.sub(r"(?<=«) | (?=[»:%](?:\W|$))", NO_BREAK, re.sub(r" (?=[;!?])", NARROW, text))


def render_page_content(view: PageView) -> str:
    """Return the HTML of what a page of the product says, without what stands around it, its links leading to where it is served.

    The paper then says the same as the page.
    """
    page = templating.render(f"pages/{view.template}.html", view, NOBODY)
    content = page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    content = re.sub(r"<nav\b.*?</nav>", "", content, flags=re.DOTALL)
    return re.sub(r'href="/', f'href="{config.public_base_url()}/', content)

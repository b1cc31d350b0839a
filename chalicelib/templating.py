"""Pages and mails: what Jinja makes of ``templates/``, as text. Its environment is built on first use."""

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, ModuleLoader, StrictUndefined, select_autoescape

from chalicelib import config, french, statics
from chalicelib.domain.kernel.texts import ONCE_READ

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
COMPILED = TEMPLATES / "compiled"
"""What the package holds in place of the sources (``infra/package.py``): reading those takes longer than all else of a page."""


def render(name: str, view: object, head: object = None) -> str:
    """Render ``templates/<name>``; values are escaped when it ends in ``.html``, and left alone in ``.txt``.

    ``view``: the dataclass whose fields the template reads (a test compares them); ``head``: what pages show above it.
    """
    return build_environment().get_template(name).render(view=view, head=head)


@lru_cache(maxsize=1)
def build_environment() -> Environment:
    """Build Jinja's environment, once: where templates are, and what each of them may call."""
    environment = Environment(
        loader=ModuleLoader(COMPILED) if COMPILED.is_dir() else FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {
        "asset": statics.build_asset_path,
        "sheet": statics.read_sheet,
        "within": statics.read_inline_script,
    }
    environment.globals["document_kinds"] = french.KINDS
    # Delays are never written by hand: a page says what is set.
    environment.globals["settings"] = config.settings
    environment.globals["site_url"] = config.public_base_url
    environment.globals["erased_minutes"] = config.ERASED_MINUTES
    environment.globals["once_read"] = ONCE_READ
    environment.globals["reading_minutes"] = config.READING_MINUTES
    environment.filters.update(french.FILTERS)
    return environment

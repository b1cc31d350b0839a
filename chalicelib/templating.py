"""Pages, mails and static files: everything that comes out of ``templates/``, as text.

The Jinja environment is built on first use, and the static files are read once: a function that renders nothing
pays for neither.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from chalicelib import config, french

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
STATIC = TEMPLATES / "static"

CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
"""What may be served, by file suffix. Text only: bytes do not survive API Gateway and Chalice."""


def render(name: str, **context: object) -> str:
    """Render ``templates/<name>``; values are escaped when it ends in ``.html``, and left alone in ``.txt``.

    ``context`` holds every variable that the template reads; instants are aware datetimes.
    """
    return _environment().get_template(name).render(**context)


def asset(name: str) -> str:
    """The address of a static file, ``/static/<digest>/<name>``, which changes whenever any of them does."""
    if name not in _static_files():
        raise LookupError(f"no static file named {name!r}")
    return f"/static/{static_digest()}/{name}"


def static_file(digest: str, name: str) -> tuple[str, str, bool] | None:
    """Read a static file for the web: its text, its content type and whether ``digest`` is the current one; None: no such file.

    A page older than the last deployment still names an old digest: only under the current one is the answer cached for ever.
    """
    text = _static_files().get(name)
    if text is None:
        return None
    return text, CONTENT_TYPES[Path(name).suffix], digest == static_digest()


@lru_cache(maxsize=1)
def static_digest() -> str:
    """The first 12 hexadecimal characters of the SHA-256 over the names and bytes of all static files."""
    whole = hashlib.sha256()
    for name, text in sorted(_static_files().items()):
        content = text.encode()
        # Lengths keep two different sets of files from ever giving the same stream of bytes.
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()[:12]


@lru_cache(maxsize=1)
def _static_files() -> dict[str, str]:
    """Map each servable name to its text. Only these names are ever served, so no path can climb out."""
    return {
        path.name: path.read_bytes().decode()
        for path in STATIC.iterdir()
        if path.is_file() and path.suffix in CONTENT_TYPES
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["asset"] = asset
    environment.globals["document_kinds"] = french.KINDS
    # Delays are never written by hand: a page says what is set.
    environment.globals["settings"] = config.settings
    environment.globals["erased_minutes"] = config.ERASED_MINUTES
    environment.filters.update(french.FILTERS)
    return environment

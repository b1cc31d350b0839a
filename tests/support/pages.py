"""What a page says, where its links lead, what its forms send: read from its HTML as a browser without scripts would."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "code",
    "em",
    "i",
    "kbd",
    "label",
    "s",
    "small",
    "span",
    "strong",
    "time",
    "u",
}
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr"}
UNSEEN = {"script", "style", "template"}
READ_ALOUD = ("aria-label", "title", "alt", "placeholder")
UNSAID = "\0"
SPACES = re.compile(r"[ \t\n\r\f]+")
"""What HTML folds into one space; the spaces that French puts before « : » are not among them."""


@dataclass
class Field:
    """One control of a form."""

    tag: str
    attributes: dict[str, str]
    options: list[tuple[str, bool]] = field(default_factory=list)
    """Of a select: value, and whether it is chosen."""
    text: str = ""
    """Of a text area."""

    @property
    def name(self) -> str:
        """Under which it is sent; empty when it is not."""
        return self.attributes.get("name", "")

    @property
    def type(self) -> str:
        """« select », « textarea », or the type of an input or a button."""
        usual = {"input": "text", "button": "submit"}
        return self.attributes.get("type", usual[self.tag]) if self.tag in usual else self.tag


@dataclass
class Form:
    """One form and its controls."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)


class Page(HTMLParser):
    """A page, read once: ``texts`` block by block, ``links``, ``ids``, ``forms``."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.forms: list[Form] = []
        self._open: list[tuple[str, bool]] = []
        self._block = ""
        self._by_id: dict[str, Form] = {}
        self._apart: list[tuple[str, Field]] = []
        self._elsewhere: list[tuple[str, Field]] = []
        self._form: Form | None = None
        self._field: Field | None = None
        self.feed(source)
        self.close()
        self._end_block()
        for name, control in self._apart:  # a control may stand before the form that it names
            self._by_id[name].fields.append(control)
        for name, button in self._elsewhere:  # it sends the fields of its form to a place of its own
            form = self._by_id[name]
            fields = [control for control in form.fields if control.type != "submit"]
            self.forms.append(Form(button.attributes["formaction"], form.method, [*fields, button]))

    @property
    def _hidden(self) -> bool:
        """Whether what is open now is not shown."""
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what opens."""
        given = {name: value or "" for name, value in attrs}
        hidden = self._hidden or tag in UNSEEN or "hidden" in given
        if tag not in INLINE:
            self._end_block()
        if tag not in VOID:
            self._open.append((tag, hidden))
        self.ids |= {given["id"]} if "id" in given else set()
        if not hidden:
            self.texts += [given[name] for name in READ_ALOUD if given.get(name)]
            if tag == "a" and "href" in given:
                self.links.append(given["href"])
        self._note_form(tag, given, hidden)

    def _note_form(self, tag: str, given: dict[str, str], hidden: bool) -> None:
        """Note a form or a field that opens; ``hidden``: it is not shown."""
        if tag == "form" and not hidden:
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self._by_id[given["id"]] = self._form
        elif tag in {"input", "select", "textarea", "button"}:
            self._field = Field(tag, given)
            if "formaction" in given:
                self._elsewhere.append((given["form"], self._field))
            elif "form" in given:
                self._apart.append((given["form"], self._field))
            elif self._form is not None and "disabled" not in given:
                self._form.fields.append(self._field)
        elif tag == "option" and self._field is not None:
            self._field.options.append((given.get("value", UNSAID), "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        """Close what was open, and what was left open within."""
        if tag not in INLINE:
            self._end_block()
        if tag == "form":
            self._form = None
        if any(tag == name for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Text: of the block, and of a text area."""
        if self._open and self._open[-1][0] == "textarea" and self._field is not None:
            self._field.text += data
        if self._open and self._open[-1][0] == "option" and self._field and self._field.options:
            value, chosen = self._field.options[-1]
            if value == UNSAID:  # an option is worth its words where it says nothing else
                self._field.options[-1] = (data.strip(), chosen)
        if not self._hidden:
            self._block += data

    def _end_block(self) -> None:
        """Keep the text of the block that ends."""
        text = SPACES.sub(" ", self._block).strip(" ")
        self._block = ""
        if text:
            self.texts.append(text)


def visible_words(page: str) -> str:
    """Return what can be read of HTML, on one line, with ordinary spaces."""
    visible = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", visible)).split())

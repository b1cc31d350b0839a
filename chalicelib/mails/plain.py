"""Make the text part of a mail from its HTML: a paragraph for each block, and each link whole on a line of its own."""

import re
from html.parser import HTMLParser

BLOCKS = frozenset({"p", "h1", "td", "hr", "div", "title"})
UNSEEN = frozenset({"div", "title"})
"""What stands in no body: the title, and what lists of mails show after the subject."""
RULE = "* * *"


def extract_text(html: str) -> str:
    """Return what is read of a mail's HTML, without its emphasis. The blanks of HTML alone are folded: no-break ones stay."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "\n\n".join(reader.paragraphs) + "\n"


class _Reader(HTMLParser):
    """Gathers the blocks of a mail as paragraphs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: list[str] = []
        self.block = ""
        self.links: list[tuple[str, str]] = []
        """Label and address of each link of the block."""
        self.href, self.label_start = "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, a line or a link."""
        if tag in BLOCKS:
            self.end_block()
        if tag == "br":
            self.block += "\n"
        elif tag == "hr":
            self.paragraphs.append(RULE)
        elif tag == "a":
            self.href, self.label_start = dict(attrs)["href"] or "", len(self.block)

    def handle_endtag(self, tag: str) -> None:
        """End a block or a link."""
        if tag in UNSEEN:
            self.block = ""
        elif tag in BLOCKS:
            self.end_block()
        elif tag == "a":
            self.links.append((self.block[self.label_start :], self.href))

    def handle_data(self, data: str) -> None:
        """Add words to the block."""
        self.block += re.sub(r"[ \t\r\n]+", " ", data)

    def end_block(self) -> None:
        """Add what was read of the block, then its links: a button is its label and its address."""
        text = re.sub(r" *\n *", "\n", re.sub(r" +", " ", self.block)).strip(" \n")
        links = [f"{label}\u00a0:\n{address}" for label, address in self.links]
        if text and text not in {label for label, _ in self.links}:
            links.insert(0, text)
        if links:
            self.paragraphs.append("\n\n".join(links))
        self.block, self.links = "", []

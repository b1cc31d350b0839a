"""How easily a French text reads: Flesch's ease as Kandel and Moles carried it over (1958).

207 − 1.015 × words a sentence − 73.6 × syllables a word, on Flesch's scale: 60 to 70 is read at 13 to 15 years, 70 to 80 at 12.
Levels A2 and B1 of the European framework ask for short sentences of frequent words; nobody has tied them to a figure.
"""

import re
from html import unescape

VOWELS = "aàâeéèêëiîïoôuùûüyœ"


def list_paragraphs(html: str) -> list[str]:
    """Return the texts of the paragraphs and points of lists of a page's own content; one of four words at most is a label."""
    content = html.partition("<main")[2].partition("</main>")[0]
    written = [inner for _, inner in re.findall(r"<(p|li)\b[^>]*>(.*?)</\1>", content, re.DOTALL)]
    texts = [" ".join(unescape(re.sub(r"<[^>]*>", " ", inner)).split()) for inner in written]
    return [text for text in texts if len(text.split()) > 4]


def split_sentences(text: str, ends: str = ".!?:") -> list[list[str]]:
    """Return the words of each sentence of a text; ``ends``: what ends one before a space."""
    parts = re.split(rf"[{ends}](?:\s|$)", text.replace("\u00a0", " ").replace("\u202f", " "))
    return [found for part in parts if (found := re.findall(r"[^\W\d_]+", part))]


def count_syllables(word: str) -> int:
    """Count the groups of vowels of a word; a silent « e » at its end is none."""
    groups = len(re.findall(f"[{VOWELS}]+", word.lower()))
    is_silent = groups > 1 and re.search(f"[^{VOWELS}](?:e|es|ent)$", word.lower()) is not None
    return max(1, groups - is_silent)


def measure_ease(text: str) -> float:
    """Return the reading ease of a text (Kandel and Moles)."""
    sentences = split_sentences(text)
    spoken = [word for sentence in sentences for word in sentence]
    return 207 - 1.015 * len(spoken) / len(sentences) - 73.6 * sum(map(count_syllables, spoken)) / len(spoken)

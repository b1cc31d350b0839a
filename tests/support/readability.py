"""How easily a French text reads: Flesch's ease as Kandel and Moles carried it over (1958).

207 − 1.015 × words a sentence − 73.6 × syllables a word, on Flesch's scale: 60 to 70 is read at 13 to 15 years, 70 to 80 at 12.
Levels A2 and B1 of the European framework ask for short sentences of frequent words; nobody has tied them to a figure.
"""

import re

VOWELS = "aàâeéèêëiîïoôuùûüyœ"


def split_sentences(text: str) -> list[list[str]]:
    """Return the words of each sentence of a text."""
    parts = re.split(r"[.!?:](?:\s|$)", text.replace("\u00a0", " ").replace("\u202f", " "))
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

"""Random subjects, names and texts, written by each Python at hand and read by two readers that are neither ours nor Python's."""

import base64
import json
import random
import subprocess
from glob import glob
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail_readers import READERS

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHONS = sorted(glob("/usr/bin/python3.[0-9]*[0-9]") + glob("/usr/local/bin/python3.[0-9]*[0-9]"))
MANY = 1_000
WRITER = """
import base64, json, sys
from email.headerregistry import Address
sys.path.insert(0, "chalicelib")
import mime
for line in sys.stdin:
    case = json.loads(line)
    message = mime.build_empty_message()
    message["From"] = Address(case["name"], addr_spec="relais@passe-plat.example")
    message["To"] = "n@xn--jardinire-63a.example"
    message["Subject"] = case["subject"]
    message.set_content(case["text"], cte=mime.TEXT)
    message.add_alternative(case["text"], subtype="html", cte=mime.TEXT)
    message.add_attachment(case["text"].encode(), maintype="application", subtype="ics", filename="rendez-vous.ics")
    print(base64.b64encode(message.as_bytes()).decode())
"""
"""Run with the module of the encoding alone, since other Pythons hold nothing of ours."""
WORDS = [
    "Rénovation", "énergétique", "l’Oréal", "lot\u00a02", "Métropole", "du", "Val", "d’Orbe,", "(académie", "de", "Dijon)",
    "=?utf-8?q?=C3=A9?=", "=?", "?=", '"', "\\", ",", "<voirie>", "a@b.example", ":", ";", "é" * 40, "x" * 80, "🎓", "e\u0301",
]  # fmt: skip


def made(chance: random.Random, letters: str) -> str:
    """Return one line at random: words that have gone wrong somewhere, or anything that is printed."""
    if chance.random() < 0.5:
        said = " ".join(chance.choices(WORDS, k=chance.randint(1, 14)))
    else:
        said = "".join(chance.choices(letters, k=chance.randint(1, 120)))
    return said.strip() or "x"


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_is_said_comes_back_exact(python: str) -> None:
    chance = random.Random(7)  # noqa: S311 - the same cases each time
    printed = [chr(point) for point in range(0x20, 0x2_FFFF) if chr(point).isprintable()]
    letters = (
        "".join(chance.sample(printed, 500)) + "".join(map(chr, range(0x20, 0x7F))) * 8 + "éèêàçùîœ’«» " * 30
    )
    cases: list[dict[str, Any]] = [
        {
            "subject": made(chance, letters),
            "name": made(chance, letters),
            "text": "\n".join(made(chance, letters) for _ in range(chance.randint(1, 6))) + "\n",
        }
        for _ in range(MANY)
    ]
    ran = subprocess.run(
        [python, "-I", "-c", WRITER.replace('"chalicelib"', repr(str(ROOT / "chalicelib" / "mails")))],
        input="\n".join(map(json.dumps, cases)),
        capture_output=True,
        text=True,
        check=True,
    )
    raws = [base64.b64decode(line) for line in ran.stdout.split()]
    assert len(raws) == MANY
    for case, raw in zip(cases, raws, strict=True):
        assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
        for reader in READERS.values():
            read = reader(raw)
            assert read.subject == case["subject"]
            assert read.addresses["From"] == [(case["name"], "relais@passe-plat.example")]
            assert read.text("text/plain") == read.text("text/html") == case["text"]
            assert [(part.file_name, part.content.decode()) for part in read.parts[2:]] == [
                ("rendez-vous.ics", case["text"])
            ]


def test_there_is_more_than_the_python_of_this_environment() -> None:
    assert PYTHONS

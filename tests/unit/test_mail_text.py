"""The text part of a mail is what its HTML says: a paragraph for each block, each link whole on a line of its own."""

import re
from html import unescape

from chalicelib.mails.letters import render_part
from chalicelib.mails.plain import extract_text
from infra.local.mail_samples import every_message
from infra.local.mail_samples import text_of as text_of_sample

TAG = re.compile(r"<!--.*?-->|</?(strong|span)\b[^>]*>|<[^>]+>", re.DOTALL)
LONG = f"https://passe-plat.example/retrait/#{'q7Zt0mVxK3nE8rYb' * 20}"


def test_blocks_are_paragraphs_and_breaks_are_lines() -> None:
    html = "<table><tr><td><p>Bonjour,</p>\n<h1>Un  titre</h1><hr>\n<td>Un<br>\n<strong>deux</strong>\ntrois</td></td>"

    assert extract_text(html) == "Bonjour,\n\nUn titre\n\n* * *\n\nUn\ndeux trois\n"


def test_a_button_is_its_label_then_its_whole_address() -> None:
    assert extract_text(f'<td><a href="{LONG}&amp;a=1">Voir</a></td>') == f"Voir\u00a0:\n{LONG}&a=1\n"


def test_the_address_of_a_link_within_a_sentence_follows_its_paragraph() -> None:
    html = '<p>Elle part le lundi. <a href="https://a.example/x">Ne plus le recevoir</a> : un bouton suffit.</p><p>Fin</p>'

    assert extract_text(html) == (
        "Elle part le lundi. Ne plus le recevoir : un bouton suffit.\n\n"
        "Ne plus le recevoir\u00a0:\nhttps://a.example/x\n\nFin\n"
    )


def test_typed_signs_and_unbroken_spaces_come_back_exact() -> None:
    assert (
        extract_text("<p>a\u00a0b\u202f! &lt;p&gt; &amp;amp; www\u2060.b.fr</p>")
        == "a\u00a0b\u202f! <p> &amp; www\u2060.b.fr\n"
    )


def test_what_no_body_shows_is_not_read() -> None:
    html = '<head><title>T</title><!--[if mso]><xml>o</xml><![endif]--></head><div style="display:none">P</div><p>Q</p>'

    assert extract_text(html) == "Q\n"


WITHIN = re.compile(r"[^>\s]\s*<a [^>]*>([^<]*)</a>")
"""A link within a sentence, whose words the text repeats beside its address."""


def test_the_text_of_every_mail_holds_the_words_of_its_html_and_nothing_else() -> None:
    for name, message in every_message().items():
        body = render_part(message, "body.html").partition("<table")[2].partition(">")[2]
        words = unescape(TAG.sub(lambda tag: "" if tag[1] else " ", body)).split()
        buttons = re.sub("\u00a0:\nhttps://[^\n]+", "", text_of_sample(message)).replace("* * *", "")
        repeated = " ".join(WITHIN.findall(body)).split()

        assert sorted(buttons.split()) == sorted(words + repeated), name

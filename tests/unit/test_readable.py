"""What the readers of pages refuse, and what they let pass: a walk that sees nothing proves nothing."""

import pytest

from tests.support import readable
from tests.support.pages import Page


@pytest.mark.parametrize(
    "text",
    [
        "Fin de marché dans les {{ months }} mois",
        "Bonjour {name},",
        "Le lien est valable jusqu’au None.",
        "En préparation, meeting_fixed",
        "Étape : opened",
        "Your session has expired.",
        "Le rendez-vous est fixé : .",
        "Envoyé par .",
        "Une offre ()",
        "Le CV  est parti",
        "Attendu le\u00a0 12 janvier",
        "Choisissez « ».",
    ],
)
def test_what_nobody_may_read_is_found(text: str) -> None:
    assert readable.faults([text])


@pytest.mark.parametrize(
    "text",
    [
        "Cette page se met à jour d’elle-même. Ouvrez-la, puis prenez-le.",
        "Le CV et la lettre : 12 Ko ; « lot 2 », session du 3 mars, etc.",
        "https://passe-plat.example/retrait/#the_token, n.bellanger@sent.example",
        "Un RUN, une offre… et 3,5 jours",
    ],
)
def test_french_passes(text: str) -> None:
    assert readable.faults([text]) == []


def test_a_page_is_read_as_a_browser_without_scripts_shows_it() -> None:
    page = Page(
        """<!doctype html><title>Titre</title><p>Un <b>mot</b>,
        deux</p><p hidden>caché</p><script>non()</script><img alt="image"><a href="/ici#la">là</a>
        <input type="radio" form="f" name="avec" value="1">
        <form id="f" method="post" action="/faits"><select name="s">
        <option value="a">A<option value="b" selected>B<option>C</select>
        <textarea name="t">texte</textarea><button name="fait" value="x">Noter</button></form>"""
    )

    assert page.texts[:4] == ["Titre", "Un mot, deux", "image", "là"]
    assert page.links == ["/ici#la"]
    (form,) = page.forms
    assert (form.method, form.action) == ("post", "/faits")
    assert [(field.name, field.type) for field in form.fields] == [
        ("s", "select"),
        ("t", "textarea"),
        ("fait", "submit"),
        ("avec", "radio"),
    ]
    assert (
        form.fields[0].options == [("a", False), ("b", True), ("C", False)] and form.fields[1].text == "texte"
    )

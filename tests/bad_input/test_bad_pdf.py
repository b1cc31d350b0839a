"""B13 to B21: sealed files that are not what they should be. The tutor reads why on ``GET /depots/{id}``; nobody else hears."""

from collections.abc import Callable

import pytest

from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.pdf import PdfRefusal
from chalicelib.stores import objects, parcours
from tests import factories
from tests.bad_input.cases import Scene
from tests.factories import COMPANY_ADDRESS
from tests.pdf_hostile import HOSTILE, PLACES
from tests.pdf_samples import FRIENDLY, REFUSED_ACTIONS, document

SENTENCES = {
    Reason.NOT_A_PDF: "Ce fichier n’est pas un PDF.",
    Reason.PROTECTED: "Ce PDF est protégé",
    Reason.ACTIVE: "Ce PDF contient des éléments actifs",
    Reason.ATTACHMENTS: "Ce PDF contient des fichiers joints",
    Reason.PAGE_COUNT: "Le document doit avoir de 1 à 30 pages.",
}
NAMED: list[tuple[str, PdfRefusal, str]] = [
    ("B13", PdfRefusal.NOT_A_PDF, "word document"),
    ("B13", PdfRefusal.NOT_A_PDF, "photograph"),
    ("B13", PdfRefusal.NOT_A_PDF, "web page"),
    ("B13", PdfRefusal.NOT_A_PDF, "polyglot"),
    ("B13", PdfRefusal.NOT_A_PDF, "header one byte too far"),
    ("B14", PdfRefusal.PROTECTED, "password"),
    ("B14", PdfRefusal.PROTECTED, "restrictions without a password"),
    ("B15", PdfRefusal.ACTIVE, "script tree"),
    ("B17", PdfRefusal.ATTACHMENTS, "attached by pypdf"),
    ("B17", PdfRefusal.ATTACHMENTS, "portfolio"),
    ("B17", PdfRefusal.ATTACHMENTS, "RichMedia annotation"),
    ("B18", PdfRefusal.ACTIVE, "XFA form"),
    ("B21", PdfRefusal.PAGE_COUNT, "no page"),
    ("B21", PdfRefusal.PAGE_COUNT, "31 pages"),
]
SCRIPT_PLACES = ("at opening", "page trigger", "link", "name tree", "object stream", "escaped names")
ACTIONS = ("Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "a file address", "a UNC address")

REFUSED: dict[str, tuple[Reason, Callable[[], bytes]]] = {
    **{
        f"{number} {name}": (Reason(refusal.value), HOSTILE[refusal][name]) for number, refusal, name in NAMED
    },
    **{
        f"B15 script, {place}": (
            Reason.ACTIVE,
            lambda place=place: PLACES[place](REFUSED_ACTIONS["JavaScript"]),
        )
        for place in SCRIPT_PLACES
    },
    **{
        f"B16 {action}": (Reason.ACTIVE, lambda action=action: PLACES["link"](REFUSED_ACTIONS[action]))
        for action in ACTIONS
    },
}
ACCEPTED: dict[str, Callable[[], bytes]] = {
    "B15 an opening that only sets the view": FRIENDLY["as_libreoffice_writes"],
    "B16 links to the web": FRIENDLY["links"],
    "B18 a plain form": FRIENDLY["plain_form"],
    "B21 one page": document,
    "B21 30 pages": lambda: document(pages=30),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_erased_and_explained(
    afresh: Scene, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reason, sample = REFUSED[name]
    relay = afresh.empty
    mailed = to_the_recipient(afresh)
    sent = relay.announces(factories.sealed(sample()))
    relay.uploads()

    assert relay.is_inspected() == "refused"
    relay.mailer_runs()

    answer = afresh.agent.get(f"/depots/{sent.deposit}")
    shown = answer.json["documents"][0]
    assert (answer.status, answer.json["etat"], shown["etat"]) == (200, "refuse", "refuse")
    assert SENTENCES[reason] in shown["message"]
    assert len(shown["message"].split(". ")) > 1, "and what to do"
    assert objects.head(objects.object_key(sent.deposit, sent.kind)) is None
    assert to_the_recipient(afresh) == mailed
    last = parcours.page(relay.parcours_id).events[-1]
    assert (last.kind, last.reason) == (EventKind.DOCUMENTS_REFUSED, reason)
    notice = afresh.world.mails()[-1]
    body = notice.get_body(("plain",))
    assert relay.tutor.address in str(notice["To"]) and body is not None
    assert SENTENCES[reason] in " ".join(str(body.get_content()).split())
    assert "%PDF" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_ordinary_file_passes(afresh: Scene, name: str) -> None:
    relay = afresh.empty
    sent = relay.announces(factories.sealed(ACCEPTED[name]()))
    relay.uploads()

    assert relay.is_inspected() == "verified"
    assert afresh.agent.get(f"/depots/{sent.deposit}").json["etat"] == "verifie"


def to_the_recipient(scene: Scene) -> int:
    """How many mails went to the recipient of these deposits."""
    return sum(mail["To"] == COMPANY_ADDRESS for mail in scene.world.mails())

"""B13 to B21: sealed files that are not what they should be. The tutor reads why on ``GET /depots/{id}``; nobody else hears."""

from functools import partial

import pytest

from chalicelib.domain.kernel.timeline import EventKind, Reason
from chalicelib.stores import objects, parcours_table
from chalicelib.words import codes
from tests.bad_input.cases import Scene
from tests.support import canonical, factories
from tests.support.factories import COMPANY_ADDRESS
from tests.support.pdf_ambiguous import AMBIGUOUS
from tests.support.pdf_hostile import HOSTILE, PLACES
from tests.support.pdf_samples import FRIENDLY, REFUSED_ACTIONS, Sample

NAMED = {
    "B13": ("word document", "photograph", "web page", "polyglot", "header one byte too far"),
    "B14": ("password", "restrictions without a password"),
    "B15": ("script tree",),
    "B17": ("attached by pypdf", "portfolio", "RichMedia annotation"),
    "B18": ("XFA form",),
    "B19": ("page squeezed too far", "page squeezed twice", "10 000 dictionaries in one another"),
    "B20": ("cut in the middle", "table taken away", "page tree in a circle"),
    "B21": ("no page", "31 pages"),
}
SCRIPT_PLACES = ("at opening", "page trigger", "link", "name tree", "object stream", "escaped names")
ACTIONS = ("Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "a file address", "a UNC address")

REFUSED: dict[str, Sample] = {
    **{f"{number} {name}": HOSTILE[name] for number, names in NAMED.items() for name in names},
    **{
        f"B15 script, {place}": partial(PLACES[place], REFUSED_ACTIONS["JavaScript"])
        for place in SCRIPT_PLACES
    },
    **{f"B16 {action}": partial(PLACES["link"], REFUSED_ACTIONS[action]) for action in ACTIONS},
    "B20 read in two ways": next(iter(AMBIGUOUS.values())),
    "B24 an author, which the page takes out": FRIENDLY["as_libreoffice_writes"],
}
ACCEPTED: dict[str, Sample] = {
    "B16 a link to the web": lambda: canonical.address(b"https://x.example"),
    "B21 one page": canonical.document,
    "B21 30 pages": lambda: canonical.document(pages=30),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_erased_and_explained(
    afresh: Scene, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    relay = afresh.empty
    mailed = to_the_recipient(afresh)
    sent = relay.announces(factories.sealed(REFUSED[name]()))
    relay.uploads()

    assert relay.is_inspected() == "refused"
    relay.mailer_runs()

    answer = afresh.agent.get(f"/depots/{sent.deposit}")
    shown = answer.json["documents"][0]
    assert (answer.status, answer.json["etat"], shown["etat"]) == (200, "refuse", "refuse")
    assert " ".join(codes.REFUSED_DOCUMENT[Reason.NOT_CANONICAL]) == shown["message"]
    assert len(shown["message"].split(". ")) > 1, "and what to do"
    assert objects.read_metadata(objects.object_key(sent.deposit, sent.kind)) is None
    assert to_the_recipient(afresh) == mailed
    last = parcours_table.read_page(relay.parcours_id).events[-1]
    assert (last.kind, last.reason) == (EventKind.DOCUMENTS_REFUSED, Reason.NOT_CANONICAL)
    notice = afresh.world.mails()[-1]
    body = notice.get_body(("plain",))
    assert relay.tutor.address in str(notice["To"]) and body is not None
    assert "choisissez le fichier de nouveau" in " ".join(str(body.get_content()).split())
    assert "%PDF" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_canonical_file_passes(afresh: Scene, name: str) -> None:
    relay = afresh.empty
    sent = relay.announces(factories.sealed(ACCEPTED[name]()))
    relay.uploads()

    assert relay.is_inspected() == "verified"
    assert afresh.agent.get(f"/depots/{sent.deposit}").json["etat"] == "verifie"


def to_the_recipient(scene: Scene) -> int:
    """Return how many mails went to the recipient of these deposits."""
    return sum(mail["To"] == COMPANY_ADDRESS for mail in scene.world.mails())

"""Who can make a document reach whom: each cell of the table in ``chalicelib/domain/documents/README.md``, and what is tried.

The sequences of acts of a cell are tried on real tables. A cell holds for whoever is named, and for the thief of that
person's session or mailbox where both are. Cells of lent roles are tried on the deployed product
(tests/security/test_lent_roles.py).
"""

from dataclasses import dataclass

from infra import alarms
from tests.reach.state import BUYER, COLLEAGUE
from tests.support.factories import COMPANY_ADDRESS

MOMENTS = ("before the sealing", "sealed", "opened")


@dataclass(frozen=True)
class Cell:
    """What one person can do at one moment."""

    said: str
    tries: dict[tuple[str, ...], frozenset[str]]
    """Sequence of acts, those that are refused left out → the addresses that a link to the document reached."""


def cell(said: str, *tries: tuple[tuple[str, ...], tuple[str, ...]]) -> Cell:
    return Cell(said, {acts: frozenset(reached) for acts, reached in tries})


COMPANY, BY_BUYER, OPEN = "tutor seals for the company", "tutor seals by the buyer", "recipient opens"
NAMES = "recipient names a colleague"
OVER, BACK = "team hands over to a fake tutor", "team hands back"
THIEF = "thief of the tutor's session"
LOST = "outsider asks for lost messages"
SECOND = "tutor seals for the second contact"
PLANTS = "fake tutor names a colleague as the recipient of her own"
C, B = (COMPANY_ADDRESS,), (BUYER,)
SHOWN = "nobody; what she changes in the record, or names there as a recipient of her own, is shown to the sealer first"
DECLARED = (
    "the contacts of an offer that she declares, whose page says so; what she changes later is shown first"
)
SAME = "the same recipient again"
GONE, RENAMED = "team notes that the second contact has left", "team renames the second contact"
PASSES_SECOND = "buyer passes on to the second contact"
WRONG = "tutor seals for a wrong address and withdraws"

TABLE: dict[str, tuple[Cell, Cell, Cell]] = {
    "the tutor who sealed": (
        cell(
            "whom she chooses; an address that is not trusted is shown first",
            ((COMPANY,), C),
            ((BY_BUYER,), B),
            (("team changes the company's contact", COMPANY), ()),
            ((WRONG, "tutor seals for the checked address", "tutor seals for the wrong address again"), ()),
        ),
        cell(
            f"{SAME}; an address that a recipient typed, if she agrees",
            ((COMPANY, f"{THIEF} sends again"), C),
            ((COMPANY, NAMES), C),
            ((COMPANY, NAMES, "tutor agrees"), (*C, COLLEAGUE)),
            ((COMPANY, NAMES, OVER, "tutor agrees"), (*C, COLLEAGUE)),
        ),
        cell(
            SAME,
            ((COMPANY, OPEN, f"{THIEF} sends again"), C),
            ((COMPANY, NAMES, OPEN, "tutor agrees"), C),
        ),
    ),
    "a thief of her session": (
        cell(
            SHOWN,
            ((f"{THIEF} changes the company's contact", COMPANY), ()),
            ((f"{THIEF} changes the company's contact", BY_BUYER, "buyer passes on"), B),
            ((f"{THIEF} changes the buyer's contact", BY_BUYER), ()),
            ((f"{THIEF} changes the company's contact", f"{THIEF} sends a document of his own", COMPANY), ()),
            ((f"{THIEF} names a colleague as the recipient of his own", SECOND), ()),
            ((f"{THIEF} names a colleague as the recipient of his own", BY_BUYER, PASSES_SECOND), B),
        ),
        cell(
            f"{SAME}; agrees to an address that a recipient typed, chooses none",
            ((BY_BUYER, f"{THIEF} changes the company's contact", "buyer passes on"), B),
            ((BY_BUYER, f"{THIEF} changes the buyer's contact", f"{THIEF} sends again"), B),
            ((COMPANY, f"{THIEF} changes the company's contact", f"{THIEF} sends again"), C),
        ),
        cell(SAME, ((COMPANY, OPEN, f"{THIEF} changes the company's contact", f"{THIEF} sends again"), C)),
    ),
    "a tutor who took over, a coordinator": (
        cell("whom she chooses, for documents that she seals herself", (("coordinator seals",), C)),
        cell(
            SAME,
            ((COMPANY, NAMES, "coordinator agrees"), C),
            ((COMPANY, NAMES, OVER, "fake tutor agrees", "fake tutor sends again"), C),
        ),
        cell(SAME, ((COMPANY, OPEN, OVER, "fake tutor sends again", NAMES, "fake tutor agrees"), C)),
    ),
    "a false tutor whom the team invited": (
        cell(
            SHOWN,
            ((OVER, "fake tutor changes the company's contact", BACK, COMPANY), ()),
            ((OVER, "fake tutor changes the company's contact", BACK, BY_BUYER, "buyer passes on"), B),
            (
                (
                    "team changes the company's contact",
                    OVER,
                    "fake tutor sends a document of her own",
                    BACK,
                    COMPANY,
                ),
                (),
            ),
            ((OVER, PLANTS, "fake tutor ends the passage", "other tutor takes the offer", SECOND), ()),
            ((OVER, PLANTS, BACK, BY_BUYER, PASSES_SECOND), B),
        ),
        cell(
            SAME,
            ((BY_BUYER, OVER, "fake tutor changes the company's contact", "buyer passes on"), B),
            ((COMPANY, NAMES, "team closes the tutor's account", "fake tutor agrees"), C),
        ),
        cell(SAME, ((COMPANY, OPEN, OVER, "fake tutor sends again"), C)),
    ),
    "the team, a thief of its session": (
        cell(
            DECLARED,
            (("team changes the company's contact", COMPANY), ()),
            (("team adds a contact", SECOND), ()),
            (("team changes the buyer's contact", BY_BUYER), ()),
            (("team closes the buyer's account", BY_BUYER), ()),
            (("team adds a contact", GONE, RENAMED, SECOND), ()),
        ),
        cell(
            "nobody",
            ((BY_BUYER, "team changes the company's contact", "buyer passes on"), B),
            ((BY_BUYER, "team adds a contact", PASSES_SECOND), B),
            (("team adds a contact", GONE, BY_BUYER, RENAMED, PASSES_SECOND), B),
            (
                (
                    "team adds a contact",
                    "team edits the buyer's contact to the company's",
                    COMPANY,
                    PASSES_SECOND,
                ),
                C,
            ),
            ((COMPANY, NAMES, "team agrees"), C),
        ),
        cell("nobody", ((COMPANY, OPEN, "team changes the company's contact", "team agrees"), C)),
    ),
    "a buyer, her prescriber, a thief of their session": (
        cell(DECLARED, (("thief of the buyer's session changes the company's contact", COMPANY), ())),
        cell(
            "with the link, an address that the sealer was shown; another that she types waits for the sealer",
            ((BY_BUYER, "buyer passes on"), (*B, *C)),
            ((BY_BUYER, NAMES), B),
            (
                (BY_BUYER, "thief of the buyer's session changes the company's contact", "buyer passes on"),
                B,
            ),
            ((COMPANY, "buyer passes on"), C),
        ),
        cell("nobody", ((BY_BUYER, OPEN, "buyer passes on"), B)),
    ),
    "the company's recipient": (
        cell("nobody", (("recipient names a colleague",), ())),
        cell(
            "an address that the sealer was shown; another waits for the sealer",
            ((COMPANY, NAMES), C),
            ((BY_BUYER, "buyer passes on", NAMES), (*B, *C)),
        ),
        cell(
            "one colleague beside her, by the same rule",
            ((COMPANY, OPEN, NAMES), C),
            ((COMPANY, OPEN, "recipient adds a colleague"), C),
            ((COMPANY, OPEN, "recipient adds a colleague", "tutor agrees"), (*C, COLLEAGUE)),
        ),
    ),
    "a thief of her mailbox": (
        cell("nobody", (("mailbox's thief names a colleague",), ())),
        cell(
            "herself, but for a telephoned code; or as the recipient",
            ((COMPANY, OPEN), C),
            ((COMPANY, "mailbox's thief names a colleague"), C),
        ),
        cell(
            "nobody",
            ((COMPANY, OPEN, "mailbox's thief names a colleague"), C),
        ),
    ),
    "anybody else": (
        cell("nobody", (("outsider guesses",), ())),
        cell(
            f"{SAME}, once a day",
            ((COMPANY, "outsider guesses"), C),
            ((COMPANY, LOST), C),
            ((BY_BUYER, LOST), B),
        ),
        cell(f"{SAME}, once a day", ((COMPANY, OPEN, "outsider guesses"), C), ((COMPANY, OPEN, LOST), C)),
    ),
}

LENT = {f"the role of {role.lower()}, lent to somebody": role for role in alarms.FUNCTIONS}
"""Who holds a role outside its function."""


def markdown() -> str:
    """The table, as `chalicelib/domain/documents/README.md` shows it."""
    lines = ["| who | " + " | ".join(MOMENTS) + " |", "|---" * (len(MOMENTS) + 1) + "|"]
    lines += [f"| {who} | " + " | ".join(cell.said for cell in cells) + " |" for who, cells in TABLE.items()]
    lines += [f"| {who} |" + " nobody |" * len(MOMENTS) for who in LENT]
    return "\n".join(lines)

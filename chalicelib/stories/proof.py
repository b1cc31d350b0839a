"""Prove each day that purging works: an invented deposit goes the whole way, and storage is compared with the tables.

Running twice, at once, or dying half-way is harmless: one run has the proof to itself, and erases first what another left.
"""

import base64
import hashlib
import secrets
import uuid
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import clock, config, log, seal
from chalicelib.domain import proving
from chalicelib.domain.accounts.signing_in import Session
from chalicelib.domain.kernel import delivery
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.delivery import Delivery
from chalicelib.domain.kernel.deposit import Deposit, build_associated_data
from chalicelib.domain.kernel.parcours import Parcours
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.kernel.transition import ID_BYTES, OutboxMail
from chalicelib.domain.kernel.values import Kind
from chalicelib.domain.proving import Night, Played, PurgeProof, Stop, Swept
from chalicelib.errors import NotFound
from chalicelib.pdf import grammar
from chalicelib.pdf.grammar import Name, Reference, Stream
from chalicelib.stores import cases, objects, parcours_table, relay_table, site, tables
from chalicelib.stores.items import Due, identifier_of
from chalicelib.stores.unit_of_work import UnitOfWork, story
from chalicelib.stories.accounts import signing_in
from chalicelib.stories.kit.deciding import decision_inputs, draw_session_cookie

PROMISED = timedelta(minutes=config.ERASED_MINUTES)
BUDGET = timedelta(minutes=14)
"""When a run stops by itself; the function's own time (overlay.yaml) leaves room to say so."""
SENT_WITHIN = timedelta(minutes=3)
"""How long inspection and mail are waited for, and the erasure of what an earlier run left."""
SWEEP = timedelta(minutes=3)
"""What is kept of a run for the comparison, at least."""

Pause = Callable[[], None]


class Unproved(Exception):
    """The proof failed."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.value)
        self.stop = stop


@dataclass(frozen=True)
class Report:
    """What one run found."""

    outcome: str
    """``proved``, ``busy`` (another run is at work), or where the proof stopped."""
    took_seconds: int | None = None
    swept: Swept | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Return what the log and the command show."""
        counts = {"proved": int(self.outcome == "proved")}
        if self.took_seconds is not None:
            counts["seconds"] = self.took_seconds
        if self.swept is not None:
            counts |= {"strays": self.swept.strays, "missing": self.swept.missing}
        return counts


def run(*, now: datetime, pause: Pause = site.pause) -> Report:
    """Run one proof and one comparison. A proof that fails keeps nothing from being compared.

    Args:
        pause: what is done between two looks: nothing, since inspection, mailer and purge work by themselves.
    """
    end = now + BUDGET
    if not _begin(now):
        return Report("busy")
    stopped, took = None, None
    try:
        took = _prove(end - SWEEP, pause)
    except Unproved as why:
        stopped = why.stop
    except Exception as error:
        stopped = Stop.FAULT
        log.fault(error)
    swept = _compare(end)
    _end(Night(at=clock.utc_now(), stopped=stopped, took_seconds=took, swept=swept))
    return Report(stopped.value if stopped else "proved", took, swept)


@story
def _begin(work: UnitOfWork, now: datetime) -> bool:
    """Take the proof for this run alone; return False where another run has it."""
    return bool(work.commit(proving.begin(work.get(PurgeProof), now)))


@story
def _end(work: UnitOfWork, night: Night) -> None:
    """Store the result of a run, and release the proof."""
    work.commit(proving.note_run(_load_proof(work), night))


def _load_proof(work: UnitOfWork) -> PurgeProof:
    """Load the proof; a new one where none is stored."""
    return work.get(PurgeProof) or PurgeProof()


# ---- An invented deposit goes the whole way ------------------------------------------------------------------------
def _prove(end: datetime, pause: Pause) -> int:
    """Play a tutor with an invented document, from its announcement to its erasure; return the seconds that the erasure took.

    It is announced, sealed and posted; once its link has left it is ended, and must be purged within ``PROMISED``. Raises
    Unproved.
    """
    unfinished = _load_proof(UnitOfWork()).played
    if unfinished is not None:
        _erase(unfinished, min(end, clock.utc_now() + SENT_WITHIN), pause, Stop.LEFT_BEHIND)
    played, cookie = _begin_played()
    _send(played, cookie)
    until = min(end, clock.utc_now() + SENT_WITHIN)
    _wait(lambda: proving.has_left(relay_table.read_deposit(played.deposit)), until, pause, Stop.NOT_SENT)
    took = _erase(played, end, pause, Stop.NOT_ERASED)
    if took > PROMISED:
        raise Unproved(Stop.NOT_ERASED)
    return int(took.total_seconds())


def _begin_played() -> tuple[Played, str]:
    """Store an invented tutor, parcours and session; return their ids, and the cookie of the session."""
    account, deposit = secrets.token_hex(ID_BYTES), str(uuid.uuid4())
    cookie = draw_session_cookie(account)
    return _play(account, signing_in.hash_cookie(cookie), deposit), cookie


@story
def _play(work: UnitOfWork, account: str, session: str, deposit: str) -> Played:
    """Commit what is invented; return its ids."""
    recipient, drawn = config.resource("PROOF_ADDRESS"), decision_inputs(clock.utc_now())
    work.commit(proving.play(_load_proof(work), recipient, account, session, deposit, drawn))
    played = _load_proof(work).played
    assert played is not None
    return played


def _send(played: Played, cookie: str) -> None:
    """Seal an invented page and send it through our own site, as the sending page does. Raises Unproved when it is not taken."""
    key, nonce = secrets.token_bytes(seal.KEY_BYTES), secrets.token_bytes(seal.NONCE_BYTES)
    named = secrets.token_hex(16).encode()  # no two pages are alike
    page = write_one_page([(780, 12, b"Preuve " + named)])
    blob = seal.seal(page, key=key, nonce=nonce, aad=build_associated_data(played.deposit, Kind.CV))
    document = {
        "kind": Kind.CV.value,
        "bytes": len(blob),
        "sha256": base64.b64encode(hashlib.sha256(blob).digest()).decode(),
        "key": base64.b64encode(key).decode(),
    }
    asked = {
        "deposit": played.deposit,
        "destinataire": config.resource("PROOF_ADDRESS"),
        "notice": True,
        "documents": [document],
    }
    try:
        (signed,) = site.announce_deposit(played.parcours, asked, session=cookie)["documents"]
        site.post_form(signed["form"], blob)
    except (site.Unwelcome, KeyError, ValueError) as error:
        raise Unproved(Stop.NOT_TAKEN) from error


def _erase(played: Played, end: datetime, pause: Pause, otherwise: Stop) -> timedelta:
    """End the deposit now, wait until the purge has erased it, check that nothing is left, and erase all else that was invented.

    Returns how long after its end the deposit was erased. Raises Unproved (``otherwise``) when it was not, or left something.
    """
    _expire(played.deposit)
    _wait(lambda: _is_erased(relay_table.read_deposit(played.deposit)), end, pause, otherwise)
    deposit = relay_table.read_deposit(played.deposit)
    remaining_keys, _ = objects.list_keys(None, prefix=f"{objects.PREFIX}{played.deposit}/")
    took = deposit.erased_at - deposit.erase_at if deposit and deposit.erased_at else timedelta(0)
    if remaining_keys or (deposit is not None and deposit.contents is not None):
        raise Unproved(otherwise)
    _forget(played)
    return took


@story
def _expire(work: UnitOfWork, deposit_id: str) -> None:
    """End the deposit now, if it still exists."""
    deposit = work.get(Deposit, deposit_id)
    if deposit is not None:
        work.commit(proving.expire(deposit, clock.utc_now()))


def _is_erased(deposit: Deposit | None) -> bool:
    """Whether the deposit is erased or gone."""
    return deposit is None or deposit.erased_at is not None


@story
def _forget(work: UnitOfWork, played: Played) -> None:
    """Erase every record that was invented, and the ids that lead to them."""
    work.load((Session, played.session), (Account, played.account))
    deposit = work.get(Deposit, played.deposit)
    links = cases.load_links(work, deposit)
    mails = (work.get(OutboxMail, link.mail_key) for link in links)
    deliveries = (work.get(Delivery, delivery.derive_tag(link.mail_key)) for link in links)
    pointers = (pointer for link in links for pointer in relay_table.list_pointers(link))
    session, account = work.get(Session, played.session), work.get(Account, played.account)
    parcours, attempts, events = _read_whole(played.parcours)
    records = (account, session, parcours, *attempts, deposit, *links, *pointers, *mails, *deliveries)
    work.commit(proving.forget(_load_proof(work), records, events))


def _read_whole(identifier: str) -> tuple[Parcours | None, tuple[Attempt, ...], tuple[Event, ...]]:
    """Read the invented parcours with its passages and events; nothing of one that is gone."""
    try:
        page = parcours_table.read_whole_page(identifier)
    except NotFound:
        return None, (), ()
    return page.parcours, page.attempts, page.events


def _wait(holds: Callable[[], bool], until: datetime, pause: Pause, otherwise: Stop) -> None:
    """Wait until ``holds`` is true. Raises Unproved (``otherwise``) at ``until``."""
    while not holds():
        if clock.utc_now() >= until:
            raise Unproved(otherwise)
        pause()


def write_one_page(lines: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Write a PDF of one page, as a sealer's browser does.

    ``lines``: the height of each above the page's foot and the size of its letters, in points, and its text in Windows-1252.
    """
    drawn = (
        b"BT\n/F1 %d Tf\n60 %d Td\n<%b> Tj\nET\n" % (size, y, text.hex().upper().encode())
        for y, size, text in lines
    )
    content = zlib.compress(
        b"".join(drawn), level=0
    )  # so that its text can be looked for wherever it might be
    font = {"Type": Name("Font"), "Subtype": Name("Type1"), "BaseFont": Name("Helvetica")}
    return grammar.write(
        [
            {"Type": Name("Catalog"), "Pages": Reference(2)},
            {"Type": Name("Pages"), "Kids": [Reference(3)], "Count": 1},
            {
                "Type": Name("Page"),
                "Parent": Reference(2),
                "MediaBox": [0, 0, 595, 842],
                "Contents": Reference(4),
                "Resources": {"Font": {"F1": Reference(5)}},
            },
            Stream({"Filter": Name("FlateDecode"), "Length": len(content)}, content),
            {**font, "Encoding": Name("WinAnsiEncoding")},
        ]
    )


# ---- Storage against the tables ------------------------------------------------------------------------------------
def _compare(end: datetime) -> Swept | None:
    """Compare storage with the tables; None when it failed (logged), or there was no time for all of it."""
    try:
        return _sweep(end)
    except Exception as error:
        log.fault(error)
        return None


def _sweep(end: datetime) -> Swept | None:
    """Compare storage and tables both ways; None when there is no time for all of it.

    Every object needs a deposit that may hold it, every document that arrived needs its object. Objects are listed first, then
    deposits read; what does not fit is read once more by itself, since both change meanwhile.
    """
    stored_keys: set[str] = set()
    documents = 0
    absent: list[tuple[str, Kind]] = []
    after, more = None, True
    while more:
        keys, after = objects.list_keys(after, most=objects.LISTED_AT_ONCE)
        stored_keys.update(keys)
        more = after is not None
        count = len(stored_keys)
        if clock.utc_now() >= end:
            return None
    for page in tables.query_pages(Due.DEPOSIT):
        for deposit in relay_table.read_deposits(map(identifier_of, page)).values():
            for kind in proving.must_hold(deposit, clock.utc_now()):
                documents += 1
                key = objects.object_key(deposit.id, kind)
                if key in stored_keys:
                    stored_keys.discard(key)
                else:
                    absent.append((deposit.id, kind))
        if clock.utc_now() >= end:
            return None
    missing = sum(_is_missing(deposit_id, kind) for deposit_id, kind in absent)
    strays = sum(map(_is_stray, stored_keys))
    return Swept(objects=count, documents=documents, strays=strays, missing=missing)


def _is_stray(key: str) -> bool:
    """Whether an object should be gone. Not before ``PROMISED`` has passed: a form may be posted again after an erasure."""
    place, written_at, now = objects.parse_object_key(key), objects.read_written_at(key), clock.utc_now()
    if written_at is None or now - written_at < PROMISED:
        return False
    return place is None or not proving.may_hold(relay_table.read_deposit(place[0]), place[1], now, PROMISED)


def _is_missing(deposit_id: str, kind: Kind) -> bool:
    """Whether a document that should be stored still has no object, read anew."""
    deposit = relay_table.read_deposit(deposit_id)
    must_exist = deposit is not None and kind in proving.must_hold(deposit, clock.utc_now())
    return must_exist and objects.read_written_at(objects.object_key(deposit_id, kind)) is None

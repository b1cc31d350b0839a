"""The copy of what is stored of one young person's passage, in French, for who asks for it (RGPD, article 15).

It names who received documents or an invitation, since that person may know to whom they went; agents are named by their role.
Tokens, hashes and ids stay out: they say nothing of the young person, and some open something.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib import config, french, terms
from chalicelib.domain.kernel.address import fold
from chalicelib.domain.kernel.attempt import Attempt
from chalicelib.domain.kernel.deposit import Deposit
from chalicelib.domain.kernel.link import Link
from chalicelib.domain.kernel.timeline import Event
from chalicelib.domain.retention import BY_NAME, fill_in_figures, read_figures
from chalicelib.domain.rights import RightsRequest
from chalicelib.stories.subjects import Held
from chalicelib.templating import build_environment
from chalicelib.web.public import read_site_facts
from chalicelib.web.rights import name_recipients
from chalicelib.words import codes, timeline
from chalicelib.words.welcome import describe_welcome


def write_copy(held: Held, now: datetime) -> str:
    """Write the copy as plain text: one part for each row of the register of which something is stored."""
    attempt = held.attempt
    parts: Mapping[str, Iterable[str]] = {
        "attempt": _list_facts(held.attempt),
        "event": map(describe_event, held.events),
        "deposit": map(describe_deposit, held.deposits),
        "link": map(describe_link, held.links),
        "pointer": [f"{len(held.beside_links)} empreintes et compteurs autour des liens"] * bool(held.links),
        "appointment": _list_slots(held),
        "mail": [f"{len(held.mails)} messages qui attendent de partir"] * bool(held.mails),
        "request": map(describe_request, held.requests),
    }
    return write_rows(
        f"Copie de ce qui est gardé sous la référence {attempt.reference}, le {french.moment(now)}\n"
        "(RGPD, article 15). Les documents sont chiffrés : la personne qui les a envoyés peut en donner une copie.",
        parts,
    )


def write_rows(head: str, parts: Mapping[str, Iterable[str]]) -> str:
    """Write a copy: what each row of the register is for, who receives it and how long it is kept, then what is stored of it.

    ``parts``: name of the row → lines; a row without a line is left out.
    """
    figures = read_figures(terms.retention(), config.ERASED_MINUTES)
    blocks = [head]
    for name, lines in parts.items():
        listed = [f"- {line}" for line in lines]
        row = BY_NAME[name]
        kept = " ".join(fill_in_figures(delay, figures) for delay in row.kept)
        about = [
            row.holds,
            f"Pourquoi : {row.why}.",
            f"Qui reçoit : {name_recipients(row)}.",
            f"Durée : {kept}",
        ]
        blocks += ["\n".join([*about, *listed])] if listed else []
    return "\n\n".join([*blocks, _describe_rights()]) + "\n"


def _describe_rights() -> str:
    """Return what the law wants beside a copy: rights, complaint, source, transfers (RGPD, articles 15.1.e to 15.2)."""
    facts, form = read_site_facts(), f"{config.public_base_url()}/donnees-personnelles/demande"
    blocks: Any = build_environment().get_template("macros/blocks.html").module
    return (
        "Vos droits : faire corriger ces données, les faire effacer, en faire limiter l’usage, vous opposer à tout moment sans "
        f"dire pourquoi. Par {form}, ou à {facts.dpo}, {facts.dpo_postal_address}.\n"
        "Une plainte : à la CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris CEDEX 07, ou sur cnil.fr/plaintes.\n"
        "D’où viennent ces données : celles d’un jeune, de lui et de la personne qui le suit ; l’adresse d’un contact, de qui "
        "est nommé ci-dessus à côté d’elle ; celles d’un agent, de la personne qui l’a invité ou du tableau de son service, "
        "puis de lui, et de ProConnect s’il s’en sert ; le reste, de ce qui est fait sur le service.\n"
        f"Hors de l’Union européenne : {blocks.transfers(facts).striptags()}"
    )


def describe_request(request: RightsRequest) -> str:
    """Return what is kept of a request about personal data."""
    about = f"{request.number}, {codes.RIGHT[request.right]}, {french.moment(request.at)}, {codes.ASKER[request.asker]}"
    kept = (
        ("référence", request.reference),
        ("à corriger :", request.correction),
        ("réponse à", request.reply_to),
    )
    return ", ".join([about, *(f"{name} {value}" for name, value in kept if value)])


def _list_facts(attempt: Attempt) -> list[str]:
    """Return a line for each thing that the record of a passage says."""
    followed = (
        [f"Page du jeune ouverte en dernier le {french.jour(attempt.followed_on)}"]
        if attempt.followed_on
        else []
    )
    times = list_times(
        ("Commencé", attempt.opened_at),
        ("Notice remise", attempt.notice_at),
        ("Terminé", attempt.ended_at),
        ("En cours d’effacement", attempt.erasing_at),
    )
    return [*times, f"Clé de la page du jeune : version {attempt.follow_key}", *followed]


def list_times(*named: tuple[str, datetime | None]) -> list[str]:
    """Return a line for each instant that there is, after its name."""
    return [f"{name} le {french.moment(at)}" for name, at in named if at is not None]


def describe_event(event: Event) -> str:
    """Return a fact as the timeline says it, with its instant."""
    who, what = timeline.describe_event(event, yours=False)
    said = (timeline.format_detail(event), timeline.format_contact(event), timeline.format_move(event))
    planned = [f"Prévu le {french.moment(event.planned_at)}."] if event.planned_at else []
    happened = [f"Survenu le {french.moment(event.occurred_at)}."] if event.occurred_at else []
    return " ".join([f"{french.moment(event.at)} : {who} {what}.", *filter(None, said), *planned, *happened])


def describe_deposit(deposit: Deposit) -> str:
    """Return which documents were sent, their state, and every instant that is kept of them."""
    kinds, _ = timeline.format_documents(deposit.kinds)
    times = list_times(
        ("envoyés", deposit.created_at),
        ("arrivés", deposit.received_at),
        ("vérifiés", deposit.verified_at),
        ("message parti", deposit.left_at),
        ("ouverts", deposit.opened_at),
        ("lus", deposit.confirmed_at),
        ("effacés", deposit.erased_at),
    )
    return f"{french.majuscule(kinds)} : {codes.format_deposit_state(deposit)} ; {', '.join(times)}"


def describe_link(link: Link, reader: str | None = None) -> str:
    """Return to whom a link went, and every instant that is kept of it. ``reader``: whose address alone is named, if not all."""
    times = list_times(
        ("fait", link.created_at),
        ("ouvert", link.opened_at),
        ("lecture dite", link.confirmed_at),
        ("nouvel envoi demandé", link.requested_at),
        ("refusé", link.declined_at),
        ("copies dites supprimées", link.copies_deleted_at),
        ("retiré", link.revoked_at),
    )
    holder = ", ".join(filter(None, (link.recipient or "adresse effacée", link.holder, link.function)))
    if reader is not None and fold(link.recipient) != fold(reader):
        holder = "Lien envoyé à une autre personne"
    return f"{holder} : {', '.join(times)}"


def _list_slots(held: Held) -> list[str]:
    """Return a line for the agreed date, or for each date that was proposed, then how many people are invited."""
    appointment = held.appointment
    if appointment is None:
        return []
    invited = [f"{len(appointment.seats)} personnes invitées"] * bool(appointment.seats)
    slots = [appointment.slot] if appointment.slot is not None else [*appointment.offered]
    place = held.parcours.placement.place
    dates = [f"{french.rendez_vous(slot.start, slot.minutes)}, {slot.place or place}" for slot in slots]
    welcome = describe_welcome(held.parcours, appointment.slot)
    return [*dates, *(f"{line.label} : {line.text}" for line in welcome), *invited]

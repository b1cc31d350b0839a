"""Invented contexts for the pages of the record (see ``look_samples.py``), made by the views themselves."""

from datetime import UTC, datetime

from chalicelib.domain.kernel.parcours import BuyerContact, ParcoursStatus
from chalicelib.domain.kernel.values import Role
from chalicelib.errors import FieldInvalid
from chalicelib.web import record
from chalicelib.web.kit.page import who
from tests import factories

NOON = datetime(2026, 12, 2, 13, 12, tzinfo=UTC)
BUYER, TEAM = factories.account(Role.BUYER), factories.account(Role.TEAM)
OFFER = factories.offer(
    buyer_contact=BuyerContact(name="Odile <Ramain>", address="o.ramain@ouvrages.example")
)
WITHDRAWN = OFFER.but(status=ParcoursStatus.WITHDRAWN)
TYPED = {"entreprise": "Jardins <b>", "heures": "douze", "fin_le": "2026-02-30", "version": "0", "base": ""}
WRONG = {"heures": "hours", "fin_le": "record_day", "domaine": "which_domaine", "taches": "missing_text"}
CONTACT = {
    "contact": "repond",
    "geste": "corrige",
    "version": "0",
    "joint": "oui",
    "contact_nom": "<b>",
    "contact_fonction": "",
    "contact_courriel": "pas une adresse",
    "contact_tel": "",
}
TUTORS = [{"account": "t", "name": "Samuel <Aubry>", "address": "s@a.example", "academie": "Dijon"}]
NOTHING = {
    **dict.fromkeys(
        ("can_edit", "can_confirm", "can_assign", "assigned", "can_remind", "holds_link", "can_withdraw", "can_offer_again",
         "odd_hours"),
        False,
    ),
    "reminded_at": None,
    "reserved_until": None,
    "remind_label": "Relancer l’entreprise",
    "where": "Autun (71), académie de Dijon",
    "domain": "Autre",
}  # fmt: skip
EVERYTHING = {name: value is False or value for name, value in NOTHING.items()} | {
    "reminded_at": NOON,
    "reserved_until": NOON,
}
COLLEAGUE = {
    "link": "a" * 32,
    "name": "Jeanne <b> Roy",
    "function": "accueil",
    "address": "j.roy@chantier.example",
    "also": True,
    "first": "n@x.example",
    "consents": True,
    "sealer": None,
}
PASSAGE = {
    "id": "x",
    "reference": "CSF-7K3Q-92",
    "company": "Jardins <Morvenne>",
    "contract": "Entretien des espaces verts",
    "lot": "2",
}
PAGES: dict[str, list[dict[str, object]]] = {
    "fiche": [
        record.new_form(BUYER),
        record.new_form(TEAM, TYPED, WRONG),
        record.new_form(TEAM, TYPED, same=""),
        record.new_form(TEAM, TYPED, same="x"),
        record.new_form(BUYER, TYPED, again=True),
        record.edit_form(BUYER, OFFER),
        record.edit_form(TEAM, OFFER, TYPED, meanwhile=True),
        record.edit_form(TEAM, OFFER, TYPED, WRONG),
    ],
    "contacts": [
        record.page(BUYER, OFFER),
        record.page(BUYER, OFFER.but(buyer_contact=None), CONTACT, {"contact_courriel": "address"}),
        record.page(BUYER, OFFER, meanwhile=True),
    ],
    "tutrice": [
        record.assign_form(TEAM, OFFER, TUTORS, True, [], {}, None, NOON),
        record.assign_form(
            TEAM,
            OFFER,
            TUTORS,
            False,
            TUTORS,
            {"qui": "t", "depuis": "demain"},
            FieldInvalid("depuis", "day"),
            NOON,
        ),
        record.assign_form(
            TEAM,
            OFFER.but(status=ParcoursStatus.IN_PROGRESS),
            TUTORS,
            False,
            TUTORS,
            {},
            FieldInvalid("qui", "tutor"),
            NOON,
        ),
        record.assign_form(TEAM, OFFER, [], False, [], {}, None, NOON),
        record.assign_form(
            TEAM,
            OFFER.but(status=ParcoursStatus.LAPSED),
            TUTORS,
            False,
            [],
            {},
            FieldInvalid("depuis", "history_day"),
            NOON,
        ),
    ],
    "retirer": [
        record.withdraw_form(BUYER, OFFER, None, NOON),
        record.withdraw_form(BUYER, OFFER, FieldInvalid("motif", "reason"), NOON),
        record.withdraw_form(BUYER, WITHDRAWN, None, NOON),
    ],
    "collegue": [
        {"agent": who(TEAM), "nav": "parcours", "parcours": PASSAGE, "colleague": asked, "notice": notice}
        for asked, notice in (
            (COLLEAGUE, None),
            (COLLEAGUE | {"also": False, "function": "", "consents": False, "sealer": "Marie <b>"}, None),
            (COLLEAGUE | {"consents": False}, None),
            (None, {"kind": "fait", "title": "Le lien part", "text": "Dans quelques secondes."}),
            (None, None),
        )
    ],
}

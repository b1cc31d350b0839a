"""The invented people of ``make run``; their addresses are the demo accounts that the command prints."""

from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.values import Role

MINISTRY = "Ministère des Ouvrages"
METROPOLIS = "Métropole du Val d’Orbe"
ACADEMIE = "Dijon"
OTHER_ACADEMIE = "Lyon"

TUTOR = Account(
    id="a1" * 16,
    address="tutrice@academie.example",
    name="Marie-Laure Estève",
    function="tutrice MLDS",
    roles=frozenset({Role.TUTOR}),
    academie=ACADEMIE,
)
OTHER_TUTOR = Account(
    id="a2" * 16,
    address="tutrice2@academie.example",
    name="Anaïs Roumégas",
    function="tutrice MLDS",
    roles=frozenset({Role.TUTOR}),
    academie=OTHER_ACADEMIE,
)
COORDINATOR = Account(
    id="a3" * 16,
    address="coordinatrice@academie.example",
    name="Hélène Vautrin",
    function="coordinatrice MLDS",
    roles=frozenset({Role.COORDINATOR}),
    academie=ACADEMIE,
)
BUYER = Account(
    id="a4" * 16,
    address="acheteuse@ministere.example",
    name="Odile Ramain",
    function="acheteuse",
    roles=frozenset({Role.BUYER}),
    organisation=MINISTRY,
)
TEAM = Account(
    id="a5" * 16,
    address="equipe@csf.example",
    name="Karim Solenne",
    function="équipe de la clause sociale",
    roles=frozenset({Role.TEAM}),
)
PRESCRIBER = Account(
    id="b1" * 16,
    address="prescriptrice@ministere.example",
    name="Solange Mercadier",
    function="service des espaces verts",
    roles=frozenset({Role.PRESCRIBER}),
    organisation=MINISTRY,
)
OTHER_TEAM = Account(
    id="b2" * 16,
    address="equipe2@csf.example",
    name="Yasmine Aubertin",
    function="équipe de la clause sociale",
    roles=frozenset({Role.TEAM}),
)
ACCOUNTS = (TUTOR, OTHER_TUTOR, COORDINATOR, BUYER, TEAM, PRESCRIBER, OTHER_TEAM)

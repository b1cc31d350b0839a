"""The page that invites several people at once: a pasted list, what would be done of each line, then what was done."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from chalice.app import Response

from chalicelib.domain.accounts.invitees import MOST_LINES, Invitee, parse_invitees
from chalicelib.domain.accounts.managing import Invitation
from chalicelib.domain.kernel import address, territory
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.texts import hash_text
from chalicelib.errors import AddressTaken, FieldInvalid, RelayError, TooMany
from chalicelib.stories import record
from chalicelib.stories.accounts import managing as stories
from chalicelib.stories.kit.several import act_on_each
from chalicelib.web import accounts
from chalicelib.web.accounts import RoleChoice
from chalicelib.web.kit.calls import NoForm
from chalicelib.web.kit.errors import build_field_error, describe
from chalicelib.web.kit.forms import FreeForm, draw_idempotency_key, read_idempotency_key
from chalicelib.web.kit.page import AgentCall, FreshCall
from chalicelib.web.kit.page_view import FieldError, PageView
from chalicelib.words import codes

FIELDS = frozenset({"personnes", "fonction", "cle", "confirme"})
USUAL_FUNCTION = {"tutrice": "MLDS", "prescripteur": "service prescripteur"}
"""What is proposed where one role alone is given."""
TO_INVITE = "à inviter"
HAS_ACCOUNT = "a déjà un compte\u00a0: aucun message ne part"
IS_CLOSED = "a un compte fermé\u00a0: l’équipe peut le rouvrir, depuis la page de ce compte"
DONE = "invitation enregistrée"
LEFT = "pas encore\u00a0: la ligne reste ci-dessous"


class InvitingForm(FreeForm):
    """``POST /comptes/plusieurs``; ``personnes``: the pasted lines; ``confirme``: « 1 » once the list was shown."""

    @classmethod
    def fields(cls, agent: Account) -> frozenset[str]:
        """Return the names of the fields that this person's form has."""
        stories.check_managing(agent)
        choices = accounts.list_assignable_roles(agent)
        places = accounts.PLACES if agent.is_team else frozenset[str]()
        return FIELDS | places | (frozenset(choices) if len(choices) > 1 else frozenset())


class InviteeRow(NamedTuple):
    """A line of the list, and what is, or would be, done of it; ``wrong``: somebody has to do something about it."""

    name: str
    address: str
    state: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class InvitingPage(PageView):
    """The form of the list, and its lines once it was read; ``count``: how many are invited or, unless ``done``, would be."""

    template = "inviter"

    rows: list[InviteeRow]
    count: int
    done: bool
    values: dict[str, str]
    """What was typed; once it is done, the lines that are left."""
    roles: list[RoleChoice]
    fixed: str
    place: str
    choose_place: bool
    academies: tuple[str, ...]
    organisations: dict[str, str]
    error: FieldError | None
    most: int = MOST_LINES


def show_page(call: AgentCall[NoForm]) -> Response:
    """Show the empty form. Raises NotFound: the agent may manage no accounts."""
    stories.check_managing(call.agent)
    names = accounts.list_assignable_roles(call.agent)
    function = USUAL_FUNCTION.get(names[0], "") if len(names) == 1 else ""
    return _show(call, {"personnes": "", "fonction": function, "cle": draw_idempotency_key()})


def invite(call: FreshCall[InvitingForm]) -> Response:
    """Show what would be done of each line; once that is confirmed, invite everybody who can be.

    Each is invited in a transaction of their own, once however often the form is sent; what is left stays in the form.
    """
    person, typed = call.agent, call.form.asked
    read_idempotency_key(typed["cle"])
    try:
        invitees = parse_invitees(typed["personnes"])
        invitations = {
            invitee: _build_invitation(person, typed, invitee) for invitee in invitees if not invitee.refusal
        }
    except FieldInvalid as refusal:
        return _show(call, typed, refusal=refusal)
    if typed["confirme"] != "1":
        rows = [_preview_row(person, invitee) for invitee in invitees]
        return _show(call, typed, rows)
    refusals = act_on_each(
        invitations, lambda invitee: stories.invite(person, invitations[invitee], now=call.now)
    )
    rows = [
        _build_row(invitee, refusals[invitee] if invitee in refusals else _find_refusal(person, invitee))
        for invitee in invitees
    ]
    left = [invitee.line for invitee, row in zip(invitees, rows, strict=True) if row.wrong]
    stop = next((refusal for refusal in refusals.values() if isinstance(refusal, TooMany)), None)
    return _show(call, typed | {"personnes": "\n".join(left)}, rows, done=True, refusal=stop)


def _build_invitation(person: Account, typed: dict[str, str], invitee: Invitee) -> Invitation:
    """Build the invitation of one line; its account's id follows from the form's key and the address. Raises FieldInvalid."""
    profile = accounts.parse_profile(person, accounts.EMPTY | typed | {"nom": invitee.name}, None)
    return Invitation(
        profile, invitee.address, hash_text(f"{typed['cle']}|{address.fold(invitee.address)}")[:32]
    )


def _preview_row(person: Account, invitee: Invitee) -> InviteeRow:
    """Build the row of a line before anything is done."""
    refusal = _find_refusal(person, invitee)
    row = _build_row(invitee, refusal)
    return row if refusal is not None else row._replace(state=TO_INVITE)


def _find_refusal(person: Account, invitee: Invitee) -> RelayError | None:
    """Return why nobody would be invited: there is an account already, or the line cannot be read; None otherwise.

    Of an account that somebody else manages it says what it says of none.
    """
    if address.fold(invitee.address) == address.fold(person.address):
        return AddressTaken()
    account = stories.find_by_address(person, invitee.address) if invitee.address else None
    if account is None:
        return invitee.refusal
    return AddressTaken() if account.closed_at is None else FieldInvalid("rouvrir", "reopen")


def _build_row(invitee: Invitee, refusal: RelayError | None) -> InviteeRow:
    """Build the row of a line that was dealt with; ``refusal``: why nobody was invited."""
    state, wrong = DONE, False
    if isinstance(refusal, AddressTaken):
        state = HAS_ACCOUNT
    elif isinstance(refusal, FieldInvalid) and refusal.facts["field"] == "rouvrir":
        state = IS_CLOSED
    elif isinstance(refusal, FieldInvalid):
        state, wrong = describe(refusal)[1], True
    elif refusal is not None:
        state, wrong = LEFT, True
    return InviteeRow(invitee.name or invitee.line, invitee.address, state, wrong)


def _show(
    call: AgentCall[Any],
    typed: dict[str, str],
    rows: list[InviteeRow] | None = None,
    *,
    done: bool = False,
    refusal: RelayError | None = None,
) -> Response:
    """Show the form with what was typed, and its lines; ``done``: they were dealt with; ``refusal``: what stopped it."""
    person, values = call.agent, accounts.EMPTY | typed
    view = InvitingPage(
        rows=rows or [],
        count=sum(row.state == (DONE if done else TO_INVITE) for row in rows or []),
        done=done,
        values=values,
        roles=accounts.list_role_choices(person, None),
        fixed=codes.format_roles(accounts.list_first_role(person)),
        place="" if person.is_team else person.organisation or person.academie or "",
        choose_place=person.is_team,
        academies=territory.ACADEMIES,
        organisations=record.list_organisations(person),
        error=build_field_error(refusal),
    )
    return call.show(view, "comptes", None if done else refusal)

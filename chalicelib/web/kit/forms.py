"""The JSON requests, checked field by field. Imported inside views: the lightest pages do without pydantic."""

import base64
import binascii
from typing import Annotated, Any, TypeVar

from chalice.app import Request
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from chalicelib.domain.kernel.values import Kind
from chalicelib.errors import FieldInvalid, UnknownField, Unreadable
from chalicelib.stories.documents.sending import Announcement, SealedDocument
from chalicelib.web.kit import bodies

UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
MOST_TOKEN_CHARACTERS = 12_000
"""Longer than any honest one; what is no token is refused by its shape, before anything is read."""


def _base64(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
    return text


Base64 = Annotated[StrictStr, Field(max_length=64), AfterValidator(_base64)]
Token = Annotated[StrictStr, Field(max_length=MOST_TOKEN_CHARACTERS)]


class Form(BaseModel):
    """Nothing but the fields that are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentForm(Form):
    """One sealed document: ``bytes`` and ``sha256`` are the blob's, ``key`` its data key."""

    kind: Kind
    bytes: StrictInt
    sha256: Base64
    key: Base64


class DepositForm(Form):
    """``POST /parcours/{id}/depots``."""

    deposit: Annotated[StrictStr, Field(pattern=UUID4)]
    destinataire: StrictStr
    documents: Annotated[list[DocumentForm], Field(min_length=1, max_length=2)]
    confirme: StrictBool = False
    vus: Annotated[StrictStr, Field(max_length=64)] = ""
    """Of the 409 that is confirmed: which doubts were shown."""
    notice: StrictBool = False
    code: StrictBool = False

    def announcement(self) -> Announcement:
        """As the story wants it."""
        if len({one.kind for one in self.documents}) != len(self.documents):
            raise FieldInvalid("documents", "kinds")
        documents = tuple(
            SealedDocument(one.kind, one.bytes, one.sha256, base64.b64decode(one.key))
            for one in self.documents
        )
        return Announcement(
            self.deposit,
            self.destinataire,
            documents,
            confirmed=self.confirme,
            shown=self.vus,
            notice=self.notice,
            code=self.code,
        )


class TokenForm(Form):
    """``POST /retrait/apercu`` and ``/retrait/ouverture``."""

    token: Token


class ReceptionForm(TokenForm):
    """``POST /retrait/reception``."""

    lisible: StrictBool


AnyForm = TypeVar("AnyForm", bound=Form)


def read(request: Request, form: type[AnyForm]) -> AnyForm:
    """The JSON body of a request as one of these forms.

    Raises:
        OriginRefused, MediaTypeRefused, TooLarge, Unreadable: see ``bodies``.
        UnknownField: a field that the form does not have.
        FieldInvalid: a field that is missing or cannot be taken; a token of another type is ``Unreadable``.
    """
    bodies.check_origin(request)
    try:
        return form.model_validate(bodies.json_of(request))
    except ValidationError as error:
        raise _first_refusal(error) from None


def _first_refusal(error: ValidationError) -> Exception:
    first: Any = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "extra_forbidden":
        return UnknownField()
    field = next((str(part) for part in reversed(first["loc"]) if isinstance(part, str)), "")
    if field == "token":
        return Unreadable()
    return FieldInvalid(field, "missing" if first["type"] == "missing" else "value")

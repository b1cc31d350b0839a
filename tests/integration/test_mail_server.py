"""The local mail server refuses what SES refuses, so that no test and no ``make run`` is green on what AWS would not take."""

import re
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.mails import mime
from infra.local import LocalCloud
from infra.local.cloud import ADMINISTRATOR, REGION

pytestmark = pytest.mark.cloud
TO = "n.bellanger@jardins.example"


def raw(sender: str, *, headers: str = "", text: bytes = b"Bonjour") -> bytes:
    """The mail of a careful program, and what else is asked for."""
    return f"From: {sender}\r\nSubject: essai\r\nMIME-Version: 1.0\r\n{headers}".encode() + b"\r\n" + text


def sends(cloud: LocalCloud, content: bytes, to: list[str], sender: str | None = None) -> None:
    """Send the mail once, as the mailer does."""
    client = boto3.client(
        "sesv2",
        endpoint_url=cloud.mail_url,
        region_name=REGION,
        aws_access_key_id=ADMINISTRATOR["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=ADMINISTRATOR["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    named = {"FromEmailAddress": sender} if sender else {}
    client.send_email(Destination={"ToAddresses": to}, Content={"Raw": {"Data": content}}, **named)


def test_the_mail_server_accepts_and_shows_mails_of_the_product(cloud: LocalCloud) -> None:
    before, mail = len(cloud.mails()), mime.build_empty_message()
    mail["From"], mail["To"], mail["Subject"] = cloud.environment["MAIL_FROM"], TO, "Un été à l’atelier"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("À bientôt\n", cte=mime.TEXT)
    mail.add_alternative("<p>À bientôt</p>\n", subtype="html", cte=mime.TEXT)

    sends(cloud, mail.as_bytes(), [TO])

    assert [mail.recipients for mail in cloud.mails()[before:] if TO in mail.recipients] == [(TO,)]


def test_the_mail_page_is_served_with_its_style(cloud: LocalCloud) -> None:
    page = urllib.request.urlopen(f"{cloud.mail_url}/").read().decode()
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)

    answer = urllib.request.urlopen(f"{cloud.mail_url}{style}")

    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/css")


BAD: dict[str, tuple[str, dict[str, Any]]] = {
    "an accent in a parameter": ("BadRequestException", {"from": "Zoé <{}>"}),
    "an accented recipient": ("BadRequestException", {"to": ["n@jardinière.example"]}),
    "an accented mailbox": ("BadRequestException", {"to": ["zoé@jardins.example"]}),
    "an accent in a header": ("BadRequestException", {"headers": "X-Objet: été\r\n"}),
    "an 8-bit part": (
        "BadRequestException",
        {"headers": "Content-Transfer-Encoding: 8bit\r\n", "text": "été".encode()},
    ),
    "a part that is declared so": ("BadRequestException", {"headers": "Content-Transfer-Encoding: 8bit\r\n"}),
    "51 recipients": ("BadRequestException", {"to": [f"n{number}@jardins.example" for number in range(51)]}),
    "nobody": ("BadRequestException", {"to": []}),
    "more than 40 MB": ("BadRequestException", {"text": b"0123456789\r\n" * 3_600_000}),
    "a line without end": ("BadRequestException", {"text": b"0" * 999}),
    "a header twice": ("BadRequestException", {"headers": "Subject: encore\r\n"}),
    "an unknown sender": ("MessageRejected", {"sender": "ailleurs@autre.example"}),
    "no sender": ("BadRequestException", {"sender": ""}),
}


@pytest.mark.parametrize("why", BAD)
def test_what_ses_refuses_is_refused_and_shown_nowhere(cloud: LocalCloud, why: str) -> None:
    code, changed = BAD[why]
    own = cloud.environment["MAIL_FROM"]
    content = raw(
        changed.get("sender", own), headers=changed.get("headers", ""), text=changed.get("text", b"Bonjour")
    )
    before = len(cloud.mails())

    with pytest.raises(ClientError) as refused:
        sends(cloud, content, changed.get("to", [TO]), changed.get("from", "").format(own))

    assert refused.value.response["Error"]["Code"] == code
    # Others may be sent meanwhile: the invented data's own.
    assert not [mail for mail in cloud.mails()[before:] if b"Subject: essai" in mail.raw]

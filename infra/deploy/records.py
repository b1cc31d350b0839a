"""The DNS records that a deployment needs: the product's host, and what lets its mails be believed."""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError


class Record(NamedTuple):
    """One record to keep in the zone of its domain."""

    name: str
    kind: str
    value: str
    why: str


def host(public_host: str, target: str) -> Record:
    """Where the product's host leads (output « OwnDomainTarget »)."""
    return Record(public_host, "CNAME", target, "people reach the product")


def mail(sesv2: Any, sender: str, region: str) -> list[Record]:
    """What the domain of the sender's address needs, as SES says; empty when SES does not know the domain."""
    domain = sender.rpartition("@")[2]
    try:
        identity = sesv2.get_email_identity(EmailIdentity=domain)
    except ClientError:
        return []
    dkim = identity.get("DkimAttributes", {})
    zone = dkim.get("SigningHostedZone") or "dkim.amazonses.com"
    back = identity.get("MailFromAttributes", {}).get("MailFromDomain") or f"retour.{domain}"
    signing = [
        Record(
            f"{token}._domainkey.{domain}",
            "CNAME",
            f"{token}.{zone}",
            "DKIM: SES signs what the domain sends",
        )
        for token in dkim.get("Tokens", [])
    ]
    return [
        *signing,
        Record(
            f"_dmarc.{domain}",
            "TXT",
            f"v=DMARC1; p=quarantine; rua=mailto:{sender}",
            "DMARC: forgeries are put aside",
        ),
        Record(
            back,
            "MX",
            f"10 feedback-smtp.{region}.amazonses.com",
            "custom MAIL FROM: bounces come back to SES",
        ),
        Record(back, "TXT", "v=spf1 include:amazonses.com ~all", "SPF of the custom MAIL FROM"),
    ]


def written(records: list[Record]) -> str:
    """The records, one line each."""
    return "\n".join(f"  {one.name}  {one.kind}  {one.value}\n      ({one.why})" for one in records)

"""What must be true of the account before anything is deployed there, each with what to do when it is not.

A stage may live without some of them, by name (« accept » in its file): a trial may stay in SES's sandbox.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.stack import USABLE, Description
from infra.deploy.stage import Target

UNRESERVED = 100
"""Places that Lambda wants left to functions without a reservation."""
RENEWAL = timedelta(days=14)
"""A certificate that ends sooner should have been renewed by itself."""


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    name: str
    passed: bool
    says: str
    """What is so; when it did not pass, what to do."""


@dataclass(frozen=True)
class Question:
    """What the checks are asked about."""

    target: Target
    parameters: dict[str, str]
    """All that the template will be given, its defaults included."""
    reserved: int
    """Places that the template reserves for its functions when it is asked to."""
    stands: Description | None

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.parameters["MailFrom"].rpartition("@")[2]


def run(question: Question) -> Iterator[Finding]:
    """Every check, in the order in which one mends them; what cannot be read has not passed."""
    for name, check in CHECKS.items():
        try:
            passed, says = check(question)
        except (ClientError, BotoCoreError) as error:
            passed, says = (
                False,
                f"cannot be read ({error}): these credentials may not, or the region has no such service.",
            )
        yield Finding(name, passed, says)


def emulator(question: Question) -> tuple[bool, str]:
    """Locks that only AWS evaluates are left out on an emulator, and nowhere else."""
    on_aws = question.parameters.get("OnAws") == "true"
    if on_aws == question.target.is_local:
        wanted = (
            "must be false on an emulator"
            if on_aws
            else "is for emulators only: on AWS it would take locks away"
        )
        return False, f"« OnAws » {wanted}. Set it in the stage's [parameters]."
    return True, "AWS" if on_aws else "an emulator on this machine: what only AWS evaluates is left out"


def region(question: Question) -> tuple[bool, str]:
    """The region is one where SES sends."""
    wanted, session = question.target.stage.region, question.target.session
    if wanted not in session.get_available_regions("sesv2"):
        return False, f"SES does not send from {wanted}: choose another « region », such as eu-west-3."
    return True, wanted


def stack(question: Question) -> tuple[bool, str]:
    """The stack, if it stands, can be changed."""
    if question.stands is None:
        return True, "does not stand yet"
    status = question.stands.status
    if status.endswith("IN_PROGRESS"):
        return False, f"is being changed ({status}): wait for its end, then deploy again."
    if status not in USABLE:
        return False, f"is {status}: mend or delete it in CloudFormation's console, then deploy again."
    return True, f"stands ({status})"


def sender(question: Question) -> tuple[bool, str]:
    """SES may send as the sender."""
    found = _identity(question)
    if found is None:
        return False, (
            f"SES does not know {question.domain}: in SES's console, region {question.target.stage.region}, « Identities », "
            "create the domain with Easy DKIM and keep the records it shows."
        )
    name, identity = found
    if not identity.get("VerifiedForSendingStatus"):
        return (
            False,
            f"{name} is not verified yet: keep the records that SES's console shows for it, then wait some minutes.",
        )
    return True, f"{name} is verified"


def signature(question: Question) -> tuple[bool, str]:
    """Mails are signed by the sender's domain (DKIM)."""
    found = _identity(question)
    dkim = found[1].get("DkimAttributes", {}) if found else {}
    if dkim.get("SigningEnabled") and dkim.get("Status") == "SUCCESS":
        return True, f"{question.domain} signs"
    return False, (
        f"mails of {question.domain} are not signed (DKIM {dkim.get('Status', 'unknown')}): in SES's console, turn Easy DKIM on "
        "for the domain and keep its records."
    )


def bounces(question: Question) -> tuple[bool, str]:
    """Mails leave under the sender's own domain (custom MAIL FROM), so that SPF agrees with it."""
    found, domain = _identity(question), question.domain
    own = found[1].get("MailFromAttributes", {}) if found else {}
    if not own.get("MailFromDomain"):
        return False, (
            f"{domain} has no custom MAIL FROM domain: in SES's console, the identity's « Custom MAIL FROM domain », set "
            f"retour.{domain} and keep the two records it shows."
        )
    if own.get("MailFromDomainStatus") != "SUCCESS":
        return (
            False,
            f"{own['MailFromDomain']} is {own.get('MailFromDomainStatus')}: keep its MX and TXT records in DNS.",
        )
    return True, str(own["MailFromDomain"])


def sandbox(question: Question) -> tuple[bool, str]:
    """SES sends to anybody, and is neither paused nor under review."""
    account = question.target.client("sesv2").get_account()
    if not account.get("SendingEnabled", False):
        return (
            False,
            "SES has paused the account: answer its case in the console (RUNBOOK.md), nothing can be sent before.",
        )
    if not account.get("ProductionAccessEnabled", False):
        return False, (
            "SES is in its sandbox, where it writes only to verified addresses: ask for production access in its console "
            "(« Account dashboard »); the answer takes about a day."
        )
    if account.get("EnforcementStatus", "HEALTHY") != "HEALTHY":
        return (
            False,
            f"SES has the account under review ({account['EnforcementStatus']}): look at its bounces and complaints.",
        )
    quota = account.get("SendQuota", {})
    return (
        True,
        f"{quota.get('Max24HourSend', 0):.0f} mails a day, {quota.get('MaxSendRate', 0):.0f} a second",
    )


def certificate(question: Question) -> tuple[bool, str]:
    """The host's certificate is issued, of this region, and covers the host."""
    url, arn = urlsplit(question.parameters["PublicBaseUrl"]), question.parameters.get("CertificateArn", "")
    wanted, host = question.target.stage.region, url.hostname or ""
    if not arn:
        if question.target.is_local:
            return True, "none: an emulator has none"
        return False, (
            f"the host {host} has no certificate: ask for one in ACM's console, region {wanted}, validate it by "
            "DNS, and set « CertificateArn »."
        )
    place = arn.split(":")
    if len(place) != 6 or place[2] != "acm":
        return False, f"« {arn} » names no certificate of ACM."
    if place[3] != wanted:
        return False, f"it is of {place[3]}, the API wants one of {wanted}: ask for another one there."
    found = question.target.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    if found["Status"] != "ISSUED":
        return (
            False,
            f"it is {found['Status']}: keep the record that ACM's console shows for it, then wait some minutes.",
        )
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if not names & {host, f"*.{host.partition('.')[2]}"}:
        return False, f"it is for {', '.join(sorted(names))} and not for {host}: ask for one that is."
    ends = found.get("NotAfter")
    if ends is not None and ends < datetime.now(UTC) + RENEWAL:
        return (
            False,
            f"it ends on {ends:%Y-%m-%d}: ACM renews it by itself while its validation record stays in DNS.",
        )
    return True, f"issued for {host}"


def access_logs(question: Question) -> tuple[bool, str]:
    """API Gateway may write its access logs: it has one role for it in the account and region."""
    role = question.target.client("apigateway").get_account().get("cloudwatchRoleArn")
    asked = question.parameters.get("SetApiLogsRole") == "true"
    ours = question.stands is not None and question.stands.parameters.get("SetApiLogsRole") == "true"
    if role and not _exists(question.target, role):
        gone = f"API Gateway writes as {role}, which does not exist any more"
        if asked and not ours:
            return True, f"{gone}: the stack gives it another"
        mend = (
            "name another in API Gateway's console, « Settings »"
            if asked
            else "set « SetApiLogsRole » to true"
        )
        return False, f"{gone}: {mend}."
    if role and asked and not ours:
        return (
            False,
            f"API Gateway writes as {role} already, for the account's other APIs too: set « SetApiLogsRole » to false.",
        )
    if not role and not asked:
        return (
            False,
            "API Gateway has no role to write logs in this account and region: set « SetApiLogsRole » to true.",
        )
    return (
        True,
        f"API Gateway writes as {role}" if role else "the stack gives API Gateway the role to write them",
    )


def _exists(target: Target, role: str) -> bool:
    """CloudFormation never takes back what it told API Gateway's account, so that a deleted role may be named."""
    iam = target.client("iam")
    try:
        iam.get_role(RoleName=role.rpartition("/")[2])
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def concurrency(question: Question) -> tuple[bool, str]:
    """Lambda has the places that are asked for."""
    account = question.target.client("lambda").get_account_settings()["AccountLimit"]
    total, free = account["ConcurrentExecutions"], account["UnreservedConcurrentExecutions"]
    ask = "ask for more in Service Quotas (Lambda, « Concurrent executions »); the answer takes about a day."
    if question.parameters.get("ReserveConcurrency") != "true":
        if total < UNRESERVED:
            return (
                False,
                f"{total} functions at once in the whole account, pages will be refused at times: {ask}",
            )
        return True, f"{total} functions at once, none reserved"
    held = (
        question.reserved
        if question.stands and question.stands.parameters.get("ReserveConcurrency") == "true"
        else 0
    )
    if free + held < question.reserved + UNRESERVED:
        return False, (
            f"{question.reserved} places are to be reserved and {UNRESERVED} must stay free, {free + held} of {total} are: {ask} "
            "Or set ReserveConcurrency to false."
        )
    return True, f"{total} functions at once, {question.reserved} reserved"


def trail(question: Question) -> tuple[bool, str]:
    """A trail records management events, without which no alarm sees a key or a lock being touched."""
    wanted, target = question.parameters.get("TrailLogGroup", ""), question.target
    if wanted == "own" and not target.is_local:
        return True, "the stack makes its own"
    cloudtrail = target.client("cloudtrail")
    for one in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        arn, home = one["TrailARN"], one.get("HomeRegion")
        here = home == target.stage.region or one.get("IsMultiRegionTrail")
        tells = wanted in ("", "own") or f":log-group:{wanted}:" in one.get("CloudWatchLogsLogGroupArn", "")
        if (
            here
            and tells
            and cloudtrail.get_trail_status(Name=arn).get("IsLogging")
            and _records_management(cloudtrail.get_event_selectors(TrailName=arn))
        ):
            return True, f"{one['Name']} records"
    return False, (
        f"no trail records management events here{f' into {wanted}' if wanted else ''}: create one in CloudTrail's console, for "
        "all regions, with « Management events » of reading and writing."
    )


def alerts(question: Question) -> tuple[bool, str]:
    """Somebody is woken."""
    address = question.parameters.get("AlertAddress", "")
    return bool(address), address or "nobody is woken by the alarms: set « AlertAddress »."


def _identity(question: Question) -> tuple[str, dict[str, Any]] | None:
    """What SES knows of the sender's domain, or else of the very address."""
    sesv2 = question.target.client("sesv2")
    for name in (question.domain, question.parameters["MailFrom"]):
        try:
            return name, dict(sesv2.get_email_identity(EmailIdentity=name))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFoundException":
                raise
    return None


def _records_management(selectors: dict[str, Any]) -> bool:
    """Whether reads and writes are recorded: a Decrypt is a read."""
    if any(
        one.get("IncludeManagementEvents") and one.get("ReadWriteType", "All") == "All"
        for one in selectors.get("EventSelectors", [])
    ):
        return True
    for one in selectors.get("AdvancedEventSelectors", []):
        fields = {field["Field"]: field for field in one["FieldSelectors"]}
        if fields["eventCategory"].get("Equals") == ["Management"] and fields.keys() == {"eventCategory"}:
            return True
    return False


CHECKS: dict[str, Callable[[Question], tuple[bool, str]]] = {
    "emulator": emulator,
    "region": region,
    "stack": stack,
    "sender": sender,
    "signature": signature,
    "bounces": bounces,
    "sandbox": sandbox,
    "certificate": certificate,
    "access-logs": access_logs,
    "concurrency": concurrency,
    "trail": trail,
    "alerts": alerts,
}
ALWAYS = {"emulator", "region", "stack", "certificate"}
"""Without these nothing would work, or locks would be missing: no stage may live without them."""

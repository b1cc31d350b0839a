"""Checks of the AWS account before a deployment, and of the deployed product after it.

A check takes a ``Question`` and returns what it found, in words; it raises CheckFailed with what to do when it does not pass. A
stage may accept that some checks fail, by listing their names under « accept » in its file: a trial may stay in SES's sandbox.
"""

import enum
import json
import re
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from chalicelib import config
from infra import alarms, paginate, poll
from infra.deploy.planned import Planned
from infra.deploy.stack import USABLE, Description
from infra.deploy.stage import Target, name_bounce_domain

UNRESERVED = 100
"""Places that Lambda wants left to functions without a reservation."""
KMS = "kms.amazonaws.com"
MOST_TRAILS = 5
"""Trails that CloudTrail lets a region have; this quota cannot be raised."""
EVENT = dict.fromkeys(("id", "account", "source", "time", "region", "detail-type"), "x") | {
    "time": "2026-01-01T00:00:00Z",
    "resources": [],
    "detail": {},
}
"""Any event: EventBridge looks at a pattern only beside one."""
CREATING: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Account": ("apigateway:PATCH",),
    "AWS::ApiGateway::BasePathMapping": ("apigateway:POST",),
    "AWS::ApiGateway::Deployment": ("apigateway:POST",),
    "AWS::ApiGateway::DomainName": ("apigateway:POST",),
    "AWS::ApiGateway::GatewayResponse": ("apigateway:PUT",),
    "AWS::ApiGateway::RestApi": ("apigateway:PATCH", "apigateway:POST", "apigateway:PUT"),
    "AWS::ApiGateway::Stage": ("apigateway:PATCH", "apigateway:POST"),
    "AWS::Budgets::Budget": ("budgets:ModifyBudget",),
    "AWS::CloudTrail::Trail": (
        "cloudtrail:CreateTrail",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:StartLogging",
    ),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm",),
    "AWS::CloudWatch::Dashboard": ("cloudwatch:PutDashboard",),
    "AWS::DynamoDB::Table": (
        "dynamodb:CreateTable",
        "dynamodb:PutResourcePolicy",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateTimeToLive",
    ),
    "AWS::Events::Rule": ("events:PutRule", "events:PutTargets"),
    "AWS::IAM::Policy": ("iam:PutRolePolicy",),
    "AWS::IAM::Role": ("iam:AttachRolePolicy", "iam:CreateRole"),
    "AWS::KMS::Key": ("kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy"),
    "AWS::Lambda::Alias": ("lambda:CreateAlias",),
    "AWS::Lambda::EventInvokeConfig": (
        "lambda:PutFunctionEventInvokeConfig",
        "lambda:UpdateFunctionEventInvokeConfig",
    ),
    "AWS::Lambda::Function": (
        "lambda:CreateFunction",
        "lambda:PutFunctionConcurrency",
        "lambda:TagResource",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
    ),
    "AWS::Lambda::Permission": ("lambda:AddPermission",),
    "AWS::Lambda::Version": ("lambda:PublishVersion",),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "AWS::Logs::MetricFilter": ("logs:PutMetricFilter",),
    "AWS::S3::Bucket": (
        "s3:CreateBucket",
        "s3:PutBucketCORS",
        "s3:PutBucketNotification",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
    ),
    "AWS::S3::BucketPolicy": ("s3:PutBucketPolicy",),
    "AWS::SES::ConfigurationSet": ("ses:CreateConfigurationSet",),
    "AWS::SES::ConfigurationSetEventDestination": ("ses:CreateConfigurationSetEventDestination",),
    "AWS::SES::EmailIdentity": (
        "ses:CreateEmailIdentity",
        "ses:PutEmailIdentityDkimAttributes",
        "ses:PutEmailIdentityFeedbackAttributes",
        "ses:PutEmailIdentityMailFromAttributes",
    ),
    "AWS::SNS::Subscription": ("sns:Subscribe",),
    "AWS::SNS::Topic": ("sns:CreateTopic",),
    "AWS::SNS::TopicPolicy": ("sns:SetTopicAttributes",),
    "AWS::SQS::Queue": ("sqs:CreateQueue",),
    "AWS::SQS::QueuePolicy": ("sqs:SetQueueAttributes",),
    "AWS::WAFv2::WebACL": ("wafv2:CreateWebACL",),
    "AWS::WAFv2::WebACLAssociation": ("apigateway:SetWebACL", "wafv2:AssociateWebACL"),
}
"""Each type of the template to the rights that making it, with the properties it has there, and changing it take.

Reading is not asked about. Architecture tests compare with the template, and with the rights that CloudFormation names.
"""
BESIDE_CREATING = {
    "secretsmanager:GetSecretValue",
    "iam:PassRole",
    "lambda:GetAlias",
    "lambda:InvokeFunction",
    "lambda:UpdateAlias",
    "sns:Publish",
}
"""Rights to give functions their roles and ProConnect's secret, try them, lead traffic to them, and mail what was changed."""
PATH = "/sante"
WELL_KNOWN = "/.well-known/openid-configuration"
SECRET_FORM = re.compile(r"[\x21-\x7e]{32,500}")
"""Of the client's secret, which is no JSON: that begins with a brace, and has spaces or quotes."""
PATIENCE_SECONDS = 120.0
"""A new host name is not known everywhere at once."""
SPEND_LIMIT, LEAST_SMS_DOLLARS = "MonthlySpendLimit", 10
"""SNS's own limit is 1 $, which a few SMS use up; what is past it is dropped without a word."""


MOST_OF_TEXTS_BYTES = 1_800
"""Bytes of the settings that are texts. A function's environment has 4,096 in all; names, numbers, keys and tables take 2,296."""


class CheckFailed(Exception):
    """A check did not pass; the message says what to do."""


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    name: str
    passed: bool
    says: str
    """What is so; when it did not pass, what to do."""


@dataclass(frozen=True)
class Question:
    """What each check is given: the account, and what is about to be deployed there."""

    target: Target
    planned: Planned
    current: Description | None
    """The stack before this deployment."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """All that the template will be given, its defaults included."""
        return self.planned.parameters

    @property
    def domain(self) -> str:
        """The domain of the sender's address."""
        return self.parameters["MailFrom"].rpartition("@")[2]

    def had(self, parameter: str) -> bool:
        """Return whether this parameter is « true » in the stack as it is deployed now; False when there is no stack."""
        return self.current is not None and self.current.parameters.get(parameter) == "true"

    @property
    def makes_identity(self) -> bool:
        """Whether this deployment makes the identity of the sender's domain in SES, which the stack does not hold yet."""
        domain_before = self.current.parameters["MailFrom"].rpartition("@")[2] if self.current else ""
        holds_it = self.had("MakeMailIdentity") and domain_before == self.domain
        return self.planned.makes("MailIdentity") and not holds_it


def run(question: Question) -> Iterator[Finding]:
    """Yield the result of every check, in the order in which an operator should mend what failed."""
    return (finding(name, question) for name in CHECKS)


def finding(name: str, question: Question) -> Finding:
    """Run one check and return its result. It counts as failed, too, when AWS refuses to show what the check reads."""
    try:
        return Finding(name, True, CHECKS[name](question))
    except (CheckFailed, config.ConfigurationError) as failure:
        return Finding(name, False, str(failure))
    except (ClientError, BotoCoreError) as error:
        says = f"cannot be read ({error}): these credentials may not, or the region has no such service."
        return Finding(name, False, says)


def emulator(question: Question) -> str:
    """Check that « OnAws » is true on AWS and false on an emulator: it leaves out the protections that only AWS evaluates."""
    on_aws = question.parameters.get("OnAws") == "true"
    if on_aws == question.target.is_local:
        wanted = (
            "must be false on an emulator"
            if on_aws
            else "is for emulators only: on AWS it would take locks away"
        )
        raise CheckFailed(f"« OnAws » {wanted}. Set it in the stage's [parameters].")
    return "AWS" if on_aws else "an emulator on this machine: what only AWS evaluates is left out"


def region(question: Question) -> str:
    """Check that SES can send mails from the stage's region."""
    wanted = question.target.stage.region
    if wanted not in question.target.session.get_available_regions("sesv2"):
        raise CheckFailed(f"SES does not send from {wanted}: choose another « region », such as eu-west-3.")
    return wanted


def stack(question: Question) -> str:
    """Check that the stack does not exist yet, or is in a state from which it can be changed."""
    if question.current is None:
        return "does not exist yet"
    status = question.current.status
    if status.endswith("IN_PROGRESS"):
        raise CheckFailed(f"is being changed ({status}): wait for its end, then deploy again.")
    if status not in USABLE:
        raise CheckFailed(f"is {status}: mend or delete it in CloudFormation's console, then deploy again.")
    return f"exists ({status})"


def sender(question: Question) -> str:
    """Check that SES has verified the sender's domain or address, or that the stack can make the domain's identity."""
    identities = _identities(question)
    if question.makes_identity:
        if question.domain in identities:
            raise CheckFailed(
                f"SES knows {question.domain} already, and would refuse to make it again: set « MakeMailIdentity » to false."
            )
        return f"the stack makes {question.domain}, and its DNS records are said at the end"
    if not identities:
        raise CheckFailed(f"SES does not know {question.domain}: set « MakeMailIdentity » to true.")
    name, identity = next(iter(identities.items()))
    if not identity.get("VerifiedForSendingStatus"):
        raise CheckFailed(
            f"{name} is not verified yet: keep its DNS records, which the last deployment and SES's console show, then wait some "
            "minutes."
        )
    return f"{name} is verified"


def feedback(question: Question) -> str:
    """Check that SES mails no bounce: it holds the original, with its link, and goes to the mailbox behind « MailFrom »."""
    region = question.target.stage.region
    for name, identity in _identities(question).items():
        if identity.get("FeedbackForwardingStatus"):
            raise CheckFailed(
                f"SES would mail each bounce of {name}, its link included, to the mailbox of the sender: aws sesv2 "
                f"put-email-identity-feedback-attributes --region {region} --email-identity {name} "
                "--no-email-forwarding-enabled"
            )
    return "bounces are told as events alone"


def signature(question: Question) -> str:
    """Check that SES signs the mails of the sender's domain (DKIM)."""
    if question.makes_identity:
        return "the stack turns it on"
    dkim = _identity(question).get("DkimAttributes", {})
    if not (dkim.get("SigningEnabled") and dkim.get("Status") == "SUCCESS"):
        raise CheckFailed(
            f"mails of {question.domain} are not signed (DKIM {dkim.get('Status', 'unknown')}): in SES's console, turn Easy DKIM "
            "on for the domain and keep its records."
        )
    return f"{question.domain} signs"


def bounces(question: Question) -> str:
    """Check that mails leave under the sender's own domain (custom MAIL FROM), so that SPF agrees with it."""
    domain = question.domain
    if question.makes_identity:
        return f"the stack names {name_bounce_domain(domain)}"
    own = _identity(question).get("MailFromAttributes", {})
    if not own.get("MailFromDomain"):
        raise CheckFailed(
            f"{domain} has no custom MAIL FROM domain: in SES's console, the identity's « Custom MAIL FROM domain », set "
            f"{name_bounce_domain(domain)} and keep the two records it shows."
        )
    if own.get("MailFromDomainStatus") != "SUCCESS":
        raise CheckFailed(
            f"{own['MailFromDomain']} is {own.get('MailFromDomainStatus')}: keep its MX and TXT records in DNS."
        )
    return str(own["MailFromDomain"])


def sandbox(question: Question) -> str:
    """Check that SES may send to any address, and is neither paused nor under review."""
    account = question.target.client("sesv2").get_account()
    if not account.get("SendingEnabled", False):
        raise CheckFailed(
            "SES has paused the account: answer its case in the console (RUNBOOK.md), nothing can be sent before."
        )
    if not account.get("ProductionAccessEnabled", False):
        raise CheckFailed(
            "SES is in its sandbox, where it writes only to verified addresses: ask for production access in its console "
            "(« Account dashboard »); the answer takes about a day."
        )
    if account.get("EnforcementStatus", "HEALTHY") != "HEALTHY":
        raise CheckFailed(
            f"SES has the account under review ({account['EnforcementStatus']}): look at its bounces and complaints."
        )
    quota = account.get("SendQuota", {})
    return f"{quota.get('Max24HourSend', 0):.0f} mails a day, {quota.get('MaxSendRate', 0):.0f} a second"


def certificate(question: Question) -> str:
    """Check that the certificate of the product's host is issued, in this region, covers the host and is not about to end.

    A certificate that the alarm « CertificateEnds » would tell of fails: ACM should have renewed it before.
    """
    url, arn = urlsplit(question.parameters["PublicBaseUrl"]), question.parameters.get("CertificateArn", "")
    wanted, host = question.target.stage.region, url.hostname or ""
    if not arn:
        if question.target.is_local:
            return "none: an emulator has none"
        raise CheckFailed(
            f"the host {host} has no certificate: ask for one in ACM's console, region {wanted}, validate it by "
            "DNS, and set « CertificateArn »."
        )
    place = arn.split(":")
    if len(place) != 6 or place[2] != "acm":
        raise CheckFailed(f"« {arn} » names no certificate of ACM.")
    if place[3] != wanted:
        raise CheckFailed(f"it is of {place[3]}, the API wants one of {wanted}: ask for another one there.")
    certificate = question.target.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    if certificate["Status"] != "ISSUED":
        raise CheckFailed(
            f"it is {certificate['Status']}: keep the record that ACM's console shows for it, then wait some minutes."
        )
    names = {certificate["DomainName"], *certificate.get("SubjectAlternativeNames", [])}
    if not names & {host, f"*.{host.partition('.')[2]}"}:
        raise CheckFailed(f"it is for {', '.join(sorted(names))} and not for {host}: ask for one that is.")
    ends = certificate.get("NotAfter")
    if ends is not None and ends < datetime.now(UTC) + timedelta(days=alarms.CERTIFICATE_DAYS):
        raise CheckFailed(
            f"it ends on {ends:%Y-%m-%d}: ACM renews it by itself while its validation record stays in DNS."
        )
    return f"issued for {host}"


def host(question: Question) -> str:
    """Check that API Gateway does not hold the product's host for another API, of this account: it refuses a second one."""
    if not question.planned.makes("OwnDomainName"):
        return "none of its own"
    name = urlsplit(question.parameters["PublicBaseUrl"]).hostname or ""
    gateway = question.target.client("apigateway")
    current = question.current.parameters if question.current else {}
    if current.get("CertificateArn") and current["PublicBaseUrl"] == question.parameters["PublicBaseUrl"]:
        return f"{name} is the stack's"
    try:
        gateway.get_domain_name(domainName=name)
    except gateway.exceptions.NotFoundException:
        return f"{name} is free"
    raise CheckFailed(
        f"API Gateway holds {name} already, for another API: take it out (API Gateway, « Custom domain names »), or name "
        "another host."
    )


def firewall(question: Question) -> str:
    """Check that the web ACL that « WebAclArn » names exists."""
    arn = question.parameters.get("WebAclArn", "")
    if not arn:
        return "the stack makes its own" if question.planned.makes("WebAcl") else "none is asked for"
    *_, name, identifier = arn.split("/")
    wafv2 = question.target.client("wafv2")
    try:
        wafv2.get_web_acl(Name=name, Scope="REGIONAL", Id=identifier)
    except wafv2.exceptions.WAFNonexistentItemException:
        raise CheckFailed(
            f"« WebAclArn » names no web ACL of {question.target.stage.region}: {arn}"
        ) from None
    return f"{name} stands before the API"


def access_logs(question: Question) -> str:
    """Check that API Gateway has a role to write its access logs, of which there is one for an account and region.

    The role may exist already, or be made by the stack (« SetApiLogsRole »). The check fails when it does not exist and the stack
    does not make it, and when the stack would replace a role that is not its own.
    """
    role = question.target.client("apigateway").get_account().get("cloudwatchRoleArn")
    asked, ours = question.parameters.get("SetApiLogsRole") == "true", question.had("SetApiLogsRole")
    if role and not _exists(question.target, role):
        gone = f"API Gateway writes as {role}, which does not exist any more"
        if asked and not ours:
            return f"{gone}: the stack gives it another"
        mend = (
            "name another in API Gateway's console, « Settings »"
            if asked
            else "set « SetApiLogsRole » to true"
        )
        raise CheckFailed(f"{gone}: {mend}.")
    if role and asked and not ours:
        raise CheckFailed(
            f"API Gateway writes as {role} already, for the account's other APIs too: set « SetApiLogsRole » to false."
        )
    if not role and not asked:
        raise CheckFailed(
            "API Gateway has no role to write logs in this account and region: set « SetApiLogsRole » to true."
        )
    return f"API Gateway writes as {role}" if role else "the stack gives API Gateway the role to write them"


def _exists(target: Target, role: str) -> bool:
    """Return whether an IAM role exists. API Gateway may still name one that was deleted."""
    iam = target.client("iam")
    try:
        iam.get_role(RoleName=role.rpartition("/")[2])
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def concurrency(question: Question) -> str:
    """Check that Lambda's quota of concurrent executions suffices.

    With « ReserveConcurrency » it must hold what the template reserves and leave ``UNRESERVED`` free, as Lambda demands; without
    it, the whole account must have ``UNRESERVED``.
    """
    account = question.target.client("lambda").get_account_settings()["AccountLimit"]
    total, free = account["ConcurrentExecutions"], account["UnreservedConcurrentExecutions"]
    ask = "ask for more in Service Quotas (Lambda, « Concurrent executions »); the answer takes about a day."
    if question.parameters.get("ReserveConcurrency") != "true":
        if total < UNRESERVED:
            raise CheckFailed(
                f"{total} functions at once in the whole account, pages will be refused at times: {ask}"
            )
        return f"{total} functions at once, none reserved"
    reserved = question.planned.count_reserved_places()
    held = reserved if question.had("ReserveConcurrency") else 0
    if free + held < reserved + UNRESERVED:
        raise CheckFailed(
            f"{reserved} places are to be reserved and {UNRESERVED} must stay free, {free + held} of {total} are: {ask} "
            "Or set ReserveConcurrency to false."
        )
    return f"{total} functions at once, {reserved} reserved"


def trail(question: Question) -> str:
    """Check that a trail of CloudTrail records management events here, of KMS as well, or that the stack makes its own.

    Without a trail no alarm notices that somebody uses a key or changes a protection. CloudTrail refuses a sixth trail.
    """
    wanted, target = question.parameters.get("TrailLogGroup", ""), question.target
    cloudtrail = target.client("cloudtrail")
    if question.planned.makes("Trail"):
        trails = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
        others = [trail["Name"] for trail in trails if trail["Name"] != target.stage.stack]
        if len(others) >= MOST_TRAILS:
            raise CheckFailed(
                f"CloudTrail takes {MOST_TRAILS} trails at most, and has {', '.join(others)}: delete one, or name the log group "
                "of one that you keep by « TrailLogGroup »."
            )
        return "the stack makes its own"
    for trail in cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]:
        arn, group = trail["TrailARN"], trail.get("CloudWatchLogsLogGroupArn", "")
        here = trail.get("HomeRegion") == target.stage.region or trail.get("IsMultiRegionTrail")
        is_read = wanted in ("", "own") or f":log-group:{wanted}:" in group
        if (
            here
            and is_read
            and cloudtrail.get_trail_status(Name=arn).get("IsLogging")
            and records_keys(cloudtrail.get_event_selectors(TrailName=arn))
        ):
            return f"{trail['Name']} records"
    raise CheckFailed(
        f"no trail records management events here{f' into {wanted}' if wanted else ''}: create one in CloudTrail's console, for "
        "all regions, with « Management events » of reading and writing."
    )


def records_keys(selectors: dict[str, Any]) -> bool:
    """Return whether a trail's selectors record all management events, those of KMS included.

    Reading ones must be among them: a Decrypt of KMS counts as reading. ``selectors``: as CloudTrail describes them.
    """
    return any(
        selector.get("IncludeManagementEvents", True)
        and selector.get("ReadWriteType", "All") == "All"
        and KMS not in selector.get("ExcludeManagementEventSources", [])
        for selector in selectors.get("EventSelectors", [])
    ) or any(
        _selects_management({field["Field"]: field for field in selector["FieldSelectors"]})
        for selector in selectors.get("AdvancedEventSelectors", [])
    )


def _selects_management(fields: dict[str, dict[str, Any]]) -> bool:
    """Return whether one advanced selector of a trail takes in all management events, reading and writing, of KMS as well.

    ``fields``: the selector's conditions by field name. It may leave out sources of events, but not KMS, and have no other
    condition.
    """
    left_out = fields.get("eventSource", {})
    return (
        fields["eventCategory"].get("Equals") == ["Management"]
        and fields.keys() <= {"eventCategory", "eventSource"}
        and left_out.keys() <= {"Field", "NotEquals"}
        and KMS not in left_out.get("NotEquals", [])
    )


def proconnect(question: Question) -> str:
    """Check that ProConnect answers at its discovery address, signs by RS256, and that its client's secret can be read."""
    client_id, discovery = (
        question.parameters.get(f"Proconnect{name}", "") for name in ("ClientId", "Discovery")
    )
    if not client_id:
        return "nobody signs in with it"
    said = _read_discovery(discovery)
    if said.get("issuer") != discovery.removesuffix(WELL_KNOWN):
        raise CheckFailed(
            f"{discovery} is not of the issuer that it names: give the address as ProConnect's documentation has it."
        )
    if "RS256" not in said.get("id_token_signing_alg_values_supported", []):
        raise CheckFailed(
            f"The provider at {discovery} does not sign by RS256, the one algorithm that is read."
        )
    arn = question.parameters["ProconnectSecret"]
    try:
        secret = (
            question.target.client("secretsmanager").get_secret_value(SecretId=arn).get("SecretString", "")
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise CheckFailed(
            f"{arn} cannot be read ({code}): make the secret in this region, as a text, with a right for who deploys."
        ) from None
    if not SECRET_FORM.fullmatch(secret):
        raise CheckFailed(
            f"{arn} does not hold ProConnect's secret alone, as a text: no JSON, no space, 32 characters at least."
        )
    pkce = "S256" in said.get("code_challenge_methods_supported", [])
    return f"{client_id} signs in at {said['issuer']}, {'with' if pkce else 'without'} PKCE"


def _read_discovery(address: str) -> dict[str, Any]:
    """Return what the provider says of itself. Raises CheckFailed: it does not answer with it."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - the template takes https alone, or loopback
            said = json.loads(answer.read(100_000))
    except (OSError, HTTPException, ValueError) as error:
        raise CheckFailed(
            f"{address} does not answer ({type(error).__name__}): check « ProconnectDiscovery »."
        ) from None
    if not isinstance(said, dict):
        raise CheckFailed(
            f"{address} does not answer with a discovery document: check « ProconnectDiscovery »."
        )
    return said


def texting(question: Question) -> str:
    """Check that the number that sends SMS is the account's, that SNS may write to any number, and for enough money."""
    number, sns = question.parameters.get("SmsNumber", ""), question.target.client("sns")
    if not number:
        return "none is sent"
    owned = [entry["PhoneNumber"] for entry in paginate(sns, "list_origination_numbers", "PhoneNumbers")]
    if number not in owned:
        raise CheckFailed(
            f"{number} is no number of this account and region: rent one for France in AWS End User Messaging, with two-way SMS "
            "and the default list of opt-outs, or leave « SmsNumber » empty."
        )
    if sns.get_sms_sandbox_account_status()["IsInSandbox"]:
        raise CheckFailed(
            "SMS are in their sandbox, and go to verified numbers only: ask to leave it in the console of SNS."
        )
    limit = float(sns.get_sms_attributes(attributes=[SPEND_LIMIT])["attributes"].get(SPEND_LIMIT, 1))
    if limit < LEAST_SMS_DOLLARS:
        raise CheckFailed(
            f"SMS may cost {limit:g} $ a month, and stop there: have « {SPEND_LIMIT} » raised to {LEAST_SMS_DOLLARS} $ at least "
            "(a request to AWS's support, then the text messaging preferences of SNS)."
        )
    return f"SMS leave from {number}, for {limit:g} $ a month at most"


def rules(question: Question) -> str:
    """Check that EventBridge takes the event pattern of each rule: it refuses one that is malformed or too complex."""
    events, patterns = question.target.client("events"), question.planned.list_event_patterns()
    refusals = []
    for name, pattern in patterns.items():
        try:
            events.test_event_pattern(EventPattern=pattern, Event=json.dumps(EVENT))
        except events.exceptions.InvalidEventPatternException as error:
            refusals.append(f"{name} ({error.response['Error']['Message']})")
    if refusals:
        raise CheckFailed(f"EventBridge refuses the pattern of {', '.join(refusals)}: mend it in infra/.")
    return f"EventBridge takes {len(patterns)} patterns"


def budget(question: Question) -> str:
    """Check that the account may have budgets, where the stack makes one: a new member of an organisation may not for hours."""
    if not question.planned.makes("Budget"):
        return "none is made"
    budgets = question.target.client("budgets")
    try:
        budgets.describe_budgets(AccountId=question.target.stage.account, MaxResults=1)
    except ClientError as error:
        raise CheckFailed(
            f"AWS Budgets does not answer this account ({error}): set « MonthlyBudget » to 0, which makes none, or let the "
            "organisation's payer allow it (Billing, « IAM access »)."
        ) from None
    return f"{question.parameters['MonthlyBudget']} USD a month"


def rights(question: Question) -> str:
    """Check that the operator may make each kind of resource, and that no policy of the organisation (SCP) forbids it.

    IAM simulates it. Policies that allow only resources of some names are told as refused, though they may suffice. What a
    condition decides on a fact that IAM does not have here, such as a tag of the operator, is said and does not fail.
    """
    target = question.target
    if target.is_local:
        return "an emulator's root may do everything"
    principal = _principal(target)
    left_out = question.planned.list_types_left_out()
    actions = {action for kind, rights in CREATING.items() if kind not in left_out for action in rights}
    results = paginate(
        target.client("iam"),
        "simulate_principal_policy",
        "EvaluationResults",
        PolicySourceArn=principal,
        ActionNames=sorted(actions | BESIDE_CREATING),
        # Organisations forbid regions by it.
        ContextEntries=[
            {
                "ContextKeyName": "aws:RequestedRegion",
                "ContextKeyType": "string",
                "ContextKeyValues": [target.stage.region],
            }
        ],
    )
    refusals, not_judged, unknown_facts = [], [], set()
    for result in results:
        by_organisation = not result.get("OrganizationsDecisionDetail", {}).get(
            "AllowedByOrganizations", True
        )
        if not by_organisation and result["EvalDecision"] == "allowed":
            continue
        if missing := result.get("MissingContextValues"):
            not_judged.append(result["EvalActionName"])
            unknown_facts.update(missing)
            continue
        by = "the organisation" if by_organisation else "the operator's policies"
        refusals.append(f"{result['EvalActionName']} (by {by})")
    if refusals:
        raise CheckFailed(f"{principal} may not {', '.join(refusals)}: have them allowed.")
    if not_judged:
        facts = ", ".join(sorted(unknown_facts))
        return f"{principal} may make the rest; {facts} decides, which IAM cannot judge here, on {', '.join(not_judged)}"
    return f"{principal} may make what the template holds"


def _principal(target: Target) -> str:
    """Return the ARN of the operator's user or role, whose policies IAM can simulate. Raises CheckFailed: it is the root."""
    if target.identity.endswith(":root"):
        raise CheckFailed("the root of the account deploys, whose rights IAM does not simulate: use a role.")
    _, _, session = target.identity.partition(":assumed-role/")
    if not session:
        return target.identity
    role = target.client("iam").get_role(RoleName=session.partition("/")[0])["Role"]
    return str(role["Arn"])


def alerts(question: Question) -> str:
    """Check that « AlertAddress » is set, so that alarms are mailed to somebody."""
    address = question.parameters.get("AlertAddress", "")
    if not address:
        raise CheckFailed("nobody is woken by the alarms: set « AlertAddress ».")
    return address


def facts(question: Question) -> str:
    """Check that the pages will name who is responsible, how to reach them, and who hosts: no blank, no example."""
    chosen = _read_chosen(question)
    if missing := config.list_missing_facts(chosen):
        raise CheckFailed(
            f"pages would say an example or nothing for {', '.join(map(config.name_parameter, missing))}: set them in the "
            "stage's [parameters]. A trial that is not protected may show examples: it accepts « facts »."
        )
    length = sum(len(text.encode()) for text in vars(chosen).values() if isinstance(text, str))
    if length > MOST_OF_TEXTS_BYTES:
        raise CheckFailed(
            f"texts of the legal facts have {length} bytes, and {MOST_OF_TEXTS_BYTES} fit beside the rest: shorten the longest."
        )
    return f"{chosen.publisher_name}, hosted by {chosen.host_name}"


def union(question: Question) -> str:
    """Check that data stays in the European Union, or that the data page will say what allows it to leave."""
    wanted, chosen = question.target.stage.region, _read_chosen(question)
    if wanted in config.UNION:
        if chosen.transfer_grounds:
            raise CheckFailed(f"{wanted} is in the European Union: leave « TransferGrounds » out.")
        return config.UNION[wanted]
    if config.is_example(chosen.transfer_grounds):
        raise CheckFailed(
            f"{wanted} is outside the European Union: choose one of {', '.join(config.UNION)}, or say in "
            "« TransferGrounds » what allows it (GDPR, articles 45 to 49), which the data page then says to everybody."
        )
    return f"{wanted}, outside the European Union: {chosen.transfer_grounds}"


def _read_chosen(question: Question) -> config.Settings:
    """Return the product's settings as this deployment gives them."""
    given = {setting.name: config.name_parameter(setting.name) for setting in fields(config.Settings)}
    texts = {name.upper(): question.parameters.get(parameter, "") for name, parameter in given.items()}
    return config.read_settings(texts)


NO_QUOTA = 1_000_000_000
"""Mails a day of an account that SES does not limit, which it writes as -1."""


def read_limits(target: Target) -> dict[str, str]:
    """Return the template's parameters that follow the account's quotas as they are now.

    BusyFunctions and BusyMails wake somebody; at MailsPerSecond mails leave.
    """
    functions = target.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    sending = target.client("sesv2").get_account()["SendQuota"]
    mails = sending["Max24HourSend"]
    quotas = {"BusyFunctions": functions, "BusyMails": mails if mails >= 0 else NO_QUOTA}
    busy = {name: str(max(1, int(quota) * alarms.BUSY_PERCENT // 100)) for name, quota in quotas.items()}
    most = config.MOST_MAILS_PER_SECOND
    rate = int(sending["MaxSendRate"]) if sending["MaxSendRate"] >= 0 else most
    return busy | {"MailsPerSecond": str(min(max(rate, 1), most))}


def _identities(question: Question) -> dict[str, dict[str, Any]]:
    """Return name → description of SES's identities of the sender: of its domain first, then of its address; those that exist."""
    sesv2, identities = question.target.client("sesv2"), {}
    for name in (question.domain, question.parameters["MailFrom"]):
        try:
            identities[name] = dict(sesv2.get_email_identity(EmailIdentity=name))
        except sesv2.exceptions.NotFoundException:
            continue
    return identities


def _identity(question: Question) -> dict[str, Any]:
    """Return SES's description of the sender: of its domain, else of its address; empty without either."""
    return next(iter(_identities(question).values()), {})


CHECKS: dict[str, Callable[[Question], str]] = {
    "emulator": emulator,
    "region": region,
    "stack": stack,
    "rights": rights,
    "sender": sender,
    "feedback": feedback,
    "signature": signature,
    "bounces": bounces,
    "sandbox": sandbox,
    "certificate": certificate,
    "host": host,
    "firewall": firewall,
    "access-logs": access_logs,
    "concurrency": concurrency,
    "texting": texting,
    "proconnect": proconnect,
    "trail": trail,
    "rules": rules,
    "budget": budget,
    "alerts": alerts,
    "facts": facts,
    "union": union,
}
ALWAYS = {"emulator", "region", "stack", "feedback", "certificate", "rules", "union"}
"""Without these nothing would work, locks would be missing, or data would leave unsaid: no stage may live without them."""


# ---- Whether the product answers after a deployment ---------------------------------------------------------------
class Answers(enum.Enum):
    """Where the product answered after a deployment."""

    AT_ITS_NAME = enum.auto()
    AT_THE_GATEWAY = enum.auto()
    """While no DNS record leads there yet."""
    NOWHERE = enum.auto()


def look(base_url: str, gateway: str, *, direct: bool, patience_seconds: float = PATIENCE_SECONDS) -> Answers:
    """Ask for the product's health page until it answers or ``patience_seconds`` have passed; return where it answered.

    Args:
        base_url: the address that people use.
        gateway: host name of API Gateway to which the DNS record of the product will point; empty when there is none.
        direct: do not use the proxy that this machine may need for the internet.
    """
    url = urlsplit(base_url)
    for _ in poll(patience_seconds):
        if _by_name(base_url, direct=direct):
            return Answers.AT_ITS_NAME
        if gateway and _by_gateway(url, gateway):
            return Answers.AT_THE_GATEWAY
    return Answers.NOWHERE


def _by_name(base_url: str, *, direct: bool) -> bool:
    """Return whether the health page answers 200 at the product's own address."""
    opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if direct else []))
    try:
        with opener.open(base_url + PATH, timeout=30) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def _by_gateway(url: SplitResult, gateway: str) -> bool:
    """Return whether the health page answers 200 at API Gateway's host name.

    The request names the product's host, as browsers will, and the certificate must be of that host.
    """
    host = url.hostname or ""
    pool = HTTPSConnectionPool(gateway, url.port or 443, server_hostname=host, assert_hostname=host)
    try:
        return pool.request("GET", PATH, headers={"Host": host}, timeout=30, retries=False).status == 200
    except HTTPError:
        return False
    finally:
        pool.close()

"""What is looked at before anything is deployed: each check seen to fail, with what it says to do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import boto3
import pytest

from infra import CommandFailed, alarms
from infra.deploy import checks
from infra.deploy.checks import CHECKS, Question
from infra.deploy.commands import default_parameters, product_template
from infra.deploy.planned import Planned
from infra.deploy.stack import Description, Stack
from infra.deploy.stage import Stage, Target, connect
from infra.package import merged_template
from tests.deploy.conftest import Account
from tests.support.provider import provider_running

pytestmark = pytest.mark.cloud

HOST = "passe-plat.example.fr"
ARN = "arn:aws:acm:eu-west-3:000000000000:certificate/1"
GIVEN = {
    "PublicBaseUrl": f"https://{HOST}",
    "MailFrom": f"relais@{HOST}",
    "OnAws": "false",
    "MakeMailIdentity": "false",
}
IDENTITY = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": []},
    "MailFromAttributes": {"MailFromDomain": f"retour.{HOST}", "MailFromDomainStatus": "SUCCESS"},
}
ACCOUNT = {"SendingEnabled": True, "ProductionAccessEnabled": True, "EnforcementStatus": "HEALTHY"}
CERTIFICATE = {"DomainName": HOST, "Status": "ISSUED", "SubjectAlternativeNames": [HOST]}
TRAIL = {"Name": "all", "TrailARN": "arn:trail", "HomeRegion": "eu-west-3", "IsMultiRegionTrail": False}


def build_question(account: Account, current: Description | None = None, **given: str) -> Question:
    """Return what checks are given for a stage with these parameters."""
    stage = account.target.stage
    parameters = default_parameters() | GIVEN | given
    planned = Planned(product_template(), parameters, stage.stack, stage.region, stage.account)
    return Question(account.target, planned, current)


def run_check(
    account: Account, check: str, current: Description | None = None, **given: str
) -> tuple[bool, str]:
    """Return whether a check passes with these parameters, and what it says."""
    finding = checks.finding(check, build_question(account, current, **given))
    return finding.passed, finding.says


def standing(status: str = "UPDATE_COMPLETE", **parameters: str) -> Description:
    """Return the description of a stack of this status and these parameters."""
    return Description("id", status, {}, parameters, is_locked=False)


def connect_nowhere(stage: Stage) -> Target:
    """Return a target of AWS that is never asked anything."""
    return Target(stage, boto3.session.Session(region_name=stage.region), "arn:nobody")


def test_what_wakes_somebody_is_four_fifths_of_the_quotas_that_the_account_has(account: Account) -> None:
    account.says("lambda", "GetAccountSettings", {"AccountLimit": {"ConcurrentExecutions": 1000}})
    account.says("sesv2", "GetAccount", {"SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0}})

    assert checks.read_limits(account.target) == {
        "BusyFunctions": "800",
        "BusyMails": "40000",
        "MailsPerSecond": "14",
    }


def test_proconnect_answers_and_its_secret_is_its_own_before_anything_is_made(account: Account) -> None:
    assert run_check(account, "proconnect") == (True, "nobody signs in with it")
    arn = "arn:aws:secretsmanager:eu-west-3:000000000000:secret:proconnect-a1b2c3"
    account.says("secretsmanager", "GetSecretValue", {"SecretString": "s" * 40})
    with provider_running() as provider:
        discovery = f"{provider.issuer}{checks.WELL_KNOWN}"
        given = {"ProconnectDiscovery": discovery, "ProconnectClientId": "x", "ProconnectSecret": arn}
        assert "does not sign by RS256" in run_check(account, "proconnect", None, **given)[1]
        provider.spoil[checks.WELL_KNOWN] = lambda reply: setattr(
            reply, "body", reply.body[:-1] + b', "id_token_signing_alg_values_supported": ["RS256"]}'
        )
        assert run_check(account, "proconnect", None, **given) == (
            True,
            f"x signs in at {provider.issuer}, with PKCE",
        )
        for secret in ("", "s" * 31, '{"secret": "' + "s" * 40 + '"}', "s" * 40 + "\n"):
            account.says("secretsmanager", "GetSecretValue", {"SecretString": secret})
            assert (
                "does not hold ProConnect's secret alone"
                in run_check(account, "proconnect", None, **given)[1]
            )
        elsewhere = given | {"ProconnectDiscovery": discovery.replace("127.0.0.1", "localhost")}
        assert "is not of the issuer" in run_check(account, "proconnect", None, **elsewhere)[1]
        nowhere = given | {"ProconnectDiscovery": f"{provider.issuer}/x{checks.WELL_KNOWN}"}
        assert "does not answer" in run_check(account, "proconnect", None, **nowhere)[1]


@pytest.mark.parametrize(("rate", "given"), [(1.0, "1"), (0.5, "1"), (5_000.0, "1000"), (-1.0, "1000")])
def test_mails_leave_at_the_rate_of_the_account_within_the_bounds_of_the_setting(
    account: Account, rate: float, given: str
) -> None:
    account.says("sesv2", "GetAccount", {"SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": rate}})

    assert checks.read_limits(account.target)["MailsPerSecond"] == given


def test_an_account_whose_mails_are_not_limited_wakes_nobody_by_their_number(account: Account) -> None:
    account.says("sesv2", "GetAccount", {"SendQuota": {"Max24HourSend": -1.0, "MaxSendRate": -1.0}})

    assert int(checks.read_limits(account.target)["BusyMails"]) > 10_000_000


def test_a_deployment_gives_the_alarms_the_quotas_of_the_account(account: Account) -> None:
    deployed = Stack(account.target.client("cloudformation"), account.target.stage.stack).described()

    assert deployed is not None
    assert checks.read_limits(account.target).items() <= deployed.parameters.items()


def test_credentials_of_another_account_deploy_nothing(account: Account) -> None:
    other = {**vars(account.target.stage), "account": "123456789012"}

    with pytest.raises(CommandFailed, match="are of the account 000000000000, the stage is of 123456789012"):
        connect(Stage(**other))


def test_locks_are_left_out_on_an_emulator_only(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_check(account, "emulator", OnAws="false")[0]
    assert run_check(account, "emulator", OnAws="true") == (
        False,
        "« OnAws » must be false on an emulator. Set it in the stage's [parameters].",
    )
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    on_aws = Account(connect_nowhere(account.target.stage))
    assert run_check(on_aws, "emulator", OnAws="true") == (True, "AWS")
    passed, says = run_check(on_aws, "emulator", OnAws="false")
    assert (passed, "it would take locks away" in says) == (False, True)


def test_the_region_sends_mails(account: Account) -> None:
    assert run_check(account, "region") == (True, "eu-west-3")
    elsewhere = Account(connect_nowhere(Stage(**{**vars(account.target.stage), "region": "xx-ailleurs-1"})))
    assert not run_check(elsewhere, "region")[0]


@pytest.mark.parametrize(
    ("status", "passes"),
    [
        ("CREATE_COMPLETE", True),
        ("UPDATE_ROLLBACK_COMPLETE", True),
        ("UPDATE_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_FAILED", False),
        ("DELETE_FAILED", False),
    ],
)
def test_a_stack_is_changed_when_it_is_at_rest_and_whole(account: Account, status: str, passes: bool) -> None:
    assert run_check(account, "stack")[0]
    assert run_check(account, "stack", standing(status))[0] is passes


@pytest.mark.parametrize(
    ("check", "change", "said"),
    [
        ("sender", {"VerifiedForSendingStatus": False}, "is not verified yet"),
        ("signature", {"DkimAttributes": {"SigningEnabled": True, "Status": "PENDING"}}, "not signed (DKIM PENDING)"),
        ("signature", {"DkimAttributes": {"SigningEnabled": False, "Status": "SUCCESS"}}, "not signed"),
        ("bounces", {"MailFromAttributes": {}}, "no custom MAIL FROM domain"),
        (
            "bounces",
            {"MailFromAttributes": {"MailFromDomain": "retour.x", "MailFromDomainStatus": "FAILED"}},
            "retour.x is FAILED: keep its MX and TXT records",
        ),
    ],
)  # fmt: skip
def test_the_sender_is_verified_signs_and_has_its_bounces(
    account: Account, check: str, change: dict[str, Any], said: str
) -> None:
    assert not run_check(account, check)[0], "the emulator does not know this domain"
    account.says("sesv2", "GetEmailIdentity", IDENTITY)
    assert run_check(account, check)[0]

    account.says("sesv2", "GetEmailIdentity", IDENTITY | change)
    passed, says = run_check(account, check)

    assert (passed, said in says) == (False, True), says


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"SendingEnabled": False}, "paused the account"),
        ({"ProductionAccessEnabled": False}, "in its sandbox"),
        ({"EnforcementStatus": "PROBATION"}, "under review (PROBATION)"),
    ],
)
def test_ses_sends_to_anybody(account: Account, change: dict[str, Any], said: str) -> None:
    account.says("sesv2", "GetAccount", ACCOUNT)
    assert run_check(account, "sandbox")[0]

    account.says("sesv2", "GetAccount", ACCOUNT | change)
    passed, says = run_check(account, "sandbox")

    assert (passed, said in says) == (False, True), says


def test_the_number_that_sends_sms_is_the_accounts_and_writes_to_any_number_for_enough_money(
    account: Account,
) -> None:
    number = "+33755000000"
    assert run_check(account, "texting") == (True, "none is sent")

    def answer(operation: str, result: str) -> None:
        wrapped = f"<{operation}Result>{result}</{operation}Result>"
        account.says("sns", operation, f"<{operation}Response>{wrapped}</{operation}Response>")

    def limits_to(dollars: int) -> str:
        return f"<entry><key>MonthlySpendLimit</key><value>{dollars}</value></entry>"

    def owns(owned: str) -> None:
        answer("ListOriginationNumbers", f"<PhoneNumbers>{owned}</PhoneNumbers>")

    owns("")
    assert "is no number of this account" in run_check(account, "texting", SmsNumber=number)[1]

    owns(f"<member><PhoneNumber>{number}</PhoneNumber></member>")
    answer("GetSMSSandboxAccountStatus", "<IsInSandbox>true</IsInSandbox>")
    assert "in their sandbox" in run_check(account, "texting", SmsNumber=number)[1]

    answer("GetSMSSandboxAccountStatus", "<IsInSandbox>false</IsInSandbox>")
    for limit, passes, said in (
        ("", False, "may cost 1 $ a month"),
        (limits_to(9), False, "raised to 10 $"),
        (limits_to(50), True, f"SMS leave from {number}, for 50 $ a month"),
    ):
        answer("GetSMSAttributes", f"<attributes>{limit}</attributes>")
        passed, says = run_check(account, "texting", SmsNumber=number)
        assert (passed, said in says) == (passes, True), says


@pytest.mark.parametrize(
    ("arn", "change", "said"),
    [
        (ARN.replace("eu-west-3", "us-east-1"), {}, "it is of us-east-1"),
        ("arn:aws:iam::000000000000:server-certificate/x", {}, "names no certificate of ACM"),
        (ARN, {"Status": "PENDING_VALIDATION"}, "it is PENDING_VALIDATION: keep the record"),
        (ARN, {"DomainName": "example.fr", "SubjectAlternativeNames": ["*.example.com"]}, f"and not for {HOST}"),
        (ARN, {"DomainName": "*.fr", "SubjectAlternativeNames": ["*.fr"]}, f"and not for {HOST}"),
        (ARN, {"NotAfter": (datetime.now(UTC) + timedelta(days=3)).timestamp()}, "it ends on"),
        (ARN, {"NotAfter": (datetime.now(UTC) + timedelta(days=alarms.CERTIFICATE_DAYS - 1)).timestamp()}, "it ends on"),
    ],
)  # fmt: skip
def test_the_certificate_is_the_hosts_issued_and_of_the_region(
    account: Account, arn: str, change: dict[str, Any], said: str
) -> None:
    account.says("acm", "DescribeCertificate", {"Certificate": CERTIFICATE})
    assert run_check(account, "certificate", CertificateArn=ARN)[0]
    account.says("acm", "DescribeCertificate", {"Certificate": CERTIFICATE | {"DomainName": "*.example.fr"}})
    assert run_check(account, "certificate", CertificateArn=ARN)[0]

    account.says("acm", "DescribeCertificate", {"Certificate": CERTIFICATE | change})
    passed, says = run_check(account, "certificate", CertificateArn=arn)

    assert (passed, said in says) == (False, True), says


def test_a_host_on_aws_has_a_certificate(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_check(account, "certificate")[0], "on an emulator there is none"
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    passed, says = run_check(Account(connect_nowhere(account.target.stage)), "certificate")

    assert (passed, "has no certificate: ask for one" in says) == (False, True), says


def test_the_role_that_writes_access_logs_is_there_once(account: Account) -> None:
    role = account.target.client("iam").list_roles()["Roles"][0]["RoleName"]
    ours = standing(SetApiLogsRole="true")
    account.says("apigateway", "GetAccount", {})
    assert not run_check(account, "access-logs", SetApiLogsRole="false")[0]
    assert run_check(account, "access-logs", SetApiLogsRole="true")[0]

    arn = account.target.client("iam").get_role(RoleName=role)["Role"]["Arn"]
    account.says("apigateway", "GetAccount", {"cloudwatchRoleArn": arn})
    assert run_check(account, "access-logs", SetApiLogsRole="false")[0]
    assert run_check(account, "access-logs", ours, SetApiLogsRole="true")[0]
    passed, says = run_check(account, "access-logs", SetApiLogsRole="true")
    assert (passed, "for the account's other APIs too" in says) == (False, True)


def test_a_role_that_is_gone_writes_no_access_logs(account: Account) -> None:
    """CloudFormation never takes back the account's role for access logs: ours is kept, but one of somebody else may be gone,
    which the check finds.
    """
    ours = merged_template()["Resources"]
    assert {ours[name]["DeletionPolicy"] for name in ("ApiLogsRole", "ApiAccount")} == {"Retain"}
    gone = "arn:aws:iam::000000000000:role/service-role/gone"
    account.says("apigateway", "GetAccount", {"cloudwatchRoleArn": gone})

    assert run_check(account, "access-logs", SetApiLogsRole="true")[0]
    passed, says = run_check(account, "access-logs", SetApiLogsRole="false")
    assert (passed, f"{gone}, which does not exist any more: set « SetApiLogsRole » to true" in says) == (
        False,
        True,
    )
    passed, says = run_check(account, "access-logs", standing(SetApiLogsRole="true"), SetApiLogsRole="true")
    assert (passed, "name another in API Gateway's console" in says) == (False, True)


@pytest.mark.parametrize(
    ("total", "free", "reserve", "current", "passes"),
    [
        (10, 10, "false", None, False),
        (1000, 1000, "false", None, True),
        (283, 283, "true", None, False),
        (284, 284, "true", None, True),
        (1000, 150, "true", None, False),
        (284, 100, "true", standing(ReserveConcurrency="true"), True),
        (284, 100, "true", standing(ReserveConcurrency="false"), False),
    ],
)
def test_lambda_has_the_places_that_are_asked_for(
    account: Account, total: int, free: int, reserve: str, current: Description | None, passes: bool
) -> None:
    limit = {"ConcurrentExecutions": total, "UnreservedConcurrentExecutions": free}
    account.says("lambda", "GetAccountSettings", {"AccountLimit": limit})

    passed, says = run_check(account, "concurrency", current, ReserveConcurrency=reserve)

    assert build_question(account).planned.count_reserved_places() == 184
    assert passed is passes, says
    assert passed or "Service Quotas" in says


@pytest.mark.parametrize(
    ("trail", "is_logging", "selectors", "passes"),
    [
        (TRAIL, True, {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]}, True),
        (TRAIL, False, {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]}, False),
        (TRAIL, True, {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "WriteOnly"}]}, False),
        (TRAIL, True, {"EventSelectors": [{"IncludeManagementEvents": False, "ReadWriteType": "All"}]}, False),
        (
            TRAIL,
            True,
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]},
            True,
        ),
        (
            TRAIL,
            True,
            {
                "AdvancedEventSelectors": [
                    {
                        "FieldSelectors": [
                            {"Field": "eventCategory", "Equals": ["Management"]},
                            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
                        ]
                    }
                ]
            },
            False,
        ),
        (
            TRAIL | {"HomeRegion": "us-east-1"},
            True,
            {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]},
            False,
        ),
        (
            TRAIL | {"HomeRegion": "us-east-1", "IsMultiRegionTrail": True},
            True,
            {"EventSelectors": [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]},
            True,
        ),
    ],
)  # fmt: skip
def test_a_trail_records_reads_and_writes_of_this_region(
    account: Account, trail: dict[str, Any], is_logging: bool, selectors: dict[str, Any], passes: bool
) -> None:
    assert not run_check(account, "trail")[0], "the emulator has none"
    account.says("cloudtrail", "DescribeTrails", {"trailList": [trail]})
    account.says("cloudtrail", "GetTrailStatus", {"IsLogging": is_logging})
    account.says("cloudtrail", "GetEventSelectors", selectors)

    assert run_check(account, "trail")[0] is passes


def test_a_trail_that_is_named_tells_its_log_group_and_one_of_the_stack_is_made_on_aws(
    account: Account,
) -> None:
    group = "arn:aws:logs:eu-west-3:000000000000:log-group:trail:*"
    account.says(
        "cloudtrail", "DescribeTrails", {"trailList": [TRAIL | {"CloudWatchLogsLogGroupArn": group}]}
    )
    account.says("cloudtrail", "GetTrailStatus", {"IsLogging": True})
    selectors = [{"IncludeManagementEvents": True, "ReadWriteType": "All"}]
    account.says("cloudtrail", "GetEventSelectors", {"EventSelectors": selectors})

    assert run_check(account, "trail", TrailLogGroup="trail")[0]
    assert not run_check(account, "trail", TrailLogGroup="rail")[0]
    account.says("cloudtrail", "DescribeTrails", {"trailList": []})
    assert not run_check(account, "trail", TrailLogGroup="own")[0], "an emulator makes none"
    assert run_check(account, "trail", TrailLogGroup="own", OnAws="true") == (True, "the stack makes its own")


def test_a_sixth_trail_of_a_region_is_refused_before_cloudtrail_refuses_it(account: Account) -> None:
    trails = [TRAIL | {"Name": f"trail-{number}"} for number in range(5)]
    account.says("cloudtrail", "DescribeTrails", {"trailList": trails})
    passed, says = run_check(account, "trail", TrailLogGroup="own", OnAws="true")
    assert (passed, "takes 5 trails at most" in says) == (False, True), says

    ours = [*trails[1:], TRAIL | {"Name": account.target.stage.stack}]
    account.says("cloudtrail", "DescribeTrails", {"trailList": ours})
    assert run_check(account, "trail", TrailLogGroup="own", OnAws="true")[0]


def test_an_identity_is_made_once_and_its_records_are_said_at_the_end(account: Account) -> None:
    account.says("sesv2", "GetEmailIdentity", {"__type": "NotFoundException"}, status=404)
    for check in ("sender", "signature", "bounces", "feedback"):
        assert run_check(account, check, MakeMailIdentity="true")[0], check
    passed, says = run_check(account, "sender", MakeMailIdentity="false")
    assert (passed, "set « MakeMailIdentity » to true" in says) == (False, True), says

    account.says("sesv2", "GetEmailIdentity", IDENTITY)
    passed, says = run_check(account, "sender", MakeMailIdentity="true")
    assert (passed, "set « MakeMailIdentity » to false" in says) == (False, True), says

    account.says("sesv2", "GetEmailIdentity", IDENTITY | {"VerifiedForSendingStatus": False})
    ours = standing(MakeMailIdentity="true", MailFrom=GIVEN["MailFrom"])
    passed, says = run_check(account, "sender", ours, MakeMailIdentity="true")
    assert (passed, "is not verified yet" in says) == (False, True), says

    account.says("sesv2", "GetEmailIdentity", {"__type": "NotFoundException"}, status=404)
    of_another_domain = standing(MakeMailIdentity="true", MailFrom="relais@ailleurs.example")
    assert run_check(account, "sender", of_another_domain, MakeMailIdentity="true")[0]


def test_no_stage_lives_with_bounces_that_mail_a_link(account: Account) -> None:
    account.says("sesv2", "GetEmailIdentity", IDENTITY | {"FeedbackForwardingStatus": True})
    passed, says = run_check(account, "feedback")

    assert (passed, "--no-email-forwarding-enabled" in says) == (False, True), says
    assert "feedback" in checks.ALWAYS
    account.says("sesv2", "GetEmailIdentity", IDENTITY | {"FeedbackForwardingStatus": False})
    assert run_check(account, "feedback")[0]


def test_the_pattern_of_each_rule_is_asked_about_before_anything_is_made(account: Account) -> None:
    patterns = build_question(account, OnAws="true").planned.list_event_patterns()
    assert {"InspectEvent", "FeedbackEvent", "KeyUseByAnother", "CodeChanged"} <= patterns.keys()
    assert run_check(account, "rules", OnAws="true") == (True, f"EventBridge takes {len(patterns)} patterns")

    refused = {"__type": "InvalidEventPatternException", "message": "Rule is too complex"}
    account.says("events", "TestEventPattern", refused, status=HTTPStatus.BAD_REQUEST)
    passed, says = run_check(account, "rules", OnAws="true")

    assert (passed, "CodeChanged (Rule is too complex)" in says) == (False, True), says
    assert "rules" in checks.ALWAYS


def test_a_budget_that_the_account_may_not_have_is_left_out_by_its_parameter(account: Account) -> None:
    address = "astreinte@example.fr"
    account.says("budgets", "DescribeBudgets", {"Budgets": []})
    assert run_check(account, "budget", OnAws="true", AlertAddress=address) == (True, "50 USD a month")

    denied = {"__type": "AccessDeniedException", "message": "not enabled"}
    account.says("budgets", "DescribeBudgets", denied, status=HTTPStatus.BAD_REQUEST)
    passed, says = run_check(account, "budget", OnAws="true", AlertAddress=address)

    assert (passed, "set « MonthlyBudget » to 0" in says) == (False, True), says
    none = run_check(account, "budget", OnAws="true", AlertAddress=address, MonthlyBudget="0")
    assert none == (True, "none is made")


def test_a_host_that_another_api_has_is_refused(account: Account) -> None:
    account.says("apigateway", "GetDomainName", {"message": "no"}, status=HTTPStatus.NOT_FOUND)
    assert run_check(account, "host")[0], "an emulator has no host of its own"

    account.says("apigateway", "GetDomainName", {"domainName": HOST})
    passed, says = run_check(account, "host", CertificateArn=ARN)

    assert (passed, f"API Gateway holds {HOST} already" in says) == (False, True), says
    ours = standing(CertificateArn=ARN, PublicBaseUrl=GIVEN["PublicBaseUrl"])
    assert run_check(account, "host", ours, CertificateArn=ARN)[0]


def test_a_web_acl_that_is_named_exists(account: Account) -> None:
    arn = "arn:aws:wafv2:eu-west-3:000000000000:regional/webacl/portail/1-2"
    missing = {"__type": "WAFNonexistentItemException", "message": "no"}
    account.says("wafv2", "GetWebACL", missing, status=HTTPStatus.BAD_REQUEST)
    assert run_check(account, "firewall")[0]
    assert run_check(account, "firewall", RateLimitPerSource="3000", OnAws="true")[0]
    assert not run_check(account, "firewall", WebAclArn=arn)[0]

    account.says("wafv2", "GetWebACL", {"WebACL": {"Name": "portail", "Id": "1-2", "ARN": arn}})
    assert run_check(account, "firewall", WebAclArn=arn) == (True, "portail stands before the API")


def write_simulation(decision: str, *, organisation_allows: bool = True, missing: str = "") -> str:
    """Return IAM's answer that this is decided of « budgets:ModifyBudget »; ``missing``: a fact that a condition asks for."""
    unknown = f"<member>{missing}</member>" if missing else ""
    return (
        "<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults><member>"
        f"<EvalActionName>budgets:ModifyBudget</EvalActionName><EvalDecision>{decision}</EvalDecision>"
        f"<MissingContextValues>{unknown}</MissingContextValues>"
        "<OrganizationsDecisionDetail><AllowedByOrganizations>"
        f"{str(organisation_allows).lower()}</AllowedByOrganizations></OrganizationsDecisionDetail>"
        "</member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    )


ROLE = "arn:aws:iam::000000000000:role/sso/Deployer"


@pytest.fixture
def on_aws(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account of AWS in which somebody deploys with a role."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    session = "arn:aws:sts::000000000000:assumed-role/Deployer/zoe"
    on_aws = Account(replace(connect_nowhere(account.target.stage), identity=session))
    on_aws.says(
        "iam",
        "GetRole",
        f"<GetRoleResponse><GetRoleResult><Role><Arn>{ROLE}</Arn></Role></GetRoleResult></GetRoleResponse>",
    )
    return on_aws


def test_an_emulators_root_may_make_everything(account: Account) -> None:
    assert run_check(account, "rights") == (True, "an emulator's root may do everything")


def test_what_the_operator_or_the_organisation_forbids_is_said_before_it_is_refused(on_aws: Account) -> None:
    on_aws.says("iam", "SimulatePrincipalPolicy", write_simulation("allowed"))
    assert run_check(on_aws, "rights") == (True, f"{ROLE} may make what the template holds")
    on_aws.says("iam", "SimulatePrincipalPolicy", write_simulation("implicitDeny"))
    says = run_check(on_aws, "rights")[1]
    assert "may not budgets:ModifyBudget (by the operator's policies)" in says
    on_aws.says("iam", "SimulatePrincipalPolicy", write_simulation("allowed", organisation_allows=False))
    says = run_check(on_aws, "rights")[1]
    assert "may not budgets:ModifyBudget (by the organisation)" in says
    on_aws.target = replace(on_aws.target, identity="arn:aws:iam::000000000000:root")
    assert "use a role" in run_check(on_aws, "rights")[1]


@pytest.mark.parametrize("organisation_allows", [True, False])
def test_what_a_condition_decides_that_iam_cannot_judge_is_said_and_no_refusal(
    on_aws: Account, organisation_allows: bool
) -> None:
    """A condition of an organisation's policy makes the simulation refuse what is allowed in truth."""
    answer = write_simulation(
        "implicitDeny", organisation_allows=organisation_allows, missing="aws:PrincipalTag/team"
    )
    on_aws.says("iam", "SimulatePrincipalPolicy", answer)

    passed, says = run_check(on_aws, "rights")

    assert passed, says
    assert "aws:PrincipalTag/team decides, which IAM cannot judge here, on budgets:ModifyBudget" in says


def test_rights_are_asked_about_in_the_region_of_the_stage(on_aws: Account) -> None:
    """An organisation that locks regions refuses everything in a request that names none."""
    asked: list[dict[str, Any]] = []
    on_aws.says("iam", "SimulatePrincipalPolicy", write_simulation("allowed"))
    on_aws.target.client("iam").meta.events.register(
        "provide-client-params.iam.SimulatePrincipalPolicy", lambda params, **_: asked.append(params)
    )

    assert run_check(on_aws, "rights")[0]

    (context,) = asked[0]["ContextEntries"]
    assert (context["ContextKeyName"], context["ContextKeyValues"]) == ("aws:RequestedRegion", ["eu-west-3"])


def test_somebody_is_woken(account: Account) -> None:
    assert not run_check(account, "alerts", AlertAddress="")[0]
    assert run_check(account, "alerts", AlertAddress="astreinte@example.fr")[0]


def test_what_cannot_be_read_has_not_passed(account: Account) -> None:
    denied = {"__type": "AccessDeniedException", "message": "no"}
    account.says("sesv2", "GetAccount", denied, status=HTTPStatus.FORBIDDEN)
    seen = {result.name: result for result in checks.run(build_question(account))}

    assert not seen["sandbox"].passed
    assert (
        "AccessDeniedException" in seen["sandbox"].says
        and "these credentials may not" in seen["sandbox"].says
    )
    assert seen.keys() == CHECKS.keys()

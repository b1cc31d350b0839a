"""What the commands show before anything is done, what they refuse, and what they say at the end."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra import CommandFailed
from infra import package as packaging
from infra.deploy.commands import Command
from infra.deploy.stack import POLICY, Change, Description, Policy
from infra.deploy.stage import dns_records
from infra.deploy.versions import shelf
from infra.package import Package, merged_template
from tests.deploy.conftest import Account, Deployed
from tests.deploy.place import changed, empty

HOLDING = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"}
"""What holds something that no update may lose."""


class Typed:
    """A command whose words are kept, and each of whose questions gets the same answer."""

    def __init__(self, account: Account, *, confirms: bool = True) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []

        def confirm(question: str) -> bool:
            self.asked.append(question)
            return confirms

        self.command = Command(account.target, self.said.append, confirm, quick=True)

    @property
    def text(self) -> str:
        """Everything that the command said."""
        return "\n".join(self.said)


def test_the_stack_policy_names_all_that_holds_something() -> None:
    """The stack policy names every resource that holds data, except those that a parameter leaves out (``test_holding.py``)."""
    resources = merged_template()["Resources"]
    holding = {name for name, resource in resources.items() if resource.get("Type") in HOLDING} - {
        "TrailBucket"
    }
    statements = json.loads(POLICY.read_text())["Statement"]

    assert len(holding) >= 6
    assert holding <= Policy.from_file().protected
    assert [statement["Effect"] for statement in statements] == ["Deny", "Allow"]
    assert set(statements[0]["Action"]) == {"Update:Replace", "Update:Delete"}
    assert statements[0]["Principal"] == "*"


@pytest.mark.parametrize(
    ("change", "shown", "loses"),
    [
        (Change("Add", "Alerts", "AWS::SNS::Topic", ""), "Add     Alerts (AWS::SNS::Topic)", False),
        (Change("Modify", "Web", "x", "False"), "Modify  Web (x)", False),
        (Change("Modify", "Web", "x", "Conditional"), "Modify  Web (x)  may be replaced", False),
        (Change("Modify", "Web", "x", "True"), "Modify  Web (x)  REPLACED", True),
        (Change("Remove", "Web", "x", ""), "Remove  Web (x)  DELETED", True),
    ],
)
def test_what_would_be_replaced_or_deleted_is_marked(change: Change, shown: str, loses: bool) -> None:
    assert (str(change), change.loses) == (shown, loses)


@pytest.mark.cloud
def test_what_was_deployed_protects_itself_says_its_version_and_what_is_left_to_do(
    account: Account, deployed_place: Deployed, package: Package
) -> None:
    typed, said = Typed(account), deployed_place.said
    current = typed.command.stack.described()
    assert current is not None
    dynamodb, cloudformation = (account.target.client(name) for name in ("dynamodb", "cloudformation"))

    assert current.is_locked
    for table in ("ParcoursTableName", "RelayTableName"):
        assert dynamodb.describe_table(TableName=current.outputs[table])["Table"]["DeletionProtectionEnabled"]
    policy = cloudformation.get_stack_policy(StackName="passe-plat")["StackPolicyBody"]
    assert json.loads(policy) == json.loads(POLICY.read_text())
    assert typed.command.shelf.publish(package)[0] == current.outputs["Version"]
    for line in (
        "  ok        signature: the stack turns it on\n",
        "  accepted  trail: ",
        "  Add     RelayTable (AWS::DynamoDB::Table)\n",
        "CREATE_COMPLETE RelayTable",
        "It answers.\n",
        "The stack refuses to be deleted.\n",
        f"  Version = {current.outputs['Version']}\n",
        "Alerts: astreinte@passe-plat.example ",
        "  _dmarc.passe-plat.example  TXT  v=DMARC1;",
    ):
        assert line in said, line

    typed.command.deploy(package)
    assert "Nothing is to be changed." in typed.said
    assert typed.asked == []
    assert len(typed.command.shelf.deployments()) == 1


@pytest.mark.cloud
@pytest.mark.parametrize("how", ["REPLACED", "DELETED"])
def test_an_update_that_would_lose_a_table_is_refused_before_anybody_is_asked(
    account: Account, package: Package, tmp_path: Path, how: str
) -> None:
    typed = Typed(account)
    before = typed.command.stack.described()
    losing = changed(package, tmp_path, ("Resources.RelayTable.Properties.TableName", "other"))
    if how == "DELETED":  # another table takes its place
        text = losing.template.read_text().replace('"RelayTable"', '"OtherTable"')
        losing.template.write_text(text.replace("${RelayTable.", "${OtherTable."))

    with pytest.raises(CommandFailed, match="This would lose RelayTable, which the stack policy protects"):
        typed.command.deploy(losing)

    assert typed.asked == []
    action = {"REPLACED": "Modify", "DELETED": "Remove"}[how]
    assert f"  {action}  RelayTable (AWS::DynamoDB::Table)  {how}" in typed.said
    assert typed.command.stack.described() == before
    assert change_sets(account) == []


def change_sets(account: Account) -> list[str]:
    """Return the change sets that somebody could still execute."""
    listed = account.target.client("cloudformation").list_change_sets(StackName="passe-plat")["Summaries"]
    return [
        change_set["ChangeSetName"] for change_set in listed if change_set["ExecutionStatus"] == "AVAILABLE"
    ]


@pytest.mark.cloud
def test_what_nobody_confirms_by_the_stages_name_is_not_done(
    account: Account, deployed_place: Deployed, package: Package, tmp_path: Path
) -> None:
    place = deployed_place.place
    before = place.stack.described()
    keys = [{"AttributeName": "sk", "KeyType": "HASH"}]
    edits = (
        ("Resources.Purge.Properties.MemorySize", 640),
        ("Resources.RelayTable.Properties.KeySchema", keys),
    )
    changed(package, tmp_path, *edits)

    status, said = place.types("deploy", "--package", str(tmp_path), typed="oui\n")

    assert status == 1
    assert "Change the stack passe-plat? Type the stage's name, « essai », to go on: " in said
    assert "Not confirmed: nothing was done" in said
    assert "  Modify  Purge (AWS::Lambda::Function)\n" in said
    assert "  Modify  RelayTable (AWS::DynamoDB::Table)  may be replaced\n" in said
    assert "Whether RelayTable would be replaced shows only when it is done" in said
    assert place.stack.described() == before
    assert change_sets(account) == []


@pytest.mark.cloud
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accept": frozenset()}, "4 of these checks failed: nothing was done"),
        ({"accept": frozenset({"certificate"})}, "a stage may live without: access-logs, alerts, bounces"),
        ({"accept": frozenset({"facts"})}, "« protect » is true: take « facts » out of « accept »"),
        ({"parameters": {"OnAws": "false"}}, r"must say PublicBaseUrl and MailFrom"),
        ({"parameters": {"PublicBaseURL": "x"}}, "The template has no parameter PublicBaseURL"),
    ],
)
def test_a_stage_that_cannot_be_deployed_is_refused_before_anything_is_planned(
    account: Account, package: Package, change: dict[str, Any], said: str
) -> None:
    stage = account.target.stage
    if "PublicBaseURL" in change.get("parameters", {}):
        change = {"parameters": stage.parameters | change["parameters"]}
    account.target = replace(account.target, stage=replace(stage, **change))

    with pytest.raises(CommandFailed, match=said):
        Typed(account).command.deploy(package)


@pytest.mark.cloud
def test_what_is_protected_is_not_destroyed_by_a_line_of_a_file(account: Account) -> None:
    """A stage whose file says « protect » no longer, without a deployment since, is not destroyed: tables and stack still
    refuse.
    """
    typed, stage = Typed(account, confirms=False), replace(account.target.stage, protect=False)
    said = "is protected: nothing was done"
    with pytest.raises(CommandFailed, match=said):
        typed.command.destroy()

    account.target = replace(account.target, stage=stage)
    with pytest.raises(CommandFailed, match=said):
        Typed(account, confirms=False).command.destroy()
    typed.command.stack.lock(False)
    with pytest.raises(CommandFailed, match=said):
        Typed(account, confirms=False).command.destroy()
    typed.command.stack.lock(True)

    assert typed.asked == []


@pytest.mark.cloud
def test_versions_are_kept_in_a_private_encrypted_bucket_each_under_a_name_made_of_it(
    account: Account, package: Package, tmp_path: Path
) -> None:
    typed, s3 = Typed(account), account.target.client("s3")
    kept, current = typed.command.shelf, typed.command.stack.described()
    other = changed(package, tmp_path, ("Resources.Purge.Properties.MemorySize", 640))

    first = kept.publish(package)

    assert current is not None and first[0] == current.outputs["Version"]
    assert kept.publish(package) == first != kept.publish(other)
    block = s3.get_public_access_block(Bucket=kept.bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True} and len(block) == 4
    (rule,) = s3.get_bucket_encryption(Bucket=kept.bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (tmp_path / "sam.yaml").write_text("Resources: {}\nOutputs: {}\n")
    with pytest.raises(CommandFailed, match="is no template of this product"):
        kept.publish(Package(package.zip, tmp_path / "sam.yaml", rebuilt=False))


@pytest.mark.cloud
def test_a_bucket_of_somebody_else_is_not_used(account: Account) -> None:
    account.says("s3", "HeadBucket", {}, status=403)
    stage = account.target.stage

    with pytest.raises(CommandFailed, match="it is another account's, or these credentials may not"):
        shelf(account.target.client("s3"), stack=stage.stack, account=stage.account, region=stage.region)


@pytest.mark.cloud
@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("PendingConfirmation", "astreinte@x.example has NOT confirmed yet"),
        ("arn:aws:sns:x", "astreinte@x.example has confirmed"),
        ("", "NOBODY is subscribed"),
    ],
)
def test_the_end_says_whether_those_to_be_woken_have_confirmed(account: Account, arn: str, said: str) -> None:
    member = (
        f"<member><Endpoint>astreinte@x.example</Endpoint><SubscriptionArn>{arn}</SubscriptionArn></member>"
    )
    members = member if arn else ""
    account.says(
        "sns",
        "ListSubscriptionsByTopic",
        f"<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>{members}</Subscriptions>"
        "</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>",
    )
    typed = Typed(account)

    typed.command.say_alerts()

    assert said in typed.text


def test_the_records_of_a_domain_are_those_that_ses_names(account: Account) -> None:
    account.says(
        "sesv2",
        "GetEmailIdentity",
        {
            "DkimAttributes": {"Tokens": ["un", "deux"], "SigningHostedZone": "dkim.eu-west-3.amazonses.com"},
            "MailFromAttributes": {"MailFromDomain": "rebond.x.example"},
        },
    )
    parameters = {"MailFrom": "relais@x.example", "PublicBaseUrl": "https://x.example/"}
    outputs = {"OwnDomainTarget": "d-1.execute-api.example"}
    deployed = Description("id", "CREATE_COMPLETE", outputs, parameters, is_locked=False)

    records = {(record.name, record.kind): record.value for record in dns_records(account.target, deployed)}

    assert records == {
        ("x.example", "CNAME"): "d-1.execute-api.example",
        ("un._domainkey.x.example", "CNAME"): "un.dkim.eu-west-3.amazonses.com",
        ("deux._domainkey.x.example", "CNAME"): "deux.dkim.eu-west-3.amazonses.com",
        ("_dmarc.x.example", "TXT"): "v=DMARC1; p=quarantine; rua=mailto:relais@x.example",
        ("rebond.x.example", "MX"): "10 feedback-smtp.eu-west-3.amazonses.com",
        ("rebond.x.example", "TXT"): "v=spf1 include:amazonses.com ~all",
    }


@pytest.mark.cloud
def test_of_a_creation_that_fails_nothing_is_left_and_the_reason_is_said(tmp_path: Path) -> None:
    roles = ("Resources.MailerPolicy.Properties.Roles", ["nobody-has-this-role"])
    with empty(tmp_path) as place:
        changed(packaging.build_for_here(), tmp_path, roles)
        status, said = place.types("deploy", "--package", str(tmp_path))

        assert status == 1
        assert "ended as DELETE_COMPLETE" in said and "MailerPolicy: " in said, said
        assert "Nothing is left of it" in said
        assert place.stack.described() is None
        assert place.operator.client("dynamodb").list_tables()["TableNames"] == []
        status, said = place.types("rollback")
        assert (status, "does not stand" in said) == (1, True)
        status, said = place.types("destroy")
        assert (status, "does not stand" in said) == (1, True)


@pytest.mark.cloud
def test_a_deletion_that_failed_half_way_can_be_asked_for_again(account: Account) -> None:
    """What was deleted the first time is still listed; the second time, the missing bucket is neither read nor deleted again."""
    fields = (
        "<StackId>id</StackId><StackName>passe-plat</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
        "<StackStatus>DELETE_FAILED</StackStatus>"
    )
    rows = "".join(
        f"<member><LogicalResourceId>{name}</LogicalResourceId><PhysicalResourceId>{name.lower()}-gone</PhysicalResourceId>"
        f"<ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus></member>"
        for name, kind, status in (
            ("DocumentBucket", "AWS::S3::Bucket", "DELETE_COMPLETE"),
            ("RelayTable", "AWS::DynamoDB::Table", "DELETE_FAILED"),
        )
    )
    for operation, answer in (
        ("DescribeStacks", f"<Stacks><member>{fields}</member></Stacks>"),
        ("ListStackResources", f"<StackResourceSummaries>{rows}</StackResourceSummaries>"),
    ):
        body = f"<{operation}Response><{operation}Result>{answer}</{operation}Result></{operation}Response>"
        account.says("cloudformation", operation, body)
    account.target = replace(account.target, stage=replace(account.target.stage, protect=False))
    typed = Typed(account, confirms=False)

    with pytest.raises(CommandFailed, match="Not confirmed"):
        typed.command.destroy()

    assert "  RelayTable (AWS::DynamoDB::Table)" in typed.said
    assert "DocumentBucket" not in typed.text

"""Promise 1 as the platform keeps it: what each role may do and what it is refused, under the deployed policies.

Each cell of the table is tried with the role's own credentials on the local cloud, which evaluates identity, key and bucket
policies. A refusal counts only as « access denied », and somebody is allowed each action, so that none is refused for being
asked wrongly. The emulator evaluates no policy of a table: that of the audit trail refuses what ``ALMIGHTY`` may here
(``tests/architecture/test_template.py``). ``python -m tests.security.test_roles`` prints the table.
"""

import json
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.stores.keys import MAC
from chalicelib.stores.objects import object_key
from infra.local import LocalCloud
from tests.conftest import on_deployed
from tests.security import deployed as deployed_relay
from tests.security.deployed import Scene
from tests.security.visitor import post_form

pytestmark = pytest.mark.cloud

ALMIGHTY = "AllowedAll"
"""A role made here: its own policy allows every action on everything, as a careless administrator's would."""
ROLES = ("Web", "Inspect", "Mailer", "Unseal", "Identify", "Purge", "Feedback", "Remind", "Prove", ALMIGHTY)
OF_TABLES = tuple(role for role in ROLES if role != "Identify")
DENIED = {"AccessDenied", "AccessDeniedException"}


PROBE = {"pk": {"S": "probe"}, "sk": {"S": "0"}}
Client = Callable[[str], Any]
Act = Callable[[Scene, Client], object]


def _generate_mac(key: str) -> Act:
    return lambda scene, client: client("kms").generate_mac(
        KeyId=scene.cloud.outputs[key], Message=scene.token_message, MacAlgorithm=MAC
    )


def _invokes(function: str, payload: dict[str, Any]) -> Act:
    return lambda scene, client: client("lambda").invoke(
        FunctionName=scene.cloud.functions[function], Payload=json.dumps(payload)
    )


def _posts_by_form(scene: Scene, client: Client) -> None:
    form = client("s3").generate_presigned_post(scene.bucket, object_key(str(uuid.uuid4()), "cv"))
    if post_form(form, b"nothing") == 403:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "PostObject")


def _writes(scene: Scene, client: Client) -> None:
    key = {"pk": {"S": f"probe#{secrets.token_hex(8)}"}, "sk": {"S": "0"}}
    for act in ("Put", "Delete"):
        named = {"Item": key} if act == "Put" else {"Key": key}
        client("dynamodb").transact_write_items(
            TransactItems=[{act: {"TableName": table, **named}} for table in scene.tables]
        )


def _reads(scene: Scene, client: Client) -> None:
    for table in scene.tables:
        client("dynamodb").get_item(TableName=table, Key={"pk": {"S": "probe"}, "sk": {"S": "0"}})


def _sends_mail(scene: Scene, client: Client) -> None:
    client("sesv2").send_email(
        Destination={"ToAddresses": ["probe@entreprise.example"]},
        Content={
            "Raw": {
                "Data": f"From: {scene.cloud.environment['MAIL_FROM']}\r\nSubject: probe\r\n\r\n".encode()
            }
        },
    )


def _puts_key_policy(scene: Scene, client: Client) -> None:
    """Put the key's present policy again: only who may do so is tested."""
    policy = scene.cloud.client("kms").get_key_policy(KeyId=scene.document_key, PolicyName="default")
    client("kms").put_key_policy(KeyId=scene.document_key, PolicyName="default", Policy=policy["Policy"])


def _puts_bucket_policy(scene: Scene, client: Client) -> None:
    policy = scene.cloud.client("s3").get_bucket_policy(Bucket=scene.bucket)
    client("s3").put_bucket_policy(Bucket=scene.bucket, Policy=policy["Policy"])


@dataclass(frozen=True)
class Right:
    """One action: to whom it is allowed, everybody else being refused, and how it is tried."""

    action: str
    allowed: frozenset[str]
    act: Act


def _right(action: str, *allowed: str, act: Act) -> Right:
    return Right(action, frozenset(allowed), act)


RIGHTS = (
    _right("kms:Encrypt (document key)", "Web", "Unseal", act=lambda scene, client: client("kms").encrypt(
        KeyId=scene.document_key, Plaintext=b"k" * 32, EncryptionContext=scene.context)),
    _right("kms:Decrypt (document key)", "Inspect", "Unseal", act=lambda scene, client: client("kms").decrypt(
        KeyId=scene.document_key, CiphertextBlob=scene.wrapped_key, EncryptionContext=scene.context)),
    _right("kms:GenerateMac (link key)", "Mailer", act=_generate_mac("LinkKeyArn")),
    _right("kms:VerifyMac (link key)", "Unseal", act=lambda scene, client: client("kms").verify_mac(
        KeyId=scene.cloud.outputs["LinkKeyArn"], Message=scene.token_message, Mac=scene.token, MacAlgorithm=MAC)),
    _right("kms:GenerateMac (code key)", "Web", "Mailer", act=_generate_mac("CodeKeyArn")),
    _right("kms:PutKeyPolicy (document key)", ALMIGHTY, act=_puts_key_policy),
    _right("s3:GetObject", "Inspect", "Unseal", act=lambda scene, client: client("s3").get_object(
        Bucket=scene.bucket, Key=scene.object_key)),
    _right("s3:PutObject (signed form)", "Web", act=_posts_by_form),
    _right("s3:DeleteObject", "Inspect", "Purge", act=lambda scene, client: client("s3").delete_object(
        Bucket=scene.bucket, Key=object_key(str(uuid.uuid4()), "cv"))),
    _right("s3:ListBucket", "Purge", "Prove", ALMIGHTY, act=lambda scene, client: client("s3").list_objects_v2(
        Bucket=scene.bucket)),
    _right("s3:PutBucketPolicy", ALMIGHTY, act=_puts_bucket_policy),
    _right("ses:SendEmail", "Mailer", ALMIGHTY, act=_sends_mail),
    _right("lambda:InvokeFunction (unseal)", "Web", ALMIGHTY, act=_invokes("Unseal", {"token": "", "browser": ""})),
    _right("lambda:InvokeFunction (identify)", "Web", ALMIGHTY, act=_invokes(
        "Identify", {"action": "begin", "state": "", "nonce": "", "challenge": ""})),
    _right("lambda:InvokeFunction (mailer)", "Web", "Inspect", "Purge", "Remind", ALMIGHTY, act=_invokes(
        "Mailer", {"mails": []})),
    _right("lambda:InvokeFunction (inspect)", "Purge", ALMIGHTY, act=_invokes(
        "Inspect", {"detail": {"bucket": {"name": "another"}, "object": {"key": "none"}}})),
    _right("lambda:InvokeFunction (remind, the version at work)", "Remind", ALMIGHTY, act=lambda scene, client: client(
        "lambda").invoke(FunctionName=f"{scene.cloud.functions['Remind']}:$LATEST", Payload=b"{}")),
    _right("dynamodb:GetItem (both tables)", *OF_TABLES, act=_reads),
    _right("dynamodb:Put, Delete (both tables)", *OF_TABLES, act=_writes),
    _right("dynamodb:PutItem (audit trail)", "Web", ALMIGHTY, act=lambda scene, client: client("dynamodb").transact_write_items(
        TransactItems=[{"Put": {"TableName": scene.audit_table, "ConditionExpression": "attribute_not_exists(pk)", "Item": {
            "pk": {"S": "probe"}, "sk": {"S": secrets.token_hex(8)}}}}])),
    _right("dynamodb:GetItem (audit trail)", ALMIGHTY, act=lambda scene, client: client("dynamodb").get_item(
        TableName=scene.audit_table, Key=PROBE)),
    _right("dynamodb:Query (audit trail)", ALMIGHTY, act=lambda scene, client: client("dynamodb").query(
        TableName=scene.audit_table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "probe"}})),
    _right("dynamodb:UpdateItem (audit trail)", ALMIGHTY, act=lambda scene, client: client("dynamodb").update_item(
        TableName=scene.audit_table, Key=PROBE, UpdateExpression="SET act = :act",
        ExpressionAttributeValues={":act": {"S": "x"}})),
    _right("dynamodb:DeleteItem (audit trail)", ALMIGHTY, act=lambda scene, client: client("dynamodb").delete_item(
        TableName=scene.audit_table, Key=PROBE)),
    _right("dynamodb:Scan (both tables)", ALMIGHTY, act=lambda scene, client: [
        client("dynamodb").scan(TableName=table, Limit=1) for table in scene.tables]),
)  # fmt: skip


@pytest.fixture(scope="module")
def scene(cloud: LocalCloud) -> Scene:
    """A document whose link was mailed and not opened yet."""
    with on_deployed(cloud) as world:
        relay, token, recipient = deployed_relay.sent(world, cloud)
        return Scene.of(cloud, relay, token, recipient)


@pytest.fixture(scope="module")
def clients(cloud: LocalCloud) -> Iterator[dict[str, Client]]:
    """For each role, clients that hold its credentials."""
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made = iam.create_role(RoleName="allowed-all", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="allowed-all", PolicyName="all", PolicyDocument=_policy(everything))
    credentials = {role: cloud.as_role(made if role == ALMIGHTY else role) for role in ROLES}
    yield {role: _clients(cloud, given) for role, given in credentials.items()}
    iam.delete_role_policy(RoleName="allowed-all", PolicyName="all")
    iam.delete_role(RoleName="allowed-all")


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _clients(cloud: LocalCloud, credentials: dict[str, str]) -> Client:
    return lambda service: cloud.client(service, **credentials)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.action)
def test_a_role_may_do_what_its_function_needs_and_nothing_else(
    right: Right, role: str, scene: Scene, clients: dict[str, Client]
) -> None:
    assert _is_allowed(lambda: right.act(scene, clients[role])) is (role in right.allowed)


SIGNED = {"Web": {"s3:PutObject (signed form)"}, "Inspect": {"s3:GetObject"}, "Unseal": {"s3:GetObject"}}
"""What a browser does by an address that a function signed, which nothing says to come from there: ciphertext alone."""


@pytest.mark.parametrize("role", [role for role in ROLES if role != ALMIGHTY])
def test_a_role_that_is_lent_to_somebody_may_do_nothing_of_it(
    role: str, scene: Scene, cloud: LocalCloud
) -> None:
    lent = _clients(cloud, cloud.as_role(role, lent=True))

    allowed = {right.action for right in RIGHTS if _is_allowed(lambda act=right.act: act(scene, lent))}  # type: ignore[misc]

    assert allowed == SIGNED.get(role, set())


COPIES: dict[str, Act] = {
    "versions": lambda scene, client: client("s3").put_bucket_versioning(
        Bucket=scene.bucket, VersioningConfiguration={"Status": "Enabled"}
    ),
    "an inventory": lambda scene, client: client("s3").put_bucket_inventory_configuration(
        Bucket=scene.bucket,
        Id="all",
        InventoryConfiguration={
            "Id": "all",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::elsewhere", "Format": "CSV"}},
        },
    ),
    "a log of who reads": lambda scene, client: client("s3").put_bucket_logging(
        Bucket=scene.bucket,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "elsewhere", "TargetPrefix": ""}},
    ),
}


@pytest.mark.parametrize("copy", COPIES)
def test_the_bucket_keeps_no_versions_or_copies_of_erased_objects(
    copy: str, scene: Scene, clients: dict[str, Client]
) -> None:
    assert not _is_allowed(lambda: COPIES[copy](scene, clients[ALMIGHTY]))


def _is_allowed(act: Callable[[], object]) -> bool:
    try:
        act()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return False
        raise
    return True


def test_every_action_is_allowed_to_somebody() -> None:
    assert [right.action for right in RIGHTS if not right.allowed] == []


def test_the_table_keeps_the_promise() -> None:
    """In the table, the three locks open neither to the pages nor to a policy that allows everything: whoever edits it is held
    to that.
    """
    locks = {"kms:Decrypt (document key)", "s3:GetObject", "kms:GenerateMac (link key)"}
    holders = [right.allowed for right in RIGHTS if right.action in locks]
    assert len(holders) == len(locks)
    assert all(allowed <= {"Inspect", "Unseal", "Mailer"} for allowed in holders)


def table() -> str:
    """Return the rights as a table in Markdown."""
    lines = [f"| action | {' | '.join(ROLES)} |", "|---" * (len(ROLES) + 1) + "|"]
    for right in RIGHTS:
        cells = ("allowed" if role in right.allowed else "refused" for role in ROLES)
        lines.append(f"| {right.action} | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())

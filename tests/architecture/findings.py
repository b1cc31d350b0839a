"""What linters find in the template and why it stays. A finding without a row fails, and so does a row without a finding."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

CFN_LINT, CHECKOV, PARLIAMENT = "cfn-lint", "checkov", "parliament"


@dataclass(frozen=True)
class Finding:
    """One thing that a linter says of one resource."""

    tool: str
    rule: str
    resource: str
    said: str = ""


@dataclass(frozen=True)
class Explained:
    """Why a finding of a linter stays."""

    tool: str
    rule: str
    resources: str
    """Their logical ids, with ``*``, separated by spaces."""
    because: str

    def covers(self, finding: Finding) -> bool:
        """Return whether this row explains the finding."""
        same = (self.tool, self.rule) == (finding.tool, finding.rule)
        return same and any(fnmatchcase(finding.resource, pattern) for pattern in self.resources.split())


ALL_FUNCTIONS = "APIHandler Inspect Mailer Unseal Identify Purge Feedback Remind Prove"
EXPLAINED = (
    Explained(
        CFN_LINT, "I4010", "*",
        "It wants the intent of each resource written down for programs; comments and the README say it to people.",
    ),
    Explained(
        CFN_LINT, "W3660", "RestAPI",
        "The answers beside the API's body are made on emulators alone (condition Emulated), which ignore those within it.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_116", "APIHandler Unseal Identify",
        "Both are called by somebody who waits for the answer: no event of theirs can die, and none is kept.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_116", "Feedback",
        "What SES reports holds addresses, which lie in no queue. A lost event shows: the mail is one of which nothing is known.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_117", ALL_FUNCTIONS,
        "They speak to AWS alone, over TLS and under their roles. A VPC would add endpoints to pay and to mend.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_173", ALL_FUNCTIONS,
        "Their environment holds names and settings, no secret; Lambda encrypts it with its own key.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_192", "WebAcl",
        "It limits how often a source asks. No Java runs behind it that Log4j could harm.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_26", "Alerts",
        "Alarms name a metric and nobody. CloudWatch may not publish under SNS's own key, and one of ours costs each month.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_158", "*Logs",
        "Lines hold codes and counts (a test holds that); CloudWatch encrypts them with its own key.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_7", "LinkKey CodeKey",
        "KMS rotates no HMAC key by itself, and another key would make every link that lives unreadable.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_27", "DeadLetters",
        "It is encrypted, by SQS's own key (SqsManagedSseEnabled), which the rule does not know.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_18", "DocumentBucket",
        "A log of who fetched which document when would outlive the documents; the timeline says what people may know.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_18", "TrailBucket",
        "It holds a log already; who reads it would need a log of logs, and a trail of the account's own tells it.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_21", "TrailBucket",
        "The trail's digests tell what was altered or taken away, and each event is in the log group as well.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_35", "Trail",
        "S3 encrypts it with its own key. It holds who did what, no document and no token; a key of ours costs each month.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_21", "DocumentBucket",
        "Promise 3: an erased document leaves no version behind; its policy forbids to turn versions on.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_119", "ParcoursTable RelayTable AuditTable",
        "DynamoDB encrypts them with its own key. A key of ours would be asked at nearly every call, and whoever runs both "
        "would read as before; documents and their keys are wrapped by another one.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_28", "RelayTable",
        "Promise 3: what is erased there is gone, and no backup brings it back.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_73", "RestAPI*Stage",
        "Traces keep the addresses that were asked for, and a gateway that rewrites a mail's link puts a token there.",
    ),
    Explained(
        CHECKOV, "CKV_AWS_120", "RestAPI*Stage",
        "Every page is somebody's own, and asks not to be stored.",
    ),
    Explained(
        PARLIAMENT, "MALFORMED", "*Role",
        "It reads every policy as one of an identity; that of a role's trust names no resource, the role is it.",
    ),
    Explained(
        PARLIAMENT, "UNKNOWN_CONDITION_FOR_ACTION", "*InItsFunction",
        "lambda:SourceFunctionArn comes with every call of a function, whatever service it calls; its list has Lambda's alone.",
    ),
    Explained(
        PARLIAMENT, "RESOURCE_STAR", "*Key",
        "In the policy of a key « * » is that key alone.",
    ),
    Explained(
        PARLIAMENT, "RESOURCE_STAR", "MailerPolicy",
        "A telephone number is no resource with a name: an SMS is published to « * », and every topic is denied.",
    ),
)  # fmt: skip


def unexplained(findings: list[Finding]) -> list[str]:
    """Return the findings without a row."""
    return [
        f"{finding.tool} {finding.rule} {finding.resource}: {finding.said}"
        for finding in findings
        if not any(row.covers(finding) for row in EXPLAINED)
    ]


def needless(findings: list[Finding], *tools: str) -> list[str]:
    """Return the rows of these linters that explain nothing any more."""
    return [
        f"{row.tool} {row.rule}"
        for row in EXPLAINED
        if row.tool in tools and not any(row.covers(finding) for finding in findings)
    ]

"""The first real hour, in ten minutes: what only AWS can show of a deployment, tried with invented people, nothing left behind.

    python -m infra.smoke https://passe-plat.example.fr [--mailbox you@organisme.fr] [--accented you@métropole.fr]

A tutor called Zoé Estève sends an invented CV to SES's simulator (delivery, bounce, complaint) and to the mailboxes that
you name, as a browser would; an administrator tries what nobody may; the alerts that follow are awaited. Each line says which
side it proved: here (the local cloud), on AWS, or that only AWS can show it. Needs the credentials that deployed. In English:
these are messages for the operator of the service.
"""

import argparse
import base64
import json
import os
import secrets
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import clock, config, seal
from chalicelib.domain.kernel import attempt as attempts
from chalicelib.domain.kernel.calendar import day_of
from chalicelib.domain.kernel.deposit import Deposit, DepositState
from chalicelib.domain.kernel.parcours import Company, CompanyContact, ContactRole
from chalicelib.domain.kernel.people import Account
from chalicelib.domain.kernel.transition import Change, DecisionInputs, Transition
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.parcours import delays
from chalicelib.stores import functions, items, parcours_table, relay_table, rows, tables, transactions
from infra import BY_SCHEDULE, CommandFailed, operate, paginate, poll, status_of
from infra.deploy.stack import Deployed
from infra.local import demo
from infra.local.cloud import free_port
from infra.local.demo import Announced, Offer
from infra.local.server import Trial, serving

SIMULATOR = "simulator.amazonses.com"
MAIL_SECONDS, PURGE_SECONDS, ALERT_SECONDS, REPORT_SECONDS = 60.0, 150.0, 60.0, 30.0
"""How long is waited for a mail to be taken, a scheduled purge, an alarm, and Lambda's report of a call."""
REPORTED_SECONDS = 540.0
"""How long after the beginning SES's metrics and the trail's events are awaited, all together: they come minutes late."""
STARTED = timedelta(days=1)
"""How far back the log is read for the last start of a function, which may have been warm since."""
LATEST = "[$LATEST]"
"""What the names of log streams contain, of functions that were called as they were deployed last."""
DENIED = {"AccessDenied", "AccessDeniedException"}
BY_ITS_LOCK = "with an explicit deny in a resource-based policy"
"""How AWS says that the policy of the key or of the bucket refused: without it, a role may merely lack a right."""
FORM = "application/x-www-form-urlencoded"
ONLY_AWS = "only AWS can show"
OTHER_ORIGIN = "https://ailleurs.example"
ALTERED_FIELDS = {"key": {"key": "sealed/other/cv"}, "metadata": {"x-amz-meta-key": "AAAA"}}
"""Fields of a signed form that are altered after its signature: each must make the storage refuse it."""
BY_PATH = Config(s3={"addressing_style": "path"})
"""How the emulator's storage is addressed."""
ANYBODY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
"""What a careless administrator may."""


class SmokeFailed(Exception):
    """What was tried did not do what it must; the message is the result to show."""


class NotShown(Exception):
    """What was tried proves nothing either way; the message says why."""


@dataclass(frozen=True)
class Line:
    """The result of one thing that was tried; ``side``: where it was proved."""

    name: str
    side: str
    right: bool | None
    """None: it could not be shown here."""
    result: str

    def __str__(self) -> str:
        mark = {True: "ok", False: "FAILED", None: "-"}[self.right]
        return f"{mark:<7}{self.side:<20}{self.name}: {self.result}"


@dataclass
class Smoke:
    """One run of the smoke test against one deployment."""

    base_url: str
    """Where people reach the product, as the function believes it."""
    tried_at: str
    """Where requests are sent: there, or to a server that leads them to what is not in service yet."""
    at: Deployed
    mailbox: str | None = None
    """An address whose owner pastes the link that arrives."""
    accented: str | None = None
    before_service: bool = False
    """What is tried is what was deployed last, which is not in service yet: the versions « $LATEST » of functions."""
    hurry: bool = False
    """Start inspection and purge by hand: those that were deployed, in service or not yet, without waiting for their events."""
    ask: Callable[[str], str] = input
    say: Callable[[str], None] = print
    lines: list[Line] = field(default_factory=list)
    sent: dict[str, Announced] = field(default_factory=dict)
    parcours_ids: dict[str, str] = field(default_factory=dict)
    """Recipient to the id of the parcours made for it."""
    messages: list[str] = field(default_factory=list)
    """Messages of the topic of the alerts."""
    tutor: Account = field(init=False)
    cookie: str = ""
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.mark = secrets.token_hex(6)
        self.tutor = Account(
            id=secrets.token_hex(16),
            address=f"success+{self.mark}@{SIMULATOR}",
            name="Zoé Estève-Lœuil",
            function="tutrice MLDS",
            roles=frozenset({Role.TUTOR}),
            academie="Dijon",
        )

    @property
    def is_local(self) -> bool:
        """Whether the deployment is on the emulator."""
        return "AWS_ENDPOINT_URL" in os.environ

    # ---- What is tried --------------------------------------------------------------------------------------------

    def run_in_service(self) -> int:
        """Try only what API Gateway adds to pages, which shows in service alone; return the exit status."""
        self._try("the page, its headers and its policy", self.check_headers)
        return self._count_failures()

    def run(self) -> int:
        """Try everything, then remove what was made; return the exit status: 0 when nothing failed."""
        with self._listening():
            try:
                self._try("the page, its headers and its policy", self.check_headers)
                self._try("another origin is not answered by the storage", self.check_cors)
                self._try("the policy of the page, in a browser", self.check_policy_in_browser)
                self._try("the address of API Gateway is closed", self.check_gateway_closed, edge=True)
                self._try("a tutor called Zoé Estève-Lœuil signs in", self._sign_in)
                self._try_documents()
                self._try("no bounce is mailed and no link is wrapped", self.check_mail_settings)
                self._try("the purge", self.check_purge)
                self._try("the SDK that runs is the one that was tested", self.check_sdk)
                self._try("an alarm reaches who is woken", self.check_alarm)
                self._try(
                    "the alerts are confirmed, a trail records, each rule is on",
                    self.check_watch,
                    edge=True,
                    of_account=True,
                )
                for kind in ("Bounce", "Complaint"):
                    self._try(
                        f"SES tells of the {kind.lower()}", partial(self.await_ses_metric, kind), edge=True
                    )
                for name in ("Decrypt", "GetObject"):
                    self._try(
                        f"the administrator's {name} is told",
                        partial(self.await_alert, name),
                        edge=True,
                        of_account=True,
                    )
            finally:
                self._try("nothing is left behind", self.tidy)
        return self._count_failures()

    def _count_failures(self) -> int:
        """Print how many lines were shown and failed; return the exit status: 0 when none failed."""
        failed = sum(line.right is False for line in self.lines)
        proved = sum(line.right is True for line in self.lines)
        self.say(
            f"{proved} shown, {failed} failed, {len(self.lines) - proved - failed} not to be shown here."
        )
        return 1 if failed else 0

    def _try(
        self, name: str, act: Callable[[], str], *, edge: bool = False, of_account: bool = False
    ) -> None:
        """Try one thing and print its result, which ``act`` returns in words.

        NotShown means that it could not be shown; any other exception is a failure. ``edge``: an emulator cannot show it, so it
        is not tried there. ``of_account``: it depends on the account alone, such as who has confirmed the alerts, so that a
        failure keeps no version out of service.
        """
        if edge and self.is_local:
            self._note(Line(name, ONLY_AWS, None, "not tried on the local cloud"))
            return
        side = "proved here" if self.is_local else "proved on AWS"
        try:
            self._note(Line(name, side, True, act()))
        except SmokeFailed as failure:
            if of_account and self.before_service:
                self._note(Line(name, "not shown", None, str(failure)))
            else:
                self._note(Line(name, side, False, str(failure)))
        except NotShown as why:
            self._note(Line(name, "not shown", None, str(why)))
        except Exception as error:  # a line that failed: the run goes on to its summary
            self._note(Line(name, side, False, f"{type(error).__name__}: {error}"))

    def _note(self, line: Line) -> None:
        """Keep and print a result."""
        self.lines.append(line)
        self.say(str(line))

    def check_headers(self) -> str:
        """Check that the home page forces HTTPS and has a policy that lets browsers load from us alone.

        Where people reach it, it is compressed as well: API Gateway does that.
        """
        headers = _fetch(f"{self.tried_at}/", headers={"Accept-Encoding": "gzip"}).headers
        if self.tried_at == self.base_url:
            _demand(headers.get("Content-Encoding") == "gzip", "it is not compressed")
        policy = headers.get("Content-Security-Policy", "")
        _demand("unsafe" not in policy and "default-src" in policy, f"its policy is « {policy} »")
        _demand(self._storage() in policy, f"its policy does not name the storage {self._storage()}")
        strict = "max-age=" in headers.get("Strict-Transport-Security", "")
        _demand(strict, "it lacks Strict-Transport-Security")
        return "answers, with a policy that names the storage alone"

    def check_cors(self) -> str:
        """Check that the storage allows preflight requests of our pages, and refuses those of another origin."""
        ours, others = self._preflight(self.base_url), self._preflight(OTHER_ORIGIN)
        _demand(ours == self.base_url, f"ours is answered « {ours} »")
        _demand(others not in {OTHER_ORIGIN, "*"}, f"{OTHER_ORIGIN} is answered « {others} »")
        return "ours is, another is not"

    def _preflight(self, origin: str) -> str | None:
        """Ask the storage whether pages of this origin may post; return the origin that it allows, None when it allows none."""
        path = f"/{os.environ['DOCUMENT_BUCKET']}/x" if self.is_local else "/x"
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = _fetch(self._storage() + path, "OPTIONS", headers)
        allowed: str | None = answer.headers.get("Access-Control-Allow-Origin")
        return allowed

    def _storage(self) -> str:
        """Return the origin from which browsers fetch documents."""
        return os.environ["STORAGE_ORIGIN"]

    def check_policy_in_browser(self) -> str:
        """Check in a real browser that a page of ours can reach the storage and no other site."""
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        if path is None:
            return "no Chromium here: by its headers alone, see above"
        from playwright.sync_api import sync_playwright

        script = """async ([ours, theirs]) => { const blocked = [];
          document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.blockedURI));
          for (const url of [ours, theirs]) { try { await fetch(url, {mode: 'no-cors'}); } catch (error) { /* blocked */ } }
          await new Promise((done) => setTimeout(done, 200)); return blocked; }"""
        with sync_playwright() as driver:
            chromium = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
            try:
                page = chromium.new_page()
                page.goto(f"{self.tried_at}/connexion")
                blocked = page.evaluate(script, [f"{self._storage()}/x", f"{OTHER_ORIGIN}/x"])
            finally:
                chromium.close()
        _demand(any(OTHER_ORIGIN in refusal for refusal in blocked), "another site could be spoken to")
        _demand(
            not any(self._storage() in refusal for refusal in blocked), "the storage could not be spoken to"
        )
        return "the storage may be spoken to, another site may not"

    def check_gateway_closed(self) -> str:
        """Check that API Gateway's own address, which goes around the web ACL, answers 403."""
        region = boto3.session.Session().region_name
        host = f"{self.at.physical_id('RestAPI')}.execute-api.{region}.amazonaws.com"
        answer = _fetch(f"https://{host}/api/sante")
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise SmokeFailed(f"{host} answers {answer.status}: deploy with CertificateArn")
        _demand(answer.status == HTTPStatus.FORBIDDEN, f"{host} answers {answer.status}")
        return "403"

    # ---- Documents ------------------------------------------------------------------------------------------------

    def _sign_in(self) -> str:
        """Store the invented tutor's account and a session of it."""
        transactions.commit(Transition(changes=(Change(None, self.tutor),)))
        self.cookie = demo.signed_in(self.tutor, clock.utc_now())
        return "with a session"

    def _try_documents(self) -> None:
        """Send invented documents, correct and altered, and try to read them as an administrator."""
        first = self.mailbox or f"success@{SIMULATOR}"
        self._try("a document is announced", partial(self.announce_document, first))
        if first not in self.sent:
            return
        for altered in ("size", *ALTERED_FIELDS):
            self._try(f"a form with a wrong {altered}", partial(self.try_altered_form, first, altered))
        self._try("the form as it was signed", partial(self.post_document, first))
        self._try("GetObject as an administrator", partial(self.check_denied, "GetObject", first))
        self._try("Decrypt as an administrator", partial(self.check_denied, "Decrypt", first))
        self._try("a mail of « Zoé Estève-Lœuil » leaves", partial(self.await_mail, first))
        self._try("a form with a wrong checksum", self.try_wrong_checksum)
        for kind in ("bounce", "complaint"):
            address = f"{kind}@{SIMULATOR}"
            self._try(f"a mail that meets a {kind} leaves", partial(self.send_document, address))
        for name, given, option, act in (
            ("a mail to an accented domain leaves", self.accented, "--accented", self.send_document),
            ("an opening, timed", self.mailbox, "--mailbox", self.open_link),
        ):
            if given:
                self._try(name, partial(act, given))
            else:
                self._note(Line(name, ONLY_AWS, None, f"not tried: give {option} with an address of yours"))

    def announce_document(self, recipient: str) -> str:
        """Declare an offer, let our tutor take it, and announce a document for this recipient (an address)."""
        now = clock.utc_now()
        contact = CompanyContact(
            role=ContactRole.ANSWERS_TENDER,
            name="Élodie Brévannes",
            function="ressources humaines",
            address=recipient,
            phone="01 99 00 00 00",
            verified_on=day_of(now),
            origin=demo.declared_at(now),
        )
        name = f"Essai {self.mark} {len(self.parcours_ids)}"
        offer = Offer(
            name, "Essai du service", None, f"Essai {self.mark}", 150, "Brévannes-le-Lac", "1 rue de l’Essai",
            "Dijon", "Autre", "Essai", 60, (),
        )  # fmt: skip
        company = Company(name=name, contacts=(contact,))
        parcours = replace(
            offer.parcours(now), id=secrets.token_hex(16), company=company, buyer=None, coordinator=None
        )
        transactions.commit(attempts.declare(parcours, secrets.token_hex(16)))
        self.parcours_ids[recipient] = parcours.id
        taken = attempts.take(
            parcours_table.read_parcours(parcours.id),
            self.tutor,
            DecisionInputs(now=now, random=secrets.token_bytes(256)),
        )
        transactions.commit(Transition(taken.changes, taken.events))
        self.sent[recipient] = demo.announce(self.tried_at, self.cookie, parcours.id, recipient)
        return "201, with its form"

    def try_altered_form(self, recipient: str, altered: str) -> str:
        """Check that a document is refused whose form was altered after its signature: its « size », « key » or « metadata »."""
        sent = self.sent[recipient]
        fields = ALTERED_FIELDS.get(altered, {})
        blob = sent.blob + b"\0" if altered == "size" else sent.blob
        return f"{_post_refused_form(sent.form, blob, fields)} by the storage"

    def try_wrong_checksum(self) -> str:
        """Check that other bytes of the same size are refused.

        S3 refuses them by their checksum. The emulator takes them; then inspection must refuse them, and no mail is sent.
        """
        recipient = f"success+{self.mark}c@{SIMULATOR}"
        self.announce_document(recipient)
        sent = self.sent[recipient]
        other = bytes([*sent.blob[:-1], sent.blob[-1] ^ 1])
        try:
            return f"{_post_refused_form(sent.form, other, {})} by the storage"
        except SmokeFailed:
            if not self.is_local:
                raise
        self._await(
            lambda: self._deposit(recipient).state is DepositState.REFUSED,
            MAIL_SECONDS,
            "inspection refuses it",
        )
        return "taken by the emulator's storage, refused by inspection (S3 refuses it first)"

    def post_document(self, recipient: str) -> str:
        """Post the announced document with its signed form, unaltered."""
        sent = self.sent[recipient]
        demo.post_form(sent.form, sent.blob)
        if self.hurry:
            functions.wake_inspect(sent.form["fields"]["key"], now=clock.utc_now())
        return "taken"

    def send_document(self, recipient: str) -> str:
        """Announce and post a document, and wait until its mail has left."""
        self.announce_document(recipient)
        self.post_document(recipient)
        return self.await_mail(recipient)

    def await_mail(self, recipient: str) -> str:
        """Wait until the mail of this recipient's document has left."""
        begun = time.monotonic()
        self._await(lambda: self._deposit(recipient).left_at is not None, MAIL_SECONDS, "the mail leaves")
        return f"taken by the mail service {time.monotonic() - begun:.0f} s after the upload"

    def await_ses_metric(self, kind: str) -> str:
        """Wait until SES's metric « Bounce » or « Complaint » counts something.

        Raises NotShown when it does not: SES may leave its simulator's mails out of it.
        """
        cloudwatch, since = boto3.client("cloudwatch"), self.begun - timedelta(minutes=1)

        def seen() -> bool:
            until = datetime.now(UTC) + timedelta(minutes=1)
            wanted = {"StartTime": since, "EndTime": until, "Period": 60, "Statistics": ["Sum"]}
            statistics = cloudwatch.get_metric_statistics(Namespace="AWS/SES", MetricName=kind, **wanted)
            return bool(sum(point["Sum"] for point in statistics["Datapoints"]) > 0)

        try:
            self._await(seen, self._seconds_left(), f"SES's metric {kind} counts it")
        except SmokeFailed as late:
            raise NotShown(f"{late}; SES may not count its simulator's mails there") from None
        return f"its metric {kind} counts it"

    def check_denied(self, action: str, recipient: str) -> str:
        """Check that an administrator who may do everything is refused the sealed bytes or their key.

        ``action``: « GetObject » for the bytes, « Decrypt » for the key.
        """
        form = self.sent[recipient].form
        with self._administrator() as client:
            try:
                if action == "GetObject":
                    client("s3").get_object(Bucket=os.environ["DOCUMENT_BUCKET"], Key=form["fields"]["key"])
                else:
                    client("kms").decrypt(
                        CiphertextBlob=base64.b64decode(form["fields"]["x-amz-meta-key"]),
                        KeyId=self.at.physical_id("DocumentKey"),
                    )
            except ClientError as error:
                return self._check_lock_refused(error)
        raise SmokeFailed("it was ALLOWED: the policies are not in force")

    def _check_lock_refused(self, error: ClientError) -> str:
        """Check that the policy of the key or of the bucket made this refusal; return its error code. Raises SmokeFailed."""
        code, said = (str(error.response["Error"].get(key, "")) for key in ("Code", "Message"))
        _demand(code in DENIED, f"refused, but for another reason: {code}")
        _demand(self.is_local or BY_ITS_LOCK in said, f"refused, but not by the lock's policy: {said}")
        return code

    @contextmanager
    def _administrator(self) -> Iterator[Callable[[str], Any]]:
        """Yield a function that makes clients of an administrator.

        On AWS that is the operator; on the emulator, whose root no policy binds, a role that may do everything, which is deleted
        afterwards.
        """
        if not self.is_local:
            yield boto3.client
            return
        iam, name = boto3.client("iam"), f"essai-{self.mark}"
        trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
        policy = {"Version": "2012-10-17", "Statement": [trust]}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))["Role"]["Arn"]
        try:
            iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ANYBODY))
            given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="essai")["Credentials"]
            session = boto3.session.Session(
                given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
            )
            yield partial(session.client, config=BY_PATH)
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="all")
            iam.delete_role(RoleName=name)

    def open_link(self, recipient: str) -> str:
        """Open the link that the recipient pastes, read the document, and confirm it; the result says how long opening took."""
        pasted = self.ask(f"A link has gone to {recipient}. Paste it here: ").strip()
        token = pasted.rpartition("#")[2] or pasted
        cookies = _fetch(f"{self.tried_at}/retrait").headers.get_all("Set-Cookie") or []
        nonce = next(cookie.partition(";")[0] for cookie in cookies if cookie.startswith("__Host-lien="))
        headers = {"Content-Type": "application/json", "Origin": self.base_url, "Cookie": nonce}

        def post(page: str, fields: dict[str, object]) -> bytes:
            body = json.dumps({"token": token} | fields).encode()
            return demo.post(f"{self.tried_at}/retrait/{page}", body, headers)

        post("preuve", {"adresse": recipient})
        begun, since = time.monotonic(), datetime.now(UTC)
        (document,) = json.loads(post("ouverture", {}))["documents"]
        took = time.monotonic() - begun
        blob = _fetch(document["url"]).read()
        plain = seal.open_sealed(blob, key=base64.b64decode(document["key"]), aad=document["aad"])
        _demand(plain.startswith(b"%PDF"), "what opened is no PDF")
        post("reception", {"lisible": True})
        return f"{took:.1f} s, {self._describe_start(since)}, and the document is read"

    def _describe_start(self, since: datetime) -> str:
        """Say whether opening started a new instance of the function, as Lambda reports it; ``since``: when opening began."""
        if self.is_local:
            return "the emulator reports no cold start"
        reports: list[str] = []

        def reported() -> bool:
            reports[:] = [
                event["message"]
                for event in paginate(boto3.client("logs"), "filter_log_events", "events", **wanted)
            ]
            return bool(reports)

        wanted = {
            "logGroupName": self.at.physical_id("UnsealLogs"),
            "startTime": int(since.timestamp() * 1000),
            "filterPattern": '"REPORT RequestId"',
        }
        try:
            self._await(reported, REPORT_SECONDS, "Lambda reports it")
        except SmokeFailed:
            return "cold or warm: Lambda has not reported it yet"
        _, cold, start = reports[0].rpartition("Init Duration: ")
        return f"cold ({start.strip()} of start)" if cold else "warm, as it was"

    # ---- What follows ---------------------------------------------------------------------------------------------

    def check_mail_settings(self) -> str:
        """Check that SES mails our bounces to nobody, and neither wraps links nor adds a picture."""
        sesv2, sender = boto3.client("sesv2"), os.environ["MAIL_FROM"]
        for name in (sender.rpartition("@")[2], sender):
            try:
                identity = sesv2.get_email_identity(EmailIdentity=name)
            except sesv2.exceptions.NotFoundException:
                continue
            _demand(not identity.get("FeedbackForwardingStatus"), f"bounces of {name} are mailed")
        name = os.environ["MAIL_CONFIGURATION_SET"]
        options = sesv2.get_configuration_set(ConfigurationSetName=name).get("VdmOptions", {})
        for part, option in (
            ("DashboardOptions", "EngagementMetrics"),
            ("GuardianOptions", "OptimizedSharedDelivery"),
        ):
            _demand(options.get(part, {}).get(option) == "DISABLED", f"{option} is not off")
        return "as the template says"

    def check_purge(self) -> str:
        """Revoke every document sent, and wait until the purge has erased them, by its schedule or, with ``hurry``, by hand."""
        headers = {"Content-Type": FORM, "Origin": self.base_url, "Cookie": self.cookie}
        for sent in self.sent.values():
            answer = _fetch(
                f"{self.tried_at}/depots/{sent.deposit}/revocation", "POST", headers, b"vu=ferme&suite="
            )
            # Read, or refused by inspection: it goes by itself.
            expected = answer.status < HTTPStatus.BAD_REQUEST or answer.status in {409, 410}
            _demand(expected, f"a revocation is answered {answer.status}")
        begun = time.monotonic()

        def erased() -> bool:
            if self.hurry:
                boto3.client("lambda").invoke(
                    FunctionName=self.at.physical_id("Purge"), Payload=json.dumps(BY_SCHEDULE)
                )
            return all(self._deposit(recipient).erased_at for recipient in self.sent)

        self._await(erased, PURGE_SECONDS, "everything is erased")
        s3 = boto3.client("s3", config=BY_PATH if self.is_local else None)
        for sent in self.sent.values():
            where = {"Bucket": os.environ["DOCUMENT_BUCKET"], "Prefix": f"sealed/{sent.deposit}/"}
            _demand("Contents" not in s3.list_objects_v2(**where), "an object is left")
        how = "started by hand" if self.hurry else "by its schedule"
        return f"{len(self.sent)} deposits erased within {time.monotonic() - begun:.0f} s, {how}"

    def check_sdk(self) -> str:
        """Check that the function that started last runs the versions of boto3 and botocore that are installed here."""
        starts: list[dict[str, str]] = []
        for _ in poll(REPORT_SECONDS):
            if starts := self._list_starts():
                break
        _demand(bool(starts), "no function has logged its versions")
        running = starts[-1]
        versions = f"Python {running['python']}, boto3 {running['boto3']}, botocore {running['botocore']}"
        tested = (boto3.__version__, botocore.__version__)
        _demand((running["boto3"], running["botocore"]) == tested, f"{versions} run, {tested} were tested")
        return versions

    def _list_starts(self) -> list[dict[str, str]]:
        """Read the lines in which functions say their versions as they start, oldest first.

        Before service those of « $LATEST » alone count, and none from before the pages' function was last changed: former code
        logged them.
        """
        since, stream = datetime.now(UTC) - STARTED, ""
        if self.before_service:
            pages = boto3.client("lambda").get_function_configuration(
                FunctionName=self.at.physical_id("APIHandler")
            )
            since, stream = max(since, datetime.fromisoformat(pages["LastModified"])), LATEST
        lines = map(json.loads, operate.list_logged(self.at, "sdk", since=since, stream=stream))
        return [line for line in lines if line.get("event") == "sdk"]

    def check_alarm(self) -> str:
        """Turn an alarm red and check that the topic tells of it; then turn it green again."""
        name, cloudwatch = self.at.physical_id("ForgedLinksAlarm"), boto3.client("cloudwatch")
        red, green = (
            f"infra.smoke {self.mark}: {reason}" for reason in ("nothing has happened", "it is over")
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=red)
        self._await(lambda: self._has_received(name), ALERT_SECONDS, "the topic tells of it")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason=green)
        return "the topic has sent it"

    def await_alert(self, event: str) -> str:
        """Wait until the topic has told of this event of the trail, « Decrypt » or « GetObject ».

        Raises NotShown when « GetObject » is not told and the trail is not the stack's own: it may not record what is done with
        objects.
        """
        heard = partial(self._has_received, f'"eventName":"{event}"')
        try:
            self._await(heard, self._seconds_left(), f"{event} is told")
        except SmokeFailed as late:
            if event != "GetObject" or "Trail" in self.at.resources:
                raise
            why = "the trail that you have may not record what is done with objects"
            raise NotShown(f"{late}; {why}") from None
        return "the topic has sent it"

    def _seconds_left(self) -> float:
        """Return how many seconds remain for what AWS reports minutes late."""
        return REPORTED_SECONDS - (datetime.now(UTC) - self.begun).total_seconds()

    def check_watch(self) -> str:
        """Check that the alerts are confirmed, a trail records, and every rule is on."""
        troubles = operate.list_watch_troubles(self.at)
        _demand(not troubles, " ".join(troubles))
        return "all of them"

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Receive the alerts in a queue of our own while the context lasts; queue and subscription are removed whatever fails."""
        queue = boto3.client("sqs")
        url = queue.create_queue(QueueName=f"essai-{self.mark}")["QueueUrl"]
        with ExitStack() as everything:
            everything.callback(queue.delete_queue, QueueUrl=url)
            subscription, self._queue = self._subscribed(url), url
            everything.callback(boto3.client("sns").unsubscribe, SubscriptionArn=subscription)
            yield

    def _subscribed(self, url: str) -> str:
        """Allow the topic to write into the queue at ``url`` and subscribe it; return the subscription's ARN."""
        queue, topic = boto3.client("sqs"), self.at.physical_id("Alerts")
        arn = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        may = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        queue.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        made = boto3.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )
        return str(made["SubscriptionArn"])

    def _has_received(self, words: str) -> bool:
        """Take new messages from the queue; return whether any message so far contains these words."""
        queue = boto3.client("sqs")
        received = queue.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in received.get("Messages", []):
            self.messages.append(message["Body"].replace("\\", ""))
            queue.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
        return any(words in message for message in self.messages)

    def _deposit(self, recipient: str) -> Deposit:
        """Return the deposit announced for this recipient, as it is stored now."""
        deposit = relay_table.read_deposit(self.sent[recipient].deposit)
        if deposit is None:
            raise SmokeFailed("the deposit is gone")
        return deposit

    @staticmethod
    def _await(holds: Callable[[], bool], seconds: float, awaited: str) -> None:
        """Wait until ``holds()`` is true, this many seconds at most. Raises SmokeFailed, which names what was ``awaited``."""
        for _ in poll(seconds):
            if holds():
                return
        raise SmokeFailed(f"not within {max(seconds, 0):.0f} s: {awaited}")

    # ---- Nothing is left ------------------------------------------------------------------------------------------

    def tidy(self) -> str:
        """Delete every item that this run made, and all that the product made of them; the result says how many."""
        deposits = [sending.deposit for sending in self.sent.values()]
        links = {
            link.id
            for deposit in filter(None, map(relay_table.read_deposit, deposits))
            for link in relay_table.list_links(deposit)
        }
        removed = self._remove_counts() + sum(map(_remove_parcours, self.parcours_ids.values()))
        if account := parcours_table.read_account(self.tutor.id):
            transactions.commit(Transition(changes=(Change(account, None),)))
            removed += 1
        return f"{removed + _remove_relay({self.tutor.id, *self.parcours_ids.values(), *deposits} | links)} records removed"

    def _remove_counts(self) -> int:
        """Subtract what this run added to the counts of delays; return how many items of counts it had added.

        The counts of our invented buyer hold exactly what this run added, so they are subtracted from every scope.
        """
        if not self.parcours_ids:
            return 0
        parcours = parcours_table.read_parcours(next(iter(self.parcours_ids.values())))
        scopes = delays.list_scopes(parcours)
        own = next(scope for scope in scopes if self.mark in scope)
        counts = tables.query(items.PARCOURS, f"delays#{own}")
        for count in counts:
            for scope in scopes:
                _subtract_count(scope, count)
        return len(counts)


def _subtract_count(scope: str, count: items.Plain) -> None:
    """Subtract one item of counts from that of a scope, which is deleted when it counts nobody any more."""
    key = (f"delays#{scope}", str(count["sk"]))
    less = {rows.count_name(days): -number for days, number in rows.read_attempts_by_days(count).items()}
    added = transactions.build_count_update(key, less)["Update"]
    left = items.decode_item(
        boto3.client("dynamodb").update_item(**added, ReturnValues="ALL_NEW")["Attributes"]
    )
    if not any(rows.read_attempts_by_days(left).values()):
        _delete(items.PARCOURS, key)


def _remove_parcours(identifier: str) -> int:
    """Delete a parcours with its list rows, keys, attempts and events; return how many items besides the parcours itself."""
    page = parcours_table.read_whole_page(identifier)
    keys = [items.reference_key(attempt.reference) for attempt in page.attempts]
    keys += [items.offer_key(attempts.offer_key(page.parcours))]
    keys += [(item["pk"], item["sk"]) for item in tables.query(items.PARCOURS, f"parcours#{identifier}")]
    transactions.commit(Transition(changes=(Change(page.parcours, None),)))
    for key in keys:
        _delete(items.PARCOURS, key)
    return len(keys)


def _remove_relay(ours: set[str]) -> int:
    """Delete the items of the relay table that contain one of our ids; return how many.

    They are deposits, links, tokens, proofs, sessions, mails and counters. ``ours``: ids of accounts, parcours, deposits and
    links.
    """
    removed = 0
    kinds = [kind for kind in items.Due if items.table_of(kind) == items.RELAY]
    for key in (key for kind in kinds for page in tables.query_pages(kind) for key in page):
        item = tables.read_item(items.RELAY, key)
        if item is not None and any(identifier in repr(item) for identifier in ours):
            _delete(items.RELAY, key)
            removed += 1
    return removed


def _delete(table: str, key: items.Key) -> None:
    boto3.client("dynamodb").delete_item(TableName=config.resource(table), Key=items.encode_key(key))


def _post_refused_form(form: demo.SignedForm, blob: bytes, altered_fields: dict[str, str]) -> str:
    """Post an altered form and return the storage's refusal in words. Raises SmokeFailed when the storage takes it."""
    try:
        demo.post_form(form | {"fields": form["fields"] | altered_fields}, blob)
    except urllib.error.HTTPError as refused:
        _demand(refused.code in {400, 403}, f"answered {refused.code}")
        return f"refused ({refused.code})"
    raise SmokeFailed("it was TAKEN")


def _fetch(
    url: str, method: str = "GET", headers: dict[str, str] | None = None, body: bytes | None = None
) -> Any:
    """Send a request and return its answer, whatever its status."""
    request = urllib.request.Request(url, body, headers or {}, method=method)  # noqa: S310 - an address under test
    try:
        return demo.opener_for(url).open(request, timeout=30)
    except urllib.error.HTTPError as refused:
        return refused


def _demand(holds: bool, otherwise: str) -> None:
    """Raise SmokeFailed with the message ``otherwise`` unless the condition holds."""
    if not holds:
        raise SmokeFailed(otherwise)


def stack_at(base_url: str) -> str:
    """Return the name of the stack that serves this address. Raises CommandFailed: there is none."""
    try:
        for stack in paginate(boto3.client("cloudformation"), "describe_stacks", "Stacks"):
            given = {
                parameter["ParameterKey"]: parameter.get("ParameterValue")
                for parameter in stack.get("Parameters", [])
            }
            if given.get("PublicBaseUrl") == base_url:
                return str(stack["StackName"])
    except (BotoCoreError, ClientError) as error:
        raise CommandFailed(f"The stacks cannot be listed: {error}") from None
    raise CommandFailed(f"No stack of this account and region serves {base_url}.")


def main(arguments: Sequence[str] | None = None, *, ask: Callable[[str], str] = input) -> int:
    """Run the smoke test; return its exit status: 0 when nothing failed. ``ask``: reads the link that the operator pastes."""
    parser = argparse.ArgumentParser(prog="python -m infra.smoke", description=__doc__)
    parser.add_argument("base_url", help="where people reach the product, as in PublicBaseUrl")
    parser.add_argument("--mailbox", help="an address of yours: a link goes there, you paste it here")
    parser.add_argument("--accented", help="an address of yours whose domain has an accent")
    parser.add_argument(
        "--hurry", action="store_true", help="start inspection and purge by hand, without waiting for them"
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--before-service",
        action="store_true",
        help="try what was deployed before it is in service, in a hurry",
    )
    part.add_argument(
        "--in-service", action="store_true", help="try only what shows in service alone: the headers of pages"
    )
    asked = parser.parse_args(arguments)
    base_url = asked.base_url.rstrip("/")
    if urlsplit(base_url).scheme not in {"https", "http"}:
        parser.error("the address begins with https://")

    def run() -> int:
        at = Deployed(stack_at(base_url))
        # The tables, the bucket and the settings of the functions.
        os.environ.update(at.environment(at.of_type("AWS::Lambda::Function")))
        with ExitStack() as everything:
            tried_at = base_url
            if asked.before_service:
                trial = _trial(at, base_url)
                everything.enter_context(serving(trial))
                tried_at = trial.origin
            smoke = Smoke(
                base_url,
                tried_at,
                at,
                asked.mailbox,
                asked.accented,
                before_service=asked.before_service,
                hurry=asked.hurry or asked.before_service,
                ask=ask,
            )
            return smoke.run_in_service() if asked.in_service else smoke.run()

    return status_of(run)


def _trial(at: Deployed, base_url: str) -> Trial:
    """Return a server that leads requests to the function of the pages as it was deployed, in service or not yet."""
    client, function = boto3.client("lambda"), at.physical_id("APIHandler")

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event))
        answered = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise OSError(f"the function failed: {answered}")
        return dict(answered)

    gateway = boto3.client("apigateway")
    resources = paginate(gateway, "get_resources", "items", restApiId=at.physical_id("RestAPI"))
    methods = {resource["path"]: resource.get("resourceMethods", {}) for resource in resources}
    return Trial(free_port(), invoke=invoke, methods=methods, public=base_url)


if __name__ == "__main__":
    sys.exit(main())

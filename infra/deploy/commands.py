"""The three commands, step by step: what is asked, what is shown, what is confirmed, what is done."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from infra import package as packaging
from infra.deploy import DeployFailed, answering, checks, records
from infra.deploy.answering import Answers
from infra.deploy.stack import ChangeSet, Description, Policy, Stack
from infra.deploy.stage import Target
from infra.deploy.versions import Deployment, Shelf, shelf
from infra.package import Package, merged_template

PROTECTION = "DeletionProtection"


@dataclass(frozen=True)
class Command:
    """One run of a command on one stage."""

    target: Target
    say: Callable[[str], None]
    confirm: Callable[[str], bool]
    """Asks for the stage's name to be typed."""
    quick: bool = False
    """Leave the smoke test out, which takes ten minutes on AWS and wakes people: see only that the product answers."""

    @cached_property
    def stack(self) -> Stack:
        """The stage's stack."""
        return Stack(self.target.client("cloudformation"), self.target.stage.stack)

    @cached_property
    def shelf(self) -> Shelf:
        """Where its versions are kept."""
        stage = self.target.stage
        return shelf(self.target.client("s3"), stack=stage.stack, account=stage.account, region=stage.region)

    # ---- Deploy -----------------------------------------------------------------------------------------------
    def deploy(self, package: Package) -> None:
        """Check, publish, show, confirm, execute, look whether it works, protect; then say what is left to do.

        Raises:
            DeployFailed: at the first of these that fails.
        """
        stands = self.stack.described()
        self._check(stands)
        self.say("Publishing the package…")
        version, template = self.shelf.publish(package)
        given = self._given(template)
        protect = self.target.stage.protect
        self.say(f"Version {version}. Working out what would change…")
        # A creation that fails must be able to take its tables back: they are protected once they stand.
        planned = self._protected(template, given, protect and stands is not None)
        changes, before = self.stack.plan(template, planned), self._history(stands)
        self._change(changes, stands)
        self.shelf.note(before, version, template, given)
        answers = self._look()
        self._protect(template, given)
        try:
            self._smoke(answers)
            self.shelf.note(before, version, template, given, worked=True)
        finally:  # what is left to do is so, whatever one line of the smoke test says
            self._tell()

    def _history(self, stands: Description | None) -> list[Deployment]:
        """What was deployed until now, what stands included; a stack that is to be made has no past of another's."""
        if stands is None:
            self.shelf.keep([])
            return []
        return self.shelf.until(stands.outputs.get("Version"))

    def _check(self, stands: Description | None) -> None:
        stage = self.target.stage
        self.say(f"Checking the account {stage.account}, {stage.region}, as {self.target.identity}…")
        declared = _defaults() | stage.parameters
        if missing := [name for name in ("PublicBaseUrl", "MailFrom") if not declared.get(name)]:
            raise DeployFailed(f"The stage's [parameters] must say {' and '.join(missing)}.")
        if unknown := stage.accept - (checks.CHECKS.keys() - checks.ALWAYS):
            known = ", ".join(sorted(checks.CHECKS.keys() - checks.ALWAYS))
            raise DeployFailed(
                f"« accept » holds {', '.join(sorted(unknown))}; a stage may live without: {known}."
            )
        question = checks.Question(self.target, declared, _reserved(), stands)
        blocking = 0
        for one in checks.run(question):
            accepted = not one.passed and one.name in stage.accept
            blocking += not one.passed and not accepted
            mark = "ok" if one.passed else "accepted" if accepted else "FAILED"
            self.say(f"  {mark:<9} {one.name}: {one.says}")
        if blocking:
            raise DeployFailed(
                f"{blocking} of these checks failed: nothing was done. Mend them, or name those this stage lives without in "
                "« accept »."
            )

    def _given(self, template: str) -> dict[str, str]:
        """The stage's parameters.

        Raises:
            DeployFailed: the template declares no such parameter.
        """
        given = self.target.stage.parameters
        if unknown := given.keys() - self.stack.declared(template):
            raise DeployFailed(
                f"The template has no parameter {', '.join(sorted(unknown))}: correct the stage's [parameters]."
            )
        return given

    def _protected(self, template: str, given: dict[str, str], protected: bool) -> dict[str, str]:
        """The same with the protection of the tables, where the template knows it: an older version may not."""
        known = PROTECTION in self.stack.declared(template)
        return given | ({PROTECTION: str(protected).lower()} if known else {})

    def _change(self, changes: ChangeSet | None, stands: Description | None) -> None:
        """Show a change set, have it confirmed and execute it.

        Raises:
            DeployFailed: it would lose what is protected, nobody confirmed, or it failed.
        """
        if changes is None:
            self.say("Nothing is to be changed.")
            return
        for one in sorted(changes.changes, key=lambda one: (not one.loses, one.logical_id)):
            self.say(f"  {one}")
        policy = Policy.read()
        if refused := policy.refused(changes):
            changes.drop()
            raise DeployFailed(
                f"This would lose {', '.join(refused)}, which the stack policy protects: nothing was done. A table is changed by "
                "adding another one and copying, never by replacing it (infra/deploy/stack_policy.json)."
            )
        if doubtful := policy.doubtful(changes):
            self.say(
                f"Whether {', '.join(doubtful)} would be replaced shows only when it is done: the stack policy refuses it "
                "then, and everything goes back to what stands now."
            )
        if not self.confirm(f"{'Create' if changes.creates else 'Change'} the stack {self.stack.name}?"):
            changes.drop()
            raise DeployFailed("Not confirmed: nothing was done.")
        if stands is not None:
            self.stack.hold_to_policy()
        begun = time.monotonic()
        changes.execute(self.say)
        self.stack.hold_to_policy()
        self.say(f"Done in {time.monotonic() - begun:.1f} s.")

    def _look(self) -> Answers:
        """See that the product answers.

        Raises:
            DeployFailed: it does not.
        """
        stands = self._stands()
        url, gateway = stands.parameters["PublicBaseUrl"], stands.outputs.get("OwnDomainTarget", "")
        self.say(f"Asking {url}…")
        found = answering.look(url, gateway, direct=self.target.is_local)
        if found is Answers.NOWHERE:
            raise DeployFailed(
                "The product does not answer: look at the log of the function APIHandler. « make rollback » brings back what "
                "was deployed before."
            )
        at_gateway = f"It answers at {gateway}, its DNS record is missing."
        self.say("It answers." if found is Answers.AT_ITS_NAME else at_gateway)
        return found

    def _smoke(self, found: Answers) -> None:
        """Try all that ``infra.smoke`` tries, where people's own address leads to the product already.

        Raises:
            DeployFailed: something of it failed.
        """
        url, stage = self._stands().parameters["PublicBaseUrl"], self.target.stage
        command = ["python", "-m", "infra.smoke", url]
        if self.quick:
            return
        if self.target.is_local:  # its purge need not be awaited
            command.append("--hurry")
        if found is Answers.AT_THE_GATEWAY:
            self.say(f"When the record is there, run the smoke test: « {' '.join(command)} ».")
            return
        done = subprocess.run([sys.executable, *command[1:]], env=stage.hands_on(os.environ), check=False)
        if done.returncode:
            raise DeployFailed(
                "The smoke test failed: see above. « make rollback » brings back what was deployed before."
            )

    def _protect(self, template: str, given: dict[str, str]) -> None:
        """Have tables and stack refuse to be deleted, now that the stack stands; or not any longer, where the stage says so."""
        protect = self.target.stage.protect
        changes = self.stack.plan(template, self._protected(template, given, protect))
        if changes is not None:
            self.say("Protecting the tables from being deleted…")
            changes.execute(self.say)
        self.stack.lock(protect)
        self.say(
            "The stack refuses to be deleted."
            if protect
            else "The stack can be deleted (« protect » is false)."
        )

    # ---- Roll back --------------------------------------------------------------------------------------------
    def roll_back(self) -> None:
        """Bring back the version that last worked before this one, its zip, template and parameters, by a change set.

        Raises:
            DeployFailed: there is none, or the change fails.
        """
        stands = self.stack.described()
        if stands is None:
            raise DeployFailed(f"The stack {self.stack.name} does not stand: there is nothing to roll back.")
        deployments = self._history(stands)
        if deployments and deployments[-1].version == stands.outputs.get("Version"):
            deployments = deployments[:-1]
        while deployments and not deployments[-1].worked:
            deployments = deployments[:-1]
        if not deployments:
            raise DeployFailed(
                "No version has worked here before this one: there is nothing to roll back to."
            )
        before = deployments[-1]
        self.say(
            f"Going back from {stands.outputs.get('Version')} to {before.version}, deployed at {before.at}."
        )
        protected = stands.parameters.get(PROTECTION) == "true"
        planned = self._protected(before.template, before.parameters, protected)
        self._change(self.stack.plan(before.template, planned), stands)
        self.shelf.keep(deployments)
        self._look()
        self._tell()

    # ---- Destroy ----------------------------------------------------------------------------------------------
    def destroy(self) -> None:
        """Take the stack down, unless something in it is protected or under way; say what stays.

        Raises:
            DeployFailed: it is protected, documents are under way, nobody confirmed, or it failed.
        """
        stage, stands = self.target.stage, self.stack.described()
        if stands is None:
            raise DeployFailed(f"The stack {self.stack.name} does not stand: there is nothing to destroy.")
        locked = stage.protect or stands.is_locked or stands.parameters.get(PROTECTION) == "true"
        if locked:
            raise DeployFailed(
                f"The stack {self.stack.name} is protected: nothing was done. To destroy it, set « protect » to false in the "
                "stage's file, deploy that, and ask again."
            )
        resources = self.stack.resources()
        if (bucket := resources.get("DocumentBucket")) and self._holds_documents(bucket[1]):
            raise DeployFailed(
                "Sealed documents are under way: nothing was done. Wait until the purge has erased them (35 days at most), or "
                "have their tutors revoke them."
            )
        self.say("This deletes, with every document and session in it:")
        for name, (kind, _) in sorted(resources.items()):
            self.say(f"  {name} ({kind})")
        if not self.confirm(f"Destroy the stack {self.stack.name}?"):
            raise DeployFailed("Not confirmed: nothing was done.")
        begun = time.monotonic()
        left = self.stack.delete(self.say)
        self.say(f"Deleted in {time.monotonic() - begun:.1f} s. What stays, and is yours to delete:")
        for name in left:
            kind, identifier = resources[name]
            self.say(f"  {name} ({kind}) {identifier}")
        self.say(
            f"  the versions in the bucket {self.shelf.bucket}; the SES identity, the certificate and the DNS records"
        )

    def _holds_documents(self, bucket: str) -> bool:
        return bool(self.target.client("s3").list_objects_v2(Bucket=bucket, MaxKeys=1).get("KeyCount"))

    # ---- What is said at the end ------------------------------------------------------------------------------
    def _tell(self) -> None:
        stands = self._stands()
        outputs = stands.outputs
        self.say("Outputs:")
        for name, value in sorted(outputs.items()):
            self.say(f"  {name} = {value}")
        self.tell_alerts()
        sender, region = stands.parameters["MailFrom"], self.target.stage.region
        wanted = records.mail(self.target.client("sesv2"), sender, region)
        if target := outputs.get("OwnDomainTarget"):
            host = urlsplit(stands.parameters["PublicBaseUrl"]).hostname or ""
            wanted = [records.host(host, target), *wanted]
        self.say("DNS records to keep:" if wanted else "No DNS record is needed.")
        if wanted:
            self.say(records.written(wanted))

    def tell_alerts(self) -> None:
        """Say whether those who are to be woken have confirmed it."""
        _, topic = self.stack.resources()["Alerts"]
        pages = (
            self.target.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        )
        subscriptions = [one for page in pages for one in page["Subscriptions"]]
        if not subscriptions:
            self.say("Alerts: NOBODY is subscribed, no alarm reaches anybody.")
        for one in subscriptions:
            pending = not one["SubscriptionArn"].startswith("arn:")
            state = "has NOT confirmed yet: the link is in a mail from AWS" if pending else "has confirmed"
            self.say(f"Alerts: {one['Endpoint']} {state}.")

    def _stands(self) -> Description:
        stands = self.stack.described()
        if stands is None:
            raise DeployFailed(f"The stack {self.stack.name} has gone meanwhile.")
        return stands


def made(target: Target, folder: Path | None) -> Package:
    """The package of the sources as the target runs it, or the one that somebody made in ``folder``.

    Raises:
        DeployFailed: it cannot be made, or is not there.
    """
    if folder is None:
        try:
            return packaging.build_for_here() if target.is_local else packaging.build()
        except packaging.PackagingFailed as failure:
            raise DeployFailed(str(failure)) from None
    package = Package(folder / "deployment.zip", folder / "sam.yaml", rebuilt=False)
    for path in (package.zip, package.template):
        if not path.is_file():
            raise DeployFailed(f"{path} is missing: « make package » makes both.")
    return package


@cache
def _template() -> dict[str, Any]:
    return merged_template()


def _defaults() -> dict[str, str]:
    """What the template takes for parameters that nobody gives."""
    return {
        name: str(said["Default"]) for name, said in _template()["Parameters"].items() if "Default" in said
    }


def _reserved() -> int:
    """Places that the template reserves in all, when it is asked to."""
    found = [
        one.get("Properties", {}).get("ReservedConcurrentExecutions")
        for one in _template()["Resources"].values()
    ]
    return sum(one["Fn::If"][1] for one in found if one)

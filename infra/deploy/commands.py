"""The commands ``deploy``, ``roll_back`` and ``destroy``, step by step: check, show, have confirmed, execute."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from infra import CommandFailed, alarms, paginate
from infra import package as packaging
from infra.deploy import checks
from infra.deploy.checks import Answers
from infra.deploy.planned import Planned
from infra.deploy.stack import ChangeSet, Description, Policy, Stack
from infra.deploy.stage import Target, dns_records
from infra.deploy.versions import Deployment, Shelf, Traffic, shelf
from infra.package import Package, merged_template

PROTECTION = "DeletionProtection"


@dataclass(frozen=True)
class Command:
    """One run of a command on one stage. Its methods raise CommandFailed when a step fails or is not confirmed."""

    target: Target
    say: Callable[[str], None]
    confirm: Callable[[str], bool]
    """Asks for the stage's name to be typed."""
    quick: bool = False
    """Leave the smoke test out, which takes ten minutes on AWS and wakes people: see only that the product answers.

    Nothing is then noted as « worked ».
    """

    @cached_property
    def stack(self) -> Stack:
        """The stage's stack."""
        return Stack(self.target.client("cloudformation"), self.target.stage.stack)

    @cached_property
    def shelf(self) -> Shelf:
        """The part of the deployment bucket that holds this stack's versions; the bucket is made when it is missing."""
        stage = self.target.stage
        return shelf(self.target.client("s3"), stack=stage.stack, account=stage.account, region=stage.region)

    # ---- Deploy -----------------------------------------------------------------------------------------------
    def deploy(self, package: Package) -> None:
        """Deploy a package: run the checks, change the stack once that is confirmed, try what it made, then put it in service.

        Until then the former version serves: nobody meets a change or a smoke test that failed. Tables are protected as the stage
        says. At the end the remaining manual steps are printed. A deployment is noted as « worked » only when its smoke test ran
        and passed and it then answered at its name: ``roll_back`` goes back to no other.
        """
        current = self.stack.described()
        self._check(current)
        self.say("Publishing the package…")
        version, template = self.shelf.publish(package)
        given = self._given(template)
        protect = self.target.stage.protect
        self.say(f"Version {version}. Working out what would change…")
        # A creation that fails must be able to take its tables back: they are protected once they are made.
        changes = self.stack.plan(template, self._protected(given, protect and current is not None))
        before = self._history(current)
        self._change(changes, current)
        self._protect(template, given)
        try:
            passed = self._passes_smoke_test()
            made = self._put_in_service(version, before)
            if self._answers_at_its_name() and passed:
                self._run_smoke_test(
                    "--in-service", otherwise="« make rollback » leads back to what worked before."
                )
                self.shelf.note(before, replace(made, worked=True))
        finally:  # what is left to do is so, whatever one line of the smoke test says
            self._say_the_rest()

    def _history(self, current: Description | None) -> list[Deployment]:
        """Return the earlier deployments, oldest first, up to the one in service.

        Where no stack exists, the list that an earlier stack of this name left is emptied.
        """
        if current is None:
            self.shelf.keep([])
            return []
        return self.shelf.until(self._traffic().read())

    def _put_in_service(self, version: str, before: list[Deployment]) -> Deployment:
        """Publish the functions as the stack holds them, lead traffic to what was published, note it and return it.

        ``before``: the deployments before it.
        """
        traffic = self._traffic()
        made = Deployment(version, traffic.publish(), worked=False)
        traffic.move(made.functions)
        self.shelf.note(before, made)
        self.say(f"{version} is in service.")
        return made

    def _traffic(self) -> Traffic:
        """Return the traffic of the functions that the stack has: a version that adds one meets a stack without it."""
        resources = self.stack.resources()
        return Traffic(
            self.target.client("lambda"),
            {name: resources[name][1] for name in alarms.FUNCTIONS.values() if name in resources},
        )

    def _check(self, current: Description | None) -> None:
        """Run the checks and print their results. Raises CommandFailed: one failed that the stage does not accept, or may not."""
        stage = self.target.stage
        self.say(f"Checking the account {stage.account}, {stage.region}, as {self.target.identity}…")
        declared = default_parameters() | stage.parameters
        if missing := [name for name in ("PublicBaseUrl", "MailFrom") if not declared.get(name)]:
            raise CommandFailed(f"The stage's [parameters] must say {' and '.join(missing)}.")
        known = checks.CHECKS.keys() - checks.ALWAYS
        if unknown := stage.accept - known:
            raise CommandFailed(
                f"« accept » holds {', '.join(sorted(unknown))}; a stage may live without: {', '.join(sorted(known))}."
            )
        if stage.protect and "facts" in stage.accept:
            raise CommandFailed(
                "« protect » is true: take « facts » out of « accept », and say who publishes in the stage's [parameters]. Only "
                "a trial, which is not protected, shows examples."
            )
        blocking = 0
        for result in checks.run(self._question(declared, current)):
            if result.passed:
                mark = "ok"
            elif result.name in stage.accept:
                mark = "accepted"
            else:
                mark = "FAILED"
                blocking += 1
            self.say(f"  {mark:<9} {result.name}: {result.says}")
        if blocking:
            raise CommandFailed(
                f"{blocking} of these checks failed: nothing was done. Mend them, or name those this stage lives without in "
                "« accept »."
            )

    def _question(self, declared: dict[str, str], current: Description | None) -> checks.Question:
        """Return what each check is given. ``declared``: all parameters; ``current``: the stack as it is, None without one."""
        stage = self.target.stage
        planned = Planned(product_template(), declared, stage.stack, stage.region, stage.account)
        return checks.Question(self.target, planned, current)

    def _given(self, template: str) -> dict[str, str]:
        """Return the stage's parameters, and those that follow the account's quotas where the stage does not say them.

        Raises CommandFailed: the template at this address does not declare one of them.
        """
        given = checks.read_limits(self.target) | self.target.stage.parameters
        if unknown := given.keys() - self.stack.declared(template):
            raise CommandFailed(
                f"The template has no parameter {', '.join(sorted(unknown))}: correct the stage's [parameters]."
            )
        return given

    def _protected(self, given: dict[str, str], protected: bool) -> dict[str, str]:
        """Return the parameters ``given`` with the one that protects tables from deletion."""
        return given | {PROTECTION: str(protected).lower()}

    def _change(self, changes: ChangeSet | None, current: Description | None) -> None:
        """Show a change set, have it confirmed and execute it; None: nothing is to be changed.

        ``current``: the stack before the change, None when it is created. Raises CommandFailed, and drops the change set: the
        change would lose a resource that the stack policy protects, or the operator does not confirm.
        """
        if changes is None:
            self.say("Nothing is to be changed.")
            return
        for change in sorted(changes.changes, key=lambda change: (not change.loses, change.logical_id)):
            self.say(f"  {change}")
        policy = Policy.from_file()
        if refused := policy.refused(changes):
            changes.drop()
            raise CommandFailed(
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
            raise CommandFailed("Not confirmed: nothing was done.")
        if current is not None:
            self.stack.hold_to_policy()
        begun = time.monotonic()
        changes.execute(self.say)
        self.stack.hold_to_policy()
        self.say(f"Done in {time.monotonic() - begun:.1f} s.")
        self._mail_changes(map(str, changes.changes))

    def _mail_changes(self, changes: Iterable[str], *, deed: str = "changed the stack") -> None:
        """Mail what was changed, and by whom, to those who receive the alerts: CloudFormation's own changes raise one alert."""
        lines = [f"{self.target.identity} {deed} {self.stack.name}:", *changes]
        _, topic = self.stack.resources()["Alerts"]
        self.target.client("sns").publish(
            TopicArn=topic, Subject=f"What was changed in {self.stack.name}", Message="\n".join(lines)
        )
        self.say("What was changed was mailed to those who receive the alerts.")

    def _answers_at_its_name(self) -> bool:
        """Wait until the product answers, and print where it did; return False while its DNS record is missing.

        Raises CommandFailed: it answers nowhere.
        """
        current = self._deployed()
        url, gateway = current.parameters["PublicBaseUrl"], current.outputs.get("OwnDomainTarget", "")
        self.say(f"Asking {url}…")
        answers = checks.look(url, gateway, direct=self.target.is_local)
        if answers is Answers.NOWHERE:
            raise CommandFailed(
                "The product does not answer: look at the log of the function APIHandler. « make rollback » leads traffic back "
                "to the last version that worked."
            )
        there = answers is Answers.AT_ITS_NAME
        self.say("It answers." if there else f"It answers at {gateway}, its DNS record is missing.")
        return there

    def _passes_smoke_test(self) -> bool:
        """Run ``infra.smoke`` on what is not in service yet; return True when it passed, False when it did not run.

        Raises CommandFailed: the test failed.
        """
        if self.quick:
            return False
        current = self._deployed()
        sender = checks.finding("sender", self._question(current.parameters, current))
        if not sender.passed:
            self.say(
                f"No smoke test before mails can be sent: {sender.says} Then deploy again, which runs it."
            )
            return False
        if not self.target.client("sesv2").get_account().get("SendingEnabled", False):
            self.say("No smoke test while SES has paused the account. Then deploy again, which runs it.")
            return False
        self._run_smoke_test("--before-service", otherwise="What was in service before still is.")
        return True

    def _run_smoke_test(self, part: str, *, otherwise: str) -> None:
        """Run a part of ``infra.smoke``, named by its option.

        Raises CommandFailed: it failed; ``otherwise`` ends the message.
        """
        command = [sys.executable, "-m", "infra.smoke", self._deployed().parameters["PublicBaseUrl"], part]
        environment = self.target.stage.environment_for(os.environ)
        if subprocess.run(command, env=environment, check=False).returncode:
            raise CommandFailed(f"The smoke test failed: see above. {otherwise}")

    def _protect(self, template: str, given: dict[str, str]) -> None:
        """Protect the tables and the stack from deletion, or stop protecting them, as the stage's « protect » says."""
        protect = self.target.stage.protect
        changes = self.stack.plan(template, self._protected(given, protect))
        if changes is not None:
            self.say("Protecting the tables from being deleted…")
            changes.execute(self.say)
        self.stack.lock(protect)
        refuses = "The stack refuses to be deleted."
        self.say(refuses if protect else "The stack can be deleted (« protect » is false).")

    # ---- Roll back --------------------------------------------------------------------------------------------
    def roll_back(self) -> None:
        """Lead traffic back to the last version that was in service before and worked, with its settings; the stack stays.

        Raises CommandFailed: there is no stack, no earlier version has worked, or the operator does not confirm.
        """
        current = self._deployed("does not stand: there is nothing to roll back.")
        deployments, traffic = self._history(current), self._traffic()
        if deployments and deployments[-1].is_in_service(traffic.read()):
            deployments = deployments[:-1]
        while deployments and not deployments[-1].worked:
            deployments = deployments[:-1]
        if not deployments:
            raise CommandFailed(
                "No version has worked here before this one: there is nothing to roll back to."
            )
        before = deployments[-1]
        self.say(f"Going back to {before.version}, put in service at {before.at}.")
        if not self.confirm(f"Change what is in service of the stack {self.stack.name}?"):
            raise CommandFailed("Not confirmed: nothing was done.")
        # Noted first: a roll back that is cut short then goes on to the same version, never forward.
        self.shelf.keep(deployments)
        traffic.move(before.functions)
        self._mail_changes(
            [f"{before.version} is in service again, the stack is as it was."], deed="led traffic back in"
        )
        self._answers_at_its_name()

    # ---- Destroy ----------------------------------------------------------------------------------------------
    def destroy(self) -> None:
        """Delete the stack after a confirmation, and print which resources stay.

        Raises CommandFailed: the stack or its tables are protected, documents are still stored, or the operator does not confirm.
        """
        stage, current = self.target.stage, self._deployed("does not stand: there is nothing to destroy.")
        locked = stage.protect or current.is_locked or current.parameters.get(PROTECTION) == "true"
        if locked:
            raise CommandFailed(
                f"The stack {self.stack.name} is protected: nothing was done. To destroy it, set « protect » to false in the "
                "stage's file, deploy that, and ask again."
            )
        resources = self.stack.resources()
        if (bucket := resources.get("DocumentBucket")) and self._holds_documents(bucket[1]):
            raise CommandFailed(
                "Sealed documents are under way: nothing was done. Wait until the purge has erased them (35 days at most), or "
                "have their tutors revoke them."
            )
        self.say("This deletes, with every document and session in it:")
        for name, (kind, _) in sorted(resources.items()):
            self.say(f"  {name} ({kind})")
        if not self.confirm(f"Destroy the stack {self.stack.name}?"):
            raise CommandFailed("Not confirmed: nothing was done.")
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
    def _say_the_rest(self) -> None:
        """Print the stack's outputs, who receives the alerts, and the DNS records that the operator must set."""
        current = self._deployed()
        self.say("Outputs:")
        for name, value in sorted(current.outputs.items()):
            self.say(f"  {name} = {value}")
        self.say_alerts()
        wanted = dns_records(self.target, current)
        self.say("DNS records to keep:" if wanted else "No DNS record is needed.")
        for record in wanted:
            self.say(f"  {record.name}  {record.kind}  {record.value}\n      ({record.why})")

    def say_alerts(self) -> None:
        """Print for each subscriber of the alerts whether the subscription is confirmed, and warn when there is none."""
        _, topic = self.stack.resources()["Alerts"]
        sns = self.target.client("sns")
        subscriptions = [*paginate(sns, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)]
        if not subscriptions:
            self.say("Alerts: NOBODY is subscribed, no alarm reaches anybody.")
        for subscription in subscriptions:
            pending = not subscription["SubscriptionArn"].startswith("arn:")
            state = "has NOT confirmed yet: the link is in a mail from AWS" if pending else "has confirmed"
            self.say(f"Alerts: {subscription['Endpoint']} {state}.")

    def _deployed(self, otherwise: str = "has gone meanwhile.") -> Description:
        """Return the stack as it is now. Raises CommandFailed: there is none; ``otherwise`` ends the message's sentence."""
        current = self.stack.described()
        if current is None:
            raise CommandFailed(f"The stack {self.stack.name} {otherwise}")
        return current


def package_for(target: Target, folder: Path | None) -> Package:
    """Return the package to deploy: built from the sources for the target, or the one that « make package » left in ``folder``.

    Raises CommandFailed: a file is missing in ``folder``.
    """
    if folder is None:
        return packaging.build_for_here() if target.is_local else packaging.build()
    package = Package(folder / "deployment.zip", folder / "sam.yaml", rebuilt=False)
    for path in (package.zip, package.template):
        if not path.is_file():
            raise CommandFailed(f"{path} is missing: « make package » makes both.")
    return package


@cache
def product_template() -> dict[str, Any]:
    """Return the product's own part of the template, read once."""
    return merged_template()


def default_parameters() -> dict[str, str]:
    """Return the default values of the template's parameters, by name; those without a default are left out."""
    declared = product_template()["Parameters"]
    return {name: str(parameter["Default"]) for name, parameter in declared.items() if "Default" in parameter}

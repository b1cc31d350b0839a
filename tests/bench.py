"""``make bench``, second part: the AWS calls of one relay and of lists, and the size of what is deployed. Counts, not times."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto import mock_aws

from chalicelib import clock
from chalicelib.domain.kernel.values import Role
from chalicelib.domain.lists import Filter, Sort
from chalicelib.stores import aws, rows
from chalicelib.stories import lists as lists_stories
from chalicelib.stories import parcours
from infra import package
from tests import crowds, factories, relays, worlds
from tests.conftest import CREDENTIALS
from tests.relays import Browser

CLIENTS = (aws.dynamodb, aws.s3, aws.kms, aws.ses, aws.lambda_)


@contextmanager
def counted(function: str) -> Iterator[None]:
    """Print the calls that are made inside, in the name of this function."""
    calls: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        calls[f"{model.service_model.service_name}:{model.name}"] += 1

    clients = [client() for client in CLIENTS]
    for client in clients:
        client.meta.events.register("before-call", count)
    yield
    for client in clients:
        client.meta.events.unregister("before-call", count)
    told = ", ".join(f"{name} ×{times}" for name, times in sorted(calls.items()))
    print(f"{function:<34}{sum(calls.values()):>3}  {told}")


def one_relay() -> None:
    """From the form to the erasure, and what looking costs."""
    with mock_aws(config={"lambda": {"use_docker": False}}), worlds.made(CREDENTIALS, lambda _: []) as world:
        relay, browser = relays.started(world), Browser()
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("web, ask for a code", lambda: relays.asks_code(relay.tutor.address)),
            ("mailer, code", relay.mailer_runs),
            ("web, announce and sign the form", relay.announces),
            ("(browser, upload)", relay.uploads),
            ("inspect", relay.is_inspected),
            ("mailer, link and notice", relay.mailer_runs),
        ]
        for function, step in steps:  # the mailer's includes one Scan of the test's, which finds what waits
            with counted(function):
                step()
        token = link_token(world)
        with counted("web, apercu"):
            browser.looks(token)
        with counted("web, preuve"):
            browser.proves(token)
        with counted("unseal, ouverture"):
            browser.opens(token)
        with counted("web, reception"):
            browser.confirms(token)
        with counted("purge, erase and trace"):
            relay.purges()
        with counted("purge, nothing to do"):
            relay.purges()
        with counted("web, page of a parcours"):
            parcours.sheet(relay.tutor, relay.parcours_id, now=clock.utc_now())


def lists() -> None:
    """What a page of the team's list reads when the table holds few parcours and many: calls, and units of 4 kB."""
    with mock_aws(config={"lambda": {"use_docker": False}}), worlds.made(CREDENTIALS, lambda _: []):
        team, now, stand = factories.account(Role.TEAM), clock.utc_now(), 0
        for wanted in (100, 10_000):
            crowds.generate(wanted - stand, now, first=stand, scopes=(rows.EVERYTHING,))
            stand = wanted
            for name, view in (
                ("all", Filter()),
                ("late ones", Filter(late=True)),
                ("late first", Filter(sort=Sort.LATE)),
            ):
                with crowds.counted() as reads:
                    lists_stories.listing(team, view, now=now)
                print(
                    f"web, list of {stand}, {name:<14}{len(reads.calls):>3}  Query ×{len(reads.calls)}, {reads.units} read units"
                )


def link_token(world: worlds.World) -> str:
    """The token of the only link, made again as the mailer made it."""
    from chalicelib.domain.kernel.link import Link
    from chalicelib.stores import items, keys

    found = next(
        item for item in world.table(items.RELAY) if str(item["pk"]).startswith("link#") and item["sk"] == "0"
    )
    link = items.of_item(Link, found)
    return keys.link_token(link.token_message(link.version))


if __name__ == "__main__":
    print("AWS calls of one relay, by function")
    one_relay()
    lists()
    built = package.build()
    print(f"deployment.zip: {built.zip.stat().st_size / 1e6:.1f} MB")

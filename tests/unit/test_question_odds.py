"""What the link's question is worth: how often its answer is guessed from the hint that the page shows, with five tries."""

from collections import Counter

from chalicelib.domain.kernel import address
from chalicelib.domain.kernel.link import WRONG_BEFORE_DEATH, WRONG_BEFORE_PAUSE

FIRST_NAMES = (
    "alice amina anne baptiste camille caroline celine claire david delphine elodie emilie eric fatima "
    "florence francois guillaume helene isabelle jean julie julien karim laurence laurent lea leila marie "
    "mathieu mehdi mohamed nadia nathalie nicolas olivier pascal philippe sandrine sophie thomas valerie "
    "vincent virginie yann yasmine"
)
SURNAMES = (
    "martin bernard thomas petit robert richard durand dubois moreau laurent simon michel lefebvre leroy "
    "roux david bertrand morel fournier girard bonnet dupont lambert fontaine rousseau vincent muller "
    "lefevre faure andre mercier blanc guerin boyer garnier chevalier francois legrand gauthier garcia "
    "perrin robin clement morin nicolas henry roussel mathieu gautier masson marchand duval denis dumont "
    "marie lemaire noel meyer dufour meunier brun blanchard giraud joly riviere lucas brunet gaillard "
    "barbier arnaud martinez gerard roche renard schmitt roy leroux colin vidal caron picard roger fabre "
    "aubert lemoine renaud dumas lacroix olivier philippe bourgeois pierre benoit rey leclerc payet "
    "rolland leclercq guillaume vasseur"
)
SHARED = (
    "accueil achats administration agence comptabilite contact direction emploi formation info mairie "
    "personnel recrutement rh secretariat"
)
"""Mailboxes that bear a function."""
NAMED = {
    "p.nom": [f"{first[0]}.{last}" for first in FIRST_NAMES.split() for last in SURNAMES.split()],
    "prenom.nom": [f"{first}.{last}" for first in FIRST_NAMES.split() for last in SURNAMES.split()],
}
DOMAIN = "entreprise.example"


def measure_guessed(mailboxes: list[str], tries: int) -> float:
    """Return for which share of mailboxes these tries hit, by a guesser who knows the list and the shown hint."""
    by_hint: dict[str, Counter[str]] = {}
    for mailbox in mailboxes:
        by_hint.setdefault(address.mask(f"{mailbox}@{DOMAIN}"), Counter())[mailbox] += 1
    guessed = sum(times for likely in by_hint.values() for _, times in likely.most_common(tries))
    return guessed / len(mailboxes)


def test_five_tries_find_one_named_mailbox_in_twenty_at_most_and_twenty_one_in_five() -> None:
    """A hundred surnames, equally likely, are far fewer than there are: the odds are an upper bound."""
    assert len(set(SURNAMES.split())) == 100

    for mailboxes in NAMED.values():
        assert measure_guessed(mailboxes, WRONG_BEFORE_PAUSE) <= 0.06
        assert measure_guessed(mailboxes, WRONG_BEFORE_DEATH) <= 0.21


def test_five_tries_always_find_a_shared_mailbox() -> None:
    assert measure_guessed(SHARED.split(), WRONG_BEFORE_PAUSE) == 1


def test_the_domain_in_the_answer_adds_nothing_to_guess() -> None:
    for mailbox in SHARED.split():
        whole = f"{mailbox}@{DOMAIN}"
        assert address.mask(whole).endswith(f"@{DOMAIN}")
        assert address.complete(f" {mailbox.upper()} ", DOMAIN).casefold() == whole
        assert address.complete(f"{mailbox}@", DOMAIN) == address.complete(whole, "ailleurs.example") == whole

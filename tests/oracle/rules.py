"""What is said is so: one rule for each thing that pages and mails say, read from their words, against what is known.

A rule is a function ``rule_…`` of what was shown and what is known, which yields a line for each sentence that is false. The
sentences that show each rule to bite are in ``falsehoods.py``.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

from chalicelib.domain.kernel.calendar import PARIS, day_of
from chalicelib.domain.kernel.timeline import Event, EventKind, Interlocutor, Reason
from chalicelib.domain.kernel.values import Role
from chalicelib.french import MONTHS
from chalicelib.words.young import HAPPENED
from tests.oracle.life import BEGINNINGS, BUYER_CONTACT, CAST, COMPANY, FIRST, Known
from tests.oracle.shown import Letter, Place, Screen, Shown, flatten
from tests.support import factories

Rule = Callable[[Shown, Known], Iterable[str]]
K = EventKind
SENDINGS = {K.LINK_SENT, K.LINK_RESENT, K.LINK_PASSED_ON, K.LINK_MAY_HAVE_LEFT}
QUESTIONS = SENDINGS | {K.OTHER_SLOTS_ASKED, K.MEETING_CANCELLED, K.MEETING_MISSED, K.DECLINE_UNDONE}
"""After these the company is asked anew."""
ENDS = {
    K.OFFER_GIVEN_BACK,
    K.YOUNG_PERSON_WITHDREW,
    K.ATTEMPT_STOPPED,
    K.PASSAGE_LAPSED,
    K.RESERVATION_LAPSED,
    K.REVIEW_DONE,
}
EXCHANGES = {
    K.CALL_NOTED,
    K.CLAUSE_EXPLAINED,
    K.DATES_PROMISED,
    K.CALL_BACK_PLANNED,
    K.MAIL_SENT_OUTSIDE,
    K.CONTACTS_CONFIRMED,
}
"""What shows whether a contact is there."""
REMINDERS = re.compile("Rappel|Relance|C’est à vous|À vous de jouer|Un appel peut aider|bientôt effacés")
"""What subjects of mails say that remind somebody."""
DATE = r"(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche) (\d+|1er) (\w+)(?: (\d{4}))?"
HOUR = r"(\d+) h(?: (\d\d))?"


# What is known


def list_facts(known: Known, *kinds: EventKind) -> list[Event]:
    """Return the facts of the present passage that nobody corrected, of these kinds or of all, oldest first."""
    corrected = {fact.corrects for fact in known.facts}
    present = max((fact.attempt for fact in known.facts if fact.attempt is not None), default=None)
    return [
        fact
        for fact in known.facts
        if fact.attempt == present and fact.id not in corrected and (not kinds or fact.kind in kinds)
    ]


def find_last(known: Known, *kinds: EventKind) -> Event | None:
    """Return the last fact of these kinds in the present passage; None: there is none."""
    return next(reversed(list_facts(known, *kinds)), None)


def list_since(known: Known, kinds: set[EventKind]) -> list[Event]:
    """Return the facts of the present passage after the last one of these kinds; all where there is none."""
    facts = list_facts(known)
    places = [place for place, fact in enumerate(facts) if fact.kind in kinds]
    return facts[places[-1] + 1 :] if places else facts


def is_over(known: Known) -> bool:
    """Return whether no passage is under way."""
    return not list_facts(known, K.OFFER_TAKEN, K.ATTEMPT_OPENED) or bool(list_facts(known, *ENDS))


def list_buyer_addresses(known: Known) -> set[str]:
    """Return where the buyer of this life is reached."""
    addresses = {known.cast["buyer"].address} if "buyer" in known.cast else set()
    return addresses | {BUYER_CONTACT}


def list_outsiders(known: Known) -> set[str]:
    """Return the addresses of the company and of the buyer."""
    return {*COMPANY} | list_buyer_addresses(known)


def list_letters_of_act(known: Known) -> list[Letter]:
    """Return the mails that left because of the last act, or while it lasted."""
    begun = known.acts[-1][0] if known.acts else known.now
    return [letter for letter in known.letters if letter.at >= begun]


def find_link_page(shown: Shown, mailbox: str) -> Screen | None:
    """Return the page of the last link of a mailbox as it is now."""
    return next((screen for screen in shown.list_screens(Place.LINK) if screen.reader == mailbox), None)


def find_passage_of_link(known: Known, page: Screen) -> int | None:
    """Return the number of the passage in which the link of this page was first mailed; None: its mail is not known."""
    mailed = [
        (letter.token, letter.at) for letter in known.letters if letter.to == page.reader and letter.token
    ]
    if not mailed:
        return None
    first_at = min(at for token, at in mailed if token == mailed[-1][0])
    return max((fact.attempt for fact in known.facts if fact.attempt and fact.at <= first_at), default=None)


# What is said


def matches(pattern: str, shown: Shown, *places: Place) -> Iterator[tuple[Screen | Letter, re.Match[str]]]:
    """Find a pattern in what is shown at these places; where none is given, in everything and in the mails."""
    texts: list[Screen | Letter] = list(shown.list_screens(*places))
    for text in [*texts, *(() if places else shown.letters)]:
        for match in re.finditer(pattern, text.words):
            yield text, match


def say(where: Screen | Letter, sentence: str, truth: str) -> str:
    """Return the line of a violation: who reads what where, and what is so instead."""
    if isinstance(where, Letter):
        return f"the mail « {where.subject} » to {where.to} says « {sentence} », but {truth}"
    return f"the {where.place} of {where.reader} says « {sentence} », but {truth}"


def read_day(match: re.Match[str], now: datetime) -> tuple[int, int, int]:
    """Return the year, month and day of a match of ``DATE``; a date without a year is the one nearest to now."""
    day, month = int(match[1].removesuffix("er")), MONTHS.index(match[2]) + 1
    if match[3]:
        return int(match[3]), month, day
    year = min(
        (now.year - 1, now.year, now.year + 1),
        key=lambda year: abs(12 * (year - now.year) + month - now.month),
    )
    return year, month, day


# Silence, reading, sending


def rule_nobody_answered_means_no_answer(shown: Shown, known: Known) -> Iterator[str]:
    """« personne n’a répondu »: the company has done and said nothing since it was last asked."""
    answers = [
        fact
        for fact in list_since(known, QUESTIONS)
        if fact.actor is Role.COMPANY
        or (
            fact.kind is K.CALL_NOTED
            and fact.reason is Reason.REACHED
            and fact.contact is not Interlocutor.BUYER
        )
        or fact.kind is K.DATES_PROMISED
    ]
    pattern = r"personne n’a (?:encore )?répondu|n’a pas encore répondu|Sans réponse depuis"
    for where, match in matches(pattern, shown) if answers else ():
        yield say(where, match[0], f"{answers[-1].kind.value} was noted since")


def rule_never_opened_means_unopened(shown: Shown, known: Known) -> Iterator[str]:
    """« lien non ouvert », « n’est pas encore ouvert », « personne ne l’a ouvert »: nobody opened since it was last sent."""
    opened = [fact for fact in list_since(known, {K.LINK_SENT}) if fact.kind is K.LINK_OPENED]
    pattern = r"lien non ouvert|n’est pas encore ouvert|personne ne l’a ouvert|sans être ouvert"
    for where, match in matches(pattern, shown) if opened else ():
        yield say(where, match[0], "the link was opened")


def rule_could_read_means_said_so(shown: Shown, known: Known) -> Iterator[str]:
    """« L’entreprise a pu lire », « J’ai bien pu lire »: somebody said that she could read."""
    if list_facts(known, K.DOCUMENTS_CONFIRMED):
        return
    for letter in shown.letters:
        if (
            "L’entreprise a pu lire" in letter.subject
            or "vient de dire : « J’ai bien pu lire" in letter.words
        ):
            yield say(letter, "a pu lire", "nobody has said that she could read")


STEPS = {
    "Lien envoyé": SENDINGS | {K.DOCUMENTS_SENT_OUTSIDE},
    "Lien ouvert": {K.LINK_OPENED, K.DOCUMENTS_SENT_OUTSIDE},
    "Documents reçus": {K.DOCUMENTS_CONFIRMED, K.DOCUMENTS_SENT_OUTSIDE},
    "Dates proposées": {K.SLOTS_PROPOSED},
    "Rendez-vous fixé": {K.SLOT_ACCEPTED, K.MEETING_FIXED, K.MEETING_HELD},
    "Rendez-vous fait": {K.MEETING_HELD},
    "Convention signée": {K.CONVENTION_SIGNED},
}
"""By step, the facts of which one must have happened for it to be done."""


def rule_a_step_is_done_if_its_event_happened(shown: Shown, known: Known) -> Iterator[str]:
    """A step that is marked as done has an event in the history."""
    for screen in shown.list_screens(Place.SHEET):
        for step in screen.done:
            if step in STEPS and not list_facts(known, *STEPS[step]):
                yield say(screen, f"{step} : fait", "no such fact happened")


def rule_documents_that_wait_can_be_opened(shown: Shown, known: Known) -> Iterator[str]:
    """« les documents vous attendent »: whoever reads that can open them."""
    for letter in shown.letters:
        page = find_link_page(shown, letter.to)
        if re.search("documents vous attendent|lien vous attend", letter.subject) and (
            page is None or "attend votre réponse" not in page.words
        ):
            yield say(letter, "les documents vous attendent", "its link opens nothing any more")


def rule_the_same_link_is_the_same(shown: Shown, known: Known) -> Iterator[str]:
    """« Vous avez déjà reçu ce lien »: an earlier mail to this address had this very link."""
    for letter in shown.letters:
        earlier = {mail.token for mail in known.letters if mail.to == letter.to and mail.at < letter.at}
        if "Vous avez déjà reçu ce lien" in letter.words and letter.token not in earlier:
            yield say(letter, "Vous avez déjà reçu ce lien", "no earlier mail brought it")


def rule_the_link_of_a_mail_gives_something(shown: Shown, known: Known) -> Iterator[str]:
    """A mail with a link leads to a page that still gives or takes something."""
    for letter in shown.letters:
        page = find_link_page(shown, letter.to) if letter.token else None
        if page is not None and "Ce lien ne donne plus rien" in page.words and "copies" not in letter.words:
            yield say(letter, letter.token[:6], "its link gives nothing any more")


def rule_a_link_that_works_works(shown: Shown, known: Known) -> Iterator[str]:
    """« Le lien marche encore »: its page gives something."""
    pages = shown.list_screens(Place.LINK)
    is_dead = bool(pages) and all("Ce lien ne donne plus rien" in page.words for page in pages)
    for where, match in (
        matches("Le lien marche encore|Ce retour n’arrête pas le lien", shown) if is_dead else ()
    ):
        yield say(where, match[0], "no link gives anything any more")


def rule_a_withdrawn_link_is_dead(shown: Shown, known: Known) -> Iterator[str]:
    """« L’envoi est retiré », « L’effacement est demandé »: no link opens the documents any more."""
    for where, match in matches(r"L’envoi est retiré|L’effacement est demandé", shown, Place.NOTICE):
        for page in shown.list_screens(Place.LINK):
            if "ouverture" in page.acts or "attend votre réponse" in page.words:
                yield say(where, match[0], f"{page.reader} can open the documents")


def rule_erased_documents_are_gone(shown: Shown, known: Known) -> Iterator[str]:
    """As many « a effacé … » in the history as sendings were begun: nothing sealed is stored any more."""
    for screen in shown.list_screens(Place.SHEET) if known.documents else ():
        begun = [line for line in screen.facts if "commencé l’envoi" in line]
        erased = [line for line in screen.facts if "a effacé" in line]
        if begun and len(erased) >= len(begun):
            yield say(screen, erased[0], f"{known.documents} sealed documents are stored")


def rule_nothing_left_means_no_link_left(shown: Shown, known: Known) -> Iterator[str]:
    """« rien n’est encore parti », « rien n’est parti » of an offer: no link was sent in this passage."""
    if not list_facts(known, *SENDINGS) or is_over(known):
        return
    for where, match in matches(
        r"rien n’est encore parti|Je rends l’offre, rien n’est parti|Rien n’était parti", shown
    ):
        yield say(where, match[0], "a link was sent")


# Who wrote, who acted


def rule_i_wrote_to_you_means_this_account_wrote(shown: Shown, known: Known) -> Iterator[str]:
    """« Je vous ai écrit »: an earlier mail to this address went in the same name."""
    for letter in shown.letters:
        if re.search(r"\b[Jj]e vous ai écrit", letter.words) and not _wrote(known, letter, letter.answers_to):
            yield say(letter, "Je vous ai écrit", f"{letter.answers_to} never wrote to this address")


def rule_a_named_writer_wrote(shown: Shown, known: Known) -> Iterator[str]:
    """« Jeanne Roy vous a écrit », in a mail or on the page of a link: an earlier mail to its reader went in her name."""
    addresses = {account.name: account.address for account in known.cast.values()}
    for where, match in matches(r"(\w+ \w+),? vous a écrit", shown):
        if not _wrote(known, where, addresses.get(match[1], "")):
            yield say(where, match[0], f"{match[1]} never wrote to this address")


def _wrote(known: Known, where: Screen | Letter, writer: str) -> bool:
    """Return whether a mail in the name of who has this address (``writer``) went to the same reader before."""
    reader, at = (
        (where.to, where.at)
        if isinstance(where, Letter)
        else (where.reader, known.now + timedelta(seconds=1))
    )
    return any(mail.to == reader and mail.answers_to == writer and mail.at < at for mail in known.letters)


def list_who(known: Known, *verbs: str) -> set[str]:
    """Return the addresses of those of the cast who have done something that begins so."""
    acts = [act for _, act in known.acts]
    return {
        account.address
        for name, account in known.cast.items()
        if any(act.startswith(f"{name}{verb}") for act in acts for verb in verbs)
    }


def rule_i_took_the_offer_means_she_did(shown: Shown, known: Known) -> Iterator[str]:
    """« je viens de prendre l’offre »: the person who signs pressed it."""
    takers = list_who(known, " takes the offer")
    for letter in shown.letters:
        if "viens de prendre l’offre" in letter.words and letter.answers_to not in takers:
            yield say(letter, "je viens de prendre l’offre", f"{letter.answers_to} has taken nothing")


def rule_who_signs_gets_the_answers(shown: Shown, known: Known) -> Iterator[str]:
    """« Je suis Jeanne Roy »: answers go to this account, which is open; she says that she sends only if she has sent."""
    senders = list_who(known, " sends", "’s connection fails")
    writers = {account.address: name for name, account in known.cast.items() if known.is_open(name)}
    for letter in shown.letters:
        signed = re.search(r"Je suis (\w+ \w+)", letter.words)
        writer = writers.get(letter.answers_to)
        if signed and (writer is None or known.cast[writer].name != signed[1]):
            yield say(letter, signed[0], f"answers go to {letter.answers_to}")
        if re.search(r"\b[Jj]e vous envoie\b", letter.words) and letter.answers_to not in senders:
            yield say(letter, "Je vous envoie", f"{letter.answers_to} has sent nothing")


# Whose turn


def rule_who_is_named_next_can_act(shown: Shown, known: Known) -> Iterator[str]:
    """« À Maëlle Vautrin : … »: she has an open account, and her own page says that it is hers to do."""
    for screen in shown.list_screens(Place.SHEET):
        match = re.match(r"À (\w[\w’-]+ \w[\w’-]+) :", screen.title)
        name = next((name for name, (_, called) in CAST.items() if match and called == match[1]), None)
        if name is None:
            continue
        if not known.is_open(name):
            yield say(screen, screen.title, "her account is closed")
        own = next((page for page in shown.list_screens(Place.SHEET) if page.reader == name), None)
        if own is not None and not own.title.startswith("À vous"):
            yield say(screen, screen.title, f"her own page says « {own.title} »")


def rule_a_role_that_is_awaited_is_filled(shown: Shown, known: Known) -> Iterator[str]:
    """« À la coordination : … », « À l’acheteur : … »: somebody is there who hears of it."""
    is_bought = known.buyer == BEGINNINGS[1] or (known.buyer == BEGINNINGS[0] and known.is_open("buyer"))
    filled = {"coord": known.is_open("coordinator"), "l’achet": is_bought, "l’équipe": known.is_open("team")}
    for screen in shown.list_screens(Place.SHEET, Place.LIST):
        match = re.search(r"À (?:la )?(coord|l’achet|l’équipe)[^:]*:", screen.title)
        if match and not filled[match[1]]:
            yield say(screen, screen.title, "nobody fills this role")


def rule_all_pages_name_one_turn(shown: Shown, known: Known) -> Iterator[str]:
    """Whoever is not awaited reads the same title on every page, and one person at most reads « À vous »."""
    sheets = shown.list_screens(Place.SHEET)
    titles = {
        screen.title
        for screen in sheets
        if screen.title and not screen.title.startswith(("À vous", "Cette offre"))
    }
    yours = [screen.reader for screen in sheets if screen.title.startswith("À vous")]
    if len(titles) > 1 or len(yours) > 1:
        yield f"pages name several turns: {sorted(titles)}, « À vous » to {yours}"


def rule_the_list_says_what_the_page_says(shown: Shown, known: Known) -> Iterator[str]:
    """The row of a list asks for the act that the page of the parcours asks for."""
    for row in shown.list_screens(Place.LIST):
        page = next((page for page in shown.list_screens(Place.SHEET) if page.reader == row.reader), None)
        act = page.title.partition(" : ")[2] if page and " : " in page.title else ""
        if page is not None and act and act[1:] not in row.words:
            yield say(row, row.words, f"the page says « {page.title} »")


def rule_nothing_awaited_means_nobody_is(shown: Shown, known: Known) -> Iterator[str]:
    """« Rien à faire pour le moment »: no page says « À vous », no mail asks."""
    quiet = [where for where, _ in matches("Rien à faire pour le moment", shown, Place.SHEET)]
    yours = [screen for screen in shown.list_screens(Place.SHEET) if screen.title.startswith("À vous")]
    if quiet and yours:
        yield say(quiet[0], "Rien à faire pour le moment", f"{yours[0].reader} reads « {yours[0].title} »")


YOURS = {
    "envoyez directement": r"envoi|/depots/[\w-]+/revocation",
    "envoyez les documents": r"envoi|/depots/[\w-]+/revocation",
    "choisissez une date": "rendez-vous",
    "dites si le lien peut aller": "collegue",
    "notez": "faits",
    "faites signer": "faits",
    "relancez l’entreprise": "relance|faits",
    "appelez l’entreprise": "faits",
}
"""What « À vous » asks for → where a form or a link of the page leads that does it."""


def rule_what_is_yours_can_be_done_here(shown: Shown, known: Known) -> Iterator[str]:
    """« À vous : choisissez une date »: the page has the form."""
    for screen in shown.list_screens(Place.SHEET):
        asked = screen.title.removeprefix("À vous : ") if screen.title.startswith("À vous : ") else ""
        wanted = next((target for words, target in YOURS.items() if asked.startswith(words)), None)
        if wanted and not any(re.match(rf"(?:{wanted})\b", act) for act in screen.acts):
            yield say(screen, screen.title, "the page has no such act")


def rule_what_is_offered_is_not_refused(shown: Shown, known: Known) -> Iterator[str]:
    """An act that a page offers is taken when it is pressed."""
    # These ask for one more press: a date that is no working day, an absence, and a question that was answered three days ago.
    if known.refused and not re.search("férié|Puis annoncez|proof_needed", known.refused):
        yield f"« {known.act} » was offered, and refused: {known.refused[:300]}"


ASKED = {
    "ouvrir le lien": {"ouverture"},
    "dire si les documents ont pu être lus": {"reception"},
    "proposer des dates": {"creneaux"},
}
"""What the company is asked for → the names of what answers it on its page, one of which it offers."""


def rule_what_the_company_is_asked_for_is_on_its_page(shown: Shown, known: Known) -> Iterator[str]:
    """« À l’entreprise : proposer des dates »: the page of its link offers it, or asks its question first."""
    pages = [page for page in shown.list_screens(Place.LINK) if page.reader in COMPANY]
    for screen in shown.list_screens(Place.SHEET):
        asked = next(
            (act for words, act in ASKED.items() if screen.title.startswith(f"À l’entreprise : {words}")),
            None,
        )
        if asked and not any(asked & page.acts or "Quelle adresse a reçu" in page.words for page in pages):
            yield say(
                screen,
                screen.title,
                f"no page of a link offers {sorted(asked)}: {[(page.reader, page.title) for page in pages]}",
            )


def rule_a_mail_asks_for_what_its_page_offers(shown: Shown, known: Known) -> Iterator[str]:
    """A mail whose button is « Proposer des dates » leads to a page on which they can be proposed."""
    for letter in shown.letters:
        page = find_link_page(shown, letter.to) if letter.token else None
        asks = re.search(
            r"Proposer (?:des|d’autres) dates|Proposez deux ou trois dates sur votre page", letter.words
        )
        if page and asks and "creneaux" not in page.acts and "Quelle adresse a reçu" not in page.words:
            yield say(letter, asks[0], f"its page says {page.title} and offers {sorted(page.acts)}")


# Who is told


TOLD = {
    r"L’entreprise reçoit (?:votre demande|un message)": COMPANY,
    r"aux personnes invitées qui prennent nos messages": frozenset[str](),
}
"""What the answer to an act says → the addresses of which one gets a mail; none: anybody gets one."""


def rule_who_is_said_to_be_told_gets_a_mail(shown: Shown, known: Known) -> Iterator[str]:
    """« L’entreprise reçoit un message »: a mail to it left because of this act, which is not the one before once more."""
    if [act for _, act in known.acts[-2:]] == [known.act] * 2:
        return  # « A repeated act is answered as done »: its mail left the first time.
    recipients = {letter.to for letter in list_letters_of_act(known)}
    for words, addresses in TOLD.items():
        for where, match in matches(words, shown, Place.NOTICE):
            if recipients.isdisjoint(addresses or recipients):
                yield say(where, match[0], f"mails went to {sorted(recipients)} alone")


def rule_nobody_gets_a_mail_means_nobody(shown: Shown, known: Known) -> Iterator[str]:
    """« personne ne reçoit de message »: no mail to company or buyer left because of this act."""
    recipients = {letter.to for letter in list_letters_of_act(known)} & list_outsiders(known)
    for where, match in matches(r"personne ne reçoit de message", shown, Place.NOTICE) if recipients else ():
        yield say(where, match[0], f"mails went to {sorted(recipients)}")


def rule_mails_go_to_people_who_are_known(shown: Shown, known: Known) -> Iterator[str]:
    """A mail goes to an open account, a contact, a colleague who was named, or who asked about data."""
    accounts = {account.address for name, account in known.cast.items()}
    for letter in shown.letters:
        is_of_rights = "données" in letter.subject.casefold()
        if letter.to not in accounts | list_outsiders(known) and not is_of_rights:
            yield say(letter, letter.to, "this is nobody of the parcours")


def rule_an_address_is_of_an_account_where_its_mail_says_so(shown: Shown, known: Known) -> Iterator[str]:
    """« Votre adresse est celle de votre compte »: an account has it; « a été … » to no agent but a buyer."""
    accounts = {account.address for account in known.cast.values()}
    others = accounts - list_buyer_addresses(known)
    for letter in shown.letters:
        if "celle de votre compte" in letter.words and letter.to not in accounts:
            yield say(letter, "celle de votre compte", "no account has this address")
        if "Votre adresse a été" in letter.words and letter.to in others:
            yield say(letter, "Votre adresse a été", "an account has this address")


def rule_closed_accounts_get_no_turns(shown: Shown, known: Known) -> Iterator[str]:
    """No mail says « à vous » to somebody whose account is closed."""
    closed = {account.address for account in known.cast.values() if account.closed_at is not None}
    for letter in shown.letters:
        if letter.to in closed and re.search(
            r"À vous|à vous de jouer|C’est à vous", letter.subject + letter.words
        ):
            yield say(letter, "à vous", "this account is closed")


def rule_one_reminder_a_day(shown: Shown, known: Known) -> Iterator[str]:
    """One person gets one reminding mail in a morning."""
    days = Counter(
        (letter.to, day_of(letter.at)) for letter in known.letters if REMINDERS.search(letter.subject)
    )
    for letter in shown.letters:
        if REMINDERS.search(letter.subject) and days[letter.to, day_of(letter.at)] > 1:
            yield say(letter, letter.subject, "another reminder went there on this day")


def rule_a_pause_is_one(shown: Shown, known: Known) -> Iterator[str]:
    """While the parcours is paused, which it is until the company acts, nobody outside is reminded."""
    pause = find_last(known, K.PAUSED, K.PAUSE_ENDED)
    if pause is None or pause.kind is K.PAUSE_ENDED or pause.planned_at is None:
        return
    if any(fact.actor is Role.COMPANY or fact.kind in SENDINGS for fact in list_since(known, {K.PAUSED})):
        return
    begun = pause.occurred_at or pause.at
    for letter in shown.letters:
        is_paused = begun <= letter.at and day_of(letter.at) <= day_of(pause.planned_at)
        if (
            is_paused
            and letter.to in list_outsiders(known)
            and REMINDERS.search(letter.subject)
            and "reminds" not in known.act
        ):
            yield say(letter, letter.subject, "the parcours is paused")


def rule_reminders_ask_while_something_is_awaited(shown: Shown, known: Known) -> Iterator[str]:
    """No company is reminded of a passage that is over or declined, unless documents were sent anew, or it promised dates."""
    awaiting = (K.DECLINE_UNDONE, K.DATES_PROMISED, K.LINK_SENT)
    last = find_last(known, K.COMPANY_DECLINED, *awaiting, *ENDS)
    if last is None or last.kind in awaiting:
        return
    for letter in shown.letters:
        if letter.to in COMPANY and REMINDERS.search(letter.subject):
            yield say(letter, letter.subject, f"{last.kind.value} was noted")


def is_held(known: Known) -> bool:
    """Whether the young person asked something, and nobody has spoken with them since."""
    asked = [
        fact.kind for fact in list_facts(known, K.DATA_REQUESTED, K.SENDING_STOPPED, K.DATA_REQUEST_DISCUSSED)
    ]
    return bool(asked) and asked[-1] is not K.DATA_REQUEST_DISCUSSED and not is_over(known)


def rule_a_held_passage_writes_to_nobody_outside(shown: Shown, known: Known) -> Iterator[str]:
    """Until the tutor has spoken with the young person, outside is written that something is off alone, or of the offer."""
    for letter in shown.letters if is_held(known) else ():
        is_off = letter.invites.startswith("CANCEL") or re.search(
            "annul|arrêté|a refusé|n’ira pas|offre vous est signalée", letter.subject
        )
        if letter.to in list_outsiders(known) and not is_off:
            yield say(letter, letter.subject, "the young person waits for a word")


def rule_a_held_passage_moves_nothing_on(shown: Shown, known: Known) -> Iterator[str]:
    """Until then no link opens the documents, and neither date nor meeting is agreed: « C’est arrêté » above no meeting."""
    if not is_held(known):
        return
    for page in shown.list_screens(Place.LINK):
        if "ouverture" in page.acts:
            yield say(page, "Ouvrez quand vous pouvez lire", "the young person waits for a word")
    asked_at = find_last(known, K.DATA_REQUESTED, K.SENDING_STOPPED)
    moved = {
        K.MEETING_FIXED,
        K.MEETING_MOVED,
        K.SLOT_ACCEPTED,
        K.SLOTS_PROPOSED,
        K.LINK_RESENT,
        K.DEPOSIT_OPENED,
    }
    for fact in list_facts(known, *moved):
        if asked_at is not None and fact.at > asked_at.at:
            yield f"{fact.kind.value} was noted while the young person waits for a word"
    young = find_young_page(shown)
    if young is not None and young.title == "C’est arrêté" and "Ton rendez-vous" in young.words:
        yield say(young, "Ton rendez-vous", "all is stopped")


# Dates


def rule_a_meeting_has_one_date(shown: Shown, known: Known) -> Iterator[str]:
    """Every page that names the meeting gives it the same day and hour."""
    pattern = rf"[Rr]endez-vous (?:est fixé :|le) {DATE}, {HOUR}"
    named = matches(pattern, shown, Place.SHEET, Place.LIST, Place.LINK)
    dates = {(match[1], match[2], match[4], match[5] or "00") for _, match in named}
    if len(dates) > 1:
        first, second = sorted(dates)[:2]
        yield f"the meeting is {first} on one page and {second} on another"


def rule_an_invitation_gives_the_date_of_the_pages(shown: Shown, known: Known) -> Iterator[str]:
    """The last invitation to the company is for the day and hour that the pages give, unless they say that she takes no mail."""
    invitations = [
        letter for letter in known.letters if letter.to in COMPANY and letter.invites.startswith("REQUEST")
    ]
    for screen in shown.list_screens(Place.SHEET) if invitations else ():
        match = re.match(rf"Rendez-vous le {DATE}, {HOUR}", screen.title)
        start = re.search(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)", invitations[-1].invites)
        is_told = "adresse refusée" in screen.words
        if match and start and int(start[3]) != int(match[1].removesuffix("er")) and not is_told:
            yield say(screen, screen.title, f"the invitation says {start[0]}")


def rule_the_calendar_feed_has_the_meeting_of_the_page(shown: Shown, known: Known) -> Iterator[str]:
    """The calendar feed of an account has a meeting at the day and hour that its page of the parcours gives, and no other."""
    for feed in shown.list_screens(Place.FEED):
        starts = re.findall(r"DTSTART;TZID[^:]*:\d{4}(\d\d)(\d\d)T(\d\d)(\d\d)", feed.words)
        own = (sheet for sheet in shown.list_screens(Place.SHEET) if sheet.reader == feed.reader)
        for sheet in own:
            match = re.match(rf"Rendez-vous le {DATE}, {HOUR}", sheet.title)
            if match is None:
                continue
            day, month = int(match[1].removesuffix("er")), MONTHS.index(match[2]) + 1
            read = (f"{month:02}", f"{day:02}", f"{int(match[4]):02}", match[5] or "00")
            if starts != [read]:
                yield say(sheet, match[0], f"the calendar feed has {starts}")


def rule_a_cancelled_meeting_was_no_absence(shown: Shown, known: Known) -> Iterator[str]:
    """« n’est pas venu(e) » is said of a meeting whose hour has passed, never of one that was cancelled before."""
    for screen in shown.list_screens(Place.SHEET):
        for line in screen.facts:
            if "a annulé" in line.replace("avez annulé", "a annulé") and "pas venu" in line:
                yield say(screen, line, "the meeting was cancelled before its hour")
    cancelled = list_facts(known, K.MEETING_CANCELLED, K.MEETING_MISSED)
    for letter in shown.letters:
        if "pas venu" in letter.words and cancelled and cancelled[-1].kind is K.MEETING_CANCELLED:
            yield say(letter, "n’est pas venu", "the meeting was cancelled before its hour")


def rule_a_link_lasts_as_long_as_its_mail_says(shown: Shown, known: Known) -> Iterator[str]:
    """The mail and the page of a link give it the same end."""
    for letter in shown.letters:
        page = find_link_page(shown, letter.to) if letter.token else None
        mailed = re.search(rf"(?:valable jusqu’au|effaçons le) {DATE}", letter.words)
        read = re.search(rf"Il est valable jusqu’au {DATE}", page.words) if page else None
        if mailed and read and mailed.groups() != read.groups():
            yield say(letter, mailed[0], f"its page says « {read[0]} »")


def rule_what_is_due_is_ahead(shown: Shown, known: Known) -> Iterator[str]:
    """« À faire d’ici au … », « Attendu d’ici au … »: that day has not passed."""
    for where, match in matches(rf"(?:À faire|Attendu) d’ici au {DATE}", shown, Place.SHEET):
        if date(*read_day(match, known.now)) < day_of(known.now):
            yield say(where, match[0], "this has passed")


def rule_a_late_turn_is_as_late_everywhere(shown: Shown, known: Known) -> Iterator[str]:
    """« En retard de … jours »: the list and the page count alike."""
    counts = {
        match[0]: where
        for where, match in matches(
            r"En retard (?:d’un jour|de \d+ jours|depuis aujourd’hui)", shown, Place.SHEET, Place.LIST
        )
    }
    if len(counts) > 1:
        yield f"the turn is late in several ways: {sorted(counts)}"


# People


def rule_the_last_sending_went_where_the_page_says(shown: Shown, known: Known) -> Iterator[str]:
    """« À n.bellanger@…, parti le … »: a link was mailed there."""
    went = {letter.to for letter in known.letters if letter.token}
    for where, match in matches(r"À (\S+@\S+), parti le", shown, Place.SHEET):
        if match[1] not in went:
            yield say(where, match[0], f"links went to {sorted(went)} alone")


def rule_a_refused_address_was_reported(shown: Shown, known: Known) -> Iterator[str]:
    """« adresse refusée le … »: a mail to it came back."""
    reported = [
        act
        for _, act in known.acts
        if "mailbox" in act or "unwanted" in act or "refuses" in act or "returned" in act
    ]
    for where, match in matches(r"[Aa]dresse refusée le", shown, Place.SHEET) if not reported else ():
        yield say(where, match[0], "no mail came back")


def rule_who_has_left_is_not_called_first(shown: Shown, known: Known) -> Iterator[str]:
    """Once « Contact parti » is noted of somebody who was sent no link since, nor spoken with, another one is called first."""
    exchanges = [
        fact
        for fact in list_facts(known)
        if (fact.kind in EXCHANGES and fact.contact is Interlocutor.ANSWERS_TENDER)
        or fact.kind is K.CONTACTS_CONFIRMED
        or fact.actor is Role.COMPANY
    ]
    if not exchanges or exchanges[-1].reason is not Reason.CONTACT_GONE:
        return
    if any(letter.token and letter.to == FIRST and letter.at > exchanges[-1].at for letter in known.letters):
        return
    for screen in shown.list_screens(Place.SHEET):
        match = re.search(r"Appeler (\w+ \w+)", screen.words)
        if match and match[1] == "Nadia Bellanger":
            yield say(screen, match[0], "it was noted that this person has left")


def rule_the_history_names_nobody_outside(shown: Shown, known: Known) -> Iterator[str]:
    """No line of the history names a person of the company, or an address."""
    for screen in shown.list_screens(Place.SHEET):
        for line in screen.facts:
            if re.search(r"Bellanger|Méric|Jeanne Roy|@", line):
                yield say(screen, line, "the history names nobody")


def rule_the_buyer_is_not_spoken_to_as_the_company(shown: Shown, known: Known) -> Iterator[str]:
    """What the buyer reads says « l’entreprise », never « votre entreprise »."""
    for where, match in matches(r"[Vv]otre entreprise", shown):
        reader = where.to if isinstance(where, Letter) else where.reader
        if reader in list_buyer_addresses(known) | {"buyer"}:
            yield say(where, match[0], "its reader is the buyer")


def rule_copies_are_said_deleted_by_who_said_so(shown: Shown, known: Known) -> Iterator[str]:
    """« Vos copies sont supprimées »: the company said so in the passage of this link, and no refusal was undone there since."""
    for page in shown.list_screens(Place.LINK):
        if "Vos copies sont supprimées" not in page.words:
            continue
        of_link = [fact for fact in known.facts if fact.attempt == find_passage_of_link(known, page)]
        answers = [fact.kind for fact in of_link if fact.kind in {K.COPIES_DELETED, K.DECLINE_UNDONE}]
        if answers[-1:] != [K.COPIES_DELETED]:
            yield say(page, "Vos copies sont supprimées", "nobody has said so since a refusal was undone")


def rule_copies_are_asked_of_who_opened(shown: Shown, known: Known) -> Iterator[str]:
    """« Supprimez vos copies »: the documents were opened."""
    opened = any(fact.kind is K.LINK_OPENED for fact in known.facts)
    for where, match in matches(r"Supprimez vos copies", shown, Place.LINK) if not opened else ():
        yield say(where, match[0], "nobody has opened the documents")


def rule_only_other_offers_are_other_demands(shown: Shown, known: Known) -> Iterator[str]:
    """« Vos autres demandes »: another offer has a link to this address. A life has one offer."""
    for where, match in matches(r"Vos autres demandes", shown, Place.LINK):
        yield say(where, match[0], "no other offer has a link")


def rule_a_link_sent_again_goes_to_the_same_address(shown: Shown, known: Known) -> Iterator[str]:
    """« Il va à la même adresse »: the new link went where the one before went."""
    links = [
        letter.to
        for letter in known.letters
        if letter.token and re.search("Nouveau lien|Un jeune attend votre réponse", letter.subject)
        # The second link, which its holder sent to a colleague, is not the one that is sent again.
        if "vous envoie aussi un lien" not in letter.words
    ]
    for where, match in matches(r"Il va à la même adresse", shown, Place.NOTICE):
        if len(links) > 1 and links[-1] != links[-2]:
            yield say(where, match[0], f"links went to {links[-2]}, then to {links[-1]}")


def rule_a_new_link_was_asked_for(shown: Shown, known: Known) -> Iterator[str]:
    """« Nouveau lien »: a link went to this address before."""
    for letter in shown.letters:
        earlier = [
            mail for mail in known.letters if mail.to == letter.to and mail.token and mail.at < letter.at
        ]
        if "Nouveau lien" in letter.subject and not earlier:
            yield say(letter, "Nouveau lien", "no link went there before")


def rule_a_lost_message_brings_a_link_that_went_there(shown: Shown, known: Known) -> Iterator[str]:
    """« Le lien que vous ne retrouviez plus … C’est le même lien qu’avant »: that link went to this very address before."""
    for letter in shown.letters:
        if "ne retrouviez plus" not in letter.subject:
            continue
        if not any(
            (mail.to, mail.token) == (letter.to, letter.token) and mail.at < letter.at
            for mail in known.letters
        ):
            yield say(letter, "le même lien qu’avant", "no such link went there before")


def rule_a_lost_message_says_whether_its_link_opens_the_documents(
    shown: Shown, known: Known
) -> Iterator[str]:
    """« Valable jusqu’au … », « Ce lien n’ouvre plus … »: as the page of the link, once its question is answered."""
    for letter in shown.letters:
        page = find_link_page(shown, letter.to)
        if "ne retrouviez plus" not in letter.subject or page is None:
            continue
        opens = "ouverture" in page.acts
        if opens and "n’ouvre plus" in letter.words:
            yield say(letter, "n’ouvre plus les documents", "the page of the link opens them")
        if not opens and page.title and "valable jusqu’au" in letter.words:
            yield say(letter, "valable jusqu’au", "the page of the link opens nothing")


def rule_an_absence_lasts_as_long_as_was_announced(shown: Shown, known: Known) -> Iterator[str]:
    """« Absence … annoncée du … au … »: the first day is the one of an absence that was announced."""
    absences = [account.absence for account in known.cast.values() if account.absence is not None]
    for where, match in matches(rf"Absence [^.]*annoncée (?:du|le) {DATE}", shown, Place.SHEET):
        if not any(absence.first.day == int(match[1].removesuffix("er")) for absence in absences):
            yield say(where, match[0], f"what was announced is {absences}")


def rule_a_reminder_that_is_shown_left(shown: Shown, known: Known) -> Iterator[str]:
    """« Dernière relance : … »: a reminder left to somebody outside."""
    reminded = [
        letter
        for letter in known.letters
        if letter.to in list_outsiders(known) and REMINDERS.search(letter.subject)
    ]
    for where, match in (
        matches(r"Derni(?:er rappel|ère relance) :", shown, Place.SHEET) if not reminded else ()
    ):
        yield say(where, match[0], "none left")


def rule_an_sms_that_is_told_left(shown: Shown, known: Known) -> Iterator[str]:
    """« SMS envoyé le … », « a envoyé une relance par SMS »: as many left as the history holds, and one at least."""
    noted = sum(fact.kind is K.SMS_SENT for fact in known.facts)
    for where, match in matches(r"SMS envoyé|relance par SMS", shown) if not 0 < noted <= known.texts else ():
        yield say(where, match[0], f"{noted} are noted, {known.texts} left")


def rule_who_is_said_to_have_reported_an_offer_did(shown: Shown, known: Known) -> Iterator[str]:
    """« Le signalement est de … »: who gets the answers did."""
    reporters = list_who(known, " reports the offer")
    for where, match in matches("Le signalement est de", shown):
        who = where.answers_to if isinstance(where, Letter) else known.cast[where.reader].address
        if who not in reporters:
            yield say(where, match[0], f"{who} has reported nothing")


def rule_an_offer_that_is_over_is_not_followed(shown: Shown, known: Known) -> Iterator[str]:
    """Once a passage has ended, no page says « À vous » or « À l’entreprise » of it."""
    ended = find_last(known, *ENDS)
    for screen in shown.list_screens(Place.SHEET) if ended else ():
        if re.match(r"À (vous|l’entreprise|l’achet)", screen.title):
            yield say(screen, screen.title, f"{ended.kind.value if ended else ''} was noted")


def rule_a_free_offer_can_be_taken(shown: Shown, known: Known) -> Iterator[str]:
    """« Cette offre est libre »: nobody follows a passage of it."""
    for screen in shown.list_screens(Place.SHEET):
        if screen.title.startswith("Cette offre est libre") and not is_over(known):
            yield say(screen, screen.title, "a passage is under way")


# What the young person reads


def find_young_page(shown: Shown) -> Screen | None:
    """Return the page that the young person reads, if a passage was begun."""
    return next(iter(shown.list_screens(Place.YOUNG)), None)


def name_awaited(title: str, reader: str) -> str:
    """Return whom a title of the agents' pages names: « l’entreprise », a person of the cast, a role, or nobody."""
    if title.startswith("À vous"):
        return CAST[reader][1]
    match = re.match(r"À ([^:]+) :", title)
    return match[1] if match else ""


def rule_the_young_person_reads_whose_turn_it_is(shown: Shown, known: Known) -> Iterator[str]:
    """« On attend l’entreprise », « On attend Maëlle Vautrin »: the agents' pages name the same, and a passage is under way."""
    page = find_young_page(shown)
    said = page.title.removeprefix("On attend ") if page and page.title.startswith("On attend ") else ""
    if page is None or not said:
        return
    named = {"l’entreprise", *(called for _, called in CAST.values())}
    stand_ins = {account.name for account in known.cast.values() if Role.COORDINATOR in account.roles}
    for sheet in shown.list_screens(Place.SHEET):
        awaited = name_awaited(sheet.title, sheet.reader)
        is_so = awaited == said if said in named else awaited not in {"", "l’entreprise"}
        if (
            said in stand_ins
        ):  # who stands in for a tutor has the turn of coordination, which the others read of
            is_so = awaited in {said, "la coordination"}
        if not is_so or is_over(known):
            yield say(page, page.title, f"{sheet.reader} reads « {sheet.title} »")


HUSHED = "va te donner des nouvelles"
"""On the day in which the tutor may say a refusal first, the dates of documents would give it away: none is shown."""
PAPERS = {
    "Ouverts": K.LINK_OPENED,
    "Lus": K.DOCUMENTS_CONFIRMED,
    "Effacés de ce service": K.DOCUMENTS_ERASED,
}
LEFT = {K.LINK_SENT, K.LINK_MAY_HAVE_LEFT, K.DOCUMENTS_SENT_OUTSIDE}


def rule_the_young_person_reads_what_became_of_the_documents(shown: Shown, known: Known) -> Iterator[str]:
    """« Partis le… », « Ouverts oui », « Lus … »: so of those that left last; a copy may remain of others."""
    page = find_young_page(shown)
    if page is None or HUSHED in page.title:
        return
    has_left = bool(list_facts(known, *LEFT))
    if ("Tes documents Partis le" in page.words) is not has_left:
        yield say(page, "Partis le", f"documents left: {has_left}")
    left_at = max((fact.at for fact in list_facts(known, *LEFT)), default=known.now)
    announced = [fact.at for fact in list_facts(known, K.DEPOSIT_OPENED, K.DOCUMENTS_SENT_OUTSIDE)]
    announced_at = max((at for at in announced if at <= left_at), default=left_at)
    is_copied = bool(list_facts(known, K.LINK_OPENED, K.DOCUMENTS_SENT_OUTSIDE))
    if page.title == "C’est arrêté" and ("peut avoir une copie" in page.words) is not is_copied:
        yield say(page, "peut avoir une copie", f"somebody opened documents: {is_copied}")
    for label, kind in PAPERS.items() if has_left else ():
        happened = any((fact.sent_at or fact.at) >= announced_at for fact in list_facts(known, kind))
        if (f"{label} oui" in page.words) is not happened:
            yield say(page, label, f"{kind.value} happened: {happened}")


def rule_the_young_person_hears_a_refusal_from_the_tutor_first(shown: Shown, known: Known) -> Iterator[str]:
    """« Cette entreprise ne peut pas », « Ce parcours est terminé »: that was noted a day ago at least, but for moments."""
    page = find_young_page(shown)
    hurting = {
        "Cette entreprise ne peut pas": {K.COMPANY_DECLINED},
        "Ce parcours est terminé": ENDS - {K.REVIEW_DONE},
    }
    for sentence, kinds in hurting.items() if page else ():
        first_at = min((fact.at for fact in list_facts(known, *kinds)), default=None)
        is_said = page is not None and sentence in page.words
        if page and is_said and (first_at is None or known.now < first_at + timedelta(days=1, seconds=-1)):
            yield say(page, sentence, f"noted: {first_at}, now: {known.now}")


def rule_the_young_person_reads_of_nobody_outside(shown: Shown, known: Known) -> Iterator[str]:
    """Her page gives no address, no reason, and no number but of who accompanies."""
    page = find_young_page(shown)
    if page is None:
        return
    words = page.words.replace(" ", "")
    for address in (*COMPANY, *(mailbox for mailbox in list_buyer_addresses(known))):
        if address in page.words:
            yield say(page, address, "it is another person's")
    for number in (contact.phone for contact in factories.COMPANY.contacts if contact.phone):
        if number.replace(" ", "") in words:
            yield say(page, number, "it is another person's")


def rule_a_look_that_the_tutor_reads_of_happened(shown: Shown, known: Known) -> Iterator[str]:
    """« La page du jeune a été ouverte, la dernière fois le 3 octobre »: that is the day of the last look."""
    said = (
        r"La page du jeune (?:n’a pas encore été ouverte|a été ouverte, la dernière fois le (\d+|1er) (\w+))"
    )
    for where, match in matches(said, shown, Place.SHEET):
        looked_on = known.looked_on
        read = (int(match[1].removesuffix("er")), MONTHS.index(match[2]) + 1) if match[1] else None
        if read != ((looked_on.day, looked_on.month) if looked_on else None):
            yield say(where, match[0], f"the last look was on {looked_on}")


PRESSED = {
    K.SENDING_STOPPED: ("Tu veux tout arrêter", K.DATA_REQUEST_DISCUSSED),
    K.CANNOT_COME: ("Tu ne peux pas venir le", K.MEETING_KEPT),
}
"""What is pressed on the young person's page → what it asks before, and what must happen before it asks again."""


def rule_the_young_person_reads_what_was_pressed(shown: Shown, known: Known) -> Iterator[str]:
    """That « Je ne veux plus » was pressed: it was, and it is not asked again until the tutor has spoken."""
    page = find_young_page(shown)
    for kind, (asked, answered) in PRESSED.items() if page else ():
        pressed, told = find_last(known, kind), flatten(HAPPENED[kind])
        if page and (told in page.words) is not (pressed is not None):
            yield say(page, told, f"{kind.value} was noted: {pressed is not None}")
        settling = {answered, K.MEETING_MOVED, K.MEETING_FIXED, K.SLOT_ACCEPTED}
        is_settled = any(fact.kind in settling for fact in list_since(known, {kind}))
        if page and pressed and asked in page.words and not is_settled:
            yield say(page, asked, f"{kind.value} was noted, and nothing since")


def rule_what_the_young_person_stops_is_over(shown: Shown, known: Known) -> Iterator[str]:
    """After « Je ne veux plus », until something is sent or agreed anew: no link opens, no meeting is ahead."""
    stopped = find_last(known, K.SENDING_STOPPED)
    page = find_young_page(shown)
    anew = SENDINGS | {K.MEETING_FIXED, K.MEETING_MOVED, K.SLOT_ACCEPTED, K.SLOTS_PROPOSED}
    if stopped is None or any(fact.kind in anew for fact in list_since(known, {K.SENDING_STOPPED})):
        return
    for screen in shown.list_screens(Place.LINK):
        if "ouverture" in screen.acts:
            yield say(screen, "ouverture", "the young person has stopped it")
    for where, match in matches(rf"Ton rendez-vous (?i:{DATE})", shown, Place.YOUNG):
        yield say(where, match[0], "the young person has stopped it")
    since = [act for at, act in known.acts if at >= stopped.at]
    has_waited = any(re.search(r"\bpass(?:es)?$", act) for act in since)
    if page and has_waited and "Effacés de ce service au plus tard" in page.words:
        yield say(page, "Effacés au plus tard", "the young person has stopped it, and time has passed")


def rule_a_receipt_to_the_young_person_is_so(shown: Shown, known: Known) -> Iterator[str]:
    """« Maëlle Vautrin reçoit un message pour t’en parler »: a mail to her left; « L’entreprise ne le sait pas »: none to it."""
    recipients = {letter.to for letter in list_letters_of_act(known)}
    accounts = {account.name: account.address for account in known.cast.values()}
    for where, match in matches(r"(\w+ \w+) reçoit un message pour t’en parler", shown, Place.NOTICE):
        told = {accounts[match[1]]} if match[1] in accounts else set(accounts.values())
        if recipients.isdisjoint(told):
            yield say(where, match[0], f"mails went to {sorted(recipients)} alone")
    for where, match in matches(r"L’entreprise ne le sait pas encore", shown, Place.NOTICE):
        if not recipients.isdisjoint(COMPANY):
            yield say(where, match[0], f"mails went to {sorted(recipients)}")


def rule_the_young_person_reads_the_meeting_of_the_agents(shown: Shown, known: Known) -> Iterator[str]:
    """« Ton rendez-vous : jeudi 3 décembre, de 10 h à 10 h 45 », « venir le … »: the day and hour that the agents' pages give."""
    page = find_young_page(shown)
    said = rf"(?:Ton rendez-vous|Tu ne peux pas venir le) (?i:{DATE}), (?:de |à )?{HOUR}"
    own = (
        {(match[1], match[2], match[4], match[5] or "00") for match in re.finditer(said, page.words)}
        if page
        else set()
    )
    for sheet in shown.list_screens(Place.SHEET) if own else ():
        match = re.match(rf"Rendez-vous le {DATE}, {HOUR}", sheet.title)
        for read in own if match else ():
            if match and read != (match[1], match[2], match[4], match[5] or "00"):
                yield say(sheet, match[0], f"the young person reads {read}")


AGREED = {K.SLOT_ACCEPTED, K.MEETING_FIXED, K.MEETING_MOVED}
FALLS = {K.MEETING_CANCELLED, K.COMPANY_DECLINED, K.SENDING_STOPPED} | ENDS


def rule_a_meeting_that_fell_is_said_to_the_young_person(shown: Shown, known: Known) -> Iterator[str]:
    """« Le rendez-vous du lundi 1er juin n’a pas lieu »: agreed last, it fell before its hour; said until its day is over."""
    page = find_young_page(shown)
    if page is None:
        return
    facts = list_facts(known)
    agreed = find_last(known, *AGREED)
    corrected = [fact.planned_at for fact in known.facts if fact.kind in AGREED and fact not in facts]
    fell = agreed is not None and any(
        fact.kind in FALLS and agreed.planned_at is not None and fact.at < agreed.planned_at
        for fact in list_since(known, AGREED)
    )
    days = [agreed.planned_at] if agreed is not None and fell else []
    read = re.search(rf"Le rendez-vous du {DATE} n’a pas lieu", page.words)
    if read is None:
        for day in days:
            if day is not None and day_of(day) >= day_of(known.now):
                yield say(page, page.title, f"the meeting of {day} fell")
        return
    said = (int(read[1].removesuffix("er")), MONTHS.index(read[2]) + 1)
    told = [day_of(day) for day in (*days, *corrected) if day is not None]
    if said not in {(day.day, day.month) for day in told if day >= day_of(known.now)}:
        yield say(
            page, read[0], f"it was agreed for {agreed.planned_at if agreed else None}, and fell: {fell}"
        )


def rule_the_receipt_of_a_data_request_is_so(shown: Shown, known: Known) -> Iterator[str]:
    """« numéro », « doit répondre le … au plus tard »: the officer has this number and day, a month ahead."""
    said = r", numéro (\S+)\. .*doit répondre le (?:\w+ )?(\d+|1er) (\w+)(?: \d{4})? au plus tard"
    for where, match in matches(said, shown, Place.NOTICE):
        mailed = [letter.words for letter in list_letters_of_act(known)]
        if not any(match[1] in words and f"{match[2]} {match[3]}" in words for words in mailed):
            yield say(where, match[0], f"the mails say {mailed}")
        month = MONTHS.index(match[3]) + 1
        if (month - day_of(known.now).month) % 12 > 1:
            yield say(where, match[0], "this is not a month ahead")


# Signing in

OWING = {"team", "coordinator"}
"""Who owes a passkey, and from when on after the first code that let them in."""
GRACE = timedelta(days=14)
FRESH = timedelta(minutes=15)


def find_owed_at(known: Known, name: str) -> datetime | None:
    """Return from when on a mailed code is not enough for this person, who has no passkey; None: never."""
    entrance = known.entrances.get(name)
    if name not in OWING or entrance is None or entrance.passkeys or entrance.code_at is None:
        return None
    return entrance.code_at + GRACE


def rule_a_passkey_is_owed_from_the_day_that_pages_say(shown: Shown, known: Known) -> Iterator[str]:
    """« À partir du …, un code par message ne suffira plus »: who owes a passkey reads it until then, and nobody else."""
    said = r"À partir du (\d+|1er) (\w+) (\d{4}), un code par message ne suffira plus"
    for screen in shown.list_screens(Place.ACCOUNT):
        owed_at, match = find_owed_at(known, screen.reader), re.search(said, screen.words)
        is_ahead = owed_at is not None and known.now < owed_at
        local = owed_at.astimezone(PARIS) if owed_at and is_ahead else None
        if (read_day(match, known.now) if match else None) != (
            (local.year, local.month, local.day) if local else None
        ):
            yield say(screen, match[0] if match else "", f"a passkey is owed from {owed_at} on")


def rule_a_code_opens_an_account_until_a_passkey_is_wanted(shown: Shown, known: Known) -> Iterator[str]:
    """« ne suffit pas à ouvrir votre compte », after a code: its person has a passkey, or owes one past the grace."""
    for screen in shown.list_screens(Place.ENTRANCE):
        owed_at = find_owed_at(known, screen.reader)
        has_passkey = (
            bool(known.entrances[screen.reader].passkeys) if screen.reader in known.entrances else False
        )
        is_wanted = has_passkey or (owed_at is not None and known.now >= owed_at)
        if ("ne suffit pas à ouvrir votre compte" in screen.words) is not is_wanted:
            yield say(screen, "ne suffit pas", f"a passkey is wanted: {is_wanted}")


def rule_the_passkeys_that_are_listed_are_those_added(shown: Shown, known: Known) -> Iterator[str]:
    """« Mon compte »: as many as were added and not removed, by the names that they were given."""
    for screen in shown.list_screens(Place.ACCOUNT):
        entrance = known.entrances.get(screen.reader)
        names = [name for name, _ in entrance.passkeys] if entrance else []
        if re.findall(r"Clé numéro \d+(?= Ajoutée le)", screen.words) != names:
            yield say(screen, "Ajoutée le", f"the passkeys are {names}")


def rule_a_sign_in_that_is_too_old_is(shown: Shown, known: Known) -> Iterator[str]:
    """« cette action est sensible »: their connection is too old for it."""
    for where, match in matches("cette action est sensible", shown, Place.HELD_BACK):
        assert isinstance(where, Screen)
        entrance = known.entrances.get(where.reader)
        if entrance is None or entrance.began_at is None or known.now - entrance.began_at < FRESH:
            yield say(where, match[0], f"it is of {entrance.began_at if entrance else None}")


def rule_a_passkey_is_offered_to_who_needs_none(shown: Shown, known: Known) -> Iterator[str]:
    """« Pour vous connecter sans code »: its reader has no passkey, and owes none."""
    for screen in shown.list_screens(Place.ENTRANCE):
        entrance = known.entrances.get(screen.reader)
        has_passkey = entrance is not None and bool(entrance.passkeys)
        if "Pour vous connecter sans code" in screen.words and (has_passkey or screen.reader in OWING):
            yield say(screen, "Pour vous connecter sans code", f"a passkey is there: {has_passkey}, or owed")


ENTRANCES = {
    "clé d’accès est ajoutée": "{} adds a passkey",
    "clé d’accès est retirée": "{} removes a passkey",
    "clés d’accès sont retirées": "team removes the {}'s passkeys",
    "avez retiré des clés d’accès": "{} removes the tutor's passkeys",
    "compte est lié à ProConnect": "{} signs in with ProConnect",
    "n’est plus lié à ProConnect": "team unlinks the {} from ProConnect",
}
"""What the subject of a mail about signing in says → the act that it follows, with the name of its reader."""


def rule_a_mail_about_signing_in_follows_its_act(shown: Shown, known: Known) -> Iterator[str]:
    """« Une clé d’accès est ajoutée », « n’est plus lié »: just now, to the account; « le confirme »: it left."""
    names = {account.address: name for name, account in known.cast.items()}
    for letter in shown.letters:
        for subject, act in ENTRANCES.items():
            if subject in letter.subject and known.act != act.format(names.get(letter.to)):
                yield say(letter, letter.subject, f"the last act was « {known.act} »")
    for where, match in matches("Un message le confirme à votre adresse", shown, Place.NOTICE):
        assert isinstance(where, Screen)
        subjects = [mail.subject for mail in list_letters_of_act(known) if names.get(mail.to) == where.reader]
        if not any("clé d’accès est" in subject for subject in subjects):
            yield say(where, match[0], f"the mails to this person are {subjects}")


def rule_an_account_is_linked_with_proconnect_where_it_says_so(shown: Shown, known: Known) -> Iterator[str]:
    """« Ce compte est lié à ProConnect depuis le … »: since the first sign-in there that nobody undid."""
    for screen in shown.list_screens(Place.ACCOUNT):
        entrance = known.entrances.get(screen.reader)
        linked_at = entrance.linked_at if entrance else None
        match = re.search(rf"lié à ProConnect depuis le {DATE}, {HOUR}", screen.words)
        day = (day_of(linked_at).year, day_of(linked_at).month, day_of(linked_at).day) if linked_at else None
        if (read_day(match, known.now) if match else None) != day:
            yield say(screen, match[0] if match else "", f"the account is linked since {linked_at}")


RULES: dict[str, Rule] = {
    name.removeprefix("rule_"): rule for name, rule in list(globals().items()) if name.startswith("rule_")
}
"""Every rule of this module, by its name."""


def list_violations(shown: Shown, known: Known) -> dict[str, list[str]]:
    """Return what each rule finds false; rules that find nothing are left out."""
    violations = {name: list(rule(shown, known)) for name, rule in RULES.items()}
    return {name: lines for name, lines in violations.items() if lines}

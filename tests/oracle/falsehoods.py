"""For each rule, a sentence that was rendered and is made false on purpose: a rule that keeps silent then is blind.

What is changed was really shown in the lives ``PLAYED``: where a sentence is written anew, its rule and this table follow.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chalicelib.domain.kernel.timeline import EventKind
from chalicelib.words.young import HAPPENED
from tests.oracle.life import FIRST, Known
from tests.oracle.lives import DATED, HELD, READ, SENT
from tests.oracle.shown import Letter, Place, Screen, Shown, flatten

Moment = tuple[Shown, Known]
Lie = Callable[[Shown, Known], Moment]
PLAYED: tuple[tuple[str, ...], ...] = (
    (
        *DATED,
        "tutor accepts a date",
        "tutor moves the meeting",
        "a week passes",
        "tutor notes: meeting missed",
    ),
    (
        *SENT,
        "the mail is returned",
        "a week passes",
        "tutor sends the link again",
        "the mailbox refuses the mail",
    ),
    ("tutor takes the offer", "tutor sends to the second contact", "tutor asks for an SMS"),
    (*SENT, "company loses the message", "tutor notes: contact gone"),
    (*SENT, "tutor withdraws the sending", "team hands over to the other tutor", "team opens one by one"),
    ("tutor takes the offer", "tutor announces an absence", "a day passes"),
    (
        *DATED,
        "tutor accepts a date",
        "company cancels the meeting",
        "tutor pauses",
        "team hands over to the other tutor",
        "an hour passes",
    ),
    (*READ, "company declines", "company says that its copies are deleted", "tutor gives the offer back"),
    (
        *READ,
        "tutor notes: dates promised",
        "an hour passes",
        "young person objects",
        "tutor notes that the young person withdrew",
    ),
    (
        *DATED,
        "tutor accepts a date",
        "the meeting is put in doubt",
        "young person stops",
        "tutor fixes a meeting",
        "an hour passes",
    ),
    ("tutor takes the offer", "tutor sends to the buyer", "a week passes", "tutor gives the offer back"),
    (*SENT, "company opens", "company adds a colleague", "young person stops"),
    ("other tutor reports the offer", "tutor takes the offer", "tutor reports the offer"),
    (
        *HELD,
        "tutor notes: convention sent",
        "buyer notes: signed by company",
        "tutor notes: signed by school",
    ),
    (
        "tutor signs in with ProConnect",
        "team signs in with a code",
        "twenty minutes pass",
        "team unlinks the tutor from ProConnect",
        "team adds a passkey",
        "coordinator signs in with a code",
        "sixteen days pass",
        "coordinator signs in with a code",
        "tutor adds a passkey",
        "tutor adds a passkey",
        "tutor renames a passkey",
        "tutor signs in with a code",
        "team removes the tutor's passkeys",
        "tutor removes a passkey",
    ),
)
"""What is lived so that everything is shown that the lies change."""


def screen(place: Place, old: str, new: str, *, acts: frozenset[str] | None = None) -> Lie:
    """Return the lie that writes something else in the place of what matches ``old`` on these screens, which offer ``acts``."""

    def lie(shown: Shown, known: Known) -> Moment:
        return replace(
            shown, screens=tuple(_rewrite(page, place, old, new, acts) for page in shown.screens)
        ), known

    return lie


def _rewrite(page: Screen, place: Place, old: str, new: str, acts: frozenset[str] | None) -> Screen:
    """Return the screen with something else in the place of what matches ``old``, if it is one of this place."""
    if page.place is not place or not re.search(old, f"{page.title} {page.words}"):
        return page
    return replace(
        page,
        words=re.sub(old, new, page.words),
        title=re.sub(old, new, page.title),
        facts=tuple(re.sub(old, new, line) for line in page.facts),
        done=tuple(re.sub(old, new, step) for step in page.done),
        acts=page.acts if acts is None else acts,
    )


def letter(old: str, new: str, **fields: str) -> Lie:
    """Return the lie that writes something else in the place of what matches ``old`` in mails; ``fields`` are replaced whole."""

    def lie(shown: Shown, known: Known) -> Moment:
        letters = tuple(_rewrite_letter(mail, old, new, fields) for mail in shown.letters)
        kept = tuple(mail for mail in known.letters if mail not in shown.letters)
        return replace(shown, letters=letters), replace(known, letters=(*kept, *letters))

    return lie


def _rewrite_letter(mail: Letter, old: str, new: str, fields: dict[str, str]) -> Letter:
    """Return the mail with something else in the place of what matches ``old``."""
    if not re.search(old, f"{mail.subject} {mail.words}"):
        return mail
    changed = replace(mail, words=re.sub(old, new, mail.words), subject=re.sub(old, new, mail.subject))
    return replace(changed, **fields)  # type: ignore[arg-type]


def refused(shown: Shown, known: Known) -> Moment:
    """Let the last act have been refused."""
    return shown, replace(known, refused="409 Ce n’est plus possible")


def stored(shown: Shown, known: Known) -> Moment:
    """Let a sealed document still be stored."""
    return shown, replace(known, documents=1)


def without(*names: str) -> Lie:
    """Return the lie that nobody of these names has an open account."""

    def lie(shown: Shown, known: Known) -> Moment:
        cast = {
            name: replace(account, closed_at=known.now - timedelta(days=1)) if name in names else account
            for name, account in known.cast.items()
        }
        return shown, replace(known, cast=cast)

    return lie


def entered_late(shown: Shown, known: Known) -> Moment:
    """Let every session have begun just now."""
    entrances = {name: replace(entrance, began_at=known.now) for name, entrance in known.entrances.items()}
    return shown, replace(known, entrances=entrances)


def unmailed(shown: Shown, known: Known) -> Moment:
    """Let no mail have left."""
    return replace(shown, letters=()), replace(known, letters=())


def misdirected(shown: Shown, known: Known) -> Moment:
    """Let each new link have gone elsewhere."""
    letters = tuple(
        replace(mail, to="x@y.example") if "Nouveau lien" in mail.subject else mail for mail in known.letters
    )
    return shown, replace(known, letters=letters)


def both(first: Lie, second: Lie) -> Lie:
    """Return the lie that tells two."""
    return lambda shown, known: second(*first(shown, known))


ACCOUNT = Place.ACCOUNT
SHEET, LIST, LINK, NOTICE, YOUNG = Place.SHEET, Place.LIST, Place.LINK, Place.NOTICE, Place.YOUNG
FALSEHOODS: dict[str, Lie] = {
    "nobody_answered_means_no_answer": screen(SHEET, "choisissez une date", "appelez, personne n’a répondu"),
    "never_opened_means_unopened": screen(SHEET, "J’ai bien pu lire", "Le lien n’est pas encore ouvert"),
    "could_read_means_said_so": letter("Un jeune attend votre réponse", "L’entreprise a pu lire"),
    "a_step_is_done_if_its_event_happened": screen(SHEET, "^Lien envoyé$|Documents à envoyer", "Convention signée"),
    "documents_that_wait_can_be_opened": letter("Lien envoyé|Le rendez-vous est fixé", "les documents vous attendent"),
    "only_other_offers_are_other_demands": screen(LINK, "attend votre réponse", "Vos autres demandes"),
    "the_same_link_is_the_same": letter("Nouveau lien", "Vous avez déjà reçu ce lien", token="x" * 43),
    "the_link_of_a_mail_gives_something": screen(LINK, "attend votre réponse", "Ce lien ne donne plus rien"),
    "a_link_that_works_works": screen(LINK, "$", " Ce lien ne donne plus rien."),
    "a_withdrawn_link_is_dead": screen(LINK, "Ce lien ne donne plus rien", "attend votre réponse"),
    "erased_documents_are_gone": stored,
    "nothing_left_means_no_link_left": screen(SHEET, "a envoyé le lien", "rien n’est encore parti"),
    "i_wrote_to_you_means_this_account_wrote": letter("Bonjour", "Je vous ai écrit", answers_to="x@y.example"),
    "a_named_writer_wrote": letter("Bonjour", "Karim Solenne vous a écrit"),
    "i_took_the_offer_means_she_did": letter("Bonjour", "Je viens de prendre l’offre", answers_to="x@y.example"),
    "who_signs_gets_the_answers": letter("Je suis", "Je suis", answers_to="x@y.example"),
    "who_is_named_next_can_act": screen(SHEET, "À l’entreprise :", "À Maëlle Vautrin :"),
    "a_role_that_is_awaited_is_filled": both(
        screen(SHEET, "À l’entreprise :", "À la coordination :"), without("coordinator")
    ),
    "all_pages_name_one_turn": screen(SHEET, "À l’entreprise : proposer", "À vous : proposez"),
    "the_list_says_what_the_page_says": screen(LIST, "[Pp]roposer des dates", "ouvrir le lien"),
    "nothing_awaited_means_nobody_is": screen(SHEET, "À faire d’ici", "Rien à faire pour le moment"),
    "what_is_yours_can_be_done_here": screen(SHEET, "À vous : choisissez", "À vous : choisissez", acts=frozenset()),
    "what_is_offered_is_not_refused": refused,
    "what_the_company_is_asked_for_is_on_its_page": screen(LINK, "$", "", acts=frozenset()),
    "a_mail_asks_for_what_its_page_offers": both(
        letter("Un jeune attend votre réponse", "Proposer des dates"), screen(LINK, "Quelle adresse a reçu", "")
    ),
    "who_is_said_to_be_told_gets_a_mail": unmailed,
    "nobody_gets_a_mail_means_nobody": screen(NOTICE, "$", " personne ne reçoit de message"),
    "mails_go_to_people_who_are_known": letter("Bonjour", "Bonjour", to="inconnu@ailleurs.example"),
    "an_address_is_of_an_account_where_its_mail_says_so": letter("Votre adresse a été", "celle de votre compte", to=FIRST),
    "closed_accounts_get_no_turns": without("tutor", "other tutor"),
    "one_reminder_a_day": letter("^.*", "Rappel", to=FIRST),
    "a_pause_is_one": letter("^.*", "Rappel", to=FIRST),
    "reminders_ask_while_something_is_awaited": letter("a refusé", "a refusé", to=FIRST, subject="Rappel"),
    "a_held_passage_writes_to_nobody_outside": letter("^.*", "Rappel", to=FIRST, subject="Rappel"),
    "a_held_passage_moves_nothing_on": screen(LINK, "$", "", acts=frozenset({"ouverture"})),
    "a_meeting_has_one_date": screen(SHEET, r"Rendez-vous le \w+ \d+", "Rendez-vous le lundi 1"),
    "an_invitation_gives_the_date_of_the_pages": screen(SHEET, r"Rendez-vous le \w+ \d+", "Rendez-vous le lundi 1"),
    "the_calendar_feed_has_the_meeting_of_the_page": screen(Place.FEED, r"T\d{6}", "T030000"),
    "a_cancelled_meeting_was_no_absence": screen(SHEET, "annulé le rendez-vous", "a annulé, pas venue"),
    "a_link_lasts_as_long_as_its_mail_says": letter(r"(jusqu’au|effaçons le) \w+ \d+", r"\1 lundi 1"),
    "what_is_due_is_ahead": screen(SHEET, r"d’ici au \w+ \d+ \w+", "d’ici au lundi 1 juin"),
    "a_late_turn_is_as_late_everywhere": screen(SHEET, "$", " En retard de 3 jours En retard de 4 jours"),
    "the_last_sending_went_where_the_page_says": screen(SHEET, r"À \S+@\S+, parti le", "À x@y.example, parti le"),
    "a_refused_address_was_reported": screen(SHEET, "vérifié le", "adresse refusée le"),
    "who_has_left_is_not_called_first": screen(SHEET, r"Appeler \w+ \w+", "Appeler Nadia Bellanger"),
    "the_history_names_nobody_outside": screen(SHEET, "L’entreprise a", "Nadia Bellanger a"),
    "the_buyer_is_not_spoken_to_as_the_company": letter("l’entreprise", "votre entreprise"),
    "copies_are_said_deleted_by_who_said_so": screen(LINK, "$", " Vos copies sont supprimées"),
    "copies_are_asked_of_who_opened": screen(LINK, "$", " Supprimez vos copies"),
    "a_link_sent_again_goes_to_the_same_address": misdirected,
    "a_new_link_was_asked_for": letter("Un jeune attend votre réponse", "Nouveau lien. Un jeune attend votre réponse"),
    "a_lost_message_brings_a_link_that_went_there": letter("retrouviez", "retrouviez", to="x@y.example"),
    "a_lost_message_says_whether_its_link_opens_the_documents": both(
        letter("C’est le même lien qu’avant", "Ce lien n’ouvre plus les documents"),
        screen(LINK, "$", "", acts=frozenset({"ouverture"})),
    ),
    "an_absence_lasts_as_long_as_was_announced": screen(SHEET, r"annoncée du \w+ \d+", "annoncée du lundi 1"),
    "a_reminder_that_is_shown_left": screen(SHEET, "parti le", "Dernière relance :"),
    "an_sms_that_is_told_left": screen(SHEET, "parti le", "SMS envoyé le"),
    "who_is_said_to_have_reported_an_offer_did": letter("Bonjour", "Le signalement est de", answers_to="x@y.example"),
    "the_young_person_reads_whose_turn_it_is": screen(YOUNG, "On attend l’entreprise", "On attend Karim Solenne"),
    "the_young_person_reads_what_became_of_the_documents": screen(YOUNG, "Lus pas", "Lus oui"),
    "the_young_person_hears_a_refusal_from_the_tutor_first": screen(YOUNG, "$", " Cette entreprise ne peut pas"),
    "the_young_person_reads_of_nobody_outside": screen(YOUNG, "$", f" {FIRST}"),
    "the_young_person_reads_what_was_pressed": screen(YOUNG, flatten(HAPPENED[EventKind.SENDING_STOPPED]), ""),
    "what_the_young_person_stops_is_over": screen(YOUNG, "$", " Ton rendez-vous Lundi 1 juin"),
    "a_receipt_to_the_young_person_is_so": unmailed,
    "the_young_person_reads_the_meeting_of_the_agents": screen(YOUNG, r"Ton rendez-vous (\w+) \d+", r"Ton rendez-vous \1 1"),
    "a_meeting_that_fell_is_said_to_the_young_person": screen(YOUNG, "$", " Le rendez-vous du lundi 1er juin n’a pas lieu"),
    "the_receipt_of_a_data_request_is_so": screen(NOTICE, ", numéro ", ", numéro x"),
    "a_look_that_the_tutor_reads_of_happened": screen(
        SHEET, "n’a pas encore été ouverte", "a été ouverte, la dernière fois le 3 mars"
    ),
    "an_offer_that_is_over_is_not_followed": screen(SHEET, "^", "À vous : envoyez"),
    "a_passkey_is_owed_from_the_day_that_pages_say": screen(ACCOUNT, r"À partir du \w+", "À partir du 40"),
    "a_code_opens_an_account_until_a_passkey_is_wanted": screen(Place.ENTRANCE, "ne suffit pas à ouvrir", "ouvre"),
    "the_passkeys_that_are_listed_are_those_added": screen(ACCOUNT, r"Clé numéro \d+", "Clé numéro 99"),
    "a_sign_in_that_is_too_old_is": entered_late,
    "a_passkey_is_offered_to_who_needs_none": screen(Place.ENTRANCE, "$", " Pour vous connecter sans code"),
    "a_mail_about_signing_in_follows_its_act": letter("clé d’accès est ajoutée", "clé d’accès est retirée"),
    "an_account_is_linked_with_proconnect_where_it_says_so": screen(ACCOUNT, r"(lié à ProConnect depuis le \w+) \d+", r"\1 40"),
    "a_free_offer_can_be_taken": screen(SHEET, "À l’entreprise : ", "Cette offre est libre "),
}  # fmt: skip
"""By rule, the lie that it must notice."""

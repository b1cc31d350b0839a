"""What protects, in French, each with the tests that fail without it: the papers about risks name them."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from infra.package import ROOT

TESTS = ROOT / "tests"


class Measure(NamedTuple):
    """One measure that is in the product, and the tests that hold it, as ``path::name`` below ``tests``."""

    title: str
    text: str
    """``{figures}`` are names of delays."""
    tests: tuple[str, ...]


def _measure(title: str, text: str, *tests: str) -> Measure:
    return Measure(title, text, tests)


MEASURES: Mapping[str, Measure] = {
    "scelle": _measure(
        "Documents scellés dans le navigateur",
        "Le CV et la lettre sont réécrits puis chiffrés (AES-256-GCM) dans le navigateur de la personne qui suit le jeune, "
        "avant de partir. Le stockage ne reçoit que des octets chiffrés, d’une taille et d’une empreinte annoncées.",
        "unit/test_seal.py::test_one_changed_bit_anywhere_opens_nothing",
        "security/test_upload_form.py::test_b07_other_bytes_of_the_same_size_are_refused",
        "security/test_upload_form.py::test_b06_a_form_with_a_field_changed_stores_nothing",
    ),
    "cles": _measure(
        "Clés liées au destinataire",
        "La clé de chaque document est enveloppée par KMS pour son envoi, sa nature et son adresse de destination. Réécrire une "
        "adresse dans une table n’ouvre pas le document.",
        "security/test_forgery.py::test_a_link_whose_address_is_rewritten_and_mailed_again_opens_nothing",
        "architecture/test_rights.py::test_a_key_serves_its_named_roles_and_is_denied_to_everyone_else",
    ),
    "lien": _measure(
        "Un lien, un navigateur",
        "Un lien s’ouvre dans un seul navigateur, qui relit pendant {opened_hours} au plus. Les tables gardent l’empreinte du "
        "secret, pas le secret. Regarder un lien, même par un robot, n’y change rien.",
        "races/test_one_winner.py::test_of_200_browsers_exactly_one_opens",
        "security/test_inert_links.py::test_a_robot_that_runs_scripts_and_presses_everything_changes_nothing",
        "security/test_forgery.py::test_a_forged_pointer_opens_nothing",
    ),
    "destinataire": _measure(
        "Adresse confirmée avant l’envoi",
        "Une adresse part sans question si elle était dans la fiche à la déclaration de l’offre et que personne n’y a touché. "
        "Sinon la personne qui envoie la confirme, en voyant d’où elle vient.",
        "unit/test_recipients.py::test_an_address_of_any_other_origin_is_asked_about",
        "unit/test_recipients.py::test_a_touched_address_makes_no_domain_known",
        "integration/test_reach_attacks.py::test_a_buyer_whom_the_team_changed_before_the_sealing_raises_a_doubt",
    ),
    "roles": _measure(
        "Un rôle par programme",
        "Chaque programme a son rôle, avec les seuls droits dont il se sert. Un rôle prêté hors de son programme ne "
        "lit ni table, ni clé, et n’envoie rien.",
        "architecture/test_rights.py::test_a_function_may_do_what_the_design_says_and_nothing_else",
        "security/test_roles.py::test_a_role_may_do_what_its_function_needs_and_nothing_else",
        "security/test_roles.py::test_a_role_that_is_lent_to_somebody_may_do_nothing_of_it",
        "security/test_lent_roles.py::test_the_mailers_role_lent_to_somebody_reads_nothing",
    ),
    "droits": _measure(
        "Des droits par rôle",
        "Chaque page et chaque geste a sa ligne dans une table des droits : tutrice ou tuteur, coordination, acheteur, "
        "prescripteur, équipe. L’équipe n’a pas accès aux documents.",
        "security/test_matrix.py::test_everybody_gets_what_the_table_says",
        "security/test_matrix.py::test_every_route_has_its_row_and_every_row_its_route",
        "unit/test_people.py::test_the_team_never_sends",
    ),
    "connexion": _measure(
        "Connexion par code envoyé",
        "Pas de mot de passe : une clé d’accès, ProConnect, ou un code à usage unique, valable {code_minutes}, dans le navigateur "
        "qui l’a demandé. La session "
        "s’arrête après {session_idle_hours} sans geste, {session_hours} en tout. Les essais sont comptés.",
        "bad_input/test_bad_sessions.py::test_a_code_opens_only_in_the_browser_that_asked",
        "bad_input/test_bad_sessions.py::test_five_wrong_codes_kill_the_right_one",
        "integration/test_sign_in_quotas.py::test_the_odds_of_guessing_are_below_what_is_promised_whatever_is_set",
        "bad_input/test_bad_sessions.py::test_a_session_ends_after_two_idle_hours",
    ),
    "pseudonyme": _measure(
        "Aucun nom de jeune dans l’historique",
        "Un parcours porte une référence tirée au hasard. L’historique est fait de codes, de nombres et d’instants : aucun champ "
        "n’y prend de texte libre.",
        "unit/test_timeline.py::test_an_event_has_no_room_for_a_word",
        "unit/test_record.py::test_no_field_is_about_a_young_person",
        "security/test_canaries.py::test_each_mark_stands_where_it_must_and_nowhere_else",
    ),
    "journaux": _measure(
        "Journaux sans personne",
        "Une ligne de journal est faite de champs permis : ni nom, ni adresse, ni code, ni lien, ni texte d’une erreur. Elle reste "
        "{log_days}.",
        "architecture/test_imports.py::test_every_log_line_is_made_of_allowed_fields",
        "architecture/test_imports.py::test_no_field_of_the_log_could_hold_a_person",
        "architecture/test_template.py::test_the_api_logs_neither_paths_nor_people",
    ),
    "releve": _measure(
        "Qui a fait quoi, relevé et inaltérable",
        "Un geste sous un compte, une page ou un fichier avec des contacts, une connexion : une ligne dit quel compte, quoi, sur quel "
        "parcours, quand, dans quelle session, sans nom ni adresse. Elle est écrite avec le geste ou avant la page ; aucun programme "
        "ne peut la lire, la changer ni l’effacer. Elle reste {audit_months} (CNIL, délibération n° 2021-122).",
        "security/test_matrix.py::test_everybody_gets_what_the_table_says",
        "integration/test_audit.py::test_a_row_holds_account_act_parcours_instant_and_session_and_nothing_else",
        "architecture/test_template.py::test_no_row_of_the_audit_trail_is_changed_by_anybody_and_web_alone_adds_one",
    ),
    "effacement": _measure(
        "Effacement à la minute, prouvé chaque nuit",
        "Un programme efface chaque minute ce qui est à son terme, en {erased_minutes} au plus. Chaque nuit, des documents "
        "inventés sont envoyés, ouverts et effacés, et le stockage est comparé aux tables. Un écart alerte l’astreinte.",
        "integration/test_retention.py::test_a_year_after_a_passage_ended_nothing_of_its_history_is_left",
        "faults/test_relay_faults.py::test_what_is_due_is_gone_after_two_more_minutes_whatever_breaks",
        "integration/test_erasure_proof.py::test_a_synthetic_deposit_is_sent_opened_and_erased_in_time",
        "integration/test_erasure_proof.py::test_an_object_that_stays_after_its_erasure_is_noticed",
    ),
    "sans_copie": _measure(
        "Pas de copie de ce qui est effacé",
        "Le stockage des documents n’a ni versions, ni réplique, ni inventaire ; la table des envois n’a pas de sauvegarde. Les "
        "règles de ces deux ressources refusent qu’on en crée, et un changement alerte l’astreinte.",
        "architecture/test_template.py::test_the_bucket_keeps_no_copy_and_answers_one_site",
        "architecture/test_template.py::test_the_table_without_backup_denies_its_copies_to_everybody",
        "security/test_roles.py::test_the_bucket_keeps_no_versions_or_copies_of_erased_objects",
    ),
    "registre": _measure(
        "Un registre que le code applique",
        "Une seule table dit ce qui est gardé, sur qui, pourquoi, combien de temps. L’effacement, la page des données, la notice "
        "et la fiche de registre en sont faits.",
        "architecture/test_register.py::test_every_key_that_a_store_writes_has_its_row",
        "architecture/test_register.py::test_something_ends_each_row",
        "architecture/test_register.py::test_the_minute_function_handles_what_the_register_says_and_nothing_else",
    ),
    "pdf": _measure(
        "PDF réécrits, lus par un programme enfermé",
        "Un document est réécrit sans ce qui agit (scripts, pièces jointes, actions). L’inspection n’accepte que cette forme, dans "
        "un processus sans réseau, sans fichier et sans droit. Ce n’est pas un antivirus.",
        "unit/test_rewriting.py::test_whatever_a_stranger_writes_comes_out_harmless_or_not_at_all",
        "unit/test_pdf_process.py::test_a_confined_process_opens_nothing_and_stays_small",
        "unit/test_pdf_process.py::test_the_child_cannot_read_its_parents_credentials",
    ),
    "pages": _measure(
        "Pages fermées aux autres sites",
        "Chaque réponse porte une politique de contenu stricte ; aucun script, police ou image ne vient d’ailleurs. Un geste posté "
        "par un autre site est refusé ; un geste répété est un seul geste.",
        "security/test_headers.py::test_every_route_and_method_answers_with_the_headers",
        "bad_input/test_bad_sessions.py::test_what_another_site_posts_is_refused",
        "security/test_repeated_posts.py::test_every_post_of_the_site_is_sent_twice",
        "unit/test_pages_and_mails.py::test_pages_hold_our_sheets_alone_and_load_nothing_from_elsewhere",
    ),
    "transactions": _measure(
        "Une décision, une transaction",
        "Ce qui change, l’historique et les messages sont écrits ensemble ou pas du tout, à condition que ce qui a été lu soit "
        "encore là. Une panne au milieu ne laisse pas de demi-geste.",
        "integration/test_commit.py::test_what_was_changed_meanwhile_is_not_written_over",
        "faults/test_relay_faults.py::test_an_inspected_document_leaves_once_whatever_breaks",
        "faults/test_interleavings.py::test_two_purges_at_once_tell_one_erasure",
    ),
    "alarmes": _measure(
        "Alarmes et verrous surveillés",
        "Pannes, retards d’effacement, liens forgés, refus de clés : chaque alarme écrit à l’astreinte, aux heures qu’elle tient, et a sa "
        "page dans le manuel d’astreinte. Toucher une clé, un rôle, un programme ou la surveillance est signalé en quelques minutes.",
        "architecture/test_alarms.py::test_an_alarm_turns_red_and_green_again",
        "architecture/test_alarms.py::test_whoever_touches_a_lock_is_heard",
        "architecture/test_alarms.py::test_every_use_of_a_key_by_another_than_its_roles_is_seen",
        "architecture/test_alarms.py::test_a_change_of_a_role_its_trust_or_its_policies_is_read_in_the_trail",
    ),
    "trace": _measure(
        "Trace de l’administration",
        "Ce qui est fait dans le compte d’hébergement est enregistré, {trail_days} dans le stockage que la pile fait pour cette "
        "seule trace ; un compte qui a la sienne la garde à sa façon. "
        "Elle ne retient pas l’adresse IP des destinataires.",
        "architecture/test_alarms.py::test_a_trail_records_what_is_done_everywhere_and_no_recipients_browser",
        "architecture/test_alarms.py::test_the_trails_bucket_is_written_by_our_trail_alone_and_public_to_nobody",
    ),
    "sauvegarde": _measure(
        "Sauvegarde de ce qui se suit",
        "L’historique, les comptes et les contacts reviennent à un instant choisi des {backup_days} passés. Une restauration ne "
        "ramène aucun parcours effacé depuis, et n’écrase rien. De ceux qui l’ont été sur demande, elle exige la liste, que garde la "
        "déléguée à la protection des données.",
        "integration/test_restore.py::test_all_that_was_lost_comes_back_with_its_lists",
        "integration/test_restore.py::test_a_restore_brings_back_nothing_erased_since_the_backup",
        "integration/test_restore.py::test_a_restore_leaves_out_what_was_erased_on_request",
        "integration/test_restore.py::test_after_a_lost_region_the_timeline_is_back_and_the_tutor_sends_anew",
    ),
    "retour": _measure(
        "Mise en service réversible",
        "Une version est essayée avant de servir, et le trafic revient en secondes à la dernière qui a marché. Une mise à jour qui "
        "perdrait une table est refusée.",
        "deploy/test_rolling_back.py::test_an_upgrade_serves_nobody_until_it_was_tried_and_a_roll_back_moves_traffic_alone",
        "deploy/test_refusals.py::test_an_update_that_would_lose_a_table_is_refused_before_anybody_is_asked",
    ),
    "afflux": _measure(
        "Afflux et inondations",
        "Chaque porte a sa limite par seconde ; une source qui inonde est arrêtée si le déploiement le demande ; qui est refusé lit combien attendre et ne perd pas ce "
        "qui était saisi. Ce qui efface et envoie a ses propres places où le compte en a.",
        "architecture/test_floods.py::test_a_door_that_a_flood_knocks_at_leaves_the_other_pages_room",
        "architecture/test_floods.py::test_one_laptop_does_not_shut_a_door_for_everybody",
        "architecture/test_floods.py::test_each_function_has_places_of_its_own_where_the_account_has_them",
    ),
    "messages": _measure(
        "Messages qui ne disent rien du jeune",
        "Un message mène à une page au plus, ne charge rien et ne nomme pas le jeune. Ce que quelqu’un a saisi n’y devient pas un "
        "lien. Un message refusé est montré à la personne qui suit.",
        "unit/test_pages_and_mails.py::test_a_mail_leads_to_one_page_at_most_and_loads_nothing",
        "security/test_canaries.py::test_each_mark_stands_where_it_must_and_nowhere_else",
        "integration/test_mail_injection.py::test_what_people_typed_is_no_link_in_a_mail_however_deep_it_stands",
        "architecture/test_template.py::test_no_bounce_is_mailed_with_the_link_that_it_holds",
    ),
    "personnes": _measure(
        "Une demande est gardée, et suspend l’envoi",
        "Un formulaire sans compte prend les demandes d’accès, de rectification, d’effacement, d’opposition et de limitation. Tant "
        "que la personne qui suit n’a pas parlé avec le jeune, rien ne part et rien n’avance ; la déléguée lit ce qu’il en est "
        "advenu. Une demande est gardée {retention_months} après "
        "la date à laquelle la réponse est due, répondue ou non ; si elle n’arrive pas, l’astreinte est alertée ; sans réponse notée, la "
        "déléguée est relancée avant l’échéance.",
        "integration/test_rights_requests.py::test_a_rights_request_is_mailed_to_the_data_protection_officer",
        "integration/test_rights_requests.py::test_nothing_is_sent_after_a_rights_request_until_the_tutor_spoke_with_the_young_person",
        "integration/test_held_parcours.py::test_no_outcome_carries_a_held_passage_on",
        "integration/test_held_parcours.py::test_the_officer_reads_what_came_of_the_word",
        "integration/test_rights_requests.py::test_a_request_keeps_its_number_right_day_due_date_and_asker",
        "integration/test_rights_requests.py::test_a_request_that_does_not_reach_the_officer_wakes_somebody",
        "integration/test_rights_requests.py::test_the_officer_is_reminded_once_after_twenty_days_until_a_request_is_answered",
        "integration/test_rights_requests.py::test_a_receipt_number_cannot_be_forged",
    ),
    "suivi": _measure(
        "La page du jeune s’ouvre par sa clé",
        "La notice porte une clé par parcours, gardée dans aucune table : le programme des pages la calcule avec un "
        "secret qu’il demande une fois à KMS. Les essais d’une clé tapée sont comptés ; une clé nouvelle annule les précédentes. Un robot qui demande la page n’y lit rien.",
        "integration/test_young_page.py::test_another_key_opens_nothing",
        "integration/test_follow_key_attacks.py::test_letters_are_tried_so_often_a_day_from_one_network_whatever_the_reference",
        "integration/test_young_page.py::test_a_new_version_makes_every_key_before_void",
        "integration/test_young_page.py::test_a_robot_that_asks_for_the_page_learns_and_notes_nothing",
    ),
    "arret": _measure(
        "Le jeune peut arrêter un envoi",
        "Le jeune arrête depuis sa page, sans compte : le lien n’ouvre plus, les documents s’effacent, et ni l’entreprise, ni l’acheteur ne lisent "
        "qui l’a demandé. Aucun envoi ne repart avant que quelqu’un ait dit lui avoir parlé.",
        "integration/test_young_acts.py::test_a_stop_kills_the_link_and_erases_the_documents_at_the_next_purge",
        "integration/test_young_acts.py::test_team_and_buyer_read_that_it_is_stopped_and_not_who_asked",
        "integration/test_held_parcours.py::test_an_opening_that_a_request_overtakes_gives_nothing",
    ),
    "information": _measure(
        "Chaque message dit d’où vient l’adresse",
        "Qui déclare une offre lit qu’il doit le dire dans le mois aux personnes qu’il y nomme (article 14.3). "
        "Au pied d’un message : d’où vient l’adresse à laquelle il est écrit, et quels droits elle ouvre. Les pages disent qui décide, "
        "qui héberge, où, et ce qui pourrait sortir de l’Union européenne.",
        "unit/test_pages_and_mails.py::test_every_mail_says_where_its_address_comes_from_and_what_rights_that_gives",
        "integration/test_legal_pages.py::test_the_data_page_says_what_articles_13_and_14_want",
        "integration/test_records.py::test_who_names_people_reads_to_tell_them_within_a_month",
        "deploy/test_legal_facts.py::test_a_blank_or_an_example_is_refused_by_its_name",
    ),
    "sujet": _measure(
        "Un accès ou un effacement demandé est un seul geste",
        "Une commande de l’exploitant montre ce qui est gardé sous une référence, sans adresse, ou l’efface avec son historique, "
        "même pendant un parcours : il se termine, ses liens n’ouvrent plus, et les personnes qui y prennent part sont prévenues. Le "
        "reste s’efface {erased_minutes} au plus après la fin des documents et le départ de ces messages ; la sauvegarde le garde "
        "encore {backup_days}.",
        "integration/test_subjects.py::test_an_erasure_leaves_nothing_of_a_passage_and_the_offer_goes_on",
        "integration/test_subjects.py::test_the_command_shows_what_is_held_without_an_address_and_says_what_stays",
        "integration/test_subjects.py::test_an_erasure_that_is_cut_at_any_write_is_finished_by_the_next_minutes",
    ),
    "violation": _measure(
        "Une violation se compte et se note",
        "Une commande dit, entre deux instants, quels parcours, quels comptes et combien de contacts sont touchés, sans adresse, et "
        "prépare la ligne du registre des violations. Ce qui a été effacé avant qu’elle ne tourne n’y est pas compté. Le manuel "
        "d’astreinte dit qui fait quoi, avec des textes à remplir.",
        "integration/test_breach.py::test_a_passage_is_touched_while_something_is_noted_and_counted_while_it_is_stored",
        "integration/test_breach.py::test_contacts_are_counted_and_accounts_named_by_their_id",
        "integration/test_breach.py::test_the_register_of_breaches_has_a_line_with_what_is_known_and_blanks_for_the_rest",
    ),
    "dependances": _measure(
        "Dépendances figées par leur empreinte",
        "Chaque bibliothèque est épinglée avec l’empreinte de ses fichiers ; ce qui part est ce qui a été essayé. La liste est "
        "dans l’inventaire des composants.",
        "architecture/test_locks.py::test_every_package_of_a_lock_has_its_hashes",
        "architecture/test_locks.py::test_what_is_shipped_is_what_was_tested",
        "architecture/test_zip.py::test_the_zip_holds_the_product_compiled_once_and_no_tools",
    ),
    "entrees": _measure(
        "Entrées mauvaises refusées",
        "Chaque champ a sa forme et ses bornes ; une entrée qui ne convient pas est refusée en français, sans erreur interne.",
        "bad_input/test_bad_bodies.py::test_a_body_that_is_not_ours_is_refused",
        "bad_input/test_bad_records.py::test_a_field_that_cannot_be_taken_is_said_beside_it_and_everything_typed_stays",
    ),
}  # fmt: skip
"""By the name that papers give it."""


def is_a_test(path_and_name: str) -> bool:
    """Whether a test of this name stands in this file below ``tests``."""
    file, _, name = path_and_name.partition("::")
    path = TESTS / file
    return (
        path.is_file() and re.search(rf"^def {re.escape(name)}\(", path.read_text(), re.MULTILINE) is not None
    )

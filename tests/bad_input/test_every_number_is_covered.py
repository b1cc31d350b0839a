"""Every bad input of the relay has its test: the table says which, and the list is the issue's own."""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXPECTED = "B01-B47 B50-B51 B53-B58 B61-B74 B77-B80"
WANTING: dict[str, str] = {}
"""What has no test, and why."""

UPLOAD, PDF, LINKS, DEAD = "test_bad_upload", "test_bad_pdf", "test_bad_links", "test_dead_links"
SESSIONS, HTTP, BODIES, DAYS = "test_bad_sessions", "test_bad_http", "test_bad_bodies", "test_bad_outages"
HOSTILE, ORDINARY = "test_a_hostile_file_is_refused_erased_and_explained", "test_a_canonical_file_passes"
ANNOUNCED = "test_an_announcement_that_cannot_be_taken_is_refused"
RECORDS = "test_bad_records"
BESIDE = "test_a_field_that_cannot_be_taken_is_said_beside_it_and_everything_typed_stays"
DETOURS, RELAY, RECIPIENTS = "test_bad_sending_changes", "test_bad_sendings", "test_bad_recipients"
CANNOT = "test_what_cannot_be_announced_is_refused"
END = "test_an_end_that_cannot_be_taken_is_said_on_its_page"
SHAPE, BODY = "test_a_token_of_another_shape_is_refused", "test_a_body_that_is_not_ours_is_refused"

CSV, FILE = "test_bad_csv", "test_a_file_that_cannot_be_taken_is_said_and_changes_nothing"

COVERED: dict[str, dict[str, tuple[str, ...]]] = {
    "B63": {CSV: (FILE,)},
    "B64": {CSV: (FILE,)},
    "B65": {CSV: (FILE,)},
    "B66": {CSV: ("test_formulas_stay_text_in_the_report",)},
    "B67": {CSV: ("test_a_bad_line_waits_and_lets_the_others_in",)},
    "B68": {CSV: (FILE,)},
    "B04": {RELAY: (CANNOT,)},
    "B09": {RELAY: (CANNOT, "test_a_second_sending_while_one_lives_is_refused")},
    "B10": {RELAY: ("test_the_day_has_its_limit_which_a_refusal_does_not_use_up",)},
    "B19": {PDF: (HOSTILE,)},
    "B20": {PDF: (HOSTILE,)},
    "B22": {RELAY: ("test_forged_metadata_is_refused_by_inspection_and_gives_nothing_when_opened",)},
    "B23": {RELAY: ("test_an_inspection_that_does_not_come_is_said_and_nothing_leaves_before_it",)},
    "B24": {PDF: (HOSTILE,)},
    "B32": {RECIPIENTS: ("test_a_browser_without_cookies_is_told_what_to_allow",)},
    "B33": {RECIPIENTS: ("test_a_browser_without_scripts_reads_what_to_do",)},
    "B36": {RECIPIENTS: ("test_of_an_opening_and_a_revocation_both_are_told_which_won",)},
    "B38": {RECIPIENTS: ("test_a_right_token_opens_nothing_else",)},
    "B39": {RECIPIENTS: ("test_an_opening_is_whole_and_kept_nowhere",)},
    "B41": {RECIPIENTS: ("test_an_unknown_address_looks_and_costs_the_same",)},
    "B42": {RECIPIENTS: ("test_too_many_requests_mail_no_more_and_leave_the_live_codes",)},
    "B55": {UPLOAD: (ANNOUNCED,), RELAY: (CANNOT,)},
    "B56": {RELAY: (CANNOT, "test_a_doubtful_address_is_shown_by_its_domain_and_taken_when_confirmed")},
    "B57": {RELAY: ("test_an_address_that_refused_our_mails_is_refused",)},
    "B58": {DETOURS: (END,), RECORDS: (BESIDE,)},
    "B62": {DETOURS: (END,), RECORDS: (BESIDE,)},
    "B79": {RECORDS: (BESIDE, "test_names_of_everywhere_are_taken")},
    "B80": {RECORDS: ("test_markup_is_kept_as_text_and_shown_as_text",)},
    "B61": {RELAY: ("test_a_double_click_makes_one_sending", "test_a_page_that_is_behind_is_told_so")},
    "B01": {UPLOAD: (ANNOUNCED,)},
    "B02": {UPLOAD: (ANNOUNCED,)},
    "B03": {UPLOAD: (ANNOUNCED, "test_the_largest_document_is_taken")},
    "B05": {UPLOAD: ("test_an_old_form_is_renewed_without_choosing_the_file_again",)},
    "B06": {UPLOAD: ("test_the_form_pins_everything_that_it_sends",)},
    "B07": {
        UPLOAD: (
            "test_what_is_not_as_declared_is_refused_and_erased",
            "test_a_replay_after_the_sending_makes_no_second_link",
        )
    },
    "B08": {UPLOAD: (ANNOUNCED, "test_the_form_pins_everything_that_it_sends")},
    "B11": {
        UPLOAD: (ANNOUNCED,),
        DEAD: ("test_the_winner_may_ask_again_until_she_says_that_she_could_read",),
    },
    "B12": {
        UPLOAD: (
            "test_nothing_is_announced_on_a_closed_parcours",
            "test_what_arrives_for_an_ended_deposit_is_swept",
        )
    },
    "B13": {PDF: (HOSTILE,)},
    "B14": {PDF: (HOSTILE,)},
    "B15": {PDF: (HOSTILE,)},
    "B16": {PDF: (HOSTILE, ORDINARY)},
    "B17": {PDF: (HOSTILE,)},
    "B18": {PDF: (HOSTILE,)},
    "B21": {PDF: (HOSTILE, ORDINARY)},
    "B25": {
        LINKS: ("test_an_almost_right_token_is_an_unknown_one",),
        DEAD: (
            "test_a_link_that_was_right_once_says_which_way_it_ended_and_since_when",
            "test_a_token_of_an_older_sending_says_that_it_was_replaced",
        ),
    },
    "B26": {DEAD: ("test_the_winner_may_ask_again_until_she_says_that_she_could_read",)},
    "B27": {LINKS: ("test_what_clings_to_a_copied_token_does_not_matter",)},
    "B28": {
        LINKS: (
            "test_a_mangled_link_still_opens_the_page_which_forgets_it",
            "test_the_page_finds_the_token_in_whatever_was_pasted",
        )
    },
    "B29": {LINKS: ("test_a_malformed_token_is_refused_before_anything_is_read",)},
    "B30": {LINKS: (SHAPE, "test_the_field_beside_the_token_is_checked")},
    "B31": {LINKS: (SHAPE,)},
    "B34": {
        LINKS: (
            "test_only_post_acts",
            "test_no_header_makes_another_method_of_one",
            "test_looking_fifty_times_changes_nothing",
        )
    },
    "B35": {DEAD: ("test_twelve_browsers_one_winner",)},
    "B37": {
        DEAD: (
            "test_a_claim_during_the_purge_gets_nothing_and_leaves_no_trace",
            "test_a_claim_from_a_clock_30_seconds_late_gets_nothing_after_the_purge",
        )
    },
    "B40": {DEAD: ("test_an_object_that_is_not_whole_costs_nobody_her_turn",)},
    "B43": {SESSIONS: ("test_a_code_opens_only_in_the_browser_that_asked",)},
    "B44": {
        SESSIONS: (
            "test_a_wrong_code_is_dead_and_said_so",
            "test_a_code_serves_once",
            "test_a_code_lives_ten_minutes",
            "test_five_wrong_codes_kill_the_right_one",
        )
    },
    "B45": {SESSIONS: ("test_a_session_id_chosen_beforehand_is_worth_nothing",)},
    "B46": {SESSIONS: ("test_a_cookie_replayed_after_the_end_is_refused",)},
    "B47": {
        SESSIONS: (
            "test_a_session_ends_after_two_idle_hours",
            "test_a_session_ends_after_eight_hours_in_all",
        )
    },
    "B50": {SESSIONS: ("test_what_another_site_posts_is_refused",)},
    "B51": {SESSIONS: ("test_no_header_says_where_we_are",)},
    "B53": {HTTP: ("test_anothers_looks_like_what_never_was", "test_a_strange_id_is_one_that_never_was")},
    "B54": {BODIES: (BODY,)},
    "B69": {BODIES: (BODY, "test_an_honest_content_type_is_taken")},
    "B70": {BODIES: (BODY, "test_what_is_announced_as_base64_and_is_not_is_unreadable")},
    "B71": {BODIES: (BODY,)},
    "B72": {BODIES: (BODY, "test_a_body_of_exactly_32_kb_is_read")},
    "B73": {BODIES: ("test_an_unknown_path_is_answered_by_the_gateway_in_french",)},
    "B74": {HTTP: ("test_every_path_answers_every_method", "test_a_wrong_method_of_a_person_gets_a_page")},
    "B77": {
        DAYS: (
            "test_a_service_that_fails_for_a_moment_loses_nothing",
            "test_keys_that_cannot_be_wrapped_are_announced_again",
            "test_a_function_that_dies_while_opening_is_tried_again",
        )
    },
    "B78": {
        DAYS: (
            "test_what_nobody_foresaw_is_said_under_a_number",
            "test_even_an_unguarded_failure_is_french_and_discreet",
        ),
        "test_bad_jobs": ("test_a_failing_job_says_a_number_and_no_more",),
    },
}
"""Bad input to the tests that send it.

B04 and B06 to B08 meet the emulator's S3 in ``tests/security``, B35 comes in crowds in ``tests/races``, B36 at every instant in
``tests/faults``, B73 passes the deployed gateway in ``tests/architecture/test_template.py``.
"""


def numbers(text: str) -> set[str]:
    """« B01-B03 B05 » as B01, B02, B03, B05."""
    covered: set[str] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        covered |= {f"B{n:02d}" for n in range(int(first[1:]), int((last or first)[1:]) + 1)}
    return covered


def test_the_table_holds_every_bad_input_of_the_relay() -> None:
    assert numbers(EXPECTED) == COVERED.keys() | WANTING.keys()
    assert not COVERED.keys() & WANTING.keys()


@pytest.mark.parametrize("number", sorted(COVERED))
def test_what_the_table_names_exists(number: str) -> None:
    for module, tests in COVERED[number].items():
        source = (HERE / f"{module}.py").read_text()
        functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}

        assert set(tests) <= functions
        assert number in source, "and its number stands there"

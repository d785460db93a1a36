"""Which bug each law must find. A law that a planted bug does not break, or breaks for another reason, proves nothing."""

from conformance import bugs, bugs_of_calls, bugs_of_mappings, bugs_of_verdicts
from conformance.bug import Bug
from conformance.planted_results import BUGS_OF_RESULTS
from conformance.planting import both, classifying, mapping, requesting, rewriting, submitting

from pixee_common.domain.job import Operation

BUGS = (
    Bug(
        "every_item_gets_exactly_one_outcome",
        "woocommerce",
        submitting(bugs.without_last),
        "not every item was told of: u",
    ),
    Bug("pushing_twice_changes_nothing", "shopify", mapping(bugs.restless), "push_products sent again: aaaa"),
    Bug("pushing_twice_changes_nothing", "woocommerce", submitting(bugs.silent_about_figures), "push_stock sent again"),
    Bug("a_change_that_the_shop_has_no_field_for_costs_no_call", "woocommerce", mapping(bugs.restless), "and yet aa"),
    Bug("one_bad_item_fails_alone", "woocommerce", submitting(bugs.all_or_nothing), "neighbours suffer"),
    Bug(
        "what_stands_in_the_shop_already_is_linked_not_doubled",
        "shopify",
        both(bugs.rekeyed, bugs.blind),
        r"'L0 \(2\)'",
    ),
    Bug("what_belongs_to_another_is_left_for_a_person", "shopify", bugs.greedy, "^aaaa"),
    Bug(
        "a_short_throttle_is_obeyed_to_the_second",
        "woocommerce",
        classifying(bugs.timeless),
        "called again after [0-6]",
    ),
    Bug("a_long_throttle_is_a_wait_with_its_time", "shopify", classifying(bugs.timeless), "waits [0-9.]+ s|not parked"),
    Bug(
        "a_throttle_without_a_time_amid_a_chunk_fails_nobody",
        "shopify",
        classifying(bugs.hard),
        "r.*refused_by_platform",
    ),
    Bug("refused_credentials_pause_the_connector", "woocommerce", classifying(bugs.soft), "connector is active"),
    Bug(
        "credentials_that_run_out_amid_a_job_lose_nothing", "shopify", classifying(bugs.hard), "for the merchant's key"
    ),
    Bug("never_more_calls_at_once_than_declared", "shopify", bugs_of_calls.crowding, "calls at once, 32 declared"),
    Bug("an_answer_lost_after_the_commit_doubles_nothing", "shopify", bugs.stubborn, r"the shop has .* \(2\)'"),
    Bug("a_truncated_answer_doubles_nothing", "shopify", bugs.stubborn, r"the shop has .* \(2\)'"),
    Bug("a_connection_cut_before_anything_was_done_loses_nothing", "shopify", bugs.believing, "the shop has"),
    Bug(
        "a_lost_answer_to_stock_or_prices_ends_with_the_newest_value",
        "woocommerce",
        bugs.believing,
        "reset_before: the shop",
    ),
    Bug(
        "a_worker_that_dies_between_call_and_record_doubles_nothing",
        "shopify",
        both(bugs.rekeyed, bugs.blind),
        r"'L0 \(2\)'",
    ),
    Bug("an_answer_that_nobody_understands_is_not_believed", "shopify", classifying(bugs.hushed), "believed: s?r"),
    Bug("a_shop_that_fails_and_recovers_gets_everything", "shopify", classifying(bugs.hard), "503 json: r"),
    Bug(
        "a_created_product_has_its_stock_and_price",
        "shopify",
        both(requesting(rewriting(bugs.without_figures), Operation.PUSH_PRODUCTS), submitting(bugs.boasting)),
        "the shop has",
    ),
    Bug(
        "prices_survive_to_the_cent",
        "woocommerce",
        requesting(rewriting(bugs.rounded), Operation.PUSH_PRICES),
        "the shop has",
    ),
    Bug(
        "each_operation_writes_its_own_fields_only",
        "woocommerce",
        requesting(rewriting(bugs.price_beside), Operation.PUSH_STOCK),
        r"sent \['regular_price'\]",
    ),
    Bug("values_are_those_of_the_moment_of_sending", "shopify", bugs.remembering, "the shop has"),
    Bug("a_deleted_product_is_withdrawn_as_the_connector_says", "woocommerce", bugs.undeleting, "the shop has"),
    Bug("an_invalid_ean_never_leaves", "shopify", mapping(bugs.given_eans), "the invalid EAN was sent"),
    Bug("no_secret_is_shown", "shopify", bugs_of_calls.quoting, "stands in: .*results"),
    Bug("no_secret_is_shown", "shopify", bugs_of_calls.annotating, "stands in: traces$"),
    Bug("no_secret_is_shown", "woocommerce", bugs_of_calls.babbling, "stands in: logs$"),
    Bug("a_host_outside_the_manifest_gets_no_byte", "shopify", bugs_of_calls.asking_everywhere, "not refused"),
    Bug(
        "a_token_that_the_shop_refuses_is_fetched_anew_once",
        "shopify",
        bugs_of_calls.hoarding,
        "waits for credentials_refused",
    ),
    Bug(
        "a_token_that_the_shop_refuses_is_fetched_anew_once",
        "shopify",
        bugs_of_calls.forgetful,
        "one token does not serve",
    ),
    Bug("a_token_is_renewed_before_it_runs_out", "shopify", bugs_of_calls.immortal, "calls with a token that was over"),
    Bug("a_token_refused_again_at_once_pauses_the_connector", "shopify", classifying(bugs.soft), "not in error"),
    Bug("a_shop_that_cannot_be_reached_waits_and_gets_everything", "woocommerce", bugs.giving_up, "failed: r"),
    Bug("products_that_share_an_ean_stay_apart_and_are_warned_of", "woocommerce", bugs.going_by_ean, "ended as .*v"),
    Bug("a_sku_that_moved_to_another_product_takes_no_listing_along", "shopify", bugs.blind, "ended as a"),
    Bug(
        "a_lost_answer_to_a_change_or_a_withdrawal_ends_as_asked",
        "woocommerce",
        bugs.believing,
        "reset_before: the shop has",
    ),
    Bug("one_bad_product_in_a_full_chunk_fails_alone", "shopify", submitting(bugs.all_or_nothing), "neighbours suffer"),
    Bug(
        "a_product_with_very_many_variants_arrives_whole",
        "shopify",
        requesting(rewriting(bugs.cut_short), Operation.PUSH_PRODUCTS),
        "push_stock after the create ended as .*'n'",
    ),
    Bug("a_redirect_is_not_followed", "woocommerce", bugs_of_calls.wandering, "followed: "),
    Bug("a_pull_over_several_pages_misses_nothing", "woocommerce", bugs_of_calls.losing_the_first, "missed"),
    Bug("a_shop_that_changes_between_pages_loses_nothing", "woocommerce", bugs_of_calls.counting_places, "missed"),
    Bug("no_secret_of_a_fetched_token_is_shown", "shopify", bugs_of_calls.printing_tokens, "stands in: logs$"),
    Bug(
        "a_throttle_holds_everybody_who_shares_the_budget", "shopify", classifying(bugs.elsewhere), "calls in the seven"
    ),
    Bug("the_shop_is_asked_for_its_currency_where_nobody_knows_it", "woocommerce", bugs.presuming, "ended as a"),
    Bug(
        "what_was_removed_from_the_shop_by_hand_is_no_trouble",
        "woocommerce",
        submitting(bugs.holding_on),
        "ended as rra",
    ),
    Bug("a_page_asked_again_is_the_same_page", "woocommerce", bugs_of_calls.paging_in_memory, "another page|no page"),
    Bug(
        "an_incremental_pull_misses_nothing_and_returns_nothing_too_old",
        "woocommerce",
        bugs_of_calls.forgetting_since,
        "too old",
    ),
    Bug(
        "an_incremental_pull_misses_nothing_and_returns_nothing_too_old",
        "shopify",
        bugs_of_calls.forgetting_the_overlap,
        r"missed: \['Late writer'\]",
    ),
    Bug(
        "what_failed_three_times_alike_is_left_alone_until_it_is_corrected",
        "shopify",
        mapping(bugs.restless),
        "a call was made for it: r",
    ),
    Bug(
        "what_failed_three_times_alike_is_left_alone_until_it_is_corrected",
        "shopify",
        submitting(bugs.moody),
        "a call was made for it: r",
    ),
    Bug(
        "a_call_that_is_refused_for_a_few_arrives_without_them_in_few_calls",
        "shopify",
        bugs_of_calls.one_by_one,
        "push_stock: 6[0-9] calls for 60 items",
    ),
    Bug(
        "a_call_that_is_refused_for_a_few_arrives_without_them_in_few_calls",
        "shopify",
        submitting(bugs.all_or_nothing),
        "push_stock: neighbours suffer",
    ),
    Bug(
        "a_missing_mapping_costs_no_call_and_says_what_to_map",
        "woocommerce",
        bugs_of_mappings.guessing,
        "a call was made for it",
    ),
    Bug(
        "a_missing_mapping_costs_no_call_and_says_what_to_map",
        "shopify",
        bugs_of_mappings.vague,
        "the message does not name",
    ),
    Bug(
        "a_new_mapping_sends_again_what_it_changes_alone",
        "woocommerce",
        bugs_of_mappings.all_of_it,
        "after the change: a{10}",
    ),
    Bug("a_new_mapping_sends_again_what_it_changes_alone", "shopify", bugs_of_mappings.deaf, "after the change: s{10}"),
    Bug(
        "a_files_verdicts_find_their_items_in_another_process",
        "amazon_sp_api",
        bugs_of_verdicts.keeping_the_file_in_memory,
        r"files of \[5, 5\] items",
    ),
    Bug(
        "a_files_verdicts_find_their_items_in_another_process",
        "amazon_sp_api",
        bugs_of_verdicts.counting_from_zero,
        "still open after .* never sent",
    ),
    Bug(
        "what_was_accepted_is_open_until_its_verdict",
        "amazon_sp_api",
        submitting(bugs_of_verdicts.hasty),
        "no verdict yet, and yet aaa",
    ),
    Bug(
        "a_verdict_that_never_comes_is_overdue",
        "amazon_sp_api",
        submitting(bugs_of_verdicts.patient),
        "past its deadline, and yet ww",
    ),
    Bug(
        "a_verdict_on_a_call_after_its_deadline_is_told_once_and_counts_nothing",
        "amazon_sp_api",
        bugs_of_verdicts.forgetful,
        "told: {}",
    ),
    *BUGS_OF_RESULTS,
)

OUTSIDE_THE_SCHEMA = requesting(rewriting(bugs.unheard_of), Operation.PUSH_PRODUCTS)
"""WooCommerce: a quantity that is no number."""

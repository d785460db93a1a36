"""Which bug each law of files' results must find; a part of `planted.BUGS`."""

from conformance import bugs_of_results
from conformance.bug import Bug
from conformance.planting import collecting

BUGS_OF_RESULTS = (
    Bug(
        "what_a_result_does_not_name_is_not_taken_for_done",
        "amazon_sp_api",
        collecting(bugs_of_results.trusting),
        r"does not have it: \['L1'\]",
    ),
    Bug(
        "what_a_result_does_not_name_and_was_done_is_not_doubled",
        "amazon_sp_api",
        collecting(bugs_of_results.blaming),
        "ended as ara",
    ),
    Bug(
        "a_result_that_names_strangers_changes_nobody",
        "amazon_sp_api",
        collecting(bugs_of_results.mistaking),
        "ended as raa",
    ),
    Bug(
        "a_file_that_is_aborted_half_way_ends_every_item_truly",
        "amazon_sp_api",
        collecting(bugs_of_results.trusting),
        "does not have it: .*'L3'",
    ),
    Bug(
        "a_file_that_is_aborted_half_way_ends_every_item_truly",
        "shopify",
        collecting(bugs_of_results.trusting),
        "does not have it: .*'L3'",
    ),
    Bug(
        "a_file_that_ends_before_it_began_is_sent_again",
        "amazon_sp_api",
        collecting(bugs_of_results.blaming),
        "ended as rrr",
    ),
    Bug(
        "a_file_that_the_shop_forgot_ends_every_item_truly",
        "amazon_sp_api",
        bugs_of_results.inventing,
        "does not have it: .*'L0'",
    ),
    Bug("a_file_that_the_shop_forgot_ends_every_item_truly", "shopify", bugs_of_results.inventing, "does not have it"),
    Bug(
        "a_result_that_is_gone_before_it_was_read_ends_every_item_truly",
        "amazon_sp_api",
        bugs_of_results.giving_up,
        "ended as rrr",
    ),
    Bug("a_result_that_two_workers_read_counts_once", "amazon_sp_api", bugs_of_results.reading_once, "sent again"),
    Bug("a_result_that_two_workers_read_counts_once", "shopify", bugs_of_results.reading_once, "sent again"),
    Bug(
        "a_verdict_after_the_deadline_is_told_once_and_counts_nothing",
        "amazon_sp_api",
        collecting(bugs_of_results.done_with),
        "told: {}",
    ),
    Bug(
        "a_verdict_after_the_deadline_is_told_once_and_counts_nothing",
        "shopify",
        collecting(bugs_of_results.done_with),
        "told: {.*'rejected'",
    ),
    Bug("a_verdict_that_turns_after_it_was_applied_is_told", "amazon_sp_api", bugs_of_results.sure, "told: {}"),
    Bug(
        "an_item_in_two_files_of_stock_ends_with_the_newest_quantity",
        "amazon_sp_api",
        bugs_of_results.keeping_records,
        "the shop has 7",
    ),
    Bug(
        "an_item_in_two_files_of_stock_ends_with_the_newest_quantity",
        "amazon_sp_api",
        bugs_of_results.retitling,
        "written too: .*By the way",
    ),
    Bug(
        "an_item_in_two_files_of_prices_ends_with_the_newest_price",
        "amazon_sp_api",
        bugs_of_results.keeping_records,
        "the shop has 11.5",
    ),
    Bug(
        "an_item_in_two_files_of_prices_ends_with_the_newest_price",
        "amazon_sp_api",
        bugs_of_results.retitling,
        "written too: .*By the way",
    ),
)

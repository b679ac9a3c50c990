//! The console over HTTP: every story is told on each host over each store, and all six tellings must read the
//! same but for ids, secrets and times.

#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod accounts;
mod catalog;
mod guides;
mod hostile;
mod keys;
mod matrix;
mod meta;
mod playground;
mod processes;
mod publishing;
mod subscriptions;
mod verification;

use aforo_tests::{
    hosts::Host,
    world::{Store, World},
};

/// Tells a story everywhere, and compares what was said.
async fn everywhere<F: Future<Output = World>>(story: impl Fn(Host, Store) -> F) {
    let mut first: Option<(String, Vec<String>)> = None;
    for store in Store::ALL {
        for host in Host::ALL {
            eprintln!("on {host:?} over {store:?}"); // shown when it fails
            let world = Box::pin(story(host, store)).await;
            let place = format!("{world:?}");
            let lines = world.finish();
            let Some((other, expected)) = &first else {
                first = Some((place, lines));
                continue;
            };
            for (one, two) in expected.iter().zip(&lines) {
                assert_eq!(one, two, "the answers differ (left: {other}, right: {place})");
            }
            assert_eq!(
                expected.len(),
                lines.len(),
                "{other} and {place} said different amounts"
            );
        }
    }
}

macro_rules! stories {
    ($($module:ident: $($name:ident)*;)*) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            everywhere($module::$name).await;
        }
    )*)*};
}

stories! {
    accounts:
        people_sign_up_and_out
        sign_in_says_nothing_about_addresses
        guessing_passwords_is_throttled
        a_closed_account_leaves_nothing_alive;
    catalog:
        administrators_add_products
        documents_are_uploaded
        broken_documents_change_nothing
        documents_are_not_fetched_from_private_addresses;
    guides:
        guides_are_written_and_read
        guides_travel_as_files
        suggestions_show_only_what_is_published
        feedback_is_throttled;
    subscriptions:
        subscriptions_begin_and_end
        lists_come_in_pages;
    keys:
        a_key_is_shown_once
        what_a_key_may_not_be
        a_rotated_key_works_three_hundred_seconds
        a_revoked_key_is_dead_at_once
        keys_manage_keys;
    verification:
        client_credentials_need_both_halves
        gateways_ask_in_their_own_way
        address_ranges_go_by_the_connection
        trusted_proxies_say_where_a_caller_is
        a_rate_limit_is_kept
        a_key_opens_what_it_was_made_for;
    playground:
        calls_carry_a_credential_that_nobody_sees
        inputs_that_do_not_fit_are_pointed_at
        calls_that_may_not_be_made
        playground_calls_have_a_budget
        a_new_origin_waits_for_approval
        events_are_streamed;
    publishing:
        versions_are_compared_published_and_rolled_back
        readers_follow_the_changelog
        an_open_page_goes_on_or_says_why
        what_was_never_published_is_not_there
        control_characters_do_no_harm
        no_reader_sees_two_versions;
    meta:
        everything_is_in_the_audit_log
        the_console_describes_itself;
}

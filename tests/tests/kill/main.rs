//! SIGKILL at any moment: of the programs that work with the vault, and of PostgreSQL itself. Whatever was cut off,
//! no key outlives its subscription, nothing is written by half, and what was confirmed stays.
//!
//! A killed program leaves the operating system's cache behind, so this says nothing about power cuts; for those the
//! stores sync before they confirm.
//!
//! `AFORO_KILLS` sets how often programs are killed on each database (default 120), `AFORO_KILL_SEED` the seed.

#![allow(clippy::unwrap_used)] // a suite of tests: what it unwraps is what it claims

mod child;
mod invariants;
#[path = "../../src/bin/aforo-crash-child/protocol.rs"]
mod protocol;
mod site;
mod sound;
mod state;
mod told;

use std::{env, process::Command, thread, time::Duration};

use aforo_tests::postgres::{Database, Server};
use child::Victim;
use protocol::{Choices, Line, Verb};
use site::{Place, Site};
use sqlx::{Connection as _, PgConnection};
use tokio::task::block_in_place;
use told::Tally;

/// After this many kills the next database takes over: checks take longer the more there is to check.
const KILLS_OF_ONE: usize = 30;

fn number_of(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}
fn choices(test: u64) -> Choices {
    Choices::new(
        number_of("AFORO_KILL_SEED", 7)
            .wrapping_mul(1000)
            .wrapping_add(test),
    )
}
fn kills() -> usize {
    usize::try_from(number_of("AFORO_KILLS", 120)).unwrap()
}
fn new_seed(choices: &mut Choices) -> u64 {
    choices.below(u64::MAX)
}

/// Kills one program after the other on one database, then on the next.
async fn kill_often(mut place: impl AsyncFnMut() -> Place, mut choices: Choices) {
    let mut tally = Tally::default();
    while tally.kills < kills() {
        let mut site = Site::new(place().await).await;
        for _ in 0..KILLS_OF_ONE.min(kills() - tally.kills) {
            let victim = site.start(new_seed(&mut choices));
            let mut heard = Vec::new();
            block_in_place(|| {
                victim.wait_for_the_moment(&mut heard, &mut choices);
                victim.kill(&mut heard);
            });
            tally.kills += 1;
            site.hear(&heard, &mut tally);
            site.inspect().await;
        }
        site.bury().await;
    }
    tally.print();
    assert_eq!(tally.unavailable, 0, "the database was there all the time");
    for verb in Verb::ALL {
        assert!(tally.done(verb) > 0, "{verb:?} never came to its end");
    }
    // The kills hit what they aim at.
    for verb in [Verb::Create, Verb::Rotate, Verb::Cancel] {
        assert!(
            tally.cut_off(verb) >= tally.kills / 20,
            "{verb:?} is hardly ever cut off"
        );
    }
}

/// The same with a child that cancels in two transactions, as a careless program would: this suite notices.
async fn catch(place: Place, mut choices: Choices) {
    let mut site = Site::new(place).await;
    for _ in 0..60 {
        let victim = site.start_careless(new_seed(&mut choices));
        let mut heard = Vec::new();
        block_in_place(|| {
            victim.wait_for(Verb::Cancel, &mut heard, &mut choices);
            victim.kill(&mut heard);
        });
        site.hear(&heard, &mut Tally::default());
        site.place.settle().await;
        let found = site.violations().await;
        if ["I1", "I2", "I5"]
            .iter()
            .all(|mark| found.iter().any(|text| text.starts_with(mark)))
        {
            return;
        }
    }
    panic!("60 kills, and what is between the two steps was not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_in_two_steps_is_caught() {
    catch(Place::sqlite(), choices(0)).await;
    catch(Place::Postgres(Database::new().await), choices(8)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_programs_leave_sqlite_whole() {
    kill_often(async || Place::sqlite(), choices(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_programs_leave_postgres_whole() {
    kill_often(async || Place::Postgres(Database::new().await), choices(2)).await;
}

/// Two programs on one database. One is killed, the other goes on for a while.
async fn kill_two(place: Place, mut choices: Choices) {
    let mut tally = Tally::default();
    let mut site = Site::new(place).await;
    for _ in 0..kills().div_ceil(8) {
        let first = site.start(new_seed(&mut choices));
        let second = site.start(new_seed(&mut choices));
        let (mut heard, mut overheard) = (Vec::new(), Vec::new());
        block_in_place(|| {
            second.ready(&mut overheard);
            first.wait_for_the_moment(&mut heard, &mut choices);
            first.kill(&mut heard);
            second.listen(&mut overheard);
        });
        site.hear(&heard, &mut tally);
        site.glance(&overheard).await;
        block_in_place(|| {
            // The survivor is not held up by what the other left.
            let works = second.until(&mut overheard, Duration::from_secs(4), |line| {
                matches!(line, Line::Done(..))
            });
            assert!(works, "the survivor stands still");
            thread::sleep(Duration::from_micros(choices.below(30_000)));
            second.kill(&mut overheard);
        });
        tally.kills += 2;
        site.hear(&overheard, &mut tally);
        site.inspect().await;
    }
    site.bury().await;
    tally.print();
    assert!(tally.refused > 0, "the two never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_killed_programs_leave_sqlite_whole() {
    kill_two(Place::sqlite(), choices(3)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_killed_programs_leave_postgres_whole() {
    kill_two(Place::Postgres(Database::new().await), choices(4)).await;
}

/// Programs that are killed while they make the tables.
async fn kill_migrations(mut place: impl AsyncFnMut() -> Place, mut choices: Choices) {
    let migrate = |place: &Place| Victim::start(&["migrate".to_owned(), place.url()]);
    let migrates = |victim: Victim| {
        let mut heard = Vec::new();
        let done = victim.until(&mut heard, Duration::from_secs(30), |line| {
            *line == Line::Migrated
        });
        assert!(done, "{heard:?}");
    };
    let unhurried = place().await;
    let began = std::time::Instant::now();
    block_in_place(|| migrates(migrate(&unhurried)));
    let whole = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut unfinished = 0;
    for _ in 0..kills().div_ceil(20) {
        let place = place().await;
        for _ in 0..3 {
            let mut heard = Vec::new();
            block_in_place(|| {
                let victim = migrate(&place);
                thread::sleep(Duration::from_micros(choices.below(whole)));
                victim.kill(&mut heard);
            });
            unfinished += usize::from(heard.is_empty());
        }
        place.settle().await;
        block_in_place(|| migrates(migrate(&place)));
        let mut site = Site::new(place).await;
        let victim = site.start(new_seed(&mut choices));
        let mut heard = Vec::new();
        block_in_place(|| {
            victim.until(&mut heard, Duration::from_secs(30), |line| {
                matches!(line, Line::Done(..))
            });
            victim.kill(&mut heard);
        });
        site.hear(&heard, &mut Tally::default());
        site.bury().await;
    }
    assert!(unfinished > 0, "every migration was faster than its kill");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_migrations_leave_sqlite_ready_for_the_next() {
    kill_migrations(async || Place::sqlite(), choices(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_migrations_leave_postgres_ready_for_the_next() {
    kill_migrations(async || Place::Postgres(Database::empty().await), choices(6)).await;
}

/// The program lives, and its database dies under it.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_comes_back_whole_and_the_program_goes_on() {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let url = server.url("postgres");
    let mut choices = choices(7);
    let mut tally = Tally::default();
    let mut site = Site::new(Place::PostgresAt(url.clone())).await;
    let victim = site.start(new_seed(&mut choices));
    let mut heard = Vec::new();
    block_in_place(|| victim.ready(&mut heard));
    for crash in 0..6 {
        block_in_place(|| {
            victim.until(&mut heard, Duration::from_secs(10), |line| {
                matches!(line, Line::Begin(_, Verb::Cancel))
            });
            thread::sleep(Duration::from_micros(choices.below(60_000)));
        });
        let before = heard.len();
        match crash % 3 {
            0 => block_in_place(|| server.stop()),
            1 => block_in_place(|| server.kill()),
            _ => kill_a_backend(&url).await,
        }
        block_in_place(|| {
            thread::sleep(Duration::from_micros(50_000 + choices.below(200_000)));
            victim.listen(&mut heard);
            if crash % 3 < 2 {
                server.start_again();
            }
        });
        until_it_answers(&url).await;
        block_in_place(|| {
            victim.listen(&mut heard);
            let is_lost = |line: &Line| matches!(line, Line::Unavailable(_));
            let patience = Duration::from_secs(10);
            let lost = heard[before..].iter().any(is_lost) || victim.until(&mut heard, patience, is_lost);
            assert!(lost, "crash {crash} was not felt");
            let works = victim.until(&mut heard, Duration::from_secs(20), |line| {
                matches!(line, Line::Done(..))
            });
            assert!(works, "the program does not recover from crash {crash}");
        });
        site.glance(&heard).await;
    }
    block_in_place(|| victim.kill(&mut heard));
    site.hear(&heard, &mut tally);
    tally.print();
    assert!(tally.unavailable >= 6);
    site.bury().await;
}

async fn until_it_answers(url: &str) {
    for _ in 0..1000 {
        if let Ok(connection) = PgConnection::connect(url).await {
            return connection.close().await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("PostgreSQL does not come back");
}

/// SIGKILL of one session's process: PostgreSQL then ends all others and recovers.
async fn kill_a_backend(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let pid: i32 = sqlx::query_scalar(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND application_name = 'aforo-console' ORDER BY xact_start NULLS LAST LIMIT 1",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    let killed = Command::new("sh")
        .args(["-c", "kill -9 \"$0\"", &pid.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

//! Samples a second: one operation in every language, again and again, each time from the request on.
//!
//! Reads an API description, takes its first operation, and prints one line. `scripts/bench-samples` runs this beside
//! `httpsnippet`.
#![allow(clippy::print_stdout)]

use std::{
    io::Read,
    time::{Duration, Instant},
};

use aforo_docs::{
    request,
    sample::{self, Context, KEY_VARIABLE},
    spec::openapi::ApiDescription,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut document = Vec::new();
    std::io::stdin().read_to_end(&mut document)?;
    let api = ApiDescription::parse(&document)?.description;
    let id = &api.operations().first().ok_or("no operation")?.id;
    let operation = api.operation(id).ok_or("no operation")?;
    let inputs = request::example_inputs(&operation);
    let plain = request::build(&operation, &inputs).map_err(|errors| format!("{errors:?}"))?;
    let context = Context {
        base_url: "https://api.example.com/v1",
        security: operation.security.first().map_or(&[], Vec::as_slice),
        key_variable: KEY_VARIABLE,
    };
    let (mut samples, mut bytes) = (0_u32, 0_usize);
    let mut round = || {
        for (_, sample) in sample::render_all(std::hint::black_box(&plain), &context) {
            bytes += sample.len();
        }
    };
    for _ in 0..200 {
        round(); // warm
    }
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        for _ in 0..100 {
            round();
            samples += 8;
        }
    }
    let rate = f64::from(samples) / start.elapsed().as_secs_f64();
    println!("{rate:.0} {bytes}");
    Ok(())
}

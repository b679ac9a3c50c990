//! Renders a Markdown file many times, for measuring: `render_markdown FILE TIMES plain|coloured`.
#![allow(clippy::print_stderr)] // a tool for the terminal

use std::{hint::black_box, process::ExitCode};

use aforo_docs::markdown::{Options, render};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, times, mode] = arguments.as_slice() else {
        eprintln!("render_markdown FILE TIMES plain|coloured");
        return ExitCode::FAILURE;
    };
    let (Ok(text), Ok(times)) = (std::fs::read_to_string(file), times.parse::<u32>()) else {
        eprintln!("{file} cannot be read, or {times} is no number");
        return ExitCode::FAILURE;
    };
    let options = Options {
        highlight: mode == "coloured",
        ..Options::default()
    };
    for _ in 0..times {
        black_box(render(black_box(&text), &options));
    }
    ExitCode::SUCCESS
}

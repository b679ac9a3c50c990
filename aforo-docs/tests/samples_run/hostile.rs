//! Requests of hostile texts.

use aforo_docs::spec::model::{ParameterPlace, SecurityScheme};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use serde_json::json;

use super::cases::{Case, built};

/// Texts that mean something to one of the languages, and any others.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "\"",
        "`",
        "$",
        "$(id)",
        "${x}",
        "#{x}",
        "#$x",
        "#@x",
        "{$x}",
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
        "\u{2029}",
        "\u{202e}",
        "\u{feff}",
        "\u{85}",
        "\u{1a}",
        "\u{e0041}",
        "\u{fffe}",
        "</script>",
        "<!--",
        "?>",
        "<?php",
        "\\u0041",
        "\\u000a",
        "\\u0022",
        "\\\\u0022",
        "\\x41",
        "\\'",
        "'\\''",
        "\"\"\"",
        "'''",
        "\"\"",
        "{0}",
        "{{",
        "}}",
        "%s",
        "%%",
        "%27",
        "é",
        "😀",
        "日",
        " ",
        "  ",
        "a",
        "7",
        "{",
        "}",
        "[",
        "]",
        "~",
        "=",
        "EOF",
        "__END__",
        "=begin",
        "*/",
        "//",
        "/*",
        "\r\n",
        "\n\n",
        " \n",
    ]);
    prop_oneof![
        3 => prop::collection::vec(pieces, 0..14).prop_map(|p| p.concat()),
        1 => any::<String>(),
        1 => "(\\PC{0,12}\n){1,4}",
    ]
}

pub(crate) fn all() -> Vec<Case> {
    let media = prop::sample::select(vec![
        "application/json",
        "text/plain",
        "multipart/form-data",
        "application/octet-stream",
    ]);
    let header = text().prop_map(|text| {
        let ascii: String = text.chars().filter(|c| (' '..='~').contains(c)).collect();
        ascii.trim().to_owned()
    });
    let security = prop::sample::select(vec![
        vec![],
        vec![SecurityScheme::HttpBearer],
        vec![SecurityScheme::HttpBasic],
        vec![SecurityScheme::ApiKey {
            place: ParameterPlace::Header,
            name: "X-$HOME'`-Key".to_owned(),
        }],
        vec![SecurityScheme::ApiKey {
            place: ParameterPlace::Cookie,
            name: "$HOME'`#".to_owned(),
        }],
    ]);
    let parts = (text(), header, text(), text(), media, security, any::<bool>());
    let mut runner = TestRunner::new(Config::default());
    (0..64)
        .map(|i| {
            let (query, header, one, two, media, security, nested) =
                parts.new_tree(&mut runner).unwrap().current();
            let body = match media {
                "application/json" if nested => json!({ &one: [{ &two: one }] }),
                "application/json" => json!([one, two]),
                "multipart/form-data" if nested => {
                    json!({ &one: two, "f": { "$base64": "YQ==", "filename": one } })
                }
                "multipart/form-data" => json!({ "a": one, "b": two }),
                _ => json!(format!("{one}{two}")),
            };
            let operation = json!({
                "parameters": [
                    { "name": "q", "in": "query", "schema": { "type": "string" } },
                    { "name": "r", "in": "query", "allowReserved": true, "schema": { "type": "string" } },
                    { "name": "X-Note", "in": "header", "schema": { "type": "string" } },
                ],
                "requestBody": { "content": { media: {} } },
                "responses": {},
            });
            let inputs =
                json!({ "query": { "q": query, "r": query }, "header": { "X-Note": header }, "body": body });
            let mut case = built(
                &format!("hostile {i}"),
                "/h",
                "patch",
                operation,
                json!({}),
                inputs,
            );
            case.security = security;
            case
        })
        .collect()
}

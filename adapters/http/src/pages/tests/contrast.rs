//! Contrast of the colour tokens, in both themes (WCAG 2.2: 1.4.3 and 1.4.11).

use std::collections::HashMap;

use crate::assets;

/// Text on a surface: at least 4.5.
const TEXT: &[(&str, &[&str])] = &[
    (
        "text",
        &[
            "canvas",
            "subtle",
            "sunken",
            "raised",
            "accent-soft",
            "warn-soft",
            "err-soft",
            "info-soft",
        ],
    ),
    (
        "text-2",
        &[
            "canvas",
            "subtle",
            "sunken",
            "raised",
            "accent-soft",
            "warn-soft",
            "err-soft",
            "info-soft",
            "code-bg",
        ],
    ),
    ("text-3", &["canvas", "subtle", "sunken", "raised", "code-bg"]),
    (
        "accent-text",
        &["canvas", "subtle", "sunken", "raised", "accent-soft", "info-soft"],
    ),
    ("on-accent", &["accent"]),
    ("on-danger", &["danger"]),
    ("ok", &["canvas", "raised", "ok-soft"]),
    ("warn", &["canvas", "raised", "warn-soft"]),
    ("err", &["canvas", "raised", "err-soft"]),
    ("info", &["canvas", "raised", "info-soft"]),
    ("violet", &["canvas", "raised", "violet-soft"]),
    ("tk-key", &["code-bg"]),
    ("tk-str", &["code-bg"]),
    ("tk-num", &["code-bg"]),
    ("tk-kw", &["code-bg"]),
    ("tk-com", &["code-bg"]),
];

/// Edges of controls and parts of graphics: at least 3.
const GRAPHIC: &[(&str, &[&str])] = &[
    ("control", &["canvas", "raised"]),
    ("warn-dot", &["canvas", "raised"]),
    ("ok-dot", &["canvas", "raised"]),
    ("err-dot", &["canvas", "err-soft"]),
];

#[test]
fn tokens_keep_the_contrast_they_need() {
    let tokens = tokens();
    for (pairs, least) in [(TEXT, 4.5), (GRAPHIC, 3.0)] {
        for (front, backs) in pairs {
            for back in *backs {
                for (theme, pick) in [("light", 0), ("dark", 1)] {
                    let ratio = contrast(tokens[*front][pick], tokens[*back][pick]);
                    assert!(
                        ratio >= least,
                        "{theme}: {front} on {back} is {ratio:.2}, needs {least}"
                    );
                }
            }
        }
    }
}

#[test]
fn contrast_of_known_pairs() {
    assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 0.01);
    assert!((contrast([0x76, 0x76, 0x76], [255, 255, 255]) - 4.54).abs() < 0.01);
}

/// Colours of every `--name:light-dark(#rrggbb,#rrggbb)` and `--name:#rrggbb`, in the short form as well.
fn tokens() -> HashMap<String, [[u8; 3]; 2]> {
    let css = std::str::from_utf8(assets::find("console.css").unwrap().bytes).unwrap();
    let mut tokens = HashMap::new();
    for part in css.split("--").skip(1) {
        let Some((name, value)) = part.split_once(':') else {
            continue;
        };
        let value = value.split([';', '}']).next().unwrap();
        let (light, dark) = match value.strip_prefix("light-dark(") {
            Some(pair) => match pair.split(')').next().unwrap().split_once(',') {
                Some(pair) => pair,
                None => continue,
            },
            None => (value, value),
        };
        if let (Some(light), Some(dark)) = (colour(light), colour(dark)) {
            tokens.insert(name.to_owned(), [light, dark]);
        }
    }
    tokens
}

fn colour(text: &str) -> Option<[u8; 3]> {
    let short = text.trim().strip_prefix('#')?;
    let hex = match short.len() {
        3 => short.chars().flat_map(|digit| [digit, digit]).collect(),
        6 => short.to_owned(),
        _ => return None,
    };
    let part = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

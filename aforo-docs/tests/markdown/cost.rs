//! No text costs much more than another of its length: CPU time, not time on the clock, so that a busy machine does not
//! matter.

use std::{
    fs,
    time::{Duration, Instant},
};

use aforo_docs::{
    guide::page::MAX_BODY,
    markdown::{MAX_BYTES, Options, render},
};

/// How much more than short paragraphs of the same size a text may cost. Today the worst costs two or three times as
/// much; what takes quadratic time costs hundreds of times as much.
const MOST: u32 = 6;
/// Long enough for quadratic work to show, which grows with the square of it.
const SIZE: usize = MAX_BODY / 2;

/// The CPU time of this thread so far, where the system tells; else the time on the clock.
fn spent(began: Instant) -> Duration {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse().ok())
        .map_or_else(|| began.elapsed(), Duration::from_nanos)
}

fn cost(markdown: &str) -> Duration {
    let began = Instant::now();
    let before = spent(began);
    render(markdown, &Options::default());
    spent(began).saturating_sub(before)
}

/// A part again and again.
fn full(part: &str) -> String {
    part.repeat(SIZE / part.len())
}

fn check(cases: Vec<(String, String)>) {
    let paragraphs = full("a\n\n");
    let plain = cost(&paragraphs).min(cost(&paragraphs));
    let mut slow = Vec::new();
    for (name, markdown) in cases {
        let took = cost(&markdown);
        if std::env::var_os("SHOW_TIMES").is_some() {
            eprintln!(
                "{name:?}: {took:?}, {:.1}",
                took.as_secs_f64() / plain.as_secs_f64()
            );
        }
        if took > plain * MOST {
            slow.push(format!("{name:?} took {took:?}, paragraphs {plain:?}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// Each part in a block of HTML and in a line.
fn everywhere(parts: &[&str]) -> Vec<(String, String)> {
    let mut cases = Vec::new();
    for part in parts {
        let line = full(part);
        for (place, before) in [("in a block", "<div>\n"), ("in a line", "a ")] {
            cases.push((format!("{part} {place}"), format!("{before}{line}")));
        }
    }
    cases
}

#[test]
fn what_begins_a_tag_costs_no_more() {
    check(everywhere(&[
        "<",
        "<a ",
        "<a x=\"",
        "<a x='",
        "<a href=",
        "<a href=\"\" ",
        "<a \"'",
        "</a ",
        "<div ",
        "<b ",
        "<x ",
        "<a/",
        "<a=",
        "<br x",
        "<img src=",
    ]));
}

#[test]
fn what_looks_like_an_entity_costs_no_more() {
    check(everywhere(&[
        "&", "&amp", "&amp;", "&#", "&#1", "&#x41;", "&lt", "&lt;", "&a", "&notit;", "&&#x",
    ]));
}

#[test]
fn other_marks_of_html_cost_no_more() {
    check(everywhere(&[
        "<!--",
        "<!-- -",
        "<![CDATA[",
        "<?",
        "<!A",
        "<b>",
        "</b>",
        "<br>",
        "<p>",
        "<a href=x>",
        "<b></b>",
        "<table>x",
        "<tr><td>",
        "<li>",
    ]));
}

#[test]
fn what_opens_in_markdown_costs_no_more() {
    let mut cases = everywhere(&[
        "[",
        "](",
        "![",
        "[^a]",
        "*_",
        "**a",
        "~~",
        "`",
        "``a`",
        "|",
        "\\",
        "http://a ",
        "<http://a>",
        "a@b.c ",
    ]);
    for lines in [
        "> ",
        "- ",
        "1. ",
        "# a\n",
        "|a|b|\n|-|-|\n",
        "|a|b|\n",
        "[^a]: b\n\n",
        "[a]: b\n",
        "    a\n",
        "```\n",
        "<div>\n\n",
        "<pre>\n\n",
        "<!--\n\n",
        "> <a \n",
        "- <a \n",
        "<div>\n<a \n\n",
        "a\n\n",
        "***\n",
    ] {
        cases.push((lines.to_owned(), full(lines)));
    }
    let rows = |row: &str| format!("|a|b|\n|-|-|\n{}", row.repeat(SIZE / row.len()));
    cases.push(("rows of tags".to_owned(), rows("|<a |&amp|\n")));
    cases.push(("rows".to_owned(), rows("|1|2|\n")));
    let notes = (0..4_000).map(|n| format!("[^{n}] &amp <a \n\n[^{n}]: &amp <a \n\n"));
    cases.push(("footnotes".to_owned(), notes.collect()));
    cases.push(("quotes in quotes".to_owned(), full("> <a x=\"\n>> <a x='\n")));
    let long = full("&");
    cases.push(("a long address".to_owned(), format!("[a](<{long}>)")));
    cases.push(("a long title".to_owned(), format!("[a](/b '{long}')")));
    cases.push((
        "a long description".to_owned(),
        format!("![{long}](/docs/images/{})", "0".repeat(64)),
    ));
    cases.push(("a long heading".to_owned(), format!("# {long}")));
    cases.push(("letters of two bytes".to_owned(), full("©")));
    cases.push(("ampersands in code".to_owned(), format!("```js\n{long}\n```")));
    cases.push(("ampersands in a span".to_owned(), format!("`{long}`")));
    let address = format!("[a](</{}>) ", "&".repeat(2_000));
    cases.push(("many long addresses".to_owned(), full(&address)));
    check(cases);
}

#[test]
fn all_of_a_page_is_read() {
    const { assert!(MAX_BYTES >= MAX_BODY) };
}

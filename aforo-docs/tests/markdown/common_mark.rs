//! Every example of the CommonMark specification, read from the specification itself.
//!
//! Both sides are compared as a browser reads them. What differs on purpose is undone on the side of the
//! specification by rules (`expected`): headings stand one level lower, images that the console does not keep become links, ids get a
//! prefix, raw tags lose their classes, comments are left out. What
//! remains is listed by number with its reason, and the list is exact: an example that passes must not stand in it.

use std::{path::Path, process::Command};

use aforo_docs::markdown::{Levels, Options, render};

use crate::dom::{Element, Node, parse};

/// A tag, declaration or instruction that we do not let through is shown as text: `<pre>`, `<foo>`, `<Warning>`,
/// `<script>`, `<textarea>`, `<style>`, `<?php`, `<!DOCTYPE`, `<![CDATA[`, `<bar>`, `<bab>`, `<responsive-image>`.
const TAGS: &[u32] = &[
    148, 150, 163, 169, 170, 171, 172, 173, 176, 178, 180, 181, 182, 201, 491, 524, 536, 613, 614, 615, 617,
    623, 627, 628, 629,
];
/// A tag that names a file beside the text: its description is shown.
const BESIDE: &[u32] = &[475];
/// A tag without an end is shown as text; browsers would swallow what follows.
const OPEN_TAGS: &[u32] = &[156, 157, 158];
/// A tag ends with the block that it was opened in: an inline tag cannot hold blocks, a cell cannot be left open.
const BALANCE: &[u32] = &[167, 191];
/// Text beside a comment gets a paragraph. `<!-->` is no comment for us, as it was none before 0.31.
const COMMENTS: &[u32] = &[177, 626];
/// An attribute that nobody needs is left out, and its odd quoting with it.
const ATTRIBUTES: &[u32] = &[616];
/// A link with a scheme that is not allowed is text: `irc:`, `a+b+c:`, `made-up-scheme:`, `localhost:`.
const SCHEMES: &[u32] = &[596, 598, 599, 601];
/// The name of a language has letters, digits and few signs; `;` is none of them.
const LANGUAGES: &[u32] = &[144];

struct Example {
    number: u32,
    markdown: String,
    html: String,
}

fn examples() -> Vec<Example> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/commonmark");
    let file = folder.join("node_modules/commonmark-spec/spec.txt");
    if !file.exists() {
        let fetched = Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .status();
        assert!(
            fetched.is_ok_and(|status| status.success()),
            "npm ci in tests/commonmark fetches the specification; its licence keeps it out of this repository"
        );
    }
    let spec = std::fs::read_to_string(file).unwrap();
    let fence = "`".repeat(32);
    let mut found = Vec::new();
    let mut rest = spec.as_str();
    let open = format!("\n{fence} example\n");
    while let Some((_, after)) = rest.split_once(&open) {
        let (example, after) = after.split_once(&format!("\n{fence}\n")).unwrap();
        // An example may be empty on either side.
        let example = format!("\n{example}\n");
        let (markdown, html) = example.split_once("\n.\n").unwrap();
        let number = u32::try_from(found.len() + 1).unwrap();
        let plain = |text: &str| text.replace('→', "\t");
        found.push(Example {
            number,
            markdown: plain(markdown.get(1..).unwrap_or_default()) + "\n",
            html: plain(html),
        });
        rest = after;
    }
    found
}

#[test]
fn the_specification_s_examples_read_as_it_says() {
    let options = Options {
        levels: Levels::Lower,
        highlight: false,
        ..Options::default()
    };
    let examples = examples();
    assert_eq!(examples.len(), 652, "the specification 0.31.2 has 652 examples");
    let mut listed = [
        TAGS, BESIDE, OPEN_TAGS, BALANCE, COMMENTS, ATTRIBUTES, SCHEMES, LANGUAGES,
    ]
    .concat();
    listed.sort_unstable();
    let (mut failed, mut report) = (Vec::new(), String::new());
    for example in &examples {
        let ours = canonical(written(parse(&render(&example.markdown, &options).html)), true);
        let theirs = canonical(expected(parse(example.html.trim_end()), false), true);
        if ours != theirs {
            failed.push(example.number);
            if !listed.contains(&example.number) {
                report.push_str(&format!(
                    "{}: {:?}\n  wanted {:?}\n  ours   {}\n",
                    example.number,
                    example.markdown,
                    example.html,
                    render(&example.markdown, &options).html.trim()
                ));
            }
        }
    }
    assert_eq!(failed, listed, "\n{report}");
}

/// The specification's HTML with our rules applied.
fn expected(nodes: Vec<Node>, in_link: bool) -> Vec<Node> {
    let mut out = Vec::new();
    for node in nodes {
        let Node::Element(mut element) = node else {
            out.push(node);
            continue;
        };
        if element.name == "!--" {
            continue;
        }
        let link = in_link || element.name == "a";
        let raw = !matches!(element.attribute("class"), Some(class) if class.starts_with("language-"));
        if raw {
            element.attributes.remove("class");
        }
        if let Some(id) = element.attributes.get_mut("id") {
            id.insert_str(0, "user-");
        }
        element.children = expected(std::mem::take(&mut element.children), link);
        match element.name.as_str() {
            "h1" => element.name = "h2".to_owned(),
            "h2" => element.name = "h3".to_owned(),
            "h3" => element.name = "h4".to_owned(),
            "h4" => element.name = "h5".to_owned(),
            "h5" => element.name = "h6".to_owned(),
            "a" => {
                if let Some(anchor) = element.attribute("href").and_then(|href| href.strip_prefix('#')) {
                    let anchor = format!("#user-{anchor}");
                    element.attributes.insert("href".to_owned(), anchor);
                }
            }
            "img" => {
                element.attributes.entry("alt".to_owned()).or_default();
                let src = element.attribute("src").unwrap_or_default().to_owned();
                if !src.contains("/docs/images/") {
                    let alt = element.attributes.remove("alt").unwrap_or_default();
                    let text = Node::Text(if alt.is_empty() { "Image".to_owned() } else { alt });
                    if in_link {
                        out.push(text);
                        continue;
                    }
                    element.name = "a".to_owned();
                    element.attributes.remove("src");
                    element.attributes.insert("href".to_owned(), src);
                    element.children = vec![text];
                }
            }
            _ => {}
        }
        out.push(Node::Element(element));
    }
    out
}

/// Our HTML without what stands around the specification's.
fn written(nodes: Vec<Node>) -> Vec<Node> {
    let mut out = Vec::new();
    for node in nodes {
        let Node::Element(mut element) = node else {
            out.push(node);
            continue;
        };
        if element.is("a", "anchor") {
            continue;
        }
        element.children = written(std::mem::take(&mut element.children));
        for attribute in ["rel", "loading", "tabindex"] {
            element.attributes.remove(attribute);
        }
        if element.name.starts_with('h') && element.name != "hr" {
            element.attributes.remove("id");
        }
        if element.is("figure", "snippet") {
            out.append(&mut element.children);
        } else {
            out.push(Node::Element(element));
        }
    }
    out
}

const BLOCKS: &[&str] = &[
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "pre",
    "hr",
    "div",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "dl",
    "dt",
    "dd",
    "details",
    "summary",
    "figure",
];

/// White space that readers do not see is left out; neighbouring texts become one.
fn canonical(nodes: Vec<Node>, in_block: bool) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::new();
    for node in nodes {
        match (node, out.last_mut()) {
            (Node::Text(text), Some(Node::Text(before))) => before.push_str(&text),
            (node, _) => out.push(node),
        }
    }
    let is_block = |node: Option<&Node>| match node {
        None => in_block,
        Some(Node::Element(element)) => BLOCKS.contains(&element.name.as_str()),
        Some(Node::Text(_)) => false,
    };
    let mut nodes = Vec::new();
    for at in 0..out.len() {
        match &out[at] {
            Node::Text(text) => {
                let mut text = collapsed(text);
                let before = at.checked_sub(1).and_then(|at| out.get(at));
                if is_block(before)
                    || matches!(before, Some(Node::Element(Element { name, .. })) if name == "br")
                {
                    text = text.trim_start().to_owned();
                }
                if is_block(out.get(at + 1)) {
                    text = text.trim_end().to_owned();
                }
                if !text.is_empty() {
                    nodes.push(Node::Text(text));
                }
            }
            Node::Element(element) => {
                let mut element = element.clone();
                if element.name != "pre" {
                    let block = BLOCKS.contains(&element.name.as_str());
                    element.children = canonical(std::mem::take(&mut element.children), block);
                    if element.children == [Node::Text(" ".to_owned())] {
                        element.children.clear();
                    }
                }
                nodes.push(Node::Element(element));
            }
        }
    }
    nodes
}

fn collapsed(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, ' ' | '\n' | '\t' | '\r') {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out
}

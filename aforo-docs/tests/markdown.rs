//! Markdown from people we do not trust.
#![allow(clippy::unwrap_used)] // helpers of tests fail as tests do

use aforo_docs::markdown::{to_safe_html, to_safe_inline_html};
use proptest::prelude::*;

#[test]
fn common_mark_with_tables_reads_as_it_should() {
    let html = to_safe_html(
        "# Title\n\nSome *text* with `code` and [a link](https://example.com/x \"T\").\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n\
         - [x] done\n\n~~old~~\n\n```json\n{\"a\": \"<b>\"}\n```\n",
    );
    assert!(html.contains("<h2 id=\"user-title\">Title</h2>"), "{html}");
    assert!(html.contains("<em>text</em>") && html.contains("<code>code</code>"));
    assert!(
        html.contains("<a href=\"https://example.com/x\" title=\"T\" rel=\"nofollow noopener\">a link</a>"),
        "{html}"
    );
    assert!(
        html.contains("<table><thead><tr><th>a</th>") && html.contains("<td>2</td>"),
        "{html}"
    );
    assert!(
        html.contains("type=\"checkbox\"") && html.contains("checked") && html.contains("<del>old</del>"),
        "{html}"
    );
    assert!(html.contains("{\"a\": \"&lt;b&gt;\"}"), "{html}");
    assert!(html.contains("language-json"), "{html}");
}

#[test]
fn headings_leave_the_page_its_own_and_have_anchors_of_their_own() {
    let html =
        to_safe_html("# A b!\n## A b\n###### deep {#top}\n# 日本\n# ***\n[up](#a-b) [again](#user-a-b)");
    assert!(!html.contains("<h1"), "{html}");
    for part in [
        "<h2 id=\"user-a-b\">",
        "<h3 id=\"user-a-b-2\">",
        "<h6 id=\"user-deep-top\">",
        "<h2 id=\"user-日本\">",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    assert_eq!(html.matches("href=\"#user-a-b\"").count(), 2, "{html}");
}

#[test]
fn one_line_has_no_paragraph() {
    assert_eq!(to_safe_inline_html("A *b*"), "A <em>b</em>");
    assert!(to_safe_inline_html("A\n\nB").contains("<p>B</p>"));
}

#[test]
fn raw_html_is_shown_not_done() {
    for raw in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg/onload=alert(1)>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<style>*{background:url(//evil)}</style>",
        "<form action=//evil><input name=q></form>",
        "<base href=//evil>",
        "<meta http-equiv=refresh content=0>",
        "a <b onclick=alert(1)>b</b>",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<img name=body id=cookie>",
        "<template><script>alert(1)</script></template>",
        "<details open ontoggle=alert(1)>",
    ] {
        for markdown in [
            raw.to_owned(),
            format!("text {raw} text"),
            format!("> {raw}"),
            format!("# {raw}"),
            format!("|{raw}|\n|-|\n|{raw}|"),
        ] {
            check(&markdown);
        }
    }
    assert!(to_safe_html("<b>x</b>").contains("&lt;b&gt;x&lt;/b&gt;"));
}

#[test]
fn addresses_cannot_run_code_nor_pretend_to_be_ours() {
    for address in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\u{0}script:alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A;avascript:alert(1)",
        "javascript&colon;alert(1)",
        "\u{1}javascript:alert(1)",
        "<java\tscript:alert(1)>",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://example.com/1",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "<//evil.example>",
    ] {
        for markdown in [
            format!("[x]({address})"),
            format!("![x]({address})"),
            format!("<{address}>"),
            format!("[x][r]\n\n[r]: {address}"),
        ] {
            check(&markdown);
        }
    }
    assert!(to_safe_html("![a](http://example.com/i.png)").contains("<img alt=\"a\""));
    assert!(!to_safe_html("![a](http://example.com/i.png)").contains("src"));
    assert!(to_safe_html("![a](https://example.com/i.png)").contains("src=\"https://example.com/i.png\""));
    assert!(to_safe_html("[a](/docs/b?c=d#e)").contains("href=\"/docs/b?c=d#e\""));
    assert!(to_safe_html("[a](mailto:a@example.com)").contains("href=\"mailto:a@example.com\""));
}

#[test]
fn a_code_fence_cannot_name_a_class_of_ours() {
    let html = to_safe_html("```x onclick=alert(1) class=\"admin\" \"><img src=x>\ncode\n```");
    check("```\"><img src=x onerror=alert(1)>\ncode\n```");
    assert!(!html.contains("admin\"") && !html.contains("<img"), "{html}");
}

#[test]
fn hostile_sizes_end() {
    for text in [
        "[".repeat(50_000),
        "*a_ ".repeat(50_000),
        "> ".repeat(20_000),
        "`".repeat(50_000),
        "![".repeat(20_000),
        "<a ".repeat(50_000),
        "|a".repeat(20_000) + "\n" + &"|-".repeat(20_000),
        "- ".repeat(3_000),
    ] {
        check(&text);
    }
    let quotes = to_safe_html(&("> ".repeat(20_000) + "inside"));
    assert!(quotes.matches("<blockquote>").count() <= 40 && quotes.contains("inside"));
    assert!(to_safe_html(&"# a\n".repeat(20_000)).contains("id=\"user-a-20000\""));
    assert!(to_safe_html(&"é".repeat(600_000)).len() < 1_200_000);
}

/// An independent look at the output: only tags and attributes that we know, no address that runs or leaves.
fn check(markdown: &str) {
    let html = to_safe_html(markdown);
    let mut rest = html.as_str();
    while let Some(start) = rest.find('<') {
        let end = rest[start..]
            .find('>')
            .map(|e| start + e)
            .unwrap_or_else(|| panic!("an open tag in {html}"));
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        assert!(
            [
                "a",
                "blockquote",
                "br",
                "code",
                "del",
                "em",
                "h2",
                "h3",
                "h4",
                "h5",
                "h6",
                "hr",
                "img",
                "input",
                "li",
                "ol",
                "p",
                "pre",
                "strong",
                "sup",
                "table",
                "tbody",
                "td",
                "th",
                "thead",
                "tr",
                "ul",
                "div",
                "span"
            ]
            .contains(&name.as_str()),
            "<{tag}> from {markdown:?}"
        );
        for (attribute, value) in attributes(tag) {
            let known: &[&str] = match name.as_str() {
                "a" => &["href", "title", "rel"],
                "img" => &["src", "alt", "title"],
                "ol" => &["start"],
                "input" => &["type", "checked", "disabled"],
                "code" | "sup" => &["class"],
                "div" => &["class", "id"],
                _ if name.starts_with('h') => &["id"],
                _ => &[],
            };
            assert!(
                known.contains(&attribute.as_str()),
                "{attribute} in <{tag}> from {markdown:?}"
            );
            match attribute.as_str() {
                "href" | "src" => check_address(&value, markdown),
                "id" => assert!(value.starts_with("user-"), "<{tag}> from {markdown:?}"),
                "rel" => assert_eq!(value, "nofollow noopener"),
                "class" => assert!(
                    value.starts_with("language-") || value.starts_with("footnote-"),
                    "<{tag}>"
                ),
                _ => {}
            }
        }
        if name == "a" && tag.starts_with('a') {
            assert!(tag.contains("rel=\"nofollow noopener\""), "<{tag}>");
        }
    }
}

/// Names and values of the attributes of a tag, as the sanitiser writes them: `name="value"`.
fn attributes(tag: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace()).trim();
    while let Some((name, after)) = rest.split_once("=\"") {
        let (value, after) = after
            .split_once('"')
            .unwrap_or_else(|| panic!("an open value in <{tag}>"));
        found.push((name.trim().to_owned(), value.to_owned()));
        rest = after.trim();
    }
    assert!(rest.is_empty() || rest == "/", "{rest:?} in <{tag}>");
    found
}

fn check_address(value: &str, markdown: &str) {
    let seen: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let seen = seen.replace("&amp;", "&").replace('\\', "/").to_lowercase();
    assert!(!seen.starts_with("//"), "{value:?} from {markdown:?}");
    let head = seen.split(['/', '?', '#']).next().unwrap();
    if let Some((scheme, _)) = head.split_once(':') {
        assert!(
            ["http", "https", "mailto"].contains(&scheme),
            "{value:?} from {markdown:?}"
        );
    }
}

proptest! {
    #[test]
    fn whatever_is_written_comes_out_safe(markdown in "[\\[\\]()<>!*_`#|:/\\\\a-c \n\t\"'&;=-]{0,200}") {
        check(&markdown);
    }

    #[test]
    fn whatever_is_said_comes_out_safe(words in prop::collection::vec(prop::sample::select(vec![
        "<", ">", "<script", "</script>", "<svg", "onload=", "[x](", "javascript:", "data:", ")", "![", "](", "\n", "\n\n", "    ",
        "`", "```", "<!--", "-->", "\"", "'", "#", "|", "[r]: ", "&#x6a;", "\u{0}", "\\", "//evil", "<a href=", "id=x", "{#x}", "[^1]", "[^1]: ",
    ]), 0..40)) {
        check(&words.concat());
    }
}

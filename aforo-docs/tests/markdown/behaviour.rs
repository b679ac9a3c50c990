//! What descriptions of an API become.

use aforo_docs::markdown::{to_safe_html, to_safe_inline_html};

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
    assert!(html.contains("&lt;b&gt;"), "{html}");
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
fn tags_that_we_know_are_done_and_others_are_shown() {
    assert_eq!(
        to_safe_html("<b>x</b> <key>").trim(),
        "<p><b>x</b> &lt;key&gt;</p>"
    );
    assert!(to_safe_html("<script>alert(1)</script>").contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    // Whole descriptions are written in HTML.
    assert_eq!(
        to_safe_html("<p>Returns <code>a</code> &amp; b.</p>\n<p>Again <a href=\"/x?a&amp;b\">c</a></p>")
            .trim(),
        "<p>Returns <code>a</code> &amp; b.</p>\n<p>Again <a href=\"/x?a&amp;b\" rel=\"nofollow noopener\">c</a></p>"
    );
}

#[test]
fn what_only_looks_like_an_image_of_the_console_is_none() {
    let hash = "0123456789abcdef".repeat(4);
    for address in [
        "/docs/images/x".to_owned(),
        format!("/docs/images/{}", hash.to_uppercase()),
        format!("/docs/images/{hash}0"),
        format!("/docs/images/{hash}?to=x"),
        format!("/docs/images/{hash}#x"),
        format!("/docs/images/{hash}/../../out"),
        format!("docs/images/{hash}"),
        format!("//evil/docs/images/{hash}"),
        format!("/\\\\evil/docs/images/{hash}"),
        format!("https://evil/docs/images/{hash}"),
        format!("/out?next=/docs/images/{hash}"),
        format!("/out#/docs/images/{hash}"),
        format!("/a/../docs/images/{hash}"),
        format!("/a/./docs/images/{hash}"),
        format!("/a/%2e%2e/docs/images/{hash}"),
        format!("/a%2fb/docs/images/{hash}"),
        format!("/a;b/docs/images/{hash}"),
        format!("/a//docs/images/{hash}"),
    ] {
        for markdown in [
            format!("![a]({address})"),
            format!("<img alt=a src=\"{address}\">"),
        ] {
            let html = to_safe_html(&markdown);
            assert!(!html.contains("<img") && html.contains('a'), "{markdown}: {html}");
        }
    }
}

#[test]
fn images_of_the_console_are_shown_others_become_links() {
    for address in [
        "http://example.com/i.png",
        "https://example.com/i.png",
        "i.png",
        "/i.png",
        "/docs/images/../../i.png",
    ] {
        let html = to_safe_html(&format!("![a]({address})"));
        assert!(
            !html.contains("<img")
                && html.contains(&format!("<a href=\"{address}\""))
                && html.contains(">a</a>"),
            "{html}"
        );
    }
    let hash = "0123456789abcdef".repeat(4);
    let html = to_safe_html(&format!(
        "![a *b*](/docs/images/{hash} \"T\") <img src=/console/v1.2/docs/images/{hash} width=20 onerror=alert(1)>"
    ));
    assert!(
        html.contains(&format!(
            "<img src=\"/docs/images/{hash}\" alt=\"a b\" title=\"T\" loading=\"lazy\">"
        )) && html.contains(&format!("<img src=\"/console/v1.2/docs/images/{hash}\" alt=\"\"")),
        "{html}"
    );
    assert!(to_safe_html("[a](/docs/b?c=d#e)").contains("href=\"/docs/b?c=d#e\""));
    assert!(to_safe_html("[a](mailto:a@example.com)").contains("href=\"mailto:a@example.com\""));
}

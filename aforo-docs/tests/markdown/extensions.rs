//! What is read beyond CommonMark.

use aforo_docs::markdown::{
    Audience, EmbeddedField, EmbeddedOperation, EmbeddedSchema, Embeds, Links, Options, Rendered, highlight,
    render,
};

fn page(markdown: &str) -> Rendered {
    render(markdown, &Options::default())
}

#[test]
fn tables_task_lists_and_strikethrough_read_as_github_s() {
    let html = page("| a | b | c |\n|:--|:-:|--:|\n| 1 | ~~2~~ | `a\\|b` |\n").html;
    for part in [
        "<thead><tr><th align=\"left\">a</th><th align=\"center\">b</th><th align=\"right\">c</th></tr></thead>",
        "<td align=\"left\">1</td><td align=\"center\"><del>2</del></td><td align=\"right\"><code>a|b</code></td>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    // The header must match the delimiter row; rows are filled up and cut.
    assert!(!page("| abc | def |\n| --- |\n| bar |\n").html.contains("<table>"));
    let html = page("| abc | def |\n| --- | --- |\n| bar |\n| bar | baz | boo |\n").html;
    assert_eq!(html.matches("<td>").count(), 4, "{html}");
    assert!(!html.contains("boo"), "{html}");
    let html = page("- [ ] foo\n- [x] bar\n").html;
    assert!(
        html.contains("<li class=\"task\"><input disabled=\"\" aria-label=\"To do\" type=\"checkbox\"> foo")
            || html.contains("aria-label=\"To do\""),
        "{html}"
    );
    assert_eq!(html.matches("checked").count(), 1, "{html}");
    let html = page("~~Hi~~ Hello, ~there~ world! ~~~not~~~\n").html;
    assert!(html.contains("<del>Hi</del>"), "{html}");
}

#[test]
fn callouts_have_labels_and_are_quotes_elsewhere() {
    for (kind, class, label) in [
        ("NOTE", "callout-note", "Info"),
        ("TIP", "callout-tip", "Pro tip"),
        ("IMPORTANT", "callout-important", "Important"),
        ("WARNING", "callout-warning", "Warning"),
        ("CAUTION", "callout-caution", "Caution"),
    ] {
        let html = page(&format!("> [!{kind}]\n> Mind the *gap*.\n")).html;
        assert!(
            html.contains(&format!("<div class=\"callout {class}\" role=\"note\">"))
                && html.contains(&format!("<p class=\"callout-l\">{label}</p>"))
                && html.contains("<p>Mind the <em>gap</em>.</p>"),
            "{html}"
        );
    }
    assert!(page("> [!OTHER]\n> x\n").html.contains("<blockquote>"));
}

#[test]
fn code_has_title_language_and_colours() {
    let html = page("```json title=\"key-format.txt\"\n{\"a\": 1, \"b\": null}\n```\n").html;
    for part in [
        "<figure class=\"snippet\"><figcaption>key-format.txt</figcaption>",
        "<code class=\"language-json\">",
        "<span class=\"n\">1</span>",
        "<span class=\"w\">null</span>",
        "<span class=\"k\">&quot;a&quot;</span>",
    ] {
        let part = part.replace("&quot;", "\"");
        assert!(html.contains(&part), "{part} in {html}");
    }
    assert!(
        page("```\n<b> & \"c\"\n```\n")
            .html
            .contains("&lt;b&gt; &amp; \"c\"")
    );
}

#[test]
fn each_language_of_the_samples_gets_colours() {
    for (language, code, part) in [
        (
            "bash",
            "curl -X POST \"https://a\" # b\n",
            "<span class=\"c\"># b",
        ),
        ("js", "const a = 'b'; // c\n", "<span class=\"w\">const"),
        ("ts", "const a = 1;\n", "<span class=\"n\">1"),
        ("python", "def a():\n    return 'b'\n", "<span class=\"w\">def"),
        (
            "go",
            "func a() string { return \"b\" }\n",
            "<span class=\"s\">&quot;b&quot;",
        ),
        ("java", "class A { int b = 1; }\n", "<span class=\"n\">1"),
        ("ruby", "puts 'a' # b\n", "<span class=\"s\">'a'"),
        ("php", "echo 'a';\n", "<span class=\"s\">'a'"),
        ("csharp", "var a = \"b\";\n", "<span class=\"s\">&quot;b&quot;"),
        ("yaml", "a: \"b\" # c\n", "<span class=\"c\"># c"),
        ("sql", "SELECT 1 -- a\n", "<span class=\"c\">-- a"),
        ("html", "<a href=\"b\">c</a>\n", "<span class=\"k\">a</span>"),
        ("rust", "fn a() {}\n", "<span class=\"w\">fn"),
    ] {
        let html = highlight(language, code);
        assert!(html.contains(part), "{language}: {part} in {html}");
        let plain = html.replace("</span>", "");
        let plain: String = plain
            .split("<span class=\"")
            .map(|p| {
                p.get(3..)
                    .filter(|_| p.as_bytes().get(1) == Some(&b'"'))
                    .unwrap_or(p)
            })
            .collect();
        let escaped = code
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        assert_eq!(plain, escaped, "{language}");
    }
}

#[test]
fn long_code_and_long_lines_stay_plain() {
    let long = "let a = 1;\n".repeat(7_000);
    assert!(!highlight("rust", &long).contains("<span"));
    assert!(!highlight("rust", &format!("let a = \"{}\";", "b".repeat(3_000))).contains("<span"));
    assert!(!highlight("nobody-knows", "let a = 1;").contains("<span"));
    assert!(highlight("RUST", "let a = 1;").contains("<span"));
}

#[test]
fn headings_fit_the_page_and_link_to_themselves() {
    let rendered = page("## One\n\n#### Deep *dive*\n\n## One\n\n[a](#one-2) [b](#user-one) [c](#else)\n");
    let outline: Vec<_> = rendered
        .headings
        .iter()
        .map(|h| (h.level, h.id.as_str(), h.text.as_str()))
        .collect();
    assert_eq!(
        outline,
        [
            (2, "user-one", "One"),
            (3, "user-deep-dive", "Deep dive"),
            (2, "user-one-2", "One")
        ]
    );
    for part in [
        "<h2 id=\"user-one\">One <a class=\"anchor\" href=\"#user-one\" aria-label=\"Link to “One”\"",
        "<h3 id=\"user-deep-dive\">Deep <em>dive</em>",
        "href=\"#user-one-2\"",
        "href=\"#user-else\"",
    ] {
        assert!(rendered.html.contains(part), "{part} in {}", rendered.html);
    }
    // A heading that begins like our prefix keeps a name of its own.
    let html = page("# User guide\n\n[a](#user-guide)").html;
    assert_eq!(html.matches("user-user-guide").count(), 3, "{html}");
}

#[test]
fn footnotes_stand_at_the_end_once() {
    let html = page("A[^b] and[^a] again[^b].\n\n[^a]: First *note*.\n[^b]: Second.\n[^c]: Unused.\n").html;
    assert!(!html.contains("Unused"), "{html}");
    let (text, notes) = html.split_once("<section class=\"footnotes\">").unwrap();
    assert!(
        text.contains("href=\"#user-fn-1\"") && text.contains("id=\"user-fnref-1\""),
        "{html}"
    );
    assert_eq!(text.matches("id=\"user-fnref-1\"").count(), 1, "{html}");
    let second = notes.find("Second").unwrap();
    assert!(
        second < notes.find("First").unwrap(),
        "numbered as they are met: {html}"
    );
    assert!(notes.contains("href=\"#user-fnref-1\""), "{html}");
}

#[test]
fn instructions_become_steps() {
    assert!(
        page("1. **Make a key.** Then\n\n   ```sh\n   a\n   ```\n2. **Call.**\n")
            .html
            .contains("<ol class=\"steps\">")
    );
    assert!(!page("1. One\n2. **Two**\n").html.contains("steps"));
    assert!(!page("1. **One**\n").html.contains("steps"));
    assert!(page("3. a\n4. b\n").html.contains("<ol start=\"3\">"));
}

#[test]
fn words_and_minutes_leave_code_out() {
    let rendered = page(&format!(
        "# Title here\n\n{}\n\n```\ncode code code\n```\n",
        "word ".repeat(500)
    ));
    assert_eq!((rendered.words, rendered.minutes), (502, 3));
    assert_eq!(page("").minutes, 1);
    assert_eq!(page("a*b*c d").words, 2);
    let rendered = page("# T\n\nOne *two*.\n\n| a | b |\n|-|-|\n| c | d |\n\n```\nx\n```");
    assert_eq!(rendered.text, "T\nOne two.\na b \nc d \nx\n");
    assert_eq!(page("one two three").summary(9), "one two…");
}

struct Known;

impl Embeds for Known {
    fn operation(&self, reference: &str) -> Option<EmbeddedOperation> {
        (reference == "api/createThing").then(|| EmbeddedOperation {
            method: "post".into(),
            path: "/v1/<things>".into(),
            title: "Create a thing".into(),
            summary: "Makes <b>one</b>.".into(),
            href: "/reference/api/createThing".into(),
            deprecated: true,
        })
    }
    fn schema(&self, reference: &str) -> Option<EmbeddedSchema> {
        (reference == "api/Thing").then(|| EmbeddedSchema {
            name: "Thing".into(),
            summary: String::new(),
            href: "javascript:alert(1)".into(),
            fields: vec![EmbeddedField {
                name: "id".into(),
                kind: "string".into(),
                required: true,
                description: "Its \"name\"".into(),
            }],
        })
    }
}

#[test]
fn references_become_cards_and_links() {
    let options = Options {
        embeds: &Known,
        ..Options::default()
    };
    let rendered = render(
        "[Create](operation:api/createThing)\n\nSee [that](operation:api/createThing).\n\n[Thing](schema:api/Thing)\n",
        &options,
    );
    for part in [
        "<div class=\"embed embed-op\"><p><span class=\"m m-post\">POST</span> <code>/v1/&lt;things&gt;</code>",
        "<a href=\"/reference/api/createThing\" rel=\"noopener\">Create a thing</a>",
        "Makes &lt;b&gt;one&lt;/b&gt;.",
        "Deprecated",
        "<p>See <a href=\"/reference/api/createThing\" rel=\"noopener\">that</a>.</p>",
        "<dt><code>id</code> string <span class=\"req\">required</span></dt><dd>Its \"name\"</dd>",
    ] {
        assert!(rendered.html.contains(part), "{part} in {}", rendered.html);
    }
    assert!(!rendered.html.contains("javascript"), "{}", rendered.html);
    assert!(rendered.unknown.is_empty() && rendered.text.starts_with("Create\n"));
}

#[test]
fn an_unknown_reference_is_told_to_writers_only() {
    let text = "[Create `<a>`](operation:api/none)\n\nSee [that](schema:api/None).\n";
    let rendered = page(text);
    assert_eq!(rendered.html.trim(), "<p>Create &lt;a&gt;</p>\n<p>See that.</p>");
    assert_eq!(rendered.unknown, ["operation:api/none", "schema:api/None"]);
    let options = Options {
        audience: Audience::Writer,
        ..Options::default()
    };
    let html = render(text, &options).html;
    assert!(
        html.contains("embed-unknown") && html.contains("<code>api/none</code>"),
        "{html}"
    );
}

struct Moved;

impl Links for Moved {
    fn resolve(&self, address: &str) -> Option<String> {
        match address {
            "other.md" => Some("/docs/other".into()),
            "evil.md" => Some("javascript:alert(1)".into()),
            _ => None,
        }
    }
}

#[test]
fn addresses_are_led_on_and_checked_afterwards() {
    let options = Options {
        links: &Moved,
        ..Options::default()
    };
    let rendered = render(
        "[a](other.md) [b](evil.md) <a href=\"other.md\">c</a> [d](stays)",
        &options,
    );
    assert_eq!(
        rendered.html.matches("href=\"/docs/other\"").count(),
        2,
        "{}",
        rendered.html
    );
    assert!(!rendered.html.contains("javascript") && rendered.html.contains("href=\"stays\""));
    assert_eq!(rendered.links, ["other.md", "other.md", "stays"]);
}

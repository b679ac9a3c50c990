//! What holds for every page: structure, links, escaping, budgets.

mod contrast;
mod hostile;
mod markup;

use std::collections::{BTreeMap, BTreeSet};

use self::markup::{Tag, tags};
use super::*;
use crate::assets;

const PREFIX: &str = "/a/b";

fn pages() -> Vec<samples::Rendered> {
    samples::all(&samples::chrome(PREFIX, Theme::System))
}

/// Panics when markup breaks a rule that every page keeps, whatever text is in it.
fn check(name: &str, html: &str) {
    let tags = tags(html);
    let mut ids = BTreeMap::new();
    for tag in &tags {
        for (attribute, value) in &tag.attributes {
            assert!(
                attribute != "style" && !attribute.starts_with("on"),
                "{name}: <{} {attribute}>",
                tag.name
            );
            if matches!(
                attribute.as_str(),
                "href" | "src" | "action" | "data-try" | "data-samples"
            ) {
                let inside = value.starts_with("/a/b/") || value.starts_with(['#', '?']);
                let favicon =
                    tag.attribute("rel") == Some("icon") && value.starts_with("data:image/svg+xml,");
                // What a description links to: of the web, and told nothing of where its reader came from.
                let away = attribute == "href"
                    && (value.starts_with("https://") || value.starts_with("http://"))
                    && tag.attribute("rel") == Some("nofollow noopener");
                assert!(
                    inside || favicon || away,
                    "{name}: {attribute}={value} leaves the mount"
                );
            }
        }
        if let Some(id) = tag.attribute("id") {
            assert!(
                !id.is_empty() && !id.contains(char::is_whitespace),
                "{name}: id {id:?}"
            );
            *ids.entry(id.to_owned()).or_insert(0) += 1;
        }
        match tag.name.as_str() {
            "script" => assert!(tag.attribute("src").is_some(), "{name}: inline script"),
            "style" | "img" | "iframe" | "object" | "base" => panic!("{name}: <{}>", tag.name),
            _ => {}
        }
    }
    for (id, times) in &ids {
        assert_eq!(*times, 1, "{name}: id {id} is not unique");
    }
    for tag in &tags {
        for attribute in [
            "for",
            "aria-labelledby",
            "aria-describedby",
            "aria-controls",
            "form",
            "for-visible",
        ] {
            for id in tag.attribute(attribute).unwrap_or_default().split_whitespace() {
                let streamed = id == "response-body"; // only there when there is a body
                assert!(
                    ids.contains_key(id) || streamed,
                    "{name}: {attribute}={id} points to nothing"
                );
            }
        }
    }
    let count = |name: &str| tags.iter().filter(|t| t.name == name).count();
    assert_eq!((count("h1"), count("main"), count("title")), (1, 1, 1), "{name}");
    forms_carry_the_token(name, &tags);
}

fn forms_carry_the_token(name: &str, tags: &[Tag]) {
    for (i, form) in tags.iter().enumerate().filter(|(_, t)| t.name == "form") {
        if form.attribute("method") == Some("post") {
            let token = tags
                .iter()
                .skip(i + 1)
                .take(2)
                .any(|t| t.attribute("name") == Some(CSRF_FIELD));
            assert!(
                token,
                "{name}: a form without CSRF token: {:?}",
                form.attribute("action")
            );
        }
    }
}

#[test]
fn every_page_keeps_the_rules_of_the_content_security_policy() {
    let pages = pages();
    assert!(pages.len() > 30);
    for (name, html) in &pages {
        check(name, html);
    }
    let names: BTreeSet<_> = pages.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pages.len(), "two pages share a name");
}

#[test]
fn the_checks_can_fail() {
    let page = |inner: &str| format!("<title>t</title><main><h1>x</h1>{inner}</main>");
    check("fine", &page("<a href=\"/a/b/keys\">x</a>"));
    for bad in [
        "<p style=\"x\">",
        "<p onclick=\"x\">",
        "<a href=\"/keys\">",
        "<a href=\"javascript:x\">",
        "<script>1</script>",
        "<p id=\"x\"></p><p id=\"x\"></p>",
        "<label for=\"gone\">",
        "<form method=\"post\"><button></button></form>",
        "<img src=\"/a/b/x\">",
    ] {
        let html = page(bad);
        assert!(
            std::panic::catch_unwind(|| check("bad", &html)).is_err(),
            "{bad} passed"
        );
    }
}

#[test]
fn another_brand_leaves_no_trace_of_ours() {
    let ours = ["Afo", "ro"].concat();
    for (name, html) in pages() {
        assert!(html.contains("Acme"), "{name}");
        assert!(!html.to_lowercase().contains(&ours.to_lowercase()), "{name}");
    }
    for asset in assets::ALL.iter().filter(|a| !a.name.ends_with(".woff2")) {
        let text = std::str::from_utf8(asset.bytes).unwrap().to_lowercase();
        assert!(!text.contains(&ours.to_lowercase()), "{}", asset.name);
    }
}

#[test]
fn icons_modules_and_fonts_that_are_used_exist() {
    let text = |name| std::str::from_utf8(assets::find(name).unwrap().bytes).unwrap();
    let sheet = text("icons.svg");
    let known = |icon: &str| sheet.contains(&format!("id=\"{icon}\""));
    for (name, html) in pages() {
        for part in html.split("icons.svg#").skip(1) {
            let icon = part.split('"').next().unwrap();
            assert!(known(icon), "{name}: icon {icon}");
        }
        for part in html.split(&format!("/assets/{}/", assets::hash())).skip(1) {
            let file = part.split(['"', '#']).next().unwrap();
            assert!(assets::find(file).is_some(), "{name}: asset {file}");
        }
    }
    for script in assets::ALL.iter().filter(|a| a.name.ends_with(".js")) {
        let code = text(script.name);
        for part in code.split("icon('").skip(1) {
            assert!(
                known(part.split('\'').next().unwrap()),
                "{}: {part:.20}",
                script.name
            );
        }
        for part in code
            .split("from './")
            .skip(1)
            .chain(code.split("import './").skip(1))
        {
            assert!(
                assets::find(part.split('\'').next().unwrap()).is_some(),
                "{}",
                script.name
            );
        }
        for forbidden in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
        ] {
            // What somebody writes outlives a closed tab; whether letters are shortcuts, and what was opened from the
            // palette, are wishes of this browser. None is a secret.
            let keeps = ["editor.js", "core.js", "palette.js"].contains(&script.name);
            let allowed = forbidden == "localStorage" && keeps;
            assert!(
                allowed || !code.contains(forbidden),
                "{}: {forbidden}",
                script.name
            );
        }
    }
    assert!(
        !text("reveal.js").contains("Storage."),
        "a secret must not reach web storage"
    );
    for part in text("console.css").split("url(").skip(1) {
        assert!(assets::find(part.split(')').next().unwrap()).is_some());
    }
}

#[test]
fn pages_and_assets_stay_small() {
    // Bounds are on what is stored; gzip makes a third to a quarter of it.
    let size = |names: &[&str]| {
        names
            .iter()
            .map(|n| assets::find(n).unwrap().bytes.len())
            .sum::<usize>()
    };
    assert!(size(&["console.css"]) <= 70_000, "CSS {}", size(&["console.css"]));
    let operation = size(&["core.js", "reference.js", "try-it.js"]);
    assert!(operation <= 36_000, "JS of an operation page {operation}");
    // Loaded when somebody turns to the form.
    let later = size(&["response.js", "history.js"]);
    assert!(later <= 24_000, "JS of a call {later}");
    assert!(size(&["core.js", "reveal.js"]) <= 24_000);
    assert!(size(&["core.js", "tree.js", "editor.js"]) <= 75_000);
    for (name, html) in pages() {
        assert!(html.len() <= 120_000, "{name}: {}", html.len());
    }
}

#[test]
fn a_page_without_a_reveal_holds_no_secret() {
    for (name, html) in pages() {
        let found = html.match_indices("sk_").any(|(at, _)| {
            html.get(at + 8..at + 48)
                .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric()))
        });
        assert_eq!(
            found,
            name.starts_with("key-revealed") || name == "key-rotated",
            "{name}"
        );
    }
}

#[test]
fn the_locked_row_says_what_the_seed_says() {
    for (name, html) in pages().iter().filter(|(name, _)| name.starts_with("operation")) {
        assert!(
            html.contains("<code>Authorization</code>") && html.contains("injected server-side"),
            "{name}"
        );
    }
}

#[test]
fn keys_show_what_can_be_done_in_their_state() {
    let c = samples::chrome(PREFIX, Theme::System);
    let html = keys(&c, &KeysView::sample()).into_string();
    let row = |name: &str| {
        let from = html.find(&format!(">{name}</a>")).unwrap();
        html[from..].split("</tr>").next().unwrap().to_owned()
    };
    assert!(row("prod-key-v2").contains("ACTIVE") && row("prod-key-v2").contains("/rotate"));
    assert!(row("prod-key-v1").contains("seconds=\"272\">4:32") && row("prod-key-v1").contains("Revoke now"));
    assert!(
        !row("prod-key-v1").contains("/rotate"),
        "a key in grace cannot be rotated again"
    );
    assert!(row("partner-import").contains("UNUSED 90+ DAYS"));
    assert!(!row("laptop").contains("/revoke") && row("laptop").contains("REVOKED"));
    assert!(row("trial").contains("EXPIRED") && !row("trial").contains("/revoke"));
}

#[test]
fn a_refused_form_keeps_its_values_and_names_each_error_twice() {
    let c = samples::chrome(PREFIX, Theme::System);
    let view = NewKeyView {
        form: NewKeyForm {
            ip_ranges: "300.0.0.1".into(),
            environment: "live".into(),
            ..NewKeyForm::default()
        },
        errors: vec![FieldError::new("ip_ranges", "Not an address.")],
        ..NewKeyView::sample()
    };
    let html = new_key(&c, &view).into_string();
    assert!(html.contains("<title>Error: Create a key"));
    assert_eq!(html.matches("Not an address.").count(), 2);
    assert!(html.contains("href=\"#f-ip_ranges\"") && html.contains("\n300.0.0.1</textarea>"));
    let live = html.find("value=\"live\"").unwrap();
    assert!(html[live..].split('>').next().unwrap().contains("checked"));
    assert!(html.contains("aria-describedby=\"h-ip_ranges e-ip_ranges\""));
}

#[test]
fn only_an_operator_is_offered_the_approval() {
    let c = samples::chrome(PREFIX, Theme::System);
    assert!(
        reference(&c, &ReferenceView::sample())
            .into_string()
            .contains("/admin/specs/spec_1/approve-origin")
    );
    let developer = Viewer {
        operator: false,
        ..c.viewer.clone().unwrap()
    };
    let html = reference(
        &Chrome {
            viewer: Some(developer),
            ..c
        },
        &ReferenceView::sample(),
    )
    .into_string();
    assert!(!html.contains("approve-origin") && html.contains("is being set up"));
}

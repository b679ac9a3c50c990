//! The addresses of links and images in a text, found as the renderer finds them, and other addresses in their
//! place.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// An address in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Where it stands.
    pub(crate) at: Range<usize>,
    /// The address itself.
    pub(crate) address: String,
    /// Whether it is an image's.
    pub(crate) image: bool,
}

/// Every address that stands in the text as it is meant: one that needs entities or escapes is left out. In order.
pub(crate) fn outgoing(text: &str) -> Vec<Outgoing> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES);
    let definitions: Vec<(Range<usize>, String)> = parser
        .reference_definitions()
        .iter()
        .map(|(_, definition)| (definition.span.clone(), definition.dest.to_string()))
        .collect();
    let mut found: Vec<Outgoing> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let (address, image) = match event {
            Event::Start(Tag::Link { dest_url, .. }) => (dest_url, false),
            Event::Start(Tag::Image { dest_url, .. }) => (dest_url, true),
            _ => continue,
        };
        // The address of an inline link is behind its text; a nested image has its own event.
        if let Some(at) = text[range.clone()]
            .rfind(&*address)
            .filter(|_| !address.is_empty())
        {
            let at = range.start + at..range.start + at + address.len();
            if behind_text(text, &at) {
                found.push(Outgoing {
                    at,
                    address: address.to_string(),
                    image,
                });
            }
        }
    }
    for (span, address) in definitions {
        let inside = &text[span.clone()];
        let colon = inside.find("]:").map_or(0, |at| at + 2);
        if let Some(at) = inside[colon..].find(&address).filter(|_| !address.is_empty()) {
            let start = span.start + colon + at;
            // What refers to it decides what it is; an image is looked for as a link, too.
            found.push(Outgoing {
                at: start..start + address.len(),
                address,
                image: false,
            });
        }
    }
    found.sort_by_key(|outgoing| outgoing.at.start);
    found.dedup_by(|b, a| b.at.start < a.at.end);
    found
}

/// Whether this stands where an address stands: behind `(` or `<`.
fn behind_text(text: &str, at: &Range<usize>) -> bool {
    let before = text[..at.start].trim_end_matches([' ', '\n', '\t']);
    before.ends_with('(') || before.ends_with('<')
}

/// The text with other addresses, where `with` gives one.
pub(crate) fn rewritten(text: &str, mut with: impl FnMut(&Outgoing) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for outgoing in outgoing(text) {
        if let Some(address) = with(&outgoing) {
            out.push_str(&text[done..outgoing.at.start]);
            out.push_str(&address);
            done = outgoing.at.end;
        }
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_where_they_are_links() {
        let text = "![a](x.png) and [![b](y.png)](z.md \"t\") `![c](no.png)`\n\n\
            | ![d](t.png) |\n|---|\n\n[ref]\n\n[ref]: r.md\n\n```\n![e](no.png)\n```\n\\![f](g.md)\n<https://a.test>";
        let found: Vec<String> = outgoing(text).into_iter().map(|o| o.address).collect();
        assert_eq!(
            found,
            [
                "x.png",
                "y.png",
                "z.md",
                "t.png",
                "r.md",
                "g.md",
                "https://a.test"
            ]
        );
        let changed = rewritten(text, |o| o.image.then(|| format!("/i/{}", o.address)));
        assert!(changed.contains("![a](/i/x.png)") && changed.contains("[![b](/i/y.png)](z.md \"t\")"));
        assert!(changed.contains("`![c](no.png)`") && changed.contains("```\n![e](no.png)\n```"));
        assert_eq!(rewritten(text, |_| None), text);
    }

    #[test]
    fn an_address_in_the_text_of_a_link_stays() {
        let text = "[a.md](a.md) [see a.md](<a.md>)";
        assert_eq!(rewritten(text, |_| Some("B".into())), "[a.md](B) [see a.md](<B>)");
    }
}

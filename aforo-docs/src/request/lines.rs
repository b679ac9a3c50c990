//! Where in a JSON text a pointer is, for people who look at the text.

/// The line, counted from 1, on which the value at a JSON pointer begins: for a property that of its name. `None`
/// when there is no such place. The nearest place above it is taken for a property that is missing.
pub fn line_of(text: &str, pointer: &str) -> Option<u32> {
    let unescaped = |step: &str| step.replace("~1", "/").replace("~0", "~");
    let steps: Vec<String> = pointer.split('/').skip(1).map(unescaped).collect();
    let mut scan = Scan {
        text: text.as_bytes(),
        at: 0,
        steps: &steps,
        found: None,
    };
    let _ = scan.value(Some(0), 0);
    let offset = scan.found?;
    let before = text.as_bytes().get(..offset)?;
    u32::try_from(before.iter().filter(|b| **b == b'\n').count() + 1).ok()
}

/// Follows the steps of a pointer; `None` at any surprise, which ends the search.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    steps: &'t [String],
    /// The deepest place on the way so far.
    found: Option<usize>,
}

impl Scan<'_> {
    /// Reads a value. `on` is how many steps led here, if it is on the way.
    fn value(&mut self, on: Option<usize>, depth: u32) -> Option<()> {
        self.space();
        let first = self.text.get(self.at)?;
        if on == Some(0) {
            self.found = Some(self.at);
        }
        match first {
            b'{' => self.members(on, depth, true),
            b'[' => self.members(on, depth, false),
            b'"' => self.string().map(|_| ()),
            _ => {
                while self
                    .text
                    .get(self.at)
                    .is_some_and(|b| !b",}]".contains(b) && !b.is_ascii_whitespace())
                {
                    self.at += 1;
                }
                Some(())
            }
        }
    }

    fn members(&mut self, on: Option<usize>, depth: u32, named: bool) -> Option<()> {
        if depth > 128 {
            return None;
        }
        self.at += 1;
        for i in 0usize.. {
            self.space();
            match self.text.get(self.at)? {
                b'}' | b']' => {
                    self.at += 1;
                    return Some(());
                }
                b',' => {
                    self.at += 1;
                    self.space();
                }
                _ => {}
            }
            let start = self.at;
            let step = if named { self.string()? } else { i.to_string() };
            let inner = on.filter(|n| self.steps.get(*n) == Some(&step)).map(|n| n + 1);
            if inner.is_some() {
                self.found = Some(start);
            }
            if named {
                self.space();
                self.at += 1; // the colon
            }
            self.value(inner, depth + 1)?;
        }
        None
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        if self.text.get(start) != Some(&b'"') {
            return None;
        }
        self.at += 1;
        while *self.text.get(self.at)? != b'"' {
            self.at += if self.text.get(self.at) == Some(&b'\\') {
                2
            } else {
                1
            };
        }
        self.at += 1;
        serde_json::from_slice(self.text.get(start..self.at)?).ok()
    }

    fn space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_on_their_line() {
        let text = "{\n  \"a\": [1,\n    {\"b/c\": \"{\\\"x\"}],\n\n  \"d\" : null\n}";
        for (pointer, line) in [
            ("", Some(1)),
            ("/a", Some(2)),
            ("/a/0", Some(2)),
            ("/a/1", Some(3)),
            ("/a/1/b~1c", Some(3)),
            ("/d", Some(5)),
            // What is missing is at what it is missing in.
            ("/e", Some(1)),
            ("/a/1/x", Some(3)),
        ] {
            assert_eq!(line_of(text, pointer), line, "{pointer}");
        }
        assert_eq!(line_of("", "/a"), None);
        // Broken texts end the search and nothing else.
        for broken in ["{", "{\"a", "{\"a\":", "[1,", "{\"a\\", "{1:2}", &"[".repeat(500)] {
            let _ = line_of(broken, "/a/0");
        }
    }
}

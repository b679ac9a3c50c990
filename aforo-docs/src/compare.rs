//! What changed between two texts, by words, and how two changes of one text fit together.
//!
//! Texts are compared by lines first; lines that changed are compared by words. Both stop after a while and
//! settle for a coarser answer, so that no pair of texts costs more than a moment.

use std::{
    borrow::Cow,
    ops::Range,
    time::{Duration, Instant},
};

use similar::{Algorithm, Change, ChangeTag, DiffOp, TextDiff, TextDiffConfig};

/// Where two texts are looked at for at most this long.
const TIME: Duration = Duration::from_millis(250);
/// Lines that share less than this with each other are shown as removed and added, not word by word.
const ALIKE: f64 = 0.35;

/// What happened to a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Nothing.
    Same,
    /// It is in the old text only.
    Removed,
    /// It is in the new text only.
    Added,
}

/// A piece of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What happened to it.
    pub tag: Tag,
    /// The text, without a line end.
    pub text: String,
}

/// One line of a comparison: words of both texts in reading order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The pieces; none for an empty line.
    pub parts: Vec<Part>,
    /// What happened to the line as a whole; `None` if only some of its words changed.
    pub tag: Option<Tag>,
    /// The line in the new text, counted from 1; `None` if it is in the old one only.
    pub line: Option<u32>,
}

/// Two texts beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// All lines, those that did not change too.
    pub rows: Vec<Row>,
    /// How many words the new text gained.
    pub added: usize,
    /// How many words the old text lost.
    pub removed: usize,
}

impl Comparison {
    /// Whether both texts are the same.
    pub fn is_same(&self) -> bool {
        self.rows.iter().all(|row| row.tag == Some(Tag::Same))
    }
}

/// What changed from `old` to `new`.
pub fn words(old: &str, new: &str) -> Comparison {
    let deadline = Instant::now() + TIME;
    let diff = config(deadline).diff_lines(old, new);
    let (before, after) = (lines(old), lines(new));
    let mut rows = Rows::default();
    for op in diff.ops() {
        let (from, to) = (op.old_range(), op.new_range());
        match op {
            DiffOp::Equal { .. } => rows.whole(&after[to], Tag::Same),
            DiffOp::Delete { .. } => rows.whole(&before[from], Tag::Removed),
            DiffOp::Insert { .. } => rows.whole(&after[to], Tag::Added),
            DiffOp::Replace { .. } => rows.replaced(&before[from], &after[to], deadline),
        }
    }
    rows.finish()
}

/// A text that two people changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text with both changes. Where they contradict each other both stand between markers.
    pub text: String,
    /// How many places contradict each other.
    pub conflicts: usize,
}

/// What marks a contradiction in [`Merged::text`], as version control systems do it.
#[derive(Clone, Copy, Debug)]
pub struct Markers<'a> {
    /// What my text is called.
    pub mine: &'a str,
    /// What their text is called.
    pub theirs: &'a str,
}

impl Markers<'_> {
    fn begin(&self) -> String {
        format!("<<<<<<< {}\n", self.mine)
    }
    fn end(&self) -> String {
        format!(">>>>>>> {}\n", self.theirs)
    }
    /// Whether a text still holds one of these markers.
    pub fn are_in(&self, text: &str) -> bool {
        let (begin, end) = (self.begin(), self.end());
        text.lines()
            .any(|line| line == begin.trim_end() || line == end.trim_end())
    }
}

/// Puts two changes of `base` together, line by line. The result ends with a line end, unless it is empty.
pub fn merge(base: &str, mine: &str, theirs: &str, markers: Markers<'_>) -> Merged {
    let deadline = Instant::now() + TIME;
    // A last line without its line end would look like a change.
    let (base, mine, theirs) = (&ended(base), &ended(mine), &ended(theirs));
    let (base_lines, my_lines, their_lines) = (lines(base), lines(mine), lines(theirs));
    let kept_by_me = kept(base, mine, base_lines.len(), deadline);
    let kept_by_them = kept(base, theirs, base_lines.len(), deadline);
    let mut merged = Merged {
        text: String::with_capacity(mine.len().max(theirs.len())),
        conflicts: 0,
    };
    let (mut b, mut m, mut t) = (0, 0, 0);
    loop {
        // What nobody touched.
        while b < base_lines.len() && kept_by_me[b] == Some(m) && kept_by_them[b] == Some(t) {
            merged.text.push_str(base_lines[b]);
            (b, m, t) = (b + 1, m + 1, t + 1);
        }
        // The next line that both kept ends what somebody touched.
        let next = (b..base_lines.len()).find_map(|at| Some((at, kept_by_me[at]?, kept_by_them[at]?)));
        let (to_b, to_m, to_t) = next.unwrap_or((base_lines.len(), my_lines.len(), their_lines.len()));
        settle(
            &mut merged,
            &base_lines[b..to_b],
            &my_lines[m..to_m],
            &their_lines[t..to_t],
            markers,
        );
        (b, m, t) = (to_b, to_m, to_t);
        if next.is_none() {
            return merged;
        }
    }
}

fn settle(merged: &mut Merged, base: &[&str], mine: &[&str], theirs: &[&str], markers: Markers<'_>) {
    let mut take = |lines: &[&str]| merged.text.extend(lines.iter().copied());
    if mine == base || mine == theirs {
        take(theirs);
    } else if theirs == base {
        take(mine);
    } else {
        take(&[&markers.begin()]);
        take(mine);
        take(&["=======\n"]);
        take(theirs);
        take(&[&markers.end()]);
        merged.conflicts += 1;
    }
}

fn ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with('\n') {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{text}\n"))
    }
}

/// For each line of `base`, where it stands in `changed`, if it was kept.
fn kept(base: &str, changed: &str, lines: usize, deadline: Instant) -> Vec<Option<usize>> {
    let mut kept = vec![None; lines];
    for op in config(deadline).diff_lines(base, changed).ops() {
        if let DiffOp::Equal {
            old_index,
            new_index,
            len,
        } = *op
        {
            for i in 0..len {
                kept[old_index + i] = Some(new_index + i);
            }
        }
    }
    kept
}

fn config(deadline: Instant) -> TextDiffConfig {
    let mut config = TextDiff::configure();
    config.algorithm(Algorithm::Myers).deadline(deadline);
    config
}

/// As `diff_lines` counts them: each with its line end.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line that is put together word by word.
#[derive(Default)]
struct Line {
    row: Row,
    /// The line of the new text that it belongs to has its number.
    numbered: bool,
}

/// Rows as they grow.
#[derive(Default)]
struct Rows {
    done: Comparison,
    line: u32,
}

impl Rows {
    fn whole(&mut self, lines: &[&str], tag: Tag) {
        for line in lines {
            self.count(line, tag);
            let text = line.trim_end_matches('\n');
            let parts = (!text.is_empty()).then(|| Part {
                tag,
                text: text.to_owned(),
            });
            let line = (tag != Tag::Removed).then(|| self.next_line());
            self.done.rows.push(Row {
                parts: parts.into_iter().collect(),
                tag: Some(tag),
                line,
            });
        }
    }

    fn replaced(&mut self, before: &[&str], after: &[&str], deadline: Instant) {
        let (old, new) = (before.concat(), after.concat());
        let diff = config(deadline).diff_unicode_words(old.as_str(), new.as_str());
        // Blanks and line ends are everywhere; only words tell whether this is one text that was changed.
        let size = |changes: &mut dyn Iterator<Item = Change<&str>>| -> usize {
            changes.map(|change| change.value().trim().len()).sum()
        };
        let all = size(&mut diff.iter_all_changes());
        let kept = size(
            &mut diff
                .iter_all_changes()
                .filter(|change| change.tag() == ChangeTag::Equal),
        );
        // What was kept counts for both texts.
        if (2 * kept) as f64 <= ALIKE * (all + kept) as f64 {
            self.whole(before, Tag::Removed);
            self.whole(after, Tag::Added);
            return;
        }
        let mut line = Line::default();
        // Words that are gone stand before those that came for them.
        let (mut gone, mut came) = (String::new(), String::new());
        let mut changes = diff.iter_all_changes().peekable();
        while let Some(change) = changes.next() {
            let text = change.value();
            match change.tag() {
                ChangeTag::Delete => gone.push_str(text),
                ChangeTag::Insert => came.push_str(text),
                // A blank between changed words changed with them: nobody reads `[-300-] [-seconds-]` with pleasure.
                ChangeTag::Equal
                    if !(gone.is_empty() && came.is_empty())
                        && text.trim_matches(' ').is_empty()
                        && changes.peek().is_some_and(|next| next.tag() != ChangeTag::Equal) =>
                {
                    gone.push_str(text);
                    came.push_str(text);
                }
                ChangeTag::Equal => {
                    self.put(&mut line, &std::mem::take(&mut gone), Tag::Removed);
                    self.put(&mut line, &std::mem::take(&mut came), Tag::Added);
                    self.put(&mut line, text, Tag::Same);
                }
            }
        }
        self.put(&mut line, &gone, Tag::Removed);
        self.put(&mut line, &came, Tag::Added);
        if !line.row.parts.is_empty() {
            self.end(&mut line, None);
        }
    }

    fn put(&mut self, line: &mut Line, text: &str, tag: Tag) {
        self.count(text, tag);
        for piece in text.split_inclusive('\n') {
            let text = piece.trim_end_matches('\n');
            match line.row.parts.last_mut() {
                Some(last) if last.tag == tag => last.text.push_str(text),
                _ if text.is_empty() => {}
                _ => line.row.parts.push(Part {
                    tag,
                    text: text.to_owned(),
                }),
            }
            if piece.ends_with('\n') {
                self.end(line, Some(tag));
            }
        }
    }

    /// Ends a line that was put together word by word, with a line end of this tag. Where a line end was removed the new text has one line and
    /// the comparison two: only the first is numbered.
    fn end(&mut self, line: &mut Line, by: Option<Tag>) {
        let ends_new_line = by.is_some_and(|tag| tag != Tag::Removed);
        let mut row = std::mem::take(&mut line.row);
        let first = row.parts.first().map_or(by.unwrap_or(Tag::Same), |part| part.tag);
        row.tag = row.parts.iter().all(|part| part.tag == first).then_some(first);
        if !line.numbered && (ends_new_line || row.tag != Some(Tag::Removed)) {
            row.line = Some(self.next_line());
            line.numbered = true;
        }
        line.numbered &= !ends_new_line;
        self.done.rows.push(row);
    }

    fn next_line(&mut self) -> u32 {
        self.line += 1;
        self.line
    }

    fn count(&mut self, text: &str, tag: Tag) {
        let words = || text.split_whitespace().count();
        match tag {
            Tag::Same => {}
            Tag::Removed => self.done.removed += words(),
            Tag::Added => self.done.added += words(),
        }
    }

    fn finish(self) -> Comparison {
        self.done
    }
}

/// Rows to show: those that changed with `context` lines around them. What lies between is left out.
pub fn excerpts(comparison: &Comparison, context: usize) -> Vec<Range<usize>> {
    let mut shown: Vec<Range<usize>> = Vec::new();
    for (at, row) in comparison.rows.iter().enumerate() {
        if row.tag == Some(Tag::Same) {
            continue;
        }
        let range = at.saturating_sub(context)..(at + context + 1).min(comparison.rows.len());
        match shown.last_mut() {
            // One left-out line is not worth a gap.
            Some(last) if range.start <= last.end + 1 => last.end = range.end,
            _ => shown.push(range),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(comparison: &Comparison, leave_out: Tag) -> String {
        comparison
            .rows
            .iter()
            .filter(|row| row.tag != Some(leave_out))
            .map(|row| {
                let parts = row.parts.iter().filter(|part| part.tag != leave_out);
                parts.map(|part| part.text.as_str()).collect::<String>() + "\n"
            })
            .collect()
    }

    /// `[-removed-]{+added+}`, as people write it.
    fn marked(comparison: &Comparison) -> String {
        let part = |part: &Part| match part.tag {
            Tag::Same => part.text.clone(),
            Tag::Removed => format!("[-{}-]", part.text),
            Tag::Added => format!("{{+{}+}}", part.text),
        };
        let row = |row: &Row| row.parts.iter().map(part).collect::<String>();
        comparison.rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_changed_word_is_marked_inside_its_line() {
        let found = words(
            "# Keys\n\nThe old key works for 300 seconds.\n",
            "# Keys\n\nThe old key keeps working for 300 seconds.\n",
        );
        assert_eq!(
            marked(&found),
            "# Keys\n\nThe old key [-works-]{+keeps working+} for 300 seconds."
        );
        assert_eq!((found.added, found.removed), (2, 1));
        assert_eq!(
            found.rows.iter().map(|row| row.line).collect::<Vec<_>>(),
            [Some(1), Some(2), Some(3)]
        );
        assert!(!found.is_same());
    }

    #[test]
    fn lines_that_share_nothing_are_removed_and_added() {
        let found = words("one\nalpha beta gamma\nend\n", "one\n1234 5678\nend\n");
        assert_eq!(marked(&found), "one\n[-alpha beta gamma-]\n{+1234 5678+}\nend");
        assert_eq!(found.rows[1].line, None);
        assert_eq!(found.rows[2].line, Some(2));
    }

    #[test]
    fn the_same_text_has_no_changes() {
        assert!(words("", "").is_same());
        assert!(words("a\nb", "a\nb").is_same());
        assert!(excerpts(&words("a\nb", "a\nb"), 3).is_empty());
    }

    #[test]
    fn far_from_a_change_lines_are_left_out() {
        let old: String = (0..40).map(|n| format!("line {n}\n")).collect();
        let new = old.replace("line 5\n", "line five\n").replace("line 30\n", "");
        assert_eq!(excerpts(&words(&old, &new), 2), [3..8, 28..33]);
        assert_eq!(excerpts(&words(&old, &new), 40).len(), 1);
    }

    #[test]
    fn two_hostile_texts_cost_a_moment() {
        // Many short lines in another order: the worst case for a search for the shortest difference.
        let text = |seed: u64| {
            let mut state = seed;
            let mut word = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                format!("{} ", (state >> 33) % 7)
            };
            (0..200_000)
                .map(|n| if n % 9 == 8 { "\n".to_owned() } else { word() })
                .collect::<String>()
        };
        let (old, new) = (text(1), text(2));
        let one_line = |text: &str| text.replace('\n', "x ");
        let began = Instant::now();
        let found = words(&old, &new);
        assert_eq!(plain(&found, Tag::Removed).trim_end(), new.trim_end());
        words(&one_line(&old), &one_line(&new));
        merge(
            &old,
            &new,
            &one_line(&old),
            Markers {
                mine: "a",
                theirs: "b",
            },
        );
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }

    const MARKERS: Markers<'static> = Markers {
        mine: "Your text",
        theirs: "Version 5",
    };

    #[test]
    fn changes_of_different_places_fit_together() {
        let base = "# Title\n\nfirst\n\nsecond\n\nthird\n";
        let mine = base.replace("first", "first, by me");
        let theirs = base.replace("third", "third, by them\n\nand more");
        let merged = merge(base, &mine, &theirs, MARKERS);
        assert_eq!(merged.conflicts, 0);
        assert_eq!(
            merged.text,
            "# Title\n\nfirst, by me\n\nsecond\n\nthird, by them\n\nand more\n"
        );
        assert!(!MARKERS.are_in(&merged.text));
    }

    #[test]
    fn a_contradiction_keeps_both_texts() {
        let merged = merge("a\nb\nc\n", "a\nmine\nc\n", "a\ntheirs\nc", MARKERS);
        assert_eq!(merged.conflicts, 1);
        assert_eq!(
            merged.text,
            "a\n<<<<<<< Your text\nmine\n=======\ntheirs\n>>>>>>> Version 5\nc\n"
        );
        assert!(MARKERS.are_in(&merged.text));
    }

    #[test]
    fn a_missing_last_line_end_does_not_glue_lines() {
        let merged = merge("a", "a\nmine", "theirs\na", MARKERS);
        assert_eq!((merged.text.as_str(), merged.conflicts), ("theirs\na\nmine\n", 0));
        assert_eq!(
            merge("a", "b", "c", MARKERS).text,
            "<<<<<<< Your text\nb\n=======\nc\n>>>>>>> Version 5\n"
        );
    }

    fn prose() -> impl Strategy<Value = String> {
        proptest::collection::vec("[ab \n]{0,6}", 0..12).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn nothing_is_lost(old in prose(), new in prose()) {
            let found = words(&old, &new);
            let without_ends = |text: &str| text.replace('\n', "");
            prop_assert_eq!(without_ends(&plain(&found, Tag::Removed)), without_ends(&new));
            prop_assert_eq!(without_ends(&plain(&found, Tag::Added)), without_ends(&old));
            let last = found.rows.iter().filter_map(|row| row.line).max().unwrap_or(0);
            prop_assert_eq!(last as usize, new.lines().count());
            prop_assert_eq!(words(&old, &old).is_same(), true);
        }

        #[test]
        fn a_change_of_one_side_is_taken(base in prose(), changed in prose()) {
            let (base, changed) = (ended(&base), ended(&changed));
            for merged in [merge(&base, &changed, &base, MARKERS), merge(&base, &base, &changed, MARKERS), merge(&base, &changed, &changed, MARKERS)] {
                prop_assert_eq!(merged.conflicts, 0);
                prop_assert_eq!(merged.text.as_str(), &*changed);
            }
        }

        #[test]
        fn every_line_of_mine_survives(base in prose(), mine in prose(), theirs in prose()) {
            let merged = merge(&base, &mine, &theirs, MARKERS);
            let kept: Vec<_> = base.lines().collect();
            for line in mine.lines().filter(|line| !kept.contains(line)) {
                prop_assert!(merged.text.lines().any(|l| l == line), "{:?} in {:?}", line, merged.text);
            }
        }
    }
}

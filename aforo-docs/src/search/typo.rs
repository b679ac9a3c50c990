//! What somebody may have meant.

/// How many errors a word of this many characters may have: 1 from four on, 2 from eight on.
pub fn allowed(characters: usize) -> usize {
    match characters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// How many letters must be put in, left out, changed or swapped with their neighbour to make `b` of `a`; `None` when
/// it takes more than `most`. With `prefix`, what `b` has at its end beyond `a` costs nothing.
pub fn distance(a: &[char], b: &[char], most: usize, prefix: bool) -> Option<usize> {
    if a.len() > b.len() + most || (!prefix && b.len() > a.len() + most) {
        return None;
    }
    // Beyond this, what is left of b is its end.
    let b = b.get(..b.len().min(a.len() + most)).unwrap_or(b);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        if row.iter().min().is_none_or(|least| *least > most) {
            return None;
        }
        before_last = std::mem::replace(&mut last, row);
    }
    let distance = if prefix {
        last.iter().min().copied()
    } else {
        last.last().copied()
    };
    distance.filter(|distance| *distance <= most)
}

/// The words of a vocabulary that are nearest to a word, with how far they are: the nearest first, of those the ones
/// that are used most. At most three.
pub fn nearest<'v>(
    word: &str,
    prefix: bool,
    vocabulary: impl IntoIterator<Item = (&'v str, u32)>,
) -> Vec<(&'v str, usize)> {
    let asked: Vec<char> = word.chars().collect();
    let most = allowed(asked.len());
    if most == 0 {
        return Vec::new();
    }
    let letters = mask(&asked);
    let mut found = Vec::new();
    let mut other = Vec::new();
    for (candidate, entries) in vocabulary {
        other.clear();
        other.extend(candidate.chars());
        // An error changes at most one letter that is missing: words without most of the letters are skipped.
        if (letters & !mask(&other)).count_ones() as usize > most {
            continue;
        }
        if let Some(distance) = distance(&asked, &other, most, prefix) {
            let same_start = other.first() == asked.first();
            let longer = other.len().abs_diff(asked.len());
            found.push(((distance, !same_start, longer, u32::MAX - entries), candidate));
        }
    }
    found.sort_unstable();
    let best = found.first().map_or(0, |((distance, ..), _)| *distance);
    let nearest = found.into_iter().filter(|((distance, ..), _)| *distance == best);
    nearest
        .take(3)
        .map(|((distance, ..), word)| (word, distance))
        .collect()
}

fn mask(word: &[char]) -> u64 {
    word.iter().fold(0, |mask, c| mask | 1 << (u32::from(*c) % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(a: &str, b: &str) -> Option<usize> {
        let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
        distance(&a, &b, 2, false)
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("key", "key", Some(0)),
            ("kye", "key", Some(1)),
            ("tanslate", "translate", Some(1)),
            ("translatte", "translate", Some(1)),
            ("tranzlate", "translate", Some(1)),
            ("authentiaction", "authentication", Some(1)),
            ("glosary", "glossaries", None),
            ("größe", "grosse", None),
            ("", "ab", Some(2)),
            ("", "abc", None),
        ] {
            assert_eq!(between(a, b), expected, "{a} {b}");
            assert_eq!(between(b, a), expected, "{b} {a}");
        }
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(
            distance(&chars("tanslat"), &chars("translation"), 1, true),
            Some(1)
        );
        assert_eq!(distance(&chars("tanslat"), &chars("translation"), 1, false), None);
    }

    #[test]
    fn the_nearest_word_wins_then_the_usual_one() {
        let words = [("webhook", 3), ("webhooks", 9), ("weblog", 50), ("notebook", 9)];
        assert_eq!(nearest("webhok", false, words), [("webhook", 1)]);
        assert_eq!(nearest("wbe", false, words), []);
        assert_eq!(
            nearest("rats", false, [("rate", 2), ("rates", 5), ("cats", 9)])[0].0,
            "rate"
        );
    }

    proptest::proptest! {
        #[test]
        fn one_error_is_found(word in "[a-z]{4,12}", at in 0usize..12, kind in 0u8..4, letter in proptest::char::range('a', 'z')) {
            let mut wrong: Vec<char> = word.chars().collect();
            let at = at % wrong.len();
            match kind {
                0 => { wrong.remove(at); }
                1 => wrong.insert(at, letter),
                2 => wrong[at] = letter,
                _ => { let next = (at + 1).min(wrong.len() - 1); wrong.swap(at, next); }
            }
            let right: Vec<char> = word.chars().collect();
            proptest::prop_assert!(distance(&wrong, &right, 1, false).is_some());
        }
    }
}

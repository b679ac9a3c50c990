//! Times, sizes and counts as people read them.

use aforo_core::Timestamp;
use maud::{Markup, html};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `22 Nov 2026`.
pub(crate) fn date(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    let mut parts = text.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month
        .and_then(|m| m.parse::<usize>().ok())
        .and_then(|m| MONTHS.get(m.wrapping_sub(1)));
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => format!("{} {month} {year}", day.trim_start_matches('0')),
        _ => text,
    }
}

/// `22 Nov 2026, 18:48 UTC`.
pub(crate) fn date_time(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    match text.split_once('T').and_then(|(_, time)| time.get(..5)) {
        Some(time) => format!("{}, {time} UTC", date(at)),
        None => text,
    }
}

/// `3 s ago`, `12 min ago`, `5 h ago`, `4 days ago`, then the date.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "1 day ago".to_owned(),
        172_800..2_592_000 => format!("{} days ago", seconds / 86_400),
        _ => format!("{}, {} days ago", date(at), seconds / 86_400),
    }
}

/// A `<time>` that reads as an age and tells the moment on hover.
pub(crate) fn time_ago(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339()) title=(date_time(at)) { (ago(at, now)) } }
}

/// A `<time>` that reads as a date and tells the moment on hover.
pub(crate) fn time_on(at: Timestamp) -> Markup {
    html! { time datetime=(at.to_rfc3339()) title=(date_time(at)) { (date(at)) } }
}

/// `4:32`: minutes and seconds until `end`, rounded up so that it never shows 0:00 while time is left.
pub(crate) fn minutes_left(end: Timestamp, now: Timestamp) -> (u64, String) {
    let seconds = u64::try_from(end.since(now).as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
    (seconds, format!("{}:{:02}", seconds / 60, seconds % 60))
}

/// `246 B`, `1.4 KB`, `3.2 MB` (powers of 1000).
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `0.6 ms`, `124.8 ms`, `1,204 ms`: one decimal below a second.
pub(crate) fn ms(value: f64) -> String {
    if value < 1000.0 {
        format!("{value:.1} ms")
    } else {
        format!("{} ms", thousands(value.round() as u64))
    }
}

/// `84,201`.
pub(crate) fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 key`, `3 keys`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!(
        "{} {}",
        thousands(number as u64),
        if number == 1 { one } else { many }
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_read_well() {
        let now = Timestamp::from_millis(1_795_373_283_123);
        assert_eq!(date_time(now), "22 Nov 2026, 18:48 UTC");
        let before = |s| ago(now - Duration::from_secs(s), now);
        assert_eq!(before(3), "3 s ago");
        assert_eq!(before(720), "12 min ago");
        assert_eq!(before(86_400), "1 day ago");
        assert_eq!(before(94 * 86_400), "20 Aug 2026, 94 days ago");
        assert_eq!(
            minutes_left(now + Duration::from_millis(271_001), now),
            (272, "4:32".to_owned())
        );
        assert_eq!(
            minutes_left(now, now + Duration::from_secs(1)),
            (0, "0:00".to_owned())
        );
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(84_201), "84,201");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(
            (size(246), size(1_400), size(3_240_000)),
            ("246 B".into(), "1.4 KB".into(), "3.2 MB".into())
        );
        assert_eq!((ms(0.62), ms(1204.4)), ("0.6 ms".into(), "1,204 ms".into()));
        assert_eq!(
            (count(1, "key", "keys"), count(3, "key", "keys")),
            ("1 key".into(), "3 keys".into())
        );
    }
}

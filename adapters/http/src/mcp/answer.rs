//! What a tool gives back: text that fits into a model's context, and problems as the JSON API tells them.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::Value;

use crate::problem::Problem;

/// Bytes of text in one answer: about 16,000 tokens.
pub(super) const MOST_TEXT: usize = 64 * 1024;

/// A text, cut at [`MOST_TEXT`] with a note that says so.
pub(super) fn text(mut text: String) -> CallToolResult {
    cut(&mut text);
    CallToolResult::success(vec![ContentBlock::text(text)])
}

/// A JSON value, also as text for clients that know only that.
pub(super) fn json(value: Value) -> CallToolResult {
    CallToolResult::structured(value)
}

/// A refusal that the agent can act on: the same words and codes as the JSON API's.
pub(super) fn problem(problem: &Problem) -> CallToolResult {
    if let Some(reason) = problem.internal_reason() {
        tracing::error!(problem.code = problem.code, problem.reason = %reason, "a tool failed");
    }
    CallToolResult::structured_error(problem.to_json())
}

/// Cuts a text at [`MOST_TEXT`], between two characters.
pub(super) fn cut(text: &mut String) {
    if text.len() <= MOST_TEXT {
        return;
    }
    let whole = text.len();
    let mut end = MOST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push_str(&format!("\n\n[cut: {end} of {whole} bytes are shown]"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let mut text = "é".repeat(MOST_TEXT);
        cut(&mut text);
        assert!(text.ends_with("bytes are shown]"));
        assert!(text.len() < MOST_TEXT + 100);
        let mut short = "é".to_owned();
        cut(&mut short);
        assert_eq!(short, "é");
    }
}

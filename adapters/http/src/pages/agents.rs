//! Agents that act for a person: list, let in, and the one page that shows a token.

use aforo_core::Timestamp;
use maud::{Markup, html};

use super::{
    chrome::{Chrome, Page, Section, account_page, csrf_field},
    format,
    parts::{Field, FieldError, crumbs, empty_state, error_summary, icon, page_head},
};

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRow {
    /// `ses_…`.
    pub id: String,
    /// Given by its person.
    pub name: String,
    /// Whether it may call the Live environment.
    pub live: bool,
    /// When it was let in.
    pub created: Timestamp,
    /// When its token ends.
    pub expires: Timestamp,
}

/// The agents of a person, and the form for another.
#[derive(Clone, Debug, Default)]
pub struct AgentsView {
    /// Oldest first.
    pub agents: Vec<AgentRow>,
    /// The absolute address of the MCP endpoint; `None` if this console has none.
    pub endpoint: Option<String>,
    /// What was entered, if the form came back.
    pub name: String,
    /// Days that were chosen; empty for the default.
    pub days: String,
    /// Live was ticked.
    pub live: bool,
    /// What was wrong with it.
    pub errors: Vec<FieldError>,
}

/// A new agent's token. Has no `Debug`: it holds the token.
#[derive(Clone)]
pub struct AgentTokenView {
    /// Its name.
    pub name: String,
    /// What it presents.
    pub token: String,
    /// The absolute address of the MCP endpoint.
    pub endpoint: Option<String>,
    /// When the token ends.
    pub expires: Timestamp,
}

const DAYS: [(&str, &str); 4] = [
    ("7", "7 days"),
    ("30", "30 days"),
    ("90", "90 days"),
    ("365", "1 year"),
];

fn frame(title: &'static str, module: Option<&'static str>, error: bool) -> Page<'static> {
    Page {
        title,
        description: None,
        section: Section::Agents,
        module,
        sheet: None,
        error,
    }
}

/// List of agents, with a form to let another in.
pub fn agents(c: &Chrome, view: &AgentsView) -> Markup {
    let lead = html! {
        "An agent reads the documentation and calls operations in your name, through this console. It never holds an API key."
    };
    let days = if view.days.is_empty() { "30" } else { &view.days };
    let main = html! {
        (page_head("Agents", &lead, &html! {}))
        (error_summary(c, &view.errors))
        @if view.agents.is_empty() {
            (empty_state(c, "spark", "No agent acts for you", "Let one in below, and give its token to the program that \
                speaks the Model Context Protocol: an assistant, an editor, your own code.", &html! {}))
        } @else {
            div.card.scroll tabindex="0" role="region" aria-label="Agents table" {
                table.table.stack {
                    caption.sr { "Agents that act for you" }
                    thead { tr {
                        th scope="col" { "Agent" } th scope="col" { "May call" } th scope="col" { "Let in" }
                        th scope="col" { "Token ends" } th scope="col" { span.sr { "Actions" } }
                    } }
                    tbody { @for agent in &view.agents { tr {
                        th scope="row" { (agent.name) }
                        td data-l="May call" { (if agent.live { "Sandbox and Live" } else { "Sandbox" }) }
                        td data-l="Let in" { (format::time_on(agent.created)) }
                        td data-l="Token ends" { (format::time_on(agent.expires)) }
                        td { form.row.jend method="post" action=(c.urls.end_agent(&agent.id)) {
                            (csrf_field(c))
                            button.btn.btn-sm.btn-danger aria-label={ "End " (agent.name) } { "End" }
                        } }
                    } } }
                }
            }
        }
        h2.shead { "Let an agent in" }
        form.card.pad.stackf method="post" action=(c.urls.agents()) novalidate {
            (csrf_field(c))
            (Field { required: true, hint: Some("What you call it, such as “Editor on my laptop”."),
                     ..Field::text("name", "Name", &view.name) }.render(c, &view.errors))
            div.field {
                label for="days" { "Its token ends after" }
                select.in #days name="days" { @for (value, label) in DAYS {
                    option value=(value) selected[value == days] { (label) }
                } }
            }
            label.check { input type="checkbox" name="live" value="on" checked[view.live];
                span { b { "May call Live" } br; span.t2 { "Live calls are metered. Without this it calls Sandbox only." } } }
            div { button.btn.btn-primary { "Let it in" } }
        }
        @if let Some(endpoint) = &view.endpoint {
            h2.shead { "Where it connects" }
            p.t2 { "MCP endpoint (streamable HTTP): " code.phrase { (endpoint) } }
        }
    };
    account_page(c, frame("Agents", None, !view.errors.is_empty()), &main)
}

/// Shows a token once. Answer it with `Cache-Control: no-store`.
pub fn agent_token(c: &Chrome, view: &AgentTokenView) -> Markup {
    let main = html! {
        (crumbs(&[(c.urls.agents(), "Agents")]))
        key-reveal.card.reveal data-variable="AGENT_TOKEN" {
            div.dlg-h { div.grow {
                h1 { "Give this token to " (view.name) }
                p.fs13.t2 { "This is the only time it is shown. It is good for the documentation's MCP endpoint only, until "
                    (format::time_on(view.expires)) "." }
            } }
            div.dlg-b {
                div.keybox {
                    code #secret tabindex="0" role="textbox" aria-readonly="true" aria-label="Agent token" { (view.token) }
                    button.btn.btn-primary.js type="button" data-copy { (icon(c, "copy")) "Copy" }
                }
                p.fs12.muted.js data-wipe role="timer" aria-live="off" {
                    "Leaves this page when copied or in " b data-left { "60" } " s. "
                    button.linkb type="button" data-more { "Keep it for 60 s more" }
                }
                @if let Some(endpoint) = &view.endpoint {
                    p.t2 { "Most clients take an address and a header:" }
                    pre.code tabindex="0" aria-label="How a client connects" { code {
                        "{\n  \"mcpServers\": {\n    \"docs\": {\n      \"type\": \"http\",\n      \"url\": \"" (endpoint)
                        "\",\n      \"headers\": { \"Authorization\": \"Bearer ${AGENT_TOKEN}\" }\n    }\n  }\n}"
                    } }
                }
            }
            form.dlg-f method="get" action=(c.urls.agents()) {
                label.ack.grow.js { input type="checkbox" data-ack; span { "The agent has its token" } }
                button.btn.js type="button" data-env { "Download .env" }
                button.btn.btn-primary data-done { "Done" }
            }
        }
    };
    account_page(c, frame("Agent token", Some("reveal.js"), false), &main)
}

//! Links of the agents that act for a person.

use super::Urls;

impl Urls {
    /// Agents of the viewer (GET), let one in (POST).
    pub fn agents(&self) -> String {
        self.under("agents")
    }
    /// Ends an agent (POST).
    pub fn end_agent(&self, id: &str) -> String {
        self.item("agents", id, "/end")
    }
    /// The documentation's MCP endpoint (POST).
    pub fn mcp(&self) -> String {
        self.under("mcp")
    }
}

//! What a browser makes of HTML, by a parser that shares nothing with ours.

use std::collections::BTreeMap;

use html5ever::{ParseOpts, QualName, local_name, ns, parse_fragment, tendril::TendrilSink as _};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    Text(String),
    Element(Element),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub children: Vec<Node>,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
    pub(crate) fn is(&self, name: &str, class: &str) -> bool {
        self.name == name && self.attribute("class") == Some(class)
    }
}

/// The nodes of a fragment. Comments count as elements with the name `!--`.
pub(crate) fn parse(html: &str) -> Vec<Node> {
    let context = QualName::new(None, ns!(html), local_name!("div"));
    let dom = parse_fragment(RcDom::default(), ParseOpts::default(), context, Vec::new(), false).one(html);
    let root = dom.document.children.borrow()[0].clone();
    children(&root)
}

fn children(handle: &Handle) -> Vec<Node> {
    let mut nodes = Vec::new();
    for child in handle.children.borrow().iter() {
        match &child.data {
            NodeData::Text { contents } => nodes.push(Node::Text(contents.borrow().to_string())),
            NodeData::Element { name, attrs, .. } => nodes.push(Node::Element(Element {
                name: if name.ns == ns!(html) {
                    name.local.to_string()
                } else {
                    format!("{}:{}", name.ns, name.local)
                },
                attributes: attrs
                    .borrow()
                    .iter()
                    .map(|a| (a.name.local.to_string(), a.value.to_string()))
                    .collect(),
                children: children(child),
            })),
            NodeData::Document | NodeData::Doctype { .. } => {}
            _ => nodes.push(Node::Element(Element {
                name: "!--".to_owned(),
                attributes: BTreeMap::new(),
                children: Vec::new(),
            })),
        }
    }
    nodes
}

/// Calls `look` for every element, with the names of those around it.
pub(crate) fn walk<'n>(
    nodes: &'n [Node],
    around: &mut Vec<&'n str>,
    look: &mut dyn FnMut(&'n Element, &[&str]),
) {
    for node in nodes {
        if let Node::Element(element) = node {
            look(element, around);
            around.push(&element.name);
            walk(&element.children, around, look);
            around.pop();
        }
    }
}

/// The text of all nodes.
pub(crate) fn text(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| match node {
            Node::Text(text) => text.clone(),
            Node::Element(element) => text(&element.children),
        })
        .collect()
}

//! The walk over pairs of schemas: each pair once, no recursion through references, and in the end which
//! operations each change reaches.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
};

use serde_json::Value;

use super::{Change, NAMED, OperationRef, Rule, schema};

/// Which way a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    Request,
    Response,
}

pub(super) type NodeId = usize;

/// An operation, or a pair of schemas that references lead to.
struct Node {
    /// Whose changes these are, for people; empty for an operation.
    label: String,
    pointer: String,
    operation: Option<OperationRef>,
    found: Vec<Found>,
    uses: Vec<NodeId>,
}

struct Found {
    rule: Rule,
    pointer: String,
    place: String,
    message: String,
}

/// Two schemas whose comparison waits.
struct Waiting<'a> {
    node: NodeId,
    old: &'a Value,
    new: &'a Value,
    direction: Direction,
}

/// Two documents, and what was found so far.
pub(super) struct Walk<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    nodes: Vec<Node>,
    pairs: HashMap<(*const Value, *const Value, Direction), NodeId>,
    waiting: VecDeque<Waiting<'a>>,
}

/// Where the walk is: the node that changes belong to, and the way from there.
#[derive(Clone)]
pub(super) struct At {
    pub(super) node: NodeId,
    pub(super) pointer: String,
    pub(super) place: String,
}

impl At {
    /// One step further: a step of the pointer, already escaped, and what people call it.
    pub(super) fn step(&self, pointer: &str, place: &str) -> Self {
        let mut next = self.clone();
        next.pointer.push_str(pointer);
        if !place.is_empty() {
            if !next.place.is_empty() {
                next.place.push_str(" › ");
            }
            next.place.push_str(place);
        }
        next
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value) -> Self {
        Self {
            old,
            new,
            nodes: Vec::new(),
            pairs: HashMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Begins an operation, or with `None` the document itself.
    pub(super) fn begin(&mut self, operation: Option<OperationRef>, pointer: String) -> At {
        let node = self.nodes.len();
        self.nodes.push(Node {
            label: String::new(),
            pointer: pointer.clone(),
            operation,
            found: Vec::new(),
            uses: Vec::new(),
        });
        At {
            node,
            pointer,
            place: String::new(),
        }
    }

    pub(super) fn found(&mut self, at: &At, rule: Rule, message: impl Into<String>) {
        self.nodes[at.node].found.push(Found {
            rule,
            pointer: at.pointer.clone(),
            place: at.place.clone(),
            message: message.into(),
        });
    }

    /// Leaves the comparison of two schemas for later, unless it was met before. `pointer` and `label` name
    /// the schema; they are asked for once.
    pub(super) fn meet(
        &mut self,
        from: NodeId,
        (old, new): (&'a Value, &'a Value),
        direction: Direction,
        name: impl FnOnce() -> (String, String),
    ) {
        let key = (std::ptr::from_ref(old), std::ptr::from_ref(new), direction);
        let node = match self.pairs.get(&key) {
            Some(node) => *node,
            None => {
                let (pointer, label) = name();
                let node = self.nodes.len();
                self.nodes.push(Node {
                    label,
                    pointer,
                    operation: None,
                    found: Vec::new(),
                    uses: Vec::new(),
                });
                self.pairs.insert(key, node);
                self.waiting.push_back(Waiting {
                    node,
                    old,
                    new,
                    direction,
                });
                node
            }
        };
        let uses = &mut self.nodes[from].uses;
        if uses.last() != Some(&node) {
            uses.push(node);
        }
    }

    /// Compares everything that waits.
    pub(super) fn run(&mut self) {
        while let Some(next) = self.waiting.pop_front() {
            let at = At {
                node: next.node,
                pointer: self.nodes[next.node].pointer.clone(),
                place: self.nodes[next.node].label.clone(),
            };
            schema::compare_here(self, &at, next.old, next.new, next.direction);
        }
    }

    /// The changes, with the operations that they reach.
    pub(super) fn finish(self) -> Vec<Change> {
        let reached = self.reached();
        let mut out = Vec::new();
        // A schema that is both sent and received may change by two rules of the same name only once.
        for (node, reached) in self.nodes.into_iter().zip(reached) {
            let affected = u32::try_from(reached.count).unwrap_or(u32::MAX);
            if affected == 0 && node.operation.is_none() && !node.label.is_empty() {
                continue; // no operation leads here
            }
            for found in node.found {
                out.push(Change {
                    rule: found.rule.id.to_owned(),
                    kind: found.rule.kind,
                    severity: found.rule.severity,
                    pointer: found.pointer,
                    place: found.place,
                    message: found.message,
                    operations: reached.operations.clone(),
                    affected,
                });
            }
        }
        out
    }

    /// For each node the operations that lead to it. Only what leads to a change is walked.
    fn reached(&self) -> Vec<Reached> {
        let mut users: Vec<Vec<NodeId>> = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            for used in &node.uses {
                users[*used].push(id);
            }
        }
        // Backwards from every change: what is not marked leads to none.
        let mut dirty = vec![false; self.nodes.len()];
        let mut open: Vec<NodeId> = (0..self.nodes.len())
            .filter(|id| !self.nodes[*id].found.is_empty())
            .collect();
        for id in &open {
            dirty[*id] = true;
        }
        while let Some(id) = open.pop() {
            for user in &users[id] {
                if !std::mem::replace(&mut dirty[*user], true) {
                    open.push(*user);
                }
            }
        }
        let mut reached = vec![Reached::default(); self.nodes.len()];
        let mut seen = vec![usize::MAX; self.nodes.len()];
        for (start, node) in self.nodes.iter().enumerate() {
            let Some(operation) = node.operation.as_ref().filter(|_| dirty[start]) else {
                continue;
            };
            let mut open = vec![start];
            seen[start] = start;
            while let Some(id) = open.pop() {
                if !self.nodes[id].found.is_empty() {
                    reached[id].count += 1;
                    if reached[id].operations.len() < NAMED {
                        reached[id].operations.push(operation.clone());
                    }
                }
                for used in &self.nodes[id].uses {
                    if dirty[*used] && seen[*used] != start {
                        seen[*used] = start;
                        open.push(*used);
                    }
                }
            }
        }
        reached
    }
}

#[derive(Clone, Default)]
struct Reached {
    operations: Vec<OperationRef>,
    count: usize,
}

/// A list of words for a message: `` `a`, `b` and 3 more ``.
pub(super) fn listed(words: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for (at, word) in words.iter().take(SHOWN).enumerate() {
        let _ = write!(text, "{}`{word}`", if at == 0 { "" } else { ", " });
    }
    if words.len() > SHOWN {
        let _ = write!(text, " and {} more", words.len() - SHOWN);
    }
    text
}

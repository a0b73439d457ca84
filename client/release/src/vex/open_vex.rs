//! OpenVEX 0.2.0.

use serde_json::{Value, json};

use super::statement::{Justification, Status, VexStatement};
use super::vex_context::VexContext;

/// The version of the form.
const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";

/// A document about these vulnerabilities; none where there are none, because a document needs a statement.
pub fn open_vex_document(context: &VexContext, statements: &[VexStatement]) -> Option<Value> {
    if statements.is_empty() {
        return None;
    }
    let date = context.date.to_string();
    let statements: Vec<Value> =
        statements.iter().map(|statement| statement_value(context, statement)).collect();
    let digest = context.digest(&json!([date, statements]).to_string());
    Some(json!({
        "@context": CONTEXT,
        "@id": format!("{}/vex/{digest}", context.namespace.trim_end_matches('/')),
        "author": context.author,
        "timestamp": date,
        "version": 1,
        "tooling": concat!("hunktrace ", env!("CARGO_PKG_VERSION")),
        "statements": statements,
    }))
}

fn statement_value(context: &VexContext, statement: &VexStatement) -> Value {
    let mut value = json!({
        "vulnerability": {"name": statement.id},
        "products": [{"@id": context.purl, "identifiers": {"purl": context.purl}}],
        "status": status_word(statement.status),
        "status_notes": statement.notes,
    });
    match statement.status {
        Status::NotAffected(justification) => {
            value["justification"] = json!(justification_word(justification))
        }
        Status::Affected => value["action_statement"] = json!(statement.action),
        Status::Fixed | Status::UnderInvestigation => {}
    }
    value
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Affected => "affected",
        Status::UnderInvestigation => "under_investigation",
        Status::Fixed => "fixed",
        Status::NotAffected(_) => "not_affected",
    }
}

/// What is not built is not present in the product, which is what is built.
pub(super) fn justification_word(justification: Justification) -> &'static str {
    match justification {
        Justification::CodeNotPresent | Justification::NotBuilt => "vulnerable_code_not_present",
        Justification::ComponentNotPresent => "component_not_present",
    }
}

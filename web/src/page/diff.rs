//! Hunks as tables.

use maud::{Markup, html};

use super::parts::counted;
use crate::view::diff::{DiffLine, DiffRow, HunkView, Relation};

/// A hunk, its lines one below the other.
pub fn hunk(hunk: &HunkView) -> Markup {
    let mut old = hunk.old_start;
    let mut new = hunk.new_start;
    let mut numbers = |sign: char| {
        let numbers = ((sign != '+').then_some(old), (sign != '-').then_some(new));
        old += u32::from(sign != '+');
        new += u32::from(sign != '-');
        numbers
    };
    html! {
        div.diff tabindex="0" role="group" aria-label=(format!("Hunk of {}", hunk.file)) {
            table.hunk {
                tbody {
                    tr.hunk-head { td colspan="3" { (hunk.header) } }
                    @for line in &hunk.lines {
                        @let (old, new) = numbers(line.sign);
                        tr class=[class(Some(line))] {
                            td.number data-number=[old] {}
                            td.number data-number=[new] {}
                            (code(Some(line)))
                        }
                    }
                }
            }
        }
        (left_out(hunk.left_out))
    }
}

/// That a hunk goes on, where it does.
fn left_out(lines: usize) -> Markup {
    html! { @if lines > 0 { p.hint { (counted(lines as u64, "more line")) " in the patch." } } }
}

/// Two hunks beside each other; `more` lines of the longer one follow that are not among the rows.
pub fn side_by_side(names: [&str; 2], rows: &[DiffRow], more: usize) -> Markup {
    html! {
        div.diff tabindex="0" role="group" aria-label=(format!("{} and {}", names[0], names[1])) {
            table.sides {
                thead { tr { th scope="col" { (names[0]) } th scope="col" { (names[1]) } } }
                tbody {
                    @for row in rows {
                        tr class=(relation_class(row.relation)) {
                            td class=[class(row.left.as_ref())] { (text(row.left.as_ref())) }
                            td class=[class(row.right.as_ref())] { (text(row.right.as_ref())) }
                        }
                    }
                }
            }
        }
        (left_out(more))
    }
}

fn relation_class(relation: Relation) -> &'static str {
    match relation {
        Relation::Both => "both",
        Relation::Changed => "differs",
        Relation::Left | Relation::Right => "alone",
    }
}

fn class(line: Option<&DiffLine>) -> Option<&'static str> {
    match line?.sign {
        '+' => Some("added"),
        '-' => Some("removed"),
        _ => None,
    }
}

fn code(line: Option<&DiffLine>) -> Markup {
    html! { td.text { (text(line)) } }
}

fn text(line: Option<&DiffLine>) -> Markup {
    html! {
        @if let Some(line) = line {
            (line.sign)
            @for piece in &line.pieces {
                @if piece.differs { mark { (piece.text) } } @else { (piece.text) }
            }
        }
    }
}

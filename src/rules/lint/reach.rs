//! Statements and arms that nothing reaches.
//!
//! In: the trees of all files. Out: `unreachable`. Must not know: types. Statements behind one that always leaves its
//! block; arms and cases of a `switch` that earlier arms without a condition take.

use crate::diag::{Diagnostic, ids};
use crate::rules::ast::{Arm, Block, Case, Expr, ExprKind, Stmt, StmtKind};
use crate::rules::resolve::Resolved;
use crate::rules::tree::{self, Node};
use crate::source::Span;

/// What no customer gets to, in all functions.
pub(super) fn find(resolved: &Resolved<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for function in resolved.files.iter().flat_map(|file| &file.functions) {
        tree::block(&function.body, &mut |node| match node {
            Node::Block(block) => found.extend(behind_the_end(block)),
            Node::Expr(Expr { kind: ExprKind::Switch { arms, .. }, .. }) => found.extend(taken_before(arms)),
            _ => {}
        });
    }
    found
}

fn behind_the_end(block: &Block) -> Option<Diagnostic> {
    let at = block.stmts.iter().position(leaves)?;
    let (end, rest) = (&block.stmts[at], &block.stmts[at + 1..]);
    let (first, last) = (rest.first()?, rest.last()?);
    let found = Diagnostic::warning(ids::UNREACHABLE, "nothing gets to what stands here")
        .at_with(first.span.to(last.span), "never evaluated")
        .label(end.span, leaving(end));
    Some(found.help("remove it, or move it before what leaves here"))
}

fn leaving(stmt: &Stmt) -> &'static str {
    match stmt.kind {
        StmtKind::Return(_) => "returns in any case",
        StmtKind::Throw(_) => "throws in any case",
        StmtKind::Break | StmtKind::Continue => "leaves this round of the loop",
        _ => "never goes on from here",
    }
}

/// Whether a statement never goes on to the next.
fn leaves(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Return(_) | StmtKind::Throw(_) | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::Expr(expr) => ends(expr),
        StmtKind::Let { value, .. } => value.as_ref().is_some_and(ends),
        StmtKind::Loop { body } => !breaks(body),
        _ => false,
    }
}

fn ends(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Block(block) => block.stmts.iter().any(leaves),
        ExprKind::If { then, otherwise: Some(otherwise), .. } => then.stmts.iter().any(leaves) && ends(otherwise),
        ExprKind::Switch { arms, .. } => {
            let default = arms.iter().any(|arm| arm.cases.is_empty() && arm.condition.is_none());
            default && arms.iter().all(|arm| ends(&arm.value))
        }
        _ => false,
    }
}

/// Whether a `break` of this loop stands in its body.
fn breaks(body: &Block) -> bool {
    body.stmts.iter().any(|stmt| match &stmt.kind {
        StmtKind::Break => true,
        StmtKind::Expr(expr) | StmtKind::Let { value: Some(expr), .. } | StmtKind::Assign { value: expr, .. } => {
            breaks_in(expr)
        }
        _ => false,
    })
}

fn breaks_in(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Block(block) => breaks(block),
        ExprKind::If { then, otherwise, .. } => breaks(then) || otherwise.as_deref().is_some_and(breaks_in),
        ExprKind::Switch { arms, .. } => arms.iter().any(|arm| breaks_in(&arm.value)),
        _ => false,
    }
}

/// Cases that arms before take, with what takes them.
#[derive(Default)]
struct Taken<'a> {
    literals: Vec<&'a Expr>,
    /// Closed ranges of ints.
    ranges: Vec<(i64, i64, Span)>,
}

impl Taken<'_> {
    fn by(&self, case: &Case) -> Option<Span> {
        match case {
            Case::Value(literal) => {
                let same = self.literals.iter().find(|l| l.kind == literal.kind).map(|l| l.span);
                same.or_else(|| match literal.kind {
                    ExprKind::Int(i) => self.covers(i, i),
                    _ => None,
                })
            }
            Case::Range { from, to, inclusive, .. } => self.covers(*from, last(*to, *inclusive)),
        }
    }

    /// What takes the last of these numbers, if all of them are taken.
    fn covers(&self, from: i64, to: i64) -> Option<Span> {
        let mut ranges = self.ranges.clone();
        ranges.extend(self.literals.iter().filter_map(|l| match l.kind {
            ExprKind::Int(i) => Some((i, i, l.span)),
            _ => None,
        }));
        ranges.sort_unstable_by_key(|r| r.0);
        let (mut next, mut by) = (from, None);
        for (start, end, span) in ranges {
            if start > next {
                return None;
            }
            if end >= next {
                by = Some(span);
                if end >= to {
                    return by;
                }
                next = end + 1;
            }
        }
        by.filter(|_| next > to)
    }
}

fn last(to: i64, inclusive: bool) -> i64 {
    if inclusive { to } else { to.saturating_sub(1) }
}

fn taken_before(arms: &[Arm]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut taken = Taken::default();
    let mut units_stay = false;
    for arm in arms {
        let places: Vec<Option<Span>> = arm.cases.iter().map(|case| taken.by(case)).collect();
        let bools = [true, false].map(|b| taken.literals.iter().find(|l| l.kind == ExprKind::Bool(b)));
        if arm.cases.is_empty()
            && !units_stay
            && let [Some(yes), Some(_)] = bools
        {
            found.push(never_taken(arm.span, yes.span));
        } else if let Some(Some(first)) = places.first()
            && places.iter().all(Option::is_some)
        {
            found.push(never_taken(arm.span, *first));
        } else {
            for (case, by) in arm.cases.iter().zip(&places) {
                if let Some(by) = by {
                    found.push(never_taken(case_span(case), *by));
                }
            }
        }
        units_stay |= arm.condition.is_some() && arm.cases.iter().any(is_unit);
        if arm.condition.is_none() {
            for case in &arm.cases {
                match case {
                    Case::Value(literal) => taken.literals.push(literal),
                    Case::Range { from, to, inclusive, span } => {
                        taken.ranges.push((*from, last(*to, *inclusive), *span));
                    }
                }
            }
        }
    }
    found
}

fn is_unit(case: &Case) -> bool {
    matches!(case, Case::Value(Expr { kind: ExprKind::Unit, .. }))
}

fn case_span(case: &Case) -> Span {
    match case {
        Case::Value(expr) => expr.span,
        Case::Range { span, .. } => *span,
    }
}

fn never_taken(span: Span, by: Span) -> Diagnostic {
    Diagnostic::warning(ids::UNREACHABLE, "this is never taken: earlier arms take all of it")
        .at_with(span, "never taken")
        .label(by, "taken here")
        .help("put the narrower arm first, or remove this one")
}

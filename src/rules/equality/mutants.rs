//! Stand-ins for kernels with a defect: the interpreter on a program that a defect has changed.
//!
//! In: a program, a defect. Out: what such a kernel would give. Must not know: how the rules were made. What changes the
//! program changes nothing else: where a part would be evaluated twice, it is one without effects.

use crate::rules::ast::BinaryOp;
use crate::rules::builtin::{Builtin, ListMethod};
use crate::rules::defect::Defect;
use crate::rules::typed::{Block, Expr, ExprKind, Iterable, Key, Lambda, LocalId, Program, Stmt, StmtKind};
use crate::rules::types::{Kind, Type};

/// The program as a kernel with this defect understands it; `None` where nothing shows it, or the tree cannot say it.
pub(super) fn mutated(program: &Program, defect: Defect) -> Option<Program> {
    let mut program = program.clone();
    let mut changed = false;
    for instance in &mut program.instances {
        let mut locals = instance.locals.len() as u32;
        block(&mut instance.body, &mut |e| changed |= change(e, defect, &mut locals));
        instance.locals.resize(locals as usize, "mutant".into());
    }
    changed.then_some(program)
}

/// Whether an expression was changed.
fn change(e: &mut Expr, defect: Defect, locals: &mut u32) -> bool {
    let new = match defect {
        Defect::HalfToEven => half_to_even(e),
        Defect::MissingIsFalse => missing_is_false(e),
        Defect::FloorDivision => floor_division(e),
        Defect::Reciprocal => reciprocal(e),
        Defect::FloatTolerance => tolerance(e),
        Defect::SumOrder => sum_order(e, locals),
        Defect::LastOfEquals => last_of_equals(e),
        Defect::MissingSkipped => missing_skipped(e),
        Defect::UntakenBranch => untaken(e),
        Defect::WrappedOverflow | Defect::TiesInOrder => None,
    };
    let changed = new.is_some();
    if let Some(kind) = new {
        e.kind = kind;
    }
    changed
}

fn made(of: &Expr, kind: Kind, node: ExprKind) -> Expr {
    Expr { ty: Type::of(kind), span: of.span, kind: node }
}

fn float(of: &Expr, x: f64) -> Expr {
    made(of, Kind::Float, ExprKind::Float(x))
}

fn binary(of: &Expr, kind: Kind, op: BinaryOp, left: Expr, right: Expr) -> Expr {
    made(of, kind, ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) })
}

fn call(of: &Expr, kind: Kind, function: Builtin, args: Vec<Expr>) -> Expr {
    made(of, kind, ExprKind::Call { function, args })
}

/// Whether an expression is a column, a variable or a literal: it can neither fail nor set anything.
fn is_plain(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Column { row, .. } => matches!(row.kind, ExprKind::Local(_)) && !row.ty.optional,
        ExprKind::Local(_) | ExprKind::Float(_) | ExprKind::Int(_) | ExprKind::Bool(_) | ExprKind::Text(_) => true,
        _ => false,
    }
}

fn half_to_even(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Call { function: Builtin::Round, args } = &e.kind else { return None };
    let x = args.first().filter(|x| is_plain(x) && x.ty.kind == Kind::Float)?;
    let floor = call(x, Kind::Float, Builtin::Floor, vec![x.clone()]);
    let fraction = binary(x, Kind::Float, BinaryOp::Subtract, x.clone(), floor);
    let half = binary(x, Kind::Bool, BinaryOp::Equal, fraction, float(x, 0.5));
    let halved = binary(x, Kind::Float, BinaryOp::Divide, x.clone(), float(x, 2.0));
    let whole = call(x, Kind::Float, Builtin::Round, vec![halved]);
    let even = binary(x, Kind::Float, BinaryOp::Multiply, whole, float(x, 2.0));
    let ty = even.ty.clone();
    let stmt = Stmt { span: e.span, kind: StmtKind::Expr(even) };
    let then = Block { stmts: vec![stmt], ty, span: e.span };
    Some(ExprKind::If { condition: Box::new(half), then, otherwise: Some(Box::new(e.clone())) })
}

fn missing_is_false(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Binary { op, left, right } = &e.kind else { return None };
    if !op.is_comparison() || !left.ty.optional || !is_plain(left) || !is_plain(right) {
        return None;
    }
    let missing = made(e, Kind::Bool, ExprKind::IsMissing(left.clone()));
    let there = made(e, Kind::Bool, ExprKind::Not(Box::new(missing)));
    Some(ExprKind::And(Box::new(there), Box::new(e.clone())))
}

fn floor_division(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Call { function: Builtin::Idiv, args } = &e.kind else { return None };
    let [a, b] = args.as_slice() else { return None };
    let float = |x: &Expr| made(x, Kind::Float, ExprKind::ToFloat(Box::new(x.clone())));
    let quotient = binary(e, Kind::Float, BinaryOp::Divide, float(a), float(b));
    let floor = call(e, Kind::Float, Builtin::Floor, vec![quotient]);
    Some(ExprKind::Call { function: Builtin::ToInt, args: vec![floor] })
}

fn reciprocal(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Binary { op: BinaryOp::Divide, left, right } = &e.kind else { return None };
    let ExprKind::Float(x) = right.kind else { return None };
    let inverse = Box::new(float(right, 1.0 / x));
    (x != 0.0).then(|| ExprKind::Binary { op: BinaryOp::Multiply, left: left.clone(), right: inverse })
}

fn tolerance(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Binary { op: BinaryOp::Equal, left, right } = &e.kind else { return None };
    if left.ty.kind != Kind::Float {
        return None;
    }
    let difference = binary(e, Kind::Float, BinaryOp::Subtract, (**left).clone(), (**right).clone());
    let distance = call(e, Kind::Float, Builtin::Abs, vec![difference]);
    let near = Box::new(float(e, f64::EPSILON));
    Some(ExprKind::Binary { op: BinaryOp::LessEqual, left: Box::new(distance), right: near })
}

fn sum_order(e: &Expr, locals: &mut u32) -> Option<ExprKind> {
    let ExprKind::ListCall { method: ListMethod::Sum, list, .. } = &e.kind else { return None };
    let element = match &list.ty.kind {
        Kind::List(element) if element.kind == Kind::Float && !element.optional => (**element).clone(),
        _ => return None,
    };
    let param = LocalId(*locals);
    *locals += 1;
    let body = Expr { ty: element, span: list.span, kind: ExprKind::Local(param) };
    let lambda = Some(Box::new(Lambda { param, body }));
    let kind = ExprKind::ListCall { method: ListMethod::SortBy, list: list.clone(), args: Vec::new(), lambda };
    let sorted = Box::new(Expr { ty: list.ty.clone(), span: list.span, kind });
    Some(ExprKind::ListCall { method: ListMethod::Sum, list: sorted, args: Vec::new(), lambda: None })
}

fn last_of_equals(e: &Expr) -> Option<ExprKind> {
    let ExprKind::Call { function: function @ (Builtin::Min | Builtin::Max), args } = &e.kind else { return None };
    let good = e.ty.kind == Kind::Float && args.iter().all(is_plain);
    good.then(|| ExprKind::Call { function: *function, args: args.iter().rev().cloned().collect() })
}

fn missing_skipped(e: &Expr) -> Option<ExprKind> {
    let ExprKind::ListCall { method: ListMethod::Sum, list, .. } = &e.kind else { return None };
    let element = list.ty.element().filter(|element| element.optional)?;
    let known = ExprKind::ListCall { method: ListMethod::Known, list: list.clone(), args: Vec::new(), lambda: None };
    let known = Expr { ty: Type::list(element.present()), span: list.span, kind: known };
    Some(ExprKind::ListCall { method: ListMethod::Sum, list: Box::new(known), args: Vec::new(), lambda: None })
}

/// Both sides are evaluated, the left one first.
fn untaken(e: &Expr) -> Option<ExprKind> {
    let ExprKind::And(a, b) = &e.kind else { return None };
    let left = a.clone();
    let other = made(e, Kind::Bool, ExprKind::Not(b.clone()));
    // `b || !b` is true where b has a value.
    let tried = made(e, Kind::Bool, ExprKind::Or(b.clone(), Box::new(other)));
    let both = made(e, Kind::Bool, ExprKind::And(Box::new(tried), b.clone()));
    let first = made(e, Kind::Bool, ExprKind::And(left.clone(), b.clone()));
    Some(ExprKind::Or(Box::new(first), Box::new(made(e, Kind::Bool, ExprKind::And(Box::new(both), left)))))
}

/// Calls `change` for every expression below a block, innermost first.
fn block(block: &mut Block, change: &mut dyn FnMut(&mut Expr)) {
    for stmt in &mut block.stmts {
        self::stmt(stmt, change);
    }
}

fn stmt(stmt: &mut Stmt, change: &mut dyn FnMut(&mut Expr)) {
    match &mut stmt.kind {
        StmtKind::Let { value, .. } | StmtKind::Return(value) => value.iter_mut().for_each(|e| expr(e, change)),
        StmtKind::Assign { value, .. }
        | StmtKind::Push { value, .. }
        | StmtKind::Expr(value)
        | StmtKind::Throw(value) => {
            expr(value, change);
        }
        StmtKind::SetKey { path, value, .. } => {
            expr(value, change);
            for key in path {
                if let Key::Computed(key) = key {
                    expr(key, change);
                }
            }
        }
        StmtKind::While { condition, body } | StmtKind::DoWhile { body, condition, .. } => {
            expr(condition, change);
            block(body, change);
        }
        StmtKind::Loop { body } => block(body, change),
        StmtKind::For { iterable, body, .. } => {
            match iterable {
                Iterable::List(list) => expr(list, change),
                Iterable::Range { from, to, .. } => {
                    expr(from, change);
                    expr(to, change);
                }
            }
            block(body, change);
        }
        StmtKind::Break | StmtKind::Continue => {}
    }
}

fn expr(e: &mut Expr, change: &mut dyn FnMut(&mut Expr)) {
    below(e, change);
    change(e);
}

fn below(e: &mut Expr, change: &mut dyn FnMut(&mut Expr)) {
    match &mut e.kind {
        ExprKind::Interpolated(parts) | ExprKind::List(parts) => parts.iter_mut().for_each(|p| expr(p, change)),
        ExprKind::Map(entries) => entries.iter_mut().for_each(|(_, v)| expr(v, change)),
        ExprKind::Column { row: below, .. }
        | ExprKind::Reference { row: below, .. }
        | ExprKind::Related { row: below, .. }
        | ExprKind::Field { map: below, .. }
        | ExprKind::ParameterTable { key: below, .. }
        | ExprKind::Negate(below)
        | ExprKind::Not(below)
        | ExprKind::IsMissing(below)
        | ExprKind::ToFloat(below)
        | ExprKind::DecimalsToFloats(below) => expr(below, change),
        ExprKind::Lookup { map: a, key: b }
        | ExprKind::Element { list: a, index: b, .. }
        | ExprKind::Binary { left: a, right: b, .. }
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Coalesce(a, b)
        | ExprKind::In { item: a, container: b, .. } => {
            expr(a, change);
            expr(b, change);
        }
        ExprKind::If { condition, then, otherwise } => {
            expr(condition, change);
            block(then, change);
            otherwise.iter_mut().for_each(|o| expr(o, change));
        }
        ExprKind::Switch { value, arms } => {
            expr(value, change);
            for arm in arms {
                arm.condition.iter_mut().for_each(|c| expr(c, change));
                expr(&mut arm.value, change);
            }
        }
        ExprKind::Block(b) => block(b, change),
        ExprKind::Call { args, .. } | ExprKind::CallInstance { args, .. } => {
            args.iter_mut().for_each(|a| expr(a, change));
        }
        ExprKind::ListCall { list, args, lambda, .. } => {
            expr(list, change);
            args.iter_mut().for_each(|a| expr(a, change));
            lambda.iter_mut().for_each(|l| expr(&mut l.body, change));
        }
        ExprKind::Standing { extra, .. } => extra.iter_mut().for_each(|e| expr(e, change)),
        ExprKind::Unit
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Text(_)
        | ExprKind::Date(_)
        | ExprKind::DateTime(_)
        | ExprKind::Local(_) => {}
    }
}

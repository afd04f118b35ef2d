//! `.name`, `[index]`, and parameters.

use super::flow::present;
use super::{Checker, is_poison, never, one_line, poison};
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Parameter, ParameterTable, ParameterValue};
use crate::rules::ast::{self, ExprKind as Ast};
use crate::rules::resolve::Binding;
use crate::rules::typed::{Expr, ExprKind, LocalId};
use crate::rules::types::{Kind, TableId, Type};
use crate::source::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// A place in the tree of parameters.
enum Found<'p> {
    Group(&'p IndexMap<String, Parameter>),
    Leaf(&'p ParameterValue),
    Table(&'p ParameterTable),
}

/// A chain of names: not from `P`, found, or wrong.
enum Chain<'p> {
    None,
    Found(Found<'p>, String),
    Bad(Box<Diagnostic>),
}

impl<'a> Checker<'a> {
    pub(super) fn field(&mut self, whole: &ast::Expr, base: &ast::Expr, name: &ast::Name, safe: bool) -> Expr {
        if let Some(found) = self.parameter(whole) {
            return found;
        }
        let base = self.value(base);
        let made = self.member(base, name, safe, whole.span);
        self.narrow_known(whole, made)
    }

    fn narrow_known(&self, whole: &ast::Expr, mut made: Expr) -> Expr {
        if self.path(whole).is_some_and(|path| self.frame.state.is_known(&path)) {
            made.ty = present(made.ty);
        }
        made
    }

    /// A column, reference, related table or key behind a value.
    fn member(&mut self, base: Expr, name: &ast::Name, safe: bool, span: Span) -> Expr {
        let base = if safe { base } else { self.strict(base) };
        let missing = safe && base.ty.optional;
        match base.ty.kind.clone() {
            Kind::Never if !base.ty.optional => never(vec![base], span),
            Kind::Row(table) => self.row_member(base, table, name, safe, missing, span),
            Kind::Map(keys) => match keys.iter().find(|(k, _)| *k == name.text) {
                Some((key, ty)) => Expr {
                    ty: ty.clone().optional_if(missing),
                    span,
                    kind: ExprKind::Field { map: Box::new(base), key: key.clone(), safe },
                },
                None => {
                    let known: Vec<&str> = keys.iter().map(|(k, _)| k.as_str()).collect();
                    let mut found =
                        Diagnostic::error(ids::UNKNOWN_COLUMN, format!("the map has no key `{}`", name.text))
                            .at(name.span)
                            .did_you_mean(&name.text, known.iter().copied());
                    if found.help.is_empty() && !known.is_empty() {
                        found = found.help(format!("it has `{}`", known.join("`, `")));
                    }
                    self.report(found);
                    poison(span)
                }
            },
            Kind::Dict(value) => {
                let key = Expr {
                    ty: Type::of(Kind::Text),
                    span: name.span,
                    kind: ExprKind::Text(Arc::from(name.text.as_str())),
                };
                let ty = (*value).or_missing();
                Expr { ty, span, kind: ExprKind::Lookup { map: Box::new(base), key: Box::new(key) } }
            }
            Kind::List(_) | Kind::Decimals { .. } => {
                let text = one_line(self.text(base.span));
                let help = match name.text.as_str() {
                    "length" | "len" | "size" | "count" => format!("their number is `{text}.len()`"),
                    other => format!("take one of its rows, or all: `{text}.map(|o| o.{other})`"),
                };
                let message = format!("{} has no `{}`", base.ty, name.text);
                self.fail(ids::TYPE_MISMATCH, name.span, message, &help)
            }
            _ => {
                let message = format!("{} has no `{}`", base.ty, name.text);
                let help = format!("functions are called with parentheses: `{}()`", name.text);
                self.fail(ids::TYPE_MISMATCH, name.span, message, &help)
            }
        }
    }

    /// Whether a row is surely the customer that the step runs for: steps before have given all their columns.
    fn is_own(&self, row: &Expr) -> bool {
        self.frame.customer && matches!(row.kind, ExprKind::Local(LocalId(0)))
    }

    fn row_member(
        &mut self,
        row: Expr,
        table: TableId,
        name: &ast::Name,
        safe: bool,
        missing: bool,
        span: Span,
    ) -> Expr {
        let schema = self.env.schema;
        let entry = schema.table(table);
        let row = Box::new(row);
        if let Some(column) = entry.column(&name.text) {
            let of = schema.column(table, column);
            let ty = of.rule_type().optional_if(missing || (of.added && !self.is_own(&row)));
            return Expr { ty, span, kind: ExprKind::Column { row, table, column, safe } };
        }
        if let Some(reference) = entry.reference(&name.text) {
            let target = &entry.references[reference];
            let ty = Type::of(Kind::Row(target.target)).optional_if(target.optional || missing);
            return Expr { ty, span, kind: ExprKind::Reference { row, table, reference, safe } };
        }
        if let Some(many) = entry.related(&name.text) {
            let ty = Type::list(Type::of(Kind::Row(entry.many[many].table))).optional_if(missing);
            return Expr { ty, span, kind: ExprKind::Related { row, table, many, safe } };
        }
        let what = if table == schema.customer { "the customer".to_owned() } else { format!("`{}`", entry.name) };
        let mut found = Diagnostic::error(ids::UNKNOWN_COLUMN, format!("{what} has no column `{}`", name.text))
            .at(name.span)
            .did_you_mean(&name.text, entry.names());
        if found.help.is_empty() {
            let names: Vec<&str> = entry.names().take(12).collect();
            let more = if entry.names().count() > names.len() { ", …" } else { "" };
            found = found
                .help(format!("there is `{}`{more}; a step sees columns of the steps before it", names.join("`, `")));
        }
        self.report(found);
        poison(span)
    }

    pub(super) fn index(&mut self, whole: &ast::Expr, base: &ast::Expr, index: &ast::Expr, safe: bool) -> Expr {
        if let Some(found) = self.parameter(whole) {
            return found;
        }
        let span = whole.span;
        let list = self.value(base);
        if let (Ast::Text(key), Kind::Row(_) | Kind::Map(_)) = (&index.kind, &list.ty.kind) {
            let name = ast::Name { text: key.clone(), span: index.span };
            let made = self.member(list, &name, safe, span);
            return self.narrow_known(whole, made);
        }
        let list = if safe { list } else { self.strict(list) };
        let missing = safe && list.ty.optional;
        let key = self.value(index);
        let key = self.strict(key);
        if is_poison(&list) || is_poison(&key) {
            return never(vec![list, key], span);
        }
        match (list.ty.kind.clone(), &key.ty.kind) {
            (Kind::List(element), Kind::Int) => {
                let ty = (*element).optional_if(missing);
                Expr { ty, span, kind: ExprKind::Element { list: Box::new(list), index: Box::new(key), safe } }
            }
            (Kind::Map(keys), Kind::Text) => {
                let mut value = Type::never();
                for (name, ty) in &keys {
                    value = self.join_branch(&value, ty, base.span, &format!("the value of `{name}`"));
                }
                if value == Type::never() && !keys.is_empty() {
                    return poison(span);
                }
                let ty = value.or_missing();
                Expr { ty, span, kind: ExprKind::Lookup { map: Box::new(list), key: Box::new(key) } }
            }
            (Kind::Dict(value), Kind::Text) => {
                let ty = (*value).or_missing();
                Expr { ty, span, kind: ExprKind::Lookup { map: Box::new(list), key: Box::new(key) } }
            }
            (_, given) => {
                let given = Type::of(given.clone());
                let message = format!("{} cannot be indexed with {given}", list.ty);
                let help = "lists take an int from 0, maps a text; a row's column needs its name";
                self.fail(ids::TYPE_MISMATCH, index.span, message, help)
            }
        }
    }

    /// `P.…` if the expression is one: its value as a literal, or a look-up in a parameter table.
    fn parameter(&mut self, whole: &ast::Expr) -> Option<Expr> {
        if let Ast::Index { base, index, .. } = &whole.kind
            && let Chain::Found(Found::Table(table), path) = self.find_parameter(base)
        {
            return Some(self.table_lookup(table, &path, index, whole.span));
        }
        match self.find_parameter(whole) {
            Chain::None => None,
            Chain::Found(found, path) => Some(self.parameter_value(&found, &path, whole.span)),
            Chain::Bad(found) => {
                self.report(*found);
                Some(poison(whole.span))
            }
        }
    }

    /// Follows a chain of names from `P`.
    fn find_parameter(&self, expr: &ast::Expr) -> Chain<'a> {
        let (base, name, span) = match &expr.kind {
            Ast::Name(_) => {
                let binding = self.env.resolved.binding(self.frame.file, expr.id);
                if binding != Some(Binding::Parameters) {
                    return Chain::None;
                }
                return Chain::Found(Found::Group(&self.env.parameters.entries), "P".to_owned());
            }
            Ast::Field { base, name, .. } => (base, &name.text, name.span),
            Ast::Index { base, index, .. } => match &index.kind {
                Ast::Text(key) => (base, key, index.span),
                _ => return Chain::None,
            },
            _ => return Chain::None,
        };
        let (entries, path) = match self.find_parameter(base) {
            Chain::Found(Found::Group(entries), path) => (entries, path),
            // What follows a leaf or a table is an ordinary access to its value.
            Chain::Found(..) | Chain::None => return Chain::None,
            bad @ Chain::Bad(_) => return bad,
        };
        let path = format!("{path}.{name}");
        match entries.get(name) {
            Some(Parameter::Leaf(leaf)) => Chain::Found(Found::Leaf(&leaf.value), path),
            Some(Parameter::Group { entries, .. }) => Chain::Found(Found::Group(entries), path),
            Some(Parameter::Table(table)) => Chain::Found(Found::Table(table), path),
            None => {
                let known: Vec<&str> = entries.keys().map(String::as_str).collect();
                let mut found = Diagnostic::error(ids::UNKNOWN_PARAMETER, format!("no parameter `{path}`"))
                    .at(span)
                    .did_you_mean(name, known.iter().copied());
                if found.help.is_empty() {
                    found = found.help("parameters stand in rules/parameters.yaml");
                }
                Chain::Bad(Box::new(found))
            }
        }
    }

    fn parameter_value(&mut self, found: &Found<'_>, path: &str, span: Span) -> Expr {
        match found {
            Found::Leaf(value) => literal(value, span),
            Found::Table(table) => self.table_as_map(table, span),
            Found::Group(entries) => {
                let names: Vec<&str> = entries.keys().map(String::as_str).collect();
                let help = format!("name one of them: `{path}.{}`", names.join(&format!("`, `{path}.")));
                self.fail(ids::UNKNOWN_PARAMETER, span, format!("`{path}` is a group of parameters"), &help)
            }
        }
    }

    /// A group of parameters that are all leaves, as a map of literals.
    pub(super) fn group_as_map(&self, expr: &ast::Expr) -> Option<Expr> {
        let Chain::Found(Found::Group(entries), _) = self.find_parameter(expr) else { return None };
        let leaf = |(name, parameter): (&String, &Parameter)| match parameter {
            Parameter::Leaf(leaf) => Some((name.clone(), literal(&leaf.value, expr.span))),
            _ => None,
        };
        let mut made: Vec<(String, Expr)> = entries.iter().map(leaf).collect::<Option<_>>()?;
        made.sort_by(|(a, _), (b, _)| a.cmp(b));
        let kinds = made.iter().map(|(name, value)| (name.clone(), value.ty.clone())).collect();
        Some(Expr { ty: Type::of(Kind::Map(kinds)), span: expr.span, kind: ExprKind::Map(made) })
    }

    pub(super) fn parameters_as_value(&mut self, span: Span) -> Expr {
        let entries = &self.env.parameters.entries;
        self.parameter_value(&Found::Group(entries), "P", span)
    }

    fn table_lookup(&mut self, table: &ParameterTable, path: &str, index: &ast::Expr, span: Span) -> Expr {
        let key = self.value(index);
        let key = self.strict(key);
        if !matches!(key.ty.kind, Kind::Text | Kind::Never) {
            let message = format!("`{path}` is looked up by text, this is {}", key.ty);
            let help = format!("write `{path}[to_text({})]`", one_line(self.text(index.span)));
            return self.fail(ids::TYPE_MISMATCH, index.span, message, &help);
        }
        let position = *self.table_at.entry(path.to_owned()).or_insert_with(|| {
            self.tables.push(Arc::new(table.clone()));
            self.tables.len() - 1
        });
        let ty = row_type(table).or_missing();
        Expr { ty, span, kind: ExprKind::ParameterTable { table: position, key: Box::new(key) } }
    }

    /// A whole parameter table as a map of literals.
    fn table_as_map(&mut self, table: &ParameterTable, span: Span) -> Expr {
        let ty = row_type(table);
        let entries = table.rows.iter().map(|(key, values)| {
            let value = if table.plain {
                values.first().map_or_else(|| poison(span), |v| literal(v, span))
            } else {
                let columns = table.columns.iter().zip(values);
                let columns = columns.map(|(name, v)| (name.clone(), literal(v, span))).collect();
                Expr { ty: ty.clone(), span, kind: ExprKind::Map(columns) }
            };
            (key.clone(), value)
        });
        let kind = ExprKind::Map(entries.collect());
        Expr { ty: Type::of(Kind::Dict(Box::new(ty))), span, kind }
    }
}

fn row_type(table: &ParameterTable) -> Type {
    let of = |column: usize| table.rows.values().find_map(|row| row.get(column)).map_or_else(Type::never, value_type);
    if table.plain {
        return of(0);
    }
    let mut keys: Vec<(String, Type)> = table.columns.iter().enumerate().map(|(i, c)| (c.clone(), of(i))).collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    Type::of(Kind::Map(keys))
}

fn value_type(value: &ParameterValue) -> Type {
    match value {
        ParameterValue::Int(_) => Type::of(Kind::Int),
        ParameterValue::Float(_) => Type::of(Kind::Float),
        ParameterValue::Bool(_) => Type::of(Kind::Bool),
        ParameterValue::Text(_) => Type::of(Kind::Text),
        ParameterValue::Date(_) => Type::of(Kind::Date),
        ParameterValue::List(items) => Type::list(items.first().map_or_else(Type::never, value_type)),
    }
}

fn literal(value: &ParameterValue, span: Span) -> Expr {
    let kind = match value {
        ParameterValue::Int(i) => ExprKind::Int(*i),
        ParameterValue::Float(x) => ExprKind::Float(*x),
        ParameterValue::Bool(b) => ExprKind::Bool(*b),
        ParameterValue::Text(t) => ExprKind::Text(Arc::from(t.as_str())),
        ParameterValue::Date(d) => ExprKind::Date(crate::calendar::day_number(*d)),
        ParameterValue::List(items) => ExprKind::List(items.iter().map(|v| literal(v, span)).collect()),
    };
    Expr { ty: value_type(value), span, kind }
}

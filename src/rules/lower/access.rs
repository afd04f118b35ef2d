//! Columns, references, related rows, fields, elements, tables of parameters, standings.

use super::Lowerer;
use super::copy::Way;
use super::reason::{Lower, NotCompiled};
use super::value::{List, Value, repr_of};
use crate::manifest::model::ParameterValue;
use crate::rules::builtin::Standing;
use crate::rules::cause::CauseKind;
use crate::rules::ir::{Aggregate, Const, Domain, DomainId, NodeId, Op, Order, Repr};
use crate::rules::site::{Failure, Site, Subject};
use crate::rules::typed::Expr;
use crate::rules::types::{ColumnId, TableId};
use std::rc::Rc;

impl<'a> Lowerer<'a> {
    /// A row: with `?.` where it is, else it must be there.
    fn row(&mut self, row: &'a Expr, safe: bool) -> Lower<(NodeId, NodeId)> {
        let value = if safe { self.expr(row)? } else { self.strict(row)? };
        let there = self.there(&value);
        let node = match value {
            Value::Row { node, .. } => node,
            _ => self.b.nothing(Repr::Row),
        };
        Ok((node, there))
    }

    pub(super) fn column(
        &mut self,
        e: &'a Expr,
        row: &'a Expr,
        table: TableId,
        column: ColumnId,
        safe: bool,
    ) -> Lower<Value> {
        let (node, row_there) = self.row(row, safe)?;
        let site = self.frame.names.site(e.span, &[row]);
        Ok(self.cell((node, row_there), table, column, site))
    }

    /// A cell of a row that may not be there.
    pub(super) fn cell(
        &mut self,
        (row, row_there): (NodeId, NodeId),
        table: TableId,
        column: ColumnId,
        site: Site,
    ) -> Value {
        let schema = self.schema.column(table, column);
        let repr = repr_of(&schema.rule_type().kind).unwrap_or(Repr::Float);
        let node = self.b.column(table, column, repr, row);
        // The columns of steps are missing for other customers who are undetermined.
        let is_own = matches!(self.b.graph().node(row).op, Op::Customer);
        let there = if schema.optional || (schema.added && !is_own) {
            let cell = self.b.op(Op::ColumnThere(table, column), &[row]);
            self.and(row_there, cell)
        } else {
            row_there
        };
        if schema.minor_units {
            self.check_works_where(there, node, site);
        }
        Value::Scalar { node, there }
    }

    pub(super) fn reference(&mut self, row: &'a Expr, table: TableId, n: usize, safe: bool) -> Lower<Value> {
        let (node, row_there) = self.row(row, safe)?;
        let schema = self.schema.table(table);
        let Some(reference) = schema.references.get(n) else { return Ok(Value::Missing) };
        let target = self.b.op(Op::Reference(table, n as u32), &[node]);
        let found = if reference.optional { self.b.op(Op::RowThere, &[target]) } else { row_there };
        let there = self.and(row_there, found);
        Ok(Value::Row { table: reference.target, node: target, there })
    }

    pub(super) fn related(&mut self, row: &'a Expr, table: TableId, n: usize, safe: bool) -> Lower<Value> {
        let (node, there) = self.row(row, safe)?;
        let Some(many) = self.schema.table(table).many.get(n) else { return Ok(Value::Missing) };
        let parent = if self.ways.hoists { self.b.domain_of(node) } else { self.domain };
        let domain = self.b.domain(Domain::Related { parent, row: node, table, many: n as u32 });
        let (element, keep) = (self.b.over(domain, Op::Element, &[]), self.b.bool(true));
        let element = Value::Row { table: many.table, node: element, there: keep };
        Ok(Value::List(Rc::new(List { domain, owner: parent, keep, element, there })))
    }

    pub(super) fn field(&mut self, map: &'a Expr, key: &str, safe: bool) -> Lower<Value> {
        let value = if safe { self.expr(map)? } else { self.strict(map)? };
        let entry = self.entry(&value, key);
        if !safe {
            return Ok(entry);
        }
        let (there, entry_there) = (self.there(&value), self.there(&entry));
        let both = self.and(there, entry_there);
        Ok(Self::with_there(&entry, both))
    }

    pub(super) fn look_up(&mut self, e: &'a Expr, map: &'a Expr, key: &'a Expr) -> Lower<Value> {
        let (found, wanted) = (self.expr(map)?, self.expr(key)?);
        let (found, _) = (self.need(&found, map), self.need(&wanted, key));
        let node = self.scalar(&wanted, &key.ty.kind, key.span)?;
        let Value::Map { entries, .. } = found else { return Ok(Value::Missing) };
        let mut result = Value::Missing;
        for (key, value) in entries.iter().rev() {
            self.spend(e.span)?;
            let fits = self.equals(node, Const::Text(key.as_str().into()));
            result = self.merge(fits, value, &result, e.span)?;
        }
        Ok(result)
    }

    pub(super) fn element_at(&mut self, e: &'a Expr, list: &'a Expr, index: &'a Expr, safe: bool) -> Lower<Value> {
        let (items, position) = (self.expr(list)?, self.expr(index)?);
        let there = self.there(&items);
        let live = self.live;
        if safe {
            self.live = self.and(live, there);
        } else {
            self.need(&items, list);
        }
        self.need(&position, index);
        let at = self.scalar(&position, &index.ty.kind, index.span)?;
        let site = self.frame.names.site(e.span, &[list, index]);
        let found = match items {
            Value::Items { items, .. } => self.item(&items, at, site)?,
            Value::Missing => Value::Missing,
            other => {
                let list = self.at_hand(&other, list.span, None, &[at])?;
                let position = self.b.aggregate(list.owner, list.domain, Aggregate::At, &[list.keep, at]);
                self.check_works(position, site);
                self.fetch(position, &list)
            }
        };
        self.live = live;
        let found_there = self.there(&found);
        let both = if safe { self.and(there, found_there) } else { found_there };
        Ok(Self::with_there(&found, both))
    }

    /// An item of a list of known length.
    fn item(&mut self, items: &[Value], at: NodeId, site: Site) -> Lower<Value> {
        let (count, whole) = (items.len() as i64, site.whole);
        let (zero, length) = (self.b.int(0), self.b.int(count));
        let lowest = self.b.int(-count);
        let before = self.b.op(Op::Compare(Order::Less), &[at, lowest]);
        let behind = self.b.op(Op::Compare(Order::LessEqual), &[length, at]);
        let outside = self.or(before, behind);
        let refused = self.b.op(Op::Refuse(Failure::whole(CauseKind::OutOfRange)), &[outside]);
        if !self.b.is(outside, false) {
            self.check_works(refused, site);
        }
        let is_negative = self.b.op(Op::Compare(Order::Less), &[at, zero]);
        let mut found = items.first().cloned().unwrap_or(Value::Missing);
        for (n, item) in items.iter().enumerate() {
            let (front, back) = (self.equals(at, Const::Int(n as i64)), self.equals(at, Const::Int(n as i64 - count)));
            let negative = self.and(is_negative, back);
            let fits = self.or(front, negative);
            found = self.merge(fits, item, &found, whole)?;
        }
        Ok(found)
    }

    /// The element at a position of a list's domain; missing where there is no position.
    pub(super) fn fetch(&mut self, position: NodeId, list: &List) -> Value {
        let there = self.b.op(Op::RowThere, &[position]);
        let element = self.moved(&list.element, Way::fetch(list, position));
        let element_there = self.there(&element);
        let both = self.and(there, element_there);
        Self::with_there(&element, both)
    }

    pub(super) fn parameter_table(&mut self, e: &'a Expr, table: usize, key: &'a Expr) -> Lower<Value> {
        let key = self.strict_node(key)?;
        let Some(found) = self.program.tables.get(table) else { return Ok(Value::Missing) };
        let row = self.b.op(Op::TableRow(table as u32), &[key]);
        let there = self.b.op(Op::RowThere, &[row]);
        let always = self.b.bool(true);
        let mut cells = Vec::with_capacity(found.columns.len());
        for (n, name) in found.columns.iter().enumerate() {
            let Some(repr) = found.rows.values().next().and_then(|row| row.get(n)).map(repr_of_parameter) else {
                continue;
            };
            let Some(repr) = repr else {
                let why = "a table of parameters holds lists";
                return Err(NotCompiled::new(e.span, why, "give each element a column of its own"));
            };
            let node = self.b.leaf(Op::TableCell(table as u32, n as u32), &[row], repr);
            cells.push((name.clone(), Value::Scalar { node, there: always }));
        }
        if found.plain {
            let cell = cells.into_iter().next().map_or(Value::Missing, |(_, cell)| cell);
            return Ok(Self::with_there(&cell, there));
        }
        cells.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Value::Map { entries: Rc::new(cells), there })
    }

    pub(super) fn standing(&mut self, e: &'a Expr, index: usize, extra: Option<&'a Expr>) -> Lower<Value> {
        let Some(population) = self.program.populations.get(index) else { return Ok(Value::Missing) };
        let standing = population.standing;
        let extra = match extra {
            Some(extra) => Some((self.strict_node(extra)?, extra)),
            None => None,
        };
        let operands: Vec<&Expr> = extra.iter().map(|(_, e)| *e).collect();
        let site = self.frame.names.site(e.span, &operands);
        let n = index as u32;
        let there =
            if e.ty.optional { self.b.over(DomainId::CUSTOMERS, Op::StandingThere(n), &[]) } else { self.b.bool(true) };
        let repr = if standing == Standing::Rank { Repr::Int } else { Repr::Float };
        let node = match (standing, extra) {
            (Standing::Ntile, Some((tiles, _))) => {
                let one = self.b.int(1);
                let few = self.b.op(Op::Compare(Order::Less), &[tiles, one]);
                self.refuse(few, CauseKind::OutOfRange, 0, &site);
                let rank = self.b.leaf(Op::Standing(n), &[], Repr::Float);
                self.b.assume(rank, 0.0, 1.0);
                self.b.op(Op::Ntile, &[rank, tiles])
            }
            (Standing::QuantileOf, Some((q, _))) => {
                self.refuse_no_share(q, &site);
                self.b.op(Op::QuantileOf(n), &[q])
            }
            _ => {
                let node = self.b.leaf(Op::Standing(n), &[], repr);
                if matches!(standing, Standing::PctRank) {
                    self.b.assume(node, 0.0, 1.0);
                }
                node
            }
        };
        if !matches!(standing, Standing::PctRank | Standing::Rank | Standing::Ntile) {
            self.check_works_where(there, node, site);
        }
        Ok(Value::Scalar { node, there })
    }

    /// Where a bool holds, operand `n` of the operation is refused.
    pub(super) fn refuse(&mut self, condition: NodeId, kind: CauseKind, n: u8, site: &Site) {
        if !self.b.is(condition, false) {
            let refused = self.b.op(Op::Refuse(Failure::operand(kind, n)), &[condition]);
            self.check_works(refused, site.clone());
        }
    }

    /// A share is from 0 to 1.
    pub(super) fn refuse_no_share(&mut self, q: NodeId, site: &Site) {
        let (zero, one) = (self.b.float(0.0), self.b.float(1.0));
        let low = self.b.op(Op::Compare(Order::LessEqual), &[zero, q]);
        let high = self.b.op(Op::Compare(Order::LessEqual), &[q, one]);
        let within = self.and(low, high);
        let outside = self.not(within);
        self.refuse(outside, CauseKind::OutOfRange, 0, site);
    }

    /// Bare decimals as their nearest doubles; `list` is what they were made of.
    pub(super) fn floats_of(&mut self, list: &'a Expr, value: Value) -> Lower<Value> {
        let crate::rules::types::Kind::Decimals { table, column, .. } = list.ty.kind else { return Ok(value) };
        let rows = self.need(&value, list);
        let rows = self.as_list(&rows, list.span)?;
        let (node, there) = self.element_row(&rows);
        let unnamed = Subject::unnamed(list.span);
        self.each(&rows, |l| {
            l.check_there(there, unnamed);
            Ok(())
        })?;
        let site = Site { whole: list.span, operands: Vec::new(), element: None };
        let known = self.b.bool(true);
        let element = self.cell((node, known), table, column, site);
        Ok(rows.of(element))
    }

    /// The row that a list's element is, and where it is.
    pub(super) fn element_row(&mut self, list: &List) -> (NodeId, NodeId) {
        match &list.element {
            Value::Row { node, there, .. } => (*node, *there),
            _ => (self.b.nothing(Repr::Row), self.b.bool(false)),
        }
    }
}

fn repr_of_parameter(value: &ParameterValue) -> Option<Repr> {
    Some(match value {
        ParameterValue::Int(_) => Repr::Int,
        ParameterValue::Float(_) => Repr::Float,
        ParameterValue::Bool(_) => Repr::Bool,
        ParameterValue::Text(_) => Repr::Text,
        ParameterValue::Date(_) => Repr::Date,
        ParameterValue::List(_) => return None,
    })
}

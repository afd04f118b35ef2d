//! Methods of lists as Rhai text.
//!
//! In: a method's call. Out: a native call, or a block expression that runs the lambda over all elements in a `for`
//! before it gives a value; so a method is done before the next begins, and `some` and `all` do not stop early.

use super::natives::{Native, columns, lists};
use super::rewrite::{Result, Rewriter};
use crate::error::Error;
use crate::rules::builtin::ListMethod;
use crate::rules::figure::Figure;
use crate::rules::site::{Site, Subject};
use crate::rules::typed::{Expr, ExprKind, Lambda};
use crate::rules::types::{ColumnId, Kind, TableId};

impl<'a> Rewriter<'a> {
    /// Appends the call `e` of a method.
    pub(super) fn list_call(
        &mut self,
        e: &'a Expr,
        method: ListMethod,
        list: &'a Expr,
        args: &'a [Expr],
        lambda: Option<&'a Lambda>,
    ) -> Result {
        match (method, lambda) {
            (ListMethod::Filter, Some(lambda)) => self.filter(list, lambda),
            (ListMethod::Map, Some(lambda)) => self.map(e, list, lambda),
            (ListMethod::FlatMap, Some(lambda)) => self.flat_map(list, lambda),
            (ListMethod::Count, Some(lambda)) => self.test(list, lambda, "0", |w, count, lambda| {
                w.raw("if ");
                w.condition(&lambda.body)?;
                w.raw(&format!(" {{ {count} += 1 }}"));
                Ok(())
            }),
            (ListMethod::Some, Some(lambda)) => self.test(list, lambda, "false", |w, any, lambda| {
                w.raw("if ");
                w.condition(&lambda.body)?;
                w.raw(&format!(" {{ {any} = true }}"));
                Ok(())
            }),
            (ListMethod::All, Some(lambda)) => self.test(list, lambda, "true", |w, all, lambda| {
                w.raw("if ");
                w.condition(&lambda.body)?;
                w.raw(&format!(" {{}} else {{ {all} = false }}"));
                Ok(())
            }),
            (ListMethod::Top, _) => self.top(e, list, args, lambda),
            (ListMethod::SortBy, _) => self.sort_by(e, list, lambda),
            (ListMethod::Known, _) => self.known(e, list),
            (ListMethod::Sum, None) if matches!(list.ty.kind, Kind::Decimals { .. }) => self.sum_decimals(e, list),
            (ListMethod::Filter | ListMethod::Map | ListMethod::FlatMap | ListMethod::Some | ListMethod::All, None) => {
                Err(Error::Defect(format!("`{}` without a lambda", method.name())))
            }
            _ => self.aggregate(e, method, list, args, lambda),
        }
    }

    /// Appends a list whose elements are values, not rows of a decimal column.
    pub(super) fn scalars(&mut self, list: &'a Expr) -> Result {
        if matches!(list.ty.kind, Kind::Decimals { .. }) { self.floats_of(list) } else { self.expr(list) }
    }

    /// Appends such a list, which must be there.
    pub(super) fn strict_list(&mut self, list: &'a Expr) -> Result {
        match list.ty.kind {
            // The conversion is strict.
            Kind::Decimals { .. } => self.floats_of(list),
            _ => self.strict(list),
        }
    }

    /// Appends the nearest doubles of a bare decimal column.
    pub(super) fn floats_of(&mut self, list: &'a Expr) -> Result {
        let Kind::Decimals { table, column, .. } = list.ty.kind else { return self.expr(list) };
        let data = self.column_data(table, column)?;
        let name = format!("d{}_{}", table.0, column.0);
        self.call_closure(&name, list.span, &[list], || columns::pluck(data, false))
    }

    /// What a cause calls an element of a list.
    pub(super) fn element(&self, list: &Expr) -> Subject {
        self.names.element(list)
    }

    /// `{ let t = start; for v in list { step } t }`
    fn test(
        &mut self,
        list: &'a Expr,
        lambda: &'a Lambda,
        start: &str,
        step: impl FnOnce(&mut Self, &str, &'a Lambda) -> Result,
    ) -> Result {
        let result = self.temporary();
        self.raw(&format!("{{ let {result} = {start}; "));
        let lambda_over = (lambda, list.ty.element());
        self.each(lambda_over, |w| w.strict_list(list), |w| step(w, &result, lambda))?;
        self.raw(&format!(" {result} }}"));
        Ok(())
    }

    fn growing(&self, native: Native, lambda: &'a Lambda) -> (Native, Site) {
        (native, Site { whole: lambda.body.span, operands: vec![self.subject(&lambda.body); 2], element: None })
    }

    fn filter(&mut self, list: &'a Expr, lambda: &'a Lambda) -> Result {
        if let Kind::Decimals { table, column, .. } = list.ty.kind {
            return self.filter_decimals(list, lambda, table, column);
        }
        let element = format!("v{}", lambda.param.0);
        self.test(list, lambda, "[]", |w, kept, lambda| w.keep_if(kept, &element, lambda))
    }

    /// Appends `if condition { push(kept, element) }`.
    fn keep_if(&mut self, kept: &str, element: &str, lambda: &'a Lambda) -> Result {
        self.raw("if ");
        self.condition(&lambda.body)?;
        self.raw(" { ");
        let (push, site) = self.growing(lists::PUSH, lambda);
        self.native(push, 2, site, |w| {
            w.raw(&format!("{kept}, {element}"));
            Ok(())
        })?;
        self.raw(" }");
        Ok(())
    }

    /// A filtered bare decimal column is its rows that are kept; the lambda sees the nearest doubles.
    fn filter_decimals(&mut self, list: &'a Expr, lambda: &'a Lambda, table: TableId, column: ColumnId) -> Result {
        let data = self.column_data(table, column)?;
        let name = format!("c{}_{}", table.0, column.0);
        self.natives.add_closure(&name, 1, || columns::column(data, false));
        let (kept, row) = (self.temporary(), self.temporary());
        self.raw(&format!("{{ let {kept} = []; for {row} in ("));
        self.strict(list)?;
        self.raw(") { ");
        self.mark(lambda.body.span);
        self.raw(&format!("let v{} = ", lambda.param.0));
        let site = self.site(list.span, &[list]);
        self.open(&name, site);
        self.raw(&format!("{row}); "));
        let of = (lambda.body.span, list.ty.element());
        self.per_element(of, &format!("v{}", lambda.param.0), |w| w.keep_if(&kept, &row, lambda))?;
        self.raw(" }");
        self.elements_end();
        self.raw(&format!(" {kept} }}"));
        Ok(())
    }

    fn map(&mut self, e: &'a Expr, list: &'a Expr, lambda: &'a Lambda) -> Result {
        let body = &lambda.body;
        let is_element = |row: &Expr| matches!(row.kind, ExprKind::Local(l) if l == lambda.param);
        if let ExprKind::Column { row, table, column, safe } = &body.kind {
            let stays_bare = matches!(e.ty.kind, Kind::Decimals { .. });
            match (stays_bare, is_element(row)) {
                // A bare decimal column is its rows.
                (true, true) => return self.strict(list),
                (true, false) => return self.collect(list, lambda, |w| w.strict(row)),
                (false, true) => return self.pluck(e, list, row, (*table, *column), *safe),
                (false, false) => {}
            }
        }
        self.collect(list, lambda, |w| w.expr(&lambda.body))
    }

    /// `.map(|o| o.column)` without a loop.
    fn pluck(
        &mut self,
        e: &'a Expr,
        list: &'a Expr,
        row: &'a Expr,
        (table, column): (TableId, ColumnId),
        safe: bool,
    ) -> Result {
        let data = self.column_data(table, column)?;
        let name = format!("g{}_{}{}", table.0, column.0, if safe { "s" } else { "" });
        self.natives.add_closure(&name, 1, || columns::pluck(data, safe));
        let mut site = self.site(e.span, &[list]);
        site.element = Some(self.subject(row));
        self.open(&name, site);
        self.scalars(list)?;
        self.raw(")");
        Ok(())
    }

    /// `{ let t = []; for v in list { push(t, value) } t }`
    fn collect(&mut self, list: &'a Expr, lambda: &'a Lambda, value: impl FnOnce(&mut Self) -> Result) -> Result {
        self.test(list, lambda, "[]", |w, all, lambda| {
            let (push, site) = w.growing(lists::PUSH, lambda);
            w.native(push, 2, site, |w| {
                w.raw(&format!("{all}, "));
                value(w)
            })
        })
    }

    fn flat_map(&mut self, list: &'a Expr, lambda: &'a Lambda) -> Result {
        self.test(list, lambda, "[]", |w, all, lambda| {
            let (append, site) = w.growing(lists::APPEND, lambda);
            w.native(append, 2, site, |w| {
                w.raw(&format!("{all}, "));
                w.scalars(&lambda.body)
            })
        })
    }

    /// Keys of a list's elements, as a temporary list beside the temporary `items`.
    fn keys(&mut self, items: &str, list: &'a Expr, lambda: Option<&'a Lambda>) -> Result<(String, Subject)> {
        let Some(lambda) = lambda else { return Ok((items.to_owned(), self.element(list))) };
        let keys = self.temporary();
        self.raw(&format!("let {keys} = []; "));
        let of_items = |w: &mut Self| {
            w.raw(items);
            Ok(())
        };
        self.each((lambda, list.ty.element()), of_items, |w| {
            let (push, site) = w.growing(lists::PUSH, lambda);
            w.native(push, 2, site, |w| {
                w.raw(&format!("{keys}, "));
                w.expr(&lambda.body)
            })
        })?;
        self.raw(" ");
        Ok((keys, self.subject(&lambda.body)))
    }

    fn top(&mut self, e: &'a Expr, list: &'a Expr, args: &'a [Expr], lambda: Option<&'a Lambda>) -> Result {
        let [count] = args else { return Err(Error::Defect("`top` without a count".to_owned())) };
        let (items, many) = (self.temporary(), self.temporary());
        self.raw(&format!("{{ let {items} = "));
        self.strict_list(list)?;
        self.raw(&format!("; let {many} = "));
        self.call(lists::HOW_MANY, count.span, &[count])?;
        self.raw("; ");
        let (keys, key) = self.keys(&items, list, lambda)?;
        let mut site = self.site(e.span, &[list]);
        site.element = Some(key);
        self.native(lists::TOP, 3, site, |w| {
            w.raw(&format!("{items}, {keys}, {many}"));
            Ok(())
        })?;
        self.raw(" }");
        Ok(())
    }

    fn sort_by(&mut self, e: &'a Expr, list: &'a Expr, lambda: Option<&'a Lambda>) -> Result {
        let items = self.temporary();
        self.raw(&format!("{{ let {items} = "));
        self.strict_list(list)?;
        self.raw("; ");
        let (keys, key) = self.keys(&items, list, lambda)?;
        let mut site = self.site(e.span, &[list]);
        site.element = Some(key);
        self.native(lists::SORT, 2, site, |w| {
            w.raw(&format!("{items}, {keys}"));
            Ok(())
        })?;
        self.raw(" }");
        Ok(())
    }

    fn known(&mut self, e: &'a Expr, list: &'a Expr) -> Result {
        let (name, dropped) = self.dropped_at(e.span);
        match list.ty.kind {
            Kind::Decimals { table, column, .. } => {
                let data = self.column_data(table, column)?;
                self.call_closure(&name, e.span, &[list], || columns::known_decimals(data, dropped))
            }
            _ => self.call_closure(&name, e.span, &[list], || columns::known(dropped)),
        }
    }

    fn sum_decimals(&mut self, e: &'a Expr, list: &'a Expr) -> Result {
        let Kind::Decimals { table, column, .. } = list.ty.kind else { return self.expr(list) };
        let data = self.column_data(table, column)?;
        let crate::rules::data::ColumnData::Decimal { scale, .. } = data else {
            return Err(Error::Defect("a bare decimal column that is no decimal".to_owned()));
        };
        let name = format!("e{}_{}", table.0, column.0);
        self.natives.add_closure(&name, 1, || columns::sum_decimals(data, scale));
        let mut site = self.site(e.span, &[list]);
        site.element = Some(self.element(list));
        self.open(&name, site);
        self.expr(list)?;
        self.raw(")");
        Ok(())
    }

    /// A method that gives one value of all elements, or of the lambda's values for them.
    fn aggregate(
        &mut self,
        e: &'a Expr,
        method: ListMethod,
        list: &'a Expr,
        args: &'a [Expr],
        lambda: Option<&'a Lambda>,
    ) -> Result {
        let native = aggregate_of(method, &e.ty.kind)?;
        let mut site = self.site(e.span, &[list]);
        site.operands.extend(args.iter().map(|a| self.subject(a)));
        site.element = Some(lambda.map_or_else(|| self.element(list), |l| self.subject(&l.body)));
        self.native(native, 1 + args.len(), site, |w| {
            match lambda {
                Some(lambda) => w.collect(list, lambda, |w| w.expr(&lambda.body))?,
                None if method == ListMethod::Len => w.expr(list)?,
                None => w.scalars(list)?,
            }
            for arg in args {
                w.raw(", ");
                w.call(argument_of(method), arg.span, &[arg])?;
            }
            Ok(())
        })
    }
}

/// The native function that a method's argument goes through: it must be there, and be what the method takes.
fn argument_of(method: ListMethod) -> Native {
    match method {
        ListMethod::Figure(Figure::Npv) => lists::RATE,
        ListMethod::Figure(Figure::Seasonality) => lists::LENGTH,
        _ => lists::SHARE,
    }
}

/// The native function of an aggregate whose result is of a kind.
fn aggregate_of(method: ListMethod, result: &Kind) -> Result<Native> {
    Ok(match method {
        ListMethod::Len | ListMethod::Count => lists::LEN_LIST,
        ListMethod::Sum if *result == Kind::Int => lists::SUM_INT,
        ListMethod::Sum => lists::SUM,
        ListMethod::Mean => lists::MEAN,
        ListMethod::Min => lists::MIN_LIST,
        ListMethod::Max => lists::MAX_LIST,
        ListMethod::Median => lists::MEDIAN,
        ListMethod::Quantile => lists::QUANTILE,
        ListMethod::Std => lists::STD,
        ListMethod::CountDistinct => lists::COUNT_DISTINCT,
        ListMethod::First => lists::FIRST,
        ListMethod::Last => lists::LAST,
        ListMethod::Gaps => lists::GAPS,
        ListMethod::Figure(figure) => lists::figure(figure),
        ListMethod::Filter
        | ListMethod::Map
        | ListMethod::FlatMap
        | ListMethod::Some
        | ListMethod::All
        | ListMethod::Top
        | ListMethod::SortBy
        | ListMethod::Known => return Err(Error::Defect(format!("`{}` is no aggregate", method.name()))),
    })
}

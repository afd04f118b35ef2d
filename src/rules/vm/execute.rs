//! Runs a program on a chunk of customers.
//!
//! In: a [`Frame`] with its program and data. Out: registers with the outputs' values, who has failed and why. Must not know:
//! threads, where outputs are written. Start at [`Frame::run`]; [`Frame::compute`] says which kernel an operation has.

use super::frame::{Broken, Frame};
use super::kernels::{bits, compare, convert, date, float, gather, int, select, text};
use super::shapes::arg;
use super::standings;
use super::text::Text;
use super::value::Src;
use crate::rules::cause::CauseKind;
use crate::rules::codegen::{Compute, Instr};
use crate::rules::ir::{FloatUnary, Op, Order, Repr};
use crate::rules::site::Failure;

impl<'a> Frame<'a> {
    /// Runs the program for `rows` customers from `start` on, of which those in `active` are evaluated. At most
    /// `max_elements` elements of a domain are looked at.
    pub(super) fn run(&mut self, start: usize, rows: usize, active: &[u64], max_elements: usize) -> Result<(), Broken> {
        let bound = self.bound;
        self.start = start;
        self.max_elements = max_elements;
        self.customers.clear();
        self.customers.extend((start..start + rows).map(|row| row as u32));
        self.lens.fill(0);
        self.lens[0] = rows;
        self.texts.clear();
        self.scopes.begin(bound.program, active);
        let mut instrs = bound.program.instrs.iter();
        while let Some(instr) = instrs.next() {
            match instr {
                Instr::Skip { mask, count } => {
                    if *count > 0 && !self.has_any(mask) {
                        instrs.nth(*count as usize - 1);
                    }
                }
                Instr::Make { domain, args, segments } => self.make(*domain, args, *segments)?,
                Instr::Compose { link, lower, upper } => self.compose(*link, *lower, *upper),
                Instr::Compute(compute) => self.compute(compute)?,
                Instr::There { there, mask, subject } => self.check_there(there, mask, *subject),
                Instr::Works { fails, link, mask, site } => self.check_works(*fails, *link, mask, *site),
                Instr::Throw { text, mask, site } => self.check_throw(text, mask, *site),
                Instr::Dropped { gone, counter } => self.check_dropped(gone, *counter),
                Instr::Begin { domain } => self.begin_each(*domain),
                Instr::End { elements, rows, mask } => self.end_each(*elements, *rows, mask),
            }
        }
        Ok(())
    }

    /// Fills an instruction's register.
    fn compute(&mut self, c: &Compute) -> Result<(), Broken> {
        match &c.op {
            // These have places of their own.
            Op::Const(_) | Op::Customer | Op::Element | Op::Part => self.note_defect(),
            Op::Lift => self.lift(c),
            Op::Pick => self.pick(c),
            Op::Written => self.written(c),
            Op::Gap => self.gap(c),
            Op::Position => self.position(c),
            Op::Number => self.fill(c, |_, out: &mut [u32], _| out.iter_mut().zip(0..).for_each(|(out, n)| *out = n)),
            Op::Fetch => self.fetch(c),
            Op::Refuse(failure) => self.fail_only(c, |f, rows, fails| {
                let condition = f.bits(arg(c, 0), rows);
                (0..rows).filter(|row| condition.get(*row)).for_each(|row| fails.set(row, rows, *failure));
            }),
            Op::Column(table, column) => self.column(c, *table, *column),
            Op::ColumnThere(table, column) => self.column_there(c, *table, *column),
            Op::Reference(table, reference) => self.reference(c, *table, *reference),
            Op::RowThere => self.test(c, compare::rows_there),
            Op::TableRow(table) => self.table_row(c, *table),
            Op::TableCell(table, column) => self.table_cell(c, *table, *column),
            Op::Standing(_) => self.fail_only(c, |f, rows, fails| {
                if arg(c, 0).repr == Repr::Float {
                    let values: Src<'_, f64> = f.get(arg(c, 0), rows);
                    let refused = |row: &usize| values.get(*row) == standings::REFUSED;
                    let note = Failure::whole(CauseKind::OutOfRange);
                    (0..rows).filter(refused).for_each(|row| fails.set(row, rows, note));
                    float::check(values, rows, fails);
                }
            }),
            Op::StandingThere(population) => self.standing_there(c, *population),
            Op::Sound(_) => self.sound(c),
            Op::QuantileOf(population) => self.quantile_of(c, *population),
            Op::Ntile => self.binary(c, |rank: Src<'_, f64>, tiles: Src<'_, i64>, out: &mut [i64]| {
                out.iter_mut().enumerate().for_each(|(row, out)| *out = ntile(rank.get(row), tiles.get(row)));
            }),
            Op::Pooled => {
                let pool = self.bound.pool.as_slice();
                self.fill(c, |f, out, _| gather::padded(pool, f.get(arg(c, 0), out.len()), out));
            }
            Op::Select => self.select(c),
            Op::And => self.logic(c, bits::and),
            Op::Or => self.logic(c, bits::or),
            Op::Not => self.fill_bits(c, |f, out, rows, _| bits::not(f.bits(arg(c, 0), rows), out, rows)),
            Op::Compare(order) => self.compare(c, *order),
            Op::AddInt => self.binary_fails(c, int::add),
            Op::SubtractInt => self.binary_fails(c, int::subtract),
            Op::MultiplyInt => self.binary_fails(c, int::multiply),
            Op::RemainderInt => self.binary_fails(c, int::remainder),
            Op::Idiv => self.binary_fails(c, int::idiv),
            Op::NegateInt => self.unary_fails(c, int::negate),
            Op::AbsInt => self.unary_fails(c, int::abs),
            Op::Add => self.binary_fails(c, float::add),
            Op::Subtract => self.binary_fails(c, float::subtract),
            Op::Multiply => self.binary_fails(c, float::multiply),
            Op::Divide => self.binary_fails(c, float::divide),
            Op::Remainder => self.binary_fails(c, convert::remainder),
            Op::Pow => self.binary_fails(c, convert::pow),
            Op::Float(function) => self.float(c, *function),
            Op::RoundTo => self.binary_fails(c, convert::round_to),
            Op::Scale => self.ternary_fails(c, convert::scale),
            Op::Min => self.min(c),
            Op::Max => self.max(c),
            Op::Clamp => self.clamp(c),
            Op::IntToFloat => self.unary(c, convert::int_to_float),
            Op::BoolToInt => self.fill(c, |f, out, _| convert::bool_to_int(f.bits(arg(c, 0), out.len()), out)),
            Op::FloatToInt => self.unary_fails(c, convert::float_to_int),
            Op::TextToInt => self.fill(c, |f, out, fails| {
                text::to_ints(&f.texts, f.get(arg(c, 0), out.len()), f.mask_of(c), out, fails);
            }),
            Op::TextToFloat => self.fill(c, |f, out, fails| {
                text::to_floats(&f.texts, f.get(arg(c, 0), out.len()), f.mask_of(c), out, fails);
            }),
            Op::DaysBetween => self.binary(c, date::days_between),
            Op::MonthsBetween => self.binary_fails(c, date::months_between),
            Op::DatePart(part) => self.unary_fails(c, |days, out, fails| date::part(*part, days, out, fails)),
            Op::PlusDays => self.binary_fails(c, date::plus_days),
            Op::MinusDays => self.binary_fails(c, date::minus_days),
            Op::PlusMonths => self.binary_fails(c, date::plus_months),
            Op::MinusMonths => self.binary_fails(c, date::minus_months),
            Op::DateOf => self.date_of(c),
            Op::Join => self.join(c)?,
            Op::Contains => self.test_texts(c, text::contains),
            Op::StartsWith => self.test_texts(c, text::starts_with),
            Op::EndsWith => self.test_texts(c, text::ends_with),
            Op::Lower => {
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::lower(texts, f.get(arg(c, 0), out.len()), mask, out)
                })?;
            }
            Op::Upper => {
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::upper(texts, f.get(arg(c, 0), out.len()), mask, out)
                })?;
            }
            Op::Trim => {
                self.make_texts(c, |f, texts, mask, out, _| text::trim(texts, f.get(arg(c, 0), out.len()), mask, out))?;
            }
            Op::Replace => self.replace(c)?,
            Op::TextLen => self.fill(c, |f, out, _| text::len(&f.texts, f.get(arg(c, 0), out.len()), out)),
            Op::IsEmpty => self.test(c, |a, out, rows| text::is_empty(a, rows, out)),
            Op::IntToText => {
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::of_ints(texts, f.get(arg(c, 0), out.len()), mask, out)
                })?;
            }
            Op::FloatToText => {
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::of_floats(texts, f.get(arg(c, 0), out.len()), mask, out)
                })?;
            }
            Op::BoolToText => self.fill(c, |f, out, _| text::of_bools(f.bits(arg(c, 0), out.len()), out)),
            Op::DateToText => {
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::of_dates(texts, f.get(arg(c, 0), out.len()), mask, out)
                })?;
            }
            Op::InstantToText => {
                let zone = self.bound.context.zone;
                self.make_texts(c, |f, texts, mask, out, _| {
                    text::of_instants(texts, f.get(arg(c, 0), out.len()), zone, mask, out)
                })?;
            }
            Op::Of(aggregate, elements) => self.aggregate(c, *aggregate, *elements),
        }
        Ok(())
    }

    fn select(&mut self, c: &Compute) {
        match c.repr {
            Repr::Bool => self.fill_bits(c, |f, out, rows, _| {
                let get = |n| f.bits(arg(c, n), rows);
                bits::select(get(0), get(1), get(2), out, rows);
            }),
            Repr::Int => self.choice(c, select::ints),
            Repr::Float => self.choice(c, select::floats),
            Repr::Date => self.choice(c, select::dates),
            Repr::Text => self.choice(c, select::texts),
            Repr::Row => self.choice(c, select::rows),
        }
    }

    fn compare(&mut self, c: &Compute, order: Order) {
        match arg(c, 0).repr {
            Repr::Bool => self.logic(c, |a, b, out, rows| compare::bools(order, a, b, out, rows)),
            Repr::Int => self.test_two(c, |a, b, out, rows| compare::ints(order, a, b, out, rows)),
            Repr::Float => self.test_two(c, |a, b, out, rows| compare::floats(order, a, b, out, rows)),
            Repr::Date => self.test_two(c, |a, b, out, rows| compare::dates(order, a, b, out, rows)),
            Repr::Text => match order {
                Order::Equal => self.test_texts(c, text::equal),
                Order::Less => self.test_texts(c, text::less),
                Order::LessEqual => self.test_texts(c, text::less_equal),
            },
            Repr::Row => self.test_two(c, |a, b, out, rows| compare::rows(order, a, b, out, rows)),
        }
    }

    fn float(&mut self, c: &Compute, function: FloatUnary) {
        match function {
            FloatUnary::Negate => self.unary(c, float::negate),
            FloatUnary::Abs => self.unary(c, float::abs),
            FloatUnary::Round => self.unary(c, float::round),
            FloatUnary::Floor => self.unary(c, float::floor),
            FloatUnary::Ceil => self.unary(c, float::ceil),
            FloatUnary::Sqrt => self.unary_fails(c, convert::sqrt),
            FloatUnary::Ln => self.unary_fails(c, convert::ln),
            FloatUnary::Exp => self.unary_fails(c, convert::exp),
        }
    }

    fn min(&mut self, c: &Compute) {
        match c.repr {
            Repr::Int => self.binary(c, select::min_ints),
            Repr::Float => self.binary(c, select::min_floats),
            Repr::Date => self.binary(c, select::min_dates),
            Repr::Text => self.fill(c, |f, out, _| {
                text::min(&f.texts, f.get(arg(c, 0), out.len()), f.get(arg(c, 1), out.len()), out);
            }),
            Repr::Bool | Repr::Row => self.note_defect(),
        }
    }

    fn max(&mut self, c: &Compute) {
        match c.repr {
            Repr::Int => self.binary(c, select::max_ints),
            Repr::Float => self.binary(c, select::max_floats),
            Repr::Date => self.binary(c, select::max_dates),
            Repr::Text => self.fill(c, |f, out, _| {
                text::max(&f.texts, f.get(arg(c, 0), out.len()), f.get(arg(c, 1), out.len()), out);
            }),
            Repr::Bool | Repr::Row => self.note_defect(),
        }
    }

    fn clamp(&mut self, c: &Compute) {
        match c.repr {
            Repr::Int => self.ternary_fails(c, select::clamp_ints),
            Repr::Float => self.ternary_fails(c, select::clamp_floats),
            Repr::Date => self.ternary_fails(c, select::clamp_dates),
            Repr::Text => self.fill(c, |f, out, fails| {
                let get = |n| f.get(arg(c, n), out.len());
                text::clamp(&f.texts, get(0), get(1), get(2), out, fails);
            }),
            Repr::Bool | Repr::Row => self.note_defect(),
        }
    }

    fn date_of(&mut self, c: &Compute) {
        self.fill_with(c, |f, out, fails| {
            let Some(mut zone) = f.zone.take() else { return f.note_defect() };
            zone.dates(f.get(arg(c, 0), out.len()), out, fails);
            f.zone = Some(zone);
        });
    }

    fn join(&mut self, c: &Compute) -> Result<(), Broken> {
        self.make_texts(c, |f, texts, mask, out, _| {
            let parts: Vec<Src<'_, Text>> = c.args.iter().map(|arg| f.get(arg, out.len())).collect();
            text::join(texts, &parts, mask, out)
        })
    }

    fn replace(&mut self, c: &Compute) -> Result<(), Broken> {
        self.make_texts(c, |f, texts, mask, out, fails| {
            let get = |n| f.get(arg(c, n), out.len());
            text::replace(texts, get(0), get(1), get(2), mask, out, fails)
        })
    }
}

/// `min(n, floor(rank * n) + 1)` of a percent rank; `n` is at least 1.
fn ntile(rank: f64, n: i64) -> i64 {
    // Ranks are 0 to 1, so that the product is at most n; the cast saturates.
    n.min(((rank * n as f64).floor() as i64).saturating_add(1))
}

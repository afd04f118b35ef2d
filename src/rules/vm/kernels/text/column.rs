//! Texts of columns.

use crate::rules::vm::text::Text;
use polars_arrow::array::View;

/// The texts of a column's slice, whose array's first buffer is number `base`. Where a cell is missing, whatever stands there.
pub fn load(views: &[View], base: u32, out: &mut [Text]) {
    out.iter_mut().zip(views).for_each(|(out, view)| *out = Text::of_view(*view, base));
}

//! Functions of texts, and values as text.

use super::{Args, boolean, float, int, list, map, natives, text};
use crate::rules::cause::CauseKind;
use crate::rules::format;
use crate::rules::interp::meter;
use crate::rules::interp::site::{Failure, Outcome};
use crate::rules::site::Part;
use rhai::{Array, Dynamic};

natives! {
    JOIN "join" |a| checked(format!("{}{}", *text(a, 0)?, *text(a, 1)?));
    /// Texts of a list joined; a missing one is operand `i`.
    CONCAT "cat" concat;
    CONTAINS "contains_t" |a| Ok(text(a, 0)?.contains(text(a, 1)?.as_str()).into());
    STARTS_WITH "starts" |a| Ok(text(a, 0)?.starts_with(text(a, 1)?.as_str()).into());
    ENDS_WITH "ends" |a| Ok(text(a, 0)?.ends_with(text(a, 1)?.as_str()).into());
    LOWER "lower" |a| checked(text(a, 0)?.to_lowercase());
    UPPER "upper" |a| checked(text(a, 0)?.to_uppercase());
    TRIM "trim" |a| checked(text(a, 0)?.trim().to_owned());
    SPLIT "split_t" split;
    REPLACE "replace_t" replace;
    /// Characters of a text, keys of a map, elements of a list.
    LEN "len_t" len;
    TEXT_OF_INT "text_i" |a| Ok(int(a, 0)?.to_string().into());
    TEXT_OF_FLOAT "text_f" |a| Ok(format::float(float(a, 0)?).into());
    TEXT_OF_BOOL "text_b" |a| Ok(boolean(a, 0)?.to_string().into());
    TEXT_OF_TEXT "text_s" |a| Ok(text(a, 0)?.clone().into());
    TEXT_OF_DATE "text_d" |a| Ok(format::date(super::dates::day(a, 0)?).into());
    /// Raises the text.
    THROW "thrown" |a| Err(Failure::Thrown(text(a, 0)?.clone()));
}

fn checked(text: String) -> Outcome {
    meter::check_text(text.len())?;
    Ok(text.into())
}

fn concat(args: Args<'_, '_>) -> Outcome {
    let parts = list(args, 0)?;
    let mut joined = String::new();
    for (n, part) in parts.iter().enumerate() {
        let part = part.as_immutable_string_ref().map_err(|_| super::wrong(part, n))?;
        joined.push_str(&part);
        meter::check_text(joined.len())?;
    }
    Ok(joined.into())
}

/// A part of a text that must not be empty.
fn not_empty(part: &str, n: u32) -> Outcome<()> {
    if part.is_empty() { Err(Failure::At(CauseKind::OutOfRange, Part::Operand(n))) } else { Ok(()) }
}

fn split(args: Args<'_, '_>) -> Outcome {
    let (whole, separator) = (text(args, 0)?, text(args, 1)?);
    not_empty(&separator, 1)?;
    let parts: Array = whole.split(separator.as_str()).map(Into::into).collect();
    meter::check_collection(parts.len())?;
    Ok(parts.into())
}

fn replace(args: Args<'_, '_>) -> Outcome {
    let (whole, from, to) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    not_empty(&from, 1)?;
    let found = whole.matches(from.as_str()).count();
    let size = whole.len().saturating_add(found.saturating_mul(to.len()));
    meter::check_text(size.saturating_sub(found.saturating_mul(from.len())))?;
    Ok(whole.replace(from.as_str(), to.as_str()).into())
}

fn len(args: Args<'_, '_>) -> Outcome {
    let count = if args[0].is_map() {
        map(args, 0)?.len()
    } else if args[0].is_array() {
        list(args, 0)?.len()
    } else {
        text(args, 0)?.chars().count()
    };
    Ok(Dynamic::from_int(count as i64))
}

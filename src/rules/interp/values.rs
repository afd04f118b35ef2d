//! Values of the engine as columns.

use crate::error::Error;
use crate::rules::data::Values;
use crate::rules::types::Kind;
use rhai::Dynamic;

impl Values {
    /// `rows` missing values of a kind.
    pub(super) fn missing(kind: &Kind, rows: usize) -> Values {
        match kind {
            Kind::Int | Kind::Row(_) => Values::Int(vec![None; rows]),
            Kind::Float => Values::Float(vec![None; rows]),
            Kind::Bool => Values::Bool(vec![None; rows]),
            Kind::Date => Values::Date(vec![None; rows]),
            Kind::DateTime => Values::DateTime(vec![None; rows]),
            _ => Values::Text(vec![None; rows]),
        }
    }

    /// Appends a value of the engine, missing if `None`.
    pub(super) fn push(&mut self, value: Option<&Dynamic>) -> Result<(), Error> {
        let wrong = |_| Error::Defect("a step gave a value that is not of its type".to_owned());
        match self {
            Values::Text(v) => {
                let text = |d: &Dynamic| d.as_immutable_string_ref().map(|t| Box::from(t.as_str()));
                v.push(value.map(text).transpose().map_err(wrong)?);
            }
            Values::Int(v) | Values::DateTime(v) => v.push(value.map(Dynamic::as_int).transpose().map_err(wrong)?),
            Values::Float(v) => v.push(value.map(Dynamic::as_float).transpose().map_err(wrong)?),
            Values::Bool(v) => v.push(value.map(Dynamic::as_bool).transpose().map_err(wrong)?),
            Values::Date(v) => {
                let day = value.map(Dynamic::as_int).transpose().map_err(wrong)?;
                v.push(day.map(i32::try_from).transpose().map_err(|_| wrong(""))?);
            }
        }
        Ok(())
    }

    /// Puts the values of `part` at `rows`.
    pub(super) fn scatter(&mut self, rows: &[u32], part: Values) {
        fn put<T>(all: &mut [Option<T>], rows: &[u32], part: Vec<Option<T>>) {
            for (row, value) in rows.iter().zip(part) {
                if let Some(slot) = all.get_mut(*row as usize) {
                    *slot = value;
                }
            }
        }
        match (self, part) {
            (Values::Text(all), Values::Text(part)) => put(all, rows, part),
            (Values::Int(all), Values::Int(part)) | (Values::DateTime(all), Values::DateTime(part)) => {
                put(all, rows, part);
            }
            (Values::Float(all), Values::Float(part)) => put(all, rows, part),
            (Values::Bool(all), Values::Bool(part)) => put(all, rows, part),
            (Values::Date(all), Values::Date(part)) => put(all, rows, part),
            // Both were made from one shape.
            _ => {}
        }
    }
}

//! Units of values, from what manifests and parameters declare.
//!
//! In: a typed step, the schema, the parameters. Out: errors `unit-mismatch`, and the units of the step's columns. Must
//! not know: data, values. What is not declared is not known, and what is not known is never reported; a number in the
//! rule has no unit of its own and fits any. Start at [`units`].

mod call;
mod infer;
mod unit;
mod varying;

use crate::diag::Diagnostic;
use crate::manifest::model::Parameters;
use crate::rules::schema::Schema;
use crate::rules::typed::Program;
use crate::source::SourceMap;
use infer::Inference;
use std::collections::HashMap;
use unit::Unit;

/// What is known of a value's unit. Of a list it is that of its elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Known {
    /// Nothing.
    Nothing,
    /// The unit; an empty one fits any.
    Unit(Unit),
    /// Of each key of a map.
    Map(Vec<(String, Known)>),
}

/// What the units of a step come to.
#[derive(Debug, Default)]
pub(in crate::rules) struct Units {
    /// Units of its columns, as manifests write them; a column whose unit is not known is not there.
    pub columns: HashMap<String, String>,
    /// Errors.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks the units of a step.
pub(in crate::rules) fn units(
    program: &Program,
    schema: &Schema,
    parameters: &Parameters,
    sources: &SourceMap,
) -> Units {
    let mut inference = Inference::new(program, schema, parameters, sources);
    let result = inference.instance(program.entry, vec![Known::Nothing]);
    let mut columns = HashMap::new();
    let mut enter = |name: &str, known: &Known| {
        if let Known::Unit(unit) = known
            && !unit.is_plain()
        {
            columns.insert(name.to_owned(), unit.to_string());
        }
    };
    match &result {
        Known::Map(keys) => keys.iter().for_each(|(name, known)| enter(name, known)),
        known => enter(&program.step, known),
    }
    Units { columns, diagnostics: inference.into_findings() }
}

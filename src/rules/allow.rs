//! Findings that a comment on their line allows.
//!
//! In: a place, an id, the texts. Out: whether the line says `// allow: ID`, in YAML `# allow: ID`; several ids are
//! separated by commas, and what follows an id in words is for people. Must not know: how findings are made.

use crate::diag::{Diagnostic, Id, ids};
use crate::source::{SourceMap, Span};
use std::collections::HashMap;

/// Whether the line on which a place begins allows this id.
pub fn allowed(sources: &SourceMap, span: Span, id: Id) -> bool {
    let file = sources.file(span.file);
    let (line, _) = file.line_column(span.start as usize);
    names(file.line(line)).any(|name| name == id.name())
}

/// Takes away what is allowed: warnings, and of errors `unit-mismatch`, which stands on what people declared.
pub fn retain(diagnostics: &mut Vec<Diagnostic>, sources: &SourceMap) {
    // A line is read once, however many findings it has.
    let mut lines = HashMap::new();
    diagnostics.retain(|found| {
        let may_go = !found.is_error() || found.id == ids::UNIT_MISMATCH;
        let Some(span) = found.span.filter(|_| may_go) else { return true };
        let file = sources.file(span.file);
        let (line, _) = file.line_column(span.start as usize);
        let allowed = lines.entry((span.file, line)).or_insert_with(|| names(file.line(line)).collect::<Vec<_>>());
        !allowed.contains(&found.id.name())
    });
}

/// The ids that a line names behind `// allow:` or `# allow:`.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let behind = line.match_indices("allow:").filter_map(|(at, word)| {
        let before = line[..at].trim_end();
        (before.ends_with("//") || before.ends_with('#')).then(|| &line[at + word.len()..])
    });
    behind.flat_map(|rest| rest.split(',')).filter_map(|part| part.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_behind_a_comment_that_allows() {
        let of = |line| names(line).collect::<Vec<_>>();
        assert_eq!(of("a == b // allow: float-equality"), ["float-equality"]);
        assert_eq!(
            of("let 值 = 1; // allow: unused-variable, unreachable until 2018"),
            ["unused-variable", "unreachable"]
        );
        assert_eq!(of("band: 3.0  # allow: unused-parameter"), ["unused-parameter"]);
        assert_eq!(of("let allow = 1;"), Vec::<&str>::new());
        assert_eq!(of("`we allow: float-equality`"), Vec::<&str>::new());
    }
}

//! An expression of a manifest as the text of a rule file whose places are the manifest's own.
//!
//! In: an [`Expression`], the texts. Out: a [`Placed`] text in which the expression stands at the offset, or at least at the
//! line and column, where the manifest has it, inside of a function of one parameter. Must not know: what it says.

use crate::manifest::model::Expression;
use crate::source::{FileId, SourceMap};

/// What stands before the expression. Shorter than what a manifest must have written before it.
pub(super) const HEAD: &str = "fn f(row){";
/// The name of the parameter.
pub(super) const ROW: &str = "row";

/// A text that parses to one function.
pub(super) struct Placed {
    /// The file whose places it has.
    pub file: FileId,
    /// The text.
    pub text: String,
    /// Where the expression begins.
    pub start: usize,
}

/// The text of an expression. One that is not written as it is meant (with escapes, over several lines) gets a text of
/// its own in `sources`, under the manifest's path.
pub(super) fn place(expression: &Expression, sources: &mut SourceMap) -> Placed {
    let manifest = sources.file(expression.span.file);
    let written = manifest.text.get(expression.span.range()).and_then(|scalar| scalar.find(&expression.text));
    let start = written.map(|at| at + expression.span.start as usize).filter(|start| *start >= HEAD.len());
    if let Some(start) = start {
        let before = &manifest.text.as_bytes()[..start - HEAD.len()];
        // One blank for each byte, so that offsets stay; line ends keep lines short.
        let blank: String = before.iter().map(|b| if *b == b'\n' { '\n' } else { ' ' }).collect();
        let text = format!("{blank}{HEAD}{}\n}}", expression.text);
        return Placed { file: expression.span.file, text, start };
    }
    let (line, column) = manifest.line_column(expression.span.start as usize);
    let quoted = manifest.text.get(expression.span.range()).is_some_and(|scalar| scalar.starts_with(['"', '\'']));
    let column = column + usize::from(quoted);
    let mut before = HEAD.to_owned();
    before.extend(std::iter::repeat_n('\n', line - 1));
    let taken = if line == 1 { HEAD.len() } else { 0 };
    before.extend(std::iter::repeat_n(' ', (column - 1).saturating_sub(taken)));
    let start = before.len();
    let text = format!("{before}{}\n}}", expression.text);
    let path = manifest.path.clone();
    Placed { file: sources.add_excerpt(path, text.clone()), text, start }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn what_is_written_as_it_is_meant_keeps_its_offset() {
        let mut sources = SourceMap::default();
        let manifest = "columns:\n  额: { type: float, compute: \"数量 * 单价\" }\n";
        let file = sources.add("datasets/t.yaml", manifest);
        let at = manifest.find("\"数").unwrap();
        let expression = Expression { text: "数量 * 单价".into(), span: Span::new(file, at, manifest.len() - 3) };
        let placed = place(&expression, &mut sources);
        assert_eq!((placed.file, placed.start), (file, at + 1));
        assert_eq!(&placed.text[placed.start..], "数量 * 单价\n}");
        assert_eq!(placed.text[..placed.start].trim_start(), HEAD);
    }

    #[test]
    fn what_is_not_keeps_line_and_column() {
        let mut sources = SourceMap::default();
        let file = sources.add("datasets/t.yaml", "a: 1\nfilter: \"x != \\\"test\\\"\"\n");
        let expression = Expression { text: "x != \"test\"".into(), span: Span::new(file, 13, 29) };
        let placed = place(&expression, &mut sources);
        assert_ne!(placed.file, file);
        assert_eq!(sources.place(Span::new(placed.file, placed.start, placed.start + 1)), "datasets/t.yaml:2:10");
        assert_eq!(sources.files().count(), 1, "an excerpt is no file of the project");
    }
}

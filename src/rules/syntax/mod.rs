//! Text of a rule file to the spanned tree.
//!
//! In: the text of one file. Out: [`ast::File`](crate::rules::ast::File) and all independent findings. Must not know:
//! schemas, types, what names mean. Start at [`parse`]; `lexer` and `parser` read the text, `conform` holds the tree
//! against Rhai's own reading of it.
//!
//! Rhai's own tree is not used, because it has places without an end, drops parentheses, keeps `switch` cases only as
//! hashes, turns `in` into calls and stops at the first error. Rhai stays the judge all the same: a file without an error
//! of ours is compiled by Rhai as well, and the tree, printed back with all parentheses, must give Rhai the same program.

mod assign;
mod conform;
mod expr;
mod items;
mod lexer;
mod literal;
mod outline;
mod parser;
mod primary;
mod print;
mod stmt;
mod switch;
mod token;
mod unsupported;

#[cfg(test)]
mod error_tests;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod span_tests;
#[cfg(test)]
mod tests;

use crate::diag::{Diagnostic, sort};
use crate::rules::ast::File;
use crate::rules::stack::with_deep_stack;
use crate::source::FileId;

pub use print::print;

/// The tree of a rule file, and what is wrong with its text (at most 20 errors).
///
/// With errors the tree is still whole in shape: a piece that could not be read is `()` or missing. A tree may be up to
/// [`MAX_HEIGHT`] nodes deep: walk it and drop it within [`with_deep_stack`].
///
/// # Errors
/// `syntax`, `unsupported`, `too-deep`, `duplicate-name`, `assign`; and `type-mismatch` where Rhai's own parser sees that
/// a condition can never be a bool.
///
/// ```
/// use tierwright::rules::syntax::parse;
/// use tierwright::source::FileId;
/// let (file, findings) = parse(FileId(0), "fn 等级(c) { if c.value >= 70.0 { \"战略\" } else { \"一般\" } }");
/// assert!(findings.is_empty());
/// assert_eq!(file.functions[0].name.text, "等级");
/// ```
pub fn parse(file: FileId, text: &str) -> (File, Vec<Diagnostic>) {
    with_deep_stack(|| {
        let (tree, mut findings) = parser::parse_file(file, text);
        if !findings.iter().any(Diagnostic::is_error) {
            findings.extend(conform::check(&tree, text));
        }
        sort(&mut findings);
        findings.truncate(MAX_FINDINGS);
        (tree, findings)
    })
}

/// How many findings one file can have; what follows is mostly an echo.
const MAX_FINDINGS: usize = 20;

/// How many brackets, blocks, closures and signs may stand inside one another.
pub const MAX_NESTING: u32 = 500;

/// How many nodes a tree may be deep: long sums and chains of `else if` make trees deep that are not nested.
pub const MAX_HEIGHT: u32 = 10_000;

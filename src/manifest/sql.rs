//! SQL text, as far as it must be understood before a database does.
//!
//! In: a query. Out: its words outside of texts, names in quotes and comments, with the depth of parentheses; whether it
//! is one statement that reads. Must not know: databases, YAML. Start at [`check`].
//!
//! This keeps honest mistakes from a database. That a query changes nothing is held by the database itself, in a
//! transaction that may only read.

/// A query that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The text without a `;` at its end.
    pub text: String,
    /// Whether it says in which order its rows come.
    pub ordered: bool,
}

/// Looks at a query.
///
/// # Errors
/// Why it is not one statement that reads, as the end of a sentence.
pub fn check(query: &str) -> Result<Checked, &'static str> {
    let words = words(query)?;
    let Some(first) = words.first() else { return Err("is empty") };
    let end = words.iter().position(|word| word.text == ";");
    if end.is_some_and(|end| words[end..].iter().any(|word| word.text != ";")) {
        return Err("is several statements: it must be one");
    }
    if !["select", "with", "values", "table"].contains(&first.text.as_str()) {
        return Err("must begin with `select`, `with` or `values`");
    }
    let text = end.map_or(query, |end| &query[..words[end].start]);
    let top: Vec<&str> = words.iter().filter(|word| word.depth == 0).map(|word| word.text.as_str()).collect();
    let ordered = top.windows(2).any(|pair| pair == ["order", "by"]);
    Ok(Checked { text: text.trim_end().to_owned(), ordered })
}

/// A word in lower case, or one other character.
struct Word {
    text: String,
    start: usize,
    depth: usize,
}

fn words(query: &str) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(first) = query[at..].chars().next() {
        let rest = &query[at..];
        if let Some(length) = skipped(rest)? {
            at += length;
            continue;
        }
        let mut length = first.len_utf8();
        match first {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1).ok_or("closes a parenthesis that is not open")?,
            _ if is_letter(first) => {
                length = rest.find(|c: char| !is_letter(c) && c != '$').unwrap_or(rest.len());
                // E'…' and its kin are read as the text that follows; their backslashes are not.
            }
            _ => {}
        }
        words.push(Word { text: rest[..length].to_lowercase(), start: at, depth });
        at += length;
    }
    if depth > 0 { Err("leaves a parenthesis open") } else { Ok(words) }
}

fn is_letter(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Bytes of the blank, comment, text or name in quotes that begins here, if one does.
fn skipped(rest: &str) -> Result<Option<usize>, &'static str> {
    let ends = |open: usize, end: &str, fault| match rest[open..].find(end) {
        Some(at) => Ok(Some(open + at + end.len())),
        None => Err(fault),
    };
    if let Some(length) = rest.find(|c: char| !c.is_whitespace()).filter(|length| *length > 0) {
        return Ok(Some(length));
    }
    if rest.chars().all(char::is_whitespace) {
        return Ok(Some(rest.len()));
    }
    if rest.starts_with("--") {
        return Ok(Some(rest.find('\n').unwrap_or(rest.len())));
    }
    if rest.starts_with("/*") {
        return comment(rest).map(Some);
    }
    if rest.starts_with('\'') {
        return ends(1, "'", "does not close a text");
    }
    if rest.starts_with('"') {
        return ends(1, "\"", "does not close a name");
    }
    if let Some(inner) = rest.strip_prefix('$')
        && let Some(tag) = inner.find('$').map(|at| &rest[..at + 2])
        && tag[1..tag.len() - 1].chars().all(is_letter)
    {
        return ends(tag.len(), tag, "does not close a text");
    }
    Ok(None)
}

/// Bytes of a comment; they nest.
fn comment(rest: &str) -> Result<usize, &'static str> {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return Ok(at);
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    Err("does not close a comment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_that_reads() {
        let ordered = |query| check(query).map(|checked| checked.ordered);
        assert_eq!(ordered("select 1"), Ok(false));
        assert_eq!(ordered("SELECT a FROM t ORDER  BY a"), Ok(true));
        assert_eq!(ordered("select * from (select a from t order by a) x"), Ok(false));
        assert_eq!(ordered("select rank() over (order by a) from t"), Ok(false));
        assert_eq!(ordered("select 'order by' -- order by\n, \"order by\" /* order by */ from t"), Ok(false));
        assert_eq!(ordered("with x as (select 1) select * from x order/**/by 1;"), Ok(true));
        assert_eq!(ordered("  values (1), (2)"), Ok(false));
        assert_eq!(ordered("select $客$;drop$客$, 'it''s;'"), Ok(false));
        assert_eq!(check("select 1 ; -- all").map(|c| c.text), Ok("select 1".to_owned()));
    }

    #[test]
    fn anything_else_is_refused() {
        for (query, fault) in [
            ("", "is empty"),
            ("-- select", "is empty"),
            (";", "must begin"),
            ("delete from t", "must begin"),
            ("explain select 1", "must begin"),
            ("attach 'x' as y", "must begin"),
            ("pragma user_version", "must begin"),
            ("select 1; drop table t", "is several"),
            ("select 1) x; drop table t; --", "closes a parenthesis"),
            ("select (1", "leaves a parenthesis"),
            ("select 'a", "does not close a text"),
            ("select \"a", "does not close a name"),
            ("select /* 1", "does not close a comment"),
            ("select $x$ 1", "does not close a text"),
        ] {
            let found = check(query).err().unwrap_or("nothing");
            assert!(found.starts_with(fault), "{query}: {found}");
        }
    }
}

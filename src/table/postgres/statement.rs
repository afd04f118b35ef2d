//! What is asked of a database: columns, their types, the order of the rows.
//!
//! In: a session, what a manifest says. Out: a [`Statement`], or findings. Must not know: passwords, rows. Start at
//! [`Statement::of`].
//!
//! A table comes in the order of its primary key, of the manifest's `order_by` if there is one; a query in its own.

use super::Refusal;
use super::connect::Session;
use super::value::How;
use crate::diag::{Diagnostic, ids};
use crate::manifest::model::{Column, Relation, Rows};
use crate::manifest::sql;
use crate::table::batch::Plan;
use crate::table::database::{clause, order_by, quoted, unordered};
use crate::table::layout::{fields, undeclared};
use crate::table::whole::Whole;
use postgres::types::{Kind, Type};

/// Names that are looked at for what was meant.
const NAMES: i64 = 1000;

/// A `COPY` that gives the declared columns.
pub struct Statement {
    /// Its text.
    pub text: String,
    /// How each column is read.
    pub columns: Vec<How>,
}

impl Statement {
    /// The statement for a table; `None` if the source's columns are not those declared: `whole` says why.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn of(
        session: &mut Session,
        asked: &Rows,
        plan: &Plan,
        shown: &str,
        whole: &mut Whole,
    ) -> Result<Option<Statement>, Refusal> {
        let table = plan.table;
        let mut order = order_by(asked, table, "q.");
        let relation = match &asked.what {
            Relation::Table(name) => {
                let found = find(session, name, shown)?;
                if order.is_empty() {
                    order = key(session, found.oid)?;
                }
                if order.is_empty() {
                    let what = if found.kind == "v" { "a view" } else { "a table without a primary key" };
                    whole.warnings.push(unordered(shown, what, table));
                }
                format!("{}.{}", quoted(&found.schema), quoted(&found.name))
            }
            Relation::Query(query) => {
                let text = sql::check(query).map_or_else(|_| query.clone(), |checked| checked.text);
                // The line end closes a comment.
                format!("(\n{text}\n)")
            }
        };
        let prepared = session.client.prepare(&format!("SELECT * FROM {relation} AS q"))?;
        let names: Vec<&str> = prepared.columns().iter().map(postgres::Column::name).collect();
        let (places, findings) = fields(&names, table, shown, shown);
        whole.undeclared = undeclared(&names, table);
        whole.findings.extend(findings);
        let Some(places) = places else { return Ok(None) };
        let (mut columns, mut expressions) = (Vec::new(), Vec::new());
        for (column, place) in table.columns.values().zip(places) {
            let Some(found) = prepared.columns().get(place) else { continue };
            let (name, found) = (quoted(found.name()), found.type_());
            match How::of(found, column.dtype) {
                Some(how) => {
                    let cast = if how == How::Cast { "::text" } else { "" };
                    expressions.push(format!("q.{name}{cast}"));
                    columns.push(how);
                }
                None => whole.findings.push(mismatch(column, found, shown)),
            }
        }
        if !whole.findings.is_empty() {
            return Ok(None);
        }
        let select = format!("SELECT {} FROM {relation} AS q{order}", expressions.join(", "));
        Ok(Some(Statement { text: format!("COPY ({select}) TO STDOUT (FORMAT binary)"), columns }))
    }
}

fn mismatch(column: &Column, found: &Type, shown: &str) -> Diagnostic {
    let (kind, help) = match found.kind() {
        Kind::Array(of) => (format!("an array of {}", of.name()), true),
        Kind::Composite(_) => (format!("the composite type {}", found.name()), true),
        _ => (found.name().to_owned(), [Type::JSON, Type::JSONB].contains(found)),
    };
    let message = format!("`{}` of `{shown}` is {kind}, not {}", column.from, column.dtype);
    let finding = Diagnostic::error(ids::TYPE_MISMATCH, message).at_with(column.span, "declared here");
    finding.help(match help {
        true => "declare it `text`, or take one value out of it with a `query`",
        false => "declare the type that the database has, or `text`",
    })
}

/// A table of the database.
struct Found {
    oid: u32,
    schema: String,
    name: String,
    kind: String,
}

/// The table of this name: `orders`, where the search path leads, or `public.orders`.
fn find(session: &mut Session, name: &str, shown: &str) -> Result<Found, Refusal> {
    let absent = |message: String| Diagnostic::error(ids::QUERY, message);
    let Some((schema, table)) = parts(name) else {
        let finding = absent(format!("`{name}` is no name of a table"));
        return Err(Refusal::Finding(Box::new(
            finding.help("write `table`, `schema.table` or `\"schema\".\"table\"`"),
        )));
    };
    let rows = session.client.query(
        "SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text FROM pg_catalog.pg_class c \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relname::text = $1::text AND c.relkind IN ('r', 'v', 'm', 'p', 'f') \
         AND CASE WHEN $2::text = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname::text = $2::text END",
        &[&table, &schema],
    )?;
    if let Some(row) = rows.first() {
        return Ok(Found {
            oid: row.try_get(0)?,
            schema: row.try_get(1)?,
            name: row.try_get(2)?,
            kind: row.try_get(3)?,
        });
    }
    let names = session.client.query(
        "SELECT CASE WHEN pg_catalog.pg_table_is_visible(c.oid) AND $2::text = '' THEN '' ELSE n.nspname || '.' END \
         || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') \
         ORDER BY 1 LIMIT $1",
        &[&NAMES, &schema],
    )?;
    let names: Vec<String> = names.iter().filter_map(|row| row.try_get(0).ok()).collect();
    let target = &session.target;
    let finding =
        absent(format!("no table `{shown}` on {target}")).did_you_mean(name, names.iter().map(String::as_str));
    let finding = match (finding.help.is_empty(), names.len()) {
        (false, _) => finding,
        (true, 1..=20) => finding.help(format!("its tables are {}", names.join(", "))),
        (true, _) => finding.help("name the table as it is spelt, with its schema: `public.orders`"),
    };
    Err(Refusal::Finding(Box::new(finding)))
}

/// ` ORDER BY …` of the primary key; empty if there is none.
fn key(session: &mut Session, oid: u32) -> Result<String, Refusal> {
    let rows = session.client.query(
        "SELECT a.attname::text FROM pg_catalog.pg_index i \
         CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place) \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number \
         WHERE i.indrelid = $1 AND i.indisprimary ORDER BY k.place",
        &[&oid],
    )?;
    let names = rows.iter().map(|row| row.try_get::<_, String>(0)).collect::<Result<Vec<_>, _>>()?;
    Ok(clause(&names.iter().map(|name| format!("q.{}", quoted(name))).collect::<Vec<_>>()))
}

/// Schema (empty if none is named) and table; `None` if it is neither.
fn parts(name: &str) -> Option<(String, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let (part, tail) = match rest.strip_prefix('"') {
            Some(inner) => {
                let mut end = inner.find('"')?;
                while inner[end + 1..].starts_with('"') {
                    end = end + 2 + inner[end + 2..].find('"')?;
                }
                (inner[..end].replace("\"\"", "\""), &inner[end + 1..])
            }
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        parts.push(part);
        match tail.strip_prefix('.') {
            Some(more) => rest = more,
            None if tail.is_empty() => break,
            None => return None,
        }
    }
    match <[String; 2]>::try_from(parts) {
        Ok([schema, table]) => Some((schema, table)),
        Err(parts) => <[String; 1]>::try_from(parts).ok().map(|[table]| (String::new(), table)),
    }
    .filter(|(_, table)| !table.is_empty())
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn names_have_a_schema_or_none() {
        let of = |name| parts(name).map(|(schema, table)| format!("{schema}|{table}"));
        assert_eq!(of("orders").as_deref(), Some("|orders"));
        assert_eq!(of("public.orders").as_deref(), Some("public|orders"));
        assert_eq!(of("\"a.b\".\"客\"\"户\"").as_deref(), Some("a.b|客\"户"));
        for bad in ["", "a.b.c", "\"a", "\"a\"b", "a."] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}

//! Expressions of manifests: over one row of a table, in the rule language.
//!
//! In: the project's tables with the texts of computed columns, filters and checks. Out: [`RowRules`]: one program for
//! each, checked and compiled as a step is, over a schema whose customer table is that table without its relations. Must
//! not know: data, what becomes of a row. Start at [`compile`].
//!
//! A column stands under its plain name; one whose name rules cannot write is `row["annual revenue"]`. Parameters and the
//! run's dates mean what they mean in steps; there are no related tables, references or populations.

mod expression;
mod place;

use super::codegen;
use super::schema::{ColumnSchema, Schema, TableSchema};
use super::typeck::RunDates;
use super::typed::Program;
use super::types::{Kind, TableId};
use crate::diag::{self, Diagnostic, ids};
use crate::dtype::DataType;
use crate::error::Error;
use crate::manifest::model::{Column, Currency, Expression, Project, Table};
use crate::manifest::spread_sensitivity;
use crate::source::{FileId, SourceMap, Span};
use expression::Checked;
use indexmap::IndexMap;

/// The expressions of all tables.
#[derive(Debug, Default)]
pub struct RowRules {
    /// By table; tables without an expression are not there.
    pub tables: IndexMap<String, TableRules>,
}

/// The expressions of one table.
#[derive(Debug)]
pub struct TableRules {
    /// The table alone: columns of the source, then computed ones, in the manifest's order.
    pub schema: Schema,
    /// For each column of the schema its position in the manifest.
    pub positions: Vec<usize>,
    /// Computed columns in order, each with its position in the manifest.
    pub computed: Vec<(usize, RowRule)>,
    /// The condition of rows that stay.
    pub filter: Option<RowRule>,
    /// The table's checks, in order.
    pub checks: Vec<RowRule>,
}

/// One expression.
#[derive(Debug)]
pub struct RowRule {
    /// The typed program, for the interpreter.
    pub program: Program,
    /// The column program, if there is one.
    pub compiled: Option<codegen::Step>,
    /// The text on one line.
    pub text: String,
    /// Positions in the schema of the columns that it reads, ascending.
    pub reads: Vec<usize>,
}

/// Checks and compiles the expressions of all tables. Texts that do not stand in a manifest as they are meant go to
/// `sources`. What is computed of a sensitive column becomes sensitive in the project, unless its manifest says otherwise.
///
/// # Errors
/// [`Error::Defect`]: a graph that no program can be made of.
pub fn compile(
    project: &mut Project,
    dates: RunDates,
    sources: &mut SourceMap,
) -> Result<(RowRules, Vec<Diagnostic>), Error> {
    let mut rules = RowRules::default();
    let mut findings = Vec::new();
    for table in project.tables.values() {
        let contract = &table.contract;
        let computes = table.columns.values().any(|column| column.contract.compute.is_some());
        if computes || contract.filter.is_some() || !contract.checks.is_empty() {
            let mut compiler = Compiler { project: &*project, table, dates, sources, findings: &mut findings };
            rules.tables.insert(table.name.clone(), compiler.table()?);
        }
    }
    for (table, rules) in &rules.tables {
        if let Some(table) = project.tables.get_mut(table) {
            spread(table, rules);
        }
    }
    spread_sensitivity(&mut project.tables);
    diag::sort(&mut findings);
    Ok((rules, findings))
}

/// Checks and compiles a condition that stands in no manifest, such as one typed at a command: over the columns of the
/// schema's customer table. Its text goes to `sources`, under `name`.
///
/// # Errors
/// [`Error::Defect`]: a graph that no program can be made of.
pub fn condition(
    name: &str,
    text: &str,
    schema: &Schema,
    project: &Project,
    dates: RunDates,
    sources: &mut SourceMap,
) -> Result<(Option<RowRule>, Vec<Diagnostic>), Error> {
    // What stands before an expression must have room.
    if text.trim().is_empty() {
        let finding = Diagnostic::error(ids::USAGE, "the condition is empty").located(name);
        return Ok((None, vec![finding.help("write one such as `tier == \"gold\"` or `value > 60.0`")]));
    }
    let blank = " ".repeat(place::HEAD.len());
    let file = sources.add_excerpt(name, format!("{blank}{text}"));
    let span = Span::new(file, blank.len(), blank.len() + text.len());
    let expression = Expression { text: text.to_owned(), span };
    let Checked { rule, mut diagnostics } =
        expression::check(&expression, "the condition ", schema, project, dates, sources)?;
    match rule.as_ref().and_then(RowRule::result) {
        Some(DataType::Bool) | None => {}
        Some(ty) => {
            let finding = Diagnostic::error(ids::TYPE_MISMATCH, format!("a condition is bool, this is {ty}"));
            diagnostics.push(finding.at(span).help("compare it with something"));
        }
    }
    if let Some(at) = assigns(text) {
        let finding = Diagnostic::error(ids::TYPE_MISMATCH, "`=` sets a variable, and a condition compares");
        diagnostics = vec![finding.at(Span::new(file, blank.len() + at, blank.len() + at + 1)).help("write `==`")];
    }
    for finding in diagnostics.iter_mut().filter(|finding| finding.id == ids::UNKNOWN_COLUMN) {
        let name = finding.span.map(|span| sources.text(span)).unwrap_or_default();
        if name == "c" {
            finding.help = vec!["columns stand alone here: leave out `c.`".to_owned()];
        } else if !finding.help.iter().any(|help| help.starts_with("did you mean")) {
            finding.help = vec![columns_of(schema)];
        }
    }
    Ok((rule, as_typed(diagnostics, (name, text), (file, blank.len()), sources)))
}

/// Which columns a condition has, the first ones by name.
fn columns_of(schema: &Schema) -> String {
    const SHOWN: usize = 16;
    let names: Vec<&str> = schema.table(schema.customer).names().collect();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    format!(
        "there are {}{more}",
        names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )
}

/// Where a text has a `=` that compares nothing.
fn assigns(text: &str) -> Option<usize> {
    let (mut before, mut quote) = (' ', None);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let is_single =
            c == '=' && !"=!<>+-*/%".contains(before) && !chars.peek().is_some_and(|(_, c)| "=>".contains(*c));
        match quote {
            None if is_single => return Some(at),
            None if "\"'`".contains(c) => quote = Some(c),
            Some(open) if c == open && before != '\\' => quote = None,
            _ => {}
        }
        before = c;
    }
    None
}

/// Findings about a text at the places that it has where it was typed: nothing stands before it there.
fn as_typed(
    findings: Vec<Diagnostic>,
    (name, text): (&str, &str),
    (file, before): (FileId, usize),
    sources: &mut SourceMap,
) -> Vec<Diagnostic> {
    let typed = sources.add_excerpt(name, text);
    let moved = |span: Span| match span.file == file {
        true => {
            Span::new(typed, (span.start as usize).saturating_sub(before), (span.end as usize).saturating_sub(before))
        }
        false => span,
    };
    let one = |mut finding: Diagnostic| {
        finding.span = finding.span.map(moved);
        finding.labels.iter_mut().for_each(|(span, _)| *span = moved(*span));
        finding
    };
    findings.into_iter().map(one).collect()
}

/// Makes columns sensitive that are computed of sensitive ones.
fn spread(table: &mut Table, rules: &TableRules) {
    for (position, rule) in &rules.computed {
        let read = rule.reads.iter().filter_map(|read| table.columns.get_index(*rules.positions.get(*read)?));
        let sensitive = read.into_iter().any(|(_, column)| column.contract.sensitive);
        if let Some((_, column)) = table.columns.get_index_mut(*position) {
            column.contract.sensitive |= sensitive && !column.contract.open;
        }
    }
}

struct Compiler<'c> {
    project: &'c Project,
    table: &'c Table,
    dates: RunDates,
    sources: &'c mut SourceMap,
    findings: &'c mut Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn table(&mut self) -> Result<TableRules, Error> {
        let columns = &self.table.columns;
        let of_source = columns.values().filter(|column| column.contract.is_of_source());
        let schema = TableSchema {
            name: self.table.name.clone(),
            columns: of_source.map(column_schema).collect(),
            references: Vec::new(),
            many: Vec::new(),
        };
        let mut schema = Schema { tables: vec![schema], customer: TableId(0) };
        let positions = |of_source: bool| {
            let all = columns.values().enumerate().filter(|(_, column)| !column.contract.is_late());
            all.filter(move |(_, column)| column.contract.is_of_source() == of_source).map(|(position, _)| position)
        };
        let mut computed = Vec::new();
        for (position, column) in columns.values().enumerate() {
            if column.contract.is_of_source() {
                continue;
            }
            if let Some(expression) = &column.contract.compute {
                let rule = self.rule(expression, &column.name, &schema)?;
                if let Some(rule) = rule.filter(|rule| self.fits(rule, column, expression)) {
                    computed.push((position, rule));
                }
            }
            // It is known only when all tables are.
            if !column.contract.is_late() {
                schema.add_column(column_schema(column));
            }
        }
        let contract = &self.table.contract;
        let filter = contract.filter.as_ref().map(|filter| self.condition(filter, &schema)).transpose()?.flatten();
        let mut checks = Vec::new();
        for check in &contract.checks {
            checks.extend(self.condition(&check.rule, &schema)?);
        }
        Ok(TableRules {
            schema,
            positions: positions(true).chain(positions(false)).collect(),
            computed,
            filter,
            checks,
        })
    }

    fn rule(&mut self, expression: &Expression, name: &str, schema: &Schema) -> Result<Option<RowRule>, Error> {
        let Checked { rule, diagnostics } =
            expression::check(expression, name, schema, self.project, self.dates, self.sources)?;
        // Columns that computed ones below give are not known yet.
        let later = |d: &Diagnostic| {
            let name = d.span.map(|span| self.sources.text(span)).unwrap_or_default();
            d.id == ids::UNKNOWN_COLUMN && self.table.columns.contains_key(name)
        };
        self.findings.extend(diagnostics.into_iter().map(|d| match later(&d) {
            true => Diagnostic { help: Vec::new(), ..d }.help("a computed column may use those that stand above it"),
            false => d,
        }));
        Ok(rule)
    }

    /// A bool. Its name is none that a column can have.
    fn condition(&mut self, expression: &Expression, schema: &Schema) -> Result<Option<RowRule>, Error> {
        let rule = self.rule(expression, "the condition ", schema)?;
        let Some(ty) = rule.as_ref().and_then(|rule| rule.result()) else { return Ok(None) };
        if ty != DataType::Bool {
            let message = format!("a condition is bool, this is {ty}");
            let finding = Diagnostic::error(ids::TYPE_MISMATCH, message).at(expression.span);
            self.findings.push(finding.help("compare it with something"));
            return Ok(None);
        }
        Ok(rule)
    }

    /// Whether an expression gives what its column is declared as.
    fn fits(&mut self, rule: &RowRule, column: &Column, expression: &Expression) -> bool {
        let Some(given) = rule.result() else { return false };
        let minor = column.minor_units;
        let fits = match (column.dtype, given) {
            (DataType::Decimal { .. }, DataType::Int) => true,
            (DataType::Decimal { .. }, DataType::Float) => !minor,
            (DataType::Float, DataType::Int) => true,
            (declared, given) => declared == given,
        };
        if !fits {
            let message = format!("`{}` is declared {}, its expression gives {given}", column.name, column.dtype);
            let finding = Diagnostic::error(ids::TYPE_MISMATCH, message).at(expression.span);
            self.findings.push(match minor {
                true => finding.help("with `minor_units: true` it must give an int of the smallest units"),
                false => finding.help("declare that type, or convert with `to_int()`, `to_float()`, `to_text()`"),
            });
        }
        fits
    }
}

impl RowRule {
    /// The type of its values.
    pub fn result(&self) -> Option<DataType> {
        let (_, ty) = self.program.output.columns.first()?;
        super::schema::column_type(ty)
    }

    /// Whether it is a condition.
    pub fn is_condition(&self) -> bool {
        self.program.output.columns.first().is_some_and(|(_, ty)| ty.kind == Kind::Bool)
    }
}

/// Chains of names behind `P` in the expressions of a project's manifests.
pub(in crate::rules) fn parameters(project: &Project) -> Vec<Vec<String>> {
    let of_table = |table: &'_ Table| {
        let computed = table.columns.values().filter_map(|column| column.contract.compute.as_ref());
        let checks = table.contract.checks.iter().map(|check| &check.rule);
        computed.chain(&table.contract.filter).chain(checks).flat_map(|e| chains(&e.text)).collect::<Vec<_>>()
    };
    project.tables.values().flat_map(of_table).collect()
}

/// Columns of a table that its own manifest uses: in expressions, conversions, and what the table as a whole must keep.
pub(in crate::rules) fn used(table: &Table) -> Vec<&str> {
    let contract = &table.contract;
    let columns = table.columns.values();
    let computed = columns.clone().filter_map(|column| column.contract.compute.as_ref());
    let checks = contract.checks.iter().map(|check| &check.rule);
    let texts: Vec<&str> = computed.chain(&contract.filter).chain(checks).map(|e| e.text.as_str()).collect();
    let named = columns.clone().filter(|column| texts.iter().any(|text| names(text, &column.name)));
    let mut used: Vec<&str> =
        named.chain(columns.clone().filter(|c| c.contract.is_rate_date)).map(|c| c.name.as_str()).collect();
    for column in columns {
        if let Some(convert) = &column.contract.convert {
            used.extend([convert.amount.as_str(), convert.on.as_str()]);
        }
        if let Some(Currency::Column(by)) = &column.contract.currency {
            used.push(by);
        }
    }
    used.extend(contract.unique.iter().flat_map(|rule| &rule.is).map(String::as_str));
    used.extend(contract.freshness.iter().map(|freshness| freshness.column.as_str()));
    used
}

/// Whether a text names a column, in whole.
fn names(text: &str, column: &str) -> bool {
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(column)
        .any(|(at, _)| !text[..at].ends_with(is_name) && !text[at + column.len()..].starts_with(is_name))
}

fn chains(text: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c == '_' || c.is_alphanumeric();
    let starts = text.match_indices("P.").filter(|(at, _)| !text[..*at].ends_with(is_name));
    let chain = |(at, _): (usize, &str)| {
        let rest = &text[at + 2..];
        let end = rest.find(|c: char| !(is_name(c) || c == '.')).unwrap_or(rest.len());
        rest[..end].split('.').map(str::to_owned).collect()
    };
    starts.map(chain).collect()
}

fn column_schema(column: &Column) -> ColumnSchema {
    ColumnSchema {
        name: column.name.clone(),
        dtype: column.dtype,
        optional: !column.required,
        added: false,
        minor_units: column.minor_units,
        unit: column.unit.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{chains, names};

    #[test]
    fn a_column_is_named_in_whole() {
        assert!(names("price*单价 > 1", "单价") && names("row[\"a b\"]", "a b"));
        assert!(!names("prices", "price") && !names("总单价", "单价"));
    }

    #[test]
    fn parameters_are_read_in_expressions() {
        assert_eq!(chains("amount * P.税.vat + P.x"), [vec!["税", "vat"], vec!["x"]]);
        assert_eq!(chains("GDP.x"), Vec::<Vec<String>>::new());
    }
}

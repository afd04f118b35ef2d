//! The project file, `tierwright.yaml`.
//!
//! In: its tree. Out: a [`Project`] without tables and parameters, and diagnostics; where a value is wrong the default
//! stands, so that reading goes on. Must not know: the manifests, rules. Start at [`read`].

use super::field::{Field, Fields, Findings, name_fault};
use super::model::{
    Compression, Decision, Limits, Measure, Output, OutputPlaces, Parameters, Project, Step, Summary, Undetermined,
};
use super::shape::project as shape;
use super::yaml::Node;
use super::{business_plan, carried, planning, scenarios, shown};
use crate::diag::{Diagnostic, ids};
use crate::dtype::DataType;
use crate::source::Span;
use indexmap::IndexMap;
use std::collections::HashMap;

/// The project file as read, with the places that checks against the manifests need.
pub struct ProjectFile {
    /// What it says; tables and parameters are empty.
    pub project: Project,
    /// Where it names the customer table.
    pub customer: Option<Span>,
}

/// Reads the project file; `None` if it is no map.
pub fn read(root: &Node, findings: &mut Findings) -> Option<ProjectFile> {
    let field = Field::root(root, "tierwright.yaml");
    let fields = Fields::open(&field, "the project file", &shape::PROJECT, findings)?;
    let name = fields.need("name", findings).and_then(|f| f.file_name(findings)).unwrap_or_default();
    let customer = fields.need("customer", findings);
    let customer_name = customer.as_ref().and_then(|f| f.name(findings));
    let steps = fields.need("steps", findings).map(|f| steps(&f, findings)).unwrap_or_default();
    let decision = fields.need("decision", findings).and_then(|f| decision(&f, findings));
    let decision = decision.unwrap_or_else(|| empty_decision(root.span));
    let planning = fields.get("planning").and_then(|f| planning::read(&f, findings)).unwrap_or_default();
    let aliases = fields.get("aliases").and_then(|f| carried::aliases(&f, findings));
    let turnover = fields.get("turnover").and_then(|f| carried::turnover(&f, &decision, findings));
    let plan = fields.get("plan").and_then(|f| business_plan::read(&f, findings));
    let assumed = fields.get("scenarios").map(|f| scenarios::scenarios(&f, findings)).unwrap_or_default();
    let strategic = fields.get("strategic_plan").and_then(|f| scenarios::strategic_plan(&f, findings));
    let as_of = fields.get("as_of").and_then(|f| f.date(findings));
    let (undetermined_limit, undetermined) =
        fields.get("undetermined").map_or((0.01, Undetermined::Null), |f| undetermined(&f, findings));
    let limits = fields.get("limits").map(|f| limits(&f, findings)).unwrap_or_default();
    let interpret_limit = fields.get("interpret_limit").and_then(|f| f.int(0..=i64::MAX, findings)).unwrap_or(100_000);
    let output = output(fields.get("output").as_ref(), &decision, findings);
    let summaries = fields.get("summaries").map(|f| summaries(&f, findings)).unwrap_or_default();
    let shown = fields.get("report").and_then(|f| shown::read(&f, &decision, findings)).unwrap_or_default();
    let place = customer.filter(|_| customer_name.is_some()).map(|f| f.place());
    let project = Project {
        name,
        customer: customer_name.unwrap_or_default(),
        steps,
        decision,
        planning,
        aliases,
        turnover,
        plan,
        scenarios: assumed,
        strategic,
        as_of,
        output,
        summaries,
        shown,
        undetermined_limit,
        undetermined,
        limits,
        interpret_limit: size(interpret_limit),
        tables: IndexMap::new(),
        parameters: Parameters::default(),
    };
    Some(ProjectFile { project, customer: place })
}

fn size(n: i64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Reports names that stand twice; `names` are in order.
pub fn repeated<'a>(what: &str, names: impl IntoIterator<Item = (&'a str, Span)>, findings: &mut Findings) {
    let mut first: HashMap<&str, Span> = HashMap::new();
    for (name, span) in names {
        match first.get(name) {
            Some(before) => findings.push(
                Diagnostic::error(ids::DUPLICATE_NAME, format!("{what} `{name}` stands twice"))
                    .at(span)
                    .label(*before, "first here"),
            ),
            None => {
                first.insert(name, span);
            }
        }
    }
}

pub(super) fn steps(field: &Field<'_>, findings: &mut Findings) -> Vec<Step> {
    let Some(items) = field.list(findings) else { return Vec::new() };
    if items.is_empty() {
        findings.push(field.wrong_value("`steps` must name at least one step"));
    }
    let mut steps = Vec::new();
    for item in items {
        if item.as_map().is_none() {
            if let Some(name) = item.identifier(findings) {
                steps.push(Step { name, interpret: false, span: item.place() });
            }
            continue;
        }
        let Some(fields) = Fields::open(&item, "a step", &shape::STEP, findings) else { continue };
        let name = fields.need("name", findings);
        let interpret = fields.get("interpret").and_then(|f| f.bool(findings)).unwrap_or(false);
        if let Some(field) = name
            && let Some(name) = field.identifier(findings)
        {
            steps.push(Step { name, interpret, span: field.place() });
        }
    }
    repeated("the step", steps.iter().map(|step| (step.name.as_str(), step.span)), findings);
    steps
}

fn empty_decision(span: Span) -> Decision {
    Decision {
        tier: "tier".into(),
        value: "value".into(),
        order: Vec::new(),
        read_back: IndexMap::new(),
        earlier: None,
        places: IndexMap::new(),
        span,
    }
}

fn decision(field: &Field<'_>, findings: &mut Findings) -> Option<Decision> {
    let fields = Fields::open(field, "`decision`", &shape::DECISION, findings)?;
    let tier = fields.get("tier").and_then(|f| f.name(findings)).unwrap_or_else(|| "tier".into());
    let value = fields.get("value").and_then(|f| f.name(findings)).unwrap_or_else(|| "value".into());
    if tier == value {
        let place = fields.get("value").or_else(|| fields.get("tier")).map_or(field.at, |f| f.place());
        let message = format!("tier and value are both the column `{tier}`");
        findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(place));
    }
    let order = fields.need("order", findings).map(|f| order(&f, findings)).unwrap_or_default();
    let mut read_back = IndexMap::new();
    let mut places = IndexMap::new();
    for (key, name) in [("tier", &tier), ("value", &value)] {
        places.extend(fields.get(key).map(|f| (name.clone(), f.place())));
    }
    for entry in fields.get("read_back").and_then(|f| f.entries(findings)).unwrap_or_default() {
        if entry.key == tier || entry.key == value {
            let message = format!("`{}` is read back in any case", entry.key);
            findings.push(Diagnostic::error(ids::NAME_CLASH, message).at(entry.at).help("take it out of `read_back`"));
        } else if let Some(dtype) = data_type(&entry, findings) {
            read_back.insert(entry.key.to_owned(), dtype);
            places.insert(entry.key.to_owned(), entry.at);
        }
    }
    let earlier = fields.get("earlier").and_then(|f| f.identifier(findings));
    Some(Decision { tier, value, order, read_back, earlier, places, span: field.at })
}

fn order(field: &Field<'_>, findings: &mut Findings) -> Vec<String> {
    let items = field.list(findings).unwrap_or_default();
    if items.is_empty() && matches!(field.value.kind, super::yaml::Kind::List(_)) {
        findings.push(field.wrong_value("`order` must name at least one tier").help("name the tiers, lowest first"));
    }
    let tiers: Vec<(String, Span)> =
        items.iter().filter_map(|item| item.name(findings).map(|name| (name, item.place()))).collect();
    repeated("the tier", tiers.iter().map(|(name, span)| (name.as_str(), *span)), findings);
    tiers.into_iter().map(|(name, _)| name).collect()
}

/// The column type that a value names.
pub fn data_type(field: &Field<'_>, findings: &mut Findings) -> Option<DataType> {
    let text = field.value.scalar_text().unwrap_or_default();
    let dtype = DataType::parse(text);
    if dtype.is_none() {
        let known = ["text", "int", "float", "bool", "date", "datetime", "decimal"];
        let wrong = field.wrong(&format!("a type, one of {}", DataType::NAMES.join(", ")));
        findings.push(match text {
            "decimal" => wrong.help("say how many digits in all and behind the point: decimal(12,2)"),
            "string" | "str" | "varchar" | "char" => wrong.help("did you mean `text`?"),
            "integer" | "bigint" | "long" | "int64" => wrong.help("did you mean `int`?"),
            "number" | "double" | "real" | "float64" => wrong.help("did you mean `float`?"),
            "boolean" => wrong.help("did you mean `bool`?"),
            "timestamp" => wrong.help("did you mean `datetime`?"),
            _ if text.starts_with("decimal(") => wrong.help("decimal(p,s): p from 1 to 38, s from 0 to p"),
            _ => wrong.did_you_mean(text, known),
        });
    }
    dtype
}

fn undetermined(field: &Field<'_>, findings: &mut Findings) -> (f64, Undetermined) {
    let tiers = [("none", Undetermined::Null), ("keep_prior", Undetermined::KeepPrior)];
    if field.value.scalar_text().is_some() {
        return (0.01, field.choice(&tiers, findings).unwrap_or(Undetermined::Null));
    }
    let Some(fields) = Fields::open(field, "`undetermined`", &shape::UNDETERMINED, findings) else {
        return (0.01, Undetermined::Null);
    };
    let at_most = fields.get("at_most").and_then(|f| f.share(findings)).unwrap_or(0.01);
    let tier = fields.get("tier").and_then(|f| f.choice(&tiers, findings)).unwrap_or(Undetermined::Null);
    (at_most, tier)
}

fn limits(field: &Field<'_>, findings: &mut Findings) -> Limits {
    let mut limits = Limits::default();
    let Some(fields) = Fields::open(field, "`limits`", &shape::LIMITS, findings) else { return limits };
    let mut int = |key: &str, most: i64| fields.get(key).and_then(|f| f.int(1..=most, findings));
    if let Some(n) = int("operations", i64::MAX) {
        limits.operations = n.unsigned_abs();
    }
    if let Some(n) = int("call_depth", 256) {
        limits.call_depth = size(n);
    }
    if let Some(n) = int("collection", i64::MAX) {
        limits.collection = size(n);
    }
    if let Some(n) = int("text", i64::MAX) {
        limits.text = size(n);
    }
    if let Some(time) = fields.get("time") {
        match time.value.scalar_text().and_then(millis) {
            Some(millis) => limits.millis = millis,
            None => findings.push(time.wrong("a time as 10s, 500ms or 2min").help("at least 1ms")),
        }
    }
    if let Some(memory) = fields.get("memory") {
        match memory.value.scalar_text().and_then(bytes) {
            Some(bytes) => limits.memory = Some(bytes),
            None => findings.push(memory.wrong("an amount of memory as 2GiB or 500MB").help("at least 1MB")),
        }
    }
    limits
}

/// Bytes as `2GiB`, `500MB`.
///
/// ```
/// use tierwright::manifest::bytes;
/// assert_eq!(bytes("2GiB"), Some(2 << 30));
/// assert_eq!((bytes("500 MB"), bytes("2"), bytes("0GB"), bytes("-1GB")), (Some(500_000_000), None, None, None));
/// ```
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: u64 = text[..digits].parse().ok()?;
    let factor: u64 = match text[digits..].trim() {
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        "GB" => 1_000_000_000,
        "GiB" => 1 << 30,
        _ => return None,
    };
    count.checked_mul(factor).filter(|bytes| *bytes > 0)
}

pub(super) fn millis(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: u64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        _ => return None,
    };
    count.checked_mul(factor).filter(|n| *n > 0)
}

fn output(field: Option<&Field<'_>>, decision: &Decision, findings: &mut Findings) -> Output {
    let mut output = Output {
        dir: "out".into(),
        columns: None,
        partition_by: vec![decision.tier.clone()],
        places: OutputPlaces { columns_at: decision.span, partition_at: decision.span, ..OutputPlaces::default() },
        compression: Compression::Zstd(3),
        rows_per_file: 1_000_000,
    };
    let Some(fields) = field.and_then(|f| Fields::open(f, "`output`", &shape::OUTPUT, findings)) else { return output };
    if let Some(dir) = fields.get("dir").and_then(|f| f.name(findings)) {
        output.dir = dir;
    }
    let columns = fields.get("columns").and_then(|f| {
        output.places.columns_at = f.place();
        output_columns(&f, findings)
    });
    output.places.columns = columns.iter().flatten().map(|(from, _, place)| (from.clone(), *place)).collect();
    output.columns = columns.map(|columns| columns.into_iter().map(|(from, name, _)| (from, name)).collect());
    if let Some(partition) = fields.get("partition_by") {
        output.places.partition_at = partition.place();
        let items = partition.list(findings).unwrap_or_default();
        let names: Vec<(String, Span)> =
            items.iter().filter_map(|item| item.name(findings).map(|name| (name, item.place()))).collect();
        repeated("the partition column", names.iter().map(|(name, span)| (name.as_str(), *span)), findings);
        output.places.partition_by = names.iter().cloned().collect();
        output.partition_by = names.into_iter().map(|(name, _)| name).collect();
    }
    if let Some(field) = fields.get("compression") {
        match field.value.scalar_text().and_then(compression) {
            Some(compression) => output.compression = compression,
            None => {
                let text = field.value.scalar_text().unwrap_or_default();
                let wrong = field.wrong("`zstd`, `zstd(1)` to `zstd(22)`, `snappy` or `none`");
                findings.push(wrong.did_you_mean(text, ["zstd", "snappy", "none"]));
            }
        }
    }
    if let Some(rows) = fields.get("rows_per_file").and_then(|f| f.int(1..=i64::MAX, findings)) {
        output.rows_per_file = size(rows);
    }
    output
}

fn compression(text: &str) -> Option<Compression> {
    match text {
        "zstd" => Some(Compression::Zstd(3)),
        "snappy" => Some(Compression::Snappy),
        "none" => Some(Compression::None),
        other => {
            let level: i32 = other.strip_prefix("zstd(")?.strip_suffix(')')?.trim().parse().ok()?;
            if (1..=22).contains(&level) { Some(Compression::Zstd(level)) } else { None }
        }
    }
}

fn output_columns(field: &Field<'_>, findings: &mut Findings) -> Option<Vec<(String, String, Span)>> {
    let items = field.list(findings)?;
    if items.is_empty() {
        findings.push(field.wrong_value("`columns` must name at least one column").help("leave it out to write all"));
    }
    let mut columns = Vec::new();
    for item in items {
        match item.as_map() {
            None => {
                if let Some(name) = item.name(findings) {
                    columns.push((name.clone(), name, item.place(), item.place()));
                }
            }
            Some([entry]) => {
                let written = Field::of(entry);
                if let Some(fault) = name_fault(&entry.key) {
                    findings
                        .push(Diagnostic::error(ids::WRONG_VALUE, format!("a column's name {fault}")).at(entry.span));
                } else if let Some(name) = written.name(findings) {
                    columns.push((entry.key.clone(), name, entry.span, written.place()));
                }
            }
            Some(_) => findings.push(item.wrong("a column, or one column with the name to write: {value: score}")),
        }
    }
    repeated("the written name", columns.iter().map(|(_, written, _, span)| (written.as_str(), *span)), findings);
    Some(columns.into_iter().map(|(column, written, place, _)| (column, written, place)).collect())
}

fn summaries(field: &Field<'_>, findings: &mut Findings) -> Vec<Summary> {
    let items = field.list(findings).unwrap_or_default();
    let mut named = Vec::new();
    let mut summaries = Vec::new();
    for item in items {
        let Some(fields) = Fields::open(&item, "a summary", &shape::SUMMARY, findings) else { continue };
        let name = fields.need("name", findings);
        let text = name.as_ref().and_then(|f| f.file_name(findings));
        let by = fields.need("by", findings).and_then(|f| f.list(findings)).unwrap_or_default();
        let mut columns: Vec<(String, Span)> =
            by.iter().filter_map(|item| item.name(findings).map(|name| (name, item.place()))).collect();
        let groups = columns.len();
        let measures = fields.need("measures", findings).map(|f| measures(&f, findings)).unwrap_or_default();
        columns.extend(measures.iter().map(|(name, (_, span))| (name.clone(), *span)));
        repeated("the summary's column", columns.iter().map(|(name, span)| (name.as_str(), *span)), findings);
        if let (Some(field), Some(text)) = (&name, &text) {
            named.push((text.clone(), field.place()));
        }
        summaries.push(Summary {
            name: text.unwrap_or_default(),
            by: columns.into_iter().take(groups).map(|(name, _)| name).collect(),
            measures: measures.into_iter().map(|(name, (measure, _))| (name, measure)).collect(),
            span: name.map_or(item.at, |f| f.place()),
        });
    }
    repeated("the summary", named.iter().map(|(name, span)| (name.as_str(), *span)), findings);
    summaries
}

pub(super) fn measures(field: &Field<'_>, findings: &mut Findings) -> IndexMap<String, (Measure, Span)> {
    let mut measures = IndexMap::new();
    let entries = field.entries(findings).unwrap_or_default();
    if entries.is_empty() && field.as_map().is_some() {
        findings.push(field.wrong_value("`measures` must name at least one measure"));
    }
    for entry in entries {
        if let Some(fault) = name_fault(entry.key) {
            findings.push(Diagnostic::error(ids::WRONG_VALUE, format!("a measure's name {fault}")).at(entry.at));
            continue;
        }
        match entry.value.scalar_text().and_then(measure) {
            Some(measure) => {
                measures.insert(entry.key.to_owned(), (measure, entry.at));
            }
            None => findings.push(entry.wrong("`count`, `sum(column)` or `mean(column)`")),
        }
    }
    measures
}

fn measure(text: &str) -> Option<Measure> {
    if text == "count" {
        return Some(Measure::Count);
    }
    let (function, rest) = text.split_once('(')?;
    let column = rest.strip_suffix(')')?.trim();
    match function.trim() {
        "sum" if name_fault(column).is_none() => Some(Measure::Sum(column.to_owned())),
        "mean" if name_fault(column).is_none() => Some(Measure::Mean(column.to_owned())),
        _ => None,
    }
}

//! A run as OpenLineage tells it: events of its specification 2-0-2, as JSON.
//!
//! In: a [`Plan`], what became of the run. Out: START, COMPLETE and FAIL events. Must not know: where they go. Start at
//! [`Lineage::new`]; `docs/scheduling.md` says what stands in them.
//!
//! Nothing of a database but host, port and name stands in an event: what is known of a password stays where it is known.

use super::flow::Report;
use super::history;
use super::identity::InputFile;
use super::layout::{DECISIONS, Layout, TEXTS};
use super::plan::Plan;
use super::record::{OutputFile, Record};
use crate::diag::render;
use crate::error::Stop;
use crate::manifest;
use crate::manifest::glob;
use crate::manifest::model::{Format, Relation, Table};
use crate::source::SourceMap;
use crate::system::System;
use crate::table;
use arrow_schema::DataType as Arrow;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const SPEC: &str = "https://openlineage.io/spec";
/// Names this program and its version, in each event and facet.
const PRODUCER: &str = concat!("urn:tierwright:", env!("CARGO_PKG_VERSION"));
/// The namespace of jobs, unless the environment says another.
const NAMESPACE: &str = "tierwright";
/// Names the run that started this one, in the environment.
const PARENT: &str = "OPENLINEAGE_PARENT_ID";
/// Findings that an error message lists at most.
const FINDINGS: usize = 20;

/// What all events of one run have in common.
pub struct Lineage {
    run: String,
    namespace: String,
    job: String,
    run_facets: Map<String, Value>,
    /// What names the run that started this one, where it cannot be read.
    no_parent: Option<String>,
}

/// A data set of an event.
struct Dataset {
    namespace: String,
    name: String,
}

impl Lineage {
    /// The events of a run that is planned. `OPENLINEAGE_NAMESPACE` names the job's namespace.
    pub fn new(system: &dyn System, plan: &Plan) -> Lineage {
        let mut lineage = Lineage::of(system, &plan.project.name, &plan.out);
        let zone = TimeZone::get(&plan.project.planning.time_zone).unwrap_or(TimeZone::UTC);
        let midnight = |day: Date| day.to_zoned_datetime(zone.clone()).ok().map(|time| time.timestamp().to_string());
        if let (Some(start), Some(end)) = (midnight(plan.dates.start), midnight(plan.dates.as_of)) {
            let nominal = json!({ "nominalStartTime": start, "nominalEndTime": end });
            lineage.run_facets.insert("nominalTime".to_owned(), facet("1-0-1/NominalTimeRunFacet", nominal));
        }
        lineage
    }

    /// The events of a run whose project cannot be planned; the job is named by the project, if its name can be read, else
    /// by its folder.
    pub fn unplanned(system: &dyn System, root: &Path) -> Lineage {
        let named = manifest::load(system, root, &mut SourceMap::default()).0.map(|project| project.name);
        let root = absolute(system, root);
        let folder = || root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = named.or_else(folder).unwrap_or_else(|| NAMESPACE.to_owned());
        Lineage::of(system, &name, &root)
    }

    fn of(system: &dyn System, project: &str, place: &Path) -> Lineage {
        let namespace = system.env("OPENLINEAGE_NAMESPACE").filter(|name| !name.trim().is_empty());
        let engine = json!({ "version": env!("CARGO_PKG_VERSION"), "name": "tierwright" });
        let parent = system.env(PARENT).filter(|text| !text.trim().is_empty());
        let mut run_facets = Map::new();
        run_facets.insert("processing_engine".to_owned(), facet("1-1-1/ProcessingEngineRunFacet", engine));
        run_facets.extend(parent.as_deref().and_then(parent_of).map(|parent| ("parent".to_owned(), parent)));
        let no_parent = parent.filter(|_| !run_facets.contains_key("parent"));
        Lineage {
            run: uuid(system, &format!("{project}\0{}", place.display())),
            namespace: namespace.unwrap_or_else(|| NAMESPACE.to_owned()),
            job: project.to_owned(),
            run_facets,
            no_parent,
        }
    }

    /// What is wrong with the environment, if something is: a run that started this one, and is not named as it must be.
    pub fn warning(&self) -> Option<String> {
        let text = self.no_parent.as_ref()?;
        Some(format!("`{PARENT}` is `{text}`, and names no run: write it as namespace/job/UUID"))
    }

    /// The UUID of the run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// The run begins; nothing is read yet. There is no plan where there cannot be one.
    pub fn start(&self, system: &dyn System, plan: Option<&Plan>) -> Value {
        let inputs = plan.map(|plan| inputs(system, plan, None)).unwrap_or_default();
        self.event(system, "START", None, inputs, Vec::new())
    }

    /// The run is committed, was so before, or was computed again and is the same.
    pub fn complete(&self, system: &dyn System, plan: &Plan, report: &Report) -> Value {
        let outputs = match &report.folder {
            Some(folder) => outputs(system, plan, &report.record, folder),
            None => Vec::new(),
        };
        self.event(system, "COMPLETE", None, inputs(system, plan, Some(&report.record)), outputs)
    }

    /// The run failed; `folder` is that of the failed run, if it left one.
    pub fn fail(
        &self,
        system: &dyn System,
        plan: Option<&Plan>,
        folder: Option<&Path>,
        stop: &Stop,
        sources: &SourceMap,
    ) -> Value {
        let record = folder.and_then(|folder| Record::read(system, &folder.join(super::layout::RECORD)).ok());
        let inputs = plan.map(|plan| inputs(system, plan, record.as_ref())).unwrap_or_default();
        let error = json!({ "message": message(stop, sources), "programmingLanguage": "RUST" });
        self.event(system, "FAIL", Some(facet("1-0-1/ErrorMessageRunFacet", error)), inputs, Vec::new())
    }

    fn event(
        &self,
        system: &dyn System,
        kind: &str,
        error: Option<Value>,
        inputs: Vec<Value>,
        outputs: Vec<Value>,
    ) -> Value {
        let mut facets = self.run_facets.clone();
        facets.extend(error.map(|error| ("errorMessage".to_owned(), error)));
        let batch = json!({ "processingType": "BATCH", "integration": "TIERWRIGHT", "jobType": "JOB" });
        json!({
            "eventType": kind,
            "eventTime": history::now(system),
            "producer": PRODUCER,
            "schemaURL": format!("{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"),
            "run": { "runId": self.run, "facets": facets },
            "job": {
                "namespace": self.namespace,
                "name": self.job,
                "facets": { "jobType": facet("2-0-4/JobTypeJobFacet", batch) },
            },
            "inputs": inputs,
            "outputs": outputs,
        })
    }
}

/// A UUID of version 7 (RFC 9562): the milliseconds of now, then bits of a hash of now to the microsecond, of process and
/// host, and of what is run.
fn uuid(system: &dyn System, what: &str) -> String {
    let now = system.now_micros();
    let hash = blake3::hash(format!("{now}\0{}\0{what}", system.holder()).as_bytes());
    let mut bytes = [0u8; 16];
    bytes[..6].copy_from_slice(&(now / 1000).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&hash.as_bytes()[..10]);
    bytes[6] = bytes[6] & 0x0f | 0x70;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The facet of the run that started this one, of `namespace/job/UUID`; the namespace may hold slashes.
fn parent_of(text: &str) -> Option<Value> {
    let mut parts = text.trim().rsplitn(3, '/');
    let (run, job, namespace) = (parts.next()?, parts.next()?, parts.next()?);
    let is_uuid =
        run.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && run.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    let parent = json!({ "run": { "runId": run }, "job": { "namespace": namespace, "name": job } });
    (is_uuid && !job.is_empty() && !namespace.is_empty()).then(|| facet("1-2-0/ParentRunFacet", parent))
}

/// A facet with what every facet has; `schema` is its version and name.
fn facet(schema: &str, fields: Value) -> Value {
    let name = schema.rsplit('/').next().unwrap_or(schema);
    let mut object = Map::new();
    object.insert("_producer".to_owned(), json!(PRODUCER));
    object.insert("_schemaURL".to_owned(), json!(format!("{SPEC}/facets/{schema}.json#/$defs/{name}")));
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    Value::Object(object)
}

/// Why a run stopped, as text: the error, or the first findings with their places.
fn message(stop: &Stop, sources: &SourceMap) -> String {
    match stop {
        Stop::Error(error) => error.to_string(),
        Stop::Configuration(found) | Stop::Findings(found) => {
            let style = render::Style { concise: true, ..render::Style::default() };
            let mut text = render::text(&found[..found.len().min(FINDINGS)], sources, style);
            if found.len() > FINDINGS {
                text += &format!("and {} more findings\n", found.len() - FINDINGS);
            }
            text.trim_end().to_owned()
        }
    }
}

/// The tables, and the decisions that `c.prior` comes from. What was read of each is known with the record.
fn inputs(system: &dyn System, plan: &Plan, record: Option<&Record>) -> Vec<Value> {
    let of = |table: &Table| -> Vec<&InputFile> {
        let all = record.map(|record| record.identity.inputs.as_slice()).unwrap_or_default();
        all.iter().filter(|input| input.table == table.name).collect()
    };
    let tables: Vec<&Table> = plan.project.tables.values().collect();
    let mut sets: Vec<Dataset> = tables.iter().map(|table| dataset(system, plan, table, &of(table))).collect();
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    for set in &sets {
        *seen.entry((set.namespace.clone(), set.name.clone())).or_default() += 1;
    }
    for (set, table) in sets.iter_mut().zip(&tables) {
        // Two tables of one workbook, one database file or one folder.
        if seen.get(&(set.namespace.clone(), set.name.clone())).is_some_and(|tables| *tables > 1) {
            set.name += &format!("#{}", table.name);
        }
    }
    let read = |(set, table): (&Dataset, &&Table)| {
        let fields = table.columns.values().filter(|column| column.contract.is_of_source()).map(|column| {
            let mut field = json!({ "name": column.from, "type": column.dtype.to_string() });
            if !column.description.is_empty() {
                field["description"] = json!(column.description);
            }
            field
        });
        let schema = facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields.collect::<Vec<_>>() }));
        let mut value = json!({ "namespace": set.namespace, "name": set.name, "facets": { "schema": schema } });
        let files = of(table);
        if !files.is_empty() {
            let statistics = json!({
                "rowCount": files.iter().map(|file| file.rows).sum::<u64>(),
                "size": files.iter().map(|file| file.bytes).sum::<u64>(),
                "fileCount": files.len(),
            });
            let statistics = facet("1-0-0/InputStatisticsInputDatasetFacet", statistics);
            value["inputFacets"] = json!({ "inputStatistics": statistics });
        }
        value
    };
    let mut values: Vec<Value> = sets.iter().zip(&tables).map(read).collect();
    if let Some(prior) = record.and_then(|record| record.identity.prior.as_ref()) {
        let name = shown(&base(system, plan).join(DECISIONS));
        values.push(json!({ "namespace": "file", "name": name, "facets": { "version": version(prior) } }));
    }
    values
}

/// Where a table comes from, as OpenLineage names it: a file by its path, several by the folder that holds them all, a
/// table of a database by database and name.
fn dataset(system: &dyn System, plan: &Plan, table: &Table, read: &[&InputFile]) -> Dataset {
    if let Format::Postgres(postgres) = &table.source.format {
        let what = match &postgres.rows.what {
            Relation::Table(name) => name.clone(),
            Relation::Query(_) => format!("query of {}", table.name),
        };
        return match table::database(system, &postgres.connection) {
            Some((place, database)) => {
                Dataset { namespace: format!("postgres://{place}"), name: format!("{database}.{what}") }
            }
            // The variable that says where the database is, is not set or cannot be read.
            None => Dataset { namespace: format!("postgres:{}", postgres.connection), name: what },
        };
    }
    let named = || {
        let files = glob::files(system, plan.reach(), glob::DATASETS, &table.source).unwrap_or_default();
        files.into_iter().map(|file| file.shown).collect()
    };
    let files: Vec<String> =
        if read.is_empty() { named() } else { read.iter().map(|file| file.path.clone()).collect() };
    let paths: Vec<PathBuf> = files.iter().map(|file| absolute(system, &plan.root.join(file))).collect();
    let name = match paths.split_first() {
        Some((only, [])) => only.clone(),
        Some((first, rest)) => {
            let above = |folder: &&Path| rest.iter().all(|path| path.starts_with(folder));
            first.ancestors().skip(1).find(above).map_or_else(|| plan.root.clone(), Path::to_owned)
        }
        None => absolute(system, &plan.root).join(glob::DATASETS).join(&table.name),
    };
    Dataset { namespace: "file".to_owned(), name: shown(&name) }
}

/// What a run wrote, a data set for each table: named by its place under the project's output, whichever run wrote it, with
/// the run as version and its files as another name.
fn outputs(system: &dyn System, plan: &Plan, record: &Record, folder: &Path) -> Vec<Value> {
    let (base, folder) = (base(system, plan), absolute(system, folder));
    let mut sets: Vec<(String, Vec<&OutputFile>)> = Vec::new();
    for file in record.outputs.iter().filter(|file| !file.path.starts_with(&format!("{TEXTS}/"))) {
        let set = set_of(&file.path);
        match sets.iter_mut().find(|(name, _)| *name == set) {
            Some((_, files)) => files.push(file),
            None => sets.push((set, vec![file])),
        }
    }
    let written = |(name, files): (String, Vec<&OutputFile>)| {
        let place = match files.as_slice() {
            [file] if !file.path.starts_with(&format!("{name}/")) => folder.join(&file.path),
            _ => folder.join(&name),
        };
        let mut fields = files.first().map(|file| fields(system, &folder.join(&file.path))).unwrap_or_default();
        if name == DECISIONS {
            let in_folders = record.columns.iter().filter(|column| record.partition_by.contains(&column.name));
            fields.extend(in_folders.map(|column| json!({ "name": column.name, "type": column.dtype })));
        }
        let symlinks = json!([{ "namespace": "file", "name": shown(&place), "type": "LOCATION" }]);
        let statistics = json!({
            "rowCount": files.iter().filter_map(|file| file.rows).sum::<u64>(),
            "size": files.iter().map(|file| file.bytes).sum::<u64>(),
            "fileCount": files.len(),
        });
        json!({
            "namespace": "file",
            "name": shown(&base.join(&name)),
            "facets": {
                "schema": facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })),
                "version": version(&record.run),
                "symlinks": facet("1-0-1/SymlinksDatasetFacet", json!({ "identifiers": symlinks })),
            },
            "outputFacets": { "outputStatistics": facet("1-0-2/OutputStatisticsOutputDatasetFacet", statistics) },
        })
    };
    sets.into_iter().map(written).collect()
}

/// The data set that a file belongs to: `decisions`, `profile`, `summaries/by_region`, `summary`.
fn set_of(path: &str) -> String {
    match path.split_once('/') {
        Some((folder, _)) if folder == DECISIONS || folder == "profile" => folder.to_owned(),
        _ => path.strip_suffix(".parquet").unwrap_or(path).to_owned(),
    }
}

/// The columns of a file that was written, with the types that manifests name; none if it cannot be read.
fn fields(system: &dyn System, path: &Path) -> Vec<Value> {
    let Ok((file, _)) = system.open(path) else { return Vec::new() };
    let Ok(metadata) = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default()) else { return Vec::new() };
    let fields = metadata.schema().fields().iter();
    fields.map(|field| json!({ "name": field.name(), "type": word(field.data_type()) })).collect()
}

fn word(dtype: &Arrow) -> String {
    match dtype {
        Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View => "text".to_owned(),
        Arrow::Int64 => "int".to_owned(),
        Arrow::Float64 => "float".to_owned(),
        Arrow::Boolean => "bool".to_owned(),
        Arrow::Date32 => "date".to_owned(),
        Arrow::Timestamp(..) => "datetime".to_owned(),
        Arrow::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        other => other.to_string(),
    }
}

fn version(run: &str) -> Value {
    facet("1-0-1/DatasetVersionDatasetFacet", json!({ "datasetVersion": run }))
}

fn base(system: &dyn System, plan: &Plan) -> PathBuf {
    absolute(system, Layout::new(&plan.out, &plan.project.name).base())
}

/// A path from the root, links followed, also of what is not there yet.
fn absolute(system: &dyn System, path: &Path) -> PathBuf {
    let missing = path.ancestors().find_map(|above| {
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        system.real_path(above).ok().filter(|real| real.is_absolute()).map(|real| (above, real))
    });
    match missing {
        Some((above, real)) => real.join(path.strip_prefix(above).unwrap_or(path)),
        None => path.to_owned(),
    }
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_suffix('/').filter(|text| !text.is_empty()).map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Diagnostic, ids};
    use crate::error::Error;
    use crate::system::Os;

    #[test]
    fn a_uuid_is_of_version_7_and_another_each_time() {
        let ids: Vec<String> = (0..3).map(|n| uuid(&Os, &n.to_string())).collect();
        for id in &ids {
            let parts: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert!(&id[14..15] == "7" && "89ab".contains(&id[19..20]), "{id}");
        }
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        assert_eq!(ids[0][..6], ids[1][..6]);
    }

    #[test]
    fn a_parent_is_a_namespace_a_job_and_a_uuid() {
        let id = "01890f5c-7b0a-7cc1-9d3e-0242ac120002";
        let parent = parent_of(&format!("http://air/flow/dag.task/{id}")).unwrap();
        assert_eq!(parent["job"], json!({ "namespace": "http://air/flow", "name": "dag.task" }));
        assert_eq!(parent["run"]["runId"], id);
        for wrong in ["x", id, &format!("job/{id}"), "a/b/c", &format!("a//{id}"), &format!("a/b/{id}0")] {
            assert_eq!(parent_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn files_belong_to_data_sets() {
        let sets = [
            "decisions/tier=a/part-0000.parquet",
            "profile/part-0001.parquet",
            "summaries/x.parquet",
            "summary.parquet",
        ];
        assert_eq!(sets.map(set_of), ["decisions", "profile", "summaries/x", "summary"]);
    }

    #[test]
    fn a_facet_names_its_schema() {
        let facet = facet("1-0-1/NominalTimeRunFacet", json!({ "nominalStartTime": "x" }));
        let url = "https://openlineage.io/spec/facets/1-0-1/NominalTimeRunFacet.json#/$defs/NominalTimeRunFacet";
        assert_eq!(facet["_schemaURL"], url);
        assert_eq!(facet["nominalStartTime"], "x");
    }

    #[test]
    fn many_findings_are_cut() {
        let found = vec![Diagnostic::error(ids::ORPHAN, "no row"); 25];
        let text = message(&Stop::Findings(found), &SourceMap::default());
        assert_eq!(text.lines().count(), 22, "{text}");
        assert!(text.ends_with("and 5 more findings"), "{text}");
        let text = message(&Stop::Error(Error::Defect("x".to_owned())), &SourceMap::default());
        assert!(text.ends_with("not of your project: x"), "{text}");
    }
}

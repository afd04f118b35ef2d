//! A committed run as it can be gone on from: its rules as they ran, its customers' columns, what it read.
//!
//! In: the run's folder and record. Out: [`Committed`]. Must not know: what it is compared with. Customers stand in key order, as in the files.

use super::stand::Stand;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Result, Stop};
use crate::manifest::model::Project;
use crate::rules::cause::{Cause, CauseKind};
use crate::run::execute::key_of;
use crate::run::history;
use crate::run::keys::Keys;
use crate::run::layout::Layout;
use crate::run::prior::{self, Prior, read_column};
use crate::run::record::Record;
use crate::run::{Plan, Request, plan, verify, withheld};
use crate::source::SourceMap;
use crate::system::System;
use polars::prelude::Series;
use rayon::prelude::*;
use std::path::PathBuf;

/// The folder with all columns of the customers.
const PROFILE: &str = "profile/";
/// Who is undetermined, and why.
const UNDETERMINED: &str = "undetermined.parquet";

/// A committed run.
#[derive(Debug)]
pub struct Committed {
    /// Its record.
    pub record: Record,
    /// Its folder.
    pub folder: PathBuf,
    /// Its rules as they ran.
    pub plan: Plan,
    /// Their texts.
    pub sources: SourceMap,
}

/// The run that became current last.
///
/// # Errors
/// `usage`: nothing was run yet. [`Error::Io`].
pub fn last(system: &dyn System, layout: &Layout) -> Result<Record> {
    let run = history::last(system, layout)?.map(|(_, run)| run);
    let found = history::committed(system, layout)?.into_iter().find(|record| Some(&record.run) == run.as_ref());
    found.ok_or_else(|| {
        let found = Diagnostic::error(ids::USAGE, "nothing was run yet");
        Stop::Configuration(vec![found.help("run the project once: `tierwright run`")])
    })
}

/// What asks for the dates, phase and scenario of a run; `base` says where the project and its output are.
///
/// # Errors
/// [`Error::Format`]: a record whose dates cannot be read.
pub fn request(record: &Record, layout: &Layout, base: Request) -> Result<Request, Error> {
    let folder = layout.run(&record.identity.cycle, &record.run);
    Ok(Request { again: None, force: false, ..verify::request(record, &folder, base)? })
}

impl Committed {
    /// Opens a run.
    ///
    /// # Errors
    /// [`Stop`]: its texts are gone, or no longer understood.
    pub fn open(
        system: &dyn System,
        layout: &Layout,
        record: Record,
        base: Request,
    ) -> Result<Committed, (Stop, SourceMap)> {
        let mut sources = SourceMap::default();
        let planned = request(&record, layout, base)
            .map_err(Stop::from)
            .and_then(|request| plan::plan(system, &request, &mut sources));
        match planned {
            Ok(plan) => {
                let folder = layout.run(&record.identity.cycle, &record.run);
                Ok(Committed { record, folder, plan, sources })
            }
            Err(stop) => Err((stop, sources)),
        }
    }

    /// The customers' columns of these names, in key order; none for one that the run did not write, as it is sensitive.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`]: a file is gone or broken.
    pub fn columns(
        &self,
        system: &dyn System,
        pool: &rayon::ThreadPool,
        names: &[&str],
    ) -> Result<Vec<Option<Series>>, Error> {
        let files: Vec<PathBuf> = self
            .record
            .outputs
            .iter()
            .filter(|file| file.path.starts_with(PROFILE))
            .map(|file| self.folder.join(&file.path))
            .collect();
        let read = |name: &&str| -> Result<Option<Series>, Error> {
            if withheld::is_left_out(&self.plan.project, name) {
                return Ok(None);
            }
            let mut whole: Option<Series> = None;
            for file in &files {
                let part = read_column(system, file, name)?;
                match &mut whole {
                    None => whole = Some(part),
                    Some(whole) => {
                        let wrong = |e: polars::prelude::PolarsError| Error::Format {
                            path: file.clone(),
                            message: e.to_string(),
                        };
                        whole.append(&part).map_err(wrong)?;
                    }
                }
            }
            Ok(whole.map(|column| column.rechunk()))
        };
        pool.install(|| names.par_iter().map(read).collect())
    }

    /// Where its customers stand, with those of these columns that it wrote.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`].
    pub fn stand(
        &self,
        system: &dyn System,
        pool: &rayon::ThreadPool,
        names: &[String],
        order: &[String],
    ) -> Result<Stand, Error> {
        let decision = &self.plan.project.decision;
        let known = plan::available(&self.plan.schema);
        let own = [key_of(&self.plan.project)?, &decision.tier, &decision.value];
        let more = names.iter().map(String::as_str).filter(|name| known.contains_key(*name));
        let mut columns = self.columns(system, pool, &own.into_iter().chain(more).collect::<Vec<_>>())?.into_iter();
        let mut next = || columns.next().flatten();
        let (Some(key), Some(tier), Some(value)) = (next(), next(), next()) else {
            return Err(Error::Defect("the run's key, tier or value was not written".to_owned()));
        };
        Stand::new(key, &tier, &value, columns.flatten().collect(), order)
    }

    /// Who is undetermined: step, row and cause; `keys` are the customers in key order.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`].
    pub fn failed(&self, system: &dyn System, keys: &Keys) -> Result<Vec<(usize, u32, Cause)>, Error> {
        if self.record.counts.undetermined == 0 {
            return Ok(Vec::new());
        }
        let path = self.folder.join(UNDETERMINED);
        let wrong = |message: String| Error::Format { path: path.clone(), message };
        let key = read_column(system, &path, &prior::first_column(system, &path)?)?;
        let texts = |name: &str| -> Result<Vec<String>, Error> {
            let column = read_column(system, &path, name)?;
            let texts = column.str().map_err(|e| wrong(e.to_string()))?;
            Ok(texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
        };
        let (steps, places, kinds, subjects) = (texts("step")?, texts("place")?, texts("kind")?, texts("subject")?);
        let rows = Keys::new(&key)?.find_in(keys);
        let mut failed = Vec::with_capacity(rows.len());
        for (nth, row) in rows.into_iter().enumerate() {
            let step = self.plan.project.steps.iter().position(|step| step.name == steps[nth]);
            let (Some(step), Some(row), Some(kind)) = (step, row, CauseKind::of_word(&kinds[nth])) else {
                return Err(wrong(format!("row {}: a step, customer or cause that the run does not have", nth + 1)));
            };
            failed.push((step, row, Cause::new(kind, &*places[nth], &*subjects[nth])));
        }
        Ok(failed)
    }

    /// The decisions that were `c.prior`, and those of earlier cycles where they are asked for, with the columns that a project reads back; none of a
    /// first cycle.
    ///
    /// # Errors
    /// As [`prior::read`]; that run was deleted.
    pub fn prior(
        &self,
        system: &dyn System,
        layout: &Layout,
        pool: &rayon::ThreadPool,
        (project, earlier): (&Project, bool),
    ) -> Result<Option<Prior>, Stop> {
        let Some(run) = &self.record.identity.prior else { return Ok(None) };
        let cycle = prior::cycle_of(system, layout, run)?;
        let read = if earlier { prior::read } else { prior::read_last };
        Ok(Some(pool.install(|| read(system, layout, &cycle, run, project))?.0))
    }

    /// Texts of the run that are others now, by path.
    pub fn changed_texts(&self, now: &SourceMap) -> Vec<String> {
        use crate::run::identity::SourceHashes;
        let all =
            |hashes: SourceHashes| [hashes.project_file, hashes.rules, hashes.parameters, hashes.manifests].concat();
        let (then, now) = (&self.record.identity, all(SourceHashes::of(now)));
        let then: Vec<_> =
            [&then.project_file, &then.rules, &then.parameters, &then.manifests].into_iter().flatten().collect();
        let mut changed: Vec<String> = Vec::new();
        for file in &then {
            match now.iter().find(|other| other.path == file.path) {
                None => changed.push(format!("{} (removed)", file.path)),
                Some(other) if other.hash != file.hash => changed.push(file.path.clone()),
                Some(_) => {}
            }
        }
        let is_new = |path: &str| !then.iter().any(|file| file.path == path);
        changed.extend(now.iter().filter(|file| is_new(&file.path)).map(|file| format!("{} (new)", file.path)));
        changed.sort();
        changed
    }
}

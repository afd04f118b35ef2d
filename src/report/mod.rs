//! What a committed run decided, to be shown: one page that needs no network, a workbook, a table.
//!
//! In: a run's folder and record. Out: bytes. Must not know: terminals, where the bytes go. Nothing is decided here: all figures are
//! those that the run wrote, but sums and shares of them.
//!
//! | module | what it gives |
//! |---|---|
//! | `decisions` | the run's decisions by column, in key order |
//! | `choice` | which columns are the measure, the matrix, the dimensions |
//! | `figures` | tiers, points, the Pareto curve, the matrix, the dimensions |
//! | `changes` | who moved, and who is gone |
//! | `accounts` | the key accounts, one by one |
//! | `quality` | what was found in the tables |
//! | `files` | tables of plans, as they are |
//! | `explained` | why the key accounts have their tiers |
//! | [`page`] | all of that as one page |
//! | [`sheets`] | as a workbook |
//! | [`table`] | the decisions as CSV |
//!
//! Start at [`Report::gather`].

mod accounts;
mod changes;
mod choice;
mod decisions;
mod explained;
mod figures;
mod files;
pub mod page;
mod quality;
pub mod sheets;
pub mod table;

pub use decisions::Decisions;
pub use explained::explanations;

use crate::error::Error;
use crate::manifest::model::Project;
use crate::run::layout::Layout;
use hashbrown::HashSet;
use serde_json::{Value, json};

/// All that is shown of a run.
#[derive(Debug)]
pub struct Report {
    /// The page's data, without language and explanations.
    pub document: Value,
    /// Keys of the key accounts, the highest tier first, then by value.
    pub key_accounts: Vec<String>,
}

impl Report {
    /// Puts together what is shown of a run's decisions. `project` says how: its own `report:`, or that of today.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Format`]: a file of the run is gone or broken.
    pub fn gather(decisions: &Decisions<'_>, layout: &Layout, project: &Project) -> Result<Report, Error> {
        let Decisions { system, folder, record, .. } = decisions;
        let choice = choice::choose(decisions, project)?;
        let ranks = figures::Ranks::new(decisions, project);
        let measure = choice.measure.as_ref().map(|name| decisions.numbers(name)).transpose()?;
        let sums = figures::Sums { ranks: &ranks, value: &decisions.value, measure: measure.as_deref() };
        let (accounts, key_accounts) = accounts::accounts(decisions, &ranks, &choice, project)?;
        let identity = &record.identity;
        let prior = changes::prior(*system, layout, record, &decisions.key_name)?;
        let unit = |name: &str| choice::unit(project, name);
        let mut document = json!({
            "project": { "name": project.name, "customer": project.customer, "key": decisions.key_name },
            "run": {
                "id": record.run, "cycle": identity.cycle, "phase": identity.phase, "scenario": identity.scenario,
                "as_of": identity.as_of, "program": concat!("tierwright ", env!("CARGO_PKG_VERSION")),
                "prior": prior.as_ref().map(|prior| json!({ "id": prior.run, "cycle": prior.cycle })),
            },
            "counts": record.counts,
            "value": { "name": decisions.value_name, "unit": unit(&decisions.value_name) },
            "measure": choice.measure.as_ref().map(|name| json!({ "name": name, "unit": unit(name) })),
            "tiers": figures::tiers(&sums),
            "points": figures::points(decisions, &sums),
            "pareto": figures::pareto(&sums, choice.measure.as_deref().unwrap_or(&decisions.value_name)),
            "migration": changes::migration(record),
            "matrix": figures::matrix(decisions, &sums, &choice)?,
            "dimensions": figures::dimensions(decisions, &ranks, &choice)?,
            "accounts": accounts,
            "changes": changes::changes(decisions, &sums, record, prior.as_ref(), &choice.key_tiers)?,
            "undetermined": quality::undetermined(decisions)?,
            "quality": quality::quality(*system, folder, record)?,
            "files": files::files(*system, folder, record)?,
        });
        let names = {
            let shown = keys(&document).into_iter().chain(key_accounts.iter().map(String::as_str)).collect();
            figures::names(decisions, &choice, &shown)?
        };
        document["names"] = names;
        Ok(Report { document, key_accounts })
    }
}

/// Keys of the customers that are shown one by one, but for the key accounts.
fn keys(document: &Value) -> HashSet<&str> {
    let rows = |of: &'static str| document.pointer(of).and_then(Value::as_array).into_iter().flatten();
    let lists = ["/changes/up", "/changes/down", "/changes/slipping", "/changes/new", "/undetermined/rows"];
    let listed = lists.into_iter().flat_map(rows).filter_map(|row| row.get("key"));
    let drawn = rows("/points/rows").filter_map(|row| row.get(0));
    listed.chain(drawn).filter_map(Value::as_str).collect()
}

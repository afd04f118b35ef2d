//! A committed run computed again from its record.
//!
//! In: the record of a run and its folder. Out: what to ask for so that the same run is computed ([`request`]), and what is
//! no longer as it was ([`changes`]). Must not know: how a run is computed, how it is compared.
//!
//! The texts are those that ran, as the run's folder keeps them; the data are those of the project as it is now.

use super::cycle::Phase;
use super::identity::{HashedFile, Identity, InputFile};
use super::intact;
use super::layout::{RECORD, TEXTS};
use super::plan::{PriorRun, Request};
use super::record::Record;
use crate::calendar;
use crate::diag::{Diagnostic, ids};
use crate::error::Error;
use std::path::Path;

/// What asks for the same run again; `base` says where the project and its output are.
///
/// # Errors
/// [`Error::Changed`]: a record that is not that of its run. [`Error::Format`]: one whose dates cannot be read.
pub fn request(record: &Record, folder: &Path, base: Request) -> Result<Request, Error> {
    if let Some(changed) = intact::own(record) {
        return Err(Error::Changed { folder: folder.to_owned(), files: vec![changed] });
    }
    let identity = &record.identity;
    let unread = |what: &str| Error::Format {
        path: folder.join(RECORD),
        message: format!("its {what} cannot be read: a run record of another version"),
    };
    let phase = match &identity.phase {
        Some(name) => Some(Phase::parse(name).ok_or_else(|| unread("phase"))?),
        None => None,
    };
    Ok(Request {
        texts: Some(folder.join(TEXTS)),
        as_of: Some(identity.as_of.parse().map_err(|_| unread("as-of date"))?),
        cycle: Some(calendar::parse_cycle(&identity.cycle).ok_or_else(|| unread("cycle"))?),
        phase,
        scenario: Some(identity.scenario.clone()),
        prior: identity.prior.clone().map_or(PriorRun::None, PriorRun::Named),
        again: Some(Box::new(record.clone())),
        force: true,
        dry_run: false,
        ..base
    })
}

/// What differs between what a run was and what it would be now, a line each; empty if nothing does.
pub fn changes(then: &Identity, now: &Identity) -> Vec<String> {
    let mut lines = Vec::new();
    if then.program != now.program {
        lines.push(format!("tierwright {} ran then, this is {}", then.program, now.program));
    } else if then.format != now.format {
        lines.push(format!("the output was of format {}, it is {} now", then.format, now.format));
    }
    let texts = [
        (&then.project_file, &now.project_file),
        (&then.rules, &now.rules),
        (&then.parameters, &now.parameters),
        (&then.manifests, &now.manifests),
    ];
    for (then, now) in texts {
        of_files(then, now, |file: &HashedFile| (file.path.clone(), file.hash.clone()), &mut lines);
    }
    let input = |file: &InputFile| (format!("{} (of `{}`)", file.path, file.table), file.hash.clone());
    of_files(&then.inputs, &now.inputs, input, &mut lines);
    lines
}

fn of_files<F>(then: &[F], now: &[F], named: impl Fn(&F) -> (String, String), lines: &mut Vec<String>) {
    let (then, now): (Vec<_>, Vec<_>) = (then.iter().map(&named).collect(), now.iter().map(&named).collect());
    for (path, hash) in &then {
        match now.iter().find(|(other, _)| other == path) {
            None => lines.push(format!("{path} is not read any more")),
            Some((_, other)) if other != hash => lines.push(format!("{path} has changed")),
            Some(_) => {}
        }
    }
    let is_new = |path: &String| !then.iter().any(|(other, _)| other == path);
    lines.extend(now.iter().filter(|(path, _)| is_new(path)).map(|(path, _)| format!("{path} was not read then")));
}

/// The finding of a run that cannot be computed again, as what it read is no longer there.
pub fn finding(record: &Record, changes: Vec<String>) -> Diagnostic {
    let message = format!("run {} cannot be computed again: what it read has changed", record.run);
    let mut finding = Diagnostic::error(ids::INPUTS_CHANGED, message);
    finding.notes = changes;
    finding.help("put back what was read then, such as from a backup, and verify again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named() {
        let file = |path: &str, hash: &str| HashedFile { path: path.to_owned(), hash: hash.to_owned() };
        let input = |path: &str, hash: &str| InputFile {
            table: "orders".to_owned(),
            path: path.to_owned(),
            bytes: 1,
            rows: 1,
            hash: hash.to_owned(),
        };
        let then = Identity {
            format: 2,
            program: "0.1.0".to_owned(),
            project: "p".to_owned(),
            cycle: "FY2016".to_owned(),
            phase: None,
            scenario: "base".to_owned(),
            as_of: "2017-04-01".to_owned(),
            prior: None,
            plan: None,
            project_file: vec![file("tierwright.yaml", "a")],
            rules: vec![file("rules/tier.rhai", "a")],
            parameters: vec![],
            manifests: vec![],
            inputs: vec![input("a.csv", "a"), input("b.csv", "a")],
        };
        assert!(changes(&then, &then.clone()).is_empty());
        let now = Identity {
            program: "0.2.0".to_owned(),
            rules: vec![file("rules/tier.rhai", "b")],
            inputs: vec![input("b.csv", "b"), input("c.csv", "a")],
            ..then.clone()
        };
        let wanted = [
            "tierwright 0.1.0 ran then, this is 0.2.0",
            "rules/tier.rhai has changed",
            "a.csv (of `orders`) is not read any more",
            "b.csv (of `orders`) has changed",
            "c.csv (of `orders`) was not read then",
        ];
        assert_eq!(changes(&then, &now), wanted);
    }
}

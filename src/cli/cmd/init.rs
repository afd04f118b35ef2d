//! `tierwright init`: a new project, from files of data or an example.

use crate::cli::args::InitArgs;
use crate::cli::output::{Output, printable};
use crate::cli::place;
use crate::cli::table::{self, count};
use crate::edit::draft::{self, Drafted, Note, Sure, Wanted};
use crate::error::Exit;
use crate::source::SourceMap;
use crate::system::System;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Drafts a project, and says what was inferred and how sure that is.
pub fn run(system: &dyn System, output: &mut Output, options: &InitArgs) -> Exit {
    let (root, files) = meant(system, options);
    let wanted = Wanted { root: root.clone(), files, customer: options.customer.clone() };
    let mut sources = SourceMap::default();
    match draft::draft(system, &wanted, &mut sources) {
        Ok(drafted) => {
            show(output, &drafted, &root);
            Exit::Done
        }
        Err(stop) => output.stop(&stop, &sources, json!({})),
    }
}

/// The project's folder and the files: of `--from a.csv b.csv DIR` what is no file is the folder.
fn meant(system: &dyn System, options: &InitArgs) -> (PathBuf, Vec<PathBuf>) {
    let mut files = options.from.clone();
    let root = match (&options.dir, files.last()) {
        (Some(dir), _) => dir.clone(),
        (None, Some(last))
            if files.len() > 1 && (system.is_dir(last) || (!system.exists(last) && last.extension().is_none())) =>
        {
            files.pop().unwrap_or_default()
        }
        (None, _) => PathBuf::from("."),
    };
    (root, files)
}

fn show(output: &mut Output, drafted: &Drafted, root: &Path) {
    if output.json {
        let note = |note: &Note| {
            json!({
                "table": note.table, "column": note.column, "inferred": note.what, "sure": note.sure.word(), "seen": note.seen,
            })
        };
        let tiers: Vec<_> = drafted.tiers.iter().map(|(tier, n)| json!({ "tier": tier, "customers": n })).collect();
        output.document(&json!({
            "status": "ok", "exit": 0, "project": root.display().to_string(), "customer": drafted.customer, "files": drafted.files,
            "inferred": drafted.notes.iter().map(note).collect::<Vec<_>>(), "tiers": tiers,
        }));
        return;
    }
    let mut text = String::new();
    let mut last = "";
    for note in &drafted.notes {
        if note.table != last {
            text += &format!("{}\n", printable(&note.table));
            last = &note.table;
        }
        let about = note.column.as_ref().map(|column| format!("{}: ", printable(column))).unwrap_or_default();
        let sure = if note.sure == Sure::Sure { String::new() } else { format!("   ← {}", note.sure.word()) };
        text += &format!("  {about}{} ({}){sure}\n", printable(&note.what), count(note.seen as u64));
    }
    let unsure = drafted.notes.iter().filter(|note| note.sure != Sure::Sure).count();
    text += &format!(
        "\n{} of {} inferences are not sure: they are marked here and in datasets/*.yaml\n\n",
        count(unsure as u64),
        count(drafted.notes.len() as u64)
    );
    let rows: Vec<Vec<String>> = drafted.tiers.iter().map(|(tier, n)| vec![printable(tier), count(*n)]).collect();
    text += &table::grid(&["tier", "customers"].map(str::to_owned), &rows);
    text += "\nwrote\n";
    drafted.files.iter().for_each(|file| text += &format!("  {}\n", printable(file)));
    let at = if root == Path::new(".") { String::new() } else { format!(" --project {}", place::shown(root)) };
    text += &format!("\nnext: tierwright check{at}; tierwright run{at}; tierwright watch{at}\n");
    output.data(&text);
}

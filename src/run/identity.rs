//! What makes a run the run it is, and the id that follows from it.
//!
//! In: names, dates and the hashes of everything a run reads. Out: [`Identity`] and its run id. Must not know: engines,
//! threads, paths of the output; the same identity gives the same bytes whatever these are.

use crate::manifest::cases::EXTENSION;
use crate::source::SourceMap;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the output's layout and files; part of every identity.
pub const FORMAT: u32 = 3;

/// A file of the project that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedFile {
    /// Path relative to the project folder, `/` between parts.
    pub path: String,
    /// blake3 of its text, hexadecimal.
    pub hash: String,
}

/// A data file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// The table it belongs to.
    pub table: String,
    /// Path relative to the project folder.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Rows read, those that were quarantined or removed among them.
    pub rows: u64,
    /// blake3 of its bytes, hexadecimal.
    pub hash: String,
}

/// Everything that a run's result depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Version of the output's files: [`FORMAT`].
    pub format: u32,
    /// Version of the program.
    pub program: String,
    /// Project name.
    pub project: String,
    /// `FY2016`.
    pub cycle: String,
    /// `SP`, `BP`, `monitor`, or none.
    pub phase: Option<String>,
    /// Scenario; `base` unless named.
    pub scenario: String,
    /// As-of date, an exclusive end.
    pub as_of: String,
    /// Id of the run that `c.prior` was read from.
    pub prior: Option<String>,
    /// Id of the run whose business plan this one is held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
    /// The project file.
    pub project_file: Vec<HashedFile>,
    /// Rule files.
    pub rules: Vec<HashedFile>,
    /// Parameters and their tables.
    pub parameters: Vec<HashedFile>,
    /// Manifests of tables.
    pub manifests: Vec<HashedFile>,
    /// Data files.
    pub inputs: Vec<InputFile>,
}

/// Hashes of a project's texts, by what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceHashes {
    /// `tierwright.yaml`.
    pub project_file: Vec<HashedFile>,
    /// `*.rhai`.
    pub rules: Vec<HashedFile>,
    /// Everything else under `rules/`.
    pub parameters: Vec<HashedFile>,
    /// Everything else.
    pub manifests: Vec<HashedFile>,
}

impl SourceHashes {
    /// Hashes every text of the map once, sorted by path, but cases of `test`: no run depends on them.
    ///
    /// ```
    /// use tierwright::run::identity::SourceHashes;
    /// use tierwright::source::SourceMap;
    /// let mut map = SourceMap::default();
    /// map.add("tierwright.yaml", "name: crm");
    /// map.add("rules/tier.rhai", "fn tier(c) { 1 }");
    /// map.add("rules/tests/tier.rtest", "cases: []");
    /// let hashes = SourceHashes::of(&map);
    /// assert_eq!(hashes.rules[0].path, "rules/tier.rhai");
    /// assert_eq!((hashes.project_file.len(), hashes.parameters.len(), hashes.manifests.len()), (1, 0, 0));
    /// ```
    pub fn of(sources: &SourceMap) -> SourceHashes {
        let is_case = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == EXTENSION);
        let files = sources.files().filter(|(_, f)| !is_case(&f.path));
        let mut files: Vec<HashedFile> =
            files.map(|(_, f)| HashedFile { path: f.path.clone(), hash: hash(f.text.as_bytes()) }).collect();
        files.sort_by(|a, b| (&a.path, &a.hash).cmp(&(&b.path, &b.hash)));
        files.dedup();
        let mut hashes = SourceHashes::default();
        for file in files {
            if file.path == "tierwright.yaml" {
                hashes.project_file.push(file);
            } else if file.path.ends_with(".rhai") {
                hashes.rules.push(file);
            } else if file.path.starts_with("rules/") {
                hashes.parameters.push(file);
            } else {
                hashes.manifests.push(file);
            }
        }
        hashes
    }
}

/// blake3 of some bytes, hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// One hash for a list of files: of their paths and hashes, in order.
pub fn combined(files: &[HashedFile]) -> String {
    let mut text = String::new();
    for file in files {
        text.push_str(&format!("{}\0{}\n", file.path, file.hash));
    }
    hash(text.as_bytes())
}

impl Identity {
    /// The canonical text: one `name<TAB>value` a line, values as JSON, in a fixed order.
    fn canonical(&self) -> String {
        let json = |text: &str| serde_json::Value::from(text).to_string();
        let mut lines = vec![
            format!("format\t{}", self.format),
            format!("program\t{}", json(&self.program)),
            format!("project\t{}", json(&self.project)),
            format!("cycle\t{}", json(&self.cycle)),
            format!("phase\t{}", json(self.phase.as_deref().unwrap_or(""))),
            format!("scenario\t{}", json(&self.scenario)),
            format!("as-of\t{}", json(&self.as_of)),
            format!("prior\t{}", json(self.prior.as_deref().unwrap_or(""))),
        ];
        lines.extend(self.plan.iter().map(|plan| format!("plan\t{}", json(plan))));
        let groups = [
            ("project-file", &self.project_file),
            ("rule", &self.rules),
            ("parameters", &self.parameters),
            ("manifest", &self.manifests),
        ];
        for (name, files) in groups {
            lines.extend(files.iter().map(|f| format!("{name}\t{}\t{}", json(&f.path), f.hash)));
        }
        lines.extend(self.inputs.iter().map(|i| format!("input\t{}\t{}\t{}", json(&i.table), json(&i.path), i.hash)));
        lines.join("\n")
    }

    /// blake3 of the whole identity, hexadecimal.
    pub fn hash(&self) -> String {
        hash(self.canonical().as_bytes())
    }

    /// The run id: the first 16 digits of [`Identity::hash`].
    pub fn run_id(&self) -> String {
        self.hash().chars().take(16).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            format: FORMAT,
            program: "0.1.0".into(),
            project: "客户".into(),
            cycle: "FY2016".into(),
            phase: None,
            scenario: "base".into(),
            as_of: "2017-04-01".into(),
            prior: None,
            plan: None,
            project_file: vec![],
            rules: vec![HashedFile { path: "rules/tier.rhai".into(), hash: "aa".into() }],
            parameters: vec![],
            manifests: vec![],
            inputs: vec![InputFile { table: "t".into(), path: "t.csv".into(), bytes: 3, rows: 1, hash: "bb".into() }],
        }
    }

    #[test]
    fn every_part_changes_the_id() {
        let base = identity();
        assert_eq!(base.run_id(), identity().run_id());
        assert_eq!(base.run_id().len(), 16);
        let changes: Vec<fn(&mut Identity)> = vec![
            |i| i.format += 1,
            |i| i.program.push('1'),
            |i| i.project.push('1'),
            |i| i.cycle.push('1'),
            |i| i.phase = Some("BP".into()),
            |i| i.scenario.push('1'),
            |i| i.as_of.push('1'),
            |i| i.prior = Some("x".into()),
            |i| i.plan = Some("x".into()),
            |i| i.rules[0].hash.push('1'),
            |i| i.rules[0].path.push('1'),
            |i| i.parameters.push(HashedFile { path: "p".into(), hash: "c".into() }),
            |i| i.manifests.push(HashedFile { path: "p".into(), hash: "c".into() }),
            |i| i.inputs[0].hash.push('1'),
        ];
        let mut ids: Vec<String> = changes
            .iter()
            .map(|change| {
                let mut other = identity();
                change(&mut other);
                other.run_id()
            })
            .collect();
        ids.push(base.run_id());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), changes.len() + 1);
    }
}

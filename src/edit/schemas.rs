//! The JSON Schemas in a project's folder, and the lines by which editors find them.
//!
//! In: the project's folder. Out: `.tierwright/schema/*.json`, and a first line in each YAML file that names no schema yet. Must not know:
//! what the schemas say. Start at [`write`].

use super::replace;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::cases::EXTENSION;
use crate::manifest::of_rules;
use crate::manifest::schema::{FOLDER, File};
use crate::system::System;
use std::path::{Path, PathBuf};

/// What was written, by paths in the project; what was there already is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Schemas.
    pub schemas: Vec<String>,
    /// Files that got the line.
    pub headed: Vec<String>,
}

/// Writes the schemas, and names them in the files that name none.
///
/// # Errors
/// `file-missing`: this folder is no project. [`Error::Io`]; [`Error::Format`]: a file is not UTF-8.
pub fn write(system: &dyn System, root: &Path) -> Result<Written, Stop> {
    if !system.exists(&root.join("tierwright.yaml")) {
        let found = Diagnostic::error(ids::FILE_MISSING, "no `tierwright.yaml` in this folder");
        let found = found.located(root.display().to_string());
        return Err(Stop::Configuration(vec![found.help("name the project's folder with `--project DIR`")]));
    }
    let mut written = Written { schemas: schemas(system, root)?, ..Written::default() };
    for (name, path) in files(system, root)? {
        let text = system.read_text(&path)?;
        if let Some(text) = File::of(&name).and_then(|file| headed(file, &name, &text)) {
            replace(system, &path, &text)?;
            written.headed.push(name);
        }
    }
    Ok(written)
}

/// Writes the schemas that are not there as they are now.
fn schemas(system: &dyn System, root: &Path) -> Result<Vec<String>, Error> {
    let mut written = Vec::new();
    system.create_dir(&root.join(FOLDER))?;
    for file in File::ALL {
        let name = format!("{FOLDER}/{}.json", file.name());
        let (path, text) = (root.join(&name), text(file));
        if !system.exists(&path) || system.read(&path)? != text.as_bytes() {
            system.write(&path, text.as_bytes())?;
            written.push(name);
        }
    }
    Ok(written)
}

/// A schema as its file has it.
pub fn text(file: File) -> String {
    format!("{:#}\n", file.schema())
}

/// The project's YAML files that are there, by their paths in the project.
fn files(system: &dyn System, root: &Path) -> Result<Vec<(String, PathBuf)>, Error> {
    let mut found = vec![("tierwright.yaml".to_owned(), root.join("tierwright.yaml"))];
    for path in system.list(&root.join("datasets"))? {
        let name = path.file_name().map(|name| format!("datasets/{}", name.to_string_lossy())).unwrap_or_default();
        if File::of(&name).is_some() {
            found.push((name, path));
        }
    }
    let parameters = "rules/parameters.yaml";
    if system.exists(&root.join(parameters)) {
        found.push((parameters.to_owned(), root.join(parameters)));
    }
    found.extend(of_rules(system, root, EXTENSION)?);
    Ok(found)
}

/// The text with the line in front; `None` where one of its comments names a schema already. A byte-order mark stays first, and lines end as
/// they do.
fn headed(file: File, name: &str, text: &str) -> Option<String> {
    let names_one = |line: &str| {
        let comment = line.trim_start().strip_prefix('#').unwrap_or_default();
        comment.trim_start().starts_with("yaml-language-server:")
    };
    let (mark, rest) = match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    };
    if rest.lines().any(names_one) {
        return None;
    }
    let end = if rest.split_once('\n').is_some_and(|(line, _)| line.ends_with('\r')) { "\r\n" } else { "\n" };
    Some(format!("{mark}{}{end}{rest}", file.head(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_comes_first_and_once() {
        let line = "# yaml-language-server: $schema=../.tierwright/schema/table.json";
        let with = |text: &str| headed(File::Table, "datasets/客户.yaml", text);
        assert_eq!(with("source: a.csv\n").unwrap(), format!("{line}\nsource: a.csv\n"));
        assert_eq!(with("a: 1\r\nb: 2\r\n").unwrap(), format!("{line}\r\na: 1\r\nb: 2\r\n"));
        assert_eq!(with("\u{feff}a: 1\n").unwrap(), format!("\u{feff}{line}\na: 1\n"));
        assert_eq!(with(""), Some(format!("{line}\n")));
        for named in [
            line,
            &format!("\u{feff}{line}\na: 1"),
            "# Orders\n#yaml-language-server: $schema=https://example.org/own.json\na: 1",
        ] {
            assert_eq!(with(named), None, "{named}");
        }
    }
}

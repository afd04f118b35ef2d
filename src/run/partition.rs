//! Hive partitions: which rows go to which folder, and how its name is written.
//!
//! In: partition columns, rows in order. Out: folders with their rows. Must not know: Parquet. The escapes are those of
//! Hive and Spark; pyarrow, DuckDB, polars and pandas undo any percent escape. Other characters stay as they are: Spark
//! reads an escaped Chinese character as several wrong ones.

use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use hashbrown::HashMap;
use polars::prelude::{DataType, Series};
use std::collections::BTreeMap;

/// The value of a missing partition column.
pub const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Bytes of a folder's name at most.
const LONGEST: usize = 255;

/// Rows by folder: `tier=strategic`, or `tier=strategic/region=West`. Folders are in the order of their names' bytes,
/// rows in the order they came. An empty text counts as missing: no reader but pyarrow takes an empty folder value.
///
/// # Errors
/// `partition-value`: see [`fault`]; without a place.
pub fn folders(columns: &[Series], order: &[u32]) -> Result<BTreeMap<String, Vec<u32>>, Stop> {
    let mut names: Vec<String> = vec![String::new()];
    let mut of_row: Vec<u32> = vec![0; columns.first().map_or(0, |c| c.len())];
    for column in columns {
        let values = values(column)?;
        if column.dtype() == &DataType::String {
            let found = fault(column.name(), values.texts.iter().map(String::as_str));
            found.map_or(Ok(()), |found| Err(Stop::Findings(vec![found])))?;
        }
        let mut next: HashMap<(u32, Option<&str>), u32> = HashMap::new();
        let mut next_names: Vec<String> = Vec::new();
        for row in order {
            let row = *row as usize;
            let value = values.code[row].map(|code| values.texts[code as usize].as_str());
            let id = *next.entry((of_row[row], value)).or_insert_with(|| {
                let above = &names[of_row[row] as usize];
                let slash = if above.is_empty() { "" } else { "/" };
                let value = value.map_or_else(|| NULL.to_owned(), escape);
                next_names.push(format!("{above}{slash}{}={value}", escape(column.name())));
                (next_names.len() - 1) as u32
            });
            of_row[row] = id;
        }
        names = next_names;
    }
    let mut folders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    if columns.is_empty() {
        folders.insert(String::new(), order.to_vec());
        return Ok(folders);
    }
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    order.iter().for_each(|row| rows[of_row[*row as usize] as usize].push(*row));
    folders.extend(names.into_iter().zip(rows));
    Ok(folders)
}

/// The values of a partition column: distinct texts, and each row's.
struct Values {
    texts: Vec<String>,
    code: Vec<Option<u32>>,
}

fn values(column: &Series) -> Result<Values, Stop> {
    let mut texts: Vec<String> = Vec::new();
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut code_of = |text: &str| match seen.get(text) {
        Some(code) => *code,
        None => {
            texts.push(text.to_owned());
            let code = (texts.len() - 1) as u32;
            seen.insert(text.to_owned(), code);
            code
        }
    };
    let defect = |e| Stop::Error(Error::Defect(format!("partition column {}: {e}", column.name())));
    let code = match column.dtype() {
        DataType::String => {
            let texts = column.str().map_err(defect)?;
            texts.iter().map(|v| v.filter(|t| !t.is_empty()).map(&mut code_of)).collect()
        }
        DataType::Int64 => {
            let ints = column.i64().map_err(defect)?;
            ints.iter().map(|v| v.map(|i| code_of(&i.to_string()))).collect()
        }
        other => {
            let message = format!("`{}` is of type {other}; folders can be made of text and int", column.name());
            return Err(Stop::Configuration(vec![
                Diagnostic::error(ids::WRONG_VALUE, message).help("change `output.partition_by`"),
            ]));
        }
    };
    Ok(Values { texts, code })
}

/// Why values of the text column `name` cannot make folders: all of them look like numbers, dates or bools, which readers
/// would not give back as text; one is hive's word for a missing value; one is too long for the name of a folder. The
/// finding has no place yet.
pub fn fault<'a>(name: &str, values: impl Iterator<Item = &'a str> + Clone) -> Option<Diagnostic> {
    let refused = |message: String| Diagnostic::error(ids::PARTITION_VALUE, message);
    let other = "name them otherwise, or take the column out of `output.partition_by`";
    if let Some(value) = values.clone().find(|value| *value == NULL) {
        let message = format!("the partition column `{name}` has the value `{value}`");
        return Some(refused(message).note("to readers this folder holds what has no value").help(other));
    }
    let length = |value: &str| escape(name).len() + 1 + escape(value).len();
    if let Some(value) = values.clone().find(|value| length(value) > LONGEST) {
        let start: String = value.chars().take(40).collect();
        let bytes = length(value);
        let message = format!("a value of the partition column `{name}` makes a folder of {bytes} bytes: `{start}…`");
        return Some(refused(message).note(format!("file systems take {LONGEST}")).help(other));
    }
    if values.clone().next().is_none() || values.clone().any(|value| !looks_typed(value)) {
        return None;
    }
    let mut some: Vec<&str> = values.collect();
    some.sort_unstable();
    some.truncate(3);
    let some = some.join(", ");
    let message = format!("every value of the partition column `{name}` looks like a number, a date or a bool: {some}");
    let note = "readers guess the type of folder names and would not give the text back";
    let help = "name the values with a letter, such as `T1`, or take the column out of `output.partition_by`";
    Some(refused(message).note(note).help(help))
}

/// Whether a reader may take a folder's value for something other than text.
///
/// ```
/// use tierwright::run::partition::looks_typed;
/// assert!(looks_typed("007") && looks_typed("1.5e3") && looks_typed("2017-04-01") && looks_typed("true"));
/// assert!(!looks_typed("T1") && !looks_typed("战略") && !looks_typed("2017-Q1"));
/// ```
pub fn looks_typed(text: &str) -> bool {
    let text = text.trim();
    let number = text.parse::<f64>().is_ok();
    let bool_like = ["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let date_like = text.len() >= 8
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || "-/:. TZ+".contains(c));
    number || bool_like || date_like
}

/// A value as a folder's name has it.
///
/// ```
/// use tierwright::run::partition::{escape, unescape};
/// assert_eq!(escape("战略 A/B=50%"), "战略 A%2FB%3D50%25");
/// assert_eq!(unescape("战略 A%2FB%3D50%25"), "战略 A/B=50%");
/// ```
pub fn escape(value: &str) -> String {
    let mut name = String::with_capacity(value.len());
    for c in value.chars() {
        if c.is_ascii_control() || "\"#%'*/:=?\\{}[]^".contains(c) {
            name.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            name.push(c);
        }
    }
    name
}

/// The value of a folder's name.
pub fn unescape(name: &str) -> String {
    let bytes = name.as_bytes();
    let mut value = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| name.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                value.push(byte);
                at += 3;
            }
            None => {
                value.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&value).into_owned()
}

/// The value of the partition column `name` in the path of a file; none if it is missing there, or not in the path.
pub fn value_of(path: &str, name: &str) -> Option<String> {
    let value = path.split('/').filter_map(|part| part.split_once('=')).find(|(key, _)| unescape(key) == name)?.1;
    (value != NULL).then(|| unescape(value))
}

/// The `pandas` entry of the footer. Readers that go through it make plain text of text partition columns; without it
/// pandas makes a category of them and fails where one is missing.
pub fn pandas_metadata(columns: &[Series]) -> String {
    let columns: Vec<serde_json::Value> = columns
        .iter()
        .filter(|c| c.dtype() == &DataType::String)
        .map(|c| {
            let name = c.name().as_str();
            serde_json::json!({
                "name": name, "field_name": name, "pandas_type": "unicode", "numpy_type": "utf8[pyarrow]", "metadata": null,
            })
        })
        .collect();
    serde_json::json!({ "index_columns": [], "column_indexes": [], "columns": columns }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::NamedFrom;

    fn rows(columns: &[Series], order: &[u32]) -> Vec<(String, Vec<u32>)> {
        folders(columns, order).unwrap().into_iter().collect()
    }

    #[test]
    fn rows_go_to_their_folders_in_order() {
        let tier =
            Series::new("tier".into(), [Some("战略/客户 A"), None, Some("general"), Some("战略/客户 A"), Some("")]);
        let got = rows(std::slice::from_ref(&tier), &[3, 1, 0, 2, 4]);
        let want = vec![
            ("tier=__HIVE_DEFAULT_PARTITION__".to_owned(), vec![1, 4]),
            ("tier=general".to_owned(), vec![2]),
            ("tier=战略%2F客户 A".to_owned(), vec![3, 0]),
        ];
        assert_eq!(got, want);
        let year = Series::new("year".into(), [2016_i64, 2016, 2017, 2017, 2016]);
        let got = rows(&[year, tier], &[0, 1, 2, 3, 4]);
        assert_eq!(got.len(), 4);
        assert_eq!(got[1], ("year=2016/tier=战略%2F客户 A".to_owned(), vec![0]));
        assert_eq!(rows(&[], &[1, 0]), [(String::new(), vec![1, 0])]);
    }

    #[test]
    fn text_that_readers_would_change_is_refused() {
        let tier = |values: [&str; 2]| folders(&[Series::new("tier".into(), values)], &[0, 1]).is_ok();
        assert!(!tier(["1", "2"]));
        assert!(!tier(["2017-01-01", "2018-01-01"]));
        assert!(tier(["1", "A"]));
        assert!(!tier([NULL, "A"]));
        assert!(tier(["A", &"战".repeat(83)]));
        assert!(!tier(["A", &"战".repeat(84)]));
        let Err(Stop::Configuration(found)) = folders(&[Series::new("x".into(), [1.5])], &[0]) else { panic!() };
        assert_eq!(found[0].id.name(), "wrong-value");
    }

    #[test]
    fn values_come_back_from_paths() {
        for value in ["a=b", "50%", "%41", "q?#[1]*{}", "c:d\\e", "a\tb", "战略 客户/A", "%", "%zz", "x%e"] {
            assert_eq!(unescape(&escape(value)), value);
            let path = format!("decisions/等级={}/part-0000.parquet", escape(value));
            assert_eq!(value_of(&path, "等级").as_deref(), Some(value));
        }
        assert_eq!(value_of(&format!("tier={NULL}/x"), "tier"), None);
        assert_eq!(value_of("tier=a/x", "region"), None);
    }
}

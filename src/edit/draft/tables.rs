//! Files as tables: names, keys, which rows lead to which, which table is the customers'.
//!
//! In: [`Sheet`]s. Out: [`Draft`]s, each with what was inferred and how sure that is. Must not know: rules, YAML. Start at [`tables`].

use super::column::{Guess, Sure, guess};
use super::head;
use super::links::{Link, leads, links};
use super::marks::is_code;
use super::names::{amount_rank, is_customer, is_identifier_like, is_sum, plain, similar, unlike};
use super::text::Sheet;
use super::wide;
use crate::dtype::DataType;
use std::collections::{BTreeMap, HashSet};

/// Unlike currencies of one column, at most.
const CURRENCIES: usize = 20;
/// Of the rows of a key that repeats so many are the first with it.
const NEARLY: f64 = 0.9;

/// A column of a table that is being drafted.
#[derive(Clone, Debug)]
pub(super) struct Drafted {
    /// What it is.
    pub guess: Guess,
    /// Its position in the file, from 0.
    pub at: usize,
}

/// Something to be told of a table, beside what its columns and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What was seen, and what was made of it.
    pub what: String,
    /// How sure it is.
    pub sure: Sure,
    /// Rows or values that were looked at.
    pub seen: usize,
}

/// A table that is being drafted.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its name.
    pub name: String,
    /// Its file, below datasets/.
    pub file: String,
    /// Its rows.
    pub sheet: Sheet,
    /// Its columns.
    pub columns: Vec<Drafted>,
    /// Columns of the key, by position among the drafted ones.
    pub key: Vec<usize>,
    /// Rows whose key stands in a row before.
    pub repeated: usize,
    /// Rows without a key.
    pub keyless: usize,
    /// References.
    pub links: Vec<Link>,
    /// Whether it is taken out of the file of another table by its key.
    pub is_derived: bool,
    /// Further things to be told of it.
    pub remarks: Vec<Remark>,
}

impl Draft {
    /// The drafted column of a position.
    pub fn column(&self, at: usize) -> &Guess {
        &self.columns[at].guess
    }

    /// Adds something to be told of the table.
    pub fn remark(&mut self, what: String, sure: Sure, seen: usize) {
        self.remarks.push(Remark { column: None, what, sure, seen });
    }

    /// The texts of a drafted column that are values.
    pub fn values(&self, at: usize) -> HashSet<&str> {
        let missing = &self.column(at).column.missing;
        let texts = self.sheet.column(self.columns[at].at).flatten().map(str::trim);
        texts.filter(|text| !text.is_empty() && !missing.iter().any(|token| token == text)).collect()
    }
}

/// The tables of some files, by the names of their files, and which of them is the customers'.
pub(super) fn tables(
    files: Vec<(String, String, Sheet)>,
    customer: Option<&str>,
) -> Result<(Vec<Draft>, usize), String> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut names = BTreeMap::new();
    for (stem, file, sheet) in files {
        let name = unlike(&plain(&stem, "table"), &mut names);
        drafts.push(draft(name, file, sheet));
    }
    let at = customers(&mut drafts, customer)?;
    links(&mut drafts, at);
    Ok((drafts, at))
}

fn draft(name: String, file: String, sheet: Sheet) -> Draft {
    let mut draft = Draft {
        name,
        file,
        sheet,
        columns: Vec::new(),
        key: Vec::new(),
        repeated: 0,
        keyless: 0,
        links: Vec::new(),
        is_derived: false,
        remarks: Vec::new(),
    };
    if draft.sheet.long > 0 {
        let regular = wide::regular(&draft.sheet);
        let all = std::mem::replace(&mut draft.sheet.rows, regular);
        draft.columns = columns(&draft.sheet);
        draft.key = key(&draft).unwrap_or_default();
        draft.sheet.rows = all;
        wide::part(&mut draft);
    }
    draft.columns = columns(&draft.sheet);
    unnamed(&mut draft);
    sums(&mut draft);
    currencies(&mut draft);
    draft.key = key(&draft).unwrap_or_default();
    draft
}

/// The columns of a sheet that can be named.
fn columns(sheet: &Sheet) -> Vec<Drafted> {
    let commas = sheet.between == super::text::Between::Byte(b';');
    let by_name = sheet.header_skipped.is_none() && !sheet.header.is_empty();
    let mut taken = BTreeMap::new();
    let mut columns = Vec::new();
    for at in 0..sheet.width {
        // What has no name cannot be named in a manifest, unless fields go by number.
        if head::unnamed(&sheet.header, at) && (by_name || !head::is_column(&sheet.rows, at)) {
            continue;
        }
        let head = sheet.header.get(at).map(String::as_str);
        let own = plain(head.unwrap_or_default(), &format!("column{}", at + 1));
        let mut guess = guess(&unlike(&own, &mut taken), sheet.column(at), commas);
        let names_somebody = is_identifier_like(&guess.column.name) || is_customer(&guess.column.name);
        if names_somebody && matches!(guess.column.dtype, DataType::Float | DataType::Decimal { .. }) {
            // `17850.0` is a number that a program has written so; as the name of somebody it stays what it is.
            guess.column.dtype = DataType::Text;
            guess.column.contract.written = Default::default();
            guess.why = "numbers with a point, taken for names".to_owned();
            guess.sure = guess.sure.min(Sure::Likely);
        }
        guess.column.from = match head {
            Some(head) if by_name => head.to_owned(),
            _ => (at + 1).to_string(),
        };
        columns.push(Drafted { guess, at });
    }
    columns
}

/// Tells of columns without a name: by what name they go, or that they are left out.
fn unnamed(draft: &mut Draft) {
    let rows = draft.sheet.rows.len();
    for at in (0..draft.sheet.header.len()).filter(|at| head::unnamed(&draft.sheet.header, *at)) {
        let place = at + 1;
        let own = draft.columns.iter().find(|column| column.at == at).map(|column| column.guess.column.name.clone());
        let (filled, numbers) = (head::filled(&draft.sheet.rows, at), head::numbers_rows(&draft.sheet.rows, at));
        let (what, sure) = match &own {
            Some(name) => (format!("field {place} has no name in the header: it is `{name}` here"), Sure::Likely),
            None if filled == 0 => {
                (format!("field {place} has neither a name in the header nor a value: it is left out"), Sure::Sure)
            }
            None if numbers => {
                (format!("field {place} has no name in the header and numbers the rows: it is left out"), Sure::Likely)
            }
            None => (
                format!(
                    "field {place} has no name in the header and a value in {} of {}: it is left out; give it a name in the file",
                    super::yaml::count(filled),
                    super::yaml::counted(rows, "row")
                ),
                Sure::Guess,
            ),
        };
        draft.remarks.push(Remark { column: own, what, sure, seen: rows });
    }
}

/// Tells of a last row that adds up those above it: it stays what it is.
fn sums(draft: &mut Draft) {
    let (rows, more) = (draft.sheet.rows.len(), draft.sheet.more);
    let last = draft.sheet.rows.last().filter(|_| rows > 1 && !more);
    let Some(text) = last.and_then(|row| row.iter().find(|cell| !cell.trim().is_empty())).filter(|text| is_sum(text))
    else {
        return;
    };
    let text = text.trim().to_owned();
    draft.remark(
        format!("row {rows}, the last, looks like a total of the others: `drop: [{}]` in the column of `{text}` leaves it out", super::yaml::scalar(&text)),
        Sure::Guess,
        1,
    );
}

/// Tells of a column that names unlike currencies, beside which numbers are added up as if they were of one.
fn currencies(draft: &mut Draft) {
    let numbers =
        draft.columns.iter().any(|column| column.guess.is_number() && amount_rank(&column.guess.column.name).is_some());
    for at in (0..draft.columns.len()).filter(|_| numbers) {
        let guess = draft.column(at);
        if guess.column.dtype != DataType::Text || !(2..=CURRENCIES).contains(&guess.distinct) {
            continue;
        }
        let mut codes: Vec<String> = draft.values(at).into_iter().map(str::to_owned).collect();
        codes.sort_unstable();
        if codes.iter().all(|code| is_code(code)) {
            let (name, seen) = (guess.column.name.clone(), guess.filled);
            let what = format!(
                "names currencies ({}), of which amounts are added up here as if they were one: `currency: {{ column: {name} }}` of an amount \
                 and `rates` convert them",
                codes.join(", ")
            );
            draft.remarks.push(Remark { column: Some(name), what, sure: Sure::Guess, seen });
        }
    }
}

/// Whether a column may be a key by what it holds.
pub(super) fn may_be_key(guess: &Guess) -> bool {
    matches!(guess.column.dtype, DataType::Text | DataType::Int) && guess.filled > 0
}

/// The columns that name a row: one that is unique and complete, the best by its name and its place; else two.
fn key(draft: &Draft) -> Option<Vec<usize>> {
    let score = |at: usize| {
        let name = &draft.column(at).column.name;
        let named = i32::from(is_identifier_like(name)) * 3 + i32::from(similar(name, &draft.name)) * 2;
        named + i32::from(at == 0) * 2
    };
    let single = (0..draft.columns.len()).filter(|at| may_be_key(draft.column(*at)) && draft.column(*at).is_key());
    if let Some(best) = single.filter(|at| score(*at) > 0).max_by_key(|at| (score(*at), std::cmp::Reverse(*at))) {
        return Some(vec![best]);
    }
    let parts: Vec<usize> = (0..draft.columns.len())
        .filter(|at| {
            may_be_key(draft.column(*at))
                && draft.column(*at).filled == draft.column(*at).rows
                && draft.column(*at).distinct > 1
        })
        .take(5)
        .collect();
    for (n, first) in parts.iter().enumerate() {
        for second in &parts[n + 1..] {
            if score(*first) + score(*second) < 3 {
                continue;
            }
            let mut seen = HashSet::new();
            let (a, b) = (draft.columns[*first].at, draft.columns[*second].at);
            if draft.sheet.rows.iter().all(|row| seen.insert((row.get(a), row.get(b)))) {
                return Some(vec![*first, *second]);
            }
        }
    }
    None
}

/// Which table is the customers': by names, by how many lead to it; where none has a row for each customer, one is taken out of a file by the
/// column that names them.
fn customers(drafts: &mut Vec<Draft>, named: Option<&str>) -> Result<usize, String> {
    if let Some(named) = named {
        let names: Vec<&str> = drafts.iter().map(|draft| draft.name.as_str()).collect();
        let at = names.iter().position(|name| *name == named);
        let at = at.ok_or_else(|| format!("no table `{named}`: there are {}", names.join(", ")))?;
        return Ok(if nearly_keyed(&mut drafts[at]) { at } else { taken_out(drafts, at) });
    }
    let led_to = |at: usize| {
        let Some(key) = drafts[at].key.first().filter(|_| drafts[at].key.len() == 1) else { return 0 };
        let keys = drafts[at].values(*key);
        let leads = |other: usize| {
            other != at
                && (0..drafts[other].columns.len())
                    .any(|column| leads(&drafts[other], column, &drafts[at], *key, &keys).is_some())
        };
        (0..drafts.len()).filter(|other| leads(*other)).count()
    };
    let led_to: Vec<usize> = (0..drafts.len()).map(led_to).collect();
    let score = |at: usize| {
        let draft = &drafts[at];
        let Some(key) = draft.key.first().filter(|_| draft.key.len() == 1) else { return 0 };
        usize::from(is_customer(&draft.name)) * 6
            + usize::from(is_customer(&draft.column(*key).column.name)) * 4
            + led_to[at] * 2
    };
    let best = (0..drafts.len()).max_by_key(|at| (score(*at), std::cmp::Reverse(*at))).filter(|at| score(*at) >= 4);
    if let Some(best) = best {
        return Ok(best);
    }
    // A table that is named so, and whose key repeats in a few rows.
    if let Some(at) = (0..drafts.len()).find(|at| is_customer(&drafts[*at].name))
        && nearly_keyed(&mut drafts[at])
    {
        return Ok(at);
    }
    let names_them = |draft: &Draft| {
        (0..draft.columns.len()).find(|at| is_customer(&draft.column(*at).column.name) && may_be_key(draft.column(*at)))
    };
    if let Some(at) =
        (0..drafts.len()).filter(|at| names_them(&drafts[*at]).is_some()).max_by_key(|at| drafts[*at].sheet.rows.len())
    {
        return Ok(taken_out(drafts, at));
    }
    let led = (0..drafts.len()).max_by_key(|at| (led_to[*at], std::cmp::Reverse(*at))).filter(|at| led_to[*at] > 0);
    if let Some(at) = led.or_else(|| (0..drafts.len()).find(|at| drafts[*at].key.len() == 1)) {
        return Ok(at);
    }
    if let Some(at) = (0..drafts.len()).find(|at| nearly_keyed(&mut drafts[*at])) {
        return Ok(at);
    }
    Ok(taken_out(drafts, 0))
}

/// Makes the best column the key of a table although a few rows repeat it or lack it; whether there is such a column.
fn nearly_keyed(draft: &mut Draft) -> bool {
    if draft.key.len() == 1 {
        return true;
    }
    let near = |at: &usize| {
        let guess = draft.column(*at);
        let named = is_identifier_like(&guess.column.name) || is_customer(&guess.column.name) || *at == 0;
        named && may_be_key(guess) && guess.distinct as f64 >= NEARLY * guess.rows as f64
    };
    let Some(at) = (0..draft.columns.len()).find(near) else { return false };
    keyed(draft, at);
    true
}

/// Makes a column the key of a table.
fn keyed(draft: &mut Draft, at: usize) {
    let guess = draft.column(at);
    (draft.keyless, draft.repeated) = (guess.rows - guess.filled, guess.filled - guess.distinct);
    draft.key = vec![at];
}

/// A table of customers taken out of the file of another by the column that names them; its position. Where no column does, the rows
/// themselves are the customers, and the table stays without a key.
fn taken_out(drafts: &mut Vec<Draft>, from: usize) -> usize {
    let source = &drafts[from];
    let usable = |at: &usize| may_be_key(source.column(*at)) && source.column(*at).distinct > 1;
    let named = (0..source.columns.len()).filter(usable).find(|at| is_customer(&source.column(*at).column.name));
    // Kinds and regions repeat, too, but there are few of them.
    let repeats = |at: &usize| {
        let guess = source.column(*at);
        let (rows, distinct) = (guess.rows as f64, guess.distinct as f64);
        guess.filled == guess.rows && distinct <= NEARLY * rows && distinct >= 5.0 && distinct * 50.0 >= rows
    };
    let Some(at) = named.or_else(|| (0..source.columns.len()).filter(usable).find(repeats)) else { return from };
    let mut taken: BTreeMap<String, usize> = drafts.iter().map(|draft| (draft.name.clone(), 1)).collect();
    let mut derived = Draft {
        name: unlike("customers", &mut taken),
        columns: vec![source.columns[at].clone()],
        links: Vec::new(),
        remarks: Vec::new(),
        is_derived: true,
        ..source.clone()
    };
    keyed(&mut derived, 0);
    drafts.push(derived);
    drafts.len() - 1
}

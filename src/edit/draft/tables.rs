//! Files as tables: names, keys, which rows lead to which, which table is the customers'.
//!
//! In: [`Sheet`]s. Out: [`Draft`]s, each with what was inferred and how sure that is. Must not know: rules, YAML. Start at [`tables`].

use super::column::{Guess, Sure, guess};
use super::names::{is_customer, is_identifier_like, plain, similar, unlike};
use super::text::Sheet;
use crate::dtype::DataType;
use std::collections::{BTreeMap, HashSet};

/// Of the texts of a column so many must be keys of another table.
const SHARE: f64 = 0.9;
/// The same where both columns have one name.
const SHARE_OF_NAMED: f64 = 0.5;
/// Of the rows of a key that repeats so many are the first with it.
const NEARLY: f64 = 0.9;

/// Something that was inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The table.
    pub table: String,
    /// The column, if it is about one.
    pub column: Option<String>,
    /// What was inferred.
    pub what: String,
    /// How sure it is.
    pub sure: Sure,
    /// Rows or values that were looked at.
    pub seen: usize,
}

/// A column of a table that is being drafted.
#[derive(Clone, Debug)]
pub(super) struct Drafted {
    /// What it is.
    pub guess: Guess,
    /// Its position in the file, from 0.
    pub at: usize,
}

/// A row leads to a row of another table.
#[derive(Clone, Debug)]
pub(super) struct Link {
    /// The name of the reference.
    pub name: String,
    /// The column, by position among the drafted ones.
    pub column: usize,
    /// The other table, by position.
    pub to: usize,
    /// The name under which the other table sees these rows.
    pub many: Option<String>,
    /// The share of unlike values that are keys there.
    pub share: f64,
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
}

impl Draft {
    /// The drafted column of a position.
    pub fn column(&self, at: usize) -> &Guess {
        &self.columns[at].guess
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
    let commas = sheet.between == super::text::Between::Byte(b';');
    let mut taken = BTreeMap::new();
    let mut columns = Vec::new();
    for at in 0..sheet.width {
        let head = sheet.header.get(at).map(String::as_str);
        // A column without a name cannot be named in a manifest, unless fields go by number.
        if head.is_some_and(|head| head.trim().is_empty()) && !sheet.header_skipped {
            continue;
        }
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
            Some(head) if !sheet.header_skipped => head.to_owned(),
            _ => (at + 1).to_string(),
        };
        columns.push(Drafted { guess, at });
    }
    let mut draft = Draft {
        name,
        file,
        sheet,
        columns,
        key: Vec::new(),
        repeated: 0,
        keyless: 0,
        links: Vec::new(),
        is_derived: false,
    };
    draft.key = key(&draft).unwrap_or_default();
    draft
}

/// Whether a column may be a key by what it holds.
fn may_be_key(guess: &Guess) -> bool {
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
        is_derived: true,
        ..source.clone()
    };
    keyed(&mut derived, 0);
    drafts.push(derived);
    drafts.len() - 1
}

/// The share of a column's values that are keys of another table, if it leads there.
fn leads(draft: &Draft, at: usize, to: &Draft, key: usize, keys: &HashSet<&str>) -> Option<f64> {
    let guess = draft.column(at);
    if !may_be_key(guess) || guess.distinct == 0 {
        return None;
    }
    let (own, other) = (&guess.column.name, &to.column(key).column.name);
    let same = own == other || guess.column.from == to.column(key).column.from;
    let alike = same || similar(own, other) || similar(own, &to.name);
    let is_text = guess.column.dtype == DataType::Text && to.column(key).column.dtype == DataType::Text;
    // Small numbers are keys of many tables.
    if !(alike || is_text && guess.distinct >= 3) {
        return None;
    }
    let values = draft.values(at);
    let found = values.iter().filter(|value| keys.contains(*value)).count();
    let share = found as f64 / values.len().max(1) as f64;
    (share >= SHARE || (same && share >= SHARE_OF_NAMED)).then_some(share)
}

/// Finds which columns lead to which tables, the best for each column, without going round in circles.
fn links(drafts: &mut [Draft], customers: usize) {
    let mut found: Vec<(usize, usize, usize, f64)> = Vec::new();
    for to in 0..drafts.len() {
        let [key] = drafts[to].key[..] else { continue };
        let keys = drafts[to].values(key);
        for from in (0..drafts.len()).filter(|from| *from != to && !drafts[*from].is_derived) {
            for at in 0..drafts[from].columns.len() {
                // A table of customers that was taken out of a file is led to from there by that column.
                let own = drafts[to].is_derived && drafts[to].file == drafts[from].file;
                let is_that = own && drafts[from].columns[at].at == drafts[to].columns[key].at;
                let share =
                    if own { is_that.then_some(1.0) } else { leads(&drafts[from], at, &drafts[to], key, &keys) };
                // A table that has the key of another as its own is a part of it: the customers lead to none such.
                let whole = drafts[from].key == [at] && from == customers;
                found.extend(share.filter(|_| !whole).map(|share| (from, at, to, share)));
            }
        }
    }
    let rank = |&(from, at, to, share): &(usize, usize, usize, f64)| {
        let same = drafts[from].column(at).column.name == drafts[to].columns[drafts[to].key[0]].guess.column.name;
        (to == customers, same, (share * 1000.0) as i64)
    };
    found.sort_by_key(|link| std::cmp::Reverse(rank(link)));
    for (from, at, to, share) in found {
        let again = drafts[from].links.iter().any(|link| link.column == at);
        if again || reaches(drafts, to, from) {
            continue;
        }
        let first = !drafts[from].links.iter().any(|link| link.to == to);
        let names: HashSet<&str> = drafts[from]
            .columns
            .iter()
            .map(|column| column.guess.column.name.as_str())
            .chain(drafts[from].links.iter().map(|l| l.name.as_str()))
            .collect();
        let stem = super::names::without_ending(&drafts[from].column(at).column.name);
        let tries = [
            stem,
            super::names::singular(&drafts[to].name),
            format!("to_{}", drafts[to].name),
            format!("to_{}_{at}", drafts[to].name),
        ];
        let name =
            tries.into_iter().find(|name| !name.is_empty() && !names.contains(name.as_str())).unwrap_or_default();
        let hidden: HashSet<&str> = drafts[to]
            .columns
            .iter()
            .map(|column| column.guess.column.name.as_str())
            .chain(drafts[to].links.iter().map(|l| l.name.as_str()))
            .collect();
        let many = if hidden.contains(drafts[from].name.as_str()) {
            format!("{}_rows", drafts[from].name)
        } else {
            drafts[from].name.clone()
        };
        drafts[from].links.push(Link { name, column: at, to, many: first.then_some(many), share });
        same_types(drafts, (from, at), (to, drafts[to].key[0]));
    }
}

/// Whether one table leads to another, over any number of others.
fn reaches(drafts: &[Draft], from: usize, to: usize) -> bool {
    from == to || drafts[from].links.iter().any(|link| reaches(drafts, link.to, to))
}

/// A column and the key to which it leads have one type: text, where they do not.
fn same_types(drafts: &mut [Draft], one: (usize, usize), other: (usize, usize)) {
    let padded = [one, other].iter().any(|(table, at)| drafts[*table].column(*at).column.contract.mending.trim);
    let types = [one, other].map(|(table, at)| drafts[table].column(at).column.dtype);
    for (table, at) in [one, other] {
        drafts[table].columns[at].guess.column.contract.mending.trim |= padded;
        if types[0] != types[1] {
            as_text(drafts, table, at);
        }
    }
    // Others that lead there follow.
    if types[0] != types[1] {
        let following: Vec<(usize, usize)> = drafts
            .iter()
            .enumerate()
            .flat_map(|(table, draft)| {
                draft.links.iter().filter(|link| link.to == other.0).map(move |link| (table, link.column))
            })
            .collect();
        following.into_iter().for_each(|(table, at)| as_text(drafts, table, at));
    }
}

fn as_text(drafts: &mut [Draft], table: usize, at: usize) {
    let column = &mut drafts[table].columns[at].guess.column;
    column.dtype = DataType::Text;
    column.contract.written = Default::default();
    column.formats.clear();
}

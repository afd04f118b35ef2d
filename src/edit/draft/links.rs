//! Which columns lead to which tables.
//!
//! In: [`Draft`]s, which of them is the customers'. Out: their links, with columns and keys of one type. Must not know: rules, YAML. Start at
//! [`links`].

use super::column::Sure;
use super::names::{self, similar};
use super::tables::{Draft, Remark, may_be_key};
use crate::dtype::DataType;
use std::collections::HashSet;

/// Of the texts of a column so many must be keys of another table.
pub(super) const SHARE: f64 = 0.9;
/// The same where both columns have one name; below the other share it is a guess.
const SHARE_OF_NAMED: f64 = 0.5;

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
    /// Unlike values that are none.
    pub lost: usize,
    /// Whether they are keys but for zeros in front.
    pub by_zeros: bool,
}

impl Link {
    /// How sure it is.
    pub fn sure(&self) -> Sure {
        match self.share {
            _ if self.by_zeros => Sure::Guess,
            share if share >= 1.0 => Sure::Sure,
            share if share >= SHARE => Sure::Likely,
            _ => Sure::Guess,
        }
    }

    /// What it was taken from: `57.6 % of 33 unlike values are keys there, 14 find no row`.
    pub fn taken_from(&self, values: usize) -> String {
        let share = (self.share * 1000.0).floor() / 10.0;
        let lost = match self.lost {
            0 => String::new(),
            1 => ", 1 finds no row".to_owned(),
            n => format!(", {} find no row", super::yaml::count(n)),
        };
        format!("{share} % of {} unlike values are keys there{lost}", super::yaml::count(values))
    }
}

/// The share of a column's values that are keys of another table, if it leads there.
pub(super) fn leads(draft: &Draft, at: usize, to: &Draft, key: usize, keys: &HashSet<&str>) -> Option<f64> {
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
pub(super) fn links(drafts: &mut [Draft], customers: usize) {
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
        if !drafts[from].links.iter().any(|link| link.column == at) && !reaches(drafts, to, from) {
            link(drafts, (from, at), to, share);
            same_types(drafts, (from, at), (to, drafts[to].key[0]));
        }
    }
    zeros(drafts, customers);
}

/// Lets a column lead to a table, under a name that is free.
fn link(drafts: &mut [Draft], (from, at): (usize, usize), to: usize, share: f64) {
    let first = !drafts[from].links.iter().any(|link| link.to == to);
    let taken = |draft: &Draft| -> HashSet<String> {
        let columns = draft.columns.iter().map(|column| column.guess.column.name.clone());
        columns.chain(draft.links.iter().map(|link| link.name.clone())).collect()
    };
    let (own, hidden) = (taken(&drafts[from]), taken(&drafts[to]));
    let tries = [
        names::without_ending(&drafts[from].column(at).column.name),
        names::singular(&drafts[to].name),
        format!("to_{}", drafts[to].name),
        format!("to_{}_{at}", drafts[to].name),
    ];
    let name = tries.into_iter().find(|name| !name.is_empty() && !own.contains(name)).unwrap_or_default();
    let many = match hidden.contains(&drafts[from].name) {
        true => format!("{}_rows", drafts[from].name),
        false => drafts[from].name.clone(),
    };
    let values = drafts[from].column(at).distinct;
    // The share was made of whole numbers, and gives them back.
    let lost = values - ((share * values as f64).round() as usize).min(values);
    drafts[from].links.push(Link { name, column: at, to, many: first.then_some(many), share, lost, by_zeros: false });
}

/// Lets columns lead to keys from which only zeros in front tell them apart, as one program writes `000017` and another 17. Where both can be
/// read as numbers without two keys becoming one, they are; else it is but told.
fn zeros(drafts: &mut [Draft], customers: usize) {
    let columns = |draft: &Draft| draft.columns.len();
    let pairs: Vec<(usize, usize, usize)> = (0..drafts.len())
        .flat_map(|to| (0..drafts.len()).filter(move |from| *from != to).map(move |from| (to, from)))
        .flat_map(|(to, from)| (0..columns(&drafts[from])).map(move |at| (to, from, at)))
        .collect();
    for (to, from, at) in pairs {
        let [key] = drafts[to].key[..] else { continue };
        let linked = drafts[from].links.iter().any(|link| link.column == at);
        let whole = drafts[from].key == [at] && from == customers;
        let out = linked || whole || drafts[from].is_derived || reaches(drafts, to, from);
        if out || !have_like_names(&drafts[from], at, &drafts[to], key) {
            continue;
        }
        let Some((changed, share)) = but_for_zeros(&drafts[from], at, &drafts[to], key) else { continue };
        let of = drafts[from].column(at).distinct;
        let place = format!("{}.{}", drafts[to].name, drafts[to].column(key).column.name);
        let seen = format!("zeros in front in {} of {} values", super::yaml::count(changed), super::yaml::count(of));
        let can = can_be_numbers(drafts, to, key) && is_digits(&drafts[from].values(at));
        let what = if can {
            link(drafts, (from, at), to, share);
            drafts[from].links.iter_mut().filter(|link| link.column == at).for_each(|link| link.by_zeros = true);
            for (table, at) in leading(drafts, to).into_iter().chain([(to, key)]) {
                let guess = &mut drafts[table].columns[at].guess;
                if guess.column.dtype != DataType::Int {
                    guess.column.dtype = DataType::Int;
                    guess.why = "digits, read as numbers although some have zeros in front".to_owned();
                    guess.sure = Sure::Guess;
                }
            }
            format!("leads to {place} but for {seen}: both are read as numbers, so that 007 is 7")
        } else {
            format!("would lead to {place} but for {seen}: write both alike, or correct them with `values`")
        };
        let column = Some(drafts[from].column(at).column.name.clone());
        drafts[from].remarks.push(Remark { column, what, sure: Sure::Guess, seen: of });
    }
}

/// Whether the names of two columns, or of a column and the other's table, say that one leads to the other.
fn have_like_names(draft: &Draft, at: usize, to: &Draft, key: usize) -> bool {
    let (own, other) = (&draft.column(at).column.name, &to.column(key).column.name);
    let may = matches!(draft.column(at).column.dtype, DataType::Text | DataType::Int) && draft.column(at).distinct > 0;
    may && (own == other || similar(own, other) || similar(own, &to.name))
}

/// How many unlike values of a column are a key but for zeros in front, and the share of values that are a key then; `None` where too few are.
fn but_for_zeros(draft: &Draft, at: usize, to: &Draft, key: usize) -> Option<(usize, f64)> {
    let bare = |text: &str| text.trim_start_matches('0').to_owned();
    let keys = to.values(key);
    let bared: HashSet<String> = keys.iter().map(|text| bare(text)).collect();
    let values = draft.values(at);
    let found = values.iter().filter(|value| bared.contains(&bare(value))).count();
    let changed = values.iter().filter(|value| bared.contains(&bare(value)) && !keys.contains(*value)).count();
    let share = found as f64 / values.len().max(1) as f64;
    (changed > 0 && share >= SHARE).then_some((changed, share))
}

/// Columns that lead to a table.
fn leading(drafts: &[Draft], to: usize) -> Vec<(usize, usize)> {
    let of = |(table, draft): (usize, &Draft)| -> Vec<(usize, usize)> {
        draft.links.iter().filter(|link| link.to == to).map(|link| (table, link.column)).collect()
    };
    drafts.iter().enumerate().flat_map(of).collect()
}

/// Whether a key and all that leads to it are digits, and no two keys the same number.
fn can_be_numbers(drafts: &[Draft], to: usize, key: usize) -> bool {
    let keys = drafts[to].values(key);
    let numbers: HashSet<&str> = keys.iter().map(|text| text.trim_start_matches('0')).collect();
    let all = leading(drafts, to);
    numbers.len() == keys.len()
        && is_digits(&keys)
        && all.iter().all(|(table, at)| is_digits(&drafts[*table].values(*at)))
}

/// Whether all texts are digits that an int holds.
fn is_digits(texts: &HashSet<&str>) -> bool {
    texts.iter().all(|text| text.len() <= 18 && text.bytes().all(|byte| byte.is_ascii_digit()))
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
        leading(drafts, other.0).into_iter().for_each(|(table, at)| as_text(drafts, table, at));
    }
}

fn as_text(drafts: &mut [Draft], table: usize, at: usize) {
    let column = &mut drafts[table].columns[at].guess.column;
    column.dtype = DataType::Text;
    column.contract.written = Default::default();
    column.formats.clear();
}

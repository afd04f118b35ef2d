//! Customers whose keys changed: earlier decisions follow them.
//!
//! In: the [`Prior`] decisions under the keys of then, the customers' keys now, the rows of the project's table of aliases.
//! Out: [`Followed`]: the same decisions under the keys of now, one for each customer, and what became of each alias. Must
//! not know: rules, where the rows come from. Start at [`follow`].
//!
//! An old key that is still a customer keeps its decisions. Chains are followed to the first key that is a customer now.

use super::added::DECIDED_CYCLE;
use super::past::Past;
use super::prior::Prior;
use super::summaries::codes;
use crate::diag::{Diagnostic, ids};
use crate::error::{Error, Stop};
use crate::manifest::model::{Aliases, Merge};
use hashbrown::{HashMap, HashSet};
use polars::prelude::{NamedFrom, Series};

/// The file, inside a run's folder.
pub const ALIASES: &str = "aliases.parquet";
/// Its column of old keys.
pub const OLD_KEY: &str = "old_key";
/// Its column of new keys.
pub const NEW_KEY: &str = "new_key";
/// Its further columns.
const OWN: [&str; 6] = ["from", "effect", "taken", "tier", "value", DECIDED_CYCLE];

/// Rows of the table of aliases.
#[derive(Clone, Debug)]
pub struct AliasRows {
    /// Old keys.
    pub old: Series,
    /// New keys.
    pub new: Series,
    /// Days from which they hold.
    pub from: Series,
}

/// What became of an alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The customer's decision follows it to its new key.
    Renamed,
    /// Decisions of several customers come together; `taken` says whose holds.
    Merged,
    /// The old key is still a customer, and keeps its decision.
    Kept,
    /// No customer has the new key.
    Gone,
    /// Nothing was decided under the old key.
    Unused,
    /// It holds from the as-of date on, or later.
    Later,
}

impl Effect {
    /// Its word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Effect::Renamed => "renamed",
            Effect::Merged => "merged",
            Effect::Kept => "kept",
            Effect::Gone => "gone",
            Effect::Unused => "unused",
            Effect::Later => "later",
        }
    }
}

/// One line of the file.
#[derive(Clone, Debug)]
struct Line {
    /// Places of the two keys among all.
    old: u32,
    new: u32,
    from: Option<i32>,
    effect: Effect,
    /// Row of the prior decision, if there is one.
    prior: Option<u32>,
    taken: bool,
}

/// What became of all aliases.
#[derive(Debug)]
pub struct Told {
    /// The columns of `aliases.parquet`.
    pub columns: Vec<Series>,
    /// Aliases by what became of them.
    pub effects: Vec<(Effect, u64)>,
}

/// Prior decisions under the keys of now.
#[derive(Debug)]
pub struct Followed {
    /// The decisions.
    pub prior: Prior,
    /// Rows, in the decisions of then, of customers who merged into another and whose decision was not taken.
    pub merged: Vec<u32>,
    /// What became of the aliases.
    pub told: Told,
    /// What the user should know.
    pub warnings: Vec<Diagnostic>,
}

/// What decides a merger.
#[derive(Clone, Copy, Debug)]
pub struct Rule<'a> {
    /// The project's declaration.
    pub aliases: &'a Aliases,
    /// Tiers, lowest first.
    pub order: &'a [String],
    /// As-of date: an alias holds if it does so the day before.
    pub as_of: i32,
}

/// Gives each customer the decisions that were made under its earlier keys. A merger takes one decision whole: that of the
/// highest tier, then value, unless the project says otherwise.
///
/// # Errors
/// `alias-conflict`: two new keys of one old one, or keys that lead to one another in a circle. [`Error::Defect`].
pub fn follow(prior: &Prior, keys: &Series, rows: &AliasRows, rule: &Rule<'_>) -> Result<Followed, Stop> {
    let world = World::new((&prior.key, &prior.past.key), keys, rows, rule)?;
    let targets: Vec<u32> = world.prior.iter().map(|code| world.target(*code)).collect();
    let tier = ranks(&prior.tier, rule.order)?;
    let value = prior.value.f64().map_err(fault)?.iter().collect::<Vec<Option<f64>>>();
    let chosen = choose(&targets, |row| Candidate {
        rank: tier[row],
        value: value[row],
        own: targets[row] == world.prior[row],
        merge: rule.aliases.merge,
    });
    let taken: HashSet<u32> = chosen.iter().copied().collect();
    let merged: Vec<u32> = (0..targets.len() as u32).filter(|row| !taken.contains(row)).collect();
    let lines = world.lines(&targets, &taken);
    let followed = Prior {
        past: world.past(&prior.past, rule, &chosen)?,
        ..take(prior, &chosen, world.keys(&targets, &chosen)?)?
    };
    let mut counts: Vec<(Effect, u64)> = Vec::new();
    for line in lines.iter().filter(|line| line.from.is_some()) {
        match counts.iter_mut().find(|(effect, _)| *effect == line.effect) {
            Some((_, count)) => *count += 1,
            None => counts.push((line.effect, 1)),
        }
    }
    counts.sort();
    let columns = world.columns(&lines, prior)?;
    let warnings = kept(rule, &counts);
    Ok(Followed { prior: followed, merged, warnings, told: Told { columns, effects: counts } })
}

/// Keys of before under the customers' keys of now; those of nobody stay.
///
/// # Errors
/// As [`follow`].
pub fn renamed(of: &Series, keys: &Series, rows: &AliasRows, rule: &Rule<'_>) -> Result<Series, Stop> {
    let world = World::new((of, &keys.slice(0, 0)), keys, rows, rule)?;
    let targets: Vec<u32> = world.prior.iter().map(|code| world.target(*code)).collect();
    let all: Vec<u32> = (0..targets.len() as u32).collect();
    Ok(world.keys(&targets, &all)?)
}

/// All keys by number, and where aliases lead.
struct World<'a> {
    /// Every key: of the customers now, of the prior decisions, old and new ones of the aliases, of earlier decisions.
    all: Series,
    codes: Vec<u32>,
    /// Of each code a place among all.
    place: HashMap<u32, u32>,
    now: HashSet<u32>,
    prior: Vec<u32>,
    rows: &'a AliasRows,
    /// Where `old` and `new` begin among all, and earlier decisions.
    old: usize,
    new: usize,
    past: usize,
    from: Vec<Option<i32>>,
    /// From old to new, those that hold.
    next: HashMap<u32, u32>,
    as_of: i32,
}

impl<'a> World<'a> {
    fn new(
        (prior, past): (&Series, &Series),
        keys: &Series,
        rows: &'a AliasRows,
        rule: &Rule<'_>,
    ) -> Result<World<'a>, Stop> {
        let mut all = keys.clone();
        let mut starts = Vec::new();
        for column in [prior, &rows.old, &rows.new, past] {
            starts.push(all.len());
            let named = column.clone().with_name(keys.name().clone());
            all.append(&named).map_err(fault)?;
        }
        let codes = codes(&all)?;
        let mut place = HashMap::new();
        for (code, at) in codes.iter().zip(0..) {
            place.entry(*code).or_insert(at);
        }
        let from: Vec<Option<i32>> = rows.from.to_physical_repr().i32().map_err(fault)?.iter().collect();
        let now = codes[..starts[0]].iter().copied().collect();
        let own = codes[starts[0]..starts[1]].to_vec();
        let mut world = World {
            all,
            codes,
            place,
            now,
            prior: own,
            rows,
            old: starts[1],
            new: starts[2],
            past: starts[3],
            from,
            next: HashMap::new(),
            as_of: rule.as_of,
        };
        world.link(rule.aliases)?;
        Ok(world)
    }

    fn holds(&self, row: usize) -> bool {
        self.from[row].is_some_and(|from| from < self.as_of)
    }

    /// Enters the aliases that hold.
    fn link(&mut self, aliases: &Aliases) -> Result<(), Stop> {
        let conflict = |message: String, help: &str| {
            let found = Diagnostic::error(ids::ALIAS_CONFLICT, message).at(aliases.span).help(help);
            Stop::Findings(vec![found])
        };
        for row in 0..self.rows.old.len() {
            let (old, new) = (self.codes[self.old + row], self.codes[self.new + row]);
            if old == new || !self.holds(row) {
                continue;
            }
            if self.next.insert(old, new).is_some_and(|other| other != new) {
                let message = format!("`{}` gives the key {} two new keys", aliases.table, self.text(old));
                return Err(conflict(
                    message,
                    "a decision can follow one customer only: keep one row for each old key",
                ));
            }
        }
        let mut done: HashSet<u32> = HashSet::new();
        let mut starts: Vec<u32> = self.next.keys().copied().collect();
        starts.sort_by_key(|code| self.place.get(code));
        for start in starts {
            let (mut seen, mut at) = (HashSet::new(), start);
            while let Some(next) = self.next.get(&at).filter(|_| !done.contains(&at)) {
                if !seen.insert(at) {
                    let message = format!("in `{}` the key {} leads back to itself", aliases.table, self.text(at));
                    return Err(conflict(
                        message,
                        "the new key must be the one that the customer has from that day on",
                    ));
                }
                at = *next;
            }
            done.extend(seen);
        }
        Ok(())
    }

    fn text(&self, code: u32) -> String {
        let place = self.place.get(&code).map(|place| *place as usize);
        let value = place.and_then(|place| self.all.get(place).ok());
        match value.as_ref().and_then(|value| value.get_str()) {
            Some(text) => format!("`{text}`"),
            None => value.map(|value| format!("`{value}`")).unwrap_or_default(),
        }
    }

    /// The customer whom a decision under this key belongs to now, and how it is called if there is none.
    fn target(&self, code: u32) -> u32 {
        let mut at = code;
        while !self.now.contains(&at) {
            match self.next.get(&at) {
                Some(next) => at = *next,
                None => break,
            }
        }
        at
    }

    fn keys(&self, targets: &[u32], chosen: &[u32]) -> Result<Series, Error> {
        let places: Vec<u32> =
            chosen.iter().filter_map(|row| self.place.get(&targets[*row as usize]).copied()).collect();
        self.all.take_slice(&places).map_err(fault)
    }

    /// Earlier decisions under the keys of now. Of customers who merged the one whose prior decision was taken, among the `chosen` rows, has its own
    /// earlier ones; where none has a prior decision, the one whose last is the newest.
    fn past(&self, past: &Past, rule: &Rule<'_>, chosen: &[u32]) -> Result<Past, Error> {
        let own = &self.codes[self.past..];
        let targets: Vec<u32> = own.iter().map(|code| self.target(*code)).collect();
        if targets == own {
            return Ok(past.clone());
        }
        let tier = ranks(&past.tier, rule.order)?;
        let value: Vec<Option<f64>> = past.value.f64().map_err(fault)?.iter().collect();
        let days: Vec<Option<i32>> = past.as_of.to_physical_repr().i32().map_err(fault)?.iter().collect();
        let candidate = |row: usize| Candidate {
            rank: tier[row],
            value: value[row],
            own: targets[row] == own[row],
            merge: rule.aliases.merge,
        };
        // Whose path it is: a key of then for each customer of now.
        let mut path: HashMap<u32, u32> = HashMap::new();
        for row in chosen {
            let then = self.prior[*row as usize];
            path.insert(self.target(then), then);
        }
        let mut last: HashMap<u32, usize> = HashMap::new();
        for (row, target) in targets.iter().enumerate().filter(|(_, target)| !path.contains_key(*target)) {
            let held = last.entry(*target).or_insert(row);
            let later = days[row].cmp(&days[*held]);
            if later.is_gt() || (later.is_eq() && *held != row && candidate(row).is_before(&candidate(*held))) {
                *held = row;
            }
        }
        path.extend(last.into_iter().map(|(target, row)| (target, own[row])));
        let is_on_path = |row: &u32| path.get(&targets[*row as usize]) == Some(&own[*row as usize]);
        let mut chosen: Vec<u32> = (0..own.len() as u32).filter(is_on_path).collect();
        chosen.sort_by_key(|row| (days[*row as usize], *row));
        let key = self.keys(&targets, &chosen)?;
        Ok(Past { key: key.with_name(past.key.name().clone()), ..past.take(&chosen)? })
    }

    fn lines(&self, targets: &[u32], taken: &HashSet<u32>) -> Vec<Line> {
        let rows: HashMap<u32, u32> = self.prior.iter().copied().zip(0..).collect();
        let mut together: HashMap<u32, u32> = HashMap::new();
        targets.iter().for_each(|target| *together.entry(*target).or_default() += 1);
        let merged = |target: u32| together.get(&target).is_some_and(|count| *count > 1);
        let mut lines = Vec::new();
        for row in 0..self.rows.old.len() {
            let (old, new) = (self.codes[self.old + row], self.codes[self.new + row]);
            let prior = rows.get(&old).copied().filter(|_| self.holds(row) && old != new);
            let target = prior.map(|prior| targets[prior as usize]);
            let effect = match target {
                None if !self.holds(row) => Effect::Later,
                None => Effect::Unused,
                Some(_) if self.now.contains(&old) => Effect::Kept,
                Some(target) if !self.now.contains(&target) => Effect::Gone,
                Some(target) if merged(target) => Effect::Merged,
                Some(_) => Effect::Renamed,
            };
            let to = target.filter(|_| effect != Effect::Kept).and_then(|target| self.place.get(&target).copied());
            lines.push(Line {
                old: (self.old + row) as u32,
                new: to.unwrap_or((self.new + row) as u32),
                from: self.from[row],
                effect,
                prior,
                taken: matches!(effect, Effect::Renamed | Effect::Merged | Effect::Kept)
                    && prior.is_some_and(|p| taken.contains(&p)),
            });
        }
        let aliased: HashSet<u32> = lines.iter().filter_map(|line| line.prior).collect();
        // The decision that a customer into whom others merged had of its own.
        for (row, target) in (0_u32..).zip(targets).filter(|(_, target)| merged(**target)) {
            if let Some(place) = self.place.get(target).copied().filter(|_| !aliased.contains(&row)) {
                let (effect, taken) = (Effect::Merged, taken.contains(&row));
                lines.push(Line { old: place, new: place, from: None, effect, prior: Some(row), taken });
            }
        }
        lines
    }

    fn columns(&self, lines: &[Line], prior: &Prior) -> Result<Vec<Series>, Error> {
        let order = super::keys::Keys::new(&self.all)?.order();
        let mut rank = vec![0_u32; order.len()];
        order.iter().zip(0..).for_each(|(row, at)| rank[*row as usize] = at);
        // Equal keys have neighbouring ranks; those of one key are made equal.
        let level = |place: u32| self.place.get(&self.codes[place as usize]).map_or(0, |first| rank[*first as usize]);
        let mut lines: Vec<&Line> = lines.iter().collect();
        lines.sort_by_key(|line| (level(line.new), line.from.is_some(), level(line.old), line.from));
        let keys = |of: &dyn Fn(&Line) -> u32, name: &str| -> Result<Series, Error> {
            let places: Vec<u32> = lines.iter().map(|line| of(line)).collect();
            Ok(self.all.take_slice(&places).map_err(fault)?.with_name(name.into()))
        };
        let of_prior = |column: &Series, name: &str| -> Result<Series, Error> {
            let rows: Vec<Option<u32>> = lines.iter().map(|line| line.prior).collect();
            let rows = polars::prelude::IdxCa::new("rows".into(), rows);
            Ok(column.take(&rows).map_err(fault)?.with_name(name.into()))
        };
        let days: Vec<Option<i32>> = lines.iter().map(|line| line.from).collect();
        let days = Series::new(OWN[0].into(), days).cast(&polars::prelude::DataType::Date).map_err(fault)?;
        Ok(vec![
            keys(&|line| line.old, OLD_KEY)?,
            keys(&|line| line.new, NEW_KEY)?,
            days,
            Series::new(OWN[1].into(), lines.iter().map(|line| line.effect.word()).collect::<Vec<&str>>()),
            Series::new(OWN[2].into(), lines.iter().map(|line| line.taken).collect::<Vec<bool>>()),
            of_prior(&prior.tier, OWN[3])?,
            of_prior(&prior.value, OWN[4])?,
            of_prior(&prior.decided, OWN[5])?,
        ])
    }
}

/// A decision that may be taken.
#[derive(Clone, Copy)]
struct Candidate {
    /// Position of its tier in the order; one that the order does not have is lowest.
    rank: i64,
    value: Option<f64>,
    /// Whether it was made under the key of now.
    own: bool,
    merge: Merge,
}

impl Candidate {
    fn is_before(&self, other: &Candidate) -> bool {
        let value = |c: &Candidate| c.value.unwrap_or(f64::NEG_INFINITY);
        let by_rank = self.rank.cmp(&other.rank).then(value(self).total_cmp(&value(other)));
        let order = match self.merge {
            Merge::Higher => by_rank.then(self.own.cmp(&other.own)),
            Merge::Lower => by_rank.reverse().then(self.own.cmp(&other.own)),
            Merge::Own => self.own.cmp(&other.own).then(by_rank),
        };
        order.is_gt()
    }
}

/// Of the rows of each group one, in ascending order; of equal ones the first.
fn choose<G: std::hash::Hash + Eq>(groups: &[G], candidate: impl Fn(usize) -> Candidate) -> Vec<u32> {
    let mut best: HashMap<&G, usize> = HashMap::new();
    for (row, group) in groups.iter().enumerate() {
        let held = best.entry(group).or_insert(row);
        if *held != row && candidate(row).is_before(&candidate(*held)) {
            *held = row;
        }
    }
    let mut rows: Vec<u32> = best.into_values().map(|row| row as u32).collect();
    rows.sort_unstable();
    rows
}

fn ranks(tiers: &Series, order: &[String]) -> Result<Vec<i64>, Error> {
    let rank: HashMap<&str, i64> = order.iter().map(String::as_str).zip(0..).collect();
    let texts = tiers.str().map_err(fault)?;
    Ok(texts.iter().map(|tier| tier.and_then(|tier| rank.get(tier).copied()).unwrap_or(-1)).collect())
}

/// The rows of prior decisions, under these keys.
fn take(prior: &Prior, rows: &[u32], key: Series) -> Result<Prior, Error> {
    let take = |column: &Series| column.take_slice(rows).map_err(fault);
    Ok(Prior {
        run: prior.run.clone(),
        cycle: prior.cycle.clone(),
        keys: super::keys::Keys::new(&key)?,
        key,
        tier: take(&prior.tier)?,
        value: take(&prior.value)?,
        decided: take(&prior.decided)?,
        since: take(&prior.since)?,
        cycles: take(&prior.cycles)?,
        read_back: prior.read_back.iter().map(take).collect::<Result<_, _>>()?,
        past: prior.past.clone(),
    })
}

fn kept(rule: &Rule<'_>, counts: &[(Effect, u64)]) -> Vec<Diagnostic> {
    let of = |effect: Effect| counts.iter().find(|(own, _)| *own == effect).map_or(0, |(_, count)| *count);
    let kept = of(Effect::Kept);
    if kept == 0 {
        return Vec::new();
    }
    let table = &rule.aliases.table;
    let message = format!("{kept} old keys of `{table}` are customers still: their decisions stay with them");
    let found = Diagnostic::warning(ids::ALIAS_KEPT, message).at(rule.aliases.span);
    vec![found.help(format!(
        "take these customers out of the customer table, or their rows out of `{table}`; {ALIASES} lists them"
    ))]
}

fn fault(error: polars::prelude::PolarsError) -> Error {
    Error::Defect(format!("aliases: {error}"))
}

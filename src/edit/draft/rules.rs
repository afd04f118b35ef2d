//! First rules for drafted tables: a profile of sums, counts and days, a value of ranks, tiers by lines.
//!
//! In: [`Draft`]s, which of them is the customers'. Out: [`Rules`], and the texts of the project's files. Must not know: data beyond the drafts.
//! Start at [`Rules::of`].

use super::names::{amount_rank, is_day, is_no_amount, is_price, is_quantity, is_total, plain, unlike};
use super::tables::{Draft, Drafted};
use super::yaml::scalar;
use crate::dtype::DataType;
use crate::run::added::ADDED;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Amounts of one table, and numbers of the customers themselves, that are taken at most.
const AMOUNTS: usize = 3;
/// Unlike texts of a column that makes groups, at most.
const SEGMENTS: usize = 20;
/// Columns that rules make and customers cannot have under these names.
const TAKEN: [&str; 14] = [
    "tier",
    "value",
    "prior",
    "cycle",
    "discount_cap",
    "visits_per_quarter",
    "profile",
    "policy",
    "filled",
    "entries",
    "lines",
    "weights",
    "window",
    "decisions",
];

/// Tiers, lowest first, and the share of customers that each reaches at least.
const TIERS: [(&str, &str, f64); 4] =
    [("general", "普通", 1.0), ("commercial", "重要", 0.6), ("partner", "核心", 0.3), ("strategic", "战略", 0.1)];

/// A column of the profile.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    /// Its name.
    pub name: String,
    /// The expression that makes it.
    pub made: String,
    /// Whether a value may be missing.
    pub optional: bool,
    /// Whether less is better.
    pub falling: bool,
    /// Whether it is an amount that can be added up over customers.
    pub adds_up: bool,
    /// What it is, for people.
    pub about: String,
}

/// The rules of a drafted project.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// The customers' table.
    pub customer: String,
    /// What stands before the profile's map.
    lets: Vec<String>,
    /// Functions behind the profile's.
    functions: Vec<String>,
    /// The profile.
    pub features: Vec<Feature>,
    /// Texts of the customers by which they can be grouped.
    segments: Vec<String>,
    /// The day after the last date that is not after today, or after the last of all where all are; none if there is no date.
    pub as_of: Option<Date>,
    /// Whether dates lie after that day.
    later: bool,
    /// Whether names are Chinese, and so are the tiers'.
    chinese: bool,
}

/// Names that customers' columns must not have, because rules or runs give them.
pub(super) fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name) || ADDED.contains(&name)
}

impl Rules {
    /// Rules over some tables, of which `today` is the day on which they are drafted.
    pub fn of(drafts: &[Draft], customers: usize, today: i32) -> Rules {
        let own = &drafts[customers];
        let mut taken: BTreeMap<String, usize> = TAKEN.iter().map(|name| ((*name).to_owned(), 1)).collect();
        taken.extend(own.columns.iter().map(|column| (column.guess.column.name.clone(), 1)));
        taken.extend(own.links.iter().map(|link| (link.name.clone(), 1)));
        taken.extend(drafts.iter().flat_map(|draft| &draft.links).filter_map(|link| Some((link.many.clone()?, 1))));
        let mut rules = Rules {
            customer: own.name.clone(),
            lets: Vec::new(),
            functions: Vec::new(),
            features: Vec::new(),
            segments: segments(own),
            as_of: None,
            later: false,
            chinese: drafts
                .iter()
                .flat_map(|draft| &draft.columns)
                .any(|column| column.guess.column.name.chars().any(is_chinese)),
        };
        let days = || drafts.iter().filter_map(|draft| Some(&draft.column(day_of(draft)?).days));
        // One mistyped year must not move the whole project.
        let until = days().filter_map(|days| Some(*days.range(..=today).next_back()?.0)).max();
        let last = days().filter_map(|days| Some(*days.last_key_value()?.0)).max();
        rules.as_of = until.or(last).and_then(|day| crate::calendar::civil(day + 1));
        rules.later = until < last && until.is_some();
        for draft in drafts {
            if let Some(way) = way(drafts, draft, customers) {
                rules.add_facts(draft, &way, &mut taken);
            }
        }
        rules.add_own(own, &mut taken);
        if rules.features.is_empty() {
            rules.add_filled(own);
        }
        rules
    }

    /// Sums, a count and days since the last of a table whose rows lead to customers.
    fn add_facts(&mut self, draft: &Draft, way: &Way<'_>, taken: &mut BTreeMap<String, usize>) {
        let all = format!("c.{}", way.many);
        let name = plain(way.many, "rows");
        let (rows, end) = match &way.day {
            Some((path, dtype)) => {
                let day = if *dtype == DataType::DateTime { "date(day)" } else { "day" };
                if self.lets.is_empty() {
                    self.lets.push("    let start = AS_OF.minus_months(P.window.months);".to_owned());
                }
                let within = format!("{name}_within");
                self.functions.push(format!(
                    "// Whether a row of {} lies from the first day on and before the other. One without a day does not.\nfn {within}(o, first, end) \
                     {{\n    let day = o.{path};\n    day != () && {day} >= first && {day} < end\n}}\n",
                    draft.name
                ));
                let recent = format!("{name}_recent");
                self.lets.push(format!("    let {recent} = {all}.filter(|o| {within}(o, start, AS_OF));"));
                if way.is_direct {
                    let last = format!("{name}_last");
                    let days = format!("{all}.map(|o| o.{path}).known()");
                    let days = if *dtype == DataType::DateTime { format!("{days}.map(|day| date(day))") } else { days };
                    self.lets.push(format!("    let {last} = {days}.filter(|day| day < AS_OF).max();"));
                    self.features.push(Feature {
                        name: unlike(&format!("days_since_{name}"), taken),
                        made: format!("if {last} != () {{ days_between({last}, AS_OF) }} else {{ () }}"),
                        optional: true,
                        falling: true,
                        adds_up: false,
                        about: format!("days since the last row of {}", draft.name),
                    });
                }
                (recent, "_12m")
            }
            None => (all, ""),
        };
        let within = if end.is_empty() { "in all" } else { "in the last months" };
        self.features.push(Feature {
            name: unlike(&if end.is_empty() { format!("{name}_rows") } else { format!("{name}{end}") }, taken),
            made: format!("{rows}.len()"),
            optional: false,
            falling: false,
            adds_up: false,
            about: format!("rows of {} {within}", draft.name),
        });
        let product = product(draft);
        if let Some((quantity, price)) = product {
            // A row that lacks one of them counts as nothing.
            let number = |at: usize| {
                let column = &draft.column(at).column;
                let is_int = column.dtype == DataType::Int;
                if is_int {
                    format!("(o.{} ?? 0).to_float()", column.name)
                } else {
                    format!("(o.{} ?? 0.0)", column.name)
                }
            };
            let [own, other] = [quantity, price].map(|at| draft.column(at).column.name.as_str());
            self.features.push(Feature {
                name: unlike(
                    &if end.is_empty() { format!("{name}_worth") } else { format!("{name}_worth{end}") },
                    taken,
                ),
                made: format!("{rows}.map(|o| {} * {}).sum()", number(quantity), number(price)),
                optional: false,
                falling: false,
                adds_up: true,
                about: format!("sum of {own} times {other} of {} {within}", draft.name),
            });
        }
        for at in amounts(draft).into_iter().filter(|at| product.is_none_or(|(_, price)| price != *at)) {
            let name = &draft.column(at).column.name;
            self.features.push(Feature {
                name: unlike(&if end.is_empty() { format!("{name}_sum") } else { format!("{name}{end}") }, taken),
                made: format!("{rows}.map(|o| o.{name}).known().sum()"),
                optional: false,
                falling: false,
                adds_up: true,
                about: format!("sum of {name} of {} {within}", draft.name),
            });
        }
    }

    /// Numbers that the customers' table has itself.
    fn add_own(&mut self, own: &Draft, taken: &mut BTreeMap<String, usize>) {
        for at in amounts(own) {
            let name = &own.column(at).column.name;
            self.features.push(Feature {
                name: unlike(&format!("{name}_known"), taken),
                made: format!("c.{name}"),
                optional: true,
                falling: false,
                adds_up: true,
                about: format!("{name} of {}", own.name),
            });
        }
    }

    /// Where nothing is a number: how much is known of a customer.
    fn add_filled(&mut self, own: &Draft) {
        let others = (0..own.columns.len()).filter(|at| !own.key.contains(at)).take(20);
        let one = |at: usize| format!("(if c.{} == () {{ 0 }} else {{ 1 }})", own.column(at).column.name);
        let parts: Vec<String> = others.map(one).collect();
        let (name, made) =
            if parts.is_empty() { ("entries", "1".to_owned()) } else { ("filled", parts.join("\n            + ")) };
        self.features.push(Feature {
            name: name.to_owned(),
            made,
            optional: false,
            falling: false,
            adds_up: false,
            about: "how many columns are filled, because no column is a number".to_owned(),
        });
    }

    /// The names of so many tiers, lowest first.
    pub fn tiers(&self, count: usize) -> Vec<&'static str> {
        let all = TIERS.iter().map(|(english, chinese, _)| if self.chinese { *chinese } else { *english });
        // The lowest is always there, then the highest ones.
        let all: Vec<&str> = all.collect();
        let mut tiers = vec![all[0]];
        tiers.extend(&all[all.len() - (count.clamp(1, 4) - 1)..]);
        tiers
    }

    /// `rules/profile.rhai`.
    pub fn profile(&self) -> String {
        let mut text = "// What is known of a customer on the as-of date.\n\nfn profile(c) {\n".to_owned();
        self.lets.iter().for_each(|line| text += &format!("{line}\n"));
        if !self.lets.is_empty() {
            text.push('\n');
        }
        text += "    #{\n";
        for feature in &self.features {
            text += &format!("        {}: {},   // {}\n", feature.name, feature.made, feature.about);
        }
        text += "    }\n}\n";
        self.functions.iter().for_each(|function| text += &format!("\n{function}"));
        text
    }

    /// `rules/value.rhai`.
    pub fn value(&self) -> String {
        let part = |feature: &Feature| {
            let rank = format!("pct_rank(c.{})", feature.name);
            let rank = match (feature.optional, feature.falling) {
                (true, true) => format!("(1.0 - ({rank} ?? 1.0))"),
                (true, false) => format!("({rank} ?? 0.0)"),
                (false, _) => rank,
            };
            format!("P.weights.{} * {rank}", feature.name)
        };
        let parts: Vec<String> = self.features.iter().map(part).collect();
        format!(
            "// The value, 0 to 100 points: where a customer stands among the others in each column of the profile, weighed. What is not known\n\
             // counts as nothing.\n\nfn value(c) {{\n    100.0 * (\n        {}\n    )\n}}\n",
            parts.join("\n        + ")
        )
    }

    /// `rules/tier.rhai`.
    pub fn tier(&self, tiers: &[&str]) -> String {
        let head = "// The tier: which line the value passes. The lines stand in rules/parameters.yaml.\n\n";
        let [lowest, above @ ..] = tiers else { return String::new() };
        if above.is_empty() {
            return format!(
                "{head}fn tier(_c) {{\n    \"{lowest}\"   // all customers have one value: nothing tells them apart\n}}\n"
            );
        }
        let lines: Vec<String> =
            above.iter().rev().map(|tier| format!("if c.value >= P.lines.{tier} {{ \"{tier}\" }}")).collect();
        format!("{head}fn tier(c) {{\n    {}\n    else {{ \"{lowest}\" }}\n}}\n", lines.join("\n    else "))
    }

    /// `rules/policy.rhai`.
    pub fn policy() -> String {
        "// What a customer of each tier gets. The terms stand in rules/parameters.yaml.\n\nfn policy(c) {\n    let terms = P.policy[c.tier];\n    \
         if terms == () { throw `tier ${c.tier} has no terms in rules/parameters.yaml`; }\n    #{\n        visits_per_quarter: terms.visits,\n        \
         discount_cap: terms.discount,\n    }\n}\n"
            .to_owned()
    }

    /// `rules/parameters.yaml`.
    pub fn parameters(&self, tiers: &[&str], lines: &[f64]) -> String {
        let mut text = "# Every number that the rules weigh or compare with.\n".to_owned();
        if !self.lets.is_empty() {
            text += "\nwindow:\n  months: { value: 12, unit: months, range: [1, 60], meaning: Sums and counts look back this far from the as-of date. }\n";
        }
        text += "\n# How much each column of the profile counts. All the same: weigh them as you see fit.\nweights:\n  sum_to: 1.0\n";
        let count = self.features.len();
        let share = (100 / count.max(1)) as u32;
        for (at, feature) in self.features.iter().enumerate() {
            let hundredths = if at == 0 { 100 - share * (count as u32 - 1) } else { share };
            let value = f64::from(hundredths) / 100.0;
            text += &format!(
                "  {}: {{ value: {value:?}, range: [0, 1], meaning: {} }}\n",
                feature.name,
                scalar(&feature.about)
            );
        }
        if !lines.is_empty() {
            text += "\n# From which value on a customer is of a tier. They lie where a tenth, three tenths and six tenths of the customers are above.\nlines:\n";
            for (tier, line) in tiers.iter().skip(1).zip(lines) {
                text += &format!(
                    "  {tier}: {{ value: {line:?}, unit: points, range: [0, 100], meaning: {} }}\n",
                    scalar(&format!("From here on: {tier}"))
                );
            }
        }
        text +=
            "\n# What each tier gets; made up, to be replaced by yours.\npolicy:\n  meaning: Terms by tier\n  table:\n";
        let last = tiers.len() - 1;
        for (at, tier) in tiers.iter().enumerate() {
            // The highest has the highest terms, and the lowest the lowest, also where it is the only one.
            let rank = if at == 0 { 0 } else { 3 - (last - at).min(3) };
            let (visits, discount) = ([0, 1, 3, 6][rank], [0.0, 0.05, 0.1, 0.2][rank]);
            text += &format!("    {tier}: {{ visits: {visits}, discount: {discount:?} }}\n");
        }
        text
    }

    /// `tierwright.yaml`.
    pub fn project(&self, name: &str, tiers: &[&str], as_of: Date) -> String {
        let day = match self.as_of {
            Some(_) if self.later => {
                "# The day after the last date in the data that was not in the future when this was drafted; there are later ones."
            }
            Some(_) => "# The day after the last date in the data.",
            None => "# The day of this draft: no column is a date.",
        };
        format!(
            "# Drafted by `tierwright init`. docs: tierwright run, check, test, watch.\nname: {}\ncustomer: {}\nsteps: [profile, value, tier, policy]\n\
             decision: {{ order: [{}] }}\n{day}\nas_of: {as_of}\n{}",
            scalar(name),
            scalar(&self.customer),
            tiers.join(", "),
            self.summaries()
        )
    }

    /// Sums that a run writes, and that `what-if` and `diff` compare.
    fn summaries(&self) -> String {
        let amount = self.features.iter().find(|feature| feature.adds_up);
        let amount = amount.map(|feature| format!("{0}: sum({0}), ", scalar(&feature.name))).unwrap_or_default();
        let measures = format!("{{ customers: count, {amount}visits: sum(visits_per_quarter) }}");
        let one = |name: &str, by: &str| format!("  - {{ name: {name}, by: [{by}tier], measures: {measures} }}\n");
        let by_segment = |segment: &String| one(&scalar(&format!("by_{segment}")), &format!("{}, ", scalar(segment)));
        let all: String = match self.segments.as_slice() {
            [] => one("by_tier", ""),
            segments => segments.iter().map(by_segment).collect(),
        };
        format!(
            "\n# Sums by group and tier: tables of each run, and what `tierwright what-if` compares.\nsummaries:\n{all}"
        )
    }

    /// `rules/tests/tiers.rtest`. `first` is a customer of the data with its tier.
    pub fn cases(&self, tiers: &[&str], lines: &[f64], first: Option<(&str, &str)>, as_of: Date) -> String {
        let mut text = format!("# What some customers must get: `tierwright test`.\nas_of: {as_of}\n\ncases:\n");
        if let Some((key, tier)) = first {
            text += &format!(
                "  - case: {}\n    key: {}\n    expect: {{ tier: {tier} }}\n",
                scalar(&format!("{key}, as the data have it")),
                scalar(key)
            );
        }
        if !lines.is_empty() {
            text += "\n  - case: each tier begins at its line\n    table:\n      - [value, =>, tier]\n";
            for (at, line) in lines.iter().enumerate() {
                text += &format!("      - [{line:?}, =>, {}]\n", tiers[at + 1]);
            }
            text += &format!("      - [{:?}, =>, {}]\n", lines[0] - 0.5, tiers[0]);
        }
        text
    }
}

/// The first texts of the customers, at most two, that most have and that few differ in.
fn segments(own: &Draft) -> Vec<String> {
    let groups = |(at, column): (usize, &Drafted)| {
        let guess = &column.guess;
        let few = (2..=SEGMENTS).contains(&guess.distinct) && 3 * guess.distinct <= guess.filled;
        let is_group = few && 2 * guess.filled >= guess.rows && guess.column.dtype == DataType::Text;
        let is_free = !["customers", "visits"].contains(&guess.column.name.as_str());
        (is_group && is_free && !own.key.contains(&at)).then(|| guess.column.name.clone())
    };
    own.columns.iter().enumerate().filter_map(groups).take(2).collect()
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// How rows of a table lead to customers, and which day is theirs.
struct Way<'a> {
    /// The name under which customers see them.
    many: &'a str,
    /// The path to the day, behind a row, and its type.
    day: Option<(String, DataType)>,
    /// Whether they lead there without another table between.
    is_direct: bool,
}

/// The way of a table's rows to the customers: their own reference, or that of the rows to which they lead; none where there are several.
fn way<'a>(drafts: &'a [Draft], draft: &'a Draft, customers: usize) -> Option<Way<'a>> {
    let own_day =
        |draft: &Draft| day_of(draft).map(|at| (draft.column(at).column.name.clone(), draft.column(at).column.dtype));
    if let Some(link) = draft.links.iter().find(|link| link.to == customers && link.many.is_some()) {
        return Some(Way { many: link.many.as_deref()?, day: own_day(draft), is_direct: true });
    }
    let leads = |table: usize| drafts[table].links.iter().filter(|link| link.to == customers).count();
    let mut through = draft.links.iter().filter(|link| link.many.is_some() && leads(link.to) > 0);
    let link = through.next().filter(|link| leads(link.to) == 1)?;
    if through.next().is_some() {
        return None;
    }
    let above = own_day(&drafts[link.to]).map(|(name, dtype)| (format!("{}?.{name}", link.name), dtype));
    Some(Way { many: link.many.as_deref()?, day: own_day(draft).or(above), is_direct: false })
}

/// The column that says on which day something happened: that which is filled where the amount is, then by its name, then the first.
pub(super) fn day_of(draft: &Draft) -> Option<usize> {
    let amount = amounts(draft).first().map(|at| draft.column(*at).filled);
    let apart = |at: usize| {
        amount.unwrap_or(draft.column(at).rows).abs_diff(draft.column(at).filled) * 50 / draft.column(at).rows.max(1)
    };
    let days = (0..draft.columns.len())
        .filter(|at| draft.column(*at).is_day() && draft.column(*at).filled * 2 > draft.column(*at).rows);
    days.min_by_key(|at| (apart(*at), !is_day(&draft.column(*at).column.name), *at))
}

/// Columns of how many and of what one costs, where no column says what all cost.
fn product(draft: &Draft) -> Option<(usize, usize)> {
    let numbers = || (0..draft.columns.len()).filter(|at| draft.column(*at).is_number());
    let name = |at: &usize| draft.column(*at).column.name.as_str();
    if numbers().any(|at| is_total(name(&at))) {
        return None;
    }
    Some((numbers().find(|at| is_quantity(name(at)))?, numbers().find(|at| is_price(name(at)))?))
}

/// Columns that hold amounts, the clearest by name first. Of whole numbers whose names say nothing none is one, unless there is no other.
fn amounts(draft: &Draft) -> Vec<usize> {
    let linked = |at: usize| draft.key.contains(&at) || draft.links.iter().any(|link| link.column == at);
    let mut found: Vec<usize> = (0..draft.columns.len())
        .filter(|at| {
            draft.column(*at).is_number()
                && !linked(*at)
                && !is_no_amount(&draft.column(*at).column.name)
                && draft.column(*at).distinct > 1
        })
        .collect();
    let clear = |at: &usize| {
        draft.column(*at).column.dtype != DataType::Int || amount_rank(&draft.column(*at).column.name).is_some()
    };
    if found.iter().any(clear) {
        found.retain(clear);
    }
    // Kinds are numbers, too, but there are few of them.
    let few = |at: usize| draft.column(at).distinct < 13 && draft.column(at).rows > 50;
    found.sort_by_key(|at| (amount_rank(&draft.column(*at).column.name).unwrap_or(usize::MAX), few(*at), *at));
    found.truncate(AMOUNTS);
    found
}

/// The lines between tiers: where about a tenth, three tenths and six tenths of the customers are above, each in a gap between unlike values, so
/// that every tier has somebody. As many as there are values to tell apart, and at most three; lowest first.
pub(super) fn lines(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    // Gaps, highest first: how many are above, and the ends.
    let gaps: Vec<(usize, f64, f64)> = (1..sorted.len())
        .filter(|at| sorted[*at] < sorted[at - 1])
        .map(|at| (at, sorted[at], sorted[at - 1]))
        .collect();
    let wanted =
        TIERS.iter().rev().take(gaps.len().min(TIERS.len() - 1)).map(|(_, _, share)| share * sorted.len() as f64);
    let (mut lines, mut from) = (Vec::new(), 0);
    let count = gaps.len().min(TIERS.len() - 1);
    for (number, share) in wanted.enumerate() {
        // Enough gaps stay for the lines below.
        let last = gaps.len() - (count - number);
        let nearest = (from..=last)
            .min_by(|a, b| (gaps[*a].0 as f64 - share).abs().total_cmp(&(gaps[*b].0 as f64 - share).abs()));
        let Some(at) = nearest else { break };
        lines.push(between(gaps[at].1, gaps[at].2));
        from = at + 1;
    }
    lines.reverse();
    lines
}

/// The shortest number above `low` and not above `high`.
fn between(low: f64, high: f64) -> f64 {
    let middle = low + (high - low) / 2.0;
    for digits in 0..12 {
        let factor = 10f64.powi(digits);
        let rounded = (middle * factor).round() / factor;
        if rounded > low && rounded <= high {
            return rounded;
        }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tier_has_somebody() {
        for (values, wanted) in [
            (&[1.0, 1.0, 1.0][..], 0),
            (&[1.0, 2.0], 1),
            (&[1.0, 2.0, 2.0, 2.0, 2.0], 1),
            (&[0.0, 0.0, 0.0, 50.0, 100.0], 2),
            (&[3.0, 1.0, 2.0, 4.0], 3),
            (&[], 0),
        ] {
            let lines = lines(values);
            assert_eq!(lines.len(), wanted, "{values:?}: {lines:?}");
            let tier = |value: &f64| lines.iter().filter(|line| value >= line).count();
            let mut seen: Vec<usize> = values.iter().map(tier).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), if values.is_empty() { 0 } else { wanted + 1 }, "{values:?}: {lines:?}");
        }
        let many: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(lines(&many), [400.0, 700.0, 900.0]);
        assert_eq!(between(51.6, 52.7), 52.0);
    }
}

//! "Did you mean": the nearest of some names.

/// Bytes of a name that is looked at; comparing takes time and memory by the product of both lengths.
const LONGEST: usize = 500;

/// The name nearest to `wrong`, if one is near enough to be meant: at most a third of its characters differ (two for
/// short names, one for those of up to three characters), counted with swaps of neighbours as one. Case is ignored first.
///
/// ```
/// use tierwright::diag::suggest::nearest;
/// assert_eq!(nearest("recency_day", ["revenue", "recency_days"]), Some("recency_days"));
/// assert_eq!(nearest("客户等及", ["客户等级", "客户"]), Some("客户等级"));
/// assert_eq!(nearest("xyz", ["revenue"]), None);
/// assert_eq!(nearest("any", ["abs"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    let length = wrong.chars().count();
    let allowed = (length / 3).max(if length <= 3 { 1 } else { 2 });
    names
        .into_iter()
        .filter(|name| *name != wrong && name.len() <= LONGEST && wrong.len() <= LONGEST)
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= allowed && *distance < name.chars().count().max(length))
        .min_by_key(|(distance, name)| (*distance, *name))
        .map(|(_, name)| name)
}

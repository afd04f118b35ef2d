//! Columns that the folders of a file give: `year=2017/region=EU/part.parquet`.
//!
//! In: the path of a file. Out: [`Partitions`]. Must not know: which columns are declared. Start at [`partitions`].

use super::layout::Partitions;

/// What stands for a missing value in the name of a folder.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns and values of a path's folders, outermost first; names and values are percent-decoded.
pub fn partitions(path: &str) -> Partitions {
    let (folders, _) = path.rsplit_once('/').unwrap_or_default();
    let pair = |folder: &str| {
        let (name, value) = folder.split_once('=')?;
        let value = Some(value).filter(|value| *value != MISSING && !value.is_empty()).map(decoded);
        Some((decoded(name), value))
    };
    folders.split('/').filter_map(pair).collect()
}

/// The text with `%41` as `A`. What is no code, or would give no UTF-8, stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_columns() {
        let of = |path: &str| {
            let shown = |(name, value): (String, Option<String>)| format!("{name}:{}", value.unwrap_or("-".into()));
            partitions(path).into_iter().map(shown).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("datasets/sales/year=2017/region=EU/part=1.parquet"), "year:2017 region:EU");
        assert_eq!(of("地区=华%2F东%20区/x=__HIVE_DEFAULT_PARTITION__/y=/f"), "地区:华/东 区 x:- y:-");
        assert_eq!(of("a%3Db=c=d/f"), "a=b:c=d");
        assert_eq!(of("p=%ff%4/q=100%/f"), "p:%ff%4 q:100%");
        assert_eq!(of("f.parquet"), "");
    }
}

//! Sets of rows as one bit for each.
//!
//! In: words of 64 rows, the lowest bit first. Out: membership, counts, and walks over a range of rows. Must not know:
//! figures. Rows behind the last word are in no set.

/// Rows of a word.
pub(super) const WORD: usize = 64;

/// Is the row in the set?
pub(super) fn has(words: &[u64], row: usize) -> bool {
    words.get(row / WORD).is_some_and(|w| w >> (row % WORD) & 1 == 1)
}

/// The first `rows` rows of a set, with no bits behind them.
pub(super) fn first_rows(words: &[u64], rows: usize) -> Vec<u64> {
    let mut taken: Vec<u64> = words.iter().copied().take(rows.div_ceil(WORD)).collect();
    taken.resize(rows.div_ceil(WORD), 0);
    if let Some(last) = taken.last_mut()
        && !rows.is_multiple_of(WORD)
    {
        *last &= (1 << (rows % WORD)) - 1;
    }
    taken
}

/// How many rows a set has.
pub(super) fn count(words: &[u64]) -> usize {
    words.iter().map(|w| w.count_ones() as usize).sum()
}

/// Calls `see` with each row of the set in ascending order, counted from the first word.
pub(super) fn each(words: &[u64], mut see: impl FnMut(usize)) {
    for (i, word) in words.iter().enumerate() {
        let start = i * WORD;
        if *word == u64::MAX {
            (start..start + WORD).for_each(&mut see);
            continue;
        }
        let mut rest = *word;
        while rest != 0 {
            see(start + rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
    }
}

/// Moves packed values to the places of a set's rows, and puts 0 between them. The values of the set's rows, in their
/// order, stand at the start of `values`.
pub(super) fn spread(values: &mut [u64], words: &[u64]) {
    let mut from = count(words);
    if from == values.len() {
        return;
    }
    for row in (0..values.len()).rev() {
        let is_in = words[row / WORD] >> (row % WORD) & 1 == 1;
        from -= usize::from(is_in);
        values[row] = if is_in { values[from] } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_values_spread_to_their_rows() {
        let words = first_rows(&[0b1101 | u64::MAX << 60, u64::MAX], 66);
        assert_eq!(words[1], 0b11);
        let mut rows = Vec::new();
        each(&words, |row| rows.push(row));
        assert_eq!(rows, [0, 2, 3, 60, 61, 62, 63, 64, 65]);
        let mut values: Vec<u64> = (1..=66).collect();
        spread(&mut values, &words);
        let expected = |row: usize| rows.iter().position(|r| *r == row).map_or(0, |i| i as u64 + 1);
        assert!(values.iter().enumerate().all(|(row, v)| *v == expected(row)));
        assert_eq!((has(&words, 2), has(&words, 4), has(&words, 900), count(&words)), (true, false, false, 9));
    }
}

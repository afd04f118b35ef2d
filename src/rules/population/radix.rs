//! Sorting of words of 64 bits in cache.
//!
//! In: words whose top bits tell most of them apart. Out: the words ascending. Must not know: what the words are.

use rayon::slice::ParallelSliceMut;

/// Bits of a counting pass.
const DIGIT: u32 = 11;
const DIGITS: usize = 1 << DIGIT;

/// Below it the standard sort is faster.
const FEW: usize = 600;

/// From it on the caches no longer hold what is sorted.
const MANY: usize = 1 << 17;

/// Sorts words; `other` is a buffer.
pub(super) fn sort(words: &mut [u64], other: &mut Vec<u64>) {
    if words.len() >= MANY {
        words.par_sort_unstable();
    } else if words.len() < FEW {
        words.sort_unstable();
    } else {
        sort_by_top(words, other);
        if !insert(words) {
            words.sort_unstable();
        }
    }
}

/// Sorts words by their top 22 bits.
fn sort_by_top(words: &mut [u64], other: &mut Vec<u64>) {
    let low = |word: u64| (word >> (64 - 2 * DIGIT)) as usize & (DIGITS - 1);
    let high = |word: u64| (word >> (64 - DIGIT)) as usize & (DIGITS - 1);
    let (mut lows, mut highs) = ([0_u32; DIGITS], [0_u32; DIGITS]);
    for word in &*words {
        lows[low(*word)] = lows[low(*word)].wrapping_add(1);
        highs[high(*word)] = highs[high(*word)].wrapping_add(1);
    }
    let (mut low_start, mut high_start) = (0_u32, 0_u32);
    for (l, h) in lows.iter_mut().zip(&mut highs) {
        (*l, low_start) = (low_start, low_start.wrapping_add(*l));
        (*h, high_start) = (high_start, high_start.wrapping_add(*h));
    }
    other.clear();
    other.resize(words.len(), 0);
    for word in &*words {
        let next = &mut lows[low(*word)];
        other[*next as usize] = *word;
        *next = next.wrapping_add(1);
    }
    for word in &*other {
        let next = &mut highs[high(*word)];
        words[*next as usize] = *word;
        *next = next.wrapping_add(1);
    }
}

/// Sorts by insertion, or gives up where that takes long.
fn insert(words: &mut [u64]) -> bool {
    let mut moves = 4 * words.len();
    for i in 1..words.len() {
        let word = words[i];
        if words[i - 1] <= word {
            continue;
        }
        let mut at = i;
        while at > 0 && words[at - 1] > word {
            words[at] = words[at - 1];
            at -= 1;
        }
        words[at] = word;
        moves = moves.saturating_sub(i - at);
        if moves == 0 {
            return false;
        }
    }
    true
}

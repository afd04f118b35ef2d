//! Texts of registers: 16 bytes each, as the views of Arrow's string arrays.
//!
//! In: views of columns, constants, computed texts. Out: [`Text`]s that can be compared without looking anything up where they are
//! short, and their bytes. Must not know: operations. A text of at most 12 bytes is its own bytes; a longer one has
//! its first four and says where it lies: in a buffer of [`Texts`], by number and offset.

use polars_arrow::array::View;
use std::cmp::Ordering;
use std::str;

/// A text: length in the lowest four bytes, then 12 bytes of text, or prefix, buffer and offset. Short texts are equal exactly
/// where their numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Text(pub u128);

/// Bytes that lie within a [`Text`].
pub const SHORT: usize = 12;

/// Number of the buffer of computed texts.
pub const COMPUTED: u32 = 0;
/// Number of the first buffer of constants and columns.
pub const FIRST: u32 = 1;

impl Text {
    /// A text of at most [`SHORT`] bytes, or one whose bytes lie in a buffer.
    #[inline]
    pub fn new(bytes: &[u8], buffer: u32, offset: u32) -> Text {
        let mut raw = [0u8; 16];
        raw[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        if bytes.len() <= SHORT {
            raw[4..4 + bytes.len()].copy_from_slice(bytes);
        } else {
            raw[4..8].copy_from_slice(&bytes[..4]);
            raw[8..12].copy_from_slice(&buffer.to_le_bytes());
            raw[12..].copy_from_slice(&offset.to_le_bytes());
        }
        Text(u128::from_le_bytes(raw))
    }

    /// The text of a view whose array's first buffer is number `base`.
    #[inline(always)]
    pub fn of_view(view: View, base: u32) -> Text {
        let text = Text(view.as_u128());
        if text.is_short() { text } else { Text(text.0.wrapping_add(u128::from(base) << 64)) }
    }

    /// The view of an array whose buffers have the same numbers.
    #[inline(always)]
    pub fn view(self) -> View {
        let part = |n: u32| (self.0 >> (32 * n)) as u32;
        View { length: part(0), prefix: part(1), buffer_idx: part(2), offset: part(3) }
    }

    /// Bytes.
    #[inline(always)]
    pub fn len(self) -> usize {
        self.0 as u32 as usize
    }

    /// Whether it has no bytes.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.0 as u32 == 0
    }

    /// Whether its bytes lie within.
    #[inline(always)]
    pub fn is_short(self) -> bool {
        self.len() <= SHORT
    }

    /// The buffer it lies in, unless it is short.
    #[inline(always)]
    pub fn buffer(self) -> Option<u32> {
        if self.is_short() { None } else { Some((self.0 >> 64) as u32) }
    }

    fn offset(self) -> usize {
        (self.0 >> 96) as usize
    }
}

/// A text does not fit: beyond the limit of bytes of one text, or of 4 GiB of computed texts in one chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Where the bytes of long texts lie: buffers of constants and columns, and those computed in this chunk.
#[derive(Debug, Default)]
pub struct Texts<'a> {
    /// Buffers from number [`FIRST`] on.
    buffers: Vec<&'a [u8]>,
    /// Buffer [`COMPUTED`].
    computed: Vec<u8>,
    /// Bytes that one text may have.
    limit: usize,
}

impl<'a> Texts<'a> {
    /// Texts in these buffers, the first of number [`FIRST`]; a computed one has at most `limit` bytes.
    pub fn new(buffers: Vec<&'a [u8]>, limit: usize) -> Texts<'a> {
        Texts { buffers, computed: Vec::new(), limit }
    }

    /// Forgets the computed texts.
    pub fn clear(&mut self) {
        self.computed.clear();
    }

    /// Bytes that one computed text may have.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The computed texts' buffer.
    pub fn computed(&self) -> &[u8] {
        &self.computed
    }

    /// A computed text.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn push(&mut self, text: &str) -> Result<Text, TooLong> {
        if text.len() > self.limit {
            return Err(TooLong);
        }
        if text.len() <= SHORT {
            return Ok(Text::new(text.as_bytes(), 0, 0));
        }
        let offset = u32::try_from(self.computed.len()).map_err(|_| TooLong)?;
        self.computed.extend_from_slice(text.as_bytes());
        Ok(Text::new(text.as_bytes(), COMPUTED, offset))
    }

    /// Calls `read` with a text's bytes. A text that is garbage has none.
    #[inline]
    pub fn with_bytes<R>(&self, text: Text, read: impl FnOnce(&[u8]) -> R) -> R {
        if text.is_short() {
            let raw = text.0.to_le_bytes();
            return read(&raw[4..4 + text.len()]);
        }
        read(self.long(text))
    }

    /// Calls `read` with a text.
    #[inline]
    pub fn with<R>(&self, text: Text, read: impl FnOnce(&str) -> R) -> R {
        self.with_bytes(text, |bytes| read(str::from_utf8(bytes).unwrap_or_default()))
    }

    fn long(&self, text: Text) -> &[u8] {
        let buffer = match text.buffer() {
            Some(COMPUTED) => Some(self.computed.as_slice()),
            Some(n) => self.buffers.get((n - FIRST) as usize).copied(),
            None => None,
        };
        buffer.and_then(|b| b.get(text.offset()..text.offset() + text.len())).unwrap_or_default()
    }

    /// Whether two texts are equal.
    #[inline(always)]
    pub fn equal(&self, a: Text, b: Text) -> bool {
        // Unlike lengths or first bytes tell long texts apart, too.
        a.0 == b.0 || (!a.is_short() && a.0 as u64 == b.0 as u64 && self.long(a) == self.long(b))
    }

    /// How two texts compare, by their bytes.
    pub fn compare(&self, a: Text, b: Text) -> Ordering {
        self.with_bytes(a, |a| self.with_bytes(b, |b| a.cmp(b)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_their_bytes() {
        let long = "战略客户，长期合作";
        let buffer = format!("xx{long}");
        let mut texts = Texts::new(vec![buffer.as_bytes()], 100);
        let a = Text::new(long.as_bytes(), FIRST, 2);
        let b = texts.push(long).unwrap();
        assert_ne!(a, b);
        assert!(texts.equal(a, b) && texts.compare(a, b).is_eq());
        let short = texts.push("战略客户").unwrap();
        assert_eq!((short.len(), short.is_short(), short.buffer()), (12, true, None));
        assert!(!texts.equal(a, short) && texts.compare(short, a).is_lt());
        assert_eq!(texts.with(a, str::to_owned), long);
        assert_eq!(texts.with(short, str::to_owned), "战略客户");
        assert_eq!(texts.push(&"x".repeat(101)), Err(TooLong));
    }

    #[test]
    fn garbage_has_no_bytes() {
        let texts = Texts::new(Vec::new(), 100);
        for garbage in [Text(u128::MAX), Text(40), Text((7 << 64) + 13)] {
            assert_eq!(texts.with(garbage, str::len), 0);
        }
    }

    #[test]
    fn views_keep_their_bits() {
        let view = View { length: 20, prefix: 7, buffer_idx: 1, offset: 9 };
        let text = Text::of_view(view, 3);
        assert_eq!(text.buffer(), Some(4));
        assert_eq!((text.view().length, text.view().prefix, text.view().offset), (20, 7, 9));
    }
}

//! Arrays of texts whose views were looked at when they were written.
//!
//! In: texts of registers. Out: an array over their buffers. Must not know: programs. Arrow's own check of a whole array
//! looks at every text again; here one that has just been seen is not, and all threads take part.

use super::text::{COMPUTED, Text, Texts};
use crate::rules::pages::Pages;
use polars_arrow::array::{Utf8ViewArray, View};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::ArrowDataType;

/// Texts that were seen lately: most columns have few.
#[derive(Debug, Default)]
pub(super) struct Seen {
    texts: [Text; 32],
}

impl Seen {
    /// Whether a text's bytes lie in its buffer and are UTF-8.
    #[inline(always)]
    pub(super) fn is_text(&mut self, texts: &Texts<'_>, text: Text) -> bool {
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let at = ((text.0 as u64 ^ (text.0 >> 64) as u64).wrapping_mul(SPREAD) >> 59) as usize;
        self.texts[at & 31] == text || self.look_at(texts, text, at & 31)
    }

    fn look_at(&mut self, texts: &Texts<'_>, text: Text, at: usize) -> bool {
        let holds = texts.with_bytes(text, |bytes| bytes.len() == text.len() && std::str::from_utf8(bytes).is_ok());
        // The buffer of computed texts begins anew with each chunk.
        if holds && text.buffer() != Some(COMPUTED) {
            self.texts[at] = text;
        }
        holds
    }
}

/// Views of a column: empty texts, or what kept memory held, until all are written.
#[derive(Debug)]
pub(super) struct Views {
    views: Pages<View>,
}

impl AsMut<[View]> for Views {
    fn as_mut(&mut self) -> &mut [View] {
        &mut self.views
    }
}

impl Views {
    /// Over this memory.
    pub(super) fn new(views: Pages<View>) -> Views {
        Views { views }
    }

    /// The array over an empty buffer, those of `sources`, and `own`: buffers have the numbers that they have in registers. Whoever wrote a view has copied it from a text
    /// array or a constant, or found by [`Seen::is_text`] that its bytes are a text.
    pub(super) fn array(self, sources: &[Utf8ViewArray], own: Vec<Vec<u8>>, there: Option<Bitmap>) -> Utf8ViewArray {
        let shared = sources.iter().flat_map(|array| array.data_buffers().iter().cloned());
        let none = std::iter::once(Vec::new().into());
        let buffers: Vec<_> = none.chain(shared).chain(own.into_iter().map(Into::into)).collect();
        #[allow(unsafe_code, reason = "each view was looked at when it was written")]
        // SAFETY: the tasks of a column write all its rows ([`super::output::Part`]); every view is that of an empty text, a copy of one of an array among `sources` or of a constant whose buffer
        // is there, or was written after its bytes were found to lie in their buffer and to be UTF-8; `there` has a bit a row.
        unsafe {
            Utf8ViewArray::new_unchecked_unknown_md(
                ArrowDataType::Utf8View,
                self.views.buffer(),
                buffers.into(),
                there,
                None,
            )
        }
    }
}

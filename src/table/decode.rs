//! Texts in other encodings, as UTF-8.
//!
//! In: bytes, their [`Encoding`]. Out: UTF-8, in which bytes that mean nothing are marked. Must not know: files, rows.
//! Start at [`Decoding::new`]; [`shown`] makes marks readable.
//!
//! A mark is no UTF-8, so that a field with one is found as any other that is not: the byte FF, then each byte as two of
//! 80 to 8F, its halves. Nothing in a mark is a delimiter, a quote or a line end.

use crate::manifest::model::Encoding;
use encoding_rs::{Decoder, DecoderResult};
use std::io::{self, Read};

/// Bytes decoded at a stretch.
const CHUNK: usize = 1 << 16;
/// Bytes of the chunk before that are kept: a mark may begin there.
const TAIL: usize = 8;

/// A reader of UTF-8 over one of another encoding.
pub struct Decoding<R> {
    inner: R,
    kind: Kind,
    /// The last bytes of the chunk before, then the chunk.
    raw: Vec<u8>,
    out: Vec<u8>,
    at: usize,
    ended: bool,
}

enum Kind {
    /// One byte, one character; `None` where a byte means nothing.
    Bytes(fn(u8) -> Option<char>),
    Standard(Box<Decoder>),
}

impl<R: Read> Decoding<R> {
    /// The text of `inner`; `None` for UTF-8, which needs no reader, and for UTF-16 of unknown order.
    pub fn new(inner: R, encoding: Encoding) -> Option<Decoding<R>> {
        let standard = |encoding: &'static encoding_rs::Encoding| {
            Kind::Standard(Box::new(encoding.new_decoder_without_bom_handling()))
        };
        let kind = match encoding {
            Encoding::Utf8 | Encoding::Utf16 => return None,
            Encoding::Utf16Le => standard(encoding_rs::UTF_16LE),
            Encoding::Utf16Be => standard(encoding_rs::UTF_16BE),
            Encoding::Latin1 => Kind::Bytes(|byte| Some(char::from(byte))),
            Encoding::Windows1252 => Kind::Bytes(windows_1252),
            Encoding::Other(place) => {
                let (_, label) = Encoding::OTHERS.get(usize::from(place))?;
                standard(encoding_rs::Encoding::for_label(label.as_bytes())?)
            }
        };
        Some(Decoding { inner, kind, raw: Vec::new(), out: Vec::new(), at: 0, ended: false })
    }

    fn fill(&mut self) -> io::Result<()> {
        let kept = self.raw.len().saturating_sub(TAIL);
        self.raw.drain(..kept);
        let start = self.raw.len();
        let n = (&mut self.inner).take(CHUNK as u64).read_to_end(&mut self.raw)?;
        self.ended = n == 0;
        self.out.clear();
        self.at = 0;
        match &mut self.kind {
            Kind::Bytes(decode) => {
                for byte in &self.raw[start..] {
                    match decode(*byte) {
                        Some(c) => self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                        None => mark(&[*byte], &mut self.out),
                    }
                }
            }
            Kind::Standard(decoder) => standard(decoder, &self.raw, start, self.ended, &mut self.out),
        }
        Ok(())
    }
}

/// Decodes `raw[start..]`; the bytes before are only looked at where a fault begins there.
fn standard(decoder: &mut Decoder, raw: &[u8], mut start: usize, last: bool, out: &mut Vec<u8>) {
    let mut space = vec![0; 4 * CHUNK];
    loop {
        let (result, read, written) = decoder.decode_to_utf8_without_replacement(&raw[start..], &mut space, last);
        out.extend_from_slice(&space[..written]);
        start += read;
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(bytes, behind) => {
                let end = start.saturating_sub(usize::from(behind));
                mark(&raw[end.saturating_sub(usize::from(bytes))..end], out);
            }
        }
    }
}

fn mark(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(0xff);
    out.extend(bytes.iter().flat_map(|byte| [0x80 | byte >> 4, 0x80 | byte & 0xf]));
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.out.len() && !self.ended {
            self.fill()?;
        }
        let n = (&self.out[self.at..]).read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

/// Windows-1252; the five bytes that it leaves open mean nothing.
fn windows_1252(byte: u8) -> Option<char> {
    const HIGH: [u16; 32] = [
        0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d,
        0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,
        0x017e, 0x0178,
    ];
    match byte {
        0x80..=0x9f => match HIGH[usize::from(byte - 0x80)] {
            0 => None,
            code => char::from_u32(u32::from(code)),
        },
        _ => Some(char::from(byte)),
    }
}

/// A text as messages show it: bytes that mean nothing in hex, as `M<FC>ller`. Bytes of other encodings than UTF-8 come
/// as marks.
pub fn shown(bytes: &[u8], encoding: Encoding) -> String {
    let mut text = String::new();
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => return text + valid,
            Err(error) => {
                let (valid, wrong) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                let taken = if encoding == Encoding::Utf8 { 1 } else { unmark(wrong, &mut text) };
                if encoding == Encoding::Utf8 {
                    text.push_str(&format!("<{:02X}>", wrong[0]));
                }
                rest = &wrong[taken..];
            }
        }
    }
}

/// Appends the bytes of the mark at the start; gives its length.
fn unmark(marked: &[u8], text: &mut String) -> usize {
    let halves = marked[1..].iter().take_while(|byte| **byte & 0xf0 == 0x80).count() & !1;
    for pair in marked[1..=halves].chunks_exact(2) {
        text.push_str(&format!("<{:X}{:X}>", pair[0] & 0xf, pair[1] & 0xf));
    }
    1 + halves
}

/// The text that was made UTF-8 twice to give this one, `MÃ¼ller` for `Müller`; `None` if that cannot be. In a text that
/// is mended in parts, `Jörg MÃ¼ller`, the other parts stay.
pub fn once(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let mut whole = String::with_capacity(text.len());
    let (mut rest, mut is_mended) = (text, false);
    while !rest.is_empty() {
        let plain = rest.find(|c: char| !c.is_ascii()).unwrap_or(rest.len());
        whole.push_str(&rest[..plain]);
        rest = &rest[plain..];
        let (run, behind) = rest.split_at(rest.find(|c: char| c.is_ascii()).unwrap_or(rest.len()));
        let mended = once_run(run);
        is_mended |= mended.is_some();
        whole.push_str(mended.as_deref().unwrap_or(run));
        rest = behind;
    }
    is_mended.then_some(whole)
}

/// The same of characters none of which is ASCII.
fn once_run(run: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = run.chars().map(byte_of).collect();
    let once = String::from_utf8(bytes?).ok()?;
    // A text whose bytes spell another text by chance has few of them; a control character is nobody's name.
    let sensible = |c: char| !c.is_control() && c != '\u{fffd}';
    (once.chars().count() < run.chars().count() && once.chars().all(sensible)).then_some(once)
}

/// The byte that Windows-1252, or ISO-8859-1 where that leaves it open, reads as this character.
fn byte_of(c: char) -> Option<u8> {
    match u8::try_from(c as u32) {
        Ok(byte) => Some(byte),
        Err(_) => (0x80..=0x9f).find(|byte| windows_1252(*byte) == Some(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(name: &str) -> Encoding {
        Encoding::parse(name).unwrap()
    }

    /// Gives one byte at a time.
    struct Slow<'b>(&'b [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.0.len().min(1).min(buffer.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn decoded(bytes: &[u8], name: &str) -> String {
        let encoding = encoding(name);
        let mut out = Vec::new();
        Decoding::new(Slow(bytes), encoding).unwrap().read_to_end(&mut out).unwrap();
        shown(&out, encoding)
    }

    #[test]
    fn texts_come_out_as_they_were() {
        for name in ["gb18030", "gbk"] {
            assert_eq!(decoded(b"\xbf\xcd\xbb\xa7,1\n", name), "客户,1\n");
        }
        assert_eq!(decoded(b"\x81\x30\x81\x30", "gb18030"), "\u{80}");
        assert_eq!(decoded(b"\xab\xc8\xa4\xe1", "big5"), "客戶");
        assert_eq!(decoded(b"\x8c\xda\x8bq", "shift-jis"), "顧客");
        assert_eq!(decoded(b"M\xfcller \x80\x85", "latin-1"), "Müller \u{80}\u{85}");
        assert_eq!(decoded(b"M\xfcller \x80\x99", "windows-1252"), "Müller €™");
        let utf16: Vec<u8> = "客户😀".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&utf16, "utf-16be"), "客户😀");
    }

    #[test]
    fn bytes_that_mean_nothing_are_shown() {
        assert_eq!(decoded(b"a\x81b", "windows-1252"), "a<81>b");
        assert_eq!(decoded(b"a\xbf\n\xff,b", "gbk"), "a<BF>\n<FF>,b");
        assert_eq!(decoded(b"a\x8c", "shift-jis"), "a<8C>", "at the end");
        assert_eq!(decoded(b"a\0\0\xd8b\0c", "utf-16le"), "a<00><D8>b<63>", "half a pair, half a unit");
        assert_eq!(shown(b"M\xfcller\xff\x81\x82", Encoding::Utf8), "M<FC>ller<FF><81><82>");
    }

    #[test]
    fn chunks_change_nothing() {
        let bytes = [b"a".repeat(CHUNK - 1), b"\xbf\xcd\xbf\n".to_vec(), "b".repeat(CHUNK).into_bytes()].concat();
        let mut whole = Vec::new();
        Decoding::new(&bytes[..], encoding("gbk")).unwrap().read_to_end(&mut whole).unwrap();
        assert_eq!(shown(&whole, encoding("gbk")), decoded(&bytes, "gbk"));
        assert!(decoded(&bytes, "gbk").contains("a客<BF>\nb"));
    }

    #[test]
    fn what_was_encoded_twice_is_told_from_what_was_not() {
        assert_eq!(once("MÃ¼ller").as_deref(), Some("Müller"));
        assert_eq!(once("å®¢æˆ·").as_deref(), Some("客户"));
        assert_eq!(once("â‚¬ 5").as_deref(), Some("€ 5"));
        for plain in ["Müller", "客户", "Ã", "São Tomé", "plain", "Å", "10 £"] {
            assert_eq!(once(plain), None, "{plain}");
        }
    }
}

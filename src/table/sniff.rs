//! What encoding a text is likely in.
//!
//! In: the first bytes of a file. Out: an [`Encoding`] to name in a message. Must not know: manifests' wishes; a guess is
//! never acted on. Start at [`likely`].

use crate::manifest::model::Encoding;

/// Bytes that are looked at.
pub const SNIFFED: usize = 1 << 16;

/// The encoding that a byte-order mark tells, and its length.
pub fn marked(head: &[u8]) -> Option<(Encoding, usize)> {
    match head {
        [0xef, 0xbb, 0xbf, ..] => Some((Encoding::Utf8, 3)),
        [0xff, 0xfe, ..] => Some((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] => Some((Encoding::Utf16Be, 2)),
        _ => None,
    }
}

/// UTF-16 without a mark: every other byte of what is ASCII is a NUL.
pub fn unmarked_utf16(head: &[u8]) -> Option<Encoding> {
    let head = &head[..head.len().min(4096)];
    let nuls = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (nuls(0), nuls(1), head.len() / 2);
    let many = |n: usize, other: usize| n >= 3 && n * 5 > half && n > 20 * other;
    match () {
        () if many(odd, even) => Some(Encoding::Utf16Le),
        () if many(even, odd) => Some(Encoding::Utf16Be),
        () => None,
    }
}

/// The encoding of a text that is not UTF-8; `None` if it is, as far as it goes, or if most of it is.
pub fn likely(head: &[u8]) -> Option<Encoding> {
    if let Some((encoding, _)) = marked(head).filter(|(encoding, _)| *encoding != Encoding::Utf8) {
        return Some(encoding);
    }
    if let Some(encoding) = unmarked_utf16(head) {
        return Some(encoding);
    }
    let (valid, wrong) = characters(head);
    if wrong == 0 || valid >= wrong {
        return None;
    }
    let counts = Counts::of(head);
    let named = |name: &str| Encoding::parse(name);
    match () {
        // Letters of western languages stand alone among ASCII.
        () if counts.alone * 2 > counts.runs => named("windows-1252"),
        () if counts.kana * 3 > counts.pairs => named("shift-jis"),
        () if counts.chinese * 10 >= counts.pairs * 9 => named("gb18030"),
        () if counts.traditional * 10 >= counts.pairs * 9 => named("big5"),
        () => named("gb18030"),
    }
}

/// Characters of more than one byte, and bytes that belong to none.
fn characters(head: &[u8]) -> (usize, usize) {
    let (mut valid, mut wrong) = (0, 0);
    for chunk in head.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += chunk.invalid().len();
    }
    // The last character may be cut by the end of what is looked at.
    (valid, if head.len() >= SNIFFED { wrong.saturating_sub(3) } else { wrong })
}

/// How bytes beyond ASCII stand.
#[derive(Default)]
struct Counts {
    /// Runs of such bytes, and those of one byte alone.
    runs: usize,
    alone: usize,
    /// Pairs by their first byte, and what they can be.
    pairs: usize,
    chinese: usize,
    traditional: usize,
    kana: usize,
}

impl Counts {
    fn of(head: &[u8]) -> Counts {
        let mut counts = Counts::default();
        let mut at = 0;
        while at < head.len() {
            if head[at].is_ascii() {
                at += 1;
                continue;
            }
            let run = head[at..].iter().take_while(|byte| !byte.is_ascii()).count();
            counts.runs += 1;
            let next = head.get(at + 1).copied().unwrap_or(0);
            // The second byte of a Chinese or Japanese character may be an ASCII letter; its first byte is seldom a letter of
            // a western language then.
            let is_half = matches!((head[at], next), (0x81..=0xc6, 0x40..=0x7e));
            counts.alone += usize::from(run == 1 && !is_half);
            let end = at + run;
            while at < end {
                counts.pair(head[at], head.get(at + 1).copied().unwrap_or(0));
                at += 2;
            }
        }
        counts
    }

    fn pair(&mut self, lead: u8, trail: u8) {
        self.pairs += 1;
        // The characters of everyday Chinese and their punctuation.
        self.chinese += usize::from(matches!(lead, 0xa1..=0xa9 | 0xb0..=0xf7) && trail >= 0xa1);
        self.traditional += usize::from(matches!(lead, 0xa1..=0xc6) && (matches!(trail, 0x40..=0x7e) || trail >= 0xa1));
        self.kana += usize::from(matches!(lead, 0x82 | 0x83));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str, encoding: &'static encoding_rs::Encoding) -> Option<&'static str> {
        likely(&encoding.encode(text).0).map(Encoding::name)
    }

    #[test]
    fn encodings_are_told_by_how_their_bytes_stand() {
        assert_eq!(guess("客户,行业\n华为技术,通信\n", encoding_rs::GB18030), Some("gb18030"));
        assert_eq!(guess("名稱,產業\n台積電股份有限公司,半導體製造\n", encoding_rs::BIG5), Some("big5"));
        assert_eq!(guess("顧客,ひらがなとカタカナ\n", encoding_rs::SHIFT_JIS), Some("shift-jis"));
        assert_eq!(guess("Name;Ort\nMüller;Köln\nGarçon;Orléans\n", encoding_rs::WINDOWS_1252), Some("windows-1252"));
        assert_eq!(guess("客户,Müller\n", encoding_rs::UTF_8), None);
        let utf16: Vec<u8> = "id,名称\n1,x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(likely(&utf16).map(Encoding::name), Some("utf-16le"));
        assert_eq!(likely(&[b"\xff\xfe", &utf16[..]].concat()).map(Encoding::name), Some("utf-16le"));
        assert_eq!(likely(b"plain"), None);
        assert_eq!(likely(b"a\0b\n"), None);
    }
}

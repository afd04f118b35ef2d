//! What encoding a text is likely in.
//!
//! In: the first bytes of a file. Out: an [`Encoding`] to name in a message. Must not know: manifests' wishes; a guess is
//! never acted on. Start at [`likely`].

use crate::manifest::model::Encoding;

/// Bytes that are looked at.
pub const SNIFFED: usize = 1 << 16;
/// Bytes beyond ASCII that tell too little.
const FEW: usize = 4;

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
    // Of a few bytes western letters are likelier than any other.
    if head.iter().filter(|byte| !byte.is_ascii()).count() < FEW {
        return Encoding::parse("windows-1252");
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(head, head.len() < SNIFFED);
    let name = detector.guess(None, chardetng::Utf8Detection::Deny).name();
    // The larger set reads what the smaller one does.
    Encoding::parse(if name == "GBK" { "gb18030" } else { name })
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

/// Watches whether bytes that are said to be of another encoding are UTF-8.
#[derive(Debug, Default)]
pub struct Utf8Watch {
    /// Characters of more than one byte so far.
    characters: u64,
    /// Whether all bytes were UTF-8 so far.
    broken: bool,
    /// The bytes of a character that is not whole yet.
    rest: Vec<u8>,
}

impl Utf8Watch {
    /// Characters that another encoding hardly spells by chance.
    const ENOUGH: u64 = 8;

    /// Looks at the next bytes.
    pub fn see(&mut self, bytes: &[u8]) {
        if self.broken || (self.rest.is_empty() && bytes.is_ascii()) {
            return;
        }
        let joined = [&self.rest[..], bytes].concat();
        self.rest.clear();
        let mut chunks = joined.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
            let invalid = chunk.invalid();
            let may_go_on = chunks.peek().is_none() && invalid.len() < 4 && begins(invalid);
            match (invalid.is_empty(), may_go_on) {
                (true, _) => {}
                (false, true) => self.rest = invalid.to_vec(),
                (false, false) => self.broken = true,
            }
        }
    }

    /// Whether they were, and not by chance.
    pub fn is_utf8(&self) -> bool {
        !self.broken && self.rest.is_empty() && self.characters >= Utf8Watch::ENOUGH
    }
}

/// Whether bytes are the first ones of a character.
fn begins(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.valid_up_to() == 0 && error.error_len().is_none())
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
        let more = "Zażółć gęślą jaźń; Łódź; Świętokrzyskie; Kraków\n".repeat(3);
        assert_eq!(guess(&more, encoding_rs::WINDOWS_1250), Some("windows-1250"));
        assert_eq!(guess("Имя;Город\nПривет;Москва\n", encoding_rs::WINDOWS_1251), Some("windows-1251"));
        assert_eq!(guess("고객,지역\n삼성전자,서울특별시\n현대자동차,부산\n", encoding_rs::EUC_KR), Some("euc-kr"));
        assert_eq!(guess("顧客,ひらがなとカタカナ\n東京都,株式会社\n", encoding_rs::EUC_JP), Some("euc-jp"));
        assert_eq!(guess("Größe „x“;Straße\nMüller & Söhne;Köln\n", encoding_rs::WINDOWS_1252), Some("windows-1252"));
        assert_eq!(likely(b"plain"), None);
        assert_eq!(likely(b"a\0b\n"), None);
    }

    #[test]
    fn utf8_is_known_wherever_its_bytes_are_cut() {
        let text = "id,name\n".repeat(10) + "1,Müller\n2,华为技术\n3,Привет\n4,𝄞\n";
        for step in [1, 2, 3, 7, 1000] {
            let mut watch = Utf8Watch::default();
            text.as_bytes().chunks(step).for_each(|bytes| watch.see(bytes));
            assert!(watch.is_utf8(), "{step}");
            watch.see(b"\xfc");
            assert!(!watch.is_utf8());
            watch.see(b"x");
            assert!(!watch.is_utf8());
        }
        let mut few = Utf8Watch::default();
        few.see("Müller".as_bytes());
        assert!(!few.is_utf8(), "it may be chance");
        let mut chinese = Utf8Watch::default();
        chinese.see(&encoding_rs::GB18030.encode("客户,华为技术有限公司,战略客户").0);
        assert!(!chinese.is_utf8());
    }
}

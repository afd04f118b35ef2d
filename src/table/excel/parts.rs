//! How much the parts of a workbook unpack to, found out before they are read.
//!
//! In: the bytes of a workbook that is a ZIP file. Out: what is beyond reason in it, or nothing. Must not know: sheets'
//! cells. Start at [`beyond_reason`].
//!
//! The library that reads workbooks unpacks a part to its end and holds a cell's text whole, whatever their sizes. A ZIP
//! file's directory may say anything of these, so every part is unpacked here, in a few kilobytes, and counted: what may
//! be read begins with the mark of a part, and packed data say themselves where they end.

use flate2::{Decompress, FlushDecompress, Status};
use std::io::Cursor;

/// Bytes that the parts of a workbook may unpack to, however small it is.
const ENOUGH: u64 = 128 << 20;
/// Times its own size that a workbook's parts may unpack to. Sheets that people and programs write reach about 30.
const TIMES: u64 = 100;
/// Bytes of a sheet in which some tag must begin: 32,767 characters are at most a third of that, escaped as they may be.
const TEXT: usize = 1 << 20;
/// Characters of a cell in Excel at most.
pub const CHARACTERS: usize = 32_767;

const MARK: &[u8] = b"PK\x03\x04";
const DEFLATED: u16 = 8;

/// Why a workbook that is a ZIP file is not what its directory says, as a clause: a part that does not match its checksum.
pub fn damaged(bytes: &[u8]) -> Option<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    for number in 0..archive.len() {
        // A part that is packed in another way is not read either.
        let Ok(mut part) = archive.by_index(number) else { continue };
        if let Err(error) = std::io::copy(&mut part, &mut std::io::sink()) {
            let name = part.name().map(|name| super::super::batch::cut(&name)).unwrap_or_default();
            return Some(format!("its part `{name}`: {error}"));
        }
    }
    None
}

/// More texts than a table of shared texts has room for: room is made for as many as it says.
fn overstated(start: &[u8], length: usize) -> bool {
    let start = String::from_utf8_lossy(&start[..start.len().min(1 << 12)]);
    let stated = start.split("niqueCount=").nth(1).and_then(|rest| rest.get(1..));
    let digits = stated.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    // A text takes four bytes at least: `<si/>`.
    digits.is_some_and(|digits| digits.parse::<usize>().map_or(!digits.is_empty(), |count| count / 4 > length))
}

/// What is beyond reason in a workbook that is a ZIP file, as a clause.
pub fn beyond_reason(bytes: &[u8]) -> Option<String> {
    let most = ENOUGH.max(TIMES.saturating_mul(bytes.len() as u64));
    let mut unpacked = 0;
    let mut inflate = Decompress::new(false);
    let mut buffer = vec![0; 1 << 16];
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| rest.windows(MARK.len()).position(|four| four == MARK)) {
        at += next + MARK.len();
        let Some(part) = Part::at(&bytes[at..]) else { continue };
        inflate.reset(false);
        if let Some(why) = part.check(&mut inflate, &mut buffer, most, &mut unpacked) {
            return Some(format!("its part `{}` {why}", part.name));
        }
    }
    None
}

/// A packed part.
struct Part<'b> {
    name: String,
    data: &'b [u8],
}

impl<'b> Part<'b> {
    /// The part whose mark stands before these bytes; `None` if it is not packed, so that it is no larger than it looks.
    fn at(head: &'b [u8]) -> Option<Part<'b>> {
        let word = |at: usize| Some(u16::from_le_bytes([*head.get(at)?, *head.get(at + 1)?]));
        let (method, name, extra) = (word(4)?, usize::from(word(22)?), usize::from(word(24)?));
        let data = head.get(26 + name + extra..)?;
        let name = head.get(26..26 + name).map(String::from_utf8_lossy)?;
        (method == DEFLATED).then(|| Part { name: super::super::batch::cut(&name), data })
    }

    /// Why it is beyond reason; `unpacked` counts the bytes of all parts.
    fn check(&self, inflate: &mut Decompress, buffer: &mut [u8], most: u64, unpacked: &mut u64) -> Option<String> {
        let holds_cells = self.name.starts_with("xl/worksheets/") || self.name.starts_with("xl/sharedStrings");
        let is_shared = self.name.starts_with("xl/sharedStrings");
        let (mut without_tag, mut whole, mut start) = (0, 0, Vec::new());
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            let rest = self.data.get(usize::try_from(read).ok()?..)?;
            let status = inflate.decompress(rest, buffer, FlushDecompress::None);
            let some = usize::try_from(inflate.total_out() - written).ok()?;
            *unpacked += some as u64;
            whole += some;
            if is_shared && start.len() < 1 << 12 {
                start.extend_from_slice(&buffer[..some.min(1 << 12)]);
            }
            without_tag = if buffer[..some].contains(&b'<') { 0 } else { without_tag + some };
            if *unpacked > most {
                let mib = most >> 20;
                return Some(format!(
                    "brings it above {mib} MiB unpacked, more than {TIMES} times what the file takes"
                ));
            }
            if holds_cells && self.name.ends_with(".xml") && without_tag > TEXT {
                return Some("has a cell of more than a million characters; Excel holds 32,767".to_owned());
            }
            // What is damaged is found where it is read.
            match status {
                Ok(Status::Ok) if some > 0 || inflate.total_in() > read => {}
                _ if is_shared && overstated(&start, whole) => {
                    return Some("says that it has more texts than it has room for".to_owned());
                }
                _ => return None,
            }
        }
    }
}

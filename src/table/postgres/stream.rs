//! The rows of a `COPY … TO STDOUT (FORMAT binary)`.
//!
//! In: a session and a statement. Out: rows, into a sink. Must not know: where the statement comes from, what becomes of
//! rows. Start at [`copy`].
//!
//! The stream has a head, then each row as the number of its fields and, for each field, the number of its bytes (-1 for
//! none) and these. The bytes of a row stand for it in the hash of all rows.

use super::Refusal;
use super::connect::Session;
use super::statement::Statement;
use super::value::How;
use crate::manifest::model::Column;
use crate::table::batch::Plan;
use crate::table::database::RowSink;
use crate::table::field::FieldRow;
use std::io::{Error, ErrorKind, Read};

const HEAD: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// Reads all rows.
///
/// # Errors
/// [`Refusal`].
pub fn copy(session: &mut Session, statement: &Statement, plan: &Plan, sink: &mut RowSink) -> Result<(), Refusal> {
    let mut reader = session.client.copy_out(&statement.text)?;
    let columns: Vec<(&Column, &How)> = plan.table.columns.values().zip(&statement.columns).collect();
    let mut fields = FieldRow::default();
    rows(&mut reader, columns.len(), &mut |row, raw| {
        fields.clear();
        for ((column, how), value) in columns.iter().zip(row) {
            match value {
                Some(bytes) => how.field(bytes, column, plan.zone, &mut fields),
                None => fields.missing(),
            }
        }
        sink.row(&fields, raw);
    })?;
    Ok(())
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("the rows that the server sends break off: {why}"))
}

type OnRow<'r> = dyn FnMut(&[Option<&[u8]>], &[u8]) + 'r;

/// Reads rows of `width` fields; `row` gets the fields, and the bytes of the row.
fn rows(reader: &mut dyn Read, width: usize, row: &mut OnRow) -> Result<(), Error> {
    let mut head = [0; 19];
    reader.read_exact(&mut head)?;
    if &head[..11] != HEAD {
        return Err(broken("no head"));
    }
    let extension = u32::from_be_bytes([head[15], head[16], head[17], head[18]]);
    std::io::copy(&mut reader.take(u64::from(extension)), &mut std::io::sink())?;
    let mut raw = Vec::new();
    let mut places: Vec<Option<(usize, usize)>> = Vec::with_capacity(width);
    loop {
        let mut count = [0; 2];
        reader.read_exact(&mut count)?;
        match i16::from_be_bytes(count) {
            -1 => return Ok(()),
            count if usize::try_from(count) == Ok(width) => {}
            count => return Err(broken(&format!("{count} fields where {width} are expected"))),
        }
        raw.clear();
        places.clear();
        for _ in 0..width {
            let mut length = [0; 4];
            reader.read_exact(&mut length)?;
            raw.extend(length);
            let Ok(length) = u64::try_from(i32::from_be_bytes(length)) else {
                places.push(None);
                continue;
            };
            let start = raw.len();
            // Room is made as bytes come, not as they are promised.
            let read = reader.take(length).read_to_end(&mut raw)?;
            if read as u64 != length {
                return Err(broken("a value is cut off"));
            }
            places.push(Some((start, raw.len())));
        }
        let fields: Vec<Option<&[u8]>> =
            places.iter().map(|place| place.map(|(start, end)| &raw[start..end])).collect();
        row(&fields, &raw);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Vec<Option<Vec<u8>>>>, String> {
        let mut found = Vec::new();
        let mut reader = bytes;
        rows(&mut reader, 2, &mut |row, _| found.push(row.iter().map(|f| f.map(<[u8]>::to_vec)).collect()))
            .map_err(|error| error.to_string())?;
        Ok(found)
    }

    fn stream(rows: &[u8]) -> Vec<u8> {
        [HEAD.as_slice(), &[0; 4], &[0, 0, 0, 2], b"xx", rows].concat()
    }

    #[test]
    fn rows_come_to_their_end() {
        let rows = b"\0\x02\0\0\0\x01a\xff\xff\xff\xff\0\x02\0\0\0\0\0\0\0\x02bc\xff\xff";
        let expected = vec![vec![Some(b"a".to_vec()), None], vec![Some(vec![]), Some(b"bc".to_vec())]];
        assert_eq!(read(&stream(rows)), Ok(expected));
        for cut in 0..rows.len() {
            assert!(read(&stream(&rows[..cut])).is_err(), "cut at {cut}");
        }
        assert!(read(&stream(b"\0\x03")).unwrap_err().contains("3 fields where 2"));
        assert!(read(&stream(b"\0\x02\x7f\xff\xff\xffa")).unwrap_err().contains("cut off"));
        assert!(read(b"PGCOPX\n\xff\r\n\0\0\0\0\0\0\0\0\0").unwrap_err().contains("no head"));
    }
}

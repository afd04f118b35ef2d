//! Random dirty input: every row read is accounted for.

use super::*;

/// A small generator, so that a failure can be repeated from its seed.
pub struct Random(pub u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, from: &[&'a [u8]]) -> &'a [u8] {
        from[self.below(from.len() as u64) as usize]
    }
}

const CELLS: [&[u8]; 22] = [
    b"",
    b"1",
    b"2",
    b"3",
    b"x",
    b"-",
    b"NaN",
    b"1.5",
    b"2017-01-01",
    b"2017-02-30",
    b"\"a,b\"",
    b"\"a\nb\"",
    b"\"\"",
    b"\xff",
    "客户".as_bytes(),
    b"\"q\"q",
    b"1,1",
    b"a\0",
    b"true",
    b"9999999999999999999",
    b" 1",
    b"\"a\"\"b\"",
];

pub fn file(random: &mut Random) -> Vec<u8> {
    let mut text = b"k,up,i,f,d,day,t\n".to_vec();
    for _ in 0..random.below(30) {
        let key = random.below(12).to_string();
        let up = random.below(14).to_string();
        text.extend(if random.below(10) == 0 { b"" } else { key.as_bytes() });
        text.extend([b",", up.as_bytes()].concat());
        for column in 0..5 {
            text.push(b',');
            let plain: &[u8] = [&b"1"[..], b"2.5", b"3.25", b"2017-04-01", b"text"][column];
            text.extend(if random.below(12) == 0 { random.pick(&CELLS) } else { plain });
        }
        text.extend(random.pick(&[b"\n", b"\n", b"\r\n", b"\n\n"]));
    }
    text
}

/// Rows as a plain reading of the format sees them: line ends outside of quotes, empty lines skipped.
fn rows(text: &[u8]) -> u64 {
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(text);
    reader.byte_records().count() as u64
}

#[test]
fn rows_read_are_those_kept_quarantined_and_removed() {
    let mut random = Random(42);
    let (mut loads, mut kept, mut turned_away, mut removed) = (0, 0, 0, 0);
    for round in 0..400 {
        let mut t = table("t", "k:int up:int i:int f:float d:decimal(5,2) day:date t:text");
        t.duplicates =
            [Duplicates::First, Duplicates::Last(None), Duplicates::Quarantine, Duplicates::Last(Some("i".into()))]
                [round % 4]
                .clone();
        let orphans = [Orphans::Quarantine, Orphans::Count][round / 4 % 2];
        t.references = vec![reference("up_row", "up", "t", orphans)];
        let text = file(&mut random);
        let loaded = match Fixture::one(t, &text).try_load() {
            Ok(loaded) => loaded,
            Err(LoadFailure::Findings(_, loaded)) => *loaded,
            Err(LoadFailure::Error(error)) => panic!("round {round}: {error}"),
        };
        let [read, k, q, r] = totals(&loaded, "t");
        assert_eq!(read, k + q + r, "round {round}");
        assert_eq!(loaded.rejected.len() as u64, q + r);
        assert_eq!(loaded.tables["t"].rows() as u64, k);
        assert_eq!(loaded.tables["t"].lines.len() as u64, k);
        if loaded.inputs.iter().any(|i| i.rows > 0) {
            assert_eq!(read, rows(&text), "round {round}: {}", String::from_utf8_lossy(&text));
            loads += 1;
        }
        for row in 0..loaded.tables["t"].rows() {
            assert!(orphans == Orphans::Count || loaded.tables["t"].references[0][row] < k as u32);
        }
        (kept, turned_away, removed) = (kept + k, turned_away + q, removed + r);
    }
    // The input is neither all good nor all bad.
    assert!(loads > 300 && kept > 500 && turned_away > 500 && removed > 100, "{loads} {kept} {turned_away} {removed}");
}

//! Where each row of a table stands in its source.
//!
//! In: files and lines in source order. Out: places for messages. Must not know: what the rows hold. Start at
//! [`Lines::place`].

/// File and line of each row; rows are in source order, so that each file's rows lie together.
///
/// ```
/// use tierwright::table::Lines;
/// let mut lines = Lines::default();
/// lines.add_file("datasets/a.csv");
/// lines.extend(&[2, 3]);
/// lines.add_file("datasets/b.csv");
/// lines.extend(&[2]);
/// assert_eq!(lines.place(1), "datasets/a.csv:3");
/// assert_eq!(lines.kept(&[true, false, true]).place(1), "datasets/b.csv:2");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    files: Vec<String>,
    /// First row of each file.
    starts: Vec<u32>,
    lines: Vec<u32>,
}

impl Lines {
    /// Begins a file, whose rows follow; gives its number.
    pub fn add_file(&mut self, path: &str) -> u32 {
        self.files.push(path.to_owned());
        self.starts.push(u32::try_from(self.lines.len()).unwrap_or(u32::MAX));
        (self.files.len() - 1) as u32
    }

    /// Appends rows of the last file by their lines.
    pub fn extend(&mut self, lines: &[u32]) {
        self.lines.extend_from_slice(lines);
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Paths of the files, relative to the project.
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Path of a row's file; empty if there is no such row.
    pub fn file(&self, row: u32) -> &str {
        let after = self.starts.partition_point(|start| *start <= row);
        after.checked_sub(1).and_then(|file| self.files.get(file)).map_or("", String::as_str)
    }

    /// Line of a row's start in its file, from 1 (the row's number for Parquet); 0 if there is no such row.
    pub fn line(&self, row: u32) -> u32 {
        self.lines.get(row as usize).copied().unwrap_or(0)
    }

    /// `datasets/orders.csv:17`.
    pub fn place(&self, row: u32) -> String {
        format!("{}:{}", self.file(row), self.line(row))
    }

    /// The rows that are marked, in their order.
    #[must_use]
    pub fn kept(&self, alive: &[bool]) -> Lines {
        let mut kept = Lines { files: self.files.clone(), ..Lines::default() };
        let mut row = 0;
        for file in 0..self.files.len() {
            let end = self.starts.get(file + 1).map_or(self.lines.len(), |start| *start as usize);
            kept.starts.push(kept.lines.len() as u32);
            let rows = self.lines[row..end].iter().zip(&alive[row..end]);
            kept.lines.extend(rows.filter(|(_, alive)| **alive).map(|(line, _)| *line));
            row = end;
        }
        kept
    }
}

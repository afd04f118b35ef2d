//! What documents show: fenced blocks, and consoles, that is commands with the output that follows them.

use crate::project::program;
use std::fs;
use std::path::PathBuf;

/// A fenced block of a document.
pub struct Block {
    /// What stands behind the fence.
    pub kind: String,
    pub text: String,
    /// Line of the first line of text, from 1.
    pub line: usize,
}

pub fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        if let Some(kind) = line.strip_prefix("```") {
            if !open {
                found.push(Block { kind: kind.trim().to_owned(), text: String::new(), line: number + 2 });
            }
            open = !open;
        } else if open {
            let block = found.last_mut().unwrap();
            block.text += line;
            block.text += "\n";
        }
    }
    assert!(!open, "a fence is not closed");
    found
}

/// A line without what differs from machine to machine: times, and ids of runs, which change with every version.
pub fn normal(line: &str) -> String {
    let words: Vec<&str> = line.trim_end().split(' ').collect();
    let is_number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
    let is_unit = |word: &&&str| ["ms", "s"].contains(&word.trim_end_matches([',', ';']));
    let one = |at: usize| match words[at] {
        number if is_number(number) && words.get(at + 1).filter(is_unit).is_some() => "…",
        unit if at > 0 && is_number(words[at - 1]) && is_unit(&&unit) => "ms",
        word => word,
    };
    let text = (0..words.len()).map(one).collect::<Vec<_>>().join(" ");
    ids(&text).iter().fold(text.clone(), |text, id| text.replace(id, "(run)"))
}

/// The ids of runs in a text.
fn ids(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 16 && is_hex(word)).map(str::to_owned).collect()
}

fn is_hex(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

/// Whether output is as shown. A line `…` stands for any lines.
pub fn agrees(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| text.trim_end().lines().map(normal).collect::<Vec<_>>();
    let (shown, printed) = (lines(shown), lines(printed));
    let mut parts = shown.split(|line| line == "…");
    let first = parts.next().unwrap_or_default();
    let mut rest: Vec<&[String]> = parts.collect();
    let Some(mut printed) = printed.strip_prefix(first) else { return false };
    let Some(last) = rest.pop() else { return printed.is_empty() };
    for part in rest.into_iter().filter(|part| !part.is_empty()) {
        let Some(at) = printed.windows(part.len()).position(|lines| lines == part) else { return false };
        printed = &printed[at + part.len()..];
    }
    printed.ends_with(last)
}

/// A command of a console block and what the document shows behind it.
struct Command {
    line: String,
    shown: String,
}

fn commands(block: &str) -> Vec<Command> {
    let mut found: Vec<Command> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Command { line: command.to_owned(), shown: String::new() });
        } else {
            let last = found.last_mut().unwrap_or_else(|| panic!("output without a command: {line}"));
            last.shown += line;
            last.shown.push('\n');
        }
    }
    found
}

/// The words of a command line; what stands between single quotes is one.
fn words(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        match at % 2 {
            0 => found.extend(part.split_whitespace().map(str::to_owned)),
            _ => found.push(part.to_owned()),
        }
    }
    found
}

/// A folder in which the commands of a document are given, one after the other.
pub struct Console {
    folder: PathBuf,
    /// Ids of runs as the document shows them, and as they are.
    known: Vec<(String, String)>,
    /// Commands whose output is not as shown.
    pub wrong: Vec<String>,
}

impl Console {
    pub fn new(folder: PathBuf) -> Console {
        Console { folder, known: Vec::new(), wrong: Vec::new() }
    }

    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Gives the commands of a block; the block as it should be.
    pub fn give(&mut self, block: &str) -> String {
        let mut text = String::new();
        for command in commands(block) {
            let (line, status) = match command.line.split_once("   # status ") {
                Some((line, status)) => (line, status.trim().parse().unwrap()),
                None => (command.line.as_str(), 0),
            };
            let printed = self.answer(line, status);
            self.learn(&command.shown, &printed);
            let is_right = agrees(&command.shown, &printed);
            if !is_right {
                let (shown, line) = (command.shown.trim_end(), &command.line);
                self.wrong.push(format!("$ {line}\nis shown as\n{shown}\n\nthe program prints\n{printed}\n"));
            }
            let output = if is_right { self.renewed(&command.shown) } else { printed };
            text += &format!("$ {}\n{output}", self.renewed(&command.line));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }

    fn answer(&mut self, line: &str, status: i32) -> String {
        let words = words(&self.renewed(line));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let read = |path: &str| fs::read_to_string(self.folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        match words.as_slice() {
            ["cd", folder] => {
                self.folder = self.folder.join(folder);
                String::new()
            }
            ["cat", path] => read(path),
            ["head", "-n", count, path] => {
                let count = count.parse().unwrap();
                read(path).lines().take(count).map(|line| format!("{line}\n")).collect()
            }
            ["tierwright", args @ ..] => {
                let done = program(&self.folder, args);
                assert_eq!(done.status, status, "$ {line}\n{}{}", done.err, done.out);
                format!("{}{}", done.err, done.out)
            }
            _ => panic!("a command that no test gives: {line}"),
        }
    }

    /// Which run is meant by the id that the document shows: both say that it is committed.
    fn learn(&mut self, shown: &str, printed: &str) {
        let committed = |text: &str| {
            let line = text.lines().find(|line| line.starts_with("committed "));
            line.and_then(|line| ids(line).pop())
        };
        if let (Some(shown), Some(printed)) = (committed(shown), committed(printed)) {
            self.known.push((shown, printed));
        }
    }

    /// A text with the ids of runs as they are, also where it has their beginnings of six digits or more.
    fn renewed(&self, text: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric();
        let mut renewed = String::new();
        for part in text.split_inclusive(|c| !is_word(c)) {
            let word = part.trim_end_matches(|c| !is_word(c));
            let is_id = word.len() >= 6 && is_hex(word);
            match self.known.iter().rev().find(|(shown, _)| is_id && shown.starts_with(word)) {
                Some((_, real)) => renewed += &part.replacen(word, &real[..word.len()], 1),
                None => renewed += part,
            }
        }
        renewed
    }
}

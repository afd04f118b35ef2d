//! The shapes of `source:`: where the rows of a table come from.

use super::project::TIME;
use super::{A_NAME, Bond, Is, Key, Shape, When, key, need};

/// The formats.
const FORMATS: [&str; 6] = ["csv", "parquet", "ndjson", "excel", "sqlite", "postgres"];
const PACKED: Is = Is::Words(&["none", "gzip", "zstd"]);

const CSV_END: &str =
    r"\.([cC][sS][vV]|[tT][xX][tT]|[tT][sS][vV]|[tT][aA][bB])(\.([gG][zZ]([iI][pP])?|[zZ][sS][tT]([dD])?))?$";
const PARQUET_END: &str = r"\.([pP][aA][rR][qQ][uU][eE][tT]|[pP][qQ])(\.([gG][zZ]([iI][pP])?|[zZ][sS][tT]([dD])?))?$";
const NDJSON_END: &str =
    r"\.([nN][dD][jJ][sS][oO][nN]|[jJ][sS][oO][nN][lL])(\.([gG][zZ]([iI][pP])?|[zZ][sS][tT]([dD])?))?$";
const EXCEL_END: &str = r"\.([xX][lL][sS][xXmMbB]?|[oO][dD][sS])$";
const SQLITE_END: &str = r"\.([sS][qQ][lL][iI][tT][eE]3?|[dD][bB])$";
/// What a path alone may end with.
const ALONE: &str = concat!(
    r"\.([cC][sS][vV]|[tT][xX][tT]|[tT][sS][vV]|[tT][aA][bB]|[pP][aA][rR][qQ][uU][eE][tT]|[pP][qQ]|[nN][dD][jJ][sS][oO][nN]",
    r"|[jJ][sS][oO][nN][lL]|[xX][lL][sS][xXmMbB]?|[oO][dD][sS])(\.([gG][zZ]([iI][pP])?|[zZ][sS][tT]([dD])?))?$"
);

/// `source:`: the path alone, or the keys of the format that is named or that the path tells.
pub const SOURCE: Is = Is::First(
    &[
        (When::Scalar, Is::Like(ALONE)),
        (When::Word("format", "ndjson"), Is::Map(&NDJSON)),
        (When::Word("format", "excel"), Is::Map(&EXCEL)),
        (When::Word("format", "sqlite"), Is::Map(&SQLITE)),
        (When::Word("format", "postgres"), Is::Map(&POSTGRES)),
        (When::Word("format", "parquet"), PARQUET),
        (When::Word("format", "csv"), Is::Map(&FILES)),
        (by_end(NDJSON_END), Is::Map(&NDJSON)),
        (by_end(EXCEL_END), Is::Map(&EXCEL)),
        (by_end(SQLITE_END), Is::Map(&SQLITE)),
        (by_end(PARQUET_END), PARQUET),
        (by_end(CSV_END), Is::Map(&FILES)),
        (When::Has("connection"), Is::Map(&POSTGRES)),
    ],
    // A format that is none, or none where no path tells it.
    &Is::Part(&FILES, ALL_OF_FILES, &["path", "format"]),
);

const fn by_end(end: &'static str) -> When {
    When::Like("path", end)
}

/// Of the keys of files, those that Parquet has.
pub const OF_PARQUET: &[&str] = &["path", "format", "partitions", "union"];
const PARQUET: Is = Is::Part(&FILES, OF_PARQUET, &["path"]);

const PATH: Is = Is::OneOrMore(&A_NAME, 1);
const PATH_ABOUT: &str =
    "One or more paths relative to datasets/; `*` and `?` stand within one name, `**` for any folders.";
const FORMAT: Key = key("format", Is::Words(&FORMATS), "The format of the files; told by their names unless given.");
const DECIMAL: Key = key("decimal", Is::Words(&[".", ","]), "What stands before the decimals of numbers.").or("\".\"");
const THOUSANDS: Key = key(
    "thousands",
    Is::Words(&[",", ".", "'", "space", "none", "\u{2019}", " ", "\u{a0}", "\u{202f}", "\u{2009}"]),
    "What may stand between groups of three digits.",
)
.or("\"none\"");
const PACKING: Key = key("compression", PACKED, "How the files are packed; told by `.gz` and `.zst` unless given.");

/// Files of CSV and of Parquet.
pub static FILES: Shape = Shape::of(&[
    need("path", PATH, PATH_ABOUT),
    FORMAT,
    PACKING,
    key(
        "partitions",
        Is::Words(&["hive", "none"]),
        "Whether folders such as `year=2017/` give columns.",
    )
    .or("\"none\""),
    key("union", Is::Map(&UNION), "Whether files may lack columns."),
    key(
        "delimiter",
        Is::Like(r"^[\u0001-\u0009\u000b\u000c\u000e-\u007f]{1,8}$"),
        "What stands between fields: one to eight ASCII characters, `tab`, or `blanks` for any number of spaces and tabs.",
    )
    .or("\",\""),
    key(
        "quote",
        Is::Like(r"^([\u0001-\u0009\u000b\u000c\u000e-\u007f]|none)$"),
        "What stands around fields that hold the delimiter or line ends, or `none`.",
    )
    .or("\"\\\"\""),
    key("header", Is::Bool, "Whether the first row names the columns.").or("true"),
    key("skip_rows", Is::Int(0, 1_000_000), "Lines before the header that are not looked at.").or("0"),
    key(
        "comment",
        Is::Like(r"^[\u0001-\u0009\u000b\u000c\u000e-\u007f]$"),
        "The ASCII character with which lines begin that are not looked at.",
    ),
    key("line_ends", Is::Words(&["auto", "lf", "cr"]), "What ends a line.").or("\"auto\""),
    key("trailing_delimiter", Is::Bool, "Whether each row ends in a delimiter with no field behind it.").or("false"),
    key(
        "short_rows",
        Is::Words(&["quarantine", "missing"]),
        "What happens to a row with fewer fields than the header.",
    )
    .or("\"quarantine\""),
    key("long_rows", Is::Words(&["quarantine", "cut"]), "What happens to a row with more fields than the header.")
        .or("\"quarantine\""),
    key(
        "encoding",
        Is::Encoding,
        "What the bytes mean, such as utf-8, utf-16, latin-1, windows-1252, gb18030, gbk, big5, shift-jis or euc-kr.",
    )
    .or("\"utf-8\""),
    DECIMAL,
    THOUSANDS,
    key(
        "repair",
        Is::Words(&["double-encoded", "none"]),
        "Whether texts that were made UTF-8 twice are made what they were.",
    )
    .or("\"none\""),
    key("empty_files", Is::Words(&["fail", "allowed"]), "Whether a file may be without even a header.")
        .or("\"fail\""),
]);

const ALL_OF_FILES: &[&str] = &[
    "path",
    "format",
    "compression",
    "partitions",
    "union",
    "delimiter",
    "quote",
    "header",
    "skip_rows",
    "comment",
    "line_ends",
    "trailing_delimiter",
    "short_rows",
    "long_rows",
    "encoding",
    "decimal",
    "thousands",
    "repair",
    "empty_files",
];

/// `source.union:`.
pub static UNION: Shape = Shape::of(&[need(
    "missing_columns",
    Is::Words(&["allowed", "fail"]),
    "Whether files may lack columns that are neither required nor of the key.",
)]);

/// NDJSON.
pub static NDJSON: Shape = Shape::of(&[need("path", PATH, PATH_ABOUT), FORMAT, PACKING, DECIMAL, THOUSANDS]);

/// Cells as `A3:F200`, `A3:F`, `A:F`.
const CELLS: &str = r"^\$?[A-Za-z]{1,3}(\$?[1-9][0-9]{0,6})?:\$?[A-Za-z]{1,3}(\$?[1-9][0-9]{0,6})?$";

/// Workbooks.
pub static EXCEL: Shape = Shape::of(&[
    need("path", PATH, PATH_ABOUT),
    FORMAT,
    key(
        "sheet",
        Is::Any(&[Is::Int(1, 100_000), Is::Text]),
        "The sheet, by name or by number from 1; the only visible one unless given.",
    ),
    key("range", Is::Like(CELLS), "The cells, as A3:F200, A3:F or A:F; all that are used unless given."),
    key("header", Is::Bool, "Whether a row names the columns.").or("true"),
    key("header_row", Is::Int(1, 1 << 20), "The row of the sheet that names the columns, from 1."),
    DECIMAL,
    THOUSANDS,
]);

const TABLE: Key = key("table", A_NAME, "The table or view, as it is spelt.");
const QUERY: Key = key("query", Is::Text, "One statement that gives the rows: select, with or values.");
const ORDER: Key =
    key("order_by", Is::OneOrMore(&Is::Text, 0), "The columns of the manifest by which rows are sorted.");
const TIMEOUT: Key = key("timeout", Is::Like(TIME), "How long reading may take, as 30s or 5min.").or("\"30min\"");

/// A SQLite file.
pub static SQLITE: Shape = Shape::bound(
    &[need("path", PATH, PATH_ABOUT), FORMAT, TABLE, QUERY, ORDER, TIMEOUT],
    &[Bond::One(&["table", "query"])],
);

/// A PostgreSQL database.
pub static POSTGRES: Shape = Shape::bound(
    &[
        FORMAT,
        need(
            "connection",
            Is::Like("^[A-Za-z_][A-Za-z0-9_]*$"),
            "The environment variable that holds the database's URL.",
        ),
        TABLE,
        QUERY,
        ORDER,
        TIMEOUT,
    ],
    &[Bond::One(&["table", "query"])],
);

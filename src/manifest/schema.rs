//! JSON Schemas (draft 07) of the project's YAML files, for editors.
//!
//! In: the shapes of the files. Out: a JSON document for each kind of file, and the line by which editors find it. Must not know: YAML, any
//! particular key. Start at [`File::schema`].
//!
//! A schema says of a file what can be said of it alone: keys, types, words, what goes with what. That a column is there, that weights sum to
//! one, is found by `check`.

use super::model::Encoding;
use super::shape::{Bond, IDENTIFIER, Is, Key, Shape, When, cases, parameters, project, table};
use serde_json::{Map, Value, json};

/// A kind of YAML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// `tierwright.yaml`.
    Project,
    /// `datasets/<table>.yaml`.
    Table,
    /// `rules/parameters.yaml`.
    Parameters,
    /// `rules/tests/<name>.rtest`.
    Cases,
}

/// The folder of a project in which editors find the schemas.
pub const FOLDER: &str = ".tierwright/schema";

/// How the line begins that names a file's schema.
pub const HEAD: &str = "# yaml-language-server: $schema=";

impl File {
    /// All kinds.
    pub const ALL: [File; 4] = [File::Project, File::Table, File::Parameters, File::Cases];

    /// Its name: `project`, `table`, `parameters`, `cases`.
    pub fn name(self) -> &'static str {
        match self {
            File::Project => "project",
            File::Table => "table",
            File::Parameters => "parameters",
            File::Cases => "cases",
        }
    }

    /// The files that it is about.
    pub fn files(self) -> &'static str {
        match self {
            File::Project => "tierwright.yaml",
            File::Table => "datasets/*.yaml",
            File::Parameters => "rules/parameters.yaml",
            File::Cases => "rules/**/*.rtest",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<File> {
        File::ALL.into_iter().find(|file| file.name() == name)
    }

    /// The kind of a file of a project, by its path there; `None` if it is no such file.
    ///
    /// ```
    /// use tierwright::manifest::schema::File;
    /// assert_eq!(File::of("datasets/客户.yaml"), Some(File::Table));
    /// assert_eq!(File::of("rules/tests/value.rtest"), Some(File::Cases));
    /// assert_eq!(File::of("datasets/old/a.yaml"), None);
    /// ```
    pub fn of(path: &str) -> Option<File> {
        let table = |path: &str| {
            path.strip_prefix("datasets/").is_some_and(|name| !name.contains('/') && !name.starts_with('.'))
        };
        match path {
            "tierwright.yaml" => Some(File::Project),
            "rules/parameters.yaml" => Some(File::Parameters),
            path if path.starts_with("rules/") && path.ends_with(".rtest") => Some(File::Cases),
            path if path.ends_with(".yaml") && table(path) => Some(File::Table),
            _ => None,
        }
    }

    /// The line that names the schema of a file, by the file's path in the project.
    ///
    /// ```
    /// use tierwright::manifest::schema::File;
    /// let line = "# yaml-language-server: $schema=../.tierwright/schema/table.json";
    /// assert_eq!(File::Table.head("datasets/orders.yaml"), line);
    /// ```
    pub fn head(self, path: &str) -> String {
        let up = "../".repeat(path.matches('/').count());
        format!("{HEAD}{up}{FOLDER}/{}.json", self.name())
    }

    /// Its JSON Schema.
    pub fn schema(self) -> Value {
        let (is, title) = match self {
            File::Project => (Is::Map(&project::PROJECT), "The project file of tierwright"),
            File::Table => (Is::Map(&table::TABLE), "A table's manifest of tierwright"),
            File::Parameters => (parameters::FILE, "The parameters of a project of tierwright"),
            File::Cases => (Is::Map(&cases::FILE), "Cases of tierwright test"),
        };
        let mut schema = Map::new();
        schema.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        schema.insert("title".to_owned(), json!(title));
        schema.insert("description".to_owned(), json!(format!("What {} may hold.", self.files())));
        schema.extend(of(is));
        if self == File::Parameters {
            schema.insert("definitions".to_owned(), json!({ "parameter": of(parameters::PARAMETER) }));
        }
        Value::Object(schema)
    }
}

type Object = Map<String, Value>;

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => [("const".to_owned(), other)].into_iter().collect(),
    }
}

/// What a value is, as a schema.
fn of(is: Is) -> Object {
    let scalar = ["string", "number", "boolean"];
    object(match is {
        Is::Open => json!({}),
        Is::Text | Is::Scalar => json!({ "type": scalar }),
        Is::Token => json!({ "type": ["string", "number", "boolean", "null"] }),
        Is::Like(pattern) => json!({ "type": written(pattern), "pattern": pattern }),
        Is::Words(words) => json!({ "enum": words }),
        Is::Type => data_type(),
        Is::Encoding => encoding(),
        Is::Int(from, i64::MAX) => json!({ "type": "integer", "minimum": from }),
        Is::Int(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Is::Number => json!({ "type": "number" }),
        Is::Amount => json!({ "type": "number", "minimum": 0 }),
        Is::Share => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Is::Bool => json!({ "type": "boolean" }),
        Is::True => json!({ "const": true }),
        Is::Null => json!({ "type": "null" }),
        Is::Date => json!({ "type": "string", "pattern": DATE }),
        Is::Map(shape) => return map(shape, None, None),
        Is::Part(shape, keys, needed) => return map(shape, Some((keys, needed)), None),
        Is::MapAndNames(shape, is) => return map(shape, None, Some(is)),
        Is::Names(pattern, is, least) => return names(pattern, is, least),
        Is::OneName(is) => {
            json!({ "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": of(*is) })
        }
        Is::List(is, 0) => json!({ "type": "array", "items": of(*is) }),
        Is::List(is, least) => json!({ "type": "array", "items": of(*is), "minItems": least }),
        Is::Two(is) => json!({ "type": "array", "items": of(*is), "minItems": 2, "maxItems": 2 }),
        Is::OneOrMore(is, least) => any([of(*is), of(Is::List(is, least))]),
        Is::Rule(is, long) => any([of(*is), rule(*is, long)]),
        Is::LongRule(is, inner, long) => any([of(*is), rule(*inner, long)]),
        Is::Any(all) => any(all.iter().map(|is| of(*is))),
        Is::First(cases, last) => return first(cases, last),
        Is::Parameter => json!({ "$ref": "#/definitions/parameter" }),
    })
}

/// The types in which editors have a text that matches: `7` without quotes is a number to them.
fn written(pattern: &str) -> Vec<&'static str> {
    let matches =
        |texts: &[&str]| regex::Regex::new(pattern).is_ok_and(|regex| texts.iter().any(|text| regex.is_match(text)));
    let samples = [("number", &["7", "-1", "0.5"][..]), ("boolean", &["true"])];
    ["string"].into_iter().chain(samples.iter().filter(|(_, texts)| matches(texts)).map(|(name, _)| *name)).collect()
}

fn any(all: impl IntoIterator<Item = Object>) -> Value {
    json!({ "anyOf": all.into_iter().collect::<Vec<_>>() })
}

/// A day, written in one way.
const DATE: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// What other readers of YAML make of `{ type: decimal(12,2) }`: the text `decimal(12`, and a key without a value.
const CUT: &str = "^[0-9]{1,2}\\)$";

fn data_type() -> Value {
    json!({ "anyOf": [
        { "enum": ["text", "int", "float", "bool", "date", "datetime"] },
        { "type": "string", "pattern": "^decimal\\(\\s*([1-9]|[12][0-9]|3[0-8])\\s*,\\s*([0-9]|[12][0-9]|3[0-8])\\s*\\)$" },
        { "type": "string", "pattern": "^decimal\\(([1-9]|[12][0-9]|3[0-8])$" },
    ] })
}

/// The names of encodings as editors propose them, and all spellings that are read.
fn encoding() -> Value {
    let letter = |c: char| match c {
        '-' => "[-_]".to_owned(),
        c if c.is_ascii_alphabetic() => format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase()),
        c => c.to_string(),
    };
    let spellings: Vec<String> = Encoding::spellings().map(|name| name.chars().map(letter).collect()).collect();
    json!({ "anyOf": [
        { "enum": Encoding::names().collect::<Vec<_>>() },
        { "type": "string", "pattern": format!("^({})$", spellings.join("|")) },
    ] })
}

/// The long form of a rule.
fn rule(is: Is, long: &'static Shape) -> Object {
    let mut schema = of(Is::Map(long));
    let value = schema.get_mut("properties").and_then(|keys| keys.get_mut("is")).and_then(Value::as_object_mut);
    value.into_iter().for_each(|value| value.extend(of(is)));
    schema
}

fn names(pattern: &str, is: &Is, least: usize) -> Object {
    let mut schema = object(json!({ "type": "object", "additionalProperties": of(*is) }));
    if matches!(is, Is::Parameter) {
        schema.insert("propertyNames".to_owned(), parameter_name(&[]));
    } else if !pattern.is_empty() {
        schema.insert("propertyNames".to_owned(), json!({ "pattern": pattern }));
    }
    if has_type(*is) {
        schema.insert("patternProperties".to_owned(), json!({ CUT: any([of(*is), of(Is::Null)]) }));
    }
    if least > 0 {
        schema.insert("minProperties".to_owned(), json!(least));
    }
    schema
}

/// Whether a value is a type, which other readers of YAML may cut.
fn has_type(is: Is) -> bool {
    is.choices().iter().any(|is| matches!(is, Is::Type))
}

type Part = (&'static [&'static str], &'static [&'static str]);

fn map(shape: &'static Shape, part: Option<Part>, more: Option<&Is>) -> Object {
    let has = |key: &Key| part.is_none_or(|(keys, _)| keys.contains(&key.name));
    let needed = |key: &Key| part.map_or(key.needed, |(_, needed)| needed.contains(&key.name));
    let keys: Vec<&Key> = shape.keys.iter().filter(|key| has(key)).collect();
    let mut schema = object(json!({ "type": "object" }));
    let needs: Vec<&str> = keys.iter().filter(|key| needed(key)).map(|key| key.name).collect();
    if !needs.is_empty() {
        schema.insert("required".to_owned(), json!(needs));
    }
    let properties: Object = keys.iter().map(|key| (key.name.to_owned(), Value::Object(property(key)))).collect();
    schema.insert("properties".to_owned(), Value::Object(properties));
    let others = more.map_or(json!(false), |is| Value::Object(of(*is)));
    schema.insert("additionalProperties".to_owned(), others);
    if more.is_some() {
        schema.insert("propertyNames".to_owned(), parameter_name(&shape.names()));
        schema.insert("minProperties".to_owned(), json!(1));
        // What a group says of itself is no member of it.
        let more: Object = shape.names().iter().map(|key| ((*key).to_owned(), json!({ "minProperties": 2 }))).collect();
        schema.insert("dependencies".to_owned(), Value::Object(more));
    }
    if keys.iter().any(|key| has_type(key.is)) {
        schema.insert("patternProperties".to_owned(), json!({ CUT: of(Is::Null) }));
    }
    bonds(&mut schema, shape, &has);
    schema
}

/// A name that no key of a parameter has, but for some.
fn parameter_name(but: &[&str]) -> Value {
    let reserved: Vec<&str> = parameters::RESERVED.into_iter().filter(|name| !but.contains(name)).collect();
    json!({ "pattern": IDENTIFIER, "not": { "enum": reserved } })
}

/// What a key holds, with what people need to know of it.
fn property(key: &Key) -> Object {
    let mut schema = object(json!({ "description": key.about }));
    schema.extend(of(key.is));
    if let Some(default) = key.default.and_then(|text| serde_json::from_str(text).ok()) {
        schema.insert("default".to_owned(), default);
    }
    schema
}

/// What holds between the keys of a map that are there at all.
fn bonds(schema: &mut Object, shape: &Shape, has: &dyn Fn(&Key) -> bool) {
    let known = |name: &str| shape.key(name).is_some_and(has);
    let mut all = Vec::new();
    for bond in shape.bonds {
        match bond {
            Bond::One(keys) => {
                let one: Vec<Value> = keys.iter().map(|key| json!({ "required": [key] })).collect();
                all.push(json!({ "oneOf": one }));
            }
            Bond::NotBoth(a, b) if known(a) && known(b) => all.push(json!({ "not": { "required": [a, b] } })),
            Bond::Needs(key, other) if known(key) => all.push(json!({ "dependencies": { *key: [other] } })),
            Bond::NotBoth(..) | Bond::Needs(..) | Bond::Sometimes(_) => {}
        }
    }
    if !all.is_empty() {
        schema.insert("allOf".to_owned(), json!(all));
    }
}

/// Cases as a chain of `if`, `then` and `else`, so that a message is about the case that holds.
fn first(cases: &[(When, Is)], last: &Is) -> Object {
    match cases {
        [] => of(*last),
        [(when, is), rest @ ..] => {
            object(json!({ "if": condition(*when), "then": of(*is), "else": first(rest, last) }))
        }
    }
}

fn condition(when: When) -> Value {
    let key = |name: &str, value: Value| json!({ "type": "object", "required": [name], "properties": { name: value } });
    match when {
        When::Scalar => json!({ "not": { "type": ["object", "array"] } }),
        When::List => json!({ "type": "array" }),
        When::Has(name) => json!({ "type": "object", "required": [name] }),
        When::Word(name, word) => key(name, json!({ "const": word })),
        When::Map(name) => key(name, json!({ "type": "object" })),
        When::Like(name, pattern) => {
            let text = json!({ "type": "string", "pattern": pattern });
            let list = json!({ "type": "array", "minItems": 1, "items": [text] });
            let unsaid = json!({ "not": { "required": ["format"] } });
            json!({ "allOf": [key(name, json!({ "anyOf": [text, list] })), unsaid] })
        }
    }
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

//! In tests: a small validator for the part of JSON Schema that our schemas use.
//!
//! In: a schema, a value. Out: what is wrong, each with its path. A keyword that it does not know is a panic, so that no schema says what
//! nobody holds.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

/// What is wrong with a value.
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Validator { root: schema }.value(schema, value, "", &mut faults);
    faults
}

struct Validator<'s> {
    root: &'s Value,
}

impl Validator<'_> {
    fn holds(&self, schema: &Value, value: &Value) -> bool {
        let mut faults = Vec::new();
        self.value(schema, value, "", &mut faults);
        faults.is_empty()
    }

    fn value(&self, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let keywords = match schema {
            Value::Bool(true) => return,
            Value::Bool(false) => return faults.push(format!("{path}: not allowed")),
            Value::Object(keywords) => keywords,
            other => panic!("no schema: {other}"),
        };
        for (keyword, wanted) in keywords {
            if !self.keyword(keywords, keyword, wanted, value) {
                faults.push(format!("{path}: {value} against `{keyword}`: {wanted}"));
            }
        }
        for (name, inner) in value.as_object().into_iter().flatten() {
            self.property(keywords, name, inner, &format!("{path}/{name}"), faults);
        }
        let items = keywords.get("items");
        for (at, item) in value.as_array().into_iter().flatten().enumerate() {
            match items {
                Some(Value::Array(first)) => {
                    first
                        .get(at)
                        .into_iter()
                        .for_each(|schema| self.value(schema, item, &format!("{path}/{at}"), faults));
                }
                Some(schema) => self.value(schema, item, &format!("{path}/{at}"), faults),
                None => {}
            }
        }
        if let Some(condition) = keywords.get("if") {
            let branch = if self.holds(condition, value) { "then" } else { "else" };
            keywords.get(branch).into_iter().for_each(|schema| self.value(schema, value, path, faults));
        }
        for schema in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.value(schema, value, path, faults);
        }
        if let Some(name) = keywords.get("$ref").and_then(Value::as_str) {
            let pointed = self.root.pointer(name.strip_prefix('#').unwrap()).expect("a definition");
            self.value(pointed, value, path, faults);
        }
    }

    fn property(
        &self,
        schema: &serde_json::Map<String, Value>,
        name: &str,
        value: &Value,
        path: &str,
        faults: &mut Vec<String>,
    ) {
        let mut known = false;
        if let Some(own) = schema.get("properties").and_then(|all| all.get(name)) {
            known = true;
            self.value(own, value, path, faults);
        }
        for (pattern, own) in schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten() {
            if matches(pattern, name) {
                known = true;
                self.value(own, value, path, faults);
            }
        }
        if let (false, Some(others)) = (known, schema.get("additionalProperties")) {
            self.value(others, value, path, faults);
        }
        if let Some(names) = schema.get("propertyNames") {
            self.value(names, &Value::String(name.to_owned()), &format!("{path} (its name)"), faults);
        }
    }

    /// Whether a keyword holds that is about the value as a whole.
    fn keyword(&self, all: &serde_json::Map<String, Value>, keyword: &str, wanted: &Value, value: &Value) -> bool {
        let count = |length: Option<usize>, holds: &dyn Fn(u64, u64) -> bool| {
            length.is_none_or(|length| holds(length as u64, wanted.as_u64().unwrap()))
        };
        let alternatives = || wanted.as_array().unwrap().iter().filter(|schema| self.holds(schema, value)).count();
        let object = value.as_object();
        match keyword {
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|name| is(name, value)),
                name => is(name, value),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "pattern" => value.as_str().is_none_or(|text| matches(wanted.as_str().unwrap(), text)),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "minItems" => count(value.as_array().map(Vec::len), &|length, least| length >= least),
            "maxItems" => count(value.as_array().map(Vec::len), &|length, most| length <= most),
            "minProperties" => count(object.map(serde_json::Map::len), &|length, least| length >= least),
            "maxProperties" => count(object.map(serde_json::Map::len), &|length, most| length <= most),
            "required" => object
                .is_none_or(|map| wanted.as_array().unwrap().iter().all(|key| map.contains_key(key.as_str().unwrap()))),
            "dependencies" => object.is_none_or(|map| {
                wanted.as_object().unwrap().iter().filter(|(key, _)| map.contains_key(*key)).all(|(_, needs)| {
                    match needs {
                        Value::Array(keys) => keys.iter().all(|key| map.contains_key(key.as_str().unwrap())),
                        schema => self.holds(schema, value),
                    }
                })
            }),
            "anyOf" => alternatives() > 0,
            "oneOf" => alternatives() == 1,
            "not" => !self.holds(wanted, value),
            "then" | "else" => all.contains_key("if"),
            "$schema"
            | "title"
            | "description"
            | "default"
            | "definitions"
            | "properties"
            | "patternProperties"
            | "additionalProperties"
            | "propertyNames"
            | "items"
            | "if"
            | "allOf"
            | "$ref" => true,
            other => panic!("a keyword that nobody holds: {other}"),
        }
    }
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        other => panic!("no type: {other}"),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, regex::Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        let regex = known.entry(pattern.to_owned()).or_insert_with(|| regex::Regex::new(pattern).expect(pattern));
        regex.is_match(text)
    })
}

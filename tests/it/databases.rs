//! The program on a PostgreSQL server, whose URL stands in `TIERWRIGHT_TEST_POSTGRES`; without it these tests say that
//! they are skipped. Nothing that the program prints or writes may hold the password.

use crate::project::{Done, Project, files, list};
use postgres::{Client, NoTls};
use std::process::Command;

const PASSWORD: &str = "geheim@7f3a:x";
const IN_URL: &str = "geheim%407f3a%3Ax";

/// The server's host, port and database, and a client of its owner in a fresh schema that `tw_it_reader` may use.
fn server(schema: &str, sql: &str) -> Option<(String, Client)> {
    let Ok(url) = std::env::var("TIERWRIGHT_TEST_POSTGRES") else {
        eprintln!("skipped: TIERWRIGHT_TEST_POSTGRES is not set");
        return None;
    };
    let mut client = Client::connect(&url, NoTls).expect("the server of the tests");
    let make = format!(
        "\
         DO $$ BEGIN CREATE ROLE tw_it_reader LOGIN PASSWORD '{PASSWORD}'; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}; \
         GRANT USAGE ON SCHEMA {schema} TO tw_it_reader; {sql}"
    );
    client.batch_execute(&make).expect("the statements of the test");
    let place = url.rsplit_once('@').expect("a URL with a user").1.to_owned();
    Some((place, client))
}

fn project(customers: &str) -> Project {
    Project::new(&[
        (
            "tierwright.yaml",
            "name: pg\ncustomer: customers\nsteps: [value, tier]\ndecision: { order: [low, high] }\nas_of: 2018-01-01\n",
        ),
        ("datasets/customers.yaml", customers),
        (
            "datasets/orders.yaml",
            "source: { format: postgres, connection: TW_IT, table: tw_it_run.orders }\ncolumns:\n  no: int\n  customer_id: text\n  \
             amount: { type: 'decimal(12,2)', required: true }\nkey: no\nreferences:\n  \
             customer: { table: customers, column: customer_id, many: orders }\nquarantine: { at_most: 0.5 }\n",
        ),
        ("rules/value.rhai", "fn value(c) {\n    c.orders.map(|o| o.amount).sum()\n}\n"),
        ("rules/tier.rhai", "fn tier(c) {\n    if c.value > 20.0 { \"high\" } else { \"low\" }\n}\n"),
    ])
}

const CUSTOMERS: &str = "source: { format: postgres, connection: TW_IT, table: tw_it_run.customers }\ncolumns: { id: text, 名: text }\nkey: id\n";

const DATA: &str =
    "CREATE TABLE customers(id text PRIMARY KEY, 名 text); INSERT INTO customers VALUES ('a', '甲'), ('b', '乙');
    CREATE TABLE orders(no int PRIMARY KEY, customer_id text, amount numeric);
    INSERT INTO orders VALUES (1, 'a', 10.10), (2, 'a', 20.20), (3, 'b', 5), (4, 'b', NULL);
    CREATE TABLE hidden(id text PRIMARY KEY, 名 text); GRANT SELECT ON customers, orders TO tw_it_reader;";

/// Runs the program with the URL, and looks for the password in what it says and in all that it has written.
fn run(project: &Project, url: Option<&str>, args: &[&str]) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierwright"));
    command.args(args).current_dir(project.path(".")).env("NO_COLOR", "1").env_remove("TW_IT");
    if let Some(url) = url {
        command.env("TW_IT", url);
    }
    let done = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let done = Done { status: done.status.code().unwrap_or(-1), out: text(done.stdout), err: text(done.stderr) };
    let holds = |bytes: &[u8]| {
        [PASSWORD, IN_URL, "geheim"].iter().any(|word| bytes.windows(word.len()).any(|part| part == word.as_bytes()))
    };
    assert!(!holds(done.out.as_bytes()) && !holds(done.err.as_bytes()), "{}{}", done.out, done.err);
    for (path, bytes) in files(&project.path(".")) {
        assert!(!holds(&bytes), "{path}");
    }
    assert!(!done.err.contains("panicked"), "{}", done.err);
    done
}

#[test]
fn a_run_on_a_database() {
    let Some((place, mut writer)) = server("tw_it_run", DATA) else { return };
    let url = format!("postgres://tw_it_reader:{IN_URL}@{place}");
    let project = project(CUSTOMERS);
    let said = run(&project, Some(&url), &["run"]).expect(0);
    assert!(said.out.contains("committed"), "{}", said.out);
    let runs = || list(&project.path("out/pg/runs/cycle=FY2017"));
    let first = runs();
    let record = std::fs::read_to_string(first[0].join("run.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let inputs = record["identity"]["inputs"].as_array().unwrap();
    let shown: Vec<String> =
        inputs.iter().map(|i| format!("{} {} {}", i["table"], i["path"], i["rows"]).replace('"', "")).collect();
    assert_eq!(shown, ["customers TW_IT/tw_it_run.customers 2", "orders TW_IT/tw_it_run.orders 4"]);
    assert_eq!(record["counts"]["decided"], 2);
    let again = run(&project, Some(&url), &["run", "--threads", "1"]).expect(0);
    assert!(again.out.contains("already done"), "{}", again.out);
    run(&project, Some(&url), &["run", "--force"]).expect(0);
    writer.batch_execute("UPDATE orders SET amount = 30 WHERE no = 3").unwrap();
    // Keywords instead of a URL.
    let (host, rest) = place.split_once(':').unwrap();
    let (port, database) = rest.split_once('/').unwrap();
    let words = format!("host={host} port={port} dbname={database} user=tw_it_reader password='{PASSWORD}'");
    run(&project, Some(&words), &["run"]).expect(0);
    assert_eq!(runs().len(), 2, "other rows are another run");
}

#[test]
fn what_a_database_refuses_is_said_without_the_password() {
    let Some((place, _writer)) = server("tw_it_no", DATA) else { return };
    let url = format!("postgres://tw_it_reader:{IN_URL}@{place}");
    let refused = |customers: &str, url: Option<&str>, words: &[&str]| {
        let project = project(&customers.replace("tw_it_run", "tw_it_no"));
        let orders = std::fs::read_to_string(project.path("datasets/orders.yaml")).unwrap();
        project.write("datasets/orders.yaml", &orders.replace("tw_it_run", "tw_it_no"));
        let said = run(&project, url, &["run"]).expect(1);
        for word in words {
            assert!(said.err.contains(word), "{word}: {}", said.err);
        }
        run(&project, url, &["run", "--json"]).expect(1);
        run(&project, url, &["check"]).expect(0);
    };
    let (host, port) = place.split_once('/').unwrap().0.split_once(':').unwrap();
    let target = format!("{host}:{port}, database `postgres`, user `tw_it_reader`");
    refused(
        &CUSTOMERS.replace(".customers }", ".hidden }"),
        Some(&url),
        &["error[query]", "may not read", &target, "grant select"],
    );
    refused(
        &CUSTOMERS.replace(".customers }", ".custommers }"),
        Some(&url),
        &["no table", "did you mean `tw_it_no.customers`?"],
    );
    refused(CUSTOMERS, Some(&url.replace(IN_URL, "geheimx")), &["error[connection]", "authentication failed", &target]);
    refused(CUSTOMERS, Some(&url.replace(port, "1")), &["error[connection]", "cannot connect to", "efused"]);
    refused(CUSTOMERS, Some(&format!("{url}?sslmode=require")), &["error[connection]", "encrypted", "tunnel"]);
    refused(CUSTOMERS, Some(&url.replace(IN_URL, PASSWORD)), &["error[connection]", "holds no PostgreSQL URL"]);
    refused(CUSTOMERS, Some("geheim"), &["error[connection]", "holds no PostgreSQL URL"]);
    refused(CUSTOMERS, None, &["error[connection]", "the environment variable `TW_IT` is not set"]);
    let slow = "source:\n  format: postgres\n  connection: TW_IT\n  timeout: 300ms\n  \
                query: select id, 名, pg_sleep(20) from tw_it_no.customers order by id\ncolumns: { id: text, 名: text }\nkey: id\n";
    refused(slow, Some(&url), &["error[query]", "took longer than 300 ms"]);
}

#[test]
fn a_password_in_a_manifest_is_refused_and_not_shown() {
    let inside = CUSTOMERS
        .replace("connection: TW_IT", &format!("connection: \"postgres://tw_it_reader:{IN_URL}@127.0.0.1/x\""));
    let project = Project::new(&[]);
    for (path, text) in [
        (
            "tierwright.yaml",
            "name: pg\ncustomer: customers\nsteps: [tier]\ndecision: { value: size, order: [low, high] }\n",
        ),
        ("rules/tier.rhai", "fn tier(c) { \"low\" }\n"),
    ] {
        project.write(path, text);
    }
    for args in [&["run"][..], &["check"], &["run", "--json"], &["check", "--json"]] {
        // What was written is looked at without the manifest that the test has written.
        project.write("datasets/customers.yaml", &inside);
        let done =
            Command::new(env!("CARGO_BIN_EXE_tierwright")).args(args).current_dir(project.path(".")).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(2), "{said}");
        assert!(said.contains("credentials") && said.contains("environment variable"), "{said}");
        assert!(!said.contains("geheim"), "{said}");
        project.write("datasets/customers.yaml", "");
        assert!(files(&project.path(".")).iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains("geheim")));
    }
}

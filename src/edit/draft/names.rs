//! What names of files and columns say.
//!
//! In: a name. Out: the name that rules can write, and what it hints at. Must not know: what the column holds.

use std::collections::BTreeMap;

/// Words that name customers.
const CUSTOMERS: [&str; 24] = [
    "customer",
    "client",
    "account",
    "kunde",
    "klient",
    "cliente",
    "company",
    "member",
    "buyer",
    "cust",
    "retailer",
    "user",
    "客户",
    "会员",
    "买家",
    "公司",
    "顾客",
    "账户",
    "用户",
    "企业",
    "客戶",
    "取引先",
    "顧客",
    "고객",
];
/// Endings of names that name a row.
const IDENTIFIERS: [&str; 14] =
    ["id", "key", "code", "no", "nr", "number", "nummer", "ref", "编号", "代码", "编码", "号", "番号", "번호"];
/// Words of amounts, the clearest first.
const AMOUNTS: [&str; 26] = [
    "revenue",
    "sales",
    "amount",
    "turnover",
    "umsatz",
    "betrag",
    "金额",
    "销售额",
    "收入",
    "total",
    "net",
    "value",
    "spend",
    "profit",
    "margin",
    "price",
    "cost",
    "sum",
    "paid",
    "quantity",
    "qty",
    "menge",
    "数量",
    "数",
    "额",
    "units",
];
/// How many of them name money that is a whole already.
const TOTALS: usize = 15;
/// Words of numbers that are no amounts.
const NO_AMOUNTS: [&str; 27] = [
    "discount", "rate", "percent", "share", "ratio", "status", "rabatt", "折扣", "率", "year", "month", "week", "zip",
    "postal", "phone", "tel", "fax", "lat", "lon", "index", "row", "line", "jahr", "plz", "年份", "电话", "邮编",
];
/// Words of days on which something happened.
const DAYS: [&str; 12] =
    ["date", "day", "datum", "time", "placed", "ordered", "closed", "booked", "日期", "时间", "日", "fecha"];

/// Words of what is nobody else's business.
const SENSITIVE: [&str; 34] = [
    "mail",
    "email",
    "phone",
    "tel",
    "telephone",
    "mobile",
    "fax",
    "iban",
    "bic",
    "card",
    "birth",
    "birthday",
    "born",
    "ssn",
    "tax",
    "vat",
    "passport",
    "salary",
    "wage",
    "password",
    "name",
    "contact",
    "address",
    "street",
    "身份证",
    "手机",
    "电话",
    "邮箱",
    "地址",
    "姓名",
    "生日",
    "工资",
    "密码",
    "联系人",
];
/// Further words of headers.
const HEADINGS: [&str; 30] = [
    "name",
    "title",
    "type",
    "kind",
    "category",
    "class",
    "status",
    "region",
    "country",
    "city",
    "state",
    "address",
    "sector",
    "industry",
    "segment",
    "product",
    "order",
    "invoice",
    "description",
    "note",
    "comment",
    "owner",
    "manager",
    "名称",
    "姓名",
    "类别",
    "类型",
    "地区",
    "城市",
    "状态",
];
/// What the first text of a row says that adds up those above it.
const SUMS: [&str; 26] = [
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "overall",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "totale",
    "totaux",
    "suma",
    "итого",
    "всего",
    "合计",
    "总计",
    "小计",
    "总和",
    "合計",
    "総計",
    "小計",
    "总额",
    "共计",
    "합계",
    "총계",
];

/// A name that rules can write, out of any; `otherwise` where nothing is left of it.
pub(super) fn plain(text: &str, otherwise: &str) -> String {
    let mut name = String::new();
    for c in text.trim().chars() {
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('_') && !name.is_empty() {
            name.push('_');
        }
    }
    let name = name.trim_end_matches('_');
    // `CustomerID` reads better as it is; only what is all capitals is made small.
    let name =
        if name.chars().any(char::is_lowercase) || !name.is_ascii() { name.to_owned() } else { name.to_lowercase() };
    match name.chars().next() {
        None => otherwise.to_owned(),
        Some(c) if c.is_alphabetic() => name,
        Some(_) => format!("n{name}"),
    }
}

/// The name, or with a number behind it where it is taken.
pub(super) fn unlike(name: &str, taken: &mut BTreeMap<String, usize>) -> String {
    let mut own = name.to_owned();
    let mut number = 1;
    while taken.contains_key(&own) {
        number += 1;
        own = format!("{name}_{number}");
    }
    taken.insert(own.clone(), 1);
    own
}

/// Its words in small letters: `CustomerID` is `customer`, `id`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        let starts = c.is_uppercase() && before.is_lowercase();
        if (starts || !c.is_alphanumeric()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn has_word(name: &str, wanted: &[&str]) -> bool {
    let words = words(name);
    wanted.iter().any(|wanted| match wanted.is_ascii() {
        true => words.iter().any(|word| word == wanted || singular(word) == *wanted),
        // Scripts without blanks have no words apart.
        false => name.contains(wanted),
    })
}

/// Whether it names customers.
pub(super) fn is_customer(name: &str) -> bool {
    has_word(name, &CUSTOMERS)
        || words(name)
            .iter()
            .any(|word| ["customerid", "custid", "clientid", "accountid", "userid"].contains(&word.as_str()))
}

/// Whether it is the name of what names a row.
pub(super) fn is_identifier_like(name: &str) -> bool {
    let words = words(name);
    let ends =
        |word: &String| IDENTIFIERS.iter().any(|end| if end.is_ascii() { word == end } else { word.ends_with(end) });
    words.last().is_some_and(ends) || words.last().is_some_and(|word| word.ends_with("id") && word.len() > 4)
}

/// How clearly it is the name of an amount: 0 is clearest.
pub(super) fn amount_rank(name: &str) -> Option<usize> {
    AMOUNTS.iter().position(|word| has_word(name, &[word]))
}

/// Whether numbers of this name are no amounts.
pub(super) fn is_no_amount(name: &str) -> bool {
    is_identifier_like(name) || has_word(name, &NO_AMOUNTS)
}

/// Whether it is the name of how many.
pub(super) fn is_quantity(name: &str) -> bool {
    has_word(name, &["quantity", "qty", "menge", "units", "数量"])
}

/// Whether it is the name of what one costs.
pub(super) fn is_price(name: &str) -> bool {
    has_word(name, &["price", "unitprice", "preis", "单价", "价格"])
}

/// Whether it is the name of what all cost: money, and no price.
pub(super) fn is_total(name: &str) -> bool {
    !is_price(name) && amount_rank(name).is_some_and(|rank| rank < TOTALS)
}

/// Whether it is the name of a day.
pub(super) fn is_day(name: &str) -> bool {
    has_word(name, &DAYS)
}

/// Whether what stands under this name is better not shown.
pub(super) fn is_sensitive(name: &str) -> bool {
    has_word(name, &SENSITIVE)
}

/// Whether it is a word that columns are named by.
pub(super) fn is_heading(name: &str) -> bool {
    is_customer(name)
        || is_identifier_like(name)
        || is_no_amount(name)
        || is_day(name)
        || amount_rank(name).is_some()
        || has_word(name, &HEADINGS)
}

/// Whether a row that begins with it adds up others.
pub(super) fn is_sum(text: &str) -> bool {
    let text = text.trim().trim_end_matches([':', '：']).to_lowercase();
    SUMS.contains(&text.trim())
}

/// A noun in the singular, where its ending tells.
pub(super) fn singular(name: &str) -> String {
    match name {
        name if name.ends_with("ies") && name.len() > 4 => format!("{}y", &name[..name.len() - 3]),
        name if name.ends_with("ss") || name.len() < 4 => name.to_owned(),
        name => name.strip_suffix('s').unwrap_or(name).to_owned(),
    }
}

/// A name without what says that it is a key: `customer_id` is `customer`.
pub(super) fn without_ending(name: &str) -> String {
    for end in ["_id", "_key", "_code", "_no", "_nr", "_number", "_name", "ID", "Id", "编号", "代码", "编码"] {
        if let Some(stem) = name.strip_suffix(end).filter(|stem| !stem.is_empty()) {
            return stem.trim_end_matches('_').to_owned();
        }
    }
    String::new()
}

/// Whether two names are about one thing: `customer_id` and `customers`, `客户编号` and `客户`.
pub(super) fn similar(one: &str, other: &str) -> bool {
    let stem = |name: &str| {
        let words: Vec<String> =
            words(name).into_iter().filter(|word| !IDENTIFIERS.contains(&word.as_str()) && word != "name").collect();
        let joined: String = words.iter().map(|word| singular(word)).collect();
        ["编号", "代码", "编码", "名称", "表", "id"]
            .iter()
            .fold(joined, |stem, end| stem.strip_suffix(end).unwrap_or(&stem).to_owned())
    };
    let (one, other) = (stem(one), stem(other));
    !one.is_empty()
        && !other.is_empty()
        && (one == other
            || (one.chars().count() > 3 && other.contains(&one))
            || (other.chars().count() > 3 && one.contains(&other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_plain() {
        for (text, name) in [
            ("annual revenue", "annual_revenue"),
            ("Customer ID", "Customer_ID"),
            ("ORDERNUMBER", "ordernumber"),
            (" 客户 编号 ", "客户_编号"),
            ("2017", "n2017"),
            ("%", "x"),
            ("Sub-Category (new)", "Sub_Category_new"),
        ] {
            assert_eq!(plain(text, "x"), name, "{text}");
        }
        let mut taken = BTreeMap::new();
        assert_eq!([unlike("a", &mut taken), unlike("a", &mut taken), unlike("a", &mut taken)], ["a", "a_2", "a_3"]);
    }

    #[test]
    fn names_hint() {
        assert!(
            is_customer("CustomerID") && is_customer("客户编号") && is_customer("accounts") && !is_customer("product")
        );
        assert!(
            is_identifier_like("order_id")
                && is_identifier_like("StockCode")
                && is_identifier_like("OrderID")
                && !is_identifier_like("paid")
        );
        assert!(
            similar("customer_id", "customers") && similar("客户编号", "客户") && similar("product", "product_name")
        );
        assert!(!similar("region", "customers") && !similar("id", "customers"));
        assert!(amount_rank("Sales").is_some() && amount_rank("金额").is_some() && amount_rank("Region").is_none());
        assert!(is_no_amount("postal_code") && is_no_amount("Year") && !is_no_amount("revenue"));
        assert_eq!([singular("categories"), singular("orders"), singular("boss")], ["category", "order", "boss"]);
        assert_eq!(
            [without_ending("customer_id"), without_ending("客户编号"), without_ending("id")],
            ["customer", "客户", ""]
        );
    }
}

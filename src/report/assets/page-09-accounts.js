// The list of key accounts: search, filter, sorting, pages. In: columns and rows. Out: a table whose rows open their explanation.
const PAGE = 50;
const numeric = c => ["int", "float", "decimal"].includes(c.kind);

// Digits behind the point, the same for a whole column. In: columns, rows. Out: the columns with `digits`.
function withDigits(columns, rows) {
  return columns.map((c, i) => {
    if (!numeric(c) || c.kind === "int") return { ...c, digits: 0 };
    const most = rows.reduce((m, r) => Math.max(m, Math.abs(Number(r[i])) || 0), 0);
    return {
      ...c,
      digits: rows.every(r => r[i] == null || Number.isInteger(Number(r[i]))) || most >= 10000 ? 0 : most >= 1000 ? 1 : most >= 0.1 ? 2 : 4,
    };
  });
}
const ROWS = (D.accounts && D.accounts.rows) || [];
const COLUMNS = withDigits((D.accounts && D.accounts.columns) || [], ROWS);
const columnAt = name => COLUMNS.findIndex(c => c.name === name);
// The column of tiers: the one named so, else the one that holds nothing but tiers.
const onlyTiers = i => ROWS.some(r => TIERS.includes(r[i])) && ROWS.every(r => r[i] == null || TIERS.includes(r[i]));
const TIER_AT = columnAt("tier") >= 0 ? columnAt("tier") : COLUMNS.findIndex((c, i) => i > 0 && c.kind === "text" && onlyTiers(i));
if (TIER_AT >= 0) COLUMNS[TIER_AT].tiers = true;
let placeOf = null;
function accountAt(key) {
  if (!placeOf) placeOf = new Map(ROWS.map((r, i) => [String(r[0]), i]));
  const i = placeOf.get(String(key));
  return i === undefined ? -1 : i;
}
const heading = c => (Object.hasOwn(T().names, c.name) ? T().names[c.name] : label(c.name)) + (c.unit ? ` (${label(c.unit)})` : "");

// One cell as text. In: column, value. Out: what the page shows, for the eye and for the search.
function textOf(c, v) {
  if (v == null) return "—";
  if (numeric(c)) return num(v, c.digits);
  if (c.kind === "bool") return v ? T().yes : T().no;
  if (c.kind === "date" || c.kind === "datetime") return day(v);
  if (c.name === "move" && Object.hasOwn(T().moves, v)) return T().moves[v];
  return show(v);
}
function cellOf(c, v) {
  if (c.tiers) return chip(v);
  if (c.name === "move" && v != null)
    return el(
      "span",
      { class: "move" },
      el("span", {
        class: "mark " + (["up", "down"].includes(v) ? v : "rest"),
        "aria-hidden": "true",
        text: v === "up" ? "▲ " : v === "down" ? "▼ " : v === "new" ? "＋ " : "",
      }),
      textOf(c, v),
    );
  if (c.name === "decisive_rule" || c.name === "nearest_miss") return el("span", { class: "rule", title: v == null ? null : show(v) }, raw(v, 120));
  if (c.kind === "text") return raw(v, 60);
  return textOf(c, v);
}

// Which rows are shown, in which order. In: state. Out: positions in ROWS.
const hay = {};
function haystack() {
  return (
    hay[state.lang] ||
    (hay[state.lang] = ROWS.map(r =>
      r
        .map((v, i) =>
          v == null
            ? ""
            : numeric(COLUMNS[i])
              ? `${v}\u0001${textOf(COLUMNS[i], v)}`
              : `${v}\u0001${COLUMNS[i].kind === "text" && COLUMNS[i].name !== "move" ? "" : textOf(COLUMNS[i], v)}`,
        )
        .join("\u0001")
        .toLowerCase(),
    ))
  );
}
function chosenRows() {
  let list = ROWS.map((_, i) => i);
  const wanted = state.search.trim().toLowerCase(),
    tier = TIER_AT;
  if (wanted) {
    const h = haystack();
    list = list.filter(i => h[i].includes(wanted));
  }
  if (state.filter !== "" && tier >= 0) list = list.filter(i => String(ROWS[i][tier]) === state.filter);
  if (!state.sort) return list;
  const { column, down } = state.sort,
    c = COLUMNS[column],
    words = new Intl.Collator(state.lang === "zh" ? "zh-CN" : "en", { numeric: true });
  const order = c.tiers
    ? (a, b) => rankOf(a) - rankOf(b)
    : numeric(c)
      ? (a, b) => Number(a) - Number(b)
      : c.kind === "text"
        ? words.compare
        : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return list.sort((i, j) => {
    const a = ROWS[i][column],
      b = ROWS[j][column];
    if (a == null || b == null) return (a == null) - (b == null);
    return (down ? -1 : 1) * (c.kind === "text" ? order(String(a), String(b)) : order(a, b));
  });
}

// Draws the rows of the page that is shown; in print the first 100 instead.
function fillAccounts() {
  const body = document.querySelector("#accounts tbody");
  if (!body) return;
  const t = T(),
    list = chosenRows(),
    pages = Math.max(1, Math.ceil(list.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const part = printing ? list.slice(0, 100) : list.slice(state.page * PAGE, (state.page + 1) * PAGE);
  body.replaceChildren(
    ...part.map((i, n) =>
      el(
        "tr",
        { tabindex: n === 0 ? "0" : "-1", "data-row": i, class: "account" },
        COLUMNS.map((c, k) =>
          el(
            k === 0 ? "th" : "td",
            {
              scope: k === 0 ? "row" : null,
              class: [numeric(c) ? "num" : "", k > 8 ? "far" : "", /_rule$|_miss$/.test(c.name) ? "wide" : ""].join(" ").trim() || null,
            },
            cellOf(c, ROWS[i][k]),
          ),
        ),
      ),
    ),
  );
  if (!part.length) body.append(el("tr", { class: "empty" }, el("td", { colspan: COLUMNS.length, text: t.noRow })));
  document.getElementById("account-count").textContent = t.found(num(list.length, 0), num(ROWS.length, 0));
  document.getElementById("account-page").textContent = t.page(num(state.page + 1, 0), num(pages, 0));
  document.getElementById("account-prev").disabled = state.page === 0;
  document.getElementById("account-next").disabled = state.page >= pages - 1;
  document.getElementById("account-pages").hidden = pages < 2;
  document.getElementById("account-printed").textContent = list.length > 100 ? t.printed("100", num(list.length, 0)) : "";
  document
    .querySelectorAll("#accounts thead th")
    .forEach((th, i) =>
      th.setAttribute("aria-sort", state.sort && state.sort.column === i ? (state.sort.down ? "descending" : "ascending") : "none"),
    );
}
function turn(by) {
  state.page += by;
  fillAccounts();
  document.getElementById("accounts").scrollIntoView();
}
function sortBy(i) {
  const first = numeric(COLUMNS[i]);
  state.sort = state.sort && state.sort.column === i ? (state.sort.down === first ? { column: i, down: !first } : null) : { column: i, down: first };
  state.page = 0;
  fillAccounts();
}
function rowKeys(e) {
  const tr = e.target.closest("tr.account");
  if (!tr) return;
  const rows = [...tr.parentNode.children],
    at = rows.indexOf(tr),
    last = rows.length - 1;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[e.key];
  if (e.key === "Enter" || e.key === " ") {
    e.preventDefault();
    openAccount(ROWS[tr.dataset.row][0], tr);
  }
  if (to === undefined || to < 0 || to > last) return;
  e.preventDefault();
  tr.tabIndex = -1;
  rows[to].tabIndex = 0;
  rows[to].focus();
}
function accountsSection() {
  const t = T(),
    a = D.accounts;
  if (!a || !COLUMNS.length) return null;
  const tiers = [...new Set(ROWS.map(r => r[TIER_AT]))].filter(x => x != null).sort((x, y) => rankOf(x) - rankOf(y));
  const search = el("input", {
    type: "search",
    id: "account-search",
    placeholder: t.search,
    "aria-label": t.search,
    autocomplete: "off",
    spellcheck: "false",
    value: state.search,
    oninput: e => {
      state.search = e.target.value;
      state.page = 0;
      fillAccounts();
    },
  });
  const filter = el(
    "select",
    {
      id: "account-tier",
      "aria-label": t.filter,
      onchange: e => {
        state.filter = e.target.value;
        state.page = 0;
        fillAccounts();
      },
    },
    el("option", { value: "", text: t.allTiers }),
    tiers.map(x => el("option", { value: String(x), text: show(x, 40), selected: state.filter === String(x) })),
  );
  const heads = COLUMNS.map((c, i) =>
    el(
      "th",
      { scope: "col", class: [numeric(c) ? "num" : "", i > 8 ? "far" : ""].join(" ").trim() || null, "aria-sort": "none" },
      el("button", { type: "button", class: "sort", onclick: () => sortBy(i) }, el("span", { text: heading(c), title: show(c.name) })),
    ),
  );
  return section(
    "accounts",
    t.h.accounts,
    saying(t.say.accounts({ n: num(a.of == null ? ROWS.length : a.of, 0), names: t.list(KEY_TIERS.slice(0, 6).map(named)) })),
    el("div", { class: "tools" }, search, tiers.length > 1 && filter, el("span", { id: "account-count", role: "status" })),
    D.unexplained
      ? el("p", { class: "warn", text: spaced(t.unexplained(show(D.unexplained, 400))) })
      : el("p", { class: "note screen-only", text: t.open }),
    el(
      "div",
      { class: "scroll list", tabindex: "-1", role: "region", "aria-label": t.h.accounts },
      el(
        "table",
        {
          class: "accounts",
          onclick: e => {
            const tr = e.target.closest("tr.account");
            if (tr && !String(getSelection())) openAccount(ROWS[tr.dataset.row][0], tr);
          },
          onkeydown: rowKeys,
        },
        el("thead", null, el("tr", null, heads)),
        el("tbody"),
      ),
    ),
    el("p", { class: "note print-only", id: "account-printed" }),
    el(
      "div",
      { class: "pages", id: "account-pages" },
      el("button", { type: "button", id: "account-prev", "aria-label": t.prev, text: "←", onclick: () => turn(-1) }),
      el("span", { id: "account-page" }),
      el("button", { type: "button", id: "account-next", "aria-label": t.next, text: "→", onclick: () => turn(1) }),
    ),
    a.of > ROWS.length && el("p", { class: "note", text: t.kept(num(ROWS.length, 0), num(a.of, 0)) }),
  );
}

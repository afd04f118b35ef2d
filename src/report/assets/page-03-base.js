// Data and state. In: the JSON document of the page. Out: D, the state of what is shown, look-ups that every part uses.
const D = JSON.parse(document.getElementById("data").textContent);
const state = {
  lang: D.lang === "zh" ? "zh" : "en",
  metric: "customers",
  portfolio: "customers",
  search: "",
  filter: "",
  sort: null,
  page: 0,
  open: null,
  expanded: new Set(),
};
const TIERS = (D.tiers || []).map(t => t.name);
const KEY_TIERS = D.accounts && D.accounts.key_tiers && D.accounts.key_tiers.length ? D.accounts.key_tiers : TIERS.slice(0, 1);
const T = () => WORDS[state.lang];
const rankOf = name => {
  const i = TIERS.indexOf(name);
  return i < 0 ? TIERS.length : i;
};
const sumOf = (list, f) => list.reduce((a, x) => a + (Number(f(x)) || 0), 0);
const isNum = v => typeof v === "number" && Number.isFinite(v);

// Rows of a planning table as objects. In: a name such as "forecast". Out: {columns, rows, of}, or null where the run has no such table.
function fileOf(name) {
  const plain = k => k.replace(/^.*\//, "").replace(/\.parquet$/, "");
  const key = Object.keys(D.files || {}).find(k => !/(^|\/)summaries\//.test(k) && plain(k) === name);
  const file = key && D.files[key];
  if (!file || !file.rows || !file.rows.length) return null;
  const names = file.columns.map(c => c.name);
  const rows = file.rows.map(r => {
    const o = Object.create(null);
    names.forEach((n, i) => {
      o[n] = r[i];
    });
    return o;
  });
  return { columns: file.columns, names, rows, of: file.of == null ? rows.length : file.of };
}

// Formats. In: values as JSON has them. Out: texts in the language of the page; missing is a dash.
const formats = {};
function formatter(options) {
  const id = state.lang + JSON.stringify(options);
  return formats[id] || (formats[id] = new Intl.NumberFormat(state.lang === "zh" ? "zh-CN" : "en-GB", options));
}
function num(v, digits) {
  if (v == null || v === "") return "—";
  const x = Number(v);
  if (!Number.isFinite(x)) return String(v);
  const a = Math.abs(x);
  const most = digits != null ? digits : Number.isInteger(x) || a >= 10000 ? 0 : a >= 100 ? 1 : a >= 0.1 || a === 0 ? 2 : 4;
  return formatter({ minimumFractionDigits: digits != null || (most < 3 && !Number.isInteger(x)) ? most : 0, maximumFractionDigits: most })
    .format(x)
    .replace(/^-/, "−");
}
function pct(v, digits = 1) {
  if (!isNum(v)) return "—";
  return num(v * 100, digits) + (state.lang === "zh" ? "%" : "\u202f%");
}
const signed = (v, f = num) => (v == null ? "—" : (v > 0 ? "+" : "") + f(v));
const short = v => (v == null ? "—" : formatter({ notation: "compact", maximumFractionDigits: 1 }).format(v).replace(/^-/, "−"));
function day(v, month) {
  const d = new Date(/^\d{4}-\d\d-\d\d$/.test(v) ? v + "T00:00:00Z" : v);
  if (v == null || v === "" || isNaN(d)) return v == null ? "—" : String(v);
  const o = month ? { year: "numeric", month: "short" } : { year: "numeric", month: state.lang === "zh" ? "long" : "short", day: "numeric" };
  if (!month && String(v).length > 10) Object.assign(o, { hour: "2-digit", minute: "2-digit" });
  const id = state.lang + JSON.stringify(o);
  formats[id] = formats[id] || new Intl.DateTimeFormat(state.lang === "zh" ? "zh-CN" : "en-GB", { timeZone: "UTC", ...o });
  return formats[id].format(d);
}
const unitOf = m => (m && m.unit ? "\u00a0" + m.unit : "");
const money = v => (v == null ? "—" : num(v, 0) + unitOf(D.measure));

// A value of the data as text, as it is. In: the value, most characters. Out: text; one that runs from right to left is set apart.
function show(v, most = 400) {
  if (v == null) return "—";
  let s = typeof v === "object" ? JSON.stringify(v) : String(v);
  if (s.trim() === "") return T().empty;
  const points = Array.from(s);
  if (points.length > most) s = points.slice(0, most - 1).join("") + "…";
  return /[\u0590-\u08ff\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]/.test(s) ? "\u2068" + s + "\u2069" : s;
}
// How people call a customer, where its key is not that; and both in one line.
const nameOf = key => (D.names && Object.hasOwn(D.names, String(key)) ? D.names[String(key)] : null);
const called = key => show(key, 60) + (nameOf(key) == null ? "" : " " + show(nameOf(key), 60));
const named = v => "\ue000" + show(v, 48).replace(/[\ue000\ue001]/g, "") + "\ue001";

// A name for a chart: one line, 28 characters at most. A name like "__proto__" gets an invisible character in front: zrender 5.6 keeps the
// widths of texts (and of their beginnings) as properties of a plain object, so that such a text would change Object.prototype.
const INHERITED = Object.getOwnPropertyNames(Object.prototype);
function label(v) {
  const s = show(v, 28).replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, " ");
  return INHERITED.some(n => s.startsWith(n)) ? "\u200b" + s : s;
}
const valueName = () => (D.value.name == null || D.value.name === "value" ? T().value : label(D.value.name));
const tierName = v => (v == null ? T().none : label(v));

// Makes an element. In: tag, attributes (class, text, data-…, on…), children. Out: the element; texts are never read as markup.
function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attributes || {})) {
    if (v == null || v === false) continue;
    if (k === "class") e.className = v;
    else if (k === "text") e.textContent = v;
    else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k.startsWith("--") || k === "width" || k === "height") e.style.setProperty(k, v);
    else e.setAttribute(k, v === true ? "" : v);
  }
  for (const c of children.flat(Infinity)) if (c != null && c !== false) e.append(c);
  return e;
}
const raw = (v, most) =>
  el("span", { class: "raw", dir: "auto", text: show(v, most), title: v != null && most && String(v).length > most ? String(v) : null });

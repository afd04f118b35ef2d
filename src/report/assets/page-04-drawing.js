// Colours. In: how many tiers, whether it is dark. Out: an ordered scale; the highest tier stands out most in either light.
const SCALE = { light: ["#14304d", "#2b6c8c", "#7ab0ab", "#c9c3ab"], dark: ["#d9efe9", "#7fbfc4", "#4a8499", "#4c5966"] };
const PAPER = {
  light: {
    ink: "#1d2630",
    soft: "#616b75",
    line: "#d9d6cd",
    faint: "#eeebe3",
    paper: "#ffffff",
    accent: "#2b6c8c",
    warn: "#b0512d",
    heat: ["#f3f1ea", "#a9c8c6", "#2b6c8c", "#14304d"],
  },
  dark: {
    ink: "#e8e5dd",
    soft: "#9ea7af",
    line: "#38414a",
    faint: "#232a31",
    paper: "#171d23",
    accent: "#7fbfc4",
    warn: "#e3926a",
    heat: ["#1f272e", "#2f5565", "#5fa3b0", "#d9efe9"],
  },
};
const darkQuery = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
const mood = () => (darkQuery.matches && !printing ? "dark" : "light");
const paper = () => PAPER[mood()];
const hue = (rank, tone = mood()) =>
  rank >= TIERS.length || rank < 0
    ? tone === "dark"
      ? "#8a8076"
      : "#a39b8f"
    : echarts.color.lerp(TIERS.length > 1 ? rank / (TIERS.length - 1) : 0, SCALE[tone]);
function inkOn(colour) {
  const [r, g, b] = echarts.color.parse(colour);
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#14202b" : "#ffffff";
}
function chip(name, most = 26) {
  const r = rankOf(name);
  return el(
    "span",
    { class: "tier", title: name != null && String(name).length > most ? String(name) : null },
    el("i", { class: "dot", "aria-hidden": "true", "--day": hue(r, "light"), "--night": hue(r, "dark") }),
    name == null ? el("span", { text: T().none }) : raw(name, most),
  );
}

// Tables. In: heads {text, num, wide, mid}; rows of cells (texts or nodes), or functions that make such rows; how many are shown at first.
// Out: the table, with a button for the rest. Rows that are neither shown nor printed are made when they are asked for.
const classOf = h => (h.num ? "num" : h.wide ? "wide" : h.mid ? "mid" : null);
function tableRow(heads, row, className) {
  const cells = typeof row === "function" ? row() : row;
  return el(
    "tr",
    { class: className || null },
    cells.map((c, i) => el(i === 0 ? "th" : "td", { scope: i === 0 ? "row" : null, class: classOf(heads[i]) }, c == null ? "—" : c)),
  );
}
function table(heads, rows, { caption, limit = 0, id, printMost = 100, of } = {}) {
  const t = T(),
    first = limit || rows.length;
  const make = (n, opened) => tableRow(heads, rows[n], [n >= first && !opened ? "later" : "", n >= printMost ? "beyond" : ""].join(" ").trim());
  const body = el("tbody");
  const fill = opened => {
    const most = opened ? rows.length : Math.min(rows.length, Math.max(first, printMost));
    body.replaceChildren(...Array.from({ length: most }, (_, n) => make(n, opened)));
  };
  fill(state.expanded.has(id));
  const top = el(
    "tr",
    null,
    heads.map(h => el("th", { scope: "col", class: classOf(h), text: h.text })),
  );
  return [
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": caption || heads.map(h => h.text).join(", ") },
      el("table", null, caption && el("caption", { text: caption }), el("thead", null, top), body),
    ),
    rows.length > first && moreButton(t, id, rows.length, fill),
    rows.length > printMost && el("p", { class: "note print-only", text: t.printed(num(printMost, 0), num(of || rows.length, 0)) }),
    of > rows.length && el("p", { class: "note", text: t.kept(num(rows.length, 0), num(of, 0)) }),
  ];
}
function moreButton(t, id, all, fill) {
  const button = el("button", { class: "more", type: "button" });
  const say = opened => {
    button.setAttribute("aria-expanded", String(opened));
    button.textContent = opened ? t.less : t.more(num(all, 0));
  };
  button.addEventListener("click", () => {
    const opened = !state.expanded.has(id);
    if (opened) state.expanded.add(id);
    else state.expanded.delete(id);
    fill(opened);
    say(opened);
  });
  say(state.expanded.has(id));
  return button;
}

// Charts. In: name, the sentence that says what it shows, its height, a function of the width that gives ECharts' option. Out: a figure; drawn by drawCharts().
let charts = [];
function chart({ name, title, say, height, option, onclick }) {
  const box = el("div", { class: "chart", role: "img", "data-chart": name, "aria-label": spaced(T().chartOf(title, say)) });
  charts.push({ box, height, option, onclick });
  return el("figure", { class: "drawn" }, box);
}
// A sentence with its names. In: text in which named() has set marks around names. Out: the text; in Chinese with a space between Chinese
// characters and Latin ones or figures, as is usual in print, but nothing changed within a name.
function spaced(text) {
  const pieces = String(text)
    .split(/(\ue000[^\ue001]*\ue001)/)
    .filter(Boolean)
    .map(p => (p[0] === "\ue000" ? p.slice(1, -1) : state.lang === "zh" ? between(p) : p));
  return pieces.reduce((all, p) => all + (state.lang === "zh" && all && between(all.slice(-1) + p.slice(0, 1)).length > 2 ? " " : "") + p, "");
}
const between = s => s.replace(/([\u4e00-\u9fff])([A-Za-z0-9+−])/g, "$1 $2").replace(/([A-Za-z0-9%])([\u4e00-\u9fff])/g, "$1 $2");
const saying = text => el("p", { class: "say", text: spaced(text) });
function drawOne(c, width) {
  const w = Math.max(240, width || c.box.clientWidth);
  const h = typeof c.height === "function" ? c.height(w) : c.height;
  c.box.style.height = h + "px";
  if (!c.view) {
    c.view = echarts.init(c.box, null, { renderer: "svg", width: w, height: h });
    if (c.onclick) c.view.on("click", c.onclick);
  } else c.view.resize({ width: w, height: h });
  c.view.setOption(
    { animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: paper().ink }, ...c.option(w, h) },
    { notMerge: true },
  );
  c.view.getZr().flush();
  c.drawn = w;
}
const drawCharts = width => charts.forEach(c => drawOne(c, width));
function dropCharts() {
  charts.forEach(c => c.view && c.view.dispose());
  charts = [];
}

// Tips and axes shared by charts. In: lines of text. Out: parts of an option; a tip is built of elements, so data is never read as markup.
function tip(lines) {
  return el(
    "div",
    { class: "tip" },
    lines.filter(Boolean).map((l, i) => (i === 0 ? el("strong", { text: l }) : el("div", { text: l }))),
  );
}
const tooltip = (lines, more) => ({
  confine: true,
  backgroundColor: paper().paper,
  borderColor: paper().line,
  textStyle: { color: paper().ink, fontSize: 13 },
  extraCssText: "box-shadow:0 2px 12px rgba(0,0,0,.12);border-radius:3px;white-space:normal;max-width:20rem",
  formatter: p => tip(lines(p)),
  ...more,
});
const axis = more => ({
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: paper().faint } },
  nameTextStyle: { color: paper().soft, fontSize: 12 },
  nameLocation: "middle",
  ...more,
  axisLabel: { color: paper().soft, fontSize: 12, hideOverlap: true, ...(more || {}).axisLabel },
});
const names = (list, width, more) =>
  axis({
    type: "category",
    data: list.map((_, i) => i),
    ...more,
    axisLabel: {
      formatter: i => label(list[i]),
      width,
      overflow: "truncate",
      interval: 0,
      hideOverlap: false,
      color: paper().ink,
      ...(more || {}).axisLabel,
    },
  });
const legend = (items, more) => ({
  show: true,
  type: "plain",
  left: 0,
  top: 0,
  itemWidth: 11,
  itemHeight: 11,
  itemGap: 14,
  icon: "rect",
  textStyle: { color: paper().ink, fontSize: 12.5, width: 150, overflow: "truncate" },
  data: items,
  formatter: label,
  selectedMode: false,
  ...more,
});
// Room for labels at the left. In: the chart's width, texts. Out: as much as the longest needs, but no more than a good quarter.
function labelWidth(w, texts = TIERS) {
  const long = Math.max(0, ...texts.map(x => Array.from(label(x)).reduce((n, c) => n + (c.codePointAt(0) > 0x2e7f ? 13.5 : 7.6), 6)));
  return Math.round(Math.min(Math.max(44, w * 0.28), long));
}

// A section of the report. In: id, heading, parts. Out: the section with its heading.
function section(id, title, ...parts) {
  return el("section", { id, "aria-labelledby": id + "-h" }, el("h2", { id: id + "-h", text: title }), parts);
}
const block = (title, ...parts) => el("div", { class: "block" }, title && el("h3", { text: title }), parts);

// One of several, as radio buttons. In: legend, [value, text]…, the chosen one, what to do. Out: a fieldset.
function choice(name, legendText, options, chosen, onpick) {
  return el(
    "fieldset",
    { class: "choice" },
    el("legend", { text: legendText }),
    options.map(([v, text]) =>
      el("label", null, el("input", { type: "radio", name, value: v, checked: v === chosen, onchange: () => onpick(v) }), el("span", { text })),
    ),
  );
}

// Migration. In: customers by tier before and now. Out: a Sankey, tiers in their order on both sides, and the same as a table.
const SPECIAL = ["new", "undetermined", "gone", "merged"];
function sideOf(list) {
  const found = [...new Set(list)];
  const place = n => (TIERS.includes(n) ? rankOf(n) : n == null ? 97 : SPECIAL.includes(n) ? 100 + SPECIAL.indexOf(n) : 90);
  return found.sort((a, b) => place(a) - place(b));
}
const stateName = n => (n == null ? T().none : TIERS.includes(n) ? label(n) : Object.hasOwn(T().moves, n) ? T().moves[n] : label(n));
function direction(m) {
  if (!TIERS.includes(m.from)) return "same";
  if (!TIERS.includes(m.to)) return m.to === "merged" ? "same" : "out";
  return rankOf(m.to) < rankOf(m.from) ? "up" : rankOf(m.to) > rankOf(m.from) ? "down" : "same";
}
function migrationSection() {
  const t = T(),
    all = (D.migration || []).filter(m => m.customers > 0);
  if (!D.migration || !all.length) return null;
  const left = sideOf(all.map(m => m.from)),
    right = sideOf(all.map(m => m.to));
  const count = (way, f = () => true) =>
    sumOf(
      all.filter(m => m.from != null && m.from !== "new" && f(m) && (!way || way.includes(direction(m)))),
      m => m.customers,
    );
  const say = t.say.migration({
    all: num(count(), 0),
    same: num(
      count(["same"], m => m.to === m.from),
      0,
    ),
    up: num(count(["up"]), 0),
    down: num(count(["down"]), 0),
    out: num(count(["out"]), 0),
  });
  const total = (side, n) =>
    sumOf(
      all.filter(m => m[side] === n),
      m => m.customers,
    );
  const tone = n => (TIERS.includes(n) ? hue(rankOf(n)) : paper().soft);
  const nodes = (names, letter, side, depth, position) =>
    names.map((n, i) => ({
      name: letter + i,
      of: n,
      sum: total(side, n),
      depth,
      itemStyle: { color: tone(n), borderWidth: 0 },
      label: { position },
    }));
  const flow = m => ({ up: paper().accent, down: paper().warn, out: paper().warn, same: paper().soft })[direction(m)];
  const sides = w =>
    labelWidth(
      w,
      [...left, ...right].map(n => stateName(n) + "  1,000"),
    );
  const option = w => ({
    tooltip: tooltip(p =>
      p.dataType === "edge"
        ? [
            `${stateName(p.data.of.from)} → ${stateName(p.data.of.to)}`,
            `${t.customers}: ${num(p.data.of.customers, 0)}`,
            p.data.of.value == null ? null : `${t.value}: ${num(p.data.of.value)}`,
          ]
        : [stateName(p.data.of), `${t.customers}: ${num(p.data.sum, 0)}`],
    ),
    series: [
      {
        type: "sankey",
        left: sides(w),
        right: sides(w),
        top: 26,
        bottom: 8,
        nodeWidth: 12,
        nodeGap: 14,
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: "adjacency" },
        data: [
          ...nodes(left, "a", "from", 0, "left"),
          ...nodes(right, "b", "to", 1, "right"),
        ],
        links: all.map(m => ({
          source: "a" + left.indexOf(m.from),
          target: "b" + right.indexOf(m.to),
          value: m.customers,
          of: m,
          lineStyle: { color: flow(m), opacity: direction(m) === "same" ? 0.22 : 0.42, curveness: 0.5 },
        })),
        label: {
          color: paper().ink,
          fontSize: 12.5,
          formatter: p => `${stateName(p.data.of)}  ${num(p.data.sum, 0)}`,
          width: sides(w) - 8,
          overflow: "truncate",
        },
      },
    ],
    graphic: [
      {
        type: "text",
        left: sides(w),
        top: 0,
        style: { text: D.run.prior ? label(D.run.prior.cycle || t.before) : t.before, fill: paper().soft, fontSize: 12 },
      },
      { type: "text", right: sides(w), top: 0, style: { text: D.run.cycle == null ? t.now : label(D.run.cycle), fill: paper().soft, fontSize: 12 } },
    ],
  });
  const cell = (a, b) =>
    sumOf(
      all.filter(m => m.from === a && m.to === b),
      m => m.customers,
    );
  const rows = left.map(a => [
    stateName(a),
    ...right.map(b => {
      const n = cell(a, b);
      return n ? el("span", { class: a === b ? "stay" : null, text: num(n, 0) }) : el("span", { class: "soft", text: "–" });
    }),
    num(total("from", a), 0),
  ]);
  rows.push([
    t.all,
    ...right.map(b => num(total("to", b), 0)),
    num(
      sumOf(all, m => m.customers),
      0,
    ),
  ]);
  return section(
    "migration",
    t.h.migration,
    saying(say),
    chart({ name: "migration", title: t.h.migration, say, height: Math.max(280, 60 + Math.max(left.length, right.length) * 66), option }),
    el(
      "div",
      { class: "totals" },
      table([{ text: t.fromTo }, ...right.map(b => ({ text: stateName(b), num: true })), { text: t.all, num: true }], rows, {
        caption: t.h.migration,
      }),
    ),
  );
}

// Changes. In: lists of who rose, fell, holds its tier with less value, came and went. Out: a table of each; each shows the first rows until asked for more.
function changesSection() {
  const t = T(),
    c = D.changes;
  if (!c || (!D.run.prior && !D.migration)) return null;
  const n = k => num((c.counts && c.counts[k]) || 0, 0);
  const say = t.say.changes({ up: n("up"), down: n("down"), new: n("new"), gone: n("gone"), same: n("same") });
  const list = kind => {
    const rows = c[kind] || [],
      of = c.counts && c.counts[kind];
    const has = f => rows.some(r => r[f] != null);
    const cols = [
      [t.customer, r => named2(r.key)],
      kind !== "new" && [t.from, r => chip(r.from)],
      kind !== "gone" && [t.to, r => chip(r.to)],
      has("value") && [t.value, r => num(r.value, 2), "num"],
      has("before") && [t.before, r => num(r.before, 2), "num"],
      has("before") &&
        has("value") && [t.change, r => (r.value == null || r.before == null ? "—" : signed(r.value - r.before, v => num(v, 2))), "num"],
      D.measure && has("measure") && [label(D.measure.name) + (D.measure.unit ? ` (${label(D.measure.unit)})` : ""), r => num(r.measure, 0), "num"],
      has("reason") && [
        t.reason,
        r => [el("span", { class: "rule" }, raw(r.reason, 160)), r.short == null ? null : el("span", { class: "soft", text: ` ${t.shortBy(num(r.short, 2))}` })],
        "wide",
      ],
    ].filter(Boolean);
    return block(
      null,
      el(
        "h3",
        null,
        el("span", { class: "mark " + kind, "aria-hidden": "true", text: { up: "▲", down: "▼", slipping: "↘", new: "＋", gone: "－" }[kind] }),
        ` ${t.lists[kind]} `,
        el("span", { class: "soft", text: num(of == null ? rows.length : of, 0) }),
      ),
      rows.length
        ? table(
            cols.map(([text, , k]) => ({ text, num: k === "num", wide: k === "wide" })),
            rows.map(r => () => cols.map(([, f]) => f(r))),
            { caption: t.lists[kind], limit: 8, id: "changes-" + kind, of: of > rows.length ? of : rows.length },
          )
        : el("p", { class: "note", text: t.nobody }),
    );
  };
  return section(
    "changes",
    t.h.changes,
    saying(say),
    ["up", "down", "slipping", "new", "gone"].filter(k => (c[k] || []).length || (c.counts && c.counts[k])).map(list),
  );
}
const named2 = key => {
  const shown = [raw(key, 60), nameOf(key) != null && el("span", { class: "soft" }, " ", raw(nameOf(key), 60))];
  return Object.hasOwn(D.explanations || {}, String(key)) || accountAt(key) >= 0
    ? el("button", { class: "key", type: "button", onclick: e => openAccount(key, e.currentTarget) }, shown)
    : el("span", null, shown);
};

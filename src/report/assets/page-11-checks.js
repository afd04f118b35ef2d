// Undetermined customers. In: causes and customers. Out: both as tables; a sentence alone where there are none.
function undeterminedSection() {
  const t = T(),
    u = D.undetermined;
  if (!u) return null;
  const causes = [...(u.causes || [])].sort((a, b) => b.customers - a.customers),
    rows = u.rows || [];
  if (!u.of && !rows.length) return section("undetermined", t.h.undetermined, saying(t.say.undeterminedNone));
  const most = Math.max(1, ...causes.map(c => c.customers));
  const bar = n => el("span", { class: "inbar" }, el("i", { "aria-hidden": "true", width: (n / most) * 100 + "%" }), el("span", { text: num(n, 0) }));
  return section(
    "undetermined",
    t.h.undetermined,
    causes.length ? saying(t.say.undetermined({ of: num(u.of, 0), cause: named(causes[0].cause), customers: num(causes[0].customers, 0) })) : null,
    block(
      t.causes,
      table(
        [
          { text: t.cause, wide: true },
          { text: t.place, mid: true },
          { text: t.customers, num: true },
        ],
        causes.map(c => [el("span", { class: "rule" }, raw(c.cause, 160)), el("span", { class: "rule" }, raw(c.place, 80)), bar(c.customers)]),
        { caption: t.causes, limit: 12, id: "causes" },
      ),
    ),
    rows.length
      ? block(
          t.listed,
          table(
            [{ text: t.customer }, { text: t.step }, { text: t.place, mid: true }, { text: t.cause, wide: true }],
            rows.map(r => () => [
              named2(r.key),
              raw(r.step, 40),
              el("span", { class: "rule" }, raw(r.place, 80)),
              el("span", { class: "rule" }, raw(r.cause, 160)),
            ]),
            { caption: t.listed, limit: 8, id: "undetermined", of: u.of },
          ),
        )
      : null,
  );
}

// Data quality. In: rows of tables, what was found in columns. Out: two tables.
function qualitySection() {
  const t = T(),
    q = D.quality;
  if (!q || (!(q.tables || []).length && !(q.columns || []).length)) return null;
  // What was found nowhere, and shifts too small to mean anything (PSI below 0.1), are left out.
  const tables = q.tables || [],
    found = (q.columns || []).filter(c => c.count !== 0 && !(c.measure === "psi" && c.value < 0.1)),
    n = v => num(v, 0),
    total = k => n(sumOf(tables, x => x[k]));
  const kinds = ["read", "kept", "quarantined", "removed", "corrected", "unreferenced", "orphans"];
  const cell = (x, k) => el("span", { class: ["quarantined", "orphans"].includes(k) && x[k] > 0 ? "alarm" : x[k] ? null : "soft", text: n(x[k]) });
  const measure = m => (Object.hasOwn(t.found_, m) ? t.found_[m] : show(m, 40));
  const figureOf = c =>
    c.count != null ? n(c.count) : c.value == null ? "—" : c.measure === "drift_missing" ? signed(c.value, pct) : num(c.value, 3);
  return section(
    "quality",
    t.h.quality,
    saying(
      t.say.quality({
        read: total("read"),
        tables: n(tables.length),
        kept: total("kept"),
        quarantined: total("quarantined"),
        removed: total("removed"),
      }),
    ),
    tables.length
      ? block(
          t.q.tables,
          table(
            [{ text: t.q.table }, ...kinds.map(k => ({ text: t.q[k], num: true }))],
            tables.map(x => [raw(x.table, 60), ...kinds.map(k => cell(x, k))]),
            { caption: t.q.tables },
          ),
        )
      : null,
    found.length
      ? block(
          t.q.columns,
          table(
            [{ text: t.q.table }, { text: t.q.column }, { text: t.q.measure }, { text: t.q.detail, wide: true }, { text: t.q.figure, num: true }],
            found.map(c => () => [
              raw(c.table, 60),
              c.column == null ? el("span", { class: "soft", text: t.q.whole }) : raw(c.column, 60),
              measure(c.measure),
              c.detail == null ? "" : raw(c.detail, 160),
              figureOf(c),
            ]),
            { caption: t.q.columns, limit: 12, id: "quality" },
          ),
        )
      : null,
  );
}

// Summaries that the project declares. In: any tables under summaries/. Out: each by its groups, tiers from the highest down.
function byGroups(f) {
  const first = f.columns.findIndex(numeric),
    groups = first < 0 ? f.columns.length : first;
  const words = new Intl.Collator(state.lang === "zh" ? "zh-CN" : "en", { numeric: true });
  return [...f.rows].sort((a, b) => {
    for (let i = 0; i < groups; i++) {
      const order =
        f.columns[i].name === "tier" ? rankOf(a[i]) - rankOf(b[i]) : (a[i] == null) - (b[i] == null) || words.compare(String(a[i]), String(b[i]));
      if (order) return order;
    }
    return 0;
  });
}
function summariesSection() {
  const t = T(),
    found = Object.keys(D.files || {}).filter(k => /(^|\/)summaries\//.test(k));
  if (!found.length) return null;
  return section(
    "summaries",
    t.h.summaries,
    found.map(k => {
      const f = D.files[k],
        name = k.replace(/^.*\//, "").replace(/\.parquet$/, ""),
        columns = withDigits(f.columns, f.rows);
      const cell = (c, v) => (c.name === "tier" ? chip(v) : c.kind === "text" ? raw(v, 80) : textOf(c, v));
      return block(
        null,
        el("h3", null, raw(name, 60)),
        table(
          columns.map(c => ({ text: label(c.name), num: numeric(c) })),
          byGroups(f).map(r => () => r.map((v, i) => cell(columns[i], v))),
          { caption: name, limit: 12, id: "summary-" + k, of: f.of },
        ),
      );
    }),
  );
}

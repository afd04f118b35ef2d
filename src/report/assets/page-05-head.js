// The head of the report. In: counts, tiers, moves. Out: names, six figures at most, and sentences made from them.
function figures() {
  const all = sumOf(D.tiers, t => t.customers),
    top = D.tiers.filter(t => KEY_TIERS.includes(t.name));
  const share = f => {
    const s = sumOf(D.tiers, f);
    return s > 0 ? sumOf(top, f) / s : null;
  };
  const key = sumOf(top, t => t.customers);
  const inKey = n => KEY_TIERS.includes(n);
  const moves = D.migration || [];
  const c = (D.changes && D.changes.counts) || {};
  return {
    all,
    key,
    share: all ? key / all : null,
    value: share(t => t.value_sum),
    measure: D.measure ? share(t => t.measure_sum) : null,
    names: T().list(KEY_TIERS.slice(0, 3).map(named)) + (KEY_TIERS.length > 3 ? "…" : ""),
    up: c.up || 0,
    down: c.down || 0,
    same: c.same || 0,
    moved: !!(D.migration || (D.run.prior && D.changes)),
    into: sumOf(
      moves.filter(m => !inKey(m.from) && inKey(m.to)),
      m => m.customers,
    ),
    out: sumOf(
      moves.filter(m => inKey(m.from) && !inKey(m.to)),
      m => m.customers,
    ),
  };
}
const figure = (big, small, note) =>
  el(
    "div",
    { class: "figure" },
    el("b", { class: big.length > 8 ? "long" : null, text: big }),
    el("span", { class: "what", text: spaced(small) }),
    note && el("span", { class: "note", text: spaced(note) }),
  );

function headline() {
  const t = T(),
    f = figures(),
    n = v => num(v, 0),
    run = D.run,
    c = D.counts;
  const where = [
    run.cycle != null && t.cycleOf(show(run.cycle)),
    run.as_of && t.asOf(day(run.as_of)),
    run.prior ? t.against(show(run.prior.cycle || run.prior.id)) : t.firstCycle,
    run.phase && t.phaseOf(show(run.phase)),
    run.scenario && run.scenario !== "base" && t.scenarioOf(show(run.scenario)),
    run.id && t.runOf(show(run.id, 16)),
  ].filter(Boolean);
  const cells = [
    figure(n(c.decided != null ? c.decided : f.all), t.kpi.customers, c.read != null && c.read !== c.decided ? t.kpi.ofRead(n(c.read), c.removed > 0) : null),
  ];
  if (f.value != null) cells.push(figure(pct(f.value), t.kpi.value, t.kpi.held(f.names)));
  if (f.measure != null) cells.push(figure(pct(f.measure), t.kpi.measure(named(D.measure.name)), t.kpi.held(f.names)));
  if (f.moved)
    cells.push(
      figure(`${n(f.up)} / ${n(f.down)}`, t.kpi.moved, t.kpi.same(n(f.same))),
      figure(`${n(f.into)} / ${n(f.out)}`, t.kpi.entered, t.kpi.roster(f.names)),
    );
  if (c.undetermined != null) cells.push(figure(n(c.undetermined), t.kpi.open, t.kpi.aside(n(c.quarantined || 0), n(c.removed || 0))));
  const words = !f.all
    ? [t.leadNobody]
    : [
        t.lead({
          key: n(f.key),
          all: n(f.all),
          share: pct(f.share),
          names: f.names,
          value: pct(f.value),
          measure: f.measure != null && pct(f.measure),
          of: D.measure && named(D.measure.name),
        }),
        f.moved
          ? t.leadMoves({
              cycle: run.prior ? show(run.prior.cycle || run.prior.id) : t.before,
              up: n(f.up),
              down: n(f.down),
              into: n(f.into),
              out: n(f.out),
              names: f.names,
            })
          : t.leadFirst,
        c.undetermined ? t.leadOpen(n(c.undetermined)) : t.leadSure,
      ];
  return el(
    "header",
    { id: "headline" },
    el("p", { class: "kicker", text: t.report }),
    el("h1", null, raw(D.project.name)),
    el("p", { class: "where", text: spaced(where.join("  ·  ")) }),
    el("h2", { class: "hidden", text: t.h.glance }),
    el("p", { class: "lead", text: spaced(words.join(state.lang === "zh" ? "" : " ")) }),
    el("div", { class: "figures", "--n": cells.some(c => c.querySelector(".long")) ? 3 : cells.length }, cells),
  );
}

// Tier distribution. In: tiers. Out: customers, value and measure as three bars of 100 %, and the table behind them.
function tiersSection() {
  const t = T(),
    ts = D.tiers;
  if (!ts || !ts.length) return null;
  const kinds = [
    ["customers", t.customers, x => x.customers, v => num(v, 0)],
    ["value", t.value, x => x.value_sum, v => num(v)],
  ];
  if (D.measure && ts.some(x => isNum(x.measure_sum))) kinds.push(["measure", label(D.measure.name), x => x.measure_sum, money]);
  const valued = sumOf(ts, x => x.valued);
  const total = kinds.map(k => sumOf(ts, k[2])),
    part = (k, x) => (total[k] > 0 ? (kinds[k][2](x) || 0) / total[k] : 0);
  const say = t.say.tiers({
    name: named(ts[0].name),
    customers: pct(part(0, ts[0])),
    value: pct(part(1, ts[0])),
    measure: kinds[2] && pct(part(2, ts[0])),
    of: kinds[2] && named(D.measure.name),
  });
  const side = w =>
    labelWidth(
      w,
      kinds.map(k => k[1]),
    );
  const option = w => ({
    legend: legend(
      ts.map((_, i) => String(i)),
      { formatter: i => stateName(ts[i].name) },
    ),
    grid: { left: side(w) + 10, right: 4, top: legendRows(w, ts.length) * 22 + 14, bottom: 4 },
    xAxis: { type: "value", max: 1, show: false },
    yAxis: names(
      kinds.map(k => k[1]),
      side(w),
      { inverse: true },
    ),
    tooltip: tooltip(
      p => [
        stateName(ts[p.seriesIndex].name),
        `${kinds[p.dataIndex][1]}: ${kinds[p.dataIndex][3](kinds[p.dataIndex][2](ts[p.seriesIndex]))}`,
        pct(p.value),
      ],
      { trigger: "item" },
    ),
    series: ts.map((x, i) => ({
      type: "bar",
      stack: "all",
      name: String(i),
      barWidth: 34,
      data: kinds.map((_, k) => part(k, x)),
      itemStyle: { color: hue(i), borderColor: paper().paper, borderWidth: 1 },
      label: { show: true, formatter: p => (p.value * (w - side(w)) > 34 ? pct(p.value, 0) : ""), color: inkOn(hue(i)), fontSize: 12 },
    })),
  });
  const heads = [
    { text: t.tier },
    { text: t.customers, num: true },
    { text: t.share, num: true },
    { text: t.valueSum, num: true },
    { text: t.share, num: true },
    { text: t.valueMean, num: true },
  ];
  if (kinds[2])
    heads.push(
      { text: t.sumOf(label(D.measure.name)) + (D.measure.unit ? ` (${label(D.measure.unit)})` : ""), num: true },
      { text: t.share, num: true },
    );
  const rows = ts.map(x => [
    chip(x.name),
    num(x.customers, 0),
    pct(part(0, x)),
    num(x.value_sum, 2),
    pct(part(1, x)),
    num(x.value_mean, 2),
    ...(kinds[2] ? [num(x.measure_sum, 0), pct(part(2, x))] : []),
  ]);
  rows.push([
    t.all,
    num(total[0], 0),
    "",
    num(total[1], 2),
    "",
    valued ? num(total[1] / valued, 2) : "—",
    ...(kinds[2] ? [num(total[2], 0), ""] : []),
  ]);
  return section(
    "tiers",
    t.h.tiers,
    saying(say),
    chart({ name: "tiers", title: t.h.tiers, say, height: w => kinds.length * 48 + legendRows(w, ts.length) * 22 + 24, option }),
    el("div", { class: "totals" }, table(heads, rows, { caption: t.h.tiers })),
  );
}
const legendRows = (w, n) => Math.max(1, Math.ceil((n * 120) / w));

// The strategic plan. In: portfolio, side_by_side, moves. Out: small stacked bars for each scenario, the last year side by side, moves.
function strategySection() {
  const t = T(),
    p = fileOf("portfolio"),
    m = fileOf("moves"),
    s = fileOf("side_by_side");
  if (!p && !m && !s) return null;
  return section("strategy", t.h.strategy, p && portfolioPart(p), s && sidePart(s), m && movesPart(m));
}
const measureName = m => (m === "customers" ? T().customers : m === "value" ? T().value : label(m));
function portfolioPart(p) {
  const t = T(),
    scenarios = [...new Set(p.rows.map(r => r.scenario))],
    years = [...new Set(p.rows.map(r => r.year).filter(isNum))].sort((a, b) => a - b),
    tiers = sideOf(p.rows.map(r => r.tier));
  const measures = p.columns.filter(c => numeric(c) && !["year", "share"].includes(c.name)).map(c => c.name);
  const measure = measures.includes(state.portfolio) ? state.portfolio : measures[0];
  const cell = new Map(p.rows.map(r => [JSON.stringify([r.scenario, r.year, r.tier]), r])),
    get = (s, y, n) => {
      const r = cell.get(JSON.stringify([s, y, n]));
      return r && isNum(r[measure]) ? r[measure] : 0;
    };
  const last = years[years.length - 1],
    yearName = y => {
      const r = p.rows.find(x => x.year === y);
      return r && r.planning_year != null ? label(r.planning_year) : num(y, 0);
    };
  const ends = scenarios.map(s => get(s, last, tiers[0]));
  const say = t.say[measure === "customers" ? "portfolio" : "portfolioOf"]({
    year: yearName(last),
    tier: named(tiers[0]),
    measure: measureName(measure),
    base: named(scenarios[0]),
    first: num(ends[0], ends[0] > 1000 ? 0 : undefined),
    min: num(Math.min(...ends)),
    max: num(Math.max(...ends)),
  });
  const top = Math.max(...scenarios.flatMap(s => years.map(y => sumOf(tiers, n => Math.max(0, get(s, y, n)))))),
    high = 220;
  const columns = w => Math.ceil(scenarios.length / Math.ceil(scenarios.length / Math.max(1, Math.floor(w / 190))));
  const option = w => {
    const n = columns(w),
      each = w / n,
      head = legendRows(w, tiers.length) * 22 + 34;
    const grids = scenarios.map((_, i) => ({
      left: (i % n) * each + (i % n ? 26 : 44),
      width: each - (i % n ? 34 : 52),
      top: Math.floor(i / n) * high + head,
      height: high - 70,
    }));
    return {
      legend: legend(
        tiers.map((_, i) => String(i)),
        { formatter: i => stateName(tiers[i]) },
      ),
      grid: grids,
      title: scenarios.map((s, i) => ({
        text: label(s),
        left: grids[i].left,
        top: grids[i].top - 26,
        textStyle: { fontSize: 13, fontWeight: 600, color: paper().ink, width: each - 30, overflow: "truncate" },
      })),
      xAxis: scenarios.map((_, i) =>
        axis({ gridIndex: i, type: "category", data: years, axisLabel: { formatter: y => yearName(Number(y)), fontSize: 11 } }),
      ),
      yAxis: scenarios.map((_, i) =>
        axis({
          gridIndex: i,
          type: "value",
          max: top || 1,
          splitNumber: 3,
          axisLabel: { show: i % n === 0, formatter: v => (v === top ? "" : short(v)) },
        }),
      ),
      tooltip: tooltip(q => {
        const s = scenarios[q.data.s];
        return [`${label(s)}, ${yearName(years[q.dataIndex])}`, ...tiers.map(x => `${stateName(x)}: ${num(get(s, years[q.dataIndex], x))}`)];
      }),
      series: scenarios.flatMap((s, i) =>
        tiers
          .map((x, k) => k)
          .reverse()
          .map(k => ({
            type: "bar",
            stack: "s" + i,
            name: String(k),
            xAxisIndex: i,
            yAxisIndex: i,
            barWidth: "62%",
            itemStyle: { color: hue(rankOf(tiers[k])), borderColor: paper().paper, borderWidth: 1 },
            data: years.map(y => ({ value: get(s, y, tiers[k]), s: i })),
            label: {
              show: measure === "customers" && each > 150,
              formatter: q => ((q.value / (top || 1)) * (high - 70) > 15 ? num(q.value, 0) : ""),
              color: inkOn(hue(rankOf(tiers[k]))),
              fontSize: 11,
            },
          })),
      ),
    };
  };
  return block(
    t.portfolioTitle,
    saying(say),
    choice(
      "portfolio",
      t.show,
      measures.map(m => [m, measureName(m)]),
      measure,
      v => {
        state.portfolio = v;
        refresh("strategy");
      },
    ),
    chart({
      name: "strategy",
      title: t.portfolioTitle,
      say,
      height: w => Math.ceil(scenarios.length / columns(w)) * high + legendRows(w, tiers.length) * 22,
      option,
    }),
  );
}
function sidePart(s) {
  const t = T(),
    last = Math.max(...s.rows.map(r => r.year)),
    rows = s.rows.filter(r => r.year === last),
    scenarios = s.names.filter(n => !["year", "planning_year", "tier", "measure"].includes(n));
  if (!rows.length) return null;
  const value = (r, n) => {
    const d = isNum(r[n]) && isNum(r[scenarios[0]]) && n !== scenarios[0] ? r[n] - r[scenarios[0]] : 0,
      whole = r.measure === "customers" ? 0 : undefined;
    return el(
      "span",
      null,
      num(r[n], whole),
      d ? el("span", { class: "delta " + (d > 0 ? "plus" : "minus"), text: signed(d, v => num(v, whole)) }) : "",
    );
  };
  const year = rows[0].planning_year == null ? num(last, 0) : show(rows[0].planning_year);
  return block(
    t.differenceTitle(year),
    table(
      [{ text: t.tier }, { text: t.measure }, ...scenarios.map(n => ({ text: label(n), num: true }))],
      rows.map(r => [chip(r.tier), measureName(r.measure), ...scenarios.map(n => value(r, n))]),
      { caption: t.differenceTitle(year), limit: 24, id: "side" },
    ),
  );
}
function movesPart(m) {
  const t = T(),
    scenarios = [...new Set(m.rows.map(r => r.scenario))],
    years = [...new Set(m.rows.map(r => r.year).filter(isNum))].sort((a, b) => a - b),
    kinds = ["up", "down", "same", "new", "undetermined", "gone"].filter(k => m.rows.some(r => r.move === k));
  const count = (s, y, k) =>
    sumOf(
      m.rows.filter(r => r.scenario === s && (y == null || r.year === y) && r.move === k),
      r => r.customers,
    );
  const say = t.say.moves({
    base: named(scenarios[0]),
    up: num(count(scenarios[0], null, "up"), 0),
    down: num(count(scenarios[0], null, "down"), 0),
  });
  const yearName = y => show((m.rows.find(r => r.year === y) || {}).planning_year);
  return block(
    t.movesTitle,
    saying(say),
    table(
      [{ text: t.scenario }, { text: t.year }, ...kinds.map(k => ({ text: t.moves[k], num: true }))],
      scenarios.flatMap(s => years.map(y => [raw(s, 40), yearName(y), ...kinds.map(k => num(count(s, y, k), 0))])),
      { caption: t.movesTitle, limit: 16, id: "moves" },
    ),
  );
}

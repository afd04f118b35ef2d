// The matrix of two columns. In: cells with four figures. Out: a heat map of the figure that is chosen.
function matrixSection() {
  const t = T(),
    m = D.matrix;
  if (!m || !m.cells || !m.cells.length) return null;
  const sets = {
    customers: [2, t.metrics.customers, v => num(v, 0)],
    key: [3, t.metrics.key, v => num(v, 0)],
    mean: [5, t.metrics.mean, v => num(v)],
  };
  if (D.measure && m.cells.some(c => isNum(c[4]))) sets.measure = [4, label(D.measure.name), money];
  const order = ["customers", "key", "measure", "mean"].filter(k => sets[k]);
  if (!sets[state.metric]) state.metric = "customers";
  const [at, title, format] = sets[state.metric];
  const cells = m.cells.filter(c => isNum(c[at]) && c[0] in m.rows.values && c[1] in m.columns.values),
    rows = m.rows.values,
    columns = m.columns.values;
  // Who has no such value, and those who share a row because there are many, are nobody to name.
  const nobody = v => v == null || v === "…",
    somebody = cells.filter(c => !nobody(rows[c[0]]) && !nobody(columns[c[1]]));
  const best = (somebody.length ? somebody : cells).reduce((a, b) => (a && a[at] >= b[at] ? a : b), null);
  const heading = spaced(t.h.matrix(named(m.rows.name), named(m.columns.name)));
  const say = best
    ? t.say[state.metric === "mean" ? "mean" : "matrix"]({
        metric: t.metricIn[state.metric] || title,
        row: named(rows[best[0]]),
        column: named(columns[best[1]]),
        value: format(best[at]),
      })
    : "—";
  const values = cells.map(c => c[at]),
    low = state.metric === "mean" ? Math.min(...values) : 0,
    high = Math.max(...values, low + 1e-9);
  const scale = v => echarts.color.lerp(Math.min(1, Math.max(0, (v - low) / (high - low || 1))), paper().heat);
  const option = w => {
    const side = labelWidth(w, rows),
      room = (w - side) / columns.length;
    return {
      grid: { left: side + 6, right: 2, top: room < 80 ? 92 : 30, bottom: 2 },
      xAxis: names(columns, room < 80 ? 84 : room - 6, { position: "top", splitLine: { show: false }, axisLabel: { rotate: room < 80 ? 45 : 0 } }),
      yAxis: names(rows, side, { inverse: true, splitLine: { show: false } }),
      tooltip: tooltip(p => {
        const c = p.data.of;
        return [`${label(rows[c[0]])} × ${label(columns[c[1]])}`, ...order.map(k => `${sets[k][1]}: ${sets[k][2](c[sets[k][0]])}`)];
      }),
      series: [
        {
          type: "heatmap",
          data: cells.map(c => ({
            value: [c[1], c[0], c[at]],
            of: c,
            itemStyle: { color: scale(c[at]), borderColor: paper().paper, borderWidth: 2 },
            label: { color: inkOn(scale(c[at])) },
          })),
          label: { show: room > 38, fontSize: 12, formatter: p => (state.metric === "measure" ? short(p.data.of[at]) : format(p.data.of[at])) },
        },
      ],
    };
  };
  const redo = v => {
    state.metric = v;
    refresh("matrix");
  };
  return section(
    "matrix",
    heading,
    saying(say),
    choice(
      "metric",
      t.show,
      order.map(k => [k, sets[k][1]]),
      state.metric,
      redo,
    ),
    chart({
      name: "matrix",
      title: heading,
      say,
      height: w => Math.min(1600, rows.length * (rows.length > 30 ? 22 : 38)) + ((w - labelWidth(w, rows)) / columns.length < 80 ? 96 : 34),
      option,
    }),
    el("p", { class: "note" }, raw(m.rows.name), " × ", raw(m.columns.name)),
  );
}

// Profile of tiers. In: means of the value's parts. Out: one row for each part, one dot for each tier, a mark for all customers.
function dimensionsSection() {
  const t = T(),
    d = D.dimensions;
  if (!d || !d.names || !d.names.length) return null;
  const tiers = (d.tiers || []).filter(x => x.means.some(isNum));
  if (!tiers.length) return null;
  const top = tiers[0],
    gaps = d.names.map((_, i) => (isNum(top.means[i]) && isNum(d.all[i]) ? Math.abs(top.means[i] - d.all[i]) / (Math.abs(d.all[i]) || 1) : -1));
  const far = gaps.indexOf(Math.max(...gaps));
  const say =
    Math.max(...gaps) <= 1e-9
      ? t.say.dimensionsFlat
      : t.say.dimensions({ top: named(top.name), name: named(d.names[far]), mean: num(top.means[far]), all: num(d.all[far]) });
  const span = d.names.map((_, i) => {
    const v = tiers.map(x => x.means[i]).filter(isNum);
    return v.length ? [Math.min(...v), Math.max(...v)] : null;
  });
  const option = w => ({
    legend: legend([...tiers.map((_, i) => String(i)), "all"], { icon: "circle", formatter: i => (i === "all" ? t.all : label(tiers[i].name)) }),
    grid: { left: labelWidth(w, d.names) + 10, right: 20, top: legendRows(w, tiers.length + 1) * 22 + 12, bottom: 26 },
    xAxis: axis({ type: "value", scale: span.every(s => !s || s[0] > 0) ? false : true, axisLabel: { formatter: v => num(v) } }),
    yAxis: names(d.names, labelWidth(w, d.names), { inverse: true, splitLine: { show: false } }),
    tooltip: tooltip(p => [label(d.names[p.data.dim]), `${p.data.who == null ? t.all : label(tiers[p.data.who].name)}: ${num(p.data.value[0], 2)}`]),
    series: [
      {
        type: "custom",
        silent: true,
        z: 1,
        data: span.map((s, i) => (s ? [s[0], s[1], i] : null)).filter(Boolean),
        renderItem: (q, api) => {
          const a = api.coord([api.value(0), api.value(2)]),
            b = api.coord([api.value(1), api.value(2)]);
          return { type: "line", shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: paper().line, lineWidth: 3 } };
        },
      },
      {
        type: "scatter",
        name: "all",
        symbol: "rect",
        symbolSize: [2.5, 26],
        z: 2,
        itemStyle: { color: paper().warn },
        data: d.all.map((v, i) => ({ value: [v, i], dim: i })).filter(x => isNum(x.value[0])),
      },
      ...tiers.map((x, who) => ({
        type: "scatter",
        name: String(who),
        symbolSize: 15,
        z: 3,
        itemStyle: { color: hue(rankOf(x.name)), borderColor: paper().paper, borderWidth: 1.5 },
        data: x.means.map((v, i) => ({ value: [v, i], dim: i, who })).filter(q => isNum(q.value[0])),
      })),
    ],
  });
  const heads = [{ text: t.tier }, ...d.names.map(n => ({ text: label(n), num: true }))];
  const rows = [...tiers.map(x => [chip(x.name), ...x.means.map(v => num(v, 2))]), [t.all, ...d.all.map(v => num(v, 2))]];
  return section(
    "dimensions",
    t.h.dimensions,
    saying(say),
    chart({ name: "dimensions", title: t.h.dimensions, say, height: w => d.names.length * 44 + legendRows(w, tiers.length + 1) * 22 + 44, option }),
    el("div", { class: "totals" }, table(heads, rows, { caption: t.h.dimensions })),
  );
}

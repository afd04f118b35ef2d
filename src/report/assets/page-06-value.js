// Value against tier. In: five-number summaries of tiers, points. Out: boxes with dots; and value against the measure, where there is one.
function valueSection() {
  const t = T(),
    ts = D.tiers || [],
    points = ((D.points && D.points.rows) || []).filter(p => isNum(p[1]) && p[3] in ts);
  const known = ts.map((x, i) => ({ ...x, rank: i })).filter(x => x.values && x.values.every(isNum));
  if (!known.length && !points.length) return null;
  const top = known[0],
    low = known[known.length - 1];
  const say = !top
    ? t.say.valueNone
    : known.length < 2
      ? t.say.valueOne({ top: named(top.name), q1: num(top.values[1]), q3: num(top.values[3]), median: num(top.values[2]) })
      : t.say.value({
          top: named(top.name),
          q1: num(top.values[1]),
          q3: num(top.values[3]),
          median: num(top.values[2]),
          low: named(low.name),
          lowMedian: num(low.values[2]),
        });
  // A tier at the end of which nobody has a value takes no room.
  const lanes = 1 + Math.max(...known.map(x => x.rank), ...points.map(p => p[3]));
  const spread = i => (((i * 0.618034) % 1) - 0.5) * 0.56;
  const box = (params, api) => {
    const x = known[params.dataIndex],
      at = q => api.coord([x.values[q], x.rank]),
      h = 15,
      p = paper(),
      y = at(0)[1];
    const line = (a, b, width) => ({ type: "line", shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: p.ink, lineWidth: width } });
    return {
      type: "group",
      children: [
        line(at(0), at(1), 1),
        line(at(3), at(4), 1),
        {
          type: "rect",
          shape: { x: at(1)[0], y: y - h, width: Math.max(1, at(3)[0] - at(1)[0]), height: 2 * h },
          style: { fill: "none", stroke: p.ink, lineWidth: 1.2 },
        },
        line([at(2)[0], y - h], [at(2)[0], y + h], 2.6),
      ],
    };
  };
  const series = known.map(x => [x.values[2], x.rank, x.values[0], x.values[4]]);
  const option = w => ({
    grid: { left: labelWidth(w) + 10, right: 14, top: 6, bottom: 42 },
    xAxis: axis({ type: "value", scale: true, name: valueName() + unitOf(D.value), nameGap: 28, axisLabel: { formatter: v => num(v) } }),
    yAxis: axis({
      type: "value",
      min: -0.5,
      max: lanes - 0.5,
      interval: 1,
      inverse: true,
      splitLine: { show: false },
      axisLabel: { show: false },
    }),
    tooltip: tooltip(p =>
      p.seriesType === "scatter"
        ? [
            called(points[p.dataIndex][0]),
            tierName(ts[points[p.dataIndex][3]] && ts[points[p.dataIndex][3]].name),
            `${valueName()}: ${num(points[p.dataIndex][1])}`,
            D.measure && points[p.dataIndex][2] != null && `${label(D.measure.name)}: ${money(points[p.dataIndex][2])}`,
          ]
        : [
            tierName(known[p.dataIndex].name),
            `${t.median}: ${num(known[p.dataIndex].values[2])}`,
            `${num(known[p.dataIndex].values[0])} – ${num(known[p.dataIndex].values[4])}`,
          ],
    ),
    graphic: [],
    series: [
      {
        type: "scatter",
        symbolSize: points.length > 800 ? 4 : 7,
        data: points.map((p, i) => ({
          value: [p[1], p[3] + spread(i)],
          itemStyle: {
            color: hue(p[3]),
            borderColor: paper().soft,
            borderWidth: points.length > 800 ? 0 : 0.5,
            opacity: points.length > 800 ? 0.7 : 0.9,
          },
        })),
      },
      { type: "custom", renderItem: box, encode: { x: [0, 2, 3], y: 1 }, data: series, z: 5, silent: false },
      { type: "scatter", silent: true, symbolSize: 0.001, data: ts.slice(0, lanes).map((x, i) => ({ value: [0, i], i })), z: 6, label: { show: false } },
    ],
  });
  const withNames = (w, h) => {
    const o = option(w),
      row = (h - 48) / lanes;
    o.graphic = ts.slice(0, lanes).map((x, i) => ({
      type: "text",
      x: labelWidth(w),
      y: 6 + row * (i + 0.5),
      style: {
        text: stateName(x.name),
        textAlign: "right",
        textVerticalAlign: "middle",
        fill: paper().ink,
        fontSize: 12.5,
        width: labelWidth(w) - 2,
        overflow: "truncate",
      },
    }));
    o.series.pop();
    return o;
  };
  const drawn = t.say.dots({ shown: num(points.length, 0), of: num((D.points && D.points.of) || points.length, 0) });
  return section(
    "value-by-tier",
    t.h.value,
    saying(say),
    chart({
      name: "value-by-tier",
      title: t.h.value,
      say,
      height: () => lanes * 62 + 48,
      option: withNames,
      onclick: p => p.seriesType === "scatter" && openAccount(points[p.dataIndex][0]),
    }),
    el("p", { class: "note", text: spaced(drawn) }),
    amountChart(points),
  );
}
function amountChart(points) {
  const t = T(),
    known = points.filter(p => isNum(p[2]));
  if (!D.measure || !known.length) return null;
  const most = known.reduce((a, b) => (b[2] > a[2] ? b : a)),
    positive = known.filter(p => p[2] > 0);
  const log =
    positive.length > known.length * 0.9 &&
    positive.length > 9 &&
    most[2] / positive.map(p => p[2]).sort((a, b) => a - b)[Math.floor(positive.length / 2)] > 8;
  const drawn = log ? positive : known;
  const say = t.say.amount({
    of: named(D.measure.name),
    name: named(called(most[0])),
    amount: money(most[2]),
    value: num(most[1]),
    tier: named(TIERS[most[3]]),
  });
  const option = w => ({
    legend: legend(
      TIERS.map((_, i) => String(i)),
      { formatter: i => stateName(TIERS[i]) },
    ),
    grid: { left: 62, right: 14, top: legendRows(w, TIERS.length) * 22 + 42, bottom: 46 },
    xAxis: axis({ type: "value", scale: true, name: valueName() + unitOf(D.value), nameGap: 28, axisLabel: { formatter: v => num(v) } }),
    yAxis: axis({
      type: log ? "log" : "value",
      scale: true,
      name: label(D.measure.name) + (D.measure.unit ? ` (${label(D.measure.unit)})` : ""),
      nameLocation: "end",
      nameTextStyle: { align: "left", color: paper().soft, padding: [0, 0, 0, -50] },
      axisLabel: { formatter: short },
    }),
    tooltip: tooltip(p => {
      const x = p.data.of;
      return [called(x[0]), tierName(TIERS[x[3]]), `${valueName()}: ${num(x[1])}`, `${label(D.measure.name)}: ${money(x[2])}`];
    }),
    series: TIERS.map((_, i) => ({
      type: "scatter",
      name: String(i),
      symbolSize: drawn.length > 800 ? 5 : 9,
      itemStyle: { color: hue(i), borderColor: paper().soft, borderWidth: drawn.length > 800 ? 0 : 0.5, opacity: 0.85 },
      data: drawn.filter(p => p[3] === i).map(p => ({ value: [p[1], p[2]], of: p })),
    })),
  });
  return [
    el("div", { class: "gap" }),
    saying(say),
    chart({ name: "amount-by-value", title: t.h.value, say, height: w => (w < 560 ? 320 : 380), option, onclick: p => openAccount(p.data.of[0]) }),
  ];
}

// Concentration. In: the Pareto curve. Out: the curve, the diagonal of equals, the mark at 20 %.
function paretoSection() {
  const t = T(),
    p = D.pareto;
  const curve = ((p && p.curve) || []).filter(c => isNum(c[0]) && isNum(c[1]));
  if (curve.length < 2) return null;
  const of = p.of === "value" ? t.value : label(p.of);
  const say = t.say.pareto({ top: pct(p.top20), of: p.of === "value" ? t.value : named(p.of), gini: num(p.gini, 2) });
  const option = () => ({
    grid: { left: 56, right: 20, top: 16, bottom: 46 },
    tooltip: tooltip(q => [`${pct(q[0].value[0])} → ${pct(q[0].value[1])}`, `${t.shareCustomers} → ${t.shareCum(of)}`], { trigger: "axis" }),
    xAxis: axis({ type: "value", max: 1, name: t.shareCustomers, nameGap: 28, interval: 0.2, axisLabel: { formatter: v => pct(v, 0) } }),
    yAxis: axis({ type: "value", max: Math.max(1, ...curve.map(c => c[1])), axisLabel: { formatter: v => pct(v, 0) } }),
    series: [
      {
        type: "line",
        data: curve,
        symbol: "none",
        lineStyle: { color: hue(0), width: 2.4 },
        areaStyle: { color: paper().accent, opacity: 0.12 },
        markLine: isNum(p.top20)
          ? {
              symbol: "none",
              silent: true,
              lineStyle: { color: paper().warn, type: [4, 3], width: 1.2 },
              label: { show: false },
              data: [
                [{ coord: [0.2, 0] }, { coord: [0.2, p.top20] }],
                [{ coord: [0, p.top20] }, { coord: [0.2, p.top20] }],
              ],
            }
          : undefined,
        markPoint: isNum(p.top20)
          ? {
              symbol: "circle",
              symbolSize: 9,
              silent: true,
              itemStyle: { color: paper().warn },
              label: { position: "right", distance: 10, offset: [0, 12], color: paper().ink, fontSize: 13, formatter: t.top20(pct(p.top20)) },
              data: [{ coord: [0.2, p.top20] }],
            }
          : undefined,
      },
      {
        type: "line",
        data: [
          [0, 0],
          [1, 1],
        ],
        symbol: "none",
        silent: true,
        lineStyle: { color: paper().soft, type: "dotted", width: 1 },
        endLabel: { show: false },
        markPoint: {
          symbol: "circle",
          symbolSize: 0.01,
          silent: true,
          label: { formatter: t.equal, color: paper().soft, fontSize: 12, position: "bottom", offset: [34, 8] },
          data: [{ coord: [0.62, 0.62] }],
        },
      },
    ],
  });
  return section("pareto", t.h.pareto, saying(say), chart({ name: "pareto", title: t.h.pareto, say, height: w => (w < 560 ? 300 : 360), option }));
}

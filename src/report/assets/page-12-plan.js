// The business plan. In: forecast, accuracy, targets, capacity. Out: one section with a part for each table that the run has.
function planSection() {
  const t = T(),
    parts = [
      forecastPart(fileOf("forecast")),
      accuracyPart(fileOf("accuracy")),
      targetsPart(fileOf("targets")),
      capacityPart(fileOf("capacity")),
    ].filter(Boolean);
  return parts.length ? section("plan", t.h.plan, parts) : null;
}

// Months of each tier: what came as a line, the forecast dashed on a light ground. In: forecast.parquet. Out: small charts in one drawing.
function forecastPart(f) {
  if (!f) return null;
  const t = T(),
    months = [...new Set(f.rows.map(r => r.from))].filter(m => m != null).sort();
  const keyOf = r => (r.level === "all" ? "\u0000all" : String(r.tier === null ? "\u0000none" : r.tier));
  const groups = [...new Set(f.rows.map(keyOf))].sort((a, b) => (a === "\u0000all" ? -1 : b === "\u0000all" ? 1 : rankOf(a) - rankOf(b)));
  const cell = new Map(f.rows.map(r => [keyOf(r) + "\u0001" + r.from, r]));
  const series = g => months.map(m => cell.get(g + "\u0001" + m) || {});
  const title = g => (g === "\u0000all" ? t.all : g === "\u0000none" ? t.none : label(g));
  const first = months.find(m => f.rows.some(r => r.from === m && isNum(r.forecast)));
  const at = months.indexOf(first),
    ahead = at < 0 ? 0 : months.length - at;
  const whole = series(groups.includes("\u0000all") ? "\u0000all" : groups[0]);
  const before = at >= ahead && ahead ? sumOf(whole.slice(at - ahead, at), r => r.actual) : null;
  const say = ahead
    ? t.say[before == null ? "forecastShort" : "forecast"]({
        sum: money(sumOf(whole.slice(at), r => r.forecast)),
        months: num(ahead, 0),
        from: day(first, true),
        before: money(before),
      })
    : t.forecastTitle;
  const columns = w => (w < 620 ? 1 : 2),
    high = 158;
  const option = w => {
    const n = columns(w),
      each = w / n,
      grids = groups.map((_, i) => ({ left: (i % n) * each + 52, width: each - 52 - 18, top: Math.floor(i / n) * high + 54, height: high - 74 }));
    const colour = g => (g === "\u0000all" ? paper().ink : hue(rankOf(g)));
    const line = (g, i, field, from, dashed) => ({
      type: "line",
      xAxisIndex: i,
      yAxisIndex: i,
      symbol: "none",
      name: field,
      data: series(g).map((r, k) => (k < from ? null : isNum(r[field]) ? r[field] : dashed && k === at - 1 && isNum(r.actual) ? r.actual : null)),
      lineStyle: { color: colour(g), width: 1.8, type: dashed ? [5, 4] : "solid" },
      itemStyle: { color: colour(g) },
      markArea:
        dashed && at > 0
          ? { silent: true, itemStyle: { color: paper().faint, opacity: 0.75 }, data: [[{ xAxis: at - 1 }, { xAxis: months.length - 1 }]] }
          : undefined,
    });
    return {
      title: groups.map((g, i) => ({
        text: title(g),
        left: grids[i].left - 52,
        top: grids[i].top - 28,
        textStyle: { fontSize: 13, fontWeight: 600, color: paper().ink },
      })),
      graphic: [
        ["solid", t.history],
        [[5, 4], t.forecast],
      ].flatMap(([dash, text], i) => [
        { type: "line", shape: { x1: i * 96, y1: 8, x2: i * 96 + 22, y2: 8 }, style: { stroke: paper().ink, lineWidth: 1.8, lineDash: dash } },
        { type: "text", x: i * 96 + 28, y: 2, style: { text, fill: paper().soft, fontSize: 12.5 } },
      ]),
      grid: grids,
      xAxis: groups.map((_, i) =>
        axis({
          gridIndex: i,
          type: "category",
          data: months.map((_, k) => k),
          boundaryGap: false,
          axisLine: { show: true, lineStyle: { color: paper().line } },
          axisLabel: {
            formatter: k => day(months[k], true),
            interval: k => /-01-/.test(months[k].slice(4)) || (months.length <= 15 && k % 3 === 0),
            hideOverlap: true,
          },
        }),
      ),
      yAxis: groups.map((_, i) => axis({ gridIndex: i, type: "value", splitNumber: 3, axisLabel: { formatter: short } })),
      tooltip: tooltip(
        ps => {
          const k = ps[0].dataIndex,
            g = groups[ps[0].axisIndex || 0],
            r = series(g)[k];
          return [
            `${title(g)}, ${day(months[k], true)}`,
            isNum(r.actual) && `${t.history}: ${money(r.actual)}`,
            isNum(r.forecast) && `${t.forecast}: ${money(r.forecast)}`,
          ];
        },
        { trigger: "axis" },
      ),
      series: groups.flatMap((g, i) => [line(g, i, "forecast", Math.max(0, at - 1), true), line(g, i, "actual", 0, false)]),
    };
  };
  return block(
    t.forecastTitle,
    saying(say),
    chart({ name: "forecast", title: t.forecastTitle, say, height: w => Math.ceil(groups.length / columns(w)) * high + 20, option }),
  );
}
function accuracyPart(f) {
  if (!f) return null;
  const t = T(),
    rows = f.rows.filter(r => r.level !== "customer" && r.model != null).sort((a, b) => (b.level === "all") - (a.level === "all"));
  if (!rows.length) return null;
  const taken = rows.find(r => r.level === "all" && r.taken) || rows.find(r => r.taken);
  const has = Object.hasOwn(t.level, "all") && (v => (Object.hasOwn(t.level, v) ? t.level[v] : show(v)));
  const lines = rows.map(r => [
    r.level === "all" ? t.all : chip(r.tier),
    el("span", {
      class: r.taken ? "taken" : null,
      text: (r.model === "sum of tiers" ? has(r.model) : show(r.model)) + (r.taken ? ` ✓ ${t.taken}` : ""),
    }),
    r.wape == null ? "—" : pct(r.wape),
    r.bias == null ? "—" : signed(r.bias, pct),
    num(r.mae, 0),
    num(r.history, 0),
    num(r.held_back, 0),
  ]);
  return block(
    t.accuracyTitle,
    taken &&
      isNum(taken.wape) &&
      saying(t.say.accuracy({ model: taken.model === "sum of tiers" ? has(taken.model) : named(taken.model), wape: pct(taken.wape) })),
    table(
      [
        { text: t.group },
        { text: t.model },
        { text: t.wape, num: true },
        { text: t.bias, num: true },
        { text: t.mae, num: true },
        { text: t.historyMonths, num: true },
        { text: t.heldBack, num: true },
      ],
      lines,
      { caption: t.accuracyTitle, limit: 12, id: "accuracy" },
    ),
  );
}
function targetsPart(f) {
  if (!f) return null;
  const t = T(),
    all = f.rows.find(r => r.by === "all"),
    tiers = f.rows.filter(r => r.by === "tier").sort((a, b) => rankOf(a.value) - rankOf(b.value)),
    rest = f.rows.filter(r => r.by !== "tier" && r.by !== "all");
  const change = r => (r.last_year > 0 && isNum(r.target) ? r.target / r.last_year - 1 : null);
  const say = all
    ? t.say.targets({ target: money(all.target), change: change(all) == null ? "—" : signed(change(all), pct), last: money(all.last_year) })
    : t.targetsTitle;
  const kinds = [
    ["last_year", t.lastYear, () => paper().line],
    ["forecast", t.forecast, () => paper().accent],
    ["target", t.target, () => paper().ink],
  ];
  const option = w => ({
    legend: legend(kinds.map(k => k[1])),
    grid: {
      left:
        labelWidth(
          w,
          tiers.map(r => r.value),
        ) + 10,
      right: 56,
      top: 34,
      bottom: 26,
    },
    xAxis: axis({ type: "value", axisLabel: { formatter: short } }),
    yAxis: names(
      tiers.map(r => (r.value == null ? t.none : r.value)),
      labelWidth(
        w,
        tiers.map(r => r.value),
      ),
      { inverse: true },
    ),
    tooltip: tooltip(p => [tierName(tiers[p.dataIndex].value), ...kinds.map(k => `${k[1]}: ${money(tiers[p.dataIndex][k[0]])}`)]),
    series: kinds.map(k => ({
      type: "bar",
      name: k[1],
      barWidth: 11,
      barGap: "25%",
      itemStyle: { color: k[2]() },
      data: tiers.map(r => r[k[0]]),
      label: k[0] === "target" ? { show: true, position: "right", color: paper().ink, fontSize: 12, formatter: p => short(p.value) } : undefined,
    })),
  });
  const lines = rows =>
    rows.map(r => [
      r.by === "tier" ? chip(r.value) : r.by === "all" ? t.all : el("span", null, raw(r.by, 30), " · ", r.value == null ? "—" : raw(r.value, 60)),
      num(r.customers, 0),
      num(r.last_year, 0),
      num(r.forecast, 0),
      num(r.target, 0),
      change(r) == null ? "—" : signed(change(r), pct),
      num(r.without_target, 0),
    ]);
  const heads = [
    { text: t.group },
    { text: t.customers, num: true },
    { text: t.lastYear, num: true },
    { text: t.forecast, num: true },
    { text: t.target, num: true },
    { text: t.growth, num: true },
    { text: t.withoutTarget, num: true },
  ];
  return block(
    t.targetsTitle,
    saying(say),
    tiers.length ? chart({ name: "targets", title: t.targetsTitle, say, height: tiers.length * 62 + 64, option }) : null,
    table(heads, lines([...(all ? [all] : []), ...tiers, ...rest]), { caption: t.targetsTitle, limit: 12, id: "targets" }),
  );
}

// Bars of what is asked or came, with a mark for what can be done or was planned. In: rows {name, bar, mark, over, lines}. Out: an option.
const bullets = (rows, barName, markName) => w => ({
  legend: legend([barName, markName], {
    data: [
      { name: barName, itemStyle: { color: paper().accent } },
      { name: markName, itemStyle: { color: paper().ink }, icon: "rect" },
    ],
  }),
  grid: {
    left:
      labelWidth(
        w,
        rows.map(r => r.name),
      ) + 10,
    right: 64,
    top: 32,
    bottom: 26,
  },
  xAxis: axis({ type: "value", min: 0, axisLabel: { formatter: short } }),
  yAxis: names(
    rows.map(r => r.name),
    labelWidth(
      w,
      rows.map(r => r.name),
    ),
    { inverse: true, splitLine: { show: false } },
  ),
  tooltip: tooltip(p => rows[p.dataIndex].lines),
  series: [
    {
      type: "bar",
      name: barName,
      barWidth: 16,
      itemStyle: { color: paper().accent },
      data: rows.map(r => ({ value: r.bar, itemStyle: { color: r.over ? paper().warn : paper().accent } })),
    },
    { type: "scatter", name: markName, symbol: "rect", symbolSize: [3, 26], z: 4, itemStyle: { color: paper().ink }, data: rows.map(r => r.mark) },
    {
      type: "scatter",
      symbolSize: 0.01,
      silent: true,
      data: rows.map(r => Math.max(r.bar || 0, r.mark || 0)),
      label: { show: true, position: "right", distance: 9, color: paper().soft, fontSize: 12, formatter: p => rows[p.dataIndex].note },
    },
  ],
});
function capacityPart(f) {
  if (!f) return null;
  const t = T(),
    owner = f.names[0],
    known = f.rows.filter(r => isNum(r.load)).sort((a, b) => b.load - a.load),
    drawn = (known.length ? known : f.rows).slice(0, 30);
  const say = known.length
    ? t.say.capacity({
        over: num(f.rows.filter(r => r.over).length, 0),
        of: num(known.length, 0),
        load: pct(known[0].load, 0),
        name: named(known[0][owner]),
      })
    : t.say.capacityNone;
  const rows = drawn.map(r => ({
    name: r[owner],
    bar: r.demand,
    mark: r.capacity,
    over: r.over,
    note: isNum(r.load) ? pct(r.load, 0) : "",
    lines: [
      show(r[owner], 60),
      `${t.demand}: ${num(r.demand)}`,
      `${t.capacity}: ${num(r.capacity)}`,
      isNum(r.load) && `${t.load}: ${pct(r.load)}`,
      `${t.customers}: ${num(r.customers, 0)}`,
    ],
  }));
  const lines = f.rows.map(r => [
    r[owner] == null ? el("span", { class: "soft", text: "—" }) : raw(r[owner], 60),
    num(r.customers, 0),
    num(r.demand),
    num(r.capacity),
    el("span", { class: r.over ? "alarm" : null, text: isNum(r.load) ? pct(r.load, 0) : "—" }),
  ]);
  return block(
    t.capacityTitle,
    saying(say),
    chart({ name: "capacity", title: t.capacityTitle, say, height: rows.length * 34 + 60, option: bullets(rows, t.demand, t.capacity) }),
    table(
      [
        { text: t.owner },
        { text: t.customers, num: true },
        { text: t.demand, num: true },
        { text: t.capacity, num: true },
        { text: t.load, num: true },
      ],
      lines,
      { caption: t.capacityTitle, limit: 12, id: "capacity", of: f.of },
    ),
  );
}

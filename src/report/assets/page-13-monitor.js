// The year under way. In: monitor, drift, alerts. Out: plan against actual by tier, tiers then and now, alerts by severity.
function monitorSection() {
  const t = T(),
    m = fileOf("monitor"),
    d = fileOf("drift"),
    a = fileOf("alerts");
  if (!m && !d && !a) return null;
  return section("monitor", t.h.monitor, m && toDatePart(m, d), a && alertsPart(a), d && driftPart(d));
}
function toDatePart(m, drift) {
  const t = T(),
    from = drift && m.of > m.rows.length ? drift.rows : m.rows,
    tiers = sideOf(from.map(r => r.plan_tier));
  const total = f => sumOf(from, f),
    share = total(r => r.plan) > 0 ? total(r => r.actual) / total(r => r.plan) : null;
  const say = t.say.monitor({
    actual: money(total(r => r.actual)),
    plan: money(total(r => r.plan)),
    share: pct(share),
    behind: num(m.rows.filter(r => r.severity).length, 0),
    critical: num(m.rows.filter(r => r.severity === "critical").length, 0),
  });
  const rows = tiers.map(n => {
    const mine = from.filter(r => r.plan_tier === n),
      plan = sumOf(mine, r => r.plan),
      actual = sumOf(mine, r => r.actual);
    return {
      name: n == null ? t.none : n,
      bar: actual,
      mark: plan,
      over: plan > 0 && actual < plan * 0.9,
      note: plan > 0 ? pct(actual / plan, 0) : "",
      lines: [tierName(n), `${t.actual}: ${money(actual)}`, `${t.planned}: ${money(plan)}`],
    };
  });
  return block(
    t.toDate,
    saying(say),
    chart({ name: "monitor", title: t.toDate, say, height: rows.length * 40 + 60, option: bullets(rows, t.actual, t.planned) }),
  );
}
function alertsPart(a) {
  const t = T(),
    key = a.names.find(n => !["severity", "kind", "owner", "tier", "expected", "actual", "text"].includes(n)),
    count = s => num(a.rows.filter(r => r.severity === s).length, 0),
    has = n => a.names.includes(n);
  const sev = s => el("span", { class: "sev " + (s === "critical" ? "critical" : "warning"), text: Object.hasOwn(t.sev, s) ? t.sev[s] : show(s) });
  const cols = [
    [t.severity, r => sev(r.severity)],
    [t.kind, r => (Object.hasOwn(t.alert, r.kind) ? t.alert[r.kind] : show(r.kind))],
    [t.customer, r => named2(r[key])],
    has("owner") && [t.owner, r => raw(r.owner, 40)],
    [t.tier, r => chip(r.tier)],
    [t.expected, r => num(r.expected, 0), true],
    [t.actual, r => num(r.actual, 0), true],
    [t.gap, r => (isNum(r.expected) && isNum(r.actual) ? signed(r.actual - r.expected, v => num(v, 0)) : "—"), true],
  ].filter(Boolean);
  return block(
    t.alertsTitle,
    saying(t.say.alerts({ all: num(a.of, 0), critical: count("critical"), warning: count("warning") })),
    table(
      cols.map(([text, , n]) => ({ text, num: n })),
      a.rows.map(r => () => cols.map(c => c[1](r))),
      { caption: t.alertsTitle, limit: 12, id: "alerts", of: a.of },
    ),
  );
}
function driftPart(d) {
  const t = T(),
    moved = sumOf(
      d.rows.filter(r => r.move !== "same"),
      r => r.customers,
    );
  return block(
    t.driftTitle,
    saying(t.say.drift({ moved: num(moved, 0) })),
    table(
      [
        { text: t.planTier },
        { text: t.now },
        { text: t.change },
        { text: t.customers, num: true },
        { text: t.planned, num: true },
        { text: t.actual, num: true },
      ],
      d.rows.map(r => () => [
        chip(r.plan_tier),
        chip(r.tier),
        Object.hasOwn(t.moves, r.move) ? t.moves[r.move] : show(r.move),
        num(r.customers, 0),
        num(r.plan, 0),
        num(r.actual, 0),
      ]),
      { caption: t.driftTitle, limit: 16, id: "drift", of: d.of },
    ),
  );
}

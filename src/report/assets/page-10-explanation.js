// The explanation of one account. In: what `tierwright explain --json` says of it, else its row. Out: the panel at the side.
let cameFrom = null;
function openAccount(key, from) {
  cameFrom = from || document.activeElement;
  state.open = String(key);
  drawExplanation();
  const panel = document.getElementById("explanation");
  panel.hidden = false;
  panel.scrollTop = 0;
  panel.querySelector("button").focus();
}
function closeExplanation() {
  const panel = document.getElementById("explanation");
  if (panel.hidden) return;
  panel.hidden = true;
  panel.replaceChildren();
  state.open = null;
  if (cameFrom && cameFrom.isConnected) cameFrom.focus();
}
function drawExplanation() {
  if (state.open == null) return;
  const t = T(),
    key = state.open,
    e = Object.hasOwn(D.explanations || {}, key) ? D.explanations[key] : null,
    row = ROWS[accountAt(key)];
  const x = e || fromRow(row) || {};
  const parts = [
    head(key, x),
    e && e.differences && e.differences.length
      ? el("p", { class: "warn" }, t.ex.differ, " ", raw(e.differences.map(d => (typeof d === "string" ? d : JSON.stringify(d))).join("; ")))
      : null,
  ];
  if (e) parts.push(undeterminedPart(e), ...reasons(e), contributions(e), standings(e), treePart(e), testsPart(e), policyPart(e));
  else parts.push(el("p", { class: "note" }, D.unexplained ? t.unexplained(show(D.unexplained, 400)) : t.ex.noTree(show(key, 60))));
  parts.push(
    row &&
      fold(
        t.ex.all,
        el(
          "dl",
          { class: "fields" },
          COLUMNS.flatMap((c, i) => [el("dt", { text: heading(c) }), el("dd", null, cellOf(c, row[i]))]),
        ),
        !e,
      ),
  );
  document.getElementById("explanation").replaceChildren(...parts.filter(Boolean));
}
const fromRow = row => row && { tier: row[TIER_AT], value: row[columnAt("value")], move: row[columnAt("move")] };
const fold = (title, content, open) => el("details", { open: !!open }, el("summary", null, el("h4", { text: title })), content);

// What was decided, and what before.
function head(key, x) {
  const t = T(),
    b = x.before;
  return el(
    "div",
    { class: "top" },
    el("button", { type: "button", class: "close", "aria-label": t.ex.close, text: "×", onclick: closeExplanation }),
    el("h3", { id: "explanation-title" }, raw(key, 200), nameOf(key) != null && el("span", { class: "soft" }, " ", raw(nameOf(key), 200))),
    el(
      "p",
      { class: "decision" },
      chip(x.tier, 60),
      el("b", { text: num(x.value, 2) }),
      x.move != null && cellOf({ name: "move", kind: "text" }, x.move),
    ),
    x.tier !== undefined &&
      el("p", {
        class: "note",
        text: b
          ? t.ex.before({
              tier: tierName(b.tier),
              value: b.value == null ? null : num(b.value, 2),
              cycle: show(b.cycle),
              since: b.since ? day(b.since) : null,
              cycles: b.cycles ? t.ex.cycles(b.cycles) : null,
            })
          : "before" in x || !D.run.prior
            ? t.ex.never
            : "",
      }),
  );
}
function test(x) {
  const t = T();
  const words = [
    x.holds ? t.ex.holds : t.ex.fails,
    x.distance == null ? null : t.ex.by(num(x.distance)),
    x.otherwise == null ? null : t.ex.otherwise(show(x.otherwise, 60)),
  ].filter(v => v != null);
  return el(
    "div",
    { class: "test" },
    el("code", null, raw(x.text)),
    x.values != null && el("div", { class: "values" }, raw(x.values)),
    el("div", null, el("span", { class: "verdict " + (x.holds ? "yes" : "not"), text: words.join(state.lang === "zh" ? "，" : ", ") })),
    el("div", { class: "place" }, raw(x.place)),
  );
}
function reasons(e) {
  const t = T(),
    together = Array.isArray(e.together) ? e.together : e.together ? [e.together] : [];
  return [
    el("h4", { text: t.ex.why }),
    e.decisive ? test(e.decisive) : el("p", { class: "note", text: t.ex.noRule }),
    e.nearest && el("h4", { text: t.ex.nearest }),
    e.nearest && test(e.nearest),
    together.length > 0 && el("h4", { text: t.ex.together }),
    ...together
      .flat(3)
      .filter(x => x && x.text)
      .map(test),
  ];
}
function undeterminedPart(e) {
  const t = T(),
    u = e.undetermined;
  return (
    u &&
    el(
      "div",
      null,
      el("h4", { text: t.ex.undetermined }),
      el(
        "dl",
        { class: "fields" },
        [
          [t.ex.step, u.step],
          [t.ex.cause, u.cause],
          [t.ex.line, u.line],
        ]
          .filter(x => x[1] != null)
          .flatMap(([a, b]) => [el("dt", { text: a }), el("dd", null, el("code", null, raw(b)))]),
      ),
    )
  );
}

// The parts of the value as bars; each unfolds to what it was made of.
function contributions(e) {
  const t = T(),
    c = e.contributions;
  if (!c || !c.parts || !c.parts.length) return null;
  const most = Math.max(...c.parts.map(p => Math.abs(p.amount) || 0), 1e-12);
  const line = p => [
    el("span", { class: "name" }, raw(p.name, 60)),
    el(
      "span",
      { class: "bar", "aria-hidden": "true" },
      el("i", { class: p.amount < 0 ? "minus" : null, width: (Math.abs(p.amount) / most) * 100 + "%" }),
    ),
    el("span", { class: "amount", text: num(p.amount, 2) }),
    el("span", { class: "part", text: c.sum ? pct(p.amount / c.sum) : "" }),
  ];
  return el(
    "div",
    { class: "parts" },
    el("h4", { text: t.ex.parts }),
    c.parts.map(p => (p.tree ? lazy("contribution", line(p), () => tree(p.tree)) : el("div", { class: "contribution plain" }, line(p)))),
    el(
      "div",
      { class: "contribution plain sum" },
      el("span", { class: "name", text: t.ex.sum }),
      el("span", { class: "bar" }),
      el("span", { class: "amount", text: num(c.sum, 2) }),
      el("span", { class: "part" }),
    ),
  );
}
function standings(e) {
  const t = T(),
    list = (e.steps || []).flatMap(s => s.standings || []);
  return list.length
    ? el(
        "div",
        null,
        el("h4", { text: t.ex.standings }),
        table(
          [
            { text: t.ex.line, wide: true },
            { text: t.ex.figure, num: true },
            { text: t.ex.rank, num: true },
          ],
          list.map(s => [el("code", null, raw(s.text, 90)), num(s.figure), t.ex.rankOf(num(s.rank, 0), num(s.of, 0))]),
          { caption: t.ex.standings },
        ),
      )
    : null;
}
function testsPart(e) {
  const list = e.tests || [];
  return list.length ? fold(T().ex.tests(num(list.length, 0)), el("div", null, list.map(test))) : null;
}

// How the tier came about. In: steps. Out: the tree of the column that gives the tier; branches are drawn when they are opened.
function tierColumn(e) {
  const all = (e.steps || []).flatMap(s => (s.columns || []).map(c => ({ step: s.step, ...c })));
  return all.find(c => c.tree && c.name === "tier") || all.filter(c => c.tree && c.value === e.tier && e.tier != null).pop();
}
function treePart(e) {
  const c = tierColumn(e);
  return c ? fold(T().ex.how, el("div", { class: "tree" }, tree(c.tree, 2))) : null;
}
function lazy(name, line, make, open) {
  const d = el("details", { class: name }, el("summary", null, line));
  const fill = () => {
    if (!d.dataset.made) {
      d.dataset.made = "1";
      d.append(make());
    }
  };
  if (open) {
    fill();
    d.open = true;
  }
  d.addEventListener("toggle", () => {
    if (d.open) fill();
  });
  return d;
}
const given = v => (v === true ? T().ex.holds : v === false ? T().ex.fails : typeof v === "number" ? num(v) : show(v, 80));
function tree(node, open = 0) {
  const t = T(),
    extra = [
      node.standing && t.ex.rankOf(num(node.standing.rank, 0), num(node.standing.of, 0)),
      node.rows && `${show(node.rows.table, 30)}: ${num(node.rows.count, 0)}`,
      node.from && `← ${show(node.from.step, 30)}.${show(node.from.column, 40)}`,
    ].filter(Boolean);
  const line = [
    el("code", null, raw((node.name != null ? node.name + " = " : "") + node.text, 160)),
    node.value !== undefined && el("span", { class: "gave", dir: "auto", text: given(node.value) }),
    el("span", { class: "place", text: [show(node.place, 60), ...extra].join(" · ") }),
  ];
  const parts = node.parts || [];
  return parts.length
    ? lazy(
        "node",
        line,
        () =>
          el(
            "div",
            null,
            parts.map(p => tree(p, open - 1)),
          ),
        open > 0,
      )
    : el("div", { class: "node leaf" }, line);
}
function policyPart(e) {
  const steps = e.steps || [],
    c = tierColumn(e),
    at = c ? steps.findIndex(s => s.step === c.step) : -1;
  return at < 0
    ? null
    : el(
        "div",
        null,
        steps
          .slice(at + 1)
          .filter(s => s.columns && s.columns.length)
          .map(s =>
            fold(
              T().ex.gave(show(s.step, 40)),
              el(
                "dl",
                { class: "fields" },
                s.columns.flatMap(k => [
                  el("dt", null, raw(k.name, 60)),
                  el(
                    "dd",
                    null,
                    typeof k.value === "number" ? num(k.value) : typeof k.value === "boolean" ? (k.value ? T().yes : T().no) : raw(k.value, 200),
                  ),
                ]),
              ),
            ),
          ),
      );
}

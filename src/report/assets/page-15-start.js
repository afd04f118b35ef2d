// The page as a whole. In: everything above. Out: sections in their order, the contents, and what happens with language, light, width, print.
const SECTIONS = {
  tiers: tiersSection,
  "value-by-tier": valueSection,
  pareto: paretoSection,
  migration: migrationSection,
  changes: changesSection,
  matrix: matrixSection,
  dimensions: dimensionsSection,
  accounts: accountsSection,
  undetermined: undeterminedSection,
  quality: qualitySection,
  plan: planSection,
  monitor: monitorSection,
  strategy: strategySection,
  summaries: summariesSection,
};

function contents(made) {
  const t = T();
  document.getElementById("contents").setAttribute("aria-label", t.contents);
  const language = el("button", {
    id: "language",
    type: "button",
    lang: state.lang === "zh" ? "en" : "zh",
    "aria-label": t.languageLabel,
    text: t.language,
    onclick: switchLanguage,
  });
  document.getElementById("contents").replaceChildren(
    el("div", { class: "title" }, raw(D.project.name, 40)),
    el(
      "ol",
      null,
      made.map(s => el("li", null, el("a", { href: "#" + s.id, text: s.querySelector("h2").textContent }))),
    ),
    language,
  );
}

// Draws all of it anew. Out: the page in the language of the state, with `data-ready` once the charts are drawn.
function render() {
  const t = T(),
    root = document.documentElement;
  delete root.dataset.ready;
  dropCharts();
  root.lang = state.lang === "zh" ? "zh-CN" : "en";
  document.title = `${show(D.project.name, 60)} · ${t.report}${D.run.cycle == null ? "" : " · " + show(D.run.cycle)}`;
  document.getElementById("skip").textContent = t.skip;
  const made = Object.entries(SECTIONS)
    .map(([, make]) => make())
    .filter(Boolean);
  document
    .getElementById("content")
    .replaceChildren(
      headline(),
      ...made,
      el(
        "footer",
        null,
        t.foot({ program: show(D.run.program || "tierwright"), run: show(D.run.id) }),
        el("span", { class: "library", text: " Apache ECharts 5.6.0, Apache License 2.0." }),
      ),
    );
  contents(made);
  fillAccounts();
  drawExplanation();
  drawCharts();
  watch(made);
  root.dataset.ready = "true";
}

// Draws one section anew, after a choice in it; what was in focus stays so.
function refresh(id) {
  const old = document.getElementById(id),
    focus = document.activeElement,
    name = focus && focus.name,
    value = focus && focus.value;
  charts = charts.filter(c => {
    if (!old.contains(c.box)) return true;
    if (c.view) c.view.dispose();
    return false;
  });
  const fresh = SECTIONS[id]();
  old.replaceWith(fresh);
  charts.filter(c => !c.view).forEach(c => drawOne(c));
  const again = name && [...fresh.querySelectorAll("input")].find(i => i.name === name && i.value === value);
  if (again) again.focus();
  if (seen) seen.observe(fresh);
}
function switchLanguage() {
  const before = [...document.querySelectorAll("main section")].find(s => s.getBoundingClientRect().bottom > 80),
    at = before && before.getBoundingClientRect().top;
  state.lang = state.lang === "zh" ? "en" : "zh";
  render();
  const now = before && document.getElementById(before.id);
  if (now && scrollY > 0) scrollBy(0, now.getBoundingClientRect().top - at);
  document.getElementById("language").focus({ preventScroll: true });
}

// Marks in the contents the section that is read.
let seen = null;
function watch(made) {
  if (seen) seen.disconnect();
  const links = new Map([...document.querySelectorAll("#contents a")].map(a => [a.getAttribute("href").slice(1), a]));
  seen = new IntersectionObserver(
    list =>
      list.forEach(e => {
        if (!e.isIntersecting) return;
        links.forEach((a, id) => {
          if (id === e.target.id) a.setAttribute("aria-current", "true");
          else a.removeAttribute("aria-current");
        });
      }),
    { rootMargin: "-15% 0px -75% 0px" },
  );
  made.forEach(s => seen.observe(s));
}

// Print: day colours, the width of a sheet, the first 100 accounts; then all as before.
const SHEET = 672;
function beforePrint() {
  printing = true;
  document.documentElement.classList.add("printing");
  fillAccounts();
  drawCharts(SHEET);
}
function afterPrint() {
  printing = false;
  document.documentElement.classList.remove("printing");
  fillAccounts();
  drawCharts();
}
addEventListener("beforeprint", beforePrint);
addEventListener("afterprint", afterPrint);
darkQuery.addEventListener("change", () => drawCharts());
let waiting = 0;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (!printing)
      charts.forEach(c => {
        if (c.box.clientWidth !== c.drawn) drawOne(c);
      });
  }, 120);
});
addEventListener("keydown", e => {
  if (e.key === "Escape") closeExplanation();
});
render();

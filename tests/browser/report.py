#!/usr/bin/env python3
"""Opens a report of `tierwright report` in headless Chromium and tries it out.

    python3 report_test.py REPORT.html [--expect-charts tiers,pareto] [--expect-sections tiers,accounts] [--search TEXT --finds N]
                           [--lang zh] [--account KEY] [--no-accounts] [--chromedriver PATH] [--chromium PATH]

In: a file. Out: what was checked, a line each; exit status 0 if all holds, 1 with a sentence for each thing that does not, 2 where the
browser cannot be had. Needs chromedriver and Chromium, and nothing but Python's standard library: it speaks the W3C protocol by HTTP.
"""
import argparse, base64, json, os, pathlib, re, shutil, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request, zlib

# Words of the page that must not stand there in Chinese. They are whole texts of elements or of charts, so that names of the data do not count.
ENGLISH = ["At a glance", "Tier distribution", "Value by tier", "Concentration", "Migration", "Changes", "Customers by manager and region", "Profile of each tier", "Key accounts", "Undetermined customers", "Data quality", "Business plan",
           "Plan against actual", "Strategic plan", "Summaries", "Contents", "Customers", "Value", "Tier", "Share", "All", "All tiers", "Up", "Down", "New", "Gone", "Customer", "Reason", "Change", "Before", "Show", "Key customers", "Mean value", "Search all columns",
           "Move", "Decisive rule", "Nearest miss", "Distance", "Step", "Place", "Cause", "Causes", "Table", "Read", "Kept", "Set aside", "Removed", "Corrected", "Orphans", "Column", "Found", "Detail", "Actual", "Forecast", "Target",
           "Last year", "Plan", "Demand", "Capacity", "Load", "Owner", "Model", "Severity", "Scenario", "Year", "Measure", "Share of customers", "up", "down", "same", "critical", "warning", "Customer tiers", "customers graded", "of all value", "undetermined"]


class Fault(Exception):
    pass


class Browser:
    """A headless Chromium behind chromedriver, without network."""

    def __init__(self, chromedriver=None, chromium=None, dark=False):
        self.driver = chromedriver or shutil.which("chromedriver")
        self.chromium = chromium or shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
        if not self.driver or not self.chromium:
            raise Fault("chromedriver and Chromium must be there (Debian: apt-get install chromium chromium-driver)")
        self.dark = dark

    def __enter__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        self.home = tempfile.mkdtemp(prefix="report-test-")
        self.process = subprocess.Popen([self.driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.home})
        self.base = f"http://127.0.0.1:{port}"
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        for _ in range(100):
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except (OSError, Fault):
                time.sleep(0.1)
        # --no-sandbox: the test runs in containers too. The proxy leads nowhere: no request can leave.
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1400,900", f"--user-data-dir={self.home}/profile",
                     "--proxy-server=http://127.0.0.1:9", "--disable-background-networking", "--no-first-run"]
        wanted = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}, "goog:chromeOptions": {"binary": self.chromium, "args": arguments}, "unhandledPromptBehavior": "ignore"}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        self.cdp("Page.enable")
        self.cdp("Page.addScriptToEvaluateOnNewDocument", {"source": "window.__bad = []; for (const n of ['alert', 'confirm', 'prompt', 'open', 'eval']) { const old = window[n]; window[n] = (...a) => { window.__bad.push(n + ' was called: ' + a[0]); return n === 'eval' ? old(...a) : undefined; }; }"
                 " addEventListener('securitypolicyviolation', e => window.__bad.push('the Content-Security-Policy forbade ' + e.violatedDirective + ' of ' + e.blockedURI)); addEventListener('error', e => window.__bad.push('error: ' + e.message)); addEventListener('unhandledrejection', e => window.__bad.push('rejection: ' + e.reason));"})
        if self.dark:
            self.cdp("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        self.cdp("Network.enable")
        self.cdp("Network.emulateNetworkConditions", {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0})

    def __exit__(self, *_):
        try:
            if getattr(self, "session", None):
                self.call("DELETE", f"/session/{self.session}")
        except (OSError, Fault):
            pass
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise Fault(f"chromedriver: {json.load(e)['value'].get('message', '')[:400]}") from None

    def of(self, method, path, body=None):
        return self.call(method, f"/session/{self.session}{path}", body)

    def js(self, script, *args):
        """Runs a function's body in the page. Its answer comes as a text: chromedriver itself fails where data has spoilt Object.prototype."""
        whole = f"return JSON.stringify((function () {{ {script} }}).apply(null, arguments)) || 'null'"
        return json.loads(self.of("POST", "/execute/sync", {"script": whole, "args": list(args)}))

    def cdp(self, command, params=None):
        return self.of("POST", "/goog/cdp/execute", {"cmd": command, "params": params or {}})

    def open(self, path, wait=60):
        self.of("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})
        end = time.time() + wait
        while time.time() < end:
            if self.js("return document.documentElement.dataset.ready || ''") == "true":
                return
            time.sleep(0.1)
        raise Fault("the page was not ready (data-ready) within %d s; %s" % (wait, self.complaints()))

    def logs(self):
        return [f'{e["level"]}: {e["message"]}' for e in self.of("POST", "/se/log", {"type": "browser"}) if e["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Addresses that the page asked for, but the file itself and data."""
        asked = []
        for entry in self.of("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                if not url.startswith(("file:", "data:", "blob:", "chrome", "about:", "devtools:")):
                    asked.append(url)
        return asked

    def complaints(self):
        return "; ".join((self.js("return window.__bad || []") or []) + self.logs()) or "nothing was logged"

    def pdf(self):
        # Not by /print: that route does not take the size of the style sheet.
        return self.cdp("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]

    def element(self, css):
        return next(iter(self.of("POST", "/element", {"using": "css selector", "value": css}).values()))

    def click(self, css):
        self.js("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", css)
        self.of("POST", f"/element/{self.element(css)}/click", {})

    def type(self, css, text):
        self.of("POST", f"/element/{self.element(css)}/value", {"text": text})


class Check:
    """Counts what holds and keeps what does not."""

    def __init__(self):
        self.faults = []

    def __call__(self, holds, what, otherwise):
        print(f"{'ok   ' if holds else 'FAULT'} {what if holds else otherwise}")
        if not holds:
            self.faults.append(otherwise)


CHARTS = """return [...document.querySelectorAll('.chart')].map(c => { const s = c.querySelector('svg'), r = s && s.getBoundingClientRect();
  return {name: c.dataset.chart, label: c.getAttribute('aria-label') || '', drawn: s ? s.querySelectorAll('path,rect,circle,polyline,text').length : 0, width: r ? r.width : 0, height: r ? r.height : 0, bad: s ? / (transform|d|x|y|cx|cy|x1|y1|x2|y2|r|width|height|points)="[^"]*(NaN|undefined|Infinity)/.test(s.outerHTML) : false}; })"""
VISIBLE = """const out = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walk.nextNode());) { const p = n.parentElement; if (p.closest('script,style,noscript,.raw,#language')) continue; const t = n.textContent.trim(); if (t) out.push(t); }
  for (const e of document.querySelectorAll('[aria-label],[placeholder],[title]')) for (const a of ['aria-label', 'placeholder', 'title']) if (e.hasAttribute(a) && e.id !== 'language') out.push(e.getAttribute(a).trim());
  return out;"""


def prototype(b, check):
    inherited = b.js("const found = []; for (const k in {}) found.push(k); return found.join(', ')")
    check(not inherited, "Object.prototype is as it was", "data changed Object.prototype: it has " + inherited)


def charts(b, check, expected):
    found = b.js(CHARTS)
    check(all(c["drawn"] >= 3 and c["width"] > 50 and c["height"] > 50 for c in found), f"{len(found)} charts are drawn as SVG", "a chart's SVG is missing or empty: " + ", ".join(f'{c["name"]} ({c["drawn"]} shapes)' for c in found if c["drawn"] < 3 or c["width"] <= 50 or c["height"] <= 50))
    check(not any(c["bad"] for c in found), "no chart has a coordinate that is no number", "a chart has NaN in it: " + ", ".join(c["name"] for c in found if c["bad"]))
    check(all(len(c["label"]) > 12 for c in found), "each chart has a text alternative", "a chart has no text alternative: " + ", ".join(c["name"] for c in found if len(c["label"]) <= 12))
    missing = [n for n in expected if n not in [c["name"] for c in found]]
    check(not missing, f"the expected charts are there: {', '.join(expected) or 'none asked for'}", f"these charts are missing: {', '.join(missing)}")


def keys(b):
    return b.js("return [...document.querySelectorAll('#accounts tbody tr.account')].map(r => [...r.children].map(c => c.textContent))")


def search(b, check, text, finds):
    b.js("document.getElementById('account-search').value = ''")
    before = len(keys(b))
    b.type("#account-search", text)
    after = len(keys(b))
    if finds is not None:
        check(after == finds, f"search for {text!r} finds {after}", f"search for {text!r} finds {after} rows, {finds} expected ({before} before)")
    else:
        check(0 < after <= before, f"search for {text!r} narrows {before} rows to {after}", f"search for {text!r} does not narrow: {before} rows, then {after}")
    b.type("#account-search", "\ue009a\ue000\ue003")
    b.type("#account-search", "no such account ⌘ 4711")
    check(len(keys(b)) == 0, "search for nonsense finds nothing", f"search for nonsense finds {len(keys(b))} rows")
    b.js("const s = document.getElementById('account-search'); s.value = ''; s.dispatchEvent(new Event('input', {bubbles: true}))")
    check(len(keys(b)) == before, "an empty search shows all again", f"an empty search shows {len(keys(b))} rows, {before} before")


def more(b, check):
    """The first button that shows the rest of a table shows it, and hides it again."""
    if not b.js("return !!document.querySelector('.more')"):
        return
    rows = "return [...document.querySelector('.more').parentElement.querySelectorAll('tbody tr')].filter(r => r.offsetHeight > 0).length"
    before = b.js(rows)
    b.click(".more")
    after = b.js(rows)
    b.click(".more")
    check(after > before == b.js(rows), f"a list of {before} rows unfolds to {after} and back", f"a list does not unfold: {before} rows, then {after}, then {b.js(rows)}")


def number(text):
    text = re.sub(r"[^\d.−-]", "", text).replace("−", "-")
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def sort(b, check):
    heads = b.js("return [...document.querySelectorAll('#accounts thead th')].map(h => h.classList.contains('num'))")
    column = next((i for i, numeric in enumerate(heads) if numeric), 0)
    before = keys(b)
    for _ in range(2):
        b.click(f"#accounts thead th:nth-child({column + 1}) button")
        way = b.js("return document.querySelectorAll('#accounts thead th')[arguments[0]].getAttribute('aria-sort')", column)
        shown = [number(r[column]) if heads[column] else r[column] for r in keys(b)]
        known = [v for v in shown if v is not None]
        check(way in ("ascending", "descending") and known == sorted(known, reverse=way == "descending") and shown[: len(known)] == known, f"sorting by column {column + 1} orders {len(known)} values, {way}", f"sorting by column {column + 1} does not order ({way}): {shown[:8]}")
        check(len(before) == 50 or sorted(r[0] for r in keys(b)) == sorted(r[0] for r in before), "and keeps every row", f"sorting by column {column + 1} loses rows")
    while b.js("return [...document.querySelectorAll('#accounts thead th')].some(h => h.getAttribute('aria-sort') !== 'none')"):
        b.click(f"#accounts thead th:nth-child({column + 1}) button")


def explanation(b, check, account):
    if account is not None:
        b.js("const s = document.getElementById('account-search'); s.value = arguments[0]; s.dispatchEvent(new Event('input', {bubbles: true}))", account)
    first = keys(b)[0]
    b.click("#accounts tbody tr.account td:nth-child(3)" if len(first) > 2 else "#accounts tbody tr.account th")
    text = b.js("const p = document.getElementById('explanation'); return p.hidden || !p.offsetWidth ? '' : p.textContent")
    check(len(text) > 30 and first[0].strip()[:20].rstrip("…") in text, f"a click on {first[0][:40]!r} opens its explanation ({len(text)} characters)", f"a click on {first[0][:40]!r} opens no explanation")
    if account is not None:
        told = b.js("return document.querySelectorAll('#explanation .test, #explanation .contribution').length")
        check(told > 0, f"it has {told} tests and parts", "the explanation of the account that was named has neither tests nor parts")
    b.of("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [{"type": "keyDown", "value": "\ue00c"}, {"type": "keyUp", "value": "\ue00c"}]}]})
    check(b.js("return document.getElementById('explanation').hidden"), "Escape closes it", "Escape does not close the explanation")
    check(b.js("const a = document.activeElement; return !!a && !!a.closest('#accounts tbody tr')"), "and the row has the focus again", "the focus does not go back to the row")
    b.js("const s = document.getElementById('account-search'); s.value = ''; s.dispatchEvent(new Event('input', {bubbles: true}))")
    b.js("document.querySelector('#accounts tbody tr.account').focus()")
    b.of("POST", "/actions", {"actions": [{"type": "key", "id": "k", "actions": [{"type": t, "value": v} for v in ("\ue015", "\ue007") for t in ("keyDown", "keyUp")]}]})
    rows = b.js("return document.querySelectorAll('#accounts tbody tr.account').length")
    check(b.js("return !document.getElementById('explanation').hidden"), "arrow and Enter open one by keyboard" if rows > 1 else "Enter opens it by keyboard", "Enter on a row opens no explanation")
    b.js("document.querySelector('#explanation .close').click()")


def language(b, check, lang):
    now = lambda: b.js("return document.documentElement.lang").split("-")[0]
    check(lang is None or now() == lang, f"the report opens in {now()!r}", f"the report opens in {now()!r}, not in {lang!r}")
    first = now()
    b.click("#language")
    check(now() != first and b.js("return document.documentElement.dataset.ready") == "true", f"the toggle goes from {first!r} to {now()!r}", "the language toggle does nothing")
    if now() != "zh":
        b.click("#language")
    left = sorted({t for t in b.js(VISIBLE) if t in ENGLISH or re.search(r"\b(customers? (have|has|stand|was|were|rose)|the highest|Show all|Chart:|Page \d)\b", t)})
    check(not left, "no English word of the list is left in Chinese", "the language toggle leaves in English: " + "; ".join(left[:10]))
    if first != "zh":
        b.click("#language")
    data = b.js("return document.getElementById('data').textContent")
    chinese = [t for t in b.js(VISIBLE) if f'"{t}"' not in data and t in ("概览", "等级分布", "客户数", "等级", "价值", "搜索所有列", "重点客户", "数据质量")] if now() == "en" else []
    check(not chinese, "and none in Chinese is left in English", "the page in English has Chinese: " + "; ".join(chinese[:5]))


def pages(pdf):
    """How many pages a PDF has, and how many characters of drawing they hold; streams are inflated where they are."""
    drawn = 0
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S):
        try:
            drawn += len(zlib.decompress(stream))
        except zlib.error:
            drawn += len(stream)
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf)), drawn


def printing(b, check):
    pdf = base64.b64decode(b.pdf())
    count, drawn = pages(pdf)
    check(pdf.startswith(b"%PDF") and count >= 1 and drawn > 20000, f"printing gives a PDF of {count} pages", f"printing gives no PDF, or an empty page ({count} pages, {drawn} bytes drawn)")
    text = None
    if shutil.which("pdftotext"):
        with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
            f.write(pdf)
            f.flush()
            text = subprocess.run(["pdftotext", "-q", f.name, "-"], capture_output=True, text=True).stdout.split("\f")[:-1]
        empty = [i + 1 for i, p in enumerate(text) if len(re.sub(r"\s", "", p)) < 3]
        check(not empty, f"none of its {len(text)} pages is empty", f"printed pages without any text: {empty}")
    check(all(c["drawn"] >= 3 for c in b.js(CHARTS)), "the charts stand after printing", "a chart is gone after printing")


def clean(b, check):
    bad, log, asked = b.js("return window.__bad"), b.logs(), b.requests()
    check(not bad, "no script error, no violation of the policy, no alert", "the page went wrong: " + "; ".join(bad[:5]))
    check(not log, "nothing was logged to the console", "the console has: " + "; ".join(log[:5]))
    check(not asked, "nothing was asked of any host", "the page asked for " + ", ".join(asked[:5]))
    policy = b.js("const m = document.querySelector('meta[http-equiv=\"Content-Security-Policy\"]'); return m ? m.content : ''")
    check("default-src 'none'" in policy, "the policy forbids all hosts", "there is no Content-Security-Policy that forbids all hosts")
    made = b.js("return [...document.querySelectorAll('body *')].filter(e => ['hostile'].includes(e.id) || ['IMG', 'IFRAME', 'OBJECT', 'EMBED', 'MARQUEE', 'FORM', 'LINK', 'BASE'].includes(e.tagName) || (e.tagName === 'SCRIPT' && e.parentElement !== document.body)"
                " || [...e.attributes].some(a => /^on/i.test(a.name))).map(e => e.outerHTML.slice(0, 80))")
    check(not made, "no element was made from data", "elements that data made: " + "; ".join(made[:5]))


def narrow(b, check):
    for width in (360, 768, 1400):
        b.cdp("Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600})
        time.sleep(0.4)
        over = b.js("return document.documentElement.scrollWidth")
        check(over <= width, f"at {width} px nothing stands out at the side", f"at {width} px the page is {over} px wide")
    b.cdp("Emulation.clearDeviceMetricsOverride")


def main():
    parser = argparse.ArgumentParser(description="Tries out a report in headless Chromium.")
    parser.add_argument("report")
    parser.add_argument("--expect-charts", default="")
    parser.add_argument("--expect-sections", default="")
    parser.add_argument("--search")
    parser.add_argument("--finds", type=int)
    parser.add_argument("--account", help="a key account that has an explanation")
    parser.add_argument("--lang", choices=["en", "zh"])
    parser.add_argument("--no-accounts", action="store_true", help="the report has no key accounts")
    parser.add_argument("--chromedriver")
    parser.add_argument("--chromium")
    given = parser.parse_args()
    listed = lambda text: [x for x in text.split(",") if x]
    check = Check()
    try:
        with Browser(given.chromedriver, given.chromium) as b:
            began = time.time()
            b.open(given.report)
            check(True, f"ready after {time.time() - began:.1f} s", "")
            prototype(b, check)
            charts(b, check, listed(given.expect_charts))
            missing = [s for s in listed(given.expect_sections) if not b.js("return !!document.getElementById(arguments[0])", s)]
            check(not missing, "the expected sections are there", "these sections are missing: " + ", ".join(missing))
            if not given.no_accounts:
                rows = keys(b)
                check(bool(rows), f"the list of key accounts shows {len(rows)} rows", "the list of key accounts is empty")
                if rows:
                    shown = [r[0] for r in rows if len(r[0].strip()) > 3 and "…" not in r[0]]
                    search(b, check, given.search if given.search is not None else shown[0] if shown else rows[0][0], given.finds)
                    sort(b, check)
                    explanation(b, check, given.account)
            more(b, check)
            language(b, check, given.lang)
            printing(b, check)
            narrow(b, check)
            clean(b, check)
    except Fault as fault:
        print(f"FAULT {fault}")
        return 2 if "must be there" in str(fault) else 1
    if check.faults:
        print(f"\n{len(check.faults)} faults:\n  " + "\n  ".join(check.faults))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

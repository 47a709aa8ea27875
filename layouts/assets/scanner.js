// The board's scanner: asks for the newest scan, says what it rests on, and how its cells look.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PASSED = 0.05;
  const ENTRIES = { short: ["down", "▼"], long: ["up", "▲"] };
  const ASK_MS = { scanning: 300, ready: 1000 };
  const LOST_MS = 5000;
  const CANCEL_MS = 1000;
  let spec = null; // what is scanned, as the server reads it
  let scan = {};
  let name = "";
  let good = null; // the settings of the last scan that was shown
  let asked = { at: 0, spec: null, pending: false };
  let since = 0;
  const { number, compact } = sb.format;
  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const count = (n, one) => number(n, 0) + " " + one + (n === 1 ? "" : "s");
  const scanning = () => scan.state === "scanning" || (spec !== good && good !== null);
  const waited = () => performance.now() - since;

  const thin = () => scan.thin > 0 && count(scan.thin, "symbol") + " left out: too thin";
  const WORDS = {
    scanning: () => ["scanning " + count(scan.pairs, "pair") + "…" + (waited() > CANCEL_MS ? " " + Math.round(waited() / 1000) + " s" : "")],
    warming: () => ["warming up " + scan.ready + " of " + scan.window + " " + scan.tf + " bars", thin()],
    untestable: () => ["not testable: " + scan.why, thin()],
    failed: () => ["the scan failed; it is tried again when a bar closes"],
    ready: () => [
      count(scan.tested, "pair") + ", " + number(scan.tests, 0) + " tests, " + scan.passed + " with q < 5 %",
      number(scan.rows, 0) + " " + scan.tf + " rows" + (scan.gaps ? " with " + count(scan.gaps, "gap") : ""),
      "as of " + sb.format.clock(scan.asOf),
      scan.late && "stale: " + scan.late,
      scan.shown < scan.tested && "best " + scan.shown + " shown",
      thin(),
      scan.untested && scan.untested + " not testable",
    ],
  };

  // What was tested, on what, and as of when; or what is waited for.
  function note() {
    const line = document.getElementById("board-scanner-note");
    if (!line || !scan.state) return;
    const words = WORDS[scanning() ? "scanning" : scan.state]();
    sb.text("board-scanner-note", scan.pairs ? words.filter(Boolean).join(" · ") : "a pair needs two watched symbols");
    const reasons = scanning() ? "" : scan.reasons || "";
    line.title = reasons;
    line.classList.toggle("explained", Boolean(reasons));
    sb.text("board-scanner-reasons", reasons.replaceAll("\n", "; "));
    line.classList.toggle("late", Boolean(scan.late));
    document.getElementById("board-cancel").hidden = !(scanning() && good !== null && good !== spec && waited() > CANCEL_MS);
  }

  function ask() {
    if (!document.getElementById("board-page") || document.hidden || spec === null) return;
    if (sb.freeze.on() && name && good === spec) return;
    const passed = performance.now() - asked.at;
    const due = asked.spec !== spec || passed >= (asked.pending ? LOST_MS : ASK_MS[scanning() ? "scanning" : "ready"]);
    if (due) {
      asked = { at: performance.now(), spec, pending: true };
      set("board-scan-ask", { data: { spec, name, at: Date.now() } });
    }
    note();
  }

  function take(message) {
    asked.pending = false;
    // An answer to settings that have been left comes too late.
    if (message.spec !== spec) return;
    if (!message.name) {
      if (name) begin("it is being scanned anew");
      Object.assign(scan, message.note);
    } else {
      if (message.note) scan = message.note;
      scan.late = message.late;
      name = message.name;
      good = spec;
      if (message.rows) {
        sb.board.found(message.rows);
        sb.freeze.answered();
      }
    }
    note();
  }

  sb.scanner = {
    PASSED,
    scan: () => scan,
    spec: () => spec || "",
    forget() {
      scan = {};
      name = "";
      asked.at = -LOST_MS;
    },
  };

  const chance = (p) => (p !== null && p < 0.0001 ? "< 0.0001" : number(p, 4));

  function cost({ cost, z, dim }) {
    const short = cost !== null && z !== null && !dim && Math.abs(z) < cost;
    return element(short ? "note" : "", number(cost, 2) + (short ? " ✕" : ""), short ? "|z| does not cover the round trip" : "");
  }

  // A distance without cointegration is no reason to expect a return.
  function backed({ signal, sure }) {
    if (signal in ENTRIES && !sure) return element("note", ENTRIES[signal][1] + " q too high", "z is beyond the entry line, but q is not below 5 %");
    const [tone, mark] = ENTRIES[signal] || ["note", ""];
    return element(tone, signal in ENTRIES ? mark + " " + signal + " entry" : signal);
  }

  // '0' is 3 sigmas below the line, 'X' as many above.
  function trail(text) {
    const zero = window.React.createElement("path", { key: "zero", className: "zero", d: "M0 22L120 22" });
    return sb.board.spark([...text].map((char) => char.charCodeAt(0) - 48), zero);
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    sb_p: ({ value }) => element("", chance(value)),
    sb_q: ({ value }) => element(value < PASSED ? "strong" : "note", chance(value)),
    sb_stable: ({ value }) => element("", number(value, 2)),
    sb_cost: ({ data }) => cost(data),
    sb_liquidity: ({ value }) => element("", compact(value)),
    sb_scan: ({ data }) => backed(data),
    sb_trail: ({ value }) => trail(value || ""),
    sb_fresh: ({ data }) => element("state " + (data.dim ? "stale" : "live"), data.dim ? "stale" : "live", data.late),
  });

  // What is on the screen may be looked at until the new scan is there, no more.
  function begin(why) {
    since = performance.now();
    if (name) scan.late = why;
    name = "";
    sb.board.judge();
  }

  function change(text) {
    if (text === null || text === undefined || text === spec) return;
    spec = text;
    begin("found with the settings before");
    ask();
  }

  function limits(open) {
    set("board-limits", { hidden: !open });
    set("board-limits-open", { "aria-expanded": String(open) });
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("#board-limits-open")) limits(document.getElementById("board-limits").hidden);
    if (event.target.closest("#board-cancel")) sb.address.open(good);
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    boardSpec: change,
    boardScan(message) {
      if (message) take(message);
    },
  });

  setInterval(ask, 100);
})();

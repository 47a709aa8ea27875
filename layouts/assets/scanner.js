// The board's scanner: the note above it, the looks of its cells, and the choice of what it lists.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PASSED = 0.05;
  const ENTRIES = { short: ["down", "▼"], long: ["up", "▲"] };
  let settled = false;
  const { number, compact } = sb.format;
  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);

  const WORDS = {
    scanning: (scan) => "scanning " + scan.pairs + " pairs…",
    warming: (scan) => "warming up " + scan.ready + " of " + scan.window + " 1m bars",
    untestable: (scan) => "not testable: " + scan.why,
    failed: () => "the scan failed; it is tried again when a bar closes",
    ready: (scan) =>
      [
        scan.tested + (scan.tested === 1 ? " pair" : " pairs") + ", " + scan.tests + " tests, " + scan.passed + " with q < 5 %",
        scan.shown < scan.tested && "best " + scan.shown + " shown",
        scan.untested && scan.untested + " not testable ⓘ",
        sb.format.number(scan.rows, 0) + " 1m rows" + (scan.gaps ? " with " + scan.gaps + (scan.gaps === 1 ? " gap" : " gaps") : ""),
        "as of " + sb.format.utc(scan.asOf) + " UTC",
        scan.late && "stale: " + scan.late,
      ].filter(Boolean).join(" · "),
  };

  // What was tested, on what, and as of when; or what is waited for.
  function note(scan) {
    const line = document.getElementById("board-scanner-note");
    if (!line) return;
    sb.text("board-scanner-note", scan.pairs ? WORDS[scan.state](scan) : "a pair needs two watched symbols");
    line.title = scan.state === "ready" ? scan.why : "";
    line.classList.toggle("late", Boolean(scan.late));
  }

  sb.scanner = { PASSED, note, list, tick: () => settled || list() };

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

  // The choice above the scanner is an ordinary filter of its columns; it stands in the address.
  // A grid that is being made loses what it is told: it is told again until it holds it, and then left to its user.
  function list(chosen = document.querySelector("#board-show input:checked")?.value) {
    const grid = sb.board.api("c");
    const size = Number(document.getElementById("shell").dataset.entry);
    const ends = [["greaterThanOrEqual", size], ["lessThanOrEqual", -size]];
    const conditions = ends.map(([type, filter]) => ({ filterType: "number", type, filter }));
    const { q, z, ...others } = (grid && grid.getFilterModel()) || {};
    if (chosen === "passed") others.q = { filterType: "number", type: "lessThan", filter: PASSED };
    if (chosen === "beyond") others.z = { filterType: "number", operator: "OR", conditions };
    const wanted = { passed: "q", beyond: "z" }[chosen];
    settled = Boolean(grid) && Boolean(q) === (wanted === "q") && Boolean(z) === (wanted === "z");
    if (grid && !settled) grid.setFilterModel(others);
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    scanned(choice) {
      list(choice);
      if (location.pathname === "/") history.replaceState(history.state, "", choice === "all" ? "/" : "/?show=" + choice);
    },
  });
})();

// The board's grids: rows arrive as changed cells and go in through the grid's own API; order is renewed once a second.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const SORT_MS = 1000;
  const SCAN_MS = 500;
  const FLASH_REST_MS = 60000;
  const LOOKS = ["signal", "state", "digits", "ready", "reason", "sure", "q", "late"];
  const grids = {
    s: { id: "board-symbols", rows: new Map() },
    p: { id: "board-pairs", rows: new Map() },
    c: { id: "board-scanner", rows: new Map() },
  };
  const symbols = new Map();
  const marks = new Map();
  let seconds = { base: 0, at: 0 };
  let sorted = 0;
  let judged = 0;

  const entry = () => Number(document.getElementById("shell").dataset.entry);

  const api = (grid) => {
    try {
      return window.dash_ag_grid.getApi(grid.id);
    } catch (error) {
      return null; // the grid is not there yet
    }
  };

  // What the scan found of a pair, held against the last trades of its legs.
  function judge(row) {
    const y = symbols.get(row.y) || {};
    const x = symbols.get(row.x) || {};
    const known = row.sigma > 0 && y.price > 0 && x.price > 0;
    const silent = [y, x].filter((leg) => leg.silent).map((leg) => leg.name + ": " + leg.silent);
    row.z = known ? (y.price - row.a - row.b * x.price) / row.sigma : null;
    row.age = known ? Math.max(y.age, x.age) : null;
    row.late = [sb.scanner.scan().late, ...silent].filter(Boolean).join("; ");
    row.dim = row.late !== "";
    row.sure = row.q < sb.scanner.PASSED;
    const side = Math.abs(row.z) < entry() ? "inside" : row.z > 0 ? "short" : "long";
    row.signal = row.dim || !known ? "" : side;
  }

  function complete(row, key) {
    if (row.y) {
      row.name = row.y + " / " + row.x;
      if (key[0] === "c") judge(row);
      else row.dim = row.state === "down" || row.state === "stale";
    } else {
      symbols.set(row.name, row);
      row.age = row.seen === null ? null : Math.max(0, seconds.base + (performance.now() - seconds.at) / 1000 - row.seen);
      row.dim = !["LIVE", "QUIET"].includes(row.state);
    }
    return row;
  }

  function change(key, fields, added) {
    const grid = grids[key[0]];
    let row = grid.rows.get(key);
    if (!row) {
      row = { id: key };
      grid.rows.set(key, row);
      added.push(key[0]);
    }
    const before = LOOKS.map((name) => row[name]);
    complete(Object.assign(row, fields), key);
    const node = api(grid) && api(grid).getRowNode(key);
    if (!node) return;
    node.updateData(row);
    // The grid draws a cell again only when its own value differs, and these decide how others look.
    if (LOOKS.some((name, at) => row[name] !== before[at])) api(grid).refreshCells({ rowNodes: [node], force: true });
    if (key[0] === "c") flash(key, node);
  }

  // Once when q or z crosses its line, and not again for a minute: a z that trembles on the line is no news.
  function flash(key, node) {
    if (!node.data.signal) return;
    const state = node.data.sure + node.data.signal;
    const held = marks.get(key) || { state, at: -FLASH_REST_MS };
    const due = held.state !== state && performance.now() - held.at >= FLASH_REST_MS;
    if (due) api(grids.c).flashCells({ rowNodes: [node], flashDuration: 800, fadeDuration: 600 });
    marks.set(key, { state, at: due ? performance.now() : held.at });
  }

  function put(grid) {
    if (!document.getElementById("board-page")) return;
    const grown = api(grid);
    if (!grown || grown.isDestroyed()) return void setTimeout(() => put(grid), 50);
    grown.setGridOption("rowData", [...grid.rows.values()]);
  }

  const unwatched = (count) => (count ? " · " + count + (count === 1 ? " pair" : " pairs") + " of config.yaml " + (count === 1 ? "is" : "are") + " not watched" : "");

  function forget() {
    for (const grid of Object.values(grids)) grid.rows.clear();
    symbols.clear();
    marks.clear();
    sb.scanner.forget();
  }

  sb.board = {
    api: (key) => api(grids[key]),
    spark,
    apply(message) {
      seconds = { base: message.w, at: performance.now() };
      if (message.snap) forget();
      const added = message.snap ? Object.keys(grids) : [];
      for (const [key, fields] of Object.entries(message.rows || {})) change(key, fields, added);
      if (message.snap) sb.text("board-pairs-note", message.pair + " bars, OLS, level · a row opens the pair" + unwatched(message.unwatched));
      for (const kind of new Set(added)) put(grids[kind]);
      if (message.snap) sb.text("board-symbols-note", grids.s.rows.size + " watched");
    },
    // What a scan found takes the place of what the one before found.
    found(rows) {
      const added = [];
      for (const key of grids.c.rows.keys()) if (!(key in rows)) added.push(grids.c.rows.delete(key));
      for (const [key, fields] of Object.entries(rows)) change(key, fields, added);
      if (added.length) put(grids.c);
    },
    judge() {
      for (const key of grids.c.rows.keys()) change(key, {}, []);
    },
    tick() {
      if (performance.now() - judged >= SCAN_MS) {
        judged = performance.now();
        sb.board.judge();
      }
      if (performance.now() - sorted < SORT_MS) return;
      sorted = performance.now();
      for (const [key, row] of grids.s.rows) change(key, { seen: row.seen }, []);
      // Filtering sorts as well, and a row may have moved across a filter's border.
      for (const grid of Object.values(grids)) if (api(grid)) api(grid).refreshClientSideRowModel("filter");
    },
  };

  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);
  const TONES = { short: "down", long: "up" };
  const SIGNALS = { short: "▼ short entry", long: "▲ long entry", inside: "inside" };
  const { number, signed, ratio, compact, span } = sb.format;
  // What the scan found counts with q alone; watched pairs have none.
  const counts = (row) => !row.trail || row.sure;
  const renderers = {
    sb_price: ({ data }) => element("", number(data.price, data.digits)),
    sb_change: ({ value }) => element(value > 0 ? "up" : value < 0 ? "down" : "", sb.format.change(value)),
    sb_span: ({ value }) => element("note", value === null ? "–" : value >= 1439 ? "24 h" : span(value * 60000)),
    sb_volume: ({ value }) => element("", compact(value)),
    sb_trades: ({ value }) => element("", number(value, 0)),
    sb_age: ({ value }) => element("", value === null ? "–" : span(Math.round(value) * 1000).replace(".0 s", " s")),
    sb_z: ({ data }) => element(data.signal in TONES && counts(data) ? TONES[data.signal] + " strong" : "", signed(data.z, 2)),
    sb_signal: ({ data }) =>
      element(TONES[data.signal] || "note", (SIGNALS[data.signal] || "") + (data.signal && data.state === "partial" ? " · partial" : "")),
    sb_spread: ({ data }) => element("", signed(data.spread, data.digits)),
    sb_hedge: ({ value }) => element("", ratio(value)),
    sb_corr: ({ value }) => element("", signed(value, 3)),
    sb_half: ({ data }) => element(data.sure ? "" : "note", data.half === null ? "–" : data.sure ? number(data.half, 1) : "(" + number(data.half, 1) + ")"),
    sb_state: ({ data }) => element("state " + data.state, data.state === "warming" ? "warming up " + data.ready + "/" + data.window : data.state, data.reason),
    sb_feed: ({ value }) => element("state " + String(value).toLowerCase(), String(value).replace("_", " ")),
    sb_spark: ({ value }) => spark(value || []),
  };

  // A line over two hours of minutes; a minute without a bar breaks it.
  function spark(heights, under = null) {
    let path = "";
    heights.forEach((height, minute) => {
      if (height >= 0) path += (minute && heights[minute - 1] >= 0 ? "L" : "M") + minute + " " + (42 - height);
    });
    const line = window.React.createElement("path", { key: "line", d: path });
    return window.React.createElement("svg", { className: "spark", viewBox: "0 0 120 44", preserveAspectRatio: "none", "aria-hidden": true }, [under, line]);
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, renderers);
  const distance = (z) => (z === null ? -1 : Math.abs(z));
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    sbByDistance: (a, b) => distance(a) - distance(b),
    sbByTest: (a, b, one, other) => a - b || one.data.t - other.data.t,
  });

  function linked(row) {
    if (!row.y) return { y: row.name };
    const { tf, rows: window } = sb.scanner.scan();
    return row.trail ? { y: row.y, x: row.x, tf, window } : { y: row.y, x: row.x };
  }

  // Pairs in the order in which they are shown.
  function listed(grid) {
    const rows = [];
    api(grid).forEachNodeAfterFilterAndSort(({ data }) => rows.push([data.y, data.x]));
    return rows;
  }

  // A row opens its pair: a click, or Enter on a cell.
  function open(event) {
    const row = event.target.closest("#board-page .ag-row");
    const key = row && row.getAttribute("row-id");
    const data = key && grids[key[0]].rows.get(key);
    if (!data) return;
    if (data.y) sb.order.take(listed(grids[key[0]]));
    sb.shell.go("/pair?" + new URLSearchParams(linked(data)));
  }
  document.addEventListener("click", open);
  document.addEventListener("keydown", (event) => event.key === "Enter" && open(event));
})();

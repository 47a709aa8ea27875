// The board's grids: rows arrive as changed cells and go in through the grid's own API; order is renewed once a second.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const SORT_MS = 1000;
  const LOOKS = ["signal", "state", "digits", "ready", "reason", "sure"];
  const grids = { s: { id: "board-symbols", rows: new Map() }, p: { id: "board-pairs", rows: new Map() } };
  let seconds = { base: 0, at: 0 };
  let sorted = 0;

  const api = (grid) => {
    try {
      return window.dash_ag_grid.getApi(grid.id);
    } catch (error) {
      return null; // the grid is not there yet
    }
  };

  function complete(row) {
    if (row.y) {
      row.name = row.y + " / " + row.x;
      row.dim = row.state === "down" || row.state === "stale";
    } else {
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
    complete(Object.assign(row, fields));
    const node = api(grid) && api(grid).getRowNode(key);
    if (!node) return;
    node.updateData(row);
    // The grid draws a cell again only when its own value differs, and these decide how others look.
    if (LOOKS.some((name) => name in fields)) api(grid).refreshCells({ rowNodes: [node], force: true });
  }

  function put(grid) {
    const grown = api(grid);
    if (!grown || grown.isDestroyed()) return void setTimeout(() => put(grid), 50);
    grown.setGridOption("rowData", [...grid.rows.values()]);
  }

  const unwatched = (count) => (count ? " · " + count + (count === 1 ? " pair" : " pairs") + " of config.yaml " + (count === 1 ? "is" : "are") + " not watched" : "");

  sb.board = {
    apply(message) {
      seconds = { base: message.w, at: performance.now() };
      if (message.snap) for (const grid of Object.values(grids)) grid.rows.clear();
      const added = [];
      for (const [key, fields] of Object.entries(message.rows || {})) change(key, fields, added);
      if (message.snap) sb.text("board-pairs-note", message.pair + " bars, OLS, level · a row opens the pair" + unwatched(message.unwatched));
      for (const kind of new Set(added)) put(grids[kind]);
      if (message.snap) sb.text("board-symbols-note", grids.s.rows.size + " watched");
    },
    tick() {
      if (performance.now() - sorted < SORT_MS) return;
      sorted = performance.now();
      for (const [key, row] of grids.s.rows) change(key, { seen: row.seen }, []);
      for (const grid of Object.values(grids)) if (api(grid)) api(grid).refreshClientSideRowModel("sort");
    },
  };

  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);
  const TONES = { short: "down", long: "up" };
  const SIGNALS = { short: "▼ short entry", long: "▲ long entry", inside: "inside" };
  const { number, signed, ratio, compact, span } = sb.format;
  const renderers = {
    sb_price: ({ data }) => element("", number(data.price, data.digits)),
    sb_change: ({ value }) => element(value > 0 ? "up" : value < 0 ? "down" : "", sb.format.change(value)),
    sb_span: ({ value }) => element("note", value === null ? "–" : value >= 1439 ? "24 h" : span(value * 60000)),
    sb_volume: ({ value }) => element("", compact(value)),
    sb_trades: ({ value }) => element("", number(value, 0)),
    sb_age: ({ value }) => element("", value === null ? "–" : span(Math.round(value) * 1000).replace(".0 s", " s")),
    sb_z: ({ data }) => element(data.signal in TONES ? TONES[data.signal] + " strong" : "", signed(data.z, 2)),
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
  function spark(heights) {
    let path = "";
    heights.forEach((height, minute) => {
      if (height >= 0) path += (minute && heights[minute - 1] >= 0 ? "L" : "M") + minute + " " + (42 - height);
    });
    const line = window.React.createElement("path", { d: path });
    return window.React.createElement("svg", { className: "spark", viewBox: "0 0 120 44", preserveAspectRatio: "none", "aria-hidden": true }, line);
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, renderers);
  window.dashAgGridFunctions = Object.assign(window.dashAgGridFunctions || {}, {
    sbByDistance: (a, b) => (a === null ? -1 : Math.abs(a)) - (b === null ? -1 : Math.abs(b)),
  });

  // A row opens its pair: a click, or Enter on a cell.
  function open(event) {
    const row = event.target.closest("#board-pairs .ag-row, #board-symbols .ag-row");
    const data = row && (grids.p.rows.get(row.getAttribute("row-id")) || grids.s.rows.get(row.getAttribute("row-id")));
    if (!data) return;
    const legs = data.y ? { y: data.y, x: data.x } : { y: data.name };
    window.dash_clientside.set_props("_pages_location", { pathname: "/pair", search: "?" + new URLSearchParams(legs) });
  }
  document.addEventListener("click", open);
  document.addEventListener("keydown", (event) => event.key === "Enter" && open(event));
})();

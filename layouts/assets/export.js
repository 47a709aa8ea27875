// What a panel shows, as CSV: the figure's traces within the range in sight, the grid's rows in its order and filter,
// the chart's bars, or a table's cells. Times are UTC and ISO 8601, numbers are numbers, what is unknown is empty.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const NUMBER = /^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?(e[+-]?\d+)?$/i;
  const STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/;
  const CLOCK = /as of (\d\d):(\d\d)(?::(\d\d))? UTC/;
  const DAY_MS = 86400000;
  const LATER_MS = 60000;

  const iso = (ms) => new Date(ms).toISOString();
  const minus = (text) => text.replaceAll("−", "-");

  // What a cell says: a number where it is one, nothing where it is not known.
  function read(text) {
    const plain = minus(text.trim());
    if (plain === sb.format.UNKNOWN || plain === "") return null;
    if (STAMP.test(plain)) return iso(Date.parse(plain.replace(" ", "T") + "Z"));
    return NUMBER.test(plain) ? Number(plain.replaceAll(",", "")) : plain;
  }

  // Text that a spreadsheet would take for a formula is told apart by an apostrophe.
  function cell(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "";
    if (typeof value === "number") return String(value);
    const text = minus(String(value)).replace(/^[=+\-@\t\r]/, "'$&");
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  const csv = (rows) => rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

  const titled = (axis) => (axis && axis.title ? axis.title.text || axis.title : "");

  // Columns that the legend gives one name are numbered.
  function unlike(names) {
    const counts = new Map();
    return names.map((name) => {
      counts.set(name, (counts.get(name) || 0) + 1);
      return counts.get(name) > 1 ? name + " (" + counts.get(name) + ")" : name;
    });
  }

  // As in the legend, with the unit that the axis or the panel gives.
  function names(traces, layout, element) {
    const axes = traces.map((trace) => layout["yaxis" + (trace.yaxis || "y").slice(1)] || {});
    const titles = axes.map((axis) => String(titled(axis)));
    const units = axes.map((axis, at) => (titles[at].match(/\[(.+)\]/) || [])[1] || element.dataset.unit || (axis.ticksuffix || "").trim());
    const plain = unlike(traces.map((trace, at) => trace.name || titles[at].replace(/ *\[.+\]/, "") || "value"));
    return plain.map((name, at) => (units[at] && !name.includes("[") ? name + " [" + units[at] + "]" : name));
  }

  // Places that several traces share stand in one row; a place that a trace has twice, as at a step, in two.
  function lines({ traces, axes, layout, shift }, element) {
    const rows = new Map();
    traces.forEach((trace, column) => {
      const axis = axes["xaxis" + (trace.xaxis || "x").slice(1)];
      const moved = axis.type === "date" ? shift : 0;
      const [low, high] = axis.range.map((end) => axis.r2l(end) - moved).sort((one, other) => one - other);
      const seen = new Map();
      trace.x.forEach((x, place) => {
        const at = axis.type === "date" ? sb.figures.moment(x) : axis.d2l(x);
        if (!(at >= low && at <= high)) return;
        const nth = seen.get(at) || 0;
        seen.set(at, nth + 1);
        const key = at + " " + nth;
        if (!rows.has(key)) rows.set(key, { at, nth, cells: [axis.type === "date" ? iso(at) : x] });
        rows.get(key).cells[column + 1] = trace.y[place];
      });
    });
    const sorted = [...rows.values()].sort((one, other) => one.at - other.at || one.nth - other.nth);
    const first = axes.xaxis.type === "date" ? "time" : String(titled(layout.xaxis)).split(";")[0] || "x";
    const heads = names(traces, layout, element);
    return [[first, ...heads], ...sorted.map(({ cells }) => Array.from({ length: heads.length + 1 }, (_, place) => cells[place]))];
  }

  // Rows and columns as labelled; a second block beside it where the numbers in the cells are not what colours them.
  function matrix(trace) {
    const { colour, number } = trace.meta || {};
    const head = (what) => trace.x.map((label) => label + (what ? " " + what : ""));
    const rows = trace.y.map((label, place) => [label, ...trace.z[place], ...(number ? trace.text[place].map((text) => read(text.replace(/^\W (?=\W?\d)/, ""))) : [])]);
    return [["", ...head(colour), ...(number ? head(number) : [])], ...rows];
  }

  function figure(element) {
    const shown = sb.figures.shown(element.id);
    if (!shown) return null;
    const cells = shown.traces.find((trace) => trace.type === "heatmap");
    return cells ? matrix(cells) : lines(shown, element);
  }

  const words = (node) => (Array.isArray(node) ? node.map(words).join("") : node && node.props ? words(node.props.children) : String(node ?? ""));
  const drawn = (column, data) => (window.dashAgGridComponentFunctions[column.cellRenderer] || (() => null))({ value: data[column.field], data, colDef: column });
  const numeric = (column) => ["rightAligned", "numericColumn"].includes(column.type) || !column.cellRenderer;

  // Numbers with all their digits; everything else in the words on the screen.
  function value(column, data) {
    const own = data[column.field];
    if (typeof own === "string" && (numeric(column) || STAMP.test(own))) return read(own);
    return numeric(column) ? own : read(words(drawn(column, data)));
  }

  function heading({ headerName, context }) {
    return context && context.unit ? headerName + " [" + context.unit + "]" : headerName;
  }

  // Pictures in cells are left out; flags that mark a cell get a column of their own.
  function grid(element) {
    const api = window.dash_ag_grid.getApi(element.id);
    const held = [];
    api.forEachNodeAfterFilterAndSort((node) => held.push(node.data));
    if (!held.length) return null;
    const all = api.getAllDisplayedColumns().map((column) => column.getColDef());
    if ("flags" in held[0] && !all.some(({ field }) => field === "flags")) all.push({ field: "flags", headerName: "Flags" });
    const columns = all.filter((column) => (drawn(column, held[0]) || {}).type !== "svg");
    return [columns.map(heading), ...held.map((data) => columns.map((column) => value(column, data)))];
  }

  // A cell's title gives the whole time where the cell has only the clock's.
  function table(element) {
    const told = (each) => (/^\d{4}-\d\d-\d\dT.*Z$/.test(each.title) ? each.title : read(sb.clock.said(each)));
    return [...element.rows].map((row) => [...row.cells].flatMap((each) => [told(each), ...Array(each.colSpan - 1).fill(null)]));
  }

  const facts = (element) => [...element.children].map((row) => [...row.children].map((each) => read(sb.clock.said(each))));

  const SOURCES = { ".figure": figure, ".board-grid": grid, "#pair-chart": () => sb.chartSaved.table(), table, dl: facts, ".bins": ({ told }) => told };

  // The first that is in sight: some panels hold several and show one.
  function source(panel) {
    const found = (selector) => [...panel.querySelectorAll(selector)].find((each) => each.getClientRects().length);
    const selector = Object.keys(SOURCES).find(found);
    const element = found(selector);
    return { element, rows: () => SOURCES[selector](element) };
  }

  // When what is shown was so: as its panel says, else now. What says no date is of the last 24 hours.
  function asOf(panel) {
    const clock = sb.clock.said(panel.firstElementChild).match(CLOCK);
    if (!clock) return Date.now();
    const at = new URLSearchParams(location.search).get("at");
    if (at) return Date.parse(at);
    const today = Date.now() - (Date.now() % DAY_MS) + 1000 * (3600 * clock[1] + 60 * clock[2] + Number(clock[3] || 0));
    return today > Date.now() ? today - DAY_MS : today;
  }

  // spreadboard_<what>_<pair or symbol>_<time frame>_<as of>, and whether it is made up.
  function title(panel, element) {
    const asked = new URLSearchParams(location.search);
    const what = (element.closest("[id]").id || panel.id).replace(/-(panel|scroll|box)$/, "");
    const pair = ["y", "x", "symbol"].map((key) => asked.get(key)).filter(Boolean).join("-");
    const stamp = iso(asOf(panel)).replace(/\.\d+|[-:]/g, "");
    const parts = ["spreadboard", what, panel.dataset.of || pair, panel.dataset.tf || asked.get("tf"), stamp, sb.simulated() && "simulated"];
    return parts.filter(Boolean).join("_").replace(/[^\w.-]/g, "-");
  }

  function give(address, file) {
    Object.assign(document.createElement("a"), { href: address, download: file }).click();
    return file;
  }

  // Each gives the name of the file that it made, or null where there is nothing to save yet.
  sb.exports = {
    csv(panel) {
      const { element, rows } = source(panel);
      const held = rows();
      if (!held) return null;
      const address = URL.createObjectURL(new Blob([csv(held)], { type: "text/csv" }));
      setTimeout(() => URL.revokeObjectURL(address), LATER_MS);
      return give(address, title(panel, element) + ".csv");
    },
    async png(panel) {
      const { element } = source(panel);
      const address = await (element.id === "pair-chart" ? sb.chartSaved.picture() : sb.figures.picture(element.id));
      return address && give(address, title(panel, element) + ".png");
    },
  };
})();

// The data page's tables: rows go in through the grids' own API; sign and size show in words, marks and weight.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const AGAIN_MS = [700, 2000, 5000];
  const looks = { features: {}, bars: {} };
  let rows = [];
  let view = "";
  let spec = "";
  let step = 60000;
  let again = { timer: 0, closed: 0, tries: 0 };

  const page = () => document.getElementById("data-panel");
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  function grown(id) {
    try {
      const api = window.dash_ag_grid.getApi(id);
      return api && !api.isDestroyed() ? api : null;
    } catch (error) {
      return null; // the grid is not there yet
    }
  }

  function unzip(message) {
    const names = Object.keys(message.columns);
    return message.open_ms.map((open, at) => {
      const row = { id: String(open), time: new Date(open).toISOString().slice(0, 19).replace("T", " "), flags: message.flags[at] };
      for (const name of names) row[name] = message.columns[name][at];
      return row;
    });
  }

  function put(shown) {
    if (!page() || view !== shown) return;
    const api = grown("data-" + shown);
    if (!api) return void setTimeout(() => put(shown), 50);
    api.setGridOption("rowData", rows);
    // What a value is held against moved with the newest row, so all of them may look different.
    api.refreshCells({ force: true });
  }

  // A symbol's bar may close a moment after the first of the others, which is what the page was told of.
  function askAgain(message) {
    clearTimeout(again.timer);
    if (again.closed !== message.closed) again = { timer: 0, closed: message.closed, tries: 0 };
    if (!message.end || message.end >= message.closed || again.tries >= AGAIN_MS.length) return;
    const wait = AGAIN_MS[again.tries];
    again.tries += 1;
    again.timer = setTimeout(() => page() && !sb.freeze.on() && set("data-again", { data: Date.now() }), wait);
  }

  function show(message) {
    page().dataset.view = message.view;
    view = message.view;
    rows = message.columns ? unzip(message) : [];
    if (view === "tape") return;
    step = message.step || step;
    looks[view] = message.looks || {};
    sb.text("data-empty", message.reason);
    put(view);
    askAgain(message);
  }

  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);

  // The nearer half of a column is faint, the furthest 5 % bold; a mark tells high from low where there is no sign.
  function feature({ value, colDef }) {
    const [digits, ...borders] = looks.features[colDef.field] || [0];
    const { number, signed } = sb.format;
    if (value === null || value === undefined) return element("faint", number(value), "Not defined for this bar");
    if (borders.length === 2) {
      const size = Math.abs(value);
      const tone = size < borders[0] || !size ? "faint" : value > 0 ? "up" : "down";
      return element(tone + (size > borders[1] ? " strong" : ""), signed(value, digits));
    }
    const [low, first, third, high] = borders;
    const mark = value > high ? "▲ " : value < low ? "▼ " : "";
    return element(mark ? "strong" : value >= first && value <= third ? "faint" : "", mark + number(value, digits));
  }

  const tone = (flags) => (flags.includes("partial") ? "flag" : "note");

  function opened({ data, marked }) {
    const time = sb.format.stamp(Number(data.id)).slice(0, 19);
    const shortened = step < 60000 ? time.slice(11) : time.slice(5, 16);
    // A day of UTC begins at another hour elsewhere.
    const text = step < 3600000 ? shortened : time.slice(0, step < 86400000 || sb.format.shift() ? 16 : 10);
    const marks = marked && data.flags ? [element(tone(data.flags), " " + data.flags)] : [];
    return window.React.createElement("span", { title: data.time.replace(" ", "T") + "Z" + (data.flags ? " · " + data.flags : "") }, text, ...marks);
  }

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    sb_feature: feature,
    sb_opened: opened,
    sb_plain: ({ value, colDef }) => element("", sb.format.number(value, (looks.bars[colDef.field] || [0])[0])),
    sb_flags: ({ value }) => element(tone(value), value || "whole"),
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    dataRows(message) {
      if (message && page()) show(message);
    },
    // The settings that the server accepted: into the address bar, without a new entry in the history.
    dataAddress(text) {
      if (!text) return;
      spec = text;
      if (location.pathname === "/data") history.replaceState(history.state, "", "/data?" + text);
    },
  });

  // A link or the back button to the page that is shown already: only its settings change.
  function readdress() {
    if (location.pathname !== "/data" || !page()) return;
    const asked = location.search.slice(1);
    if (asked !== spec) set("data-address", { data: Object.fromEntries(new URLSearchParams(asked)) });
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));
})();

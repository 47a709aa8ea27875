// The backtest page: settings into the address bar, cells that can be loaded, curves drawn finely where one looks.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PATH = "/backtest";
  const CURVES = "backtest-curves";
  const HEAT = "backtest-heat";
  const LOOK_MS = 120;
  let spec = "";
  let looking = 0;

  const byId = (id) => document.getElementById(id);
  const set = (id, data) => window.dash_clientside.set_props(id, { data });
  const element = (className, text, title) => window.React.createElement("span", { className, title }, text);
  const settings = (text) => Object.fromEntries(new URLSearchParams(text));

  // The range that is in sight, or none for all: the server sends more points of it.
  function looked(change) {
    const from = change["xaxis.range[0]"];
    const all = change["xaxis.autorange"];
    if (from === undefined && !all) return;
    clearTimeout(looking);
    looking = setTimeout(() => set("backtest-range", all ? null : [from, change["xaxis.range[1]"]].map(sb.figures.utc)), LOOK_MS);
  }

  // Plotly's own events are gone when a figure was emptied and drawn again.
  function link(id) {
    const drawn = byId(id);
    if (!drawn || !drawn.on || drawn.linked === drawn.on) return;
    drawn.linked = drawn.on;
    if (id === CURVES) drawn.on("plotly_relayout", looked);
    if (id === HEAT) drawn.on("plotly_click", (event) => load(event.points[0].customdata));
  }

  const load = (text) => text && set("backtest-load", settings(text));

  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    sb_money: ({ value, digits, signed }) => {
      const text = signed ? sb.format.signed(value, digits) : sb.format.number(value, digits);
      return element(signed && value > 0 ? "up" : signed && value < 0 ? "down" : "", text);
    },
    sb_side: ({ value }) => element(value === "long" ? "up" : "down", (value === "long" ? "▲ " : "▼ ") + value),
    sb_why: ({ value }) => element(value === "target" ? "" : "flag", value, value === "end" ? "The bars ended; no rule asked for it" : undefined),
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    async backtestDraw(figure) {
      if (!figure || !byId(figure.id)) return;
      await sb.figures.put(figure);
      link(figure.id);
      if (figure.id === CURVES) byId(CURVES).dataset.painted = performance.now();
    },
    // The settings that the server accepted: into the address bar, without a new entry in the history.
    backtestAddress(text) {
      if (!text) return;
      spec = text;
      if (location.pathname === PATH) history.replaceState(history.state, "", PATH + "?" + text);
    },
    backtestBest(_clicks, best) {
      return _clicks && best ? best : window.dash_clientside.no_update;
    },
  });

  // A link or the back button to the page that is shown already: only its settings change.
  function readdress() {
    if (location.pathname !== PATH || !byId("backtest-cards")) return;
    const asked = location.search.slice(1);
    if (asked !== spec) set("backtest-address", settings(asked));
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));
})();

// The flow page: settings into the address bar, and figures of one group that share their x-range.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PATH = "/microstructure";
  let spec = "";

  const tilesOf = (id) => document.getElementById(id).closest(".tiles");

  // The range that the user chose lasts as long as the settings: other settings show what is newest.
  function chosen(figure) {
    const tiles = tilesOf(figure.id);
    if (tiles.dataset.key !== figure.key) {
      tiles.dataset.key = figure.key;
      tiles.range = null;
    }
    return tiles.range;
  }

  const timed = (tiles) => [...tiles.querySelectorAll(".figure")].filter((each) => each.layout && each.layout.xaxis.type === "date");

  function zoomed(element, change) {
    const tiles = element.closest(".tiles");
    if (tiles.busy || !tiles.contains(element)) return;
    const from = change["xaxis.range[0]"];
    if (from === undefined) return;
    tiles.range = [from, change["xaxis.range[1]"]].map(sb.figures.utc);
    spread(tiles, element, () => ({ "xaxis.range": [...tiles.range] }));
  }

  // What is set here is reported like the user's own doing: those reports are not to be passed on. It also goes into
  // what the figure was drawn from, so that drawing it in another theme keeps it.
  function spread(tiles, except, changes) {
    tiles.busy = true;
    for (const each of timed(tiles)) {
      const change = changes(each);
      each.axis.range = change["xaxis.range"];
      if (each !== except) window.Plotly.relayout(each, { ...change, "xaxis.range": each.axis.range.map(sb.figures.local) });
    }
    setTimeout(() => (tiles.busy = false), 0);
  }

  function reset(element) {
    const tiles = element.closest(".tiles");
    tiles.range = null;
    spread(tiles, null, (each) => ({ "xaxis.range": [...each.newest], "yaxis.autorange": true }));
  }

  // Plotly's own events are gone when a figure was emptied and drawn again.
  function link(id) {
    const element = document.getElementById(id);
    if (!element || !element.on || element.linked === element.on || element.layout.xaxis.type !== "date") return;
    element.linked = element.on;
    element.on("plotly_relayout", (change) => zoomed(element, change));
    element.on("plotly_doubleclick", () => reset(element));
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    async flowDraw(figure) {
      const element = figure && document.getElementById(figure.id);
      if (!element) return;
      const range = chosen(figure);
      const axis = { ...figure.layout.xaxis };
      element.newest = axis.range;
      element.axis = axis;
      if (range && axis.type === "date") axis.range = [...range];
      await sb.figures.put({ ...figure, layout: { ...figure.layout, xaxis: axis } });
      link(figure.id);
    },
    flowAddress(text) {
      if (!text) return;
      spec = text;
      // The answer may come when its user has already gone to another page.
      if (location.pathname === PATH) history.replaceState(history.state, "", PATH + "?" + text);
    },
  });

  // A link or the back button to the page that is shown already: only its settings change.
  function readdress() {
    const asked = location.search.slice(1);
    if (location.pathname !== PATH || !document.getElementById("flow-cards") || asked === spec) return;
    window.dash_clientside.set_props("flow-address", { data: Object.fromEntries(new URLSearchParams(asked)) });
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));
})();

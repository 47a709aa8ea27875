// Figures that change when a bar closes: Plotly, drawn from plain data in the theme's colours; the user's zoom stays.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const held = new Map();
  let loading = null;

  // The library is large and most visits need none of it: it comes with the first figure.
  function plotly() {
    loading =
      loading ||
      new Promise((done, failed) => {
        const script = document.createElement("script");
        Object.assign(script, { src: "/vendor/plotly.js", onload: () => done(window.Plotly), onerror: failed });
        document.head.append(script);
      });
    return loading;
  }

  // Colours are named as in tokens.css ("--leg-y"); a name may be followed by its share of opacity ("--up 0.2").
  function coloured(value) {
    if (Array.isArray(value)) return value.map(coloured);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
    if (typeof value !== "string" || !value.startsWith("--")) return value;
    const [name, share] = value.split(" ");
    const colour = sb.css(name);
    return share ? colour + Math.round(255 * share).toString(16).padStart(2, "0") : colour;
  }

  function axis(more) {
    const quiet = { gridcolor: "--line-soft", linecolor: "--line", zerolinecolor: "--line", tickcolor: "--line", tickfont: { family: sb.css("--mono"), size: 11 }, automargin: true };
    return { ...quiet, ...more };
  }

  function dressed(layout) {
    const axes = Object.keys(layout).filter((key) => /^[xy]axis/.test(key));
    const named = Object.fromEntries([...new Set(["xaxis", "yaxis", ...axes])].map((key) => [key, axis(layout[key])]));
    const base = {
      autosize: true, margin: { l: 8, r: 12, t: 10, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: sb.css("--sans"), size: 12, color: "--text-2" }, showlegend: false, uirevision: "kept", hovermode: "closest",
      hoverlabel: { bgcolor: "--raised", bordercolor: "--line", font: { family: sb.css("--mono"), size: 12, color: "--text" } },
    };
    return coloured({ ...base, ...layout, ...named });
  }

  async function draw(id) {
    const library = await plotly();
    const element = document.getElementById(id);
    const figure = held.get(id);
    if (!element || !figure) return;
    element.dataset.state = figure.reason ? "empty" : "drawn";
    element.dataset.reason = figure.reason || "";
    await library.react(element, coloured(figure.traces), dressed(figure.layout || {}), { displayModeBar: false, responsive: true, scrollZoom: false });
    if (element.dataset.bound) return;
    element.dataset.bound = "1";
    element.on("plotly_click", (event) => sb.figures.clicked(event.points[0]));
  }

  sb.figures = {
    // Takes {id, traces, layout, reason}; `reason` says why there is nothing to draw.
    put(figure) {
      held.set(figure.id, figure);
      draw(figure.id);
    },
    restyle() {
      for (const id of held.keys()) if (document.getElementById(id)) draw(id);
    },
    // A point whose `customdata` holds the query of a pair ("y=..&x=..") opens it.
    clicked(point) {
      const query = point && point.customdata;
      if (typeof query === "string" && query.startsWith("y=")) window.dash_clientside.set_props("_pages_location", { pathname: "/pair", search: "?" + query });
    },
    save(id) {
      const name = document.title.replace(/\W+/g, "_") + "_" + id;
      plotly().then((library) => library.downloadImage(id, { format: "png", scale: 2, filename: name }));
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    draw(figure) {
      if (figure) sb.figures.put(figure);
    },
  });

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-save-figure]");
    if (button) sb.figures.save(button.dataset.saveFigure);
  });
})();

// Figures that change when a bar closes: Plotly, drawn from plain data in the theme's colours; the user's zoom stays.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: "reset" };
  const FAILED = "The chart library did not load. Reload the page.";
  const held = new Map(); // by id: the figure, and the element it was drawn into
  let loading = null;

  // The library is large and most visits need none of it: it comes with the first figure.
  function plotly() {
    loading =
      loading ||
      new Promise((done, failed) => {
        const script = document.createElement("script");
        Object.assign(script, { src: "/vendor/plotly.js", onload: () => done(window.Plotly), onerror: failed });
        document.head.append(script);
      }).catch(() => (loading = null));
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

  const axisOf = (layout, ref) => layout[String(ref || "x").replace("x", "xaxis")] || {};
  const moment = (time) => (typeof time === "number" ? time : Date.parse(/Z$|^.{10}$/.test(time) ? time : time.replace(" ", "T") + "Z"));
  const spoken = (text) => (typeof text === "string" ? text.replace(/\bUTC\b/g, sb.format.zone()) : text);
  const place = (time) => (time === null || time === undefined ? time : sb.format.stamp(moment(time)));
  const moved = (keys, part) => ({ ...part, ...Object.fromEntries(keys.filter((key) => part[key]).map((key) => [key, Array.isArray(part[key]) ? part[key].map(place) : place(part[key])])) });

  // Plotly takes a number for a moment in the browser's zone, and text as it stands: so times go in as text, in the zone
  // that is shown, and its name stands at the axis.
  function zoned({ traces, layout }) {
    const dated = (ref) => axisOf(layout, ref).type === "date";
    const names = Object.keys(layout).filter((key) => /^xaxis/.test(key) && layout[key].type === "date");
    if (!names.length) return { traces, layout };
    const shape = (part) => (dated(part.xref) ? moved(["x", "x0", "x1"], part) : part);
    const trace = (each) => (dated(each.xaxis) ? { ...moved(["x"], each), hovertemplate: spoken(each.hovertemplate) } : each);
    const label = { text: sb.format.zone(), showarrow: false, xref: "paper", yref: "paper", x: 1, y: 0, xanchor: "right", yanchor: "bottom", font: { size: 10, color: "--text-3" }, bgcolor: "--panel", borderpad: 1 };
    const axes = names.map((name) => [name, { ...moved(["range"], layout[name]), hoverformat: spoken(layout[name].hoverformat) }]);
    const parts = { shapes: (layout.shapes || []).map(shape), annotations: [...(layout.annotations || []).map(shape), label] };
    return { traces: traces.map(trace), layout: { ...layout, ...Object.fromEntries(axes), ...parts } };
  }

  // Numbers in cells are as large as a cell is wide: four digits on a phone too.
  function fitted(traces, element) {
    const fit = (trace) => ({ ...trace.textfont, size: Math.max(7, Math.min(11.5, (0.75 * element.clientWidth) / trace.x.length / 2.4)) });
    return traces.map((trace) => (trace.type === "heatmap" && trace.texttemplate ? { ...trace, textfont: fit(trace) } : trace));
  }

  const mono = (size) => ({ family: sb.css("--mono"), size });

  function axis(more = {}) {
    const quiet = { gridcolor: "--line-soft", linecolor: "--line", zerolinecolor: "--line", tickcolor: "--line", tickfont: mono(11), automargin: true };
    const title = typeof more.title === "string" ? { text: more.title, font: { size: 11.5, color: "--text-2" }, standoff: 6 } : more.title;
    return { ...quiet, ...more, ...(title && { title }) };
  }

  function dressed(layout) {
    const axes = Object.keys(layout).filter((key) => /^[xy]axis/.test(key));
    const named = Object.fromEntries([...new Set(["xaxis", "yaxis", ...axes])].map((key) => [key, axis(layout[key])]));
    const base = {
      autosize: true, margin: { l: 8, r: 12, t: 10, b: 8 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: sb.css("--sans"), size: 12, color: "--text-2" }, showlegend: false, uirevision: "kept", hovermode: "closest",
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)", font: { size: 11.5 } },
      // A finger that drags scrolls the page.
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      hoverlabel: { bgcolor: "--raised", bordercolor: "--line", align: "left", font: { ...mono(12), color: "--text" } },
    };
    // A zoom is one of the zone that it was made in.
    return coloured({ ...base, ...layout, ...named, uirevision: [layout.uirevision || base.uirevision, sb.format.shift()].join(" ") });
  }

  // Panels change size with their page, not only with the window.
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target.isConnected && target.dataset.state === "drawn" && target.clientWidth) window.Plotly.Plots.resize(target);
  });

  // Figures of a page that was left keep nothing in memory.
  function sweep() {
    for (const [id, { element }] of held) {
      if (!element || element.isConnected) continue;
      clear(element);
      held.delete(id);
    }
  }

  function clear(element) {
    sizes.unobserve(element);
    if (element.data) window.Plotly.purge(element);
    delete element.dataset.bound;
  }

  function explain(element, reason) {
    clear(element);
    element.dataset.reason = reason;
    element.dataset.state = "empty";
  }

  async function draw(id) {
    const found = held.get(id);
    if (found.figure.reason) {
      const element = document.getElementById(id);
      if (element) explain(element, found.figure.reason);
      return;
    }
    const library = await plotly();
    const element = document.getElementById(id);
    const entry = held.get(id);
    // While the library came, its page may have been left, or there may be nothing to draw any more.
    if (!element || !entry || entry.figure.reason) return;
    if (!library) return explain(element, FAILED);
    entry.element = element;
    const { traces, layout } = zoned(entry.figure);
    await library.react(element, coloured(fitted(traces, element)), dressed(layout), CONFIG);
    const reason = held.has(id) && held.get(id).figure.reason;
    if (reason) return explain(element, reason);
    delete element.dataset.reason;
    element.dataset.state = "drawn";
    if (element.dataset.bound) return;
    element.dataset.bound = "1";
    element.on("plotly_click", (event) => sb.figures.clicked(event.points[0]));
    sizes.observe(element);
  }

  function watermark() {
    return { text: "SIMULATED", showarrow: false, xref: "paper", yref: "paper", x: 0.5, y: 0.5, opacity: 0.25, font: { size: 44, color: "--sim" } };
  }

  // The picture is what is shown, on the panel's own ground, with its title and what it rests on.
  async function picture(id) {
    const figure = zoned(held.get(id).figure);
    const { width, height } = document.getElementById(id).getBoundingClientRect();
    const text = (part) => (document.getElementById(id + part) || {}).textContent || "";
    const layout = dressed(figure.layout);
    const shown = document.getElementById(id).layout;
    for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key) && shown[key] && shown[key].range) Object.assign(layout[key], { range: shown[key].range, autorange: false });
    const title = { text: text("-panel-title"), subtitle: { text: text("-note"), font: { size: 11 } }, font: { size: 15, color: "--text" }, x: 0.02, xanchor: "left", y: 0.98, yanchor: "top" };
    const marks = [...(figure.layout.annotations || []), ...(sb.simulated() ? [watermark()] : [])];
    Object.assign(layout, coloured({ title, annotations: marks, paper_bgcolor: "--panel", autosize: false, width, height: height + 56, margin: { ...layout.margin, t: 66 } }));
    const library = await plotly();
    return library.toImage({ data: coloured(fitted(figure.traces, document.getElementById(id))), layout }, { format: "png", scale: 2, width, height: height + 56 });
  }

  sb.figures = {
    // Takes {id, traces, layout, reason}; `reason` says why there is nothing to draw.
    put(figure) {
      sweep();
      sb.freeze.answered();
      held.set(figure.id, { ...held.get(figure.id), figure });
      return draw(figure.id);
    },
    restyle() {
      for (const id of held.keys()) if (document.getElementById(id)) draw(id);
    },
    // A point whose `customdata` holds the query of a pair ("y=..&x=..") opens it, as a link would: Dash's own location
    // does not know of an address that was replaced.
    clicked(point) {
      const query = point && point.customdata;
      if (typeof query !== "string" || !query.startsWith("y=")) return;
      history.pushState({}, "", "/pair?" + query);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    },
    // A place on an axis of times as it was read off the figure, in UTC, and the other way round.
    utc: (time) => moment(time) - sb.format.shift(),
    local: place,
    moment,
    // What is seen, as it was given: traces with times in UTC, and the axes that they are drawn on. null before that.
    shown(id) {
      const element = document.getElementById(id);
      if (element.dataset.state !== "drawn") return null;
      const traces = held.get(id).figure.traces;
      return { traces: traces.filter((_, place) => element.data[place].visible !== "legendonly"), axes: element._fullLayout, layout: held.get(id).figure.layout, shift: sb.format.shift() };
    },
    // As a PNG's address; null when nothing is drawn.
    picture: (id) => (document.getElementById(id).dataset.state === "drawn" ? picture(id) : null),
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    draw(figure) {
      if (figure) sb.figures.put(figure);
    },
  });
})();

// How the pair's chart looks: series, axes and labels in the colours of the theme.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PANES = [44, 22, 22, 12].map((stretchFactor) => ({ stretchFactor }));

  function series(about) {
    const dash = (color) => ({ color, lineWidth: 1, lineStyle: 2, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false });
    const line = (color, digits, scale) => ({
      color, lineWidth: 1.5, priceLineVisible: false, priceScaleId: scale || "right",
      priceFormat: { type: "custom", formatter: "sbPrice" + digits, minMove: 10 ** -digits },
    });
    const bars = (color, scale) => ({ color, priceScaleId: scale, lastValueVisible: false, priceLineVisible: false, priceFormat: { type: "volume" } });
    const faint = sb.css("--text-3");
    return {
      y: { type: "line", pane: 0, options: line(sb.css("--leg-y"), about.yDigits) },
      x: { type: "line", pane: 0, options: line(sb.css("--leg-x"), about.xDigits, "left") },
      spread: { type: "line", pane: 1, options: line(sb.css("--spread"), about.spreadDigits) },
      upper: { type: "line", pane: 1, options: dash(faint) },
      lower: { type: "line", pane: 1, options: dash(faint) },
      z: { type: "line", pane: 2, options: line(sb.css("--z"), 2), priceLines: levels() },
      y_volume: { type: "histogram", pane: 3, options: bars(sb.css("--leg-y-soft"), "y volume"), priceScaleOptions: { scaleMargins: { top: 0.05, bottom: 0.52 } } },
      x_volume: { type: "histogram", pane: 3, options: bars(sb.css("--leg-x-soft"), "x volume"), priceScaleOptions: { scaleMargins: { top: 0.52, bottom: 0 } } },
    };
  }

  function levels() {
    const entry = Number(document.getElementById("shell").dataset.entry);
    const at = (price, color, title) => ({ price, color: sb.css(color), lineWidth: 1, lineStyle: 2, title, axisLabelVisible: title !== "" });
    return [at(entry, "--down", "short entry"), at(0, "--text-3", ""), at(-entry, "--up", "long entry")];
  }

  function options(about, following) {
    const grid = { color: sb.css("--line-soft") };
    const border = { borderColor: sb.css("--line") };
    const label = { labelBackgroundColor: sb.css("--text-3") };
    return {
      layout: { textColor: sb.css("--text-2"), panes: { separatorColor: sb.css("--line") } },
      grid: { vertLines: grid, horzLines: grid },
      leftPriceScale: border,
      rightPriceScale: border,
      crosshair: { vertLine: label, horzLine: label },
      timeScale: { ...border, shiftVisibleRangeOnNewBar: following, secondsVisible: !about || about.step < 60000 },
    };
  }

  function watermark() {
    if (!sb.simulated()) return null;
    return { pane: 0, horzAlign: "center", vertAlign: "center", lines: [{ text: "SIMULATED", color: sb.css("--watermark"), fontSize: 56 }] };
  }

  function labels(about) {
    const text = (id, ...parts) => document.getElementById(id).replaceChildren(...parts.map(([name, tone]) => {
      const part = document.createElement("span");
      part.textContent = name;
      part.className = tone;
      return part;
    }));
    text("pane-prices", [about.y + " (right)", "leg-y"], [about.x + " (left)", "leg-x"]);
    text("pane-spread", ["Spread" + (about.scale === "log" ? " of logs" : ""), "spread"], ["±2σ", "note"]);
    text("pane-z", ["z-score [σ]", "z"]);
    text("pane-volume", [about.y, "leg-y"], [about.x, "leg-x"], ["volume, closed bars", "note"]);
  }

  const named = { sbTime: (time) => sb.format.day(time * 1000) };
  for (let digits = 0; digits <= 8; digits += 1) named["sbPrice" + digits] = (value) => sb.format.number(value, digits);
  window.dashTvlwcFunctions = Object.assign(window.dashTvlwcFunctions || {}, named);

  sb.style = { PANES, series, options, watermark, labels };
})();

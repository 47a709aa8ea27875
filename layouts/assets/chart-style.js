// How the pair's chart looks: series, axes and labels in the colours of the theme.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  // The library's kinds of marks: year, month and day below it, then time without and with seconds.
  const DAY = 2;
  const SECONDS = 4;
  const PANES = [44, 22, 22, 12].map((stretchFactor) => ({ stretchFactor }));

  // Faint bands from the bottom of a pane to its top.
  function holes() {
    const options = { color: "rgba(0,0,0,0)", priceScaleId: "holes", lastValueVisible: false, priceLineVisible: false };
    const priceScaleOptions = { scaleMargins: { top: 0, bottom: 0 } };
    return Object.fromEntries(PANES.map((_, pane) => ["hole" + pane, { type: "histogram", pane, options, priceScaleOptions }]));
  }

  function series(about, cost) {
    const dash = (color) => ({ color, lineWidth: 1, lineStyle: 2, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false });
    const line = (color, digits, scale) => ({
      color, lineWidth: 1.5, priceLineVisible: false, priceScaleId: scale || "right",
      priceFormat: { type: "custom", formatter: "sbPrice" + digits, minMove: 10 ** -digits },
    });
    const bars = (color, scale) => ({ color, priceScaleId: scale, lastValueVisible: false, priceLineVisible: false, priceFormat: { type: "volume" } });
    const faint = sb.css("--text-3");
    return {
      ...holes(),
      y: { type: "line", pane: 0, options: line(sb.css("--leg-y"), about.yDigits) },
      x: { type: "line", pane: 0, options: line(sb.css("--leg-x"), about.xDigits, "left") },
      spread: { type: "line", pane: 1, options: line(sb.css("--spread"), about.spreadDigits) },
      upper: { type: "line", pane: 1, options: dash(faint) },
      lower: { type: "line", pane: 1, options: dash(faint) },
      z: { type: "line", pane: 2, options: line(sb.css("--z"), 2), priceLines: levels(cost) },
      y_volume: { type: "histogram", pane: 3, options: bars(sb.css("--leg-y-soft"), "y volume"), priceScaleOptions: { scaleMargins: { top: 0.05, bottom: 0.52 } } },
      x_volume: { type: "histogram", pane: 3, options: bars(sb.css("--leg-x-soft"), "x volume"), priceScaleOptions: { scaleMargins: { top: 0.52, bottom: 0 } } },
      y_flow: { type: "histogram", pane: 3, options: bars(faint, "y volume") },
      x_flow: { type: "histogram", pane: 3, options: bars(faint, "x volume") },
    };
  }

  function levels(cost) {
    const entry = Number(document.getElementById("shell").dataset.entry);
    const at = (price, color, title) => ({ price, color: sb.css(color), lineWidth: 1, lineStyle: 2, title, axisLabelVisible: title !== "" });
    const even = (cost ? [cost, -cost] : []).map((price) => ({ ...at(price, "--text-3", ""), lineStyle: 1 }));
    return [at(entry, "--down", "short entry"), at(0, "--text-3", ""), at(-entry, "--up", "long entry"), ...even];
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
      timeScale: { ...border, tickMarkFormatter: tick, shiftVisibleRangeOnNewBar: following, secondsVisible: !about || about.step < 60000 },
    };
  }

  // A day where one begins, else the time of the day: both in the zone that is shown, whose days begin elsewhere.
  function tick(time, kind) {
    const stamp = sb.format.stamp(1000 * time);
    const [day, clock] = [stamp.slice(5, 10), stamp.slice(11, kind === SECONDS ? 19 : 16)];
    if (kind === SECONDS || (kind > DAY && !/^00:00/.test(clock))) return clock;
    return /^00:00/.test(clock) ? day : day + " " + clock;
  }

  function watermark() {
    if (!sb.simulated()) return null;
    return { pane: 0, horzAlign: "center", vertAlign: "center", lines: [{ text: "SIMULATED", color: sb.css("--watermark"), fontSize: 56 }] };
  }

  function labels(about, cost) {
    const text = (id, ...parts) => document.getElementById(id).replaceChildren(...parts.map(([name, tone]) => {
      const part = document.createElement("span");
      part.textContent = name;
      part.className = tone;
      return part;
    }));
    text("pane-prices", [about.y + " (right)", "leg-y"], [about.x + " (left)", "leg-x"]);
    text("pane-spread", ["Spread" + (about.scale === "log" ? " of logs" : ""), "spread"], ["±2σ", "note"]);
    const even = cost ? "┄ break-even ±" + sb.format.number(cost, 2) + ": a round trip at " + about.paid + " bps a trade" : "";
    text("pane-z", ["z-score [σ]", "z"], [even, "note"]);
    text("pane-volume", [about.y, "leg-y"], [about.x, "leg-x"], ["volume of closed bars", "note"], ["▪ net bought", "up"], ["▪ net sold", "down"]);
  }

  const named = { sbTime: (time) => sb.format.day(time * 1000) };
  for (let digits = 0; digits <= 8; digits += 1) named["sbPrice" + digits] = (value) => sb.format.number(value, digits);
  window.dashTvlwcFunctions = Object.assign(window.dashTvlwcFunctions || {}, named);

  sb.style = { PANES, series, options, watermark, labels };
})();

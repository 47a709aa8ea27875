// The pair's chart to take away: its bars in sight as a table, and its picture with title and labels.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const HEAD = 56;
  const WAIT_MS = 5000;
  let asked = 0;
  let answer = null;

  // Closed bars and the open one, from left to right as far as the chart shows them; no row where there is no bar.
  function table() {
    const { about, range } = sb.chart.shown();
    if (!about || !range) return null;
    const fields = {
      y: about.y, x: about.x, spread: "spread", sigma: "sigma", z: "z [σ]",
      y_volume: about.y + " volume", x_volume: about.x + " volume", y_flow: about.y + " net flow", x_flow: about.x + " net flow",
    };
    const times = sb.bars.times().slice(Math.max(0, Math.ceil(range.from)), Math.max(0, Math.floor(range.to) + 1));
    const held = times.filter((time) => sb.bars.value(time, "y") !== undefined);
    const row = (time) => [new Date(1000 * time).toISOString(), ...Object.keys(fields).map((id) => sb.bars.value(time, id)), sb.bars.mark(time)];
    return [["time", ...Object.values(fields), "flags"], ...held.map(row)];
  }

  // The component takes the picture when its counter moves, and hands it to `shot`.
  function taken() {
    return new Promise((done) => {
      answer = done;
      asked += 1;
      window.dash_clientside.set_props("pair-chart", { screenshotRequest: asked });
      setTimeout(() => done(null), WAIT_MS);
    });
  }

  function write(pen, text, x, y, size, colour, weight = 450) {
    pen.font = `${weight} ${size}px ${sb.css("--sans")}`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y);
    return pen.measureText(text).width;
  }

  // Labels that lie over the chart, each word in its own colour.
  function labels(pen, box) {
    for (const label of document.querySelectorAll("#pair-chart-box .pane-label")) {
      let { left, top } = label.getBoundingClientRect();
      for (const word of label.children) left += 12 + write(pen, word.textContent, left - box.left + 4, HEAD + top - box.top + 12, 11, getComputedStyle(word).color);
    }
  }

  async function picture() {
    const address = await taken();
    if (!address) return null;
    const image = Object.assign(new Image(), { src: address });
    await image.decode();
    const box = document.getElementById("pair-chart-box").getBoundingClientRect();
    const scale = image.width / box.width;
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height + HEAD * scale });
    const pen = canvas.getContext("2d");
    pen.fillStyle = sb.css("--panel");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, HEAD * scale);
    pen.scale(scale, scale);
    const says = (id) => document.getElementById(id).textContent;
    write(pen, says("pair-chart-panel-title"), 14, 24, 15, sb.css("--text"), 600);
    const notes = [sb.simulated() && "SIMULATED", says("pair-chart-note"), sb.format.day(Date.now())];
    write(pen, notes.filter(Boolean).join(" · "), 14, 44, 11, sb.css(sb.simulated() ? "--sim" : "--text-2"));
    labels(pen, box);
    return canvas.toDataURL("image/png");
  }

  sb.chartSaved = { table, picture };

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    shot(address) {
      if (address && answer) answer(address);
    },
  });
})();

// The pair's chart: closed bars are appended once and stay; only the open bar moves. Zoom and pan are the user's.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PARTIAL = 1;
  const LONGEST_GAP = 300;
  const RIGHT_BARS = 6;
  const TOUCH_MS = 1500;
  // A bar closes a moment after the first trade of the next: until then both are drawn as open.
  const OPEN_BARS = 2;
  let about = null;
  let data = {};
  let times = [];
  let open = [];
  let following = true;
  let range = null;
  let nonce = 0;
  let touched = -TOUCH_MS;
  let held = false;

  const set = (props) => window.dash_clientside.set_props("pair-chart", props);
  const clear = "rgba(0,0,0,0)";

  // One bar's points by series; what is unknown is a point without a value.
  function points(time, row, after) {
    const point = (value, more) => (value === null || value === undefined ? { time } : { time, value, ...more });
    // A line would run straight across missing bars: its piece over the gap is drawn in no colour.
    const look = after ? { color: clear } : row.flags & PARTIAL ? { color: sb.css("--warn") } : {};
    const banded = row.sigma !== null && row.sigma !== undefined;
    return {
      y: point(row.y, look),
      x: point(row.x, look),
      spread: point(row.spread, look),
      z: point(row.z, look),
      upper: point(banded ? 2 * row.sigma : null, after ? { color: clear } : {}),
      lower: point(banded ? -2 * row.sigma : null, after ? { color: clear } : {}),
      y_volume: point(row.y_volume),
      x_volume: point(row.x_volume),
    };
  }

  function rows(bars) {
    const names = Object.keys(bars).filter((name) => name !== "open_ms");
    return bars.open_ms.map((open, place) => [open / 1000, Object.fromEntries(names.map((name) => [name, bars[name][place]]))]);
  }

  // Adds a bar behind the last one, and empty slots for the bars that are missing between; the points that were added.
  function append(time, row) {
    const last = times[times.length - 1];
    const step = about.step / 1000;
    const added = [];
    const missing = last === undefined ? 0 : Math.round((time - last) / step) - 1;
    for (let place = Math.max(1, missing - LONGEST_GAP); place <= missing; place += 1) {
      times.push(last + place * step);
      added.push({ id: "y", bar: { time: last + place * step } });
    }
    times.push(time);
    for (const [id, bar] of Object.entries(points(time, row, missing > 0))) added.push({ id, bar });
    return added;
  }

  // Keeps what was drawn, so that a change of theme can draw it again. A bar that closes after the first trade of
  // the next one is older than the newest point: the chart must be told so.
  function record(added) {
    for (const tick of added) {
      const drawn = data[tick.id];
      let place = drawn.length;
      while (place > 0 && drawn[place - 1].time > tick.bar.time) place -= 1;
      if (place < drawn.length) tick.historicalUpdate = true;
      if (place > 0 && drawn[place - 1].time === tick.bar.time) drawn[place - 1] = tick.bar;
      else drawn.splice(place, 0, tick.bar);
    }
    return added;
  }

  function afterGap(time) {
    const before = data.y.findLast((bar) => bar.time < time);
    return before !== undefined && before.value === undefined;
  }

  function restart(bars) {
    const before = times;
    data = Object.fromEntries(Object.keys(sb.style.series(about)).map((id) => [id, []]));
    times = [];
    open = [];
    for (const [time, row] of rows(bars)) record(append(time, row));
    return before;
  }

  function marks() {
    return data.y.filter((bar) => bar.color === sb.css("--warn")).slice(-200).map((bar) => ({
      time: bar.time, position: "belowBar", shape: "square", size: 0.5, color: sb.css("--warn"), text: "",
    }));
  }

  function series() {
    return Object.entries(sb.style.series(about)).map(([id, style]) => ({ id, data: data[id], ...style, ...(id === "y" ? { markers: marks() } : {}) }));
  }

  // What the user looks at stays where it is when the bars before it move in number.
  function keepView(before, same) {
    if (!same || !range || !before.length) {
      set({ timeScaleAction: { action: "resetTimeScale", nonce: (nonce += 1) } });
      turn(true);
      return;
    }
    const shared = before.indexOf(times[0]) >= 0 ? -before.indexOf(times[0]) : times.indexOf(before[0]);
    if (following) toNewest();
    else if (shared) set({ visibleLogicalRange: { from: range.from + shared, to: range.to + shared } });
  }

  const blank = (time) => Object.keys(data).filter((id) => !id.endsWith("volume")).map((id) => ({ id, bar: { time } }));

  // The open bar: last trades against the fit of the closed bars, in grey until it closes.
  function live(now) {
    if (now.time === null || now.time === undefined || now.y === null || now.x === null) return [];
    const time = Math.floor(now.time / about.step) * (about.step / 1000);
    const last = times[times.length - 1];
    if (last === undefined || time < last || (time === last && open.at(-1) !== time)) return [];
    const row = { y: now.y, x: now.x, spread: now.spread, z: now.z, sigma: now.sigma, flags: 0 };
    const color = sb.css("--text-3");
    const grey = ({ id, bar }) => ({ id, bar: bar.value === undefined || bar.color ? bar : { ...bar, color } });
    const added = open.at(-1) === time ? Object.entries(points(time, row, afterGap(time))).map(([id, bar]) => ({ id, bar })) : append(time, row);
    if (open.at(-1) !== time) open.push(time);
    const ended = open.length > OPEN_BARS ? blank(open.shift()) : [];
    return record(ended.concat(added.filter(({ id }) => !id.endsWith("volume")).map(grey)));
  }

  // A closed bar takes the place of the open one, which has the same time; null when there is no such place.
  function close(bars) {
    const added = [];
    for (const [time, row] of rows(bars)) {
      const last = times[times.length - 1];
      if (last === undefined || time > last) {
        added.push(...append(time, row));
        continue;
      }
      if (times.lastIndexOf(time) < 0) return null;
      open = open.filter((other) => other !== time);
      added.push(...Object.entries(points(time, row, afterGap(time))).map(([id, bar]) => ({ id, bar })));
    }
    // What was open before the newest closed bar and did not close with it never became a bar.
    const newest = bars.open_ms.at(-1) / 1000;
    const never = open.filter((time) => time < newest);
    open = open.filter((time) => time > newest);
    return record(added.concat(...never.map(blank)));
  }

  sb.chart = {
    apply(message, settings, now) {
      if (!document.getElementById("pair-chart")) return;
      if (message.snap) {
        const same = about && ["y", "x", "tf"].every((name) => about[name] === settings[name]);
        about = settings;
        const before = restart(message.bars);
        live(now);
        set({ series: series(), paneOptions: sb.style.PANES, chartOptions: sb.style.options(about, following), watermark: sb.style.watermark() });
        sb.style.labels(about);
        keepView(before, same && document.getElementById("pair-page").dataset.drawn === "1");
        document.getElementById("pair-page").dataset.drawn = "1";
        return;
      }
      const closed = message.bars ? close(message.bars) : [];
      if (closed === null) return void sb.resync();
      const ticks = closed.concat(live(now));
      if (ticks.length) set({ tick: ticks });
    },
    restyle() {
      if (!about || !document.getElementById("pair-chart")) return;
      set({ series: series(), chartOptions: sb.style.options(about, following), watermark: sb.style.watermark() });
    },
    ranged(seen) {
      if (!seen || !times.length) return;
      range = seen;
      const back = times.length - 1 - seen.to;
      if (back > 1 && (held || performance.now() - touched < TOUCH_MS)) turn(false);
      document.getElementById("go-live").hidden = back <= 1;
    },
    follow() {
      if (following) turn(false);
      else this.goLive();
    },
    goLive() {
      touched = -TOUCH_MS;
      turn(true);
      toNewest();
    },
    pointed(point) {
      sb.text("pair-readout", point && point.time ? readout(point) : "");
    },
  };

  function toNewest() {
    set({ timeScaleAction: { action: "scrollToPosition", position: RIGHT_BARS, animated: false, nonce: (nonce += 1) } });
  }

  function turn(on) {
    if (following === on) return;
    following = on;
    document.getElementById("follow").setAttribute("aria-pressed", String(on));
    set({ chartOptions: sb.style.options(about, following) });
  }

  function readout(point) {
    const value = (id) => (point.seriesData[id] || {}).value;
    const flag = (point.seriesData.y || {}).color === sb.css("--warn") ? " · partial" : open.includes(point.time) ? " · open bar" : "";
    const parts = [
      about.y + " " + sb.format.number(value("y"), about.yDigits),
      about.x + " " + sb.format.number(value("x"), about.xDigits),
      "spread " + sb.format.signed(value("spread"), about.spreadDigits),
      "z " + sb.format.signed(value("z"), 2),
      "volume " + sb.format.compact(value("y_volume")) + " / " + sb.format.compact(value("x_volume")),
    ];
    return [sb.format.day(point.time * 1000), ...parts].join("  ") + flag;
  }

  // Only the user's own hand on the chart ends following, never a range that changed by itself.
  const onChart = (event) => event.target.closest && event.target.closest("#pair-chart-box");
  document.addEventListener("wheel", (event) => onChart(event) && (touched = performance.now()), { passive: true });
  document.addEventListener("pointerdown", (event) => (held = Boolean(onChart(event))));
  document.addEventListener("pointerup", () => {
    if (held) touched = performance.now();
    held = false;
  });
})();

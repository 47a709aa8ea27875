// The pair's chart: closed bars are appended once and stay; only the open bar moves. Zoom and pan are the user's.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const RIGHT_BARS = 6;
  const TOUCH_MS = 1500;
  const NEAR = 2;
  let about = null;
  let cost = null;
  let drawn = {};
  let marked = 0;
  let following = true;
  let range = null;
  let nonce = 0;
  let touched = -TOUCH_MS;
  let held = false;

  const set = (props) => window.dash_clientside.set_props("pair-chart", props);

  // The entry levels stay in sight when z is on one side of zero, and so does a break-even near them.
  function levels(own) {
    const line = Number(document.getElementById("shell").dataset.entry);
    const entry = cost && cost <= NEAR * line ? Math.max(cost, line) : line;
    const found = own();
    const { minValue, maxValue } = (found && found.priceRange) || { minValue: 0, maxValue: 0 };
    return { ...found, priceRange: { minValue: Math.min(minValue, -entry), maxValue: Math.max(maxValue, entry) } };
  }

  // With the same arrays as before the chart leaves its points alone, and takes only markers and styles.
  function series() {
    const styles = Object.entries(sb.style.series(about, cost));
    const markers = Object.fromEntries(styles.map(([id, { options }]) => [id, sb.bars.markers(id, options.color)]));
    marked = sb.bars.shape();
    return styles.map(([id, style]) => {
      const line = style.type === "line" ? { crosshairMarkerBackgroundColor: style.options.color } : {};
      const scale = id === "z" ? { autoscaleInfoProvider: levels } : {};
      return { id, data: drawn[id], ...style, options: { ...style.options, ...line, ...scale }, markers: markers[id] };
    });
  }

  function redrawn() {
    drawn = sb.bars.all();
    return { series: series() };
  }

  // What the user looks at stays where it is when the bars before it move in number.
  function keepView(before, same) {
    const times = sb.bars.times();
    if (!same || !range || !before.length) {
      set({ timeScaleAction: { action: "resetTimeScale", nonce: (nonce += 1) } });
      turn(true);
      return;
    }
    const shared = before.indexOf(times[0]) >= 0 ? -before.indexOf(times[0]) : times.indexOf(before[0]);
    if (following) toNewest();
    else if (shared) set({ visibleLogicalRange: { from: range.from + shared, to: range.to + shared } });
  }

  // What a round trip costs changes with the bars.
  function price(now) {
    if (cost === now.cost) return false;
    cost = now.cost;
    sb.style.labels(about, cost);
    return true;
  }

  function advance(priced) {
    const before = sb.bars.times();
    const trimmed = sb.bars.trim();
    const ticks = trimmed ? null : sb.bars.ticks();
    if (!ticks) set(redrawn());
    else if (ticks.length) set({ tick: ticks, ...(priced || sb.bars.shape() !== marked ? { series: series() } : {}) });
    if (trimmed) keepView(before, true);
  }

  sb.chart = {
    apply(message, settings, now) {
      if (!document.getElementById("pair-chart")) return;
      if (message.snap) {
        const same = about && ["y", "x", "tf"].every((name) => about[name] === settings[name]);
        about = settings;
        const before = sb.bars.times();
        sb.bars.start(about.step, message.bars);
        sb.bars.live(now);
        cost = now.cost;
        set({ ...redrawn(), paneOptions: sb.style.PANES, chartOptions: sb.style.options(about, following), watermark: sb.style.watermark() });
        sb.style.labels(about, cost);
        keepView(before, same && document.getElementById("pair-page").dataset.drawn === "1");
        document.getElementById("pair-page").dataset.drawn = "1";
        return;
      }
      if (message.bars && !sb.bars.close(message.bars)) return void sb.resync();
      sb.bars.live(now);
      advance(price(now));
    },
    restyle() {
      if (!about || !document.getElementById("pair-chart")) return;
      set({ ...redrawn(), chartOptions: sb.style.options(about, following), watermark: sb.style.watermark() });
    },
    ranged(seen) {
      if (!seen || !sb.bars.count()) return;
      range = seen;
      const back = sb.bars.count() - 1 - seen.to;
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
    // What the chart is of, and the places in sight.
    shown: () => ({ about, range }),
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
    const mark = sb.bars.mark(point.time);
    const flow = (leg) => (100 * sb.bars.value(point.time, leg + "_flow")) / value(leg + "_volume");
    const volume = (leg) => sb.format.compact(value(leg + "_volume")) + " (net " + sb.format.signed(flow(leg), 0) + " %)";
    const parts = [
      about.y + " " + sb.format.number(value("y"), about.yDigits),
      about.x + " " + sb.format.number(value("x"), about.xDigits),
      "spread " + sb.format.signed(value("spread"), about.spreadDigits),
      "z " + sb.format.signed(value("z"), 2),
      "volume " + volume("y") + " / " + volume("x"),
    ];
    return [sb.format.day(point.time * 1000), ...parts].join("  ") + (mark && " · " + mark);
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

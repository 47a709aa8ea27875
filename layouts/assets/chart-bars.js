// The bars that the chart holds, by time, and the points, colours and markers that they become.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PARTIAL = 1;
  const LONGEST_GAP = 300;
  // A bar closes a moment after the first trade of the next: until then both are drawn as open.
  const OPEN_BARS = 2;
  // As many as a snapshot has; a quarter more before the oldest go, so that the chart is seldom drawn anew.
  const MOST_BARS = 1500;
  const MOST_HELD = 1.25 * MOST_BARS;
  const BANDS = ["upper", "lower"];
  const LINES = ["y", "x", "spread", "z", ...BANDS];
  const FLOWS = ["y_flow", "x_flow"];
  const SERIES = [...LINES, "y_volume", "x_volume", ...FLOWS];
  // One a pane, behind everything else: a band where the bar is missing or partial.
  const HOLES = ["hole0", "hole1", "hole2", "hole3"];
  const CLEAR = "rgba(0,0,0,0)";
  let step = 1;
  let times = [];
  let bars = new Map();
  let open = [];
  let drawnTo = 0;
  let shape = 0;
  let tones = {};
  // Rows as the chart still shows them, by the times that have changed since.
  let changed = new Map();

  const known = (row, id) => row !== undefined && row[id] !== null && row[id] !== undefined;
  const has = (id, place) => known(bars.get(times[place]), id);

  function row(values) {
    const banded = values.sigma !== null && values.sigma !== undefined;
    return { ...values, upper: banded ? 2 * values.sigma : null, lower: banded ? -2 * values.sigma : null };
  }

  function rows(columns) {
    const names = Object.keys(columns).filter((name) => name !== "open_ms");
    return columns.open_ms.map((ms, place) => [ms / 1000, row(Object.fromEntries(names.map((name) => [name, columns[name][place]])))]);
  }

  // The library paints a point's colour on the piece of line that starts there: so it comes from the bar after it,
  // and is clear where that bar is missing, or the line would run straight across.
  function color(id, place) {
    const next = times[place + 1];
    if (next === undefined) return null;
    if (!has(id, place + 1)) return CLEAR;
    if (BANDS.includes(id)) return null;
    if (open.includes(next)) return sb.css("--text-3");
    return bars.get(next).flags & PARTIAL ? sb.css("--warn") : null;
  }

  function point(id, place) {
    const time = times[place];
    if (!has(id, place)) return { time };
    const value = bars.get(time)[id];
    if (FLOWS.includes(id)) return { time, value: Math.abs(value), color: value < 0 ? tones.down : tones.up };
    const paint = LINES.includes(id) && color(id, place);
    return paint ? { time, value, color: paint } : { time, value };
  }

  const hole = (row) => (row === undefined ? "missing" : row.flags & PARTIAL ? "partial" : "");

  // Every slot has a point, if only of no height: the library takes late points only where there was one.
  function band(time) {
    const kind = hole(bars.get(time));
    return { time, value: kind ? 1 : 0, color: kind ? tones[kind] : CLEAR };
  }

  // Colours of the theme are #rrggbb: two digits more are how dense they are.
  function paint() {
    const warn = sb.css("--warn");
    tones = { up: sb.css("--up"), down: sb.css("--down"), partial: warn + "40", missing: sb.css("--text-3") + "18" };
  }

  function touch(time) {
    if (!changed.has(time)) changed.set(time, bars.get(time));
  }

  function kind(time) {
    const held = bars.get(time);
    return held ? [open.includes(time), held.flags, ...LINES.map((id) => known(held, id))].join() : "";
  }

  function change(time, values, isOpen) {
    const before = kind(time);
    touch(time);
    if (values) bars.set(time, values);
    else bars.delete(time);
    open = open.filter((other) => other !== time);
    if (isOpen) open.push(time);
    if (kind(time) === before) return;
    shape += 1;
    const place = times.lastIndexOf(time);
    if (place > 0) touch(times[place - 1]);
  }

  // A slot behind the last one, and empty slots for the bars that are missing between.
  function extend(time) {
    const last = times.at(-1);
    if (last !== undefined) touch(last);
    const missing = last === undefined ? 0 : Math.round((time - last) / step) - 1;
    for (let place = Math.max(1, missing - LONGEST_GAP); place <= missing; place += 1) {
      times.push(last + place * step);
      touch(times.at(-1));
    }
    times.push(time);
  }

  // False when there is no slot for this bar.
  function put(time, values, isOpen) {
    if (!times.length || time > times.at(-1)) extend(time);
    else if (times.lastIndexOf(time) < 0) return false;
    change(time, values, isOpen);
    return true;
  }

  // Does the chart, as it is drawn now, have a point of this line behind this place?
  function drawnBehind(id, place, was) {
    return times.slice(place + 1).some((time) => known(was.has(time) ? was.get(time) : bars.get(time), id));
  }

  function dots(id, paint) {
    const alone = (place) => has(id, place) && !has(id, place - 1) && !has(id, place + 1);
    const tone = (time) => (open.includes(time) ? sb.css("--text-3") : paint);
    return times.filter((_, place) => alone(place)).map((time) => ({ time, position: "inBar", shape: "circle", size: 0.3, color: tone(time), text: "" }));
  }

  sb.bars = {
    start(stepMs, columns) {
      step = stepMs / 1000;
      times = [];
      bars = new Map();
      open = [];
      for (const [time, values] of rows(columns)) put(time, values, false);
    },
    // The open bar: last trades against the fit of the closed bars.
    live(now) {
      if (now.time === null || now.time === undefined || now.y === null || now.x === null) return;
      const time = Math.floor(now.time / (1000 * step)) * step;
      const last = times.at(-1);
      if (last === undefined || time < last || (time === last && open.at(-1) !== time)) return;
      put(time, row({ y: now.y, x: now.x, spread: now.spread, z: now.z, sigma: now.sigma, flags: 0 }), true);
      if (open.length > OPEN_BARS) change(open[0], null, false);
    },
    // A closed bar takes the place of the open one, which has the same time; false when there is no such place.
    close(columns) {
      for (const [time, values] of rows(columns)) if (!put(time, values, false)) return false;
      // What was open before the newest closed bar and did not close with it never became a bar.
      const newest = columns.open_ms.at(-1) / 1000;
      for (const time of open.filter((other) => other < newest)) change(time, null, false);
      return true;
    },
    trim() {
      if (bars.size <= MOST_HELD) return false;
      let kept = 0;
      const first = times.findLastIndex((time) => bars.has(time) && (kept += 1) === MOST_BARS);
      for (const time of times.splice(0, first)) bars.delete(time);
      return true;
    },
    // Everything, by series.
    all() {
      changed = new Map();
      drawnTo = times.at(-1) ?? 0;
      paint();
      const bands = times.map(band);
      const drawn = HOLES.map((id) => [id, bands]);
      return Object.fromEntries(drawn.concat(SERIES.map((id) => [id, times.map((_, place) => point(id, place))])));
    },
    // What has changed since; null when it takes a new drawing: the library puts a point into a line's past only
    // where there was one, and overwrites or removes the one behind it otherwise.
    ticks() {
      const was = changed;
      const ticks = [];
      for (const time of [...was.keys()].sort((one, other) => one - other)) {
        const place = times.lastIndexOf(time);
        const late = time < drawnTo ? { historicalUpdate: true } : {};
        if (time > drawnTo || hole(was.get(time)) !== hole(bars.get(time))) ticks.push(...HOLES.map((id) => ({ id, bar: band(time), ...late })));
        for (const id of SERIES) {
          const bar = point(id, place);
          const fresh = time <= drawnTo && !known(was.get(time), id);
          if (fresh && bar.value !== undefined && drawnBehind(id, place, was)) return null;
          if (!fresh || bar.value !== undefined) ticks.push({ id, bar, ...late });
        }
      }
      changed = new Map();
      drawnTo = times.at(-1) ?? 0;
      return ticks;
    },
    // A bar without neighbours makes no line: it gets a dot.
    markers: (id, tone) => (LINES.includes(id) ? dots(id, tone) : []),
    times: () => times.slice(),
    count: () => times.length,
    // Another number when bars were added, closed or removed, so that markers may have changed.
    shape: () => shape,
    mark: (time) => (open.includes(time) ? "open bar" : { missing: "no bar of both legs", partial: "partial: misses trades", "": "" }[hole(bars.get(time))]),
    value: (time, id) => bars.get(time)?.[id],
  };
})();

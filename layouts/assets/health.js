// The health page: stages, latencies, symbols and roles, from one answer every two seconds.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const LOST_MS = 8000;
  const WAYS = 10;
  const LEVELS = { wait: "Asking", ok: "All in order", bad: "Not in order", down: "No answer" };
  const { number, signed, compact, span, clock, stamp, UNKNOWN } = sb.format;
  let held = null;
  let asked = 0;
  let answered = 0;
  let began = 0;
  let waiting = [];
  let shown = 0;
  let ways = [];

  const page = () => document.getElementById("stage-page");
  const known = (value) => value !== null && value !== undefined;
  const time = (ms) => (!known(ms) ? UNKNOWN : Math.abs(ms) < 10 ? number(ms, 1) + " ms" : Math.abs(ms) < 1000 ? number(ms, 0) + " ms" : number(ms / 1000, 2) + " s");
  const count = (value, one, many) => (known(value) ? number(value, 0) + " " + (value === 1 ? one : many || one + "s") : UNKNOWN);
  const bytes = (value) => (known(value) ? number(value / 1048576, value < 104857600 ? 1 : 0) + " MB" : UNKNOWN);

  function put(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function stage(id, told, value, lag, more) {
    const element = document.getElementById("stage-" + id);
    element.dataset.level = told.level;
    put(element.querySelector(".level"), told.word);
    put(element.querySelector(".value"), value);
    put(element.querySelector(".lag"), lag);
    put(element.querySelector(".more"), more);
  }

  const after = (ms, what) => (known(ms) ? time(ms) + " after " + what : UNKNOWN);
  const rate = (value) => (known(value) ? number(value, value < 100 ? 1 : 0) : UNKNOWN);

  function stages() {
    const { exchange, ingest, ticks, resample, bars } = held.stages;
    stage("exchange", exchange, span(exchange.value), exchange.venue || UNKNOWN, known(exchange.offset) ? "clock " + signed(exchange.offset, 0) + " ms from ours" : "clock not asked yet");
    stage("ingest", ingest, rate(ingest.value), after(ingest.lag, "the trade"), count(ingest.reconnects, "reconnect") + " · " + number(ingest.refused, 0) + " refused");
    stage("ticks", ticks, rate(ticks.value), after(ticks.lag, "receipt"), count(ticks.held, "trade") + " held");
    stage("resample", resample, rate(resample.value), known(resample.lag) ? (resample.lag < 1000 ? number(resample.lag, 0) + " ms" : span(resample.lag)) + " behind" : UNKNOWN, number(resample.late, 0) + " late · " + number(resample.revised, 0) + " bars revised");
    stage("bars", bars, rate(bars.value), after(bars.lag, "their end"), known(bars.ended) ? "newest 1m ended " + clock(bars.ended) : "no 1m bar yet");
  }

  // The way to the server and back, without the server's work in between; the shortest of the last ones tells how
  // far the exchange's clock is ahead of the browser's.
  function way(message) {
    const round = Math.max(0, Date.now() - message.sent - message.work);
    ways.push({ round, ahead: message.exchange + round / 2 - Date.now() });
    ways = ways.slice(-WAYS);
    return round;
  }

  const ahead = () => ways.reduce((best, each) => (each.round < best.round ? each : best)).ahead;

  function quantile(sorted, share) {
    const place = (sorted.length - 1) * share;
    const low = Math.floor(place);
    return sorted[low] + (place - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  }

  function summed(edges) {
    const taken = sb.painted();
    if (!taken.length || !ways.length) return { n: 0, p50: null, p95: null, bins: [] };
    const sorted = taken.map(([, raw]) => raw + ahead()).sort((one, other) => one - other);
    const bins = new Array(edges.length + 1).fill(0);
    for (const ms of sorted) bins[edges.filter((edge) => edge <= ms).length] += 1;
    return { n: sorted.length, over_ms: Date.now() - taken[0][0], p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), bins };
  }

  function edgeText(edges, place) {
    if (place === 0) return "below " + time(edges[0]);
    return place === edges.length ? time(edges.at(-1)) + " or more" : time(edges[place - 1]) + " to " + time(edges[place]);
  }

  function bars(box, told, edges) {
    const most = Math.max(...told.bins);
    const rows = told.bins.map((taken, place) => [place ? edges[place - 1] : null, place < edges.length ? edges[place] : null, taken]);
    box.told = told.n ? [["from [ms]", "below [ms]", "samples"], ...rows] : null;
    while (box.children.length > told.bins.length) box.lastChild.remove();
    told.bins.forEach((taken, place) => {
      const bar = box.children[place] || box.appendChild(document.createElement("i"));
      bar.style.height = taken ? Math.max(3, (100 * taken) / most) + "%" : "0";
      bar.title = count(taken, "sample") + " " + edgeText(edges, place);
    });
  }

  function latency(id, told, edges, none) {
    const panel = document.getElementById("latency-" + id);
    const box = panel.querySelector(".bins");
    put(panel.querySelector(".p50"), time(told.p50));
    put(panel.querySelector(".p95"), time(told.p95));
    put(panel.querySelector(".count"), told.n ? "n " + number(told.n, 0) + ", last " + span(told.over_ms) : "");
    box.dataset.empty = told.n ? "" : none;
    box.setAttribute("aria-label", told.n ? "Histogram: median " + time(told.p50) + ", 95th percentile " + time(told.p95) : none);
    bars(box, told, edges);
  }

  function latencies() {
    const { edges, kinds } = held.latency;
    latency("arrive", kinds.arrive, edges, "waits for the next trade");
    latency("store", kinds.store, edges, "waits for the next trade");
    latency("bar", kinds.bar, edges, "waits for the next bar to close");
    const own = summed(edges);
    latency("painted", own, edges, "measured while a pair page is open in this browser: none in the last 5 min");
    return own;
  }

  function api() {
    try {
      return window.dash_ag_grid.getApi("health-symbols");
    } catch (error) {
      return null; // the grid is not there yet
    }
  }

  function symbols(rows) {
    const wrong = rows.filter((row) => row.dim).length;
    sb.text("health-symbols-note", rows.length + " watched · " + (wrong ? wrong + " not current" : "all current"));
    draw(rows);
  }

  function draw(rows) {
    waiting = rows;
    const grid = api();
    if (grid && !grid.isDestroyed()) grid.setGridOption("rowData", rows);
    else setTimeout(() => page() && rows === waiting && draw(rows), 100);
  }

  function cells(role) {
    const since = known(role.since) ? stamp(role.since).slice(0, 19) : UNKNOWN;
    const beat = known(role.beat) ? span(role.beat) + " ago" : UNKNOWN;
    return [role.role, role.word || UNKNOWN, role.pid || UNKNOWN, since, number(role.restarts, 0), role.exit || UNKNOWN, beat, bytes(role.memory)].map(String);
  }

  function roles() {
    const body = document.getElementById("health-roles");
    while (body.rows.length > held.roles.length) body.deleteRow(-1);
    held.roles.forEach((role, place) => {
      const row = body.rows[place] || body.insertRow();
      row.dataset.level = role.level;
      cells(role).forEach((text, at) => {
        const cell = row.cells[at] || row.appendChild(document.createElement(at ? "td" : "th"));
        if (!at) cell.scope = "row";
        if (at === 3) cell.title = known(role.since) ? new Date(role.since).toISOString() : "";
        cell.className = at === 1 ? "level" : at ? "num" : "";
        put(cell, text);
      });
    });
  }

  function facts() {
    const { memory } = held;
    const limit = memory.limit ? " of " + bytes(memory.limit) : ", no limit set";
    sb.text("fact-store", bytes(memory.store) + limit + ", peak " + bytes(memory.peak));
    sb.text("fact-web", bytes(memory.web));
    sb.text("fact-held", number(memory.held, 0) + " in " + count(memory.streams, "stream"));
    sb.text("fact-ping", number(memory.ping, 2) + " ms");
    sb.text("fact-commands", number(memory.commands, 0) + " /s");
    sb.text("fact-clients", number(memory.clients, 0));
    sb.text("fact-late", known(held.late) ? number(held.late, 0) + " on all symbols; their bars were cut again" : UNKNOWN);
  }

  // Nobody tells any more how things are: no word may stay green over old numbers.
  function blind(lost) {
    for (const element of document.querySelectorAll(".stage, #health-roles tr")) {
      const own = lost ? element === page() : element.id === "stage-ticks";
      element.dataset.level = own ? "bad" : lost || element !== page() ? "wait" : "ok";
      put(element.querySelector(".level"), own ? (lost ? "NO ANSWER" : "DOWN") : element.dataset.level === "ok" ? "OK" : "UNKNOWN");
    }
    symbols(((held && held.symbols) || []).map((row) => ({ ...row, state: "UNKNOWN", dim: true })));
  }

  // What is on the screen keeps saying how old it is, also when no answer comes any more.
  function verdict() {
    if (!page() || !began || (sb.freeze.on() && held)) return;
    const quiet = performance.now() - Math.max(answered || began, shown);
    const lost = quiet > LOST_MS;
    const wrong = held ? held.troubles : [];
    const blindness = lost ? "lost" : held && held.store ? "store" : "";
    if (blindness && page().dataset.blindness !== blindness) blind(lost);
    page().dataset.blindness = blindness;
    const level = lost ? "down" : !held ? "wait" : wrong.length ? "bad" : "ok";
    document.getElementById("health-verdict").dataset.level = level;
    document.getElementById("quiet-page").classList.toggle("lost", blindness !== "");
    sb.text("health-word", LEVELS[level]);
    sb.text("health-reasons", lost ? "the server has said nothing for " + span(quiet) : wrong.join(" · "));
    const age = held && known(held.at) ? held.now - held.at + performance.now() - answered : null;
    sb.text("health-as-of", known(age) ? "as of " + clock(held.at) + ", " + span(age) + " ago" : "");
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    // One question at a time; one that was lost on the way is forgotten.
    askHealth() {
      const open = asked > answered && performance.now() - asked < LOST_MS;
      if (document.hidden || open || (sb.freeze.on() && held)) return window.dash_clientside.no_update;
      asked = performance.now();
      began = began || asked;
      return Date.now();
    },
    health(message) {
      if (!message || !page() || (sb.freeze.on() && held)) return;
      held = message;
      answered = performance.now();
      const round = way(message);
      if (!held.store) {
        stages();
        const own = latencies();
        stage("page", { level: "ok", word: "OK" }, time(round), own.n ? time(own.p50) + " trade to painted" : "open a pair to time painting", bytes(held.memory.web) + " web process");
        symbols(held.symbols);
        roles();
        facts();
      }
      verdict();
    },
  });

  const text = (value) => window.React.createElement("span", {}, value);
  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    sb_count: ({ value }) => text(number(value, 0)),
    sb_lasted: ({ value }) => text(span(value)),
    sb_filled: ({ data, value }) => text((data.unsure && known(value) ? "≥ " : "") + number(value, 0)),
  });

  for (const again of ["visibilitychange", "sb:freeze"]) document.addEventListener(again, () => (shown = performance.now()));
  document.addEventListener("sb:zone", () => page() && held && roles());
  setInterval(verdict, 500);
})();

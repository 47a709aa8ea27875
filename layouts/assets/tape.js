// The tape of trades: asked for once a second while it is in sight; it stands still when the user wants to read it.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const KEPT = 200;
  const ASK_MS = 1000;
  const LOST_MS = 5000;
  let held = { of: "", trades: [], digits: [0, 0] };
  let waiting = 0;
  let asked = 0;
  let pending = false;
  let over = false;
  let stopped = false;
  let drawn = null;

  const byId = (id) => document.getElementById(id);
  const shown = () => byId("data-panel") && byId("data-panel").dataset.view === "tape" && !document.hidden;
  const paused = () => over || stopped;

  function ask() {
    if (!shown() || (sb.freeze.on() && drawn === byId("tape-body"))) return;
    if (drawn !== byId("tape-body")) enter();
    const since = performance.now() - asked;
    if (since < ASK_MS || (pending && since < LOST_MS)) return;
    asked = performance.now();
    pending = true;
    const newest = held.trades[0];
    window.dash_clientside.set_props("tape-ask", { data: { of: held.of, after: newest ? newest.id : null, at: Date.now() } });
  }

  // The page was left and opened anew: nothing of it is on the screen, and its button is not pressed.
  function enter() {
    drawn = byId("tape-body");
    held = { of: "", trades: [], digits: [0, 0] };
    over = stopped = pending = false;
    waiting = 0;
    state();
  }

  function take(message) {
    pending = false;
    // An answer to what was asked for another symbol comes too late.
    if (!drawn || !shown() || (sb.freeze.on() && held.of === message.of && !message.snap) || (!message.snap && message.of !== held.of)) return;
    if (message.snap) {
      held = { of: message.of, trades: [], digits: [0, 0] };
      waiting = 0;
    }
    const fresh = (message.id || []).map((id, at) => ({ id, time: message.time[at], price: message.price[at], size: message.size[at], sell: message.sell[at] === 1 }));
    held.trades = [...fresh.reverse(), ...held.trades].slice(0, KEPT);
    if (message.digits) held.digits = held.digits.map((digits, at) => Math.max(digits, message.digits[at]));
    const live = ["LIVE", "QUIET"].includes(message.state) && !message.reason;
    byId("tape-view").classList.toggle("dim", !live);
    sb.text("data-empty", held.trades.length ? "" : message.reason || "No trade yet.");
    held.words = message.reason || (live ? "" : message.state.replace("_", " "));
    if (paused() && !message.snap) waiting += fresh.length;
    else if (fresh.length || message.snap) draw();
    state();
  }

  function cell(className, text, title) {
    const element = document.createElement("td");
    element.className = className;
    element.textContent = text;
    if (title) element.title = title;
    return element;
  }

  function line(trade) {
    const row = document.createElement("tr");
    const { number } = sb.format;
    const [price, size] = held.digits;
    const iso = new Date(trade.time).toISOString();
    row.append(
      cell("num", sb.format.stamp(trade.time).slice(11), iso),
      cell("num", number(trade.price, price)),
      cell("num", number(trade.size, size)),
      cell("num", number(trade.price * trade.size, 2)),
      cell(trade.sell ? "down" : "up", trade.sell ? "▼ sell" : "▲ buy"),
      cell("num id", String(trade.id)),
    );
    return row;
  }

  // Trade ids count up by one: where some are missing, the tape says so.
  function gap(missing) {
    const row = document.createElement("tr");
    const text = cell("gap", "⋯ " + sb.format.number(missing, 0) + (missing === 1 ? " trade is" : " trades are") + " missing here");
    text.colSpan = 6;
    row.append(text);
    return row;
  }

  function draw() {
    waiting = 0;
    const lines = [];
    held.trades.forEach((trade, at) => {
      lines.push(line(trade));
      const older = held.trades[at + 1];
      if (older && trade.id - older.id > 1) lines.push(gap(trade.id - older.id - 1));
    });
    drawn.replaceChildren(...lines);
  }

  function state() {
    const word = byId("tape-word");
    word.dataset.level = paused() ? "paused" : held.words ? "stale" : "live";
    sb.text("tape-word", paused() ? "PAUSED" : held.words || (held.trades.length ? "RUNNING" : ""));
    sb.text("tape-count", paused() ? (waiting ? sb.format.number(waiting, 0) + " newer" : over && !stopped ? "pointer over the tape" : "") : "");
    byId("tape-pause").setAttribute("aria-pressed", String(stopped));
  }

  function go(change) {
    const before = paused();
    change();
    if (before && !paused() && waiting) draw();
    state();
  }

  const hover = (on) => (event) => {
    if (event.pointerType === "mouse" && event.target.id === "tape-body" && drawn && over !== on) go(() => (over = on));
  };
  document.addEventListener("pointerenter", hover(true), true);
  document.addEventListener("pointerleave", hover(false), true);
  document.addEventListener("click", function (event) {
    if (event.target.closest("#tape-pause")) go(() => (stopped = !stopped));
  });

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    tapeTrades(message) {
      if (message) take(message);
    },
  });

  document.addEventListener("sb:zone", () => shown() && drawn && draw());
  setInterval(ask, 200);
})();

// The pair page's cards and states: numbers are written at once, the chart follows in the next frame.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const WORDS = { live: "", warming: "Warming up", stale: "Stale", partial: "Partial", uploaded: "Uploaded", down: "Down", untestable: "Not testable" };
  const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  let now = {};
  let about = null;
  let ages = { ms: [null, null], at: 0 };
  let queue = [];

  const page = () => document.getElementById("pair-page");
  const entry = () => Number(document.getElementById("shell").dataset.entry);

  function tone(id, name) {
    const element = document.getElementById(id);
    element.classList.toggle("up", name === "up");
    element.classList.toggle("down", name === "down");
  }

  // The server's word, made from the unrounded z; it gives none when the pair is stale or broken.
  function side() {
    const mark = now.state === "partial" ? " · partial" : "";
    if (now.z === null) return ["–", ""];
    if (now.signal === "short") return ["▼ short entry ≥ " + sb.format.signed(entry(), 2) + mark, "down"];
    if (now.signal === "long") return ["▲ long entry ≤ " + sb.format.signed(-entry(), 2) + mark, "up"];
    return [now.signal === "inside" ? "inside ±" + sb.format.number(entry(), 2) + mark : "no signal", ""];
  }

  function leg(name, digits) {
    const change = now[name + "Change"];
    const minutes = now[name + "Span"];
    sb.text("card-" + name + "-title", about[name]);
    sb.text("card-" + name, sb.format.number(now[name], digits));
    sb.text("card-" + name + "-below", change === null ? "–" : sb.format.change(change) + " % " + (minutes >= 1439 ? "24 h" : sb.format.span(minutes * 60000)));
    tone("card-" + name + "-below", change > 0 ? "up" : change < 0 ? "down" : "");
  }

  function halfLife() {
    const time = (bars) => sb.format.span(bars * about.step);
    sb.text("card-half", now.half === null ? "–" : time(now.half));
    const low = now.halfLow === null ? "0" : time(now.halfLow);
    const interval = now.half === null ? "no reversion found" : low + " to " + (now.halfHigh === null ? "∞" : time(now.halfHigh));
    sb.text("card-half-below", now.hedge === null ? "–" : interval);
    sb.text("card-half-note", now.half !== null && !now.sure ? "unreliable" : "");
  }

  // Not every estimator knows its standard error, or an R².
  function certainty() {
    const { number, ratio } = sb.format;
    const parts = [now.hedgeSe === null ? "" : "± " + ratio(now.hedgeSe, 2), now.r2 === null ? "" : "R² " + number(now.r2, 3)];
    return parts.filter(Boolean).join("  ") || "–";
  }

  function cards() {
    const { signed, ratio } = sb.format;
    leg("y", about.yDigits);
    leg("x", about.xDigits);
    sb.text("card-hedge", ratio(now.hedge));
    sb.text("card-hedge-note", about.label);
    sb.text("card-hedge-below", certainty());
    sb.text("card-spread", signed(now.spread, now.spreadDigits));
    sb.text("card-spread-below", now.sigma === null ? "–" : "σ " + ratio(now.sigma, 4) + (about.centred ? " · μ 0" : ""));
    const [words, direction] = side();
    sb.text("card-z", signed(now.z, 2));
    sb.text("card-z-below", words);
    sb.text("card-z-note", now.cost === null ? "" : "cost " + sb.format.number(now.cost, 2) + " σ");
    tone("card-z", direction);
    tone("card-z-below", direction);
    sb.text("card-corr", signed(now.corr, 3));
    sb.text("card-corr-below", now.corr === null ? "–" : "returns, " + about.window + " bars");
    halfLife();
    basis();
    for (const card of document.querySelectorAll(".kpi.loading")) card.classList.remove("loading");
  }

  // The two largest units: 17 h 20 min, 2 min 5 s
  function stretch(ms) {
    let left = Math.round(ms / 1000);
    const parts = UNITS.map(([name, seconds]) => {
      const count = Math.floor(left / seconds);
      left -= count * seconds;
      return count && count + " " + name;
    });
    const first = parts.findIndex(Boolean);
    return first < 0 ? "0 s" : parts.slice(first, first + 2).filter(Boolean).join(" ");
  }

  // What z rests on: a window of bars can stretch over holes of hours.
  function basis() {
    const { number, day } = sb.format;
    const bars = number(now.ready, 0) + (now.ready === 1 ? " bar" : " bars");
    const times = number(now.span / (now.ready * about.step), 1) + " times their length";
    const breaks = now.gaps === 1 ? "1 break of " : now.gaps + " breaks, longest ";
    document.getElementById("pair-basis").classList.toggle("sparse", now.sparse);
    sb.text("pair-basis-span", now.ready ? bars + " over " + stretch(now.span) + (now.sparse ? " (▲ " + times + ")" : "") + " to " + day(now.asOf) : "no bar of both legs yet");
    sb.text("pair-basis-breaks", !now.ready ? "" : now.gaps ? breaks + stretch(now.longest) : "no breaks");
    sb.text("pair-basis-partial", now.partial ? "▲ " + now.partial + " of " + now.ready + " partial" : "");
  }

  function state() {
    const warming = now.state === "warming";
    page().dataset.state = now.state;
    page().dataset.tradeMs = now.time;
    document.getElementById("pair-state").hidden = now.state === "live";
    document.getElementById("pair-progress").hidden = !warming;
    const left = (about.window - now.ready) * about.step;
    const words = warming && !sb.uploaded() ? now.ready + " of " + about.window + " bars; spread and z appear when the window is full, in about " + sb.format.span(left) : now.reason;
    sb.text("pair-state-word", WORDS[now.state]);
    sb.text("pair-state-text", words);
    document.getElementById("pair-progress-bar").style.width = (100 * now.ready) / about.window + "%";
    tests();
  }

  // What cannot be tested yet says what it waits for; the buttons follow the first test that can be made.
  function tests() {
    const waiting = [...document.querySelectorAll("#pair-evidence-box [data-need]")];
    for (const cell of waiting) {
      const need = Number(cell.dataset.need);
      const short = about.window < need ? "needs " + need + " shared bars, the window has " + about.window : "needs " + need + " shared bars, has " + now.ready;
      const words = now.ready >= need ? "not tested yet" : short;
      if (cell.textContent !== words) cell.textContent = words;
    }
    const least = Number(document.getElementById("pair-evidence-box").dataset.least);
    const can = now.ready >= least;
    document.getElementById("pair-test-box").dataset.empty = can
      ? "Engle-Granger and more on the window, when you ask for it"
      : about.window < least ? "needs " + least + " shared bars, the window has " + about.window : "needs " + least + " shared bars, has " + now.ready;
    for (const id of ["pair-test", "pair-test-again"]) {
      if (document.getElementById(id).disabled === can) window.dash_clientside.set_props(id, { disabled: !can });
    }
    sb.text("pair-outdated", outdated());
  }

  // Results stay in sight until there are new ones, but never pass for what is true now.
  function outdated() {
    const held = document.querySelector("#pair-evidence-box [data-key]");
    const other = held && held.dataset.key !== about.key;
    document.getElementById("pair-evidence").classList.toggle("foreign", Boolean(other));
    if (!held) return "";
    if (other) return "Outdated: made for " + held.dataset.key;
    const bars = Math.round((now.asOf - Number(held.dataset.asOf)) / about.step);
    return bars > 0 ? "Outdated: " + bars + (bars === 1 ? " bar has" : " bars have") + " closed since" : "";
  }

  function titles() {
    sb.text("pair-chart-panel-title", about.y + " / " + about.x);
    sb.text("pair-chart-note", about.tf + " bars · " + about.fit + (about.scale === "log" ? " · log prices" : ""));
    document.title = about.y + "/" + about.x + " · Spreadboard";
  }

  function draw() {
    const waiting = queue;
    queue = [];
    for (const message of waiting) sb.chart.apply(message, about, now);
  }

  sb.pair = {
    apply(message) {
      if (message.snap) {
        about = message.snap;
        now = {};
        titles();
      }
      Object.assign(now, message.n);
      ages = { ms: message.a.slice(1), at: performance.now() };
      cards();
      state();
      if (message.snap) queue = [];
      if (!queue.length) requestAnimationFrame(draw);
      queue.push(message);
    },
    tick() {
      if (!about) return;
      ["y", "x"].forEach((name, place) => {
        const age = ages.ms[place];
        sb.text("card-" + name + "-note", age === null ? "" : sb.format.span(age + performance.now() - ages.at));
      });
    },
  };
})();

// Header, keys and help: the feed's badge ticks on the browser's own clock, so that it cannot freeze in green.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const QUIET_MS = 3000; // unless the feed says that its trades are rarer
  const STALE_MS = 10000;
  const SAID_MS = 2500;
  const feed = {};
  let aged = { ms: null, at: 0 };
  let pendingG = 0;
  let saying = 0;

  const byId = (id) => document.getElementById(id);
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  sb.text = function (id, text) {
    const element = byId(id);
    if (element && element.textContent !== text) element.textContent = text;
  };

  sb.css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  sb.simulated = () => feed.sim === true;

  sb.shell = {
    feed(fields, age) {
      aged = { ms: age, at: performance.now() };
      if (!fields) return;
      const before = feed.sim;
      Object.assign(feed, fields);
      if (feed.sim !== before) restyle();
      if (fields.offer) set("feed-switch", { disabled: false, children: "Live feed is back: switch" });
      tick();
    },
    help() {
      keySheet(byId("help-keys"));
      byId("help").showModal();
    },
    // A few words that pass by themselves.
    say(words) {
      sb.text("said", words);
      clearTimeout(saying);
      saying = setTimeout(() => sb.text("said", ""), SAID_MS);
    },
    // As a link would: Dash's own location does not know of an address that was replaced.
    go(address) {
      history.pushState({}, "", address);
      window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    },
  };

  function badge() {
    const age = aged.ms === null ? null : aged.ms + performance.now() - aged.at;
    if (sb.silent()) return ["down", "DOWN", "no answer from server"];
    if (feed.state === undefined) return ["wait", "CONNECTING", ""];
    if (feed.store === false) return ["down", "DOWN", "no answer from the store"];
    if (feed.state === "DOWN") return ["down", "DOWN", feed.reason || "no feed"];
    if (feed.state === "STARTING") return ["wait", "STARTING", feed.reason || ""];
    const word = feed.source === "replay" ? "REPLAY" : feed.sim ? "SIMULATED" : "LIVE";
    if (age === null) return ["wait", word, "no trade yet"];
    const text = "last trade " + sb.format.span(age) + " ago";
    const quiet = feed.quiet || QUIET_MS;
    if (age > Math.max(STALE_MS, 3 * quiet)) return ["down", word + " · STALE", text];
    if (age > quiet) return ["stale", word + " · STALE", text];
    return [word === "LIVE" ? "live" : "sim", word, sb.format.span(age)];
  }

  function tick() {
    const element = byId("badge");
    if (!element) return;
    const [level, word, text] = badge();
    element.dataset.level = level;
    element.title = [word, text, feed.reason].filter(Boolean).join(" · ");
    sb.text("badge-word", word);
    sb.text("badge-age", text);
    sb.text("latency", feed.latency === null || feed.latency === undefined ? "–" : feed.latency + " ms");
    sb.text("utc", sb.format.clock(Date.now()));
    document.body.classList.toggle("line-down", level === "down");
    document.body.classList.toggle("simulated", feed.sim === true);
    byId("ribbon").hidden = !feed.sim;
    byId("feed-switch").hidden = !feed.offer;
    for (const link of document.querySelectorAll(".rail-link")) {
      const here = new URL(link.href).pathname === location.pathname;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (!sb.freeze.on()) for (const name of ["board", "pair"]) if (byId(name + "-page") && sb[name].tick) sb[name].tick();
  }

  function restyle() {
    sb.chart.restyle();
    sb.figures.restyle();
  }

  // Past header and rail, without a mark in the address: that is for panels.
  function skip(event) {
    event.preventDefault();
    byId("main").focus();
  }

  // Made here: every component of Dash's own costs the browser time at each tick of the clock.
  function keySheet(list) {
    const made = (name, ...parts) => {
      const element = document.createElement(name);
      element.append(...parts);
      return element;
    };
    const rows = Object.entries(JSON.parse(list.dataset.keys));
    list.replaceChildren(...rows.flatMap(([keys, text]) => [made("dt", ...keys.split(" ").map((key) => made("kbd", key))), made("dd", text)]));
  }

  const press = (id) => byId(id) && byId(id).click();
  // The page's own control, whichever page it is.
  const own = (name) => document.querySelector('#main [id$="-' + name + '"]');
  const frame = (name) => own("tf") && set(own("tf").id, { value: name });
  const keys = {
    1: () => frame("1s"),
    2: () => frame("1m"),
    3: () => frame("5m"),
    s: () => own("swap") && own("swap").click(),
    j: () => byId("pair-page") && sb.order.step(1),
    k: () => byId("pair-page") && sb.order.step(-1),
    f: () => sb.freeze.turn(),
    l: () => press("follow"),
    t: () => sb.settings.turn("theme"),
    "?": () => sb.shell.help(),
  };

  document.addEventListener("keydown", function (event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      return sb.palette.open();
    }
    const typing = event.target.closest("input:not([type=radio]), textarea, .ag-popup, .dash-dropdown-content");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const link = event.timeStamp - pendingG < 1000 && document.querySelector('.rail-link [data-key="' + CSS.escape(event.key) + '"]');
    if (link) {
      pendingG = 0;
      link.closest("a").click();
    } else if (event.key === "g") {
      pendingG = event.timeStamp;
    } else if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });

  document.addEventListener("click", function (event) {
    const hit = (id) => event.target.closest("#" + id);
    if (hit("help-open")) sb.shell.help();
    if (hit("palette-open")) sb.palette.open();
    if (hit("skip")) skip(event);
    if (hit("help-close") || event.target.id === "help") byId("help").close();
    if (hit("follow")) sb.chart.follow();
    if (hit("go-live")) sb.chart.goLive();
  });

  setInterval(tick, 250);
})();

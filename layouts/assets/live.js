// Live messages: two drivers, polling (dcc.Interval) and a stream, and one idempotent apply behind both.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PAGES = ["board", "pair", "quiet"];
  const SILENT_MS = 3500;
  const QUIET_MS = 1000; // Pages that wait for bars need no more than the header's heartbeat.
  // A browser opens six connections to a host at most (HTTP/1.1), over all its windows: two stay free for the rest.
  const STREAMS = 4;
  let heard = performance.now();
  let source = null;
  let sourceKey = "";
  let polling = false;
  let leave = null;
  let asking = false;
  let revived = 0;
  let paced = 0;
  let spec = "";
  let applied = ""; // the settings that the pair on the screen was made for

  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const root = (page) => document.getElementById(page + "-page");
  const shown = () => PAGES.find(root);

  // Puts a message on the screen. A delta counts only on top of the snapshot that it belongs to, so that late,
  // repeated and foreign messages do no harm; the cursor goes back with the next request.
  sb.apply = function (page, message) {
    const element = root(page);
    if (!element || document.hidden) return;
    if (sb.freeze.on() && element.dataset.epoch && !renewed(page, message)) return still(page, message);
    const epoch = message.c.slice(0, message.c.indexOf("."));
    if (!message.snap && element.dataset.epoch !== epoch) return;
    element.dataset.epoch = epoch;
    element.dataset.cursor = message.c;
    heard = performance.now();
    if (page === "pair" && message.snap) applied = spec;
    sb.shell.feed(message.f, message.a[0]);
    sb.freeze.answered();
    sb[page].apply(message);
    // A stream keeps its own place; only a poll has to hand the cursor back.
    if (!source) set(page + "-cursor", { data: message.c });
  };

  // A frozen page takes only what its user asks for: another pair, other settings.
  const renewed = (page, message) => page === "pair" && message.snap && applied !== spec;

  // Of what comes while a page is frozen, only the feed's state counts; the rest comes whole when it is released.
  function still(page, message) {
    heard = performance.now();
    sb.shell.feed(message.f, message.a[0]);
    if (!source) set(page + "-cursor", { data: message.c });
  }

  // Pages that wait for bars: their callbacks start from the end of the newest one.
  sb.quiet = {
    apply(message) {
      if (message.closed !== undefined) set("quiet-closed", { data: message.closed });
    },
  };

  // Forget what is held: the next answer is a snapshot.
  sb.resync = function () {
    const page = shown();
    if (!page) return;
    delete root(page).dataset.epoch;
    root(page).dataset.cursor = "";
    set(page + "-cursor", { data: "" });
    closeStream();
  };

  sb.silent = () => !document.hidden && performance.now() - heard > SILENT_MS;

  function closeStream() {
    if (source) source.close();
    source = null;
    sourceKey = "";
  }

  function poll(on) {
    polling = on;
    if (on && shown()) set(shown() + "-cursor", { data: root(shown()).dataset.cursor || "" });
    set("clock", { max_intervals: on ? -1 : 0 });
  }

  function refused() {
    source = null;
    giveUp();
    poll(true);
  }

  // A stream's place among all windows of this browser; the browser itself frees it when the window goes away.
  // Without one, or where there are no locks (plain HTTP from another machine), the page polls.
  async function claim() {
    if (asking) return;
    asking = true;
    for (let place = 0; navigator.locks && place < STREAMS && !leave; place += 1) {
      await new Promise((known) => {
        const hold = (lock) => {
          const held = lock && new Promise((done) => (leave = done));
          known();
          return held;
        };
        navigator.locks.request("spreadboard-stream-" + place, { ifAvailable: true }, hold).catch(known);
      });
    }
    asking = false;
    if (document.hidden) giveUp();
    else if (!leave) poll(true);
  }

  function giveUp() {
    if (leave) leave();
    leave = null;
  }

  function end() {
    closeStream();
    giveUp();
  }

  function openStream(page) {
    const cursor = root(page).dataset.cursor || "";
    const text = page === "quiet" ? root(page).dataset.timeframe : spec;
    const opened = new EventSource("/stream?" + new URLSearchParams({ page, spec: text, c: cursor }));
    opened.onmessage = (event) => opened === source && sb.apply(page, JSON.parse(event.data));
    // The browser tries again by itself unless the server refused: then the page polls.
    opened.onerror = () => opened === source && opened.readyState === EventSource.CLOSED && refused();
    source = opened;
  }

  // A request that was lost on the way leaves its clock stopped: start it again until there is an answer. A stream
  // may be dead without an error: opened again.
  function revive() {
    if (!sb.silent() || performance.now() - revived < SILENT_MS) return;
    revived = performance.now();
    if (source) closeStream();
    else set("clock", { disabled: false });
  }

  function pace(shell) {
    const wanted = shown() === "quiet" ? Math.max(QUIET_MS, shell.dataset.interval) : Number(shell.dataset.interval);
    if (wanted === paced) return;
    paced = wanted;
    set("clock", { interval: wanted });
  }

  function drive() {
    const shell = document.getElementById("shell");
    if (shell) {
      revive();
      pace(shell);
    }
    if (!shell || shell.dataset.push !== "sse" || document.hidden || polling) return;
    const page = shown();
    const own = { pair: () => spec && "pair?" + spec, quiet: () => location.pathname + root(page).dataset.timeframe };
    const key = own[page] ? own[page]() : page || "";
    if (key === sourceKey) return;
    closeStream();
    if (!key) return;
    if (!leave) return void claim();
    sourceKey = key;
    openStream(page);
  }

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) {
      end();
      set("clock", { max_intervals: 0 });
      return;
    }
    heard = performance.now();
    if (!sb.freeze.on()) sb.resync();
    // There may be a place for a stream by now.
    polling = false;
    if (document.getElementById("shell").dataset.push !== "sse") poll(true);
  });
  // Leaving the page for another site must give the stream's place back at once.
  window.addEventListener("pagehide", end);

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    receive(message) {
      const input = window.dash_clientside.callback_context.inputs_list[0];
      if (message) sb.apply(input.id.replace("-message", ""), message);
    },
    // The settings that the server accepted: into the address bar, without a new entry in the history.
    spec(text) {
      if (!text) return;
      spec = text;
      sb.views.of(text);
      // The answer may come when its user has already gone to another page.
      if (location.pathname === "/pair") history.replaceState(history.state, "", "/pair?" + text);
    },
    // Another time frame on a page that waits for bars: its stream is opened anew.
    timeframe(name) {
      if (name) root("quiet").dataset.timeframe = name;
      return name;
    },
    range(range) {
      sb.chart.ranged(range);
    },
    crosshair(point) {
      sb.chart.pointed(point);
    },
  });

  // A link or the back button to the page that is shown already: only its settings change.
  function readdress() {
    if (location.pathname !== "/pair" || !root("pair")) return;
    const asked = location.search.slice(1);
    if (asked !== spec) set("pair-address", { data: Object.fromEntries(new URLSearchParams(asked)) });
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));

  setInterval(drive, 200);
})();

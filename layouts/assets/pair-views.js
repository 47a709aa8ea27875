// The pair page's further views: each figure in sight is asked for, one after the other, when settings or bars change.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const REST_MS = 5000; // Bars of a second are waited for five at a time.
  const LOST_MS = 20000;
  let spec = "";
  let seen = new Set();
  let made = new Map(); // by id: the settings and the bar a figure was made for, and when
  let waiting = null;

  const page = () => document.getElementById("pair-page");
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  // The last part of the page's cursor is the open time of the newest closed bar.
  const bar = () => ((page() && page().dataset.cursor) || "").split(".").pop();

  const inSight = new IntersectionObserver(function (entries) {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    ask();
  }, { rootMargin: "200px" });

  function watch() {
    for (const figure of document.querySelectorAll("#pair-views .figure")) inSight.observe(figure);
  }

  const stale = (id) => {
    const held = made.get(id);
    return !held || held.spec !== spec || (held.bar !== bar() && Date.now() - held.at > REST_MS);
  };

  function ask() {
    if (!spec || !bar() || document.hidden) return;
    if (waiting && Date.now() - waiting.at < LOST_MS) return;
    const id = [...document.querySelectorAll("#pair-views .figure")].map((each) => each.id).find((each) => seen.has(each) && stale(each));
    waiting = id ? { id, spec, bar: bar(), at: Date.now() } : null;
    if (waiting) set("pair-views-asked", { data: waiting });
  }

  // What was made for other settings stays in sight until there is something new, but does not pass for it.
  function age() {
    for (const figure of document.querySelectorAll("#pair-views .figure")) {
      const held = made.get(figure.id);
      figure.closest(".panel").classList.toggle("foreign", Boolean(held) && held.spec !== spec);
    }
  }

  sb.views = {
    // The settings that the pair page shows now.
    of(text) {
      if (!document.querySelector("#pair-views [data-watched]")) fresh();
      spec = text;
      age();
      ask();
    },
  };

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    viewMade(answer) {
      if (!answer || !document.getElementById(answer.asked.id)) return;
      const { id } = answer.asked;
      waiting = null;
      if (answer.asked.spec === spec) {
        made.set(id, { ...answer.asked, at: Date.now() });
        set(id + "-data", { data: answer.figure });
        set(id + "-note", { children: answer.note });
        age();
      }
      ask();
    },
  });

  // The page was opened anew: nothing is drawn yet.
  function fresh() {
    made = new Map();
    seen = new Set();
    waiting = null;
    const tiles = document.querySelector("#pair-views .views");
    if (tiles) tiles.dataset.watched = "1";
    inSight.disconnect();
    watch();
  }

  new MutationObserver(ask).observe(document.documentElement, { attributeFilter: ["data-cursor"], subtree: true });
})();

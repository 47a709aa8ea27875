// Times in UTC or in the browser's zone. Text from the server says UTC beside its times; that mark lets them be
// written anew here. Inside `.zoned`, where a heading or a neighbour says UTC, bare times are written anew too.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const TIME = "(?:\\d{4}-\\d\\d-\\d\\d )?\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?";
  const MARKED = new RegExp(`(?:\\b(${TIME})( to ))?\\b(${TIME}) UTC(?![+−\\w])`, "g");
  const SINCE = new RegExp(`\\bsince (${TIME})(?! UTC|[\\d:.]| to )`, "g");
  const BARE = new RegExp(`^${TIME}$`);
  const HEADING = /([[(])UTC([\])])/;
  const DAY_MS = 86400000;
  const MINUTE_MS = 60000;
  const told = new WeakMap(); // by text node: what it said, and what stands there instead

  const local = () => sb.looks.get("zone") === "local";

  // A time without a date is of the last 24 hours.
  function moment(text) {
    if (text.includes("-")) return Date.parse(text.replace(" ", "T") + "Z");
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS + Date.parse("1970-01-01T" + text + "Z");
    return today > Date.now() + MINUTE_MS ? today - DAY_MS : today;
  }

  // As long as it was: with its date, seconds and decimals, or without.
  function moved(text) {
    const whole = sb.format.stamp(moment(text));
    const from = text.includes("-") ? 0 : 11;
    return whole.slice(from, from + text.length);
  }

  function written(node) {
    const text = node.data;
    const zoned = node.parentElement && node.parentElement.closest(".zoned");
    if (zoned && BARE.test(text)) return moved(text);
    if (zoned && HEADING.test(text)) return text.replace(HEADING, "$1" + sb.format.zone() + "$2");
    const zone = " " + sb.format.zone();
    const since = text.replace(SINCE, (_, time) => "since " + moved(time) + zone);
    return since.replace(MARKED, (_, first, to, last) => (first ? moved(first) + to : "") + moved(last) + zone);
  }

  function rewrite(node) {
    if (!node.data || !/UTC|since \d|^\d[\d: .-]+$/.test(node.data)) return;
    const held = told.get(node);
    if (held && held.shown === node.data) return;
    const own = node.data;
    const shown = written(node);
    if (shown === own) return;
    told.set(node, { own, shown });
    node.data = shown;
  }

  function* texts(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) yield walker.currentNode;
  }

  const each = (root) => (root.nodeType === Node.TEXT_NODE ? rewrite(root) : [...texts(root)].forEach(rewrite));

  function restore(node) {
    const held = told.get(node);
    if (held && held.shown === node.data) node.data = held.own;
    told.delete(node);
  }

  const watch = new MutationObserver(function (changes) {
    for (const { type, target, addedNodes } of changes) type === "characterData" ? rewrite(target) : addedNodes.forEach(each);
  });

  function own(node) {
    const held = told.get(node);
    return held && held.shown === node.data ? held.own : node.data;
  }

  sb.clock = {
    turn() {
      document.documentElement.style.setProperty("--zone", '"' + sb.format.zone() + '"');
      watch.disconnect();
      [...texts(document.body)].forEach(restore);
      if (local()) {
        each(document.body);
        watch.observe(document.body, { childList: true, characterData: true, subtree: true });
      }
      sb.freeze.retell();
      document.dispatchEvent(new CustomEvent("sb:zone"));
    },
    // What an element says in UTC, whatever zone is shown.
    said: (element) => [...texts(element)].map(own).join(""),
  };

  // A cell that holds a time as text in UTC, under a heading that says so.
  window.dashAgGridComponentFunctions = Object.assign(window.dashAgGridComponentFunctions || {}, {
    sb_moment: ({ value }) => window.React.createElement("span", { title: value && value.replace(" ", "T") + "Z" }, value ? moved(value) : sb.format.UNKNOWN),
  });

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", sb.clock.turn);
  else sb.clock.turn();
})();

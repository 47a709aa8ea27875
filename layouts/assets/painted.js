// How long a trade takes from the exchange to its painting, taken wherever a pair page is open in this browser.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const SPAN_MS = 300000;
  const KEY = "spreadboard.painted";
  const MOST = 3000;
  const KEEP_MS = 2000;
  let painted = [];
  let seen = { page: null, epoch: "", trade: 0 };

  const recent = (samples) => samples.filter(([at]) => Date.now() - at < SPAN_MS).slice(-MOST);

  function shared() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || [];
    } catch (error) {
      return []; // Storage can be forbidden; then this window knows only its own.
    }
  }

  // Into the storage that the windows of this browser share.
  function keep() {
    if (!painted.length) return;
    painted = recent(painted);
    try {
      localStorage.setItem(KEY, JSON.stringify(recent(shared().concat(painted))));
      painted = [];
    } catch (error) {
      // They stay with this window.
    }
  }

  // A trade counts when it is newer than the one before it on the same page and line of messages: what a snapshot
  // brings was not waited for.
  function traded(element) {
    const { epoch, tradeMs } = element.dataset;
    const trade = Number(tradeMs);
    const next = seen.page === element && seen.epoch === epoch && trade > seen.trade;
    seen = { page: element, epoch, trade };
    if (next && !document.hidden) requestAnimationFrame(() => setTimeout(() => painted.push([Date.now(), Date.now() - trade])));
  }

  // Samples of the last minutes, oldest first: when painted, and the browser's clock then less the exchange's trade time.
  sb.painted = () => recent(shared().concat(painted));

  new MutationObserver((changes) => traded(changes.at(-1).target)).observe(document.documentElement, { attributeFilter: ["data-trade-ms"], subtree: true });
  window.addEventListener("pagehide", keep);
  setInterval(keep, KEEP_MS);
})();

// The board held still: no number moves by itself until it is released; the header goes on telling how the feed is.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  let frozen = false;
  let at = 0;

  function tell() {
    document.body.classList.toggle("frozen", frozen);
    const button = document.getElementById("freeze");
    button.setAttribute("aria-pressed", String(frozen));
    document.getElementById("frozen").hidden = !frozen;
    sb.text("frozen-at", frozen ? "FROZEN at " + sb.format.clock(at) : "");
  }

  sb.freeze = {
    on: () => frozen,
    turn() {
      frozen = !frozen;
      at = Date.now();
      tell();
      if (!frozen) sb.resync();
      document.dispatchEvent(new CustomEvent("sb:freeze"));
    },
    // What its user asked for meanwhile is newer than what was held: the ribbon says from when on.
    answered() {
      if (!frozen) return;
      at = Date.now();
      tell();
    },
    retell: () => frozen && tell(),
  };

  document.addEventListener("click", (event) => event.target.closest("#freeze, #thaw") && sb.freeze.turn());
})();

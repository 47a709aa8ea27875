// The correlation page's address bar, and the time on its slider.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PATH = "/correlation";
  let spec = "";

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    // The settings that the server accepted: into the address bar, without a new entry in the history.
    correlation(text) {
      if (!text) return;
      spec = text;
      if (location.pathname === PATH) history.replaceState(history.state, "", PATH + "?" + text);
    },
  });

  window.dccFunctions = Object.assign(window.dccFunctions || {}, {
    sbClock: (ms) => sb.format.day(ms),
  });

  // A link or the back button to the page that is shown already: only its settings change.
  function readdress() {
    if (location.pathname !== PATH || !document.getElementById("correlation-tiles")) return;
    const asked = location.search.slice(1);
    if (asked !== spec) window.dash_clientside.set_props("correlation-address", { data: Object.fromEntries(new URLSearchParams(asked)) });
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));
})();

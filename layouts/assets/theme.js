// Sets the remembered theme before anything is painted; dark when nothing is remembered.
(function () {
  "use strict";
  let theme = null;
  try {
    theme = localStorage.getItem("spreadboard.theme");
  } catch (error) {
    // Storage can be forbidden; the page then starts dark.
  }
  document.documentElement.dataset.bsTheme = theme === "light" ? "light" : "dark";
})();

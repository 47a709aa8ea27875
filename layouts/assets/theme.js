// Sets the remembered looks before anything is painted: theme, palette, density, and the zone of times.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  // Each with its choices; the first holds when nothing is remembered.
  const CHOICES = { theme: ["dark", "light"], palette: ["standard", "safe"], density: ["dense", "comfortable"], zone: ["utc", "local"] };
  const attribute = (name) => (name === "theme" ? "bsTheme" : name);

  function remembered(name) {
    try {
      return localStorage.getItem("spreadboard." + name);
    } catch (error) {
      return null; // Storage can be forbidden.
    }
  }

  sb.looks = {
    CHOICES,
    get: (name) => document.documentElement.dataset[attribute(name)],
    set(name, value) {
      const [usual, other] = CHOICES[name];
      document.documentElement.dataset[attribute(name)] = value === other ? other : usual;
    },
    keep(name, value) {
      sb.looks.set(name, value);
      try {
        localStorage.setItem("spreadboard." + name, value);
      } catch (error) {
        // The choice then lasts until the page is left.
      }
    },
  };

  for (const name of Object.keys(CHOICES)) sb.looks.set(name, remembered(name));
})();

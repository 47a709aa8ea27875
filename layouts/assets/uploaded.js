// The mark of pages that show uploaded bars: the address says which symbols are shown.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const NAMES = ["symbol", "y", "x"];
  const simulated = sb.simulated;

  const shown = () => NAMES.map((name) => new URLSearchParams(location.search).get(name)).filter(Boolean);
  const isUpload = (symbol) => symbol.startsWith("upload:");
  const all = () => shown().length > 0 && shown().every(isUpload);

  sb.uploaded = () => shown().some(isUpload);
  // What a file brought is not simulated, whatever the feed is.
  sb.simulated = () => simulated() && !all();

  setInterval(function () {
    document.body.classList.toggle("uploaded", all());
    document.body.classList.toggle("part-uploaded", sb.uploaded() && !all());
  }, 250);
})();

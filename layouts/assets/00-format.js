// Numbers and times as traders read them: fixed decimals, thousands, true minus, "–" for what is unknown.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const UNKNOWN = "–";
  const formats = new Map();

  function plain(digits) {
    if (!formats.has(digits)) {
      formats.set(digits, new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
    }
    return formats.get(digits);
  }

  function number(value, digits) {
    if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
    const text = plain(digits).format(Math.abs(value));
    return value < 0 && /[1-9]/.test(text) ? "−" + text : text;
  }

  function signed(value, digits) {
    const text = number(value, digits);
    return text === UNKNOWN || text[0] === "−" || !/[1-9]/.test(text) ? text : "+" + text;
  }

  // So many digits that mean something, whatever the size: 0.053142, 18.204, 1,204.5
  function ratio(value, significant = 5) {
    if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
    const size = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
    return number(value, Math.min(10, Math.max(0, significant - 1 - size)));
  }

  function compact(value) {
    if (value === null || value === undefined) return UNKNOWN;
    const units = [[1e9, "B"], [1e6, "M"], [1e3, "k"]];
    const unit = units.find(([size]) => Math.abs(value) >= size);
    return unit ? number(value / unit[0], 2) + " " + unit[1] : number(value, 0);
  }

  function change(value) {
    if (value === null || value === undefined) return UNKNOWN;
    const text = signed(value, 2);
    return (text[0] === "+" ? "▲ " : text[0] === "−" ? "▼ " : "") + text;
  }

  // A length of time in words that keep their width: 0.3 s, 46 s, 12 min, 3.4 h
  function span(ms) {
    if (ms === null || ms === undefined) return UNKNOWN;
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 10) return seconds.toFixed(1) + " s";
    if (seconds < 120) return Math.round(seconds) + " s";
    if (seconds < 7200) return number(seconds / 60, seconds < 600 ? 1 : 0) + " min";
    return number(seconds / 3600, 1) + " h";
  }

  function utc(ms) {
    return new Date(ms).toISOString().slice(11, 19);
  }

  function day(ms) {
    return new Date(ms).toISOString().slice(0, 19).replace("T", " ") + " UTC";
  }

  sb.format = { number, signed, ratio, compact, change, span, utc, day, UNKNOWN };
})();

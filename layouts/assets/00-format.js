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

  // How far the zone that is shown is ahead of UTC now. Charts and tables have one zone, so it is used for all times.
  function shift() {
    return sb.looks.get("zone") === "local" ? -60000 * new Date().getTimezoneOffset() : 0;
  }

  // UTC, UTC+2, UTC−3:30
  function zone() {
    const minutes = Math.abs(shift()) / 60000;
    const rest = minutes % 60 ? ":" + String(minutes % 60).padStart(2, "0") : "";
    return "UTC" + (minutes ? (shift() < 0 ? "−" : "+") + Math.floor(minutes / 60) + rest : "");
  }

  // 2026-01-31 14:05:12.250, in the zone that is shown
  function stamp(ms) {
    return new Date(ms + shift()).toISOString().slice(0, 23).replace("T", " ");
  }

  function clock(ms) {
    return stamp(ms).slice(11, 19) + " " + zone();
  }

  function day(ms) {
    return stamp(ms).slice(0, 19) + " " + zone();
  }

  sb.format = { number, signed, ratio, compact, change, span, shift, zone, stamp, clock, day, UNKNOWN };
})();

// The whole board in the address: what is scanned, and order and filter of each grid; an address brings them back.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const WRITE_MS = 200;
  const TRIES = 40;
  const GRIDS = { pairs: "p", symbols: "s", scanner: "c" };
  let page = null; // the page that `asked` is for
  let asked = null;
  let left = {}; // how often a grid may still be told; 0 when it holds what was asked for
  let listed = ""; // what the scanner's filters amount to
  let written = "";

  const shown = () => document.getElementById("board-page");
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const same = (one, other) => sorted(one) === sorted(other);

  // As text, whatever the order of an object's fields.
  function sorted(value) {
    const fields = (each) => Object.fromEntries(Object.entries(each).sort());
    return JSON.stringify(value, (_, each) => (each && typeof each === "object" && !Array.isArray(each) ? fields(each) : each));
  }

  // The filters that a choice above the scanner stands for.
  function own(choice) {
    const size = Number(document.getElementById("shell").dataset.entry);
    const ends = [["greaterThanOrEqual", size], ["lessThanOrEqual", -size]];
    const conditions = ends.map(([type, filter]) => ({ filterType: "number", type, filter }));
    if (choice === "passed") return { q: { filterType: "number", type: "lessThan", filter: sb.scanner.PASSED } };
    return choice === "beyond" ? { z: { filterType: "number", operator: "OR", conditions } } : {};
  }

  const choice = (filter) => ["passed", "beyond"].find((each) => Object.entries(own(each)).every(([name, model]) => filter[name] && same(filter[name], model))) || "all";

  function without(filter, names) {
    return Object.fromEntries(Object.entries(filter).filter(([name]) => !names.includes(name)));
  }

  // Null while the grid is being made: it loses what it is told.
  function state(grid) {
    const api = sb.board.api(GRIDS[grid]);
    const columns = api && !api.isDestroyed() ? api.getColumnState() : [];
    if (!columns.length) return null;
    const sort = columns.filter((each) => each.sort).sort((one, other) => one.sortIndex - other.sortIndex);
    return { sort: sort.map((each) => [each.colId, each.sort]), filter: api.getFilterModel() };
  }

  function wanted(grid) {
    const { sort, filter } = asked.grids[grid];
    return { sort, filter: grid === "scanner" ? { ...own(asked.show), ...filter } : filter };
  }

  // Told again until it holds it, and then left to its user.
  function restore(grid) {
    const held = state(grid);
    const due = wanted(grid);
    if (!held) return;
    left[grid] = same(held, due) ? 0 : left[grid] - 1;
    if (!left[grid]) return;
    const api = sb.board.api(GRIDS[grid]);
    api.applyColumnState({ state: due.sort.map(([colId, sort], sortIndex) => ({ colId, sort, sortIndex })), defaultState: { sort: null } });
    api.setFilterModel(due.filter);
  }

  const open = () => Object.keys(GRIDS).filter((grid) => left[grid]);

  function text(spec) {
    const all = new URLSearchParams(spec);
    for (const grid of Object.keys(GRIDS)) {
      let { sort, filter } = state(grid) || wanted(grid);
      if (grid === "scanner") {
        const show = choice(filter);
        if (show !== "all") all.set("show", show);
        filter = without(filter, Object.keys(own(show)));
      }
      if (!same(sort, asked.grids[grid].first)) all.set(grid + "_sort", sort.map((each) => each.join(":")).join(",") || "none");
      if (Object.keys(filter).length) all.set(grid + "_filter", JSON.stringify(filter));
    }
    return all.toString();
  }

  function write() {
    if (!asked || !shown() || page !== shown() || location.pathname !== "/") return;
    for (const grid of open()) restore(grid);
    const reset = document.getElementById("board-reset");
    if (reset && !open().length) {
      follow();
      written = text(sb.scanner.spec());
      reset.hidden = !written;
      if (location.search.slice(1) !== written) history.replaceState(history.state, "", written ? "/?" + written : "/");
    }
  }

  // The choice above the scanner tells of its filters, however they were set.
  function follow() {
    const { filter } = state("scanner") || { filter: {} };
    const now = choice(filter);
    if (now === listed) return;
    listed = now;
    set("board-show", { value: now });
  }

  function list(chosen) {
    const held = state("scanner");
    if (!chosen || !held || open().length || choice(held.filter) === chosen) return;
    listed = chosen;
    sb.board.api("c").setFilterModel({ ...without(held.filter, Object.keys(own(choice(held.filter)))), ...own(chosen) });
  }

  sb.address = {
    // The board as it is, with other settings of the scan.
    open: (spec) => set("board-address", { data: Object.fromEntries(new URLSearchParams(text(spec))) }),
  };

  document.addEventListener("click", (event) => event.target.closest("#board-reset") && set("board-address", { data: {} }));

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    boardGrids(message) {
      if (!message) return;
      asked = message;
      page = shown();
      listed = message.show;
      left = Object.fromEntries(Object.keys(GRIDS).map((grid) => [grid, TRIES]));
    },
    boardShow: list,
  });

  // A link or the back button to the board that is shown already: only its settings change.
  function readdress() {
    if (location.pathname !== "/" || !asked || page !== shown()) return;
    const given = location.search.slice(1);
    if (given !== written) set("board-address", { data: Object.fromEntries(new URLSearchParams(given)) });
  }
  window.addEventListener("popstate", () => setTimeout(readdress, 50));
  window.addEventListener("_dashprivate_pushstate", () => setTimeout(readdress, 50));

  setInterval(write, WRITE_MS);
})();

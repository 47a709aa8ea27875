// The workspace page: which layout is shown, adding, changing and removing widgets, and the settings that they share.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const UNDO_MS = 12000;
  const SAID_MS = 4000;
  const CONTROLS = ["y", "x", "tf", "window", "scale", "method"];
  const SIZES = { "card-pair": [3, 8], "card-symbol": [3, 5], "card-watch": [6, 7], "card-notes": [4, 6] };
  const FIGURE = [6, 8];
  let shown = {};
  let names = [];
  let address = {};
  let opened = false;
  let timers = {};

  const byId = (id) => document.getElementById(id);
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const linked = () => location.hash.startsWith("#layout=");
  const book = () => sb.workspaceBook;
  const layout = () => book().current();
  const view = () => sb.workspaceView;
  const { element } = sb.workspaceView;

  function said(text) {
    sb.text("workspace-said", text);
    clearTimeout(timers.said);
    timers.said = setTimeout(() => sb.text("workspace-said", ""), SAID_MS);
  }

  const problem = (text) => sb.text("workspace-problem", text);

  // After every change: kept, drawn, and said in the address whether it is a layout that the server keeps.
  function changed() {
    hide();
    book().keep();
    tabs();
    locate();
  }

  function locate() {
    if (location.pathname !== "/workspace" || !opened) return;
    const query = book().isStored(layout()) ? "?" + new URLSearchParams({ name: layout().name }) : "";
    if (location.search !== query || linked()) history.replaceState(history.state, "", "/workspace" + query + (linked() ? "" : location.hash));
    document.title = layout().name + " · Spreadboard";
  }

  function repaint() {
    changed();
    controls();
    view().paint();
    const full = layout().widgets.length >= view().about().limits.widgets;
    byId("workspace-add").disabled = full;
    byId("workspace-add").title = full ? "A workspace holds " + view().about().limits.widgets + " widgets: remove one first" : "Choose from all widgets (a)";
  }

  function tabs() {
    const buttons = book().all().map((each, at) => {
      const tab = element("button", "workspace-tab", each.name, { type: "button" });
      if (at === book().place()) tab.setAttribute("aria-current", "true");
      const stored = book().isStored(each);
      tab.title = stored ? "Kept on the server as it is" : "Kept in this browser";
      tab.addEventListener("click", () => go(at));
      return tab;
    });
    const more = element("button", "icon-button", "+", { type: "button", title: "New workspace", ariaLabel: "New workspace" });
    more.addEventListener("click", () => take({ name: book().free("Workspace " + (book().all().length + 1)), pair: {}, widgets: [] }));
    const focused = [...byId("workspace-tabs").children].indexOf(document.activeElement);
    byId("workspace-tabs").replaceChildren(...buttons, more);
    if (focused >= 0) (byId("workspace-tabs").children[focused] || more).focus();
  }

  function go(place) {
    book().go(place);
    problem("");
    repaint();
  }

  // A layout of its own, shown at once; one of the same name stays what it is.
  function take(found, stored) {
    const existing = book().all().findIndex((each) => each.name === found.name);
    const only = book().all().length === 1 && !layout().widgets.length;
    if (stored && existing >= 0 && JSON.stringify(book().plain(book().all()[existing])) === stored) return go(existing);
    if (only) book().all().pop();
    book().put({ ...found, name: book().free(found.name), ...(stored && existing < 0 && { stored }) });
    repaint();
  }

  function controls() {
    shown = { ...view().linked() };
    set("workspace-y", { options: names, value: shown.y });
    set("workspace-x", { options: names, value: shown.x });
    for (const name of ["tf", "scale", "method"]) set("workspace-" + name, { value: shown[name] });
    set("workspace-window", { value: String(shown.window) });
    byId("workspace-window-field").classList.remove("wrong");
  }

  const bars = (value) => (/^\d{1,4}$/.test(String(value).trim()) && value >= 20 && value <= 1000 ? Number(value) : null);

  // What the user chose for all linked widgets; what the page itself put into the controls comes back here too.
  function choose(name, value) {
    if (value === null || value === undefined || String(value) === String(shown[name])) return;
    const given = name === "window" ? bars(value) : value;
    byId("workspace-window-field").classList.toggle("wrong", given === null);
    problem(given === null ? "`window` must be a whole number from 20 to 1000, got " + value + "." : "");
    if (given === null) return;
    const pair = { ...view().linked(), [name]: given };
    // The same symbol on both legs: they change places.
    if (pair.y === pair.x) Object.assign(pair, name === "y" ? { x: shown.y } : { y: shown.x });
    layout().pair = pair;
    repaint();
  }

  function swap() {
    const pair = view().linked();
    layout().pair = { ...pair, y: pair.x, x: pair.y };
    repaint();
  }

  function add(kind) {
    const [w, h] = SIZES[kind] || FIGURE;
    const widget = { kind, ...sb.workspaceGrid.place(layout().widgets, { w, h }), set: {}, text: "" };
    layout().widgets.push(widget);
    book().named({ widgets: [widget] });
    repaint();
    return widget;
  }

  const find = (id) => layout().widgets.find((widget) => widget.id === id);

  function double(id) {
    if (byId("workspace-add").disabled) return said(byId("workspace-add").title);
    const { kind, w, h, set: own, text } = find(id);
    const copy = add(kind);
    Object.assign(copy, sb.workspaceGrid.place(layout().widgets.filter((each) => each !== copy), { w, h }), { set: { ...own }, text });
    repaint();
    byId(copy.id + "-panel").scrollIntoView({ block: "nearest" });
    byId(copy.id + "-panel").querySelector(".panel-head").focus({ preventScroll: true });
  }

  function remove(id) {
    const before = book().snapshot();
    const panel = byId(id + "-panel");
    const next = panel.nextElementSibling || panel.previousElementSibling;
    if (panel.dataset.maximised) panel.querySelector("[data-tool='maximise']").click();
    layout().widgets = layout().widgets.filter((widget) => widget.id !== id);
    sb.workspaceGrid.settle(layout().widgets);
    repaint();
    if (next) next.querySelector(".panel-head").focus({ preventScroll: true });
    undo("Removed " + panel.querySelector("h2").textContent, before);
  }

  function undo(words, before) {
    const button = element("button", "small-button", "Undo", { type: "button" });
    button.addEventListener("click", () => {
      book().restore(before);
      repaint();
    });
    byId("workspace-undo").replaceChildren(element("span", "", words), button);
    byId("workspace-undo").hidden = false;
    clearTimeout(timers.undo);
    timers.undo = setTimeout(hide, UNDO_MS);
  }

  function hide() {
    if (byId("workspace-undo")) byId("workspace-undo").hidden = true;
  }

  function start(key) {
    const { name, widgets, settings } = view().about().starters[key];
    const placed = widgets.map(([kind, x, y, w, h]) => ({ kind, x, y, w, h, set: {}, text: "" }));
    Object.assign(layout(), { name: book().free(name), pair: { ...view().linked(), ...settings }, widgets: placed });
    book().named(layout());
    repaint();
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    workspaceOpen(given) {
      address = given || {};
      opened = false;
      book().load();
      tabs();
      return view().fresh();
    },
    workspaceSet() {
      if (!view().about() || !byId("workspace-grid")) return;
      for (const { prop_id: id, value } of window.dash_clientside.callback_context.triggered) choose(id.replace("workspace-", "").replace(".value", ""), value);
    },
  });

  document.addEventListener("click", function (event) {
    const hit = (selector) => event.target.closest(selector);
    const own = hit("#workspace-grid [data-own]");
    const starter = hit("#workspace-empty [data-starter]");
    if (starter && view().about()) start(starter.dataset.starter);
    if (hit("#workspace-swap")) swap();
    if (!own) return;
    const id = own.closest(".panel").dataset.widget;
    ({ settings: () => sb.workspaceMenu.settings(find(id), own), double: () => double(id), remove: () => remove(id) })[own.dataset.own]();
  });

  sb.workspace = {
    add, changed, remove, repaint, said, problem, take, undo, find, linked, locate,
    opened: () => opened,
    widgets: () => layout().widgets,
    widget: (panel) => find(panel.dataset.widget),
    all: () => names,
    names(given) {
      const before = names.join();
      names = given;
      if (view().about() && opened && before !== names.join()) controls();
    },
    async ready() {
      repaint();
      await sb.workspaceOpen.arrive(address);
      opened = true;
      locate();
    },
    moved(id, to) {
      const widget = Object.assign(find(id), to);
      sb.workspaceGrid.settle(layout().widgets, widget);
      repaint();
      byId(id + "-panel").querySelector(".panel-head").scrollIntoView({ block: "nearest" });
    },
  };
})();

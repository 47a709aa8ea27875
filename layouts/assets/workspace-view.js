// The workspace's widgets in their frames: asked for when in sight and their bars or settings changed, drawn as they come.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const REST_MS = 200; // until what is still being drawn is asked for again
  const LATE_MS = 2000; // until a leg's bar is there that closed after the others'
  const SECOND_MS = 1000;
  const LOST_MS = 20000;
  const NOTES = "card-notes";
  let about = null;
  let waiting = 0;
  let again = 0;
  let seen = new Set();
  let due = new Set();
  let made = new Map(); // by id: the version and the settings of what is shown

  const byId = (id) => document.getElementById(id);
  const grid = () => byId("workspace-grid");
  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const layout = () => sb.workspaceBook.current();
  const isCard = (kind) => kind.startsWith("card-");
  const bare = (name) => name.replace("upload:", "");

  function element(tag, className = "", text = "", more = {}) {
    const made = Object.assign(document.createElement(tag), { className, ...more });
    if (text) made.textContent = text;
    return made;
  }

  // What a widget is looked at with: its own settings, and the workspace's where it has none.
  const linked = () => ({ ...about.default, ...layout().pair });
  const settings = (widget) => ({ ...linked(), ...widget.set });
  const keyOf = (widget) => JSON.stringify([widget.kind, settings(widget), widget.text || ""]);
  const described = (kind) => about.kinds.find((each) => each.kind === kind) || { title: kind, help: "There is no such widget here" };

  const inSight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target.id);
    ask();
  }, { rootMargin: "200px" });

  // A copy of a blank frame, under the widget's own id.
  function frame(widget) {
    const [blank, own] = isCard(widget.kind) ? ["workspace-blank-card-panel", "workspace-blank-card"] : ["workspace-blank-panel", "workspace-blank"];
    const panel = byId(blank).cloneNode(true);
    for (const part of [panel, ...panel.querySelectorAll("[id], [aria-labelledby]")])
      for (const name of ["id", "aria-labelledby"]) if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(own, widget.id).replace("workspace-blank", widget.id));
    panel.dataset.widget = widget.id;
    const head = panel.querySelector(".panel-head");
    head.tabIndex = 0;
    head.setAttribute("role", "group");
    panel.querySelector("h2").textContent = described(widget.kind).title;
    head.setAttribute("aria-label", described(widget.kind).title + ": arrows move it, Shift and arrows resize it, Delete removes it");
    const tools = panel.querySelector(".frame");
    tools.replaceChildren(); // frame.js makes them anew, with this widget's help
    tools.dataset.help = described(widget.kind).help;
    panel.append(element("span", "workspace-corner", "", { title: "Drag to resize", ariaHidden: "true" }));
    if (widget.kind === NOTES) notes(panel, widget);
    else if (isCard(widget.kind)) panel.querySelector(".workspace-card").append(element("p", "workspace-wait", "loading"));
    return panel;
  }

  function notes(panel, widget) {
    const field = element("textarea", "", "", { value: widget.text || "", maxLength: about.limits.text, placeholder: "Write here" });
    field.setAttribute("aria-label", "Notes");
    field.addEventListener("input", () => {
      sb.workspace.widget(panel).text = field.value;
      sb.workspace.changed();
    });
    panel.querySelector(".workspace-card").append(field);
    panel.querySelector("[data-own='settings']").hidden = true;
  }

  function label(widget) {
    const panel = byId(widget.id + "-panel");
    const { y, x, tf } = settings(widget);
    const every = described(widget.kind).of === "all";
    const of = every ? "all symbols" : widget.kind === "card-symbol" ? bare(y) : ["card-watch", NOTES].includes(widget.kind) ? "" : bare(y) + " / " + bare(x);
    const uploaded = [y, x].some((name) => name.startsWith("upload:")) ? "uploaded" : "";
    const parts = { [NOTES]: [], "card-symbol": [of, uploaded] }[widget.kind] || [of, tf, uploaded];
    panel.querySelector(".workspace-of").textContent = parts.filter(Boolean).join(" · ");
    panel.dataset.of = every ? "all" : [y, x].map(bare).join("-");
    panel.dataset.tf = tf;
    panel.toggleAttribute("data-unlinked", Object.keys(widget.set || {}).length > 0);
    panel.classList.toggle("foreign", made.has(widget.id) && !isMade(widget));
    if (!isMade(widget)) due.add(widget.id);
  }

  // The screen as the layout says: frames that are gone go, new ones come, the others only change place.
  function paint() {
    if (!about || !grid()) return;
    const widgets = layout().widgets;
    const ids = new Set(widgets.map((widget) => widget.id + "-panel"));
    for (const panel of [...grid().children]) if (!ids.has(panel.id)) drop(panel);
    for (const widget of widgets) {
      if (!byId(widget.id + "-panel")) inSight.observe(grid().appendChild(frame(widget)));
      label(widget);
    }
    sb.workspaceGrid.lay(widgets);
    sb.workspaceGrid.arrange(widgets);
    byId("workspace-empty").hidden = widgets.length > 0;
    byId("workspace-controls").hidden = !widgets.length;
    follow();
    ask();
  }

  function drop(panel) {
    const id = panel.dataset.widget;
    inSight.unobserve(panel);
    seen.delete(panel.id);
    due.delete(id);
    made.delete(id);
    panel.remove();
  }

  // The page is told of every bar of the shortest time frame on it; the server knows which widgets that concerns.
  function follow() {
    const used = new Set(layout().widgets.map((widget) => settings(widget).tf));
    const shortest = Object.keys(about.choices.tf).find((name) => used.has(name));
    if (!shortest || byId("quiet-page").dataset.timeframe === shortest) return;
    byId("quiet-page").dataset.timeframe = shortest;
    set("quiet-spec", { data: shortest });
  }

  const isMade = (widget) => (made.get(widget.id) || {}).key === keyOf(widget);

  // A frozen page takes only what its user asks for.
  function wanted() {
    if (!about) return [];
    return layout().widgets.filter((widget) => widget.kind !== NOTES && seen.has(widget.id + "-panel") && due.has(widget.id) && !(sb.freeze.on() && isMade(widget)));
  }

  function ask() {
    if (!grid() || document.hidden || (waiting && Date.now() - waiting < LOST_MS)) return;
    const widgets = wanted();
    if (!about || widgets.length) set("workspace-asked", { data: question(widgets) });
  }

  function question(widgets) {
    waiting = Date.now();
    const one = (widget) => ({ id: widget.id, kind: widget.kind, set: settings(widget), text: widget.text || "", key: keyOf(widget), have: (made.get(widget.id) || {}).version || "" });
    for (const widget of widgets) due.delete(widget.id);
    return { at: waiting, about: !about, widgets: widgets.map(one) };
  }

  function soon(ms) {
    clearTimeout(again);
    again = setTimeout(ask, ms);
  }

  function show(answer) {
    const widget = layout().widgets.find((each) => each.id === answer.id);
    const panel = byId(answer.id + "-panel");
    if (!widget || !panel || answer.key !== keyOf(widget) || (sb.freeze.on() && isMade(widget))) return;
    made.set(answer.id, { version: answer.version, key: answer.key });
    panel.classList.remove("foreign");
    if (answer.card) return card(panel, answer.card);
    if (isCard(widget.kind)) return card(panel, { state: "down", reason: answer.figure.reason, note: "" });
    byId(answer.id + "-note").textContent = answer.note;
    sb.figures.put(answer.figure);
  }

  function card(panel, { rows, table, state, reason, note }) {
    const body = panel.querySelector(".workspace-card");
    sb.freeze.answered();
    panel.dataset.state = state;
    panel.querySelector(".note").textContent = note;
    const state_ = state === "live" && !reason ? null : element("p", "workspace-state", [state === "live" ? "" : state === "warming" ? "warming up" : state, reason].filter(Boolean).join(": "));
    const shown = rows ? facts(rows) : table ? watched(table) : null;
    const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    body.replaceChildren(...[state_, shown].filter(Boolean));
    if (focused) [...body.querySelectorAll("a")].filter((link) => link.getAttribute("href") === focused).forEach((link) => link.focus({ preventScroll: true }));
  }

  function facts(rows) {
    const list = element("dl", "workspace-facts");
    list.append(...rows.map(([name, value, unit, tone]) => {
      const row = element("div", tone);
      row.append(element("dt", "", name), element("dd", "num", value), element("dd", "note", unit));
      return row;
    }));
    return list;
  }

  function watched(lines) {
    if (!lines.length) return element("p", "workspace-state", "No pair to watch: name some in the settings");
    const table = element("table", "plain-table");
    const head = table.createTHead().insertRow();
    head.append(...["Pair", "z [σ]", "Signal", "Half-life", "State"].map((text) => element("th", "", text, { scope: "col" })));
    const body = table.createTBody();
    for (const [query, name, z, signal, half, state, tone] of lines) {
      const row = body.insertRow();
      if (state === "stale" || state === "down") row.className = "dim";
      const first = element("th", "", "", { scope: "row" });
      first.append(element("a", "", name, { href: "/pair?" + query }));
      row.append(first, element("td", "num " + tone, z), element("td", tone, signal), element("td", "num", half), element("td", "note", state));
    }
    const box = element("div", "workspace-table");
    box.append(table);
    return box;
  }

  window.dash_clientside = Object.assign({}, window.dash_clientside);
  window.dash_clientside.sb = Object.assign({}, window.dash_clientside.sb, {
    workspaceAnswer(answer) {
      if (!answer || !grid()) return;
      waiting = 0;
      const first = !about && answer.about;
      if (answer.about) about = answer.about;
      sb.workspace.names(answer.names);
      answer.made.forEach(show);
      for (const id of answer.rest) due.add(id);
      if (first) sb.workspace.ready();
      soon(answer.rest.length ? REST_MS : 0);
    },
    workspaceBar(closed) {
      if (!closed) return;
      all();
      setTimeout(all, LATE_MS);
    },
  });

  function tick() {
    if (!grid() || !about) return;
    for (const { id, kind } of layout().widgets) if (isCard(kind)) due.add(id);
    ask();
  }

  function all() {
    if (!grid() || !about) return;
    for (const { id } of layout().widgets) due.add(id);
    ask();
  }

  setInterval(tick, SECOND_MS);
  document.addEventListener("sb:freeze", all);

  sb.workspaceView = {
    paint, ask, element, linked, described,
    about: () => about,
    // The page was opened anew, nothing is drawn yet: what it asks for first.
    fresh() {
      about = null;
      waiting = 0;
      seen = new Set();
      due = new Set();
      made = new Map();
      inSight.disconnect();
      return question([]);
    },
  };
})();

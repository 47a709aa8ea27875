// The workspace's grid: where widgets lie on twelve columns, what makes way for what, and moving them by hand or keys.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const COLUMNS = 12;
  const LEAST = { w: 2, h: 3 };
  const MOST_H = 30;
  const GAP = 8;
  const ROW = 36;
  const START_PX = 4; // A click moves nothing.
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  let drag = null;

  const grid = () => document.getElementById("workspace-grid");
  const wide = () => getComputedStyle(grid()).gridTemplateColumns.split(" ").length === COLUMNS;
  const clash = (one, other) => one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
  const order = (one, other) => one.y - other.y || one.x - other.x;

  function within({ x, y, w, h }) {
    const width = Math.min(Math.max(w, LEAST.w), COLUMNS);
    return { w: width, h: Math.min(Math.max(h, LEAST.h), MOST_H), x: Math.min(Math.max(x, 0), COLUMNS - width), y: Math.max(y, 0) };
  }

  // `first` stays where it was put, what it lies on makes way downwards; then everything moves up as far as it can.
  function settle(widgets, first) {
    const placed = [];
    const free = (widget) => !placed.some((other) => clash(widget, other));
    const others = widgets.filter((widget) => widget !== first).sort(order);
    for (const widget of first ? [first, ...others] : others) {
      while (!free(widget)) widget.y += 1;
      placed.push(widget);
    }
    const sorted = [...placed].sort(order);
    placed.length = 0;
    for (const widget of sorted) {
      while (widget.y > 0 && free({ ...widget, y: widget.y - 1 })) widget.y -= 1;
      placed.push(widget);
    }
    return widgets;
  }

  // The first place, row by row, that is free.
  function place(widgets, size) {
    for (let y = 0; ; y += 1)
      for (let x = 0; x + size.w <= COLUMNS; x += 1) if (!widgets.some((other) => clash({ ...size, x, y }, other))) return { ...size, x, y };
  }

  // Where each lies; the elements stand in reading order, which narrow screens and the keyboard go by.
  function lay(widgets) {
    const sorted = [...widgets].sort(order);
    sorted.forEach((widget, at) => {
      const element = document.getElementById(widget.id + "-panel");
      if (!element) return;
      const { style } = element;
      style.setProperty("--x", widget.x + 1);
      style.setProperty("--y", widget.y + 1);
      style.setProperty("--w", widget.w);
      style.setProperty("--h", widget.h);
      style.setProperty("--half", widget.w > COLUMNS / 2 ? 6 : 3);
      style.order = at;
    });
  }

  // Into reading order for the Tab key, unless that would take the focus from somebody.
  function arrange(widgets) {
    const panels = [...widgets].sort(order).map((widget) => document.getElementById(widget.id + "-panel")).filter(Boolean);
    const inOrder = panels.every((panel, at) => grid().children[at] === panel);
    if (inOrder) return;
    const focused = document.activeElement;
    grid().append(...panels);
    if (grid().contains(focused)) focused.focus({ preventScroll: true });
  }

  const same = (one, other) => ["x", "y", "w", "h"].every((name) => one[name] === other[name]);

  // Shows where everything would lie if the widget were put at `to`; the layout itself is only changed at the end.
  function preview(id, to, before) {
    const copies = before.map((widget) => ({ ...widget }));
    const moved = Object.assign(copies.find((widget) => widget.id === id), to);
    lay(settle(copies, moved));
    return copies;
  }

  function start(event) {
    if (event.button !== 0 || !grid() || !wide()) return;
    const corner = event.target.closest(".workspace-corner");
    const head = event.target.closest("#workspace-grid .panel-head");
    if (!corner && (!head || event.target.closest("button, a, input, select, textarea"))) return;
    const panel = event.target.closest("#workspace-grid > .panel");
    if (panel.dataset.maximised) return;
    const widget = sb.workspace.widget(panel);
    const unit = (grid().clientWidth + GAP) / COLUMNS;
    const before = sb.workspace.widgets().map((each) => ({ ...each }));
    drag = { panel, id: widget.id, from: { ...widget }, sizing: Boolean(corner), x: event.clientX, y: event.clientY, scroll: scroller().scrollTop, unit, before, to: null, pointer: event.pointerId };
    panel.setPointerCapture(event.pointerId);
    if (corner) event.preventDefault();
  }

  const scroller = () => document.getElementById("main");

  function move(event) {
    if (!drag || event.pointerId !== drag.pointer) return;
    const dx = event.clientX - drag.x;
    const dy = event.clientY - drag.y + scroller().scrollTop - drag.scroll;
    if (!drag.to && Math.hypot(dx, dy) < START_PX) return;
    drag.panel.dataset.moving = "1";
    const [columns, rows] = [Math.round(dx / drag.unit), Math.round(dy / (ROW + GAP))];
    const { x, y, w, h } = drag.from;
    const to = within(drag.sizing ? { x, y, w: Math.min(w + columns, COLUMNS - x), h: h + rows } : { x: x + columns, y: y + rows, w, h });
    if (!drag.to || !same(to, drag.to)) preview(drag.id, to, drag.before);
    drag.to = to;
    nudge(event.clientY);
  }

  // A widget that is taken to the edge takes the page along.
  function nudge(y) {
    const { top, bottom } = scroller().getBoundingClientRect();
    if (y > bottom - 40) scroller().scrollTop += 12;
    else if (y < top + 40) scroller().scrollTop -= 12;
  }

  function end(keep) {
    if (!drag) return;
    const { panel, id, to, from } = drag;
    drag = null;
    delete panel.dataset.moving;
    if (to && keep && !same(to, from)) sb.workspace.moved(id, to);
    else lay(sb.workspace.widgets());
  }

  function key(event) {
    const head = event.target.matches("#workspace-grid > .panel > .panel-head") && event.target;
    if (drag && event.key === "Escape") return end(false);
    if (!head || event.ctrlKey || event.metaKey || event.altKey) return;
    const widget = sb.workspace.widget(head.parentElement);
    if (event.key === "Delete") {
      event.preventDefault();
      return sb.workspace.remove(widget.id);
    }
    const step = STEPS[event.key];
    if (!step || !wide()) return;
    event.preventDefault();
    event.stopPropagation();
    const { x, y, w, h } = widget;
    sb.workspace.moved(widget.id, within(event.shiftKey ? { x, y, w: Math.min(w + step[0], COLUMNS - x), h: h + step[1] } : jump(widget, step)));
  }

  // One row down would be undone by the pull upwards: a widget steps over the one below it.
  function jump({ id, x, y, w, h }, [columns, rows]) {
    if (rows <= 0) return { x: x + columns, y: y + rows, w, h };
    const below = sb.workspace.widgets().filter((other) => other.id !== id && other.y >= y + h && other.x < x + w && x < other.x + other.w);
    return { x, y: below.length ? Math.min(...below.map((other) => other.y + other.h)) : y, w, h };
  }

  document.addEventListener("pointerdown", start);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  document.addEventListener("keydown", key, true);

  sb.workspaceGrid = { settle, place, lay, arrange, within };
})();

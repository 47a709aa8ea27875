// What opens over the workspace: a widget's settings, and what is done with a layout as a whole.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const LATER_MS = 60000;
  const LABELS = { y: "Leg y", x: "Leg x", tf: "Time frame", window: "Window", scale: "Scale", method: "Method" };

  const byId = (id) => document.getElementById(id);
  const book = () => sb.workspaceBook;
  const layout = () => book().current();
  const element = (...parts) => sb.workspaceView.element(...parts);
  const about = () => sb.workspaceView.about();

  function popover() {
    const found = byId("workspace-pop");
    return found || document.body.appendChild(element("div", "", "", { id: "workspace-pop", popover: "auto" }));
  }

  // Below the button, within the window; gone with a click elsewhere or Esc.
  function pop(button, title, parts) {
    const box = popover();
    box.replaceChildren(element("h2", "", title), ...parts);
    box.showPopover();
    const { right, bottom } = button.getBoundingClientRect();
    box.style.left = Math.max(8, Math.min(right, innerWidth - 8) - box.offsetWidth) + "px";
    box.style.top = Math.max(8, Math.min(bottom + 4, innerHeight - 8 - box.offsetHeight)) + "px";
    const first = box.querySelector("button, input, select, textarea");
    if (first) first.focus();
  }

  const close = () => popover().hidePopover();

  function item(text, act, more = {}) {
    const button = element("button", "menu-item", text, { type: "button", ...more });
    button.addEventListener("click", act);
    return button;
  }

  function labelled(name, control, unit = "") {
    const field = element("label", "field");
    field.append(element("span", "", name), control, element("span", "note", unit));
    return field;
  }

  function select(options, value) {
    const made = element("select");
    made.append(...options.map(([key, text]) => element("option", "", text, { value: key })));
    made.value = value ?? "";
    return made;
  }

  // Each setting is the workspace's until the widget is given its own.
  function settings(widget, button) {
    const shared = sb.workspaceView.linked();
    const own = widget.set;
    const choices = { y: sb.workspace.all().map((name) => [name, name]), x: sb.workspace.all().map((name) => [name, name]) };
    for (const name of ["tf", "scale", "method"]) choices[name] = Object.entries(about().choices[name]);
    const word = (name) => (choices[name].find(([key]) => key === shared[name]) || [0, shared[name]])[1];
    const fields = Object.keys(choices).map((name) => {
      const control = select([["", "Workspace's: " + word(name)], ...choices[name]], own[name]);
      control.addEventListener("change", () => give(widget, name, control.value));
      return labelled(LABELS[name], control);
    });
    const bars = element("input", "num", "", { type: "number", min: 20, max: 1000, value: own.window || "", placeholder: String(shared.window) });
    bars.addEventListener("change", () => (bars.value === "" || bars.checkValidity() ? give(widget, "window", bars.value === "" ? "" : Number(bars.value)) : bars.reportValidity()));
    fields.splice(3, 0, labelled(LABELS.window, bars, "bars, 20 to 1000"));
    const parts = widget.kind === "card-watch" ? [pairs(widget)] : [];
    const link = item("Link all to the workspace", () => {
      widget.set = {};
      sb.workspace.repaint();
      close();
    });
    pop(button, sb.workspaceView.described(widget.kind).title, [...fields, ...parts, link]);
  }

  function give(widget, name, value) {
    const { [name]: _, ...others } = widget.set;
    widget.set = value === "" ? others : { ...others, [name]: value };
    sb.workspace.repaint();
  }

  function pairs(widget) {
    const field = element("textarea", "num", "", { value: widget.text || "", rows: 4, maxLength: about().limits.text, placeholder: "ETHUSDT/BTCUSDT, one a line; empty: those of the board" });
    field.addEventListener("change", () => {
      widget.text = field.value;
      sb.workspace.repaint();
    });
    return labelled("Pairs", field);
  }

  function file() {
    const address = URL.createObjectURL(new Blob([JSON.stringify(book().plain(layout()), null, 2)], { type: "application/json" }));
    setTimeout(() => URL.revokeObjectURL(address), LATER_MS);
    Object.assign(document.createElement("a"), { href: address, download: "spreadboard_workspace_" + layout().name.replace(/[^\w.-]/g, "-") + ".json" }).click();
    close();
  }

  function load() {
    const field = element("input", "", "", { type: "file", accept: ".json,application/json", id: "workspace-file", hidden: true });
    field.addEventListener("change", async () => {
      field.remove();
      let text = "";
      try {
        text = await field.files[0].text();
        JSON.parse(text);
      } catch (error) {
        return sb.workspace.problem(field.files[0].name + " is no JSON: " + error.message);
      }
      sb.workspaceOpen.receive(text, field.files[0].name);
    });
    document.body.append(field);
    field.click();
    close();
  }

  function rename(button) {
    const field = element("input", "", "", { type: "text", value: layout().name, maxLength: 40, required: true });
    const done = () => {
      const name = field.value.trim();
      if (!name || /[/\x00-\x1f\x7f]/.test(name)) return field.setCustomValidity("1 to 40 characters without /"), field.reportValidity();
      layout().name = name === layout().name ? name : book().free(name);
      sb.workspace.repaint();
      close();
    };
    field.addEventListener("input", () => field.setCustomValidity(""));
    field.addEventListener("keydown", (event) => event.key === "Enter" && done());
    pop(button, "Rename", [labelled("Name", field), item("Rename", done)]);
    field.select();
  }

  function remove() {
    const before = book().snapshot();
    const { name } = layout();
    book().drop(book().place());
    sb.workspace.repaint();
    sb.workspace.undo("Deleted " + name + " from this browser", before);
    close();
  }

  function double() {
    const { name, pair, widgets } = JSON.parse(JSON.stringify(layout()));
    sb.workspace.take({ name: name.slice(0, 34) + " copy", pair, widgets });
    close();
  }

  const more = (button) => pop(button, layout().name, [item("Rename", () => rename(button)), item("Duplicate", double), item("Export as JSON", file), item("Import JSON", load), item("Delete from this browser", remove)]);

  async function save(button, replace = false) {
    const mine = layout();
    if (!replace && !mine.stored) {
      const { ok, body } = await book().list();
      if (!ok) return sb.workspace.problem(body.detail);
      const taken = body.workspaces.some((each) => each.name === mine.name);
      if (taken) return pop(button, "“" + mine.name + "” is on the server already", [item("Replace it", () => (close(), save(button, true))), item("Keep it, rename mine", () => rename(button))]);
    }
    const { ok, body } = await book().store(mine, replace || Boolean(mine.stored));
    sb.workspace.problem(ok ? "" : body.detail);
    if (ok) sb.workspace.said("Saved: " + location.origin + "/workspace?" + new URLSearchParams({ name: mine.name }));
    sb.workspace.changed();
  }

  async function open(button) {
    const { ok, body } = await book().list();
    if (!ok) return sb.workspace.problem(body.detail);
    const rows = body.workspaces.map(({ name, widgets }) => {
      const row = element("div", "menu-row");
      const drop = element("button", "small-button", "Delete", { type: "button", ariaLabel: "Delete " + name + " from the server" });
      drop.addEventListener("click", () => forget(name, drop, button));
      row.append(item(name + " · " + widgets + (widgets === 1 ? " widget" : " widgets"), () => (close(), sb.workspace.problem(""), sb.workspaceOpen.fromServer(name))), drop);
      return row;
    });
    pop(button, "On the server", rows.length ? rows : [element("p", "note", "None yet. Save keeps the one that is shown.")]);
  }

  // Asked twice, since nothing brings it back.
  async function forget(name, button, opener) {
    if (button.textContent === "Delete") return void (button.textContent = "Delete for all?");
    const { ok, body } = await book().forget(name);
    if (!ok) sb.workspace.problem(body.detail);
    for (const each of book().all()) if (each.name === name) delete each.stored;
    sb.workspace.changed();
    open(opener);
  }

  async function link(button) {
    const address = location.origin + "/workspace" + (book().isStored(layout()) ? "?" + new URLSearchParams({ name: layout().name }) : "#layout=" + (await book().pack(layout())));
    try {
      await navigator.clipboard.writeText(address);
      sb.workspace.said("Link copied");
    } catch (error) {
      // Not offered to plain HTTP from another machine.
      const field = element("input", "num", "", { value: address, readOnly: true, ariaLabel: "Link to this workspace" });
      pop(button, "Copy this link", [field]);
      field.select();
    }
  }

  const acts = { add: () => sb.workspacePicker.open(), save, open, link, more };

  document.addEventListener("click", function (event) {
    const button = event.target.closest(".workspace-actions button");
    if (button && about()) acts[button.id.replace("workspace-", "")](button);
  });

  sb.workspaceMenu = { settings };
})();

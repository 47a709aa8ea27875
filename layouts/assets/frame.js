// The frame of every panel: maximise, a link that leads back to it, what it shows in words, and what it can be saved as.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const SAID_MS = 1600;
  const WAIT_MS = 15000;
  const MARKED_MS = 2500;
  // What every panel offers, in order; frame.css leaves out CSV and picture where a panel holds neither.
  const TOOLS = {
    maximise: ["arrows-fullscreen", "Maximise (Esc restores)"],
    link: ["link-45deg", "Copy a link to this panel"],
    csv: ["download", "Save what is shown as CSV"],
    png: ["camera", "Save as picture"],
  };
  let held = null; // the panel that fills the page, what lies behind it, and how far that was scrolled
  let opener = null;
  let dismissed = null;

  const main = () => document.getElementById("main");
  const part = (panel, name) => panel.querySelector(`:scope > .panel-head [data-tool="${name}"]`);

  function tool(name, picture, title, label = title) {
    const made = Object.assign(document.createElement("button"), { className: "icon-button", type: "button", title });
    const icon = Object.assign(document.createElement("i"), { className: "icon", ariaHidden: "true" });
    icon.style.setProperty("--icon", `url(/vendor/icons/${picture}.svg)`);
    made.dataset.tool = name;
    made.ariaLabel = label;
    if (name === "maximise") made.ariaPressed = "false";
    made.append(icon);
    return made;
  }

  // Help and tools of a panel. Where there is little room, a menu holds them.
  function dress(frame) {
    const line = Object.assign(document.createElement("span"), { className: "frame-said", role: "status" });
    const help = frame.dataset.help ? [tool("help", "info-circle", frame.dataset.help, "What this shows")] : [];
    const tools = Object.entries(TOOLS).map(([name, about]) => tool(name, ...about));
    frame.append(line, ...help, ...tools, tool("more", "three-dots", "More"));
  }

  const come = new MutationObserver(() => document.querySelectorAll(".frame:empty").forEach(dress));

  function said(panel, text) {
    const line = panel.querySelector(":scope > .panel-head .frame-said");
    line.textContent = text;
    clearTimeout(line.timer);
    line.timer = setTimeout(() => (line.textContent = ""), SAID_MS);
  }

  // Over the whole page area, whatever the height of the lines above it.
  function fit() {
    if (!held) return;
    if (!held.panel.isConnected) return void (held = null);
    const { top, left, width, bottom } = main().getBoundingClientRect();
    held.panel.style.inset = `${top}px ${innerWidth - left - width}px ${innerHeight - bottom}px ${left}px`;
  }

  function maximise(panel) {
    const behind = [];
    for (let node = panel; !node.matches(".page"); node = node.parentElement)
      for (const other of node.parentElement.children) if (other !== node && !other.inert) behind.push(other);
    held = { panel, behind, scroll: main().scrollTop };
    for (const other of behind) other.inert = true;
    panel.dataset.maximised = "1";
    part(panel, "maximise").setAttribute("aria-pressed", "true");
    sizes.observe(main());
    fit();
    refocus(panel);
  }

  function restore() {
    const { panel, behind, scroll } = held;
    held = null;
    sizes.disconnect();
    for (const other of behind) other.inert = false;
    delete panel.dataset.maximised;
    panel.style.inset = "";
    part(panel, "maximise").setAttribute("aria-pressed", "false");
    main().scrollTop = scroll;
    refocus(panel);
  }

  // Which of the two buttons is there depends on the width, which has just changed.
  function refocus(panel) {
    const [wide, narrow] = ["maximise", "more"].map((name) => part(panel, name));
    if (!panel.contains(document.activeElement)) return;
    if (document.activeElement === wide || document.activeElement === narrow) (wide.checkVisibility({ visibilityProperty: true }) ? wide : narrow).focus({ preventScroll: true });
  }

  const sizes = new ResizeObserver(fit);

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      return false; // Not offered to plain HTTP from another machine.
    }
  }

  // The older way, from a field that stays in sight when that fails too.
  function offer(panel, button, text) {
    const field = Object.assign(document.createElement("input"), { value: text, readOnly: true });
    field.setAttribute("aria-label", "Link to this panel");
    pop(button, [words("Copy this link:"), field]);
    field.select();
    if (!document.execCommand("copy")) return;
    popover().hidePopover();
    said(panel, "Copied");
  }

  async function link(panel, button) {
    const address = location.origin + location.pathname + location.search + "#" + panel.id;
    if (await copied(address)) said(panel, "Copied");
    else offer(panel, button, address);
  }

  async function save(panel, how) {
    const file = await sb.exports[how](panel);
    said(panel, file ? "Saved" : "Nothing to save yet");
  }

  // The whole line beside the title, of which a narrow panel shows only the beginning.
  function note(panel) {
    return [...panel.querySelectorAll(":scope > .panel-head > .note")].map((line) => line.textContent).join(" ");
  }

  function words(text) {
    return Object.assign(document.createElement("p"), { textContent: text });
  }

  function popover() {
    const found = document.getElementById("frame-pop");
    if (found) return found;
    return document.body.appendChild(Object.assign(document.createElement("div"), { id: "frame-pop", popover: "auto" }));
  }

  const open = (button) => opener === button && popover().matches(":popover-open");

  function pop(button, parts) {
    const box = popover();
    if (dismissed === button || open(button)) return void box.hidePopover();
    box.replaceChildren(...parts);
    box.showPopover();
    opener = button;
    const { right, bottom } = button.getBoundingClientRect();
    box.style.left = Math.max(8, Math.min(right, innerWidth - 8) - box.offsetWidth) + "px";
    box.style.top = Math.max(8, Math.min(bottom + 4, innerHeight - 8 - box.offsetHeight)) + "px";
  }

  function menu(panel, button) {
    const tools = Object.keys(TOOLS).map((name) => part(panel, name)).filter((tool) => getComputedStyle(tool).display !== "none");
    const items = tools.map((tool) => {
      const item = Object.assign(document.createElement("button"), { className: "menu-item", type: "button" });
      item.append(tool.firstElementChild.cloneNode(), tool.getAttribute("aria-label"));
      item.addEventListener("click", () => {
        popover().hidePopover();
        act[tool.dataset.tool](panel, button);
      });
      return item;
    });
    pop(button, items);
    if (items[0].isConnected) items[0].focus();
  }

  const act = {
    maximise: (panel) => (held && held.panel === panel ? restore() : maximise(panel)),
    link,
    csv: (panel) => save(panel, "csv"),
    png: (panel) => save(panel, "png"),
    help: (panel, button) => pop(button, [note(panel), button.title].filter(Boolean).map(words)),
    more: menu,
  };

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-tool]");
    if (button) act[button.dataset.tool](button.closest(".panel"), button);
    dismissed = null;
  });

  // Pressing the button that opened the popover closes it before the click comes: the click must not open it again.
  document.addEventListener("pointerdown", (event) => (dismissed = open(event.target.closest("[data-tool]")) ? opener : null), true);

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape" || event.defaultPrevented || !held) return;
    const nearer = document.querySelector("dialog[open], :popover-open") || event.target.closest(".ag-popup, .dash-dropdown-content");
    if (!nearer && held.panel.isConnected) restore();
  });

  // A link to a panel: it comes into sight, and stays there while the page around it fills, until its user acts.
  function arrive() {
    const id = location.hash.slice(1);
    const end = performance.now() + WAIT_MS;
    const look = () => {
      const panel = document.getElementById(id);
      if (panel && panel.matches(".panel")) mark(panel);
      else if (performance.now() < end) setTimeout(look, 100);
    };
    if (id) look();
  }

  function mark(panel) {
    const over = new AbortController();
    for (const kind of ["wheel", "pointerdown", "keydown", "touchstart"]) addEventListener(kind, () => over.abort(), { signal: over.signal, passive: true, capture: true });
    const stay = () => over.signal.aborted || panel.scrollIntoView({ block: "start" });
    panel.dataset.marked = "1";
    panel.tabIndex = -1;
    panel.focus({ preventScroll: true });
    stay();
    const timer = setInterval(stay, 200);
    setTimeout(() => {
      clearInterval(timer);
      over.abort();
      delete panel.dataset.marked;
    }, MARKED_MS);
  }

  come.observe(document, { childList: true, subtree: true });
  addEventListener("hashchange", arrive);
  arrive();
})();

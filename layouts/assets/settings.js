// The settings in the header: theme, palette, density and the zone of times, kept in this browser.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  let pressedOpen = false;

  const box = () => document.getElementById("settings");
  const set = (id, props) => window.dash_clientside.set_props(id, props);

  // Everything that took a colour, a size or a zone when it was drawn is drawn again.
  function redraw(name) {
    if (name === "zone") sb.clock.turn();
    sb.chart.restyle();
    sb.figures.restyle();
    for (const { id } of document.querySelectorAll(".board-grid")) renew(id, name);
  }

  function renew(id, name) {
    try {
      const api = window.dash_ag_grid.getApi(id);
      if (name === "density") api.resetRowHeights();
      else api.refreshCells({ force: true });
    } catch (error) {
      // A grid that is not there yet will be made with what holds now.
    }
  }

  function choose(name, value) {
    if (sb.looks.get(name) === value) return;
    sb.looks.keep(name, value);
    if (document.getElementById("set-" + name)) set("set-" + name, { value });
    redraw(name);
  }

  function place() {
    const { right, bottom } = document.getElementById("settings-open").getBoundingClientRect();
    box().style.left = Math.max(8, Math.min(right, innerWidth - 8) - box().offsetWidth) + "px";
    box().style.top = bottom + 6 + "px";
  }

  function shown(on) {
    document.getElementById("settings-open").setAttribute("aria-expanded", String(on));
  }

  const isOpen = () => box().matches(":popover-open");

  function open() {
    if (!box().popover) {
      box().popover = "auto";
      box().addEventListener("toggle", (event) => shown(event.newState === "open"));
    }
    for (const name of Object.keys(sb.looks.CHOICES)) set("set-" + name, { value: sb.looks.get(name) });
    box().hidden = false;
    box().showPopover();
    place();
    box().querySelector("input").focus();
  }

  sb.settings = {
    choose,
    open,
    // The other one of the two choices.
    turn: (name) => choose(name, sb.looks.CHOICES[name].find((value) => value !== sb.looks.get(name))),
  };

  document.addEventListener("change", function (event) {
    const group = event.target.closest("#settings [id^='set-']");
    if (group) choose(group.id.slice(4), event.target.value);
  });
  // A press on its button closes it before the click comes, which then must not open it again.
  document.addEventListener("pointerdown", (event) => (pressedOpen = Boolean(event.target.closest("#settings-open")) && isOpen()), true);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("#settings-open")) return;
    if (isOpen()) box().hidePopover();
    else if (!pressedOpen) open();
    pressedOpen = false;
  });
})();

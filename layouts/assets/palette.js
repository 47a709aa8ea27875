// The command palette: pages, pairs, symbols and actions, found by typing.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const MOST = 40;
  const MATCHES = 4; // of each of two names that were typed
  let known = { symbols: [], pairs: [] };
  let found = [];
  let at = 0;

  const byId = (id) => document.getElementById(id);
  const box = () => byId("palette");
  const field = () => byId("palette-field");
  const list = () => byId("palette-list");
  const query = (values) => "/pair?" + new URLSearchParams(values);

  async function copy() {
    try {
      await navigator.clipboard.writeText(location.href);
      sb.shell.say("Link copied");
    } catch (error) {
      sb.shell.say("The browser does not allow copying here: take the link from its address bar");
    }
  }

  function pages() {
    return [...document.querySelectorAll(".rail-link")].map((link) => {
      const name = link.querySelector(".rail-name");
      return { kind: "Page", text: name.textContent, keys: "g " + name.dataset.key, run: () => link.click() };
    });
  }

  function turn(name, text, keys = "") {
    const value = sb.looks.CHOICES[name].find((each) => each !== sb.looks.get(name));
    return { kind: "Action", text: text[value], keys, run: () => sb.settings.turn(name) };
  }

  function actions() {
    const follow = byId("follow") && { text: "Follow live on or off", keys: "l", run: () => byId("follow").click() };
    const own = [
      { text: sb.freeze.on() ? "Release: go on live" : "Freeze everything", keys: "f", run: sb.freeze.turn },
      follow,
      { text: "Copy a link to this page", keys: "", run: copy },
      { text: "Keys and help", keys: "?", run: sb.shell.help },
      { text: "Settings", keys: "", run: sb.settings.open },
    ];
    return [
      ...own.filter(Boolean).map((each) => ({ kind: "Action", ...each })),
      turn("theme", { dark: "Dark theme", light: "Light theme" }, "t"),
      turn("density", { dense: "Dense rows", comfortable: "Comfortable rows" }),
      turn("palette", { standard: "Standard colours", safe: "Colour-blind safe colours" }),
      turn("zone", { utc: "Times in UTC", local: "Times in local time" }),
    ];
  }

  const pair = ([y, x]) => ({ kind: "Pair", text: y + " / " + x, keys: "", run: () => sb.shell.go(query({ y, x })) });
  const symbol = (name) => ({ kind: "Symbol", text: name, keys: "", run: () => sb.shell.go(query({ y: name })) });

  // Nearer the front is the better match.
  const nearest = (words, names) => {
    const hits = names.map((name) => [words.map((word) => name.toLowerCase().indexOf(word)), name]);
    const all = hits.filter(([places]) => places.every((place) => place >= 0));
    const sum = (places) => places.reduce((total, place) => total + place, 0);
    return all.sort(([one], [other]) => sum(one) - sum(other)).map(([, name]) => name);
  };

  // Two names make a pair, whether it is on the board or not.
  function typed([y, x, ...more]) {
    if (!x || more.length) return [];
    const [ys, xs] = [y, x].map((word) => nearest([word], known.symbols).slice(0, MATCHES));
    return ys.flatMap((one) => xs.filter((other) => other !== one).map((other) => [one, other]));
  }

  function search() {
    const words = field().value.toLowerCase().split(/[\s/,]+/).filter(Boolean);
    const told = new Map();
    const fixed = [...pages(), ...actions()];
    const texts = words.length ? nearest(words, fixed.map(({ text }) => text)) : fixed.map(({ text }) => text);
    for (const text of texts) told.set(text, fixed.find((each) => each.text === text));
    const held = known.pairs.map(pair).filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
    for (const each of [...typed(words).map(pair), ...held, ...nearest(words, known.symbols).map(symbol)]) if (!told.has(each.text)) told.set(each.text, each);
    return [...told.values()];
  }

  function option(each, place) {
    const element = document.createElement("li");
    Object.assign(element, { id: "palette-" + place, className: "palette-item", role: "option", ariaSelected: String(place === at) });
    const part = (tag, className, text) => element.append(Object.assign(document.createElement(tag), { className, textContent: text }));
    part("span", "palette-kind", each.kind);
    part("span", "palette-text", each.text);
    for (const key of each.keys.split(" ").filter(Boolean)) part("kbd", "", key);
    return element;
  }

  function draw() {
    list().replaceChildren(...found.slice(0, MOST).map(option));
    const more = found.length - MOST;
    sb.text("palette-more", !found.length ? "Nothing of that name. Two symbols make a pair." : more > 0 ? more + " more: type on" : "");
    point();
  }

  function point() {
    [...list().children].forEach((each, place) => (each.ariaSelected = String(place === at)));
    const chosen = list().children[at];
    if (chosen) chosen.scrollIntoView({ block: "nearest" });
    field().setAttribute("aria-activedescendant", chosen ? chosen.id : "");
  }

  function renew() {
    at = 0;
    found = search();
    draw();
  }

  function run(place) {
    if (!found[place]) return;
    box().close();
    found[place].run();
  }

  function pressed(event) {
    const count = Math.min(found.length, MOST);
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (moves[event.key] && count) at = (at + moves[event.key] + count) % count;
    else if (event.key === "Enter") run(at);
    else return;
    event.preventDefault();
    if (moves[event.key]) point();
  }

  function build() {
    const input = Object.assign(document.createElement("input"), { id: "palette-field", type: "text", autocomplete: "off", spellcheck: false, placeholder: "Page, pair, symbol or action" });
    for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", "palette-list"], ["aria-label", "Find a page, pair, symbol or action"]]) input.setAttribute(name, value);
    byId("palette-search").append(input);
    input.addEventListener("input", renew);
    input.addEventListener("keydown", pressed);
    list().addEventListener("click", (event) => run([...list().children].indexOf(event.target.closest("li"))));
    box().addEventListener("click", (event) => event.target === box() && box().close());
  }

  sb.palette = {
    async open() {
      if (!field()) build();
      field().value = "";
      box().showModal();
      field().focus();
      renew();
      known = await sb.order.ask();
      if (box().open) renew();
    },
  };
})();

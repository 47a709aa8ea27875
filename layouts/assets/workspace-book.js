// The workspaces that this browser holds: its storage, links that carry one, files, and those that the server keeps.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const KEY = "spreadboard.workspaces";
  const PATH = "/api/v1/workspaces";
  const VERSION = 1;
  const PLACE = ["x", "y", "w", "h"];
  const MOST_LINK = 40000;
  let held = null;
  let count = 0;

  function read() {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      if (found && found.version === VERSION) return found;
    } catch (error) {
      // Storage can be forbidden; then workspaces last until the page is left.
    }
    return { version: VERSION, current: 0, layouts: [] };
  }

  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(held));
    } catch (error) {
      // They stay with this window.
    }
  }

  // Each widget gets a name of its own for the page; it is no part of the layout.
  function named(layout) {
    for (const widget of layout.widgets) widget.id = "workspace-w" + (count += 1);
    return layout;
  }

  function load() {
    if (held) return;
    held = read();
    held.layouts.forEach(named);
    if (!held.layouts.length) held.layouts.push({ name: "Workspace 1", pair: {}, widgets: [] });
    held.current = Math.min(held.current, held.layouts.length - 1);
  }

  // As it is exported, linked and kept: no more than that.
  function plain({ name, pair, widgets }) {
    const bare = ({ kind, set, text, ...rest }) => ({ kind, ...Object.fromEntries(PLACE.map((key) => [key, rest[key]])), set: set || {}, ...(text && { text }) });
    return { version: VERSION, name, pair, widgets: widgets.map(bare) };
  }

  const text = (layout) => JSON.stringify(plain(layout));

  function free(name) {
    const taken = new Set(held.layouts.map((layout) => layout.name));
    if (!taken.has(name)) return name;
    for (let number = 2; ; number += 1) {
      const next = name.slice(0, 35) + " " + number;
      if (!taken.has(next)) return next;
    }
  }

  async function ask(path, options) {
    try {
      const answer = await fetch(PATH + path, options);
      return { ok: answer.ok, body: await answer.json() };
    } catch (error) {
      return { ok: false, body: { detail: "The server does not answer. Try again." } };
    }
  }

  const post = (path, body) => ask(path, { method: "POST", body, headers: { "Content-Type": "application/json" } });

  // Everything that is wrong with a layout that came from elsewhere, as the server finds it.
  async function mistakes(json) {
    const { ok, body } = await post("?check=1", json);
    return ok ? body.mistakes : [body.detail];
  }

  async function through(bytes, Stream) {
    return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(new Stream("deflate-raw"))).arrayBuffer());
  }

  async function pack(layout) {
    const bytes = new TextEncoder().encode(text(layout));
    const packed = window.CompressionStream ? await through(bytes, CompressionStream) : bytes;
    const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
    return (window.CompressionStream ? "z" : "p") + letters.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  async function unpack(packed) {
    if (packed.length > MOST_LINK) throw new Error("too long");
    const bytes = Uint8Array.from(atob(packed.slice(1).replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    return new TextDecoder().decode(packed[0] === "z" ? await through(bytes, DecompressionStream) : bytes);
  }

  sb.workspaceBook = {
    load, keep, plain, free, mistakes, pack, unpack, named,
    all: () => held.layouts,
    current: () => held.layouts[held.current],
    place: () => held.current,
    go(place) {
      held.current = place;
      keep();
    },
    put(layout) {
      held.layouts.push(named(layout));
      held.current = held.layouts.length - 1;
      keep();
    },
    // Everything as it is now, to come back to.
    snapshot: () => JSON.stringify(held),
    restore(snapshot) {
      held = JSON.parse(snapshot);
      keep();
    },
    drop(place) {
      held.layouts.splice(place, 1);
      if (!held.layouts.length) held.layouts.push({ name: "Workspace 1", pair: {}, widgets: [] });
      held.current = Math.min(place, held.layouts.length - 1);
      keep();
    },
    isStored: (layout) => layout.stored === text(layout),
    async list() {
      return ask("");
    },
    async fetch(name) {
      return ask("/" + encodeURIComponent(name));
    },
    async store(layout, replace) {
      const sent = text(layout);
      const answer = await post("?replace=" + (replace ? "1" : "0"), sent);
      if (answer.ok) layout.stored = sent;
      keep();
      return answer;
    },
    async forget(name) {
      return ask("/" + encodeURIComponent(name), { method: "DELETE" });
    },
  };
})();

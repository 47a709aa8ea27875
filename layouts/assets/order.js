// The next and the previous pair: in the order of the list that its user came from, else of the board's pairs.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  let order = [];
  let known = { symbols: [], pairs: [] };

  // Symbols and pairs that can be opened; what was known before when the server does not answer.
  async function ask() {
    try {
      const answer = await fetch("/choices");
      if (answer.ok) known = await answer.json();
    } catch (error) {
      // The badge tells that the line is broken.
    }
    return known;
  }

  sb.order = {
    ask,
    take: (pairs) => (order = pairs),
    // The other settings of the page stay as they are.
    async step(by) {
      const pairs = order.length ? order : (await ask()).pairs;
      if (!pairs.length) return;
      const asked = new URLSearchParams(location.search);
      const place = pairs.findIndex(([y, x]) => y === asked.get("y") && x === asked.get("x"));
      const next = place < 0 ? (by > 0 ? 0 : pairs.length - 1) : (place + by + pairs.length) % pairs.length;
      const [y, x] = pairs[next];
      asked.set("y", y);
      asked.set("x", x);
      history.replaceState(history.state, "", "/pair?" + asked);
      window.dash_clientside.set_props("pair-address", { data: Object.fromEntries(asked) });
      sb.shell.say(y + " / " + x + " · " + (next + 1) + " of " + pairs.length);
    },
  };
})();

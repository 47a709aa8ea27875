// What the upload dialog shows: the first rows with what each column is, what was found in them, and what came of it.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const { number } = sb.format;
  const FAULTS = 100;
  const byId = (id) => document.getElementById(id);

  function element(tag, className, text, more) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return Object.assign(made, more);
  }

  const count = (n, one, many) => number(n, 0) + " " + (n === 1 ? one : many || one + "s");
  const minute = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  const roles = () => byId("upload-table").dataset.roles.split("|").map((pair) => pair.split("="));

  function length(ms) {
    const units = [["d", 86400000], ["h", 3600000], ["m", 60000], ["s", 1000], ["ms", 1]];
    const [name, size] = units.find((unit) => ms % unit[1] === 0);
    return ms / size + name;
  }

  function roleSelect(column, chosen, name) {
    const select = element("select", "", undefined, { ariaLabel: "What column " + (column + 1) + " is" + (name ? " (" + name + ")" : "") });
    select.dataset.column = column;
    select.append(element("option", "", "not read", { value: "" }));
    for (const [role, words] of roles()) select.append(element("option", "", words, { value: role }));
    select.value = chosen || "";
    return select;
  }

  function rowsTable(looks, columns) {
    const chosen = Object.fromEntries(Object.entries(columns).map(([role, at]) => [at, role]));
    const all = [...Array(looks.width).keys()];
    const head = document.createElement("thead");
    const kinds = document.createElement("tr");
    kinds.append(element("th", "", "Row"), ...all.map((at) => {
      const cell = element("th");
      cell.append(roleSelect(at, chosen[at], looks.names[at]));
      return cell;
    }));
    head.append(kinds);
    if (looks.names.length) {
      const names = document.createElement("tr");
      names.append(element("th"), ...looks.names.map((name) => element("th", "", name || "(no name)")));
      head.append(names);
    }
    const body = document.createElement("tbody");
    for (const row of looks.rows) {
      const line = document.createElement("tr");
      line.append(element("th", "", row.row), ...row.cells.map((text, at) => element("td", chosen[at] ? "" : "unread", text)));
      body.append(line);
    }
    byId("upload-table").replaceChildren(head, body);
  }

  function span(report) {
    const gaps = report.gap_count ? count(report.gap_bars, "bar is", "bars are") + " missing in " + count(report.gap_count, "gap") : "no gaps";
    return count(report.bars, "bar") + " of " + length(report.step_ms) + " from " + minute(report.first_ms) + " to " + minute(report.end_ms) + " UTC, " + gaps;
  }

  const longest = (report) => report.gaps.reduce((found, gap) => (!found || gap.bars > found.bars ? gap : found), null);

  function told(report) {
    const gap = longest(report);
    const line = gap && "Longest gap: " + count(gap.bars, "bar") + " from " + minute(gap.from_ms) + " to " + minute(gap.to_ms) + " UTC.";
    return [...(line ? [line] : []), ...report.notes].map((text) => element("p", "", text));
  }

  // The bad rows with their numbers; where there are many, the first of each kind.
  function faults(report) {
    if (!report.bad) return [];
    const list = element("ul");
    for (const fault of report.faults.slice(0, FAULTS)) list.append(element("li", "", "Row " + number(fault.row, 0) + ": " + fault.says));
    const kinds = Object.entries(report.kinds).map(([kind, times]) => kind + ": " + number(times, 0)).join("; ");
    const more = report.bad > list.children.length ? " The first of each kind:" : "";
    return [element("p", "bad", count(report.bad, "row") + " of " + number(report.rows, 0) + " cannot be used (" + kinds + ")." + more), list];
  }

  sb.uploadView = {
    element,
    count,
    length,
    minute,

    preview(answer, whole) {
      rowsTable(answer.looks, answer.plan.columns);
      const parts = [];
      if (answer.report) parts.push(element("p", "told", (whole ? "Read as " : "The beginning reads as ") + span(answer.report) + "."));
      if (answer.problem) parts.push(element("p", "bad", answer.problem));
      for (const text of answer.doubts) parts.push(element("p", "warn", text));
      if (answer.report) parts.push(...faults(answer.report), ...told(answer.report));
      const bar = answer.bars[0];
      if (bar) parts.splice(1, 0, element("p", "num", "First bar: " + bar.time.slice(0, 19).replace("T", " ") + " UTC  O " + bar.open + "  H " + bar.high + "  L " + bar.low + "  C " + bar.close + "  V " + (bar.volume === null ? "unknown" : bar.volume)));
      byId("upload-found").replaceChildren(...parts);
    },

    stored(body) {
      const frames = Object.entries(body.timeframes).map(([name, bars]) => name + " (" + number(bars, 0) + ")").join(", ");
      byId("upload-result").replaceChildren(
        element("p", "told", body.symbol + " is there: " + span(body.report) + "."),
        element("p", "", "Time frames, with their bars: " + frames + "."),
        ...told(body.report),
        ...faults(body.report),
      );
    },

    refused(body) {
      byId("upload-result").replaceChildren(element("p", "told", "Nothing was stored."), ...faults(body.report), ...told(body.report));
    },
  };
})();

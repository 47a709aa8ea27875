// The upload dialog: preview with every guess changeable, then one request with progress that can be cancelled.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const PATH = "/api/v1/uploads";
  const HEAD_BYTES = 262144;
  const MAX_BYTES = 256e6;
  const NAME = /^[A-Z0-9_\-]{2,32}$/;
  const SETTINGS = ["delimiter", "header", "decimal", "times", "stamp"];
  const SENT_SHARE = 0.5; // of the bar: sending, then reading
  const { element, count, minute } = sb.uploadView;
  let file = null;
  let columns = null;
  let seen = null;
  let held = [];
  let request = null;
  let asked = 0;

  const byId = (id) => document.getElementById(id);
  const field = (id) => byId(id).querySelector("input");
  const problem = (text) => sb.text("upload-problem", text);

  function step(name) {
    byId("upload").dataset.step = name;
    problem("");
  }

  function input(id, more) {
    if (!field(id)) byId(id).append(element("input", "", undefined, more));
    return field(id);
  }

  function open() {
    input("upload-file", { type: "file", accept: ".csv,.txt,.tsv,text/csv,text/plain" });
    input("upload-name", { type: "text", pattern: NAME.source.slice(1, -1), maxLength: 32, required: true, autocomplete: "off" });
    const zone = input("upload-zone", { type: "text", value: "UTC", autocomplete: "off" });
    if (!zone.list && Intl.supportedValuesOf) {
      const zones = element("datalist", "", undefined, { id: "upload-zones" });
      zones.append(...["UTC", ...Intl.supportedValuesOf("timeZone")].map((value) => element("option", "", undefined, { value })));
      byId("upload-zone").append(zones);
      zone.setAttribute("list", "upload-zones");
    }
    if (!byId("upload").open) byId("upload").showModal();
    if (byId("upload").dataset.step !== "send") step("choose");
    list();
  }

  async function list() {
    try {
      held = (await (await fetch(PATH)).json()).uploads;
    } catch (error) {
      return problem("The list of uploads cannot be read: the server does not answer.");
    }
    byId("upload-held").replaceChildren(...held.map(row));
  }

  function row(upload) {
    const line = element("li");
    const frames = Object.keys(upload.timeframes);
    const words = frames.join(", ") + " · " + minute(upload.first_ms) + " to " + minute(upload.end_ms) + " UTC · " + (upload.file || "no file name");
    const drop = element("button", "small-button", "Delete", { type: "button" });
    drop.addEventListener("click", () => forget(upload, drop));
    line.append(element("a", "", upload.symbol, { href: dataLink(upload) }), element("span", "note", words), drop);
    return line;
  }

  // Asked twice, since nothing brings it back.
  async function forget(upload, button) {
    if (button.textContent === "Delete") {
      button.textContent = "Delete for good?";
      return;
    }
    const answer = await fetch(PATH + "/" + upload.name, { method: "DELETE" });
    if (!answer.ok && answer.status !== 404) problem((await answer.json()).detail);
    list();
  }

  const shortest = (upload) => Object.keys(upload.timeframes)[0];
  const dataLink = (upload) => "/data?" + new URLSearchParams({ symbol: upload.symbol, tf: shortest(upload), view: "bars" });

  function choose(chosen) {
    if (!chosen) return;
    file = chosen;
    columns = null;
    seen = null;
    for (const name of SETTINGS) byId("upload-" + name).value = "auto";
    field("upload-name").value = file.name.replace(/\.[^.]*$/, "").toUpperCase().replace(/[^A-Z0-9_-]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 32);
    step("check");
    sb.text("upload-about", file.name + " · " + size(file.size));
    byId("upload-table").replaceChildren();
    byId("upload-found").replaceChildren(element("p", "", "Looking at it…"));
    if (file.size > MAX_BYTES) return refuse("The file is larger than 256 MB. Split it.");
    preview();
  }

  const size = (bytes) => (bytes < 1e6 ? sb.format.number(bytes / 1e3, 1) + " kB" : sb.format.number(bytes / 1e6, 1) + " MB");

  function settings() {
    const given = SETTINGS.map((name) => [name, byId("upload-" + name).value]).filter(([, value]) => value !== "auto");
    const chosen = columns ? [["columns", Object.entries(columns).map((pair) => pair.join(":")).join(",")]] : [];
    return [...given, ...chosen, ["zone", field("upload-zone").value.trim() || "UTC"]];
  }

  async function preview() {
    const mine = (asked += 1);
    const query = new URLSearchParams([["preview", "1"], ...settings()]);
    let answer, body;
    try {
      answer = await fetch(PATH + "?" + query, { method: "POST", body: file.slice(0, HEAD_BYTES) });
      body = await answer.json();
    } catch (error) {
      body = { detail: "The server does not answer, or the file cannot be read. Try again." };
    }
    if (mine !== asked) return;
    if (!answer || !answer.ok) return refuse(body.detail);
    problem("");
    seen = body;
    columns = columns && { ...body.plan.columns };
    for (const name of SETTINGS) {
      const guessed = name === "header" ? (body.plan.header ? "yes" : "no") : body.plan[name];
      const select = byId("upload-" + name);
      const words = [...select.options].find((option) => option.value === guessed);
      if (select.value === "auto") select.options[0].textContent = "as guessed: " + words.textContent;
    }
    sb.uploadView.preview(body, file.size <= HEAD_BYTES);
    ready();
  }

  function refuse(words) {
    seen = null;
    byId("upload-found").replaceChildren();
    problem(words);
    ready();
  }

  const taken = () => held.some((upload) => upload.name === field("upload-name").value);

  function ready() {
    byId("upload-go").disabled = !seen || Boolean(seen.problem) || !NAME.test(field("upload-name").value);
    sb.text("upload-go", taken() ? "Replace upload:" + field("upload-name").value : "Upload");
  }

  function send(more) {
    const query = new URLSearchParams([["progress", "1"], ["name", field("upload-name").value], ["file", file.name.slice(0, 120)], ["replace", taken() ? "1" : "0"], ...settings(), ...more]);
    step("send");
    moved(0, "Sending " + size(file.size) + "…");
    request = new XMLHttpRequest();
    request.open("POST", PATH + "?" + query);
    request.upload.addEventListener("progress", (event) => moved((SENT_SHARE * event.loaded) / event.total, "Sending: " + size(event.loaded) + " of " + size(event.total)));
    request.addEventListener("progress", () => reading(request.responseText));
    request.addEventListener("load", () => ended(request.responseText));
    request.addEventListener("error", () => failed("The line broke off. Nothing was stored; try again."));
    request.send(file);
  }

  function moved(share, words) {
    byId("upload-bar").style.width = 100 * share + "%";
    byId("upload-progress").setAttribute("aria-valuenow", Math.round(100 * share));
    sb.text("upload-doing", words);
  }

  const lines = (text) => text.trim().split("\n").filter(Boolean);

  function reading(text) {
    const { rows } = JSON.parse(lines(text.slice(0, text.lastIndexOf("\n"))).at(-1) || "{}");
    if (!rows || !seen.report) return;
    const expected = Math.max(rows, (seen.report.rows * file.size) / Math.min(file.size, HEAD_BYTES));
    moved(SENT_SHARE + (1 - SENT_SHARE) * Math.min(1, rows / expected), "Reading: " + count(rows, "row"));
  }

  function failed(words) {
    step("check");
    problem(words);
  }

  function ended(text) {
    const last = JSON.parse(lines(text).at(-1));
    const { status, body } = last.body ? last : { status: last.status, body: last };
    if (status !== 201 && !body.report) return failed(body.detail);
    step("done");
    byId("upload-links").replaceChildren();
    if (status === 201) stored(body);
    else badRows(body);
  }

  function stored(body) {
    sb.uploadView.stored(body);
    const links = [element("a", "", "Open it on the Data page", { href: dataLink(body) })];
    const other = held.find((each) => each.symbol !== body.symbol && Object.keys(each.timeframes).some((name) => body.timeframes[name]));
    const tf = other && Object.keys(body.timeframes).find((name) => other.timeframes[name]);
    if (other) links.push(element("a", "", "Pair it with " + other.symbol, { href: "/pair?" + new URLSearchParams({ y: body.symbol, x: other.symbol, tf }) }));
    else links.push(element("span", "note", "A second upload makes a pair with it."));
    byId("upload-links").append(...links);
    list();
  }

  function badRows(body) {
    sb.uploadView.refused(body);
    const skip = element("button", "offer", "Leave out " + (body.report.bad === 1 ? "this row" : "these " + count(body.report.bad, "row")) + " and upload", { type: "button" });
    skip.addEventListener("click", () => send([["skip_bad", "1"]]));
    byId("upload-links").append(skip);
  }

  function cancel() {
    if (request) request.abort();
    request = null;
    step("check");
  }

  // A role belongs to one column: the one that was chosen last.
  function assign(select) {
    const at = Number(select.dataset.column);
    const kept = Object.entries(columns || seen.plan.columns).filter(([role, column]) => column !== at && role !== select.value);
    columns = Object.fromEntries(select.value ? [...kept, [select.value, at]] : kept);
    preview();
  }

  document.addEventListener("click", function (event) {
    const hit = (id) => event.target.closest("#" + id);
    if (hit("upload-open")) open();
    if (hit("upload-close")) byId("upload").close();
    if (hit("upload-back") || hit("upload-again")) open();
    if (hit("upload-go")) send([]);
    if (hit("upload-cancel")) cancel();
  });
  document.addEventListener("change", function (event) {
    if (!event.target.closest("#upload")) return;
    if (event.target.type === "file") choose(event.target.files[0]);
    else if (event.target.dataset.column) assign(event.target);
    else if (event.target === field("upload-name")) ready();
    else preview();
    if (event.target.type === "file") event.target.value = "";
  });
  document.addEventListener("input", (event) => byId("upload-name") && event.target === field("upload-name") && ready());

  // A file may be dropped anywhere on the page.
  document.addEventListener("dragover", function (event) {
    if (!byId("upload") || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    byId("upload-drop").classList.add("over");
  });
  document.addEventListener("drop", function (event) {
    if (!byId("upload") || !event.dataTransfer.files.length) return;
    event.preventDefault();
    byId("upload-drop").classList.remove("over");
    if (byId("upload").dataset.step === "send") return;
    open();
    choose(event.dataTransfer.files[0]);
  });
})();

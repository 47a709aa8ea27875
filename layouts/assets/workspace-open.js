// Workspaces that come from elsewhere: in a link, from a file, or from the server by name.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  const MOST_SAID = 12;

  const book = () => sb.workspaceBook;

  // A layout from a link, a file or the server: checked as a whole before any of it is shown.
  async function receive(json, whence) {
    const wrong = await book().mistakes(json);
    if (wrong.length) return sb.workspace.problem(whence + " cannot be used. " + wrong.slice(0, MOST_SAID).join(" ") + (wrong.length > MOST_SAID ? " And " + (wrong.length - MOST_SAID) + " more." : ""));
    sb.workspace.problem("");
    const found = JSON.parse(json);
    for (const widget of found.widgets) widget.set = widget.set || {};
    delete found.version;
    sb.workspace.take(found);
    sb.workspace.said("Opened " + book().current().name);
  }

  async function fromServer(name) {
    const { ok, body } = await book().list();
    if (!ok) return sb.workspace.problem(body.detail);
    if (!body.workspaces.some((each) => each.name === name)) return sb.workspace.problem("There is no workspace “" + name.slice(0, 60) + "” on the server. Open lists those that there are.");
    const found = await book().fetch(name);
    if (!found.ok) return sb.workspace.problem(found.body.detail);
    const { version, ...rest } = found.body;
    sb.workspace.take({ ...rest, widgets: rest.widgets.map((widget) => ({ set: {}, ...widget })) }, JSON.stringify(book().plain(rest)));
  }

  async function arrive(address) {
    const packed = sb.workspace.linked() && location.hash.slice(location.hash.indexOf("=") + 1);
    const unknown = Object.keys(address).filter((name) => name !== "name");
    if (unknown.length) sb.workspace.problem("`" + unknown[0].slice(0, 40) + "` is not a setting of this page; known is `name`.");
    if (packed) {
      try {
        await receive(await book().unpack(packed), "The workspace in the link");
      } catch (error) {
        sb.workspace.problem("The link does not hold a whole workspace. Copy it again.");
      }
    } else if (address.name) await fromServer(address.name);
  }

  // A link to another workspace, opened where one is shown.
  addEventListener("hashchange", async () => {
    if (!document.getElementById("workspace-grid") || !sb.workspace.opened() || !sb.workspace.linked()) return;
    await arrive({});
    sb.workspace.locate();
  });

  sb.workspaceOpen = { arrive, receive, fromServer };
})();

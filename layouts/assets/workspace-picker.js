// The dialog that adds widgets to the workspace: every kind by its page, found by any of its words.
(function () {
  "use strict";
  const sb = (window.sb = window.sb || {});
  let added = 0;

  const byId = (id) => document.getElementById(id);
  const element = (...parts) => sb.workspaceView.element(...parts);
  const about = () => sb.workspaceView.about();

  // Every widget by its page, those whose words hold all that is searched for.
  function open() {
    if (!byId("workspace-search").firstChild) {
      const field = element("input", "", "", { type: "text", placeholder: "Search widgets", autocomplete: "off" });
      field.setAttribute("aria-label", "Search widgets");
      field.addEventListener("input", () => list(field.value));
      field.addEventListener("keydown", (event) => {
        const first = event.key === "Enter" && byId("workspace-kinds").querySelector("button");
        if (first) first.click();
      });
      byId("workspace-search").append(field);
    }
    added = 0;
    sb.text("workspace-picked", "");
    byId("workspace-search").firstChild.value = "";
    list("");
    byId("workspace-picker").showModal();
    byId("workspace-search").firstChild.focus();
  }

  function list(search) {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const found = about().kinds.filter(({ title, help, page }) => words.every((word) => (title + " " + help + " " + page).toLowerCase().includes(word)));
    const groups = [...new Set(found.map(({ page }) => page))].map((page) => {
      const group = element("section", "kinds");
      group.append(element("h3", "", page), ...found.filter((each) => each.page === page).map(kind));
      return group;
    });
    byId("workspace-kinds").replaceChildren(...(groups.length ? groups : [element("p", "note", "No widget has all of these words.")]));
  }

  function kind({ kind: name, title, help }) {
    const button = element("button", "kind", "", { type: "button" });
    button.append(element("strong", "", title), element("span", "", help));
    button.addEventListener("click", () => {
      if (sb.workspace.widgets().length >= about().limits.widgets) return sb.text("workspace-picked", "A workspace holds " + about().limits.widgets + " widgets: remove one first");
      sb.workspace.add(name);
      added += 1;
      sb.text("workspace-picked", "Added " + title + (added > 1 ? ", " + added + " in all" : ""));
    });
    return button;
  }

  document.addEventListener("click", function (event) {
    if (event.target.closest("#workspace-picker-close") || event.target.id === "workspace-picker") byId("workspace-picker").close();
  });

  document.addEventListener("keydown", function (event) {
    const typing = event.target.closest("input:not([type=radio]), textarea, select, .dash-dropdown-content, dialog");
    if (event.key !== "a" || typing || event.ctrlKey || event.metaKey || event.altKey || !byId("workspace-grid") || !about()) return;
    event.preventDefault();
    if (!byId("workspace-add").disabled) open();
  });

  sb.workspacePicker = { open };
})();

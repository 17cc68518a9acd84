"use strict";
// Lets the reader sort, filter and save the tables of figures.
/* global FIGURES, element -- charts.js, page.js */

const FILTERED = 8; // rows from which a filter is offered

function equip(panel) {
  const { columns, rows } = FIGURES[panel.id];
  const body = panel.querySelector("tbody");
  const lines = [...body.rows];
  const values = new Map(lines.map((line, place) => [line, rows[place]]));
  const heads = [...panel.querySelectorAll("thead th")];
  for (const [place, head] of heads.entries()) {
    const button = element("button", { type: "button", class: "sort" }, ...head.childNodes);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...lines.sort((one, other) =>
        compared(values.get(one)[place], values.get(other)[place], down ? -1 : 1)));
    });
    head.append(button);
  }
  const tools = element("div", { class: "tools" });
  if (lines.length >= FILTERED) {
    const filter = element("input", { type: "search", placeholder: "Filter rows", "aria-label": "Filter rows" });
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const line of lines) line.hidden = !line.textContent.toLowerCase().includes(wanted);
    });
    tools.append(filter);
  }
  const save = element("button", { type: "button" }, "Download CSV");
  save.addEventListener("click", () => saveAs(`${panel.id}.csv`, csvOf(columns, rows)));
  tools.append(save);
  panel.querySelector(".scroll").before(tools);
}

// Numbers by size, others as text; what is not there is last, either way.
function compared(one, other, sign) {
  if (one === null || other === null) return (one === null) - (other === null);
  const isNumber = typeof one === "number";
  return sign * (isNumber ? one - other : String(one).localeCompare(String(other), "en", { numeric: true }));
}

// The names of the query's columns and its values, as they are.
function csvOf(columns, rows) {
  const cell = (value) => value === null ? "" : /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  return [columns.map((one) => one.name), ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

function saveAs(name, text) {
  const link = element("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
  link.click();
  URL.revokeObjectURL(link.href);
}

for (const panel of document.querySelectorAll(".panel")) {
  if (panel.id in FIGURES && panel.querySelector("tbody")) equip(panel);
}

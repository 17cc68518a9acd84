"use strict";
// Draws what is made from what: a column of tables for each schema, and lines between them.
/* global Plot, d3 -- charts.js */

const TABLES = JSON.parse(document.getElementById("lineage").textContent);
const [COLUMN, ROW] = [196, 22]; // pixels

function drawLineage(place) {
  const layers = d3.groups(TABLES, (one) => one.schema);
  const at = new Map(layers.flatMap(([, own], column) => own.map(({ name }, row) => [name, { column, row }])));
  const ties = TABLES.flatMap(({ name, inputs }) => inputs.filter((one) => at.has(one)).map((from) => ({ from, to: name })));
  const isWithin = ({ from, to }) => at.get(from).column === at.get(to).column;
  const isDown = ({ from, to }) => at.get(from).row < at.get(to).row;
  const across = ties.filter((tie) => !isWithin(tie));
  const [down, up] = [true, false].map((wanted) => ties.filter((tie) => isWithin(tie) && isDown(tie) === wanted));
  const end = (room) => (name) => at.get(name).column + room;
  const ends = (room) => ({
    x1: ({ from }) => end(0.8)(from), y1: ({ from }) => at.get(from).row, x2: ({ to }) => end(room)(to), y2: ({ to }) => at.get(to).row,
    stroke: "var(--rule)", className: "ties",
  });
  const most = d3.max(layers, ([, own]) => own.length);
  const drawn = Plot.plot({
    className: "plot", width: COLUMN * layers.length, height: ROW * (most + 2), margin: 4, style: { fontSize: "12px", background: "none" },
    x: { axis: null, domain: [0, layers.length] }, y: { axis: null, domain: [most, -1.5] },
    marks: [
      Plot.link(across, { ...ends(-0.02), curve: "bump-x" }),
      ...[[down, 45], [up, -45]].map(([some, bend]) => Plot.arrow(some, { ...ends(0.8), bend, headLength: 0 })),
      Plot.text(layers, { x: (_, column) => column, y: -1, text: "0", textAnchor: "start", fontWeight: "bold", fontSize: 14 }),
      Plot.text(TABLES, { x: ({ name }) => end(0)(name), y: ({ name }) => at.get(name).row, text: ({ name }) => name.split(".").at(-1),
        textAnchor: "start", fill: "var(--ink)", title: ({ name, title }) => `${name}: ${title}`, className: "tables" }),
    ],
  });
  drawn.style.maxWidth = "none"; // its place scrolls
  drawn.setAttribute("role", "group");
  for (const one of drawn.querySelectorAll("[aria-label]")) one.removeAttribute("aria-label");
  drawn.setAttribute("aria-label", "Tables: what each is made from");
  const nodes = new Map(d3.zip(TABLES.map((one) => one.name), [...drawn.querySelectorAll(".tables text")]));
  const lines = d3.zip([...across, ...down, ...up], [...drawn.querySelectorAll(".ties path")]);
  for (const [name, node] of nodes) {
    node.setAttribute("tabindex", 0);
    node.dataset.table = name;
    const light = (isOn) => {
      for (const [{ from, to }, line] of lines.filter(([tie]) => [tie.from, tie.to].includes(name))) {
        for (const one of [line, nodes.get(from), nodes.get(to)]) one.classList.toggle("on", isOn);
      }
    };
    for (const event of ["focus", "mouseenter"]) node.addEventListener(event, () => light(true));
    for (const event of ["blur", "mouseleave"]) node.addEventListener(event, () => light(false));
  }
  place.replaceChildren(drawn);
}

if (window.Plot) drawLineage(document.querySelector(".lineage"));

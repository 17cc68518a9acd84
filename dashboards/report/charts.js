"use strict";
// Draws each figure of a page with Observable Plot, as the head of its SQL file declares it.
/* global Plot, d3 */

const FIGURES = JSON.parse(document.getElementById("figures").textContent);
const DATE = /^\d{4}-\d\d-\d\d$/;
const LETTER = 7; // the width of one, about, in pixels
const CATEGORIES = [1, 2, 3, 4, 5, 0].map((number) => `var(--c${number})`);

// A value as FigureColumn.shown of plainscore/show/figures.py says it.
function shown({ times, decimals }, value) {
  if (value === null) return "\u2013";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "number") return value;
  const digits = decimals === null ? { maximumSignificantDigits: 4 }
    : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const format = new Intl.NumberFormat("en", { ...digits, signDisplay: "negative", roundingMode: "halfEven" });
  return format.format((value * times).toFixed(20)); // with all its digits, so that it is rounded as in Python
}

const withUnit = (column, value) => `${shown(column, value)}${column.unit && value !== null ? ` ${column.unit}` : ""}`;
// With a sign of its unit, where that is short.
const brief = (column, value) => `${shown(column, value)}${/^%/.test(column.unit) && value !== null ? " %" : ""}`;
const titled = ({ heading, unit }) => unit && unit !== heading ? `${heading} (${unit})` : heading;
const distinct = (values) => [...new Set(values)];
const longest = (texts) => d3.max(texts, (one) => String(one).length) ?? 0;
const STEPS = [1, 2, 3, 4, 5].map((number) => `var(--step-${number})`);

// A colour for each of so many ordered names, from the lowest to the highest.
function ramp(count) {
  return d3.range(count).map((place) => {
    const at = count > 1 ? (STEPS.length - 1) * place / (count - 1) : STEPS.length - 1;
    const below = Math.min(Math.floor(at), STEPS.length - 2);
    const share = Math.round(100 * (at - below));
    return `color-mix(in oklab, ${STEPS[below + 1]} ${share}%, ${STEPS[below]})`;
  });
}
const isEnd = (names, name) => name === names[0] || name === names.at(-1);

// What the charts draw: a point for each row and value, with everything that its row says as a tip.
function pointsOf({ columns, rows, chart }) {
  const place = Object.fromEntries(columns.map((one, number) => [one.name, number]));
  const scaled = (row, name) => {
    const value = name ? row[place[name]] : null;
    return typeof value === "number" ? value * columns[place[name]].times : null;
  };
  return rows.flatMap((row) => chart.values.map((name) => ({
    name, heading: columns[place[name]].heading, label: row[place[chart.label]],
    series: chart.series ? row[place[chart.series]] : columns[place[name]].heading,
    panel: chart.panel ? row[place[chart.panel]] : "",
    choice: chart.choice ? row[place[chart.choice]] : "", said: chart.said ? row[place[chart.said]] : "",
    value: scaled(row, name), low: scaled(row, chart.low), high: scaled(row, chart.high),
    limit: scaled(row, chart.limit), isMarked: chart.marked ? row[place[chart.marked]] : undefined,
    to: chart.to ? row[place[chart.to]] : null,
    text: brief(columns[place[chart.text || name]], row[place[chart.text || name]]),
    tip: columns.map((one, number) => `${one.heading}: ${withUnit(one, row[number])}`).join("\n"),
  })));
}

// Texts of the same place move apart, up and down.
const apart = (options) => Plot.initializer(options, (data, facets, { y }, scales) => {
  const at = Array.from(y.value, (one) => scales.y(one));
  for (const facet of facets) {
    const order = d3.sort(facet, (one) => at[one]);
    for (let place = 1; place < order.length; place += 1) {
      at[order[place]] = Math.max(at[order[place]], at[order[place - 1]] + 14);
    }
  }
  return { data, facets, channels: { y: { value: at } } };
});

// Rows of labels at the left, values to the right.
function rowsOf(points, { width, unit, label = "label", tall = 26, right = 64 }) {
  const labels = distinct(points.map((one) => one[label]));
  const wanted = 16 + LETTER * longest(labels);
  const room = Math.min(0.4 * width, wanted);
  const isWrapped = room < wanted;
  const lines = Math.ceil(1.3 * LETTER * longest(labels) / (room - 14));
  return {
    height: 56 + labels.length * (isWrapped ? Math.max(tall, 8 + 14 * lines) : tall),
    marginLeft: room, marginRight: right, marginBottom: 40,
    x: { insetLeft: 8 + LETTER * longest(points.filter((one) => one.value < 0).map((one) => one.text)), label: unit, labelAnchor: "center", labelArrow: "none", grid: true, nice: true, ticks: Math.max(2, Math.min(8, (width - room - right) / 80)) },
    y: { type: "band", domain: labels, label: null, padding: 0.25 },
    axis: Plot.axisY({ lineWidth: isWrapped ? Math.max(4, (room - 14) / 14) : Infinity, tickSize: 0, label: null }),
  };
}

// What the reader chooses: buttons for a few values, a slider for more.
function chooser(figure, place, choices, chosen) {
  const { heading, unit } = figure.columns.find((one) => one.name === figure.chart.choice);
  const redraw = (number) => {
    place.dataset.choice = number;
    drawFigure(place, Number(place.dataset.width));
  };
  const name = unit && unit !== heading ? `${heading} (${unit})` : heading;
  if (choices.length > 3) {
    const slider = element("input", { type: "range", min: 0, max: choices.length - 1, value: chosen, "aria-label": name, "aria-valuetext": choices[chosen] });
    const shownChoice = element("b", {}, choices[chosen]);
    slider.addEventListener("input", () => {
      slider.setAttribute("aria-valuetext", choices[slider.value]);
      shownChoice.textContent = choices[slider.value];
      redraw(slider.value);
    });
    return element("div", { class: "choice" }, `${name}: `, shownChoice, slider);
  }
  return element("fieldset", { class: "choice" }, element("legend", {}, name), ...choices.map((choice, number) => {
    const button = element("input", { type: "radio", name: `${place.dataset.figure}-choice`, ...(number === chosen && { checked: "" }) });
    button.addEventListener("change", () => redraw(number));
    return element("label", {}, button, choice);
  }));
}

const KINDS = {
  // Values over dates, or other labels in their order, each line named at its end.
  lines(points, { width, unit, names }) {
    const isDates = points.every((one) => DATE.test(one.label));
    const x = isDates ? (one) => new Date(one.label) : "label";
    const labels = distinct(points.map((one) => one.label));
    if (labels.length === 1) return KINDS.dots(points.map((one) => ({ ...one, label: one.series })), { width, unit, names: labels });
    const every = Math.ceil(labels.length / Math.max(1, Math.floor((width - 140) / 84)));
    const ticks = labels.filter((_, place) => place % every === 0);
    const right = Math.min(0.4 * width, 20 + LETTER * longest(names));
    return {
      height: Math.min(320, 0.8 * width), marginTop: 32, marginLeft: 52, marginRight: right,
      x: { type: isDates ? "utc" : "point", label: null, ticks: isDates ? ticks.map((one) => new Date(one)) : ticks,
        ...(isDates && { tickFormat: d3.utcFormat("%Y-%m-%d") }) },
      y: { label: unit, labelArrow: "none", grid: true, nice: true, ticks: 5 },
      color: { domain: names, range: CATEGORIES },
      marks: [
        Plot.lineY(points, { x, y: "value", z: "series", stroke: "series", strokeWidth: 2, marker: "dot" }),
        Plot.text(points, apart(Plot.selectLast({
          x, y: "value", z: "series", text: "series", fill: "series", textAnchor: "start", dx: 9,
          lineWidth: Math.max(4, (right - 9) / 12), textOverflow: "ellipsis",
        }))),
        Plot.tip(points, Plot.pointer({ x, y: "value", title: "tip" })),
      ],
    };
  },

  // Bars over numbers in the colours of ordered bands; above them each gate, and who is just short.
  distribution(points, { width, unit, names, xUnit, gates }) {
    const [now, before] = d3.groups(points, (one) => one.name).map(([, own]) => own);
    const starts = d3.sort(distinct(points.map((one) => one.label)));
    const step = d3.min(d3.pairs(starts), ([one, other]) => other - one) ?? 1;
    const earlier = d3.rollups(before.filter((one) => one.value !== null), (own) => d3.sum(own, (one) => one.value), (one) => one.label);
    const [low, high] = [starts[0], starts.at(-1) + step];
    const lanes = gates.filter(([gate]) => low < gate && gate < high);
    const top = 12 + 16 * lanes.length;
    const drawnGates = lanes.flatMap(([gate, opens, short], place) => {
      const room = (high - gate) / (high - low) * (width - 70) / LETTER;
      const many = `${opens.split(", ").length} benefits`;
      const near = short.toLocaleString("en");
      const texts = [...[opens, many].map((one) => `${gate} opens ${one}; ${near} people just short`), `${gate}: ${near} just short`];
      const text = texts.find((one) => one.length < room); // else at the left, in short
      const lift = 16 * (lanes.length - place);
      return [
        Plot.ruleX([gate], { stroke: "var(--ink)", strokeDasharray: "2 3", insetTop: 8 - lift }),
        Plot.text([gate], { x: [gate], frameAnchor: "top", dy: 6 - lift, dx: text ? 4 : -4, textAnchor: text ? "start" : "end",
          text: [text ?? texts.at(-1)] }),
      ];
    });
    return {
      height: Math.min(300, 0.7 * width) + top, marginTop: top, marginLeft: 48, marginBottom: 40,
      x: { label: xUnit, labelAnchor: "center", labelArrow: "none", ticks: width / 80, domain: [low, high] },
      y: { label: unit, labelArrow: "none", grid: true, nice: true, ticks: 5 },
      color: { domain: names, range: ramp(names.length), legend: true },
      marks: [
        Plot.rectY(now, { x1: "label", x2: (one) => one.label + step, y: "value", fill: "series", inset: 0.5, title: "tip", tip: true }),
        Plot.lineY(earlier, { x: ([start]) => start + step / 2, y: ([, share]) => share, stroke: "var(--ink)", strokeDasharray: "5 3" }),
        Plot.ruleY([0]), ...drawnGates,
      ],
    };
  },

  // Shares that add up, a row for each label; the series are ordered.
  stack(points, { width, unit, names }) {
    const { axis, ...options } = rowsOf(points, { width, unit, right: 16 });
    const most = d3.max(d3.rollup(points, (own) => d3.sum(own, (one) => one.value), (one) => one.label).values());
    const fits = (one) => one.value / most * (width - 120) > LETTER * one.text.length + 6;
    return {
      ...options, x: { ...options.x, grid: false, nice: false }, y: { ...options.y, padding: 0.12 },
      color: { domain: names, range: ramp(names.length), legend: true },
      marks: [
        axis, Plot.barX(points, { x: "value", y: "label", fill: "series", title: "tip", tip: true }),
        Plot.text(points, Plot.stackX({ x: "value", y: "label", z: "series", fill: (one) => isEnd(names, one.series) ? "var(--paper)" : "var(--ink)",
          text: (one) => fits(one) ? one.text : "" })),
      ],
    };
  },

  // A bar for each label, of several values one after the other; a tick where the limit is.
  bars(points, { width, unit, names }) {
    const { axis, ...options } = rowsOf(points, { width, unit });
    const isMany = names.length > 1;
    return {
      ...options, color: isMany ? { domain: names, range: CATEGORIES, legend: true } : {},
      marks: [
        axis,
        Plot.barX(points, { x: "value", y: "label", fill: isMany ? "series" : (one) => one.isMarked === false ? "var(--rest)" : "var(--c1)",
          title: "tip", tip: true }),
        Plot.ruleX([0]), ...limits(points), ...endTexts(points),
      ],
    };
  },

  // A dot for each value of a label, joined; or one dot with its interval.
  dots(points, { width, unit, names }) {
    const { axis, ...options } = rowsOf(points, { width, unit });
    const isMany = names.length > 1;
    const fill = isMany ? "series" : (one) => one.isMarked === false ? "var(--soft)" : "var(--c1)";
    return {
      ...options, x: { ...options.x, zero: isMany },
      color: isMany ? { domain: names, range: CATEGORIES, legend: true } : {},
      marks: [
        axis, ...(d3.min(points, (one) => one.low ?? one.value) < 0 ? [Plot.ruleX([0])] : []),
        ...(isMany ? [Plot.ruleY(points, Plot.groupY({ x1: "min", x2: "max" }, { x1: "value", x2: "value", y: "label", stroke: "var(--soft)", strokeWidth: 2 }))]
          : [Plot.ruleY(points, { x1: "low", x2: "high", y: "label", stroke: fill, strokeWidth: 2 })]),
        ...limits(points), Plot.dot(points, { x: "value", y: "label", fill, r: 5, title: "tip", tip: true }), ...endTexts(points),
      ],
    };
  },

  // A row for each series with a dot for each label, the last of them large and named.
  strip(points, { width, unit }) {
    const { axis, ...options } = rowsOf(points, { width, unit, label: "series", tall: 20, right: 64 });
    const last = points.filter((one) => one.label === points.at(-1).label);
    return {
      ...options,
      marks: [
        axis, Plot.dot(points, { x: "value", y: "series", r: 3, fill: "var(--soft)", fillOpacity: 0.5 }),
        Plot.dot(last, { x: "value", y: "series", r: 5, fill: "var(--c1)" }),
        Plot.text(last, { frameAnchor: "right", y: "series", text: "text", textAnchor: "start", dx: 8 }),
        Plot.tip(points, Plot.pointer({ x: "value", y: "series", title: "tip" })),
      ],
    };
  },

  // A cell for each label and series, darker where the value is larger.
  cells(points, { width, names, title }) {
    const { axis, ...options } = rowsOf(points, { width, tall: 30, right: 8 });
    const isNumbers = points.some((one) => one.value !== null);
    const word = Math.min(110, 6 + LETTER * longest([...names.flatMap((one) => String(one).split(" ")), ...points.map((one) => one.text)]));
    const wide = Math.max(word, (width - options.marginLeft - 8) / names.length);
    const lines = Math.ceil(Math.min(4, 1.5 * LETTER * longest(names) / wide));
    return {
      ...options, width: options.marginLeft + 8 + wide * names.length,
      height: options.height + 14 * lines, marginTop: 12 + 14 * lines, marginBottom: 24, caption: isNumbers ? title : undefined,
      x: { type: "band", domain: names, label: null, padding: 0.04 }, y: { ...options.y, padding: 0.08 },
      color: { type: "linear", interpolate: (share) => `color-mix(in oklab, var(--c1) ${Math.round(4 + 46 * share)}%, var(--paper))` },
      marks: [
        axis, Plot.axisX({ anchor: "top", tickSize: 0, label: null, lineWidth: wide / 14 }),
        Plot.cell(points, { x: "series", y: "label", title: "tip", tip: true,
          stroke: (one) => isNumbers && one.isMarked ? "var(--c2)" : "none", strokeWidth: 2, fill: isNumbers ? "value" : (one) => one.isMarked ? "var(--warn-paper)" : "var(--tint)" }),
        Plot.text(points, { x: "series", y: "label", text: (one) => one.text.replace(" %", "") }),
      ],
    };
  },

  // People on a circle in their order and lines between them; whoever has a series stands inside.
  graph(points, { width }) {
    const people = points.filter((one) => one.to === null);
    const around = people.filter((one) => !one.series);
    const places = new Map(people.map((one) => [one.label, [0, 0]]));
    for (const [number, { label }] of around.entries()) {
      const angle = 2 * Math.PI * number / around.length;
      places.set(label, [Math.sin(angle), Math.cos(angle)]);
    }
    const [x, y] = [0, 1].map((axis) => (end) => (one) => places.get(one[end])[axis]);
    const side = Math.min(width, 300);
    const isFilled = (one) => one.isMarked !== false;
    return {
      width, height: side, margin: 16, x: { axis: null, domain: [-width / side, width / side] }, y: { axis: null, domain: [-1, 1] },
      marks: [
        Plot.link(points.filter((one) => one.to !== null), { x1: x("label"), y1: y("label"), x2: x("to"), y2: y("to"), stroke: "var(--rest)", strokeOpacity: 0.6 }),
        Plot.dot(people, { x: x("label"), y: y("label"), r: (one) => one.series ? 9 : 6, stroke: "var(--c1)", strokeWidth: 2,
          fill: (one) => isFilled(one) ? "var(--c1)" : "var(--paper)", title: "tip", tip: true }),
        Plot.text(people.filter((one) => one.series), { x: x("label"), y: y("label"), text: "series", dy: -16, stroke: "var(--paper)", strokeWidth: 4, fill: "var(--ink)" }),
      ],
      r: { type: "identity" },
    };
  },
};

const limits = (points) => points.some((one) => one.limit !== null)
  ? [Plot.tickX(points, { x: "limit", y: "label", stroke: "var(--c2)", strokeWidth: 3 })] : [];

// The values of each row, the highest at its right; the lowest at its left where there are several.
function endTexts(points) {
  const known = points.filter((one) => one.value !== null);
  const rows = d3.groups(known, (one) => one.label).map(([, own]) => d3.sort(own, (one) => one.value));
  const most = d3.max(known, (one) => Math.max(one.value, one.limit ?? 0));
  // Beyond a tick that the text would cover.
  const isNear = ({ value, limit }) => limit !== null && value <= limit && limit - value < 0.36 * most;
  const end = (one) => isNear(one) ? one.limit : one.high ?? one.value;
  const texts = (own, x, sign) => Plot.text(own, { x, y: "label", text: "text", textAnchor: sign > 0 ? "start" : "end", dx: 9 * sign,
    stroke: "var(--paper)", strokeWidth: 4, fill: "var(--ink)" });
  return [
    texts(rows.filter((own) => own.length > 1 || own[0].value >= 0).map((own) => own.at(-1)), end, 1),
    texts(rows.filter((own) => own.length > 1 || own[0].value < 0).map((own) => own[0]), (one) => one.low ?? one.value, -1),
  ];
}

function chartOf(figure, points, width, everyone = points) {
  const { columns, chart } = figure;
  const column = columns.find((one) => one.name === chart.values[0]);
  const units = distinct(chart.values.map((name) => columns.find((one) => one.name === name).unit));
  const about = {
    width, names: distinct(points.map((one) => one.series)), title: titled(column), gates: figure.gates?.rows ?? [],
    xUnit: titled(columns.find((one) => one.name === chart.label)),
    unit: chart.values.length > 1 ? units.join(", ") : titled(column),
  };
  const options = KINDS[chart.kind](points, about);
  // The scale of all that can be chosen, so that what moves is the values.
  if (chart.choice) options.x = { ...options.x, domain: d3.extent([0, ...everyone.flatMap((one) => [one.value, one.low, one.high, one.limit])]) };
  const drawn = Plot.plot({
    width, style: { fontSize: "12px", background: "none", overflow: "visible" }, className: "plot",
    ariaLabel: `${figure.title}: ${about.unit}; the table has the numbers.`, ...options,
  });
  const svg = drawn.matches("svg") ? drawn : drawn.querySelector(":scope > svg");
  svg.setAttribute("role", "img");
  if (svg.width.baseVal.value > width) svg.style.maxWidth = "none"; // its place scrolls
  for (const one of svg.querySelectorAll("[aria-label]")) one.removeAttribute("aria-label"); // of an image's parts
  return drawn;
}

// Draws a figure into its place, as wide as that is; a chart for each of its panels, if it has some.
function drawFigure(place, width) {
  const figure = FIGURES[place.dataset.figure];
  place.dataset.width = width;
  const everyone = pointsOf(figure);
  const choices = distinct(everyone.map((one) => one.choice));
  const chosen = Number(place.dataset.choice ?? 0);
  const panels = d3.groups(everyone.filter((one) => one.choice === choices[chosen]), (one) => one.panel);
  const across = Math.min(panels.length, Math.max(1, Math.floor(width / 420)));
  place.style.gridTemplateColumns = `repeat(${across}, minmax(0, 1fr))`;
  place.replaceChildren(...panels.map(([panel, points]) => {
    const drawn = chartOf(figure, points, Math.floor(width / across) - (across > 1 ? 16 : 0), everyone);
    return element("div", {}, ...(panel ? [element("h4", {}, panel)] : []), drawn);
  }));
  if (figure.chart.choice) {
    if (!place.previousElementSibling) place.before(element("div", {}, chooser(figure, place, choices, chosen), element("p", { role: "status" })));
    place.previousElementSibling.lastChild.textContent = panels[0][1][0].said;
  }
  place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1;
}

// Of a page that is not shown nothing is drawn, until it is shown or printed.
const places = [...document.querySelectorAll("[data-figure]")];
const fitted = new ResizeObserver((seen) => {
  for (const { target, contentRect } of seen) {
    const width = Math.floor(contentRect.width);
    if (width && Number(target.dataset.width) !== width) drawFigure(target, width);
  }
});
if (window.Plot) {
  for (const place of places) fitted.observe(place);
  window.addEventListener("beforeprint", () => {
    for (const place of places) if (!place.dataset.width) drawFigure(place, 640);
  });
}

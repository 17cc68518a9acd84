"use strict";
// Draws one explained person, for the report and for the site alike. ``told``: what holds for
// everybody of the snapshot. All text is set as text: no id can be markup.

const SVG = "http://www.w3.org/2000/svg";
const MISSING = "missing";

function element(name, attributes = {}, ...children) {
  const made = ["svg", "g", "line", "circle", "path", "text", "title"].includes(name)
    ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    // As an attribute, a strict content security policy would refuse it.
    if (key === "style") made.style.cssText = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const words = (name) => name.replaceAll("_", " ");
const signed = (points) => (points > 0 ? "+" : "") + points;
const shownValue = (value, unit) => value === null
  ? MISSING : `${Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(4))} ${unit}`;

function table(label, headings, rows, kind = "") {
  const head = element("tr", {}, ...headings.map(([title, unit], place) => element("th",
    { scope: "col", class: place ? "" : "text" }, title,
    ...(unit ? [element("br"), element("span", { class: "unit" }, unit)] : []))));
  const body = rows.map((row) => row instanceof Node ? row : element("tr", {},
    ...row.map((cell, place) => place ? element("td", {}, cell)
      : element("th", { scope: "row" }, cell))));
  return element("div", { class: "scroll whole", tabindex: "0", role: "region", "aria-label": label },
    element("table", { class: kind }, element("thead", {}, head), element("tbody", {}, ...body)));
}

function summary(person) {
  return person.score === null ? `${person.id}  not scored (${person.rule})`
    : `${person.id}  ${person.score} ${person.band}`;
}

function explained(person, told) {
  const parts = [element("h3", {}, summary(person).replace("  ", ": ")
    + `, as of ${told.day}`)];
  if (person.score === null) {
    const rule = told.rules[person.rule];
    parts.push(element("p", {}, rule.reason), element("p", { class: "note" }, rule.what_to_do));
  }
  parts.push(waterfall(person, told));
  if (person.score !== null) parts.push(...reasons(person, told), ...nextMoves(person));
  if (person.history.length) parts.push(...everyDate(person, told));
  if (person.friends.length) parts.push(...friends(person));
  return element("div", { class: "person" }, ...parts);
}

function waterfall(person, told) {
  const most = told.features.reduce((sum, one) => sum + one.max_points, 0);
  const rows = [];
  let total = told.base;
  const bar = (start, gained) => element("td", { class: "track" }, ...(gained ? [element("div", { style:
    `margin-left:${100 * (start - told.base) / most}%;width:${100 * gained / most}%` })] : []));
  if (person.score !== null) rows.push(["base", "", "", "", String(told.base), ""]);
  for (const factor of new Set(told.features.map((one) => one.factor))) {
    const places = told.features.flatMap((one, place) => one.factor === factor ? [place] : []);
    const gained = places.reduce((sum, place) => sum + (person.points[place] ?? 0), 0);
    const cap = places.reduce((sum, place) => sum + told.features[place].max_points, 0);
    rows.push(line(words(factor), "", gained, cap, total + gained, bar(total, gained), "factor"));
    for (const place of places) {
      const feature = told.features[place];
      const points = person.points[place] ?? 0;
      const shown = bar(total, points);
      total += points;
      rows.push(line(words(feature.feature), shownValue(person.values[place], feature.unit), points,
        feature.max_points, total, shown, "", feature.definition));
    }
  }
  function line(name, value, points, cap, sum, shown, kind, definition = "") {
    const isScored = person.score !== null;
    return element("tr", { class: kind, title: definition }, element("th", { scope: "row" }, name),
      element("td", {}, value), element("td", {}, isScored ? signed(points) : ""),
      element("td", {}, String(cap)), element("td", {}, isScored ? String(sum) : ""), shown);
  }
  return table("Points by feature", [["factor and feature"], ["value"], ["points"],
    ["of", "points"], ["total", "points"], ["from the base to the score"]], rows, "waterfall");
}

function reasons(person, told) {
  if (!person.reasons.length) return [element("p", {}, "No feature lost a point.")];
  return [element("h3", {}, "Where most points were lost"), element("ol", {},
    ...person.reasons.map(([place, lost]) => element("li", {},
      `${lost} points: ${told.features[place].reason} (${words(told.features[place].feature)}). `,
      element("span", { class: "note" }, told.features[place].what_to_do))))];
}

function nextMoves(person) {
  const next = person.next;
  if (!next) return [element("p", {}, "There is no higher band.")];
  const moves = next.moves.map(([change, steps]) => element("li", {}, `${signed(change)} points with `
    + steps.map(([feature, goal]) => `${words(feature)} ${goal}`).join(" and ")));
  return [element("h3", {}, `${next.missing} points to ${next.band} (from ${next.at_least})`),
    moves.length ? element("ul", {}, ...moves)
      : element("p", {}, "That takes more than two features.")];
}

function everyDate(person, told) {
  const causes = Object.keys(told.causes);
  const known = person.history.filter(([, score]) => score !== null).map(([, score]) => score);
  const rows = person.history.map(([day, score], place) => {
    const change = person.changes.find(([before, after]) =>
      after === day && place > 0 && before === person.history[place - 1][0]);
    const cells = causes.map((cause) => change ? signed(change[3][cause]) : "");
    return [day, score === null ? "not scored" : String(score), change ? signed(change[2]) : "", ...cells];
  });
  const note = person.changes.length ? "" : "Causes are not computed for these dates: "
    + "`plainscore compare` computes them.";
  return [element("h3", {}, "Every published date"), element("p", { class: "note" }, note),
    ...(known.length > 1 ? [spark(person.history)] : []),
    table("Every published date", [["as of"], ["score", "points"], ["change", "points"],
      ...causes.map((cause) => [told.causes[cause], "points"])], rows)];
}

function spark(points) {
  const scores = points.map(([, score]) => score).filter((score) => score !== null);
  const low = Math.min(...scores) - 5;
  const high = Math.max(...scores) + 5;
  const x = (place) => 20 + 440 * place / Math.max(points.length - 1, 1);
  const y = (score) => 70 - 60 * (score - low) / (high - low);
  const dots = points.flatMap(([day, score], place) => score === null ? [] : [element("circle",
    { class: "s1", cx: x(place), cy: y(score), r: 4 }, element("title", {}, `${day}: ${score} points`))]);
  const steps = points.flatMap(([, score], place) => score === null ? []
    : [`${place && points[place - 1][1] !== null ? "L" : "M"}${x(place)} ${y(score)}`]);
  return element("svg", { viewBox: "0 0 480 80", style: "max-width:34rem", role: "img",
    "aria-label": "Scores by date; the table has the numbers." },
  element("path", { class: "s0", d: steps.join(" ") }), ...dots);
}

function friends(person) {
  const shown = person.friends.slice(0, 24);
  const dots = shown.flatMap(([id, ppm, , months, , worth], place) => {
    const angle = 2 * Math.PI * place / shown.length - Math.PI / 2;
    const [x, y] = [240 + 170 * Math.cos(angle), 200 + 155 * Math.sin(angle)];
    const thick = 1 + 7 * months / Math.max(1, ...shown.map((one) => one[3]));
    const isLeft = Math.cos(angle) < -0.01;
    const about = `${id}: record ${(ppm / 1e4).toFixed(0)} of 100, ${months} months of contact`;
    return [element("line", { x1: 240, y1: 200, x2: x, y2: y, "stroke-width": thick }),
      element("circle", { class: "s1", cx: x, cy: y, r: 4 + 8 * ppm / 1e6 }, element("title", {}, about)),
      element("text", { x: x + (isLeft ? -14 : 14), y: y + 4, "text-anchor": isLeft ? "end" : "start" },
        `${id} ${worth.toFixed(3)}`)];
  });
  const rest = person.friends.length > shown.length ? ` Drawn: the ${shown.length} with most contact.` : "";
  return [element("h3", {}, "Friends who count"), element("p", { class: "note" },
    "Thickness: months of contact, the weight of a tie. Size: the friend's own record. At the end: "
    + "what the tie adds to friend reliability, 0 to 1; the prior of the scorecard adds the rest." + rest),
    element("div", { class: "pair" }, element("svg", { class: "ego", viewBox: "-110 0 700 400", role: "img",
      "aria-label": "Friends; the table has the numbers." }, ...dots,
    element("circle", { class: "me", cx: 240, cy: 200, r: 10 })),
    table("Friends", [["friend"], ["record", "of 100"], ["tie", "days"], ["contact", "months"],
      ["weight", "% of the mean"], ["adds", "0 to 1"]], person.friends.map(
      ([id, ppm, days, months, share, worth]) => [id, (ppm / 1e4).toFixed(1), String(days),
        String(months), (100 * share).toFixed(1), worth.toFixed(4)])))];
}

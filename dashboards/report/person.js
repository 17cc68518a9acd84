"use strict";
// Draws one person on a card, for the report and for the site. All text is set as text: no id can
// be markup. `explained` takes a person as card.js does; `page` has the card and what else it shows.
/* global bandOf, element, explanation, featureOf, friendsOf, isScored, openings, pointsWith, scoreOf, scoreOfPoints, sum -- card.js, page.js */

const MISSING = "missing";

const words = (name) => name.replaceAll("_", " ");
const signed = (points) => (points > 0 ? "+" : "") + points;
const counted = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
// A code, such as 999, which the definition explains by these words.
const isNever = (value, feature) => feature.definition.includes(` ${value} where that never happened`);

function shownValue(value, feature) {
  if (value === null) return MISSING;
  if (isNever(value, feature)) return "never";
  if (feature.unit === "share") return `${(100 * value).toFixed(1)} %`;
  return `${Number.isInteger(value) ? value.toLocaleString("en") : Number(value.toPrecision(4))} ${feature.unit}`;
}

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

// A bar of points gained, after those had before, and faintly the ones that were there to gain.
const bar = (before, gained, lost, most) => element("div", { class: "track" },
  element("div", { style: `margin-left:${100 * before / most}%;width:${100 * gained / most}%` }),
  element("div", { class: "lost", style: `width:${100 * lost / most}%` }));

function summary(card, person) {
  const score = scoreOf(card, person);
  return score === null ? `${person.person_id}  not scored (${person.not_scored_code})`
    : `${person.person_id}  ${score} ${bandOf(card, score).band}`;
}

function explained(person, { card, causes }) {
  const shown = explanation(card, person);
  const parts = [element("h3", {}, element("a", { href: `#person=${encodeURIComponent(person.person_id)}` },
    `${summary(card, person).replace("  ", ": ")}, as of ${card.as_of_date}`))];
  if (shown.not_scored) parts.push(element("p", {}, shown.not_scored.reason),
    element("p", { class: "note" }, shown.not_scored.what_to_do));
  if (shown.score !== null) parts.push(element("p", {}, opens(person, card)));
  parts.push(waterfall(shown, card));
  if (shown.left_out.length) parts.push(element("p", { class: "note" }, "Left out, because no event of the logs "
    + `${shown.without_logs.join(", ")} had arrived: ${shown.left_out.map(words).join(", ")}. The points of the `
    + "others are scaled to the card's range."));
  if (shown.score !== null) parts.push(...reasons(shown, card), ...nextBand(shown), ...whatIf(person, card));
  if (person.history?.length) parts.push(...everyDate(person, card, causes));
  const friends = friendsOf(card, person);
  if (friends.length) parts.push(...friendsShown(friends, card.mean));
  return element("div", { class: "person" }, ...parts);
}

// The rank where it is known, what the score opens, and the next gate.
function opens(person, card) {
  const rank = person.history?.at(-1)[2];
  const all = openings(card, person.points);
  const names = (some) => some.map((one) => words(one.benefit)).join(", ");
  const open = all.filter((one) => one.is_open);
  const next = Math.min(...all.map((one) => one.points_short || Infinity));
  return (rank ? `Rank ${rank.toLocaleString("en")} of the scored. ` : "")
    + (all.length ? `Opens ${open.length} of ${counted(all.length, "benefit", "benefits")}${open.length ? ": " : ""}${names(open)}. ` : "")
    + (next < Infinity ? `${counted(next, "point", "points")} short of ${names(all.filter((one) => one.points_short === next))}.` : "");
}

function waterfall(shown, card) {
  const most = sum(shown.points.map((one) => one.max_points));
  const isShown = shown.score !== null;
  const rows = [];
  let total = shown.base;
  const line = (name, value, gained, cap, after, kind, definition = "") =>
    element("tr", { class: kind, title: definition }, element("th", { scope: "row" }, name),
      element("td", {}, value), element("td", {}, isShown ? signed(gained) : ""),
      element("td", {}, String(cap)), element("td", {}, isShown ? String(after) : ""),
      element("td", {}, isShown ? bar(after - gained - shown.base, gained, cap - gained, most) : ""));
  if (isShown) rows.push(["base", "", "", "", String(total), ""]);
  for (const factor of new Set(shown.points.map((one) => one.factor))) {
    const own = shown.points.filter((one) => one.factor === factor);
    const [gained, cap] = [sum(own.map((one) => one.points ?? 0)), sum(own.map((one) => one.max_points))];
    rows.push(line(words(factor), "", gained, cap, total + gained, "factor"));
    for (const one of own) {
      const feature = featureOf(card, one.feature);
      total += one.points ?? 0;
      rows.push(line(words(one.feature), shownValue(one.value, feature), one.points ?? 0, one.max_points,
        total, "", feature.definition));
    }
  }
  return table("Points by feature", [["factor and feature"], ["value"], ["points"],
    ["of", "points"], ["total", "points"], ["from the base to the score; faint: points lost"]], rows, "waterfall");
}

function reasons(shown, card) {
  if (!shown.reasons.length) return [element("p", {}, card.reason_headings.none)];
  const lost = (row) => row.method === "maximum" ? `${row.points_lost} points`
    : `${row.points} of ${row.benchmark_points.toFixed(1)} points`;
  return [element("h3", {}, card.reason_headings[shown.reasons[0].method]), element("ol", {},
    ...shown.reasons.map((row) => element("li", {},
      `${lost(row)}: ${row.reason} (${words(row.code)}). `,
      element("span", { class: "note" }, row.what_to_do))))];
}

function nextBand(shown) {
  const next = shown.next_band;
  if (!next) return [element("p", {}, "There is no higher band.")];
  const head = element("h3", {}, `${counted(next.points_missing, "point", "points")} to ${next.band} (from ${next.at_least})`);
  if (!next.ways) return [head, element("p", { class: "note" },
    "`plainscore what-if` finds what a person can do, and how long it takes.")];
  if (!next.ways.length) return [head, element("p", {},
    "What a person can do, and time, do not lead there, all else equal.")];
  const step = (one, how) => element("li", {}, `${signed(one.points_gained)} ${words(one.feature)} ${one.goal}${how}`);
  return [head, ...next.ways.flatMap((way) => [
    element("p", {}, `${way.days ? `Within ${counted(way.days, "day", "days")}` : "At once"}, `
      + `${way.acts.length ? counted(way.acts.length, "act", "acts") : "by waiting alone"}: ${way.score_then}`),
    element("ul", {}, ...way.acts.map((one) => step(one, `: ${one.act}`)),
      ...way.waiting.map((one) => step(one, ` by waiting (${one.act})`)))])];
}

// Another value of one feature, and the score with it.
function whatIf(person, card) {
  const chosen = element("select", { "aria-label": "Feature" },
    ...card.features.map((one) => element("option", { value: one.feature }, words(one.feature))));
  const typed = element("input", { "aria-label": "Another value", placeholder: `a number, or ${MISSING}` });
  const answer = element("p", { role: "status" });
  const ask = () => {
    const text = typed.value.trim();
    answer.textContent = text && whatIfAnswer(person, card, chosen.value, text);
  };
  for (const one of [chosen, typed]) one.addEventListener("input", ask);
  return [element("h3", {}, "What if"), element("p", { class: "what-if" }, chosen, " ", typed), answer];
}

function whatIfAnswer(person, card, name, text) {
  const feature = featureOf(card, name);
  const value = text === MISSING ? null : Number(text);
  if (value === null && feature.missing_points === null) return `${words(name)} is never missing of a scored person.`;
  if (value !== null) {
    if (!Number.isFinite(value)) return `Write a number, or ${MISSING}.`;
    if (feature.is_counted && !Number.isInteger(value)) return `This is a whole number of ${feature.unit}.`;
    if (value < (feature.least_value ?? -Infinity) || value > (feature.most_value ?? Infinity)) {
      return `${words(name)} is between ${feature.least_value ?? "any"} and ${feature.most_value ?? "any"}.`;
    }
  }
  const changed = pointsWith(card, person, { [name]: value });
  const [now, then] = [scoreOf(card, person), scoreOfPoints(card, changed)];
  const [before, after] = [person.points, changed].map((worth) =>
    openings(card, worth).filter((one) => one.is_open).map((one) => words(one.benefit)));
  const moved = (from, to) => to.filter((one) => !from.includes(one)).join(", ") || "nothing";
  return `${then} ${bandOf(card, then).band} (${signed(then - now)}). Opens: ${moved(before, after)}. Closes: ${moved(after, before)}.`;
}

function everyDate(person, card, titles) {
  const causes = Object.keys(titles);
  const most = sum(card.features.map((one) => one.max_points));
  const rows = person.history.map(([day, score, rank], place) => {
    const change = person.changes.find(([before, after]) =>
      after === day && place > 0 && before === person.history[place - 1][0]);
    const cells = causes.map((cause) => change ? signed(change[3][cause]) : "");
    const last = person.history[place - 1]?.[1] ?? null;
    return [day, score === null ? "not scored" : String(score), rank?.toLocaleString("en") ?? "", score === null || last === null ? "" : signed(score - last), ...cells,
      score === null ? "" : bar(0, score - card.base, 0, most)];
  });
  const note = person.changes.length ? "" : "Causes are not computed for these dates: "
    + "`plainscore compare` computes them.";
  return [element("h3", {}, "Every published date"), element("p", { class: "note" }, note),
    table("Every published date", [["as of"], ["score", "points"], ["rank"], ["change", "points"],
      ...causes.map((cause) => [titles[cause], "points"]), ["from the base"]], rows)];
}

function friendsShown(friends, mean) {
  const most = Math.max(...friends.map((one) => one.contribution));
  return [element("h3", {}, "Friends who count"), element("p", { class: "note" },
    "Weight: months of contact. Adds: the friend's own record times the weight, "
    + `to ${words(mean.feature)}, 0 to 1; the prior of the scorecard adds the rest.`),
  table("Friends", [["friend"], ["record", "of 100"], ["tie", "days"], ["contact", "months"],
    ["weight", "% of the mean"], ["adds", "0 to 1"], ["of the most"]], friends.map((one) => [one.friend_id,
    (one.friend_ppm / 1e4).toFixed(1), String(one.tie_days), String(one.contact_months),
    (100 * one.weight_share).toFixed(1), one.contribution.toFixed(4), bar(0, one.contribution, 0, most || 1)]))];
}

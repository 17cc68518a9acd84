"use strict";
// Shows one page at a time, and explains the people of this file. Without it every page but
// "Person" is there, one beneath the other. All text is set as text: no id can be markup.
/* global FIGURES -- charts.js */

const page = JSON.parse(document.getElementById("people").textContent);
const pages = [...document.querySelectorAll(".page")];
const links = [...document.querySelectorAll("nav a")];

// --- pages ---------------------------------------------------------------------------------

function showPage(moveFocus) {
  const [asked, person] = location.hash.slice(1).split("=").map(decodeURIComponent);
  const shown = pages.find((one) => one.id === asked)
    ?? document.getElementById(asked)?.closest(".page") ?? pages[0];
  for (const one of pages) one.hidden = one !== shown;
  for (const link of links) {
    if (link.hash === `#${shown.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (shown.id === "person") showPerson(person);
  if (moveFocus && asked !== "person") shown.querySelector("h2").focus();
  if (asked !== shown.id) document.getElementById(asked)?.scrollIntoView();
}

// --- people --------------------------------------------------------------------------------

const found = document.getElementById("found");

function listPeople(text) {
  const wanted = text.trim().toLowerCase();
  const matching = page.people.filter((one) => summary(page.card, one).toLowerCase().includes(wanted));
  found.replaceChildren(...matching.map((one) =>
    element("option", { value: one.person_id }, summary(page.card, one))));
  document.getElementById("count").textContent = `(${matching.length} of ${page.people.length})`;
  return matching;
}

// Whoever is closest to a gate from below; else the first.
function justShort() {
  const short = (one) => Math.min(...openings(page.card, one.points).map((gate) => gate.points_short || Infinity));
  return page.people.filter(isScored).reduce((found, one) =>
    short(one) < short(found) ? one : found, page.people.find(isScored) ?? page.people[0]);
}

function showPerson(id) {
  const person = page.people.find((one) => one.person_id === id) ?? justShort();
  const place = document.getElementById("shown");
  if (!person) return place.replaceChildren("No person is in this file.");
  found.value = person.person_id;
  place.replaceChildren(explained(person, page));
}

// Leads from a table to whoever is in this file.
for (const [key, { columns }] of Object.entries(FIGURES)) {
  const place = columns.findIndex((one) => one.name === "person_id");
  for (const { cells } of place < 0 ? [] : document.querySelectorAll(`#${key} tbody tr`)) {
    const id = cells[place].textContent;
    if (page.people.some((one) => one.person_id === id)) {
      cells[place].replaceChildren(element("a", { href: `#person=${encodeURIComponent(id)}` }, id));
    }
  }
}

// --- colours, start ------------------------------------------------------------------------

offerTheme(document.getElementById("theme"));

document.getElementById("finder").hidden = false;
listPeople("");
document.getElementById("find").addEventListener("input", (event) => {
  const matching = listPeople(event.target.value);
  if (matching.length) goTo(matching[0].person_id);
});
found.addEventListener("change", () => goTo(found.value));
function goTo(id) {
  window.history.replaceState(null, "", `#person=${encodeURIComponent(id)}`);
  showPerson(id);
}
window.addEventListener("hashchange", () => showPage(true));
showPage(false);

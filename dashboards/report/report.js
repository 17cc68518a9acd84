"use strict";
// Shows one page at a time, and explains the people of this file. Without it every page but
// "Person" is there, one beneath the other. All text is set as text: no id can be markup.

const told = JSON.parse(document.getElementById("people").textContent);
const pages = [...document.querySelectorAll(".page")];
const links = [...document.querySelectorAll("nav a")];

// --- pages ---------------------------------------------------------------------------------

function showPage(moveFocus) {
  const [asked, person] = location.hash.slice(1).split("=").map(decodeURIComponent);
  const page = pages.find((one) => one.id === asked)
    ?? document.getElementById(asked)?.closest(".page") ?? pages[0];
  for (const one of pages) one.hidden = one !== page;
  for (const link of links) {
    if (link.hash === `#${page.id}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (page.id === "person") showPerson(person);
  if (moveFocus && asked !== "person") page.querySelector("h2").focus();
  if (asked !== page.id) document.getElementById(asked)?.scrollIntoView();
}

// --- people --------------------------------------------------------------------------------

const found = document.getElementById("found");

function listPeople(text) {
  const wanted = text.trim().toLowerCase();
  const matching = told.people.filter((one) => summary(one).toLowerCase().includes(wanted));
  found.replaceChildren(...matching.map((one) =>
    element("option", { value: one.id }, summary(one))));
  document.getElementById("count").textContent = `(${matching.length} of ${told.people.length})`;
  return matching;
}

function showPerson(id) {
  const person = told.people.find((one) => one.id === id) ?? told.people[0];
  const place = document.getElementById("told");
  if (!person) return place.replaceChildren("Nobody is here.");
  found.value = person.id;
  place.replaceChildren(explained(person, told));
}

// --- lineage, colours, start ---------------------------------------------------------------

for (const box of document.querySelectorAll(".box")) {
  const name = box.dataset.box;
  const light = (isOn) => {
    for (const arrow of document.querySelectorAll(".arrow")) {
      const isMine = [arrow.dataset.from, arrow.dataset.to].includes(name);
      arrow.classList.toggle("on", isOn && isMine);
      if (isMine) for (const end of [arrow.dataset.from, arrow.dataset.to]) {
        document.querySelector(`.box[data-box="${end}"]`).classList.toggle("on", isOn);
      }
    }
  };
  for (const event of ["focus", "mouseenter"]) box.addEventListener(event, () => light(true));
  for (const event of ["blur", "mouseleave"]) box.addEventListener(event, () => light(false));
}

offerTheme(document.getElementById("theme"));

document.getElementById("finder").hidden = false;
listPeople("");
document.getElementById("find").addEventListener("input", (event) => {
  const matching = listPeople(event.target.value);
  if (matching.length) goTo(matching[0].id);
});
found.addEventListener("change", () => goTo(found.value));
function goTo(id) {
  window.history.replaceState(null, "", `#person=${encodeURIComponent(id)}`);
  showPerson(id);
}
window.addEventListener("hashchange", () => showPage(true));
showPage(false);

// The page: looks up what is typed or linked to, one after the other, and shows it.
/* global element, explained, explanation, offerTheme -- page.js, card.js and person.js, shared with the report */

import { Engine } from "./engine.js";
import { fetched } from "./fetching.js";
import { People } from "./people.js";

const input = document.getElementById("id");
const state = document.getElementById("state");
const trouble = document.getElementById("trouble");
const place = document.getElementById("shown");

const askedId = () => {
  const [, id] = /^#person=(.*)$/.exec(location.hash) ?? [];
  try {
    return id === undefined ? null : decodeURIComponent(id);
  } catch {
    return id;
  }
};
const linkTo = (id) => `#person=${encodeURIComponent(id)}`;

async function open() {
  state.textContent = "Starting the engine in this browser…";
  const begun = performance.now();
  const [engine, method] = await Promise.all([Engine.start(),
    fetched("method.json").then((answer) => answer.json())]);
  const people = new People(engine, method);
  state.textContent = `Ready after ${Math.round(performance.now() - begun)} ms.`;
  return people;
}

async function show(people, id) {
  const begun = performance.now();
  place.replaceChildren();
  trouble.hidden = true;
  const found = await people.find(id);
  if (found === null) return complain(...(await unknown(people, id)));
  const { card } = people.method;
  place.replaceChildren(explained(found, { card }), asJson(explanation(card, found)));
  const spent = performance.now() - begun;
  state.textContent = `Looked up and explained by this browser in ${Math.round(spent)} ms.`;
  place.dataset.milliseconds = spent;
}

async function unknown(people, id) {
  const links = (await people.near(id)).flatMap((one, number) =>
    [number ? ", " : "", element("a", { href: linkTo(one) }, one)]);
  return [element("p", {}, `The snapshot as of ${people.method.card.as_of_date} knows no person '${id}': `
    + "ids are case-sensitive."), element("p", {}, "Ids next to it: ", ...links)];
}

function asJson(value) {
  return element("details", {}, element("summary", {}, "The same as JSON"),
    element("pre", { tabindex: "0" }, JSON.stringify(value, null, 1)));
}

function complain(...parts) {
  state.textContent = "";
  trouble.hidden = false;
  trouble.replaceChildren(...parts);
}

function followId(id) {
  input.value = id;
  for (const link of document.querySelectorAll("a.date")) link.hash = linkTo(id);
}

const opened = open();
let last = opened;

function look() {
  const id = askedId();
  if (id === null) return;
  followId(id);
  last = last.catch(() => null).then(async () => {
    if (id !== askedId()) return;
    try {
      await show(await opened, id);
    } catch (error) {
      complain(element("p", {}, error.message));
    }
  });
}

offerTheme(document.getElementById("theme"));
opened.catch((error) => complain(element("p", {}, error.message)));
document.getElementById("asked").addEventListener("submit", (event) => {
  event.preventDefault();
  if (location.hash === linkTo(input.value)) look();
  else location.hash = linkTo(input.value);
});
window.addEventListener("hashchange", look);
look();

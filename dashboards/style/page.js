"use strict";
// What all pages with scripts use. All text is set as text: no id can be markup.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    // As an attribute, a strict content security policy would refuse it.
    if (key === "style") made.style.cssText = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Lets the reader turn dark to light and back. Until then a page follows the reader's system.
function offerTheme(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement.style;
    const now = root.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.colorScheme = now === "dark" ? "light" : "dark";
  });
}

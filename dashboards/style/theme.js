"use strict";
// Lets the reader turn dark to light and back. Until then a page follows the reader's system.

function offerTheme(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement.style;
    const now = root.colorScheme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    root.colorScheme = now === "dark" ? "light" : "dark";
  });
}

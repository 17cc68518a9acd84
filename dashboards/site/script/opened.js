"use strict";
// Reports what the modules cannot, because they never ran: a page opened from a file, or a script
// that is missing.

const silent = document.getElementById("trouble");

if (location.protocol === "file:") {
  silent.hidden = false;
  silent.textContent = "Opened from a file, this page cannot look people up: browsers keep files from"
    + " reading each other. Serve the site's folder instead, for example with"
    + " python3 -m http.server --bind 127.0.0.1 8000 in it, and open http://127.0.0.1:8000. The report opens from a file.";
}

window.addEventListener("error", (event) => {
  if (!(event.target instanceof HTMLScriptElement) || !silent.hidden) return;
  silent.hidden = false;
  silent.textContent = `${new URL(event.target.src).pathname}, or a script that it needs, cannot be loaded.`
    + " Copy the whole site to its host again, or use a newer browser.";
}, true);

"use strict";
// A browser runs neither modules nor workers of a page that was opened from a file. Said here, by
// a script that it does run.

if (location.protocol === "file:") {
  const trouble = document.getElementById("trouble");
  trouble.hidden = false;
  trouble.textContent = "Opened from a file, this page can look nobody up: browsers keep files from"
    + " reading each other. Serve the site's folder instead, for example with"
    + " python3 -m http.server --bind 127.0.0.1 8000 in it, and open http://127.0.0.1:8000. The report opens from a file.";
}

"""Pages in a real browser: Debian's Chromium, headless, with nothing but files to read."""

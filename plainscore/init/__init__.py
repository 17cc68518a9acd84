"""A project directory: what an owner of logs edits, made once and never written over."""

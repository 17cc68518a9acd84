"""One page that shows the same people under several rules, from a record handed over."""

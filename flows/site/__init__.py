"""Write sites that need no server, from what is published."""

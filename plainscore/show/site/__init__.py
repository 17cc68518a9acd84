"""A site with no server: files for any static host, on which a browser explains anybody's score."""

"""The files that sellers download by hand, as a full source."""

"""The files that a seller would download by hand, written from the world that the sandbox's API serves."""

"""Runs the whole: the command line, Dagster, and the functions that both call."""

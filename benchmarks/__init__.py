"""Benchmarks: `make bench` measures this machine and writes BENCHMARKS.md."""

"""Measurements: `make bench` prints them beside their targets and writes docs/performance.md."""

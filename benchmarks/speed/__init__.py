"""Measure how fast chuchu is, and how it grows; not installed."""

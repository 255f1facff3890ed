"""Measure chuchu on public sets of questions; not installed."""

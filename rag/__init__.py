"""Questions and their answers; knows no HTTP."""

"""Documents and their index; knows no questions."""

"""Tree ensembles of three libraries as one form, and that form as a graph."""

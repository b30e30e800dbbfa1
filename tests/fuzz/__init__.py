"""Input that no sane user would write, and what modcore has to make of it: an answer, soon, in bounded memory."""

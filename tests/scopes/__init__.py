"""Random programs of several modules in which the same few names mean many things, and what has to become of them."""

"""The target: what its compiler says about types, learnt without ever running anything on it.

    cc, flags ── probe ──► Facts ──┬── layout(type, facts)      sizes, alignments, offsets
        │                          └── arithmetic, literals     the values of constant expressions
        └── ask ◄── asked ──► the layouts that `layout` cannot vouch for, by the compiler's own word

Importing this package imports nothing; each file is imported by the stage that needs it.
"""

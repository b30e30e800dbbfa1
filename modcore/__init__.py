"""C with modules: `.cm` files to plain C for the toolchain that you already have.

    X.cm ── preprocess ──► text ── syntax ──► statements ── stage 1 ──► names        one file
                                    names of the imported ── stage 2 ──► scopes       and its full import list
                      definitions, on demand, of any module ── stage 3 ──► bindings, constants, sizes
                                                                 emit ──► C           for the normal compiler

`program` drives the stages and remembers; `cli` and `scons` are the two ways in.
"""

__version__ = "0.1.0"

"""The SCons tool: `.cm` files as sources of objects, libraries and programs.

    X.cm ── names job ──► X.cmn ──┐
     │                            ├── emit job ──► X.cm.c ── $CC ──► X.o
     └── names of the imported ───┘

`cmodule` is the tool that SCons loads. `builders` connects the steps to SCons' builders, `scanners` finds
dependencies, `places` knows which node an import means and where products go, `jobs` and `workers` run the
two steps of modcore's own, `compile` runs the compiler, `programs` links import closures, `session` holds
what one SCons run has to remember. Grammar, search of modules and link names are the core's; nothing here
repeats them.
"""

"""Everything that is wrong with a module, as diagnostics with the user's positions.

`modules` goes through one module: its names, and what its other parts find. `sizes` looks at sizes and constants,
`opaque` for uses of types whose contents the module cannot see; `accesses` finds them in a function's tree, with rules
for `expressions`, `initializers` and `values`.
"""

from modcore.check.modules import check_module

__all__ = ["check_module"]

"""Stage 3, types and constants: definitions completed on demand, in any module, in any order.

`demand` is what the rest asks of a program, and the path on which a cycle shows; `types_of` builds types of
declarations, `expressions` those of expressions; `constants` and `evaluation` work out values, with `folding` for one
operator, `places` for sizes and offsets and `lengths` for arrays; `attributes` reads what attributes say of a type,
and `inspected` tells which types a declaration looks into.
Nothing is loaded before somebody needs it (language reference, section 6).
"""

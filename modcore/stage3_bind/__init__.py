"""Stage 3, bodies: every identifier of a function body or an expression to what it stands for.

In come the tokens and a function that resolves names at file scope; out go the uses of file-scope names, by token.
C's scopes are kept while the tokens go by (C17 6.2.1: blocks, prototypes, `for`, labels, members, designators, local
tags, typedefs and enumerators), without building a tree: a body costs one pass, and what is inside no declaration is
never looked at twice. A name in scope as a type begins a declaration; that is the only question that C's grammar asks
of its scopes, so this pass also knows which tokens are type names, and the grammar of bodies is told.

Guaranteed afterwards: each identifier is a use of a file-scope name (`uses`), local, a member or a label, or it is in
`missing`. Language reference, section 5, step 1; extensions of GNU C included.
"""

from modcore.stage3_bind.statements import Binder

__all__ = ["Binder"]

"""Stage 3, bodies: every identifier of a function body or an expression to what it stands for.

In come the tokens and a function that resolves names at file scope; out go the uses of file-scope names, by token.
C's scopes are kept while the tokens go by (C17 6.2.1: blocks, prototypes, `for`, labels, members, designators, local
tags, typedefs and enumerators), without building a tree: a body costs one pass, and what is inside no declaration is
never looked at twice. A name in scope as a type begins a declaration; that is the only question that C's grammar asks
of its scopes, so this pass also knows which tokens are type names, and the grammar of bodies is told.

Guaranteed afterwards: each identifier is a use of a file-scope name (`uses`), local, a member or a label, or it is in
`missing`. Language reference, section 5, step 1; extensions of GNU C included.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from modcore.syntax.classify import KEYWORDS, SyntaxProblem, closing
from modcore.syntax.forms import import_form
from modcore.syntax.tokens import Tokens, is_identifier

VALUE, POINTER, SIGNATURE, EXPRESSION = "value", "pointer", "signature", "expression"
"""How a declaration uses a name: by value, behind a pointer, in a function's type by value, in an expression."""


class Entity(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a name stands for: a module's symbol, or a header's name as the unit of `file` saw it."""

    origin: str  # module, header
    file: str
    space: str
    name: str
    kind: str


class Use(msgspec.Struct, frozen=True, gc=False):
    """One use of a file-scope name: tokens low..at, `at` being the identifier itself."""

    at: int
    low: int
    entity: Entity
    mode: str


class Missing(msgspec.Struct, frozen=True, gc=False):
    """A name that could not be resolved, with the keyword before a tag."""

    at: int
    low: int
    space: str
    name: str
    path: str | None
    keyword: str | None = None
    found: Entity | None = None  # set when the tag has another keyword


class Unsupported(msgspec.Struct, frozen=True, gc=False):
    """A form at tokens low..high-1 that has no meaning yet."""

    low: int
    high: int
    what: str


Resolve = Callable[[str, str, "str | None"], "Entity | None"]
"""(name space, name, path before '::') → the entity; None when nothing visible has the name."""

_LOCAL_VALUE, _LOCAL_TYPE = 1, 2
_FUNCTION_NAMES = frozenset(("__func__", "__FUNCTION__", "__PRETTY_FUNCTION__"))
_OPERATORS = frozenset(
    "sizeof _Alignof alignof __alignof __alignof__ __extension__ __real __real__ __imag __imag__ _Generic"
    " return break continue true false nullptr".split()
)
_STATEMENTS = frozenset("if while switch for do return goto break continue case default else __label__".split())
_DECLARES = frozenset(("STORAGE", "QUALIFIER", "BASIC", "STRUCT", "ENUM", "TYPEOF"))
_BOUND_ATTRIBUTES = frozenset(
    "cleanup __cleanup__ aligned __aligned__ vector_size __vector_size__ malloc __malloc__ alloc_align".split()
)
_NAMING_ATTRIBUTES = frozenset("alias __alias__ weakref __weakref__ ifunc __ifunc__".split())
_DEREFERENCES = frozenset("[ ++ -- + - += -= sizeof".split())


class Binder:
    """Binds ranges of one `Tokens`. Local names live in `_locals` (name → kind), undone when their scope ends."""

    def __init__(self, tokens: Tokens, resolve: Resolve, lenient: bool = False) -> None:
        self.words = [*tokens.words, ""]
        self.uses: list[Use] = []
        self.missing: list[Missing] = []
        self.unsupported: list[Unsupported] = []
        self.members: set[str] = set()
        self.function_names: list[int] = []
        self.type_names: set[int] = set()
        self.dereferences = False
        self._in_head = False  # in the specifiers of a function definition, where types have file scope
        self._resolve = resolve
        self._lenient = lenient  # plain C: a name that nothing declares is the compiler's business
        self._locals: dict[str, int] = {}
        self._tags: dict[str, bool] = {}
        self._undo: list[tuple[dict, str, int | None]] = []
        self._poisoned: set[tuple[str, str]] = set()

    # scopes

    def enter(self) -> int:
        return len(self._undo)

    def leave(self, mark: int) -> None:
        while len(self._undo) > mark:
            table, name, old = self._undo.pop()
            if old is None:
                table.pop(name, None)
            else:
                table[name] = old

    def declare(self, name: str, is_type: bool = False) -> None:
        """Adds a local ordinary name to the running scope."""
        self._undo.append((self._locals, name, self._locals.get(name)))
        self._locals[name] = _LOCAL_TYPE if is_type else _LOCAL_VALUE

    def declare_tag(self, name: str) -> None:
        """Adds a local tag to the running scope; uses before its definition mean it, too."""
        self.missing = [entry for entry in self.missing if entry.space != "tag" or entry.name != name or entry.path is not None]
        self._undo.append((self._tags, name, self._tags.get(name)))
        self._tags[name] = True

    # names

    def _is_type(self, k: int) -> bool:
        """Whether the identifier at k (perhaps qualified) names a type."""
        word = self.words[k]
        if self.words[k + 1] == "::" or word == "::":
            name, path, _ = self._qualified(k)
            entity = self._resolve("name", name, path)
        else:
            local = self._locals.get(word)
            if local is not None:
                return local == _LOCAL_TYPE
            entity = self._resolve("name", word, None)
        return entity is not None and entity.kind == "typedef"

    def _qualified(self, k: int) -> tuple[str, str, int]:
        """Name, path and token of the name in `m::x`, `"a/b"::x` or `::x` that begins at k."""
        words = self.words
        if words[k] == "::":
            path, at = "", k + 1
        else:
            path, at = words[k].strip('"'), k + 2
        if not words[at] or not is_identifier(words[at]):
            raise SyntaxProblem("expected a name after '::'", at - 1)
        return words[at], path, at

    def _use(self, k: int, mode: str) -> int:
        """Binds the identifier at k; the token after it."""
        words = self.words
        word = words[k]
        if words[k + 1] == "::" or word == "::":
            name, path, at = self._qualified(k)
        else:
            name, path, at = word, None, k
            local = self._locals.get(word)
            if local is not None:
                if local == _LOCAL_TYPE:
                    self.type_names.add(k)
                return k + 1
        entity = self._resolve("name", name, path)
        if entity is not None:
            self.uses.append(Use(at, k, entity, mode))
            if entity.kind == "typedef":
                self.type_names.add(at)
        elif path is not None or not self._is_reserved(name):
            if ("name", name) in self._poisoned:
                return at + 1
            self.missing.append(Missing(at, k, "name", name, path))
        return at + 1

    @staticmethod
    def _is_reserved(name: str) -> bool:
        """Names that C reserves (C17 7.1.3) and nothing declares are the compiler's own."""
        return name.startswith("__") or name[0] == "_" and name[1:2].isupper()

    def use_tag(self, low: int, at: int, keyword: str, path: str | None, mode: str) -> None:
        """Binds the tag at token `at`."""
        name = self.words[at]
        if path is None and name in self._tags:
            return
        entity = self._resolve("tag", name, path)
        if entity is None:
            self.missing.append(Missing(at, low, "tag", name, path, keyword))
        elif entity.kind != keyword:
            self.missing.append(Missing(at, low, "tag", name, path, keyword, entity))
        else:
            self.uses.append(Use(at, low, entity, mode))

    # whole functions

    def function(self, head: int) -> None:
        """Binds a function definition: the tokens before `head` are its head, the rest its body."""
        self._in_head = True
        k, _, uses = self.specifiers(0)
        self._in_head = False
        k, name, pointer, parameters = self.declarator(k)
        if not self._returns_pointer(name, k):
            for number in uses:
                use = self.uses[number]
                self.uses[number] = Use(use.at, use.low, use.entity, SIGNATURE)
        while KEYWORDS.get(self.words[k]) in ("ATTRIBUTE", "ASM"):
            k = self.attribute(k) if KEYWORDS[self.words[k]] == "ATTRIBUTE" else self._assembly(k)
        while k < head:
            k = self._declaration(k)
        for parameter in parameters or ():
            self.declare(parameter)
        if self.items(head + 1) != len(self.words) - 2:
            raise SyntaxProblem("this '}' closes nothing", self.items(head + 1))

    def file_scope(self) -> None:
        """Binds a declaration of plain C at file scope; the names that it declares are its own."""
        if self.words[0] in ("_Static_assert", "static_assert"):
            self._expression(1, ";")
        else:
            self._declaration(0)

    def _returns_pointer(self, name: int | None, end: int) -> bool:
        return name is not None and name > 0 and self.words[name - 1] == "*"

    # statements (C17 6.8)

    def block(self, k: int) -> int:
        """A compound statement whose brace is at k; the token after it."""
        mark = self.enter()
        k = self.items(k + 1)
        self.leave(mark)
        return k + 1

    def items(self, k: int) -> int:
        """Block items up to the brace that ends them; the token of that brace."""
        while self.words[k] != "}":
            if not self.words[k]:
                raise SyntaxProblem("a '}' is missing at the end of this block", k - 1)
            k = self._item(k)
        return k

    def _item(self, k: int) -> int:
        words = self.words
        word = words[k]
        if word == ";":
            return k + 1
        if word == "{":
            return self.block(k)
        if word in _STATEMENTS:
            return self._keyword_statement(k)
        kind = KEYWORDS.get(word)
        if kind is not None:
            if kind == "ASM":
                return self._assembly(k)
            if kind == "ATTRIBUTE" and word not in ("_Alignas", "alignas"):
                return self.attribute(k)
            if kind == "ASSERTION":
                return self._expression(k + 1, ";") + 1
            if word == "__extension__" and KEYWORDS.get(words[k + 1]) not in _DECLARES and not self._begins_type(k + 1):
                return self._expression(k, ";") + 1
            return self._declaration(k)
        if is_identifier(word):
            following = words[k + 1]
            if following == ":" and word not in _OPERATORS:
                return k + 2
            if word == "import" and word not in self._locals and self._import(k):
                return words.index(";", k) + 1
            if self._begins_type(k) and not (following in ("(", "=") and self._locals.get(word)):
                return self._declaration(k)
            if self._unknown_type(k):
                self.missing.append(Missing(k, k, "name", word, None))
                self._poisoned.add(("name", word))
                self.type_names.add(k)
                return self._declaration(k)
        elif word == "[" and words[k + 1] == "[":
            return closing(words, k)
        elif word == "::" or word[0] == '"' and words[k + 1] == "::":
            if self._is_type(k):
                return self._declaration(k)
        return self._expression(k, ";") + 1

    def _keyword_statement(self, k: int) -> int:
        words = self.words
        word = words[k]
        if word in ("if", "while", "switch"):
            k = self._item(self._parenthesised(k + 1))
            return self._item(k + 1) if word == "if" and words[k] == "else" else k
        if word == "else":
            raise SyntaxProblem("this 'else' belongs to no 'if'", k)
        if word == "for":
            mark = self.enter()
            if words[k + 1] != "(":
                raise SyntaxProblem("expected '(' after 'for'", k + 1)
            k += 2
            if words[k] and (KEYWORDS.get(words[k]) in _DECLARES or is_identifier(words[k]) and self._begins_type(k)):
                k = self._declaration(k)
            else:
                k = self._expression(k, ";") + 1
            k = self._expression(k, ";") + 1
            k = self._item(self._expression(k, ")") + 1)
            self.leave(mark)
            return k
        if word == "do":
            k = self._item(k + 1)
            if words[k] != "while":
                raise SyntaxProblem("expected 'while' after the body of 'do'", k)
            return self._parenthesised(k + 1)
        if word == "goto" and words[k + 1] != "*":
            return k + 3
        if word == "case":
            return self._expression(k + 1, ":") + 1
        if word == "default":
            return k + 2
        if word == "__label__":
            return words.index(";", k) + 1
        return self._expression(k + 1, ";") + 1

    def _parenthesised(self, k: int) -> int:
        if self.words[k] != "(":
            raise SyntaxProblem(f"expected '(' after '{self.words[k - 1]}'", max(0, k - 1))
        return self._expression(k + 1, ")") + 1

    def _import(self, k: int) -> bool:
        """Whether an import statement begins at k; it is noted."""
        if ";" not in self.words[k : k + 24]:
            return False
        end = self.words.index(";", k)
        form = import_form(self.words[k] + " " + "".join(self.words[k + 1 : end + 1]))
        if form is None or form.fault is not None or self.words[k + 1] in ("(", "=", "[", ".", "->"):
            return False
        self.unsupported.append(Unsupported(k, end, "an import inside a block"))
        return True

    def _begins_type(self, k: int) -> bool:
        """Whether a declaration (or a type name) begins at token k."""
        word = self.words[k]
        if KEYWORDS.get(word) in _DECLARES:
            return True
        return bool(word) and (is_identifier(word) or self.words[k + 1] == "::") and self._is_type(k)

    def _unknown_type(self, k: int) -> bool:
        """Whether an identifier that nothing declares stands like a type: before a name, or before `* name ;`."""
        words = self.words
        word = words[k]
        if word in self._locals or word in _OPERATORS or self._lenient or self._resolve("name", word, None) is not None:
            return False
        j = k + 1
        while words[j] == "*":
            j += 1
        if not words[j] or not is_identifier(words[j]) or KEYWORDS.get(words[j]) or words[j] in _OPERATORS:
            return False
        return j == k + 1 or words[j + 1] in (";", "=", ",") and words[j] not in self._locals

    # declarations (C17 6.7)

    def _declaration(self, k: int) -> int:
        """A declaration inside a block; the token after its semicolon, or after a nested function's body."""
        words = self.words
        specifiers = k
        k, is_typedef, uses = self.specifiers(k, nested=True)
        is_extern = "extern" in words[specifiers:k]
        is_nested = "auto" in words[specifiers:k]  # announces a nested function
        while words[k] != ";":
            k, name, pointer, parameters = self.declarator(k)
            if not pointer:
                self.by_value(uses)
            if name is not None and (
                is_extern or parameters is not None and not (is_typedef or is_nested) and words[k] in (",", ";", "__attribute__", "asm", "__asm__")
            ):
                self._outside_declaration(name)
            elif name is not None:
                self.declare(words[name], is_typedef)
            while KEYWORDS.get(words[k]) in ("ASM", "ATTRIBUTE") or words[k] == "[":
                k = self._assembly(k) if KEYWORDS.get(words[k]) == "ASM" else self.attribute(k)
            if words[k] == "=":
                k = self._initializer(k + 1)
            elif parameters is not None and (words[k] == "{" or words[k] != "," and words[k] != ";" and self._begins_type(k)):
                return self._nested_function(k, parameters)
            if words[k] == ",":
                k += 1
            elif words[k] != ";":
                low = k if words[k] else max(specifiers, k - 1)
                raise SyntaxProblem(f"expected ';' or ',' before '{words[k]}'" if words[k] else "expected ';'", low)
        return k + 1

    def _outside_declaration(self, k: int) -> None:
        """A block-scope `extern` or prototype: it means the file-scope name, and hides a local one."""
        name = self.words[k]
        entity = self._resolve("name", name, None)
        if entity is not None:
            self.uses.append(Use(k, k, entity, EXPRESSION))
        elif not self._lenient and not self._is_reserved(name):
            self.missing.append(Missing(k, k, "name", name, None, "extern"))
            self.declare(name)
        if name in self._locals and entity is not None:
            self._undo.append((self._locals, name, self._locals.pop(name)))

    def _nested_function(self, k: int, parameters: list[str]) -> int:
        """A function defined in a block (GNU C), its parameter declarations of the old style included."""
        mark = self.enter()
        outer = len(self.function_names)
        while self.words[k] != "{":
            k = self._declaration(k)
        for name in parameters:
            self.declare(name)
        k = self.items(k + 1) + 1
        del self.function_names[outer:]  # inside it `__func__` is its own name
        self.leave(mark)
        return k

    def specifiers(self, k: int, nested: bool = False) -> tuple[int, bool, list[int]]:
        """Specifiers from k on: the token after them, whether they say typedef, the numbers of the uses in them."""
        words = self.words
        first_use = len(self.uses)
        is_typedef = typed = False
        while True:
            word = words[k]
            kind = KEYWORDS.get(word)
            if kind == "STORAGE":
                is_typedef = is_typedef or word == "typedef"
                k += 1
            elif kind == "QUALIFIER" and not (word == "_Atomic" and words[k + 1] == "("):
                k += 1
            elif kind == "BASIC":
                typed = True
                k += 1
            elif kind in ("STRUCT", "ENUM"):
                typed = True
                k = self._tagged(k, nested)
            elif kind == "TYPEOF" or word == "_Atomic":
                typed = True
                k = self._expression(k + 2, ")") + 1
            elif kind == "ATTRIBUTE":
                k = self.attribute(k)
            elif word == "[" and words[k + 1] == "[":
                k = closing(words, k)
            elif not typed and word and (is_identifier(word) or words[k + 1] == "::"):
                typed = True
                k = self._use(k, POINTER)
            else:
                return k, is_typedef, list(range(first_use, len(self.uses)))

    def by_value(self, uses: list[int]) -> None:
        """The types used in some specifiers are held by value after all."""
        for number in uses:
            use = self.uses[number]
            if use.mode == POINTER:
                self.uses[number] = Use(use.at, use.low, use.entity, VALUE)

    def _tagged(self, k: int, nested: bool) -> int:
        """`struct`, `union` or `enum` at k with its tag and members."""
        words = self.words
        keyword = words[k]
        k += 1
        while KEYWORDS.get(words[k]) == "ATTRIBUTE" or words[k] == "[" and words[k + 1] == "[":
            k = self.attribute(k)
        tag = low = -1
        path: str | None = None
        if words[k] and words[k] != "{" and words[k] != ":":
            low = k
            if words[k + 1] == "::" or words[k] == "::":
                _, path, tag = self._qualified(k)
            else:
                tag = k
            k = tag + 1
        if keyword == "enum" and words[k] == ":":
            k, _, _ = self.specifiers(k + 1)
        if words[k] == "{":
            if tag >= 0 and self._in_head:
                self.use_tag(low, tag, keyword, path, VALUE)
            elif tag >= 0:
                self.declare_tag(words[tag])
            return self._enumerators(k + 1) if keyword == "enum" else self._members(k + 1)
        if tag < 0:
            raise SyntaxProblem(f"expected a tag or '{{' after '{keyword}'", max(0, k - 1))
        if nested and words[k] == ";" and path is None:
            self.declare_tag(words[tag])  # `struct S;` in a block announces a type of that block
        else:
            self.use_tag(low, tag, keyword, path, POINTER)
        return k

    def _members(self, k: int) -> int:
        words = self.words
        while words[k] != "}":
            if words[k] == ";":
                k += 1
                continue
            if KEYWORDS.get(words[k]) == "ASSERTION":
                k = self._expression(k + 1, ";") + 1
                continue
            k, _, uses = self.specifiers(k)
            while words[k] != ";":
                k, _, pointer, _ = self.declarator(k)
                if not pointer:
                    self.by_value(uses)
                if words[k] == ":":
                    k = self._expression(k + 1, ",;")
                while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                    k = self.attribute(k)
                if words[k] == ",":
                    k += 1
                elif words[k] != ";":
                    raise SyntaxProblem("expected ';' after this member", max(0, k - 1))
            k += 1
        return k + 1

    def _enumerators(self, k: int) -> int:
        words = self.words
        while words[k] != "}":
            name = words[k]
            if not name or not is_identifier(name):
                raise SyntaxProblem("expected the name of an enumeration constant", min(k, len(words) - 2))
            k += 1
            while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                k = self.attribute(k)
            if words[k] == "=":
                k = self._expression(k + 1, ",}")
            if not self._in_head:
                self.declare(name)
            if words[k] == ",":
                k += 1
        return k + 1

    def declarator(self, k: int) -> tuple[int, int | None, bool, list[str] | None]:
        """A declarator, abstract or not, from k on.

        Returns the token after it, the token of its name, whether it makes a pointer (or function) of the type, and
        the parameters' names when the name itself is a function.
        """
        words = self.words
        pointer = False
        name: int | None = None
        parameters: list[str] | None = None
        while True:
            word = words[k]
            if word == "*" or word == "^":
                pointer = True
                k += 1
            elif KEYWORDS.get(word) == "QUALIFIER":
                k += 1
            elif KEYWORDS.get(word) == "ATTRIBUTE" or word == "[" and words[k + 1] == "[":
                k = self.attribute(k)
            else:
                break
        word = words[k]
        nested = False
        if word == "(" and self._opens_declarator(k + 1):
            k, name, inner, parameters = self.declarator(k + 1)
            pointer = pointer or inner
            nested = inner or parameters is not None  # `(f)(int x)` declares f with these parameters
            if words[k] != ")":
                raise SyntaxProblem("expected ')' in this declarator", min(k, len(words) - 2))
            k += 1
        elif word and is_identifier(word) and KEYWORDS.get(word) is None:
            name = k
            k += 1
        first = True
        while True:
            if words[k] == "[" and words[k + 1] != "[":
                k = self._array_bound(k + 1)
            elif words[k] == "(":
                k, names = self._parameters(k + 1)
                if first and not nested:
                    parameters = names
                pointer = True
            else:
                return k, name, pointer, parameters
            first = False

    def _opens_declarator(self, k: int) -> bool:
        """Whether the parenthesis before k holds a declarator, not parameters."""
        word = self.words[k]
        if word in ("*", "(", "^", "["):
            return word != "(" or self._opens_declarator(k + 1) or self.words[k + 1] != ")"
        if KEYWORDS.get(word) == "ATTRIBUTE":
            return True
        return bool(word) and is_identifier(word) and KEYWORDS.get(word) is None and not self._is_type(k)

    def _array_bound(self, k: int) -> int:
        while self.words[k] in ("static", "const", "volatile", "restrict", "__restrict", "__restrict__"):
            k += 1
        if self.words[k] == "*" and self.words[k + 1] == "]":
            return k + 2
        return self._expression(k, "]") + 1

    def _parameters(self, k: int) -> tuple[int, list[str]]:
        """A parameter list after its parenthesis; the token after the closing one, and the parameters' names."""
        words = self.words
        mark = self.enter()
        names: list[str] = []
        while words[k] != ")":
            if not words[k]:
                raise SyntaxProblem("expected ')' after the parameters", k - 1)
            if words[k] in (",", "..."):
                k += 1
                continue
            if is_identifier(words[k]) and KEYWORDS.get(words[k]) is None and not self._begins_type(k):
                if words[k + 1] in (",", ")"):
                    names.append(words[k])  # a list of identifiers, the old style
                    k += 1
                    continue
            k, _, uses = self.specifiers(k)
            start = k
            k, name, pointer, _ = self.declarator(k)
            if not pointer:
                for number in uses:
                    use = self.uses[number]
                    self.uses[number] = Use(use.at, use.low, use.entity, SIGNATURE)
            while KEYWORDS.get(words[k]) == "ATTRIBUTE":
                k = self.attribute(k)
            if name is not None:
                names.append(words[name])
                self.declare(words[name])
            if words[k] not in (",", ")") or k == start and not uses and words[k - 1] in "(,":
                raise SyntaxProblem("expected ',' or ')' in this parameter list", min(k, len(words) - 2))
        self.leave(mark)
        return k + 1, names

    # expressions and initializers (C17 6.5, 6.7.9)

    def expression(self, low: int, high: int) -> None:
        """Binds the expression in tokens low..high-1."""
        saved = self.words
        self.words = [*saved[:high], "", ""]
        k = low
        if high > low and self.words[low] == "{":
            k = self._braces(low)
        if self._expression(k, "") != high:
            raise SyntaxProblem("this expression is not complete", max(low, high - 1))
        self.words = saved

    def _expression(self, k: int, stops: str) -> int:
        """An expression up to the first of the `stops` outside brackets; the token that stops it."""
        words = self.words
        while True:
            word = words[k]
            if word in _PLAIN:
                k += 1
            elif word == "" or word in stops:
                if word == "" and stops != "":
                    raise SyntaxProblem(f"expected '{stops[0]}'", max(0, k - 1))
                return k
            elif word == "(":
                k = self._open_parenthesis(k)
            elif word == "[":
                self.dereferences = True
                k = self._expression(k + 1, "]") + 1
            elif word == "." or word == "->":
                self.members.add(words[k + 1])
                k += 2
            elif word == "?":
                k += 1
                if words[k] != ":":
                    k = self._expression(k, ":")
                k += 1
            elif word == "&&":
                if not _ends_operand(words[k - 1] if k else "") and is_identifier(words[k + 1]):
                    k += 1  # the address of a label
                k += 1
            elif word == "{":
                k = self._braces(k)
            elif word == "::" or is_identifier(word):
                k = self._word(k, stops)
            elif word[0] == '"' and words[k + 1] == "::":
                k = self._use(k, EXPRESSION)
            elif word in ")]};:":
                raise SyntaxProblem(f"'{word}' cannot stand here", k)
            else:
                if word in _DEREFERENCES or word == "*":
                    self.dereferences = True
                k += 1

    def _word(self, k: int, stops: str) -> int:
        """An identifier or keyword inside an expression."""
        word = self.words[k]
        if word == "_Generic":
            return self._generic(k + 1)
        if word in _OPERATORS:
            if word == "sizeof":
                self.dereferences = True
            return k + 1
        kind = KEYWORDS.get(word)
        if kind == "ATTRIBUTE" and word not in ("_Alignas", "alignas"):
            return self.attribute(k)
        if kind == "ASM":
            return self._assembly(k)
        if kind is not None or self._is_type(k):
            return self._type_name(k)
        if word in _FUNCTION_NAMES:
            self.function_names.append(k)
            return k + 1
        if word == "__builtin_offsetof" and word not in self._locals:
            return self._offsetof(k + 1)
        return self._use(k, EXPRESSION)

    def _type_name(self, k: int) -> int:
        """A type name inside an expression: of a cast, `sizeof`, `_Generic`, or an argument of a builtin."""
        k, _, uses = self.specifiers(k)
        k, _, pointer, _ = self.declarator(k)
        if not pointer:
            self.by_value(uses)
        return k

    def _generic(self, k: int) -> int:
        """The parenthesis of `_Generic`: an expression, then `type: expression` pairs (C17 6.5.1.1)."""
        words = self.words
        if words[k] != "(":
            raise SyntaxProblem("expected '(' after '_Generic'", k - 1)
        k = self._expression(k + 1, ",)")
        while words[k] == ",":
            k = k + 2 if words[k + 1] == "default" else self._type_name(k + 1)
            if words[k] != ":":
                raise SyntaxProblem("expected ':' after this type", max(0, k - 1))
            k = self._expression(k + 1, ",)")
        return k + 1

    def _open_parenthesis(self, k: int) -> int:
        """A parenthesis at k: a statement expression, a type name (perhaps of a compound literal), or an expression."""
        words = self.words
        if words[k + 1] == "{":
            mark = self.enter()
            k = self.items(k + 2) + 1
            self.leave(mark)
            if words[k] != ")":
                raise SyntaxProblem("expected ')' after this statement expression", min(k, len(words) - 2))
            return k + 1
        is_type = self._begins_type(k + 1)
        k = self._expression(k + 1, ")") + 1
        if is_type and words[k] == "{":
            k = self._braces(k)
        return k

    def _offsetof(self, k: int) -> int:
        """The arguments of `__builtin_offsetof`: a type and members."""
        words = self.words
        if words[k] != "(":
            return k
        k = self._expression(k + 1, ",") + 1
        if words[k]:
            self.members.add(words[k])
        return self._expression(k + 1, ")") + 1

    def _initializer(self, k: int) -> int:
        return self._braces(k) if self.words[k] == "{" else self._expression(k, ",;")

    def _braces(self, k: int) -> int:
        """A braced initializer at k; the token after it."""
        words = self.words
        k += 1
        while words[k] != "}":
            if not words[k]:
                raise SyntaxProblem("a '}' is missing at the end of this initializer", k - 1)
            if words[k] == ",":
                k += 1
                continue
            if words[k + 1] == ":" and is_identifier(words[k]):
                self.members.add(words[k])  # `member: value`, the old designator of GNU C
                k += 2
            while words[k] in (".", "["):
                if words[k] == ".":
                    self.members.add(words[k + 1])
                    k += 2
                else:
                    k = self._expression(k + 1, "]") + 1
            if words[k] == "=":
                k += 1
            k = self._braces(k) if words[k] == "{" else self._expression(k, ",}")
        return k + 1

    # attributes and assembly (GNU C)

    def attribute(self, k: int) -> int:
        """An attribute specifier at k; arguments that are expressions are bound."""
        words = self.words
        if words[k] == "[":
            return closing(words, k)
        if words[k] in ("_Alignas", "alignas"):
            return self._parenthesised(k + 1)
        end = closing(words, k + 1)
        for j in range(k + 2, end):
            if words[j + 1] != "(" or words[j - 1] not in ("(", ","):
                continue
            if words[j] in _BOUND_ATTRIBUTES:
                self._expression(j + 2, ")")
            elif words[j] in _NAMING_ATTRIBUTES and words[j + 2].startswith('"'):
                entity = self._resolve("name", words[j + 2].strip('"'), None)
                if entity is not None:
                    self.uses.append(Use(j + 2, j + 2, entity, EXPRESSION))
        return end

    def _assembly(self, k: int) -> int:
        """`asm` at k with its operands; the token after its parenthesis."""
        words = self.words
        k += 1
        while words[k] and words[k] != "(":
            k += 1
        end = closing(words, k)
        section = 0
        k += 1
        while k < end - 1:
            word = words[k]
            if word == ":" or word == "::":
                section += len(word)
                k += 1
            elif word == "[":
                k = closing(words, k)
            elif word == "(" and section in (1, 2):
                k = self._expression(k + 1, ")") + 1
            else:
                k += 1
        return end


_PLAIN = frozenset("; = == != < > <= >= ! ~ % / | || ^ & << >> *= /= %= &= |= ^= <<= >>= ,".split()) - {";", ","}


def _ends_operand(word: str) -> bool:
    """Whether an operand may end with `word`, so that an operator after it takes two."""
    return bool(word) and (word[0].isalnum() or word[0] in "_\"'" or word in (")", "]", "}", "++", "--")) and word not in (
        "return",
        "case",
        "else",
        "goto",
    )

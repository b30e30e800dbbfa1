"""Statements, blocks and whole functions (C17 6.8, 6.9.1)."""

from __future__ import annotations

from modcore.entities import SIGNATURE, VALUE, Missing, Unsupported, Use
from modcore.stage3_bind.expressions import OPERATORS, Expressions
from modcore.stage3_bind.names import DECLARES
from modcore.syntax.classify import KEYWORDS, SyntaxProblem, closing
from modcore.syntax.forms import import_form
from modcore.syntax.tokens import is_identifier

_STATEMENTS = frozenset("if while switch for do return goto break continue case default else __label__".split())


class Binder(Expressions):
    """Binds ranges of one `Tokens`: an expression, a declaration, or a whole function definition."""

    def function(self, head: int) -> None:
        """Binds a function definition: the tokens before `head` are its head, the rest its body."""
        self._in_head = True
        k, _, uses = self.specifiers(0)
        self._in_head = False
        start = k
        k, name, _, parameters = self.declarator(k)
        if not self._lenient:
            self._refuse_types(start, k)
        if not self._returns_pointer(name, k):
            self.by_value(uses)
        for number, use in enumerate(self.uses):
            if use.mode == SIGNATURE:  # what a definition takes is complete, what a prototype takes need not be
                self.uses[number] = Use(use.at, use.low, use.entity, VALUE)
        while KEYWORDS.get(self.words[k]) in ("ATTRIBUTE", "ASM"):
            k = self.attribute(k) if KEYWORDS[self.words[k]] == "ATTRIBUTE" else self._assembly(k)
        while k < head:
            k = self._declaration(k)
        self.declare_again(parameters or [])
        end = self.items(head + 1)
        if self.words[end + 1]:
            raise SyntaxProblem("this '}' closes nothing", end)

    def _refuse_types(self, k: int, end: int) -> None:
        """Notes a type that is defined among parameters: a prototype of the function would define another one."""
        while k < end and self.words[k] != "{":
            k = closing(self.words, k) if self.words[k] == "[" else k + 1
        if k < end:
            what = "a type that is defined among the parameters of a function"
            self.unsupported.append(Unsupported(k, k + 1, what, "define it before the function"))

    def file_scope(self) -> None:
        """Binds a declaration of plain C at file scope; the names that it declares are its own."""
        if self.words[0] in ("_Static_assert", "static_assert"):
            self._expression(1, ";")
        else:
            self._declaration(0)

    def _returns_pointer(self, name: int | None, end: int) -> bool:
        return name is not None and name > 0 and self.words[name - 1] == "*"

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
        if word == "":
            raise SyntaxProblem("a statement is missing here", max(0, k - 1))
        if word == "{":
            return self.block(k)
        if word in _STATEMENTS:
            return self._keyword_statement(k)
        kind = KEYWORDS.get(word)
        if kind is not None:
            if kind == "ASM":
                k = self._assembly(k)
                return k + 1 if words[k] == ";" else k
            if kind == "ATTRIBUTE" and word not in ("_Alignas", "alignas"):
                return self.attribute(k)
            if kind == "ASSERTION":
                return self._expression(k + 1, ";") + 1
            if word == "__extension__" and KEYWORDS.get(words[k + 1]) not in DECLARES and not self._begins_type(k + 1):
                return self._expression(k, ";") + 1
            return self._declaration(k)
        if word == "[" and words[k + 1] == "[":
            return closing(words, k)
        if is_identifier(word):
            if words[k + 1] == ":" and word not in OPERATORS:
                return k + 2
            if word == "import" and word not in self._locals and self._import(k):
                return words.index(";", k) + 1
        if self._begins_name(k) and (self._is_type(k) or self._unknown_type(k)):
            return self._declaration(k)
        return self._expression(k, ";") + 1

    def _statement(self, k: int) -> int:
        """A statement that another governs, with the labels and attributes before it; the token after it."""
        mark = self.enter()
        k = self._labelled(k)
        self.leave(mark)
        return k

    def _labelled(self, k: int) -> int:
        words = self.words
        while words[k] != "}":
            word = words[k]
            labels = (
                word in ("case", "default") or words[k + 1] == ":" and is_identifier(word) and word not in OPERATORS
            )
            if not labels and KEYWORDS.get(word) != "ATTRIBUTE" and not (word == "[" and words[k + 1] == "["):
                return self._item(k)
            k = self._item(k)
        return k

    def _keyword_statement(self, k: int) -> int:
        words = self.words
        word = words[k]
        if word in ("if", "while", "switch"):
            mark = self.enter()  # each of these is a block, and so is what it governs (C17 6.8.4, 6.8.5)
            k = self._statement(self._parenthesised(k + 1))
            if word == "if" and words[k] == "else":
                k = self._statement(k + 1)
            self.leave(mark)
            return k
        if word == "else":
            raise SyntaxProblem("this 'else' belongs to no 'if'", k)
        if word == "for":
            mark = self.enter()
            if words[k + 1] != "(":
                raise SyntaxProblem("expected '(' after 'for'", k + 1)
            k += 2
            if KEYWORDS.get(words[k]) == "ATTRIBUTE" or words[k : k + 2] == ["[", "["] or self._begins_type(k):
                k = self._declaration(k)
            else:
                k = self._expression(k, ";") + 1
            k = self._expression(k, ";") + 1
            k = self._statement(self._expression(k, ")") + 1)
            self.leave(mark)
            return k
        if word == "do":
            mark = self.enter()
            k = self._statement(k + 1)
            if words[k] != "while":
                raise SyntaxProblem("expected 'while' after the body of 'do'", k)
            k = self._after(self._parenthesised(k + 1), ";")
            self.leave(mark)
            return k
        if word == "goto" and words[k + 1] != "*":
            return self._after(k + 2, ";")
        if word == "case":
            return self._expression(k + 1, ":") + 1
        if word == "default":
            return self._after(k + 1, ":")
        if word == "__label__":
            while words[k] not in (";", ""):
                k += 1
            return self._after(k, ";")
        return self._expression(k + 1, ";") + 1

    def _after(self, k: int, expected: str) -> int:
        """The token after the one at k, which has to be `expected`."""
        if self.words[k] != expected:
            raise SyntaxProblem(f"expected '{expected}' after '{self.words[k - 1]}'", max(0, k - 1))
        return k + 1

    def _import(self, k: int) -> bool:
        """Whether an import statement begins at k; it is noted."""
        if ";" not in self.words[k : k + 24]:
            return False
        end = self.words.index(";", k)
        form = import_form(self.words[k] + " " + "".join(self.words[k + 1 : end + 1]))
        if form is None or form.fault is not None or self.words[k + 1] in ("(", "=", "[", ".", "->"):
            return False
        self.unsupported.append(
            Unsupported(k, end, "an import inside a block", "import the module at the top of the file")
        )
        return True

    def _unknown_type(self, k: int) -> bool:
        """Whether a name that nothing declares stands like a type: before a name, or before `* name ;`.

        It is missing, and taken for a type.
        """
        words = self.words
        name, path, at = words[k], None, k
        if words[k + 1] == "::" or name == "::":
            name, path, at = self._qualified(k)
        elif name in self._locals or name in OPERATORS:
            return False
        if self._lenient or self._resolve("name", name, path) is not None:
            return False
        j = at + 1
        while words[j] == "*":
            j += 1
        if not words[j] or not is_identifier(words[j]) or KEYWORDS.get(words[j]) or words[j] in OPERATORS:
            return False
        if j > at + 1 and (words[j + 1] not in (";", "=", ",") or words[j] in self._locals):
            return False
        self.missing.append(Missing(at, k, "name", name, path))
        self._poisoned.add(("name", name))
        self.type_names.add(at)
        return True

"""The grammar of declarations inside bodies (C17 6.7), as far as it differs from that of top-level statements.

Replaced are the productions that take an expression there as one terminal and here by its own tokens. The expressions
inside a declaration are noted while it is read and stand with it when it is complete.
"""

from __future__ import annotations

from typing import Any

from modcore.syntax.body_tree import Expression, LocalDeclaration, NestedFunction, TypeName
from modcore.syntax.classify import SyntaxProblem
from modcore.syntax.grammar import DeclarationRules, _derive, _with
from modcore.syntax.tree import Array, Assertion, Declaration, Declarator, Enumerator, Function, Range, Typeof


class LocalDeclarationRules(DeclarationRules):
    """The productions of declarations and type names; `_inner` are the expressions of those not complete yet."""

    def __init__(self) -> None:
        super().__init__()
        self._inner: list[Expression] = []

    # 6.7 declarations inside bodies

    def p_local_declaration(self, p: Any) -> None:
        """local_declaration : declaration"""
        declaration, low, high = p[1]
        p[0] = LocalDeclaration(low, high, declaration, self._take(low))

    def p_declaration_plain(self, p: Any) -> None:
        """declaration : old_style_specifiers SEMICOLON"""
        specifiers = self._specifiers(p[1])
        p[0] = Declaration(specifiers, ()), specifiers.low, p[2].high

    def p_declaration(self, p: Any) -> None:
        """declaration : old_style_specifiers init_declarators SEMICOLON"""
        specifiers = self._specifiers(p[1])
        p[0] = Declaration(specifiers, tuple(p[2])), specifiers.low, p[3].high

    def p_nested_function(self, p: Any) -> None:
        """nested_function : nested_head block"""
        specifiers, declarator, old_style, inner = p[1]
        if not declarator.derivations or not isinstance(declarator.derivations[0], Function):
            raise SyntaxProblem("a block follows something that is no function; a ';' may be missing", p[2].low)
        p[0] = NestedFunction(specifiers.low, p[2].high, specifiers, declarator, old_style, inner, p[2])

    def p_nested_head(self, p: Any) -> None:
        """nested_head : old_style_specifiers declarator old_style"""
        specifiers = self._specifiers(p[1])
        p[0] = specifiers, p[2], tuple(p[3]), self._take(specifiers.low)

    def p_type_name(self, p: Any) -> None:
        """type_name : specifiers
        | specifiers abstract"""
        specifiers = self._specifiers(p[1])
        declarator = p[2] if len(p) == 3 else None
        high = specifiers.high if declarator is None else declarator.high
        p[0] = TypeName(specifiers.low, high, specifiers, declarator, self._take(specifiers.low))

    def p_specifier_typeof(self, p: Any) -> None:
        """word_or_type : TYPEOF LPAREN expression RPAREN
        | TYPEOF LPARAMETER type_name RPARAMETER"""
        self._keep(p[3])
        p[0] = ("TYPE", Typeof(p[1].low, p[4].high, p[3]), p[1].low, p[4].high)

    def p_underlying(self, p: Any) -> None:
        """underlying :
        | UNDERLYING underlying_words"""
        p[0] = None if len(p) == 1 else self._specifiers(p[2])

    def p_underlying_type(self, p: Any) -> None:
        """underlying_word : TYPE_NAME"""
        super().p_underlying_type(p)

    def p_enumerator(self, p: Any) -> None:
        """enumerator : IDENTIFIER attributes
        | IDENTIFIER attributes EQUALS value"""
        p[0] = Enumerator(p[1], self._keep(p[4]) if len(p) == 5 else None)

    def p_member_assertion(self, p: Any) -> None:
        """member : local_assertion"""
        self._keep(p[1].condition)
        p[0] = Assertion(p[1].low, p[1].high - 1)

    def p_member_declarator(self, p: Any) -> None:
        """member_declarator : declarator
        | declarator COLON value attributes"""
        if len(p) == 2:
            p[0] = p[1]
        else:
            p[0] = _with(p[1], width=self._keep(p[3]), attributes=(*p[1].attributes, *p[4]))

    def p_member_unnamed(self, p: Any) -> None:
        """member_declarator : COLON value attributes"""
        p[0] = Declarator(None, (), p[1].low, p[1].low, tuple(p[3]), None, self._keep(p[2]))

    def p_init_declarator(self, p: Any) -> None:
        """init_declarator : declarator
        | declarator EQUALS initializer"""
        p[0] = p[1] if len(p) == 2 else _with(p[1], initializer=self._keep(p[3]))

    def p_direct_array(self, p: Any) -> None:
        """direct : direct bound
        direct_abstract : direct_abstract bound"""
        p[0] = _derive(p[1], Array(p[2].low, p[2].high), p[2].high)

    def p_direct_abstract_array(self, p: Any) -> None:
        """direct_abstract : bound"""
        p[0] = Declarator(None, (Array(p[1].low, p[1].high),), p[1].low, p[1].high)

    def p_bound(self, p: Any) -> None:
        """bound : LBRACKET bound_words RBRACKET
        | LBRACKET bound_words STAR RBRACKET
        | LBRACKET bound_words value RBRACKET"""
        if len(p) == 5 and p.slice[3].type == "value":
            self._keep(p[3])
        elif p[2] and len(p) == 4:
            raise SyntaxProblem(f"expected an expression before '{self.words[p[3].low]}'", p[3].low)
        p[0] = Range(p[1].low, p[len(p) - 1].high)

    def p_bound_words(self, p: Any) -> None:
        """bound_words :
        | bound_words QUALIFIER
        | bound_words STORAGE"""
        p[0] = p[1] if len(p) == 3 else False  # whether one of the words is `static`
        if len(p) == 3 and p.slice[2].type == "STORAGE":
            p[0] = True
            if self.words[p[2].low] != "static":
                raise SyntaxProblem(f"'{self.words[p[2].low]}' cannot stand here", p[2].low)

    def p_direct_names(self, p: Any) -> None:
        """direct : direct LPAREN names RPAREN"""
        p[0] = _derive(p[1], Function((), False, p[2].low, p[4].high), p[4].high)

    def p_names(self, p: Any) -> None:
        """names : IDENTIFIER
        | names COMMA IDENTIFIER"""
        p[0] = (p[1],) if len(p) == 2 else (*p[1], p[3])

    def p_suffixes(self, p: Any) -> None:
        """suffixes :
        | suffixes ASM LPAREN STRING RPAREN
        | suffixes ATTRIBUTE"""
        if len(p) == 6:
            p[0] = [*p[1], ("ASM", Range(p[2].low, p[5].high))]
        else:
            super().p_suffixes(p)

    def _keep(self, node: Expression) -> Range:
        """Notes an expression of a declaration that is not complete yet; its range."""
        self._inner.append(node)
        return Range(node.low, node.high)

    def _take(self, low: int) -> tuple[Expression, ...]:
        """The noted expressions from token `low` on."""
        inner = self._inner
        first = len(inner)
        while first and inner[first - 1].low >= low:
            first -= 1
        taken = tuple(inner[first:])
        del inner[first:]
        return taken

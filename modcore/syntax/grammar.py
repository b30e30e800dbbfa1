"""The grammar of declarations (C17 6.7, with C23 and GNU forms), free of context: see `classify`.

Each production is a method whose docstring is the rule, as PLY wants it; each returns a node of `tree`. PLY is
reached from `syntax.parse_statement` only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modcore.syntax.classify import SyntaxProblem, Terminal
from modcore.syntax.tree import (
    Aggregate,
    Array,
    Assembly,
    Assertion,
    Basic,
    Declaration,
    Declarator,
    Derivation,
    Enumeration,
    Enumerator,
    Function,
    FunctionDefinition,
    Name,
    Named,
    Parameter,
    Pointer,
    Range,
    Specifiers,
    Statement,
    Typeof,
)  # fmt: skip

TERMINALS = (
    "STORAGE", "QUALIFIER", "BASIC", "STRUCT", "ENUM", "TYPEOF", "ATTRIBUTE", "ASM", "ASSERTION", "TAG", "TYPE_NAME",
    "IDENTIFIER", "LPARAMETER", "RPARAMETER", "LPAREN", "RPAREN", "BRACKET", "INITIALIZER", "COLON", "WIDTH",
    "LBRACE", "RBRACE", "SEMICOLON", "COMMA", "STAR", "ELLIPSIS", "BODY",
)  # fmt: skip

SPELLED = {
    "LPARAMETER": "'('", "RPARAMETER": "')'", "LPAREN": "'('", "RPAREN": "')'", "BRACKET": "'['", "LBRACE": "'{'",
    "RBRACE": "'}'", "SEMICOLON": "';'", "COMMA": "','", "IDENTIFIER": "a name", "TYPE_NAME": "a type", "TAG": "a tag",
}  # fmt: skip
"""Terminals as messages name them."""

_NO_HEAD = "a function body follows, but this is not the head of a function"


class DeclarationRules:
    """What declarations have in common wherever they stand; the grammars of statements and of bodies inherit it.

    A method's argument `p` is PLY's: p[0] the result, p[1:] the values of the right side.
    """

    def __init__(self, words: list[str] | None = None) -> None:
        self.words = words or []  # of the statement in work: keywords are read from here
        self.has_body = True
        self.expects: Callable[[str], bool] = lambda terminal: False  # whether a terminal could stand at the error

    def p_declaration_plain(self, p: Any) -> None:
        """declaration : specifiers SEMICOLON"""
        p[0] = Declaration(self._specifiers(p[1]), ())

    def p_declaration(self, p: Any) -> None:
        """declaration : specifiers init_declarators SEMICOLON"""
        p[0] = Declaration(self._specifiers(p[1]), tuple(p[2]))

    def p_old_style(self, p: Any) -> None:
        """old_style :
        | old_style old_style_specifiers init_declarators SEMICOLON"""
        p[0] = [] if len(p) == 1 else _grown(p[1], Declaration(self._specifiers(p[2]), tuple(p[3])))

    def p_old_style_specifiers(self, p: Any) -> None:
        """old_style_specifiers : word_or_type
        | old_style_specifiers specifier"""
        if not self.has_body:
            raise SyntaxProblem(f"expected ';' before '{self.words[p[1][2]]}'", p[1][2])
        p[0] = [p[1]] if len(p) == 2 else _grown(p[1], p[2])

    # 6.7 declaration specifiers

    def p_specifiers(self, p: Any) -> None:
        """specifiers : specifier
        | specifiers specifier"""
        if len(p) == 2:
            p[0] = [p[1]]
        else:
            p[1].append(p[2])
            p[0] = p[1]

    def p_specifier(self, p: Any) -> None:
        """specifier : word_or_type"""
        p[0] = p[1]

    def p_specifier_attribute(self, p: Any) -> None:
        """specifier : ATTRIBUTE"""
        p[0] = ("ATTRIBUTE", p[1], p[1].low, p[1].high)

    def p_specifier_word(self, p: Any) -> None:
        """word_or_type : STORAGE
        | QUALIFIER
        | BASIC"""
        p[0] = (p.slice[1].type, p[1], p[1].low, p[1].high)

    def p_specifier_typeof(self, p: Any) -> None:
        """word_or_type : TYPEOF"""
        p[0] = ("TYPE", Typeof(p[1].low, p[1].high), p[1].low, p[1].high)

    def p_specifier_named(self, p: Any) -> None:
        """word_or_type : TYPE_NAME"""
        p[0] = ("TYPE", Named(p[1]), p[1].low, p[1].at + 1)

    def p_specifier_type(self, p: Any) -> None:
        """word_or_type : aggregate
        | enumeration"""
        p[0] = ("TYPE", p[1], p[1].low, p[1].high)

    # 6.7.2.1 structures and unions

    def p_aggregate_reference(self, p: Any) -> None:
        """aggregate : STRUCT attributes TAG"""
        p[0] = Aggregate(self.words[p[1].low], p[3], None, p[1].low, p[3].at + 1)

    def p_aggregate(self, p: Any) -> None:
        """aggregate : STRUCT attributes TAG LBRACE member_list RBRACE"""
        p[0] = Aggregate(self.words[p[1].low], p[3], tuple(p[5]), p[1].low, p[6].high)

    def p_aggregate_anonymous(self, p: Any) -> None:
        """aggregate : STRUCT attributes LBRACE member_list RBRACE"""
        p[0] = Aggregate(self.words[p[1].low], None, tuple(p[4]), p[1].low, p[5].high)

    def p_member_list(self, p: Any) -> None:
        """member_list : members
        | members specifiers
        | members specifiers member_declarators"""
        # Compilers take a last member without its semicolon.
        last = [Declaration(self._specifiers(p[2]), tuple(p[3]) if len(p) == 4 else ())] if len(p) > 2 else []
        p[0] = [*p[1], *last]

    def p_members(self, p: Any) -> None:
        """members :
        | members member"""
        if len(p) == 1:
            p[0] = []
        else:
            p[0] = p[1]
            if p[2] is not None:
                p[0].append(p[2])

    def p_member(self, p: Any) -> None:
        """member : specifiers SEMICOLON
        | specifiers member_declarators SEMICOLON"""
        p[0] = Declaration(self._specifiers(p[1]), tuple(p[2]) if len(p) == 4 else ())

    def p_member_assertion(self, p: Any) -> None:
        """member : ASSERTION SEMICOLON"""
        p[0] = Assertion(p[1].low, p[1].high)

    def p_member_empty(self, p: Any) -> None:
        """member : SEMICOLON"""

    def p_member_declarators(self, p: Any) -> None:
        """member_declarators : member_declarator
        | member_declarators COMMA attributes member_declarator"""
        p[0] = [p[1]] if len(p) == 2 else _grown(p[1], _with(p[4], attributes=(*p[3], *p[4].attributes)))

    def p_member_declarator(self, p: Any) -> None:
        """member_declarator : declarator
        | declarator WIDTH attributes"""
        p[0] = p[1] if len(p) == 2 else _with(p[1], width=p[2], attributes=(*p[1].attributes, *p[3]))

    def p_member_unnamed(self, p: Any) -> None:
        """member_declarator : WIDTH attributes"""
        p[0] = Declarator(None, (), p[1].low - 1, p[1].low - 1, tuple(p[2]), None, p[1])

    # 6.7.2.2 enumerations

    def p_enumeration_reference(self, p: Any) -> None:
        """enumeration : ENUM attributes TAG"""
        p[0] = Enumeration(p[3], None, None, p[1].low, p[3].at + 1)

    def p_enumeration(self, p: Any) -> None:
        """enumeration : ENUM attributes TAG underlying LBRACE enumerators RBRACE"""
        p[0] = Enumeration(p[3], tuple(p[6]), p[4], p[1].low, p[7].high)

    def p_enumeration_anonymous(self, p: Any) -> None:
        """enumeration : ENUM attributes underlying LBRACE enumerators RBRACE"""
        p[0] = Enumeration(None, tuple(p[5]), p[3], p[1].low, p[6].high)

    def p_underlying(self, p: Any) -> None:
        """underlying :
        | COLON underlying_words"""
        p[0] = None if len(p) == 1 else self._specifiers(p[2])

    def p_underlying_words(self, p: Any) -> None:
        """underlying_words : underlying_word
        | underlying_words underlying_word"""
        p[0] = [p[1]] if len(p) == 2 else [*p[1], p[2]]

    def p_underlying_word(self, p: Any) -> None:
        """underlying_word : BASIC
        | QUALIFIER"""
        p[0] = (p.slice[1].type, p[1], p[1].low, p[1].high)

    def p_underlying_type(self, p: Any) -> None:
        """underlying_word : TYPE_NAME
        | TYPEOF"""
        value = p[1] if p.slice[1].type == "TYPEOF" else Named(p[1])
        p[0] = ("TYPE", Typeof(value.low, value.high) if isinstance(value, Range) else value, p.slice[1].lexpos, 0)

    def p_enumerators(self, p: Any) -> None:
        """enumerators : enumerator
        | enumerators COMMA
        | enumerators COMMA enumerator"""
        p[0] = [p[1]] if len(p) == 2 else p[1] if len(p) == 3 else _grown(p[1], p[3])

    def p_enumerator(self, p: Any) -> None:
        """enumerator : IDENTIFIER attributes
        | IDENTIFIER attributes INITIALIZER"""
        p[0] = Enumerator(p[1], p[3] if len(p) == 4 else None)

    # 6.7.6 declarators

    def p_init_declarators(self, p: Any) -> None:
        """init_declarators : init_declarator
        | init_declarators COMMA attributes init_declarator"""
        p[0] = [p[1]] if len(p) == 2 else _grown(p[1], _with(p[4], attributes=(*p[3], *p[4].attributes)))

    def p_init_declarator(self, p: Any) -> None:
        """init_declarator : declarator
        | declarator INITIALIZER"""
        p[0] = p[1] if len(p) == 2 else _with(p[1], initializer=p[2])

    def p_declarator(self, p: Any) -> None:
        """declarator : direct suffixes"""
        p[0] = _declarator(p[1], (), p[2])

    def p_declarator_pointer(self, p: Any) -> None:
        """declarator : pointer direct suffixes"""
        p[0] = _declarator(p[2], p[1], p[3])

    def p_direct_name(self, p: Any) -> None:
        """direct : IDENTIFIER"""
        p[0] = Declarator(p[1], (), p[1].low, p[1].at + 1)

    def p_direct_nested(self, p: Any) -> None:
        """direct : LPAREN attributes declarator RPAREN
        direct_abstract : LPAREN attributes abstract RPAREN"""
        p[0] = _with(p[3], low=p[1].low, high=p[4].high, attributes=(*p[2], *p[3].attributes))

    def p_direct_array(self, p: Any) -> None:
        """direct : direct BRACKET
        direct_abstract : direct_abstract BRACKET"""
        p[0] = _derive(p[1], Array(p[2].low, p[2].high), p[2].high)

    def p_direct_function(self, p: Any) -> None:
        """direct : direct LPARAMETER parameters RPARAMETER
        direct_abstract : direct_abstract LPARAMETER parameters RPARAMETER"""
        p[0] = _derive(p[1], Function(*p[3], p[2].low, p[4].high), p[4].high)

    def p_abstract(self, p: Any) -> None:
        """abstract : direct_abstract suffixes"""
        p[0] = _declarator(p[1], (), p[2])

    def p_abstract_pointer(self, p: Any) -> None:
        """abstract : pointer direct_abstract suffixes"""
        p[0] = _declarator(p[2], p[1], p[3])

    def p_abstract_bare(self, p: Any) -> None:
        """abstract : pointer"""
        p[0] = Declarator(None, tuple(s[0] for s in reversed(p[1])), p[1][0][1], p[1][-1][2])

    def p_direct_abstract_array(self, p: Any) -> None:
        """direct_abstract : BRACKET"""
        p[0] = Declarator(None, (Array(p[1].low, p[1].high),), p[1].low, p[1].high)

    def p_direct_abstract_function(self, p: Any) -> None:
        """direct_abstract : LPARAMETER parameters RPARAMETER"""
        p[0] = Declarator(None, (Function(*p[2], p[1].low, p[3].high),), p[1].low, p[3].high)

    def p_pointer(self, p: Any) -> None:
        """pointer : star
        | pointer star"""
        p[0] = [p[1]] if len(p) == 2 else _grown(p[1], p[2])

    def p_star(self, p: Any) -> None:
        """star : STAR
        | star QUALIFIER
        | star ATTRIBUTE"""
        if len(p) == 2:
            p[0] = (Pointer(()), p[1].low, p[1].high)
        else:
            pointer, low, _ = p[1]
            if p.slice[2].type == "QUALIFIER":
                pointer = Pointer((*pointer.qualifiers, self.words[p[2].low]), pointer.attributes)
            else:
                pointer = Pointer(pointer.qualifiers, (*pointer.attributes, p[2]))
            p[0] = (pointer, low, p[2].high)

    def p_suffixes(self, p: Any) -> None:
        """suffixes :
        | suffixes ASM
        | suffixes ATTRIBUTE"""
        p[0] = [] if len(p) == 1 else [*p[1], (p.slice[2].type, p[2])]

    def p_attributes(self, p: Any) -> None:
        """attributes :
        | attributes ATTRIBUTE"""
        p[0] = [] if len(p) == 1 else [*p[1], p[2]]

    def p_parameters(self, p: Any) -> None:
        """parameters :
        | ELLIPSIS
        | parameter_list
        | parameter_list COMMA ELLIPSIS"""
        if len(p) == 1:
            p[0] = ((), False)
        elif p.slice[1].type == "ELLIPSIS":
            p[0] = ((), True)
        else:
            p[0] = (tuple(p[1]), len(p) == 4)

    def p_parameter_list(self, p: Any) -> None:
        """parameter_list : parameter
        | parameter_list COMMA parameter"""
        p[0] = [p[1]] if len(p) == 2 else _grown(p[1], p[3])

    def p_parameter(self, p: Any) -> None:
        """parameter : specifiers
        | specifiers declarator
        | specifiers abstract"""
        p[0] = Parameter(self._specifiers(p[1]), p[2] if len(p) == 3 else None)

    def p_error(self, terminal: Terminal | None) -> None:
        last = max(0, len(self.words) - 1)
        if terminal is None:
            raise SyntaxProblem("this statement ends too early", last)
        if terminal.type == "BODY":
            raise SyntaxProblem(_NO_HEAD, last)
        word = self.words[terminal.lexpos]
        if self.expects("SEMICOLON"):
            raise SyntaxProblem(f"expected ';' before '{word}'", terminal.lexpos)
        raise SyntaxProblem(f"'{word}' cannot stand here", terminal.lexpos)

    def _specifiers(self, items: list[tuple[str, Any, int, int]]) -> Specifiers:
        """The collected specifiers as one node; two types in one declaration are a problem."""
        storage: list[str] = []
        qualifiers: list[str] = []
        basic: list[str] = []
        attributes: list[Range] = []
        other = None
        for kind, value, low, _ in items:
            if kind == "STORAGE":
                storage.append(self.words[low])
            elif kind == "QUALIFIER":
                qualifiers.append(self.words[low])
            elif kind == "BASIC":
                if other is not None:
                    raise SyntaxProblem(f"'{self.words[low]}' follows a type; a ';' may be missing before it", low)
                basic.append(self.words[low])
            elif kind == "ATTRIBUTE":
                attributes.append(value)
            elif (other is not None or basic) and not _combines(basic, value, self.words):
                raise SyntaxProblem(f"'{self.words[low]}' follows a type; a ';' may be missing before it", low)
            else:
                other = value
        type_ = other if other is not None else Basic(tuple(basic)) if basic else None
        return Specifiers(tuple(storage), tuple(qualifiers), type_, tuple(attributes), items[0][2], items[-1][3])


class DeclarationGrammar(DeclarationRules):
    """The grammar of one top-level statement."""

    tokens = TERMINALS
    start = "statement"

    def p_statement(self, p: Any) -> None:
        """statement : declaration
        | function_definition"""
        p[0] = p[1]

    def p_assertion(self, p: Any) -> None:
        """statement : ASSERTION SEMICOLON"""
        p[0] = Assertion(p[1].low, p[1].high)

    def p_assembly(self, p: Any) -> None:
        """statement : ASM SEMICOLON"""
        p[0] = Assembly(p[1].low, p[1].high)

    def p_declaration_implicit(self, p: Any) -> None:
        """declaration : init_declarators SEMICOLON"""
        p[0] = Declaration(_implicit(p[1][0].low), tuple(p[1]))

    def p_function_definition(self, p: Any) -> None:
        """function_definition : specifiers declarator old_style BODY"""
        p[0] = _function(self._specifiers(p[1]), p[2], p[3])

    def p_function_definition_implicit(self, p: Any) -> None:
        """function_definition : declarator old_style BODY"""
        p[0] = _function(_implicit(p[1].low), p[1], p[2])


def _combines(basic: list[str], value: Any, words: list[str]) -> bool:
    """Whether a type may follow the keywords in `basic`: `unsigned _BitInt(9)`."""
    return isinstance(value, Typeof) and words[value.low] == "_BitInt" and set(basic) <= {"signed", "unsigned"}


def _function(specifiers: Specifiers, declarator: Declarator, old_style: list[Declaration]) -> FunctionDefinition:
    if not declarator.derivations or not isinstance(declarator.derivations[0], Function):
        raise SyntaxProblem(_NO_HEAD, declarator.high - 1)
    return FunctionDefinition(specifiers, declarator, tuple(old_style))


def _implicit(low: int) -> Specifiers:
    return Specifiers((), (), None, (), low, low)


def _grown(items: list[Any], item: Any) -> list[Any]:
    """A list with one item more: the same list, because copying it for each item would take quadratic time."""
    items.append(item)
    return items


def _with(node: Declarator, **changes: Any) -> Declarator:
    fields = {name: getattr(node, name) for name in node.__struct_fields__}
    return Declarator(**(fields | changes))


def _derive(node: Declarator, derivation: Derivation, high: int) -> Declarator:
    return Declarator(
        node.name, (*node.derivations, derivation), node.low, high, node.attributes, node.asm_label
    )


def _declarator(
    core: Declarator,
    pointer: list[tuple[Pointer, int, int]] | tuple[()],
    suffixes: list[tuple[str, Range]],
) -> Declarator:
    """A declarator from its core, the pointers before it and the asm label and attributes after it."""
    if not pointer and not suffixes:
        return core
    return Declarator(
        core.name,
        (*core.derivations, *(star[0] for star in reversed(pointer))),
        pointer[0][1] if pointer else core.low,
        suffixes[-1][1].high if suffixes else core.high,
        (*core.attributes, *(value for kind, value in suffixes if kind == "ATTRIBUTE")),
        next((value for kind, value in suffixes if kind == "ASM"), core.asm_label),
    )


__all__ = ["DeclarationGrammar", "SPELLED", "Name", "Statement"]

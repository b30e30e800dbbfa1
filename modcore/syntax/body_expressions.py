"""The grammar of expressions and initializers (C17 6.5 and 6.7.9, with GNU forms).

Operators are resolved by precedence, so an expression costs one reduction an operator. Each production is a method
whose docstring is the rule, as PLY wants it, and returns a node of `body_tree`; `body_grammar` inherits them.
"""

from __future__ import annotations

from typing import Any

from modcore.syntax.body_tree import (
    Assignment,
    Association,
    Binary,
    Braces,
    Call,
    Cast,
    Comma,
    CompoundLiteral,
    Conditional,
    Generic,
    Identifier,
    Index,
    IndexDesignator,
    Initializer,
    LabelAddress,
    Literal,
    Member,
    MemberDesignator,
    Parenthesised,
    Postfix,
    SizeOf,
    StatementExpression,
    String,
    TypeName,
    Unary,
)  # fmt: skip
from modcore.syntax.classify import SyntaxProblem

PRECEDENCE = (
    ("right", "EQUALS", "ASSIGN"),
    ("right", "QUESTION"),
    ("left", "OR"),
    ("left", "AND"),
    ("left", "INCLUSIVE_OR"),
    ("left", "EXCLUSIVE_OR"),
    ("left", "AMPERSAND"),
    ("left", "EQUALITY"),
    ("left", "RELATIONAL"),
    ("left", "SHIFT"),
    ("left", "ADDITIVE"),
    ("left", "STAR", "MULTIPLICATIVE"),
    ("right", "PREFIX"),
)
"""The operators' terminals, those that bind least first."""

_TAKE_TYPES = {
    "__builtin_va_arg": "et", "__builtin_offsetof": "te", "__builtin_types_compatible_p": "tt",
    "__builtin_convertvector": "et", "__builtin_bit_cast": "te", "__builtin_has_attribute": "?e",
}  # fmt: skip
"""The builtins that take types: of each argument, whether it is a type, an expression, or either."""


class ExpressionRules:
    """The productions of expressions; `words` are those of the text in work."""

    words: list[str]

    # 6.5.1 primary and 6.5.2 postfix expressions

    def p_identifier(self, p: Any) -> None:
        """postfix : IDENTIFIER"""
        name = p[1]
        p[0] = Identifier(name.low, name.at + 1, name)

    def p_constant(self, p: Any) -> None:
        """postfix : CONSTANT"""
        p[0] = Literal(p[1].low, p[1].high)

    def p_string(self, p: Any) -> None:
        """postfix : STRING"""
        p[0] = String(p[1].low, p[1].high)

    def p_parenthesised(self, p: Any) -> None:
        """postfix : LPAREN expression RPAREN"""
        p[0] = Parenthesised(p[1].low, p[3].high, p[2])

    def p_statement_expression(self, p: Any) -> None:
        """postfix : LPAREN block RPAREN"""
        p[0] = StatementExpression(p[1].low, p[3].high, p[2])

    def p_generic(self, p: Any) -> None:
        """postfix : GENERIC LPAREN value COMMA associations RPAREN"""
        p[0] = Generic(p[1].low, p[6].high, p[3], tuple(p[5]))

    def p_associations(self, p: Any) -> None:
        """associations : association
        | associations COMMA association"""
        p[0] = [p[1]] if len(p) == 2 else [*p[1], p[3]]

    def p_association(self, p: Any) -> None:
        """association : type_name COLON value
        | DEFAULT COLON value"""
        type_ = p[1] if p.slice[1].type == "type_name" else None
        p[0] = Association(p[1].low, p[3].high, type_, p[3])

    def p_index(self, p: Any) -> None:
        """postfix : postfix LBRACKET expression RBRACKET"""
        p[0] = Index(p[1].low, p[4].high, p[1], p[3])

    def p_call(self, p: Any) -> None:
        """postfix : postfix LPAREN arguments RPAREN
        | postfix LPARAMETER type_first RPARAMETER"""
        kinds = _TAKE_TYPES.get(p[1].name.text, "") if type(p[1]) is Identifier else ""
        for argument, kind in zip(p[3], kinds or "e" * len(p[3])):
            if kind != "?" and (kind == "t") != (type(argument) is TypeName):
                wanted = "a type" if kind == "t" else "an expression"
                raise SyntaxProblem(f"expected {wanted} before '{self.words[argument.low]}'", argument.low)
        if kinds and len(p[3]) != len(kinds):
            raise SyntaxProblem(f"'{p[1].name.text}' takes {len(kinds)} arguments", p[1].low)
        p[0] = Call(p[1].low, p[4].high, p[1], tuple(p[3]))

    def p_call_empty(self, p: Any) -> None:
        """postfix : postfix LPARAMETER RPARAMETER"""
        p[0] = Call(p[1].low, p[3].high, p[1], ())

    def p_arguments(self, p: Any) -> None:
        """arguments : value
        | arguments COMMA value
        | arguments COMMA type_name
        type_first : type_name
        | type_first COMMA value
        | type_first COMMA type_name"""
        if len(p) == 2:
            p[0] = [p[1]]
        else:
            p[1].append(p[3])
            p[0] = p[1]

    def p_member_access(self, p: Any) -> None:
        """postfix : postfix DOT IDENTIFIER
        | postfix ARROW IDENTIFIER"""
        p[0] = Member(p[1].low, p[3].at + 1, p[1], p.slice[2].type == "ARROW", p[3])

    def p_postfix_increment(self, p: Any) -> None:
        """postfix : postfix INCREMENT"""
        p[0] = Postfix(p[1].low, p[2].high, self.words[p[2].low], p[1])

    def p_compound_literal(self, p: Any) -> None:
        """postfix : LPARAMETER type_name RPARAMETER braces"""
        p[0] = CompoundLiteral(p[1].low, p[4].high, p[2], p[4])

    # 6.5.3 unary and 6.5.4 cast expressions

    def p_prefix(self, p: Any) -> None:
        """prefix : INCREMENT value %prec PREFIX
        | AMPERSAND value %prec PREFIX
        | STAR value %prec PREFIX
        | ADDITIVE value %prec PREFIX
        | PREFIX value
        | SIZEOF postfix
        | SIZEOF prefix"""
        p[0] = Unary(p[1].low, p[2].high, self.words[p[1].low], p[2])

    def p_prefix_type(self, p: Any) -> None:
        """prefix : SIZEOF LPARAMETER type_name RPARAMETER"""
        p[0] = SizeOf(p[1].low, p[4].high, self.words[p[1].low], p[3])

    def p_prefix_label(self, p: Any) -> None:
        """prefix : AND IDENTIFIER"""
        p[0] = LabelAddress(p[1].low, p[2].at + 1, p[2])

    def p_cast(self, p: Any) -> None:
        """value : LPARAMETER type_name RPARAMETER value %prec PREFIX"""
        p[0] = Cast(p[1].low, p[4].high, p[2], p[4])

    # 6.5.5 to 6.5.17 operators with two or three operands

    def p_value(self, p: Any) -> None:
        """value : postfix
        | prefix"""
        p[0] = p[1]

    def p_binary(self, p: Any) -> None:
        """value : value STAR value
        | value MULTIPLICATIVE value
        | value ADDITIVE value
        | value SHIFT value
        | value RELATIONAL value
        | value EQUALITY value
        | value AMPERSAND value
        | value EXCLUSIVE_OR value
        | value INCLUSIVE_OR value
        | value AND value
        | value OR value"""
        p[0] = Binary(p[1].low, p[3].high, self.words[p[2].low], p[1], p[3])

    def p_conditional(self, p: Any) -> None:
        """value : value QUESTION expression COLON value %prec QUESTION"""
        p[0] = Conditional(p[1].low, p[5].high, p[1], p[3], p[5])

    def p_conditional_short(self, p: Any) -> None:
        """value : value QUESTION COLON value %prec QUESTION"""
        p[0] = Conditional(p[1].low, p[4].high, p[1], None, p[4])

    def p_assignment(self, p: Any) -> None:
        """value : value EQUALS value
        | value ASSIGN value"""
        p[0] = Assignment(p[1].low, p[3].high, self.words[p[2].low], p[1], p[3])

    def p_expression(self, p: Any) -> None:
        """expression : value
        | expression COMMA value"""
        p[0] = p[1] if len(p) == 2 else Comma(p[1].low, p[3].high, p[1], p[3])

    # 6.7.9 initializers

    def p_initializer(self, p: Any) -> None:
        """initializer : value
        | braces"""
        p[0] = p[1]

    def p_braces(self, p: Any) -> None:
        """braces : LBRACE RBRACE
        | LBRACE entries RBRACE
        | LBRACE entries COMMA RBRACE"""
        p[0] = Braces(p[1].low, p[len(p) - 1].high, tuple(p[2]) if len(p) > 3 else ())

    def p_entries(self, p: Any) -> None:
        """entries : entry
        | entries COMMA entry"""
        if len(p) == 2:
            p[0] = [p[1]]
        else:
            p[1].append(p[3])
            p[0] = p[1]

    def p_entry(self, p: Any) -> None:
        """entry : initializer"""
        p[0] = Initializer(p[1].low, p[1].high, (), p[1])

    def p_entry_designated(self, p: Any) -> None:
        """entry : designators EQUALS initializer"""
        p[0] = Initializer(p[1][0].low, p[3].high, tuple(p[1]), p[3])

    def p_entry_old(self, p: Any) -> None:
        """entry : IDENTIFIER COLON initializer"""
        designator = MemberDesignator(p[1].low, p[2].high, p[1])
        p[0] = Initializer(p[1].low, p[3].high, (designator,), p[3])

    def p_entry_index_old(self, p: Any) -> None:
        """entry : index_designator initializer"""
        p[0] = Initializer(p[1].low, p[2].high, (p[1],), p[2])

    def p_designators(self, p: Any) -> None:
        """designators : designator
        | designators designator"""
        p[0] = [p[1]] if len(p) == 2 else [*p[1], p[2]]

    def p_designator(self, p: Any) -> None:
        """designator : index_designator
        | DOT IDENTIFIER"""
        p[0] = p[1] if len(p) == 2 else MemberDesignator(p[1].low, p[2].at + 1, p[2])

    def p_index_designator(self, p: Any) -> None:
        """index_designator : LBRACKET value RBRACKET
        | LBRACKET value ELLIPSIS value RBRACKET"""
        p[0] = IndexDesignator(p[1].low, p[len(p) - 1].high, p[2], p[4] if len(p) == 6 else None)

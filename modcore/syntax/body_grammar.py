"""The grammar of function bodies and expressions (C17 6.5, 6.7.9, 6.8, with C23 and GNU forms).

Declarations are those of `grammar`, inherited; only the productions are replaced that take an expression there as
one terminal and here by its own tokens. Operators are resolved by precedence, so an expression costs one reduction
an operator. Each production is a method whose docstring is the rule, as PLY wants it, and returns a node of
`body_tree`. PLY is reached from `syntax.parse_body` and `syntax.parse_expression` only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modcore.syntax.body_tree import (
    Assignment, Association, Binary, Block, Braces, Call, Case, Cast, Comma, CompoundLiteral, ComputedGoto,
    Conditional, DoWhile, Evaluation, Expression, For, Generic, Goto, Identifier, If, Index, IndexDesignator,
    Initializer, InlineAssembly, Jump, Label, LabelAddress, Labelled, Literal, LocalAssertion, LocalDeclaration,
    LocalImport, LocalLabels, Member, MemberDesignator, NestedFunction, Operand, Parenthesised, Postfix, Return,
    SizeOf, StatementExpression, String, Switch, TypeName, Unary, While,
)  # fmt: skip
from modcore.syntax.classify import SyntaxProblem, Terminal
from modcore.syntax.grammar import TERMINALS, DeclarationRules, _derive, _with
from modcore.syntax.tree import Array, Assertion, Declaration, Declarator, Enumerator, Function, Name, Range, Typeof

_RANGES = {"BRACKET", "INITIALIZER", "WIDTH", "BODY"}  # terminals that stand for expressions elsewhere
_TAKE_TYPES = {
    "__builtin_va_arg": "et", "__builtin_offsetof": "te", "__builtin_types_compatible_p": "tt",
    "__builtin_convertvector": "et", "__builtin_bit_cast": "te", "__builtin_has_attribute": "?e",
}  # fmt: skip
"""The builtins that take types: of each argument, whether it is a type, an expression, or either."""


class BodyGrammar(DeclarationRules):
    """The productions.

    `expect` gives the terminals that could stand where parsing stopped, `lack` those that, put before the one that
    was found, would make it fit.
    """

    tokens = tuple(t for t in TERMINALS if t not in _RANGES) + (
        "VALUE", "BLOCK", "TYPE", "CONSTANT", "STRING", "PREFIX", "SIZEOF", "GENERIC", "IF", "ELSE", "SWITCH", "WHILE", "DO",
        "FOR", "GOTO", "JUMP", "RETURN", "CASE", "DEFAULT", "LOCAL_LABELS", "IMPORT", "ASM_WORD", "LBRACKET",
        "RBRACKET", "QUESTION", "DOT", "ARROW", "EQUALS", "ASSIGN", "INCREMENT", "AMPERSAND", "ADDITIVE",
        "MULTIPLICATIVE", "SHIFT", "RELATIONAL", "EQUALITY", "EXCLUSIVE_OR", "INCLUSIVE_OR", "AND", "OR", "UNDERLYING",
    )  # fmt: skip
    precedence = (
        ("nonassoc", "IF"),  # an `if` without `else` gives way to one that has it
        ("nonassoc", "ELSE"),
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
    start = "text"

    def __init__(self) -> None:
        super().__init__()
        self.expect: Callable[[], set[str]] = set
        self.lack: Callable[[str], set[str]] = lambda found: set()
        self._inner: list[Expression] = []  # expressions of declarations that are not complete yet

    def begin(self, words: list[str]) -> None:
        """Gets ready for a text of these words."""
        self.words = words
        self._inner = []

    def p_text(self, p: Any) -> None:
        """text : BLOCK block
        | VALUE expression
        | VALUE braces
        | TYPE type_name"""
        p[0] = p[2]

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
        p[0] = ("TYPE", Typeof(p[1].low, p[4].high), p[1].low, p[4].high)

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

    # 6.8 statements and blocks

    def p_block(self, p: Any) -> None:
        """block : LBRACE items RBRACE"""
        p[0] = Block(p[1].low, p[3].high, tuple(p[2]))

    def p_items(self, p: Any) -> None:
        """items :
        | items item
        | items attributed item"""
        if len(p) == 1:
            p[0] = []
        else:
            p[1].append(p[len(p) - 1])
            p[0] = p[1]

    def p_item(self, p: Any) -> None:
        """item : unlabelled
        | label
        | local_declaration
        | nested_function
        | local_assertion
        | local_labels
        | local_import"""
        p[0] = p[1]

    def p_attributed(self, p: Any) -> None:
        """attributed : ATTRIBUTE
        | attributed ATTRIBUTE"""

    def p_label(self, p: Any) -> None:
        """label : IDENTIFIER COLON"""
        if p[1].path is not None:
            raise SyntaxProblem("a label has no module", p[1].low)
        p[0] = Label(p[1].low, p[2].high, p[1])

    def p_label_case(self, p: Any) -> None:
        """label : CASE value COLON
        | CASE value ELLIPSIS value COLON
        | DEFAULT COLON"""
        first = p[2] if len(p) > 3 else None
        p[0] = Case(p[1].low, p[len(p) - 1].high, first, p[4] if len(p) == 6 else None)

    def p_statement_plain(self, p: Any) -> None:
        """statement : unlabelled
        | attributed unlabelled"""
        p[0] = p[len(p) - 1]

    def p_statement_labelled(self, p: Any) -> None:
        """statement : label statement
        | attributed label statement"""
        label = p[len(p) - 2]
        p[0] = Labelled(label.low, p[len(p) - 1].high, label, p[len(p) - 1])

    def p_evaluation(self, p: Any) -> None:
        """unlabelled : expression SEMICOLON
        | SEMICOLON"""
        p[0] = Evaluation(p[1].low, p[len(p) - 1].high, p[1] if len(p) == 3 else None)

    def p_unlabelled_block(self, p: Any) -> None:
        """unlabelled : block
        | assembly"""
        p[0] = p[1]

    def p_if(self, p: Any) -> None:
        """unlabelled : IF LPAREN expression RPAREN statement %prec IF
        | IF LPAREN expression RPAREN statement ELSE statement"""
        p[0] = If(p[1].low, p[len(p) - 1].high, p[3], p[5], p[7] if len(p) == 8 else None)

    def p_switch(self, p: Any) -> None:
        """unlabelled : SWITCH LPAREN expression RPAREN statement
        | WHILE LPAREN expression RPAREN statement"""
        kind = Switch if p.slice[1].type == "SWITCH" else While
        p[0] = kind(p[1].low, p[5].high, p[3], p[5])

    def p_do(self, p: Any) -> None:
        """unlabelled : DO statement WHILE LPAREN expression RPAREN SEMICOLON"""
        p[0] = DoWhile(p[1].low, p[7].high, p[2], p[5])

    def p_for(self, p: Any) -> None:
        """unlabelled : FOR for_open for_start maybe SEMICOLON maybe for_close statement"""
        p[0] = For(p[1].low, p[8].high, p[3], p[4], p[6], p[8])

    def p_for_parentheses(self, p: Any) -> None:
        """for_open : LPAREN
        | LPARAMETER
        for_close : RPAREN
        | RPARAMETER"""

    def p_for_start(self, p: Any) -> None:
        """for_start : maybe SEMICOLON
        | local_declaration
        | attributed local_declaration"""
        p[0] = p[1] if p.slice[1].type != "attributed" else p[2]

    def p_maybe(self, p: Any) -> None:
        """maybe :
        | expression"""
        p[0] = p[1] if len(p) == 2 else None

    def p_goto(self, p: Any) -> None:
        """unlabelled : GOTO IDENTIFIER SEMICOLON"""
        p[0] = Goto(p[1].low, p[3].high, p[2])

    def p_goto_computed(self, p: Any) -> None:
        """unlabelled : GOTO STAR expression SEMICOLON"""
        p[0] = ComputedGoto(p[1].low, p[4].high, p[3])

    def p_jump(self, p: Any) -> None:
        """unlabelled : JUMP SEMICOLON"""
        p[0] = Jump(p[1].low, p[2].high, self.words[p[1].low])

    def p_return(self, p: Any) -> None:
        """unlabelled : RETURN maybe SEMICOLON"""
        p[0] = Return(p[1].low, p[3].high, p[2])

    def p_local_labels(self, p: Any) -> None:
        """local_labels : LOCAL_LABELS names SEMICOLON"""
        p[0] = LocalLabels(p[1].low, p[3].high, p[2])

    def p_local_import(self, p: Any) -> None:
        """local_import : IMPORT"""
        p[0] = LocalImport(p[1].low, p[1].high)

    def p_local_assertion(self, p: Any) -> None:
        """local_assertion : ASSERTION LPAREN value RPAREN SEMICOLON
        | ASSERTION LPAREN value COMMA STRING RPAREN SEMICOLON
        | ASSERTION LPARAMETER value RPARAMETER SEMICOLON"""
        p[0] = LocalAssertion(p[1].low, p[len(p) - 1].high, p[3])

    # assembly (GNU C)

    def p_assembly_statement(self, p: Any) -> None:
        """assembly : ASM asm_words LPAREN STRING sections RPAREN SEMICOLON"""
        if len(p[5]) > (4 if "goto" in p[2] else 3):
            raise SyntaxProblem("this 'asm' has too many colons; labels follow the fourth one of 'asm goto'", p[1].low)
        if "goto" in p[2] and not (len(p[5]) == 4 and p[5][3]):
            raise SyntaxProblem("'asm goto' needs labels after its fourth colon", p[1].low)
        for number, section in enumerate(p[5]):
            for operand, at in section:
                if (operand.value is not None) != (number < 2) or (operand.name is not None and number == 2):
                    raise SyntaxProblem(f"'{self.words[at]}' cannot stand after this colon", at)
        sections = tuple(tuple(operand for operand, _ in section) for section in p[5])
        p[0] = InlineAssembly(p[1].low, p[7].high, sections)

    def p_asm_words(self, p: Any) -> None:
        """asm_words :
        | asm_words ASM_WORD"""
        p[0] = [] if len(p) == 1 else [*p[1], self.words[p[2].low]]

    def p_sections(self, p: Any) -> None:
        """sections :
        | sections COLON
        | sections COLON operands"""
        p[0] = [] if len(p) == 1 else [*p[1], p[3] if len(p) == 4 else []]

    def p_operands(self, p: Any) -> None:
        """operands : operand
        | operands COMMA operand"""
        p[0] = [p[1]] if len(p) == 2 else [*p[1], p[3]]

    def p_operand(self, p: Any) -> None:
        """operand : STRING LPAREN expression RPAREN"""
        p[0] = Operand(p[1].low, p[4].high, None, p[3]), p[1].low

    def p_operand_named(self, p: Any) -> None:
        """operand : LBRACKET IDENTIFIER RBRACKET STRING LPAREN expression RPAREN"""
        p[0] = Operand(p[1].low, p[7].high, p[2], p[6]), p[1].low

    def p_operand_word(self, p: Any) -> None:
        """operand : STRING
        | IDENTIFIER"""
        word: Range | Name = p[1]
        if isinstance(word, Name):
            p[0] = Operand(word.low, word.at + 1, word, None), word.low
        else:
            p[0] = Operand(word.low, word.high, None, None), word.low

    # what goes wrong

    def p_error(self, terminal: Terminal | None) -> None:
        expected = self.expect()
        if terminal is None:
            wanted = _wanted(expected, set())
            raise SyntaxProblem(f"expected {wanted} at the end" if wanted else "this ends too early", len(self.words) - 1)
        at = terminal.lexpos
        if terminal.type == "LPARAMETER" and "LPAREN" in expected:
            raise SyntaxProblem(f"expected an expression before '{self.words[at + 1]}'", at + 1)
        wanted = _wanted(expected, self.lack(terminal.type))
        says = f"expected {wanted} before '{self.words[at]}'" if wanted else f"'{self.words[at]}' cannot stand here"
        raise SyntaxProblem(says, at)

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


_SAID = {
    "SEMICOLON": "';'", "COMMA": "','", "RPAREN": "')'", "RPARAMETER": "')'", "RBRACKET": "']'", "RBRACE": "'}'",
    "LPAREN": "'('", "LPARAMETER": "'('", "LBRACE": "'{'", "COLON": "':'", "EQUALS": "'='", "IDENTIFIER": "a name",
    "STRING": "a string", "TAG": "a tag", "WHILE": "'while'",
}  # fmt: skip
_CONTINUES = frozenset(
    "ASSIGN QUESTION OR AND INCLUSIVE_OR EXCLUSIVE_OR AMPERSAND EQUALITY RELATIONAL SHIFT ADDITIVE STAR"
    " MULTIPLICATIVE INCREMENT DOT ARROW LBRACKET EQUALS ATTRIBUTE ASM ELLIPSIS".split()
)


def _wanted(expected: set[str], lacking: set[str]) -> str:
    """What is missing, as a message says it; '' if that could be too many things."""
    if "JUMP" in expected:
        return "a statement" if "BASIC" not in expected else ""
    if "CONSTANT" in expected:
        return "an expression"
    if "BASIC" in expected:
        return "a type" if not expected & {"SEMICOLON", "RPARAMETER", "IDENTIFIER", "LBRACE", "COMMA"} else ""
    rest = expected - _CONTINUES
    if "MULTIPLICATIVE" in expected:  # after an operand
        rest -= {"LPAREN", "LPARAMETER", "LBRACE"}
    rest = rest & lacking or rest or expected - {"ATTRIBUTE", "ASM"}
    words = sorted({_SAID.get(terminal, "") for terminal in rest})
    return " or ".join(words) if 0 < len(words) <= 2 and all(words) else ""

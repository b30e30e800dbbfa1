"""The grammar of function bodies (C17 6.8, with C23 and GNU forms): statements, assembly, and what goes wrong.

Expressions and declarations come from `body_expressions` and `body_declarations`. Each production is a method whose
docstring is the rule, as PLY wants it, and returns a node of `body_tree`. PLY is reached from `syntax.parse_body`,
`syntax.parse_expression` and `syntax.parse_operand` only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modcore.syntax.body_declarations import LocalDeclarationRules
from modcore.syntax.body_expressions import PRECEDENCE, ExpressionRules
from modcore.syntax.body_tree import (
    Block,
    Case,
    ComputedGoto,
    DoWhile,
    Evaluation,
    For,
    Goto,
    If,
    InlineAssembly,
    Jump,
    Label,
    Labelled,
    LocalAssertion,
    LocalImport,
    LocalLabels,
    Operand,
    Return,
    Switch,
    While,
)  # fmt: skip
from modcore.syntax.classify import SyntaxProblem, Terminal
from modcore.syntax.grammar import TERMINALS
from modcore.syntax.tree import Name, Range

_RANGES = {"BRACKET", "INITIALIZER", "WIDTH", "BODY"}  # terminals that stand for expressions elsewhere


class BodyGrammar(ExpressionRules, LocalDeclarationRules):
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
        *PRECEDENCE,
    )
    start = "text"

    def __init__(self) -> None:
        super().__init__()
        self.expect: Callable[[], set[str]] = set
        self.lack: Callable[[str], set[str]] = lambda found: set()
        self._high = 0

    def begin(self, words: list[str], high: int) -> None:
        """Gets ready for a text that ends before word `high`."""
        self.words = words
        self._high = high
        self._inner = []

    def p_text(self, p: Any) -> None:
        """text : BLOCK block
        | VALUE expression
        | VALUE braces
        | TYPE type_name"""
        p[0] = p[2]

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
            raise SyntaxProblem(
                f"expected {wanted} at the end" if wanted else "this ends too early", self._high - 1
            )
        at = terminal.lexpos
        if terminal.type == "LPARAMETER" and "LPAREN" in expected:
            raise SyntaxProblem(f"expected an expression before '{self.words[at + 1]}'", at + 1)
        wanted = _wanted(expected, self.lack(terminal.type))
        says = f"expected {wanted} before '{self.words[at]}'" if wanted else f"'{self.words[at]}' cannot stand here"
        raise SyntaxProblem(says, at)


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

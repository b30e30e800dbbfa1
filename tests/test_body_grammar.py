"""The grammar of bodies against the compiler: what gcc reads is read, what gcc calls no C is a SyntaxProblem.

Snippets are written by hand; the functions of real projects are read by `real/test_bodies.py`. Broken bodies are
made of both by leaving out or doubling one token, and judged by `gcc -fsyntax-only`.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modcore.entities import Entity
from modcore.finder import Module
from modcore.stage1_names import OwnStatement, Unit, names_of
from modcore.stage2_scopes import entity_of
from modcore.stage3_bind.definitions import bind_body
from modcore.syntax import SyntaxProblem, Tokens, parse_body, parse_expression
from modcore.syntax.body_tree import (
    Assignment,
    Binary,
    Block,
    Call,
    Case,
    Cast,
    Conditional,
    Evaluation,
    If,
    InlineAssembly,
    Label,
    LocalDeclaration,
    LocalImport,
    Member,
    NestedFunction,
    Return,
    SizeOf,
    Unary,
)  # fmt: skip

GCC = os.environ.get("CC", "gcc")
MUTATIONS = int(os.environ.get("MODCORE_MUTATIONS", "6"))
TAKEN_BY_GCC = r'"\)  int y;|int  ; char'  # no C at all, but gcc only warns or says nothing
PRELUDE = """\
typedef int T; typedef struct S {int m; struct S *next; T bits : 3;} S; enum E {A, B};
int i, j, a[9], *p, f(), g(int, ...); S s, *ps; void *v; double d; extern int printf(const char *, ...);
"""

GOOD = [
    # expressions
    "i = j = 3; i += 1, j -= 2; i <<= 1; i ? f() : g(1); i ?: j; return -i * ~j + !i;",
    "i = (T)j; i = (T)(j); i = (int *)p == p; i = *(T *)p++; i = -(T)-1; i = sizeof(T); i = sizeof i + sizeof(T) * 2;",
    "i = sizeof(T) - 1; i = sizeof (i)++; i = sizeof(int[3]); i = sizeof(struct {int x;}); i = sizeof *p; i = _Alignof(T);",
    "i = sizeof(T){3}; i = __alignof__(i); i = __alignof__ i; i = ((S){1, 0}).m; ps = &(S){.m = 1};",
    "int (*h)(int) = (int (*)(int))f; h = *&h; (*h)(1); (**h)(2); i = (f)(); (void)i;",
    "i = a[1] + 2[a] + *(a + 1); s.next->next->m++; ++s.m; --*p; i = (&s)->m;",
    "i = ({int x = f(); x + 1;}) + ({;;3;}); ({typedef int L; L l = 1; l;});",
    "i = _Generic(i, int: 1, default: 2); i = _Generic((T)1, unsigned: 0, T: 3) + _Generic(p, int *: 1, enum E: 3, void (*)(int): 2);",
    "__builtin_va_list ap; i = __builtin_offsetof(S, next); i = __builtin_offsetof(struct {int x[3];}, x[1]);",
    "i = __builtin_types_compatible_p(int, T) + __builtin_types_compatible_p(__typeof__(i), long *); i = __builtin_choose_expr(1, 2, 3);",
    "__extension__ int x = 3; i = __extension__ (x + 1); i = __extension__ 3; __extension__ (x = 2);",
    "_Complex double z = 1; d = __real__ z + __imag__ z; __real__ z = 3; i = !__real__ z;",
    'i = "abc"[0] + \'c\' + L\'x\' + 0x1fuL + 1.5e-3f + .5; printf("a" "b" "%d", 1); const void *w = L"x" L"y";',
    "i = i < j == j > i; i = i & j | i ^ j && i || j; i = i << 1 >> 2; i = i % 2 / 3 - 1; i = a < p && p >= a;",
    "i = i ? j ? 1 : 2 : j ? 3 : 4; i = i ? j, 1 : 2; i = i ? i = 1 : 2; 0 ? i : (j = 2);",
    # declarations
    "int x, *y = &x, z[3] = {1, 2, 3}; static const unsigned long k = 3; register int r asm(\"ebx\"); auto int q = 3;",
    "const x = 3; static y; i = x + y;",
    "T x, y; T *t = &x; T (*pt) = &y; T arr[3][4]; x = *t * y; (void)pt; (void)arr;",
    "int T = 3; i = T * j; T++; { T = 4; } i = (T) + 1; i = (T);",
    "{ int T; T = i; } T x = 3; (void)x;",
    "typedef long U; U u = 3; { char U = 1; i = U * 2; } U *pu = &u; (void)pu;",
    "struct Local {int x; struct {int y; union {int z; float w;};} in; unsigned b : 3, : 0, c : 1 + 1;} l = {.x = 1}, *pl = &l; i = pl->in.z;",
    "struct {int x; int y} last; struct {unsigned b : 3} bits; (void)last; enum Local {X, Y = 3, Z = Y + 1,} e = X; enum Local *q = &e; i = *q; enum {P} t = P; (void)t;",
    "int x[] = {[0] = 1, [1 ... 3] = 2, 5}, y[2][2] = {[0][1] = 3, {1}}; S t = {.m = 1, .next = 0}; S old = {m: 1, next: 0}; int z[] = {[2] 4};",
    "struct {S s; int q[3];} n = {.s.m = 1, .q[1] = 3, .q = {[2] = 1}}; (void)n; S e = {}; int k[3] = {1,};",
    "int (*fp)(int, T) = 0, *(*gp)(void), (*table[3])(int), (*(*deep)(int (*)(T)))(char); int n = 3, vla[n], (*pv)[n]; (void)vla;",
    "typedef int F(int); F *pf; extern F func; int proto(int a, int b[static 3], int c[const], int d[*], ...); int (*empty)();",
    "__typeof__(i) x = 3; __typeof__(int *) y = &x; __typeof(*y) z; __auto_type w = 3; _Atomic(int) at; _Atomic int bt; z = *y + w;",
    "int x __attribute__((unused)) = 1; __attribute__((unused)) int y; int __attribute__((unused)) *z, __attribute__((unused)) w; _Alignas(16) char c[3];",
    "[[maybe_unused]] int x = 3; struct __attribute__((packed)) Q {char c; int i;} q __attribute__((aligned(8))); (void)q;",
    "_Static_assert(sizeof(int) == 4, \"int\"); struct {int x; _Static_assert(1, \"\"); int y;} q; _Static_assert((int)1, \"\");",
    "int local(int); int local2(int x), y = 2; local(y); extern int outside; char *q = \"s\"; struct S *r; struct Unknown *un; struct Later;",
    # statements
    "if (i) j = 1; else if (j) i = 2; else {} if (i) if (j) f(); else g(1); while (i--) ; do i++; while (i < 3); do {} while (0);",
    "for (;;) break; for (i = 0; i < 3; i++) continue; for (int k = 0, *q = p; k < 3; k++, q++) {} for (T t = 0; t;) ; for (struct S x = {0}; x.m;) ;",
    "switch (i) { case 1: case 2: f(); break; case 'a' ... 'z': { } default: ; } switch (i) case 1: f(); switch (i) { case A: ; int x; case (T)3: x = 1; }",
    "goto out; again: i++; if (i) goto again; out: ; L: M: f(); { N: ; }",
    "static void *labels[] = {&&one, &&two}; goto *labels[i]; one: f(); two: v = &&one; if (v != &&two) ;",
    "__label__ x, y; x: y: goto x; goto y;",
    "if (i) lab: f(); else lab2: while (0) lab3: ; goto lab; goto lab2; goto lab3;",
    "switch (i) { case 1: f(); __attribute__((fallthrough)); case 2: g(1); [[fallthrough]]; default: break; }",
    "l: __attribute__((unused)) f(); goto l; ; ; {{{}}} {;}",
    "return i; return (T)i; return sizeof(T); return (i);",
    # C23
    "label: int x = 3; switch (i) { case 1: int y; case 2: ; } goto label; (void)x;",
    # assembly
    'asm("nop"); asm volatile("nop" : : : "memory"); __asm__ __volatile__("" :: "r"(i) : "cc", "memory"); asm("" : "=r"(i), [x] "+m"(s.m) : [y] "r"((T)j), "i"(sizeof(T)));',
    'asm goto("" : : : : lab, lab2); lab: lab2: asm volatile goto("" :::: lab); asm inline("nop"); asm("" ::: "memory");',
    'asm("" "nop" "\\n" : "=r" (p[f()]) : "0" (({int x = 3; x;})) : ); if (i) asm("nop"); else asm volatile("");',
    # nested functions
    "int inner(int x) { return x + i; } i = inner(3); auto int later(int); int later(int x) { return inner(x); } later(1);",
    "int old(x, y) int x; char *y; { return x + *y; } int *pointer(void) { return p; } T typed(T t) { return t; } old(1, 0); pointer(); typed(1);",
    "inline __attribute__((always_inline)) int quick(void) { int T = 3; return T; } quick(); T x; (void)x;",
    # GNU
    "i = ({ goto end; end: ; 3; }); int x = ({int y = 1; y;}), z = x ?: 2; (void)z; i = __builtin_constant_p(x) + __builtin_expect(i, 0);",
    "int empty[0]; struct {} none; i = sizeof none + sizeof empty; union {int x; float y;} u = {.y = 1}, w = (__typeof__(w))u; (void)w;",
    "i = (int){1} + (int[]){1, 2}[0]; ps = (S[]){{1}, {.m = 2}}; g(1, (S){.m = 3}, &(int){4}); i = ((T[2]){1, 2})[1];",
]  # fmt: skip

BAD = [
    ("int x = 3 int y;", "expected ';' before 'int'"),
    ("i = 3", "expected ';' before '}'"),
    ("f(1, 2;", "expected ')' before ';'"),
    ("return 1 +;", "expected an expression before ';'"),
    ("if { }", "expected '(' before '{'"),
    ("if (i) else f();", "expected a statement before 'else'"),
    ("a[3;", "expected ']' before ';'"),
    ("int x[3;", "expected ']' before ';'"),
    ("i = sizeof(int) j;", "expected ',' or ';' before 'j'"),
    ("i = f(int);", "expected an expression before 'int'"),
    ("if (int) ;", "expected an expression before 'int'"),
    ("if () ;", "expected an expression before ')'"),
    ("while i", "expected '(' before 'i'"),
    ("do f(); i++;", "expected 'while' before 'i'"),
    ("case: f();", "expected an expression before ':'"),
    ("goto 3;", "expected a name before '3'"),
    ("s.3;", None),
    ("s. = 3;", "expected a name before '='"),
    ("int x = {1, 2;", "expected '}' before ';'"),
    ("else f();", "'else' cannot stand here"),
    ("i ++ j;", "expected ',' or ';' before 'j'"),
    ("for (i = 0; i < 3) f();", "expected ';' before ')'"),
    ("int;;;; x y", None),
    ("asm(i);", "expected a string before 'i'"),
    ("int x = @;", "'@' is no token of C"),
    ("i = 3; }", None),
    ("T = 3;", None),
    ("sizeof(T) = x y;", None),
    ("i = sizeof (int) j;", None),
    ("_Generic(i);", "expected ',' before ')'"),
]  # fmt: skip


def unit_of(text: str, file: str) -> Unit:
    return names_of(Module(file, file), f'# 1 "{file}"\n{text}', lambda name: ())


def resolver(unit: Unit) -> Callable[[str, str, str | None], Entity | None]:
    """Plain C's file scope: the file's own names, then those of its headers."""

    def resolve(space: str, name: str, path: str | None) -> Entity | None:
        symbol = unit.names.get((space, name))
        if symbol is not None:
            return entity_of(unit, symbol)
        kind = unit.headers.kind(space, name)
        return Entity("header", unit.module.file, space, name, kind) if kind else None

    return resolve


def parsed(statement: OwnStatement, unit: Unit) -> Block:
    """The tree of a function's body, as the pipeline gets it; raises SyntaxProblem."""
    body = bind_body(statement, resolver(unit), True)
    head = len(Tokens(statement.head).words)
    return parse_body(body.tokens, head, len(body.tokens.words), body.type_names)


def parse_in_function(text: str) -> Block:
    unit = unit_of(f"{PRELUDE}int test()\n{{{text}\n}}", "t.c")
    broken = [diagnostic.message for diagnostic in unit.diagnostics]
    if broken:
        raise SyntaxProblem(broken[0], 0)
    functions = [statement for statement in unit.statements if statement.body >= 0]
    if len(functions) != 1:
        raise SyntaxProblem("the body ends early", 0)
    return parsed(functions[0], unit)


def gcc_errors(text: str) -> list[str]:
    run = subprocess.run(
        [GCC, "-std=gnu2x", "-fsyntax-only", "-w", "-x", "c", "-"], input=text, capture_output=True, text=True,
        env={**os.environ, "LC_ALL": "C"}, check=False,
    )  # fmt: skip
    return re.findall(r" error: (.*)", run.stderr)


def is_parse_error(message: str) -> bool:
    return (
        re.match(r"expected (?!.*(?:argument|declaration specifiers or))|missing terminating|stray ", message)
        is not None
    )


@pytest.mark.parametrize("text", GOOD)
def test_what_gcc_accepts_is_read(text: str) -> None:
    assert gcc_errors(f"{PRELUDE}int test()\n{{{text}\n}}") == []
    block = parse_in_function(text)
    assert isinstance(block, Block)


@pytest.mark.parametrize("text, message", BAD)
def test_what_is_no_c_is_a_problem(text: str, message: str | None) -> None:
    assert gcc_errors(f"{PRELUDE}int test()\n{{{text}\n}}")
    with pytest.raises(SyntaxProblem) as caught:
        parse_in_function(text)
    if message is not None:
        tokens = Tokens("int test()\n{" + text + "\n}")
        with pytest.raises(SyntaxProblem) as alone:
            parse_body(tokens, 4, len(tokens.words), types_in(tokens))
        assert alone.value.message == message
        assert 0 <= caught.value.low < caught.value.high


def types_in(tokens: Tokens) -> frozenset[int]:
    return frozenset(at for at, word in enumerate(tokens.words) if word in ("T", "S"))


def expression(text: str) -> object:
    tokens = Tokens(text)
    return parse_expression(tokens, 0, len(tokens.words), types_in(tokens))


def shape(node: object) -> object:
    """An expression as nested tuples: operators and ranges of tokens."""
    match node:
        case Binary() | Assignment():
            return (node.operator, shape(node.left), shape(node.right))
        case Unary():
            return (node.operator, shape(node.operand))
        case Cast():
            return ("cast", shape(node.operand))
        case SizeOf():
            return "sizeof"
        case Conditional():
            return ("?", shape(node.condition), shape(node.then) if node.then else None, shape(node.otherwise))
        case Member():
            return ("->" if node.arrow else ".", shape(node.operand), node.name.text)
        case Call():
            return ("call", shape(node.function), *(shape(one) for one in node.arguments))
    return node.low


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("1 + 2 * 3", ("+", 0, ("*", 2, 4))),
        ("1 - 2 - 3", ("-", ("-", 0, 2), 4)),
        ("a = b = c", ("=", 0, ("=", 2, 4))),
        ("a ? b : c ? d : e", ("?", 0, 2, ("?", 4, 6, 8))),
        ("a ?: b", ("?", 0, None, 3)),
        ("a ? b : c = d", ("=", ("?", 0, 2, 4), 6)),
        ("a + b = c", ("=", ("+", 0, 2), 4)),
        ("-a.b", ("-", (".", 1, "b"))),
        ("!a == b", ("==", ("!", 1), 3)),
        ("(T)a.b + 1", ("+", ("cast", (".", 3, "b")), 7)),
        ("(T)-a", ("cast", ("-", 4))),
        ("sizeof(T) - 1", ("-", "sizeof", 5)),
        ("sizeof(T) * a", ("*", "sizeof", 5)),
        ("sizeof(a) * b", ("*", ("sizeof", 1), 5)),
        ("sizeof a->b", ("sizeof", ("->", 1, "b"))),
        ("a & b == c", ("&", 0, ("==", 2, 4))),
        ("a << 1 + b", ("<<", 0, ("+", 2, 4))),
        ("a < b == c > d", ("==", ("<", 0, 2), (">", 4, 6))),
        ("*a++", None),
        ("&a[1]", None),
        ("f(a, b)(c)", ("call", ("call", 0, 2, 4), 7)),
    ],
)
def test_precedence(text: str, wanted: object) -> None:
    found = expression(text)
    assert wanted is None and isinstance(found, Unary) or shape(found) == wanted
    assert (found.low, found.high) == (0, len(Tokens(text).words))


def test_names_with_modules() -> None:
    assert expression('m::x + "a/b"::y * ::z').right.left.name.path == "a/b"
    tokens = Tokens('(struct a::S *)::x + (m::T)y + sizeof("a/b"::T)')
    found = parse_expression(
        tokens, 0, len(tokens.words), frozenset(k for k, word in enumerate(tokens.words) if word == "T")
    )
    assert isinstance(found, Binary) and isinstance(found.right, SizeOf)
    assert found.left.left.type.specifiers.type.name.path == "a"
    assert found.left.left.operand.name.path == ""


def test_tree_of_statements() -> None:
    block = parse_in_function(
        'l: if (i) f(); else { case 1 ... 2: ; } int x = 3, y[2]; asm("" : "=r"(i)); int n(void) {} return x;'
    )
    label, branch, declaration, assembly, nested, last = block.items
    assert isinstance(label, Label) and isinstance(branch, If) and isinstance(nested, NestedFunction)
    assert isinstance(branch.then, Evaluation) and isinstance(branch.otherwise, Block)
    assert isinstance(branch.otherwise.items[0], Case)
    assert isinstance(declaration, LocalDeclaration) and isinstance(last, Return)
    first, second = declaration.declaration.declarators
    assert first.initializer.low == declaration.expressions[0].low
    assert second.derivations[0].low + 1 == declaration.expressions[1].low
    assert isinstance(assembly, InlineAssembly) and len(assembly.sections) == 1


def test_expressions_stand_with_their_own_declaration() -> None:
    block = parse_in_function("int x[({int y[2]; 3;})], z = 4; i = sizeof(int[5]);")
    outer, use = block.items
    assert [e.high - e.low for e in outer.expressions] == [12, 1]
    assert len(outer.expressions[0].block.items[0].expressions) == 1
    assert len(use.expression.right.type.expressions) == 1


def test_import_in_a_block() -> None:
    tokens = Tokens("{ import a/b; import = 3; f: import x; }")
    items = parse_body(tokens, 0, len(tokens.words), frozenset()).items
    assert [isinstance(item, LocalImport) for item in items] == [True, False, False, True]
    block = parse_body(tokens, 0, len(tokens.words), frozenset((10,))) if tokens.words[10] == "import" else None
    assert block is None


def test_braces_are_an_initializer() -> None:
    found = expression("{1, [2] = {3}, .x = 4, [5 ... 6] = 7, y: 8}")
    assert [len(entry.designators) for entry in found.entries] == [0, 1, 1, 1, 1]
    with pytest.raises(SyntaxProblem):
        expression("{1, 2} + 3")
    with pytest.raises(SyntaxProblem):
        expression("1 2")
    with pytest.raises(SyntaxProblem):
        expression("")


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "1" + "+1" * 20000, "-" * 5001 + "1"])
def test_deep_expressions_are_read(text: str) -> None:
    assert expression(text.replace("--", "- -")) is not None


# broken bodies


def mutations(text: str, count: int, seed: int) -> Iterator[str]:
    """Texts with one token left out or doubled; attributes are left alone, their inside is not looked into."""
    chosen = random.Random(seed)
    tokens = Tokens(text)
    places = [k for k in range(len(tokens.words)) if tokens.words[k] not in ("__attribute__", "((", "[", "]")]
    for k in chosen.sample(places, min(count, len(places))):
        parts = list(tokens.parts)
        parts[tokens.index[k]] = " " if chosen.random() < 0.6 else f"{tokens.words[k]} {tokens.words[k]}"
        yield "".join(parts)


def preprocessed(file: Path) -> str:
    return subprocess.run([GCC, "-E", "-P", str(file)], capture_output=True, text=True, check=True).stdout


def functions(unit: Unit) -> list[OwnStatement]:
    return [statement for statement in unit.statements if statement.body >= 0]


def test_broken_snippets_are_problems() -> None:
    texts = [
        text
        for number, good in enumerate(GOOD)
        for text in mutations(good, MUTATIONS, number)
        if "__attribute__" not in good
    ]
    check_broken([(f"{PRELUDE}int test()\n{{{text}\n}}", text) for text in texts], parse_in_function)


def check_broken(texts: list[tuple[str, str]], parse: Callable[[str], object]) -> None:
    with ThreadPoolExecutor(2) as pool:
        judged = list(pool.map(gcc_errors, (whole for whole, _ in texts)))
    missed, refused = [], []
    for (_, text), errors in zip(texts, judged, strict=True):
        try:
            parse(text)
        except SyntaxProblem as problem:
            if not errors and not re.search(TAKEN_BY_GCC, text):
                refused.append(f"{problem.message}: {text}")
        else:
            if errors and is_parse_error(errors[0]):
                missed.append(f"{errors[0]}: {text}")
    assert not missed, "\n".join(missed)
    assert not refused, "\n".join(refused)


def setup_module() -> None:
    sys.setrecursionlimit(20000)

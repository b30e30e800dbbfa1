"""Inputs that are deep, long or odd, each made for a given size: what a generator of C might write, or an enemy.

`DEEP` are programs with one construct of the grammar inside itself, n times; `WIDE` have n things side by side, or
one after the other where each needs the one before; `ODD` are bytes that no editor would write. Each is the text of
a module; the same text without its first line is a plain importer. Most are correct C.
"""

from __future__ import annotations

from collections.abc import Callable

Made = Callable[[int], str]


def _value(expression: Made) -> Made:
    """A module in which an expression decides an array's length and stands in a function."""
    return lambda n: (
        "module;\nstruct L { struct L *next; int v; };\nint one(int x) { return x; }\n"
        f"int at_top[({expression(n).replace('x', '1')}) != 0 ? 1 : 2];\n"
        f"int inside(int x, struct L *p, int a[]) {{ return {expression(n)}; }}\n"
    )


def _inside(expression: Made) -> Made:
    """A module in which an expression that is no constant stands in a function."""
    return lambda n: (
        "module;\nstruct L { struct L *next; int v; };\nint one(int x) { return x; }\n"
        f"int inside(int x, struct L *p, int a[]) {{ return {expression(n)}; }}\n"
    )


def _body(statements: Made) -> Made:
    return lambda n: f"module;\nint f(int x)\n{{\n{statements(n)}\nreturn x;\n}}\n"


def _top(text: Made) -> Made:
    return lambda n: f"module;\n{text(n)}\n"


def around(opening: str, inner: str, closing: str) -> Made:
    """`inner` between n of each."""
    return lambda n: opening * n + inner + closing * n


def _each(n: int, line: str) -> str:
    """A line for each number from 1 on; `{k}` is the number and `{j}` the one before."""
    return "\n".join(line.replace("{k}", str(k)).replace("{j}", str(k - 1)) for k in range(1, n + 1))


DEEP: dict[str, Made] = {
    # expressions
    "parentheses": _value(around("(", "1", ")")),
    "signs": _value(around("- ", "1", "")),
    "negations": _value(around("!", "1", "")),
    "casts": _value(around("(int)", "1", "")),
    "sizes": _value(around("sizeof ", "x", "")),
    "sums to the left": _value(lambda n: "1" + "+1" * n),
    "sums to the right": _value(around("(1+", "1", ")")),
    "conditions to the right": _value(around("x ? 1 : ", "2", "")),
    "conditions in the middle": _value(around("x ? ", "2", " : 1")),
    "binary operators": _value(lambda n: "1" + "*1+1<<1<1==1&1^1|1&&1||1" * (n // 10)),
    "assignments": _inside(around("x = ", "1", "")),
    "commas": _inside(around("x, ", "1", "")),
    "calls": _inside(around("one(", "x", ")")),
    "indices": _inside(around("a[", "0", "]")),
    "subscripts": _inside(lambda n: "p" + "[0].next" * n + "->v"),
    "members": _inside(lambda n: "p" + "->next" * n + "->v"),
    "statement expressions": _inside(around("({", "1;", ";})")),
    "dereferences": _inside(lambda n: "*&" * n + "x"),
    "compound literals": _inside(around("(int){", "1", "}")),
    "selections": _inside(around("_Generic(1, default: ", "1", ")")),
    "choices": _inside(around("__builtin_choose_expr(1, ", "1", ", 0)")),
    "types of types": _inside(lambda n: "(" + around("__typeof__(", "int", ")")(n) + ")1"),
    "braces in an initialiser": _top(lambda n: f"int x = {around('{', '1', '}')(n)};"),
    "braces in a local initialiser": _body(lambda n: f"int y = {around('{', '1', '}')(n)};"),
    "designators": _top(lambda n: f"struct D {{ int a; }} x = {{ .a{'[0]' * n} = 1 }};"),
    # declarators
    "pointers": _top(lambda n: f"int {'*' * n}x;\nint f() {{ return !x; }}"),
    "local pointers": _body(lambda n: f"int {'*' * n}y = 0; (void)y;"),
    "parentheses in a declarator": _top(lambda n: f"int {around('(', 'x', ')')(n)};"),
    "arrays": _top(lambda n: f"int x{'[1]' * n};"),
    "function pointers": _top(lambda n: f"int {around('(*', 'x', ')(int)')(n)};"),
    "parameters": _top(lambda n: f"int f({around('int (*)(', 'int', ')')(n)} p) {{ return p != 0; }}"),
    "local declarators": _body(lambda n: f"int {around('(*', 'y', ')(int)')(n)} = 0; (void)y;"),
    "qualifiers": _top(lambda n: f"{'const ' * n}int x = 1;"),
    "attributes": _top(lambda n: f"{'__attribute__((unused)) ' * n}int x;"),
    "parentheses in an attribute": _top(lambda n: f"int x __attribute__((aligned({around('(', '8', ')')(n)})));"),
    "declared by type of": _top(lambda n: f"{around('__typeof__(', 'int', ')')(n)} x;"),
    # types
    "structs": _top(lambda n: around("struct { ", "int x;", " int y; } a;")(n)),
    "structs with tags": _top(
        lambda n: "struct S {\n" + _each(n, "struct T{k} {") + " int x; " + "} a;" * n + "\n} s;"
    ),
    "anonymous structs": _top(lambda n: f"struct S {{ {around('union { ', 'int x;', ' };')(n)} }} s;"),
    "local structs": _body(lambda n: f"struct S {{ {around('struct {', ' int x;', '} a;')(n)} }} s; (void)s;"),
    # statements
    "blocks": _body(around("{", "x++;", "}")),
    "if inside if": _body(around("if (x) ", "x++;", "")),
    "else if": _body(lambda n: f"if (x) x = 1;\n{_each(n, 'else if (x == {k}) x = {j};')}"),
    "loops": _body(around("while (x) ", "x++;", "")),
    "for loops": _body(around("for (int i = 0; i < x; i++) { ", "x++;", "}")),
    "do loops": _body(around("do ", "x++;", " while (x);")),
    "switches": _body(around("switch (x) { default: ", "x++;", "}")),
    "labels": _body(lambda n: f"{_each(n, 'l{k}:')} x++;"),
    "cases": _body(lambda n: f"switch (x) {{ {_each(n, 'case {k}:')} x++; }}"),
    "labels under an if": _body(lambda n: f"if (x) {_each(n, 'l{k}:')} x++;"),
    "nested functions": _body(lambda n: _each(n, "int g{k}(void) {") + " return 1; " + "}" * n),
    # what is never closed, or never opened
    "open parentheses": _top(lambda n: f"int x = {'(' * n}1;"),
    "open brackets": _top(lambda n: f"int x{'[' * n};"),
    "open braces": _top(lambda n: f"int f() {'{' * n}"),
    "closed parentheses": _top(lambda n: f"int x = {')' * n};"),
    "closed braces": _top(lambda n: f"int f() {{ {'}' * n}"),
    "mixed brackets": _top(lambda n: f"int x = {'([{' * n};"),
    "open parentheses in a body": _body(lambda n: f"x = {'(' * n}1;"),
    "open casts in a body": _body(lambda n: f"x = {'(int)(' * n}1;"),
    "open brackets in a body": _body(lambda n: f"x = a{'[' * n}1;"),
}

WIDE: dict[str, Made] = {
    "symbols": _top(lambda n: _each(n, "int f{k}(int x) { return x; }\nint v{k};")),
    "exported symbols": _top(lambda n: _each(n, "export struct S{k} { int x; } v{k};")),
    "prototypes": _top(lambda n: f'extern "C" {{\n{_each(n, "int f{k}(int);")}\n}}'),
    "elements": _top(lambda n: f"int x[] = {{ {'1, ' * n} }};\nchar size[sizeof x];"),
    "local elements": _body(lambda n: f"int y[] = {{ {'1, ' * n} }}; x = sizeof y;"),
    "structs in an initialiser": _top(
        lambda n: "struct P { int a, b; char *c; } x[] = { " + '{ 1, .b = 2, "s" }, ' * n + "};"
    ),
    "enumerators": _top(lambda n: f"export enum E {{ {_each(n, 'E{k},')} }};\nint a[E{n}];"),
    "enumerators by the one before": _top(lambda n: f"enum {{ E0, {_each(n, 'E{k} = E{j} + 1,')} }};\nint a[E{n}];"),
    "constants by the one before": _top(
        lambda n: f"const int c0 = 1;\n{_each(n, 'const int c{k} = c{j};')}\nint a[c{n}];"
    ),
    "typedefs of typedefs": _top(lambda n: f"typedef int T0;\n{_each(n, 'typedef T{j} T{k};')}\nT{n} x[sizeof(T{n})];"),
    "structs in structs": _top(
        lambda n: (
            "struct S0 { int x; };\n" + _each(n, "struct S{k} { struct S{j} s; };") + f"\nchar x[sizeof(struct S{n})];"
        )
    ),
    "structs behind pointers": _top(
        lambda n: "struct S0 { int x; };\n" + _each(n, "struct S{k} { struct S{j} *s; };") + f"\nstruct S{n} x;"
    ),
    "structs in structs, backwards": _top(
        lambda n: (
            f"struct S{n} x;\n"
            + "\n".join(f"struct S{k} {{ struct S{k - 1} s; }};" for k in range(n, 0, -1))
            + "\nstruct S0 { int x; };"
        )
    ),
    "a circle of structs": _top(
        lambda n: f"struct S0 {{ struct S{n} s; }};\n" + _each(n, "struct S{k} { struct S{j} s; };")
    ),
    "a circle of constants": _top(
        lambda n: f"const int c0 = c{n};\n" + _each(n, "const int c{k} = c{j};\nint a{k}[c{k}];")
    ),
    "functions that call the next": _top(
        lambda n: "static int f0(int x) { return x; }\n" + _each(n, "export inline int f{k}(int x) { return f{j}(x); }")
    ),
    "members": _top(lambda n: f"struct S {{ {_each(n, 'int m{k};')} }} s;\nint f() {{ return s.m{n} + s.m1; }}"),
    "parameters": _top(
        lambda n: (
            f"int f({', '.join(f'int p{k}' for k in range(n))}) {{ return p0; }}\n"
            f"int g() {{ return f({', '.join(['1'] * n)}); }}"
        )
    ),
    "declarators": _top(lambda n: f"int x0{''.join(f', *x{k}' for k in range(1, n))};"),
    "locals": _body(lambda n: _each(n, "int v{k} = x; x += v{k};")),
    "shadowing locals": _body(lambda n: _each(n, "{ int x = {k}; { char x = {k}; x++; }") + "}" * n),
    "statements": _body(lambda n: "x = x * 3 + 1;\n" * n),
    "unknown names": _body(lambda n: _each(n, "x += y{k};")),
    "one unknown name": _body(lambda n: "x += y;\n" * n),
    "unknown names on one line": _body(lambda n: "x += y; " * n),
    "duplicates": _top(lambda n: "int x;\n" * n),
    "forward declarations": _top(lambda n: "int f(void);\n" * n),
    "broken statements": _top(lambda n: "int x y;\n" * n),
    "broken statements on one line": _top(lambda n: "int x y; " * n),
    "modules": _top(lambda n: "module;\n" * n),
    "unknown imports": _top(lambda n: _each(n, "import m{k};")),
    "one unknown import": _top(lambda n: "import nowhere;\n" * n),
    "semicolons": _top(lambda n: ";" * n),
    "pragmas": _top(lambda n: "#pragma pack(push, 2)\n" * n + "struct S { char c; int x; } s;"),
    "strings": _top(lambda n: "char *s = " + '"word" ' * n + ";"),
    "strings in a body": _body(lambda n: "char *s = " + '"word" ' * n + "; x = *s;"),
    "empty blocks": _body(lambda n: "{}" * n),
    "extern C blocks": _top(lambda n: 'extern "C" {\n' * n + "int f(void);" + "}" * n),
    "extern C words": _top(lambda n: 'extern "C" ' * n + "int f(void);"),
    "exports": _top(lambda n: "export " * n + "int x;"),
    "line markers": _top(lambda n: '#line 7 "other.cm"\nint f(void);\n' * n),
    "qualified names": _body(lambda n: "x = " + "a::" * n + "b;"),
    # one long thing; n counts its bytes
    "an identifier": _top(lambda n: f"int {'a' * n}; int f() {{ return {'a' * n}; }}"),
    "an unknown identifier": _body(lambda n: f"x = {'a' * n};"),
    "a tag": _top(lambda n: f"struct {'a' * n} {{ int x; }} s; struct {'a' * n} *p;"),
    "a number": _top(lambda n: f"int x[{'1' * n}];"),
    "a float": _top(lambda n: f"double x = 0.{'1' * n};"),
    "a string": _top(lambda n: f'char s[] = "{"a" * n}";\nchar t[sizeof s];'),
    "an unclosed string": _top(lambda n: f'char *s = "{"a" * n};'),
    "a comment": _top(lambda n: f"/* {'a ' * (n // 2)} */ int x;"),
    "a line": _top(lambda n: f"int x; int f() {{ return 0{'+ 1 ' * (n // 4)}; }}"),
    "spaces": _top(lambda n: f"int{' ' * n}x;"),
    "spaces before a word": _top(lambda n: f"int x{' ' * n}y;"),
    "new lines": _top(lambda n: "\n" * n + "int x y;"),
    "a word for each space": _top(lambda n: "a " * (n // 2)),
    "stars": _top(lambda n: "*" * n),
    "an import path": _top(lambda n: f"import {'a/' * (n // 2)}b;"),
    "a quoted import path": _top(lambda n: f'import "{"a" * n}";'),
    "dots": _top(lambda n: f"import {'../' * (n // 3)}b;"),
}

ODD: dict[str, bytes] = {
    "nothing": b"",
    "one byte": b"x",
    "NUL bytes": b'module;\nint x\0 = 1;\nchar *s = "a\0b";\nint y; \0\n',
    "only NUL bytes": b"\0" * 5000,
    "invalid UTF-8": b'module;\nint \xff\xfe x;\nchar *s = "\xc3\x28\xed\xa0\x80";\nint \xe9t\xe9;\n// \x80\n',
    "a byte order mark": b"\xef\xbb\xbfmodule;\nint x;\n",
    "UTF-16": "module;\nint x;\n".encode("utf-16"),
    "carriage returns": b"module;\rint x;\rint f() { return y; }\r",
    "DOS lines": b"module;\r\nint x;\r\nint f() { return y; }\r\n",
    "mixed lines": b"module;\r\n\rint x;\n\r\r\nint f() {\r return y; }\n\r",
    "backslashes at line ends": "\\\n".join("module; int count = 12; int f() { return unknown + count; }").encode(),
    "backslashes and spaces": b"module;\nint \\ \nx; int f() { return \\\n\\\n\\\ny; }\n",
    "trigraphs": b"module;\nint f() ??< return 0; ??>\nint x??(3??);\n",
    "digraphs": b"module;\nint f() <% return 0; %>\nint x<:3:>;\n%:define A\nint y<::>;\n",
    "control characters": b"module;\n" + bytes(range(1, 32)) + b"int x;\x0c\x0b\x1a\x7f\nint f() {\x08}\n",
    "high bytes": b"module;\n" + bytes(range(128, 256)) + b";\nint x;\n",
    "an unclosed comment": b"module;\nint x; /* never ends\nint y;\n",
    "an unclosed string": b'module;\nchar *s = "never ends;\nint y;\n',
    "an unclosed character": b"module;\nint c = 'never ends;\nint y;\n",
    "a backslash at the end": b"module;\nint x;\\",
    "a quote at the end": b'module;\nint x = "',
    "an unclosed block": b"module;\nint f() { if (1) { while (0) {\n",
    "an unclosed parenthesis": b"module;\nint f(int x\nint g() { return 1; }\n",
    "an unclosed extern C": b'module;\nextern "C" {\nint f(void);\n',
    "a brace too many": b"module;\nint f() { } }\nint g() { return 1; }\n",
    "words without an end": b"module;\nimport",
    "an export alone": b"module;\nexport",
    "a module alone": b"module",
    "markers in the text": (
        b'module;\n# 7 "nowhere.h"\nint x y;\n# 1 "nowhere.h" 2\nint z w;\n# 99999999999999999999 "n"\nint u v;\n'
    ),
    "line directives": b'module;\n#line 2147483647\nint x y;\n#line 1 ""\nint z w;\n',
    "pragmas that do not match": (
        b"module;\n#pragma pack(pop)\n#pragma pack(pop)\n#pragma pack(push, 3)\n#pragma pack(99999999999)\n"
        b"#pragma GCC pop_options\nstruct S { int x; } s;\n"
    ),
    "_Pragma": b'module;\n_Pragma("pack(1)") struct S { int x; } s; int f() { _Pragma("GCC poison x") return 1; }\n',
    "universal names": b"module;\nint \\u00e9 = 1, \\U0001F600; int f() { return \\u00e9 + \xc3\xa9; }\n",
}

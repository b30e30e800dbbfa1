"""What the probe finds out and remembers, and the arithmetic that builds on it, against the compiler."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from modcore.ctype import (
    FLOATING_KINDS,
    INTEGER_KINDS,
    BitInt,
    Complex,
    Enum,
    Floating,
    Integer,
    Pointer,
    Unknown,
    Void,
)
from modcore.diagnostics import Problem
from modcore.preprocess import Toolchain, preprocess
from modcore.target import arithmetic
from modcore.target.arithmetic import Constant, NotConstant
from modcore.target.ask import ask, compile_object
from modcore.target.facts import Facts
from modcore.target.flags import relevant_flags
from modcore.target.literals import BadLiteral, character_literal, floating_literal, integer_literal, string_literal
from modcore.target.probe import ProbeError, probe

HOST = ("gcc",)
TARGETS = ((), ("-m32",), ("-funsigned-char", "-fshort-wchar", "-std=c90"), ("-m32", "-std=gnu89"))
COUNT = int(os.environ.get("MODCORE_TYPES", "0"))


@pytest.fixture
def counting_cc(tmp_path: Path) -> Path:
    """A compiler that writes down each of its runs in a file beside it."""
    cc = tmp_path / "counting-cc"
    cc.write_text(f'#!/bin/sh\necho run >> "{tmp_path}/runs"\nexec gcc "$@"\n')
    cc.chmod(cc.stat().st_mode | stat.S_IXUSR)
    return cc


def runs(cc: Path) -> int:
    log = cc.with_name("runs")
    return len(log.read_text().splitlines()) if log.exists() else 0


# The probe

def test_the_host_is_described(tmp_path: Path) -> None:
    facts = probe(HOST, (), tmp_path)
    sizes = ask(HOST, (), ["sizeof(long)", "sizeof(void *)", "_Alignof(long double)", "(char)-1 < 0"])
    assert [facts.scalars["long"].size, facts.scalars["void *"].size, facts.scalars["long double"].align,
            facts.char_signed] == sizes
    assert facts.endian == sys.byteorder and facts.ascii and facts.bit_fields == "type-matters"


@pytest.mark.parametrize("flag, read, expected", [
    ("-funsigned-char", lambda facts: facts.char_signed, False),
    ("-fshort-enums", lambda facts: facts.short_enums, True),
    ("-fshort-wchar", lambda facts: facts.wchar_type, "unsigned short"),
    ("-fpack-struct=2", lambda facts: facts.default_pack, 2),
    ("-fpack-struct", lambda facts: facts.default_pack, 1),
    ("-fsso-struct=big-endian", lambda facts: facts.storage_order, "big-endian"),
    ("-funsigned-bitfields", lambda facts: facts.bit_fields_signed, False),
    ("-mlong-double-64", lambda facts: facts.scalars["long double"].size, 8),
    ("-m32", lambda facts: facts.scalars["double"].field_align, 4),
    ("-m32", lambda facts: "__int128" in facts.scalars, False),
    ("-std=c90", lambda facts: facts.standard, 0),
    ("-fexec-charset=IBM1047", lambda facts: facts.ascii, False),
    ("-mms-bitfields", lambda facts: facts.bit_fields, "microsoft"),
    ("-fms-extensions", lambda facts: facts.tagged_members, True),
    ("-fplan9-extensions", lambda facts: facts.tagged_members, True),
])
def test_flags_that_matter(flag: str, read: object, expected: object, tmp_path: Path) -> None:
    plain = probe(HOST, (), tmp_path)
    facts = probe(HOST, (flag,), tmp_path)
    assert read(facts) == expected != read(plain)
    assert facts.fingerprint() != plain.fingerprint()


def test_packing_leaves_the_alignment_without_a_number(tmp_path: Path) -> None:
    for flag in ("-fpack-struct", "-fpack-struct=2"):
        assert probe(HOST, (flag,), tmp_path).max_align == probe(HOST, (), tmp_path).max_align


def test_flags_that_do_not_matter(counting_cc: Path, tmp_path: Path) -> None:
    noise = ("-flto", "-g3", "-O2", "-fsanitize=address,undefined", "-DX=1", "-D", "Y", "-I", "include",
             "-pedantic-errors", "-Werror", "-Wfatal-errors", "-MD", "-MF", "deps", "-o", "out",
             "-fsyntax-only", "-save-temps")
    assert relevant_flags((*noise, "-m32", "-target", "x")) == ("-m32", "-target", "x")
    plain = probe((str(counting_cc),), (), tmp_path / "cache")
    number = runs(counting_cc)
    assert probe((str(counting_cc),), noise, tmp_path / "cache") == plain
    assert runs(counting_cc) == number <= 2


@pytest.mark.parametrize("cc, flag", [
    ("gcc", "-fdiagnostics-format=json"), ("gcc", "-fdiagnostics-color=always"), ("gcc", "-fno-show-column"),
    ("gcc", "-fdiagnostics-format=sarif-stderr"), ("gcc", "-fmessage-length=20"),
    *(pytest.param("clang-14", flag, marks=pytest.mark.needs("clang-14"))
      for flag in ("-fdiagnostics-format=vi", "-fcolor-diagnostics", "-fno-show-source-location")),
])
def test_how_diagnostics_look_does_not_matter(cc: str, flag: str, tmp_path: Path) -> None:
    """Wherever such a flag stands, what the compiler says is understood: missing types, errors with places."""
    assert probe((cc, flag), (), tmp_path) == probe((cc,), (flag,), tmp_path) == probe((cc,), (), tmp_path)
    file = tmp_path / "m.cm"
    file.write_text("module;\n#error not here\n")
    for toolchain in (Toolchain((cc, flag)), Toolchain((cc,), (flag,))):
        with pytest.raises(Problem) as refused:
            preprocess(str(file), toolchain)
        [one] = refused.value.diagnostics
        assert (one.code, one.position.line, one.position.column) == ("preprocessor", 2, 2)
        assert "not here" in one.message


def test_a_changed_compiler_is_probed_anew(counting_cc: Path, tmp_path: Path) -> None:
    probe((str(counting_cc),), (), tmp_path / "cache")
    number = runs(counting_cc)
    counting_cc.write_text(counting_cc.read_text().replace("gcc", "gcc -m32"))
    assert probe((str(counting_cc),), (), tmp_path / "cache").scalars["long"].size == 4
    assert runs(counting_cc) > number


def test_a_changed_compiler_behind_a_script_is_probed_anew(tmp_path: Path) -> None:
    cc, worker, runs = tmp_path / "cc", tmp_path / "cc1", tmp_path / "runs"
    worker.write_text("the first one")
    cc.write_text(f'#!/bin/sh\necho run >> "{runs}"\necho " {worker} -quiet" >&2\nexec gcc "$@"\n')
    cc.chmod(0o755)
    for content, anew in (("the first one", True), (None, False), ("another", True), (None, False)):
        if content is not None:
            worker.write_text(content)
        runs.write_text("")
        probe((str(cc),), (), tmp_path / "cache")
        assert (runs.read_text() != "") == anew


@pytest.mark.parametrize("call", ['"$(dirname "$0")/second"', "{folder}/second", "second"])
def test_a_changed_script_behind_a_script_is_noticed(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counting_cc: Path
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    first, second = tmp_path / "first", tmp_path / "second"
    for script, text in ((first, f'exec {call.format(folder=tmp_path)} "$@"'), (second, f'exec {counting_cc} "$@"')):
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
    assert probe((str(first),), (), tmp_path / "cache").scalars["long"].size == 8
    number = runs(counting_cc)
    assert probe((str(first),), (), tmp_path / "cache").scalars["long"].size == 8
    assert runs(counting_cc) == number <= 2
    second.write_text(f'#!/bin/sh\nexec {counting_cc} -m32 "$@"\n')
    assert probe((str(first),), (), tmp_path / "cache").scalars["long"].size == 4
    counting_cc.write_text(counting_cc.read_text().replace('exec gcc "$@"', 'exec gcc "$@" -m64'))
    assert probe((str(first),), (), tmp_path / "cache").scalars["long"].size == 8


@pytest.mark.parametrize("text", ['#!/bin/sh\nexec gcc $WIDTH "$@"\n', '#!/bin/sh\nexec "$(dirname "$0")/inner" "$@"\n'])
def test_variables_of_scripts_count(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("cc", text), ("inner", '#!/bin/sh\nexec gcc ${WIDTH} "$@"\n')):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    sizes = []
    for width in ("-m64", "-m32", "-m64"):
        monkeypatch.setenv("WIDTH", width)
        sizes.append(probe((str(tmp_path / "cc"),), (), tmp_path / "cache").scalars["long"].size)
    assert sizes == [8, 4, 8]
    assert all(b"-m32" not in file.read_bytes() for file in (tmp_path / "cache").iterdir())


def test_a_compiler_that_prints_a_banner(tmp_path: Path) -> None:
    cc, file = tmp_path / "cc", tmp_path / "m.cm"
    cc.write_text('#!/bin/sh\necho "Compiler 1.0"\nexec gcc "$@"\n')
    cc.chmod(0o755)
    file.write_text("module;\n")
    with pytest.raises(Problem) as refused:
        preprocess(str(file), Toolchain((str(cc),)))
    [one] = refused.value.diagnostics
    assert one.code == "toolchain" and "prints more than the preprocessed file: 'Compiler 1.0';" in one.message


def test_a_compiler_that_does_not_tell_what_it_runs_is_known_by_itself(tmp_path: Path) -> None:
    cc = tmp_path / "quiet-cc"
    cc.write_text('#!/bin/sh\nfor word; do [ "$word" != -v ] || { echo "what is -v?" >&2; exit 1; }; done\nexec gcc "$@"\n')
    cc.chmod(0o755)
    found = probe((str(cc),), (), tmp_path)
    assert found.machine == "unknown"
    assert msgspec.structs.replace(found, machine="") == msgspec.structs.replace(probe(HOST), machine="")


def test_one_changed_byte_of_a_cache_is_noticed(tmp_path: Path) -> None:
    facts = probe(HOST, (), tmp_path)
    [file] = tmp_path.iterdir()
    content = file.read_bytes()
    for damaged in (content.replace(b'"size":8', b'"size":9', 1), content[:90] + b"\xff" + content[91:]):
        assert damaged != content
        file.write_bytes(damaged)
        assert probe(HOST, (), tmp_path) == facts
        assert file.read_bytes() == content


def test_flags_in_files_are_read_anew(tmp_path: Path) -> None:
    flags = tmp_path / "flags"
    sizes = []
    for text in ("-m64", "-m32"):
        flags.write_text(text)
        sizes.append(probe(HOST, (f"@{flags}",), tmp_path / "cache").scalars["long"].size)
        sizes.append(probe((*HOST, f"@{flags}"), (), tmp_path / "cache").scalars["long"].size)
    assert sizes == [8, 8, 4, 4]


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"{}", b'{"version": 1, "toolchain": [], "facts": {}}'])
def test_a_damaged_cache_is_written_again(content: bytes, tmp_path: Path) -> None:
    facts = probe(HOST, (), tmp_path)
    [file] = tmp_path.iterdir()
    good = file.read_bytes()
    for damaged in (content, hashlib.sha256(content).hexdigest().encode() + b"\n" + content):
        file.write_bytes(damaged)
        assert probe(HOST, (), tmp_path) == facts
        assert file.read_bytes() == good
        assert list(tmp_path.iterdir()) == [file]


def test_a_foreign_cache_file_is_not_believed(tmp_path: Path) -> None:
    probe(HOST, ("-m32",), tmp_path)
    [narrow] = tmp_path.iterdir()
    foreign = narrow.read_bytes()
    wide = probe(HOST, (), tmp_path)
    [other] = set(tmp_path.iterdir()) - {narrow}
    other.write_bytes(foreign)
    assert probe(HOST, (), tmp_path) == wide


def test_without_a_cache_folder_every_probe_asks(counting_cc: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    facts = probe((str(counting_cc),), (), tmp_path / "file" / "folder")
    number = runs(counting_cc)
    assert probe((str(counting_cc),), (), tmp_path / "file" / "folder") == facts
    assert runs(counting_cc) == 2 * number


def test_writers_at_the_same_time(tmp_path: Path) -> None:
    program = ("import sys, pathlib; from modcore.target.probe import probe;"
               "print(probe(('gcc',), (), pathlib.Path(sys.argv[1])).fingerprint())")
    several = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE,
                                text=True, cwd=Path(__file__).parent.parent) for _ in range(6)]
    prints = {one.communicate()[0].strip() for one in several}
    assert prints == {probe(HOST, (), tmp_path).fingerprint()}
    assert [file.suffix for file in tmp_path.iterdir()] == [".json"]


@pytest.mark.parametrize("cc, message", [
    (("no-such-compiler",), "cannot find the compiler 'no-such-compiler'"),
    ((), "cannot find the compiler ''"),
    (("false",), "the compiler 'false' rejects"),
    (("true",), "the compiler 'true' rejects"),
    (("gcc", "-fno-such-flag"), "the compiler 'gcc -fno-such-flag' rejects .*no-such-flag"),
])
def test_compilers_that_cannot_be_probed(cc: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match=message):
        probe(cc, (), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_facts_survive_json() -> None:
    facts = probe(HOST)
    assert msgspec.json.decode(msgspec.json.encode(facts), type=Facts) == facts


# Arithmetic against the compiler

def literals(facts: Facts) -> st.SearchStrategy[str]:
    edges = [(1 << bits) + more for bits in (0, 7, 8, 15, 16, 31, 32, 33) for more in (-1, 0, 1)]
    wide = [(1 << bits) + more for bits in (62, 63) for more in (-1, 0)]
    number = st.sampled_from([*edges, *wide]) | st.integers(0, 100)
    form = st.sampled_from(("{:d}", "{:#x}", "{:#b}", "0{:o}"))
    suffix = st.sampled_from(("", "", "u", "L", "Ul", "ll", "llU"))
    characters = ["'a'", "'\\377'", "'\\n'", "L'\\xff'", "'ab'", "'\\x80bcd'", "L'x'"]
    characters += ["U'\\U0001F600'", "u'\\uABCD'"] if facts.standard else []
    numbers = st.builds(lambda form, number, suffix: form.format(number) + suffix, form, number, suffix)
    return numbers | numbers | numbers | st.sampled_from(characters)


def evaluated(tree: object, facts: Facts) -> Constant:
    match tree:
        case str():
            return (character_literal if tree.endswith("'") else integer_literal)(tree, facts)
        case ("cast", kind, operand):
            type_ = Integer(kind)
            return Constant(arithmetic.convert(evaluated(operand, facts).value, type_, facts), type_)
        case (operator, operand):
            return arithmetic.unary(operator, evaluated(operand, facts), facts)
        case (operator, left, right):
            return arithmetic.binary(operator, evaluated(left, facts), evaluated(right, facts), facts)
    raise AssertionError(tree)


def written(tree: object) -> str:
    match tree:
        case str():
            return tree
        case ("cast", kind, operand):
            return f"({kind})({written(operand)})"
        case (operator, operand):
            return f"{operator}({written(operand)})"
        case (operator, left, right):
            return f"({written(left)}) {operator} ({written(right)})"
    raise AssertionError(tree)


def expressions(facts: Facts) -> st.SearchStrategy[object]:
    kinds = [kind for kind in INTEGER_KINDS if kind in facts.scalars]
    operators = "+ - * / % << >> < > <= >= == != & ^ | && ||".split()
    return st.recursive(literals(facts), lambda inner: st.one_of(
        st.tuples(st.just("cast"), st.sampled_from(kinds), inner),
        st.tuples(st.sampled_from(("+", "-", "~", "!")), inner),
        st.tuples(st.sampled_from(operators), inner, inner)), max_leaves=5)


def type_number(expression: str, kinds: list[str]) -> str:
    return " + ".join(f"{n} * __builtin_types_compatible_p(__typeof__({expression}), {kind})"
                      for n, kind in enumerate(kinds))


@pytest.mark.parametrize("flags", TARGETS, ids=lambda flags: " ".join(flags) or "host")
def test_random_expressions_agree(flags: tuple[str, ...]) -> None:
    facts = probe(HOST, flags)
    kinds = [kind for kind in INTEGER_KINDS if kind in facts.scalars]
    cases: dict[str, Constant] = {}

    @settings(max_examples=COUNT or 500, database=None, derandomize=not COUNT, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck), deadline=None)
    @given(expressions(facts))
    def draw(tree: object) -> None:
        try:
            cases[written(tree)] = evaluated(tree, facts)
        except NotConstant:
            return

    draw()
    assert len(cases) > 200
    answers = ask(HOST, flags, [text for case in cases for text in (case, type_number(case, kinds))])
    claims = [number for one in cases.values() for number in (
        one.value % 2**64 - (2**64 if one.value < 0 else 0), kinds.index(one.type.kind))]
    wrong = [(case, one, answers[2 * n], kinds[answers[2 * n + 1]])
             for n, (case, one) in enumerate(cases.items())
             if answers[2 * n:2 * n + 2] != claims[2 * n:2 * n + 2]]
    print(f"{flags}: {len(cases)} expressions, {len(wrong)} disagreements")
    assert not wrong


@pytest.mark.parametrize("flags", (*TARGETS, ("-fshort-enums",)), ids=lambda flags: " ".join(flags) or "host")
def test_enums_are_represented_as_the_compiler_does(flags: tuple[str, ...]) -> None:
    facts = probe(HOST, flags)
    edges = (-(2**31) - 1, -(2**31), -129, -128, -1, 0, 1, 127, 128, 255, 256, 32768, 65536, 2**31 - 1,
             2**31, 2**32 - 1, 2**32, 2**62)
    cases = [(low, high, packed) for packed in (False, True)
             for low in edges for high in edges if low <= high]
    preamble = "\n".join(
        f"enum __attribute__(({'packed' if packed else ''})) e{n} {{ a{n} = {low}LL, b{n} = {high}LL }};"
        for n, (low, high, packed) in enumerate(cases))
    answers = ask(HOST, flags, [text for n in range(len(cases)) for text in (
        f"sizeof(enum e{n})", f"(enum e{n})-1 < 0", f"sizeof(b{n})")], preamble)
    claims: list[int] = []
    for low, high, packed in cases:
        type_ = arithmetic.enum_underlying((low, high), facts, packed)
        constant = arithmetic.enumerator_type(high, type_, facts)
        claims += [facts.scalars[type_.kind].size, arithmetic.is_signed(type_, facts),
                   facts.scalars[constant.kind].size]
    assert answers == claims


@pytest.mark.parametrize("flags", (*TARGETS, ("-mlong-double-128",)), ids=" ".join)
def test_usual_conversions_of_all_arithmetic_types(flags: tuple[str, ...]) -> None:
    facts = probe(HOST, flags)
    floats = [kind for kind in FLOATING_KINDS[:9] if kind in facts.scalars]
    kinds = [kind for kind in INTEGER_KINDS if kind in facts.scalars]
    every = [Floating(kind) for kind in floats] + [Integer(kind) for kind in kinds]
    names = [*floats, *kinds]
    pairs = [(left, right) for left in every for right in every]
    answers = ask(HOST, flags, [type_number(f"({left.kind})1 + ({right.kind})1", names)
                                for left, right in pairs])
    claims = [names.index(arithmetic.usual(left, right, facts).kind) for left, right in pairs]
    wrong = [(left, right, names[answer], names[claim]) for (left, right), answer, claim
             in zip(pairs, answers, claims, strict=True) if answer != claim]
    assert not wrong


def test_usual_conversions_of_other_types() -> None:
    facts = probe(HOST)
    enum = Enum("e", "e", Integer("unsigned int"))
    assert arithmetic.usual(enum, Integer("int"), facts) == Integer("unsigned int")
    double = Floating("double")
    assert arithmetic.usual(Complex(Floating("float")), double, facts) == Complex(double)
    assert arithmetic.usual(BitInt(40), Integer("int"), facts) == BitInt(40)
    assert arithmetic.usual(BitInt(32), Integer("int"), facts) == Integer("int")
    assert isinstance(arithmetic.usual(Pointer(Void()), Integer("int"), facts), Unknown)
    assert isinstance(arithmetic.usual(Floating("_Decimal32"), Floating("float"), facts), Unknown)
    assert arithmetic.promote(Integer("unsigned int"), facts, 31) == Integer("int")
    assert arithmetic.promote(Integer("unsigned int"), facts, 32) == Integer("unsigned int")


@pytest.mark.parametrize("operator, right", [("/", 0), ("%", 0), ("<<", 32), (">>", -1)])
def test_expressions_without_a_value(operator: str, right: int) -> None:
    int_ = Integer("int")
    with pytest.raises(NotConstant):
        arithmetic.binary(operator, Constant(1, int_), Constant(right, int_), probe(HOST))


# Literals

STRINGS = ('"abc"', 'u8"ä€\\n"', 'L"a\\x1234ä"', 'u"\\U0001F600x"', 'U"\\U0001F600\\0"',
           '"\\1234\\x41\\e\\?"', '"é" "\\u00e9"', '"a" L"\\377"', 'R"x(a\\n)")x"')


@pytest.mark.parametrize("flags", ((), ("-fshort-wchar",), ("-m32",)), ids=" ".join)
def test_strings_have_the_compilers_units(flags: tuple[str, ...]) -> None:
    facts = probe(HOST, flags)
    marker = bytes(range(0x91, 0xA1))
    lines: list[str] = []
    claims: list[bytes] = []
    for number, text in enumerate(STRINGS):
        string = string_literal([text] if text[0] == "R" else text.split(" "), facts)
        size = facts.scalars[string.element.kind].size
        claims.append(b"".join(unit.to_bytes(size, facts.endian) for unit in (*string.units, 0)))
        first = ", ".join(map(str, (*marker, number)))
        lines.append(f"struct __attribute__((packed)) {{ unsigned char m[17]; {string.element.kind} "
                     f"s[sizeof({text}) / {size}]; }} s{number} = {{ {{ {first} }}, {text} }};")
    image = compile_object(HOST, flags, "\n".join(lines) + "\n").image
    for number, claim in enumerate(claims):
        start = image.index(marker + bytes((number,))) + len(marker) + 1
        assert image[start:start + len(claim)] == claim, STRINGS[number]


@pytest.mark.parametrize("text, kind, value", [
    ("1.5", "double", 1.5), ("1e3f", "float", 1000.0), (".5L", "long double", 0.5),
    ("0x1.8p1", "double", 3.0), ("1.f32x", "_Float32x", 1.0), ("2.5q", "__float128", 2.5),
    ("1'0.0", "double", 10.0), ("1.0DD", "_Decimal64", 1.0),
])
def test_floating_literals(text: str, kind: str, value: float) -> None:
    assert floating_literal(text, probe(HOST)) == (value, Floating(kind))


def test_c23_literals() -> None:
    facts = probe(HOST)
    assert integer_literal("3wb", facts) == Constant(3, BitInt(3))
    assert integer_literal("3uwb", facts) == Constant(3, BitInt(2, signed=False))
    assert integer_literal("0wb", facts) == Constant(0, BitInt(2))
    assert integer_literal("1'000'000", facts).value == 1000000


@pytest.mark.parametrize("read, text", [
    (integer_literal, "08"), (integer_literal, "1lL"), (integer_literal, "1x"), (integer_literal, "3i"),
    (integer_literal, "9" * 60), (floating_literal, "1"), (floating_literal, "1.0zz"),
    (character_literal, "''"), (character_literal, '"a"'), (character_literal, "'\\UFFFFFFFF'"),
])
def test_spellings_that_are_no_literals(read: object, text: str) -> None:
    with pytest.raises(BadLiteral):
        read(text, probe(HOST))

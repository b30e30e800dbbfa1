"""The constant table that the probe has a compiler work out, and the facts that its numbers amount to.

`Table` is the C side (declarations and named integer constant expressions), `facts_from` the reading of the
values. A type that a compiler may lack stands, with all that is asked about it, in a preamble line of its
own, so that the lines of the compiler's complaints say which types to leave out. Nothing here runs or reads
anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from modcore.ctype import FLOATING_KINDS, INTEGER_KINDS
from modcore.target.facts import BitFieldRules, Facts, Scalar
from modcore.target.samples import Sample, bit_field_samples, plain_samples

REQUIRED = tuple(kind for kind in INTEGER_KINDS if "__int128" not in kind) + (
    "float", "double", "long double", "void *", "void (*)()", "__builtin_va_list")
OPTIONAL = ("__int128", "unsigned __int128", *FLOATING_KINDS[3:], "_BitInt(256)", "_BitInt(128)")
"""The widest `_BitInt` that there is stands for all: it shows what those of more than 64 bits are pieced together from."""

VECTOR_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ATOMIC_SIZES = (1, 2, 4, 8, 16)
LINES = "modcore-types"

_IDENTIFIED = {"size": "__SIZE_TYPE__", "ptrdiff": "__PTRDIFF_TYPE__", "intmax": "__INTMAX_TYPE__",
               "wchar": "__WCHAR_TYPE__", "char16": "__CHAR16_TYPE__", "char32": "__CHAR32_TYPE__"}
_IDENTIFIABLE = tuple(kind for kind in REQUIRED if kind in INTEGER_KINDS)
_LITERAL_TYPES = ("long long", "unsigned long long", "__int128", "unsigned __int128")
_MANTISSAS = {"float": "__FLT_MANT_DIG__", "double": "__DBL_MANT_DIG__", "long double": "__LDBL_MANT_DIG__",
              "_Float32x": "__FLT32X_MANT_DIG__", "_Float64x": "__FLT64X_MANT_DIG__"}
_FIXED_MANTISSAS = {"_Float16": 11, "_Float32": 24, "_Float64": 53, "_Float128": 113, "__float128": 113,
                    "__float80": 64, "__ibm128": 106, "__ieee128": 113, "__bf16": 8, "__fp16": 11}

_FLOAT_REGISTERS = (
    "__ARM_PCS_VFP", "__HAVE_68881__", "__NO_FPRS__", "__SH_FPU_ANY__", "__SH_FPU_DOUBLE__", "__loongarch_double_float",
    "__loongarch_single_float", "__loongarch_soft_float", "__mcffpu__", "__mips_hard_float", "__mips_single_float",
    "__mips_soft_float", "__riscv_abi_rve", "__riscv_float_abi_double", "__riscv_float_abi_quad",
    "__riscv_float_abi_single", "__riscv_float_abi_soft")
_VECTOR_REGISTERS = (
    "__ALTIVEC__", "__ARM_FEATURE_MVE", "__ARM_FEATURE_SVE", "__ARM_NEON", "__AVX512F__", "__AVX__", "__MMX__",
    "__SSE__", "__VSX__", "__VX__", "__loongarch_asx", "__loongarch_sx", "__mips_msa", "__riscv_vector")
"""Macros that say which registers there are for values of calls; `-march=` and the like decide about them."""

_WITNESSES = """\
struct modcore_byte_struct { char c; };
struct modcore_empty { };
extern char modcore_aligned __attribute__((aligned));
struct modcore_overaligned { char c; } __attribute__((aligned(16)));
struct modcore_packing { char c; struct modcore_overaligned s; };
union modcore_wrapped { unsigned long long x; };
struct modcore_limit { modcore_vector_256 v; };
struct modcore_shared { char a : 4; int b : 4; };
struct modcore_span { char a : 7; int b : 8 * sizeof(int); char c : 1; };
struct modcore_unnamed { char a; long long : 8; };
struct modcore_sign { int x : 8 * sizeof(int); };
enum modcore_enum { modcore_constant };
enum modcore_large { modcore_large_constant = 0x7fffffffffffLL };
enum modcore_mode { modcore_mode_constant } __attribute__((mode(QI)));
struct modcore_tagged { struct modcore_byte_struct; char d; };
#pragma pack(push)
struct modcore_ends_1 { char c; int i;
#pragma pack(1)
};
struct modcore_ends_2 { char c; int i;
#pragma pack(2)
};
#pragma pack(pop)
struct modcore_3 { char c[3]; } __attribute__((packed));
struct modcore_5 { char c[5]; } __attribute__((packed));
struct modcore_9 { char c[9]; } __attribute__((packed));
#ifndef __STDC_VERSION__
#define __STDC_VERSION__ 0
#endif
#ifdef __clang__
enum { modcore_clang = 1 };
#else
enum { modcore_clang = 0 };
#endif
#ifdef __has_warning
#if __has_warning("-Wgnu-line-marker")
#define modcore_line_markers 1
#endif
#endif
#ifndef modcore_line_markers
#define modcore_line_markers 0
#endif
#ifndef __has_attribute
#define __has_attribute(name) 0
#endif
enum { modcore_storage_orders =
#if __has_attribute(scalar_storage_order)
1
#else
0
#endif
};
#ifndef __BITINT_MAXWIDTH__
#define __BITINT_MAXWIDTH__ 0
#endif
"""

_QUESTIONS = {
    "big endian": "__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__",
    "standard": "__STDC_VERSION__",
    "char signed": "(char)-1 < 0",
    "bit-fields signed": "__builtin_types_compatible_p(__typeof__(+((struct modcore_sign *)0)->x), int)",
    "ascii": "'A' == 65 && 'Z' == 90 && 'a' == 97 && 'z' == 122 && '0' == 48 && '\\n' == 10 && '[' == 91",
    "enum size": "sizeof(enum modcore_enum)",
    "enum unsigned": "(enum modcore_enum)-1 > 0",
    "enum large": "sizeof(enum modcore_large)",
    "enum mode": "(enum modcore_mode)-1 > 0",
    "tagged": "sizeof(struct modcore_tagged)",
    "ends packed 1": "sizeof(struct modcore_ends_1)",
    "ends packed 2": "sizeof(struct modcore_ends_2)",
    "max align": "_Alignof(modcore_aligned)",
    "wrapped": "_Alignof(union modcore_wrapped)",
    "limit": "_Alignof(struct modcore_limit)",
    "limit natural": "__alignof__(struct modcore_limit)",
    "record align": "_Alignof(struct modcore_byte_struct)",
    "empty size": "sizeof(struct modcore_empty)",
    "packing": "__builtin_offsetof(struct modcore_packing, s)",
    "shared": "sizeof(struct modcore_shared)",
    "span": "sizeof(struct modcore_span)",
    "unnamed": "_Alignof(struct modcore_unnamed)",
    "clang": "modcore_clang",
    **{f"padded {size}": f"sizeof(_Atomic(struct modcore_{size}))" for size in (3, 5, 9)},
    "bit-int width": "__BITINT_MAXWIDTH__",
    "line markers": "modcore_line_markers",
    "storage orders": "modcore_storage_orders",
    **{macro: f"modcore_has_{macro}" for macro in (*_FLOAT_REGISTERS, *_VECTOR_REGISTERS)},
}


class Table(msgspec.Struct, frozen=True, gc=False):
    """What to compile: a preamble and, by name, the expressions whose values are wanted."""

    preamble: str
    expressions: dict[str, str]


def table(missing: frozenset[str] = frozenset()) -> Table:
    """The table for a compiler that lacks some of the `OPTIONAL` types."""
    scalars = {kind: f"__typeof__({kind})" for kind in REQUIRED}
    scalars |= {kind: kind for kind in OPTIONAL if kind not in missing}
    lines = [f'#line 1 "{LINES}"']
    expressions = dict(_QUESTIONS)
    for number, kind in enumerate((*REQUIRED, *OPTIONAL)):
        lines.append(_declare(f"scalar_{number}", scalars[kind]) if kind in scalars else "")
        if kind in scalars:
            expressions |= _measure(kind, f"scalar_{number}")
    lines.append('#line 1 "modcore-witnesses"')
    for size in VECTOR_SIZES:
        lines.append(f"typedef char modcore_vector_{size} __attribute__((vector_size({size})));")
        lines.append(_declare(f"v{size}", f"modcore_vector_{size}"))
        expressions |= _measure(f"vector {size}", f"v{size}")
    for size in ATOMIC_SIZES:
        lines.append(f"struct modcore_bytes_{size} {{ char c[{size}]; }} __attribute__((packed));")
        lines.append(_declare(f"a{size}", f"_Atomic(struct modcore_bytes_{size})"))
        expressions |= _measure(f"atomic {size}", f"a{size}")
    for name, macro in _IDENTIFIED.items():
        expressions[name] = " + ".join(f"{number} * __builtin_types_compatible_p({macro}, {kind})"
                                       for number, kind in enumerate(_IDENTIFIABLE, 1))
    expressions["huge decimal"] = " + ".join(
        f"{number} * __builtin_types_compatible_p(__typeof__(9223372036854775808LL), {kind})"
        for number, kind in enumerate(_LITERAL_TYPES, 1) if kind in scalars)
    for kind, macro in _MANTISSAS.items():
        if kind in scalars:
            expressions[f"mantissa {kind}"] = macro
    for key, sample in _samples(scalars):
        lines.append(sample.declarations)
        expressions |= {f"{key} {number}": expression for number, expression in enumerate(sample.expressions)}
    lines += map(_has, (*_FLOAT_REGISTERS, *_VECTOR_REGISTERS))
    return Table("\n".join(lines) + "\n" + _WITNESSES, expressions)


def _has(macro: str) -> str:
    """Lines that declare a constant which tells whether the compiler predefines a macro."""
    return f"enum {{ modcore_has_{macro} =\n#ifdef {macro}\n1\n#else\n0\n#endif\n}};"


def _samples(kinds: Iterable[str]) -> Iterator[tuple[str, Sample]]:
    """The samples of structs, each with the beginning of the names of its values."""
    for number, sample in enumerate(plain_samples(kinds)):
        yield f"plain sample {number}", sample
    for number, sample in enumerate(bit_field_samples()):
        yield f"bit-field sample {number}", sample


def missing_types(output: str) -> frozenset[str]:
    """The optional types that a compiler's messages about a table complain about."""
    import re

    lines = {int(number) - 1 - len(REQUIRED) for number in re.findall(rf"{LINES}:(\d+)", output)}
    return frozenset(OPTIONAL[line] for line in lines if 0 <= line < len(OPTIONAL))


def facts_from(values: Mapping[str, int], machine: str, storage_order: str = "") -> Facts:
    """The facts that the values of a table amount to; raises `ValueError` if they make no sense.

    `storage_order` is what flags say about it, which no value shows.
    """
    scalars = dict(_measured(values, (*REQUIRED, *OPTIONAL)))
    kinds = tuple(scalars)
    bit_ints = [scalars.pop(f"_BitInt({width})", None) for width in (256, 128)]
    limb = bit_ints[0] or bit_ints[1]
    packing = values["packing"]
    capped = any(one.field_align < one.natural_align for one in scalars.values())
    fields_capped = packing == 16 and (capped or values["wrapped"] < scalars["unsigned long long"].field_align)
    endian: Literal["little", "big"] = "big" if values["big endian"] else "little"
    facts = Facts(
        machine=machine,
        endian=endian,
        standard=values["standard"],
        scalars=scalars,
        vectors={int(key.split()[1]): one for key, one in _measured(values, _keys("vector", VECTOR_SIZES))},
        atomics={int(key.split()[1]): one for key, one in _measured(values, _keys("atomic", ATOMIC_SIZES))},
        mantissas={kind: bits for kind in scalars if (bits := _mantissa(kind, values)) is not None},
        char_signed=bool(values["char signed"]),
        bit_fields_signed=bool(values["bit-fields signed"]),
        **{f"{name}_type": _identified(name, values[name], _IDENTIFIABLE) for name in _IDENTIFIED},
        huge_decimal_type=(None, *_LITERAL_TYPES)[values["huge decimal"]],
        ascii=bool(values["ascii"]),
        short_enums=values["enum size"] < scalars["int"].size,
        enums_unsigned=bool(values["enum unsigned"]),
        enums_are_int=values["enum large"] == scalars["int"].size,
        mode_enums_signed=not values["enum mode"],
        max_align=values["max align"],
        align_limit=values["limit"] if values["limit"] < values["limit natural"] else None,
        records_known=True,
        record_align=values["record align"],
        empty_size=values["empty size"],
        tagged_members=values["tagged"] > values["record align"],
        pack_at_end=values["ends packed 1"] < values["ends packed 2"],
        default_pack=packing if packing < 16 else None,
        fields_capped=fields_capped,
        bit_fields=_bit_field_rules(values, scalars["int"]),
        unnamed_bit_fields_align=values["unnamed"] > values["record align"],
        bit_fields_aligned_late=bool(values["clang"]),
        atomics_padded=max((padded for size in (3, 5, 9) if (padded := values[f"padded {size}"]) > size), default=0),
        bit_int_width=max(values["bit-int width"], 256 if bit_ints[0] else 128) if limb else 0,
        bit_int_limb=limb.natural_align if limb else 0,
        warns_of_line_markers=bool(values["line markers"]),
        storage_order=(storage_order or f"{endian}-endian") if values["storage orders"] else "",
        float_registers=tuple(macro for macro in _FLOAT_REGISTERS if values[macro]),
        vector_registers=tuple(macro for macro in _VECTOR_REGISTERS if values[macro]),
    )
    wrong = {key.split()[0] for key, sample in _samples(kinds) if not sample.agrees(_numbered(key, sample, values), facts)}
    unknown = bool(wrong) and facts.bit_fields == "type-matters"
    return msgspec.structs.replace(
        facts, records_known="plain" not in wrong, bit_fields="unknown" if unknown else facts.bit_fields)


def _numbered(key: str, sample: Sample, values: Mapping[str, int]) -> list[int]:
    return [values[f"{key} {number}"] for number in range(len(sample.expressions))]


def _declare(name: str, spelling: str) -> str:
    """One line that declares a type and a struct that shows its alignment as a member."""
    return f"typedef {spelling} modcore_{name}; struct modcore_in_{name} {{ char c; modcore_{name} x; }};"


def _measure(key: str, name: str) -> dict[str, str]:
    return {f"{key} size": f"sizeof(modcore_{name})", f"{key} align": f"_Alignof(modcore_{name})",
            f"{key} field": f"__builtin_offsetof(struct modcore_in_{name}, x)",
            f"{key} natural": f"__alignof__(modcore_{name})"}


def _measured(values: Mapping[str, int], keys: Iterable[str]) -> Iterable[tuple[str, Scalar]]:
    for key in keys:
        if f"{key} size" in values:
            yield key, Scalar(*(values[f"{key} {what}"] for what in ("size", "align", "field", "natural")))


def _keys(what: str, sizes: Iterable[int]) -> Iterable[str]:
    return (f"{what} {size}" for size in sizes)


def _identified(name: str, number: int, kinds: Sequence[str]) -> str:
    if not 1 <= number <= len(kinds):
        raise ValueError(f"the {name} type is none of {', '.join(kinds)}")
    return kinds[number - 1]


def _mantissa(kind: str, values: Mapping[str, int]) -> int | None:
    return values.get(f"mantissa {kind}", _FIXED_MANTISSAS.get(kind))


def _bit_field_rules(values: Mapping[str, int], int_: Scalar) -> BitFieldRules:
    """The rules that two structs were laid out by, told by their sizes."""
    align = max(int_.field_align, values["record align"])
    spanned = -(-(8 * int_.field_align + 8 * int_.size + 1) // 8)
    if (values["shared"], values["span"]) == (align, -(-spanned // align) * align):
        return "type-matters"
    return "microsoft" if values["shared"] == 2 * int_.size else "unknown"

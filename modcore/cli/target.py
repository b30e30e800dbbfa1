"""`modcore target`: what is known of the machine that a compiler and its flags make code for, to read or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping

import msgspec

from modcore.cli import FINE, Session, add_common, print_json
from modcore.target.facts import Facts, Scalar
from modcore.target.flags import relevant_flags

_RULES = {
    "type-matters": "a bit-field stays within a unit of its type (ELF)",
    "microsoft": "bit-fields of one size share a unit (Microsoft); the compiler is asked",
    "unknown": "not recognised; the compiler is asked",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON: every fact, and the flags that matter")
    add_common(parser)


def run(arguments: argparse.Namespace, session: Session) -> int:
    facts = session.program.facts()
    toolchain = session.program.options.toolchain
    words = (*toolchain.cc, *relevant_flags(toolchain.flags))
    if arguments.json:
        print_json({"toolchain": words, "fingerprint": facts.fingerprint(), **msgspec.to_builtins(facts)})
    else:
        print("\n".join([f"{' '.join(words)}: {facts.machine}, fingerprint {facts.fingerprint()}", "",
                         *_general(facts), "", *_sizes(facts)]))
    return FINE


def _general(facts: Facts) -> Iterator[str]:
    yield from _row("byte order", f"{facts.endian} endian")
    yield from _row("C standard", str(facts.standard or "C90"))
    yield from _row("plain types", f"char is {_sign(facts.char_signed)}, a plain int bit-field "
                                   f"{_sign(facts.bit_fields_signed)}")
    yield from _row("enums", _enums(facts))
    yield from _row("types", ", ".join(f"{name}_t is {kind}" for name, kind in (
        ("size", facts.size_type), ("ptrdiff", facts.ptrdiff_type), ("wchar", facts.wchar_type))))
    yield from _row("bit-fields", _RULES[facts.bit_fields])
    if facts.unnamed_bit_fields_align:
        yield from _row("", "unnamed ones align their struct")
    pack = "" if facts.default_pack is None else f", packed to {facts.default_pack}"
    yield from _row("structs", f"aligned to {facts.record_align} at least{pack}, size {facts.empty_size} without "
                               f"members; 'aligned' alone means {facts.max_align}")
    yield from _row("", f"'#pragma pack' at the {'closing' if facts.pack_at_end else 'opening'} brace holds for it; "
                        f"'struct tag;' in it {'is an anonymous member' if facts.tagged_members else 'declares nothing'}")
    if not facts.records_known:
        yield from _row("", "other rules than those of ELF targets hold for structs; the compiler is asked")
    yield from _row("_BitInt", f"up to {facts.bit_int_width} bits" if facts.bit_int_width else "none")


def _enums(facts: Facts) -> str:
    if facts.enums_are_int:
        return "int, whatever their constants are"
    least = "as small as their constants allow" if facts.short_enums else "at least int"
    return f"{least}, {_sign(not facts.enums_unsigned)} without negative constants"


def _row(title: str, says: str) -> Iterator[str]:
    yield f"{title:14}{says}"


def _sign(signed: bool) -> str:
    return "signed" if signed else "unsigned"


def _sizes(facts: Facts) -> Iterator[str]:
    """Sizes and alignments; of two alignments the second is that of a member of a struct."""
    yield f"{'type':28}{'size':>6}{'align':>7}{'in a struct':>13}"
    groups: tuple[tuple[str, Mapping[str, Scalar] | Mapping[int, Scalar]], ...] = (
        ("{}", facts.scalars), ("_Atomic of {} bytes", facts.atomics), ("vector of {} bytes", facts.vectors))
    for form, scalars in groups:
        for key, one in scalars.items():
            yield f"{form.format(key):28}{one.size:6}{one.align:7}{one.field_align:13}"
